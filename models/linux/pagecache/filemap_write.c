/*
 * filemap_write.c - buffered writes
 *
 * Page by page: find or make the page, read what will not be overwritten, copy,
 * make it dirty, and ask whether the writer must slow down.
 */
#include <errno.h>

#include "models/linux/mappings/shmem.h"
#include "models/linux/pagecache/buffer_head.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/pagecache/direct_io.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/stall.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

struct mutex_waiter {
	struct wait_entry w;
	bool shared;
	bool granted; /* by who gave it back */
};

static bool mutex_take(struct mutex *lock, struct task *t, bool shared)
{
	if (lock->owner || (!shared && lock->readers))
		return false;
	if (shared)
		lock->readers++;
	else
		lock->owner = t;
	return true;
}

/* Hands the lock to those who wait, in their order, as far as they get on with each other. */
static int mutex_grant(struct sim *s, struct wait_entry *w, void *lock)
{
	struct mutex_waiter *mw = CONTAINER_OF(w, struct mutex_waiter, w);

	if (!mutex_take(lock, w->task, mw->shared))
		return -1;
	mw->granted = true;
	return wake_and_remove(s, w, NULL);
}

static void lock_or_wait(struct task *t, struct mutex *lock, bool shared, const char *what)
{
	struct mutex_waiter mw = { .shared = shared };

	if (!wait_queue_active(&lock->wait) && mutex_take(lock, t, shared))
		return;
	wait_entry_init(&mw.w, t);
	mw.w.fn = mutex_grant;

	enum stall_cause outer = stall_enter(t, STALL_LOCK);

	t->waits_for = what;
	t->waits_on = lock->owner;
	while (!mw.granted) {
		wait_prepare(&lock->wait, &mw.w, WAIT_EXCLUSIVE);
		task_block(t);
	}
	stall_leave(t, outer);
	t->waits_on = NULL;
	t->waits_for = NULL;
}

void mutex_lock(struct task *t, struct mutex *lock, const char *what)
{
	lock_or_wait(t, lock, false, what);
}

void mutex_unlock(struct task *t, struct mutex *lock)
{
	SIM_ASSERT(lock->owner == t);
	lock->owner = NULL;
	wake_up_key(t->sim, &lock->wait, 0, lock);
}

void inode_lock_shared(struct task *t, struct inode *inode)
{
	lock_or_wait(t, &inode->i_rwsem, true, "inode lock");
}

void inode_unlock_shared(struct task *t, struct inode *inode)
{
	struct mutex *lock = &inode->i_rwsem;

	SIM_ASSERT(lock->readers > 0);
	if (--lock->readers == 0)
		wake_up_key(t->sim, &lock->wait, 0, lock);
}

void inode_lock(struct task *t, struct inode *inode)
{
	mutex_lock(t, &inode->i_rwsem, "inode lock");
}

void inode_unlock(struct task *t, struct inode *inode)
{
	mutex_unlock(t, &inode->i_rwsem);
}

/* The page to write to, locked, with a reference, in the cache.  NULL: no memory. */
static struct page *write_begin_page(struct task *t, struct address_space *m, uint64_t index)
{
	return pagecache_get_page(t, m, index, FGP_LOCK | FGP_WRITE | FGP_CREAT | FGP_STABLE,
				  m->gfp_mask);
}

/*
 * Reads a page of which only a part will be overwritten.  Keeps it locked.  0, -EIO, -EAGAIN: it
 * was thrown out of the cache meanwhile.
 */
static int read_for_partial_write(struct task *t, struct address_space *m, struct page *page)
{
	uint32_t pfn = page_to_pfn(m->vm, page);

	read_pages(t, m, &pfn, 1, 0);
	lock_page(t, page);
	if (page->mapping != m->id)
		return -EAGAIN;
	return page->flags & PG_uptodate ? 0 : -EIO;
}

/* Whether the disk holds data for this page already. */
static bool page_on_disk(const struct inode *inode, uint64_t index)
{
	uint64_t sector;

	return index << PAGE_SHIFT < inode->i_size && file_find_block(inode, index, &sector);
}

/* *page: locked, with a reference, to be overwritten (partial: not all of it). */
static int write_begin(struct task *t, struct address_space *m, uint64_t index, bool partial,
		       struct page **page)
{
	struct linux_vm *vm = m->vm;
	int r;

