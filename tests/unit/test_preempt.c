/*
 * test_preempt.c - whose account the time around a change of tasks is on
 *
 *	    wake                gives way
 *	waker | ... goes on ...     |
 *	                            | woken
 *	      |<-- for the woken -->|
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/engine/sim.h"
#include "sim/engine/task.h"
#include "sim/engine/wait.h"

#define BEHIND (10 * NS_PER_MS) /* vruntime of the one who waits */
#define AHEAD  (15 * NS_PER_MS) /* of the one who wakes it: so that it is placed 3 ms back */
#define PLACED (AHEAD - 3 * NS_PER_MS)

/* One who waits, and one who is busy when it is woken. */
struct pair {
	struct sim *s;
	struct wait_queue q;
	struct event interrupt;
	sim_time busy_ns;     /* how long the busy one goes on */
	sim_time woken, busy; /* vruntimes when the CPU has changed hands */
	sim_time woken_at;
	sim_time interrupt_ns; /* taken by the interrupt before it wakes */
	bool irqs_off;
};

static struct pair *pair_of(const struct task *t)
{
	return t->sim->workload;
}

static void waits(struct task *t, void *arg)
{
	struct pair *p = pair_of(t);
	struct wait_entry e;

	(void)arg;
	t->vruntime = BEHIND;
	wait_entry_init(&e, t);
	wait_prepare(&p->q, &e, WAIT_SHARED);
	task_block(t);
	wait_finish(&e);
	p->woken = t->vruntime;
	p->woken_at = task_now(t);
}

static void goes_on(struct task *t, struct pair *p)
{
	if (p->irqs_off)
		task_run_irqs_off(t, p->busy_ns);
	else
		task_run(t, p->busy_ns);
	cond_resched(t);
	p->busy = t->vruntime;
}

static void wakes(struct task *t, void *arg)
{
	struct pair *p = pair_of(t);

	(void)arg;
	task_sleep(t, NS_PER_US); /* the other one waits by then */
	t->vruntime = AHEAD;
	wake_up(t->sim, &p->q);
	goes_on(t, p);
}

static void interrupt(struct sim *s, struct event *e)
{
	struct pair *p = s->workload;

	(void)e;
	cpu_steal(&s->cpus[0], p->interrupt_ns);
	wake_up(s, &p->q);
}

/* Is interrupted a millisecond from now by what wakes the other one. */
static void is_interrupted(struct task *t, void *arg)
{
	struct pair *p = pair_of(t);

	(void)arg;
	task_sleep(t, NS_PER_US);
	t->vruntime = AHEAD - NS_PER_MS;
	event_schedule(t->sim, &p->interrupt, task_now(t) + NS_PER_MS, EVENT_WORK, interrupt);
	goes_on(t, p);
}

static bool linux_like = true;
static sim_time interrupt_ns;

static struct pair run_pair(task_fn *busy, sim_time busy_ns, bool irqs_off)
{
	const int node = 0;
	struct pair p = { .s = sim_new(1), .busy_ns = busy_ns, .irqs_off = irqs_off };

	p.interrupt_ns = interrupt_ns;

	cpus_init(p.s, 1, &node);
	p.s->workload = &p;
	p.s->clock_of_wake = linux_like;
	wait_queue_init(&p.q);
	task_spawn(p.s, &p.s->cpus[0], "waits", 0, waits, NULL);
	task_spawn(p.s, &p.s->cpus[0], "busy", 0, busy, NULL);
	p.s->end_with_tasks = true;
	sim_run(p.s, FOREVER);
	sim_free_run(p.s);
	return p;
}

static void time_after_a_wake_counts_for_who_was_woken(void **state)
{
	(void)state;
	struct pair p = run_pair(wakes, 400 * NS_PER_US, false);

	assert_int_equal(p.woken, PLACED + 400 * NS_PER_US);
	assert_int_equal(p.busy, AHEAD);
}

