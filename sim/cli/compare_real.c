/*
 * compare_real.c - a run beside what a real machine was seen to do
 *
 * Both begin at 0: the real machine with its first sample, the run with its start.  A curve of the
 * run is asked for its value at each moment at which the real machine was looked at.  Counters are
 * counted from their first value on.
 *
 * Some counters are shown as what they grow by in a second, too, between one look at the real
 * machine and the next.  The picture has what charts of a run draw, in their order.
 *
 *	distance    mean of |real - simulated|, in percent of the largest value of both
 *	of change   the same after each curve's first value was taken from it: a real machine does
 *	            not begin with empty memory
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/compare.h"
#include "sim/cli/run_label.h"
#include "sim/cli/text_table.h"

#define MAX_PANELS 24

/* A curve of both. */
struct pair {
	char *name;     /* owned: "nr_free_pages node 0 Normal" */
	enum unit unit; /* of the picture; its values are scale times those of the curves */
	double scale;
	int rank; /* place in the picture; -1: not there */
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
	double change = 0, change_sum = 0, sum = 0, run_first;
	size_t n = 0;

	run_first = value_at(&p->run, p->real.x[0]);
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

/* What a counter grew by, per second, up to each moment of the real curve. */
static void add_growth(const struct pair *of, double step, struct pair *p)
{
	const struct curve *real = &of->real;

	for (size_t i = 0; i + 1 < real->n && real->x[i + 1] <= of->last; i++) {
		double from = real->x[i], to = real->x[i + 1];

		if (to <= from)
			continue;
		curve_add_point(&p->real, to, (real->y[i + 1] - real->y[i]) * step / (to - from));
		curve_add_point(&p->run, to,
				(value_at(&of->run, to) - value_at(&of->run, from)) * step /
				    (to - from));
	}
}

static void add_values(const struct curve *of, double step, struct curve *c)
{
	for (size_t i = 0; i < of->n; i++)
		curve_add_point(c, of->x[i], of->y[i] * step);
}

static void free_curve(struct curve *c)
{
	sim_free(c->label);
	sim_free(c->x);
	sim_free(c->y);
}

static void free_pair(struct pair *p)
{
	free_curve(&p->real);
	free_curve(&p->run);
	sim_free(p->name);
}

/* ---- all that both have ---- */

struct pairs {
	struct pair *p; /* owned */
	int n;
	double last; /* of the time that both have, seconds */
};

static char *series_name(const struct real_series *s, const char *what)
{
	struct str name = { 0 };

	str_add(&name, what);
	for (int i = 0; i < s->kind->nr_keys; i++) {
		if (s->kind->keys[i].text)
			str_addf(&name, " %s", s->keys[i].text);
		else
			str_addf(&name, " %s %lld", s->kind->keys[i].name,
				 (long long)s->keys[i].number);
	}
	return name.s;
}

/* Whether a column is one of those joined by "+". */
static bool has_column(const char *columns, const char *column)
{
	size_t n = strlen(column);

	for (const char *at = columns; at; at = strchr(at, '+') ? strchr(at, '+') + 1 : NULL)
		if (strncmp(at, column, n) == 0 && (at[n] == '\0' || at[n] == '+'))
			return true;
	return false;
}

/* The first chart that draws a row, or without a row, anything of such objects; -1: none does. */
static int chart_of(const struct personality *p, const struct metric_object *kind, const char *row)
{
	for (int c = 0; c < p->nr_charts; c++)
		for (int i = 0; i < p->charts[c].nr_panels; i++) {
			const struct chart_panel *panel = &p->charts[c].panels[i];

			for (int k = 0; k < panel->nr_series; k++)
				if (strcmp(panel->series[k].table, kind->table) == 0 &&
				    (!row || has_column(panel->series[k].column, row)))
					return c;
		}
	return -1;
}

static struct pair *new_pair(struct pairs *all)
{
	all->p = sim_realloc(all->p, (size_t)(all->n + 1) * sizeof(*all->p));
	return memset(&all->p[all->n++], 0, sizeof(*all->p));
}

/* What people read instead of a row; the picture then has it alone. */
static void add_readings(struct pairs *all, const struct personality *personality,
			 const struct real_samples *samples, const struct real_series *s, int of)
{
	for (int i = 0; i < samples->nr_readings; i++) {
		const struct real_reading *r = &samples->readings[i];
		double step = (double)r->multiply / (double)r->divide;
		struct pair *p;

		if (r->kind != s->kind || strcmp(r->metric, s->row->name) != 0)
			continue;
		p = new_pair(all);
		p->name = series_name(s, r->name);
		p->unit = r->unit;
		p->scale = (double)r->scale;
		p->rank = chart_of(personality, s->kind, NULL);
		p->real.label = sim_strdup("real");
		p->run.label = sim_strdup("simulated");
		if (s->row->kind == METRIC_COUNTER) {
			add_growth(&all->p[of], step, p);
		} else {
			add_values(&all->p[of].real, step, &p->real);
			add_values(&all->p[of].run, step, &p->run);
		}
		if (p->real.n) {
			measure(p);
			all->p[of].rank = -1;
		} else {
			free_pair(p);
			all->n--;
		}
	}
}

static void add_pair(struct pairs *all, const struct personality *personality, struct db *db,
		     const struct real_samples *samples, const struct real_series *s)
{
	struct pair *p = new_pair(all);

	if (!run_curve(db, s, &p->run)) {
		free_curve(&p->run);
		all->n--;
		return;
	}
	real_curve(s, &p->real);
	if (s->row->kind == METRIC_COUNTER) {
		count_from_first(&p->real);
		count_from_first(&p->run);
	}
	p->name = series_name(s, s->row->name);
	p->unit = s->row->unit;
	p->scale = 1;
	p->rank = chart_of(personality, s->kind, s->row->name);
	measure(p);
	all->last = p->last;
	add_readings(all, personality, samples, s, all->n - 1);
}

/* ---- table and picture ---- */

static void add_row(struct text_table *t, const struct pair *p)
{
	text_table_text(t, "%s", p->name);
	text_table_number(t, "%.0f", value_at(&p->real, p->last));
	text_table_number(t, "%.0f", value_at(&p->run, p->last));
	text_table_number(t, "%.0f", p->mean);
	text_table_number(t, "%.1f", p->of_value);
	text_table_number(t, "%.1f", p->of_change);
}

static bool is_flat(const struct curve *c)
{
	for (size_t i = 1; i < c->n; i++)
		if (magnitude(c->y[i] - c->y[0]) > 0)
			return false;
	return true;
}

static void scale_curve(struct curve *c, double scale)
{
	for (size_t i = 0; i < c->n; i++)
		c->y[i] *= scale;
}

/* The curves and the name go to the sheet. */
static void add_panel(struct sheet *sheet, struct pair *p)
{
	const struct chart_panel cp = { .unit = p->unit };
	struct panel *panel = sheet_add_panel(sheet, &cp, p->name, 2);

	scale_curve(&p->run, p->scale);
	scale_curve(&p->real, p->scale);
	panel->curves[panel->nr_curves++] = p->run;
	panel->curves[panel->nr_curves++] = p->real;
	*p = (struct pair){ .rank = -1 };
}

/* What moves in the run, chart by chart. */
static void add_panels(struct sheet *sheet, struct pairs *all, int nr_charts)
{
	for (int rank = 0; rank < nr_charts; rank++)
		for (int i = 0; i < all->n && sheet->nr_panels < MAX_PANELS; i++)
			if (all->p[i].rank == rank && !is_flat(&all->p[i].run))
				add_panel(sheet, &all->p[i]);
}

/* All series that both have; returns how many, and the time they share in *last. */
static int add_all(const struct personality *p, struct db *db, const struct real_samples *samples,
		   struct text_table *t, struct sheet *sheet, double *last)
{
	struct pairs all = { 0 };
	int n;

