/*
 * vm_fault.c - a program touches an address that nothing is entered for
 *
 *	in memory?  --> enter it
 *	else allocate (NORMAL; first wait while F < v_free_severe), then
 *	  a pager has it:           read it with its neighbours
 *	  an object lies behind:    look there; a store copies what is found
 *	  nobody has it:            zeroes
 *
 * Whenever time has passed, all begins anew: nothing but the busy page and the objects that are
 * marked as being worked on stays as it was.
 */
#include <errno.h>

#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_map.h"
#include "models/freebsd/vm/vm_pageout.h"

#define VM_FAULT_READ_BEHIND 7
#define VM_FAULT_READ_AHEAD  8
#define VM_FAULT_READ        16
#define PREFAULT             4 /* pages entered on either side */

struct fault {
	struct task *t;
	struct freebsd_vm *vm;
	struct vm_range *range;
	struct vm_map_entry *entry;
	uint64_t page; /* of the range */
	bool write;
	bool wire;

	/* the entry's object, and its empty page, busy, if it had none */
	struct vm_object *first_object;
	uint64_t first_pindex;
	struct vm_page *first_m;
	/* where the page is looked for now: first_object, or one behind it */
	struct vm_object *object;
	uint64_t pindex;
	struct vm_page *m; /* busy; NULL: none here */
};

enum outcome {
	FAULT_FOUND,
	FAULT_NEXT,  /* not in this object */
	FAULT_RETRY, /* time has passed, and nothing is kept */
	FAULT_FAILED,
};

/* --- what a fault holds --- */

static void free_page(struct fault *f, struct vm_page **mp)
{
	if (*mp)
		vm_page_free(f->vm, *mp);
	*mp = NULL;
}

/* Nothing is kept any more. */
static void let_go(struct fault *f)
{
	if (f->object != f->first_object) {
		free_page(f, &f->first_m);
		vm_object_pip_wakeup(f->object);
	}
	vm_object_pip_wakeup(f->first_object);
}

/* Entry and object of the address; 0, -EFAULT. */
static int map_lookup(struct fault *f)
{
	struct vm_map_entry *e = vm_map_lookup_entry(f->range, f->page);

	if (!e || (f->write && !e->write))
		return -EFAULT;
	f->entry = e;
	if (!f->wire && e->wired)
		f->write = e->write;
	if (e->needs_copy && f->write) {
		vm_object_shadow(f->vm, &e->object, &e->offset, e->end - e->start);
		e->needs_copy = false;
	}
	if (!e->object) {
		e->object = vm_object_allocate(f->vm, OBJT_DEFAULT, e->end - e->start);
		e->offset = 0;
	}
	/* the superpage colour, 0 as all of them, is set at the first fault */
	e->object->flags |= OBJ_COLORED;
	f->first_object = f->object = e->object;
	f->first_pindex = f->pindex = e->offset + (f->page - e->start);
	f->first_m = f->m = NULL;
	vm_object_pip_add(f->object, 1);
	return 0;
}

/* --- the pager --- */

static bool pager_has(const struct fault *f, int *before, int *after)
{
	uint64_t pages;

	*before = *after = 0;
	if (f->object->type == OBJT_SWAP)
		return swap_pager_haspage(f->object, f->pindex, before, after);
	if (f->object->type != OBJT_VNODE)
		return false;
	pages = div_round_up(f->object->vnode->size, FREEBSD_PAGE_SIZE);
	*before = (int)min_u64(f->pindex, VM_FAULT_READ);
	*after = (int)min_u64(pages - 1 - f->pindex, VM_FAULT_READ);
	return true;
}

static struct vm_page *neighbour(const struct fault *f, uint64_t pindex)
{
	if (vm_page_lookup(f->vm, f->object, pindex))
		return NULL;
	return vm_page_alloc(f->t, f->object, pindex, VM_ALLOC_NORMAL | VM_ALLOC_IFNOTCACHED);
}

