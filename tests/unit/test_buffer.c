/*
 * test_buffer.c - who has buffer heads, and what they cost in pages
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/linux/alloc/migrate.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/buffer_head.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

/* Nothing is written unless somebody asks. */
#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 1, memory: 256 MiB }], disks: [{ name: sda, request_time: "    \
	"100 us }] }\n"                                                                            \
	"sysctl: { vm.dirty_writeback_centisecs: 10 min }\n"                                       \
	"files:\n"                                                                                 \
	"  - { name: raw, disk: sda, raw: true }\n"                                                \
	"  - { name: ext2, disk: sda, size: 16 MiB }\n"                                            \
	"  - { name: ext4, disk: sda, size: 16 MiB, fs: ext4 }\n"                                  \
	"  - { name: xfs, disk: sda, size: 16 MiB, fs: xfs }\n"

static struct fixture f;

static void run(task_fn *body)
{
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

static struct file *opened(struct task *t, const char *name)
{
	return file_open(t, file_by_name(f.vm, name));
}

static void write_pages(struct task *t, struct file *file, uint64_t first, uint64_t nr)
{
	int64_t pos = (int64_t)(first << PAGE_SHIFT);

	assert_int_equal(generic_file_write_iter(t, file, &pos, nr << PAGE_SHIFT),
			 nr << PAGE_SHIFT);
}

static void read_pages_of(struct task *t, struct file *file, uint64_t first, uint64_t nr)
{
	int64_t pos = (int64_t)(first << PAGE_SHIFT);

	assert_int_equal(generic_file_read_iter(t, file, &pos, nr << PAGE_SHIFT), nr << PAGE_SHIFT);
}

static void write_all(struct task *t, struct file *file)
{
	assert_int_equal(filemap_write_and_wait_range(t, &file->inode->mapping, 0, INT64_MAX), 0);
	lru_add_drain_all(f.vm);
}

static struct page *cached(const struct file *file, uint64_t index)
{
	struct address_space *m = &file->inode->mapping;
	xa_entry e = xa_load(&m->i_pages, index);

	return e && !xa_is_value(e) ? page_folio(mapping_page(m, e)) : NULL;
}

static bool has_buffers(const struct file *file, uint64_t index)
{
	const struct page *page = cached(file, index);

	assert_non_null(page);
	return page_has_buffers(page);
}

static struct slab_count heads(void)
{
	struct slab_count c;

	slab_count(f.vm, SLAB_BUFFER_HEAD, &c);
	return c;
}

/* Heads in use, whatever lists of CPUs make of them: as many as pages have. */
static uint64_t pages_with_heads(const struct file *file)
{
	uint64_t n = 0, index = 0;
	xa_entry e;

	for (; (e = xa_find(&file->inode->mapping.i_pages, &index, UINT64_MAX)) != 0; index++)
		n += !xa_is_value(e) && page_has_buffers(cached(file, index));
	return n;
}

/* --- who has them --- */

static void by_calls(struct task *t, void *arg)
{
	static const char *const names[] = { "raw", "ext2", "ext4", "xfs" };

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct file *file = opened(t, names[i]);
		bool some = i < 3;

		write_pages(t, file, 0, 1);
		assert_int_equal(has_buffers(file, 0), some);
		/* the cache, the heads, and the batch on the way to the list */
		assert_int_equal(cached(file, 0)->refcount, 2 + some);
		read_pages_of(t, file, 100, 8);
		assert_false(has_buffers(file, 100));
		write_pages(t, file, 100, 1);
		assert_int_equal(has_buffers(file, 100),
				 some && !(cached(file, 100)->flags & PG_head));
		assert_false(has_buffers(file, 101));
		write_all(t, file);
		assert_int_equal(has_buffers(file, 0), some); /* it is clean and keeps them */
		file_close(t, file);
	}
}

static void pages_that_were_written_have_buffer_heads(void **state)
{
	(void)state;
	run(by_calls);
}

static void store(struct task *t, struct file *file, uint64_t index)
{
	uint64_t addr;

	assert_int_equal(do_mmap(t, file, 0, 1 << 20, VM_READ | VM_WRITE | VM_SHARED, 0, &addr), 0);
	assert_int_equal(user_access(t, task_mm(t), addr + (index << PAGE_SHIFT), true), 0);
	assert_true(cached(file, index)->flags & PG_dirty);
}

static void by_stores(struct task *t, void *arg)
{
	struct file *raw = opened(t, "raw"), *ext4 = opened(t, "ext4"), *xfs = opened(t, "xfs");

	(void)arg;
	store(t, ext4, 3);
	assert_true(has_buffers(ext4, 3));
	store(t, xfs, 3);
	assert_false(has_buffers(xfs, 3));
	store(t, raw, 3);
	assert_false(has_buffers(raw, 3));
	write_all(t, raw);
	assert_true(has_buffers(raw, 3));
	write_all(t, xfs);
	assert_false(has_buffers(xfs, 3));
}

