/*
 * guest_run.c - programs of a captured guest from their start to their end
 *
 * The machine is booted, brought to the recorded memory and to the recorded
 * tick, and then the programs run.  Beside them are what the real guest had
 * too: a program that reads the counters every sample_ms.
 */
#include "models/linux/verify/guest_run.h"

#include <inttypes.h>
#include <string.h>

#include "models/linux/alloc/vmstat.h"
#include "models/linux/alloc/watermark.h"
#include "models/linux/procfs/load.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

/* Facts of the guest that made the captures. */
#define SPARE_WORKERS   2                 /* of its boot; what is more is ended when idle */
#define INODES_IN_USE   10580             /* nr_pages of its periodic flushes beyond nr_dirty */
#define RATELIMIT_PAGES 321               /* found at boot, when it had made use of 256 MiB only */
#define SAMPLER_WAKE_NS 200               /* from its waking to the first counter */
#define SAMPLER_PART    (5 * NS_PER_US)   /* so long it is not preempted, about */
#define SAMPLER_BEHIND  (20 * NS_PER_US)  /* of the first process, in the order of the queue */
#define MADE_LATER      (700 * NS_PER_US) /* so far before one made earlier */
#define SAMPLER_BEGAN   (100 * NS_PER_MS) /* so long before the start it looks at the kernel */
#define SAMPLER_BEFORE  (36 * NS_PER_MS)  /* which takes it about so long */
#define TIMER_SLACK     (50 * NS_PER_US)  /* of programs that did not ask for another */
#define DEVICES_JIFFY   (GUEST_FIRST_JIFFY + 419) /* when its devices were made */
#define THREADS_JIFFY   (GUEST_FIRST_JIFFY + 104) /* when its kernel threads began */
#define WATCHDOG_JIFFY  (GUEST_FIRST_JIFFY + 6)   /* the watch over its clock began */
#define PSI_JIFFY       (GUEST_FIRST_JIFFY + 29)  /* the periods of pressure began */
#define MEMCG_JIFFY     (GUEST_FIRST_JIFFY + 528) /* its memory control groups were looked at first */
#define MEMCG_TICKS     (2 * HZ)
#define MEMCG_NS        (1 * NS_PER_US) /* found: a change to the worker and the next one, 4 us */
#define WATCHDOG_TICKS  (HZ / 2)
#define TICKS_OF_PERIOD 128 /* of those that wake by themselves */
#define PROGRESS_NS     (20 * NS_PER_MS)

/* The same of the guest of tests/guest, whose sampler notes what programs have done as well. */
#define RIG_SAMPLE_NS   (717 * NS_PER_US)
#define RIG_LOOK_NS     (10 * NS_PER_MS) /* so often it wakes */
#define RIG_PROGRESS_NS (6 * NS_PER_US)  /* noting, every other time */

int64_t guest_run_us(const struct guest_run *r, sim_time at)
{
	return ((int64_t)at - (int64_t)r->start) / (int64_t)NS_PER_US;
}

/* ---- sleeping ---- */

/* A tick: unless the CPU has stopped its own, whose time has come is woken. */
static void tick_comes(struct sim *s, struct event *e)
{
	struct guest_sleep *sleep = CONTAINER_OF(e, struct guest_sleep, tick);

	(void)s;
	if (!tick_is_stopped(sleep->task->cpu))
		task_wake(sleep->task);
}

/* Timers of one moment end in the order in which they were armed. */
static struct list *sleep_before(struct guest_run *r, sim_time at)
{
	struct list *pos = r->sleeps.prev;

	while (pos != &r->sleeps && LIST_ENTRY(pos, struct guest_sleep, link)->soft > at)
		pos = pos->prev;
	return pos;
}

/* An interrupt: timers whose time has come are looked after in the same breath. */
static void end_sleeps(const struct guest_run *r)
{
	LIST_FOR_EACH (pos, &r->sleeps) {
		const struct guest_sleep *sleep = LIST_ENTRY(pos, const struct guest_sleep, link);

		if (sleep->soft > r->sim->now)
			break;
		task_wake(sleep->task);
	}
}

