/*
 * writeback_counters.c - the counters of completed pages behind every share of a device
 *
 *	requests.tsv (what completed when)  ->  counters with their per-CPU parts  ->  shares.tsv
 *
 * From a fresh start every reading of the run follows: what completed before it has been counted,
 * and each new period has halved the counters once.  When a period began is known to a tick
 * only, and its timer may be late where the CPU idles: of the completions between two readings it
 * may stand before any.
 */
#include <stdlib.h>
#include <string.h>

#include "models/linux/verify/writeback_rows.h"
#include "models/linux/writeback/flex_proportions.h"

#define INTERRUPT_US 50 /* a completion so near to a reading may be in one of its counters only */

/* A write that ended. */
struct completed {
	int64_t t_us;
	int disk;
	int64_t pages;
	unsigned max_frac; /* of the device at that time, in 1/1024 */
	size_t row;
};

/* Of one CPU. */
struct counters {
	struct fprop_global all;
	struct fprop_local disk[GUEST_MAX_DISKS];
	int nr_disks;
};

struct counting {
	struct wb_rows *r;
	struct completed *done; /* owned; in order of time */
	size_t nr_done, cap_done;
	size_t next; /* not yet counted */
	struct counters now;
};

/* What a row says, or what the counters say. */
struct reading {
	int64_t all, period, one, one_period;
};

/* ---- counters ---- */

static void counters_init(struct counters *c, int nr_disks)
{
	c->nr_disks = nr_disks;
	fprop_global_init(&c->all, 1, wb_events_batch(1));
	for (int i = 0; i < nr_disks; i++)
		fprop_local_init(&c->disk[i], 1, wb_stat_batch(1));
}

static void counters_free(struct counters *c)
{
	percpu_counter_free(&c->all.events);
	for (int i = 0; i < c->nr_disks; i++)
		percpu_counter_free(&c->disk[i].events);
}

static void copy_counter(struct percpu_counter *to, const struct percpu_counter *from)
{
	to->count = from->count;
	to->part[0] = from->part[0];
}

static void counters_copy(struct counters *to, const struct counters *from)
{
	copy_counter(&to->all.events, &from->all.events);
	to->all.period = from->all.period;
	for (int i = 0; i < to->nr_disks; i++) {
		copy_counter(&to->disk[i].events, &from->disk[i].events);
		to->disk[i].period = from->disk[i].period;
	}
}

static void count_completed(struct counters *c, const struct completed *done)
{
	for (int64_t i = 0; i < done->pages; i++)
		fprop_add_max(&c->all, &c->disk[done->disk], 0, done->max_frac, 1);
}

static struct reading read_counters(const struct counters *c, int disk)
{
	return (struct reading){ c->all.events.count, (int64_t)c->all.period,
				 c->disk[disk].events.count, (int64_t)c->disk[disk].period };
}

static struct reading recorded_reading(const struct tsv *t, size_t row)
{
	return (struct reading){ tsv_int(t, row, "E"), tsv_int(t, row, "P"), tsv_int(t, row, "e"),
				 tsv_int(t, row, "p") };
}

static bool readings_agree(const struct reading *a, const struct reading *b)
{
	return a->all == b->all && a->period == b->period && a->one == b->one &&
	       a->one_period == b->one_period;
}

/* ---- what completed ---- */

