/*
 * result.h - the rows of result.def: fields of the results of calls
 */
#ifndef MMSIM_LINUX_RESULT_H
#define MMSIM_LINUX_RESULT_H

#include "sim/sim.h"

enum {
#define RESULT_OUT(kind, name, unit, number, meaning) LINUX_RESULT_##kind##_##name,
#define RESULT_OF(kind, name, unit, get, meaning)     LINUX_RESULT_##kind##_##name,
#include "models/linux/result.def"
#undef RESULT_OUT
#undef RESULT_OF
	NR_LINUX_RESULTS,
};

extern const struct result_field linux_results[];
#endif
