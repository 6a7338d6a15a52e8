/*
 * khugepaged.c - small pages of programs become huge ones, in the background
 *
 *	programs whose mappings may be huge -> their entries, 2 MiB by 2 MiB, so many a round
 *	     -> enough of them used? -> a huge page -> what is in swap is read
 *	     -> all pages copied, in one instant -> one entry instead of 512
 *
 * A program comes to the list with its first fault that could be huge.  Each round begins behind
 * the last one; between rounds it sleeps 10 s.  The mark of "used" is one young entry: memory that
 * nobody touches is left alone, and missing pages are made up to a limit.  It asks for its huge
 * pages with reclaim and compaction, unless defrag is off, and near where most of the small ones
 * lie.
 */
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/conf.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/khugepaged.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"
#include "models/linux/task.h"

#define NODE_RECLAIM_DISTANCE 30 /* farther nodes are not mixed where zone_reclaim_mode is on */
#define SCAN_NODES            64 /* as many as a mask of nodes has */

/* What a look at 2 MiB came to; the kernel's numbers, for tracepoints. */
enum scan_result {
	SCAN_FAIL = 0,
	SCAN_SUCCEED = 1,
	SCAN_PMD_NULL = 2,
	SCAN_PMD_MAPPED = 4,
	SCAN_EXCEED_NONE_PTE = 5,
	SCAN_EXCEED_SWAP_PTE = 6,
	SCAN_EXCEED_SHARED_PTE = 7,
	SCAN_PTE_NON_PRESENT = 8,
	SCAN_PAGE_RO = 11,
	SCAN_LACK_REFERENCED_PAGE = 12,
	SCAN_PAGE_NULL = 13,
	SCAN_SCAN_ABORT = 14,
	SCAN_PAGE_COUNT = 15,
	SCAN_PAGE_LRU = 16,
	SCAN_PAGE_LOCK = 17,
	SCAN_PAGE_ANON = 18,
	SCAN_ANY_PROCESS = 20,
	SCAN_VMA_CHECK = 23,
	SCAN_ALLOC_HUGE_PAGE_FAIL = 27,
};

/* Of 2 MiB, by a scan. */
struct collapse {
	struct mm_struct *mm;
	uint64_t address;
	int none_or_zero, swapped, shared, referenced;
	bool writable;
	uint32_t node_load[SCAN_NODES]; /* pages on each node */
};

static bool hugepage_flags_enabled(const struct linux_vm *vm)
{
	return vm->thp->sysfs.enabled != THP_NEVER;
}

/* --- the list of programs --- */

static bool vma_is_candidate(const struct linux_vm *vm, const struct vm_area_struct *vma)
{
	uint64_t last = (vma->vm_end - HPAGE_PMD_SIZE) & HPAGE_PMD_MASK;

	return vma->anon_vma && vma->vm_end >= HPAGE_PMD_SIZE && last >= vma->vm_start &&
	       hugepage_vma_check(vm, vma);
}

static void khugepaged(struct task *t, void *arg);

static void khugepaged_enter(struct linux_vm *vm, struct mm_struct *mm)
{
	struct khugepaged *k = &vm->thp->khugepaged;
	bool wakeup = list_empty(&k->mm_head);

	if (list_linked(&mm->khugepaged_node))
		return;
	list_add_tail(&mm->khugepaged_node, &k->mm_head);
	if (!k->thread)
		k->thread = linux_kthread(vm, &vm->sim->cpus[0], "khugepaged", khugepaged, vm);
	else if (wakeup)
		wake_up(vm->sim, &k->wait);
}

void khugepaged_enter_vma(struct vm_area_struct *vma)
{
	struct linux_vm *vm = vma->vm_mm->vm;

	if (!list_linked(&vma->vm_mm->khugepaged_node) && vma_is_candidate(vm, vma))
		khugepaged_enter(vm, vma->vm_mm);
}

