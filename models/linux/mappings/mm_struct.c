/*
 * mm_struct.c - address spaces as a whole: made, copied for a child, given back
 *
 * A child begins with its parent's mappings.  Of the entries only those are copied that could not
 * be had again by a fault: of VMAs with anonymous pages.  Both lose the right to write to them, so
 * whoever writes first gets a page of its own (anon_fault.c).
 */
#include <errno.h>

#include "models/linux/mappings/adopt.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/khugepaged.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/mm_counter.h"
#include "models/linux/mappings/mmu_gather.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/mappings/vma.h"
#include "models/linux/reclaim/oom_kill.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"

/* --- making --- */

/* Without a table, but in the table of all. */
static struct mm_struct *mm_new(struct linux_vm *vm, const char *name)
{
	struct mm_struct *mm;
	void *array;

	if (!vm->mms) {
		vm->mms = sim_calloc(1, sizeof(*vm->mms));
		list_init(&vm->mms->gather_batches);
	}
	mm = sim_calloc(1, sizeof(*mm));
	mm->vm = vm;
	mm->id = vm->mms->n;
	mm->name = sim_strdup(name);
	mm->mmap_base = MMAP_BASE;
	list_init(&mm->maps);
	list_init(&mm->khugepaged_node);
	list_init(&mm->mmlist);
	wait_queue_init(&mm->mmap_lock_wait);
	array = vm->mms->mm;
	sim_grow(&array, &vm->mms->cap, (size_t)vm->mms->n + 1, sizeof(struct mm_struct *));
	vm->mms->mm = array;
	vm->mms->mm[vm->mms->n++] = mm;
	return mm;
}

/* With its top table.  NULL: no memory. */
static struct mm_struct *mm_alloc(struct task *t, const char *name)
{
	struct page_table *pgd = pgd_alloc(t);
	struct mm_struct *mm;

	if (!pgd)
		return NULL;
	mm = mm_new(task_vm(t), name);
	mm->pgd = pgd;
	return mm;
}

struct mm_struct *mm_adopt(struct linux_vm *vm, const char *name, int pid)
{
	struct mm_struct *mm = mm_new(vm, name);

	mm->pid = pid;
	return mm;
}

struct mm_struct *task_mm(struct task *t)
{
	struct task_struct *ts = task_struct(t);

	if (ts->mm)
		return ts->mm;
	ts->mm = mm_alloc(t, t->name);
	if (ts->mm)
		ts->mm->pid = t->pid;
	return ts->mm;
}

/* --- what a run leaves --- */

void *host_hold(struct linux_vm *vm, void *memory)
{
	struct host_held *h = &vm->held;
	void *array = h->v;

	if (!memory)
		return NULL;
	sim_grow(&array, &h->cap, h->n + 1, sizeof(*h->v));
	h->v = array;
	h->v[h->n++] = memory;
	return memory;
}

/* There are as many as tasks that are in the middle of something: few. */
void *host_unhold(struct linux_vm *vm, void *memory)
{
	struct host_held *h = &vm->held;

	for (size_t i = h->n; i > 0; i--)
		if (h->v[i - 1] == memory) {
			h->v[i - 1] = h->v[--h->n];
			break;
		}
	return memory;
}

static void host_free_table(struct page_table *table)
{
	/* depth: the levels */
	for (int i = 0; table->level > PT_PTE && i < PTRS_PER_PTE; i++)
		if (table->child[i])
			host_free_table(table->child[i]);
	sim_free(table);
}

static void host_free_mm(struct mm_struct *mm)
{
	for (int v = 0; v < mm->nr_vmas + mm->nr_detached; v++) {
		struct vm_area_struct *vma = mm_vma(mm, v);

		unlink_anon_vmas(vma);
		resv_map_put(vma->resv);
		sim_free(vma);
	}
	LIST_FOR_EACH_SAFE (pos, next, &mm->maps)
		sim_free(LIST_ENTRY(pos, struct user_map, link));
	if (mm->pgd)
		host_free_table(mm->pgd);
	sim_free(mm->vma);
	sim_free(mm->detached);
	sim_free(mm->name);
	sim_free(mm);
}