static void not_so_elsewhere(void **state)
{
	(void)state;
	linux_like = false;

	struct pair p = run_pair(wakes, 400 * NS_PER_US, false);

	linux_like = true;
	assert_int_equal(p.woken, PLACED);
	assert_int_equal(p.busy, AHEAD + 400 * NS_PER_US);
}

static void a_tick_reads_the_clock(void **state)
{
	(void)state;
	/* awake at 1 us, ticks at 4 and 8 ms, gives way at 9.001 ms */
	struct pair p = run_pair(wakes, 9 * NS_PER_MS, false);

	assert_int_equal(p.woken, PLACED + NS_PER_MS + NS_PER_US);
	assert_int_equal(p.busy, AHEAD + 8 * NS_PER_MS - NS_PER_US);
}

static void nobody_pays_for_time_before_the_wake(void **state)
{
	(void)state;
	/* woken a millisecond from the begin: a millisecond and a half are left */
	struct pair p = run_pair(is_interrupted, 2500 * NS_PER_US, false);

	assert_int_equal(p.busy, AHEAD);
	assert_true(p.woken >= PLACED + 1500 * NS_PER_US);
	assert_int_equal(p.woken_at, NS_PER_US + 2500 * NS_PER_US);
}

static void the_interrupt_that_wakes_counts_for_who_is_interrupted(void **state)
{
	(void)state;
	interrupt_ns = 200 * NS_PER_US;

	struct pair p = run_pair(is_interrupted, 2500 * NS_PER_US, false);

	interrupt_ns = 0;
	assert_int_equal(p.busy, AHEAD + 200 * NS_PER_US);
	assert_int_equal(p.woken_at, NS_PER_US + 2700 * NS_PER_US);
}

static void with_interrupts_off_the_wake_comes_at_the_end(void **state)
{
	(void)state;
	struct pair p = run_pair(is_interrupted, 2500 * NS_PER_US, true);

	assert_int_equal(p.busy, AHEAD + 1500 * NS_PER_US);
	assert_int_equal(p.woken_at, NS_PER_US + 2500 * NS_PER_US);
}

static void a_wake_before_interrupts_are_off_stays_where_it_was(void **state)
{
	(void)state;
	struct pair p = run_pair(wakes, 400 * NS_PER_US, true);

	assert_int_equal(p.woken, PLACED + 400 * NS_PER_US);
	assert_int_equal(p.busy, AHEAD);
}

/* ---- real-time tasks ---- */

struct share {
	struct wait_queue q;
	const struct task *fair; /* the one that is interrupted */
	sim_time min_vruntime, vruntime, later;
};

/* Woken by another task it takes the CPU as soon as that gives way. */
static void is_realtime(struct task *t, void *arg)
{
	struct share *share = arg;
	struct wait_entry e;

	wait_entry_init(&e, t);
	wait_prepare(&share->q, &e, WAIT_SHARED);
	task_block(t);
	wait_finish(&e);
	share->min_vruntime = t->cpu->min_vruntime;
	share->vruntime = share->fair->vruntime;
	task_run(t, 5 * NS_PER_MS);
	share->later = t->cpu->min_vruntime;
}

static void goes_on_for_long(struct task *t, void *arg)
{
	struct share *share = arg;

	share->fair = t;
	task_sleep(t, NS_PER_US);
	wake_up(t->sim, &share->q);
	task_run(t, 9 * NS_PER_MS);
	cond_resched(t);
}

static void a_realtime_task_does_not_hide_what_others_have_used(void **state)
{
	const int node = 0;
	struct sim *s = sim_new(1);
	struct share share = { 0 };

	(void)state;
	cpus_init(s, 1, &node);
	wait_queue_init(&share.q);
	task_spawn(s, &s->cpus[0], "realtime", TASK_REALTIME, is_realtime, &share);
	task_spawn(s, &s->cpus[0], "fair", 0, goes_on_for_long, &share);
	s->end_with_tasks = true;
	sim_run(s, FOREVER);
	sim_free_run(s);
	assert_true(share.vruntime >= 9 * NS_PER_MS);
	assert_int_equal(share.min_vruntime, share.vruntime);
	assert_int_equal(share.later, share.vruntime); /* its own time is no part of it */
}

