/*
 * writeback_run.c - a writeback case from its start to its end
 *
 * The machine is booted, brought to the recorded number of free pages and to
 * the recorded tick, and then the programs run.  Beside them are what the real
 * guest had too: a program that reads the counters every sample_ms, and memory
 * that the kernel needs to index the cache.
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/alloc/watermark.h"
#include "models/linux/task.h"
#include "models/linux/verify/writeback_run.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"

/* Facts of the guest that made the captures. */
#define INODES_IN_USE   10580             /* nr_pages of its periodic flushes beyond nr_dirty */
#define SAMPLER_NS      (600 * NS_PER_US) /* CPU time of a reading: read_us */
#define START_PAGES     1600              /* taken by its programs between before/ and the start */
#define START_PCP       300               /* then on the lists of the CPU; 0 to 815 */
#define FIRST_JIFFY     ((uint64_t)(uint32_t)(-300 * HZ))
#define DEVICES_JIFFY   (FIRST_JIFFY + 420) /* when its devices were made */
#define PROGRESS_NS     (20 * NS_PER_MS)
#define PAGES_PER_NODE  448 /* pages of the cache whose index fits a page: 7 nodes of 64 */
#define PAGES_PER_HEADS 39  /* the same of buffer heads: 104 bytes for each page */

int64_t wb_run_us(const struct wb_run *r, sim_time at)
{
	return ((int64_t)at - (int64_t)r->start) / (int64_t)NS_PER_US;
}

/* ---- memory at the start ---- */

static struct zone *zone_of(const struct wb_run *r, int zone)
{
	return &r->vm->nodes[0].zones[zone];
}

/* Pages that can be had: free ones and those on the CPU's lists. */
static int64_t pages_left(struct zone *zone)
{
	return zone->nr_free_global + zone->pcp[0].count;
}

/* Takes pages until the zone has as many as it had, so many of them on the CPU's lists. */
static void fill_zone(struct wb_run *r, struct task *t, const struct wb_zone *z, int64_t taken,
		      int64_t pcp)
{
	struct zone *zone = zone_of(r, z->zone);
	gfp_t gfp = z->zone == ZONE_DMA ? GFP_KERNEL | __GFP_DMA : GFP_KERNEL;
	int64_t want = z->nr_free + z->pcp_count - taken, n = 0;
	struct page **held;

	while (pages_left(zone) > want)
		if (!alloc_pages(t, gfp, 0))
			return;
	held = sim_calloc((size_t)pcp + 1, sizeof(*held));
	while (n < pcp && zone->pcp[0].count + n < pcp && (held[n] = alloc_pages(t, gfp, 0)))
		n++;
	while (n > 0)
		free_pages(r->vm, t->cpu, held[--n], 0);
	sim_free(held);
}

static void fill_memory(struct task *t, void *arg)
{
	struct wb_run *r = arg;
	const struct wb_case *w = r->w;
	int top = 0;

	linux_personality.task_start(t);
	for (int i = 1; i < w->nr_zones; i++)
		if (w->zone[i].zone > w->zone[top].zone)
			top = i;
	for (int i = 0; i < w->nr_zones; i++)
		fill_zone(r, t, &w->zone[i], i == top ? START_PAGES : 0, i == top ? START_PCP : 0);
	linux_personality.task_exit(t);
}

/* ---- what indexes the cache ---- */

/*
 * The model of the page cache has no slab pages; on this guest (512 MiB) they take 3 % of what is
 * dirtyable, so the run allocates them, and gives them back when pages of the cache go.
 */
