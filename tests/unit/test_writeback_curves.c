/*
 * test_writeback_curves.c - writers, flushers and disks of round figures, throttled
 *
 *	writers (262144 pages/s when awake) -> dirty -> requests of 320 pages, in their order
 *
 * Nothing of the machine is in it but the rules: memory does not change, a writer costs no CPU, a
 * disk writes at a constant rate.  The curves of eight such worlds are known (worked out by
 * another program from the description of Linux 6.1): ours are within 2 %.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "models/linux/task.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"

#define TICK_NS       (NS_PER_SEC / HZ)
#define FIRST_JIFFY   1000
#define PAGES_PER_S   262144
#define BURST         256
#define REQUEST_PAGES 320
#define PERIOD        (3 * HZ)
#define NEVER         UINT64_MAX
#define MAX_QUEUE     24
#define MAX_WRITERS   8
#define MAX_DISKS     2

struct disk_model {
	uint64_t rate; /* pages/s */
	int depth, queued;
	uint64_t request[MAX_QUEUE]; /* pages; first is being written */
	uint64_t done_at;
	uint64_t dirty, writeback, dirtied, written; /* pages */
	struct fprop_local completions;
	struct write_bandwidth bw;
	struct dirty_rates rates;
	uint64_t stamp, dirtied_stamp, written_stamp;
	bool exceeded;
};

struct writer_model {
	struct task_struct ts;
	struct disk_model *disk;
	uint64_t at; /* it has made its next pages dirty, or wakes, at this time */
	int64_t burst;
	bool asleep, again; /* again: it slept because nothing may be written */
	int64_t pages;
};

/* A call of balance_dirty_pages above freerun, for the table of first calls. */
struct seen_call {
	uint64_t tick_ms; /* when the tick began in which it was made */
	uint64_t dirty, task_rl;
	int64_t pages, period, think;
	int64_t slept;            /* ticks; -1: not */
	int64_t nr_dirtied_pause; /* afterwards */
};

static struct world {
	uint64_t now;
	uint64_t thresh, bg, dirty_limit, limit_stamp;
	struct fprop_global completions;
	uint64_t period_time, period_tick;
	struct disk_model disk[MAX_DISKS];
	struct writer_model writer[MAX_WRITERS];
	int nr_disks, nr_writers;
	uint64_t background_at; /* writeback began, ns */
	struct seen_call call[16];
	int nr_calls;
} w;

static uint64_t tick(void)
{
	return FIRST_JIFFY + w.now / TICK_NS;
}

static uint64_t all_dirty(void)
{
	uint64_t n = 0;

	for (int i = 0; i < w.nr_disks; i++)
		n += w.disk[i].dirty;
	return n;
}

static uint64_t all_pages(void)
{
	uint64_t n = all_dirty();

	for (int i = 0; i < w.nr_disks; i++)
		n += w.disk[i].writeback;
	return n;
}

static uint64_t share(struct disk_model *d, uint64_t thresh)
{
	return wb_thresh_from(thresh, 0, fprop_fraction(&w.completions, &d->completions, 0), 0,
			      100);
}

/* ---- disks ---- */

static void serve(struct disk_model *d)
{
	d->done_at = d->queued ? w.now + d->request[0] * NS_PER_SEC / d->rate : NEVER;
}

static void flush(struct disk_model *d)
{
	while (d->queued < d->depth && d->dirty && all_dirty() > w.bg) {
		uint64_t n = min_u64(d->dirty, REQUEST_PAGES);

		if (!w.background_at)
			w.background_at = w.now;
		d->dirty -= n;
		d->writeback += n;
		d->request[d->queued++] = n;
		if (d->queued == 1)
			serve(d);
	}
}

