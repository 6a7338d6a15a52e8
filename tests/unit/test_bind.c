/*
 * test_bind.c - sim/scenario: structures filled from the tree of a file
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/input.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/yaml.h"

static struct diag d;
static struct yaml_doc *doc;
static struct arena arena;

static int forget(void **state)
{
	(void)state;
	yaml_doc_free(doc);
	doc = NULL;
	diag_free(&d);
	arena_free(&arena);
	input_forget();
	assert_int_equal(sim_mem_in_use(), 0);
	return 0;
}

/* Error number i is at this place and has this text. */
static void error_is(size_t i, int line, int column, const char *text)
{
	assert_true(i < d.nr_errors);
	assert_string_equal(d.errors[i].text, text);
	assert_int_equal(d.errors[i].at.line, line);
	assert_int_equal(d.errors[i].at.column, column);
}

struct link_data {
	int64_t rate;
	const char *peer;
};

struct sample {
	int64_t latency, share, size, count;
	bool on;
	const char *text, *name, *ref;
	int64_t kind, gfp;
	struct key_ints ints;
	uint64_t set;
	struct key_rows table;
	struct link_data link;
	struct key_list links;
	const struct yaml_node *node;
	struct key_seen seen;
	int64_t behind; /* set by no row */
};

static const struct key link_keys[] = {
	{ .name = "rate",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES_PER_SEC,
	  .def = "100 MB/s",
	  .offset = offsetof(struct link_data, rate) },
	{ .name = "peer",
	  .type = KEY_NAME,
	  .offset = offsetof(struct link_data, peer),
	  .required = true },
};

static const struct key_schema link_schema = {
	.name = "link",
	.keys = link_keys,
	.nr_keys = ARRAY_LEN(link_keys),
	.size = sizeof(struct link_data),
	.seen = SIZE_MAX,
	.short_key = "peer",
};

static const struct key_word kinds[] = {
	{ "hdd", 1, "" }, { "ssd", 2, "" }, { "nvme", 3, "" }, { NULL, 0, NULL }
};
static const struct key_word gfps[] = { { "GFP_KERNEL", 0xcc0, "" },
					{ "GFP_ATOMIC", 0xa20, "" },
					{ "__GFP_ZERO", 0x100, "" },
					{ NULL, 0, NULL } };

#define AT(field) .offset = offsetof(struct sample, field)

static const struct key sample_keys[] = {
	{ .name = "latency", .type = KEY_INT, .unit = UNIT_NS, AT(latency), .def = "10 us" },
	{ .name = "share", .type = KEY_INT, .unit = UNIT_PERCENT, AT(share), .max = 100 },
	{ .name = "size", .type = KEY_INT, .unit = UNIT_PAGES, AT(size), .min = 1, .max = 1 << 20 },
	{ .name = "count",
	  .type = KEY_INT,
	  .unit = UNIT_COUNT,
	  AT(count),
	  .min = -1,
	  .max = INT64_MAX,
	  .def = "-1" },
	{ .name = "on", .type = KEY_BOOL, AT(on), .def = "true" },
	{ .name = "text", .type = KEY_TEXT, AT(text), .def = "" },
	{ .name = "name", .type = KEY_NAME, AT(name) },
	{ .name = "ref", .type = KEY_REF, AT(ref) },
	{ .name = "kind", .type = KEY_ENUM, AT(kind), .words = kinds, .def = "ssd", .max = 9 },
	{ .name = "gfp",
	  .type = KEY_FLAGS,
	  AT(gfp),
	  .words = gfps,
	  .def = "GFP_KERNEL|__GFP_ZERO" },
	{ .name = "ints", .type = KEY_INTS, .unit = UNIT_COUNT, AT(ints), .def = "256 256 32 0 0" },
	{ .name = "table",
	  .type = KEY_TABLE,
	  .unit = UNIT_COUNT,
	  AT(table),
	  .min = 10,
	  .max = 255,
	  .def = "[[10, 21], [21, 10]]" },
	{ .name = "link", .type = KEY_MAP, AT(link), .sub = &link_schema },
	{ .name = "links", .type = KEY_LIST, AT(links), .sub = &link_schema },
	{ .name = "node", .type = KEY_NODE, AT(node) },
	{ .name = "set", .type = KEY_SET, AT(set) },
};

static const struct key_schema sample_schema = {
	.name = "sample",
	.keys = sample_keys,
	.nr_keys = ARRAY_LEN(sample_keys),
	.size = sizeof(struct sample),
	.seen = offsetof(struct sample, seen),
};

