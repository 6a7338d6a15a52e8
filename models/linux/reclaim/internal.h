/*
 * internal.h - what the parts of reclaim share: one reclaim on its way
 */
#ifndef MMSIM_LINUX_RECLAIM_INTERNAL_H
#define MMSIM_LINUX_RECLAIM_INTERNAL_H

#include "models/linux/reclaim/lru_ahead.h"
#include "models/linux/reclaim/vmscan.h"

/* What became of the pages of one scan.  Pages. */
struct reclaim_stat {
	uint64_t dirty, unqueued_dirty, congested, writeback, immediate, pageout;
	uint64_t activate[NR_SCAN_TYPES], ref_keep, unmap_fail, lazyfree_fail;
	uint64_t unmapped; /* pages whose entries were taken away: the TLB is to be flushed */
};

/* How a tracepoint says what kind of pages it was, and that nobody waited (RECLAIM_WB_*). */
static inline int reclaim_flags(bool file)
{
	return 8 | (file ? 2 : 1);
}

/* While a page is worked on, the host fetches the record of one that will be isolated soon. */
static inline void fetch_ahead(const struct linux_vm *vm, const struct scan_control *sc)
{
	if (sc->host_ahead)
		lru_ahead_step(vm, sc->host_ahead);
}

#define ISOLATE_UNMAPPED 2 /* mode of an isolation that leaves mapped pages alone */

/* --- shrink_folio.c --- */

/* Whether a page may be reclaimed at all: neither mlocked nor of an unevictable mapping. */
static inline bool page_evictable(const struct linux_vm *vm, const struct page *page)
{
	const struct address_space *m;

	if (page->flags & PG_mlocked)
		return false;
	m = page_mapping(vm, page);
	return !m || !(m->flags & AS_UNEVICTABLE);
}

/* Tries to free isolated pages, oldest first; those that stay are left in pages.  Pages freed. */
uint64_t shrink_folio_list(struct task *t, struct page_list *pages, struct pglist_data *node,
			   struct scan_control *sc, struct reclaim_stat *stat);

/* --- vmscan.c --- */

/* ns to find out who used a mapped page. */
sim_time rmap_walk_cost(struct linux_vm *vm, struct page *page);
/* Counts pages taken off the lists of a kind, or (negative) put back and freed. */
void note_isolated(struct pglist_data *node, bool file, int64_t pages);

/* --- throttle.c --- */

/* Whether reclaim has taken so many pages off the lists that a task should wait; if not, those who
 * do are woken. */
bool too_many_isolated(struct pglist_data *node, bool file, const struct scan_control *sc);

/* --- direct_reclaim.c --- */

/* Whether a node has enough of its reserve left for tasks to reclaim themselves; else kswapd is
 * woken. */
bool allow_direct_reclaim(struct linux_vm *vm, struct pglist_data *node);
#endif
