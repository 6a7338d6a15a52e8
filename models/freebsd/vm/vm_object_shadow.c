/*
 * vm_object_shadow.c - chains of objects: made by fork and copy-on-write, and made short again
 */
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_reserv.h"

static void put_before(struct vm_object *object, struct vm_object *backing, uint64_t offset)
{
	object->backing_object = backing;
	object->backing_object_offset = offset;
	list_add(&object->shadow_list, &backing->shadow_head);
	backing->shadow_count++;
}

void vm_object_shadow(struct freebsd_vm *vm, struct vm_object **object, uint64_t *offset,
		      uint64_t size)
{
	struct vm_object *source = *object, *result;

	if (source && source->ref_count == 1 && vm_object_anonymous(source))
		return;
	result = vm_object_allocate(vm, OBJT_DEFAULT, size);
	if (source) {
		put_before(result, source, *offset);
		result->flags |= source->flags & OBJ_COLORED;
	}
	*offset = 0;
	*object = result;
}

/* --- splitting --- */

/* The pages from offset on, none of them busy; they stay busy. */
static void move_pages(struct task *t, struct vm_object *from, struct vm_object *to,
		       uint64_t offset)
{
	struct freebsd_vm *vm = task_freebsd(t);

	for (uint64_t index = offset; index < offset + to->size; index++) {
		xa_entry e = xa_find(&from->resident, &index, offset + to->size - 1);
		struct vm_page *m;

		if (!e)
			return;
		m = vm_page_of(vm, xa_to_object(e) - 1);
		if ((m->oflags & VPO_BUSY) || m->busy) {
			vm_page_sleep(t, m, "spltwt");
			index = offset - 1;
			continue;
		}
		vm_page_rename(vm, m, to, index - offset);
		vm_page_busy(m);
	}
}

struct vm_object *vm_object_split(struct task *t, struct vm_object *orig, uint64_t offset,
				  uint64_t size)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vm_object *object;
	uint64_t index = 0;
	xa_entry e;

	if (!vm_object_anonymous(orig) || orig->ref_count <= 1 ||
	    (orig->backing_object && (orig->backing_object->flags & OBJ_DEAD)))
		return orig;
	object = vm_object_allocate(vm, OBJT_DEFAULT, size);
	if (orig->backing_object) {
		vm_object_reference(orig->backing_object);
		orig->backing_object->flags &= ~(unsigned)OBJ_ONEMAPPING;
		put_before(object, orig->backing_object, orig->backing_object_offset + offset);
	}
	move_pages(t, orig, object, offset);
	if (orig->type == OBJT_SWAP) {
		swap_pager_copy(vm, orig, object, offset, false);
		vm_page_cache_transfer(vm, orig, offset, object);
	}
	for (; (e = xa_find(&object->resident, &index, size - 1)) != 0; index++)
		vm_page_wakeup(vm, vm_page_of(vm, xa_to_object(e) - 1));
	vm_object_deallocate(t, orig);
	return object;
}

/* --- collapsing --- */

static bool in_swap(const struct vm_object *object, uint64_t pindex)
{
	int before, after;

	return object->type == OBJT_SWAP && swap_pager_haspage(object, pindex, &before, &after);
}

/* Whether nothing of what is in memory behind the object can be seen through it. */
static bool all_shadowed(const struct freebsd_vm *vm, const struct vm_object *object)
{
	const struct vm_object *backing = object->backing_object;
	uint64_t first = object->backing_object_offset, index = first;

	if (object->resident_page_count == object->size)
		return true;
	if (backing->type != OBJT_DEFAULT)
		return false;
	for (; xa_find(&backing->resident, &index, first + object->size - 1); index++) {
		const struct vm_page *m = vm_page_lookup(vm, object, index - first);

		if (!(m && m->valid) && !in_swap(object, index - first))
			return false;
	}
	return true;
}

