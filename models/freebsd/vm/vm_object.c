/*
 * vm_object.c - objects come and go
 */
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_pageout.h"

struct vm_object *vm_object_allocate(struct freebsd_vm *vm, enum vm_object_type type, uint64_t size)
{
	struct vm_object *object = sim_calloc(1, sizeof(*object));

	object->vm = vm;
	object->type = type;
	object->size = size;
	object->ref_count = 1;
	object->id = vm->next_object++;
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

void vm_object_page_remove(struct freebsd_vm *vm, struct vm_object *object, uint64_t start,
			   uint64_t end)
{
	for (uint64_t index = start; index < end; index++) {
		xa_entry e = xa_find(&object->resident, &index, end - 1);
		struct vm_page *m;

		if (!e)
			break;
		m = vm_page_of(vm, xa_to_object(e) - 1);
		pmap_remove_all(vm, m);
		if (m->wire_count || m->busy || m->hold_count || (m->oflags & VPO_BUSY)) {
			m->valid = m->dirty = 0;
			continue;
		}
		vm_page_free(vm, m);
		vm->cnt.v_pfree++;
	}
	vm_page_cache_free(vm, object, start, end);
}

/*
 * Memory of programs goes when nobody has it.  Pages under I/O would be waited for; here the last
 * I/O takes the object with it (swap_pager.c).
 */
void vm_object_deallocate(struct freebsd_vm *vm, struct vm_object *object)
{
	struct vm_object *backing = object->backing_object;

	SIM_ASSERT(object->ref_count > 0);
	if (--object->ref_count || object->type == OBJT_VNODE)
		return;
	vm_object_page_remove(vm, object, 0, UINT64_MAX);
	swap_pager_free_object(vm, object);
	object->backing_object = NULL;
	if (backing) {
		backing->shadow_count--;
		vm_object_deallocate(vm, backing);
	}
	object->type = OBJT_DEAD;
	if (!object->resident_page_count)
		vm_object_free_index(object);
}
