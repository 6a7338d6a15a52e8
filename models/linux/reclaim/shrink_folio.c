/*
 * shrink_folio.c - whether a page at the end of its list is given up
 *
 *	used since it came here?          -> stays, or goes to the active list
 *	anonymous, no place in swap yet?  -> gets one and joins the swap cache, dirty
 *	mapped?                           -> its entries are taken away
 *	dirty?                            -> file: marked, the flushers write it; swap: written now
 *	clean, nobody else holds it?      -> freed; a shadow stays in the index
 *
 * Reclaim never waits for a single page: dirty pages and pages under
 * writeback are marked and moved out of the way.
 */
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/pagecache/buffer_head.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/internal.h"
#include "models/linux/swap/swap.h"
#include "models/linux/writeback/writeback.h"

enum page_fate {
	FATE_KEEP,     /* back to its list */
	FATE_ACTIVATE, /* back to the active list */
	FATE_FREED,
};

/* One page on its way through the tests. */
struct shrink_page {
	struct pglist_data *node;
	struct scan_control *sc;
	struct reclaim_stat *stat;
	struct page *page;
	struct page_list *pages; /* those still to be judged: parts of a large one join them */
	uint64_t nr;             /* base pages */
	bool locked;             /* we have its lock */
	bool reclaim_clean;      /* not if it has to be written first */
};

static bool page_is_file_lru(const struct page *page)
{
	return !(page->flags & PG_swapbacked);
}

/* MADV_FREE: anonymous, and its content is not wanted any more. */
static bool page_is_lazyfree(const struct page *page)
{
	return (page->flags & (PG_anon | PG_swapbacked)) == PG_anon;
}

/*
 * Takes a clean page that nobody else holds out of its mapping, leaving a shadow.  A shadow for
 * anonymous memory stands in the index of the swap cache.
 */
static bool __remove_mapping(struct task *t, struct address_space *m, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	xa_entry shadow = 0;

	if (page->refcount != 1 + (int32_t)folio_nr_pages(page) || (page->flags & PG_dirty))
		return false; /* the cache's references and ours */
	if (!(m->flags & AS_EXITING) && (page->flags & PG_swapcache || page_is_file_lru(page)))
		shadow = workingset_eviction(vm, page);
	if (page->flags & PG_swapcache) {
		swp_entry_t entry = { page_swap_entry(page) };

		__delete_from_swap_cache(vm, page, entry, shadow);
		put_swap_folio(vm, t->cpu, page, entry);
	} else {
		__delete_from_page_cache(vm, page, shadow);
	}
	page->refcount = 0;
	return true;
}

/* Dirty pages and pages under writeback tell whether the flushers keep up; anonymous do not. */
static void note_dirty_writeback(const struct shrink_page *s)
{
	bool dirty = s->page->flags & PG_dirty, writeback = s->page->flags & PG_writeback;

	if (!page_is_file_lru(s->page) || page_is_lazyfree(s->page))
		return;
	if (dirty || writeback)
		s->stat->dirty += s->nr;
	if (dirty && !writeback)
		s->stat->unqueued_dirty += s->nr;
	if (writeback && (s->page->flags & PG_reclaim))
		s->stat->congested += s->nr;
}

/* A page under writeback is never waited for; it is marked to be freed once written. */
static enum page_fate page_under_writeback(const struct shrink_page *s)
{
	if (s->sc->kswapd && (s->page->flags & PG_reclaim) && (s->node->flags & PGDAT_WRITEBACK)) {
		s->stat->immediate += s->nr;
	} else {
		s->page->flags |= PG_reclaim;
		s->stat->writeback += s->nr;
	}
	return FATE_ACTIVATE;
}

enum folio_references {
	FOLIOREF_RECLAIM,
	FOLIOREF_RECLAIM_CLEAN, /* not if it has to be written first */
	FOLIOREF_KEEP,          /* one more round on the inactive list */
	FOLIOREF_ACTIVATE,
};

