/*
 * writeback_case.h - cases of the family writeback: programs that write, and what came of it
 *
 * A case is a machine with disks, values of /proc/sys/vm, and programs of a few steps.  Recorded
 * are the decisions of dirty throttling with their inputs, which are computed again row by row, and
 * the counters over time, with which a whole run is compared.
 */
#ifndef MMSIM_LINUX_WRITEBACK_CASE_H
#define MMSIM_LINUX_WRITEBACK_CASE_H

#include "models/linux/conf.h"
#include "models/linux/storage/file.h"
#include "models/linux/verify/tsv.h"

#define WB_MAX_DISKS 8
#define WB_MAX_STEPS 256
#define WB_MAX_ZONES 8

/* A line of the workload: PROCESS OP key=value ... */
struct wb_step {
	int line;                  /* from 0 */
	char *process, *op, *args; /* owned */
	int disk;                  /* that of the last open of the process; -1: none */
};

/* Of a zone, as recorded before the start; pages. */
struct wb_zone {
	int zone; /* enum zone_type */
	int64_t nr_free, pcp_count;
};

/* What case.yaml and before/ say. */
struct wb_case {
	struct verify_case *c;
	struct machine_conf machine;
	struct linux_conf kernel;
	struct node_conf node;
	struct disk_conf disk[WB_MAX_DISKS];
	const char *bdi[WB_MAX_DISKS]; /* borrowed; 254:0 */
	const struct yaml_node *settings[WB_MAX_DISKS];
	struct file_conf file[WB_MAX_DISKS]; /* the devices themselves */
	struct zone_fact zone_fact[WB_MAX_ZONES];
	struct wb_zone zone[WB_MAX_ZONES];
	int nr_disks, nr_zones;
	int64_t totalreserve, ratelimit_pages; /* pages */
	int64_t jiffy_0_us;                    /* when jiffy 0 began, from the start on */
	int64_t duration_ms, sample_ms;
	struct wb_step step[WB_MAX_STEPS];
	int nr_steps;
};

/* Reads case.yaml and before/; false after reporting to c->diag. */
bool wb_case_read(struct verify_case *c, struct wb_case *w);
void wb_case_free(struct wb_case *w);
/* The value of key=value in the arguments of a step, NULL if it is not there; the caller frees it.
 */
char *wb_step_value(const struct wb_step *step, const char *key);
/* A number of bytes: 64K, 3G; or a plain number.  def if it is not there. */
int64_t wb_step_size(struct wb_case *w, const struct wb_step *step, const char *key, int64_t def);
/* The disk of a step's path=; -1 after reporting. */
int wb_step_disk(struct wb_case *w, const struct wb_step *step);
/* The tick that runs at a time from the start on. */
uint64_t wb_case_jiffy(const struct wb_case *w, int64_t t_us);

/* ---- writeback_rows.c: every recorded decision, computed from its inputs ---- */

void wb_rows_compare(struct wb_case *w);

/* ---- writeback_run.c, writeback_programs.c: the whole run ---- */

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
	int64_t bytes[WB_MAX_STEPS]; /* written by each step when the run ended */
	int64_t sleeps;              /* pauses taken */
};

/* Runs the workload, and writes what was asked for with --out; false after reporting. */
bool wb_case_run(struct wb_case *w, struct wb_result *r);
/* Compares it with the recorded run, as far as there is one; prints distances. */
void wb_result_compare(struct wb_case *w, const struct wb_result *r);
void wb_result_free(struct wb_result *r);
#endif
