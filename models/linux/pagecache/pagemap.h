/*
 * pagemap.h - looking pages up, one or many, and making the ones that are missing
 *
 * Like:        Linux 6.1, include/linux/pagemap.h, mm/filemap.c, mm/folio-compat.c; functions that
 *              6.1 no longer has (read_cache_pages, page_cache_next_hole) as 4.x had them
 * Left out:    memory control groups, spreading of pages over a cpuset's nodes
 *
 * An index counts pages of the file.  Every page that is returned carries a reference of the
 * caller, who drops it with put_page.
 */
#ifndef MMSIM_LINUX_PAGEMAP_H
#define MMSIM_LINUX_PAGEMAP_H

#include "models/linux/pagecache/filemap.h"

/* --- one page: filemap_lookup.c --- */

/* What pagecache_get_page is to do; numbers as in 6.1. */
enum fgp_flag {
	FGP_ACCESSED = 0x1,  /* count a use; a page that is made is born referenced */
	FGP_LOCK = 0x2,      /* return it locked */
	FGP_CREAT = 0x4,     /* make it if it is missing: locked, on the way to the LRU */
	FGP_WRITE = 0x8,     /* it will be written: placed under the dirty limits, no refault */
	FGP_NOFS = 0x10,     /* reclaim must not enter the file system */
	FGP_NOWAIT = 0x20,   /* a page that is locked counts as missing; no reclaim */
	FGP_FOR_MMAP = 0x40, /* for a fault: a page that is made comes back unlocked */
	FGP_HEAD = 0x80,     /* the head of a compound page: all pages here are their own */
	FGP_ENTRY = 0x100,   /* give shadows as they are stored instead of counting them missing */
	FGP_STABLE = 0x200,  /* a locked page that was found: wait for stable content */
};

/*
 * The page at index as flags say.  NULL: missing (without FGP_CREAT), locked (FGP_NOWAIT) or no
 * memory.  Sleeps for the lock and for memory.  gfp: for a page that is made.  FGP_CREAT without
 * FGP_LOCK or FGP_FOR_MMAP is a simulated WARN; the page is locked then.
 */
struct page *pagecache_get_page(struct task *t, struct address_space *m, uint64_t index,
				unsigned fgp_flags, gfp_t gfp);
/*
 * As stored, an object locked: it is still in m at index then.  0: nothing; a value: a shadow, of
 * which nothing is taken.  Sleeps for the lock.
 */
xa_entry find_lock_entry(struct task *t, struct address_space *m, uint64_t index);

/*
 * Puts a locked page into the index at index: neither on the LRU nor judged as refault.  The cache
 * takes a reference of its own.  0, -EEXIST.
 */
int add_to_page_cache_locked(struct task *t, struct page *page, struct address_space *m,
			     uint64_t index, gfp_t gfp);
/*
 * Puts new, locked and in no file, in the place of old, locked and clean: marks stay, new is on no
 * list, the cache's reference to old is dropped.  0: the index needs no memory of the machine here.
 */
int replace_page_cache_page(struct linux_vm *vm, const struct cpu *cpu, struct page *old,
			    struct page *new_page, gfp_t gfp);

/*
 * --- holes, by the rule of 3.16; that of 6.1: page_cache_next_miss, page_cache_prev_miss ---
 *
 * First index from index upwards (downwards) that holds no page, looking at max_scan slots; a
 * shadow is no page.
 */

/* Without a hole: the index behind the last slot looked at, 0 if that wraps. */
uint64_t page_cache_next_hole(const struct address_space *m, uint64_t index, uint64_t max_scan);
/* Without a hole: the index below the last slot looked at, UINT64_MAX if that wraps. */
uint64_t page_cache_prev_hole(const struct address_space *m, uint64_t index, uint64_t max_scan);

/* --- many pages --- */

/* Up to nr pages at index, index + 1, ...: ends before the first slot without a page. */
unsigned find_get_pages_contig(struct address_space *m, uint64_t index, unsigned nr,
			       struct page **pages);
