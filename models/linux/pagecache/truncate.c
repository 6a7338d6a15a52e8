/*
 * truncate.c - the end of a file, or a part of it, ceases to exist
 *
 *	    lstart                                     lend
 *	       |                                         |
 *	+------+--+---------+---------+---------+--------+--+
 *	|      |00|  whole  |  whole  |  whole  |00000000|  |
 *	+------+--+---------+---------+---------+--------+--+
 *
 * A first pass takes all whole pages that can be had without waiting.  Then the two pages at the
 * ends are zeroed in part, and a second pass waits for what is left, until a sweep over the whole
 * range finds nothing.
 */
#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/buffer_head.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/writeback/writeback.h"

/* --- batches --- */

/* Locks a folio if that can be had at once and it lies in the range, idle. */
static bool trylock_inside(const struct address_space *m, struct page *folio, uint64_t start,
			   uint64_t end)
{
	if (folio->index < start || folio->index + folio_nr_pages(folio) - 1 > end)
		return false;
	if ((folio->flags & PG_writeback) || folio->mapping != m->id)
		return false;
	return trylock_page(folio);
}

int entry_batch_find(struct entry_batch *b, struct address_space *m, uint64_t start, uint64_t end,
		     bool lock)
{
	uint64_t index = start;
	xa_entry e;

	b->nr = 0;
	while (b->nr < PAGEVEC_SIZE && index <= end &&
	       (e = xa_find(&m->i_pages, &index, end)) != 0) {
		uint64_t last = index;
		bool take = true;

		if (!xa_is_value(e)) {
			struct page *folio = page_folio(mapping_page(m, e));

			last = folio->index + folio_nr_pages(folio) - 1;
			e = xa_object(page_to_pfn(m->vm, folio));
			take = !lock || trylock_inside(m, folio, start, end);
			if (take)
				get_page(folio);
		}
		if (take) {
			b->entry[b->nr] = e;
			b->index[b->nr++] = index;
		}
		if (last == UINT64_MAX)
			break;
		index = last + 1;
	}
	return b->nr;
}

int entry_batch_drop_values(struct task *t, struct entry_batch *b, struct address_space *m)
{
	int dropped = 0;

	if (m->flags & AS_SHMEM)
		return 0; /* places in swap: shmem_truncate_range frees them */
	for (int i = 0; i < b->nr; i++) {
		if (!xa_is_value(b->entry[i]))
			continue;
		dropped++;
		if (xa_load(&m->i_pages, b->index[i]) == b->entry[i])
			xa_store(&m->i_pages, b->index[i], 0);
	}
	task_run(t, (sim_time)dropped * (sim_time)m->vm->machine->cost.shadow_delete);
	return dropped;
}

void entry_batch_release(struct task *t, struct entry_batch *b)
{
	struct linux_vm *vm = task_vm(t);
	struct page *pages[PAGEVEC_SIZE];
	int n = 0;

	for (int i = 0; i < b->nr; i++) {
		if (xa_is_value(b->entry[i]))
			continue;
		/* pages on their way to a list would be kept alive by that */
		if (!b->drained)
			lru_add_drain(vm, t->cpu);
		b->drained = true;
		pages[n++] = pfn_to_page(vm, xa_to_object(b->entry[i]));
	}
	release_pages(vm, t->cpu, pages, n);
	b->nr = 0;
}

/* --- one page --- */

/* What must be undone of a locked page before it leaves the cache. */
static void truncate_cleanup_folio(struct task *t, struct page *folio)
{
	struct linux_vm *vm = task_vm(t);

	if (page_mapped(folio))
		unmap_mapping_folio(t, folio);
	spend_free_buffers(t, folio);
	block_invalidate_folio(vm, folio);
	cancel_dirty_page(vm, folio);
	folio->flags &= ~(uint32_t)PG_mappedtodisk;
	task_run(t, folio_nr_pages(folio) * (sim_time)vm->machine->cost.page_cache_delete);
}

