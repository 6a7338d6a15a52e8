/*
 * vm_pageout_scan.c - one run of the page daemon over the inactive and the active queue
 *
 * The inactive queue is looked at from its head until enough pages were freed or cached.  A dirty
 * page is passed over once (PG_WINATCFLS) before it is written; what was written is found clean by
 * a later scan.  Then the active queue gives pages to the inactive one, by their act_count.
 *
 * Each page looked at takes time, in which others run: a marker keeps the place in the queue.
 */
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_glue.h"
#include "models/freebsd/vm/vm_pageout.h"
#include "models/freebsd/vm/vnode_pager.h"

#define LAUNDER_ALL 10000 /* clusters a scan may write when pass 0 was not enough */

struct scan {
	struct freebsd_vm *vm;
	struct task *t;
	int pass;
	int64_t shortage, addl, maxlaunder;
	struct vm_page *marker;
	int64_t cached, freed;
};

/* --- the place in a queue --- */

static void scan_begin(struct scan *sc, enum vm_page_queue queue)
{
	list_add(&sc->marker->pageq, &sc->vm->queues[queue]);
}

/* The next page; the marker moves behind it.  NULL: the end. */
static struct vm_page *scan_next(struct scan *sc, enum vm_page_queue queue)
{
	struct list *next = sc->marker->pageq.next;

	if (next == &sc->vm->queues[queue])
		return NULL;
	list_move(&sc->marker->pageq, next);
	return LIST_ENTRY(next, struct vm_page, pageq);
}

static void scan_end(struct scan *sc)
{
	list_del(&sc->marker->pageq);
}

/* The time of one page; nothing of it may be held across. */
static void scan_costs(struct scan *sc)
{
	task_run(sc->t, (sim_time)sc->vm->machine->cost.scan_page);
	cond_resched(sc->t);
}

/* --- clusters --- */

static struct vm_page *cluster_neighbour(struct freebsd_vm *vm, const struct vm_object *object,
					 uint64_t pindex)
{
	struct vm_page *m = vm_page_lookup(vm, object, pindex);

	if (!m || (m->oflags & VPO_BUSY) || m->busy)
		return NULL;
	vm_page_test_dirty(vm, m);
	return m->dirty && m->queue == PQ_INACTIVE && !m->hold_count ? m : NULL;
}

/* Pages of a file that were behind its end when they were to be written: what is there is lost. */
static int pages_outside(struct freebsd_vm *vm, struct vm_page **mc, int n)
{
	const struct vm_object *object = mc[0]->object;
	int outside = 0;

	for (; object->type == OBJT_VNODE && n > 0 && mc[n - 1]->pindex >= object->size; n--) {
		vm_page_undirty(mc[n - 1]);
		vm_page_io_finish(vm, mc[n - 1]);
		outside++;
	}
	return outside;
}

/* Writes n pages in a row; how many were started. */
static int pageout_flush(struct task *t, struct freebsd_vm *vm, struct vm_page **mc, int n)
{
	struct vm_object *object = mc[0]->object;
	bool swap = object->type != OBJT_VNODE;
	int started;

	for (int i = 0; i < n; i++) {
		vm_page_io_start(mc[i]);
		pmap_remove_write(vm, mc[i]);
	}
	n -= pages_outside(vm, mc, n); /* VM_PAGER_BAD */
	if (!n)
		return 0;
	trace_sim_pageout_cluster(vm->sim, (int64_t)mc[0]->pindex, n, swap);
	started = swap
		      ? swap_pager_putpages(t, object, mc, n)
		      : vnode_pager_putpages(t, object, mc, n,
					     vm_free_and_cache(vm) < vm->sysctl.v_pageout_free_min);
	/* VM_PAGER_FAIL, VM_PAGER_ERROR: it does not clog the inactive queue */
	for (int i = started; i < n; i++) {
		vm_page_activate(vm, mc[i]);
		vm_page_io_finish(vm, mc[i]);
	}
	vm->cnt.sim_laundered += started;
	return started;
}

int vm_pageout_clean(struct task *t, struct freebsd_vm *vm, struct vm_page *m)
{
	const int most = (int)vm->pageout_page_count;
	struct vm_page *mc[2 * 16];
	uint64_t pindex = m->pindex;
	struct vm_object *object = m->object;
	int base = most, n = 1, is = 1;
	uint64_t ib = 1;
	bool backwards = true;

	if (m->hold_count || m->busy || (m->oflags & VPO_BUSY))
		return 0;
	mc[base] = m;
	do {
		while (backwards && n < most) {
			struct vm_page *p;

			if (ib > pindex || !(p = cluster_neighbour(vm, object, pindex - ib))) {
				backwards = false;
				break;
			}
			mc[--base] = p;
			n++;
			ib++;
			/* a boundary: forwards first, then perhaps further back */
			if ((pindex - (ib - 1)) % (uint64_t)most == 0)
				break;
		}
		while (n < most && pindex + (uint64_t)is < object->size) {
			struct vm_page *p = cluster_neighbour(vm, object, pindex + (uint64_t)is);

			if (!p)
				break;
			mc[most + is++] = p;
			n++;
		}
	} while (backwards && n < most);
	return pageout_flush(t, vm, &mc[base], n);
}

