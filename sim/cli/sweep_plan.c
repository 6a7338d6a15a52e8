/*
 * sweep_plan.c - which points a sweep has, and what their results are found by
 *
 * The key of a point is a hash over everything that its results depend on: the text of the
 * scenario, the program, what is set, the seed.  So whoever computes a point, and in whatever
 * order, finds what others have computed; and a grid that grows keeps its old points.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "sim/base/mem.h"
#include "sim/cli/source_index.h"
#include "sim/cli/sweep.h"
#include "sim/engine/rng.h"
#include "sim/workload/workload.h"

#define MAX_GRID (UINT64_C(1) << 62)

const char *sweep_value(const struct sweep *s, int combination, int axis)
{
	return plan_value(&s->plan, s->combinations[combination], axis);
}

/* "vm.dirty_ratio=5\nvm.swappiness=60\n" */
static void add_settings(const struct sweep *s, int combination, struct str *text)
{
	for (int a = 0; a < s->plan.nr_axes; a++)
		str_addf(text, "%s=%s\n", s->plan.axes[a].key, sweep_value(s, combination, a));
}

/*
 * With several seeds each point has one of its own, drawn from what is set: so no two points depend
 * on each other, and a seed stays the same when the grid grows.
 */
int64_t sweep_seed(const struct sweep *s, int point)
{
	struct str text = { 0 };
	int64_t seed = s->seed;

	if (s->seeds == 1) {
		for (int a = 0; a < s->plan.nr_axes; a++)
			if (strcmp(s->plan.axes[a].key, "seed") == 0)
				seed = strtoll(sweep_value(s, point, a), NULL, 10);
		return seed;
	}
	str_addf(&text, "%" PRId64 " %d\n", s->seed, point % s->seeds);
	add_settings(s, point / s->seeds, &text);
	seed = (int64_t)(XXH64(text.s, text.len, 0) >> 16);
	str_free(&text);
	return seed;
}

int sweep_settings(const struct sweep *s, int point, struct setting *sets, char seed[24])
{
	int n = 0;

	for (int a = 0; a < s->plan.nr_axes; a++)
		sets[n++] =
		    (struct setting){ s->plan.axes[a].key, sweep_value(s, point / s->seeds, a) };
	if (s->seeds > 1) {
		snprintf(seed, 24, "%" PRId64, sweep_seed(s, point));
		sets[n++] = (struct setting){ "seed", seed };
	}
	return n;
}

char *sweep_describe(const struct sweep *s, int point)
{
	struct str text = { 0 };

	for (int a = 0; a < s->plan.nr_axes; a++)
		if (plan_names_runs(&s->plan.axes[a]))
			str_addf(&text, "%s%s %s", text.len ? ", " : "", s->plan.axes[a].key,
				 sweep_value(s, point / s->seeds, a));
	if (s->seeds > 1)
		str_addf(&text, "%sseed %" PRId64, text.len ? ", " : "", sweep_seed(s, point));
	return text.len ? str_take(&text) : sim_strdup("the scenario as it is");
}

/* ---- sampling ---- */

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Whether a number is new among those of a table of which at most half is used. */
static bool put(uint64_t *table, uint64_t size, uint64_t v)
{
	uint64_t at = XXH64(&v, sizeof(v), 0) % size;

	for (; table[at]; at = (at + 1) % size)
		if (table[at] == v + 1)
			return false;
	table[at] = v + 1;
	return true;
}

/* Floyd's way: each of the last n numbers, or in its place one that is smaller by chance. */
uint64_t *sweep_sample(uint64_t of, int n, int64_t seed)
{
	uint64_t size = 2 * (uint64_t)n, count = 0;
	uint64_t *table = sim_calloc((size_t)size + 1, sizeof(*table));
	uint64_t *drawn = sim_calloc((size_t)n + 1, sizeof(*drawn));
	struct rng rng;

	rng_init(&rng, (uint64_t)seed, "sweep.sample");
	for (uint64_t j = of - (uint64_t)n; j < of; j++) {
		uint64_t v = rng_below(&rng, j + 1);

		if (!put(table, size, v)) {
			v = j;
			put(table, size, v);
		}
		drawn[count++] = v;
	}
	qsort(drawn, (size_t)n, sizeof(*drawn), by_number);
	sim_free(table);
	return drawn;
}

