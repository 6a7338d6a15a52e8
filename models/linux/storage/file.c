/*
 * file.c - files: their size, their place on disk, and who has them open
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

/* --- the section "files" --- */

static const struct key file_keys[] = {
	{ .name = "name",
	  .type = KEY_NAME,
	  .offset = offsetof(struct file_conf, name),
	  .required = true,
	  .meaning = "what tasks call it" },
	{ .name = "disk",
	  .type = KEY_NAME,
	  .offset = offsetof(struct file_conf, disk),
	  .meaning = "the disk it lies on; of fs: tmpfs none" },
	{ .name = "size",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct file_conf, size),
	  .min = 0,
	  .max = INT64_MAX,
	  .meaning =
	      "its length at the beginning; all of it is on disk, none in the cache; of tmpfs "
	      "it is a hole" },
	{ .name = "raw",
	  .type = KEY_BOOL,
	  .offset = offsetof(struct file_conf, raw),
	  .meaning = "the device itself instead of a file on it" },
	{ .name = "extents",
	  .type = KEY_TABLE,
	  .offset = offsetof(struct file_conf, extents),
	  .min = 0,
	  .max = INT64_MAX,
	  .meaning = "where it lies: rows of [first page, pages, sector]; none: in one piece" },
	{ .name = "fs",
	  .type = KEY_ENUM,
	  .offset = offsetof(struct file_conf, fs),
	  .words = fs_words,
	  .def = "ext2",
	  .meaning = "the file system it lies on" },
	{ .name = "mount",
	  .type = KEY_NAME,
	  .offset = offsetof(struct file_conf, mount),
	  .meaning =
	      "the tmpfs it lies on: a name from linux.tmpfs; if there is one at most it need "
	      "not be said" },
};

enum { KEY_NAME_ROW, KEY_DISK, KEY_SIZE, KEY_RAW, KEY_EXTENTS, KEY_FS, KEY_MOUNT }; /* rows */

static const struct key_schema file_schema = {
	.name = "file",
	.keys = file_keys,
	.nr_keys = ARRAY_LEN(file_keys),
	.size = sizeof(struct file_conf),
	.seen = offsetof(struct file_conf, seen),
};

static struct place key_place(const struct file_conf *conf, int key)
{
	return conf->seen.at[conf->seen.written & 1ULL << key ? 1 + key : 0];
}

static const struct disk_conf *find_disk(const struct machine_conf *machine, const char *name)
{
	const struct disk_conf *disks = machine->disks.items;

	for (int i = 0; i < machine->disks.n; i++)
		if (strcmp(disks[i].name, name) == 0)
			return &disks[i];
	return NULL;
}

static void check_disk_name(struct diag *d, const struct machine_conf *machine,
			    const struct file_conf *conf)
{
	const struct disk_conf *disks = machine->disks.items;
	const char *names[64];
	size_t n = 0;

	if (find_disk(machine, conf->disk))
		return;
	for (; n < ARRAY_LEN(names) && (int)n < machine->disks.n; n++)
		names[n] = disks[n].name;

	const char *near = diag_nearest(conf->disk, names, n);

	if (near)
		diag_error(d, key_place(conf, 1), "no disk \"%s\"; did you mean \"%s\"?",
			   conf->disk, near);
	else
		diag_error(d, key_place(conf, 1),
			   "no disk \"%s\"; accepted: a name from machine.disks", conf->disk);
}

static bool given(const struct file_conf *conf, int key)
{
	return conf->seen.written >> key & 1;
}

/* Which of the mounts a file of tmpfs lies on. */
static void check_mount(struct diag *d, const struct linux_conf *boot, const struct file_conf *conf)
{
	const struct tmpfs_conf *mounts = boot->tmpfs.items;
	struct place at = key_place(conf, KEY_MOUNT);
	const char *names[64], *near;
	size_t n = 0;

	for (int i = 0; i < boot->tmpfs.n; i++) {
		if (!mounts[i].name)
			continue; /* reported by its rows */
		if (conf->mount && strcmp(mounts[i].name, conf->mount) == 0)
			return;
		if (n < ARRAY_LEN(names))
			names[n++] = mounts[i].name;
	}
	if (!conf->mount && n > 1)
		diag_error(d, key_place(conf, KEY_FS),
			   "there are several tmpfs; accepted: mount: with one of them, as \"%s\"",
			   names[0]);
	if (!conf->mount)
		return;
	near = diag_nearest(conf->mount, names, n);
	if (near)
		diag_error(d, at, "no tmpfs \"%s\"; did you mean \"%s\"?", conf->mount, near);
	else
		diag_error(d, at, "no tmpfs \"%s\"; accepted: a name from linux.tmpfs",
			   conf->mount);
}

