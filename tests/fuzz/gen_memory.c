/*
 * gen_memory.c - steps of a random scenario that take memory: pages, mappings, kernel addresses
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/gen.h"

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

void write_file_name(struct gen *g, uint64_t f)
{
	if (*g->opened && chance(g, 40))
		printf("%s", g->opened);
	else
		printf("f%" PRIu64, f);
}

/* limit: of the blocks; when memory is used up a request fails at once, and costs the host much. */
void write_alloc(struct gen *g, const char *indent, const char *gfp, bool interrupt, uint64_t limit)
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

void write_any_alloc(struct gen *g, const char *indent, int depth)
{
	write_alloc(g, indent, gfp_mask(g), false, depth ? 100 : UINT64_MAX);
}

void write_free(struct gen *g, const char *indent, int depth)
{
	int n;

	(void)indent;
	(void)depth;
	if (!g->nr_names) {
		printf("sleep: 10 us");
		return;
	}
	n = g->nr_names - 1 - (int)below(g, (uint64_t)(g->nr_names < 3 ? g->nr_names : 3));
	printf("free_pages: { page: %s", g->names[n]);
	if (chance(g, 40))
		printf(", count: %" PRIu64, scaled(g, 1, 500));
	if (chance(g, 10))
		printf(", think: %" PRIu64 " us", scaled(g, 1, 100));
	printf(" }");
}

/* --- mappings --- */

static void write_mmap(struct gen *g, const char *indent, uint64_t most)
{
	bool huge = !g->freebsd && chance(g, 15);

	new_name(g, g->map, 'm');
	if (huge && chance(g, 60))
		printf("sysctl: { vm.%s: %" PRIu64 " }\n%s- ",
		       chance(g, 80) ? "nr_hugepages" : "nr_overcommit_hugepages",
		       1 + below(g, g->memory_mib / 3), indent);
	printf("mmap: { len: %" PRIu64, scaled(g, 1, most));
	if (huge) {
		printf(", hugetlb: true, shared: %s, noreserve: %s",
		       chance(g, 40) ? "true" : "false", chance(g, 60) ? "true" : "false");
	} else if (chance(g, 55)) {
		printf(", file: ");
		write_file_name(g, below(g, (uint64_t)g->files));
		printf(", offset: %" PRIu64 ", shared: %s, write: %s, exec: %s",
		       4096 * below(g, 64), chance(g, 70) ? "true" : "false",
		       chance(g, 60) ? "true" : "false", chance(g, 30) ? "true" : "false");
	} else {
		if (!g->freebsd && chance(g, 40))
			printf(", shared: true");
		if (chance(g, 10))
			printf(", noreserve: true");
	}
	printf(", populate: %s }\n%s  as: %s", chance(g, 10) ? "true" : "false", indent, g->map);
}

static void write_touch(struct gen *g, uint64_t most)
{
	printf("touch: { map: %s, block: %" PRIu64 ", write: %s, count: %" PRIu64, g->map,
	       chance(g, 70) ? 4096 : scaled(g, 1, 1 << 18), chance(g, 40) ? "true" : "false",
	       scaled(g, 1, g->small ? 100 : 1000));
	if (chance(g, 60))
		printf(", span: %" PRIu64 ", pattern: %s", scaled(g, 1 << 18, most),
		       chance(g, 50) ? "random" : "zipf 1.0");
	if (chance(g, 20))
		printf(", think: %" PRIu64 " us", scaled(g, 1, 3000));
	printf(" }");
}

static void write_madvise(struct gen *g)
{
	static const char *const both[] = { "normal",   "random",   "sequential",
					    "willneed", "dontneed", "free" };
	static const char *const freebsd[] = { "noreuse", "hugepage", "cold" }; /* refused */
	static const char *const linux[] = { "hugepage",       "nohugepage", "cold",
					     "pageout",        "pageout",    "populate_read",
					     "populate_write", "collapse",   "remove" };

	printf("madvise: { map: %s, advice: %s, offset: %" PRIu64 ", len: %" PRIu64 " }", g->map,
	       chance(g, g->freebsd ? 95 : 40) ? one_of(g, both, LEN(both))
	       : g->freebsd                    ? one_of(g, freebsd, LEN(freebsd))
					       : one_of(g, linux, LEN(linux)),
	       4096 * below(g, 200), scaled(g, 1, 4 << 20));
}

