/*
 * huge_memory.c - 2 MiB of anonymous memory by one entry
 *
 *	write, no table:  a huge page, if there is one      do_huge_pmd_anonymous_page
 *	read, no table:   the huge zero page                do_huge_pmd_anonymous_page
 *	write, read-only: in place if nobody else has it    do_huge_pmd_wp_page
 *	                  else the entry is split, and a small page copied
 *
 * Whatever concerns a part of the 2 MiB splits the entry first.  A fault that cannot have a huge
 * page goes on with a small one, and the next ones there, too: the table is there from then on,
 * until khugepaged comes by (khugepaged.c).
 */
#include "models/linux/alloc/mempolicy.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/alloc/watermark.h"
#include "models/linux/conf.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/mm_counter.h"
#include "models/linux/mappings/mmu_gather.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"
#include "models/linux/task.h"

/* --- whether, and how hard to try --- */

bool hugepage_vma_check(const struct linux_vm *vm, const struct vm_area_struct *vma,
			bool enforce_sysfs)
{
	if (vma->vm_file ||
	    (vma->vm_flags & (VM_SHARED | VM_SPECIAL | VM_sim_driver | VM_NOHUGEPAGE)))
		return false;
	if (!enforce_sysfs)
		return true;
	if (vm->thp->sysfs.enabled == THP_MADVISE)
		return vma->vm_flags & VM_HUGEPAGE;
	return vm->thp->sysfs.enabled == THP_ALWAYS;
}

gfp_t vma_thp_gfp_mask(const struct linux_vm *vm, const struct vm_area_struct *vma)
{
	bool madvised = vma->vm_flags & VM_HUGEPAGE;

	switch ((enum thp_defrag)vm->thp->sysfs.defrag) {
	case THP_DEFRAG_ALWAYS:
		return GFP_TRANSHUGE | (madvised ? 0 : __GFP_NORETRY);
	case THP_DEFRAG_DEFER:
		return GFP_TRANSHUGE_LIGHT | __GFP_KSWAPD_RECLAIM;
	case THP_DEFRAG_DEFER_MADVISE:
		return GFP_TRANSHUGE_LIGHT |
		       (madvised ? __GFP_DIRECT_RECLAIM : __GFP_KSWAPD_RECLAIM);
	case THP_DEFRAG_MADVISE:
		return GFP_TRANSHUGE_LIGHT | (madvised ? __GFP_DIRECT_RECLAIM : 0);
	case THP_DEFRAG_NEVER:
		break;
	}
	return GFP_TRANSHUGE_LIGHT;
}

/* The huge page that a fault at haddr would fill lies in the VMA as a whole. */
static bool transhuge_vma_suitable(const struct vm_area_struct *vma, uint64_t haddr)
{
	return haddr >= vma->vm_start && haddr + HPAGE_PMD_SIZE <= vma->vm_end;
}

static void zero_huge_page(struct task *t, const struct page *page)
{
	struct linux_vm *vm = task_vm(t);

	task_run(t, HPAGE_PMD_NR *
			memory_cost(vm, t->cpu, page, (sim_time)vm->machine->cost.page_zero));
}

/* --- the huge zero page --- */

/* One more user of it, which is made if need be.  False: no memory. */
static bool get_huge_zero_page(struct task *t)
{
	struct linux_vm *vm = task_vm(t);
	struct huge_memory *thp = vm->thp;
	struct page *page;

	if (!thp->huge_zero_refcount) {
		page = alloc_pages(t, GFP_TRANSHUGE & ~__GFP_MOVABLE, HPAGE_PMD_ORDER);
		if (!page) {
			vm->stat.thp_zero_page_alloc_failed++;
			return false;
		}
		zero_huge_page(t, page);
		if (thp->huge_zero_refcount) { /* somebody else made it meanwhile */
			free_pages(vm, t->cpu, page, HPAGE_PMD_ORDER);
		} else {
			thp->huge_zero_pfn = page_to_pfn(vm, page);
			thp->huge_zero_refcount = 1; /* the shrinker's */
			vm->stat.thp_zero_page_alloc++;
		}
	}
	thp->huge_zero_refcount++;
	return true;
}

/* A program has one reference, however often it shows the page. */
static bool mm_get_huge_zero_page(struct task *t, struct mm_struct *mm)
{
	if (!mm->huge_zero_page)
		mm->huge_zero_page = get_huge_zero_page(t);
	return mm->huge_zero_page;
}

void mm_put_huge_zero_page(struct mm_struct *mm)
{
	if (!mm->huge_zero_page)
		return;
	mm->huge_zero_page = false;
	SIM_ASSERT(mm->vm->thp->huge_zero_refcount > 1);
	mm->vm->thp->huge_zero_refcount--;
}

