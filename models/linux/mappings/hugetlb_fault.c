/*
 * hugetlb_fault.c - entries of PMD and PUD tables that show pages of a pool
 *
 *	shared, no entry:   the page of the file, or a new one that goes into it
 *	private, no entry:  a new one; writable only once it was written
 *	private, read-only: in place if nobody else shows it, else a copy    hugetlb_wp
 *
 * A copy is taken from what nobody has a claim to.  If there is no page, the child of a fork gets
 * SIGBUS; who made the mapping takes the page from all its children (unmap_ref_private), which get
 * SIGBUS when they come for it.  One task at a time is at a place of a file.
 */
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/task.h"

/* --- one task at a place --- */

struct hugetlb_fault_lock {
	uint64_t index;
	struct list link;
};

static bool somebody_is_at(const struct hugetlbfs_inode_info *info, uint64_t first, uint64_t last)
{
	LIST_FOR_EACH (pos, &info->faults) {
		uint64_t index = LIST_ENTRY(pos, struct hugetlb_fault_lock, link)->index;

		if (index >= first && index <= last)
			return true;
	}
	return false;
}

/* Until nobody is at places first..last. */
static void wait_for_faults(struct task *t, struct hugetlbfs_inode_info *info, uint64_t first,
			    uint64_t last)
{
	enum stall_cause outer;

	if (!somebody_is_at(info, first, last))
		return;
	outer = stall_enter(t, STALL_LOCK);
	t->waits_for = "a fault on the same huge page";
	while (somebody_is_at(info, first, last))
		task_wait(t, &info->wait, FOREVER);
	t->waits_for = NULL;
	stall_leave(t, outer);
}

static void fault_mutex_lock(struct task *t, struct hugetlbfs_inode_info *info,
			     struct hugetlb_fault_lock *lock, uint64_t index)
{
	wait_for_faults(t, info, index, index);
	lock->index = index;
	list_add_tail(&lock->link, &info->faults);
}

static void fault_mutex_unlock(struct task *t, struct hugetlbfs_inode_info *info,
			       struct hugetlb_fault_lock *lock)
{
	list_del(&lock->link);
	wake_up_all(t->sim, &info->wait);
}

void hugetlb_wait_faults(struct task *t, struct hugetlbfs_inode_info *info, uint64_t first)
{
	wait_for_faults(t, info, first, UINT64_MAX);
}

/* For who is at a place without a fault. */
void hugetlb_fault_mutex(struct task *t, struct hugetlbfs_inode_info *info, uint64_t index,
			 bool lock)
{
	if (lock) {
		fault_mutex_lock(t, info, sim_alloc(sizeof(struct hugetlb_fault_lock)), index);
		return;
	}
	LIST_FOR_EACH (pos, &info->faults) {
		struct hugetlb_fault_lock *l = LIST_ENTRY(pos, struct hugetlb_fault_lock, link);

		if (l->index != index)
			continue;
		fault_mutex_unlock(t, info, l);
		sim_free(l);
		return;
	}
}

/* --- entries --- */

static struct pte entry_at(struct mm_struct *mm, uint64_t haddr)
{
	const struct page_table *table = pte_table(mm, haddr);

	return table ? table->pmd : (struct pte){ 0 };
}

static bool same_page(struct pte now, struct pte then)
{
	return now.bits && now.pfn == then.pfn;
}

/* The entry of a page, which is in use from now on; the caller's reference goes to it. */
static void set_huge_entry(struct vm_area_struct *vma, struct page_table *parent, uint64_t haddr,
			   struct page *page, bool writable)
{
	struct linux_vm *vm = vma->vm_mm->vm;
	uint8_t bits = PTE_PRESENT | PTE_YOUNG | (writable ? PTE_DIRTY | PTE_WRITE : 0);

	*hugetlb_page_flags(page) &= ~(uint32_t)HPG_restore_reserve;
	hugetlb_page_used(hstate_vma(vma), page);
	++*hugetlb_mapcount(page);
	huge_entry_install(vma->vm_mm, haddr, parent, (struct pte){ page_to_pfn(vm, page), bits });
	vma->vm_mm->hugetlb_usage += (int64_t)pages_per_huge_page(hstate_vma(vma));
}

/* Takes the entry away; its reference is the caller's. */
static struct page *clear_huge_entry(struct mm_struct *mm, uint64_t haddr)
{
	struct page *page = pfn_to_page(mm->vm, entry_at(mm, haddr).pfn);

	huge_entry_clear(mm, haddr);
	--*hugetlb_mapcount(page);
	mm->hugetlb_usage -= (int64_t)folio_nr_pages(page);
	return page;
}

bool zap_huge_entry(struct task *t, struct vm_area_struct *vma, uint64_t haddr)
{
	if (!entry_at(vma->vm_mm, haddr).bits)
		return false;
	put_page(task_vm(t), t->cpu, clear_huge_entry(vma->vm_mm, haddr));
	return true;
}

