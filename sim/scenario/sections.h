/*
 * sections.h - what a model may read of the scenario
 */
#ifndef MMSIM_SCENARIO_SECTIONS_H
#define MMSIM_SCENARIO_SECTIONS_H

#include "sim/table/model.h"

/*
 * The data of a section as its schema says: the structure (all defaults if the section is not in
 * the file), or a struct key_list.  Lives as long as the scenario.
 */
const void *scenario_section(const struct scenario *sc, const char *name);

/* The values to set at boot, in the order in which they are to be written; count in *n. */
struct scenario_tunable {
	struct tunable_value value;
	struct place at;
};
const struct scenario_tunable *scenario_tunables(const struct scenario *sc, size_t *n);
#endif