/* ---- shares ---- */

struct keyed {
	uint64_t key;
	int point;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key ? 1 : x->point - y->point;
}

static int by_point(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* In the order of their keys points are shuffled: no share has all that take long. */
int *sweep_share(const struct sweep *s, int share, int shares, int *n)
{
	struct keyed *list = sim_calloc((size_t)s->nr_points + 1, sizeof(*list));
	int64_t from = (int64_t)s->nr_points * (share - 1) / shares;
	int64_t to = (int64_t)s->nr_points * share / shares;
	int *points = sim_calloc((size_t)(to - from) + 1, sizeof(*points));

	for (int p = 0; p < s->nr_points; p++)
		list[p] = (struct keyed){ s->keys[p], p };
	qsort(list, (size_t)s->nr_points, sizeof(*list), by_key);
	*n = 0;
	for (int64_t i = from; i < to; i++)
		points[(*n)++] = list[i].point;
	qsort(points, (size_t)*n, sizeof(*points), by_point);
	sim_free(list);
	return points;
}

/* ---- the scenario ---- */

/* Remembers the files, and what names and texts come to. */
static void take_files(struct sweep *s, const struct diag *files)
{
	XXH64_state_t *hash = XXH64_createState();

	XXH64_reset(hash, 0);
	for (size_t i = 0; i < files->nr_files; i++) {
		const struct diag_file *f = files->files[i];

		if (!f->written)
			continue;
		diag_add_file(&s->files, f->name, sim_strndup(f->text, f->len), f->len);
		diag_written(&s->files, f->written);
		XXH64_update(hash, f->written, strlen(f->written) + 1);
		XXH64_update(hash, f->text, f->len);
		XXH64_update(hash, "", 1);
	}
	s->files_hash = XXH64_digest(hash);
	XXH64_freeState(hash);
}

/* Whether a figure may be one of a task: "reader", "reader read p99", "reader.2", "service+*". */
static bool is_of_task(const char *figure, const char *task)
{
	size_t len = strlen(task);

	return strncmp(figure, task, len) == 0 && strchr(" +.", figure[len]);
}

/*
 * A name that no run can have is found before the first: those of the kernel are known, others
 * begin with the name of a task.
 */
static bool is_possible(const char *figure, const char *const *names, int n, int nr_of_kernel)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], figure) == 0 ||
		    (i >= nr_of_kernel && is_of_task(figure, names[i])))
			return true;
	cli_error("--sort: no figure \"%s\"%s; accepted: the name of a task (what it moves in a "
		  "second), \"TASK CALL p99\", or one of the kernel (mmsim explain figures)",
		  cli_escape(figure), cli_did_you_mean(figure, names, (size_t)n));
	return false;
}

static bool sorts_are_possible(const struct sweep *s, const struct scenario *sc)
{
	const struct personality *p = sc->personality;
	struct diag d = { 0 };
	struct workload *w = workload_read(&d, sc);
	const char **names;
	int n = p->nr_figures;
	bool ok = true;

	while (workload_name(w, n - p->nr_figures))
		n++;
	names = sim_calloc((size_t)n + 1, sizeof(*names));
	for (int i = 0; i < n; i++)
		names[i] =
		    i < p->nr_figures ? p->figures[i].name : workload_name(w, i - p->nr_figures);
	for (int i = 0; i < s->nr_sorts && ok; i++)
		ok = is_possible(s->sorts[i].name, names, n, p->nr_figures);
	sim_free(names);
	workload_free(w);
	diag_free(&d);
	return ok;
}

