/*
 * reclaim_case.h - cases of the family reclaim: programs that use up memory, and what came of it
 *
 * Recorded are the decisions of kswapd and of direct reclaim with their inputs, which are computed
 * again row by row, and the counters over time, with which a whole run is compared.
 */
#ifndef MMSIM_LINUX_RECLAIM_CASE_H
#define MMSIM_LINUX_RECLAIM_CASE_H

#include "models/linux/verify/guest_case.h"

/* Columns of samples.tsv, in their order. */
enum reclaim_counter {
	R_FREE,
	R_INACTIVE_ANON, /* the four lists, in the order of enum lru_list */
	R_ACTIVE_ANON,
	R_INACTIVE_FILE,
	R_ACTIVE_FILE,
	R_FILE_PAGES,
	R_ANON_PAGES,
	R_SLAB,
	R_PAGE_TABLES,
	R_ALLOC_DMA,
	R_ALLOC_DMA32,
	R_PGFREE,
	R_PGFAULT,
	R_SWAPCACHED,
	R_SCAN_KSWAPD,
	R_SCAN_DIRECT,
	R_STEAL_KSWAPD,
	R_STEAL_DIRECT,
	R_REFILL,
	R_REFAULT_ANON,
	R_REFAULT_FILE,
	R_SWPIN,
	R_SWPOUT,
	R_MAJFAULT,
	R_PAGEOUTRUN,
	R_OOM_KILL,
	R_COMPACT_STALL,
	R_COMPACT_SUCCESS,
	R_HTLB_SUCCESS,
	R_HTLB_FAIL,
	NR_RECLAIM_COUNTERS,
};

extern const char *const reclaim_counters[NR_RECLAIM_COUNTERS];

/* The counters of a moment. */
struct reclaim_sample {
	int64_t t_us;
	int64_t v[NR_RECLAIM_COUNTERS];
};

#define NR_SCAN_ISOLATE 5  /* columns of scans.tsv: requested to priority */
#define NR_SCAN_FATES   12 /* what became of the pages */

/* A scan of a list. */
struct reclaim_scan {
	int64_t t_us;     /* of the isolation */
	const char *task; /* borrowed */
	int list;         /* enum lru_list */
	bool ended;
	int64_t isolate[NR_SCAN_ISOLATE];
	int64_t fate[NR_SCAN_FATES]; /* -1: a scan of this kind has none */
};

/* Everything that a run left behind. */
struct reclaim_result {
	struct reclaim_sample *sample; /* owned; as the sampler took them */
	size_t nr_samples, cap_samples;
	struct reclaim_scan *scan; /* owned; in the order of their beginning */
	size_t nr_scans, cap_scans;
	int64_t wakeups, direct; /* of kswapd; direct reclaims; -1: not recorded */
	char *victims;           /* owned; names of killed tasks, a blank behind each; NULL: none,
				  * or not recorded */
	/* rows of what is written; owned */
	struct str kswapd, directs, compaction, extfrag, shrinks, oom;
};

/* Runs the workload, and writes what was asked for with --out; false after reporting. */
bool reclaim_case_run(struct guest_case *w, struct reclaim_result *r);
/* What is recorded of a run of the real kernel, as far as there is a table of it. */
void reclaim_result_read(struct verify_case *c, struct reclaim_result *r);
void reclaim_result_free(struct reclaim_result *r);

/* ---- reclaim_rows.c: every recorded decision, computed from its inputs ---- */

void reclaim_rows_compare(struct guest_case *w);
#endif
