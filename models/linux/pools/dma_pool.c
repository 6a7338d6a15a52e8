/*
 * dma_pool.c - blocks for devices
 *
 * A chunk is cut into blocks once; their chain is the order in which they are given out, and a
 * block that comes back is the first of it.  Chunks are never given back before the pool goes.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/pools/dma_pool.h"
#include "models/linux/task.h"

#define MIN_BLOCK 4 /* the chain needs so much of a free block */

static bool is_power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

/* --- devices --- */

struct device *device_get(struct linux_vm *vm, const char *name)
{
	struct device *dev;

	LIST_FOR_EACH (pos, &vm->devices) {
		dev = LIST_ENTRY(pos, struct device, link);
		if (strcmp(dev->name, name) == 0)
			return dev;
	}
	dev = sim_calloc(1, sizeof(*dev));
	dev->name = sim_strdup(name);
	dev->dma_mask = UINT64_MAX;
	dev->node = NUMA_NO_NODE;
	list_init(&dev->pools);
	list_init(&dev->resources);
	list_add_tail(&dev->link, &vm->devices);
	return dev;
}

void device_detach(struct task *t, struct device *dev)
{
	while (!list_empty(&dev->resources)) {
		struct devres *res = LIST_ENTRY(dev->resources.prev, struct devres, link);
		struct dma_pool *pool = res->pool;

		list_del(&res->link);
		sim_free(res);
		dma_pool_destroy(t, pool);
	}
}

void devices_init(struct linux_vm *vm)
{
	list_init(&vm->devices);
}

static void host_free_chunk(struct dma_page *chunk)
{
	list_del(&chunk->link);
	sim_free(chunk->next_free);
	sim_free(chunk->used);
	sim_free(chunk);
}

static void host_free_pool(struct dma_pool *pool)
{
	LIST_FOR_EACH_SAFE (pos, next, &pool->chunks)
		host_free_chunk(LIST_ENTRY(pos, struct dma_page, link));
	list_del(&pool->link);
	sim_free(pool);
}

void devices_free(struct linux_vm *vm)
{
	if (!vm->devices.next)
		return; /* it did not boot so far */
	LIST_FOR_EACH_SAFE (pos, next, &vm->devices) {
		struct device *dev = LIST_ENTRY(pos, struct device, link);

		LIST_FOR_EACH_SAFE (p, pn, &dev->pools)
			host_free_pool(LIST_ENTRY(p, struct dma_pool, link));
		LIST_FOR_EACH_SAFE (r, rn, &dev->resources)
			sim_free(LIST_ENTRY(r, struct devres, link));
		list_del(&dev->link);
		sim_free(dev->name);
		sim_free(dev);
	}
}

/* --- pools --- */

struct dma_pool *dma_pool_create(struct linux_vm *vm, const char *name, struct device *dev,
				 uint64_t size, uint64_t align, uint64_t boundary)
{
	struct dma_pool *pool;
	uint64_t allocation;

	(void)vm;
	if (!align)
		align = 1;
	if (!is_power_of_two(align) || !size)
		return NULL;
	size = max_u64(size, MIN_BLOCK);
	size = (size + align - 1) & ~(align - 1);
	allocation = max_u64(size, PAGE_SIZE);
	if (!boundary)
		boundary = allocation;
	else if (boundary < size || !is_power_of_two(boundary))
		return NULL;
	if (allocation > INT32_MAX || boundary > INT32_MAX)
		return NULL;
	pool = sim_calloc(1, sizeof(*pool));
	strncpy(pool->name, name, DMA_POOL_NAME_MAX);
	pool->dev = dev;
	pool->size = (uint32_t)size;
	pool->allocation = (uint32_t)allocation;
	pool->boundary = (uint32_t)boundary;
	list_init(&pool->chunks);
	list_add(&pool->link, &dev->pools);
	dev->pools_file = true;
	return pool;
}

static int chunk_order(const struct dma_pool *pool)
{
	int order = 0;

	while (PAGE_SIZE << order < pool->allocation)
		order++;
	return order;
}

