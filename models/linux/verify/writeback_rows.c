/*
 * writeback_rows.c - every recorded decision of dirty throttling, computed from its inputs
 *
 *	limits.tsv     free pages, file pages            -> dirtyable memory, both thresholds
 *	shares.tsv     completions of a device and of all -> the device's part of the threshold;
 *	                                                    counts: writeback_counters.c
 *	passes.tsv     position of the dirty pages       -> rate, pause, when to look again
 *	bandwidth.tsv  pages dirtied, pages written      -> rates: writeback_rates.c
 *
 * The functions are those that a run calls.  What a decision leaves behind is
 * compared with what the next row began with.
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/verify/writeback_rows.h"

#define TICK_MS   (1000 / HZ)
#define MAX_PAGES INT64_C(0xffffffff) /* 16 TiB */

static const char *const quantity_names[NR_QUANTITIES] = {
	[Q_LIMITS] = "limits",       [Q_SHARES] = "shares",         [Q_RATES] = "rates",
	[Q_PAUSES] = "pauses",       [Q_PACE] = "next looks",       [Q_BANDWIDTH] = "bandwidth",
	[Q_RATELIMIT] = "ratelimit", [Q_TRACKED] = "tracked limit", [Q_RESTART] = "restarts",
	[Q_CHUNK] = "chunks",        [Q_COUNTERS] = "counters",
};

/* Counts one value. */
void wb_row_value(struct wb_rows *r, enum wb_quantity q, const struct tsv *t, size_t row,
		  const char *what, int64_t computed, int64_t recorded)
{
	bool equal = computed == recorded;

	if (!equal && verify_known_take(&r->known, t->path, what))
		return;
	if (equal || r->q[q].first)
		verify_count(&r->q[q], equal, " ");
	else
		verify_count(&r->q[q], false, "%s row %zu %s: %" PRId64 ", recorded %" PRId64,
			     t->path, row + 1, what, computed, recorded);
}

uint64_t wb_row_u64(const struct tsv *t, size_t row, const char *column)
{
	return (uint64_t)tsv_int(t, row, column);
}

int wb_row_disk(const struct wb_rows *r, const char *bdi)
{
	for (int i = 0; i < r->w->nr_disks; i++)
		if (strcmp(r->w->bdi[i], bdi) == 0)
			return i;
	return -1;
}

/* ---- limits ---- */

static void read_sysctl(struct wb_rows *r)
{
	const struct yaml_node *map = yaml_get(r->w->c->yaml, "sysctl");
	struct sysctl_vm *s = &r->vm->sysctl;

	verify_number(yaml_get(map, "vm.dirty_ratio"), &s->dirty_ratio);
	verify_number(yaml_get(map, "vm.dirty_bytes"), &s->dirty_bytes);
	verify_number(yaml_get(map, "vm.dirty_background_ratio"), &s->dirty_background_ratio);
	verify_number(yaml_get(map, "vm.dirty_background_bytes"), &s->dirty_background_bytes);
}

/* Of a pair, ratio and bytes, the one that is written is in force. */
static void set_pair(int64_t *written, int64_t *other, int64_t v)
{
	*written = v;
	*other = 0;
}

/* When a step begins that waits for nothing but the "at" before it, microseconds. */
static int64_t step_begins(const struct wb_rows *r, const struct guest_step *step)
{
	int64_t at = 0;

	for (int i = 0; i < step->line; i++)
		if (strcmp(r->w->step[i].process, step->process) == 0 &&
		    strcmp(r->w->step[i].op, "at") == 0)
			verify_parse(r->w->step[i].args, &at);
	return at * 1000;
}

/* The settings that programs have changed by a time. */
static void apply_sets(struct wb_rows *r, int64_t t_us)
{
	struct sysctl_vm *s = &r->vm->sysctl;

	for (; r->next_set < r->w->nr_steps; r->next_set++) {
		const struct guest_step *step = &r->w->step[r->next_set];
		char *path, *text;
		int64_t v = 0;

		if (strcmp(step->op, "set") != 0)
			continue;
		if (t_us < step_begins(r, step))
			return;
		path = guest_step_value(step, "path");
		text = guest_step_value(step, "value");
		if (path && text && verify_parse(text, &v)) {
			if (strstr(path, "/dirty_ratio"))
				set_pair(&s->dirty_ratio, &s->dirty_bytes, v);
			else if (strstr(path, "/dirty_bytes"))
				set_pair(&s->dirty_bytes, &s->dirty_ratio, v);
			else if (strstr(path, "/dirty_background_ratio"))
				set_pair(&s->dirty_background_ratio, &s->dirty_background_bytes, v);
			else if (strstr(path, "/dirty_background_bytes"))
				set_pair(&s->dirty_background_bytes, &s->dirty_background_ratio, v);
		}
		sim_free(path);
		sim_free(text);
	}
}

