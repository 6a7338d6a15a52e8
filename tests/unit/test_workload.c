/*
 * test_workload.c - sim/workload: programs, names, patterns, interrupts
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/mem.h"
#include "sim/scenario/scenario.h"
#include "sim/workload/pattern.h"
#include "sim/workload/workload.h"
#include "tests/unit/toy.h"

/* ---- one run ---- */

static struct diag d;
static struct scenario *sc;
static struct workload *w;
static struct sim *s;
static struct tables tables;

static void forget(void)
{
	if (s) {
		sim_free_run(s);
		tables_free(&tables);
	}
	workload_free(w);
	scenario_free(sc);
	diag_free(&d);
	s = NULL;
	w = NULL;
	sc = NULL;
}

static int teardown(void **state)
{
	(void)state;
	forget();
	return 0;
}

static void compile(const char *text)
{
	char path[] = "/tmp/mmsim-test-XXXXXX";
	char *whole = str_format("mmsim: 1\nduration: 10 s\nmachine: { disks: [sda] }\n"
				 "files: [{ name: data }, { name: log }, { name: ghost }]\n%s",
				 text);
	int fd = mkstemp(path);

	forget();
	assert_true(fd >= 0);
	assert_int_equal(write(fd, whole, strlen(whole)), strlen(whole));
	close(fd);
	sc = scenario_load(&d, path, toy_personalities, NULL, 0);
	unlink(path);
	sim_free(whole);
	assert_non_null(sc);
	w = workload_compile(&d, sc);
}

static struct workload_hooks hooks;

static void prepare(const char *text)
{
	static const int nodes[] = { 0, 0, 1, 1 };

	compile(text);
	if (diag_failed(&d))
		diag_print(&d, stderr);
	assert_non_null(w);
	memset(&the_toy, 0, sizeof(the_toy));
	tables_init(&tables, &toy_personality);
	s = sim_new(42);
	s->tables = &tables;
	s->scenario = sc;
	s->quantum = 10 * NS_PER_US;
	s->end_with_tasks = true;
	cpus_init(s, 4, nodes);
	tunable_defaults(&toy_vm_class, &the_toy);
	workload_set_hooks(w, &hooks);
	workload_start(w, s);
}

static void run(const char *text)
{
	prepare(text);
	sim_run(s, 10 * NS_PER_SEC);
}

static void assert_no_failure(void)
{
	assert_string_equal(workload_report(w), "");
	assert_int_equal(workload_failures(w), 0);
}

/* Error number i of a program that is wrong; lines count from the first of the text. */
static void assert_error(size_t i, int line, int column, const char *text)
{
	assert_true(i < d.nr_errors);
	assert_string_equal(d.errors[i].text, text);
	assert_int_equal(d.errors[i].at.line, line + 4);
	assert_int_equal(d.errors[i].at.column, column);
}

static bool failed_with(const char *text)
{
	return strstr(workload_report(w), text) != NULL;
}

/* ---- patterns ---- */

static void next_is(struct pattern *p, uint64_t at, uint64_t len)
{
	uint64_t l;

	assert_int_equal(pattern_next(p, NULL, &l), at);
	assert_int_equal(l, len);
}

static struct pattern pattern(const char *text, uint64_t block, uint64_t span)
{
	struct pattern_conf conf;
	struct pattern p;
	const char *why;

	assert_true(pattern_parse(text, &conf, &why));
	pattern_init(&p, &conf, block, span, NULL);
	return p;
}

static void sequential_goes_on_and_begins_anew_at_the_end(void **state)
{
	struct pattern p = pattern("sequential", 10, 25);

	(void)state;
	next_is(&p, 0, 10);
	next_is(&p, 10, 10);
	next_is(&p, 20, 5);
	next_is(&p, 0, 10);
	p = pattern("sequential", 10, 0);
	for (uint64_t i = 0; i < 1000; i++)
		next_is(&p, 10 * i, 10);
	assert_true(pattern_wrap(&p));
	next_is(&p, 0, 10);
	assert_false(pattern_wrap(&p));
}

static void reverse_goes_from_the_last_block_to_the_first(void **state)
{
	struct pattern p = pattern("reverse", 10, 35);

	(void)state;
	for (int pass = 0; pass < 2; pass++) {
		next_is(&p, 20, 10);
		next_is(&p, 10, 10);
		next_is(&p, 0, 10);
	}
}

