/*
 * test_mappings.c - files mapped by programs: faults, page tables, rmap, what goes with a mapping
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/alloc/migrate.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 2, memory: 256 MiB }], disks: [{ name: sda, preset: ssd }] "   \
	"}\n"                                                                                      \
	"files: [{ name: data, disk: sda, size: 16 MiB }, { name: odd, disk: sda, size: 37 KiB "   \
	"}, "                                                                                      \
	"{ name: sparse, disk: sda, size: 1 GiB }, "                                               \
	"{ name: large, disk: sda, size: 16 MiB, fs: xfs }]\n"

#define PAGES(n) ((uint64_t)(n) << PAGE_SHIFT)
#define BLOCK    0x40000000ULL /* an address on the border of everything */

static struct fixture f;

static void run(task_fn *body)
{
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

static struct file *open_file(struct task *t, const char *name)
{
	return file_open(t, file_by_name(f.vm, name));
}

/* Maps all of a file at an address, or (0) anywhere. */
static uint64_t map_file(struct task *t, struct file *file, uint64_t addr, unsigned flags)
{
	uint64_t out = 0;

	assert_int_equal(do_mmap(t, file, addr, file->inode->i_size, flags, 0, &out), 0);
	return out;
}

static void touch(struct task *t, uint64_t addr, bool write)
{
	assert_int_equal(user_access(t, task_mm(t), addr, write), 0);
}

/* Reads a file into the cache; the marks of readahead are cleared. */
static void read_file(struct task *t, struct file *file, bytes_t bytes)
{
	int64_t pos = 0;
	uint64_t index = 0;
	xa_entry e;

	assert_int_equal(generic_file_read_iter(t, file, &pos, bytes), bytes);
	task_sleep(t, NS_PER_SEC / 10);
	for (; (e = xa_find(&file->inode->mapping.i_pages, &index, UINT64_MAX)) != 0; index++)
		mapping_page(&file->inode->mapping, e)->flags &= ~(uint32_t)PG_readahead;
	lru_add_drain_all(f.vm);
}

static struct page *cached(struct file *file, uint64_t index)
{
	xa_entry e = xa_load(&file->inode->mapping.i_pages, index);

	return e && !xa_is_value(e) ? mapping_page(&file->inode->mapping, e) : NULL;
}

static struct pte entry(struct task *t, uint64_t addr)
{
	struct page_table *table = pte_table(task_mm(t), addr);

	return table ? pte_get(table, pte_index(addr)) : (struct pte){ 0 };
}

static int64_t rss(struct task *t)
{
	return task_mm(t)->stat.rss_file;
}

static int64_t nr_mapped(void)
{
	return f.vm->nodes[0].stat.nr_mapped;
}

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

/* --- what goes with a mapping --- */

static void body_young(struct task *t, void *arg)
{
	struct file *file = open_file(t, "odd");
	uint64_t addr;

	(void)arg;
	addr = map_file(t, file, BLOCK, VM_SHARED);
	touch(t, addr, false);
	lru_add_drain_all(f.vm);
	assert_false(cached(file, 0)->flags & PG_referenced);
	assert_int_equal(do_munmap(t, task_mm(t), addr, 37 << 10), 0);
	assert_true(cached(file, 0)->flags & PG_referenced);
	/* of a sequential reader it does not count */
	addr = map_file(t, file, BLOCK, VM_SHARED);
	assert_int_equal(do_madvise(t, task_mm(t), addr, 37 << 10, MADV_SEQUENTIAL), 0);
	touch(t, addr, false);
	assert_int_equal(do_munmap(t, task_mm(t), addr, 37 << 10), 0);
	lru_add_drain_all(f.vm);
	assert_int_equal(f.vm->stat.pgactivate, 0);
	/* the second time */
	addr = map_file(t, file, BLOCK, VM_SHARED);
	touch(t, addr, false);
	assert_int_equal(do_madvise(t, task_mm(t), addr, PAGES(1), MADV_DONTNEED), 0);
	lru_add_drain_all(f.vm);
	assert_int_equal(f.vm->stat.pgactivate, 1);
	assert_true(cached(file, 0)->flags & PG_active);
	/* ten pages, but for the one with the mark and the one given back */
	assert_int_equal(rss(t), 8);
}

static void a_used_page_is_marked_when_its_entry_goes(void **state)
{
	(void)state;
	run(body_young);
}

static void body_hole(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	struct address_space *m = &file->inode->mapping;
	uint64_t addr, second;

	(void)arg;
	read_file(t, file, 1 << 20);
	addr = map_file(t, file, BLOCK, VM_SHARED);
	assert_int_equal(do_mmap(t, file, 2 * BLOCK, PAGES(8), VM_SHARED, PAGES(2), &second), 0);
	touch(t, addr, false);
	touch(t, second, false);
	assert_int_equal(rss(t), 24);
	assert_int_equal(nr_mapped(), 16);
	unmap_mapping_range(t, m, 5000, 1, true); /* page 1 */
	assert_int_equal(rss(t), 23);
	assert_int_equal(entry(t, addr + PAGES(1)).bits, 0);
	unmap_mapping_pages(t, m, 2, 2, false); /* both mappings */
	assert_int_equal(rss(t), 19);
	assert_int_equal(cached(file, 2)->refcount, 1);
	lock_page(t, cached(file, 9));
	unmap_mapping_folio(t, cached(file, 9));
	unlock_page(f.vm, cached(file, 9));
	assert_int_equal(rss(t), 17);
	unmap_mapping_range(t, m, 0, 0, true);
	assert_int_equal(rss(t), 0);
	assert_true(m->nrpages >= 256);
}

static void a_range_of_a_file_is_unmapped_everywhere(void **state)
{
	(void)state;
	run(body_hole);
}

static void body_tables(struct task *t, void *arg)
{
	struct file *file = open_file(t, "sparse"), *odd = open_file(t, "odd");
	const struct node_stat *stat = &f.vm->nodes[0].stat;
	uint64_t addr = map_file(t, file, BLOCK, VM_SHARED), neighbour;

	(void)arg;
	assert_int_equal(task_mm(t)->stat.pgtables_bytes, 0);
	for (uint64_t i = 0; i < 10; i++)
		touch(t, addr + (i << PMD_SHIFT), false);
	assert_int_equal(stat->nr_page_table_pages, 11);
	assert_int_equal(task_mm(t)->stat.pgtables_bytes, 12 * 4096);
	assert_int_equal(do_madvise(t, task_mm(t), addr, file->inode->i_size, MADV_DONTNEED), 0);
	assert_int_equal(rss(t), 0);
	assert_int_equal(stat->nr_page_table_pages, 11);
	/* a part: the tables that belong to it alone */
	assert_int_equal(do_munmap(t, task_mm(t), addr, (2ULL << PMD_SHIFT) + 4096), 0);
	assert_int_equal(stat->nr_page_table_pages, 9);
	assert_int_equal(do_munmap(t, task_mm(t), addr, file->inode->i_size), 0);
	assert_int_equal(stat->nr_page_table_pages, 0);
	assert_int_equal(task_mm(t)->stat.pgtables_bytes, 0);
	/* two in one PTE page */
	addr = map_file(t, odd, BLOCK, VM_SHARED);
	neighbour = map_file(t, odd, BLOCK + PAGES(100), VM_SHARED);
	touch(t, addr, false);
	touch(t, neighbour, false);
	assert_int_equal(stat->nr_page_table_pages, 2);
	assert_int_equal(do_munmap(t, task_mm(t), addr, 37 << 10), 0);
	assert_int_equal(stat->nr_page_table_pages, 2);
	assert_int_equal(do_munmap(t, task_mm(t), neighbour, 37 << 10), 0);
	assert_int_equal(stat->nr_page_table_pages, 0);
}

static void page_tables_go_with_the_last_vma_that_could_use_them(void **state)
{
	(void)state;
	run(body_tables);
}

/* --- from a page to its entries --- */

static void body_rmap(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	uint64_t a, b;
	struct page *page;
	sim_time before;
	unsigned flags;

	(void)arg;
	read_file(t, file, 1 << 20);
	a = map_file(t, file, BLOCK, VM_SHARED | VM_WRITE);
	assert_int_equal(do_mmap(t, file, 2 * BLOCK, PAGES(4), VM_EXEC, PAGES(1), &b), 0);
	touch(t, a + PAGES(1), true);
	touch(t, b, false);
	page = cached(file, 1);
	assert_int_equal(page_mapcount(page), 2);
	assert_int_equal(page->refcount, 3);
	assert_int_equal(nr_mapped(), 4);
	assert_int_equal(rmap_areas(f.vm, page), 2);
	assert_int_equal(rmap_areas(f.vm, cached(file, 5)), 1); /* nobody maps it, but one could */
	lock_page(t, page);
	assert_int_equal(folio_referenced(f.vm, page, false, &flags), 1); /* locked by somebody */
	assert_int_equal(folio_referenced(f.vm, page, true, &flags), 2);
	assert_int_equal(flags, VM_READ | VM_WRITE | VM_SHARED | VM_EXEC | VM_MAYREAD |
				    VM_MAYWRITE | VM_MAYEXEC | VM_MAYSHARE | VM_SOFTDIRTY);
	assert_int_equal(folio_referenced(f.vm, page, true, &flags), 0);
	assert_int_equal(do_madvise(t, task_mm(t), a, PAGES(64), MADV_SEQUENTIAL), 0);
	touch(t, a + PAGES(1), false);
	assert_int_equal(folio_referenced(f.vm, page, true, &flags), 0);
	assert_int_equal(entry(t, a + PAGES(1)).bits & PTE_YOUNG, 0);
	/* only the shared mapping can be written */
	assert_int_equal(folio_mkclean(t, page), 1);
	assert_int_equal(folio_mkclean(t, page), 0);
	/* areas that are looked into cost time, and so does each entry */
	f.vm->machine->cost.rmap_unmap = 1000;
	f.vm->machine->cost.pte_unmap = 50;
	before = task_now(t);
	assert_int_equal(try_to_unmap(t, page), 2);
	assert_int_equal(task_now(t) - before, 2 * 1000 + 2 * 50);
	assert_false(page_mapped(page));
	assert_int_equal(page->refcount, 1);
	unlock_page(f.vm, page);
	assert_int_equal(rss(t), 3);
}

static void all_entries_of_a_page_are_found(void **state)
{
	(void)state;
	run(body_rmap);
}

static void body_migrate(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	struct page_list list = { 0 };
	uint64_t a, b;
	struct page *old, *page;

	(void)arg;
	read_file(t, file, 1 << 20);
	a = map_file(t, file, BLOCK, VM_SHARED | VM_WRITE);
	b = map_file(t, file, 2 * BLOCK, VM_SHARED);
	touch(t, a + PAGES(5), true);
	touch(t, b, false);
	old = cached(file, 5);
	lru_add_drain_all(f.vm);
	isolate_lru_page(f.vm, old);
	page_list_add(f.vm->mem_map, &list, page_to_pfn(f.vm, old));
	assert_int_equal(migrate_pages(t, &list, alloc_migration_target, NULL, NULL, MIGRATE_SYNC,
				       MR_COMPACTION, NULL),
			 0);
	page = cached(file, 5);
	assert_ptr_not_equal(page, old);
	assert_int_equal(page_mapcount(page), 2);
	assert_int_equal(old->refcount, 0);
	assert_int_equal(entry(t, a + PAGES(5)).pfn, page_to_pfn(f.vm, page));
	assert_int_equal(entry(t, b + PAGES(5)).pfn, page_to_pfn(f.vm, page));
	assert_int_equal(entry(t, a + PAGES(5)).bits,
			 PTE_PRESENT | PTE_YOUNG | PTE_DIRTY | PTE_WRITE);
	assert_int_equal(nr_mapped(), 16);
	assert_true(page->flags & PG_dirty);
}

static void a_mapped_page_moves_with_its_entries(void **state)
{
	(void)state;
	run(body_migrate);
}

static void body_drop(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	struct address_space *m = &file->inode->mapping;
	uint64_t addr;

	(void)arg;
	read_file(t, file, 1 << 20);
	addr = map_file(t, file, BLOCK, VM_SHARED);
	touch(t, addr, false);
	invalidate_mapping_pages(t, m, 0, UINT64_MAX);
	assert_int_equal(m->nrpages, 16);
	/* the mapping keeps the file open */
	file_close(t, file);
	touch(t, addr + PAGES(20), false);
	assert_int_equal(do_munmap(t, task_mm(t), addr, 16 << 20), 0);
	assert_int_equal(m->host->nr_open, 0);
	lru_add_drain_all(f.vm);
	invalidate_mapping_pages(t, m, 0, UINT64_MAX);
	assert_int_equal(m->nrpages, 0);
}

static void mapped_pages_outlive_drop_caches_and_close(void **state)
{
	(void)state;
	run(body_drop);
}

/* Looks at every page of the inactive list, and (cut) of the active one. */
static void reclaim_once(struct task *t, bool cut)
{
	struct scan_control sc = { .nr_to_reclaim = 1 << 20,
				   .gfp = GFP_KERNEL,
				   .reclaim_idx = MAX_NR_ZONES - 1,
				   .force_deactivate = cut,
				   .may_unmap = true };

	lru_add_drain_all(f.vm);
	shrink_node(t, &f.vm->nodes[0], &sc);
}

static void body_reclaim(struct task *t, void *arg)
{
	const struct node_stat *stat = &f.vm->nodes[0].stat;
	struct file *text = open_file(t, "odd"), *data = open_file(t, "data");
	uint64_t x = map_file(t, text, BLOCK, VM_EXEC);
	uint64_t addr = map_file(t, data, 2 * BLOCK, VM_SHARED);

	(void)arg;
	for (uint64_t i = 0; i < 10; i++)
		touch(t, x + PAGES(i), false);
	touch(t, addr, false);
	assert_int_equal(rss(t), 26);
	assert_int_equal(data->inode->mapping.nrpages, 32);
	/* what was used once: pages of programs are activated, others make one more round */
	reclaim_once(t, false);
	assert_int_equal(stat->nr_active_file, 10);
	assert_int_equal(stat->nr_inactive_file, 16);
	assert_int_equal(data->inode->mapping.nrpages, 16);
	assert_int_equal(rss(t), 26);
	assert_true(cached(data, 0)->flags & PG_referenced);
	/* the second use activates; without it the page goes, and its entry with it */
	touch(t, addr, false);
	reclaim_once(t, false);
	assert_int_equal(stat->nr_active_file, 11);
	assert_int_equal(stat->nr_inactive_file, 0);
	assert_int_equal(rss(t), 11);
	assert_int_equal(entry(t, addr + PAGES(1)).bits, 0);
	assert_int_equal(nr_mapped(), 11);
	/* of the active list a page of a program stays if it was used */
	touch(t, x, false);
	touch(t, addr, false);
	reclaim_once(t, true);
	assert_int_equal(stat->nr_active_file, 1);
	assert_true(cached(text, 0)->flags & PG_active);
	assert_int_equal(stat->nr_inactive_file, 10);
	assert_false(cached(data, 0)->flags & PG_active);
}

static void reclaim_asks_the_entries_of_a_page(void **state)
{
	(void)state;
	run(body_reclaim);
}

static void body_large(struct task *t, void *arg)
{
	struct file *file = open_file(t, "large");
	uint64_t addr = map_file(t, file, BLOCK, VM_SHARED | VM_WRITE);
	unsigned flags;
	struct page *folio;

	(void)arg;
	assert_int_equal(do_madvise(t, task_mm(t), addr, 4 << 20, MADV_HUGEPAGE), 0);
	touch(t, addr + PAGES(20), false);
	folio = page_folio(cached(file, 20));
	assert_int_equal(folio_order(folio), 9);
	assert_int_equal(rss(t), 16);
	assert_int_equal(nr_mapped(), 16);
	assert_int_equal(folio_mapcount(folio), 16);
	assert_int_equal(page_mapcount(folio), 0);
	assert_int_equal(page_mapcount(folio + 20), 1);
	touch(t, addr, false);
	assert_int_equal(page_mapcount(folio), 1);
	assert_int_equal(folio_mapcount(folio), 32);
	assert_int_equal(folio->order, 9);
	/* one store dirties all of it; all of it is one use */
	touch(t, addr, true);
	assert_int_equal(fixture_nr_dirty(&f), 512);
	lock_page(t, folio);
	assert_int_equal(folio_referenced(f.vm, folio, true, &flags), 1);
	assert_int_equal(folio_mkclean(t, folio), 1);
	unmap_mapping_folio(t, folio);
	unlock_page(f.vm, folio);
	assert_int_equal(folio_mapcount(folio), 0);
	assert_int_equal(rss(t), 0);
	assert_int_equal(do_munmap(t, task_mm(t), addr, file->inode->i_size), 0);
}

static void pages_of_a_large_folio_are_mapped_one_by_one(void **state)
{
	(void)state;
	run(body_large);
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
		cmocka_unit_test(a_used_page_is_marked_when_its_entry_goes),
		cmocka_unit_test(a_range_of_a_file_is_unmapped_everywhere),
		cmocka_unit_test(page_tables_go_with_the_last_vma_that_could_use_them),
		cmocka_unit_test(all_entries_of_a_page_are_found),
		cmocka_unit_test(a_mapped_page_moves_with_its_entries),
		cmocka_unit_test(mapped_pages_outlive_drop_caches_and_close),
		cmocka_unit_test(reclaim_asks_the_entries_of_a_page),
		cmocka_unit_test(pages_of_a_large_folio_are_mapped_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
