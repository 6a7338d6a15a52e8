/*
 * swap_readahead.c - what else to read when one page is read from swap
 *
 *	by places      the aligned block of a few places around: one request of a disk that
 *	               rotates, of whatever pages were put there at the same time
 *	by addresses   pages of the program around the fault, wherever their places are
 *
 * The window grows with the pages that turned out to be useful: a page that was read ahead and is
 * then faulted on while it is still in the cache is a hit.
 *
 * Like:        Linux 6.1, mm/swap_state.c
 */
#include "models/linux/swap/internal.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/task.h"

#define SWAP_RA_ORDER_CEILING 5 /* of windows by addresses */

unsigned __swapin_nr_pages(uint64_t prev_offset, uint64_t offset, unsigned hits, unsigned max_pages,
			   unsigned prev_win)
{
	unsigned pages = hits + 2, least = prev_win / 2;

	if (pages == 2) {
		/* nothing was useful; unless two neighbours are wanted one after the other */
		if (offset != prev_offset + 1 && offset != prev_offset - 1)
			pages = 1;
	} else {
		unsigned roundup = 4;

		while (roundup < pages)
			roundup <<= 1;
		pages = roundup;
	}
	if (pages > max_pages)
		pages = max_pages;
	/* it does not shrink too fast */
	return pages < least ? least : pages;
}

/* --- by places --- */

static unsigned swapin_nr_pages(struct linux_vm *vm, uint32_t offset)
{
	struct swap_state *swap = vm->swap;
	/* beyond 31 x86 takes the lowest five bits of it */
	unsigned max_pages = 1U << (vm->sysctl.page_cluster & 31), hits, pages;

	if (max_pages == 1)
		return 1;
	hits = swap->swapin_readahead_hits;
	swap->swapin_readahead_hits = 0;
	pages = __swapin_nr_pages(swap->prev_offset, offset, hits, max_pages,
				  swap->last_readahead_pages);
	if (!hits)
		swap->prev_offset = offset;
	swap->last_readahead_pages = pages;
	return pages;
}

/* Reads one page of a window; wanted: it is the one of the fault. */
static void read_one(struct task *t, swp_entry_t entry, gfp_t gfp, int64_t il_off, bool wanted)
{
	struct linux_vm *vm = task_vm(t);
	bool allocated;
	struct page *page = __read_swap_cache_async(t, entry, gfp, il_off, &allocated);

	if (!page)
		return;
	if (allocated) {
		swap_readpage(t, page, false);
		if (!wanted) {
			page->flags |= PG_readahead;
			vm->stat.swap_ra++;
		}
	}
	put_page(vm, t->cpu, page);
}

struct page *swap_cluster_readahead(struct task *t, swp_entry_t entry, gfp_t gfp, int64_t il_off)
{
	struct linux_vm *vm = task_vm(t);
	const struct swap_info_struct *si = swp_swap_info(vm, entry);
	uint32_t offset = swp_offset(entry), mask = swapin_nr_pages(vm, offset) - 1;

	if (mask) {
		uint32_t start = offset & ~mask, end = offset | mask;

		if (!start)
			start++; /* the header */
		if (end >= si->max)
			end = si->max - 1;
		blk_start_plug(t);
		for (uint32_t i = start; i <= end; i++)
			read_one(t, swp_entry(swp_type(entry), i), gfp, il_off, i == offset);
		blk_finish_plug(t);
		lru_add_drain(vm, t->cpu);
	}
	return read_swap_cache_async(t, entry, gfp, il_off, !mask);
}

/* --- by addresses --- */

struct swap_ra_range swap_ra_range(const struct vm_area_struct *vma, uint64_t fault_pfn,
				   uint64_t prev_pfn, unsigned win)
{
	uint64_t pmd = fault_pfn & ~(uint64_t)(PTRS_PER_PTE - 1), left = (win - 1) / 2;
	struct swap_ra_range r = { fault_pfn - left, fault_pfn + win - left };

	if (fault_pfn == prev_pfn + 1)
		r = (struct swap_ra_range){ fault_pfn, fault_pfn + win };
	else if (prev_pfn == fault_pfn + 1)
		r = (struct swap_ra_range){ fault_pfn - win + 1, fault_pfn + 1 };
	r.start = max_u64(max_u64(r.start, vma->vm_start >> PAGE_SHIFT), pmd);
	r.end = min_u64(min_u64(r.end, vma->vm_end >> PAGE_SHIFT), pmd + PTRS_PER_PTE);
	return r;
}

static struct page *swap_vma_readahead(struct task *t, swp_entry_t entry, gfp_t gfp,
				       struct vm_fault *vmf)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_area_struct *vma = vmf->vma;
	int order = (int)min_s64(vm->sysctl.page_cluster, SWAP_RA_ORDER_CEILING);
	uint64_t val = swap_ra_get(vma), pfn = vmf->address >> PAGE_SHIFT;
	int64_t il_off = linear_page_index(vma, vmf->address);
	struct swap_ra_range r;
	unsigned win = 1;

	if (order) {
		win = __swapin_nr_pages(val >> PAGE_SHIFT, pfn, swap_ra_hits(val), 1U << order,
					swap_ra_win(val));
		vma->swap_readahead_info = swap_ra_val(vmf->address, win, 0);
	}
	if (win > 1) {
		r = swap_ra_range(vma, pfn, val >> PAGE_SHIFT, win);
		blk_start_plug(t);
		for (uint64_t at = r.start; at < r.end; at++) {
			struct page_table *table = pte_table(vma->vm_mm, at << PAGE_SHIFT);
			struct pte pte = { 0 };

			if (table)
				pte = pte_get(table, pte_index(at << PAGE_SHIFT));
			if (pte.bits & PTE_SWAP)
				read_one(t, (swp_entry_t){ pte.pfn }, gfp, il_off, at == pfn);
		}
		blk_finish_plug(t);
		lru_add_drain(vm, t->cpu);
	}
	return read_swap_cache_async(t, entry, gfp, il_off, win == 1);
}

struct page *swapin_readahead(struct task *t, swp_entry_t entry, gfp_t gfp, struct vm_fault *vmf)
{
	return swap_use_vma_readahead(task_vm(t))
		   ? swap_vma_readahead(t, entry, gfp, vmf)
		   : swap_cluster_readahead(t, entry, gfp,
					    linear_page_index(vmf->vma, vmf->address));
}
