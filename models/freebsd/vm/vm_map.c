/*
 * vm_map.c - mappings of programs
 */
#include <errno.h>

#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_map.h"

static struct vmspace *task_vmspace(struct task *t)
{
	struct thread *td = t->kernel;
	struct freebsd_vm *vm = task_freebsd(t);

	if (!td->vmspace) {
		td->vmspace = sim_calloc(1, sizeof(*td->vmspace));
		td->vmspace->vm = vm;
		td->vmspace->task = t;
		list_init(&td->vmspace->entries);
		list_add_tail(&td->vmspace->link, &vm->vmspaces);
	}
	return td->vmspace;
}

pages_t vmspace_swap_count(const struct vmspace *vmspace)
{
	pages_t n = 0;

	LIST_FOR_EACH (pos, &vmspace->entries) {
		const struct vm_map_entry *entry = LIST_ENTRY(pos, struct vm_map_entry, link);

		if (entry->object->type != OBJT_VNODE)
			n += entry->object->nr_swblocks;
		if (entry->shadow)
			n += entry->shadow->nr_swblocks;
	}
	return n;
}

struct vm_map_entry *vm_mmap(struct task *t, struct vnode *vp, uint64_t offset, bytes_t len,
			     bool write, bool shared)
{
	struct vmspace *vmspace = task_vmspace(t);
	struct vm_map_entry *entry = sim_calloc(1, sizeof(*entry));

	entry->vmspace = vmspace;
	entry->npages = div_round_up(len, FREEBSD_PAGE_SIZE);
	entry->write = write || !vp;
	entry->private_file = vp && !shared;
	if (vp) {
		entry->object = vp->object;
		entry->object->ref_count++;
		entry->pindex = offset / FREEBSD_PAGE_SIZE;
	} else {
		entry->object = vm_object_allocate(vmspace->vm, OBJT_DEFAULT, entry->npages);
	}
	entry->lastr = UINT64_MAX;
	entry->pv = sim_reserve((size_t)entry->npages * sizeof(*entry->pv));
	list_add_tail(&entry->link, &vmspace->entries);
	return entry;
}

static void unmap_pages(struct freebsd_vm *vm, struct vm_map_entry *entry)
{
	for (pages_t i = 0; i < entry->npages; i++)
		if (entry->pv[i].page)
			pmap_remove(vm, &entry->pv[i]);
}

static void entry_free(struct vm_map_entry *entry)
{
	list_del(&entry->link);
	sim_unreserve(entry->pv, (size_t)entry->npages * sizeof(*entry->pv));
	sim_free(entry);
}

void vm_munmap(struct task *t, struct vm_map_entry *entry)
{
	struct freebsd_vm *vm = task_freebsd(t);
	pages_t mapped = entry->vmspace->resident;

	unmap_pages(vm, entry);
	mapped -= entry->vmspace->resident;
	if (entry->shadow)
		vm_object_deallocate(vm, entry->shadow);
	else
		vm_object_deallocate(vm, entry->object);
	entry_free(entry);
	task_run(t, (sim_time)vm->machine->cost.pte_zap * mapped);
}

void vmspace_exit(struct task *t)
{
	struct thread *td = t->kernel;
	struct vmspace *vmspace = td ? td->vmspace : NULL;

	if (!vmspace)
		return;
	while (!list_empty(&vmspace->entries))
		vm_munmap(t, LIST_FIRST(&vmspace->entries, struct vm_map_entry, link));
	td->vmspace = NULL;
	list_del(&vmspace->link);
	sim_free(vmspace);
}

void vmspaces_free(struct freebsd_vm *vm)
{
	while (!list_empty(&vm->vmspaces)) {
		struct vmspace *vmspace = LIST_FIRST(&vm->vmspaces, struct vmspace, link);

		while (!list_empty(&vmspace->entries))
			entry_free(LIST_FIRST(&vmspace->entries, struct vm_map_entry, link));
		list_del(&vmspace->link);
		sim_free(vmspace);
	}
}

