/*
 * fault.c - a program touches an address
 *
 *	entry allows it: nothing but the young bit
 *	read, no entry:   do_read_fault    neighbours that are in the cache, else filemap_fault
 *	write, no entry:  do_shared_fault  filemap_fault, page_mkwrite
 *	write, read-only: wp_page_shared   page_mkwrite
 *	anonymous, private: anon_fault.c; in swap: swap_fault.c
 *
 * A fault that has to wait drops mmap_lock, once: it looks for the VMA anew and is repeated from
 * the beginning, and counted once more.
 */
#include <errno.h>

#include "models/linux/mappings/driver_map.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/mm_counter.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/swap/swap.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

#define GIVES_UP (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)

/* --- mmap_lock --- */

bool fault_flag_allow_retry_first(unsigned flags)
{
	return (flags & FAULT_FLAG_ALLOW_RETRY) && !(flags & FAULT_FLAG_TRIED);
}

bool maybe_unlock_mmap_for_io(const struct vm_fault *vmf, bool dropped)
{
	if (dropped || !fault_flag_allow_retry_first(vmf->flags))
		return dropped;
	mmap_read_unlock(vmf->vma->vm_mm);
	return true;
}

/* --- entries --- */

static struct pte current_pte(const struct vm_fault *vmf)
{
	struct page_table *table = pte_table(vmf->vma->vm_mm, vmf->address);

	return table ? pte_get(table, pte_index(vmf->address)) : (struct pte){ 0 };
}

bool pte_same(const struct vm_fault *vmf, struct pte pte)
{
	struct pte now = current_pte(vmf);
	const uint8_t same = PTE_PRESENT | PTE_WRITE | PTE_SPECIAL | PTE_SWAP | PTE_SWP_ERROR;

	return now.pfn == pte.pfn && (now.bits & same) == (pte.bits & same);
}

struct page_table *pte_alloc(struct task *t, struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	struct page_table *table = pte_table(mm, vmf->address);

	if (table)
		return table;
	table = vmf->prealloc_pte ? vmf->prealloc_pte : pte_alloc_one(t);
	if (!table)
		return NULL;
	vmf->prealloc_pte = NULL;
	pmd_install(mm, vmf->address, vmf->pmd, &table);
	SIM_ASSERT(!table); /* nobody else makes tables here */
	return pte_table(mm, vmf->address);
}

/* Pages of files with writeback start read-only in a shared mapping: writes must be seen. */
void do_set_pte(struct vm_area_struct *vma, struct page_table *table, struct page *page,
		uint64_t addr, bool write)
{
	struct linux_vm *vm = vma->vm_mm->vm;
	uint8_t bits = PTE_PRESENT | PTE_YOUNG;
	const unsigned stores = VM_SHARED | VM_WRITE;

	if (write)
		bits |= PTE_DIRTY | PTE_WRITE;
	else if (vma_is_shmem(vma) && (vma->vm_flags & stores) == stores)
		bits |= PTE_WRITE; /* no writeback has to see stores */
	SIM_ASSERT(!table->pte.bits[pte_index(addr)]);
	page_add_file_rmap(vm, page);
	mlock_vma_page(vm, page_folio(page), vma);
	page->flags &= ~(uint32_t)PG_sim_unused; /* nobody will tell when it is read */
	add_mm_counter_fast(vma->vm_mm, mm_counter(page), 1);
	pte_set(table, pte_index(addr), (struct pte){ page_to_pfn(vm, page), bits });
}

/* Sets the entry of vmf->page, which is locked; its reference goes to the entry. */
static vm_fault_t finish_fault(struct task *t, struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	struct page_table *table;

	/* a copy may have been here that is lost */
	if (mm->unstable && !(vmf->vma->vm_flags & VM_SHARED))
		return VM_FAULT_SIGBUS;
	table = pte_alloc(t, vmf);
	if (!table)
		return VM_FAULT_OOM;
	if (table->pte.bits[pte_index(vmf->address)])
		return VM_FAULT_NOPAGE;
	do_set_pte(vmf->vma, table, vmf->page, vmf->address, vmf->flags & FAULT_FLAG_WRITE);
	task_run(t, (sim_time)mm->vm->machine->cost.pte_map);
	return 0;
}

/*
 * Finds or reads the page of the file, as vm_ops->fault: vmf->page, locked, with a reference.  The
 * PTE page is made before that, since making it may wait for pages that the lock would hold up.
 */
