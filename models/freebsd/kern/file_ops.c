/*
 * file_ops.c - files of the scenario, and what programs do with them
 */
#include <errno.h>
#include <string.h>

#include "models/freebsd/arg.h"
#include "models/freebsd/conf.h"
#include "models/freebsd/kern/file_ops.h"
#include "models/freebsd/kern/vfs_bio.h"
#include "models/freebsd/model_list.h"

/* --- vnodes --- */

static struct vnode *vnode_new(struct freebsd_vm *vm, const struct freebsd_file_conf *conf,
			       int disk)
{
	struct vnode *vp = sim_calloc(1, sizeof(*vp));

	vp->vm = vm;
	vp->name = conf->name;
	vp->id = vm->nr_vnodes;
	vp->disk = disk;
	vp->raw = conf->raw;
	vp->size = conf->raw ? (uint64_t)vm->machine->disks[disk].conf.size : (uint64_t)conf->size;
	xa_init(&vp->bufs);
	xa_init(&vp->contents);
	vp->as_at_boot = div_round_up(vp->size, FREEBSD_PAGE_SIZE);
	list_init(&vp->dirty);
	wait_queue_init(&vp->write_chan);
	wait_queue_init(&vp->lock_chan);
	vp->object = vm_object_allocate(vm, OBJT_VNODE, div_round_up(vp->size, FREEBSD_PAGE_SIZE));
	vp->object->vnode = vp;
	vp->object->ref_count = 0; /* only mappings count */
	vm->vnodes = sim_realloc(vm->vnodes, (size_t)(vm->nr_vnodes + 1) * sizeof(*vm->vnodes));
	vm->vnodes[vm->nr_vnodes++] = vp;
	return vp;
}

static void add_extents(struct vnode *vp, const struct key_rows *rows)
{
	vp->extents = sim_calloc((size_t)rows->n, sizeof(*vp->extents));
	vp->nr_extents = rows->n;
	for (int i = 0; i < rows->n; i++) {
		const int64_t *v = rows->rows[i].v;

		vp->extents[i] =
		    (struct vnode_extent){ (uint64_t)v[0], (uint64_t)v[1], (uint64_t)v[2] };
	}
}

bool vnodes_init(struct freebsd_vm *vm, const struct key_list *conf, struct diag *d)
{
	const struct freebsd_file_conf *files = conf->items;

	vm->disk_next = sim_calloc((size_t)vm->machine->nr_disks + 1, sizeof(*vm->disk_next));
	for (int i = 0; i < conf->n; i++) {
		int disk = 0;
		struct vnode *vp;
		uint64_t sectors;

		while (strcmp(vm->machine->disks[disk].name, files[i].disk) != 0)
			disk++;
		vp = vnode_new(vm, &files[i], disk);
		if (files[i].extents.n) {
			add_extents(vp, &files[i].extents);
			continue;
		}
		if (vp->raw || !vp->object->size)
			continue;
		sectors = (uint64_t)vm->machine->disks[disk].conf.size / SECTOR_SIZE;
		if (vp->object->size * SECTORS_PER_PAGE > sectors - vm->disk_next[disk]) {
			diag_error(d, files[i].seen.at[0],
				   "file \"%s\" does not fit on disk \"%s\"; accepted: a smaller "
				   "file, or machine.disks.size",
				   files[i].name, files[i].disk);
			return false;
		}
		vp->extents = sim_calloc(1, sizeof(*vp->extents));
		vp->extents[0] = (struct vnode_extent){ 0, vp->object->size, vm->disk_next[disk] };
		vp->nr_extents = 1;
		vm->disk_next[disk] += vp->object->size * SECTORS_PER_PAGE;
	}
	return true;
}

void vnodes_free(struct freebsd_vm *vm)
{
	LIST_FOR_EACH_SAFE (pos, next, &vm->files)
		sim_free(LIST_ENTRY(pos, struct freebsd_file, link));
	for (int i = 0; i < vm->nr_vnodes; i++) {
		xa_destroy(&vm->vnodes[i]->bufs);
		xa_destroy(&vm->vnodes[i]->contents);
		sim_free(vm->vnodes[i]->spare);
		sim_free(vm->vnodes[i]->extents);
		sim_free(vm->vnodes[i]);
	}
	sim_free(vm->vnodes);
	sim_free(vm->disk_next);
}

/* --- locks --- */

bool vn_trylock_shared(struct vnode *vp)
{
	if (vp->locked < 0 || vp->exclusive_wanted)
		return false;
	vp->locked++;
	return true;
}

void vn_lock(struct task *t, struct vnode *vp, bool exclusive)
{
	sim_time began = task_now(t);

	vp->exclusive_wanted += exclusive;
	while (exclusive ? vp->locked != 0 : !vn_trylock_shared(vp)) {
		tsleep(t, &vp->lock_chan, "ufs", 0);
		task_lost(t, exclusive ? LOSS_WRITE : LOSS_READ, began);
		began = task_now(t);
	}
	vp->exclusive_wanted -= exclusive;
	if (exclusive)
		vp->locked = -1;
}

void vn_unlock(struct vnode *vp)
{
	SIM_ASSERT(vp->locked);
	vp->locked = vp->locked < 0 ? 0 : vp->locked - 1;
	if (!vp->locked)
		wakeup(vp->vm->sim, &vp->lock_chan);
}

struct vnode *vnode_by_name(const struct freebsd_vm *vm, const char *name)
{
	for (int i = 0; i < vm->nr_vnodes; i++)
		if (strcmp(vm->vnodes[i]->name, name) == 0)
			return vm->vnodes[i];
	return NULL;
}

