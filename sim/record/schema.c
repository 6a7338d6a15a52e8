/*
 * schema.c - the tables of a results file, made from the tables of the models
 *
 * The text that makes a table carries each column's unit and meaning as a
 * comment: SQLite keeps it, so ".schema" of a results file explains itself.
 */
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/record/schema.h"

#define MAX_COLUMNS 200

const struct db_kind results_kind = { 0x6d6d736d /* "mmsm" */, 2,    "run", "state",
				      "results file",          "run" };

static struct column run_columns[] = {
	{ "scenario", COLUMN_TEXT, false, "", "name of the scenario" },
	{ "scenario_hash", COLUMN_TEXT, false, "",
	  "XXH64 of the scenario's text, of what it includes and of what was set" },
	{ "seed", COLUMN_NUMBER, false, "", "of all random streams" },
	{ "version", COLUMN_TEXT, false, "", "of mmsim" },
	{ "personality", COLUMN_TEXT, false, "", "the kernel that was simulated" },
	{ "interval_ns", COLUMN_NUMBER, false, "ns", "time between samples" },
	{ "state", COLUMN_TEXT, false, "", "running (also of a killed run), finished or stopped" },
	{ "t_end_ns", COLUMN_NUMBER, false, "ns", "simulated time at the end; NULL while running" },
	{ "digest", COLUMN_TEXT, false, "",
	  "XXH64 of all rows but this one and those of scenario_file and setting; NULL while "
	  "running" },
};

const struct result_table run_table = {
	.name = "run",
	.meaning = "this run",
	.columns = run_columns,
	.nr_columns = ARRAY_LEN(run_columns),
};

struct column scenario_file_columns[3] = {
	{ "file", COLUMN_NUMBER, false, "", "in the order of reading, the scenario itself is 0" },
	{ "name", COLUMN_TEXT, false, "",
	  "as written behind !include, without folders of the computer" },
	{ "text", COLUMN_TEXT, false, "", "of the file, long ones in several rows" },
};

/* Collects the columns of one table. */
struct columns {
	struct column c[MAX_COLUMNS];
	int n;
};

