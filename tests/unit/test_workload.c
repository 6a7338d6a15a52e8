/*
 * test_workload.c - sim/workload: programs, names, results, control, interrupts
 */
#include <time.h>

#include "tests/unit/toy_run.h"

/* ---- names ---- */

static void a_name_stands_for_all_results_until_they_are_given_back(void **state)
{
	(void)state;
	run("tasks:\n- name: t\n  do:\n  - alloc: { order: 3, count: 3 }\n    as: p\n  - touch: p\n"
	    "  - free: { page: p, count: 2 }\n  - touch: p\n  - free: p\n");
	assert_no_failure();
	assert_string_equal(the_toy.text,
			    "[t alloc 3 node -1 flags 3][t alloc 3 node -1 flags 3]"
			    "[t alloc 3 node -1 flags 3][t touch 0][t touch 1][t touch 2]"
			    "[t free 0][t free 1][t touch 2][t free 2]");
}

static void words_have_their_defaults(void **state)
{
	(void)state;
	run("tasks: [{ name: t, do: [alloc, { alloc: 2 }, { alloc: { node: 1, flags: GFP_B } }] "
	    "}]\n");
	assert_string_equal(the_toy.text, "[t alloc 0 node -1 flags 3][t alloc 2 node -1 flags 3]"
					  "[t alloc 0 node 1 flags 2]");
}

static void a_second_name_goes_along(void **state)
{
	(void)state;
	run("tasks:\n- name: t\n  do:\n  - alloc: { count: 3 }\n    as: p\n  - alloc: { count: 2 "
	    "}\n"
	    "    as: q\n  - touch: { page: p, other: q }\n");
	assert_no_failure();
	assert_non_null(strstr(the_toy.text, "[t touch 0 3][t touch 1 4][t touch 2 4]"));
}

static void names_of_others_are_found_after_ones_own(void **state)
{
	(void)state;
	run("tasks:\n- name: a\n  count: 2\n  do: [{ alloc: 1, as: p }]\n- name: b\n  start: 1 s\n"
	    "  do: [{ touch: p }, { free: p }]\n- name: c\n  start: 2 s\n"
	    "  do: [{ alloc: 2, as: p }, { touch: p }]\n");
	assert_no_failure();
	/* b finds those of a's copies; c's comes later and is c's own */
	assert_non_null(strstr(the_toy.text, "[b touch 0][b touch 1][b free 0][b free 1]"));
	assert_non_null(strstr(the_toy.text, "[c touch 2]"));
}

static void a_name_without_result_is_a_failure_or_a_bug(void **state)
{
	(void)state;
	run("tasks:\n- name: b\n  do: [{ touch: p }]\n- name: a\n  start: 1 s\n  do: [{ alloc: 1, "
	    "as: p }]\n");
	assert_true(failed_with("FAIL: task b: touch: nothing was given as \"p\" yet at 0 s"));
	run("tasks:\n- name: a\n  do: [{ alloc: 1, as: p }, { free: p }, { free: p }]\n");
	assert_true(failed_with("free: simulated BUG: use of an object after it was given back"));
	run("tasks:\n- name: a\n  do: [{ alloc: 1, as: p }, { free: p }, { free: p, bug: true "
	    "}]\n");
	assert_no_failure();
}

static void objects_are_looked_up_once_per_task(void **state)
{
	(void)state;
	run("tasks: [{ name: t, count: 2, do: [{ read: { file: data, count: 3 } }, { read: data }, "
	    "{ read: "
	    "log }] }]\n");
	assert_no_failure();
	assert_int_equal(the_toy.lookups, 4);
	run("tasks: [{ name: t, do: [{ read: ghost }, { read: ghost, returns: -ENOENT }] }]\n");
	assert_int_equal(workload_failures(w), 0);
	run("tasks: [{ name: t, do: [{ read: ghost, returns: 0 }] }]\n");
	assert_true(failed_with("FAIL: task t: read returned -ENOENT, expected 0"));
}

