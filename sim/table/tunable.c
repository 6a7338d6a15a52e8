/*
 * tunable.c - find, read, test, write and print tunables
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/table/model.h"

char *tunable_dotted(const char *name)
{
	char *dotted = sim_strdup(name);

	if (dotted[strcspn(dotted, "./")] == '/')
		for (char *p = dotted; (p = strchr(p, '/'));)
			*p = '.';
	return dotted;
}

bool tunable_has_name(const struct tunable *row, const char *name)
{
	return strcmp(row->name, name) == 0 || (row->alias && strcmp(row->alias, name) == 0);
}

/* Splits "class.object.name" or "class.name"; the name may contain dots no more. */
static bool find_dotted(const struct tunable_class *const *classes, const char *name,
			struct tunable_ref *ref)
{
	for (int c = 0; classes[c]; c++) {
		const struct tunable_class *class = classes[c];
		size_t len = strlen(class->prefix);
		const char *rest;

		*ref = (struct tunable_ref){ .class = class };
		if (strncmp(name, class->prefix, len) != 0 || name[len] != '.')
			continue;
		rest = name + len + 1;
		if (class->objects) {
			const char *dot = strrchr(rest, '.');

			if (!dot || dot == rest || (size_t)(dot - rest) >= sizeof(ref->object))
				continue;
			memcpy(ref->object, rest, (size_t)(dot - rest));
			rest = dot + 1;
		}
		for (int i = 0; i < class->nr_rows; i++) {
			if (tunable_has_name(&class->rows[i], rest)) {
				ref->row = &class->rows[i];
				return true;
			}
		}
	}
	return false;
}

bool tunable_find(const struct tunable_class *const *classes, const char *name,
		  struct tunable_ref *ref)
{
	char *dotted = tunable_dotted(name);
	bool found = find_dotted(classes, dotted, ref);

	sim_free(dotted);
	return found;
}

char *tunable_nearest(const struct tunable_class *const *classes, const char *name)
{
	char *best = NULL;
	int best_distance = 3;

	for (int c = 0; classes[c]; c++) {
		const struct tunable_class *class = classes[c];
		const char *first = strchr(name, '.');
		const char *last = strrchr(name, '.');

		for (int i = 0; i < class->nr_rows; i++) {
			char *full;

			if (class->objects && first && last > first)
				full =
				    str_format("%s.%.*s.%s", class->prefix, (int)(last - first - 1),
					       first + 1, class->rows[i].name);
			else if (class->objects)
				continue;
			else
				full = str_format("%s.%s", class->prefix, class->rows[i].name);

			int d = str_distance(name, full);

			if (d < best_distance) {
				sim_free(best);
				best = full;
				best_distance = d;
			} else {
				sim_free(full);
			}
		}
	}
	return best;
}

/* What a number of the row counts, in words. */
static const char *row_base(const struct tunable *row)
{
	return row->unit == UNIT_PER_10000 ? "ten-thousandths" : unit_base(row->unit);
}

/* Between a text and what is wrong with it: "64 Mb": unknown unit, but "x" is not a number. */
static const char *joint(const char *reason)
{
	bool part = !strncmp(reason, "no", 2) || !strncmp(reason, "too ", 4);

	return part ? " is" : ":";
}

void tunable_print_range(struct str *out, const struct tunable *row)
{
	const char *base = row_base(row);

	if (row->unit == UNIT_BOOL) {
		str_add(out, "true or false, 1 or 0");
		return;
	}
	if (row->words) {
		const char *comma = "";

		for (const struct key_word *w = row->words; w->name; w++) {
			if (w->value == TUNABLE_REFUSED)
				continue;
			str_addf(out, "%s%s", comma, w->name);
			comma = ", ";
		}
	} else if (row->accepts) {
		str_add(out, row->accepts);
	} else if (row->max >= INT32_MAX) {
		str_addf(out, "at least %" PRId64, row->min);
	} else {
		str_addf(out, "%" PRId64 "..%" PRId64, row->min, row->max);
	}
	if (*base)
		str_addf(out, " %s", base);
	if (row->count > 1)
		str_addf(out, ", at most %d numbers", row->count);
}

static bool is_number(const char *text, int64_t *v)
{
	const char *reason;

	return unit_parse(UNIT_COUNT, text, strlen(text), v, &reason);
}

const char *tunable_word(const struct tunable *row, int64_t v)
{
	for (const struct key_word *w = row->words; w && w->name; w++)
		if (w->value == v && v != TUNABLE_REFUSED)
			return w->name;
	return NULL;
}

const char *tunable_in_words(const struct tunable_class *const *classes, const char *name,
			     const char *value)
{
	const char *word = NULL;
	struct tunable_ref ref;
	int64_t v;

	if (tunable_find(classes, name, &ref) && ref.row->words && is_number(value, &v))
		word = tunable_word(ref.row, v);
	return word ? word : value;
}

void tunable_print_value(struct str *out, const struct tunable *row, const int64_t *v)
{
	for (int i = 0; i < row->count; i++) {
		const char *word = tunable_word(row, v[i]);

		str_add(out, i ? " " : "");
		if (word)
			str_add(out, word);
		else
			str_addf(out, "%" PRId64, v[i]);
	}
}

