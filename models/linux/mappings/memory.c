/*
 * memory.c - taking entries away: munmap, madvise, truncation
 *
 * The entries of one PTE page go in one instant, with their counts; what they knew of their pages
 * (used, written) is passed on afterwards, while their references are still held.
 */
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/mm_counter.h"
#include "models/linux/mappings/mmu_gather.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

/* Entries of one PTE page that were taken away: those with a page, and places in swap. */
struct zapped {
	int n;
	struct pte pte[PTRS_PER_PTE];
};

/* Takes away the entries i.. below end of one table. */
static void zap_pte_range(struct vm_area_struct *vma, struct page_table *table, unsigned i,
			  unsigned end, bool even_cows, struct zapped *out)
{
	struct linux_vm *vm = vma->vm_mm->vm;
	int rss[NR_MM_COUNTERS] = { 0 };

	out->n = 0;
	for (; i < end && table->nr_used; i++) {
		struct pte pte = pte_get(table, i);
		struct page *page = pfn_to_page(vm, pte.pfn);

		if (!pte.bits)
			continue;
		if (pte.bits & PTE_SWAP) {
			if (!even_cows)
				continue;
			rss[MM_SWAPENTS]--;
		} else if (pte.bits & PTE_SWP_ERROR) {
			if (!even_cows)
				continue;
		} else if (!(pte.bits & PTE_SPECIAL)) {
			if (!even_cows && (page->flags & PG_anon))
				continue;
			rss[mm_counter(page_folio(page))]--;
			munlock_vma_page(vm, page_folio(page), vma);
			page_remove_rmap(vm, page);
		}
		pte_set(table, i, (struct pte){ 0 });
		out->pte[out->n++] = pte;
	}
	add_mm_rss_vec(vma->vm_mm, rss);
}

/*
 * What the entries knew of their pages, and their references.  Behind a table with a page of a file
 * that was written to, what was gathered is freed: there the kernel flushes the TLB before it lets
 * go of the table.
 */
static void release_zapped(struct task *t, struct mmu_gather *tlb, bool seq_read,
			   const struct zapped *z)
{
	struct linux_vm *vm = task_vm(t);
	const struct cost_table *table = &vm->machine->cost;
	bool force_flush = false;
	int64_t cost = 0;

	for (int i = 0; i < z->n; i++) {
		struct page *folio;

		if (z->pte[i].bits & (PTE_SWAP | PTE_SWP_ERROR | PTE_SPECIAL))
			continue;
		folio = page_folio(pfn_to_page(vm, z->pte[i].pfn));
		if (folio->flags & PG_anon)
			continue;
		if (z->pte[i].bits & PTE_DIRTY) {
			force_flush = true;
			set_page_dirty(t, folio);
		}
		if ((z->pte[i].bits & PTE_YOUNG) && !seq_read)
			mark_page_accessed(vm, t->cpu, folio);
	}
	for (int i = 0; i < z->n; i++) {
		if (z->pte[i].bits & PTE_SWAP) {
			cost += table->pte_zap_swap;
			free_swap_and_cache(t, (swp_entry_t){ z->pte[i].pfn });
		} else if (z->pte[i].bits & (PTE_SWP_ERROR | PTE_SPECIAL)) {
			cost += table->pte_zap;
		} else {
			/* most of it is what freeing takes */
			tlb->active->cost += table->pte_zap;
			tlb_remove_page(t, tlb, pfn_to_page(vm, z->pte[i].pfn));
		}
	}
	if (force_flush)
		tlb_flush_mmu(t, tlb);
	task_run(t, (sim_time)cost + swap_slots_cost(vm, t->cpu));
}

/* A huge entry goes as a whole, true; or, if only a part of it is wanted, it is split. */
static bool zap_or_split_huge(struct task *t, struct mmu_gather *tlb, struct vm_area_struct *vma,
			      struct page_table *table, uint64_t start, uint64_t next)
{
	uint64_t haddr = start & HPAGE_PMD_MASK;

	if (!table->pmd.bits)
		return false;
	if (next - start == HPAGE_PMD_SIZE)
		zap_huge_pmd(t, tlb, vma, haddr);
	else
		split_huge_pmd(vma, table, haddr);
	return next - start == HPAGE_PMD_SIZE;
}

