/*
 * gen_scenario.c - writes a random small scenario: gen_scenario SEED
 *
 * The same seed writes the same text.  The second line says which check the machine is small enough
 * for.  What is written is valid; what the simulated kernel refuses (a disk without room, memory
 * that is used up, a pair of values that exclude each other) is meant to come up.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine/rng.h"

#define MAX_DISKS 3
#define MAX_FILES 6
#define MAX_NAMES 64
#define LEN(a)    (sizeof(a) / sizeof((a)[0]))

struct gen {
	struct rng rng;
	bool small; /* checks after every event */
	int nodes, cpus, disks, files, tasks;
	int node_cpus[4];
	uint64_t memory_mib, duration_ms;
	uint64_t room[MAX_DISKS]; /* bytes of the disk that no file has */
	uint64_t disk_size[MAX_DISKS];
	uint64_t file_size[MAX_FILES];
	bool raw[MAX_FILES];
	int task;                  /* whose steps are being written */
	char names[MAX_NAMES][16]; /* results of alloc_pages that were given a name */
	int nr_names;
	char opened[16]; /* the last file this task opened, "": none */
	char map[16];    /* the last mapping this task made, "": none */
	char area[16];   /* the last area of vmalloc this task has, "": none */
};

static uint64_t below(struct gen *g, uint64_t n)
{
	return rng_below(&g->rng, n);
}

static uint64_t between(struct gen *g, uint64_t low, uint64_t high)
{
	return low + below(g, high - low + 1);
}

static bool chance(struct gen *g, unsigned percent)
{
	return below(g, 100) < percent;
}

/* Small numbers as likely as large ones: the same weight for each power of two. */
static uint64_t scaled(struct gen *g, uint64_t low, uint64_t high)
{
	int bits = 0;

	while (high >> bits > low)
		bits++;

	uint64_t v = low << below(g, (uint64_t)bits + 1);

	v += below(g, v + 1);
	return v < high ? v : high;
}

static const char *one_of(struct gen *g, const char *const *words, size_t n)
{
	return words[below(g, n)];
}

/* --- the machine --- */

static void parameter(const char *name, uint64_t v, const char *unit)
{
	printf(", %s: %" PRIu64 "%s", name, v, unit);
}

/* Bad sectors, or requests of the whole disk now and then, or for a while. */
static void disk_errors(struct gen *g, uint64_t size)
{
	static const char *const on[] = { "read", "write", "both" };
	static const char *const errors[] = { "EIO", "ENOSPC", "ETIMEDOUT" };
	uint64_t start = below(g, size < (64 << 20) ? size / 512 - 8 : 65536);

	printf(", errors: [{ error: %s, on: %s", one_of(g, errors, LEN(errors)),
	       one_of(g, on, LEN(on)));
	if (chance(g, 50))
		printf(", start: %" PRIu64 ", sectors: %" PRIu64, start, between(g, 1, 8));
	else
		printf(", every: %" PRIu64, scaled(g, 1, 1000));
	if (chance(g, 30))
		printf(", count: %" PRIu64, between(g, 1, 20));
	if (chance(g, 30))
		printf(", from: %" PRIu64 " ms, until: %" PRIu64 " ms", below(g, 1000),
		       between(g, 1000, 5000));
	printf(" }]");
}

/* preset: "": none; slots: its channels are given already. */
static void disk_parameters(struct gen *g, const char *preset, bool slots)
{
	bool hdd = !strcmp(preset, "hdd") || !strcmp(preset, "hdd-7200");
	bool nearest = hdd; /* needs a single channel */

	if (chance(g, 20))
		parameter("queue_depth", scaled(g, 1, 128), "");
	if (chance(g, 15))
		parameter("max_request_kb", 4 * scaled(g, 1, 320), "");
	if (chance(g, 15))
		parameter("max_segments", scaled(g, 1, 128), "");
	if (chance(g, 10))
		parameter("max_segment_size", 4096 * scaled(g, 1, 32), "");
	if (chance(g, 20))
		printf(", scheduler: %s", chance(g, 50) ? "none" : "mq-deadline");
	if (chance(g, 15))
		parameter("nr_requests", scaled(g, 1, 256), "");
	if (chance(g, 20))
		parameter("wbt_target", chance(g, 40) ? 0 : scaled(g, 1, 75), " ms");
	if (!nearest && !*preset && !slots && chance(g, 20)) {
		printf(", native_queueing: true");
		nearest = true;
	}
	if (!nearest && chance(g, 30))
		parameter("channels", scaled(g, 1, 32), "");
	if (!hdd && chance(g, 15)) {
		uint64_t track = scaled(g, 1, 2000);

		parameter("seek_track", track, " us");
		parameter("seek_full", track + scaled(g, 1, 8000), " us");
	}
	if (chance(g, 10))
		parameter("rpm", scaled(g, 1000, 15000), "");
	if (chance(g, 10))
		parameter("zone_ratio", between(g, 1, 100), "");
	if (chance(g, 15)) {
		parameter("cache", scaled(g, 1, 16384), " KiB");
		parameter("drain_bandwidth", scaled(g, 1, 200), " MB/s");
		parameter("flush_latency", scaled(g, 1, 5000), " us");
	}
	if (chance(g, 10))
		printf(", duplex: true");
	if (chance(g, 10))
		parameter("iops_limit", scaled(g, 50, 5000), "");
	if (chance(g, 10))
		parameter("bps_limit", scaled(g, 1, 100), "000000");
	if (chance(g, 10))
		parameter("burst", scaled(g, 1, 100), " ms");
	if (chance(g, 10))
		printf(", rotational: %s", chance(g, 50) ? "true" : "false");
	if (chance(g, 10))
		printf(", scsi: true");
}

