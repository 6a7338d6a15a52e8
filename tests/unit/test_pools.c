/*
 * test_pools.c - DMA pools and mempools against second models
 *
 * The second model of a DMA pool cuts chunks by windows between boundaries instead of walking, and
 * keeps the free blocks of each chunk in a plain array; that of a mempool is a list of numbers.
 * FUZZ_OPS says how many calls; the first argument is the seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/pools/dma_pool.h"
#include "models/linux/pools/mempool.h"
#include "tests/unit/fixture.h"

#define DEFAULT_OPS 100000

static uint64_t seed = 1;
static long ops = DEFAULT_OPS;
static struct fixture f;

static const char machine[] = "machine: { nodes: [{ cpus: 1, memory: 256 MiB }] }\n";

/* ---- carving ---- */

struct carving {
	uint64_t size, align, boundary;
	unsigned blocks;
	uint32_t offset[6]; /* of the first ones */
};

static const struct carving carvings[] = {
	{ 32, 0, 0, 127, { 0, 32, 64, 96, 128, 160 } },
	{ 64, 0, 0, 63, { 0, 64, 128, 192, 256, 320 } },
	{ 96, 0, 0, 42, { 0, 96, 192, 288, 384, 480 } },
	{ 128, 0, 0, 31, { 0, 128 } },
	{ 256, 0, 0, 15, { 0, 256 } },
	{ 512, 0, 0, 7, { 0, 512 } },
	{ 1000, 0, 0, 4, { 0, 1000, 2000, 3000 } },
	{ 1024, 0, 0, 3, { 0, 1024, 2048 } },
	{ 2048, 0, 0, 1, { 0 } },
	{ 4096, 0, 0, 1, { 0 } },
	{ 5000, 8, 0, 1, { 0 } },
	{ 512, 0, 1024, 4, { 0, 1024, 2048, 3072 } },
	{ 600, 0, 2048, 6, { 0, 600, 1200, 2048, 2648, 3248 } },
	{ 64, 0, 128, 32, { 0, 128, 256 } },
	{ 64, 0, 8192, 64, { 0, 64, 128 } },
	{ 3000, 0, 8192, 2, { 0, 3000 } },
};

static void carve_all(struct task *t, void *arg)
{
	struct device *dev = device_get(f.vm, "nic");

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(carvings); i++) {
		const struct carving *c = &carvings[i];
		struct dma_pool *pool =
		    dma_pool_create(f.vm, "p", dev, c->size, c->align, c->boundary);

		assert_non_null(pool);
		for (unsigned k = 0; k < c->blocks; k++) {
			struct dma_block b = dma_pool_alloc(t, pool, GFP_KERNEL);

			assert_int_equal(b.chunk->number, 1);
			if (k < 6 && (!k || c->offset[k]))
				assert_int_equal(b.offset, c->offset[k]);
		}
		assert_int_equal(dma_pool_alloc(t, pool, GFP_KERNEL).chunk->number, 2);
		dma_pool_destroy(t, pool);
	}
}

static void chunks_are_carved_as_in_the_tables(void **state)
{
	(void)state;
	fixture_boot(&f, machine);
	fixture_task(&f, carve_all, NULL);
	fixture_end(&f);
}

/* ---- DMA pools by chance ---- */

#define MAX_CHUNKS 64
#define MAX_BLOCKS 1024 /* of a chunk */

struct naive_chunk {
	uint32_t free[MAX_BLOCKS + 1]; /* the last one is next */
	int nr_free, in_use;
};

struct naive_pool {
	struct dma_pool *pool;
	uint32_t size, allocation, boundary;
	struct naive_chunk chunk[MAX_CHUNKS]; /* oldest first */
	int nr_chunks;
};

/* Places from the back, window by window. */
static void naive_carve(const struct naive_pool *p, struct naive_chunk *c)
{
	uint32_t list[MAX_BLOCKS + 1];
	int n = 0;

	for (uint64_t window = 0; window < p->allocation; window += p->boundary) {
		uint64_t fit = (p->boundary - 1) / p->size;

		if (!fit)
			fit = 1;
		for (uint64_t k = 0; k < fit && window + k * p->size < p->allocation; k++)
			list[n++] = (uint32_t)(window + k * p->size);
	}
	c->in_use = 0;
	c->nr_free = n;
	for (int i = 0; i < n; i++)
		c->free[i] = list[n - 1 - i];
}

struct held {
	uint64_t dma;
	uint32_t offset;
	int chunk;
};

struct dma_world {
	struct naive_pool p;
	struct held held[MAX_CHUNKS * MAX_BLOCKS];
	int nr_held;
	struct rng r;
};

