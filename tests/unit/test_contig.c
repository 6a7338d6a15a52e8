/*
 * test_contig.c - pages of an exact number, and of a given place
 */
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/alloc/page_isolation.h"
#include "tests/unit/fixture.h"

#define SMALL "machine: { nodes: [{ cpus: 1, memory: 128 MiB }] }\n"
#define BASE  16384u /* far from what boot took */

static int64_t nr_free(struct linux_vm *vm)
{
	int64_t n = 0;

	drain_all_pages(vm, &vm->sim->cpus[0]);
	FOR_EACH_ZONE (vm, zone)
		n += zone_free_pages_snapshot(vm, zone);
	return n;
}

static void exact_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	int64_t before = nr_free(f->vm), freed = f->vm->stat.pgfree;
	struct page *page = alloc_pages_exact(t, 5 * PAGE_SIZE - 100, GFP_KERNEL);
	uint32_t pfn = page_to_pfn(f->vm, page);

	for (int i = 0; i < 5; i++)
		assert_int_equal(page[i].refcount, 1);
	assert_int_equal(free_block_order(f->vm, pfn + 5), 0);
	assert_int_equal(free_block_order(f->vm, pfn + 6), 1);
	assert_int_equal(f->vm->stat.pgfree - freed, 3);
	free_pages_exact(f->vm, t->cpu, page, 5 * PAGE_SIZE - 100);
	assert_int_equal(nr_free(f->vm), before);
}

static void an_exact_allocation_gives_its_tail_back(void **state)
{
	struct fixture f;

	(void)state;
	fixture_boot(&f, SMALL);
	fixture_task(&f, exact_body, &f);
	fixture_check(&f);
	fixture_end(&f);
}

static void bulk_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	struct page *pages[100];
	int64_t before = nr_free(f->vm);
	int n = __alloc_pages_bulk(t, GFP_KERNEL, NUMA_NO_NODE, 0, 100, pages);

	assert_int_equal(n, 100);
	for (int i = 0; i < n; i++)
		free_pages_exact(f->vm, t->cpu, pages[i], PAGE_SIZE);
	assert_int_equal(nr_free(f->vm), before);
	/* more than the zone has above its mark: one page, in the usual way */
	n = __alloc_pages_bulk(t, GFP_KERNEL, NUMA_NO_NODE, 0, 1 << 20, pages);
	assert_int_equal(n, 1);
	free_pages_exact(f->vm, t->cpu, pages[0], PAGE_SIZE);
}

static void a_bulk_request_is_all_or_one(void **state)
{
	struct fixture f;

	(void)state;
	fixture_boot(&f, SMALL);
	fixture_task(&f, bulk_body, &f);
	fixture_check(&f);
	fixture_end(&f);
}

static void busy_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	struct linux_vm *vm = f->vm;
	int64_t before = nr_free(vm);

	/* one page, not movable, in the last pageblock that the second range touches */
	assert_int_equal(
	    alloc_contig_range(t, BASE + 1000, BASE + 1001, MIGRATE_MOVABLE, GFP_KERNEL), 0);
	assert_int_equal(alloc_contig_range(t, BASE, BASE + 600, MIGRATE_MOVABLE, GFP_KERNEL),
			 -EBUSY);
	assert_int_equal(pfn_zone(vm, BASE)->nr_isolate_pageblock, 0);
	assert_int_equal(nr_free(vm), before - 1);
	/* in the block before it is no matter */
	assert_int_equal(alloc_contig_range(t, BASE, BASE + 500, MIGRATE_UNMOVABLE, GFP_KERNEL), 0);
	assert_int_equal(get_pageblock_migratetype(vm, BASE), MIGRATE_UNMOVABLE);
	assert_int_equal(nr_free(vm), before - 501);
	free_contig_range(vm, t->cpu, BASE, 500);
	free_contig_range(vm, t->cpu, BASE + 1000, 1);
	assert_int_equal(nr_free(vm), before);
	/* no page of the firmware, not page 0, which no zone has, and none behind the end */
	assert_int_equal(alloc_contig_range(t, 1, 3, MIGRATE_MOVABLE, GFP_KERNEL), -EBUSY);
	assert_int_equal(alloc_contig_range(t, 0, 1, MIGRATE_MOVABLE, GFP_KERNEL), -EBUSY);
	assert_int_equal(alloc_contig_range(t, 0, 2048, MIGRATE_MOVABLE, GFP_KERNEL), -EBUSY);
	assert_int_equal(
	    alloc_contig_range(t, vm->max_pfn - 1, vm->max_pfn + 1, MIGRATE_MOVABLE, GFP_KERNEL),
	    -EINVAL);
}

static void a_range_is_busy_if_a_page_beside_it_is(void **state)
{
	struct fixture f;

	(void)state;
	fixture_boot(&f, SMALL);
	fixture_task(&f, busy_body, &f);
	fixture_check(&f);
	fixture_end(&f);
}

static uint64_t seed = 1;

struct range {
	pfn_t start;
	pages_t n;
};

