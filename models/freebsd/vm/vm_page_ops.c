/*
 * vm_page_ops.c - functions on pages by their names, as kernel code calls them
 */
#include <errno.h>

#include "models/freebsd/arg.h"
#include "models/freebsd/model_list.h"
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/vm_pageout.h"
#include "models/freebsd/vm/vm_reserv.h"

static const struct cost_table *costs(const struct task *t)
{
	return &task_freebsd(t)->machine->cost;
}

/* Whether the call went by without a panic; begins to watch for one. */
static bool may_call(struct task *t, const void *needed, const char *what)
{
	struct freebsd_vm *vm = task_freebsd(t);

	vm->call_panicked = false;
	if (!needed)
		vm_panic(vm, what);
	return needed != NULL;
}

static int64_t done(const struct task *t)
{
	return task_freebsd(t)->call_panicked ? -EINVAL : 0;
}

/* The page of a call; NULL if it is none that is in use. */
static struct vm_page *page_of(struct task *t, const struct args *a)
{
	struct vm_page *m = a->page.ptr;

	return may_call(t, m && (m->flags & PG_IN_USE) ? m : NULL, "the page is not in use") ? m
											     : NULL;
}

/* Ranges are asserted by the kernel, unless it was built without that. */
static bool range_ok(struct task *t, const struct args *a)
{
	struct freebsd_vm *vm = task_freebsd(t);

	vm->call_panicked = false;
	if (a->size > INT32_MAX) {
		vm_panic(vm, "vm_page_bits: no int");
		return false;
	}
	if (vm->lenient_bits || vm_page_range_valid((int)a->base, (int)a->size))
		return true;
	vm_panic(vm, "vm_page_bits: illegal base/size");
	return false;
}

/* --- objects --- */

static int64_t op_vm_object_allocate(struct task *t, const struct args *a, struct result *r)
{
	return give(r, vm_object_allocate(task_freebsd(t), (enum vm_object_type)a->type,
					  a->size > 0 ? (uint64_t)a->size : 1));
}

static int64_t op_vm_object_deallocate(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (may_call(t, a->object.ptr, "no object"))
		vm_object_deallocate(t, a->object.ptr);
	return done(t);
}

/* --- giving out and taking back --- */

static int64_t op_vm_page_alloc(struct task *t, const struct args *a, struct result *r)
{
	int req = (int)a->req | VM_ALLOC_COUNT(a->pages);

	task_freebsd(t)->call_panicked = false;
	give(r, vm_page_alloc(t, a->object.ptr, (uint64_t)a->pindex, req));
	task_run(t, (sim_time)costs(t)->page_alloc);
	return 0;
}

static int64_t op_vm_page_grab(struct task *t, const struct args *a, struct result *r)
{
	int req = (int)a->req | VM_ALLOC_COUNT(a->pages);

	if (!may_call(t, a->object.ptr, "vm_page_grab: no object"))
		return give(r, NULL);
	give(r, vm_page_grab(t, a->object.ptr, (uint64_t)a->pindex, req));
	task_run(t, (sim_time)costs(t)->page_alloc);
	return 0;
}

static int64_t op_vm_page_lookup(struct task *t, const struct args *a, struct result *r)
{
	if (!may_call(t, a->object.ptr, "vm_page_lookup: no object"))
		return give(r, NULL);
	return give(r, vm_page_lookup(task_freebsd(t), a->object.ptr, (uint64_t)a->pindex));
}

/* Functions of a page and nothing else. */
#define PAGE_CALL(name, call, cost)                                                                \
	static int64_t op_##name(struct task *t, const struct args *a, struct result *r)           \
	{                                                                                          \
		struct freebsd_vm *vm = task_freebsd(t);                                           \
		struct vm_page *m = page_of(t, a);                                                 \
                                                                                                   \
		(void)r;                                                                           \
		(void)vm;                                                                          \
		if (m)                                                                             \
			call;                                                                      \
		task_run(t, (sim_time)(cost));                                                     \
		return done(t);                                                                    \
	}

