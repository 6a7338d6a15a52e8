/*
 * db_read.c - reading results: a file from anywhere is opened with care, and gives rows
 *
 * Nothing in the file is run and nothing is written.  Tables and columns that a later or earlier
 * version does not have give no rows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/record/db_file.h"
#include "sim/record/db_sql.h"

struct db_rows {
	struct db *db;
	sqlite3_stmt *stmt; /* NULL: no rows */
};

/* A number that a pragma gives, -1 if it cannot be read. */
static int64_t pragma_number(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t v = -1;

	if (sqlite3_prepare_v2(db->sql, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		v = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return v;
}

/* A file from anywhere: nothing in it may be run, nothing in it is written. */
static void distrust(struct db *db)
{
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
	sqlite3_limit(db->sql, SQLITE_LIMIT_LENGTH, 1 << 20);
	sqlite3_limit(db->sql, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
	sqlite3_limit(db->sql, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_exec(db->sql, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA query_only=ON",
		     NULL, NULL, NULL);
}

bool db_has(struct db *db, const char *table, const char *column)
{
	sqlite3_stmt *stmt = NULL;
	bool has = false;

	/* A real table only: a view or a virtual table in a foreign file could compute anything. */
	if (sqlite3_prepare_v2(db->sql,
			       "SELECT 1 FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
			       "WHERE m.type = 'table' AND m.rootpage > 0 AND m.name = ? AND "
			       "c.name = ?",
			       -1, &stmt, NULL) == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, column, -1, SQLITE_STATIC);
		has = sqlite3_step(stmt) == SQLITE_ROW;
	}
	sqlite3_finalize(stmt);
	return has;
}

/* Whether it tells of a run: a file whose rows were deleted does not. */
static bool has_row(struct db *db, const struct db_kind *kind)
{
	sqlite3_stmt *stmt = NULL;
	char *sql = str_format("SELECT %s FROM %s", kind->column, kind->table);
	bool has = sqlite3_prepare_v2(db->sql, sql, -1, &stmt, NULL) == SQLITE_OK &&
		   sqlite3_step(stmt) == SQLITE_ROW;

	sqlite3_finalize(stmt);
	sim_free(sql);
	return has;
}

/* Whether the schema is one that we know; says if not. */
static bool is_readable(struct db *db, const struct db_kind *kind)
{
	int64_t version;
	char *text;

	distrust(db);
	version = pragma_number(db, "PRAGMA user_version");
	if (version > kind->version) {
		db_file_complain(db->shown, "was made by a later version of mmsim");
		return false;
	}
	if (version >= 1 && db_has(db, kind->table, kind->column) && has_row(db, kind))
		return true;
	if (sqlite3_errcode(db->sql) != SQLITE_OK)
		text = str_format("cannot be read as a %s of mmsim: %s", kind->what,
				  sqlite3_errmsg(db->sql));
	else
		text =
		    str_format("cannot be read as a %s of mmsim: it tells of no run", kind->what);
	db_file_complain(db->shown, text);
	sim_free(text);
	return false;
}

const struct db_kind *db_kind_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const struct db_kind *kind = fd >= 0 ? db_file_kind(fd) : NULL;

	if (fd >= 0)
		close(fd);
	return kind;
}

bool db_is_results(const char *path)
{
	return db_kind_of(path) == &results_kind;
}

static void complain_kind(const char *shown, const struct db_kind *kind,
			  const struct db_kind *found)
{
	char *text = str_format("is no %s of mmsim%s%s; accepted: what mmsim %s writes", kind->what,
				found ? ", but a " : "", found ? found->what : "", kind->command);

	db_file_complain(shown, text);
	sim_free(text);
}

struct db *db_open(const char *path, int *exit_code)
{
	return db_open_kind(path, &results_kind, exit_code);
}

struct db *db_open_kind(const char *path, const struct db_kind *kind, int *exit_code)
{
	char *shown = diag_escape(path, strlen(path), 300);
	char *full = realpath(path, NULL);
	struct db *db = NULL;
	struct stat st = { 0 };
	int fd = -1;

	*exit_code = EXIT_INPUT;
	if (full && stat(full, &st) == 0 && S_ISREG(st.st_mode))
		fd = open(full, O_RDONLY | O_CLOEXEC);
	if (!full || (fd < 0 && S_ISREG(st.st_mode))) {
		db_file_complain(shown, strerror(errno));
		*exit_code = errno == ENOENT || errno == ENOTDIR ? EXIT_INPUT : EXIT_HOST;
	} else if (fd < 0 || db_file_kind(fd) != kind) {
		complain_kind(shown, kind, fd < 0 ? NULL : db_file_kind(fd));
	} else {
		close(fd);
		fd = -1;
		db = new_db(full, shown);
		if (!open_sqlite(db, SQLITE_OPEN_READONLY)) {
			db_close(db);
			db = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	if (db && !is_readable(db, kind)) {
		db_close(db);
		db = NULL;
	}
	free(full);
	sim_free(shown);
	return db;
}

/* Whether a text may stand between double quotes as an identifier. */
static bool is_identifier(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_") == strlen(name);
}

static bool query_fits(struct db *db, const struct db_query *q)
{
	for (int i = 0; i < q->nr_columns; i++)
		if (!is_identifier(q->columns[i]) || !db_has(db, q->table, q->columns[i]))
			return false;
	for (int i = 0; i < q->nr_keys; i++)
		if (!is_identifier(q->keys[i].column) || !db_has(db, q->table, q->keys[i].column))
			return false;
	return is_identifier(q->table);
}

struct db_rows *db_select(struct db *db, const struct db_query *q)
{
	struct db_rows *rows = sim_calloc(1, sizeof(*rows));
	struct str sql = { 0 };

	rows->db = db;
	if (!query_fits(db, q))
		return rows;
	str_add(&sql, q->distinct ? "SELECT DISTINCT " : "SELECT ");
	for (int i = 0; i < q->nr_columns; i++)
		str_addf(&sql, "%s\"%s\"", i ? ", " : "", q->columns[i]);
	str_addf(&sql, " FROM \"%s\"", q->table);
	for (int i = 0; i < q->nr_keys; i++)
		str_addf(&sql, "%s\"%s\" = ?", i ? " AND " : " WHERE ", q->keys[i].column);
	str_add(&sql, " ORDER BY ");
	for (int i = 0; i < (q->distinct ? q->nr_columns : q->sorted); i++)
		str_addf(&sql, "%s%d", i ? ", " : "", i + 1);
	if (!q->distinct)
		str_add(&sql, q->sorted ? ", rowid" : "rowid");
	if (sqlite3_prepare_v2(db->sql, sql.s, -1, &rows->stmt, NULL) != SQLITE_OK)
		db_file_complain(db->shown, sqlite3_errmsg(db->sql));
	str_free(&sql);
	for (int i = 0; rows->stmt && i < q->nr_keys; i++) {
		if (q->keys[i].text)
			sqlite3_bind_text(rows->stmt, i + 1, q->keys[i].text, -1, SQLITE_TRANSIENT);
		else
			sqlite3_bind_int64(rows->stmt, i + 1, q->keys[i].number);
	}
	return rows;
}

bool db_next(struct db_rows *rows)
{
	int r = rows->stmt ? sqlite3_step(rows->stmt) : SQLITE_DONE;

	if (r != SQLITE_ROW && r != SQLITE_DONE && !rows->db->failed) {
		rows->db->failed = true;
		db_file_complain(rows->db->shown, sqlite3_errmsg(rows->db->sql));
	}
	return r == SQLITE_ROW;
}

int64_t db_number(const struct db_rows *rows, int column)
{
	return sqlite3_column_int64(rows->stmt, column);
}

double db_real(const struct db_rows *rows, int column)
{
	return sqlite3_column_double(rows->stmt, column);
}

bool db_is_null(const struct db_rows *rows, int column)
{
	return sqlite3_column_type(rows->stmt, column) == SQLITE_NULL;
}

const char *db_text(const struct db_rows *rows, int column)
{
	const unsigned char *text = sqlite3_column_text(rows->stmt, column);

	return text ? (const char *)text : "";
}

bool db_is_text(const struct db_rows *rows, int column)
{
	return sqlite3_column_type(rows->stmt, column) == SQLITE_TEXT;
}

void db_rows_free(struct db_rows *rows)
{
	sqlite3_finalize(rows->stmt);
	sim_free(rows);
}

char *db_run_text(struct db *db, const char *column)
{
	struct db_query q = { .table = "run", .columns = &column, .nr_columns = 1 };
	struct db_rows *rows = db_select(db, &q);
	char *text = sim_strdup(db_next(rows) ? db_text(rows, 0) : "");

	db_rows_free(rows);
	return text;
}
