/*
 * vmap_work.c - what is put off: purging address space, and freeing what interrupts gave back
 *
 * Each CPU has a thread for it, made when it is needed first, in place of the kernel's workers.
 */
#include "models/linux/stall.h"
#include "models/linux/vmalloc/internal.h"

static struct vmap_worker *worker_of(struct task *t)
{
	return &vmalloc_state(task_vm(t))->cpu[t->cpu->id].worker;
}

static void drain_vmap_area_work(struct task *t)
{
	struct linux_vm *vm = task_vm(t);

	do
		__purge_vmap_area_lazy(t, UINT64_MAX, 0);
	while (vm->stat.vmap_lazy_nr > (int64_t)lazy_max_pages(vm));
}

/* Takes the whole list and frees it, the latest first. */
static void free_work(struct task *t, struct vmap_worker *w)
{
	uint64_t *list = w->deferred;
	size_t n = w->nr_deferred;

	w->deferred = NULL;
	w->nr_deferred = w->cap_deferred = 0;
	while (n)
		vfree(t, list[--n]);
	sim_free(list);
}

static void work_ends(struct linux_vm *vm)
{
	struct vmalloc_state *state = vm->vmalloc;

	if (--state->nr_works == 0)
		wake_up_all(vm->sim, &state->work_done);
}

static void vmap_worker(struct task *t, void *arg)
{
	struct linux_vm *vm = task_vm(t);
	struct vmap_worker *w = arg;

	task_struct(t)->flags |= PF_WQ_WORKER;
	for (;;) {
		while (!w->drain && !w->nr_deferred)
			task_wait(t, &w->wait, FOREVER);
		if (w->drain) {
			w->drain = false;
			vm->vmalloc->drain_queued = false;
			drain_vmap_area_work(t);
		} else {
			free_work(t, w);
		}
		work_ends(vm);
		cond_resched(t);
	}
}

static void start(struct task *t, struct vmap_worker *w)
{
	struct linux_vm *vm = task_vm(t);

	vm->vmalloc->nr_works++;
	if (!w->task) {
		char *name = str_format("kworker/%d:vmap", t->cpu->id);

		w->task = linux_kthread(vm, t->cpu, name, vmap_worker, w);
		sim_free(name);
	}
	wake_up(vm->sim, &w->wait);
}

/* One work item for all CPUs: it runs where it was asked for first. */
void schedule_drain_work(struct task *t)
{
	struct vmap_worker *w = worker_of(t);
	struct vmalloc_state *state = vmalloc_state(task_vm(t));

	if (state->drain_queued)
		return;
	state->drain_queued = true;
	w->drain = true;
	start(t, w);
}

void vfree_deferred(struct task *t, uint64_t addr)
{
	struct vmap_worker *w = worker_of(t);
	void *array = w->deferred;

	sim_grow(&array, &w->cap_deferred, w->nr_deferred + 1, sizeof(*w->deferred));
	w->deferred = array;
	w->deferred[w->nr_deferred++] = addr;
	if (w->nr_deferred == 1)
		start(t, w);
}

void vmap_flush_work(struct task *t)
{
	struct vmalloc_state *state = vmalloc_state(task_vm(t));

	enum stall_cause outer = stall_enter(t, STALL_OTHER);

	while (state->nr_works)
		task_wait(t, &state->work_done, FOREVER);
	stall_leave(t, outer);
}
