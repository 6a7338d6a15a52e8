/*
 * pool_ops.c - pools of elements and of blocks for devices, as calls of scenarios
 *
 * An element is a block of pages (elements: pages) or an object of a slab cache (elements:
 * kmalloc). What its backend does can be said: alloc: "fail:3", and from some moment on
 * mempool_backend.
 */
#include <errno.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/arg.h"
#include "models/linux/model_list.h"
#include "models/linux/pools/dma_pool.h"
#include "models/linux/pools/pool_ops.h"
#include "models/linux/task.h"

const struct key_word mempool_elements_words[] = {
	{ "pages", ELEMENTS_PAGES, "blocks of 2^order pages" },
	{ "kmalloc", ELEMENTS_KMALLOC, "objects of size bytes" },
	{ NULL, 0, NULL },
};

/* ---- what scenarios hold; freed at the end of the run ---- */

struct pool_calls {
	struct list pools;    /* struct named_pool */
	struct list elements; /* struct pool_element that are out, or in a reserve */
	struct list blocks;   /* struct named_block */
};

static struct pool_calls *pool_calls(struct linux_vm *vm)
{
	if (!vm->pool_calls) {
		vm->pool_calls = sim_calloc(1, sizeof(*vm->pool_calls));
		list_init(&vm->pool_calls->pools);
		list_init(&vm->pool_calls->elements);
		list_init(&vm->pool_calls->blocks);
	}
	return vm->pool_calls;
}

void pool_calls_free(struct linux_vm *vm)
{
	struct pool_calls *calls = vm->pool_calls;

	if (!calls)
		return;
	LIST_FOR_EACH_SAFE (pos, next, &calls->elements) {
		struct pool_element *e = LIST_ENTRY(pos, struct pool_element, link);

		event_cancel(vm->sim, &e->event);
		sim_free(e);
	}
	LIST_FOR_EACH_SAFE (pos, next, &calls->blocks)
		sim_free(LIST_ENTRY(pos, struct named_block, link));
	/* one that was being filled when the run ended has no call yet */
	LIST_FOR_EACH_SAFE (pos, next, &vm->mempools) {
		struct mempool *pool = LIST_ENTRY(pos, struct mempool, link);

		list_del(&pool->link);
		sim_free(pool->elements);
		sim_free(pool);
	}
	LIST_FOR_EACH_SAFE (pos, next, &calls->pools)
		sim_free(LIST_ENTRY(pos, struct named_pool, link));
	sim_free(calls);
	vm->pool_calls = NULL;
}

/* ---- backends ---- */

/* Whether the backend has anything to give, by what the scenario said of it. */
static bool backend_gives(struct task *t, gfp_t gfp, struct named_pool *p)
{
	p->calls++;
	if (p->succeeds == 0)
		return false;
	if (p->succeeds > 0)
		p->succeeds--;
	switch (p->behaviour.kind) {
	case BEHAVE_ERROR:
		return false;
	case BEHAVE_FAIL:
		return p->calls != p->behaviour.nth;
	case BEHAVE_DELAY:
		if (gfpflags_allow_blocking(gfp)) {
			enum stall_cause outer = stall_enter(t, STALL_MEMPOOL);

			task_sleep(t, p->behaviour.delay);
			stall_leave(t, outer);
		}
		break;
	case BEHAVE_NONE:
	case BEHAVE_OK:
		break;
	}
	return true;
}

static void *element_alloc(struct task *t, gfp_t gfp, void *pool_data)
{
	struct named_pool *p = pool_data;
	struct kmalloc_piece piece = { 0 };
	struct pool_element *e;
	struct page *page = NULL;

	if (!backend_gives(t, gfp, p))
		return NULL;
	if (p->kind == ELEMENTS_KMALLOC ? kmalloc(t, p->size, gfp, &piece) != 0
					: !(page = alloc_pages(t, gfp, p->order)))
		return NULL;
	e = sim_calloc(1, sizeof(*e));
	e->owner = p;
	e->page = page;
	e->piece = piece;
	e->number = ++p->made;
	list_add_tail(&e->link, &pool_calls(task_vm(t))->elements);
	return e;
}

