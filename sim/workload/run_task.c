/*
 * run_task.c - the task that walks a program
 *
 * The same walk serves interrupts; their programs contain nothing that waits.
 * Recursion follows the blocks of a program: at most YAML_MAX_DEPTH levels.
 */
#include <errno.h>
#include <inttypes.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/scenario/expression.h"
#include "sim/workload/run.h"

#define COMPUTE_SLICE                                                                              \
	(100 * NS_PER_US) /* of user code, between two looks at who else wants to run */

static bool run_block(struct runner *r, const struct block *block);

void program_sleep_until(struct task *t, sim_time at)
{
	task_idle(t);
	task_sleep_until(t, at);
	t->idle = false; /* there may have been nothing to wait for */
}

static bool run_loop(struct runner *r, const struct step *step)
{
	sim_time began = task_now(r->task);
	bool endless = !step->loop.count;

	for (int64_t n = 0; endless || n < step->loop.count; n++) {
		if (step->loop.time_limit && task_now(r->task) - began >= step->loop.time_limit)
			break;
		if (!run_block(r, &step->loop.body))
			return false;
		r->step = step;
		if ((endless || n + 1 < step->loop.count) && !run_goes_on(r))
			return false;
	}
	return true;
}

static void run_compute(struct task *t, sim_time time)
{
	while (time && !t->killed) {
		sim_time slice = min_u64(time, COMPUTE_SLICE);

		task_run(t, slice);
		t->cpu->user_ns += slice;
		if (t->nice > 0)
			t->cpu->nice_ns += slice;
		cond_resched(t);
		time -= slice;
	}
}

static void release_barrier(struct sim *s, struct barrier *b)
{
	b->arrived = 0;
	b->generation++;
	wake_up_all(s, &b->wait);
}

static void run_barrier(struct task *t, struct barrier *b)
{
	uint64_t generation = b->generation;
	struct wait_entry w;

	if (++b->arrived >= b->parties) {
		release_barrier(t->sim, b);
		return;
	}
	wait_entry_init(&w, t);
	t->waits_for = "the others at the barrier";
	t->killable = true;
	for (;;) {
		wait_prepare(&b->wait, &w, WAIT_EXCLUSIVE); /* first come, first woken */
		if (b->generation != generation || t->killed)
			break;
		task_idle(t);
		task_block(t);
	}
	if (b->generation == generation)
		b->arrived--;
	t->killable = false;
	t->waits_for = NULL;
	wait_finish(&w);
}

static bool have_ended(const struct program *p, int clone)
{
	for (int i = 0; i < (int)p->count; i++)
		if ((clone < 0 || i == clone) && !p->runners[i].ended)
			return false;
	return true;
}

static void run_wait_for(struct task *t, struct program *p, int clone)
{
	struct wait_entry w;

	wait_entry_init(&w, t);
	t->waits_for = "another task to end";
	t->waits_on = p->runners[max_s64(clone, 0)].task;
	t->killable = true;
	for (;;) {
		wait_prepare(&p->ended, &w, WAIT_EXCLUSIVE);
		if (have_ended(p, clone) || t->killed)
			break;
		task_idle(t);
		task_block(t);
	}
	t->killable = false;
	t->waits_for = NULL;
	t->waits_on = NULL;
	wait_finish(&w);
}

static bool run_choose(struct runner *r, const struct step *step)
{
	uint64_t draw = rng_below(&r->rng, step->choose.total);
	int i = 0;

	while (draw >= (uint64_t)step->choose.choices[i].weight)
		draw -= (uint64_t)step->choose.choices[i++].weight;
	return run_block(r, &step->choose.choices[i].body);
}

static void run_assert(struct runner *r, const struct step *step)
{
	struct result_values values = { newest_result, r };
	struct str why = { 0 };

	if (!expect_holds(step->assertion, r->w->sim, &values, &why))
		report_failure(r, step, "assert: %s", str_get(&why));
	str_free(&why);
}

