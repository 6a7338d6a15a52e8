/*
 * sheet_objects.h - what the panels of a chart are about: zones, disks, tasks of one run
 */
#ifndef MMSIM_CLI_SHEET_OBJECTS_H
#define MMSIM_CLI_SHEET_OBJECTS_H

#include "sim/cli/cli.h"

#define MAX_OBJECTS 16 /* panels of one kind; more are not readable */
#define MAX_KEYS    3

/* One object that a panel is about, by its key columns. */
struct object {
	struct db_key key[MAX_KEYS];
	char *text[MAX_KEYS]; /* owned; NULL: the key is a number */
	int nr_keys;
	double size; /* highest value of the column "skip" */
};

/* The table that names the objects of a panel. */
const char *object_table(const struct chart_panel *cp);
/* The objects of a panel; one without keys if it has none.  Their columns' names live in keys. */
int sheet_find_objects(struct db *db, const struct chart_panel *cp, char *keys,
		       struct object objects[MAX_OBJECTS]);
void sheet_free_objects(struct object *objects, int n);

/*
 * What a picture has of the tasks of a run: in the order of their birth, many that are alike once.
 */
struct drawn_task {
	char *name;  /* owned */
	char *shown; /* owned; the label of the curve */
	bool is_group;
};

/* How many there are; their texts are the caller's. */
int sheet_find_tasks(struct db *db, struct drawn_task tasks[MAX_OBJECTS]);
/* Whether a column of a table says which task a row is about. */
bool is_of_tasks(const char *table, const char *column);
#endif
