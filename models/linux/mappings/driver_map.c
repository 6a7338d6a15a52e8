/*
 * driver_map.c - pages and frames of drivers in programs
 *
 * A page is mapped with all its counts, so that it stays while somebody sees it.  A frame is mapped
 * by a special entry, of which nothing else knows: it may be no memory at all, and whoever owns it
 * has to see to it that it is unmapped in time.
 */
#include "models/linux/mappings/driver_map.h"
#include "models/linux/mappings/mm_counter.h"

#include <errno.h>

#include "models/linux/task.h"
#include "models/linux/vmalloc/vmalloc.h"
#include "models/linux/writeback/writeback.h"

#define MAX_PFN (1ULL << 32) /* an entry has a frame number of 32 bits */

static bool is_inside(const struct vm_area_struct *vma, uint64_t addr)
{
	return addr >= vma->vm_start && addr < vma->vm_end;
}

/* The PTE page of an address, made if there is none.  NULL: no memory. */
static struct page_table *get_locked_pte(struct task *t, struct vm_area_struct *vma, uint64_t addr)
{
	struct vm_fault where = { .vma = vma, .address = addr };

	return pmd_alloc(t, vma->vm_mm, addr, &where.pmd) ? pte_alloc(t, &where) : NULL;
}

/* Private mappings begin read-only: a store makes a copy. */
uint8_t vm_page_prot(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE) ? PTE_WRITE : 0;
}

/* --- pages --- */

static int validate_page_before_insert(struct page *page)
{
	return page_folio(page)->flags & (PG_anon | PG_slab | PG_buddy) ? -EINVAL : 0;
}

static int insert_page(struct task *t, struct vm_area_struct *vma, uint64_t addr, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	struct page_table *table;
	int r = validate_page_before_insert(page);

	if (r)
		return r;
	table = get_locked_pte(t, vma, addr);
	if (!table)
		return -ENOMEM;
	if (table->pte.bits[pte_index(addr)])
		return -EBUSY;
	get_page(page);
	add_mm_counter_fast(vma->vm_mm, mm_counter(page), 1);
	page_add_file_rmap(vm, page);
	page->flags &= ~(uint32_t)PG_sim_unused; /* nobody will tell when it is read */
	pte_set(table, pte_index(addr),
		(struct pte){ page_to_pfn(vm, page), PTE_PRESENT | PTE_YOUNG | vm_page_prot(vma) });
	task_run(t, (sim_time)vm->machine->cost.pte_map);
	return 0;
}

int vm_insert_page(struct task *t, struct vm_area_struct *vma, uint64_t addr, struct page *page)
{
	if (!is_inside(vma, addr))
		return -EFAULT;
	if (page_folio(page)->refcount <= 0)
		return -EINVAL;
	if (!(vma->vm_flags & VM_MIXEDMAP)) {
		if (vma->vm_flags & VM_PFNMAP) {
			kernel_bug(t->sim, "vm_insert_page: the mapping is VM_PFNMAP");
			return -EINVAL;
		}
		vma->vm_flags |= VM_MIXEDMAP;
	}
	return insert_page(t, vma, addr, page);
}

/* --- frames --- */

static int insert_pfn(struct task *t, struct vm_area_struct *vma, uint64_t addr, pfn_t pfn)
{
	struct page_table *table = get_locked_pte(t, vma, addr);

	if (!table)
		return -ENOMEM;
	if (table->pte.bits[pte_index(addr)])
		return -EBUSY;
	pte_set(table, pte_index(addr),
		(struct pte){ (uint32_t)pfn,
			      PTE_PRESENT | PTE_YOUNG | PTE_SPECIAL | vm_page_prot(vma) });
	task_run(t, (sim_time)task_vm(t)->machine->cost.pte_map);
	return 0;
}

/* What a driver does wrong that inserts this frame; NULL: nothing. */
static const char *pfn_bug(const struct vm_area_struct *vma, pfn_t pfn)
{
	switch (vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) {
	case VM_PFNMAP:
		return is_cow_mapping(vma->vm_flags) ? "a frame in a COW mapping" : NULL;
	case VM_MIXEDMAP:
		return pfn_valid(vma->vm_mm->vm, pfn) ? "a frame that has a page" : NULL;
	case 0:
		return "the mapping is neither VM_PFNMAP nor VM_MIXEDMAP";
	default:
		return "the mapping is VM_PFNMAP and VM_MIXEDMAP";
	}
}

int vm_insert_pfn(struct task *t, struct vm_area_struct *vma, uint64_t addr, pfn_t pfn)
{
	const char *bug = pfn_bug(vma, pfn);

	if (bug) {
		kernel_bug(t->sim, bug);
		return -EINVAL;
	}
	if (pfn >= MAX_PFN)
		return -EINVAL;
	return is_inside(vma, addr) ? insert_pfn(t, vma, addr, pfn) : -EFAULT;
}

