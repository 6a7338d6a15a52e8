/*
 * buddy.h - free blocks: split, merge, steal
 *
 * Like:        Linux 6.1, mm/page_alloc.c: the order of every list, the tail heuristic,
 *              fallback and stealing, high-atomic reserve, watermark boost
 * Simplified:  blocks of the largest order are linked in a side table (see mmzone.h)
 * Left out:    page shuffling, guard pages
 *
 * A block is known by its first frame number; 0 stands for none.
 */
#ifndef MMSIM_LINUX_BUDDY_H
#define MMSIM_LINUX_BUDDY_H

#include "models/linux/linux.h"

/* What an attempt may do; internal to the allocator. */
enum alloc_flag {
	ALLOC_WMARK_MIN = WMARK_MIN,
	ALLOC_WMARK_LOW = WMARK_LOW,
	ALLOC_WMARK_HIGH = WMARK_HIGH,
	ALLOC_WMARK_MASK = 0x03,
	ALLOC_NO_WATERMARKS = 0x04,
	ALLOC_OOM = 0x08,
	ALLOC_NON_BLOCK = 0x10,
	ALLOC_MIN_RESERVE = 0x20,
	ALLOC_CPUSET = 0x40,
	ALLOC_CMA = 0x80,
	ALLOC_NOFRAGMENT = 0x100,
	ALLOC_HIGHATOMIC = 0x200,
	ALLOC_KSWAPD = 0x800,
	ALLOC_RESERVES = ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM,
};

/* Types in the kernel's order of numbers, and how many: with CMA that stands before Isolate. */
static inline int nr_migratetypes(const struct linux_vm *vm)
{
	return vm->cma ? MIGRATE_TYPES : MIGRATE_CMA;
}

static inline int migratetype_number(const struct linux_vm *vm, int migratetype)
{
	if (!vm->cma || migratetype < MIGRATE_ISOLATE)
		return migratetype;
	return migratetype == MIGRATE_CMA ? MIGRATE_ISOLATE : MIGRATE_CMA;
}

/* The type with a number; the same exchange the other way. */
static inline int migratetype_of_number(const struct linux_vm *vm, int number)
{
	return migratetype_number(vm, number);
}

#define PAGEBLOCK_SKIP 8u /* bit of a pageblock: compaction need not look here */

/* Types of blocks whose pages can be moved away. */
static inline bool is_migrate_movable(int migratetype)
{
	return migratetype == MIGRATE_MOVABLE || migratetype == MIGRATE_CMA;
}

#define MAX_BLOCK_ORDER (MAX_ORDER - 1) /* of the largest blocks */

/* Orders that have per-CPU lists: 0..3 and 9. */
static inline bool pcp_allowed_order(int order)
{
	return order <= PAGE_ALLOC_COSTLY_ORDER || order == PAGEBLOCK_ORDER;
}

/* Migratetype of the pageblock of a frame. */
static inline int get_pageblock_migratetype(const struct linux_vm *vm, pfn_t pfn)
{
	return vm->pageblocks[pfn >> PAGEBLOCK_ORDER].bits & PAGEBLOCK_MIGRATETYPE;
}

void set_pageblock_migratetype(struct linux_vm *vm, pfn_t pfn, int migratetype);

/*
 * Bits of a pageblock, mask counted from its first: 7 the migratetype (its number for users), 8
 * skipped by compaction.
 */
uint32_t get_pfnblock_flags_mask(const struct linux_vm *vm, pfn_t pfn, uint32_t mask);
/* Free pages stay on the lists they are on. */
void set_pfnblock_flags_mask(struct linux_vm *vm, uint32_t flags, pfn_t pfn, uint32_t mask);

/* NR_FREE_PAGES by the threshold rule of the CPU's part; cpu NULL: straight to the zone. */
static inline void mod_zone_free_pages(struct zone *zone, const struct cpu *cpu, int64_t pages)
{
	if (!cpu || !zone->pcp) {
		zone->nr_free_global += pages;
		return;
	}

	struct per_cpu_pages *pcp = &zone->pcp[cpu->id];

	cpu_stat_add(&zone->nr_free_global, &pcp->free_diff, pcp->stat_threshold, pages);
}
/* With all per-CPU parts. */
int64_t zone_free_pages_snapshot(const struct linux_vm *vm, const struct zone *zone);
/* Without the per-CPU parts, not below 0: what watermark checks read. */
static inline int64_t zone_free_pages(const struct zone *zone)
{
	return zone->nr_free_global > 0 ? zone->nr_free_global : 0;
}

/* A block the boot or memory hotplug gives to the allocator: to the tail of the lists, merged;
 * managed and free pages grow. */
void __free_pages_core(struct linux_vm *vm, pfn_t pfn, int order);

enum fpi_flag {
	FPI_NONE,
	FPI_TO_TAIL = 1, /* to the tail whatever the heuristic says */
};

/* Puts one block on the list of migratetype, merging; counts it as free. */
void __free_one_page(struct linux_vm *vm, const struct cpu *cpu, struct zone *zone, pfn_t pfn,
		     int order, int migratetype, enum fpi_flag fpi);
/* Removes one block of order for migratetype: smallest fit, else by stealing.  0: none. */
uint32_t __rmqueue(struct linux_vm *vm, struct zone *zone, int order, int migratetype,
		   unsigned alloc_flags);
/* Only smallest fit on the lists of one type. */
uint32_t __rmqueue_smallest(struct linux_vm *vm, struct zone *zone, int order, int migratetype);

/* Moves a block (or more) of another type to start_type's lists.  False: there is none. */
bool __rmqueue_fallback(struct linux_vm *vm, struct zone *zone, int order, int start_type,
			unsigned alloc_flags);

/* Whether a request of a type would find a block of exactly this order to take over whole. */
bool has_stealable_block(const struct linux_vm *vm, const struct zone *zone, int order,
			 int migratetype);

/* The head of a free block of exactly this order in this zone. */
bool page_is_buddy(struct linux_vm *vm, const struct zone *zone, pfn_t pfn, int order);
/* Order of the free block that begins at pfn, -1 if none does. */
int free_block_order(const struct linux_vm *vm, pfn_t pfn);
/* Takes a free block out of its list; nr_free pages are the caller's business. */
void del_page_from_free_list(struct linux_vm *vm, struct zone *zone, pfn_t pfn, int order);
void add_to_free_list(struct linux_vm *vm, struct zone *zone, pfn_t pfn, int order, int migratetype,
		      bool tail);
/* The block that follows pfn on its list, 0 at the end; for walks and dumps. */
uint32_t free_list_next(const struct linux_vm *vm, uint32_t pfn, int order);

/* Moves the free blocks of a pageblock to another type's lists; pages moved.  *movable: pages seen
 * that could be moved away; NULL: not counted. */
int move_freepages_block(struct linux_vm *vm, struct zone *zone, pfn_t pfn, int migratetype,
			 int *movable);

void reserve_highatomic_pageblock(struct linux_vm *vm, struct zone *zone, pfn_t pfn);
/* One pageblock of the zones of the list back to type; false if none was. */
bool unreserve_highatomic_pageblock(struct linux_vm *vm, const struct zonelist *zl,
				    int highest_zoneidx, int migratetype, bool force);

void buddy_check(struct check *c, struct sim *s);
#endif