/* A locked page that may have left the mapping meanwhile. */
static void truncate_inode_folio(struct task *t, struct address_space *m, struct page *folio)
{
	if (folio->mapping != m->id)
		return;
	truncate_cleanup_folio(t, folio);
	delete_from_page_cache(m->vm, t->cpu, folio);
}

/* The folio that holds page index, locked, with a reference; NULL: not in the cache. */
static struct page *find_lock_folio(struct task *t, struct address_space *m, uint64_t index)
{
	for (;;) {
		xa_entry e = xa_load(&m->i_pages, index);

		if (!e || xa_is_value(e))
			return NULL;

		struct page *folio = page_folio(mapping_page(m, e));

		get_page(folio);
		lock_page(t, folio);
		if (folio->mapping == m->id && folio->index <= index &&
		    index - folio->index < folio_nr_pages(folio))
			return folio;
		unlock_page(m->vm, folio);
		put_page(m->vm, t->cpu, folio);
	}
}

/*
 * A locked folio of which start..end may be only a part: that part becomes zeroes.  False: it is
 * large and stays as a whole, so the caller must leave all of it alone.
 */
static bool truncate_inode_partial_folio(struct task *t, struct address_space *m,
					 struct page *folio, uint64_t start, uint64_t end)
{
	uint64_t pos = folio->index << PAGE_SHIFT, size = folio_nr_pages(folio) << PAGE_SHIFT;
	uint64_t offset = pos < start ? start - pos : 0;
	uint64_t length = pos + size <= end ? size - offset : end + 1 - pos - offset;

	wait_on_page_writeback(t, folio);
	if (length == size) {
		truncate_inode_folio(t, m, folio);
		return true;
	}
	task_run(t, (sim_time)m->vm->machine->cost.page_zero * length / PAGE_SIZE);
	trace_sim_zero_partial(m->vm->sim, m->host->id, (int64_t)folio->index, (int64_t)offset,
			       (int64_t)length);
	if (size == PAGE_SIZE)
		return true;
	if (folio->flags & PG_dirty)
		return false;
	truncate_inode_folio(t, m, folio);
	return true;
}

/* --- passes --- */

/* Whole pages start..end (exclusive), as far as nobody uses them. */
static void truncate_pass_nonblocking(struct task *t, struct address_space *m, uint64_t start,
				      uint64_t end)
{
	struct linux_vm *vm = m->vm;
	struct entry_batch b = { .nr = 0 };
	uint64_t index = start;

	while (index < end && entry_batch_find(&b, m, index, end - 1, true)) {
		index = b.index[b.nr - 1] + 1;
		entry_batch_drop_values(t, &b, m);
		for (int i = 0; i < b.nr; i++)
			if (!xa_is_value(b.entry[i]))
				truncate_cleanup_folio(t, mapping_page(m, b.entry[i]));
		for (int i = 0; i < b.nr; i++)
			if (!xa_is_value(b.entry[i]))
				delete_from_page_cache(vm, t->cpu, mapping_page(m, b.entry[i]));
		for (int i = 0; i < b.nr; i++)
			if (!xa_is_value(b.entry[i]))
				unlock_page(vm, mapping_page(m, b.entry[i]));
		entry_batch_release(t, &b);
		cond_resched(t);
	}
}

/* What the first pass left, and what came back: waits, and begins anew until nothing is found. */
static void truncate_pass_blocking(struct task *t, struct address_space *m, uint64_t start,
				   uint64_t end)
{
	struct entry_batch b = { .nr = 0 };
	uint64_t index = start;

	while (index < end) {
		cond_resched(t);
		if (!entry_batch_find(&b, m, index, end - 1, false)) {
			if (index == start)
				break;
			index = start;
			continue;
		}
		for (int i = 0; i < b.nr; i++) {
			struct page *folio;

			index = b.index[i];
			if (xa_is_value(b.entry[i]))
				continue;
			folio = mapping_page(m, b.entry[i]);
			lock_page(t, folio);
			wait_on_page_writeback(t, folio);
			truncate_inode_folio(t, m, folio);
			unlock_page(m->vm, folio);
			index = folio->index + folio_nr_pages(folio) - 1;
		}
		entry_batch_drop_values(t, &b, m);
		entry_batch_release(t, &b);
		index++;
	}
}