void mm_free_all(struct linux_vm *vm)
{
	struct mm_table *mms = vm->mms;

	for (int i = 0; mms && i < mms->n; i++)
		host_free_mm(mms->mm[i]);
	if (mms) {
		mmu_gather_free_all(mms);
		sim_free(mms->mm);
	}
	sim_free(mms);
	vm->mms = NULL;
	for (size_t i = 0; i < vm->held.n; i++)
		sim_free(vm->held.v[i]);
	sim_free(vm->held.v);
	vm->held = (struct host_held){ 0 };
	anon_vmas_free(vm);
}

/* --- the end --- */

/* Everything is unmapped, and the tables go but the top one. */
static void exit_mmap(struct task *t, struct mm_struct *mm)
{
	struct mmu_gather tlb;

	mmap_read_lock(t, mm); /* the OOM reaper may go on meanwhile */
	if (!mm->nr_vmas) {
		mmap_read_unlock(mm);
		return;
	}
	lru_add_drain(mm->vm, t->cpu);
	tlb_gather_mmu(&tlb, true);
	for (int i = 0; i < mm->nr_vmas; i++)
		unmap_vma(t, &tlb, mm->vma[i], mm->vma[i]->vm_start, mm->vma[i]->vm_end);
	mmap_read_unlock(mm);
	if (task_struct(t)->mm == mm)
		task_struct(t)->oom.skip = true; /* MMF_OOM_SKIP: nothing left to reap */
	mmap_write_lock(t, mm);
	free_pgtables(t, &tlb, mm, 0, TASK_SIZE, 0, 0);
	tlb_finish_mmu(t, &tlb);
	while (mm->nr_vmas) {
		const struct vm_area_struct *vma = mm->vma[mm->nr_vmas - 1];

		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(mm->vm, (int64_t)vma_pages(vma));
		vma_remove_at(t, mm, mm->nr_vmas - 1);
	}
	mm->stat.total_vm = mm->stat.locked_vm = 0;
	trace_exit_mmap(mm->vm->sim, mm->pid);
	mmap_write_unlock(mm);
}

/* Nobody uses it any more. */
static void mmput(struct task *t, struct mm_struct *mm)
{
	khugepaged_exit(t, mm);
	exit_mmap(t, mm);
	mm->exited = true;
	mm_put_huge_zero_page(mm);
	swap_mmlist_del(mm);
	pgd_free(mm->vm, t->cpu, mm->pgd);
	mm->pgd = NULL;
}

void exit_mm(struct task *t)
{
	struct mm_struct *mm = task_struct(t)->mm;

	if (!mm)
		return;
	sync_mm_rss(mm);
	/* who looks at the memory of this task has done so when it lets go of it */
	mmap_read_lock(t, mm);
	mmap_read_unlock(mm);
	mmput(t, mm);
	task_struct(t)->mm = NULL;
	delayed_fput(t);
}

/* --- fork --- */

/* Whether a fault could not bring the entries back: the child gets copies of them. */
static bool vma_needs_copy(const struct vm_area_struct *src)
{
	return (src->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) || src->anon_vma;
}

/* One entry.  What may be written by one of them alone is so no more. */
static void copy_one_pte(const struct vm_area_struct *dst, struct page_table *to,
			 struct mm_struct *from_mm, struct page_table *from, unsigned i, int *rss)
{
	struct linux_vm *vm = dst->vm_mm->vm;
	struct pte pte = pte_get(from, i);

	if (pte.bits & PTE_SWAP) {
		swap_duplicate(vm, (swp_entry_t){ pte.pfn });
		from->pte.bits[i] &= (uint8_t)~PTE_SWP_EXCLUSIVE;
		rss[MM_SWAPENTS]++;
		swap_mmlist_add(vm, dst->vm_mm, &from_mm->mmlist);
	}
	if (pte.bits & (PTE_SWAP | PTE_SWP_ERROR)) {
		pte_set(to, i, pte_get(from, i));
		return;
	}
	if (!(pte.bits & PTE_SPECIAL)) {
		struct page *page = pfn_to_page(vm, pte.pfn);

		get_page(page);
		if (page->flags & PG_anon)
			page_dup_anon_rmap(page);
		else
			page_add_file_rmap(vm, page);
		rss[mm_counter(page)]++;
	}
	if (dst->vm_flags & VM_SHARED)
		pte.bits &= (uint8_t)~PTE_DIRTY;
	else
		from->pte.bits[i] &= (uint8_t)~PTE_WRITE;
	pte.bits = (pte.bits & (uint8_t)~PTE_YOUNG) &
		   (uint8_t)(dst->vm_flags & VM_SHARED ? ~0 : ~PTE_WRITE);
	pte_set(to, i, pte);
}

