/*
 * test_tick.c - ticks of idle CPUs, and timers that wait for them
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

#define MS NS_PER_MS

struct world {
	struct sim *s;
	char log[256];
	struct timer timer;
	sim_time sleep; /* of the task, ns */
	uint64_t ticks; /* it sleeps then, 0: not */
};

static void note(struct sim *s, const char *what)
{
	struct world *w = s->workload;
	size_t len = strlen(w->log);

	snprintf(w->log + len, sizeof(w->log) - len, "%s%d ", what, (int)(s->now / MS));
}

static void note_stop(struct cpu *cpu)
{
	note(cpu->sim, cpu->id ? "other" : "stop");
}

static void note_timer(struct sim *s, struct timer *timer)
{
	(void)timer;
	note(s, "timer");
}

static struct world *world_new(int cpus)
{
	struct world *w = sim_calloc(1, sizeof(*w));
	int node[2] = { 0 };

	w->s = sim_new(1);
	cpus_init(w->s, cpus, node);
	w->s->workload = w;
	w->s->tick_stop = note_stop;
	return w;
}

static void sleeper(struct task *t, void *arg)
{
	struct world *w = arg;

	task_run(t, MS);
	task_sleep(t, w->sleep);
	if (w->ticks)
		task_sleep_ticks(t, w->ticks);
	task_run(t, 10 * NS_PER_US);
	note(w->s, "woke");
	task_run(t, 10 * NS_PER_US);
}

/* Runs a task that works for 1 ms, sleeps, and ends; what happened until 60 ms. */
static void expect_log(struct world *w, const char *log)
{
	task_spawn(w->s, &w->s->cpus[0], "sleeper", 0, sleeper, w);
	sim_run(w->s, 60 * MS);
	assert_string_equal(w->log, log);
	sim_free_run(w->s);
	sim_free(w);
}

/* From 1 ms on it has nothing to do: the tick of 4 ms finds that out, once for the whole sleep. */
static void the_first_tick_of_an_idle_time_is_the_last(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->sleep = 30 * MS;
	expect_log(w, "stop4 woke31 stop32 ");
}

static void a_short_idle_time_has_no_tick(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->sleep = 2 * MS;
	expect_log(w, "woke3 stop4 ");
}

/* Whoever is woken at the tick itself was not found idle. */
static void a_task_that_wakes_at_the_tick_keeps_it(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->sleep = 3 * MS;
	expect_log(w, "woke4 stop8 ");
}

/* Asleep for a tick from 2 ms on, that is until the tick of 8 ms: the one of 4 ms stays. */
static void a_timer_at_the_next_tick_keeps_this_one(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->sleep = MS;
	w->ticks = 1;
	expect_log(w, "woke8 stop12 ");
}

static void a_timer_after_the_next_tick_does_not(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->sleep = MS;
	w->ticks = 2;
	expect_log(w, "stop4 woke12 stop16 ");
}

static void a_timer_of_another_cpu_does_not_keep_the_tick(void **state)
{
	struct world *w = world_new(2);

	(void)state;
	w->sleep = 30 * MS;
	timer_init(&w->timer, note_timer);
	w->s->current = w->s->cpus[1].irq;
	timer_mod(w->s, &w->timer, 1);
	w->s->current = NULL;
	expect_log(w, "stop4 timer8 woke31 stop32 ");
}

/* Due at 12 ms, when no tick comes: it runs at the first one after the sleep. */
static void a_deferrable_timer_wakes_nobody(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->sleep = 30 * MS;
	timer_init_deferrable(&w->timer, note_timer, &w->s->cpus[0]);
	timer_mod(w->s, &w->timer, 2);
	assert_true(timer_pending(&w->timer));
	expect_log(w, "stop4 woke31 timer32 stop32 ");
}

/* The tick that another timer needs serves it, too: first those that may not wait. */
static void a_deferrable_timer_takes_the_tick_of_another(void **state)
{
	struct world *w = world_new(1);
	struct timer *other = sim_calloc(1, sizeof(*other));

	(void)state;
	w->sleep = 30 * MS;
	timer_init_deferrable(&w->timer, note_timer, &w->s->cpus[0]);
	timer_mod(w->s, &w->timer, 2);
	timer_init(other, note_timer);
	timer_mod(w->s, other, 4);
	expect_log(w, "stop4 timer20 timer20 woke31 stop32 ");
	sim_free(other);
}

