/*
 * test_huge_memory.c - anonymous memory in pages of 2 MiB: mapped, copied, split, swapped
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/conf.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/pagecache/filemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"
#include "models/linux/task.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/fixture.h"

#define MACHINE(disk)                                                                              \
	"machine: { nodes: [{ cpus: 2, memory: 768 MiB }], disks: [{ name: sda, preset: " disk     \
	" }] }\n"                                                                                  \
	"linux: { swap: [{ disk: sda, size: 64 MiB }] }\n"

#define PAGES(n) ((uint64_t)(n) << PAGE_SHIFT)
#define BLOCK    0x40000000ULL /* an address on the border of everything */

static struct fixture f;

static void run_on(const char *machine, task_fn *body)
{
	fixture_boot(&f, machine);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_pages, 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_transparent_hugepages, 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_page_table_pages, 0);
	assert_int_equal(f.vm->thp->split_queue_len, 0);
	assert_int_equal(f.vm->thp->huge_zero_refcount, f.vm->thp->huge_zero_pfn ? 1 : 0);
	fixture_end(&f);
}

static void run(task_fn *body)
{
	run_on(MACHINE("ssd"), body);
}

static uint64_t map_anon(struct task *t, uint64_t addr, uint64_t pages)
{
	uint64_t out = 0;

	assert_int_equal(do_mmap(t, NULL, addr, PAGES(pages), VM_WRITE, 0, &out), 0);
	return out;
}

static void touch(struct task *t, uint64_t addr, uint64_t pages, bool write)
{
	for (uint64_t i = 0; i < pages; i++)
		assert_int_equal(user_access(t, task_mm(t), addr + PAGES(i), write), 0);
}

static struct page_table *table_at(struct task *t, uint64_t addr)
{
	return pte_table(task_mm(t), addr);
}

/* The first page of the large one that is mapped as a whole. */
static struct page *huge_at(struct task *t, uint64_t addr)
{
	assert_true(table_at(t, addr)->pmd.bits & PTE_PRESENT);
	return pfn_to_page(f.vm, table_at(t, addr)->pmd.pfn);
}

static struct page *page_at(struct task *t, uint64_t addr)
{
	return pfn_to_page(f.vm, pte_shown(table_at(t, addr), pte_index(addr)).pfn);
}

static const struct mm_stat *stat_of(struct task *t)
{
	return &task_mm(t)->stat;
}

static const struct node_stat *node(void)
{
	return &f.vm->nodes[0].stat;
}

static int64_t free_pages_now(void)
{
	int64_t n = 0;

	FOR_EACH_ZONE (f.vm, zone) {
		n += zone_free_pages_snapshot(f.vm, zone);
		for (int c = 0; c < f.vm->nr_cpu_ids; c++)
			n += zone->pcp ? zone->pcp[c].count : 0;
	}
	return n;
}

static void advise(struct task *t, uint64_t addr, uint64_t pages, int advice)
{
	assert_int_equal(do_madvise(t, task_mm(t), addr, PAGES(pages), advice), 0);
}

static void fork_task(struct task *t, task_fn *fn)
{
	int error = 0;
	void *kernel = f.sc->personality->task_fork(t, "child", &error);
	struct task *child;

	assert_non_null(kernel);
	child = task_spawn(f.s, &f.s->cpus[1], "child", 0, fn, NULL);
	child->kernel = kernel;
	f.sc->personality->task_start(child);
}

/* --- faults --- */

static void body_fault(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 1024 + 100);
	int64_t before = free_pages_now();

	(void)arg;
	touch(t, addr, 1024, true);
	assert_int_equal(f.vm->stat.pgfault, 2);
	assert_int_equal(f.vm->stat.thp_fault_alloc, 2);
	assert_int_equal(stat_of(t)->rss_anon, 1024);
	assert_int_equal(node()->nr_anon_pages, 1024);
	assert_int_equal(node()->nr_anon_transparent_hugepages, 2);
	assert_int_equal(node()->nr_inactive_anon, 1024); /* large ones do not wait in a batch */
	/* a page of tables is deposited for each, beside the PMD and PUD pages */
	assert_int_equal(node()->nr_page_table_pages, 3);
	assert_int_equal(stat_of(t)->pgtables_bytes, 4 * 4096);
	assert_int_equal(before - free_pages_now(), 1024 + 4);
	/* the end of the mapping has no room for one */
	touch(t, addr + PAGES(1024), 1, true);
	assert_int_equal(stat_of(t)->rss_anon, 1025);
	assert_int_equal(f.vm->stat.thp_fault_fallback, 0);
	fixture_check(&f);
	assert_int_equal(do_munmap(t, task_mm(t), addr, PAGES(1124)), 0);
	assert_int_equal(before - free_pages_now(), 0);
	assert_int_equal(f.vm->stat.thp_split_pmd, 0);
}

