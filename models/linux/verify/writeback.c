/*
 * writeback.c - dirty throttling: every decision, and whole runs
 *
 *	rows of limits, passes, bandwidth, shares  ->  the model's functions  ->  equal?
 *	machine, settings, programs                ->  a run                  ->  how far apart?
 *
 * A run of a simulator cannot equal the real one point for point (CPU time and
 * the phase of interrupts differ): curves have a distance, and a largest one.
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/verify/writeback_case.h"

/* The largest distances, in 1/1000. */
#define FAR_DIRTY   30
#define FAR_THRESH  30
#define FAR_PAGES   20
#define FAR_WRITER  50
#define FAR_SLEEPS  100
#define MANY_SLEEPS 50

/* ---- what is compared ---- */

/* The sample nearest in time. */
static const struct wb_sample *sample_near(const struct wb_result *r, int64_t t_us)
{
	size_t i = 0;

	while (i + 1 < r->nr_samples && r->sample[i + 1].t_us - t_us <= t_us - r->sample[i].t_us)
		i++;
	return &r->sample[i];
}

static void compare_samples(struct guest_case *w, const struct wb_result *r)
{
	struct guest_curve dirty = { 0 }, thresh = { 0 };
	const struct wb_sample *p = NULL;
	uint64_t sum = 0;
	struct tsv t;
	size_t last;

	if (!r->nr_samples || !tsv_read(w->c, "samples.tsv", &t))
		return;
	for (size_t i = 0; i < t.nr_rows; i++) {
		int64_t limit = guest_sample(w, &t, i, "nr_dirty_threshold");

		p = sample_near(r, guest_sample(w, &t, i, "t_us"));
		guest_curve_add(&dirty, p->nr_dirty + p->nr_writeback,
				guest_sample(w, &t, i, "nr_dirty") +
				    guest_sample(w, &t, i, "nr_writeback"));
		guest_curve_add(&thresh, p->nr_dirty_threshold, limit);
		sum += (uint64_t)limit;
	}
	if (t.nr_rows) {
		last = t.nr_rows - 1;
		guest_report(w, "dirty+writeback", guest_curve_distance(&dirty, sum / t.nr_rows),
			     FAR_DIRTY);
		guest_report(w, "threshold", guest_curve_distance(&thresh, sum / t.nr_rows),
			     FAR_THRESH);
		guest_report(w, "nr_written",
			     guest_relative(p->nr_written, guest_sample(w, &t, last, "nr_written")),
			     FAR_PAGES);
		guest_report(w, "nr_dirtied",
			     guest_relative(p->nr_dirtied, guest_sample(w, &t, last, "nr_dirtied")),
			     FAR_PAGES);
	}
	tsv_free(&t);
}

/* Bytes of a writer's steps up to the end, as its lines of progress say. */
static void compare_writer(struct guest_case *w, const struct wb_result *r, const struct tsv *t,
			   const char *process)
{
	int64_t recorded[GUEST_MAX_STEPS] = { 0 }, a = 0, b = 0;
	char *name;

	for (size_t i = 0; i < t->nr_rows; i++) {
		int64_t line = tsv_int(t, i, "line");

		if (strcmp(tsv_text(t, i, "process"), process) == 0 && line >= 0 &&
		    line < w->nr_steps && tsv_int(t, i, "t_us") <= w->duration_ms * 1000)
			recorded[line] = tsv_int(t, i, "bytes");
	}
	for (int i = 0; i < w->nr_steps; i++) {
		if (strcmp(w->step[i].process, process) != 0 || strcmp(w->step[i].op, "write") != 0)
			continue;
		/* the last line of a step may be missing where the next one came soon */
		if (w->step[i].process && r->bytes[i] && recorded[i])
			a += r->bytes[i];
		b += recorded[i];
	}
	if (!b)
		return;
	name = str_format("bytes of %s", process);
	guest_report(w, name, guest_relative(a, b), FAR_WRITER);
	sim_free(name);
}

static void compare_writers(struct guest_case *w, const struct wb_result *r)
{
	struct tsv t;

	if (!tsv_read(w->c, "progress.tsv", &t))
		return;
	for (int i = 0; i < w->nr_steps; i++) {
		bool first = true;

		for (int k = 0; k < i; k++)
			first &= strcmp(w->step[k].process, w->step[i].process) != 0;
		if (first)
			compare_writer(w, r, &t, w->step[i].process);
	}
	tsv_free(&t);
}

static void compare_sleeps(struct guest_case *w, const struct wb_result *r)
{
	int64_t sleeps = 0;
	struct tsv t;

	if (!tsv_read(w->c, "passes.tsv", &t))
		return;
	for (size_t i = 0; i < t.nr_rows; i++)
		sleeps += strcmp(tsv_text(&t, i, "verdict"), "sleep") == 0 &&
			  tsv_int(&t, i, "t_us") <= w->duration_ms * 1000;
	if (sleeps >= MANY_SLEEPS)
		guest_report(w, "sleeps", guest_relative(r->sleeps, sleeps), FAR_SLEEPS);
	tsv_free(&t);
}

void wb_result_compare(struct guest_case *w, const struct wb_result *r)
{
	compare_samples(w, r);
	compare_writers(w, r);
	compare_sleeps(w, r);
}

static bool writeback_run(struct verify_case *c)
{
	struct guest_case *w = sim_calloc(1, sizeof(*w));
	struct wb_result result = { 0 };
	bool ok = guest_case_read(c, w);

	if (ok) {
		wb_rows_compare(w);
		ok = wb_case_run(w, &result);
	}
	if (ok)
		wb_result_compare(w, &result);
	wb_result_free(&result);
	guest_case_free(w);
	sim_free(w);
	return ok;
}

const struct verify_family verify_writeback = { "writeback", writeback_run };
