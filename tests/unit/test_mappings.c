/*
 * test_mappings.c - files mapped by programs: faults, what is read and mapped around them, stores
 */
#include "tests/unit/mapped_files.h"

/* --- a task that is killed while it waits for a page --- */

static struct task *waits;

static void kills(struct task *t, void *arg)
{
	(void)arg;
	task_sleep(t, 100 * NS_PER_MS);
	task_kill(waits);
	task_sleep(t, NS_PER_SEC);
}

static void body_killed(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	uint64_t addr = map_file(t, file, BLOCK, VM_SHARED);
	sim_time begin;

	(void)arg;
	read_file(t, file, 64 << 10);
	lock_page(t, cached(file, 2)); /* as somebody would who reads it */
	waits = t;
	linux_kthread(f.vm, &f.s->cpus[1], "kills", kills, NULL);
	begin = task_now(t);
	assert_int_equal(user_access(t, task_mm(t), addr + PAGES(2), false), -EINTR);
	assert_in_range(task_now(t) - begin, 99 * NS_PER_MS, 110 * NS_PER_MS);
	/* mmap_lock is free, and the page's lock still somebody else's */
	assert_int_equal(task_mm(t)->readers, 0);
	assert_false(trylock_page(cached(file, 2)));
	assert_int_equal(lock_page_killable(t, cached(file, 2)), -EINTR);
	unlock_page(f.vm, cached(file, 2));
	assert_int_equal(lock_page_killable(t, cached(file, 2)), 0);
	unlock_page(f.vm, cached(file, 2));
}

static void a_killed_task_does_not_wait_for_a_page(void **state)
{
	(void)state;
	run(body_killed);
}

/* --- faults that read --- */

static void body_cold(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	uint64_t addr = map_file(t, file, BLOCK, VM_SHARED);

	(void)arg;
	touch(t, addr, false);
	assert_int_equal(f.vm->stat.pgfault, 2);
	assert_int_equal(f.vm->stat.pgmajfault, 1);
	assert_int_equal(task_mm(t)->stat.maj_flt, 1);
	assert_int_equal(task_mm(t)->stat.min_flt, 0);
	assert_int_equal(file->ra.start, 0);
	assert_int_equal(file->ra.size, 32);
	assert_int_equal(file->ra.async_size, 8);
	assert_int_equal(file->inode->mapping.nrpages, 32);
	assert_true(cached(file, 24)->flags & PG_readahead);
	assert_int_equal(rss(t), 16);
	assert_int_equal(nr_mapped(), 16);
	/* one miss, and sixteen pages met by the second call */
	assert_int_equal(file->ra.mmap_miss, 0);
	touch(t, addr + PAGES(16), false);
	/* not the marked one */
	assert_int_equal(rss(t), 31);
	assert_int_equal(f.vm->stat.pgfault, 3);
	touch(t, addr + PAGES(24), false);
	assert_int_equal(f.vm->stat.pgfault, 5);
	assert_int_equal(f.vm->stat.pgmajfault, 1);
	assert_int_equal(task_mm(t)->stat.maj_flt, 2);
	assert_int_equal(file->ra.start, 32);
	assert_int_equal(file->ra.size, 32);
	assert_int_equal(file->ra.async_size, 32);
}

static void a_cold_fault_reads_around_and_is_repeated(void **state)
{
	(void)state;
	run(body_cold);
}

static void body_read_around(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	uint64_t addr = map_file(t, file, BLOCK, VM_SHARED);

	(void)arg;
	touch(t, addr + PAGES(100), false);
	assert_int_equal(file->ra.start, 84);
	assert_null(cached(file, 83));
	assert_non_null(cached(file, 84));
	assert_non_null(cached(file, 115));
	assert_null(cached(file, 116));
	assert_true(cached(file, 108)->flags & PG_readahead);
	touch(t, addr + PAGES(108), false);
	assert_int_equal(file->ra.start, 116);
	assert_int_equal(file->ra.size, 32);
	assert_true(cached(file, 116)->flags & PG_readahead);
}

static void the_window_lies_around_the_fault(void **state)
{
	(void)state;
	run(body_read_around);
}

static void body_misses(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	uint64_t addr = map_file(t, file, BLOCK, VM_SHARED);

	(void)arg;
	file->ra.mmap_miss = 100;
	touch(t, addr + PAGES(1000), false);
	assert_int_equal(file->inode->mapping.nrpages, 1);
	/* 101 misses; the second call met the page itself */
	assert_int_equal(file->ra.mmap_miss, 100);
	file->ra.mmap_miss = 1000;
	touch(t, addr + PAGES(2000), false);
	assert_int_equal(file->ra.mmap_miss, 999);
}

static void more_than_a_hundred_misses_end_reading_around(void **state)
{
	(void)state;
	run(body_misses);
}

