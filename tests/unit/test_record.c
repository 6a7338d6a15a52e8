/*
 * test_record.c - sim/record: rows, digest, schema, what a kill leaves, whose file it is
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/mem.h"
#include "sim/engine/sim.h"
#include "sim/record/db.h"
#include "sim/record/record.h"
#include "sim/table/model.h"

/* ---- a small world: two tanks, a pump, one knob, two tracepoints ---- */

struct tank {
	int64_t level;
	int64_t poured;
};

static struct tank tanks[2];
static int64_t knobs[3];
static int nr_tanks;

static int count_tanks(struct sim *s)
{
	(void)s;
	return nr_tanks;
}

static const void *tank_stat(struct sim *s, int i)
{
	tanks[i].level = (int64_t)(s->now / NS_PER_MS) * (i + 1);
	tanks[i].poured = (int64_t)(s->now / NS_PER_MS) * 2;
	return &tanks[i];
}

static void tank_key(struct sim *s, int i, union metric_key_value *keys)
{
	(void)s;
	keys[0].text = i ? "right" : "left";
}

static const struct metric tank_rows[] = {
	{ "level", METRIC_GAUGE, UNIT_PAGES, offsetof(struct tank, level), "what is in it" },
	{ "poured", METRIC_COUNTER, UNIT_PAGES, offsetof(struct tank, poured), "what came" },
};

static const struct metric_object tank_metrics = {
	.name = "tank",
	.table = "tank_sample",
	.meaning = "a tank at a sample",
	.keys = { { "name", true, "of the tank" } },
	.nr_keys = 1,
	.rows = tank_rows,
	.nr_rows = ARRAY_LEN(tank_rows),
	.count = count_tanks,
	.stat = tank_stat,
	.key = tank_key,
};

static void *the_knobs(struct sim *s, const char *name)
{
	(void)s;
	(void)name;
	return knobs;
}

static const int64_t ratio_defaults[2] = { 256, 32 };
static const struct tunable knob_rows[] = {
	{ .name = "speed",
	  .unit = UNIT_COUNT,
	  .def = 7,
	  .max = 100,
	  .count = 1,
	  .meaning = "of the pump" },
	{ .name = "ratio",
	  .unit = UNIT_COUNT,
	  .max = 1000,
	  .offset = sizeof(int64_t),
	  .count = 2,
	  .defs = ratio_defaults,
	  .meaning = "of both" },
};

static const struct tunable_class knob_class = {
	.prefix = "pump",
	.where = "on the wall",
	.rows = knob_rows,
	.nr_rows = ARRAY_LEN(knob_rows),
	.object = the_knobs,
};

static const struct metric_object *const metrics[] = { &tank_metrics, NULL };
static const struct tunable_class *const tunables[] = { &knob_class, NULL };
static const struct model pump_model = { .name = "pump", .metrics = metrics, .tunables = tunables };
static const struct model *const models[] = { &pump_model, NULL };
static const struct trace_def traces[] = {
	{ "pump_on", (const char *const[]){ "tank", "limit", NULL }, 2, "the pump starts" },
	{ "pump_off", (const char *const[]){ "tank", NULL }, 1, "the pump stops" },
};
static const struct personality harbour = {
	.name = "harbour",
	.models = models,
	.traces = traces,
	.nr_traces = ARRAY_LEN(traces),
};

struct world {
	struct tables tables;
	struct sim *sim;
	struct event pump;
	uint64_t pumped;
	uint64_t events; /* of the pump, every ms */
};

static void pump(struct sim *s, struct event *e)
{
	struct world *w = CONTAINER_OF(e, struct world, pump);

	trace_emit(s, 0, (const int64_t[]){ 1, (int64_t)w->pumped });
	trace_emit(s, 1, (const int64_t[]){ 1 });
	recorder_latency(s->recorder, "main", "pump", w->pumped * 1000);
	if (++w->pumped < w->events)
		event_schedule(s, e, s->now + NS_PER_MS, EVENT_TASK, pump);
}

