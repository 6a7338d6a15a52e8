/*
 * adopt.h - address spaces as they were found in a running kernel
 *
 * What is made here takes no memory and no time: tables and pages lie in the frames they were found
 * in, which are somebody's by then.  Everything else is as if programs had done it.
 */
#ifndef MMSIM_LINUX_ADOPT_H
#define MMSIM_LINUX_ADOPT_H

#include "models/linux/mappings/mm.h"

/* An empty address space; the table of all owns it. */
struct mm_struct *mm_adopt(struct linux_vm *vm, const char *name, int pid);
/* A table of a level that covers addr.  False: none of the level above does, or one is there. */
bool page_table_adopt(struct mm_struct *mm, enum pt_level level, uint64_t addr, pfn_t pfn);
/* The last area so far.  f NULL: anonymous memory; else it is used once more. */
struct vm_area_struct *vma_adopt(struct mm_struct *mm, uint64_t start, uint64_t end, unsigned flags,
				 uint64_t pgoff, struct file *f);
/* An anon_vma of no area; then whose child it is: root and parent may be itself. */
struct anon_vma *anon_vma_adopt(struct linux_vm *vm);
void anon_vma_adopt_parent(struct anon_vma *av, struct anon_vma *root, struct anon_vma *parent);
/* An area may have pages of an anon_vma, the oldest first; own: new pages of it come there. */
void anon_vma_adopt_area(struct anon_vma *av, struct vm_area_struct *vma, bool own);
/* A file of shared memory, of which programs have size bytes; the table of shared memory owns it.
 */
struct file *shmem_adopt(struct task *t, bytes_t size);
/* A page of it, which is somebody's. */
void shmem_adopt_page(struct file *f, uint64_t index, struct page *page);
/* An entry shows a page of the lists, whose flags are known; its references are counted already.
 * The table is there. */
void pte_adopt(struct vm_area_struct *vma, uint64_t addr, pfn_t pfn, uint8_t bits);
#endif
