/*
 * db.c - the results file while it is written; with db_read.c the only place that speaks SQLite
 *
 * While a run goes on the file is in WAL mode, one transaction per batch of
 * rows: a killed run leaves whole batches.  The tables are made in memory before
 * that, so that the file has all of them when it appears (db_file.h).  At the end
 * the log is folded in and the file stands alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/bug.h"
#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/record/db_file.h"
#include "sim/record/db_sql.h"
#include "sim/record/row.h"

/* How a file is written while a run goes on. */
#define WRITING                                                                                    \
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000; "     \
	"PRAGMA temp_store=MEMORY"
#define WRITING_SCRATCH "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY"
#define BUSY_TIMEOUT_MS 5000

/* Says once what SQLite could not do. */
static bool fail(struct db *db)
{
	if (!db->failed) {
		int system = sqlite3_system_errno(db->sql);
		const char *what = sqlite3_errmsg(db->sql);

		db->failed = true;
		if (system)
			fprintf(stderr, "mmsim: %s: cannot write results: %s (%s)\n", db->shown,
				what, strerror(system));
		else
			fprintf(stderr, "mmsim: %s: cannot write results: %s\n", db->shown, what);
	}
	return false;
}

static bool exec(struct db *db, const char *sql)
{
	if (db->failed)
		return false;
	return sqlite3_exec(db->sql, sql, NULL, NULL, NULL) == SQLITE_OK || fail(db);
}

static sqlite3_stmt *prepare(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) !=
	    SQLITE_OK)
		fail(db);
	return stmt;
}

