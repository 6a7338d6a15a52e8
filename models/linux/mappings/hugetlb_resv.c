/*
 * hugetlb_resv.c - which place of which mapping has a page of the pool reserved
 *
 *	                 no bit                         bit
 *	private, owner   a page is reserved             it was taken
 *	shared           nothing is reserved            a page is reserved, or in the file
 *
 * A child of fork is no owner: it has no claim to what its parent reserved, nor has who mapped with
 * MAP_NORESERVE.
 */
#include <errno.h>
#include <string.h>

#include "models/linux/mappings/hugetlb.h"
#include "models/linux/task.h"

/* --- maps --- */

struct resv_map *resv_map_alloc(uint64_t nr)
{
	struct resv_map *map = sim_calloc(1, sizeof(*map));

	map->refs = 1;
	map->nr = nr;
	map->place = sim_calloc((size_t)div_round_up(nr, 64), sizeof(*map->place));
	return map;
}

void resv_map_grow(struct resv_map *map, uint64_t nr)
{
	size_t had = (size_t)div_round_up(map->nr, 64), has = (size_t)div_round_up(nr, 64);

	if (nr <= map->nr)
		return;
	map->place = sim_realloc(map->place, has * sizeof(*map->place));
	memset(map->place + had, 0, (has - had) * sizeof(*map->place));
	map->nr = nr;
}

void resv_map_put(struct resv_map *map)
{
	if (!map || --map->refs)
		return;
	sim_free(map->place);
	sim_free(map);
}

static bool region_has(const struct resv_map *map, uint64_t at)
{
	SIM_ASSERT(at < map->nr);
	return map->place[at / 64] >> (at % 64) & 1;
}

static void region_set(struct resv_map *map, uint64_t at, bool set)
{
	uint64_t bit = 1ULL << (at % 64);

	SIM_ASSERT(at < map->nr);
	map->place[at / 64] = set ? map->place[at / 64] | bit : map->place[at / 64] & ~bit;
}

uint64_t region_count(const struct resv_map *map, uint64_t from, uint64_t to)
{
	uint64_t n = 0;

	for (uint64_t at = from; at < to; at++)
		n += region_has(map, at);
	return n;
}

void region_add(struct resv_map *map, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at++)
		region_set(map, at, true);
}

uint64_t region_del(struct resv_map *map, uint64_t from, uint64_t to)
{
	uint64_t n = region_count(map, from, to);

	for (uint64_t at = from; at < to; at++)
		region_set(map, at, false);
	return n;
}

/* --- one place --- */

static struct resv_map *vma_resv_map(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_SHARED ? HUGETLBFS_I(vma->vm_file->inode)->resv : vma->resv;
}

/* Nothing is reserved for the place: a page must be free besides. */
static bool vma_needs_reservation(const struct vm_area_struct *vma, uint64_t addr)
{
	const struct resv_map *map = vma_resv_map(vma);

	if (!map)
		return true;
	return region_has(map, vma_hugecache_offset(vma, addr)) == !(vma->vm_flags & VM_SHARED);
}

bool vma_has_reserves(const struct vm_area_struct *vma, bool chg)
{
	if (vma->vm_flags & VM_SHARED)
		return !chg;
	return !(vma->vm_flags & VM_NORESERVE) && vma->resv && !chg;
}

struct page *alloc_huge_page(struct task *t, struct vm_area_struct *vma, uint64_t addr,
			     bool avoid_reserve)
{
	struct resv_map *map = vma_resv_map(vma);
	struct hugetlbfs_inode_info *info = HUGETLBFS_I(vma->vm_file->inode);
	struct hugepage_subpool *spool = subpool_inode(task_vm(t), info);
	bool chg = avoid_reserve || vma_needs_reservation(vma, addr);
	int64_t gbl_chg = chg ? hugepage_subpool_get_pages(spool, 1) : 0;
	struct page *page;

	if (gbl_chg < 0)
		return NULL;
	info->h->handed += chg - gbl_chg;
	page = hugetlb_take_page(t, vma, addr, gbl_chg != 0, avoid_reserve);
	info->h->handed -= chg - gbl_chg;
	if (!page) {
		if (chg)
			info->h->strayed += hugepage_subpool_put_pages(spool, 1) - gbl_chg;
		return NULL;
	}
	*hugetlb_page_mount(page) = (uint32_t)(info->mount + 1);
	/* the mount gave one of those it keeps, and the pool still counts it as reserved, for good:
	 * when the page is freed the mount has it back, and the pool counts one more */
	if (chg && !gbl_chg && !(*hugetlb_page_flags(page) & HPG_restore_reserve))
		info->h->strayed++;
	if (vma->vm_flags & VM_SHARED)
		HUGETLBFS_I(vma->vm_file->inode)->filling++;
	if (map)
		region_set(map, vma_hugecache_offset(vma, addr), true);
	return page;
}