bool wb_row_writes_settings(const struct wb_rows *r, const char *task)
{
	for (int i = 0; i < r->w->nr_steps; i++)
		if (strcmp(r->w->step[i].op, "set") == 0 &&
		    strcmp(r->w->step[i].process, task) == 0)
			return true;
	return false;
}

static void check_limits(struct wb_rows *r)
{
	const struct tsv *t = &r->limits;

	for (size_t i = 0; i < t->nr_rows; i++) {
		uint64_t avail = dirtyable_memory_from(wb_row_u64(t, i, "free"),
						       wb_row_u64(t, i, "inactive_file") +
							   wb_row_u64(t, i, "active_file"),
						       (uint64_t)r->w->totalreserve);
		uint64_t background, thresh;

		apply_sets(r, tsv_int(t, i, "t_us"));
		/* the limits between two writes of one program */
		if (wb_row_writes_settings(r, tsv_text(t, i, "task")))
			continue;
		dirty_limits_from(r->vm, avail, false, wb_row_u64(t, i, "dirty_limit"), &background,
				  &thresh);
		wb_row_value(r, Q_LIMITS, t, i, "avail", (int64_t)avail, tsv_int(t, i, "avail"));
		wb_row_value(r, Q_LIMITS, t, i, "thresh", (int64_t)thresh, tsv_int(t, i, "thresh"));
		wb_row_value(r, Q_LIMITS, t, i, "bg_thresh", (int64_t)background,
			     tsv_int(t, i, "bg_thresh"));
	}
}

/* ---- shares ---- */

/* min_ratio or max_ratio of a device at a time: from its settings, or as a program has set it. */
int64_t wb_row_bdi_setting(const struct wb_rows *r, int disk, const char *name, int64_t t_us,
			   int64_t def)
{
	const struct yaml_node *settings = disk < 0 ? NULL : r->w->settings[disk];
	char *key = str_format("bdi/%s", name);
	int64_t v = def;

	if (settings)
		verify_number(yaml_get(settings, key), &v);
	sim_free(key);
	for (int i = 0; disk >= 0 && i < r->w->nr_steps; i++) {
		const struct guest_step *step = &r->w->step[i];
		char *path, *text;

		if (strcmp(step->op, "set") != 0 || step_begins(r, step) > t_us)
			continue;
		path = guest_step_value(step, "path");
		text = guest_step_value(step, "value");
		if (path && text && strstr(path, r->w->bdi[disk]) && strstr(path, name))
			verify_parse(text, &v);
		sim_free(path);
		sim_free(text);
	}
	return v;
}

/* Whether a request of any device ended between two moments: counters moved meanwhile. */
static bool completed_between(const struct wb_rows *r, int64_t from, int64_t to)
{
	const struct tsv *t = &r->requests;

	for (size_t i = 0; i < t->nr_rows; i++) {
		int64_t at = tsv_int(t, i, "complete_us");

		if (at >= from && at <= to)
			return true;
	}
	return false;
}

/* The reading of the counters that belongs to a pass: the last one before its event; -1: none. */
static int64_t share_of(const struct wb_rows *r, size_t *at, size_t pass)
{
	const struct tsv *t = &r->shares;
	const char *task = tsv_text(&r->passes, pass, "task");
	int64_t t_us = tsv_int(&r->passes, pass, "t_us"), found = -1;
	int64_t end = tsv_int(&r->passes, pass, "t_event_us");

	while (*at < t->nr_rows && tsv_int(t, *at, "t_us") < t_us)
		(*at)++;
	for (size_t i = *at; i < t->nr_rows && tsv_int(t, i, "t_us") <= end; i++)
		if (strcmp(tsv_text(t, i, "task"), task) == 0)
			found = (int64_t)i;
	return found;
}

