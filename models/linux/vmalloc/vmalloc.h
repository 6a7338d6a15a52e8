/*
 * vmalloc.h - kernel addresses that are contiguous where frames are not
 *
 * Like:        Linux 6.1.192, mm/vmalloc.c: address selection with the free tree's real shape,
 *              guard pages, lazy purge and its threshold, blocks of vm_map_ram, page arrays,
 *              failures and what they leave; lib/rbtree.c
 * Simplified:  the address space begins empty, where a real boot has some hundred areas, and
 *              at a fixed address; vmap_area, vm_struct and page arrays of up to a page are
 *              slab memory, which is not counted; what vmap_purge_lock guards happens at one
 *              instant; work runs in one thread per CPU
 * Left out:    purge notifiers, areas of the percpu allocator, VM_FLUSH_RESET_PERMS, ioremap,
 *              vm_map_ram from interrupts, VM_ALLOW_HUGE_VMAP (no function here asks for it)
 *
 *	free tree   holes by address         alloc_vmap_area ->  busy tree
 *	purge tree  freed, still in TLBs     <-  vfree, vunmap
 *	            purge: one flush, then back to the free tree
 *
 * Addresses are those of the simulated kernel, numbers of 64 bits.
 */
#ifndef MMSIM_LINUX_VMALLOC_H
#define MMSIM_LINUX_VMALLOC_H

#include "models/linux/gfp.h"
#include "models/linux/linux.h"
#include "models/linux/task.h"

#define VMALLOC_START 0xffffc90000000000ULL
#define VMALLOC_END   (VMALLOC_START + (32ULL << 40) - 1) /* an area may end here, not behind */

#define VMAP_MAX_ALLOC  64  /* pages; more are not taken from a block */
#define VMAP_BBMAP_BITS 256 /* pages of a block: follows from NR_CPUS = 8192 */
#define VMAP_BLOCK_SIZE (VMAP_BBMAP_BITS * PAGE_SIZE)

/* vm_struct.flags */
enum vm_area_flag {
	VM_IOREMAP = 0x1, /* aligned to its size, as ioremap wants it */
	VM_ALLOC = 0x2,   /* of vmalloc */
	VM_MAP = 0x4,     /* of vmap */
	VM_USERMAP = 0x8, /* programs may map it */
	VM_DMA_COHERENT = 0x10,
	VM_UNINITIALIZED = 0x20,    /* not ready yet */
	VM_NO_GUARD = 0x40,         /* no page of addresses behind it that is never mapped */
	VM_MAP_PUT_PAGES = 0x200,   /* vfree drops references that vmap was given */
	VM_ALLOW_HUGE_VMAP = 0x400, /* may be mapped in pieces of 2 MiB */
};

/* An area of vmalloc, vmap or alloc_vm_area. */
struct vm_struct {
	uint64_t addr;
	bytes_t size;        /* with the guard page */
	unsigned flags;      /* enum vm_area_flag */
	struct page **pages; /* owned; NULL: it has none */
	uint64_t pages_at;   /* address of that array if it is vmalloc's itself; 0: it is slab's */
	unsigned nr_pages;
	int page_order; /* 9: taken and mapped in blocks of 2 MiB */
};

/* ---- vmalloc.c; the first NULL or 0 of each: no memory, no address, no bytes ---- */

/*
 * Bytes in single pages within [start, end), zeroed if gfp says so.  The address, or 0: then
 * nothing is left but address space that waits for the next purge.  node NUMA_NO_NODE: by the
 * task's memory policy.  Sleeps.
 */
uint64_t __vmalloc_node_range(struct task *t, bytes_t size, uint64_t align, uint64_t start,
			      uint64_t end, gfp_t gfp, unsigned vm_flags, int node);
uint64_t vmalloc(struct task *t, bytes_t size);
uint64_t vzalloc(struct task *t, bytes_t size);
uint64_t vmalloc_user(struct task *t, bytes_t size);
uint64_t vmalloc_node(struct task *t, bytes_t size, int node);
uint64_t vzalloc_node(struct task *t, bytes_t size, int node);
/* From ZONE_DMA32 and below. */
uint64_t vmalloc_32(struct task *t, bytes_t size);
uint64_t vmalloc_32_user(struct task *t, bytes_t size);
/*
 * From 2 MiB for each node on: blocks of 2 MiB, mapped by PMD entries, if they can be had at once;
 * else as vmalloc.
 */
uint64_t vmalloc_huge(struct task *t, bytes_t size, gfp_t gfp);
/*
 * Any page of an area frees all of it; 0: nothing.  From an interrupt it is done by a kernel
 * thread, the latest first.  No such area, no whole page: a bug, and nothing happens.
 */
void vfree(struct task *t, uint64_t addr);

/*
 * Shows pages at new addresses.  No reference is taken; with VM_MAP_PUT_PAGES the array (of
 * sim_alloc) and a reference to each are the area's.  Sleeps.
 */
uint64_t vmap(struct task *t, struct page **pages, unsigned count, unsigned flags);
/* Any page of the area; its pages stay.  0: nothing.  Sleeps. */
void vunmap(struct task *t, uint64_t addr);

/* Addresses alone; released by free_vm_area. */
struct vm_struct *get_vm_area(struct task *t, bytes_t size, unsigned flags);
void free_vm_area(struct task *t, struct vm_struct *area);
/* The same with page tables, for a driver to fill; flags: VM_IOREMAP.  NULL: no memory. */
struct vm_struct *alloc_vm_area(struct task *t, bytes_t size);
/* The area that has addr; NULL: none. */
struct vm_struct *find_vm_area(struct linux_vm *vm, uint64_t addr);
/* Without the guard page. */
bytes_t get_vm_area_size(const struct vm_struct *area);

/* ---- vmap_block.c ---- */

/*
 * Shows pages for a short time.  Up to VMAP_MAX_ALLOC, > 0, are rounded up to a power of two and
 * come from a block of the CPU, more have a range of their own; no guard page.  0: no memory, no
 * address.  Sleeps.
 */
uint64_t vm_map_ram(struct task *t, struct page **pages, unsigned count, int node);
/* count as it was given to vm_map_ram.  Sleeps. */
void vm_unmap_ram(struct task *t, uint64_t addr, unsigned count);
/* No CPU has a TLB entry of a freed range afterwards.  Sleeps. */
void vm_unmap_aliases(struct task *t);

/* ---- kernel_table.c ---- */

/* Takes the entries of [start, end) away; addresses and tables stay.  end > start. */
void unmap_kernel_range_noflush(struct task *t, uint64_t addr, bytes_t size);
/* The same, and flushes the TLBs. */
void unmap_kernel_range(struct task *t, uint64_t addr, bytes_t size);
/* The page that a kernel address shows; NULL: none. */
struct page *vmalloc_to_page(struct linux_vm *vm, uint64_t addr);

/* ---- vmap_area.c, vmap_work.c ---- */

/* Pages of freed address space above which the drain work is started. */
pages_t lazy_max_pages(const struct linux_vm *vm);
/* Waits until the work that was started is done. */
void vmap_flush_work(struct task *t);

void vmalloc_free(struct linux_vm *vm); /* the host's memory, at the end of a run */
/* Fills the sampled values of vm->stat. */
void vmalloc_update_stats(struct linux_vm *vm);
void vmalloc_check(struct check *c, struct sim *s);
#endif
