/*
 * test_swap_slots.c - which place of a swap area is next: against plain arrays that are searched
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/boot/boot.h"
#include "models/linux/swap/internal.h"
#include "tests/unit/fixture.h"

#define CL SWAPFILE_CLUSTER

static struct fixture f;

/* A machine of two CPUs with one area of so many pages. */
static void boot(const char *disk, unsigned pages)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "machine: { nodes: [{ cpus: 2, memory: 64 MiB }], disks: [{ name: sda, %s }] }\n"
		 "linux: { swap: [{ disk: sda, size: %u KiB }] }\n",
		 disk, pages * 4);
	fixture_boot(&f, text);
}

static void end(void)
{
	fixture_check(&f);
	fixture_end(&f);
}

static struct swap_info_struct *area(int i)
{
	return &f.vm->swap->info[i];
}

static uint32_t take(int cpu)
{
	swp_entry_t e = { 0 };

	return get_swap_pages(f.vm, &f.s->cpus[cpu], 1, &e, 1) ? swp_offset(e) : 0;
}

static void give_back(uint32_t offset)
{
	swp_entry_t e = swp_entry(0, offset);

	swapcache_free_entries(f.vm, &e, 1);
}

/* --- a disk without seeks, the naive way --- */

struct naive {
	uint32_t max;
	bool *used;           /* by place */
	uint64_t *free_since; /* by cluster: order in which they became free; 0: not free */
	uint64_t seq;
	uint32_t cluster[2], next[2], scan_from[2]; /* by CPU; cluster UINT32_MAX: none */
};

static void naive_init(struct naive *n, uint32_t max)
{
	uint32_t nr = max / CL;

	*n = (struct naive){ .max = max, .cluster = { UINT32_MAX, UINT32_MAX } };
	n->used = calloc(max, sizeof(*n->used));
	n->free_since = calloc(nr, sizeof(*n->free_since));
	n->used[0] = true;
	/* cluster 0 has the header; those of one mapping's column come together */
	for (uint32_t col = 0; col < 32; col++)
		for (uint32_t i = col; i < nr; i += 32)
			if (i)
				n->free_since[i] = ++n->seq;
	for (int cpu = 0; cpu < 2; cpu++)
		n->scan_from[cpu] = area(0)->cluster_next_cpu[cpu];
}

static void naive_free(struct naive *n)
{
	free(n->used);
	free(n->free_since);
}

static uint32_t naive_oldest_cluster(const struct naive *n)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < n->max / CL; i++)
		if (n->free_since[i] &&
		    (best == UINT32_MAX || n->free_since[i] < n->free_since[best]))
			best = i;
	return best;
}

static uint32_t naive_in_cluster(struct naive *n, int cpu)
{
	for (;;) {
		if (n->cluster[cpu] == UINT32_MAX) {
			n->cluster[cpu] = naive_oldest_cluster(n);
			if (n->cluster[cpu] == UINT32_MAX)
				return 0;
			n->next[cpu] = n->cluster[cpu] * CL;
		}
		while (n->next[cpu] < (n->cluster[cpu] + 1) * CL && n->used[n->next[cpu]])
			n->next[cpu]++;
		if (n->next[cpu] < (n->cluster[cpu] + 1) * CL) {
			uint32_t at = n->next[cpu];

			/* a cluster that became free meanwhile has to be taken in its turn */
			if (n->free_since[at / CL] && naive_oldest_cluster(n) != at / CL) {
				n->cluster[cpu] = UINT32_MAX;
				continue;
			}
			n->next[cpu]++;
			return at;
		}
		n->cluster[cpu] = UINT32_MAX;
	}
}

static uint32_t naive_take(struct naive *n, int cpu)
{
	uint32_t at = naive_in_cluster(n, cpu), tries;

	/* where the search begins is not looked at */
	for (tries = 0; !at && tries < n->max - 1; tries++) {
		uint32_t i = (n->scan_from[cpu] + 1 + tries) % n->max;

		if (!n->used[i])
			at = i;
	}
	if (!at)
		return 0;
	n->used[at] = true;
	n->free_since[at / CL] = 0;
	n->scan_from[cpu] = at + 1;
	return at;
}