/* --- inactive pages --- */

static bool swap_pageouts_ok(const struct freebsd_vm *vm, const struct vm_object *object)
{
	if (object->type == OBJT_DEAD)
		return false;
	if (object->type != OBJT_SWAP && object->type != OBJT_DEFAULT)
		return true;
	if (vm->sysctl.disable_swapspace_pageouts)
		return false;
	return !vm->sysctl.defer_swapspace_pageouts || vm_page_count_min(vm);
}

/* Somebody used the page since it became inactive: back to the active queue. */
static bool was_referenced(struct freebsd_vm *vm, struct vm_page *m)
{
	int n;

	if (m->object->ref_count == 0) {
		m->flags &= (uint16_t)~PG_REFERENCED;
		return false;
	}
	if (!(m->flags & PG_REFERENCED)) {
		n = pmap_ts_referenced(m);
		if (!n)
			return false;
		vm_page_activate(vm, m);
		m->act_count += n + ACT_ADVANCE;
		return true;
	}
	m->flags &= (uint16_t)~PG_REFERENCED;
	n = pmap_ts_referenced(m);
	vm_page_activate(vm, m);
	m->act_count += n + ACT_ADVANCE + 1;
	return true;
}

static void launder(struct scan *sc, struct vm_page *m)
{
	if (!swap_pageouts_ok(sc->vm, m->object)) {
		vm_page_requeue(sc->vm, m);
		return;
	}
	if (vm_pageout_clean(sc->t, sc->vm, m)) {
		sc->shortage--;
		sc->maxlaunder--;
	}
}

static void scan_inactive_page(struct scan *sc, struct vm_page *m)
{
	struct freebsd_vm *vm = sc->vm;

	vm->cnt.v_pdpages++;
	if (m->hold_count) {
		vm_page_requeue(vm, m);
		sc->addl++;
		return;
	}
	if (m->busy || (m->oflags & VPO_BUSY)) {
		sc->addl++;
		return;
	}
	if (was_referenced(vm, m))
		return;
	if (m->dirty != VM_PAGE_BITS_ALL && (m->flags & PG_WRITEABLE)) {
		/* what may be written to may become dirty at any time */
		if (pmap_is_modified(m))
			vm_page_dirty(vm, m);
		else if (m->dirty == 0)
			pmap_remove_all(vm, m);
	}
	if (m->valid == 0) {
		vm_page_free(vm, m);
		vm->cnt.v_dfree++;
		sc->freed++;
		sc->shortage--;
	} else if (m->dirty == 0) {
		vm_page_cache(vm, m);
		sc->cached++;
		sc->shortage--;
	} else if (!(m->flags & PG_WINATCFLS) && sc->pass == 0) {
		m->flags |= PG_WINATCFLS;
		vm_page_requeue(vm, m);
	} else if (sc->maxlaunder > 0) {
		launder(sc, m);
	}
}

static void scan_inactive(struct scan *sc)
{
	int64_t maxscan = sc->vm->cnt.v_inactive_count;

	scan_begin(sc, PQ_INACTIVE);
	while (maxscan-- > 0 && sc->shortage > 0) {
		struct vm_page *m = scan_next(sc, PQ_INACTIVE);

		if (!m)
			break;
		scan_inactive_page(sc, m);
		scan_costs(sc);
	}
	scan_end(sc);
}

/* --- active pages --- */

static void scan_active_page(struct scan *sc, struct vm_page *m)
{
	struct freebsd_vm *vm = sc->vm;
	bool shared = m->object->ref_count != 0;
	int n = 0;

	if (m->busy || (m->oflags & VPO_BUSY) || m->hold_count) {
		vm_page_requeue(vm, m);
		return;
	}
	vm->cnt.v_pdpages++;
	if (shared) {
		n = (m->flags & PG_REFERENCED ? 1 : 0) + pmap_ts_referenced(m);
		if (n)
			m->act_count = (int)min_s64(m->act_count + ACT_ADVANCE + n, ACT_MAX);
	}
	m->flags &= (uint16_t)~PG_REFERENCED;
	if (n) {
		vm_page_requeue(vm, m);
		return;
	}
	m->act_count = (int)max_s64(m->act_count - ACT_DECLINE, 0);
	if (!vm->sysctl.pageout_algorithm && shared && m->act_count) {
		vm_page_requeue(vm, m);
		return;
	}
	sc->shortage--;
	if (!shared && m->dirty == 0) {
		vm_page_cache(vm, m);
		sc->cached++;
	} else {
		vm_page_deactivate(vm, m);
		vm->cnt.sim_deactivated++;
	}
}

