/*
 * anon_fault.c - anonymous pages: made, shared after fork, copied when written
 *
 *	read, no entry:   the zero page, no memory            do_anonymous_page
 *	write, no entry:  a new page, of this program alone   do_anonymous_page
 *	write, no entry, private mapping of a file: a copy    do_cow_fault
 *	write, read-only: in place if nobody else has it      do_wp_page -> wp_page_reuse
 *	                  else a copy                                    -> wp_page_copy
 *
 * The zero page is an entry with PTE_SPECIAL and frame 0: it counts nowhere.  Getting a page may
 * sleep, and reclaim may take the entry meanwhile: it is looked at again before it is set.
 */
#include "models/linux/alloc/mempolicy.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/mm_counter.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"
#include "models/linux/task.h"

static uint8_t new_page_bits(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE ? PTE_PRESENT | PTE_YOUNG | PTE_DIRTY | PTE_WRITE
					: PTE_PRESENT | PTE_YOUNG;
}

/* A page for the program to write: zeroed, or to be filled by the caller.  NULL: no memory. */
static struct page *alloc_anon_page(struct task *t, const struct vm_fault *vmf, bool zero)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = alloc_page_vma(t, GFP_HIGHUSER_MOVABLE | (zero ? __GFP_ZERO : 0),
					   linear_page_index(vmf->vma, vmf->address));

	if (!page)
		return NULL;
	task_run(t, memory_cost(vm, t->cpu, page,
				(sim_time)(zero ? vm->machine->cost.page_zero
						: vm->machine->cost.page_copy)));
	page->flags |= PG_uptodate;
	return page;
}

/* Sets the entry of a fault to a new page, whose reference goes to the entry.  Costs nothing. */
static void set_anon_pte(const struct cpu *cpu, struct vm_fault *vmf, struct page_table *table,
			 struct page *page)
{
	struct vm_area_struct *vma = vmf->vma;
	struct linux_vm *vm = vma->vm_mm->vm;

	add_mm_counter_fast(vma->vm_mm, MM_ANONPAGES, 1);
	page_add_new_anon_rmap(vm, page, vma, vmf->address);
	lru_cache_add_inactive_or_unevictable(vm, cpu, page, vma);
	pte_set(table, pte_index(vmf->address),
		(struct pte){ page_to_pfn(vm, page), new_page_bits(vma) });
}

vm_fault_t do_anonymous_page(struct task *t, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct linux_vm *vm = task_vm(t);
	struct page_table *table;
	struct page *page;

	if (vma->vm_flags & VM_SHARED)
		return VM_FAULT_SIGBUS;
	table = pte_alloc(t, vmf);
	if (!table)
		return VM_FAULT_OOM;
	if (!(vmf->flags & FAULT_FLAG_WRITE)) {
		if (vma->vm_mm->unstable)
			return VM_FAULT_SIGBUS;
		pte_set(table, pte_index(vmf->address),
			(struct pte){ 0, PTE_PRESENT | PTE_YOUNG | PTE_SPECIAL });
		task_run(t, (sim_time)vm->machine->cost.pte_map);
		return 0;
	}
	if (anon_vma_prepare(t, vma))
		return VM_FAULT_OOM;
	page = alloc_anon_page(t, vmf, true);
	if (!page)
		return VM_FAULT_OOM;
	/* nobody else fills entries here, and the table stays while the VMA does */
	SIM_ASSERT(!table->pte.bits[pte_index(vmf->address)]);
	if (vma->vm_mm->unstable) {
		put_page(vm, t->cpu, page);
		return VM_FAULT_SIGBUS;
	}
	set_anon_pte(t->cpu, vmf, table, page);
	task_run(t, (sim_time)vm->machine->cost.pte_map);
	return 0;
}

/* --- private mappings of files --- */

/* The copy is there and the file's page locked: sets the entry.  NOPAGE, OOM: it was not. */
static vm_fault_t finish_cow_fault(struct task *t, struct vm_fault *vmf)
{
	struct page_table *table;

	if (vmf->vma->vm_mm->unstable)
		return VM_FAULT_SIGBUS;
	table = pte_alloc(t, vmf);
	if (!table)
		return VM_FAULT_OOM;
	if (table->pte.bits[pte_index(vmf->address)])
		return VM_FAULT_NOPAGE;
	set_anon_pte(t->cpu, vmf, table, vmf->cow_page);
	task_run(t, (sim_time)task_vm(t)->machine->cost.pte_map);
	return 0;
}

