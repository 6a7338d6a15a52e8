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

bool compare_names_runs(const struct compare_axis *a)
{
	return a->n > 1 || a->replaces;
}

bool compare_add_axis(struct compare *c, const char *key, char *values)
{
	struct compare_axis *a = &c->axes[c->nr_axes];

	if (c->nr_axes == COMPARE_MAX_AXES) {
		cli_usage(&compare_command, "at most %d keys are accepted", COMPARE_MAX_AXES);
		return false;
	}
	*a = (struct compare_axis){ .key = sim_strdup(key) };
	c->nr_axes++;
	for (char *v = values; v; v = strchr(v, ',') ? strchr(v, ',') + 1 : NULL) {
		if (a->n == COMPARE_MAX_RUNS) {
			cli_usage(&compare_command, "at most %d values are accepted",
				  COMPARE_MAX_RUNS);
			return false;
		}
		a->values[a->n++] = sim_strndup(v, strcspn(v, ","));
	}
	return true;
}

/* The one of the axes from "from" on with a key, or NULL; "vm/swappiness" is vm.swappiness. */
static struct compare_axis *find_axis(const struct compare *c, int from, const char *key)
{
	char *wanted = tunable_dotted(key);
	struct compare_axis *found = NULL;

	for (int a = from; a < c->nr_axes && !found; a++) {
		char *there = tunable_dotted(c->axes[a].key);

		found = strcmp(there, wanted) == 0 ? &c->axes[a] : NULL;
		sim_free(there);
	}
	sim_free(wanted);
	return found;
}

/* Moves the last axis before others. */
static void move_axis(struct compare *c, int to)
{
	struct compare_axis last = c->axes[c->nr_axes - 1];

	memmove(&c->axes[to + 1], &c->axes[to], (size_t)(c->nr_axes - 1 - to) * sizeof(*c->axes));
	c->axes[to] = last;
}

int compare_add_tuning(struct compare *c)
{
	int exit_code = tuning_read(&c->tuning, c->cli, c->scenario, c->json || c->csv || c->quiet);

	for (int i = 0; i < c->tuning.nr_sets && !exit_code; i++) {
		const struct setting *set = &c->tuning.sets[i];

		if (find_axis(c, 0, set->key))
			continue;
		if (!compare_add_axis(c, set->key, (char *)set->value))
			return EXIT_INPUT;
		move_axis(c, c->nr_file_axes++);
	}
	return exit_code;
}

static bool has_several(const struct compare *c)
{
	for (int a = 0; a < c->nr_axes; a++)
		if (c->axes[a].n > 1)
			return true;
	return false;
}

/*
 * The scenario's own "compare:", unless the command line says what to compare.  What was given with
 * --set is written after it, and of a key that both have it alone counts.
 */
static bool take_own_axes(struct compare *c, const struct scenario *sc)
{
	bool replaced = false;
	int to = c->nr_file_axes;

	for (int i = 0; i < sc->nr_compare && c->nr_axes < COMPARE_MAX_AXES; i++) {
		const struct sweep_axis *own = &sc->compare[i];
		struct compare_axis *a = find_axis(c, to, own->key);

		if (a) {
			replaced = a->replaces = true;
			if (!c->quiet)
				cli_error("note: %s: --set takes the place of the values in "
					  "\"compare:\"",
					  cli_escape(own->key));
			continue;
		}
		a = &c->axes[c->nr_axes++];
		*a = (struct compare_axis){ .key = sim_strdup(own->key) };
		for (int v = 0; v < own->n && a->n < COMPARE_MAX_RUNS; v++)
			a->values[a->n++] = sim_strdup(own->values[v]);
		move_axis(c, to++);
	}
	if (!has_several(c) && !replaced)
		cli_usage(&compare_command,
			  "nothing to compare: --set KEY=V1,V2 or \"compare:\" in "
			  "the scenario");
	return has_several(c) || replaced;
}

static bool add_own_axes(struct compare *c)
{
	struct diag d = { 0 };
	struct scenario *sc;
	bool ok;

	if (has_several(c))
		return true;
	sc = run_load(c->cli, &d, c->scenario, NULL, 0);
	ok = sc && run_check(&d, sc, NULL, 0) && take_own_axes(c, sc);
	if (sc)
		scenario_free(sc);
	c->host_failed |= d.host_failed;
	diag_free(&d);
	return ok;
}

const char *compare_value(const struct compare *c, int run, int axis)
{
	if (c->seeds && axis == c->nr_axes - 1)
		return c->axes[axis].values[run];
	for (int a = c->nr_axes - 1; a > axis; a--)
		run /= c->axes[a].n;
	return c->axes[axis].values[run % c->axes[axis].n];
}