/* Who used a page since it was looked at last: programs that map it, and recorded uses. */
static enum folio_references folio_check_references(struct linux_vm *vm, struct page *page)
{
	unsigned vm_flags = 0;
	int referenced_ptes = page_mapped(page) ? folio_referenced(vm, page, true, &vm_flags) : 0;
	bool referenced_page = page->flags & PG_referenced;
	bool file = page_is_file_lru(page);

	page->flags &= ~(uint32_t)PG_referenced;
	if (vm_flags & VM_LOCKED)
		return FOLIOREF_ACTIVATE;
	if (!referenced_ptes)
		/* no program used it: one recorded use does not protect a clean file page */
		return referenced_page && file ? FOLIOREF_RECLAIM_CLEAN : FOLIOREF_RECLAIM;
	/* every mapped page was used once, by the fault: what counts is the second time */
	page->flags |= PG_referenced;
	if (referenced_page || referenced_ptes > 1)
		return FOLIOREF_ACTIVATE;
	return (vm_flags & VM_EXEC) && file ? FOLIOREF_ACTIVATE : FOLIOREF_KEEP;
}

static bool split_for_reclaim(struct task *t, const struct shrink_page *s)
{
	if (split_huge_page_to_list(task_vm(t), t->cpu, s->page, s->pages))
		return false;
	task_run(t, (sim_time)task_vm(t)->machine->cost.pte_map * HPAGE_PMD_NR);
	return true;
}

/*
 * A large page goes as a whole if swap has so many places in a row, else in parts; also if it is
 * mapped in parts only, as some of them may be free.
 */
static enum page_fate find_swap_cluster(struct task *t, struct shrink_page *s)
{
	if (!can_split_folio(s->page))
		return FATE_ACTIVATE;
	if (!compound_mapcount(s->page) && !split_for_reclaim(t, s))
		return FATE_ACTIVATE;
	if (add_to_swap(t, s->page))
		return FATE_FREED;
	if (!(s->page->flags & PG_head))
		return FATE_ACTIVATE;
	if (!split_for_reclaim(t, s))
		return FATE_ACTIVATE;
	task_vm(t)->stat.thp_swpout_fallback++;
	return add_to_swap(t, s->page) ? FATE_FREED : FATE_ACTIVATE;
}

/* An anonymous page needs a place in swap before its content can go.  FATE_FREED: it has one. */
static enum page_fate find_swap_place(struct task *t, struct shrink_page *s)
{
	const struct page *page = s->page;
	enum page_fate fate;

	if ((page->flags & (PG_anon | PG_swapbacked | PG_swapcache)) != (PG_anon | PG_swapbacked))
		return FATE_FREED;
	if (!(s->sc->gfp & __GFP_IO))
		return FATE_KEEP;
	if (!(page->flags & PG_head))
		return add_to_swap(t, s->page) ? FATE_FREED : FATE_ACTIVATE;
	fate = find_swap_cluster(t, s);
	if (!(page->flags & PG_head)) { /* its parts come to us one by one */
		s->sc->nr_scanned -= s->nr - 1;
		s->nr = 1;
	}
	return fate;
}

/* Takes a page out of all programs that map it.  False: it is still mapped. */
static bool unmap_for_reclaim(struct task *t, const struct shrink_page *s)
{
	bool lazyfree = page_is_lazyfree(s->page);

	if (!page_mapped(s->page))
		return true;
	s->stat->unmapped += try_to_unmap(t, s->page) != 0;
	if (!page_mapped(s->page))
		return true;
	s->stat->unmap_fail += s->nr;
	/* written to since MADV_FREE: wanted after all */
	if (lazyfree && !page_is_lazyfree(s->page))
		s->stat->lazyfree_fail += s->nr;
	return false;
}

/* To write a page of swap only IO must be allowed, unless a file system stands below it. */
static bool may_enter_fs(const struct linux_vm *vm, const struct page *page, gfp_t gfp)
{
	if (gfp & __GFP_FS)
		return true;
	if (!(page->flags & PG_swapcache) || !(gfp & __GFP_IO))
		return false;
	return !swap_is_fs_file(vm, (swp_entry_t){ page_swap_entry(page) });
}

