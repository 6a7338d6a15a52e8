/*
 * filemap_write.c - buffered writes
 *
 * Page by page: find or make the page, read what will not be overwritten, copy,
 * make it dirty, and ask whether the writer must slow down.
 */
#include <errno.h>

#include "models/linux/pagecache/filemap.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

void mutex_lock(struct task *t, struct mutex *lock, const char *what)
{
	struct wait_entry w;

	if (!lock->owner) {
		lock->owner = t;
		return;
	}
	wait_entry_init(&w, t);
	t->waits_for = what;
	for (;;) {
		wait_prepare(&lock->wait, &w, WAIT_EXCLUSIVE);
		if (lock->owner == t)
			break; /* it was handed over */
		task_block(t);
	}
	t->waits_for = NULL;
	wait_finish(&w);
}

void mutex_unlock(struct task *t, struct mutex *lock)
{
	struct wait_queue *q = &lock->wait;

	SIM_ASSERT(lock->owner == t);
	lock->owner = NULL;
	if (wait_queue_active(q)) {
		struct wait_entry *w = LIST_FIRST(&q->head, struct wait_entry, link);

		lock->owner = w->task;
		wake_up(t->sim, q);
	}
}

void inode_lock(struct task *t, struct inode *inode)
{
	mutex_lock(t, &inode->i_rwsem, "inode lock");
}

void inode_unlock(struct task *t, struct inode *inode)
{
	mutex_unlock(t, &inode->i_rwsem);
}

/* The page to write to, locked, with a reference, in the cache.  0 or a negative errno value. */
static int write_begin_page(struct task *t, struct address_space *m, uint64_t index,
			    struct page **out)
{
	struct linux_vm *vm = m->vm;
	gfp_t gfp = m->gfp_mask | __GFP_WRITE;

	for (;;) {
		struct page *page = find_get_page(m, index);

		if (page) {
			lock_page(t, page);
			if (page->mapping != m->id || page->index != index) {
				unlock_page(vm, page);
				put_page(vm, t->cpu, page);
				continue;
			}
			task_run(t, (sim_time)vm->machine->cost.page_cache_lookup);
			wait_for_stable_page(t, page);
			*out = page;
			return 0;
		}
		page = page_cache_alloc(t, m, gfp);
		if (!page)
			return -ENOMEM;

		int r = add_to_page_cache_lru(t, page, m, index, gfp);

		if (r == 0) {
			*out = page;
			return 0;
		}
		put_page(vm, t->cpu, page);
		if (r != -EEXIST)
			return r;
	}
}

/* Reads a page of which only a part will be overwritten.  Keeps it locked. */
static int read_for_partial_write(struct task *t, struct address_space *m, struct page *page)
{
	uint32_t pfn = page_to_pfn(m->vm, page);

	read_pages(t, m, &pfn, 1, 0);
	lock_page(t, page);
	return page->flags & PG_uptodate ? 0 : -EIO;
}

/* Whether the disk holds data for this page already. */
static bool page_on_disk(const struct inode *inode, uint64_t index)
{
	uint64_t sector, n;

	return index << PAGE_SHIFT < inode->i_size && file_map_block(inode, index, &sector, &n);
}

static int write_one_chunk(struct task *t, struct file *f, int64_t pos, uint64_t bytes)
{
	struct inode *inode = f->inode;
	struct address_space *m = &inode->mapping;
	struct linux_vm *vm = m->vm;
	const struct cost_table *cost = &vm->machine->cost;
	uint64_t index = (uint64_t)pos >> PAGE_SHIFT;
	struct page *page;
	int r;

	if (!inode->is_blkdev) {
		bool was_there = page_on_disk(inode, index);

		r = file_allocate_block(vm, inode, index);
		if (r)
			return r;
		r = write_begin_page(t, m, index, &page);
		if (r)
			return r;
		if (bytes < PAGE_SIZE && !(page->flags & PG_uptodate) && !was_there)
			task_run(t, (sim_time)cost->page_zero);
		else if (bytes < PAGE_SIZE && !(page->flags & PG_uptodate))
			r = read_for_partial_write(t, m, page);
	} else {
		r = write_begin_page(t, m, index, &page);
		if (r)
			return r;
		if (bytes < PAGE_SIZE && !(page->flags & PG_uptodate))
			r = read_for_partial_write(t, m, page);
	}
	if (r) {
		unlock_page(vm, page);
		put_page(vm, t->cpu, page);
		return r;
	}
	task_run(t, (sim_time)cost->page_copy * bytes / PAGE_SIZE);
	page->flags |= PG_uptodate;
	set_page_dirty(t, page);
	if ((uint64_t)pos + bytes > inode->i_size)
		inode->i_size = (uint64_t)pos + bytes;
	unlock_page(vm, page);
	put_page(vm, t->cpu, page);
	return 0;
}

static int64_t generic_perform_write(struct task *t, struct file *f, int64_t pos, bytes_t count)
{
	struct inode *inode = f->inode;
	int64_t done = 0;
	int r = 0;

	while (count > 0) {
		uint64_t bytes = min_u64(PAGE_SIZE - ((uint64_t)pos & (PAGE_SIZE - 1)), count);

		if (t->killed) {
			r = -EINTR;
			break;
		}
		r = write_one_chunk(t, f, pos, bytes);
		if (r)
			break;
		cond_resched(t);
		pos += (int64_t)bytes;
		done += (int64_t)bytes;
		count -= bytes;
		balance_dirty_pages_ratelimited(t, &inode->mapping);
	}
	return done ? done : r;
}

int64_t generic_file_write_iter(struct task *t, struct file *f, int64_t *pos, bytes_t count)
{
	struct inode *inode = f->inode;
	int64_t done;

	if (inode->is_blkdev) {
		if ((uint64_t)*pos >= inode->i_size)
			return -ENOSPC;
		count = min_u64(count, inode->i_size - (uint64_t)*pos);
	}
	inode_lock(t, inode);
	done = generic_perform_write(t, f, *pos, count);
	inode_unlock(t, inode);
	if (done > 0) {
		*pos += done;
		if (f->sync) {
			int r = vfs_fsync_range(t, f, *pos - done, *pos - 1, false);

			if (r)
				return r;
		}
	}
	return done;
}
