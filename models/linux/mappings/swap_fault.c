/*
 * swap_fault.c - a program touches what is in swap
 *
 *	entry -> swap cache, or read with its neighbours -> lock -> mapped again
 *
 * The entry's part of the place is given back.  The page stays in the swap cache, clean, so that it
 * need not be written again, unless swap is nearly full or the program writes to it at once and
 * nobody else has it.
 *
 * Like:        Linux 6.1, mm/memory.c (do_swap_page)
 * Left out:    devices that read at once (zram), KSM, userfaultfd
 */
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/mm_counter.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/internal.h"
#include "models/linux/task.h"

/* Gives the place of a page in the swap cache back if that is likely to help. */
static bool should_try_to_free_swap(const struct linux_vm *vm, const struct page *page,
				    const struct vm_fault *vmf)
{
	if (!(page->flags & PG_swapcache))
		return false;
	if (vm_swap_full(vm) || (vmf->vma->vm_flags & VM_LOCKED) || (page->flags & PG_mlocked))
		return true;
	/* without the cache's reference a writer may find that he has it alone */
	return (vmf->flags & FAULT_FLAG_WRITE) && page->refcount == 2;
}

/* The lock, or (first attempt) the wait for it without mmap_lock: then false, once more. */
static bool folio_lock_or_retry(struct task *t, struct page *page, const struct vm_fault *vmf)
{
	enum stall_cause outer;
	bool locked;

	if (trylock_page(page))
		return true;
	outer = stall_enter(t, STALL_SWAPIN);
	task_run(t, (sim_time)task_vm(t)->machine->cost.swapin_wait);
	locked = !maybe_unlock_mmap_for_io(vmf, false);
	if (!locked) {
		wait_on_page_locked(t, page);
		task_run(t, (sim_time)task_vm(t)->machine->cost.swapin_retry);
	} else if (lock_page_killable(t, page)) {
		mmap_read_unlock(vmf->vma->vm_mm);
		locked = false;
	}
	stall_leave(t, outer);
	return locked;
}

/*
 * The page of a place: from the swap cache, else read.  *ret: MAJOR if it was read.  NULL: there is
 * no memory, or (ret 0) the entry changed meanwhile.
 */
static struct page *find_or_read(struct task *t, struct vm_fault *vmf, struct pte pte,
				 vm_fault_t *ret)
{
	struct linux_vm *vm = task_vm(t);
	swp_entry_t entry = { pte.pfn };
	struct page *page = swap_cache_get_folio(vm, entry, vmf->vma, vmf->address);

	*ret = 0;
	if (page)
		return page;
	page = swapin_readahead(t, entry, GFP_HIGHUSER_MOVABLE, vmf);
	if (!page) {
		*ret = pte_same(vmf, pte) ? VM_FAULT_OOM : 0;
		return NULL;
	}
	vm->stat.pgmajfault++;
	*ret = VM_FAULT_MAJOR;
	return page;
}

/* A locked page that the entry means is mapped; the entry's part of the place is given back. */
static void map_page(struct task *t, struct vm_fault *vmf, struct pte pte, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_area_struct *vma = vmf->vma;
	struct page *folio = page_folio(page);
	swp_entry_t entry = { pte.pfn };
	bool exclusive = pte.bits & PTE_SWP_EXCLUSIVE;
	uint8_t bits = PTE_PRESENT | PTE_YOUNG;

	/* where a page must not change while it is written, it stays read-only until then */
	if (exclusive && (folio->flags & PG_writeback) &&
	    (swp_swap_info(vm, entry)->flags & SWP_STABLE_WRITES))
		exclusive = false;
	swap_free(vm, t->cpu, entry);
	if (should_try_to_free_swap(vm, folio, vmf))
		folio_free_swap(vm, t->cpu, folio);
	add_mm_counter_fast(vma->vm_mm, MM_ANONPAGES, 1);
	add_mm_counter_fast(vma->vm_mm, MM_SWAPENTS, -1);
	if (folio->refcount == 1)
		exclusive = true;
	if (exclusive && (vmf->flags & FAULT_FLAG_WRITE)) {
		bits |= PTE_DIRTY;
		if (vma->vm_flags & VM_WRITE)
			bits |= PTE_WRITE;
		vmf->flags &= ~(unsigned)FAULT_FLAG_WRITE;
	}
	page_add_anon_rmap(vm, page, vma, vmf->address, exclusive);
	pte_set(pte_table(vma->vm_mm, vmf->address), pte_index(vmf->address),
		(struct pte){ page_to_pfn(vm, page), bits });
	task_run(t, (sim_time)(vm->machine->cost.pte_map + vm->machine->cost.swapin_map));
}

vm_fault_t do_swap_page(struct task *t, struct vm_fault *vmf, struct pte pte)
{
	struct linux_vm *vm = task_vm(t);
	vm_fault_t ret, wp;
	struct page *page, *folio;

	if (!pte_same(vmf, pte))
		return 0;
	if (pte.bits & PTE_SWP_ERROR)
		return VM_FAULT_SIGBUS;
	page = find_or_read(t, vmf, pte, &ret);
	if (!page)
		return ret;
	if (!folio_lock_or_retry(t, page, vmf)) {
		put_page(vm, t->cpu, page);
		return ret | VM_FAULT_RETRY;
	}
	folio = page_folio(page);
	if (!(folio->flags & PG_swapcache) || page_swap_place(page) != pte.pfn)
		goto out_page; /* it got another place while we waited */
	if ((vmf->flags & FAULT_FLAG_WRITE) && !(folio->flags & PG_lru))
		lru_add_drain(vm, t->cpu); /* our own batch may have a reference */
	if (!pte_same(vmf, pte))
		goto out_page;
	if (!(folio->flags & PG_uptodate)) {
		ret = VM_FAULT_SIGBUS;
		goto out_page;
	}
	map_page(t, vmf, pte, page);
	unlock_page(vm, page);
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return ret;
	/* others may have it: a copy */
	wp = do_wp_page(t, vmf);
	return wp & VM_FAULT_ERROR ? wp & VM_FAULT_ERROR : ret | wp;
out_page:
	unlock_page(vm, page);
	put_page(vm, t->cpu, page);
	return ret;
}
