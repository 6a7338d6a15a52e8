/*
 * dirty_ratelimit.h - the formulas of dirty throttling, from their inputs alone
 *
 * Like:        Linux 6.1, mm/page-writeback.c
 *
 * Memory in pages, rates in pages per second, time in jiffies, ratios with 10
 * fraction bits.  All divisions are of whole numbers, in the order written.
 */
#ifndef MMSIM_LINUX_DIRTY_RATELIMIT_H
#define MMSIM_LINUX_DIRTY_RATELIMIT_H

#include "models/linux/linux.h"

#define RATELIMIT_CALC_SHIFT 10
#define MAX_PAUSE            (HZ / 5)
#define BANDWIDTH_INTERVAL   (HZ / 5)
#define DIRTY_POLL_THRESH    (128 >> (PAGE_SHIFT - 10))
#define INIT_BW              (100 << (20 - PAGE_SHIFT)) /* 100 MiB/s */

/* Pages up to which nobody is held back. */
static inline uint64_t dirty_freerun_ceiling(uint64_t thresh, uint64_t bg_thresh)
{
	return (thresh + bg_thresh) / 2;
}

static inline uint64_t hard_dirty_limit(uint64_t dirty_limit, uint64_t thresh)
{
	return thresh > dirty_limit ? thresh : dirty_limit;
}

/* Where the dirty pages are to be, and the part of it that is one device's: as tracepoints say. */
uint64_t dirty_setpoint(uint64_t dirty_limit, uint64_t thresh, uint64_t bg_thresh);
uint64_t wb_setpoint(uint64_t setpoint, uint64_t wb_thresh, uint64_t thresh);
/* The background threshold of a device that has so much of the threshold. */
uint64_t wb_bg_thresh_from(uint64_t wb_thresh, uint64_t bg_thresh, uint64_t thresh);

/* What the position of the dirty pages is judged by: one device, one moment. */
struct dirty_position {
	bool strictlimit;
	uint64_t thresh, bg_thresh;
	uint64_t dirty;       /* and under writeback, of all devices */
	uint64_t dirty_limit; /* the tracked limit */
	uint64_t wb_thresh, wb_bg_thresh;
	uint64_t wb_dirty; /* of the device */
	uint64_t avg_write_bandwidth;
};

/* The cubic curve through 1.0 at the setpoint, about 0 at limit; 0..2048. */
int64_t pos_ratio_polynom(uint64_t setpoint, uint64_t dirty, uint64_t limit);
/* How much faster or slower than its base rate a writer may be, 1024: as fast. */
uint64_t wb_position_ratio(const struct dirty_position *p);

/* How often a writer below the free-run ceiling looks again: after so many pages. */
uint64_t dirty_poll_interval(uint64_t dirty, uint64_t thresh);

struct write_bandwidth {
	uint64_t write_bandwidth;
	uint64_t avg_write_bandwidth;
};

/* Whether an estimate of a device without pages under writeback has to begin afresh. */
bool bandwidth_estimate_is_old(uint64_t now, uint64_t bw_time_stamp);

/*
 * The estimate after another stretch of time.
 *
 * elapsed  its length, at least 1
 * written  pages written in it
 */
struct write_bandwidth wb_next_write_bandwidth(struct write_bandwidth bw, uint64_t elapsed,
					       uint64_t written);

struct dirty_rates {
	uint64_t dirty_ratelimit;
	uint64_t balanced_dirty_ratelimit;
	uint64_t dirty_rate;     /* result only: measured */
	uint64_t task_ratelimit; /* result only */
};

/*
 * The base rate after another stretch of time.
 *
 * p        as for wb_position_ratio, with the tracked limit already brought up to date
 * pos      what wb_position_ratio said in this pass
 * dirtied  pages made dirty since the last update
 */
struct dirty_rates wb_next_dirty_ratelimit(struct dirty_rates rates, const struct dirty_position *p,
					   uint64_t pos, uint64_t dirtied, uint64_t elapsed);

/* The longest pause for a device with so many dirty pages. */
int64_t wb_max_pause(uint64_t avg_write_bandwidth, uint64_t wb_dirty);
/*
 * The shortest pause worth taking.
 *
 * stored_ratelimit   dirty_ratelimit of the device as it is now
 * *nr_dirtied_pause  pages after which the writer will be asked next
 */
int64_t wb_min_pause(uint64_t avg_write_bandwidth, uint64_t stored_ratelimit, int64_t max_pause,
		     uint64_t task_ratelimit, uint64_t dirty_ratelimit, int64_t *nr_dirtied_pause);

/* What a writer is told. */
struct dirty_pause {
	int64_t period; /* how long its pages take at the rate it may have */
	int64_t pause;  /* period without the time it needed itself; may be negative */
	uint64_t now;   /* from when the next period counts */
	bool sleep;     /* whether the pause is taken */
};

struct task_struct;

/* What a writer keeps for the next time: below the ceiling, after a pause that was not worth it
 * (time it has in hand, or owes), and after one it has taken. */
void dirty_free_run(struct task_struct *ts, uint64_t now, uint64_t dirty, uint64_t thresh);
void dirty_pause_skipped(struct task_struct *ts, const struct dirty_pause *pause, int64_t pages);
void dirty_pause_taken(struct task_struct *ts, const struct dirty_pause *pause,
		       int64_t nr_dirtied_pause);

/* max_pause and min_pause as above; paused_when: when its last pause was to end, 0: none. */
struct dirty_pause dirty_pause_from(uint64_t now, uint64_t paused_when, int64_t pages_dirtied,
				    uint64_t task_ratelimit, int64_t min_pause, int64_t max_pause);
#endif
