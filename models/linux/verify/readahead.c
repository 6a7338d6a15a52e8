/*
 * readahead.c - what a reader's calls make readahead do
 *
 *	case.yaml, ops.txt  ->  decisions, windows, states, pages in and out of the cache, requests
 *
 * Rows are compared call by call.  How the pages of a large read share bios and
 * requests depends on their frames, which are no input: calls that read more
 * than 128 pages are compared by the sum of sectors.  What a file system reads
 * for itself is left out.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/pagecache/readahead.h"
#include "models/linux/verify/readahead_case.h"

#define EXACT_SECTORS (128 * (int64_t)SECTORS_PER_PAGE)

enum { Q_SUMS = NR_RA_TABLES, NR_QUANTITIES };

struct comparison {
	struct ra_case *ra;
	struct verify_quantity q[NR_QUANTITIES];
};

/* The rows of one call. */
struct call_rows {
	const struct ra_row *row;
	size_t n;
};

/* Takes the rows of a call off the front of what is left. */
static struct call_rows take_call(const struct ra_rows *rows, size_t *at, int64_t call)
{
	struct call_rows r = { &rows->row[*at], 0 };

	while (*at < rows->n && rows->row[*at].v[0] == call) {
		(*at)++;
		r.n++;
	}
	return r;
}

static int64_t next_call(const struct ra_rows *rows, size_t at)
{
	return at < rows->n ? rows->row[at].v[0] : INT64_MAX;
}

static char *row_text(const struct ra_table_def *def, const struct call_rows *r, size_t i)
{
	struct str s = { 0 };

	for (int k = 1; i < r->n && k < def->nr_columns; k++) {
		if (r->row[i].v[k] == RA_DASH)
			str_add(&s, " -");
		else if (k == def->word_column)
			str_addf(&s, " %s", def->words[r->row[i].v[k]]);
		else
			str_addf(&s, " %" PRId64, r->row[i].v[k]);
	}
	return s.s ? s.s : sim_strdup(" nothing");
}

/* Whether a column of a row is to be equal. */
static bool compared(enum ra_table which, const struct ra_row *row, int column)
{
	/* how far reads had come when the mark was met depends on batches of the copy */
	if (which == RA_TRIGGERS && row->v[1] == RA_ASYNC && column == 15)
		return false;
	return !(which == RA_BIOS && column == 6); /* frames that follow each other */
}

static void compare_rows(struct comparison *cmp, enum ra_table which, int64_t call,
			 const struct call_rows *computed, const struct call_rows *recorded)
{
	const struct ra_table_def *def = &ra_tables[which];

	for (size_t i = 0; i < computed->n || i < recorded->n; i++) {
		bool equal = i < computed->n && i < recorded->n;
		char *a, *b;

		for (int k = 1; equal && k < def->nr_columns; k++)
			equal = !compared(which, &recorded->row[i], k) ||
				computed->row[i].v[k] == recorded->row[i].v[k];
		if (equal || cmp->q[which].first) {
			verify_count(&cmp->q[which], equal, " ");
			continue;
		}
		a = row_text(def, computed, i);
		b = row_text(def, recorded, i);
		verify_count(&cmp->q[which], false, "call %" PRId64 ":%s, recorded%s", call, a, b);
		sim_free(a);
		sim_free(b);
	}
}

static int64_t sum_of(const struct call_rows *r, int column)
{
	int64_t sum = 0;

	for (size_t i = 0; i < r->n; i++)
		sum += r->row[i].v[column];
	return sum;
}

/* Bios and requests: one by one, or only how much they read. */
static void compare_io(struct comparison *cmp, enum ra_table which, int64_t call,
		       const struct call_rows *computed, const struct call_rows *recorded)
{
	int sectors = which == RA_BIOS ? 4 : 2;
	int64_t a = sum_of(computed, sectors), b = sum_of(recorded, sectors);

	if (b <= EXACT_SECTORS)
		compare_rows(cmp, which, call, computed, recorded);
	else
		verify_count(&cmp->q[Q_SUMS], a == b,
			     "call %" PRId64 " %s: %" PRId64 " sectors, recorded %" PRId64, call,
			     ra_tables[which].name, a, b);
}

/* Recorded reads of the file system for itself go, and their requests. */
static void drop_metadata(struct ra_rows *bios, struct ra_rows *requests)
{
	size_t n = 0;

	for (size_t i = 0; i < bios->n; i++) {
		const struct ra_row *b = &bios->row[i];
		size_t m = 0;

		if (b->v[1] != RA_DASH) {
			bios->row[n++] = *b;
			continue;
		}
		for (size_t k = 0; k < requests->n; k++) {
			const struct ra_row *r = &requests->row[k];

			if (r->v[0] != b->v[0] || r->v[1] != b->v[3] || r->v[2] != b->v[4])
				requests->row[m++] = *r;
		}
		requests->n = m;
	}
	bios->n = n;
}

static void compare_table(struct comparison *cmp, enum ra_table which,
			  const struct ra_rows *recorded)
{
	const struct ra_rows *computed = &cmp->ra->tables[which];
	size_t a = 0, b = 0;

	while (a < computed->n || b < recorded->n) {
		int64_t call = min_s64(next_call(computed, a), next_call(recorded, b));
		struct call_rows x = take_call(computed, &a, call);
		struct call_rows y = take_call(recorded, &b, call);

		if (!x.n && !y.n) {
			verify_error(cmp->ra->c, "%s.txt: calls are not in order",
				     ra_tables[which].name);
			return;
		}
		if (which == RA_BIOS || which == RA_REQUESTS)
			compare_io(cmp, which, call, &x, &y);
		else
			compare_rows(cmp, which, call, &x, &y);
	}
}

static void compare_tables(struct comparison *cmp)
{
	struct ra_rows recorded[NR_RA_TABLES] = { { 0 } };
	bool found[NR_RA_TABLES];

	for (int i = 0; i < NR_RA_TABLES; i++)
		found[i] = ra_table_read(cmp->ra->c, (enum ra_table)i, &recorded[i]);
	drop_metadata(&recorded[RA_BIOS], &recorded[RA_REQUESTS]);
	for (int i = 0; i < NR_RA_TABLES; i++) {
		if (found[i] && !diag_failed(cmp->ra->c->diag))
			compare_table(cmp, (enum ra_table)i, &recorded[i]);
		sim_free(recorded[i].row);
	}
}

static bool readahead_run(struct verify_case *c)
{
	struct comparison *cmp = sim_calloc(1, sizeof(*cmp));
	bool ok;

	cmp->ra = sim_calloc(1, sizeof(*cmp->ra));
	for (int i = 0; i < NR_RA_TABLES; i++)
		cmp->q[i].name = ra_tables[i].name;
	cmp->q[Q_SUMS].name = "large reads";
	ok = ra_case_read(c, cmp->ra) && ra_case_run(cmp->ra);
	if (ok) {
		ra_tables_write(cmp->ra);
		compare_tables(cmp);
	}
	verify_report(c, cmp->q, NR_QUANTITIES);
	ra_case_free(cmp->ra);
	sim_free(cmp->ra);
	sim_free(cmp);
	return ok;
}

const struct verify_family verify_readahead = { .name = "readahead", .run = readahead_run };
