/*
 * trace.h - trace_<event>(s, fields...) for every row of trace.def
 */
#ifndef MMSIM_LINUX_TRACE_H
#define MMSIM_LINUX_TRACE_H

#include "sim/sim.h"

#define TRACE TRACE_ENUM
enum linux_tracepoint {
#include "models/linux/trace.def"
	NR_LINUX_TRACEPOINTS,
};
#undef TRACE

#define TRACE TRACE_FUNCTION
#include "models/linux/trace.def"
#undef TRACE
#endif
