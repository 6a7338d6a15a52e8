/*
 * test_workqueue.c - which worker of a pool does what
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/linux.h"
#include "models/linux/workqueue.h"
#include "tests/unit/fixture.h"

#define ONE_CPU "machine: { nodes: [{ cpus: 1, memory: 64 MiB }], disks: [] }\n"

static struct fixture f;
static struct worker_pool pool;

/* What was done, in order: the work's letter, and the number of the worker behind it. */
static char done[64];

struct piece {
	struct delayed_work dwork;
	char letter;
	sim_time sleeps;
};

static void do_piece(struct task *t, struct work *work)
{
	struct piece *p = CONTAINER_OF(work, struct piece, dwork.work);
	size_t n = strlen(done);

	done[n] = p->letter;
	done[n + 1] = t->name[strlen(t->name) - 1];
	if (p->sleeps)
		task_sleep(t, p->sleeps);
}

static void piece(struct piece *p, char letter, sim_time sleeps)
{
	p->letter = letter;
	p->sleeps = sleeps;
	delayed_work_init(&p->dwork, &pool, do_piece);
}

static void nothing_to_stop(struct cpu *cpu)
{
	(void)cpu;
}

/* What happened since the last call, when all have become idle. */
static void assert_done(struct task *t, const char *what)
{
	task_sleep(t, 30 * NS_PER_MS);
	assert_string_equal(done, what);
	memset(done, 0, sizeof(done));
}

static void run(task_fn *body)
{
	fixture_boot(&f, ONE_CPU);
	worker_pool_init(&pool, f.vm, &f.s->cpus[0]);
	memset(done, 0, sizeof(done));
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
	worker_pool_free(&pool);
}

/* Who did a piece of work, of those that were done since the last call. */
static char worker_of(struct task *t, char letter)
{
	char *at;

	task_sleep(t, 30 * NS_PER_MS);
	at = strchr(done, letter);
	assert_non_null(at);
	return at[1];
}

static void body_turns(struct task *t, void *arg)
{
	struct piece a, b;
	char first, second;

	(void)arg;
	for (int i = 0; i < 3; i++)
		worker_pool_add(&pool);
	task_sleep(t, 30 * NS_PER_MS);
	piece(&a, 'a', 0);
	piece(&b, 'b', 0);
	/* one piece: who became idle last, again and again */
	queue_delayed_work(&a.dwork, 0);
	first = worker_of(t, 'a');
	queue_delayed_work(&b.dwork, 0);
	assert_int_equal(worker_of(t, 'b'), first);
	memset(done, 0, sizeof(done));
	/* two: one worker does both, but the other one, woken in vain, is idle last */
	queue_delayed_work(&a.dwork, 0);
	queue_delayed_work(&b.dwork, 0);
	assert_int_equal(worker_of(t, 'a'), first);
	assert_int_equal(worker_of(t, 'b'), first);
	memset(done, 0, sizeof(done));
	queue_delayed_work(&a.dwork, 0);
	second = worker_of(t, 'a');
	assert_int_not_equal(second, first);
	memset(done, 0, sizeof(done));
	queue_delayed_work(&b.dwork, 0);
	queue_delayed_work(&a.dwork, 0);
	assert_int_equal(worker_of(t, 'b'), second);
	assert_int_equal(worker_of(t, 'a'), second);
	memset(done, 0, sizeof(done));
	queue_delayed_work(&a.dwork, 0);
	assert_int_equal(worker_of(t, 'a'), first);
}

static void two_workers_take_turns_where_work_comes_in_pairs(void **state)
{
	(void)state;
	run(body_turns);
}

static void body_busy(struct task *t, void *arg)
{
	struct piece a, b;

	(void)arg;
	worker_pool_add_idle(&pool);
	worker_pool_add(&pool);
	task_sleep(t, NS_PER_MS);
	piece(&a, 'a', 8 * NS_PER_MS);
	piece(&b, 'b', 0);
	/* the first sleeps at its work: the next one does what comes */
	queue_delayed_work(&a.dwork, 0);
	task_sleep(t, NS_PER_MS);
	queue_delayed_work(&b.dwork, 0);
	assert_done(t, "a1b0");
	/* the same work again is done by who does it now, when he is through, and once */
	queue_delayed_work(&a.dwork, 0);
	task_sleep(t, NS_PER_MS);
	queue_delayed_work(&a.dwork, 0);
	requeue_work(&a.dwork);
	assert_true(delayed_work_pending(&a.dwork));
	task_sleep(t, NS_PER_MS);
	assert_string_equal(done, "a1");
	assert_done(t, "a1a1");
	assert_false(delayed_work_pending(&a.dwork));
}

static void work_is_never_done_at_two_places(void **state)
{
	(void)state;
	run(body_busy);
}

static void body_new(struct task *t, void *arg)
{
	struct piece a, b, c;

	(void)arg;
	worker_pool_add(&pool);
	task_sleep(t, NS_PER_MS);
	piece(&a, 'a', 8 * NS_PER_MS);
	piece(&b, 'b', 8 * NS_PER_MS);
	piece(&c, 'c', 0);
	queue_delayed_work(&a.dwork, 0);
	queue_delayed_work(&b.dwork, 0);
	queue_delayed_work(&c.dwork, 1);
	assert_true(delayed_work_pending(&c.dwork));
	task_sleep(t, NS_PER_MS);
	assert_string_equal(done, "a0b1");
	assert_done(t, "a0b1c2");
}

static void a_worker_is_made_when_none_is_idle(void **state)
{
	(void)state;
	run(body_new);
}

static void body_planned(struct task *t, void *arg)
{
	struct piece a;

	(void)arg;
	worker_pool_add_idle(&pool);
	worker_pool_add(&pool);
	piece(&a, 'a', 0);
	queue_delayed_work(&a.dwork, 50);
	queue_delayed_work(&a.dwork, 1); /* it is planned already */
	assert_done(t, "");
	assert_true(requeue_work(&a.dwork));
	assert_false(requeue_work(&a.dwork)); /* a worker is awake for it */
	assert_done(t, "a1");
	task_sleep(t, NS_PER_SEC);
	assert_done(t, ""); /* not once more when its time comes */
	queue_delayed_work(&a.dwork, 1);
	assert_done(t, "a1");
}

static void planned_work_can_be_had_now(void **state)
{
	(void)state;
	run(body_planned);
}

/* Planned for 8 ms from now, when no tick comes: done at the first one after the sleep. */
static void body_deferrable(struct task *t, void *arg)
{
	struct piece a;

	(void)arg;
	f.s->tick_stop = nothing_to_stop;
	piece(&a, 'a', 0);
	delayed_work_init_deferrable(&a.dwork, &pool, do_piece);
	worker_pool_add(&pool);
	task_sleep(t, 10 * NS_PER_MS);
	queue_delayed_work(&a.dwork, 2);
	assert_done(t, "");
	assert_true(delayed_work_pending(&a.dwork));
	busy_until(t, task_now(t) + 10 * NS_PER_MS);
	assert_done(t, "a0");
}

static void work_can_wait_for_a_tick(void **state)
{
	(void)state;
	run(body_deferrable);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_workers_take_turns_where_work_comes_in_pairs),
		cmocka_unit_test(work_is_never_done_at_two_places),
		cmocka_unit_test(a_worker_is_made_when_none_is_idle),
		cmocka_unit_test(planned_work_can_be_had_now),
		cmocka_unit_test(work_can_wait_for_a_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
