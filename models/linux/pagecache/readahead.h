/*
 * readahead.h - the pieces of readahead that can be looked at by themselves
 *
 * Like:        Linux 6.1, mm/readahead.c
 * Left out:    block cgroup congestion, windows that a file system makes larger, invalidate_lock
 */
#ifndef MMSIM_LINUX_READAHEAD_H
#define MMSIM_LINUX_READAHEAD_H

#include "models/linux/pagecache/filemap.h"

enum ra_decision {
	RA_NOTHING, /* neither window nor pages */
	RA_WINDOW,  /* the window in the state */
	RA_RANDOM,  /* just the pages asked for; the state is untouched */
};

/* Size of a stream's first window for a request of size pages, window limit max. */
uint32_t get_init_ra_size(uint64_t size, uint64_t max);
/* Size of the window after one of cur pages. */
uint32_t get_next_ra_size(uint64_t cur, uint64_t max);

/* Of the tracepoint sim_readahead. */
enum ra_kind {
	RA_SYNC,   /* a page is missing */
	RA_ASYNC,  /* a mark was met */
	RA_FORCED, /* posix_fadvise, readahead(2) */
	RA_AROUND, /* around a page fault */
};

/*
 * What to read when a reader that still wants req pages meets a missing page at index, or a folio
 * that carries the mark (NULL: missing).  Updates the window in ra for RA_WINDOW.  io_pages: the
 * largest request of the device, pages.
 */
enum ra_decision ondemand_readahead_window(struct address_space *m, struct file_ra_state *ra,
					   uint64_t index, uint64_t req, const struct page *folio,
					   uint64_t io_pages);

/*
 * Starts reading locked folios that follow each other (pfns: their first pages); completion
 * unlocks them, and makes them up to date unless a bio failed.
 */
void read_pages(struct task *t, struct address_space *m, const uint32_t *pfns, uint64_t nr,
		unsigned bio_flags);
#endif
