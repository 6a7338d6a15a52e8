/*
 * test_engine.c - clock, events, tasks, waiting, timers
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/base/mem.h"
#include "sim/engine/sim.h"
#include "sim/engine/task.h"
#include "sim/engine/wait.h"

/* what tasks are told */
static char name_a[] = "a", name_b[] = "b", kind_x[] = "x", kind_s[] = "s";

struct world {
	struct sim *s;
	char log[4096];
	struct wait_queue q;
};

static struct world *world_new(int cpus)
{
	struct world *w = sim_calloc(1, sizeof(*w));
	int node[16] = { 0 };

	w->s = sim_new(1);
	cpus_init(w->s, cpus, node);
	w->s->workload = w;
	wait_queue_init(&w->q);
	return w;
}

static void world_free(struct world *w)
{
	sim_free_run(w->s);
	sim_free(w);
}

static void logf_(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void logf_(struct world *w, const char *fmt, ...)
{
	size_t len = strlen(w->log);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->log + len, sizeof(w->log) - len, fmt, ap);
	va_end(ap);
}

struct test_event {
	struct event e;
	char name;
};

static void note_event(struct sim *s, struct event *e)
{
	struct world *w = s->workload;

	logf_(w, "%c", CONTAINER_OF(e, struct test_event, e)->name);
}

static void events_come_by_time_class_and_order(void **state)
{
	struct world *w = world_new(1);
	struct test_event e[6] = { { .name = 'a' }, { .name = 'b' }, { .name = 'c' },
				   { .name = 'd' }, { .name = 'e' }, { .name = 'f' } };

	(void)state;
	event_schedule(w->s, &e[0].e, 20, EVENT_TASK, note_event);
	event_schedule(w->s, &e[1].e, 10, EVENT_TASK, note_event);
	event_schedule(w->s, &e[2].e, 10, EVENT_IO, note_event);
	event_schedule(w->s, &e[3].e, 10, EVENT_TIMER, note_event);
	event_schedule(w->s, &e[4].e, 10, EVENT_TASK, note_event);
	event_schedule(w->s, &e[5].e, 15, EVENT_WORK, note_event);
	event_cancel(w->s, &e[5].e);
	sim_run(w->s, 100);
	assert_string_equal(w->log, "cdbea");
	assert_int_equal(w->s->now, 100);
	world_free(w);
}

/* The first of all that are scheduled, found by looking at each; NULL: none. */
static struct event *first_of(struct event *e, size_t n)
{
	struct event *first = NULL;

	for (size_t i = 0; i < n; i++)
		if (event_scheduled(&e[i]) && (!first || e[i].at < first->at ||
					       (e[i].at == first->at && e[i].key < first->key)))
			first = &e[i];
	return first;
}

static bool is_event(const struct event *e, const void *arg)
{
	return e == arg;
}

/* Takes the first one, and another one that was scheduled can still be found. */
static void pop_first(struct event_queue *q, struct event *e, size_t n, const struct event *other)
{
	bool there = event_scheduled(other);
	struct event *first = first_of(e, n), *next;

	assert_int_equal(event_first_at(q), first ? first->at : FOREVER);
	assert_ptr_equal(event_pop(q), first);
	next = first_of(e, n);
	assert_int_equal(event_first_at(q), next ? next->at : FOREVER);
	assert_true(event_queue_check(q));
	assert_ptr_equal(event_find(q, 1000, is_event, other),
			 there && other != first ? other : NULL);
}

