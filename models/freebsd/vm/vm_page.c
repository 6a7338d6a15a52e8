/*
 * vm_page.c - giving pages out and taking them back
 *
 * All thresholds are tested against F = v_free_count + v_cache_count, and all strictly:
 *
 *	NORMAL     F > v_free_reserved
 *	SYSTEM     F > v_interrupt_free_min     (also the page daemon, whatever it asks for)
 *	INTERRUPT  F > 0
 *
 * Nothing here lets time pass but vm_page_grab and vm_page_sleep.
 */
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/vm_pageout.h"
#include "models/freebsd/vm/vm_reserv.h"

struct vm_page *vm_page_of(const struct freebsd_vm *vm, uint64_t pfn)
{
	return &vm->vm_page_array[pfn];
}

uint64_t vm_page_pfn(const struct freebsd_vm *vm, const struct vm_page *m)
{
	return (uint64_t)(m - vm->vm_page_array);
}

/* --- objects --- */

static xa_entry entry_of(const struct freebsd_vm *vm, const struct vm_page *m)
{
	return xa_object((uint32_t)vm_page_pfn(vm, m) + 1);
}

static struct vm_page *page_at(const struct freebsd_vm *vm, xa_entry e)
{
	return e ? vm_page_of(vm, xa_to_object(e) - 1) : NULL;
}

struct vm_page *vm_page_lookup(const struct freebsd_vm *vm, const struct vm_object *object,
			       uint64_t pindex)
{
	return page_at(vm, xa_load(&object->resident, pindex));
}

void vm_page_insert(struct freebsd_vm *vm, struct vm_page *m, struct vm_object *object,
		    uint64_t pindex)
{
	if (m->object || xa_load(&object->resident, pindex)) {
		vm_panic(vm, "vm_page_insert: page already inserted, or its place is taken");
		return;
	}
	m->object = object;
	m->pindex = pindex;
	xa_store(&object->resident, pindex, entry_of(vm, m));
	object->resident_page_count++;
	if (m->flags & PG_WRITEABLE)
		object->flags |= OBJ_MIGHTBEDIRTY;
}

void vm_page_remove(struct freebsd_vm *vm, struct vm_page *m)
{
	struct vm_object *object = m->object;

	if (m->oflags & VPO_BUSY)
		vm_page_wakeup(vm, m);
	if (!object)
		return;
	xa_store(&object->resident, m->pindex, 0);
	object->resident_page_count--;
	m->object = NULL;
}

void vm_page_rename(struct freebsd_vm *vm, struct vm_page *m, struct vm_object *object,
		    uint64_t pindex)
{
	vm_page_remove(vm, m);
	vm_page_insert(vm, m, object, pindex);
	vm_page_dirty(vm, m); /* whatever copy there was in swap is of another object */
}

/* --- cached pages --- */

static struct vm_page *cache_lookup(const struct freebsd_vm *vm, const struct vm_object *object,
				    uint64_t pindex)
{
	return page_at(vm, xa_load(&object->cached, pindex));
}

/* Its object cannot have it back any more; the count is the caller's. */
static void cache_remove(struct vm_page *m)
{
	xa_store(&m->object->cached, m->pindex, 0);
	m->object->cached_page_count--;
	m->object = NULL;
	m->flags &= (uint16_t)~PG_CACHED;
}

void vm_page_cache_free(struct freebsd_vm *vm, struct vm_object *object, uint64_t start,
			uint64_t end)
{
	uint64_t index = start;
	bool any = false;

	while (object->cached_page_count && end > start) {
		struct vm_page *m = page_at(vm, xa_find(&object->cached, &index, end - 1));

		if (!m)
			break;
		cache_remove(m);
		m->valid = 0;
		vm->cnt.v_cache_count--;
		vm->cnt.v_free_count++;
		any = true;
	}
	if (any)
		vm_page_free_wakeup(vm);
}

void vm_page_cache_transfer(struct freebsd_vm *vm, struct vm_object *from, uint64_t start,
			    struct vm_object *to)
{
	uint64_t index = start;