static void stride_covers_the_span_pass_by_pass(void **state)
{
	struct pattern p = pattern("stride 30 B", 10, 70);

	(void)state;
	next_is(&p, 0, 10);
	next_is(&p, 30, 10);
	next_is(&p, 60, 10);
	next_is(&p, 10, 10);
	next_is(&p, 40, 10);
	next_is(&p, 20, 10);
	next_is(&p, 50, 10);
	next_is(&p, 0, 10);
}

static void random_reaches_every_block_alike(void **state)
{
	struct pattern p = pattern("random", 10, 105);
	int seen[10] = { 0 };
	struct rng rng;
	uint64_t len;

	(void)state;
	rng_init(&rng, 1, "test");
	for (int i = 0; i < 10000; i++)
		seen[pattern_next(&p, &rng, &len) / 10]++;
	for (int i = 0; i < 10; i++)
		assert_in_range(seen[i], 900, 1100);
}

static int downwards(const void *a, const void *b)
{
	return *(const int *)b - *(const int *)a;
}

static void zipf_has_its_shares_and_lies_scattered(void **state)
{
	enum { N = 1000, DRAWS = 200000 };
	static int seen[N];
	struct pattern_conf conf;
	struct pattern p;
	struct zipf zipf;
	struct rng rng;
	const char *why;
	uint64_t len;
	int hottest = 0, apart;

	(void)state;
	memset(seen, 0, sizeof(seen));
	assert_true(pattern_parse("zipf 1", &conf, &why));
	assert_int_equal(conf.exponent, 1000);
	zipf_init(&zipf, N, conf.exponent);
	pattern_init(&p, &conf, 10, 10 * N, &zipf);
	rng_init(&rng, 1, "test");
	for (int i = 0; i < DRAWS; i++)
		seen[pattern_next(&p, &rng, &len) / 10]++;
	for (int i = 0; i < N; i++)
		hottest = seen[i] > seen[hottest] ? i : hottest;
	assert_int_equal(hottest, 0); /* rank 0 stays where it is */
	apart = seen[1] < seen[0] / 4 && seen[2] < seen[0] / 4;
	assert_true(apart);
	qsort(seen, N, sizeof(*seen), downwards);
	/* H(1000) is 7.485: the first rank has 13.36 %, the second half of that, the third a third
	 */
	assert_in_range(seen[0], DRAWS * 1300 / 10000, DRAWS * 1372 / 10000);
	assert_in_range(seen[1], DRAWS * 640 / 10000, DRAWS * 696 / 10000);
	assert_in_range(seen[2], DRAWS * 420 / 10000, DRAWS * 470 / 10000);
	assert_true(seen[N - 1] > 0);
	zipf_free(&zipf);
}

static void patterns_are_read_strictly(void **state)
{
	static const char *const wrong[] = { "",          "sequental",    "random 3",    "zipf",
					     "zipf 5",    "zipf 1.",      "zipf 1.1234", "zipf -1",
					     "zipf 1e3",  "stride",       "stride 0",    "stride x",
					     "reverse 1", "zipf 99999999" };
	struct pattern_conf conf;
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(pattern_parse(wrong[i], &conf, &why));
	assert_true(pattern_parse("zipf 0.95", &conf, &why));
	assert_int_equal(conf.exponent, 950);
	assert_true(pattern_parse("zipf 4", &conf, &why));
	assert_true(pattern_parse("stride 64 KiB", &conf, &why));
	assert_int_equal(conf.stride, 65536);
}

/* ---- streams ---- */

static void a_stream_makes_calls_until_its_bytes_are_done(void **state)
{
	struct task_progress p;

	(void)state;
	run("tasks: [{ name: t, do: [{ read: { file: data, bytes: 10 KiB, block: 4 KiB, offset: 1 "
	    "MiB "
	    "} }] }]\n");
	assert_no_failure();
	assert_int_equal(the_toy.reads, 3);
	assert_int_equal(the_toy.offset[0], 1 << 20);
	assert_int_equal(the_toy.offset[2], (1 << 20) + 8192);
	assert_int_equal(the_toy.len[2], 2048);
	p = workload_progress(LIST_FIRST(&s->tasks, struct task, link));
	assert_int_equal(p.ops, 3);
	assert_int_equal(p.bytes, 10240);
	assert_int_equal(p.blocked_ns, 0);
}

