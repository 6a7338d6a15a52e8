/*
 * test_freebsd.c - numbers of a FreeBSD boot, and its free memory
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/freebsd/kern/vfs_bio.h"
#include "models/freebsd/vm/vm_pageout.h"

/* --- boot --- */

static void targets_of_all_sizes_of_memory_are_those_of_the_kernel(void **state)
{
	static const struct {
		int64_t pages, reserved, severe, min, target, inactive, wake, stop;
	} rows[] = {
		{ 2048, 52, 56, 61, 174, 512, 52, 174 },
		{ 4096, 55, 64, 74, 203, 304, 258, 406 },
		{ 16384, 71, 111, 151, 675, 1012, 746, 1350 },
		{ 65536, 135, 298, 461, 1979, 2968, 2114, 3958 },
		{ 131072, 220, 547, 874, 3716, 5574, 3936, 7432 },
		{ 262144, 391, 1045, 1700, 7191, 10786, 7582, 14382 },
		{ 1048576, 1415, 4035, 6656, 28039, 42058, 29454, 56078 },
		{ 4194304, 5511, 15996, 26481, 111435, 167152, 116946, 222870 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pageout_targets t = vm_pageout_targets(rows[i].pages, rows[i].pages);

		assert_int_equal(t.free_reserved, rows[i].reserved);
		assert_int_equal(t.free_severe, rows[i].severe);
		assert_int_equal(t.free_min, rows[i].min);
		assert_int_equal(t.free_target, rows[i].target);
		assert_int_equal(t.cache_min, i ? rows[i].target : 0);
		assert_int_equal(t.cache_max, i ? 2 * rows[i].target : 0);
		assert_int_equal(t.inactive_target, rows[i].inactive);
		assert_int_equal(t.free_reserved + t.cache_min, rows[i].wake);
		assert_int_equal(t.free_target + t.cache_min, rows[i].stop);
		assert_int_equal(t.interrupt_free_min, 2);
		assert_int_equal(t.pageout_free_min, 34);
		assert_int_equal(t.max_wired, rows[i].pages / 3);
		assert_int_equal(t.page_count, 16);
	}
	assert_int_equal(vm_pageout_targets(1999, 1999).page_count, 8);
	assert_int_equal(vm_pageout_targets(2000, 2000).page_count, 16);
}

static void a_machine_of_4_gib_has_26878_buffers(void **state)
{
	struct buf_limits l = vfs_bio_limits(4194304);

	(void)state;
	assert_int_equal(l.nbuf, 26878);
	assert_int_equal(l.hidirty, 26878 / 4 + 20);
	assert_int_equal(l.lodirty, (26878 / 4 + 20) / 2);
	assert_int_equal(l.dirtythresh, (26878 / 4 + 20) * 9 / 10);
	/* a 64th of all but ten times 64 KiB, in whole 64 KiB; two thirds of that */
	assert_int_equal(l.hirunningspace, 105 * 65536);
	assert_int_equal(l.lorunningspace, 70 * 65536);
	l = vfs_bio_limits(262144); /* 1 MiB at least */
	assert_int_equal(l.hirunningspace, 1 << 20);
	assert_int_equal(l.lorunningspace, 11 * 65536);
	l = vfs_bio_limits(64 << 20); /* 16 MiB at most */
	assert_int_equal(l.hirunningspace, 16 << 20);
}

/* --- free memory --- */

#define START 4000U
#define END   12000U

struct world {
	struct freebsd_vm *vm;
	struct machine machine;
	struct node_range range;
	uint8_t used[END]; /* 0 free, 1 a page by itself */
	uint64_t random;
	uint64_t nr_used;
};

static unsigned below(struct world *w, unsigned n)
{
	w->random = w->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)((w->random >> 33) % n);
}

static struct world *world_new(void)
{
	struct world *w = sim_calloc(1, sizeof(*w));

	w->random = 5;
	w->range = (struct node_range){ START, END, 0 };
	w->machine.ranges = &w->range;
	w->machine.nr_ranges = 1;
	w->vm = sim_calloc(1, sizeof(*w->vm));
	w->vm->machine = &w->machine;
	vm_phys_init(w->vm);
	return w;
}

static void world_free(struct world *w)
{
	sim_unreserve(w->vm->vm_page_array, (END + 1) * sizeof(struct vm_page));
	sim_free(w->vm->segs);
	sim_free(w->vm);
	sim_free(w);
}

/* Blocks are whole, aligned, apart from each other and not used; together they are all free pages.
 */