static void what_only_a_task_knows_goes_with_it(void **state)
{
	(void)state;
	/* data, and two of the three that alloc gave */
	run("tasks: [{ name: t, do: [{ read: data }, { alloc: 1, as: p }, { free: p }, { alloc: 1, "
	    "as: "
	    "p }, { alloc: 1, as: p }] }]\n");
	assert_no_failure();
	assert_int_equal(the_toy.puts, 3);
	/* another program uses them */
	run("tasks:\n- { name: t, do: [{ alloc: 1, as: p }] }\n"
	    "- { name: u, do: [{ wait_for: t }, { free: p }] }\n");
	assert_no_failure();
	assert_int_equal(the_toy.puts, 0);
}

/* ---- results ---- */

static void results_are_compared(void **state)
{
	(void)state;
	run("tasks:\n- name: t\n  do:\n  - { number: -12, returns: -ENOMEM }\n  - { number: 65536, "
	    "returns: 64 KiB }\n"
	    "  - { alloc: 10, returns: NULL }\n  - { alloc: 1, returns: not NULL }\n");
	assert_no_failure();
	run("tasks:\n- name: t\n  do:\n  - { number: 0, returns: -ENOMEM }\n  - { number: -12, "
	    "returns: 7 }\n"
	    "  - { alloc: 1, returns: NULL }\n");
	assert_int_equal(workload_failures(w), 3);
	assert_true(failed_with("FAIL: task t: number returned 0, expected -ENOMEM at 0 s"));
	assert_true(failed_with("number returned -ENOMEM, expected 7"));
	assert_true(failed_with("alloc returned an object, expected NULL"));
	assert_true(failed_with(":8:7)")); /* the place of the step */
}

static int nr_results, nr_latencies;
static sim_time last_latency;

static void take_result(struct sim *sim, const struct task *t, const char *op, int64_t value,
			bool is_ptr, bool ok)
{
	(void)sim;
	(void)t;
	(void)op;
	(void)value;
	(void)is_ptr;
	nr_results += ok;
}

static void take_latency(struct sim *sim, const struct task *t, const char *op, sim_time ns)
{
	(void)sim;
	(void)t;
	(void)op;
	nr_latencies++;
	last_latency = ns;
}

static void hooks_are_told_of_results_and_times(void **state)
{
	(void)state;
	nr_results = nr_latencies = 0;
	hooks = (struct workload_hooks){ take_result, take_latency, NULL };
	run("tasks:\n- name: t\n  do:\n  - { number: 1, returns: 1 }\n  - { number: 1 }\n  - { "
	    "alloc: 1, as: p }\n"
	    "  - wait: 3 ms\n");
	hooks = (struct workload_hooks){ NULL, NULL, NULL };
	assert_int_equal(nr_results, 2);
	assert_int_equal(nr_latencies, 4);
	assert_int_equal(last_latency, 3 * NS_PER_MS);
}

static void a_simulated_bug_is_a_failure_unless_expected(void **state)
{
	(void)state;
	run("tasks: [{ name: t, do: [rule] }]\n");
	assert_true(failed_with("FAIL: task t: rule: simulated BUG: toy rule at 0 s"));
	run("tasks: [{ name: t, do: [{ rule: , bug: true, returns: -EINVAL }] }]\n");
	assert_no_failure();
	run("tasks: [{ name: t, do: [{ number: 1, bug: true }] }]\n");
	assert_true(failed_with("number: no simulated BUG, one was expected"));
}

/* ---- control ---- */

static void time_is_kept(void **state)
{
	(void)state;
	run("tasks:\n- name: t\n  start: 1 ms\n  do: [{ say: 1 }, { sleep: 2 ms }, { say: 2 }, { "
	    "at: 10 ms }, { say: 3 }, "
	    "{ at: 5 ms }, { compute: 1 ms }, { say: 4 }]\n");
	assert_string_equal(the_toy.text, "[t 1 at 1000][t 2 at 3000][t 3 at 10000][t 4 at 11000]");
	assert_int_equal(the_toy.starts, 1);
	assert_int_equal(the_toy.exits, 1);
}

