/*
 * vmscan.h - which pages are given up when memory is short
 *
 * Like:        Linux 6.1, mm/vmscan.c, mm/swap.c, mm/workingset.c: two lists per kind, second
 *              chance, refault distance, scan balance, kswapd, direct reclaim, throttling
 * Simplified:  one lruvec per node (all tasks in the root group); how much is isolated is read as
 *              it is, where the kernel lacks what CPUs keep to themselves
 * Left out:    demotion to other nodes, MGLRU (off in the reference kernel)
 */
#ifndef MMSIM_LINUX_VMSCAN_H
#define MMSIM_LINUX_VMSCAN_H

#include <stddef.h>

#include "models/linux/alloc/node_stat.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/pagecache/filemap.h"
#include "models/linux/reclaim/scan_balance.h"

/* What one reclaim may do, wants, and has done. */
struct scan_control {
	uint64_t nr_to_reclaim;
	uint64_t nodemask;
	struct scan_modes modes;
	uint64_t anon_cost, file_cost; /* of the lists, when the pass began */
	bool force_deactivate, skipped_deactivate;
	bool may_writepage, may_unmap, may_swap;
	bool ignore_references; /* pages in use go as well */
	bool kswapd;            /* kswapd asks, else a task for itself */
	bool compaction_ready;  /* a zone has enough free pages: compaction is next */
	int order;
	int priority;
	int reclaim_idx; /* highest zone */
	gfp_t gfp;
	uint64_t nr_scanned, nr_reclaimed;
	struct lru_ahead *host_ahead; /* of the list that is scanned; NULL: none. borrowed */
	struct {
		uint64_t dirty, unqueued_dirty, congested, writeback, immediate;
		uint64_t file_taken, taken;
	} nr; /* sums of one shrink_node */
};

static inline bool is_file_lru(enum lru_list lru)
{
	return lru == LRU_INACTIVE_FILE || lru == LRU_ACTIVE_FILE;
}

static inline bool is_active_lru(enum lru_list lru)
{
	return lru == LRU_ACTIVE_ANON || lru == LRU_ACTIVE_FILE;
}