static void naive_give(struct naive *n, uint32_t at)
{
	uint32_t left = 0;

	n->used[at] = false;
	for (uint32_t i = at / CL * CL; i < (at / CL + 1) * CL; i++)
		left += n->used[i];
	if (!left)
		n->free_since[at / CL] = ++n->seq;
}

static void nth_used(const struct naive *n, uint64_t nth, uint32_t *at)
{
	for (*at = 1; *at < n->max; ++*at)
		if (n->used[*at] && nth-- == 0)
			return;
}

static void places_of_a_disk_without_seeks_are_those_of_the_naive_model(void **state)
{
	const uint32_t max = 16 * CL;
	struct naive n;
	struct rng rng;
	uint32_t used = 0;

	(void)state;
	boot("preset: ssd", max);
	naive_init(&n, max);
	rng_init(&rng, 7, "slots");
	for (int step = 0; step < 60000; step++) {
		/* it fills, is full for a while, empties, and fills again */
		bool fill = step / 12000 % 2 == 0;
		uint32_t at;

		if (rng_below(&rng, 100) < (fill ? 90U : 20U) || !used) {
			int cpu = (int)rng_below(&rng, 2);
			uint32_t want = naive_take(&n, cpu), got = take(cpu);

			if (want != got)
				printf("step %d cpu %d: %u instead of %u\n", step, cpu, got, want);
			assert_int_equal(got, want);
			used += got != 0;
		} else {
			nth_used(&n, rng_below(&rng, used), &at);
			naive_give(&n, at);
			give_back(at);
			used--;
		}
		assert_int_equal(f.vm->nr_swap_pages, max - 1 - used);
		assert_int_equal(area(0)->inuse_pages, used);
	}
	naive_free(&n);
	/* what is still taken is in nobody's hands: no check of the counts here */
	fixture_end(&f);
}

/* The order that a real kernel was seen to take: sectors 131072, 262144, 4096 of 192 MiB. */
static void free_clusters_come_column_by_column(void **state)
{
	static const uint32_t order[] = { 32, 64, 1, 33, 65, 2, 34 };
	swp_entry_t e[SWAP_SLOTS_CACHE_SIZE];

	(void)state;
	boot("preset: ssd", 192 << 8);
	for (size_t k = 0; k < ARRAY_LEN(order); k++) {
		for (uint32_t i = 0; i < CL; i += SWAP_SLOTS_CACHE_SIZE) {
			assert_int_equal(
			    get_swap_pages(f.vm, &f.s->cpus[0], SWAP_SLOTS_CACHE_SIZE, e, 1),
			    SWAP_SLOTS_CACHE_SIZE);
			for (uint32_t j = 0; j < SWAP_SLOTS_CACHE_SIZE; j++)
				assert_int_equal(e[j].val, order[k] * CL + i + j);
		}
	}
	fixture_end(&f);
}

static void each_cpu_fills_a_cluster_of_its_own(void **state)
{
	(void)state;
	boot("preset: ssd", 8 * CL);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(take(0), CL + i);
		assert_int_equal(take(1), 2 * CL + i);
	}
	fixture_end(&f);
}

/* Left behind: places that a batch of 64 would have to search far for. */
static void a_batch_ends_where_searching_takes_too_long(void **state)
{
	const uint32_t max = 4 * CL;
	swp_entry_t e[SWAP_SLOTS_CACHE_SIZE];

	(void)state;
	boot("preset: ssd", max);
	while (take(0))
		;
	/* no cluster is free; two places near each other, one far away */
	give_back(1000);
	give_back(1010);
	give_back(1900);
	area(0)->cluster_next_cpu[0] = 990;
	assert_int_equal(get_swap_pages(f.vm, &f.s->cpus[0], 3, e, 1), 2);
	assert_int_equal(e[0].val, 1000);
	assert_int_equal(e[1].val, 1010);
	assert_int_equal(f.vm->nr_swap_pages, 1);
	assert_int_equal(take(0), 1900);
	assert_int_equal(area(0)->highest_bit, 0);
	fixture_end(&f);
}

