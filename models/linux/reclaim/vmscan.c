/*
 * vmscan.c - scanning the lists
 *
 *	shrink_node -> get_scan_count    how many pages of each list to look at
 *	            -> shrink_lruvec     in turns of 32: inactive lists are shrunk,
 *	                                 active ones refill them
 *
 * scan_balance.c   the numbers          shrink_folio.c    one page after the other
 * throttle.c       who is held back     direct_reclaim.c  tasks that free for themselves
 */
#include <string.h>

#include "models/linux/alloc/compaction.h"
#include "models/linux/boot/boot.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/internal.h"
#include "models/linux/reclaim/shrinker.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/writeback/writeback.h"

/* --- sizes --- */

uint64_t lruvec_lru_size(const struct pglist_data *node, enum lru_list lru, int zone_idx)
{
	const struct lruvec *lruvec = &node->lruvec;
	uint64_t size = 0;

	for (int z = 0; z <= zone_idx; z++)
		size += node->vm->memcg_disabled
			    ? (uint64_t)max_s64(lruvec->lru_zone_seen[z][lru], 0)
			    : lruvec->lru_zone_size[z][lru];
	return size;
}

/* Anonymous pages count only if there is a place for them. */
uint64_t zone_reclaimable_pages(const struct linux_vm *vm, const struct zone *zone)
{
	const uint64_t *size = zone->node->lruvec.lru_zone_size[zone->idx];
	uint64_t n = size[LRU_INACTIVE_FILE] + size[LRU_ACTIVE_FILE];

	if (vm->nr_swap_pages > 0)
		n += size[LRU_INACTIVE_ANON] + size[LRU_ACTIVE_ANON];
	/* an empty zone is not hopeless as long as it has free pages */
	return n ? n : (uint64_t)zone_free_pages_snapshot(vm, zone);
}

static bool inactive_anon_is_low(const struct pglist_data *node)
{
	return inactive_is_low(node_page_state(node, NR_INACTIVE_ANON),
			       node_page_state(node, NR_ACTIVE_ANON));
}

/* --- isolation --- */

/* The next page at the tail will be asked for soon: its record is fetched meanwhile. */
static inline void prefetch_tail(const struct linux_vm *vm, const struct page_list *list)
{
	if (list->tail)
		__builtin_prefetch(pfn_to_page(vm, list->tail), 1);
}

void note_isolated(struct pglist_data *node, bool file, int64_t pages)
{
	if (file)
		node->stat.nr_isolated_file += pages;
	else
		node->stat.nr_isolated_anon += pages;
}

/* The lock of the lists is held until pages are taken and others passed over, interrupts off. */
static void isolate_time(struct task *t, uint64_t folios, uint64_t skipped)
{
	const struct cost_table *cost = &task_vm(t)->machine->cost;
	sim_time ns = folios * (sim_time)cost->isolate_page + skipped * (sim_time)cost->skip_page;

	if (ns)
		task_run_irqs_off(t, ns);
}

/*
 * Takes up to nr pages off the tail of a list.  Pages of higher zones are passed over and not
 * counted in nr; mapped ones are, if they may not be unmapped.  Both end at the head.
 */
static uint64_t isolate_lru_folios(struct task *t, struct pglist_data *node, enum lru_list lru,
				   uint64_t nr, struct scan_control *sc,
				   struct page_list *taken_list, uint64_t *total_scanned)
{
	struct linux_vm *vm = task_vm(t);
	struct page_list *list = &node->lruvec.lists[lru];
	struct lru_ahead *ahead = &node->lruvec.ahead[lru];
	struct page_list skipped_list = { 0 };
	uint64_t scanned = 0, skipped = 0, taken = 0, folios = 0, taken_of[MAX_NR_ZONES] = { 0 };