static bool bind_sample(const char *text, struct sample *s)
{
	struct bind b = { .d = &d, .arena = &arena };

	yaml_doc_free(doc);
	diag_free(&d);
	doc = yaml_parse_text(&d, "t.yaml", text, strlen(text));
	assert_non_null(doc);
	memset(s, 0xff, sizeof(*s));
	return bind_map(&b, &sample_schema, yaml_root(doc), s);
}

static void bind_refuses(const char *text, int line, int column, const char *error)
{
	struct sample s;

	assert_false(bind_sample(text, &s));
	assert_int_equal(d.nr_errors, 1);
	error_is(0, line, column, error);
}

static void missing_keys_get_their_defaults(void **state)
{
	(void)state;
	struct sample s;

	assert_true(bind_sample("{}", &s));
	assert_int_equal(s.latency, 10000);
	assert_int_equal(s.share, 0);
	assert_int_equal(s.count, -1);
	assert_true(s.on);
	assert_string_equal(s.text, "");
	assert_null(s.name);
	assert_int_equal(s.kind, 2);
	assert_int_equal(s.gfp, 0xdc0);
	assert_int_equal(s.ints.n, 5);
	assert_int_equal(s.ints.v[2], 32);
	assert_int_equal(s.table.n, 2);
	assert_int_equal(s.table.rows[1].v[0], 21);
	assert_int_equal(s.link.rate, 100000000);
	assert_null(s.link.peer);
	assert_int_equal(s.links.n, 0);
	assert_null(s.node);
	assert_int_equal(s.behind, 0);
	assert_int_equal(s.seen.written[0], 0);
	assert_int_equal(s.seen.at[0].line, 1);

	struct bind b = { .d = &d, .arena = &arena };
	struct sample t;

	bind_defaults(&b, &sample_schema, &t);
	assert_int_equal(t.gfp, 0xdc0);
	assert_null(t.seen.at);
	assert_false(diag_failed(&d));
}

static void sets_are_numbers_and_ranges(void **state)
{
	struct sample s;

	(void)state;
	assert_true(bind_sample("set: 5", &s));
	assert_int_equal(s.set, 0x20);
	assert_true(bind_sample("set: 0-3,5,62-63", &s));
	assert_int_equal(s.set, 0xc00000000000002f);
	assert_true(bind_sample("set: [1, 3-4]", &s));
	assert_int_equal(s.set, 0x1a);
	assert_true(bind_sample("set: \"\"", &s));
	assert_int_equal(s.set, 0);
	assert_true(bind_sample("set: []", &s));
	assert_int_equal(s.set, 0);
#define ACCEPTED "accepted: numbers and ranges within 0..63 joined with commas, as 0-1,3"
	bind_refuses("set: 64", 1, 6, "set: \"64\": not a set of numbers; " ACCEPTED);
	bind_refuses("set: 3-1", 1, 6, "set: \"3-1\": not a set of numbers; " ACCEPTED);
	bind_refuses("set: 1,", 1, 6, "set: \"1,\": not a set of numbers; " ACCEPTED);
	bind_refuses("set: 1 2", 1, 6, "set: \"1 2\": not a set of numbers; " ACCEPTED);
	bind_refuses("set: -1", 1, 6, "set: \"-1\": not a set of numbers; " ACCEPTED);
	bind_refuses("set: [1, {}]", 1, 10, "set: found a mapping; " ACCEPTED);
#undef ACCEPTED
}