static void run_sysctl(struct runner *r, const struct step *step)
{
	static const struct expected success = { EXPECT_NUMBER, 0 };
	bool expects = step->sysctl.expected.what != EXPECT_ANY;
	const struct expected *expected = expects ? &step->sysctl.expected : &success;

	for (int i = 0; i < step->sysctl.n; i++) {
		const struct tunable_value *v = &step->sysctl.values[i];
		int value = tunable_write(r->w->sim, &v->ref, v->v);
		bool good = check_expected(r, step, expected, value, false);

		if (expects && r->w->hooks.result)
			r->w->hooks.result(r->w->sim, r->task, step->name, value, false, good);
	}
}

/* false: the program cannot go on. */
static bool run_step(struct runner *r, const struct step *step)
{
	struct task *t = r->task;

	r->step = step;
	switch (step->kind) {
	case STEP_CALL:
		return run_call(r, step);
	case STEP_LOOP:
		return run_loop(r, step);
	case STEP_SLEEP:
		program_sleep_until(t, task_now(t) + step->time);
		return true;
	case STEP_AT:
		program_sleep_until(t, step->time);
		return true;
	case STEP_COMPUTE:
		run_compute(t, step->time);
		return true;
	case STEP_BARRIER:
		run_barrier(t, step->barrier);
		return true;
	case STEP_CHOOSE:
		return run_choose(r, step);
	case STEP_WAIT_FOR:
		run_wait_for(t, step->wait_for.program, step->wait_for.clone);
		return true;
	case STEP_ASSERT:
		run_assert(r, step);
		return true;
	case STEP_SYSCTL:
		run_sysctl(r, step);
		return true;
	case STEP_FORK:
		run_fork(r, step);
		return true;
	case STEP_EXIT:
		return false;
	case STEP_WAIT:
		run_wait(r);
		return true;
	}
	return true;
}

static bool run_block(struct runner *r, const struct block *block)
{
	for (int i = 0; i < block->n; i++)
		if (!run_step(r, &block->steps[i]) || r->task->killed)
			return false;
	return true;
}

bool run_program(struct runner *r)
{
	return run_block(r, r->body);
}

/* Those who wait for this task, or for as many as there were, need not wait any longer. */
static void end_task(struct runner *r)
{
	struct program *p = r->program;
	struct sim *s = r->w->sim;

	r->ended = true;
	r->step = NULL;
	for (size_t i = 0; i < p->nr_barriers; i++) {
		struct barrier *b = p->barriers[i];

		b->parties--;
		if (b->arrived && b->arrived >= b->parties)
			release_barrier(s, b);
	}
	wake_up_all(s, &p->ended);
}

/* What the task had looked up, or was given, and nobody else knows, it gives back. */
static void put_objects(struct task *t, struct runner *r)
{
	const struct program *program = r->program;
	const struct personality *p = r->w->tables.personality;

	if (!p->put)
		return;
	for (int i = 0; i < program->nr_objects; i++) {
		if (r->objects[i])
			p->put(t, program->object_kind[i], r->objects[i]);
		r->objects[i] = NULL;
	}
	for (size_t i = 0; i < program->nr_slots; i++) {
		struct ref_list *list = &r->slots[i];

		if (!program->slots[i].kind || (program->slots[i].is_shared && !r->parent))
			continue;
		for (; list->n; list->n--, list->first++)
			if (list->v[list->first].ptr)
				p->put(t, program->slots[i].kind, list->v[list->first].ptr);
	}
}

void run_forked(struct task *t, struct runner *r)
{
	const struct personality *p = r->w->tables.personality;

	if (!t->killed)
		run_program(r);
	if (t->killed)
		report_killed(r);
	r->step = NULL;
	put_objects(t, r);
	if (p->task_exit)
		p->task_exit(t);
}

void run_task(struct task *t, void *arg)
{
	struct runner *r = arg;
	const struct personality *p = r->w->tables.personality;

	r->task = t;
	if (p->task_start)
		p->task_start(t);
	program_sleep_until(t, r->program->start);
	if (!t->killed)
		run_program(r);
	if (t->killed)
		report_killed(r);
	put_objects(t, r);
	if (p->task_exit)
		p->task_exit(t);
	end_task(r);
}