vm_fault_t __do_fault(struct task *t, struct vm_fault *vmf)
{
	if (!vmf->prealloc_pte && !pte_table(vmf->vma->vm_mm, vmf->address)) {
		vmf->prealloc_pte = pte_alloc_one(t);
		if (!vmf->prealloc_pte)
			return VM_FAULT_OOM;
	}
	return vma_is_shmem(vmf->vma) ? shmem_fault(t, vmf) : filemap_fault(t, vmf);
}

/* --- reading --- */

/*
 * Pages of the file around the fault that may be mapped along: from the aligned window's start,
 * not before the VMA, as many as fault_around_bytes, not behind the VMA or the PTE page.
 */
static vm_fault_t do_fault_around(struct task *t, struct vm_fault *vmf)
{
	const struct vm_area_struct *vma = vmf->vma;
	uint64_t bytes = (uint64_t)task_vm(t)->sysctl.fault_around_bytes;
	uint64_t start = max_u64(vmf->address & ~(bytes - 1), vma->vm_start);
	uint64_t pmd_end = ((start >> PMD_SHIFT) + 1) << PMD_SHIFT;

	uint64_t end = min_u64(min_u64(start + bytes, vma->vm_end), pmd_end);
	uint64_t first = vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT);

	if (!pte_table(vma->vm_mm, vmf->address)) {
		vmf->prealloc_pte = pte_alloc_one(t);
		if (!vmf->prealloc_pte)
			return VM_FAULT_OOM;
	}
	return filemap_map_pages(t, vmf, first, first + ((end - start) >> PAGE_SHIFT) - 1);
}

static vm_fault_t do_read_fault(struct task *t, struct vm_fault *vmf)
{
	struct linux_vm *vm = task_vm(t);
	vm_fault_t ret;

	if (vm->sysctl.fault_around_bytes > (int64_t)PAGE_SIZE) {
		ret = do_fault_around(t, vmf);
		if (ret)
			return ret;
	}
	ret = __do_fault(t, vmf);
	if (ret & GIVES_UP)
		return ret;
	ret |= finish_fault(t, vmf);
	unlock_page(vm, page_folio(vmf->page));
	if (ret & GIVES_UP)
		put_page(vm, t->cpu, page_folio(vmf->page));
	return ret;
}

/* --- writing --- */

/* A locked page was written to: unlocks it and holds the writer back if too much is dirty. */
static vm_fault_t fault_dirty_shared_page(struct task *t, struct vm_fault *vmf)
{
	struct address_space *m = &vmf->vma->vm_file->inode->mapping;
	struct page *folio = page_folio(vmf->page);
	bool dropped, dirtied = set_page_dirty(t, folio);

	unlock_page(task_vm(t), folio);
	if (shmem_mapping(m) && !dirtied)
		return 0; /* others tell of each store: page_mkwrite */
	dropped = maybe_unlock_mmap_for_io(vmf, false);
	if (!shmem_mapping(m))
		balance_dirty_pages_ratelimited(t, m);
	return dropped ? VM_FAULT_COMPLETED : 0;
}

static vm_fault_t do_shared_fault(struct task *t, struct vm_fault *vmf)
{
	struct linux_vm *vm = task_vm(t);
	vm_fault_t ret = __do_fault(t, vmf), tmp;

	if (ret & GIVES_UP)
		return ret;
	if (!vma_is_shmem(vmf->vma)) {
		unlock_page(vm, page_folio(vmf->page));
		tmp = filemap_page_mkwrite(t, vmf);
		if (tmp & (VM_FAULT_ERROR | VM_FAULT_NOPAGE)) {
			put_page(vm, t->cpu, page_folio(vmf->page));
			return tmp;
		}
	}
	ret |= finish_fault(t, vmf);
	if (ret & GIVES_UP) {
		unlock_page(vm, page_folio(vmf->page));
		put_page(vm, t->cpu, page_folio(vmf->page));
		return ret;
	}
	return ret | fault_dirty_shared_page(t, vmf);
}

