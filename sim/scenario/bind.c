/*
 * bind.c - fills a C structure from a mapping, as the rows of a table say
 *
 * One reader per type of key, in the order of enum key_type.  A reader writes
 * the field only when the value is good; otherwise it adds one error that says
 * what was found and what would be accepted.
 *
 * Structures nest as the tables do and values as the file does, so the depth
 * of recursion is at most YAML_MAX_DEPTH.
 */
#include "sim/scenario/bind.h"
#include "sim/scenario/places.h"

#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/behaviour.h"

#define MAX_NAME    64  /* characters of a KEY_NAME */
#define MAX_SHOWN   60  /* characters of a value in a message */
#define MAX_OFFERED 500 /* errors after which no nearest words are looked for any more */

/* ---- messages ---- */

static void print_words(struct str *out, const struct key_word *words)
{
	for (const struct key_word *word = words; word->name; word++)
		str_addf(out, "%s%s", word == words ? "" : ", ", word->name);
}

static bool has_range(const struct key *key)
{
	return key->min != 0 || key->max != 0;
}

static int64_t range_max(const struct key *key)
{
	return has_range(key) ? key->max : INT64_MAX;
}

/* The least that people write: -1 often stands for what is not given. */
static int64_t range_min(const struct key *key)
{
	return key->min == -1 && key->def && strcmp(key->def, "-1") == 0 ? 0 : key->min;
}

static bool takes_number(const struct key *key)
{
	return key->type == KEY_FLAGS || key->max > key->min;
}

/* "a size as 64 KiB, 8 GiB or 100 MB, 4 KiB..1 GiB"; without what says nothing. */
static void print_number(struct str *out, const struct key *key)
{
	bool is_share = key->unit == UNIT_PERCENT || key->unit == UNIT_PER_10000;
	bool say_range = has_range(key) || is_share || key->unit == UNIT_COUNT;

	if (!is_share)
		str_add(out, unit_written(key->unit));
	if (!is_share && say_range)
		str_add(out, ", ");
	if (say_range)
		unit_print_range(out, key->unit, range_min(key), range_max(key));
}

void bind_print_accepted(struct str *out, const struct key *key)
{
	switch (key->type) {
	case KEY_INT:
		print_number(out, key);
		break;
	case KEY_BOOL:
		str_add(out, "true or false");
		break;
	case KEY_TEXT:
		str_add(out, "a text in one line");
		break;
	case KEY_NAME:
	case KEY_REF:
		str_addf(out,
			 "a name of at most %d letters, digits, \".\", \"_\" and \"-\", "
			 "beginning with a letter, digit or \"_\"",
			 MAX_NAME);
		break;
	case KEY_ENUM:
		print_words(out, key->words);
		if (takes_number(key)) {
			str_add(out, ", or a whole number, ");
			unit_print_range(out, UNIT_COUNT, key->min, key->max);
		}
		break;
	case KEY_FLAGS:
		print_words(out, key->words);
		str_add(out, ", joined with \"|\", or a whole number");
		break;
	case KEY_INTS:
		str_add(out, "a list of ");
		print_number(out, key);
		break;
	case KEY_SET:
		str_add(out, "numbers and ranges within 0..63 joined with commas, as 0-1,3");
		break;
	case KEY_BEHAVIOUR:
		str_add(out, BEHAVIOUR_ACCEPTED);
		break;
	case KEY_TABLE:
		str_add(out, "a list of lists of ");
		print_number(out, key);
		break;
	case KEY_MAP:
		str_addf(out, "a mapping (%s)", key->sub->name);
		break;
	case KEY_LIST:
		str_addf(out, "a list of mappings (%s)", key->sub->name);
		break;
	case KEY_NODE:
		str_add(out, key->meaning);
		break;
	}
}

/* The value is no good: "latency: found a list; accepted: a time as 10 us, ...". */
static bool refuse(struct bind *b, const struct key *key, const struct yaml_node *value,
		   const char *why)
{
	struct str accepted = { 0 };
	bool scalar = value->kind == YAML_KIND_SCALAR && !yaml_is_empty(value);
	char *shown = scalar ? diag_escape(value->text, value->len, MAX_SHOWN) : NULL;

	bind_print_accepted(&accepted, key);
	if (scalar && why)
		diag_error(b->d, value->at, "%s: \"%s\": %s; accepted: %s", key->name, shown, why,
			   str_get(&accepted));
	else
		diag_error(b->d, value->at, "%s: found %s%s%s%s; accepted: %s", key->name,
			   scalar ? "\"" : "", scalar ? shown : yaml_describe(value),
			   scalar ? "\"" : "", why ? why : "", str_get(&accepted));
	str_free(&accepted);
	sim_free(shown);
	return false;
}

