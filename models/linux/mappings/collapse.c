/*
 * collapse.c - 2 MiB of small pages become one huge page
 *
 *	entries -> enough of them used? -> a huge page -> what is in swap is read
 *	        -> all pages copied, while faults wait -> one entry instead of 512
 *
 * The mark of "used" is one young entry: memory that nobody touches is left alone, and missing
 * pages are made up to a limit.  The huge page is asked for with reclaim and compaction, unless
 * defrag is off, and near where most of the small ones lie.  A program that wants to have it at
 * once says so (MADV_COLLAPSE): no limits hold then.
 */
#include <errno.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/mappings/collapse.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/mm_counter.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"
#include "models/linux/task.h"

#define NODE_RECLAIM_DISTANCE 30 /* farther nodes are not mixed where zone_reclaim_mode is on */

bool vma_may_collapse(const struct linux_vm *vm, const struct vm_area_struct *vma,
		      bool enforce_sysfs)
{
	uint64_t last = (vma->vm_end - HPAGE_PMD_SIZE) & HPAGE_PMD_MASK;

	return vma->anon_vma && vma->vm_end >= HPAGE_PMD_SIZE && last >= vma->vm_start &&
	       hugepage_vma_check(vm, vma, enforce_sysfs);
}

/* --- looking at 2 MiB --- */

static bool is_refcount_suitable(const struct page *folio)
{
	uint64_t swap = folio->flags & PG_swapcache ? folio_nr_pages(folio) : 0;

	return folio->refcount == folio_mapcount(folio) + (int32_t)swap;
}

/* Pages of nodes far from each other are not brought together. */
static bool scan_abort(const struct linux_vm *vm, const struct collapse *c, int nid)
{
	if (!node_reclaim_enabled(vm) || c->node_load[nid])
		return false;
	for (int i = 0; i < SCAN_NODES; i++)
		if (c->node_load[i] && node_distance(vm, nid, i) > NODE_RECLAIM_DISTANCE)
			return true;
	return false;
}

static enum scan_result scan_none(struct linux_vm *vm, struct collapse *c)
{
	if (++c->none_or_zero <= vm->thp->khugepaged.sysfs.max_ptes_none || !c->is_khugepaged)
		return SCAN_SUCCEED;
	vm->stat.thp_scan_exceed_none_pte++;
	return SCAN_EXCEED_NONE_PTE;
}

static enum scan_result scan_swapped(struct linux_vm *vm, struct collapse *c)
{
	if (++c->swapped <= vm->thp->khugepaged.sysfs.max_ptes_swap || !c->is_khugepaged)
		return SCAN_SUCCEED;
	vm->stat.thp_scan_exceed_swap_pte++;
	return SCAN_EXCEED_SWAP_PTE;
}

/* One entry that shows a page. */
static enum scan_result scan_page(struct linux_vm *vm, struct collapse *c, struct pte pte)
{
	struct page *page = pfn_to_page(vm, pte.pfn), *folio = page_folio(page);
	int nid = page_zone(vm, folio)->node->node_id % SCAN_NODES;

	c->writable |= (pte.bits & PTE_WRITE) != 0;
	c->scan_pfn = page_to_pfn(vm, page);
	if (page_mapcount(page) > 1 && ++c->shared > vm->thp->khugepaged.sysfs.max_ptes_shared &&
	    c->is_khugepaged) {
		vm->stat.thp_scan_exceed_share_pte++;
		return SCAN_EXCEED_SHARED_PTE;
	}
	c->scan_pfn = page_to_pfn(vm, folio);
	if (scan_abort(vm, c, nid))
		return SCAN_SCAN_ABORT;
	c->node_load[nid]++;
	if (!(folio->flags & PG_lru))
		return SCAN_PAGE_LRU;
	if (folio->flags & PG_locked)
		return SCAN_PAGE_LOCK;
	if (!(folio->flags & PG_anon))
		return SCAN_PAGE_ANON;
	if (!is_refcount_suitable(folio))
		return SCAN_PAGE_COUNT;
	if (c->is_khugepaged && ((pte.bits & PTE_YOUNG) || (folio->flags & PG_referenced)))
		c->referenced++;
	return SCAN_SUCCEED;
}

