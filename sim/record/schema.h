/*
 * schema.h - the tables of a results file, made from the tables of the models
 */
#ifndef MMSIM_RECORD_SCHEMA_H
#define MMSIM_RECORD_SCHEMA_H

#include "sim/base/str.h"
#include "sim/table/model.h"

/* A kind of database that mmsim makes; its header says which. */
struct db_kind {
	uint32_t application_id;
	int version;         /* of the schema; older ones can be read */
	const char *table;   /* that every file of this kind has */
	const char *column;  /* and a column of it */
	const char *what;    /* "results file" */
	const char *command; /* that makes them */
};

extern const struct db_kind results_kind, sweep_kind;

enum column_type {
	COLUMN_NUMBER,
	COLUMN_REAL,
	COLUMN_TEXT,
	COLUMN_EITHER, /* a number, or a text */
};

struct column {
	const char *name;
	enum column_type type;
	bool counter;     /* only grows: has a place in the view of rates */
	const char *unit; /* "pages", "ns"; "" for plain counts */
	const char *meaning;
};

struct result_table {
	const char *name;
	const char *meaning;
	struct column *columns; /* owned */
	int nr_columns;
	int nr_keys;  /* columns after t_ns that tell the objects apart */
	bool samples; /* of a struct metric_object */
	bool events;  /* of a tracepoint: the first column is the key of the table */
};

/* The tables that every file has, in this order; then one per kind of object, then tracepoints. */
enum {
	TABLE_TUNABLE,
	TABLE_OBJECT,
	TABLE_OP_RESULT,
	TABLE_KERNEL_LOG,
	TABLE_LATENCY,
	TABLE_FAILED_CALL,
	TABLE_SIMPLIFIED,
	TABLE_SCENARIO_FILE,
	TABLE_SETTING,
	NR_FIXED_TABLES,
};

struct schema {
	const struct db_kind *kind;
	struct result_table *tables; /* owned */
	int nr;
	char *views;      /* owned; the views of a sweep, as SQL; NULL: those of results */
	int first_sample; /* table of t->metrics[0] */
	int *of_trace;    /* owned; by id of the tracepoint, -1: not recorded */
};

/* all: a table for every tracepoint, else for those with TRACE_RECORD. */
void schema_init(struct schema *schema, const struct tables *t, bool all);
void schema_free(struct schema *schema);
/* The statements that make a table, and all views, as SQL text with comments. */
void schema_print_table(struct str *out, const struct result_table *table);
void schema_print_views(struct str *out, const struct schema *schema);
/* The table "run", which has one row and is written by name. */
extern const struct result_table run_table;
/* Files that a scenario was read from: in results and in sweeps alike. */
extern struct column scenario_file_columns[3];
#endif
