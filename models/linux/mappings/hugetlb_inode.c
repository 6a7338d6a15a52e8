/*
 * hugetlb_inode.c - the file behind a mapping of huge pages, and what is sampled of them
 *
 * mmap makes the file and maps it, private or shared; fork and cutting use it once more; it goes
 * with the last mapping.  A shared mapping has its pages in the file: whoever maps it finds them.
 *
 * Like:        Linux 6.1, fs/hugetlbfs/inode.c (hugetlb_file_setup, hugetlbfs_evict_inode)
 */
#include <errno.h>
#include <string.h>

#include "models/linux/boot/boot.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"

/* --- making --- */

static struct inode *hugetlbfs_new_inode(struct linux_vm *vm, struct hstate *h, const char *name)
{
	struct hugetlbfs_inode_info *info = sim_calloc(1, sizeof(*info));
	struct inode *inode = &info->vfs_inode;

	inode_init_always(vm, inode, &file_systems[FS_HUGETLBFS]);
	inode->name = name;
	inode->id = -1; /* of no file of the scenario */
	inode->mapping.flags = AS_HUGETLB;
	info->h = h;
	info->mount = -1;
	inode->seals = F_SEAL_SEAL;
	info->resv = resv_map_alloc(0);
	list_init(&info->faults);
	wait_queue_init(&info->wait);
	list_add_tail(&info->link, &h->inodes);
	return inode;
}

struct hugepage_subpool *subpool_inode(const struct linux_vm *vm,
				       const struct hugetlbfs_inode_info *info)
{
	return info->mount < 0 ? NULL : &vm->hugetlbfs->v[info->mount].spool;
}

struct inode *hugetlbfs_new_named(struct linux_vm *vm, const char *mount, bytes_t size)
{
	struct hugetlbfs_sb_info *sb = hugetlbfs_find_mount(vm, mount);
	struct inode *inode = hugetlbfs_new_inode(vm, sb->spool.h, NULL);

	HUGETLBFS_I(inode)->mount = (int)(sb - vm->hugetlbfs->v);
	inode->i_size = size;
	return inode;
}

struct inode *hugetlbfs_new_like(struct linux_vm *vm, const struct inode *old)
{
	struct inode *inode = hugetlbfs_new_inode(vm, HUGETLBFS_I(old)->h, NULL);

	HUGETLBFS_I(inode)->mount = HUGETLBFS_I(old)->mount;
	return inode;
}

void hugetlbfs_grow(struct hugetlbfs_inode_info *info, uint64_t nr)
{
	if (nr <= info->nr)
		return;
	info->pages = sim_realloc(info->pages, (size_t)nr * sizeof(*info->pages));
	memset(info->pages + info->nr, 0, (size_t)(nr - info->nr) * sizeof(*info->pages));
	resv_map_grow(info->resv, nr);
	info->nr = nr;
}

struct file *hugetlb_file_setup(struct task *t, struct hstate *h, const char *name, bytes_t len)
{
	struct inode *inode = hugetlbfs_new_inode(h->vm, h, name);

	inode->unlinked = true; /* it goes with its last use */
	inode->i_size = len;
	h->used = true;
	return file_open(t, inode);
}

/* --- mapping --- */

int hugetlbfs_file_mmap(struct task *t, const struct file *f, uint64_t offset, bytes_t len,
			unsigned flags, struct resv_map **resv)
{
	struct hugetlbfs_inode_info *info = HUGETLBFS_I(f->inode);
	uint64_t from = offset >> huge_page_shift(info->h);
	uint64_t to = (offset + len) >> huge_page_shift(info->h);
	int error;

	if (offset + len > HUGETLBFS_MAX_BYTES)
		return -ENOMEM;
	info->h->used = true;
	inode_lock(t, f->inode);
	hugetlbfs_grow(info, to);
	if (f->shm) /* shmget has done so */
		flags |= VM_NORESERVE;
	error = hugetlb_reserve_pages(t, info, from, to, flags, resv);
	if (!error && (flags & VM_WRITE) && f->inode->i_size < offset + len)
		f->inode->i_size = offset + len;
	inode_unlock(t, f->inode);
	return error;
}

int mmap_hugetlb(struct task *t, struct hstate *h, uint64_t addr, bytes_t len, unsigned flags,
		 uint64_t *out)
{
	const bytes_t granule = huge_page_size(h);
	struct file *f =
	    hugetlb_file_setup(t, h, "anon_hugepage", (len + granule - 1) & ~(granule - 1));
	int error = do_mmap(t, f, addr, len, flags, 0, out);

	file_close(t, f); /* the mapping alone uses it */
	return error;
}

