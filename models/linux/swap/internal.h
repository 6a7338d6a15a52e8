/*
 * internal.h - swap areas from the inside
 *
 *	swap_map      one count per place: entries of programs, and whether the cache has it
 *	cluster_info  one row per 512 places, of disks without seeks; free ones in a list
 *	slots         each CPU has up to 64 places in hand, and up to 64 to be given back
 */
#ifndef MMSIM_LINUX_SWAP_INTERNAL_H
#define MMSIM_LINUX_SWAP_INTERNAL_H

#include "models/linux/printk.h"
#include "models/linux/swap/swap.h"

/* Values of swap_map. */
#define SWAP_HAS_CACHE 0x8000 /* or it is in a CPU's cache of places */
#define SWAP_MAP_BAD   0x7fff /* no place: the header, a bad page */
#define MAX_BADPAGES   637    /* a header has room for so many */
#define SWAP_MAP_MAX   0x7ffe

#define SWAP_ADDRESS_SPACE_SHIFT 14 /* 64 MiB of an area to a mapping */
#define SWAP_ADDRESS_SPACE_PAGES (1U << SWAP_ADDRESS_SPACE_SHIFT)
#define CLUSTER_NULL             UINT32_MAX

enum swap_info_flag {
	SWP_USED = 1,
	SWP_WRITEOK = 2,        /* places are handed out */
	SWP_SOLIDSTATE = 4,     /* seeks are cheap */
	SWP_BLKDEV = 8,         /* a stretch of a disk, not a file */
	SWP_STABLE_WRITES = 16, /* a page must not change while it is written */
	SWP_OPENED = 32,        /* swapon is at it */
};

enum cluster_flag {
	CLUSTER_FLAG_FREE = 1, /* in the list of free ones */
	CLUSTER_FLAG_HUGE = 4, /* of one large page */
};

struct swap_cluster_info {
	uint32_t next;  /* in the list of free clusters; CLUSTER_NULL ends it */
	uint16_t count; /* places in use; behind the end of the area counts as used */
	uint8_t flags;  /* enum cluster_flag */
};

struct swap_cluster_list {
	uint32_t head, tail; /* CLUSTER_NULL: empty */
};

/* Where a CPU takes its places from. */
struct percpu_cluster {
	uint32_t index; /* its cluster; CLUSTER_NULL: none */
	uint32_t next;  /* likely the next free place in it */
};

/* linux.swap[] of a scenario */
struct swap_conf {
	const char *disk;          /* NULL: a file */
	const char *file;          /* NULL: a disk */
	const char *name;          /* NULL: that of the disk or file */
	int64_t size;              /* bytes; 0: all of it */
	int64_t offset;            /* bytes, of the disk */
	int64_t priority;          /* -1: one below all others */
	bool off;                  /* not switched on at boot */
	struct key_ints bad_pages; /* of the header */
	struct key_seen seen;
};

/* Counters and gauges of an area; columns of the table swap_sample. */
struct swap_stat {
	int64_t pages, inuse_pages, prio, nr_cached, free_clusters;
	int64_t pages_in, pages_out;
};

struct swap_info_struct {
	const char *name; /* borrowed */
	int type;
	unsigned flags; /* enum swap_info_flag */
	int prio;
	int64_t conf_prio;       /* as the scenario asks; -1: by order */
	struct request_queue *q; /* borrowed */
	struct inode *inode;     /* of a swap file; NULL: sectors from first_sector on */
	uint64_t first_sector;
	uint64_t size_pages;              /* header included */
	const struct key_ints *bad_pages; /* borrowed; what the header says cannot be used */

	uint32_t max;         /* places, the header included: 0..max - 1; 0: off */
	uint32_t pages;       /* places that can be used */
	uint32_t inuse_pages; /* of these; places in CPUs' caches included */
	uint32_t lowest_bit;  /* nothing is free below, nor above highest_bit; highest 0: full */
	uint32_t highest_bit;
	uint32_t cluster_next; /* rotating: likely the next free place */
	uint32_t cluster_nr;   /* rotating: places until the next search for a free stretch */
	uint16_t *swap_map;    /* owned */

	struct swap_cluster_info *cluster_info; /* owned; NULL: the disk rotates */
	struct swap_cluster_list free_clusters;
	uint32_t *cluster_next_cpu;            /* owned; by CPU: where a scan begins */
	struct percpu_cluster *percpu_cluster; /* owned; by CPU */