void khugepaged_fork(struct mm_struct *mm, const struct mm_struct *oldmm)
{
	if (list_linked(&oldmm->khugepaged_node))
		khugepaged_enter(mm->vm, mm);
}

void khugepaged_exit(struct task *t, struct mm_struct *mm)
{
	mm->khugepaged_exit = true;
	if (!list_linked(&mm->khugepaged_node))
		return;
	if (mm->vm->thp->khugepaged.cursor != mm) {
		list_del(&mm->khugepaged_node);
		return;
	}
	/* the one it is at leaves the list when it goes on; until then it may be in the tables */
	mmap_write_lock(t, mm);
	mmap_write_unlock(mm);
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
		if (c->node_load[i] &&
		    machine_distance(vm->machine, nid, i) > NODE_RECLAIM_DISTANCE)
			return true;
	return false;
}

static enum scan_result scan_none(struct linux_vm *vm, struct collapse *c)
{
	if (++c->none_or_zero <= vm->thp->khugepaged.sysfs.max_ptes_none)
		return SCAN_SUCCEED;
	vm->stat.thp_scan_exceed_none_pte++;
	return SCAN_EXCEED_NONE_PTE;
}

static enum scan_result scan_swapped(struct linux_vm *vm, struct collapse *c)
{
	if (++c->swapped <= vm->thp->khugepaged.sysfs.max_ptes_swap)
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
	if (page_mapcount(page) > 1 && ++c->shared > vm->thp->khugepaged.sysfs.max_ptes_shared) {
		vm->stat.thp_scan_exceed_share_pte++;
		return SCAN_EXCEED_SHARED_PTE;
	}
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
	if ((pte.bits & PTE_YOUNG) || (folio->flags & PG_referenced))
		c->referenced++;
	return SCAN_SUCCEED;
}

/* The entries of 2 MiB as they are now.  swap: places in swap may be among them. */
static enum scan_result scan_entries(struct linux_vm *vm, struct collapse *c, bool swap)
{
	const struct page_table *table = pte_table(c->mm, c->address);
	enum scan_result result = SCAN_SUCCEED;

	*c = (struct collapse){ .mm = c->mm, .address = c->address };
	if (!table)
		return SCAN_PMD_NULL;
	if (table->pmd.bits)
		return SCAN_PMD_MAPPED;
	for (unsigned i = 0; i < HPAGE_PMD_NR && result == SCAN_SUCCEED; i++) {
		struct pte pte = pte_get(table, i);

		if (!pte.bits || (pte.bits & PTE_SPECIAL))
			result = scan_none(vm, c);
		else if (pte.bits & PTE_SWAP)
			result = swap ? scan_swapped(vm, c) : SCAN_PTE_NON_PRESENT;
		else
			result = scan_page(vm, c, pte);
	}
	if (result != SCAN_SUCCEED)
		return result;
	if (!c->writable)
		return SCAN_PAGE_RO;
	if (!c->referenced || (c->swapped && c->referenced < HPAGE_PMD_NR / 2))
		return SCAN_LACK_REFERENCED_PAGE;
	return SCAN_SUCCEED;
}

/* --- making one page of them --- */

/* Near most of the small ones; the nodes with as many are all there are. */
static struct page *alloc_hugepage(struct task *t, const struct collapse *c)
{
	struct linux_vm *vm = task_vm(t);
	gfp_t gfp = vm->thp->khugepaged.sysfs.defrag ? GFP_TRANSHUGE : GFP_TRANSHUGE_LIGHT;
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

/* The VMA, if it may still be huge there; NULL. */
static struct vm_area_struct *revalidate(const struct linux_vm *vm, const struct collapse *c)
{
	struct vm_area_struct *vma;

	if (c->mm->khugepaged_exit)
		return NULL;
	vma = vma_lookup(c->mm, c->address);
	if (!vma || c->address + HPAGE_PMD_SIZE > vma->vm_end || !vma_is_candidate(vm, vma))
		return NULL;
	return vma;
}

/* Reads what is in swap; the VMA stays meanwhile. */
static enum scan_result swap_in(struct task *t, struct collapse *c)
{
	enum scan_result result = SCAN_SUCCEED;