/* Gives a page to its writer, which unlocks it.  0, -errno, AOP_WRITEPAGE_ACTIVATE (locked). */
static int write_for_reclaim(struct task *t, struct address_space *m, struct page *page)
{
	if (!(page->flags & PG_swapcache) && !shmem_mapping(m))
		return writepage_for_reclaim(t, m, page);
	page->flags &= ~(uint32_t)PG_dirty;
	return page->flags & PG_swapcache ? swap_writepage(t, page) : shmem_writepage(t, page);
}

/* Writes a dirty page.  FATE_FREED: it is clean and locked, and can go. */
static enum page_fate pageout(struct task *t, struct shrink_page *s, struct address_space *m)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = s->page;
	int r;

	if (page->refcount != 1 + (int32_t)s->nr + page_buffers_references(page) || !m)
		return FATE_KEEP;
	if (m->flags & AS_NO_WRITEPAGE)
		return FATE_ACTIVATE;
	page->flags |= PG_reclaim;
	r = write_for_reclaim(t, m, page);
	if (r == AOP_WRITEPAGE_ACTIVATE) {
		page->flags &= ~(uint32_t)PG_reclaim;
		return FATE_ACTIVATE;
	}
	if (r < 0)
		mapping_set_error(m, r);
	s->locked = false; /* writing took the lock over */
	if (!(page->flags & PG_writeback))
		page->flags &= ~(uint32_t)PG_reclaim; /* done at once, or not at all */
	s->node->stat.nr_vmscan_write += (int64_t)s->nr;
	trace_mm_vmscan_write_folio(vm->sim, page_to_pfn(vm, page),
				    reclaim_flags(page_is_file_lru(page)));
	s->stat->pageout += s->nr;
	if ((page->flags & (PG_writeback | PG_dirty)) || !trylock_page(page))
		return FATE_KEEP;
	s->locked = true;
	return page->flags & (PG_writeback | PG_dirty) ? FATE_KEEP : FATE_FREED;
}

/* FATE_FREED: the page is clean by now. */
static enum page_fate dirty_page(struct task *t, struct shrink_page *s, struct address_space *m)
{
	const struct scan_control *sc = s->sc;
	struct page *page = s->page;

	/* only kswapd writes files, and only where the tail of the list is full of dirty pages */
	if (page_is_file_lru(page) &&
	    (!sc->kswapd || !(page->flags & PG_reclaim) || !(s->node->flags & PGDAT_DIRTY))) {
		s->node->stat.nr_vmscan_immediate_reclaim += (int64_t)s->nr;
		page->flags |= PG_reclaim;
		return FATE_ACTIVATE;
	}
	if (s->reclaim_clean || !may_enter_fs(task_vm(t), page, sc->gfp) || !sc->may_writepage)
		return FATE_KEEP;
	return pageout(t, s, m);
}

/* The last step: nobody wants the page and it is clean. */
static enum page_fate free_clean_page(struct task *t, struct shrink_page *s)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = s->page;
	struct address_space *m = page_mapping(vm, page);
	bool buffers = page_has_buffers(page);

	spend_free_buffers(t, page);
	if (buffers && !try_to_release_page(vm, page, s->sc->gfp))
		return FATE_ACTIVATE;
	if (buffers && !m && page->refcount == 1) { /* only its heads held it still */
		page->refcount = 0;
	} else if (page_is_lazyfree(page)) {
		if (page->refcount != 1)
			return FATE_KEEP;
		page->refcount = 0;
		vm->stat.pglazyfreed += (int64_t)s->nr;
	} else if (!m || !__remove_mapping(t, m, page)) {
		return FATE_KEEP;
	}
	page->flags &= ~(uint32_t)PG_locked;
	s->locked = false;
	return FATE_FREED;
}

