/*
 * shmem_file.c - files in memory as programs use them: read, written, cut, allocated
 *
 * A write is generic_file_write_iter of all files, with pages from shmem_get_folio; nobody is held
 * back, for nothing is to be written to a disk.  What was never written has no page: a read of it
 * copies zeroes and leaves it a hole.
 *
 *	page:   0          1          2          3
 *	      +----------+----------+----------+----------+
 *	      |       000|  whole   |  whole   |0000      |     a hole from start to end
 *	      +----------+----------+----------+----------+
 *	              start                        end
 *
 * Like:        Linux 6.1, mm/shmem.c
 */
#include <errno.h>

#include "models/linux/mappings/shmem_inode.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

static uint64_t offset_in_page(uint64_t pos)
{
	return pos & (PAGE_SIZE - 1);
}

/* --- reading and writing --- */

/* The part of a page that is before the end of the file, as that is now. */
static uint64_t bytes_in_file(const struct inode *inode, uint64_t pos, bytes_t count)
{
	if (pos >= inode->i_size)
		return 0;
	return min_u64(min_u64(PAGE_SIZE - offset_in_page(pos), count), inode->i_size - pos);
}

/* Up to the end of a page.  Bytes read, 0 at the end of the file, -EIO, -ENOMEM. */
static int64_t read_one_page(struct task *t, struct inode *inode, uint64_t pos, bytes_t count)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t index = pos >> PAGE_SHIFT, bytes;
	bool in_swap = xa_is_value(xa_load(&inode->mapping.i_pages, index));
	sim_time cost = (sim_time)vm->machine->cost.page_copy;
	struct page *page;
	int error = shmem_get_folio(t, inode, index, &page, SGP_READ, NULL);

	if (error)
		return error == -EINVAL ? 0 : error;
	if (page)
		unlock_page(vm, page);
	bytes = bytes_in_file(inode, pos, count); /* it may have been cut */
	if (page && bytes && !offset_in_page(pos))
		mark_page_accessed(vm, t->cpu, page);
	if (page)
		cost = memory_cost(vm, t->cpu, page, cost);
	task_run(t, cost * bytes / PAGE_SIZE);
	if (page && bytes && in_swap)
		vm->stat.sim_read_miss_pages++;
	else if (page && bytes)
		vm->stat.sim_read_hit_pages++;
	if (page)
		put_page(vm, t->cpu, page);
	return (int64_t)bytes;
}

int64_t shmem_file_read_iter(struct task *t, struct file *f, int64_t *pos, bytes_t count)
{
	int64_t done = 0, n = 0;

	while (count && bytes_in_file(f->inode, (uint64_t)*pos, count)) {
		n = read_one_page(t, f->inode, (uint64_t)*pos, count);
		if (n <= 0)
			break;
		*pos += n;
		done += n;
		count -= (bytes_t)n;
		cond_resched(t);
	}
	task_vm(t)->stat.sim_read_bytes += done;
	return done ? done : n;
}

int shmem_write_begin(struct task *t, struct inode *inode, uint64_t index, uint64_t end,
		      struct page **out)
{
	if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if ((inode->seals & F_SEAL_GROW) && end > inode->i_size)
		return -EPERM;
	return shmem_get_folio(t, inode, index, out, SGP_WRITE, NULL);
}

void shmem_write_end(struct task *t, struct page *page, uint64_t bytes)
{
	struct linux_vm *vm = task_vm(t);

	if (!(page->flags & PG_uptodate) && bytes < PAGE_SIZE)
		task_run(t, memory_cost(vm, t->cpu, page,
					(sim_time)vm->machine->cost.page_zero *
					    (PAGE_SIZE - bytes) / PAGE_SIZE));
}

/* --- cutting --- */

/* A part of a page becomes zeroes; it comes back from swap for that.  A hole stays one. */
static void zero_partial(struct task *t, struct inode *inode, uint64_t from, uint64_t length)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page;

	/* what cannot be read stays as unreadable as it is */
	if (shmem_get_folio(t, inode, from >> PAGE_SHIFT, &page, SGP_READ, NULL) || !page)
		return;
	wait_on_page_writeback(t, page);
	task_run(t, (sim_time)vm->machine->cost.page_zero * length / PAGE_SIZE);
	trace_sim_zero_partial(vm->sim, inode->id, (int64_t)(from >> PAGE_SHIFT),
			       (int64_t)offset_in_page(from), (int64_t)length);
	set_page_dirty(t, page);
	unlock_page(vm, page);
	put_page(vm, t->cpu, page);
}