/* ---- woken while the CPU idles ---- */

struct idler {
	struct sim *s;
	struct wait_queue q;
	struct event interrupt;
	sim_time woken, woken_at;
};

static void waits_for_long(struct task *t, void *arg)
{
	struct idler *p = arg;
	struct wait_entry e;
	sim_time before;

	wait_entry_init(&e, t);
	wait_prepare(&p->q, &e, WAIT_SHARED);
	before = t->vruntime;
	task_block(t);
	wait_finish(&e);
	p->woken = t->vruntime - before;
	p->woken_at = task_now(t);
}

/* Takes 3 us, wakes, and takes 5 us more. */
static void wakes_in_between(struct sim *s, struct event *e)
{
	struct idler *p = s->workload;

	(void)e;
	cpu_steal(&s->cpus[0], 3 * NS_PER_US);
	wake_up(s, &p->q);
	cpu_steal(&s->cpus[0], 5 * NS_PER_US);
}

static struct idler wake_from_idle(sim_time at)
{
	const int node = 0;
	struct idler p = { .s = sim_new(1) };

	cpus_init(p.s, 1, &node);
	p.s->workload = &p;
	p.s->clock_of_wake = linux_like;
	wait_queue_init(&p.q);
	task_spawn(p.s, &p.s->cpus[0], "waits", 0, waits_for_long, &p);
	event_schedule(p.s, &p.interrupt, at, EVENT_WORK, wakes_in_between);
	p.s->end_with_tasks = true;
	sim_run(p.s, FOREVER);
	sim_free_run(p.s);
	return p;
}

static void leaving_idle_counts_for_who_was_woken(void **state)
{
	(void)state;
	struct idler p = wake_from_idle(NS_PER_MS);

	assert_int_equal(p.woken, 5 * NS_PER_US);
	assert_int_equal(p.woken_at, NS_PER_MS + 8 * NS_PER_US);

	/* the tick at 4 ms comes 2 us after the wake */
	p = wake_from_idle(4 * NS_PER_MS - 5 * NS_PER_US);
	assert_int_equal(p.woken, 3 * NS_PER_US);

	linux_like = false;
	p = wake_from_idle(NS_PER_MS);
	linux_like = true;
	assert_int_equal(p.woken, 0);
	assert_int_equal(p.woken_at, NS_PER_MS + 8 * NS_PER_US);
}

/* ---- the end of a sleep ---- */

static void sleeps(struct task *t, void *arg)
{
	(void)arg;
	task_sleep(t, 2500 * NS_PER_US);
}

static void works(struct task *t, void *arg)
{
	for (int i = 0; i < 10; i++)
		task_run(t, NS_PER_MS);
	*(sim_time *)arg = task_now(t);
}

/* When one is done who works 10 ms, beside one who sleeps meanwhile. */
static sim_time work_beside_a_sleep(int cpus, sim_time ns)
{
	const int node[2] = { 0 };
	struct sim *s = sim_new(1);
	sim_time end = 0;

	cpus_init(s, cpus, node);
	s->timer_interrupt_ns = ns * 3 / 5;
	s->timer_exit_ns = ns * 2 / 5;
	task_spawn(s, &s->cpus[cpus - 1], "sleeps", 0, sleeps, NULL);
	task_spawn(s, &s->cpus[0], "works", 0, works, &end);
	s->end_with_tasks = true;
	sim_run(s, FOREVER);
	sim_free_run(s);
	return end;
}

static void the_end_of_a_sleep_interrupts_who_has_the_cpu(void **state)
{
	(void)state;
	assert_int_equal(work_beside_a_sleep(1, 0), 10 * NS_PER_MS);
	assert_int_equal(work_beside_a_sleep(1, 5 * NS_PER_US), 10 * NS_PER_MS + 5 * NS_PER_US);
	assert_int_equal(work_beside_a_sleep(2, 5 * NS_PER_US), 10 * NS_PER_MS);
}

