/*
 * shmem_inode.c - files of shared memory: made with a mapping, gone with the last one; those of a
 * tmpfs are made at boot and stay until they are unlinked
 *
 * mmap makes the file and maps it; fork and splitting use it once more; each unmapping once less.
 * The last use is given back while address spaces are being changed, so the file itself goes
 * afterwards, on the way back to the program (delayed_fput).
 *
 * Like:        Linux 6.1, mm/shmem.c (shmem_file_setup, shmem_evict_inode, accounting)
 */
#include <errno.h>

#include "models/linux/mappings/adopt.h"
#include "models/linux/mappings/shmem_inode.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"

/* --- promises --- */

int shmem_acct_block(struct task *t, struct shmem_inode_info *info)
{
	struct shmem_sb_info *sb = info->sbinfo;

	if (!info->noreserve)
		return 0;
	if (vm_enough_memory(task_vm(t), task_struct(t)->mm, 1))
		return -ENOSPC;
	if (sb && sb->max_blocks && sb->used_blocks >= (int64_t)sb->max_blocks) {
		vm_unacct_memory(task_vm(t), 1);
		return -ENOSPC;
	}
	if (sb)
		sb->used_blocks++;
	info->acct++;
	return 0;
}

void shmem_unacct_blocks(struct linux_vm *vm, struct shmem_inode_info *info, int64_t pages)
{
	if (!info->noreserve)
		return;
	info->acct -= pages;
	if (info->sbinfo)
		info->sbinfo->used_blocks -= pages;
	vm_unacct_memory(vm, pages);
}

void shmem_recalc_inode(struct linux_vm *vm, struct shmem_inode_info *info)
{
	uint64_t has = info->swapped + info->vfs_inode.mapping.nrpages;

	if (info->alloced <= has)
		return;
	shmem_unacct_blocks(vm, info, (int64_t)(info->alloced - has));
	info->alloced = has;
}

/* --- making --- */

/* A place in the table; the first that is free. */
static uint32_t shmem_table_add(struct linux_vm *vm, struct shmem_inode_info *info)
{
	struct shmem_table *table = vm->shmem;
	void *array;

	if (!table) {
		table = vm->shmem = sim_calloc(1, sizeof(*table));
		list_init(&table->swaplist);
	}
	for (int i = 0; i < table->n; i++) {
		if (!table->v[i]) {
			table->v[i] = info;
			return (uint32_t)i;
		}
	}
	array = table->v;
	sim_grow(&array, &table->cap, (size_t)table->n + 1, sizeof(struct shmem_inode_info *));
	table->v = array;
	table->v[table->n] = info;
	return (uint32_t)table->n++;
}

struct shmem_inode_info *shmem_get_inode(struct linux_vm *vm, bytes_t size)
{
	struct shmem_inode_info *info = sim_calloc(1, sizeof(*info));
	struct inode *inode = &info->vfs_inode;

	/* no shadow_node: its values are places in swap, which never go for want of memory */
	inode_init_always(vm, inode, &file_systems[FS_TMPFS]);
	inode->name = "dev/zero";
	inode->id = -1; /* of no file of the scenario */
	inode->i_size = size;
	inode->seals = F_SEAL_SEAL;
	inode->mapping.flags = AS_SHMEM;
	inode->mapping.id = AS_SHMEM_ID | shmem_table_add(vm, info);
	list_init(&info->swaplist);
	wait_queue_init(&info->eviction_wait);
	return info;
}

int shmem_file_setup(struct task *t, const struct mm_struct *mm, bytes_t len, unsigned flags,
		     struct file **out)
{
	struct linux_vm *vm = task_vm(t);
	int64_t pages = (int64_t)(len >> PAGE_SHIFT);
	bool noreserve = flags & VM_NORESERVE;
	struct shmem_inode_info *info;

	if (!noreserve && vm_enough_memory(vm, mm, pages))
		return -ENOMEM;
	info = shmem_get_inode(vm, len);
	info->noreserve = noreserve;
	info->acct = noreserve ? 0 : pages;
	info->vfs_inode.unlinked = true; /* it never had a name */
	*out = file_open(t, &info->vfs_inode);
	return 0;
}

