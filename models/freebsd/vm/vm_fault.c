/*
 * vm_fault.c - a program touches an address that nothing is mapped at
 *
 *	in memory?  --> map it
 *	else allocate (NORMAL; first wait while F < v_free_severe), then
 *	  a pager has it: read it with its neighbours
 *	  nobody has it:  zeroes
 */
#include <errno.h>

#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_map.h"
#include "models/freebsd/vm/vm_pageout.h"

#define VM_FAULT_READ_BEHIND 7
#define VM_FAULT_READ_AHEAD  8
#define VM_FAULT_READ        16
#define PREFAULT             4 /* pages mapped on either side */

/* Where the page of a fault is looked for, in this order. */
struct level {
	struct vm_object *object;
	uint64_t pindex;
};

struct fault {
	struct task *t;
	struct freebsd_vm *vm;
	struct vm_map_entry *entry;
	uint64_t page; /* of the entry */
	bool write;
	struct level level[2];
	int nr_levels;
};

enum outcome {
	FAULT_FOUND,
	FAULT_NEXT,  /* not here; the next level may have it */
	FAULT_RETRY, /* time has passed */
	FAULT_FAILED,
};

static void find_levels(struct fault *f)
{
	struct vm_map_entry *e = f->entry;

	if (e->private_file && f->write && !e->shadow) {
		e->shadow = vm_object_allocate(f->vm, OBJT_DEFAULT, e->npages);
		e->shadow->backing_object = e->object; /* the entry's reference goes over */
		e->object->shadow_count++;
	}
	/* the superpage colour, 0 as all of them, is set at the first fault */
	e->object->flags |= OBJ_COLORED;
	if (e->shadow)
		e->shadow->flags |= OBJ_COLORED;
	f->nr_levels = 0;
	if (e->shadow)
		f->level[f->nr_levels++] = (struct level){ e->shadow, f->page };
	f->level[f->nr_levels++] = (struct level){ e->object, e->pindex + f->page };
}

/* --- the pager --- */

static bool pager_has(const struct fault *f, const struct level *l, int *before, int *after)
{
	uint64_t pages;

	switch (l->object->type) {
	case OBJT_SWAP:
		return swap_pager_haspage(l->object, l->pindex, before, after);
	case OBJT_VNODE:
		pages = div_round_up(l->object->vnode->size, FREEBSD_PAGE_SIZE);
		*before = (int)min_u64(l->pindex, VM_FAULT_READ);
		*after = (int)min_u64(pages - 1 - l->pindex, VM_FAULT_READ);
		return true;
	case OBJT_DEFAULT:
	case OBJT_DEVICE:
	case OBJT_PHYS:
	case OBJT_DEAD:
	case OBJT_SG:
		break;
	}
	(void)f;
	return false;
}

static struct vm_page *neighbour(const struct fault *f, const struct level *l, uint64_t pindex)
{
	if (vm_page_lookup(f->vm, l->object, pindex))
		return NULL;
	return vm_page_alloc(f->t, l->object, pindex, VM_ALLOC_NORMAL | VM_ALLOC_IFNOTCACHED);
}

/* Pages around the one of the fault that the pager reads along; busy.  Returns how many in all. */
static int additional_pages(const struct fault *f, const struct level *l, struct vm_page *m,
			    int before, int after, struct vm_page **ma, int *reqpage)
{
	struct vm_page *behind[VM_FAULT_READ_BEHIND];
	uint64_t left = f->page, right = f->entry->npages - 1 - f->page;
	int nb = 0, n = 0;

	if (f->entry->behavior == MAP_ENTRY_BEHAV_RANDOM)
		before = after = 0;
	before = (int)min_u64(min_u64((uint64_t)before, VM_FAULT_READ_BEHIND), left);
	after = (int)min_u64(min_u64((uint64_t)after, VM_FAULT_READ_AHEAD), right);
	while (nb < before) {
		struct vm_page *p = neighbour(f, l, l->pindex - (uint64_t)nb - 1);

		if (!p)
			break;
		behind[nb++] = p;
	}
	for (int i = nb - 1; i >= 0; i--)
		ma[n++] = behind[i];
	*reqpage = n;
	ma[n++] = m;
	for (int i = 1; i <= after; i++) {
		struct vm_page *p = neighbour(f, l, l->pindex + (uint64_t)i);

		if (!p)
			break;
		ma[n++] = p;
	}
	return n;
}

