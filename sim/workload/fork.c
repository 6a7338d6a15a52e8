/*
 * fork.c - children of tasks: fork, exit, wait
 *
 *	server:  mmap, touch, fork ----------------- touch, wait, ...
 *	                        \\
 *	server+1:                do: touch, exit
 *
 * A child walks the steps below "fork:" of the same program, so it knows the names that its parent
 * had results for; it has its own list of them from then on.
 */
#include <errno.h>

#include "sim/base/mem.h"
#include "sim/workload/run.h"

#define MAX_CHILDREN 10000 /* of a run; each has a stack in the host's memory */

/* Everything that names stand for, as the child has it. */
static void inherit_results(struct runner *child, const struct runner *parent, void *kernel)
{
	const struct personality *p = child->w->tables.personality;

	for (size_t i = 0; i < child->program->nr_slots; i++) {
		const struct ref_list *from = &parent->slots[i];
		const char *kind = child->program->slots[i].kind;

		for (size_t n = 0; n < from->n; n++) {
			struct result result = from->v[from->first + n];

			if (kind && result.ptr) {
				result.ptr =
				    p->inherit ? p->inherit(kernel, kind, result.ptr) : NULL;
				if (!result.ptr)
					continue; /* it stays the parent's */
			}
			ref_list_add(&child->slots[i], &result);
		}
	}
}

static void run_child(struct task *t, void *arg)
{
	struct runner *r = arg;

	run_forked(t, r);
	r->ended = true;
	r->parent->nr_children--;
	wake_up_all(t->sim, &r->parent->child_ended);
}

/* 0, -EAGAIN, or what the personality says. */
static int fork_task(struct runner *r, const struct step *step)
{
	const struct personality *p = r->w->tables.personality;
	struct runner *child;
	char *name;
	void *kernel;
	int error = -ENOSYS;

	if (r->w->nr_children >= MAX_CHILDREN)
		return -EAGAIN;
	name = str_format("%s+%d", r->name, r->nr_forks + 1);
	kernel = p->task_fork ? p->task_fork(r->task, name, &error) : NULL;
	if (!kernel) {
		sim_free(name);
		return error;
	}
	r->nr_forks++;
	r->nr_children++;
	child = add_child_runner(r, &step->fork.body, name);
	inherit_results(child, r, kernel);
	child->task = task_spawn(r->w->sim, choose_child_cpu(r), child->name,
				 r->program->realtime ? TASK_REALTIME : 0, run_child, child);
	task_set_nice(child->task, r->task->nice);
	child->task->kernel = kernel;
	child->task->program = child;
	if (p->task_start)
		p->task_start(child->task);
	return 0;
}

void run_fork(struct runner *r, const struct step *step)
{
	const struct expected *expected = &step->fork.expected;
	int value = fork_task(r, step);

	r->progress.ops++;
	if (r->task->killed)
		return;
	if (expected->what == EXPECT_ANY) {
		note_call_error(r, step, value, false);
		return;
	}

	bool good = check_expected(r, step, expected, value, false);

	if (r->w->hooks.result)
		r->w->hooks.result(r->w->sim, r->task, step->name, value, false, good);
}

void run_wait(struct runner *r)
{
	struct wait_entry w;

	wait_entry_init(&w, r->task);
	r->task->waits_for = "its children to end";
	r->task->killable = true;
	for (;;) {
		wait_prepare(&r->child_ended, &w, WAIT_EXCLUSIVE);
		if (!r->nr_children || r->task->killed)
			break;
		task_idle(r->task);
		task_block(r->task);
	}
	r->task->killable = false;
	r->task->waits_for = NULL;
	wait_finish(&w);
}
