/*
 * export_trace_text.c - tracepoints as their kernel prints them
 *
 * A format of the personality is cut into pieces once; an event is then written piece by piece.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/cli/export.h"

#define MAX_PIECES 64

/* What stands before a value, and the value. */
struct piece {
	const char *text; /* borrowed */
	int len;
	const struct trace_value *value; /* NULL: a plain number, or no value at all */
	int nr_fields;
	int field[TRACE_VALUE_MAX_FIELDS];
};

struct trace_printer {
	const struct trace_def *def; /* borrowed */
	struct piece *pieces;        /* owned */
	int n;
};

const struct trace_text *trace_text_find(const struct personality *p, const char *name)
{
	for (int i = 0; i < p->nr_trace_texts; i++)
		if (strcmp(p->trace_texts[i].name, name) == 0)
			return &p->trace_texts[i];
	return NULL;
}

static int find_field(const struct trace_def *def, const char *name, size_t len)
{
	for (int i = 0; i < def->nr_fields; i++)
		if (strlen(def->fields[i]) == len && memcmp(def->fields[i], name, len) == 0)
			return i;
	SIM_ASSERT(!"a format names a field of its tracepoint");
	return 0;
}

static const struct trace_value *find_value(const struct personality *p, const char *kind,
					    size_t len)
{
	for (int i = 0; i < p->nr_trace_values; i++) {
		const char *name = p->trace_values[i].kind;

		if (strlen(name) == len && memcmp(name, kind, len) == 0)
			return &p->trace_values[i];
	}
	SIM_ASSERT(!"a format names a kind of value");
	return NULL;
}

/* What stands between braces: fields, and how they are written. */
static void read_value(const struct trace_printer *tp, const struct personality *p,
		       struct piece *piece, const char *inner, size_t len)
{
	const char *colon = memchr(inner, ':', len);
	size_t names = colon ? (size_t)(colon - inner) : len;

	for (size_t at = 0; at < names;) {
		const char *comma = memchr(inner + at, ',', names - at);
		size_t n = comma ? (size_t)(comma - inner) - at : names - at;

		SIM_ASSERT(piece->nr_fields < TRACE_VALUE_MAX_FIELDS);
		piece->field[piece->nr_fields++] = find_field(tp->def, inner + at, n);
		at += n + 1;
	}
	if (colon)
		piece->value = find_value(p, colon + 1, len - names - 1);
	SIM_ASSERT(piece->nr_fields == (piece->value ? piece->value->nr_fields : 1));
}

static void read_format(struct trace_printer *tp, const struct personality *p, const char *format)
{
	while (*format) {
		struct piece *piece = &tp->pieces[tp->n++];
		size_t len = strcspn(format, "{");

		SIM_ASSERT(tp->n <= MAX_PIECES);
		piece->text = format;
		piece->len = (int)len;
		format += len;
		if (!*format)
			break;
		len = strcspn(++format, "}");
		SIM_ASSERT(format[len] == '}');
		read_value(tp, p, piece, format, len);
		format += len + 1;
	}
}

struct trace_printer *trace_printer_new(const struct personality *p, const struct trace_def *def)
{
	const struct trace_text *text = trace_text_find(p, def->name);
	struct trace_printer *tp = sim_calloc(1, sizeof(*tp));

	tp->def = def;
	tp->pieces = sim_calloc(MAX_PIECES, sizeof(*tp->pieces));
	if (text)
		read_format(tp, p, text->format);
	return tp;
}

/* As "%d" does, for traces of millions of lines. */
static void add_number(struct str *out, int64_t v)
{
	uint64_t size = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char digits[20];
	size_t n = 0;

	do {
		digits[sizeof(digits) - ++n] = (char)('0' + size % 10);
		size /= 10;
	} while (size);
	if (v < 0)
		str_addc(out, '-');
	str_addn(out, digits + sizeof(digits) - n, n);
}

void trace_printer_add(const struct trace_printer *tp, struct str *out,
		       const struct trace_scene *scene, const int64_t *fields)
{
	for (int i = 0; !tp->n && i < tp->def->nr_fields; i++)
		str_addf(out, "%s%s=%" PRId64, i ? " " : "", tp->def->fields[i], fields[i]);
	for (int i = 0; i < tp->n; i++) {
		const struct piece *piece = &tp->pieces[i];
		int64_t v[TRACE_VALUE_MAX_FIELDS] = { 0 };

		str_addn(out, piece->text, (size_t)piece->len);
		for (int k = 0; k < piece->nr_fields; k++)
			v[k] = fields[piece->field[k]];
		if (piece->value)
			piece->value->print(out, scene, v);
		else if (piece->nr_fields)
			add_number(out, v[0]);
	}
}

void trace_printer_free(struct trace_printer *tp)
{
	sim_free(tp->pieces);
	sim_free(tp);
}