static void stores_to_a_device_get_them_when_they_are_written(void **state)
{
	(void)state;
	run(by_stores);
}

static void read_alone(struct task *t, void *arg)
{
	static const char *const names[] = { "raw", "ext4" };

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct file *file = opened(t, names[i]);
		int error;
		struct page *page =
		    read_cache_page_gfp(t, &file->inode->mapping, 7, GFP_KERNEL, &error);

		assert_non_null(page);
		assert_int_equal(page_has_buffers(page), i == 0);
		put_page(f.vm, t->cpu, page);
		file_close(t, file);
	}
}

static void a_page_of_a_device_that_is_read_alone_has_them(void **state)
{
	(void)state;
	run(read_alone);
}

/* --- what they cost --- */

static void by_the_page(struct task *t, void *arg)
{
	struct file *raw = opened(t, "raw");
	const struct node_stat *stat = &f.vm->nodes[0].stat;
	int64_t before = stat->nr_slab_reclaimable;

	(void)arg;
	assert_int_equal(heads().objects_per_slab, 39);
	assert_int_equal(heads().slabs, 0);
	write_pages(t, raw, 0, 1);
	assert_int_equal(heads().slabs, 1);
	assert_int_equal(stat->nr_slab_reclaimable,
			 before + 1); /* a lone page needs no index node */
	write_pages(t, raw, 0, 39);
	assert_int_equal(heads().slabs, 1);
	write_pages(t, raw, 39, 1);
	assert_int_equal(heads().slabs, 2);
	write_pages(t, raw, 0, 40); /* written again: they have theirs */
	assert_int_equal(heads().slabs, 2);
	assert_int_equal(pages_with_heads(raw), 40);
}

static void heads_lie_39_to_a_page(void **state)
{
	(void)state;
	run(by_the_page);
}

/* Reclaims pages of a file, each step-th from first on. */
static uint64_t reclaim_some(struct task *t, struct file *file, uint64_t first, uint64_t nr,
			     uint64_t step)
{
	struct page_list pages = { 0 };

	for (uint64_t i = first; i < first + nr; i += step) {
		struct page *page = cached(file, i);

		isolate_lru_page(f.vm, page);
		page->flags &= ~(uint32_t)PG_referenced;
		page_list_add(f.vm->mem_map, &pages, page_to_pfn(f.vm, page));
	}

	uint64_t n = reclaim_pages(t, &pages);

	f.vm->nodes[0].stat.nr_isolated_file -= (int64_t)n;
	return n;
}

/* Of 40 slabs each has one page left: none goes.  Then all of them do, but for those that a CPU and
 * the node keep. */
static void one_page_of_many(struct task *t, void *arg)
{
	struct file *raw = opened(t, "raw");
	uint64_t n = 0;

	(void)arg;
	write_pages(t, raw, 0, 40 * 39);
	assert_int_equal(heads().slabs, 40);
	write_all(t, raw);
	for (uint64_t slab = 0; slab < 40; slab++)
		n += reclaim_some(t, raw, slab * 39, 38, 1);
	assert_int_equal(n, 40 * 38);
	assert_int_equal(pages_with_heads(raw), 40);
	assert_int_equal(heads().slabs, 40);
	assert_int_equal(reclaim_some(t, raw, 38, 39 * 40 - 38, 39), 40);
	assert_int_equal(pages_with_heads(raw), 0);
	/* seven at most in the CPU's list, its active one, and five of the node */
	assert_true(heads().slabs >= 6 && heads().slabs <= 13);
}

static void a_slab_stays_while_one_of_its_pages_does(void **state)
{
	(void)state;
	run(one_page_of_many);
}

/* --- how they go --- */

static void released(struct task *t, void *arg)
{
	struct file *raw = opened(t, "raw");
	struct page *page;

	(void)arg;
	write_pages(t, raw, 5, 1);
	lru_add_drain_all(f.vm);
	page = cached(raw, 5);
	lock_page(t, page);
	assert_int_equal(try_to_release_page(f.vm, page, GFP_KERNEL), 0); /* dirty */
	unlock_page(f.vm, page);
	write_all(t, raw);
	lock_page(t, page);
	assert_int_equal(page->refcount, 2);
	assert_int_equal(try_to_release_page(f.vm, page, GFP_KERNEL), 1);
	assert_int_equal(page->refcount, 1);
	assert_false(page_has_buffers(page));
	assert_int_equal(try_to_release_page(f.vm, page, GFP_KERNEL), 1); /* there are none */
	set_page_dirty(t, page);
	assert_int_equal(try_to_release_page(f.vm, page, GFP_KERNEL), 1);
	unlock_page(f.vm, page);
}

