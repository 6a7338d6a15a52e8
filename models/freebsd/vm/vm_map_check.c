/*
 * vm_map_check.c - maps, objects and pages counted afresh
 *
 * Who refers to an object: entries of maps, objects that it backs, and calls.  Nothing else may.
 */
#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_glue.h"
#include "models/freebsd/vm/vm_map.h"
#include "models/freebsd/vm/vm_reserv.h"

/* What entries and shadows give an object; found by walking all of them. */
static void count_references(const struct freebsd_vm *vm, int *refs)
{
	LIST_FOR_EACH (pos, &vm->vmspaces) {
		const struct vmspace *vmspace = LIST_ENTRY(pos, struct vmspace, link);

		LIST_FOR_EACH (r, &vmspace->ranges) {
			const struct vm_range *range = LIST_ENTRY(r, struct vm_range, link);

			LIST_FOR_EACH (e, &range->entries) {
				const struct vm_map_entry *entry =
				    LIST_ENTRY(e, struct vm_map_entry, link);

				if (entry->object)
					refs[entry->object->id]++;
			}
		}
	}
	LIST_FOR_EACH (pos, &vm->objects) {
		const struct vm_object *object = LIST_ENTRY(pos, struct vm_object, link);

		if (object->backing_object)
			refs[object->backing_object->id]++;
	}
}

static void check_object(struct check *c, const struct freebsd_vm *vm,
			 const struct vm_object *object, int refs)
{
	pages_t resident = 0, cached = 0;
	int shadows = 0;

	for (uint64_t i = 0; xa_find(&object->resident, &i, UINT64_MAX - 1); i++) {
		CHECK(c, vm_page_lookup(vm, object, i)->object == object);
		resident++;
	}
	for (uint64_t i = 0; xa_find(&object->cached, &i, UINT64_MAX - 1); i++) {
		CHECK(c, !xa_load(&object->resident, i));
		cached++;
	}
	LIST_FOR_EACH (pos, &object->shadow_head) {
		const struct vm_object *shadow = LIST_ENTRY(pos, struct vm_object, shadow_list);

		CHECK(c, shadow->backing_object == object);
		shadows++;
	}
	CHECK(c, resident == object->resident_page_count);
	CHECK(c, cached == object->cached_page_count);
	CHECK(c, shadows == object->shadow_count);
	/* calls of a scenario may hold some; one that is being freed is waited for */
	CHECK(c, refs <= object->ref_count);
	CHECK(c, object->paging_in_progress >= 0);
}

static void check_pv(struct check *c, const struct vm_range *range,
		     const struct vm_map_entry *entry, uint64_t i, uint64_t *resident)
{
	const struct pv_entry *pv = &range->pv[i];

	++*resident;
	CHECK(c, entry != NULL);
	if (!entry)
		return;
	CHECK(c, (pv->page->flags & PG_IN_USE) && pv->page->valid);
	CHECK(c, pv->resident == &range->vmspace->resident);
	CHECK(c, !pv->writable || (entry->write && !entry->needs_copy));
	CHECK(c, !pv->writable || pv->page->object == entry->object);
	CHECK(c, !pv->wired || (entry->wired && pv->page->wire_count > 0));
}

/* Entries are in order, apart from each other, and what is entered is what they show. */
static void check_range(struct check *c, const struct vm_range *range, uint64_t *resident)
{
	uint64_t at = 0;

	LIST_FOR_EACH (pos, &range->entries) {
		const struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);

		CHECK(c, entry->start >= at && entry->start < entry->end);
		FOR_EACH_MAPPED (range, i, at, entry->start)
			check_pv(c, range, NULL, i, resident);
		FOR_EACH_MAPPED (range, i, entry->start, entry->end)
			check_pv(c, range, entry, i, resident);
		at = entry->end;
	}
	CHECK(c, at <= range->npages);
	FOR_EACH_MAPPED (range, i, at, range->npages)
		check_pv(c, range, NULL, i, resident);
}

/* Each reservation is that of an object that lives. */
static void check_reservations(struct check *c, const struct freebsd_vm *vm)
{
	int64_t n = 0;

	LIST_FOR_EACH (pos, &vm->objects) {
		const struct vm_object *object = LIST_ENTRY(pos, struct vm_object, link);

		LIST_FOR_EACH (r, &object->rvq) {
			const struct vm_reserv *rv = LIST_ENTRY(r, struct vm_reserv, objq);

			CHECK(c, rv->owner == object->id + 1);
			CHECK(c, rv->popcnt > 0 && rv->popcnt <= VM_RESERV_PAGES);
			n++;
		}
	}
	CHECK(c, n == vm->cnt.sim_reservations);
}

/* Wired entries of pages, of all pages that somebody wired. */
static void check_wirings(struct check *c, const struct freebsd_vm *vm)
{
	LIST_FOR_EACH (pos, &vm->objects) {
		const struct vm_object *object = LIST_ENTRY(pos, struct vm_object, link);

		for (uint64_t i = 0; xa_find(&object->resident, &i, UINT64_MAX - 1); i++) {
			const struct vm_page *m = vm_page_lookup(vm, object, i);

			CHECK(c, pmap_page_wired_mappings(m) <= (int)m->wire_count);
		}
	}
}

void vm_map_check(struct check *c, struct sim *s)
{
	const struct freebsd_vm *vm = freebsd_vm(s);
	int *refs = sim_calloc((size_t)vm->next_object + 1, sizeof(*refs));

	count_references(vm, refs);
	LIST_FOR_EACH (pos, &vm->objects) {
		const struct vm_object *object = LIST_ENTRY(pos, struct vm_object, link);

		check_object(c, vm, object, refs[object->id]);
	}
	LIST_FOR_EACH (pos, &vm->vmspaces) {
		const struct vmspace *vmspace = LIST_ENTRY(pos, struct vmspace, link);
		uint64_t resident = 0;

		LIST_FOR_EACH (r, &vmspace->ranges)
			check_range(c, LIST_ENTRY(r, struct vm_range, link), &resident);
		CHECK(c, resident == vmspace->resident);
	}
	check_wirings(c, vm);
	check_reservations(c, vm);
	swap_pager_check(c, vm);
	vm_glue_check(c, vm);
	sim_free(refs);
}