PAGE_CALL(vm_page_free, vm_page_free(vm, m), costs(t)->page_free)
PAGE_CALL(vm_page_cache, vm_page_cache(vm, m), costs(t)->page_free)
PAGE_CALL(vm_page_activate, vm_page_activate(vm, m), 0)
PAGE_CALL(vm_page_deactivate, vm_page_deactivate(vm, m), 0)
PAGE_CALL(vm_page_dontneed, vm_page_dontneed(vm, t->cpu, m), 0)
PAGE_CALL(vm_page_wire, vm_page_wire(vm, m), 0)
PAGE_CALL(vm_page_unwire, vm_page_unwire(vm, m, a->activate), 0)
PAGE_CALL(vm_page_hold, vm_page_hold(m), 0)
PAGE_CALL(vm_page_unhold, vm_page_unhold(vm, m), 0)
PAGE_CALL(vm_page_wakeup, vm_page_wakeup(vm, m), 0)
PAGE_CALL(vm_page_zero_invalid, vm_page_zero_invalid(m, a->setvalid), 0)
PAGE_CALL(vm_page_test_dirty, vm_page_test_dirty(vm, m), 0)
PAGE_CALL(vm_page_undirty, vm_page_undirty(m), 0)

/* A page of any state: what is wrong with it the function says. */
static int64_t op_vm_page_dirty(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (may_call(t, a->page.ptr, "no page"))
		vm_page_dirty(task_freebsd(t), a->page.ptr);
	return done(t);
}

static int64_t op_vm_page_try_to_cache(struct task *t, const struct args *a, struct result *r)
{
	struct vm_page *m = page_of(t, a);

	(void)r;
	return m ? vm_page_try_to_cache(task_freebsd(t), m) : -EINVAL;
}

static int64_t op_vm_page_try_to_free(struct task *t, const struct args *a, struct result *r)
{
	struct vm_page *m = page_of(t, a);

	(void)r;
	return m ? vm_page_try_to_free(task_freebsd(t), m) : -EINVAL;
}

/* --- bits --- */

static int64_t op_vm_page_bits(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return range_ok(t, a) ? vm_page_bits((int)a->base, (int)a->size) : -EINVAL;
}

#define RANGE_CALL(name, call)                                                                     \
	static int64_t op_##name(struct task *t, const struct args *a, struct result *r)           \
	{                                                                                          \
		struct vm_page *m = page_of(t, a);                                                 \
                                                                                                   \
		(void)r;                                                                           \
		if (!m || !range_ok(t, a))                                                         \
			return -EINVAL;                                                            \
		call;                                                                              \
		return done(t);                                                                    \
	}

RANGE_CALL(vm_page_set_valid, vm_page_set_valid(m, (int)a->base, (int)a->size))
RANGE_CALL(vm_page_set_validclean,
	   vm_page_set_validclean(task_freebsd(t), m, (int)a->base, (int)a->size))
RANGE_CALL(vm_page_clear_dirty, vm_page_clear_dirty(m, (int)a->base, (int)a->size))
RANGE_CALL(vm_page_set_invalid, vm_page_set_invalid(task_freebsd(t), m, (int)a->base, (int)a->size))

static int64_t op_vm_page_is_valid(struct task *t, const struct args *a, struct result *r)
{
	struct vm_page *m = page_of(t, a);

	(void)r;
	return m && range_ok(t, a)
		   ? vm_page_is_valid(task_freebsd(t), m, (int)a->base, (int)a->size)
		   : -EINVAL;
}

/* --- entries that map a page --- */

static int64_t op_pmap_enter(struct task *t, const struct args *a, struct result *r)
{
	struct vm_page *m = page_of(t, a);
	struct test_mapping *test;

	if (!m)
		return give(r, NULL);
	test = sim_calloc(1, sizeof(*test));
	list_add_tail(&test->of_vm, &task_freebsd(t)->mappings_of_tests);
	pmap_enter(m, &test->pv, a->write);
	return give(r, &test->pv);
}

static int64_t op_pmap_access(struct task *t, const struct args *a, struct result *r)
{
	struct pv_entry *pv = a->mapping.ptr;

	(void)r;
	if (!may_call(t, pv, "no mapping"))
		return -EINVAL;
	if (!pv->page || (a->write && !pv->writable))
		return -EFAULT;
	pv->accessed = true;
	pv->modified |= a->write;
	return 0;
}