static bool is_text(const struct yaml_node *value)
{
	return value->kind == YAML_KIND_SCALAR && !yaml_is_empty(value);
}

/* ---- numbers ---- */

/* Reads text[0..len), a part of value, as a number within the range of the row. */
static bool read_number(struct bind *b, const struct key *key, const struct yaml_node *value,
			const char *text, size_t len, int64_t *number)
{
	const char *why;
	struct str range = { 0 };
	char *shown;

	if (!unit_parse(key->unit, text, len, number, &why))
		return refuse(b, key, value, why);
	if (*number >= key->min && *number <= range_max(key))
		return true;
	shown = diag_escape(text, len, MAX_SHOWN);
	unit_print_range(&range, key->unit, range_min(key), range_max(key));
	diag_error(b->d, value->at, "%s: %s is out of range; accepted: %s", key->name, shown,
		   str_get(&range));
	str_free(&range);
	sim_free(shown);
	return false;
}

static bool read_int(struct bind *b, const struct key *key, const struct yaml_node *value,
		     int64_t *field)
{
	int64_t number;

	if (!is_text(value))
		return refuse(b, key, value, NULL);
	if (!read_number(b, key, value, value->text, value->len, &number))
		return false;
	*field = number;
	return true;
}

static bool read_bool(struct bind *b, const struct key *key, const struct yaml_node *value,
		      bool *field)
{
	if (!yaml_is(value, "true") && !yaml_is(value, "false"))
		return refuse(b, key, value, NULL);
	*field = yaml_is(value, "true");
	return true;
}

/* ---- texts ---- */