vm_fault_t vmf_insert_pfn(struct task *t, struct vm_area_struct *vma, uint64_t addr, pfn_t pfn)
{
	int r = vm_insert_pfn(t, vma, addr, pfn);

	if (r == -ENOMEM)
		return VM_FAULT_OOM;
	return r && r != -EBUSY ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
}

/* Whether the range is the driver's to fill: in the VMA, and nothing is mapped there. */
static bool is_unused(const struct vm_area_struct *vma, uint64_t addr, uint64_t end)
{
	struct page_table *table;

	if (addr < vma->vm_start || end > vma->vm_end || addr >= end)
		return false;
	for (; (table = pte_table_from(vma->vm_mm, &addr, end)) != NULL; addr += PAGE_SIZE)
		if (table->pte.bits[pte_index(addr)])
			return false;
	return true;
}

/* Special entries for addr..end, table by table.  0, -ENOMEM. */
static int remap_pages(struct task *t, struct vm_area_struct *vma, uint64_t addr, uint64_t end,
		       pfn_t pfn, uint8_t prot)
{
	while (addr < end) {
		uint64_t next = min_u64(((addr >> PMD_SHIFT) + 1) << PMD_SHIFT, end);
		uint64_t n = (next - addr) >> PAGE_SHIFT;
		struct page_table *table = get_locked_pte(t, vma, addr);

		if (!table)
			return -ENOMEM;
		for (; addr < next; addr += PAGE_SIZE)
			pte_set(table, pte_index(addr),
				(struct pte){ (uint32_t)pfn++,
					      PTE_PRESENT | PTE_YOUNG | PTE_SPECIAL | prot });
		task_run(t, (sim_time)(n * (uint64_t)task_vm(t)->machine->cost.pte_map));
	}
	return 0;
}

/* *bug: the kernel would have stopped, and nothing was changed but flags. */
static int remap_pfn_range_internal(struct task *t, struct vm_area_struct *vma, uint64_t addr,
				    pfn_t pfn, bytes_t len, uint8_t prot, bool *bug)
{
	uint64_t end = addr + len;

	if (addr & (PAGE_SIZE - 1))
		return -EINVAL;
	if (is_cow_mapping(vma->vm_flags)) {
		if (addr != vma->vm_start || end != vma->vm_end)
			return -EINVAL;
		anon_vma_set_pgoff(vma, pfn);
	}
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	*bug = !is_unused(vma, addr, end);
	if (*bug) {
		kernel_bug(t->sim, "remap_pfn_range: no addresses of the mapping, or in use");
		return -EINVAL;
	}
	return remap_pages(t, vma, addr, end, pfn, prot);
}

/*
 * The reservation of the memory type of a whole VMA ends, whichever part of it goes, as long as the
 * kernel finds out which frames it was for: by the first entry, or by vm_pgoff of a COW mapping.
 */
static void untrack_pfn(struct vm_area_struct *vma)
{
	pfn_t pfn;

	if (is_cow_mapping(vma->vm_flags) || !follow_pfn(vma, vma->vm_start, &pfn))
		vma->vm_flags &= ~(unsigned)VM_PAT;
}

/* zap_page_range_single: what of the range lies in the VMA. */
static void zap_part(struct task *t, struct vm_area_struct *vma, uint64_t addr, bytes_t len)
{
	uint64_t start, end;

	addr &= ~(PAGE_SIZE - 1);
	start = max_u64(addr, vma->vm_start);
	end = min_u64(addr + len, vma->vm_end);
	if (start >= end)
		return;
	if (vma->vm_flags & VM_PFNMAP)
		untrack_pfn(vma);
	zap_page_range(t, vma, start, end, true);
}

/*
 * Whether the kernel, told to zap these bytes, goes on behind the end of a page table: it takes one
 * page after the other until it stands at the end exactly.  Where there is no table it sees
 * nothing.
 */
static bool zap_runs_on(struct vm_area_struct *vma, uint64_t addr, bytes_t size)
{
	uint64_t start = max_u64(addr, vma->vm_start), end = min_u64(addr + size, vma->vm_end);
	uint64_t next = ((start >> PMD_SHIFT) + 1) << PMD_SHIFT;

	if (start >= end)
		return false;
	if ((min_u64(next, end) - start) % PAGE_SIZE && pte_table(vma->vm_mm, start))
		return true;
	return next < end && end % PAGE_SIZE && pte_table(vma->vm_mm, end);
}