	for (int i = 0; i < samples->n; i++)
		add_pair(&all, p, db, samples, &samples->series[i]);
	for (int i = 0; i < all.n; i++)
		if (all.p[i].largest > 0)
			add_row(t, &all.p[i]);
	add_panels(sheet, &all, p->nr_charts);
	*last = all.last;
	n = all.n;
	for (int i = 0; i < all.n; i++)
		free_pair(&all.p[i]);
	sim_free(all.p);
	return n;
}

/* name: of the picture. */
static int report(const struct compare *c, const struct personality *p, struct db *db,
		  const struct real_samples *samples, const char *folder, const char *name)
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
	if (!add_all(p, db, samples, &table, &sheet, &last)) {
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
		exit_code = compare_draw(c, &sheet, folder, name);
	sheet_free(&sheet);
	text_table_free(&table);
	return exit_code;
}

static int with_db(const struct compare *c, struct db *db, const char *folder, const char *name)
{
	const struct personality *p = cli_personality_of(c->plan.cli, db);
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
		exit_code = report(c, p, db, &samples, folder, name);
	real_samples_free(&samples);
	diag_free(&d);
	return exit_code;
}

int compare_real(const struct compare *c, const char *path)
{
	char *folder, *run, *real, *name;
	struct db *db;
	int exit_code;

	if (c->plan.nr_axes || c->seeds || c->plan.tuning.nr_files || c->at != FOREVER)
		return cli_usage(&compare_command, "--real compares a results file as it is");
	if (!db_is_results(path)) {
		cli_error("%s: no results file; accepted: one that \"mmsim run\" wrote",
			  cli_escape(path));
		return EXIT_INPUT;
	}
	db = db_open(path, &exit_code);
	if (!db)
		return exit_code;
	folder = c->out ? sim_strdup(c->out) : str_folder(path);
	run = run_name_of(path);
	real = run_name_of(c->real);
	name = str_format("%s-%s", run, *real ? real : "real"); /* "DIR/" */
	exit_code = !c->out || cli_make_folder(folder) ? with_db(c, db, folder, name) : EXIT_HOST;
	sim_free(folder);
	sim_free(run);
	sim_free(real);
	sim_free(name);
	db_close(db);
	if (!cli_flush() && exit_code == EXIT_DONE)
		exit_code = EXIT_HOST;
	return exit_code;
}
