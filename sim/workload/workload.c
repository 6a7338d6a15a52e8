/*
 * workload.c - the tasks and interrupts of a run: started, counted, reported on
 */
#include "sim/workload/workload.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/workload/model.h"
#include "sim/workload/run.h"

#define BURST_LOOK 64 /* rounds of an interrupt: then, whether the run shall end */

/* ---- the run ---- */

/* Tables of zipf, shared by all who draw from as many blocks with the same exponent. */
struct zipf_table {
	struct zipf_table *next;
	uint64_t n, exponent;
	struct zipf zipf;
};

const struct zipf *zipf_get(struct workload *w, uint64_t n, uint64_t exponent)
{
	struct zipf_table *table = w->zipfs;

	while (table && (table->n != n || table->exponent != exponent))
		table = table->next;
	if (!table) {
		table = sim_calloc(1, sizeof(*table));
		*table = (struct zipf_table){ .next = w->zipfs, .n = n, .exponent = exponent };
		zipf_init(&table->zipf, n, exponent);
		w->zipfs = table;
	}
	return &table->zipf;
}

static void copy_args(const struct workload *w, struct runner *r, const struct block *block);

/* Arguments of the calls in a step and in the blocks below it. */
static void copy_step_args(const struct workload *w, struct runner *r, const struct step *step)
{
	size_t size = w->tables.personality->args ? w->tables.personality->args->size : 1;

	switch (step->kind) {
	case STEP_CALL:
		r->calls[step->call->id].args = sim_alloc(size);
		memcpy(r->calls[step->call->id].args, step->call->args, size);
		break;
	case STEP_LOOP:
		copy_args(w, r, &step->loop.body);
		break;
	case STEP_CHOOSE:
		for (int i = 0; i < step->choose.n; i++)
			copy_args(w, r, &step->choose.choices[i].body);
		break;
	case STEP_FORK: /* the child has its own */
	case STEP_EXIT:
	case STEP_WAIT:
	case STEP_SLEEP:
	case STEP_AT:
	case STEP_COMPUTE:
	case STEP_BARRIER:
	case STEP_WAIT_FOR:
	case STEP_ASSERT:
	case STEP_SYSCTL:
		break;
	}
}

static void copy_args(const struct workload *w, struct runner *r, const struct block *block)
{
	for (int i = 0; i < block->n; i++)
		copy_step_args(w, r, &block->steps[i]);
}

/* What walks a program, or the part of it that is a child's; name becomes its own. */
static void runner_init(struct runner *r, struct program *p, const struct block *body, char *name)
{
	struct workload *w = p->workload;
	char *stream;

	r->w = w;
	r->program = p;
	r->body = body;
	r->name = name;
	wait_queue_init(&r->child_ended);
	r->calls = sim_calloc((size_t)p->nr_calls, sizeof(*r->calls));
	r->slots = sim_calloc(p->nr_slots, sizeof(*r->slots));
	r->objects = sim_calloc((size_t)p->nr_objects, sizeof(*r->objects));
	r->still_at = FOREVER;
	copy_args(w, r, body);
	stream = str_format("%s.%s", p->is_irq ? "interrupt" : "task", r->name);
	sim_rng(w->sim, &r->rng, stream);
	sim_free(stream);
}

static void runner_free(struct runner *r)
{
	for (int i = 0; i < r->program->nr_calls; i++)
		sim_free(r->calls[i].args);
	for (size_t i = 0; i < r->program->nr_slots; i++)
		sim_free(r->slots[i].v);
	sim_free(r->calls);
	sim_free(r->slots);
	sim_free(r->objects);
	sim_free(r->bug);
	sim_free(r->name);
}

static void interrupt(struct sim *s, struct event *e);

static void next_interrupt(struct runner *r, sim_time from)
{
	const struct program *p = r->program;
	sim_time wait = p->poisson ? rng_exponential(&r->rng, p->every) : p->every;

	event_schedule(r->w->sim, &r->event, from + max_u64(wait, 1), EVENT_TIMER, interrupt);
}

static void interrupt(struct sim *s, struct event *e)
{
	struct runner *r = CONTAINER_OF(e, struct runner, event);
	struct task *t = r->task, *interrupted = s->current;
	void *before = t->program;
	char *of_cpu = t->name;
	bool going = true;

	s->current = t;
	t->program = r;
	t->name = r->name; /* what results call it: one CPU may have several sources */
	t->cpu->nr_irqs++;
	for (int64_t i = 0; going && i < r->program->burst; i++) {
		r->still = 0;
		going = run_program(r);
		if (i % BURST_LOOK == 0 && s->poll)
			s->poll(s);
		going = going && !s->stop;
	}
	t->program = before;
	t->name = of_cpu;
	s->current = interrupted;
	if (going)
		next_interrupt(r, s->now);
}