static void a_store_takes_2_mib_and_a_page_of_tables(void **state)
{
	(void)state;
	run(body_fault);
}

static void body_zero(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 1024);
	int64_t before = free_pages_now();
	struct shrinker *s = &f.vm->thp->zero_page_shrinker;
	struct shrink_control sc = { .node = f.vm->nodes };

	(void)arg;
	touch(t, addr, 1024, false);
	assert_int_equal(f.vm->stat.pgfault, 2);
	assert_int_equal(f.vm->stat.thp_zero_page_alloc, 1);
	assert_int_equal(before - free_pages_now(), 512 + 4);
	assert_int_equal(stat_of(t)->rss_anon, 0);
	assert_int_equal(node()->nr_anon_transparent_hugepages, 0);
	fixture_check(&f);
	/* a store to it splits the entry: one small page, 511 times the small zero page */
	touch(t, addr + PAGES(7), 1, true);
	assert_int_equal(f.vm->stat.thp_split_pmd, 1);
	assert_int_equal(stat_of(t)->rss_anon, 1);
	assert_true(table_at(t, addr)->pte.bits[8] & PTE_SPECIAL);
	assert_int_equal(s->count_objects(t, s, &sc), 0); /* still shown */
	assert_int_equal(do_munmap(t, task_mm(t), addr, PAGES(1024)), 0);
	assert_int_equal(s->count_objects(t, s, &sc), 0); /* until the program ends */
	fixture_check(&f);
}

static void reading_shows_the_huge_zero_page(void **state)
{
	(void)state;
	run(body_zero);
}

/* What a mask allows beyond GFP_TRANSHUGE_LIGHT. */
static gfp_t effort(int defrag, bool madvised)
{
	struct vm_area_struct vma = { .vm_flags = madvised ? VM_HUGEPAGE : 0 };

	f.vm->thp->sysfs.defrag = defrag;
	return vma_thp_gfp_mask(f.vm, &vma) ^ GFP_TRANSHUGE_LIGHT;
}

static void body_defrag(struct task *t, void *arg)
{
	struct vm_area_struct vma = { 0 };

	(void)t;
	(void)arg;
	assert_int_equal(f.vm->thp->sysfs.enabled, THP_ALWAYS);
	assert_int_equal(f.vm->thp->sysfs.defrag, THP_DEFRAG_MADVISE);
	assert_int_equal(effort(THP_DEFRAG_ALWAYS, false), __GFP_DIRECT_RECLAIM | __GFP_NORETRY);
	assert_int_equal(effort(THP_DEFRAG_ALWAYS, true), __GFP_DIRECT_RECLAIM);
	assert_int_equal(effort(THP_DEFRAG_DEFER, false), __GFP_KSWAPD_RECLAIM);
	assert_int_equal(effort(THP_DEFRAG_DEFER, true), __GFP_KSWAPD_RECLAIM);
	assert_int_equal(effort(THP_DEFRAG_DEFER_MADVISE, false), __GFP_KSWAPD_RECLAIM);
	assert_int_equal(effort(THP_DEFRAG_DEFER_MADVISE, true), __GFP_DIRECT_RECLAIM);
	assert_int_equal(effort(THP_DEFRAG_MADVISE, false), 0);
	assert_int_equal(effort(THP_DEFRAG_MADVISE, true), __GFP_DIRECT_RECLAIM);
	assert_int_equal(effort(THP_DEFRAG_NEVER, true), 0);

	assert_true(hugepage_vma_check(f.vm, &vma, true));
	vma.vm_flags = VM_NOHUGEPAGE;
	assert_false(hugepage_vma_check(f.vm, &vma, true));
	f.vm->thp->sysfs.enabled = THP_MADVISE;
	vma.vm_flags = 0;
	assert_false(hugepage_vma_check(f.vm, &vma, true));
	vma.vm_flags = VM_HUGEPAGE;
	assert_true(hugepage_vma_check(f.vm, &vma, true));
	f.vm->thp->sysfs.enabled = THP_NEVER;
	assert_false(hugepage_vma_check(f.vm, &vma, true));
	assert_true(hugepage_vma_check(f.vm, &vma, false)); /* who asks for it gets it */
	vma.vm_flags = VM_NOHUGEPAGE;
	assert_false(hugepage_vma_check(f.vm, &vma, false));
}

