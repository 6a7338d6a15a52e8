/*
 * migrate.h - move pages to other frames
 *
 * Like:        Linux 6.1.192, mm/migrate.c (migrate_pages in batches, ten passes over pages that
 *              are busy)
 * Left out:    compound pages (for a range anonymous ones are split before); movable pages outside
 *              the LRU lists; file systems without a way to migrate dirty pages; migration entries
 *              (nobody can fault while a page moves)
 *
 * What moves is a page of the cache or of programs: its place in the index, its entries, its state
 * and its accounting.  The
 * content costs time (cost.migrate_page) and nothing else.
 */
#ifndef MMSIM_LINUX_MIGRATE_H
#define MMSIM_LINUX_MIGRATE_H

#include "models/linux/pagecache/filemap.h"

enum migrate_mode {
	MIGRATE_ASYNC,      /* waits for nothing */
	MIGRATE_SYNC_LIGHT, /* waits for page locks, not for writeback */
	MIGRATE_SYNC,
};

/* Why pages are moved; field of the tracepoint mm_migrate_pages. */
enum migrate_reason {
	MR_COMPACTION = 0,
	MR_MEMORY_HOTPLUG = 2,
	MR_CONTIG_RANGE = 6,
};

/* A page to move old to, with a reference, not on a list; NULL: there is none. */
typedef struct page *new_page_fn(struct task *t, const struct page *old, void *arg);
/* Takes back a page of new_page_fn that was not needed. */
typedef void free_page_fn(struct task *t, struct page *page, void *arg);

/*
 * Moves the pages of from, isolated from their lists by the caller, first to last.  Those moved are
 * freed and those that cannot be moved are left in from, to be put back.  0: all moved;
 * positive: so many are left; -ENOMEM: there was no page to move to.  *nr_succeeded: pages moved,
 * also those that were gone already.  put NULL: pages not needed are freed.
 */
int migrate_pages(struct task *t, struct page_list *from, new_page_fn *get, free_page_fn *put,
		  void *arg, enum migrate_mode mode, enum migrate_reason reason,
		  unsigned *nr_succeeded);

/* Takes a page off its LRU list, counted as isolated, with a reference; it must be on one. */
void isolate_lru_page(struct linux_vm *vm, struct page *page);
/* Gives isolated pages back to their lists, by way of the CPU's batch, and drops the references. */
void putback_movable_pages(struct task *t, struct page_list *pages);

/* new_page_fn: a page, preferably of the node of old.  arg: the nodes it may be of, a bit each
 * (const uint64_t *); NULL: all. */
new_page_fn alloc_migration_target;
#endif