static void a_stream_goes_on_where_it_stopped(void **state)
{
	(void)state;
	run("tasks: [{ name: t, do: [{ loop: { count: 3, do: [{ read: { file: data, len: 4 KiB } "
	    "}] } "
	    "}] }]\n");
	assert_int_equal(the_toy.reads, 3);
	assert_int_equal(the_toy.offset[2], 8192);
	run("tasks: [{ name: t, do: [{ read: { file: data, block: 4 KiB, span: 8 KiB, count: 5 } "
	    "}] }]\n");
	assert_int_equal(the_toy.reads, 5);
	assert_int_equal(the_toy.offset[3], 4096);
	assert_int_equal(the_toy.offset[4], 0);
}

static void a_stream_begins_anew_at_the_end_of_the_file(void **state)
{
	(void)state;
	prepare("tasks: [{ name: t, do: [{ read: { file: data, block: 4 KiB, count: 5 } }] }]\n");
	the_toy.file_size = 10000;
	sim_run(s, NS_PER_SEC);
	assert_int_equal(the_toy.reads, 5);
	assert_int_equal(the_toy.offset[2], 8192);
	assert_int_equal(the_toy.offset[3], 12288); /* nothing there */
	assert_int_equal(the_toy.offset[4], 0);
}

static void random_patterns_take_the_size_of_the_file(void **state)
{
	(void)state;
	prepare("tasks: [{ name: t, do: [{ read: { file: data, block: 4 KiB, count: 1000, pattern: "
		"zipf 0.5 } }] }]\n");
	the_toy.file_size = 1 << 20;
	sim_run(s, NS_PER_SEC);
	assert_no_failure();
	for (int i = 0; i < 1000; i++)
		assert_true(the_toy.offset[i] % 4096 == 0 && the_toy.offset[i] < 1 << 20);
	run("tasks: [{ name: t, do: [{ read: { file: data, block: 4 KiB, pattern: random } }] "
	    "}]\n");
	assert_true(
	    failed_with("read: the pattern needs a span of at least one block, the file has 0 "
			"bytes"));
}

static void tasks_draw_from_streams_of_their_own(void **state)
{
	int64_t first[100];

	(void)state;
	run("tasks: [{ name: t, do: [{ read: { file: data, block: 1, count: 100, span: 1 GiB, "
	    "pattern: "
	    "random } }] }]\n");
	memcpy(first, the_toy.offset, sizeof(first));
	run("tasks: [{ name: u, start: 1 s, do: [{ read: { file: data, block: 1, count: 100, span: "
	    "1 GiB, "
	    "pattern: random } }] }, { name: t, do: [{ read: { file: data, block: 1, count: 100, "
	    "span: 1 "
	    "GiB, pattern: random } }] }]\n");
	assert_memory_equal(first, the_toy.offset, sizeof(first));
	assert_memory_not_equal(first, the_toy.offset + 100, sizeof(first));
}

static void rate_and_iops_and_think_hold_a_stream_back(void **state)
{
	(void)state;
	run("tasks: [{ name: t, do: [{ read: { file: data, block: 1000 B, bytes: 10000 B, rate: 10 "
	    "kB/s } }, "
	    "{ say: 0 }] }]\n");
	assert_string_equal(the_toy.text, "[t 0 at 900000]");
	run("tasks: [{ name: t, do: [{ number: { value: 1, count: 11, iops: 1000 } }, { say: 0 }] "
	    "}]\n");
	assert_string_equal(the_toy.text, "[t 0 at 10000]");
	run("tasks: [{ name: t, do: [{ number: { value: 1, count: 3, think: 5 ms } }, { say: 0 }] "
	    "}]\n");
	assert_string_equal(the_toy.text, "[t 0 at 10000]");
	run("tasks: [{ name: t, do: [{ wait: { time: 3 ms, for: 10 ms } }, { say: 0 }] }]\n");
	assert_string_equal(the_toy.text, "[t 0 at 12000]");
}

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

/* ---- what is wrong ---- */

