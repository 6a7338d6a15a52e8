/*
 * mm_counter.h - counting pages that a program has mapped
 *
 * Like:        Linux 6.1, include/linux/mm.h, mm_types_task.h
 */
#ifndef MMSIM_LINUX_MM_COUNTER_H
#define MMSIM_LINUX_MM_COUNTER_H

#include "models/linux/mappings/mm.h"

/* What kind of page an entry counts as. */
static inline enum mm_counter mm_counter(const struct page *page)
{
	if (page->flags & PG_anon)
		return MM_ANONPAGES;
	/* shared memory is of the page cache, but its pages are those of swap */
	return page->flags & PG_swapbacked ? MM_SHMEMPAGES : MM_FILEPAGES;
}

void add_mm_counter(struct mm_struct *mm, enum mm_counter member, int64_t n);
/* In a fault: others see it later, unless somebody else's task takes the fault. */
void add_mm_counter_fast(struct mm_struct *mm, enum mm_counter member, int n);
/* Others see all of it. */
void sync_mm_rss(struct mm_struct *mm);
/* A fault begins: at times others see what faults before have changed. */
void check_sync_rss_stat(struct mm_struct *mm);
/* Entries of one table were set, or taken away: rss[NR_MM_COUNTERS]. */
void add_mm_rss_vec(struct mm_struct *mm, const int *rss);
#endif
