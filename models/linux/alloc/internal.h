/*
 * internal.h - what the parts of the page allocator share: one request on its way
 */
#ifndef MMSIM_LINUX_ALLOC_INTERNAL_H
#define MMSIM_LINUX_ALLOC_INTERNAL_H

#include "models/linux/alloc/page_alloc.h"

struct alloc_context {
	const struct zonelist *zonelist;
	uint64_t nodemask; /* bit per node; 0: all */
	int preferred;     /* index into the zonelist, zonelist->n: none */
	int migratetype;
	int highest_zoneidx;
	bool spread_dirty_pages;
};

static inline bool node_in_mask(uint64_t mask, const struct pglist_data *node)
{
	return !mask || mask & 1ULL << node->node_id;
}

/* First entry from i on that the request may use; zonelist->n: there is none. */
static inline int next_zoneref(const struct alloc_context *ac, int i)
{
	const struct zonelist *zl = ac->zonelist;

	while (i < zl->n && (zl->ref[i].zone_idx > ac->highest_zoneidx ||
			     !node_in_mask(ac->nodemask, zl->ref[i].zone->node)))
		i++;
	return i;
}

/* Type of pageblock that a request is served from. */
static inline int request_migratetype(const struct linux_vm *vm, gfp_t gfp)
{
	return vm->page_group_by_mobility_disabled ? MIGRATE_UNMOVABLE : gfp_migratetype(gfp);
}

/* Requests for movable pages may have those of the CMA area. */
static inline unsigned gfp_to_alloc_flags_cma(const struct linux_vm *vm, gfp_t gfp)
{
	return vm->cma && gfp_migratetype(gfp) == MIGRATE_MOVABLE ? ALLOC_CMA : 0;
}

/* Free pages of the zone that a request cannot have, whatever the marks. */
static inline int64_t __zone_watermark_unusable_free(const struct zone *z, int order,
						     unsigned alloc_flags)
{
	int64_t n = (1LL << order) - 1;

	if (!(alloc_flags & ALLOC_RESERVES))
		n += (int64_t)z->nr_reserved_highatomic;
	if (!(alloc_flags & ALLOC_CMA))
		n += z->nr_free_cma;
	return n;
}

/* The check in full, and once more without the boost for requests that cannot wait. */
bool zone_watermark_slow(const struct zone *z, int order, uint64_t mark, int highest_zoneidx,
			 unsigned alloc_flags, gfp_t gfp);

/* Whether a single page passes with nothing of any reserve. */
static inline bool zone_has_room(const struct zone *z, uint64_t mark, int highest_zoneidx,
				 unsigned alloc_flags)
{
	/* fewer than none are as good as none: nothing of this is below 0 but the first number */
	return z->nr_free_global - __zone_watermark_unusable_free(z, 0, alloc_flags) >
	       (int64_t)mark + z->lowmem_reserve[highest_zoneidx];
}

/* A single page passes at once if even without any reserve there is room. */
static inline bool zone_watermark_fast(const struct zone *z, int order, uint64_t mark,
				       int highest_zoneidx, unsigned alloc_flags, gfp_t gfp)
{
	if (order == 0 && zone_has_room(z, mark, highest_zoneidx, alloc_flags))
		return true;
	return zone_watermark_slow(z, order, mark, highest_zoneidx, alloc_flags, gfp);
}

/* Bits of a mask that the task's own scope takes away. */
gfp_t current_gfp_context(const struct task *t, gfp_t gfp);
void prep_compound_page(struct page *page, int order);

/* Makes a block taken off the lists one that is in use, with a reference. */
static inline struct page *prep_new_page(struct linux_vm *vm, uint32_t pfn, int order, gfp_t gfp,
					 unsigned alloc_flags)
{
	struct page *page = pfn_to_page(vm, pfn);

	SIM_ASSERT(page->refcount == 0);
	page->flags = alloc_flags & ALLOC_NO_WATERMARKS ? PG_pfmemalloc : 0;
	page->refcount = 1;
	page->mapping = 0;
	page->mapcount = 0;
	page->index = 0;
	if (order && (gfp & __GFP_COMP))
		prep_compound_page(page, order);
	return page;
}
/* One walk over the zones of the request; NULL: none had a block to give. */
struct page *get_page_from_freelist(struct task *t, gfp_t gfp, int order, unsigned alloc_flags,
				    const struct alloc_context *ac);
struct page *__alloc_pages_slowpath(struct task *t, gfp_t gfp, int order, struct alloc_context *ac);
/* Gives one block back to the buddy lists, not by way of a CPU's list. */
void __free_pages_ok(struct linux_vm *vm, const struct cpu *cpu, uint32_t pfn, int order,
		     enum fpi_flag fpi);
#endif
