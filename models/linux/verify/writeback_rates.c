/*
 * writeback_rates.c - updates of a device's rates, the tracked limit, chunks of the flusher
 *
 * A row of bandwidth.tsv is what an update began with; what it left behind is
 * what the next row of the device begins with.
 */
#include <string.h>

#include "models/linux/verify/writeback_rows.h"

struct write_bandwidth wb_row_bandwidth_after(const struct tsv *t, size_t i)
{
	uint64_t elapsed =
	    max_u64(wb_row_u64(t, i, "jiffies") - wb_row_u64(t, i, "bw_time_stamp"), 1);
	struct write_bandwidth bw = { wb_row_u64(t, i, "write_bw"),
				      wb_row_u64(t, i, "avg_write_bw") };

	return wb_next_write_bandwidth(
	    bw, elapsed, wb_row_u64(t, i, "written") - wb_row_u64(t, i, "written_stamp"));
}

/* ---- rates of a device ---- */

static void check_ratelimit(struct wb_rows *r, size_t i, struct dirty_rates *rates)
{
	const struct tsv *t = &r->bandwidth;
	struct dirty_position p = wb_row_position(r, t, i, "dirty_limit");
	uint64_t now = wb_row_u64(t, i, "jiffies"), pos = wb_position_ratio(&p);
	uint64_t elapsed = max_u64(now - wb_row_u64(t, i, "bw_time_stamp"), 1);

	wb_row_value(r, Q_RATELIMIT, t, i, "pos_ratio", (int64_t)pos, tsv_int(t, i, "pos_ratio"));
	if (dirty_limit_is_due(now, wb_row_u64(t, i, "limit_tstamp")))
		p.dirty_limit = dirty_limit_step(p.dirty_limit, p.thresh, p.dirty);
	*rates = wb_next_dirty_ratelimit(
	    *rates, &p, pos, wb_row_u64(t, i, "dirtied") - wb_row_u64(t, i, "dirtied_stamp"),
	    elapsed);
	wb_row_value(r, Q_RATELIMIT, t, i, "ev_dirty_rate",
		     (int64_t)(rates->dirty_rate << WB_KIB_SHIFT), tsv_int(t, i, "ev_dirty_rate"));
	wb_row_value(r, Q_RATELIMIT, t, i, "ev_dirty_ratelimit",
		     (int64_t)(rates->dirty_ratelimit << WB_KIB_SHIFT),
		     tsv_int(t, i, "ev_dirty_ratelimit"));
	wb_row_value(r, Q_RATELIMIT, t, i, "ev_task_ratelimit",
		     (int64_t)(rates->task_ratelimit << WB_KIB_SHIFT),
		     tsv_int(t, i, "ev_task_ratelimit"));
	wb_row_value(r, Q_RATELIMIT, t, i, "ev_balanced_ratelimit",
		     (int64_t)(rates->balanced_dirty_ratelimit << WB_KIB_SHIFT),
		     tsv_int(t, i, "ev_balanced_ratelimit"));
}

/* The next row of the same device; 0: none. */
static size_t next_of(const struct tsv *t, size_t i)
{
	for (size_t k = i + 1; k < t->nr_rows; k++)
		if (strcmp(tsv_text(t, k, "bdi"), tsv_text(t, i, "bdi")) == 0)
			return k;
	return 0;
}

/* What an update left behind is what the next one finds. */
static void check_chain(struct wb_rows *r, size_t i, size_t k, const struct dirty_rates *rates)
{
	const struct tsv *t = &r->bandwidth;
	struct write_bandwidth bw = wb_row_bandwidth_after(t, i);
	uint64_t stamp = wb_row_u64(t, k, "bw_time_stamp");

	wb_row_value(r, Q_BANDWIDTH, t, k, "write_bw", (int64_t)bw.write_bandwidth,
		     tsv_int(t, k, "write_bw"));
	wb_row_value(r, Q_BANDWIDTH, t, k, "avg_write_bw", (int64_t)bw.avg_write_bandwidth,
		     tsv_int(t, k, "avg_write_bw"));
	wb_row_value(r, Q_BANDWIDTH, t, k, "dirty_ratelimit", (int64_t)rates->dirty_ratelimit,
		     tsv_int(t, k, "dirty_ratelimit"));
	wb_row_value(r, Q_BANDWIDTH, t, k, "balanced_ratelimit",
		     (int64_t)rates->balanced_dirty_ratelimit, tsv_int(t, k, "balanced_ratelimit"));
	/* begun afresh in between, or going on */
	if (stamp != wb_row_u64(t, i, "jiffies"))
		wb_row_value(r, Q_RESTART, t, k, "bw_time_stamp",
			     bandwidth_estimate_is_old(stamp, wb_row_u64(t, i, "jiffies")), true);
	else
		wb_row_value(r, Q_RESTART, t, k, "written_stamp", tsv_int(t, i, "written"),
			     tsv_int(t, k, "written_stamp"));
}