static int by_time(const void *a, const void *b)
{
	const struct completed *x = a, *y = b;

	if (x->t_us != y->t_us)
		return x->t_us < y->t_us ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static void read_completed(struct counting *n)
{
	const struct tsv *t = &n->r->requests;

	for (size_t i = 0; i < t->nr_rows; i++) {
		struct completed done = { .t_us = tsv_int(t, i, "complete_us"), .row = i };
		int64_t sectors = tsv_int(t, i, "sectors");

		done.disk = wb_row_disk(n->r, tsv_text(t, i, "dev"));
		if (tsv_text(t, i, "rwbs")[0] != 'W' || done.t_us == TSV_NONE || done.disk < 0 ||
		    sectors < 0)
			continue;
		done.pages = sectors / (int64_t)PAGE_SECTORS;
		done.max_frac =
		    (unsigned)((int64_t)FPROP_FRAC_BASE *
			       wb_row_bdi_setting(n->r, done.disk, "max_ratio", done.t_us, 100) /
			       100);
		sim_grow((void **)&n->done, &n->cap_done, n->nr_done + 1, sizeof(*n->done));
		n->done[n->nr_done++] = done;
	}
	if (n->nr_done)
		qsort(n->done, n->nr_done, sizeof(*n->done), by_time);
}

/* ---- from reading to reading ---- */

/* Counts what ended up to a reading; periods new ones begin before completion number `at`. */
static void count_up_to(const struct counting *n, size_t end, size_t at, uint64_t periods,
			struct counters *c)
{
	for (size_t i = n->next; i <= end; i++) {
		if (i == at && periods)
			fprop_new_period(&c->all, 0, periods);
		if (i < end)
			count_completed(c, &n->done[i]);
	}
}

/* The counters at a reading: of the places for a new period the first that gives what was read. */
static void advance(struct counting *n, size_t end, int disk, const struct reading *recorded)
{
	uint64_t periods = (uint64_t)max_s64(recorded->period - (int64_t)n->now.all.period, 0);
	struct counters c;

	counters_init(&c, n->now.nr_disks);
	for (size_t at = periods ? n->next : end; at <= end; at++) {
		struct reading got;

		counters_copy(&c, &n->now);
		count_up_to(n, end, at, periods, &c);
		got = read_counters(&c, disk);
		if (readings_agree(&got, recorded))
			break;
	}
	counters_copy(&n->now, &c);
	counters_free(&c);
	n->next = end;
}

/* Whether each counter is what it was before or after the completions that are near. */
static bool interrupted(const struct counting *n, int64_t t_us, int disk,
			const struct reading *before, const struct reading *recorded)
{
	struct reading after;
	struct counters c;

	counters_init(&c, n->now.nr_disks);
	counters_copy(&c, &n->now);
	for (size_t i = n->next; i < n->nr_done && n->done[i].t_us < t_us + INTERRUPT_US; i++)
		count_completed(&c, &n->done[i]);
	after = read_counters(&c, disk);
	counters_free(&c);
	return (recorded->all == before->all || recorded->all == after.all) &&
	       (recorded->one == before->one || recorded->one == after.one) &&
	       recorded->period == before->period &&
	       (recorded->one_period == before->one_period ||
		recorded->one_period == after.one_period);
}

static void check_reading(struct counting *n, size_t row, int disk)
{
	struct wb_rows *r = n->r;
	const struct tsv *t = &r->shares;
	struct reading recorded = recorded_reading(t, row), got;
	int64_t t_us = tsv_int(t, row, "t_us");
	size_t end = n->next;

	while (end < n->nr_done && n->done[end].t_us <= t_us)
		end++;
	advance(n, end, disk, &recorded);
	got = read_counters(&n->now, disk);
	if (!readings_agree(&got, &recorded) && interrupted(n, t_us, disk, &got, &recorded)) {
		fprop_fraction(&n->now.all, &n->now.disk[disk], 0);
		return;
	}
	wb_row_value(r, Q_COUNTERS, t, row, "E", got.all, recorded.all);
	wb_row_value(r, Q_COUNTERS, t, row, "e", got.one, recorded.one);
	wb_row_value(r, Q_COUNTERS, t, row, "p", got.one_period, recorded.one_period);
	/* who read them has brought those of the device up to date, too */
	r->share[row] = fprop_fraction(&n->now.all, &n->now.disk[disk], 0);
}

/* Fresh devices have counted nothing. */
static bool begins_fresh(const struct wb_rows *r)
{
	struct reading first =
	    r->shares.nr_rows ? recorded_reading(&r->shares, 0) : (struct reading){ 0 };

	return first.all == 1 && first.period == 0 && first.one == 0 && first.one_period == 0;
}

void wb_counters_compare(struct wb_rows *r)
{
	struct counting n = { .r = r };

	r->share = sim_calloc(r->shares.nr_rows + 1, sizeof(*r->share));
	/* the part of the counters that each CPU keeps is known where there is one */
	if (r->w->node.cpus != 1 || !begins_fresh(r))
		return;
	read_completed(&n);
	counters_init(&n.now, r->w->nr_disks);
	for (size_t i = 0; i < r->shares.nr_rows; i++) {
		int disk = wb_row_disk(r, tsv_text(&r->shares, i, "bdi"));

		/* behind the end nobody reads them for many periods */
		if (tsv_int(&r->shares, i, "t_us") > r->w->duration_ms * 1000)
			break;
		if (disk >= 0)
			check_reading(&n, i, disk);
	}
	counters_free(&n.now);
	sim_free(n.done);
}
