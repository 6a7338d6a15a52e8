/*
 * gen_scenario.c - writes a random small scenario: gen_scenario SEED [CALLS [small]]
 *
 * The same seed writes the same text, for the same file of calls (lines "KERNEL CALL", what a
 * kernel has): so a call that is new comes up by itself.  The second line says which check the
 * machine is small enough for.  What is written is valid; what the simulated kernel refuses (a disk
 * without room, memory that is used up, a pair of values that exclude each other) is meant to come
 * up.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/gen.h"

static void write_steps(struct gen *g, const char *indent, int depth);

/* A block that repeats or is chosen by chance; inside, names of results stay known.  What one
 * choice gives is not known in another one, nor behind them. */
static void write_block(struct gen *g, const char *indent, int depth)
{
	char inner[64];

	if (depth >= 2) {
		puts("sleep: 1 ms");
		return;
	}
	snprintf(inner, sizeof(inner), "%s        ", indent);
	if (chance(g, 70)) {
		printf("loop:\n%s    ", indent);
		if (chance(g, 70))
			printf("count: %" PRIu64, scaled(g, 1, 20));
		else
			printf("for: %" PRIu64 " ms", scaled(g, 1, g->small ? 20 : g->duration_ms));
		printf("\n%s    do:\n", indent);
		printf("%s- sleep: %" PRIu64 " us\n", inner, scaled(g, 1, 5000));
		write_steps(g, inner, depth + 1);
		return;
	}
	printf("choose:\n");
	for (uint64_t n = between(g, 1, 3); n; n--) {
		int known = g->nr_names;

		printf("%s    - weight: %" PRIu64 "\n%s      do:\n", indent, between(g, 1, 9),
		       indent);
		printf("%s- compute: %" PRIu64 " us\n", inner, scaled(g, 1, 2000));
		write_steps(g, inner, depth + 1);
		g->nr_names = known;
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

/* --- steps: each begins behind its "- " and leaves the end of its last line open --- */

static void step_read(struct gen *g, const char *indent, int depth)
{
	(void)indent;
	(void)depth;
	write_stream(g, false);
}

static void step_write(struct gen *g, const char *indent, int depth)
{
	(void)indent;
	(void)depth;
	write_stream(g, true);
}

static void step_cut(struct gen *g, const char *indent, int depth)
{
	(void)indent;
	(void)depth;
	write_cut(g);
}

static void step_sync(struct gen *g, const char *indent, int depth)
{
	(void)indent;
	(void)depth;
	write_sync(g);
}

static void step_fadvise(struct gen *g, const char *indent, int depth)
{
	(void)indent;
	(void)depth;
	write_fadvise(g);
}

static void step_drop_caches(struct gen *g, const char *indent, int depth)
{
	(void)indent;
	(void)depth;
	printf("drop_caches: %" PRIu64, between(g, 1, 3));
}

static void step_sysctl(struct gen *g, const char *indent, int depth)
{
	(void)indent;
	(void)depth;
	printf("sysctl: { ");
	write_tunable(g, false);
	printf(" }");
}

static void step_swap(struct gen *g, const char *indent, int depth)
{
	(void)indent;
	(void)depth;
	if (g->nr_areas)
		printf("%s: %s", chance(g, 50) ? "swapoff" : "swapon",
		       g->areas[below(g, (uint64_t)g->nr_areas)]);
	else
		printf("set_oom_score_adj: %d", (int)below(g, 2001) - 1000);
}

static void step_ioprio(struct gen *g, const char *indent, int depth)
{
	static const char *const classes[] = { "none", "realtime", "best-effort", "idle" };

	(void)indent;
	(void)depth;
	printf("ioprio_set: { class: %s, level: %" PRIu64 " }", one_of(g, classes, LEN(classes)),
	       below(g, 8));
}

static void step_time(struct gen *g, const char *indent, int depth)
{
	(void)indent;
	(void)depth;
	switch (below(g, 4)) {
	case 0:
		printf("wait");
		return;
	case 1:
		printf("at: %" PRIu64 " ms", below(g, g->duration_ms));
		return;
	default:
		/* now and then so long that whole processes are swapped out */
		printf("%s: %" PRIu64 " us", chance(g, 50) ? "sleep" : "compute",
		       scaled(g, 1, chance(g, 10) ? g->duration_ms * 1000 : 20000));
		return;
	}
}

static const struct {
	unsigned weight;
	const char *needs; /* a call; NULL: none */
	void (*write)(struct gen *g, const char *indent, int depth);
	bool ends_line;
} kinds[] = {
	{ 14, NULL, write_mapping, false },
	{ 3, "mmap", write_hog, false },
	{ 12, NULL, step_read, false },
	{ 14, NULL, step_write, false },
	{ 6, "truncate", step_cut, false },
	{ 7, NULL, step_sync, false },
	{ 3, "compact_memory", step_drop_caches, false }, /* others refuse it */
	{ 3, "compact_memory", step_fadvise, false },
	{ 3, NULL, write_fork, true },
	{ 8, "alloc_pages", write_any_alloc, false },
	{ 6, "free_pages", write_free, false },
	{ 6, NULL, step_sysctl, false },
	{ 4, NULL, step_time, false },
	{ 8, "open", write_open, false },
	{ 7, "shmget", write_segment, false },
	{ 2, "cpu_offline", write_hotplug, false },
	{ 2, "alloc_contig_range", write_moving, false },
	{ 3, "vmalloc", write_vmalloc, false },
	{ 3, "mempool_create", write_pool, false },
	{ 3, "swapoff", step_swap, false },
	{ 3, "ioprio_set", step_ioprio, false },
	{ 8, "vm_page_alloc", write_vm_page, false },
	{ 16, "mprotect", write_mapping, false },
	{ 2, NULL, write_block, true },
};

static void write_step(struct gen *g, const char *indent, int depth)
{
	unsigned sum = 0;
	size_t k = 0;

	for (size_t i = 0; i < LEN(kinds); i++)
		if (!kinds[i].needs || knows(g, kinds[i].needs))
			sum += kinds[i].weight;

	uint64_t draw = below(g, sum);

	for (;; k++) {
		if (kinds[k].needs && !knows(g, kinds[k].needs))
			continue;
		if (draw < kinds[k].weight)
			break;
		draw -= kinds[k].weight;
	}
	printf("%s- ", indent);
	kinds[k].write(g, indent, depth);
	if (!kinds[k].ends_line)
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
		else if (chance(g, 25))
			printf("    nice: %d\n", (int)below(g, 40) - 20);
		if (!g->freebsd && chance(g, 15))
			printf("    rlimit_memlock: %" PRIu64 "\n", scaled(g, 1, 1 << 24));
		if (!g->freebsd && chance(g, 15))
			printf("    oom_score_adj: %d\n", (int)between(g, 0, 2000) - 1000);
		puts("    do:");
		*g->opened = *g->map = *g->pool = *g->object = *g->shm = 0;
		write_steps(g, "      ", 0);
	}
}

static void write_interrupts(struct gen *g)
{
	static const char *const masks[] = { "GFP_ATOMIC", "GFP_NOWAIT",
					     "GFP_ATOMIC|__GFP_NOWARN" };

	puts("interrupts:");
	for (uint64_t n = between(g, 1, 2); n; n--) {
		printf("  - name: irq%" PRIu64 "\n    cpu: %" PRIu64 "\n    %s: %" PRIu64
		       " us\n    burst: %" PRIu64 "\n    do:\n      - ",
		       n, below(g, (uint64_t)g->cpus), chance(g, 50) ? "every" : "poisson",
		       scaled(g, 300, 50000), scaled(g, 1, 64));
		if (g->freebsd) {
			printf("vm_page_alloc: { req: VM_ALLOC_INTERRUPT|VM_ALLOC_NOOBJ, count: "
			       "%" PRIu64 " }\n        as: i%" PRIu64 "\n",
			       scaled(g, 1, 8), n);
			if (chance(g, 80))
				printf("      - vm_page_free: i%" PRIu64 "\n", n);
			continue;
		}
		g->task = (int)n;
		write_alloc(g, "      ", one_of(g, masks, LEN(masks)), true, 1);
		putchar('\n');
		if (chance(g, 70))
			printf("      - free_pages: { page: %s, count: %" PRIu64 " }\n",
			       g->names[g->nr_names - 1], between(g, 1, 2));
	}
}

/* Of what is there, so that none is refused; all come true, whatever happens. */
static void write_expect(struct gen *g)
{
	printf("expect:\n  - end(disk[d%" PRIu64 "].in_flight) >= 0\n",
	       below(g, (uint64_t)g->disks));
	printf("  - always(file[f%" PRIu64 "].%s >= 0)\n", below(g, (uint64_t)g->files),
	       g->freebsd ? "dirty_buffers" : "nr_pages");
	puts("  - max(task.cpu_ns) >= 0");
}

/* The lines of "mmsim list ops", as "KERNEL CALL"; the caller frees it. */
static char *read_known(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t n = 0, cap = 1 << 16;
	char *text = malloc(cap);

	if (!file || !text) {
		perror(path);
		exit(3);
	}
	text[n++] = '\n';
	n += fread(text + n, 1, cap - n - 1, file);
	text[n] = 0;
	fclose(file);
	return text;
}

static void write_head(struct gen *g, uint64_t seed)
{
	printf("# Does a random workload keep all rules?  Seed %" PRIu64 "\n# check: %s\n", seed,
	       g->small ? "event" : "sample");
	printf("mmsim: 1\nseed: %" PRIu64 "\nduration: %" PRIu64 " ms\npersonality: %s\n", seed,
	       g->duration_ms, g->freebsd ? "freebsd" : "linux");
	/* without one each call is an event, and after each everything would be recounted */
	if (chance(g, 20))
		printf("quantum: %" PRIu64 " us\n",
		       !g->small && chance(g, 40) ? 0 : scaled(g, 1, 1000));
	printf("record: { interval: %" PRIu64 " ms%s }\n", between(g, 10, 200),
	       !chance(g, 20) ? ""
	       : g->freebsd   ? ", trace: [\"sim_*\"]"
			      : ", trace: [\"mm_vmscan_*\", \"mm_page_alloc\"]");
}

/* Huge pages have to be asked for: so small machines have none by themselves. */
static void write_sysctls(struct gen *g)
{
	printf("sysctl: { ");
	if (!g->freebsd && chance(g, 50))
		printf("transparent_hugepage.enabled: %" PRIu64
		       ", transparent_hugepage.defrag: %" PRIu64
		       ", transparent_hugepage.khugepaged.scan_sleep_millisecs: %" PRIu64,
		       below(g, 2), below(g, 5), scaled(g, 1, 200));
	else if (chance(g, 70))
		write_tunable(g, true);
	puts(" }");
}

int main(int argc, char **argv)
{
	struct gen g = { 0 };
	uint64_t seed;

	if (argc < 2 || argc > 4 || (argc == 4 && strcmp(argv[3], "small") != 0)) {
		fprintf(stderr, "usage: gen_scenario SEED [CALLS [small]]\n");
		return 2;
	}
	seed = strtoull(argv[1], NULL, 10);
	g.known = argc >= 3 ? read_known(argv[2]) : NULL;
	rng_init(&g.rng, seed, "scenario");
	g.freebsd = chance(&g, 30);
	g.small = chance(&g, 35) || argc == 4;
	g.nodes = (int)(chance(&g, 50) ? 1 : between(&g, 2, 4));
	g.memory_mib = g.small ? between(&g, 64, 96) : between(&g, 64, 512);
	g.duration_ms = g.small ? between(&g, 200, 300) : scaled(&g, 200, g.freebsd ? 8000 : 3000);
	g.disks = (int)between(&g, 1, MAX_DISKS);
	g.files = (int)between(&g, 1, MAX_FILES);
	g.tasks = (int)between(&g, 1, 6);

	write_head(&g, seed);
	write_machine(&g);
	write_kernel(&g);
	write_sysctls(&g);
	write_files(&g);
	write_tasks(&g);
	if (chance(&g, 30))
		write_interrupts(&g);
	if (chance(&g, 30))
		write_expect(&g);
	free(g.known);
	return 0;
}