static uint64_t huge_zero_page_count(struct task *t, struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	return task_vm(t)->thp->huge_zero_refcount == 1 ? HPAGE_PMD_NR : 0;
}

static uint64_t huge_zero_page_scan(struct task *t, struct shrinker *s, struct shrink_control *sc)
{
	struct linux_vm *vm = task_vm(t);
	struct huge_memory *thp = vm->thp;

	(void)s;
	(void)sc;
	if (thp->huge_zero_refcount != 1)
		return 0;
	thp->huge_zero_refcount = 0;
	free_pages(vm, t->cpu, pfn_to_page(vm, thp->huge_zero_pfn), HPAGE_PMD_ORDER);
	thp->huge_zero_pfn = 0;
	return HPAGE_PMD_NR;
}

/* --- faults --- */

/* The huge entry of a fault; table is deposited with it. */
static void set_huge_pmd(struct task *t, struct vm_fault *vmf, struct page_table *table,
			 struct pte pmd)
{
	struct mm_struct *mm = vmf->vma->vm_mm;

	table->pmd = pmd;
	pmd_install(mm, vmf->address, vmf->pmd, &table);
	SIM_ASSERT(!table); /* nobody else makes tables here */
	task_run(t, (sim_time)mm->vm->machine->cost.pte_map);
}

static vm_fault_t map_huge_zero_page(struct task *t, struct vm_fault *vmf)
{
	struct linux_vm *vm = task_vm(t);
	struct page_table *table = pte_alloc_one(t);

	if (!table)
		return VM_FAULT_OOM;
	if (!mm_get_huge_zero_page(t, vmf->vma->vm_mm)) {
		pte_free(vm, t->cpu, table);
		vm->stat.thp_fault_fallback++;
		return VM_FAULT_FALLBACK;
	}
	if (vmf->vma->vm_mm->unstable) {
		pte_free(vm, t->cpu, table);
		return VM_FAULT_SIGBUS;
	}
	set_huge_pmd(t, vmf, table,
		     (struct pte){ vm->thp->huge_zero_pfn, PTE_PRESENT | PTE_YOUNG | PTE_SPECIAL });
	return 0;
}

/* The page is there, with a reference that goes to its entry. */
static vm_fault_t map_huge_page(struct task *t, struct vm_fault *vmf, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_area_struct *vma = vmf->vma;
	struct page_table *table = pte_alloc_one(t);
	uint8_t bits = PTE_PRESENT | PTE_YOUNG | PTE_DIRTY;

	if (!table) {
		put_page(vm, t->cpu, page);
		return VM_FAULT_OOM;
	}
	zero_huge_page(t, page);
	prep_transhuge_page(page);
	if (vma->vm_mm->unstable) {
		pte_free(vm, t->cpu, table);
		put_page(vm, t->cpu, page);
		return VM_FAULT_SIGBUS;
	}
	page->flags |= PG_uptodate;
	page_add_new_anon_rmap(vm, page, vma, vmf->address & HPAGE_PMD_MASK);
	lru_cache_add_inactive_or_unevictable(vm, t->cpu, page, vma);
	if (vma->vm_flags & VM_WRITE)
		bits |= PTE_WRITE;
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, HPAGE_PMD_NR);
	vm->stat.thp_fault_alloc++;
	set_huge_pmd(t, vmf, table, (struct pte){ page_to_pfn(vm, page), bits });
	return 0;
}

vm_fault_t do_huge_pmd_anonymous_page(struct task *t, struct vm_fault *vmf)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_area_struct *vma = vmf->vma;
	uint64_t haddr = vmf->address & HPAGE_PMD_MASK;
	struct page *page;

	if (!transhuge_vma_suitable(vma, haddr))
		return VM_FAULT_FALLBACK;
	if (anon_vma_prepare(t, vma))
		return VM_FAULT_OOM;
	khugepaged_enter_vma(vma);
	if (!(vmf->flags & FAULT_FLAG_WRITE) && vm->thp->sysfs.use_zero_page)
		return map_huge_zero_page(t, vmf);
	page = vma_alloc_folio(t, vma_thp_gfp_mask(vm, vma), HPAGE_PMD_ORDER,
			       (vma->vm_pgoff >> HPAGE_PMD_ORDER) +
				   ((haddr - vma->vm_start) >> PMD_SHIFT));
	if (!page) {
		vm->stat.thp_fault_fallback++;
		return VM_FAULT_FALLBACK;
	}
	return map_huge_page(t, vmf, page);
}