static void body_advice(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data"), *huge = open_file(t, "sparse");
	uint64_t addr = map_file(t, file, BLOCK, VM_SHARED);
	uint64_t second = map_file(t, huge, 2 * BLOCK, VM_SHARED);

	(void)arg;
	assert_int_equal(do_madvise(t, task_mm(t), addr, PAGES(64), MADV_SEQUENTIAL), 0);
	assert_int_equal(do_madvise(t, task_mm(t), addr + PAGES(64), PAGES(64), MADV_RANDOM), 0);
	assert_int_equal(task_mm(t)->nr_vmas, 4);
	touch(t, addr, false);
	assert_int_equal(file->ra.size, 32);
	assert_int_equal(file->ra.async_size, 16);
	assert_true(cached(file, 16)->flags & PG_readahead);
	assert_int_equal(file->ra.mmap_miss, 0);
	touch(t, addr + PAGES(64), false);
	assert_int_equal(file->inode->mapping.nrpages, 33);
	assert_int_equal(do_madvise(t, task_mm(t), addr, PAGES(128), MADV_NORMAL), 0);
	assert_int_equal(task_mm(t)->nr_vmas, 2);

	assert_int_equal(do_madvise(t, task_mm(t), second, huge->inode->i_size, MADV_HUGEPAGE), 0);
	touch(t, second + PAGES(700), false);
	assert_int_equal(huge->inode->mapping.nrpages, 1024);
	assert_non_null(cached(huge, 512));
	assert_non_null(cached(huge, 1535));
	assert_int_equal(huge->ra.start, 0);
	assert_int_equal(huge->ra.size, 1024);
	assert_int_equal(do_madvise(t, task_mm(t), addr - PAGES(1), PAGES(2), MADV_NORMAL),
			 -ENOMEM);
	assert_int_equal(do_madvise(t, task_mm(t), addr + 1, PAGES(2), MADV_NORMAL), -EINVAL);
}

static void advice_decides_what_a_miss_reads(void **state)
{
	(void)state;
	run(body_advice);
}

/* --- mapping around --- */

static void body_around(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	uint64_t addr = map_file(t, file, BLOCK, VM_SHARED);

	(void)arg;
	read_file(t, file, 1 << 20);
	cached(file, 3)->flags |= PG_readahead;
	cached(file, 5)->flags |= PG_locked;
	cached(file, 7)->flags &= ~(uint32_t)PG_uptodate;
	file->ra.mmap_miss = 20;
	touch(t, addr + PAGES(1), false);
	assert_int_equal(rss(t), 13);
	assert_int_equal(file->ra.mmap_miss, 7);
	assert_int_equal(entry(t, addr + PAGES(3)).bits, 0);
	assert_int_equal(entry(t, addr + PAGES(5)).bits, 0);
	assert_int_equal(entry(t, addr + PAGES(7)).bits, 0);
	assert_int_equal(entry(t, addr + PAGES(15)).bits, PTE_PRESENT | PTE_YOUNG);
	assert_int_equal(f.vm->stat.pgfault, 1);
	assert_int_equal(f.vm->stat.pgmajfault, 0);
	assert_int_equal(task_mm(t)->stat.min_flt, 1);
	/* not the programs' own use: a page that is mapped is not marked */
	cached(file, 5)->flags &= ~(uint32_t)PG_locked;
	cached(file, 7)->flags |= PG_uptodate;
	assert_int_equal(cached(file, 15)->refcount, 2);
	assert_int_equal(page_mapcount(cached(file, 15)), 1);
	/* pages that are mapped already are met as well, and lower the misses */
	touch(t, addr + PAGES(5), false);
	assert_int_equal(file->ra.mmap_miss, 0);
	assert_int_equal(rss(t), 15);
}

static void marked_locked_and_unread_pages_are_not_mapped_along(void **state)
{
	(void)state;
	run(body_around);
}

static void body_windows(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data"), *odd = open_file(t, "odd");
	uint64_t addr;

	(void)arg;
	read_file(t, file, 4 << 20);
	read_file(t, odd, 37 << 10);
	/* the VMA begins in the middle of a block: the window passes the block's end */
	addr = map_file(t, file, BLOCK + PAGES(8), VM_SHARED);
	touch(t, addr, false);
	assert_int_equal(rss(t), 16);
	touch(t, addr + PAGES(16), false);
	assert_int_equal(rss(t), 24);
	/* the last pages of a PTE page */
	addr = map_file(t, file, 2 * BLOCK + PAGES(508), VM_SHARED);
	touch(t, addr, false);
	assert_int_equal(rss(t), 24 + 4);
	/* the end of the file, the last page of which is in part */
	addr = map_file(t, odd, 3 * BLOCK, VM_SHARED);
	touch(t, addr, false);
	assert_int_equal(rss(t), 28 + 10);
	/* the end of the VMA */
	assert_int_equal(do_mmap(t, file, 4 * BLOCK, PAGES(5), VM_SHARED, PAGES(7), &addr), 0);
	touch(t, addr + PAGES(2), false);
	assert_int_equal(rss(t), 38 + 5);
	assert_int_equal(entry(t, addr).pfn, page_to_pfn(f.vm, cached(file, 7)));
	/* switched off */
	f.vm->sysctl.fault_around_bytes = 4096;
	addr = map_file(t, file, 5 * BLOCK, VM_SHARED);
	touch(t, addr, false);
	assert_int_equal(rss(t), 43 + 1);
}

