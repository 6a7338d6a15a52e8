/*
 * madvise.c - what programs say of their memory, and msync
 *
 * Advice about files and areas changes flags; advice about pages is carried out at once: some are
 * dropped (DONTNEED), some may be dropped (FREE), some are put where reclaim finds them first
 * (COLD), reclaimed (PAGEOUT), brought in (WILLNEED, POPULATE_*) or made huge (COLLAPSE).
 */
#include <errno.h>

#include "models/linux/mappings/collapse.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/mm_counter.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/mappings/vma.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/swap/swap.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

static bool madvise_behavior_valid(int advice)
{
	return (advice >= MADV_NORMAL && advice <= MADV_DONTNEED) || advice == MADV_FREE ||
	       advice == MADV_REMOVE || advice == MADV_HUGEPAGE || advice == MADV_NOHUGEPAGE ||
	       (advice >= MADV_COLD && advice <= MADV_POPULATE_WRITE) || advice == MADV_COLLAPSE;
}

static bool changes_flags(int advice)
{
	return advice == MADV_NORMAL || advice == MADV_RANDOM || advice == MADV_SEQUENTIAL ||
	       advice == MADV_HUGEPAGE || advice == MADV_NOHUGEPAGE;
}

static unsigned advised_flags(unsigned flags, int advice)
{
	switch (advice) {
	case MADV_NORMAL:
		return flags & ~(unsigned)(VM_RAND_READ | VM_SEQ_READ);
	case MADV_SEQUENTIAL:
		return (flags & ~(unsigned)VM_RAND_READ) | VM_SEQ_READ;
	case MADV_RANDOM:
		return (flags & ~(unsigned)VM_SEQ_READ) | VM_RAND_READ;
	case MADV_HUGEPAGE:
		return (flags & ~(unsigned)VM_NOHUGEPAGE) | VM_HUGEPAGE;
	case MADV_NOHUGEPAGE:
		return (flags & ~(unsigned)VM_HUGEPAGE) | VM_NOHUGEPAGE;
	}
	return flags;
}

/* New flags for all VMAs from i that begin below end; those that have become alike merge. */
static void advise_flags(struct task *t, struct mm_struct *mm, int i, uint64_t end, int advice)
{
	for (; i < mm->nr_vmas && mm->vma[i]->vm_start < end; i++) {
		unsigned flags = advised_flags(mm->vma[i]->vm_flags, advice);

		if (flags != mm->vma[i]->vm_flags) {
			mm->vma[i]->vm_flags = flags;
			i = vma_merge_around(t, mm, i);
		}
		if (advice == MADV_HUGEPAGE)
			khugepaged_enter_vma(mm->vma[i]);
	}
}

/* --- the entries of a part of a VMA --- */

enum walk_step {
	WALK_NEXT,
	WALK_AGAIN, /* the entry, whose large page was split */
	WALK_STOP,  /* the rest of the table is left alone */
};

/* Of one table. */
struct gathered {
	struct page_list pages; /* they go to reclaim */
	int rss[NR_MM_COUNTERS];
};

/* What is done to an entry; it may not sleep. */
typedef enum walk_step pte_fn(struct task *t, struct vm_area_struct *vma, struct page_table *table,
			      unsigned i, struct gathered *g);
/* What is done to a huge entry; all: of the range to be advised.  It may sleep.  AGAIN: its page
 * was split. */
typedef enum walk_step pmd_fn(struct task *t, struct page_table *table, bool all,
			      struct page_list *pages);

/* The entries of one table that are not none.  How many. */
static unsigned walk_table(struct task *t, struct vm_area_struct *vma, uint64_t start,
			   uint64_t next, pte_fn *fn, struct gathered *g)
{
	struct page_table *table = pte_table(vma->vm_mm, start);
	unsigned n = 0;

	if (!table || table->pmd.bits)
		return 0;
	for (unsigned i = pte_index(start); i <= pte_index(next - 1); i++) {
		enum walk_step step;

		if (!table->pte.bits[i])
			continue;
		do {
			step = fn(t, vma, table, i, g);
			n++;
		} while (step == WALK_AGAIN);
		if (step == WALK_STOP)
			break;
	}
	return n;
}