static void write_disk(struct gen *g, int i)
{
	static const char *const presets[] = { "hdd-7200",         "sata-ssd", "nvme",
					       "virtio-throttled", "hdd",      "ssd" };
	const char *preset = "";
	bool slots = false;

	printf("    - { name: d%d", i);
	switch (below(g, 3)) {
	case 0:
		preset = one_of(g, presets, LEN(presets));
		printf(", preset: %s", preset);
		break;
	case 1:
		printf(", request_time: %" PRIu64 " us", chance(g, 5) ? 0 : scaled(g, 1, 4000));
		slots = chance(g, 60);
		if (slots)
			parameter("slots", scaled(g, 1, 64), "");
		break;
	default:
		parameter("bandwidth", scaled(g, 1, 1000), " MB/s");
		parameter("latency", scaled(g, 1, 5000), " us");
		break;
	}
	g->disk_size[i] = (1ULL << 40);
	if (chance(g, 40)) {
		g->disk_size[i] = scaled(g, 1, 512) << 20;
		if (chance(g, 20))
			g->disk_size[i] += 512 * between(g, 1, 7); /* not whole pages */
		parameter("size", g->disk_size[i], "");
	}
	g->room[i] = g->disk_size[i];
	if (chance(g, 50))
		disk_parameters(g, preset, slots);
	if (chance(g, 15))
		disk_errors(g, g->disk_size[i]);
	if (chance(g, 10))
		printf(", stalls: [{ at: %" PRIu64 " ms, for: %" PRIu64 " ms, every: %" PRIu64
		       " ms }]",
		       below(g, 3000), between(g, 1, 900), between(g, 1000, 4000));
	puts(" }");
}

static void write_machine(struct gen *g)
{
	uint64_t left = g->memory_mib;

	puts("machine:\n  nodes:");
	for (int i = 0; i < g->nodes; i++) {
		uint64_t share = i == g->nodes - 1 ? left : left * between(g, 20, 80) / 100;

		g->node_cpus[i] = 0;
		if (i && chance(g, 10))
			share = 0;
		if (i == g->nodes - 1)
			share = left;
		left -= share;
		g->node_cpus[i] = (int)(i == 0 ? between(g, 1, 3) : below(g, 3));
		if (g->cpus + g->node_cpus[i] > 6)
			g->node_cpus[i] = 6 - g->cpus;
		g->cpus += g->node_cpus[i];
		printf("    - { cpus: %d, memory: %" PRIu64 " MiB }\n", g->node_cpus[i], share);
	}
	puts("  disks:");
	for (int i = 0; i < g->disks; i++)
		write_disk(g, i);
	if (chance(g, 15))
		puts("  cost_profile: emulated-guest");
	if (chance(g, 10))
		printf("  cost: { page_copy: %" PRIu64 ", syscall: %" PRIu64 " }\n",
		       scaled(g, 1, 5000), scaled(g, 1, 5000));
}

static void write_files(struct gen *g)
{
	puts("files:");
	for (int i = 0; i < g->files; i++) {
		int disk = (int)below(g, (uint64_t)g->disks);
		uint64_t most = g->room[disk] >> 12;

		printf("  - { name: f%d, disk: d%d", i, disk);
		if (chance(g, 20)) {
			g->raw[i] = true;
			g->file_size[i] = g->disk_size[disk];
			puts(", raw: true }");
			continue;
		}
		if (chance(g, 50))
			printf(", fs: %s", chance(g, 50) ? "ext4" : "xfs");
		if (most > 65536)
			most = 65536;
		if (most && chance(g, 65)) {
			uint64_t pages = scaled(g, 1, most);

			g->file_size[i] = pages * 4096;
			g->room[disk] -= pages * 4096;
			if (chance(g, 40)) /* the last page is used in part */
				g->file_size[i] -= below(g, 4096);
			printf(", size: %" PRIu64, g->file_size[i]);
			if (pages > 16 && chance(g, 15)) {
				uint64_t half = pages / 2, hole = between(g, 0, 4);

				printf(", extents: [[0, %" PRIu64 ", %" PRIu64 "], [%" PRIu64
				       ", %" PRIu64 ", 0]]",
				       half, (pages - half) * 8, half + hole, pages - half - hole);
			}
		}
		puts(" }");
	}
}

/* --- values that change --- */

