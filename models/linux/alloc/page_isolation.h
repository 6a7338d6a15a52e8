/*
 * page_isolation.h - pageblocks that the allocator must not give out from
 *
 * Like:        Linux 6.1, mm/page_isolation.c
 * Left out:    moving a compound page that crosses the border of a range: the range is busy;
 *              what memory hotplug asks for beyond that (poisoned and offline pages)
 *
 * The type of an isolated block is MIGRATE_ISOLATE; its free pages are on the lists of that type
 * and do not count as free.  What its type was before is not kept.
 */
#ifndef MMSIM_LINUX_PAGE_ISOLATION_H
#define MMSIM_LINUX_PAGE_ISOLATION_H

#include "models/linux/alloc/buddy.h"

/*
 * Isolates the pageblocks that have pages of [start, end), which lies in one zone.  0, or -EBUSY:
 * one is isolated already, or has a page that cannot be moved away.  Then none of them stays
 * isolated; those that were for a moment are migratetype's.  start is a page of the zone.
 */
int start_isolate_page_range(struct linux_vm *vm, const struct cpu *cpu, pfn_t start, pfn_t end,
			     int migratetype);
/* Gives isolated pageblocks of the range to migratetype; others are left alone. */
void undo_isolate_page_range(struct linux_vm *vm, const struct cpu *cpu, pfn_t start, pfn_t end,
			     int migratetype);
/* 0 if all of [start, end) is isolated and free, else -EBUSY. */
int test_pages_isolated(const struct linux_vm *vm, pfn_t start, pfn_t end);
/*
 * Takes a free block out of the lists; pageblocks that it fills become movable, unless they are of
 * a special kind.  False: that would leave the zone below its min watermark.
 */
bool __isolate_free_page(struct linux_vm *vm, const struct cpu *cpu, pfn_t pfn, int order);
#endif
