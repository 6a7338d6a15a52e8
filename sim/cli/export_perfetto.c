/*
 * export_perfetto.c - a timeline in the trace format of Perfetto
 *
 * Like:        Perfetto, protos/perfetto/trace: a Trace of TracePackets; a TrackDescriptor for each
 *              track, TrackEvents for slices, moments and counters; numbers of fields from there
 *
 * Tracks of tasks are threads, so that the viewer groups them; counters are tracks below one of
 * their own.  Names are written out each time: files are larger than they could be, and any part
 * of one can be read by itself.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/protobuf.h"
#include "sim/cli/timeline.h"

/* Numbers of fields; enumerations below them. */
enum {
	TRACE_PACKET = 1,

	PACKET_TIMESTAMP = 8, /* ns */
	PACKET_SEQUENCE = 10,
	PACKET_EVENT = 11,
	PACKET_TRACK = 60,

	TRACK_UUID = 1,
	TRACK_NAME = 2,
	TRACK_THREAD = 4,
	TRACK_PARENT = 5,
	TRACK_COUNTER = 8,

	THREAD_PID = 1,
	THREAD_TID = 2,
	THREAD_NAME = 5,

	COUNTER_UNIT_NAME = 6,

	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK = 11,
	EVENT_CATEGORY = 22,
	EVENT_NAME = 23,
	EVENT_VALUE = 30,

	ANNOTATION_TEXT = 6,
	ANNOTATION_NAME = 10,
};

enum event_type {
	EVENT_BEGIN = 1,
	EVENT_END = 2,
	EVENT_INSTANT = 3,
	EVENT_COUNTER = 4,
};

#define SEQUENCE  1 /* all packets come from one writer */
#define UUID_ROOT 1 /* of the first track; the others are counted on */

struct writer {
	const struct export *e;
	uint64_t next_uuid;
	struct str packet, part, inner; /* owned; reused */
};

/* ---- packets ---- */

static void end_packet(struct writer *w)
{
	pb_number(&w->packet, PACKET_SEQUENCE, SEQUENCE);
	str_reset(&w->inner);
	pb_message(&w->inner, TRACE_PACKET, &w->packet);
	out_file_add(w->e->out, w->inner.s, w->inner.len);
	str_reset(&w->inner);
}

/* Begins a track in w->part; end_track is to follow. */
static uint64_t begin_track(struct writer *w, uint64_t uuid, const char *name, uint64_t parent)
{
	pb_number(&w->part, TRACK_UUID, uuid);
	if (name)
		pb_text(&w->part, TRACK_NAME, name);
	if (parent)
		pb_number(&w->part, TRACK_PARENT, parent);
	return uuid;
}

static void end_track(struct writer *w)
{
	pb_message(&w->packet, PACKET_TRACK, &w->part);
	end_packet(w);
}

static uint64_t plain_track(struct writer *w, const char *name, uint64_t parent)
{
	uint64_t uuid = begin_track(w, w->next_uuid++, name, parent);

	end_track(w);
	return uuid;
}

static uint64_t thread_track(struct writer *w, const struct track *t)
{
	uint64_t uuid = begin_track(w, w->next_uuid++, NULL, 0);

	pb_number(&w->inner, THREAD_PID, (uint64_t)t->pid);
	pb_number(&w->inner, THREAD_TID, (uint64_t)t->pid);
	pb_text(&w->inner, THREAD_NAME, t->task);
	pb_message(&w->part, TRACK_THREAD, &w->inner);
	end_track(w);
	return uuid;
}

static uint64_t counter_track(struct writer *w, const char *name, uint64_t parent, const char *unit)
{
	uint64_t uuid = begin_track(w, w->next_uuid++, name, parent);

	pb_text(&w->inner, COUNTER_UNIT_NAME, unit);
	pb_message(&w->part, TRACK_COUNTER, &w->inner);
	end_track(w);
	return uuid;
}

static void begin_event(struct writer *w, int64_t t_ns, enum event_type type, uint64_t track)
{
	pb_number(&w->packet, PACKET_TIMESTAMP, (uint64_t)t_ns);
	pb_number(&w->part, EVENT_TYPE, type);
	pb_number(&w->part, EVENT_TRACK, track);
}

static void end_event(struct writer *w)
{
	pb_message(&w->packet, PACKET_EVENT, &w->part);
	end_packet(w);
}