	while (from->cached_page_count && to->size) {
		struct vm_page *m =
		    page_at(vm, xa_find(&from->cached, &index, start + to->size - 1));

		if (!m)
			return;
		cache_remove(m);
		m->flags |= PG_CACHED;
		m->object = to;
		m->pindex = index - start;
		xa_store(&to->cached, m->pindex, entry_of(vm, m));
		to->cached_page_count++;
	}
}

/* --- allocation --- */

static bool request_allowed(const struct freebsd_vm *vm, int class)
{
	int64_t f = vm_free_and_cache(vm);

	if (f > vm->sysctl.v_free_reserved)
		return true;
	if (vm->man_page_semantics)
		return (class == VM_ALLOC_SYSTEM && vm->cnt.v_cache_count == 0 &&
			vm->cnt.v_free_count > vm->v_interrupt_free_min) ||
		       (class == VM_ALLOC_INTERRUPT && vm->cnt.v_free_count > 0);
	return (class == VM_ALLOC_SYSTEM && f > vm->v_interrupt_free_min) ||
	       (class == VM_ALLOC_INTERRUPT && f > 0);
}

/* The page that the request gets, out of the lists of free blocks; NULL: flags are against it. */
static struct vm_page *take_page(struct freebsd_vm *vm, struct vm_object *object, uint64_t pindex,
				 int req)
{
	struct vm_page *m = object ? cache_lookup(vm, object, pindex) : NULL;

	if (m) {
		if (req & VM_ALLOC_IFNOTCACHED)
			return NULL;
		if (!vm_reserv_reactivate_page(vm, m)) {
			bool was_free = vm_phys_unfree_page(vm, m);

			SIM_ASSERT(was_free);
			m->pool = VM_FREEPOOL_DEFAULT; /* it is freed to there again */
		}
		return m;
	}
	if (req & VM_ALLOC_IFCACHED)
		return NULL;
	if (object && (object->flags & OBJ_COLORED))
		m = vm_reserv_alloc_page(vm, object, pindex);
	while (!m) {
		m = vm_phys_alloc_pages(vm, object ? VM_FREEPOOL_DEFAULT : VM_FREEPOOL_DIRECT, 0);
		if (!m) { /* all that is free lies in reservations */
			bool broken = vm_reserv_reclaim(vm);

			SIM_ASSERT(broken);
		}
	}
	return m;
}

static void leave_free_memory(struct freebsd_vm *vm, struct vm_page *m,
			      const struct vm_object *object, uint64_t pindex)
{
	if (m->flags & PG_CACHED) {
		if (m->object == object && m->pindex == pindex)
			vm->cnt.v_reactivated++;
		else
			m->valid = 0;
		if (!m->valid)
			m->contents = FREEBSD_GARBAGE;
		cache_remove(m);
		vm->cnt.v_cache_count--;
	} else {
		SIM_ASSERT(!(m->flags & PG_IN_USE) && m->valid == 0);
		m->contents = m->flags & PG_ZERO ? 0 : FREEBSD_GARBAGE;
		vm->cnt.v_free_count--;
	}
}

struct vm_page *vm_page_alloc(struct task *t, struct vm_object *object, uint64_t pindex, int req)
{
	struct freebsd_vm *vm = task_freebsd(t);
	int class = req & VM_ALLOC_CLASS_MASK;
	struct vm_page *m;
	bool zero;