void dma_pool_destroy(struct task *t, struct dma_pool *pool)
{
	if (!pool)
		return;
	LIST_FOR_EACH_SAFE (pos, next, &pool->chunks) {
		struct dma_page *chunk = LIST_ENTRY(pos, struct dma_page, link);

		if (chunk->in_use)
			kernel_bug(t->sim, "dma_pool_destroy: blocks of a chunk are in use; it "
					   "stays allocated");
		else if (chunk->page)
			free_pages(task_vm(t), t->cpu, chunk->page, chunk_order(pool));
		host_free_chunk(chunk);
	}
	list_del(&pool->link);
	pool->dev->pools_file = !list_empty(&pool->dev->pools);
	sim_free(pool);
}

/* --- chunks and blocks --- */

/*
 * Chains the blocks of a new chunk.  A block that would reach the boundary, and be it with its last
 * byte, is left out, as in 6.1: where the size divides the boundary one block is lost.
 */
static void carve(const struct dma_pool *pool, struct dma_page *chunk)
{
	uint64_t offset = 0, next_boundary = pool->boundary;

	do {
		uint64_t next = offset + pool->size;

		if (next + pool->size >= next_boundary) {
			next = next_boundary;
			next_boundary += pool->boundary;
		}
		chunk->next_free[offset / MIN_BLOCK] = (uint32_t)next;
		chunk->nr_blocks++;
		offset = next;
	} while (offset < pool->allocation);
}

/* Where coherent memory of a device comes from. */
static gfp_t device_zone(const struct device *dev)
{
	if (dev->dma_mask <= (1ULL << 24) - 1)
		return __GFP_DMA;
	if (dev->dma_mask <= (1ULL << 32) - 1)
		return __GFP_DMA32;
	return 0;
}

static struct dma_page *add_chunk(struct task *t, struct dma_pool *pool, gfp_t gfp)
{
	struct linux_vm *vm = task_vm(t);
	gfp_t mask = (gfp & ~(__GFP_ZERO | __GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM)) |
		     device_zone(pool->dev);
	struct page *page = __alloc_pages(t, mask, chunk_order(pool), pool->dev->node, 0);
	size_t places = pool->allocation / MIN_BLOCK + 1;
	struct dma_page *chunk;

	if (!page)
		return NULL;
	chunk = sim_calloc(1, sizeof(*chunk));
	chunk->page = page;
	chunk->dma = (uint64_t)page_to_pfn(vm, page) << PAGE_SHIFT;
	chunk->number = ++pool->nr_chunks_ever;
	chunk->next_free = sim_calloc(places, sizeof(*chunk->next_free));
	chunk->used = sim_calloc(places / 64 + 1, sizeof(*chunk->used));
	carve(pool, chunk);
	list_add(&chunk->link, &pool->chunks);
	return chunk;
}

static struct dma_page *chunk_with_space(struct dma_pool *pool)
{
	LIST_FOR_EACH (pos, &pool->chunks) {
		struct dma_page *chunk = LIST_ENTRY(pos, struct dma_page, link);

		if (chunk->offset < pool->allocation)
			return chunk;
	}
	return NULL;
}

struct dma_block dma_pool_alloc(struct task *t, struct dma_pool *pool, gfp_t gfp)
{
	struct dma_block b = { chunk_with_space(pool), 0 };
	uint32_t place;

	if (!b.chunk)
		b.chunk = add_chunk(t, pool, gfp);
	if (!b.chunk)
		return b;
	b.offset = b.chunk->offset;
	place = b.offset / MIN_BLOCK;
	b.chunk->offset = b.chunk->next_free[place];
	b.chunk->used[place / 64] |= 1ULL << place % 64;
	b.chunk->in_use++;
	if (b.offset + pool->size > pool->allocation)
		kernel_bug(t->sim, "dma_pool_alloc: a block reaches beyond its chunk");
	return b;
}

