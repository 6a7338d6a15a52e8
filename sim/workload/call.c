/*
 * call.c - reads a step that is a call: "read: { file: data, block: 4 KiB }"
 *
 * The words of a call come from three tables: those it takes itself (op.h), those that
 * repeat any call, and those of calls that work on a stretch of a file.  Beside
 * the call stand as:, returns: and bug:.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/errname.h"
#include "sim/base/mem.h"
#include "sim/scenario/bind.h"
#include "sim/workload/program.h"

#define MAX_TIME      1000000000000000000 /* ns */
#define DEFAULT_BLOCK "64 KiB"

/* ---- words that every call has ---- */

struct repeat_conf {
	int64_t count, think, time_limit, iops;
};

static const struct key repeat_keys[] = {
	{ .name = "count",
	  .type = KEY_INT,
	  .offset = offsetof(struct repeat_conf, count),
	  .min = 1,
	  .max = INT64_MAX,
	  .meaning = "calls; 1 if neither count, for nor bytes is given" },
	{ .name = "think",
	  .type = KEY_INT,
	  .unit = UNIT_NS,
	  .offset = offsetof(struct repeat_conf, think),
	  .max = MAX_TIME,
	  .meaning = "sleep between two calls" },
	{ .name = "for",
	  .type = KEY_INT,
	  .unit = UNIT_NS,
	  .offset = offsetof(struct repeat_conf, time_limit),
	  .min = 1,
	  .max = MAX_TIME,
	  .meaning = "no further call after this time" },
	{ .name = "iops",
	  .type = KEY_INT,
	  .offset = offsetof(struct repeat_conf, iops),
	  .min = 1,
	  .max = 1000000000,
	  .meaning = "calls per second at most" },
};

const struct key_schema workload_repeat_schema = {
	.name = "call",
	.keys = repeat_keys,
	.nr_keys = ARRAY_LEN(repeat_keys),
	.size = sizeof(struct repeat_conf),
	.seen = SIZE_MAX,
};

struct stream_conf {
	int64_t offset, block, len, bytes, span, rate;
	const struct yaml_node *pattern;
};

static const struct key stream_keys[] = {
	{ .name = "offset",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct stream_conf, offset),
	  .max = INT64_MAX / 2,
	  .meaning = "where the span begins" },
	{ .name = "block",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct stream_conf, block),
	  .def = DEFAULT_BLOCK,
	  .min = 1,
	  .max = 1 << 30,
	  .meaning = "bytes of one call" },
	{ .name = "len",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct stream_conf, len),
	  .min = 1,
	  .max = 1 << 30,
	  .meaning = "the same as block" },
	{ .name = "bytes",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct stream_conf, bytes),
	  .min = 1,
	  .max = INT64_MAX / 2,
	  .meaning = "bytes of all calls together" },
	{ .name = "span",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct stream_conf, span),
	  .min = 1,
	  .max = INT64_MAX / 2,
	  .meaning = "the stretch to work on; no end if not given, or, for patterns that need one, "
		     "to the end of the file" },
	{ .name = "pattern",
	  .type = KEY_NODE,
	  .offset = offsetof(struct stream_conf, pattern),
	  .meaning = "sequential (each time the step is reached it goes on where it stopped), "
		     "reverse, stride N, random, zipf S" },
	{ .name = "rate",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES_PER_SEC,
	  .offset = offsetof(struct stream_conf, rate),
	  .min = 1,
	  .max = INT64_MAX,
	  .meaning = "bytes per second at most" },
};

const struct key_schema workload_stream_schema = {
	.name = "stream",
	.keys = stream_keys,
	.nr_keys = ARRAY_LEN(stream_keys),
	.size = sizeof(struct stream_conf),
	.seen = SIZE_MAX,
};

/* ---- words that the call takes itself ---- */

#define MAX_TAKEN 32

