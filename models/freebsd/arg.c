/*
 * arg.c - the rows of arg.def as keys, for the reader of scenarios
 */
#include "models/freebsd/arg.h"
#include "models/freebsd/vm/vm_map.h"

static const struct key_word freebsd_advice_words[] = {
	{ "normal", FREEBSD_MADV_NORMAL, "no particular order" },
	{ "random", FREEBSD_MADV_RANDOM, "no neighbours are read along" },
	{ "sequential", FREEBSD_MADV_SEQUENTIAL, "what lies behind is cached early" },
	{ "willneed", FREEBSD_MADV_WILLNEED, "map what is in memory" },
	{ "dontneed", FREEBSD_MADV_DONTNEED, "reclaim the pages soon" },
	{ "free", FREEBSD_MADV_FREE, "their contents are not needed any more" },
	{ "noreuse", 8, "of other kernels: -EINVAL" },
	{ "hugepage", 14, "of other kernels: -EINVAL" },
	{ "nohugepage", 15, "of other kernels: -EINVAL" },
	{ "cold", 20, "of other kernels: -EINVAL" },
	{ "pageout", 21, "of other kernels: -EINVAL" },
	{ NULL, 0, NULL },
};

static const struct key_word freebsd_fadvise_words[] = {
	{ "normal", 0, "of other kernels" },
	{ "random", 1, "of other kernels" },
	{ "sequential", 2, "of other kernels" },
	{ "willneed", 3, "of other kernels" },
	{ "dontneed", 4, "of other kernels" },
	{ "noreuse", 5, "of other kernels" },
	{ NULL, 0, NULL },
};

static const struct key_word sync_range_words[] = {
	{ "SYNC_FILE_RANGE_WAIT_BEFORE", 1, "of other kernels" },
	{ "SYNC_FILE_RANGE_WRITE", 2, "of other kernels" },
	{ "SYNC_FILE_RANGE_WAIT_AFTER", 4, "of other kernels" },
	{ NULL, 0, NULL },
};

static const struct key_word vm_object_type_words[] = {
	{ "OBJT_DEFAULT", OBJT_DEFAULT, "anonymous memory that was never in swap" },
	{ "OBJT_SWAP", OBJT_SWAP, "anonymous memory" },
	{ "OBJT_DEVICE", OBJT_DEVICE, "memory of a device" },
	{ "OBJT_PHYS", OBJT_PHYS, "pages that no queue knows" },
	{ "OBJT_SG", OBJT_SG, "a list of places" },
	{ NULL, 0, NULL },
};

static const struct key_word vm_alloc_words[] = {
	{ "VM_ALLOC_NORMAL", VM_ALLOC_NORMAL, "the class of programs: leaves v_free_reserved" },
	{ "VM_ALLOC_INTERRUPT", VM_ALLOC_INTERRUPT, "of interrupts: may take the last page" },
	{ "VM_ALLOC_SYSTEM", VM_ALLOC_SYSTEM, "of the kernel: leaves v_interrupt_free_min" },
	{ "VM_ALLOC_WIRED", VM_ALLOC_WIRED, "the page comes wired" },
	{ "VM_ALLOC_ZERO", VM_ALLOC_ZERO, "one of zeroes, if there is one" },
	{ "VM_ALLOC_RETRY", VM_ALLOC_RETRY, "of vm_page_grab: try until there is one" },
	{ "VM_ALLOC_NOOBJ", VM_ALLOC_NOOBJ, "for no object" },
	{ "VM_ALLOC_NOBUSY", VM_ALLOC_NOBUSY, "not busy" },
	{ "VM_ALLOC_IFCACHED", VM_ALLOC_IFCACHED, "only if it is cached" },
	{ "VM_ALLOC_IFNOTCACHED", VM_ALLOC_IFNOTCACHED, "only if it is not" },
	{ "VM_ALLOC_IGN_SBUSY", VM_ALLOC_IGN_SBUSY, "of vm_page_grab: I/O does not matter" },
	{ NULL, 0, NULL },
};

static const struct key keys[] = {
#define ARG_INT     ARG_KEY_INT
#define ARG_FLAGS   ARG_KEY_FLAGS
#define ARG_ENUM    ARG_KEY_ENUM
#define ARG_ENUM_OF ARG_KEY_ENUM_OF
#define ARG_BOOL    ARG_KEY_BOOL
#define ARG_REF     ARG_KEY_REF
#define ARG_NAME    ARG_KEY_NAME
#include "models/freebsd/arg.def"
};

const struct key_schema freebsd_args = {
	.name = "call",
	.keys = keys,
	.nr_keys = ARRAY_LEN(keys),
	.size = sizeof(struct args),
	.seen = SIZE_MAX,
};