static bool count_runs(struct compare *c)
{
	c->nr_runs = 1;
	for (int a = 0; a < c->nr_axes; a++) {
		c->nr_runs *= c->axes[a].n;
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
	struct setting sets[COMPARE_MAX_AXES];
	struct scenario *sc;
	bool ok;

	for (int a = 0; a < c->nr_axes; a++) {
		if (strcmp(c->axes[a].key, "seed") == 0 && c->axes[a].n > 1) {
			cli_usage(&compare_command, "--seeds and several values of \"seed\"; "
						    "accepted: one of them");
			return false;
		}
		sets[a] = (struct setting){ c->axes[a].key, c->axes[a].values[0] };
	}
	sc = run_load(c->cli, &d, c->scenario, sets, c->nr_axes);
	ok = sc && run_check(&d, sc, NULL, 0) && compare_add_axis(c, "seed", NULL);
	if (ok) {
		struct compare_axis *axis = &c->axes[c->nr_axes - 1];

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
	c->host_failed |= d.host_failed;
	diag_free(&d);
	return ok;
}

void compare_settings(const struct compare *c, int run, struct setting *sets)
{
	int n = 0;

	for (int late = 0; late < 2; late++) {
		for (int a = 0; a < c->nr_axes; a++)
			if ((c->at != FOREVER && c->axes[a].n > 1) == late)
				sets[n++] =
				    (struct setting){ c->axes[a].key, compare_value(c, run, a) };
	}
}

/* vm.dirty_ratio_5-vm.swappiness_60, or run-003 if that gets too long or is not unique. */
static char *run_name(const struct compare *c, int run, bool numbered)
{
	struct str name = { 0 };
	char *safe;

	if (numbered)
		return str_format("run-%03d", run + 1);
	for (int a = 0; a < c->nr_axes; a++)
		if (compare_names_runs(&c->axes[a]))
			str_addf(&name, "%s%s_%s", name.len ? "-" : "", c->axes[a].key,
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

char *compare_default_folder(const char *scenario)
{
	const char *slash = strrchr(scenario, '/');
	const char *base = strcmp(scenario, "-") == 0 ? "stdin" : slash ? slash + 1 : scenario;
	const char *dot = strrchr(base, '.');
	char *text = sim_strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
	char *name = cli_file_name(text);
	char *folder = str_format("results/%s", name);

	sim_free(text);
	sim_free(name);
	return folder;
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
static bool can_branch(struct compare *c, const struct scenario *sc)
{
	if (c->at >= min_u64(sc->duration, c->until)) {
		cli_error("--at: the run ends before that");
		return false;
	}
	tables_init(&c->tables, sc->personality);
	for (int a = 0; a < c->nr_axes - (c->seeds != 0); a++) {
		struct tunable_ref ref;

		if (c->axes[a].n > 1 && (!tunable_find(c->tables.tunables, c->axes[a].key, &ref) ||
					 ref.class->boot_only)) {
			cli_error("--at: \"%s\" cannot be set while the kernel runs; accepted: "
				  "tunables (mmsim list tunables)",
				  cli_escape(c->axes[a].key));
			return false;
		}
	}
	return true;
}

/* Reads every combination before the first one runs; sets the memory one run needs. */
static bool check_all(struct compare *c, uint64_t *need)
{
	struct str said = { 0 };
	bool all_ok = true;

	*need = 0;
	for (int r = 0; r < c->nr_runs && all_ok; r++) {
		struct setting sets[COMPARE_MAX_AXES];
		struct str notes = { 0 };
		struct diag d = { 0 };
		struct scenario *sc;
		bool ok;

		compare_settings(c, r, sets);
		sc = run_load(c->cli, &d, c->scenario, sets, c->nr_axes);
		ok = sc && run_check(&d, sc, c->trace, c->nr_trace) && run_rehearse(&d, sc, &notes);
		if (ok && sc->personality->estimate)
			*need = max_u64(*need, sc->personality->estimate(sc));
		if (ok && c->at != FOREVER && r == 0)
			ok = can_branch(c, sc);
		if (sc)
			scenario_free(sc);
		c->host_failed |= d.host_failed;
		diag_free(&d);
		if (!c->quiet)
			run_print_notes(NULL, &notes, &said);
		str_free(&notes);
		all_ok = ok;
	}
	str_free(&said);
	return all_ok;
}

/* Whether it is the second one of its kind. */
static bool is_repeated(const struct compare_axis *axis, int v)
{
	int before = 0;

	for (int i = 0; i < v; i++)
		before += strcmp(axis->values[i], axis->values[v]) == 0;
	return before == 1;
}

/* The same value twice gives the same run twice: allowed, to see that it does, but seldom meant. */
static void say_repeated(const struct compare *c)
{
	for (int a = 0; a < c->nr_axes; a++) {
		const struct compare_axis *axis = &c->axes[a];

		for (int v = 0; v < axis->n; v++)
			if (is_repeated(axis, v))
				cli_error("note: %s: the value %s is there more than once",
					  cli_escape(axis->key), cli_escape(axis->values[v]));
	}
}

bool compare_plan(struct compare *c, uint64_t *need)
{
	if (!add_own_axes(c))
		return false;
	if (!c->quiet)
		say_repeated(c);
	return (c->seeds ? add_seeds(c) : count_runs(c)) && check_all(c, need);
}

char *compare_describe(const struct compare *c, int run, int nr_axes)
{
	struct str text = { 0 };

	for (int a = 0; a < nr_axes; a++)
		if (compare_names_runs(&c->axes[a]))
			str_addf(&text, "%s%s %s", text.len ? ", " : "", c->axes[a].key,
				 compare_value(c, run, a));
	return str_take(&text);
}
