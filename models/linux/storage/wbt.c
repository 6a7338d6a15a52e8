/*
 * wbt.c - writeback throttling: few enough writes in flight that reads stay quick
 *
 * Like:        Linux 6.1, block/blk-wbt.c, blk-rq-qos.c, blk-stat.c
 *
 * Of the writes that the page cache makes only so many may be requests at a
 * time.  Windows of 100 ms look at the quickest read: if it was slower than
 * the target the depth is halved, if not it grows by a step.
 */
#include "models/linux/stall.h"
#include "models/linux/storage/blk.h"

#define RWB_DEF_DEPTH         16
#define RWB_WINDOW_NS         (100 * NS_PER_MS)
#define RWB_MIN_WRITE_SAMPLES 3
#define RWB_UNKNOWN_BUMP      5

enum latency_state {
	LAT_OK = 1,
	LAT_UNKNOWN,
	LAT_UNKNOWN_WRITES,
	LAT_EXCEEDED,
};

/* --- depths --- */

bool rq_depth_calc_max_depth(struct rq_depth *rqd)
{
	bool largest = false;

	if (rqd->queue_depth == 1) {
		/* one is to be ready when one is done */
		rqd->max_depth = rqd->scale_step > 0 ? 1 : 2;
		return rqd->max_depth == 2;
	}

	uint64_t depth = min_u64(rqd->default_depth, rqd->queue_depth);

	if (rqd->scale_step > 0) {
		depth = 1 + ((depth - 1) >> min_s64(31, rqd->scale_step));
	} else if (rqd->scale_step < 0) {
		uint64_t most = 3 * (uint64_t)rqd->queue_depth / 4;

		depth = 1 + ((depth - 1) << -rqd->scale_step);
		if (depth > most) {
			depth = most;
			largest = true;
		}
	}
	rqd->max_depth = (unsigned)depth;
	return largest;
}

void calc_wb_limits(struct rq_wb *rwb)
{
	unsigned depth = rwb->rq_depth.max_depth;

	if (rwb->min_lat == 0) {
		rwb->wb_normal = rwb->wb_background = 0;
	} else if (depth <= 2) {
		rwb->wb_normal = depth;
		rwb->wb_background = 1;
	} else {
		rwb->wb_normal = (depth + 1) / 2;
		rwb->wb_background = (depth + 3) / 4;
	}
}

static bool rwb_enabled(const struct rq_wb *rwb)
{
	return rwb->wb_normal != 0;
}

/* A device of writeback has the number of its disk. */
static int wbt_bdi(const struct request_queue *q)
{
	return q->disk->id;
}

static void trace_step(const struct request_queue *q, bool up)
{
	const struct rq_wb *rwb = &q->wb;

	trace_wbt_step(q->vm->sim, wbt_bdi(q), up, rwb->rq_depth.scale_step,
		       (int64_t)(rwb->cur_win / NS_PER_US), rwb->wb_background, rwb->wb_normal,
		       rwb->rq_depth.max_depth);
}

static void rwb_wake_all(struct request_queue *q)
{
	for (int i = 0; i < WBT_NUM_RWQ; i++)
		wake_up_all(q->vm->sim, &q->wb.rq_wait[i].wait);
}

static void scale_up(struct request_queue *q)
{
	struct rq_depth *rqd = &q->wb.rq_depth;

	if (rqd->scaled_max)
		return;
	rqd->scale_step--;
	rqd->scaled_max = rq_depth_calc_max_depth(rqd);
	calc_wb_limits(&q->wb);
	q->wb.unknown_cnt = 0;
	rwb_wake_all(q);
	trace_step(q, true);
}

static void scale_down(struct request_queue *q, bool hard_throttle)
{
	struct rq_depth *rqd = &q->wb.rq_depth;

	if (rqd->max_depth == 1)
		return;
	if (rqd->scale_step < 0 && hard_throttle)
		rqd->scale_step = 0;
	else
		rqd->scale_step++;
	rqd->scaled_max = false;
	rq_depth_calc_max_depth(rqd);
	calc_wb_limits(&q->wb);
	q->wb.unknown_cnt = 0;
	trace_step(q, false);
}