/* What the entry of the PMD table is. */
static enum scan_result find_pmd_or_thp_or_none(const struct collapse *c)
{
	const struct page_table *table = pte_table(c->mm, c->address);

	if (!table)
		return mm_find_pmd(c->mm, c->address) ? SCAN_PMD_NONE : SCAN_PMD_NULL;
	return table->pmd.bits ? SCAN_PMD_MAPPED : SCAN_SUCCEED;
}

/* The entries of 2 MiB as they are now.  swap: places in swap may be among them. */
static enum scan_result scan_entries(struct linux_vm *vm, struct collapse *c, bool swap)
{
	const struct page_table *table = pte_table(c->mm, c->address);
	enum scan_result result = find_pmd_or_thp_or_none(c);

	*c = (struct collapse){
		.mm = c->mm,
		.address = c->address,
		.is_khugepaged = c->is_khugepaged,
		.scan_pfn = -1,
	};
	for (unsigned i = 0; i < HPAGE_PMD_NR && result == SCAN_SUCCEED; i++) {
		struct pte pte = pte_get(table, i);

		if (!pte.bits || (pte.bits & PTE_SPECIAL))
			result = scan_none(vm, c);
		else if (pte.bits & (PTE_SWAP | PTE_SWP_ERROR))
			result = swap ? scan_swapped(vm, c) : SCAN_PTE_NON_PRESENT;
		else
			result = scan_page(vm, c, pte);
	}
	if (result != SCAN_SUCCEED)
		return result;
	if (!c->writable)
		return SCAN_PAGE_RO;
	if (c->is_khugepaged &&
	    (!c->referenced || (c->swapped && c->referenced < HPAGE_PMD_NR / 2)))
		return SCAN_LACK_REFERENCED_PAGE;
	return SCAN_SUCCEED;
}

/* --- making one page of them --- */

/* Near most of the small ones; the nodes with as many are all there are. */
static struct page *alloc_hugepage(struct task *t, const struct collapse *c)
{
	struct linux_vm *vm = task_vm(t);
	bool hard = !c->is_khugepaged || vm->thp->khugepaged.sysfs.defrag;
	gfp_t gfp = hard ? GFP_TRANSHUGE : GFP_TRANSHUGE_LIGHT;
	uint64_t nodes = 0;
	int target = 0;
	struct page *page;

	for (int i = 1; i < SCAN_NODES; i++)
		if (c->node_load[i] > c->node_load[target])
			target = i;
	for (int i = 0; i < SCAN_NODES; i++)
		if (c->node_load[i] == c->node_load[target])
			nodes |= 1ULL << i;
	page = __alloc_pages(t, gfp, HPAGE_PMD_ORDER, target, nodes);
	if (!page) {
		vm->stat.thp_collapse_alloc_failed++;
		return NULL;
	}
	prep_transhuge_page(page);
	vm->stat.thp_collapse_alloc++;
	return page;
}

/* Whether it may still be huge there, after mmap_lock was free: *out is the VMA then. */
static enum scan_result revalidate(const struct linux_vm *vm, const struct collapse *c,
				   struct vm_area_struct **out)
{
	struct vm_area_struct *vma;

	if (c->mm->khugepaged_exit)
		return SCAN_ANY_PROCESS;
	*out = vma = find_vma(c->mm, c->address);
	if (!vma)
		return SCAN_VMA_NULL;
	if (c->address < vma->vm_start || c->address + HPAGE_PMD_SIZE > vma->vm_end)
		return SCAN_ADDRESS_RANGE;
	if (!hugepage_vma_check(vm, vma, c->is_khugepaged))
		return SCAN_VMA_CHECK;
	return vma->anon_vma ? SCAN_SUCCEED : SCAN_PAGE_ANON;
}

/* Reads what is in swap; mmap_lock is held for reading, and given back if it fails. */
static enum scan_result swap_in(struct task *t, struct collapse *c, struct vm_area_struct *vma)
{
	enum scan_result result = SCAN_SUCCEED;
	bool dropped = false;
	int swapped_in = 0;

