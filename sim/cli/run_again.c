/*
 * run_again.c - a run once more, from what its results keep
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/run_again.h"
#include "sim/record/record.h"

static bool read_files(struct run_again *a)
{
	static const char *const columns[] = { "file", "name", "text" };
	struct db_query q = { "scenario_file", columns, ARRAY_LEN(columns), NULL, 0, false, 0 };
	struct db_rows *rows = db_select(a->db, &q);
	struct str text = { 0 };
	char *name = NULL;
	int64_t file = -1;

	for (bool more = true; more;) {
		more = db_next(rows);
		if (name && (!more || db_number(rows, 0) != file)) {
			char *whole = sim_strndup(str_get(&text), text.len);

			if (!a->files.nr_files)
				a->scenario = sim_strdup(name);
			diag_add_file(&a->files, name, whole, strlen(whole));
			str_free(&text);
			sim_free(name);
			name = NULL;
		}
		if (!more)
			break;
		if (!name)
			name = sim_strdup(db_text(rows, 1));
		file = db_number(rows, 0);
		str_add(&text, db_text(rows, 2));
	}
	db_rows_free(rows);
	return a->files.nr_files > 0;
}

static void add_setting(struct run_again *a, sim_time at, const char *option, const char *name,
			const char *value)
{
	if (strcmp(option, "trace") == 0) {
		a->trace = sim_realloc(a->trace, (size_t)(a->nr_trace + 1) * sizeof(*a->trace));
		a->trace[a->nr_trace++] = sim_strdup(name);
	} else if (strcmp(option, "set") == 0 && !at) {
		a->sets = sim_realloc(a->sets, (size_t)(a->nr_sets + 1) * sizeof(*a->sets));
		a->sets[a->nr_sets++] = (struct setting){ sim_strdup(name), sim_strdup(value) };
	} else if (strcmp(option, "set") == 0) {
		a->late = sim_realloc(a->late, (size_t)(a->nr_late + 1) * sizeof(*a->late));
		a->late[a->nr_late++] =
		    (struct late_setting){ at, sim_strdup(name), sim_strdup(value) };
	}
}

static void read_settings(struct run_again *a)
{
	static const char *const columns[] = { "t_ns", "option", "name", "value" };
	struct db_query q = { "setting", columns, ARRAY_LEN(columns), NULL, 0, false, 0 };
	struct db_rows *rows = db_select(a->db, &q);

	while (db_next(rows)) {
		char *option = sim_strdup(db_text(rows, 1)), *name = sim_strdup(db_text(rows, 2));

		add_setting(a, (sim_time)db_number(rows, 0), option, name, db_text(rows, 3));
		sim_free(option);
		sim_free(name);
	}
	db_rows_free(rows);
}

static void read_end(struct run_again *a)
{
	static const char *const columns[] = { "t_end_ns" };
	struct db_query q = { "run", columns, ARRAY_LEN(columns), NULL, 0, false, 0 };
	struct db_rows *rows = db_select(a->db, &q);
	char *state = db_run_text(a->db, "state");

	a->end =
	    strcmp(state, "running") != 0 && db_next(rows) ? (sim_time)db_number(rows, 0) : FOREVER;
	db_rows_free(rows);
	sim_free(state);
}

int run_again_open(struct run_again *a, const char *path)
{
	int exit_code;

	*a = (struct run_again){ .path = path };
	a->db = db_open(path, &exit_code);
	if (!a->db)
		return exit_code;
	if (!read_files(a)) {
		char *version = db_run_text(a->db, "version");

		cli_error("%s: made by mmsim %s, which did not yet keep the scenario in its "
			  "results; name the scenario, with the run's --set and --seed",
			  cli_escape(path), cli_escape(version));
		sim_free(version);
		return EXIT_INPUT;
	}
	read_settings(a);
	read_end(a);
	a->check = row_check_new(a->db, a->end == FOREVER);
	return 0;
}

void run_again_options(const struct run_again *a, struct run_options *o)
{
	o->scenario = a->scenario;
	o->sets = a->sets;
	o->nr_sets = a->nr_sets;
	o->trace = (const char *const *)a->trace;
	o->nr_trace = a->nr_trace;
	o->again = a;
}

/* Whether all rows so far were those of the results; says if not. */
static bool run_again_agrees(const struct run_again *a)
{
	const char *difference = row_check_difference(a->check);
	char *version;

	if (!difference)
		return true;
	version = db_run_text(a->db, "version");
	cli_error("%s: mmsim %s computed it; this is mmsim " MMSIM_VERSION
		  ", and computes another run: %s",
		  cli_escape(a->path), cli_escape(version), cli_escape(difference));
	sim_free(version);
	return false;
}

void run_set_value(struct sim *s, const struct tunable_value *v, const char *name)
{
	int error = tunable_write(s, &v->ref, v->v);

	if (error)
		cli_error("%s cannot be set: %s", name, strerror(-error));
}

bool run_again_go(const struct run_again *a, struct sim *s, struct recorder *r, sim_time until)
{
	for (int i = 0; i < a->nr_late && a->late[i].at <= until; i++) {
		const struct late_setting *late = &a->late[i];
		struct tunable_value v;
		char *why = NULL;

		sim_run(s, late->at);
		if (tunable_find(s->tables->tunables, late->name, &v.ref) &&
		    tunable_parse(v.ref.row, late->value, &v, &why))
			run_set_value(s, &v, late->name);
		sim_free(why);
	}
	if (until && until - 1 > s->now)
		sim_run(s, until - 1);
	recorder_end_check(r);
	return run_again_agrees(a);
}

void run_again_free(struct run_again *a)
{
	for (int i = 0; i < a->nr_sets; i++) {
		sim_free((char *)a->sets[i].key);
		sim_free((char *)a->sets[i].value);
	}
	for (int i = 0; i < a->nr_trace; i++)
		sim_free(a->trace[i]);
	for (int i = 0; i < a->nr_late; i++) {
		sim_free(a->late[i].name);
		sim_free(a->late[i].value);
	}
	sim_free(a->sets);
	sim_free(a->trace);
	sim_free(a->late);
	sim_free(a->scenario);
	if (a->check)
		row_check_free(a->check);
	diag_free(&a->files);
	db_close(a->db);
}