/* tlb->resched: between tables others may run, and this VMA and the list it is in may change. */
static uint64_t unmap_page_range(struct task *t, struct mmu_gather *tlb, struct vm_area_struct *vma,
				 uint64_t start, uint64_t end, bool even_cows)
{
	struct linux_vm *vm = task_vm(t);
	const struct mm_struct *mm = vma->vm_mm;
	bool seq_read = vma->vm_flags & VM_SEQ_READ;
	struct page_table *table;
	struct zapped *z = host_hold(vm, sim_alloc(sizeof(*z)));
	uint64_t zapped = 0;

	/* dead: it was unmapped meanwhile, and something else may be there now */
	while (start < end && !vma->dead && mm->pgd &&
	       (table = pte_table_from(mm, &start, end)) != NULL) {
		uint64_t next = min_u64(((start >> PMD_SHIFT) + 1) << PMD_SHIFT, end);

		if (zap_or_split_huge(t, tlb, vma, table, start, next)) {
			task_run(t, (sim_time)vm->machine->cost.pte_zap);
			zapped++;
		} else {
			zap_pte_range(vma, table, pte_index(start), pte_index(next - 1) + 1,
				      even_cows, z);
			release_zapped(t, tlb, seq_read, z);
			zapped += (uint64_t)z->n;
		}
		start = next;
		if (tlb->resched)
			cond_resched(t);
	}
	sim_free(host_unhold(vm, z));
	if (zapped)
		task_run(t, (sim_time)vm->machine->cost.tlb_flush);
	return zapped;
}

uint64_t unmap_vma(struct task *t, struct mmu_gather *tlb, struct vm_area_struct *vma,
		   uint64_t start, uint64_t end)
{
	if (is_vm_hugetlb_page(vma))
		return zap_hugetlb_range(t, vma, start, end);
	return unmap_page_range(t, tlb, vma, start, end, true);
}

/* One range of one VMA. */
static uint64_t zap_range(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end,
			  bool even_cows, bool resched)
{
	struct mmu_gather tlb;
	uint64_t zapped;

	lru_add_drain(task_vm(t), t->cpu);
	tlb_gather_mmu(&tlb, resched);
	zapped = unmap_page_range(t, &tlb, vma, start, end, even_cows);
	tlb_finish_mmu(t, &tlb);
	return zapped;
}

uint64_t zap_page_range(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end,
			bool even_cows)
{
	if (is_vm_hugetlb_page(vma))
		return zap_hugetlb_range(t, vma, start, end);
	return zap_range(t, vma, start, end, even_cows, true);
}

/* --- wherever a file is mapped --- */

/* The last one to walk frees the VMAs that were unmapped meanwhile. */
static void end_walk(struct address_space *m)
{
	if (--m->i_mmap_walkers)
		return;
	LIST_FOR_EACH_SAFE (pos, next, &m->i_mmap) {
		struct vm_area_struct *vma = LIST_ENTRY(pos, struct vm_area_struct, i_mmap);

		if (vma->dead) {
			list_del(&vma->i_mmap);
			sim_free(vma);
		}
	}
}

/* Pages first..last in all VMAs that show them. */
static void unmap_mapping_range_tree(struct task *t, struct address_space *m, uint64_t first,
				     uint64_t last, bool even_cows)
{
	m->i_mmap_walkers++; /* no VMA leaves the list while its neighbour is looked for */
	LIST_FOR_EACH (pos, &m->i_mmap) {
		struct vm_area_struct *vma = LIST_ENTRY(pos, struct vm_area_struct, i_mmap);
		uint64_t vma_last = vma->vm_pgoff + vma_pages(vma) - 1;

		if (vma->vm_pgoff > last)
			break;
		if (vma->dead || vma_last < first)
			continue;

		uint64_t from = first > vma->vm_pgoff ? first - vma->vm_pgoff : 0;
		uint64_t to = min_u64(last, vma_last) - vma->vm_pgoff + 1;

		zap_range(t, vma, vma->vm_start + (from << PAGE_SHIFT),
			  vma->vm_start + (to << PAGE_SHIFT), even_cows, false);
	}
	end_walk(m);
}

void unmap_mapping_pages(struct task *t, struct address_space *m, uint64_t start, uint64_t nr,
			 bool even_cows)
{
	uint64_t last = start + nr - 1;

	if (list_empty(&m->i_mmap))
		return;
	if (!nr || last < start)
		last = UINT64_MAX;
	unmap_mapping_range_tree(t, m, start, last, even_cows);
}

void unmap_mapping_range(struct task *t, struct address_space *m, int64_t holebegin,
			 int64_t holelen, bool even_cows)
{
	unmap_mapping_pages(t, m, (uint64_t)holebegin >> PAGE_SHIFT,
			    ((uint64_t)holelen + PAGE_SIZE - 1) >> PAGE_SHIFT, even_cows);
}

void unmap_mapping_folio(struct task *t, struct page *page)
{
	struct page *folio = page_folio(page);
	struct address_space *m = page_mapping(task_vm(t), folio);

	SIM_ASSERT(folio->flags & PG_locked);
	if (m && page_mapped(folio))
		unmap_mapping_range_tree(t, m, folio->index,
					 folio->index + folio_nr_pages(folio) - 1, false);
}
