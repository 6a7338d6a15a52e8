/*
 * reclaim.c - reclaim, swap and the OOM killer: every decision, and whole runs
 *
 *	rows of shrink, balanced, kswapd  ->  the model's functions  ->  equal?
 *	machine, memory, programs         ->  a run                  ->  how far apart?
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/verify/reclaim_case.h"

/* The largest distances, in 1/1000. */
#define FAR_CURVE        50
#define FAR_STEAL        30
#define FAR_REFAULT      30
#define FAR_SCAN         100
#define FAR_SCAN_SWAP    250
#define FAR_SWAP         50
#define FAR_WAKEUPS      100
#define MANY_SWAP        10000 /* pages; fewer: the same order of magnitude */
#define FACTOR_MAGNITUDE 10
#define FACTOR_DIRECT    2

/* ---- curves ---- */

/* The sample nearest in time. */
static const struct reclaim_sample *sample_near(const struct reclaim_result *r, int64_t t_us)
{
	size_t i = 0;

	while (i + 1 < r->nr_samples && r->sample[i + 1].t_us - t_us <= t_us - r->sample[i].t_us)
		i++;
	return &r->sample[i];
}

static void compare_curve(struct guest_case *w, const struct reclaim_result *r, const struct tsv *t,
			  enum reclaim_counter which)
{
	struct guest_curve curve = { 0 };

	for (size_t i = 0; i < t->nr_rows; i++)
		guest_curve_add(&curve, sample_near(r, guest_sample(w, t, i, "t_us"))->v[which],
				guest_sample(w, t, i, reclaim_counters[which]));
	if (curve.n)
		guest_report(w, reclaim_counters[which],
			     guest_curve_distance(&curve, max_u64(curve.sum / curve.n, 1)),
			     FAR_CURVE);
}

/* ---- totals ---- */

/* How much a counter grew during the run. */
static int64_t grown(const struct reclaim_result *r, enum reclaim_counter which)
{
	return r->sample[r->nr_samples - 1].v[which] - r->sample[0].v[which];
}

static int64_t recorded_growth(const struct guest_case *w, const struct tsv *t,
			       enum reclaim_counter which)
{
	return guest_sample(w, t, t->nr_rows - 1, reclaim_counters[which]) -
	       guest_sample(w, t, 0, reclaim_counters[which]);
}

static void compare_total(struct guest_case *w, const struct reclaim_result *r, const struct tsv *t,
			  enum reclaim_counter a, enum reclaim_counter b, int64_t largest)
{
	int64_t computed = grown(r, a) + (a == b ? 0 : grown(r, b));
	int64_t recorded = recorded_growth(w, t, a) + (a == b ? 0 : recorded_growth(w, t, b));
	char *name = a == b ? sim_strdup(reclaim_counters[a])
			    : sim_strndup(reclaim_counters[a], strcspn(reclaim_counters[a], "_"));

	if (computed || recorded)
		guest_report(w, name, guest_relative(computed, recorded), largest);
	sim_free(name);
}

/* Whether one is at most so many times the other; a few more or less do not count. */
static void report_factor(struct guest_case *w, const char *name, int64_t computed,
			  int64_t recorded, int64_t factor, int64_t few)
{
	bool far = computed > recorded * factor + few || recorded > computed * factor + few;

	w->c->different |= far;
	if ((computed || recorded) && (far || !w->c->o->quiet))
		printf("%s/%s  %-16s %" PRId64 ", recorded %" PRId64 " (at most %" PRId64
		       " times)%s\n",
		       w->c->family, w->c->name, name, computed, recorded, factor,
		       far ? ": too far" : "");
}

static void compare_swap(struct guest_case *w, const struct reclaim_result *r, const struct tsv *t,
			 enum reclaim_counter which)
{
	if (recorded_growth(w, t, which) > MANY_SWAP)
		compare_total(w, r, t, which, which, FAR_SWAP);
	else
		report_factor(w, reclaim_counters[which], grown(r, which),
			      recorded_growth(w, t, which), FACTOR_MAGNITUDE, FACTOR_MAGNITUDE);
}

/* What writes of vm.nr_hugepages came by: microseconds may decide whether few or most. */
static void compare_huge_pages(struct guest_case *w, const struct reclaim_result *r,
			       const struct tsv *t)
{
	if (!grown(r, R_HTLB_SUCCESS) && !grown(r, R_HTLB_FAIL) &&
	    !recorded_growth(w, t, R_HTLB_SUCCESS) && !recorded_growth(w, t, R_HTLB_FAIL))
		return;
	report_factor(w, "huge pages", grown(r, R_HTLB_SUCCESS),
		      recorded_growth(w, t, R_HTLB_SUCCESS), FACTOR_MAGNITUDE, FACTOR_MAGNITUDE);
	report_factor(w, "compact_stall", grown(r, R_COMPACT_STALL),
		      recorded_growth(w, t, R_COMPACT_STALL), FACTOR_MAGNITUDE, FACTOR_MAGNITUDE);
}