static void set_writable(struct task *t, struct mm_struct *mm, uint64_t haddr)
{
	pte_table(mm, haddr)->pmd.bits |= PTE_YOUNG | PTE_DIRTY | PTE_WRITE;
	task_run(t, (sim_time)mm->vm->machine->cost.pte_map);
}

/* Work on all of a huge page, of so much for each small one. */
static void run_for_all(struct task *t, const struct page *page, int64_t cost)
{
	task_run(t, folio_nr_pages(page) * memory_cost(task_vm(t), t->cpu, page, (sim_time)cost));
}

/* --- a copy --- */

/* Nobody but vma shows the page at addr, unless by a claim of its own. */
static void unmap_ref_private(struct task *t, const struct vm_area_struct *vma,
			      const struct page *page, uint64_t index)
{
	struct linux_vm *vm = task_vm(t);
	const struct address_space *m = &vma->vm_file->inode->mapping;

	LIST_FOR_EACH (pos, &m->i_mmap) {
		struct vm_area_struct *other = LIST_ENTRY(pos, struct vm_area_struct, i_mmap);
		const struct hstate *h = hstate_vma(vma);
		uint64_t first = other->vm_pgoff >> h->order, haddr;
		struct pte pmd;

		if (other == vma || other->dead || other->resv || (other->vm_flags & VM_SHARED) ||
		    index < first || index >= first + (vma_pages(other) >> h->order))
			continue;
		haddr = other->vm_start + ((index - first) << huge_page_shift(h));
		pmd = entry_at(other->vm_mm, haddr);
		if (!pmd.bits || pfn_to_page(vm, pmd.pfn) != page)
			continue;
		other->resv_unmapped = true;
		put_page(vm, t->cpu, clear_huge_entry(other->vm_mm, haddr));
	}
	task_run(t, (sim_time)vm->machine->cost.tlb_flush);
}

/* The new page takes the place of the old one, if that is still there. */
static void install_copy(struct task *t, struct vm_fault *vmf, struct pte old, struct page *new)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_area_struct *vma = vmf->vma;
	uint64_t haddr = huge_page_start(vma, vmf->address);

	if (!same_page(entry_at(vma->vm_mm, haddr), old)) {
		restore_reserve_on_error(vma, haddr, new);
		put_page(vm, t->cpu, new);
		return;
	}
	put_page(vm, t->cpu, clear_huge_entry(vma->vm_mm, haddr));
	set_huge_entry(vma, vmf->pmd, haddr, new, true);
	task_run(t, (sim_time)(vm->machine->cost.pte_map + vm->machine->cost.tlb_flush));
}

/* A write to an entry that does not allow it. */
static vm_fault_t hugetlb_wp(struct task *t, struct vm_fault *vmf, struct hugetlb_fault_lock *lock)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_area_struct *vma = vmf->vma;
	struct hugetlbfs_inode_info *info = HUGETLBFS_I(vma->vm_file->inode);
	uint64_t haddr = huge_page_start(vma, vmf->address);
	struct pte old = entry_at(vma->vm_mm, haddr);
	struct page *page = pfn_to_page(vm, old.pfn), *new;

	for (;;) {
		bool in_file = *hugetlb_page_flags(page) & HPG_sim_cached;

		if ((vma->vm_flags & VM_SHARED) || (*hugetlb_mapcount(page) == 1 && !in_file)) {
			set_writable(t, vma->vm_mm, haddr);
			return 0;
		}
		get_page(page);
		hstate_vma(vma)->copying++;
		/* what it has reserved is for the copy of a page of the file, once */
		new = alloc_huge_page(t, vma, haddr, vma->resv && !in_file);
		if (new) {
			run_for_all(t, new, vm->machine->cost.page_copy);
			new->flags |= PG_uptodate;
			install_copy(t, vmf, old, new);
		}
		hstate_vma(vma)->copying--;
		put_page(vm, t->cpu, page);
		if (new || !same_page(entry_at(vma->vm_mm, haddr), old))
			return 0;
		if (!vma->resv || in_file)
			return VM_FAULT_SIGBUS;
		fault_mutex_unlock(t, info, lock);
		unmap_ref_private(t, vma, page, lock->index);
		fault_mutex_lock(t, info, lock, vma_hugecache_offset(vma, haddr));
		if (!same_page(entry_at(vma->vm_mm, haddr), old))
			return 0;
	}
}

/* --- faults --- */

struct page *new_huge_page(struct task *t, struct vm_area_struct *vma, uint64_t haddr)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = alloc_huge_page(t, vma, haddr, false);

	if (!page)
		return NULL;
	run_for_all(t, page, vm->machine->cost.page_zero);
	page->flags |= PG_uptodate;
	if (vma->vm_flags & VM_SHARED)
		hugetlb_add_to_page_cache(HUGETLBFS_I(vma->vm_file->inode),
					  vma_hugecache_offset(vma, haddr), page);
	return page;
}

