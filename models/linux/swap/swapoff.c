/*
 * swapoff.c - an area is switched off
 *
 *	nothing new is put there; everything in it is read, mapped again where programs mean it,
 *	and its places given back
 *
 * Programs that had pages in swap stand in a list, the one that came last in front; a child stands
 * behind its parent.  What cannot be read is lost: its entry says so from then on, and who touches
 * it gets a bus error.
 *
 * Like:        Linux 6.1, mm/swapfile.c
 * Simplified:  walking over tables and maps costs no time; a grace period is not waited for
 */
#include <errno.h>

#include "models/linux/mappings/mm_counter.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/stall.h"
#include "models/linux/swap/internal.h"
#include "models/linux/task.h"
#include "models/linux/storage/file.h"

/* --- entries of programs --- */

struct page_table *swap_next_entry(const struct mm_struct *mm, unsigned type, uint64_t *addr)
{
	while (mm->pgd && *addr < TASK_SIZE) {
		struct page_table *table = pte_table_from(mm, addr, TASK_SIZE);

		if (!table)
			return NULL;
		if (table->pmd.bits) { /* 2 MiB as a whole, in memory */
			*addr = ((*addr >> PMD_SHIFT) + 1) << PMD_SHIFT;
			continue;
		}
		do {
			struct pte pte = pte_get(table, pte_index(*addr));

			if ((pte.bits & PTE_SWAP) && swp_type((swp_entry_t){ pte.pfn }) == type)
				return table;
			*addr += PAGE_SIZE;
		} while (pte_index(*addr));
	}
	return NULL;
}

/* Maps a locked page of the swap cache where an entry means its place, read-only and old.  If it
 * could not be read the entry says that from now on. */
static void unuse_pte(struct linux_vm *vm, const struct cpu *cpu, struct mm_struct *mm,
		      uint64_t addr, struct page *page, swp_entry_t entry)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	struct page_table *table = vma ? pte_table(mm, addr) : NULL;
	struct pte pte = { 0 }, new_pte = { 0, PTE_SWP_ERROR };

	if (table)
		pte = pte_get(table, pte_index(addr));
	if (!(pte.bits & PTE_SWAP) || pte.pfn != entry.val)
		return; /* it changed while the page was read */
	add_mm_counter(mm, MM_SWAPENTS, -1);
	if (page_folio(page)->flags & PG_uptodate) {
		add_mm_counter(mm, MM_ANONPAGES, 1);
		get_page(page);
		page_add_anon_rmap(vm, page, vma, addr, pte.bits & PTE_SWP_EXCLUSIVE);
		new_pte = (struct pte){ page_to_pfn(vm, page), PTE_PRESENT };
	}
	pte_set(table, pte_index(addr), new_pte);
	swap_free(vm, cpu, entry);
}

/* Brings the page of one entry back.  0, -ENOMEM. */
static int unuse_entry(struct task *t, struct mm_struct *mm, uint64_t addr, swp_entry_t entry)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_fault vmf = { .vma = vma_lookup(mm, addr), .address = addr };
	struct page *page = swap_cache_get_folio(vm, entry, vmf.vma, addr);

	if (!page && vmf.vma)
		page = swapin_readahead(t, entry, GFP_HIGHUSER_MOVABLE, &vmf);
	if (!page)
		return swap_swapcount(vm, entry) ? -ENOMEM : 0;
	lock_page(t, page);
	wait_on_page_writeback(t, page);
	if ((page_folio(page)->flags & PG_swapcache) && page_swap_place(page) == entry.val) {
		unuse_pte(vm, t->cpu, mm, addr, page, entry);
		folio_free_swap(vm, t->cpu, page_folio(page));
	}
	unlock_page(vm, page);
	put_page(vm, t->cpu, page);
	return 0;
}

/* The program cannot change its mappings meanwhile.  0, -ENOMEM. */
static int unuse_mm(struct task *t, struct mm_struct *mm, unsigned type)
{
	uint64_t addr = 0;
	const struct page_table *table;
	int error = 0;

	mmap_read_lock(t, mm);
	while (!error && (table = swap_next_entry(mm, type, &addr))) {
		/* what munmap is at goes without us */
		if (vma_lookup(mm, addr))
			error = unuse_entry(t, mm, addr,
					    (swp_entry_t){ table->pte.pfn[pte_index(addr)] });
		addr += PAGE_SIZE;
		cond_resched(t);
	}
	mmap_read_unlock(mm);
	return error;
}

/* --- the area --- */

