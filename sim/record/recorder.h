/*
 * recorder.h - the state of the recorder, for the files of sim/record alone
 */
#ifndef MMSIM_RECORD_RECORDER_H
#define MMSIM_RECORD_RECORDER_H

#define XXH_STATIC_LINKING_ONLY /* the state lies in our structure */
#include <xxhash.h>

#include "sim/record/db.h"
#include "sim/record/record.h"
#include "sim/record/row.h"

struct latency_table;

struct recorder {
	struct sim *sim;
	struct recorder_options o;
	struct schema schema;
	struct db *db;          /* owned; NULL: only the digest */
	struct row_buffer rows; /* not yet written and not yet in the digest */
	int *number;            /* owned; of each table in the rows, -1: no row yet */
	int nr_numbered;
	XXH64_state_t digest;
	uint64_t nr_events;            /* rows of tracepoints so far */
	int nr_objects[32];            /* of each kind, those whose names are in the file */
	struct latency_table *latency; /* owned */
	sim_time sampled_at;           /* the last sample; FOREVER: none so far */
	struct event flush_event;
	struct event sample_event;
};

/* Begins a row of a table. */
void recorder_row(struct recorder *r, int table);
/* Ends it: sees to it that what is in memory is written in time. */
void recorder_row_end(struct recorder *r);

/* sampler.c: the tunables in force, and a sample of everything */
void sampler_tunables(struct recorder *r);
void sampler_tunable(struct recorder *r, const struct tunable_ref *ref, const int64_t *v);
void sampler_sample(struct recorder *r);

/* latency.c */
struct latency_table *latency_new(void);
/* As recorder_latency. */
void latency_add(struct latency_table *t, const char *task, const char *op, sim_time ns);
/* Rows in the order of task, call and time. */
void latency_write(struct recorder *r, struct latency_table *t);
void latency_free(struct latency_table *t);
#endif