static void complete(struct disk_model *d)
{
	uint64_t n = d->request[0];
	int level;

	for (int i = 1; i < d->queued; i++)
		d->request[i - 1] = d->request[i];
	d->queued--;
	d->writeback -= n;
	d->written += n;
	for (uint64_t i = 0; i < n; i++)
		fprop_add_max(&w.completions, &d->completions, 0, FPROP_FRAC_BASE, 1);
	if (!w.period_time) {
		w.period_time = tick() + PERIOD;
		w.period_tick = timer_wheel_expiry(tick(), w.period_time, &level);
	}
	serve(d);
}

static void new_period(void)
{
	uint64_t missed = (w.period_tick - w.period_time) / PERIOD;
	int level;

	fprop_new_period(&w.completions, 0, missed + 1);
	w.period_time += (missed + 1) * PERIOD;
	w.period_tick = timer_wheel_expiry(w.period_tick, w.period_time, &level);
}

/* ---- writers ---- */

static void next_burst(struct writer_model *wr)
{
	int64_t limit = wr->ts.nr_dirtied_pause;

	if (wr->disk->exceeded)
		limit = min_s64(limit, 8);
	wr->burst = min_s64(max_s64(limit - wr->ts.nr_dirtied, 1), BURST);
	wr->asleep = false;
	wr->at = w.now + (uint64_t)wr->burst * NS_PER_SEC / PAGES_PER_S;
}

static void update(struct disk_model *d, struct dirty_position *p, uint64_t pos)
{
	uint64_t now = tick(), elapsed = max_u64(now - d->stamp, 1);

	if (dirty_limit_is_due(now, w.limit_stamp)) {
		w.dirty_limit = dirty_limit_step(w.dirty_limit, p->thresh, p->dirty);
		w.limit_stamp = now;
	}
	p->dirty_limit = w.dirty_limit;
	d->rates =
	    wb_next_dirty_ratelimit(d->rates, p, pos, d->dirtied - d->dirtied_stamp, elapsed);
	d->bw = wb_next_write_bandwidth(d->bw, elapsed, d->written - d->written_stamp);
	d->dirtied_stamp = d->dirtied;
	d->written_stamp = d->written;
	d->stamp = now;
}

static void note_call(const struct writer_model *wr, uint64_t dirty, uint64_t task_rl,
		      const struct dirty_pause *pause, int64_t think)
{
	struct seen_call *c = &w.call[w.nr_calls];

	if (w.nr_calls == (int)ARRAY_LEN(w.call))
		return;
	w.nr_calls++;
	*c = (struct seen_call){ w.now / TICK_NS * TICK_NS / NS_PER_MS,
				 dirty,
				 task_rl,
				 wr->pages,
				 pause->period,
				 think,
				 pause->sleep ? pause->pause : -1,
				 wr->ts.nr_dirtied_pause };
}

/* One pass of balance_dirty_pages. */
static void balance(struct writer_model *wr)
{
	struct disk_model *d = wr->disk;
	struct dirty_position p = { .thresh = w.thresh,
				    .bg_thresh = w.bg,
				    .dirty = all_pages(),
				    .dirty_limit = w.dirty_limit,
				    .wb_dirty = d->dirty + d->writeback,
				    .avg_write_bandwidth = d->bw.avg_write_bandwidth };
	struct task_struct *ts = &wr->ts;
	struct dirty_pause pause;
	uint64_t pos, task_rl;
	int64_t max_pause, min_pause, next, think;

	wr->again = false;
	if (p.dirty <= dirty_freerun_ceiling(w.thresh, w.bg)) {
		dirty_free_run(ts, tick(), p.dirty, w.thresh);
		return;
	}
	p.wb_thresh = share(d, w.thresh);
	p.wb_bg_thresh = wb_bg_thresh_from(p.wb_thresh, w.bg, w.thresh);
	d->exceeded = p.wb_dirty > p.wb_thresh && p.dirty > w.thresh;
	pos = wb_position_ratio(&p);
	if ((int64_t)(tick() - d->stamp) > BANDWIDTH_INTERVAL)
		update(d, &p, pos);
	task_rl = d->rates.dirty_ratelimit * pos >> RATELIMIT_CALC_SHIFT;
	max_pause = wb_max_pause(d->bw.avg_write_bandwidth, p.wb_dirty);
	min_pause = wb_min_pause(d->bw.avg_write_bandwidth, d->rates.dirty_ratelimit, max_pause,
				 task_rl, d->rates.dirty_ratelimit, &next);
	think = ts->dirty_paused_when ? (int64_t)(tick() - ts->dirty_paused_when) : 0;
	pause = dirty_pause_from(tick(), ts->dirty_paused_when, wr->pages, task_rl, min_pause,
				 max_pause);
	if (pause.sleep) {
		wr->asleep = true;
		wr->again = task_rl == 0;
		wr->at = (tick() + (uint64_t)pause.pause + 1 - FIRST_JIFFY) * TICK_NS;
		dirty_pause_taken(ts, &pause, next);
	} else {
		dirty_pause_skipped(ts, &pause, wr->pages);
	}
	note_call(wr, p.dirty, task_rl, &pause, think);
}