static void slab(struct task *t, void *arg)
{
	struct wb_run *r = arg;
	struct pglist_data *node = &r->vm->nodes[0];

	linux_personality.task_start(t);
	for (;;) {
		uint64_t pages = (uint64_t)node->stat.nr_file_pages;
		size_t want = pages / PAGES_PER_HEADS + pages / PAGES_PER_NODE;

		while (r->nr_slab < want) {
			struct page *page = alloc_pages(t, GFP_KERNEL | __GFP_RECLAIMABLE, 0);

			if (!page)
				break;
			sim_grow((void **)&r->slab, &r->cap_slab, r->nr_slab + 1, sizeof(*r->slab));
			r->slab[r->nr_slab++] = page_to_pfn(r->vm, page);
		}
		while (r->nr_slab > want)
			free_pages(r->vm, t->cpu, pfn_to_page(r->vm, r->slab[--r->nr_slab]), 0);
		task_sleep(t, NS_PER_MS);
	}
}

/* ---- what is looked at ---- */

static void add_sample(struct wb_run *r, int64_t t_us)
{
	const struct node_stat *n = &r->vm->nodes[0].stat;
	struct wb_result *res = r->result;
	int64_t free = 0;

	FOR_EACH_ZONE (r->vm, zone)
		free += zone->nr_free_global;
	sim_grow((void **)&res->sample, &res->cap_samples, res->nr_samples + 1,
		 sizeof(*res->sample));
	res->sample[res->nr_samples++] = (struct wb_sample){
		.t_us = t_us,
		.nr_free_pages = free,
		.nr_inactive_file = n->nr_inactive_file,
		.nr_active_file = n->nr_active_file,
		.nr_dirty = n->nr_dirty,
		.nr_writeback = n->nr_writeback,
		.nr_dirtied = n->nr_dirtied,
		.nr_written = n->nr_written,
		.nr_dirty_threshold = r->vm->stat.nr_dirty_threshold,
		.nr_dirty_background_threshold = r->vm->stat.nr_dirty_background_threshold,
	};
}

/* Reading a device's statistics brings its share up to date, as a writer's look does. */
static void sampler(struct task *t, void *arg)
{
	struct wb_run *r = arg;
	sim_time every = (sim_time)r->w->sample_ms * NS_PER_MS;

	linux_personality.task_start(t);
	for (sim_time at = r->start; !r->stopped; at += every) {
		task_sleep_until(t, at);
		writeback_update_stats(r->vm);
		add_sample(r, wb_run_us(r, task_now(t)));
		for (int i = 0; i < r->vm->bdis->nr; i++)
			wb_calc_thresh(&r->vm->bdis->bdi[i].wb,
				       (uint64_t)r->vm->stat.nr_dirty_threshold);
		task_run(t, SAMPLER_NS);
		cond_resched(t);
	}
	linux_personality.task_exit(t);
}

static void add_progress(struct wb_run *r, struct wb_process *p)
{
	str_addf(&r->progress, "%" PRId64 "\t%s\t%d\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t0\n",
		 wb_run_us(r, r->sim->now), p->name, p->line, p->ops, p->bytes,
		 (int64_t)(p->longest / NS_PER_US));
	p->longest = 0;
}

static void take_progress(struct sim *s, struct event *e)
{
	struct wb_run *r = CONTAINER_OF(e, struct wb_run, tick);

	if (r->stopped)
		return;
	for (int i = 0; i < r->nr_processes; i++)
		if (r->process[i].task)
			add_progress(r, &r->process[i]);
	event_schedule(s, &r->tick, s->now + PROGRESS_NS, EVENT_WORK, take_progress);
}

/* ---- what is heard ---- */

static const char *task_label(const struct trace_record *record)
{
	return strncmp(record->task, "flush-", 6) == 0 ? "kworker" : record->task;
}

static void note_pass(struct wb_run *r, const struct trace_record *record, const char *verdict)
{
	str_addf(&r->passes, "%" PRId64 "\t%s\t%s\t%s\n", wb_run_us(r, record->t_ns),
		 task_label(record), r->w->bdi[record->v[0]], verdict);
}

