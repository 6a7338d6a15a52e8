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

/* The quick form of the watermark check, for blocks of one page. */
bool zone_watermark_fast(const struct zone *z, int order, uint64_t mark, int highest_zoneidx,
			 unsigned alloc_flags, gfp_t gfp);
/* One walk over the zones of the request; NULL: none had a block to give. */
struct page *get_page_from_freelist(struct task *t, gfp_t gfp, int order, unsigned alloc_flags,
				    const struct alloc_context *ac);
struct page *alloc_pages_slowpath(struct task *t, gfp_t gfp, int order, struct alloc_context *ac);
/* Gives one block back to the buddy lists, not by way of a CPU's list. */
void __free_pages_ok(struct linux_vm *vm, const struct cpu *cpu, uint32_t pfn, int order,
		     enum fpi_flag fpi);
#endif