static enum page_fate judge_locked_page(struct task *t, struct shrink_page *s)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = s->page;
	enum folio_references references = FOLIOREF_RECLAIM;
	enum page_fate fate;

	if (!page_evictable(vm, page))
		return FATE_ACTIVATE; /* it ends among the unevictable ones */
	if (!s->sc->may_unmap && page_mapped(page))
		return FATE_KEEP;
	note_dirty_writeback(s);
	if (page->flags & PG_writeback)
		return page_under_writeback(s);
	if (page_mapped(page))
		task_run(t, rmap_walk_cost(vm, page) + (sim_time)vm->machine->cost.judge_uses);
	if (!s->sc->ignore_references)
		references = folio_check_references(vm, page);
	if (references == FOLIOREF_KEEP)
		s->stat->ref_keep += s->nr;
	if (references >= FOLIOREF_KEEP)
		return references == FOLIOREF_KEEP ? FATE_KEEP : FATE_ACTIVATE;
	fate = find_swap_place(t, s);
	if (fate != FATE_FREED)
		return fate;
	if (!unmap_for_reclaim(t, s))
		return FATE_ACTIVATE;
	s->reclaim_clean = references == FOLIOREF_RECLAIM_CLEAN;
	if (page->flags & PG_dirty) {
		fate = dirty_page(t, s, page_mapping(vm, page));
		if (fate != FATE_FREED)
			return fate;
	}
	return free_clean_page(t, s);
}

static enum page_fate shrink_page(struct task *t, struct shrink_page *s)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = s->page;
	enum page_fate fate;

	task_run(t, (sim_time)vm->machine->cost.scan_page);
	if (!trylock_page(page))
		return FATE_KEEP;
	s->locked = true;
	s->sc->nr_scanned += s->nr;
	fate = judge_locked_page(t, s);
	if (fate == FATE_ACTIVATE) {
		/* it stays: its place in swap is of more use to another */
		if ((page->flags & PG_swapcache) && (vm_swap_full(vm) || page->flags & PG_mlocked))
			folio_free_swap(vm, t->cpu, page);
		if (!(page->flags & PG_mlocked)) {
			page->flags |= PG_active;
			s->stat->activate[page_is_file_lru(page)] += s->nr;
		}
	}
	if (s->locked)
		unlock_page(vm, page);
	return fate;
}

/* What the CPU's list gave to its zone since nr_bulk_freed was so many, block by block. */
static void pay_for_freed(struct task *t, int64_t before)
{
	const struct linux_vm *vm = task_vm(t);

	task_run(t, (sim_time)(vm->nr_bulk_freed - before) * (sim_time)vm->machine->cost.free_bulk);
}

/* Large ones are freed as they come, the others together at the end. */
static void free_reclaimed(struct task *t, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	int64_t before = vm->nr_bulk_freed;

	__free_pages(vm, t->cpu, page, folio_order(page));
	pay_for_freed(t, before);
}

static void free_reclaimed_list(struct task *t, const struct page_list *freed)
{
	struct linux_vm *vm = task_vm(t);
	int64_t before = vm->nr_bulk_freed;

	free_unref_page_list(vm, t->cpu, freed->head);
	pay_for_freed(t, before);
}

uint64_t shrink_folio_list(struct task *t, struct page_list *pages, struct pglist_data *node,
			   struct scan_control *sc, struct reclaim_stat *stat)
{
	struct linux_vm *vm = task_vm(t);
	struct page_list keep = { 0 }, freed = { 0 };
	uint64_t reclaimed = 0;

	while (pages->tail) {
		uint32_t pfn = pages->tail;
		struct page *page = pfn_to_page(vm, pfn);

		cond_resched(t);

		struct shrink_page s = { .node = node,
					 .sc = sc,
					 .stat = stat,
					 .page = page,
					 .pages = pages,
					 .nr = folio_nr_pages(page) };

		fetch_ahead(vm, sc);
		page_list_del(vm->mem_map, pages, pfn);
		if (shrink_page(t, &s) == FATE_FREED) {
			page->flags &= ~(uint32_t)PG_isolated;
			reclaimed += s.nr;
			if (page->flags & PG_head)
				free_reclaimed(t, page);
			else
				page_list_add(vm->mem_map, &freed, pfn);
			/* now, and not at the end: who waits for the CPU has it in between */
			task_run(t, s.nr * (sim_time)vm->machine->cost.reclaim_page);
		} else {
			page_list_add(vm->mem_map, &keep, pfn);
		}
	}
	/* before a frame gets another content, no CPU may still know it */
	if (stat->unmapped)
		task_run(t, (sim_time)vm->machine->cost.tlb_flush);
	vm->stat.pgactivate += (int64_t)(stat->activate[ANON] + stat->activate[FILE_]);
	free_reclaimed_list(t, &freed);
	*pages = keep;
	return reclaimed;
}