/* One word of op->takes. */
struct taken {
	const struct key *key;
	const char *def; /* the default, "": none; NULL: the word is required */
};

struct call_words {
	struct taken taken[MAX_TAKEN];
	int n;
};

static bool is_stream_word(const struct op *op, const char *name, size_t len)
{
	return (op->flags & OP_STREAM) && key_find(&workload_stream_schema, name, len);
}

/* Takes "pool, gfp = GFP_KERNEL, node =" apart; a stream's own words are left to it. */
static void read_takes(struct compiler *c, const struct op *op, struct call_words *words)
{
	words->n = 0;
	for (const char *p = op->takes ? op->takes : ""; *p;) {
		size_t item = strcspn(p, ","), name = strcspn(p, " =,");
		const char *equals = memchr(p, '=', item);
		struct taken *taken = &words->taken[words->n];

		if (name && !is_stream_word(op, p, name)) {
			SIM_ASSERT(words->n < MAX_TAKEN);
			*taken = (struct taken){ .key = op_word(c->p->args, op, p, name) };
			SIM_ASSERT(taken->key != NULL); /* a word of the table that arg.def lacks */
			if (equals) {
				const char *from = equals + 1 + strspn(equals + 1, " ");
				const char *to = p + item;

				while (to > from && to[-1] == ' ')
					to--;
				taken->def = arena_strndup(&c->w->arena, from,
							   to > from ? (size_t)(to - from) : 0);
			}
			words->n++;
		}
		p += item + (p[item] == ',');
		p += strspn(p, " ");
	}
}

/* The default of a word that is true or false may be another word: whether that is given. */
static int default_from(const struct call_words *words, const struct taken *taken)
{
	for (int i = 0; taken->def && taken->key->type == KEY_BOOL && i < words->n; i++)
		if (!strcmp(words->taken[i].key->name, taken->def))
			return i;
	return -1;
}

static void give_default(struct compiler *c, const struct taken *taken, void *args)
{
	struct bind b = { .d = c->d, .arena = &c->w->arena };
	int64_t *number = (int64_t *)(void *)((char *)args + taken->key->offset);

	if (taken->def && *taken->def)
		SIM_ASSERT(bind_text(&b, taken->key, taken->key->name, taken->def, args));
	else if (taken->key->type == KEY_INT && taken->key->min < 0)
		*number = -1;
}

/* ---- reading ---- */

/* What a call is made of while it is read. */
struct reading_call {
	struct compiler *c;
	const struct op *op;
	struct call *call;
	struct call_words words;
	void *args;
	struct repeat_conf repeat;
	struct stream_conf stream;
	bool block_given;
	uint32_t given;             /* bit per word taken */
	struct place at[MAX_TAKEN]; /* of the values given */
};

static void unknown_word(struct reading_call *rc, const struct yaml_node *key)
{
	struct words words = { 0 };
	char *where = str_format(" in %s", rc->op->name);

	for (int i = 0; i < rc->words.n; i++)
		words_add(&words, rc->words.taken[i].key->name);
	for (int i = 0; rc->call->is_stream && i < workload_stream_schema.nr_keys; i++)
		words_add(&words, stream_keys[i].name);
	for (int i = 0; i < workload_repeat_schema.nr_keys; i++)
		words_add(&words, repeat_keys[i].name);
	if (!strcmp(key->text, "as") || !strcmp(key->text, "returns") || !strcmp(key->text, "bug"))
		diag_error(rc->c->d, key->at,
			   "\"%s\" is no word of a call; accepted: beside it, { %s: ..., %s: ... }",
			   key->text, rc->op->name, key->text);
	else
		words_unknown(&words, rc->c->d, key->at, "no word", key->text, where);
	words_free(&words);
	sim_free(where);
}

