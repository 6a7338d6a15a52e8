/*
 * lru_ahead.h - the host reads a list of pages ahead of reclaim
 *
 * A list names its pages one after the other, so a scan of pages that lie anywhere in memory would
 * wait for the host at each.  Therefore every 32nd page that comes to a list is a milestone, and
 * its frame is noted.  While reclaim is at work, eight readers walk the stretches before the next
 * eight milestones, one step a page in turn:
 *
 *	head ... o o o o M o o o o M o o o o M o o o o tail -> reclaim
 *	            <- reader 2    <- reader 1     <- reclaim reads these from its cache
 *
 * All of it is a hint: notes may be out of date, the order of the list is that of its links, and no
 * result depends on it.
 */
#ifndef MMSIM_LINUX_LRU_AHEAD_H
#define MMSIM_LINUX_LRU_AHEAD_H

#include "models/linux/linux.h"

#define LRU_MILESTONE 32 /* pages from one to the next */

/* The list is gone; only what the host gave is given back. */
void lru_ahead_free(struct lru_ahead *a);
/* Makes a page that came to the head a milestone. */
void lru_ahead_note(struct linux_vm *vm, struct lru_ahead *a, uint32_t pfn);
/* Reclaim has come to a milestone, which it is no more; readers go on. */
void lru_ahead_pass(struct linux_vm *vm, struct lru_ahead *a, struct page *page, uint32_t pfn);
/* Every milestone of a list has its note, in the order of the list. */
void lru_ahead_check(struct check *c, const struct linux_vm *vm, const struct lru_ahead *a,
		     const struct page_list *list);

/* A page came to the head of the list. */
static inline void lru_ahead_added(struct linux_vm *vm, struct lru_ahead *a, uint32_t pfn)
{
	if (__builtin_expect(++a->since >= LRU_MILESTONE, 0))
		lru_ahead_note(vm, a, pfn);
}

/* Reclaim takes a page off the tail. */
static inline void lru_ahead_taken(struct linux_vm *vm, struct lru_ahead *a, struct page *page,
				   uint32_t pfn)
{
	if (__builtin_expect((page->flags & PG_sim_milestone) != 0, 0))
		lru_ahead_pass(vm, a, page, pfn);
}

/* The next reader goes a step towards the head; to be called for each page that is worked on. */
static inline void lru_ahead_step(const struct linux_vm *vm, struct lru_ahead *a)
{
	uint32_t *at = &a->reader[a->turn++ % LRU_READERS], next;

	if (!*at)
		return;
	next = pfn_to_page(vm, *at)->prev;
	/* the page may be in use for something else by now: any number may stand there */
	*at = next < vm->max_pfn ? next : 0;
	__builtin_prefetch(pfn_to_page(vm, *at), 1);
}
#endif