static void write_tunable(struct gen *g, bool at_start)
{
	uint64_t disk = below(g, (uint64_t)g->disks);

	switch (below(g, at_start ? 18 : 25)) {
	case 24:
		printf("transparent_hugepage.enabled: %" PRIu64, below(g, 3));
		break;
	case 0:
		printf("vm.min_free_kbytes: %" PRIu64,
		       scaled(g, 64, g->memory_mib * 1024 / (chance(g, 10) ? 2 : 8)));
		break;
	case 1:
		printf("vm.watermark_scale_factor: %" PRIu64, scaled(g, 1, 3000));
		break;
	case 2:
		printf("vm.watermark_boost_factor: %" PRIu64,
		       chance(g, 30) ? 0 : scaled(g, 1, 40000));
		break;
	case 3:
		printf("vm.percpu_pagelist_high_fraction: %" PRIu64,
		       chance(g, 30) ? 0 : scaled(g, 8, 4000));
		break;
	case 4:
		printf("vm.zone_reclaim_mode: %" PRIu64, below(g, 8));
		break;
	case 5:
		printf("vm.dirty_background_ratio: %" PRIu64, below(g, 60));
		break;
	case 6:
		printf("vm.dirty_ratio: %" PRIu64, below(g, chance(g, 20) ? 101 : 30));
		break;
	case 7:
		printf("vm.dirty_background_bytes: %" PRIu64, scaled(g, 1, 64 << 20));
		break;
	case 8:
		printf("vm.dirty_bytes: %" PRIu64, scaled(g, 8192, 64 << 20));
		break;
	case 9:
		printf("vm.dirty_writeback_centisecs: %" PRIu64,
		       chance(g, 20) ? 0 : scaled(g, 1, 500));
		break;
	case 10:
		printf("vm.dirty_expire_centisecs: %" PRIu64,
		       chance(g, 10) ? 0 : scaled(g, 1, 3000));
		break;
	case 11:
		printf("vm.swappiness: %" PRIu64, below(g, 201));
		break;
	case 12:
		printf("vm.page_lock_unfairness: %" PRIu64, below(g, 6));
		break;
	case 13:
		printf("queue.d%" PRIu64 ".read_ahead_kb: %" PRIu64, disk,
		       chance(g, 15) ? 0 : scaled(g, 1, 4096));
		break;
	case 14:
		printf("queue.d%" PRIu64 ".nomerges: %" PRIu64, disk, below(g, 3));
		break;
	case 15:
		printf("queue.d%" PRIu64 ".wbt_lat_usec: %s", disk,
		       chance(g, 30)   ? "-1"
		       : chance(g, 40) ? "0"
				       : "2000");
		break;
	case 16:
		printf("bdi.d%" PRIu64 ".strict_limit: %s", disk, chance(g, 50) ? "true" : "false");
		break;
	case 17:
		printf("queue.d%" PRIu64 ".scheduler: %" PRIu64, disk, below(g, 2));
		break;
	case 18:
		printf("queue.d%" PRIu64 ".nr_requests: %" PRIu64, disk, scaled(g, 4, 256));
		break;
	case 19:
		printf("queue.d%" PRIu64 ".max_sectors_kb: %" PRIu64, disk, scaled(g, 4, 1280));
		break;
	case 20:
		printf("bdi.d%" PRIu64 ".min_ratio: %" PRIu64, disk, below(g, 60));
		break;
	case 21:
		printf("bdi.d%" PRIu64 ".max_ratio: %" PRIu64, disk, below(g, 101));
		break;
	case 22:
		printf("vm.lowmem_reserve_ratio: %" PRIu64 " %" PRIu64 " %" PRIu64 " 0 0",
		       scaled(g, 1, 512), scaled(g, 1, 512), scaled(g, 1, 64));
		break;
	default:
		printf("queue.d%" PRIu64 ".stable_writes: %s", disk,
		       chance(g, 50) ? "true" : "false");
		break;
	}
}

/* --- steps --- */

static const char *gfp_mask(struct gen *g)
{
	static const char *const usual[] = { "GFP_KERNEL", "GFP_HIGHUSER_MOVABLE",
					     "GFP_NOFS",   "GFP_NOIO",
					     "GFP_USER",   "GFP_NOWAIT",
					     "GFP_ATOMIC" };
	static const char *const rare[] = { "GFP_KERNEL|__GFP_NORETRY",
					    "GFP_KERNEL|__GFP_RETRY_MAYFAIL",
					    "GFP_KERNEL|__GFP_NOFAIL",
					    "GFP_KERNEL|__GFP_RECLAIMABLE",
					    "GFP_KERNEL|GFP_DMA",
					    "GFP_KERNEL|GFP_DMA32",
					    "GFP_KERNEL|__GFP_THISNODE",
					    "GFP_HIGHUSER_MOVABLE|__GFP_WRITE",
					    "GFP_TRANSHUGE",
					    "GFP_TRANSHUGE_LIGHT",
					    "GFP_KERNEL|__GFP_MEMALLOC",
					    "GFP_KERNEL|__GFP_NOMEMALLOC",
					    "GFP_KERNEL|__GFP_COMP",
					    "GFP_ATOMIC|__GFP_NOWARN",
					    "GFP_NOIO|__GFP_NOFAIL",
					    "GFP_NOFS|__GFP_NOFAIL",
					    "GFP_HIGHUSER_MOVABLE|__GFP_NORETRY" };

	return chance(g, 60) ? one_of(g, usual, LEN(usual)) : one_of(g, rare, LEN(rare));
}

static void write_file_name(struct gen *g, uint64_t f)
{
	if (*g->opened && chance(g, 40))
		printf("%s", g->opened);
	else
		printf("f%" PRIu64, f);
}