static void step_writer(struct writer_model *wr)
{
	struct disk_model *d = wr->disk;
	int64_t limit = wr->ts.nr_dirtied_pause;

	if (wr->asleep) {
		wr->asleep = false;
		if (wr->again)
			balance(wr);
		if (!wr->asleep)
			next_burst(wr);
		return;
	}
	d->dirty += (uint64_t)wr->burst;
	d->dirtied += (uint64_t)wr->burst;
	wr->ts.nr_dirtied += (int)wr->burst;
	if (d->exceeded)
		limit = min_s64(limit, 8);
	if (wr->ts.nr_dirtied >= limit) {
		wr->pages = wr->ts.nr_dirtied;
		balance(wr);
	}
	if (!wr->asleep)
		next_burst(wr);
}

/* ---- worlds ---- */

static void begin(uint64_t thresh, uint64_t bg)
{
	w = (struct world){
		.thresh = thresh, .bg = bg, .dirty_limit = thresh, .limit_stamp = FIRST_JIFFY
	};
	fprop_global_init(&w.completions, 1, 1);
}

static struct disk_model *add_disk(uint64_t rate, int depth)
{
	struct disk_model *d = &w.disk[w.nr_disks++];

	*d = (struct disk_model){ .rate = rate,
				  .depth = depth,
				  .done_at = NEVER,
				  .bw = { INIT_BW, INIT_BW },
				  .rates = { .dirty_ratelimit = INIT_BW,
					     .balanced_dirty_ratelimit = INIT_BW },
				  .stamp = FIRST_JIFFY };
	fprop_local_init(&d->completions, 1, 1);
	return d;
}

static void add_writers(struct disk_model *d, int n)
{
	for (int i = 0; i < n; i++) {
		struct writer_model *wr = &w.writer[w.nr_writers++];

		*wr = (struct writer_model){ .disk = d, .ts.nr_dirtied_pause = DIRTY_POLL_THRESH };
		next_burst(wr);
	}
}

static void end(void)
{
	percpu_counter_free(&w.completions.events);
	for (int i = 0; i < w.nr_disks; i++)
		percpu_counter_free(&w.disk[i].completions.events);
}

static void run_until(uint64_t end_ns)
{
	for (;;) {
		uint64_t at = w.period_time ? (w.period_tick - FIRST_JIFFY) * TICK_NS : NEVER;
		struct writer_model *wr = NULL;
		struct disk_model *d = NULL;

		for (int i = 0; i < w.nr_disks; i++)
			if (w.disk[i].done_at < at) {
				d = &w.disk[i];
				at = d->done_at;
			}
		for (int i = 0; i < w.nr_writers; i++)
			if (w.writer[i].at < at) {
				wr = &w.writer[i];
				at = wr->at;
			}
		if (at > end_ns)
			break;
		w.now = at;
		if (wr)
			step_writer(wr);
		else if (d)
			complete(d);
		else
			new_period();
		for (int i = 0; i < w.nr_disks; i++)
			flush(&w.disk[i]);
	}
	w.now = end_ns;
}