static void every_type_of_key_is_read(void **state)
{
	(void)state;
	struct sample s;

	assert_true(bind_sample("latency: 2 ms\n"
				"share: 20 %\n"
				"size: 64 KiB\n"
				"count: 1000000\n"
				"on: false\n"
				"text: zipf 1.1\n"
				"name: sda-1.x\n"
				"ref: f\n"
				"kind: nvme\n"
				"gfp: GFP_ATOMIC | __GFP_ZERO\n"
				"set: 0,2\n"
				"ints: [1, 2, 3]\n"
				"table: [[10], 20 30]\n"
				"link: { rate: 8 MB/s, peer: a }\n"
				"links: [b, { peer: c }]\n"
				"node: [x]\n",
				&s));
	assert_int_equal(s.latency, 2000000);
	assert_int_equal(s.share, 20);
	assert_int_equal(s.size, 16);
	assert_int_equal(s.count, 1000000);
	assert_false(s.on);
	assert_string_equal(s.text, "zipf 1.1");
	assert_string_equal(s.name, "sda-1.x");
	assert_string_equal(s.ref, "f");
	assert_int_equal(s.kind, 3);
	assert_int_equal(s.gfp, 0xb20);
	assert_int_equal(s.set, 5);
	assert_int_equal(s.ints.n, 3);
	assert_int_equal(s.ints.v[2], 3);
	assert_int_equal(s.table.n, 2);
	assert_int_equal(s.table.rows[0].n, 1);
	assert_int_equal(s.table.rows[1].v[1], 30);
	assert_int_equal(s.link.rate, 8000000);
	assert_string_equal(s.link.peer, "a");
	assert_int_equal(s.links.n, 2);
	assert_string_equal(((struct link_data *)s.links.items)[0].peer, "b");
	assert_string_equal(((struct link_data *)s.links.items)[1].peer, "c");
	assert_int_equal(((struct link_data *)s.links.items)[1].rate, 100000000);
	assert_int_equal(s.node->kind, YAML_KIND_LIST);
	assert_int_equal(s.seen.written[0], (1 << ARRAY_LEN(sample_keys)) - 1);
	assert_int_equal(s.seen.at[1 + 2].line, 3);
	assert_int_equal(s.seen.at[1 + 2].column, 7);
}

static void numbers_may_stand_for_words_where_the_row_says_so(void **state)
{
	(void)state;
	struct sample s;

	assert_true(bind_sample("{ kind: 7, gfp: 12, link: x, ints: 5, table: [] }", &s));
	assert_int_equal(s.kind, 7);
	assert_int_equal(s.gfp, 12);
	assert_string_equal(s.link.peer, "x");
	assert_int_equal(s.ints.n, 1);
	assert_int_equal(s.ints.v[0], 5);
	assert_int_equal(s.table.n, 0);
	bind_refuses("kind: 10", 1, 7, "kind: 10 is out of range; accepted: 0..9");
	bind_refuses("gfp: -1", 1, 6, "gfp: -1 is out of range; accepted: at least 0");
}

static void values_out_of_range_are_refused_with_the_range(void **state)
{
	(void)state;
	bind_refuses("share: 120", 1, 8, "share: 120 is out of range; accepted: 0..100 percent");
	bind_refuses("size: 8 GiB", 1, 7, "size: 8 GiB is out of range; accepted: 4 KiB..4 GiB");
	bind_refuses("latency: -1 ms", 1, 10,
		     "latency: -1 ms is out of range; accepted: at least 0 s");
	bind_refuses("count: -2", 1, 8, "count: -2 is out of range; accepted: at least 0");
	bind_refuses("table: [[10, 9]]", 1, 14, "table: 9 is out of range; accepted: 10..255");
	bind_refuses("ints: 1 2 -3", 1, 7, "ints: -3 is out of range; accepted: at least 0");
}

static void values_that_cannot_be_read_are_refused_with_what_can(void **state)
{
	(void)state;
	bind_refuses(
	    "latency: 5", 1, 10,
	    "latency: \"5\": a time needs a unit; accepted: a time as 10 us, 100 ms or 5 s");
	bind_refuses("share: nan", 1, 8, "share: \"nan\": not a number; accepted: 0..100 percent");
	bind_refuses(
	    "size: 5 KiB", 1, 7,
	    "size: \"5 KiB\": not a multiple of 4 KiB; accepted: pages, or a size as 64 KiB, "
	    "4 KiB..4 GiB");
	bind_refuses("count: 4GiB", 1, 8,
		     "count: \"4GiB\": a plain number takes no unit; accepted: a whole number, at "
		     "least 0");
	bind_refuses("on: yes", 1, 5, "on: found \"yes\"; accepted: true or false");
	bind_refuses(
	    "text: |\n  a\n  b\n", 1, 7,
	    "text: \"a\\x0ab\\x0a\": more than one line, or a tab; accepted: a text in one line");
	bind_refuses(
	    "name: -x", 1, 7,
	    "name: \"-x\": not a name; accepted: a name of at most 64 letters, digits, \".\", "
	    "\"_\" and \"-\", beginning with a letter, digit or \"_\"");
	bind_refuses("ints: [1, x]", 1, 11,
		     "ints: \"x\": not a number; accepted: a list of a whole number, at least 0");
}

