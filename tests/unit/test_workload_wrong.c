/*
 * test_workload_wrong.c - programs that are wrong, and what is said of them
 */
#include "tests/unit/toy_run.h"

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

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
	const struct CMUnitTest tests[] = {
		T(wrong_steps_are_told),
		T(wrong_tasks_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
