/*
 * test_truncate.c - what truncation and invalidation do to a page, by its state
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

/* A request takes 5 ms; nothing is written unless somebody asks. */
#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 2, memory: 256 MiB }], disks: [{ name: sda, request_time: 5 "  \
	"ms }] }\n"                                                                                \
	"sysctl: { vm.dirty_writeback_centisecs: 10 min }\n"                                       \
	"queue: { sda: { read_ahead_kb: 0 } }\n"                                                   \
	"files: [{ name: data, disk: sda, size: 64 KiB }]\n"

#define PAGE 3 /* the one that is looked at; its neighbours stay out of it */

static struct fixture f;
static struct file *file;
static struct address_space *m;
static struct inode *inode;

static void run(task_fn *body, void *arg)
{
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, arg);
	fixture_check(&f);
	fixture_end(&f);
}

static void open_data(struct task *t)
{
	inode = file_by_name(f.vm, "data");
	m = &inode->mapping;
	file = file_open(t, inode);
}

static struct page *cached(uint64_t index)
{
	xa_entry e = xa_load(&m->i_pages, index);

	return e && !xa_is_value(e) ? mapping_page(m, e) : NULL;
}

static void write_at(struct task *t, int64_t pos, bytes_t bytes)
{
	assert_int_equal(generic_file_write_iter(t, file, &pos, bytes), bytes);
}

static int64_t nr(int64_t node_stat)
{
	return node_stat;
}

#define STAT(name) nr(f.vm->nodes[0].stat.name)

/* --- the states; each leaves page PAGE in one --- */

static struct user_map map;

static void read_page(struct task *t, uint64_t index)
{
	int64_t pos = (int64_t)(index << PAGE_SHIFT);

	assert_int_equal(generic_file_read_iter(t, file, &pos, 4096), 4096);
}

static void state_idle(struct task *t)
{
	read_page(t, PAGE);
	lru_add_drain_all(f.vm);
}

static void state_batch(struct task *t)
{
	read_page(t, PAGE);
}

static void state_mapped(struct task *t)
{
	uint64_t start;

	state_idle(t);
	assert_int_equal(do_mmap(t, file, 0, 65536, VM_READ | VM_WRITE | VM_SHARED, 0, &start), 0);
	map.mm = task_mm(t);
	map.start = start;
	assert_int_equal(user_access(t, map.mm, start + PAGE * 4096, false), 0);
	assert_true(page_mapped(cached(PAGE)));
}

/* What maps the page. */
static struct pte entry(void)
{
	return pte_get(pte_table(map.mm, map.start), pte_index(map.start + PAGE * 4096));
}

static void state_dirty(struct task *t)
{
	write_at(t, PAGE * 4096, 4096);
	lru_add_drain_all(f.vm);
}

/* As if the store had come through an entry that nobody asked about. */
static void state_dirty_in_pte(struct task *t)
{
	struct pte pte;

	state_mapped(t);
	pte = entry();
	pte.bits |= PTE_WRITE | PTE_DIRTY;
	pte_set(pte_table(map.mm, map.start), pte_index(map.start + PAGE * 4096), pte);
}

static void state_writeback(struct task *t)
{
	state_dirty(t);
	assert_int_equal(sync_file_range(t, file, PAGE * 4096, 4096, SYNC_FILE_RANGE_WRITE), 0);
	assert_true(cached(PAGE)->flags & PG_writeback);
}

static void state_read_in_flight(struct task *t)
{
	struct page *page = page_cache_alloc(t, m, m->gfp_mask);
	uint32_t pfn = page_to_pfn(f.vm, page);

	assert_int_equal(add_to_page_cache_lru(t, page, m, PAGE, m->gfp_mask), 0);
	put_page(f.vm, t->cpu, page);
	read_pages(t, m, &pfn, 1, 0);
	assert_true(page->flags & PG_locked);
}

/* A page behind it on the list, without taking time. */
static void neighbour(struct task *t, uint64_t index)
{
	struct page *page = page_cache_alloc(t, m, m->gfp_mask);

	assert_int_equal(add_to_page_cache_lru(t, page, m, index, m->gfp_mask), 0);
	page->flags |= PG_uptodate;
	unlock_page(f.vm, page);
	put_page(f.vm, t->cpu, page);
}

static struct page *pinned;

static void state_pinned(struct task *t)
{
	state_idle(t);
	pinned = find_get_page(m, PAGE);
}