struct point {
	uint64_t ms, pages;
};

static void assert_near(uint64_t got, uint64_t want, uint64_t ms)
{
	uint64_t d = got > want ? got - want : want - got;

	if (d * 50 > want)
		print_error("at %d ms: %d, expected %d\n", (int)ms, (int)got, (int)want);
	assert_true(d * 50 <= want);
}

static void follow(const struct point *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		run_until(p[i].ms * NS_PER_MS);
		assert_near(all_pages(), p[i].pages, p[i].ms);
	}
}
#define FOLLOW(points) follow(points, ARRAY_LEN(points))

/* 4 GiB: 950001 dirtyable pages, dirty_ratio 20, dirty_background_ratio 10 */
#define THRESH 189953
#define BG     94860

static void one_writer_is_held_above_the_setpoint(void **state)
{
	static const struct point dirty[] = {
		{ 1000, 153896 }, { 2000, 169896 }, { 20000, 169896 }, { 60000, 169896 }
	};

	(void)state;
	begin(THRESH, BG);
	add_writers(add_disk(25600, 24), 1);
	FOLLOW(dirty);
	assert_in_range(w.background_at, 361 * NS_PER_MS, 363 * NS_PER_MS);
	assert_int_equal(w.disk[0].rates.dirty_ratelimit, 25600);
	end();
}

static void the_first_calls_above_the_ceiling_follow_the_table(void **state)
{
	static const struct seen_call row[] = {
		{ 560, 142432, 56950, 128, 0, 0, -1, 256 },
		{ 560, 142560, 56500, 256, 1, 0, -1, 256 },
		{ 560, 142496, 56775, 256, 1, -1, 2, 200 },
		{ 572, 142696, 55975, 200, 0, 1, -1, 400 },
		{ 572, 142896, 55150, 400, 1, 1, -1, 400 },
		{ 572, 142976, 54925, 400, 1, 0, -1, 400 },
		{ 576, 143376, 53500, 400, 1, 0, -1, 400 },
		{ 576, 143776, 52050, 400, 1, -1, 2, 200 },
	};

	(void)state;
	begin(THRESH, BG);
	add_writers(add_disk(25600, 24), 1);
	run_until(600 * NS_PER_MS);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct seen_call *c = &w.call[i];

		assert_int_equal(c->tick_ms, row[i].tick_ms);
		assert_int_equal(c->dirty, row[i].dirty);
		assert_int_equal(c->task_rl, row[i].task_rl);
		assert_int_equal(c->pages, row[i].pages);
		assert_int_equal(c->period, row[i].period);
		assert_int_equal(c->think, row[i].think);
		assert_int_equal(c->slept, row[i].slept);
		assert_int_equal(c->nr_dirtied_pause, row[i].nr_dirtied_pause);
	}
	end();
}

static void two_writers_share_a_disk(void **state)
{
	static const struct point dirty[] = { { 1000, 178760 },  { 2000, 184604 },
					      { 3000, 183412 },  { 5000, 180878 },
					      { 10000, 178640 }, { 20000, 170198 },
					      { 60000, 170518 } };

	(void)state;
	begin(THRESH, BG);
	add_writers(add_disk(25600, 24), 2);
	FOLLOW(dirty);
	/* each ends at half the bandwidth */
	assert_near(w.disk[0].rates.dirty_ratelimit, 12479, 60000);
	end();
}

