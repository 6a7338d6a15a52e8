/*
 * result.c - what can be read of the results of calls
 */
#include "models/linux/result.h"
#include "models/linux/alloc/buddy.h"
#include "models/linux/ipc/shm.h"
#include "models/linux/mappings/driver_ops.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/cache_ops.h"
#include "models/linux/vmalloc/vmalloc_ops.h"
#include "models/linux/pools/pool_ops.h"

/* ---- pages ---- */

/* A call that gave a number instead of a page (an error, a shadow) has no ptr: fields are 0. */
static uint32_t first_pfn(const struct sim *s, const struct result *r)
{
	return r->ptr ? page_to_pfn(linux_vm(s), r->ptr) : 0;
}

static int64_t result_pfn(const struct sim *s, const struct result *r)
{
	return r->ptr ? first_pfn(s, r) : r->out[PAGE_STATE_PFN];
}

static int64_t result_refcount(const struct sim *s, const struct result *r)
{
	(void)s;
	return r->ptr ? page_folio(r->ptr)->refcount : (int32_t)r->out[PAGE_STATE_COUNTS];
}

static int64_t result_mapcount(const struct sim *s, const struct result *r)
{
	(void)s;
	return r->ptr ? page_mapcount(r->ptr) : r->out[PAGE_STATE_COUNTS] >> 32;
}

static int64_t result_index(const struct sim *s, const struct result *r)
{
	(void)s;
	return r->ptr ? (int64_t)page_index(r->ptr) : -1;
}

static int64_t result_in_file(const struct sim *s, const struct result *r)
{
	(void)s;
	return r->ptr ? page_folio(r->ptr)->mapping != 0 : r->value == 1;
}

