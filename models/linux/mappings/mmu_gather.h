/*
 * mmu_gather.h - pages that were unmapped and wait for their TLB entries to be flushed
 *
 * Like:        Linux 6.1, include/asm-generic/tlb.h, mm/mmu_gather.c; mm/swap_state.c
 *              (free_pages_and_swap_cache); page tables go with the pages, as on x86 without a
 *              hypervisor that flushes for us
 * Simplified:  what the flush costs is one figure for a range (tlb_flush), however often it is done
 * Left out:    huge pages of the pool, which are freed one by one
 *
 *	entries are cleared -> tlb_remove_page -> full: tlb_flush_mmu -> ... -> tlb_finish_mmu
 *
 * The first 8 pages need no room of their own.  Then come batches of 510, each in a page that is
 * asked for without waiting; after 19 of them, or if there is none to be had, all are freed.  A
 * batch is freed from its last page to its first.
 */
#ifndef MMSIM_LINUX_MMU_GATHER_H
#define MMSIM_LINUX_MMU_GATHER_H

#include "models/linux/mappings/mm.h"

#define MMU_GATHER_BUNDLE      8
#define MAX_GATHER_BATCH       510 /* pointers that a page has room for beside its head */
#define MAX_GATHER_BATCH_COUNT 19  /* 10000 pages at once are enough */

struct mmu_gather_batch {
	struct mmu_gather_batch *next;
	struct list link;    /* in mm_table.gather_batches; not for the first one */
	struct page *frame;  /* what it lies in; NULL: the first one */
	struct page **pages; /* nr of them, room for max */
	int nr, max;
	int64_t cost; /* ns: of freeing them */
};

struct mmu_gather {
	bool resched; /* others may run while pages are freed */
	int batch_count;
	struct mmu_gather_batch *active, local;
	struct page *bundle[MMU_GATHER_BUNDLE];
};

void tlb_gather_mmu(struct mmu_gather *tlb, bool resched);
/* Takes over a reference that an entry had, or the only one of a page table.  Frees all if it is
 * full. */
void tlb_remove_page(struct task *t, struct mmu_gather *tlb, struct page *page);
/* Frees what was gathered. */
void tlb_flush_mmu(struct task *t, struct mmu_gather *tlb);
/* The same, and the end. */
void tlb_finish_mmu(struct task *t, struct mmu_gather *tlb);
/* Room that tasks had when the run ended. */
void mmu_gather_free_all(struct mm_table *mms);

/* --- memory.c --- */

/* zap_page_range with somebody else's gather; all VMAs of a range share one. */
uint64_t unmap_vma(struct task *t, struct mmu_gather *tlb, struct vm_area_struct *vma,
		   uint64_t start, uint64_t end);

/* --- page_table.c --- */

/* Frees the tables below [start, end) that lie within floor..ceiling (0: no limit) as a whole. */
void free_pgtables(struct task *t, struct mmu_gather *tlb, struct mm_struct *mm, uint64_t start,
		   uint64_t end, uint64_t floor, uint64_t ceiling);
#endif