/* A page of the object behind: taken over, or given back if it cannot be seen any more. */
static void take_over(struct freebsd_vm *vm, struct vm_object *object, struct vm_page *m)
{
	struct vm_object *backing = object->backing_object;
	uint64_t offset = object->backing_object_offset, pindex = m->pindex;

	if (backing->type == OBJT_SWAP)
		swap_pager_freespace(vm, backing, pindex, 1);
	if (pindex < offset || pindex - offset >= object->size ||
	    vm_page_lookup(vm, object, pindex - offset) || in_swap(object, pindex - offset)) {
		if (m->wire_count)
			vm_page_remove(vm, m);
		else
			vm_page_free(vm, m);
		return;
	}
	vm_reserv_rename(vm, m, object, backing, offset);
	vm_page_rename(vm, m, object, pindex - offset);
}

/* A fault is at work on the page of the object that this one is behind. */
static bool being_faulted(const struct vm_object *object, const struct vm_page *m)
{
	uint64_t offset = object->backing_object_offset;
	const struct vm_page *pp =
	    m->pindex >= offset ? vm_page_lookup(object->vm, object, m->pindex - offset) : NULL;

	return pp && !pp->valid;
}

/* wait: also for busy pages; else these, and those of faults, are left where they are. */
static void backing_scan(struct task *t, struct vm_object *object, bool wait)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vm_object *backing = object->backing_object;
	uint64_t index = 0;
	xa_entry e;

	if (wait)
		backing->flags |= OBJ_DEAD;
	while ((e = xa_find(&backing->resident, &index, UINT64_MAX - 1)) != 0) {
		struct vm_page *m = vm_page_of(vm, xa_to_object(e) - 1);

		if (!(m->oflags & VPO_BUSY) && !m->busy &&
		    (wait || (m->valid && !being_faulted(object, m)))) {
			take_over(vm, object, m);
			index++;
		} else if (wait) {
			vm_page_sleep(t, m, "vmocol");
			index = 0;
		} else {
			index++;
		}
	}
}

/* The object behind has no other reference: all of it goes over. */
static void swallow(struct task *t, struct vm_object *object)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vm_object *backing = object->backing_object, *next;

	backing_scan(t, object, true);
	vm_reserv_break_all(vm, backing);
	if (backing->type == OBJT_SWAP) {
		swap_pager_copy(vm, backing, object, object->backing_object_offset, true);
		vm_page_cache_free(vm, backing, 0, UINT64_MAX);
	}
	list_del(&object->shadow_list);
	next = backing->backing_object;
	object->backing_object = next;
	if (next) {
		list_del(&backing->shadow_list);
		list_add(&object->shadow_list, &next->shadow_head);
		object->backing_object_offset += backing->backing_object_offset;
	}
	SIM_ASSERT(backing->ref_count == 1 && !backing->resident_page_count);
	vm_object_free_index(backing);
	vm->cnt.object_collapses++;
}

/* The object behind cannot be seen through this one: it goes past it. */
static void bypass(struct vm_object *object)
{
	struct vm_object *backing = object->backing_object, *next = backing->backing_object;

	list_del(&object->shadow_list);
	backing->shadow_count--;
	object->backing_object = NULL;
	if (next) {
		vm_object_reference(next);
		put_before(object, next,
			   object->backing_object_offset + backing->backing_object_offset);
	}
	backing->ref_count--; /* it has another one */
	object->vm->cnt.object_bypasses++;
}

void vm_object_collapse(struct task *t, struct vm_object *object)
{
	const struct freebsd_vm *vm = task_freebsd(t);

	for (;;) {
		struct vm_object *backing = object->backing_object;

		if (!backing || !vm_object_anonymous(backing) || (backing->flags & OBJ_DEAD) ||
		    !vm_object_anonymous(object) || (object->flags & OBJ_DEAD))
			return;
		if (object->paging_in_progress || backing->paging_in_progress) {
			if (backing->ref_count == 1)
				backing_scan(t, object, false);
			return;
		}
		if (backing->ref_count == 1)
			swallow(t, object);
		else if (all_shadowed(vm, object))
			bypass(object);
		else
			return;
	}
}
