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

_Static_assert(offsetof(struct reclaim_sample, t_us) == 0, "as guest_sample_near wants it");

static const struct reclaim_sample *sample_near(const struct reclaim_result *r, int64_t t_us)
{
	return guest_sample_near(r->sample, r->nr_samples, sizeof(*r->sample), t_us);
}

static void compare_curve(struct verify_case *c, const struct reclaim_result *r,
			  const struct reclaim_result *recorded, enum reclaim_counter which)
{
	struct guest_curve curve = { 0 };

	for (size_t i = 0; i < recorded->nr_samples; i++) {
		const struct reclaim_sample *sample = &recorded->sample[i];

		guest_curve_add(&curve, sample_near(r, sample->t_us)->v[which], sample->v[which]);
	}
	if (curve.n)
		guest_report(c, reclaim_counters[which],
			     guest_curve_distance(&curve, max_u64(curve.sum / curve.n, 1)),
			     FAR_CURVE);
}

/* ---- totals ---- */

/* How much a counter grew during the run. */
static int64_t grown(const struct reclaim_result *r, enum reclaim_counter which)
{
	return r->sample[r->nr_samples - 1].v[which] - r->sample[0].v[which];
}

static void compare_total(struct verify_case *c, const struct reclaim_result *r,
			  const struct reclaim_result *old, enum reclaim_counter a,
			  enum reclaim_counter b, int64_t largest)
{
	int64_t computed = grown(r, a) + (a == b ? 0 : grown(r, b));
	int64_t recorded = grown(old, a) + (a == b ? 0 : grown(old, b));
	char *name = a == b ? sim_strdup(reclaim_counters[a])
			    : sim_strndup(reclaim_counters[a], strcspn(reclaim_counters[a], "_"));

	if (computed || recorded)
		guest_report(c, name, guest_relative(computed, recorded), largest);
	sim_free(name);
}

/* Whether one is at most so many times the other; a few more or less do not count. */
static void report_factor(struct verify_case *c, const char *name, int64_t computed,
			  int64_t recorded, int64_t factor, int64_t few)
{
	bool far = computed > recorded * factor + few || recorded > computed * factor + few;

	c->different |= far;
	if ((computed || recorded) && (far || !c->o->quiet))
		printf("%s/%s  %-16s %" PRId64 ", recorded %" PRId64 " (at most %" PRId64
		       " times)%s\n",
		       c->family, c->name, name, computed, recorded, factor,
		       far ? ": too far" : "");
}

static void compare_growth(struct verify_case *c, const char *name, const struct reclaim_result *r,
			   const struct reclaim_result *recorded, enum reclaim_counter which)
{
	report_factor(c, name, grown(r, which), grown(recorded, which), FACTOR_MAGNITUDE,
		      FACTOR_MAGNITUDE);
}

static void compare_swap(struct verify_case *c, const struct reclaim_result *r,
			 const struct reclaim_result *recorded, enum reclaim_counter which)
{
	if (grown(recorded, which) > MANY_SWAP)
		compare_total(c, r, recorded, which, which, FAR_SWAP);
	else
		compare_growth(c, reclaim_counters[which], r, recorded, which);
}

/* What writes of vm.nr_hugepages came by: microseconds may decide whether few or most. */
static void compare_huge_pages(struct verify_case *c, const struct reclaim_result *r,
			       const struct reclaim_result *recorded)
{
	if (!grown(r, R_HTLB_SUCCESS) && !grown(r, R_HTLB_FAIL) &&
	    !grown(recorded, R_HTLB_SUCCESS) && !grown(recorded, R_HTLB_FAIL))
		return;
	compare_growth(c, "huge pages", r, recorded, R_HTLB_SUCCESS);
	compare_growth(c, "compact_stall", r, recorded, R_COMPACT_STALL);
}

static void compare_samples(struct verify_case *c, const struct reclaim_result *r,
			    const struct reclaim_result *recorded)
{
	int64_t far_scan;

	if (!r->nr_samples || !recorded->nr_samples)
		return;
	compare_curve(c, r, recorded, R_FREE);
	compare_curve(c, r, recorded, R_INACTIVE_FILE);
	compare_curve(c, r, recorded, R_ACTIVE_FILE);
	compare_curve(c, r, recorded, R_INACTIVE_ANON);
	far_scan = grown(recorded, R_SWPOUT) > 0 ? FAR_SCAN_SWAP : FAR_SCAN;
	compare_total(c, r, recorded, R_STEAL_KSWAPD, R_STEAL_DIRECT, FAR_STEAL);
	compare_total(c, r, recorded, R_SCAN_KSWAPD, R_SCAN_DIRECT, far_scan);
	compare_total(c, r, recorded, R_REFAULT_FILE, R_REFAULT_FILE, FAR_REFAULT);
	compare_swap(c, r, recorded, R_SWPIN);
	compare_swap(c, r, recorded, R_SWPOUT);
	compare_huge_pages(c, r, recorded);
}

/* ---- kswapd, direct reclaim, OOM ---- */

static void compare_events(struct verify_case *c, const struct reclaim_result *r,
			   const struct reclaim_result *recorded)
{
	if (r->wakeups >= 0 && recorded->wakeups >= 0 && r->wakeups + recorded->wakeups)
		guest_report(c, "kswapd wakeups", guest_relative(r->wakeups, recorded->wakeups),
			     FAR_WAKEUPS);
	if (r->direct >= 0 && recorded->direct >= 0)
		report_factor(c, "direct reclaims", r->direct, recorded->direct, FACTOR_DIRECT, 0);
}

/* The names of who was killed, in their order. */
static void compare_victims(struct verify_case *c, const struct reclaim_result *r,
			    const struct reclaim_result *recorded)
{
	const char *computed = r->victims ? r->victims : "", *names = recorded->victims;
	bool equal;

	if (!names)
		return;
	equal = strcmp(computed, names) == 0;
	c->different |= !equal;
	if (!equal || (*names && !c->o->quiet))
		printf("%s/%s  %-16s %s%s%s%s\n", c->family, c->name, "OOM victims",
		       *computed ? computed : "none ", equal ? "" : "; recorded: ",
		       equal    ? "as recorded"
		       : *names ? names
				: "none",
		       equal ? "" : ": not the same");
}

/* ---- a case ---- */

static void compare(struct verify_case *c, const struct reclaim_result *r)
{
	struct reclaim_result recorded = { 0 };

	reclaim_result_read(c, &recorded);
	compare_samples(c, r, &recorded);
	compare_events(c, r, &recorded);
	compare_victims(c, r, &recorded);
	reclaim_result_free(&recorded);
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
	if (ok)
		compare(c, &result);
	reclaim_result_free(&result);
	guest_case_free(w);
	sim_free(w);
	return ok;
}

static bool reclaim_compare(struct verify_case *c, struct verify_case *other)
{
	struct reclaim_result result = { 0 };

	reclaim_result_read(other, &result);
	compare(c, &result);
	reclaim_result_free(&result);
	return true;
}

const struct verify_family verify_reclaim = { "reclaim", reclaim_run, reclaim_compare };
