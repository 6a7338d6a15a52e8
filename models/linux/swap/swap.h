/*
 * swap.h - anonymous pages on a disk
 *
 * Like:        Linux 6.1, include/linux/swap.h, swapops.h; mm/swapfile.c, swap_slots.c,
 *              swap_state.c, page_io.c
 * Simplified:  a search for a place costs no time; counts have 15 bits and need no continuation
 *              pages; maps take no memory of the machine
 * Left out:    zswap, frontswap, encryption, discard, swap over a network, devices that read at
 *              once (zram)
 *
 *	anonymous page -> folio_alloc_swap: a place -> swap cache -> written -> freed
 *	entry of a program -> swp_entry -> swap cache, or read -> mapped again -> place freed
 *
 * A place (slot) is a page of a swap area.  Every page-table entry that means it counts one in
 * swap_map, the swap cache one more bit; with the last of them it is free.
 */
#ifndef MMSIM_LINUX_SWAP_H
#define MMSIM_LINUX_SWAP_H

#include "models/linux/mappings/mm.h"

#define MAX_SWAPFILES         8
#define SWP_OFFSET_BITS       26  /* an area has at most 2^26 pages: 256 GiB */
#define SWAPFILE_CLUSTER      512 /* places; of a disk without seeks each CPU fills one at a time */
#define SWAP_SLOTS_CACHE_SIZE 64

struct linux_conf;

/* A place in swap: area and page of it.  0: none (page 0 of an area is its header). */
typedef struct {
	uint32_t val;
} swp_entry_t;

static inline swp_entry_t swp_entry(unsigned type, uint32_t offset)
{
	return (swp_entry_t){ type << SWP_OFFSET_BITS | offset };
}

static inline unsigned swp_type(swp_entry_t e)
{
	return e.val >> SWP_OFFSET_BITS;
}

static inline uint32_t swp_offset(swp_entry_t e)
{
	return e.val & ((1U << SWP_OFFSET_BITS) - 1);
}

/* --- swapfile.c: areas and what their places count --- */

/*
 * Sets up the areas that the scenario's section names (linux.swap) and frees them at the end.
 * False: reported to d.
 */
bool swap_init(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d);
void swap_free_all(struct linux_vm *vm);

/* The mapping of the swap cache that holds pages of this place; borrowed. */
struct address_space *swap_address_space(const struct linux_vm *vm, swp_entry_t entry);
/* Free places of all areas, without those in the CPUs' caches; below 0 during swapoff. */
static inline int64_t get_nr_swap_pages(const struct linux_vm *vm)
{
	return vm->nr_swap_pages;
}
/* SwapTotal and SwapFree: an area that is being switched off counts as far as it is still in use.
 */
void si_swapinfo(const struct linux_vm *vm, int64_t *total, int64_t *free);
/* Less than half of all places are free: pages of the swap cache give theirs back early. */
static inline bool vm_swap_full(const struct linux_vm *vm)
{
	return vm->nr_swap_pages * 2 < vm->total_swap_pages;
}
/* Whether writing to the area enters a file system (SWP_FS_OPS): that of a network does, a swap
 * file on a disk does not, its blocks are known. */
bool swap_is_fs_file(const struct linux_vm *vm, swp_entry_t entry);
/* A program has entries in swap from now on: for swapoff it stands behind prev (NULL: in front),
 * unless it stands somewhere already. */
void swap_mmlist_add(const struct linux_vm *vm, struct mm_struct *mm, struct list *prev);
/* It has ended. */
void swap_mmlist_del(struct mm_struct *mm);
/* One more entry of a program means the place (fork, unmapping); it must be in use. */
void swap_duplicate(struct linux_vm *vm, swp_entry_t entry);
/* The swap cache is to hold a place that entries mean.  0, -EEXIST (it does), -ENOENT (nobody means
 * it any more). */
int swapcache_prepare(struct linux_vm *vm, swp_entry_t entry);
/* One entry less; the place is freed if that was the last and it is not cached. */
void swap_free(struct linux_vm *vm, const struct cpu *cpu, swp_entry_t entry);
/*
 * An entry was zapped: one less, and if nobody else means the place a cached page of it that is
 * neither locked, mapped nor under writeback leaves the cache as well.
 */
void free_swap_and_cache(struct task *t, swp_entry_t entry);
/* ns that handling places took on the CPU since the last call: for the task that works there. */
sim_time swap_slots_cost(struct linux_vm *vm, const struct cpu *cpu);
/* Entries that mean the place, without the cache. */
int swap_swapcount(const struct linux_vm *vm, swp_entry_t entry);
/*
 * Takes a locked page out of the swap cache if nobody else means its place, and makes it dirty.
 * True: it was done (try_to_free_swap).
 */
