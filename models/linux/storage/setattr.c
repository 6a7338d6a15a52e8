/*
 * setattr.c - files are cut, made longer, and get holes
 *
 * Size first, cache next, blocks last: nobody finds a page whose block is not
 * the file's any more.  The page that is cut is zeroed by the file system,
 * which makes it dirty: that block must be written.
 */
#include <errno.h>

#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

static uint64_t offset_in_page(uint64_t pos)
{
	return pos & (PAGE_SIZE - 1);
}

int do_truncate(struct task *t, struct inode *inode, int64_t length)
{
	uint64_t old, size = (uint64_t)length;
	int r = 0;

	if (length < 0 || inode->is_blkdev)
		return -EINVAL;
	if (inode->mapping.flags & AS_HUGETLB)
		return hugetlbfs_setattr(t, inode, size);
	if (shmem_mapping(&inode->mapping))
		return shmem_setattr(t, inode, size);
	inode_lock(t, inode);
	old = inode->i_size;
	if (inode->swapfile && size <= old) {
		inode_unlock(t, inode);
		return -ETXTBSY;
	}
	truncate_setsize(t, inode, length);
	if (size <= old && offset_in_page(size))
		r = block_zero_page_range(t, &inode->mapping, length,
					  PAGE_SIZE - offset_in_page(size));
	if (size <= old)
		file_free_blocks(inode, div_round_up(size, PAGE_SIZE), UINT64_MAX);
	inode_unlock(t, inode);
	return r;
}

/* What of the hole from start to end (exclusive) covers pages only in part: one or two pieces. */
static int zero_partial_blocks(struct task *t, struct inode *inode, uint64_t start, uint64_t end)
{
	struct address_space *m = &inode->mapping;
	uint64_t head = offset_in_page(start), tail = offset_in_page(end);
	int r = 0;

	if (start >> PAGE_SHIFT == (end - 1) >> PAGE_SHIFT && (head || tail))
		return block_zero_page_range(t, m, (int64_t)start, end - start);
	if (head)
		r = block_zero_page_range(t, m, (int64_t)start, PAGE_SIZE - head);
	if (r == 0 && tail)
		r = block_zero_page_range(t, m, (int64_t)(end - tail), tail);
	return r;
}

int vfs_punch_hole(struct task *t, struct inode *inode, int64_t offset, int64_t len)
{
	struct address_space *m = &inode->mapping;
	uint64_t start = (uint64_t)offset, end, first, last;
	int r;

	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (inode->swapfile)
		return -ETXTBSY;
	if (inode->is_blkdev)
		return -EOPNOTSUPP;
	if (len > INT64_MAX - offset)
		return -EFBIG;
	if (m->flags & AS_HUGETLB)
		return hugetlbfs_punch_hole(t, inode, start, start + (uint64_t)len);
	if (shmem_mapping(m))
		return shmem_punch_hole(t, inode, start, start + (uint64_t)len);
	if (xa_marked(&m->i_pages, PAGECACHE_TAG_DIRTY)) {
		r = filemap_write_and_wait_range(t, m, offset, offset + len - 1);
		if (r)
			return r;
	}
	inode_lock(t, inode);
	/* a hole that reaches over the end goes to the end of the last page */
	end = min_u64(start + (uint64_t)len, div_round_up(inode->i_size, PAGE_SIZE) << PAGE_SHIFT);
	if (start >= inode->i_size) {
		inode_unlock(t, inode);
		return 0;
	}
	first = div_round_up(start, PAGE_SIZE);
	last = end >> PAGE_SHIFT; /* exclusive */
	if (last > first)
		truncate_pagecache_range(t, inode, (int64_t)(first << PAGE_SHIFT),
					 (int64_t)(last << PAGE_SHIFT) - 1);
	r = zero_partial_blocks(t, inode, start, end);
	if (last > first)
		file_free_blocks(inode, first, last);
	inode_unlock(t, inode);
	return r;
}

int vfs_fallocate(struct task *t, struct inode *inode, bool keep_size, int64_t offset, int64_t len)
{
	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (inode->swapfile)
		return -ETXTBSY;
	if (len > INT64_MAX - offset)
		return -EFBIG;
	if (inode->mapping.flags & AS_HUGETLB)
		return hugetlbfs_fallocate(t, inode, keep_size, (uint64_t)offset, (uint64_t)len);
	if (!shmem_mapping(&inode->mapping))
		return -EOPNOTSUPP;
	return shmem_fallocate(t, inode, keep_size, (uint64_t)offset, (uint64_t)len);
}
