/*
 * arg.c - the rows of arg.def as keys, for the reader of scenarios
 */
#include "models/linux/arg.h"
#include "models/linux/conf.h"
#include "models/linux/gfp.h"
#include "models/linux/mappings/driver_ops.h"
#include "models/linux/vmalloc/vmalloc_ops.h"

const struct key_word migratetype_words[] = {
	{ "MIGRATE_UNMOVABLE", MIGRATE_UNMOVABLE, "pages that stay where they are" },
	{ "MIGRATE_MOVABLE", MIGRATE_MOVABLE, "pages of programs and of the page cache" },
	{ "MIGRATE_RECLAIMABLE", MIGRATE_RECLAIMABLE, "objects that can be given back" },
	{ "MIGRATE_HIGHATOMIC", MIGRATE_HIGHATOMIC, "kept for high-order atomic requests" },
	{ "MIGRATE_ISOLATE", MIGRATE_ISOLATE, "nothing is given out from here" },
	{ "MIGRATE_CMA", MIGRATE_CMA, "the area of linux.cma" },
	{ NULL, 0, NULL },
};

static const struct key keys[] = {
#define ARG_INT(n, u, lo, hi, m)                                                                   \
	{ .name = #n,                                                                              \
	  .type = KEY_INT,                                                                         \
	  .unit = UNIT_##u,                                                                        \
	  .offset = offsetof(struct args, n),                                                      \
	  .min = lo,                                                                               \
	  .max = hi,                                                                               \
	  .meaning = m },
#define ARG_FLAGS(n, w, m)                                                                         \
	{ .name = #n,                                                                              \
	  .type = KEY_FLAGS,                                                                       \
	  .offset = offsetof(struct args, n),                                                      \
	  .words = w,                                                                              \
	  .meaning = m },
#define ARG_ENUM(n, w, m)                                                                          \
	{ .name = #n,                                                                              \
	  .type = KEY_ENUM,                                                                        \
	  .offset = offsetof(struct args, n),                                                      \
	  .words = w,                                                                              \
	  .meaning = m },
#define ARG_WORD(n, w, lo, hi, m)                                                                  \
	{ .name = #n,                                                                              \
	  .type = KEY_ENUM,                                                                        \
	  .offset = offsetof(struct args, n),                                                      \
	  .words = w,                                                                              \
	  .min = lo,                                                                               \
	  .max = hi,                                                                               \
	  .meaning = m },
#define ARG_BOOL(n, m)                                                                             \
	{ .name = #n, .type = KEY_BOOL, .offset = offsetof(struct args, n), .meaning = m },
#define ARG_REF(n, k, m)                                                                           \
	{ .name = #n,                                                                              \
	  .type = KEY_REF,                                                                         \
	  .offset = offsetof(struct args, n),                                                      \
	  .ref_kind = k,                                                                           \
	  .meaning = m },
#define ARG_INTS(n, u, lo, hi, m)                                                                  \
	{ .name = #n,                                                                              \
	  .type = KEY_INTS,                                                                        \
	  .unit = UNIT_##u,                                                                        \
	  .offset = offsetof(struct args, n),                                                      \
	  .min = lo,                                                                               \
	  .max = hi,                                                                               \
	  .meaning = m },
#define ARG_NAME(n, m)                                                                             \
	{ .name = #n, .type = KEY_NAME, .offset = offsetof(struct args, n), .meaning = m },
#define ARG_BEHAVIOUR(n, m)                                                                        \
	{ .name = #n, .type = KEY_BEHAVIOUR, .offset = offsetof(struct args, n), .meaning = m },
#define ARG_SET(n, m)                                                                              \
	{ .name = #n, .type = KEY_SET, .offset = offsetof(struct args, n), .meaning = m },
#include "models/linux/arg.def"
};

const struct key_schema linux_args = {
	.name = "call",
	.keys = keys,
	.nr_keys = ARRAY_LEN(keys),
	.size = sizeof(struct args),
	.seen = SIZE_MAX,
};
