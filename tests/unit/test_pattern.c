/*
 * test_pattern.c - where a stream of calls goes: patterns, and how fast
 */
#include "sim/workload/pattern.h"
#include "tests/unit/toy_run.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