static void the_window_of_fault_around_has_four_ends(void **state)
{
	(void)state;
	run(body_windows);
}

static void body_refused(struct task *t, void *arg)
{
	struct file *odd = open_file(t, "odd");
	uint64_t addr = 0;

	(void)arg;
	assert_int_equal(do_mmap(t, odd, BLOCK, PAGES(20), VM_SHARED, 0, &addr), 0);
	touch(t, addr + PAGES(9), false);
	assert_int_equal(user_access(t, task_mm(t), addr + PAGES(10), false), -EFAULT);
	assert_int_equal(user_access(t, task_mm(t), addr + PAGES(20), false), -EFAULT);
	assert_int_equal(user_access(t, task_mm(t), addr, true), -EFAULT);
	assert_int_equal(do_mmap(t, odd, BLOCK + PAGES(19), PAGES(2), VM_SHARED, 0, &addr),
			 -EEXIST);
	assert_int_equal(do_mmap(t, odd, 0, 0, VM_SHARED, 0, &addr), -EINVAL);
	assert_int_equal(do_mmap(t, odd, 0, 4096, VM_SHARED, 100, &addr), -EINVAL);
	assert_int_equal(do_munmap(t, task_mm(t), BLOCK + 1, 4096), -EINVAL);
	assert_int_equal(do_munmap(t, task_mm(t), 9 * BLOCK, 4096), 0);
}

static void what_cannot_be_mapped_is_refused(void **state)
{
	(void)state;
	run(body_refused);
}

static void body_places(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data"), *odd = open_file(t, "odd");
	uint64_t first, second, third;

	(void)arg;
	first = map_file(t, odd, 0, VM_SHARED);
	assert_int_equal(first, MMAP_BASE - PAGES(10));
	second = map_file(t, odd, 0, VM_SHARED);
	assert_int_equal(second, first - PAGES(10));
	third = map_file(t, file, 0, VM_SHARED);
	assert_int_equal(third % (2 << 20), 0);
	assert_true(third + (16 << 20) <= second);
	/* the gap is used again */
	assert_int_equal(do_munmap(t, task_mm(t), first, PAGES(10)), 0);
	assert_int_equal(map_file(t, odd, 0, VM_SHARED), first);
}

static void addresses_go_down_and_long_files_are_aligned(void **state)
{
	(void)state;
	run(body_places);
}

/* --- stores --- */

static void body_write(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	uint64_t addr = map_file(t, file, BLOCK, VM_SHARED | VM_WRITE);
	int64_t faults;

	(void)arg;
	read_file(t, file, 1 << 20);
	touch(t, addr, false);
	assert_int_equal(entry(t, addr).bits, PTE_PRESENT | PTE_YOUNG);
	assert_int_equal(f.vm->stat.pgfault, 1);
	touch(t, addr, true);
	assert_int_equal(f.vm->stat.pgfault, 2);
	assert_int_equal(entry(t, addr).bits, PTE_PRESENT | PTE_YOUNG | PTE_DIRTY | PTE_WRITE);
	assert_true(cached(file, 0)->flags & PG_dirty);
	assert_int_equal(fixture_nr_dirty(&f), 1);
	touch(t, addr, true);
	assert_int_equal(f.vm->stat.pgfault, 2);
	/* straight away, without a read before: alone, no neighbours */
	touch(t, addr + PAGES(40), true);
	assert_int_equal(rss(t), 17);
	assert_int_equal(fixture_nr_dirty(&f), 2);
	assert_int_equal(do_msync(t, task_mm(t), addr, 1 << 20), 0);
	assert_int_equal(fixture_nr_dirty(&f), 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_written, 2);
	/* written: the next store is seen again */
	assert_int_equal(entry(t, addr).bits, PTE_PRESENT | PTE_YOUNG);
	faults = f.vm->stat.pgfault;
	touch(t, addr, true);
	assert_int_equal(f.vm->stat.pgfault, faults + 1);
	assert_int_equal(fixture_nr_dirty(&f), 1);
	assert_int_equal(do_munmap(t, task_mm(t), addr, file->inode->i_size), 0);
	assert_int_equal(fixture_nr_dirty(&f), 1);
	assert_int_equal(nr_mapped(), 0);
}

static void a_store_is_seen_once_until_it_is_written(void **state)
{
	(void)state;
	run(body_write);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_task_does_not_wait_for_a_page),
		cmocka_unit_test(a_cold_fault_reads_around_and_is_repeated),
		cmocka_unit_test(the_window_lies_around_the_fault),
		cmocka_unit_test(more_than_a_hundred_misses_end_reading_around),
		cmocka_unit_test(advice_decides_what_a_miss_reads),
		cmocka_unit_test(marked_locked_and_unread_pages_are_not_mapped_along),
		cmocka_unit_test(the_window_of_fault_around_has_four_ends),
		cmocka_unit_test(what_cannot_be_mapped_is_refused),
		cmocka_unit_test(addresses_go_down_and_long_files_are_aligned),
		cmocka_unit_test(a_store_is_seen_once_until_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