static bool read_text(struct bind *b, const struct key *key, const struct yaml_node *value,
		      const char **field)
{
	if (!is_text(value))
		return refuse(b, key, value, NULL);
	for (size_t i = 0; i < value->len; i++)
		if (value->text[i] == '\n' || value->text[i] == '\t')
			return refuse(b, key, value, "more than one line, or a tab");
	*field = arena_strndup(b->arena, value->text, value->len);
	return true;
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool read_name(struct bind *b, const struct key *key, const struct yaml_node *value,
		      const char **field)
{
	if (!is_text(value))
		return refuse(b, key, value, NULL);
	if (value->len == 0 || value->len > MAX_NAME)
		return refuse(b, key, value, value->len ? "too long for a name" : "not a name");
	for (size_t i = 0; i < value->len; i++) {
		char c = value->text[i];

		if (!is_word_char(c) && (i == 0 || (c != '.' && c != '-')))
			return refuse(b, key, value, "not a name");
	}
	*field = arena_strndup(b->arena, value->text, value->len);
	return true;
}

/* ---- words ---- */

static const char *nearest_word(const struct bind *b, const struct key_word *words,
				const char *written)
{
	const char **names = NULL;
	size_t n = 0;

	if (b->d->nr_errors > MAX_OFFERED)
		return NULL;
	while (words[n].name)
		n++;
	names = sim_alloc(n * sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = words[i].name;

	const char *nearest = diag_nearest(written, names, n);

	sim_free(names);
	return nearest;
}

static bool read_word(struct bind *b, const struct key *key, const struct yaml_node *value,
		      const char *text, size_t len, int64_t *number)
{
	for (const struct key_word *word = key->words; word->name; word++)
		if (strlen(word->name) == len && !memcmp(word->name, text, len)) {
			*number = word->value;
			return true;
		}

	char *shown = diag_escape(text, len, MAX_SHOWN);
	const char *kernel = other_kernel_with(b, key->name, shown);
	const char *nearest = kernel ? NULL : nearest_word(b, key->words, shown);
	struct str accepted = { 0 };

	bind_print_accepted(&accepted, key);
	if (kernel)
		diag_error(b->d, value->at, "%s: %s has \"%s\", %s has not; accepted: %s",
			   key->name, kernel, shown, b->personality->name, str_get(&accepted));
	else if (nearest)
		diag_error(b->d, value->at, "%s: no word \"%s\"; did you mean \"%s\"? accepted: %s",
			   key->name, shown, nearest, str_get(&accepted));
	else
		diag_error(b->d, value->at, "%s: no %s \"%s\"; accepted: %s", key->name,
			   shown[0] >= '0' && shown[0] <= '9' ? "value" : "word", shown,
			   str_get(&accepted));
	str_free(&accepted);
	sim_free(shown);
	return false;
}

static bool is_number(const struct yaml_node *value)
{
	const char *why;
	int64_t number;

	return unit_parse(UNIT_COUNT, value->text, value->len, &number, &why);
}

/* A row of words that takes a number: the same row, as KEY_INT sees it. */
static bool read_word_number(struct bind *b, const struct key *key, const struct yaml_node *value,
			     int64_t *field)
{
	struct key number = *key;

	number.type = KEY_INT;
	number.unit = UNIT_COUNT;
	return read_int(b, &number, value, field);
}

static bool read_enum(struct bind *b, const struct key *key, const struct yaml_node *value,
		      int64_t *field)
{
	if (!is_text(value))
		return refuse(b, key, value, NULL);
	if (takes_number(key) && is_number(value))
		return read_word_number(b, key, value, field);
	return read_word(b, key, value, value->text, value->len, field);
}

static bool read_flags(struct bind *b, const struct key *key, const struct yaml_node *value,
		       int64_t *field)
{
	int64_t flags = 0;

	if (!is_text(value))
		return refuse(b, key, value, NULL);
	if (is_number(value))
		return read_word_number(b, key, value, field);
	for (const char *p = value->text, *bar; p; p = bar ? bar + 1 : NULL) {
		int64_t flag;

		bar = strchr(p, '|');

		const char *end = bar ? bar : value->text + value->len;

		while (p < end && *p == ' ')
			p++;
		while (end > p && end[-1] == ' ')
			end--;
		if (p == end)
			return refuse(b, key, value, "a word is missing beside \"|\"");
		if (!read_word(b, key, value, p, (size_t)(end - p), &flag))
			return false;
		flags |= flag;
	}
	*field = flags;
	return true;
}

/* ---- lists of numbers ---- */

static bool read_ints_list(struct bind *b, const struct key *key, const struct yaml_node *list,
			   struct key_ints *ints)
{
	bool good = true;

	ints->v = arena_calloc(b->arena, list->n, sizeof(*ints->v));
	ints->n = (int)list->n;
	for (size_t i = 0; i < list->n; i++)
		if (!is_text(list->items[i]))
			good = refuse(b, key, list->items[i], NULL);
		else if (!read_number(b, key, list->items[i], list->items[i]->text,
				      list->items[i]->len, &ints->v[i]))
			good = false;
	return good;
}

/* "256 256 32 0 0", or one value that has a blank in it: "64 KiB". */
static bool read_ints_text(struct bind *b, const struct key *key, const struct yaml_node *value,
			   struct key_ints *ints)
{
	const char *why, *p = value->text;
	size_t room = value->len / 2 + 1;
	int64_t whole;

	ints->v = arena_calloc(b->arena, room, sizeof(*ints->v));
	if (unit_parse(key->unit, p, value->len, &whole, &why)) {
		ints->n = 1;
		return read_number(b, key, value, p, value->len, &ints->v[0]);
	}
	for (p += strspn(p, " "); *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (!read_number(b, key, value, p, len, &ints->v[ints->n]))
			return false;
		ints->n++;
		p += len;
	}
	return true;
}

static bool read_ints(struct bind *b, const struct key *key, const struct yaml_node *value,
		      struct key_ints *field)
{
	struct key_ints ints = { 0 };
	bool good;

	if (value->kind == YAML_KIND_LIST)
		good = read_ints_list(b, key, value, &ints);
	else if (is_text(value))
		good = read_ints_text(b, key, value, &ints);
	else
		good = refuse(b, key, value, NULL);
	if (good)
		*field = ints;
	return good;
}

/* ---- sets ---- */

#define SET_SIZE 64

/* A number within 0..63 at *p, which moves behind it; -1: there is none. */
static int take_member(const char **p)
{
	int number = 0, digits = 0;

	for (; **p >= '0' && **p <= '9' && digits < 3; ++*p, digits++)
		number = number * 10 + (**p - '0');
	return digits && number < SET_SIZE ? number : -1;
}

/* Adds "0-1,3" to a set; the empty text adds nothing. */
static bool add_members(struct bind *b, const struct key *key, const struct yaml_node *value,
			uint64_t *set)
{
	const char *p = value->text;

	while (value->len) {
		int first = take_member(&p), last = first;

		if (first >= 0 && *p == '-') {
			p++;
			last = take_member(&p);
		}
		if (first < 0 || last < first)
			return refuse(b, key, value, "not a set of numbers");
		for (int i = first; i <= last; i++)
			*set |= 1ULL << i;
		if (!*p)
			break;
		if (*p++ != ',')
			return refuse(b, key, value, "not a set of numbers");
	}
	return true;
}

static bool read_set(struct bind *b, const struct key *key, const struct yaml_node *value,
		     uint64_t *field)
{
	uint64_t set = 0;
	bool good = true;

	if (value->kind == YAML_KIND_MAP)
		return refuse(b, key, value, NULL);
	if (value->kind == YAML_KIND_SCALAR)
		good = add_members(b, key, value, &set);
	for (size_t i = 0; value->kind == YAML_KIND_LIST && i < value->n; i++)
		good &= is_text(value->items[i]) ? add_members(b, key, value->items[i], &set)
						 : refuse(b, key, value->items[i], NULL);
	if (good)
		*field = set;
	return good;
}

static bool read_behaviour(struct bind *b, const struct key *key, const struct yaml_node *value,
			   struct behaviour *field)
{
	struct behaviour v;
	const char *why;

	if (!is_text(value))
		return refuse(b, key, value, NULL);
	if (!behaviour_parse(value->text, value->len, &v, &why))
		return refuse(b, key, value, why);
	*field = v;
	return true;
}

static bool read_table(struct bind *b, const struct key *key, const struct yaml_node *value,
		       struct key_rows *field)
{
	struct key_rows rows = { 0 };
	bool good = true;

	if (value->kind != YAML_KIND_LIST)
		return refuse(b, key, value, NULL);
	rows.rows = arena_calloc(b->arena, value->n, sizeof(*rows.rows));
	rows.n = (int)value->n;
	for (size_t i = 0; i < value->n; i++)
		good &= read_ints(b, key, value->items[i], &rows.rows[i]);
	if (good)
		*field = rows;
	return good;
}

/* ---- mappings ---- */

static bool read_map(struct bind *b, const struct key *key, const struct yaml_node *value,
		     void *field)
{
	bool is_short = key->sub->short_key && is_text(value);

	if (value->kind != YAML_KIND_MAP && !is_short)
		return refuse(b, key, value, NULL);
	return bind_map(b, key->sub, value, field);
}

static bool read_list(struct bind *b, const struct key *key, const struct yaml_node *value,
		      struct key_list *field)
{
	struct key_list list = { 0 };
	bool good = true;

	if (value->kind != YAML_KIND_LIST)
		return refuse(b, key, value, NULL);
	list.items = arena_calloc(b->arena, value->n, key->sub->size);
	list.n = (int)value->n;
	for (size_t i = 0; i < value->n; i++)
		good &=
		    bind_map(b, key->sub, value->items[i], (char *)list.items + i * key->sub->size);
	if (good)
		*field = list;
	return good;
}

bool bind_value(struct bind *b, const struct key *key, const struct yaml_node *value, void *out)
{
	void *field = (char *)out + key->offset;

	switch (key->type) {
	case KEY_INT:
		return read_int(b, key, value, field);
	case KEY_BOOL:
		return read_bool(b, key, value, field);
	case KEY_TEXT:
		return read_text(b, key, value, field);
	case KEY_NAME:
	case KEY_REF:
		return read_name(b, key, value, field);
	case KEY_ENUM:
		return read_enum(b, key, value, field);
	case KEY_FLAGS:
		return read_flags(b, key, value, field);
	case KEY_INTS:
		return read_ints(b, key, value, field);
	case KEY_SET:
		return read_set(b, key, value, field);
	case KEY_BEHAVIOUR:
		return read_behaviour(b, key, value, field);
	case KEY_TABLE:
		return read_table(b, key, value, field);
	case KEY_MAP:
		return read_map(b, key, value, field);
	case KEY_LIST:
		return read_list(b, key, value, field);
	case KEY_NODE:
		*(const struct yaml_node **)field = value;
		return true;
	}
	return false;
}

bool bind_text(struct bind *b, const struct key *key, const char *name, const char *text, void *out)
{
	SIM_ASSERT(key->type != KEY_NODE);
	if (key->type != KEY_TABLE && key->type != KEY_MAP && key->type != KEY_LIST &&
	    !(key->type == KEY_INTS && text[0] == '[')) {
		/* A scalar means itself, without quotes: "" is the empty text. */
		struct place at = { 0 };
		struct yaml_node value = { .kind = YAML_KIND_SCALAR, .at = at, .text = text };

		value.len = strlen(text);
		return bind_value(b, key, &value, out);
	}

	struct yaml_doc *doc = yaml_parse_text(b->d, name, text, strlen(text));
	bool good = doc && bind_value(b, key, yaml_root(doc), out);

	yaml_doc_free(doc);
	return good;
}
