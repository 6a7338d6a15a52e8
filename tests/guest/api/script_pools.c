/*
 * script_pools.c - scripts of dma_pool and mempool
 */
#include <inttypes.h>
#include <stdio.h>

#include "script.h"

#define MAX_POOLS 200
#define MAX_TAKEN 4000

static const char *pick(const char *const *words, int n)
{
	return words[below((uint64_t)n)];
}

/* --- blocks and elements that are taken --- */

static struct taken {
	int pool, slot;
} taken[MAX_TAKEN];
static int nr_taken, nr_slots;
static int free_slots[MAX_TAKEN], nr_free;

static int take(int pool)
{
	int slot = nr_free ? free_slots[--nr_free] : nr_slots++;

	taken[nr_taken++] = (struct taken){ pool, slot };
	return slot;
}

static struct taken give(int i)
{
	struct taken t = taken[i];

	taken[i] = taken[--nr_taken];
	free_slots[nr_free++] = t.slot;
	return t;
}

/* --- dma_pool --- */

/* A request for a pool as dma_pool_create will see it; whether it will be met. */
static bool dma_create(int pool, bool managed, uint64_t size, uint64_t align, uint64_t boundary)
{
	uint64_t unit = align ? align : 1, real = size < 4 ? 4 : size;

	printf("%s %d %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
	       managed ? "dmam_pool_create" : "dma_pool_create", pool, size, align, boundary);
	if ((unit & (unit - 1)) || !size || (boundary & (boundary - 1)))
		return false;
	real = (real + unit - 1) / unit * unit;
	return !boundary || boundary >= real;
}

static uint64_t dma_size(void)
{
	switch (below(4)) {
	case 0:
		return (uint64_t)1 << below(14);
	case 1:
		return any_size(20000);
	case 2:
		return 4 * between(1, 2300);
	default:
		return between(0, 300);
	}
}

static uint64_t dma_align(void)
{
	static const uint64_t odd[] = { 3, 12, 100 };

	return once_in(10)  ? odd[below(3)]
	       : once_in(6) ? 0
			    : (uint64_t)1 << below(once_in(8) ? 13 : 9);
}

static uint64_t dma_boundary(void)
{
	if (!once_in(3))
		return 0;
	return once_in(4) ? below(5000) : (uint64_t)1 << between(3, 16);
}

static bool there[MAX_POOLS], is_managed[MAX_POOLS];

static void dma_alloc(int pool)
{
	static const char *const gfps[] = { "KERNEL", "ATOMIC", "NOWAIT", "NOIO", "NOFS" };

	if (nr_taken < MAX_TAKEN)
		printf("dma_pool_alloc %d %d %s\n", pool, take(pool), pick(gfps, 5));
}

static void dma_free(int i)
{
	struct taken t = give(i);

	printf("dma_pool_free %d %d\n", t.pool, t.slot);
}

/* Its blocks go back first, but for once in a while, when the pool leaks. */
static void dma_destroy(int pool)
{
	bool leaks = once_in(10);

	for (int i = nr_taken - 1; i >= 0; i--) {
		if (taken[i].pool != pool)
			continue;
		if (leaks && once_in(2))
			give(i);
		else
			dma_free(i);
	}
	printf("%s %d\n", is_managed[pool] ? "dmam_pool_destroy" : "dma_pool_destroy", pool);
	there[pool] = false;
}

static void dma_any(int pool)
{
	if (there[pool] && once_in(3)) {
		dma_destroy(pool);
	} else if (!there[pool]) {
		uint64_t boundary, align;

		is_managed[pool] = once_in(7);
		boundary = dma_boundary();
		align = dma_align();
		there[pool] = dma_create(pool, is_managed[pool], dma_size(), align, boundary);
	}
}

/* A few pools at a time are used much; the others wait. */
static void dma_random(int calls)
{
	int nr_pools = 40, busy = 0;

	for (int i = 0; i < nr_pools; i++)
		dma_any(i);
	for (int i = 0; i < calls; i++) {
		int pool = once_in(2) ? busy : (int)below((uint64_t)nr_pools);

		if (once_in(50))
			busy = (int)below((uint64_t)nr_pools);
		if (once_in(200))
			dma_any((int)below((uint64_t)nr_pools));
		else if (once_in(500))
			printf("pools 0\n");
		else if (there[pool] && (!nr_taken || below(100) < 54))
			dma_alloc(pool);
		else if (nr_taken)
			dma_free((int)below((uint64_t)nr_taken));
	}
	for (int i = 0; i < nr_pools; i++)
		if (there[i])
			dma_destroy(i);
	printf("pools 0\n");
}