static void a_loop_ends_by_count_or_time(void **state)
{
	(void)state;
	run("tasks: [{ name: t, do: [{ loop: { count: 2, do: [{ say: 1 }, { loop: { for: 5 ms, do: "
	    "[{ sleep: 2 ms }] } "
	    "}] } }, { say: 2 }] }]\n");
	assert_string_equal(the_toy.text, "[t 1 at 0][t 1 at 6000][t 2 at 12000]");
}

static void a_loop_without_time_ends_with_a_failure(void **state)
{
	(void)state;
	run("tasks: [{ name: t, do: [{ loop: { do: [{ number: 1 }] } }, { say: 1 }] }]\n");
	assert_true(failed_with("loop: 1000000 rounds without any time passing"));
	assert_string_equal(the_toy.text, "");
	assert_int_equal(the_toy.exits, 1);
	run("tasks: [{ name: t, do: [{ number: { value: 1, for: 1 s } }] }]\n");
	assert_true(failed_with("number: 1000000 rounds without any time passing"));
}

static void a_barrier_lets_all_go_at_once(void **state)
{
	(void)state;
	run("tasks:\n- { name: a, do: [{ sleep: 3 ms }, { barrier: x }, { say: 1 }, { sleep: 1 ms "
	    "}, { barrier: x }, { say: 2 "
	    "}] }\n- { name: b, count: 2, do: [{ barrier: x }, { say: 3 }, { barrier: x }, { say: "
	    "4 }] }\n");
	assert_string_equal(the_toy.text, "[a 1 at 3000][b.0 3 at 3000][b.1 3 at 3000]"
					  "[a 2 at 4000][b.0 4 at 4000][b.1 4 at 4000]");
}

static void a_barrier_does_not_wait_for_the_dead(void **state)
{
	(void)state;
	run("tasks:\n- { name: a, do: [{ barrier: x }, { say: 1 }, { barrier: x }, { say: 2 }] }\n"
	    "- { name: b, do: [{ barrier: x }, { sleep: 7 ms }] }\n");
	assert_string_equal(the_toy.text, "[a 1 at 0][a 2 at 7000]");
}

static void a_task_waits_for_another(void **state)
{
	(void)state;
	run("tasks:\n- { name: a, count: 2, start: 2 ms, do: [{ sleep: 2 ms }] }\n"
	    "- { name: b, do: [{ wait_for: a }, { say: 1 }] }\n- { name: c, do: [{ wait_for: a.1 "
	    "}, { say: 2 }, { wait_for: b }, "
	    "{ say: 3 }] }\n");
	assert_string_equal(the_toy.text, "[b 1 at 4000][c 2 at 4000][c 3 at 4000]");
}

static void choices_follow_their_weights(void **state)
{
	struct task *t;
	int ones = 0;

	(void)state;
	run("tasks: [{ name: t, do: [{ loop: { count: 2000, do: [{ choose: [{ weight: 3, do: [{ "
	    "say: 1 }] }, { do: [{ say: "
	    "2 }] }] }] } }] }]\n");
	for (const char *p = the_toy.text; (p = strstr(p, "[t 1")) != NULL; p++)
		ones++;
	assert_in_range(ones, 1430, 1570);
	t = LIST_FIRST(&s->tasks, struct task, link);
	assert_int_equal(workload_progress(t).ops, 2000);
}

static void assertions_and_tunables_work_while_it_runs(void **state)
{
	(void)state;
	run("tasks:\n- name: t\n  do:\n  - assert: nr_dirty == 0\n  - wake: 5\n  - assert: "
	    "nr_dirty == 5\n"
	    "  - assert: nr_dirty < 5\n  - sysctl: { vm.ratio: 30, vm.pair: [1, 2] }\n  - sysctl: "
	    "{ vm.ratio: 300 }\n"
	    "    returns: -EINVAL\n  - sysctl: { boot.cores: 2 }\n    returns: -EACCES\n");
	assert_int_equal(workload_failures(w), 1);
	assert_true(failed_with("assert: nr_dirty < 5: 5 pages against 5 pages at 0 s"));
	assert_int_equal(the_toy.ratio, 30);
	assert_int_equal(the_toy.pair[1], 2);
}