int dma_pool_free(struct linux_vm *vm, struct dma_pool *pool, uint64_t dma)
{
	LIST_FOR_EACH (pos, &pool->chunks) {
		struct dma_page *chunk = LIST_ENTRY(pos, struct dma_page, link);
		uint64_t offset = dma - chunk->dma, place = offset / MIN_BLOCK;

		if (offset >= pool->allocation)
			continue;
		if (!(chunk->used[place / 64] & 1ULL << place % 64)) {
			kernel_bug(vm->sim, "dma_pool_free: the block is not in use");
			return -EINVAL;
		}
		chunk->used[place / 64] &= ~(1ULL << place % 64);
		chunk->next_free[place] = chunk->offset;
		chunk->offset = (uint32_t)offset;
		chunk->in_use--;
		return 0;
	}
	kernel_bug(vm->sim, "dma_pool_free: no chunk of the pool has this address");
	return -EINVAL;
}

/* --- managed pools --- */

struct dma_pool *dmam_pool_create(struct linux_vm *vm, const char *name, struct device *dev,
				  uint64_t size, uint64_t align, uint64_t allocation)
{
	struct dma_pool *pool = dma_pool_create(vm, name, dev, size, align, allocation);
	struct devres *res;

	if (!pool)
		return NULL;
	res = sim_calloc(1, sizeof(*res));
	res->pool = pool;
	list_add_tail(&res->link, &dev->resources);
	return pool;
}

int dmam_pool_destroy(struct task *t, struct dma_pool *pool)
{
	LIST_FOR_EACH_SAFE (pos, next, &pool->dev->resources) {
		struct devres *res = LIST_ENTRY(pos, struct devres, link);

		if (res->pool != pool)
			continue;
		list_del(&res->link);
		sim_free(res);
		dma_pool_destroy(t, pool);
		return 0;
	}
	kernel_bug(t->sim, "dmam_pool_destroy: not a managed pool");
	return -ENOENT;
}

/* --- what can be seen --- */

void dma_pool_stat(const struct dma_pool *pool, uint64_t *in_use, uint64_t *total, uint64_t *chunks)
{
	*in_use = *chunks = 0;
	LIST_FOR_EACH (pos, &pool->chunks) {
		*in_use += LIST_ENTRY(pos, struct dma_page, link)->in_use;
		++*chunks;
	}
	*total = *chunks * (pool->allocation / pool->size);
}

void dma_pools_show(const struct device *dev, struct str *out)
{
	str_add(out, "poolinfo - 0.1\n");
	LIST_FOR_EACH (pos, &dev->pools) {
		const struct dma_pool *pool = LIST_ENTRY(pos, struct dma_pool, link);
		uint64_t in_use, total, chunks;

		dma_pool_stat(pool, &in_use, &total, &chunks);
		str_addf(out, "%-16s %4" PRIu64 " %4" PRIu64 " %4u %2" PRIu64 "\n", pool->name,
			 in_use, total, pool->size, chunks);
	}
}

/* The chain and the blocks in use are all there is of a chunk. */
static void check_chunk(struct check *c, const struct dma_pool *pool, const struct dma_page *chunk)
{
	uint64_t places = pool->allocation / MIN_BLOCK + 1, used = 0, free = 0;

	for (uint64_t i = 0; i < places; i++)
		used += (chunk->used[i / 64] >> i % 64) & 1;
	CHECK(c, used == chunk->in_use);
	for (uint64_t o = chunk->offset; o < pool->allocation && free < places; free++) {
		CHECK(c, !(chunk->used[o / MIN_BLOCK / 64] & 1ULL << o / MIN_BLOCK % 64));
		o = chunk->next_free[o / MIN_BLOCK];
	}
	CHECK(c, used + free == chunk->nr_blocks);
}

void pools_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);

	LIST_FOR_EACH (d, &vm->devices) {
		const struct device *dev = LIST_ENTRY(d, struct device, link);

		CHECK(c, dev->pools_file == !list_empty(&dev->pools));
		LIST_FOR_EACH (p, &dev->pools) {
			const struct dma_pool *pool = LIST_ENTRY(p, struct dma_pool, link);

			LIST_FOR_EACH (pos, &pool->chunks)
				check_chunk(c, pool, LIST_ENTRY(pos, struct dma_page, link));
		}
	}
}
