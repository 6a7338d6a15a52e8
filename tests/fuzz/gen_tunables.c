/*
 * gen_tunables.c - values of a random scenario that change
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/fuzz/gen.h"

/* A tunable whose values lie between two numbers; small ones as likely as large ones. */
struct simple {
	const char *name;
	uint64_t low, high;
	bool zero; /* 0 is special, and may be written beside low..high */
};                 /* low and high 0: true or false */

static const struct simple linux_vm[] = {
	{ "vm.watermark_scale_factor", 1, 3000, false },
	{ "vm.watermark_boost_factor", 1, 40000, true },
	{ "vm.percpu_pagelist_high_fraction", 8, 4000, true },
	{ "vm.zone_reclaim_mode", 1, 7, true },
	{ "vm.min_unmapped_ratio", 1, 100, true },
	{ "vm.min_slab_ratio", 1, 100, true },
	{ "vm.dirty_background_ratio", 1, 60, true },
	{ "vm.dirty_ratio", 1, 100, true },
	{ "vm.dirty_background_bytes", 1, 64 << 20, false },
	{ "vm.dirty_bytes", 8192, 64 << 20, false },
	{ "vm.dirty_writeback_centisecs", 1, 500, true },
	{ "vm.dirty_expire_centisecs", 1, 3000, true },
	{ "vm.dirtytime_expire_seconds", 1, 10, true },
	{ "vm.laptop_mode", 1, 5, true },
	{ "vm.swappiness", 1, 200, true },
	{ "vm.page_lock_unfairness", 1, 5, true },
	{ "vm.page-cluster", 1, 6, true },
	{ "vm.vma_ra_enabled", 0, 0, false },
	{ "vm.vfs_cache_pressure", 1, 1000, true },
	{ "vm.overcommit_memory", 1, 2, true },
	{ "vm.overcommit_ratio", 1, 200, false },
	{ "vm.overcommit_kbytes", 1, 1 << 20, false },
	{ "vm.oom_kill_allocating_task", 1, 1, true },
	{ "vm.oom_dump_tasks", 1, 1, true },
	{ "vm.user_reserve_kbytes", 1, 1 << 18, true },
	{ "vm.nr_hugepages", 1, 64, true },
	{ "vm.nr_overcommit_hugepages", 1, 32, true },
	{ "vm.fault_around_bytes", 4096, 2 << 20, false },
	{ "vm.compaction_proactiveness", 1, 100, true },
	{ "vm.compact_unevictable_allowed", 0, 0, false },
	{ "vm.extfrag_threshold", 1, 1000, true },
	{ "vm.numa_stat", 0, 0, false },
	{ "vm.stat_interval", 1, 10, false },
	{ "kernel.shmmax", 4096, 64 << 20, true },
	{ "kernel.shmall", 1, 1 << 14, true },
	{ "kernel.shmmni", 1, 8, true },
	{ "transparent_hugepage.enabled", 1, 2, true },
	{ "transparent_hugepage.defrag", 1, 4, true },
	{ "transparent_hugepage.use_zero_page", 0, 0, false },
	{ "transparent_hugepage.khugepaged.defrag", 0, 0, false },
	{ "transparent_hugepage.khugepaged.pages_to_scan", 1, 1 << 20, false },
	{ "transparent_hugepage.khugepaged.scan_sleep_millisecs", 1, 200, false },
	{ "transparent_hugepage.khugepaged.alloc_sleep_millisecs", 1, 200, true },
	{ "transparent_hugepage.khugepaged.max_ptes_none", 1, 511, true },
	{ "transparent_hugepage.khugepaged.max_ptes_swap", 1, 511, true },
	{ "transparent_hugepage.khugepaged.max_ptes_shared", 1, 511, true },
};