/* Whether an interrupt at this time ends sleeps of others than t. */
static bool others_are_due(const struct guest_run *r, const struct task *t, sim_time now)
{
	LIST_FOR_EACH (pos, &r->sleeps) {
		const struct guest_sleep *sleep = LIST_ENTRY(pos, const struct guest_sleep, link);

		if (sleep->soft > now)
			break;
		if (sleep->task != t)
			return true;
	}
	return false;
}

/* One interrupt ends all of these sleeps, so all are awake before one of them has the CPU. */
static bool timer_fires(const struct task *t)
{
	const struct guest_run *r = t->sim->tables->trace.sink_arg;

	if (!others_are_due(r, t, r->sim->now))
		return false;
	end_sleeps(r);
	return true;
}

void guest_sleep_until(struct guest_run *r, struct task *t, struct guest_sleep *sleep, sim_time at,
		       sim_time least)
{
	struct sim *s = r->sim;
	sim_time hard = max_u64(at + TIMER_SLACK, task_now(t) + least);
	sim_time tick = jiffy_begins(s, jiffy_at(s, at ? at - 1 : 0) + 1); /* from at on */

	/* moment and slack are past: it fires while the CPU is on its way to somebody else */
	if (at + TIMER_SLACK <= task_now(t) + least && cpu_comes_back(t)) {
		task_run(t, least);
		if (others_are_due(r, t, task_now(t))) { /* the same interrupt ends them */
			task_sync(t);
			end_sleeps(r);
		}
		return;
	}
	*sleep = (struct guest_sleep){ .task = t, .soft = at };
	list_add(&sleep->link, sleep_before(r, at));
	if (tick > task_now(t) + least && tick < hard)
		event_schedule(s, &sleep->tick, tick, EVENT_WORK, tick_comes);
	task_sleep_until(t, hard);
	event_cancel(s, &sleep->tick);
	list_del(&sleep->link);
}

/* ---- what is looked at ---- */

/* Files with counters, and what a program makes of them: it can be preempted in between. */
static void read_counters(struct task *t, sim_time ns)
{
	for (sim_time part; ns; ns -= part) {
		part = min_u64(ns, SAMPLER_PART);
		task_run(t, part);
		cond_resched(t);
	}
}

/* The first one took longer in the captures: its sampler came to its pages then. */
static sim_time sample_time(const struct guest_run *r, bool first)
{
	if (r->w->programs_there)
		return RIG_SAMPLE_NS;
	return r->family->sample_ns + (first ? r->family->first_ns : 0);
}

/* What the sampler of tests/guest does between two samples. */
static void look_at_progress(struct guest_run *r, struct task *t, sim_time from, sim_time until)
{
	for (sim_time at = from + RIG_LOOK_NS; at < until; at += RIG_LOOK_NS) {
		guest_sleep_until(r, t, &r->sampler, at, 0);
		task_run(t, SAMPLER_WAKE_NS);
		if ((at - r->start) % PROGRESS_NS == 0)
			task_run(t, RIG_PROGRESS_NS);
	}
}

static void kill_processes(struct guest_run *r)
{
	r->stopped = true;
	for (int i = 0; i < r->nr_processes; i++)
		if (r->process[i].task)
			task_kill(r->process[i].task);
	task_wake(r->parent);
}

/*
 * Reading a device's statistics brings its share up to date, as a writer's look does.  It kills who
 * still runs when it has taken the last sample.
 */
void guest_sampler(struct task *t, void *arg)
{
	struct guest_run *r = arg;
	sim_time every = (sim_time)r->w->sample_ms * NS_PER_MS;
	sim_time end = r->start + (sim_time)r->w->duration_ms * NS_PER_MS;

	guest_task_start(r, t);
	task_struct(t)->oom.score_adj = -1000;
	if (r->lru_found) /* it has made the processes, too */
		guest_lru_give(t, "workload");
	/* the others slept: so they are all as far behind it as who sleeps can be */
	task_sleep_until(t, r->start - SAMPLER_BEGAN);
	read_counters(t, SAMPLER_BEFORE);
	for (sim_time at = r->start; at <= end; at += every) {
		guest_sleep_until(r, t, &r->sampler, at, 0);
		task_run(t, SAMPLER_WAKE_NS);
		writeback_update_stats(r->vm);
		r->family->sample(r, guest_run_us(r, task_now(t)), r->result);
		for (int i = 0; i < r->vm->bdis->nr; i++)
			wb_calc_thresh(&r->vm->bdis->bdi[i].wb,
				       (uint64_t)r->vm->stat.nr_dirty_threshold);
		read_counters(t, sample_time(r, at == r->start));
		if (r->w->programs_there) {
			rcu_wait_for_other(r->vm); /* it closes what it has read */
			look_at_progress(r, t, at, min_u64(at + every, end));
		}
	}
	guest_sleep_until(r, t, &r->sampler, end, 0);
	kill_processes(r);
	linux_personality.task_exit(t);
}

