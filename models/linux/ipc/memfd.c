/*
 * memfd.c - seals: what may not be done any more to a file that programs share
 *
 * Like:        Linux 6.1, mm/memfd.c (memfd_add_seals), mm/shmem.c and fs/hugetlbfs/inode.c where
 *              they ask for seals
 * Left out:    waiting for pages that drivers have pinned (F_SEAL_WRITE)
 */
#include <errno.h>

#include "models/linux/ipc/shm.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/storage/file.h"

int seals_forbid_size(const struct inode *inode, uint64_t size)
{
	if ((inode->seals & F_SEAL_SHRINK) && size < inode->i_size)
		return -EPERM;
	return (inode->seals & F_SEAL_GROW) && size > inode->i_size ? -EPERM : 0;
}

/* Shared, and stores are allowed. */
static bool mapping_writably_mapped(const struct address_space *m)
{
	const unsigned writes = VM_SHARED | VM_WRITE;

	LIST_FOR_EACH (pos, &m->i_mmap) {
		const struct vm_area_struct *vma = LIST_ENTRY(pos, struct vm_area_struct, i_mmap);

		if (!vma->dead && (vma->vm_flags & writes) == writes)
			return true;
	}
	return false;
}

int memfd_add_seals(struct file *f, unsigned seals)
{
	struct inode *inode = f->inode;

	if (!(inode->mapping.flags & (AS_SHMEM | AS_HUGETLB)))
		return -EINVAL;
	if (inode->seals & F_SEAL_SEAL)
		return -EPERM;
	if ((seals & F_SEAL_WRITE) && !(inode->seals & F_SEAL_WRITE) &&
	    mapping_writably_mapped(&inode->mapping))
		return -EBUSY;
	inode->seals |= seals;
	return 0;
}