static void one_alloc(struct dma_world *w, struct task *t)
{
	struct naive_pool *p = &w->p;
	int c = p->nr_chunks - 1;
	struct dma_block b;

	while (c >= 0 && !p->chunk[c].nr_free)
		c--;
	if (c < 0) {
		if (p->nr_chunks == MAX_CHUNKS)
			return;
		c = p->nr_chunks++;
		naive_carve(p, &p->chunk[c]);
	}
	b = dma_pool_alloc(t, p->pool, GFP_ATOMIC);
	assert_non_null(b.chunk);
	assert_int_equal(b.chunk->number, c + 1);
	assert_int_equal(b.offset, p->chunk[c].free[--p->chunk[c].nr_free]);
	p->chunk[c].in_use++;
	w->held[w->nr_held++] = (struct held){ dma_block_addr(&b), b.offset, c };
}

static void one_free(struct dma_world *w)
{
	int i = (int)rng_below(&w->r, (uint64_t)w->nr_held);
	struct held h = w->held[i];
	struct naive_chunk *c = &w->p.chunk[h.chunk];

	w->held[i] = w->held[--w->nr_held];
	assert_int_equal(dma_pool_free(f.vm, w->p.pool, h.dma), 0);
	c->free[c->nr_free++] = h.offset;
	c->in_use--;
}

static void one_pool(struct dma_world *w, struct task *t, long n)
{
	struct naive_pool *p = &w->p;
	uint64_t size = 4 + rng_below(&w->r, rng_below(&w->r, 2) ? 300 : 6000);
	uint64_t boundary = rng_below(&w->r, 2) ? 0 : 4096ULL << rng_below(&w->r, 2);
	uint64_t in_use, total, chunks, sum = 0;

	if (boundary && boundary < size)
		boundary = 0;
	w->nr_held = 0;
	p->nr_chunks = 0;
	p->pool = dma_pool_create(f.vm, "random", device_get(f.vm, "nic"), size, 0, boundary);
	assert_non_null(p->pool);
	p->size = (uint32_t)size;
	p->allocation = (uint32_t)max_u64(size, PAGE_SIZE);
	p->boundary = boundary ? (uint32_t)boundary : p->allocation;
	for (long i = 0; i < n; i++) {
		if (w->nr_held && rng_below(&w->r, 100) < (i / 100 % 2 ? 60 : 40))
			one_free(w);
		else
			one_alloc(w, t);
	}
	dma_pool_stat(p->pool, &in_use, &total, &chunks);
	for (int c = 0; c < p->nr_chunks; c++)
		sum += (uint64_t)p->chunk[c].in_use;
	assert_int_equal(in_use, sum);
	assert_int_equal(chunks, p->nr_chunks);
	fixture_check(&f);
	while (w->nr_held)
		one_free(w);
	dma_pool_destroy(t, p->pool);
}

static void random_dma(struct task *t, void *arg)
{
	struct dma_world *w = arg;

	for (long done = 0; done < ops; done += 2000)
		one_pool(w, t, 2000);
}

static void blocks_come_as_in_a_plain_list(void **state)
{
	struct dma_world *w = calloc(1, sizeof(*w));

	(void)state;
	print_message("%ld operations, seed %llu\n", ops, (unsigned long long)seed);
	rng_init(&w->r, seed, "dma");
	fixture_boot(&f, machine);
	fixture_task(&f, random_dma, w);
	fixture_end(&f);
	free(w);
}

/* ---- mempools by chance ---- */

#define MAX_ELEMENTS 64

struct mempool_world {
	struct mempool *pool;
	struct rng r;
	intptr_t reserve[MAX_ELEMENTS]; /* the second model: the last one is next */
	int nr_reserve, min_nr;
	intptr_t out[4 * MAX_ELEMENTS];
	int nr_out;
	intptr_t made, freed; /* numbers the backend gave, and got back last */
	bool fails;
	int calls;
};

static void *number_alloc(struct task *t, gfp_t gfp, void *pool_data)
{
	struct mempool_world *w = pool_data;

	(void)t;
	(void)gfp;
	w->calls++;
	return w->fails ? NULL : (void *)++w->made;
}

static void number_free(struct task *t, void *element, void *pool_data)
{
	struct mempool_world *w = pool_data;

	(void)t;
	w->freed = (intptr_t)element;
}