/* The object that a call is about, its first word, comes first, wherever it is written. */
static void add_call_ref(struct reading_call *rc, const struct key *key, struct place at)
{
	struct call *call = rc->call;
	struct ref_use *use = &call->refs[call->nr_refs];
	const struct arg_ref *ref =
	    (const struct arg_ref *)(const void *)((const char *)rc->args + key->offset);

	if (!ref->name)
		return;
	if (call->nr_refs && key == rc->words.taken[0].key) {
		*use = call->refs[0];
		use = &call->refs[0];
	}
	*use = (struct ref_use){
		.offset = key->offset,
		.name = ref->name,
		.kind = key->ref_kind,
		.at = at,
		.declared_only = key == rc->words.taken[0].key && (rc->op->flags & OP_NAMES) &&
				 (rc->op->flags & OP_RELEASES),
	};
	call->nr_refs++;
}

/* One word of the call, of its table or of the others. */
static void read_word(struct reading_call *rc, const struct yaml_node *key,
		      const struct yaml_node *value)
{
	struct bind b = { .d = rc->c->d, .arena = &rc->c->w->arena };
	const struct key *row;

	for (int i = 0; i < rc->words.n; i++) {
		row = rc->words.taken[i].key;
		if (strcmp(row->name, key->text))
			continue;
		rc->given |= 1u << i;
		rc->at[i] = value->at;
		if (bind_value(&b, row, value, rc->args) && row->type == KEY_REF)
			add_call_ref(rc, row, value->at);
		return;
	}
	row = rc->call->is_stream ? key_find(&workload_stream_schema, key->text, key->len) : NULL;
	if (row) {
		rc->block_given |= !strcmp(row->name, "block");
		bind_value(&b, row, value, &rc->stream);
		return;
	}
	row = key_find(&workload_repeat_schema, key->text, key->len);
	if (row && rc->c->program->is_irq && strcmp(row->name, "count"))
		diag_error(rc->c->d, key->at, "%s: an interrupt cannot wait; accepted: count",
			   row->name);
	else if (row)
		bind_value(&b, row, value, &rc->repeat);
	else
		unknown_word(rc, key);
}

/* A bare value: the first word that the call takes. */
static void read_short(struct reading_call *rc, const struct yaml_node *value)
{
	struct yaml_node key = *value;

	if (!rc->words.n) {
		diag_error(rc->c->d, value->at, "%s takes no words; found \"%.60s\"", rc->op->name,
			   value->text);
		return;
	}
	key.text = rc->words.taken[0].key->name;
	key.len = strlen(key.text);
	read_word(rc, &key, value);
}

static void give_late_defaults(struct reading_call *rc)
{
	for (int i = 0; i < rc->words.n; i++) {
		const struct taken *taken = &rc->words.taken[i];
		int from = default_from(&rc->words, taken);

		if (from >= 0 && !(rc->given & 1u << i))
			*(bool *)((char *)rc->args + taken->key->offset) = rc->given >> from & 1;
	}
}

static void check_missing(struct reading_call *rc, struct place at)
{
	for (int i = 0; i < rc->words.n; i++) {
		const struct taken *taken = &rc->words.taken[i];
		struct str accepted = { 0 };

		if (taken->def || (rc->given & 1u << i))
			continue;
		if (taken->key->type == KEY_REF && taken->key->ref_kind)
			str_addf(&accepted, "the name of a %s", taken->key->ref_kind);
		else
			bind_print_accepted(&accepted, taken->key);
		diag_error(rc->c->d, at, "word \"%s\" is missing in %s; accepted: %s",
			   taken->key->name, rc->op->name, str_get(&accepted));
		str_free(&accepted);
	}
}