/* Whether nobody but this entry holds a large page; its places in swap may go for that. */
static bool huge_page_is_mine(struct task *t, struct vm_area_struct *vma, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	bool mine;

	if (page->flags & PG_anon_exclusive)
		return true;
	if (page->refcount > 1 + (page->flags & PG_swapcache ? HPAGE_PMD_NR : 0))
		return false;
	if (page->flags & PG_swapcache)
		folio_free_swap(vm, t->cpu, page);
	mine = page->refcount == 1;
	if (mine) {
		/* new pages of this VMA and this one are of the same program now */
		page->mapping = vma->anon_vma->id;
		page->flags |= PG_anon_exclusive;
	}
	return mine;
}

/* The lock of the page that the entry maps.  False: the entry changed meanwhile. */
static bool lock_huge_pmd_page(struct task *t, const struct vm_fault *vmf, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	const struct page_table *table;
	uint32_t pfn = page_to_pfn(vm, page);

	if (trylock_page(page))
		return true;
	get_page(page);
	lock_page(t, page);
	table = pte_table(vmf->vma->vm_mm, vmf->address);
	if (table && table->pmd.bits && table->pmd.pfn == pfn) {
		put_page(vm, t->cpu, page);
		return true;
	}
	unlock_page(vm, page);
	put_page(vm, t->cpu, page);
	return false;
}

vm_fault_t do_huge_pmd_wp_page(struct task *t, struct vm_fault *vmf)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_area_struct *vma = vmf->vma;
	struct page_table *table = pte_table(vma->vm_mm, vmf->address);
	struct page *page = pfn_to_page(vm, table->pmd.pfn);
	bool mine = false;

	if (!(table->pmd.bits & PTE_SPECIAL)) {
		mine = page->flags & PG_anon_exclusive;
		if (!mine) {
			if (!lock_huge_pmd_page(t, vmf, page))
				return 0;
			table = pte_table(vma->vm_mm, vmf->address);
			mine = huge_page_is_mine(t, vma, page);
			unlock_page(vm, page);
		}
	}
	if (mine) {
		table->pmd.bits |= PTE_YOUNG | PTE_DIRTY;
		if (vma->vm_flags & VM_WRITE)
			table->pmd.bits |= PTE_WRITE;
		return 0;
	}
	split_huge_pmd(vma, table, vmf->address & HPAGE_PMD_MASK);
	return VM_FAULT_FALLBACK;
}

/* --- taking away, copying, splitting --- */

void zap_huge_pmd(struct task *t, struct mmu_gather *tlb, struct vm_area_struct *vma,
		  uint64_t haddr)
{
	struct linux_vm *vm = task_vm(t);
	struct mm_struct *mm = vma->vm_mm;
	struct page_table *table = pte_table(mm, haddr);
	struct pte pmd = table->pmd;
	struct page *page = pfn_to_page(vm, pmd.pfn);

	if (!(pmd.bits & PTE_SPECIAL)) {
		page_remove_anon_compound_rmap(vm, page);
		munlock_vma_folio(vm, page, vma);
		add_mm_counter(mm, MM_ANONPAGES, -HPAGE_PMD_NR);
	}
	pmd_clear_huge(t, mm, haddr);
	if (pmd.bits & PTE_SPECIAL)
		return;
	tlb_remove_page(t, tlb, page);
}

void copy_huge_pmd(struct vm_area_struct *dst, struct page_table *to, struct page_table *from)
{
	struct linux_vm *vm = dst->vm_mm->vm;
	struct page *page = pfn_to_page(vm, from->pmd.pfn);

	SIM_ASSERT(from->pmd.bits && !to->pmd.bits && !to->nr_used);
	if (from->pmd.bits & PTE_SPECIAL) {
		/* its parent has one, so that it is there */
		vm->thp->huge_zero_refcount += !dst->vm_mm->huge_zero_page;
		dst->vm_mm->huge_zero_page = true;
	} else {
		get_page(page);
		page_dup_anon_compound_rmap(page);
		add_mm_counter(dst->vm_mm, MM_ANONPAGES, HPAGE_PMD_NR);
	}
	from->pmd.bits &= (uint8_t)~PTE_WRITE;
	to->pmd = from->pmd;
	to->pmd.bits &= (uint8_t)~PTE_YOUNG;
}

/* Entries of a large page's parts instead of one of all of it. */
static void split_to_ptes(struct linux_vm *vm, struct page_table *table, struct pte pmd)
{
	struct page *head = pfn_to_page(vm, pmd.pfn);
	uint8_t bits = pmd.bits & (PTE_PRESENT | PTE_YOUNG | PTE_WRITE);

	/* what was written is known of the page as a whole from here on */
	if (pmd.bits & PTE_DIRTY)
		head->flags |= PG_dirty;
	head->refcount += HPAGE_PMD_NR - 1;
	for (unsigned i = 0; i < HPAGE_PMD_NR; i++) {
		if (i && (head->flags & PG_anon_exclusive))
			head[i].flags |= PG_anon_exclusive;
		page_split_anon_rmap(head + i);
		pte_set(table, i, (struct pte){ pmd.pfn + i, bits });
	}
}

