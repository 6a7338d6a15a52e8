/*
 * file.c - files: their size, their place on disk, and what programs do with them
 *
 * What a scenario says of them is read in file_conf.c.
 */
#include <errno.h>
#include <string.h>

#include "models/linux/arg.h"
#include "models/linux/conf.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

/* --- inodes --- */

static void files_add(struct file_table *ft, struct inode *inode, const char *name)
{
	inode->name = name;
	inode->id = ft->n;
	ft->inodes = sim_realloc(ft->inodes, (size_t)(ft->n + 1) * sizeof(*ft->inodes));
	ft->inodes[ft->n++] = inode;
}

void inode_init_always(struct linux_vm *vm, struct inode *inode, const struct file_system *fs)
{
	struct address_space *m = &inode->mapping;

	inode->fs = fs;
	m->host = inode;
	m->vm = vm;
	m->gfp_mask = fs->gfp_mask;
	xa_init(&m->i_pages);
	m->i_pages.new_node = slab_index_node;
	m->i_pages.free_node = slab_index_node_gone;
	list_init(&m->i_mmap);
	wait_queue_init(&inode->i_rwsem.wait);
	wait_queue_init(&inode->i_sync_wait);
	list_init(&inode->i_io_list);
	list_init(&inode->i_wb_list);
}

static struct inode *inode_new(struct linux_vm *vm, const char *name, int disk, enum fs_type type)
{
	struct file_table *ft = vm->files;
	struct inode *inode = sim_calloc(1, sizeof(*inode));

	inode_init_always(vm, inode, &file_systems[type]);
	inode->bdi = disk_bdi(vm, disk);
	inode->mapping.id = (uint32_t)ft->n + 1;
	inode->mapping.i_pages.shadow_node = workingset_update_node;
	if (inode->fs->large_folios)
		inode->mapping.flags |= AS_LARGE_FOLIO_SUPPORT;
	if (queue_stable_writes(inode->bdi->q))
		inode->mapping.flags |= AS_STABLE_WRITES;
	if (!inode->fs->writepage)
		inode->mapping.flags |= AS_NO_WRITEPAGE;
	files_add(ft, inode, name);
	return inode;
}

bool files_init(struct linux_vm *vm, const struct key_list *conf, struct diag *d)
{
	const struct file_conf *files = conf->items;
	bool ok = true;

	vm->files = sim_calloc(1, sizeof(*vm->files));
	vm->files->disk_next =
	    sim_calloc((size_t)max_s64(vm->machine->nr_disks, 1), sizeof(uint64_t));
	list_init(&vm->files->open_files);
	for (int i = 0; i < conf->n; i++) {
		int disk = 0;

		if (files[i].fs == FS_TMPFS) {
			files_add(vm->files,
				  tmpfs_new_inode(vm, files[i].mount, (bytes_t)files[i].size),
				  files[i].name);
			continue;
		}
		while (strcmp(vm->machine->disks[disk].name, files[i].disk) != 0)
			disk++;

		enum fs_type type = files[i].raw ? FS_BLKDEV : (enum fs_type)files[i].fs;
		struct inode *inode = inode_new(vm, files[i].name, disk, type);
		uint64_t pages = div_round_up((uint64_t)files[i].size, PAGE_SIZE);

		if (files[i].raw) {
			inode->is_blkdev = true;
			inode->i_size = (uint64_t)vm->machine->disks[disk].conf.size;
			continue;
		}
		inode->i_size = (uint64_t)files[i].size;
		for (int e = 0; e < files[i].extents.n; e++) {
			const int64_t *v = files[i].extents.rows[e].v;

			file_add_extent(inode, (uint64_t)v[0], (uint64_t)v[1], (uint64_t)v[2]);
		}
		if (files[i].extents.n || !pages)
			continue;
		if (pages * SECTORS_PER_PAGE >
		    disk_sectors(vm, disk) - vm->files->disk_next[disk]) {
			diag_error(d, file_size_place(&files[i]),
				   "file \"%s\" does not fit on disk \"%s\"; accepted: a smaller "
				   "file, or machine.disks.size",
				   files[i].name, files[i].disk);
			ok = false;
			continue;
		}
		file_add_extent(inode, 0, pages, vm->files->disk_next[disk]);
		vm->files->disk_next[disk] += pages * SECTORS_PER_PAGE;
	}
	return ok;
}