/* The first write since the page was cleaned. */
static vm_fault_t wp_page_shared(struct task *t, struct vm_fault *vmf, struct pte pte)
{
	struct linux_vm *vm = task_vm(t);
	struct page *folio;
	struct page_table *table;
	unsigned i = pte_index(vmf->address);
	vm_fault_t ret;

	vmf->page = pfn_to_page(vm, pte.pfn);
	folio = page_folio(vmf->page);
	get_page(folio);
	ret = filemap_page_mkwrite(t, vmf);
	if (ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE)) {
		put_page(vm, t->cpu, folio);
		return ret;
	}
	table = pte_table(vmf->vma->vm_mm, vmf->address);
	if (table->pte.pfn[i] != pte.pfn || !(table->pte.bits[i] & PTE_PRESENT)) {
		/* it went while page_mkwrite slept */
		unlock_page(vm, folio);
		put_page(vm, t->cpu, folio);
		return VM_FAULT_NOPAGE;
	}
	table->pte.bits[i] |= PTE_YOUNG | PTE_DIRTY | PTE_WRITE;
	vm->stat.pgreuse++;
	ret = fault_dirty_shared_page(t, vmf);
	put_page(vm, t->cpu, folio);
	return ret;
}

/* --- dispatch --- */

static vm_fault_t do_fault(struct task *t, struct vm_fault *vmf)
{
	vm_fault_t ret;

	if (!(vmf->flags & FAULT_FLAG_WRITE))
		ret = do_read_fault(t, vmf);
	else if (vmf->vma->vm_flags & VM_SHARED)
		ret = do_shared_fault(t, vmf);
	else
		ret = do_cow_fault(t, vmf);
	if (vmf->prealloc_pte)
		pte_free(task_vm(t), t->cpu, vmf->prealloc_pte);
	vmf->prealloc_pte = NULL;
	return ret;
}

static vm_fault_t handle_pte_fault(struct task *t, struct vm_fault *vmf)
{
	struct pte pte = current_pte(vmf);
	struct page_table *table;

	if (!pte.bits && (vmf->vma->vm_flags & VM_sim_driver))
		return VM_FAULT_SIGBUS; /* all that there is was mapped by the driver */
	if (!pte.bits)
		return vmf->vma->vm_file ? do_fault(t, vmf) : do_anonymous_page(t, vmf);
	if (!(pte.bits & PTE_PRESENT))
		return do_swap_page(t, vmf, pte);
	if ((vmf->flags & FAULT_FLAG_WRITE) && !(pte.bits & PTE_WRITE)) {
		if (!(vmf->vma->vm_flags & VM_SHARED))
			return do_wp_page(t, vmf);
		return vmf->vma->vm_flags & VM_sim_driver ? wp_driver_shared(t, vmf, pte)
							  : wp_page_shared(t, vmf, pte);
	}
	table = pte_table(vmf->vma->vm_mm, vmf->address);
	table->pte.bits[pte_index(vmf->address)] |=
	    vmf->flags & FAULT_FLAG_WRITE ? PTE_YOUNG | PTE_DIRTY : PTE_YOUNG;
	return 0;
}

/* Where 2 MiB are mapped as a whole, or could be; else, or if that fails, the small page. */
static vm_fault_t handle_pmd_fault(struct task *t, struct vm_fault *vmf)
{
	struct page_table *table = pte_table(vmf->vma->vm_mm, vmf->address);
	bool write = vmf->flags & FAULT_FLAG_WRITE;
	vm_fault_t ret = VM_FAULT_FALLBACK;

	if (!table) {
		if (hugepage_vma_check(task_vm(t), vmf->vma, true))
			ret = do_huge_pmd_anonymous_page(t, vmf);
	} else if (table->pmd.bits && write && !(table->pmd.bits & PTE_WRITE)) {
		ret = do_huge_pmd_wp_page(t, vmf);
	} else if (table->pmd.bits) {
		table->pmd.bits |= write ? PTE_YOUNG | PTE_DIRTY : PTE_YOUNG;
		return 0;
	}
	return ret & VM_FAULT_FALLBACK ? handle_pte_fault(t, vmf) : ret;
}

vm_fault_t handle_mm_fault(struct task *t, struct vm_area_struct *vma, uint64_t addr,
			   unsigned flags)
{
	struct linux_vm *vm = task_vm(t);
	struct mm_struct *mm = vma->vm_mm;
	struct vm_fault vmf = {
		.vma = vma,
		.address = addr & ~(PAGE_SIZE - 1),
		.pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT),
		.flags = flags,
	};
	vm_fault_t ret;

	vm->stat.pgfault++;
	check_sync_rss_stat(mm);
	if (is_vm_hugetlb_page(vma))
		ret = hugetlb_fault(t, &vmf);
	else if (pmd_alloc(t, mm, vmf.address, &vmf.pmd))
		ret = handle_pmd_fault(t, &vmf);
	else
		ret = VM_FAULT_OOM;
	/* what failed or is to be repeated is not counted as a fault of the task */
	if (ret & (VM_FAULT_ERROR | VM_FAULT_RETRY))
		return ret;
	if ((ret & VM_FAULT_MAJOR) || (flags & FAULT_FLAG_TRIED))
		mm->stat.maj_flt++;
	else
		mm->stat.min_flt++;
	return ret;
}