static bool take_scenario(void *arg, const struct scenario *sc, const struct diag *files)
{
	struct sweep *s = arg;

	s->seed = sc->seed;
	take_files(s, files);
	tables_init(&s->tables, sc->personality);
	return sorts_are_possible(s, sc);
}

/* Each value of each key, beside the first values of the others. */
static bool try_values(struct sweep *s)
{
	struct setting sets[PLAN_MAX_AXES];
	struct str said = { 0 };
	bool ok;

	for (int a = 0; a < s->plan.nr_axes; a++)
		sets[a] = (struct setting){ s->plan.axes[a].key, s->plan.axes[a].values[0] };
	ok = plan_try(&s->plan, sets, s->plan.nr_axes, &said, &s->need, take_scenario, s);
	for (int a = 0; a < s->plan.nr_axes; a++) {
		for (int v = 1; v < s->plan.axes[a].n && ok; v++) {
			sets[a].value = s->plan.axes[a].values[v];
			ok = plan_try(&s->plan, sets, s->plan.nr_axes, &said, &s->need, NULL, NULL);
		}
		sets[a].value = s->plan.axes[a].values[0];
	}
	str_free(&said);
	return ok;
}

/* ---- the points ---- */

static bool count_points(struct sweep *s)
{
	uint64_t n;

	s->grid = 1;
	for (int a = 0; a < s->plan.nr_axes; a++) {
		if (s->grid > MAX_GRID / (uint64_t)s->plan.axes[a].n) {
			cli_usage(s->plan.command, "the grid is too large: more than 2^62 "
						   "combinations");
			return false;
		}
		s->grid *= (uint64_t)s->plan.axes[a].n;
	}
	n = s->sample && (uint64_t)s->sample < s->grid ? (uint64_t)s->sample : s->grid;
	if (n > (uint64_t)(SWEEP_MAX_POINTS / s->seeds)) {
		cli_usage(s->plan.command,
			  "%" PRIu64 " combinations with %d seeds; accepted: %d points in all "
			  "(--sample N takes some of the grid)",
			  n, s->seeds, SWEEP_MAX_POINTS);
		return false;
	}
	s->nr_combinations = (int)n;
	s->nr_points = s->nr_combinations * s->seeds;
	if (s->shares > s->nr_points) {
		cli_usage(s->plan.command, "--share %d/%d: there are %d points", s->share,
			  s->shares, s->nr_points);
		return false;
	}
	return true;
}

static void name_points(struct sweep *s)
{
	s->combinations = sweep_sample(s->grid, s->nr_combinations, s->seed);
	s->keys = sim_calloc((size_t)s->nr_points + 1, sizeof(*s->keys));
	for (int p = 0; p < s->nr_points; p++) {
		struct str text = { 0 };

		str_addf(&text, "%s %s %016" PRIx64 " %" PRIu64 " %" PRId64 "\n", MMSIM_VERSION,
			 source_digest, s->files_hash, (uint64_t)s->plan.until, sweep_seed(s, p));
		add_settings(s, p / s->seeds, &text);
		s->keys[p] = XXH64(text.s, text.len, 0);
		str_free(&text);
	}
}

int sweep_plan(struct sweep *s)
{
	int exit_code = plan_add_tuning(&s->plan, s->json || s->csv || s->plan.quiet);

	if (exit_code)
		return exit_code;
	if (!plan_add_own(&s->plan, s->seeds > 1) ||
	    (s->seeds > 1 && !plan_has_no_seeds(&s->plan)) || !count_points(s) || !try_values(s))
		return s->plan.host_failed ? EXIT_HOST : EXIT_INPUT;
	name_points(s);
	s->name = plan_name(s->plan.scenario);
	s->folder = s->out ? sim_strdup(s->out) : plan_default_folder(s->plan.scenario);
	return 0;
}
