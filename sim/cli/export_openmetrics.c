/*
 * export_openmetrics.c - samples as the text format of OpenMetrics
 *
 * A metric stands together in this format, and each of its series in the order of time; tables of
 * samples stand the other way round.  So a table is read once and kept.  First come the metrics
 * of the personality's rows, then, under names of ours, columns that no row names.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/export.h"

#define MAX_KEYS    METRIC_MAX_KEYS
#define MAX_COLUMNS 256
#define MAX_TERMS   4

/* The samples of one kind of object. */
struct samples {
	const struct metric_object *kind; /* borrowed */
	const char *names[MAX_COLUMNS];   /* of the columns, those of keys first */
	int nr_columns;
	char **keys; /* owned; texts of keys, nr_keys for each object */
	size_t nr_objects, cap_objects;
	size_t *object;        /* owned; of each row */
	int64_t *t_ns;         /* owned */
	int64_t *values;       /* owned; nr_rows of the kind for each row */
	bool has[MAX_COLUMNS]; /* older results may lack a column */
	size_t n, cap_object, cap_t, cap_values;
};

/* ---- reading ---- */

static size_t find_object(struct samples *s, const struct db_rows *rows, size_t near)
{
	int nr_keys = s->kind->nr_keys;
	void *keys = s->keys;

	/* objects come in the same order at each sample */
	for (size_t i = 0; i < s->nr_objects; i++) {
		size_t o = (near + i) % s->nr_objects;
		bool same = true;

		for (int k = 0; k < nr_keys && same; k++)
			same = strcmp(s->keys[o * (size_t)nr_keys + (size_t)k],
				      db_text(rows, 1 + k)) == 0;
		if (same)
			return o;
	}
	sim_grow(&keys, &s->cap_objects, (s->nr_objects + 1) * (size_t)nr_keys + 1,
		 sizeof(*s->keys));
	s->keys = keys;
	for (int k = 0; k < nr_keys; k++)
		s->keys[s->nr_objects * (size_t)nr_keys + (size_t)k] =
		    sim_strdup(db_text(rows, 1 + k));
	return s->nr_objects++;
}

static void add_row(struct samples *s, const struct db_rows *rows, size_t object)
{
	void *objects = s->object, *times = s->t_ns, *values = s->values;
	size_t width = (size_t)s->kind->nr_rows;

	sim_grow(&objects, &s->cap_object, s->n + 1, sizeof(*s->object));
	sim_grow(&times, &s->cap_t, s->n + 1, sizeof(*s->t_ns));
	sim_grow(&values, &s->cap_values, (s->n + 1) * width, sizeof(*s->values));
	s->object = objects;
	s->t_ns = times;
	s->values = values;
	s->object[s->n] = object;
	s->t_ns[s->n] = db_number(rows, 0);
	for (int i = 0, at = 1 + s->kind->nr_keys; i < s->kind->nr_rows; i++)
		s->values[s->n * width + (size_t)i] = s->has[i] ? db_number(rows, at++) : 0;
	s->n++;
}

static void samples_read(struct samples *s, struct db *db, const struct metric_object *kind)
{
	struct db_query q = { .table = kind->table, .columns = s->names };
	struct db_rows *rows;

	*s = (struct samples){ .kind = kind };
	s->names[s->nr_columns++] = "t_ns";
	for (int k = 0; k < kind->nr_keys; k++)
		s->names[s->nr_columns++] = kind->keys[k].name;
	for (int i = 0; i < kind->nr_rows; i++) {
		s->has[i] =
		    s->nr_columns < MAX_COLUMNS && db_has(db, kind->table, kind->rows[i].name);
		if (s->has[i])
			s->names[s->nr_columns++] = kind->rows[i].name;
	}
	q.nr_columns = s->nr_columns;
	rows = db_select(db, &q);
	for (size_t last = 0; db_next(rows);) {
		last = find_object(s, rows, s->n ? last + 1 : 0);
		add_row(s, rows, last);
	}
	db_rows_free(rows);
}

static void samples_free(struct samples *s)
{
	for (size_t i = 0; i < s->nr_objects * (size_t)s->kind->nr_keys; i++)
		sim_free(s->keys[i]);
	sim_free(s->keys);
	sim_free(s->object);
	sim_free(s->t_ns);
	sim_free(s->values);
}

/* ---- what is written ---- */

struct term {
	int column; /* of the kind */
	int sign;
};

