/*
 * vm_daemon.c - vmdaemon: takes the pages of processes that are swapped out from them
 *
 * In the kernel a part of vm_pageout.c.  A page that was used stays on the active queue, one that
 * was not ages, and goes to the inactive queue when its act_count is 0.  In the end nothing is
 * mapped; so later scans of the page daemon find no use of these pages any more.
 */
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/vm_glue.h"
#include "models/freebsd/vm/vm_map.h"
#include "models/freebsd/vm/vm_pageout.h"

#define PMAP_EXISTS_QUICK 16 /* entries of a page that are looked at */

/* --- pages of one object --- */

static bool pmap_page_exists_quick(const struct vmspace *vmspace, const struct vm_page *m)
{
	int looked = 0;

	LIST_FOR_EACH (pos, &m->pv_list) {
		if (LIST_ENTRY(pos, struct pv_entry, link)->resident == &vmspace->resident)
			return true;
		if (++looked == PMAP_EXISTS_QUICK)
			break;
	}
	return false;
}

static void deactivate_page(struct freebsd_vm *vm, struct vm_page *m, bool remove_mode)
{
	int actcount = pmap_ts_referenced(m);

	if (!actcount && (m->flags & PG_REFERENCED))
		actcount = 1;
	m->flags &= (uint16_t)~PG_REFERENCED;
	if (m->queue != PQ_ACTIVE && actcount) {
		vm_page_activate(vm, m);
		m->act_count += actcount;
	} else if (m->queue == PQ_ACTIVE && actcount) {
		vm_page_activate(vm, m);
		if (m->act_count < ACT_MAX - ACT_ADVANCE)
			m->act_count += ACT_ADVANCE;
		vm_page_requeue(vm, m);
	} else if (m->queue == PQ_ACTIVE) {
		m->act_count -= (int)min_s64(m->act_count, ACT_DECLINE);
		if (!remove_mode && (vm->sysctl.pageout_algorithm || m->act_count == 0)) {
			pmap_remove_all(vm, m);
			vm_page_deactivate(vm, m);
			vm->cnt.sim_deactivated++;
		} else {
			vm_page_requeue(vm, m);
		}
	} else if (m->queue == PQ_INACTIVE) {
		pmap_remove_all(vm, m);
	}
}

/* Down the chain of objects, as long as the process has pages mapped; how many were looked at. */
static int64_t object_deactivate_pages(const struct vmspace *vmspace, struct vm_object *object)
{
	struct freebsd_vm *vm = vmspace->vm;
	int64_t looked = 0;

	for (; object; object = object->backing_object) {
		bool remove_mode = object->shadow_count > 1;

		if (object->type == OBJT_PHYS || object->paging_in_progress)
			break;
		for (uint64_t i = 0; xa_find(&object->resident, &i, UINT64_MAX - 1); i++) {
			struct vm_page *m = vm_page_lookup(vm, object, i);

			if (vmspace->resident == 0)
				return looked;
			if ((m->oflags & VPO_BUSY) || m->busy)
				continue;
			vm->cnt.v_pdpages++;
			looked++;
			if (m->wire_count || m->hold_count || !pmap_page_exists_quick(vmspace, m))
				continue;
			deactivate_page(vm, m, remove_mode);
		}
	}
	return looked;
}

/* --- one process --- */

/* The object with most pages in memory, of those that not several others shadow. */
static struct vm_object *biggest(const struct vmspace *vmspace, bool *wired)
{
	struct vm_object *big = NULL;

	LIST_FOR_EACH (pos, &vmspace->ranges) {
		const struct vm_range *range = LIST_ENTRY(pos, struct vm_range, link);

		LIST_FOR_EACH (at, &range->entries) {
			const struct vm_map_entry *e = LIST_ENTRY(at, struct vm_map_entry, link);
			struct vm_object *object = e->object;

			*wired |= e->wired;
			if (object && object->shadow_count <= 1 &&
			    (!big || big->resident_page_count < object->resident_page_count))
				big = object;
		}
	}
	return big;
}

static void unmap_all(struct vmspace *vmspace)
{
	LIST_FOR_EACH (pos, &vmspace->ranges) {
		struct vm_range *range = LIST_ENTRY(pos, struct vm_range, link);

		FOR_EACH_MAPPED (range, i, 0, range->npages)
			pmap_remove(vmspace->vm, &range->pv[i]);
	}
}

/*
 * Takes all pages from a process.  No time passes in it: the process may be in memory again and
 * gone after that.  Returns how many pages were looked at.
 */
static int64_t map_deactivate_pages(struct vmspace *vmspace)
{
	bool wired = false;
	struct vm_object *big = biggest(vmspace, &wired);
	int64_t looked = big ? object_deactivate_pages(vmspace, big) : 0;

	LIST_FOR_EACH (pos, &vmspace->ranges) {
		const struct vm_range *range = LIST_ENTRY(pos, struct vm_range, link);

		LIST_FOR_EACH (at, &range->entries) {
			const struct vm_map_entry *e = LIST_ENTRY(at, struct vm_map_entry, link);

			if (vmspace->resident && e->object)
				looked += object_deactivate_pages(vmspace, e->object);
		}
	}
	if (!wired)
		unmap_all(vmspace);
	return looked;
}

/* --- the daemon --- */

void vm_req_vmdaemon(struct freebsd_vm *vm, int action)
{
	uint64_t ticks = sim_now(vm->sim) / (NS_PER_SEC / hz);
	struct pageout *p = vm->pageout;

	p->req_swapout |= action;
	if (ticks > p->vmdaemon_lastrun + hz) {
		wakeup(vm->sim, &p->vmdaemon_chan);
		p->vmdaemon_lastrun = ticks;
	}
}

void vm_pageout_request_swapout(struct freebsd_vm *vm)
{
	uint64_t second = sim_now(vm->sim) / NS_PER_SEC;

	if (vm->sysctl.swap_idle_enabled && second != vm->pageout->idle_second) {
		vm_req_vmdaemon(vm, VM_SWAP_IDLE);
		vm->pageout->idle_second = second;
	}
	if (vm->sysctl.swap_enabled && vm_paging_target(vm) > 0 && vm_page_count_target(vm))
		vm_req_vmdaemon(vm, VM_SWAP_NORMAL);
}

void vm_daemon(struct task *t, void *arg)
{
	struct freebsd_vm *vm = arg;
	struct pageout *p = vm->pageout;

	for (;;) {
		int action;
		int64_t looked = 0;

		tsleep(t, &p->vmdaemon_chan, "psleep", 0);
		action = p->req_swapout;
		p->req_swapout = 0;
		if (action)
			swapout_procs(vm, action);
		LIST_FOR_EACH (pos, &vm->allproc) {
			const struct thread *td = LIST_ENTRY(pos, struct thread, link);

			if (!td->inmem && td->vmspace)
				looked += map_deactivate_pages(td->vmspace);
		}
		task_run(t, (sim_time)(vm->machine->cost.scan_page * looked));
	}
}
