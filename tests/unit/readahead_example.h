/*
 * readahead_example.h - calls of a reader, and what they made readahead do
 *
 * An example is a list of calls; behind each stands what came of it, a decision a piece:
 *
 *	sync 0 (0,4,3) 0-3 m1		page 0 was missing; the window is then start 0, size 4,
 *					async_size 3; pages 0 to 3 were put into the cache, and
 *					page 1 carries the mark
 *	async 4 (12,16,16) 12-27 m12	the mark on page 4 was met
 *	force 0 (0,0,0) 0-511 512-999	two windows
 *	28/2 32/4			folios of order 2 at page 28 and of order 4 at page 32
 *	alone 7				a page by itself, outside readahead
 *
 * Files: big (10 GiB), p16, p17, p20 (so many pages), and folios (1 GiB on xfs), on one fast disk.
 */
#ifndef MMSIM_TESTS_READAHEAD_EXAMPLE_H
#define MMSIM_TESTS_READAHEAD_EXAMPLE_H

#include "tests/unit/fixture.h"

enum what {
	END,
	READ,   /* b bytes at byte a */
	READS,  /* pages a..b, each by a read of its own */
	CHUNKS, /* reads of b bytes, one behind the other, up to byte a */
	CACHED, /* pages a..b were read by somebody else */
	MARKED, /* page a carries the mark */
	OPEN,   /* another descriptor of the same file instead of this one */
	ADVICE, /* a: enum fadvise_advice */
	FORCE,  /* POSIX_FADV_WILLNEED, b pages at page a */
	DROP,   /* the cache */
	RAKB,   /* read_ahead_kb a; counts for descriptors opened afterwards */
	MAXKB,  /* max_sectors_kb a */
	SET_RA, /* ra_pages a of the descriptor */
	MISSES, /* mmap_miss a of the descriptor */
	MAP,    /* map the file; a: enum madv */
	TOUCH,  /* pages a..b of the mapping */
	TWO,    /* pages 0..a and b..b + a in turn */
};

struct step {
	enum what what;
	int64_t a, b;
	const char *log; /* NULL: nothing happens, or it does not matter */
};

/*
 * Boots a machine, makes the calls up to END and compares what they log; the test fails at the
 * first difference.  f: what is left, for a look at counters; the caller ends it.
 */
void run_example(struct fixture *f, const char *file, const struct step *steps);
#endif