/* The CPU of the next task: those that may have it take turns. */
static struct cpu *choose_cpu(struct sim *s, const struct program *p, int *turn)
{
	if (p->cpu >= 0)
		return p->cpu < s->nr_cpus ? &s->cpus[p->cpu] : NULL;
	for (int i = 0; i < s->nr_cpus; i++) {
		struct cpu *cpu = &s->cpus[(*turn + i) % s->nr_cpus];

		if (!cpu->online || (p->node >= 0 && cpu->node != p->node))
			continue;
		*turn = cpu->id + 1;
		return cpu;
	}
	return NULL;
}

struct runner *add_child_runner(struct runner *parent, const struct block *body, char *name)
{
	struct workload *w = parent->w;
	struct runner *r = sim_calloc(1, sizeof(*r));
	void *runners = w->runners;

	runner_init(r, parent->program, body, name);
	r->parent = parent;
	sim_grow(&runners, &w->cap_runners, (size_t)w->nr_runners + 1, sizeof(*w->runners));
	w->runners = runners;
	w->runners[w->nr_runners++] = r;
	w->nr_children++;
	return r;
}

struct cpu *choose_child_cpu(const struct runner *parent)
{
	return choose_cpu(parent->w->sim, parent->program, &parent->w->fork_turn);
}

static void start_task(struct runner *r, struct cpu *cpu)
{
	unsigned flags = r->program->realtime ? TASK_REALTIME : 0;

	if (!cpu) {
		r->ended = true;
		report_failure(r, NULL, "there is no CPU for it");
		return;
	}
	r->task = task_spawn(r->w->sim, cpu, r->name, flags, run_task, r);
	task_set_nice(r->task, r->program->nice);
	r->task->program = r;
}

static void start_irq(struct runner *r)
{
	const struct program *p = r->program;

	if (p->cpu >= r->w->sim->nr_cpus) {
		report_failure(r, NULL, "there is no CPU %" PRId64, p->cpu);
		return;
	}
	r->task = r->w->sim->cpus[p->cpu].irq;
	if (p->waits_first)
		next_interrupt(r, r->w->sim->now);
	else
		event_schedule(r->w->sim, &r->event, max_u64(p->start, r->w->sim->now), EVENT_TIMER,
			       interrupt);
}

void workload_start(struct workload *w, struct sim *s)
{
	int n = 0, turn = 0;
	int *node_turn = sim_calloc((size_t)s->nr_cpus + 1, sizeof(*node_turn));

	w->sim = s;
	s->workload = w;
	s->kernel_bug = note_kernel_bug;
	w->runners = sim_calloc((size_t)w->nr_runners + 1, sizeof(*w->runners));
	w->cap_runners = (size_t)w->nr_runners + 1;
	for (int i = 0; i < w->nr_programs; i++) {
		struct program *p = &w->programs[i];

		p->runners = sim_calloc((size_t)p->count, sizeof(*p->runners));
		for (int k = 0; k < (int)p->count; k++) {
			runner_init(&p->runners[k], p, &p->body,
				    p->count > 1 ? str_format("%s.%d", p->name, k)
						 : sim_strdup(p->name));
			if (!p->is_irq)
				w->runners[n++] = &p->runners[k];
		}
	}
	for (int i = 0; i < w->nr_programs; i++) {
		struct program *p = &w->programs[i];
		int *take = p->node >= 0 && p->node < s->nr_cpus ? &node_turn[p->node] : &turn;

		for (int k = 0; k < (int)p->count; k++) {
			if (p->is_irq)
				start_irq(&p->runners[k]);
			else
				start_task(&p->runners[k], choose_cpu(s, p, take));
		}
	}
	sim_free(node_turn);
}

void workload_free(struct workload *w)
{
	if (!w)
		return;
	for (int i = w->nr_runners - w->nr_children; i < w->nr_runners; i++) {
		runner_free(w->runners[i]);
		sim_free(w->runners[i]);
	}
	for (int i = 0; i < w->nr_programs; i++) {
		struct program *p = &w->programs[i];

		for (int k = 0; p->runners && k < (int)p->count; k++)
			runner_free(&p->runners[k]);
		sim_free(p->runners);
		sim_free(p->slots);
		sim_free(p->barriers);
		names_free(&p->slot_of);
		names_free(&p->object_of);
	}
	while (w->zipfs) {
		struct zipf_table *table = w->zipfs;

		w->zipfs = table->next;
		zipf_free(&table->zipf);
		sim_free(table);
	}
	sim_free(w->programs);
	sim_free(w->runners);
	tables_free(&w->tables);
	sim_free(w->errors);
	free_report(w);
	arena_free(&w->arena);
	sim_free(w);
}

void workload_set_hooks(struct workload *w, const struct workload_hooks *hooks)
{
	w->hooks = *hooks;
}

void workload_settle(struct workload *w)
{
	for (int i = 0; i < w->nr_runners; i++) {
		struct runner *r = w->runners[i];

		if (r && r->bugs && r->step && r->step->kind == STEP_CALL)
			settle_bugs(r, r->step, r->step->call->bug);
	}
	report_call_errors(w);
}

int workload_failures(const struct workload *w)
{
	return w->failures;
}

