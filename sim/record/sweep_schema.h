/*
 * sweep_schema.h - the tables of a merged sweep
 */
#ifndef MMSIM_RECORD_SWEEP_SCHEMA_H
#define MMSIM_RECORD_SWEEP_SCHEMA_H

#include "sim/record/schema.h"

enum {
	SWEEP_TABLE_SWEEP,
	SWEEP_TABLE_AXIS,
	SWEEP_TABLE_AXIS_VALUE,
	SWEEP_TABLE_POINT,
	SWEEP_TABLE_SETTING,
	SWEEP_TABLE_FIGURE,
	SWEEP_TABLE_EXPECTATION,
	SWEEP_TABLE_SCENARIO_FILE,
	NR_SWEEP_TABLES,
};

/* keys: of the axes; the views have a column for each, as far as their names differ. */
void sweep_schema_init(struct schema *schema, const char *const *keys, int n);
/* The same as SQL text with units and meanings, views for two keys among it. */
void sweep_schema_print(struct str *out);
#endif