static void write_stream(struct gen *g, bool write)
{
	uint64_t f = below(g, (uint64_t)g->files);
	uint64_t block = chance(g, 50) ? 4096 * scaled(g, 1, 64) : scaled(g, 1, 300000);
	uint64_t span = 0;
	unsigned pattern = (unsigned)below(g, 8);

	if (pattern >= 4 || chance(g, 20)) {
		if (g->file_size[f] < block || write || chance(g, 30))
			span = block * scaled(g, 1, 4000) + below(g, block);
	}
	printf("%s: { file: ", write ? "write" : "read");
	write_file_name(g, f);
	printf(", block: %" PRIu64, block);
	if (span)
		printf(", span: %" PRIu64, span);
	if (chance(g, 20))
		printf(", offset: %" PRIu64, g->file_size[f] && chance(g, 80)
						 ? below(g, g->file_size[f])
						 : scaled(g, 1, 1 << 24));
	switch (pattern) {
	case 4:
		printf(", pattern: reverse");
		break;
	case 5:
		printf(", pattern: stride %" PRIu64, block + scaled(g, 1, 1 << 18));
		break;
	case 6:
		printf(", pattern: random");
		break;
	case 7:
		printf(", pattern: zipf %" PRIu64 ".%" PRIu64, below(g, 4), below(g, 10));
		break;
	default:
		break;
	}
	if (chance(g, 50)) {
		uint64_t most = g->small ? 4 << 20 : 128 << 20;
		uint64_t calls = block * (g->small ? 300 : 5000);

		printf(", bytes: %" PRIu64, scaled(g, 1, calls < most ? calls : most));
	} else if (chance(g, 60))
		printf(", count: %" PRIu64, scaled(g, 1, g->small ? 100 : 2000));
	else
		printf(", for: %" PRIu64 " ms", scaled(g, 1, g->duration_ms));
	if (chance(g, 15))
		printf(", rate: %" PRIu64 " KiB/s", scaled(g, 16, 100000));
	if (chance(g, 15))
		printf(", think: %" PRIu64 " us", scaled(g, 1, 3000));
	if (chance(g, 10))
		printf(", iops: %" PRIu64, scaled(g, 20, 20000));
	if (write && chance(g, 10))
		printf(", fsync_every: %" PRIu64, scaled(g, 1, 50));
	printf(" }");
}

/* limit: of the blocks; when memory is used up a request fails at once, and costs the host much. */
static void write_alloc(struct gen *g, const char *indent, const char *gfp, bool interrupt,
			uint64_t limit)
{
	uint64_t order = chance(g, 60) ? 0 : below(g, interrupt ? 4 : 11);
	uint64_t most = (g->memory_mib << 8 >> order) / (chance(g, 10) ? 1 : 8);
	if (most > limit)
		most = limit;

	bool named = g->nr_names < MAX_NAMES && (interrupt || chance(g, 85));

	printf("alloc_pages: { gfp: %s, order: %" PRIu64, gfp, order);
	if (!interrupt)
		printf(", count: %" PRIu64, scaled(g, 1, most ? most : 1));
	if (chance(g, 10))
		printf(", node: %" PRIu64, below(g, (uint64_t)g->nodes));
	if (!interrupt && chance(g, 15))
		printf(", think: %" PRIu64 " us", scaled(g, 1, 1000));
	printf(" }");
	if (named) {
		char *name = g->names[g->nr_names];

		snprintf(name, sizeof(g->names[0]), "%c%d.%d", interrupt ? 'i' : 'p', g->task,
			 g->nr_names);
		printf("\n%s  as: %s", indent, name);
		g->nr_names++;
	}
}

static void write_free(struct gen *g)
{
	int n = g->nr_names - 1 - (int)below(g, (uint64_t)(g->nr_names < 3 ? g->nr_names : 3));

	printf("free_pages: { page: %s", g->names[n]);
	if (chance(g, 40))
		printf(", count: %" PRIu64, scaled(g, 1, 500));
	if (chance(g, 10))
		printf(", think: %" PRIu64 " us", scaled(g, 1, 100));
	printf(" }");
}

static void write_fadvise(struct gen *g)
{
	static const char *const advice[] = { "normal",  "sequential", "random",   "willneed",
					      "noreuse", "dontneed",   "willneed", "dontneed" };
	uint64_t f = below(g, (uint64_t)g->files);

	printf("fadvise: { file: ");
	write_file_name(g, f);
	printf(", advice: %s", one_of(g, advice, LEN(advice)));
	/* a whole device of 1 TiB would be read */
	bool long_one = g->file_size[f] > (1ULL << 30);

	if (long_one || chance(g, 40))
		printf(", offset: %" PRIu64 ", len: %" PRIu64, scaled(g, 1, 32 << 20),
		       scaled(g, 1, 16 << 20));
	printf(" }");
}