static void add_progress(struct guest_run *r, struct guest_process *p)
{
	str_addf(&r->progress, "%" PRId64 "\t%s\t%d\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t0\n",
		 guest_run_us(r, r->sim->now), p->name, p->line, p->ops, p->bytes,
		 (int64_t)(p->longest / NS_PER_US));
	p->longest = 0;
}

static void take_progress(struct sim *s, struct event *e)
{
	struct guest_run *r = CONTAINER_OF(e, struct guest_run, tick);

	if (r->stopped)
		return;
	for (int i = 0; i < r->nr_processes; i++)
		if (r->process[i].task)
			add_progress(r, &r->process[i]);
	event_schedule(s, &r->tick, s->now + PROGRESS_NS, EVENT_WORK, take_progress);
}

/* ---- what is heard ---- */

const char *guest_task_label(const struct trace_record *record)
{
	return strncmp(record->task, "kworker/u", 9) == 0 ? "kworker" : record->task;
}

static void note_issue(struct guest_run *r, const struct trace_record *record)
{
	const int64_t *v = record->v;

	sim_grow((void **)&r->issue, &r->cap_issue, r->nr_issue + 1, sizeof(*r->issue));
	r->issue[r->nr_issue++] =
	    (struct guest_issue){ .at = record->t_ns,
				  .sector = (uint64_t)v[2],
				  .disk = (int)v[0],
				  .sync = v[5] != 0,
				  .task = sim_strdup(guest_task_label(record)) };
}

static void note_complete(struct guest_run *r, const struct trace_record *record)
{
	static const char *const letters[] = { "R", "W", "F" };

	for (size_t i = 0; i < r->nr_issue; i++) {
		struct guest_issue *rq = &r->issue[i];

		if (rq->sector != (uint64_t)record->v[2] || rq->disk != record->v[0])
			continue;
		str_addf(&r->requests,
			 "%" PRId64 "\t%" PRId64 "\t%s\t%s%s\t%" PRId64 "\t%" PRId64 "\t%s\n",
			 guest_run_us(r, rq->at), guest_run_us(r, record->t_ns),
			 r->w->bdi[rq->disk], letters[record->v[1]], rq->sync ? "S" : "",
			 record->v[2], record->v[3], rq->task);
		sim_free(rq->task);
		*rq = r->issue[--r->nr_issue];
		return;
	}
}

static void note_event(struct sim *s, const struct trace_record *record)
{
	struct guest_run *r = s->tables->trace.sink_arg;

	if (record->id == TP_block_rq_issue) {
		note_issue(r, record);
	} else if (record->id == TP_block_rq_complete) {
		note_complete(r, record);
		end_sleeps(r);
	} else {
		r->family->event(r, record, r->result);
	}
}

static void listen(struct guest_run *r)
{
	struct trace_state *ts = &r->sim->tables->trace;

	ts->sink = note_event;
	ts->sink_arg = r;
	r->sim->timer_fires = timer_fires;
	trace_enable(ts, "block_rq_issue", TRACE_RECORD);
	trace_enable(ts, "block_rq_complete", TRACE_RECORD);
	for (size_t i = 0; i < r->family->nr_events; i++)
		trace_enable(ts, r->family->events[i], TRACE_RECORD);
}

/* ---- the start ---- */