/* --- windows --- */

static int wbt_inflight(const struct rq_wb *rwb)
{
	int n = 0;

	for (int i = 0; i < WBT_NUM_RWQ; i++)
		n += rwb->rq_wait[i].inflight;
	return n;
}

/* Whether a writer was held back by dirty throttling within the last second. */
static bool wb_recent_wait(const struct request_queue *q)
{
	return (int64_t)(jiffies(q->vm->sim) - (q->dirty_sleep + HZ)) < 0;
}

static void trace_stat(const struct request_queue *q)
{
	const struct blk_rq_stat *r = &q->wb.stat[0], *w = &q->wb.stat[1];

	trace_wbt_stat(q->vm->sim, wbt_bdi(q), (int64_t)(r->sum / r->nr_samples), (int64_t)r->min,
		       (int64_t)r->max, (int64_t)r->nr_samples, (int64_t)(w->sum / w->nr_samples),
		       (int64_t)w->min, (int64_t)w->max, (int64_t)w->nr_samples);
}

static void trace_lat(const struct request_queue *q, sim_time lat)
{
	trace_wbt_lat(q->vm->sim, wbt_bdi(q), (int64_t)(lat / NS_PER_US));
}

static enum latency_state latency_exceeded(const struct request_queue *q)
{
	const struct rq_wb *rwb = &q->wb;
	const struct blk_rq_stat *reads = &rwb->stat[0], *writes = &rwb->stat[1];
	sim_time waits = rwb->sync_cookie ? sim_now(q->vm->sim) - rwb->sync_issue : 0;

	if (waits > rwb->cur_win || (waits > rwb->min_lat && !reads->nr_samples)) {
		trace_lat(q, waits);
		return LAT_EXCEEDED;
	}
	if (reads->nr_samples < 1 || writes->nr_samples < RWB_MIN_WRITE_SAMPLES) {
		if (writes->nr_samples || wb_recent_wait(q) || wbt_inflight(rwb))
			return LAT_UNKNOWN_WRITES;
		return LAT_UNKNOWN;
	}
	if (reads->min > rwb->min_lat) {
		trace_lat(q, reads->min);
		trace_stat(q);
		return LAT_EXCEEDED;
	}
	if (rwb->rq_depth.scale_step)
		trace_stat(q);
	return LAT_OK;
}

static void rwb_arm_timer(struct request_queue *q)
{
	struct sim *s = q->vm->sim;
	struct rq_wb *rwb = &q->wb;
	int step = rwb->rq_depth.scale_step;

	rwb->cur_win = RWB_WINDOW_NS;
	if (step > 0)
		rwb->cur_win = (RWB_WINDOW_NS << 4) / isqrt_u64((uint64_t)(step + 1) << 8);
	rwb->stat[0] = rwb->stat[1] = (struct blk_rq_stat){ 0 };
	timer_mod(s, &rwb->timer, jiffies(s) + rwb->cur_win / (NS_PER_SEC / HZ));
}

static void wb_timer_fn(struct sim *s, struct timer *timer)
{
	struct request_queue *q = CONTAINER_OF(timer, struct request_queue, wb.timer);
	struct rq_wb *rwb = &q->wb;
	int inflight = wbt_inflight(rwb);
	enum latency_state status = latency_exceeded(q);

	trace_wbt_timer(s, wbt_bdi(q), status, rwb->rq_depth.scale_step, inflight);
	switch (status) {
	case LAT_EXCEEDED:
		scale_down(q, true);
		break;
	case LAT_OK:
	case LAT_UNKNOWN_WRITES:
		scale_up(q);
		break;
	case LAT_UNKNOWN:
		if (++rwb->unknown_cnt < RWB_UNKNOWN_BUMP)
			break;
		if (rwb->rq_depth.scale_step > 0)
			scale_up(q);
		else if (rwb->rq_depth.scale_step < 0)
			scale_down(q, false);
		break;
	}
	if (rwb->rq_depth.scale_step || inflight)
		rwb_arm_timer(q);
}