struct file *shmem_adopt(struct task *t, bytes_t size)
{
	struct shmem_inode_info *info = shmem_get_inode(task_vm(t), size);

	info->noreserve = true; /* promised page by page, as files of a tmpfs are */
	return file_open(t, &info->vfs_inode);
}

struct address_space *shmem_mapping_by_id(const struct linux_vm *vm, uint32_t id)
{
	return &vm->shmem->v[id & ~AS_SHMEM_ID]->vfs_inode.mapping;
}

/* --- the end --- */

bool shmem_evict_inode(struct task *t, struct inode *inode)
{
	struct linux_vm *vm = task_vm(t);
	struct shmem_inode_info *info = SHMEM_I(inode);

	shmem_truncate_range(t, inode, 0, UINT64_MAX);
	while (info->stop_eviction)
		task_wait(t, &info->eviction_wait, FOREVER);
	if (list_linked(&info->swaplist))
		list_del(&info->swaplist);
	SIM_ASSERT(!inode->mapping.nrpages && !info->swapped && !info->alloced);
	SIM_ASSERT(list_empty(&inode->mapping.i_mmap));
	if (info->sbinfo) {
		SIM_ASSERT(!info->acct);
		return false;
	}
	vm_unacct_memory(vm, info->acct);
	vm->shmem->v[inode->mapping.id & ~AS_SHMEM_ID] = NULL;
	xa_destroy(&inode->mapping.i_pages);
	sim_free(info);
	return true;
}

void shmem_free_all(struct linux_vm *vm)
{
	if (vm->tmpfs)
		sim_free(vm->tmpfs->v);
	sim_free(vm->tmpfs);
	vm->tmpfs = NULL;
	if (!vm->shmem)
		return;
	for (int i = 0; i < vm->shmem->n; i++) {
		if (!vm->shmem->v[i])
			continue;
		xa_destroy(&vm->shmem->v[i]->vfs_inode.mapping.i_pages);
		sim_free(vm->shmem->v[i]->vfs_inode.old_name);
		sim_free(vm->shmem->v[i]);
	}
	sim_free(vm->shmem->v);
	sim_free(vm->shmem);
	vm->shmem = NULL;
}

/* --- sums and checks --- */

int64_t nr_shmem_pages(struct linux_vm *vm)
{
	int64_t n = 0;

	FOR_EACH_NODE (vm, node)
		n += node->nr_shmem;
	return n;
}

int64_t nr_shmem_swapped(const struct linux_vm *vm)
{
	int64_t n = 0;

	for (int i = 0; vm->shmem && i < vm->shmem->n; i++)
		if (vm->shmem->v[i])
			n += (int64_t)vm->shmem->v[i]->swapped;
	return n;
}

int64_t shmem_accounted(const struct linux_vm *vm)
{
	int64_t n = 0;

	for (int i = 0; vm->shmem && i < vm->shmem->n; i++)
		if (vm->shmem->v[i])
			n += vm->shmem->v[i]->acct;
	return n;
}

void shmem_for_each_place(const struct linux_vm *vm, shmem_place_fn *fn, void *arg)
{
	for (int i = 0; vm->shmem && i < vm->shmem->n; i++) {
		const struct shmem_inode_info *info = vm->shmem->v[i];
		uint64_t index = 0;
		xa_entry e;

		for (; info &&
		       (e = xa_find(&info->vfs_inode.mapping.i_pages, &index, UINT64_MAX)) != 0;
		     index++)
			if (xa_is_value(e) && e != SHMEM_SWAPIN_ERROR)
				fn(arg, radix_to_swp_entry(e));
	}
}

static void check_page(struct check *c, const struct address_space *m, const struct page *page,
		       uint64_t index)
{
	CHECK(c, page->mapping == m->id);
	CHECK(c, page->index == index);
	CHECK(c, page->refcount > 0);
	CHECK(c, (page->flags & PG_swapbacked) != 0);
	CHECK(c, !(page->flags & (PG_anon | PG_swapcache | PG_writeback)));
}

