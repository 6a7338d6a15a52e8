/*
 * dirty_ratelimit.c - the formulas of dirty throttling, from their inputs alone
 *
 *	position of the dirty pages -> pos ratio     \
 *	pages dirtied, pages written -> base rate     > rate of the writer -> pause
 *
 * The kernel multiplies and divides in exactly this order; a product that was
 * divided earlier would give other pauses.
 */
#include "models/linux/task.h"
#include "models/linux/writeback/dirty_ratelimit.h"

#define BW_PERIOD roundup_pow2(3 * HZ)     /* over which bandwidth is smoothed */
#define PAUSE_DIV roundup_pow2(1 + HZ / 8) /* for an eighth of the time its dirty pages take */
#define PAGE_DIV  roundup_pow2(HZ)         /* a second, near enough to divide by a shift */
#define POS_ONE   (1 << RATELIMIT_CALC_SHIFT)
#define FEW_PAGES 8 /* of a device with a limit of its own: it may always have them */

/* --- position --- */

int64_t pos_ratio_polynom(uint64_t setpoint, uint64_t dirty, uint64_t limit)
{
	int64_t x =
	    ((int64_t)setpoint - (int64_t)dirty) * POS_ONE / (int64_t)((limit - setpoint) | 1);
	int64_t pos = x;

	/* >> of a negative number rounds down, unlike / */
	pos = (pos * x) >> RATELIMIT_CALC_SHIFT;
	pos = (pos * x) >> RATELIMIT_CALC_SHIFT;
	pos += POS_ONE;
	return pos < 0 ? 0 : min_s64(pos, 2 * POS_ONE);
}

/* A device that is held to its own share whatever the others do. */
static uint64_t strict_position_ratio(const struct dirty_position *p, int64_t pos)
{
	uint64_t setpoint;

	if (p->wb_dirty < FEW_PAGES)
		return (uint64_t)min_s64(pos * 2, 2 * POS_ONE);
	if (p->wb_dirty >= p->wb_thresh)
		return 0;
	setpoint = dirty_freerun_ceiling(p->wb_thresh, p->wb_bg_thresh);
	if (setpoint == 0 || setpoint == p->wb_thresh)
		return 0;
	return (uint64_t)min_s64(pos, pos_ratio_polynom(setpoint, p->wb_dirty, p->wb_thresh));
}

uint64_t wb_position_ratio(const struct dirty_position *p)
{
	uint64_t limit = hard_dirty_limit(p->dirty_limit, p->thresh);
	uint64_t setpoint = (dirty_freerun_ceiling(p->thresh, p->bg_thresh) + limit) / 2;
	uint64_t wb_thresh = p->wb_thresh;
	uint64_t pos, x, span, wb_setpoint, x_intercept, reserve;

	if (p->dirty >= limit)
		return 0;

	int64_t global = pos_ratio_polynom(setpoint, p->dirty, limit);

	if (p->strictlimit)
		return strict_position_ratio(p, global);
	pos = (uint64_t)global;

	/* a second line, of the device: from its setpoint down to 0 at x_intercept */
	wb_thresh = min_u64(wb_thresh, p->thresh);
	wb_thresh = max_u64(wb_thresh, (limit - p->dirty) / 8);
	x = (wb_thresh << 16) / (p->thresh | 1);
	wb_setpoint = (setpoint * x) >> 16;
	span = ((p->thresh - wb_thresh + 8 * p->avg_write_bandwidth) * x) >> 16;
	x_intercept = wb_setpoint + span;
	if (p->wb_dirty < x_intercept - span / 4)
		pos = pos * (x_intercept - p->wb_dirty) / ((x_intercept - wb_setpoint) | 1);
	else
		pos /= 4;

	/* so few pages that the device might fall idle */
	reserve = wb_thresh / 2;
	if (p->wb_dirty < reserve) {
		if (p->wb_dirty > reserve / 8)
			pos = pos * reserve / p->wb_dirty;
		else
			pos *= 8;
	}
	return pos;
}