static void use_stream(struct reading_call *rc, struct place at)
{
	struct compiler *c = rc->c;
	struct call *call = rc->call;
	const struct yaml_node *pattern = rc->stream.pattern;
	const struct key *offset = key_find(c->p->args, "offset", 6);
	const struct key *len = key_find(c->p->args, "len", 3);
	const char *why;

	SIM_ASSERT(offset && len);
	if (rc->stream.len && rc->block_given)
		diag_error(c->d, at, "%s: both len and block are given; accepted: one of them",
			   rc->op->name);
	call->offset_at = offset->offset;
	call->len_at = len->offset;
	call->start = rc->stream.offset;
	call->block = rc->stream.len ? rc->stream.len : rc->stream.block;
	call->bytes = rc->stream.bytes;
	call->span = rc->stream.span;
	call->rate = rc->stream.rate;
	if (call->span && call->span < call->block)
		diag_error(c->d, at,
			   "%s: the span is smaller than a block; accepted: at least one "
			   "block",
			   rc->op->name);
	if (!pattern)
		return;
	if (pattern->kind != YAML_KIND_SCALAR)
		diag_error(c->d, pattern->at,
			   "pattern: found %s; accepted: sequential, reverse, "
			   "stride N, random, zipf S",
			   yaml_describe(pattern));
	else if (!pattern_parse(pattern->text, &call->pattern, &why))
		diag_error(c->d, pattern->at,
			   "pattern: \"%.60s\": %s; accepted: sequential, "
			   "reverse, stride N, random, zipf S",
			   pattern->text, why);
	else if (call->pattern.kind == PATTERN_STRIDE &&
		 call->pattern.stride < (uint64_t)call->block)
		diag_error(c->d, pattern->at,
			   "pattern: the stride is smaller than a block; "
			   "accepted: at least one block");
}

bool compile_expected(struct compiler *c, const struct yaml_node *node, struct expected *expected)
{
	const char *why;
	struct words words = { 0 };

	if (node->kind != YAML_KIND_SCALAR || yaml_is_empty(node)) {
		diag_error(c->d, node->at,
			   "returns: found %s; accepted: a number, -ENOMEM or "
			   "another error, NULL, not NULL",
			   yaml_describe(node));
		return false;
	}
	*expected = (struct expected){ .what = EXPECT_NUMBER };
	if (unit_parse(UNIT_COUNT, node->text, node->len, &expected->number, &why) ||
	    unit_parse(UNIT_BYTES, node->text, node->len, &expected->number, &why))
		return true;
	if (node->text[0] == '-' && error_number(node->text + 1, node->len - 1)) {
		expected->number = -error_number(node->text + 1, node->len - 1);
		return true;
	}
	expected->what = yaml_is(node, "NULL")       ? EXPECT_NULL
			 : yaml_is(node, "not NULL") ? EXPECT_OBJECT
						     : EXPECT_ANY;
	if (expected->what == EXPECT_ANY && node->text[0] == '-' && node->text[1] == 'E') {
		for (size_t i = 0; error_name_at(i); i++)
			words_add(&words, error_name_at(i));
		words_unknown(&words, c->d, node->at, "returns: no error", node->text + 1, "");
	} else if (expected->what == EXPECT_ANY) {
		diag_error(c->d, node->at,
			   "returns: \"%.60s\" is no result; accepted: a number, "
			   "-ENOMEM or another error, NULL, not NULL",
			   node->text);
	}
	words_free(&words);
	return expected->what != EXPECT_ANY;
}

void print_number_or_error(struct str *out, int64_t v)
{
	const char *name = v < 0 && v > -INT16_MAX ? error_name((int)-v) : NULL;

	if (name)
		str_addf(out, "-%s", name);
	else
		str_addf(out, "%" PRId64, v);
}

/* as:, returns: and bug: beside the call. */
static void read_beside(struct reading_call *rc, const struct yaml_node *step)
{
	struct compiler *c = rc->c;
	struct call *call = rc->call;
	const struct yaml_node *as = yaml_get(step, "as");
	const struct yaml_node *returns = yaml_get(step, "returns");
	const struct yaml_node *bug = yaml_get(step, "bug");

	call->as = as ? add_slot(c, as, rc->op->gives) : -1;
	if (returns && compile_expected(c, returns, &call->expected) && !rc->op->gives &&
	    call->expected.what != EXPECT_NUMBER)
		diag_error(c->d, returns->at,
			   "%s returns a number; accepted: a number, -ENOMEM or "
			   "another error",
			   rc->op->name);
	if (bug && !yaml_is(bug, "true") && !yaml_is(bug, "false"))
		diag_error(c->d, bug->at, "bug: found %s; accepted: true or false",
			   yaml_describe(bug));
	call->bug = bug && yaml_is(bug, "true");
	call->is_checked = call->as >= 0 || call->expected.what != EXPECT_ANY || call->bug;
}

