/*
 * vmscan.c - scanning the lists
 *
 *	shrink_node -> get_scan_count    how many pages of each list to look at
 *	            -> shrink_lruvec     in turns of 32: inactive lists are shrunk,
 *	                                 active ones refill them
 *
 * A page on the inactive list goes when nobody used it since it came there.
 * Reclaim never waits for a single page: dirty pages and pages under
 * writeback are marked and moved out of the way.
 */
#include <string.h>

#include "models/linux/alloc/compaction.h"
#include "models/linux/boot/boot.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/writeback/writeback.h"

#define NODE_RECLAIM_PRIORITY 4
#define DEF_BATCH             SWAP_CLUSTER_MAX

enum { ANON, FILE_ };

/* --- sizes and balance --- */

uint64_t lruvec_lru_size(const struct lruvec *lruvec, enum lru_list lru, int zone_idx)
{
	uint64_t size = 0;

	for (int z = 0; z <= zone_idx; z++)
		size += lruvec->lru_zone_size[z][lru];
	return size;
}

/* Without swap only file pages can go. */
uint64_t zone_reclaimable_pages(const struct linux_vm *vm, const struct zone *zone)
{
	const struct lruvec *l = &zone->node->lruvec;
	uint64_t n = l->lru_zone_size[zone->idx][LRU_INACTIVE_FILE] +
		     l->lru_zone_size[zone->idx][LRU_ACTIVE_FILE];

	/* an empty zone is not hopeless as long as it has free pages */
	return n ? n : (uint64_t)zone_free_pages_snapshot(vm, zone);
}

bool inactive_is_low(uint64_t inactive, uint64_t active)
{
	uint64_t gb = (inactive + active) >> (30 - PAGE_SHIFT);
	uint64_t ratio = gb ? isqrt_u64(10 * gb) : 1;

	return inactive * ratio < active;
}

static bool inactive_list_is_low(const struct lruvec *l, bool file)
{
	enum lru_list inactive = file ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON;

	return inactive_is_low(lruvec_lru_size(l, inactive, MAX_NR_ZONES - 1),
			       lruvec_lru_size(l, inactive + 1, MAX_NR_ZONES - 1));
}

enum scan_balance {
	SCAN_EQUAL,
	SCAN_FRACT,
	SCAN_ANON,
	SCAN_FILE,
};

/* How many pages of each list to scan in this pass. */
static void get_scan_count(const struct linux_vm *vm, const struct lruvec *lruvec,
			   const struct scan_control *sc, uint64_t nr[NR_LRU_LISTS])
{
	uint64_t swappiness = (uint64_t)vm->sysctl.swappiness;
	uint64_t fraction[2] = { 0, 0 }, denominator = 0;
	enum scan_balance balance;

	if (!sc->may_swap || !vm->nr_swap_pages)
		balance = SCAN_FILE;
	else if (sc->priority == 0 && swappiness)
		balance = SCAN_EQUAL;
	else if (sc->file_is_tiny)
		balance = SCAN_ANON;
	else if (sc->cache_trim_mode)
		balance = SCAN_FILE;
	else
		balance = SCAN_FRACT;
	if (balance == SCAN_FRACT) {
		uint64_t total = sc->anon_cost + sc->file_cost;
		uint64_t anon_cost = total + sc->anon_cost, file_cost = total + sc->file_cost;

		total = anon_cost + file_cost;
		fraction[ANON] = swappiness * (total + 1) / (anon_cost + 1);
		fraction[FILE_] = (200 - swappiness) * (total + 1) / (file_cost + 1);
		denominator = fraction[ANON] + fraction[FILE_];
	}
	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
		bool file = is_file_lru((enum lru_list)lru);
		uint64_t size = lruvec_lru_size(lruvec, (enum lru_list)lru, sc->reclaim_idx);
		uint64_t scan = size >> sc->priority;

		switch (balance) {
		case SCAN_EQUAL:
			break;
		case SCAN_FRACT:
			scan = scan * fraction[file] / denominator;
			break;
		case SCAN_FILE:
		case SCAN_ANON:
			if ((balance == SCAN_FILE) != file)
				scan = 0;
			break;
		}
		nr[lru] = scan;
	}
}

/* --- throttling --- */

static sim_time throttle_ticks(enum vmscan_throttle_state reason)
{
	switch (reason) {
	case VMSCAN_THROTTLE_WRITEBACK:
		return HZ / 10;
	case VMSCAN_THROTTLE_ISOLATED:
		return HZ / 50;
	case VMSCAN_THROTTLE_NOPROGRESS:
	case VMSCAN_THROTTLE_CONGESTED:
	case NR_VMSCAN_THROTTLE:
		break;
	}
	return 1;
}