	do {
		bool was_there = page_on_disk(m->host, index);

		r = file_prepare_block(vm, m->host, index);
		if (r)
			return r;
		*page = write_begin_page(t, m, index);
		if (!*page)
			return -ENOMEM;
		*page = page_folio(*page);
		if (m->host->fs->buffers)
			create_page_buffers(t, *page);
		if ((*page)->flags & PG_uptodate || (!partial && !((*page)->flags & PG_head)))
			return 0;
		if (!was_there) {
			task_run(t, (sim_time)vm->machine->cost.page_zero);
			return 0;
		}
		r = read_for_partial_write(t, m, *page);
		if (r) {
			unlock_page(vm, *page);
			put_page(vm, t->cpu, *page);
		}
	} while (r == -EAGAIN);
	return r;
}

static int write_one_chunk(struct task *t, struct file *f, int64_t pos, uint64_t bytes)
{
	struct inode *inode = f->inode;
	struct address_space *m = &inode->mapping;
	struct linux_vm *vm = m->vm;
	struct page *page;
	int r = shmem_mapping(m)
		    ? shmem_write_begin(t, inode, (uint64_t)pos >> PAGE_SHIFT,
					(uint64_t)pos + bytes, &page)
		    : write_begin(t, m, (uint64_t)pos >> PAGE_SHIFT, bytes < PAGE_SIZE, &page);

	if (r)
		return r;
	task_run(t, memory_cost(vm, t->cpu, page,
				(sim_time)vm->machine->cost.page_copy * bytes / PAGE_SIZE));
	if (!shmem_mapping(m))
		task_run(t, (sim_time)vm->machine->cost.page_write);
	if (shmem_mapping(m))
		shmem_write_end(t, page, bytes);
	page->flags |= PG_uptodate;
	set_page_dirty(t, page);
	if ((uint64_t)pos + bytes > inode->i_size)
		inode->i_size = (uint64_t)pos + bytes;
	unlock_page(vm, page);
	put_page(vm, t->cpu, page);
	return 0;
}

int block_zero_page_range(struct task *t, struct address_space *m, int64_t from, uint64_t length)
{
	struct linux_vm *vm = m->vm;
	uint64_t index = (uint64_t)from >> PAGE_SHIFT, sector;
	struct page *page;
	int r = 0;

	do {
		page = pagecache_get_page(t, m, index, FGP_LOCK, 0);
		/* a hole is zeroes already, unless what is to fill it waits in the cache */
		if (!page && !file_find_block(m->host, index, &sector))
			return 0;
		if (!page)
			page = pagecache_get_page(t, m, index, FGP_LOCK | FGP_ACCESSED | FGP_CREAT,
						  m->gfp_mask & ~__GFP_FS);
		if (!page)
			return -ENOMEM;
		page = page_folio(page);
		if (m->host->fs->buffers)
			create_page_buffers(t, page);
		r = page->flags & PG_uptodate ? 0 : read_for_partial_write(t, m, page);
		if (r == 0) {
			wait_for_stable_page(t, page);
			task_run(t, (sim_time)vm->machine->cost.page_zero * length / PAGE_SIZE);
			trace_sim_zero_partial(vm->sim, m->host->id, (int64_t)index,
					       from & (int64_t)(PAGE_SIZE - 1), (int64_t)length);
			/* zeroes that stand for a hole need no block */
			if (file_find_block(m->host, index, &sector))
				set_page_dirty(t, page);
		}
		unlock_page(vm, page);
		put_page(vm, t->cpu, page);
	} while (r == -EAGAIN);
	return r;
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
		if (inode->fs->iomap)
			balance_dirty_pages_ratelimited(t, &inode->mapping);
		r = write_one_chunk(t, f, pos, bytes);
		if (r)
			break;
		cond_resched(t);
		pos += (int64_t)bytes;
		done += (int64_t)bytes;
		count -= bytes;
		if (!inode->fs->iomap)
			balance_dirty_pages_ratelimited(t, &inode->mapping);
	}
	return done ? done : r;
}

