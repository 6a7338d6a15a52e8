/*
 * timeline.c - what each task was in from when to when, from the tracepoints of a results file
 *
 * Events begin slices, end them, or tell of one that is over.  Times that the kernel rounds to
 * ticks may reach into what lies beside them: they are cut there, so that slices are nested.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/timeline.h"

#define LONGEST  (INT64_MAX / 4)
#define MAX_DEEP 64 /* slices within each other */

/* What the tracepoints mean, by their number in the personality. */
struct meaning {
	const struct personality *p;
	struct trace_printer **printers; /* owned */
	int *field;                      /* owned; of each row, -1: none */
};

struct reader {
	struct timeline *tl;
	struct meaning m;
	struct export_tasks *tasks;
	int64_t nr_slices;
	size_t last; /* track of the last event */
};

/* ---- which tracepoints ---- */

static bool is_among(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = names; at && *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == len && memcmp(at, name, n) == 0)
			return true;
		at += n;
	}
	return false;
}

static bool ends_row(const struct timeline_slice *row, const char *trace)
{
	return row->end && is_among(row->end, trace);
}

static bool is_wanted(const struct trace_def *def, const void *arg)
{
	const struct personality *p = arg;

	for (int i = 0; i < p->nr_timeline_slices; i++)
		if (strcmp(p->timeline_slices[i].begin, def->name) == 0 ||
		    ends_row(&p->timeline_slices[i], def->name))
			return true;
	return false;
}

bool timeline_can(const struct export *e, struct str *missing)
{
	const struct personality *p = e->personality;
	bool any = false;

	for (int i = 0; i < p->nr_traces; i++) {
		const char *name = p->traces[i].name;

		if (!is_wanted(&p->traces[i], p))
			continue;
		any |= export_has_trace(e->db, name);
		str_addf(missing, "%s%s", missing->len ? ", " : "", name);
	}
	return any;
}

static int field_of(const struct personality *p, const struct timeline_slice *row)
{
	for (int i = 0; row->field && i < p->nr_traces; i++) {
		const struct trace_def *def = &p->traces[i];

		if (strcmp(def->name, row->begin) != 0)
			continue;
		for (int f = 0; f < def->nr_fields; f++)
			if (strcmp(def->fields[f], row->field) == 0)
				return f;
	}
	return -1;
}

static void meaning_init(struct meaning *m, const struct personality *p)
{
	m->p = p;
	m->printers = sim_calloc((size_t)p->nr_traces + 1, sizeof(*m->printers));
	m->field = sim_calloc((size_t)p->nr_timeline_slices + 1, sizeof(*m->field));
	for (int i = 0; i < p->nr_traces; i++)
		m->printers[i] = trace_printer_new(p, &p->traces[i]);
	for (int i = 0; i < p->nr_timeline_slices; i++)
		m->field[i] = field_of(p, &p->timeline_slices[i]);
}

static void meaning_free(struct meaning *m)
{
	for (int i = 0; i < m->p->nr_traces; i++)
		trace_printer_free(m->printers[i]);
	sim_free(m->printers);
	sim_free(m->field);
}

/* ---- tracks ---- */

static struct track *add_track(struct reader *r, const char *task, int64_t pid,
			       const struct timeline_slice *states)
{
	void *tracks = r->tl->tracks;

	sim_grow(&tracks, &r->tl->cap, r->tl->n + 1, sizeof(*r->tl->tracks));
	r->tl->tracks = tracks;
	r->last = r->tl->n;
	r->tl->tracks[r->tl->n] = (struct track){
		.task = sim_strdup(pid ? task : ""),
		.pid = pid,
		.states = states,
		.open = sim_calloc((size_t)r->m.p->nr_timeline_slices + 1, sizeof(size_t)),
	};
	return &r->tl->tracks[r->tl->n++];
}