	for (unsigned i = 0; i < HPAGE_PMD_NR && result == SCAN_SUCCEED; i++) {
		struct vm_fault vmf = {
			.vma = revalidate(task_vm(t), c),
			.address = c->address + ((uint64_t)i << PAGE_SHIFT),
			.flags = FAULT_FLAG_ALLOW_RETRY,
		};
		const struct page_table *table = pte_table(c->mm, c->address);
		vm_fault_t ret;

		if (!vmf.vma || !table || table->pmd.bits)
			return SCAN_VMA_CHECK;
		if (!(table->pte.bits[i] & PTE_SWAP))
			continue;
		ret = do_swap_page(t, &vmf, pte_get(table, i));
		if (ret & VM_FAULT_RETRY)
			result = SCAN_PAGE_LOCK;
		else if (ret & VM_FAULT_ERROR)
			result = SCAN_FAIL;
	}
	lru_add_drain(task_vm(t), t->cpu);
	return result;
}

/* One small page is copied: its entry goes, and it with the last one. */
static void give_small_page_back(struct task *t, struct vm_area_struct *vma, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	struct page *folio = page_folio(page);

	vma->vm_mm->stat.rss_anon--;
	page_remove_rmap(vm, page);
	munlock_vma_page(vm, folio, vma);
	free_swap_cache(vm, t->cpu, folio);
	put_page(vm, t->cpu, folio);
}

/* All at one instant: the huge page takes the place of the entries, whose table stays with it. */
static void collapse_entries(struct task *t, struct collapse *c, struct vm_area_struct *vma,
			     struct page *hpage)
{
	struct linux_vm *vm = task_vm(t);
	struct page_table *table = pte_table(c->mm, c->address);
	uint8_t bits = PTE_PRESENT | PTE_YOUNG | PTE_DIRTY;

	for (unsigned i = 0; i < HPAGE_PMD_NR; i++) {
		struct pte pte = pte_get(table, i);

		if (pte.bits)
			pte_set(table, i, (struct pte){ 0 });
		if (pte.bits && !(pte.bits & PTE_SPECIAL))
			give_small_page_back(t, vma, pfn_to_page(vm, pte.pfn));
	}
	hpage->flags |= PG_uptodate;
	c->mm->stat.rss_anon += HPAGE_PMD_NR;
	page_add_new_anon_rmap(vm, hpage, vma, c->address);
	lru_cache_add_inactive_or_unevictable(vm, t->cpu, hpage, vma);
	if (vma->vm_flags & VM_WRITE)
		bits |= PTE_WRITE;
	table->pmd = (struct pte){ page_to_pfn(vm, hpage), bits };
}

/* The program's faults are over; until somebody sleeps nobody else works in its tables. */
static void wait_for_mmap_lock(struct task *t, struct mm_struct *mm)
{
	t->waits_for = "mmap_lock";
	while (mm->readers || mm->write_locked)
		task_wait(t, &mm->mmap_lock_wait, FOREVER);
	t->waits_for = NULL;
}

/* The entries were found good; takes time, so they are looked at again. */
static enum scan_result collapse_huge_page(struct task *t, struct collapse *c)
{
	struct linux_vm *vm = task_vm(t);
	const struct cost_table *cost = &vm->machine->cost;
	struct page *hpage = alloc_hugepage(t, c);
	enum scan_result result = SCAN_SUCCEED;
	struct vm_area_struct *vma;