/* All entries that are not none, table by table; pages gathered of a table go to reclaim. */
static void walk_page_range(struct task *t, struct vm_area_struct *vma, uint64_t start,
			    uint64_t end, pte_fn *fn, pmd_fn *huge)
{
	struct linux_vm *vm = task_vm(t);
	struct page_table *table;

	lru_add_drain(vm, t->cpu);
	while ((table = pte_table_from(vma->vm_mm, &start, end)) != NULL) {
		uint64_t next = min_u64(((start >> PMD_SHIFT) + 1) << PMD_SHIFT, end);
		struct gathered g = { 0 };
		unsigned n = 1;

		if (!table->pmd.bits ||
		    huge(t, table, next - start == HPAGE_PMD_SIZE, &g.pages) == WALK_AGAIN)
			n = walk_table(t, vma, start, next, fn, &g);
		if (g.rss[MM_SWAPENTS])
			add_mm_rss_vec(vma->vm_mm, g.rss);
		if (g.pages.head) /* before time passes: they count as isolated from here on */
			reclaim_pages(t, &g.pages);
		task_run(t, (sim_time)vm->machine->cost.pte_map * n);
		start = next;
		cond_resched(t);
	}
	task_run(t, (sim_time)vm->machine->cost.tlb_flush);
}

static struct page *normal_page(struct linux_vm *vm, const struct page_table *table, unsigned i)
{
	if ((table->pte.bits[i] & (PTE_PRESENT | PTE_SPECIAL)) != PTE_PRESENT)
		return NULL;
	return pfn_to_page(vm, table->pte.pfn[i]);
}

/* A part of a large page is advised: true, it is a page of its own from now on. */
static bool split_for_advice(struct task *t, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	bool split = false;

	if (page_mapcount(page) != 1)
		return false;
	get_page(page);
	if (trylock_page(page)) {
		split = split_huge_page_to_list(vm, t->cpu, page, NULL) == 0;
		unlock_page(vm, page);
	}
	put_page(vm, t->cpu, page);
	return split;
}

static struct page *huge_pmd_page(struct linux_vm *vm, const struct page_table *table)
{
	return table->pmd.bits & PTE_SPECIAL ? NULL : pfn_to_page(vm, table->pmd.pfn);
}

/* A page of nobody else that is dirty or in the swap cache becomes clean.  False: it cannot. */
static bool clean_for_free(struct task *t, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	bool ok;

	if (!(page->flags & (PG_swapcache | PG_dirty)))
		return true;
	if (!trylock_page(page))
		return false;
	ok = page_mapcount(page) == 1 &&
	     (!(page->flags & PG_swapcache) || folio_free_swap(vm, t->cpu, page));
	if (ok)
		page->flags &= ~(uint32_t)PG_dirty;
	unlock_page(vm, page);
	return ok;
}

static enum walk_step madvise_free_huge(struct task *t, struct page_table *table, bool all,
					struct page_list *pages)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = huge_pmd_page(vm, table);

	(void)pages;
	if (!page || folio_mapcount(page) != 1)
		return WALK_NEXT;
	if (!all)
		return split_for_advice(t, page) ? WALK_AGAIN : WALK_NEXT;
	if (page->flags & PG_locked)
		return WALK_NEXT;
	page->flags &= ~(uint32_t)PG_dirty;
	table->pmd.bits &= (uint8_t) ~(PTE_YOUNG | PTE_DIRTY);
	mark_page_lazyfree(vm, t->cpu, page);
	return WALK_NEXT;
}

