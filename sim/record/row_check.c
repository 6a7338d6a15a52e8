/*
 * row_check.c - whether a run gives the rows that a results file has
 *
 * Tables are in the order of the rows' own numbers.  A table of the file is read
 * along with the run, a row for a row; a column that the file does not have
 * makes all of its rows differ.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/base/bug.h"
#include "sim/record/row.h"
#include "sim/record/row_check.h"

/* A table that has rows. */
struct checked {
	const struct result_table *table; /* borrowed */
	struct db_rows *rows;             /* owned */
	int64_t nr;                       /* of them so far */
	bool ended;
};

struct row_check {
	struct db *db; /* borrowed */
	bool may_end;
	struct checked *tables; /* owned; by number in the rows */
	size_t nr, cap;
	struct str difference; /* owned; empty: none so far */
};

struct row_check *row_check_new(struct db *db, bool may_end)
{
	struct row_check *c = sim_calloc(1, sizeof(*c));

	c->db = db;
	c->may_end = may_end;
	return c;
}

const char *row_check_difference(const struct row_check *c)
{
	return c->difference.len ? c->difference.s : NULL;
}

void row_check_free(struct row_check *c)
{
	for (size_t i = 0; i < c->nr; i++)
		db_rows_free(c->tables[i].rows);
	sim_free(c->tables);
	str_free(&c->difference);
	sim_free(c);
}

static struct db_rows *all_columns(struct db *db, const struct result_table *table)
{
	const char **names = sim_calloc((size_t)table->nr_columns, sizeof(*names));
	struct db_query q = { .table = table->name,
			      .columns = names,
			      .nr_columns = table->nr_columns };
	struct db_rows *rows;

	for (int i = 0; i < table->nr_columns; i++)
		names[i] = table->columns[i].name;
	rows = db_select(db, &q);
	sim_free(names);
	return rows;
}

/* The next number of the rows is that of the table of this name. */
static void name_table(struct row_check *c, const struct schema *schema, const uint8_t **p)
{
	size_t number = row_get_u16(p), len = row_get_u16(p);
	void *tables = c->tables;
	int i = 0;

	SIM_ASSERT(number == c->nr);
	while (strlen(schema->tables[i].name) != len ||
	       memcmp(schema->tables[i].name, *p, len) != 0)
		i++;
	SIM_ASSERT(i < schema->nr);
	sim_grow(&tables, &c->cap, c->nr + 1, sizeof(*c->tables));
	c->tables = tables;
	c->tables[c->nr++] = (struct checked){ &schema->tables[i],
					       all_columns(c->db, &schema->tables[i]), 0, false };
	*p += len;
}

/* Where the difference is, up to what it is. */
static void begin_difference(struct row_check *c, const struct checked *t)
{
	str_addf(&c->difference, "%s, row %" PRId64, t->table->name, t->nr);
	for (int i = 0; i < t->table->nr_columns; i++)
		if (!t->ended && strcmp(t->table->columns[i].name, "t_ns") == 0)
			str_addf(&c->difference, " at %.9g s", (double)db_number(t->rows, i) / 1e9);
}

/* One value; on a difference says which. */
static const uint8_t *check_value(struct row_check *c, const struct checked *t, int column,
				  const uint8_t *p)
{
	enum column_type type = t->table->columns[column].type;
	const char *name = t->table->columns[column].name;

	if (type == COLUMN_EITHER)
		type = *p++ ? COLUMN_TEXT : COLUMN_NUMBER;
	if (type == COLUMN_TEXT) {
		size_t len = row_get_u16(&p);
		const char *text = t->ended ? "" : db_text(t->rows, column);

		if (!t->ended && !c->difference.len &&
		    (strlen(text) != len || memcmp(text, p, len) != 0)) {
			begin_difference(c, t);
			str_addf(&c->difference, ": %s is another", name);
		}
		return p + len;
	}

	int64_t here = row_get_i64(&p);

	if (!t->ended && !c->difference.len &&
	    (db_is_text(t->rows, column) || db_number(t->rows, column) != here)) {
		begin_difference(c, t);
		str_addf(&c->difference, ": %s is %" PRId64 " here and %" PRId64 " there", name,
			 here, db_number(t->rows, column));
	}
	return p;
}

bool row_check(struct row_check *c, const struct schema *schema, const uint8_t *bytes, size_t len)
{
	const uint8_t *p = bytes, *end = bytes + len;

	while (p < end && !c->difference.len) {
		size_t number = row_get_u16(&p);
		struct checked *t;

		if (number == ROW_NAMES_TABLE) {
			name_table(c, schema, &p);
			continue;
		}
		t = &c->tables[number];
		t->nr++;
		t->ended = t->ended || !db_next(t->rows);
		if (t->ended && !c->may_end) {
			begin_difference(c, t);
			str_add(&c->difference, ": there is none there");
		}
		for (int i = 0; i < t->table->nr_columns; i++)
			p = check_value(c, t, i, p);
	}
	return !c->difference.len;
}