static void a_random_heap_stays_a_heap(void **state)
{
	struct world *w = world_new(1);
	static struct event e[500];
	struct rng r;
	uint64_t seed = 42;
	size_t n = 0;

	(void)state;
	rng_init(&r, seed, "heap");
	for (int round = 0; round < 20000; round++) {
		struct event *x = &e[rng_below(&r, ARRAY_LEN(e))];

		if (rng_below(&r, 4) == 0)
			pop_first(&w->s->queue, e, ARRAY_LEN(e), x);
		else if (event_scheduled(x))
			event_cancel(w->s, x);
		else
			event_schedule(w->s, x, rng_below(&r, 1000),
				       (enum event_class)rng_below(&r, 4), note_event);
		if (round % 50 == 0)
			assert_true(event_queue_check(&w->s->queue));
		/* now and then it runs empty, and fills again */
		while (round % 1000 == 999 && event_pop(&w->s->queue))
			;
	}
	for (size_t i = 0; i < ARRAY_LEN(e); i++)
		n += event_scheduled(&e[i]);
	assert_int_equal(event_queue_len(&w->s->queue), n);

	sim_time last = 0;

	while (event_first(&w->s->queue)) {
		struct event *x = event_pop(&w->s->queue);

		assert_true(x->at >= last);
		last = x->at;
	}
	world_free(w);
}

static void sleeper(struct task *t, void *arg)
{
	struct world *w = t->sim->workload;

	for (int i = 0; i < 3; i++) {
		task_sleep(t, (sim_time)(uintptr_t)arg);
		logf_(w, "%s@%d ", t->name, (int)task_now(t));
	}
}

/* A task that is alone passes its time without the loop, one that is watched goes through it. */

static void busy(struct task *t, void *arg)
{
	struct world *w = t->sim->workload;

	(void)arg;
	for (int i = 0; i < 6; i++) {
		task_run(t, 150); /* more than the quantum: it lets the clock catch up */
		logf_(w, "%s@%d ", t->name, (int)w->s->now);
	}
}

static void steal(struct sim *s, struct event *e)
{
	note_event(s, e);
	cpu_steal(&s->cpus[0], 40);
}

static void do_nothing(struct sim *s)
{
	(void)s;
}

static void stop_at_400(struct sim *s)
{
	s->stop |= s->now >= 400;
}

/* What became of it by each of some moments, so many ns apart. */
static void run_busy(struct world *w, bool watched, void (*poll)(struct sim *s), sim_time step)
{
	struct test_event at_same_time = { .name = 'x' }, interrupt = { .name = 'i' };

	w->s->quantum = 100;
	w->s->poll = poll;
	if (watched)
		w->s->after_event = do_nothing;
	task_spawn(w->s, &w->s->cpus[0], name_a, 0, busy, NULL);
	event_schedule(w->s, &at_same_time.e, 150, EVENT_IO, note_event);
	event_schedule(w->s, &interrupt.e, 320, EVENT_IO, steal);
	for (sim_time until = step - 1; until < 2000; until += step) {
		sim_run(w->s, until);
		logf_(w, "| %d %d ", (int)w->s->now, (int)w->s->nr_events);
	}
}

static void a_task_that_is_alone_skips_the_loop_and_nothing_else(void **state)
{
	void (*const polls[])(struct sim * s) = { NULL, do_nothing, stop_at_400 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(polls); i++) {
		for (sim_time step = 150; step < 2000; step += 1500) {
			struct world *watched = world_new(1), *alone = world_new(1);

			run_busy(watched, true, polls[i], step);
			run_busy(alone, false, polls[i], step);
			assert_string_equal(alone->log, watched->log);
			assert_non_null(strstr(alone->log, "xa@150"));
			world_free(watched);
			world_free(alone);
		}
	}
}

static void sleeping_tasks_wake_at_their_time(void **state)
{
	struct world *w = world_new(2);

	(void)state;
	task_spawn(w->s, &w->s->cpus[0], "a", 0, sleeper, (void *)10);
	task_spawn(w->s, &w->s->cpus[1], "b", 0, sleeper, (void *)15);
	w->s->end_with_tasks = true;
	sim_run(w->s, FOREVER);
	/* at 30 b comes first: its sleep was begun earlier */
	assert_string_equal(w->log, "a@10 b@15 a@20 b@30 a@30 b@45 ");
	world_free(w);
}

static void sleeps_once(struct task *t, void *arg)
{
	struct world *w = t->sim->workload;

	task_sleep_until(t, (sim_time)(uintptr_t)arg);
	logf_(w, "%s@%d ", t->name, (int)task_now(t));
	task_run(t, 5);
	task_pause(t);
}