/* A kernel that does not trust its clock compares it with another one: a timer keeps its tick. */
static void clocksource_watchdog(struct sim *s, struct timer *timer)
{
	timer_mod(s, timer, timer->expires + WATCHDOG_TICKS);
}

/*
 * Each two seconds a worker adds up what memory control groups count, if only the one that there
 * always is: it is one of those who do the work of flushers.
 */
static void flush_memcg_stats(struct task *t, struct work *work)
{
	struct guest_run *r = CONTAINER_OF(work, struct guest_run, memcg.work);

	task_run(t, MEMCG_NS);
	if (!r->stopped)
		queue_delayed_work(&r->memcg, MEMCG_TICKS);
}

/* Its next time; the wheel makes a multiple of 8 ticks of it. */
static void set_memcg(struct guest_run *r)
{
	uint64_t next = MEMCG_JIFFY;

	while (next <= jiffies(r->sim))
		next += (MEMCG_TICKS / 8 + 1) * 8;
	delayed_work_init_deferrable(&r->memcg, &r->vm->wb_domain->pool[0], flush_memcg_stats);
	queue_delayed_work(&r->memcg, next - 1 - jiffies(r->sim));
}

/*
 * The kernel's threads begin when they began in the guest, so that their periods meet the start
 * where they met it there; t = 0 lies as far into its tick.
 */
static void set_clock(struct guest_run *r)
{
	uint64_t tick_us = r->sim->ticks.tick_ns / NS_PER_US;
	int64_t us = -r->w->jiffy_0_us - (int64_t)(THREADS_JIFFY * tick_us);

	while (us < (int64_t)(NS_PER_SEC / NS_PER_US / 4))
		us += (int64_t)(tick_us * TICKS_OF_PERIOD);
	r->sim->ticks.first = THREADS_JIFFY;
	start_shepherd_timer(r->vm);
	psi_set_clock(r->vm, PSI_JIFFY);
	timer_init(&r->watchdog, clocksource_watchdog);
	timer_mod(r->sim, &r->watchdog, WATCHDOG_JIFFY + WATCHDOG_TICKS);
	r->start = (sim_time)us * NS_PER_US;
}

/* What writeback knows at the start: nothing of the devices, and a limit from the boot. */
static void set_writeback(struct guest_run *r)
{
	struct writeback_domain *dom = r->vm->wb_domain;

	dom->inodes_in_use = INODES_IN_USE;
	dom->ratelimit_pages =
	    r->w->ratelimit_pages ? (uint64_t)r->w->ratelimit_pages : RATELIMIT_PAGES;
	/* whoever set the limit in bytes set both; ratelimit_pages is never below 16 */
	dom->dirty_limit = r->vm->sysctl.dirty_bytes
			       ? div_round_up((uint64_t)r->vm->sysctl.dirty_bytes, PAGE_SIZE)
			       : dom->ratelimit_pages * 32;
	dom->dirty_limit_tstamp = GUEST_FIRST_JIFFY;
	for (int i = 0; i < r->vm->bdis->nr; i++) {
		/* as if a writer had slept then: writeback has the whole queue for a second */
		r->vm->bdis->bdi[i].wb.dirty_sleep = DEVICES_JIFFY;
		queue_note_dirty_sleep(r->vm->bdis->bdi[i].q, DEVICES_JIFFY);
		r->vm->bdis->bdi[i].wb.bw_time_stamp = DEVICES_JIFFY;
		r->vm->bdis->bdi[i].wb.last_old_flush = DEVICES_JIFFY;
	}
}

bool guest_boot(struct guest_run *r)
{
	struct key_list files = { r->w->file, r->w->nr_disks };

	if (!linux_boot_on(r->sim, &r->w->machine, &r->w->kernel, &files, r->w->c->diag))
		return false;
	r->vm = linux_vm(r->sim);
	for (int i = 0; i < SPARE_WORKERS; i++)
		worker_pool_add_idle(&r->vm->wb_domain->pool[0]);
	for (int i = 0; i < r->w->nr_disks; i++)
		if (r->w->file_name[i])
			file_free_blocks(r->vm->files->inodes[i], 0, UINT64_MAX);
	set_clock(r);
	guest_run_settings(r);
	guest_run_find(r);
	if (diag_failed(r->w->c->diag))
		return false;
	r->vm->user_min_free_kbytes = r->vm->sysctl.min_free_kbytes;
	setup_per_zone_wmarks(r->vm);
	setup_per_zone_lowmem_reserve(r->vm);
	if ((int64_t)r->vm->totalreserve_pages != r->w->totalreserve) {
		verify_error(r->w->c, "totalreserve_pages: %" PRIu64 " follow from the zones",
			     (uint64_t)r->vm->totalreserve_pages);
		return false;
	}
	return true;
}