/* Flags of a page as it is now, or as it was when sim_page looked. */
#define PAGE_FLAG_FIELD(flag)                                                                      \
	static int64_t result_##flag(const struct sim *s, const struct result *r)                  \
	{                                                                                          \
		int64_t flags = r->ptr ? page_folio(r->ptr)->flags : r->out[PAGE_STATE_FLAGS];     \
                                                                                                   \
		(void)s;                                                                           \
		return (flags & PG_##flag) != 0;                                                   \
	}
PAGE_FLAG_FIELD(locked)
PAGE_FLAG_FIELD(uptodate)
PAGE_FLAG_FIELD(dirty)
PAGE_FLAG_FIELD(writeback)
PAGE_FLAG_FIELD(private)
PAGE_FLAG_FIELD(referenced)
PAGE_FLAG_FIELD(active)
PAGE_FLAG_FIELD(lru)
PAGE_FLAG_FIELD(readahead)
PAGE_FLAG_FIELD(error)
PAGE_FLAG_FIELD(workingset)
PAGE_FLAG_FIELD(waiters)

#define PAGE_BIT_FIELD(name, bit)                                                                  \
	static int64_t result_##name(const struct sim *s, const struct result *r)                  \
	{                                                                                          \
		(void)s;                                                                           \
		return (r->out[PAGE_STATE_BITS] & (bit)) != 0;                                     \
	}
PAGE_BIT_FIELD(shadow, PAGE_STATE_SHADOW)
PAGE_BIT_FIELD(tag_dirty, PAGE_STATE_TAG << PAGECACHE_TAG_DIRTY)
PAGE_BIT_FIELD(tag_writeback, PAGE_STATE_TAG << PAGECACHE_TAG_WRITEBACK)
PAGE_BIT_FIELD(tag_towrite, PAGE_STATE_TAG << PAGECACHE_TAG_TOWRITE)

static int64_t result_node(const struct sim *s, const struct result *r)
{
	return r->ptr ? page_zone(linux_vm(s), r->ptr)->node->node_id : 0;
}

static int64_t result_zone(const struct sim *s, const struct result *r)
{
	return r->ptr ? page_zone(linux_vm(s), r->ptr)->idx : 0;
}

static int64_t result_migratetype(const struct sim *s, const struct result *r)
{
	return r->ptr ? (int64_t)get_pfnblock_flags_mask(linux_vm(s), first_pfn(s, r), 7) : 0;
}

/* ---- what calls of the page cache give ---- */

static int64_t result_pages_n(const struct sim *s, const struct result *r)
{
	(void)s;
	return ((const struct cache_pages *)r->ptr)->n;
}

static int64_t result_pages_first(const struct sim *s, const struct result *r)
{
	const struct cache_pages *p = r->ptr;

	(void)s;
	return p->n ? (int64_t)page_index(p->page[0]) : -1;
}

static int64_t result_pages_last(const struct sim *s, const struct result *r)
{
	const struct cache_pages *p = r->ptr;

	(void)s;
	return p->n ? (int64_t)page_index(p->page[p->n - 1]) : -1;
}

static int64_t result_pages_next(const struct sim *s, const struct result *r)
{
	(void)s;
	return (int64_t)((const struct cache_pages *)r->ptr)->next;
}

static int64_t result_unlocks(const struct sim *s, const struct result *r)
{
	(void)s;
	return ((const struct cache_waiter *)r->ptr)->unlocks;
}

static int64_t result_writebacks(const struct sim *s, const struct result *r)
{
	(void)s;
	return ((const struct cache_waiter *)r->ptr)->writebacks;
}

static int64_t result_shm_nattch(const struct sim *s, const struct result *r)
{
	(void)s;
	return shm_nattch(r->ptr);
}

static int64_t result_shm_segsz(const struct sim *s, const struct result *r)
{
	const struct shmid_kernel *shp = r->ptr;

	(void)s;
	return (int64_t)shp->segsz;
}

static int64_t result_shm_locked(const struct sim *s, const struct result *r)
{
	const struct shmid_kernel *shp = r->ptr;

	(void)s;
	return shp->locked;
}

static int64_t result_shm_dest(const struct sim *s, const struct result *r)
{
	const struct shmid_kernel *shp = r->ptr;

	(void)s;
	return shp->dest;
}

static int64_t result_shm_pages(const struct sim *s, const struct result *r)
{
	const struct shmid_kernel *shp = r->ptr;

	(void)s;
	if (!shp->file)
		return 0;
	if (hstate_file(shp->file)) {
		const struct hugetlbfs_inode_info *info = HUGETLBFS_I(shp->file->inode);

		return (int64_t)(info->nr_cached << info->h->order);
	}
	return (int64_t)shp->file->inode->mapping.nrpages;
}

static int64_t result_i_size(const struct sim *s, const struct result *r)
{
	(void)s;
	return (int64_t)((const struct file *)r->ptr)->inode->i_size;
}

static int64_t result_nrpages(const struct sim *s, const struct result *r)
{
	(void)s;
	return (int64_t)((const struct file *)r->ptr)->inode->mapping.nrpages;
}

static int64_t result_writeback_index(const struct sim *s, const struct result *r)
{
	(void)s;
	return (int64_t)((const struct file *)r->ptr)->inode->mapping.writeback_index;
}

static int64_t result_ra_start(const struct sim *s, const struct result *r)
{
	(void)s;
	return (int64_t)((const struct file *)r->ptr)->ra.start;
}

static int64_t result_ra_size(const struct sim *s, const struct result *r)
{
	(void)s;
	return ((const struct file *)r->ptr)->ra.size;
}

static int64_t result_ra_async(const struct sim *s, const struct result *r)
{
	(void)s;
	return ((const struct file *)r->ptr)->ra.async_size;
}

static int64_t result_ra_pages(const struct sim *s, const struct result *r)
{
	(void)s;
	return ((const struct file *)r->ptr)->ra.ra_pages;
}

static int64_t result_prev_pos(const struct sim *s, const struct result *r)
{
	(void)s;
	return ((const struct file *)r->ptr)->ra.prev_pos;
}

/* ---- addresses ---- */

static int64_t result_map_address(const struct sim *s, const struct result *r)
{
	(void)s;
	return (int64_t)((const struct user_map *)r->ptr)->start;
}

/* Entries of a mapping that have these bits. */
static int64_t count_entries(const struct result *r, uint8_t bits)
{
	const struct user_map *map = r->ptr;
	uint64_t addr = map->start, end = map->start + map->len;
	struct page_table *table;
	int64_t n = 0;

	if (!map->mm->pgd)
		return 0;
	for (; (table = pte_table_from(map->mm, &addr, end)) != NULL; addr += PAGE_SIZE)
		n += (pte_shown(table, pte_index(addr)).bits & bits) == bits;
	return n;
}

static int64_t result_map_mapped(const struct sim *s, const struct result *r)
{
	(void)s;
	return count_entries(r, PTE_PRESENT);
}

static int64_t result_map_young(const struct sim *s, const struct result *r)
{
	(void)s;
	return count_entries(r, PTE_PRESENT | PTE_YOUNG);
}

static int64_t result_map_writable(const struct sim *s, const struct result *r)
{
	(void)s;
	return count_entries(r, PTE_PRESENT | PTE_WRITE);
}

static int64_t result_map_special(const struct sim *s, const struct result *r)
{
	(void)s;
	return count_entries(r, PTE_PRESENT | PTE_SPECIAL);
}

static int64_t result_map_dirty(const struct sim *s, const struct result *r)
{
	(void)s;
	return count_entries(r, PTE_PRESENT | PTE_DIRTY);
}

static int64_t result_map_swapped(const struct sim *s, const struct result *r)
{
	(void)s;
	return count_entries(r, PTE_SWAP);
}

/* Pages of a mapping with these flags, that more than so many entries map. */
static int64_t count_mapped_pages(const struct sim *s, const struct result *r, uint32_t flags,
				  int above)
{
	const struct user_map *map = r->ptr;
	uint64_t addr = map->start, end = map->start + map->len;
	struct page_table *table;
	int64_t n = 0;

	if (!map->mm->pgd)
		return 0;
	for (; (table = pte_table_from(map->mm, &addr, end)) != NULL; addr += PAGE_SIZE) {
		struct pte pte = pte_shown(table, pte_index(addr));
		const struct page *page = pfn_to_page(linux_vm(s), pte.pfn);

		n += (pte.bits & (PTE_PRESENT | PTE_SPECIAL)) == PTE_PRESENT &&
		     (page->flags & flags) == flags && page_mapcount(page) > above;
	}
	return n;
}

static int64_t result_map_anon(const struct sim *s, const struct result *r)
{
	return count_mapped_pages(s, r, PG_anon, 0);
}

static int64_t result_map_shared(const struct sim *s, const struct result *r)
{
	return count_mapped_pages(s, r, PG_anon, 1);
}

static int64_t result_map_locked(const struct sim *s, const struct result *r)
{
	return count_mapped_pages(s, r, PG_mlocked, 0);
}

static int64_t result_map_vmas(const struct sim *s, const struct result *r)
{
	const struct user_map *map = r->ptr;
	int64_t n = 0;

	(void)s;
	for (int i = 0; i < map->mm->nr_vmas; i++)
		n += map->mm->vma[i]->vm_end > map->start &&
		     map->mm->vma[i]->vm_start < map->start + map->len;
	return n;
}

/* ---- numbers ---- */

#define RESULT_OF(kind, name, unit, get, meaning)
#define RESULT_OUT(kind, name, unit, number, meaning)                                              \
	static int64_t out_##kind##_##name(const struct sim *s, const struct result *r)            \
	{                                                                                          \
		(void)s;                                                                           \
		return r->out[number];                                                             \
	}
#include "models/linux/result.def"
#undef RESULT_OF
#undef RESULT_OUT

const struct result_field linux_results[] = {
#define RESULT_OF(kind, name, unit, get, meaning)                                                  \
	{ #kind, #name, UNIT_##unit, get, meaning, false },
#define RESULT_OUT(kind, name, unit, number, meaning)                                              \
	{ #kind, #name, UNIT_##unit, out_##kind##_##name, meaning, true },
#include "models/linux/result.def"
};
