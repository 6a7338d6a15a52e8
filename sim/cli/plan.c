/*
 * plan.c - many runs of one scenario: keys, each with the values it shall have
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/plan.h"

void plan_init(struct plan *p, const struct cli *cli, const struct cli_command *command)
{
	*p = (struct plan){ .cli = cli, .command = command, .until = FOREVER };
	p->axes = sim_calloc(PLAN_MAX_AXES, sizeof(*p->axes));
}

void plan_free(struct plan *p)
{
	tuning_free(&p->tuning);
	for (int a = 0; a < p->nr_axes; a++) {
		sim_free(p->axes[a].key);
		for (int v = 0; v < PLAN_MAX_VALUES; v++)
			sim_free(p->axes[a].values[v]);
	}
	sim_free(p->axes);
}

bool plan_names_runs(const struct plan_axis *a)
{
	return a->n > 1 || a->replaces;
}

bool plan_add_axis(struct plan *p, const char *key, const char *values)
{
	struct plan_axis *a = &p->axes[p->nr_axes];

	if (p->nr_axes == PLAN_MAX_AXES) {
		cli_usage(p->command, "at most %d keys are accepted", PLAN_MAX_AXES);
		return false;
	}
	*a = (struct plan_axis){ .key = sim_strdup(key) };
	p->nr_axes++;
	for (const char *v = values; v; v = strchr(v, ',') ? strchr(v, ',') + 1 : NULL) {
		if (a->n == PLAN_MAX_VALUES) {
			cli_usage(p->command, "at most %d values are accepted", PLAN_MAX_VALUES);
			return false;
		}
		a->values[a->n++] = sim_strndup(v, strcspn(v, ","));
	}
	return true;
}

bool plan_add_trace(struct plan *p, const char *glob)
{
	if (p->nr_trace == PLAN_MAX_AXES) {
		cli_usage(p->command, "at most %d patterns are accepted", PLAN_MAX_AXES);
		return false;
	}
	p->trace[p->nr_trace++] = glob;
	return true;
}

/* The one of the axes from "from" on with a key, or NULL; "vm/swappiness" is vm.swappiness. */
static struct plan_axis *find_axis(const struct plan *p, int from, const char *key)
{
	char *wanted = tunable_dotted(key);
	struct plan_axis *found = NULL;

	for (int a = from; a < p->nr_axes && !found; a++) {
		char *there = tunable_dotted(p->axes[a].key);

		found = strcmp(there, wanted) == 0 ? &p->axes[a] : NULL;
		sim_free(there);
	}
	sim_free(wanted);
	return found;
}

/* Moves the last axis before others. */
static void move_axis(struct plan *p, int to)
{
	struct plan_axis last = p->axes[p->nr_axes - 1];

	memmove(&p->axes[to + 1], &p->axes[to], (size_t)(p->nr_axes - 1 - to) * sizeof(*p->axes));
	p->axes[to] = last;
}

int plan_add_tuning(struct plan *p, bool quiet)
{
	int exit_code = tuning_read(&p->tuning, p->cli, p->scenario, quiet);

	for (int i = 0; i < p->tuning.nr_sets && !exit_code; i++) {
		const struct setting *set = &p->tuning.sets[i];

		if (find_axis(p, 0, set->key))
			continue;
		if (!plan_add_axis(p, set->key, set->value))
			return EXIT_INPUT;
		move_axis(p, p->nr_file_axes++);
	}
	return exit_code;
}

static bool has_several(const struct plan *p)
{
	for (int a = 0; a < p->nr_axes; a++)
		if (p->axes[a].n > 1)
			return true;
	return false;
}

/*
 * What was given with --set is written after the scenario's own keys, and of a key that both have
 * it alone counts.
 */
