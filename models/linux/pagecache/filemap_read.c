/*
 * filemap_read.c - buffered reads
 *
 * A read goes over the cache in batches of up to 15 pages that follow each
 * other.  The batch ends before a missing page, and after one that is being
 * read or carries the readahead mark; only its last page needs attention.
 */
#include <errno.h>

#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/pagecache/direct_io.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/writeback/writeback.h"

struct page_batch {
	struct page *page[PAGEVEC_SIZE];
	int nr;
};

/* Collects pages from index on, each with a reference; see above where it ends. */
static void filemap_get_read_batch(struct address_space *m, uint64_t index, uint64_t last,
				   struct page_batch *b)
{
	struct xa_cursor c = { .xa = &m->i_pages };

	b->nr = 0;
	while (index < last && b->nr < PAGEVEC_SIZE) {
		xa_entry e = xa_cursor_load(&c, index);

		if (!e || xa_is_value(e))
			break;

		struct page *page = page_folio(mapping_page(m, e));

		page->refcount++;
		b->page[b->nr++] = page;
		index = page->index + folio_nr_pages(page);
		if (!(page->flags & PG_uptodate) || (page->flags & PG_readahead))
			break;
	}
}

/* A read meets a page that is missing, or in flight though it did not ask for it. */
static void note_found(struct file *f, uint64_t index, bool missing)
{
	if (f->found_index == index + 1)
		return; /* the second look at the same page */
	f->found_index = index + 1;
	f->found_missing = missing;
}

/* Each page that is delivered was found in one of three ways. */
static void count_read(struct linux_vm *vm, struct file *f, uint64_t index)
{
	if (f->found_index != index + 1)
		vm->stat.sim_read_hit_pages++;
	else if (f->found_missing)
		vm->stat.sim_read_miss_pages++;
	else
		vm->stat.sim_read_wait_pages++;
	if (f->found_index == index + 1)
		f->found_index = 0;
}

#define RETRY_LOOKUP 1

/* The last page of a batch is not up to date: it is in flight, or a read of it failed. */
static int filemap_update_page(struct task *t, struct file *f, struct address_space *m,
			       struct page *page)
{
	struct linux_vm *vm = m->vm;
	int r;

	if (!trylock_page(page)) {
		note_found(f, page->index, false);
		r = put_and_wait_on_page_locked(t, page);
		return r ? r : RETRY_LOOKUP;
	}
	if (!page->mapping) {
		unlock_page(vm, page);
		put_page(vm, t->cpu, page);
		return RETRY_LOOKUP;
	}
	if (page->flags & PG_uptodate) {
		unlock_page(vm, page);
		return 0;
	}
	r = filemap_read_page(t, f, mapping_read_page, NULL, page);
	if (r)
		put_page(vm, t->cpu, page);
	return r;
}

/* Readahead brought nothing (no memory): one page by itself. */
static int filemap_create_page(struct task *t, struct file *f, struct address_space *m,
			       uint64_t index, struct page_batch *b)
{
	struct linux_vm *vm = m->vm;
	struct page *page = page_cache_alloc(t, m, m->gfp_mask);

	if (!page)
		return -ENOMEM;
	if (add_to_page_cache_lru(t, page, m, index, m->gfp_mask)) {
		put_page(vm, t->cpu, page);
		return RETRY_LOOKUP;
	}

	int r = filemap_read_page(t, f, mapping_read_page, NULL, page);

	if (r) {
		put_page(vm, t->cpu, page);
		return r;
	}
	b->page[b->nr++] = page;
	return 0;
}