/* Those of a disk: queue.NAME.x and bdi.NAME.x; some may not be set at the start. */
static const struct simple linux_queue[] = {
	{ "read_ahead_kb", 1, 4096, true }, { "nomerges", 1, 2, true },
	{ "scheduler", 1, 1, true },        { "stable_writes", 0, 0, false },
	{ "nr_requests", 4, 256, false },   { "max_sectors_kb", 4, 1280, false },
	{ "wbt_lat_usec", 1, 20000, true }, { "rotational", 0, 0, false },
};
#define QUEUE_AT_START 3

static const struct simple linux_bdi[] = {
	{ "strict_limit", 0, 0, false },
	{ "min_ratio", 1, 60, true },
	{ "max_ratio", 1, 100, true },
};

static const struct simple freebsd_vm[] = {
	{ "vm.v_free_min", 1, 4000, false },
	{ "vm.v_free_target", 1, 8000, false },
	{ "vm.v_free_reserved", 1, 2000, false },
	{ "vm.v_inactive_target", 1, 8000, true },
	{ "vm.v_cache_min", 1, 4000, true },
	{ "vm.v_cache_max", 1, 8000, true },
	{ "vm.v_pageout_free_min", 1, 200, false },
	{ "vm.v_free_severe", 1, 2000, false },
	{ "vm.max_launder", 1, 100, true },
	{ "vm.pageout_algorithm", 1, 1, true },
	{ "vm.defer_swapspace_pageouts", 1, 1, true },
	{ "vm.disable_swapspace_pageouts", 1, 1, true },
	{ "vm.swap_enabled", 1, 1, true },
	{ "vm.swap_idle_enabled", 1, 1, true },
	{ "vm.swap_idle_threshold1", 1, 5, true },
	{ "vm.swap_idle_threshold2", 1, 10, true },
	{ "vm.kstack_cache_size", 1, 20, true },
	{ "vm.pageout_stats_max", 1, 4000, false },
	{ "vm.pageout_stats_interval", 1, 10, false },
	{ "vm.pageout_full_stats_interval", 1, 10, false },
};

static void write_value(struct gen *g, const struct simple *s)
{
	if (!s->high)
		printf("%s", chance(g, 50) ? "true" : "false");
	else
		printf("%" PRIu64, s->zero && chance(g, 25) ? 0 : scaled(g, s->low, s->high));
}

static void write_simple(struct gen *g, const struct simple *table, size_t n)
{
	const struct simple *s = &table[below(g, n)];

	printf("%s: ", s->name);
	write_value(g, s);
}

static void write_of_disk(struct gen *g, const char *what, const struct simple *s)
{
	printf("%s.d%" PRIu64 ".%s: ", what, below(g, (uint64_t)g->disks), s->name);
	write_value(g, s);
}

static void write_linux_tunable(struct gen *g, bool at_start)
{
	uint64_t kind = below(g, 100);

	if (kind < 15)
		printf("vm.min_free_kbytes: %" PRIu64,
		       scaled(g, 64, g->memory_mib * 1024 / (chance(g, 10) ? 2 : 8)));
	else if (kind < 30)
		write_of_disk(g, "queue",
			      &linux_queue[below(g, at_start ? QUEUE_AT_START : LEN(linux_queue))]);
	else if (kind < 40)
		write_of_disk(g, "bdi", &linux_bdi[below(g, at_start ? 1 : LEN(linux_bdi))]);
	else if (kind < 44 && !at_start)
		printf("vm.lowmem_reserve_ratio: %" PRIu64 " %" PRIu64 " %" PRIu64 " 0 0",
		       scaled(g, 1, 512), scaled(g, 1, 512), scaled(g, 1, 64));
	else if (kind < 45)
		printf("vm.panic_on_oom: %" PRIu64, below(g, 3));
	else
		write_simple(g, linux_vm, LEN(linux_vm));
}

void write_tunable(struct gen *g, bool at_start)
{
	if (g->freebsd)
		write_simple(g, freebsd_vm, LEN(freebsd_vm));
	else
		write_linux_tunable(g, at_start);
}