/* What a driver does with the last mapping, if it is one of a device; else it is a bug. */
static void write_driver(struct gen *g, const char *indent)
{
	uint64_t offset = below(g, 2) * 4096 * below(g, 600), n = below(g, 1000000);

	switch (below(g, 7)) {
	case 0:
		printf("vm_iomap_memory: { map: %s, phys: 4244635648, len: 128 MiB }", g->map);
		break;
	case 1:
		printf("remap_pfn_range: { map: %s, pfn: %" PRIu64 ", offset: %" PRIu64
		       ", size: %" PRIu64 " }",
		       g->map, scaled(g, 1, 1 << 20), offset, scaled(g, 1, 1 << 21));
		break;
	case 2:
		printf("vm_insert_pfn: { map: %s, pfn: %" PRIu64 ", offset: %" PRIu64 " }", g->map,
		       scaled(g, 1, 1 << 20), offset);
		break;
	case 3:
		printf("zap_vma_ptes: { map: %s, offset: %" PRIu64 ", size: %" PRIu64 " }", g->map,
		       offset, 4096 * scaled(g, 1, 200));
		break;
	case 4:
		printf("follow_pfn: { map: %s, offset: %" PRIu64 " }", g->map, offset);
		break;
	case 5:
		printf("vmalloc_user: %" PRIu64 " KiB\n%s  as: u%" PRIu64 "\n", scaled(g, 4, 4096),
		       indent, n);
		printf("%s- remap_vmalloc_range_partial: { map: %s, vm_area: u%" PRIu64
		       ", offset: %" PRIu64 ", size: %" PRIu64 " }\n%s- vfree: u%" PRIu64,
		       indent, g->map, n, offset, scaled(g, 1, 1 << 20), indent, n);
		break;
	default:
		printf("alloc_pages: { gfp: GFP_KERNEL%s, order: %" PRIu64 " }\n%s  as: u%" PRIu64
		       "\n",
		       chance(g, 70) ? "|__GFP_COMP" : "", below(g, 3), indent, n);
		printf("%s- vm_insert_page: { map: %s, page: u%" PRIu64 ", nth: %" PRIu64
		       ", offset: %" PRIu64 " }\n%s- free_pages: u%" PRIu64,
		       indent, g->map, n, below(g, 4), offset, indent, n);
	}
}

/* A mapping of a device. */
static void write_device(struct gen *g, const char *indent)
{
	static const char *const flags[] = { "VM_PFNMAP", "VM_MIXEDMAP", "VM_IO", "VM_DONTDUMP" };

	snprintf(g->map, sizeof(g->map), "m%d.%" PRIu64, g->task, below(g, 1000000));
	printf("mmap_device: { len: %" PRIu64 ", write: %s, shared: %s, vma_flags: %s, pgoff: "
	       "%" PRIu64 " }\n%s  as: %s\n",
	       scaled(g, 1, g->small ? 4 << 20 : 64 << 20), chance(g, 70) ? "true" : "false",
	       chance(g, 60) ? "true" : "false", one_of(g, flags, LEN(flags)), below(g, 20), indent,
	       g->map);
	for (uint64_t n = between(g, 1, 4); n; n--) {
		printf("%s- ", indent);
		write_driver(g, indent);
		putchar(n > 1 ? '\n' : ' ');
	}
}

/* A mapping, and what is done with the last one: part of it may lie behind the end of the file. */
static void write_mapping(struct gen *g, const char *indent, int depth)
{
	static const char *const advice[] = { "normal",     "sequential", "random",
					      "willneed",   "dontneed",   "hugepage",
					      "nohugepage", "free",       "cold",
					      "pageout",    "pageout",    "populate_write" };
	uint64_t kind = below(g, 100), f = below(g, (uint64_t)g->files);
	uint64_t most = g->small ? 4 << 20 : 64 << 20;

	if (depth == 0 && (!*g->map || kind < 15) && chance(g, 20)) {
		write_device(g, indent);
	} else if (depth == 0 && *g->map && kind < 20) {
		write_driver(g, indent);
	} else if (depth == 0 && (!*g->map || kind < 15)) {
		snprintf(g->map, sizeof(g->map), "m%d.%" PRIu64, g->task, below(g, 1000000));
		printf("mmap: { len: %" PRIu64, scaled(g, 1, most));
		if (chance(g, 55)) {
			printf(", file: ");
			write_file_name(g, f);
			printf(", offset: %" PRIu64 ", shared: %s, write: %s, exec: %s",
			       4096 * below(g, 64), chance(g, 70) ? "true" : "false",
			       chance(g, 60) ? "true" : "false", chance(g, 30) ? "true" : "false");
		} else if (chance(g, 10)) {
			printf(", noreserve: true");
		}
		printf(", populate: %s }\n%s  as: %s", chance(g, 10) ? "true" : "false", indent,
		       g->map);
	} else if (!*g->map) {
		printf("sleep: 10 us");
	} else if (kind < 70) {
		printf("touch: { map: %s, block: %" PRIu64 ", write: %s, count: %" PRIu64, g->map,
		       chance(g, 70) ? 4096 : scaled(g, 1, 1 << 18),
		       chance(g, 40) ? "true" : "false", scaled(g, 1, g->small ? 100 : 1000));
		if (chance(g, 60))
			printf(", span: %" PRIu64 ", pattern: %s", scaled(g, 1 << 18, most),
			       chance(g, 50) ? "random" : "zipf 1.0");
		if (chance(g, 20))
			printf(", think: %" PRIu64 " us", scaled(g, 1, 3000));
		printf(" }");
	} else if (kind < 84) {
		printf("madvise: { map: %s, advice: %s, offset: %" PRIu64 ", len: %" PRIu64 " }",
		       g->map, one_of(g, advice, LEN(advice)), 4096 * below(g, 200),
		       scaled(g, 1, 4 << 20));
	} else if (kind < 87) {
		printf("%s: { map: %s, offset: %" PRIu64 ", len: %" PRIu64 " }",
		       chance(g, 50) ? "mlock" : "munlock", g->map, 4096 * below(g, 200),
		       scaled(g, 1, 1 << 20));
	} else if (kind < 90) {
		printf("msync: { map: %s }", g->map);
	} else if (kind < 95) {
		printf("munmap_range: { map: %s, offset: %" PRIu64 ", len: %" PRIu64 " }", g->map,
		       4096 * below(g, 200), scaled(g, 1, 1 << 20));
	} else if (depth == 0) {
		printf("munmap: %s", g->map);
		*g->map = 0;
	} else {
		printf("sleep: 10 us");
	}
}