/* --- a program's view --- */

/* For the tracepoint: the file (-1: none) and the page of it, or of the address. */
struct fault_place {
	int file;
	uint64_t index;
};

/* What a call of the handler means for the program: 0, or a negative errno value. */
static int fault_error(const struct task *t, vm_fault_t ret)
{
	if (t->killed)
		return -EINTR;
	if (ret & VM_FAULT_OOM)
		return -ENOMEM;
	return ret & VM_FAULT_ERROR ? -EFAULT : 0;
}

/* One attempt.  What it means for the trace goes to *where; mmap_lock is free before and after. */
static vm_fault_t try_user_fault(struct task *t, struct mm_struct *mm, uint64_t addr,
				 unsigned flags, struct fault_place *where)
{
	struct vm_area_struct *vma;
	vm_fault_t ret;

	if (!mmap_read_trylock(mm))
		mmap_read_lock(t, mm);
	vma = vma_lookup(mm, addr);
	if (!vma || ((flags & FAULT_FLAG_WRITE) && !(vma->vm_flags & VM_WRITE))) {
		*where = (struct fault_place){ -1, addr >> PAGE_SHIFT };
		mmap_read_unlock(mm);
		return VM_FAULT_SIGSEGV;
	}
	*where = (struct fault_place){
		vma->vm_file ? vma->vm_file->inode->id : -1,
		vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT),
	};
	ret = handle_mm_fault(t, vma, addr, flags);
	if (!(ret & (VM_FAULT_RETRY | VM_FAULT_COMPLETED)))
		mmap_read_unlock(mm);
	return ret;
}

/* The processor's page fault, with its repetitions.  0 or a negative errno value. */
static int do_user_addr_fault(struct task *t, struct mm_struct *mm, uint64_t addr, bool write)
{
	unsigned flags = FAULT_FLAG_USER | FAULT_FLAG_KILLABLE | FAULT_FLAG_ALLOW_RETRY;
	struct fault_place where;
	vm_fault_t ret;
	int calls = 0, error;

	if (write)
		flags |= FAULT_FLAG_WRITE;
	task_run(t, (sim_time)mm->vm->machine->cost.page_fault);
	do {
		ret = try_user_fault(t, mm, addr, flags, &where);
		calls += !(ret & VM_FAULT_SIGSEGV);
		flags |= FAULT_FLAG_TRIED;
		error = fault_error(t, ret);
	} while (!error && (ret & VM_FAULT_RETRY));
	trace_sim_page_fault(t->sim, t->pid, where.file, (int64_t)where.index, write, calls,
			     error                                 ? error
			     : calls > 1 || (ret & VM_FAULT_MAJOR) ? 1
								   : 0);
	return error;
}

/* A frame may be of a device: then it is as near as memory of the own node. */
static void pay_for_access(struct task *t, pfn_t pfn)
{
	struct linux_vm *vm = task_vm(t);
	sim_time cost = (sim_time)vm->machine->cost.user_access;

	if (vm->machine->cost.remote_access_percent && pfn_valid(vm, pfn) && pfn_zone(vm, pfn))
		cost = memory_cost(vm, t->cpu, pfn_to_page(vm, pfn), cost);
	task_run(t, cost);
}

int user_access(struct task *t, struct mm_struct *mm, uint64_t addr, bool write)
{
	uint8_t need = write ? PTE_PRESENT | PTE_WRITE : PTE_PRESENT;

	for (;;) {
		struct page_table *table = pte_table(mm, addr);
		unsigned i = pte_index(addr);
		uint8_t *bits = NULL;
		int r;

		if (table)
			bits = table->pmd.bits ? &table->pmd.bits : &table->pte.bits[i];
		if (bits && (*bits & need) == need) {
			*bits |= write ? PTE_YOUNG | PTE_DIRTY : PTE_YOUNG;
			pay_for_access(t, pte_shown(table, i).pfn);
			return 0;
		}
		r = do_user_addr_fault(t, mm, addr, write);
		if (r)
			return r;
	}
}