	for (unsigned i = 0; i < HPAGE_PMD_NR && result == SCAN_SUCCEED; i++) {
		struct vm_fault vmf = {
			.vma = vma,
			.address = c->address + ((uint64_t)i << PAGE_SHIFT),
			.flags = FAULT_FLAG_ALLOW_RETRY,
		};
		struct pte pte = pte_get(pte_table(c->mm, c->address), i);
		vm_fault_t ret;

		if (!(pte.bits & (PTE_SWAP | PTE_SWP_ERROR)))
			continue;
		ret = do_swap_page(t, &vmf, pte);
		dropped = ret & VM_FAULT_RETRY;
		if (dropped)
			result = SCAN_PAGE_LOCK;
		else if (ret & VM_FAULT_ERROR)
			result = SCAN_FAIL;
		else
			swapped_in++;
	}
	if (result == SCAN_FAIL)
		mmap_read_unlock(c->mm);
	if (result == SCAN_SUCCEED && swapped_in) /* they are in nobody's hands then */
		lru_add_drain(task_vm(t), t->cpu);
	trace_mm_collapse_huge_page_swapin(task_vm(t)->sim, c->mm->pid, swapped_in, c->referenced,
					   result == SCAN_SUCCEED);
	return result;
}

/* One small page is copied: its entry goes, and it with the last one. */
static void give_small_page_back(struct task *t, struct vm_area_struct *vma, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	struct page *folio = page_folio(page);

	vma->vm_mm->stat.rss_anon--; /* for others it counts all the time */
	page_remove_rmap(vm, page);
	munlock_vma_page(vm, folio, vma);
	free_swap_cache(vm, t->cpu, folio);
	put_page(vm, t->cpu, folio);
}

/*
 * The entries go at one instant, with their pages; then they are copied, and the huge page takes
 * their place, their table stays with it.  Meanwhile who touches the 2 MiB faults, and every fault
 * of the program waits for mmap_lock.
 */
static void collapse_entries(struct task *t, struct collapse *c, struct vm_area_struct *vma,
			     struct page *hpage)
{
	struct linux_vm *vm = task_vm(t);
	const struct cost_table *cost = &vm->machine->cost;
	struct page_table *table = pte_table(c->mm, c->address);
	uint8_t bits = PTE_PRESENT | PTE_YOUNG | PTE_DIRTY;

	for (unsigned i = 0; i < HPAGE_PMD_NR; i++) {
		struct pte pte = pte_get(table, i);

		if (pte.bits)
			pte_set(table, i, (struct pte){ 0 });
		if (pte.bits && !(pte.bits & PTE_SPECIAL))
			give_small_page_back(t, vma, pfn_to_page(vm, pte.pfn));
	}
	task_run(t,
		 (sim_time)(cost->tlb_flush + (HPAGE_PMD_NR - c->none_or_zero) * cost->page_copy +
			    c->none_or_zero * cost->page_zero));
	task_sync(t); /* the program must not see it before */
	hpage->flags |= PG_uptodate;
	c->mm->stat.rss_anon += HPAGE_PMD_NR - c->none_or_zero;
	for (int i = 0; i < c->none_or_zero; i++)
		add_mm_counter(c->mm, MM_ANONPAGES, 1);
	page_add_new_anon_rmap(vm, hpage, vma, c->address);
	lru_cache_add_inactive_or_unevictable(vm, t->cpu, hpage, vma);
	if (vma->vm_flags & VM_WRITE)
		bits |= PTE_WRITE;
	table->pmd = (struct pte){ page_to_pfn(vm, hpage), bits };
}

/* The last look at the entries, before they go. */
static enum scan_result isolate_entries(struct linux_vm *vm, struct collapse *c)
{
	enum scan_result result = scan_entries(vm, c, false);

	/* without a table of small pages nothing is isolated */
	if (result != SCAN_PMD_NONE && result != SCAN_PMD_NULL && result != SCAN_PMD_MAPPED)
		trace_mm_collapse_huge_page_isolate(vm->sim, c->scan_pfn, c->none_or_zero,
						    c->referenced, c->writable, result);
	return result;
}

/* Before the lock for writing: is it still worth it, and all of it in memory? */
static enum scan_result prepare_to_collapse(struct task *t, struct collapse *c)
{
	struct vm_area_struct *vma;
	enum scan_result result;

	mmap_read_lock(t, c->mm);
	result = revalidate(task_vm(t), c, &vma);
	if (result == SCAN_SUCCEED)
		result = find_pmd_or_thp_or_none(c);
	if (result == SCAN_SUCCEED && c->swapped) {
		result = swap_in(t, c, vma);
		if (result != SCAN_SUCCEED)
			return result; /* it has given the lock back */
	}
	mmap_read_unlock(c->mm);
	return result;
}