static void wrong_steps_are_told(void **state)
{
	(void)state;
	compile("tasks:\n"                                       /* 1 */
		"- name: t\n"                                    /* 2 */
		"  do:\n"                                        /* 3 */
		"  - reed: data\n"                               /* 4 */
		"  - read: { fil: data }\n"                      /* 5 */
		"  - read: { file: dta }\n"                      /* 6 */
		"  - { read: data, number: 1 }\n"                /* 7 */
		"  - { sleep: 1 s, as: p }\n"                    /* 8 */
		"  - { number: 1, returns: NULL }\n"             /* 9 */
		"  - { number: 1, returns: -ENOMEN }\n"          /* 10 */
		"  - free: q\n"                                  /* 11 */
		"  - { alloc: { flags: GFP_C }, as: p }\n"       /* 12 */
		"  - read: { file: p }\n"                        /* 13 */
		"  - number\n"                                   /* 14 */
		"  - rule: 7\n"                                  /* 15 */
		"  - wait_for: u\n"                              /* 16 */
		"  - wait_for: t\n"                              /* 17 */
		"  - sysctl: { vm.ratio: 300 }\n"                /* 18 */
		"  - sysctl: { boot.cores: 3 }\n"                /* 19 */
		"  - assert: nr_dirt < 5\n"                      /* 20 */
		"  - read: { file: data, pattern: zipf }\n"      /* 21 */
		"  - read: { file: data, span: 1 KiB }\n"        /* 22 */
		"  - barrier\n"                                  /* 23 */
		"  - choose: []\n"                               /* 24 */
		"  - loop: { count: 0, do: [] }\n"               /* 25 */
		"  - as: p\n"                                    /* 26 */
		"  - read: { file: data, len: 1, block: 2 }\n"); /* 27 */
	assert_null(w);
	assert_error(0, 4, 5, "no call \"reed\"; did you mean \"read\"?");
	assert_error(1, 5, 13, "no word \"fil\" in read; did you mean \"file\"?");
	assert_error(2, 5, 5, "word \"file\" is missing in read; accepted: the name of a file");
	assert_error(3, 7, 19,
		     "\"number\" stands in one step with \"read\"; accepted: a \"-\" of its "
		     "own for each");
	assert_error(4, 8, 19, "\"as\" cannot stand beside sleep; accepted: beside a call");
	assert_error(5, 9, 27,
		     "number returns a number; accepted: a number, -ENOMEM or another "
		     "error");
	assert_error(6, 10, 27, "returns: no error \"ENOMEN\"; did you mean \"ENOMEM\"?");
	assert_error(7, 12, 23,
		     "flags: no word \"GFP_C\"; did you mean \"GFP_A\"? accepted: GFP_A, "
		     "GFP_B, joined with \"|\", or a whole number");
	assert_error(8, 14, 5,
		     "word \"value\" is missing in number; accepted: a whole number, "
		     "-1000000..1000000");
	assert_error(9, 15, 11, "rule takes no words; found \"7\"");
	assert_error(10, 16, 15, "wait_for: no task \"u\"; accepted: t");
	assert_error(11, 17, 15,
		     "wait_for: a task cannot wait for itself; accepted: another task, or "
		     "\"wait\" for its own children");
	assert_error(12, 18, 25, "vm.ratio: 300 is out of range; accepted: 0..100 percent");
	assert_error(13, 19, 15, "boot.cores is set at boot and cannot be written later");
	assert_error(14, 20, 13, "no metric \"nr_dirt\"; did you mean \"nr_dirty\"?");
	assert_error(15, 21, 34,
		     "pattern: \"zipf\": not an exponent of 0..4 with at most three "
		     "decimals; accepted: sequential, reverse, stride N, random, zipf S");
	assert_error(16, 22, 5,
		     "read: the span is smaller than a block; accepted: at least one "
		     "block");
	assert_error(17, 23, 5,
		     "barrier: nothing stands behind it; accepted: \"barrier:\" and what "
		     "it needs");
	assert_error(18, 24, 13,
		     "choose: found nothing to choose; accepted: a list of mappings "
		     "(weight, do)");
	assert_error(19, 25, 20, "count: 0 is out of range; accepted: at least 1");
	assert_error(20, 26, 5, "found no call; accepted: a step as \"- read: { file: data }\"");
	assert_error(21, 27, 5, "read: both len and block are given; accepted: one of them");
	/* names last, from the end */
	assert_error(22, 13, 19, "\"p\" is a page; accepted: the name of a file");
	assert_error(23, 11, 11, "no page \"q\"; accepted: p");
	assert_error(24, 6, 19, "no file \"dta\"; did you mean \"data\"?");
	assert_int_equal(d.nr_errors, 25);
}

