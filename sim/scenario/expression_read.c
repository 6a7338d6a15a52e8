/*
 * expression_read.c - reads expressions over metrics
 *
 * Two walks: the first makes the tree and finds the metrics, the second hands
 * units down to the numbers, because "64 MiB" is so many pages beside nr_dirty
 * and so many KiB beside pgpgin.
 *
 * Recursion follows the parentheses: at most MAX_DEPTH levels.
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/expression_tree.h"
#include "sim/scenario/words.h"

#define MAX_DEPTH  32
#define MAX_LENGTH 1000 /* characters of a comparison, and so nodes of a chain of operators */
#define MAX_SHOWN  60

static const char *const aggregate_names[NR_AGGREGATES] = { "end", "max", "min", "mean", "p99" };

/* ---- reading: words ---- */

/* The place of len characters from p on. */
static struct place place_of(const struct reader *r, const char *p, size_t len)
{
	struct place at = r->node->at;
	int quote = r->node->plain ? 0 : 1;

	if (at.line && at.width == (int)r->node->len + 2 * quote && p >= r->text) {
		at.column += (int)(p - r->node->text) + quote;
		at.width = len ? (int)len : 1;
	}
	return at;
}

static struct expression *fail(struct reader *r, const char *p, size_t len, const char *what)
{
	if (!r->failed) {
		size_t rest = (size_t)(r->end - p);
		char *shown = diag_escape(p, len ? len : rest < 20 ? rest : 20, MAX_SHOWN);

		diag_error(r->d, place_of(r, p, len), "%s%s%s%s", *shown ? "\"" : "", shown,
			   *shown ? "\": " : "", what);
		sim_free(shown);
	}
	r->failed = true;
	return NULL;
}