void split_huge_pmd(struct vm_area_struct *vma, struct page_table *table, uint64_t haddr)
{
	struct linux_vm *vm = vma->vm_mm->vm;
	struct pte pmd = table->pmd;
	struct page *head = pfn_to_page(vm, pmd.pfn);

	SIM_ASSERT(pmd.bits && !table->nr_used);
	SIM_ASSERT(transhuge_vma_suitable(vma, haddr));
	vm->stat.thp_split_pmd++;
	table->pmd = (struct pte){ 0 };
	if (pmd.bits & PTE_SPECIAL) {
		for (unsigned i = 0; i < HPAGE_PMD_NR; i++)
			pte_set(table, i, (struct pte){ 0, PTE_PRESENT | PTE_SPECIAL });
		return;
	}
	split_to_ptes(vm, table, pmd);
	page_remove_anon_compound_rmap(vm, head);
	munlock_vma_folio(vm, head, vma);
}

void split_huge_pmd_if_needed(struct vm_area_struct *vma, uint64_t addr)
{
	uint64_t haddr = addr & HPAGE_PMD_MASK;
	struct page_table *table;

	if (addr == haddr || !transhuge_vma_suitable(vma, haddr))
		return;
	table = pte_table(vma->vm_mm, haddr);
	if (table && table->pmd.bits)
		split_huge_pmd(vma, table, haddr);
}

/* --- /sys/kernel/mm/transparent_hugepage --- */

void huge_memory_init(struct linux_vm *vm, int enabled)
{
	struct huge_memory *thp = vm->thp = sim_calloc(1, sizeof(*thp));

	tunable_defaults(&thp_tunables, &thp->sysfs);
	thp->sysfs.enabled = vm->transparent_hugepage ? enabled : THP_NEVER;
	thp->zero_page_shrinker.name = "shrink_huge_zero_page_scan";
	thp->zero_page_shrinker.count_objects = huge_zero_page_count;
	thp->zero_page_shrinker.scan_objects = huge_zero_page_scan;
	thp->zero_page_shrinker.seeks = DEFAULT_SEEKS;
	register_shrinker(vm, &thp->zero_page_shrinker);
	deferred_split_init(vm);
	khugepaged_init(&thp->khugepaged);
}

void huge_memory_free(struct linux_vm *vm)
{
	sim_free(vm->thp);
	vm->thp = NULL;
}

/* Where any program may have huge pages, min_free_kbytes is raised, as at boot. */
int thp_enabled_write(struct sim *s, void *object, const struct tunable *row, const int64_t *values)
{
	struct linux_vm *vm = linux_vm(s);

	tunable_store(object, row, values);
	vm->transparent_hugepage = vm->thp->sysfs.enabled != THP_NEVER;
	start_stop_khugepaged(vm);
	set_recommended_min_free_kbytes(vm);
	return 0;
}

static void *thp_object(struct sim *s, const char *name)
{
	(void)name;
	return s->kernel && linux_vm(s)->thp ? &linux_vm(s)->thp->sysfs : NULL;
}

static const struct key_word thp_enabled_words[] = {
	{ "always", THP_ALWAYS, "wherever it is possible" },
	{ "madvise", THP_MADVISE, "where programs ask for them" },
	{ "never", THP_NEVER, "none" },
	{ NULL, 0, NULL },
};

static const struct key_word thp_defrag_words[] = {
	{ "always", THP_DEFRAG_ALWAYS, "reclaim and compact" },
	{ "defer", THP_DEFRAG_DEFER, "wake kswapd and kcompactd" },
	{ "defer+madvise", THP_DEFRAG_DEFER_MADVISE, "always where asked for, else defer" },
	{ "madvise", THP_DEFRAG_MADVISE, "always where asked for, else never" },
	{ "never", THP_DEFRAG_NEVER, "only what is free" },
	{ NULL, 0, NULL },
};

#define AUTO TUNABLE_AUTO
#define TUNABLE(row, unit, def, min, max, write, meaning)                                          \
	{ TUNABLE_FIELDS(sysfs_thp, row, unit, def, min, max, write, meaning), .count = 1 },
#define TUNABLE_WORDS(row, row_words, def, min, max, write, meaning)                               \
	{ TUNABLE_FIELDS(sysfs_thp, row, COUNT, def, min, max, write, meaning), .count = 1,        \
	  .words = row_words },

static const struct tunable thp_rows[] = {
#include "models/linux/sysfs_thp.def"
};

const struct tunable_class thp_tunables = {
	.prefix = "transparent_hugepage",
	.where = "/sys/kernel/mm/transparent_hugepage",
	.rows = thp_rows,
	.nr_rows = ARRAY_LEN(thp_rows),
	.object = thp_object,
};
