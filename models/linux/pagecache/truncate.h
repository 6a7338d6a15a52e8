/*
 * truncate.h - pages that are no longer wanted in the cache
 *
 * Like:        Linux 6.1, mm/truncate.c, mm/folio-compat.c (try_to_release_page)
 * Simplified:  a block is a page, so a page that is cut by the end of the file keeps its dirty
 *              state, and pagecache_isize_extended finds nothing to protect
 * Left out:    invalidate_lock (truncation runs with the inode's lock), DAX, pages that stay behind
 *              because a journal holds them, splitting large folios
 *
 * Truncation throws data away: nothing is written, whoever uses a page is waited for.  Invalidation
 * drops copies of data that stays valid: invalidate_mapping_pages takes what nobody uses and waits
 * for nothing, invalidate_inode_pages2 wants all of it gone and says -EBUSY where that fails.
 */
#ifndef MMSIM_LINUX_TRUNCATE_H
#define MMSIM_LINUX_TRUNCATE_H

#include "models/linux/pagecache/filemap.h"

/* --- truncate.c: the caller holds the inode's lock; may sleep for locks and writeback --- */

/*
 * Removes the pages that lie wholly in bytes lstart..lend (lend -1: to the end), shadows too; what
 * lies in it of pages at the ends is zeroed in memory, which does not make them dirty.
 */
void truncate_inode_pages_range(struct task *t, struct address_space *m, int64_t lstart,
				int64_t lend);
void truncate_inode_pages(struct task *t, struct address_space *m, int64_t lstart);
/* For a file that goes: reclaim leaves no shadows from now on, and nothing stays. */
void truncate_inode_pages_final(struct task *t, struct address_space *m);
/* The size is newsize already: takes what lies behind it out of page tables and cache. */
void truncate_pagecache(struct task *t, struct inode *inode, int64_t newsize);
/* Sets the size and does so; a page that newsize cuts has zeroes from there on. */
void truncate_setsize(struct task *t, struct inode *inode, int64_t newsize);
/* A hole from lstart to lend, inclusive; private copies of its pages stay mapped. */
void truncate_pagecache_range(struct task *t, struct inode *inode, int64_t lstart, int64_t lend);
/* The size has grown: see above why there is nothing to do.  to behind the size: a bug. */
void pagecache_isize_extended(struct task *t, struct inode *inode, int64_t from, int64_t to);

/* --- invalidate.c: pages start..end, both inclusive --- */

/*
 * Drops clean pages that nobody uses, and shadows; pages that are locked or under writeback are
 * passed over, others that cannot go move to the inactive list.  Never waits.  Returns the entries
 * dropped, pages and shadows.
 */
uint64_t invalidate_mapping_pages(struct task *t, struct address_space *m, uint64_t start,
				  uint64_t end);
/* The same; *nr_failed (NULL: nobody asks) grows by the pages that it tried to drop in vain. */
uint64_t invalidate_mapping_pagevec(struct task *t, struct address_space *m, uint64_t start,
				    uint64_t end, uint64_t *nr_failed);
/*
 * Drops all pages of a range, whoever holds references: waits for locks and writeback, unmaps.
 * 0; -EBUSY: some were dirty and stay; or what laundering returned; the last failure counts.
 */
int invalidate_inode_pages2_range(struct task *t, struct address_space *m, uint64_t start,
				  uint64_t end);
int invalidate_inode_pages2(struct task *t, struct address_space *m);
/*
 * Whether the file system lets go of a locked page: not while it has buffer heads and is dirty or
 * under writeback; else they are freed.  1 or 0.
 */
int try_to_release_page(struct linux_vm *vm, struct page *page, gfp_t gfp);

/* --- what both use --- */

/* Entries of an index, in ascending order; pages with a reference. */
struct entry_batch {
	int nr;
	bool drained; /* the CPU's LRU batches were emptied before the first release */
	xa_entry entry[PAGEVEC_SIZE];
	uint64_t index[PAGEVEC_SIZE];
};

/*
 * Collects up to PAGEVEC_SIZE entries of start..end; the number of them.  lock: pages are locked;
 * those that somebody else has locked, that are under writeback or reach out of the range are not
 * taken.
 */
int entry_batch_find(struct entry_batch *b, struct address_space *m, uint64_t start, uint64_t end,
		     bool lock);
/* Takes the shadows out of the index, unless something else stands there now.  How many. */
int entry_batch_drop_values(struct task *t, struct entry_batch *b, struct address_space *m);
/* Drops the references; pages that nobody else holds are freed. */
void entry_batch_release(struct task *t, struct entry_batch *b);

#endif