/* A metric whose samples are to be written: some columns of some samples. */
struct family {
	const struct samples *samples;
	struct term terms[MAX_TERMS];
	int nr_terms;
	const char *name;
	const char *suffix; /* of its samples: "_total" or "" */
	char **labels;      /* owned; of each object: "{node=\"0\"}" or "" */
	size_t *series;     /* owned; of each object: the first one with its labels */
	size_t *rows;       /* owned; by series, then in the order of time */
	int64_t multiply, divide;
	int decimals;
};

static void add_decimal(struct str *out, int64_t v, int decimals)
{
	uint64_t size = v < 0 ? 0 - (uint64_t)v : (uint64_t)v, one = 1;

	for (int i = 0; i < decimals; i++)
		one *= 10;
	str_addf(out, "%s%" PRIu64, v < 0 ? "-" : "", size / one);
	if (size % one) {
		str_addf(out, ".%0*" PRIu64, decimals, size % one);
		while (out->s[out->len - 1] == '0')
			out->s[--out->len] = '\0';
	}
}

static int64_t value_of(const struct family *f, size_t row)
{
	const int64_t *values = &f->samples->values[row * (size_t)f->samples->kind->nr_rows];
	uint64_t sum = 0; /* a file from anywhere may hold any number: it wraps */

	for (int i = 0; i < f->nr_terms; i++)
		sum += (uint64_t)values[f->terms[i].column] * (uint64_t)f->terms[i].sign;
	return (int64_t)(sum * (uint64_t)f->multiply) / f->divide;
}

static void add_sample(const struct export *e, const struct family *f, const char *labels,
		       int64_t t_ns, int64_t v)
{
	struct str line = { 0 };

	str_addf(&line, "%s%s%s ", f->name, f->suffix, labels);
	add_decimal(&line, v, f->decimals);
	str_addc(&line, ' ');
	add_decimal(&line, t_ns, 9);
	str_addc(&line, '\n');
	out_file_add(e->out, line.s, line.len);
	str_free(&line);
}

static size_t series_at(const struct family *f, size_t i)
{
	return f->series[f->samples->object[f->rows[i]]];
}

/* Rows of one moment in a series are added up. */
static void add_samples(const struct export *e, const struct family *f)
{
	const struct samples *s = f->samples;

	for (size_t i = 0; i < s->n;) {
		size_t series = series_at(f, i);
		int64_t t_ns = s->t_ns[f->rows[i]];
		uint64_t sum = 0;

		for (; i < s->n && series_at(f, i) == series && s->t_ns[f->rows[i]] == t_ns; i++)
			sum += (uint64_t)value_of(f, f->rows[i]);
		add_sample(e, f, f->labels[series], t_ns, (int64_t)sum);
	}
}

static void add_head(const struct export *e, const char *name, enum openmetric_type type,
		     const char *help)
{
	static const char *const types[] = {
		[OPENMETRIC_GAUGE] = "gauge",
		[OPENMETRIC_COUNTER] = "counter",
		[OPENMETRIC_UNKNOWN] = "unknown",
	};
	char *text = str_format("# TYPE %s %s\n# HELP %s %s\n", name, types[type], name, help);

	out_file_add(e->out, text, strlen(text));
	sim_free(text);
}

/* ---- labels ---- */

static void add_label_value(struct str *out, const char *text, size_t len)
{
	str_addc(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			str_add(out, "\\n");
		else if (text[i] == '"' || text[i] == '\\')
			str_addf(out, "\\%c", text[i]);
		else
			str_addc(out, text[i]);
	}
	str_addc(out, '"');
}

static const char *key_of(const struct samples *s, size_t object, const char *name, size_t len)
{
	for (int k = 0; k < s->kind->nr_keys; k++)
		if (strlen(s->kind->keys[k].name) == len &&
		    memcmp(s->kind->keys[k].name, name, len) == 0)
			return s->keys[object * (size_t)s->kind->nr_keys + (size_t)k];
	return "";
}

/* "device=name, node, size='0'" for an object; "" without labels. */
static char *labels_of(const struct samples *s, size_t object, const char *spec)
{
	struct str out = { 0 };

	while (*spec) {
		size_t len = strcspn(spec, ","), name = strcspn(spec, "=,");
		const char *from = name < len ? spec + name + 1 : spec;
		size_t from_len = (size_t)(spec + len - from);
		const char *value = from + 1;

		str_addf(&out, "%s%.*s=", out.len ? "," : "{", (int)name, spec);
		if (*from == '\'') {
			from_len -= 2;
		} else {
			value = key_of(s, object, from, from_len);
			from_len = strlen(value);
		}
		add_label_value(&out, value, from_len);
		spec += len + (spec[len] ? 1 : 0);
		spec += strspn(spec, " ");
	}
	if (out.len)
		str_addc(&out, '}');
	return str_take(&out);
}

