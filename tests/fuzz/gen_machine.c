/*
 * gen_machine.c - the machine of a random scenario: nodes, disks, files, swap, words of the boot
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/gen.h"

static void parameter(const char *name, uint64_t v, const char *unit)
{
	printf(", %s: %" PRIu64 "%s", name, v, unit);
}

static const char *const costs[] = {
#define COST(name, ns, meaning) #name,
#include "models/hw/cost.def"
#undef COST
};

/* Some costs, in the order of their table: none twice. */
static void write_costs(struct gen *g)
{
	const char *comma = "";

	printf("  cost: {");
	for (uint64_t i = below(g, 8); i < LEN(costs); i += scaled(g, 1, 100)) {
		printf("%s %s: %" PRIu64, comma, costs[i], chance(g, 20) ? 0 : scaled(g, 10, 5000));
		comma = ",";
	}
	puts(" }");
}

/* Bad sectors, or requests of the whole disk now and then, or for a while. */
static void disk_errors(struct gen *g, uint64_t size)
{
	static const char *const on[] = { "read", "write", "both", "flush" };
	static const char *const errors[] = { "EIO",    "ENOSPC",    "ETIMEDOUT",
					      "EILSEQ", "EREMOTEIO", "ENODATA" };
	uint64_t start = below(g, size < (64 << 20) ? size / 512 - 8 : 65536);

	const char *which = one_of(g, on, LEN(on));

	printf(", errors: [{ error: %s, on: %s", one_of(g, errors, LEN(errors)), which);
	if (strcmp(which, "flush") != 0 && chance(g, 50)) /* a flush has no sectors */
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
	if (nearest && chance(g, 20))
		parameter("age_weight", scaled(g, 1, 1000), "");
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
	if (chance(g, 10))
		printf(", node: %d", (int)below(g, (uint64_t)g->nodes + 1) - 1);
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
		if (chance(g, 20))
			printf(", memory_backed: true");
		break;
	default:
		if (chance(g, 30)) {
			parameter("read_bandwidth", scaled(g, 1, 1000), " MB/s");
			parameter("write_bandwidth", scaled(g, 1, 1000), " MB/s");
			parameter("read_latency", scaled(g, 1, 5000), " us");
			parameter("write_latency", scaled(g, 1, 5000), " us");
			break;
		}
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

/* The last one first. */
static void write_cpu_ids(int first, int n)
{
	printf(", cpu_ids: [%d", first + n - 1);
	for (int i = n - 2; i >= 0; i--)
		printf(", %d", first + i);
	putchar(']');
}

/* As far there as back. */
static void write_distances(struct gen *g)
{
	uint64_t far[4][4];

	printf("  distances: [");
	for (int i = 0; i < g->nodes; i++) {
		printf("%s[", i ? ", " : "");
		for (int j = 0; j < g->nodes; j++) {
			far[i][j] = i == j ? 10 : j < i ? far[j][i] : between(g, 11, 60);
			printf("%s%" PRIu64, j ? ", " : "", far[i][j]);
		}
		putchar(']');
	}
	puts("]");
}

void write_machine(struct gen *g)
{
	uint64_t left = g->memory_mib, begin = 0;
	bool by_pages = chance(g, 15), by_numbers = chance(g, 15);

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
		if (by_pages && share)
			printf("    - { cpus: %d, ranges: [[%" PRIu64 ", %" PRIu64 "]]",
			       g->node_cpus[i], begin << 8, (begin + share) << 8);
		else
			printf("    - { cpus: %d, memory: %" PRIu64 " MiB", g->node_cpus[i], share);
		if (by_numbers && g->node_cpus[i])
			write_cpu_ids(g->cpus - g->node_cpus[i], g->node_cpus[i]);
		puts(" }");
		begin += share;
	}
	if (g->nodes > 1 && chance(g, 30))
		write_distances(g);
	puts("  disks:");
	for (int i = 0; i < g->disks; i++)
		write_disk(g, i);
	if (chance(g, 15))
		puts("  cost_profile: emulated-guest");
	if (chance(g, 25))
		write_costs(g);
}

