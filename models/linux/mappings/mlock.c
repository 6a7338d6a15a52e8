/*
 * mlock.c - pages that a program wants to stay
 *
 * The pages of VM_LOCKED areas are marked PG_mlocked and lie on the list of those that cannot be
 * reclaimed; while a page lies there it counts the areas that lock it (mlock_count, kept in
 * page.next, as that list has no order).  The kernel gathers pages per CPU before it moves them;
 * here each is moved at once.
 *
 * What a task may lock is RLIMIT_MEMLOCK (tasks.rlimit_memlock): of mlock, its pages and what is
 * locked in its address space already; of mlockall all that is mapped; and after mlockall of what
 * is to come mmap looks, too.  VM_LOCKONFAULT counts like VM_LOCKED, only nothing is faulted in.
 */
#include <errno.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/vma.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/task.h"

/* --- one page --- */

static void count_mlocked(struct linux_vm *vm, const struct page *page, int sign)
{
	page_zone(vm, page)->stat.nr_mlock += sign * (int64_t)folio_nr_pages(page);
}

static bool set_mlocked(struct linux_vm *vm, struct page *page)
{
	if (page->flags & PG_mlocked)
		return false;
	page->flags |= PG_mlocked;
	count_mlocked(vm, page, 1);
	vm->stat.unevictable_pgs_mlocked += (int64_t)folio_nr_pages(page);
	return true;
}

/* To the unevictable list, where it counts those who lock it. */
static void cull_page(struct linux_vm *vm, struct page *page)
{
	page->flags = (page->flags & ~(uint32_t)PG_active) | PG_unevictable;
	lruvec_add_page(vm, page);
	page->next = 1;
	vm->stat.unevictable_pgs_culled += (int64_t)folio_nr_pages(page);
}

static void mlock_folio(struct linux_vm *vm, struct page *page)
{
	set_mlocked(vm, page);
	if (!(page->flags & PG_lru))
		return; /* isolated, or in a batch: whoever puts it on a list looks at the flag */
	if (page->flags & PG_unevictable) {
		page->next++;
		return;
	}
	lruvec_del_page(vm, page);
	cull_page(vm, page);
}

static void munlock_folio(struct linux_vm *vm, struct page *page)
{
	bool listed = page->flags & PG_lru, unevictable = page->flags & PG_unevictable;
	int64_t pages = (int64_t)folio_nr_pages(page);

	if (listed && unevictable) {
		/* it may have been counted too low, never too high */
		if (page->next)
			page->next--;
		if (page->next)
			return;
	}
	if (page->flags & PG_mlocked) {
		page->flags &= ~(uint32_t)PG_mlocked;
		count_mlocked(vm, page, -1);
		if (listed || !unevictable)
			vm->stat.unevictable_pgs_munlocked += pages;
		else
			vm->stat.unevictable_pgs_stranded += pages;
	}
	if (listed && unevictable) {
		lruvec_del_page(vm, page);
		page->flags &= ~(uint32_t)PG_unevictable;
		page->next = 0;
		lruvec_add_page(vm, page);
		vm->stat.unevictable_pgs_rescued += pages;
	}
}

/* Pages of raw memory are nobody's business (see mlock_vma_pages_range for VM_IO). */
static bool locks_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_LOCKED | VM_SPECIAL)) == VM_LOCKED;
}

void mlock_vma_folio(struct linux_vm *vm, struct page *folio, const struct vm_area_struct *vma)
{
	if (locks_pages(vma))
		mlock_folio(vm, folio);
}

void munlock_vma_folio(struct linux_vm *vm, struct page *folio, const struct vm_area_struct *vma)
{
	if (locks_pages(vma))
		munlock_folio(vm, folio);
}

/* A part of a large page is not locked by itself. */
void mlock_vma_page(struct linux_vm *vm, struct page *page, const struct vm_area_struct *vma)
{
	if (!(page->flags & (PG_head | PG_tail)))
		mlock_vma_folio(vm, page, vma);
}

void munlock_vma_page(struct linux_vm *vm, struct page *page, const struct vm_area_struct *vma)
{
	if (!(page->flags & (PG_head | PG_tail)))
		munlock_vma_folio(vm, page, vma);
}

void lru_cache_add_inactive_or_unevictable(struct linux_vm *vm, const struct cpu *cpu,
					   struct page *page, const struct vm_area_struct *vma)
{
	if (!locks_pages(vma)) {
		lru_cache_add(vm, cpu, page);
		return;
	}
	set_mlocked(vm, page);
	cull_page(vm, page);
}

void clear_page_mlock(struct linux_vm *vm, struct page *page)
{
	if (!(page->flags & PG_mlocked))
		return;
	page->flags &= ~(uint32_t)PG_mlocked;
	count_mlocked(vm, page, -1);
	vm->stat.unevictable_pgs_cleared += (int64_t)folio_nr_pages(page);
}

