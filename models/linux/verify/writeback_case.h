/*
 * writeback_case.h - cases of the family writeback: programs that write, and what came of it
 *
 * A case is a machine with disks, values of /proc/sys/vm, and programs of a few steps.  Recorded
 * are the decisions of dirty throttling with their inputs, which are computed again row by row, and
 * the counters over time, with which a whole run is compared.
 */
#ifndef MMSIM_LINUX_WRITEBACK_CASE_H
#define MMSIM_LINUX_WRITEBACK_CASE_H

#include "models/linux/verify/guest_case.h"

/* ---- writeback_rows.c: every recorded decision, computed from its inputs ---- */

void wb_rows_compare(struct guest_case *w);

/* ---- writeback_run.c: the whole run ---- */

/* The counters of a moment; pages. */
struct wb_sample {
	int64_t t_us;
	int64_t nr_free_pages, nr_inactive_file, nr_active_file, nr_dirty, nr_writeback;
	int64_t nr_dirtied, nr_written, nr_dirty_threshold, nr_dirty_background_threshold;
};

/* Everything that a run left behind. */
struct wb_result {
	struct wb_sample *sample; /* owned; as the sampler took them */
	size_t nr_samples, cap_samples;
	int64_t bytes[GUEST_MAX_STEPS]; /* written by each step when the run ended */
	int64_t sleeps;                 /* pauses taken */
	struct str passes;              /* rows of what is written; owned */
};

/* Runs the workload, and writes what was asked for with --out; false after reporting. */
bool wb_case_run(struct guest_case *w, struct wb_result *r);
/* What is recorded in c, a run of the workload of w on the real kernel, as far as there are tables
 * of it. */
void wb_result_read(const struct guest_case *w, struct verify_case *c, struct wb_result *r);
/* Compares it with the recorded run, as far as there is one; prints distances. */
void wb_result_compare(struct guest_case *w, const struct wb_result *r);
void wb_result_free(struct wb_result *r);
#endif