static void state_shadow(struct task *t)
{
	(void)t;
	xa_store(&m->i_pages, PAGE, xa_value(0));
}

/* --- what is done to it --- */

static int64_t do_truncate_range(struct task *t)
{
	truncate_inode_pages_range(t, m, PAGE * 4096, PAGE * 4096 + 4095);
	return 0;
}

static int64_t do_invalidate(struct task *t)
{
	return (int64_t)invalidate_mapping_pages(t, m, PAGE, PAGE);
}

static int64_t do_invalidate2(struct task *t)
{
	return invalidate_inode_pages2_range(t, m, PAGE, PAGE);
}

typedef int64_t action_fn(struct task *t);

enum { STAYS = 1, WAITS = 2, TAIL = 4, RECLAIM = 8, DISCARDS = 16 };

struct outcome {
	int64_t ret;
	unsigned what; /* the enum above; 0: the entry is gone, at once */
};

struct cell {
	const char *name;
	void (*state)(struct task *t);
	struct outcome truncate, invalidate, invalidate2;
};

static const struct cell cells[] = {
	{ "clean, idle", state_idle, { 0, 0 }, { 1, 0 }, { 0, 0 } },
	{ "in a batch", state_batch, { 0, 0 }, { 0, STAYS | TAIL }, { 0, 0 } },
	{ "mapped", state_mapped, { 0, 0 }, { 0, STAYS }, { 0, 0 } },
	{ "dirty", state_dirty, { 0, DISCARDS }, { 0, STAYS | RECLAIM }, { -EBUSY, STAYS } },
	{ "dirty in an entry",
	  state_dirty_in_pte,
	  { 0, DISCARDS },
	  { 0, STAYS },
	  { -EBUSY, STAYS } },
	{ "under writeback", state_writeback, { 0, WAITS }, { 0, STAYS }, { 0, WAITS } },
	{ "read in flight", state_read_in_flight, { 0, WAITS }, { 0, STAYS }, { 0, WAITS } },
	{ "pinned", state_pinned, { 0, 0 }, { 0, STAYS | TAIL }, { 0, 0 } },
	{ "shadow", state_shadow, { 0, 0 }, { 1, 0 }, { 0, 0 } },
};

struct experiment {
	const struct cell *cell;
	action_fn *action;
	const struct outcome *outcome;
};

static void check_kept(const struct experiment *e)
{
	struct page *page = cached(PAGE);
	const struct page_list *list = &f.vm->nodes[0].lruvec.lists[LRU_INACTIVE_FILE];
	unsigned what = e->outcome->what;

	assert_non_null(page);
	lru_add_drain_all(f.vm);
	if (what & TAIL) {
		assert_int_equal(list->tail, page_to_pfn(f.vm, page));
		assert_false(page->flags & PG_reclaim);
	} else if (what & RECLAIM) {
		assert_int_equal(list->head, page_to_pfn(f.vm, page));
		assert_true(page->flags & PG_reclaim);
	} else {
		/* where it was, between its neighbours */
		assert_false(page->flags & PG_reclaim);
		assert_int_not_equal(list->head, page_to_pfn(f.vm, page));
		assert_int_not_equal(list->tail, page_to_pfn(f.vm, page));
	}
}

