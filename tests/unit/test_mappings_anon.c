/*
 * test_mappings_anon.c - anonymous memory: made, copied, locked, advised, given back
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/migrate.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/mm_counter.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 2, memory: 256 MiB }], disks: [{ name: sda, preset: ssd }] "   \
	"}\n"                                                                                      \
	"files: [{ name: data, disk: sda, size: 1 MiB }]\n"                                        \
	"linux: { swap: [{ disk: sda, size: 64 MiB }] }\n"

#define PAGES(n) ((uint64_t)(n) << PAGE_SHIFT)
#define BLOCK    0x40000000ULL /* an address on the border of everything */

static struct fixture f;

static void run(task_fn *body)
{
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	assert_int_equal(f.vm->stat.committed_as, 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_pages, 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_page_table_pages, 0);
	fixture_end(&f);
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

static struct pte entry(struct task *t, uint64_t addr)
{
	struct page_table *table = pte_table(task_mm(t), addr);

	return table ? pte_get(table, pte_index(addr)) : (struct pte){ 0 };
}

static struct page *page_at(struct task *t, uint64_t addr)
{
	return pfn_to_page(f.vm, entry(t, addr).pfn);
}

static const struct mm_stat *stat_of(struct task *t)
{
	return &task_mm(t)->stat;
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

/* A child of t that runs fn on the other CPU. */
static void fork_task(struct task *t, task_fn *fn, void *arg)
{
	int error = 0;
	void *kernel = f.sc->personality->task_fork(t, "child", &error);
	struct task *child;

	assert_non_null(kernel);
	child = task_spawn(f.s, &f.s->cpus[1], "child", 0, fn, arg);
	child->kernel = kernel;
	f.sc->personality->task_start(child);
}

/* --- pages appear --- */

static void body_appear(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 1024);
	int64_t before = free_pages_now();

	(void)arg;
	assert_int_equal(f.vm->stat.committed_as, 1024);
	touch(t, addr, 600, false);
	/* reading costs page tables alone: two PTE pages, a PMD and a PUD page */
	assert_int_equal(before - free_pages_now(), 4);
	assert_int_equal(stat_of(t)->rss_anon, 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_page_table_pages, 3);
	touch(t, addr, 600, true);
	assert_int_equal(before - free_pages_now(), 604);
	assert_int_equal(stat_of(t)->rss_anon, 600);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_pages, 600);
	assert_int_equal(f.vm->stat.pgfault, 1200);
	assert_int_equal(stat_of(t)->min_flt, 1200);
	lru_add_drain_all(f.vm);
	assert_int_equal(f.vm->nodes[0].stat.nr_inactive_anon, 600);
	assert_true(page_at(t, addr)->flags & PG_anon_exclusive);
	fixture_check(&f);
	assert_int_equal(do_madvise(t, task_mm(t), addr, PAGES(100), MADV_DONTNEED), 0);
	assert_int_equal(stat_of(t)->rss_anon, 500);
	touch(t, addr, 1, false);
	assert_true(entry(t, addr).bits & PTE_SPECIAL);
}

static void reading_costs_no_memory_and_writing_a_page_each(void **state)
{
	(void)state;
	run(body_appear);
}

/* --- copies of files --- */

static void body_cow(struct task *t, void *arg)
{
	struct file *file = file_open(t, file_by_name(f.vm, "data"));
	struct address_space *m = &file->inode->mapping;
	uint64_t addr;

	(void)arg;
	assert_int_equal(do_mmap(t, file, BLOCK, PAGES(64), VM_WRITE, 0, &addr), 0);
	touch(t, addr, 16, false);
	assert_int_equal(stat_of(t)->rss_file, 16);
	touch(t, addr, 4, true); /* of pages that are mapped */
	assert_int_equal(stat_of(t)->rss_file, 12);
	assert_int_equal(stat_of(t)->rss_anon, 4);
	touch(t, addr + PAGES(40), 2, true); /* and of pages that are not */
	assert_int_equal(stat_of(t)->rss_file, 12);
	assert_int_equal(stat_of(t)->rss_anon, 6);
	assert_int_equal(f.vm->nodes[0].stat.nr_dirty, 0);
	assert_int_equal(page_at(t, addr + PAGES(40))->index, 40);
	fixture_check(&f);
	unmap_mapping_range(t, m, 0, 0, false);
	assert_int_equal(stat_of(t)->rss_file, 0);
	assert_int_equal(stat_of(t)->rss_anon, 6);
	unmap_mapping_range(t, m, 0, 0, true);
	assert_int_equal(stat_of(t)->rss_anon, 0);
}

