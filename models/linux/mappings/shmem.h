/*
 * shmem.h - memory in files that lie on no disk: shared by programs, or a tmpfs
 *
 * Like:        Linux 6.1, mm/shmem.c
 * Simplified:  files of a tmpfs are there from the beginning, as the scenario says, or take the
 *              place of one that was removed; a fault in a hole that is being
 *              punched does not wait for the end of it
 * Left out:    directories, links and the number of inodes of a tmpfs (nr_inodes), remounting,
 *              huge pages of shared memory (huge=, shmem_enabled is never), mpol=, seals, memory
 *              control groups
 *
 *	index of the file -> page: up to date, on the anonymous lists
 *	                  -> value: a place in swap
 *	                  -> nothing: zeroes, nobody has touched or written it
 *
 * A page is in the index or, on its way to swap and back, in the swap cache, never in both.
 */
#ifndef MMSIM_LINUX_SHMEM_H
#define MMSIM_LINUX_SHMEM_H

#include "models/linux/mappings/mm.h"
#include "models/linux/swap/swap.h"

/*
 * A new file that has no name (of a shared mapping, ipc/shm.h): len bytes, a multiple of the page
 * size.  flags: VM_NORESERVE promises page by page as they are made, else all of it is promised
 * now.  0 and *out, with one use (f_count); -ENOMEM: more than may be promised.
 */
int shmem_file_setup(struct task *t, const struct mm_struct *mm, bytes_t len, unsigned flags,
		     struct file **out);
/*
 * A file that has no name and that nobody has any more goes, with its pages and places in swap: all
 * of it (true), but of one of the scenario an empty inode stays (false).  Sleeps.
 */
bool shmem_evict_inode(struct task *t, struct inode *inode);

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

/* --- shmem_file.c: what programs do with such files; sleep --- */

/* Bytes read, or a negative errno value (-EIO, -ENOMEM) if there are none. */
int64_t shmem_file_read_iter(struct task *t, struct file *f, int64_t *pos, bytes_t count);
/*
 * The page to be written to, locked, with a reference; the caller has the inode's lock.  0,
 * -ENOSPC: the tmpfs is full, or no more memory may be promised; -ENOMEM, -EIO.
 */
int shmem_write_begin(struct task *t, struct inode *inode, uint64_t index, uint64_t end,
		      struct page **out);
/* bytes of it were written: the rest of a new page becomes zeroes. */
void shmem_write_end(struct task *t, struct page *page, uint64_t bytes);
/* A new size; takes the inode's lock. */
int shmem_setattr(struct task *t, struct inode *inode, uint64_t newsize);
/* Bytes start.. below end become a hole and are unmapped everywhere; takes the inode's lock. */
int shmem_punch_hole(struct task *t, struct inode *inode, uint64_t start, uint64_t end);
/* Pages for bytes from offset on.  Takes the inode's lock.  0, -ENOSPC, -ENOMEM, -EINTR. */
int shmem_fallocate(struct task *t, struct inode *inode, bool keep_size, uint64_t offset,
		    uint64_t len);

/* --- shmem_super.c: mounts --- */

/* linux.tmpfs[] of a scenario */
struct tmpfs_conf {
	const char *name;
	const char *size; /* bytes, or percent of memory, or 0: no limit */
	struct key_seen seen;
};
extern const struct key_schema tmpfs_schema;
struct linux_conf;

void tmpfs_conf_check(struct diag *d, const struct key_list *list);
/* Mounts what the scenario says. */
void shmem_init_mounts(struct linux_vm *vm, const struct linux_conf *conf);
/*
 * The inode of a file on a tmpfs; the table of shared memory owns it.  mount: NULL: on the first,
 * which is made if there is none.  size: all of it a hole.
 */
struct inode *tmpfs_new_inode(struct linux_vm *vm, const char *mount, bytes_t size);

/* Another one, empty, on the same tmpfs. */
struct inode *tmpfs_new_inode_like(struct linux_vm *vm, const struct inode *old);

/* Pages of shared memory in memory; in swap. */
int64_t nr_shmem_pages(struct linux_vm *vm);
int64_t nr_shmem_swapped(const struct linux_vm *vm);
void shmem_free_all(struct linux_vm *vm); /* the host's memory, at the end of a run */

/* --- ipc/memfd.c --- */

/* -EPERM: seals forbid that the file becomes so long; 0. */
int seals_forbid_size(const struct inode *inode, uint64_t size);

/* --- for checks --- */

/* Calls with each place in swap that shared memory means. */
typedef void shmem_place_fn(void *arg, swp_entry_t entry);
void shmem_for_each_place(const struct linux_vm *vm, shmem_place_fn *fn, void *arg);
/* Pages promised to programs as shared memory. */
int64_t shmem_accounted(const struct linux_vm *vm);
/* Indices and counters; *pages: those in memory. */
void shmem_check(struct check *c, struct linux_vm *vm, int64_t *pages);

extern const struct metric_object shmem_metrics, tmpfs_metrics;
#endif
