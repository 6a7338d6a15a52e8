/*
 * file.c - files: their size, their place on disk, and who has them open
 *
 * What a scenario says of them is read in file_conf.c.
 */
#include <stdlib.h>
#include <string.h>

#include "models/linux/conf.h"
#include "models/linux/ipc/shm.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
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

		if (files[i].fs == FS_HUGETLBFS) {
			files_add(vm->files,
				  hugetlbfs_new_named(vm, files[i].mount, (bytes_t)files[i].size),
				  files[i].name);
			continue;
		}
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
		if (files[i].extents.rows || !pages)
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
		if (vm->files->inodes[i]->mapping.flags & AS_HUGETLB) {
			sim_free(vm->files->inodes[i]->old_name);
			continue; /* hugetlb_free_all */
		}
		xa_destroy(&vm->files->inodes[i]->mapping.i_pages);
		file_free_extents(vm->files->inodes[i]);
		sim_free(vm->files->inodes[i]->old_name);
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
		if (!vm->files->inodes[i]->unlinked &&
		    strcmp(vm->files->inodes[i]->name, name) == 0)
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
	struct inode *inode = f->inode;

	SIM_ASSERT(f->f_count > 0);
	if (--f->f_count) {
		if (f->shm)
			shm_close(t, f);
		return; /* a mapping still shows it */
	}
	list_del(&f->link);
	sim_free(f);
	if (--inode->nr_open || !inode->unlinked)
		return;
	if ((inode->mapping.flags & AS_HUGETLB) && inode->id < 0) {
		hugetlbfs_evict_inode(t, inode);
		return;
	}
	inode->next_evict = task_struct(t)->evict;
	task_struct(t)->evict = inode;
}

struct inode *file_new_like(struct linux_vm *vm, const struct inode *old, const char *name)
{
	struct inode *inode;

	if (!shmem_mapping(&old->mapping) && !(old->mapping.flags & AS_HUGETLB))
		return inode_new(vm, name, old->bdi->id, (enum fs_type)(old->fs - file_systems));
	inode = shmem_mapping(&old->mapping) ? tmpfs_new_inode_like(vm, old)
					     : hugetlbfs_new_like(vm, old);
	files_add(vm->files, inode, name);
	return inode;
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
	if (inode->mapping.flags & AS_HUGETLB)
		inode->stat.nr_pages =
		    (int64_t)(HUGETLBFS_I(inode)->nr_cached << HUGETLBFS_I(inode)->h->order);
	inode->stat.size = (int64_t)inode->i_size;
	return &inode->stat;
}

static void file_key(struct sim *s, int i, union metric_key_value *keys)
{
	const struct inode *inode = linux_vm(s)->files->inodes[i];

	keys[0].text = inode->old_name ? inode->old_name : inode->name;
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