/* Rows by their series; those of one keep their order. */
static void sort_rows(struct family *f)
{
	const struct samples *s = f->samples;
	size_t *place = sim_calloc(s->nr_objects + 1, sizeof(*place)), sum = 0;

	for (size_t i = 0; i < s->n; i++)
		place[f->series[s->object[i]]]++;
	for (size_t o = 0, n; o < s->nr_objects; o++, sum += n) {
		n = place[o];
		place[o] = sum;
	}
	f->rows = sim_alloc((s->n + 1) * sizeof(*f->rows));
	for (size_t i = 0; i < s->n; i++)
		f->rows[place[f->series[s->object[i]]]++] = i;
	sim_free(place);
}

static void family_label(struct family *f, const char *spec)
{
	size_t n = f->samples->nr_objects;

	f->labels = sim_alloc((n + 1) * sizeof(*f->labels));
	f->series = sim_alloc((n + 1) * sizeof(*f->series));
	for (size_t o = 0; o < n; o++) {
		f->labels[o] = labels_of(f->samples, o, spec);
		for (f->series[o] = 0; strcmp(f->labels[f->series[o]], f->labels[o]) != 0;)
			f->series[o]++;
	}
	sort_rows(f);
}

static void family_free(struct family *f)
{
	for (size_t o = 0; o < f->samples->nr_objects; o++)
		sim_free(f->labels[o]);
	sim_free(f->labels);
	sim_free(f->series);
	sim_free(f->rows);
}

/* ---- metrics of an exporter ---- */

/* "a+b-c" as columns of the kind; false: results do not have them. */
static bool read_terms(struct family *f, const char *text)
{
	int sign = 1;

	for (f->nr_terms = 0; *text; f->nr_terms++) {
		size_t len = strcspn(text, "+-");
		int column = -1;

		for (int i = 0; i < f->samples->kind->nr_rows; i++) {
			const char *name = f->samples->kind->rows[i].name;

			if (strlen(name) == len && memcmp(name, text, len) == 0)
				column = i;
		}
		if (column < 0 || !f->samples->has[column] || f->nr_terms == MAX_TERMS)
			return false;
		f->terms[f->nr_terms] = (struct term){ column, sign };
		sign = text[len] == '-' ? -1 : 1;
		text += len + (text[len] ? 1 : 0);
	}
	return f->nr_terms > 0;
}

static const struct samples *samples_of(const struct samples *all, int n, const char *table)
{
	for (int i = 0; i < n; i++)
		if (strcmp(all[i].kind->table, table) == 0)
			return &all[i];
	return NULL;
}

static void add_openmetric(const struct export *e, const struct samples *all, int n,
			   const struct openmetric *m, bool head)
{
	struct family f = { .samples = samples_of(all, n, m->table),
			    .name = m->name,
			    .suffix = m->type == OPENMETRIC_COUNTER ? "_total" : "",
			    .multiply = m->multiply ? m->multiply : 1,
			    .divide = m->divide ? m->divide : 1,
			    .decimals = m->decimals };
	char *help;

	if (!f.samples || !f.samples->n || !read_terms(&f, m->columns))
		return;
	help = str_format("%s of %s", m->columns, m->table);
	if (head)
		add_head(e, m->name, m->type, help);
	family_label(&f, m->labels);
	add_samples(e, &f);
	family_free(&f);
	sim_free(help);
}

/* ---- metrics under names of ours ---- */

static bool is_named(const struct personality *p, const char *table, const char *column)
{
	size_t len = strlen(column);

	for (int i = 0; i < p->nr_openmetrics; i++) {
		const char *c = p->openmetrics[i].columns;

		if (strcmp(p->openmetrics[i].table, table) != 0)
			continue;
		for (size_t n; *c; c += n + (c[n] ? 1 : 0)) {
			n = strcspn(c, "+-");
			if (n == len && memcmp(c, column, n) == 0)
				return true;
		}
	}
	return false;
}

/* Units at the end of names, as Prometheus has them: seconds rather than ns. */
static const struct {
	enum unit unit;
	const char *column_end; /* taken away */
	const char *name_end;
	int decimals;
} unit_ends[] = {
	{ UNIT_NS, "_ns", "_seconds", 9 },
	{ UNIT_MS, "_ms", "_seconds", 3 },
	{ UNIT_PAGES, "_pages", "_pages", 0 },
	{ UNIT_BYTES, "_bytes", "_bytes", 0 },
	{ UNIT_KIB, "_kib", "_kib", 0 },
	{ UNIT_PERCENT, "_percent", "_percent", 0 },
	{ UNIT_PAGES_PER_SEC, "_pages_per_second", "_pages_per_second", 0 },
};