void truncate_inode_pages_range(struct task *t, struct address_space *m, int64_t lstart,
				int64_t lend)
{
	uint64_t from = (uint64_t)lstart, to = (uint64_t)lend;
	uint64_t start = div_round_up(from, PAGE_SIZE);
	uint64_t end = lend == -1 ? UINT64_MAX : (to + 1) >> PAGE_SHIFT; /* exclusive */
	bool same_folio = from >> PAGE_SHIFT == to >> PAGE_SHIFT;
	struct page *folio;
	uint64_t any = 0;

	if (!xa_find(&m->i_pages, &any, UINT64_MAX))
		return;
	truncate_pass_nonblocking(t, m, start, end);
	folio = find_lock_folio(t, m, from >> PAGE_SHIFT);
	if (folio) {
		uint64_t next = folio->index + folio_nr_pages(folio);

		same_folio = to < next << PAGE_SHIFT;
		if (!truncate_inode_partial_folio(t, m, folio, from, to)) {
			start = next;
			if (same_folio)
				end = folio->index;
		}
		unlock_page(m->vm, folio);
		put_page(m->vm, t->cpu, folio);
	}
	folio = same_folio ? NULL : find_lock_folio(t, m, to >> PAGE_SHIFT);
	if (folio) {
		if (!truncate_inode_partial_folio(t, m, folio, from, to))
			end = folio->index;
		unlock_page(m->vm, folio);
		put_page(m->vm, t->cpu, folio);
	}
	truncate_pass_blocking(t, m, start, end);
}

/* --- by the names of its users --- */

void truncate_inode_pages(struct task *t, struct address_space *m, int64_t lstart)
{
	truncate_inode_pages_range(t, m, lstart, -1);
}

void truncate_inode_pages_final(struct task *t, struct address_space *m)
{
	m->flags |= AS_EXITING;
	truncate_inode_pages(t, m, 0);
}

void truncate_pagecache(struct task *t, struct inode *inode, int64_t newsize)
{
	struct address_space *m = &inode->mapping;
	int64_t hole = (int64_t)(div_round_up((uint64_t)newsize, PAGE_SIZE) << PAGE_SHIFT);

	/* private copies that are made meanwhile go with the second call */
	unmap_mapping_range(t, m, hole, 0, true);
	truncate_inode_pages(t, m, newsize);
	unmap_mapping_range(t, m, hole, 0, true);
}

void truncate_setsize(struct task *t, struct inode *inode, int64_t newsize)
{
	int64_t oldsize = (int64_t)inode->i_size;

	inode->i_size = (bytes_t)newsize;
	if (newsize > oldsize)
		pagecache_isize_extended(t, inode, oldsize, newsize);
	truncate_pagecache(t, inode, newsize);
}

void truncate_pagecache_range(struct task *t, struct inode *inode, int64_t lstart, int64_t lend)
{
	uint64_t start = div_round_up((uint64_t)lstart, PAGE_SIZE) << PAGE_SHIFT;
	uint64_t end = (((uint64_t)lend + 1) & ~(PAGE_SIZE - 1)) - 1; /* inclusive */

	if (end > start)
		unmap_mapping_range(t, &inode->mapping, (int64_t)start, (int64_t)(end + 1 - start),
				    false);
	truncate_inode_pages_range(t, &inode->mapping, lstart, lend);
}

void pagecache_isize_extended(struct task *t, struct inode *inode, int64_t from, int64_t to)
{
	(void)from;
	/* only blocks smaller than a page leave a part of it to be allocated by the next store */
	if ((uint64_t)to > inode->i_size)
		kernel_bug(t->sim, "pagecache_isize_extended: the file is not that long");
}