static int64_t op_pmap_remove(struct task *t, const struct args *a, struct result *r)
{
	struct pv_entry *pv = a->mapping.ptr;

	(void)r;
	if (may_call(t, pv && pv->page ? pv : NULL, "pmap_remove: nothing is mapped"))
		pmap_remove(task_freebsd(t), pv);
	return done(t);
}

static int64_t op_vm_wait(struct task *t, const struct args *a, struct result *r)
{
	(void)a;
	(void)r;
	vm_wait(t);
	return 0;
}

/* --- check --- */

/* What a look at every page finds, to be compared with the counters. */
struct recount {
	int64_t pages, free, cached, inactive, active, wired;
};

static void recount_page(struct check *c, const struct freebsd_vm *vm, const struct vm_page *m,
			 struct recount *n)
{
	n->pages++;
	if (m->flags & PG_CACHED) {
		n->cached++;
		CHECK(c, m->dirty == 0 && m->valid != 0 && m->queue == PQ_NONE);
		CHECK(c, m->object != NULL);
		CHECK(c, xa_load(&m->object->cached, m->pindex) ==
			     xa_object((uint32_t)vm_page_pfn(vm, m) + 1));
		return;
	}
	if (!(m->flags & PG_IN_USE)) {
		n->free++;
		CHECK(c, m->valid == 0 && m->queue == PQ_NONE && !m->object && !m->wire_count);
		return;
	}
	n->inactive += m->queue == PQ_INACTIVE;
	n->active += m->queue == PQ_ACTIVE || m->queue == PQ_HOLD;
	n->wired += m->wire_count != 0;
	CHECK(c, !m->wire_count || m->queue == PQ_NONE);
	CHECK(c, (m->dirty & ~m->valid) == 0 || m->object == NULL);
	if (m->object)
		CHECK(c, vm_page_lookup(vm, m->object, m->pindex) == m);
}

static void vm_page_check(struct check *c, struct sim *s)
{
	const struct freebsd_vm *vm = freebsd_vm(s);
	struct recount n = { 0 };
	uint64_t in_blocks = 0;

	for (int i = 0; i < vm->nr_segs; i++)
		for (pfn_t at = vm->segs[i].start; at < vm->segs[i].end; at++)
			recount_page(c, vm, vm_page_of(vm, at), &n);
	for (int l = 0; l < VM_NFREELIST; l++)
		for (int p = 0; p < VM_NFREEPOOL; p++)
			for (int o = 0; o < VM_NFREEORDER; o++)
				in_blocks += vm->free[l][p][o].count << o;
	CHECK(c, n.pages == vm->cnt.v_page_count);
	CHECK(c, n.free == vm->cnt.v_free_count);
	CHECK(c, n.cached == vm->cnt.v_cache_count);
	CHECK(c, n.inactive == vm->cnt.v_inactive_count);
	CHECK(c, n.active == vm->cnt.v_active_count);
	CHECK(c, n.wired == vm->cnt.v_wire_count);
	CHECK(c, (int64_t)(in_blocks + vm_reserv_unused(vm)) == n.free + n.cached);
}

/* --- rows --- */

#define RANGE "page, base, size"