	if (!(req & VM_ALLOC_NOOBJ) == !object) {
		vm_panic(vm, "vm_page_alloc: an object, or VM_ALLOC_NOOBJ");
		return NULL;
	}
	if (t == vm->pageout->daemon && class != VM_ALLOC_INTERRUPT)
		class = VM_ALLOC_SYSTEM;
	if (!request_allowed(vm, class)) {
		vm->pageout->deficit += max_s64(req >> VM_ALLOC_COUNT_SHIFT, 1);
		vm->cnt.sim_alloc_failed++;
		trace_sim_vm_page_alloc_fail(vm->sim, class, vm_free_and_cache(vm));
		pagedaemon_wakeup(vm, t);
		return NULL;
	}
	m = take_page(vm, object, pindex, req);
	if (!m)
		return NULL;
	leave_free_memory(vm, m, object, pindex);
	zero = m->flags & PG_ZERO;
	if (zero)
		vm->v_page_zero_count--;
	m->flags = PG_IN_USE;
	if (zero && (req & VM_ALLOC_ZERO))
		m->flags |= PG_ZERO;
	if (!object || object->type == OBJT_PHYS)
		m->flags |= PG_UNMANAGED;
	m->oflags = req & (VM_ALLOC_NOBUSY | VM_ALLOC_NOOBJ) ? 0 : VPO_BUSY;
	m->wire_count = req & VM_ALLOC_WIRED ? 1 : 0;
	if (m->wire_count)
		vm->cnt.v_wire_count++;
	m->act_count = 0;
	m->hold_count = m->busy = m->zeroed = 0;
	m->dirty = 0;
	list_init(&m->pv_list);
	list_init(&m->pageq);
	if (object)
		vm_page_insert(vm, m, object, pindex);
	else
		m->pindex = pindex;
	if (vm_paging_needed(vm))
		pagedaemon_wakeup(vm, t);
	return m;
}

/* --- going back --- */

/* To the buddy lists as a free page. */
static void free_page(struct freebsd_vm *vm, struct vm_page *m)
{
	vm->cnt.v_tfree++;
	vm->cnt.v_free_count++;
	if (m->flags & PG_ZERO)
		vm->v_page_zero_count++;
	m->flags &= PG_ZERO;
	if (!vm_reserv_free_page(vm, m))
		vm_phys_free_pages(vm, m, 0);
	vm_page_free_wakeup(vm);
}

void vm_page_free(struct freebsd_vm *vm, struct vm_page *m)
{
	if (!(m->flags & PG_IN_USE) || (m->flags & PG_CACHED)) {
		vm_panic(vm, "vm_page_free: freeing free page");
		return;
	}
	if (m->busy || m->wire_count) {
		vm_panic(vm, "vm_page_free: freeing busy or wired page");
		return;
	}
	pmap_remove_all(vm, m);
	vm_page_dequeue(vm, m);
	vm_page_remove(vm, m);
	m->valid = m->dirty = 0;
	m->oflags = 0;
	if (m->hold_count) {
		m->flags &= (uint16_t)~PG_ZERO;
		vm_page_enqueue(vm, m, PQ_HOLD, false);
		return;
	}
	free_page(vm, m);
}

void vm_page_hold(struct vm_page *m)
{
	m->hold_count++;
}

void vm_page_unhold(struct freebsd_vm *vm, struct vm_page *m)
{
	if (!m->hold_count) {
		vm_panic(vm, "vm_page_unhold: page is not held");
		return;
	}
	if (--m->hold_count || m->queue != PQ_HOLD)
		return;
	vm_page_dequeue(vm, m);
	free_page(vm, m);
}

/* Only pages whose contents are somewhere else as well are worth keeping. */
static bool worth_caching(const struct vm_page *m)
{
	const struct vm_object *object = m->object;

	if (!m->valid || object->type == OBJT_DEFAULT)
		return false;
	return object->type != OBJT_SWAP || xa_load(&object->swblocks, m->pindex);
}

