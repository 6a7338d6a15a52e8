/*
 * vm_map.c - entries of maps: made, cut in two, put together, taken away
 */
#include <errno.h>

#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_map.h"

#define MAX_INIT_PT 96 /* pages: more are not entered at mmap */

struct vmspace *task_vmspace(struct task *t)
{
	struct thread *td = t->kernel;
	struct freebsd_vm *vm = task_freebsd(t);

	if (!td->vmspace) {
		td->vmspace = sim_calloc(1, sizeof(*td->vmspace));
		td->vmspace->vm = vm;
		list_init(&td->vmspace->ranges);
		list_add_tail(&td->vmspace->link, &vm->vmspaces);
	}
	td->vmspace->task = t;
	return td->vmspace;
}

pages_t vmspace_swap_count(const struct vmspace *vmspace)
{
	pages_t n = 0;

	LIST_FOR_EACH (pos, &vmspace->ranges) {
		const struct vm_range *range = LIST_ENTRY(pos, struct vm_range, link);

		LIST_FOR_EACH (at, &range->entries) {
			const struct vm_map_entry *e = LIST_ENTRY(at, struct vm_map_entry, link);

			if (e->object && e->object->swp_bcount)
				n += e->object->swp_bcount * SWAP_META_PAGES * (e->end - e->start) /
					 e->object->size +
				     1;
		}
	}
	return n;
}

/* --- finding and cutting --- */

struct vm_map_entry *vm_map_lookup_entry(const struct vm_range *range, uint64_t page)
{
	LIST_FOR_EACH (pos, &range->entries) {
		struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);

		if (page < entry->end)
			return page >= entry->start ? entry : NULL;
	}
	return NULL;
}

bool vm_map_whole(const struct vm_range *range, uint64_t start, uint64_t end)
{
	uint64_t at = start;

	LIST_FOR_EACH (pos, &range->entries) {
		const struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);

		if (entry->start <= at && at < entry->end)
			at = entry->end;
	}
	return at >= end;
}

void vm_map_clip(struct vm_range *range, uint64_t page)
{
	struct vm_map_entry *entry = vm_map_lookup_entry(range, page), *rest;

	if (!entry || entry->start == page)
		return;
	if (!entry->object) /* both parts have one object */
		entry->object =
		    vm_object_allocate(range->vmspace->vm, OBJT_DEFAULT, entry->end - entry->start);
	vm_object_reference(entry->object);
	rest = sim_calloc(1, sizeof(*rest));
	*rest = *entry;
	rest->start = entry->end = page;
	rest->offset += page - entry->start;
	list_add(&rest->link, &entry->link);
}

static bool alike(const struct vm_map_entry *a, const struct vm_map_entry *b)
{
	return a->end == b->start && a->object == b->object &&
	       (!a->object || a->offset + (a->end - a->start) == b->offset) &&
	       a->write == b->write && a->shared == b->shared && a->needs_copy == b->needs_copy &&
	       a->wired == b->wired && a->behavior == b->behavior;
}

void vm_map_simplify(struct task *t, struct vm_range *range)
{
	struct list *pos = range->entries.next;

	while (pos != &range->entries && pos->next != &range->entries) {
		struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);
		struct vm_map_entry *next = LIST_ENTRY(pos->next, struct vm_map_entry, link);

		if (!alike(entry, next)) {
			pos = pos->next;
			continue;
		}
		entry->end = next->end;
		list_del(&next->link);
		if (next->object)
			vm_object_deallocate(t, next->object);
		sim_free(next);
	}
}

/* --- mapping --- */

void vm_map_pmap_enter(struct task *t, struct vm_range *range, struct vm_map_entry *entry,
		       uint64_t start, uint64_t end)
{
	struct freebsd_vm *vm = range->vmspace->vm;

	for (uint64_t page = start; entry->object && page < end; page++) {
		uint64_t index = entry->offset + (page - entry->start), first = index;
		struct pv_entry *pv;
		struct vm_page *m;

		if (!xa_find(&entry->object->resident, &index,
			     entry->offset + (end - entry->start) - 1))
			return;
		page += index - first;
		pv = &range->pv[page];
		m = vm_page_lookup(vm, entry->object, index);
		if (pv->page || m->valid != VM_PAGE_BITS_ALL)
			continue;
		if (vm->cnt.v_free_count < vm->sysctl.v_free_reserved)
			return;
		pmap_enter(m, vm_range_pv(range, page), false);
		task_run(t, (sim_time)vm->machine->cost.pte_map);
	}
}

/* --- what is mapped: of a mapping of many TiB most never is --- */

#define PIECE_PAGES 512
#define WORD_PAGES  (64 * PIECE_PAGES)

static size_t touched_bytes(pages_t npages)
{
	return (size_t)div_round_up(npages, WORD_PAGES) * sizeof(uint64_t);
}

struct pv_entry *vm_range_pv(struct vm_range *range, uint64_t page)
{
	struct pv_entry *pv = &range->pv[page];

	range->touched[page / WORD_PAGES] |= 1ULL << page / PIECE_PAGES % 64;
	pv->resident = &range->vmspace->resident;
	return pv;
}

uint64_t vm_range_next_mapped(const struct vm_range *range, uint64_t page, uint64_t end)
{
	while (page < end) {
		uint64_t left = range->touched[page / WORD_PAGES] >> page / PIECE_PAGES % 64;

		if (left & 1) {
			if (range->pv[page].page)
				return page;
			page++;
		} else if (left) {
			page = (page / PIECE_PAGES + 1) * PIECE_PAGES;
		} else {
			page = (page / WORD_PAGES + 1) * WORD_PAGES;
		}
	}
	return end;
}

