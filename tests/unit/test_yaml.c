/*
 * test_yaml.c - sim/scenario: the tree of a file, and of files it includes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/input.h"
#include "sim/scenario/yaml.h"

static struct diag d;
static struct yaml_doc *doc;

static int forget(void **state)
{
	(void)state;
	yaml_doc_free(doc);
	doc = NULL;
	diag_free(&d);
	input_forget();
	assert_int_equal(sim_mem_in_use(), 0);
	return 0;
}

static const struct yaml_node *parse(const char *text)
{
	yaml_doc_free(doc);
	doc = yaml_parse_text(&d, "t.yaml", text, strlen(text));
	for (size_t i = 0; i < d.nr_errors; i++)
		print_message("%d:%d %s\n", d.errors[i].at.line, d.errors[i].at.column,
			      d.errors[i].text);
	assert_non_null(doc);
	return yaml_root(doc);
}

static void is_at(const struct yaml_node *node, int line, int column, int width)
{
	assert_non_null(node);
	assert_int_equal(node->at.line, line);
	assert_int_equal(node->at.column, column);
	assert_int_equal(node->at.width, width);
}

/* Error number i is at this place and has this text. */
static void error_is(size_t i, int line, int column, const char *text)
{
	assert_true(i < d.nr_errors);
	assert_string_equal(d.errors[i].text, text);
	assert_int_equal(d.errors[i].at.line, line);
	assert_int_equal(d.errors[i].at.column, column);
}

/* Text (of len bytes) is refused with this one error. */
static void refuses_bytes(const char *text, size_t len, int line, int column, const char *error)
{
	diag_free(&d);
	doc = yaml_parse_text(&d, "t.yaml", text, len);
	if (doc)
		fail_msg("accepted: %s", text);
	assert_int_equal(d.nr_errors, 1);
	error_is(0, line, column, error);
	diag_free(&d);
}