static void random_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	struct linux_vm *vm = f->vm;
	struct range held[64];
	int64_t before = nr_free(vm);
	int n = 0, got = 0;
	struct rng r;

	rng_init(&r, seed, "contig");
	for (int i = 0; i < 3000; i++) {
		if (n < (int)ARRAY_LEN(held) && rng_below(&r, 2)) {
			struct range *h = &held[n];

			h->start = BASE + rng_below(&r, 8192);
			h->n = 1 + rng_below(&r, rng_below(&r, 2) ? 100 : 2000);
			if (alloc_contig_range(t, h->start, h->start + h->n, (int)rng_below(&r, 3),
					       GFP_KERNEL) == 0) {
				n++;
				got++;
			}
		} else if (n) {
			uint64_t k = rng_below(&r, (uint64_t)n);

			free_contig_range(vm, t->cpu, held[k].start, held[k].n);
			held[k] = held[--n];
		}
		assert_int_equal(pfn_zone(vm, BASE)->nr_isolate_pageblock, 0);
		if (i % 100 == 0)
			fixture_check(f);
	}
	assert_true(got > 100);
	while (n--)
		free_contig_range(vm, t->cpu, held[n].start, held[n].n);
	assert_int_equal(nr_free(vm), before);
}

static void random_ranges_lose_no_page(void **state)
{
	struct fixture f;

	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	fixture_boot(&f, SMALL);
	fixture_task(&f, random_body, &f);
	fixture_check(&f);
	fixture_end(&f);
}

/* Freed while both are isolated, the blocks are one, which goes back to the one that stays. */
static void a_block_over_two_isolated_ranges_is_cut_once(void **state)
{
	const uint32_t first = BASE, second = BASE + 512, end = BASE + 1024;
	struct fixture f;
	struct zone *zone;
	const struct cpu *cpu;

	(void)state;
	fixture_boot(&f, SMALL);
	cpu = &f.s->cpus[0];
	zone = pfn_zone(f.vm, first);
	assert_true(__isolate_free_page(f.vm, cpu, first, MAX_ORDER - 1));
	__free_one_page(f.vm, cpu, zone, first, PAGEBLOCK_ORDER, MIGRATE_MOVABLE, FPI_NONE);
	assert_int_equal(start_isolate_page_range(f.vm, cpu, first, second, MIGRATE_MOVABLE), 0);
	assert_int_equal(start_isolate_page_range(f.vm, cpu, second, end, MIGRATE_MOVABLE), 0);
	__free_one_page(f.vm, cpu, zone, second, PAGEBLOCK_ORDER, MIGRATE_ISOLATE, FPI_NONE);
	assert_int_equal(free_block_order(f.vm, first), MAX_ORDER - 1);
	undo_isolate_page_range(f.vm, cpu, second, end, MIGRATE_MOVABLE);
	assert_int_equal(start_isolate_page_range(f.vm, cpu, second, end, MIGRATE_MOVABLE), 0);
	undo_isolate_page_range(f.vm, cpu, first, end, MIGRATE_MOVABLE);
	assert_int_equal(zone->nr_isolate_pageblock, 0);
	fixture_check(&f);
	fixture_end(&f);
}

/* Pages of isolated pageblocks leave a list that is freed; the others come to the list of the CPU.
 */
static void a_list_that_is_freed_loses_isolated_pages(void **state)
{
	const uint32_t pages[] = { BASE, BASE + 512, BASE + 1, BASE + 513, BASE + 514 };
	struct fixture f;
	struct zone *zone;
	const struct cpu *cpu;
	int count;

	(void)state;
	fixture_boot(&f, SMALL);
	cpu = &f.s->cpus[0];
	zone = pfn_zone(f.vm, BASE);
	count = zone->pcp[0].count;
	assert_true(__isolate_free_page(f.vm, cpu, BASE, MAX_ORDER - 1));
	set_pageblock_migratetype(f.vm, BASE, MIGRATE_MOVABLE);
	set_pageblock_migratetype(f.vm, BASE + 512, MIGRATE_ISOLATE);
	zone->nr_isolate_pageblock++;
	for (uint32_t pfn = BASE + 2; pfn < BASE + 1024; pfn++)
		if (pfn < BASE + 512 || pfn > BASE + 514)
			__free_one_page(f.vm, cpu, zone, pfn, 0,
					pfn < BASE + 512 ? MIGRATE_MOVABLE : MIGRATE_ISOLATE,
					FPI_NONE);
	for (size_t i = 0; i < ARRAY_LEN(pages); i++)
		pfn_to_page(f.vm, pages[i])->next = i + 1 < ARRAY_LEN(pages) ? pages[i + 1] : 0;
	free_unref_page_list(f.vm, cpu, pages[0]);
	assert_int_equal(zone->pcp[0].count, count + 2);
	assert_true(pfn_to_page(f.vm, BASE)->flags & PG_pcp);
	assert_true(pfn_to_page(f.vm, BASE + 1)->flags & PG_pcp);
	assert_int_equal(free_block_order(f.vm, BASE + 512), PAGEBLOCK_ORDER);
	undo_isolate_page_range(f.vm, cpu, BASE + 512, BASE + 1024, MIGRATE_MOVABLE);
	fixture_check(&f);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exact_allocation_gives_its_tail_back),
		cmocka_unit_test(a_bulk_request_is_all_or_one),
		cmocka_unit_test(a_range_is_busy_if_a_page_beside_it_is),
		cmocka_unit_test(a_block_over_two_isolated_ranges_is_cut_once),
		cmocka_unit_test(a_list_that_is_freed_loses_isolated_pages),
		cmocka_unit_test(random_ranges_lose_no_page),
	};

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