/* Pages around the one of the fault that the pager reads along; busy.  Returns how many in all. */
static int additional_pages(const struct fault *f, int before, int after, struct vm_page **ma,
			    int *reqpage)
{
	struct vm_page *behind[VM_FAULT_READ_BEHIND];
	uint64_t left = f->page - f->entry->start, right = f->entry->end - 1 - f->page;
	int nb = 0, n = 0;

	if (f->entry->behavior == MAP_ENTRY_BEHAV_RANDOM || f->t->killed)
		before = after = 0;
	before = (int)min_u64(min_u64((uint64_t)before, VM_FAULT_READ_BEHIND), left);
	after = (int)min_u64(min_u64((uint64_t)after, VM_FAULT_READ_AHEAD), right);
	while (nb < before) {
		struct vm_page *p = neighbour(f, f->pindex - (uint64_t)nb - 1);

		if (!p)
			break;
		behind[nb++] = p;
	}
	for (int i = nb - 1; i >= 0; i--)
		ma[n++] = behind[i];
	*reqpage = n;
	ma[n++] = f->m;
	for (int i = 1; i <= after; i++) {
		struct vm_page *p = neighbour(f, f->pindex + (uint64_t)i);

		if (!p)
			break;
		ma[n++] = p;
	}
	return n;
}

/* A sequential pattern: what lies behind it will not be needed soon. */
static void drop_behind(const struct fault *f)
{
	const struct vm_map_entry *e = f->entry;
	bool sequential = e->behavior == MAP_ENTRY_BEHAV_SEQUENTIAL ||
			  (e->behavior != MAP_ENTRY_BEHAV_RANDOM && e->lastr != UINT64_MAX &&
			   f->pindex >= e->lastr && f->pindex < e->lastr + VM_FAULT_READ);

	for (uint64_t i = 1; sequential && i <= 2 * VM_FAULT_READ && i <= f->first_pindex; i++) {
		struct vm_page *m = vm_page_lookup(f->vm, f->first_object, f->first_pindex - i);

		if (!m || m->valid != VM_PAGE_BITS_ALL)
			return;
		if (m->busy || (m->oflags & VPO_BUSY) || m->hold_count || m->wire_count ||
		    (m->flags & PG_UNMANAGED))
			continue;
		pmap_remove_all(f->vm, m);
		if (m->dirty)
			vm_page_deactivate(f->vm, m);
		else
			vm_page_cache(f->vm, m);
	}
}

/* A page that was not read: a buffer may have it, too. */
static void drop_page(struct fault *f)
{
	struct vm_page *m = f->m;

	f->m = NULL;
	if (m->wire_count)
		vm_page_wakeup(f->vm, m);
	else
		vm_page_free(f->vm, m);
}

/* The page stays, as it is, for whoever comes next. */
static void release_page(struct fault *f)
{
	vm_page_wakeup(f->vm, f->m);
	vm_page_deactivate(f->vm, f->m);
	f->m = NULL;
}

/* Reads the page; of files under the lock of the vnode. */
static enum outcome read_page(struct fault *f, int before, int after)
{
	struct vnode *vp = f->object->vnode;
	struct vm_page *ma[VM_FAULT_READ];
	int reqpage, n, error;

	if (vp && !vn_trylock_shared(vp)) {
		release_page(f);
		let_go(f);
		vn_lock(f->t, vp, false);
		vn_unlock(vp);
		return FAULT_RETRY;
	}
	drop_behind(f);
	n = additional_pages(f, before, after, ma, &reqpage);
	f->vm->cnt.v_io_faults++;
	f->entry->lastr = f->pindex + (uint64_t)(n - reqpage);
	error = vp ? vnode_pager_getpages(f->t, f->object, ma, n)
		   : swap_pager_getpages(f->t, f->object, ma, n);
	if (vp)
		vn_unlock(vp);
	for (int i = 0; i < n; i++) {
		if (i == reqpage)
			continue;
		if (error) {
			vm_page_free(f->vm, ma[i]);
			continue;
		}
		if (ma[i]->oflags & VPO_WANTED)
			vm_page_activate(f->vm, ma[i]);
		else
			vm_page_deactivate(f->vm, ma[i]);
		vm_page_wakeup(f->vm, ma[i]);
	}
	if (!error)
		return FAULT_FOUND;
	drop_page(f);
	let_go(f);
	return FAULT_FAILED;
}

/* --- one object --- */

/* An empty page of the object, busy; NULL: there was no memory, and time has passed. */
static struct vm_page *fault_alloc(struct fault *f)
{
	struct freebsd_vm *vm = f->vm;
	int req = f->t->killed ? VM_ALLOC_SYSTEM : VM_ALLOC_NORMAL;
	struct vm_page *m = NULL;

	if (f->object->type != OBJT_VNODE && !f->object->backing_object)
		req |= VM_ALLOC_ZERO;
	if (f->t->killed || !vm_page_count_severe(vm))
		m = vm_page_alloc(f->t, f->object, f->pindex, req);
	if (m)
		return m;
	let_go(f);
	vm_waitpfault(f->t);
	return NULL;
}