	if (!hpage)
		return SCAN_ALLOC_HUGE_PAGE_FAIL;
	if (c->swapped) {
		mmap_read_lock(t, c->mm);
		result = swap_in(t, c);
		mmap_read_unlock(c->mm);
	}
	wait_for_mmap_lock(t, c->mm);
	vma = result == SCAN_SUCCEED ? revalidate(vm, c) : NULL;
	if (result == SCAN_SUCCEED)
		result = vma ? scan_entries(vm, c, false) : SCAN_VMA_CHECK;
	if (result != SCAN_SUCCEED) {
		put_page(vm, t->cpu, hpage);
		return result;
	}
	collapse_entries(t, c, vma, hpage);
	vm->stat.sim_khugepaged_collapsed++;
	task_run(t,
		 (sim_time)(cost->tlb_flush + (HPAGE_PMD_NR - c->none_or_zero) * cost->page_copy +
			    c->none_or_zero * cost->page_zero));
	return SCAN_SUCCEED;
}

static enum scan_result scan_pmd(struct task *t, struct collapse *c, bool *released)
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
	trace_mm_khugepaged_scan_pmd(vm->sim, c->mm->pid, seen.writable, seen.referenced,
				     seen.none_or_zero, result, seen.swapped);
	return result;
}

/* --- rounds --- */

/* 2 MiB by 2 MiB from where it stopped.  Returns what it has looked at, *end: all of the program.
 */
static int64_t scan_mm(struct task *t, struct mm_struct *mm, int64_t pages,
		       enum scan_result *result, bool *end)
{
	struct linux_vm *vm = task_vm(t);
	struct khugepaged *k = &vm->thp->khugepaged;
	int64_t progress = 1;
	bool released = false;

	*end = false;
	for (int i = 0; i < mm->nr_vmas && !mm->khugepaged_exit; i++) {
		const struct vm_area_struct *vma = mm->vma[i];
		uint64_t start = (vma->vm_start + HPAGE_PMD_SIZE - 1) & HPAGE_PMD_MASK;
		uint64_t last = vma->vm_end & HPAGE_PMD_MASK;

		if (vma->vm_end <= k->address)
			continue; /* of the round before */
		if (!vma_is_candidate(vm, vma) || k->address > last) {
			progress++;
			continue;
		}
		if (k->address < start)
			k->address = start;
		while (k->address < last && !mm->khugepaged_exit) {
			struct collapse c = { .mm = mm, .address = k->address };

			*result = scan_pmd(t, &c, &released);
			k->address += HPAGE_PMD_SIZE;
			progress += HPAGE_PMD_NR;
			if (released)
				return progress;
			cond_resched(t);
			if (progress >= pages) {
				mmap_read_unlock(mm);
				return progress;
			}
		}
	}
	mmap_read_unlock(mm);
	*end = true;
	return progress;
}

/* The program that it is at, or the first one. */
static int64_t khugepaged_scan_mm_slot(struct task *t, int64_t pages, enum scan_result *result)
{
	struct khugepaged *k = &task_vm(t)->thp->khugepaged;
	struct mm_struct *mm = k->cursor;
	const struct list *next;
	bool end = true;
	int64_t progress = 0;

	*result = SCAN_FAIL;
	if (!mm) {
		k->cursor = mm = LIST_ENTRY(k->mm_head.next, struct mm_struct, khugepaged_node);
		k->address = 0;
	}
	if (mmap_read_trylock(mm))
		progress = scan_mm(t, mm, pages, result, &end);
	if (!mm->khugepaged_exit && !end)
		return progress;
	next = mm->khugepaged_node.next;
	k->cursor = NULL;
	if (next != &k->mm_head)
		k->cursor = LIST_ENTRY(next, struct mm_struct, khugepaged_node);
	else
		task_vm(t)->stat.sim_khugepaged_full_scans++;
	k->address = 0;
	if (mm->khugepaged_exit)
		list_del(&mm->khugepaged_node);
	return progress;
}

static void sleep_millisecs(struct task *t, int64_t ms)
{
	struct khugepaged *k = &task_vm(t)->thp->khugepaged;

	if (!ms) { /* it goes round and round, as fast as it gets the CPU */
		task_run(t, (sim_time)task_vm(t)->machine->cost.context_switch);
		cond_resched(t);
		return;
	}
	t->waits_for = "khugepaged's next round";
	task_wait(t, &k->wait, (uint64_t)div_round_up((uint64_t)ms * HZ, 1000));
	t->waits_for = NULL;
}