/* The entries of a VMA.  False: no memory for tables. */
static bool copy_page_range(struct task *t, struct vm_area_struct *dst,
			    const struct vm_area_struct *src)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t addr = src->vm_start;
	struct page_table *from;

	while ((from = pte_table_from(src->vm_mm, &addr, src->vm_end)) != NULL) {
		uint64_t next = min_u64(((addr >> PMD_SHIFT) + 1) << PMD_SHIFT, src->vm_end);
		struct vm_fault where = { .vma = dst, .address = addr };
		int rss[NR_MM_COUNTERS] = { 0 };
		struct page_table *to;
		unsigned copied = 0;

		if (!pmd_alloc(t, dst->vm_mm, addr, &where.pmd))
			return false;
		to = pte_alloc(t, &where);
		if (!to)
			return false;
		/* all of a table in one instant; what reclaim did while we slept is seen */
		if (from->pmd.bits) {
			copy_huge_pmd(dst, to, from);
			copied++;
		}
		for (unsigned i = pte_index(addr); i <= pte_index(next - 1); i++) {
			if (!from->pte.bits[i])
				continue;
			copy_one_pte(dst, to, src->vm_mm, from, i, rss);
			copied++;
		}
		add_mm_rss_vec(dst->vm_mm, rss);
		task_run(t, (sim_time)vm->machine->cost.pte_map * copied);
		addr = next;
		cond_resched(t);
	}
	return true;
}

/* One VMA for the child.  False: no memory, or more than may be promised. */
static bool dup_vma(struct task *t, struct mm_struct *mm, const struct vm_area_struct *src)
{
	struct vm_area_struct *dst;

	if ((src->vm_flags & VM_ACCOUNT) &&
	    vm_enough_memory(mm->vm, src->vm_mm, (int64_t)vma_pages(src)))
		return false;
	dst = sim_alloc(sizeof(*dst));
	*dst = *src;
	dst->vm_mm = mm;
	dst->vm_flags &= ~(unsigned)VM_LOCKS; /* locks are not inherited */
	list_init(&dst->i_mmap);
	list_init(&dst->anon_vma_chain);
	hugetlb_dup_vma_private(dst);
	mm->has_hugetlb |= is_vm_hugetlb_page(dst);
	anon_vma_fork(dst, src);
	vma_insert_at(mm, mm->nr_vmas, dst);
	mm->stat.total_vm += (int64_t)vma_pages(dst);
	if (!vma_needs_copy(src))
		return true;
	return is_vm_hugetlb_page(src) ? copy_hugetlb_page_range(t, dst, src)
				       : copy_page_range(t, dst, src);
}

/* The child is locked as well, as khugepaged knows it already.  False: no memory. */
static bool dup_mmap(struct task *t, struct mm_struct *mm, struct mm_struct *old)
{
	bool ok = true;

	mmap_write_lock(t, old);
	mmap_write_lock(t, mm);
	khugepaged_fork(mm, old);
	for (int i = 0; ok && i < old->nr_vmas; i++)
		ok = dup_vma(t, mm, old->vma[i]);
	mmap_write_unlock(mm);
	task_run(t, (sim_time)task_vm(t)->machine->cost.tlb_flush); /* write rights were taken */
	mmap_write_unlock(old);
	return ok;
}

struct mm_struct *dup_mm(struct task *t, const char *name, int *error)
{
	struct mm_struct *old = task_mm(t), *mm = old ? mm_alloc(t, name) : NULL;

	*error = -ENOMEM;
	if (!mm)
		return NULL;
	mm->mmap_base = old->mmap_base;
	if (dup_mmap(t, mm, old)) {
		if (!t->killed)
			return mm;
		*error = -EINTR;
	}
	mmput(t, mm);
	delayed_fput(t);
	return NULL;
}
