/*
 * swap_state.c - the swap cache: which page holds what of which place
 *
 * A page is in it from the moment it gets a place until it is written, unmapped and freed; and
 * again from the moment it is read until its place is given back, which may be long after a program
 * has it mapped: as long as nobody changes it, it need not be written again.
 *
 * Each stretch of 64 MiB of an area is a mapping of its own, as in the kernel: shadows and pages of
 * it are found by their place.  It has neither host nor marks.  Its index takes memory where pages
 * are put into it, so giving memory back can ask for some first.
 *
 * Like:        Linux 6.1, mm/swap_state.c
 * Left out:    memory control groups
 */
#include <errno.h>

#include "models/linux/alloc/mempolicy.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/stall.h"
#include "models/linux/swap/internal.h"
#include "models/linux/task.h"

static void count_cached(struct linux_vm *vm, const struct page *page, struct swap_info_struct *si,
			 struct address_space *m, int64_t nr)
{
	struct node_stat *stat = &page_zone(vm, page)->node->stat;

	m->nrpages += (uint64_t)nr;
	stat->nr_file_pages += nr;
	stat->nr_swapcached += nr;
	si->stat.nr_cached += nr;
}

/* Memory for the index; time may pass. */
static int reserve_index(struct task *t, struct address_space *m, swp_entry_t entry, uint32_t nr,
			 gfp_t gfp)
{
	struct swap_in_hand hand = { .entry = entry, .nr = nr };
	int error;

	list_add_tail(&hand.link, &task_vm(t)->swap->in_hand);
	error = slab_reserve_index(t, &m->i_pages, swp_offset(entry), nr, gfp);
	list_del(&hand.link);
	return error;
}

int add_to_swap_cache(struct task *t, struct page *page, swp_entry_t entry, gfp_t gfp,
		      xa_entry *shadow)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = swap_address_space(vm, entry);
	uint32_t offset = swp_offset(entry), pfn = page_to_pfn(vm, page);
	uint32_t nr = (uint32_t)folio_nr_pages(page);

	SIM_ASSERT((page->flags & PG_locked) && (page->flags & PG_swapbacked));
	SIM_ASSERT(!(page->flags & PG_swapcache));
	*shadow = 0;
	if (reserve_index(t, m, entry, nr, gfp))
		return -ENOMEM;
	page->refcount += (int32_t)nr;
	page->flags |= PG_swapcache;
	set_page_swap_entry(page, entry.val);
	for (uint32_t i = 0; i < nr; i++) {
		xa_entry old = xa_store(&m->i_pages, offset + i, xa_object(pfn + i));

		SIM_ASSERT(!old || xa_is_value(old));
		if (old)
			*shadow = old;
	}
	count_cached(vm, page, swp_swap_info(vm, entry), m, (int64_t)nr);
	return 0;
}

void __delete_from_swap_cache(struct linux_vm *vm, struct page *page, swp_entry_t entry,
			      xa_entry shadow)
{
	struct address_space *m = swap_address_space(vm, entry);
	uint32_t nr = (uint32_t)folio_nr_pages(page);

	SIM_ASSERT((page->flags & PG_locked) && (page->flags & PG_swapcache));
	SIM_ASSERT(!(page->flags & PG_writeback) && page_swap_entry(page) == entry.val);
	for (uint32_t i = 0; i < nr; i++)
		xa_store(&m->i_pages, swp_offset(entry) + i, shadow);
	set_page_swap_entry(page, 0);
	page->flags &= ~(uint32_t)PG_swapcache;
	count_cached(vm, page, swp_swap_info(vm, entry), m, -(int64_t)nr);
}

void delete_from_swap_cache(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	swp_entry_t entry = { page_swap_entry(page) };

	__delete_from_swap_cache(vm, page, entry, 0);
	put_swap_folio(vm, cpu, page, entry);
	page->refcount -= (int32_t)folio_nr_pages(page);
	SIM_ASSERT(page->refcount > 0);
}

void clear_shadow_from_swap_cache(struct swap_info_struct *si, uint32_t begin, uint32_t end)
{
	for (uint32_t i = begin; i <= end; i++) {
		struct xarray *xa = &si->spaces[i >> SWAP_ADDRESS_SPACE_SHIFT].i_pages;

		if (xa_is_value(xa_load(xa, i)))
			xa_store(xa, i, 0);
	}
}

void swap_cache_replace(struct linux_vm *vm, struct page *old, struct page *new_page)
{
	swp_entry_t entry = { page_swap_entry(old) };
	struct address_space *m = swap_address_space(vm, entry);
	uint32_t nr = (uint32_t)folio_nr_pages(old), pfn = page_to_pfn(vm, new_page);
	struct swap_info_struct *si = swp_swap_info(vm, entry);

	SIM_ASSERT((old->flags & new_page->flags & PG_locked) && (old->flags & PG_swapcache));
	SIM_ASSERT(!(old->flags & PG_writeback) && nr == folio_nr_pages(new_page));
	for (uint32_t i = 0; i < nr; i++)
		xa_store(&m->i_pages, swp_offset(entry) + i, xa_object(pfn + i));
	set_page_swap_entry(old, 0);
	set_page_swap_entry(new_page, entry.val);
	old->flags &= ~(uint32_t)PG_swapcache;
	new_page->flags |= PG_swapcache;
	old->refcount -= (int32_t)nr;
	new_page->refcount += (int32_t)nr;
	count_cached(vm, old, si, m, -(int64_t)nr);
	count_cached(vm, new_page, si, m, (int64_t)nr);
}

