/*
 * writeback_rows.h - the tables of a writeback case, for the three files that compute them again
 */
#ifndef MMSIM_LINUX_WRITEBACK_ROWS_H
#define MMSIM_LINUX_WRITEBACK_ROWS_H

#include "models/linux/task.h"
#include "models/linux/verify/writeback_case.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"

#define WB_KIB_SHIFT (PAGE_SHIFT - 10) /* rates in events: KiB per second */
#define WB_MAX_TASKS 32

enum wb_quantity {
	Q_LIMITS,
	Q_SHARES,
	Q_RATES,
	Q_PAUSES,
	Q_PACE,
	Q_BANDWIDTH,
	Q_RATELIMIT,
	Q_TRACKED,
	Q_RESTART,
	Q_CHUNK,
	Q_COUNTERS,
	NR_QUANTITIES,
};

/* What a writer keeps between two passes. */
struct wb_row_task {
	const char *name;
	bool known;
	struct task_struct ts;
};

struct wb_rows {
	struct guest_case *w;
	struct linux_vm *vm; /* owned; nothing but vm.sysctl */
	int next_set;        /* step of the workload that changes a setting next */
	struct wb_row_task task[WB_MAX_TASKS];
	int nr_tasks;
	struct tsv limits, passes, bandwidth, shares, requests, start, inode;
	struct verify_quantity q[NR_QUANTITIES];
	struct verify_known_list known;
	/* of each row of shares: what its reader computed with; den 0: not known.  Owned. */
	struct fprop_fraction *share;
};

/* Counts one value. */
void wb_row_value(struct wb_rows *r, enum wb_quantity q, const struct tsv *t, size_t row,
		  const char *what, int64_t computed, int64_t recorded);
/* A number of a table that is not negative. */
uint64_t wb_row_u64(const struct tsv *t, size_t row, const char *column);
/* What a writer's position is judged by; limit: the column of the tracked limit. */
struct dirty_position wb_row_position(struct wb_rows *r, const struct tsv *t, size_t row,
				      const char *limit);
/* The device of a name as 254:0; -1: none. */
int wb_row_disk(const struct wb_rows *r, const char *bdi);
/* A setting of a device at a time, as min_ratio; def: where nothing is said of it. */
int64_t wb_row_bdi_setting(const struct wb_rows *r, int disk, const char *name, int64_t t_us,
			   int64_t def);
/* Whether the workload has a step in which this task changes a setting. */
bool wb_row_writes_settings(const struct wb_rows *r, const char *task);

/* ---- writeback_counters.c ---- */

/* Counts what completed, compares with every reading, and fills r->share. */
void wb_counters_compare(struct wb_rows *r);

/* ---- writeback_rates.c ---- */

/* The bandwidth of a device after the update that is a row of bandwidth.tsv. */
struct write_bandwidth wb_row_bandwidth_after(const struct tsv *t, size_t row);
/* Updates of rates, the tracked limit, chunks of the flusher. */
void wb_rates_compare(struct wb_rows *r);
#endif