/* Keys that speak of disks, and those that speak of tmpfs. */
static void check_where(struct diag *d, const struct scenario *sc, const struct file_conf *conf)
{
	const struct machine_conf *machine = scenario_section(sc, "machine");
	const struct linux_conf *boot = scenario_section(sc, "linux");

	if (conf->fs != FS_TMPFS) {
		if (conf->mount)
			diag_error(d, key_place(conf, KEY_MOUNT),
				   "mount of a file on a disk; accepted: of a file with fs: tmpfs");
		if (!conf->disk && !given(conf, KEY_DISK))
			diag_error(d, key_place(conf, KEY_DISK),
				   "key \"disk\" is missing in a file; accepted: a name from "
				   "machine.disks, or fs: tmpfs");
		else if (conf->disk && machine)
			check_disk_name(d, machine, conf);
		return;
	}
	if (given(conf, KEY_DISK))
		diag_error(d, key_place(conf, KEY_DISK),
			   "a file of tmpfs lies in memory; accepted: no disk");
	if (conf->extents.n)
		diag_error(d, key_place(conf, KEY_EXTENTS),
			   "a file of tmpfs lies in memory; accepted: no extents");
	if (boot)
		check_mount(d, boot, conf);
}

static void check_extents(struct diag *d, const struct file_conf *conf)
{
	int64_t next = 0;

	for (int i = 0; i < conf->extents.n; i++) {
		const struct key_ints *row = &conf->extents.rows[i];

		if (row->n != 3) {
			diag_error(
			    d, key_place(conf, 4),
			    "extent %d has %d numbers; accepted: [first page, pages, sector]", i,
			    row->n);
		} else if (row->v[1] < 1 || row->v[0] < next) {
			diag_error(
			    d, key_place(conf, 4),
			    "extent %d is empty or overlaps the one before; accepted: extents "
			    "in the order of their pages",
			    i);
		} else {
			next = row->v[0] + row->v[1];
		}
	}
}

/* Order of names, then of the file. */
static int compare_names(const void *a, const void *b)
{
	const struct file_conf *x = *(const struct file_conf *const *)a;
	const struct file_conf *y = *(const struct file_conf *const *)b;
	int r = strcmp(x->name, y->name);

	return r ? r : x < y ? -1 : x > y;
}

static void check_names(struct diag *d, const struct key_list *list)
{
	const struct file_conf *files = list->items;
	const struct file_conf **sorted = sim_calloc((size_t)list->n, sizeof(*sorted));
	size_t n = 0;

	for (int i = 0; i < list->n; i++)
		if (files[i].name)
			sorted[n++] = &files[i];
	qsort(sorted, n, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < n; i++)
		if (strcmp(sorted[i]->name, sorted[i - 1]->name) == 0)
			diag_error(d, key_place(sorted[i], 0),
				   "a file \"%s\" stands above; accepted: a name of its own",
				   sorted[i]->name);
	sim_free(sorted);
}

static void files_check(struct diag *d, const struct scenario *sc, const void *data)
{
	const struct key_list *list = data;
	const struct file_conf *files = list->items;

	check_names(d, list);
	for (int i = 0; i < list->n; i++) {
		if (!files[i].name)
			continue; /* reported by the rows */
		if (files[i].raw && files[i].size)
			diag_error(d, key_place(&files[i], 2),
				   "size of a raw device is that of the disk; accepted: no size");
		if (files[i].raw && files[i].seen.written & 1ULL << KEY_FS)
			diag_error(d, key_place(&files[i], KEY_FS),
				   "there is no file system on a raw device; accepted: no fs");
		check_where(d, sc, &files[i]);
		check_extents(d, &files[i]);
	}
}

const struct section files_section = {
	.name = "files",
	.schema = &file_schema,
	.list = true,
	.meaning = "files that tasks read and write",
	.check = files_check,
};

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
			diag_error(d, key_place(&files[i], 2),
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
	if (!--inode->nr_open && inode->unlinked) {
		inode->next_evict = task_struct(t)->evict;
		task_struct(t)->evict = inode;
	}
	if (inode->mapping.flags & AS_HUGETLB)
		hugetlb_file_release(t, f);
	sim_free(f);
}

struct inode *file_new_like(struct linux_vm *vm, const struct inode *old, const char *name)
{
	struct inode *inode;

	if (!shmem_mapping(&old->mapping))
		return inode_new(vm, name, old->bdi->id, (enum fs_type)(old->fs - file_systems));
	inode = tmpfs_new_inode_like(vm, old);
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