/* Due at 4 ms: the tick is there, and the CPU is found idle by the same one. */
static void a_deferrable_timer_is_in_time_while_ticks_come(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->sleep = 30 * MS;
	timer_init_deferrable(&w->timer, note_timer, &w->s->cpus[0]);
	timer_mod(w->s, &w->timer, 0);
	expect_log(w, "timer4 stop4 woke31 stop32 ");
}

static void tick_again(struct sim *s, struct timer *timer)
{
	note_timer(s, timer);
	tick_idle_again(timer->cpu);
}

/* The thread that did the work of a timer was woken by that tick: it takes another to be idle. */
static void a_worker_for_a_moment_keeps_the_tick(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->sleep = 30 * MS;
	timer_init_deferrable(&w->timer, tick_again, &w->s->cpus[0]);
	timer_mod(w->s, &w->timer, 0);
	expect_log(w, "timer4 stop8 woke31 stop32 ");
}

static void a_deferred_timer_can_be_taken_back(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->sleep = 30 * MS;
	timer_init_deferrable(&w->timer, note_timer, &w->s->cpus[0]);
	timer_mod(w->s, &w->timer, 2);
	task_spawn(w->s, &w->s->cpus[0], "sleeper", 0, sleeper, w);
	sim_run(w->s, 20 * MS);
	assert_true(timer_pending(&w->timer));
	timer_del(w->s, &w->timer);
	assert_false(timer_pending(&w->timer));
	sim_run(w->s, 60 * MS);
	assert_string_equal(w->log, "stop4 woke31 stop32 ");
	sim_free_run(w->s);
	sim_free(w);
}

static void nobody_who_asks_no_events(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->sleep = 30 * MS;
	w->s->tick_stop = NULL;
	task_spawn(w->s, &w->s->cpus[0], "sleeper", 0, sleeper, w);
	sim_run(w->s, 2 * MS);
	assert_int_equal(event_queue_len(&w->s->queue), 1); /* the end of the sleep */
	expect_log(w, "woke31 woke33 ");
}

static void ticks_are_rounded_to_whole_seconds(void **state)
{
	struct world *w = world_new(1);
	const struct sim *s = w->s;

	(void)state;
	assert_int_equal(round_jiffies(s, 250, 0), 250);
	assert_int_equal(round_jiffies(s, 250 + 61, 0), 250);
	assert_int_equal(round_jiffies(s, 250 + 62, 0), 500);
	assert_int_equal(round_jiffies(s, 499, 0), 500);
	assert_int_equal(round_jiffies(s, 250, 2), 244);
	assert_int_equal(round_jiffies(s, 243, 2), 244);
	/* that would be no time in the future */
	assert_int_equal(round_jiffies(s, 30, 0), 30);
	sim_free_run(w->s);
	sim_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_tick_of_an_idle_time_is_the_last),
		cmocka_unit_test(a_short_idle_time_has_no_tick),
		cmocka_unit_test(a_task_that_wakes_at_the_tick_keeps_it),
		cmocka_unit_test(a_timer_at_the_next_tick_keeps_this_one),
		cmocka_unit_test(a_timer_after_the_next_tick_does_not),
		cmocka_unit_test(a_timer_of_another_cpu_does_not_keep_the_tick),
		cmocka_unit_test(a_deferrable_timer_wakes_nobody),
		cmocka_unit_test(a_deferrable_timer_takes_the_tick_of_another),
		cmocka_unit_test(a_deferrable_timer_is_in_time_while_ticks_come),
		cmocka_unit_test(a_worker_for_a_moment_keeps_the_tick),
		cmocka_unit_test(a_deferred_timer_can_be_taken_back),
		cmocka_unit_test(nobody_who_asks_no_events),
		cmocka_unit_test(ticks_are_rounded_to_whole_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