/* The pages that the next requests of this CPU will get, in this order. */
static void next_movable_pages(struct task *t, pfn_t *pfn, int n)
{
	struct page *page[4];

	for (int i = 0; i < n; i++) {
		page[i] = alloc_pages(t, GFP_HIGHUSER_MOVABLE, 0);
		pfn[i] = page_to_pfn(f.vm, page[i]);
	}
	while (n)
		free_pages(f.vm, t->cpu, page[--n], 0);
}

static void body_cow_order(struct task *t, void *arg)
{
	struct file *file = file_open(t, file_by_name(f.vm, "data"));
	struct page *page;
	uint64_t addr;
	pfn_t pfn[2];

	(void)arg;
	assert_int_equal(do_mmap(t, file, BLOCK, PAGES(1), VM_WRITE, 0, &addr), 0);
	file->ra.ra_pages = 0;
	next_movable_pages(t, pfn, 2);
	touch(t, addr, 1, true);
	/* an attempt that has waited begins again: the copy's page went back, and comes again */
	assert_int_equal(entry(t, addr).pfn, pfn[0]);
	page = find_get_page(&file->inode->mapping, 0);
	assert_int_equal(page_to_pfn(f.vm, page), pfn[1]);
	put_page(f.vm, t->cpu, page);
	exit_mm(t);
	file_close(t, file);
}

static void the_page_of_the_copy_is_had_before_that_of_the_file(void **state)
{
	(void)state;
	run(body_cow_order);
}

static void a_private_store_copies_the_page_of_the_file(void **state)
{
	(void)state;
	run(body_cow);
}

/* --- fork --- */

struct family {
	uint64_t addr;
	uint32_t pfn;
	bool child_wrote, parent_wrote, child_ended;
	struct wait_queue wait;
};

static void wait_until(struct task *t, struct family *fam, const bool *what)
{
	while (!*what)
		task_wait(t, &fam->wait, FOREVER);
}

static void say(struct family *fam, bool *what)
{
	*what = true;
	wake_up_all(f.s, &fam->wait);
}

static void child(struct task *t, void *arg)
{
	struct family *fam = arg;

	assert_int_equal(stat_of(t)->rss_anon, 10);
	assert_int_equal(stat_of(t)->pgtables_bytes, 3 * PAGE_SIZE);
	assert_int_equal(entry(t, fam->addr).pfn, fam->pfn);
	touch(t, fam->addr, 10, false);
	touch(t, fam->addr, 2, true);
	assert_int_not_equal(entry(t, fam->addr).pfn, fam->pfn);
	assert_int_equal(stat_of(t)->rss_anon, 10);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_pages, 12);
	say(fam, &fam->child_wrote);
	wait_until(t, fam, &fam->parent_wrote);
	fixture_check(&f);
	/* the parent has copies of these now: nobody else has the old ones */
	touch(t, fam->addr + PAGES(2), 1, true);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_pages, 13);
	f.sc->personality->task_exit(t);
	say(fam, &fam->child_ended);
}

static void body_fork(struct task *t, void *arg)
{
	struct family fam = { .addr = map_anon(t, BLOCK, 64) };
	int64_t reused;

	(void)arg;
	wait_queue_init(&fam.wait);
	touch(t, fam.addr, 10, true);
	touch(t, fam.addr + PAGES(10), 5, false); /* the zero page is shared anyway */
	fam.pfn = entry(t, fam.addr).pfn;
	fork_task(t, child, &fam);
	assert_int_equal(f.vm->stat.committed_as, 128);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_pages, 10);
	assert_false(entry(t, fam.addr).bits & PTE_WRITE);
	assert_false(page_at(t, fam.addr)->flags & PG_anon_exclusive);
	assert_int_equal(page_mapcount(page_at(t, fam.addr)), 2);
	fixture_check(&f);
	wait_until(t, &fam, &fam.child_wrote);
	/* what the child copied is the parent's alone */
	reused = f.vm->stat.pgreuse;
	lru_add_drain_all(f.vm);
	touch(t, fam.addr, 2, true);
	assert_int_equal(f.vm->stat.pgreuse, reused + 2);
	assert_int_equal(entry(t, fam.addr).pfn, fam.pfn);
	touch(t, fam.addr + PAGES(2), 1, true);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_pages, 13);
	say(&fam, &fam.parent_wrote);
	wait_until(t, &fam, &fam.child_ended);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_pages, 10);
	assert_int_equal(f.vm->stat.committed_as, 64);
	fixture_check(&f);
}

static void parent_and_child_share_until_one_writes(void **state)
{
	(void)state;
	run(body_fork);
}