static void annotate(struct writer *w, const char *name, const char *text)
{
	if (!text)
		return;
	pb_text(&w->inner, ANNOTATION_NAME, name);
	pb_text(&w->inner, ANNOTATION_TEXT, text);
	pb_message(&w->part, EVENT_ANNOTATION, &w->inner);
}

/* ---- tasks ---- */

static void add_begin(struct writer *w, const struct slice *s, uint64_t track)
{
	enum event_type type = s->row->kind == TIMELINE_INSTANT ? EVENT_INSTANT : EVENT_BEGIN;

	begin_event(w, s->begin, type, track);
	pb_text(&w->part, EVENT_CATEGORY, s->row->begin);
	pb_text(&w->part, EVENT_NAME, s->name);
	annotate(w, "event", s->begin_text);
	end_event(w);
}

static void add_end(struct writer *w, const struct slice *s, uint64_t track)
{
	begin_event(w, s->end, EVENT_END, track);
	annotate(w, "end", s->end_text);
	end_event(w);
}

static void add_slices(struct writer *w, const struct track *t, uint64_t track)
{
	size_t *deep = sim_alloc((t->n + 1) * sizeof(*deep)), depth = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct slice *s = &t->slices[i];

		while (depth && t->slices[deep[depth - 1]].end <= s->begin &&
		       (s->end > s->begin || t->slices[deep[depth - 1]].end < s->begin))
			add_end(w, &t->slices[deep[--depth]], track);
		add_begin(w, s, track);
		if (s->row->kind == TIMELINE_INSTANT)
			continue;
		if (s->end > s->begin)
			deep[depth++] = i;
		else
			add_end(w, s, track);
	}
	while (depth)
		add_end(w, &t->slices[deep[--depth]], track);
	sim_free(deep);
}

static void add_tasks(struct writer *w, const struct timeline *tl)
{
	uint64_t *uuids = sim_calloc(tl->n + 1, sizeof(*uuids));

	for (size_t i = 0; i < tl->n; i++) {
		const struct track *t = &tl->tracks[i];
		uint64_t parent = 0;

		for (size_t k = 0; t->states && k < tl->n; k++)
			if (!tl->tracks[k].states && tl->tracks[k].pid == t->pid)
				parent = uuids[k];
		uuids[i] = t->states ? plain_track(w, t->states->name, parent)
			   : t->pid  ? thread_track(w, t)
				     : plain_track(w, "interrupts", UUID_ROOT);
		add_slices(w, t, uuids[i]);
	}
	sim_free(uuids);
}

/* ---- counters ---- */

/* The names of the objects of a counter: a text for each, "" where there is only one. */
struct series {
	char **names;           /* owned */
	uint64_t *tracks;       /* owned */
	int64_t *last_t, *last; /* owned; of the row before, for rates */
	size_t n, cap;
};

static size_t series_of(struct writer *w, struct series *all, const struct timeline_counter *c,
			const char *name, uint64_t group)
{
	void *names = all->names;
	size_t cap = all->cap;
	char *title;

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->names[i], name) == 0)
			return i;
	sim_grow(&names, &all->cap, all->n + 1, sizeof(*all->names));
	all->names = names;
	if (cap != all->cap) {
		all->tracks = sim_realloc(all->tracks, all->cap * sizeof(*all->tracks));
		all->last_t = sim_realloc(all->last_t, all->cap * sizeof(*all->last_t));
		all->last = sim_realloc(all->last, all->cap * sizeof(*all->last));
	}
	title = *name ? str_format("%s: %s", name, c->name) : sim_strdup(c->name);
	all->names[all->n] = sim_strdup(name);
	all->tracks[all->n] = counter_track(w, title, group, c->unit);
	all->last_t[all->n] = -1;
	sim_free(title);
	return all->n++;
}

static void series_free(struct series *all)
{
	for (size_t i = 0; i < all->n; i++)
		sim_free(all->names[i]);
	sim_free(all->names);
	sim_free(all->tracks);
	sim_free(all->last_t);
	sim_free(all->last);
}

static void add_value(struct writer *w, int64_t t_ns, uint64_t track, int64_t v)
{
	begin_event(w, t_ns, EVENT_COUNTER, track);
	pb_number(&w->part, EVENT_VALUE, (uint64_t)v);
	end_event(w);
}