/* Whether waiting would be in vain: few pages of the node are dirty or being written. */
static bool skip_throttle_noprogress(const struct linux_vm *vm, const struct pglist_data *node)
{
	uint64_t reclaimable = 0, write_pending = 0;

	if (node->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	for (int z = 0; z < MAX_NR_ZONES; z++) {
		const struct zone *zone = &node->zones[z];

		if (!managed_zone(zone))
			continue;
		reclaimable += zone_reclaimable_pages(vm, zone);
		write_pending += (uint64_t)zone->stat.nr_zone_write_pending;
	}
	return 2 * write_pending <= reclaimable;
}

void reclaim_throttle(struct task *t, struct pglist_data *node, enum vmscan_throttle_state reason)
{
	struct wait_queue *q = &node->reclaim_wait[reason];
	uint64_t ticks = throttle_ticks(reason);

	/* workers and kernel threads other than kswapd go on */
	if ((t->flags & TASK_KERNEL) && !(task_struct(t)->flags & PF_KSWAPD)) {
		cond_resched(t);
		return;
	}
	if ((reason == VMSCAN_THROTTLE_CONGESTED || reason == VMSCAN_THROTTLE_NOPROGRESS) &&
	    skip_throttle_noprogress(node->vm, node)) {
		cond_resched(t);
		return;
	}
	if (reason == VMSCAN_THROTTLE_WRITEBACK && node->nr_writeback_throttled++ == 0)
		node->nr_reclaim_start = node->stat.nr_throttled_written;

	sim_time begin = task_now(t);

	t->waits_for = "reclaim throttling";
	task_wait(t, q, ticks);
	t->waits_for = NULL;
	if (reason == VMSCAN_THROTTLE_WRITEBACK)
		node->nr_writeback_throttled--;
	trace_mm_vmscan_throttled(t->sim, node->node_id, (int64_t)(ticks * 1000000 / HZ),
				  (int64_t)((task_now(t) - begin) / NS_PER_US), reason);
}

void acct_writeback_throttled(struct linux_vm *vm, struct pglist_data *node)
{
	int n = node->nr_writeback_throttled;

	if (!n)
		return;
	node->stat.nr_throttled_written++;
	if (node->stat.nr_throttled_written - node->nr_reclaim_start >
	    (int64_t)SWAP_CLUSTER_MAX * n)
		wake_up_all(vm->sim, &node->reclaim_wait[VMSCAN_THROTTLE_WRITEBACK]);
}

static bool too_many_isolated(const struct pglist_data *node, bool file,
			      const struct scan_control *sc)
{
	int64_t inactive = file ? node->stat.nr_inactive_file : node->stat.nr_inactive_anon;
	int64_t isolated = file ? node->stat.nr_isolated_file : node->stat.nr_isolated_anon;

	if (sc->kswapd)
		return false;
	/* full reclaimers may take more than those that cannot enter file systems */
	if ((sc->gfp & (__GFP_IO | __GFP_FS)) == (__GFP_IO | __GFP_FS))
		inactive >>= 3;
	return isolated > inactive;
}

/* --- isolation --- */

/* Takes up to nr pages off the tail of a list; pages of higher zones are passed over. */
static uint64_t isolate_lru_pages(struct linux_vm *vm, struct pglist_data *node, enum lru_list lru,
				  uint64_t nr, const struct scan_control *sc,
				  struct page_list *taken_list, uint64_t *total_scanned)
{
	struct page_list *list = &node->lruvec.lists[lru];
	struct page_list skipped_list = { 0 };
	uint64_t scanned = 0, skipped = 0, taken = 0;

	while (scanned < nr && list->tail) {
		uint32_t pfn = list->tail;
		struct page *page = pfn_to_page(vm, pfn);
		struct zone *zone = pfn_zone(vm, pfn);
		uint64_t pages = folio_nr_pages(page);

		page_list_del(vm->mem_map, list, pfn);
		if (zone->idx > sc->reclaim_idx) {
			page_list_add(vm->mem_map, &skipped_list, pfn);
			skipped += pages;
			zone->stat.pgskip += (int64_t)pages;
			continue;
		}
		scanned += pages;
		page->refcount++;
		page->flags = (page->flags & ~(uint32_t)PG_lru) | PG_isolated;
		update_lru_size(node, lru, zone->idx, -(int64_t)pages);
		page_list_add(vm->mem_map, taken_list, pfn);
		taken += pages;
	}
	page_list_splice(vm->mem_map, &skipped_list, list);
	*total_scanned = scanned + skipped;
	trace_mm_vmscan_lru_isolate(vm->sim, sc->reclaim_idx, sc->order, (int64_t)nr,
				    (int64_t)*total_scanned, (int64_t)skipped, (int64_t)taken, lru);
	return taken;
}

/* Puts isolated pages back on the lists they belong to, dropping the isolation's reference. */
static void putback_lru_pages(struct task *t, struct page_list *pages)
{
	struct linux_vm *vm = task_vm(t);

	while (pages->tail) {
		uint32_t pfn = pages->tail;
		struct page *page = pfn_to_page(vm, pfn);

		page_list_del(vm->mem_map, pages, pfn);
		page->flags &= ~(uint32_t)PG_isolated;
		lruvec_add_page(vm, page);
		if (page->flags & PG_active)
			workingset_activation(vm, page);
		put_page(vm, t->cpu, page);
	}
}

static void note_isolated(struct pglist_data *node, bool file, int64_t pages)
{
	if (file)
		node->stat.nr_isolated_file += pages;
	else
		node->stat.nr_isolated_anon += pages;
}

/* --- one page after the other --- */

struct reclaim_stat {
	uint64_t dirty, unqueued_dirty, congested, writeback, immediate, pageout;
	uint64_t activate[2], ref_keep, unmap_fail;
	uint64_t unmapped; /* pages whose entries were taken away: the TLB is to be flushed */
};

enum page_fate {
	FATE_KEEP,     /* back to its list */
	FATE_ACTIVATE, /* back to the active list */
	FATE_FREED,
};

/* Takes a clean page that nobody else holds out of its mapping, leaving a shadow. */
static bool remove_mapping(struct linux_vm *vm, struct address_space *m, struct page *page)
{
	if (page->refcount != 1 + (int32_t)folio_nr_pages(page) || (page->flags & PG_dirty))
		return false; /* the cache's references and ours */

	xa_entry shadow = m->flags & AS_EXITING ? 0 : workingset_eviction(vm, page);

	__delete_from_page_cache(vm, page, shadow);
	page->refcount = 0;
	return true;
}

/* A page under writeback is never waited for; it is marked to be freed once written. */
static enum page_fate page_under_writeback(struct pglist_data *node, const struct scan_control *sc,
					   struct page *page, struct reclaim_stat *stat)
{
	if (sc->kswapd && (page->flags & PG_reclaim) && (node->flags & PGDAT_WRITEBACK)) {
		stat->immediate++;
	} else {
		page->flags |= PG_reclaim;
		stat->writeback++;
	}
	return FATE_ACTIVATE;
}

/* Writes a dirty page that kswapd met at the end of the list again and again. */
static enum page_fate pageout(struct task *t, struct pglist_data *node, struct address_space *m,
			      struct page *page, struct reclaim_stat *stat, bool *locked)
{
	struct linux_vm *vm = task_vm(t);

	if (page->refcount != 2)
		return FATE_KEEP;
	if (m->flags & AS_NO_WRITEPAGE)
		return FATE_ACTIVATE;
	page->flags |= PG_reclaim;
	if (writepage_for_reclaim(t, m, page) == AOP_WRITEPAGE_ACTIVATE) {
		page->flags &= ~(uint32_t)PG_reclaim;
		return FATE_ACTIVATE;
	}
	*locked = false; /* writing took the lock over */
	node->stat.nr_vmscan_write++;
	trace_mm_vmscan_write_folio(vm->sim, page_to_pfn(vm, page));
	stat->pageout++;
	return FATE_KEEP;
}

static enum page_fate dirty_page(struct task *t, struct pglist_data *node,
				 const struct scan_control *sc, struct address_space *m,
				 struct page *page, bool reclaim_clean, struct reclaim_stat *stat,
				 bool *locked)
{
	/* only kswapd writes, and only where the tail of the list is full of dirty pages */
	if (!sc->kswapd || !(page->flags & PG_reclaim) || !(node->flags & PGDAT_DIRTY)) {
		node->stat.nr_vmscan_immediate_reclaim++;
		page->flags |= PG_reclaim;
		return FATE_ACTIVATE;
	}
	if (reclaim_clean || !(sc->gfp & __GFP_FS) || !sc->may_writepage)
		return FATE_KEEP;
	return pageout(t, node, m, page, stat, locked);
}

enum page_references {
	PAGEREF_RECLAIM,
	PAGEREF_RECLAIM_CLEAN, /* not if it has to be written first */
	PAGEREF_KEEP,          /* one more round on the inactive list */
	PAGEREF_ACTIVATE,
};

/* Who used a page since it was looked at last: programs that map it, and recorded uses. */
static enum page_references page_check_references(struct linux_vm *vm, struct page *page)
{
	unsigned vm_flags;
	int referenced_ptes = folio_referenced(vm, page, true, &vm_flags);
	bool referenced_page = page->flags & PG_referenced;
	bool file = !(page->flags & PG_swapbacked);

	page->flags &= ~(uint32_t)PG_referenced;
	if (vm_flags & VM_LOCKED)
		return PAGEREF_ACTIVATE;
	if (!referenced_ptes)
		/* unmapped: one recorded use does not protect a clean file page */
		return referenced_page && file ? PAGEREF_RECLAIM_CLEAN : PAGEREF_RECLAIM;
	/* every mapped page was used once, by the fault: what counts is the second time */
	page->flags |= PG_referenced;
	if (referenced_page || referenced_ptes > 1)
		return PAGEREF_ACTIVATE;
	return (vm_flags & VM_EXEC) && file ? PAGEREF_ACTIVATE : PAGEREF_KEEP;
}

/* Takes a page out of all programs that map it.  False: it is still mapped. */
static bool unmap_for_reclaim(struct task *t, struct page *page, struct reclaim_stat *stat)
{
	if (!page_mapped(page))
		return true;
	stat->unmapped += try_to_unmap(t, page) != 0;
	if (!page_mapped(page))
		return true;
	stat->unmap_fail += folio_nr_pages(page);
	return false;
}

static enum page_fate shrink_page(struct task *t, struct pglist_data *node, struct scan_control *sc,
				  struct page *page, struct reclaim_stat *stat)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m;
	enum page_fate fate;
	bool locked = true;

	task_run(t, (sim_time)vm->machine->cost.scan_page);
	if (!trylock_page(page))
		return FATE_KEEP;
	sc->nr_scanned += folio_nr_pages(page);
	if (page->flags & (PG_unevictable | PG_mlocked)) {
		fate = FATE_ACTIVATE;
		goto out;
	}
	if (!sc->may_unmap && page_mapped(page)) {
		fate = FATE_KEEP;
		goto out;
	}

	bool dirty = page->flags & PG_dirty, writeback = page->flags & PG_writeback;

	if (dirty || writeback)
		stat->dirty++;
	if (dirty && !writeback)
		stat->unqueued_dirty++;
	if (writeback && (page->flags & PG_reclaim))
		stat->congested++;
	if (writeback) {
		fate = page_under_writeback(node, sc, page, stat);
		goto out;
	}

	enum page_references references =
	    sc->ignore_references ? PAGEREF_RECLAIM : page_check_references(vm, page);

	if (references == PAGEREF_KEEP)
		stat->ref_keep += folio_nr_pages(page);
	if (references >= PAGEREF_KEEP || !unmap_for_reclaim(t, page, stat)) {
		fate = references == PAGEREF_KEEP ? FATE_KEEP : FATE_ACTIVATE;
		goto out;
	}
	m = page_mapping(vm, page);
	if (page->flags & PG_dirty) {
		fate = dirty_page(t, node, sc, m, page, references == PAGEREF_RECLAIM_CLEAN, stat,
				  &locked);
		goto out;
	}
	fate = FATE_KEEP;
	if (m && remove_mapping(vm, m, page)) {
		page->flags &= ~(uint32_t)PG_locked;
		return FATE_FREED;
	}
out:
	if (fate == FATE_ACTIVATE && !(page->flags & PG_mlocked)) {
		page->flags |= PG_active;
		stat->activate[!(page->flags & PG_swapbacked)] += folio_nr_pages(page);
	}
	if (locked)
		unlock_page(vm, page);
	return fate;
}