static void defrag_says_how_hard_a_fault_tries(void **state)
{
	(void)state;
	run(body_defrag);
}

/* Small pages fill memory; then every second one of the first is given back. */
static void fragment(struct task *t)
{
	uint64_t addr = map_anon(t, BLOCK << 4, 190000), used = 0;

	advise(t, addr, 190000, MADV_NOHUGEPAGE);
	while (free_pages_now() > 20000)
		touch(t, addr + PAGES(used++), 1, true);
	for (uint64_t i = 0; i < used / 2; i += 2)
		advise(t, addr + PAGES(i), 1, MADV_DONTNEED);
}

#define AREA 64 /* times 2 MiB */

/* Huge pages of an area that is touched, and faults that got none. */
static int64_t huge_of(struct task *t, uint64_t addr, int64_t *fallback)
{
	int64_t got = f.vm->stat.thp_fault_alloc, failed = f.vm->stat.thp_fault_fallback;

	for (int i = 0; i < AREA; i++)
		touch(t, addr + PAGES(512 * i), 1, true);
	*fallback = f.vm->stat.thp_fault_fallback - failed;
	return f.vm->stat.thp_fault_alloc - got;
}

static void body_compact(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, AREA * 512);
	int64_t fallback, plain;

	(void)arg;
	fragment(t);
	plain = huge_of(t, addr, &fallback);
	assert_true(plain < AREA && plain + fallback == AREA);
	assert_int_equal(f.vm->stat.compact_stall, 0);
	assert_int_equal(do_munmap(t, task_mm(t), addr, PAGES(AREA * 512)), 0);
	addr = map_anon(t, BLOCK, AREA * 512);
	advise(t, addr, AREA * 512, MADV_HUGEPAGE);
	assert_true(huge_of(t, addr, &fallback) > plain + 5);
	assert_true(f.vm->stat.compact_stall > 0 && f.vm->stat.compact_success > 0);
	fixture_check(&f);
}

static void advised_areas_have_huge_pages_put_together(void **state)
{
	(void)state;
	run(body_compact);
}

/* --- parts --- */

static void body_parts(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 512);
	struct page *head;
	int64_t before;

	(void)arg;
	touch(t, addr, 1, true);
	head = huge_at(t, addr);
	before = free_pages_now();
	advise(t, addr + PAGES(100), 12, MADV_DONTNEED);
	/* the entry is split, the page is still one: nothing is freed */
	assert_int_equal(f.vm->stat.thp_split_pmd, 1);
	assert_int_equal(f.vm->stat.thp_split_page, 0);
	assert_int_equal(f.vm->stat.thp_deferred_split_page, 1);
	assert_int_equal(f.vm->thp->split_queue_len, 1);
	assert_int_equal(free_pages_now(), before);
	assert_int_equal(stat_of(t)->rss_anon, 500);
	assert_int_equal(node()->nr_anon_pages, 500);
	assert_int_equal(node()->nr_anon_transparent_hugepages, 0);
	assert_int_equal(node()->nr_inactive_anon, 512);
	assert_int_equal(head->refcount, 500);
	assert_true(head[3].flags & PG_anon_exclusive);
	fixture_check(&f);
	/* memory is short: the shrinker frees the parts that nobody maps */
	struct shrinker *s = &f.vm->thp->deferred_split_shrinker;
	struct shrink_control sc = { .node = f.vm->nodes, .nr_to_scan = 128 };

	assert_int_equal(s->count_objects(t, s, &sc), 1);
	assert_int_equal(s->scan_objects(t, s, &sc), 1);
	assert_int_equal(f.vm->stat.thp_split_page, 1);
	assert_int_equal(free_pages_now(), before + 12);
	assert_int_equal(node()->nr_inactive_anon, 500);
	assert_int_equal(head->refcount, 1);
	assert_false(head->flags & PG_head);
	/* the first page is nearest the end of the list where reclaim begins */
	assert_ptr_equal(pfn_to_page(f.vm, f.vm->nodes[0].lruvec.lists[LRU_INACTIVE_ANON].tail),
			 head);
	assert_int_equal(head->prev, page_to_pfn(f.vm, head + 1));
	fixture_check(&f);
	touch(t, addr, 512, true);
	assert_int_equal(stat_of(t)->rss_anon, 512);
}

