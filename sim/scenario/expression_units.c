/*
 * expression_units.c - hands units down to the numbers of an expression
 *
 * "64 MiB" is so many pages beside nr_dirty and so many KiB beside pgpgin, and
 * 5 ms are so many ns beside a latency.  Then the numbers are known, and whether one divides by 0.
 */
#include <string.h>

#include "sim/scenario/expression_tree.h"

static const char *unit_name(int unit)
{
	return *unit_base((enum unit)unit) ? unit_base((enum unit)unit) : "plain numbers";
}

static bool is_plain(int unit)
{
	return unit == UNIT_COUNT || unit == UNIT_BOOL;
}

/* The unit of what is added or compared; an error if the two cannot be. */
int expression_same_unit(struct reader *r, int a, int b)
{
	if (a == NO_UNIT || a == SOME_UNIT)
		return b == NO_UNIT ? a : b;
	if (b == NO_UNIT || b == SOME_UNIT || a == b || is_plain(b))
		return a;
	if (is_plain(a))
		return b;
	if (!r->failed)
		diag_error(r->d, r->node->at,
			   "%s and %s cannot be added or compared; accepted: series of one unit",
			   unit_name(a), unit_name(b));
	r->failed = true;
	return a;
}

int expression_unit(struct reader *r, const struct expression *e)
{
	int a, b;

	switch (e->kind) {
	case NUMBER:
		return e->has_suffix && e->text[e->len - 1] != '%' ? SOME_UNIT : NO_UNIT;
	case METRIC:
		return (int)e->row->unit;
	case LATENCY:
		return UNIT_NS;
	case RESULT:
		return e->field ? (int)e->field->unit : NO_UNIT;
	case AGGREGATE:
		return expression_unit(r, e->a);
	case ADD:
	case SUB:
		return expression_same_unit(r, expression_unit(r, e->a), expression_unit(r, e->b));
	case MUL:
		a = expression_unit(r, e->a);
		b = expression_unit(r, e->b);
		return a == NO_UNIT || is_plain(a) ? b : b == NO_UNIT || is_plain(b) ? a : NO_UNIT;
	case DIV:
		return expression_unit(r, e->b) == NO_UNIT || is_plain(expression_unit(r, e->b))
			   ? expression_unit(r, e->a)
			   : NO_UNIT;
	}
	return NO_UNIT;
}

/* A decimal without a unit: 0.8 is 8/10. */
static bool plain_number(const char *text, size_t len, struct fraction *f)
{
	const char *dot = memchr(text, '.', len);
	size_t digits = dot ? (size_t)(text + len - dot) - 1 : 0;
	int64_t num = 0, den = 1;

	if (len > 18 || (dot && !digits) || (dot && memchr(dot + 1, '.', digits)))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.')
			continue;
		num = num * 10 + (text[i] - '0');
		den *= dot && text + i > dot ? 10 : 1;
	}
	*f = (struct fraction){ num, den };
	return true;
}

/* Reads a number with a unit as one of a given unit, or, without one, of its own family. */
static bool number_in(const char *text, size_t len, int unit, int64_t *value, const char **why)
{
	static const enum unit families[] = { UNIT_BYTES, UNIT_NS, UNIT_BYTES_PER_SEC };

	if (unit >= 0)
		return unit_parse((enum unit)unit, text, len, value, why);
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (unit_parse(families[i], text, len, value, why))
			return true;
	*why = "unknown unit";
	return false;
}

static void give_number(struct reader *r, struct expression *e, int unit, bool is_factor)
{
	const char *why = "not a number";
	bool share = e->has_suffix && e->text[e->len - 1] == '%';
	int64_t value = 0;

	if (!e->text)
		return; /* the 0 of a "-" */
	if (!e->has_suffix && plain_number(e->text, e->len, &e->number))
		return;
	if (share && (is_factor || unit == NO_UNIT)) {
		size_t len = e->len - 1;

		while (len && e->text[len - 1] == ' ')
			len--;
		if (plain_number(e->text, len, &e->number)) {
			e->number = fraction_div(e->number, fraction_of(100));
			return;
		}
	} else if (e->has_suffix && number_in(e->text, e->len, unit, &value, &why)) {
		e->number = fraction_of(value);
		return;
	}
	if (!r->failed)
		diag_error(r->d, e->at, "\"%.60s\": %s; accepted: %s", e->text, why,
			   unit >= 0 ? unit_written((enum unit)unit) : "a number");
	r->failed = true;
}

/* Hands the unit of the whole down to its numbers. */
void expression_give_units(struct reader *r, struct expression *e, int unit, bool is_factor)
{
	int own;

	switch (e->kind) {
	case NUMBER:
		give_number(r, e, unit, is_factor);
		return;
	case METRIC:
	case RESULT:
	case LATENCY:
		return;
	case AGGREGATE:
		expression_give_units(r, e->a, unit, is_factor);
		return;
	case ADD:
	case SUB:
		own = expression_unit(r, e);
		unit = own >= 0 ? own : unit;
		expression_give_units(r, e->a, unit, is_factor);
		expression_give_units(r, e->b, unit, is_factor);
		return;
	case MUL:
		expression_give_units(r, e->a, unit, true);
		expression_give_units(r, e->b, unit, true);
		return;
	case DIV:
		own = expression_unit(r, e->a);
		if (own < 0 && expression_unit(r, e->b) >= 0)
			own = expression_unit(r, e->b);
		expression_give_units(r, e->a, own >= 0 ? own : unit, true);
		expression_give_units(r, e->b, own >= 0 ? own : unit, true);
		return;
	}
}

/* What e is in every run; undefined: that depends on the run, or nothing can be said of it. */
static struct fraction constant(const struct expression *e)
{
	switch (e->kind) {
	case NUMBER:
		return e->number;
	case ADD:
		return fraction_add(constant(e->a), constant(e->b));
	case SUB:
		return fraction_sub(constant(e->a), constant(e->b));
	case MUL:
		return fraction_mul(constant(e->a), constant(e->b));
	case DIV:
		return fraction_div(constant(e->a), constant(e->b));
	case AGGREGATE: /* a number is the same in every sample */
		return constant(e->a);
	case METRIC:
	case RESULT:
	case LATENCY:
		break;
	}
	return (struct fraction){ 0, 0 };
}

void expression_refuse_zeros(struct reader *r, const struct expression *e)
{
	if (e->a)
		expression_refuse_zeros(r, e->a);
	if (e->b)
		expression_refuse_zeros(r, e->b);
	if (e->kind != DIV)
		return;

	struct fraction divisor = constant(e->b);

	if (!fraction_defined(divisor) || divisor.num != 0)
		return;
	diag_error(r->d, e->at, "a division by zero; accepted: a divisor that is not always 0");
	r->failed = true;
}