static void body_cell(struct task *t, void *arg)
{
	const struct experiment *e = arg;
	const struct disk_stat *disk = &f.vm->machine->disks[0].stat;
	int64_t written, dirtied, file_pages, ret;
	sim_time begin;
	bool dirty_pte = e->cell->state == state_dirty_in_pte;

	open_data(t);
	pinned = NULL;
	read_page(t, 0);
	read_page(t, 1);
	lru_add_drain_all(f.vm);
	e->cell->state(t);
	/* a page in a batch is the only one there */
	if (e->cell->state != state_batch) {
		lru_add_drain_all(f.vm);
		neighbour(t, 8);
		lru_add_drain_all(f.vm);
	}
	written = disk->write_sectors;
	dirtied = STAT(nr_dirtied);
	file_pages = STAT(nr_file_pages);
	begin = task_now(t);
	ret = e->action(t);
	assert_int_equal(ret, e->outcome->ret);
	/* a wait is for a request of 5 ms that has just begun; nothing else takes a millisecond */
	if (e->outcome->what & WAITS)
		assert_in_range(task_now(t) - begin, 4 * NS_PER_MS, 6 * NS_PER_MS);
	else
		assert_in_range(task_now(t) - begin, 0, NS_PER_MS);
	if (e->outcome->what & STAYS) {
		check_kept(e);
		assert_int_equal(STAT(nr_file_pages), file_pages);
	} else {
		assert_int_equal(xa_load(&m->i_pages, PAGE), 0);
		assert_int_equal(STAT(nr_file_pages),
				 file_pages - (e->cell->state != state_shadow));
		assert_int_equal(STAT(nr_dirty), 0);
		assert_int_equal(f.vm->nodes[0].zones[1].stat.nr_zone_write_pending, 0);
		if (e->cell->state == state_mapped || dirty_pte)
			assert_int_equal(entry().bits, 0);
	}
	if (e->outcome->what & DISCARDS)
		assert_int_equal(disk->write_sectors, written);
	/* who unmaps finds the entry dirty, and the page counts as dirtied, whatever comes then */
	if (dirty_pte)
		assert_int_equal(STAT(nr_dirtied), dirtied + (e->action != do_invalidate));
	if (pinned) {
		assert_int_equal(pinned->mapping != 0, (e->outcome->what & STAYS) != 0);
		put_page(f.vm, t->cpu, pinned);
	}
	file_close(t, file);
}

static void every_state_of_a_page_meets_every_call(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		struct experiment e[] = {
			{ &cells[i], do_truncate_range, &cells[i].truncate },
			{ &cells[i], do_invalidate, &cells[i].invalidate },
			{ &cells[i], do_invalidate2, &cells[i].invalidate2 },
		};

		for (size_t k = 0; k < ARRAY_LEN(e); k++) {
			print_message("         %s, %zu\n", cells[i].name, k);
			run(body_cell, &e[k]);
		}
	}
}

/* --- a file of 8292 bytes, page 1 dirty and under writeback, page 2 dirty --- */

static void three_pages(struct task *t)
{
	open_data(t);
	truncate_setsize(t, inode, 0);
	write_at(t, 0, 8292);
	assert_int_equal(vfs_fsync(t, file, false), 0);
	write_at(t, 4096, 4096);
	assert_int_equal(sync_file_range(t, file, 4096, 4096, SYNC_FILE_RANGE_WRITE), 0);
	write_at(t, 4096, 8292 - 4096);
	assert_int_equal(inode->i_size, 8292);
	assert_int_equal(STAT(nr_dirty), 2);
	assert_int_equal(STAT(nr_writeback), 1);
	assert_int_equal(STAT(nr_file_pages), 3);
}

static void body_cut_inside(struct task *t, void *arg)
{
	int64_t dirtied, pending;

	(void)arg;
	three_pages(t);
	dirtied = STAT(nr_dirtied);
	pending = f.vm->nodes[0].zones[1].stat.nr_zone_write_pending;
	truncate_setsize(t, inode, 5000);
	assert_int_equal(inode->i_size, 5000);
	assert_null(cached(2));
	/* the page that is cut was waited for, and is as dirty as before */
	assert_int_equal(STAT(nr_writeback), 0);
	assert_true(cached(1)->flags & PG_dirty);
	assert_true(cached(1)->flags & PG_uptodate);
	assert_int_equal(STAT(nr_dirty), 1);
	assert_int_equal(STAT(nr_dirtied), dirtied);
	assert_int_equal(STAT(nr_file_pages), 2);
	assert_int_equal(f.vm->nodes[0].zones[1].stat.nr_zone_write_pending, pending - 2);
	file_close(t, file);
}

static void a_page_that_is_cut_is_waited_for_and_stays_dirty(void **state)
{
	(void)state;
	run(body_cut_inside, NULL);
}

static void body_cut_at_page(struct task *t, void *arg)
{
	sim_time begin;

	(void)arg;
	three_pages(t);
	begin = task_now(t);
	truncate_setsize(t, inode, 4096);
	/* as a page at the end of the range it is looked for again, and goes once it is written */
	assert_true(task_now(t) - begin > 4 * NS_PER_MS);
	assert_null(cached(1));
	assert_null(cached(2));
	assert_int_equal(STAT(nr_dirty), 0);
	assert_int_equal(STAT(nr_file_pages), 1);
	file_close(t, file);
}

static void a_whole_page_under_writeback_goes_once_it_is_written(void **state)
{
	(void)state;
	run(body_cut_at_page, NULL);
}