/* The track of a task, or that of its states. */
static struct track *track_of(struct reader *r, const char *task,
			      const struct timeline_slice *states)
{
	int64_t pid = export_tasks_pid(r->tasks, task);

	for (size_t i = 0; i < r->tl->n; i++) {
		size_t at = (r->last + i) % r->tl->n;

		if (r->tl->tracks[at].pid == pid && r->tl->tracks[at].states == states) {
			r->last = at;
			return &r->tl->tracks[at];
		}
	}
	return add_track(r, task, pid, states);
}

static char *text_of(const struct reader *r, const struct export_event *event)
{
	struct trace_scene scene = export_scene(r->tasks, event->task, event->t_ns);
	struct str out = { 0 };

	str_addf(&out, "%s: ", event->def->name);
	trace_printer_add(r->m.printers[event->trace], &out, &scene, event->v);
	return str_take(&out);
}

static struct slice *add_slice(struct reader *r, struct track *t, int row,
			       const struct export_event *event, int64_t begin, int64_t end)
{
	void *slices = t->slices;

	sim_grow(&slices, &t->cap, t->n + 1, sizeof(*t->slices));
	t->slices = slices;
	t->slices[t->n] = (struct slice){ .row = &r->m.p->timeline_slices[row],
					  .name = r->m.p->timeline_slices[row].name,
					  .begin = begin,
					  .end = end,
					  .begin_text = text_of(r, event),
					  .order = r->nr_slices++ };
	return &t->slices[t->n++];
}

/* ---- events ---- */

/* A time that is known in whole ticks: it does not begin before what it lies in, nor before what
 * was over when it began. */
static int64_t cut_begin(const struct reader *r, const struct track *t, int64_t begin)
{
	for (int i = 0; i < r->m.p->nr_timeline_slices; i++)
		if (t->open[i])
			begin = max_s64(begin, t->slices[t->open[i] - 1].begin);
	for (size_t i = t->n; i-- > 0 && t->n - i < MAX_DEEP;) {
		const struct slice *s = &t->slices[i];

		if (s->begin < begin && s->end > begin && s->end != INT64_MAX)
			begin = s->end;
	}
	return max_s64(begin, 0);
}

static void begin_row(struct reader *r, struct track *t, int i, const struct export_event *event)
{
	const struct timeline_slice *row = &r->m.p->timeline_slices[i];
	int64_t v = r->m.field[i] >= 0 ? event->v[r->m.field[i]] : 0;
	int64_t ns = row->unit_ns ? min_s64(v, LONGEST / row->unit_ns) * row->unit_ns : 0;

	switch (row->kind) {
	case TIMELINE_SPAN:
		if (!t->open[i]) {
			add_slice(r, t, i, event, event->t_ns, INT64_MAX);
			t->open[i] = t->n;
		}
		break;
	case TIMELINE_PERIOD:
		if (v > 0)
			add_slice(r, t, i, event, event->t_ns, event->t_ns + ns);
		break;
	case TIMELINE_BEFORE:
		if (v > 0)
			add_slice(r, t, i, event, cut_begin(r, t, event->t_ns - ns), event->t_ns);
		break;
	case TIMELINE_INSTANT:
		add_slice(r, t, i, event, event->t_ns, event->t_ns);
		break;
	case TIMELINE_STATE:
		if (t->open[i])
			t->slices[t->open[i] - 1].end = event->t_ns;
		t->open[i] = 0;
		if (v >= 0 && v < row->nr_states) {
			add_slice(r, t, i, event, event->t_ns, INT64_MAX)->name = row->states[v];
			t->open[i] = t->n;
		}
		break;
	}
}

/* Whether the event says no more than why its task is about to sleep. */
static bool goes_to_sleep(const struct reader *r, const struct export_event *event)
{
	for (int i = 0; i < r->m.p->nr_timeline_slices; i++) {
		const struct timeline_slice *row = &r->m.p->timeline_slices[i];

		if (row->kind == TIMELINE_STATE && strcmp(row->begin, event->def->name) == 0)
			return event->v[r->m.field[i]] >= 0;
	}
	return false;
}

