/*
 * compare_real.c - a run beside what a real machine was seen to do
 *
 * Both begin at 0: the real machine with its first sample, the run with its start.  A curve of the
 * run is asked for its value at each moment at which the real machine was looked at.  Counters are
 * counted from their first value on.
 *
 *	distance    mean of |real - simulated|, in percent of the largest value of both
 *	of change   the same after each curve's first value was taken from it: a real machine does
 *	            not begin with empty memory
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/compare.h"
#include "sim/cli/text_table.h"

#define MAX_PANELS 12

struct pair {
	struct curve real, run;
	double last;                /* of the time that both have, seconds */
	double largest, mean;       /* values of both; mean difference */
	double of_value, of_change; /* percent */
};

static double magnitude(double v)
{
	return v < 0 ? -v : v;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* ---- curves ---- */

static void real_curve(const struct real_series *s, struct curve *c)
{
	*c = (struct curve){ .style = CHART_LINE, .label = sim_strdup("real"), .n = (size_t)s->n };
	c->cap = c->n;
	c->x = sim_calloc(c->n, sizeof(*c->x));
	c->y = sim_calloc(c->n, sizeof(*c->y));
	for (int i = 0; i < s->n; i++) {
		c->x[i] = (double)(s->t_ns[i] - s->t_ns[0]) / 1e9;
		c->y[i] = (double)s->values[i];
	}
}

static bool run_curve(struct db *db, const struct real_series *s, struct curve *c)
{
	struct chart_series cs = { s->kind->table, s->row->name, "simulated", CHART_LINE, 1, 1 };
	struct db_key keys[METRIC_MAX_KEYS];

	for (int i = 0; i < s->kind->nr_keys; i++)
		keys[i] = (struct db_key){ s->kind->keys[i].name,
					   s->kind->keys[i].text ? s->keys[i].text : NULL,
					   s->kind->keys[i].text ? 0 : s->keys[i].number };
	return series_read(db, &cs, keys, s->kind->nr_keys, c);
}

static void count_from_first(struct curve *c)
{
	double first = c->y[0];

	for (size_t i = 0; i < c->n; i++)
		c->y[i] -= first;
}

/* The value at a moment: between two samples on the line that joins them. */
static double value_at(const struct curve *c, double x)
{
	size_t i = 0;
	double share;

	while (i + 1 < c->n && c->x[i + 1] <= x)
		i++;
	if (i + 1 == c->n || x <= c->x[i])
		return c->y[i];
	share = (x - c->x[i]) / (c->x[i + 1] - c->x[i]);
	return c->y[i] + share * (c->y[i + 1] - c->y[i]);
}

static void measure(struct pair *p)
{
	double change = 0, change_sum = 0, sum = 0, run_first = value_at(&p->run, 0);
	size_t n = 0;

	p->last = p->real.x[p->real.n - 1];
	if (p->run.x[p->run.n - 1] < p->last)
		p->last = p->run.x[p->run.n - 1];
	for (; n < p->real.n && p->real.x[n] <= p->last; n++) {
		double real = p->real.y[n], run = value_at(&p->run, p->real.x[n]);
		double real_change = real - p->real.y[0], run_change = run - run_first;

		p->largest = larger(p->largest, larger(magnitude(real), magnitude(run)));
		change = larger(change, larger(magnitude(real_change), magnitude(run_change)));
		sum += magnitude(real - run);
		change_sum += magnitude(real_change - run_change);
	}
	p->mean = sum / (double)n;
	p->of_value = p->largest > 0 ? 100 * p->mean / p->largest : 0;
	p->of_change = change > 0 ? 100 * change_sum / (double)n / change : 0;
}

static void free_curve(struct curve *c)
{
	sim_free(c->label);
	sim_free(c->x);
	sim_free(c->y);
}

/* ---- table and picture ---- */

static char *series_name(const struct real_series *s)
{
	struct str name = { 0 };

	str_add(&name, s->row->name);
	for (int i = 0; i < s->kind->nr_keys; i++) {
		if (s->kind->keys[i].text)
			str_addf(&name, " %s", s->keys[i].text);
		else
			str_addf(&name, " %s %lld", s->kind->keys[i].name,
				 (long long)s->keys[i].number);
	}
	return name.s;
}

static void add_row(struct text_table *t, const char *name, const struct pair *p)
{
	text_table_text(t, "%s", name);
	text_table_number(t, "%.0f", value_at(&p->real, p->last));
	text_table_number(t, "%.0f", value_at(&p->run, p->last));
	text_table_number(t, "%.0f", p->mean);
	text_table_number(t, "%.1f", p->of_value);
	text_table_number(t, "%.1f", p->of_change);
}

static bool is_zero(const struct curve *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (magnitude(c->y[i]) > 0)
			return false;
	return true;
}

/* The curves go to the sheet, or are freed: also where nothing is simulated that could move. */
static void add_panel(struct sheet *sheet, const struct real_series *s, char *name, struct pair *p)
{
	const struct chart_panel cp = { .unit = s->row->unit };
	struct panel *panel;

	if (sheet->nr_panels == MAX_PANELS || is_zero(&p->run)) {
		free_curve(&p->real);
		free_curve(&p->run);
		sim_free(name);
		return;
	}
	panel = sheet_add_panel(sheet, &cp, name, 2);
	panel->curves[panel->nr_curves++] = p->run;
	panel->curves[panel->nr_curves++] = p->real;
}

/* All series that both have; returns how many, and the time they share in *last. */
static int add_all(struct db *db, const struct real_samples *samples, struct text_table *t,
		   struct sheet *sheet, double *last)
{
	int n = 0;

	for (int i = 0; i < samples->n; i++) {
		const struct real_series *s = &samples->series[i];
		struct pair p = { 0 };
		char *name;

		if (!run_curve(db, s, &p.run)) {
			free_curve(&p.run);
			continue;
		}
		real_curve(s, &p.real);
		if (s->row->kind == METRIC_COUNTER) {
			count_from_first(&p.real);
			count_from_first(&p.run);
		}
		measure(&p);
		*last = p.last;
		name = series_name(s);
		if (p.largest > 0)
			add_row(t, name, &p);
		add_panel(sheet, s, name, &p);
		n++;
	}
	return n;
}

static int report(const struct compare *c, struct db *db, const struct real_samples *samples,
		  const char *folder)
{
	struct sheet sheet = {
		.title = sim_strdup("a real machine and its simulation"),
		.question = "How near is the simulation to the machine it describes?",
	};
	struct text_table table = { 0 };
	double last = 0;
	int exit_code = EXIT_INPUT;

	text_table_init(&table, c->json ? "name real simulated difference percent percent_of_change"
					: "name real simulated difference % %-of-change");
	if (!add_all(db, samples, &table, &sheet, &last)) {
		cli_error("%s has no sample of what %s shows", "the results file",
			  cli_escape(c->real));
	} else if (c->json) {
		text_table_print_json(&table);
		exit_code = EXIT_DONE;
	} else {
		text_table_print(&table);
		printf("compared over %.9g s; real, simulated: at the end; difference: mean\n",
		       last);
		exit_code = EXIT_DONE;
	}
	sheet_finish(&sheet);
	if (!exit_code)
		exit_code = compare_draw(c, &sheet, folder);
	sheet_free(&sheet);
	text_table_free(&table);
	return exit_code;
}

static int with_db(const struct compare *c, struct db *db, const char *folder)
{
	const struct personality *p = cli_personality_of(c->cli, db);
	struct real_samples samples = { 0 };
	struct diag d = { 0 };
	int exit_code = EXIT_INPUT;

	if (!p)
		return EXIT_INPUT;
	if (!p->real_samples)
		cli_error("--real: no samples of a real %s can be read", p->name);
	else if (!p->real_samples(&d, c->real, &samples))
		diag_print(&d, stderr);
	else
		exit_code = report(c, db, &samples, folder);
	real_samples_free(&samples);
	diag_free(&d);
	return exit_code;
}

int compare_real(const struct compare *c, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	struct db *db;
	int exit_code;

	if (c->nr_axes || c->seeds || c->tuning.nr_files || c->at != FOREVER)
		return cli_usage(&compare_command, "--real compares a results file as it is");
	if (!db_is_results(path)) {
		cli_error("%s: no results file; accepted: one that \"mmsim run\" wrote",
			  cli_escape(path));
		return EXIT_INPUT;
	}
	db = db_open(path, &exit_code);
	if (!db)
		return exit_code;
	folder = c->out  ? sim_strdup(c->out)
		 : slash ? sim_strndup(path, (size_t)(slash - path) + 1)
			 : sim_strdup(".");
	exit_code = !c->out || cli_make_folder(folder) ? with_db(c, db, folder) : EXIT_HOST;
	sim_free(folder);
	db_close(db);
	if (!cli_flush() && exit_code == EXIT_DONE)
		exit_code = EXIT_HOST;
	return exit_code;
}
