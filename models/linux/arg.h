/*
 * arg.h - the arguments of calls: one field per row of arg.def
 */
#ifndef MMSIM_LINUX_ARG_H
#define MMSIM_LINUX_ARG_H

#include "sim/sim.h"

struct args {
#define ARG_INT(name, unit, min, max, meaning) int64_t name;
#define ARG_FLAGS(name, words, meaning)        int64_t name;
#define ARG_ENUM(name, words, meaning)         int64_t name;
#define ARG_ENUM_OF(op, name, words, meaning)
#define ARG_WORD(name, words, min, max, meaning) int64_t name;
#define ARG_BOOL(name, meaning)                  bool name;
#define ARG_REF(name, kind, meaning)             struct arg_ref name;
#define ARG_INTS(name, unit, min, max, meaning)  struct key_ints name;
#define ARG_SET(name, meaning)                   uint64_t name;
#define ARG_BEHAVIOUR(name, meaning)             struct behaviour name;
#define ARG_NAME(name, meaning)                  const char *name;
#include "models/linux/arg.def"
#undef ARG_INT
#undef ARG_FLAGS
#undef ARG_ENUM
#undef ARG_ENUM_OF
#undef ARG_WORD
#undef ARG_BOOL
#undef ARG_REF
#undef ARG_INTS
#undef ARG_SET
#undef ARG_BEHAVIOUR
#undef ARG_NAME
};

extern const struct key_schema linux_args;
extern const struct key_word fgp_words[], page_tag_words[];
extern const struct key_word writeback_sync_mode_words[], mapping_error_words[];
extern const struct key_word mempool_elements_words[];
extern const struct key_word fadvise_words[], madvise_words[], mempolicy_words[],
    migratetype_words[];
extern const struct key_word ioprio_words[];
#endif
