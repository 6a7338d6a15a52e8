/*
 * hugetlb.h - huge pages that are put aside: the pool of vm.nr_hugepages, and who has a claim to it
 *
 * Like:        Linux 6.1, mm/hugetlb.c, fs/hugetlbfs/inode.c
 * Simplified:  2 MiB only; of the lock of a fault, no two pages share one by chance; of a boot, the
 *              pool is filled before the programs and without reclaim: nothing could be reclaimed
 * Left out:    pages of 1 GiB, hugetlbfs with a name (mount options, subpools), System V segments,
 *              memfd, pools per node (sysfs, nr_hugepages_mempolicy), hugetlb_shm_group, PMD tables
 *              that programs share, migration and demotion of the pages (memory that holds some
 *              cannot be taken offline, nor be had for CMA), freeing of struct pages
 *              (hugetlb_free_vmemmap), control groups, poisoned pages
 *
 *	        vm.nr_hugepages: order 9, from each node in turn
 *	                     |
 *	buddy <-> free list of a node -> mapped, or in the file of a shared mapping
 *	                     ^                     |
 *	                     +---- the last reference; a surplus page goes to the buddy at once
 *
 *	free pages >= reserved ones: what mmap promised and no fault has taken yet
 *
 * Pages of the pool are on no LRU list, not in swap, and in no count of anonymous memory or page
 * cache.
 */
#ifndef MMSIM_LINUX_HUGETLB_H
#define MMSIM_LINUX_HUGETLB_H

#include "models/linux/conf.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/printk.h"

/* Gauges and counters of the machine: columns of hugetlb_sample. */
struct hugetlb_stat {
	int64_t nr_hugepages, free_hugepages, resv_hugepages, surplus_hugepages;
	int64_t htlb_buddy_alloc_success, htlb_buddy_alloc_fail;
};

/* The same of a node: columns of hugetlb_node_sample. */
struct hugetlb_node_stat {
	int64_t nr_hugepages, free_hugepages, surplus_hugepages;
};

struct hstate_node {
	struct page_list hugepage_freelist; /* heads, without references; first used, last freed */
	struct hugetlb_node_stat stat;
};

/*
 * The pool.  How many pages it is to have is sysctl.nr_hugepages (max_huge_pages), how many more it
 * may take for a while sysctl.nr_overcommit_hugepages.
 */
struct hstate {
	struct linux_vm *vm;
	struct hugetlb_stat stat;
	struct hstate_node *node; /* owned; by node id */
	int next_nid_to_alloc, next_nid_to_free;
	struct boot_counts boot; /* the boot parameter hugepages */
	int64_t boot_missing;    /* of these: pages that there was no memory for */
	int64_t missing;         /* the same of a sysctl that was noted before the boot was over */
	bool booted;             /* until then a write of the sysctl is only noted */
	bool used;               /* something was in the pool, or wanted of it: there are samples */
	bool resizing;           /* resize_lock */
	struct wait_queue resize_wait;
	struct list inodes;            /* struct hugetlbfs_inode_info */
	struct ratelimit_state killed; /* of the message about a fault that cannot be served */

	/* for the check: pages of the pool that are not free and that nobody shows or caches */
	int64_t in_hand; /* on their way to a program, or into the pool */
	int64_t copying; /* tasks that hold one while they copy it */
};

/* Of a page of the pool, kept in its third page. */
enum hugetlb_page_flag {
	HPG_restore_reserve = 1, /* it was taken by a reservation that an error must give back */
	HPG_freed = 2,           /* on a free list */
	HPG_sim_used = 4,        /* it was mapped or cached: not in hand any more */
	HPG_sim_cached = 8,      /* in the file of a shared mapping */
};

static inline uint32_t *hugetlb_page_flags(struct page *head)
{
	return &head[2].mapping;
}

/* Entries of PMD tables that map it. */
static inline uint32_t *hugetlb_mapcount(struct page *head)
{
	return &head[3].next;
}

/*
 * Which places of a mapping have used their reservation (private), or have one or have used it
 * (shared).  The VMAs of one private mapping that was cut share it.
 */
struct resv_map {
	int refs;
	uint64_t nr;     /* places */
	uint64_t *place; /* owned; a bit for each */
};

/* The file of a mapping; it lies on no disk and has no name. */
struct hugetlbfs_inode_info {
	struct inode vfs_inode;
	uint64_t nr;            /* huge pages that it can have */
	uint32_t *pages;        /* owned; first frames by place, 0: none; of shared mappings */
	uint64_t nr_cached;     /* of these, how many there are */
	uint64_t filling;       /* pages of the pool on their way into it */
	struct resv_map *resv;  /* owned; of a shared mapping; NULL: private */
	struct list faults;     /* struct hugetlb_fault_lock: places somebody is at */
	struct wait_queue wait; /* for one of them */
	struct list link;       /* in hstate.inodes */
};

static inline struct hugetlbfs_inode_info *HUGETLBFS_I(const struct inode *inode)
{
	return CONTAINER_OF(inode, struct hugetlbfs_inode_info, vfs_inode);
}

static inline bool is_vm_hugetlb_page(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_HUGETLB;
}

/* Which page of the file is at addr. */
static inline uint64_t vma_hugecache_offset(const struct vm_area_struct *vma, uint64_t addr)
{
	return ((addr - vma->vm_start) >> PMD_SHIFT) + (vma->vm_pgoff >> HPAGE_PMD_ORDER);
}