static bool take_own_axes(struct plan *p, const struct scenario *sc, bool one)
{
	bool replaced = false;
	int to = p->nr_file_axes;

	for (int i = 0; i < sc->nr_compare && p->nr_axes < PLAN_MAX_AXES; i++) {
		const struct sweep_axis *own = &sc->compare[i];
		struct plan_axis *a = find_axis(p, to, own->key);

		if (a) {
			replaced = a->replaces = true;
			if (!p->quiet)
				cli_error("note: %s: --set takes the place of the values in "
					  "\"compare:\"",
					  cli_escape(own->key));
			continue;
		}
		a = &p->axes[p->nr_axes++];
		*a = (struct plan_axis){ .key = sim_strdup(own->key) };
		for (int v = 0; v < own->n && a->n < PLAN_MAX_VALUES; v++)
			a->values[a->n++] = sim_strdup(own->values[v]);
		move_axis(p, to++);
	}
	if (has_several(p) || replaced || one)
		return true;
	cli_usage(p->command, "nothing to %s: --set KEY=V1,V2 or \"compare:\" in the scenario",
		  p->command->name);
	return false;
}

/* Whether it is the second one of its kind. */
static bool is_repeated(const struct plan_axis *axis, int v)
{
	int before = 0;

	for (int i = 0; i < v; i++)
		before += strcmp(axis->values[i], axis->values[v]) == 0;
	return before == 1;
}

/* The same value twice gives the same run twice: allowed, to see that it does, but seldom meant. */
static void say_repeated(const struct plan *p)
{
	for (int a = 0; a < p->nr_axes; a++) {
		const struct plan_axis *axis = &p->axes[a];

		for (int v = 0; v < axis->n; v++)
			if (is_repeated(axis, v))
				cli_error("note: %s: the value %s is there more than once",
					  cli_escape(axis->key), cli_escape(axis->values[v]));
	}
}

bool plan_add_own(struct plan *p, bool one)
{
	struct diag d = { 0 };
	struct scenario *sc;
	bool ok = has_several(p);

	if (!ok) {
		sc = run_load(p->cli, &d, p->scenario, NULL, 0);
		ok = sc && run_check(&d, sc, NULL, 0) && take_own_axes(p, sc, one);
		if (sc)
			scenario_free(sc);
		p->host_failed |= d.host_failed;
		diag_free(&d);
	}
	if (ok && !p->quiet)
		say_repeated(p);
	return ok;
}

bool plan_has_no_seeds(const struct plan *p)
{
	for (int a = 0; a < p->nr_axes; a++) {
		if (strcmp(p->axes[a].key, "seed") == 0 && p->axes[a].n > 1) {
			cli_usage(p->command, "--seeds and several values of \"seed\"; "
					      "accepted: one of them");
			return false;
		}
	}
	return true;
}

const char *plan_value(const struct plan *p, uint64_t combination, int axis)
{
	for (int a = p->nr_axes - 1; a > axis; a--)
		combination /= (uint64_t)p->axes[a].n;
	return p->axes[axis].values[combination % (uint64_t)p->axes[axis].n];
}

bool plan_try(struct plan *p, const struct setting *sets, int n, struct str *said, uint64_t *need,
	      plan_look_fn *look, void *arg)
{
	struct str notes = { 0 };
	struct diag d = { 0 };
	struct scenario *sc = run_load(p->cli, &d, p->scenario, sets, n);
	bool ok = sc && run_check(&d, sc, p->trace, p->nr_trace) && (!look || look(arg, sc, &d)) &&
		  run_rehearse(&d, sc, &notes);

	if (ok && sc->personality->estimate)
		*need = max_u64(*need, sc->personality->estimate(sc));
	if (sc)
		scenario_free(sc);
	p->host_failed |= d.host_failed;
	diag_free(&d);
	if (!p->quiet)
		run_print_notes(NULL, &notes, said);
	str_free(&notes);
	return ok;
}

char *plan_name(const char *scenario)
{
	const char *slash = strrchr(scenario, '/');
	const char *base = strcmp(scenario, "-") == 0 ? "stdin" : slash ? slash + 1 : scenario;
	const char *dot = strrchr(base, '.');
	char *text = sim_strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
	char *name = cli_file_name(text);

	sim_free(text);
	return name;
}

char *plan_default_folder(const char *scenario)
{
	char *name = plan_name(scenario);
	char *folder = str_format("results/%s", name);

	sim_free(name);
	return folder;
}
