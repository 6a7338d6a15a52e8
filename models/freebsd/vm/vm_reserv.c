/*
 * vm_reserv.c - reservations: made, filled, given back, broken
 */
#include "models/freebsd/vm/vm_reserv.h"

static struct vm_reserv *reserv_of(const struct freebsd_vm *vm, const struct vm_page *m)
{
	return &vm->reserv->array[vm_page_pfn(vm, m) / VM_RESERV_PAGES];
}

static struct vm_page *first_page(const struct freebsd_vm *vm, const struct vm_reserv *rv)
{
	return vm_page_of(vm, (uint64_t)(rv - vm->reserv->array) * VM_RESERV_PAGES);
}

static void dequeue(struct vm_reserv *rv)
{
	if (rv->queued)
		list_del(&rv->partpopq);
	rv->queued = false;
}

/* Behind all others: changed last. */
static void enqueue(struct freebsd_vm *vm, struct vm_reserv *rv)
{
	dequeue(rv);
	if (rv->popcnt == 0 || rv->popcnt == VM_RESERV_PAGES)
		return;
	list_add_tail(&rv->partpopq, &vm->reserv->partpop);
	rv->queued = true;
}

static void populate(struct freebsd_vm *vm, struct vm_reserv *rv)
{
	SIM_ASSERT(rv->popcnt < VM_RESERV_PAGES);
	if (++rv->popcnt == VM_RESERV_PAGES)
		vm->cnt.sim_reserv_full++;
	enqueue(vm, rv);
}

/* The reservation of an object that covers a place; NULL: none.  Some page of it is in use. */
static struct vm_reserv *covering(const struct freebsd_vm *vm, const struct vm_object *object,
				  uint64_t pindex)
{
	uint64_t first = pindex & ~(uint64_t)(VM_RESERV_PAGES - 1), index = first;

	while (xa_find(&object->resident, &index, first + VM_RESERV_PAGES - 1)) {
		struct vm_reserv *rv = reserv_of(vm, vm_page_lookup(vm, object, index));

		if (rv->owner == object->id + 1 && rv->pindex == first)
			return rv;
		index++;
	}
	return NULL;
}

struct vm_page *vm_reserv_alloc_page(struct freebsd_vm *vm, struct vm_object *object,
				     uint64_t pindex)
{
	uint64_t first = pindex & ~(uint64_t)(VM_RESERV_PAGES - 1), index = first;
	struct vm_reserv *rv = covering(vm, object, pindex);
	struct vm_page *m;

	if (rv) {
		m = first_page(vm, rv) + (pindex - first);
		if (m->flags & PG_IN_USE)
			return NULL;
		populate(vm, rv);
		return m;
	}
	/* whole, and of nobody: neither pages that are there already nor the end of a file */
	if (xa_find(&object->resident, &index, first + VM_RESERV_PAGES - 1) ||
	    (object->type == OBJT_VNODE && first + VM_RESERV_PAGES > object->size))
		return NULL;
	m = vm_phys_alloc_pages(vm, VM_FREEPOOL_DEFAULT, VM_LEVEL_0_ORDER);
	if (!m)
		return NULL;
	rv = reserv_of(vm, m);
	SIM_ASSERT(!rv->owner && !rv->popcnt && first_page(vm, rv) == m);
	rv->owner = object->id + 1;
	rv->pindex = first;
	list_add(&rv->objq, &object->rvq);
	vm->cnt.sim_reservations++;
	populate(vm, rv);
	return m + (pindex - first);
}

bool vm_reserv_free_page(struct freebsd_vm *vm, const struct vm_page *m)
{
	struct vm_reserv *rv = reserv_of(vm, m);
	struct vm_page *first;

	if (!rv->owner)
		return false;
	if (rv->popcnt == VM_RESERV_PAGES)
		vm->cnt.sim_reserv_full--;
	rv->popcnt--;
	enqueue(vm, rv);
	if (rv->popcnt)
		return true;
	rv->owner = 0;
	list_del(&rv->objq);
	vm->cnt.sim_reservations--;
	first = first_page(vm, rv);
	first->pool = VM_FREEPOOL_DEFAULT;
	vm_phys_free_pages(vm, first, VM_LEVEL_0_ORDER);
	return true;
}

bool vm_reserv_reactivate_page(struct freebsd_vm *vm, const struct vm_page *m)
{
	struct vm_reserv *rv = reserv_of(vm, m);

	if (!rv->owner)
		return false;
	populate(vm, rv);
	return true;
}

/* Pages in use stay with whom they belong to, the others are ordinary free or cached ones. */
static void break_reservation(struct freebsd_vm *vm, struct vm_reserv *rv)
{
	struct vm_page *first = first_page(vm, rv);

	dequeue(rv);
	list_del(&rv->objq);
	vm->cnt.sim_reserv_full -= rv->popcnt == VM_RESERV_PAGES;
	rv->owner = 0;
	rv->popcnt = 0;
	for (int i = 0; i < VM_RESERV_PAGES; i++) {
		if (first[i].flags & PG_IN_USE)
			continue;
		first[i].pool =
		    first[i].flags & PG_CACHED ? VM_FREEPOOL_CACHE : VM_FREEPOOL_DEFAULT;
		vm_phys_free_pages(vm, &first[i], 0);
	}
	vm->cnt.sim_reservations--;
}

bool vm_reserv_reclaim(struct freebsd_vm *vm)
{
	if (list_empty(&vm->reserv->partpop))
		return false;
	break_reservation(vm, LIST_FIRST(&vm->reserv->partpop, struct vm_reserv, partpopq));
	vm->cnt.sim_reserv_broken++;
	return true;
}

void vm_reserv_break_all(struct freebsd_vm *vm, const struct vm_object *object)
{
	while (!list_empty(&object->rvq))
		break_reservation(vm, LIST_FIRST(&object->rvq, struct vm_reserv, objq));
}

void vm_reserv_rename(struct freebsd_vm *vm, const struct vm_page *m, struct vm_object *to,
		      const struct vm_object *from, uint64_t offset)
{
	struct vm_reserv *rv = reserv_of(vm, m);

	if (rv->owner != from->id + 1)
		return;
	rv->owner = to->id + 1;
	rv->pindex -= offset;
	list_del(&rv->objq);
	list_add(&rv->objq, &to->rvq);
}

uint64_t vm_reserv_unused(const struct freebsd_vm *vm)
{
	uint64_t n = 0;

	LIST_FOR_EACH (pos, &vm->reserv->partpop) {
		const struct vm_reserv *rv = LIST_ENTRY(pos, struct vm_reserv, partpopq);

		n += (uint64_t)(VM_RESERV_PAGES - rv->popcnt);
	}
	return n;
}

void vm_reserv_init(struct freebsd_vm *vm)
{
	struct reservations *r = sim_calloc(1, sizeof(*r));

	vm->reserv = r;
	r->n = vm->max_pfn / VM_RESERV_PAGES + 1;
	r->array = sim_reserve(r->n * sizeof(*r->array));
	list_init(&r->partpop);
}

void vm_reserv_done(struct freebsd_vm *vm)
{
	if (!vm->reserv)
		return;
	sim_unreserve(vm->reserv->array, vm->reserv->n * sizeof(*vm->reserv->array));
	sim_free(vm->reserv);
	vm->reserv = NULL;
}