static enum walk_step madvise_free_one(struct task *t, struct vm_area_struct *vma,
				       struct page_table *table, unsigned i, struct gathered *g)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = normal_page(vm, table, i);

	(void)vma;
	if (table->pte.bits[i] & PTE_SWAP) {
		swp_entry_t entry = { table->pte.pfn[i] };

		pte_set(table, i, (struct pte){ 0 });
		g->rss[MM_SWAPENTS]--;
		free_swap_and_cache(t, entry);
		return WALK_NEXT;
	}
	if (table->pte.bits[i] & PTE_SWP_ERROR) {
		pte_set(table, i, (struct pte){ 0 }); /* what is lost is not wanted any more */
		return WALK_NEXT;
	}
	if (page && page_trans_huge_anon(page))
		return split_for_advice(t, page) ? WALK_AGAIN : WALK_STOP;
	if (!page || (page->flags & (PG_head | PG_tail)) || !clean_for_free(t, page))
		return WALK_NEXT;
	table->pte.bits[i] &= (uint8_t) ~(PTE_YOUNG | PTE_DIRTY);
	mark_page_lazyfree(vm, t->cpu, page);
	return WALK_NEXT;
}

/* The page is unused; it goes to the inactive list, or (pages given) is taken off its list. */
static void cold_or_pageout_page(struct task *t, struct page *page, struct page_list *pages)
{
	struct linux_vm *vm = task_vm(t);

	page->flags &= ~(uint32_t)PG_referenced;
	if (!pages) {
		deactivate_page(vm, t->cpu, page);
		return;
	}
	if ((page->flags & PG_unevictable) || !(page->flags & PG_lru))
		return;
	get_page(page);
	lruvec_del_page(vm, page);
	page_list_add(vm->mem_map, pages, page_to_pfn(vm, page));
}

static enum walk_step madvise_cold_or_pageout_huge(struct task *t, struct page_table *table,
						   bool all, struct page_list *pages)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = huge_pmd_page(vm, table);
	bool split;

	if (!page || page_mapcount(page) != 1)
		return WALK_NEXT;
	if (all) {
		table->pmd.bits &= (uint8_t)~PTE_YOUNG;
		cold_or_pageout_page(t, page, pages);
		return WALK_NEXT;
	}
	get_page(page);
	lock_page(t, page);
	/* whoever had the lock may have split it */
	split = page_trans_huge_anon(page) && split_huge_page_to_list(vm, t->cpu, page, NULL) == 0;
	unlock_page(vm, page);
	put_page(vm, t->cpu, page);
	return split ? WALK_AGAIN : WALK_NEXT;
}

static enum walk_step madvise_cold_or_pageout_one(struct task *t, struct page_table *table,
						  unsigned i, struct page_list *pages)
{
	struct page *page = normal_page(task_vm(t), table, i);

	if (page && page_trans_huge_anon(page))
		return split_for_advice(t, page) ? WALK_AGAIN : WALK_STOP;
	if (!page || (page->flags & (PG_head | PG_tail)) || !(page->flags & PG_lru) ||
	    page_mapcount(page) != 1)
		return WALK_NEXT;
	table->pte.bits[i] &= (uint8_t)~PTE_YOUNG;
	cold_or_pageout_page(t, page, pages);
	return WALK_NEXT;
}

static enum walk_step madvise_cold_huge(struct task *t, struct page_table *table, bool all,
					struct page_list *pages)
{
	(void)pages;
	return madvise_cold_or_pageout_huge(t, table, all, NULL);
}

static enum walk_step madvise_cold_one(struct task *t, struct vm_area_struct *vma,
				       struct page_table *table, unsigned i, struct gathered *g)
{
	(void)vma;
	(void)g;
	return madvise_cold_or_pageout_one(t, table, i, NULL);
}

static enum walk_step madvise_pageout_one(struct task *t, struct vm_area_struct *vma,
					  struct page_table *table, unsigned i, struct gathered *g)
{
	(void)vma;
	return madvise_cold_or_pageout_one(t, table, i, &g->pages);
}