/* Who does something is not asleep: a pause that was meant to last longer is over. */
static void end_pauses(const struct track *t, int64_t now)
{
	for (size_t i = t->n; i-- > 0 && t->n - i < MAX_DEEP;) {
		struct slice *s = &t->slices[i];

		if (s->row->kind == TIMELINE_PERIOD && s->end > now)
			s->end = now;
	}
}

static void take_event(struct reader *r, const struct export_event *event)
{
	const struct personality *p = r->m.p;
	struct track *t = track_of(r, event->task, NULL);

	if (!goes_to_sleep(r, event))
		end_pauses(t, event->t_ns);
	for (int i = 0; i < p->nr_timeline_slices; i++) {
		const struct timeline_slice *row = &p->timeline_slices[i];

		if (t->open[i] && ends_row(row, event->def->name)) {
			struct slice *s = &t->slices[t->open[i] - 1];

			s->end = event->t_ns;
			s->end_text = text_of(r, event);
			t->open[i] = 0;
		}
		if (strcmp(row->begin, event->def->name) != 0)
			continue;
		if (row->kind == TIMELINE_STATE)
			begin_row(r, track_of(r, event->task, row), i, event);
		else
			begin_row(r, t, i, event);
		t = track_of(r, event->task, NULL); /* tracks may have moved */
	}
}

/* ---- nesting ---- */

static int outer_first(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static void nest(struct track *t, int64_t run_end)
{
	size_t deep[MAX_DEEP], depth = 0;

	for (size_t i = 0; i < t->n; i++)
		t->slices[i].end = min_s64(t->slices[i].end, max_s64(run_end, t->slices[i].begin));
	if (t->n)
		qsort(t->slices, t->n, sizeof(*t->slices), outer_first);
	for (size_t i = 0; i < t->n; i++) {
		struct slice *s = &t->slices[i];

		while (depth && t->slices[deep[depth - 1]].end <= s->begin)
			depth--;
		if (depth)
			s->end = min_s64(s->end, t->slices[deep[depth - 1]].end);
		if (depth < MAX_DEEP && s->end > s->begin)
			deep[depth++] = i;
	}
}

static int64_t end_of_run(const struct export *e)
{
	static const char *const column = "t_end_ns";
	const struct db_query q = { .table = "run", .columns = &column, .nr_columns = 1 };
	struct db_rows *rows = db_select(e->db, &q);
	int64_t end = db_next(rows) ? db_number(rows, 0) : 0;

	db_rows_free(rows);
	return end;
}

void timeline_read(struct timeline *tl, const struct export *e)
{
	struct reader r = { .tl = tl, .tasks = export_tasks_new(e->db) };
	struct event_stream *es = event_stream_new(e, is_wanted, e->personality);
	int64_t end = end_of_run(e);
	struct export_event event;

	*tl = (struct timeline){ 0 };
	meaning_init(&r.m, e->personality);
	while (event_stream_next(es, &event)) {
		take_event(&r, &event);
		end = max_s64(end, event.t_ns);
	}
	for (size_t i = 0; i < tl->n; i++)
		nest(&tl->tracks[i], end);
	event_stream_free(es);
	meaning_free(&r.m);
	export_tasks_free(r.tasks);
}

void timeline_free(struct timeline *tl)
{
	for (size_t i = 0; i < tl->n; i++) {
		for (size_t k = 0; k < tl->tracks[i].n; k++) {
			sim_free(tl->tracks[i].slices[k].begin_text);
			sim_free(tl->tracks[i].slices[k].end_text);
		}
		sim_free(tl->tracks[i].task);
		sim_free(tl->tracks[i].slices);
		sim_free(tl->tracks[i].open);
	}
	sim_free(tl->tracks);
}
