/*
 * test_tags.c - in which order tasks get the tags of a queue
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/storage/blk.h"
#include "models/linux/task.h"
#include "tests/unit/fixture.h"

#define NR_WAITERS 10

static struct fixture f;
static struct request_queue q;
static char woken[100];

static void wait_for_a_tag(struct task *t, void *arg)
{
	const int *number = arg;
	struct wait_entry w;
	size_t len;

	wait_entry_init(&w, t);
	wait_prepare(blk_mq_tag_wait_queue(&q), &w, WAIT_EXCLUSIVE);
	task_block(t);
	wait_finish(&w);
	len = strlen(woken);
	snprintf(woken + len, sizeof(woken) - len, "%d ", *number);
}

/* As many wait as there are queues and two more; SKIPPED times somebody found a tag after all. */
static void wake_all(struct task *t, int skipped, const char *expected)
{
	static int numbers[NR_WAITERS];

	memset(&q, 0, sizeof(q));
	woken[0] = '\0';
	q.vm = f.vm;
	for (int i = 0; i < SBQ_WAIT_QUEUES; i++)
		wait_queue_init(&q.tag_wait[i]);
	for (int i = 0; i < skipped; i++)
		blk_mq_tag_wait_queue(&q);
	for (int i = 0; i < NR_WAITERS; i++) {
		numbers[i] = i;
		linux_kthread(f.vm, t->cpu, "waiter", wait_for_a_tag, &numbers[i]);
		task_sleep(t, NS_PER_MS);
	}
	for (int i = 0; i < NR_WAITERS; i++) {
		blk_mq_wake_tag_waiters(&q, 1);
		task_sleep(t, NS_PER_MS);
	}
	assert_string_equal(woken, expected);
	blk_mq_wake_tag_waiters(&q, 1); /* nobody waits */
}

static void in_turn(struct task *t, void *arg)
{
	(void)arg;
	wake_all(t, 0, "0 1 2 3 4 5 6 7 8 9 ");
}

/* The first one waits at the second queue, the eighth at the first, and that is looked at first. */
static void out_of_turn(struct task *t, void *arg)
{
	(void)arg;
	wake_all(t, 1, "7 0 1 2 3 4 5 6 8 9 ");
}

static void tasks_wait_at_one_queue_after_the_other(void **state)
{
	(void)state;
	fixture_boot(&f, "machine: { nodes: [{ cpus: 1, memory: 256 MiB }] }\n");
	fixture_task(&f, in_turn, NULL);
	fixture_end(&f);
}

static void who_goes_away_shifts_the_others(void **state)
{
	(void)state;
	fixture_boot(&f, "machine: { nodes: [{ cpus: 1, memory: 256 MiB }] }\n");
	fixture_task(&f, out_of_turn, NULL);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_wait_at_one_queue_after_the_other),
		cmocka_unit_test(who_goes_away_shifts_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
