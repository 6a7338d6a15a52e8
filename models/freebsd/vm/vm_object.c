/*
 * vm_object.c - objects come and go
 */
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_pageout.h"
#include "models/freebsd/vm/vm_reserv.h"

struct vm_object *vm_object_allocate(struct freebsd_vm *vm, enum vm_object_type type, uint64_t size)
{
	struct vm_object *object = sim_calloc(1, sizeof(*object));

	object->vm = vm;
	object->type = type;
	object->size = size;
	object->ref_count = 1;
	object->flags = vm_object_anonymous(object) ? OBJ_ONEMAPPING : 0;
	object->id = vm->next_object++;
	list_init(&object->shadow_head);
	list_init(&object->rvq);
	xa_init(&object->resident);
	xa_init(&object->cached);
	xa_init(&object->swblocks);
	list_add_tail(&object->link, &vm->objects);
	return object;
}

void vm_object_free_index(struct vm_object *object)
{
	xa_destroy(&object->resident);
	xa_destroy(&object->cached);
	xa_destroy(&object->swblocks);
	list_del(&object->link);
	sim_free(object);
}

void vm_object_reference(struct vm_object *object)
{
	object->ref_count++;
}

/* --- those who work on it --- */

void vm_object_pip_add(struct vm_object *object, int n)
{
	object->paging_in_progress += n;
}

void vm_object_pip_wakeup(struct vm_object *object)
{
	SIM_ASSERT(object->paging_in_progress > 0);
	if (--object->paging_in_progress == 0)
		wakeup(object->vm->sim, &object->vm->pip_wait);
}

static void pip_wait(struct task *t, const struct vm_object *object, const char *wmesg)
{
	while (object->paging_in_progress)
		tsleep(t, &object->vm->pip_wait, wmesg, 0);
}

/* --- pages go --- */

/* Entries that wired a page do so no more. */
static void drop_wirings(struct freebsd_vm *vm, struct vm_page *m, int wirings)
{
	m->wire_count -= (uint32_t)wirings;
	if (wirings && !m->wire_count)
		vm->cnt.v_wire_count--;
}

/* False: time has passed, and the page may be gone. */
static bool remove_page(struct task *t, struct vm_page *m, bool clean_only)
{
	struct freebsd_vm *vm = task_freebsd(t);
	int wirings = m->wire_count ? pmap_page_wired_mappings(m) : 0;

	if (m->wire_count && wirings != (int)m->wire_count) {
		pmap_remove_all(vm, m);
		drop_wirings(vm, m, wirings);
		if (!clean_only)
			m->valid = m->dirty = 0;
		return true;
	}
	if (m->busy || (m->oflags & VPO_BUSY)) {
		vm_page_sleep(t, m, "vmopar");
		return false;
	}
	if (clean_only && m->valid) {
		pmap_remove_write(vm, m);
		if (m->dirty)
			return true;
	}
	pmap_remove_all(vm, m);
	drop_wirings(vm, m, wirings);
	vm_page_free(vm, m);
	return true;
}

void vm_object_page_remove(struct task *t, struct vm_object *object, uint64_t start, uint64_t end,
			   bool clean_only)
{
	struct freebsd_vm *vm = object->vm;

	vm_object_pip_add(object, 1);
	for (uint64_t index = start; index < end && object->resident_page_count;) {
		xa_entry e = xa_find(&object->resident, &index, end - 1);

		if (!e)
			break;
		if (remove_page(t, vm_page_of(vm, xa_to_object(e) - 1), clean_only))
			index++;
	}
	vm_object_pip_wakeup(object);
	vm_page_cache_free(vm, object, start, end);
}

/* --- the end of an object --- */

static void terminate(struct task *t, struct vm_object *object)
{
	struct freebsd_vm *vm = object->vm;
	uint64_t index = 0;
	xa_entry e;

	object->flags |= OBJ_DEAD;
	pip_wait(t, object, "objtrm");
	SIM_ASSERT(object->ref_count == 0);
	while ((e = xa_find(&object->resident, &index, UINT64_MAX - 1)) != 0) {
		struct vm_page *m = vm_page_of(vm, xa_to_object(e) - 1);

		if (m->wire_count) {
			pmap_remove_all(vm, m);
			vm_page_remove(vm, m);
			continue;
		}
		vm_page_free(vm, m);
		vm->cnt.v_pfree++;
	}
	vm_reserv_break_all(vm, object);
	vm_page_cache_free(vm, object, 0, UINT64_MAX);
	swap_pager_free_object(vm, object);
	vm_object_free_index(object);
}

/*
 * One reference is left, and it is a shadow's: that takes the pages over.  The object to go on
 * with, which has one reference too many; NULL: there is none to go on with.
 */
static struct vm_object *collapse_into_shadow(struct task *t, struct vm_object *object)
{
	struct vm_object *shadow = LIST_FIRST(&object->shadow_head, struct vm_object, shadow_list);

	if ((shadow->flags & OBJ_DEAD) || !vm_object_anonymous(shadow))
		return NULL;
	shadow->ref_count++;
	while (shadow->backing_object == object &&
	       (shadow->paging_in_progress || object->paging_in_progress))
		tsleep(t, &object->vm->pip_wait, "objde", 0);
	if (shadow->ref_count > 1)
		vm_object_collapse(t, shadow);
	return shadow;
}

void vm_object_deallocate(struct task *t, struct vm_object *object)
{
	while (object) {
		struct vm_object *backing;

		SIM_ASSERT(object->ref_count > 0);
		object->ref_count--;
		if (object->type == OBJT_VNODE || object->ref_count > 1)
			return;
		if (object->ref_count == 1) {
			if (!vm_object_anonymous(object))
				return;
			if (object->shadow_count == 0)
				object->flags |= OBJ_ONEMAPPING;
			if (object->shadow_count != 1)
				return;
			object = collapse_into_shadow(t, object);
			continue;
		}
		backing = object->backing_object;
		if (backing) {
			list_del(&object->shadow_list);
			backing->shadow_count--;
			object->backing_object = NULL;
		}
		terminate(t, object);
		object = backing;
	}
}