/* wb_thresh of a pass, with the share that a device has. */
static uint64_t share_of_thresh(const struct wb_rows *r, size_t pass, int64_t t_us,
				struct fprop_fraction share)
{
	int disk = wb_row_disk(r, tsv_text(&r->passes, pass, "bdi"));
	int64_t sum = 0;

	for (int i = 0; i < r->w->nr_disks; i++)
		sum += wb_row_bdi_setting(r, i, "min_ratio", t_us, 0);
	return wb_thresh_from(wb_row_u64(&r->passes, pass, "thresh"), (uint64_t)sum, share,
			      (uint64_t)wb_row_bdi_setting(r, disk, "min_ratio", t_us, 0),
			      (uint64_t)wb_row_bdi_setting(r, disk, "max_ratio", t_us, 100));
}

/*
 * Aged, the counter of a device is read with what its CPU had not yet folded in.  That is no
 * column: where it has not been counted along, any of up to a batch will do.
 */
static uint64_t share_with_part(const struct wb_rows *r, size_t pass, size_t row)
{
	const struct tsv *s = &r->shares;
	int64_t recorded = tsv_int(&r->passes, pass, "wb_thresh"), t_us = tsv_int(s, row, "t_us");
	int64_t missed = tsv_int(s, row, "P") - tsv_int(s, row, "p");
	int64_t events = missed < 64 ? tsv_int(s, row, "e") >> missed : 0;
	int64_t most = missed ? wb_stat_batch((int)r->w->node.cpus) - 1 : 0;
	uint64_t thresh = 0;

	for (int64_t part = -most; part <= most; part++) {
		thresh = share_of_thresh(r, pass, t_us,
					 fprop_fraction_from(events + part, tsv_int(s, row, "E")));
		if ((int64_t)thresh == recorded)
			break;
	}
	return thresh;
}

static void check_share(struct wb_rows *r, size_t pass, size_t row)
{
	int64_t t_us = tsv_int(&r->shares, row, "t_us");
	int64_t recorded = tsv_int(&r->passes, pass, "wb_thresh");
	uint64_t thresh = r->share[row].den ? share_of_thresh(r, pass, t_us, r->share[row])
					    : share_with_part(r, pass, row);

	/* an interrupt between this reading and the kernel's own is left open; known ones are said
	 */
	if ((int64_t)thresh != recorded && completed_between(r, t_us - 50, t_us + 50)) {
		verify_known_take(&r->known, r->passes.path, "wb_thresh");
		return;
	}
	wb_row_value(r, Q_SHARES, &r->passes, pass, "wb_thresh", (int64_t)thresh, recorded);
}

/* ---- passes ---- */

static struct wb_row_task *task_of(struct wb_rows *r, const char *name)
{
	for (int i = 0; i < r->nr_tasks; i++)
		if (strcmp(r->task[i].name, name) == 0)
			return &r->task[i];
	if (r->nr_tasks == WB_MAX_TASKS)
		return NULL;
	/* as a task begins */
	r->task[r->nr_tasks] = (struct wb_row_task){ .name = name,
						     .known = true,
						     .ts.nr_dirtied_pause = DIRTY_POLL_THRESH };
	return &r->task[r->nr_tasks++];
}

/* Pages, or pages in a second: the formulas multiply them, and are for what a machine can have. */
static uint64_t pages_in(struct wb_rows *r, const struct tsv *t, size_t row, const char *column)
{
	int64_t v = tsv_int(t, row, column);

	if (v >= 0 && v <= MAX_PAGES)
		return (uint64_t)v;
	verify_error(r->w->c, "%s row %zu: %s is \"%.40s\"; accepted: 0 to %" PRId64, t->path,
		     row + 1, column, tsv_text(t, row, column), MAX_PAGES);
	return 0;
}

struct dirty_position wb_row_position(struct wb_rows *r, const struct tsv *t, size_t i,
				      const char *limit)
{
	return (struct dirty_position){
		.thresh = pages_in(r, t, i, "thresh"),
		.bg_thresh = pages_in(r, t, i, "bg_thresh"),
		.dirty = pages_in(r, t, i, "dirty"),
		.dirty_limit = pages_in(r, t, i, limit),
		.wb_thresh = pages_in(r, t, i, "wb_thresh"),
		.wb_bg_thresh = pages_in(r, t, i, "wb_bg_thresh"),
		.wb_dirty = pages_in(r, t, i, "wb_dirty"),
		.avg_write_bandwidth = pages_in(r, t, i, "avg_write_bw"),
	};
}

