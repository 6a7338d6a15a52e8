/*
 * vm_glue.c - kernel stacks, and the swapping of whole processes
 *
 * A process that is swapped out loses two things: its kernel stack is not wired any more, so that
 * the page daemon may write it to swap, and vmdaemon takes its pages out of its address space.  All
 * else is left to the page daemon.  It can not run before its stack is back.
 */
#include "models/freebsd/vm/vm_glue.h"
#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_map.h"
#include "models/freebsd/vm/vm_pageout.h"

/* --- kernel stacks --- */

void vm_thread_new(struct task *t, struct thread *td)
{
	struct freebsd_vm *vm = task_freebsd(t);

	td->inmem = true;
	wait_queue_init(&td->p_flag);
	if (!vm->kernel_wired)
		return;
	if (!list_empty(&vm->kstack_cache)) {
		td->kstack_obj = LIST_FIRST(&vm->kstack_cache, struct vm_object, shadow_list);
		list_del(&td->kstack_obj->shadow_list);
		return;
	}
	vm->kstacks++;
	td->kstack_obj = vm_object_allocate(vm, OBJT_DEFAULT, KSTACK_PAGES);
	for (uint64_t i = 0; i < KSTACK_PAGES; i++) {
		struct vm_page *m = vm_page_grab(t, td->kstack_obj, i,
						 VM_ALLOC_NORMAL | VM_ALLOC_NOBUSY |
						     VM_ALLOC_RETRY | VM_ALLOC_WIRED);

		m->valid = VM_PAGE_BITS_ALL;
		m->contents = 0;
	}
}

static void stack_dispose(struct task *t, struct vm_object *ksobj)
{
	struct freebsd_vm *vm = task_freebsd(t);

	vm->kstacks--;
	for (uint64_t i = 0; i < KSTACK_PAGES; i++) {
		struct vm_page *m = vm_page_lookup(vm, ksobj, i);

		vm_page_unwire(vm, m, false);
		vm_page_free(vm, m);
	}
	vm_object_deallocate(t, ksobj);
}

void vm_thread_dispose(struct task *t, struct thread *td)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vm_object *ksobj = td->kstack_obj;

	td->kstack_obj = NULL;
	if (!ksobj)
		return;
	if (vm->kstacks <= vm->sysctl.kstack_cache_size)
		list_add(&ksobj->shadow_list, &vm->kstack_cache);
	else
		stack_dispose(t, ksobj);
}

void vm_thread_stack_lowmem(struct task *t)
{
	struct freebsd_vm *vm = task_freebsd(t);

	while (!list_empty(&vm->kstack_cache)) {
		struct vm_object *ksobj =
		    LIST_FIRST(&vm->kstack_cache, struct vm_object, shadow_list);

		list_del(&ksobj->shadow_list);
		stack_dispose(t, ksobj);
	}
}

static void vm_thread_swapout(struct freebsd_vm *vm, const struct thread *td)
{
	for (uint64_t i = 0; td->kstack_obj && i < KSTACK_PAGES; i++) {
		struct vm_page *m = vm_page_lookup(vm, td->kstack_obj, i);

		vm_page_dirty(vm, m);
		vm_page_unwire(vm, m, false);
	}
}

/* Reads pages from i on that lie in a row in swap; how many. */
static int read_stack(struct task *t, struct vm_object *ksobj, struct vm_page **ma, int i)
{
	int before, after, n = 1;

	swap_pager_haspage(ksobj, (uint64_t)i, &before, &after);
	while (n <= after && i + n < KSTACK_PAGES && ma[i + n]->valid != VM_PAGE_BITS_ALL)
		n++;
	vm_object_pip_add(ksobj, 1);
	if (swap_pager_getpages(t, ksobj, ma + i, n)) {
		vm_panic(task_freebsd(t), "vm_thread_swapin: cannot get kstack");
		for (int k = i; k < i + n; k++)
			ma[k]->valid = VM_PAGE_BITS_ALL;
	}
	vm_object_pip_wakeup(ksobj);
	return n;
}

static void vm_thread_swapin(struct task *t, const struct thread *td)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vm_page *ma[KSTACK_PAGES];

	if (!td->kstack_obj)
		return;
	for (uint64_t i = 0; i < KSTACK_PAGES; i++)
		ma[i] = vm_page_grab(t, td->kstack_obj, i,
				     VM_ALLOC_NORMAL | VM_ALLOC_RETRY | VM_ALLOC_WIRED);
	for (int i = 0; i < KSTACK_PAGES;)
		i += ma[i]->valid == VM_PAGE_BITS_ALL ? 1 : read_stack(t, td->kstack_obj, ma, i);
	for (int i = 0; i < KSTACK_PAGES; i++)
		vm_page_wakeup(vm, ma[i]);
}

/* --- out --- */

/* It waits for nothing that others wait for it to have. */
static bool thread_safetoswapout(const struct thread *td)
{
	return td->task->state == TASK_BLOCKED && td->canswap;
}

static void swapout(struct freebsd_vm *vm, struct thread *td)
{
	const struct vmspace *vmspace = td->vmspace;

	td->inmem = false;
	td->slept_at = td->task->blocked_at;
	td->swtick = sim_now(vm->sim);
	vm->cnt.sim_swapouts++;
	vm->cnt.sim_swapped_procs++;
	trace_sim_swapout(vm->sim, td->task->pid,
			  vmspace ? (int64_t)vmspace_resident_count(vmspace) : 0);
	vm_thread_swapout(vm, td);
}