static void on_a_slower_disk_the_estimate_comes_down_slowly(void **state)
{
	static const struct point dirty[] = { { 1000, 163392 },  { 2000, 183906 },
					      { 3000, 187168 },  { 5000, 187040 },
					      { 10000, 184676 }, { 20000, 178408 },
					      { 30000, 169974 }, { 60000, 167790 } };

	(void)state;
	begin(THRESH, BG);
	add_writers(add_disk(6400, 4), 1);
	FOLLOW(dirty);
	assert_near(w.disk[0].bw.avg_write_bandwidth, 6382, 60000);
	end();
}

static void of_two_disks_the_slow_one_holds_more_than_its_share_for_long(void **state)
{
	static const struct {
		struct point all;
		uint64_t slow, share_fast, share_slow;
	} row[] = {
		{ { 1000, 169230 }, 76158, 173892, 16051 },
		{ { 10000, 181064 }, 86121, 172970, 16982 },
		{ { 20000, 180302 }, 73959, 0, 0 },
		{ { 30000, 178649 }, 55367, 0, 0 },
		{ { 60000, 171749 }, 18087, 172853, 17098 },
		{ { 120000, 170901 }, 16071, 0, 0 },
	};

	(void)state;
	begin(THRESH, BG);
	add_writers(add_disk(25600, 24), 1);
	add_writers(add_disk(2560, 24), 1);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		follow(&row[i].all, 1);
		assert_near(w.disk[1].dirty + w.disk[1].writeback, row[i].slow, row[i].all.ms);
		if (!row[i].share_slow)
			continue;
		assert_near(share(&w.disk[0], THRESH), row[i].share_fast, row[i].all.ms);
		/* the slow disk completes a request in 125 ms: its share goes up and down by one */
		assert_in_range(share(&w.disk[1], THRESH), row[i].share_slow * 97 / 100,
				row[i].share_slow * 103 / 100);
	}
	end();
}

static void eight_writers_share_a_disk(void **state)
{
	static const struct point dirty[] = { { 1000, 187208 },  { 2000, 186520 },
					      { 5000, 183632 },  { 10000, 178216 },
					      { 30000, 175200 }, { 60000, 170104 } };

	(void)state;
	begin(THRESH, BG);
	add_writers(add_disk(25600, 24), 8);
	FOLLOW(dirty);
	assert_near(w.disk[0].rates.dirty_ratelimit, 3235, 60000);
	end();
}

static void limits_in_bytes_hold_as_ratios_do(void **state)
{
	static const struct point dirty[] = { { 1000, 46376 }, { 10000, 46376 }, { 60000, 46376 } };

	(void)state;
	begin(51200, 25600);
	add_writers(add_disk(25600, 24), 1);
	FOLLOW(dirty);
	assert_int_equal(w.call[0].tick_ms, 148);
	assert_int_equal(wb_max_pause(INIT_BW, w.call[0].dirty), 48);
	end();
}

static void a_fast_disk_keeps_its_writer_at_the_ceiling_until_it_is_known(void **state)
{
	static const struct point dirty[] = { { 1000, 141776 },
					      { 3000, 142504 },
					      { 5000, 140712 },
					      { 10000, 144297 },
					      { 20000, 171778 } };

	(void)state;
	begin(THRESH, BG);
	add_writers(add_disk(128000, 24), 1);
	FOLLOW(dirty);
	assert_near(w.disk[0].bw.avg_write_bandwidth, 126511, 20000);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_writer_is_held_above_the_setpoint),
		cmocka_unit_test(the_first_calls_above_the_ceiling_follow_the_table),
		cmocka_unit_test(two_writers_share_a_disk),
		cmocka_unit_test(on_a_slower_disk_the_estimate_comes_down_slowly),
		cmocka_unit_test(of_two_disks_the_slow_one_holds_more_than_its_share_for_long),
		cmocka_unit_test(eight_writers_share_a_disk),
		cmocka_unit_test(limits_in_bytes_hold_as_ratios_do),
		cmocka_unit_test(a_fast_disk_keeps_its_writer_at_the_ceiling_until_it_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