static void element_free(struct task *t, void *element, void *pool_data)
{
	struct named_pool *p = pool_data;
	struct pool_element *e = element;

	if (e->page) {
		task_run(t, (sim_time)task_vm(t)->machine->cost.page_free);
		free_pages(task_vm(t), t->cpu, e->page, p->order);
	} else {
		kfree(t, e->piece);
	}
	list_del(&e->link);
	sim_free(e);
}

/* ---- mempool ---- */

static bool sleeps_in_irq(const struct task *t, gfp_t gfp, const char *what)
{
	if (!task_in_irq(t) || !gfpflags_allow_blocking(gfp))
		return false;
	kernel_bug(t->sim, what);
	return true;
}

static int64_t op_mempool_create(struct task *t, const struct args *a, struct result *r)
{
	struct named_pool *p = sim_calloc(1, sizeof(*p));

	if (a->elements == ELEMENTS_KMALLOC && !a->size) {
		kernel_bug(t->sim, "mempool_create: elements of no bytes");
		sim_free(p);
		return give(r, NULL);
	}
	p->kind = (enum mempool_elements)a->elements;
	p->order = (int)a->order;
	p->size = (bytes_t)a->size;
	p->behaviour = a->alloc;
	p->succeeds = -1;
	list_add_tail(&p->link, &pool_calls(task_vm(t))->pools);
	p->pool = mempool_create(t, (int)a->min_nr, element_alloc, element_free, p);
	return give(r, p->pool ? p : NULL);
}

/* The pool of a call, if it still is one. */
static struct named_pool *pool_of(struct task *t, const struct args *a)
{
	struct named_pool *p = a->pool.ptr;

	if (p && p->pool)
		return p;
	kernel_bug(t->sim, "no such mempool");
	return NULL;
}

static int64_t op_mempool_alloc(struct task *t, const struct args *a, struct result *r)
{
	struct named_pool *p = pool_of(t, a);
	gfp_t gfp = (gfp_t)a->gfp;
	struct pool_element *e;

	if (!p || gfp_is_bug(t->sim, gfp) ||
	    sleeps_in_irq(t, gfp, "mempool_alloc: sleeping allocation in an interrupt"))
		return give(r, NULL);
	if (gfp & __GFP_ZERO)
		kernel_bug(t->sim, "mempool_alloc: __GFP_ZERO; an element of the reserve is not "
				   "cleared");
	p->users++;
	e = mempool_alloc(t, p->pool, gfp);
	p->users--;
	if (e)
		e->held = true;
	return give(r, e);
}

/* An element comes back as at the end of an I/O. */
static void free_in_interrupt(struct sim *s, struct event *event)
{
	struct pool_element *e = CONTAINER_OF(event, struct pool_element, event);

	if (!e->owner->pool) {
		kernel_bug(s, "mempool_free: the pool is gone");
		return;
	}
	e->held = false;
	cpu_interrupt(e->cpu, (sim_time)linux_vm(s)->machine->cost.interrupt);
	mempool_free(e->cpu->irq, e, e->owner->pool);
}

static int64_t op_mempool_free(struct task *t, const struct args *a, struct result *r)
{
	struct named_pool *p = pool_of(t, a);
	struct pool_element *e = a->element.ptr;

	(void)r;
	if (!p || !e)
		return 0;
	if (!e->held || event_scheduled(&e->event)) {
		kernel_bug(t->sim, "mempool_free: the element is free already");
		return -EINVAL;
	}
	if (e->owner->kind != p->kind ||
	    (p->kind == ELEMENTS_KMALLOC ? e->owner->size != p->size
					 : e->owner->order != p->order)) {
		kernel_bug(t->sim, "mempool_free: the pool has elements of another size");
		return -EINVAL;
	}
	e->owner = p; /* where it lies from now on */
	if (a->after) {
		e->cpu = t->cpu;
		event_schedule(t->sim, &e->event, task_now(t) + (sim_time)a->after, EVENT_IO,
			       free_in_interrupt);
		return 0;
	}
	e->held = false;
	mempool_free(t, e, p->pool);
	return 0;
}