/* Tries to free isolated pages, oldest first; those that stay are left in pages. */
static uint64_t shrink_page_list(struct task *t, struct page_list *pages, struct pglist_data *node,
				 struct scan_control *sc, struct reclaim_stat *stat)
{
	struct linux_vm *vm = task_vm(t);
	struct page_list keep = { 0 }, freed = { 0 };
	uint64_t reclaimed = 0;

	while (pages->tail) {
		uint32_t pfn = pages->tail;
		struct page *page = pfn_to_page(vm, pfn);

		page_list_del(vm->mem_map, pages, pfn);
		if (shrink_page(t, node, sc, page, stat) == FATE_FREED) {
			page->flags &= ~(uint32_t)PG_isolated;
			page_list_add(vm->mem_map, &freed, pfn);
			reclaimed += folio_nr_pages(page);
		} else {
			page_list_add(vm->mem_map, &keep, pfn);
		}
	}
	/* before a frame gets another content, no CPU may still know it */
	if (stat->unmapped)
		task_run(t, (sim_time)vm->machine->cost.tlb_flush);
	vm->stat.pgactivate += (int64_t)(stat->activate[ANON] + stat->activate[FILE_]);
	for (uint32_t pfn = freed.head, next; pfn; pfn = next) {
		next = pfn_to_page(vm, pfn)->next;
		page_list_del(vm->mem_map, &freed, pfn);
		__free_pages(vm, t->cpu, pfn_to_page(vm, pfn), folio_order(pfn_to_page(vm, pfn)));
	}
	task_run(t, reclaimed * (sim_time)vm->machine->cost.reclaim_page);
	*pages = keep;
	return reclaimed;
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

