/*
 * arg.h - the arguments of calls: one field per row of arg.def
 */
#ifndef MMSIM_FREEBSD_ARG_H
#define MMSIM_FREEBSD_ARG_H

#include "sim/sim.h"

struct args {
#define ARG_INT(name, unit, min, max, meaning) int64_t name;
#define ARG_FLAGS(name, words, meaning)        int64_t name;
#define ARG_ENUM(name, words, meaning)         int64_t name;
#define ARG_ENUM_OF(op, name, words, meaning)
#define ARG_BOOL(name, meaning)      bool name;
#define ARG_REF(name, kind, meaning) struct arg_ref name;
#define ARG_NAME(name, meaning)      const char *name;
#include "models/freebsd/arg.def"
#undef ARG_INT
#undef ARG_FLAGS
#undef ARG_ENUM
#undef ARG_ENUM_OF
#undef ARG_BOOL
#undef ARG_REF
#undef ARG_NAME
};

extern const struct key_schema freebsd_args;
#endif