/* --- areas --- */

static void body_areas(struct task *t, void *arg)
{
	uint64_t low = map_anon(t, BLOCK, 8), high;
	struct mm_struct *mm = task_mm(t);

	(void)arg;
	touch(t, low, 8, true);
	high = map_anon(t, BLOCK + PAGES(8), 8);
	assert_int_equal(mm->nr_vmas, 1); /* they are alike */
	touch(t, high, 8, true);
	assert_int_equal(do_madvise(t, mm, low + PAGES(4), PAGES(8), MADV_NOHUGEPAGE), 0);
	assert_int_equal(mm->nr_vmas, 3);
	fixture_check(&f);
	assert_int_equal(do_madvise(t, mm, low, PAGES(16), MADV_NOHUGEPAGE), 0);
	assert_int_equal(mm->nr_vmas, 1);
	fixture_check(&f);
	assert_int_equal(do_munmap(t, mm, low + PAGES(6), PAGES(4)), 0);
	assert_int_equal(mm->nr_vmas, 2);
	assert_int_equal(stat_of(t)->rss_anon, 12);
	assert_int_equal(f.vm->stat.committed_as, 12);
	/* the hole is filled: all three are one again, with one anon_vma */
	assert_int_equal(
	    do_mmap(t, NULL, low + PAGES(6), PAGES(4), VM_WRITE | VM_NOHUGEPAGE, 0, &high), 0);
	assert_int_equal(mm->nr_vmas, 1);
	touch(t, low, 16, true);
}

static void neighbours_that_are_alike_are_one_area(void **state)
{
	(void)state;
	run(body_areas);
}

/* --- mlock --- */

static int64_t nr_mlock(void)
{
	int64_t n = 0;

	FOR_EACH_ZONE (f.vm, zone)
		n += zone->stat.nr_mlock;
	return n;
}

static void body_mlock(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 32);
	struct mm_struct *mm = task_mm(t);

	(void)arg;
	touch(t, addr, 4, true);
	assert_int_equal(do_mlock(t, mm, addr + 100, PAGES(15), VM_LOCKED),
			 0); /* rounded out: 16 */
	assert_int_equal(stat_of(t)->locked_vm, 16);
	assert_int_equal(stat_of(t)->rss_anon, 16);
	assert_int_equal(nr_mlock(), 16);
	assert_int_equal(f.vm->nodes[0].stat.nr_unevictable, 16);
	assert_int_equal(f.vm->stat.unevictable_pgs_mlocked, 16);
	assert_int_equal(f.vm->stat.unevictable_pgs_culled, 16);
	assert_int_equal(mm->nr_vmas, 2);
	fixture_check(&f);
	/* what is locked already is joined and passed over */
	assert_int_equal(do_mlock(t, mm, addr + PAGES(20), PAGES(4), VM_LOCKED), 0);
	assert_int_equal(mm->nr_vmas, 4);
	assert_int_equal(do_mlock(t, mm, addr + PAGES(12), PAGES(16), VM_LOCKED), 0);
	assert_int_equal(stat_of(t)->locked_vm, 28);
	assert_int_equal(do_munlock(t, mm, addr + PAGES(16), PAGES(16)), 0);
	assert_int_equal(stat_of(t)->locked_vm, 16);
	assert_int_equal(nr_mlock(), 16);
	assert_int_equal(do_madvise(t, mm, addr + PAGES(16), PAGES(16), MADV_DONTNEED), 0);
	f.vm->stat.unevictable_pgs_munlocked = f.vm->stat.unevictable_pgs_rescued = 0;
	assert_int_equal(do_madvise(t, mm, addr, PAGES(4), MADV_DONTNEED), -EINVAL);
	assert_int_equal(do_munlock(t, mm, addr, PAGES(4)), 0);
	assert_int_equal(nr_mlock(), 12);
	assert_int_equal(f.vm->stat.unevictable_pgs_munlocked, 4);
	assert_int_equal(f.vm->stat.unevictable_pgs_rescued, 4);
	assert_int_equal(do_munmap(t, mm, addr + PAGES(4), PAGES(4)), 0);
	assert_int_equal(nr_mlock(), 8);
	assert_int_equal(stat_of(t)->locked_vm, 8);
	/* there is a gap now: what lies before it is locked */
	assert_int_equal(do_mlock(t, mm, addr, PAGES(32), VM_LOCKED), -ENOMEM);
	assert_int_equal(stat_of(t)->locked_vm, 12);
	assert_int_equal(do_mlockall(t, mm, MCL_CURRENT | MCL_FUTURE), 0);
	assert_int_equal(stat_of(t)->locked_vm, 28);
	assert_int_equal(nr_mlock(), 28);
	addr = map_anon(t, 2 * BLOCK, 8);
	assert_int_equal(nr_mlock(), 36);
	do_munlockall(t, mm);
	assert_int_equal(nr_mlock(), 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_unevictable, 0);
}