static void values_of_the_wrong_kind_are_refused(void **state)
{
	(void)state;
	bind_refuses("latency: [1]", 1, 10,
		     "latency: found a list; accepted: a time as 10 us, 100 ms or 5 s");
	bind_refuses("share:", 1, 7, "share: found nothing; accepted: 0..100 percent");
	bind_refuses("text: {a: 1}", 1, 7, "text: found a mapping; accepted: a text in one line");
	bind_refuses("links: {}", 1, 8,
		     "links: found a mapping; accepted: a list of mappings (link)");
	bind_refuses("links: x", 1, 8, "links: found \"x\"; accepted: a list of mappings (link)");
	bind_refuses("link: [x]", 1, 7, "link: found a list; accepted: a mapping (link)");
	bind_refuses("links: [[x]]", 1, 9, "found a list; accepted: a mapping (link)");
	bind_refuses("table: 5", 1, 8,
		     "table: found \"5\"; accepted: a list of lists of a whole number, 10..255");
	bind_refuses("- x", 1, 1, "found a list; accepted: a mapping (sample)");
}

static void unknown_words_are_refused_with_the_nearest(void **state)
{
	(void)state;
	bind_refuses(
	    "kind: nvne", 1, 7,
	    "kind: no word \"nvne\"; did you mean \"nvme\"? accepted: hdd, ssd, nvme, or a "
	    "whole number, 0..9");
	bind_refuses(
	    "gfp: GFP_KERNEL|tape", 1, 6,
	    "gfp: no word \"tape\"; accepted: GFP_KERNEL, GFP_ATOMIC, __GFP_ZERO, joined with "
	    "\"|\", or a whole number");
	bind_refuses("gfp: GFP_KERNEL|", 1, 6,
		     "gfp: \"GFP_KERNEL|\": a word is missing beside \"|\"; accepted: GFP_KERNEL, "
		     "GFP_ATOMIC, __GFP_ZERO, joined with \"|\", or a whole number");
}

static void unknown_and_missing_keys_are_named(void **state)
{
	(void)state;
	bind_refuses("latancy: 5 s", 1, 1,
		     "no key \"latancy\" in a sample; did you mean \"latency\"?");
	bind_refuses("link: {peer: a, weight: 3}", 1, 17,
		     "no key \"weight\" in a link; accepted: rate, peer");
	bind_refuses(
	    "links:\n  - peer: a\n  - rate: 5 B/s\n", 3, 5,
	    "key \"peer\" is missing in a link; accepted: a name of at most 64 letters, digits, "
	    "\".\", \"_\" and \"-\", beginning with a letter, digit or \"_\"");
}

static void all_errors_of_a_mapping_are_collected(void **state)
{
	(void)state;
	struct sample s;

	assert_false(bind_sample(
	    "latancy: 5 s\nshare: 120\non: 3\nsize: 4 KiB\nlinks: [{rate: x}, {}]\n", &s));
	assert_int_equal(d.nr_errors, 6);
	assert_int_equal(s.size, 1);
}

static void a_single_text_is_read_by_a_row(void **state)
{
	(void)state;
	struct bind b = { .d = &d, .arena = &arena };
	struct sample s = { 0 };

	assert_true(bind_text(&b, &sample_keys[9], "--set", "GFP_ATOMIC", &s));
	assert_int_equal(s.gfp, 0xa20);
	assert_true(bind_text(&b, &sample_keys[10], "--set", "[1, 2]", &s));
	assert_int_equal(s.ints.n, 2);
	assert_true(bind_text(&b, &sample_keys[12], "--set", "{peer: q}", &s));
	assert_string_equal(s.link.peer, "q");
	assert_false(bind_text(&b, &sample_keys[9], "--set", "GFP", &s));
	assert_false(bind_text(&b, &sample_keys[11], "--set", "[[1, ", &s));
	assert_int_equal(s.gfp, 0xa20);
	assert_int_equal(d.nr_errors, 2);
}

#define TEST(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(missing_keys_get_their_defaults),
		TEST(sets_are_numbers_and_ranges),
		TEST(every_type_of_key_is_read),
		TEST(numbers_may_stand_for_words_where_the_row_says_so),
		TEST(values_out_of_range_are_refused_with_the_range),
		TEST(values_that_cannot_be_read_are_refused_with_what_can),
		TEST(values_of_the_wrong_kind_are_refused),
		TEST(unknown_words_are_refused_with_the_nearest),
		TEST(unknown_and_missing_keys_are_named),
		TEST(all_errors_of_a_mapping_are_collected),
		TEST(a_single_text_is_read_by_a_row),
	};

	return cmocka_run_group_tests_name("bind", tests, NULL, NULL);
}