/* The entries were found good; takes time, so they are looked at again. */
static enum scan_result collapse_huge_page(struct task *t, struct collapse *c)
{
	struct linux_vm *vm = task_vm(t);
	struct page *hpage = alloc_hugepage(t, c);
	struct vm_area_struct *vma;
	enum scan_result result;

	if (!hpage)
		return SCAN_ALLOC_HUGE_PAGE_FAIL;
	result = prepare_to_collapse(t, c);
	if (result == SCAN_SUCCEED) {
		mmap_write_lock(t, c->mm);
		result = revalidate(vm, c, &vma);
		if (result == SCAN_SUCCEED)
			result = isolate_entries(vm, c);
		if (result == SCAN_SUCCEED)
			collapse_entries(t, c, vma, hpage);
		mmap_write_unlock(c->mm);
	}
	if (result != SCAN_SUCCEED)
		put_page(vm, t->cpu, hpage);
	else if (c->is_khugepaged)
		vm->stat.sim_khugepaged_collapsed++;
	return result;
}

enum scan_result hpage_collapse_scan_pmd(struct task *t, struct collapse *c, bool *released)
{
	struct linux_vm *vm = task_vm(t);
	enum scan_result result = scan_entries(vm, c, true);
	struct collapse seen = *c;

	task_run(t, (sim_time)(HPAGE_PMD_NR * vm->machine->cost.compact_scan));
	if (result == SCAN_SUCCEED) {
		mmap_read_unlock(c->mm);
		*released = true;
		result = collapse_huge_page(t, c);
		trace_mm_collapse_huge_page(vm->sim, c->mm->pid, result == SCAN_SUCCEED, result);
	}
	trace_mm_khugepaged_scan_pmd(vm->sim, c->mm->pid, seen.scan_pfn, seen.writable,
				     seen.referenced, seen.none_or_zero, result, seen.swapped);
	return result;
}

/* --- when a program asks for it --- */

/* Whether the next 2 MiB may still be possible. */
static bool may_go_on(enum scan_result result)
{
	return result == SCAN_SUCCEED || result == SCAN_PMD_MAPPED || result == SCAN_PMD_NULL ||
	       result == SCAN_PTE_NON_PRESENT || result == SCAN_PAGE_RO ||
	       result == SCAN_PAGE_COUNT || result == SCAN_PAGE_LOCK || result == SCAN_PAGE_LRU;
}

static int madvise_collapse_errno(enum scan_result result)
{
	if (result == SCAN_ALLOC_HUGE_PAGE_FAIL)
		return -ENOMEM;
	/* another time it may work */
	if (result == SCAN_PAGE_COUNT || result == SCAN_PAGE_LOCK || result == SCAN_PAGE_LRU)
		return -EAGAIN;
	return -EINVAL;
}

int madvise_collapse(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	struct linux_vm *vm = task_vm(t);
	struct mm_struct *mm = vma->vm_mm;
	uint64_t first = (start + HPAGE_PMD_SIZE - 1) & HPAGE_PMD_MASK;
	uint64_t last = end & HPAGE_PMD_MASK, thps = 0;
	enum scan_result result = SCAN_SUCCEED, last_fail = SCAN_FAIL;
	bool released = false;

	if (!vma_may_collapse(vm, vma, false))
		return -EINVAL;
	lru_add_drain_all(vm);
	for (uint64_t at = first; at < last && may_go_on(result); at += HPAGE_PMD_SIZE) {
		struct collapse c = { .mm = mm, .address = at };

		if (released) {
			cond_resched(t);
			mmap_read_lock(t, mm);
			released = false;
			result = revalidate(vm, &c, &vma);
			if (result != SCAN_SUCCEED) {
				last_fail = result;
				break;
			}
		}
		result = hpage_collapse_scan_pmd(t, &c, &released);
		if (result == SCAN_SUCCEED || result == SCAN_PMD_MAPPED)
			thps++;
		else
			last_fail = result;
	}
	if (released)
		mmap_read_lock(t, mm);
	return thps == (last - first) >> PMD_SHIFT ? 0 : madvise_collapse_errno(last_fail);
}