/*
 * Up to nr pages with a mark from *index to end.  *index is moved behind the last page if nr were
 * found, else behind end (UINT64_MAX stays UINT64_MAX).
 */
unsigned find_get_pages_range_tag(struct address_space *m, uint64_t *index, uint64_t end,
				  enum xa_mark tag, unsigned nr, struct page **pages);
/* The same to the end of the file: *index becomes UINT64_MAX unless nr were found. */
unsigned find_get_pages_tag(struct address_space *m, uint64_t *index, enum xa_mark tag, unsigned nr,
			    struct page **pages);

/* Up to 15 folios; *start is moved as above, of _contig behind the last one found. */
struct folio_batch {
	struct page *page[PAGEVEC_SIZE];
	unsigned nr;
};
unsigned filemap_get_folios(struct address_space *m, uint64_t *start, uint64_t end,
			    struct folio_batch *b);
unsigned filemap_get_folios_contig(struct address_space *m, uint64_t *start, uint64_t end,
				   struct folio_batch *b);
unsigned filemap_get_folios_tag(struct address_space *m, uint64_t *start, uint64_t end,
				enum xa_mark tag, struct folio_batch *b);
/* Whether a page lies in the bytes start..end. */
bool filemap_range_has_page(const struct address_space *m, int64_t start, int64_t end);

/* --- reading single pages: filemap_fill.c --- */

/*
 * Starts to read a locked page of a file.  Whoever ends the read unlocks the page, up to date or
 * not; on an error (a negative errno value is returned) the filler has unlocked it.
 */
typedef int filler_t(struct task *t, void *data, struct page *page);

/* The file system's own method; data is not used. */
int mapping_read_page(struct task *t, void *data, struct page *page);
/* The read of a page ended: unlocks it. */
void page_end_read(struct linux_vm *vm, struct page *page, bool ok);
/* Reads a locked page and waits for it.  f (may be NULL): an error shrinks its readahead.
 * 0, -EIO, -EINTR, or what the filler gave. */
int filemap_read_page(struct task *t, struct file *f, filler_t *filler, void *data,
		      struct page *page);
/*
 * Pages in a list, their index set: from the tail each goes into the cache and on the LRU, and
 * filler starts its read.  A page whose place is taken is dropped.  The list is empty afterwards.
 * 0, or the first error of filler: what was left is dropped.
 */
int read_cache_pages(struct task *t, struct address_space *m, struct page_list *pages,
		     filler_t *filler, void *data);
/*
 * The page at index, up to date and unlocked, read alone if it has to be; counts as a use.  NULL:
 * *error is -ENOMEM, -EIO, -EINTR or what filler gave.  f: as above.
 */
struct page *read_cache_page(struct task *t, struct address_space *m, struct file *f,
			     uint64_t index, filler_t *filler, void *data, int *error);
/* With the file system's own method; gfp decides about reclaim. */
struct page *read_cache_page_gfp(struct task *t, struct address_space *m, uint64_t index, gfp_t gfp,
				 int *error);

/* --- waiting: filemap_wait.c --- */

/* Somebody in the queue of a page: a task, or a stranger who is called. */
struct page_waiter {
	struct wait_entry w;
	struct page *page; /* borrowed */
	unsigned bit;      /* PG_locked or PG_writeback: what a task waits for */
	bool handoff;      /* a task: the waker takes the bit for it */
	bool taken;        /* and did */
	/* A stranger: called at each wake of the page, for either bit; true: it wants no more. */
	bool (*wake)(struct linux_vm *vm, struct page_waiter *pw, unsigned bit);
};
/* Puts a stranger, of whom wake is set, at the end of a page's queue.  It holds a reference. */
void add_page_wait_queue(struct linux_vm *vm, struct page *page, struct page_waiter *pw);
/* Sleeps until the page lock is got, first come, first served; not even a fatal signal ends it. */
void __lock_page(struct task *t, struct page *page);
/* Drops the caller's reference and waits until the page is unlocked.  0, -EINTR if killable. */
int folio_put_wait_locked(struct task *t, struct page *page, bool killable);
#endif
