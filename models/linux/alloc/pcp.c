/*
 * pcp.c - a CPU's own lists of free blocks
 *
 * Allocation takes the head; freeing adds at the head, so that the page freed
 * last, still warm, goes out first.  Draining takes from the tail.  While a
 * CPU only frees, free_factor doubles what is drained at a time.
 */
#include "models/linux/alloc/node_stat.h"
#include "models/linux/alloc/pcp.h"

/* Gives count pages back, beginning with list pindex and going round over lists not empty. */
static void free_pcppages_bulk(struct linux_vm *vm, struct zone *zone, const struct cpu *cpu,
			       int count, struct per_cpu_pages *pcp, int pindex)
{
	int min_pindex = 0, max_pindex = NR_PCP_LISTS - 1;

	count = (int)min_s64(pcp->count, count);
	vm->nr_bulk_freed += count;
	pindex--;
	while (count > 0) {
		struct page_list *list;

		/* the next list that is not empty; an empty one at a border narrows the round */
		for (;;) {
			if (++pindex > max_pindex)
				pindex = min_pindex;
			list = &pcp->lists[pindex];
			if (!page_list_empty(list))
				break;
			if (pindex == max_pindex)
				max_pindex--;
			if (pindex == min_pindex)
				min_pindex++;
		}

		int order = pindex_to_order(pindex);

		do {
			uint32_t pfn = list->tail;
			struct page *page = pfn_to_page(vm, pfn);
			int type = page->migratetype;

			page_list_del(vm->mem_map, list, pfn);
			page->flags = 0;
			page->order = page->migratetype = 0;
			if (zone->nr_isolate_pageblock)
				type = get_pageblock_migratetype(vm, pfn);
			count -= 1 << order;
			pcp->count -= 1 << order;
			__free_one_page(vm, cpu, zone, pfn, order, type, FPI_NONE);
			trace_mm_page_pcpu_drain(vm->sim, pfn, order, migratetype_number(vm, type));
		} while (count > 0 && !page_list_empty(list));
	}
}

/* How many blocks a refill takes. */
static int refill_batch(const struct per_cpu_pages *pcp, int order)
{
	int batch = pcp->batch;

	return batch > 1 ? (int)max_s64(batch >> order, 2) : batch;
}

bool rmqueue_bulk(struct linux_vm *vm, struct zone *zone, const struct cpu *cpu, int order,
		  int migratetype, unsigned alloc_flags, struct page_list *list)
{
	struct per_cpu_pages *pcp = &zone->pcp[cpu->id];
	int batch = refill_batch(pcp, order), got = 0;

	for (; got < batch; got++) {
		uint32_t pfn = __rmqueue(vm, zone, order, migratetype, alloc_flags);

		if (!pfn)
			break;

		struct page *page = pfn_to_page(vm, pfn);

		page->flags = PG_pcp;
		page->order = (uint8_t)order;
		page->migratetype = (uint8_t)migratetype;
		if (alloc_flags & ALLOC_CMA && get_pageblock_migratetype(vm, pfn) == MIGRATE_CMA)
			page->migratetype = MIGRATE_CMA;
		page_list_add_tail(vm->mem_map, list, pfn);
	}
	vm->nr_bulk_taken += got;
	pcp->count += got << order;
	mod_zone_free_pages(zone, cpu, -((int64_t)got << order)); /* at once for all */
	return got > 0;
}

/* Pages to drain; grows while the CPU frees without allocating. */
static int nr_pcp_free(struct per_cpu_pages *pcp, int high, bool free_high)
{
	if (free_high)
		return pcp->count;
	if (high < pcp->batch)
		return 1;

	int64_t min_free = pcp->batch, max_free = high - pcp->batch;
	int64_t batch = (int64_t)pcp->batch << pcp->free_factor;

	if (batch < max_free && pcp->free_factor < PCP_BATCH_SCALE_MAX)
		pcp->free_factor++;
	return (int)(batch < min_free ? min_free : batch > max_free ? max_free : batch);
}

void free_unref_page_drain(struct linux_vm *vm, struct zone *zone, const struct cpu *cpu, int order,
			   int pindex)
{
	struct per_cpu_pages *pcp = &zone->pcp[cpu->id];
	bool free_high = pcp->free_factor && order && order <= PAGE_ALLOC_COSTLY_ORDER;
	int high = nr_pcp_high(pcp, zone, free_high);

	if (pcp->count >= high)
		free_pcppages_bulk(vm, zone, cpu, nr_pcp_free(pcp, high, free_high), pcp, pindex);
}

