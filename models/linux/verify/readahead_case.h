/*
 * readahead_case.h - cases of the family readahead: what a reader's calls made readahead do
 *
 * A case is a machine with one disk, files with their places on it, and calls one after another
 * (ops.txt).  All the rest is what came of them: tables of whole numbers, a row a line, the first
 * column the number of the call.
 */
#ifndef MMSIM_LINUX_READAHEAD_CASE_H
#define MMSIM_LINUX_READAHEAD_CASE_H

#include "models/linux/conf.h"
#include "models/linux/storage/file.h"
#include "models/linux/verify/verify.h"

enum ra_table {
	RA_WINDOWS,
	RA_TRIGGERS,
	RA_CALLS,
	RA_INSERTS,
	RA_DELETES,
	RA_CACHE,
	RA_BIOS,
	RA_REQUESTS,
	RA_DEVICE,
	NR_RA_TABLES,
};

#define RA_MAX_COLUMNS 18
#define RA_DASH        INT64_MIN /* "-": there is nothing to say */

struct ra_row {
	int64_t v[RA_MAX_COLUMNS]; /* as the columns of the table; words by their number */
};

struct ra_rows {
	struct ra_row *row; /* owned */
	size_t n, cap;
};

/* What a table looks like. */
struct ra_table_def {
	const char *name;    /* of the file, without .txt */
	const char *columns; /* its first line, behind "# " */
	int nr_columns;
	int word_column; /* holds a word of words; -1: none */
	const char *const *words;
	int run_column; /* first, pages and order from here on: a run of folios; -1: none */
};

extern const struct ra_table_def ra_tables[NR_RA_TABLES];

/* The words of kind in windows and triggers: numbers of enum ra_kind, then the last. */
#define RA_SYNC_FORCE 4
extern const char *const ra_kind_words[];

#define RA_MAX_FILES 16
#define RA_MAX_SLOTS 64

/* What case.yaml says. */
struct ra_case {
	struct verify_case *c;
	struct machine_conf machine;
	struct linux_conf kernel;
	struct node_conf node;
	struct disk_conf disk;
	struct disk_error_conf bad;
	struct key_list files; /* of file */
	struct file_conf file[RA_MAX_FILES];
	int number[RA_MAX_FILES]; /* what the case calls them, by inode id */
	int64_t pause_ns;
	int64_t read_ahead_kb, max_sectors_kb, fault_around_bytes;
	struct ra_rows tables[NR_RA_TABLES]; /* computed; runs as single folios */
};

void ra_add_row(struct ra_rows *rows, const struct ra_row *row);

/* readahead_load.c: reads case.yaml; false after reporting to c->diag. */
bool ra_case_read(struct verify_case *c, struct ra_case *ra);
void ra_case_free(struct ra_case *ra);
/* readahead_run.c: runs all calls and fills the tables; false after reporting. */
bool ra_case_run(struct ra_case *ra);
/* A recorded table, runs taken apart; false if the case has none (no error). */
bool ra_table_read(struct verify_case *c, enum ra_table which, struct ra_rows *rows);
/* Writes the computed tables below --out, runs put together. */
void ra_tables_write(const struct ra_case *ra);
#endif