int remap_pfn_range(struct task *t, struct vm_area_struct *vma, uint64_t addr, pfn_t pfn,
		    bytes_t size, uint8_t prot)
{
	bytes_t len = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	bool bug = false;
	int r;

	if (pfn >= MAX_PFN || len >> PAGE_SHIFT > MAX_PFN - pfn)
		return -EINVAL;
	if (addr == vma->vm_start && len == vma->vm_end - vma->vm_start)
		vma->vm_flags |= VM_PAT;
	r = remap_pfn_range_internal(t, vma, addr, pfn, len, prot, &bug);
	if (!r || bug)
		return r;
	if (zap_runs_on(vma, addr, size))
		kernel_bug(t->sim,
			   "remap_pfn_range: after an error, a range that is no whole pages");
	zap_part(t, vma, addr, len);
	vma->vm_flags &= ~(unsigned)VM_PAT;
	return r;
}

int vm_iomap_memory(struct task *t, struct vm_area_struct *vma, uint64_t start, bytes_t len)
{
	pfn_t pfn = start >> PAGE_SHIFT;
	pages_t pages;

	if (start + len < start)
		return -EINVAL;
	len += start & (PAGE_SIZE - 1);
	pages = (len + PAGE_SIZE - 1) >> PAGE_SHIFT;
	if (pfn + pages < pfn || vma->vm_pgoff > pages)
		return -EINVAL;
	pfn += vma->vm_pgoff;
	pages -= vma->vm_pgoff;
	if (vma_pages(vma) > pages)
		return -EINVAL;
	return remap_pfn_range(t, vma, vma->vm_start, pfn, vma->vm_end - vma->vm_start,
			       vm_page_prot(vma));
}

int zap_vma_ptes(struct task *t, struct vm_area_struct *vma, uint64_t address, bytes_t size)
{
	uint64_t end = address + size;

	if (address < vma->vm_start || end > vma->vm_end || end < address ||
	    !(vma->vm_flags & VM_PFNMAP))
		return -1;
	zap_part(t, vma, address, size);
	return 0;
}

int follow_pfn(const struct vm_area_struct *vma, uint64_t address, pfn_t *pfn)
{
	const struct page_table *table;

	if (!(vma->vm_flags & (VM_IO | VM_PFNMAP)))
		return -EINVAL;
	table = pte_table(vma->vm_mm, address);
	if (!table || !(table->pte.bits[pte_index(address)] & PTE_PRESENT))
		return -EINVAL;
	*pfn = table->pte.pfn[pte_index(address)];
	return 0;
}

/* --- kernel addresses --- */

int remap_vmalloc_range_partial(struct task *t, struct vm_area_struct *vma, uint64_t uaddr,
				uint64_t kaddr, uint64_t pgoff, bytes_t size)
{
	struct linux_vm *vm = task_vm(t);
	const struct vm_struct *area;
	bytes_t off = pgoff << PAGE_SHIFT;

	if (off >> PAGE_SHIFT != pgoff)
		return -EINVAL;
	size = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	if ((uaddr | kaddr) & (PAGE_SIZE - 1))
		return -EINVAL;
	area = find_vm_area(vm, kaddr);
	if (!area || !(area->flags & (VM_USERMAP | VM_DMA_COHERENT)))
		return -EINVAL;
	if (size + off < off || size + off > get_vm_area_size(area))
		return -EINVAL;
	for (kaddr += off; size; size -= PAGE_SIZE) {
		struct page *page = vmalloc_to_page(vm, kaddr);
		int r;

		if (!page) { /* kaddr was not the beginning of the area */
			kernel_bug(t->sim, "remap_vmalloc_range: behind the end of the area");
			return -EINVAL;
		}
		r = vm_insert_page(t, vma, uaddr, page);
		if (r)
			return r;
		uaddr += PAGE_SIZE;
		kaddr += PAGE_SIZE;
	}
	vma->vm_flags |= VM_DONTEXPAND | VM_DONTDUMP;
	return 0;
}

int remap_vmalloc_range(struct task *t, struct vm_area_struct *vma, uint64_t addr, uint64_t pgoff)
{
	return remap_vmalloc_range_partial(t, vma, vma->vm_start, addr, pgoff,
					   vma->vm_end - vma->vm_start);
}

/* --- faults --- */

vm_fault_t wp_driver_shared(struct task *t, struct vm_fault *vmf, struct pte pte)
{
	struct linux_vm *vm = task_vm(t);
	struct page_table *table = pte_table(vmf->vma->vm_mm, vmf->address);
	struct page *folio;

	table->pte.bits[pte_index(vmf->address)] |= PTE_YOUNG | PTE_DIRTY | PTE_WRITE;
	vm->stat.pgreuse++;
	if (pte.bits & PTE_SPECIAL)
		return 0;
	folio = page_folio(pfn_to_page(vm, pte.pfn));
	get_page(folio);
	lock_page(t, folio);
	set_page_dirty(t, folio);
	unlock_page(vm, folio);
	put_page(vm, t->cpu, folio);
	return 0;
}
