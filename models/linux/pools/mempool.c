/*
 * mempool.c - elements in reserve
 *
 * As long as the backend has elements the reserve is not touched.  Who may sleep gets an element in
 * the end: one that is freed fills the reserve first, and wakes all who wait.
 */
#include <errno.h>
#include <string.h>

#include "models/linux/pools/mempool.h"
#include "models/linux/task.h"

static void *remove_element(struct mempool *pool)
{
	SIM_ASSERT(pool->curr_nr > 0);
	return pool->elements[--pool->curr_nr];
}

static void add_element(struct mempool *pool, void *element)
{
	SIM_ASSERT(pool->curr_nr < pool->min_nr);
	pool->elements[pool->curr_nr++] = element;
}

/* Takes elements until the reserve is full.  False: the backend has no more. */
static bool fill(struct task *t, struct mempool *pool)
{
	while (pool->curr_nr < pool->min_nr) {
		void *element = pool->alloc(t, GFP_KERNEL, pool->pool_data);

		if (!element)
			return false;
		/* the reserve may have been filled while the backend slept */
		if (pool->curr_nr < pool->min_nr)
			add_element(pool, element);
		else
			pool->free(t, element, pool->pool_data);
	}
	return true;
}

struct mempool *mempool_create(struct task *t, int min_nr, mempool_alloc_t *alloc_fn,
			       mempool_free_t *free_fn, void *pool_data)
{
	struct linux_vm *vm = task_vm(t);
	struct mempool *pool = sim_calloc(1, sizeof(*pool));

	pool->min_nr = min_nr;
	pool->capacity = min_nr;
	pool->elements = sim_calloc((size_t)min_nr + 1, sizeof(*pool->elements));
	pool->pool_data = pool_data;
	pool->alloc = alloc_fn;
	pool->free = free_fn;
	wait_queue_init(&pool->wait);
	list_add_tail(&pool->link, &vm->mempools);
	if (!fill(t, pool)) {
		mempool_destroy(t, pool);
		return NULL;
	}
	return pool;
}

void mempool_destroy(struct task *t, struct mempool *pool)
{
	if (!pool)
		return;
	while (pool->curr_nr)
		pool->free(t, remove_element(pool), pool->pool_data);
	list_del(&pool->link);
	sim_free(pool->elements);
	sim_free(pool);
}

int mempool_resize(struct task *t, struct mempool *pool, int new_min_nr)
{
	void **larger;

	SIM_ASSERT(new_min_nr > 0);
	if (new_min_nr <= pool->min_nr) {
		while (new_min_nr < pool->curr_nr)
			pool->free(t, remove_element(pool), pool->pool_data);
		pool->min_nr = new_min_nr;
		return 0;
	}
	larger = sim_calloc((size_t)new_min_nr, sizeof(*larger));
	memcpy(larger, pool->elements, (size_t)pool->curr_nr * sizeof(*larger));
	sim_free(pool->elements);
	pool->elements = larger;
	pool->capacity = new_min_nr;
	pool->min_nr = new_min_nr;
	fill(t, pool); /* what is missing comes with elements that are freed */
	return 0;
}

/* Sleeps until an element is freed, 5 s at most. */
static void wait_for_element(struct task *t, struct mempool *pool)
{
	sim_time begin = task_now(t);
	bool outer = io_schedule_prepare(t); /* the kernel waits as for I/O */
	enum stall_cause lost = stall_enter(t, STALL_MEMPOOL);

	t->waits_for = "an element of a mempool";
	if (!task_wait(t, &pool->wait, MEMPOOL_WAIT_TICKS))
		pool->stat.timeouts++;
	stall_leave(t, lost);
	io_schedule_finish(t, outer);
	t->waits_for = NULL;
	pool->stat.wait_ns += (int64_t)(task_now(t) - begin);
}

void *mempool_alloc(struct task *t, struct mempool *pool, gfp_t gfp)
{
	gfp_t try_gfp;
	bool waited = false;

	/* the reserves of zones are not for those who have one of their own */
	gfp |= __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	try_gfp = gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_IO);
	for (;;) {
		void *element = pool->alloc(t, try_gfp, pool->pool_data);

		if (element) {
			pool->stat.alloc_direct++;
		} else if (pool->curr_nr) {
			element = remove_element(pool);
			pool->stat.alloc_reserve++;
		}
		if (element) {
			pool->stat.alloc_wait += waited;
			return element;
		}
		if (try_gfp != gfp) {
			try_gfp = gfp;
			continue;
		}
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			return NULL;
		wait_for_element(t, pool);
		waited = true;
	}
}

void mempool_free(struct task *t, void *element, struct mempool *pool)
{
	if (!element)
		return;
	if (pool->curr_nr < pool->min_nr) {
		add_element(pool, element);
		pool->stat.free_refill++;
		wake_up(t->sim, &pool->wait); /* all: none of them waits exclusively */
		return;
	}
	pool->stat.free_backend++;
	pool->free(t, element, pool->pool_data);
}
