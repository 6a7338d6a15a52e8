/*
 * fadvise.c - what programs say about how they will read
 */
#include <errno.h>

#include "models/linux/pagecache/filemap.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

/* Drops pages that are in the range as a whole; a part of a page at the end of the file counts. */
static void advise_dontneed(struct task *t, struct file *f, int64_t offset, int64_t endbyte)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = &f->inode->mapping;
	uint64_t start = div_round_up((uint64_t)offset, PAGE_SIZE);
	uint64_t end = (uint64_t)(endbyte >> PAGE_SHIFT);
	uint64_t failed = 0;

	sync_file_range(t, f, offset, endbyte < 0 ? 0 : endbyte + 1 - offset,
			SYNC_FILE_RANGE_WRITE);
	if (((uint64_t)endbyte & (PAGE_SIZE - 1)) != PAGE_SIZE - 1 &&
	    endbyte != (int64_t)f->inode->i_size - 1) {
		if (!end)
			return;
		end--;
	}
	if (end < start)
		return;
	lru_add_drain(vm, t->cpu);
	invalidate_mapping_pagevec(t, m, start, end, &failed);
	/* pages in the batches of other CPUs */
	if (failed) {
		lru_add_drain_all(vm);
		invalidate_mapping_pages(t, m, start, end);
	}
}

int generic_fadvise(struct task *t, struct file *f, int64_t offset, int64_t len,
		    enum fadvise_advice advice)
{
	struct address_space *m = &f->inode->mapping;
	/* negative: behind the largest place there is */
	int64_t behind = (int64_t)((uint64_t)offset + (uint64_t)len);
	uint64_t start, nr;
	int64_t endbyte; /* the last one; -1: no end */
	uint32_t ra_pages;

	if (len < 0)
		return -EINVAL;
	if (!f->inode->bdi) /* memory: heard, and no more */
		return advice > POSIX_FADV_NOREUSE ? -EINVAL : 0;
	ra_pages = queue_ra_pages(f->inode->bdi->q);
	endbyte = !len || behind < len ? -1 : behind - 1;
	switch (advice) {
	case POSIX_FADV_NORMAL:
		f->ra.ra_pages = ra_pages;
		f->mode &= ~(unsigned)FMODE_RANDOM;
		return 0;
	case POSIX_FADV_RANDOM:
		f->mode |= FMODE_RANDOM;
		return 0;
	case POSIX_FADV_SEQUENTIAL:
		f->ra.ra_pages = 2 * ra_pages;
		f->mode &= ~(unsigned)FMODE_RANDOM;
		return 0;
	case POSIX_FADV_WILLNEED:
		start = (uint64_t)(offset >> PAGE_SHIFT);
		nr = (uint64_t)(endbyte >> PAGE_SHIFT) - start + 1;
		force_page_cache_readahead(t, m, &f->ra, start, nr ? nr : UINT64_MAX);
		return 0;
	case POSIX_FADV_DONTNEED:
		advise_dontneed(t, f, offset, endbyte);
		return 0;
	case POSIX_FADV_NOREUSE:
		return 0;
	}
	return -EINVAL;
}

int64_t ksys_readahead(struct task *t, struct file *f, int64_t offset, bytes_t count)
{
	return generic_fadvise(t, f, offset, (int64_t)count, POSIX_FADV_WILLNEED);
}
