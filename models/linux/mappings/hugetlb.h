/*
 * hugetlb.h - huge pages that are put aside: the pools of 2 MiB and 1 GiB, and who has a claim
 *
 * Like:        Linux 6.1, mm/hugetlb.c, fs/hugetlbfs/inode.c
 * Simplified:  of the lock of a fault, no two pages share one by chance; of a boot, the pool of
 *              2 MiB is filled before the programs and without reclaim: nothing could be reclaimed;
 *              truncation waits for faults behind the new end, even where no page is yet;
 *              no file has pages at 128 TiB and beyond
 * Left out:    pools per node (sysfs, nr_hugepages_mempolicy), hugetlb_shm_group, PMD tables
 *              that programs share, migration and demotion of the pages (memory that holds some
 *              cannot be taken offline, nor be had for CMA), freeing of struct pages
 *              (hugetlb_free_vmemmap), control groups, poisoned pages, memory kept for pages of
 *              1 GiB (hugetlb_cma); of hugetlbfs: nr_inodes, owners, remounting
 *
 *	        vm.nr_hugepages: from each node in turn
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
#include "models/linux/mappings/hstate.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/printk.h"

/* No file has pages from here on: those of a file are an array.  All that a program can map. */
#define HUGETLBFS_MAX_BYTES (TASK_SIZE + PAGE_SIZE)

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