int vm_access(struct task *t, struct vm_map_entry *entry, uint64_t offset, bool write)
{
	struct freebsd_vm *vm = task_freebsd(t);
	uint64_t page = offset / FREEBSD_PAGE_SIZE;
	struct pv_entry *pv;

	if (page >= entry->npages || (write && !entry->write))
		return -EFAULT;
	pv = &entry->pv[page];
	while (!pv->page || (write && !pv->writable)) {
		int error;

		if (t->killed)
			return -EFAULT;
		error = vm_fault(t, entry, page, write);
		if (error)
			return error;
	}
	pv->accessed = true;
	pv->modified |= write;
	task_run(t, (sim_time)vm->machine->cost.user_access);
	return 0;
}

/* --- madvise, msync --- */

static struct vm_page *resident_page(const struct vm_map_entry *entry, uint64_t page)
{
	const struct freebsd_vm *vm = entry->vmspace->vm;
	struct vm_page *m = entry->shadow ? vm_page_lookup(vm, entry->shadow, page) : NULL;

	return m || entry->private_file ? m
					: vm_page_lookup(vm, entry->object, entry->pindex + page);
}

static void madvise_page(struct task *t, struct vm_page *m, bool discard)
{
	struct freebsd_vm *vm = task_freebsd(t);

	if (m->valid != VM_PAGE_BITS_ALL || m->wire_count || m->hold_count || m->busy ||
	    (m->oflags & VPO_BUSY))
		return;
	if (discard && m->object->type != OBJT_VNODE) {
		pmap_clear_modify(m);
		m->dirty = 0;
		m->act_count = 0;
		swap_pager_unswapped(vm, m);
	}
	vm_page_dontneed(vm, t->cpu, m);
}

int vm_madvise(struct task *t, struct vm_map_entry *entry, uint64_t offset, bytes_t len, int advice)
{
	struct freebsd_vm *vm = task_freebsd(t);
	uint64_t end = min_u64(div_round_up(offset + len, FREEBSD_PAGE_SIZE), entry->npages);

	switch (advice) {
	case FREEBSD_MADV_NORMAL:
	case FREEBSD_MADV_RANDOM:
	case FREEBSD_MADV_SEQUENTIAL:
		entry->behavior = (enum vm_behavior)advice;
		return 0;
	case FREEBSD_MADV_WILLNEED:
	case FREEBSD_MADV_DONTNEED:
	case FREEBSD_MADV_FREE:
		break;
	default:
		return -EINVAL;
	}
	for (uint64_t page = offset / FREEBSD_PAGE_SIZE; page < end; page++) {
		struct vm_page *m = resident_page(entry, page);
		struct pv_entry *pv = &entry->pv[page];

		if (!m)
			continue;
		if (advice != FREEBSD_MADV_WILLNEED) {
			madvise_page(t, m, advice == FREEBSD_MADV_FREE);
		} else if (!pv->page && m->valid == VM_PAGE_BITS_ALL && !(m->oflags & VPO_BUSY)) {
			pv->resident = &entry->vmspace->resident;
			pmap_enter(m, pv, false);
		}
		task_run(t, (sim_time)vm->machine->cost.pte_map);
	}
	return 0;
}

int vm_msync(struct task *t, struct vm_map_entry *entry, uint64_t offset, bytes_t len)
{
	struct vm_object *object = entry->object;
	uint64_t first = entry->pindex + offset / FREEBSD_PAGE_SIZE;
	uint64_t end = entry->pindex + div_round_up(offset + len, FREEBSD_PAGE_SIZE);
	sim_time began = task_now(t);
	int error;

	if (object->type != OBJT_VNODE || entry->private_file)
		return 0;
	object->flags |= OBJ_MIGHTBEDIRTY; /* of what was mapped here nothing is left out */
	vm_object_page_clean(t, object, first, end);
	while (object->vnode->writing)
		tsleep(t, &object->vnode->write_chan, "vnwrit", 0);
	task_lost(t, LOSS_WRITE, began);
	error = object->vnode->error;
	object->vnode->error = 0;
	return error;
}