static bool row_accepts(const struct tunable *row, int64_t v)
{
	return v >= row->min && v <= row->max && (!row->valid || row->valid(v)) &&
	       (!row->words || tunable_word(row, v));
}

/* One of the words, or the number of one. */
static void parse_word(const struct tunable *row, const char *text, const char *range, int64_t *v,
		       char **why)
{
	for (const struct key_word *w = row->words; w->name; w++) {
		if (strcmp(w->name, text) != 0)
			continue;
		*v = w->value;
		if (*v == TUNABLE_REFUSED)
			*why = str_format("\"%s\" is %s; accepted: %s", text, w->meaning, range);
		return;
	}
	if (!is_number(text, v))
		*why = str_format("\"%s\" is none of the words; accepted: %s", text, range);
}

static void parse_one(const struct tunable *row, const char *text, const char *range, int64_t *v,
		      char **why)
{
	const char *reason = NULL;

	if (row->words)
		parse_word(row, text, range, v, why);
	else if (unit_parse(row->unit, text, strlen(text), v, &reason))
		return;
	else if (row->unit == UNIT_BOOL && is_number(text, v))
		return; /* kernels write what is on or off as 1 or 0 */
	else if (row->unit == UNIT_BOOL)
		*why = str_format("\"%s\" is %s; accepted: %s", text, reason, range);
	else
		*why = str_format("\"%s\"%s %s; accepted: %s, %s", text, joint(reason), reason,
				  unit_written(row->unit), range);
}

bool tunable_parse(const struct tunable *row, const char *text, struct tunable_value *out,
		   char **why)
{
	struct str range = { 0 };
	const char *p = text;
	const char *reason = NULL;

	tunable_print_range(&range, row);
	*why = NULL;
	out->n = 0;
	for (int i = 0; i < row->count; i++)
		out->v[i] = TUNABLE_KEEP;
	if (row->count == 1) {
		parse_one(row, text, str_get(&range), &out->v[0], why);
		out->n = 1;
	}
	while (row->count > 1 && !*why && *p) {
		size_t len;

		p += strspn(p, " \t,[]");
		len = strcspn(p, " \t,[]");
		if (!len)
			break;
		if (out->n >= row->count) {
			*why = str_format("more than %d numbers; accepted: %s", row->count,
					  str_get(&range));
		} else if (!unit_parse(row->unit, p, len, &out->v[out->n], &reason)) {
			*why = str_format("\"%.*s\"%s %s; accepted: %s", (int)len, p, joint(reason),
					  reason, str_get(&range));
		} else {
			out->n++;
		}
		p += len;
	}
	if (*why && row->count > 1)
		out->n = 0;
	else if (!out->n)
		*why = str_format("no number; accepted: %s", str_get(&range));
	for (int i = 0; !*why && i < out->n; i++)
		if (out->v[i] > row->max && !row->words && (row->accepts || row->max >= INT32_MAX))
			*why = str_format(
			    "%" PRId64 " is out of range; accepted: at most %" PRId64 "%s%s",
			    out->v[i], row->max, *row_base(row) ? " " : "", row_base(row));
		else if (!row_accepts(row, out->v[i]))
			*why = str_format("%" PRId64 " is out of range; accepted: %s", out->v[i],
					  str_get(&range));
	str_free(&range);
	return !*why;
}

void tunable_store(void *object, const struct tunable *row, const int64_t *values)
{
	memcpy((char *)object + row->offset, values, (size_t)row->count * sizeof(*values));
}

void tunable_defaults(const struct tunable_class *class, void *object)
{
	for (int i = 0; i < class->nr_rows; i++) {
		const struct tunable *row = &class->rows[i];

		tunable_store(object, row, row->count > 1 ? row->defs : &row->def);
	}
}

int tunable_write(struct sim *s, const struct tunable_ref *ref, const int64_t *values)
{
	const struct tunable *row = ref->row;
	void *object = ref->class->object(s, ref->object);
	int64_t v[TUNABLE_MAX_VALUES];
	int r = 0;

	if (!object)
		return -ENOENT;
	if (ref->class->boot_only)
		return -EACCES;
	tunable_read(s, ref, v);
	for (int i = 0; i < row->count; i++) {
		if (values[i] == TUNABLE_KEEP)
			continue;
		if (!row_accepts(row, values[i]))
			return -EINVAL;
		v[i] = values[i];
	}
	if (row->on_write)
		r = row->on_write(s, object, row, v);
	else
		tunable_store(object, row, v);
	tunable_read(s, ref, v);
	if (r == 0 && s->tables->tunable_changed)
		s->tables->tunable_changed(s, ref, v);
	return r;
}

bool tunable_read(struct sim *s, const struct tunable_ref *ref, int64_t *values)
{
	const void *object = ref->class->object(s, ref->object);

	if (!object)
		return false;
	memcpy(values, (const char *)object + ref->row->offset,
	       (size_t)ref->row->count * sizeof(*values));
	return true;
}
