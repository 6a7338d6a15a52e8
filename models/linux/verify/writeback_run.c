/*
 * writeback_run.c - a writeback case as a run of its guest: what is noted of it
 */
#include <inttypes.h>

#include "models/linux/alloc/node_stat.h"
#include "models/linux/verify/guest_run.h"
#include "models/linux/verify/writeback_case.h"
#include "models/linux/writeback/writeback.h"

#define SAMPLE_NS (605 * NS_PER_US) /* read_us 604 */
#define FIRST_NS  (175 * NS_PER_US) /* read_us of the first sample is 780 */

/* As in /proc/vmstat, which the guest reads: without what the CPU keeps to itself. */
static int64_t seen(const struct linux_vm *vm, enum node_stat_item item)
{
	return (int64_t)global_node_page_state(vm, item);
}

static void add_sample(struct guest_run *r, int64_t t_us, void *arg)
{
	struct wb_result *res = arg;
	int64_t free = 0;

	FOR_EACH_ZONE (r->vm, zone)
		free += zone->nr_free_global;
	sim_grow((void **)&res->sample, &res->cap_samples, res->nr_samples + 1,
		 sizeof(*res->sample));
	res->sample[res->nr_samples++] = (struct wb_sample){
		.t_us = t_us,
		.nr_free_pages = free,
		.nr_inactive_file = seen(r->vm, NR_INACTIVE_FILE),
		.nr_active_file = seen(r->vm, NR_ACTIVE_FILE),
		.nr_dirty = seen(r->vm, NR_FILE_DIRTY),
		.nr_writeback = seen(r->vm, NR_WRITEBACK),
		.nr_dirtied = seen(r->vm, NR_DIRTIED),
		.nr_written = seen(r->vm, NR_WRITTEN),
		.nr_dirty_threshold = r->vm->stat.nr_dirty_threshold,
		.nr_dirty_background_threshold = r->vm->stat.nr_dirty_background_threshold,
	};
}

/* The end of a row of passes.tsv; below freerun there are no rates and pauses. */
static void note_rates(struct wb_result *res, const struct trace_record *record)
{
	const int64_t *v = record->v;

	if (record->id == TP_balance_dirty_pages)
		str_addf(&res->passes,
			 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n",
			 v[3], v[6], v[7], v[11], v[13]);
	else
		str_add(&res->passes, "\t-\t-\t-\t-\t-\n");
}

static void note_event(struct guest_run *r, const struct trace_record *record, void *arg)
{
	struct wb_result *res = arg;
	const char *verdict = "freerun";

	if (record->id == TP_balance_dirty_pages) {
		verdict = record->v[11] > 0 ? "sleep" : "go";
		res->sleeps += record->v[11] > 0 && !r->stopped;
	}
	str_addf(&res->passes, "%" PRId64 "\t%s\t%s\t%s", guest_run_us(r, record->t_ns),
		 guest_task_label(record), r->w->bdi[record->v[0]], verdict);
	note_rates(res, record);
}

static void write_samples(const struct guest_run *r, const struct wb_result *res)
{
	struct str rows = { 0 };

	for (size_t i = 0; i < res->nr_samples; i++) {
		const struct wb_sample *p = &res->sample[i];

		str_addf(&rows,
			 "%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64
			 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n",
			 p->t_us, p->nr_free_pages, p->nr_inactive_file, p->nr_active_file,
			 p->nr_dirty, p->nr_writeback, p->nr_dirtied, p->nr_written,
			 p->nr_dirty_threshold, p->nr_dirty_background_threshold);
	}
	guest_write_table(r->w->c, "samples.tsv",
			  "t_us\tnr_free_pages\tnr_inactive_file\tnr_active_file\tnr_dirty\t"
			  "nr_writeback\tnr_dirtied\tnr_written\tnr_dirty_threshold\t"
			  "nr_dirty_background_threshold",
			  &rows);
	str_free(&rows);
}

static void write_tables(struct guest_run *r, void *arg)
{
	struct wb_result *res = arg;

	for (int i = 0; i < r->w->nr_steps; i++)
		res->bytes[i] = r->bytes[i];
	write_samples(r, res);
	guest_write_table(r->w->c, "passes.tsv",
			  "t_us\ttask\tbdi\tverdict\tev_dirty\tev_dirty_ratelimit\t"
			  "ev_task_ratelimit\tev_pause\tev_think",
			  &res->passes);
}

bool wb_case_run(struct guest_case *w, struct wb_result *result)
{
	static const char *const events[] = { "sim_dirty_free_run", "balance_dirty_pages" };
	static const struct guest_family family = {
		.events = events,
		.nr_events = ARRAY_LEN(events),
		.sample = add_sample,
		.sample_ns = SAMPLE_NS,
		.first_ns = FIRST_NS,
		.event = note_event,
		.write = write_tables,
	};

	return guest_run(w, &family, result);
}

void wb_result_free(struct wb_result *r)
{
	sim_free(r->sample);
	str_free(&r->passes);
	*r = (struct wb_result){ 0 };
}