/* The bandwidth that pauses are computed with: an update in this pass counts already. */
static uint64_t bandwidth_in_pass(const struct wb_rows *r, size_t pass, size_t *at)
{
	const struct tsv *p = &r->passes, *b = &r->bandwidth;
	int64_t from = tsv_int(p, pass, "t_us"), to = tsv_int(p, pass, "t_event_us");

	while (*at < b->nr_rows && tsv_int(b, *at, "t_us") < from)
		(*at)++;
	for (size_t i = *at; i < b->nr_rows && tsv_int(b, i, "t_us") <= to; i++)
		if (strcmp(tsv_text(b, i, "task"), tsv_text(p, pass, "task")) == 0)
			return wb_row_bandwidth_after(b, i).avg_write_bandwidth;
	return wb_row_u64(p, pass, "avg_write_bw");
}

static void check_events(struct wb_rows *r, size_t i, const struct dirty_position *p)
{
	const struct tsv *t = &r->passes;
	uint64_t limit = wb_row_u64(t, i, "ev_limit");
	uint64_t setpoint = dirty_setpoint(limit, p->thresh, p->bg_thresh);

	wb_row_value(r, Q_RATES, t, i, "wb_bg_thresh",
		     (int64_t)wb_bg_thresh_from(p->wb_thresh, p->bg_thresh, p->thresh),
		     (int64_t)p->wb_bg_thresh);
	wb_row_value(r, Q_RATES, t, i, "ev_setpoint", (int64_t)setpoint,
		     tsv_int(t, i, "ev_setpoint"));
	wb_row_value(r, Q_RATES, t, i, "ev_bdi_setpoint",
		     (int64_t)wb_setpoint(setpoint, p->wb_thresh, p->thresh),
		     tsv_int(t, i, "ev_bdi_setpoint"));
}

/* What the writer kept is compared with what the event says, and taken from there if it differs. */
static void check_pace(struct wb_rows *r, size_t i, struct wb_row_task *task)
{
	const struct tsv *t = &r->passes;
	uint64_t now = guest_case_jiffy(r->w, tsv_int(t, i, "t_event_us"));
	int64_t recorded = tsv_int(t, i, "ev_think") / TICK_MS;
	struct task_struct *ts = &task->ts;
	int64_t think = ts->dirty_paused_when ? (int64_t)(now - ts->dirty_paused_when) : 0;

	if (task->known) {
		wb_row_value(r, Q_PACE, t, i, "ev_dirtied_pause", ts->nr_dirtied_pause,
			     tsv_int(t, i, "ev_dirtied_pause"));
		wb_row_value(r, Q_PACE, t, i, "ev_think", think, recorded);
	}
	ts->nr_dirtied_pause = tsv_int(t, i, "ev_dirtied_pause");
	if (!task->known || think != recorded)
		ts->dirty_paused_when = now - (uint64_t)recorded;
	task->known = true;
}

/*
 * The tick in which a pass began.  "jiffies" is when the writer came in: for a second pass, which
 * begins with the event of the first, that was some time ago.
 */
static uint64_t pass_begins(const struct tsv *t, size_t i)
{
	int64_t t_us = tsv_int(t, i, "t_us");

	for (size_t k = i; k-- > 0;)
		if (strcmp(tsv_text(t, k, "task"), tsv_text(t, i, "task")) == 0)
			return wb_row_u64(
			    t, i, tsv_int(t, k, "t_event_us") == t_us ? "jiffies_pos" : "jiffies");
	return wb_row_u64(t, i, "jiffies");
}