/* The mount whose files have it, from 1 on; 0: none. */
static inline uint32_t *hugetlb_page_mount(struct page *head)
{
	return &head[3].prev;
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

/* A file whose pages are those of a pool; it lies on no disk. */
struct hugetlbfs_inode_info {
	struct inode vfs_inode;
	struct hstate *h;   /* borrowed; the pool of its pages */
	int mount;          /* of vm->hugetlbfs; -1: of none, without limits */
	uint64_t nr;        /* huge pages that there is room for: grows with what is mapped */
	uint32_t *pages;    /* owned; first frames by place, 0: none; not those of private copies */
	uint64_t nr_cached; /* of these, how many there are */
	uint64_t filling;   /* pages of the pool on their way into it */
	struct resv_map *resv;  /* owned; of shared mappings */
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

static inline struct hstate *hstate_vma(const struct vm_area_struct *vma)
{
	return HUGETLBFS_I(vma->vm_file->inode)->h;
}

/* The first address that the huge page of addr covers. */
static inline uint64_t huge_page_start(const struct vm_area_struct *vma, uint64_t addr)
{
	return addr & huge_page_mask(hstate_vma(vma));
}

/* The pool of a file's pages.  NULL: they are of none. */
static inline struct hstate *hstate_file(const struct file *f)
{
	const struct inode *inode = f->inode;

	return inode->mapping.flags & AS_HUGETLB ? HUGETLBFS_I(inode)->h : NULL;
}

/* Which page of the file is at addr. */
static inline uint64_t vma_hugecache_offset(const struct vm_area_struct *vma, uint64_t addr)
{
	const struct hstate *h = hstate_vma(vma);

	return ((addr - vma->vm_start) >> huge_page_shift(h)) + (vma->vm_pgoff >> h->order);
}

/* --- hugetlb.c: the pool --- */

/* The last reference of a page of a pool is gone: to the free list of its node, or to the buddy. */
void free_huge_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* A page of the pool that has been put to use: it is not in hand any more. */
void hugetlb_page_used(struct hstate *h, struct page *page);
/*
 * delta pages more are reserved; the pool grows by surplus pages if need be.  Or less (delta < 0):
 * as many surplus pages as are free go.  0; -ENOMEM: nothing was reserved.
 */
int hugetlb_acct_memory(struct task *t, struct hstate *h, int64_t delta);
/* A free page for a place of a mapping by the task's policy, or a new surplus page.  chg: it is not
 * reserved for that place; avoid_reserve: nor may a reservation be used.  NULL: none. */
struct page *hugetlb_take_page(struct task *t, const struct vm_area_struct *vma, uint64_t addr,
			       bool chg, bool avoid_reserve);

/* --- hugetlb_resv.c: who has a claim --- */

struct resv_map *resv_map_alloc(uint64_t nr);
/* For so many places, if it has not. */
void resv_map_grow(struct resv_map *map, uint64_t nr);
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
 * Pages from..to of the file (not to) are reserved for a new mapping, if flags (VM_SHARED,
 * VM_NORESERVE) want that: *resv of a private one, else in info, once.  0, -ENOMEM.
 */
int hugetlb_reserve_pages(struct task *t, struct hugetlbfs_inode_info *info, uint64_t from,
			  uint64_t to, unsigned flags, struct resv_map **resv);
/* Places from..to of the file are reserved no more; so many of them had pages, which are freed. */
void hugetlb_unreserve_pages(struct task *t, struct hugetlbfs_inode_info *info, uint64_t from,
			     uint64_t to, uint64_t freed);
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
/* The entry of one huge page.  False: there is none. */
bool zap_huge_entry(struct task *t, struct vm_area_struct *vma, uint64_t haddr);
/* A new page for a place of a mapping, cleared, with a reference; in the file if that is shared.
 * NULL: none. */
struct page *new_huge_page(struct task *t, struct vm_area_struct *vma, uint64_t haddr);
/* One task at a time is at a place of a file. */
void hugetlb_fault_mutex(struct task *t, struct hugetlbfs_inode_info *info, uint64_t index,
			 bool lock);
/* Until nobody is at place first or behind it. */
void hugetlb_wait_faults(struct task *t, struct hugetlbfs_inode_info *info, uint64_t first);

/* --- hugetlbfs_file.c --- */

/* 0; -EINVAL: not whole huge pages; -EPERM: sealed. */
int hugetlbfs_setattr(struct task *t, struct inode *inode, uint64_t size);
/* Whole huge pages of a range go, and what was reserved for them.  0; -EPERM: sealed. */
int hugetlbfs_punch_hole(struct task *t, struct inode *inode, uint64_t start, uint64_t end);
/* Pages of a range are made.  0; -ENOSPC: there are not so many; -EPERM: sealed; -EINTR; -EFBIG:
 * beyond HUGETLBFS_MAX_BYTES. */
int hugetlbfs_fallocate(struct task *t, struct inode *inode, bool keep_size, uint64_t offset,
			uint64_t len);
int64_t hugetlbfs_read_iter(struct task *t, const struct file *f, int64_t *pos, bytes_t count);

/* --- hugetlb_inode.c --- */

/* A file without a name, of len bytes, whole huge pages of the pool; one use (f_count). */
struct file *hugetlb_file_setup(struct task *t, struct hstate *h, const char *name, bytes_t len);
/* The inode of a file with a name, all of it a hole, on a mount (NULL: see hugetlbfs_find_mount),
 * or on that of old.  Its pool owns it. */
struct inode *hugetlbfs_new_named(struct linux_vm *vm, const char *mount, bytes_t size);
struct inode *hugetlbfs_new_like(struct linux_vm *vm, const struct inode *old);
/* There is room for so many pages. */
void hugetlbfs_grow(struct hugetlbfs_inode_info *info, uint64_t nr);
/* NULL: of no mount. */
struct hugepage_subpool *subpool_inode(const struct linux_vm *vm,
				       const struct hugetlbfs_inode_info *info);
/* A segment of System V: all of it is reserved at once, unless noreserve.  -ENOMEM. */
int hugetlb_reserve_file(struct task *t, struct file *f, bool noreserve);
/* MAP_HUGETLB: len bytes, rounded up, of a file that the mapping alone uses.  As do_mmap. */
int mmap_hugetlb(struct task *t, struct hstate *h, uint64_t addr, bytes_t len, unsigned flags,
		 uint64_t *out);
/* What a mapping of len bytes from offset on has reserved: see hugetlb_reserve_pages.  -ENOMEM. */
int hugetlbfs_file_mmap(struct task *t, const struct file *f, uint64_t offset, bytes_t len,
			unsigned flags, struct resv_map **resv);
/* It has no name and no use any more: its pages go, and what is reserved for it. */
void hugetlbfs_evict_inode(struct task *t, struct inode *inode);
/* Page index of the file, which may be used from now on by who maps it; the cache has a reference.
 */
void hugetlb_add_to_page_cache(struct hugetlbfs_inode_info *info, uint64_t index,
			       struct page *page);
/* Pages first.. below end leave the file.  Returns how many. */
uint64_t remove_inode_hugepages(struct linux_vm *vm, const struct cpu *cpu,
				struct hugetlbfs_inode_info *info, uint64_t first, uint64_t end);

/* Recounts the pool: free lists, entries, files, reservations. */
void hugetlb_check(struct check *c, struct sim *s);
extern const struct metric_object hugetlb_metrics, hugetlb_node_metrics, mm_hugetlb_metrics;
extern const struct metric_object hstate_metrics;
#endif
