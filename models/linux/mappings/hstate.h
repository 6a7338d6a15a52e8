/*
 * hstate.h - a pool of huge pages of one size: how large it is, what it consists of
 *
 * There are two: pages of 2 MiB, which the buddy gives, and gigantic ones of 1 GiB, which are more
 * than a block of the buddy.
 *
 *	2 MiB   buddy                                             <-> pool
 *	1 GiB   memblock, before there is a buddy  (hugepages=)    -> pool
 *	        a range that is moved free         (nr_hugepages) <-> pool
 */
#ifndef MMSIM_LINUX_HSTATE_H
#define MMSIM_LINUX_HSTATE_H

#include "models/linux/conf.h"
#include "models/linux/linux.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/printk.h"

/* Gauges and counters: columns of hugetlb_sample (of the default size) and of hstate_sample. */
struct hugetlb_stat {
	int64_t nr_hugepages, free_hugepages, resv_hugepages, surplus_hugepages;
	int64_t htlb_buddy_alloc_success, htlb_buddy_alloc_fail; /* in the default size's: of all */
};

/* The same of a node: columns of hugetlb_node_sample. */
struct hugetlb_node_stat {
	int64_t nr_hugepages, free_hugepages, surplus_hugepages;
};

struct hstate_node {
	struct page_list hugepage_freelist; /* heads, without references; first used, last freed */
	struct hugetlb_node_stat stat;
};

/* /sys/kernel/mm/hugepages/hugepages-<size>; the fields come from sysfs_hugepages.def. */
struct sysfs_hugepages {
#define TUNABLE_SEEN_IF_SET(name, unit, def, min, max, write, meaning) int64_t name;
#include "models/linux/sysfs_hugepages.def"
#undef TUNABLE_SEEN_IF_SET
};

/* What the files of a hugetlbfs may have together, and what is kept for them.  Huge pages. */
struct hugepage_subpool {
	struct hstate *h;
	int64_t max_hpages;  /* -1: no limit */
	int64_t used_hpages; /* of a limit: made or promised */
	int64_t min_hpages;  /* kept for its files from the start on; 0: none */
	int64_t rsv_hpages;  /* of these, not yet made or promised: they are reserved in the pool */
};

/* A hugetlbfs that is mounted. */
struct hugetlbfs_sb_info {
	const char *name; /* borrowed */
	struct hugepage_subpool spool;
};

struct hugetlbfs_mounts {
	struct hugetlbfs_sb_info *v; /* owned */
	int n;
};

/* linux.hugetlbfs[] */
struct hugetlbfs_conf {
	const char *name;
	int64_t pagesize;            /* enum hstate_index; HUGE_MAX_HSTATE: the default size */
	const char *size, *min_size; /* bytes, or percent of the pool; NULL: none */
	struct key_seen seen;
};
extern const struct key_schema hugetlbfs_schema;

enum hstate_index { HSTATE_2M, HSTATE_1G, HUGE_MAX_HSTATE };

/*
 * How many pages it is to have is sysfs.nr_hugepages (max_huge_pages), how many more it may take
 * for a while sysfs.nr_overcommit_hugepages.  Of the default size the sysctls of vm say the same.
 */
struct hstate {
	struct linux_vm *vm;
	int order;
	struct sysfs_hugepages sysfs;
	struct hugetlb_stat stat;
	struct hstate_node *node; /* owned; by node id */
	int next_nid_to_alloc, next_nid_to_free;
	struct boot_counts boot;      /* the boot parameter hugepages */
	const char *boot_name;        /* which row of the section says so; NULL: none */
	struct boot_counts boot_got;  /* of these, gigantic ones that memblock gave */
	struct range_list boot_pages; /* owned; where they lie, until they are in the pool */
	int64_t boot_missing;         /* pages that there was no memory for */
	int64_t missing; /* the same of a sysctl that was noted before the boot was over */
	bool booted;     /* until then a write of the sysctl is only noted */
	bool used;       /* something was in the pool, or wanted of it: there are samples */
	bool resizing;   /* resize_lock */
	struct wait_queue resize_wait;
	struct list inodes;            /* struct hugetlbfs_inode_info */
	struct ratelimit_state killed; /* of the message about a fault that cannot be served */

	/* for the check: pages of the pool that are not free and that nobody shows or caches */
	int64_t in_hand; /* on their way to a program, or into the pool */
	int64_t copying; /* tasks that hold one while they copy it */
	/* reservations that the pool counts and nobody has; negative: the other way round */
	int64_t strayed;
	int64_t handed; /* reservations on their way from a mount to a mapping */
};

static inline unsigned huge_page_shift(const struct hstate *h)
{
	return (unsigned)h->order + PAGE_SHIFT;
}

static inline bytes_t huge_page_size(const struct hstate *h)
{
	return 1ULL << huge_page_shift(h);
}

static inline uint64_t huge_page_mask(const struct hstate *h)
{
	return ~(huge_page_size(h) - 1);
}

static inline pages_t pages_per_huge_page(const struct hstate *h)
{
	return 1ULL << h->order;
}