static void world_init(struct world *w, uint64_t events)
{
	*w = (struct world){ .events = events };
	tables_init(&w->tables, &harbour);
	trace_enable(&w->tables.trace, "pump_*", TRACE_RECORD);
	w->sim = sim_new(42);
	w->sim->tables = &w->tables;
	nr_tanks = 2;
	tunable_defaults(&knob_class, knobs);
	event_schedule(w->sim, &w->pump, 0, EVENT_TASK, pump);
}

static void world_free(struct world *w)
{
	sim_free_run(w->sim);
	tables_free(&w->tables);
}

static struct recorder_options options(const char *path)
{
	return (struct recorder_options){
		.path = path,
		.scenario = "flood",
		.scenario_hash = 0x1234,
		.version = "0",
		.interval = 100 * NS_PER_MS,
		.until = NS_PER_SEC,
	};
}

/* A run of a second; returns its digest. */
static uint64_t run(const struct recorder_options *o, uint64_t events)
{
	struct tunable_ref ref;
	struct world w;
	struct recorder *r;
	uint64_t digest = 0;
	int exit_code = 0;

	world_init(&w, events);
	r = recorder_open(w.sim, o, &exit_code);
	assert_non_null(r);
	recorder_start(r);
	sim_run(w.sim, NS_PER_SEC / 2);
	assert_true(tunable_find(w.tables.tunables, "pump.speed", &ref));
	assert_int_equal(tunable_write(w.sim, &ref, (const int64_t[]){ 9 }), 0);
	recorder_result(r, "main", "open", -12, false, true);
	sim_run(w.sim, o->until);
	recorder_sample(r);
	assert_int_equal(recorder_close(r, "finished", &digest), 0);
	world_free(&w);
	return digest;
}

/* ---- a folder for each test ---- */

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/test_record.XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	for (const char *const *f = (const char *const[]){ "a.db", "b.db", "a.db-wal", "a.db-shm",
							   "a.db-journal", "link.db", NULL };
	     *f; f++)
		unlink(*f);
	return chdir("/") || rmdir(folder);
}

static int64_t count_rows(const char *path, const char *table)
{
	const char *column = "t_ns";
	struct db_query q = { .table = table, .columns = &column, .nr_columns = 1 };
	int exit_code = 0;
	struct db *db = db_open(path, &exit_code);
	struct db_rows *rows;
	int64_t n = 0, last = -1;

	assert_non_null(db);
	rows = db_select(db, &q);
	for (; db_next(rows); n++) {
		assert_true(db_number(rows, 0) >= last); /* in order */
		last = db_number(rows, 0);
	}
	db_rows_free(rows);
	db_close(db);
	return n;
}

static void assert_run(const char *path, const char *column, const char *text)
{
	int exit_code = 0;
	struct db *db = db_open(path, &exit_code);
	char *found;

	assert_non_null(db);
	found = db_run_text(db, column);
	assert_string_equal(found, text);
	sim_free(found);
	db_close(db);
}

/* ---- the tests ---- */

static void every_sample_event_and_change_is_a_row_in_order(void **state)
{
	(void)state;
	struct recorder_options o = options("a.db");

	run(&o, 200);
	assert_int_equal(count_rows("a.db", "tank_sample"), 2 * 11); /* 0, 100 ms ... 1 s */
	assert_int_equal(count_rows("a.db", "pump_on"), 200);
	assert_int_equal(count_rows("a.db", "pump_off"), 200);
	assert_int_equal(count_rows("a.db", "tunable"), 3);
	assert_int_equal(count_rows("a.db", "op_result"), 1);
	assert_run("a.db", "state", "finished");
	assert_run("a.db", "t_end_ns", "1000000000");
	assert_run("a.db", "seed", "42");
	assert_run("a.db", "scenario_hash", "0000000000001234");
	assert_int_equal(access("a.db-wal", F_OK), -1);
}