	while (scanned < nr && list->tail) {
		uint32_t pfn = list->tail;
		struct page *page = pfn_to_page(vm, pfn);
		struct zone *zone = pfn_zone(vm, pfn);
		uint64_t pages = folio_nr_pages(page);

		page_list_del(vm->mem_map, list, pfn);
		lru_ahead_taken(vm, ahead, page, pfn);
		if (zone->idx > sc->reclaim_idx) {
			page_list_add(vm->mem_map, &skipped_list, pfn);
			skipped += pages;
			zone->stat.pgskip += (int64_t)pages;
			continue;
		}
		scanned += pages;
		if (!sc->may_unmap && page_mapped(page)) {
			page_list_add(vm->mem_map, list, pfn);
			continue;
		}
		page->refcount++;
		page->flags = (page->flags & ~(uint32_t)PG_lru) | PG_isolated;
		page_list_add(vm->mem_map, taken_list, pfn);
		taken_of[zone->idx] += pages;
		taken += pages;
		folios++;
	}
	for (int z = 0; z < MAX_NR_ZONES; z++)
		if (taken_of[z])
			update_lru_size(node, lru, z, -(int64_t)taken_of[z]);
	page_list_splice(vm->mem_map, &skipped_list, list);
	sc->host_ahead = ahead;
	*total_scanned = scanned + skipped;
	note_isolated(node, is_file_lru(lru), (int64_t)taken);
	isolate_time(t, folios, *total_scanned - taken);
	trace_mm_vmscan_lru_isolate(vm->sim, sc->reclaim_idx, sc->order, (int64_t)nr,
				    (int64_t)*total_scanned, (int64_t)skipped, (int64_t)taken,
				    sc->may_unmap ? 0 : ISOLATE_UNMAPPED, lru);
	return taken;
}

/*
 * Puts isolated pages back on the lists they belong to, dropping the isolation's reference; pages
 * that are mlocked by now go by way of the batch.  Small pages that nobody else has any more are
 * left in the list, for the caller to free.  Pages put on a list of the node.
 */
static uint64_t move_folios_to_lru(struct task *t, struct page_list *pages)
{
	struct linux_vm *vm = task_vm(t);
	struct page_list folios_to_free = { 0 };
	uint64_t moved = 0;

	while (pages->tail) {
		uint32_t pfn = pages->tail;
		struct page *page = pfn_to_page(vm, pfn);
		uint64_t nr = folio_nr_pages(page);

		page_list_del(vm->mem_map, pages, pfn);
		prefetch_tail(vm, pages);
		if (!page_evictable(vm, page)) {
			putback_lru_page(vm, t->cpu, page);
			continue;
		}
		page->flags &= ~(uint32_t)PG_isolated;
		if (page->refcount > 1) {
			page->refcount--;
			lruvec_add_page(vm, page);
			moved += nr;
			if (page->flags & PG_active)
				workingset_age_nonresident(&page_zone(vm, page)->node->lruvec, nr);
		} else if (page->flags & PG_head) {
			put_page(vm, t->cpu, page);
		} else {
			page->refcount = 0;
			page_list_add(vm->mem_map, &folios_to_free, pfn);
		}
	}
	*pages = folios_to_free;
	return moved;
}

/* --- lists --- */

static void count_scan(struct linux_vm *vm, const struct scan_control *sc, bool file,
		       uint64_t scanned, uint64_t stolen)
{
	if (sc->kswapd) {
		vm->stat.pgscan_kswapd += (int64_t)scanned;
		vm->stat.pgsteal_kswapd += (int64_t)stolen;
	} else {
		vm->stat.pgscan_direct += (int64_t)scanned;
		vm->stat.pgsteal_direct += (int64_t)stolen;
	}
	if (file) {
		vm->stat.pgscan_file += (int64_t)scanned;
		vm->stat.pgsteal_file += (int64_t)stolen;
	} else {
		vm->stat.pgscan_anon += (int64_t)scanned;
		vm->stat.pgsteal_anon += (int64_t)stolen;
	}
}

static uint64_t shrink_inactive_list(struct task *t, uint64_t nr, struct pglist_data *node,
				     struct scan_control *sc, enum lru_list lru)
{
	struct linux_vm *vm = task_vm(t);
	bool file = is_file_lru(lru), stalled = false;
	struct page_list pages = { 0 };
	struct reclaim_stat stat = { 0 };
	uint64_t scanned;

	while (too_many_isolated(node, file, sc)) {
		if (stalled)
			return 0;
		stalled = true;
		reclaim_throttle(t, node, VMSCAN_THROTTLE_ISOLATED);
		if (t->killed)
			return SWAP_CLUSTER_MAX;
	}
	lru_add_drain(vm, t->cpu);

	uint64_t taken = isolate_lru_folios(t, node, lru, nr, sc, &pages, &scanned);

	count_scan(vm, sc, file, scanned, 0);
	task_run(t, (sim_time)vm->machine->cost.scan_list);
	if (!taken)
		return 0;

	uint64_t reclaimed = shrink_folio_list(t, &pages, node, sc, &stat);