void drain_pages_zone(struct linux_vm *vm, struct zone *zone, const struct cpu *cpu,
		      const struct cpu *by)
{
	struct per_cpu_pages *pcp = &zone->pcp[cpu->id];

	while (pcp->count)
		free_pcppages_bulk(vm, zone, by, pcp->batch << PCP_BATCH_SCALE_MAX, pcp, 0);
}

void drain_pages(struct linux_vm *vm, const struct cpu *cpu, const struct cpu *by)
{
	FOR_EACH_ZONE (vm, zone)
		if (populated_zone(zone))
			drain_pages_zone(vm, zone, cpu, by);
}

void drain_all_pages_zone(struct linux_vm *vm, struct zone *zone, const struct cpu *by)
{
	for (int i = 0; i < vm->sim->nr_cpus; i++)
		drain_pages_zone(vm, zone, &vm->sim->cpus[i], by);
}

void drain_all_pages(struct linux_vm *vm, const struct cpu *by)
{
	for (int i = 0; i < vm->sim->nr_cpus; i++)
		drain_pages(vm, &vm->sim->cpus[i], by);
}

/* Passes of the fold after which lists that nobody used are thinned out. */
#define PCP_EXPIRE_PASSES 3

/* One pass over lists of another node: those left alone for a while give a batch back; so true. */
static bool expire_pageset(struct linux_vm *vm, struct zone *zone, const struct cpu *cpu)
{
	struct per_cpu_pages *pcp = &zone->pcp[cpu->id];

	if (!pcp->expire || !pcp->count)
		return false;
	if (zone->node->node_id == cpu->node) {
		pcp->expire = 0;
		return false;
	}
	if (--pcp->expire)
		return false;
	free_pcppages_bulk(vm, zone, cpu, pcp->batch, pcp, 0);
	return true;
}

/* The parts of the sizes of lists; true if there were some. */
static bool fold_lru_diffs(struct zone *zone, struct per_cpu_pages *pcp)
{
	int64_t *seen = zone->node->lruvec.lru_zone_seen[zone->idx];
	bool changed = false;

	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
		changed |= pcp->lru_diff[lru] != 0;
		seen[lru] += pcp->lru_diff[lru];
		pcp->lru_diff[lru] = 0;
	}
	return changed;
}

bool refresh_cpu_vm_stats(struct linux_vm *vm, const struct cpu *cpu, bool expire_pagesets)
{
	bool changed = false;

	FOR_EACH_ZONE (vm, zone) {
		if (!populated_zone(zone))
			continue;

		struct per_cpu_pages *pcp = &zone->pcp[cpu->id];

		if (fold_lru_diffs(zone, pcp) || pcp->free_diff || pcp->other_diff) {
			pcp->expire = PCP_EXPIRE_PASSES;
			changed = true;
		}
		zone->nr_free_global += pcp->free_diff;
		pcp->free_diff = 0;
		pcp->other_diff = false;
		if (expire_pagesets)
			changed |= expire_pageset(vm, zone, cpu);
	}
	changed |= fold_node_page_state(vm, cpu);
	return changed;
}

/* Blocks on the lists are marked, and count is their sum. */
void pcp_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);

	FOR_EACH_ZONE (vm, zone) {
		for (int cpu = 0; zone->pcp && cpu < vm->nr_cpu_ids; cpu++) {
			const struct per_cpu_pages *pcp = &zone->pcp[cpu];
			int count = 0;

			for (int i = 0; i < NR_PCP_LISTS; i++) {
				int order = pindex_to_order(i);

				for (uint32_t pfn = pcp->lists[i].head; pfn;
				     pfn = pfn_to_page(vm, pfn)->next) {
					const struct page *page = pfn_to_page(vm, pfn);

					count += 1 << order;
					CHECK(c, page->flags & PG_pcp);
					CHECK(c, page->order == order);
					CHECK(c, page->refcount == 0);
					CHECK(c, pfn_zone(vm, pfn) == zone);
					if (c->failures)
						return;
				}
			}
			CHECK(c, count == pcp->count);
			/* a threshold that was lowered leaves what had gathered until the next
			 * change */
			CHECK(c, pcp->free_diff <= MAX_STAT_THRESHOLD &&
				     pcp->free_diff >= -MAX_STAT_THRESHOLD);
		}
	}
}
