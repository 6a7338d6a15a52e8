/*
 * driver_map.h - what drivers map into programs: pages of theirs, and frames that may be no memory
 *
 * Like:        Linux 6.1, mm/memory.c (vm_insert_page, vmf_insert_pfn, remap_pfn_range,
 *              vm_iomap_memory, zap_vma_ptes, follow_pfn), mm/vmalloc.c (remap_vmalloc_range);
 *              vm_insert_pfn with the results of 3.16
 * Simplified:  a driver's VMA has no file and no fault handler; frames are below 2^32 (16 TiB);
 *              memory types are never in conflict; every frame may be mapped (no L1TF protection)
 * Left out:    devices' own address_space (unmap_mapping_range of a device), page tables and
 *              offline pages as pages to insert, vm_insert_pages, vm_map_pages, huge entries
 *
 *	kind of entry   VMA                  reference, counts   copied by a private store
 *	a page          VM_MIXEDMAP          yes                 yes
 *	special         VM_PFNMAP, or        no                  yes
 *	                VM_MIXEDMAP
 *
 * The caller has mmap_lock for writing.  All that take a task may sleep for page tables.
 */
#ifndef MMSIM_LINUX_DRIVER_MAP_H
#define MMSIM_LINUX_DRIVER_MAP_H

#include "models/linux/mappings/mm.h"

/* Whether the frame has a struct page: its section is online. */
static inline bool pfn_valid(const struct linux_vm *vm, pfn_t pfn)
{
	return pfn < vm->max_pfn && vm->pageblocks[pfn >> PAGEBLOCK_ORDER].valid;
}

/*
 * One page, with a reference; the VMA becomes VM_MIXEDMAP.  0; -EFAULT: addr is outside; -EINVAL: a
 * free page, or an anonymous or slab page; -ENOMEM; -EBUSY: something is mapped there.
 * VM_PFNMAP: a bug.
 */
int vm_insert_page(struct task *t, struct vm_area_struct *vma, uint64_t addr, struct page *page);
/*
 * One frame.  The VMA is VM_PFNMAP and no COW mapping, or VM_MIXEDMAP and the frame has no struct
 * page; anything else is a bug.  VM_FAULT_NOPAGE: it is there, or something else was;
 * VM_FAULT_SIGBUS: addr is outside; VM_FAULT_OOM.
 */
vm_fault_t vmf_insert_pfn(struct task *t, struct vm_area_struct *vma, uint64_t addr, pfn_t pfn);
/* The same with the results of 3.16: 0, -EFAULT, -ENOMEM, -EBUSY; -EINVAL: a bug. */
int vm_insert_pfn(struct task *t, struct vm_area_struct *vma, uint64_t addr, pfn_t pfn);
/*
 * Frames pfn.. at addr.., size rounded up to pages, none of it mapped yet; the VMA becomes VM_IO,
 * VM_PFNMAP, VM_DONTEXPAND, VM_DONTDUMP and keeps that.  prot: PTE_WRITE or 0.  0; -EINVAL: addr is
 * no page, or a part of a COW mapping; -ENOMEM.  After an error nothing of the range is mapped.
 */
int remap_pfn_range(struct task *t, struct vm_area_struct *vma, uint64_t addr, pfn_t pfn,
		    bytes_t size, uint8_t prot);
/*
 * The whole VMA shows the len bytes of physical memory from start on, rounded out to pages, from
 * page vm_pgoff of them on.  0; -EINVAL: it has more pages than that; as remap_pfn_range.
 */
int vm_iomap_memory(struct task *t, struct vm_area_struct *vma, uint64_t start, bytes_t len);
/* Clears the entries of a part of a VM_PFNMAP VMA.  0; -1: not such a part, nothing is done. */
int zap_vma_ptes(struct task *t, struct vm_area_struct *vma, uint64_t address, bytes_t size);
/* The frame at an address of a VM_IO or VM_PFNMAP VMA.  0 and *pfn; -EINVAL: none. */
int follow_pfn(const struct vm_area_struct *vma, uint64_t address, pfn_t *pfn);

/*
 * Shows size bytes (rounded up to pages) of an area of vmalloc_user, from pgoff pages behind kaddr
 * on, at uaddr.  0; -EINVAL: no such area, not VM_USERMAP, not whole pages, or more than it has; as
 * vm_insert_page: what was mapped before the error stays.
 */
int remap_vmalloc_range_partial(struct task *t, struct vm_area_struct *vma, uint64_t uaddr,
				uint64_t kaddr, uint64_t pgoff, bytes_t size);
/* The same for a whole VMA. */
int remap_vmalloc_range(struct task *t, struct vm_area_struct *vma, uint64_t addr, uint64_t pgoff);

/* What entries of a driver's VMA allow from the beginning: PTE_WRITE or 0. */
uint8_t vm_page_prot(const struct vm_area_struct *vma);
/* A store to an entry of a shared driver's VMA that does not allow it: now it does. */
vm_fault_t wp_driver_shared(struct task *t, struct vm_fault *vmf, struct pte pte);
#endif
