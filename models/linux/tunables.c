/*
 * tunables.c - rows of /proc/sys/vm, and what a write sets off
 */
#include "models/linux/tunables.h"

#include "models/linux/alloc/watermark.h"
#include "models/linux/mappings/hugetlb.h"

#define MIN_PCP_HIGH_FRACTION 8

static const int64_t lowmem_reserve_ratio_defaults[MAX_NR_ZONES] = {
	[ZONE_DMA] = 256,
	[ZONE_DMA32] = 256,
	[ZONE_NORMAL] = 32,
};

static bool valid_pcp_fraction(int64_t v)
{
	return v == 0 || v >= MIN_PCP_HIGH_FRACTION;
}

static bool valid_background_bytes(int64_t v)
{
	return v >= 1;
}

static bool valid_dirty_bytes(int64_t v)
{
	return v >= 2 * (int64_t)PAGE_SIZE;
}

int min_free_kbytes_write(struct sim *s, void *object, const struct tunable *row,
			  const int64_t *values)
{
	struct linux_vm *vm = linux_vm(s);

	tunable_store(object, row, values);
	vm->user_min_free_kbytes = vm->sysctl.min_free_kbytes;
	setup_per_zone_wmarks(vm);
	return 0;
}

int wmark_write(struct sim *s, void *object, const struct tunable *row, const int64_t *values)
{
	tunable_store(object, row, values);
	setup_per_zone_wmarks(linux_vm(s));
	return 0;
}

int lowmem_reserve_write(struct sim *s, void *object, const struct tunable *row,
			 const int64_t *values)
{
	struct linux_vm *vm = linux_vm(s);

	tunable_store(object, row, values);
	for (int i = 0; i < MAX_NR_ZONES; i++)
		if (vm->sysctl.lowmem_reserve_ratio[i] < 1)
			vm->sysctl.lowmem_reserve_ratio[i] = 0;
	setup_per_zone_lowmem_reserve(vm);
	return 0;
}

int pcp_fraction_write(struct sim *s, void *object, const struct tunable *row,
		       const int64_t *values)
{
	struct linux_vm *vm = linux_vm(s);

	if (values[0] == vm->sysctl.percpu_pagelist_high_fraction)
		return 0;
	tunable_store(object, row, values);
	FOR_EACH_ZONE (vm, zone)
		zone_pcp_update(vm, zone, 0);
	return 0;
}

int min_unmapped_write(struct sim *s, void *object, const struct tunable *row,
		       const int64_t *values)
{
	tunable_store(object, row, values);
	setup_min_unmapped_ratio(linux_vm(s));
	return 0;
}

int min_slab_write(struct sim *s, void *object, const struct tunable *row, const int64_t *values)
{
	tunable_store(object, row, values);
	setup_min_slab_ratio(linux_vm(s));
	return 0;
}

int numa_stat_write(struct sim *s, void *object, const struct tunable *row, const int64_t *values)
{
	struct linux_vm *vm = linux_vm(s);
	bool was_on = vm->sysctl.numa_stat;

	tunable_store(object, row, values);
	if (!was_on || vm->sysctl.numa_stat)
		return 0;
	FOR_EACH_ZONE (vm, zone) {
		zone->stat.numa_hit = zone->stat.numa_miss = zone->stat.numa_foreign = 0;
		zone->stat.numa_interleave = zone->stat.numa_local = zone->stat.numa_other = 0;
	}
	return 0;
}

int fault_around_write(struct sim *s, void *object, const struct tunable *row,
		       const int64_t *values)
{
	int64_t bytes = (int64_t)PAGE_SIZE;

	(void)s;
	while (2 * bytes <= values[0])
		bytes *= 2;
	tunable_store(object, row, &bytes);
	return 0;
}

static void *vm_object(struct sim *s, const char *name)
{
	(void)name;
	return s->kernel ? &linux_vm(s)->sysctl : NULL;
}

#define AUTO TUNABLE_AUTO
#define TUNABLE(row, unit, def, min, max, write, meaning)                                          \
	{ TUNABLE_FIELDS(sysctl_vm, row, unit, def, min, max, write, meaning), .count = 1 },
#define TUNABLE_VEC(row, unit, n, min, max, write, meaning)                                        \
	{ TUNABLE_FIELDS(sysctl_vm, row, unit, 0, min, max, write, meaning), .count = n,           \
	  .defs = row##_defaults },
#define TUNABLE_UNUSED(row, unit, def, min, max, why, meaning)                                     \
	{ TUNABLE_FIELDS(sysctl_vm, row, unit, def, min, max, NULL, meaning), .count = 1,          \
	  .unused = why },
#define TUNABLE_IF(row, unit, def, min, max, write, is_valid, words, meaning)                      \
	{ TUNABLE_FIELDS(sysctl_vm, row, unit, def, min, max, write, meaning), .count = 1,         \
	  .valid = is_valid, .accepts = words },
#define TUNABLE_AS(row, real_name, row_unit, row_def, row_min, row_max, write, text)               \
	{ .name = real_name,                                                                       \
	  .alias = #row,                                                                           \
	  .unit = UNIT_##row_unit,                                                                 \
	  .def = row_def,                                                                          \
	  .min = row_min,                                                                          \
	  .max = row_max,                                                                          \
	  .offset = offsetof(struct sysctl_vm, row),                                               \
	  .on_write = write,                                                                       \
	  .meaning = text,                                                                         \
	  .count = 1 },
#define TUNABLE_SEEN_IF_SET(row, unit, def, min, max, write, meaning)                              \
	{ TUNABLE_FIELDS(sysctl_vm, row, unit, def, min, max, write, meaning), .count = 1,         \
	  .seen_if_set = true },
#define TUNABLE_AT(row, path, unit, def, min, max, write, meaning)                                 \
	{ TUNABLE_FIELDS(sysctl_vm, row, unit, def, min, max, write, meaning), .count = 1,         \
	  .where = path },

static const struct tunable vm_rows[] = {
#include "models/linux/sysctl_vm.def"
};

const struct tunable_class vm_tunables = {
	.prefix = "vm",
	.where = "/proc/sys/vm",
	.rows = vm_rows,
	.nr_rows = ARRAY_LEN(vm_rows),
	.object = vm_object,
};
