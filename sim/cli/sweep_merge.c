/*
 * sweep_merge.c - all points of a sweep as one database
 *
 * Points are read in the order of the plan, whoever ran them and when: the same points give the
 * same bytes.  What is missing has a row that says so.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "sim/base/mem.h"
#include "sim/cli/source_index.h"
#include "sim/cli/sweep.h"
#include "sim/record/sweep_schema.h"

/* ---- reading ---- */

static void take_figures(struct sweep_results *r, int point)
{
	const struct sweep_point *p = &r->points[point];

	for (size_t i = 0; i < p->nr_figures; i++) {
		struct run_figure *f =
		    figures_find(&r->figures, p->figures[i].name, p->figures[i].unit);

		f->is_failure = p->figures[i].is_failure;
		figure_set(f, point, p->figures[i].value);
	}
}

/* Of a call that failed somewhere there is a number everywhere: it did not, 0 times. */
static void fill_failures(const struct sweep *s, struct sweep_results *r)
{
	for (int i = 0; i < r->figures.n; i++)
		for (int p = 0; p < s->nr_points && r->figures.f[i].is_failure; p++)
			r->figures.f[i].has[p] =
			    r->points[p].state && !sweep_point_refused(&r->points[p]);
}

static void read_points(const struct sweep *s, struct sweep_results *r)
{
	XXH64_state_t *digest = XXH64_createState();

	XXH64_reset(digest, 0);
	for (int p = 0; p < s->nr_points; p++) {
		char *path = sweep_path(s, p, ".point"), *settings = sweep_describe(s, p);
		char sum[17] = "missing";

		if (sweep_point_read(path, s->keys[p], &r->points[p])) {
			snprintf(sum, sizeof(sum), "%016" PRIx64, r->points[p].sum);
			r->nr_done++;
			take_figures(r, p);
		}
		XXH64_update(digest, settings, strlen(settings) + 1);
		XXH64_update(digest, sum, strlen(sum) + 1);
		sim_free(path);
		sim_free(settings);
	}
	r->digest = XXH64_digest(digest);
	XXH64_freeState(digest);
	fill_failures(s, r);
}

/* What tells points apart, as columns. */
static void name_points(const struct sweep *s, struct sweep_results *r)
{
	const char **values = sim_calloc((size_t)s->nr_points + 1, sizeof(*values));
	char **seeds = sim_calloc((size_t)s->nr_points + 1, sizeof(*seeds));

	for (int a = 0; a < s->plan.nr_axes; a++) {
		if (!plan_names_runs(&s->plan.axes[a]))
			continue;
		for (int p = 0; p < s->nr_points; p++)
			values[p] = sweep_value(s, p / s->seeds, a);
		figures_add_key(&r->figures, s->plan.axes[a].key, values);
	}
	for (int p = 0; p < s->nr_points; p++)
		seeds[p] = str_format("%" PRId64, sweep_seed(s, p));
	if (s->seeds > 1)
		figures_add_key(&r->figures, "seed", (const char *const *)seeds);
	for (int p = 0; p < s->nr_points; p++)
		sim_free(seeds[p]);
	sim_free(seeds);
	sim_free(values);
}

int sweep_read(const struct sweep *s, struct sweep_results *r)
{
	*r = (struct sweep_results){ 0 };
	figures_init(&r->figures, s->nr_points);
	r->points = sim_calloc((size_t)s->nr_points, sizeof(*r->points));
	read_points(s, r);
	name_points(s, r);
	return sweep_rank(s, r) ? EXIT_DONE : EXIT_INPUT;
}

void sweep_results_free(struct sweep_results *r, const struct sweep *s)
{
	for (int p = 0; p < s->nr_points && r->points; p++)
		sweep_point_free(&r->points[p]);
	sim_free(r->points);
	figures_free(&r->figures);
	sim_free(r->order);
	sim_free(r->rank);
	sim_free(r->cells);
}

/* ---- values of rows ---- */

static struct db_value number(int64_t v)
{
	return (struct db_value){ .number = v };
}

static struct db_value real(double v)
{
	return (struct db_value){ .kind = DB_REAL, .real = v };
}

static struct db_value null(void)
{
	return (struct db_value){ .kind = DB_NULL };
}

static struct db_value text(const char *t)
{
	return (struct db_value){ .text = t, .len = strlen(t) };
}

static struct db_value hash_text(char room[17], uint64_t hash)
{
	snprintf(room, 17, "%016" PRIx64, hash);
	return text(room);
}

/* ---- axes ---- */

/* A plain number: "5", "0.5". */
static bool plain_number(const char *value, double *v)
{
	char *end;

	*v = strtod(value, &end);
	return end > value && !*end && strspn(value, "+-.0123456789") == strlen(value);
}

/* What a value comes to where it can be laid on an axis; *unit: in what. */
static bool number_of(const struct sweep *s, const char *key, const char *value, double *v,
		      const char **unit)
{
	struct tunable_value parsed = { 0 };
	char *why = NULL;
	bool ok;

	*unit = "";
	if (!tunable_find(s->tables.tunables, key, &parsed.ref))
		return plain_number(value, v);
	ok = tunable_parse(parsed.ref.row, value, &parsed, &why) && parsed.n == 1 &&
	     parsed.v[0] != TUNABLE_AUTO && !parsed.ref.row->words;
	*unit = unit_base(parsed.ref.row->unit);
	*v = (double)parsed.v[0];
	sim_free(why);
	return ok;
}