/* Whether the object has a page for the fault: f->m, or nothing but perhaps first_m. */
static enum outcome look_at(struct fault *f)
{
	struct freebsd_vm *vm = f->vm;
	int before, after;

	f->m = vm_page_lookup(vm, f->object, f->pindex);
	if (f->m && (f->m->busy || (f->m->oflags & VPO_BUSY))) {
		struct vm_page *m = f->m;

		m->flags |= PG_REFERENCED;
		f->m = NULL;
		let_go(f);
		vm_page_sleep(f->t, m, "vmpfw");
		vm->cnt.v_intrans++;
		return FAULT_RETRY;
	}
	if (f->m) {
		vm_page_dequeue(vm, f->m);
		vm_page_busy(f->m);
	} else if (f->object == f->first_object || f->object->type != OBJT_DEFAULT) {
		if (f->pindex >= f->object->size) { /* of a file: beyond its end */
			let_go(f);
			return FAULT_FAILED;
		}
		f->m = fault_alloc(f);
		if (!f->m)
			return FAULT_RETRY;
	}
	if (f->m && f->m->valid == VM_PAGE_BITS_ALL)
		return FAULT_FOUND;
	if (f->m && pager_has(f, &before, &after))
		return read_page(f, before, after);
	if (f->object != f->first_object && f->m)
		drop_page(f);
	else if (f->object == f->first_object)
		f->first_m = f->m;
	f->m = NULL;
	return FAULT_NEXT;
}

static void next_object(struct fault *f)
{
	struct vm_object *next = f->object->backing_object;

	vm_object_pip_add(next, 1);
	f->pindex += f->object->backing_object_offset;
	if (f->object != f->first_object)
		vm_object_pip_wakeup(f->object);
	f->object = next;
}

/* Back to the first object, with a page of it. */
static void to_first(struct fault *f, struct vm_page *m)
{
	if (f->object != f->first_object)
		vm_object_pip_wakeup(f->object);
	f->object = f->first_object;
	f->pindex = f->first_pindex;
	f->m = m;
	f->first_m = NULL;
}

/* --- the page --- */

static void zero_fill(struct fault *f)
{
	struct vm_page *m = f->m;

	if (m->flags & PG_ZERO) {
		f->vm->cnt.v_ozfod++;
	} else {
		pmap_zero_page_area(m, 0, FREEBSD_PAGE_SIZE);
		task_run(f->t, (sim_time)f->vm->machine->cost.page_zero);
	}
	f->vm->cnt.v_zfod++;
	m->contents = 0;
	m->valid = VM_PAGE_BITS_ALL;
}

/*
 * A store to a page of an object behind: the first object gets a copy, or the page itself if
 * nobody else can see it.
 */
static void copy_on_write(struct fault *f)
{
	struct freebsd_vm *vm = f->vm;
	struct vm_page *m = f->m;

	vm->cnt.v_cow_faults++;
	if (f->object->shadow_count == 1 && f->object->ref_count == 1 &&
	    vm_object_anonymous(f->object) && f->object == f->first_object->backing_object) {
		free_page(f, &f->first_m);
		vm_page_rename(vm, m, f->first_object, f->first_pindex);
		vm_page_busy(m);
		vm->cnt.v_cow_optim++;
		to_first(f, m);
		return;
	}
	f->first_m->valid = VM_PAGE_BITS_ALL;
	f->first_m->contents = m->contents;
	vm_page_wakeup(vm, m);
	vm_page_deactivate(vm, m);
	to_first(f, f->first_m);
	task_run(f->t, (sim_time)vm->machine->cost.page_copy);
}

/* --- the end --- */

/* A page in memory for a neighbour, looked for as far as nothing is in swap. */
static struct vm_page *prefault_page(const struct fault *f, uint64_t page)
{
	const struct vm_object *object = f->entry->object;
	uint64_t pindex = f->entry->offset + (page - f->entry->start);

	for (;;) {
		struct vm_page *m = vm_page_lookup(f->vm, object, pindex);

		if (m || object->type != OBJT_DEFAULT || !object->backing_object)
			return m;
		pindex += object->backing_object_offset;
		object = object->backing_object;
	}
}

