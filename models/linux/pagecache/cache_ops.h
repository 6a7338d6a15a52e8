/*
 * cache_ops.h - what calls of the page cache give to scenarios, and its fields
 */
#ifndef MMSIM_LINUX_CACHE_OPS_H
#define MMSIM_LINUX_CACHE_OPS_H

#include "models/linux/pagecache/pagemap.h"

/* Something a call gave that is freed at the end of the run, if not before. */
struct cache_object {
	struct list link;
};

/* Result "pages": each with a reference. */
struct cache_pages {
	struct cache_object object;
	unsigned n;
	uint64_t next; /* index at which a search would go on */
	struct page *page[];
};

/* Result "page_waiter". */
struct cache_waiter {
	struct cache_object object;
	struct page_waiter pw;
	struct event left;           /* drops its reference */
	int64_t unlocks, writebacks; /* how often it was called, by bit */
};

/* Result "page_state": what each number of result.out is. */
enum page_state_out {
	PAGE_STATE_FLAGS, /* enum page_flag, of the folio */
	PAGE_STATE_BITS,  /* below */
	PAGE_STATE_PFN,
	PAGE_STATE_COUNTS, /* references; from bit 32 entries that map it */
};
#define PAGE_STATE_SHADOW 1
#define PAGE_STATE_TAG    2 /* shifted by enum xa_mark */

/* Frees what calls of scenarios keep. */
void cache_calls_free(struct linux_vm *vm);
#endif