/* Pages that only the cache has. */
static void unuse_cache(struct task *t, struct swap_info_struct *si)
{
	struct linux_vm *vm = task_vm(t);

	for (uint32_t i = 1; i < si->max && si->inuse_pages && !t->killed; i++) {
		swp_entry_t entry = swp_entry((unsigned)si->type, i);
		struct page *page;

		if (!si->swap_map[i])
			continue;
		page = find_get_page(swap_address_space(vm, entry), i);
		if (!page)
			continue;
		page = page_folio(page);
		lock_page(t, page);
		wait_on_page_writeback(t, page);
		folio_free_swap(vm, t->cpu, page);
		unlock_page(vm, page);
		put_page(vm, t->cpu, page);
	}
}

/* The programs in the list, one after the other.  0, -ENOMEM. */
static int unuse_mms(struct task *t, struct swap_info_struct *si)
{
	struct list *head = &task_vm(t)->swap->mmlist, *next;
	int error = 0;

	for (struct list *pos = head->next; pos != head && si->inuse_pages && !t->killed && !error;
	     pos = next) {
		struct mm_struct *mm = LIST_ENTRY(pos, struct mm_struct, mmlist);

		/* one that ends gives its places back itself; it stays in the list while we are
		 * at it, so that there is a next one */
		mm->mmlist_users++;
		if (!mm->khugepaged_exit)
			error = unuse_mm(t, mm, (unsigned)si->type);
		next = pos->next;
		mm->mmlist_users--;
		swap_mmlist_del(mm);
	}
	return error;
}

static int try_to_unuse(struct task *t, struct swap_info_struct *si)
{
	while (si->inuse_pages) {
		int error = shmem_unuse(t, (unsigned)si->type);

		if (!error)
			error = unuse_mms(t, si);
		if (error)
			return error;
		unuse_cache(t, si);
		/* what is left is on its way out of somebody's hands */
		if (si->inuse_pages && t->killed)
			return -EINTR;
		if (si->inuse_pages)
			stall_sleep_ticks(t, 1);
	}
	return 0;
}

/* Nobody has anything in swap any more. */
static void drain_mmlist(struct swap_state *swap)
{
	for (int i = 0; i < swap->nr_swapfiles; i++)
		if (swap->info[i].inuse_pages)
			return;
	LIST_FOR_EACH_SAFE (pos, next, &swap->mmlist)
		if (!LIST_ENTRY(pos, struct mm_struct, mmlist)->mmlist_users)
			list_del(pos);
}

void swap_mmlist_add(const struct linux_vm *vm, struct mm_struct *mm, struct list *prev)
{
	if (!list_linked(&mm->mmlist))
		list_add(&mm->mmlist, prev ? prev : &vm->swap->mmlist);
}

void swap_mmlist_del(struct mm_struct *mm)
{
	if (mm->exited && !mm->mmlist_users && list_linked(&mm->mmlist))
		list_del(&mm->mmlist);
}

int swapoff(struct task *t, const char *name)
{
	struct linux_vm *vm = task_vm(t);
	const struct mm_struct *mm = task_mm(t); /* time may pass: before anything is looked at */
	struct swap_info_struct *si = swap_area_by_name(vm, name);
	int error;

	if (!si)
		return swap_not_an_area(vm, name);
	if (!(si->flags & SWP_WRITEOK))
		return -EINVAL; /* off, or on its way */
	/* what is promised to programs must still be there without the area */
	if (vm_enough_memory(vm, mm, (int64_t)si->pages))
		return -ENOMEM;
	vm_unacct_memory(vm, (int64_t)si->pages);
	del_from_avail_list(vm, si);
	if (si->prio < 0) {
		for (int i = 0; i < vm->swap->nr_swapfiles; i++)
			if ((vm->swap->info[i].flags & SWP_WRITEOK) &&
			    vm->swap->info[i].prio < si->prio)
				vm->swap->info[i].prio++;
		vm->swap->least_priority++;
	}
	vm->nr_swap_pages -= si->pages;
	vm->total_swap_pages -= si->pages;
	si->flags &= ~(unsigned)SWP_WRITEOK;
	disable_swap_slots_cache(vm);
	task_struct(t)->oom.origin = true;
	error = try_to_unuse(t, si);
	task_struct(t)->oom.origin = false;
	if (error) {
		enable_swap_info(vm, si);
		enable_swap_slots_cache(vm);
		return error;
	}
	enable_swap_slots_cache(vm);
	if (!(si->flags & SWP_SOLIDSTATE))
		vm->swap->nr_rotate_swap--;
	drain_mmlist(vm->swap);
	swap_area_free(si);
	if (si->inode)
		si->inode->swapfile = false;
	si->flags &= (unsigned)SWP_BLKDEV;
	return 0;
}
