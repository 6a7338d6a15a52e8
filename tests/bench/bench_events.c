/*
 * bench_events.c - timer events of sleeping tasks, and of many pending timers
 *
 * Yardstick: callbacks on a 4-ary heap and nothing else.
 */
#include "sim/base/mem.h"
#include "sim/engine/sim.h"
#include "sim/engine/task.h"
#include "tests/bench/bench.h"

#define EVENTS 2000000

/* --- the minimal event core --- */

struct tiny_event {
	uint64_t at, seq;
	uint64_t period;
};

struct tiny {
	struct tiny_event *heap;
	size_t n;
	uint64_t seq, now;
};

static int tiny_before(const struct tiny_event *a, const struct tiny_event *b)
{
	return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

static void tiny_push(struct tiny *q, struct tiny_event e)
{
	size_t i = q->n++;

	while (i && tiny_before(&e, &q->heap[(i - 1) / 4])) {
		q->heap[i] = q->heap[(i - 1) / 4];
		i = (i - 1) / 4;
	}
	q->heap[i] = e;
}

static struct tiny_event tiny_pop(struct tiny *q)
{
	struct tiny_event first = q->heap[0], last = q->heap[--q->n];
	size_t i = 0;

	for (;;) {
		size_t c = 4 * i + 1, best = c;

		if (c >= q->n)
			break;
		for (size_t k = c + 1; k < c + 4 && k < q->n; k++)
			if (tiny_before(&q->heap[k], &q->heap[best]))
				best = k;
		if (!tiny_before(&q->heap[best], &last))
			break;
		q->heap[i] = q->heap[best];
		i = best;
	}
	q->heap[i] = last;
	return first;
}

static double tiny_run(void *arg)
{
	size_t n = *(size_t *)arg;
	struct tiny q = { .heap = sim_alloc((n + 1) * sizeof(struct tiny_event)) };

	for (size_t i = 0; i < n; i++)
		tiny_push(&q,
			  (struct tiny_event){ .at = i, .seq = q.seq++, .period = 1000 + i % 97 });
	for (int i = 0; i < EVENTS; i++) {
		struct tiny_event e = tiny_pop(&q);

		q.now = e.at;
		e.at += e.period;
		e.seq = q.seq++;
		tiny_push(&q, e);
	}
	sim_free(q.heap);
	return EVENTS;
}

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