/*
 * Who has made the processes takes the samples, and stands in the queue right behind the first of
 * them: at the start it runs before that one's second turn, and the first one does not preempt it
 * when its request ends (stream-marks).  A process that was made later stands before the others,
 * for CFS places a new task the nearer the more of them there are: it begins (oom-noswap, reread,
 * fsync-mix, two-devices), and preempts the sampler (reread: 0.46 ms at least), but not the first
 * one (fsync-mix: 0.97 ms at most).
 */
static void place_tasks(struct guest_run *r)
{
	sim_time at = r->sim->cpus[0].min_vruntime;

	if (r->w->programs_there)
		return;
	for (int i = r->nr_processes; i-- > 0;) {
		if (!r->process[i].task)
			continue;
		r->process[i].task->vruntime = at;
		r->sampler.task->vruntime = at + SAMPLER_BEHIND;
		at += MADE_LATER;
	}
}

static void run(struct guest_run *r)
{
	sim_run(r->sim, r->start - 1);
	/* memory was made alike in the second before: counters changed */
	if (r->w->programs_there) {
		vmstat_work_goes_on(r->vm, &r->sim->cpus[0]);
		psi_clock_goes_on(r->vm);
	}
	set_memcg(r);
	place_tasks(r);
	set_writeback(r);
	if (r->family->prepare)
		r->family->prepare(r, r->result);
	listen(r);
	event_schedule(r->sim, &r->tick, r->start, EVENT_WORK, take_progress);
	r->sim->end_with_tasks = true;
	sim_run(r->sim, FOREVER);
	delayed_work_free(&r->memcg);
	r->sim->timer_fires = NULL;
	r->sim->tables->trace.sink = NULL;
}

/* ---- what is left ---- */

void guest_write_table(struct verify_case *c, const char *path, const char *columns,
		       const struct str *rows)
{
	FILE *f = verify_create(c, path);

	if (f)
		fprintf(f, "# %s\n%s", columns, str_get(rows));
	verify_finish(c, f);
}

static void write_tables(struct guest_run *r)
{
	guest_write_table(r->w->c, "progress.tsv",
			  "t_us\tprocess\tline\tops\tbytes\tmax_op_us\terrno", &r->progress);
	guest_write_table(r->w->c, "requests.tsv",
			  "issue_us\tcomplete_us\tdev\trwbs\tsector\tsectors\ttask", &r->requests);
	r->family->write(r, r->result);
}

void guest_free(struct guest_run *r)
{
	linux_personality.halt(r->sim);
	tables_free(&r->tables);
	sim_free_run(r->sim);
	for (size_t i = 0; i < r->nr_issue; i++)
		sim_free(r->issue[i].task);
	sim_free(r->issue);
	for (int i = 0; i < r->nr_processes; i++)
		sim_free(r->process[i].kernel.pfn);
	str_free(&r->progress);
	str_free(&r->requests);
	sim_free(r);
}

struct guest_run *guest_new(struct guest_case *w)
{
	struct guest_run *r = sim_calloc(1, sizeof(*r));

	r->w = w;
	list_init(&r->sleeps);
	r->sim = sim_new(1);
	tables_init(&r->tables, &linux_personality);
	r->sim->tables = &r->tables;
	return r;
}

bool guest_run(struct guest_case *w, const struct guest_family *family, void *result)
{
	struct guest_run *r = guest_new(w);
	bool ok;

	r->family = family;
	r->result = result;
	ok = guest_boot(r) && guest_fill_memory(r);
	if (ok) {
		run(r);
		write_tables(r);
	}
	guest_free(r);
	return ok && !diag_failed(w->c->diag);
}
