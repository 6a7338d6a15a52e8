/*
 * vm_map_wire.c - memory that stays: mlock and its like
 *
 * The page of each address is faulted in and wired for its entry; memory that may be stored to is
 * faulted in for stores.  Wired pages are on no queue.
 */
#include <errno.h>

#include "models/freebsd/vm/vm_map.h"

void vm_fault_unwire(struct freebsd_vm *vm, struct vm_range *range,
		     const struct vm_map_entry *entry)
{
	FOR_EACH_MAPPED (range, i, entry->start, entry->end) {
		struct pv_entry *pv = &range->pv[i];

		if (!pv->wired)
			continue;
		pv->wired = false;
		vm_page_unwire(vm, pv->page, true);
	}
}

/* 0, or the error of the fault that failed. */
static int vm_fault_wire(struct task *t, struct vm_range *range, struct vm_map_entry *entry)
{
	entry->wired = entry->in_transition = true;
	for (uint64_t i = entry->start; i < entry->end; i++) {
		int error = vm_fault(t, range, i, entry->write, true);

		if (error)
			return error;
	}
	return 0;
}

/* 0 or an error; then what was not wired before is not wired. */
static int wire(struct task *t, struct vm_range *range, uint64_t start, uint64_t end)
{
	int error = 0;

	vm_map_clip(range, start);
	vm_map_clip(range, end);
	LIST_FOR_EACH (pos, &range->entries) {
		struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);

		if (entry->start < start || entry->end > end || entry->wired)
			continue;
		error = vm_fault_wire(t, range, entry);
		if (error)
			break;
	}
	LIST_FOR_EACH (pos, &range->entries) {
		struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);

		if (error && entry->in_transition) {
			vm_fault_unwire(task_freebsd(t), range, entry);
			entry->wired = false;
		}
		entry->in_transition = false;
	}
	vm_map_simplify(t, range);
	return error;
}

static void unwire(struct task *t, struct vm_range *range, uint64_t start, uint64_t end)
{
	vm_map_clip(range, start);
	vm_map_clip(range, end);
	LIST_FOR_EACH (pos, &range->entries) {
		struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);

		if (entry->start < start || entry->end > end || !entry->wired)
			continue;
		vm_fault_unwire(task_freebsd(t), range, entry);
		entry->wired = false;
	}
	vm_map_simplify(t, range);
}

int vm_mlock(struct task *t, struct vm_range *range, uint64_t start, uint64_t end)
{
	const struct freebsd_vm *vm = task_freebsd(t);

	if ((int64_t)(end - start) > vm->max_wired || !vm_map_whole(range, start, end))
		return -ENOMEM;
	if ((int64_t)(end - start) + vm->cnt.v_wire_count > vm->max_wired)
		return -EAGAIN;
	return wire(t, range, start, end) ? -ENOMEM : 0;
}

int vm_munlock(struct task *t, struct vm_range *range, uint64_t start, uint64_t end)
{
	if (!vm_map_whole(range, start, end))
		return -ENOMEM;
	unwire(t, range, start, end);
	return 0;
}

int vm_mlockall(struct task *t, bool current, bool future)
{
	struct vmspace *vmspace = task_vmspace(t);

	if (!current && !future)
		return -EINVAL;
	vmspace->wire_future |= future;
	if (!current)
		return 0;
	LIST_FOR_EACH (pos, &vmspace->ranges) {
		struct vm_range *range = LIST_ENTRY(pos, struct vm_range, link);

		if (wire(t, range, 0, range->npages))
			return -EAGAIN;
	}
	return 0;
}

int vm_munlockall(struct task *t)
{
	struct vmspace *vmspace = task_vmspace(t);

	vmspace->wire_future = false;
	LIST_FOR_EACH (pos, &vmspace->ranges) {
		struct vm_range *range = LIST_ENTRY(pos, struct vm_range, link);

		unwire(t, range, 0, range->npages);
	}
	return 0;
}