/* --- pages that are mapped already --- */

static void mlock_pte_range(struct linux_vm *vm, const struct page_table *table, unsigned i,
			    unsigned end, bool lock)
{
	if (table->pmd.bits) {
		struct page *head = pfn_to_page(vm, table->pmd.pfn);

		if (table->pmd.bits & PTE_SPECIAL)
			return;
		if (lock)
			mlock_folio(vm, head);
		else
			munlock_folio(vm, head);
		return;
	}
	for (; i < end; i++) {
		struct page *page;

		if ((table->pte.bits[i] & (PTE_PRESENT | PTE_SPECIAL)) != PTE_PRESENT)
			continue;
		page = pfn_to_page(vm, table->pte.pfn[i]);
		if (page->flags & (PG_head | PG_tail))
			continue;
		if (lock)
			mlock_folio(vm, page);
		else
			munlock_folio(vm, page);
	}
}

/* New flags of an area.  Between tables others run: they must not lock pages a second time. */
static void mlock_vma_pages_range(struct task *t, struct vm_area_struct *vma, unsigned newflags)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t addr = vma->vm_start, end = vma->vm_end;
	bool lock = newflags & VM_LOCKED;
	struct page_table *table;

	vma->vm_flags = newflags | (lock ? VM_IO : 0);
	lru_add_drain(vm, t->cpu);
	while ((table = pte_table_from(vma->vm_mm, &addr, end)) != NULL) {
		uint64_t next = min_u64(((addr >> PMD_SHIFT) + 1) << PMD_SHIFT, end);

		mlock_pte_range(vm, table, pte_index(addr), pte_index(next - 1) + 1, lock);
		task_run(t, (sim_time)vm->machine->cost.pte_map * ((next - addr) >> PAGE_SHIFT));
		addr = next;
		cond_resched(t);
	}
	lru_add_drain(vm, t->cpu);
	vma->vm_flags = newflags;
}

/* --- areas --- */

/* Sets VM_LOCKED, VM_LOCKONFAULT or none of VMA i, which lies in the range as a whole; then it may
 * be joined. */
static int mlock_fixup(struct task *t, struct mm_struct *mm, int i, unsigned flags)
{
	struct vm_area_struct *vma = mm->vma[i];
	unsigned oldflags = vma->vm_flags, newflags = (oldflags & ~(unsigned)VM_LOCKS) | flags;
	int64_t pages = (int64_t)vma_pages(vma);

	if (newflags == oldflags || (oldflags & VM_SPECIAL))
		return i;
	if (newflags & oldflags & VM_LOCKED) {
		vma->vm_flags = newflags; /* its pages are counted already */
	} else {
		mm->stat.locked_vm += newflags & VM_LOCKED ? pages : -pages;
		mlock_vma_pages_range(t, vma, newflags);
	}
	return vma_merge_around(t, mm, i);
}

/* All areas of a range up to the first gap.  0, -ENOMEM: there is one. */
static int apply_vma_lock_flags(struct task *t, struct mm_struct *mm, uint64_t start, uint64_t end,
				unsigned flags)
{
	int i;

	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (!vma_lookup(mm, start))
		return -ENOMEM;
	i = vma_cut_out(mm, start, end);
	if (i < 0)
		return i;
	while (start < end) {
		if (i >= mm->nr_vmas || mm->vma[i]->vm_start > start)
			return -ENOMEM;
		start = mm->vma[i]->vm_end;
		i = mlock_fixup(t, mm, i, flags);
		start =
		    max_u64(start, mm->vma[i]->vm_end); /* joined with what is alike behind it */
		i++;
	}
	return 0;
}