static void khugepaged_do_scan(struct task *t)
{
	struct linux_vm *vm = task_vm(t);
	struct khugepaged *k = &vm->thp->khugepaged;
	int64_t progress = 0, pages = k->sysfs.pages_to_scan;
	enum scan_result result = SCAN_SUCCEED;
	int pass_through_head = 0;
	bool wait = true;

	lru_add_drain_all(vm);
	while (hugepage_flags_enabled(vm)) {
		cond_resched(t);
		pass_through_head += !k->cursor;
		if (list_empty(&k->mm_head) || pass_through_head >= 2)
			return;
		progress += khugepaged_scan_mm_slot(t, pages - progress, &result);
		if (progress >= pages)
			return;
		if (result != SCAN_ALLOC_HUGE_PAGE_FAIL)
			continue;
		if (!wait)
			return;
		wait = false;
		sleep_millisecs(t, k->sysfs.alloc_sleep_millisecs);
	}
}

/* Huge pages were switched off: the next scan begins with the first program. */
static void leave_cursor(struct khugepaged *k)
{
	if (k->cursor && k->cursor->khugepaged_exit)
		list_del(&k->cursor->khugepaged_node);
	k->cursor = NULL;
}

static void khugepaged(struct task *t, void *arg)
{
	struct linux_vm *vm = arg;
	struct khugepaged *k = &vm->thp->khugepaged;

	for (;;) {
		if (hugepage_flags_enabled(vm))
			khugepaged_do_scan(t);
		if (hugepage_flags_enabled(vm) && !list_empty(&k->mm_head)) {
			sleep_millisecs(t, k->sysfs.scan_sleep_millisecs);
			continue;
		}
		leave_cursor(k);
		t->waits_for = "programs with room for huge pages";
		while (!hugepage_flags_enabled(vm) || list_empty(&k->mm_head))
			task_wait(t, &k->wait, FOREVER);
		t->waits_for = NULL;
	}
}

/* --- /sys/kernel/mm/transparent_hugepage/khugepaged --- */

void khugepaged_init(struct khugepaged *k)
{
	tunable_defaults(&khugepaged_tunables, &k->sysfs);
	list_init(&k->mm_head);
	wait_queue_init(&k->wait);
}

void start_stop_khugepaged(struct linux_vm *vm)
{
	struct khugepaged *k = &vm->thp->khugepaged;

	if (!list_empty(&k->mm_head))
		wake_up(vm->sim, &k->wait);
}

/* It wakes up, and its next sleep is of the new length. */
int khugepaged_sleep_write(struct sim *s, void *object, const struct tunable *row,
			   const int64_t *values)
{
	tunable_store(object, row, values);
	wake_up(s, &linux_vm(s)->thp->khugepaged.wait);
	return 0;
}

static void *khugepaged_object(struct sim *s, const char *name)
{
	(void)name;
	return s->kernel && linux_vm(s)->thp ? &linux_vm(s)->thp->khugepaged.sysfs : NULL;
}

#define AUTO TUNABLE_AUTO
#define TUNABLE(row, unit, def, min, max, write, meaning)                                          \
	{ TUNABLE_FIELDS(sysfs_khugepaged, row, unit, def, min, max, write, meaning), .count = 1 },

static const struct tunable khugepaged_rows[] = {
#include "models/linux/sysfs_khugepaged.def"
};

const struct tunable_class khugepaged_tunables = {
	.prefix = "transparent_hugepage.khugepaged",
	.where = "/sys/kernel/mm/transparent_hugepage/khugepaged",
	.rows = khugepaged_rows,
	.nr_rows = ARRAY_LEN(khugepaged_rows),
	.object = khugepaged_object,
};