static void parts_that_go_are_freed_when_the_page_is_split(void **state)
{
	(void)state;
	run(body_parts);
}

static void body_cut(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 1536);

	(void)arg;
	touch(t, addr, 1536, true);
	/* borders of 2 MiB split nothing */
	assert_int_equal(do_munmap(t, task_mm(t), addr, PAGES(512)), 0);
	assert_int_equal(f.vm->stat.thp_split_pmd, 0);
	assert_int_equal(node()->nr_page_table_pages, 3);
	advise(t, addr + PAGES(512 + 10), 3, MADV_NOHUGEPAGE);
	assert_int_equal(f.vm->stat.thp_split_pmd, 1);
	assert_int_equal(f.vm->stat.thp_split_page, 0);
	assert_int_equal(f.vm->stat.thp_deferred_split_page, 0);
	assert_int_equal(task_mm(t)->nr_vmas, 3);
	fixture_check(&f);
	/* locked as a whole, and no more once it is split */
	assert_int_equal(do_mlock(t, task_mm(t), addr + PAGES(1024), PAGES(512), VM_LOCKED), 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_unevictable, 512);
	fixture_check(&f);
	assert_int_equal(do_munlock(t, task_mm(t), addr + PAGES(1024), PAGES(100)), 0);
	assert_int_equal(f.vm->stat.thp_split_pmd, 2);
	assert_int_equal(f.vm->nodes[0].stat.nr_unevictable, 0);
	fixture_check(&f);
}

static void areas_that_are_cut_split_the_entry(void **state)
{
	(void)state;
	run(body_cut);
}

/* --- fork --- */

static void body_child(struct task *t, void *arg)
{
	struct page *head = huge_at(t, BLOCK);

	(void)arg;
	assert_int_equal(compound_mapcount(head), 2);
	assert_int_equal(head->refcount, 2);
	assert_int_equal(stat_of(t)->rss_anon, 512);
	touch(t, BLOCK, 1, true); /* a small copy */
	assert_int_equal(f.vm->stat.thp_split_pmd, 1);
	assert_true(page_at(t, BLOCK) != head && page_at(t, BLOCK + PAGES(1)) == head + 1);
	assert_int_equal(page_mapcount(head), 1);
	assert_int_equal(page_mapcount(head + 1), 2);
	assert_int_equal(node()->nr_anon_pages, 513);
	fixture_check(&f);
	f.sc->personality->task_exit(t);
}

static void body_fork(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 512);
	struct page *head;

	(void)arg;
	touch(t, addr, 512, true);
	head = huge_at(t, addr);
	fork_task(t, body_child);
	assert_false(table_at(t, addr)->pmd.bits & PTE_WRITE);
	task_sleep(t, NS_PER_SEC);
	/* the child is gone: the page is its parent's again, as a whole */
	assert_int_equal(head->refcount, 1);
	assert_int_equal(node()->nr_anon_pages, 512);
	touch(t, addr + PAGES(3), 1, true);
	assert_ptr_equal(huge_at(t, addr), head);
	assert_true(head->flags & PG_anon_exclusive);
	assert_int_equal(f.vm->stat.thp_split_pmd, 1);
	assert_int_equal(f.vm->stat.thp_deferred_split_page, 0);
}

static void a_child_shares_the_huge_page_until_one_writes(void **state)
{
	(void)state;
	run(body_fork);
}