	struct address_space *spaces; /* owned; by offset >> SWAP_ADDRESS_SPACE_SHIFT */
	uint32_t nr_spaces;
	struct rng rng;
	struct swap_stat stat;
};

/* Areas with free places, highest priority first; equal ones take turns. */
struct swap_avail_list {
	int nr;
	uint8_t type[MAX_SWAPFILES];
};

struct swap_slots_cache {
	int cur, nr; /* slots[cur .. cur + nr - 1] are in hand */
	int n_ret;
	int64_t cost; /* ns: of finding and giving back places, not yet spent by a task */
	swp_entry_t slots[SWAP_SLOTS_CACHE_SIZE];
	swp_entry_t slots_ret[SWAP_SLOTS_CACHE_SIZE]; /* to be given back */
};

/* Places that a task has marked SWAP_HAS_CACHE, and not yet put a page at.  On its stack. */
struct swap_in_hand {
	struct list link; /* in swap_state.in_hand */
	swp_entry_t entry;
	uint32_t nr;
};

struct swap_state {
	struct linux_vm *vm;
	struct swap_info_struct *info; /* owned; by type: all areas of the scenario */
	int nr_swapfiles;
	struct swap_avail_list *avail;  /* owned; by node of the CPU that asks */
	struct swap_slots_cache *slots; /* owned; by CPU */
	bool slot_cache_active;         /* there are places enough to keep some in hand */
	bool slot_cache_enabled;        /* some area is on, and none is being switched off */
	int least_priority;
	int nr_rotate_swap; /* areas on disks that rotate: readahead goes by places */

	/* readahead by places */
	unsigned swapin_readahead_hits;
	unsigned last_readahead_pages;
	uint64_t prev_offset;

	struct ratelimit_state write_error, read_error; /* of messages */

	struct list mmlist;  /* mm_struct.mmlist: programs that had entries, for swapoff */
	struct list in_hand; /* struct swap_in_hand: for the check */
};

static inline struct swap_info_struct *swp_swap_info(const struct linux_vm *vm, swp_entry_t entry)
{
	SIM_ASSERT(vm->swap && swp_type(entry) < (unsigned)vm->swap->nr_swapfiles);
	return &vm->swap->info[swp_type(entry)];
}

static inline unsigned swap_count(uint16_t ent)
{
	return ent & ~(unsigned)SWAP_HAS_CACHE;
}

/* --- swapfile.c --- */
/* Lets a place that nobody means go for good: its value is SWAP_HAS_CACHE. */
void swapcache_free_entries(struct linux_vm *vm, swp_entry_t *entries, int n);
/* What became of a page that only the cache means; true: its place is free. */
enum ttrs_flag {
	TTRS_ANYWAY = 1,
	TTRS_UNMAPPED = 2, /* if nobody maps it */
	TTRS_FULL = 4,     /* if swap is nearly full */
};
bool __try_to_reclaim_swap(struct linux_vm *vm, const struct cpu *cpu, struct swap_info_struct *si,
			   uint32_t offset, unsigned flags);

/* --- swap_state.c --- */
/*
 * Puts a locked page at its place, which is marked SWAP_HAS_CACHE.  *shadow: what was there, 0:
 * nothing.  0 or -ENOMEM: no memory for the index.
 */
int add_to_swap_cache(struct task *t, struct page *page, swp_entry_t entry, gfp_t gfp,
		      xa_entry *shadow);

/* --- swap_alloc.c: which place next --- */
/*
 * Up to n places, marked SWAP_HAS_CACHE, of the area whose turn it is; entry_size 512: one place,
 * the first of a free cluster, which is taken as a whole.  How many.
 */
int get_swap_pages(struct linux_vm *vm, const struct cpu *cpu, int n_goal, swp_entry_t *entries,
		   unsigned entry_size);
/* Up to nr places of one area; their number. */
int scan_swap_map_slots(struct linux_vm *vm, const struct cpu *cpu, struct swap_info_struct *si,
			int nr, swp_entry_t *slots);
void add_to_avail_list(struct linux_vm *vm, const struct swap_info_struct *si);
void del_from_avail_list(struct linux_vm *vm, const struct swap_info_struct *si);
/* Places became free: the header of the area, its clusters and the machine's count know. */
void swap_range_free(struct linux_vm *vm, struct swap_info_struct *si, uint32_t offset,
		     unsigned nr);