static void locked_pages_are_there_and_stay(void **state)
{
	(void)state;
	run(body_mlock);
}

/* --- moving, swapping, advice --- */

static void move(struct task *t, struct page *page)
{
	struct page_list list = { 0 };

	lru_add_drain_all(f.vm);
	isolate_lru_page(f.vm, page);
	page_list_add(f.vm->mem_map, &list, page_to_pfn(f.vm, page));
	assert_int_equal(migrate_pages(t, &list, alloc_migration_target, NULL, NULL, MIGRATE_SYNC,
				       MR_COMPACTION, NULL),
			 0);
}

static void body_move(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 4);
	struct pte before;

	(void)arg;
	touch(t, addr, 4, true);
	before = entry(t, addr);
	move(t, page_at(t, addr));
	assert_int_not_equal(entry(t, addr).pfn, before.pfn);
	assert_int_equal(entry(t, addr).bits, before.bits);
	assert_true(page_at(t, addr)->flags & PG_anon_exclusive);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_pages, 4);
	fixture_check(&f);
	assert_int_equal(do_mlock(t, task_mm(t), addr, PAGES(4), VM_LOCKED), 0);
	before = entry(t, addr);
	move(t, page_at(t, addr));
	assert_int_not_equal(entry(t, addr).pfn, before.pfn);
	assert_int_equal(nr_mlock(), 4);
	lru_add_drain_all(f.vm);
	assert_int_equal(f.vm->nodes[0].stat.nr_unevictable, 4);
	fixture_check(&f);
}

static void a_page_moves_with_its_entries(void **state)
{
	(void)state;
	run(body_move);
}

static void child_of_swapped(struct task *t, void *arg)
{
	struct family *fam = arg;

	assert_int_equal(stat_of(t)->swapents, 16);
	touch(t, fam->addr, 16, false);
	assert_int_equal(stat_of(t)->swapents, 0);
	assert_int_equal(stat_of(t)->rss_anon, 16);
	f.sc->personality->task_exit(t);
	say(fam, &fam->child_ended);
}

static void body_pageout(struct task *t, void *arg)
{
	struct family fam = { .addr = map_anon(t, BLOCK, 16) };
	struct mm_struct *mm = task_mm(t);

	(void)arg;
	wait_queue_init(&fam.wait);
	touch(t, fam.addr, 16, true);
	assert_int_equal(do_madvise(t, mm, fam.addr, PAGES(16), MADV_PAGEOUT), 0);
	task_sleep(t, NS_PER_SEC / 10);
	assert_int_equal(stat_of(t)->swapents, 16);
	assert_int_equal(stat_of(t)->rss_anon, 0);
	assert_true(entry(t, fam.addr).bits & PTE_SWP_EXCLUSIVE);
	fixture_check(&f);
	fork_task(t, child_of_swapped, &fam);
	assert_false(entry(t, fam.addr).bits & PTE_SWP_EXCLUSIVE);
	fixture_check(&f);
	wait_until(t, &fam, &fam.child_ended);
	touch(t, fam.addr, 8, true);
	assert_int_equal(stat_of(t)->rss_anon, 8);
	assert_int_equal(stat_of(t)->swapents, 8);
	assert_int_equal(f.vm->stat.pswpout, 16);
	fixture_check(&f);
	assert_int_equal(do_madvise(t, mm, fam.addr, PAGES(16), MADV_DONTNEED), 0);
	assert_int_equal(stat_of(t)->swapents, 0);
	fixture_check(&f);
}

static void what_is_swapped_comes_back(void **state)
{
	(void)state;
	run(body_pageout);
}

static void body_free(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, BLOCK, 16);
	struct mm_struct *mm = task_mm(t);

	(void)arg;
	touch(t, addr, 16, true);
	assert_int_equal(do_madvise(t, mm, addr, PAGES(16), MADV_FREE), 0);
	lru_add_drain_all(f.vm);
	assert_int_equal(f.vm->stat.pglazyfree, 16);
	assert_int_equal(f.vm->nodes[0].stat.nr_inactive_file, 16);
	touch(t, addr, 4, true); /* these are wanted after all */
	assert_int_equal(do_madvise(t, mm, addr, PAGES(16), MADV_PAGEOUT), 0);
	task_sleep(t, NS_PER_SEC / 10);
	/* they are anonymous pages again, and stay for this time */
	assert_int_equal(stat_of(t)->rss_anon, 4);
	assert_int_equal(stat_of(t)->swapents, 0);
	assert_true(page_at(t, addr)->flags & PG_swapbacked);
	assert_int_equal(entry(t, addr + PAGES(4)).bits, 0);
	fixture_check(&f);
}

