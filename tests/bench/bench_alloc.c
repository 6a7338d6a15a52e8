/*
 * bench_alloc.c - the page allocator: a page taken and given back again and again, and calls
 * captured from a real kernel
 *
 * Yardstick of the first: free lists by order that split and merge, and nothing else: no zones, no
 * watermarks, no types, no per-CPU lists, no counters.
 */
#include <string.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/verify/alloc_case.h"
#include "tests/bench/bench.h"

#define PAIRS   5000000
#define CASE    "tests/truth/alloc/c1-steal" /* or another, as an argument */
#define PER_SEC 10e6                         /* operations wanted */

/* ---- the minimal buddy ---- */

#define TINY_PAGES  4096
#define TINY_ORDERS 11
#define TINY_NONE   UINT32_MAX

struct tiny_page {
	uint32_t next, prev;
	int8_t order; /* of the free block that begins here, -1: none */
};

struct tiny {
	struct tiny_page page[TINY_PAGES];
	uint32_t head[TINY_ORDERS];
};

static void tiny_add(struct tiny *b, uint32_t p, int order)
{
	b->page[p] = (struct tiny_page){ b->head[order], TINY_NONE, (int8_t)order };
	if (b->head[order] != TINY_NONE)
		b->page[b->head[order]].prev = p;
	b->head[order] = p;
}

static void tiny_del(struct tiny *b, uint32_t p, int order)
{
	struct tiny_page *page = &b->page[p];

	if (page->next != TINY_NONE)
		b->page[page->next].prev = page->prev;
	if (page->prev != TINY_NONE)
		b->page[page->prev].next = page->next;
	else
		b->head[order] = page->next;
	page->order = -1;
}

static uint32_t tiny_alloc(struct tiny *b, int order)
{
	int o = order;

	while (o < TINY_ORDERS && b->head[o] == TINY_NONE)
		o++;
	if (o == TINY_ORDERS)
		return TINY_NONE;

	uint32_t p = b->head[o];

	tiny_del(b, p, o);
	while (o > order) {
		o--;
		tiny_add(b, p + (1u << o), o);
	}
	return p;
}

static void tiny_free(struct tiny *b, uint32_t p, int order)
{
	for (; order < TINY_ORDERS - 1; order++) {
		uint32_t buddy = p ^ (1u << order);

		if (b->page[buddy].order != order)
			break;
		tiny_del(b, buddy, order);
		p &= buddy;
	}
	tiny_add(b, p, order);
}

static struct tiny *tiny_new(void)
{
	struct tiny *b = sim_calloc(1, sizeof(*b));

	for (int o = 0; o < TINY_ORDERS; o++)
		b->head[o] = TINY_NONE;
	for (uint32_t p = 0; p < TINY_PAGES; p++)
		b->page[p].order = -1;
	for (uint32_t p = 0; p < TINY_PAGES; p += 1u << (TINY_ORDERS - 1))
		tiny_add(b, p, TINY_ORDERS - 1);
	return b;
}

static volatile uint32_t kept;

/* Its pages come from a split block, so that nothing merges: the best it can do. */
static double tiny_pairs(void *arg)
{
	struct tiny *b = arg;

	for (int i = 0; i < PAIRS; i++) {
		kept = tiny_alloc(b, 0);
		tiny_free(b, kept, 0);
	}
	return PAIRS;
}

/* ---- ours ---- */

static double our_pairs(void *arg)
{
	struct alloc_state *st = arg;
	struct task *t = st->sim->cpus[0].irq;

	for (int i = 0; i < PAIRS; i++) {
		struct page *page = __alloc_pages(t, GFP_KERNEL, 0, NUMA_NO_NODE, 0);

		kept = page_to_pfn(&st->vm, page);
		page->refcount = 0;
		__free_pages(&st->vm, t->cpu, page, 0);
	}
	return PAIRS;
}

static bool bench_pairs(struct verify_case *c)
{
	struct alloc_state st;
	struct tiny *b = tiny_new();
	bool ok = alloc_state_load(c, "phase-01/before.txt", &st);

	kept = tiny_alloc(b, 0); /* splits a block: its pair stays in use */
	kept = tiny_alloc(b, 0);
	tiny_free(b, kept, 0);
	ok = ok && bench_pair("6 page taken and given back", "pair", our_pairs, &st, tiny_pairs, b,
			      0.2, 0.33);
	alloc_state_free(&st);
	sim_free(b);
	return ok;
}

/* Operations a second of one replay; 0: the case cannot be read. */
static double replay_rate(struct verify_case *c)
{
	struct alloc_state st;
	struct alloc_slots slots = { 0 };
	struct alloc_replay r = { .st = &st, .slots = &slots };
	double rate = 0;

	if (alloc_state_load(c, "phase-01/before.txt", &st) &&
	    alloc_ops_read(c, "phase-01/ops.txt", &r)) {
		double begin = bench_cpu_seconds();

		alloc_replay_run(&r);
		rate = (double)r.nr_ops / (bench_cpu_seconds() - begin);
	}
	alloc_replay_free(&r);
	sim_free(slots.slot);
	alloc_state_free(&st);
	return rate;
}

static bool bench_replay(struct verify_case *c)
{
	double rate[BENCH_ROUNDS], median;

	for (int i = 0; i < BENCH_ROUNDS; i++)
		rate[i] = replay_rate(c);
	median = bench_median(rate);
	printf("%-34s %.3g operations/s (%.3g..%.3g)  floor %.2g  %s\n",
	       "6 replay of captured calls", median, rate[0], rate[BENCH_ROUNDS - 1], PER_SEC,
	       median >= PER_SEC ? "floor met" : "BELOW FLOOR");
	return median >= PER_SEC;
}

int main(int argc, char **argv)
{
	struct verify_options o = { .quiet = true };
	struct diag diag = { 0 };
	struct verify_case c = { .o = &o, .diag = &diag };
	bool ok = verify_open(&c, argc > 1 ? argv[1] : CASE);

	if (ok) {
		ok = bench_pairs(&c);
		ok &= bench_replay(&c);
	}
	diag_print(&diag, stderr);
	verify_close(&c);
	diag_free(&diag);
	return !ok;
}