/* Pages in swap are read, without waiting for them. */
static void swapin_walk(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	struct linux_vm *vm = task_vm(t);
	struct page_table *table;

	for (; (table = pte_table_from(vma->vm_mm, &start, end)) != NULL; start += PAGE_SIZE) {
		struct pte pte = pte_get(table, pte_index(start));
		struct page *page;

		if (!(pte.bits & PTE_SWAP))
			continue;
		page = read_swap_cache_async(t, (swp_entry_t){ pte.pfn }, GFP_HIGHUSER_MOVABLE,
					     linear_page_index(vma, start), false);
		if (page)
			put_page(vm, t->cpu, page);
	}
	lru_add_drain(vm, t->cpu);
}

/* --- advice about a part of a VMA --- */

static int madvise_willneed(struct task *t, struct vm_area_struct *vma, uint64_t start,
			    uint64_t end)
{
	struct mm_struct *mm = vma->vm_mm;
	struct file *f = vma->vm_file;
	uint64_t first = vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT);

	if (f && shmem_mapping(&f->inode->mapping)) {
		shmem_swapin_range(t, &f->inode->mapping, first,
				   first + ((end - start) >> PAGE_SHIFT) - 1);
	} else if (f) {
		mmap_read_unlock(mm);
		force_page_cache_readahead(t, &f->inode->mapping, &f->ra, first,
					   (end - start) >> PAGE_SHIFT);
		mmap_read_lock(t, mm);
	} else if (!(vma->vm_flags & VM_sim_driver)) {
		swapin_walk(t, vma, start, end);
	}
	return 0;
}

/* A hole in what is mapped: in the file, or in shared memory, whose pages are freed. */
static int madvise_remove(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	const unsigned needs = VM_SHARED | VM_WRITE;
	struct mm_struct *mm = vma->vm_mm;
	struct file *f = vma->vm_file;
	uint64_t first = vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT);
	int error = 0;

	if ((vma->vm_flags & VM_LOCKED) || !f)
		return -EINVAL;
	if ((vma->vm_flags & needs) != needs)
		return -EACCES;
	f->f_count++;
	mmap_read_unlock(mm);
	if (is_vm_hugetlb_page(vma))
		error = hugetlbfs_punch_hole(t, f->inode, first << PAGE_SHIFT,
					     (first << PAGE_SHIFT) + (end - start));
	else if (shmem_mapping(&f->inode->mapping))
		error = shmem_punch_hole(t, f->inode, first << PAGE_SHIFT,
					 (first << PAGE_SHIFT) + (end - start));
	else
		error = vfs_punch_hole(t, f->inode, (int64_t)(first << PAGE_SHIFT),
				       (int64_t)(end - start));
	file_close(t, f);
	delayed_fput(t);
	mmap_read_lock(t, mm);
	return error;
}

static int madvise_populate(struct task *t, struct vm_area_struct *vma, uint64_t start,
			    uint64_t end, bool write)
{
	struct mm_struct *mm = vma->vm_mm;
	int r = 0;

	if ((vma->vm_flags & (VM_IO | VM_PFNMAP)) || (write && !(vma->vm_flags & VM_WRITE)))
		return -EINVAL;
	mmap_read_unlock(mm); /* each fault takes it */
	for (; !r && start < end; start += PAGE_SIZE) {
		r = user_access(t, mm, start, write);
		cond_resched(t);
	}
	mmap_read_lock(t, mm);
	return r;
}

/* Pages of the pool are given back as a whole, and are on no list. */
static int advise_hugetlb(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end,
			  int advice)
{
	const uint64_t mask = huge_page_mask(hstate_vma(vma));

	switch (advice) {
	case MADV_DONTNEED:
		if (start & ~mask)
			return -EINVAL;
		zap_page_range(t, vma, start, end & mask, true);
		return 0;
	case MADV_WILLNEED:
		return 0; /* it lies on no disk */
	case MADV_REMOVE:
		return madvise_remove(t, vma, start, end);
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return madvise_populate(t, vma, start, end, advice == MADV_POPULATE_WRITE);
	}
	return -EINVAL;
}