static void scan_active(struct scan *sc)
{
	struct freebsd_vm *vm = sc->vm;
	int64_t left = vm->cnt.v_active_count;

	sc->shortage = vm_paging_target(vm) + vm->sysctl.v_inactive_target -
		       vm->cnt.v_inactive_count + sc->addl;
	scan_begin(sc, PQ_ACTIVE);
	while (left-- > 0 && sc->shortage > 0) {
		struct vm_page *m = scan_next(sc, PQ_ACTIVE);

		if (!m)
			break;
		scan_active_page(sc, m);
		scan_costs(sc);
	}
	scan_end(sc);
}

/* --- a run --- */

void vm_pageout_scan(struct task *t, struct freebsd_vm *vm, int pass)
{
	struct scan sc = { .vm = vm, .t = t, .pass = pass, .marker = &vm->pageout->marker };
	int64_t deficit, laundered = vm->cnt.sim_laundered;

	vm_thread_stack_lowmem(t);
	deficit = vm->pageout->deficit;
	vm->pageout->deficit = 0;
	sc.shortage = vm_paging_target(vm) + deficit;
	sc.addl = deficit;
	sc.maxlaunder = pass ? LAUNDER_ALL : max_s64(vm->sysctl.max_launder, 1);
	trace_sim_pageout_scan(vm->sim, pass, sc.shortage, deficit, vm_free_and_cache(vm));
	task_run(t, (sim_time)vm->machine->cost.reclaim_pass);
	scan_inactive(&sc);
	scan_active(&sc);
	trace_sim_pageout_scan_end(vm->sim, pass, vm_free_and_cache(vm), vm->cnt.v_inactive_count,
				   vm->cnt.v_active_count, sc.cached, sc.freed,
				   vm->cnt.sim_laundered - laundered);
	vm_pageout_request_swapout(vm);
	if (pass && ((vm->swap->avail < SWAP_OOM_LEAST && vm_page_count_min(vm)) ||
		     (vm->swap->full && vm_paging_target(vm) > 0)))
		vm_pageout_oom(vm);
}

/* --- statistics --- */

static void stats_page(struct freebsd_vm *vm, struct vm_page *m)
{
	int n;

	if (m->busy || (m->oflags & VPO_BUSY) || m->hold_count) {
		vm_page_requeue(vm, m);
		return;
	}
	n = (m->flags & PG_REFERENCED ? 1 : 0) + pmap_ts_referenced(m);
	m->flags &= (uint16_t)~PG_REFERENCED;
	if (n) {
		m->act_count = (int)min_s64(m->act_count + ACT_ADVANCE + n, ACT_MAX);
		vm_page_requeue(vm, m);
	} else if (m->act_count == 0) {
		pmap_remove_all(vm, m);
		vm_page_deactivate(vm, m);
		vm->cnt.sim_deactivated++;
	} else {
		m->act_count -= (int)min_s64(m->act_count, ACT_DECLINE);
		vm_page_requeue(vm, m);
	}
}

void vm_pageout_page_stats(struct task *t, struct freebsd_vm *vm)
{
	const struct freebsd_sysctl_vm *v = &vm->sysctl;
	struct scan sc = { .vm = vm, .t = t, .marker = &vm->pageout->marker };
	int64_t pages = vm->cnt.v_active_count;

	if (v->v_inactive_target + v->v_cache_max + v->v_free_min <=
	    vm->cnt.v_free_count + vm->cnt.v_inactive_count + vm->cnt.v_cache_count)
		return;
	vm->pageout->fullintervalcount += (uint64_t)v->pageout_stats_interval;
	if (vm->pageout->fullintervalcount < (uint64_t)v->pageout_full_stats_interval)
		pages = min_s64(pages, v->pageout_stats_max * vm->cnt.v_active_count /
					   vm->cnt.v_page_count);
	else
		vm->pageout->fullintervalcount = 0;
	vm->cnt.sim_statscans++;
	trace_sim_pageout_stats(vm->sim, pages);
	scan_begin(&sc, PQ_ACTIVE);
	while (pages-- > 0) {
		struct vm_page *m = scan_next(&sc, PQ_ACTIVE);

		if (!m)
			break;
		stats_page(vm, m);
		scan_costs(&sc);
	}
	scan_end(&sc);
}
