/*
 * sweep_rank.c - which combinations of a sweep are best
 *
 * By the mean of a figure over the seeds.  Of the best of many some are best by chance: each of the
 * others is tested against it, as mmsim compare tests two tunings.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/sweep.h"

/* The values of a combination, one per point that has the figure; how many. */
static int values_of(const struct sweep *s, const struct run_figure *f, int combination,
		     double values[PLAN_MAX_SEEDS])
{
	int n = 0;

	for (int k = 0; k < s->seeds; k++) {
		int point = combination * s->seeds + k;

		if (f->has[point])
			values[n++] = f->values[point];
	}
	return n;
}

struct sweep_cell sweep_cell(const struct sweep *s, const struct run_figure *f, int combination)
{
	double values[PLAN_MAX_SEEDS];
	struct sweep_cell cell = { .n = values_of(s, f, combination, values) };

	cell.mean = stat_mean(values, cell.n, &cell.low, &cell.high);
	return cell;
}

/* Whether higher is better: unless it was said, of what is moved in a time. */
static bool descends(const struct run_figure *f, const struct sweep_sort *sort)
{
	if (sort && sort->order != SORT_BEST)
		return sort->order == SORT_DESCENDING;
	return f->unit == UNIT_BYTES_PER_SEC || f->unit == UNIT_PAGES_PER_SEC;
}

/* ---- which figures ---- */

/* Whether points differ in it. */
static bool tells_apart(const struct run_figure *f, const struct sweep_results *r)
{
	int first = -1;

	for (int p = 0; p < r->figures.nr_runs; p++) {
		if (!f->has[p])
			continue;
		if (first >= 0 &&
		    (f->values[p] < f->values[first] || f->values[p] > f->values[first]))
			return true;
		first = p;
	}
	return false;
}

static const struct run_figure *figure_named(const struct figures *fs, const char *name)
{
	for (int i = 0; i < fs->n; i++)
		if (strcmp(fs->f[i].name, name) == 0)
			return &fs->f[i];
	return NULL;
}

static void no_such_figure(const struct figures *fs, const char *name)
{
	const char **names = sim_calloc((size_t)fs->n + 1, sizeof(*names));
	struct str list = { 0 };

	for (int i = 0; i < fs->n; i++) {
		names[i] = fs->f[i].name;
		str_addf(&list, "%s%s", i ? ", " : "", cli_escape(fs->f[i].name));
	}
	cli_error("--sort: no run has a figure \"%s\"%s; accepted: %s", cli_escape(name),
		  cli_did_you_mean(name, names, (size_t)fs->n), str_get(&list));
	str_free(&list);
	sim_free(names);
}

/* Those that were asked for; else the first in which points differ. */
static bool choose(const struct sweep *s, struct sweep_results *r)
{
	for (int i = 0; i < s->nr_sorts; i++) {
		r->sorts[i] = figure_named(&r->figures, s->sorts[i].name);
		if (!r->sorts[i] && r->nr_done) {
			no_such_figure(&r->figures, s->sorts[i].name);
			return false;
		}
		if (!r->sorts[i])
			return true;
		r->descending[i] = descends(r->sorts[i], &s->sorts[i]);
		r->nr_sorts = i + 1;
	}
	for (int i = 0; i < r->figures.n && !r->nr_sorts; i++) {
		const struct run_figure *f = &r->figures.f[i];

		if (!tells_apart(f, r))
			continue;
		r->sorts[0] = f;
		r->descending[0] = descends(f, NULL);
		r->nr_sorts = 1;
	}
	return true;
}

/* ---- the order ---- */

struct placed {
	int combination;
	bool there[SWEEP_MAX_SORTS];
	double keys[SWEEP_MAX_SORTS]; /* the less the better */
};

/* Less than 0: x is better; 0: they are equal in all figures. */
static int compare(const struct placed *x, const struct placed *y)
{
	for (int i = 0; i < SWEEP_MAX_SORTS; i++) {
		if (x->there[i] != y->there[i])
			return x->there[i] ? -1 : 1;
		if (x->keys[i] < y->keys[i] || x->keys[i] > y->keys[i])
			return x->keys[i] < y->keys[i] ? -1 : 1;
	}
	return 0;
}

static int by_sorts(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int by = compare(x, y);

	return by ? by : x->combination - y->combination;
}

/* Against the best one.  Samples of one size are needed: else nothing is said. */
static void test(const struct sweep *s, const struct run_figure *f, int best, int combination,
		 struct sweep_cell *cell)
{
	double a[PLAN_MAX_SEEDS], b[PLAN_MAX_SEEDS];
	int n = values_of(s, f, best, a);

	if (n >= PLAN_MIN_SEEDS && values_of(s, f, combination, b) == n)
		cell->p = stat_mann_whitney(a, b, n);
}

bool sweep_rank(const struct sweep *s, struct sweep_results *r)
{
	struct placed *list;

	r->order = sim_calloc((size_t)s->nr_combinations, sizeof(*r->order));
	r->rank = sim_calloc((size_t)s->nr_combinations, sizeof(*r->rank));
	r->cells = sim_calloc((size_t)s->nr_combinations, sizeof(*r->cells));
	if (!choose(s, r))
		return false;
	list = sim_calloc((size_t)s->nr_combinations, sizeof(*list));
	for (int c = 0; c < s->nr_combinations; c++) {
		list[c].combination = c;
		for (int i = 0; i < r->nr_sorts; i++) {
			struct sweep_cell cell = sweep_cell(s, r->sorts[i], c);

			list[c].there[i] = cell.n > 0;
			list[c].keys[i] = r->descending[i] ? -cell.mean : cell.mean;
			if (i == 0)
				r->cells[c] = cell;
		}
	}
	qsort(list, (size_t)s->nr_combinations, sizeof(*list), by_sorts);
	for (int i = 0; i < s->nr_combinations; i++) {
		int c = list[i].combination;
		bool same = i && list[i].there[0] && compare(&list[i], &list[i - 1]) == 0;

		r->order[i] = c;
		r->rank[c] = same ? r->rank[list[i - 1].combination] : i + 1;
		r->cells[c].best = list[i].there[0] && !(list[i].keys[0] > list[0].keys[0]);
		if (i && list[i].there[0])
			test(s, r->sorts[0], list[0].combination, c, &r->cells[c]);
	}
	sim_free(list);
	return true;
}
