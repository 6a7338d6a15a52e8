/*
 * tables.c - the tables of a case
 *
 * Rows are kept as numbers and become text when they are read: who waits for one of two requests
 * must not find the other one done because a row was being printed between them.  Interrupts write
 * rows, too (requests that begin when others end), so all of it is done under a lock.
 */
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "watch.h"

#define MOST_COLUMNS 18
#define TABLE_ROOM   (8UL << 20)
#define TEXT_ROOM    (24UL << 20)

static const char *const kinds[] = { "sync", "async", "force", "around", "sync-force" };

static struct {
	const char *name, *columns;
	int nr_columns, kind_column; /* 0: no column is a kind */
	int run_column;              /* first, pages and order from here on; 0: no runs of folios */
	s64 *rows;
	size_t nr, most;
} tables[NR_TABLES] = {
	[WINDOWS] = { "windows", "call kind slot file trigger_index start nr look inserted window",
		      10, 1 },
	[TRIGGERS] = { "triggers",
		       "call kind slot file index req order start size async start_after "
		       "size_after "
		       "async_after ra_pages mmap_miss prev_pos bdi_ra_pages bdi_io_pages",
		       18, 1 },
	[CALLS] = { "calls", "call result slot start size async ra_pages mmap_miss prev_pos random",
		    10 },
	[INSERTS] = { "inserts", "call window file first pages order pfn", 7, 0, 3 },
	[DELETES] = { "deletes", "call file first pages order", 5, 0, 2 },
	[CACHE] = { "cache", "call file first pages order mark", 6, 0, 2 },
	[BIOS] = { "bios", "call file index sector sectors rahead segments", 7 },
	[REQUESTS] = { "requests", "call sector sectors", 3 },
	[DEVICE] = { "device",
		     "call file ra_pages io_pages max_sectors max_hw_sectors max_segments "
		     "max_segment_size",
		     8 },
};

static DEFINE_SPINLOCK(lock);
static bool full;
static char *text; /* of the table that is read */
static size_t length;

/* Whether folios are the next ones of the run in row r; first, pages and order are r[at] and
 * behind. */
static bool follows(enum table to, const s64 *r, const s64 *more)
{
	int at = tables[to].run_column, i;

	for (i = 0; i < at; i++)
		if (r[i] != more[i])
			return false;
	if (r[at] + r[at + 1] != more[at] || r[at + 2] != more[at + 2])
		return false;
	if (to == INSERTS)
		return r[at + 3] + r[at + 1] == more[at + 3];
	return to != CACHE || (!r[at + 3] && !more[at + 3]);
}

void note(enum table to, const s64 *values)
{
	int n = tables[to].nr_columns, at = tables[to].run_column;
	s64 row[MOST_COLUMNS] = { reader.call }, *last;
	unsigned long flags;

	memcpy(&row[1], values, (n - 1) * sizeof(*row));
	spin_lock_irqsave(&lock, flags);
	last = tables[to].nr ? &tables[to].rows[(tables[to].nr - 1) * n] : NULL;
	if (at && last && follows(to, last, row))
		last[at + 1] += row[at + 1];
	else if (tables[to].nr < tables[to].most)
		memcpy(&tables[to].rows[tables[to].nr++ * n], row, n * sizeof(*row));
	else
		full = true;
	spin_unlock_irqrestore(&lock, flags);
}

/* --- as text --- */

static void add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	length += vscnprintf(text + length, TEXT_ROOM - length, format, args);
	va_end(args);
}

const char *table_text(enum table which, size_t *bytes)
{
	int n = tables[which].nr_columns, i;
	size_t k;

	length = 0;
	add("# %s\n", tables[which].columns);
	for (k = 0; k < tables[which].nr; k++) {
		const s64 *row = &tables[which].rows[k * n];

		for (i = 0; i < n; i++) {
			if (row[i] == DASH)
				add("-");
			else if (i && i == tables[which].kind_column)
				add("%s", kinds[row[i]]);
			else if (which == TRIGGERS && i == 5)
				add("%llu", row[i]); /* "all" is a number of 64 bits */
			else
				add("%lld", row[i]);
			add(i < n - 1 ? " " : "\n");
		}
	}
	*bytes = length;
	return text;
}

const char *table_name(enum table which)
{
	return tables[which].name;
}

bool tables_full(void)
{
	return full;
}

int tables_make(void)
{
	int i;

	text = vzalloc(TEXT_ROOM);
	for (i = 0; i < NR_TABLES; i++) {
		size_t room = i == INSERTS ? 2 * TABLE_ROOM : TABLE_ROOM;

		tables[i].rows = vzalloc(room);
		tables[i].most = room / sizeof(s64) / tables[i].nr_columns;
		if (!text || !tables[i].rows)
			return -ENOMEM;
	}
	return 0;
}