static void dirty_heads_are_not_released(void **state)
{
	(void)state;
	run(released);
}

static void dropped(struct task *t, void *arg)
{
	struct file *raw = opened(t, "raw");

	(void)arg;
	write_pages(t, raw, 0, 100);
	write_all(t, raw);
	write_pages(t, raw, 100, 50);
	lru_add_drain_all(f.vm);
	drop_pagecache(t);
	assert_int_equal(raw->inode->mapping.nrpages, 50); /* the dirty ones */
	assert_int_equal(pages_with_heads(raw), 50);
	truncate_inode_pages(t, &raw->inode->mapping, 0); /* they go, too */
	assert_int_equal(raw->inode->mapping.nrpages, 0);
	write_pages(t, raw, 0, 39 * 4);
	/* what was free is used before there are new slabs */
	assert_int_equal(heads().slabs, 4);
}

static void invalidation_and_truncation_take_them(void **state)
{
	(void)state;
	run(dropped);
}

static void moved(struct task *t, void *arg)
{
	struct file *raw = opened(t, "raw");
	struct page_list pages = { 0 };
	struct page *old;
	uint32_t slab;

	(void)arg;
	write_pages(t, raw, 9, 1);
	write_all(t, raw);
	old = cached(raw, 9);
	slab = page_buffers_slab(f.vm, old);
	assert_true(slab);
	isolate_lru_page(f.vm, old);
	page_list_add(f.vm->mem_map, &pages, page_to_pfn(f.vm, old));
	assert_int_equal(migrate_pages(t, &pages, alloc_migration_target, NULL, NULL, MIGRATE_SYNC,
				       MR_COMPACTION, NULL),
			 0);
	lru_add_drain_all(f.vm);
	assert_ptr_not_equal(cached(raw, 9), old);
	assert_int_equal(page_buffers_slab(f.vm, cached(raw, 9)), slab);
	assert_int_equal(cached(raw, 9)->refcount, 2);
	assert_int_equal(page_buffers_slab(f.vm, old), 0);
	assert_int_equal(heads().slabs, 1);
	assert_int_equal(reclaim_some(t, raw, 9, 1, 1), 1);
}

static void heads_move_with_their_page(void **state)
{
	(void)state;
	run(moved);
}

/* Who takes a page out of its file without truncating leaves it to its heads, and reclaim finds it.
 */
static void orphaned(struct task *t, void *arg)
{
	struct file *raw = opened(t, "raw");
	struct page_list pages = { 0 };
	struct page *page;

	(void)arg;
	write_pages(t, raw, 0, 1);
	write_all(t, raw);
	page = cached(raw, 0);
	get_page(page);
	lock_page(t, page);
	delete_from_page_cache(f.vm, t->cpu, page);
	unlock_page(f.vm, page);
	put_page(f.vm, t->cpu, page);
	assert_int_equal(page->refcount, 1);
	isolate_lru_page(f.vm, page);
	page->flags &= ~(uint32_t)PG_referenced;
	page_list_add(f.vm->mem_map, &pages, page_to_pfn(f.vm, page));
	assert_int_equal(reclaim_pages(t, &pages), 1);
	f.vm->nodes[0].stat.nr_isolated_file--;
	assert_int_equal(page->refcount, 0);
	assert_false(page_has_buffers(page));
}

static void a_page_that_only_its_heads_hold_is_reclaimed(void **state)
{
	(void)state;
	run(orphaned);
}

static void for_nothing(struct task *t, void *arg)
{
	struct file *raw = opened(t, "raw");

	(void)arg;
	write_pages(t, raw, 0, 200);
	assert_int_equal(pages_with_heads(raw), 200);
	assert_int_equal(f.vm->nodes[0].stat.nr_slab_reclaimable, 0);
	truncate_inode_pages(t, &raw->inode->mapping, 0);
}

static void without_slab_they_cost_nothing(void **state)
{
	(void)state;
	fixture_boot(&f, "linux: { slab: false }\n" MACHINE);
	fixture_task(&f, for_nothing, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_that_were_written_have_buffer_heads),
		cmocka_unit_test(stores_to_a_device_get_them_when_they_are_written),
		cmocka_unit_test(a_page_of_a_device_that_is_read_alone_has_them),
		cmocka_unit_test(heads_lie_39_to_a_page),
		cmocka_unit_test(a_slab_stays_while_one_of_its_pages_does),
		cmocka_unit_test(dirty_heads_are_not_released),
		cmocka_unit_test(invalidation_and_truncation_take_them),
		cmocka_unit_test(heads_move_with_their_page),
		cmocka_unit_test(a_page_that_only_its_heads_hold_is_reclaimed),
		cmocka_unit_test(without_slab_they_cost_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
