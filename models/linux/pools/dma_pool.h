/*
 * dma_pool.h - small blocks of memory that a device can reach
 *
 * Like:        Linux 6.1, mm/dmapool.c, drivers/base/devres.c
 * Simplified:  coherent memory is a block of pages of the zone that the device's mask reaches, and
 *              its bus address is its physical address (no IOMMU)
 * Left out:    poisoning and debug checks, but a block that is freed twice is refused
 *
 *	device -> pools, newest first -> chunks, newest first -> a chain of free blocks
 */
#ifndef MMSIM_LINUX_DMA_POOL_H
#define MMSIM_LINUX_DMA_POOL_H

#include "models/linux/linux.h"

#define DMA_POOL_NAME_MAX 31 /* characters kept of a name */

/* A piece of coherent memory. */
struct dma_page {
	struct list link;    /* in dma_pool.chunks */
	struct page *page;   /* first of 2^order pages; NULL: memory of a test's own */
	uint64_t dma;        /* bus address of the first byte */
	uint32_t nr_blocks;  /* it was cut into */
	uint32_t in_use;     /* of these */
	uint32_t offset;     /* of the first free block; the chunk's size and above: none */
	uint32_t *next_free; /* owned; by offset / 4: the chain that lies in the free blocks */
	uint64_t *used;      /* owned; a bit by offset / 4: given out */
	int number;          /* 1.. in the order in which the pool got them */
};

struct dma_pool {
	struct device *dev; /* borrowed */
	char name[DMA_POOL_NAME_MAX + 1];
	uint32_t size;       /* of a block, bytes */
	uint32_t allocation; /* of a chunk, bytes */
	uint32_t boundary;   /* no block crosses a multiple of it */
	struct list chunks;  /* struct dma_page, newest first */
	int nr_chunks_ever;
	struct list link; /* in device.pools, newest first */
};

/* A resource that goes with the driver. */
struct devres {
	struct list link; /* in device.resources, in order of registration */
	struct dma_pool *pool;
};

struct device {
	char *name;        /* owned */
	uint64_t dma_mask; /* addresses it can reach: bits */
	int node;          /* its memory lies there, NUMA_NO_NODE: anywhere */
	struct list pools;
	struct list resources;
	bool pools_file;  /* the sysfs attribute "pools" is there */
	struct list link; /* in linux_vm.devices */
};

/* The device of that name, made at its first use; borrowed. */
struct device *device_get(struct linux_vm *vm, const char *name);
/* The driver goes: its managed pools are destroyed, the last one first. */
void device_detach(struct task *t, struct device *dev);
void devices_init(struct linux_vm *vm);
/* The host's memory, at the end of a run. */
void devices_free(struct linux_vm *vm);

/*
 * A pool of blocks of size bytes (at least 4, rounded up to align) in chunks of a page at least; no
 * block crosses a multiple of boundary (0: of the chunk's size).  NULL: size 0, align (0: 1) no
 * power of two, boundary below size or no power of two.  No memory is taken yet.
 */
struct dma_pool *dma_pool_create(struct linux_vm *vm, const char *name, struct device *dev,
				 uint64_t size, uint64_t align, uint64_t boundary);
/* Frees the chunks; those with blocks in use stay allocated for ever. */
void dma_pool_destroy(struct task *t, struct dma_pool *pool);

/* A block. */
struct dma_block {
	struct dma_page *chunk; /* borrowed; NULL: none */
	uint32_t offset;
};

/* chunk NULL: no memory.  Sleeps if gfp allows direct reclaim. */
struct dma_block dma_pool_alloc(struct task *t, struct dma_pool *pool, gfp_t gfp);
/*
 * dma: the block's bus address.  The block is the first of its chunk then.  -EINVAL: no chunk of
 * the pool has it, or it is free already; nothing is done.
 */
int dma_pool_free(struct linux_vm *vm, struct dma_pool *pool, uint64_t dma);

/* Managed pools: the driver need not destroy them. */
struct dma_pool *dmam_pool_create(struct linux_vm *vm, const char *name, struct device *dev,
				  uint64_t size, uint64_t align, uint64_t allocation);
/* -ENOENT: the pool is not a managed one; it is left alone. */
int dmam_pool_destroy(struct task *t, struct dma_pool *pool);

static inline uint64_t dma_block_addr(const struct dma_block *b)
{
	return b->chunk->dma + b->offset;
}

/* Of a line of the attribute "pools"; total: blocks that there would be if none were lost. */
void dma_pool_stat(const struct dma_pool *pool, uint64_t *in_use, uint64_t *total,
		   uint64_t *chunks);
/* The device's attribute "pools", all of it, in the kernel's format. */
void dma_pools_show(const struct device *dev, struct str *out);

void pools_check(struct check *c, struct sim *s);
#endif
