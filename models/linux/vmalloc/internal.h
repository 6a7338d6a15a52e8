/*
 * internal.h - how addresses are kept: for the files of this folder, verification and tests
 */
#ifndef MMSIM_LINUX_VMALLOC_INTERNAL_H
#define MMSIM_LINUX_VMALLOC_INTERNAL_H

#include "models/linux/vmalloc/rbtree.h"
#include "models/linux/vmalloc/vmalloc.h"

/* A range of addresses, on one of three trees. */
struct vmap_area {
	uint64_t va_start, va_end;
	struct rb_node rb_node;
	struct list list;          /* by address */
	uint64_t subtree_max_size; /* free tree: the largest hole of the subtree */
	struct vm_struct *vm;      /* owned while it is busy; NULL: of vm_map_ram */
	struct vmap_block *block;  /* NULL: it is none */
};

/* Areas by address, disjoint.  List and tree are in the same order. */
struct vmap_tree {
	struct rb_root root;
	struct list list;
};

/* A range that vm_map_ram cuts small pieces from, upwards; a piece is not used again. */
struct vmap_block {
	struct vmap_area *va;
	unsigned free, dirty;          /* pages not used yet; pages used and unmapped */
	unsigned dirty_min, dirty_max; /* where those are; min 256, max 0: nowhere */
	struct list free_list;         /* on its CPU's list while something is free */
	struct list purge;
};

/* What a CPU has to do later. */
struct vmap_worker {
	struct task *task; /* NULL: it had nothing to do yet */
	struct wait_queue wait;
	bool drain;
	uint64_t *deferred; /* owned; addresses that interrupts freed */
	size_t nr_deferred, cap_deferred;
};

struct vmap_cpu {
	struct list blocks; /* struct vmap_block, the oldest first */
	struct vmap_worker worker;
};

struct kernel_pmd;

struct vmalloc_state {
	struct vmap_tree free, busy, purge;
	struct vmap_cpu *cpu; /* owned; by CPU */
	int nr_cpus;
	bool drain_queued;           /* on some CPU, and has not begun */
	int nr_works;                /* queued or running */
	pages_t nr_leaving;          /* in nr_vmalloc_pages, of areas that are being freed */
	struct wait_queue work_done; /* nr_works became 0 */
	struct kernel_pmd **pmd;     /* owned; by GiB from VMALLOC_START on, NULL: no table */
};

/* The state, made at first use. */
struct vmalloc_state *vmalloc_state(struct linux_vm *vm);

/* ---- vmap_area.c: trees ---- */

void vmap_tree_init(struct vmap_tree *tree, bool with_sizes);
struct vmap_area *vmap_area_new(uint64_t start, uint64_t end);
void vmap_tree_insert(struct vmap_tree *tree, struct vmap_area *va);
void vmap_tree_remove(struct vmap_tree *tree, struct vmap_area *va);
/* Puts a range back, as part of its neighbours if it touches them; va may be gone then. */
struct vmap_area *merge_or_add_vmap_area(struct vmap_tree *tree, struct vmap_area *va);
struct vmap_area *find_vmap_area(const struct vmap_tree *tree, uint64_t addr);
/*
 * The hole that the kernel's walk comes to; NULL: none.  It may miss a hole that fits exactly where
 * align is larger than a page.
 */
struct vmap_area *find_vmap_lowest_match(const struct vmap_tree *tree, bytes_t size, uint64_t align,
					 uint64_t vstart, bool adjust_search_size);
/* Takes addresses out of the free tree; vend: there are none. */
uint64_t __alloc_vmap_area(struct vmap_tree *tree, bytes_t size, uint64_t align, uint64_t vstart,
			   uint64_t vend);

/*
 * The tree is a balanced one, its order is the list's, the values of subtrees are right; merged:
 * ranges that touch are one.
 */
void vmap_tree_check(struct check *c, const struct vmap_tree *tree, bool merged);

/* ---- vmap_area.c: ranges ---- */

/* A busy range; purges once if there is none.  NULL: no address (-EBUSY in the kernel). */
struct vmap_area *alloc_vmap_area(struct task *t, bytes_t size, uint64_t align, uint64_t vstart,
				  uint64_t vend);
/* A busy range waits for the next purge; its entries are gone already. */
void free_vmap_area_noflush(struct task *t, struct vmap_area *va);
/* The same with its entries. */
void free_unmap_vmap_area(struct task *t, struct vmap_area *va);
/* All that waits becomes free, after one flush of it and [start, end).  False: nothing waits. */
bool __purge_vmap_area_lazy(struct task *t, uint64_t start, uint64_t end);

/* ---- vmap_block.c ---- */

void purge_fragmented_blocks_allcpus(struct task *t);

/* ---- vmap_work.c ---- */

void schedule_drain_work(struct task *t);
void vfree_deferred(struct task *t, uint64_t addr);

/* ---- kernel_table.c ---- */

/*
 * On all CPUs.  Returns what it costs the task, ns: to be spent when the caller's structures are in
 * order again, since other CPUs go on while a task spends time.
 */
sim_time flush_tlb_kernel_range(struct task *t, uint64_t start, uint64_t end);
/* 0, or -ENOMEM: no table, or an entry that was set, no page (both bugs): a part may be mapped. */
int vmap_pages_range(struct task *t, uint64_t addr, uint64_t end, struct page **pages);
/* The same by entries of 2 MiB, of blocks that are aligned and in a row. */
int vmap_huge_range(struct task *t, uint64_t addr, uint64_t end, struct page **pages);
/* Makes tables alone.  0, -ENOMEM. */
int vmap_make_tables(struct task *t, uint64_t addr, uint64_t end);
void vunmap_range_noflush(struct task *t, uint64_t start, uint64_t end);
void kernel_tables_free(struct linux_vm *vm);
/* Frames that hold page tables. */
bool kernel_tables_check(struct linux_vm *vm);
#endif
