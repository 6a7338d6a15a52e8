/*
 * timeline.h - what each task was in from when to when, from the tracepoints of a results file
 *
 * Slices of a track are nested: of two that overlap one lies within the other.
 */
#ifndef MMSIM_CLI_TIMELINE_H
#define MMSIM_CLI_TIMELINE_H

#include "sim/cli/export.h"

struct slice {
	const struct timeline_slice *row; /* of the personality */
	const char *name;                 /* constant */
	int64_t begin, end;               /* ns; equal for a moment */
	char *begin_text, *end_text; /* owned; of the events, as the kernel prints them; or NULL */
	int64_t order;               /* in which they were begun */
};

struct track {
	char *task; /* owned; "" outside of tasks */
	int64_t pid;
	const struct timeline_slice *states; /* the track of states of this row; NULL: the task's */
	struct slice *slices;                /* owned; in order of begin, outer ones first */
	size_t n, cap;
	size_t *open; /* owned; by row of the personality: index + 1 of what did not end yet */
};

struct timeline {
	struct track *tracks; /* owned; of tasks in the order in which they appear */
	size_t n, cap;
};

/* Whether a tracepoint that slices come from was recorded; else all of them are named in missing.
 */
bool timeline_can(const struct export *e, struct str *missing);
void timeline_read(struct timeline *tl, const struct export *e);
void timeline_free(struct timeline *tl);
#endif
