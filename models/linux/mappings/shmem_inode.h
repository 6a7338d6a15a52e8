/*
 * shmem_inode.h - files of shared memory from the inside
 *
 * Like:        Linux 6.1, include/linux/shmem_fs.h (struct shmem_inode_info, shmem_sb_info)
 */
#ifndef MMSIM_LINUX_SHMEM_INODE_H
#define MMSIM_LINUX_SHMEM_INODE_H

#include "models/linux/mappings/shmem.h"

/* In an index: the page was in swap and could not be read. */
#define SHMEM_SWAPIN_ERROR xa_value(0)

/* Gauges of a mount; columns of the table tmpfs_sample. */
struct tmpfs_stat {
	int64_t max_blocks, used_blocks, sim_swapped;
};

/* A tmpfs of the scenario. */
struct shmem_sb_info {
	const char *name;    /* borrowed */
	uint64_t max_blocks; /* pages that its files may have; 0: no limit */
	int64_t used_blocks; /* pages that they have, here or in swap, or are being given */
	struct tmpfs_stat stat;
};

struct shmem_mounts {
	struct shmem_sb_info *v; /* owned */
	int n;
};

/* Pages are being allocated by fallocate; reclaim is to tell. */
struct shmem_falloc {
	uint64_t start, next;  /* those reached so far: start..next - 1 */
	uint64_t nr_falloced;  /* pages made, or near it */
	uint64_t nr_unswapped; /* times that reclaim wanted one of them */
};

/* What shmem_get_folio does about a page that is not there; the order counts. */
enum sgp_type {
	SGP_READ,   /* nothing: a hole is zeroes */
	SGP_CACHE,  /* make it, zeroed: somebody maps it */
	SGP_WRITE,  /* make it, also behind the end; the caller fills it */
	SGP_FALLOC, /* the same, but it stays as it is */
};

struct shmem_inode_info {
	struct inode vfs_inode;
	struct shmem_sb_info *sbinfo; /* borrowed; NULL: of no tmpfs, but of a mapping */
	struct shmem_falloc *falloc;  /* borrowed; NULL: nothing is being allocated */
	uint64_t fallocend;           /* behind the last page that fallocate gave */
	bool noreserve;               /* VM_NORESERVE: promised page by page */
	uint64_t alloced;  /* pages it was given and has, here or in swap, as far as is known */
	uint64_t swapped;  /* of these in swap */
	int64_t acct;      /* pages promised for it */
	int stop_eviction; /* tasks that bring it back from swap: it must not go */
	struct wait_queue eviction_wait;
	struct list swaplist; /* in shmem_table.swaplist, or alone */
};

/* Gauges; columns of the table shmem_sample. */
struct shmem_stat {
	int64_t nr_shmem, sim_shmem_swapped;
};

/* All files of shared memory of a run. */
struct shmem_table {
	struct shmem_inode_info **v; /* owned, and so are they; NULL: a free place */
	int n;
	size_t cap;
	struct shmem_stat stat;
	struct list swaplist; /* those that have been in swap, newest first */
};

static inline struct shmem_inode_info *SHMEM_I(const struct inode *inode)
{
	return CONTAINER_OF(inode, struct shmem_inode_info, vfs_inode);
}

static inline swp_entry_t radix_to_swp_entry(xa_entry e)
{
	return (swp_entry_t){ (uint32_t)xa_to_value(e) };
}

static inline xa_entry swp_to_radix_entry(swp_entry_t entry)
{
	return xa_value(entry.val);
}

/*
 * A page of its own for a file with VM_NORESERVE, within the size of its tmpfs.  0, -ENOSPC: more
 * than may be promised, or the file system is full.
 */
int shmem_acct_block(struct task *t, struct shmem_inode_info *info);
void shmem_unacct_blocks(struct linux_vm *vm, struct shmem_inode_info *info, int64_t pages);
/* Pages that went without a word (reclaim took clean ones) are not promised any more. */
void shmem_recalc_inode(struct linux_vm *vm, struct shmem_inode_info *info);
/* Puts a locked page that is in no mapping into the index, where expected (0: nothing) stands. */
void shmem_add_to_page_cache(struct page *page, struct address_space *m, uint64_t index,
			     xa_entry expected);
/*
 * Brings the page of a value at index back: locked, with a reference, in the index and not in swap
 * any more.  *fault_type (NULL: nobody asks) gets VM_FAULT_MAJOR if it is read.  0, -EEXIST: look
 * again; -ENOMEM; -EIO: it cannot be read.
 */
int shmem_swapin_folio(struct task *t, struct inode *inode, uint64_t index, xa_entry value,
		       struct page **out, vm_fault_t *fault_type);
/*
 * The page at index, locked, with a reference: as it is, from swap, or made as sgp says.  0 (of
 * SGP_READ *out is NULL at a hole); -EINVAL: behind the end; -ENOMEM; -ENOSPC; -EIO.  fault_type:
 * as above.
 */
int shmem_get_folio(struct task *t, struct inode *inode, uint64_t index, struct page **out,
		    enum sgp_type sgp, vm_fault_t *fault_type);
/* A new inode, of no file and no name yet; the table owns it. */
struct shmem_inode_info *shmem_get_inode(struct linux_vm *vm, bytes_t size);
/* Pages that fallocate made in first..end - 1 and nobody has filled go; places in swap stay. */
void shmem_undo_falloc(struct task *t, struct inode *inode, uint64_t first, uint64_t end);
#endif
