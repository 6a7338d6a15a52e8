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

void sim_run(struct sim *s, sim_time until)
{
	while (!s->stop && !(s->end_with_tasks && s->nr_live == 0)) {
		struct event *e = event_first(&s->queue);

		if (!e || e->at > until || (e->at == until && event_class(e) == EVENT_IDLE))
			break;
		s->now = e->at;
		event_pop(&s->queue);
		s->nr_events++;
		e->fn(s, e);
		if (__builtin_expect(s->after_event != NULL, 0))
			s->after_event(s);
	}
	if (!s->stop && !(s->end_with_tasks && s->nr_live == 0) && until != FOREVER)
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
