/*
 * vm_map.h - what programs have mapped, and page faults
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/vm_map.c, vm_mmap.c, vm_fault.c,
 *              vm_unix.c
 * Simplified:  addresses are places in what one mmap gave (struct vm_range): neighbours in
 *              memory do not become one object; no page tables
 * Left out:    limits of processes, superpages, page-table pages, stacks that grow
 *
 *	vmspace --> vm_range (one mmap) --> vm_map_entry --> object
 *	                                --> vm_map_entry --> object   after a part was unmapped,
 *	                                                              wired, or advised
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
	uint64_t resident; /* pv entries that map a page */
	bool wire_future;  /* MAP_WIREFUTURE: mlockall */
	struct list ranges;
	struct list link; /* in freebsd_vm.vmspaces */
};

/* The addresses that one mmap gave, as pages 0..npages; a part may be unmapped again. */
struct vm_range {
	struct vmspace *vmspace; /* NULL: its program has ended */
	pages_t npages;
	struct pv_entry *pv;       /* owned; reserved, by page */
	uint64_t *touched;         /* owned; reserved: a bit for each piece that ever was entered */
	struct list entries;       /* struct vm_map_entry, by start, apart from each other */
	struct vm_range *original; /* of a child: its parent's; borrowed, only while it forks */
	struct list link;          /* in vmspace.ranges, or freebsd_vm.dead_ranges */
};

/* A stretch of addresses that are alike. */
struct vm_map_entry {
	uint64_t start, end;      /* pages of the range, end exclusive */
	struct vm_object *object; /* with a reference; NULL: nothing was touched yet */
	uint64_t offset;          /* pages: where start lies in the object */
	bool write;               /* VM_PROT_WRITE */
	bool shared;              /* VM_INHERIT_SHARE: a child has the same pages */
	bool needs_copy;          /* MAP_ENTRY_NEEDS_COPY: the first store needs a shadow */
	bool wired;               /* by mlock: wired_count 1 and MAP_ENTRY_USER_WIRED */
	bool in_transition;       /* being wired */
	enum vm_behavior behavior;
	uint64_t lastr; /* page of the object at which a sequential pattern would go on */
	struct list link;
};

/* --- vm_map.c --- */

/* The entry of a page that is about to be mapped. */
struct pv_entry *vm_range_pv(struct vm_range *range, uint64_t page);
/* The next page from one on that is mapped; end: there is none before it. */
uint64_t vm_range_next_mapped(const struct vm_range *range, uint64_t page, uint64_t end);
#define FOR_EACH_MAPPED(range, i, start, end)                                                      \
	for (uint64_t i = vm_range_next_mapped(range, start, end); i < (end);                      \
	     i = vm_range_next_mapped(range, i + 1, end))

/* What is left of the addresses of a program: 128 TiB on amd64. */
#define VM_MAXUSER_PAGES ((pages_t)1 << (47 - FREEBSD_PAGE_SHIFT))
pages_t vmspace_room(const struct vmspace *vmspace);

struct vm_range *vm_range_new(struct vmspace *vmspace, pages_t npages);

struct vmspace *task_vmspace(struct task *t);
/* The entry of a page; NULL: it is not mapped. */
struct vm_map_entry *vm_map_lookup_entry(const struct vm_range *range, uint64_t page);
/* Makes a page the begin of an entry, if it lies in one. */
void vm_map_clip(struct vm_range *range, uint64_t page);
/* Entries that are alike become one again. */
void vm_map_simplify(struct task *t, struct vm_range *range);
/* Whether all of start..end is mapped. */
bool vm_map_whole(const struct vm_range *range, uint64_t start, uint64_t end);
/*
 * Maps a file, or anonymous memory (vp NULL).  prefault: pages in memory are entered even if they
 * are many.  NULL is never returned.
 */
struct vm_range *vm_mmap(struct task *t, struct vnode *vp, uint64_t offset, bytes_t len, bool write,
			 bool shared, bool prefault);
/* Pages start..end (exclusive) are mapped no more. */
void vm_map_delete(struct task *t, struct vm_range *range, uint64_t start, uint64_t end);
/* All of it, and the range itself. */
void vm_range_free(struct task *t, struct vm_range *range);
/* Enters what the entry's own object has in memory of pages start..end; nothing is read. */
void vm_map_pmap_enter(struct task *t, struct vm_range *range, struct vm_map_entry *entry,
		       uint64_t start, uint64_t end);
void vmspace_exit(struct task *t);
/* At the end of the run. */
void vmspaces_free(struct freebsd_vm *vm);
void vm_map_check(struct check *c, struct sim *s);

static inline pages_t vmspace_resident_count(const struct vmspace *vmspace)
{
	return vmspace->resident;
}
/* About how many pages it has in swap: what the kernel makes of its meta-data. */
pages_t vmspace_swap_count(const struct vmspace *vmspace);

/* --- vm_map_fork.c --- */

/* A copy of a process's memory for its child, which has no task yet; NULL: it has none. */
struct vmspace *vmspace_fork(struct task *t);

/* --- vm_map_wire.c --- */

/* mlock(2), munlock(2): pages start..end.  0, -ENOMEM (a hole, no memory), -EAGAIN (the limit). */
int vm_mlock(struct task *t, struct vm_range *range, uint64_t start, uint64_t end);
int vm_munlock(struct task *t, struct vm_range *range, uint64_t start, uint64_t end);
int vm_mlockall(struct task *t, bool current, bool future);
int vm_munlockall(struct task *t);
/* What was entered for wired entries is wired no more. */
void vm_fault_unwire(struct freebsd_vm *vm, struct vm_range *range,
		     const struct vm_map_entry *entry);

/* --- vm_mmap.c: what programs say of their memory --- */

/* 0, -EINVAL.  offset and len in bytes. */
int vm_madvise(struct task *t, struct vm_range *range, uint64_t offset, bytes_t len, int advice);
/* msync(2); without async it waits.  0, -EINVAL (a hole), -EBUSY; failed writes are not told. */
int vm_msync(struct task *t, struct vm_range *range, uint64_t offset, bytes_t len, bool async,
	     bool invalidate);
/* mprotect(2): whether stores are allowed.  0, -ENOMEM (a hole). */
int vm_mprotect(struct task *t, struct vm_range *range, uint64_t start, uint64_t end, bool write);
/* mincore(2): pages of start..end that are in memory, whoever mapped them; -ENOMEM: a hole. */
int64_t vm_mincore(struct task *t, struct vm_range *range, uint64_t start, uint64_t end);

/* --- vm_fault.c --- */

/* A program reads or writes a byte; 0, -EFAULT. */
int vm_access(struct task *t, struct vm_range *range, uint64_t offset, bool write);
/*
 * 0, -EFAULT (nothing mapped, beyond the end of a file, no right to store, or the disk failed).
 * wire: the page is wired for the entry.
 */
int vm_fault(struct task *t, struct vm_range *range, uint64_t page, bool write, bool wire);
#endif
