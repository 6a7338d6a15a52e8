/*
 * sweep_schema.c - the tables of a merged sweep
 *
 * Long tables, a row per figure; two views have a column per key that was varied, so that no query
 * has to join settings by itself.
 */
#include <string.h>
#include <strings.h>

#include "sim/base/mem.h"
#include "sim/record/sweep_schema.h"

const struct db_kind sweep_kind = {
	0x6d6d7377 /* "mmsw" */, 1, "sweep", "points", "sweep", "sweep"
};

#define N COLUMN_NUMBER, false
#define R COLUMN_REAL, false
#define T COLUMN_TEXT, false

static struct column sweep_columns[] = {
	{ "scenario", T, "", "name of the scenario" },
	{ "scenario_hash", T, "", "XXH64 of its text and of what it includes" },
	{ "personality", T, "", "the kernel that was simulated" },
	{ "version", T, "", "of mmsim" },
	{ "sources", T, "", "which sources that was built from: the beginning of their SHA-256" },
	{ "until_ns", N, "ns", "runs were told to stop then; NULL: when the scenario says" },
	{ "grid", N, "", "combinations of all values" },
	{ "combinations", N, "", "of these, how many belong to the sweep" },
	{ "seeds", N, "", "points of each combination" },
	{ "points", N, "", "all of them; table point has a row for each" },
	{ "done", N, "", "points whose results are here" },
	{ "sort", T, "", "the figure that points were ranked by; NULL: there is none" },
	{ "descending", N, "", "1: the highest is the best" },
	{ "digest", T, "", "XXH64 of the settings and results of all points in their order" },
};

static struct column axis_columns[] = {
	{ "axis", N, "", "in the order in which values are written; the last one changes fastest" },
	{ "key", T, "", "vm.dirty_ratio; or a path into the scenario" },
	{ "unit", T, "", "of the numbers of its values" },
	{ "varies", N, "", "1: it tells points apart; 0: it has one value, for all" },
};

static struct column axis_value_columns[] = {
	{ "axis", N, "", "which" },
	{ "nr", N, "", "from 1, as they were given" },
	{ "value", T, "", "as it was written" },
	{ "number", R, "", "in the unit of the axis; NULL: it is none" },
};

static struct column point_columns[] = {
	{ "point", N, "", "from 1, in the order of the grid, seeds last" },
	{ "combination", N, "", "from 1: points with the same one differ in their seed only" },
	{ "seed", N, "", "of all random streams" },
	{ "key", T, "", "what its results are found by: XXH64 of all that they depend on" },
	{ "state", T, "",
	  "finished; stopped: its tasks could not go on; refused: it cannot be run, see error; "
	  "missing: not run so far" },
	{ "t_end_ns", N, "ns", "simulated time at the end" },
	{ "digest", T, "", "that mmsim run prints for the same settings" },
	{ "failures", N, "",
	  "expectations and asserts that failed, and what else makes exit code 1" },
	{ "error", T, "", "why it was refused, or what failed; NULL: nothing did" },
};

static struct column setting_columns[] = {
	{ "point", N, "", "which" },
	{ "key", T, "", "in the order in which they were set: mmsim run --set KEY=VALUE" },
	{ "value", T, "", "as it was written" },
};

static struct column figure_columns[] = {
	{ "point", N, "", "which" },
	{ "name", T, "", "as mmsim compare has it" },
	{ "value", R, "", "in its unit" },
	{ "unit", T, "", "empty: a count" },
};

static struct column expectation_columns[] = {
	{ "point", N, "", "which" },
	{ "nr", N, "", "from 1, in the order of the scenario" },
	{ "passed", N, "", "1 or 0" },
	{ "text", T, "", "what was expected; of one that failed by how much, and when" },
};

#undef N
#undef R
#undef T

#define TABLE(table, column_list, text)                                                            \
	{                                                                                          \
		.name = table, .meaning = text, .columns = column_list,                            \
		.nr_columns = ARRAY_LEN(column_list)                                               \
	}

static const struct result_table tables[NR_SWEEP_TABLES] = {
	TABLE("sweep", sweep_columns, "this sweep, one row"),
	TABLE("axis", axis_columns, "a key that was set"),
	TABLE("axis_value", axis_value_columns, "a value that a key was given"),
	TABLE("point", point_columns, "a run: a combination of values, and a seed"),
	TABLE("setting", setting_columns, "what was set for a point"),
	TABLE("figure", figure_columns, "a number that a run came to"),
	TABLE("expectation", expectation_columns, "what became of an expectation"),
	TABLE("scenario_file", scenario_file_columns, "a file that the scenario was read from"),
};