/* A call on a part of the last mapping, if the kernel has it. */
static void write_range(struct gen *g, const char *call, uint64_t most)
{
	if (knows(g, call))
		printf("%s: { map: %s, offset: %" PRIu64 ", len: %" PRIu64 " }", call, g->map,
		       4096 * below(g, 200), scaled(g, 1, most));
	else
		printf("sleep: 10 us");
}

static void write_lock_all(struct gen *g)
{
	const char *call = chance(g, 50) ? "munlockall" : "mlockall";

	if (!knows(g, call))
		printf("sleep: 10 us");
	else if (call[1] == 'u')
		printf("munlockall: {}");
	else
		printf("mlockall: { current: %s, future: true }", chance(g, 60) ? "true" : "false");
}

/* Stores are forbidden, or allowed again; a range is looked at. */
static void write_protection(struct gen *g, uint64_t most)
{
	uint64_t offset = 4096 * below(g, 200), len = chance(g, 30) ? 0 : scaled(g, 1, most);

	if (!knows(g, "mprotect"))
		printf("sleep: 10 us");
	else if (chance(g, 25))
		printf("mincore: { map: %s, offset: %" PRIu64 ", len: %" PRIu64 " }", g->map,
		       offset, len);
	else
		printf("mprotect: { map: %s, offset: %" PRIu64 ", len: %" PRIu64 ", write: %s }",
		       g->map, offset, len, chance(g, 60) ? "true" : "false");
}

static void write_msync(struct gen *g, uint64_t most)
{
	printf("msync: { map: %s", g->map);
	if (chance(g, 50))
		printf(", offset: %" PRIu64 ", len: %" PRIu64, 4096 * below(g, 200),
		       scaled(g, 1, most));
	if (g->freebsd && chance(g, 40))
		printf(", async: %s, invalidate: %s", chance(g, 50) ? "true" : "false",
		       chance(g, 70) ? "true" : "false");
	printf(" }");
}

/* A mapping, and what is done with the last one: part of it may lie behind the end of the file. */
void write_mapping(struct gen *g, const char *indent, int depth)
{
	uint64_t kind = below(g, 100), most = g->small ? 4 << 20 : 64 << 20;
	bool may_map = depth == 0 && (!*g->map || kind < 15);

	if (may_map && chance(g, 20) && knows(g, "mmap_device"))
		write_device(g, indent);
	else if (depth == 0 && *g->map && kind < 20 && knows(g, "vm_insert_page"))
		write_driver(g, indent);
	else if (may_map)
		write_mmap(g, indent, most);
	else if (!*g->map)
		printf("sleep: 10 us");
	else if (kind < (g->freebsd ? 58 : 68))
		write_touch(g, most);
	else if (g->freebsd && kind < 68)
		write_protection(g, most);
	else if (kind < 82)
		write_madvise(g);
	else if (kind < 86)
		write_range(g, chance(g, 50) ? "mlock" : "munlock", 1 << 20);
	else if (kind < 88)
		write_lock_all(g);
	else if (kind < 91)
		write_msync(g, most);
	else if (kind < 96)
		write_range(g, "munmap_range", 1 << 20);
	else if (depth == 0) {
		printf("munmap: %s", g->map);
		*g->map = 0;
	} else
		printf("sleep: 10 us");
}

