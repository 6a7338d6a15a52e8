/*
 * dma.c - calls of dma_pool and dmam_pool; all pools are of one device
 */
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/fs.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "calls.h"

#define MAX_POOLS 4096
#define ATTRIBUTE "/sys/devices/platform/calls/pools"

/* The beginning of a pool and of a chunk of it, as mm/dmapool.c has them. */
struct dma_pool {
	struct list_head chunks;
	spinlock_t lock;
	size_t size;
	struct device *dev;
	size_t allocation, boundary;
};

struct chunk {
	struct list_head link;
	void *addr;
	dma_addr_t dma;
};

static struct {
	struct dma_pool *pool;
	void **chunk; /* in the order in which it got them */
	int nr_chunks, room;
} * pools;

static struct {
	void *addr;
	dma_addr_t dma;
} * blocks;

static struct platform_device *device;

static void note_pool(const struct line *l, struct dma_pool *pool)
{
	u64 i = number_below(l, 1, MAX_POOLS);

	pools[i].pool = pool;
	pools[i].nr_chunks = 0;
	if (pool)
		say(" ok %zu %zu %zu", pool->size, pool->allocation, pool->boundary);
	else
		say(" NULL");
}

static const char *pool_name(const struct line *l)
{
	static char name[16];

	snprintf(name, sizeof(name), "p%s", l->word[1]);
	return name;
}

static void do_dma_pool_create(const struct line *l)
{
	note_pool(l, dma_pool_create(pool_name(l), &device->dev, number(l, 2), number(l, 3),
				     number(l, 4)));
}

static void do_dmam_pool_create(const struct line *l)
{
	note_pool(l, dmam_pool_create(pool_name(l), &device->dev, number(l, 2), number(l, 3),
				      number(l, 4)));
}

/* The number of a chunk of a pool, from 1; one that is not known yet gets the next. */
static int chunk_number(u64 i, void *addr)
{
	int n = 0;

	while (n < pools[i].nr_chunks && pools[i].chunk[n] != addr)
		n++;
	if (n == pools[i].room) {
		pools[i].room = 2 * n + 16;
		pools[i].chunk =
		    krealloc_array(pools[i].chunk, pools[i].room, sizeof(void *), GFP_KERNEL);
		if (!pools[i].chunk) {
			script_error("no memory");
			return 0;
		}
	}
	if (n == pools[i].nr_chunks)
		pools[i].chunk[pools[i].nr_chunks++] = addr;
	return n + 1;
}

static void do_dma_pool_alloc(const struct line *l)
{
	u64 i = number_below(l, 1, MAX_POOLS), slot = number_below(l, 2, MAX_SLOTS);
	struct dma_pool *pool = pools[i].pool;
	struct chunk *c;
	dma_addr_t dma;
	void *addr = pool ? dma_pool_alloc(pool, mask(l, 3), &dma) : NULL;

	if (!addr) {
		say(" NULL");
		return;
	}
	blocks[slot].addr = addr;
	blocks[slot].dma = dma;
	list_for_each_entry(c, &pool->chunks,
			    link) if (addr >= c->addr && addr < c->addr + pool->allocation) break;
	say(" %d %zu %lld", chunk_number(i, c->addr), addr - c->addr,
	    (s64)(addr - c->addr) - (s64)(dma - c->dma));
}

static void do_dma_pool_free(const struct line *l)
{
	u64 i = number_below(l, 1, MAX_POOLS), slot = number_below(l, 2, MAX_SLOTS);

	dma_pool_free(pools[i].pool, blocks[slot].addr, blocks[slot].dma);
	say(" -");
}

static void do_dma_pool_destroy(const struct line *l)
{
	u64 i = number_below(l, 1, MAX_POOLS);

	dma_pool_destroy(pools[i].pool);
	pools[i].pool = NULL;
	say(" -");
}

static void do_dmam_pool_destroy(const struct line *l)
{
	u64 i = number_below(l, 1, MAX_POOLS);

	dmam_pool_destroy(pools[i].pool);
	pools[i].pool = NULL;
	say(" -");
}

/* The device's attribute: its lines ended by ";", blanks single. */
static void do_pools(const struct line *l)
{
	struct file *f = filp_open(ATTRIBUTE, O_RDONLY, 0);
	char *text = (char *)get_zeroed_page(GFP_KERNEL), *p;
	loff_t at = 0;
	bool blank = false;

	if (IS_ERR(f)) {
		say(" error %ld", PTR_ERR(f));
	} else {
		say(" ");
		kernel_read(f, text, PAGE_SIZE - 1, &at);
		filp_close(f, NULL);
		for (p = text; *p; p++) {
			if (*p != ' ' || !blank)
				say("%c", *p == '\n' ? ';' : *p);
			blank = *p == ' ';
		}
	}
	free_page((unsigned long)text);
}

static const struct call dma_calls[] = {
	{ "dma_pool_create", 4, do_dma_pool_create },
	{ "dmam_pool_create", 4, do_dmam_pool_create },
	{ "dma_pool_alloc", 3, do_dma_pool_alloc },
	{ "dma_pool_free", 2, do_dma_pool_free },
	{ "dma_pool_destroy", 1, do_dma_pool_destroy },
	{ "dmam_pool_destroy", 1, do_dmam_pool_destroy },
	{ "pools", 1, do_pools },
	{},
};

static int dma_start(void)
{
	device = platform_device_register_simple("calls", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	pools = vcalloc(MAX_POOLS, sizeof(*pools));
	blocks = vcalloc(MAX_SLOTS, sizeof(*blocks));
	if (!pools || !blocks)
		return -ENOMEM;
	return dma_coerce_mask_and_coherent(&device->dev, DMA_BIT_MASK(64));
}

static const char *const columns[] = {
	"dma_pool_create|dmam_pool_create pool size align boundary = NULL | ok size allocation "
	"boundary",
	"dma_pool_alloc pool slot gfp = chunk offset 0    chunk: numbered from 1 in the order the "
	"pool got them; last:",
	"difference of CPU address and bus address.  pools 0 = the device's attribute, lines ended "
	"by \";\"",
	NULL,
};

const struct group dma_group = {
	.name = "dma",
	.calls = dma_calls,
	.columns = columns,
	.start = dma_start,
};