static int64_t op_mempool_resize(struct task *t, const struct args *a, struct result *r)
{
	struct named_pool *p = pool_of(t, a);
	int ret;

	(void)r;
	if (!p)
		return -EINVAL;
	if (a->new_min_nr <= 0) {
		kernel_bug(t->sim, "mempool_resize: a reserve has one element at least");
		return -EINVAL;
	}
	p->users++;
	ret = mempool_resize(t, p->pool, (int)a->new_min_nr);
	p->users--;
	return ret;
}

static int64_t op_mempool_destroy(struct task *t, const struct args *a, struct result *r)
{
	struct named_pool *p = a->pool.ptr;

	(void)r;
	if (!p)
		return 0;
	if (!p->pool) {
		kernel_bug(t->sim, "mempool_destroy: the pool is gone already");
		return -EINVAL;
	}
	if (wait_queue_active(&p->pool->wait)) {
		kernel_bug(t->sim, "mempool_destroy: somebody waits for an element");
		return -EBUSY;
	}
	if (p->users) {
		kernel_bug(t->sim, "mempool_destroy: somebody is taking elements for it");
		return -EBUSY;
	}
	mempool_destroy(t, p->pool);
	p->pool = NULL;
	return 0;
}

static int64_t op_mempool_backend(struct task *t, const struct args *a, struct result *r)
{
	struct named_pool *p = pool_of(t, a);

	(void)r;
	if (p)
		p->succeeds = a->succeeds;
	return 0;
}

/* ---- dma_pool ---- */

static int64_t give_dma_pool(struct result *r, struct dma_pool *pool)
{
	return give(r, pool);
}

static int64_t op_dma_pool_create(struct task *t, const struct args *a, struct result *r)
{
	struct linux_vm *vm = task_vm(t);

	return give_dma_pool(r,
			     dma_pool_create(vm, a->name, device_get(vm, a->dev), (uint64_t)a->size,
					     (uint64_t)a->align, (uint64_t)a->boundary));
}

static int64_t op_dmam_pool_create(struct task *t, const struct args *a, struct result *r)
{
	struct linux_vm *vm = task_vm(t);

	return give_dma_pool(r, dmam_pool_create(vm, a->name, device_get(vm, a->dev),
						 (uint64_t)a->size, (uint64_t)a->align,
						 (uint64_t)a->allocation));
}

/* Whether the pool was not destroyed meanwhile. */
static bool is_pool(const struct linux_vm *vm, const struct dma_pool *pool)
{
	LIST_FOR_EACH (d, &vm->devices)
		LIST_FOR_EACH (p, &LIST_ENTRY(d, struct device, link)->pools)
			if (LIST_ENTRY(p, struct dma_pool, link) == pool)
				return true;
	kernel_bug(vm->sim, "no such dma_pool");
	return false;
}

static int64_t op_dma_pool_destroy(struct task *t, const struct args *a, struct result *r)
{
	struct dma_pool *pool = a->dma_pool.ptr;

	(void)r;
	if (!pool)
		return 0;
	if (!is_pool(task_vm(t), pool))
		return -EINVAL;
	LIST_FOR_EACH (pos, &pool->dev->resources) {
		if (LIST_ENTRY(pos, struct devres, link)->pool != pool)
			continue;
		kernel_bug(t->sim, "dma_pool_destroy: a managed pool, which its device would "
				   "destroy once more; dmam_pool_destroy does");
		return -EINVAL;
	}
	dma_pool_destroy(t, pool);
	return 0;
}

static int64_t op_dmam_pool_destroy(struct task *t, const struct args *a, struct result *r)
{
	struct dma_pool *pool = a->dma_pool.ptr;

	(void)r;
	if (!pool || !is_pool(task_vm(t), pool))
		return pool ? -EINVAL : 0;
	return dmam_pool_destroy(t, pool);
}

