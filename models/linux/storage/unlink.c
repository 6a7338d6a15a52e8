/*
 * unlink.c - the names of files go and come back; a file goes with its last user
 *
 *	unlink        the name is free at once; who has the file open or mapped goes on using it
 *	last user     pages leave the cache, dirty ones unwritten; places and blocks are free
 *	open, create  the name stands for a new file, empty, while others may use the old one
 *
 * The last use may be given back while address spaces are being changed, so the file goes
 * afterwards, on the way back to the program.
 *
 * An inode is a place in the table of files, which pages and samples know by its number: it stays,
 * empty, for the next file of the name.  Its blocks stay set aside for that.
 *
 * Like:        Linux 6.1, fs/namei.c (do_unlinkat, vfs_unlink), fs/inode.c (iput_final, evict)
 */
#include <errno.h>
#include <string.h>

#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

/* --- the end of an inode --- */

/* Of a disk.  Nothing is written for it any more: only what is under way is waited for. */
static void evict_from_disk(struct task *t, struct inode *inode)
{
	inode_stop_writeback(t, inode);
	truncate_inode_pages_final(t, &inode->mapping);
	inode_detach_writeback(inode);
	file_free_blocks(inode, 0, UINT64_MAX);
}

static void evict(struct task *t, struct inode *inode)
{
	if (inode->is_blkdev)
		return; /* only the name of a device went */
	inode->i_state |= I_FREEING;
	if (inode->mapping.flags & AS_HUGETLB) {
		SIM_ASSERT(inode->id >= 0); /* others go with file_close */
		hugetlbfs_evict_inode(t, inode);
	} else if (shmem_mapping(&inode->mapping)) {
		if (shmem_evict_inode(t, inode))
			return;
	} else {
		evict_from_disk(t, inode);
	}
	inode->i_size = 0;
	inode->evicted = true;
}

void delayed_fput(struct task *t)
{
	struct task_struct *ts = task_struct(t);

	while (ts->evict) {
		struct inode *inode = ts->evict;

		ts->evict = inode->next_evict;
		inode->next_evict = NULL;
		evict(t, inode);
	}
}

/*
 * Whoever writes to the file, cuts it or puts swap on it is waited for.  -EAGAIN: somebody else has
 * unlinked it meanwhile, and the name may be that of a new file.
 */
static int vfs_unlink(struct task *t, struct inode *inode)
{
	bool locks = !inode->is_blkdev; /* the name of a device is not the inode that is written */
	int error = 0;

	inode->nr_open++; /* it stays until we have looked */
	if (locks)
		inode_lock(t, inode);
	if (inode->unlinked)
		error = -EAGAIN;
	else if (inode->swapfile)
		error = -EPERM;
	else
		inode->unlinked = true;
	if (locks)
		inode_unlock(t, inode);
	if (!--inode->nr_open && inode->unlinked)
		evict(t, inode);
	return error;
}

int do_unlink(struct task *t, const char *name)
{
	struct inode *inode;
	int error = -EAGAIN;

	while (error == -EAGAIN) {
		inode = file_by_name(task_vm(t), name);
		error = inode ? vfs_unlink(t, inode) : -ENOENT;
	}
	return error;
}

/* --- names come back --- */

/* An inode that had the name: one that is empty if there is, else any. */
static struct inode *find_unlinked(const struct linux_vm *vm, const char *name)
{
	struct inode *found = NULL;

	for (int i = 0; i < vm->files->n; i++) {
		struct inode *inode = vm->files->inodes[i];

		if (!inode->unlinked || strcmp(inode->name, name) != 0)
			continue;
		if (inode->evicted)
			return inode;
		found = inode;
	}
	return found;
}

/* The empty place is the inode of a new file. */
static void make_anew(struct inode *inode)
{
	struct address_space *m = &inode->mapping;

	inode->unlinked = inode->evicted = false;
	inode->i_state = 0;
	m->flags &= ~(unsigned)(AS_EXITING | AS_EIO | AS_ENOSPC);
	m->wb_err = 0;
	m->writeback_index = 0;
}

/* The name is that of one inode; in samples others that had it are told apart by their number. */
static void rename_others(struct linux_vm *vm, struct inode *inode, const char *name)
{
	sim_free(inode->old_name);
	inode->old_name = NULL;
	for (int i = 0; i < vm->files->n; i++) {
		struct inode *other = vm->files->inodes[i];

		if (other != inode && !other->old_name && strcmp(other->name, name) == 0)
			other->old_name = str_format("%s.deleted-%d", name, other->id);
	}
}

struct inode *do_open_name(struct task *t, const char *name, bool create)
{
	struct linux_vm *vm = task_vm(t);
	struct inode *inode = file_by_name(vm, name);

	if (inode || !create)
		return inode;
	inode = find_unlinked(vm, name);
	SIM_ASSERT(inode);
	if (inode->is_blkdev)
		inode->unlinked = false;
	else if (inode->evicted)
		make_anew(inode);
	else
		inode = file_new_like(vm, inode, inode->name);
	rename_others(vm, inode, name);
	return inode;
}
