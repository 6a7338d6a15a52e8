/*
 * test_guest_sleep.c - sleeps of programs whose moment is past when they ask for them
 *
 *	sleeps       | asks    has it back        or    | asks         a millisecond later
 *	its timer           ^ fires                            ^ fires
 *	other one            (never has it)                   has the CPU
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/verify/guest_run.h"
#include "sim/engine/sim.h"
#include "sim/engine/task.h"

#define LEAST  2800               /* ns, of a sleep whose moment is past */
#define SLACK  (50 * NS_PER_US)   /* a timer may be so late */
#define STEP   (10 * NS_PER_US)   /* of the other one */
#define BEGINS NS_PER_MS          /* then the sleep is asked for */
#define SCALE  (1000 * NS_PER_MS) /* vruntimes are about so much */

/* Who sleeps, and who waits for its CPU meanwhile. */
struct late {
	struct guest_run r;
	struct guest_sleep sleep;
	sim_time at;         /* moment of the sleep */
	int64_t ahead;       /* so much more the other one has used, ns */
	int nice;            /* of the sleeper */
	unsigned flags[2];   /* of the sleeper, of the other one */
	bool alone;          /* there is no other one */
	bool foreseen;       /* what cpu_comes_back says */
	sim_time woken_at;   /* the sleep was over */
	sim_time used;       /* CPU time of it */
	uint64_t steps;      /* of the other one, during the sleep */
	uint64_t steps_done; /* of the other one, so far */

	int64_t due; /* so long before BEGINS a neighbour's sleep is over; 0: there is none */
	struct guest_sleep beside; /* the neighbour's */
	struct task *neighbour;    /* owned by the simulation */
	bool neighbour_woke;       /* when the sleep was over */
};

static void other(struct task *t, void *arg)
{
	struct late *l = arg;

	for (int i = 0; i < 20; i++) {
		task_run(t, STEP);
		l->steps_done++;
		cond_resched(t);
	}
}

static void sleeper(struct task *t, void *arg)
{
	struct late *l = arg;
	struct task *o = NULL;
	sim_time used;

	if (!l->alone)
		o = task_spawn(t->sim, t->cpu, "other", l->flags[1], other, l);
	task_run(t, BEGINS - task_now(t));
	task_sync(t);
	t->vruntime = SCALE;
	if (o) /* it is the only one in the queue */
		o->vruntime = (sim_time)((int64_t)SCALE + l->ahead);
	t->cpu->min_vruntime = SCALE - NS_PER_MS;
	l->foreseen = cpu_comes_back(t);
	used = t->cpu_ns;
	guest_sleep_until(&l->r, t, &l->sleep, l->at, LEAST);
	l->neighbour_woke = l->neighbour && l->neighbour->state == TASK_RUNNABLE;
	l->used = t->cpu_ns - used;
	l->woken_at = task_now(t);
	l->steps = l->steps_done;
}

/* Its timer may be late, too, so that by itself it sleeps on beyond the late one. */
static void neighbour(struct task *t, void *arg)
{
	struct late *l = arg;

	guest_sleep_until(&l->r, t, &l->beside, (sim_time)((int64_t)BEGINS - l->due), 0);
}

static void run(struct late *l)
{
	const int node = 0;
	struct sim *s = sim_new(1);

	cpus_init(s, 1, &node);
	l->r.sim = s;
	list_init(&l->r.sleeps);
	if (l->due)
		l->neighbour = task_spawn(s, &s->cpus[0], "neighbour", 0, neighbour, l);
	task_set_nice(task_spawn(s, &s->cpus[0], "sleeper", l->flags[0], sleeper, l), l->nice);
	s->end_with_tasks = true;
	sim_run(s, FOREVER);
	assert_true(list_empty(&l->r.sleeps));
	sim_free_run(s);
}

static void expect_back(struct late l)
{
	run(&l);
	assert_true(l.foreseen);
	assert_int_equal(l.woken_at, BEGINS + LEAST);
	assert_int_equal(l.used, LEAST);
	assert_int_equal(l.steps, 0);
}

