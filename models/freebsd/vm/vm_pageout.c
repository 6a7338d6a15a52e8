/*
 * vm_pageout.c - when the page daemon works, and who waits for it
 *
 *	allocation leaves F < v_free_reserved + v_cache_min      --> vm_pages_needed, daemon woken
 *	scan: until F >= v_free_target + v_cache_min
 *	first page freed while F >= v_free_min                   --> vm_pages_needed cleared
 *
 * The last line is why passes above 0 are rare: the daemon is woken far above v_free_min, and
 * so the first page that a scan finds ends the need, unless requests come while the scan runs.
 */
#include "models/freebsd/vm/vm_map.h"
#include "models/freebsd/vm/vm_pageout.h"

#define MAXBSIZE 65536

struct pageout_targets vm_pageout_targets(int64_t page_count, int64_t free_count)
{
	struct pageout_targets t = { .page_count = page_count < 2000 ? 8 : 16,
				     .interrupt_free_min = 2 };

	t.pageout_free_min = 2 * MAXBSIZE / FREEBSD_PAGE_SIZE + t.interrupt_free_min;
	t.free_min = 4 + (page_count > 1024 ? (page_count - 1024) / 200 : 0);
	t.free_reserved = t.page_count + t.pageout_free_min + page_count / 768;
	t.free_severe = t.free_min / 2 + t.free_reserved;
	t.free_min += t.free_reserved;
	t.free_target = (free_count > 6144 ? 4 : 2) * t.free_min + t.free_reserved;
	if (free_count > 2048) {
		t.cache_min = t.free_target;
		t.cache_max = 2 * t.cache_min;
		t.inactive_target = 3 * t.free_target / 2;
	} else {
		t.inactive_target = free_count / 4;
	}
	t.inactive_target = min_s64(t.inactive_target, free_count / 3);
	t.max_wired = free_count / 3;
	return t;
}

/* --- asking and waiting --- */

void pagedaemon_wakeup(struct freebsd_vm *vm, const struct task *t)
{
	struct pageout *p = vm->pageout;

	if (p->pages_needed || t == p->daemon)
		return;
	p->pages_needed = true;
	trace_sim_pagedaemon_wakeup(vm->sim, vm_free_and_cache(vm));
	wakeup(vm->sim, &p->needed_chan);
}

static void wake_memory_waiters(struct freebsd_vm *vm)
{
	wakeup(vm->sim, &vm->pageout->free_chan);
	wakeup(vm->sim, &vm->pageout->pfault_chan);
}

void vm_page_free_wakeup(struct freebsd_vm *vm)
{
	struct pageout *p = vm->pageout;

	if (p->pageout_pages_needed && vm_free_and_cache(vm) >= vm->sysctl.v_pageout_free_min) {
		p->pageout_pages_needed = false;
		wakeup(vm->sim, &p->pageout_chan);
	}
	if (p->pages_needed && !vm_page_count_min(vm)) {
		p->pages_needed = false;
		wake_memory_waiters(vm);
	}
}

static void wait_for_memory(struct task *t, struct wait_queue *chan, int kind)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct pageout *p = vm->pageout;
	sim_time began;

	task_sync(t);
	began = task_now(t);
	trace_sim_vmwait(vm->sim, kind, vm_free_and_cache(vm));
	vm->cnt.sim_vmwait_tasks++;
	if (t == p->daemon) {
		p->pageout_pages_needed = true;
		tsleep(t, &p->pageout_chan, "VMWait", 0);
	} else {
		if (!p->pages_needed) {
			p->pages_needed = true;
			wakeup(vm->sim, &p->needed_chan);
		}
		if (kind)
			tsleep_user(t, chan, "pfault", 0); /* at PUSER */
		else
			tsleep(t, chan, "vmwait", 0);
	}
	vm->cnt.sim_vmwait_tasks--;
	trace_sim_vmwait_end(vm->sim, kind, vm_free_and_cache(vm), (int64_t)(task_now(t) - began));
	task_lost(t, LOSS_VMWAIT, began);
}