	uint64_t taken = isolate_lru_pages(vm, node, lru, nr, sc, &pages, &scanned);

	note_isolated(node, file, (int64_t)taken);
	count_scan(vm, sc, file, scanned, 0);
	if (!taken)
		return 0;

	uint64_t reclaimed = shrink_page_list(t, &pages, node, sc, &stat);

	putback_lru_pages(t, &pages);
	note_isolated(node, file, -(int64_t)taken);
	if (!too_many_isolated(node, file, sc))
		wake_up_all(vm->sim, &node->reclaim_wait[VMSCAN_THROTTLE_ISOLATED]);
	count_scan(vm, sc, file, 0, reclaimed);
	lru_note_cost(&node->lruvec, node, file, stat.pageout);
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
	    (int64_t)stat.unmap_fail, sc->priority);
	return reclaimed;
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
	struct page_list pages = { 0 };
	uint64_t scanned, deactivated = 0, rotated = 0;
	bool file = is_file_lru(lru);

	lru_add_drain(vm, t->cpu);

	uint64_t taken = isolate_lru_pages(vm, node, lru, nr, sc, &pages, &scanned);

	note_isolated(node, file, (int64_t)taken);
	vm->stat.pgrefill += (int64_t)scanned;
	while (pages.tail) {
		uint32_t pfn = pages.tail;
		struct page *page = pfn_to_page(vm, pfn);

		task_run(t, (sim_time)vm->machine->cost.scan_page);
		page_list_del(vm->mem_map, &pages, pfn);
		page->flags &= ~(uint32_t)PG_isolated;
		if (page->flags & PG_unevictable) {
			;
		} else if (keep_active(vm, page)) {
			workingset_activation(vm, page);
			rotated += folio_nr_pages(page);
		} else {
			page->flags = (page->flags & ~(uint32_t)PG_active) | PG_workingset;
			deactivated += folio_nr_pages(page);
		}
		lruvec_add_page(vm, page);
		put_page(vm, t->cpu, page);
	}
	vm->stat.pgdeactivate += (int64_t)deactivated;
	note_isolated(node, file, -(int64_t)taken);
	trace_mm_vmscan_lru_shrink_active(vm->sim, node->node_id, (int64_t)taken, (int64_t)rotated,
					  (int64_t)deactivated, (int64_t)rotated, sc->priority);
}

