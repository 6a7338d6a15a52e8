/*
 * test_tick.c - ticks of idle CPUs, timers that wait for them, and what ticks of others take
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

/* RCU callbacks wait on the CPU until the tick of 12 ms, which then is the last. */
static void ticks_that_are_needed_come(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->sleep = 30 * MS;
	tick_need(&w->s->cpus[0], 3);
	tick_need(&w->s->cpus[0], 2); /* the other ones still wait */
	expect_log(w, "stop12 woke31 stop32 ");
}

static void the_ticks_of_another_cpu_are_its_own(void **state)
{
	struct world *w = world_new(2);

	(void)state;
	w->sleep = 30 * MS;
	tick_need(&w->s->cpus[1], 3);
	expect_log(w, "stop4 woke31 stop32 ");
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

/* ---- what a tick takes ---- */

#define TICK_WORK (2 * NS_PER_US)

/* Works for 1 ms, sleeps, and works for 3 ms without a break. */
static void works_twice(struct task *t, void *arg)
{
	struct world *w = arg;

	task_run(t, MS);
	task_sleep_until(t, w->sleep);
	task_run(t, 3 * MS);
}

static void works_for_10_ms(struct task *t, void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++) {
		task_run(t, MS / 10);
		cond_resched(t);
	}
	task_sync(t);
}

static struct world *world_with_ticks(int cpus)
{
	struct world *w = world_new(cpus);

	w->s->tick_stop = NULL;
	w->s->tick_work_ns = TICK_WORK;
	return w;
}

static void world_free(struct world *w)
{
	sim_free_run(w->s);
	sim_free(w);
}

/*
 * Armed 100 ticks before it expires it lies on the wheel's second level, in steps of 8 ticks; armed
 * 10 ticks before, as it is now, on the first.
 */
static void a_timer_can_have_been_armed_long_ago(void **state)
{
	struct world *w = world_new(1);
	struct timer near;

	(void)state;
	timer_init(&w->timer, note_timer);
	timer_init(&near, note_timer);
	timer_mod_from(w->s, &w->timer, 10, 100);
	timer_mod_from(w->s, &near, 10, 10);
	sim_run(w->s, 100 * MS);
	assert_string_equal(w->log, "timer44 timer64 ");
	world_free(w);
}

/* Ticks at 4 and 8 ms: time that passes, and counts in the queue, but is no CPU time of the task.
 */
static void a_tick_takes_time_from_who_has_the_cpu(void **state)
{
	struct world *w = world_with_ticks(1);
	const struct cpu *cpu = &w->s->cpus[0];
	const struct task *t = task_spawn(w->s, &w->s->cpus[0], "t", 0, works_for_10_ms, NULL);
	sim_time began = t->vruntime;

	(void)state;
	sim_run(w->s, 60 * MS);
	assert_int_equal(t->left_at, 10 * MS + 2 * TICK_WORK);
	assert_int_equal(t->cpu_ns, 10 * MS);
	assert_int_equal(t->vruntime - began, 10 * MS + 2 * TICK_WORK);
	assert_int_equal(cpu->irq_ns, 2 * TICK_WORK);
	assert_int_equal(cpu->busy_ns, 10 * MS + 2 * TICK_WORK);
	world_free(w);
}

/*
 * Works until 1 ms and from 30 to 33 ms: of all ticks that of 32 ms.  One is still looked for when
 * it goes to sleep, and none behind that.
 */
static void an_idle_cpu_has_no_tick_to_pay(void **state)
{
	struct world *w = world_with_ticks(1);
	const struct cpu *cpu = &w->s->cpus[0];
	const struct task *t;

	(void)state;
	w->sleep = 30 * MS;
	t = task_spawn(w->s, &w->s->cpus[0], "t", 0, works_twice, w);
	sim_run(w->s, 2 * MS);
	assert_int_equal(event_queue_len(&w->s->queue), 2); /* the end of the sleep, and a tick */
	sim_run(w->s, 5 * MS);
	assert_int_equal(event_queue_len(&w->s->queue), 1);
	assert_int_equal(cpu->irq_ns, 0);
	sim_run(w->s, 60 * MS);
	assert_int_equal(cpu->irq_ns, TICK_WORK);
	assert_int_equal(t->left_at, 33 * MS + TICK_WORK);
	assert_int_equal(event_queue_len(&w->s->queue), 0);
	world_free(w);
}

