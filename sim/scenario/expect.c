/*
 * expect.c - what a run is expected to show
 *
 * Three kinds: a comparison at every sample (always, ever, never), a comparison
 * of what the samples come to (max, end ...), and a count of tracepoints.
 * All are followed while the run goes on, so that the report can say when one
 * was first broken.
 */
#include "sim/scenario/expect.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/expression.h"
#include "sim/scenario/words.h"

enum expect_kind {
	EXPECT_ALWAYS,
	EXPECT_EVER,
	EXPECT_NEVER,
	EXPECT_FINAL, /* a comparison of end(), max() ... */
	EXPECT_COUNT, /* of tracepoints, within min..max */
};

struct expectation {
	enum expect_kind kind;
	const char *text; /* as written, for the report */

	struct comparison comparison;
	uint64_t nr_samples;  /* at which it was defined */
	uint64_t nr_broken;   /* of these: it did not hold (never: it did) */
	bool is_broken;       /* at the last sample */
	struct verdict first; /* the first time it was broken; final: since when it is */
	sim_time first_at;
	struct verdict worst; /* always: furthest from right; ever: nearest to it */
	sim_time worst_at;

	int *traces; /* in the arena; ids */
	int nr_traces;
	uint64_t min, max;
	sim_time broken_at; /* the sample that saw more than max; FOREVER: none */
};

/* ---- reading ---- */

/* The words before a tracepoint or, the first three, a comparison. */
struct count_word {
	const char *word;
	bool has_number;
	enum expect_kind kind; /* of the same word before a comparison */
};

static const struct count_word count_words[] = {
	{ "always", false, EXPECT_ALWAYS }, { "ever", false, EXPECT_EVER },
	{ "never", false, EXPECT_NEVER },   { "at_least", true, EXPECT_COUNT },
	{ "at_most", true, EXPECT_COUNT },  { "exactly", true, EXPECT_COUNT },
};

struct expect_reader {
	struct diag *d;
	const struct tables *tables;
	struct arena *arena; /* for all that is kept */
};

/* Adds the ids that match a pattern; false: none, an error was added. */
static bool find_traces(struct expect_reader *r, struct expectation *e,
			const struct yaml_node *node, size_t offset)
{
	const char *glob = node->text + offset;
	struct words words = { .shown_by = "mmsim list trace" };

	e->traces = arena_calloc(r->arena, (size_t)r->tables->trace.nr + 1, sizeof(*e->traces));
	for (int i = 0; i < r->tables->trace.nr; i++) {
		words_add(&words, r->tables->trace.defs[i].name);
		if (fnmatch(glob, r->tables->trace.defs[i].name, 0) == 0)
			e->traces[e->nr_traces++] = i;
	}
	if (!e->nr_traces)
		words_unknown(&words, r->d, node->at, "no tracepoint", glob, "");
	words_free(&words);
	return e->nr_traces > 0;
}

/* "at_least 3" or "never": the word, and the number in min or max. */
static const struct count_word *read_count_word(struct expect_reader *r, struct expectation *e,
						const struct yaml_node *key, size_t len)
{
	struct words words = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(count_words); i++) {
		const struct count_word *word = &count_words[i];
		size_t n = strlen(word->word);
		const char *why = "a number is missing", *number = key->text + n;
		int64_t value = 0;

		words_add(&words, word->word);
		if (len < n || strncmp(key->text, word->word, n) || (len > n && *number != ' '))
			continue;
		words_free(&words);
		if (word->has_number == (len == n) ||
		    (word->has_number &&
		     (!unit_parse(UNIT_COUNT, number + 1, len - n - 1, &value, &why) ||
		      value < 0))) {
			diag_error(r->d, key->at, "\"%.*s\": %s; accepted: %s%s", (int)len,
				   key->text, word->has_number ? why : "takes no number",
				   word->word, word->has_number ? " and a number" : "");
			return NULL;
		}
		e->min = i == 3 || i == 5 ? (uint64_t)value : i == 1 ? 1 : 0;
		e->max = i >= 4 ? (uint64_t)value : i == 2 ? 0 : UINT64_MAX;
		return word;
	}

	size_t word = strcspn(key->text, " ");
	char *shown = sim_strndup(key->text, word < len ? word : len);

	words_unknown(&words, r->d, key->at, "no word", shown, " in expect");
	sim_free(shown);
	words_free(&words);
	return NULL;
}