/* A byte of a file, or behind its end; often at the border of a page. */
static uint64_t some_byte(struct gen *g, uint64_t f)
{
	uint64_t size = g->file_size[f] ? g->file_size[f] : 1 << 22;
	uint64_t at = chance(g, 80) ? below(g, size) : scaled(g, 1, 1 << 24);

	return chance(g, 40) ? at & ~4095ULL : at;
}

/* What cuts files and throws pages out.  A file that goes for good would come back here. */
static void write_cut(struct gen *g)
{
	uint64_t f = below(g, (uint64_t)g->files), at = some_byte(g, f), n = scaled(g, 1, 1 << 21);
	uint64_t first = at >> 12;

	switch (below(g, 10)) {
	case 0:
	case 1:
		printf("truncate: { file: f%" PRIu64 ", size: %" PRIu64 " }", f, at);
		break;
	case 2:
	case 3:
		printf("punch_hole: { file: f%" PRIu64 ", offset: %" PRIu64 ", len: %" PRIu64 " }",
		       f, at, n);
		break;
	case 4:
		printf("sync_file_range: { file: f%" PRIu64 ", offset: %" PRIu64 ", len: %" PRIu64
		       ", flags: %" PRIu64 " }",
		       f, at, n, below(g, 8));
		break;
	case 5:
		printf("invalidate_mapping_pages: { file: f%" PRIu64 ", start: %" PRIu64
		       ", end: %" PRIu64 " }",
		       f, first, first + (n >> 12));
		break;
	case 6:
		printf("invalidate_inode_pages2_range: { file: f%" PRIu64 ", start: %" PRIu64
		       ", end: %" PRIu64 " }",
		       f, first, first + (n >> 12));
		break;
	case 7:
		printf("truncate_pagecache_range: { file: f%" PRIu64 ", lstart: %" PRIu64
		       ", lend: %" PRIu64 " }",
		       f, at, at + n);
		break;
	case 8:
		printf("truncate_inode_pages: { file: f%" PRIu64 ", lstart: %" PRIu64 " }", f, at);
		break;
	default:
		if (g->raw[f]) { /* its size is the disk's */
			printf("invalidate_inode_pages2: { file: f%" PRIu64 " }", f);
			break;
		}
		printf("truncate_setsize: { file: f%" PRIu64 ", newsize: %" PRIu64 " }", f, at);
		break;
	}
}

static void write_hotplug(struct gen *g)
{
	static const char *const calls[] = { "memory_offline", "memory_online",
					     "memory_online_movable" };

	if (chance(g, 50))
		printf("%s: %" PRIu64, chance(g, 50) ? "cpu_offline" : "cpu_online",
		       below(g, (uint64_t)g->cpus));
	else
		printf("%s: %" PRIu64, one_of(g, calls, LEN(calls)), below(g, 4));
}

/* Pages are moved: everything together, a range, a piece of the CMA area, to nodes of a policy. */
static void write_moving(struct gen *g, const char *indent)
{
	static const char *const modes[] = { "bind", "interleave", "preferred" };
	uint64_t pages = g->memory_mib << 8;
	uint64_t start, n;

	switch (below(g, 5)) {
	case 0:
		printf("set_mempolicy: { mode: %s, nodes: %" PRIu64 " }",
		       one_of(g, modes, LEN(modes)), below(g, (uint64_t)g->nodes));
		return;
	case 1:
		start = below(g, pages);
		n = scaled(g, 1, 4096);
		printf("alloc_contig_range: { start: %" PRIu64 ", end: %" PRIu64 " }", start,
		       start + n);
		return;
	case 2:
		n = scaled(g, 1, 2048);
		printf("cma_alloc: { nr_pages: %" PRIu64 ", align_order: %" PRIu64
		       " }\n%s  as: c%d\n%s- cma_release: { page: c%d, nr_pages: %" PRIu64 " }",
		       n, below(g, 5), indent, g->task, indent, g->task, n);
		return;
	default:
		printf("compact_memory: {}");
		return;
	}
}

static void write_steps(struct gen *g, const char *indent, int depth);