static int64_t op_dma_pool_alloc(struct task *t, const struct args *a, struct result *r)
{
	struct linux_vm *vm = task_vm(t);
	struct dma_pool *pool = a->dma_pool.ptr;
	struct named_block *named;
	struct dma_block b;

	if (!pool || !is_pool(vm, pool) || gfp_is_bug(t->sim, (gfp_t)a->gfp) ||
	    sleeps_in_irq(t, (gfp_t)a->gfp, "dma_pool_alloc: sleeping allocation in an interrupt"))
		return give(r, NULL);
	b = dma_pool_alloc(t, pool, (gfp_t)a->gfp);
	if (!b.chunk)
		return give(r, NULL);
	named = sim_calloc(1, sizeof(*named));
	named->dma = dma_block_addr(&b);
	named->offset = b.offset;
	named->chunk = b.chunk->number;
	list_add_tail(&named->link, &pool_calls(vm)->blocks);
	return give(r, named);
}

static int64_t op_dma_pool_free(struct task *t, const struct args *a, struct result *r)
{
	struct dma_pool *pool = a->dma_pool.ptr;
	const struct named_block *b = a->dma_block.ptr;

	(void)r;
	if (!pool || !b || !is_pool(task_vm(t), pool))
		return -EINVAL;
	return dma_pool_free(task_vm(t), pool, b->dma);
}

static int64_t op_device_detach(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	device_detach(t, device_get(task_vm(t), a->dev));
	return 0;
}

static int64_t op_device_dma_mask(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	device_get(task_vm(t), a->dev)->dma_mask =
	    a->bits == 64 ? UINT64_MAX : (1ULL << a->bits) - 1;
	return 0;
}

static const struct op pool_ops[] = {
	{ "mempool_create", "min_nr, elements = pages, order = 0, size = 0, alloc =", "mempool",
	  op_mempool_create, OP_NO_IRQ, "a pool with min_nr elements in reserve" },
	{ "mempool_alloc", "pool, gfp = GFP_KERNEL", "element", op_mempool_alloc, OP_MAY_SLEEP,
	  "an element, in the end from the reserve or by waiting" },
	{ "mempool_free", "element, pool, after = 0 s", NULL, op_mempool_free, OP_RELEASES,
	  "give an element back, now or as an interrupt does later: the reserve comes first" },
	{ "mempool_resize", "pool, new_min_nr", NULL, op_mempool_resize, OP_NO_IRQ,
	  "another size of the reserve" },
	{ "mempool_destroy", "pool", NULL, op_mempool_destroy, OP_NO_IRQ,
	  "free the reserve and the pool" },
	{ "mempool_backend", "pool, succeeds", NULL, op_mempool_backend, 0,
	  "from now on the backend of a pool succeeds so many times, and then fails" },
	{ "dma_pool_create", "name = pool, dev = dev, size, align = 0, boundary = 0", "dma_pool",
	  op_dma_pool_create, OP_NO_IRQ, "a pool of equal blocks for a device" },
	{ "dma_pool_destroy", "dma_pool", NULL, op_dma_pool_destroy, OP_NO_IRQ,
	  "free its chunks; one with blocks in use is lost" },
	{ "dma_pool_alloc", "dma_pool, gfp = GFP_KERNEL", "dma_block", op_dma_pool_alloc,
	  OP_MAY_SLEEP, "a block; a chunk more if there is none" },
	{ "dma_pool_free", "dma_block, dma_pool", NULL, op_dma_pool_free, OP_RELEASES,
	  "give a block back: it is the next one" },
	{ "dmam_pool_create", "name = pool, dev = dev, size, align = 0, allocation = 0", "dma_pool",
	  op_dmam_pool_create, OP_NO_IRQ, "a pool that goes with the driver" },
	{ "dmam_pool_destroy", "dma_pool", NULL, op_dmam_pool_destroy, OP_NO_IRQ,
	  "destroy such a pool before" },
	{ "device_detach", "dev", NULL, op_device_detach, OP_NO_IRQ,
	  "the driver goes, and with it all that it made managed, the last first" },
	{ "device_dma_mask", "dev, bits", NULL, op_device_dma_mask, 0,
	  "the device reaches addresses of so many bits: 24 DMA, 32 DMA32, 64 all" },
};

static const struct check_def pool_checks[] = {
	{ "dma_pools", pools_check, "free and used blocks of each chunk of DMA pools" },
};

const struct model pools_model = {
	.name = "pools",
	.ops = pool_ops,
	.nr_ops = ARRAY_LEN(pool_ops),
	.checks = pool_checks,
	.nr_checks = ARRAY_LEN(pool_checks),
};