static void values_come_back_as_they_were(void **state)
{
	(void)state;
	struct recorder_options o = options("a.db");
	const char *const columns[] = { "level", "name" };
	const struct db_key right = { "name", "right", 0 };
	struct db_query q = { "tank_sample", columns, 2, &right, 1, false, 0 };
	struct db_query none = {
		"tank_sample", (const char *const[]){ "depth" }, 1, NULL, 0, false, 0
	};
	struct db_query kinds = { "tank_sample", columns + 1, 1, NULL, 0, true, 0 };
	int exit_code = 0;
	struct db *db;
	struct db_rows *rows;

	run(&o, 1);
	db = db_open("a.db", &exit_code);
	rows = db_select(db, &q);
	for (int i = 0; i <= 10; i++) {
		assert_true(db_next(rows));
		assert_int_equal(db_number(rows, 0), i * 200);
		assert_string_equal(db_text(rows, 1), "right");
	}
	assert_false(db_next(rows));
	db_rows_free(rows);
	rows = db_select(db, &none); /* no such column: no rows */
	assert_false(db_next(rows));
	db_rows_free(rows);
	rows = db_select(db, &kinds);
	assert_true(db_next(rows));
	assert_string_equal(db_text(rows, 0), "left");
	assert_true(db_next(rows));
	assert_false(db_next(rows));
	db_rows_free(rows);
	db_close(db);
}

static void the_digest_knows_nothing_of_batches_or_files(void **state)
{
	(void)state;
	struct recorder_options o = options("a.db");
	uint64_t digest = run(&o, 300);

	for (size_t batch = 1; batch < 100000; batch = batch * 7 + 1) {
		o.batch = batch;
		assert_int_equal(run(&o, 300), digest);
	}
	o.path = NULL;
	assert_int_equal(run(&o, 300), digest);
	assert_int_not_equal(run(&o, 299), digest);
}

static void two_runs_write_the_same_bytes(void **state)
{
	(void)state;
	struct recorder_options a = options("a.db"), b = options("b.db");

	run(&a, 500);
	run(&b, 500);
	assert_int_equal(system("cmp -s a.db b.db"), 0);
}

static void the_widest_bucket_of_times_is_a_32nd(void **state)
{
	(void)state;
	struct recorder_options o = options("a.db");
	const char *const columns[] = { "bucket_ns", "count" };
	struct db_query q = { "latency", columns, 2, NULL, 0, false, 0 };
	int exit_code = 0;
	struct db *db;
	struct db_rows *rows;
	int64_t calls = 0, last = -1;

	run(&o, 1000);
	db = db_open("a.db", &exit_code);
	rows = db_select(db, &q);
	while (db_next(rows)) {
		int64_t begin = db_number(rows, 0);

		assert_true(begin > last);
		if (last > 0) /* one call each 1000 ns: a bucket has no more than fit into it */
			assert_true(db_number(rows, 1) <= begin / 32 / 1000 + 1);
		last = begin;
		calls += db_number(rows, 1);
	}
	assert_int_equal(calls, 1000);
	db_rows_free(rows);
	db_close(db);
}

static void the_schema_says_unit_and_meaning(void **state)
{
	(void)state;
	struct tables t;
	struct str text = { 0 };

	tables_init(&t, &harbour);
	recorder_schema(&text, &t);
	assert_non_null(strstr(text.s, "CREATE TABLE \"tank_sample\" ( -- a tank at a sample\n"));
	assert_non_null(strstr(text.s, "\"level\" INTEGER, -- pages: what is in it\n"));
	assert_non_null(strstr(text.s, "\"poured\" INTEGER -- pages: what came (only grows)\n"));
	assert_non_null(strstr(text.s, "CREATE TABLE \"pump_on\" ( -- the pump starts\n"));
	assert_non_null(strstr(text.s, "CREATE VIEW \"tank_sample_rate\""));
	assert_non_null(strstr(text.s, "CREATE VIEW \"event\""));
	str_free(&text);
	tables_free(&t);
}