/* More than a block of the buddy. */
static inline bool hstate_is_gigantic(const struct hstate *h)
{
	return h->order >= MAX_ORDER;
}

/* The level of the tables whose entries map its pages. */
static inline enum pt_level huge_page_level(const struct hstate *h)
{
	return hstate_is_gigantic(h) ? PT_PUD : PT_PMD;
}

/* The pool of a page that is one of its pages. */
static inline struct hstate *page_hstate(const struct linux_vm *vm, const struct page *head)
{
	return &vm->hugetlb[head->order >= MAX_ORDER ? HSTATE_1G : HSTATE_2M];
}

/* The pool of pages of so many bytes; 0: of the default size.  NULL: there are none of that size.
 */
struct hstate *size_to_hstate(const struct linux_vm *vm, bytes_t size);

/* --- hugetlbfs_super.c --- */

void hugetlbfs_conf_check(struct diag *d, const struct key_list *list);
/* Mounts what the scenario says; nothing is kept for them yet. */
void hugetlbfs_init_mounts(struct linux_vm *vm, const struct linux_conf *conf);
/* Limits, and what is kept.  The pools are filled.  False after reporting to d: min_size was not to
 * be had. */
bool hugetlbfs_fill_super(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d);
/* The mount of this name; NULL: the first, which is made of the default size if there is none. */
struct hugetlbfs_sb_info *hugetlbfs_find_mount(struct linux_vm *vm, const char *name);
/*
 * delta pages are made or promised.  How many of them the pool has to find, the others being kept;
 * -1: more than there may be.  spool NULL: all.
 */
int64_t hugepage_subpool_get_pages(struct hugepage_subpool *spool, int64_t delta);
/* So many are not any more.  How many reservations of the pool go with them. */
int64_t hugepage_subpool_put_pages(struct hugepage_subpool *spool, int64_t delta);

/* --- hugetlb_boot.c --- */

/*
 * Empty pools, which are to have as many pages as the boot parameters say; those of 1 GiB are
 * reserved at once.  False after reporting to d.
 */
bool hugetlb_state_init(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d);
/* The reserved ones come into the pool: managed pages from now on. */
void gather_bootmem_prealloc(struct linux_vm *vm);
/* Pages of 2 MiB are taken, and then what sysctls say beyond that. */
void hugetlb_init(struct linux_vm *vm);
void hugetlb_free_all(struct linux_vm *vm); /* the host's memory, at the end of a run */

/* --- hugetlb.c: one page --- */

/* Movable: the kernel could migrate them.  Before there are programs nobody can wait. */
gfp_t htlb_alloc_mask(const struct task *t, const struct hstate *h);
/*
 * A new page, of the pool from now on, without a reference and in hand.  noretry (NULL: nobody
 * counts): by node, whether a page was not to be had there although it was tried hard.
 */
struct page *alloc_fresh_huge_page(struct task *t, struct hstate *h, gfp_t gfp, int nid,
				   uint64_t nodemask, bool *noretry);
/* A page without references leaves the pool and is free. */
void remove_hugetlb_page(struct hstate *h, const struct cpu *cpu, struct page *page,
			 bool adjust_surplus);
/* A compound page with all its frames belongs to the pool: in hand, without a reference. */
void prep_new_huge_page(struct hstate *h, struct page *page);
/* Pages of memory that the pools have: not for others, so not in CommitLimit. */
int64_t hugetlb_total_pages(const struct linux_vm *vm);

/* --- hugetlb_gigantic.c --- */

/* Frames in a row without references become one compound page, and single ones again. */
void prep_compound_gigantic_page(struct page *head, int order);
/* A range of a node's zones is moved free.  NULL: there is none. */
struct page *alloc_gigantic_page(struct task *t, const struct hstate *h, gfp_t gfp, int nid);
void free_gigantic_page(struct linux_vm *vm, const struct cpu *cpu, struct page *head, int order);

/* --- hugetlb_size.c --- */

/*
 * nr_hugepages is written: the pool grows (sleeps: reclaim, compaction) as far as there is memory,
 * or shrinks as far as pages are free and not reserved; pages above count are surplus until they
 * are freed.  What came of it is sysfs.nr_hugepages.
 */
void set_max_huge_pages(struct task *t, struct hstate *h, int64_t count);
/* Surplus pages become ordinary ones, then new ones are looked for.  False: not so many. */
bool grow_pool(struct task *t, struct hstate *h, int64_t count);
/* A free page of the next node that has one goes; surplus: only of nodes with surplus pages. */
bool remove_pool_huge_page(struct hstate *h, const struct cpu *cpu, bool surplus);
/* The node whose turn it is, of those with memory; *next becomes the one after it. */
int hstate_next_node(const struct linux_vm *vm, int *next);
/* How many pages the pool is to have, as sysfs and (of the default size) the sysctl show it. */
void hstate_set_max(struct hstate *h, int64_t count);

tunable_write_fn nr_hugepages_write, nr_overcommit_hugepages_write;             /* vm */
tunable_write_fn sysfs_nr_hugepages_write, sysfs_nr_overcommit_hugepages_write; /* of a size */
extern const struct tunable_class hugepages_2m_tunables, hugepages_1g_tunables;
#endif
