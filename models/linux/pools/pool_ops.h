/*
 * pool_ops.h - what scenarios hold of pools
 */
#ifndef MMSIM_LINUX_POOL_OPS_H
#define MMSIM_LINUX_POOL_OPS_H

#include "models/linux/pools/mempool.h"
#include "models/linux/reclaim/slab.h"

enum mempool_elements { ELEMENTS_PAGES, ELEMENTS_KMALLOC };

/* A mempool that a scenario made, and its backend. */
struct named_pool {
	struct mempool *pool; /* owned; NULL: destroyed, or could not be made */
	enum mempool_elements kind;
	int order;    /* ELEMENTS_PAGES */
	bytes_t size; /* ELEMENTS_KMALLOC */
	struct behaviour behaviour;
	int64_t calls;    /* of the backend for an element */
	int64_t succeeds; /* calls that still succeed; below 0: all */
	int64_t made;     /* elements */
	int users;        /* calls that take elements for it right now */
	struct list link;
};

struct pool_element {
	struct named_pool *owner; /* borrowed */
	struct page *page;        /* ELEMENTS_PAGES: the first one */
	struct kmalloc_piece piece;
	int64_t number;     /* 1.. in the order in which the backend made them */
	bool held;          /* by somebody, not in the reserve */
	struct cpu *cpu;    /* whose interrupt gives it back */
	struct event event; /* when */
	struct list link;
};

/* A block that dma_pool_alloc gave. */
struct named_block {
	uint64_t dma;    /* bus address */
	uint32_t offset; /* in its chunk */
	int chunk;       /* 1.. in the order in which the pool got them */
	struct list link;
};

void pool_calls_free(struct linux_vm *vm);

/* Fields of results: rows of result.def. */
#define POOL_RESULT(name) int64_t result_##name(const struct sim *s, const struct result *r)
POOL_RESULT(pool_curr_nr);
POOL_RESULT(pool_min_nr);
POOL_RESULT(pool_alloc_direct);
POOL_RESULT(pool_alloc_reserve);
POOL_RESULT(pool_alloc_wait);
POOL_RESULT(pool_timeouts);
POOL_RESULT(pool_free_refill);
POOL_RESULT(pool_free_backend);
POOL_RESULT(pool_wait_ns);
POOL_RESULT(pool_backend_calls);
POOL_RESULT(element_number);
POOL_RESULT(dma_size);
POOL_RESULT(dma_allocation);
POOL_RESULT(dma_boundary);
POOL_RESULT(dma_in_use);
POOL_RESULT(dma_total);
POOL_RESULT(dma_blocks);
POOL_RESULT(dma_chunks);
POOL_RESULT(block_chunk);
POOL_RESULT(block_offset);
POOL_RESULT(block_dma);
#endif