static void note_issue(struct wb_run *r, const struct trace_record *record)
{
	const int64_t *v = record->v;

	sim_grow((void **)&r->issue, &r->cap_issue, r->nr_issue + 1, sizeof(*r->issue));
	r->issue[r->nr_issue++] = (struct wb_issue){ .at = record->t_ns,
						     .sector = (uint64_t)v[2],
						     .disk = (int)v[0],
						     .sync = v[5] != 0,
						     .task = sim_strdup(task_label(record)) };
}

static void note_complete(struct wb_run *r, const struct trace_record *record)
{
	static const char *const letters[] = { "R", "W", "F" };

	for (size_t i = 0; i < r->nr_issue; i++) {
		struct wb_issue *rq = &r->issue[i];

		if (rq->sector != (uint64_t)record->v[2] || rq->disk != record->v[0])
			continue;
		str_addf(&r->requests,
			 "%" PRId64 "\t%" PRId64 "\t%s\t%s%s\t%" PRId64 "\t%" PRId64 "\t%s\n",
			 wb_run_us(r, rq->at), wb_run_us(r, record->t_ns), r->w->bdi[rq->disk],
			 letters[record->v[1]], rq->sync ? "S" : "", record->v[2], record->v[3],
			 rq->task);
		sim_free(rq->task);
		*rq = r->issue[--r->nr_issue];
		return;
	}
}

static void note_event(struct sim *s, const struct trace_record *record)
{
	struct wb_run *r = s->tables->trace.sink_arg;

	switch (record->id) {
	case TP_sim_dirty_free_run:
		note_pass(r, record, "freerun");
		break;
	case TP_balance_dirty_pages:
		r->result->sleeps += record->v[11] > 0 && !r->stopped;
		note_pass(r, record, record->v[11] > 0 ? "sleep" : "go");
		break;
	case TP_block_rq_issue:
		note_issue(r, record);
		break;
	case TP_block_rq_complete:
		note_complete(r, record);
		break;
	default:
		break;
	}
}

static void listen(struct wb_run *r)
{
	static const char *const names[] = { "sim_dirty_free_run", "balance_dirty_pages",
					     "block_rq_issue", "block_rq_complete" };
	struct trace_state *ts = &r->sim->tables->trace;

	ts->sink = note_event;
	ts->sink_arg = r;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		trace_enable(ts, names[i], TRACE_RECORD);
}

/* ---- the start ---- */

/* The clock of ticks is set so that t = 0 lies in the recorded tick, as far into it. */
static void set_clock(struct wb_run *r)
{
	struct clock_ticks *ticks = &r->sim->ticks;
	uint64_t jiffy = wb_case_jiffy(r->w, 0);
	uint64_t into = (uint64_t)-r->w->jiffy_0_us * NS_PER_US % ticks->tick_ns;
	uint64_t began = r->start - into;

	ticks->phase_ns = began % ticks->tick_ns;
	ticks->first = jiffy - began / ticks->tick_ns;
}

/* What writeback knows at the start: nothing of the devices, and a limit from the boot. */
static void set_writeback(struct wb_run *r)
{
	struct writeback_domain *dom = r->vm->wb_domain;

	dom->inodes_in_use = INODES_IN_USE;
	dom->ratelimit_pages = (uint64_t)r->w->ratelimit_pages;
	dom->dirty_limit = dom->ratelimit_pages * 32;
	dom->dirty_limit_tstamp = FIRST_JIFFY;
	for (int i = 0; i < r->vm->bdis->nr; i++) {
		r->vm->bdis->bdi[i].wb.bw_time_stamp = DEVICES_JIFFY;
		r->vm->bdis->bdi[i].wb.last_old_flush = DEVICES_JIFFY;
	}
}