/* A turn that begins at a tick has missed it: the next one is at 36 ms, when it is done. */
static void who_comes_at_a_tick_pays_from_the_next_one_on(void **state)
{
	struct world *w = world_with_ticks(1);
	const struct task *t;

	(void)state;
	w->sleep = 32 * MS;
	t = task_spawn(w->s, &w->s->cpus[0], "t", 0, works_twice, w);
	sim_run(w->s, 60 * MS);
	assert_int_equal(t->left_at, 35 * MS);
	assert_int_equal(w->s->cpus[0].irq_ns, 0);
	world_free(w);
}

/* Two share a CPU for 20 ms and some: who has it at a tick pays, one pays for each, all in all 5.
 */
static void each_tick_is_paid_once(void **state)
{
	struct world *w = world_with_ticks(2);
	const struct cpu *cpu = &w->s->cpus[0];
	const struct task *a = task_spawn(w->s, &w->s->cpus[0], "a", 0, works_for_10_ms, NULL);
	const struct task *b = task_spawn(w->s, &w->s->cpus[0], "b", 0, works_for_10_ms, NULL);
	sim_time began = a->vruntime + b->vruntime;

	(void)state;
	sim_run(w->s, 60 * MS);
	assert_int_equal(max_u64(a->left_at, b->left_at), 20 * MS + 5 * TICK_WORK);
	assert_int_equal(a->vruntime + b->vruntime - began, 20 * MS + 5 * TICK_WORK);
	assert_int_equal(cpu->irq_ns, 5 * TICK_WORK);
	assert_int_equal(w->s->cpus[1].irq_ns, 0); /* it had nothing to do */
	world_free(w);
}

static void ticks_that_cost_nothing_are_no_events(void **state)
{
	struct world *w = world_with_ticks(1);
	const struct task *t;

	(void)state;
	w->s->tick_work_ns = 0;
	w->sleep = 30 * MS;
	t = task_spawn(w->s, &w->s->cpus[0], "t", 0, works_twice, w);
	sim_run(w->s, 2 * MS);
	assert_int_equal(event_queue_len(&w->s->queue), 1); /* the end of the sleep */
	sim_run(w->s, 60 * MS);
	assert_int_equal(t->left_at, 33 * MS);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_tick_of_an_idle_time_is_the_last),
		cmocka_unit_test(a_short_idle_time_has_no_tick),
		cmocka_unit_test(a_task_that_wakes_at_the_tick_keeps_it),
		cmocka_unit_test(a_timer_at_the_next_tick_keeps_this_one),
		cmocka_unit_test(a_timer_after_the_next_tick_does_not),
		cmocka_unit_test(ticks_that_are_needed_come),
		cmocka_unit_test(the_ticks_of_another_cpu_are_its_own),
		cmocka_unit_test(a_timer_of_another_cpu_does_not_keep_the_tick),
		cmocka_unit_test(a_deferrable_timer_wakes_nobody),
		cmocka_unit_test(a_deferrable_timer_takes_the_tick_of_another),
		cmocka_unit_test(a_deferrable_timer_is_in_time_while_ticks_come),
		cmocka_unit_test(a_worker_for_a_moment_keeps_the_tick),
		cmocka_unit_test(a_deferred_timer_can_be_taken_back),
		cmocka_unit_test(nobody_who_asks_no_events),
		cmocka_unit_test(ticks_are_rounded_to_whole_seconds),
		cmocka_unit_test(a_timer_can_have_been_armed_long_ago),
		cmocka_unit_test(a_tick_takes_time_from_who_has_the_cpu),
		cmocka_unit_test(an_idle_cpu_has_no_tick_to_pay),
		cmocka_unit_test(who_comes_at_a_tick_pays_from_the_next_one_on),
		cmocka_unit_test(each_tick_is_paid_once),
		cmocka_unit_test(ticks_that_cost_nothing_are_no_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
