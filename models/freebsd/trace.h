/*
 * trace.h - trace_<event>(s, fields...) for every row of trace.def
 */
#ifndef MMSIM_FREEBSD_TRACE_H
#define MMSIM_FREEBSD_TRACE_H

#include "sim/sim.h"

#define TRACE TRACE_ENUM
enum freebsd_tracepoint {
#include "models/freebsd/trace.def"
	NR_FREEBSD_TRACEPOINTS,
};
#undef TRACE

#define TRACE TRACE_FUNCTION
#include "models/freebsd/trace.def"
#undef TRACE
#endif