void restore_reserve_on_error(struct vm_area_struct *vma, uint64_t addr, struct page *page)
{
	struct resv_map *map = vma_resv_map(vma);
	bool shared = vma->vm_flags & VM_SHARED;

	if (shared)
		HUGETLBFS_I(vma->vm_file->inode)->filling--;
	if (!map)
		return;
	/* the count of the pool follows when the page is freed */
	if (*hugetlb_page_flags(page) & HPG_restore_reserve)
		region_set(map, vma_hugecache_offset(vma, addr), shared);
	else
		region_set(map, vma_hugecache_offset(vma, addr), !shared);
}

/* --- mappings --- */

int hugetlb_reserve_pages(struct task *t, struct hugetlbfs_inode_info *info, uint64_t from,
			  uint64_t to, unsigned flags, struct resv_map **resv)
{
	struct hugepage_subpool *spool = subpool_inode(task_vm(t), info);
	uint64_t wanted, added;
	int64_t gbl;
	int refused;

	*resv = NULL;
	if (flags & VM_NORESERVE)
		return 0;
	wanted = to - from;
	if (flags & VM_SHARED)
		wanted -= region_count(info->resv, from, to);
	gbl = hugepage_subpool_get_pages(spool, (int64_t)wanted);
	if (gbl < 0)
		return -ENOMEM;
	/* making surplus pages for it takes time */
	info->h->handed += (int64_t)wanted - gbl;
	refused = hugetlb_acct_memory(t, info->h, gbl);
	info->h->handed -= (int64_t)wanted - gbl;
	if (refused) {
		/* the mount may keep what it did not give, as nobody tells the pool */
		info->h->strayed += hugepage_subpool_put_pages(spool, (int64_t)wanted) - gbl;
		return -ENOMEM;
	}
	if (!(flags & VM_SHARED)) {
		*resv = resv_map_alloc(to);
		return 0;
	}
	/* faults of others may have added places meanwhile */
	added = to - from - region_count(info->resv, from, to);
	region_add(info->resv, from, to);
	if (added < wanted)
		hugetlb_acct_memory(t, info->h,
				    -hugepage_subpool_put_pages(spool, (int64_t)(wanted - added)));
	return 0;
}

void hugetlb_unreserve_pages(struct task *t, struct hugetlbfs_inode_info *info, uint64_t from,
			     uint64_t to, uint64_t freed)
{
	uint64_t reserved = region_del(info->resv, from, to);

	hugetlb_acct_memory(t, info->h,
			    -hugepage_subpool_put_pages(subpool_inode(task_vm(t), info),
							(int64_t)(reserved - freed)));
}

void hugetlb_vm_op_open(struct vm_area_struct *vma)
{
	if (vma->resv)
		vma->resv->refs++;
}

void hugetlb_dup_vma_private(struct vm_area_struct *vma)
{
	vma->resv = NULL;
	vma->resv_unmapped = false;
}

void hugetlb_vm_op_close(struct task *t, struct vm_area_struct *vma)
{
	const struct hugetlbfs_inode_info *info;
	uint64_t start, end, unused;

	if (!vma->resv)
		return;
	start = vma_hugecache_offset(vma, vma->vm_start);
	end = vma_hugecache_offset(vma, vma->vm_end);
	unused = end - start - region_count(vma->resv, start, end);
	info = HUGETLBFS_I(vma->vm_file->inode);
	hugetlb_acct_memory(
	    t, info->h,
	    -hugepage_subpool_put_pages(subpool_inode(task_vm(t), info), (int64_t)unused));
	resv_map_put(vma->resv);
	vma->resv = NULL;
}