/* As in 6.1: without a free cluster the place at which a search begins is not looked at. */
static void the_last_free_place_may_be_missed(void **state)
{
	(void)state;
	boot("preset: ssd", 4 * CL);
	while (take(0))
		;
	give_back(1000);
	area(0)->cluster_next_cpu[0] = area(0)->cluster_next_cpu[1] = 1000;
	assert_int_equal(take(0), 0);
	assert_int_equal(f.vm->nr_swap_pages, 1);
	area(0)->cluster_next_cpu[1] = 1001;
	assert_int_equal(take(1), 1000);
	fixture_end(&f);
}

/* --- a disk that rotates --- */

struct naive_hdd {
	uint32_t max, next, left;
	bool *used;
};

static uint32_t naive_hdd_take(struct naive_hdd *n)
{
	uint32_t from = n->next, used = 0;

	for (uint32_t i = 1; i < n->max; i++)
		used += n->used[i];
	if (used == n->max - 1)
		return 0;
	if (n->left-- == 0) {
		uint32_t run = 0, first = 0, i;

		for (i = 1; i < n->max && n->max - 1 - used >= CL; i++) {
			if (!n->used[i] && !first)
				first = i;
			run = n->used[i] ? 0 : run + 1;
			if (run == CL)
				break;
		}
		if (run == CL)
			from = i - CL + 1;
		else if (n->max - 1 - used >= CL)
			from = first; /* the lowest free place */
		n->left = CL - 1;
	}
	for (uint32_t tries = 0; tries < n->max; tries++) {
		uint32_t i = (from + tries) % n->max;

		if (i && !n->used[i]) {
			n->used[i] = true;
			n->next = i + 1;
			return i;
		}
	}
	return 0;
}

static void places_of_a_disk_that_rotates_are_those_of_the_naive_model(void **state)
{
	const uint32_t max = 9 * CL + 77;
	struct naive_hdd n = { .max = max, .next = 1 };
	struct rng rng;
	uint32_t used = 0;

	(void)state;
	boot("preset: hdd", max);
	assert_null(area(0)->cluster_info);
	n.used = calloc(max, sizeof(*n.used));
	rng_init(&rng, 11, "slots");
	for (int step = 0; step < 40000; step++) {
		bool fill = step / 8000 % 2 == 0;

		if (rng_below(&rng, 100) < (fill ? 90U : 20U) || !used) {
			uint32_t want = naive_hdd_take(&n), got = take(0);

			if (want != got)
				printf("step %d: %u instead of %u\n", step, got, want);
			assert_int_equal(got, want);
			used += got != 0;
		} else {
			uint64_t nth = rng_below(&rng, used);
			uint32_t at;

			for (at = 1; !n.used[at] || nth--; at++)
				;
			n.used[at] = false;
			give_back(at);
			used--;
		}
	}
	free(n.used);
	fixture_end(&f);
}

/* --- several areas --- */

static void the_highest_priority_is_filled_first_and_equal_ones_take_turns(void **state)
{
	static const int order[] = { 1, 3, 1, 3 };
	swp_entry_t e[SWAP_SLOTS_CACHE_SIZE];

	(void)state;
	fixture_boot(
	    &f,
	    "machine: { nodes: [{ cpus: 1, memory: 64 MiB }], disks: [{ name: sda, preset: ssd "
	    "}] }\n"
	    "linux: { swap: [{ name: a, disk: sda, size: 400 KiB }, { name: b, disk: sda, size: "
	    "516 KiB, priority: 5 }, { name: c, disk: sda, size: 400 KiB }, { name: d, disk: sda, "
	    "size: 516 KiB, priority: 5 }] }\n");
	assert_int_equal(area(0)->prio, -2);
	assert_int_equal(area(1)->prio, 5);
	assert_int_equal(area(2)->prio, -3);
	assert_int_equal(f.vm->total_swap_pages, 99 + 128 + 99 + 128);
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		int n = get_swap_pages(f.vm, &f.s->cpus[0], 64, e, 1);

		assert_true(n > 0);
		assert_int_equal(swp_type(e[0]), order[i]);
		assert_int_equal(swp_type(e[n - 1]), order[i]);
	}
	while (area(1)->highest_bit || area(3)->highest_bit)
		get_swap_pages(f.vm, &f.s->cpus[0], 64, e, 1);
	for (int i = 0; i < 99; i++) {
		get_swap_pages(f.vm, &f.s->cpus[0], 1, e, 1);
		assert_int_equal(swp_type(e[0]), 0);
	}
	get_swap_pages(f.vm, &f.s->cpus[0], 1, e, 1);
	assert_int_equal(swp_type(e[0]), 2);
	/* one place of the best area is free again */
	e[1] = swp_entry(3, 100);
	swapcache_free_entries(f.vm, e + 1, 1);
	get_swap_pages(f.vm, &f.s->cpus[0], 1, e, 1);
	assert_int_equal(e[0].val, swp_entry(3, 100).val);
	fixture_end(&f);
}

