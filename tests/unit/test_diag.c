/*
 * test_diag.c - messages: errors with their lines, and the nearest word
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/base/str.h"

static char *printed(struct diag *d)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	diag_print(d, to);
	fclose(to);

	char *copy = sim_strdup(text);

	free(text);
	return copy;
}

static const struct diag_file *add_text(struct diag *d, const char *name, const char *text)
{
	return diag_add_file(d, name, sim_strdup(text), strlen(text));
}

static void errors_are_printed_in_order_of_place_with_the_line(void **state)
{
	(void)state;
	struct diag d = { 0 };
	const struct diag_file *a = add_text(&d, "a.yaml", "mmsim: 1\nsysctl:\n  dirty: 120\n");
	const struct diag_file *b = add_text(&d, "b.yaml", "x\n");

	assert_false(diag_failed(&d));
	diag_error(&d, (struct place){ b, 1, 1, 1 }, "last");
	diag_error(&d, (struct place){ a, 3, 10, 3 }, "%d is out of range", 120);
	diag_error(&d, (struct place){ a, 1, 0, 0 }, "first");
	diag_error(&d, (struct place){ a, 0, 0, 0 }, "whole file");
	diag_error(&d, (struct place){ NULL, 0, 0, 0 }, "no SCENARIO");
	assert_true(diag_failed(&d));

	char *text = printed(&d);

	assert_string_equal(text, "mmsim: error: no SCENARIO\n"
				  "a.yaml: error: whole file\n"
				  "a.yaml:1: error: first\n"
				  "    1 | mmsim: 1\n"
				  "a.yaml:3:10: error: 120 is out of range\n"
				  "    3 |   dirty: 120\n"
				  "      |          ^^^\n"
				  "b.yaml:1:1: error: last\n"
				  "    1 | x\n"
				  "      | ^\n");
	sim_free(text);
	diag_free(&d);
}

static void at_most_50_errors_are_printed(void **state)
{
	(void)state;
	struct diag d = { 0 };

	for (int i = 0; i < 53; i++)
		diag_error(&d, (struct place){ 0 }, "no %d", i);

	char *text = printed(&d);

	assert_non_null(strstr(text, "no 49\n"));
	assert_null(strstr(text, "no 50\n"));
	assert_non_null(strstr(text, "mmsim: 3 more errors\n"));
	sim_free(text);
	diag_free(&d);
}

static void nothing_that_steers_a_terminal_is_printed(void **state)
{
	(void)state;
	struct diag d = { 0 };
	const struct diag_file *a =
	    add_text(&d, "a\x1b.yaml", "k:\t\x1b]0;x\a \xff\xe2\x80\xae end\n");

	diag_error(&d, (struct place){ a, 1, 14, 3 }, "no \"%s\"", "\x1b[2J\x7f\xc2\x9b");

	char *text = printed(&d);

	assert_string_equal(text, "a\\x1b.yaml:1:14: error: no \"\\x1b[2J\\x7f\\xc2\\x9b\"\n"
				  "    1 | k: ?]0;x? ?? end\n"
				  "      |              ^^^\n");
	sim_free(text);
	diag_free(&d);
}

static void a_long_line_is_shown_around_its_place(void **state)
{
	(void)state;
	struct diag d = { 0 };
	char *line = sim_alloc(5001);

	memset(line, 'x', 5000);
	line[5000] = '\0';
	line[3999] = 'Y';

	const struct diag_file *a = diag_add_file(&d, "a", line, 5000);

	diag_error(&d, (struct place){ a, 1, 4000, 1000 }, "here");

	char *text = printed(&d);
	char *mark = strchr(text, '^'), *last = mark - 1;

	while (*last != '\n')
		last--;

	char *shown = strchr(text, '\n') + 1;

	assert_int_equal(shown[mark - last - 1], 'Y');
	assert_true(strlen(text) < 300);
	sim_free(text);
	diag_free(&d);
}

static void escaped_text_is_cut(void **state)
{
	(void)state;
	char *a = diag_escape("a\nb", 3, 100);
	char *b = diag_escape("abcdef", 6, 3);
	char *c = diag_escape("\xc3\xa9t\xc3\xa9", 5, 100);
	char *e = diag_escape("", 0, 10);

	assert_string_equal(a, "a\\x0ab");
	assert_string_equal(b, "abc...");
	assert_string_equal(c, "\xc3\xa9t\xc3\xa9");
	assert_string_equal(e, "");
	sim_free(a);
	sim_free(b);
	sim_free(c);
	sim_free(e);
}

static void the_nearest_word_is_offered_only_if_it_is_near(void **state)
{
	(void)state;
	static const char *const words[] = { "duration", "cpu", "count", "start", "do", "name" };
	size_t n = ARRAY_LEN(words);

	assert_string_equal(diag_nearest("durration", words, n), "duration");
	assert_string_equal(diag_nearest("duratoin", words, n), "duration");
	assert_string_equal(diag_nearest("cpus", words, n), "cpu");
	assert_string_equal(diag_nearest("conut", words, n), "count");
	assert_null(diag_nearest("dur", words, n));
	assert_null(diag_nearest("caa", words, n));
	assert_null(diag_nearest("x", words, n));
	assert_null(diag_nearest("", words, n));
	assert_null(diag_nearest("anything", words, 0));

	static const char *const ties[] = { "node1", "node2" };

	assert_string_equal(diag_nearest("node3", ties, 2), "node1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_are_printed_in_order_of_place_with_the_line),
		cmocka_unit_test(at_most_50_errors_are_printed),
		cmocka_unit_test(nothing_that_steers_a_terminal_is_printed),
		cmocka_unit_test(a_long_line_is_shown_around_its_place),
		cmocka_unit_test(escaped_text_is_cut),
		cmocka_unit_test(the_nearest_word_is_offered_only_if_it_is_near),
	};

	return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