void wbt_stat_add(struct request_queue *q, const struct request *rq, sim_time now)
{
	if (rq->op == DISK_FLUSH || !timer_pending(&q->wb.timer))
		return;

	struct blk_rq_stat *stat = &q->wb.stat[rq->op == DISK_WRITE];
	sim_time took = now - rq->io_start;

	stat->min = stat->nr_samples ? min_u64(stat->min, took) : took;
	stat->max = max_u64(stat->max, took);
	stat->sum += took;
	stat->nr_samples++;
}

/* --- who may pass --- */

static struct rq_wait *rq_wait_of(struct rq_wb *rwb, unsigned wbt_flags)
{
	return &rwb->rq_wait[wbt_flags & WBT_KSWAPD ? WBT_RWQ_KSWAPD : WBT_RWQ_BG];
}

/* Whether a read was submitted or completed within the last tenth of a second. */
static bool close_io(const struct request_queue *q)
{
	uint64_t now = jiffies(q->vm->sim);

	return (int64_t)(now - (q->wb.last_issue + HZ / 10)) < 0 ||
	       (int64_t)(now - (q->wb.last_comp + HZ / 10)) < 0;
}

/* Whether kswapd has the CPU; if an interrupt asks, whether it is kswapd that was interrupted. */
static bool current_is_kswapd(const struct request_queue *q)
{
	const struct task *t = q->vm->sim->current;

	if (t && task_in_irq(t))
		t = t->cpu->running;
	return t && t->kernel && (((const struct task_struct *)t->kernel)->flags & PF_KSWAPD);
}

static unsigned get_limit(const struct request_queue *q, unsigned flags)
{
	const struct rq_wb *rwb = &q->wb;

	if (!rwb_enabled(rwb))
		return UINT32_MAX;
	if ((flags & (REQ_SYNC | REQ_META | REQ_PRIO)) || wb_recent_wait(q) || current_is_kswapd(q))
		return rwb->rq_depth.max_depth;
	if ((flags & REQ_BACKGROUND) || close_io(q))
		return rwb->wb_background;
	return rwb->wb_normal;
}

static bool rq_wait_inc_below(struct rq_wait *rqw, unsigned limit)
{
	if ((unsigned)rqw->inflight >= limit)
		return false;
	rqw->inflight++;
	return true;
}

struct rq_qos_wait_data {
	struct wait_entry entry;
	struct request_queue *q;
	struct rq_wait *rqw;
	unsigned flags; /* enum bio_flag */
	bool got_token;
};

/* Whoever wakes takes the token for the waiter; nobody passes one that does not get any. */
static int rq_qos_wake(struct sim *s, struct wait_entry *w, void *key)
{
	struct rq_qos_wait_data *data = CONTAINER_OF(w, struct rq_qos_wait_data, entry);

	if (!rq_wait_inc_below(data->rqw, get_limit(data->q, data->flags)))
		return -1;
	data->got_token = true;
	return wake_and_remove(s, w, key);
}

static void rq_qos_wait(struct task *t, struct request_queue *q, struct rq_wait *rqw,
			unsigned flags)
{
	struct rq_qos_wait_data data = { .q = q, .rqw = rqw, .flags = flags };
	bool others = wait_queue_active(&rqw->wait);

	if (!others && rq_wait_inc_below(rqw, get_limit(q, flags)))
		return;
	wait_entry_init(&data.entry, t);
	data.entry.fn = rq_qos_wake;
	wait_prepare(&rqw->wait, &data.entry, WAIT_EXCLUSIVE);

	enum stall_cause outer = stall_enter(t, STALL_WBT);

	t->waits_for = "writeback throttling";
	task_run(t, (sim_time)q->vm->machine->cost.wbt_wait);
	while (!data.got_token) {
		io_schedule(t);
		task_will_block(t);
	}
	t->waits_for = NULL;
	stall_leave(t, outer);
	wait_finish(&data.entry);
}