uint64_t dirty_setpoint(uint64_t dirty_limit, uint64_t thresh, uint64_t bg_thresh)
{
	return (dirty_limit + dirty_freerun_ceiling(thresh, bg_thresh)) / 2;
}

uint64_t wb_setpoint(uint64_t setpoint, uint64_t wb_thresh, uint64_t thresh)
{
	return setpoint * wb_thresh / (thresh + 1);
}

uint64_t wb_bg_thresh_from(uint64_t wb_thresh, uint64_t bg_thresh, uint64_t thresh)
{
	return thresh ? wb_thresh * bg_thresh / thresh : 0;
}

uint64_t dirty_poll_interval(uint64_t dirty, uint64_t thresh)
{
	return thresh > dirty ? 1ULL << (ilog2_u64(thresh - dirty) >> 1) : 1;
}

/* --- rates --- */

bool bandwidth_estimate_is_old(uint64_t now, uint64_t bw_time_stamp)
{
	return (int64_t)(now - bw_time_stamp) > HZ;
}

struct write_bandwidth wb_next_write_bandwidth(struct write_bandwidth old, uint64_t elapsed,
					       uint64_t written)
{
	uint64_t avg = old.avg_write_bandwidth, was = old.write_bandwidth;
	uint64_t bw = written * HZ;

	if (elapsed > BW_PERIOD) {
		bw /= elapsed;
		avg = bw;
	} else {
		bw = (bw + was * (BW_PERIOD - elapsed)) >> ilog2_u64(BW_PERIOD);
		/* the average follows the value before this one, while all three go one way */
		if (avg > was && was >= bw)
			avg -= (avg - was) >> 3;
		if (avg < was && was <= bw)
			avg += (was - avg) >> 3;
	}
	return (struct write_bandwidth){ bw, max_u64(avg, 1) };
}

struct dirty_rates wb_next_dirty_ratelimit(struct dirty_rates old, const struct dirty_position *p,
					   uint64_t pos, uint64_t dirtied, uint64_t elapsed)
{
	uint64_t limit = hard_dirty_limit(p->dirty_limit, p->thresh);
	uint64_t setpoint = (dirty_freerun_ceiling(p->thresh, p->bg_thresh) + limit) / 2;
	uint64_t dirty = p->dirty;
	uint64_t rate = old.dirty_ratelimit;
	uint64_t dirty_rate = dirtied * HZ / elapsed;
	uint64_t task = (rate * pos >> RATELIMIT_CALC_SHIFT) + 1;
	uint64_t balanced =
	    min_u64(task * p->avg_write_bandwidth / (dirty_rate | 1), p->avg_write_bandwidth);
	uint64_t step = 0, x, shift;

	if (p->strictlimit) {
		dirty = p->wb_dirty;
		setpoint = p->wb_dirty < FEW_PAGES ? p->wb_dirty + 1
						   : (p->wb_thresh + p->wb_bg_thresh) / 2;
	}

	/* no step unless position and rate ask for the same direction */
	if (dirty < setpoint) {
		x = min_u64(min_u64(old.balanced_dirty_ratelimit, balanced), task);
		if (rate < x)
			step = x - rate;
	} else {
		x = max_u64(max_u64(old.balanced_dirty_ratelimit, balanced), task);
		if (rate > x)
			step = rate - x;
	}

	/* the nearer the smaller */
	shift = rate / (2 * step + 1);
	step = shift < 64 ? div_round_up(step >> shift, 8) : 0;
	rate = rate < balanced ? rate + step : rate - step;
	return (struct dirty_rates){ .dirty_ratelimit = max_u64(rate, 1),
				     .balanced_dirty_ratelimit = balanced,
				     .dirty_rate = dirty_rate,
				     .task_ratelimit = task };
}

/* --- pauses --- */

