/*
 * shmem.h - memory that programs share: it belongs to a file that lies on no disk
 *
 * Like:        Linux 6.1, mm/shmem.c (shmem_zero_setup, shmem_fault, shmem_writepage, shmem_unuse)
 * Simplified:  the file of a mapping is the mapping's own and has no name
 * Left out:    tmpfs with a name (files, /dev/shm), System V segments, memfd, huge pages of shared
 *              memory (shmem_enabled is never), fallocate, seals, memory control groups
 *
 *	index of the file -> page: up to date, on the anonymous lists
 *	                  -> value: a place in swap
 *	                  -> nothing: zeroes, nobody has touched it
 *
 * A page is in the index or, on its way to swap and back, in the swap cache, never in both.
 */
#ifndef MMSIM_LINUX_SHMEM_H
#define MMSIM_LINUX_SHMEM_H

#include "models/linux/mappings/mm.h"
#include "models/linux/swap/swap.h"

/*
 * The file of a new shared mapping: len bytes, a multiple of the page size.  flags: VM_NORESERVE
 * promises page by page as they are made, else all of it is promised now.  0 and *out, with one use
 * (f_count); -ENOMEM: more than may be promised.
 */
int shmem_file_setup(struct task *t, const struct mm_struct *mm, bytes_t len, unsigned flags,
		     struct file **out);
/* The last use of a shmem file is gone: it is noted for shmem_delayed_fput. */
void shmem_file_release(struct task *t, struct file *f);
/* Frees the files that the task used last, with their pages and places in swap.  Sleeps; the caller
 * holds no mmap_lock, as what runs on the way back to a program. */
void shmem_delayed_fput(struct task *t);

static inline bool shmem_mapping(const struct address_space *m)
{
	return m->flags & AS_SHMEM;
}

static inline bool vma_is_shmem(const struct vm_area_struct *vma)
{
	return vma->vm_file && shmem_mapping(&vma->vm_file->inode->mapping);
}

/* vm_ops->fault: vmf->page, locked, with a reference.  LOCKED, and MAJOR if it was read from swap;
 * OOM; SIGBUS. */
vm_fault_t shmem_fault(struct task *t, struct vm_fault *vmf);
/*
 * Reclaim writes a locked page that nobody maps: it gets a place in swap, which takes its place in
 * the index, and is written from the swap cache.  0: unlocked; AOP_WRITEPAGE_ACTIVATE: it stays,
 * dirty and locked.
 */
int shmem_writepage(struct task *t, struct page *page);
/* Places in swap of pages first..last are read, without waiting for them (MADV_WILLNEED). */
void shmem_swapin_range(struct task *t, struct address_space *m, uint64_t first, uint64_t last);
/* All pages of shared memory that are in the area come back.  0, -ENOMEM, -EINTR. */
int shmem_unuse(struct task *t, unsigned type);
/* Pages first.. below end cease to exist: programs find zeroes there.  end UINT64_MAX: to the end.
 * Sleeps. */
void shmem_truncate_range(struct task *t, struct inode *inode, uint64_t first, uint64_t end);
/* The same of a part, which is unmapped everywhere; takes the inode's lock. */
void shmem_punch_hole(struct task *t, struct inode *inode, uint64_t first, uint64_t end);

/* Pages of shared memory in memory; in swap. */
int64_t nr_shmem_pages(struct linux_vm *vm);
int64_t nr_shmem_swapped(const struct linux_vm *vm);
void shmem_free_all(struct linux_vm *vm); /* the host's memory, at the end of a run */

/* --- for checks --- */

/* Calls with each place in swap that shared memory means. */
typedef void shmem_place_fn(void *arg, swp_entry_t entry);
void shmem_for_each_place(const struct linux_vm *vm, shmem_place_fn *fn, void *arg);
/* Pages promised to programs as shared memory. */
int64_t shmem_accounted(const struct linux_vm *vm);
/* Indices and counters; *pages: those in memory. */
void shmem_check(struct check *c, struct linux_vm *vm, int64_t *pages);

extern const struct metric_object shmem_metrics;
#endif