/* Per second, from one row to the next: shown where it begins. */
static void add_rate(struct writer *w, struct series *all, size_t i, int64_t t_ns, int64_t v)
{
	int64_t took = all->last_t[i] < 0 || t_ns < 0 ? 0 : t_ns - all->last_t[i];

	if (took > 0)
		add_value(w, all->last_t[i], all->tracks[i],
			  (int64_t)(((__int128)v - all->last[i]) * (int64_t)NS_PER_SEC / took));
	all->last_t[i] = t_ns;
	all->last[i] = v;
}

/* "node, zone" as columns behind the two that are always there. */
static int key_columns(const char *keys, char *store, size_t size, const char **columns)
{
	int n = 0;

	snprintf(store, size, "%s", keys ? keys : "");
	for (char *save = NULL, *key = strtok_r(store, ", ", &save); key && n < METRIC_MAX_KEYS;
	     key = strtok_r(NULL, ", ", &save))
		columns[n++] = key;
	return n;
}

/* "node 0 Normal": names stand for themselves. */
static void add_key(struct str *name, const char *key, const char *value)
{
	str_addf(name, "%s%s%s%s", name->len ? " " : "", strcmp(key, "node") == 0 ? key : "",
		 strcmp(key, "node") == 0 ? " " : "", value);
}

static void add_counter(struct writer *w, const struct timeline_counter *c, uint64_t group)
{
	const char *columns[2 + METRIC_MAX_KEYS] = { "t_ns", c->column };
	struct series all = { 0 };
	struct str name = { 0 };
	char store[64];
	int nr_keys = key_columns(c->keys, store, sizeof(store), columns + 2);
	const struct db_query q = { .table = c->table,
				    .columns = columns,
				    .nr_columns = 2 + nr_keys };
	struct db_rows *rows = db_select(w->e->db, &q);

	while (db_next(rows)) {
		size_t i;

		str_reset(&name);
		for (int k = 0; k < nr_keys; k++)
			add_key(&name, columns[2 + k], db_text(rows, 2 + k));
		i = series_of(w, &all, c, str_get(&name), group);
		if (c->rate)
			add_rate(w, &all, i, db_number(rows, 0), db_number(rows, 1));
		else
			add_value(w, db_number(rows, 0), all.tracks[i], db_number(rows, 1));
	}
	db_rows_free(rows);
	series_free(&all);
	str_free(&name);
}

static void add_counters(struct writer *w)
{
	const struct personality *p = w->e->personality;
	uint64_t group = 0;

	for (int i = 0; i < p->nr_timeline_counters; i++) {
		const struct timeline_counter *c = &p->timeline_counters[i];

		if (!i || strcmp(p->timeline_counters[i - 1].track, c->track) != 0)
			group = plain_track(w, c->track, UUID_ROOT);
		add_counter(w, c, group);
	}
}

/* ---- the file ---- */

static int check(const struct export *e)
{
	struct str missing = { 0 };
	bool can = timeline_can(e, &missing);

	if (!missing.len)
		cli_error(
		    "%s: results of %s: nothing is known of what its tracepoints begin and end",
		    cli_escape(e->path), e->personality->name);
	else if (!can)
		cli_error(
		    "%s: none of the tracepoints was recorded that a timeline is made from; run "
		    "the scenario again with --trace of some of them, or record: { trace: [...] "
		    "}: %s",
		    cli_escape(e->path), str_get(&missing));
	str_free(&missing);
	return can ? 0 : EXIT_INPUT;
}

static int write_timeline(const struct export *e)
{
	struct writer w = { .e = e, .next_uuid = UUID_ROOT };
	char *scenario = db_run_text(e->db, "scenario");
	char *root = str_format("%s: %s", OUT_FILE_MARK, scenario);
	struct timeline tl;

	timeline_read(&tl, e);
	plain_track(&w, root, 0);
	add_tasks(&w, &tl);
	add_counters(&w);
	timeline_free(&tl);
	sim_free(root);
	sim_free(scenario);
	str_free(&w.packet);
	str_free(&w.part);
	str_free(&w.inner);
	return EXIT_DONE;
}

const struct export_format perfetto_format = {
	.name = "perfetto",
	.extension = ".pftrace",
	.meaning = "a timeline of tasks, and counters",
	.check = check,
	.write = write_timeline,
};