	/* interrupts are off meanwhile: what a device has written by then it finds on the list */
	move_folios_to_lru(t, &pages);
	task_run_irqs_off(t, taken * (sim_time)vm->machine->cost.putback_page);
	note_isolated(node, file, -(int64_t)taken);
	count_scan(vm, sc, file, 0, reclaimed);
	lru_note_cost(&node->lruvec, node, file, stat.pageout);
	free_unref_page_list(vm, t->cpu, pages.head);
	/* all dirty and none under way: the flushers lag behind */
	if (stat.unqueued_dirty == taken)
		wakeup_flusher_threads(vm, WB_REASON_VMSCAN);
	sc->nr.dirty += stat.dirty;
	sc->nr.congested += stat.congested;
	sc->nr.unqueued_dirty += stat.unqueued_dirty;
	sc->nr.writeback += stat.writeback;
	sc->nr.immediate += stat.immediate;
	sc->nr.taken += taken;
	if (file)
		sc->nr.file_taken += taken;
	trace_mm_vmscan_lru_shrink_inactive(
	    vm->sim, node->node_id, (int64_t)scanned, (int64_t)reclaimed, (int64_t)stat.dirty,
	    (int64_t)stat.writeback, (int64_t)stat.congested, (int64_t)stat.immediate,
	    (int64_t)stat.activate[ANON], (int64_t)stat.activate[FILE_], (int64_t)stat.ref_keep,
	    (int64_t)stat.unmap_fail, sc->priority, reclaim_flags(file));
	return reclaimed;
}

sim_time rmap_walk_cost(struct linux_vm *vm, struct page *page)
{
	const struct cost_table *cost = &vm->machine->cost;

	if (!cost->rmap_area)
		return (sim_time)cost->rmap_walk;
	return (sim_time)cost->rmap_walk + (sim_time)cost->rmap_area * rmap_areas(vm, page);
}

/* Pages of running programs that were used stay on the active list. */
static bool keep_active(struct linux_vm *vm, struct page *page)
{
	unsigned vm_flags;

	return folio_referenced(vm, page, false, &vm_flags) && (vm_flags & VM_EXEC) &&
	       !(page->flags & PG_swapbacked);
}

/* Moves pages of an active list to the inactive one, used or not; mappings forget their uses. */
static void shrink_active_list(struct task *t, uint64_t nr, struct pglist_data *node,
			       struct scan_control *sc, enum lru_list lru)
{
	struct linux_vm *vm = task_vm(t);
	struct page_list pages = { 0 }, active = { 0 }, inactive = { 0 };
	uint64_t scanned, taken, activated, deactivated, rotated = 0;
	bool file = is_file_lru(lru);

	lru_add_drain(vm, t->cpu);
	taken = isolate_lru_folios(t, node, lru, nr, sc, &pages, &scanned);
	vm->stat.pgrefill += (int64_t)scanned;
	task_run(t, (sim_time)vm->machine->cost.scan_active);
	while (pages.tail) {
		uint32_t pfn = pages.tail;
		struct page *page = pfn_to_page(vm, pfn);

		cond_resched(t);
		task_run(t, (sim_time)vm->machine->cost.scan_page);
		if (page_mapped(page))
			task_run(t, rmap_walk_cost(vm, page));
		fetch_ahead(vm, sc);
		page_list_del(vm->mem_map, &pages, pfn);
		if (!page_evictable(vm, page)) {
			putback_lru_page(vm, t->cpu, page);
		} else if (keep_active(vm, page)) {
			rotated += folio_nr_pages(page);
			page_list_add(vm->mem_map, &active, pfn);
		} else {
			page->flags = (page->flags & ~(uint32_t)PG_active) | PG_workingset;
			page_list_add(vm->mem_map, &inactive, pfn);
		}
	}
	activated = move_folios_to_lru(t, &active);
	deactivated = move_folios_to_lru(t, &inactive);
	page_list_splice(vm->mem_map, &inactive, &active);
	task_run_irqs_off(t, taken * (sim_time)vm->machine->cost.putback_page +
				 deactivated * (sim_time)vm->machine->cost.deactivate_page);
	vm->stat.pgdeactivate += (int64_t)deactivated;
	note_isolated(node, file, -(int64_t)taken);
	free_unref_page_list(vm, t->cpu, active.head);
	trace_mm_vmscan_lru_shrink_active(vm->sim, node->node_id, (int64_t)taken,
					  (int64_t)activated, (int64_t)deactivated,
					  (int64_t)rotated, sc->priority, reclaim_flags(file));
}