static vm_fault_t hugetlb_no_page(struct task *t, struct vm_fault *vmf,
				  struct hugetlb_fault_lock *lock)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_area_struct *vma = vmf->vma;
	struct hugetlbfs_inode_info *info = HUGETLBFS_I(vma->vm_file->inode);
	uint64_t haddr = huge_page_start(vma, vmf->address);
	bool shared = vma->vm_flags & VM_SHARED;
	struct page *page;

	if (vma->resv_unmapped) {
		if (__ratelimit(vm, &info->h->killed))
			printk_f(vm, LOGLEVEL_WARNING,
				 "PID %d killed due to inadequate hugepage pool\n", t->pid);
		return VM_FAULT_SIGBUS;
	}
	if (lock->index >= vma->vm_file->inode->i_size >> huge_page_shift(info->h))
		return VM_FAULT_SIGBUS;
	if (!shared && anon_vma_prepare(t, vma))
		return VM_FAULT_OOM;
	if (info->pages[lock->index]) {
		page = pfn_to_page(vm, info->pages[lock->index]);
		get_page(page);
	} else {
		page = new_huge_page(t, vma, haddr);
		if (!page)
			return VM_FAULT_SIGBUS;
	}
	/* nobody else makes entries of this address space */
	set_huge_entry(vma, vmf->pmd, haddr, page, shared && (vma->vm_flags & VM_WRITE));
	task_run(t, (sim_time)vm->machine->cost.pte_map);
	if ((vmf->flags & FAULT_FLAG_WRITE) && !shared)
		return hugetlb_wp(t, vmf, lock);
	return 0;
}

vm_fault_t hugetlb_fault(struct task *t, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct hugetlbfs_inode_info *info = HUGETLBFS_I(vma->vm_file->inode);
	uint64_t haddr = huge_page_start(vma, vmf->address);
	bool write = vmf->flags & FAULT_FLAG_WRITE;
	struct hugetlb_fault_lock lock;
	struct pte entry;
	vm_fault_t ret = 0;

	if (!huge_pte_alloc(t, vma->vm_mm, haddr, huge_page_level(info->h), &vmf->pmd))
		return VM_FAULT_OOM;
	fault_mutex_lock(t, info, &lock, vma_hugecache_offset(vma, haddr));
	entry = entry_at(vma->vm_mm, haddr);
	if (!entry.bits)
		ret = hugetlb_no_page(t, vmf, &lock);
	else if (write && !(entry.bits & PTE_WRITE))
		ret = hugetlb_wp(t, vmf, &lock);
	else
		pte_table(vma->vm_mm, haddr)->pmd.bits |= write ? PTE_YOUNG | PTE_DIRTY : PTE_YOUNG;
	fault_mutex_unlock(t, info, &lock);
	return ret;
}

/* --- fork --- */

bool copy_hugetlb_page_range(struct task *t, struct vm_area_struct *dst,
			     const struct vm_area_struct *src)
{
	struct linux_vm *vm = task_vm(t);
	const struct hstate *h = hstate_vma(src);
	uint64_t addr = src->vm_start;
	struct page_table *from;

	for (; (from = pte_table_from(src->vm_mm, &addr, src->vm_end)) != NULL;
	     addr += huge_page_size(h)) {
		struct page_table *parent;
		struct page *page;

		/* the parent's entry may go meanwhile: its own parent may take the page */
		if (!huge_pte_alloc(t, dst->vm_mm, addr, huge_page_level(h), &parent))
			return false;
		from = pte_table(src->vm_mm, addr);
		if (!from)
			continue;
		page = pfn_to_page(vm, from->pmd.pfn);
		get_page(page);
		from->pmd.bits &= (uint8_t)~PTE_WRITE;
		set_huge_entry(dst, parent, addr, page, false);
		pte_table(dst->vm_mm, addr)->pmd.bits = from->pmd.bits;
		task_run(t, (sim_time)vm->machine->cost.pte_map);
		cond_resched(t);
	}
	return true;
}

/* --- taking away --- */

uint64_t zap_hugetlb_range(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	struct linux_vm *vm = task_vm(t);
	struct mm_struct *mm = vma->vm_mm;
	uint64_t zapped = 0;

	while (start < end && !vma->dead && mm->pgd && pte_table_from(mm, &start, end)) {
		put_page(vm, t->cpu, clear_huge_entry(mm, start));
		task_run(t, (sim_time)vm->machine->cost.pte_zap);
		zapped++;
		start += huge_page_size(hstate_vma(vma));
		cond_resched(t);
	}
	if (zapped)
		task_run(t, (sim_time)vm->machine->cost.tlb_flush);
	return zapped;
}