bool folio_free_swap(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* The cache gives its place back: it is freed unless entries mean it. */
void put_swap_folio(struct linux_vm *vm, const struct cpu *cpu, struct page *page,
		    swp_entry_t entry);
/* A large page of the swap cache is to be split: its 512 places are single ones from now on. */
void split_swap_cluster(struct linux_vm *vm, swp_entry_t entry);

/* --- swap_slots.c: a cache of places per CPU --- */

/* A place for a page, counted as cached; val 0: swap is full.  Large pages want 512 in a row. */
swp_entry_t folio_alloc_swap(struct linux_vm *vm, const struct cpu *cpu, const struct page *page);

/* What a CPU has in hand, and was to give back, is free: it goes offline. */
void drain_slots_cache_cpu(struct linux_vm *vm, int cpu);

/* --- swap_state.c: the swap cache --- */

/*
 * Gives a locked anonymous page a place and puts it into the swap cache, dirty.  False: swap is
 * full.
 */
bool add_to_swap(struct task *t, struct page *page);
/* Takes a locked page that is not under writeback out; its place is given back. */
void delete_from_swap_cache(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* The same for reclaim: the slot of the index keeps shadow; references and place are the caller's.
 */
void __delete_from_swap_cache(struct linux_vm *vm, struct page *page, swp_entry_t entry,
			      xa_entry shadow);
/* A page that was zapped, or replaced by a copy: if nobody maps it or has it locked, its place is
 * given back.  The caller has a reference. */
void free_swap_cache(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* new takes the place of old in the swap cache (migration): both locked, new on no list.  The
 * cache's references go over. */
void swap_cache_replace(struct linux_vm *vm, struct page *old, struct page *new_page);
/*
 * A cached page with a reference, NULL: none.  vma and addr of the fault that asks (NULL: none):
 * a page that readahead brought counts as a hit.
 */
struct page *swap_cache_get_folio(struct linux_vm *vm, swp_entry_t entry,
				  struct vm_area_struct *vma, uint64_t addr);
/*
 * One page into the cache, being read, with a reference; il_off: see alloc_page_vma; do_poll: waits
 * until it is read.  NULL: no memory, or nobody means the place.
 */
struct page *read_swap_cache_async(struct task *t, swp_entry_t entry, gfp_t gfp, int64_t il_off,
				   bool do_poll);

/* --- swap_readahead.c --- */

/*
 * Brings the page of a place and its neighbours (in swap, or those of the addresses around) into
 * the cache; reading may still be under way.  With a reference; NULL: no memory.
 */
struct page *swapin_readahead(struct task *t, swp_entry_t entry, gfp_t gfp, struct vm_fault *vmf);

/* The same by places alone: for those who know no addresses. */
struct page *swap_cluster_readahead(struct task *t, swp_entry_t entry, gfp_t gfp, int64_t il_off);

/* --- page_io.c --- */

/* Writes a locked dirty page of the swap cache, without waiting; unlocks it.  0 (started, or
 * nobody needs it any more). */
int swap_writepage(struct task *t, struct page *page);
/* Reads a locked page; it is unlocked when it is up to date, or failed.  synchronous: waits. */
void swap_readpage(struct task *t, struct page *page, bool synchronous);

/* --- mappings/swap_fault.c --- */

/* A program touches what is in swap; pte: its entry as it was seen. */
vm_fault_t do_swap_page(struct task *t, struct vm_fault *vmf, struct pte pte);

/* --- swapon.c: sleep --- */

/*
 * swapon(2) for an area of the scenario, by its name or that of its file.  0, -ENOENT (there is
 * nothing of that name), -EINVAL (a file or disk, and no area), -EBUSY (it is on, or not yet off).
 */
int swapon(struct task *t, const char *name);
/*
 * swapoff(2): everything is brought back.  0, -ENOENT (as above), -EINVAL (it is not on, or
 * somebody else is at it), -ENOMEM (it stays on), -EINTR (killed).  What
 * cannot be read is lost.
 */
int swapoff(struct task *t, const char *name);

/* --- swap_conf.c: linux.swap of a scenario --- */

extern const struct key_schema swap_schema;
/* What its rows cannot say; sc may be NULL: names are not looked up. */
void swap_conf_check(struct diag *d, const struct scenario *sc, const struct key_list *list);

/* --- swap_check.c --- */

/* Pages of the swap cache, and those of them under writeback: for who adds up page states. */
void swap_count_pages(const struct linux_vm *vm, int64_t *cached, int64_t *writeback);
void swap_check(struct check *c, struct sim *s);

extern const struct model swap_model;
#endif