/* Some area has one, or this CPU has in hand. */
static bool swap_has_place(const struct linux_vm *vm, const struct cpu *cpu)
{
	return vm->swap && (vm->nr_swap_pages > 0 || vm->swap->slots[cpu->id].nr);
}

bool add_to_swap(struct task *t, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	swp_entry_t entry;
	xa_entry shadow;

	SIM_ASSERT((page->flags & PG_locked) && (page->flags & PG_uptodate));
	task_run(t, (sim_time)(swap_has_place(vm, t->cpu) ? vm->machine->cost.page_cache_insert
							  : vm->machine->cost.swap_full));
	might_sleep(t); /* the mutex of the places in hand */
	entry = folio_alloc_swap(vm, t->cpu, page);
	if (!entry.val)
		return false;
	/* who reclaims might use up the last reserves with indices */
	if (add_to_swap_cache(t, page, entry, __GFP_HIGH | __GFP_NOMEMALLOC | __GFP_NOWARN,
			      &shadow)) {
		put_swap_folio(vm, t->cpu, page, entry);
		return false;
	}
	/* its entries may have been cleaned (MADV_FREE): what swap has is certainly not it */
	page->flags = (page->flags & ~(uint32_t)PG_reclaim) | PG_dirty;
	return true;
}

void free_swap_cache(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	page = page_folio(page);
	if (!(page->flags & PG_swapcache) || page_mapped(page) || !trylock_page(page))
		return;
	folio_free_swap(vm, cpu, page);
	unlock_page(vm, page);
}

/* --- finding and reading --- */

bool swap_use_vma_readahead(const struct linux_vm *vm)
{
	return vm->sysctl.vma_ra_enabled && !vm->swap->nr_rotate_swap;
}

struct page *swap_cache_get_folio(struct linux_vm *vm, swp_entry_t entry,
				  struct vm_area_struct *vma, uint64_t addr)
{
	struct page *page = find_get_page(swap_address_space(vm, entry), swp_offset(entry));
	bool by_vma = vma && swap_use_vma_readahead(vm), readahead;

	if (!page || folio_order(page_folio(page)))
		return page;
	/* the same bit means "free it once written": such a page counts as a hit, as in the kernel
	 */
	readahead = page->flags & PG_readahead;
	page->flags &= ~(uint32_t)PG_readahead;
	if (by_vma) {
		uint64_t val = swap_ra_get(vma);
		unsigned hits = swap_ra_hits(val);

		if (readahead)
			hits = (unsigned)min_u64(hits + 1, SWAP_RA_HITS_MAX);
		vma->swap_readahead_info = swap_ra_val(addr, swap_ra_win(val), hits);
	}
	if (readahead) {
		vm->stat.swap_ra_hit++;
		if (!by_vma)
			vm->swap->swapin_readahead_hits++;
	}
	return page;
}

/* A page for a place that has none yet, and the place for the cache.  False: *page is what to
 * return: somebody's page, or NULL. */
static bool prepare_page(struct task *t, swp_entry_t entry, gfp_t gfp, int64_t il_off,
			 struct page **page)
{
	struct linux_vm *vm = task_vm(t);

	for (;;) {
		int error;

		*page = find_get_page(swap_address_space(vm, entry), swp_offset(entry));
		if (*page)
			return false;
		if (!swap_swapcount(vm, entry) && vm->swap->slot_cache_enabled)
			return false;
		*page = alloc_page_vma(t, gfp, il_off);
		if (!*page)
			return false;
		error = swapcache_prepare(vm, entry);
		if (!error)
			return true;
		put_page(vm, t->cpu, *page);
		*page = NULL;
		if (error != -EEXIST)
			return false;
		/* it is on its way into the cache, or out of it */
		stall_sleep_ticks(t, 1);
	}
}

struct page *__read_swap_cache_async(struct task *t, swp_entry_t entry, gfp_t gfp, int64_t il_off,
				     bool *allocated)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page;
	xa_entry shadow;

	*allocated = false;
	if (!prepare_page(t, entry, gfp, il_off, &page))
		return page;
	page->index = 0;
	page->flags |= PG_locked | PG_swapbacked;
	if (add_to_swap_cache(t, page, entry, gfp, &shadow)) {
		put_swap_folio(vm, t->cpu, page, entry);
		unlock_page(vm, page);
		put_page(vm, t->cpu, page);
		return NULL;
	}
	if (shadow)
		workingset_refault(vm, page, shadow);
	lru_cache_add(vm, t->cpu, page);
	task_run(t, (sim_time)vm->machine->cost.page_cache_insert);
	*allocated = true;
	return page;
}

struct page *read_swap_cache_async(struct task *t, swp_entry_t entry, gfp_t gfp, int64_t il_off,
				   bool do_poll)
{
	bool allocated;
	struct page *page = __read_swap_cache_async(t, entry, gfp, il_off, &allocated);

	if (allocated)
		swap_readpage(t, page, do_poll);
	return page;
}
