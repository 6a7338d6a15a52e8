/*
 * export_events.c - the events of all recorded tracepoints, in the order of time
 *
 * Each tracepoint is a table, read in the order of time; of their first rows the earliest is the
 * next event.  Those of one moment come as they were recorded.
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/export.h"

#define NR_HEAD 4               /* columns before the fields */
#define LATEST  (INT64_MAX / 4) /* a file from anywhere may hold any number: 73 years are enough */

/* A tracepoint that was recorded, at a row that was not given out yet. */
struct source {
	const struct trace_def *def; /* borrowed */
	int trace;
	struct db_rows *rows; /* owned */
	int64_t t_ns, seq;
};

struct event_stream {
	struct source *sources; /* owned; a heap: the earliest is the first */
	size_t n;
	bool advance; /* the first has been given out */
};

bool export_has_trace(struct db *db, const char *name)
{
	return db_has(db, name, "seq");
}

static bool earlier(const struct source *a, const struct source *b)
{
	return a->t_ns != b->t_ns ? a->t_ns < b->t_ns : a->seq < b->seq;
}

static void sink(struct event_stream *es, size_t i)
{
	for (size_t child; (child = 2 * i + 1) < es->n; i = child) {
		struct source moved = es->sources[i];

		if (child + 1 < es->n && earlier(&es->sources[child + 1], &es->sources[child]))
			child++;
		if (!earlier(&es->sources[child], &moved))
			break;
		es->sources[i] = es->sources[child];
		es->sources[child] = moved;
	}
}

/* Its next row; false: there is none. */
static bool step(struct source *s)
{
	if (!db_next(s->rows))
		return false;
	s->t_ns = min_s64(max_s64(db_number(s->rows, 0), 0), LATEST);
	s->seq = db_number(s->rows, 1);
	return true;
}

static struct db_rows *rows_of(struct db *db, const struct trace_def *def)
{
	const char *columns[NR_HEAD + TRACE_MAX_FIELDS] = { "t_ns", "seq", "task", "cpu" };
	const struct db_query q = { .table = def->name,
				    .columns = columns,
				    .nr_columns = NR_HEAD + def->nr_fields,
				    .sorted = 2 };

	for (int i = 0; i < def->nr_fields; i++)
		columns[NR_HEAD + i] = def->fields[i];
	return db_select(db, &q);
}

struct event_stream *event_stream_new(const struct export *e,
				      bool (*wanted)(const struct trace_def *def, const void *arg),
				      const void *arg)
{
	const struct personality *p = e->personality;
	struct event_stream *es = sim_calloc(1, sizeof(*es));

	es->sources = sim_calloc((size_t)p->nr_traces + 1, sizeof(*es->sources));
	for (int i = 0; i < p->nr_traces; i++) {
		const struct trace_def *def = &p->traces[i];
		struct source *s = &es->sources[es->n];

		if (!export_has_trace(e->db, def->name) || (wanted && !wanted(def, arg)))
			continue;
		*s = (struct source){ .def = def, .trace = i, .rows = rows_of(e->db, def) };
		if (step(s))
			es->n++;
		else
			db_rows_free(s->rows);
	}
	for (size_t i = es->n / 2; i-- > 0;)
		sink(es, i);
	return es;
}

bool event_stream_next(struct event_stream *es, struct export_event *event)
{
	struct source *s = es->sources;

	if (es->advance && !step(s)) {
		db_rows_free(s->rows);
		*s = es->sources[--es->n];
	}
	if (es->advance)
		sink(es, 0);
	es->advance = es->n > 0;
	if (!es->n)
		return false;
	event->def = s->def;
	event->trace = s->trace;
	event->t_ns = s->t_ns;
	event->seq = s->seq;
	event->task = db_text(s->rows, 2);
	event->cpu = db_number(s->rows, 3);
	for (int i = 0; i < s->def->nr_fields; i++)
		event->v[i] = db_number(s->rows, NR_HEAD + i);
	return true;
}

void event_stream_free(struct event_stream *es)
{
	for (size_t i = 0; i < es->n; i++)
		db_rows_free(es->sources[i].rows);
	sim_free(es->sources);
	sim_free(es);
}