static bool wake_all(const struct task *t)
{
	struct sim *s = t->sim;
	bool others = false;

	LIST_FOR_EACH (pos, &s->tasks) {
		struct task *other = LIST_ENTRY(pos, struct task, link);

		others |= other != t && task_wake(other);
	}
	if (others)
		task_wake(LIST_ENTRY(&t->link, struct task, link));
	return others;
}

/* Who has used less has the CPU first, though it was woken later; its own time would have been 30.
 */
static void one_interrupt_ends_all_sleeps_that_are_due(void **state)
{
	struct world *w = world_new(1);
	struct task *b;

	(void)state;
	w->s->timer_fires = wake_all;
	task_spawn(w->s, &w->s->cpus[0], "a", 0, sleeps_once, (void *)20);
	b = task_spawn(w->s, &w->s->cpus[0], "b", 0, sleeps_once, (void *)30);
	b->vruntime = 0;
	w->s->end_with_tasks = true;
	sim_run(w->s, FOREVER);
	assert_string_equal(w->log, "b@20 a@25 ");
	world_free(w);
}

static void worker(struct task *t, void *arg)
{
	struct world *w = t->sim->workload;

	for (int i = 0; i < 10; i++) {
		task_run(t, NS_PER_MS);
		cond_resched(t);
	}
	logf_(w, "%s@%d ", (char *)arg, (int)(task_now(t) / NS_PER_MS));
}

static void tasks_of_one_cpu_share_it(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	task_spawn(w->s, &w->s->cpus[0], "a", 0, worker, name_a);
	task_spawn(w->s, &w->s->cpus[0], "b", 0, worker, name_b);
	w->s->end_with_tasks = true;
	sim_run(w->s, FOREVER);
	/* a turn ends at a tick, which comes every 4 ms: a 4, b 4, a 4, b 4, a 2, b 2 */
	assert_string_equal(w->log, "a@18 b@20 ");
	world_free(w);
}

static void waiter(struct task *t, void *arg)
{
	struct world *w = t->sim->workload;
	struct wait_entry e;

	wait_entry_init(&e, t);
	wait_prepare(&w->q, &e, *(char *)arg == 'x' ? WAIT_EXCLUSIVE : WAIT_SHARED);
	task_block(t);
	wait_finish(&e);
	logf_(w, "%s ", t->name);
}

/* Has used so much CPU by now. */
static void has_used(struct task *t, sim_time ns)
{
	t->vruntime = 10 * NS_PER_MS + ns;
}

/* Wakes the one who waits, and goes on. */
static void busy_waker(struct task *t, void *arg)
{
	struct world *w = t->sim->workload;

	task_sleep(t, NS_PER_US); /* the other one waits by then */
	has_used(t, *(const sim_time *)arg);
	wake_up(t->sim, &w->q);
	for (int i = 0; i < 5; i++) {
		logf_(w, "%s ", t->name);
		cond_resched(t);
		task_run(t, 500 * NS_PER_US);
	}
}

static void woken_worker(struct task *t, void *arg)
{
	has_used(t, *(const sim_time *)arg);
	waiter(t, kind_s);
}

/* Of a nice value. */
static int woken_nice;

static void woken_niced_worker(struct task *t, void *arg)
{
	task_set_nice(t, woken_nice);
	woken_worker(t, arg);
}

static void run_niced_wake(int nice, sim_time waker_ns, sim_time waiter_ns, const char *expected)
{
	struct world *w = world_new(1);

	woken_nice = nice;
	task_spawn(w->s, &w->s->cpus[0], "woken", 0, woken_niced_worker, &waiter_ns);
	task_spawn(w->s, &w->s->cpus[0], "waker", 0, busy_waker, &waker_ns);
	w->s->end_with_tasks = true;
	sim_run(w->s, FOREVER);
	assert_string_equal(w->log, expected);
	world_free(w);
}

static void run_wake(sim_time waker_ns, sim_time waiter_ns, const char *expected)
{
	run_niced_wake(0, waker_ns, waiter_ns, expected);
}

