/*
 * pcp.h - a CPU's own lists of free blocks
 *
 * Like:        Linux 6.1.192, mm/page_alloc.c: 14 lists (orders 0..3 of three types, order 9 in
 *              two), batches, free_factor, draining order
 * Left out:    failures to take the list's lock
 */
#ifndef MMSIM_LINUX_PCP_H
#define MMSIM_LINUX_PCP_H

#include "models/linux/alloc/buddy.h"

/* Index of the list of an order and type (type below MIGRATE_PCPTYPES). */
static inline int order_to_pindex(int migratetype, int order)
{
	if (order == PAGEBLOCK_ORDER)
		return 3 * (PAGE_ALLOC_COSTLY_ORDER + 1) + (migratetype == MIGRATE_MOVABLE);
	return MIGRATE_PCPTYPES * order + migratetype;
}

static inline int pindex_to_order(int pindex)
{
	int order = pindex / MIGRATE_PCPTYPES;

	return order > PAGE_ALLOC_COSTLY_ORDER ? PAGEBLOCK_ORDER : order;
}

/* Refills an empty list from the buddy lists; false: there was nothing. */
bool rmqueue_bulk(struct linux_vm *vm, struct zone *zone, const struct cpu *cpu, int order,
		  int migratetype, unsigned alloc_flags, struct page_list *list);

/* The first block of a list that is not empty. */
static inline uint32_t pcp_take(struct linux_vm *vm, struct per_cpu_pages *pcp,
				struct page_list *list, int order)
{
	uint32_t pfn = page_list_pop(vm->mem_map, list);
	struct page *page = pfn_to_page(vm, pfn);

	SIM_ASSERT(page->refcount == 0);
	page->flags = 0;
	page->order = page->migratetype = 0;
	pcp->count -= 1 << order;
	return pfn;
}

/* One block from the CPU's list, refilled from the buddy lists; 0: none. */
static inline uint32_t __rmqueue_pcplist(struct linux_vm *vm, struct zone *zone,
					 const struct cpu *cpu, int order, int migratetype,
					 unsigned alloc_flags)
{
	struct per_cpu_pages *pcp = &zone->pcp[cpu->id];
	struct page_list *list = &pcp->lists[order_to_pindex(migratetype, order)];

	if (page_list_empty(list) &&
	    !rmqueue_bulk(vm, zone, cpu, order, migratetype, alloc_flags, list))
		return 0;
	return pcp_take(vm, pcp, list, order);
}

/* The same, and what the CPU drains at a time shrinks again. */
static inline uint32_t rmqueue_pcplist(struct linux_vm *vm, struct zone *zone,
				       const struct cpu *cpu, int order, int migratetype,
				       unsigned alloc_flags)
{
	zone->pcp[cpu->id].free_factor >>= 1;
	return __rmqueue_pcplist(vm, zone, cpu, order, migratetype, alloc_flags);
}

/* Drains what is too much after a block of order came to list pindex. */
void free_unref_page_drain(struct linux_vm *vm, struct zone *zone, const struct cpu *cpu, int order,
			   int pindex);

/* Pages the lists may hold before they are drained. */
static inline int nr_pcp_high(const struct per_cpu_pages *pcp, const struct zone *zone,
			      bool free_high)
{
	if (free_high)
		return 0;
	if (!(zone->flags & ZONE_RECLAIM_ACTIVE))
		return pcp->high;
	return (int)min_s64((int64_t)pcp->batch << 2, pcp->high);
}

/* Puts a block on the CPU's list for type, that of its pageblock; drains as needed. */
static inline void pcp_add(struct linux_vm *vm, struct zone *zone, const struct cpu *cpu,
			   struct page *page, int order, int type)
{
	int pindex = order_to_pindex(type < MIGRATE_PCPTYPES ? type : MIGRATE_MOVABLE, order);
	struct per_cpu_pages *pcp = &zone->pcp[cpu->id];

	vm->stat.pgfree += 1LL << order;
	page->flags = PG_pcp;
	page->order = (uint8_t)order;
	page->migratetype = (uint8_t)type;
	page_list_push(vm->mem_map, &pcp->lists[pindex], page);
	pcp->count += 1 << order;
	if (order || pcp->count >= nr_pcp_high(pcp, zone, false))
		free_unref_page_drain(vm, zone, cpu, order, pindex);
}

/* Gives a block to the CPU's list, one of an isolated pageblock to the buddy lists. */
static inline void free_unref_page(struct linux_vm *vm, const struct cpu *cpu, uint32_t pfn,
				   int order)
{
	struct zone *zone = pfn_zone(vm, pfn);
	int type = get_pageblock_migratetype(vm, pfn);

	if (type == MIGRATE_ISOLATE)
		__free_one_page(vm, cpu, zone, pfn, order, type, FPI_NONE);
	else
		pcp_add(vm, zone, cpu, pfn_to_page(vm, pfn), order, type);
}

/* Gives all blocks of a CPU's lists back: of one zone, of all zones.  The CPU that does it, by,
 * counts them as free. */
void drain_pages_zone(struct linux_vm *vm, struct zone *zone, const struct cpu *cpu,
		      const struct cpu *by);
void drain_pages(struct linux_vm *vm, const struct cpu *cpu, const struct cpu *by);
/* The lists of all CPUs: of one zone, of all zones. */
void drain_all_pages_zone(struct linux_vm *vm, struct zone *zone, const struct cpu *by);
void drain_all_pages(struct linux_vm *vm, const struct cpu *by);

/*
 * Folds a CPU's counters into the zones and lets its unused lists of other nodes expire.  False:
 * there was nothing to do.
 */
bool refresh_cpu_vm_stats(struct linux_vm *vm, const struct cpu *cpu, bool expire_pagesets);
void pcp_check(struct check *c, struct sim *s);
#endif
