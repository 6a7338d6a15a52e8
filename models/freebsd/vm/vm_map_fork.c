/*
 * vm_map_fork.c - a child's memory
 *
 * Nothing is copied: both lose the right to store, and the first store of either puts an object
 * of its own before the one that both have.  Only wired pages are copied at once, as they cannot
 * be made read-only.
 */
#include "models/freebsd/vm/vm_map.h"
#include "models/freebsd/vm/vm_pageout.h"

/* The page that an entry shows at a place, wherever in the chain it is. */
static struct vm_page *page_behind(const struct freebsd_vm *vm, const struct vm_object *object,
				   uint64_t pindex)
{
	for (; object; object = object->backing_object) {
		struct vm_page *m = vm_page_lookup(vm, object, pindex);

		if (m)
			return m;
		pindex += object->backing_object_offset;
	}
	return NULL;
}

/*
 * Wired pages: all of them are in memory, but for those of a file that was cut.  (There that kernel
 * panics: "page missing"; here the child finds zeroes.)
 */
static void vm_fault_copy_entry(struct task *t, struct vm_range *child, struct vm_map_entry *to,
				const struct vm_map_entry *from)
{
	struct freebsd_vm *vm = task_freebsd(t);
	const struct cost_table *cost = &vm->machine->cost;

	to->object = vm_object_allocate(vm, OBJT_DEFAULT, to->end - to->start);
	to->object->flags |= OBJ_COLORED;
	to->offset = 0;
	to->needs_copy = false;
	for (uint64_t i = 0; i < to->end - to->start; i++) {
		struct vm_page *m, *source;

		while (!(m = vm_page_alloc(t, to->object, i, VM_ALLOC_NORMAL)))
			vm_wait(t);
		source = page_behind(vm, from->object, from->offset + i);
		if (!source || !source->valid) {
			vm_page_free(vm, m);
			continue;
		}
		m->contents = source->contents;
		m->valid = VM_PAGE_BITS_ALL;
		vm_page_dirty(vm, m);
		pmap_enter(m, vm_range_pv(child, to->start + i), to->write);
		vm_page_activate(vm, m);
		vm_page_wakeup(vm, m);
		task_run(t, (sim_time)(cost->page_alloc + cost->page_copy + cost->pte_map));
	}
}

/* What the parent has entered, its child has too. */
static void pmap_copy(struct task *t, struct vm_range *child, const struct vm_range *parent,
		      const struct vm_map_entry *entry)
{
	struct freebsd_vm *vm = task_freebsd(t);
	int64_t n = 0;

	FOR_EACH_MAPPED (parent, i, entry->start, entry->end) {
		const struct pv_entry *pv = &parent->pv[i];

		pmap_enter(pv->page, vm_range_pv(child, i), pv->writable);
		n++;
	}
	task_run(t, (sim_time)(vm->machine->cost.pte_map * n));
}

static void write_protect(struct freebsd_vm *vm, struct vm_range *range,
			  const struct vm_map_entry *entry)
{
	FOR_EACH_MAPPED (range, i, entry->start, entry->end)
		pmap_protect(vm, &range->pv[i]);
}

static void vm_map_copy_entry(struct task *t, struct vm_range *child, struct vm_map_entry *to,
			      struct vm_range *parent, struct vm_map_entry *from)
{
	if (from->wired) {
		vm_fault_copy_entry(t, child, to, from);
		return;
	}
	if (!from->needs_copy)
		write_protect(task_freebsd(t), parent, from);
	if (!from->object) {
		to->offset = 0;
		return;
	}
	if (vm_object_anonymous(from->object)) {
		vm_object_collapse(t, from->object);
		if (from->object->flags & OBJ_ONEMAPPING) {
			struct vm_object *own =
			    vm_object_split(t, from->object, from->offset, from->end - from->start);

			if (own != from->object)
				from->offset = 0;
			from->object = own;
		}
	}
	vm_object_reference(from->object);
	from->object->flags &= ~(unsigned)OBJ_ONEMAPPING;
	from->needs_copy = to->needs_copy = true;
	to->object = from->object;
	to->offset = from->offset;
	pmap_copy(t, child, parent, to);
}

static void copy_range(struct task *t, struct vm_range *child, struct vm_range *parent)
{
	LIST_FOR_EACH (pos, &parent->entries) {
		struct vm_map_entry *from = LIST_ENTRY(pos, struct vm_map_entry, link);
		struct vm_map_entry *to = sim_calloc(1, sizeof(*to));

		*to = *from;
		to->wired = false;
		list_add_tail(&to->link, &child->entries);
		if (from->shared) {
			vm_object_reference(to->object);
			pmap_copy(t, child, parent, to);
		} else {
			to->object = NULL;
			vm_map_copy_entry(t, child, to, parent, from);
		}
	}
}

struct vmspace *vmspace_fork(struct task *t)
{
	const struct thread *td = t->kernel;
	struct freebsd_vm *vm = task_freebsd(t);
	struct vmspace *vmspace;

	if (!td->vmspace)
		return NULL;
	vmspace = sim_calloc(1, sizeof(*vmspace));
	vmspace->vm = vm;
	list_init(&vmspace->ranges);
	list_add_tail(&vmspace->link, &vm->vmspaces);
	LIST_FOR_EACH (pos, &td->vmspace->ranges) {
		struct vm_range *parent = LIST_ENTRY(pos, struct vm_range, link);
		struct vm_range *child = vm_range_new(vmspace, parent->npages);

		child->original = parent;
		copy_range(t, child, parent);
	}
	return vmspace;
}
