/*
 * test_load.c - the clock of the averages of pressure: when it goes, when it stops
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "models/linux/procfs/load.h"
#include "models/linux/task.h"
#include "tests/unit/fixture.h"

#define SMALL        "machine: { nodes: [{ cpus: 2, memory: 256 MiB }] }\n"
#define PERIOD_TICKS (2 * HZ + 1)

static struct timer *avgs_work(const struct fixture *f)
{
	return &f->vm->load->avgs_work;
}

/* The first jiffy after the end of the present period. */
static uint64_t after_period(const struct fixture *f)
{
	return jiffy_at(f->s, f->vm->load->psi_next) + 1;
}

/* Shortly after the moment at which the work is done next. */
static sim_time past_work(const struct fixture *f)
{
	return avgs_work(f)->event.at + NS_PER_MS;
}

static void busy_body(struct task *t, void *arg)
{
	struct fixture *f = arg;

	assert_true(timer_pending(avgs_work(f)));
	for (int i = 0; i < 5; i++) {
		sim_time end = f->vm->load->psi_next;

		busy_until(t, past_work(f));
		assert_true(timer_pending(avgs_work(f)));
		assert_int_equal(f->vm->load->psi_next - end, PERIOD_TICKS * f->s->ticks.tick_ns);
		assert_int_equal(avgs_work(f)->expires, after_period(f));
	}
}

static void it_goes_on_while_a_task_runs(void **state)
{
	(void)state;
	fixture_run(SMALL, busy_body);
}

static void waiting_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	uint64_t ticks;

	busy_until(t, past_work(f));
	ticks = jiffy_at(f->s, past_work(f)) - jiffies(f->s);
	task_will_block(t);
	io_schedule_timeout(t, ticks + 1);
	assert_int_equal(avgs_work(f)->expires, after_period(f));
}

static void it_goes_on_while_a_task_waits_for_io(void **state)
{
	(void)state;
	fixture_run(SMALL, waiting_body);
}

static void sleeping_body(struct task *t, void *arg)
{
	struct fixture *f = arg;

	busy_until(t, past_work(f));
	task_sleep_until(t, past_work(f));
	/* it stopped, and the end of this sleep began it anew */
	assert_int_not_equal(avgs_work(f)->expires, after_period(f));
	assert_int_equal(avgs_work(f)->expires, jiffies(f->s) + PERIOD_TICKS);
	/* it is late now, but periods end where they would have ended */
	busy_until(t, past_work(f));
	assert_int_equal(avgs_work(f)->expires, after_period(f));
}

static void it_stops_where_all_sleep_until_a_task_runs(void **state)
{
	(void)state;
	fixture_run(SMALL, sleeping_body);
}

static void set_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	uint64_t now = jiffies(f->s);

	(void)t;
	psi_set_clock(f->vm, now + 7);
	assert_int_equal(jiffy_at(f->s, f->vm->load->psi_next), now + 7);
	psi_set_clock(f->vm, now - 7);
	assert_int_equal(jiffy_at(f->s, f->vm->load->psi_next), now - 7 + PERIOD_TICKS);
	psi_set_clock(f->vm, now);
	assert_int_equal(jiffy_at(f->s, f->vm->load->psi_next), now + PERIOD_TICKS);
}

static void its_periods_can_be_set(void **state)
{
	(void)state;
	fixture_run(SMALL, set_body);
}

/* The machine slept, and its clock with it: it goes on at the end of the period that it is in. */
static void goes_on(struct task *t, void *arg)
{
	struct fixture *f = arg;
	uint64_t end;

	task_sleep(t, 10 * NS_PER_SEC);
	timer_del(f->s, avgs_work(f)); /* our waking has set it going, from now on */
	psi_clock_goes_on(f->vm);
	end = jiffy_at(f->s, f->vm->load->psi_next);
	assert_true(end > jiffies(f->s) && end <= jiffies(f->s) + PERIOD_TICKS);
	assert_true(timer_pending(avgs_work(f)));
	/* armed a period ago: the wheel made a multiple of 8 ticks of it, at any phase */
	for (uint64_t phase = 0; phase < 8; phase++) {
		psi_set_clock(f->vm, end + phase);
		psi_clock_goes_on(f->vm);
		assert_int_equal(jiffy_at(f->s, avgs_work(f)->event.at),
				 (end + phase + 1) / 8 * 8 + 8);
	}
}

static void it_can_have_gone_on(void **state)
{
	(void)state;
	fixture_run(SMALL, goes_on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_goes_on_while_a_task_runs),
		cmocka_unit_test(it_goes_on_while_a_task_waits_for_io),
		cmocka_unit_test(it_stops_where_all_sleep_until_a_task_runs),
		cmocka_unit_test(its_periods_can_be_set),
		cmocka_unit_test(it_can_have_gone_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