int populate_vma_page_range(struct task *t, struct mm_struct *mm, uint64_t start, uint64_t end)
{
	struct linux_vm *vm = task_vm(t);

	while (start < end) {
		const struct vm_area_struct *vma = find_vma(mm, start);
		bool write;
		int r;

		if (!vma || vma->vm_start >= end)
			break;
		start = max_u64(start, vma->vm_start);
		if (vma->vm_flags & (VM_IO | VM_PFNMAP | VM_LOCKONFAULT)) {
			start = vma->vm_end;
			continue;
		}
		/* private areas that may be written get their copies now */
		write = (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;
		r = user_access(t, mm, start, write);
		if (r)
			return r;

		struct page_table *table = pte_table(mm, start);
		struct pte pte = { 0 };

		if (table && table->pmd.bits) {
			cond_resched(t);
			start = ((start >> PMD_SHIFT) + 1) << PMD_SHIFT;
			continue;
		}
		if (table)
			pte = pte_get(table, pte_index(start));
		if ((pte.bits & (PTE_PRESENT | PTE_SPECIAL)) == PTE_PRESENT)
			mark_page_accessed(vm, t->cpu, page_folio(pfn_to_page(vm, pte.pfn)));
		cond_resched(t);
		start += PAGE_SIZE;
	}
	lru_add_drain(vm, t->cpu);
	return 0;
}

/* What a system call makes of an error of populating. */
static int mlock_posix_error_return(int r)
{
	return r == -EFAULT ? -ENOMEM : r == -ENOMEM ? -EAGAIN : r;
}

/* The pages that start..start + len lie in. */
static bool round_out(uint64_t *start, bytes_t len, uint64_t *end)
{
	uint64_t from = *start & ~(PAGE_SIZE - 1);

	if (len > TASK_SIZE || *start > TASK_SIZE)
		return false;
	*end = (*start + len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	*start = from;
	return true;
}

/* --- RLIMIT_MEMLOCK --- */

static bool can_do_mlock(const struct task *t)
{
	return task_struct(t)->rlimit_memlock != 0;
}

/* Whether so many pages in all are more than the task may lock. */
static bool above_limit(const struct task *t, uint64_t pages)
{
	return pages > task_struct(t)->rlimit_memlock >> PAGE_SHIFT;
}

/* Pages of a range that are locked already. */
static uint64_t count_mm_mlocked_page_nr(const struct mm_struct *mm, uint64_t start, uint64_t end)
{
	uint64_t bytes = 0;

	for (int i = vma_index(mm, start); i < mm->nr_vmas && mm->vma[i]->vm_start < end; i++) {
		const struct vm_area_struct *vma = mm->vma[i];

		if (vma->vm_flags & VM_LOCKED)
			bytes += min_u64(end, vma->vm_end) - max_u64(start, vma->vm_start);
	}
	return bytes >> PAGE_SHIFT;
}

int mlock_future_check(const struct task *t, const struct mm_struct *mm, bytes_t len)
{
	if (!(mm->def_flags & VM_LOCKED))
		return 0;
	return above_limit(t, (uint64_t)mm->stat.locked_vm + (len >> PAGE_SHIFT)) ? -EAGAIN : 0;
}

/* --- calls --- */

int do_mlock(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len, unsigned flags)
{
	uint64_t end, locked;
	int r = -ENOMEM;

	if (!can_do_mlock(t))
		return -EPERM;
	if (!round_out(&start, len, &end))
		return above_limit(t, len >> PAGE_SHIFT) ? -ENOMEM : -EINVAL;
	mmap_write_lock(t, mm);
	locked = (uint64_t)mm->stat.locked_vm + ((end - start) >> PAGE_SHIFT);
	if (above_limit(t, locked))
		locked -= count_mm_mlocked_page_nr(mm, start, end);
	if (!above_limit(t, locked))
		r = apply_vma_lock_flags(t, mm, start, end, flags);
	mmap_write_unlock(mm);
	return r ? r : mlock_posix_error_return(populate_vma_page_range(t, mm, start, end));
}

int do_munlock(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len)
{
	uint64_t end;
	int r;

	if (!round_out(&start, len, &end))
		return -EINVAL;
	mmap_write_lock(t, mm);
	r = apply_vma_lock_flags(t, mm, start, end, 0);
	mmap_write_unlock(mm);
	return r;
}

static void apply_mlockall_flags(struct task *t, struct mm_struct *mm, unsigned flags)
{
	unsigned locks = VM_LOCKED | (flags & MCL_ONFAULT ? VM_LOCKONFAULT : 0);

	mm->def_flags = flags & MCL_FUTURE ? locks : 0;
	if ((flags & MCL_FUTURE) && !(flags & MCL_CURRENT))
		return;
	for (int i = 0; i < mm->nr_vmas; i++)
		i = mlock_fixup(t, mm, i, flags & MCL_CURRENT ? locks : 0);
}

int do_mlockall(struct task *t, struct mm_struct *mm, unsigned flags)
{
	int r = -ENOMEM;

	if (!(flags & (MCL_CURRENT | MCL_FUTURE)))
		return -EINVAL;
	if (!can_do_mlock(t))
		return -EPERM;
	mmap_write_lock(t, mm);
	if (!(flags & MCL_CURRENT) || !above_limit(t, (uint64_t)mm->stat.total_vm)) {
		apply_mlockall_flags(t, mm, flags);
		r = 0;
	}
	mmap_write_unlock(mm);
	/* pages that cannot be had are no error here */
	for (int i = 0; !r && (flags & MCL_CURRENT) && i < mm->nr_vmas; i++)
		(void)populate_vma_page_range(t, mm, mm->vma[i]->vm_start, mm->vma[i]->vm_end);
	return r;
}

void do_munlockall(struct task *t, struct mm_struct *mm)
{
	mmap_write_lock(t, mm);
	apply_mlockall_flags(t, mm, 0);
	mmap_write_unlock(mm);
}