void write_files(struct gen *g)
{
	static const char *const systems[] = { "ext4", "xfs", "ext2" };

	puts("files:");
	for (int i = 0; i < g->files; i++) {
		int disk = (int)below(g, (uint64_t)g->disks);
		uint64_t most = g->room[disk] >> 12;

		if (!g->freebsd && chance(g, 20)) {
			g->in_memory[i] = true;
			g->file_size[i] = chance(g, 50) ? 0 : scaled(g, 1, g->memory_mib << 20);
			if (chance(g, 30)) {
				g->file_size[i] = below(g, 16) << 21;
				printf("  - { name: f%d, fs: hugetlbfs, size: %" PRIu64 " }\n", i,
				       g->file_size[i]);
				continue;
			}
			printf("  - { name: f%d, fs: tmpfs, size: %" PRIu64 "%s }\n", i,
			       g->file_size[i],
			       g->has_tmpfs && chance(g, 50) ? ", mount: tmp" : "");
			continue;
		}
		printf("  - { name: f%d, disk: d%d", i, disk);
		if (chance(g, 20)) {
			g->raw[i] = true;
			g->file_size[i] = g->disk_size[disk];
			puts(", raw: true }");
			continue;
		}
		if (chance(g, 50))
			printf(", fs: %s", one_of(g, systems, LEN(systems)));
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

/* Areas of swap on some disks, and perhaps one that is off. */
static void write_swap(struct gen *g)
{
	const char *comma = "";

	printf(", swap: [");
	for (int i = 0; i < g->disks && g->nr_areas < MAX_AREAS; i++) {
		uint64_t mib = scaled(g, 1, 64);

		if (chance(g, 40) || g->room[i] < 2 * (mib << 20))
			continue;
		g->room[i] -= mib << 20;
		snprintf(g->areas[g->nr_areas], sizeof(g->areas[0]), "a%d", g->nr_areas);
		printf("%s{ name: %s, disk: d%d, size: %" PRIu64 " MiB", comma,
		       g->areas[g->nr_areas++], i, mib);
		if (chance(g, 30))
			printf(", priority: %" PRIu64, below(g, 3));
		if (chance(g, 15))
			printf(", off: true");
		if (chance(g, 15)) /* the last one is behind the end of some areas */
			printf(", bad_pages: [%" PRIu64 ", 255]", between(g, 1, 100));
		printf(" }");
		comma = ", ";
	}
	printf("]");
}

static void write_linux(struct gen *g)
{
	bool numa = !chance(g, 8);

	printf("linux: { transparent_hugepage: %s", chance(g, 50) ? "never" : "always");
	if (chance(g, 15))
		printf(", movablecore: %" PRIu64 "%%", between(g, 5, 60));
	else if (chance(g, 10))
		printf(", kernelcore: %" PRIu64 "%%", between(g, 30, 90));
	if (!numa)
		printf(", numa: off");
	if (chance(g, 25))
		printf(", cma: %" PRIu64 "M", scaled(g, 2, g->memory_mib / 16 + 2));
	if (chance(g, 25))
		printf(", unused_files: %" PRIu64, scaled(g, 1, 20000));
	if (chance(g, 10))
		printf(", slab: false");
	if (chance(g, 25))
		printf(", cgroup_disable: memory");
	if (chance(g, 20))
		printf(", inodes_in_use: %" PRIu64, scaled(g, 1, 5000));
	if (chance(g, 20)) {
		printf(", hugetlbfs: [{ name: huge, size: %" PRIu64, scaled(g, 1, 64 << 20));
		if (chance(g, 40))
			printf(", pagesize: %s", chance(g, 50) ? "2M" : "default");
		printf(" }]");
	}
	if (numa && chance(g, 15)) {
		printf(", numa_fake: \"%" PRIu64 "%s\"", 1 + below(g, 4), chance(g, 20) ? "U" : "");
		numa = false; /* the nodes are others */
	}
	if (chance(g, 25))
		printf(", hugepages: %" PRIu64, scaled(g, 1, g->memory_mib / 4));
	else if (chance(g, 15))
		printf(", default_hugepagesz: 2M, hugepages_2M: %" PRIu64 ", hugepages_1G: 1",
		       scaled(g, 1, g->memory_mib / 4));
	else if (numa && chance(g, 10))
		printf(", hugepages: \"0:%" PRIu64 ",%d:%" PRIu64 "\"", scaled(g, 1, 16),
		       g->nodes - 1, scaled(g, 1, 16));
	g->has_tmpfs = chance(g, 50);
	if (g->has_tmpfs)
		printf(", tmpfs: [{ name: tmp, size: %" PRIu64 "%% }]", below(g, 101));
	if (chance(g, 65))
		write_swap(g);
	puts(" }");
}

static void write_freebsd(struct gen *g)
{
	const char *comma = "";

	printf("freebsd: { kernel_memory: %" PRIu64 " MiB, swap: [",
	       scaled(g, 1, g->memory_mib / 4));
	for (uint64_t n = chance(g, 75) ? between(g, 1, 4) : 0; n; n--) {
		int disk = (int)below(g, (uint64_t)g->disks);
		uint64_t mib = scaled(g, 1, 128);

		if (g->room[disk] < 2 * (mib << 20) || g->nr_areas == MAX_AREAS)
			continue;
		g->room[disk] -= mib << 20;
		snprintf(g->areas[g->nr_areas], sizeof(g->areas[0]), "a%d", g->nr_areas);
		printf("%s{ name: %s, disk: d%d, size: %" PRIu64 " MiB, off: %s }", comma,
		       g->areas[g->nr_areas++], disk, mib, chance(g, 15) ? "true" : "false");
		comma = ", ";
	}
	printf("]");
	if (chance(g, 15))
		printf(", man_page_semantics: true");
	if (chance(g, 15))
		printf(", lenient_ranges: true");
	puts(" }");
}

void write_kernel(struct gen *g)
{
	if (g->freebsd)
		write_freebsd(g);
	else
		write_linux(g);
}
