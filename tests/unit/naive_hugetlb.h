/*
 * naive_hugetlb.h - a pool of huge pages that knows nothing but sums: what each call must give, and
 * how many pages there are, free, reserved and surplus after it
 */
#ifndef MMSIM_TESTS_NAIVE_HUGETLB_H
#define MMSIM_TESTS_NAIVE_HUGETLB_H

#include <stdbool.h>
#include <stdint.h>

#define NAIVE_MAX_FRAMES 4096

struct naive_pool {
	int64_t nr, free, resv, surplus;
	int64_t max, overcommit;    /* what was written to the two sysctls, as far as it could be */
	int uses[NAIVE_MAX_FRAMES]; /* of frames: entries, and the file; 0: free, or never used */
};

/* A frame that nobody uses, with one use.  Its page was taken before. */
int naive_huge_new_frame(struct naive_pool *pool);
/* One use less; after the last its page is free, or gone if it was a surplus one. */
void naive_huge_put_frame(struct naive_pool *pool, int frame);

/* A page for a fault; reserved: for it.  False: none. */
bool naive_huge_take(struct naive_pool *pool, bool reserved);

/* Promises n pages to a mapping; false: there is no room.  And takes promises back. */
bool naive_huge_reserve(struct naive_pool *pool, int64_t n);
void naive_huge_unreserve(struct naive_pool *pool, int64_t n);

/* vm.nr_hugepages is written. */
void naive_huge_set_max(struct naive_pool *pool, int64_t count);
#endif