static void wrong_tasks_are_told(void **state)
{
	(void)state;
	compile("tasks:\n"                                                          /* 1 */
		"- { name: t, do: [] }\n"                                           /* 2 */
		"- { name: t, do: [] }\n"                                           /* 3 */
		"- { do: [] }\n"                                                    /* 4 */
		"- { name: u, cpu: 2, do: [] }\n"                                   /* 5 */
		"- { name: v, node: 7, do: [] }\n"                                  /* 6 */
		"- { name: x, count: 3, do: [] }\n"                                 /* 7 */
		"- { name: x.1, do: [] }\n"                                         /* 8 */
		"- { name: y, count: 0, do: 7 }\n"                                  /* 9 */
		"interrupts:\n"                                                     /* 10 */
		"- { cpu: 9, every: 1 ms, do: [{ wait: 1 ms }, { sleep: 1 s }] }\n" /* 11 */
		"- { do: [{ number: { value: 1, think: 1 us } }] }\n"               /* 12 */
		"- { every: 1 ns, do: [{ loop: { do: [] } }] }\n");                 /* 13 */
	assert_null(w);
	assert_error(0, 4, 3,
		     "key \"name\" is missing in a task; accepted: a name of at most 64 "
		     "letters, digits, \".\", \"_\" and \"-\", beginning with a letter, digit "
		     "or \"_\"");
	assert_error(1, 5, 19, "cpu: there is no CPU 2; accepted: 0..1");
	assert_error(2, 6, 20, "node: there is no node 7; accepted: 0..0");
	assert_error(3, 9, 21, "count: 0 is out of range; accepted: 1..10000");
	assert_error(4, 11, 10, "cpu: there is no CPU 9; accepted: 0..1");
	assert_error(5, 12, 3,
		     "none of \"every\" and \"poisson\" in an interrupt; accepted: one of "
		     "them");
	assert_error(6, 13, 12, "every: 1 ns is out of range; accepted: 1 us..1000000000 s");
	assert_error(7, 3, 11, "there is a task \"t\" already; accepted: a name of its own");
	assert_error(8, 8, 11, "there is a task \"x.1\" already; accepted: a name of its own");
	assert_error(9, 9, 28, "do: found a value; accepted: a list of steps");
	assert_error(10, 11, 33, "wait may sleep: it cannot be called in an interrupt");
	assert_error(11, 11, 49, "sleep: an interrupt cannot wait");
	assert_error(12, 12, 32, "think: an interrupt cannot wait; accepted: count");
	assert_error(13, 13, 25, "loop: an interrupt cannot wait; accepted: count alone");
	assert_int_equal(d.nr_errors, 14);
	compile("tasks: 7\n");
	assert_error(0, 1, 8, "tasks: found a value; accepted: a list of mappings");
	compile("tasks: [{ name: a, count: 9000, do: [] }, { name: b, count: 9000, do: [] }]\n");
	assert_error(0, 1, 8,
		     "tasks: 18000 with all their copies are too many; accepted: at most "
		     "10000");
}

/* ---- cost ---- */

static double host_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
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
		T(sequential_goes_on_and_begins_anew_at_the_end),
		T(reverse_goes_from_the_last_block_to_the_first),
		T(stride_covers_the_span_pass_by_pass),
		T(random_reaches_every_block_alike),
		T(zipf_has_its_shares_and_lies_scattered),
		T(patterns_are_read_strictly),
		T(a_stream_makes_calls_until_its_bytes_are_done),
		T(a_stream_goes_on_where_it_stopped),
		T(a_stream_begins_anew_at_the_end_of_the_file),
		T(random_patterns_take_the_size_of_the_file),
		T(tasks_draw_from_streams_of_their_own),
		T(rate_and_iops_and_think_hold_a_stream_back),
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
		T(wrong_steps_are_told),
		T(wrong_tasks_are_told),
		T(a_call_costs_little_beside_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
