/*
 * vm_mmap.c - what programs say of their memory: madvise, msync, mprotect, mincore
 */
#include <errno.h>

#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_map.h"

/* The part of an entry that a range of pages covers; false: nothing. */
static bool part(const struct vm_map_entry *entry, uint64_t *start, uint64_t *end)
{
	if (*start < entry->start)
		*start = entry->start;
	*end = min_u64(*end, entry->end);
	return *start < *end;
}

/* --- madvise --- */

/* True: time has passed, look again. */
static bool page_is_busy(struct task *t, struct vm_page *m, int advice)
{
	if (!(m->oflags & VPO_BUSY) && !m->busy)
		return false;
	if (advice == FREEBSD_MADV_WILLNEED)
		m->flags |= PG_REFERENCED;
	vm_page_sleep(t, m, "madvpo");
	return true;
}

static void advise(struct task *t, struct vm_page *m, int advice)
{
	struct freebsd_vm *vm = task_freebsd(t);

	if (advice == FREEBSD_MADV_WILLNEED) {
		vm_page_activate(vm, m);
		return;
	}
	if (advice == FREEBSD_MADV_FREE) {
		/* whoever reclaims it need not write it; it stays mapped, as it may be used again
		 */
		pmap_clear_modify(m);
		m->dirty = 0;
		m->act_count = 0;
	}
	vm_page_dontneed(vm, t->cpu, m);
}

/* A place of an object, wherever in the chain its page is.  True: look again. */
static bool madvise_page(struct task *t, struct vm_object *object, uint64_t pindex, int advice)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vm_page *m;

	for (;;) {
		if (advice == FREEBSD_MADV_FREE
			? !vm_object_anonymous(object) || !(object->flags & OBJ_ONEMAPPING)
			: object->type == OBJT_PHYS)
			return false;
		m = vm_page_lookup(vm, object, pindex);
		if (!m && advice == FREEBSD_MADV_WILLNEED)
			m = vm_page_alloc(t, object, pindex, VM_ALLOC_IFCACHED | VM_ALLOC_NOBUSY);
		if (m)
			break;
		if (advice == FREEBSD_MADV_FREE)
			swap_pager_freespace(vm, object, pindex, 1);
		if (!object->backing_object)
			return false;
		pindex += object->backing_object_offset;
		object = object->backing_object;
	}
	if (m->valid != VM_PAGE_BITS_ALL || m->hold_count || m->wire_count)
		return false;
	if (page_is_busy(t, m, advice))
		return true;
	advise(t, m, advice);
	if (advice == FREEBSD_MADV_FREE)
		swap_pager_freespace(vm, object, pindex, 1);
	return false;
}

static void vm_object_madvise(struct task *t, struct vm_map_entry *entry, uint64_t start,
			      uint64_t end, int advice)
{
	const struct freebsd_vm *vm = task_freebsd(t);

	for (uint64_t page = start; entry->object && page < end; page++) {
		while (
		    madvise_page(t, entry->object, entry->offset + (page - entry->start), advice))
			;
		task_run(t, (sim_time)vm->machine->cost.pte_map);
	}
}

int vm_madvise(struct task *t, struct vm_range *range, uint64_t offset, bytes_t len, int advice)
{
	uint64_t first = offset / FREEBSD_PAGE_SIZE;
	uint64_t last = min_u64(div_round_up(offset + len, FREEBSD_PAGE_SIZE), range->npages);
	bool of_entries = advice <= FREEBSD_MADV_SEQUENTIAL;

	if (advice > FREEBSD_MADV_FREE)
		return -EINVAL;
	if (of_entries) {
		vm_map_clip(range, first);
		vm_map_clip(range, last);
	}
	LIST_FOR_EACH (pos, &range->entries) {
		struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);
		uint64_t start = first, end = last;

		if (!part(entry, &start, &end))
			continue;
		if (of_entries) {
			entry->behavior = (enum vm_behavior)advice;
			continue;
		}
		vm_object_madvise(t, entry, start, end, advice);
		if (advice == FREEBSD_MADV_WILLNEED)
			vm_map_pmap_enter(t, range, entry, start, end);
	}
	if (of_entries)
		vm_map_simplify(t, range);
	return 0;
}

