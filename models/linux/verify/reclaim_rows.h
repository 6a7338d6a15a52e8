/*
 * reclaim_rows.h - recorded decisions of a reclaim case, for the files that compute them again
 */
#ifndef MMSIM_LINUX_RECLAIM_ROWS_H
#define MMSIM_LINUX_RECLAIM_ROWS_H

#include "models/linux/verify/guest_run.h"
#include "models/linux/verify/reclaim_case.h"

enum reclaim_quantity {
	Q_MODES,
	Q_GOALS,
	Q_TURNS,
	Q_TOTALS,
	Q_BALANCED,
	Q_WAKEUPS,
	Q_SUMS,
	Q_STALLS,
	Q_VICTIM,
	NR_RECLAIM_QUANTITIES,
};

struct reclaim_rows {
	struct guest_case *w;
	struct guest_run *g;      /* owned; a machine that was booted and does not run */
	struct pglist_data *node; /* of it */
	struct tsv shrink, scans, balanced, kswapd, direct, samples, progress;
	bool *scan_used; /* owned; rows of scans that belong to a row of shrink */
	struct verify_quantity q[NR_RECLAIM_QUANTITIES];
};

/* Counts one value. */
void reclaim_row_value(struct reclaim_rows *r, enum reclaim_quantity q, const struct tsv *t,
		       size_t row, const char *what, int64_t computed, int64_t recorded);
/* A number of a table that is not negative. */
uint64_t reclaim_row_u64(const struct tsv *t, size_t row, const char *column);
/*
 * Gives the machine the settings of a time, and the free pages and boosts of a row.  False: a
 * program changed settings about then, they cannot be told.
 */
bool reclaim_row_state(struct reclaim_rows *r, const struct tsv *t, size_t row);

/* ---- reclaim_sums.c: what is no decision of a scan ---- */

void reclaim_sums_compare(struct reclaim_rows *r);
#endif