static void add_column(struct columns *cs, const char *name, enum column_type type,
		       const char *unit, const char *meaning)
{
	SIM_ASSERT(cs->n < MAX_COLUMNS);
	for (const char *p = name; *p; p++)
		SIM_ASSERT((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ||
			   (*p >= 'A' && *p <= 'Z') || *p == '_');
	for (int i = 0; i < cs->n; i++)
		SIM_ASSERT(strcmp(cs->c[i].name, name) != 0);
	cs->c[cs->n++] = (struct column){ name, type, false, unit, meaning };
}

static void add_time(struct columns *cs)
{
	add_column(cs, "t_ns", COLUMN_NUMBER, "ns", "simulated time");
}

/* Ends a table: takes the columns over. */
static struct result_table *add_table(struct schema *schema, const char *name, const char *meaning,
				      struct columns *cs)
{
	struct result_table *table = &schema->tables[schema->nr++];

	for (int i = 0; i < schema->nr - 1; i++)
		SIM_ASSERT(strcmp(schema->tables[i].name, name) != 0);
	*table = (struct result_table){
		.name = name,
		.meaning = meaning,
		.columns = sim_alloc((size_t)cs->n * sizeof(*cs->c)),
		.nr_columns = cs->n,
	};
	memcpy(table->columns, cs->c, (size_t)cs->n * sizeof(*cs->c));
	cs->n = 0;
	return table;
}

/* What the run can be repeated from; since version 2. */
static void add_origin_tables(struct schema *schema, struct columns *cs)
{
	for (size_t i = 0; i < ARRAY_LEN(scenario_file_columns); i++)
		cs->c[cs->n++] = scenario_file_columns[i];
	add_table(schema, "scenario_file", "a file that the scenario was read from", cs);

	add_time(cs);
	add_column(cs, "option", COLUMN_TEXT, "", "of the command line: set, trace");
	add_column(cs, "name", COLUMN_TEXT, "", "what was set: vm.dirty_ratio; a pattern of trace");
	add_column(cs, "value", COLUMN_TEXT, "", "as it was written");
	add_table(schema, "setting",
		  "what was asked for beside the scenario, in order; the time is 0 but for the "
		  "branches of compare --at",
		  cs);
}

static void add_fixed_tables(struct schema *schema, struct columns *cs)
{
	add_time(cs);
	add_column(cs, "name", COLUMN_TEXT, "", "as on a real system: vm.dirty_ratio");
	add_column(cs, "value", COLUMN_EITHER, "",
		   "in the unit the kernel counts it in; several numbers are a text");
	add_table(schema, "tunable", "a value in force at the start, and each change of it", cs);

	add_column(cs, "kind", COLUMN_TEXT, "", "of object: disk, file, bdi");
	add_column(cs, "id", COLUMN_NUMBER, "", "its number in tracepoints");
	add_column(cs, "name", COLUMN_TEXT, "", "its name in samples and in the scenario");
	add_table(schema, "object", "the name of a thing that tracepoints know by number", cs);

	add_time(cs);
	add_column(cs, "task", COLUMN_TEXT, "", "that called");
	add_column(cs, "op", COLUMN_TEXT, "", "the call");
	add_column(cs, "result", COLUMN_NUMBER, "",
		   "what it returned; negative: an errno value; pointers: 1, or 0 for NULL");
	add_column(cs, "is_pointer", COLUMN_NUMBER, "", "1: the call returns a pointer");
	add_column(cs, "as_expected", COLUMN_NUMBER, "", "0: the scenario expected another result");
	add_table(schema, "op_result", "a call whose result was named or expected", cs);

	add_time(cs);
	add_column(cs, "level", COLUMN_NUMBER, "", "0 emergency 3 error 4 warning 6 information");
	add_column(cs, "line", COLUMN_TEXT, "", "as the kernel prints it");
	add_table(schema, "kernel_log", "a line that the simulated kernel printed", cs);

	add_column(cs, "task", COLUMN_TEXT, "", "that called");
	add_column(cs, "op", COLUMN_TEXT, "", "the call");
	add_column(cs, "bucket_ns", COLUMN_NUMBER, "ns",
		   "shortest time of the bucket; it reaches to 1/32 above");
	add_column(cs, "count", COLUMN_NUMBER, "",
		   "calls that took so long, blocked time included");
	add_table(schema, "latency", "a histogram of how long the calls of a task took", cs);

	add_column(cs, "task", COLUMN_TEXT, "",
		   "or interrupt, as in the scenario: of several alike all together, and children");
	add_column(cs, "op", COLUMN_TEXT, "", "the call");
	add_column(
	    cs, "nth", COLUMN_NUMBER, "",
	    "which of the steps of the task with this call, as they are written; 1: the first");
	add_column(cs, "error", COLUMN_TEXT, "",
		   "ENOMEM, EIO, ...; NULL: no object where one was asked for");
	add_column(cs, "count", COLUMN_NUMBER, "", "calls that failed so");
	add_column(cs, "first_ns", COLUMN_NUMBER, "ns",
		   "simulated time at which the first returned");
	add_table(
	    schema, "failed_call",
	    "calls that failed where the scenario expects nothing of them; in the order of the "
	    "first",
	    cs);

	add_column(cs, "name", COLUMN_TEXT, "", "what is simpler than on a real machine");
	add_column(cs, "meaning", COLUMN_TEXT, "", "in what way");
	add_table(schema, "simplified", "something that this run took to be simpler than it is",
		  cs);
	add_origin_tables(schema, cs);
	SIM_ASSERT(schema->nr == NR_FIXED_TABLES);
}

static void add_sample_table(struct schema *schema, struct columns *cs,
			     const struct metric_object *o)
{
	add_time(cs);
	for (int i = 0; i < o->nr_keys; i++)
		add_column(cs, o->keys[i].name, o->keys[i].text ? COLUMN_TEXT : COLUMN_NUMBER, "",
			   o->keys[i].meaning);
	for (int i = 0; i < o->nr_rows; i++) {
		const struct metric *row = &o->rows[i];

		add_column(cs, row->name, COLUMN_NUMBER, unit_base(row->unit), row->meaning);
		cs->c[cs->n - 1].counter = row->kind == METRIC_COUNTER;
	}

	struct result_table *table = add_table(schema, o->table, o->meaning, cs);

	table->nr_keys = o->nr_keys;
	table->samples = true;
}

static void add_trace_table(struct schema *schema, struct columns *cs, const struct trace_def *def)
{
	add_column(cs, "seq", COLUMN_NUMBER, "", "order among all events of the run");
	add_time(cs);
	add_column(cs, "task", COLUMN_TEXT, "", "in whose context; empty outside of tasks");
	add_column(cs, "cpu", COLUMN_NUMBER, "", "-1: none");
	for (int i = 0; i < def->nr_fields; i++)
		add_column(cs, def->fields[i], COLUMN_NUMBER, "", "field of the tracepoint");
	add_table(schema, def->name, def->meaning, cs)->events = true;
}

void schema_init(struct schema *schema, const struct tables *t, bool all)
{
	struct columns *cs = sim_calloc(1, sizeof(*cs));
	int nr_objects = 0;

	while (t->metrics[nr_objects])
		nr_objects++;
	*schema = (struct schema){ .kind = &results_kind, .first_sample = NR_FIXED_TABLES };
	schema->tables = sim_calloc((size_t)(NR_FIXED_TABLES + nr_objects + t->trace.nr),
				    sizeof(*schema->tables));
	schema->of_trace = sim_calloc((size_t)t->trace.nr + 1, sizeof(*schema->of_trace));
	add_fixed_tables(schema, cs);
	for (int i = 0; i < nr_objects; i++)
		add_sample_table(schema, cs, t->metrics[i]);
	for (int i = 0; i < t->trace.nr; i++) {
		schema->of_trace[i] = -1;
		if (all || (t->trace.on[i] & TRACE_RECORD)) {
			schema->of_trace[i] = schema->nr;
			add_trace_table(schema, cs, &t->trace.defs[i]);
		}
	}
	sim_free(cs);
}

void schema_free(struct schema *schema)
{
	for (int i = 0; i < schema->nr; i++)
		sim_free(schema->tables[i].columns);
	sim_free(schema->tables);
	sim_free(schema->of_trace);
	sim_free(schema->views);
}

void schema_print_table(struct str *out, const struct result_table *table)
{
	static const char *const types[] = {
		[COLUMN_NUMBER] = " INTEGER",
		[COLUMN_REAL] = " REAL",
		[COLUMN_TEXT] = " TEXT",
		[COLUMN_EITHER] = "",
	};

	str_addf(out, "CREATE TABLE \"%s\" ( -- %s\n", table->name, table->meaning);
	for (int i = 0; i < table->nr_columns; i++) {
		const struct column *c = &table->columns[i];

		str_addf(out, "\t\"%s\"%s%s%s -- %s%s%s%s\n", c->name, types[c->type],
			 i == 0 && table->events ? " PRIMARY KEY" : "",
			 i + 1 < table->nr_columns ? "," : "", c->unit, *c->unit ? ": " : "",
			 c->meaning, c->counter ? " (only grows)" : "");
	}
	str_add(out, ");\n");
}

/* Differences per second of all columns that only grow. */
static void print_rate_view(struct str *out, const struct result_table *table)
{
	bool any = false;

	for (int i = 0; i < table->nr_columns; i++)
		any = any || table->columns[i].counter;
	if (!table->samples || !any)
		return;
	str_addf(out, "CREATE VIEW \"%s_rate\" AS -- differences of %s per second\n\tSELECT t_ns",
		 table->name, table->name);
	for (int i = 1; i <= table->nr_keys; i++)
		str_addf(out, ", \"%s\"", table->columns[i].name);
	for (int i = 0; i < table->nr_columns; i++) {
		const char *name = table->columns[i].name;

		if (table->columns[i].counter)
			str_addf(out,
				 ",\n\t(\"%s\" - lag(\"%s\") OVER w) * 1e9 / "
				 "(t_ns - lag(t_ns) OVER w) AS \"%s\"",
				 name, name, name);
	}
	str_addf(out, "\n\tFROM \"%s\" WINDOW w AS (", table->name);
	for (int i = 1; i <= table->nr_keys; i++)
		str_addf(out, "%s\"%s\"", i == 1 ? "PARTITION BY " : ", ", table->columns[i].name);
	str_addf(out, "%sORDER BY t_ns, rowid);\n", table->nr_keys ? " " : "");
}

/* One row per event of any tracepoint, its fields as text. */
static void print_event_view(struct str *out, const struct schema *schema)
{
	int n = 0;

	str_add(out, "CREATE VIEW \"event\" AS -- all events in order, their fields as text\n"
		     "\tSELECT t_ns, name, task, cpu, text FROM (");
	for (int i = 0; i < schema->nr; i++) {
		const struct result_table *table = &schema->tables[i];

		if (!table->events)
			continue;
		str_addf(out, "%s\n\tSELECT seq, t_ns, '%s' AS name, task, cpu, printf('",
			 n++ ? "\n\tUNION ALL" : "", table->name);
		for (int c = 4; c < table->nr_columns; c++)
			str_addf(out, "%s%s=%%d", c > 4 ? " " : "", table->columns[c].name);
		str_add(out, "'");
		for (int c = 4; c < table->nr_columns; c++)
			str_addf(out, ", \"%s\"", table->columns[c].name);
		str_addf(out, ") AS text FROM \"%s\"", table->name);
	}
	if (!n)
		str_add(out, "\n\tSELECT 0 AS seq, 0 AS t_ns, '' AS name, '' AS task, 0 AS cpu, "
			     "'' AS text WHERE 0");
	str_add(out, "\n\t) ORDER BY t_ns, seq;\n");
}

void schema_print_views(struct str *out, const struct schema *schema)
{
	if (schema->views) {
		str_add(out, schema->views);
		return;
	}
	for (int i = 0; i < schema->nr; i++)
		print_rate_view(out, &schema->tables[i]);
	print_event_view(out, schema);
}
