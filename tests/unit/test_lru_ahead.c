/*
 * test_lru_ahead.c - the milestones of a list against a second model of it: an array in the order
 * of the list; and how much of what reclaim takes the readers have seen before it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/reclaim/lru_ahead.h"
#include "sim/engine/rng.h"

#define FRAMES      1024 /* of the random test; frame 0 is never on the list */
#define CHECK_EVERY 1000

struct world {
	struct linux_vm vm;
	struct page_list list;
	struct lru_ahead ahead;
	struct check c;
	struct rng r;
};

/* The second model: frames from tail to head, and which of them are milestones. */
struct naive {
	uint32_t at[FRAMES];
	bool milestone[FRAMES];
	uint32_t n, since;
};

static uint64_t seed = 1;

static void world_init(struct world *w, uint32_t frames)
{
	*w = (struct world){ .c = { .name = "milestones" } };
	w->vm.mem_map = sim_calloc(frames, sizeof(*w->vm.mem_map));
	w->vm.max_pfn = frames;
	rng_init(&w->r, seed, "lru_ahead");
}

static void world_free(struct world *w)
{
	lru_ahead_free(&w->ahead);
	sim_free(w->vm.mem_map);
}

static struct page *page_of(struct world *w, uint32_t pfn)
{
	return pfn_to_page(&w->vm, pfn);
}

static void add_head(struct world *w, uint32_t pfn)
{
	page_list_add(w->vm.mem_map, &w->list, pfn);
	lru_ahead_added(&w->vm, &w->ahead, pfn);
}

/* As lruvec_del_page does. */
static void remove_page(struct world *w, uint32_t pfn)
{
	page_list_del(w->vm.mem_map, &w->list, pfn);
	page_of(w, pfn)->flags &= ~(uint32_t)PG_sim_milestone;
}

/* As isolation does. */
static uint32_t take_tail(struct world *w)
{
	uint32_t pfn = w->list.tail;

	page_list_del(w->vm.mem_map, &w->list, pfn);
	lru_ahead_taken(&w->vm, &w->ahead, page_of(w, pfn), pfn);
	return pfn;
}

/* ---- the second model ---- */

static void naive_add(struct naive *m, uint32_t pfn, bool head)
{
	if (head) {
		m->at[m->n++] = pfn;
		if (++m->since == LRU_MILESTONE) {
			m->since = 0;
			m->milestone[pfn] = true;
		}
		return;
	}
	memmove(&m->at[1], &m->at[0], m->n++ * sizeof(m->at[0]));
	m->at[0] = pfn;
}

static uint32_t naive_remove(struct naive *m, uint32_t i)
{
	uint32_t pfn = m->at[i];

	m->n--;
	memmove(&m->at[i], &m->at[i + 1], (m->n - i) * sizeof(m->at[0]));
	m->milestone[pfn] = false;
	return pfn;
}

/* ---- comparison ---- */

static void compare(struct world *w, const struct naive *m)
{
	uint32_t pfn = w->list.tail;

	for (uint32_t i = 0; i < m->n; i++, pfn = page_of(w, pfn)->prev) {
		assert_int_equal(pfn, m->at[i]);
		assert_int_equal(!!(page_of(w, pfn)->flags & PG_sim_milestone), m->milestone[pfn]);
	}
	assert_int_equal(pfn, 0);
	lru_ahead_check(&w->c, &w->vm, &w->ahead, &w->list);
	assert_int_equal(w->c.failures, 0);
	assert_true(w->ahead.nr_slots <= 2 * FRAMES);
}

/* add: how many of a hundred operations put a page at the head. */
static void random_operation(struct world *w, struct naive *m, uint32_t *free, uint32_t *nr_free,
			     unsigned add)
{
	uint64_t what = rng_below(&w->r, 100);

	if (what < add && *nr_free) {
		uint32_t pfn = free[--*nr_free];

		add_head(w, pfn);
		naive_add(m, pfn, true);
	} else if (what < add + 2 && *nr_free) {
		uint32_t pfn = free[--*nr_free];

		page_list_add_tail(w->vm.mem_map, &w->list, pfn);
		naive_add(m, pfn, false);
	} else if (what < add + 15 && m->n) {
		uint32_t pfn = naive_remove(m, (uint32_t)rng_below(&w->r, m->n));

		remove_page(w, pfn);
		free[(*nr_free)++] = pfn;
	} else if (m->n) {
		uint32_t pfn = take_tail(w);

		assert_int_equal(naive_remove(m, 0), pfn);
		free[(*nr_free)++] = pfn;
	}
	lru_ahead_step(&w->vm, &w->ahead);
	for (int i = 0; i < LRU_READERS; i++)
		assert_true(w->ahead.reader[i] < FRAMES);
}

static void every_milestone_has_its_note_whatever_happens_to_the_list(void **state)
{
	const char *s = getenv("FUZZ_OPS");
	long operations = s ? atol(s) : 1000000;
	static uint32_t free[FRAMES];
	uint32_t nr_free = 0;
	struct naive m = { 0 };
	struct world w;

	(void)state;
	world_init(&w, FRAMES);
	for (uint32_t pfn = FRAMES - 1; pfn; pfn--)
		free[nr_free++] = pfn;
	for (long i = 0; i < operations; i++) {
		/* the list grows, then it shrinks */
		random_operation(&w, &m, free, &nr_free, i / 10000 % 2 ? 35 : 60);
		if (i % CHECK_EVERY == 0)
			compare(&w, &m);
	}
	compare(&w, &m);
	world_free(&w);
}

/* ---- what the readers see ---- */

#define MANY 40000

/* Pages taken one after the other: how many of a thousand a reader was at before. */
static uint64_t seen_per_mille(unsigned removed_percent)
{
	struct world w;
	bool *seen = sim_calloc(MANY, sizeof(*seen));
	uint64_t taken = 0, hits = 0;

	world_init(&w, MANY);
	for (uint64_t i = 1; i < MANY; i++) /* each frame once, those on a row far apart */
		add_head(&w, (uint32_t)(i * 7919 % MANY));
	for (uint32_t pfn = 1; pfn < MANY; pfn++)
		if (rng_below(&w.r, 100) < removed_percent)
			remove_page(&w, pfn);
	while (w.list.tail) {
		uint32_t pfn = take_tail(&w);

		taken++;
		hits += seen[pfn];
		for (int i = 0; i < LRU_READERS; i++)
			seen[w.ahead.reader[i]] = true;
		lru_ahead_step(&w.vm, &w.ahead);
		for (int i = 0; i < LRU_READERS; i++)
			seen[w.ahead.reader[i]] = true;
	}
	world_free(&w);
	sim_free(seen);
	return hits * 1000 / taken;
}

static void readers_are_ahead_of_reclaim(void **state)
{
	(void)state;
	assert_in_range(seen_per_mille(0), 980, 1000);
	/* a milestone that is gone leaves a stretch too long for one reader */
	assert_in_range(seen_per_mille(10), 880, 1000);
	assert_in_range(seen_per_mille(50), 680, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_milestone_has_its_note_whatever_happens_to_the_list),
		cmocka_unit_test(readers_are_ahead_of_reclaim),
	};
	const char *s = getenv("MMSIM_TEST_SEED");

	if (s)
		seed = strtoull(s, NULL, 0);
	printf("seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
