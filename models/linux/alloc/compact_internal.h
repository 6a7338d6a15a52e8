/*
 * compact_internal.h - what the two scanners of a compaction share
 */
#ifndef MMSIM_LINUX_ALLOC_COMPACT_INTERNAL_H
#define MMSIM_LINUX_ALLOC_COMPACT_INTERNAL_H

#include "models/linux/alloc/compaction.h"

static inline bool pageblock_aligned(pfn_t pfn)
{
	return pfn == pageblock_start_pfn(pfn);
}

static inline bool get_pageblock_skip(const struct linux_vm *vm, pfn_t pfn)
{
	return get_pfnblock_flags_mask(vm, pfn, PAGEBLOCK_SKIP);
}

static inline void set_pageblock_skip(struct linux_vm *vm, pfn_t pfn)
{
	set_pfnblock_flags_mask(vm, PAGEBLOCK_SKIP, pfn, PAGEBLOCK_SKIP);
}

static inline bool isolation_suitable(const struct linux_vm *vm, const struct compact_control *cc,
				      pfn_t pfn)
{
	return cc->ignore_skip_hint || !get_pageblock_skip(vm, pfn);
}

/* Entries of the lists worth looking at; fewer after searches in vain. */
static inline unsigned freelist_scan_limit(const struct compact_control *cc)
{
	unsigned fails = cc->fast_search_fail;

	return (fails < 32 ? COMPACT_CLUSTER_MAX >> fails : 0) + 1;
}

/* A scanner that passes many blocks over looks now and then whether somebody else shall run. */
static inline void let_others_run(struct task *t, pfn_t pfn)
{
	if (pfn % (COMPACT_CLUSTER_MAX * PAGEBLOCK_NR_PAGES) == 0)
		cond_resched(t);
}

/* ---- compact_block.c ---- */

/* Whether [start, end), a pageblock or what the zone has of it, belongs to the zone alone. */
bool pageblock_of_zone(struct linux_vm *vm, const struct zone *zone, pfn_t start, pfn_t end);
/* A compound page that fills the pageblock: nothing to gain there. */
bool pageblock_skip_persistent(const struct linux_vm *vm, pfn_t pfn);
/* Makes pfn the head of a free list (order below the largest); what was before it comes to the end.
 */
void rotate_free_list(struct linux_vm *vm, struct page_list *list, uint32_t pfn);
#endif