static bool boot(struct wb_run *r)
{
	struct key_list files = { r->w->file, r->w->nr_disks };

	if (!linux_boot_on(r->sim, &r->w->machine, &r->w->kernel, &files, r->w->c->diag))
		return false;
	r->vm = linux_vm(r->sim);
	wb_run_settings(r);
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

static void run(struct wb_run *r)
{
	sim_time end = r->start + (sim_time)r->w->duration_ms * NS_PER_MS;

	task_spawn(r->sim, &r->sim->cpus[0], "boot", 0, fill_memory, r);
	sim_run(r->sim, r->start - 1);
	set_clock(r);
	set_writeback(r);
	listen(r);
	event_schedule(r->sim, &r->tick, r->start, EVENT_WORK, take_progress);
	sim_run(r->sim, r->start);
	task_spawn(r->sim, &r->sim->cpus[0], "slab", TASK_DAEMON, slab, r);
	wb_run_spawn(r);
	task_spawn(r->sim, &r->sim->cpus[0], "sampler", 0, sampler, r);
	sim_run(r->sim, end);
	r->stopped = true;
	for (int i = 0; i < r->nr_processes; i++)
		if (r->process[i].task)
			r->process[i].task->killed = true;
	r->sim->end_with_tasks = true;
	sim_run(r->sim, FOREVER);
	r->sim->tables->trace.sink = NULL;
}

/* ---- what is left ---- */

static void write_table(struct verify_case *c, const char *path, const char *columns,
			const struct str *rows)
{
	FILE *f = verify_create(c, path);

	if (f)
		fprintf(f, "# %s\n%s", columns, str_get(rows));
	verify_finish(c, f);
}

static void write_samples(struct wb_run *r)
{
	struct str rows = { 0 };

	for (size_t i = 0; i < r->result->nr_samples; i++) {
		const struct wb_sample *p = &r->result->sample[i];

		str_addf(&rows,
			 "%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64
			 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n",
			 p->t_us, p->nr_free_pages, p->nr_inactive_file, p->nr_active_file,
			 p->nr_dirty, p->nr_writeback, p->nr_dirtied, p->nr_written,
			 p->nr_dirty_threshold, p->nr_dirty_background_threshold);
	}
	write_table(r->w->c, "samples.tsv",
		    "t_us\tnr_free_pages\tnr_inactive_file\tnr_active_file\tnr_dirty\t"
		    "nr_writeback\tnr_dirtied\tnr_written\tnr_dirty_threshold\t"
		    "nr_dirty_background_threshold",
		    &rows);
	str_free(&rows);
}

static void write_tables(struct wb_run *r)
{
	struct verify_case *c = r->w->c;

	write_samples(r);
	write_table(c, "progress.tsv", "t_us\tprocess\tline\tops\tbytes\tmax_op_us\terrno",
		    &r->progress);
	write_table(c, "passes.tsv", "t_us\ttask\tbdi\tverdict", &r->passes);
	write_table(c, "requests.tsv", "issue_us\tcomplete_us\tdev\trwbs\tsector\tsectors\ttask",
		    &r->requests);
}

static void free_run(struct wb_run *r)
{
	linux_personality.halt(r->sim);
	tables_free(&r->tables);
	sim_free_run(r->sim);
	for (size_t i = 0; i < r->nr_issue; i++)
		sim_free(r->issue[i].task);
	sim_free(r->issue);
	sim_free(r->slab);
	str_free(&r->progress);
	str_free(&r->passes);
	str_free(&r->requests);
	sim_free(r);
}

bool wb_case_run(struct wb_case *w, struct wb_result *result)
{
	struct wb_run *r = sim_calloc(1, sizeof(*r));
	bool ok;

	r->w = w;
	r->result = result;
	r->start = NS_PER_SEC;
	r->sim = sim_new(1);
	tables_init(&r->tables, &linux_personality);
	r->sim->tables = &r->tables;
	ok = boot(r);
	if (ok) {
		run(r);
		write_tables(r);
	}
	free_run(r);
	return ok && !diag_failed(w->c->diag);
}

void wb_result_free(struct wb_result *r)
{
	sim_free(r->sample);
	*r = (struct wb_result){ 0 };
}