/* "mmsim_zone_boost_pages": kind and column, without "sim_", and the unit. */
static char *own_name(const struct metric_object *kind, const struct metric *row, int *decimals)
{
	const char *column = strncmp(row->name, "sim_", 4) == 0 ? row->name + 4 : row->name;
	size_t table = strlen(kind->table), len = strlen(column);
	const char *end = "";

	*decimals = 0;
	if (str_ends_with(kind->table, "_sample"))
		table -= strlen("_sample");
	for (size_t i = 0; i < ARRAY_LEN(unit_ends); i++) {
		if (unit_ends[i].unit != row->unit ||
		    strcmp(column, unit_ends[i].column_end + 1) == 0)
			continue;
		if (str_ends_with(column, unit_ends[i].column_end))
			len -= strlen(unit_ends[i].column_end);
		end = unit_ends[i].name_end;
		*decimals = unit_ends[i].decimals;
	}
	return str_format("mmsim_%.*s_%.*s%s", (int)table, kind->table, (int)len, column, end);
}

/* The columns of keys, by name, as exporters order their labels. */
static void add_key_names(struct str *out, const struct metric_object *kind)
{
	const char *last = "";

	for (int n = 0; n < kind->nr_keys; n++) {
		const char *next = NULL;

		for (int k = 0; k < kind->nr_keys; k++) {
			const char *name = kind->keys[k].name;

			if (strcmp(name, last) > 0 && (!next || strcmp(name, next) < 0))
				next = name;
		}
		str_addf(out, "%s%s", n ? ", " : "", next);
		last = next;
	}
}

static void add_own(const struct export *e, const struct samples *s, int column)
{
	const struct metric *row = &s->kind->rows[column];
	struct family f = { .samples = s,
			    .terms = { { column, 1 } },
			    .nr_terms = 1,
			    .suffix = row->kind == METRIC_COUNTER ? "_total" : "",
			    .multiply = 1,
			    .divide = 1 };
	char *name = own_name(s->kind, row, &f.decimals);
	struct str labels = { 0 };

	add_key_names(&labels, s->kind);
	f.name = name;
	add_head(e, name, row->kind == METRIC_COUNTER ? OPENMETRIC_COUNTER : OPENMETRIC_GAUGE,
		 row->meaning);
	family_label(&f, str_get(&labels));
	add_samples(e, &f);
	family_free(&f);
	str_free(&labels);
	sim_free(name);
}

/* ---- the file ---- */

static int check(const struct export *e)
{
	(void)e; /* there is a sample at the beginning and at the end of any run */
	return 0;
}

/* What was run; with our mark where out_file_is_ours looks for it. */
static void add_run(const struct export *e)
{
	static const char *const columns[] = { "scenario",    "seed",  "version",
					       "personality", "state", "digest" };
	struct str out = { 0 };

	str_add(&out, "# TYPE mmsim_run info\n# HELP mmsim_run " OUT_FILE_MARK "\nmmsim_run_info{");
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		char *text = db_run_text(e->db, columns[i]);

		str_addf(&out, "%s%s=", i ? "," : "", columns[i]);
		add_label_value(&out, text, strlen(text));
		sim_free(text);
	}
	str_add(&out, "} 1 0\n");
	out_file_add(e->out, out.s, out.len);
	str_free(&out);
}

static int write_metrics(const struct export *e)
{
	const struct personality *p = e->personality;
	struct samples *all;
	struct tables t;
	int n = 0;

	add_run(e);
	tables_init(&t, p);
	all = sim_calloc(ARRAY_LEN(t.metrics), sizeof(*all));
	for (; t.metrics[n]; n++)
		samples_read(&all[n], e->db, t.metrics[n]);
	for (int i = 0; i < p->nr_openmetrics; i++)
		add_openmetric(e, all, n, &p->openmetrics[i],
			       i == 0 ||
				   strcmp(p->openmetrics[i - 1].name, p->openmetrics[i].name) != 0);
	for (int i = 0; i < n; i++)
		for (int c = 0; all[i].n && c < all[i].kind->nr_rows; c++)
			if (all[i].has[c] &&
			    !is_named(p, all[i].kind->table, all[i].kind->rows[c].name))
				add_own(e, &all[i], c);
	out_file_add(e->out, "# EOF\n", strlen("# EOF\n"));
	for (int i = 0; i < n; i++)
		samples_free(&all[i]);
	sim_free(all);
	tables_free(&t);
	return EXIT_DONE;
}

const struct export_format openmetrics_format = {
	.name = "openmetrics",
	.extension = ".om",
	.meaning = "all samples for Prometheus",
	.check = check,
	.write = write_metrics,
};
