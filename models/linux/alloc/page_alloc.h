/*
 * page_alloc.h - allocate and free pages
 *
 * Like:        Linux 6.1.192, mm/page_alloc.c: zonelist walk, watermark checks, slow path
 * Simplified:  cpusets: none; a request the OOM killer would have to serve fails
 * Left out:    compaction (6.1 built without it decides as this does), OOM killer, bulk
 *              allocation, deferred boot pages
 */
#ifndef MMSIM_LINUX_PAGE_ALLOC_H
#define MMSIM_LINUX_PAGE_ALLOC_H

#include "models/linux/alloc/pcp.h"
#include "models/linux/task.h"

/* One request on its way. */
struct alloc_context {
	const struct zonelist *zonelist;
	uint64_t nodemask;       /* bit per node; 0: all */
	int preferred;           /* index into the zonelist, zonelist->n: none */
	int migratetype;
	int highest_zoneidx;
	bool spread_dirty_pages;
};

/*
 * 2^order pages for gfp, near node nid (NUMA_NO_NODE: the CPU's); nodemask 0: all nodes.  The first
 * page has refcount 1.  NULL if there is none.  Sleeps as far as gfp allows; t may be the task of
 * an interrupt.
 */
struct page *__alloc_pages(struct task *t, gfp_t gfp, int order, int nid, uint64_t nodemask);
/* By the memory policy of the task. */
struct page *alloc_pages(struct task *t, gfp_t gfp, int order);
/* Frees a block whose last reference is gone. */
void __free_pages(struct linux_vm *vm, const struct cpu *cpu, struct page *page, int order);

/* ok() and fast() of the watermark check, see the zone's reserves. */
bool __zone_watermark_ok(const struct zone *z, int order, uint64_t mark, int highest_zoneidx,
			 unsigned alloc_flags, int64_t free_pages);
bool zone_watermark_ok(const struct zone *z, int order, uint64_t mark, int highest_zoneidx,
		       unsigned alloc_flags);
/* With all per-CPU parts when free memory is low (kswapd's view). */
bool zone_watermark_ok_safe(const struct linux_vm *vm, const struct zone *z, int order,
			    uint64_t mark, int highest_zoneidx);

extern const struct model page_alloc_model;
#endif