/* --- laundering --- */

static void body_launder(struct task *t, void *arg)
{
	struct file_system fs;
	bool broken = arg != NULL;

	open_data(t);
	fs = *inode->fs;
	fs.launder = true;
	inode->fs = &fs;
	write_at(t, PAGE * 4096, 4096);
	write_at(t, (PAGE + 2) * 4096, 4096);
	if (broken)
		mapping_set_error(m, -EIO); /* found by whoever writes next */
	assert_int_equal(invalidate_inode_pages2(t, m), broken ? -EIO : 0);
	assert_int_equal(STAT(nr_written), 2);
	assert_int_equal(STAT(nr_dirty), 0);
	/* the page whose writing failed stays */
	assert_int_equal(cached(PAGE) != NULL, broken);
	assert_null(cached(PAGE + 2));
	inode->fs = &file_systems[FS_EXT2];
	file_close(t, file);
}

static void a_file_system_that_launders_writes_dirty_pages_first(void **state)
{
	(void)state;
	run(body_launder, NULL);
}

static void an_error_of_laundering_is_returned_and_the_page_stays(void **state)
{
	(void)state;
	run(body_launder, &f);
}

/* --- the rest --- */

static void body_last_failure(struct task *t, void *arg)
{
	(void)arg;
	open_data(t);
	write_at(t, 0, 20 * 4096);
	assert_int_equal(vfs_fsync(t, file, false), 0);
	write_at(t, 4 * 4096, 4096);
	assert_int_equal(invalidate_inode_pages2(t, m), -EBUSY);
	assert_int_equal(m->nrpages, 1); /* it went on behind the failure */
	assert_non_null(cached(4));
	file_close(t, file);
}

static void one_dirty_page_keeps_no_other_from_going(void **state)
{
	(void)state;
	run(body_last_failure, NULL);
}

static void body_final(struct task *t, void *arg)
{
	(void)arg;
	open_data(t);
	write_at(t, 0, 20 * 4096);
	xa_store(&m->i_pages, 25, xa_value(0));
	truncate_inode_pages_final(t, m);
	assert_true(m->flags & AS_EXITING);
	assert_null(m->i_pages.root);
	assert_int_equal(m->nrpages, 0);
	m->flags &= ~(unsigned)AS_EXITING;
	file_close(t, file);
}

static void a_file_that_goes_keeps_neither_pages_nor_shadows(void **state)
{
	(void)state;
	run(body_final, NULL);
}

static void body_release(struct task *t, void *arg)
{
	struct page *page;

	(void)arg;
	open_data(t);
	state_dirty(t);
	page = find_get_page(m, PAGE);
	lock_page(t, page);
	assert_int_equal(try_to_release_page(f.vm, page, GFP_KERNEL), 0);
	unlock_page(f.vm, page);
	sync_file_range(t, file, 0, 0, SYNC_FILE_RANGE_WRITE);
	lock_page(t, page);
	assert_int_equal(try_to_release_page(f.vm, page, GFP_KERNEL), 0);
	wait_on_page_writeback(t, page);
	assert_int_equal(try_to_release_page(f.vm, page, GFP_KERNEL), 1);
	/* a file system without buffers has nothing to release */
	set_page_dirty(t, page);
	inode->fs = &file_systems[FS_XFS];
	assert_int_equal(try_to_release_page(f.vm, page, GFP_KERNEL), 1);
	inode->fs = &file_systems[FS_EXT2];
	unlock_page(f.vm, page);
	put_page(f.vm, t->cpu, page);
	file_close(t, file);
}

static void buffers_are_kept_while_they_are_needed(void **state)
{
	(void)state;
	run(body_release, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_of_a_page_meets_every_call),
		cmocka_unit_test(a_page_that_is_cut_is_waited_for_and_stays_dirty),
		cmocka_unit_test(a_whole_page_under_writeback_goes_once_it_is_written),
		cmocka_unit_test(a_file_system_that_launders_writes_dirty_pages_first),
		cmocka_unit_test(an_error_of_laundering_is_returned_and_the_page_stays),
		cmocka_unit_test(one_dirty_page_keeps_no_other_from_going),
		cmocka_unit_test(a_file_that_goes_keeps_neither_pages_nor_shadows),
		cmocka_unit_test(buffers_are_kept_while_they_are_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