static void a_woken_task_preempts_who_is_a_millisecond_ahead(void **state)
{
	(void)state;
	/* 1.5 ms against 0.4: at once, at the first place where kernel work gives way */
	run_wake(1500 * NS_PER_US, 400 * NS_PER_US, "waker woken waker waker waker waker ");
	/* 1.2 ms against 0.4: not now, and not half a millisecond later when it would be due */
	run_wake(1200 * NS_PER_US, 400 * NS_PER_US, "waker waker waker waker waker woken ");
}

/* Wants the CPU all the time; arg: its nice value. */
static void niced_worker(struct task *t, void *arg)
{
	task_set_nice(t, (int)(intptr_t)arg);
	for (;;) {
		task_run(t, 100 * NS_PER_US);
		cond_resched(t);
	}
}

/* In thousandths of the CPU, what the second of two tasks with these nice values gets. */
static int share_beside(intptr_t other, intptr_t own)
{
	struct world *w = world_new(1);
	struct task *a = task_spawn(w->s, &w->s->cpus[0], "a", 0, niced_worker, (void *)other);
	struct task *b = task_spawn(w->s, &w->s->cpus[0], "b", 0, niced_worker, (void *)own);
	int share;

	sim_run(w->s, 20 * NS_PER_SEC);
	share = (int)(b->cpu_ns * 1000 / (a->cpu_ns + b->cpu_ns));
	world_free(w);
	return share;
}

static void tasks_share_a_cpu_by_their_nice_values(void **state)
{
	(void)state;
	assert_in_range(share_beside(0, 0), 498, 502);
	assert_in_range(share_beside(7, 7), 498, 502);
	assert_in_range(share_beside(0, 5), 244, 249);   /* 335 of 1359 */
	assert_in_range(share_beside(5, 0), 751, 756);   /* the other way round */
	assert_in_range(share_beside(-5, 0), 245, 249);  /* 1024 of 4145 */
	assert_in_range(share_beside(0, 19), 13, 16);    /* 15 of 1039 */
	assert_in_range(share_beside(0, -20), 986, 990); /* 88761 of 89785 */
}

/* A device that interrupts one task only, for a fifth of its time. */
struct rude_device {
	struct event e;
	const struct task *victim;
};

static void interrupt_victim(struct sim *s, struct event *e)
{
	const struct rude_device *d = CONTAINER_OF(e, struct rude_device, e);

	if (s->cpus[0].running == d->victim)
		cpu_interrupt(&s->cpus[0], 200 * NS_PER_US);
	event_schedule(s, e, s->now + NS_PER_MS, EVENT_WORK, interrupt_victim);
}

static void interrupts_count_for_the_turn_of_whom_they_hit(void **state)
{
	(void)state;
	struct world *w = world_new(1);
	struct rude_device d = { 0 };
	const struct task *b;

	d.victim = task_spawn(w->s, &w->s->cpus[0], "a", 0, niced_worker, (void *)0);
	b = task_spawn(w->s, &w->s->cpus[0], "b", 0, niced_worker, (void *)0);
	event_schedule(w->s, &d.e, NS_PER_MS, EVENT_WORK, interrupt_victim);
	sim_run(w->s, 20 * NS_PER_SEC);
	assert_in_range(w->s->cpus[0].irq_ns, NS_PER_SEC, 4 * NS_PER_SEC);
	assert_in_range(d.victim->cpu_ns + w->s->cpus[0].irq_ns, b->cpu_ns - 10 * NS_PER_MS,
			b->cpu_ns + 10 * NS_PER_MS);
	world_free(w);
}

static void how_soon_a_woken_task_preempts_is_by_its_nice_value(void **state)
{
	(void)state;
	run_niced_wake(0, 1500 * NS_PER_US, 400 * NS_PER_US,
		       "waker woken waker waker waker waker ");
	/* a level down a millisecond is 1.25 of them */
	run_niced_wake(1, 1500 * NS_PER_US, 400 * NS_PER_US,
		       "waker waker waker waker waker woken ");
	/* ten levels up a tenth of one */
	run_niced_wake(-10, 600 * NS_PER_US, 400 * NS_PER_US,
		       "waker woken waker waker waker waker ");
	run_niced_wake(-10, 500 * NS_PER_US, 400 * NS_PER_US,
		       "waker waker waker waker waker woken ");
}

