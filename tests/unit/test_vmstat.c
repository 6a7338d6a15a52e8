/*
 * test_vmstat.c - when the CPUs' parts of counters are folded
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/node_stat.h"
#include "models/linux/alloc/vmstat.h"
#include "models/linux/boot/boot.h"
#include "tests/unit/fixture.h"

#define SMALL "machine: { nodes: [{ cpus: 2, memory: 256 MiB }] }\n"

/* A page less in the part of the CPU on which t runs; the same again gives it back. */
static void take(struct fixture *f, struct task *t, int pages)
{
	mod_zone_free_pages(&f->vm->nodes[0].zones[ZONE_DMA], t->cpu, -pages);
}

static int part_of(struct fixture *f, const struct task *t)
{
	return f->vm->nodes[0].zones[ZONE_DMA].pcp[t->cpu->id].free_diff;
}

/* The next whole second of the ticks. */
static sim_time second(const struct fixture *f)
{
	uint64_t j = jiffies(f->s);

	return jiffy_begins(f->s, j - j % HZ + HZ);
}

/* A part is folded at the whole second, 8 ticks of the timers' wheel later at most. */
static void shepherd_body(struct task *t, void *arg)
{
	struct fixture *f = arg;

	busy_until(t, 2 * NS_PER_SEC);
	assert_false(vmstat_work_pending(f->vm, t->cpu));
	take(f, t, 1);
	assert_true(need_update(f->vm, t->cpu));

	sim_time due = second(f);

	busy_until(t, due - 2 * NS_PER_MS);
	assert_int_equal(part_of(f, t), -1);
	busy_until(t, due + 8 * f->s->ticks.tick_ns);
	assert_int_equal(part_of(f, t), 0);
	assert_true(vmstat_work_pending(f->vm, t->cpu));
	assert_false(need_update(f->vm, t->cpu));
	/* nothing came: at the next second it finds nothing, and lapses */
	busy_until(t, due + NS_PER_SEC + 8 * f->s->ticks.tick_ns);
	assert_false(vmstat_work_pending(f->vm, t->cpu));
	take(f, t, -1);
}

static void the_shepherd_wakes_the_work_and_it_lapses(void **state)
{
	(void)state;
	fixture_run(SMALL, shepherd_body);
}

static void quiet_body(struct task *t, void *arg)
{
	struct fixture *f = arg;

	busy_until(t, 2 * NS_PER_SEC);
	take(f, t, 1);
	/* its work has lapsed: an idle time leaves the part alone */
	task_sleep(t, 20 * NS_PER_MS);
	assert_int_equal(part_of(f, t), -1);
	busy_until(t, second(f) + 8 * f->s->ticks.tick_ns);
	assert_int_equal(part_of(f, t), 0);
	/* now it is arranged for: folded at the first tick of an idle time, not before */
	take(f, t, -1);
	busy_until(t, task_now(t) + 20 * NS_PER_MS);
	assert_int_equal(part_of(f, t), 1);
	task_sleep(t, 9 * NS_PER_MS);
	assert_int_equal(part_of(f, t), 0);
}

static void a_cpu_folds_when_it_stops_its_tick_if_work_is_pending(void **state)
{
	(void)state;
	fixture_run(SMALL, quiet_body);
}

/* As in a guest that was busy before: what an idle time finds is folded, and the second is one. */
static void goes_on_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	sim_time due;

	busy_until(t, 2 * NS_PER_SEC + 100 * NS_PER_MS);
	assert_false(vmstat_work_pending(f->vm, t->cpu));
	due = second(f);
	vmstat_work_goes_on(f->vm, t->cpu);
	assert_true(vmstat_work_pending(f->vm, t->cpu));
	take(f, t, 1);
	task_sleep(t, 20 * NS_PER_MS);
	assert_int_equal(part_of(f, t), 0);
	busy_until(t, due - 2 * NS_PER_MS);
	assert_true(vmstat_work_pending(f->vm, t->cpu));
	/* nothing new: it lapses at the second that it was for */
	busy_until(t, due + 8 * f->s->ticks.tick_ns);
	assert_false(vmstat_work_pending(f->vm, t->cpu));
	take(f, t, -1);
}

/* The wheel comes to a second 8 ticks late at most: within them it is not yet the next one. */
static void late_second_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	sim_time due;

	busy_until(t, 2 * NS_PER_SEC);
	due = second(f);
	busy_until(t, due + 8 * f->s->ticks.tick_ns);
	vmstat_work_goes_on(f->vm, t->cpu);
	busy_until(t, due + NS_PER_SEC - 2 * NS_PER_MS);
	assert_true(vmstat_work_pending(f->vm, t->cpu));
	busy_until(t, due + NS_PER_SEC + 8 * f->s->ticks.tick_ns);
	assert_false(vmstat_work_pending(f->vm, t->cpu));
}

static void work_that_went_on_folds_from_now_on(void **state)
{
	(void)state;
	fixture_run(SMALL, goes_on_body);
	fixture_run(SMALL, late_second_body);
}

