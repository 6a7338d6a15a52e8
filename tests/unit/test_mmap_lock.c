/*
 * test_mmap_lock.c - who has mmap_lock when: readers, writers, and those that come between
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/task.h"
#include "tests/unit/fixture.h"

#define MACHINE "machine: { nodes: [{ cpus: 4, memory: 256 MiB }] }\n"

static struct fixture f;
static char said[200];

/* What a task does, times in ms. */
struct turn {
	const char *name;
	int cpu, at, for_ms;
	bool writes;
	struct mm_struct *mm;
	int read_ms; /* it goes on reading for so long */
};

static void say(const struct task *t, const char *name)
{
	size_t len = strlen(said);

	snprintf(said + len, sizeof(said) - len, "%s@%d ", name, (int)(task_now(t) / NS_PER_MS));
}

static void take_turn(struct task *t, void *arg)
{
	const struct turn *turn = arg;

	task_sleep_until(t, (sim_time)turn->at * NS_PER_MS);
	if (turn->writes)
		mmap_write_lock(t, turn->mm);
	else
		mmap_read_lock(t, turn->mm);
	say(t, turn->name);
	task_sleep(t, (sim_time)turn->for_ms * NS_PER_MS);
	if (turn->read_ms) {
		mmap_write_downgrade(turn->mm);
		task_sleep(t, (sim_time)turn->read_ms * NS_PER_MS);
	}
	if (turn->writes && !turn->read_ms)
		mmap_write_unlock(turn->mm);
	else
		mmap_read_unlock(turn->mm);
}

/* Nobody else runs on this CPU for a while. */
static void hog(struct task *t, void *arg)
{
	const struct turn *turn = arg;

	task_sleep_until(t, (sim_time)turn->at * NS_PER_MS);
	task_run(t, (sim_time)turn->for_ms * NS_PER_MS);
}

static void start(struct turn *turns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		linux_kthread(f.vm, &f.s->cpus[turns[i].cpu], "turn", take_turn, &turns[i]);
}

static void run(task_fn *body)
{
	said[0] = '\0';
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_end(&f);
}

static void one_waits_for_the_other(struct task *t, void *arg)
{
	struct mm_struct *mm = task_mm(t);
	struct turn turns[] = {
		{ "reader", 1, 1, 20, false, mm, 0 },
		{ "writer", 2, 2, 10, true, mm, 0 },
		{ "late", 3, 3, 5, false, mm, 0 }, /* not past the writer that waits */
	};

	(void)arg;
	start(turns, ARRAY_LEN(turns));
	task_sleep_until(t, 2500 * NS_PER_US);
	assert_false(mmap_read_trylock(mm)); /* a writer waits */
	task_sleep_until(t, 25 * NS_PER_MS);
	assert_false(mmap_read_trylock(mm)); /* a writer has it */
	task_sleep_until(t, 100 * NS_PER_MS);
	assert_string_equal(said, "reader@1 writer@21 late@31 ");
}

static void readers_behind_a_waiting_writer_wait_and_so_does_he(void **state)
{
	(void)state;
	run(one_waits_for_the_other);
}

/* The writer is woken, and has no CPU: once he is overtaken, not twice. */
static void one_is_overtaken(struct task *t, void *arg)
{
	struct mm_struct *mm = task_mm(t);
	struct turn turns[] = {
		{ "reader", 1, 1, 19, false, mm, 0 }, /* until 20 */
		{ "writer", 2, 2, 10, true, mm, 0 },
		{ "thief", 1, 22, 18, false, mm, 0 }, /* until 40 */
		{ "second", 1, 42, 5, false, mm, 0 },
	};
	struct turn hogs[] = {
		{ "hog", 2, 19, 11, false, NULL, 0 }, /* until 30: there he finds the thief */
		{ "hog", 2, 39, 6, false, NULL, 0 },  /* until 45 */
	};

	(void)arg;
	start(turns, ARRAY_LEN(turns));
	for (size_t i = 0; i < ARRAY_LEN(hogs); i++)
		task_spawn(f.s, &f.s->cpus[2], "hog", TASK_DAEMON | TASK_REALTIME, hog, &hogs[i]);
	task_sleep_until(t, 100 * NS_PER_MS);
	assert_string_equal(said, "reader@1 thief@22 writer@45 second@55 ");
}

static void a_writer_is_overtaken_until_he_has_waited_a_tick(void **state)
{
	(void)state;
	run(one_is_overtaken);
}

/* A reader at the head takes all readers along, past the writer between them. */
static void readers_go_together(struct task *t, void *arg)
{
	struct mm_struct *mm = task_mm(t);
	struct turn turns[] = {
		{ "writer", 1, 1, 19, true, mm, 0 }, /* until 20 */
		{ "first", 2, 2, 10, false, mm, 0 },
		{ "second", 1, 3, 10, true, mm, 0 },
		{ "third", 3, 4, 15, false, mm, 0 },
	};

	(void)arg;
	start(turns, ARRAY_LEN(turns));
	task_sleep_until(t, 100 * NS_PER_MS);
	assert_string_equal(said, "writer@1 first@20 third@20 second@35 ");
}

static void readers_go_past_a_writer_between_them(void **state)
{
	(void)state;
	run(readers_go_together);
}

/* Who has changed what there was to change lets readers in: all, past the writer between them. */
static void readers_come_to_it(struct task *t, void *arg)
{
	struct mm_struct *mm = task_mm(t);
	struct turn turns[] = {
		{ "writer", 1, 1, 19, true, mm, 30 }, /* reads from 20 to 50 */
		{ "first", 2, 2, 20, false, mm, 0 },
		{ "second", 1, 3, 10, true, mm, 0 },
		{ "third", 3, 4, 15, false, mm, 0 },
		{ "late", 2, 30, 5, false, mm, 0 }, /* behind the writer that waits */
	};

	(void)arg;
	start(turns, ARRAY_LEN(turns));
	task_sleep_until(t, 100 * NS_PER_MS);
	assert_string_equal(said, "writer@1 first@20 third@20 second@50 late@60 ");
}

static void a_writer_that_goes_on_reading_lets_readers_in(void **state)
{
	(void)state;
	run(readers_come_to_it);
}

/* But nobody past a writer who was there first. */
static void a_writer_is_first(struct task *t, void *arg)
{
	struct mm_struct *mm = task_mm(t);
	struct turn turns[] = {
		{ "writer", 1, 1, 19, true, mm, 30 },
		{ "first", 2, 2, 10, true, mm, 0 },
		{ "second", 3, 3, 10, false, mm, 0 },
	};

	(void)arg;
	start(turns, ARRAY_LEN(turns));
	task_sleep_until(t, 40 * NS_PER_MS);
	assert_false(mmap_read_trylock(mm)); /* it is read, but a writer waits */
	task_sleep_until(t, 100 * NS_PER_MS);
	assert_string_equal(said, "writer@1 first@50 second@60 ");
}

static void a_writer_that_goes_on_reading_lets_no_reader_past_a_writer(void **state)
{
	(void)state;
	run(a_writer_is_first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_behind_a_waiting_writer_wait_and_so_does_he),
		cmocka_unit_test(a_writer_is_overtaken_until_he_has_waited_a_tick),
		cmocka_unit_test(readers_go_past_a_writer_between_them),
		cmocka_unit_test(a_writer_that_goes_on_reading_lets_readers_in),
		cmocka_unit_test(a_writer_that_goes_on_reading_lets_no_reader_past_a_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