static int next_area(int cpu)
{
	swp_entry_t e[SWAP_SLOTS_CACHE_SIZE];

	assert_true(get_swap_pages(f.vm, &f.s->cpus[cpu], 64, e, 1) > 0);
	return (int)swp_type(e[0]);
}

/* The disk of a and b is at node 0, which comes from its preset, that of c at 1, that of d nowhere.
 */
static void areas_of_the_own_node_come_first_and_take_turns(void **state)
{
	static const int of_node_0[] = { 0, 1, 0, 1 };

	(void)state;
	fixture_boot(
	    &f, "machine: { nodes: [{ cpus: 1, memory: 64 MiB }, { cpus: 1, memory: 64 MiB }], "
		"disks: [{ name: near, preset: nvme }, { name: far, preset: nvme, node: 1 }, "
		"{ name: sda, preset: ssd }] }\n"
		"linux: { swap: [{ name: a, disk: near, size: 4 MiB }, { name: b, disk: "
		"near, size: 4 MiB }, { name: c, disk: far, size: 4 MiB }, { name: d, "
		"disk: sda, size: 4 MiB, off: true }, { name: e, disk: sda, size: 516 KiB, "
		"priority: 0 }] }\n");
	assert_int_equal(area(0)->prio, -2);
	assert_int_equal(area(1)->prio, -3);
	assert_int_equal(area(2)->prio, -4);
	while (area(4)->highest_bit)
		assert_int_equal(next_area(0), 4);
	for (size_t i = 0; i < ARRAY_LEN(of_node_0); i++) {
		assert_int_equal(next_area(0), of_node_0[i]);
		assert_int_equal(next_area(1), 2);
	}
	while (area(2)->highest_bit)
		next_area(1);
	assert_int_equal(next_area(1), 0); /* for others the order is that of their priorities */
	assert_int_equal(next_area(1), 0);
	fixture_end(&f);
}

/* --- what CPUs have in hand --- */

static void cpus_take_64_places_at_once_while_there_are_enough(void **state)
{
	struct page page = { 0 };
	struct swap_slots_cache *cache;
	swp_entry_t e;

	(void)state;
	boot("preset: ssd", 1024); /* above 2 * 5 * 64, in the end below 2 * 2 * 64 */
	cache = &f.vm->swap->slots[0];
	assert_int_equal(f.vm->nr_swap_pages, 1023);
	e = folio_alloc_swap(f.vm, &f.s->cpus[0], &page);
	assert_int_equal(swp_offset(e), 512);
	assert_int_equal(cache->nr, 63);
	assert_int_equal(f.vm->nr_swap_pages, 1023 - 64);
	/* what comes back waits, and is not what is handed out next */
	free_swap_slot(f.vm, &f.s->cpus[0], e);
	assert_int_equal(cache->n_ret, 1);
	assert_int_equal(f.vm->nr_swap_pages, 1023 - 64);
	assert_int_equal(swp_offset(folio_alloc_swap(f.vm, &f.s->cpus[0], &page)), 513);
	while (f.vm->nr_swap_pages >= 2 * 2 * 64)
		assert_true(folio_alloc_swap(f.vm, &f.s->cpus[0], &page).val);
	assert_true(f.vm->swap->slot_cache_active);
	assert_int_equal(f.vm->nr_swap_pages, 1023 - 12 * 64);
	/* below the limit the caches are emptied: what was in hand can be had again */
	assert_true(folio_alloc_swap(f.vm, &f.s->cpus[0], &page).val);
	assert_false(f.vm->swap->slot_cache_active);
	assert_int_equal(cache->nr + cache->n_ret, 0);
	assert_int_equal(f.vm->nr_swap_pages, 1023 - 12 * 64 + 63 + 1 - 1);
	fixture_end(&f);
}