/* One file.  Returns its pages in memory. */
static int64_t check_inode(struct check *c, const struct shmem_inode_info *info)
{
	const struct address_space *m = &info->vfs_inode.mapping;
	uint64_t pages = 0, swapped = 0, index = 0;
	uint64_t size = div_round_up(info->vfs_inode.i_size, PAGE_SIZE);
	bool growing = info->noreserve && info->vfs_inode.i_rwsem.owner; /* a page, then the size */
	bool going = info->vfs_inode.unlinked && !info->vfs_inode.nr_open; /* from the end on */
	xa_entry e;

	CHECK(c, xa_check(&m->i_pages));
	for (; !c->failures && (e = xa_find(&m->i_pages, &index, UINT64_MAX)) != 0; index++) {
		CHECK(c, index < size || growing || going || index < info->fallocend);
		if (xa_is_value(e)) {
			swapped += e != SHMEM_SWAPIN_ERROR;
			continue;
		}
		check_page(c, m, mapping_page(m, e), index);
		pages++;
	}
	CHECK(c, pages == m->nrpages);
	CHECK(c, swapped == info->swapped);
	CHECK(c, info->alloced >= pages + swapped);
	CHECK(c, !swapped || list_linked(&info->swaplist));
	/* a page that is being made is promised already */
	CHECK(c, !info->noreserve || info->acct >= (int64_t)info->alloced);
	CHECK(c, info->noreserve || info->acct == (int64_t)(info->vfs_inode.i_size >> PAGE_SHIFT));
	CHECK(c, !info->sbinfo || info->noreserve);
	return (int64_t)pages;
}

/* What the files of a mount are given is what the mount has given. */
static void check_mount(struct check *c, const struct linux_vm *vm, const struct shmem_sb_info *sb)
{
	int64_t acct = 0;

	for (int i = 0; vm->shmem && i < vm->shmem->n; i++)
		if (vm->shmem->v[i] && vm->shmem->v[i]->sbinfo == sb)
			acct += vm->shmem->v[i]->acct;
	CHECK(c, acct == sb->used_blocks);
	CHECK(c, !sb->max_blocks || sb->used_blocks <= (int64_t)sb->max_blocks);
}

void shmem_check(struct check *c, struct linux_vm *vm, int64_t *pages)
{
	for (int i = 0; vm->tmpfs && i < vm->tmpfs->n; i++)
		check_mount(c, vm, &vm->tmpfs->v[i]);
	*pages = 0;
	for (int i = 0; vm->shmem && i < vm->shmem->n && !c->failures; i++)
		if (vm->shmem->v[i])
			*pages += check_inode(c, vm->shmem->v[i]);
	if (!c->failures)
		CHECK(c, *pages == nr_shmem_pages(vm));
}

/* --- samples --- */

static const struct metric shmem_rows[] = {
	{ "nr_shmem", METRIC_GAUGE, UNIT_PAGES, offsetof(struct shmem_stat, nr_shmem),
	  "pages of shared memory: of the page cache, but on the lists of anonymous pages" },
	{ "sim_shmem_swapped", METRIC_GAUGE, UNIT_PAGES,
	  offsetof(struct shmem_stat, sim_shmem_swapped), "pages of shared memory in swap" },
};

static int shmem_count(struct sim *s)
{
	(void)s;
	return 1;
}

/* Nothing before the first program shares memory. */
static const void *shmem_stat(struct sim *s, int i)
{
	struct linux_vm *vm = linux_vm(s);

	(void)i;
	if (!vm->shmem)
		return NULL;
	vm->shmem->stat.nr_shmem = nr_shmem_pages(vm);
	vm->shmem->stat.sim_shmem_swapped = nr_shmem_swapped(vm);
	return &vm->shmem->stat;
}

const struct metric_object shmem_metrics = {
	.name = "shmem",
	.table = "shmem_sample",
	.meaning = "memory that programs share, files on tmpfs included, at a sample; no rows "
		   "before there is some",
	.rows = shmem_rows,
	.nr_rows = ARRAY_LEN(shmem_rows),
	.count = shmem_count,
	.stat = shmem_stat,
};
