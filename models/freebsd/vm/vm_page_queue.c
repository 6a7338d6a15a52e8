/*
 * vm_page_queue.c - the queues of pages that are in use: inactive, active, held
 *
 * Pages come to the tail and are looked at from the head.  A use of a page does not move it: the
 * page daemon finds the traces (PG_REFERENCED, accessed bits) when it comes by.
 */
#include "models/freebsd/vm/pmap.h"

static int64_t *queue_count(struct freebsd_vm *vm, enum vm_page_queue queue)
{
	/* held pages are counted among the active ones */
	return queue == PQ_INACTIVE ? &vm->cnt.v_inactive_count : &vm->cnt.v_active_count;
}

void vm_page_enqueue(struct freebsd_vm *vm, struct vm_page *m, enum vm_page_queue queue, bool head)
{
	SIM_ASSERT(m->queue == PQ_NONE && queue != PQ_NONE);
	m->queue = (uint8_t)queue;
	if (head)
		list_add(&m->pageq, &vm->queues[queue]);
	else
		list_add_tail(&m->pageq, &vm->queues[queue]);
	++*queue_count(vm, queue);
	if (queue == PQ_HOLD)
		vm->hold_count++;
}

void vm_page_dequeue(struct freebsd_vm *vm, struct vm_page *m)
{
	if (m->queue == PQ_NONE)
		return;
	list_del(&m->pageq);
	--*queue_count(vm, m->queue);
	if (m->queue == PQ_HOLD)
		vm->hold_count--;
	m->queue = PQ_NONE;
}

void vm_page_requeue(struct freebsd_vm *vm, struct vm_page *m)
{
	if (m->queue != PQ_NONE)
		list_move_tail(&m->pageq, &vm->queues[m->queue]);
}

static bool may_queue(const struct vm_page *m)
{
	return m->wire_count == 0 && !(m->flags & PG_UNMANAGED);
}

void vm_page_activate(struct freebsd_vm *vm, struct vm_page *m)
{
	if (m->queue == PQ_ACTIVE) {
		m->act_count = m->act_count < ACT_INIT ? ACT_INIT : m->act_count;
		return;
	}
	if (!may_queue(m))
		return;
	m->act_count = m->act_count < ACT_INIT ? ACT_INIT : m->act_count;
	vm_page_dequeue(vm, m);
	vm_page_enqueue(vm, m, PQ_ACTIVE, false);
}

static void deactivate(struct freebsd_vm *vm, struct vm_page *m, bool head)
{
	if (m->queue == PQ_INACTIVE || !may_queue(m))
		return;
	m->flags &= (uint16_t)~PG_WINATCFLS;
	vm_page_dequeue(vm, m);
	vm_page_enqueue(vm, m, PQ_INACTIVE, head);
}

void vm_page_deactivate(struct freebsd_vm *vm, struct vm_page *m)
{
	deactivate(vm, m, false);
}

void vm_page_dontneed(struct freebsd_vm *vm, struct cpu *cpu, struct vm_page *m)
{
	unsigned dnw = vm->dnw[cpu->id]++;

	if ((dnw & 0x1f0) == 0 || m->queue == PQ_INACTIVE) {
		if (m->act_count >= ACT_INIT)
			m->act_count--;
		return;
	}
	m->flags &= (uint16_t)~PG_REFERENCED;
	pmap_clear_reference(m);
	if (m->dirty == 0 && pmap_is_modified(m))
		vm_page_dirty(vm, m);
	deactivate(vm, m, !(m->dirty || (dnw & 0x70) == 0));
}

void vm_page_wire(struct freebsd_vm *vm, struct vm_page *m)
{
	if (m->wire_count == 0) {
		vm_page_dequeue(vm, m);
		vm->cnt.v_wire_count++;
	}
	m->wire_count++;
}

void vm_page_unwire(struct freebsd_vm *vm, struct vm_page *m, bool activate)
{
	if (m->wire_count == 0) {
		vm_panic(vm, "vm_page_unwire: page is not wired");
		return;
	}
	if (--m->wire_count)
		return;
	vm->cnt.v_wire_count--;
	if ((m->flags & PG_UNMANAGED) || !m->object)
		return;
	if (!activate)
		m->flags &= (uint16_t)~PG_WINATCFLS;
	vm_page_enqueue(vm, m, activate ? PQ_ACTIVE : PQ_INACTIVE, false);
}