/* In an interrupt a call must not sleep, unless it is there to break that rule. */
static void check_sleeps(const struct reading_call *rc, struct place at)
{
	const struct compiler *c = rc->c;
	const char *word, *accepted;

	if (!c->program->is_irq || rc->call->bug || !(rc->op->flags & OP_MAY_SLEEP) ||
	    !c->p->sleeps || !c->p->sleeps(rc->args, &word, &accepted))
		return;
	for (int i = 0; i < rc->words.n; i++)
		if (!strcmp(rc->words.taken[i].key->name, word) && (rc->given & 1u << i))
			at = rc->at[i];
	diag_error(c->d, at,
		   "%s: %s may sleep with this %s, which an interrupt cannot; accepted: %s", word,
		   rc->op->name, word, accepted);
}

struct call *compile_call(struct compiler *c, const struct op *op, const struct yaml_node *step,
			  const struct yaml_node *key, const struct yaml_node *words)
{
	struct reading_call rc = { .c = c, .op = op };
	struct bind b = { .d = c->d, .arena = &c->w->arena };
	struct call *call = arena_calloc(&c->w->arena, 1, sizeof(*call));

	rc.call = call;
	rc.args = arena_calloc(&c->w->arena, 1, c->p->args ? c->p->args->size : 1);
	call->op = op;
	call->args = rc.args;
	call->id = c->program->nr_calls++;
	call->is_stream = op->flags & OP_STREAM;
	read_takes(c, op, &rc.words);
	call->refs = arena_calloc(&c->w->arena, (size_t)rc.words.n + 1, sizeof(*call->refs));
	bind_defaults(&b, &workload_stream_schema, &rc.stream);
	for (int i = 0; i < rc.words.n; i++)
		if (default_from(&rc.words, &rc.words.taken[i]) < 0)
			give_default(c, &rc.words.taken[i], rc.args);
	if (c->program->is_irq && (op->flags & OP_NO_IRQ))
		diag_error(c->d, key->at, "%s may sleep: it cannot be called in an interrupt",
			   op->name);
	if (words->kind == YAML_KIND_MAP) {
		for (size_t i = 0; i < words->n; i++)
			read_word(&rc, words->keys[i], words->items[i]);
	} else if (words->kind == YAML_KIND_LIST) {
		diag_error(c->d, words->at,
			   "%s: found a list; accepted: a mapping (words of the "
			   "call)",
			   op->name);
	} else if (!yaml_is_empty(words) && words != step) {
		read_short(&rc, words);
	}
	give_late_defaults(&rc);
	if (words->kind != YAML_KIND_LIST) /* else what is missing follows from that error */
		check_missing(&rc, key->at);
	if (call->is_stream)
		use_stream(&rc, key->at);
	for (int i = 0; i < call->nr_refs; i++)
		add_ref(c, &call->refs[i]);
	call->think = (sim_time)rc.repeat.think;
	call->time_limit = (sim_time)rc.repeat.time_limit;
	call->iops = rc.repeat.iops;
	call->count = rc.repeat.count;
	if (!call->count && !call->time_limit && !call->bytes &&
	    (!(op->flags & OP_RELEASES) || (op->flags & OP_NAMES)))
		call->count = 1;
	if (step->kind == YAML_KIND_MAP)
		read_beside(&rc, step);
	else
		call->as = -1;
	check_sleeps(&rc, key->at);
	return call;
}