vm_fault_t do_cow_fault(struct task *t, struct vm_fault *vmf)
{
	const vm_fault_t gives_up = VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY;
	struct linux_vm *vm = task_vm(t);
	vm_fault_t ret;

	if (anon_vma_prepare(t, vmf->vma))
		return VM_FAULT_OOM;
	vmf->cow_page =
	    alloc_page_vma(t, GFP_HIGHUSER_MOVABLE, linear_page_index(vmf->vma, vmf->address));
	if (!vmf->cow_page)
		return VM_FAULT_OOM;
	ret = __do_fault(t, vmf);
	if (!(ret & gives_up)) {
		task_run(t, memory_cost(vm, t->cpu, vmf->cow_page,
					(sim_time)vm->machine->cost.page_copy));
		vmf->cow_page->flags |= PG_uptodate;
		vmf->page->flags &= ~(uint32_t)PG_sim_unused;
		ret |= finish_cow_fault(t, vmf);
		unlock_page(vm, page_folio(vmf->page));
		put_page(vm, t->cpu, page_folio(vmf->page));
	}
	if (ret & gives_up)
		put_page(vm, t->cpu, vmf->cow_page);
	return ret;
}

/* --- writing to what may not be written --- */

static void wp_page_reuse(struct vm_fault *vmf)
{
	struct page_table *table = pte_table(vmf->vma->vm_mm, vmf->address);

	table->pte.bits[pte_index(vmf->address)] |= vmf->vma->vm_flags & VM_WRITE
							? PTE_YOUNG | PTE_DIRTY | PTE_WRITE
							: PTE_YOUNG | PTE_DIRTY;
	vmf->vma->vm_mm->vm->stat.pgreuse++;
}

/* The entry shows another page now; the caller has a reference of its own. */
static void old_page_goes(struct vm_area_struct *vma, struct page *old)
{
	struct linux_vm *vm = vma->vm_mm->vm;

	add_mm_counter_fast(vma->vm_mm, mm_counter(old), -1);
	page_remove_rmap(vm, old);
	munlock_vma_page(vm, page_folio(old), vma);
	SIM_ASSERT(page_folio(old)->refcount > 1);
	page_folio(old)->refcount--; /* the entry's */
}

/*
 * A copy of old (NULL: the zero page, or a driver's frame), whose reference the caller took, in its
 * place.
 */
static vm_fault_t wp_page_copy(struct task *t, struct vm_fault *vmf, struct pte pte,
			       struct page *old)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_area_struct *vma = vmf->vma;
	bool is_raw = vma->vm_flags & VM_sim_driver, copied = false;
	struct page *new;

	new = anon_vma_prepare(t, vma) ? NULL : alloc_anon_page(t, vmf, !old && !is_raw);
	if (!new) {
		if (old)
			put_page(vm, t->cpu, page_folio(old));
		return VM_FAULT_OOM;
	}
	if (pte_same(vmf, pte)) {
		struct page_table *table = pte_table(vma->vm_mm, vmf->address);

		/* the new one is counted, and on its way to its list, before the old one goes */
		set_anon_pte(t->cpu, vmf, table, new);
		if (old)
			old_page_goes(vma, old);
		task_run(t, (sim_time)(vm->machine->cost.pte_map + vm->machine->cost.tlb_flush));
		copied = true;
	} else {
		put_page(vm, t->cpu, new);
	}
	if (old && copied && (old->flags & PG_anon))
		free_swap_cache(vm, t->cpu, old);
	if (old)
		put_page(vm, t->cpu, page_folio(old));
	return 0;
}

/* Whether nobody but this entry holds an anonymous page; its place in swap may go for that. */
static bool is_sole_owner(struct task *t, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	bool sole;

	page = page_folio(page);
	if (page->refcount > 3)
		return false;
	if (!(page->flags & PG_lru))
		lru_add_drain(vm, t->cpu); /* the batch holds a reference */
	if (page->refcount > 1 + ((page->flags & PG_swapcache) != 0) || !trylock_page(page))
		return false;
	if (page->flags & PG_swapcache)
		folio_free_swap(vm, t->cpu, page);
	sole = page->refcount == 1;
	unlock_page(vm, page);
	return sole;
}

vm_fault_t do_wp_page(struct task *t, struct vm_fault *vmf)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_area_struct *vma = vmf->vma;
	struct page_table *table = pte_table(vma->vm_mm, vmf->address);
	struct pte pte = pte_get(table, pte_index(vmf->address));
	struct page *page;

	if (pte.bits & PTE_SPECIAL)
		return wp_page_copy(t, vmf, pte, NULL);
	page = pfn_to_page(vm, pte.pfn);
	if (page->flags & PG_anon) {
		if (!(page->flags & PG_anon_exclusive) && is_sole_owner(t, page)) {
			/* new pages of this VMA and this one are of the same program now */
			page_folio(page)->mapping = vma->anon_vma->id;
			page->flags |= PG_anon_exclusive;
		}
		if (page->flags & PG_anon_exclusive) {
			wp_page_reuse(vmf);
			return 0;
		}
	}
	get_page(page_folio(page));
	return wp_page_copy(t, vmf, pte, page);
}