/* Nice -20; has used a little more than who was woken before it. */
static void urgent_worker(struct task *t, void *arg)
{
	task_set_nice(t, -20);
	woken_worker(t, arg);
}

static void who_preempts_is_next(void **state)
{
	const sim_time least = 0, waker_ns = 300 * NS_PER_US;
	sim_time urgent_ns = 50 * NS_PER_US;
	struct world *w = world_new(1);

	(void)state;
	task_spawn(w->s, &w->s->cpus[0], "first", 0, woken_worker, (void *)&least);
	task_spawn(w->s, &w->s->cpus[0], "urgent", 0, urgent_worker, &urgent_ns);
	task_spawn(w->s, &w->s->cpus[0], "waker", 0, busy_waker, (void *)&waker_ns);
	w->s->end_with_tasks = true;
	sim_run(w->s, FOREVER);
	assert_string_equal(w->log, "waker urgent first waker waker waker waker ");
	world_free(w);
}

static void a_quantum_changes_no_end(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->s->quantum = 3 * NS_PER_MS;
	task_spawn(w->s, &w->s->cpus[0], "a", 0, worker, name_a);
	w->s->end_with_tasks = true;
	sim_run(w->s, FOREVER);
	assert_string_equal(w->log, "a@10 ");
	world_free(w);
}

/* Quietly or not, what is spent is spent; but never so much that the clock would have to catch up.
 */
static void spender(struct task *t, void *arg)
{
	struct world *w = t->sim->workload;
	sim_time fair = t->vruntime;

	(void)arg;
	assert_true(task_run_quietly(t, 60));
	assert_false(task_run_quietly(t, 41)); /* nothing of it is spent */
	assert_int_equal(task_now(t), 60);
	assert_true(task_run_quietly(t, 40)); /* as far ahead as task_run goes, too */
	assert_int_equal(w->s->now, 0);
	assert_false(task_run_quietly(t, 1));
	assert_int_equal(task_now(t), 100);
	task_run(t, 1);
	assert_int_equal(w->s->now, 101);
	assert_int_equal(t->cpu_ns, 101);
	assert_int_equal(t->cpu->busy_ns, 101);
	assert_int_equal(t->vruntime - fair, 101);
	task_set_nice(t, 5);
	assert_false(task_run_quietly(t, 1)); /* its time counts otherwise */
	logf_(w, "%s@%d ", t->name, (int)task_now(t));
}

static void what_is_spent_quietly_is_less_than_a_quantum(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->s->quantum = 100;
	task_spawn(w->s, &w->s->cpus[0], name_a, 0, spender, NULL);
	w->s->end_with_tasks = true;
	sim_run(w->s, FOREVER);
	assert_string_equal(w->log, "a@101 ");
	world_free(w);
}

static void waker(struct task *t, void *arg)
{
	struct world *w = t->sim->workload;

	(void)arg;
	task_sleep(t, 100);
	logf_(w, "wake%d ", wake_up(t->sim, &w->q));
	task_sleep(t, 100);
	logf_(w, "all%d ", wake_up_all(t->sim, &w->q));
}

static void a_wake_takes_all_shared_and_one_exclusive_waiter(void **state)
{
	struct world *w = world_new(6);

	(void)state;
	task_spawn(w->s, &w->s->cpus[0], "x1", 0, waiter, kind_x);
	task_spawn(w->s, &w->s->cpus[1], "s1", 0, waiter, kind_s);
	task_spawn(w->s, &w->s->cpus[2], "x2", 0, waiter, kind_x);
	task_spawn(w->s, &w->s->cpus[3], "s2", 0, waiter, kind_s);
	task_spawn(w->s, &w->s->cpus[4], "x3", 0, waiter, kind_x);
	task_spawn(w->s, &w->s->cpus[5], "w", 0, waker, NULL);
	w->s->end_with_tasks = true;
	sim_run(w->s, FOREVER);
	assert_string_equal(w->log, "wake3 s2 s1 x1 all2 x2 x3 ");
	world_free(w);
}