static void a_killed_run_is_readable_and_says_running(void **state)
{
	(void)state;
	struct recorder_options o = options("a.db");
	pid_t child = fork();
	int status;

	o.batch = 1000;
	if (child == 0) {
		struct world w;
		int exit_code;
		struct recorder *r;

		world_init(&w, 100000);
		r = recorder_open(w.sim, &o, &exit_code);
		recorder_start(r);
		sim_run(w.sim, NS_PER_SEC / 2);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_run("a.db", "state", "running");
	assert_true(count_rows("a.db", "pump_on") > 400);
	run(&o, 10); /* and is replaced by the next one */
	assert_run("a.db", "state", "finished");
	assert_int_equal(count_rows("a.db", "pump_on"), 10);
}

/* The exit code of opening a.db for writing, 0 if it could be opened. */
static int try_open(const char *path, bool force)
{
	struct recorder_options o = options(path);
	struct world w;
	uint64_t digest;
	int exit_code = 0;
	struct recorder *r;

	o.force = force;
	world_init(&w, 1);
	fclose(stderr);
	stderr = fopen("/dev/null", "w");
	r = recorder_open(w.sim, &o, &exit_code);
	if (r)
		exit_code = recorder_close(r, "finished", &digest);
	world_free(&w);
	return exit_code;
}

static void only_our_own_files_are_replaced(void **state)
{
	(void)state;
	FILE *f = fopen("a.db", "w");

	fputs("a letter to my aunt, which must not get lost, so it is somewhat longer than a "
	      "header of SQLite: a hundred bytes",
	      f);
	fclose(f);
	assert_int_equal(try_open("a.db", false), EXIT_INPUT);
	assert_int_equal(system("grep -q aunt a.db"), 0);
	assert_int_equal(try_open("a.db", true), 0);
	assert_int_equal(try_open("a.db", false), 0);
	assert_int_equal(symlink("a.db", "link.db"), 0);
	assert_int_equal(try_open("link.db", true), EXIT_INPUT);
	assert_int_equal(try_open("missing/a.db", false), EXIT_HOST);
	assert_int_equal(try_open("/tmp/", false), EXIT_INPUT);
	assert_int_equal(try_open(".", true), EXIT_INPUT);
	assert_int_equal(try_open("/tmp", true), EXIT_INPUT);
}

static void a_file_that_is_being_written_is_left_alone(void **state)
{
	(void)state;
	struct recorder_options o = options("a.db");
	struct world w;
	uint64_t digest;
	int exit_code, status;
	struct recorder *r;

	world_init(&w, 1);
	r = recorder_open(w.sim, &o, &exit_code);
	assert_non_null(r);

	pid_t child = fork();

	if (child == 0)
		_exit(try_open("a.db", true));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), EXIT_INPUT);
	assert_int_equal(recorder_close(r, "finished", &digest), 0);
	world_free(&w);
}

static void a_foreign_database_is_not_read(void **state)
{
	(void)state;
	int exit_code = 0;

	fclose(stderr);
	stderr = fopen("/dev/null", "w");
	assert_null(db_open("missing.db", &exit_code));
	assert_int_equal(exit_code, EXIT_INPUT);
	assert_int_equal(
	    system("sqlite3 a.db 'CREATE TABLE run (state); INSERT INTO run VALUES (1)'"), 0);
	assert_null(db_open("a.db", &exit_code));
	assert_int_equal(exit_code, EXIT_INPUT);
	assert_int_equal(system("sqlite3 b.db 'PRAGMA application_id=1835889517; PRAGMA "
				"user_version=1; CREATE VIEW run AS SELECT 1 AS state'"),
			 0);
	assert_null(db_open("b.db", &exit_code)); /* a view in place of a table */
	assert_int_equal(exit_code, EXIT_INPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_sample_event_and_change_is_a_row_in_order),
		TEST(values_come_back_as_they_were),
		TEST(the_digest_knows_nothing_of_batches_or_files),
		TEST(two_runs_write_the_same_bytes),
		TEST(the_widest_bucket_of_times_is_a_32nd),
		TEST(the_schema_says_unit_and_meaning),
		TEST(a_killed_run_is_readable_and_says_running),
		TEST(only_our_own_files_are_replaced),
		TEST(a_file_that_is_being_written_is_left_alone),
		TEST(a_foreign_database_is_not_read),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
