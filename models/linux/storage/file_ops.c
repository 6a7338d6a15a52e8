/*
 * file_ops.c - what programs do with files, as calls of scenarios
 */
#include <errno.h>

#include "models/linux/arg.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/model_list.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

static const struct metric_object *const metrics[] = { &file_metrics, NULL };

/* --- calls of programs --- */

const struct key_word fadvise_words[] = {
	{ "normal", 0, "no particular order" },
	{ "random", 1, "readahead off: only the pages asked for" },
	{ "sequential", 2, "windows twice as large" },
	{ "willneed", 3, "read the range now" },
	{ "dontneed", 4, "write and drop the range" },
	{ "noreuse", 5, "nothing" },
	{ NULL, 0, NULL },
};

static int64_t op_open(struct task *t, const struct args *a, struct result *r)
{
	const struct file *before = a->file.ptr;
	struct inode *inode = before ? before->inode : do_open_name(t, a->file.name, a->create);
	struct file *f;

	if (!inode) {
		task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
		return -ENOENT;
	}
	if (a->direct && (inode->mapping.flags & (AS_SHMEM | AS_HUGETLB))) {
		task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
		return -EINVAL;
	}
	f = file_open(t, inode);
	f->sync = a->sync;
	f->direct = a->direct;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return give(r, f);
}

static int64_t op_close(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	file_close(t, a->file.ptr);
	delayed_fput(t);
	return 0;
}

static int64_t op_unlink(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	/* what the program has by this name is given back with it */
	if (a->file.ptr)
		file_close(t, a->file.ptr);

	int error = do_unlink(t, a->file.name);

	delayed_fput(t);
	return error;
}

static int64_t op_read(struct task *t, const struct args *a, struct result *r)
{
	int64_t pos = a->offset;

	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return generic_file_read_iter(t, a->file.ptr, &pos, (bytes_t)a->len);
}

static int64_t op_write(struct task *t, const struct args *a, struct result *r)
{
	struct file *f = a->file.ptr;
	int64_t pos = a->offset;

	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);

	int64_t n = generic_file_write_iter(t, f, &pos, (bytes_t)a->len);

	if (n > 0 && a->fsync_every && ++f->nr_writes % a->fsync_every == 0) {
		int err = vfs_fsync(t, f, false);

		if (err)
			return err;
	}
	return n;
}

static int64_t op_fsync(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return vfs_fsync(t, a->file.ptr, a->datasync);
}

static int64_t op_syncfs(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return ksys_syncfs(t, a->file.ptr);
}

static int64_t op_sync(struct task *t, const struct args *a, struct result *r)
{
	(void)a;
	(void)r;
	ksys_sync(t);
	return 0;
}

static int64_t op_fadvise(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return generic_fadvise(t, a->file.ptr, a->offset, a->len, (enum fadvise_advice)a->advice);
}

static int64_t op_readahead(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return ksys_readahead(t, a->file.ptr, a->offset, (bytes_t)a->len);
}

static int64_t op_drop_caches(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (a->what & 1)
		drop_pagecache(t);
	if (a->what & 2)
		drop_slab(t);
	return 0;
}

static const struct op file_ops[] = {
	{ "open", "file, sync =, direct =, create =", "file", op_open, OP_NO_IRQ | OP_NAMES,
	  "open a file: a readahead state of its own; -ENOENT: it was unlinked" },
	{ "close", "file", NULL, op_close, OP_RELEASES, "close what open gave" },
	{ "unlink", "file", NULL, op_unlink, OP_NO_IRQ | OP_RELEASES | OP_NAMES,
	  "unlink(2): the name goes, and with its last user the file: pages are dropped, also "
	  "dirty ones; -ENOENT; -EPERM: swap is on it" },
	{ "read", "file, offset =, len =", NULL, op_read, OP_STREAM | OP_NO_IRQ,
	  "read(2) block by block through the page cache; waits for what is not there" },
	{ "write", "file, offset =, len =, fsync_every =", NULL, op_write, OP_STREAM | OP_NO_IRQ,
	  "write(2) block by block into the page cache; held back when too much is dirty" },
	{ "fsync", "file, datasync =", NULL, op_fsync, OP_NO_IRQ,
	  "write a file's dirty pages and wait for them" },
	{ "sync", "", NULL, op_sync, OP_NO_IRQ, "write everything dirty and wait for it" },
	{ "syncfs", "file", NULL, op_syncfs, OP_NO_IRQ,
	  "the same for the device of a file; tells of errors of any file of it since the last "
	  "time" },
	{ "fadvise", "file, advice, offset = 0, len = 0", NULL, op_fadvise, OP_NO_IRQ,
	  "posix_fadvise(2); len 0: to the end" },
	{ "readahead", "file, offset = 0, len =", NULL, op_readahead, OP_NO_IRQ,
	  "readahead(2): read the range now, at most a request of the device or a window; does "
	  "not wait" },
	{ "drop_caches", "what = 1", NULL, op_drop_caches, OP_NO_IRQ,
	  "drop clean pages of all files, as a write to /proc/sys/vm/drop_caches" },
};

static const struct check_def file_checks[] = {
	{ "page_cache", filemap_check, "indices, marks and counters of the page cache" },
};

const struct model file_model = {
	.name = "file",
	.ops = file_ops,
	.nr_ops = ARRAY_LEN(file_ops),
	.checks = file_checks,
	.nr_checks = ARRAY_LEN(file_checks),
	.metrics = metrics,
};
