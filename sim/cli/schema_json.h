/*
 * schema_json.h - JSON Schema of scenarios, from the tables
 */
#ifndef MMSIM_CLI_SCHEMA_JSON_H
#define MMSIM_CLI_SCHEMA_JSON_H

#include "sim/cli/json.h"
#include "sim/table/model.h"

/* All of it, to standard output. */
void schema_json_print(const struct tables *t);

/* schema_step.c: "$defs" of steps, with the words of every call. */
void schema_json_steps(struct json *j, const struct tables *t);

/* schema_tunable.c: how a value of a tunable is used. */
enum tunable_use {
	IN_FORCE,
	WRITTEN,  /* in a step that may expect a refusal: of any size */
	COMPARED, /* a list of them, beside paths of other values */
};

/* A mapping of tunables by their full names; those of a disk are patterns. */
void schema_json_tunables(struct json *j, const struct tables *t, enum tunable_use use);
/* A key for a class whose tunables stand below the name of their object. */
void schema_json_class(struct json *j, const struct tunable_class *class);

/* A number within min..max, with or without its unit; a list of them, or a text of them. */
void schema_json_number(struct json *j, enum unit unit, int64_t min, int64_t max);
void schema_json_numbers(struct json *j, enum unit unit, int64_t min, int64_t max);
/* What may stand behind a key; meaning and default go with it. */
void schema_json_value(struct json *j, const struct key *k);
/* A mapping with these rows.  more: further rows, or NULL. */
void schema_json_map(struct json *j, const struct key_schema *schema,
		     const struct key_schema *more);
/* A value that is described below "$defs". */
void schema_json_ref(struct json *j, const char *key, const char *def);
void schema_json_name(struct json *j); /* as names of files, tasks and disks */
void schema_json_time(struct json *j);
void schema_json_bool(struct json *j); /* with the texts that stand for it */
#endif