/* ---- runs that cannot go on ---- */

/* A program's own sleep, not a wait inside a call. */
static bool sleeps(const struct task *t)
{
	return t->state == TASK_BLOCKED && event_scheduled(&t->event);
}

bool workload_depends_on_kernel(const struct sim *s)
{
	const struct workload *w = s->workload;
	bool any = false;

	for (int i = 0; w && i < w->nr_runners; i++) {
		const struct runner *r = w->runners[i];
		const struct task *t = r->task;

		if (r->ended || !t)
			continue;
		any = true;
		if (sleeps(t))
			return false;
		if (t->state != TASK_BLOCKED && !(r->step && r->step->kind == STEP_CALL))
			return false;
	}
	return any;
}

bool workload_any_runs(const struct sim *s)
{
	const struct workload *w = s->workload;

	for (int i = 0; w && i < w->nr_runners; i++)
		if (!w->runners[i]->ended && w->runners[i]->task &&
		    w->runners[i]->task->state != TASK_BLOCKED)
			return true;
	return false;
}

uint64_t workload_nr_ops(const struct sim *s)
{
	const struct workload *w = s->workload;
	uint64_t n = 0;

	for (int i = 0; w && i < w->nr_runners; i++)
		n += (uint64_t)w->runners[i]->progress.ops;
	return n;
}

static void describe_wait(const struct task *t, sim_time since, struct str *out)
{
	if (t->state != TASK_BLOCKED)
		str_add(out, " runs, and gets nowhere,");
	else
		str_addf(out, " waits for %s", t->waits_for ? t->waits_for : "something");
	str_add(out, " since ");
	print_seconds(out, since);
	if (t->waits_on)
		str_addf(out, ", held by %s", t->waits_on->name);
	if (t->state == TASK_BLOCKED && timer_pending(&t->timeout))
		str_add(out, ", again and again");
}

void workload_describe_stuck(const struct sim *s, struct str *out)
{
	const struct workload *w = s->workload;

	for (int i = 0; w && i < w->nr_runners; i++) {
		const struct runner *r = w->runners[i];

		if (r->ended || !r->task)
			continue;
		str_addf(out, "task %s: %s", r->name, r->step ? r->step->name : "not started");
		describe_wait(r->task,
			      r->step && r->step->kind == STEP_CALL ? r->call_began
								    : r->task->blocked_at,
			      out);
		print_place(out, r->step ? r->step->at : r->program->at);
		str_addc(out, '\n');
	}
	LIST_FOR_EACH (pos, &s->tasks) {
		const struct task *t = LIST_ENTRY(pos, struct task, link);

		if (!(t->flags & TASK_KERNEL) || t->state == TASK_DEAD || !t->waits_for)
			continue;
		str_addf(out, "kernel thread %s:", t->name);
		describe_wait(t, t->blocked_at, out);
		str_addc(out, '\n');
	}
}

const void *workload_task_conf(const struct task *t)
{
	const struct runner *r = t->program;

	return r ? r->program->kernel_conf : NULL;
}

bool workload_task_has_begun(const struct task *t)
{
	const struct runner *r = t->program;

	return !r || r->program->start <= sim_now(t->sim);
}

/* ---- metrics ---- */

struct task_progress workload_progress(const struct task *t)
{
	const struct runner *r = t->program;
	struct task_progress p;

	if (!r || r->program->is_irq)
		return (struct task_progress){ 0 };
	p = r->progress;
	p.blocked_ns = (int64_t)task_lost_ns(t);
	return p;
}

int workload_count_tasks(struct sim *s)
{
	const struct workload *w = s->workload;

	return w ? w->nr_runners : 0;
}

struct task *workload_task(struct sim *s, int i)
{
	const struct workload *w = s->workload;

	return w->runners[i]->task;
}

const void *workload_task_stat(struct sim *s, int i)
{
	const struct workload *w = s->workload;
	struct runner *r = w->runners[i];

	r->sample = (struct task_sample){
		.ops = r->progress.ops,
		.bytes = r->progress.bytes,
	};
	if (!r->task)
		return &r->sample; /* there was no CPU for it */
	if (!r->program->is_irq)
		r->sample.blocked_ns = (int64_t)task_lost_ns(r->task);
	r->sample.cpu_ns = (int64_t)r->task->cpu_ns;
	for (int c = 0; c < TASK_LOSSES; c++)
		r->sample.lost_ns[c] = r->task->lost_ns[c];
	return &r->sample;
}

void workload_task_key(struct sim *s, int i, union metric_key_value *keys)
{
	const struct workload *w = s->workload;

	keys[0].text = w->runners[i]->name;
}

static const struct metric task_rows[] = { WORKLOAD_TASK_ROWS };

const struct metric_object workload_task_metrics = WORKLOAD_TASK_OBJECT(task_rows);

static const struct metric_object *const metrics[] = { &workload_task_metrics, NULL };

const struct model workload_model = {
	.name = "workload",
	.metrics = metrics,
};
