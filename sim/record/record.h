/*
 * record.h - what came out of a run: one SQLite file
 *
 * Tables are made from the rows of metric.def and trace.def.  The digest is a
 * hash over all rows in order and does not depend on the host.
 */
#ifndef MMSIM_RECORD_RECORD_H
#define MMSIM_RECORD_RECORD_H

#include "sim/base/str.h"
#include "sim/engine/sim.h"

struct recorder;
struct row_check;
struct tables;

/* What a run is made from, beside its scenario: an option of the command line. */
struct run_setting {
	const char *option; /* "set", "trace" */
	const char *name;
	const char *value;
};

struct recorder_options {
	const char *path;     /* of the database; NULL: only the digest is worked out */
	bool force;           /* replace a file that mmsim did not make */
	bool scratch;         /* it is thrown away soon */
	const char *scenario; /* its name, without folder */
	uint64_t scenario_hash;
	const char *version; /* of mmsim */
	sim_time interval;   /* between samples; 0: the first and the last one only */
	sim_time until;      /* end of the run: the last sample is asked for, not taken here */
	size_t batch;        /* bytes of rows written at a time; 0: the default */
	/* Told of each sample once it is taken (expectations, checks); NULL: nobody. */
	void (*sampled)(struct sim *s, void *arg);
	void *arg;
	/* What the run can be repeated from: files that were read (diag_written), settings. */
	const struct diag *files; /* NULL: not known, nothing is kept */
	const struct run_setting *settings;
	int nr_settings;
	struct row_check *check; /* rows are compared with those of an earlier run; NULL: not */
};

/*
 * Opens the results of a run: makes the tables of s->tables, writes the row of "run" (state
 * running).  Tracepoints to be recorded are on before; the kernel has booted.  NULL after saying
 * why on standard error: *exit_code is 2 (a file that is not ours) or 3 (the host).
 */
struct recorder *recorder_open(struct sim *s, const struct recorder_options *o, int *exit_code);
/* The values of all tunables in force, and samples every interval from now on. */
void recorder_start(struct recorder *r);
/* A sample now (the last one of a run); it replaces one of the same moment. */
void recorder_sample(struct recorder *r);
/* A row of op_result, of latency.  is_ptr: value is 1 for an object and 0 for NULL. */
void recorder_result(struct recorder *r, const char *task, const char *op, int64_t value,
		     bool is_ptr, bool ok);
/* A row of failed_call: calls of one step that failed alike. */
void recorder_failed_call(struct recorder *r, const char *task, const char *op, int64_t nth,
			  const char *error, int64_t count, sim_time first);
/* A row of kernel_log. */
void recorder_log(struct recorder *r, int level, const char *line);
/* A call has taken so long.  The two names stay as they are, and where, until the recorder ends. */
void recorder_latency(struct recorder *r, const char *task, const char *op, sim_time ns);
/* Writes what is in memory now.  Only from the loop: SQLite needs more stack than a task has. */
void recorder_flush(struct recorder *r);
/* Whether writing failed meanwhile (disk full); the run was then told to stop. */
bool recorder_failed(const struct recorder *r);
/*
 * To split a run into branches by fork: before it the file is suspended, complete up to now; each
 * branch goes on in a copy of it at a path of its own, the original process abandons it.  False,
 * and *exit_code, after saying why.
 */
bool recorder_suspend(struct recorder *r);
bool recorder_branch(struct recorder *r, const char *path, bool force, int *exit_code);
void recorder_abandon(struct recorder *r);
/* Keeps a setting of a branch, in force from now on. */
void recorder_setting(struct recorder *r, const struct run_setting *set);
/* Compares no more rows with those of o.check; what came so far has been. */
void recorder_end_check(struct recorder *r);
/*
 * Ends: latency rows, run row with state ("finished", "stopped"), t_end and digest; checkpointed,
 * one file.  Returns 0, or 3 if the host failed (said on standard error).
 */
int recorder_close(struct recorder *r, const char *state, uint64_t *digest);

/* The schema of results with these tables, all tracepoints included, as SQL text with units and
 * meanings. */
void recorder_schema(struct str *out, const struct tables *t);
#endif