bool open_sqlite(struct db *db, int flags)
{
	if (sqlite3_open_v2(db->full, &db->sql, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		db_file_complain(db->shown, db->sql ? sqlite3_errmsg(db->sql) : "no memory");
		return false;
	}
	sqlite3_extended_result_codes(db->sql, 1);
	sqlite3_busy_timeout(db->sql, BUSY_TIMEOUT_MS);
	return true;
}

struct db *new_db(const char *full, const char *shown)
{
	struct db *db = sim_calloc(1, sizeof(*db));

	db->lock_fd = -1;
	db->full = sim_strdup(full);
	db->shown = sim_strdup(shown);
	return db;
}

struct db *db_create(const char *path, bool force, int *exit_code)
{
	char *shown = diag_escape(path, strlen(path), 300);
	char *full = db_file_resolve(path, shown, exit_code);
	struct db *db = NULL;

	if (full && db_file_clear_way(full, shown, force, exit_code))
		db = new_db(full, shown);
	sim_free(full);
	sim_free(shown);
	return db;
}

void db_is_scratch(struct db *db)
{
	db->scratch = true;
}

bool db_failed(const struct db *db)
{
	return db->failed;
}

bool db_begin(struct db *db)
{
	return exec(db, "BEGIN");
}

bool db_commit(struct db *db)
{
	return exec(db, "COMMIT");
}

/* INSERT INTO "name" VALUES (?,?...). */
static sqlite3_stmt *prepare_insert(struct db *db, const struct result_table *table)
{
	struct str sql = { 0 };
	sqlite3_stmt *stmt;

	str_addf(&sql, "INSERT INTO \"%s\" VALUES (", table->name);
	for (int i = 0; i < table->nr_columns; i++)
		str_add(&sql, i ? ",?" : "?");
	str_add(&sql, ")");
	stmt = prepare(db, sql.s);
	str_free(&sql);
	return stmt;
}

/* The tables as SQL. */
static char *schema_text(const struct schema *schema)
{
	struct str sql = { 0 };

	bool run = schema->kind == &results_kind;

	str_addf(&sql, "PRAGMA application_id=%d; PRAGMA user_version=%d; BEGIN;\n",
		 schema->kind->application_id, schema->kind->version);
	if (run)
		schema_print_table(&sql, &run_table);
	for (int i = 0; i < schema->nr; i++)
		schema_print_table(&sql, &schema->tables[i]);
	schema_print_views(&sql, schema);
	str_add(&sql, run ? "INSERT INTO run (state) VALUES ('running');\nCOMMIT;\n" : "COMMIT;\n");
	return sql.s;
}

/* A file with these bytes, locked. */
static bool make_file(struct db *db, const unsigned char *bytes, size_t len)
{
	struct db_file file;

	if (!db_file_begin(&file, db->full, db->shown))
		return false;
	if (!db_file_write(&file, db->shown, bytes, len)) {
		db_file_abandon(&file, db->full);
		return false;
	}
	if (!db_file_publish(&file, db->full, db->shown))
		return false;
	db->lock_fd = file.fd;
	return true;
}

bool db_add_schema(struct db *db, const struct schema *schema)
{
	char *sql = schema_text(schema);
	bool ok = sqlite3_open(":memory:", &db->sql) == SQLITE_OK ? exec(db, sql) : fail(db);

	sim_free(sql);
	db->schema = schema;
	db->insert = sim_calloc((size_t)schema->nr, sizeof(*db->insert));
	db->table_of = sim_calloc((size_t)schema->nr, sizeof(*db->table_of));
	return ok;
}

static void finalize_inserts(struct db *db)
{
	for (int i = 0; db->insert && i < db->schema->nr; i++) {
		sqlite3_finalize(db->insert[i]);
		db->insert[i] = NULL;
	}
}

/* What was made in memory becomes the file. */
static bool appear(struct db *db)
{
	sqlite3_int64 len = 0;

	finalize_inserts(db);

	unsigned char *bytes = db->failed ? NULL : sqlite3_serialize(db->sql, "main", &len, 0);
	bool ok = bytes != NULL;

	if (!ok && !db->failed)
		fail(db);
	sqlite3_close(db->sql);
	db->sql = NULL;
	ok = ok && make_file(db, bytes, (size_t)len);
	sqlite3_free(bytes);
	db->failed = !ok;
	return ok;
}

bool db_appear(struct db *db)
{
	bool ok = appear(db) && open_sqlite(db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW);

	db->failed = !ok;
	return ok && exec(db, db->scratch ? WRITING_SCRATCH : WRITING);
}

bool db_appear_whole(struct db *db)
{
	return appear(db);
}

/* One value of the row of "run"; the column is one of run_table's. */
static sqlite3_stmt *prepare_set_run(struct db *db, const char *column)
{
	struct str sql = { 0 };
	sqlite3_stmt *stmt;

	if (db->failed)
		return NULL;
	str_addf(&sql, "UPDATE run SET \"%s\" = ?", column);
	stmt = prepare(db, sql.s);
	str_free(&sql);
	return stmt;
}

static bool step_once(struct db *db, sqlite3_stmt *stmt)
{
	bool ok = stmt && (sqlite3_step(stmt) == SQLITE_DONE || fail(db));

	sqlite3_finalize(stmt);
	return ok;
}

bool db_set_run(struct db *db, const char *column, const char *text)
{
	sqlite3_stmt *stmt = prepare_set_run(db, column);

	if (stmt)
		sqlite3_bind_text(stmt, 1, text, -1, SQLITE_TRANSIENT);
	return step_once(db, stmt);
}

bool db_set_run_number(struct db *db, const char *column, int64_t number)
{
	sqlite3_stmt *stmt = prepare_set_run(db, column);

	if (stmt)
		sqlite3_bind_int64(stmt, 1, number);
	return step_once(db, stmt);
}

static void bind_value(sqlite3_stmt *stmt, int column, const struct db_value *v)
{
	if (v->text)
		sqlite3_bind_text(stmt, column, v->text, (int)v->len, SQLITE_STATIC);
	else if (v->kind == DB_NULL)
		sqlite3_bind_null(stmt, column);
	else if (v->kind == DB_REAL)
		sqlite3_bind_double(stmt, column, v->real);
	else
		sqlite3_bind_int64(stmt, column, v->number);
}

bool db_add_row(struct db *db, int i, const struct db_value *values)
{
	const struct result_table *table = &db->schema->tables[i];
	bool ok;

	if (db->failed)
		return false;
	if (!db->insert[i])
		db->insert[i] = prepare_insert(db, table);
	if (!db->insert[i])
		return false;
	for (int c = 0; c < table->nr_columns; c++)
		bind_value(db->insert[i], c + 1, &values[c]);
	ok = sqlite3_step(db->insert[i]) == SQLITE_DONE;
	sqlite3_reset(db->insert[i]);
	sqlite3_clear_bindings(db->insert[i]);
	return ok || fail(db);
}

/* Readers take no longer texts from a file of others (db_read.c). */
#define PIECE (512u << 10)

/* A file in pieces, each whole UTF-8 text. */
static bool add_file(struct db *db, int i, int64_t number, const struct diag_file *file)
{
	const char *text = file->text, *end = text + file->len;
	bool ok = true;

	do {
		size_t len = (size_t)(end - text) < PIECE ? (size_t)(end - text) : PIECE;

		while (text + len < end && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;

		const struct db_value row[] = { { .number = number },
						{ .text = file->written,
						  .len = strlen(file->written) },
						{ .text = text, .len = len } };

		ok = db_add_row(db, i, row);
		text += len;
	} while (ok && text < end);
	return ok;
}

bool db_add_files(struct db *db, int i, const struct diag *files)
{
	int64_t nr = 0;
	bool ok = true;

	for (size_t f = 0; ok && f < files->nr_files; f++)
		if (files->files[f]->written)
			ok = add_file(db, i, nr++, files->files[f]);
	return ok;
}

bool db_drop_samples(struct db *db, int64_t t_ns)
{
	bool ok = !db->failed && db_begin(db);

	for (int i = 0; ok && i < db->schema->nr; i++) {
		struct str sql = { 0 };
		sqlite3_stmt *stmt;

		if (!db->schema->tables[i].samples)
			continue;
		str_addf(&sql, "DELETE FROM \"%s\" WHERE t_ns = ?", db->schema->tables[i].name);
		stmt = prepare(db, sql.s);
		if (stmt)
			sqlite3_bind_int64(stmt, 1, t_ns);
		ok = step_once(db, stmt);
		str_free(&sql);
	}
	return ok && db_commit(db);
}

/* Gives the next number of the rows to the table of this name. */
static void name_table(struct db *db, const uint8_t **p)
{
	size_t number = row_get_u16(p);
	size_t len = row_get_u16(p);
	const char *name = (const char *)*p;
	int i = 0;

	SIM_ASSERT(number == (size_t)db->nr_named && number < (size_t)db->schema->nr);
	while (strlen(db->schema->tables[i].name) != len ||
	       memcmp(db->schema->tables[i].name, name, len) != 0)
		i++;
	SIM_ASSERT(i < db->schema->nr);
	db->table_of[db->nr_named++] = i;
	*p += len;
}

static const uint8_t *bind_text(sqlite3_stmt *stmt, int column, const uint8_t *p)
{
	size_t len = row_get_u16(&p);

	sqlite3_bind_text(stmt, column, (const char *)p, (int)len, SQLITE_STATIC);
	return p + len;
}

static bool write_row(struct db *db, size_t number, const uint8_t **at)
{
	int i = db->table_of[number];
	const struct result_table *table = &db->schema->tables[i];
	sqlite3_stmt *stmt = db->insert[i];
	const uint8_t *p = *at;

	if (!stmt)
		stmt = db->insert[i] = prepare_insert(db, table);
	if (!stmt)
		return false;
	for (int c = 0; c < table->nr_columns; c++) {
		enum column_type type = table->columns[c].type;

		if (type == COLUMN_EITHER)
			type = *p++ ? COLUMN_TEXT : COLUMN_NUMBER;
		if (type == COLUMN_TEXT)
			p = bind_text(stmt, c + 1, p);
		else
			sqlite3_bind_int64(stmt, c + 1, row_get_i64(&p));
	}
	*at = p;

	bool ok = sqlite3_step(stmt) == SQLITE_DONE;

	sqlite3_reset(stmt);
	return ok || fail(db);
}

bool db_write_rows(struct db *db, const uint8_t *bytes, size_t len)
{
	const uint8_t *p = bytes, *end = bytes + len;

	if (db->failed || !db_begin(db))
		return false;
	while (p < end) {
		size_t number = row_get_u16(&p);

		if (number == ROW_NAMES_TABLE)
			name_table(db, &p);
		else if (!write_row(db, number, &p))
			break;
	}
	if (!db->failed && db_commit(db))
		return true;
	if (!sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

bool db_finish(struct db *db)
{
	sqlite3_stmt *stmt;

	finalize_inserts(db);
	if (db->scratch)
		return !db->failed;
	if (!exec(db, "PRAGMA wal_checkpoint(TRUNCATE)"))
		return false;
	/* The answer is the mode in force: it stays "wal" if somebody is reading. */
	stmt = prepare(db, "PRAGMA journal_mode=DELETE");
	if (!stmt)
		return false;
	if (sqlite3_step(stmt) != SQLITE_ROW ||
	    sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "delete") != 0)
		fprintf(stderr, "mmsim: %s: is being read; its -wal file belongs to it\n",
			db->shown);
	sqlite3_finalize(stmt);
	return !db->failed;
}

/* The lock goes last: closing any descriptor of the file drops SQLite's own locks, too. */
static void let_go(struct db *db)
{
	finalize_inserts(db);
	sqlite3_close(db->sql);
	db->sql = NULL;
	if (db->lock_fd >= 0)
		close(db->lock_fd);
	db->lock_fd = -1;
}

bool db_suspend(struct db *db)
{
	bool ok = !db->failed && db_finish(db);

	let_go(db);
	return ok;
}

/* A copy of the file at original with the name of the handle, which is locked. */
static bool copy_file(struct db *db, const char *original)
{
	int from = open(original, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct db_file file;
	bool ok = false;

	if (from < 0) {
		db_file_complain(db->shown, strerror(errno));
		return false;
	}
	if (db_file_begin(&file, db->full, db->shown)) {
		ok = db_file_copy(&file, db->shown, from);
		if (!ok)
			db_file_abandon(&file, db->full);
		else
			ok = db_file_publish(&file, db->full, db->shown);
		db->lock_fd = ok ? file.fd : -1;
	}
	close(from);
	return ok;
}

bool db_branch(struct db *db, const char *path, bool force, int *exit_code)
{
	char *original = db->full;
	bool ok = false;

	sim_free(db->shown);
	db->shown = diag_escape(path, strlen(path), 300);
	db->full = db_file_resolve(path, db->shown, exit_code);
	if (db->full && db_file_clear_way(db->full, db->shown, force, exit_code)) {
		*exit_code = EXIT_HOST;
		ok = copy_file(db, original) &&
		     open_sqlite(db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW) &&
		     exec(db, WRITING);
	}
	sim_free(original);
	return ok;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	let_go(db);
	sim_free(db->insert);
	sim_free(db->table_of);
	sim_free(db->full);
	sim_free(db->shown);
	sim_free(db);
}
