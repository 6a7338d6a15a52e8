/*
 * test_vmap_naive.c - the trees of kernel addresses and plain arrays get the same random requests:
 * the same answers, the same holes.  The first argument is a seed; FUZZ_OPS in the environment
 * prolongs it.
 *
 * What arrays cannot know is the shape of the tree, on which requests depend that are aligned to
 * more than a page.  For these the shape is taken as it is, and walked through by looking at
 * everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/naive_vmap.h"

#define OPS      20000
#define MAX_LIVE 1500

struct world {
	uint64_t random;
	struct vmap_tree free, purge;
	struct naive_ranges holes, lazy;
	struct naive_range live[MAX_LIVE];
	int nr_live;
	pages_t space;    /* pages, from VMALLOC_START on */
	unsigned largest; /* request, pages */
	uint64_t failed, aligned;
};

static uint64_t below(struct world *w, uint64_t n)
{
	w->random = w->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (w->random >> 33) % n;
}

static void check_trees(const struct world *w)
{
	struct check c = { .name = "vmap" };

	vmap_tree_check(&c, &w->free, true);
	vmap_tree_check(&c, &w->purge, true);
	assert_int_equal(c.failures, 0);
	assert_true(naive_equal(&w->holes, &w->free));
	assert_true(naive_equal(&w->lazy, &w->purge));
}

static void give_back(struct world *w)
{
	struct list list;

	list_init(&list);
	list_splice(&w->purge.list, &list);
	w->purge.root.node = NULL;
	LIST_FOR_EACH_SAFE (pos, tmp, &list) {
		struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		list_del(&va->list);
		merge_or_add_vmap_area(&w->free, va);
	}
	for (int i = 0; i < w->lazy.n; i++)
		naive_add(&w->holes, w->lazy.r[i].start, w->lazy.r[i].end);
	w->lazy.n = 0;
}

static void take(struct world *w)
{
	uint64_t vstart = VMALLOC_START, vend = VMALLOC_START + (w->space << PAGE_SHIFT);
	bytes_t size = (1 + below(w, w->largest)) << PAGE_SHIFT;
	uint64_t align = below(w, 2) ? 1 : PAGE_SIZE, want, got;

	if (below(w, 8) == 0) {
		vstart += below(w, w->space) << PAGE_SHIFT;
		vend = vstart + ((1 + below(w, w->space)) << PAGE_SHIFT);
		if (below(w, 4) == 0)
			vend = vstart + size;
	}
	if (below(w, 40) == 0) {
		align = PAGE_SIZE << (1 + below(w, 7));
		w->aligned++;
		want = naive_walk(&w->free, size, align, vstart, vend);
	} else {
		want = naive_lowest(&w->holes, size, align, vstart, vend);
	}
	got = __alloc_vmap_area(&w->free, size, align, vstart, vend);
	assert_int_equal(got, want);
	if (got == vend) {
		w->failed++;
		return;
	}
	naive_take(&w->holes, got, got + size);
	w->live[w->nr_live++] = (struct naive_range){ got, got + size };
}

static void release(struct world *w)
{
	int i = (int)below(w, (uint64_t)w->nr_live);
	struct naive_range r = w->live[i];

	w->live[i] = w->live[--w->nr_live];
	if (below(w, 10) == 0) { /* at once, as a range that could not be used */
		merge_or_add_vmap_area(&w->free, vmap_area_new(r.start, r.end));
		naive_add(&w->holes, r.start, r.end);
		return;
	}
	merge_or_add_vmap_area(&w->purge, vmap_area_new(r.start, r.end));
	naive_add(&w->lazy, r.start, r.end);
}

static void free_tree(struct vmap_tree *tree)
{
	LIST_FOR_EACH_SAFE (pos, tmp, &tree->list)
		sim_free(LIST_ENTRY(pos, struct vmap_area, list));
}

/* Returns how many requests failed or were aligned: both must happen. */
static void one_world(struct world *w, uint64_t seed)
{
	*w = (struct world){ .random = seed };
	vmap_tree_init(&w->free, true);
	vmap_tree_init(&w->purge, false);
	w->space = 200 + below(w, 6000);
	w->largest = 1 + (unsigned)below(w, 40);
	/* what lies behind is free as well, and another range before it */
	vmap_tree_insert(&w->free, vmap_area_new(1, VMALLOC_START));
	naive_add(&w->holes, 1, VMALLOC_START);
	give_back(w);
	merge_or_add_vmap_area(&w->free, vmap_area_new(VMALLOC_START, UINT64_MAX));
	naive_add(&w->holes, VMALLOC_START, UINT64_MAX);
	for (int i = 0; i < OPS; i++) {
		/* fuller for a while, then emptier */
		uint64_t odds = i / 4000 % 2 ? 42 : 62;

		if (w->nr_live < MAX_LIVE && (!w->nr_live || below(w, 100) < odds))
			take(w);
		else
			release(w);
		if (below(w, 60) == 0)
			give_back(w);
		if (i % 500 == 0)
			check_trees(w);
	}
	check_trees(w);
	free_tree(&w->free);
	free_tree(&w->purge);
}

static uint64_t first_seed = 1;

static void trees_and_arrays_give_the_same_addresses(void **state)
{
	const char *ops = getenv("FUZZ_OPS");
	uint64_t rounds = div_round_up(ops ? strtoull(ops, NULL, 10) : 200000, OPS);
	uint64_t failed = 0, aligned = 0;
	struct world *w = sim_calloc(1, sizeof(*w));

	(void)state;
	for (uint64_t i = 0; i < rounds; i++) {
		one_world(w, first_seed * 100000 + i);
		failed += w->failed;
		aligned += w->aligned;
	}
	sim_free(w);
	assert_true(failed && aligned);
	print_message("%llu operations, seed %llu\n", (unsigned long long)(rounds * OPS),
		      (unsigned long long)first_seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_and_arrays_give_the_same_addresses),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