/* --- swap --- */

static void body_swap(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 512);
	struct page *head;

	(void)arg;
	touch(t, addr, 512, true);
	head = huge_at(t, addr);
	advise(t, addr, 512, MADV_PAGEOUT);
	assert_int_equal(f.vm->stat.thp_swpout, 1);
	assert_int_equal(f.vm->stat.pswpout, 512);
	assert_int_equal(f.vm->stat.thp_split_pmd, 1);
	assert_int_equal(f.vm->stat.thp_split_page, 0);
	assert_int_equal(stat_of(t)->swapents, 512);
	assert_int_equal(stat_of(t)->rss_anon, 0);
	/* it is still in the swap cache: its parts are mapped one by one */
	touch(t, addr + PAGES(5), 1, false);
	assert_ptr_equal(page_at(t, addr + PAGES(5)), head + 5);
	assert_int_equal(node()->nr_anon_pages, 1);
	fixture_check(&f);
	task_sleep(t, NS_PER_SEC); /* it is written */
	advise(t, addr, 512, MADV_PAGEOUT);
	assert_int_equal(f.vm->stat.thp_split_page, 1); /* advice about a part of it */
	fixture_check(&f);
	touch(t, addr, 512, true);
	assert_int_equal(stat_of(t)->rss_anon, 512);
	assert_int_equal(stat_of(t)->swapents, 0);
}

static void a_huge_page_is_written_to_swap_as_a_whole(void **state)
{
	(void)state;
	run(body_swap);
}

static void body_parts_to_swap(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 512);

	(void)arg;
	touch(t, addr, 512, true);
	advise(t, addr, 512, MADV_PAGEOUT);
	assert_int_equal(f.vm->stat.thp_swpout, 0);
	assert_int_equal(f.vm->stat.thp_swpout_fallback, 1);
	assert_int_equal(f.vm->stat.thp_split_page, 1);
	assert_int_equal(f.vm->stat.pswpout, 512);
	assert_int_equal(stat_of(t)->swapents, 512);
	fixture_check(&f);
}

static void a_disk_that_rotates_gets_it_in_parts(void **state)
{
	(void)state;
	run_on(MACHINE("hdd"), body_parts_to_swap);
}

static void body_free(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 1024);

	(void)arg;
	touch(t, addr, 1024, true);
	advise(t, addr, 512, MADV_FREE);
	assert_int_equal(f.vm->stat.pglazyfree, 512);
	assert_int_equal(node()->nr_inactive_file, 512);
	advise(t, addr + PAGES(512), 10, MADV_FREE); /* of a part: the page is split for it */
	assert_int_equal(f.vm->stat.thp_split_page, 1);
	/* its entries are taken away and set again, which counts as if it were queued */
	assert_int_equal(f.vm->stat.thp_deferred_split_page, 1);
	lru_add_drain_all(f.vm);
	assert_int_equal(f.vm->stat.pglazyfree, 522);
	assert_int_equal(node()->nr_inactive_anon, 502);
	fixture_check(&f);
	advise(t, addr, 512, MADV_PAGEOUT); /* dropped without a place in swap */
	assert_int_equal(f.vm->stat.pglazyfreed, 512);
	assert_int_equal(f.vm->stat.pswpout, 0);
	assert_int_equal(stat_of(t)->rss_anon, 512);
}

static void what_may_be_freed_goes_as_a_whole_or_is_split(void **state)
{
	(void)state;
	run(body_free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_takes_2_mib_and_a_page_of_tables),
		cmocka_unit_test(reading_shows_the_huge_zero_page),
		cmocka_unit_test(defrag_says_how_hard_a_fault_tries),
		cmocka_unit_test(advised_areas_have_huge_pages_put_together),
		cmocka_unit_test(parts_that_go_are_freed_when_the_page_is_split),
		cmocka_unit_test(areas_that_are_cut_split_the_entry),
		cmocka_unit_test(a_child_shares_the_huge_page_until_one_writes),
		cmocka_unit_test(a_huge_page_is_written_to_swap_as_a_whole),
		cmocka_unit_test(a_disk_that_rotates_gets_it_in_parts),
		cmocka_unit_test(what_may_be_freed_goes_as_a_whole_or_is_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
