/*
 * bench_events.c - timer events of sleeping tasks, and of many pending timers
 */
#include "sim/base/mem.h"
#include "sim/engine/sim.h"
#include "sim/engine/task.h"
#include "tests/bench/bench.h"
#include "tests/bench/tiny_events.h"

#define EVENTS TINY_EVENTS

/* --- ours: tasks that sleep --- */

static void sleeper(struct task *t, void *arg)
{
	sim_time period = (sim_time)(uintptr_t)arg;

	for (;;)
		task_sleep(t, period);
}

static void count_down(struct sim *s)
{
	if (s->nr_events >= EVENTS)
		s->stop = true;
}

static double tasks_run(void *arg)
{
	size_t n = *(size_t *)arg;
	struct sim *s = sim_new(1);
	int cpus = (int)(n < 256 ? n : 256);
	int *node = sim_calloc((size_t)cpus, sizeof(int));
	uint64_t before;

	cpus_init(s, cpus, node);
	sim_free(node);
	for (size_t i = 0; i < n; i++)
		task_spawn(s, &s->cpus[i % (size_t)cpus], "sleeper", 0, sleeper,
			   (void *)(uintptr_t)(1000 + i % 97));
	s->after_event = count_down;
	sim_run(s, FOREVER);
	before = s->nr_events;
	sim_free_run(s);
	return (double)before;
}

/* --- ours: many pending events --- */

struct ticker {
	struct event e;
	uint64_t period;
};

static void tick(struct sim *s, struct event *e)
{
	struct ticker *t = CONTAINER_OF(e, struct ticker, e);

	event_schedule(s, e, s->now + t->period, EVENT_TIMER, tick);
	if (s->nr_events >= EVENTS)
		s->stop = true;
}

static double events_run(void *arg)
{
	size_t n = *(size_t *)arg;
	struct sim *s = sim_new(1);
	struct ticker *t = sim_calloc(n, sizeof(*t));

	for (size_t i = 0; i < n; i++) {
		t[i].period = 1000 + i % 97;
		event_schedule(s, &t[i].e, i, EVENT_TIMER, tick);
	}
	sim_run(s, FOREVER);
	sim_free_run(s);
	sim_free(t);
	return EVENTS;
}

int main(void)
{
	size_t eight = 8, thousand = 1000, many = 100000;
	int ok = 1;

	/* floors and aims: multiples of an outside simulator, translated by what the yardstick is
	 * of it */
	ok &= bench_pair("3 wake-ups, 8 sleeping tasks", "event", tasks_run, &eight, tiny_run,
			 &eight, 5.0 / 37, 10.0 / 37);
	ok &= bench_pair("3 wake-ups, 1000 sleeping tasks", "event", tasks_run, &thousand, tiny_run,
			 &thousand, 3.0 / 11, 6.0 / 11);
	ok &= bench_pair("4 timer events, 100000 pending", "event", events_run, &many, tiny_run,
			 &many, 2.0 * 1.04 / 5, 4.0 * 1.04 / 5);
	return !ok;
}