int hugetlb_reserve_file(struct task *t, struct file *f, bool noreserve)
{
	struct hugetlbfs_inode_info *info = HUGETLBFS_I(f->inode);
	uint64_t nr = f->inode->i_size >> huge_page_shift(info->h);
	struct resv_map *none;

	if (noreserve)
		return 0;
	if (f->inode->i_size > HUGETLBFS_MAX_BYTES)
		return -ENOMEM;
	hugetlbfs_grow(info, nr);
	return hugetlb_reserve_pages(t, info, 0, nr, VM_SHARED, &none);
}

/* --- its pages --- */

void hugetlb_add_to_page_cache(struct hugetlbfs_inode_info *info, uint64_t index, struct page *page)
{
	SIM_ASSERT(!info->pages[index] && info->filling);
	info->pages[index] = page_to_pfn(info->h->vm, page);
	info->nr_cached++;
	info->filling--;
	*hugetlb_page_flags(page) &= ~(uint32_t)HPG_restore_reserve;
	*hugetlb_page_flags(page) |= HPG_sim_cached;
	hugetlb_page_used(info->h, page);
	get_page(page);
}

/* --- the end --- */

uint64_t remove_inode_hugepages(struct linux_vm *vm, const struct cpu *cpu,
				struct hugetlbfs_inode_info *info, uint64_t first, uint64_t end)
{
	uint64_t freed = 0;

	for (uint64_t i = first; i < end && info->nr_cached; i++) {
		struct page *page = pfn_to_page(vm, info->pages[i]);

		if (!info->pages[i])
			continue;
		info->pages[i] = 0;
		info->nr_cached--;
		freed++;
		*hugetlb_page_flags(page) &= ~(uint32_t)HPG_sim_cached;
		put_page(vm, cpu, page);
	}
	return freed;
}

static void host_free(struct hugetlbfs_inode_info *info)
{
	list_del(&info->link);
	resv_map_put(info->resv);
	xa_destroy(&info->vfs_inode.mapping.i_pages);
	sim_free(info->pages);
	sim_free(info);
}

void hugetlbfs_evict_inode(struct task *t, struct inode *inode)
{
	struct hugetlbfs_inode_info *info = HUGETLBFS_I(inode);
	uint64_t freed = remove_inode_hugepages(info->h->vm, t->cpu, info, 0, info->nr);

	SIM_ASSERT(list_empty(&info->faults) && !info->filling);
	hugetlb_unreserve_pages(t, info, 0, info->nr, freed);
	if (inode->id < 0)
		host_free(info);
}

void hugetlb_free_all(struct linux_vm *vm)
{
	if (!vm->hugetlb)
		return;
	for (int i = 0; i < HUGE_MAX_HSTATE; i++) {
		LIST_FOR_EACH_SAFE (pos, next, &vm->hugetlb[i].inodes)
			host_free(LIST_ENTRY(pos, struct hugetlbfs_inode_info, link));
		memblock_free_list(&vm->hugetlb[i].boot_pages);
		sim_free(vm->hugetlb[i].node);
	}
	if (vm->hugetlbfs)
		sim_free(vm->hugetlbfs->v);
	sim_free(vm->hugetlbfs);
	vm->hugetlbfs = NULL;
	sim_free(vm->hugetlb);
	vm->hugetlb = NULL;
	vm->default_hstate = NULL;
}

/* --- samples --- */

static const struct metric hugetlb_rows[] = {
	{ "nr_hugepages", METRIC_GAUGE, UNIT_COUNT, offsetof(struct hugetlb_stat, nr_hugepages),
	  "huge pages of the pool, surplus ones included: HugePages_Total" },
	{ "free_hugepages", METRIC_GAUGE, UNIT_COUNT, offsetof(struct hugetlb_stat, free_hugepages),
	  "of these, used by nobody: HugePages_Free" },
	{ "resv_hugepages", METRIC_GAUGE, UNIT_COUNT, offsetof(struct hugetlb_stat, resv_hugepages),
	  "of the free ones, promised to mappings: HugePages_Rsvd" },
	{ "surplus_hugepages", METRIC_GAUGE, UNIT_COUNT,
	  offsetof(struct hugetlb_stat, surplus_hugepages),
	  "above vm.nr_hugepages, until they are freed: HugePages_Surp" },
	{ "htlb_buddy_alloc_success", METRIC_COUNTER, UNIT_COUNT,
	  offsetof(struct hugetlb_stat, htlb_buddy_alloc_success),
	  "huge pages that the page allocator gave to the pool" },
	{ "htlb_buddy_alloc_fail", METRIC_COUNTER, UNIT_COUNT,
	  offsetof(struct hugetlb_stat, htlb_buddy_alloc_fail),
	  "requests for one that it refused" },
};

static int hugetlb_count(struct sim *s)
{
	(void)s;
	return 1;
}

/* Nothing as long as nobody wants huge pages of the pool. */
static const void *hugetlb_sample(struct sim *s, int i)
{
	const struct hstate *h = linux_vm(s)->default_hstate;

	(void)i;
	return h && h->used ? &h->stat : NULL;
}