static void check_blocks(const struct world *w)
{
	uint8_t *seen = sim_calloc(END, 1);
	uint64_t free = 0;

	for (int l = 0; l < VM_NFREELIST; l++)
		for (int p = 0; p < VM_NFREEPOOL; p++)
			for (int o = 0; o < VM_NFREEORDER; o++) {
				const struct vm_freelist *fl = &w->vm->free[l][p][o];
				uint64_t n = 0;

				LIST_FOR_EACH (pos, &fl->head) {
					struct vm_page *m = LIST_ENTRY(pos, struct vm_page, pageq);
					uint64_t pfn = vm_page_pfn(w->vm, m);

					n++;
					assert_int_equal(m->order1, o + 1);
					assert_int_equal(m->pool, p);
					assert_int_equal(pfn & ((1U << o) - 1), 0);
					assert_int_equal(pfn < 4096, l == VM_FREELIST_ISADMA);
					for (unsigned i = 0; i < 1U << o; i++) {
						assert_false(seen[pfn + i] || w->used[pfn + i]);
						seen[pfn + i] = 1;
					}
					free += 1U << o;
				}
				assert_int_equal(n, fl->count);
			}
	assert_int_equal(free, END - START - w->nr_used);
	sim_free(seen);
}

static void random_requests_keep_free_memory_in_whole_blocks(void **state)
{
	struct world *w = world_new();

	(void)state;
	check_blocks(w);
	for (int i = 0; i < 60000; i++) {
		unsigned what = below(w, 16), pfn = START + below(w, END - START);
		struct vm_page *m = vm_page_of(w->vm, pfn);

		/* a wave: first memory is used up, then it comes back */
		if (what < (i / 10000 % 2 ? 4 : 11)) {
			m = vm_phys_alloc_pages(w->vm, (enum vm_freepool)below(w, 2), 0);
			if (!m) {
				assert_int_equal(w->nr_used, END - START);
				continue;
			}
			pfn = (unsigned)vm_page_pfn(w->vm, m);
			assert_false(w->used[pfn]);
			w->used[pfn] = 1;
			w->nr_used++;
		} else if (what == 15) {
			assert_int_equal(vm_phys_unfree_page(w->vm, m), !w->used[pfn]);
			w->nr_used += !w->used[pfn];
			w->used[pfn] = 1;
		} else if (w->used[pfn]) {
			m->pool = (uint8_t)below(w, VM_NFREEPOOL);
			vm_phys_free_pages(w->vm, m, 0);
			w->used[pfn] = 0;
			w->nr_used--;
		}
		if (i % 500 == 0)
			check_blocks(w);
	}
	for (unsigned pfn = START; pfn < END; pfn++) {
		if (!w->used[pfn])
			continue;
		w->used[pfn] = 0;
		w->nr_used--;
		vm_phys_free_pages(w->vm, vm_page_of(w->vm, pfn), 0);
	}
	check_blocks(w);
	/* 4096 to 8191 is one block again, and those around it are as large as they can be */
	assert_int_equal(vm_page_of(w->vm, 4096)->order1, 13);
	assert_int_equal(vm_page_of(w->vm, 8192)->order1, 12);
	assert_int_equal(vm_page_of(w->vm, 4000)->order1, 6);
	assert_int_equal(vm_page_of(w->vm, 4032)->order1, 7);
	world_free(w);
}

static void memory_below_16_mib_goes_last(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (unsigned i = 0; i < END - 4096; i++)
		assert_true(
		    vm_page_pfn(w->vm, vm_phys_alloc_pages(w->vm, VM_FREEPOOL_DEFAULT, 0)) >= 4096);
	assert_true(vm_page_pfn(w->vm, vm_phys_alloc_pages(w->vm, VM_FREEPOOL_DEFAULT, 0)) < 4096);
	world_free(w);
}

static void an_empty_pool_takes_the_largest_block_of_another(void **state)
{
	struct world *w = world_new();
	struct vm_page *m = vm_phys_alloc_pages(w->vm, VM_FREEPOOL_DIRECT, 0);

	(void)state;
	/* the block of order 12 at 4096; its halves stay with the pool that took it */
	assert_int_equal(vm_page_pfn(w->vm, m), 4096);
	for (int o = 0; o < 12; o++)
		assert_int_equal(w->vm->free[0][VM_FREEPOOL_DIRECT][o].count, 1);
	assert_int_equal(w->vm->free[0][VM_FREEPOOL_DEFAULT][11].count, 1);
	/* the next one of that pool is the page beside it, of the default pool the smallest block
	 */
	m = vm_phys_alloc_pages(w->vm, VM_FREEPOOL_DIRECT, 0);
	assert_int_equal(vm_page_pfn(w->vm, m), 4097);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_of_all_sizes_of_memory_are_those_of_the_kernel),
		cmocka_unit_test(a_machine_of_4_gib_has_26878_buffers),
		cmocka_unit_test(random_requests_keep_free_memory_in_whole_blocks),
		cmocka_unit_test(memory_below_16_mib_goes_last),
		cmocka_unit_test(an_empty_pool_takes_the_largest_block_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
