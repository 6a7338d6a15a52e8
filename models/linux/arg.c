/*
 * arg.c - the rows of arg.def as keys, for the reader of scenarios
 */
#include "models/linux/arg.h"
#include "models/linux/conf.h"
#include "models/linux/gfp.h"
#include "models/linux/ipc/shm.h"
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
#define ARG_INT       ARG_KEY_INT
#define ARG_FLAGS     ARG_KEY_FLAGS
#define ARG_ENUM      ARG_KEY_ENUM
#define ARG_ENUM_OF   ARG_KEY_ENUM_OF
#define ARG_WORD      ARG_KEY_WORD
#define ARG_BOOL      ARG_KEY_BOOL
#define ARG_REF       ARG_KEY_REF
#define ARG_INTS      ARG_KEY_INTS
#define ARG_NAME      ARG_KEY_NAME
#define ARG_BEHAVIOUR ARG_KEY_BEHAVIOUR
#define ARG_SET       ARG_KEY_SET
#include "models/linux/arg.def"
};

const struct key_schema linux_args = {
	.name = "call",
	.keys = keys,
	.nr_keys = ARRAY_LEN(keys),
	.size = sizeof(struct args),
	.seen = SIZE_MAX,
};