static bool can_age_anon_pages(const struct linux_vm *vm)
{
	return vm->total_swap_pages > 0; /* even if no place of it is free */
}

void kswapd_age_node(struct task *t, struct pglist_data *node, struct scan_control *sc)
{
	if (can_age_anon_pages(task_vm(t)) && inactive_anon_is_low(node))
		shrink_active_list(t, SWAP_CLUSTER_MAX, node, sc, LRU_ACTIVE_ANON);
}

static uint64_t shrink_list(struct task *t, enum lru_list lru, uint64_t nr,
			    struct pglist_data *node, struct scan_control *sc)
{
	if (!is_active_lru(lru))
		return shrink_inactive_list(t, nr, node, sc, lru);
	if (sc->modes.may_deactivate[is_file_lru(lru)])
		shrink_active_list(t, nr, node, sc, lru);
	else
		sc->skipped_deactivate = true;
	return 0;
}

/*
 * What the numbers of this pass are made of: sizes as everybody sees them, without what the CPUs
 * keep to themselves, but those of the zones that may be reclaimed are exact.
 */
static void scan_inputs_of(const struct pglist_data *node, const struct scan_control *sc,
			   struct scan_inputs *in)
{
	const struct linux_vm *vm = node->vm;
	const struct lruvec *l = &node->lruvec;

	*in = (struct scan_inputs){
		.anon_cost = l->anon_cost,
		.file_cost = l->file_cost,
		.swappiness = (uint64_t)vm->sysctl.swappiness,
		.refaults_moved = {
			node_page_state(node, WORKINGSET_ACTIVATE_ANON) != l->refaults[ANON],
			node_page_state(node, WORKINGSET_ACTIVATE_FILE) != l->refaults[FILE_],
		},
		.force_deactivate = sc->force_deactivate,
		.may_swap = sc->may_swap,
		.has_swap = vm->nr_swap_pages > 0,
		.priority = sc->priority,
	};
	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
		in->size[lru] = node_page_state(node, lru_stat_item((enum lru_list)lru));
		in->eligible[lru] = lruvec_lru_size(node, (enum lru_list)lru, sc->reclaim_idx);
	}
	for (int z = 0; z < MAX_NR_ZONES; z++) {
		const struct zone *zone = &node->zones[z];

		if (!managed_zone(zone))
			continue;
		in->free += (uint64_t)zone_free_pages(zone);
		in->high += wmark_pages(zone, WMARK_HIGH);
	}
}

static void shrink_lruvec(struct task *t, struct pglist_data *node, struct scan_control *sc)
{
	struct scan_inputs in;
	struct scan_deal deal;
	uint64_t targets[NR_LRU_LISTS];

	scan_inputs_of(node, sc, &in);
	in.anon_cost = sc->anon_cost; /* settled when the pass began, as sc->modes */
	in.file_cost = sc->file_cost;
	get_scan_count(&in, &sc->modes, targets);
	trace_sim_shrink_lruvec(
	    node->vm->sim, node->node_id, sc->reclaim_idx, sc->priority, (int64_t)sc->nr_to_reclaim,
	    (int64_t)in.eligible[LRU_INACTIVE_ANON], (int64_t)in.eligible[LRU_ACTIVE_ANON],
	    (int64_t)in.eligible[LRU_INACTIVE_FILE], (int64_t)in.eligible[LRU_ACTIVE_FILE],
	    (int64_t)targets[LRU_INACTIVE_ANON], (int64_t)targets[LRU_ACTIVE_ANON],
	    (int64_t)targets[LRU_INACTIVE_FILE], (int64_t)targets[LRU_ACTIVE_FILE]);
	scan_deal_init(&deal, targets, sc->nr_to_reclaim, sc->kswapd, sc->priority);
	blk_start_plug(t); /* pages that are written join in larger requests */
	while (scan_deal_more(&deal)) {
		for (int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
			uint64_t n = scan_deal_take(&deal, (enum lru_list)lru);

			if (n)
				deal.nr_reclaimed +=
				    shrink_list(t, (enum lru_list)lru, n, node, sc);
		}
		cond_resched(t);
		if (!scan_deal_end_turn(&deal))
			break;
	}
	blk_finish_plug(t);
	sc->nr_reclaimed += deal.nr_reclaimed;
	/* though no anonymous page may have been wanted: the ratio of their lists is kept */
	if (can_age_anon_pages(task_vm(t)) && inactive_anon_is_low(node))
		shrink_active_list(t, SWAP_CLUSTER_MAX, node, sc, LRU_ACTIVE_ANON);
}