static const struct op ops[] = {
	{ "vm_object_allocate", "type = OBJT_DEFAULT, size = 1", "object", op_vm_object_allocate, 0,
	  "an object of so many pages" },
	{ "vm_object_deallocate", "object", NULL, op_vm_object_deallocate, OP_RELEASES,
	  "drop the reference to it; its pages become free" },
	{ "vm_page_alloc", "object =, pindex = 0, req = VM_ALLOC_NORMAL, pages = 0", "page",
	  op_vm_page_alloc, 0, "a page for a place of an object, or for none; never sleeps" },
	{ "vm_page_grab", "object, pindex = 0, req = VM_ALLOC_RETRY, pages = 0", "page",
	  op_vm_page_grab, OP_NO_IRQ, "find a page or make one; waits" },
	{ "vm_page_lookup", "object, pindex", "page", op_vm_page_lookup, 0,
	  "the page in memory at a place of an object" },
	{ "vm_page_free", "page", NULL, op_vm_page_free, OP_RELEASES, "give a page back" },
	{ "vm_page_cache", "page", NULL, op_vm_page_cache, 0,
	  "give a clean page back so that its object can have it again" },
	{ "vm_page_try_to_cache", "page", NULL, op_vm_page_try_to_cache, 0,
	  "the same if nothing is against it: 1, else 0" },
	{ "vm_page_try_to_free", "page", NULL, op_vm_page_try_to_free, 0,
	  "free it if nothing is against it: 1, else 0" },
	{ "vm_page_activate", "page", NULL, op_vm_page_activate, 0, "to the active queue" },
	{ "vm_page_deactivate", "page", NULL, op_vm_page_deactivate, 0, "to the inactive queue" },
	{ "vm_page_dontneed", "page", NULL, op_vm_page_dontneed, 0,
	  "as madvise does: perhaps to the head of the inactive queue" },
	{ "vm_page_wire", "page", NULL, op_vm_page_wire, 0, "keep it in memory" },
	{ "vm_page_unwire", "page, activate =", NULL, op_vm_page_unwire, 0, "and no longer" },
	{ "vm_page_hold", "page", NULL, op_vm_page_hold, 0, "keep it from being used otherwise" },
	{ "vm_page_unhold", "page", NULL, op_vm_page_unhold, 0, "and no longer" },
	{ "vm_page_wakeup", "page", NULL, op_vm_page_wakeup, 0, "not busy any more" },
	{ "vm_page_bits", "base, size", NULL, op_vm_page_bits, 0,
	  "a bit for each block of 512 bytes that a range touches" },
	{ "vm_page_set_valid", RANGE, NULL, op_vm_page_set_valid, 0,
	  "set_validclean without touching what is dirty" },
	{ "vm_page_set_validclean", RANGE, NULL, op_vm_page_set_validclean, 0,
	  "the blocks a range touches become valid and clean; unaligned edges that were invalid "
	  "are zeroed" },
	{ "vm_page_clear_dirty", RANGE, NULL, op_vm_page_clear_dirty, 0,
	  "the blocks a range touches become clean" },
	{ "vm_page_set_invalid", RANGE, NULL, op_vm_page_set_invalid, 0,
	  "they become invalid and clean; a wholly valid page is unmapped first" },
	{ "vm_page_zero_invalid", "page, setvalid =", NULL, op_vm_page_zero_invalid, 0,
	  "zero all blocks that are invalid" },
	{ "vm_page_is_valid", RANGE, NULL, op_vm_page_is_valid, 0,
	  "1 if any block of the page is valid and all are that the range touches" },
	{ "vm_page_test_dirty", "page", NULL, op_vm_page_test_dirty, 0,
	  "dirty if a mapping was stored through" },
	{ "vm_page_dirty", "page", NULL, op_vm_page_dirty, 0, "all of it is dirty" },
	{ "vm_page_undirty", "page", NULL, op_vm_page_undirty, 0, "all of it is clean" },
	{ "pmap_enter", "page, write =", "mapping", op_pmap_enter, 0,
	  "map a page somewhere, perhaps for stores" },
	{ "pmap_access", "mapping, write =", NULL, op_pmap_access, 0,
	  "use it: sets the accessed bit, a store the modified bit; -EFAULT: it is not there, or "
	  "not for stores" },
	{ "pmap_remove", "mapping", NULL, op_pmap_remove, 0, "map it no longer" },
	{ "vm_wait", "", NULL, op_vm_wait, OP_NO_IRQ, "sleep until there is memory (VM_WAIT)" },
};

static const struct check_def checks[] = {
	{ "vm_page", vm_page_check, "every page against the counters, queues and free lists" },
};

const struct model vm_page_model = {
	.name = "vm_page",
	.ops = ops,
	.nr_ops = ARRAY_LEN(ops),
	.checks = checks,
	.nr_checks = ARRAY_LEN(checks),
};
