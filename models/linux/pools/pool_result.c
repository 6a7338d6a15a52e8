/*
 * pool_result.c - what scenarios can read of pools and what these gave
 *
 * A pool that is gone has nothing of anything.
 */
#include "models/linux/pools/dma_pool.h"
#include "models/linux/pools/pool_ops.h"

/* Whether the result is a DMA pool that is still there. */
static const struct dma_pool *dma_pool_of(const struct sim *s, const struct result *r)
{
	const struct linux_vm *vm = linux_vm(s);

	LIST_FOR_EACH (d, &vm->devices)
		LIST_FOR_EACH (p, &LIST_ENTRY(d, struct device, link)->pools)
			if (LIST_ENTRY(p, struct dma_pool, link) == r->ptr)
				return r->ptr;
	return NULL;
}

#define MEMPOOL_FIELD(name, value)                                                                 \
	POOL_RESULT(pool_##name)                                                                   \
	{                                                                                          \
		const struct named_pool *p = r->ptr;                                               \
                                                                                                   \
		(void)s;                                                                           \
		return p->pool ? (value) : 0;                                                      \
	}
MEMPOOL_FIELD(curr_nr, p->pool->curr_nr)
MEMPOOL_FIELD(min_nr, p->pool->min_nr)
MEMPOOL_FIELD(alloc_direct, p->pool->stat.alloc_direct)
MEMPOOL_FIELD(alloc_reserve, p->pool->stat.alloc_reserve)
MEMPOOL_FIELD(alloc_wait, p->pool->stat.alloc_wait)
MEMPOOL_FIELD(timeouts, p->pool->stat.timeouts)
MEMPOOL_FIELD(free_refill, p->pool->stat.free_refill)
MEMPOOL_FIELD(free_backend, p->pool->stat.free_backend)
MEMPOOL_FIELD(wait_ns, p->pool->stat.wait_ns)

POOL_RESULT(pool_backend_calls)
{
	(void)s;
	return ((const struct named_pool *)r->ptr)->calls;
}

POOL_RESULT(element_number)
{
	(void)s;
	return ((const struct pool_element *)r->ptr)->number;
}

#define DMA_FIELD(name, value)                                                                     \
	POOL_RESULT(dma_##name)                                                                    \
	{                                                                                          \
		const struct dma_pool *pool = dma_pool_of(s, r);                                   \
                                                                                                   \
		return pool ? (value) : 0;                                                         \
	}
DMA_FIELD(size, pool->size)
DMA_FIELD(allocation, pool->allocation)
DMA_FIELD(boundary, pool->boundary)

enum { IN_USE, TOTAL, CHUNKS };

static int64_t stat_of(const struct dma_pool *pool, int which)
{
	uint64_t v[3];

	dma_pool_stat(pool, &v[IN_USE], &v[TOTAL], &v[CHUNKS]);
	return (int64_t)v[which];
}

static int64_t nr_blocks(const struct dma_pool *pool)
{
	int64_t n = 0;

	LIST_FOR_EACH (pos, &pool->chunks)
		n += LIST_ENTRY(pos, struct dma_page, link)->nr_blocks;
	return n;
}

DMA_FIELD(in_use, stat_of(pool, IN_USE))
DMA_FIELD(total, stat_of(pool, TOTAL))
DMA_FIELD(chunks, stat_of(pool, CHUNKS))
DMA_FIELD(blocks, nr_blocks(pool))

#define BLOCK_FIELD(name)                                                                          \
	POOL_RESULT(block_##name)                                                                  \
	{                                                                                          \
		(void)s;                                                                           \
		return (int64_t)((const struct named_block *)r->ptr)->name;                        \
	}
BLOCK_FIELD(chunk)
BLOCK_FIELD(offset)
BLOCK_FIELD(dma)