/* --- for those who have pages in mind --- */

uint64_t reclaim_clean_pages_from_list(struct task *t, struct zone *zone, struct page_list *pages)
{
	struct linux_vm *vm = task_vm(t);
	struct scan_control sc = { .gfp = GFP_KERNEL,
				   .may_unmap = true,
				   .ignore_references = true };
	struct page_list clean = { 0 };
	struct reclaim_stat stat = { 0 };
	uint64_t reclaimed;
	unsigned noreclaim;

	if (!pages->head)
		return 0;
	for (uint32_t pfn = pages->head, next; pfn; pfn = next) {
		struct page *page = pfn_to_page(vm, pfn);

		next = page->next;
		if (page->flags & (PG_swapbacked | PG_dirty | PG_unevictable))
			continue;
		page->flags &= ~(uint32_t)PG_active;
		page_list_del(vm->mem_map, pages, pfn);
		page_list_add(vm->mem_map, &clean, pfn);
	}
	noreclaim = memalloc_noreclaim_save(t);
	reclaimed = shrink_folio_list(t, &clean, zone->node, &sc, &stat);
	memalloc_noreclaim_restore(t, noreclaim);
	page_list_splice(vm->mem_map, &clean, pages);
	note_isolated(zone->node, true, -(int64_t)reclaimed);
	/* taken off a list of files, and back on one of anonymous pages */
	note_isolated(zone->node, false, (int64_t)stat.lazyfree_fail);
	note_isolated(zone->node, true, -(int64_t)stat.lazyfree_fail);
	return reclaimed;
}

/* Pages of one node; those that stay go back by way of the batch. */
static uint64_t reclaim_folio_list(struct task *t, struct page_list *pages,
				   struct pglist_data *node)
{
	struct linux_vm *vm = task_vm(t);
	struct scan_control sc = {
		.gfp = GFP_KERNEL, .may_writepage = true, .may_unmap = true, .may_swap = true
	};
	struct reclaim_stat stat = { 0 };
	uint64_t reclaimed = shrink_folio_list(t, pages, node, &sc, &stat);

	while (pages->tail) {
		uint32_t pfn = pages->tail;

		page_list_del(vm->mem_map, pages, pfn);
		putback_lru_page(vm, t->cpu, pfn_to_page(vm, pfn));
		task_run(t, (sim_time)vm->machine->cost.putback_page);
	}
	return reclaimed;
}

uint64_t reclaim_pages(struct task *t, struct page_list *pages)
{
	struct linux_vm *vm = task_vm(t);
	unsigned noreclaim = memalloc_noreclaim_save(t);
	uint64_t reclaimed = 0;
	int64_t nr = 0;

	for (uint32_t pfn = pages->head; pfn; pfn = pfn_to_page(vm, pfn)->next)
		nr += (int64_t)folio_nr_pages(pfn_to_page(vm, pfn));
	vm->nr_pageout_pages += nr;
	while (pages->tail) {
		struct pglist_data *node = pfn_zone(vm, pages->tail)->node;
		struct page_list same = { 0 };

		while (pages->tail && pfn_zone(vm, pages->tail)->node == node) {
			uint32_t pfn = pages->tail;

			pfn_to_page(vm, pfn)->flags &= ~(uint32_t)PG_active;
			page_list_del(vm->mem_map, pages, pfn);
			page_list_add(vm->mem_map, &same, pfn);
		}
		reclaimed += reclaim_folio_list(t, &same, node);
	}
	vm->nr_pageout_pages -= nr;
	memalloc_noreclaim_restore(t, noreclaim);
	return reclaimed;
}
