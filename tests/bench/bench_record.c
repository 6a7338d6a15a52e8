/*
 * bench_record.c - rows of results per second, against a bare loop of inserts into SQLite
 *
 * Both write rows of ten numbers into a file in WAL mode; ours takes them as samples of a kind of
 * objects: it reads the values, hashes, buffers and writes them.
 */
#include <sqlite3.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "sim/engine/sim.h"
#include "sim/record/record.h"
#include "sim/table/model.h"
#include "tests/bench/bench.h"

#define ROWS    500000
#define OBJECTS 50
#define COLUMNS 8 /* besides the time and the number */

struct things {
	int64_t v[COLUMNS];
};

static struct things things;

static int count(struct sim *s)
{
	(void)s;
	return OBJECTS;
}

static const void *stat(struct sim *s, int i)
{
	for (int c = 0; c < COLUMNS; c++)
		things.v[c] = (int64_t)s->now / 1000 * (c + 1) + i;
	return &things;
}

static void key(struct sim *s, int i, union metric_key_value *keys)
{
	(void)s;
	keys[0].number = i;
}

#define ROW(i)                                                                                     \
	{                                                                                          \
		"c" #i, METRIC_COUNTER, UNIT_COUNT, i * sizeof(int64_t), "a column"                \
	}
static const struct metric rows[COLUMNS] = { ROW(0), ROW(1), ROW(2), ROW(3),
					     ROW(4), ROW(5), ROW(6), ROW(7) };
static const struct metric_object thing = {
	.name = "thing",
	.table = "thing_sample",
	.meaning = "a thing at a sample",
	.keys = { { "id", false, "its number" } },
	.nr_keys = 1,
	.rows = rows,
	.nr_rows = COLUMNS,
	.count = count,
	.stat = stat,
	.key = key,
};
static const struct metric_object *const metrics[] = { &thing, NULL };
static const struct model model = { .name = "things", .metrics = metrics };
static const struct model *const models[] = { &model, NULL };
static const struct personality personality = { .name = "things", .models = models };

static double ours(void *arg)
{
	struct tables tables;
	struct sim *s = sim_new(1);
	struct recorder_options o = {
		.path = arg,
		.scenario = "bench",
		.version = "0",
		.interval = NS_PER_MS,
		.until = (uint64_t)ROWS / OBJECTS * NS_PER_MS,
	};
	uint64_t digest;
	int exit_code;

	tables_init(&tables, &personality);
	s->tables = &tables;

	struct recorder *r = recorder_open(s, &o, &exit_code);

	if (!r)
		exit(1);
	recorder_start(r);
	sim_run(s, o.until);
	if (recorder_close(r, "finished", &digest))
		exit(1);
	sim_free_run(s);
	tables_free(&tables);
	return ROWS;
}

static void must(int ok)
{
	if (!ok)
		exit(1);
}

static double bare(void *arg)
{
	sqlite3 *db;
	sqlite3_stmt *insert;

	unlink(arg);
	must(sqlite3_open(arg, &db) == SQLITE_OK);
	must(sqlite3_exec(db,
			  "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
			  "CREATE TABLE t (a, b, c, d, e, f, g, h, i, j); BEGIN",
			  NULL, NULL, NULL) == SQLITE_OK);
	must(sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?,?)", -1, &insert,
				NULL) == SQLITE_OK);
	for (int64_t row = 0; row < ROWS; row++) {
		for (int c = 0; c < COLUMNS + 2; c++)
			sqlite3_bind_int64(insert, c + 1, row / OBJECTS * 1000 * (c + 1));
		must(sqlite3_step(insert) == SQLITE_DONE);
		sqlite3_reset(insert);
	}
	sqlite3_finalize(insert);
	must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
	return ROWS;
}

int main(void)
{
	char folder[] = "/tmp/bench_record.XXXXXX";
	int ok;

	must(mkdtemp(folder) != NULL && chdir(folder) == 0);
	ok = bench_pair("12 rows of results", "rows", ours, (void *)"ours.db", bare,
			(void *)"bare.db", 0.5, 0.7);
	unlink("ours.db");
	unlink("bare.db");
	must(chdir("/") == 0 && rmdir(folder) == 0);
	return !ok;
}