/* ---- places, interrupts, reports ---- */

static void tasks_take_turns_on_cpus(void **state)
{
	int i = 0;

	(void)state;
	run("tasks:\n- { name: a, count: 3, do: [{ say: 1 }] }\n- { name: b, cpu: 1, do: [{ say: 1 "
	    "}] }\n");
	LIST_FOR_EACH (pos, &s->tasks) {
		struct task *t = LIST_ENTRY(pos, struct task, link);

		if (i == 3)
			assert_int_equal(t->cpu->id, 1);
		else
			assert_int_equal(t->cpu->id, i);
		i++;
	}
	assert_int_equal(i, 4);
}

static void interrupts_come_at_their_times(void **state)
{
	(void)state;
	prepare(
	    "interrupts:\n- { cpu: 1, every: 1 ms, burst: 2, do: [{ say: 1 }, { spend: 7 us }] }\n"
	    "- { name: late, start: 2500 us, every: 1 ms, do: [{ say: 2 }] }\n");
	s->end_with_tasks = false;
	sim_run(s, 3 * NS_PER_MS);
	assert_string_equal(the_toy.text,
			    "[irq0 1 at 1000][irq0 1 at 1000][irq0 1 at 2000][irq0 1 at 2000]"
			    "[late 2 at 2500][irq0 1 at 3000][irq0 1 at 3000]");
	assert_int_equal(s->cpus[1].irq_ns, 6 * 7 * NS_PER_US);
	assert_no_failure();
}

static void poisson_interrupts_have_their_mean(void **state)
{
	int n = 0;

	(void)state;
	prepare("interrupts: [{ poisson: 1 ms, do: [{ say: 1 }] }]\n");
	s->end_with_tasks = false;
	sim_run(s, NS_PER_SEC);
	for (const char *p = the_toy.text; (p = strstr(p, "irq")) != NULL; p++)
		n++;
	assert_in_range(n, 900, 1100);
}

static void names_cross_from_interrupts_to_tasks(void **state)
{
	(void)state;
	run("interrupts: [{ start: 0 s, every: 1 s, do: [{ alloc: 1, as: p }] }]\n"
	    "tasks: [{ name: t, do: [{ sleep: 1500 ms }, { free: p }] }]\n");
	assert_no_failure();
	assert_non_null(strstr(the_toy.text, "[t free 0][t free 1]"));
}

static void stuck_tasks_say_what_they_wait_for(void **state)
{
	struct str out = { 0 };

	(void)state;
	run("tasks:\n- name: a\n  do: [{ wait_for: b }]\n- name: b\n  do: [{ wait_for: a }]\n- "
	    "name: c\n  do: [{ say: 1 }]\n");
	workload_describe_stuck(s, &out);
	assert_non_null(strstr(out.s, "task a: wait_for waits for another task to end since "));
	assert_non_null(strstr(out.s, " s, held by b ("));
	assert_non_null(strstr(out.s, "task b: wait_for waits for another task to end since "));
	assert_non_null(strstr(out.s, " s, held by a ("));
	assert_null(strstr(out.s, "task c"));
	assert_true(workload_depends_on_kernel(s));
	assert_false(workload_any_runs(s));
	str_free(&out);
}

static void tasks_that_ended_depend_on_nobody(void **state)
{
	(void)state;
	run("tasks:\n- name: c\n  do: [{ say: 1 }]\n");
	assert_false(workload_depends_on_kernel(s));
	assert_int_equal(workload_nr_ops(s), 1);
}

/* --- killing --- */

static void kill_task(const char *name)
{
	LIST_FOR_EACH (pos, &s->tasks) {
		struct task *t = LIST_ENTRY(pos, struct task, link);

		if (strcmp(t->name, name) == 0)
			task_kill(t);
	}
}

static void kill_a(struct sim *sim, struct event *e)
{
	(void)sim;
	(void)e;
	kill_task("a");
}