void vm_wait(struct task *t)
{
	wait_for_memory(t, &task_freebsd(t)->pageout->free_chan,
			t == task_freebsd(t)->pageout->daemon ? 2 : 0);
}

void vm_waitpfault(struct task *t)
{
	wait_for_memory(t, &task_freebsd(t)->pageout->pfault_chan, 1);
}

/* --- out of memory --- */

void vm_pageout_oom(struct freebsd_vm *vm)
{
	struct vmspace *big = NULL;
	pages_t most = 0;

	LIST_FOR_EACH (pos, &vm->vmspaces) {
		struct vmspace *vmspace = LIST_ENTRY(pos, struct vmspace, link);
		pages_t size = vmspace_resident_count(vmspace) + vmspace_swap_count(vmspace);

		const struct task *t = vmspace->task; /* NULL: being forked */
		const struct thread *td = t ? t->kernel : NULL;

		if (!td || td->protected || t->killed || size < most || !size)
			continue;
		if (td->swapinreq) /* neither sleeping nor able to run */
			continue;
		/* of two alike the younger: it is looked at first */
		if (size == most && t->pid < big->task->pid)
			continue;
		most = size;
		big = vmspace;
	}
	if (!big)
		return;
	vm->cnt.sim_oom_kills++;
	trace_oom_kill(vm->sim, big->task->pid, (int64_t)most);
	task_kill(big->task);
	wake_memory_waiters(vm);
}

/* --- the daemon --- */

static void page_daemon(struct task *t, void *arg)
{
	struct freebsd_vm *vm = arg;
	struct pageout *p = vm->pageout;
	int pass = 0;

	for (;;) {
		if (p->pages_needed && !vm_page_count_min(vm)) {
			if (!vm_paging_needed(vm))
				p->pages_needed = false;
			wake_memory_waiters(vm);
		}
		if (p->pages_needed) {
			if (++pass > 1)
				tsleep(t, &p->needed_chan, "psleep", hz / 2);
		} else {
			uint64_t ticks = (uint64_t)vm->sysctl.pageout_stats_interval * hz;

			pass = pass > 1 ? 1 : 0;
			if (tsleep(t, &p->needed_chan, "psleep", ticks) && !p->pages_needed) {
				pass = 0;
				vm_pageout_page_stats(t, vm);
				continue;
			}
		}
		if (p->pages_needed)
			vm->cnt.v_pdwakeups++;
		if (pass)
			vm->cnt.sim_passes++;
		vm_pageout_scan(t, vm, pass);
	}
}

void vm_pageout_init(struct freebsd_vm *vm)
{
	struct pageout *p = sim_calloc(1, sizeof(*p));

	vm->pageout = p;
	wait_queue_init(&p->needed_chan);
	wait_queue_init(&p->free_chan);
	wait_queue_init(&p->pfault_chan);
	wait_queue_init(&p->pageout_chan);
	wait_queue_init(&p->vmdaemon_chan);
	p->marker.flags = PG_MARKER | PG_IN_USE;
}

void vm_pageout_start(struct freebsd_vm *vm)
{
	struct pageout_targets t = vm_pageout_targets(vm->cnt.v_page_count, vm->cnt.v_free_count);
	struct freebsd_sysctl_vm *v = &vm->sysctl;

	vm->pageout_page_count = t.page_count;
	vm->v_interrupt_free_min = t.interrupt_free_min;
	v->v_pageout_free_min = t.pageout_free_min;
	v->v_free_min = t.free_min;
	v->v_free_reserved = t.free_reserved;
	v->v_free_severe = t.free_severe;
	v->v_free_target = t.free_target;
	v->v_cache_min = t.cache_min;
	v->v_cache_max = t.cache_max;
	v->v_inactive_target = t.inactive_target;
	v->pageout_stats_max = t.free_target;
	vm->max_wired = t.max_wired;
	vm->pageout->daemon = kproc_create(vm, "pagedaemon", page_daemon);
}

void vm_pageout_free(struct freebsd_vm *vm)
{
	sim_free(vm->pageout);
	vm->pageout = NULL;
}
