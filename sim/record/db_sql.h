/*
 * db_sql.h - an open results file, for db.c and db_read.c alone
 */
#ifndef MMSIM_RECORD_DB_SQL_H
#define MMSIM_RECORD_DB_SQL_H

#include <sqlite3.h>

#include "sim/record/db.h"

struct db {
	sqlite3 *sql;
	char *full;  /* owned; the absolute path */
	char *shown; /* owned; the path as it may be printed */
	int lock_fd; /* held while writing; -1: reading */
	bool failed;
	bool scratch;                /* nobody needs the file after a crash of the host */
	const struct schema *schema; /* borrowed */
	sqlite3_stmt **insert;       /* owned; by table */
	int *table_of;               /* owned; by number in the rows */
	int nr_named;                /* numbers in use */
};

/* A handle of a file that is not open yet; the caller's. */
struct db *new_db(const char *full, const char *shown);

/* Opens the file, flags as SQLite has them; false after saying why not. */
bool open_sqlite(struct db *db, int flags);
#endif