int64_t wb_max_pause(uint64_t avg_write_bandwidth, uint64_t wb_dirty)
{
	uint64_t t = wb_dirty / (1 + avg_write_bandwidth / PAUSE_DIV) + 1;

	return (int64_t)min_u64(t, MAX_PAUSE);
}

int64_t wb_min_pause(uint64_t avg_write_bandwidth, uint64_t stored_ratelimit, int64_t max_pause,
		     uint64_t task_ratelimit, uint64_t dirty_ratelimit, int64_t *nr_dirtied_pause)
{
	int64_t hi = ilog2_u64(avg_write_bandwidth), lo = ilog2_u64(stored_ratelimit);
	int64_t t = max_s64(1, HZ / 100); /* the pause aimed at */
	int64_t pages;

	/* longer when many writers share the device: 10 ms for each time their number doubles */
	if (hi > lo)
		t += (hi - lo) * (10 * HZ) / 1024;
	t = min_s64(t, 1 + max_pause / 2);
	pages = (int64_t)(dirty_ratelimit * (uint64_t)t / PAGE_DIV);
	if (pages < DIRTY_POLL_THRESH) {
		t = max_pause;
		pages = (int64_t)(dirty_ratelimit * (uint64_t)t / PAGE_DIV);
		if (pages > DIRTY_POLL_THRESH) {
			pages = DIRTY_POLL_THRESH;
			t = (int64_t)(HZ * DIRTY_POLL_THRESH / dirty_ratelimit);
		}
	}

	/* not so many that the pause would be cut off */
	if (HZ * (uint64_t)pages / (task_ratelimit + 1) > (uint64_t)max_pause) {
		t = max_pause;
		pages = (int64_t)(task_ratelimit * (uint64_t)t / PAGE_DIV);
	}
	*nr_dirtied_pause = pages;
	return pages >= DIRTY_POLL_THRESH ? 1 + t / 2 : t;
}

struct dirty_pause dirty_pause_from(uint64_t now, uint64_t paused_when, int64_t pages_dirtied,
				    uint64_t task_ratelimit, int64_t min_pause, int64_t max_pause)
{
	struct dirty_pause r = {
		.period = max_pause, .pause = max_pause, .now = now, .sleep = true
	};

	if (task_ratelimit == 0)
		return r;
	r.period = (int64_t)((uint64_t)(HZ * pages_dirtied) / task_ratelimit);
	r.pause = r.period;
	if (paused_when)
		r.pause -= (int64_t)(now - paused_when);
	r.sleep = r.pause >= min_pause;
	if (r.sleep && r.pause > max_pause) {
		r.now += (uint64_t)min_s64(r.pause - max_pause, max_pause);
		r.pause = max_pause;
	}
	return r;
}

/* --- what a writer keeps for the next time --- */

void dirty_free_run(struct task_struct *ts, uint64_t now, uint64_t dirty, uint64_t thresh)
{
	ts->dirty_paused_when = now;
	ts->nr_dirtied = 0;
	ts->nr_dirtied_pause = (int64_t)dirty_poll_interval(dirty, thresh);
}

void dirty_pause_skipped(struct task_struct *ts, const struct dirty_pause *pause, int64_t pages)
{
	if (pause->pause < -HZ) {
		ts->dirty_paused_when = pause->now;
		ts->nr_dirtied = 0;
	} else if (pause->period) {
		ts->dirty_paused_when += (uint64_t)pause->period;
		ts->nr_dirtied = 0;
	} else if (ts->nr_dirtied_pause <= pages) {
		ts->nr_dirtied_pause += pages;
	}
}

void dirty_pause_taken(struct task_struct *ts, const struct dirty_pause *pause,
		       int64_t nr_dirtied_pause)
{
	ts->dirty_paused_when = pause->now + (uint64_t)pause->pause;
	ts->nr_dirtied = 0;
	ts->nr_dirtied_pause = nr_dirtied_pause;
}