static void refuses(const char *text, int line, int column, const char *error)
{
	refuses_bytes(text, strlen(text), line, column, error);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the tree ---- */

static void every_node_knows_its_place_in_characters(void **state)
{
	(void)state;
	const struct yaml_node *root = parse("# comment\n"
					     "mmsim: 1\n"
					     "\xc3\xa4\xc3\xb6: [\xe2\x82\xac, 'x y', {a: \"q\"}]\n"
					     "sysctl:\n"
					     "  vm.dirty_ratio: 120\n"
					     "empty:\n");

	is_at(root, 2, 1, 1);
	is_at(root->keys[0], 2, 1, 5);
	is_at(yaml_get(root, "mmsim"), 2, 8, 1);

	const struct yaml_node *list = yaml_get(root, "\xc3\xa4\xc3\xb6");

	assert_int_equal(list->kind, YAML_KIND_LIST);
	assert_int_equal(list->n, 3);
	is_at(list, 3, 5, 1);
	is_at(list->items[0], 3, 6, 1);
	is_at(list->items[1], 3, 9, 5);
	assert_true(list->items[0]->plain);
	assert_false(list->items[1]->plain);
	is_at(yaml_get(list->items[2], "a"), 3, 20, 3);
	is_at(yaml_get(yaml_get(root, "sysctl"), "vm.dirty_ratio"), 5, 19, 3);
	assert_true(yaml_is_empty(yaml_get(root, "empty")));
	assert_null(yaml_get(root, "none"));
	assert_null(yaml_get(list, "none"));
	assert_true(yaml_is(yaml_get(root, "mmsim"), "1"));
	assert_int_equal(root->height, 4);
	assert_int_equal(root->nodes, 1 + 2 + 2 + 2 + 3 + 2 + 2 + 2);
	assert_string_equal(yaml_describe(root), "a mapping");
	assert_string_equal(yaml_describe(list), "a list");
	assert_string_equal(yaml_describe(list->items[0]), "a value");
	assert_string_equal(yaml_describe(yaml_get(root, "empty")), "nothing");
}

static void a_byte_order_mark_and_windows_lines_are_understood(void **state)
{
	(void)state;
	const struct yaml_node *root = parse("a: 1\r\nb: 2\r\n");

	is_at(yaml_get(root, "b"), 2, 4, 1);
	assert_true(yaml_is(yaml_get(root, "a"), "1"));
}

static void an_alias_is_the_node_of_its_anchor(void **state)
{
	(void)state;
	const struct yaml_node *root = parse("a: &x [1, 2]\n"
					     "b: *x\n"
					     "c: &x 3\n"
					     "d: *x\n"
					     "&k e: *k\n");

	assert_ptr_equal(yaml_get(root, "a"), yaml_get(root, "b"));
	assert_true(yaml_is(yaml_get(root, "d"), "3"));
	assert_true(yaml_is(yaml_get(root, "e"), "e"));
	assert_int_equal(root->nodes, 1 + 5 + 3 + 3 + 1 + 1 + 1);
}

static void aliases_that_mean_nothing_are_refused(void **state)
{
	(void)state;
	refuses("a: 1\nb: *y\n", 2, 4,
		"no anchor \"&y\" above this alias; accepted: the name of one that stands above");
	refuses("a: &x [1, *x]\n", 1, 11,
		"alias \"*x\" stands inside what it means; accepted: an alias of what is complete "
		"above it");
	refuses("a: &x {b: {c: *x}}\n", 1, 15,
		"alias \"*x\" stands inside what it means; accepted: an alias of what is complete "
		"above it");
	refuses("a: &x [1]\n*x : 2\n", 2, 1,
		"a list cannot be a key; accepted: a single word or text");
}

static void an_alias_bomb_is_refused_by_its_size(void **state)
{
	(void)state;
	struct str bomb = { 0 };
	double begin = seconds();

	str_add(&bomb, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i <= 10; i++) {
		str_addf(&bomb, "a%d: &a%d [", i, i);
		for (int j = 0; j < 9; j++)
			str_addf(&bomb, "%s*a%d", j ? "," : "", i - 1);
		str_add(&bomb, "]\n");
	}
	refuses(str_get(&bomb), 7, 10,
		"more than 1000000 values, aliases written out; accepted: at most 1000000");
	assert_true(seconds() - begin < 0.5);
	str_free(&bomb);
}

static void a_tower_of_aliases_is_refused_by_its_height(void **state)
{
	(void)state;
	struct str tower = { 0 };

	str_add(&tower, "a0: &a0 x\n");
	for (int i = 1; i <= 100; i++)
		str_addf(&tower, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	refuses(str_get(&tower), 64, 12, "too many levels; accepted: at most 64");
	str_free(&tower);
}

/* "[[[...]]]" with n brackets. */
static char *nested(int n)
{
	char *text = sim_alloc((size_t)(2 * n + 1));

	memset(text, '[', (size_t)n);
	memset(text + n, ']', (size_t)n);
	text[2 * n] = '\0';
	return text;
}

static void nesting_ends_at_64_levels(void **state)
{
	(void)state;
	char *allowed = nested(64), *refused = nested(65);

	assert_int_equal(parse(allowed)->height, 64);
	yaml_doc_free(doc);
	doc = NULL;
	refuses(refused, 1, 65, "too many levels; accepted: at most 64");
	sim_free(allowed);
	sim_free(refused);
}

static void a_hundred_thousand_brackets_are_answered_at_once(void **state)
{
	(void)state;
	char *text = nested(100000);
	double begin = seconds();

	refuses(text, 1, 65, "too many levels; accepted: at most 64");
	assert_true(seconds() - begin < 0.5);
	sim_free(text);
}

static void long_scalars_are_refused(void **state)
{
	(void)state;
	struct str text = { 0 };

	str_add(&text, "a: ");
	for (int i = 0; i < 4096; i++)
		str_addc(&text, 'x');
	assert_int_equal(yaml_get(parse(str_get(&text)), "a")->len, 4096);
	yaml_doc_free(doc);
	doc = NULL;
	str_addc(&text, 'x');
	refuses(str_get(&text), 1, 4, "4097 bytes of text are too long; accepted: at most 4096");
	str_free(&text);
}

static void a_million_values_are_the_limit(void **state)
{
	(void)state;
	struct str text = { 0 };

	for (int i = 0; i < 999999; i++)
		str_add(&text, "- 1\n");
	assert_int_equal(parse(str_get(&text))->n, 999999);
	yaml_doc_free(doc);
	doc = NULL;
	str_add(&text, "- 1\n");
	refuses(str_get(&text), 1000000, 3,
		"more than 1000000 values, aliases written out; accepted: at most 1000000");
	str_free(&text);
}

static void duplicate_keys_are_refused_with_both_lines(void **state)
{
	(void)state;
	refuses("a: 1\nb: 2\n\"a\": 3\n", 3, 1,
		"key \"a\" is already given in line 1, column 1; accepted: once");
	refuses("x: {p: 1, q: 2, p: 3}\n", 1, 17,
		"key \"p\" is already given in line 1, column 5; accepted: once");

	const char *two = "a: 1\na: 2\nb: {c: 1, c: 2}\n";

	assert_null(yaml_parse_text(&d, "t.yaml", two, strlen(two)));
	assert_int_equal(d.nr_errors, 2);
}

static void duplicates_are_found_in_large_maps_in_good_time(void **state)
{
	(void)state;
	struct str text = { 0 };

	for (int i = 0; i < 200000; i++)
		str_addf(&text, "k%d: 1\n", i);
	parse(str_get(&text));
	yaml_doc_free(doc);
	doc = NULL;
	str_add(&text, "k77: 1\n");

	double begin = seconds();

	refuses(str_get(&text), 200001, 1,
		"key \"k77\" is already given in line 78, column 1; accepted: once");
	assert_true(seconds() - begin < 5);
	str_free(&text);
}

static void what_is_not_one_document_is_refused(void **state)
{
	(void)state;
	refuses("", 1, 1,
		"nothing is written here; accepted: a scenario, the line \"mmsim: 1\" in it");
	refuses("# only a comment\n\n", 1, 1,
		"nothing is written here; accepted: a scenario, the line \"mmsim: 1\" in it");
	refuses("---\n", 1, 1,
		"nothing is written here; accepted: a scenario, the line \"mmsim: 1\" in it");
	refuses("a: 1\n---\nb: 2\n", 2, 1, "a second document begins; accepted: one in a file");
	refuses("[a]: 1\n", 1, 1, "a list cannot be a key; accepted: a single word or text");
	refuses("{a: 1}: 1\n", 1, 1, "a mapping cannot be a key; accepted: a single word or text");
	refuses("a: !!int 3\n", 1, 4, "no tag \"tag:yaml.org,2002:int\"; accepted: !include");
	refuses("a: !x [1]\n", 1, 4, "no tag \"!x\" here; accepted: no tag");
}

static void control_characters_are_refused_however_written(void **state)
{
	(void)state;
	refuses("a: \"\\0\"\n", 1, 4, "control character U+0000 in a text; accepted: text without");
	refuses("a: \"\\x1b]0;x\\a\"\n", 1, 4,
		"control character U+001B in a text; accepted: text without");
	refuses("a: \"x\\x7f\"\n", 1, 4,
		"control character U+007F in a text; accepted: text without");
	refuses("a: \"\\u0085\"\n", 1, 4,
		"control character U+0085 in a text; accepted: text without");
	refuses("a: \"x\\ny\"\n", 1, 4,
		"control character U+000A in a text; accepted: text without");
	refuses("\"k\\t\": 1\n", 1, 1,
		"control character U+0009 in a text; accepted: text without");
	refuses("a: 1\nb: \x1b\n", 2, 4, "control character U+001B; accepted: text in UTF-8");
	refuses("a: \x7f\n", 1, 4, "control character U+007F; accepted: text in UTF-8");
	refuses("a: 1\rb: 2\n", 1, 5, "control character U+000D; accepted: text in UTF-8");
	refuses("a: \xe2\x80\xa8\n", 1, 4, "control character U+2028; accepted: text in UTF-8");
	refuses_bytes("a: x\0y\n", 7, 1, 5, "control character U+0000; accepted: text in UTF-8");

	const struct yaml_node *root = parse("a: |\n  one\n  two\tx\n");

	assert_true(yaml_is(yaml_get(root, "a"), "one\ntwo\tx\n"));
}

static void bytes_that_are_not_utf8_are_refused_at_their_place(void **state)
{
	(void)state;
	refuses("a: 1\n\xc3\xa4: x\xff\n", 2, 5,
		"byte 0xff does not belong to UTF-8 text; accepted: a file in UTF-8");
	refuses("a: \xc3\n", 1, 4,
		"byte 0xc3 does not belong to UTF-8 text; accepted: a file in UTF-8");
	refuses_bytes("\xff\xfe\x61\x00", 4, 1, 1,
		      "byte 0xff does not belong to UTF-8 text; accepted: a file in UTF-8");
}

static void errors_of_syntax_have_a_place(void **state)
{
	(void)state;
	refuses("a: [1, 2\nb: 3\n", 2, 2,
		"no YAML: did not find expected ',' or ']' while parsing a flow sequence that "
		"begins in line 1; accepted: \",\" before the next item, \"]\" at the end");
	refuses("a:\n\tb: 1\n", 2, 1,
		"no YAML: found character that cannot start any token while scanning for the next "
		"token; accepted: blanks, no tab, before keys and items");
	refuses("a: \"x\n", 2, 1,
		"no YAML: found unexpected end of stream while scanning a quoted scalar that "
		"begins in line 1; accepted: a closing quote");
}

static void merged_keys_do_not_replace_those_of_the_map(void **state)
{
	(void)state;
	const struct yaml_node *root = parse("x: &x {a: 1, b: 2}\n"
					     "y: &y {b: 3, c: 4}\n"
					     "one: {<<: *x, b: 9}\n"
					     "two: {b: 8, <<: [*x, *y]}\n"
					     "quoted: {'<<': 1}\n");
	const struct yaml_node *one = yaml_get(root, "one"), *two = yaml_get(root, "two");

	assert_int_equal(one->n, 2);
	assert_true(yaml_is(yaml_get(one, "a"), "1"));
	assert_true(yaml_is(yaml_get(one, "b"), "9"));
	assert_int_equal(two->n, 3);
	assert_true(yaml_is(yaml_get(two, "a"), "1"));
	assert_true(yaml_is(yaml_get(two, "b"), "8"));
	assert_true(yaml_is(yaml_get(two, "c"), "4"));
	is_at(yaml_get(two, "c"), 2, 17, 1);
	assert_true(yaml_is(yaml_get(yaml_get(root, "quoted"), "<<"), "1"));
	yaml_doc_free(doc);
	doc = NULL;
	refuses("a: {<<: 3}\n", 1, 9,
		"found a value behind \"<<\"; accepted: a mapping or a list of mappings");
	refuses("a: {<<: [{b: 1}, 3]}\n", 1, 9,
		"found a list of something else behind \"<<\"; accepted: a mapping or a list of "
		"mappings");
	refuses("a: {<<: {b: 1}, <<: {c: 1}}\n", 1, 17,
		"key \"<<\" is already given in line 1, column 5; accepted: once");
}

/* ---- files ---- */

static char dir[] = "/tmp/test_yaml_XXXXXX";

static char *path_of(const char *name)
{
	return str_format("%s/%s", dir, name);
}

static void write_file(const char *name, const char *text)
{
	char *path = path_of(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	sim_free(path);
}

static void load(const char *name)
{
	char *path = path_of(name);

	yaml_doc_free(doc);
	diag_free(&d);
	doc = yaml_load(&d, path);
	sim_free(path);
}

/* Loading fails with this one error, in which the directory is written as "DIR". */
static void load_refuses(const char *name, int line, int column, const char *error)
{
	load(name);
	assert_null(doc);
	assert_int_equal(d.nr_errors, 1);

	struct str text = { 0 };

	for (const char *p = d.errors[0].text; *p;) {
		bool is_dir = !strncmp(p, dir, strlen(dir));

		str_addn(&text, is_dir ? "DIR" : p, is_dir ? 3 : 1);
		p += is_dir ? strlen(dir) : 1;
	}
	assert_string_equal(str_get(&text), error);
	assert_int_equal(d.errors[0].at.line, line);
	assert_int_equal(d.errors[0].at.column, column);
	str_free(&text);
}

static void an_included_file_stands_in_its_place(void **state)
{
	(void)state;
	write_file("main.yaml", "a: 1\nmachine: !include sub/m.yaml\n");
	write_file("sub/m.yaml", "\xef\xbb\xbf# a machine\ncpus: 4\ndisk: !include 'disk.yaml'\n");
	write_file("sub/disk.yaml", "{ name: sda }\n");
	load("main.yaml");
	assert_non_null(doc);

	const struct yaml_node *machine = yaml_get(yaml_root(doc), "machine");
	const struct yaml_node *name = yaml_get(yaml_get(machine, "disk"), "name");

	is_at(yaml_get(machine, "cpus"), 2, 7, 1);
	assert_non_null(strstr(yaml_get(machine, "cpus")->at.file->name, "/sub/m.yaml"));
	assert_true(yaml_is(name, "sda"));
	assert_non_null(strstr(name->at.file->name, "/sub/disk.yaml"));
}

static void includes_that_cannot_be_are_refused(void **state)
{
	(void)state;
	write_file("self.yaml", "a: !include self.yaml\n");
	load_refuses("self.yaml", 1, 4, "DIR/self.yaml includes itself; accepted: another file");
	write_file("a.yaml", "a: !include b.yaml\n");
	write_file("b.yaml", "b: !include a.yaml\n");
	load_refuses("a.yaml", 1, 4, "DIR/a.yaml includes itself; accepted: another file");
	write_file("none.yaml", "a: !include missing.yaml\n");
	load_refuses("none.yaml", 1, 4,
		     "DIR/missing.yaml cannot be read: No such file or directory");
	write_file("dir.yaml", "a: !include sub\n");
	load_refuses("dir.yaml", 1, 4,
		     "DIR/sub is a directory; accepted: a regular file, or - for standard input");
	write_file("zero.yaml", "a: !include /dev/zero\n");
	load_refuses(
	    "zero.yaml", 1, 4,
	    "/dev/zero is a special file; accepted: a regular file, or - for standard input");
	write_file("nothing.yaml", "a: !include\n");
	load_refuses("nothing.yaml", 1, 4, "no file behind !include; accepted: a path");
	write_file("bad.yaml", "a: !include twice.yaml\n");
	write_file("twice.yaml", "x: 1\n\nx: 2\n");
	load_refuses("bad.yaml", 3, 1,
		     "key \"x\" is already given in line 1, column 1; accepted: once");
	assert_non_null(strstr(d.errors[0].at.file->name, "/twice.yaml"));
}

static void includes_nest_eight_deep(void **state)
{
	(void)state;
	for (int i = 0; i < 9; i++) {
		char *name = str_format("i%d", i), *text = str_format("a: !include i%d\n", i + 1);

		write_file(name, text);
		sim_free(name);
		sim_free(text);
	}
	write_file("i9", "end\n");
	load_refuses("i0", 1, 4, "too many files inside each other; accepted: at most 8");
	load("i1");
	assert_non_null(doc);
	assert_int_equal(yaml_root(doc)->height, 9);
}

static void only_regular_files_of_some_size_are_read(void **state)
{
	(void)state;
	char *fifo = path_of("fifo"), *large = path_of("large");

	assert_int_equal(mkfifo(fifo, 0600), 0);
	load_refuses(
	    "fifo", 0, 0,
	    "DIR/fifo is a special file; accepted: a regular file, or - for standard input");
	load_refuses("sub", 0, 0,
		     "DIR/sub is a directory; accepted: a regular file, or - for standard input");
	load_refuses("gone", 0, 0, "DIR/gone cannot be read: No such file or directory");
	write_file("large", "a: 1\n");
	assert_int_equal(truncate(large, (16 << 20) + 1), 0);
	load_refuses("large", 0, 0, "DIR/large is too large; accepted: at most 16 MiB");
	sim_free(fifo);
	sim_free(large);
}

static void standard_input_is_read_up_to_the_same_size(void **state)
{
	(void)state;
	char *path = path_of("input");
	int saved = dup(STDIN_FILENO);

	write_file("input", "a: 1\n");
	assert_non_null(freopen(path, "r", stdin));
	doc = yaml_load(&d, "-");
	assert_non_null(doc);
	assert_string_equal(yaml_root(doc)->at.file->name, "(standard input)");
	yaml_doc_free(doc);
	assert_non_null(freopen("/dev/zero", "r", stdin));
	doc = yaml_load(&d, "-");
	assert_null(doc);
	error_is(0, 0, 0, "- is too large; accepted: at most 16 MiB");
	dup2(saved, STDIN_FILENO);
	close(saved);
	sim_free(path);
}

static int make_dir(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));

	char *sub = path_of("sub");

	assert_int_equal(mkdir(sub, 0700), 0);
	sim_free(sub);
	return 0;
}

static int remove_dir(void **state)
{
	static const char *const names[] = {
		"main.yaml",    "sub/m.yaml", "sub/disk.yaml",
		"self.yaml",    "a.yaml",     "b.yaml",
		"none.yaml",    "dir.yaml",   "zero.yaml",
		"nothing.yaml", "bad.yaml",   "twice.yaml",
		"fifo",         "large",      "input",
		"i0",           "i1",         "i2",
		"i3",           "i4",         "i5",
		"i6",           "i7",         "i8",
		"i9",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *path = path_of(names[i]);

		unlink(path);
		sim_free(path);
	}

	char *sub = path_of("sub");

	rmdir(sub);
	rmdir(dir);
	sim_free(sub);
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_node_knows_its_place_in_characters),
		TEST(a_byte_order_mark_and_windows_lines_are_understood),
		TEST(an_alias_is_the_node_of_its_anchor),
		TEST(aliases_that_mean_nothing_are_refused),
		TEST(an_alias_bomb_is_refused_by_its_size),
		TEST(a_tower_of_aliases_is_refused_by_its_height),
		TEST(nesting_ends_at_64_levels),
		TEST(a_hundred_thousand_brackets_are_answered_at_once),
		TEST(long_scalars_are_refused),
		TEST(a_million_values_are_the_limit),
		TEST(duplicate_keys_are_refused_with_both_lines),
		TEST(duplicates_are_found_in_large_maps_in_good_time),
		TEST(what_is_not_one_document_is_refused),
		TEST(control_characters_are_refused_however_written),
		TEST(bytes_that_are_not_utf8_are_refused_at_their_place),
		TEST(errors_of_syntax_have_a_place),
		TEST(merged_keys_do_not_replace_those_of_the_map),
		TEST(an_included_file_stands_in_its_place),
		TEST(includes_that_cannot_be_are_refused),
		TEST(includes_nest_eight_deep),
		TEST(only_regular_files_of_some_size_are_read),
		TEST(standard_input_is_read_up_to_the_same_size),
	};

	return cmocka_run_group_tests_name("yaml", tests, make_dir, remove_dir);
}