/* --- msync --- */

/* The file behind an entry, however long the chain to it; NULL: there is none. */
static struct vm_object *file_behind(const struct vm_map_entry *entry, uint64_t *pindex)
{
	struct vm_object *object = entry->object;

	while (object && object->backing_object) {
		*pindex += object->backing_object_offset;
		object = object->backing_object;
	}
	return object && object->type == OBJT_VNODE ? object : NULL;
}

/* Whether a write fails nobody is told (9.1 has -EIO); the page stays dirty, for fsync to find. */
static void sync_part(struct task *t, struct vm_map_entry *entry, uint64_t start, uint64_t end,
		      bool async, bool invalidate)
{
	uint64_t pindex = entry->offset + (start - entry->start);
	struct vm_object *object = file_behind(entry, &pindex);
	uint64_t last = pindex + (end - start);

	if (!object)
		return;
	if (object->flags & OBJ_MIGHTBEDIRTY) {
		vn_lock(t, object->vnode, true);
		vm_object_page_clean(t, object, pindex, last);
		while ((!async || invalidate) && object->vnode->writing)
			tsleep(t, &object->vnode->write_chan, "vnwrit", 0);
		vn_unlock(object->vnode);
	}
	if (invalidate)
		vm_object_page_remove(t, object, pindex, last, true);
}

int vm_msync(struct task *t, struct vm_range *range, uint64_t offset, bytes_t len, bool async,
	     bool invalidate)
{
	uint64_t first = offset / FREEBSD_PAGE_SIZE;
	uint64_t last = min_u64(div_round_up(offset + len, FREEBSD_PAGE_SIZE), range->npages);
	sim_time began = task_now(t);

	if ((async && invalidate) || !vm_map_whole(range, first, last))
		return -EINVAL;
	LIST_FOR_EACH (pos, &range->entries) {
		struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);
		uint64_t start = first, end = last;

		if (part(entry, &start, &end) && invalidate && entry->wired)
			return -EBUSY;
	}
	FOR_EACH_MAPPED (range, i, first, invalidate ? last : first)
		pmap_remove(task_freebsd(t), &range->pv[i]);
	LIST_FOR_EACH (pos, &range->entries) {
		struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);
		uint64_t start = first, end = last;

		if (part(entry, &start, &end))
			sync_part(t, entry, start, end, async, invalidate);
	}
	task_lost(t, LOSS_WRITE, began);
	return 0;
}

/* --- mprotect, mincore --- */

int vm_mprotect(struct task *t, struct vm_range *range, uint64_t start, uint64_t end, bool write)
{
	struct freebsd_vm *vm = task_freebsd(t);

	if (!vm_map_whole(range, start, end))
		return -ENOMEM;
	vm_map_clip(range, start);
	vm_map_clip(range, end);
	LIST_FOR_EACH (pos, &range->entries) {
		struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);

		if (entry->start < start || entry->end > end || entry->write == write)
			continue;
		entry->write = write;
		FOR_EACH_MAPPED (range, i, entry->start, write ? entry->start : entry->end)
			pmap_protect(vm, &range->pv[i]);
	}
	vm_map_simplify(t, range);
	return 0;
}

int64_t vm_mincore(struct task *t, struct vm_range *range, uint64_t start, uint64_t end)
{
	const struct freebsd_vm *vm = task_freebsd(t);
	int64_t n = 0;

	if (!vm_map_whole(range, start, end))
		return -ENOMEM;
	for (uint64_t i = start; i < end; i++) {
		const struct vm_map_entry *entry = vm_map_lookup_entry(range, i);
		const struct vm_page *m = range->pv[i].page;
		uint64_t pindex = entry->offset + (i - entry->start);

		/* not entered here: only the entry's own object is asked */
		if (!m && entry->object)
			m = vm_page_lookup(vm, entry->object, pindex);
		n += (m && m->valid) ||
		     (!m && entry->object && xa_load(&entry->object->cached, pindex));
	}
	return n;
}