static uint64_t shrink_list(struct task *t, enum lru_list lru, uint64_t nr,
			    struct pglist_data *node, struct scan_control *sc)
{
	if (!is_active_lru(lru))
		return shrink_inactive_list(t, nr, node, sc, lru);
	if (sc->may_deactivate[is_file_lru(lru)])
		shrink_active_list(t, nr, node, sc, lru);
	else
		sc->skipped_deactivate = true;
	return 0;
}

/*
 * Enough was reclaimed: the kind with less left is not scanned any more, and
 * the other only as far as the first one got, so that both are cut in
 * proportion.  Returns false when nothing is left to do.
 */
static bool cut_targets(uint64_t nr[NR_LRU_LISTS], const uint64_t targets[NR_LRU_LISTS])
{
	uint64_t nr_file = nr[LRU_INACTIVE_FILE] + nr[LRU_ACTIVE_FILE];
	uint64_t nr_anon = nr[LRU_INACTIVE_ANON] + nr[LRU_ACTIVE_ANON];
	enum lru_list small, large;
	uint64_t percentage, rest;

	if (!nr_file || !nr_anon)
		return false;
	if (nr_file > nr_anon) {
		small = LRU_INACTIVE_ANON;
		large = LRU_INACTIVE_FILE;
		rest = nr_anon;
	} else {
		small = LRU_INACTIVE_FILE;
		large = LRU_INACTIVE_ANON;
		rest = nr_file;
	}
	percentage = rest * 100 / (targets[small] + targets[small + 1] + 1);
	nr[small] = nr[small + 1] = 0;
	for (int i = 0; i < 2; i++) {
		uint64_t done = targets[large + i] - nr[large + i];
		uint64_t want = targets[large + i] * (100 - percentage) / 100;

		nr[large + i] = want - min_u64(want, done);
	}
	return true;
}

static void shrink_lruvec(struct task *t, struct pglist_data *node, struct scan_control *sc)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t nr[NR_LRU_LISTS] = { 0 }, targets[NR_LRU_LISTS];
	uint64_t reclaimed = 0;
	bool proportional = !sc->kswapd && sc->priority == DEF_PRIORITY;

	get_scan_count(vm, &node->lruvec, sc, nr);
	for (int i = 0; i < NR_LRU_LISTS; i++)
		targets[i] = nr[i];
	while (nr[LRU_INACTIVE_ANON] || nr[LRU_ACTIVE_FILE] || nr[LRU_INACTIVE_FILE]) {
		for (int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
			uint64_t n = min_u64(nr[lru], DEF_BATCH);

			if (!n)
				continue;
			nr[lru] -= n;
			reclaimed += shrink_list(t, (enum lru_list)lru, n, node, sc);
		}
		cond_resched(t);
		if (reclaimed < sc->nr_to_reclaim || proportional)
			continue;
		if (!cut_targets(nr, targets))
			break;
	}
	sc->nr_reclaimed += reclaimed;
}