static void compare_samples(struct guest_case *w, const struct reclaim_result *r)
{
	struct tsv t;
	bool swaps;

	if (!r->nr_samples || !tsv_read(w->c, "samples.tsv", &t))
		return;
	compare_curve(w, r, &t, R_FREE);
	compare_curve(w, r, &t, R_INACTIVE_FILE);
	compare_curve(w, r, &t, R_ACTIVE_FILE);
	compare_curve(w, r, &t, R_INACTIVE_ANON);
	if (t.nr_rows) {
		swaps = recorded_growth(w, &t, R_SWPOUT) > 0;
		compare_total(w, r, &t, R_STEAL_KSWAPD, R_STEAL_DIRECT, FAR_STEAL);
		compare_total(w, r, &t, R_SCAN_KSWAPD, R_SCAN_DIRECT,
			      swaps ? FAR_SCAN_SWAP : FAR_SCAN);
		compare_total(w, r, &t, R_REFAULT_FILE, R_REFAULT_FILE, FAR_REFAULT);
		compare_swap(w, r, &t, R_SWPIN);
		compare_swap(w, r, &t, R_SWPOUT);
		compare_huge_pages(w, r, &t);
	}
	tsv_free(&t);
}

/* ---- kswapd, direct reclaim, OOM ---- */

static void compare_wakeups(struct guest_case *w, const struct reclaim_result *r)
{
	int64_t wakeups = 0;
	struct tsv t;

	if (!tsv_read(w->c, "kswapd.tsv", &t))
		return;
	for (size_t i = 0; i < t.nr_rows; i++)
		wakeups += strcmp(tsv_text(&t, i, "event"), "wakeup") == 0;
	if (wakeups || r->wakeups)
		guest_report(w, "kswapd wakeups", guest_relative(r->wakeups, wakeups), FAR_WAKEUPS);
	tsv_free(&t);
}

static void compare_direct(struct guest_case *w, const struct reclaim_result *r)
{
	struct tsv t;

	if (!tsv_read(w->c, "direct.tsv", &t))
		return;
	report_factor(w, "direct reclaims", r->direct, (int64_t)t.nr_rows, FACTOR_DIRECT, 0);
	tsv_free(&t);
}

/* The names of "Killed process 274 (hog)", in their order, a blank behind each. */
static void compare_victims(struct guest_case *w, const struct reclaim_result *r)
{
	const char *computed = r->victims ? r->victims : "";
	struct str names = { 0 };
	struct verify_text t;
	char *line, *p;
	bool equal;

	/* no report and a table of events: nobody was killed */
	if (verify_read(w->c, "oom-report.txt", &t)) {
		while ((line = verify_line(&t)))
			if ((p = strstr(line, "Killed process ")) && (p = strchr(p, '(')))
				str_addf(&names, "%.*s ", (int)strcspn(p + 1, ")"), p + 1);
		verify_text_free(&t);
	} else if (!verify_exists(w->c, "oom.tsv") && !verify_exists(w->c, "samples.tsv")) {
		return;
	}
	equal = strcmp(computed, str_get(&names)) == 0;
	w->c->different |= !equal;
	if (!equal || (names.len && !w->c->o->quiet))
		printf("%s/%s  %-16s %s%s%s%s\n", w->c->family, w->c->name, "OOM victims",
		       *computed ? computed : "none ", equal ? "" : "; recorded: ",
		       equal       ? "as recorded"
		       : names.len ? str_get(&names)
				   : "none",
		       equal ? "" : ": not the same");
	str_free(&names);
}

static bool reclaim_run(struct verify_case *c)
{
	struct guest_case *w = sim_calloc(1, sizeof(*w));
	struct reclaim_result result = { 0 };
	bool ok = guest_case_read(c, w);

	if (ok) {
		reclaim_rows_compare(w);
		ok = reclaim_case_run(w, &result);
	}
	if (ok) {
		compare_samples(w, &result);
		compare_wakeups(w, &result);
		compare_direct(w, &result);
		compare_victims(w, &result);
	}
	reclaim_result_free(&result);
	guest_case_free(w);
	sim_free(w);
	return ok;
}

const struct verify_family verify_reclaim = { "reclaim", reclaim_run };