static int advise_vma(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end,
		      int advice)
{
	if (is_vm_hugetlb_page(vma))
		return advise_hugetlb(t, vma, start, end, advice);
	switch (advice) {
	case MADV_WILLNEED:
		return madvise_willneed(t, vma, start, end);
	case MADV_DONTNEED:
		if (vma->vm_flags & (VM_LOCKED | VM_PFNMAP))
			return -EINVAL;
		zap_page_range(t, vma, start, end, true);
		return 0;
	case MADV_REMOVE:
		return madvise_remove(t, vma, start, end);
	case MADV_FREE:
		if (vma->vm_file || (vma->vm_flags & (VM_LOCKED | VM_PFNMAP | VM_sim_driver)))
			return -EINVAL;
		walk_page_range(t, vma, start, end, madvise_free_one, madvise_free_huge);
		return 0;
	case MADV_COLD:
	case MADV_PAGEOUT:
		if (vma->vm_flags & (VM_LOCKED | VM_PFNMAP))
			return -EINVAL;
		if (advice == MADV_COLD)
			walk_page_range(t, vma, start, end, madvise_cold_one, madvise_cold_huge);
		else
			walk_page_range(t, vma, start, end, madvise_pageout_one,
					madvise_cold_or_pageout_huge);
		return 0;
	case MADV_COLLAPSE:
		return madvise_collapse(t, vma, start, end);
	}
	return madvise_populate(t, vma, start, end, advice == MADV_POPULATE_WRITE);
}

int do_madvise(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len, int advice)
{
	uint64_t end = start + ((len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
	int i, r, error = 0;

	if (!madvise_behavior_valid(advice) || (start & (PAGE_SIZE - 1)) || len > TASK_SIZE ||
	    end > TASK_SIZE)
		return -EINVAL;
	if (start == end)
		return 0;
	r = vma_covers(mm, start, end) ? 0 : -ENOMEM;
	if (changes_flags(advice)) {
		mmap_write_lock(t, mm);
		i = vma_cut_out(mm, start, end);
		if (i >= 0)
			advise_flags(t, mm, i, end, advice);
		mmap_write_unlock(mm);
		return i < 0 ? i : r;
	}
	mmap_read_lock(t, mm);
	blk_start_plug(t); /* one for all that is read or written */
	for (i = vma_index(mm, start); !error && i < mm->nr_vmas && mm->vma[i]->vm_start < end; i++)
		error = advise_vma(t, mm->vma[i], max_u64(start, mm->vma[i]->vm_start),
				   min_u64(end, mm->vma[i]->vm_end), advice);
	blk_finish_plug(t);
	mmap_read_unlock(mm);
	return error ? error : r;
}

int do_msync(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len)
{
	uint64_t end = start + ((len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));

	if ((start & (PAGE_SIZE - 1)) || len > TASK_SIZE || end > TASK_SIZE)
		return -EINVAL;
	for (int i = vma_index(mm, start); i < mm->nr_vmas && mm->vma[i]->vm_start < end; i++) {
		const struct vm_area_struct *vma = mm->vma[i];
		uint64_t from = max_u64(start, vma->vm_start), to = min_u64(end, vma->vm_end);
		uint64_t pos = (vma->vm_pgoff << PAGE_SHIFT) + from - vma->vm_start;
		int r = 0;

		if ((vma->vm_flags & VM_SHARED) && vma->vm_file && !vma_is_shmem(vma) &&
		    !is_vm_hugetlb_page(vma))
			r = vfs_fsync_range(t, vma->vm_file, (int64_t)pos,
					    (int64_t)(pos + to - from) - 1, true);
		if (r)
			return r;
	}
	return vma_covers(mm, start, end) ? 0 : -ENOMEM;
}