static bool add_axes(const struct sweep *s, struct db *db)
{
	bool ok = true;

	for (int a = 0; a < s->plan.nr_axes && ok; a++) {
		const struct plan_axis *axis = &s->plan.axes[a];
		const char *unit = "";
		double v;

		number_of(s, axis->key, axis->values[0], &v, &unit);
		ok = db_add_row(db, SWEEP_TABLE_AXIS,
				(struct db_value[]){ number(a + 1), text(axis->key), text(unit),
						     number(plan_names_runs(axis)) });
		for (int i = 0; i < axis->n && ok; i++) {
			bool is = number_of(s, axis->key, axis->values[i], &v, &unit);

			ok = db_add_row(db, SWEEP_TABLE_AXIS_VALUE,
					(struct db_value[]){ number(a + 1), number(i + 1),
							     text(axis->values[i]),
							     is ? real(v) : null() });
		}
	}
	return ok;
}

/* ---- points ---- */

static bool add_settings(const struct sweep *s, struct db *db, int point)
{
	struct setting sets[PLAN_MAX_AXES + 1];
	char seed[24];
	int n = sweep_settings(s, point, sets, seed);
	bool ok = true;

	for (int i = 0; i < n && ok; i++)
		ok = db_add_row(db, SWEEP_TABLE_SETTING,
				(struct db_value[]){ number(point + 1), text(sets[i].key),
						     text(sets[i].value) });
	return ok;
}

static bool add_point(const struct sweep *s, struct db *db, int point, const struct sweep_point *p)
{
	char key[17];
	struct db_value row[] = {
		number(point + 1),
		number(point / s->seeds + 1),
		number(sweep_seed(s, point)),
		hash_text(key, s->keys[point]),
		text(p ? p->state : "missing"),
		p ? number(p->end) : null(),
		p ? text(p->digest) : null(),
		p ? number(p->failures) : null(),
		p && *p->error ? text(p->error) : null(),
	};
	bool ok = db_add_row(db, SWEEP_TABLE_POINT, row) && add_settings(s, db, point);

	for (size_t i = 0; p && i < p->nr_expectations && ok; i++)
		ok = db_add_row(db, SWEEP_TABLE_EXPECTATION,
				(struct db_value[]){ number(point + 1), number((int64_t)i + 1),
						     number(p->expectations[i].passed),
						     text(p->expectations[i].text) });
	return ok;
}

/* The figures of all points, a call that failed in one of them included: 0 times in the others. */
static bool add_figures(const struct sweep_results *r, struct db *db)
{
	bool ok = true;

	for (int point = 0; point < r->figures.nr_runs && ok; point++) {
		for (int i = 0; i < r->figures.n && ok; i++) {
			const struct run_figure *f = &r->figures.f[i];

			if (!f->has[point])
				continue;
			ok = db_add_row(db, SWEEP_TABLE_FIGURE,
					(struct db_value[]){ number(point + 1), text(f->name),
							     real(f->values[point]),
							     text(unit_base(f->unit)) });
		}
	}
	return ok;
}

/* ---- the sweep itself ---- */

static bool add_sweep(const struct sweep *s, const struct sweep_results *r, struct db *db)
{
	char hash[17], digest[17];
	struct db_value row[] = {
		text(s->name),
		hash_text(hash, s->files_hash),
		text(s->tables.personality->name),
		text(MMSIM_VERSION),
		text(source_digest),
		s->plan.until == FOREVER ? null() : number((int64_t)s->plan.until),
		number((int64_t)s->grid),
		number(s->nr_combinations),
		number(s->seeds),
		number(s->nr_points),
		number(r->nr_done),
		r->nr_sorts ? text(r->sorts[0]->name) : null(),
		r->nr_sorts ? number(r->descending[0]) : null(),
		hash_text(digest, r->digest),
	};

	return db_add_row(db, SWEEP_TABLE_SWEEP, row);
}

static bool fill(const struct sweep *s, const struct sweep_results *r, struct db *db)
{
	bool ok = db_begin(db) && add_sweep(s, r, db) && add_axes(s, db) &&
		  db_add_files(db, SWEEP_TABLE_SCENARIO_FILE, &s->files);

	for (int p = 0; p < s->nr_points && ok; p++)
		ok = add_point(s, db, p, r->points[p].state ? &r->points[p] : NULL);
	return ok && add_figures(r, db) && db_commit(db);
}

/* The keys that tell points apart, for the views. */
static void init_schema(const struct sweep *s, struct schema *schema)
{
	const char *keys[PLAN_MAX_AXES];
	int n = 0;

	for (int a = 0; a < s->plan.nr_axes; a++)
		if (plan_names_runs(&s->plan.axes[a]))
			keys[n++] = s->plan.axes[a].key;
	sweep_schema_init(schema, keys, n);
}

int sweep_write(const struct sweep *s, const struct sweep_results *r, const char *path)
{
	int exit_code = EXIT_HOST;
	struct db *db = db_create(path, s->force, &exit_code);
	struct schema schema;

	if (!db)
		return exit_code;
	init_schema(s, &schema);
	exit_code = db_add_schema(db, &schema) && fill(s, r, db) && db_appear_whole(db) ? EXIT_DONE
											: EXIT_HOST;
	db_close(db);
	schema_free(&schema);
	return exit_code;
}