static void a_killed_task_leaves_its_sleep_its_barrier_and_its_wait(void **state)
{
	static const char *const waits[] = { "sleep: 10 s", "barrier: gate", "wait_for: c",
					     "compute: 10 s", "at: 10 s" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		struct event e = { 0 };
		char *text = str_format("tasks:\n- name: a\n  do: [{ %s }, { say: 1 }]\n"
					"- name: b\n  do: [{ wait_for: a }, { say: 2 }]\n"
					"- name: c\n  do: [{ sleep: 5 s }, { barrier: gate }]\n",
					waits[i]);

		prepare(text);
		event_schedule(s, &e, NS_PER_SEC, EVENT_WORK, kill_a);
		sim_run(s, 3 * NS_PER_SEC);
		assert_non_null(strstr(workload_report(w), "killed     task a at 1.0"));
		assert_int_equal(workload_failures(w), 0);
		assert_int_equal(workload_nr_ops(s), 1); /* b went on, a did not */
		sim_run(s, 20 * NS_PER_SEC);
		assert_false(workload_depends_on_kernel(s)); /* c passed the barrier */
		sim_free(text);
	}
}

static void tasks_are_measured(void **state)
{
	const struct metric_object *o = &workload_task_metrics;
	union metric_key_value key[1];
	const int64_t *v;

	(void)state;
	run("tasks:\n- { name: a, count: 2, do: [{ wait: 1 ms }, { spend: 5 us }, { read: data }] "
	    "}\n");
	assert_int_equal(o->count(s), 2);
	o->key(s, 1, key);
	assert_string_equal(key[0].text, "a.1");
	v = o->stat(s, 1);
	assert_int_equal(v[0], 3);
	assert_int_equal(v[1], 65536);
	assert_int_equal(v[2], NS_PER_MS);
	assert_int_equal(v[3], 5100);
}

/* ---- cost ---- */

static double host_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void a_call_costs_little_beside_the_call(void **state)
{
	enum { CALLS = 2000000 };
	double best = 1e18;

	(void)state;
	for (int i = 0; i < 3; i++) {
		double began;

		prepare("tasks: [{ name: t, do: [{ read: { file: data, block: 4 KiB, span: 1 GiB, "
			"count: 2000000 } "
			"}] }]\n");
		s->quantum = NS_PER_SEC; /* the clock is not what is measured */
		began = host_ns();
		sim_run(s, 10 * NS_PER_SEC);
		best = host_ns() - began < best ? host_ns() - began : best;
		assert_int_equal(the_toy.reads, CALLS);
	}
	print_message("%.1f ns per call\n", best / CALLS);
	assert_true(best / CALLS < 400); /* far above what is usual: also under sanitizers */
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
	const struct CMUnitTest tests[] = {
		T(a_name_stands_for_all_results_until_they_are_given_back),
		T(words_have_their_defaults),
		T(a_second_name_goes_along),
		T(names_of_others_are_found_after_ones_own),
		T(a_name_without_result_is_a_failure_or_a_bug),
		T(objects_are_looked_up_once_per_task),
		T(what_only_a_task_knows_goes_with_it),
		T(results_are_compared),
		T(hooks_are_told_of_results_and_times),
		T(a_simulated_bug_is_a_failure_unless_expected),
		T(time_is_kept),
		T(a_loop_ends_by_count_or_time),
		T(a_loop_without_time_ends_with_a_failure),
		T(a_barrier_lets_all_go_at_once),
		T(a_barrier_does_not_wait_for_the_dead),
		T(a_task_waits_for_another),
		T(choices_follow_their_weights),
		T(assertions_and_tunables_work_while_it_runs),
		T(tasks_take_turns_on_cpus),
		T(interrupts_come_at_their_times),
		T(poisson_interrupts_have_their_mean),
		T(names_cross_from_interrupts_to_tasks),
		T(stuck_tasks_say_what_they_wait_for),
		T(tasks_that_ended_depend_on_nobody),
		T(a_killed_task_leaves_its_sleep_its_barrier_and_its_wait),
		T(tasks_are_measured),
		T(a_call_costs_little_beside_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