/* A block that repeats or is chosen by chance; inside, names of results stay known. */
static void write_block(struct gen *g, const char *indent, int depth)
{
	char inner[64];

	snprintf(inner, sizeof(inner), "%s        ", indent);
	if (chance(g, 70)) {
		printf("loop:\n%s    ", indent);
		if (chance(g, 70))
			printf("count: %" PRIu64, scaled(g, 1, 20));
		else
			printf("for: %" PRIu64 " ms", scaled(g, 1, g->duration_ms));
		printf("\n%s    do:\n", indent);
		printf("%s- sleep: %" PRIu64 " us\n", inner, scaled(g, 1, 5000));
		write_steps(g, inner, depth + 1);
		return;
	}
	printf("choose:\n");
	for (uint64_t n = between(g, 1, 3); n; n--) {
		printf("%s    - weight: %" PRIu64 "\n%s      do:\n", indent, between(g, 1, 9),
		       indent);
		printf("%s- compute: %" PRIu64 " us\n", inner, scaled(g, 1, 2000));
		write_steps(g, inner, depth + 1);
	}
}

/* Kernel addresses: outside of loops, where an area would be given back twice. */
static void write_vmalloc(struct gen *g, const char *indent)
{
	static const char *const how[] = { "vmalloc", "vzalloc", "vmalloc_user", "vmalloc_32" };

	if (chance(g, 25)) {
		printf("vm_unmap_aliases: {}");
	} else if (*g->area) {
		printf("vfree: %s", g->area);
		*g->area = 0;
	} else {
		snprintf(g->area, sizeof(g->area), "v%d.%" PRIu64, g->task, below(g, 1000000));
		printf("%s: { size: %" PRIu64 " KiB, count: %" PRIu64 " }\n%s  as: %s",
		       how[below(g, LEN(how))], scaled(g, 1, g->memory_mib << 4), scaled(g, 1, 20),
		       indent, g->area);
	}
}

/* A child that goes on with the last mapping, and perhaps has a child of its own. */
static void write_fork(struct gen *g, const char *indent, int depth)
{
	char inner[64];

	if (!*g->map) {
		puts("sleep: 1 ms");
		return;
	}
	snprintf(inner, sizeof(inner), "%s        ", indent);
	printf("fork:\n%s    do:\n", indent);
	for (uint64_t n = between(g, 1, 5); n; n--) {
		printf("%s- ", inner);
		write_mapping(g, inner, 1);
		putchar('\n');
	}
	if (depth < 2 && chance(g, 20)) {
		printf("%s- ", inner);
		write_fork(g, inner, depth + 1);
	}
	if (chance(g, 30))
		printf("%s- wait\n%s- exit\n", inner, inner);
}

static void write_step(struct gen *g, const char *indent, int depth)
{
	uint64_t kind = below(g, 100);

	printf("%s- ", indent);
	if (kind < 12) {
		write_mapping(g, indent, depth);
	} else if (kind < 26) {
		write_stream(g, false);
	} else if (kind < 33) {
		write_cut(g);
	} else if (kind < 50) {
		write_stream(g, true);
	} else if (kind < 55) {
		printf("fsync: { file: f%" PRIu64 ", datasync: %s }", below(g, (uint64_t)g->files),
		       chance(g, 50) ? "true" : "false");
	} else if (kind < 58) {
		if (depth == 0 && chance(g, 60))
			write_vmalloc(g, indent);
		else
			printf("sync: {}");
	} else if (kind < 61) {
		printf("drop_caches: %" PRIu64, between(g, 1, 3));
	} else if (kind < 64) {
		write_fadvise(g);
	} else if (kind < 66) {
		write_fork(g, indent, depth);
		return; /* its last line has ended */
	} else if (kind < 75) {
		write_alloc(g, indent, gfp_mask(g), false, depth ? 100 : UINT64_MAX);
	} else if (kind < 82) {
		if (g->nr_names)
			write_free(g);
		else
			printf("sync: {}");
	} else if (kind < 87) {
		printf("sysctl: { ");
		write_tunable(g, false);
		printf(" }");
	} else if (kind < 90) {
		printf("%s: %" PRIu64 " us", chance(g, 50) ? "sleep" : "compute",
		       scaled(g, 1, 20000));
	} else if (kind < 93 && depth == 0) {
		snprintf(g->opened, sizeof(g->opened), "o%d.%" PRIu64, g->task, below(g, 1000000));
		printf("open: { file: f%" PRIu64 ", sync: %s, direct: %s }\n%s  as: %s",
		       below(g, (uint64_t)g->files), chance(g, 20) ? "true" : "false",
		       chance(g, 30) ? "true" : "false", indent, g->opened);
	} else if (kind < 94 && *g->opened && depth == 0) {
		printf("close: %s", g->opened);
		*g->opened = 0;
	} else if (kind < 95) {
		write_hotplug(g);
	} else if (kind < 97) {
		write_moving(g, indent);
	} else if (kind < 98) {
		if (chance(g, 40))
			printf("wait");
		else
			printf("at: %" PRIu64 " ms", below(g, g->duration_ms));
	} else if (depth < 2) {
		write_block(g, indent, depth);
		return; /* its last line has ended */
	} else {
		printf("sleep: 1 ms");
	}
	putchar('\n');
}

static void write_steps(struct gen *g, const char *indent, int depth)
{
	for (uint64_t n = between(g, 1, depth ? 4 : 10); n; n--)
		write_step(g, indent, depth);
}