static void sixty_four_places_are_given_back_at_once(void **state)
{
	struct page page = { 0 };
	swp_entry_t e[65];

	(void)state;
	boot("preset: ssd", 4096);
	for (int i = 0; i < 65; i++)
		e[i] = folio_alloc_swap(f.vm, &f.s->cpus[1], &page);
	assert_int_equal(f.vm->nr_swap_pages, 4095 - 128);
	for (int i = 0; i < 64; i++)
		free_swap_slot(f.vm, &f.s->cpus[0], e[i]);
	assert_int_equal(f.vm->nr_swap_pages, 4095 - 128);
	free_swap_slot(f.vm, &f.s->cpus[0], e[64]);
	assert_int_equal(f.vm->nr_swap_pages, 4095 - 64);
	assert_int_equal(f.vm->swap->slots[0].n_ret, 1);
	end();
}

static void a_cpu_that_goes_offline_has_nothing_in_hand(void **state)
{
	struct page page = { 0 };
	swp_entry_t e;

	(void)state;
	boot("preset: ssd", 4096);
	e = folio_alloc_swap(f.vm, &f.s->cpus[1], &page);
	free_swap_slot(f.vm, &f.s->cpus[1], e);
	assert_int_equal(f.vm->nr_swap_pages, 4095 - 64);
	assert_int_equal(cpu_offline(f.vm, 1), 0);
	assert_int_equal(f.vm->nr_swap_pages, 4095);
	end();
}

static void a_large_page_gets_a_whole_cluster_or_nothing(void **state)
{
	swp_entry_t e = { 0 };

	(void)state;
	boot("preset: ssd", 3 * CL);
	assert_int_equal(get_swap_pages(f.vm, &f.s->cpus[0], 1, &e, CL), 1);
	assert_int_equal(e.val, CL);
	assert_true(cluster_is_huge(area(0), CL + 5));
	assert_int_equal(f.vm->nr_swap_pages, 2 * CL - 1);
	take(1); /* of the last cluster */
	assert_int_equal(get_swap_pages(f.vm, &f.s->cpus[0], 1, &e, CL), 0);
	assert_int_equal(f.vm->nr_swap_pages, 2 * CL - 2);
	swap_free_cluster(f.vm, area(0), 1);
	assert_int_equal(f.vm->nr_swap_pages, 3 * CL - 2);
	assert_int_equal(get_swap_pages(f.vm, &f.s->cpus[0], 1, &e, CL), 1);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_of_a_disk_without_seeks_are_those_of_the_naive_model),
		cmocka_unit_test(free_clusters_come_column_by_column),
		cmocka_unit_test(each_cpu_fills_a_cluster_of_its_own),
		cmocka_unit_test(a_batch_ends_where_searching_takes_too_long),
		cmocka_unit_test(the_last_free_place_may_be_missed),
		cmocka_unit_test(places_of_a_disk_that_rotates_are_those_of_the_naive_model),
		cmocka_unit_test(the_highest_priority_is_filled_first_and_equal_ones_take_turns),
		cmocka_unit_test(cpus_take_64_places_at_once_while_there_are_enough),
		cmocka_unit_test(areas_of_the_own_node_come_first_and_take_turns),
		cmocka_unit_test(sixty_four_places_are_given_back_at_once),
		cmocka_unit_test(a_cpu_that_goes_offline_has_nothing_in_hand),
		cmocka_unit_test(a_large_page_gets_a_whole_cluster_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
