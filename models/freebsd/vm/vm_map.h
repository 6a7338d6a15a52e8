/*
 * vm_map.h - what programs have mapped, and page faults
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/vm_map.c, vm_mmap.c, vm_fault.c
 * Simplified:  addresses are places in a mapping; a private mapping of a file keeps its copies
 *              in one object before that of the file
 * Left out:    fork, limits, wiring by programs (mlock), superpages, page-table pages
 */
#ifndef MMSIM_FREEBSD_VM_MAP_H
#define MMSIM_FREEBSD_VM_MAP_H

#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/vnode_pager.h"

enum vm_behavior {
	MAP_ENTRY_BEHAV_NORMAL,
	MAP_ENTRY_BEHAV_RANDOM,
	MAP_ENTRY_BEHAV_SEQUENTIAL,
};

enum freebsd_madvise {
	FREEBSD_MADV_NORMAL,
	FREEBSD_MADV_RANDOM,
	FREEBSD_MADV_SEQUENTIAL,
	FREEBSD_MADV_WILLNEED,
	FREEBSD_MADV_DONTNEED,
	FREEBSD_MADV_FREE,
};

/* A process's memory; lives as long as the process. */
struct vmspace {
	struct freebsd_vm *vm;
	struct task *task;
	uint64_t resident; /* entries that map a page */
	struct list entries;
	struct list link; /* in freebsd_vm.vmspaces */
};

struct vm_map_entry {
	struct vmspace *vmspace;
	pages_t npages;
	struct vm_object *object; /* with a reference */
	uint64_t pindex;          /* of its first page, in the object */
	struct vm_object *shadow; /* copies of a private mapping of a file; NULL: none yet */
	bool write, private_file;
	enum vm_behavior behavior;
	uint64_t lastr;      /* where a sequential pattern of faults would go on */
	struct pv_entry *pv; /* owned; reserved, by page */
	struct list link;    /* in vmspace.entries */
};

/* Maps a file, or anonymous memory (vp NULL). */
struct vm_map_entry *vm_mmap(struct task *t, struct vnode *vp, uint64_t offset, bytes_t len,
			     bool write, bool shared);
void vm_munmap(struct task *t, struct vm_map_entry *entry);
/* A program reads or writes a byte; 0, -EFAULT. */
int vm_access(struct task *t, struct vm_map_entry *entry, uint64_t offset, bool write);
int vm_madvise(struct task *t, struct vm_map_entry *entry, uint64_t offset, bytes_t len,
	       int advice);
int vm_msync(struct task *t, struct vm_map_entry *entry, uint64_t offset, bytes_t len);
void vmspace_exit(struct task *t);
/* At the end of the run. */
void vmspaces_free(struct freebsd_vm *vm);

static inline pages_t vmspace_resident_count(const struct vmspace *vmspace)
{
	return vmspace->resident;
}
pages_t vmspace_swap_count(const struct vmspace *vmspace);

/* vm_fault.c: 0, -EFAULT (beyond the end of a file, or the disk failed). */
int vm_fault(struct task *t, struct vm_map_entry *entry, uint64_t page, bool write);
#endif
