/*
 * truncate_ops.c - truncation and invalidation as calls of scenarios
 *
 * What programs call takes the locks that it needs.  The kernel's own functions
 * are called as they are: who holds which lock is the scenario's business.
 */
#include <errno.h>

#include "models/linux/model_list.h"
#include "models/linux/pagecache/cache_ops.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

static struct inode *inode_of(const struct args *a)
{
	return ((struct file *)a->file.ptr)->inode;
}

/* --- programs --- */

static void enter_kernel(struct task *t)
{
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
}

static int64_t op_truncate(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	enter_kernel(t);
	return do_truncate(t, inode_of(a), a->size);
}

static int64_t op_punch_hole(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	enter_kernel(t);
	return vfs_punch_hole(t, inode_of(a), a->offset, a->len);
}

static int64_t op_fallocate(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	enter_kernel(t);
	return vfs_fallocate(t, inode_of(a), a->keep_size, a->offset, a->len);
}

static int64_t op_sync_file_range(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	enter_kernel(t);
	return sync_file_range(t, a->file.ptr, a->offset, a->len, (unsigned)a->flags);
}

/* --- the kernel --- */

static int64_t op_truncate_inode_pages_range(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (is_bug(t, on_tmpfs(a), "truncate_inode_pages_range: " ON_TMPFS))
		return -EINVAL;
	truncate_inode_pages_range(t, mapping_of(a), a->lstart, a->lend);
	return 0;
}

static int64_t op_truncate_inode_pages(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (is_bug(t, on_tmpfs(a), "truncate_inode_pages: " ON_TMPFS))
		return -EINVAL;
	truncate_inode_pages(t, mapping_of(a), a->lstart);
	return 0;
}

static int64_t op_truncate_inode_pages_final(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (is_bug(t, on_tmpfs(a), "truncate_inode_pages_final: " ON_TMPFS))
		return -EINVAL;
	truncate_inode_pages_final(t, mapping_of(a));
	return 0;
}

static int64_t op_truncate_pagecache(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (is_bug(t, on_tmpfs(a), "truncate_pagecache: " ON_TMPFS))
		return -EINVAL;
	truncate_pagecache(t, inode_of(a), a->newsize);
	return 0;
}

static int64_t op_truncate_setsize(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (is_bug(t, on_tmpfs(a), "truncate_setsize: " ON_TMPFS))
		return -EINVAL;
	if (inode_of(a)->is_blkdev) {
		kernel_bug(t->sim, "truncate_setsize: the size of a device is that of its disk");
		return -EINVAL;
	}
	truncate_setsize(t, inode_of(a), a->newsize);
	return 0;
}

static int64_t op_truncate_pagecache_range(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (is_bug(t, on_tmpfs(a), "truncate_pagecache_range: " ON_TMPFS))
		return -EINVAL;
	truncate_pagecache_range(t, inode_of(a), a->lstart, a->lend);
	return 0;
}

static int64_t op_pagecache_isize_extended(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	pagecache_isize_extended(t, inode_of(a), a->from, a->to);
	return 0;
}

static int64_t op_invalidate_mapping_pages(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return (int64_t)invalidate_mapping_pages(t, mapping_of(a), (uint64_t)a->start,
						 (uint64_t)a->end);
}

static int64_t op_invalidate_inode_pages2_range(struct task *t, const struct args *a,
						struct result *r)
{
	(void)r;
	return invalidate_inode_pages2_range(t, mapping_of(a), (uint64_t)a->start,
					     (uint64_t)a->end);
}

static int64_t op_invalidate_inode_pages2(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return invalidate_inode_pages2(t, mapping_of(a));
}

static int64_t op_try_to_release_page(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (is_bug(t, !a->page.ptr, "try_to_release_page: no page"))
		return 0;
	return try_to_release_page(task_vm(t), a->page.ptr, (gfp_t)a->gfp);
}

#define LAST_PAGE "9223372036854775807"

static const struct op truncate_ops[] = {
	{ "truncate", "file, size", NULL, op_truncate, OP_NO_IRQ,
	  "ftruncate(2): cut a file, or make it longer by a hole" },
	{ "punch_hole", "file, offset, len", NULL, op_punch_hole, OP_NO_IRQ,
	  "fallocate(2) with FALLOC_FL_PUNCH_HOLE: a part becomes a hole, the size stays" },
	{ "fallocate", "file, offset = 0, len, keep_size =", NULL, op_fallocate, OP_NO_IRQ,
	  "fallocate(2): pages for a part of a file on tmpfs, which grows to hold it; on disks "
	  "-EOPNOTSUPP" },
	{ "sync_file_range", "file, offset = 0, len = 0, flags", NULL, op_sync_file_range,
	  OP_NO_IRQ, "sync_file_range(2); len 0: to the end" },
	{ "truncate_inode_pages_range", "file, lstart, lend = -1", NULL,
	  op_truncate_inode_pages_range, OP_NO_IRQ,
	  "remove the pages of a range, waiting for whoever uses them; the ends are zeroed" },
	{ "truncate_inode_pages", "file, lstart", NULL, op_truncate_inode_pages, OP_NO_IRQ,
	  "the same to the end of the file" },
	{ "truncate_inode_pages_final", "file", NULL, op_truncate_inode_pages_final, OP_NO_IRQ,
	  "the same for all of a file that goes; from now on it gets no shadows" },
	{ "truncate_pagecache", "file, newsize", NULL, op_truncate_pagecache, OP_NO_IRQ,
	  "unmap and remove what lies behind a size that is set already" },
	{ "truncate_setsize", "file, newsize", NULL, op_truncate_setsize, OP_NO_IRQ,
	  "set the size and remove what lies behind it; blocks stay" },
	{ "truncate_pagecache_range", "file, lstart, lend = -1", NULL, op_truncate_pagecache_range,
	  OP_NO_IRQ, "unmap and remove the pages of a hole" },
	{ "pagecache_isize_extended", "file, from, to", NULL, op_pagecache_isize_extended,
	  OP_NO_IRQ, "the size has grown; nothing where blocks are as large as pages" },
	{ "invalidate_mapping_pages", "file, start = 0, end = " LAST_PAGE, NULL,
	  op_invalidate_mapping_pages, OP_NO_IRQ,
	  "drop clean pages of start..end that nobody uses, and shadows; how many went" },
	{ "invalidate_inode_pages2_range", "file, start = 0, end = " LAST_PAGE, NULL,
	  op_invalidate_inode_pages2_range, OP_NO_IRQ,
	  "drop all pages of start..end; -EBUSY if some are dirty" },
	{ "invalidate_inode_pages2", "file", NULL, op_invalidate_inode_pages2, OP_NO_IRQ,
	  "the same for the whole file" },
	{ "try_to_release_page", "page, gfp = GFP_KERNEL", NULL, op_try_to_release_page, 0,
	  "whether the file system lets go of a locked page: 1 or 0" },
};

const struct model truncate_model = {
	.name = "truncate",
	.ops = truncate_ops,
	.nr_ops = ARRAY_LEN(truncate_ops),
};
