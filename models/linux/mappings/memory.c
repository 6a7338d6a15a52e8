/*
 * memory.c - taking entries away: munmap, madvise, truncation
 *
 * The entries of one PTE page go in one instant, with their counts; what they knew of their pages
 * (used, written) is passed on afterwards, while their references are still held.
 */
#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

/* Entries of one PTE page that were taken away. */
struct zapped {
	int n;
	struct pte pte[PTRS_PER_PTE];
};

/* Takes away the entries i.. below end of one table. */
static void zap_pte_range(struct vm_area_struct *vma, struct page_table *table, unsigned i,
			  unsigned end, struct zapped *out)
{
	struct linux_vm *vm = vma->vm_mm->vm;

	out->n = 0;
	for (; i < end && table->nr_used; i++) {
		struct pte pte = pte_get(table, i);

		if (!(pte.bits & PTE_PRESENT))
			continue;
		pte_set(table, i, (struct pte){ 0 });
		page_remove_rmap(vm, pfn_to_page(vm, pte.pfn));
		vma->vm_mm->stat.rss_file--;
		out->pte[out->n++] = pte;
	}
}

/* What the entries knew of their pages, and their references. */
static void release_zapped(struct task *t, bool seq_read, const struct zapped *z)
{
	struct linux_vm *vm = task_vm(t);

	for (int i = 0; i < z->n; i++) {
		struct page *folio = page_folio(pfn_to_page(vm, z->pte[i].pfn));

		if (z->pte[i].bits & PTE_DIRTY)
			set_page_dirty(t, folio);
		if ((z->pte[i].bits & PTE_YOUNG) && !seq_read)
			mark_page_accessed(vm, t->cpu, folio);
	}
	for (int i = 0; i < z->n; i++)
		put_page(vm, t->cpu, page_folio(pfn_to_page(vm, z->pte[i].pfn)));
	task_run(t, (sim_time)vm->machine->cost.pte_map * (unsigned)z->n);
}

/* resched: between tables others may run, and this VMA and the list it is in may change. */
static uint64_t zap_range(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end,
			  bool resched)
{
	struct linux_vm *vm = task_vm(t);
	const struct mm_struct *mm = vma->vm_mm;
	bool seq_read = vma->vm_flags & VM_SEQ_READ;
	struct page_table *table;
	struct zapped *z = sim_alloc(sizeof(*z));
	uint64_t zapped = 0;

	lru_add_drain(vm, t->cpu);
	/* dead: it was unmapped meanwhile, and something else may be there now */
	while (start < end && !vma->dead && mm->pgd &&
	       (table = pte_table_from(mm, &start, end)) != NULL) {
		uint64_t next = min_u64(((start >> PMD_SHIFT) + 1) << PMD_SHIFT, end);

		zap_pte_range(vma, table, pte_index(start), pte_index(next - 1) + 1, z);
		release_zapped(t, seq_read, z);
		zapped += (uint64_t)z->n;
		start = next;
		if (resched)
			cond_resched(t);
	}
	sim_free(z);
	if (zapped)
		task_run(t, (sim_time)vm->machine->cost.tlb_flush);
	return zapped;
}

uint64_t zap_page_range(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end,
			bool even_cows)
{
	(void)even_cows; /* there are no private copies */
	return zap_range(t, vma, start, end, true);
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
				     uint64_t last)
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
			  vma->vm_start + (to << PAGE_SHIFT), false);
	}
	end_walk(m);
}

void unmap_mapping_pages(struct task *t, struct address_space *m, uint64_t start, uint64_t nr,
			 bool even_cows)
{
	uint64_t last = start + nr - 1;

	(void)even_cows;
	if (list_empty(&m->i_mmap))
		return;
	if (!nr || last < start)
		last = UINT64_MAX;
	unmap_mapping_range_tree(t, m, start, last);
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
					 folio->index + folio_nr_pages(folio) - 1);
}