/* Chunks carved to the end, then given back in some order and taken again. */
static void dma_pools(int calls)
{
	int pool = 0;

	while (nr_slots < calls / 3 && pool < 4000) {
		uint64_t size = dma_size();
		uint64_t n = size ? between(1, 40) : 0, boundary;

		if (size && once_in(4))
			n += 4096 / size;
		is_managed[0] = once_in(8);
		boundary = dma_boundary();
		if (!dma_create(pool, is_managed[0], size, dma_align(), boundary)) {
			pool++;
			continue;
		}
		for (int round = 0; round < 3; round++) {
			int order = (int)below(3);

			for (uint64_t i = 0; i < n; i++)
				dma_alloc(pool);
			printf("pools 0\n");
			for (uint64_t i = 0; i < n && nr_taken; i++)
				dma_free(order == 0   ? nr_taken - 1
					 : order == 1 ? 0
						      : (int)below((uint64_t)nr_taken));
		}
		while (nr_taken)
			dma_free(nr_taken - 1);
		printf("%s %d\n", is_managed[0] ? "dmam_pool_destroy" : "dma_pool_destroy", pool++);
		nr_slots += (int)n;
		nr_slots = nr_slots > calls ? calls : nr_slots;
	}
}

/* --- mempool --- */

static const char *const unwaiting[] = { "ATOMIC", "NOWAIT", "IO" };

static void backend(void)
{
	printf("backend %d\n", once_in(2) ? -1 : (int)below(6));
}

/* Calls that never wait: masks without direct reclaim. */
static void mempool_calls(int calls)
{
	int pool = 0, min = 0;

	for (int i = 0; i < calls; i++) {
		if (!min || once_in(300)) {
			if (min) {
				while (nr_taken)
					printf("mempool_free %d %d\n", pool,
					       give(nr_taken - 1).slot);
				printf("mempool_destroy %d\n", pool++);
			}
			printf("backend -1\n");
			min = (int)any_size(40);
			printf("mempool_create %d %d\n", pool, min);
		} else if (once_in(10)) {
			backend();
		} else if (once_in(25)) {
			printf("mempool_resize %d %d\n", pool, (int)any_size(60));
		} else if (nr_taken < 3 * min && below(100) < 52) {
			printf("mempool_alloc %d %d %s\n", pool, take(pool), pick(unwaiting, 3));
		} else if (nr_taken) {
			printf("mempool_free %d %d\n", pool,
			       give((int)below((uint64_t)nr_taken)).slot);
		}
	}
	printf("backend -1\n");
	while (nr_taken)
		printf("mempool_free %d %d\n", pool, give(nr_taken - 1).slot);
	printf("mempool_destroy %d\n", pool);
}

/*
 * One round: the backend fails, the pool is emptied, and one asks who waits for what others give
 * back, or for a backend that works again.  It ends with all tasks done and the pool full.  Of
 * several who are woken in one tick, nanoseconds of CPU time decide who is first: no script has
 * that.
 */
static int wait_round(int min)
{
	static const char *const waiting[] = { "KERNEL", "NOIO", "NOFS" };
	int nr_free = (int)between(0, (uint64_t)min), slot = 0;
	int ms = (int)any_size(400);
	bool other = once_in(2);

	printf("backend 0\n");
	for (; slot < min; slot++)
		printf("mempool_alloc 0 %d ATOMIC\n", slot);
	if (other)
		printf("task_alloc 0 %d %d %s\n", slot++, ms, pick(waiting, 3));
	else if (!nr_free)
		nr_free = 1;                /* the script waits, and nobody else can help it */
	for (int i = 0; i < nr_free; i++) { /* far enough apart for the timers to see it */
		ms += ms / 3 + 40 + (int)any_size(300);
		printf("task_free 0 %d %d\n", i, ms);
	}
	if (once_in(2))
		printf("sleep_ms %d\n", (int)any_size(700));
	if (!other)
		printf("mempool_alloc 0 %d %s\n", slot++, pick(waiting, 3));
	else if (!nr_free || once_in(3))
		printf("sleep_ms %d\n", (int)any_size(12000));
	printf("backend -1\njoin 0\n");
	for (int i = 0; i < slot; i++)
		printf("mempool_free 0 %d\n", i);
	return 4 + 2 * slot + nr_free;
}

static void mempool_wait(int calls)
{
	int min = (int)between(1, 6);

	printf("backend -1\nmempool_create 0 %d\n", min);
	for (int written = 0; written < calls;) {
		written += wait_round(min);
		if (once_in(5)) {
			min = (int)between(1, 8);
			printf("mempool_resize 0 %d\n", min);
		}
	}
	printf("mempool_destroy 0\n");
}

const struct kind pool_kinds[] = {
	{ "dma-random", "dma", 512, dma_random },
	{ "dma-pools", "dma", 512, dma_pools },
	{ "mempool", "mempool", 512, mempool_calls },
	{ "mempool-wait", "mempool", 512, mempool_wait },
	{},
};
