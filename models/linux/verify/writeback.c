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

_Static_assert(offsetof(struct wb_sample, t_us) == 0, "as guest_sample_near wants it");

static const struct wb_sample *sample_near(const struct wb_result *r, int64_t t_us)
{
	return guest_sample_near(r->sample, r->nr_samples, sizeof(*r->sample), t_us);
}

static void compare_samples(struct verify_case *c, const struct wb_result *r,
			    const struct wb_result *recorded)
{
	struct guest_curve dirty = { 0 }, thresh = { 0 };
	const struct wb_sample *p = NULL, *last = NULL;
	uint64_t sum = 0, n = recorded->nr_samples;

	if (!r->nr_samples || !n)
		return;
	for (size_t i = 0; i < n; i++) {
		last = &recorded->sample[i];
		p = sample_near(r, last->t_us);
		guest_curve_add(&dirty, p->nr_dirty + p->nr_writeback,
				last->nr_dirty + last->nr_writeback);
		guest_curve_add(&thresh, p->nr_dirty_threshold, last->nr_dirty_threshold);
		sum += (uint64_t)last->nr_dirty_threshold;
	}
	guest_report(c, "dirty+writeback", guest_curve_distance(&dirty, sum / n), FAR_DIRTY);
	guest_report(c, "threshold", guest_curve_distance(&thresh, sum / n), FAR_THRESH);
	guest_report(c, "nr_written", guest_relative(p->nr_written, last->nr_written), FAR_PAGES);
	guest_report(c, "nr_dirtied", guest_relative(p->nr_dirtied, last->nr_dirtied), FAR_PAGES);
}

/* Bytes of a writer's steps up to the end. */
static void compare_writer(struct guest_case *w, const struct wb_result *r,
			   const struct wb_result *recorded, const char *process)
{
	int64_t a = 0, b = 0;
	char *name;

	for (int i = 0; i < w->nr_steps; i++) {
		if (strcmp(w->step[i].process, process) != 0 || strcmp(w->step[i].op, "write") != 0)
			continue;
		/* the last line of a step may be missing where the next one came soon */
		if (r->bytes[i] && recorded->bytes[i])
			a += r->bytes[i];
		b += recorded->bytes[i];
	}
	if (!b)
		return;
	name = str_format("bytes of %s", process);
	guest_report(w->c, name, guest_relative(a, b), FAR_WRITER);
	sim_free(name);
}

static void compare_writers(struct guest_case *w, const struct wb_result *r,
			    const struct wb_result *recorded)
{
	for (int i = 0; i < w->nr_steps; i++) {
		bool first = true;

		for (int k = 0; k < i; k++)
			first &= strcmp(w->step[k].process, w->step[i].process) != 0;
		if (first)
			compare_writer(w, r, recorded, w->step[i].process);
	}
}

void wb_result_compare(struct guest_case *w, const struct wb_result *r)
{
	struct wb_result recorded;

	wb_result_read(w, w->c, &recorded);
	compare_samples(w->c, r, &recorded);
	compare_writers(w, r, &recorded);
	if (recorded.sleeps >= MANY_SLEEPS)
		guest_report(w->c, "sleeps", guest_relative(r->sleeps, recorded.sleeps),
			     FAR_SLEEPS);
	wb_result_free(&recorded);
}

/* ---- a case ---- */

/* other: who recorded the run that takes the place of a computed one; NULL: it is computed. */
static bool verify_run(struct verify_case *c, struct verify_case *other)
{
	struct guest_case *w = sim_calloc(1, sizeof(*w));
	struct wb_result result = { 0 };
	bool ok = guest_case_read(c, w);

	if (ok && other) {
		wb_result_read(w, other, &result);
	} else if (ok) {
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

static bool writeback_run(struct verify_case *c)
{
	return verify_run(c, NULL);
}

const struct verify_family verify_writeback = { "writeback", writeback_run, verify_run };