/* Most counters of a node have no parts, but are known to have changed where the CPU worked. */
static void node_body(struct task *t, void *arg)
{
	struct fixture *f = arg;

	busy_until(t, 2 * NS_PER_SEC);
	f->vm->nodes[0].stat.nr_file_pages++;
	assert_true(need_update(f->vm, t->cpu));
	busy_until(t, second(f) + 8 * f->s->ticks.tick_ns);
	assert_true(vmstat_work_pending(f->vm, t->cpu));
	assert_false(need_update(f->vm, t->cpu));
	f->vm->nodes[0].stat.nr_file_pages--;
	/* what samples work out is no counter */
	busy_until(t, second(f) + 8 * f->s->ticks.tick_ns);
	f->vm->nodes[0].stat.kswapd_running ^= 1;
	assert_false(need_update(f->vm, t->cpu));
}

static void a_counter_of_the_node_that_changed_is_something_to_fold(void **state)
{
	(void)state;
	fixture_run(SMALL, node_body);
}

/* Rounded down the time to come is over, so the shepherd comes at once: at the next tick here. */
static void interval_0_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	sim_time tick = f->s->ticks.tick_ns;

	f->vm->sysctl.stat_interval = 0;
	busy_until(t, second(f) + NS_PER_SEC + 20 * tick);
	for (int i = 0; i < 10; i++) {
		take(f, t, i % 2 ? 1 : -1);
		busy_until(t, task_now(t) + 2 * tick);
		assert_int_equal(part_of(f, t), 0);
	}
	/* past the first quarter it is the next second again */
	busy_until(t, second(f) + 100 * tick);
	take(f, t, 1);
	busy_until(t, second(f) - tick);
	assert_int_equal(part_of(f, t), -1);
	busy_until(t, second(f) + 8 * tick);
	assert_int_equal(part_of(f, t), 0);
	take(f, t, -1);
}

static void an_interval_of_0_is_every_tick_of_a_seconds_first_quarter(void **state)
{
	(void)state;
	fixture_run(SMALL, interval_0_body);
}

static void interval_negative_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	sim_time tick = f->s->ticks.tick_ns;

	f->vm->sysctl.stat_interval = -5;
	busy_until(t, second(f) + NS_PER_SEC + 100 * tick);
	for (int i = 0; i < 100; i++) {
		take(f, t, i % 2 ? 1 : -1);
		busy_until(t, task_now(t) + 2 * tick);
		assert_int_equal(part_of(f, t), 0);
	}
}

static void a_negative_interval_is_every_tick(void **state)
{
	(void)state;
	fixture_run(SMALL, interval_negative_body);
}

/* Those that have parts: who keeps one has something to fold, and nobody else. */
static void parts_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	struct pglist_data *node = &f->vm->nodes[0];

	busy_until(t, 2 * NS_PER_SEC);
	assert_false(need_update(f->vm, t->cpu));
	f->s->current = f->s->cpus[1].irq;
	mod_node_page_state(node, NR_WRITEBACK, 1);
	f->s->current = t;
	task_run(t, NS_PER_US);
	assert_false(need_update(f->vm, t->cpu));
	assert_true(need_update(f->vm, &f->s->cpus[1]));
	/* the sum is what it was, the parts are not */
	mod_node_page_state(node, NR_WRITEBACK, -1);
	assert_int_equal(node->stat.nr_writeback, 0);
	assert_true(need_update(f->vm, t->cpu));
	assert_true(need_update(f->vm, &f->s->cpus[1]));
}

static void a_part_of_a_counter_is_something_to_fold(void **state)
{
	(void)state;
	fixture_run(SMALL, parts_body);
}

static void other_cpu_body(struct task *t, void *arg)
{
	struct fixture *f = arg;

	take(f, t, 1);
	busy_until(t, second(f) + 3 * NS_PER_SEC);
	assert_int_equal(part_of(f, t), 0);
	take(f, t, -1);
}

/* The shepherd was CPU 0's; that has no tick from now on. */
static void offline_body(struct task *t, void *arg)
{
	struct fixture *f = arg;

	busy_until(t, 2 * NS_PER_SEC);
	assert_int_equal(cpu_offline(f->vm, 0), 0);
	task_spawn(f->s, &f->s->cpus[1], "other", 0, other_cpu_body, f);
}

static void the_shepherd_leaves_a_cpu_that_goes_offline(void **state)
{
	(void)state;
	fixture_run(SMALL, offline_body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shepherd_wakes_the_work_and_it_lapses),
		cmocka_unit_test(a_cpu_folds_when_it_stops_its_tick_if_work_is_pending),
		cmocka_unit_test(work_that_went_on_folds_from_now_on),
		cmocka_unit_test(a_counter_of_the_node_that_changed_is_something_to_fold),
		cmocka_unit_test(a_part_of_a_counter_is_something_to_fold),
		cmocka_unit_test(the_shepherd_leaves_a_cpu_that_goes_offline),
		cmocka_unit_test(an_interval_of_0_is_every_tick_of_a_seconds_first_quarter),
		cmocka_unit_test(a_negative_interval_is_every_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