static bool to_be_swapped_out(const struct freebsd_vm *vm, const struct thread *td, int action)
{
	const struct freebsd_sysctl_vm *v = &vm->sysctl;
	int64_t slptime;

	if (!td->inmem || td->swapping_in || (td->task->flags & TASK_REALTIME) ||
	    !workload_task_has_begun(td->task) || !thread_safetoswapout(td))
		return false;
	slptime = (int64_t)((sim_now(vm->sim) - td->task->blocked_at) / NS_PER_SEC);
	if (slptime < v->swap_idle_threshold1)
		return false;
	return (action & VM_SWAP_NORMAL) ||
	       ((action & VM_SWAP_IDLE) && slptime > v->swap_idle_threshold2);
}

void swapout_procs(struct freebsd_vm *vm, int action)
{
	bool didswap = false;

	LIST_FOR_EACH (pos, &vm->allproc) {
		struct thread *td = LIST_ENTRY(pos, struct thread, link);

		if (to_be_swapped_out(vm, td, action)) {
			swapout(vm, td);
			didswap = true;
		}
	}
	if (didswap)
		wakeup(vm->sim, &vm->proc0_chan);
}

/* --- in --- */

static void faultin(struct task *t, struct thread *td)
{
	struct freebsd_vm *vm = task_freebsd(t);

	td->swapping_in = true;
	vm_thread_swapin(t, td);
	td->swapping_in = false;
	td->swapinreq = false;
	td->inmem = true;
	td->swtick = task_now(t);
	vm->cnt.sim_swapped_procs--;
	trace_sim_swapin(vm->sim, td->task->pid, (int64_t)(task_now(t) - td->slept_at));
	wakeup(vm->sim, &td->p_flag);
}

/* Of those that were woken who is swapped out and has slept longest; NULL: nobody. */
static struct thread *choose_swapin(const struct freebsd_vm *vm)
{
	struct thread *chosen = NULL;
	sim_time now = sim_now(vm->sim);
	int64_t most = -1;

	LIST_FOR_EACH (pos, &vm->allproc) {
		struct thread *td = LIST_ENTRY(pos, struct thread, link);
		int64_t pri =
		    (int64_t)((now - td->swtick) / NS_PER_SEC + (now - td->slept_at) / NS_PER_SEC);

		if (td->inmem || !td->swapinreq || pri <= most)
			continue;
		most = pri;
		chosen = td;
	}
	return chosen;
}

/* Process 0. */
static void swapper(struct task *t, void *arg)
{
	struct freebsd_vm *vm = arg;

	for (;;) {
		struct thread *td;

		if (vm_page_count_min(vm)) {
			vm_wait(t);
			continue;
		}
		task_sync(t);
		td = choose_swapin(vm);
		if (td)
			faultin(t, td);
		else
			tsleep(t, &vm->proc0_chan, "swapin", MAXSLP * hz / 2);
	}
}

void thread_wait_inmem(struct task *t)
{
	struct thread *td = t->kernel;
	sim_time began;

	if (!td || td->inmem || td->swapinreq)
		return;
	began = task_now(t);
	td->swapinreq = true;
	wakeup(t->sim, &task_freebsd(t)->proc0_chan);
	while (!td->inmem)
		tsleep(t, &td->p_flag, "faultin", 0);
	task_lost(t, LOSS_SWAPPED, began);
}

void swapping_start(struct freebsd_vm *vm)
{
	kproc_create(vm, "vmdaemon", vm_daemon);
	kproc_create(vm, "swapper", swapper);
}

/* --- check --- */

/* The stack of who is in memory is there and wired, once; that of others need not be. */
static void check_stack(struct check *c, const struct freebsd_vm *vm, const struct vm_object *ksobj,
			bool inmem)
{
	CHECK(c, ksobj->ref_count == 1 && ksobj->size == KSTACK_PAGES);
	for (uint64_t i = 0; inmem && i < KSTACK_PAGES; i++) {
		const struct vm_page *m = vm_page_lookup(vm, ksobj, i);

		CHECK(c, m && m->wire_count == 1 && m->valid == VM_PAGE_BITS_ALL);
	}
}

void vm_glue_check(struct check *c, const struct freebsd_vm *vm)
{
	int64_t out = 0, stacks = 0;

	LIST_FOR_EACH (pos, &vm->allproc) {
		const struct thread *td = LIST_ENTRY(pos, struct thread, link);

		out += !td->inmem;
		CHECK(c, td->inmem || td->task->state == TASK_BLOCKED || td->swapping_in ||
			     !td->swapinreq);
		if (td->kstack_obj)
			check_stack(c, vm, td->kstack_obj, td->inmem);
		stacks += td->kstack_obj != NULL;
	}
	LIST_FOR_EACH (pos, &vm->kstack_cache) {
		check_stack(c, vm, LIST_ENTRY(pos, struct vm_object, shadow_list), true);
		stacks++;
	}
	CHECK(c, out == vm->cnt.sim_swapped_procs);
	/* one more for a child that is being made */
	CHECK(c, stacks <= vm->kstacks);
}
