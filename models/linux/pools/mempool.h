/*
 * mempool.h - elements kept in reserve, so that somebody who sleeps for one gets it in the end
 *
 * Like:        Linux 6.1, mm/mempool.c
 * Left out:    debug poisoning, KASAN
 *
 *	mempool_alloc: backend, weakly -> reserve -> backend, with all the mask allows -> wait
 *	mempool_free:  reserve, while it is not full -> backend
 */
#ifndef MMSIM_LINUX_MEMPOOL_H
#define MMSIM_LINUX_MEMPOOL_H

#include "models/linux/linux.h"

#define MEMPOOL_WAIT_TICKS (5 * HZ) /* how long an allocation sleeps before it tries again */

/* An element, NULL: none.  May sleep as far as gfp allows. */
typedef void *mempool_alloc_t(struct task *t, gfp_t gfp, void *pool_data);
typedef void mempool_free_t(struct task *t, void *element, void *pool_data);

/* Counters since the pool was made. */
struct mempool_stat {
	int64_t alloc_direct;  /* served by the backend */
	int64_t alloc_reserve; /* served from the reserve */
	int64_t alloc_wait;    /* of both: after having slept */
	int64_t timeouts;      /* sleeps that nobody ended */
	int64_t wait_ns;
	int64_t free_refill;  /* went to the reserve */
	int64_t free_backend; /* went to the backend */
};

struct mempool {
	int min_nr;      /* elements the reserve should have */
	int curr_nr;     /* elements it has */
	int capacity;    /* places in elements */
	void **elements; /* a stack; the newest goes first */
	void *pool_data; /* for alloc and free; the caller's */
	mempool_alloc_t *alloc;
	mempool_free_t *free;
	struct wait_queue wait;
	struct mempool_stat stat;
	struct list link; /* in linux_vm.pools */
};

/*
 * A pool with min_nr elements in reserve, taken with GFP_KERNEL.  NULL: no memory, and nothing is
 * left.
 */
struct mempool *mempool_create(struct task *t, int min_nr, mempool_alloc_t *alloc_fn,
			       mempool_free_t *free_fn, void *pool_data);
/* Frees the reserve, newest first, and the pool; elements still in use are forgotten. */
void mempool_destroy(struct task *t, struct mempool *pool);
/* NULL only if gfp does not allow direct reclaim. */
void *mempool_alloc(struct task *t, struct mempool *pool, gfp_t gfp);
/* Wakes all who wait if it refilled the reserve. */
void mempool_free(struct task *t, void *element, struct mempool *pool);
/* new_min_nr > 0.  0, the reserve possibly not full yet; -ENOMEM: nothing has changed. */
int mempool_resize(struct task *t, struct mempool *pool, int new_min_nr);
#endif