/* The other one has the CPU, and keeps it at its first point to give way. */
static void expect_lost(struct late l)
{
	run(&l);
	assert_false(l.foreseen);
	assert_int_equal(l.used, 0);
	assert_int_equal(l.steps, 20);
	assert_int_equal(l.woken_at, BEGINS + 20 * STEP);
}

/* More than a millisecond, by the weight of the one who wakes. */
static void who_would_lose_the_cpu_at_once_does_not_get_it(void **state)
{
	(void)state;
	expect_back((struct late){ .ahead = NS_PER_MS + 1 });
	expect_back((struct late){ .ahead = 100 * NS_PER_MS });
	/* the step that it is at when the timer fires is part of it */
	expect_lost((struct late){ .ahead = NS_PER_MS - STEP });
	expect_lost((struct late){ .ahead = 0 });
	expect_lost((struct late){ .ahead = -(int64_t)NS_PER_MS });
}

static void how_far_ahead_is_by_weight(void **state)
{
	(void)state;
	expect_back((struct late){ .ahead = 108 * NS_PER_US, .nice = -10 });
	expect_lost((struct late){ .ahead = 97 * NS_PER_US, .nice = -10 });
	expect_back((struct late){ .ahead = 1250 * NS_PER_US, .nice = 1 });
	expect_lost((struct late){ .ahead = 1230 * NS_PER_US, .nice = 1 });
}

static void real_time_tasks_come_first(void **state)
{
	(void)state;
	expect_back((struct late){ .flags = { TASK_REALTIME, 0 } });
	expect_lost((struct late){ .ahead = NS_PER_SEC, .flags = { 0, TASK_REALTIME } });
	expect_lost(
	    (struct late){ .ahead = NS_PER_SEC, .flags = { TASK_REALTIME, TASK_REALTIME } });
}

/* Nobody is on its way to the CPU: it idles meanwhile, and the sleep is one. */
static void a_cpu_that_nobody_waits_for_idles(void **state)
{
	struct late l = { .alone = true };

	(void)state;
	run(&l);
	assert_false(l.foreseen);
	assert_int_equal(l.woken_at, BEGINS + LEAST);
	assert_int_equal(l.used, 0);
}

/*
 * A timer may be 50 us late: with less behind its moment it does not fire while the CPU changes
 * hands, and who is a millisecond ahead works until it does.
 */
static void a_timer_that_may_wait_is_no_late_one(void **state)
{
	struct late l = { .at = BEGINS + LEAST - SLACK + 1, .ahead = 2 * NS_PER_MS };

	(void)state;
	run(&l);
	assert_true(l.foreseen);
	assert_int_equal(l.used, 0);
	assert_int_equal(l.steps, 1);
	assert_int_equal(l.woken_at, BEGINS + STEP);
	expect_back((struct late){ .at = BEGINS + LEAST - SLACK, .ahead = 2 * NS_PER_MS });
}

static bool wakes_its_neighbour(int64_t due)
{
	struct late l = { .ahead = 2 * NS_PER_MS, .due = due };

	run(&l);
	assert_true(l.foreseen);
	assert_int_equal(l.woken_at, BEGINS + LEAST);
	return l.neighbour_woke;
}

/* The interrupt that ends a late sleep ends all that are due, as any other does. */
static void a_late_sleep_ends_those_beside_it(void **state)
{
	(void)state;
	assert_true(wakes_its_neighbour(1));
	assert_true(wakes_its_neighbour(SLACK - LEAST - 1));
	assert_false(wakes_its_neighbour(-(LEAST + 1))); /* not yet due */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_would_lose_the_cpu_at_once_does_not_get_it),
		cmocka_unit_test(how_far_ahead_is_by_weight),
		cmocka_unit_test(real_time_tasks_come_first),
		cmocka_unit_test(a_cpu_that_nobody_waits_for_idles),
		cmocka_unit_test(a_timer_that_may_wait_is_no_late_one),
		cmocka_unit_test(a_late_sleep_ends_those_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