/* --- lru.c --- */
void lru_init(struct linux_vm *vm);
void lru_free(struct linux_vm *vm);
static inline enum lru_list page_lru(const struct page *page)
{
	if (page->flags & PG_unevictable)
		return LRU_UNEVICTABLE;
	if (page->flags & PG_swapbacked)
		return page->flags & PG_active ? LRU_ACTIVE_ANON : LRU_INACTIVE_ANON;
	return page->flags & PG_active ? LRU_ACTIVE_FILE : LRU_INACTIVE_FILE;
}
/* A new page: by way of the CPU's batch, which holds a reference. */
void lru_cache_add(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* Puts a page on its list now (head), and takes it off. */
void lruvec_add_page(struct linux_vm *vm, struct page *page);
void lruvec_add_page_tail(struct linux_vm *vm, struct page *page);
void lruvec_del_page(struct linux_vm *vm, struct page *page);
/* A page on the list of those that stay, which may be reclaimed by now, moves to its own. */
void check_move_unevictable(struct linux_vm *vm, struct page *page);

/* The counter of the pages of a list: those of metric.def stand in its order. */
static inline int64_t *node_lru_stat(struct pglist_data *node, enum lru_list lru)
{
	_Static_assert(offsetof(struct node_stat, nr_unevictable) ==
			   offsetof(struct node_stat, nr_inactive_anon) +
			       LRU_UNEVICTABLE * sizeof(int64_t),
		       "as enum lru_list");
	return (int64_t *)((char *)&node->stat + offsetof(struct node_stat, nr_inactive_anon)) +
	       lru;
}

/* The same as others see it; not for unevictable pages. */
static inline enum node_stat_item lru_stat_item(enum lru_list lru)
{
	_Static_assert((int)NR_INACTIVE_ANON == (int)LRU_INACTIVE_ANON &&
			   (int)NR_ACTIVE_FILE == (int)LRU_ACTIVE_FILE,
		       "one order");
	return (enum node_stat_item)lru;
}

/* What others see of the size of a list in a zone, by the threshold rule of the CPU's part. */
static inline void mod_zone_lru_seen(struct pglist_data *node, enum lru_list lru, int zone,
				     int64_t pages)
{
	struct per_cpu_pages *pcp = &node->zones[zone].pcp[smp_processor_id(node->vm)];

	cpu_stat_add(&node->lruvec.lru_zone_seen[zone][lru], &pcp->lru_diff[lru],
		     pcp->stat_threshold, pages);
}

/* Counts pages of a list without moving any: for pages taken off in a row. */
static inline void update_lru_size(struct pglist_data *node, enum lru_list lru, int zone,
				   int64_t pages)
{
	*node_lru_stat(node, lru) += pages;
	if (lru < LRU_UNEVICTABLE) {
		mod_node_page_seen(node, lru_stat_item(lru), pages);
		if (node->vm->memcg_disabled)
			mod_zone_lru_seen(node, lru, zone, pages);
	}
	node->lruvec.lru_zone_size[zone][lru] += (uint64_t)pages;
}

void mark_page_accessed(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* End of writeback of a page that reclaim marked: to the tail of its inactive list. */
void folio_rotate_reclaimable(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* Invalidation of the page failed: make it go soon. */
void deactivate_file_folio(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* MADV_COLD: an active page goes to the inactive list, unused. */
void deactivate_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* MADV_FREE: an anonymous page is dropped rather than written, unless it is written to again. */
void mark_page_lazyfree(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* An isolated page goes back by way of the CPU's batch; the isolation's reference is dropped. */
void putback_lru_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* A page was found in a batch of this name ("batch_add"), and is held by it from now on.  False:
 * there is none. */
bool lru_batch_adopt(struct linux_vm *vm, const struct cpu *cpu, const char *name,
		     struct page *page);
/* Empties the CPU's batches; of all CPUs. */
void lru_add_drain(struct linux_vm *vm, const struct cpu *cpu);
void lru_add_drain_all(struct linux_vm *vm);
/* While pages of a range are moved away, no batch holds any of them; nests. */
void lru_cache_disable(struct linux_vm *vm);
void lru_cache_enable(struct linux_vm *vm);
void lru_check(struct check *c, struct sim *s);

/* --- workingset.c --- */
/* The shadow to leave behind for an evicted page, and the age of its list grows. */
xa_entry workingset_eviction(struct linux_vm *vm, struct page *page);
void workingset_refault(struct linux_vm *vm, struct page *page, xa_entry shadow);
/* The list of a node ages by so many pages evicted or activated. */
void workingset_age_nonresident(struct lruvec *lruvec, uint64_t nr_pages);
void workingset_activation(struct linux_vm *vm, struct page *page);
/* For struct xarray.shadow_node of every mapping: keeps the list of leaves with only shadows. */
void workingset_update_node(struct xarray *xa, struct xa_node *leaf, bool only_shadows);
/* Registers the shrinker of leaves with only shadows. */
void workingset_init(struct linux_vm *vm);
void lru_note_cost(struct lruvec *lruvec, struct pglist_data *node, bool file, uint64_t nr);

/* --- vmscan.c --- */
uint64_t zone_reclaimable_pages(const struct linux_vm *vm, const struct zone *zone);
/* One node, priority and limits in sc. */
void shrink_node(struct task *t, struct pglist_data *node, struct scan_control *sc);
/* Moves pages of the active list on, if the inactive list is short: kswapd's aging. */
void kswapd_age_node(struct task *t, struct pglist_data *node, struct scan_control *sc);
void snapshot_refaults(struct pglist_data *node);
void reclaim_throttle(struct task *t, struct pglist_data *node, enum vmscan_throttle_state reason);
/* A page ended its writeback: wakes the tasks that wait for that, if any do and it is enough. */
void acct_reclaim_writeback(struct linux_vm *vm, const struct page *page);
/* Returns the pages reclaimed, or 1 if the request should just be tried again. */
uint64_t try_to_free_pages(struct task *t, const struct zonelist *zl, int order, gfp_t gfp,
			   uint64_t nodemask);
/*
 * Reclaims isolated pages, as many as can go (MADV_PAGEOUT); those that stay are put back.  They
 * are neither marked nor counted as isolated, and linked oldest at the tail.  Pages freed.
 */
uint64_t reclaim_pages(struct task *t, struct page_list *pages);
/* Frees those of isolated pages that are clean file pages; the rest stays in pages. */
uint64_t reclaim_clean_pages_from_list(struct task *t, struct zone *zone, struct page_list *pages);
/* vm.zone_reclaim_mode: -1 full, -2 not scanned, 0 some, 1 enough was freed. */
int node_reclaim(struct task *t, struct pglist_data *node, gfp_t gfp, int order);
static inline bool node_reclaim_enabled(const struct linux_vm *vm)
{
	return vm->sysctl.zone_reclaim_mode != 0;
}
/* The size of a list in zones 0..zone_idx, pages: exact, as the root control group has it; without
 * control groups that of the zones, without what CPUs keep to themselves. */
uint64_t lruvec_lru_size(const struct pglist_data *node, enum lru_list lru, int zone_idx);

/* --- kswapd.c --- */
/* The queues in which tasks wait for a node's memory, or for work on it. */
void pgdat_init_waits(struct pglist_data *node);
void kswapd_start(struct linux_vm *vm);
bool kswapd_is_running(const struct pglist_data *node);
/* The CPU on which a node's kernel threads run: its last online one, else the machine's. */
struct cpu *cpu_for_node(struct linux_vm *vm, int nid);
/* Wakes kswapd for a request if it sleeps and its node is short.  Time passes, nobody sleeps. */
void wakeup_kswapd(struct task *t, struct zone *zone, gfp_t gfp, int order, int highest_zoneidx);
bool pgdat_balanced(struct linux_vm *vm, struct pglist_data *node, int order, int highest_zoneidx);
bool pgdat_watermark_boosted(const struct pglist_data *node, int highest_zoneidx);
/* What a round of kswapd wants, pages. */
uint64_t kswapd_nr_to_reclaim(const struct pglist_data *node, int reclaim_idx);

extern const struct model reclaim_model;
#endif