static void write_tasks(struct gen *g)
{
	puts("tasks:");
	for (g->task = 0; g->task < g->tasks; g->task++) {
		*g->area = 0;
		printf("  - name: t%d\n", g->task);
		if (chance(g, 20))
			printf("    cpu: %" PRIu64 "\n", below(g, (uint64_t)g->cpus));
		else if (chance(g, 20))
			puts("    node: 0");
		if (chance(g, 15))
			printf("    count: %" PRIu64 "\n", between(g, 2, 4));
		if (chance(g, 30))
			printf("    start: %" PRIu64 " us\n", below(g, g->duration_ms * 500));
		if (chance(g, 7))
			puts("    realtime: true");
		if (chance(g, 15))
			printf("    oom_score_adj: %d\n", (int)between(g, 0, 2000) - 1000);
		puts("    do:");
		*g->opened = 0;
		*g->map = 0;
		write_steps(g, "      ", 0);
	}
}

static void write_interrupts(struct gen *g)
{
	puts("interrupts:");
	for (uint64_t n = between(g, 1, 2); n; n--) {
		static const char *const masks[] = { "GFP_ATOMIC", "GFP_NOWAIT",
						     "GFP_ATOMIC|__GFP_NOWARN" };
		uint64_t count = scaled(g, 1, 64);

		printf("  - name: irq%" PRIu64 "\n    cpu: %" PRIu64 "\n    %s: %" PRIu64
		       " us\n    burst: %" PRIu64 "\n    do:\n      - ",
		       n, below(g, (uint64_t)g->cpus), chance(g, 50) ? "every" : "poisson",
		       scaled(g, 300, 50000), count);
		g->task = (int)n;
		write_alloc(g, "      ", one_of(g, masks, LEN(masks)), true, 1);
		putchar('\n');
		if (chance(g, 70)) {
			printf("      - free_pages: { page: %s, count: %" PRIu64 " }\n",
			       g->names[g->nr_names - 1], between(g, 1, 2));
		}
	}
}

/* An area of swap on some disks. */
static void write_swap(struct gen *g)
{
	const char *comma = "";

	printf(", swap: [");
	for (int i = 0; i < g->disks; i++) {
		uint64_t mib = scaled(g, 1, 64);

		if (chance(g, 40) || g->room[i] < 2 * (mib << 20))
			continue;
		g->room[i] -= mib << 20;
		printf("%s{ disk: d%d, size: %" PRIu64 " MiB", comma, i, mib);
		if (chance(g, 30))
			printf(", priority: %" PRIu64, below(g, 3));
		printf(" }");
		comma = ", ";
	}
	printf("]");
}

static void write_linux(struct gen *g)
{
	printf("linux: { transparent_hugepage: %s", chance(g, 50) ? "never" : "always");
	if (chance(g, 15))
		printf(", movablecore: %" PRIu64 "%%", between(g, 5, 60));
	else if (chance(g, 10))
		printf(", kernelcore: %" PRIu64 "%%", between(g, 30, 90));
	if (chance(g, 8))
		printf(", numa: off");
	if (chance(g, 25))
		printf(", cma: %" PRIu64 "M", scaled(g, 2, g->memory_mib / 16 + 2));
	if (chance(g, 60))
		write_swap(g);
	puts(" }");
}

int main(int argc, char **argv)
{
	struct gen g = { 0 };
	uint64_t seed;

	if (argc != 2) {
		fprintf(stderr, "usage: gen_scenario SEED\n");
		return 2;
	}
	seed = strtoull(argv[1], NULL, 10);
	rng_init(&g.rng, seed, "scenario");
	g.small = chance(&g, 35);
	g.nodes = (int)(chance(&g, 50) ? 1 : between(&g, 2, 4));
	g.memory_mib = g.small ? between(&g, 64, 96) : between(&g, 64, 512);
	g.duration_ms = g.small ? between(&g, 200, 300) : scaled(&g, 200, 3000);
	g.disks = (int)between(&g, 1, MAX_DISKS);
	g.files = (int)between(&g, 1, MAX_FILES);
	g.tasks = (int)between(&g, 1, 6);

	printf("# Does a random workload keep all rules?  Seed %" PRIu64 "\n# check: %s\n", seed,
	       g.small ? "event" : "sample");
	printf("mmsim: 1\nseed: %" PRIu64 "\nduration: %" PRIu64 " ms\n", seed, g.duration_ms);
	if (chance(&g, 20))
		/* without one each call is an event, and after each everything would be recounted
		 */
		printf("quantum: %" PRIu64 " us\n",
		       !g.small && chance(&g, 40) ? 0 : scaled(&g, 1, 1000));
	printf("record: { interval: %" PRIu64 " ms }\n", between(&g, 10, 200));
	write_machine(&g);
	write_linux(&g);
	printf("sysctl: { ");
	if (chance(&g, 50)) {
		write_tunable(&g, true);
		printf(", ");
	}
	/* so small machines have none by themselves */
	printf("transparent_hugepage.enabled: %" PRIu64 ", transparent_hugepage.defrag: %" PRIu64
	       " }\n",
	       chance(&g, 60) ? 0 : below(&g, 3), below(&g, 5));
	write_files(&g);
	write_tasks(&g);
	if (chance(&g, 30))
		write_interrupts(&g);
	return 0;
}