static void prepare_scan_count(struct pglist_data *node, struct scan_control *sc)
{
	const struct lruvec *l = &node->lruvec;
	uint64_t refaults[2] = { (uint64_t)node->stat.workingset_activate_anon,
				 (uint64_t)node->stat.workingset_activate_file };
	uint64_t file, free = 0, high = 0;

	sc->anon_cost = l->anon_cost;
	sc->file_cost = l->file_cost;
	for (int type = ANON; type <= FILE_; type++)
		sc->may_deactivate[type] = sc->force_deactivate ||
					   refaults[type] != l->refaults[type] ||
					   inactive_list_is_low(l, type == FILE_);
	file = lruvec_lru_size(l, LRU_INACTIVE_FILE, MAX_NR_ZONES - 1);
	sc->cache_trim_mode = file >> sc->priority && !sc->may_deactivate[FILE_];
	for (int z = 0; z < MAX_NR_ZONES; z++) {
		const struct zone *zone = &node->zones[z];

		if (!managed_zone(zone))
			continue;
		free += (uint64_t)zone_free_pages(zone);
		high += wmark_pages(zone, WMARK_HIGH);
	}
	file += lruvec_lru_size(l, LRU_ACTIVE_FILE, MAX_NR_ZONES - 1);
	sc->file_is_tiny = file + free <= high && !sc->may_deactivate[ANON] &&
			   lruvec_lru_size(l, LRU_INACTIVE_ANON, MAX_NR_ZONES - 1) >> sc->priority;
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

	uint64_t inactive = (uint64_t)node->stat.nr_inactive_file;

	if (vm->nr_swap_pages)
		inactive += (uint64_t)node->stat.nr_inactive_anon;
	return inactive > compact_gap(sc->order);
}

