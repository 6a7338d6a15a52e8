/*
 * page_alloc.h - allocate and free pages
 *
 * Like:        Linux 6.1.192, mm/page_alloc.c: zonelist walk, watermark checks, slow path
 * Simplified:  cpusets: none
 * Left out:    deferred boot pages
 */
#ifndef MMSIM_LINUX_PAGE_ALLOC_H
#define MMSIM_LINUX_PAGE_ALLOC_H

#include "models/linux/alloc/pcp.h"
#include "models/linux/task.h"

/*
 * 2^order pages for gfp, near node nid (NUMA_NO_NODE: the CPU's); nodemask 0: all nodes.  The first
 * page has refcount 1.  NULL if there is none.  Sleeps as far as gfp allows; t may be the task of
 * an interrupt.
 */
struct page *__alloc_pages(struct task *t, gfp_t gfp, int order, int nid, uint64_t nodemask);
/* By the memory policy of the task: mempolicy.c. */
struct page *alloc_pages(struct task *t, gfp_t gfp, int order);
/* The same for a folio, of one page or more. */
static inline struct page *folio_alloc(struct task *t, gfp_t gfp, int order)
{
	return alloc_pages(t, gfp | __GFP_COMP, order);
}
/*
 * Up to nr_pages single pages at once, filled into pages from its beginning; returns how many.  If
 * so many cannot be had at once it is one, or none.
 */
int __alloc_pages_bulk(struct task *t, gfp_t gfp, int nid, uint64_t nodemask, int nr_pages,
		       struct page **pages);
/*
 * Drops a reference to a block and frees it; if it is not compound and others hold its first page,
 * all but that page.
 */
void free_pages(struct linux_vm *vm, const struct cpu *cpu, struct page *page, int order);
/* Frees a block whose last reference is gone. */
void __free_pages(struct linux_vm *vm, const struct cpu *cpu, struct page *page, int order);
/* The same for single pages in a row by page->next from first on; 0 ends it. */
void free_unref_page_list(struct linux_vm *vm, const struct cpu *cpu, uint32_t first);

/*
 * ---- alloc_ops.c ----
 *
 * Reports a mask that names two zones or two kinds of mobility, as a call of a scenario may; says
 * whether it does.
 */
bool gfp_is_bug(struct sim *s, gfp_t gfp);

/* ---- exact.c ---- */

/* Makes single pages, with a reference each, of a block that is not compound. */
void split_page(struct linux_vm *vm, struct page *page, int order);
/*
 * Pages in a row for size bytes, size > 0, each with a reference of its own; NULL if there are
 * none.
 * __GFP_COMP and __GFP_HIGHMEM are ignored.
 */
struct page *alloc_pages_exact(struct task *t, bytes_t size, gfp_t gfp);
/* The same, not by the task's policy but near node nid (NUMA_NO_NODE: the CPU's). */
struct page *alloc_pages_exact_nid(struct task *t, int nid, bytes_t size, gfp_t gfp);
void free_pages_exact(struct linux_vm *vm, const struct cpu *cpu, struct page *page, bytes_t size);

/* ---- contig.c ---- */

/*
 * Takes the pages [start, end), of one zone, wherever they lie; each gets a reference.  Their
 * pageblocks are migratetype's afterwards.  0; -EBUSY: not all of them are free or could be made
 * so; -EINVAL: no such range.
 */
int alloc_contig_range(struct task *t, pfn_t start, pfn_t end, int migratetype, gfp_t gfp);
/*
 * The first range of so many pages, a power of two, at a multiple of them in a zone that gfp allows
 * of the node, and (not __GFP_THISNODE) of those after it, that could be moved free.  Single pages
 * with a reference each.  NULL: there is none.
 */
struct page *alloc_contig_pages(struct task *t, pages_t nr_pages, gfp_t gfp, int nid);
void free_contig_range(struct linux_vm *vm, const struct cpu *cpu, pfn_t pfn, pages_t nr_pages);

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