/* A sequential pattern: what lies behind it will not be needed soon. */
static void drop_behind(const struct fault *f, const struct level *l)
{
	const struct vm_map_entry *e = f->entry;
	bool sequential = e->behavior == MAP_ENTRY_BEHAV_SEQUENTIAL ||
			  (e->behavior != MAP_ENTRY_BEHAV_RANDOM && e->lastr != UINT64_MAX &&
			   f->page >= e->lastr && f->page < e->lastr + VM_FAULT_READ);

	for (uint64_t i = 1; sequential && i <= 2 * VM_FAULT_READ && i <= l->pindex; i++) {
		struct vm_page *m = vm_page_lookup(f->vm, l->object, l->pindex - i);

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

static enum outcome read_page(struct fault *f, const struct level *l, struct vm_page *m, int before,
			      int after)
{
	struct vm_page *ma[VM_FAULT_READ];
	int reqpage, n, error;

	drop_behind(f, l);
	n = additional_pages(f, l, m, before, after, ma, &reqpage);
	f->vm->cnt.v_io_faults++;
	f->entry->lastr = f->page + (uint64_t)(n - reqpage);
	error = l->object->type == OBJT_VNODE ? vnode_pager_getpages(f->t, l->object, ma, n)
					      : swap_pager_getpages(f->t, l->object, ma, n);
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
	if (error)
		vm_page_free(f->vm, m);
	return error ? FAULT_FAILED : FAULT_FOUND;
}

/* --- one level --- */

static struct vm_page *fault_alloc(struct fault *f, const struct level *l)
{
	struct freebsd_vm *vm = f->vm;
	int req = f->t->killed ? VM_ALLOC_SYSTEM : VM_ALLOC_NORMAL;
	struct vm_page *m = NULL;

	if (l->object->type != OBJT_VNODE && !l->object->backing_object)
		req |= VM_ALLOC_ZERO;
	if (f->t->killed || !vm_page_count_severe(vm))
		m = vm_page_alloc(f->t, l->object, l->pindex, req);
	if (!m)
		vm_waitpfault(f->t);
	return m;
}

/* The page at a level, busy and valid; FAULT_NEXT: *mp is an empty one of the first level, or NULL.
 */
static enum outcome look_at(struct fault *f, int level, struct vm_page **mp)
{
	const struct level *l = &f->level[level];
	struct freebsd_vm *vm = f->vm;
	int before = 0, after = 0;
	struct vm_page *m = vm_page_lookup(vm, l->object, l->pindex);

	if (m && (m->busy || (m->oflags & VPO_BUSY))) {
		m->flags |= PG_REFERENCED;
		vm_page_sleep(f->t, m, "vmpfw");
		return FAULT_RETRY;
	}
	if (m) {
		vm_page_dequeue(vm, m);
		vm_page_busy(m);
	} else if (level == 0 || pager_has(f, l, &before, &after)) {
		m = fault_alloc(f, l);
		if (!m)
			return FAULT_RETRY;
	}
	*mp = m;
	if (m && m->valid == VM_PAGE_BITS_ALL)
		return FAULT_FOUND;
	if (m && pager_has(f, l, &before, &after))
		return read_page(f, l, m, before, after);
	return FAULT_NEXT;
}

static void zero_fill(struct fault *f, struct vm_page *m)
{
	if (m->flags & PG_ZERO) {
		f->vm->cnt.v_ozfod++;
	} else {
		pmap_zero_page_area(m, 0, FREEBSD_PAGE_SIZE);
		task_run(f->t, (sim_time)f->vm->machine->cost.page_zero);
	}
	f->vm->cnt.v_zfod++;
	m->valid = VM_PAGE_BITS_ALL;
}

/* --- the end --- */

static void prefault(struct fault *f, const struct level *l)
{
	struct vm_map_entry *e = f->entry;

	for (int i = 0; i < 2 * PREFAULT; i++) {
		int64_t d = i % 2 ? i / 2 + 1 : -(i / 2 + 1);
		struct pv_entry *pv;
		struct vm_page *m;

		if ((d < 0 && f->page < (uint64_t)-d) || f->page + (uint64_t)d >= e->npages)
			continue;
		pv = &e->pv[f->page + (uint64_t)d];
		if (pv->page)
			continue;
		m = vm_page_lookup(f->vm, l->object, l->pindex + (uint64_t)d);
		if (!m)
			break;
		if (m->valid != VM_PAGE_BITS_ALL || m->busy || (m->oflags & VPO_BUSY))
			continue;
		pv->resident = &e->vmspace->resident;
		pmap_enter(m, pv, false);
	}
}

static void map_page(struct fault *f, int level, struct vm_page *m)
{
	struct vm_map_entry *e = f->entry;
	struct pv_entry *pv = &e->pv[f->page];
	bool own = level == 0 && (e->shadow || !e->private_file);

	if (pv->page)
		pmap_remove(f->vm, pv);
	pv->resident = &e->vmspace->resident;
	pmap_enter(m, pv, e->write && own);
	if (pv->writable)
		m->object->flags |= OBJ_MIGHTBEDIRTY;
	if (f->write) {
		vm_page_dirty(f->vm, m);
		swap_pager_unswapped(f->vm, m);
	}
	pv->accessed = true;
	if (!(e->shadow && e->private_file))
		prefault(f, &f->level[level]);
	vm_page_activate(f->vm, m);
	vm_page_wakeup(f->vm, m);
}

/* A store to a page of the level behind: the first one gets a copy.  first: its empty page. */
static struct vm_page *copy_page(struct fault *f, struct vm_page *m, struct vm_page *first)
{
	first->valid = VM_PAGE_BITS_ALL;
	f->vm->cnt.v_cow_faults++;
	vm_page_deactivate(f->vm, m);
	vm_page_wakeup(f->vm, m);
	return first;
}

static bool beyond_end(const struct fault *f)
{
	const struct vm_object *object = f->entry->object;

	return object->type == OBJT_VNODE &&
	       (f->entry->pindex + f->page) * FREEBSD_PAGE_SIZE >= object->vnode->size;
}

static enum outcome resolve(struct fault *f)
{
	struct vm_page *m = NULL, *first = NULL;
	const struct cost_table *cost = &f->vm->machine->cost;
	enum outcome outcome = FAULT_NEXT;
	int level;

	find_levels(f);
	for (level = 0; level < f->nr_levels; level++) {
		outcome = look_at(f, level, &m);
		if (outcome != FAULT_NEXT)
			break;
		if (level == 0)
			first = m;
	}
	if (outcome == FAULT_RETRY || outcome == FAULT_FAILED) {
		if (first)
			vm_page_free(f->vm, first);
		return outcome;
	}
	if (outcome == FAULT_NEXT) { /* nobody has it */
		level = 0;
		m = first;
		zero_fill(f, m);
	} else if (level > 0 && f->write) {
		m = copy_page(f, m, first);
		level = 0;
		task_run(f->t, (sim_time)cost->page_copy);
	} else if (first) {
		vm_page_free(f->vm, first);
	}
	map_page(f, level, m);
	task_run(f->t, (sim_time)(cost->page_fault + cost->page_alloc + cost->pte_map));
	return FAULT_FOUND;
}

int vm_fault(struct task *t, struct vm_map_entry *entry, uint64_t page, bool write)
{
	struct fault f = {
		.t = t, .vm = task_freebsd(t), .entry = entry, .page = page, .write = write
	};
	enum outcome outcome;

	if (beyond_end(&f))
		return -EFAULT;
	f.vm->cnt.v_vm_faults++;
	do {
		outcome = resolve(&f);
	} while (outcome == FAULT_RETRY && !t->killed);
	cond_resched(t);
	return outcome == FAULT_FAILED ? -EFAULT : 0;
}
