/*
 * db.h - the results file itself: only db.c and db_read.c speak SQLite
 *
 * Writing: a file is made, tables are added, rows come as bytes (row.h), one
 * transaction a call.  Reading: columns of a table by name, in order of the
 * rows.  Identifiers come from our tables only; values are bound.
 */
#ifndef MMSIM_RECORD_DB_H
#define MMSIM_RECORD_DB_H

#include "sim/base/diag.h"
#include "sim/record/schema.h"

#define EXIT_INPUT 2 /* the user's file or word is wrong */
#define EXIT_HOST  3 /* the host failed */

struct db;

/*
 * Clears the way for a new file; one that is there is replaced if mmsim made it or with force,
 * unless it is being written or is no regular file.  NULL after saying why on standard error.
 */
struct db *db_create(const char *path, bool force, int *exit_code);
/* The file is thrown away soon: nothing waits until the disk has it. */
void db_is_scratch(struct db *db);
/* Makes the tables and views and the row of "run", in memory; then db_set_run may fill it. */
bool db_add_schema(struct db *db, const struct schema *schema);
/* The file appears, with what was made; from here on it can be read. */
bool db_appear(struct db *db);
/* The same for a file that is made in one go: nothing is written to it any more. */
bool db_appear_whole(struct db *db);
bool db_set_run(struct db *db, const char *column, const char *text);
bool db_set_run_number(struct db *db, const char *column, int64_t number);
/* Rows as in row.h; all or nothing.  After a failure (said once) everything returns false. */
bool db_write_rows(struct db *db, const uint8_t *bytes, size_t len);
/* A value of a row; text NULL: the number, or what kind says. */
struct db_value {
	const char *text;
	size_t len; /* of text, bytes */
	int64_t number;
	enum { DB_NUMBER, DB_REAL, DB_NULL } kind;
	double real;
};
/* A row of table i of the schema, which no digest knows of; with as many values as it has columns.
 */
bool db_add_row(struct db *db, int i, const struct db_value *values);
/* The same for texts of the scenario's files (those that diag_written names), long ones in pieces;
 * table i has scenario_file_columns. */
bool db_add_files(struct db *db, int i, const struct diag *files);
/* Takes the rows of a moment back out of all tables of samples; all rows before are written. */
bool db_drop_samples(struct db *db, int64_t t_ns);
bool db_begin(struct db *db);
bool db_commit(struct db *db);
/* Whether writing failed before. */
bool db_failed(const struct db *db);
/* Ends writing.  Makes it one file; false if the host failed. */
bool db_finish(struct db *db);

/*
 * Closes the file for now, complete up to here, so that the process may be split: a database must
 * not be used on both sides of a fork.
 */
bool db_suspend(struct db *db);
/*
 * Goes on in a copy of the suspended file at path, made as db_create makes one.  False after saying
 * why on standard error.
 */
bool db_branch(struct db *db, const char *path, bool force, int *exit_code);

/* What kind of file of ours is at path; NULL: none. */
const struct db_kind *db_kind_of(const char *path);
/* Whether the file at path is the results of a run. */
bool db_is_results(const char *path);
/* The same as db_open for another kind of file. */
struct db *db_open_kind(const char *path, const struct db_kind *kind, int *exit_code);
/* Opens results that mmsim made, for reading; NULL after saying why on standard error. */
struct db *db_open(const char *path, int *exit_code);
void db_close(struct db *db);
bool db_has(struct db *db, const char *table, const char *column);

/* A condition on a row: the column has this value. */
struct db_key {
	const char *column;
	const char *text; /* NULL: number */
	int64_t number;
};

struct db_query {
	const char *table;
	const char *const *columns;
	int nr_columns;
	const struct db_key *keys;
	int nr_keys;
	bool distinct; /* each combination once, in order */
	int sorted;    /* by the first so many columns, and only then as they were written */
};

/*
 * Rows in the order they were written, if not asked otherwise.  A table or column that is not there
 * gives no rows; damage is said on standard error and ends the rows.
 */
struct db_rows;
struct db_rows *db_select(struct db *db, const struct db_query *q);
bool db_next(struct db_rows *rows);
int64_t db_number(const struct db_rows *rows, int column);
double db_real(const struct db_rows *rows, int column);
bool db_is_null(const struct db_rows *rows, int column);
const char *db_text(const struct db_rows *rows, int column); /* valid until db_next */
bool db_is_text(const struct db_rows *rows, int column);
void db_rows_free(struct db_rows *rows);
/* A text of the row of "run"; the caller frees it. */
char *db_run_text(struct db *db, const char *column);
#endif