struct freebsd_file *freebsd_file_open(struct freebsd_vm *vm, struct vnode *vp)
{
	struct freebsd_file *f = sim_calloc(1, sizeof(*f));

	f->vp = vp;
	f->f_count = 1;
	f->seqcount = 1; /* what begins at 0 is taken for a little sequential */
	list_add_tail(&f->link, &vm->files);
	return f;
}

void freebsd_file_close(struct freebsd_file *f)
{
	if (--f->f_count)
		return;
	list_del(&f->link);
	sim_free(f);
}

/* --- calls --- */

static void enter(struct task *t)
{
	task_run(t, (sim_time)task_freebsd(t)->machine->cost.syscall);
}

static int64_t op_open(struct task *t, const struct args *a, struct result *r)
{
	const struct freebsd_file *by_name = a->file.ptr;
	struct freebsd_file *f = freebsd_file_open(task_freebsd(t), by_name->vp);

	f->sync = a->sync;
	f->direct = a->direct;
	enter(t);
	return give(r, f);
}

static int64_t op_close(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	enter(t);
	freebsd_file_close(a->file.ptr);
	return 0;
}

static int64_t op_read(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	enter(t);
	return vn_read(t, a->file.ptr, a->offset, a->len);
}

static int64_t op_fsync(struct task *t, const struct args *a, struct result *r)
{
	const struct freebsd_file *f = a->file.ptr;
	int error;

	(void)r;
	enter(t);
	vn_lock(t, f->vp, true);
	error = vn_fsync(t, f->vp, true);
	vn_unlock(f->vp);
	return error;
}

static int64_t op_write(struct task *t, const struct args *a, struct result *r)
{
	struct freebsd_file *f = a->file.ptr;
	int64_t n;

	enter(t);
	n = vn_write(t, f, a->offset, a->len);
	if (n > 0 && a->fsync_every && ++f->nr_writes % a->fsync_every == 0) {
		int64_t error = op_fsync(t, a, r);

		if (error)
			return error;
	}
	return n;
}

/* sync(2) of this kernel starts the writes and does not wait. */
static int64_t op_sync(struct task *t, const struct args *a, struct result *r)
{
	struct freebsd_vm *vm = task_freebsd(t);

	(void)a;
	(void)r;
	enter(t);
	for (int i = 0; i < vm->nr_vnodes; i++)
		(void)vn_fsync(t, vm->vnodes[i], false);
	return 0;
}

static int64_t op_truncate(struct task *t, const struct args *a, struct result *r)
{
	const struct freebsd_file *f = a->file.ptr;

	(void)r;
	enter(t);
	return vn_truncate(t, f->vp, a->size);
}

/* Calls that this kernel does not have: SIGSYS, or what the C library says instead. */
static int64_t op_no_call(struct task *t, const struct args *a, struct result *r)
{
	(void)a;
	(void)r;
	enter(t);
	return -ENOSYS;
}

/* There is no vm.drop_caches among the sysctls. */
static int64_t op_drop_caches(struct task *t, const struct args *a, struct result *r)
{
	(void)a;
	(void)r;
	enter(t);
	return -ENOENT;
}

static const struct op ops[] = {
	{ "open", "file, sync =, direct =", "file", op_open, OP_NO_IRQ,
	  "open a file: a place and a sequential count of its own" },
	{ "close", "file", NULL, op_close, OP_RELEASES, "close what open gave" },
	{ "read", "file, offset =, len =", NULL, op_read, OP_STREAM | OP_NO_IRQ,
	  "read(2) block by block through buffers; waits for what is not there" },
	{ "write", "file, offset =, len =, fsync_every =", NULL, op_write, OP_STREAM | OP_NO_IRQ,
	  "write(2) block by block into buffers; held back when too many are dirty" },
	{ "fsync", "file, datasync =", NULL, op_fsync, OP_NO_IRQ,
	  "write a file's dirty buffers and mapped pages and wait for them; -EIO: what failed once "
	  "failed again" },
	{ "sync", "", NULL, op_sync, OP_NO_IRQ, "start to write everything dirty" },
	{ "truncate", "file, size", NULL, op_truncate, OP_NO_IRQ,
	  "make a file shorter, or longer with a hole; -EINVAL: a raw device; -ENOSPC, -EIO: the "
	  "block it is to end in" },
	{ "fadvise", "file, advice, offset = 0, len = 0", NULL, op_no_call, OP_NO_IRQ,
	  "-ENOSYS: this kernel has no posix_fadvise(2); it came with 9.1" },
	{ "readahead", "file, offset = 0, len =", NULL, op_no_call, OP_NO_IRQ,
	  "-ENOSYS: this kernel has no readahead(2)" },
	{ "syncfs", "file", NULL, op_no_call, OP_NO_IRQ,
	  "-ENOSYS: this kernel has no syncfs(2); use fsync, or sync" },
	{ "sync_file_range", "file, offset = 0, len = 0, flags", NULL, op_no_call, OP_NO_IRQ,
	  "-ENOSYS: this kernel has no sync_file_range(2); use fsync" },
	{ "punch_hole", "file, offset, len", NULL, op_no_call, OP_NO_IRQ,
	  "-ENOSYS: files of this kernel get no holes but by truncate" },
	{ "drop_caches", "what = 1", NULL, op_drop_caches, OP_NO_IRQ,
	  "-ENOENT: this kernel has no such sysctl; pages of files go when memory is short" },
};

static const struct check_def checks[] = {
	{ "buffers", vfs_bio_check, "buffers, their pages, and how many are dirty" },
};

const struct model freebsd_file_model = {
	.name = "file",
	.ops = ops,
	.nr_ops = ARRAY_LEN(ops),
	.checks = checks,
	.nr_checks = ARRAY_LEN(checks),
};