static bool wbt_should_throttle(const struct bio_part *p)
{
	/* direct I/O and the journal are not held back */
	return p->bio->op == DISK_WRITE &&
	       (p->flags & (REQ_SYNC | REQ_IDLE)) != (REQ_SYNC | REQ_IDLE);
}

unsigned wbt_wait(struct task *t, struct request_queue *q, const struct bio_part *p)
{
	struct rq_wb *rwb = &q->wb;
	unsigned flags;

	if (!rwb_enabled(rwb))
		return 0;
	if (p->bio->op == DISK_READ) {
		rwb->last_issue = jiffies(q->vm->sim);
		return WBT_READ;
	}
	if (!wbt_should_throttle(p))
		return 0;
	flags = WBT_TRACKED | (p->flags & REQ_KSWAPD ? WBT_KSWAPD : 0);
	rq_qos_wait(t, q, rq_wait_of(rwb, flags), p->flags);
	if (!timer_pending(&rwb->timer))
		rwb_arm_timer(q);
	return flags;
}

static void wbt_rqw_done(struct request_queue *q, struct rq_wait *rqw)
{
	struct rq_wb *rwb = &q->wb;
	int inflight = --rqw->inflight, limit;

	SIM_ASSERT(inflight >= 0);
	if (!rwb_enabled(rwb)) {
		rwb_wake_all(q);
		return;
	}
	limit = q->write_cache && !wb_recent_wait(q) ? 0 : (int)rwb->wb_normal;
	if (inflight && inflight >= limit)
		return;
	if (!inflight || limit - inflight >= (int)(rwb->wb_background / 2))
		wake_up_all(q->vm->sim, &rqw->wait);
}

void wbt_cleanup(struct request_queue *q, unsigned flags)
{
	if (flags & WBT_TRACKED)
		wbt_rqw_done(q, rq_wait_of(&q->wb, flags));
}

void wbt_issue(struct request_queue *q, const struct request *rq)
{
	struct rq_wb *rwb = &q->wb;

	if (rwb_enabled(rwb) && (rq->wbt_flags & WBT_READ) && !rwb->sync_cookie) {
		rwb->sync_cookie = rq;
		rwb->sync_issue = rq->io_start;
	}
}

void wbt_done(struct request_queue *q, struct request *rq)
{
	struct rq_wb *rwb = &q->wb;

	if (!(rq->wbt_flags & WBT_TRACKED)) {
		if (rwb->sync_cookie == rq)
			rwb->sync_cookie = NULL;
		if ((rq->wbt_flags & WBT_READ) && rwb_enabled(rwb))
			rwb->last_comp = jiffies(q->vm->sim);
	} else {
		wbt_rqw_done(q, rq_wait_of(rwb, rq->wbt_flags));
	}
	rq->wbt_flags = 0;
}

void wbt_set_min_lat(struct request_queue *q, sim_time target)
{
	struct rq_depth *rqd = &q->wb.rq_depth;

	q->wb.min_lat = target;
	rqd->scale_step = 0;
	rqd->scaled_max = false;
	rq_depth_calc_max_depth(rqd);
	calc_wb_limits(&q->wb);
	rwb_wake_all(q);
}

void wbt_init(struct request_queue *q)
{
	struct rq_wb *rwb = &q->wb;
	uint64_t long_ago = jiffies(q->vm->sim) - 2 * HZ; /* the boot is over */

	for (int i = 0; i < WBT_NUM_RWQ; i++)
		wait_queue_init(&rwb->rq_wait[i].wait);
	timer_init(&rwb->timer, wb_timer_fn);
	rwb->last_issue = rwb->last_comp = q->dirty_sleep = long_ago;
	rwb->rq_depth.default_depth = RWB_DEF_DEPTH;
	rwb->rq_depth.queue_depth =
	    (unsigned)(q->disk->conf.scsi ? q->disk->conf.queue_depth : q->conf.nr_requests);
	wbt_set_min_lat(q, (sim_time)q->conf.wbt_lat_usec * NS_PER_US);
}

void wbt_free(struct request_queue *q)
{
	timer_del(q->vm->sim, &q->wb.timer);
}
