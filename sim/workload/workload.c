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

#define MAX_REPORTED 50

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

static void runner_init(struct runner *r, struct program *p, int clone)
{
	struct workload *w = p->workload;
	char *stream;

	r->w = w;
	r->program = p;
	r->name = p->count > 1 ? str_format("%s.%d", p->name, clone) : sim_strdup(p->name);
	r->calls = sim_calloc((size_t)p->nr_calls, sizeof(*r->calls));
	r->slots = sim_calloc(p->nr_slots, sizeof(*r->slots));
	r->objects = sim_calloc((size_t)p->nr_objects, sizeof(*r->objects));
	r->still_at = FOREVER;
	copy_args(w, r, &p->body);
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
	bool going = true;

	s->current = t;
	t->program = r;
	for (int64_t i = 0; going && i < r->program->burst; i++)
		going = run_program(r);
	t->program = before;
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

static void start_task(struct runner *r, struct cpu *cpu)
{
	unsigned flags = r->program->realtime ? TASK_REALTIME : 0;

	if (!cpu) {
		r->ended = true;
		report_failure(r, NULL, "there is no CPU for it");
		return;
	}
	r->task = task_spawn(r->w->sim, cpu, r->name, flags, run_task, r);
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
	w->runners = sim_calloc((size_t)w->nr_runners, sizeof(*w->runners));
	for (int i = 0; i < w->nr_programs; i++) {
		struct program *p = &w->programs[i];

		p->runners = sim_calloc((size_t)p->count, sizeof(*p->runners));
		for (int k = 0; k < (int)p->count; k++) {
			runner_init(&p->runners[k], p, k);
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
	str_free(&w->report);
	arena_free(&w->arena);
	sim_free(w);
}

/* ---- reports ---- */

static void print_place(struct str *out, struct place at)
{
	if (at.file && at.line)
		str_addf(out, " (%s:%d:%d)", at.file->name, at.line, at.column);
}

static void print_failure(struct workload *w, const char *who, const char *what, struct place at)
{
	if (++w->failures > MAX_REPORTED)
		return;
	str_addf(&w->report, "FAIL: %s: %s at ", who, what);
	unit_print(&w->report, UNIT_NS, (int64_t)sim_now(w->sim));
	print_place(&w->report, at);
	str_addc(&w->report, '\n');
	if (w->failures == MAX_REPORTED)
		str_add(&w->report, "FAIL: ... later failures are only counted\n");
}

void report_failure(struct runner *r, const struct step *step, const char *fmt, ...)
{
	struct str what = { 0 };
	char *who = str_format("%s %s", r->program->is_irq ? "interrupt" : "task", r->name);
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&what, fmt, ap);
	va_end(ap);
	print_failure(r->w, who, str_get(&what), step ? step->at : r->program->at);
	str_free(&what);
	sim_free(who);
}

void report_kernel_failure(struct sim *s, const char *what)
{
	char *text = str_format("simulated BUG: %s", what);

	print_failure(s->workload, s->current ? s->current->name : "kernel", text,
		      (struct place){ 0 });
	sim_free(text);
}

void workload_set_hooks(struct workload *w, const struct workload_hooks *hooks)
{
	w->hooks = *hooks;
}

int workload_failures(const struct workload *w)
{
	return w->failures;
}

const char *workload_report(const struct workload *w)
{
	return str_get(&w->report);
}

void workload_describe_stuck(struct sim *s, struct str *out)
{
	const struct workload *w = s->workload;

	for (int i = 0; w && i < w->nr_runners; i++) {
		const struct runner *r = w->runners[i];

		if (r->ended || !r->task)
			continue;
		str_addf(out, "task %s: %s", r->name, r->step ? r->step->name : "not started");
		if (r->task->waits_for)
			str_addf(out, " waits for %s", r->task->waits_for);
		print_place(out, r->step ? r->step->at : r->program->at);
		str_addc(out, '\n');
	}
}

/* ---- metrics ---- */

struct task_progress workload_progress(const struct task *t)
{
	const struct runner *r = t->program;

	return r && !r->program->is_irq ? r->progress : (struct task_progress){ 0 };
}

static int count_tasks(struct sim *s)
{
	const struct workload *w = s->workload;

	return w ? w->nr_runners : 0;
}

static const void *task_stat(struct sim *s, int i)
{
	const struct workload *w = s->workload;
	struct runner *r = w->runners[i];

	r->sample = (struct task_sample){
		.ops = r->progress.ops,
		.bytes = r->progress.bytes,
		.blocked_ns = r->progress.blocked_ns,
		.cpu_ns = r->task ? (int64_t)r->task->cpu_ns : 0,
	};
	return &r->sample;
}

static void task_key(struct sim *s, int i, union metric_key_value *keys)
{
	const struct workload *w = s->workload;

	keys[0].text = w->runners[i]->name;
}

static const struct metric task_rows[] = {
	{ "ops", METRIC_COUNTER, UNIT_COUNT, offsetof(struct task_sample, ops), "calls made" },
	{ "bytes", METRIC_COUNTER, UNIT_BYTES, offsetof(struct task_sample, bytes),
	  "read, written or touched by its calls" },
	{ "blocked_ns", METRIC_COUNTER, UNIT_NS, offsetof(struct task_sample, blocked_ns),
	  "time in calls without the CPU: blocked, or waiting for the CPU" },
	{ "cpu_ns", METRIC_COUNTER, UNIT_NS, offsetof(struct task_sample, cpu_ns),
	  "CPU time used" },
};

const struct metric_object workload_task_metrics = {
	.name = "task",
	.table = "task_sample",
	.meaning = "a task of the scenario at a sample",
	.keys = { { "name", true, "of the task" } },
	.nr_keys = 1,
	.rows = task_rows,
	.nr_rows = ARRAY_LEN(task_rows),
	.count = count_tasks,
	.stat = task_stat,
	.key = task_key,
};

static const struct metric_object *const metrics[] = { &workload_task_metrics, NULL };

const struct model workload_model = {
	.name = "workload",
	.metrics = metrics,
};