static void freed_pages_go_without_being_written(void **state)
{
	(void)state;
	run(body_free);
}

/* --- promises --- */

static void body_overcommit(struct task *t, void *arg)
{
	int64_t all = (int64_t)(f.vm->totalram_pages + f.vm->total_swap_pages), limit;
	uint64_t addr;

	(void)arg;
	assert_int_equal(do_mmap(t, NULL, 0, PAGES(all + 1), VM_WRITE, 0, &addr), -ENOMEM);
	assert_int_equal(do_mmap(t, NULL, 0, PAGES(all), VM_WRITE, 0, &addr), 0);
	assert_int_equal(do_mmap(t, NULL, 0, PAGES(all), VM_WRITE, 0, &addr), 0);
	assert_int_equal(do_mmap(t, NULL, 0, PAGES(4 * all), VM_WRITE | VM_NORESERVE, 0, &addr), 0);
	assert_int_equal(f.vm->stat.committed_as, 2 * all);
	f.vm->sysctl.overcommit_memory = 1;
	assert_int_equal(do_mmap(t, NULL, 0, PAGES(9 * all), VM_WRITE, 0, &addr), 0);
	exit_mm(t);
	f.vm->sysctl.overcommit_memory = 2;
	limit = vm_commit_limit(f.vm);
	assert_int_equal(limit, f.vm->totalram_pages / 2 + f.vm->total_swap_pages);
	assert_int_equal(do_mmap(t, NULL, 0, PAGES(limit - 1), VM_WRITE | VM_NORESERVE, 0, &addr),
			 0);
	assert_int_equal(do_mmap(t, NULL, 0, PAGES(1), VM_WRITE, 0, &addr), -ENOMEM);
}

static void promises_are_kept_within_bounds(void **state)
{
	(void)state;
	run(body_overcommit);
}

/* What a task's faults have changed others see with its 66th fault since then, or when it unmaps.
 */
static void body_counters(struct task *t, void *arg)
{
	uint64_t a = map_anon(t, BLOCK, 256);

	(void)arg;
	touch(t, a, 65, true);
	assert_int_equal(stat_of(t)->rss_anon, 65);
	assert_int_equal(mm_stat_seen(task_mm(t)).rss_anon, 0);
	touch(t, a + PAGES(65), 5, true);
	assert_int_equal(stat_of(t)->rss_anon, 70);
	assert_int_equal(mm_stat_seen(task_mm(t)).rss_anon, 65);
	do_munmap(t, task_mm(t), a + PAGES(60), PAGES(10));
	assert_int_equal(mm_stat_seen(task_mm(t)).rss_anon, 60);
	do_munmap(t, task_mm(t), a, PAGES(256));
	assert_int_equal(mm_stat_seen(task_mm(t)).rss_anon, 0);
	assert_int_equal(mm_stat_seen(NULL).rss_anon, 0);
	a = map_anon(t, BLOCK, 4);
	touch(t, a, 4, true);
	/* no fewer than none: these four were never told of */
	add_mm_counter(task_mm(t), MM_ANONPAGES, -2);
	assert_int_equal(mm_stat_seen(task_mm(t)).rss_anon, 0);
	add_mm_counter(task_mm(t), MM_ANONPAGES, 2);
	do_munmap(t, task_mm(t), a, PAGES(4));
}

static void others_see_the_counters_later(void **state)
{
	(void)state;
	run(body_counters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_costs_no_memory_and_writing_a_page_each),
		cmocka_unit_test(a_private_store_copies_the_page_of_the_file),
		cmocka_unit_test(the_page_of_the_copy_is_had_before_that_of_the_file),
		cmocka_unit_test(parent_and_child_share_until_one_writes),
		cmocka_unit_test(neighbours_that_are_alike_are_one_area),
		cmocka_unit_test(locked_pages_are_there_and_stay),
		cmocka_unit_test(a_page_moves_with_its_entries),
		cmocka_unit_test(what_is_swapped_comes_back),
		cmocka_unit_test(freed_pages_go_without_being_written),
		cmocka_unit_test(promises_are_kept_within_bounds),
		cmocka_unit_test(others_see_the_counters_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
