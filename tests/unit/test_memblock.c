/*
 * test_memblock.c - lists of ranges of the boot memory map
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/boot/boot.h"

#define GIB_PAGES 262144ULL

static void adding_ranges_keeps_what_is_there_and_joins_equal_neighbours(void **state)
{
	(void)state;
	struct range_list l = { 0 };

	memblock_add(&l, 10, 20, 0);
	memblock_add(&l, 30, 40, 1);
	memblock_add(&l, 0, 50, 0);
	assert_int_equal(l.n, 3); /* 0..30 of node 0, 30..40 of node 1, 40..50 of node 0 */
	assert_int_equal(l.r[0].start, 0);
	assert_int_equal(l.r[0].end, 30);
	assert_int_equal(l.r[1].nid, 1);
	memblock_remove(&l, 5, 45);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.r[0].end, 5);
	assert_int_equal(l.r[1].start, 45);
	assert_int_equal(memblock_pages(&l, 0, 100, 0), 10);
	memblock_free_list(&l);
}

static void ranges_behave_as_a_map_of_single_pages(void **state)
{
	(void)state;
	enum { PAGES = 64 };
	struct range_list l = { 0 };
	signed char owner[PAGES];
	struct rng r;

	rng_init(&r, 7, "ranges");
	memset(owner, -1, sizeof(owner));
	for (int round = 0; round < 5000; round++) {
		pfn_t start = rng_below(&r, PAGES), end = start + rng_below(&r, PAGES + 1 - start);
		int nid = (int)rng_below(&r, 3);
		bool add = rng_below(&r, 2);

		for (pfn_t p = start; p < end; p++)
			owner[p] = !add ? -1 : owner[p] < 0 ? (signed char)nid : owner[p];
		if (add)
			memblock_add(&l, start, end, nid);
		else
			memblock_remove(&l, start, end);
		for (pfn_t p = 0; p < PAGES; p++) {
			const struct mem_range *found = memblock_find(&l, p);

			assert_int_equal(found ? found->nid : -1, owner[p]);
		}
		for (int i = 0; i + 1 < l.n; i++) {
			assert_true(l.r[i].start < l.r[i].end);
			assert_true(
			    l.r[i].end < l.r[i + 1].start ||
			    (l.r[i].end == l.r[i + 1].start && l.r[i].nid != l.r[i + 1].nid));
		}
	}
	memblock_free_list(&l);
}

static void boot_memory_is_taken_from_the_top(void **state)
{
	(void)state;
	struct linux_vm vm = { 0 };

	memblock_add(&vm.memory, 1, 100, 0);
	memblock_add(&vm.memory, 100, 200, 1);
	memblock_add(&vm.reserved, 190, 195, MEMBLOCK_ANY_NODE);
	assert_int_equal(memblock_alloc(&vm, 5, 1, 1, UINT64_MAX, MEMBLOCK_ANY_NODE, false), 195);
	assert_int_equal(memblock_alloc(&vm, 8, 8, 1, UINT64_MAX, 1, true), 176);
	assert_int_equal(memblock_alloc(&vm, 20, 1, 1, UINT64_MAX, 0, true), 80);
	assert_int_equal(memblock_alloc(&vm, 200, 1, 1, UINT64_MAX, 0, false), 0);
	assert_int_equal(memblock_alloc(&vm, 79, 1, 1, UINT64_MAX, 0, true), 1);
	assert_int_equal(memblock_alloc(&vm, 76, 1, 1, UINT64_MAX, 0, true), 0);
	assert_int_equal(memblock_alloc(&vm, 76, 1, 1, UINT64_MAX, 0, false), 100);
	free_bootmem_with_active_regions(&vm, 0, 90);
	assert_int_equal(memblock_pages(&vm.reserved, 0, 100, MEMBLOCK_ANY_NODE), 10);
	memblock_free_list(&vm.memory);
	memblock_free_list(&vm.reserved);
}

static uint64_t alignment_of(const pfn_t *border, int nodes)
{
	struct linux_vm vm = { 0 };
	uint64_t alignment;

	for (int i = 0; i < nodes; i++)
		memblock_add(&vm.memory, border[i], border[i + 1], i);
	alignment = node_map_pfn_alignment(&vm);
	memblock_free_list(&vm.memory);
	return alignment;
}

static void node_borders_have_the_alignment_the_kernel_says(void **state)
{
	(void)state;
	const pfn_t one[] = { 1, 4 * GIB_PAGES };
	const pfn_t split[] = { 0, GIB_PAGES, 2 * GIB_PAGES };
	const pfn_t shifted[] = { 0, GIB_PAGES + 65536, 2 * GIB_PAGES + 65536 };
	const pfn_t last[] = { 0, GIB_PAGES, 2 * GIB_PAGES + 65536 };

	assert_int_equal(alignment_of(one, 1), 0);
	assert_int_equal(alignment_of(split, 2), 1 << 18);
	assert_int_equal(alignment_of(shifted, 2), 1 << 16);
	assert_int_equal(alignment_of(last, 2), 1 << 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adding_ranges_keeps_what_is_there_and_joins_equal_neighbours),
		cmocka_unit_test(ranges_behave_as_a_map_of_single_pages),
		cmocka_unit_test(boot_memory_is_taken_from_the_top),
		cmocka_unit_test(node_borders_have_the_alignment_the_kernel_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