const struct metric_object hugetlb_metrics = {
	.name = "hugetlb",
	.table = "hugetlb_sample",
	.meaning =
	    "the pool of huge pages of the default size at a sample, as in /proc/meminfo; no rows "
	    "before it is used",
	.rows = hugetlb_rows,
	.nr_rows = ARRAY_LEN(hugetlb_rows),
	.count = hugetlb_count,
	.stat = hugetlb_sample,
};

static const struct metric hugetlb_node_rows[] = {
	{ "nr_hugepages", METRIC_GAUGE, UNIT_COUNT,
	  offsetof(struct hugetlb_node_stat, nr_hugepages),
	  "huge pages of the pool, surplus ones included" },
	{ "free_hugepages", METRIC_GAUGE, UNIT_COUNT,
	  offsetof(struct hugetlb_node_stat, free_hugepages), "of these, used by nobody" },
	{ "surplus_hugepages", METRIC_GAUGE, UNIT_COUNT,
	  offsetof(struct hugetlb_node_stat, surplus_hugepages), "above vm.nr_hugepages" },
};

static int hugetlb_node_count(struct sim *s)
{
	return linux_vm(s)->nr_nodes;
}

static const void *hugetlb_node_sample(struct sim *s, int i)
{
	const struct hstate *h = linux_vm(s)->default_hstate;

	return h && h->used && linux_vm(s)->nodes[i].online ? &h->node[i].stat : NULL;
}

static void hugetlb_node_key(struct sim *s, int i, union metric_key_value *keys)
{
	(void)s;
	keys[0].number = i;
}

const struct metric_object hugetlb_node_metrics = {
	.name = "hugetlb_node",
	.table = "hugetlb_node_sample",
	.meaning =
	    "the pool of huge pages of the default size of a node at a sample, as in meminfo "
	    "of the node",
	.keys = { { "node", false, "number of the node" } },
	.nr_keys = 1,
	.rows = hugetlb_node_rows,
	.nr_rows = ARRAY_LEN(hugetlb_node_rows),
	.count = hugetlb_node_count,
	.stat = hugetlb_node_sample,
	.key = hugetlb_node_key,
};

/* The rows of the machine without the events, which are of all pools. */
#define NR_HSTATE_ROWS 4

static int hstate_count(struct sim *s)
{
	(void)s;
	return HUGE_MAX_HSTATE;
}

/* Nothing of the default size, which has a table of its own. */
static const void *hstate_sample(struct sim *s, int i)
{
	const struct linux_vm *vm = linux_vm(s);
	const struct hstate *h = vm->hugetlb ? &vm->hugetlb[i] : NULL;

	return h && h->used && h != vm->default_hstate ? &h->stat : NULL;
}

static void hstate_key(struct sim *s, int i, union metric_key_value *keys)
{
	(void)s;
	keys[0].text = i == HSTATE_1G ? "1048576kB" : "2048kB";
}

const struct metric_object hstate_metrics = {
	.name = "hstate",
	.table = "hstate_sample",
	.meaning = "the pool of huge pages of the other size at a sample, as in "
		   "/sys/kernel/mm/hugepages; no rows before it is used",
	.keys = { { "size", true, "2048kB or 1048576kB" } },
	.nr_keys = 1,
	.rows = hugetlb_rows,
	.nr_rows = NR_HSTATE_ROWS,
	.count = hstate_count,
	.stat = hstate_sample,
	.key = hstate_key,
};

static const struct metric mm_hugetlb_rows[] = {
	{ "hugetlb_usage", METRIC_GAUGE, UNIT_PAGES, offsetof(struct mm_struct, hugetlb_usage),
	  "pages of the pool mapped, in pages of 4 KiB: HugetlbPages; not part of rss_anon" },
};

static int mm_count(struct sim *s)
{
	return linux_vm(s)->mms ? linux_vm(s)->mms->n : 0;
}

/* Those who have mapped huge pages of the pool. */
static const void *mm_sample(struct sim *s, int i)
{
	const struct mm_struct *mm = linux_vm(s)->mms->mm[i];

	return mm->exited || !mm->has_hugetlb ? NULL : mm;
}

static void mm_key(struct sim *s, int i, union metric_key_value *keys)
{
	const struct mm_struct *mm = linux_vm(s)->mms->mm[i];

	keys[0].text = mm->name;
	keys[1].number = mm->pid;
}

const struct metric_object mm_hugetlb_metrics = {
	.name = "mm_hugetlb",
	.table = "mm_hugetlb_sample",
	.meaning = "the huge pages of the pool that a task maps, at a sample, as in "
		   "/proc/<pid>/status",
	.keys = { { "task", true, "name of the task" }, { "pid", false, "its number" } },
	.nr_keys = 2,
	.rows = mm_hugetlb_rows,
	.nr_rows = ARRAY_LEN(mm_hugetlb_rows),
	.count = mm_count,
	.stat = mm_sample,
	.key = mm_key,
	.of_tasks = true,
};