/* Bytes start.. below end cease to exist; end UINT64_MAX: to the end of the file. */
static void cut_range(struct task *t, struct inode *inode, uint64_t start, uint64_t end)
{
	uint64_t head = offset_in_page(start), tail = offset_in_page(end);
	uint64_t first = div_round_up(start, PAGE_SIZE), last = end >> PAGE_SHIFT;

	if (end == UINT64_MAX) {
		shmem_truncate_range(t, inode, first, UINT64_MAX);
		if (head)
			zero_partial(t, inode, start, PAGE_SIZE - head);
		return;
	}
	if (first < last)
		shmem_truncate_range(t, inode, first, last);
	if (first > last) { /* inside of one page */
		zero_partial(t, inode, start, end - start);
		return;
	}
	if (head)
		zero_partial(t, inode, start, PAGE_SIZE - head);
	if (tail)
		zero_partial(t, inode, end - tail, tail);
}

int shmem_setattr(struct task *t, struct inode *inode, uint64_t newsize)
{
	uint64_t hole = div_round_up(newsize, PAGE_SIZE) << PAGE_SHIFT, oldsize;

	inode_lock(t, inode);
	if (seals_forbid_size(inode, newsize)) {
		inode_unlock(t, inode);
		return -EPERM;
	}
	oldsize = inode->i_size;
	inode->i_size = newsize;
	if (newsize <= oldsize) {
		if (oldsize > hole)
			unmap_mapping_range(t, &inode->mapping, (int64_t)hole, 0, true);
		if (SHMEM_I(inode)->alloced)
			cut_range(t, inode, newsize, UINT64_MAX);
		/* private copies that were made meanwhile */
		if (oldsize > hole)
			unmap_mapping_range(t, &inode->mapping, (int64_t)hole, 0, true);
	}
	inode_unlock(t, inode);
	return 0;
}

int shmem_punch_hole(struct task *t, struct inode *inode, uint64_t start, uint64_t end)
{
	uint64_t first = div_round_up(start, PAGE_SIZE), last = end >> PAGE_SHIFT;

	inode_lock(t, inode);
	if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) {
		inode_unlock(t, inode);
		return -EPERM;
	}
	if (first < last)
		unmap_mapping_pages(t, &inode->mapping, first, last - first, false);
	cut_range(t, inode, start, end);
	inode_unlock(t, inode);
	return 0;
}

/* --- allocating --- */

/* Pages start.. below end, those that are missing made.  0, -ENOSPC, -ENOMEM, -EINTR, -EIO. */
static int allocate_pages(struct task *t, struct inode *inode, uint64_t start, uint64_t end)
{
	struct linux_vm *vm = task_vm(t);
	struct shmem_falloc falloc = { .start = start, .next = start };
	struct shmem_inode_info *info = SHMEM_I(inode);
	int error = 0;

	info->falloc = &falloc;
	info->fallocend = max_u64(info->fallocend, end);
	for (uint64_t index = start; index < end && !error; index++) {
		struct page *page;

		if (t->killed)
			error = -EINTR;
		else if (falloc.nr_unswapped > falloc.nr_falloced)
			error = -ENOMEM; /* reclaim wants back what is being made */
		else
			error = shmem_get_folio(t, inode, index, &page, SGP_FALLOC, NULL);
		if (error)
			break;
		if (!(page->flags & PG_uptodate))
			falloc.nr_falloced += index + 1 - falloc.next;
		falloc.next = index + 1;
		set_page_dirty(t, page); /* so that reclaim swaps it instead of freeing it */
		unlock_page(vm, page);
		put_page(vm, t->cpu, page);
		cond_resched(t);
	}
	if (error)
		shmem_undo_falloc(t, inode, start, falloc.next);
	info->falloc = NULL;
	return error;
}

int shmem_fallocate(struct task *t, struct inode *inode, bool keep_size, uint64_t offset,
		    uint64_t len)
{
	const struct shmem_sb_info *sb = SHMEM_I(inode)->sbinfo;
	uint64_t start = offset >> PAGE_SHIFT, end = div_round_up(offset + len, PAGE_SIZE);
	int error;

	inode_lock(t, inode);
	/* what can never fit is not even begun */
	if ((inode->seals & F_SEAL_GROW) && offset + len > inode->i_size)
		error = -EPERM;
	else if (sb && sb->max_blocks && end - start > sb->max_blocks)
		error = -ENOSPC;
	else
		error = allocate_pages(t, inode, start, end);
	if (!error && !keep_size && offset + len > inode->i_size)
		inode->i_size = offset + len;
	inode_unlock(t, inode);
	return error;
}