struct vm_range *vm_range_new(struct vmspace *vmspace, pages_t npages)
{
	struct vm_range *range = sim_calloc(1, sizeof(*range));

	range->vmspace = vmspace;
	range->npages = npages;
	range->pv = sim_reserve((size_t)npages * sizeof(*range->pv));
	range->touched = sim_reserve(touched_bytes(npages));
	list_init(&range->entries);
	list_add_tail(&range->link, &vmspace->ranges);
	return range;
}

pages_t vmspace_room(const struct vmspace *vmspace)
{
	pages_t used = 0;

	LIST_FOR_EACH (pos, &vmspace->ranges)
		used += LIST_ENTRY(pos, const struct vm_range, link)->npages;
	return VM_MAXUSER_PAGES - used;
}

struct vm_range *vm_mmap(struct task *t, struct vnode *vp, uint64_t offset, bytes_t len, bool write,
			 bool shared, bool prefault)
{
	struct vmspace *vmspace = task_vmspace(t);
	struct vm_range *range = vm_range_new(vmspace, div_round_up(len, FREEBSD_PAGE_SIZE));
	struct vm_map_entry *entry = sim_calloc(1, sizeof(*entry));

	entry->end = range->npages;
	entry->write = write || !vp;
	entry->lastr = UINT64_MAX;
	list_add_tail(&entry->link, &range->entries);
	if (vp) {
		entry->object = vp->object;
		entry->offset = offset / FREEBSD_PAGE_SIZE;
		entry->shared = shared;
		entry->needs_copy = !shared;
		vm_object_reference(vp->object);
		if (prefault || entry->end <= MAX_INIT_PT ||
		    vp->object->resident_page_count <= MAX_INIT_PT)
			vm_map_pmap_enter(t, range, entry, 0, entry->end);
	}
	if (vmspace->wire_future)
		(void)vm_mlock(t, range, 0, range->npages);
	return range;
}

/* --- unmapping --- */

/* Pages of an object that other entries use, too, but these pages nobody else. */
static void drop_own_pages(struct task *t, const struct vm_map_entry *entry)
{
	struct vm_object *object = entry->object;
	uint64_t end = entry->offset + (entry->end - entry->start);

	if (object->ref_count == 1 || !(object->flags & OBJ_ONEMAPPING))
		return;
	vm_object_collapse(t, object);
	vm_object_page_remove(t, object, entry->offset, end, false);
	if (object->type == OBJT_SWAP)
		swap_pager_freespace(object->vm, object, entry->offset, end - entry->offset);
	if (end >= object->size && entry->offset < object->size)
		object->size = entry->offset;
}

void vm_map_delete(struct task *t, struct vm_range *range, uint64_t start, uint64_t end)
{
	struct freebsd_vm *vm = task_freebsd(t);
	pages_t mapped = range->vmspace->resident;

	vm_map_clip(range, start);
	vm_map_clip(range, end);
	LIST_FOR_EACH_SAFE (pos, next, &range->entries) {
		struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);

		if (entry->start < start || entry->end > end)
			continue;
		list_del(&entry->link);
		if (entry->wired)
			vm_fault_unwire(vm, range, entry);
		FOR_EACH_MAPPED (range, i, entry->start, entry->end)
			pmap_remove(vm, &range->pv[i]);
		if (entry->object) {
			drop_own_pages(t, entry);
			vm_object_deallocate(t, entry->object);
		}
		sim_free(entry);
	}
	mapped -= min_u64(mapped, range->vmspace->resident);
	task_run(t, (sim_time)vm->machine->cost.pte_zap * mapped);
}

static void pages_free(struct vm_range *range)
{
	sim_unreserve(range->pv, (size_t)range->npages * sizeof(*range->pv));
	sim_unreserve(range->touched, touched_bytes(range->npages));
}

static void range_free(struct vm_range *range)
{
	list_del(&range->link);
	pages_free(range);
	sim_free(range);
}

void vm_range_free(struct task *t, struct vm_range *range)
{
	vm_map_delete(t, range, 0, range->npages);
	range_free(range);
}

void vmspace_exit(struct task *t)
{
	struct thread *td = t->kernel;
	struct vmspace *vmspace = td ? td->vmspace : NULL;

	if (!vmspace)
		return;
	while (!list_empty(&vmspace->ranges)) {
		struct vm_range *range = LIST_FIRST(&vmspace->ranges, struct vm_range, link);

		/* steps of others may have its name: it stays, as nobody's */
		vm_map_delete(t, range, 0, range->npages);
		pages_free(range);
		range->npages = 0;
		range->vmspace = NULL;
		list_del(&range->link);
		list_add_tail(&range->link, &vmspace->vm->dead_ranges);
	}
	td->vmspace = NULL;
	list_del(&vmspace->link);
	sim_free(vmspace);
}

void vmspaces_free(struct freebsd_vm *vm)
{
	LIST_FOR_EACH_SAFE (pos, next, &vm->vmspaces) {
		struct vmspace *vmspace = LIST_ENTRY(pos, struct vmspace, link);

		while (!list_empty(&vmspace->ranges)) {
			struct vm_range *range =
			    LIST_FIRST(&vmspace->ranges, struct vm_range, link);

			LIST_FOR_EACH_SAFE (at, after, &range->entries)
				sim_free(LIST_ENTRY(at, struct vm_map_entry, link));
			range_free(range);
		}
		sim_free(vmspace);
	}
	list_init(&vm->vmspaces);
	LIST_FOR_EACH_SAFE (pos, next, &vm->dead_ranges)
		sim_free(LIST_ENTRY(pos, struct vm_range, link));
	list_init(&vm->dead_ranges);
}
