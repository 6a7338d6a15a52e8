/*
 * db_file.h - where a results file may be made, and how it appears: whole, at once
 *
 * A lock (flock, which SQLite does not use) tells a file that is being written
 * from one that was left behind.
 */
#ifndef MMSIM_RECORD_DB_FILE_H
#define MMSIM_RECORD_DB_FILE_H

#include <sys/types.h>

#include "sim/base/types.h"

/* What is wrong with a path, on standard error: both escaped by the caller. */
void db_file_complain(const char *shown, const char *what);
/*
 * The absolute path with the folder resolved; the caller frees it.  NULL (said) if there is no
 * such folder.
 */
char *db_file_resolve(const char *path, const char *shown, int *exit_code);
struct db_kind;
/* The kind of an open file, as its beginning says; NULL: none of ours. */
const struct db_kind *db_file_kind(int fd);
/* Nobody may write it: its owner wants to keep it, so that it is not replaced unasked. */
bool db_file_is_protected(mode_t mode);
/*
 * Takes away the file at full, and what SQLite left beside it, if mmsim made it or with force, and
 * if nobody writes it.  False after saying why not.
 */
bool db_file_clear_way(const char *full, const char *shown, bool force, int *exit_code);

/* A file before it has a name: nobody sees it incomplete, and nothing is left if we are killed. */
struct db_file {
	int fd;        /* owned; -1: none.  Locked, and kept open while the file is written */
	bool is_named; /* where nameless files cannot be made: it is there already, and empty */
};

/* Makes an empty file for the path; false after saying why on standard error. */
bool db_file_begin(struct db_file *file, const char *full, const char *shown);
bool db_file_write(struct db_file *file, const char *shown, const void *bytes, size_t len);
/* The same with all that another open file has, from its beginning. */
bool db_file_copy(struct db_file *file, const char *shown, int from);
/* Gives it its name; false (said) if that is not possible, and nothing is left. */
bool db_file_publish(struct db_file *file, const char *full, const char *shown);
/* Ends what was begun and not published. */
void db_file_abandon(struct db_file *file, const char *full);
#endif