void files_free(struct linux_vm *vm)
{
	if (!vm->files)
		return;
	LIST_FOR_EACH_SAFE (pos, next, &vm->files->open_files) {
		struct file *f = LIST_ENTRY(pos, struct file, link);

		list_del(&f->link);
		sim_free(f);
	}
	for (int i = 0; i < vm->files->n; i++) {
		if (shmem_mapping(&vm->files->inodes[i]->mapping))
			continue; /* shmem_free_all */
		xa_destroy(&vm->files->inodes[i]->mapping.i_pages);
		file_free_extents(vm->files->inodes[i]);
		sim_free(vm->files->inodes[i]);
	}
	sim_free(vm->files->inodes);
	sim_free(vm->files->disk_next);
	sim_free(vm->files);
	vm->files = NULL;
}

struct inode *file_by_name(struct linux_vm *vm, const char *name)
{
	for (int i = 0; i < vm->files->n; i++)
		if (strcmp(vm->files->inodes[i]->name, name) == 0)
			return vm->files->inodes[i];
	return NULL;
}

struct file *file_open(struct task *t, struct inode *inode)
{
	struct linux_vm *vm = task_vm(t);
	struct file *f = sim_calloc(1, sizeof(*f));

	f->inode = inode;
	f->f_count = 1;
	f->f_wb_err = errseq_sample(&inode->mapping.wb_err);
	if (inode->bdi)
		f->f_sb_err = errseq_sample(&inode->bdi->s_wb_err);
	inode->nr_open++;
	file_ra_state_init(&f->ra, inode);
	list_add_tail(&f->link, &vm->files->open_files);
	return f;
}

void file_close(struct task *t, struct file *f)
{
	SIM_ASSERT(f->f_count > 0);
	if (--f->f_count)
		return; /* a mapping still shows it */
	f->inode->nr_open--;
	list_del(&f->link);
	if (f->inode->mapping.flags & AS_SHMEM)
		shmem_file_release(t, f);
	if (f->inode->mapping.flags & AS_HUGETLB)
		hugetlb_file_release(t, f);
	sim_free(f);
}

/* --- samples --- */

static const struct metric file_metric_rows[] = {
#define ZONE_METRIC(n, k, u, m)
#define NODE_METRIC(n, k, u, m)
#define VM_METRIC(n, k, u, m)
#define BDI_METRIC(n, k, u, m)
#define FILE_METRIC(n, k, u, m) { #n, METRIC_##k, UNIT_##u, offsetof(struct file_stat, n), m },
#include "models/linux/metric.def"
#undef ZONE_METRIC
#undef NODE_METRIC
#undef VM_METRIC
#undef BDI_METRIC
#undef FILE_METRIC
};

static int file_count(struct sim *s)
{
	return linux_vm(s)->files->n;
}

static const void *file_stat(struct sim *s, int i)
{
	struct inode *inode = linux_vm(s)->files->inodes[i];

	inode->stat.nr_pages = (int64_t)inode->mapping.nrpages;
	inode->stat.size = (int64_t)inode->i_size;
	return &inode->stat;
}

static void file_key(struct sim *s, int i, union metric_key_value *keys)
{
	keys[0].text = linux_vm(s)->files->inodes[i]->name;
}

const struct metric_object file_metrics = {
	.name = "file",
	.table = "file_sample",
	.meaning = "a file of the scenario at a sample",
	.keys = { { "name", true, "of the file" } },
	.nr_keys = 1,
	.rows = file_metric_rows,
	.nr_rows = ARRAY_LEN(file_metric_rows),
	.count = file_count,
	.stat = file_stat,
	.key = file_key,
};

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
	struct inode *inode = ((struct file *)a->file.ptr)->inode;
	struct file *f;

	if (a->direct && shmem_mapping(&inode->mapping)) {
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
	return 0;
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
	{ "open", "file, sync =, direct =", "file", op_open, OP_NO_IRQ,
	  "open a file: a readahead state of its own" },
	{ "close", "file", NULL, op_close, OP_RELEASES, "close what open gave" },
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