/* One round over the lists of a node. */
static void shrink_node_once(struct task *t, struct pglist_data *node, struct scan_control *sc)
{
	task_run(t, (sim_time)node->vm->machine->cost.reclaim_pass);
	memset(&sc->nr, 0, sizeof(sc->nr));
	prepare_scan_count(node, sc);
	shrink_lruvec(t, node, sc);
	shrink_shadow_nodes(node->vm, node, sc->priority);
	if (sc->kswapd) {
		if (sc->nr.writeback && sc->nr.writeback == sc->nr.taken)
			node->flags |= PGDAT_WRITEBACK;
		if (sc->nr.unqueued_dirty == sc->nr.file_taken)
			node->flags |= PGDAT_DIRTY;
		if (sc->nr.immediate)
			reclaim_throttle(t, node, VMSCAN_THROTTLE_WRITEBACK);
	}
	if (sc->nr.dirty && sc->nr.dirty == sc->nr.congested)
		node->flags |= PGDAT_CONGESTED;
	if (!sc->kswapd && (node->flags & PGDAT_CONGESTED))
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

void age_active_anon(struct task *t, struct pglist_data *node, struct scan_control *sc)
{
	if (task_vm(t)->total_swap_pages && inactive_list_is_low(&node->lruvec, false))
		shrink_active_list(t, SWAP_CLUSTER_MAX, node, sc, LRU_ACTIVE_ANON);
}

void snapshot_refaults(struct pglist_data *node)
{
	node->lruvec.refaults[ANON] = (uint64_t)node->stat.workingset_activate_anon;
	node->lruvec.refaults[FILE_] = (uint64_t)node->stat.workingset_activate_file;
}

/* --- direct reclaim --- */

/* Whether a node still has enough of its reserve for tasks to reclaim themselves. */
static bool allow_direct_reclaim(struct linux_vm *vm, struct pglist_data *node)
{
	uint64_t reserve = 0, free = 0;

	if (node->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	for (int z = 0; z <= ZONE_NORMAL; z++) {
		const struct zone *zone = &node->zones[z];

		if (!managed_zone(zone) || !zone_reclaimable_pages(vm, zone))
			continue;
		reserve += wmark_pages(zone, WMARK_MIN);
		free += (uint64_t)zone_free_pages(zone);
	}
	if (!reserve)
		return true;
	if (free > reserve / 2)
		return true;
	/* kswapd must be at work, or nobody would wake us */
	if (wait_queue_active(&node->kswapd_wait)) {
		if (node->kswapd_highest_zoneidx > ZONE_NORMAL)
			node->kswapd_highest_zoneidx = ZONE_NORMAL;
		wake_up(vm->sim, &node->kswapd_wait);
	}
	return false;
}

/* Holds a task back while the reserves are low.  True: it was killed meanwhile. */
static bool throttle_direct_reclaim(struct task *t, gfp_t gfp, const struct zonelist *zl,
				    int highest_zoneidx)
{
	struct linux_vm *vm = task_vm(t);
	struct pglist_data *node = NULL;

	if (t->flags & TASK_KERNEL)
		return false;
	for (int i = 0; i < zl->n && !node; i++)
		if (zl->ref[i].zone_idx <= highest_zoneidx && zl->ref[i].zone_idx <= ZONE_NORMAL)
			node = zl->ref[i].zone->node;
	if (!node || allow_direct_reclaim(vm, node))
		return false;
	vm->stat.pgscan_direct_throttle++;

	struct wait_entry w;
	uint64_t left = gfp & __GFP_FS ? FOREVER : HZ;

	wait_entry_init(&w, t);
	t->waits_for = "memory reserve";
	for (;;) {
		wait_prepare(&node->pfmemalloc_wait, &w, WAIT_SHARED);
		if (allow_direct_reclaim(vm, node) || t->killed || left == 0)
			break;
		left = task_block_timeout(t, left);
	}
	wait_finish(&w);
	t->waits_for = NULL;
	return t->killed;
}

/*
 * Whether a request for a large block should compact the zone instead: it could be served, or there
 * are free pages enough, with some to spare for others who take them meanwhile.
 */
static bool compaction_ready(const struct linux_vm *vm, const struct zone *zone,
			     const struct scan_control *sc)
{
	if (!(sc->gfp & __GFP_IO))
		return false;
	switch (compaction_suitable(vm, zone, sc->order, 0, sc->reclaim_idx)) {
	case COMPACT_SUCCESS:
		return true;
	case COMPACT_SKIPPED:
		return false;
	default:
		return zone_watermark_ok_safe(
		    vm, zone, 0, wmark_pages(zone, WMARK_HIGH) + compact_gap(sc->order),
		    sc->reclaim_idx);
	}
}

static void shrink_zones(struct task *t, const struct zonelist *zl, struct scan_control *sc)
{
	struct linux_vm *vm = task_vm(t);
	struct pglist_data *last = NULL, *first = NULL;

	for (int i = 0; i < zl->n; i++) {
		struct zone *zone = zl->ref[i].zone;

		if (zl->ref[i].zone_idx > sc->reclaim_idx ||
		    (sc->nodemask && !(sc->nodemask & 1ULL << zone->node->node_id)))
			continue;
		if (sc->order > PAGE_ALLOC_COSTLY_ORDER && compaction_ready(vm, zone, sc)) {
			sc->compaction_ready = true;
			continue;
		}
		if (!first)
			first = zone->node;
		if (zone->node == last)
			continue;
		last = zone->node;
		shrink_node(t, zone->node, sc);
	}
	if (!first)
		return;
	/* some progress lets those go on who saw none */
	if (sc->nr_reclaimed > sc->nr_scanned >> 3)
		wake_up_all(vm->sim, &first->reclaim_wait[VMSCAN_THROTTLE_NOPROGRESS]);
	else if (!sc->kswapd && sc->priority == 1 && !sc->nr_reclaimed)
		reclaim_throttle(t, first, VMSCAN_THROTTLE_NOPROGRESS);
}

static uint64_t do_try_to_free_pages(struct task *t, const struct zonelist *zl,
				     struct scan_control *sc)
{
	struct linux_vm *vm = task_vm(t);

	for (;;) {
		int zone_idx = sc->reclaim_idx;

		vm->stat.allocstall++;
		for (int i = 0; i < zl->n; i++) {
			if (zl->ref[i].zone_idx <= zone_idx) {
				zl->ref[i].zone->stat.allocstall++;
				break;
			}
		}
		for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
			sc->nr_scanned = 0;
			shrink_zones(t, zl, sc);
			if (sc->nr_reclaimed >= sc->nr_to_reclaim || sc->compaction_ready)
				break;
			if (sc->priority < DEF_PRIORITY - 2)
				sc->may_writepage = true;
		}
		for (int i = 0; i < zl->n; i++)
			snapshot_refaults(zl->ref[i].zone->node);
		if (sc->nr_reclaimed)
			return sc->nr_reclaimed;
		if (sc->compaction_ready)
			return 1;
		if (!sc->skipped_deactivate)
			return 0;
		/* the active lists were left alone: once more without mercy */
		sc->force_deactivate = true;
		sc->skipped_deactivate = false;
	}
}

uint64_t try_to_free_pages(struct task *t, const struct zonelist *zl, int order, gfp_t gfp,
			   uint64_t nodemask)
{
	struct linux_vm *vm = task_vm(t);
	struct task_struct *ts = task_struct(t);
	sim_time begin = task_now(t);
	struct scan_control sc = {
		.nr_to_reclaim = SWAP_CLUSTER_MAX,
		.nodemask = nodemask,
		.order = order,
		.gfp = gfp,
		.reclaim_idx = gfp_zone(gfp),
		.may_writepage = true,
		.may_unmap = true,
		.may_swap = true,
	};

	if (throttle_direct_reclaim(t, gfp, zl, sc.reclaim_idx))
		return 1;
	trace_mm_vmscan_direct_reclaim_begin(vm->sim, order, gfp);
	ts->flags |= PF_MEMALLOC;

	uint64_t reclaimed = do_try_to_free_pages(t, zl, &sc);

	ts->flags &= ~(unsigned)PF_MEMALLOC;
	trace_mm_vmscan_direct_reclaim_end(vm->sim, (int64_t)reclaimed);
	ts->reclaim_stall_ns += task_now(t) - begin;
	vm->stat.sim_reclaim_stall_ns += (int64_t)(task_now(t) - begin);
	return reclaimed;
}

/* --- node reclaim --- */

#define RECLAIM_WRITE 2
#define RECLAIM_UNMAP 4

static uint64_t node_pagecache_reclaimable(const struct linux_vm *vm,
					   const struct pglist_data *node)
{
	int64_t pages = vm->sysctl.zone_reclaim_mode & RECLAIM_UNMAP
			    ? node->stat.nr_file_pages
			    : max_s64(node->stat.nr_inactive_file + node->stat.nr_active_file -
					  node->stat.nr_mapped,
				      0);

	if (!(vm->sysctl.zone_reclaim_mode & RECLAIM_WRITE))
		pages -= min_s64(pages, node->stat.nr_dirty);
	return (uint64_t)pages;
}

int node_reclaim(struct task *t, struct pglist_data *node, gfp_t gfp, int order)
{
	struct linux_vm *vm = task_vm(t);
	struct scan_control sc = {
		.nr_to_reclaim = max_u64(1ULL << order, SWAP_CLUSTER_MAX),
		.gfp = gfp,
		.order = order,
		.priority = NODE_RECLAIM_PRIORITY,
		.may_writepage = vm->sysctl.zone_reclaim_mode & RECLAIM_WRITE,
		.may_unmap = vm->sysctl.zone_reclaim_mode & RECLAIM_UNMAP,
		.may_swap = true,
		.reclaim_idx = gfp_zone(gfp),
	};

	if (node_pagecache_reclaimable(vm, node) <= node->min_unmapped_pages &&
	    (uint64_t)node->stat.nr_slab_reclaimable <= node->min_slab_pages)
		return -1;
	if (!gfpflags_allow_blocking(gfp) || task_in_irq(t) ||
	    (task_struct(t)->flags & PF_MEMALLOC))
		return -2;
	if (node_has_cpus(vm, node->node_id) && node->node_id != t->cpu->node)
		return -2;
	if (node->reclaim_locked)
		return -2;
	node->reclaim_locked = true;
	task_struct(t)->flags |= PF_MEMALLOC;
	if (node_pagecache_reclaimable(vm, node) > node->min_unmapped_pages) {
		do {
			shrink_node(t, node, &sc);
		} while (sc.nr_reclaimed < 1ULL << order && --sc.priority >= 0);
	}
	task_struct(t)->flags &= ~(unsigned)PF_MEMALLOC;
	node->reclaim_locked = false;
	if (sc.nr_reclaimed >= 1ULL << order)
		return 1;
	vm->stat.zone_reclaim_failed++;
	return 0;
}

/* --- for those who want a range of pages --- */

uint64_t reclaim_clean_pages_from_list(struct task *t, struct zone *zone, struct page_list *pages)
{
	struct linux_vm *vm = task_vm(t);
	struct scan_control sc = { .gfp = GFP_KERNEL,
				   .may_unmap = true,
				   .ignore_references = true };
	struct page_list clean = { 0 };
	struct reclaim_stat stat = { 0 };
	uint64_t reclaimed;

	if (!pages->head)
		return 0;

	unsigned memalloc = task_struct(t)->flags & PF_MEMALLOC;

	for (uint32_t pfn = pages->head, next; pfn; pfn = next) {
		struct page *page = pfn_to_page(vm, pfn);

		next = page->next;
		if (page->flags & (PG_swapbacked | PG_dirty | PG_unevictable))
			continue;
		page->flags &= ~(uint32_t)PG_active;
		page_list_del(vm->mem_map, pages, pfn);
		page_list_add(vm->mem_map, &clean, pfn);
	}
	task_struct(t)->flags |= PF_MEMALLOC;
	reclaimed = shrink_page_list(t, &clean, zone->node, &sc, &stat);
	if (!memalloc)
		task_struct(t)->flags &= ~(unsigned)PF_MEMALLOC;
	page_list_splice(vm->mem_map, &clean, pages);
	note_isolated(zone->node, true, -(int64_t)reclaimed);
	return reclaimed;
}

static const struct check_def reclaim_checks[] = {
	{ "lru", lru_check, "pages on the lists, and the sizes by node and zone" },
};

const struct model reclaim_model = {
	.name = "reclaim",
	.checks = reclaim_checks,
	.nr_checks = ARRAY_LEN(reclaim_checks),
};
