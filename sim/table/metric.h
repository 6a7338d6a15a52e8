/*
 * metric.h - what is counted, one row each
 *
 * Rows belong to kinds of objects (a zone, a node, the machine, a disk); each
 * kind is one table of samples in the results.  Values are cumulative for
 * counters and momentary for gauges, as in /proc.
 */
#ifndef MMSIM_TABLE_METRIC_H
#define MMSIM_TABLE_METRIC_H

#include "sim/base/units.h"

struct sim;

enum metric_kind {
	METRIC_GAUGE,   /* what is now */
	METRIC_COUNTER, /* only grows */
};

struct metric {
	const char *name;
	enum metric_kind kind;
	enum unit unit;
	size_t offset; /* of an int64_t in the structure that stat() returns */
	const char *meaning;
};

#define METRIC_MAX_KEYS 3

/* What tells one object of a kind from another: whole numbers or names. */
struct metric_key {
	const char *name; /* column: "node", "zone", "name" */
	bool text;
	const char *meaning;
};

union metric_key_value {
	int64_t number;
	const char *text; /* borrowed; lives as long as the run */
};

struct metric_object {
	const char *name;  /* "zone": in expressions zone[0 Normal].nr_free_pages */
	const char *table; /* "zone_sample" */
	const char *meaning;
	struct metric_key keys[METRIC_MAX_KEYS];
	int nr_keys;
	const struct metric *rows;
	int nr_rows;
	/* How many objects there are now; never shrinks in a run. */
	int (*count)(struct sim *s);
	/* Object i's values, brought up to date; NULL: no row for it now (an empty zone). */
	const void *(*stat)(struct sim *s, int i);
	void (*key)(struct sim *s, int i, union metric_key_value *keys);
	/* Known before the run: what an expectation may name is looked up there.  Object i, without
	 * a row so far, never gets one; NULL: it may. */
	bool (*never)(struct sim *s, int i);
	bool of_tasks; /* the first key is the name of a task; objects come while the run goes on */
};

static inline int64_t metric_value(const void *stat, const struct metric *row)
{
	return *(const int64_t *)((const char *)stat + row->offset);
}
#endif