/* Reclaim for a large block, to make room for compaction. */
static bool in_reclaim_compaction(const struct scan_control *sc)
{
	return (sc->gfp & __GFP_IO) && sc->order &&
	       (sc->order > PAGE_ALLOC_COSTLY_ORDER || sc->priority < DEF_PRIORITY - 2);
}

/* Whether another round shall make the room that compaction wants; reclaimed: by the last one. */
static bool should_continue_reclaim(const struct linux_vm *vm, const struct pglist_data *node,
				    uint64_t reclaimed, const struct scan_control *sc)
{
	if (!in_reclaim_compaction(sc) || !reclaimed)
		return false;
	for (int z = 0; z <= sc->reclaim_idx; z++) {
		const struct zone *zone = &node->zones[z];

		if (managed_zone(zone) &&
		    compaction_suitable(vm, zone, sc->order, 0, sc->reclaim_idx) != COMPACT_SKIPPED)
			return false;
	}

	uint64_t inactive = node_page_state(node, NR_INACTIVE_FILE);

	if (vm->nr_swap_pages > 0) /* else there is no place for anonymous ones */
		inactive += node_page_state(node, NR_INACTIVE_ANON);
	return inactive > compact_gap(sc->order);
}

/* One round over the lists of a node: which kind is spared is settled before others may run. */
static void shrink_node_once(struct task *t, struct pglist_data *node, struct scan_control *sc)
{
	struct scan_inputs in;

	memset(&sc->nr, 0, sizeof(sc->nr));
	task_run(t, (sim_time)node->vm->machine->cost.reclaim_pass);
	scan_inputs_of(node, sc, &in);
	prepare_scan_count(&in, &sc->modes);
	sc->anon_cost = in.anon_cost;
	sc->file_cost = in.file_cost;
	cond_resched(t);
	shrink_lruvec(t, node, sc);
	task_run(t, (sim_time)node->vm->machine->cost.reclaim_slab);
	shrink_slab(t, sc->gfp, node, sc->priority);
	sc->nr_reclaimed += task_struct(t)->reclaimed_slab;
	task_struct(t)->reclaimed_slab = 0;
	if (sc->kswapd) {
		if (sc->nr.writeback && sc->nr.writeback == sc->nr.taken)
			node->flags |= PGDAT_WRITEBACK;
		if (sc->nr.unqueued_dirty == sc->nr.file_taken)
			node->flags |= PGDAT_DIRTY;
		if (sc->nr.immediate)
			reclaim_throttle(t, node, VMSCAN_THROTTLE_WRITEBACK);
		/* all dirty pages were marked before and are still not written */
		if (sc->nr.dirty && sc->nr.dirty == sc->nr.congested)
			node->flags |= LRUVEC_CONGESTED;
	}
	if (!sc->kswapd && (node->flags & LRUVEC_CONGESTED) &&
	    !(task_struct(t)->flags & PF_LOCAL_THROTTLE))
		reclaim_throttle(t, node, VMSCAN_THROTTLE_CONGESTED);
}

void shrink_node(struct task *t, struct pglist_data *node, struct scan_control *sc)
{
	uint64_t begin = sc->nr_reclaimed, before;

	do {
		before = sc->nr_reclaimed;
		shrink_node_once(t, node, sc);
	} while (should_continue_reclaim(node->vm, node, sc->nr_reclaimed - before, sc));
	/* pages can be reclaimed after all: kswapd may try again */
	if (sc->nr_reclaimed > begin)
		node->kswapd_failures = 0;
}

void snapshot_refaults(struct pglist_data *node)
{
	node->lruvec.refaults[ANON] = node_page_state(node, WORKINGSET_ACTIVATE_ANON);
	node->lruvec.refaults[FILE_] = node_page_state(node, WORKINGSET_ACTIVATE_FILE);
}

static const struct check_def reclaim_checks[] = {
	{ "lru", lru_check, "pages on the lists, and the sizes by node and zone" },
	{ "slab", slab_check, "slabs of kernel objects: lists, objects and pages" },
};

const struct model reclaim_model = {
	.name = "reclaim",
	.checks = reclaim_checks,
	.nr_checks = ARRAY_LEN(reclaim_checks),
};