static bool is_comparison(const char *text)
{
	return strpbrk(text, "<>=") != NULL;
}

/* What stands behind "never:", "at_least 3:". */
static bool read_counted(struct expect_reader *r, struct expectation *e,
			 const struct count_word *word, const struct yaml_node *node, size_t offset)
{
	if (!word->has_number && is_comparison(node->text + offset)) {
		e->kind = word->kind;
		return comparison_parse(r->d, r->tables, r->arena, node, offset, node->len - offset,
					EXPRESSION_SERIES, NULL, &e->comparison);
	}
	if (word->kind == EXPECT_ALWAYS) {
		diag_error(r->d, node->at,
			   "\"%.60s\" is no comparison; accepted: always: and a "
			   "comparison",
			   node->text + offset);
		return false;
	}
	e->kind = EXPECT_COUNT;
	return find_traces(r, e, node, offset);
}

/* "always(...)": the comparison inside.  A comparison of end(), max() ... otherwise. */
static bool read_text(struct expect_reader *r, struct expectation *e, const struct yaml_node *node)
{
	size_t name = strspn(node->text, "abcdefghijklmnopqrstuvwxyz"), inside, len = node->len;
	const char *open = node->text + name + strspn(node->text + name, " ");

	while (len && node->text[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < 3; i++) {
		if (strlen(count_words[i].word) != name ||
		    strncmp(node->text, count_words[i].word, name))
			continue;
		inside = (size_t)(open + 1 - node->text);
		if (*open != '(' || len <= inside || node->text[len - 1] != ')') {
			diag_error(r->d, node->at,
				   "\"%.60s\" has no \"%s\"; accepted: %s(...) with "
				   "one comparison between the parentheses",
				   e->text, *open == '(' ? ")" : "(", count_words[i].word);
			return false;
		}
		e->kind = count_words[i].kind;
		return comparison_parse(r->d, r->tables, r->arena, node, inside, len - inside - 1,
					EXPRESSION_SERIES, NULL, &e->comparison);
	}
	e->kind = EXPECT_FINAL;
	return comparison_parse(r->d, r->tables, r->arena, node, 0, len, EXPRESSION_FINAL, NULL,
				&e->comparison);
}

/* What is written, in one line, for the report. */
static const char *one_line(struct arena *arena, const char *text)
{
	char *copy = arena_strndup(arena, text, strlen(text));

	for (char *p = copy; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	return copy;
}

static bool read_item(struct expect_reader *r, struct expectation *e, const struct yaml_node *item)
{
	const struct yaml_node *key = item, *value = item;
	const char *colon = item->kind == YAML_KIND_SCALAR ? strstr(item->text, ": ") : NULL;
	size_t len, offset = 0;
	const struct count_word *word;

	*e = (struct expectation){ .first_at = FOREVER, .broken_at = FOREVER };
	if (item->kind == YAML_KIND_SCALAR && !colon && !yaml_is_empty(item)) {
		e->text = one_line(r->arena, item->text);
		return read_text(r, e, item);
	}
	if (item->kind == YAML_KIND_MAP && item->n == 1) {
		key = item->keys[0];
		value = item->items[0];
		len = key->len;
	} else if (colon) { /* the same, in quotes */
		len = (size_t)(colon - item->text);
		offset = len + 2;
	}
	if ((key == item && !colon) || value->kind != YAML_KIND_SCALAR || yaml_is_empty(value)) {
		diag_error(r->d, value->at,
			   "expect: found %s; accepted: a comparison, or one key as "
			   "\"never\" or \"at_least 3\" with a tracepoint",
			   yaml_describe(value));
		return false;
	}

	char *text = colon ? sim_strdup(item->text) : str_format("%s: %s", key->text, value->text);

	e->text = one_line(r->arena, text);
	sim_free(text);
	word = read_count_word(r, e, key, len);
	return word && read_counted(r, e, word, value, offset);
}

struct expectations *expect_parse(struct diag *d, const struct personality *p,
				  const struct yaml_node *node)
{
	struct expectations *ex;
	struct tables tables;

	if (node->kind != YAML_KIND_LIST) {
		diag_error(d, node->at, "expect: found %s; accepted: a list of expectations",
			   yaml_describe(node));
		return NULL;
	}
	ex = sim_calloc(1, sizeof(*ex));
	ex->e = sim_calloc(node->n + 1, sizeof(*ex->e));
	tables_init(&tables, p);

	struct expect_reader r = { d, &tables, &ex->arena };

	for (size_t i = 0; i < node->n; i++)
		ex->n += read_item(&r, &ex->e[ex->n], node->items[i]);
	for (int i = 0; i < ex->n; i++)
		ex->has_latency |= ex->e[i].comparison.has_latency;
	tables_free(&tables);
	return ex;
}

struct expectation *expect_parse_assert(struct diag *d, const struct tables *tables,
					struct arena *arena, const struct yaml_node *node,
					const struct result_names *names)
{
	struct expectation *e = arena_calloc(arena, 1, sizeof(*e));

	if (node->kind != YAML_KIND_SCALAR || yaml_is_empty(node)) {
		diag_error(d, node->at, "assert: found %s; accepted: a comparison",
			   yaml_describe(node));
		return NULL;
	}
	e->text = one_line(arena, node->text);
	if (!comparison_parse(d, tables, arena, node, 0, node->len, EXPRESSION_SERIES, names,
			      &e->comparison))
		return NULL;
	return e;
}

void expect_free(struct expectations *ex)
{
	if (!ex)
		return;
	for (int i = 0; i < ex->n; i++)
		comparison_free(&ex->e[i].comparison);
	arena_free(&ex->arena);
	sim_free(ex->e);
	sim_free(ex);
}

/* ---- the run ---- */

void expect_start(struct expectations *ex, struct sim *s)
{
	struct trace_state *ts = &s->tables->trace;

	for (int i = 0; i < ex->n; i++)
		for (int k = 0; k < ex->e[i].nr_traces; k++)
			ts->on[ex->e[i].traces[k]] |= TRACE_COUNT;
}

void expect_find_assert(const struct expectation *e, struct diag *d, struct sim *s,
			const struct task_finder *tasks)
{
	comparison_find(&e->comparison, d, s, tasks);
}

void expect_find(const struct expectations *ex, struct diag *d, struct sim *s,
		 const struct task_finder *tasks)
{
	for (int i = 0; i < ex->n; i++)
		expect_find_assert(&ex->e[i], d, s, tasks);
}

static struct fraction distance(const struct verdict *v)
{
	return fraction_abs(fraction_sub(v->left, v->right));
}

/* Whether a is the better one to tell of: further from right, or (ever) nearer to it. */
static bool tells_more(const struct expectation *e, const struct verdict *a,
		       const struct verdict *b)
{
	struct fraction da = distance(a), db = distance(b);

	if (!fraction_defined(da) || !fraction_defined(db))
		return false;

	int order = fraction_compare(da, db);

	return e->kind == EXPECT_EVER ? order < 0 : order > 0;
}

static void sample_series(struct expectation *e, struct sim *s)
{
	struct verdict v = comparison_now(&e->comparison, s, NULL);
	bool broken = v.holds == (e->kind == EXPECT_NEVER);

	if (!v.defined)
		return;
	e->nr_samples++;
	if (!broken)
		return;
	if (!e->nr_broken++) {
		e->first = e->worst = v;
		e->first_at = e->worst_at = s->now;
	} else if (tells_more(e, &v, &e->worst)) {
		e->worst = v;
		e->worst_at = s->now;
	}
}

static void sample_final(struct expectation *e, struct sim *s)
{
	struct verdict v;

	comparison_sample(&e->comparison, s);
	e->nr_samples++;
	if (e->comparison.has_p99) /* sorting at every sample would take long */
		return;
	v = comparison_now(&e->comparison, s, NULL);
	if (v.defined && !v.holds && !e->is_broken)
		e->first_at = s->now;
	e->is_broken = v.defined && !v.holds;
}

static uint64_t count_traces(const struct expectation *e, const struct sim *s)
{
	uint64_t n = 0;

	for (int i = 0; i < e->nr_traces; i++)
		n += s->tables->trace.counts[e->traces[i]];
	return n;
}

void expect_latency(struct expectations *ex, const struct sim *s, const char *task, const char *op,
		    sim_time ns)
{
	for (int i = 0; i < ex->n; i++)
		comparison_latency(&ex->e[i].comparison, s, task, op, ns);
}

void expect_sample(struct expectations *ex, struct sim *s)
{
	for (int i = 0; i < ex->n; i++) {
		struct expectation *e = &ex->e[i];

		if (e->kind == EXPECT_FINAL)
			sample_final(e, s);
		else if (e->kind != EXPECT_COUNT)
			sample_series(e, s);
		else if (e->broken_at == FOREVER && count_traces(e, s) > e->max)
			e->broken_at = s->now;
	}
}

/* ---- the report ---- */

static void print_time(struct str *out, sim_time t)
{
	unit_print(out, UNIT_NS, (int64_t)t);
}

/* "120 pages against 100 pages, off by 20 pages". */
static void print_verdict(struct str *out, const struct comparison *c, const struct verdict *v)
{
	fraction_print(out, v->left, c->unit);
	if (v->at != FOREVER) {
		str_add(out, " (at ");
		print_time(out, v->at);
		str_addc(out, ')');
	}
	str_add(out, " against ");
	fraction_print(out, v->right, c->unit);
	if (fraction_defined(distance(v)) && distance(v).num) {
		str_add(out, ", off by ");
		fraction_print(out, distance(v), c->unit);
	}
}

static bool finish_series(struct expectation *e, struct str *why)
{
	bool ever = e->kind == EXPECT_EVER;

	if (!e->nr_samples) {
		str_add(why, "undefined at every sample");
		return false;
	}
	if (ever ? e->nr_broken < e->nr_samples : !e->nr_broken)
		return true;
	if (ever) {
		str_addf(why, "at none of %" PRIu64 " samples; nearest ", e->nr_samples);
		print_verdict(why, &e->comparison, &e->worst);
		str_add(why, " at ");
		print_time(why, e->worst_at);
		return false;
	}
	print_verdict(why, &e->comparison, &e->first);
	str_add(why, " at ");
	print_time(why, e->first_at);
	str_addf(why, ", the first of %" PRIu64 " of %" PRIu64 " samples", e->nr_broken,
		 e->nr_samples);
	if (e->worst_at != e->first_at) {
		str_add(why, "; at worst ");
		print_verdict(why, &e->comparison, &e->worst);
		str_add(why, " at ");
		print_time(why, e->worst_at);
	}
	return false;
}

static bool finish_final(struct expectation *e, struct sim *s, struct str *why)
{
	struct verdict v = comparison_now(&e->comparison, s, NULL);

	if (v.holds)
		return true;
	if (!v.defined) {
		str_addf(why, "undefined: %s", comparison_undefined(&e->comparison, s, NULL));
		return false;
	}
	print_verdict(why, &e->comparison, &v);
	if (e->first_at != FOREVER && e->is_broken) {
		str_add(why, "; not met since ");
		print_time(why, e->first_at);
	}
	return false;
}

static bool finish_count(struct expectation *e, struct sim *s, struct str *why)
{
	uint64_t n = count_traces(e, s);

	if (n >= e->min && n <= e->max)
		return true;
	str_addf(why, "%" PRIu64 " %s, %" PRIu64 " too %s", n, n == 1 ? "time" : "times",
		 n < e->min ? e->min - n : n - e->max, n < e->min ? "few" : "many");
	if (e->broken_at != FOREVER) {
		str_add(why, "; the first too many by ");
		print_time(why, e->broken_at);
	}
	return false;
}

int expect_finish(struct expectations *ex, struct sim *s, struct str *report)
{
	int failed = 0;

	for (int i = 0; i < ex->n; i++) {
		struct expectation *e = &ex->e[i];
		struct str why = { 0 };
		bool good = e->kind == EXPECT_FINAL   ? finish_final(e, s, &why)
			    : e->kind == EXPECT_COUNT ? finish_count(e, s, &why)
						      : finish_series(e, &why);

		if (good)
			str_addf(report, "pass: %s\n", e->text);
		else
			str_addf(report, "FAIL: %s: %s\n", e->text, str_get(&why));
		failed += !good;
		str_free(&why);
	}
	return failed;
}

bool expect_holds(struct expectation *e, struct sim *s, const struct result_values *values,
		  struct str *why)
{
	struct verdict v = comparison_now(&e->comparison, s, values);

	if (v.holds)
		return true;
	str_addf(why, "%s: ", e->text);
	if (v.defined)
		print_verdict(why, &e->comparison, &v);
	else
		str_addf(why, "undefined: %s", comparison_undefined(&e->comparison, s, values));
	return false;
}
