/*
 * expression.c - works out expressions over metrics
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/histogram.h"
#include "sim/base/mem.h"
#include "sim/scenario/expression_tree.h"

#define BILLION 1000000000

static bool is_object(const struct metric_object *o, struct sim *s, int i,
		      const union metric_key_value *keys)
{
	union metric_key_value own[METRIC_MAX_KEYS];

	if (o->nr_keys)
		o->key(s, i, own);
	for (int k = 0; k < o->nr_keys; k++)
		if (o->keys[k].text ? strcmp(own[k].text, keys[k].text) != 0
				    : own[k].number != keys[k].number)
			return false;
	return true;
}

/* Undefined if there is no such object (yet). */
static struct fraction metric_now(const struct expression *e, struct sim *s)
{
	struct fraction sum = { 0, e->is_one ? 0 : 1 };
	int n = e->object->count(s);

	for (int i = 0; i < n; i++) {
		if (e->is_one && !is_object(e->object, s, i, e->keys))
			continue;

		const void *stat = e->object->stat(s, i);

		if (!stat)
			continue;
		sum.num += metric_value(stat, e->row);
		sum.den = 1;
	}
	return sum;
}

static int compare_numbers(const void *a, const void *b)
{
	__int128 x = *(const __int128 *)a, y = *(const __int128 *)b;

	return x < y ? -1 : x > y;
}

/* The smallest sample that is not below 99 % of them. */
static struct fraction percentile_99(const struct samples *s)
{
	size_t rank = (size_t)((s->n * 99 + 99) / 100);
	__int128 *sorted = sim_alloc((size_t)s->n * sizeof(*sorted));
	struct fraction f;

	memcpy(sorted, s->num, (size_t)s->n * sizeof(*sorted));
	qsort(sorted, (size_t)s->n, sizeof(*sorted), compare_numbers);
	f = (struct fraction){ sorted[rank - 1], s->den };
	sim_free(sorted);
	return f;
}

/* The time within which 99 % of the calls ended: the middle of its bucket. */
static struct fraction latency_99(const struct samples *s)
{
	uint64_t rank = (s->n * 99 + 99) / 100, seen = 0;
	size_t bucket = 0;

	while ((seen += s->buckets[bucket]) < rank)
		bucket++;
	return fraction_of((int64_t)histogram_middle(bucket));
}

static struct fraction aggregate_now(const struct expression *e)
{
	const struct samples *s = &e->samples;

	if (!s->n)
		return (struct fraction){ 0, 0 };
	switch (e->how) {
	case AGG_END:
	case AGG_MAX:
	case AGG_MIN:
		return s->best;
	case AGG_MEAN:
		return fraction_div(s->sum, fraction_of((int64_t)s->n));
	case AGG_P99:
		return s->buckets ? latency_99(s) : percentile_99(s);
	case NR_AGGREGATES:
		break;
	}
	return (struct fraction){ 0, 0 };
}

/* Undefined if the name stands for nothing now, for NULL, or for a call that gave no object. */
static struct fraction result_now(const struct expression *e, const struct sim *s,
				  const struct result_values *values)
{
	struct result r;

	if (!values || !values->get(values->arg, e->result, &r))
		return (struct fraction){ 0, 0 };
	if (!e->field)
		return fraction_of(r.is_ptr ? r.ptr != NULL : r.value);
	if (!r.ptr && (r.is_ptr || (r.value < 0 && !e->field->of_out)))
		return (struct fraction){ 0, 0 };
	return fraction_of(e->field->get(s, &r));
}

/* Recursion follows the text: its length is limited. */
static struct fraction value_now(const struct expression *e, struct sim *s,
				 const struct result_values *values)
{
	switch (e->kind) {
	case NUMBER:
		return e->number;
	case METRIC:
		return metric_now(e, s);
	case RESULT:
		return result_now(e, s, values);
	case LATENCY: /* no series: aggregates are told of each */
		break;
	case ADD:
		return fraction_add(value_now(e->a, s, values), value_now(e->b, s, values));
	case SUB:
		return fraction_sub(value_now(e->a, s, values), value_now(e->b, s, values));
	case MUL:
		return fraction_mul(value_now(e->a, s, values), value_now(e->b, s, values));
	case DIV:
		return fraction_div(value_now(e->a, s, values), value_now(e->b, s, values));
	case AGGREGATE:
		return aggregate_now(e);
	}
	return (struct fraction){ 0, 0 };
}

/* Whether an object of its metrics is not there now. */
static bool misses_object(const struct expression *e, struct sim *s)
{
	if (e->kind == METRIC)
		return !fraction_defined(metric_now(e, s));
	return (e->a && misses_object(e->a, s)) || (e->b && misses_object(e->b, s));
}

static void take_sample(struct expression *e, struct sim *s)
{
	struct samples *seen = &e->samples;
	struct fraction f = value_now(e->a, s, NULL);
	bool sums = e->how == AGG_MEAN || e->how == AGG_P99;

	seen->there |= fraction_defined(f) || !misses_object(e->a, s);
	if (sums && e->a->varies)
		f = fraction_floor(f, BILLION);
	if (!fraction_defined(f) || (e->how == AGG_P99 && seen->n && f.den != seen->den))
		return;
	if (e->how == AGG_MEAN)
		seen->sum = seen->n ? fraction_add(seen->sum, f) : f;
	if (e->how == AGG_P99) {
		sim_grow((void **)(void *)&seen->num, &seen->cap, (size_t)seen->n + 1,
			 sizeof(*seen->num));
		seen->num[seen->n] = f.num;
		seen->den = f.den;
	}

	int order = seen->n && !sums ? fraction_compare(f, seen->best) : 0;

	if (!seen->n || e->how == AGG_END || (e->how == AGG_MAX && order > 0) ||
	    (e->how == AGG_MIN && order < 0)) {
		seen->best = f;
		seen->at = s->now;
	}
	seen->n++;
}