void vm_page_cache(struct freebsd_vm *vm, struct vm_page *m)
{
	struct vm_object *object = m->object;

	if ((m->flags & PG_UNMANAGED) || !object || (m->oflags & VPO_BUSY) || m->busy ||
	    m->hold_count || m->wire_count) {
		vm_panic(vm, "vm_page_cache: attempting to cache busy page");
		return;
	}
	pmap_remove_all(vm, m);
	if (m->dirty) {
		vm_panic(vm, "vm_page_cache: page is dirty");
		return;
	}
	if (!worth_caching(m)) {
		vm_page_free(vm, m);
		return;
	}
	vm->cnt.v_tcached++;
	vm_page_dequeue(vm, m);
	vm_page_remove(vm, m);
	m->flags = PG_CACHED;
	m->oflags = 0;
	m->object = object;
	xa_store(&object->cached, m->pindex, entry_of(vm, m));
	object->cached_page_count++;
	vm->cnt.v_cache_count++;
	m->pool = VM_FREEPOOL_CACHE;
	if (!vm_reserv_free_page(vm, m))
		vm_phys_free_pages(vm, m, 0);
	vm_page_free_wakeup(vm);
}

static bool can_leave(struct freebsd_vm *vm, struct vm_page *m)
{
	if (m->dirty || m->hold_count || m->busy || m->wire_count || (m->oflags & VPO_BUSY) ||
	    (m->flags & PG_UNMANAGED))
		return false;
	pmap_remove_all(vm, m);
	return !m->dirty;
}

int vm_page_try_to_cache(struct freebsd_vm *vm, struct vm_page *m)
{
	if (!can_leave(vm, m))
		return 0;
	vm_page_cache(vm, m);
	return 1;
}

int vm_page_try_to_free(struct freebsd_vm *vm, struct vm_page *m)
{
	if (!can_leave(vm, m))
		return 0;
	vm_page_free(vm, m);
	return 1;
}

/* --- busy pages --- */

static void wake_waiters(struct freebsd_vm *vm, struct vm_page *m)
{
	if (m->oflags & VPO_WANTED) {
		m->oflags &= (uint8_t)~VPO_WANTED;
		wakeup(vm->sim, &vm->page_wait);
	}
}

void vm_page_busy(struct vm_page *m)
{
	SIM_ASSERT(!(m->oflags & VPO_BUSY));
	m->oflags |= VPO_BUSY;
}

void vm_page_wakeup(struct freebsd_vm *vm, struct vm_page *m)
{
	m->oflags &= (uint8_t)~VPO_BUSY;
	wake_waiters(vm, m);
}

void vm_page_io_start(struct vm_page *m)
{
	m->busy++;
}

void vm_page_io_finish(struct freebsd_vm *vm, struct vm_page *m)
{
	SIM_ASSERT(m->busy);
	if (--m->busy == 0)
		wake_waiters(vm, m);
}

void vm_page_sleep(struct task *t, struct vm_page *m, const char *wmesg)
{
	m->oflags |= VPO_WANTED;
	tsleep(t, &task_freebsd(t)->page_wait, wmesg, 0);
}

struct vm_page *vm_page_grab(struct task *t, struct vm_object *object, uint64_t pindex, int req)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vm_page *m;

	for (;;) {
		m = vm_page_lookup(vm, object, pindex);
		if (m && ((m->oflags & VPO_BUSY) || (m->busy && !(req & VM_ALLOC_IGN_SBUSY)))) {
			/* so that the page daemon leaves it alone until we are back */
			if (req & VM_ALLOC_RETRY)
				m->flags |= PG_REFERENCED;
			vm_page_sleep(t, m, "pgrbwt");
			if (!(req & VM_ALLOC_RETRY))
				return NULL;
			continue;
		}
		if (m) {
			if (req & VM_ALLOC_WIRED)
				vm_page_wire(vm, m);
			if (!(req & VM_ALLOC_NOBUSY))
				vm_page_busy(m);
			return m;
		}
		m = vm_page_alloc(t, object, pindex, req & ~(VM_ALLOC_RETRY | VM_ALLOC_IGN_SBUSY));
		if (m)
			break;
		vm_wait(t);
		if (!(req & VM_ALLOC_RETRY))
			return NULL;
	}
	if (m->valid == 0 && (req & VM_ALLOC_ZERO) && !(m->flags & PG_ZERO))
		pmap_zero_page_area(m, 0, FREEBSD_PAGE_SIZE);
	return m;
}
