/*
 * compare_seeds.c - what differs between tunings when each was run with several seeds
 *
 * One block per figure: the mean of each combination, and for all but the first
 * what the difference is.  It is called a difference only if seeds alone would
 * seldom make one like it (stat_test.h).  With --at the combinations of one seed are branches of
 * one beginning: then pairs are compared.
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/compare.h"
#include "sim/cli/json.h"
#include "sim/cli/sheet.h"
#include "sim/cli/stat_test.h"
#include "sim/cli/text_table.h"

/* A figure of one combination, against the first one. */
struct group {
	const double *values; /* by seed */
	double mean;
	bool is_there; /* every run has the figure */
	bool is_exact; /* chance plays no part: each value is the same with every seed */
	bool differs;  /* not by chance alone, or exactly */
	struct stat_p p;
	double low, high; /* of the difference of the means */
};

static int nr_groups(const struct compare *c)
{
	return c->nr_runs / c->seeds;
}

static bool all_alike(const double *v, int n)
{
	for (int i = 1; i < n; i++)
		if (v[i] < v[0] || v[i] > v[0])
			return false;
	return true;
}

static struct group look_at(const struct compare *c, const struct run_figure *f, int g)
{
	const double *first = f->values;
	struct group group = { .values = f->values + g * c->seeds, .is_there = true };

	for (int s = 0; s < c->seeds; s++) {
		group.is_there = group.is_there && f->has[s] && f->has[g * c->seeds + s];
		group.mean += group.values[s];
	}
	group.mean /= c->seeds;
	if (!group.is_there || g == 0)
		return group;
	group.is_exact = all_alike(first, c->seeds) && all_alike(group.values, c->seeds);
	if (c->at == FOREVER) {
		group.p = stat_mann_whitney(first, group.values, c->seeds);
		stat_bootstrap(first, group.values, c->seeds, &group.low, &group.high);
	} else {
		group.p = stat_signed_ranks(first, group.values, c->seeds);
		stat_bootstrap_pairs(first, group.values, c->seeds, &group.low, &group.high);
	}
	group.differs = group.is_exact ? group.values[0] < first[0] || group.values[0] > first[0]
				       : stat_significant(group.p);
	return group;
}

static bool is_shown(const struct compare *c, const struct run_figure *f)
{
	for (int r = 0; r < c->nr_runs; r++)
		if (f->has[r] && (f->values[r] > 0 || f->values[r] < 0))
			return true;
	return false;
}

/* "+4.2 %", or in the unit itself if there is nothing to take percents of. */
static char *difference(double v, double base, double divisor)
{
	struct str text = { 0 };

	if (base > 0)
		figure_difference(&text, base + v, base);
	else
		str_addf(&text, "%+.4g", v / divisor);
	return text.s;
}

static const char *verdict(const struct group *g)
{
	if (g->is_exact)
		return g->differs ? "differs, with every seed" : "the same with every seed";
	return g->differs ? "differs" : "no significant difference";
}

static void add_difference(struct text_table *t, const struct group *g, double base, double divisor)
{
	char *by = difference(g->mean - base, base, divisor);
	char *low = difference(g->low, base, divisor);
	char *high = difference(g->high, base, divisor);

	text_table_number(t, "%s", by);
	if (g->is_exact)
		text_table_text(t, "%s", "");
	else
		text_table_text(t, "%s .. %s", low, high);
	text_table_text(t, "%s", verdict(g));
	sim_free(by);
	sim_free(low);
	sim_free(high);
}

/* The rows of one figure; adds to the counts of differences that were tested, and found. */
static void add_figure(struct text_table *t, const struct compare *c, const struct run_figure *f,
		       int *tested, int *found)
{
	double max = figure_max(f, c->nr_runs), divisor, base = look_at(c, f, 0).mean;
	const char *unit = unit_for_people(f->unit, max, &divisor);

	for (int g = 0; g < nr_groups(c); g++) {
		struct group group = look_at(c, f, g);
		char *label = compare_describe(c, g * c->seeds, c->plan.nr_axes - 1);

		if (g)
			text_table_text(t, "%s", "");
		else
			text_table_text(t, *unit ? "%s (%s)" : "%s", cli_escape(f->shown), unit);
		text_table_text(t, "%s", cli_escape(label));
		if (group.is_there)
			text_table_number(t, "%.5g", group.mean / divisor);
		else
			text_table_text(t, "-");
		if (g && group.is_there) {
			add_difference(t, &group, base, divisor);
			*tested += !group.is_exact;
			*found += !group.is_exact && group.differs;
		} else {
			for (int i = 0; i < 3; i++)
				text_table_text(t, "%s", "");
		}
		sim_free(label);
	}
}

void compare_print_seeds(const struct compare *c, const struct figures *fs)
{
	struct text_table t;
	int tested = 0, found = 0;

	text_table_init(&t, "figure run mean difference");
	text_table_add_column(&t, "95 % interval");
	text_table_add_column(&t, "");
	for (int i = 0; i < fs->n; i++)
		if (is_shown(c, &fs->f[i]))
			add_figure(&t, c, &fs->f[i], &tested, &found);
	text_table_print(&t);
	text_table_free(&t);
	printf("\n%d seeds each%s.  ", c->seeds,
	       c->at == FOREVER ? "" : ", branches of one beginning are compared in pairs");
	if (tested)
		printf("%d of %d differences that chance plays a part in are significant at 5 %%; "
		       "without any about %d would be.\n",
		       found, tested, (tested + 10) / 20);
	else
		puts("Nothing in this scenario depends on chance.");
}

static void print_group_json(struct json *j, const struct compare *c, const struct figures *fs,
			     int g)
{
	json_object(j, "figures");
	for (int i = 0; i < fs->n; i++) {
		struct group group = look_at(c, &fs->f[i], g);

		if (!group.is_there) {
			json_null(j, fs->f[i].name);
			continue;
		}
		json_object(j, fs->f[i].name);
		json_real(j, "mean", group.mean);
		json_text(j, "unit", unit_base(fs->f[i].unit));
		if (g) {
			json_real(j, "low", group.low);
			json_real(j, "high", group.high);
			json_real(j, "p", (double)group.p.num / (double)group.p.den);
			json_text(j, "verdict", verdict(&group));
		}
		json_end_object(j);
	}
	json_end_object(j);
}

void compare_print_seeds_json(const struct compare *c, const struct figures *fs)
{
	struct json j = { 0 };

	json_list(&j, NULL);
	for (int g = 0; g < nr_groups(c); g++) {
		json_object(&j, NULL);
		json_object(&j, "run");
		for (int a = 0; a < c->plan.nr_axes - 1; a++)
			if (plan_names_runs(&c->plan.axes[a]))
				json_text(&j, c->plan.axes[a].key,
					  compare_value(c, g * c->seeds, a));
		json_end_object(&j);
		json_number(&j, "seeds", c->seeds);
		print_group_json(&j, c, fs, g);
		json_end_object(&j);
	}
	json_end_list(&j);
	json_print(&j);
}