/* The bytes that may be written at pos, or a negative errno value. */
static int64_t generic_write_checks(const struct file *f, int64_t pos, bytes_t count)
{
	uint64_t end = f->inode->is_blkdev ? f->inode->i_size : INT64_MAX;

	if (f->inode->swapfile)
		return -ETXTBSY;
	if (!count)
		return 0;
	if ((uint64_t)pos >= end)
		return f->inode->is_blkdev ? -ENOSPC : -EFBIG;
	return (int64_t)min_u64(count, end - (uint64_t)pos);
}

/* The part of a write, from done bytes on, that goes through the cache.  All bytes, or an error. */
static int64_t write_rest(struct task *t, struct file *f, int64_t pos, bytes_t count, int64_t done)
{
	struct address_space *m = &f->inode->mapping;
	int64_t from = pos + done, n, r;

	n = generic_perform_write(t, f, from, count - (bytes_t)done);
	if (n <= 0)
		return done ? done : n;
	if (!f->direct)
		return n;
	/* O_DIRECT: as if it had been written past the cache */
	r = filemap_write_and_wait_range(t, m, from, from + n - 1);
	if (r)
		return done ? done : r;
	invalidate_mapping_pages(t, m, (uint64_t)from >> PAGE_SHIFT,
				 (uint64_t)(from + n - 1) >> PAGE_SHIFT);
	return done + n;
}

int64_t __generic_file_write_iter(struct task *t, struct file *f, int64_t *pos, bytes_t count)
{
	int64_t done;

	if (!f->inode->is_blkdev && f->inode->i_rwsem.owner != t) {
		kernel_bug(t->sim,
			   "__generic_file_write_iter: the caller has not locked the inode");
		return -EINVAL;
	}
	if (f->inode->mapping.flags & AS_HUGETLB)
		return -EINVAL; /* it has no write */
	done = f->direct ? generic_file_direct_write(t, f, *pos, count) : 0;
	if (done >= 0 && (bytes_t)done < count)
		done = write_rest(t, f, *pos, count, done);
	if (done > 0)
		*pos += done;
	return done;
}

enum { UNLOCKED, SHARED, EXCLUSIVE };

/* O_DIRECT: who overwrites what is there shares the lock; on a device nobody takes it. */
static int lock_for_direct_write(struct task *t, struct inode *inode, int64_t pos, bytes_t count)
{
	if (inode->is_blkdev)
		return UNLOCKED;
	if (dio_overwrites(inode, pos, count)) {
		inode_lock_shared(t, inode);
		if (dio_overwrites(inode, pos, count))
			return SHARED;
		inode_unlock_shared(t, inode);
	}
	inode_lock(t, inode);
	return EXCLUSIVE;
}

static int64_t direct_write(struct task *t, struct file *f, int64_t *pos, bytes_t count)
{
	struct inode *inode = f->inode;
	int lock = lock_for_direct_write(t, inode, *pos, count);
	int64_t done = generic_file_direct_write(t, f, *pos, count);

	if (lock == SHARED)
		inode_unlock_shared(t, inode);
	if (done >= 0 && (bytes_t)done < count) {
		if (lock != EXCLUSIVE)
			inode_lock(t, inode);
		lock = EXCLUSIVE;
		done = write_rest(t, f, *pos, count, done);
	}
	if (lock == EXCLUSIVE)
		inode_unlock(t, inode);
	if (done > 0)
		*pos += done;
	return done;
}

int64_t generic_file_write_iter(struct task *t, struct file *f, int64_t *pos, bytes_t count)
{
	struct inode *inode = f->inode;
	int64_t done;

	if (inode->mapping.flags & AS_HUGETLB)
		return -EINVAL; /* it has no write */
	if (f->direct) {
		done = generic_write_checks(f, *pos, count);
		if (done > 0)
			done = direct_write(t, f, pos, (bytes_t)done);
	} else {
		/* writers of a device do not keep each other out, as those of a file do */
		if (!inode->is_blkdev)
			inode_lock(t, inode);
		done = generic_write_checks(f, *pos, count);
		if (done > 0)
			done = __generic_file_write_iter(t, f, pos, (bytes_t)done);
		if (!inode->is_blkdev)
			inode_unlock(t, inode);
	}
	if (done > 0) {
		if (f->sync) {
			int r = vfs_fsync_range(t, f, *pos - done, *pos - 1, false);

			if (r)
				return r;
		}
	}
	return done;
}