static void one_get(struct mempool_world *w, struct task *t)
{
	gfp_t gfp = rng_below(&w->r, 2) ? GFP_ATOMIC : __GFP_KSWAPD_RECLAIM | __GFP_IO;
	int attempts = w->fails && !w->nr_reserve && (gfp & __GFP_IO) ? 2 : 1;
	intptr_t want = 0, got;

	w->calls = 0;
	if (!w->fails)
		want = w->made + 1;
	else if (w->nr_reserve)
		want = w->reserve[--w->nr_reserve];
	got = (intptr_t)mempool_alloc(t, w->pool, gfp);
	assert_int_equal(got, want);
	assert_int_equal(w->calls, attempts);
	if (got)
		w->out[w->nr_out++] = got;
}

static void one_put(struct mempool_world *w, struct task *t)
{
	int i = (int)rng_below(&w->r, (uint64_t)w->nr_out);
	intptr_t element = w->out[i];

	w->out[i] = w->out[--w->nr_out];
	w->freed = 0;
	mempool_free(t, (void *)element, w->pool);
	if (w->nr_reserve < w->min_nr) {
		assert_int_equal(w->freed, 0);
		w->reserve[w->nr_reserve++] = element;
	} else {
		assert_int_equal(w->freed, element);
	}
}

static void one_resize(struct mempool_world *w, struct task *t)
{
	int n = 1 + (int)rng_below(&w->r, MAX_ELEMENTS);
	bool grows = n > w->min_nr;

	w->min_nr = n;
	while (w->nr_reserve > n)
		w->nr_reserve--;
	for (intptr_t next = w->made + 1; grows && !w->fails && w->nr_reserve < n;)
		w->reserve[w->nr_reserve++] = next++;
	assert_int_equal(mempool_resize(t, w->pool, n), 0);
}

static void random_mempool(struct task *t, void *arg)
{
	struct mempool_world *w = arg;

	w->min_nr = 4;
	w->pool = mempool_create(t, 4, number_alloc, number_free, w);
	assert_non_null(w->pool);
	for (int i = 0; i < 4; i++)
		w->reserve[w->nr_reserve++] = i + 1;
	for (long i = 0; i < ops; i++) {
		uint64_t what = rng_below(&w->r, 100);

		if (what == 0)
			w->fails = !w->fails;
		else if (what < 3)
			one_resize(w, t);
		else if (w->nr_out && (what < 50 || w->nr_out == 4 * MAX_ELEMENTS))
			one_put(w, t);
		else
			one_get(w, t);
		assert_int_equal(w->pool->curr_nr, w->nr_reserve);
		assert_int_equal(w->pool->min_nr, w->min_nr);
	}
	mempool_destroy(t, w->pool);
	assert_int_equal(w->freed, w->nr_reserve ? w->reserve[0] : w->freed);
}

static void elements_come_as_in_a_plain_list(void **state)
{
	struct mempool_world *w = calloc(1, sizeof(*w));

	(void)state;
	rng_init(&w->r, seed, "mempool");
	fixture_boot(&f, machine);
	fixture_task(&f, random_mempool, w);
	fixture_end(&f);
	free(w);
}

static void gives_later(struct task *t, void *arg)
{
	struct mempool_world *w = arg;

	task_sleep(t, NS_PER_SEC);
	mempool_free(t, (void *)w->out[0], w->pool);
}

/* Waits for an element within a wait for I/O, as a file system does. */
static void waits_within_a_wait(struct task *t, void *arg)
{
	struct mempool_world *w = arg;
	bool outer;

	w->fails = false;
	w->pool = mempool_create(t, 1, number_alloc, number_free, w);
	w->fails = true;
	w->out[0] = (intptr_t)mempool_alloc(t, w->pool, GFP_NOIO);
	task_spawn(f.s, t->cpu, "gives", TASK_DAEMON, gives_later, w);
	outer = io_schedule_prepare(t);
	assert_int_equal((intptr_t)mempool_alloc(t, w->pool, GFP_NOIO), w->out[0]);
	assert_true(task_now(t) >= NS_PER_SEC);
	assert_true(t->in_iowait); /* it still waits for I/O */
	io_schedule_finish(t, outer);
	assert_false(t->in_iowait);
	mempool_free(t, (void *)w->out[0], w->pool);
	mempool_destroy(t, w->pool);
}

static void a_wait_for_an_element_ends_no_other_wait_for_io(void **state)
{
	struct mempool_world *w = calloc(1, sizeof(*w));

	(void)state;
	fixture_boot(&f, machine);
	fixture_task(&f, waits_within_a_wait, w);
	fixture_end(&f);
	free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_are_carved_as_in_the_tables),
		cmocka_unit_test(blocks_come_as_in_a_plain_list),
		cmocka_unit_test(elements_come_as_in_a_plain_list),
		cmocka_unit_test(a_wait_for_an_element_ends_no_other_wait_for_io),
	};
	const char *fuzz = getenv("FUZZ_OPS");

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	if (fuzz)
		ops = strtol(fuzz, NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