/* Fills b with pages that can be copied from; 0 or a negative errno value (then b is empty). */
static int filemap_get_pages(struct task *t, struct file *f, struct address_space *m, int64_t pos,
			     bytes_t count, struct page_batch *b)
{
	uint64_t index = (uint64_t)pos >> PAGE_SHIFT;
	uint64_t last = div_round_up((uint64_t)pos + count, PAGE_SIZE);

	for (;;) {
		if (t->killed)
			return -EINTR;
		filemap_get_read_batch(m, index, last, b);
		if (!b->nr) {
			note_found(f, index, true);
			page_cache_sync_readahead(t, m, &f->ra, f, index, last - index);
			filemap_get_read_batch(m, index, last, b);
		}
		if (!b->nr) {
			int r = filemap_create_page(t, f, m, index, b);

			if (r == RETRY_LOOKUP)
				continue;
			return r;
		}

		struct page *page = b->page[b->nr - 1];

		if (page->flags & PG_readahead)
			page_cache_async_readahead(t, m, &f->ra, f, page, page->index,
						   last - page->index);
		if (page->flags & PG_uptodate)
			return 0;
		int r = filemap_update_page(t, f, m, page);

		if (r == 0)
			return 0;
		b->nr--; /* the page's reference is gone */
		if (b->nr)
			return 0;
		if (r < 0)
			return r;
	}
}

/* Pages [index, last] of a folio have been delivered. */
static void count_delivered(struct linux_vm *vm, struct file *f, struct page *folio, uint64_t index,
			    uint64_t last)
{
	for (; index <= last; index++) {
		folio[index - folio->index].flags &= ~(uint32_t)PG_sim_unused;
		count_read(vm, f, index);
	}
}

/* A use of a page; the second one makes it active. */
static void use_page(struct task *t, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	bool second = (page->flags & (PG_referenced | PG_active | PG_unevictable)) == PG_referenced;

	mark_page_accessed(vm, t->cpu, page);
	if (second)
		task_run(t, (sim_time)vm->machine->cost.page_activate);
}

/* Copies from the batch; returns bytes copied. */
static int64_t copy_batch(struct task *t, struct file *f, int64_t *pos, bytes_t count,
			  const struct page_batch *b)
{
	struct linux_vm *vm = task_vm(t);
	const struct cost_table *cost = &vm->machine->cost;
	int64_t copied = 0;
	int64_t end = (int64_t)min_u64(f->inode->i_size, (uint64_t)*pos + count);

	for (int i = 0; i < b->nr && *pos < end; i++) {
		struct page *page = b->page[i];
		int shift = PAGE_SHIFT + folio_order(page);
		uint64_t size = 1ULL << shift, first = (uint64_t)*pos >> PAGE_SHIFT;
		uint64_t offset = (uint64_t)*pos & (size - 1);
		uint64_t bytes = min_u64(size - offset, (uint64_t)(end - *pos));

		/* further reads inside the folio read last are one use of it */
		if (i > 0 || (uint64_t)(f->ra.prev_pos - 1) >> shift != (uint64_t)*pos >> shift)
			use_page(t, page);
		task_run(t, (sim_time)cost->page_cache_lookup +
				memory_cost(vm, t->cpu, page,
					    (sim_time)cost->page_copy * bytes / PAGE_SIZE));
		*pos += (int64_t)bytes;
		copied += (int64_t)bytes;
		f->ra.prev_pos = *pos;
		count_delivered(vm, f, page, first, ((uint64_t)*pos - 1) >> PAGE_SHIFT);
	}
	vm->stat.sim_read_bytes += copied;
	return copied;
}

int64_t generic_file_read_iter(struct task *t, struct file *f, int64_t *pos, bytes_t count)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = &f->inode->mapping;
	int64_t done = 0;
	int r = 0;

	if (shmem_mapping(m))
		return shmem_file_read_iter(t, f, pos, count);
	if (m->flags & AS_HUGETLB)
		return hugetlbfs_read_iter(t, f, pos, count);
	/* a device ends where it ends; a file may be asked for more than it has */
	if (f->inode->is_blkdev) {
		if ((uint64_t)*pos >= f->inode->i_size)
			return 0;
		count = min_u64(count, f->inode->i_size - (uint64_t)*pos);
	}
	if (f->direct)
		return generic_file_direct_read(t, f, pos, count);
	while (count > 0 && (uint64_t)*pos < f->inode->i_size) {
		struct page_batch b;

		cond_resched(t);
		r = filemap_get_pages(t, f, m, *pos, count, &b);
		if (r < 0)
			break;

		int64_t copied = copy_batch(t, f, pos, count, &b);

		for (int i = 0; i < b.nr; i++)
			put_page(vm, t->cpu, b.page[i]);
		done += copied;
		count -= (bytes_t)copied;
		if (!copied)
			break;
	}
	return done ? done : r;
}