static void skip_blanks(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n'))
		r->p++;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether the next character is c; then it is taken. */
static bool take(struct reader *r, char c)
{
	skip_blanks(r);
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* A word of letters, digits and "_", in the arena; "" if there is none. */
static const char *take_word(struct reader *r)
{
	const char *from = r->p;

	while (r->p < r->end && (is_letter(*r->p) || is_digit(*r->p)))
		r->p++;
	return arena_strndup(r->arena, from, (size_t)(r->p - from));
}

static struct expression *new_node(struct reader *r, enum kind kind, struct expression *a,
				   struct expression *b)
{
	struct expression *e = arena_calloc(r->arena, 1, sizeof(*e));

	e->kind = kind;
	e->a = a;
	e->b = b;
	if (a && kind != AGGREGATE) {
		e->is_series = a->is_series || (b && b->is_series);
		e->varies = a->varies || (b && b->varies) || (kind == DIV && b->is_series);
	}
	return e;
}

/* ---- reading: numbers ---- */

/* The unit behind a number: letters, "%", or a rate as MB/s. */
static size_t suffix_length(const struct reader *r, const char *p)
{
	const char *from = p;

	if (p < r->end && *p == '%')
		return 1;
	while (p < r->end && is_letter(*p) && *p != '_')
		p++;
	if (p < r->end && (*p == '_' || is_digit(*p)))
		return 0; /* a word, not a unit */
	if (p > from && p + 1 < r->end && p[0] == '/' && p[1] == 's' &&
	    (p + 2 == r->end || !(is_letter(p[2]) || is_digit(p[2]) || p[2] == '(')))
		p += 2;
	return (size_t)(p - from);
}

static struct expression *read_number(struct reader *r)
{
	struct expression *e = new_node(r, NUMBER, NULL, NULL);
	const char *from = r->p;
	size_t suffix;

	while (r->p < r->end && (is_digit(*r->p) || *r->p == '.'))
		r->p++;
	suffix = suffix_length(r, r->p);
	if (suffix) {
		r->p += suffix;
	} else if (r->p < r->end && *r->p == ' ') {
		suffix = suffix_length(r, r->p + 1);
		if (suffix)
			r->p += 1 + suffix;
	}
	e->has_suffix = suffix > 0;
	e->len = (size_t)(r->p - from);
	e->text = arena_strndup(r->arena, from, e->len);
	e->at = place_of(r, from, e->len);
	return e;
}

/* ---- reading: metrics ---- */

static const struct metric_object *find_object(const struct tables *t, const char *name)
{
	for (int k = 0; t->metrics[k]; k++)
		if (!strcmp(t->metrics[k]->name, name))
			return t->metrics[k];
	return NULL;
}

static struct expression *unknown_object(struct reader *r, const char *from, const char *name)
{
	struct words words = { 0 };

	for (int k = 0; r->tables->metrics[k]; k++)
		words_add(&words, r->tables->metrics[k]->name);
	words_unknown(&words, r->d, place_of(r, from, strlen(name)), "no kind of objects", name,
		      "");
	words_free(&words);
	r->failed = true;
	return NULL;
}

/* How a metric is written that other objects have: "zone.high"; NULL: none has it. */
static char *metric_of_others(const struct reader *r, const char *name)
{
	const struct metric_object *kind = NULL;

	if (!metric_find(r->tables, NULL, name, &kind))
		return NULL;
	return kind->nr_keys ? str_format("%s.%s", kind->name, name)
			     : str_format("%s (of the machine)", name);
}

static struct expression *unknown_metric(struct reader *r, const char *from, const char *name,
					 const struct metric_object *object)
{
	struct place at = place_of(r, from, strlen(name));
	struct words words = { .shown_by = "mmsim list metrics" };
	const char *near;

	for (int k = 0; r->tables->metrics[k]; k++) {
		const struct metric_object *o = r->tables->metrics[k];

		for (int i = 0; (!object || o == object) && i < o->nr_rows; i++)
			words_add(&words, o->rows[i].name);
	}
	near = diag_nearest(name, words.w, words.n);
	if (object) {
		char *elsewhere = near ? NULL : metric_of_others(r, name);
		char *where = str_format(" of %s", object->name);

		words.elsewhere = elsewhere;
		words_unknown(&words, r->d, at, "no metric", name, where);
		sim_free(elsewhere);
		sim_free(where);
	} else if (near) {
		diag_error(r->d, at, "no metric \"%s\"; did you mean \"%s\"?", name, near);
	} else {
		diag_error(r->d, at,
			   "no metric \"%.60s\"; accepted: names that \"mmsim list metrics\" shows "
			   "for %s",
			   name, r->tables->personality->name);
	}
	words_free(&words);
	r->failed = true;
	return NULL;
}

/* Keys between brackets: "0 DMA32". */
static bool read_keys(struct reader *r, struct expression *e)
{
	const struct metric_object *o = e->object;
	const char *from = r->p;
	int n = 0;

	for (;; n++) {
		while (r->p < r->end && (*r->p == ' ' || *r->p == ','))
			r->p++;
		if (r->p == r->end || *r->p == ']')
			break;

		const char *key = r->p;

		while (r->p < r->end && !strchr(" ,]", *r->p))
			r->p++;
		if (n >= o->nr_keys)
			continue;

		size_t len = (size_t)(r->p - key);
		const char *why;

		if (o->keys[n].text)
			e->keys[n].text = arena_strndup(r->arena, key, len);
		else if (!unit_parse(UNIT_COUNT, key, len, &e->keys[n].number, &why))
			return fail(r, key, len, "not a number; accepted: the number of an object");
	}
	e->at = place_of(r, from, (size_t)(r->p - from));
	if (n == o->nr_keys && take(r, ']'))
		return true;

	struct str form = { 0 };

	str_addf(&form, "does not name one %s; accepted: %s", o->name, o->name);
	for (int i = 0; i < o->nr_keys; i++)
		str_addf(&form, "%c%s", i ? ' ' : '[', o->keys[i].name);
	str_add(&form, o->nr_keys ? "].name" : ".name, there is only one");
	fail(r, from, (size_t)(r->p - from), str_get(&form));
	str_free(&form);
	return false;
}

static struct expression *unknown_call(struct reader *r, const char *from, const char *name)
{
	const struct personality *p = r->tables->personality;
	struct words words = { .shown_by = "mmsim list ops" };

	for (int m = 0; p->models[m]; m++)
		for (int i = 0; i < p->models[m]->nr_ops; i++)
			words_add(&words, p->models[m]->ops[i].name);
	words_unknown(&words, r->d, place_of(r, from, strlen(name)), "no call", name, "");
	words_free(&words);
	r->failed = true;
	return NULL;
}

/* "latency[writer write]", behind the first word: what the calls of a task take. */
static struct expression *read_latency(struct reader *r, const char *from)
{
	struct expression *e = new_node(r, LATENCY, NULL, NULL);
	const char *task = r->p + 1;
	const char *close = memchr(task, ']', (size_t)(r->end - task));
	const char *op = close ? memchr(task, ' ', (size_t)(close - task)) : NULL;

	if (!op || op == task || op + 1 == close)
		return fail(r, from, (size_t)(r->end - from),
			    "does not name calls; accepted: latency[task call], as latency[writer "
			    "write]; the task may be a shell pattern");
	e->at = place_of(r, task, (size_t)(close - task));
	e->task = arena_strndup(r->arena, task, (size_t)(op - task));
	op += strspn(op, " ");
	e->op = arena_strndup(r->arena, op, (size_t)(close - op));
	if (!op_find(r->tables->personality, e->op))
		return unknown_call(r, op, e->op);
	r->p = close + 1;
	if (!r->in_aggregate)
		return fail(
		    r, from, (size_t)(r->p - from),
		    "is of many calls; accepted: end(), max(), min(), mean() or p99() of it");
	r->has_latency = true;
	return e;
}

/* Whether times of calls stand beside something else: they are no series. */
static bool mixes_latency(const struct expression *e)
{
	if (e->kind == LATENCY)
		return true;
	return (e->a && mixes_latency(e->a)) || (e->b && mixes_latency(e->b));
}

static struct expression *read_metric(struct reader *r, const char *from, const char *word)
{
	struct expression *e;
	bool is_kind = r->p < r->end && (*r->p == '[' || *r->p == '.');
	const char *name = word, *name_at = from;

	if (is_kind && *r->p == '[' && !strcmp(word, "latency"))
		return read_latency(r, from);
	e = new_node(r, METRIC, NULL, NULL);
	e->is_series = true;
	if (is_kind) {
		e->object = find_object(r->tables, word);
		if (!e->object)
			return unknown_object(r, from, word);
		e->is_one = *r->p == '[';
		r->p += e->is_one;
		if (e->is_one && !read_keys(r, e))
			return NULL;
		if (r->p == r->end || *r->p != '.')
			return fail(r, r->p, 0, "no metric; accepted: \".\" and the name of one");
		name_at = ++r->p;
		name = take_word(r);
	}
	e->row = metric_find(r->tables, is_kind ? word : NULL, name, &e->object);
	if (!e->row)
		return unknown_metric(r, name_at, name, is_kind ? e->object : NULL);
	if (r->mode == EXPRESSION_FINAL && !r->in_aggregate)
		return fail(
		    r, from, (size_t)(r->p - from),
		    "a series; accepted: end(), max(), min(), mean() or p99() of it, or the "
		    "comparison inside always(), ever() or never()");
	return e;
}

/* ---- reading: results ---- */

static struct expression *unknown_field(struct reader *r, const char *from, const char *name,
					const char *kind)
{
	const struct personality *p = r->tables->personality;
	struct words words = { 0 };

	for (int i = 0; kind && i < p->nr_fields; i++)
		if (!strcmp(p->fields[i].kind, kind))
			words_add(&words, p->fields[i].name);
	if (words.n)
		words_unknown(&words, r->d, place_of(r, from, strlen(name)), "no field", name, "");
	else
		diag_error(r->d, place_of(r, from, strlen(name)),
			   "\"%.60s\": the result has no fields; accepted: its name alone", name);
	words_free(&words);
	r->failed = true;
	return NULL;
}

/* A name given by as:, and behind a "." one of its fields; *is_one: the word is such a name. */
static struct expression *read_result(struct reader *r, const char *word, bool *is_one)
{
	const struct personality *p = r->tables->personality;
	const char *kind = NULL, *from = r->p + 1, *name;
	int number = r->names ? r->names->find(r->names->arg, word, &kind) : -1;
	struct expression *e;

	*is_one = number >= 0;
	if (number < 0)
		return NULL;
	e = new_node(r, RESULT, NULL, NULL);
	e->is_series = true;
	e->result = number;
	if (r->p == r->end || *r->p != '.')
		return e;
	r->p++;
	name = take_word(r);
	for (int i = 0; kind && i < p->nr_fields; i++)
		if (!strcmp(p->fields[i].kind, kind) && !strcmp(p->fields[i].name, name))
			e->field = &p->fields[i];
	return e->field ? e : unknown_field(r, from, name, kind);
}

/* ---- reading: operators ---- */

static struct expression *read_sum(struct reader *r);

static struct expression *unclosed(struct reader *r)
{
	return fail(r, r->p, 0,
		    r->p < r->end ? "cannot stand here; accepted: + - * / or \")\""
				  : "\")\" is missing; accepted: as many as \"(\"");
}

static struct expression *read_aggregate(struct reader *r, const char *from, const char *word)
{
	struct words words = { 0 };
	struct expression *e, *a;

	for (int how = 0; how < NR_AGGREGATES; how++) {
		if (strcmp(aggregate_names[how], word)) {
			words_add(&words, aggregate_names[how]);
			continue;
		}
		words_free(&words);
		if (r->mode == EXPRESSION_SERIES || r->in_aggregate)
			return fail(
			    r, from, strlen(word),
			    "cannot stand here; accepted: metrics, numbers, + - * / and ()");
		r->in_aggregate = true;
		a = read_sum(r);
		r->in_aggregate = false;
		if (!a)
			return NULL;
		if (!take(r, ')'))
			return unclosed(r);
		if (a->kind != LATENCY && mixes_latency(a))
			return fail(r, from, (size_t)(r->p - from),
				    "latency stands beside something else; accepted: alone between "
				    "the parentheses");
		e = new_node(r, AGGREGATE, a, NULL);
		e->how = (enum aggregate)how;
		r->has_p99 |= how == AGG_P99;
		return e;
	}
	words_unknown(&words, r->d, place_of(r, from, strlen(word)), "no function", word, "");
	words_free(&words);
	r->failed = true;
	return NULL;
}

static struct expression *read_factor(struct reader *r)
{
	struct expression *e = NULL;
	const char *from;

	skip_blanks(r);
	from = r->p;
	if (r->depth >= MAX_DEPTH)
		return fail(r, r->p, 0, "too many levels; accepted: at most 32");
	r->depth++;
	if (take(r, '-')) {
		struct expression *zero = new_node(r, NUMBER, NULL, NULL);

		zero->number = fraction_of(0);
		e = read_factor(r);
		e = e ? new_node(r, SUB, zero, e) : NULL;
	} else if (take(r, '(')) {
		e = read_sum(r);
		if (e && !take(r, ')'))
			e = unclosed(r);
	} else if (r->p < r->end && is_digit(*r->p)) {
		e = read_number(r);
	} else if (r->p < r->end && is_letter(*r->p)) {
		const char *word = take_word(r), *behind = r->p;

		if (take(r, '(')) {
			e = read_aggregate(r, from, word);
		} else {
			bool is_result;

			r->p = behind;
			e = read_result(r, word, &is_result);
			if (!is_result)
				e = read_metric(r, from, word);
		}
	} else {
		fail(r, r->p, 0,
		     r->p < r->end ? "cannot stand here; accepted: a metric or a number"
				   : "something is missing; accepted: a metric or a number");
	}
	r->depth--;
	return e;
}

static struct expression *read_product(struct reader *r)
{
	struct expression *e = read_factor(r);

	while (e) {
		bool mul = take(r, '*');
		struct expression *b;
		const char *from;

		if (!mul && !take(r, '/'))
			return e;
		skip_blanks(r);
		from = r->p;
		b = read_factor(r);
		e = b ? new_node(r, mul ? MUL : DIV, e, b) : NULL;
		if (e)
			e->at = place_of(r, from, (size_t)(r->p - from));
	}
	return NULL;
}

static struct expression *read_sum(struct reader *r)
{
	struct expression *e = read_product(r);

	while (e) {
		bool add = take(r, '+');
		struct expression *b;

		if (!add && !take(r, '-'))
			return e;
		b = read_product(r);
		e = b ? new_node(r, add ? ADD : SUB, e, b) : NULL;
	}
	return NULL;
}

static bool read_operator(struct reader *r, enum compare_op *op)
{
	static const char *const written[] = { "<=", "==", "!=", ">=", "<", ">" };
	static const enum compare_op ops[] = { OP_LE, OP_EQ, OP_NE, OP_GE, OP_LT, OP_GT };

	skip_blanks(r);
	for (size_t i = 0; i < ARRAY_LEN(written); i++) {
		size_t len = strlen(written[i]);

		if ((size_t)(r->end - r->p) >= len && !strncmp(r->p, written[i], len)) {
			r->p += len;
			*op = ops[i];
			return true;
		}
	}
	fail(r, r->p, 0,
	     r->p < r->end
		 ? "no comparison; accepted: one of < <= == != >= >"
		 : "the comparison is missing; accepted: one of < <= == != >= >, and a sum");
	return false;
}

/* ---- the whole ---- */

bool comparison_parse(struct diag *d, const struct tables *tables, struct arena *arena,
		      const struct yaml_node *node, size_t offset, size_t len,
		      enum expression_mode mode, const struct result_names *names,
		      struct comparison *out)
{
	struct reader r = {
		.d = d, .tables = tables, .arena = arena, .node = node, .mode = mode, .names = names
	};
	int unit;

	*out = (struct comparison){ 0 };
	r.text = r.p = node->text + offset;
	r.end = r.text + len;
	if (len > MAX_LENGTH) {
		diag_error(d, node->at, "%zu characters; accepted: at most %d", len, MAX_LENGTH);
		return false;
	}
	out->left = read_sum(&r);
	if (!out->left || !read_operator(&r, &out->op))
		return false;
	out->right = read_sum(&r);
	if (!out->right)
		return false;
	skip_blanks(&r);
	if (r.p < r.end) {
		fail(&r, r.p, 0,
		     "more than one comparison, or an operator is missing; accepted: nothing "
		     "more here");
		return false;
	}
	unit = expression_same_unit(&r, expression_unit(&r, out->left),
				    expression_unit(&r, out->right));
	expression_give_units(&r, out->left, unit, false);
	expression_give_units(&r, out->right, unit, false);
	if (!r.failed) {
		expression_refuse_zeros(&r, out->left);
		expression_refuse_zeros(&r, out->right);
	}
	out->unit = unit >= 0 ? (enum unit)unit : UNIT_COUNT;
	out->has_p99 = r.has_p99;
	out->has_latency = r.has_latency;
	return !r.failed;
}