/* ---- the way from idle ---- */

/* Costs of a CPU, all different, and one who sleeps on it for 2.5 ms. */
struct way {
	sim_time woken_at, cpu_ns, vruntime, busy_ns;
};

static void notes_its_wake(struct task *t, void *arg)
{
	struct way *way = arg;
	sim_time before;

	t->vruntime = AHEAD; /* a sleeper is not placed before that */
	before = t->vruntime;
	way->cpu_ns = t->cpu_ns;
	way->busy_ns = t->cpu->busy_ns;
	task_sleep_until(t, 2500 * NS_PER_US);
	way->woken_at = task_now(t);
	way->vruntime = t->vruntime - before;
	way->cpu_ns = t->cpu_ns - way->cpu_ns;
	way->busy_ns = t->cpu->busy_ns - way->busy_ns;
}

static void sleeps_for_a_while(struct task *t, void *arg)
{
	(void)arg;
	task_sleep_until(t, NS_PER_MS);
}

/* other: somebody else had the CPU before it idled. */
static struct way way_from_idle(bool other)
{
	const int node = 0;
	struct sim *s = sim_new(1);
	struct way way = { 0 };

	cpus_init(s, 1, &node);
	s->context_switch_ns = 100000;
	s->idle_switch_ns = 10000;
	s->idle_exit_ns = 1000;
	s->timer_interrupt_ns = 10000000; /* of who has the CPU: nobody */
	s->timer_exit_ns = 10;
	s->timer_idle_ns = 100;
	task_spawn(s, &s->cpus[0], "notes", 0, notes_its_wake, &way);
	if (other)
		task_spawn(s, &s->cpus[0], "other", 0, sleeps_for_a_while, NULL);
	s->end_with_tasks = true;
	sim_run(s, FOREVER);
	sim_free_run(s);
	return way;
}

/* Both delay it; idle_exit is on nobody's account.  What comes behind the wake is part of them. */
static void the_way_from_idle_is_time_of_the_task_or_of_nobody(void **state)
{
	struct way way = way_from_idle(false);

	(void)state;
	assert_int_equal(way.woken_at, 2500 * NS_PER_US + 100 + 10000 + 1000);
	assert_int_equal(way.vruntime, 10000);
	assert_int_equal(way.cpu_ns, 0);
	assert_int_equal(way.busy_ns, 100 + 10000 + 1000); /* but the CPU is not idle */
}

/* That has a cost of its own, and no other one. */
static void from_idle_to_another_task_is_a_change_of_tasks(void **state)
{
	struct way way = way_from_idle(true);

	(void)state;
	assert_int_equal(way.woken_at, 2500 * NS_PER_US + 100 + 100000);
	assert_int_equal(way.vruntime, 100000);
	/* the other one came twice: from this one, and from idle */
	assert_int_equal(way.busy_ns, 100000 + (100 + 10000 + 1000) + (100 + 100000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_after_a_wake_counts_for_who_was_woken),
		cmocka_unit_test(not_so_elsewhere),
		cmocka_unit_test(a_tick_reads_the_clock),
		cmocka_unit_test(nobody_pays_for_time_before_the_wake),
		cmocka_unit_test(the_interrupt_that_wakes_counts_for_who_is_interrupted),
		cmocka_unit_test(with_interrupts_off_the_wake_comes_at_the_end),
		cmocka_unit_test(a_wake_before_interrupts_are_off_stays_where_it_was),
		cmocka_unit_test(a_realtime_task_does_not_hide_what_others_have_used),
		cmocka_unit_test(leaving_idle_counts_for_who_was_woken),
		cmocka_unit_test(the_end_of_a_sleep_interrupts_who_has_the_cpu),
		cmocka_unit_test(the_way_from_idle_is_time_of_the_task_or_of_nobody),
		cmocka_unit_test(from_idle_to_another_task_is_a_change_of_tasks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