/* A text between marks that SQL has for names (") and texts ('). */
static void quote(struct str *out, const char *text, char mark)
{
	str_addc(out, mark);
	for (; *text; text++) {
		if (*text == mark)
			str_addc(out, mark);
		str_addc(out, *text);
	}
	str_addc(out, mark);
}

/* Whether a key can be a column: no other one before it has the name, nor one of the view's own. */
static bool is_column(const char *const *keys, int k)
{
	static const char *const own[] = { "point", "combination", "seed", "figure", "value",
					   "unit",  "n",           "mean", "least",  "greatest" };

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (strcasecmp(own[i], keys[k]) == 0)
			return false;
	for (int i = 0; i < k; i++)
		if (strcasecmp(keys[i], keys[k]) == 0)
			return false;
	return true;
}

static void add_keys(struct str *out, const char *const *keys, int n, const char *point)
{
	for (int k = 0; k < n; k++) {
		if (!is_column(keys, k))
			continue;
		str_addf(out,
			 ",\n\t(SELECT s.value FROM setting AS s WHERE s.point = %s AND s.key = ",
			 point);
		quote(out, keys[k], '\'');
		str_add(out, ") AS ");
		quote(out, keys[k], '"');
	}
}

static void add_views(struct str *out, const char *const *keys, int n)
{
	str_add(
	    out,
	    "CREATE INDEX setting_of ON setting (point, key);\n"
	    "CREATE INDEX figure_of ON figure (name, point);\n"
	    "CREATE VIEW \"result\" AS -- a row per point and figure, with all that was varied\n"
	    "\tSELECT p.point, p.combination, p.seed");
	add_keys(out, keys, n, "p.point");
	str_add(out,
		",\n\tf.name AS figure, f.value, f.unit\n"
		"\tFROM point AS p JOIN figure AS f ON f.point = p.point;\n"
		"CREATE VIEW \"summary\" AS -- a row per combination and figure: over its seeds\n"
		"\tSELECT g.combination");
	add_keys(out, keys, n, "g.first");
	str_add(out,
		",\n\tg.figure, g.unit, g.n, g.mean, g.least, g.greatest\n"
		"\tFROM (SELECT p.combination, min(p.point) AS first, f.name AS figure, f.unit,\n"
		"\tcount(*) AS n, avg(f.value) AS mean, min(f.value) AS least, "
		"max(f.value) AS greatest\n"
		"\tFROM point AS p JOIN figure AS f ON f.point = p.point\n"
		"\tGROUP BY p.combination, f.name) AS g;\n");
}

void sweep_schema_init(struct schema *schema, const char *const *keys, int n)
{
	struct str views = { 0 };

	*schema = (struct schema){ .kind = &sweep_kind, .nr = NR_SWEEP_TABLES };
	schema->tables = sim_calloc(NR_SWEEP_TABLES, sizeof(*schema->tables));
	for (int i = 0; i < NR_SWEEP_TABLES; i++) {
		size_t bytes = (size_t)tables[i].nr_columns * sizeof(struct column);

		schema->tables[i] = tables[i];
		schema->tables[i].columns = sim_alloc(bytes);
		memcpy(schema->tables[i].columns, tables[i].columns, bytes);
	}
	add_views(&views, keys, n);
	schema->views = str_take(&views);
}

void sweep_schema_print(struct str *out)
{
	static const char *const keys[] = { "vm.dirty_ratio", "vm.swappiness" };
	struct schema schema;

	sweep_schema_init(&schema, keys, ARRAY_LEN(keys));
	str_addf(
	    out,
	    "-- A merged sweep of mmsim (NAME.sweep.db): PRAGMA application_id %d, user_version "
	    "%d.\n"
	    "-- The views have a column for each key that was varied; here there are two.\n",
	    sweep_kind.application_id, sweep_kind.version);
	for (int i = 0; i < schema.nr; i++)
		schema_print_table(out, &schema.tables[i]);
	schema_print_views(out, &schema);
	schema_free(&schema);
}