static void the_wheel_rounds_as_the_kernels(void **state)
{
	int level;

	(void)state;
	assert_int_equal(timer_wheel_expiry(1000, 1000, &level), 1001);
	assert_int_equal(timer_wheel_expiry(1000, 1002, &level), 1003);
	assert_int_equal(timer_wheel_expiry(1000, 1062, &level), 1063);
	assert_int_equal(level, 0);
	assert_int_equal(timer_wheel_expiry(1000, 1063, &level), ((1063 >> 3) + 1) << 3);
	assert_int_equal(level, 1);
	assert_int_equal(timer_wheel_expiry(1000, 2250, &level), ((2250 >> 6) + 1) << 6);
	assert_int_equal(level, 2);
	assert_int_equal(timer_wheel_expiry(1000, 900, &level), 1001);
}

static void tick_sleeper(struct task *t, void *arg)
{
	struct world *w = t->sim->workload;

	task_sleep(t, 1 * NS_PER_MS); /* somewhere inside a tick */
	task_sleep_ticks(t, (uint64_t)(uintptr_t)arg);
	logf_(w, "%d ", (int)(task_now(t) / NS_PER_MS));
}

static void a_sleep_of_n_ticks_lasts_into_the_next_one(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	task_spawn(w->s, &w->s->cpus[0], "a", 0, tick_sleeper, (void *)2);
	w->s->end_with_tasks = true;
	sim_run(w->s, FOREVER);
	assert_string_equal(w->log, "12 "); /* begun in tick 0: ends at tick 3 */
	world_free(w);
}

static void sleeps_twice(struct task *t, void *arg)
{
	struct world *w = t->sim->workload;

	(void)arg;
	task_sleep(t, 9 * NS_PER_MS); /* inside tick 2; no wheel is in this */
	task_sleep_ticks(t, 63);      /* no timer has run at this tick: a coarser level */
	logf_(w, "%d ", (int)(task_now(t) / NS_PER_MS));
	task_sleep_ticks(t, 1);
	task_sleep_ticks(t, 63); /* at the tick of the timer that woke it */
	logf_(w, "%d ", (int)(task_now(t) / NS_PER_MS));
}

static void a_wheel_that_ran_at_this_tick_counts_from_the_next(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	task_spawn(w->s, &w->s->cpus[0], "a", 0, sleeps_twice, NULL);
	w->s->end_with_tasks = true;
	sim_run(w->s, FOREVER);
	assert_string_equal(w->log, "288 552 "); /* ticks 65 up to 72, 74, 74 + 64 */
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_by_time_class_and_order),
		cmocka_unit_test(a_random_heap_stays_a_heap),
		cmocka_unit_test(a_task_that_is_alone_skips_the_loop_and_nothing_else),
		cmocka_unit_test(sleeping_tasks_wake_at_their_time),
		cmocka_unit_test(one_interrupt_ends_all_sleeps_that_are_due),
		cmocka_unit_test(tasks_of_one_cpu_share_it),
		cmocka_unit_test(a_woken_task_preempts_who_is_a_millisecond_ahead),
		cmocka_unit_test(tasks_share_a_cpu_by_their_nice_values),
		cmocka_unit_test(how_soon_a_woken_task_preempts_is_by_its_nice_value),
		cmocka_unit_test(interrupts_count_for_the_turn_of_whom_they_hit),
		cmocka_unit_test(who_preempts_is_next),
		cmocka_unit_test(a_quantum_changes_no_end),
		cmocka_unit_test(what_is_spent_quietly_is_less_than_a_quantum),
		cmocka_unit_test(a_wake_takes_all_shared_and_one_exclusive_waiter),
		cmocka_unit_test(the_wheel_rounds_as_the_kernels),
		cmocka_unit_test(a_sleep_of_n_ticks_lasts_into_the_next_one),
		cmocka_unit_test(a_wheel_that_ran_at_this_tick_counts_from_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