static void check_bandwidth(struct wb_rows *r)
{
	const struct tsv *t = &r->bandwidth;

	for (size_t i = 0; i < t->nr_rows; i++) {
		struct dirty_rates rates = {
			.dirty_ratelimit = wb_row_u64(t, i, "dirty_ratelimit"),
			.balanced_dirty_ratelimit = wb_row_u64(t, i, "balanced_ratelimit"),
		};
		size_t k = next_of(t, i);

		if (tsv_int(t, i, "with_ratelimit") == 1)
			check_ratelimit(r, i, &rates);
		if (k)
			check_chain(r, i, k, &rates);
	}
}

/* ---- the tracked limit ---- */

/* A change of dirty_ratio or dirty_bytes sets the limit, too. */
static bool set_between(const struct wb_rows *r, int64_t from, int64_t to)
{
	const struct tsv *t = &r->limits;

	for (size_t i = 0; i < t->nr_rows; i++) {
		int64_t at = tsv_int(t, i, "t_us");

		if (at >= from && at <= to && wb_row_writes_settings(r, tsv_text(t, i, "task")))
			return true;
	}
	return false;
}

static void check_tracked(struct wb_rows *r)
{
	const struct tsv *t = &r->bandwidth;
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < t->nr_rows; i++) {
		uint64_t limit, now;

		if (tsv_int(t, i, "with_ratelimit") != 1)
			continue;
		if (last != SIZE_MAX &&
		    !set_between(r, tsv_int(t, last, "t_us"), tsv_int(t, i, "t_us"))) {
			limit = wb_row_u64(t, last, "dirty_limit");
			now = wb_row_u64(t, last, "jiffies");
			if (dirty_limit_is_due(now, wb_row_u64(t, last, "limit_tstamp")))
				limit = dirty_limit_step(limit, wb_row_u64(t, last, "thresh"),
							 wb_row_u64(t, last, "dirty"));
			wb_row_value(r, Q_TRACKED, t, i, "dirty_limit", (int64_t)limit,
				     tsv_int(t, i, "dirty_limit"));
		}
		last = i;
	}
}

/* ---- chunks of the flusher ---- */

/* The last row of a device up to a time; SIZE_MAX: none. */
static size_t last_before(const struct tsv *t, int64_t t_us, const char *bdi)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < t->nr_rows && tsv_int(t, i, "t_us") <= t_us; i++)
		if (!bdi || strcmp(tsv_text(t, i, "bdi"), bdi) == 0)
			found = i;
	return found;
}

static void check_chunks(struct wb_rows *r)
{
	const struct tsv *t = &r->inode;

	for (size_t i = 0; i < t->nr_rows; i++) {
		int64_t t_us = tsv_int(t, i, "t_us");
		const char *bdi = tsv_text(t, i, "bdi");
		size_t work = last_before(&r->start, t_us, bdi);
		size_t bw = last_before(&r->bandwidth, t_us, bdi);
		size_t limit = last_before(&r->limits, t_us, NULL);
		uint64_t avg = INIT_BW;

		if (work == SIZE_MAX || limit == SIZE_MAX ||
		    tsv_int(&r->start, work, "sync_mode") != WB_SYNC_NONE ||
		    strcmp(tsv_text(t, i, "task"), tsv_text(&r->start, work, "task")) != 0)
			continue;
		if (bw != SIZE_MAX)
			avg = wb_row_bandwidth_after(&r->bandwidth, bw).avg_write_bandwidth;
		wb_row_value(r, Q_CHUNK, t, i, "to_write",
			     writeback_chunk_from(avg, wb_row_u64(&r->limits, limit, "dirty_limit"),
						  tsv_int(&r->start, work, "nr_pages")),
			     tsv_int(t, i, "to_write"));
	}
}

/* ---- all of them ---- */

void wb_rates_compare(struct wb_rows *r)
{
	check_bandwidth(r);
	check_tracked(r);
	check_chunks(r);
}