/* A place of a cluster came into use, or out of it; nothing if the disk rotates. */
void inc_cluster_info_page(struct swap_info_struct *si, uint32_t offset);
void dec_cluster_info_page(struct swap_info_struct *si, uint32_t offset);
/* All 512 places of a large page at once. */
void swap_free_cluster(struct linux_vm *vm, struct swap_info_struct *si, uint32_t idx);
bool cluster_is_huge(const struct swap_info_struct *si, uint32_t offset);
void cluster_list_add_tail(struct swap_info_struct *si, uint32_t idx);

/* --- swapon.c --- */
/* An area by its own name, or by that of the file it lies in; NULL: none. */
struct swap_info_struct *swap_area_by_name(struct linux_vm *vm, const char *name);
/* What swapon and swapoff say of a name that is no area. */
int swap_not_an_area(struct linux_vm *vm, const char *name);
/* Its places count as free, and are handed out. */
void enable_swap_info(struct linux_vm *vm, struct swap_info_struct *si);
/* Its map, clusters and mappings are no more. */
void swap_area_free(struct swap_info_struct *si);

/* --- swapoff.c --- */
/* The table of the next entry of a program that means a place of the area, at *addr or above; *addr
 * becomes the entry's.  NULL: none. */
struct page_table *swap_next_entry(const struct mm_struct *mm, unsigned type, uint64_t *addr);

/* --- swap_slots.c --- */
void free_swap_slot(struct linux_vm *vm, const struct cpu *cpu, swp_entry_t entry);
void drain_swap_slots_cache(struct linux_vm *vm);
void enable_swap_slots_cache(struct linux_vm *vm);
void disable_swap_slots_cache(struct linux_vm *vm);

/* --- swap_state.c --- */
bool swap_use_vma_readahead(const struct linux_vm *vm);
/* The same as read_swap_cache_async without reading: *allocated: it is new, locked, to be read. */
struct page *__read_swap_cache_async(struct task *t, swp_entry_t entry, gfp_t gfp, int64_t il_off,
				     bool *allocated);
void clear_shadow_from_swap_cache(struct swap_info_struct *si, uint32_t begin, uint32_t end);

/* --- swap_readahead.c --- */
/* Pages to read at once: from the last window's hits and place, by the kernel's rule. */
unsigned __swapin_nr_pages(uint64_t prev_offset, uint64_t offset, unsigned hits, unsigned max_pages,
			   unsigned prev_win);
struct swap_ra_range {
	uint64_t start, end; /* page numbers of addresses */
};
/* Which addresses a window of win pages around a fault covers, the last fault being at prev. */
struct swap_ra_range swap_ra_range(const struct vm_area_struct *vma, uint64_t fault_pfn,
				   uint64_t prev_pfn, unsigned win);
/* vma.swap_readahead_info: address of the last fault, its window and hits. */
#define SWAP_RA_WIN_SHIFT (PAGE_SHIFT / 2)
#define SWAP_RA_HITS_MAX  ((1ULL << SWAP_RA_WIN_SHIFT) - 1)
static inline uint64_t swap_ra_val(uint64_t addr, unsigned win, unsigned hits)
{
	return (addr & ~(PAGE_SIZE - 1)) |
	       ((uint64_t)win << SWAP_RA_WIN_SHIFT & (PAGE_SIZE - 1) & ~SWAP_RA_HITS_MAX) |
	       (hits & SWAP_RA_HITS_MAX);
}
static inline unsigned swap_ra_win(uint64_t v)
{
	return (unsigned)((v & (PAGE_SIZE - 1)) >> SWAP_RA_WIN_SHIFT);
}
static inline unsigned swap_ra_hits(uint64_t v)
{
	return (unsigned)(v & SWAP_RA_HITS_MAX);
}
/* Never used: a small window to begin with. */
static inline uint64_t swap_ra_get(const struct vm_area_struct *vma)
{
	return vma->swap_readahead_info ? vma->swap_readahead_info : 4;
}

/* --- swap_conf.c --- */
const char *swap_conf_name(const struct swap_conf *c);
bool swap_conf_has_offset(const struct swap_conf *conf);
/* Where its size was written, or all of it. */
struct place swap_conf_place(const struct swap_conf *conf);
/* What is wrong with bad_pages of an area of so many pages; false after reporting. */
bool swap_conf_check_bad_pages(struct diag *d, const struct swap_conf *conf, uint64_t size_pages,
			       bool in_file);
#endif
