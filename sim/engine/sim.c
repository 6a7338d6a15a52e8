/*
 * sim.c - the loop
 */
#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/engine/sim.h"
#include "sim/engine/task.h"
#include "sim/engine/task_switch.h"

#define DEFAULT_TICK_NS (4 * NS_PER_MS)

struct sim *sim_new(uint64_t seed)
{
	struct sim *s = sim_calloc(1, sizeof(*s));

	s->seed = seed;
	s->switcher = switcher_new();
	s->ticks.tick_ns = DEFAULT_TICK_NS;
	s->next_pid = 1;
	list_init(&s->tasks);
	return s;
}

void sim_free_run(struct sim *s)
{
	task_free_all(s);
	cpus_free(s);
	event_queue_free(&s->queue);
	switcher_free(s->switcher);
	sim_free(s);
}

sim_time sim_now(const struct sim *s)
{
	return s->current ? task_now(s->current) : s->now;
}

static bool goes_on(const struct sim *s)
{
	return !s->stop && !(s->end_with_tasks && s->nr_live == 0);
}

static void event_ended(struct sim *s)
{
	if (s->poll)
		s->poll(s);
	if (__builtin_expect(s->after_event != NULL, 0))
		s->after_event(s);
}

/* The task that had the CPU has left it, or it has ended. */
static void task_left(struct sim *s)
{
	s->current = NULL;
	if (__builtin_expect(s->ended != NULL, 0)) {
		task_context_free(s->switcher, s->ended->context);
		s->ended->context = NULL;
		s->ended = NULL;
	}
	event_ended(s);
}

/* Runs events until one of them gives a CPU to a task. */
static struct task_context *next_task(void *arg)
{
	struct sim *s = arg;

	if (s->current)
		task_left(s);
	while (goes_on(s)) {
		struct event *e = event_first(&s->queue);

		if (!e || e->at > s->until || (e->at == s->until && event_class(e) == EVENT_IDLE))
			break;
		s->now = e->at;
		event_pop(&s->queue);
		s->nr_events++;
		e->fn(s, e);
		if (s->current)
			return s->current->context;
		event_ended(s);
	}
	return NULL;
}

bool sim_skip_to(struct sim *s, sim_time at)
{
	if (s->after_event || at > s->until || event_first_at(&s->queue) <= at)
		return false;
	if (s->poll)
		s->poll(s);
	if (!goes_on(s))
		return false;
	s->now = at;
	s->nr_events++;
	return true;
}

void sim_run(struct sim *s, sim_time until)
{
	SIM_ASSERT(!s->current);
	s->until = until;
	switcher_run(s->switcher, next_task, s);
	if (goes_on(s) && until != FOREVER)
		s->now = max_u64(s->now, until);
}

void sim_rng(const struct sim *s, struct rng *r, const char *name)
{
	rng_init(r, s->seed, name);
}

void kernel_log(struct sim *s, int level, const char *line)
{
	if (s->kernel_log)
		s->kernel_log(s, level, line);
}

void kernel_bug(struct sim *s, const char *what)
{
	if (s->kernel_bug)
		s->kernel_bug(s, what);
}