/* --- hugetlb.c: the pool --- */

/*
 * An empty pool, which is to have as many pages as the boot parameter says; false after reporting
 * to d.  At the end of the boot they are taken, and then what a sysctl says beyond that.
 */
bool hugetlb_state_init(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d);
void hugetlb_init(struct linux_vm *vm);
void hugetlb_free_all(struct linux_vm *vm); /* the host's memory, at the end of a run */
/*
 * vm.nr_hugepages is written: the pool grows (sleeps: reclaim, compaction) as far as there is
 * memory, or shrinks as far as pages are free and not reserved; pages above count are surplus until
 * they are freed.  What came of it is sysctl.nr_hugepages.
 */
void set_max_huge_pages(struct task *t, int64_t count);
tunable_write_fn nr_hugepages_write;
tunable_write_fn nr_overcommit_hugepages_write;
/* The last reference of a page of the pool is gone: to the free list of its node, or to the buddy.
 */
void free_huge_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* A page of the pool that has been put to use: it is not in hand any more. */
void hugetlb_page_used(struct hstate *h, struct page *page);
/*
 * delta pages more are reserved; the pool grows by surplus pages if need be.  Or less (delta < 0):
 * as many surplus pages as are free go.  0; -ENOMEM: nothing was reserved.
 */
int hugetlb_acct_memory(struct task *t, int64_t delta);
/* A free page for a place of a mapping by the task's policy, or a new surplus page.  chg: it is not
 * reserved for that place; avoid_reserve: nor may a reservation be used.  NULL: none. */
struct page *hugetlb_take_page(struct task *t, const struct vm_area_struct *vma, uint64_t addr,
			       bool chg, bool avoid_reserve);
/* Pages of memory that the pool has: not for others, so not in CommitLimit. */
int64_t hugetlb_total_pages(const struct linux_vm *vm);

/* --- hugetlb_resv.c: who has a claim --- */

struct resv_map *resv_map_alloc(uint64_t nr);
void resv_map_put(struct resv_map *map);
uint64_t region_count(const struct resv_map *map, uint64_t from, uint64_t to);
void region_add(struct resv_map *map, uint64_t from, uint64_t to);
/* Returns how many there were. */
uint64_t region_del(struct resv_map *map, uint64_t from, uint64_t to);
/* Whether a page for a place comes from what is reserved; chg: nothing is reserved there. */
bool vma_has_reserves(const struct vm_area_struct *vma, bool chg);
/* A page for a place, with a reference; not cleared.  NULL: none, which is SIGBUS. */
struct page *alloc_huge_page(struct task *t, struct vm_area_struct *vma, uint64_t addr,
			     bool avoid_reserve);
/* A page of alloc_huge_page will not be used and is about to be put: its place is as it was. */
void restore_reserve_on_error(struct vm_area_struct *vma, uint64_t addr, struct page *page);
/*
 * The reservation of a new mapping of nr pages, if flags (VM_SHARED, VM_NORESERVE) want one:
 * *resv of a private one, else in info.  0, -ENOMEM.
 */
int hugetlb_reserve_pages(struct task *t, struct hugetlbfs_inode_info *info, unsigned flags,
			  struct resv_map **resv);
/* A VMA was cut in two, or is copied for a child (which has no reservation), or goes. */
void hugetlb_vm_op_open(struct vm_area_struct *vma);
void hugetlb_dup_vma_private(struct vm_area_struct *vma);
void hugetlb_vm_op_close(struct task *t, struct vm_area_struct *vma);

/* --- hugetlb_fault.c: entries --- */

/* Like handle_mm_fault; SIGBUS: no page. */
vm_fault_t hugetlb_fault(struct task *t, struct vm_fault *vmf);
/* fork: the child's entries of a private mapping.  False: no memory for tables. */
bool copy_hugetlb_page_range(struct task *t, struct vm_area_struct *dst,
			     const struct vm_area_struct *src);
/* Takes entries away, whole huge pages.  Returns how many; it costs time. */
uint64_t zap_hugetlb_range(struct task *t, struct vm_area_struct *vma, uint64_t start,
			   uint64_t end);
/* madvise remove: pages of a shared mapping go, and what was reserved for them. */
void hugetlbfs_punch_hole(struct task *t, struct inode *inode, uint64_t first, uint64_t end);

/* --- hugetlb_inode.c --- */

/* The file of a mapping of len bytes, whole huge pages; one use (f_count). */
struct file *hugetlb_file_setup(struct task *t, bytes_t len);
/* The last use is gone: its pages go, and what is reserved for it. */
void hugetlb_file_release(struct task *t, struct file *f);
/* Page index of the file, which may be used from now on by who maps it; the cache has a reference.
 */
void hugetlb_add_to_page_cache(struct hstate *h, struct hugetlbfs_inode_info *info, uint64_t index,
			       struct page *page);
/* Pages first.. below end leave the file.  Returns how many. */
uint64_t remove_inode_hugepages(struct linux_vm *vm, const struct cpu *cpu,
				struct hugetlbfs_inode_info *info, uint64_t first, uint64_t end);

/* Recounts the pool: free lists, entries, files, reservations. */
void hugetlb_check(struct check *c, struct sim *s);
extern const struct metric_object hugetlb_metrics, hugetlb_node_metrics, mm_hugetlb_metrics;
#endif
