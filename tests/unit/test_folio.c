/*
 * test_folio.c - folios of more than one page in the cache
 */
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

/* Page 16 of "file" cannot be read. */
#define MACHINE                                                                                    \
	"machine:\n"                                                                               \
	"  nodes: [{ cpus: 1, memory: 256 MiB }]\n"                                                \
	"  disks:\n"                                                                               \
	"    - { name: sda, request_time: 100 us, errors: [{ start: 1128, sectors: 8 }] }\n"       \
	"files:\n"                                                                                 \
	"  - { name: file, disk: sda, size: 1 GiB, fs: xfs, extents: [[0, 262144, 1000]] }\n"

static void run(task_fn *body)
{
	struct fixture f;

	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

static struct page *page_at(const struct file *f, uint64_t index)
{
	const struct address_space *m = &f->inode->mapping;
	xa_entry e = xa_load(&m->i_pages, index);

	return e && !xa_is_value(e) ? mapping_page(m, e) : NULL;
}

static struct file *open_file(struct task *t)
{
	return file_open(t, file_by_name(task_vm(t), "file"));
}

/* A folio at index, read by nobody: up to date and idle. */
static void put_folio(struct task *t, struct file *f, uint64_t index, int order)
{
	struct linux_vm *vm = task_vm(t);
	gfp_t gfp = order ? GFP_KERNEL | __GFP_COMP : GFP_KERNEL;
	struct page *folio = alloc_pages(t, gfp, order);

	assert_non_null(folio);
	assert_int_equal(add_to_page_cache_lru(t, folio, &f->inode->mapping, index, GFP_KERNEL), 0);
	folio->flags |= PG_uptodate;
	unlock_page(vm, folio);
	put_page(vm, t->cpu, folio);
}

static void counts_pages(struct task *t, void *arg)
{
	struct linux_vm *vm = task_vm(t);
	const struct node_stat *stat = &vm->nodes[0].stat;
	struct file *f = open_file(t);

	(void)arg;
	put_folio(t, f, 512, 9);
	put_folio(t, f, 1024, 0);
	lru_add_drain_all(vm);
	assert_int_equal(f->inode->mapping.nrpages, 513);
	assert_int_equal(stat->nr_file_pages, 513);
	assert_int_equal(stat->nr_inactive_file, 513);
	assert_int_equal(page_index(page_at(f, 600)), 600);
	assert_ptr_equal(page_folio(page_at(f, 600)), page_at(f, 512));
	assert_int_equal(add_to_page_cache_lru(t, page_at(f, 1024), &f->inode->mapping, 600, 0),
			 -EEXIST);
	file_close(t, f);
}

static void a_folio_is_counted_page_by_page(void **state)
{
	(void)state;
	run(counts_pages);
}

/* A folio is made, dirtied and written. */
static void write_folio(struct task *t, struct file *f, uint64_t index, int order)
{
	struct linux_vm *vm = task_vm(t);
	struct page *folio;

	put_folio(t, f, index, order);
	folio = page_at(f, index);
	lock_page(t, folio);
	set_page_dirty(t, folio);
	assert_true(clear_page_dirty_for_io(t, folio, &f->inode->mapping));
	set_page_writeback(&f->inode->mapping, folio, false);
	unlock_page(vm, folio);
	end_page_writeback(vm, folio);
}

/* Reclaim is held back until 32 pages for each task that waits are written: a folio is all of its.
 */
static void written_while_reclaim_waits(struct task *t, void *arg)
{
	struct linux_vm *vm = task_vm(t);
	struct pglist_data *node = &vm->nodes[0];
	struct file *f = open_file(t);

	(void)arg;
	write_folio(t, f, 512, 4);
	assert_int_equal(node->stat.nr_throttled_written, 0); /* nobody waits */
	node->nr_writeback_throttled = 1;
	write_folio(t, f, 1024, 4);
	assert_int_equal(node->stat.nr_throttled_written, 16);
	node->nr_writeback_throttled = 0;
	file_close(t, f);
}

static void a_folio_that_was_written_lets_reclaim_go_on(void **state)
{
	(void)state;
	run(written_while_reclaim_waits);
}

/* One page less than a batch was counted before: the folio's pages are added to it at once. */
static void written_at_once(struct task *t, void *arg)
{
	struct linux_vm *vm = task_vm(t);
	struct bdi_writeback *wb = &disk_bdi(vm, 0)->wb;
	int64_t batch = wb_stat_batch(vm->nr_cpu_ids);
	struct file *f = open_file(t);

	(void)arg;
	for (int i = 0; i < batch - 1; i++)
		write_folio(t, f, (uint64_t)i, 0);
	assert_int_equal(wb_stat(wb, WB_WRITTEN), 0);
	write_folio(t, f, 16, 2);
	assert_int_equal(wb_stat(wb, WB_WRITTEN), batch - 1 + 4);
	assert_int_equal(wb->completions.events.count, batch - 1 + 4);
	file_close(t, f);
}

static void a_folio_that_was_written_counts_at_once(void **state)
{
	(void)state;
	run(written_at_once);
}

static void goes_as_a_whole(struct task *t, void *arg)
{
	struct address_space *m;
	struct file *f = open_file(t);

	(void)arg;
	m = &f->inode->mapping;
	put_folio(t, f, 16, 4);
	lru_add_drain_all(m->vm);
	assert_int_equal(invalidate_mapping_pages(t, m, 0, 30), 0);
	assert_int_equal(invalidate_mapping_pages(t, m, 17, 99), 0);
	assert_int_equal(m->nrpages, 16);
	invalidate_mapping_pages(t, m, 16, 31);
	assert_int_equal(m->nrpages, 0);
	assert_int_equal(m->vm->nodes[0].stat.nr_inactive_file, 0);
	file_close(t, f);
}

static void a_folio_is_invalidated_as_a_whole_or_not_at_all(void **state)
{
	(void)state;
	run(goes_as_a_whole);
}

static void fails_to_read(struct task *t, void *arg)
{
	struct file *f = open_file(t);
	int64_t pos = 0;

	(void)arg;
	/* windows 0-3 and 4-27: the second fails as a whole, the folio of page 16 again when alone
	 */
	assert_int_equal(generic_file_read_iter(t, f, &pos, 4096), 4096);
	pos = 4 * 4096;
	assert_int_equal(generic_file_read_iter(t, f, &pos, 4096), 4096);
	assert_int_equal(f->ra.ra_pages, 32);
	pos = 16 * 4096;
	assert_int_equal(folio_order(page_folio(page_at(f, 16))), 2);
	assert_int_equal(generic_file_read_iter(t, f, &pos, 4096), -EIO);
	assert_int_equal(f->ra.ra_pages, 8);
	assert_false(page_folio(page_at(f, 16))->flags & PG_uptodate);
	pos = 20 * 4096;
	assert_int_equal(generic_file_read_iter(t, f, &pos, 16384), 16384);
	file_close(t, f);
}

static void a_folio_that_cannot_be_read_is_tried_alone(void **state)
{
	(void)state;
	run(fails_to_read);
}

static void is_written(struct task *t, void *arg)
{
	const struct node_stat *stat = &task_vm(t)->nodes[0].stat;
	struct file *f = open_file(t);
	int64_t pos = 70 * 4096;

	(void)arg;
	put_folio(t, f, 64, 4);
	assert_int_equal(generic_file_write_iter(t, f, &pos, 100), 100);
	assert_int_equal(stat->nr_dirty, 16);
	assert_int_equal(stat->nr_dirtied, 16);
	assert_true(xa_get_mark(&f->inode->mapping.i_pages, 79, PAGECACHE_TAG_DIRTY));
	assert_int_equal(vfs_fsync(t, f, false), 0);
	assert_int_equal(stat->nr_dirty, 0);
	assert_int_equal(stat->nr_writeback, 0);
	assert_int_equal(stat->nr_written, 16);
	assert_false(xa_marked(&f->inode->mapping.i_pages, PAGECACHE_TAG_DIRTY));
	file_close(t, f);
}

static void a_byte_written_dirties_the_whole_folio(void **state)
{
	(void)state;
	run(is_written);
}

/*
 * Searches that begin inside a folio: the reported index and the place looked at come apart until
 * the end of a tree node, 64 pages.
 */
static void searches(struct task *t, void *arg)
{
	struct file *f = open_file(t);
	struct address_space *m = &f->inode->mapping;

	(void)arg;
	put_folio(t, f, 0, 2);
	for (uint64_t i = 4; i < 10; i++)
		put_folio(t, f, i, 0);
	/* behind the first page of a folio: one too many */
	assert_int_equal(page_cache_next_miss(m, 1, 32), 11);
	assert_int_equal(page_cache_next_miss(m, 4, 32), 10);
	assert_int_equal(page_cache_next_miss(m, 10, 32), 10);
	/* before its last page: the folio counts as one */
	assert_int_equal(page_cache_prev_miss(m, 9, 32), UINT64_MAX);
	put_folio(t, f, 128, 4);
	put_folio(t, f, 144, 0);
	assert_int_equal(page_cache_prev_miss(m, 143, 32), 142);
	assert_int_equal(page_cache_prev_miss(m, 144, 32), 127);
	/* at the end of a node the lag forward is gone, and the first slot is not looked at */
	put_folio(t, f, 188, 2);
	assert_int_equal(page_cache_next_miss(m, 189, 32), 193);
	for (uint64_t i = 193; i < 200; i++)
		put_folio(t, f, i, 0);
	assert_int_equal(page_cache_next_miss(m, 189, 32), 200);
	/* a folio of order 6 and more lies above the leaves: no lag */
	put_folio(t, f, 512, 6);
	for (uint64_t i = 576; i < 580; i++)
		put_folio(t, f, i, 0);
	assert_int_equal(page_cache_next_miss(m, 513, 200), 580);
	/* all slots looked at */
	assert_int_equal(page_cache_next_miss(m, 513, 20), 532);
	file_close(t, f);
}

static void searches_that_begin_inside_a_folio_miscount(void **state)
{
	(void)state;
	run(searches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folio_is_counted_page_by_page),
		cmocka_unit_test(a_folio_that_was_written_counts_at_once),
		cmocka_unit_test(a_folio_that_was_written_lets_reclaim_go_on),
		cmocka_unit_test(a_folio_is_invalidated_as_a_whole_or_not_at_all),
		cmocka_unit_test(a_folio_that_cannot_be_read_is_tried_alone),
		cmocka_unit_test(a_byte_written_dirties_the_whole_folio),
		cmocka_unit_test(searches_that_begin_inside_a_folio_miscount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