/* A program that takes as much memory as there is, or more; with swap it comes back. */
void write_hog(struct gen *g, const char *indent, int depth)
{
	uint64_t mib = g->memory_mib * between(g, 60, g->small ? 110 : 180) / 100;

	/* where all is recounted after each event, not too often */
	if (depth || (g->small && chance(g, 60))) {
		printf("sleep: 10 us");
		return;
	}
	new_name(g, g->map, 'm');
	printf("mmap: { len: %" PRIu64 " MiB, noreserve: true%s }\n%s  as: %s\n", mib,
	       !g->freebsd && chance(g, 25) ? ", shared: true" : "", indent, g->map);
	if (chance(g, 20) && knows(g, "madvise") && !g->freebsd)
		printf("%s- madvise: { map: %s, advice: hugepage }\n", indent, g->map);
	printf("%s- touch: { map: %s, write: true, bytes: %" PRIu64 " MiB, block: 64 KiB }", indent,
	       g->map, mib);
	if (chance(g, 20) && knows(g, "madvise") && !g->freebsd)
		printf("\n%s- madvise: { map: %s, advice: collapse, offset: %" PRIu64
		       ", len: %" PRIu64 " MiB }",
		       indent, g->map, 4096 * below(g, 1024), scaled(g, 1, mib));
	if (chance(g, 60))
		printf("\n%s- touch: { map: %s, write: %s, span: %" PRIu64
		       " MiB, pattern: %s, block: 4096, count: %" PRIu64 " }",
		       indent, g->map, chance(g, 50) ? "true" : "false", mib,
		       chance(g, 50) ? "random" : "zipf 1.0", scaled(g, 1, g->small ? 200 : 2000));
}

static void write_attach(struct gen *g, const char *indent)
{
	new_name(g, g->map, 'm');
	printf("shmat: { shm: %s, readonly: %s }\n%s  as: %s", g->shm,
	       chance(g, 20) ? "true" : "false", indent, g->map);
}

/* A System V segment, which tasks find by a key or have alone; once attached it is the last mapping
 * of the task. */
void write_segment(struct gen *g, const char *indent, int depth)
{
	static const char *const cmds[] = { "IPC_RMID", "IPC_RMID", "SHM_LOCK", "SHM_UNLOCK" };

	if (!*g->shm && depth) {
		printf("sleep: 10 us");
	} else if (!*g->shm || (!depth && chance(g, 15))) {
		new_name(g, g->shm, 's');
		printf("shmget: { size: %" PRIu64 ", key: %" PRIu64
		       ", create: %s, exclusive: %s, noreserve: %s, hugetlb: %s }\n%s  as: %s",
		       scaled(g, 1, g->small ? 4 << 20 : 64 << 20), below(g, 4),
		       chance(g, 85) ? "true" : "false", chance(g, 15) ? "true" : "false",
		       chance(g, 40) ? "true" : "false", chance(g, 30) ? "true" : "false", indent,
		       g->shm);
		if (chance(g, 70)) {
			printf("\n%s- ", indent);
			write_attach(g, indent);
		}
	} else if (depth || chance(g, 35)) {
		printf("shmctl: { shm: %s, cmd: %s }", g->shm, one_of(g, cmds, LEN(cmds)));
	} else if (*g->map && chance(g, 35)) {
		printf("shmdt: %s", g->map);
		*g->map = 0;
	} else {
		write_attach(g, indent);
	}
}

/* --- blocks of memory and CPUs come and go, pages are moved --- */

void write_hotplug(struct gen *g, const char *indent, int depth)
{
	static const char *const calls[] = { "memory_offline", "memory_online",
					     "memory_online_movable" };

	(void)indent;
	(void)depth;
	if (chance(g, 50))
		printf("%s: %" PRIu64, chance(g, 50) ? "cpu_offline" : "cpu_online",
		       below(g, (uint64_t)g->cpus));
	else
		printf("%s: %" PRIu64, one_of(g, calls, LEN(calls)), below(g, 4));
}

/* Pages are moved: everything together, a range, a piece of the CMA area, to nodes of a policy. */
void write_moving(struct gen *g, const char *indent, int depth)
{
	static const char *const modes[] = { "bind", "interleave", "preferred", "local" };
	uint64_t pages = g->memory_mib << 8;
	uint64_t start, n;

	(void)depth;
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
