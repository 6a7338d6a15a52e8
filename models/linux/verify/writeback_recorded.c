/*
 * writeback_recorded.c - what a run of the real kernel left behind in the tables of its case
 */
#include <string.h>

#include "models/linux/verify/writeback_case.h"

static void read_samples(struct verify_case *c, struct wb_result *r)
{
	struct tsv t;

	if (!tsv_read(c, "samples.tsv", &t))
		return;
	for (size_t i = 0; i < t.nr_rows; i++) {
		sim_grow((void **)&r->sample, &r->cap_samples, i + 1, sizeof(*r->sample));
		r->sample[r->nr_samples++] = (struct wb_sample){
			.t_us = guest_sample(c, &t, i, "t_us"),
			.nr_free_pages = guest_sample(c, &t, i, "nr_free_pages"),
			.nr_inactive_file = guest_sample(c, &t, i, "nr_inactive_file"),
			.nr_active_file = guest_sample(c, &t, i, "nr_active_file"),
			.nr_dirty = guest_sample(c, &t, i, "nr_dirty"),
			.nr_writeback = guest_sample(c, &t, i, "nr_writeback"),
			.nr_dirtied = guest_sample(c, &t, i, "nr_dirtied"),
			.nr_written = guest_sample(c, &t, i, "nr_written"),
			.nr_dirty_threshold = guest_sample(c, &t, i, "nr_dirty_threshold"),
			.nr_dirty_background_threshold =
			    guest_sample(c, &t, i, "nr_dirty_background_threshold"),
		};
	}
	tsv_free(&t);
}

/* Bytes of each step up to the end, as its lines of progress say. */
static void read_progress(const struct guest_case *w, struct verify_case *c, struct wb_result *r)
{
	struct tsv t;

	if (!tsv_read(c, "progress.tsv", &t))
		return;
	for (size_t i = 0; i < t.nr_rows; i++) {
		int64_t line = tsv_int(&t, i, "line");

		if (line >= 0 && line < w->nr_steps &&
		    strcmp(tsv_text(&t, i, "process"), w->step[line].process) == 0 &&
		    tsv_int(&t, i, "t_us") <= w->duration_ms * 1000)
			r->bytes[line] = tsv_int(&t, i, "bytes");
	}
	tsv_free(&t);
}

static void read_sleeps(const struct guest_case *w, struct verify_case *c, struct wb_result *r)
{
	struct tsv t;

	if (!tsv_read(c, "passes.tsv", &t))
		return;
	for (size_t i = 0; i < t.nr_rows; i++)
		r->sleeps += strcmp(tsv_text(&t, i, "verdict"), "sleep") == 0 &&
			     tsv_int(&t, i, "t_us") <= w->duration_ms * 1000;
	tsv_free(&t);
}

void wb_result_read(const struct guest_case *w, struct verify_case *c, struct wb_result *r)
{
	*r = (struct wb_result){ 0 };
	read_samples(c, r);
	read_progress(w, c, r);
	read_sleeps(w, c, r);
}
