/*
 * compare_plan.c - which runs a comparison has, and whether they can be
 *
 * Every combination of the values of all axes is one; everything that could be
 * wrong with one of them is found before the first begins.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/cli/compare.h"

#define MAX_NAME 60 /* of a results file; longer ones are numbered */

const char *compare_value(const struct compare *c, int run, int axis)
{
	if (c->seeds && axis == c->plan.nr_axes - 1)
		return c->plan.axes[axis].values[run];
	return plan_value(&c->plan, (uint64_t)run, axis);
}

static bool count_runs(struct compare *c)
{
	c->nr_runs = 1;
	for (int a = 0; a < c->plan.nr_axes; a++) {
		c->nr_runs *= c->plan.axes[a].n;
		if (c->nr_runs > COMPARE_MAX_RUNS) {
			cli_usage(&compare_command, "more than %d runs", COMPARE_MAX_RUNS);
			return false;
		}
	}
	return true;
}

/*
 * The seeds: an axis that changes fastest.  No two runs have the same one: what is compared must
 * not depend on each other.  With --at they do, and are compared in pairs: each combination has the
 * same seeds.
 */
static bool add_seeds(struct compare *c)
{
	struct diag d = { 0 };
	struct setting sets[PLAN_MAX_AXES];
	struct scenario *sc;
	bool ok;

	if (!plan_has_no_seeds(&c->plan))
		return false;
	for (int a = 0; a < c->plan.nr_axes; a++)
		sets[a] = (struct setting){ c->plan.axes[a].key, c->plan.axes[a].values[0] };
	sc = run_load(c->plan.cli, &d, c->plan.scenario, sets, c->plan.nr_axes);
	ok = sc && run_check(&d, sc, NULL, 0) && plan_add_axis(&c->plan, "seed", NULL);
	if (ok) {
		struct plan_axis *axis = &c->plan.axes[c->plan.nr_axes - 1];

		axis->n = c->seeds;
		ok = count_runs(c);
		for (int i = 0; ok && i < c->nr_runs; i++) {
			int nr = c->at == FOREVER ? i : i % c->seeds;

			axis->values[i] =
			    str_format("%" PRIu64, ((uint64_t)sc->seed + (uint64_t)nr) & INT64_MAX);
		}
	}
	if (sc)
		scenario_free(sc);
	c->plan.host_failed |= d.host_failed;
	diag_free(&d);
	return ok;
}

void compare_settings(const struct compare *c, int run, struct setting *sets)
{
	int n = 0;

	for (int late = 0; late < 2; late++) {
		for (int a = 0; a < c->plan.nr_axes; a++)
			if ((c->at != FOREVER && c->plan.axes[a].n > 1) == late)
				sets[n++] = (struct setting){ c->plan.axes[a].key,
							      compare_value(c, run, a) };
	}
}

/* vm.dirty_ratio_5-vm.swappiness_60, or run-003 if that gets too long or is not unique. */
static char *run_name(const struct compare *c, int run, bool numbered)
{
	struct str name = { 0 };
	char *safe;

	if (numbered)
		return str_format("run-%03d", run + 1);
	for (int a = 0; a < c->plan.nr_axes; a++)
		if (plan_names_runs(&c->plan.axes[a]))
			str_addf(&name, "%s%s_%s", name.len ? "-" : "", c->plan.axes[a].key,
				 compare_value(c, run, a));
	safe = name.len > MAX_NAME ? NULL : cli_file_name(str_get(&name));
	str_free(&name);
	return safe;
}

static bool names_are_usable(const struct compare *c)
{
	bool ok = true;

	for (int r = 0; r < c->nr_runs && ok; r++) {
		char *name = run_name(c, r, false);

		ok = name != NULL;
		for (int k = 0; k < r && ok; k++) {
			char *other = run_name(c, k, false);

			ok = strcmp(name, other) != 0;
			sim_free(other);
		}
		sim_free(name);
	}
	return ok;
}

void compare_name_results(struct compare *c, const char *folder)
{
	bool numbered = !names_are_usable(c);

	c->paths = sim_calloc((size_t)c->nr_runs, sizeof(*c->paths));
	for (int r = 0; r < c->nr_runs; r++) {
		char *name = run_name(c, r, numbered);

		c->paths[r] = str_format("%s/%s.db", folder, name);
		sim_free(name);
	}
}

/* Whether all keys with several values can be set while a kernel runs. */
static bool can_branch(void *arg, const struct scenario *sc, const struct diag *files)
{
	struct compare *c = arg;

	(void)files;
	if (c->at >= min_u64(sc->duration, c->plan.until)) {
		cli_error("--at: the run ends before that");
		return false;
	}
	tables_init(&c->tables, sc->personality);
	for (int a = 0; a < c->plan.nr_axes - (c->seeds != 0); a++) {
		const struct plan_axis *axis = &c->plan.axes[a];
		struct tunable_ref ref;

		if (axis->n > 1 &&
		    (!tunable_find(c->tables.tunables, axis->key, &ref) || ref.class->boot_only)) {
			cli_error("--at: \"%s\" cannot be set while the kernel runs; accepted: "
				  "tunables (mmsim list tunables)",
				  cli_escape(axis->key));
			return false;
		}
	}
	return true;
}

/* Reads every combination before the first one runs; sets the memory one run needs. */
static bool check_all(struct compare *c, uint64_t *need)
{
	struct str said = { 0 };
	bool ok = true;

	*need = 0;
	for (int r = 0; r < c->nr_runs && ok; r++) {
		struct setting sets[PLAN_MAX_AXES];
		bool branches = c->at != FOREVER && r == 0;

		compare_settings(c, r, sets);
		ok = plan_try(&c->plan, sets, c->plan.nr_axes, &said, need,
			      branches ? can_branch : NULL, c);
	}
	str_free(&said);
	return ok;
}

bool compare_plan(struct compare *c, uint64_t *need)
{
	return plan_add_own(&c->plan, false) && (c->seeds ? add_seeds(c) : count_runs(c)) &&
	       check_all(c, need);
}

char *compare_describe(const struct compare *c, int run, int nr_axes)
{
	struct str text = { 0 };

	for (int a = 0; a < nr_axes; a++)
		if (plan_names_runs(&c->plan.axes[a]))
			str_addf(&text, "%s%s %s", text.len ? ", " : "", c->plan.axes[a].key,
				 compare_value(c, run, a));
	return str_take(&text);
}