static void walk_samples(struct expression *e, struct sim *s)
{
	if (e->kind == AGGREGATE) {
		if (s && e->a->kind != LATENCY)
			take_sample(e, s);
		if (!s) {
			sim_free(e->samples.num);
			sim_free(e->samples.buckets);
		}
		return;
	}
	if (e->a)
		walk_samples(e->a, s);
	if (e->b)
		walk_samples(e->b, s);
}

void comparison_sample(struct comparison *c, struct sim *s)
{
	walk_samples(c->left, s);
	walk_samples(c->right, s);
}

static void take_latency(struct expression *e, const struct sim *s, sim_time ns)
{
	struct samples *seen = &e->samples;
	struct fraction f = fraction_of((int64_t)ns);
	int order = seen->n && e->how != AGG_MEAN ? fraction_compare(f, seen->best) : 0;

	if (e->how == AGG_MEAN)
		seen->sum = seen->n ? fraction_add(seen->sum, f) : f;
	if (e->how == AGG_P99 && !seen->buckets)
		seen->buckets = sim_calloc(HISTOGRAM_BUCKETS, sizeof(*seen->buckets));
	if (e->how == AGG_P99)
		seen->buckets[histogram_bucket(ns)]++;
	if (!seen->n || e->how == AGG_END || (e->how == AGG_MAX && order > 0) ||
	    (e->how == AGG_MIN && order < 0)) {
		seen->best = f;
		seen->at = sim_now(s);
	}
	seen->n++;
}

static void walk_latency(struct expression *e, const struct sim *s, const char *task,
			 const char *op, sim_time ns)
{
	if (e->kind == AGGREGATE) {
		if (e->a->kind == LATENCY && !strcmp(e->a->op, op) &&
		    fnmatch(e->a->task, task, 0) == 0)
			take_latency(e, s, ns);
		return;
	}
	if (e->a)
		walk_latency(e->a, s, task, op, ns);
	if (e->b)
		walk_latency(e->b, s, task, op, ns);
}

void comparison_latency(struct comparison *c, const struct sim *s, const char *task, const char *op,
			sim_time ns)
{
	if (!c->has_latency)
		return;
	walk_latency(c->left, s, task, op, ns);
	walk_latency(c->right, s, task, op, ns);
}

void comparison_free(struct comparison *c)
{
	if (c->left)
		walk_samples(c->left, NULL);
	if (c->right)
		walk_samples(c->right, NULL);
}

/* ---- why nothing comes out ---- */

static bool has(const struct expression *e, enum kind kind)
{
	return e->kind == kind || (e->a && has(e->a, kind)) || (e->b && has(e->b, kind));
}

/* The first part that has no value, in words; NULL: all have one. */
static const char *undefined_part(const struct expression *e, struct sim *s,
				  const struct result_values *values)
{
	const char *why;

	if (fraction_defined(value_now(e, s, values)))
		return NULL;
	if (e->kind == AGGREGATE) {
		if (e->a->kind == LATENCY)
			return "a call that was never made";
		if (!e->samples.there)
			return "an object that was never there";
		return has(e->a, DIV) ? "a divisor that was 0 at every sample"
				      : "a number too large to be computed";
	}
	if (e->kind == METRIC)
		return "an object that is not there";
	if (e->kind == RESULT)
		return "a name that stands for nothing, or a call that gave nothing";
	why = undefined_part(e->a, s, values);
	if (!why && e->b)
		why = undefined_part(e->b, s, values);
	if (!why && e->kind == DIV && !value_now(e->b, s, values).num)
		why = "a division by zero";
	return why ? why : "a number too large to be computed";
}

const char *comparison_undefined(const struct comparison *c, struct sim *s,
				 const struct result_values *values)
{
	const char *why = undefined_part(c->left, s, values);

	return why ? why : undefined_part(c->right, s, values);
}

struct verdict comparison_now(const struct comparison *c, struct sim *s,
			      const struct result_values *values)
{
	struct verdict v = { .left = value_now(c->left, s, values),
			     .right = value_now(c->right, s, values),
			     .at = FOREVER };
	int order;

	v.defined = fraction_defined(v.left) && fraction_defined(v.right);
	if (!v.defined)
		return v;
	order = fraction_compare(v.left, v.right);
	switch (c->op) {
	case OP_LT:
		v.holds = order < 0;
		break;
	case OP_LE:
		v.holds = order <= 0;
		break;
	case OP_EQ:
		v.holds = order == 0;
		break;
	case OP_NE:
		v.holds = order != 0;
		break;
	case OP_GE:
		v.holds = order >= 0;
		break;
	case OP_GT:
		v.holds = order > 0;
		break;
	}
	if (c->left->kind == AGGREGATE && (c->left->how == AGG_MAX || c->left->how == AGG_MIN))
		v.at = c->left->samples.at;
	return v;
}