static void check_throttled(struct wb_rows *r, size_t i, struct wb_row_task *task, uint64_t avg)
{
	const struct tsv *t = &r->passes;
	struct dirty_position p = wb_row_position(r, t, i, "limit_before");
	uint64_t rate = wb_row_u64(t, i, "ev_dirty_ratelimit") >> WB_KIB_SHIFT;
	uint64_t task_rate = rate * wb_position_ratio(&p) >> RATELIMIT_CALC_SHIFT;
	int64_t max_pause = wb_max_pause(avg, p.wb_dirty), next;
	int64_t min_pause = wb_min_pause(avg, rate, max_pause, task_rate, rate, &next);
	struct dirty_pause pause;
	bool slept = strcmp(tsv_text(t, i, "verdict"), "sleep") == 0;

	check_events(r, i, &p);
	check_pace(r, i, task);
	pause = dirty_pause_from(pass_begins(t, i), task->ts.dirty_paused_when,
				 tsv_int(t, i, "pages_dirtied"), task_rate, min_pause, max_pause);
	wb_row_value(r, Q_RATES, t, i, "ev_task_ratelimit", (int64_t)(task_rate << WB_KIB_SHIFT),
		     tsv_int(t, i, "ev_task_ratelimit"));
	wb_row_value(r, Q_PAUSES, t, i, "verdict", pause.sleep, slept);
	wb_row_value(r, Q_PAUSES, t, i, "ev_period", pause.period * TICK_MS,
		     tsv_int(t, i, "ev_period"));
	wb_row_value(r, Q_PAUSES, t, i, "ev_pause",
		     (pause.sleep ? pause.pause : min_s64(pause.pause, 0)) * TICK_MS,
		     tsv_int(t, i, "ev_pause"));
	if (slept)
		dirty_pause_taken(&task->ts, &pause, next);
	else
		dirty_pause_skipped(&task->ts, &pause, tsv_int(t, i, "pages_dirtied"));
}

static void check_pass(struct wb_rows *r, size_t i, uint64_t avg)
{
	const struct tsv *t = &r->passes;
	const char *verdict = tsv_text(t, i, "verdict");
	struct wb_row_task *task = task_of(r, tsv_text(t, i, "task"));
	uint64_t dirty = wb_row_u64(t, i, "dirty"), thresh = wb_row_u64(t, i, "thresh");
	bool freerun = strcmp(verdict, "freerun") == 0;

	if (!task)
		return;
	if (strcmp(verdict, "?") == 0) {
		task->known = false;
		return;
	}
	wb_row_value(r, Q_PAUSES, t, i, "free run",
		     dirty <= dirty_freerun_ceiling(thresh, wb_row_u64(t, i, "bg_thresh")),
		     freerun);
	if (freerun) {
		dirty_free_run(&task->ts, wb_row_u64(t, i, "jiffies"), dirty, thresh);
		task->known = true;
	} else {
		check_throttled(r, i, task, avg);
	}
}

static void check_passes(struct wb_rows *r)
{
	const struct tsv *t = &r->passes;
	size_t at_share = 0, at_bandwidth = 0;

	for (size_t i = 0; i < t->nr_rows; i++) {
		bool throttled = tsv_int(t, i, "t_event_us") != TSV_NONE;
		uint64_t avg = throttled ? bandwidth_in_pass(r, i, &at_bandwidth) : 0;
		int64_t share;

		check_pass(r, i, avg);
		if (!throttled)
			continue;
		share = share_of(r, &at_share, i);
		if (share >= 0)
			check_share(r, i, (size_t)share);
	}
}

/* ---- all of them ---- */

void wb_rows_compare(struct guest_case *w)
{
	struct wb_rows *r = sim_calloc(1, sizeof(*r));
	struct {
		const char *path;
		struct tsv *t;
	} const tables[] = {
		{ "limits.tsv", &r->limits },
		{ "passes.tsv", &r->passes },
		{ "bandwidth.tsv", &r->bandwidth },
		{ "shares.tsv", &r->shares },
		{ "requests.tsv", &r->requests },
		{ "flush_start.tsv", &r->start },
		{ "flush_single_inode_start.tsv", &r->inode },
	};

	r->w = w;
	r->vm = sim_calloc(1, sizeof(*r->vm));
	for (int i = 0; i < NR_QUANTITIES; i++)
		r->q[i].name = quantity_names[i];
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		tsv_read(w->c, tables[i].path, tables[i].t);
	verify_known_read(w->c, &r->known);
	read_sysctl(r);
	check_limits(r);
	wb_counters_compare(r);
	check_passes(r);
	wb_rates_compare(r);
	verify_report(w->c, r->q, NR_QUANTITIES);
	verify_known_report(w->c, &r->known);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		tsv_free(tables[i].t);
	sim_free(r->share);
	sim_free(r->vm);
	sim_free(r);
}