static void prefault(struct fault *f)
{
	const struct vm_map_entry *e = f->entry;

	for (int i = 0; i < 2 * PREFAULT; i++) {
		int64_t d = i % 2 ? i / 2 + 1 : -(i / 2 + 1);
		uint64_t page = f->page + (uint64_t)d;
		struct pv_entry *pv;
		struct vm_page *m;

		if ((d < 0 && f->page - e->start < (uint64_t)-d) || page >= e->end)
			continue;
		pv = &f->range->pv[page];
		if (pv->page)
			continue;
		m = prefault_page(f, page);
		if (!m)
			break;
		if (m->valid != VM_PAGE_BITS_ALL || m->busy || (m->oflags & VPO_BUSY))
			continue;
		pmap_enter(m, vm_range_pv(f->range, page), false);
	}
}

/* The page of an entry that is wired stays, and the one it stands in for need not any more. */
static void settle_page(struct fault *f, struct pv_entry *pv, struct vm_page *wired)
{
	struct vm_page *m = f->m;

	if (wired && wired != m)
		vm_page_unwire(f->vm, wired, false);
	if (!f->wire && !f->entry->wired) {
		vm_page_activate(f->vm, m);
		return;
	}
	if (wired != m)
		vm_page_wire(f->vm, m);
	pv->wired = true;
}

static void enter_page(struct fault *f)
{
	struct vm_map_entry *e = f->entry;
	struct pv_entry *pv = vm_range_pv(f->range, f->page);
	struct vm_page *m = f->m, *wired = pv->page && pv->wired ? pv->page : NULL;

	if (pv->page)
		pmap_remove(f->vm, pv);
	/* with needs_copy a fault for reading must not give the right to store */
	pmap_enter(m, pv, e->write && !e->needs_copy && f->object == f->first_object);
	if (pv->writable)
		m->object->flags |= OBJ_MIGHTBEDIRTY;
	if (f->write && !f->wire) {
		vm_page_dirty(f->vm, m);
		swap_pager_unswapped(f->vm, m);
	}
	pv->accessed = true;
	pv->modified = f->write;
	if (!f->wire && !e->wired)
		prefault(f);
	settle_page(f, pv, wired);
	vm_page_wakeup(f->vm, m);
}

/* Looks through the chain; the page is in f->m then, busy, and f->object has it. */
static enum outcome find_page(struct fault *f)
{
	for (;;) {
		enum outcome outcome = look_at(f);

		if (outcome != FAULT_NEXT)
			return outcome;
		if (!f->object->backing_object)
			break;
		next_object(f);
	}
	to_first(f, f->first_m);
	zero_fill(f);
	return FAULT_FOUND;
}

static enum outcome resolve(struct fault *f)
{
	const struct cost_table *cost = &f->vm->machine->cost;
	enum outcome outcome;

	if (map_lookup(f))
		return FAULT_FAILED;
	outcome = find_page(f);
	if (outcome != FAULT_FOUND)
		return outcome;
	if (f->object != f->first_object && f->write)
		copy_on_write(f);
	else if (f->object != f->first_object)
		free_page(f, &f->first_m);
	enter_page(f);
	let_go(f);
	task_run(f->t, (sim_time)(cost->page_fault + cost->page_alloc + cost->pte_map));
	return FAULT_FOUND;
}

int vm_fault(struct task *t, struct vm_range *range, uint64_t page, bool write, bool wire)
{
	struct fault f = {
		.t = t, .vm = task_freebsd(t), .range = range, .page = page, .wire = wire
	};
	enum outcome outcome;

	f.vm->cnt.v_vm_faults++;
	do {
		f.write = write;
		outcome = resolve(&f);
	} while (outcome == FAULT_RETRY && !t->killed);
	cond_resched(t);
	return outcome == FAULT_FOUND ? 0 : -EFAULT;
}

int vm_access(struct task *t, struct vm_range *range, uint64_t offset, bool write)
{
	struct freebsd_vm *vm = task_freebsd(t);
	uint64_t page = offset / FREEBSD_PAGE_SIZE;
	struct pv_entry *pv;

	if (page >= range->npages)
		return -EFAULT;
	pv = &range->pv[page];
	while (!pv->page || (write && !pv->writable)) {
		int error;

		if (t->killed)
			return -EFAULT;
		error = vm_fault(t, range, page, write, false);
		if (error)
			return error;
	}
	pv->accessed = true;
	pv->modified |= write;
	if (write)
		pv->page->contents = ++vm->stores;
	task_run(t, (sim_time)vm->machine->cost.user_access);
	return 0;
}
