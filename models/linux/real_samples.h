/*
 * real_samples.h - samples of a real machine while they are read, between the files that do so
 *
 *   real_samples.c  vmstat and zoneinfo
 *   real_disks.c    diskstats and what the kernel shows of a disk's writeback
 */
#ifndef MMSIM_LINUX_REAL_SAMPLES_H
#define MMSIM_LINUX_REAL_SAMPLES_H

#include "models/linux/collected.h"

/* A file of samples: the kernel's files one behind the other, each after a line "@ SECONDS". */
struct samples_file {
	struct verify_case *c;
	const char *path; /* "watch/vmstat" */
	struct verify_text text;
	struct real_samples *out;
	bool begun;
	sim_time t_ns;   /* of the sample, since its machine was booted */
	char object[33]; /* whose sample it is, where the line with the time says so: "8:0" */
	union metric_key_value keys[METRIC_MAX_KEYS]; /* of the object whose values follow */
};

/* The next line that is not the beginning of a sample; NULL: the end, or an error. */
char *samples_next_line(struct samples_file *f);
/*
 * Adds a value, so many times what the text says, to a metric of that name; a name without a row is
 * passed over.  False after reporting what is no number.
 */
bool samples_add(struct samples_file *f, const struct metric_object *kind, const char *name,
		 const char *value, int64_t multiply, int64_t divide);

/* real_disks.c: what of watch/diskstats and watch/bdi is there.  Errors go to c->diag. */
void real_disks_read(struct verify_case *c, struct real_samples *out);
#endif
