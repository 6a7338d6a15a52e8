/*
 * record.c - takes rows, keeps the digest, hands batches to the file
 *
 * Rows are made on whatever stack they come from: a task's has no room for
 * SQLite.  So they are kept as bytes (row.h), and an event of the loop writes
 * them once there are enough.  The digest is taken over the same bytes, one
 * after the other, and knows nothing of batches.
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/diag.h"
#include "sim/record/recorder.h"
#include "sim/record/row_check.h"

#define DEFAULT_BATCH (128u << 10)
#define FAILED_REASON "the results cannot be written"

void recorder_row(struct recorder *r, int table)
{
	if (__builtin_expect(r->number[table] < 0, 0)) {
		r->number[table] = r->nr_numbered++;
		row_put_u16(&r->rows, ROW_NAMES_TABLE);
		row_put_u16(&r->rows, (size_t)r->number[table]);
		row_put_text(&r->rows, r->schema.tables[table].name);
	}
	row_put_u16(&r->rows, (size_t)r->number[table]);
}

static void flush_later(struct sim *s, struct event *e)
{
	(void)s;
	recorder_flush(CONTAINER_OF(e, struct recorder, flush_event));
}

void recorder_row_end(struct recorder *r)
{
	if (__builtin_expect(r->rows.len >= r->o.batch, 0) && !event_scheduled(&r->flush_event))
		event_schedule(r->sim, &r->flush_event, r->sim->now, EVENT_WORK, flush_later);
}

void recorder_flush(struct recorder *r)
{
	if (!r->rows.len)
		return;
	XXH64_update(&r->digest, r->rows.bytes, r->rows.len);
	if (r->o.check && !row_check(r->o.check, &r->schema, r->rows.bytes, r->rows.len)) {
		r->sim->stop = true;
		r->sim->stop_reason = "the rows are not those of the results";
	}
	if (r->db && !recorder_failed(r) && !db_write_rows(r->db, r->rows.bytes, r->rows.len)) {
		r->sim->stop = true;
		r->sim->stop_reason = FAILED_REASON;
	}
	r->rows.len = 0;
}

void recorder_end_check(struct recorder *r)
{
	recorder_flush(r);
	r->o.check = NULL;
}

bool recorder_failed(const struct recorder *r)
{
	return r->db && db_failed(r->db);
}

/* A tracepoint, perhaps on a task's stack. */
static void take_event(struct sim *s, const struct trace_record *event)
{
	struct recorder *r = s->recorder;
	int nr_fields = s->tables->trace.defs[event->id].nr_fields;
	int table = r->schema.of_trace[event->id];

	if (table < 0)
		return;
	recorder_row(r, table);
	row_put_i64(&r->rows, (int64_t)r->nr_events++);
	row_put_i64(&r->rows, (int64_t)event->t_ns);
	row_put_text(&r->rows, event->task);
	row_put_i64(&r->rows, event->cpu);
	for (int i = 0; i < nr_fields; i++)
		row_put_i64(&r->rows, event->v[i]);
	recorder_row_end(r);
}

static void take_tunable(struct sim *s, const struct tunable_ref *ref, const int64_t *v)
{
	sampler_tunable(s->recorder, ref, v);
}

/* 16 digits, the way XXH64 sums are printed. */
static bool set_run_hash(struct db *db, const char *column, uint64_t hash)
{
	char text[17];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)hash);
	return db_set_run(db, column, text);
}

static bool write_setting(struct recorder *r, const struct run_setting *set)
{
	const struct db_value row[] = { { .number = (int64_t)r->sim->now },
					{ .text = set->option, .len = strlen(set->option) },
					{ .text = set->name, .len = strlen(set->name) },
					{ .text = set->value, .len = strlen(set->value) } };

	return db_add_row(r->db, TABLE_SETTING, row);
}

/* What the run can be repeated from. */
static bool write_origin(struct recorder *r)
{
	bool ok = !r->o.files || db_add_files(r->db, TABLE_SCENARIO_FILE, r->o.files);

	for (int i = 0; ok && i < r->o.nr_settings; i++)
		ok = write_setting(r, &r->o.settings[i]);
	return ok;
}

void recorder_setting(struct recorder *r, const struct run_setting *set)
{
	if (r->db && !recorder_failed(r))
		write_setting(r, set);
}

static bool write_run(struct recorder *r)
{
	return db_begin(r->db) && db_set_run(r->db, "scenario", r->o.scenario) &&
	       set_run_hash(r->db, "scenario_hash", r->o.scenario_hash) &&
	       db_set_run_number(r->db, "seed", (int64_t)r->sim->seed) &&
	       db_set_run(r->db, "version", r->o.version) &&
	       db_set_run(r->db, "personality", r->sim->tables->personality->name) &&
	       db_set_run_number(r->db, "interval_ns", (int64_t)r->o.interval) && write_origin(r) &&
	       db_commit(r->db);
}

static void recorder_free(struct recorder *r)
{
	event_cancel(r->sim, &r->flush_event);
	event_cancel(r->sim, &r->sample_event);
	r->sim->recorder = NULL;
	r->sim->tables->trace.sink = NULL;
	r->sim->tables->tunable_changed = NULL;
	db_close(r->db);
	schema_free(&r->schema);
	latency_free(r->latency);
	sim_free(r->number);
	sim_free(r->rows.bytes);
	sim_free(r);
}

struct recorder *recorder_open(struct sim *s, const struct recorder_options *o, int *exit_code)
{
	struct db *db = NULL;
	struct recorder *r;

	if (o->path) {
		db = db_create(o->path, o->force, exit_code);
		if (!db)
			return NULL;
		if (o->scratch)
			db_is_scratch(db);
	}
	r = sim_calloc(1, sizeof(*r));
	r->sim = s;
	r->o = *o;
	r->sampled_at = FOREVER;
	r->db = db;
	if (!r->o.batch)
		r->o.batch = DEFAULT_BATCH;
	schema_init(&r->schema, s->tables, false);
	r->number = sim_alloc((size_t)r->schema.nr * sizeof(*r->number));
	for (int i = 0; i < r->schema.nr; i++)
		r->number[i] = -1;
	r->latency = latency_new();
	XXH64_reset(&r->digest, 0);
	s->recorder = r;
	s->tables->trace.sink = take_event;
	s->tables->tunable_changed = take_tunable;
	if (db && !(db_add_schema(db, &r->schema) && write_run(r) && db_appear(db))) {
		*exit_code = EXIT_HOST;
		recorder_free(r);
		return NULL;
	}
	return r;
}

static void sample_and_go_on(struct sim *s, struct event *e)
{
	struct recorder *r = CONTAINER_OF(e, struct recorder, sample_event);

	recorder_sample(r);
	if (r->o.interval && s->now < r->o.until && r->o.until - s->now > r->o.interval)
		event_schedule(s, e, s->now + r->o.interval, EVENT_WORK, sample_and_go_on);
}

/* How this run is simpler than a real machine, as far as the boot tells. */
static void write_simplifications(struct recorder *r)
{
	const struct personality *p = r->sim->tables->personality;

	for (int i = 0; i < p->nr_simplifications; i++) {
		const struct simplification *row = &p->simplifications[i];

		if (row->used && !row->used(r->sim))
			continue;
		recorder_row(r, TABLE_SIMPLIFIED);
		row_put_text(&r->rows, row->name);
		row_put_text(&r->rows, row->meaning);
		recorder_row_end(r);
	}
}

void recorder_start(struct recorder *r)
{
	write_simplifications(r);
	sampler_tunables(r);
	sample_and_go_on(r->sim, &r->sample_event);
	recorder_flush(r);
}

void recorder_sample(struct recorder *r)
{
	/* more came at the moment of the last one: the later one tells it all */
	if (r->sampled_at == r->sim->now && r->db) {
		recorder_flush(r);
		if (!recorder_failed(r))
			db_drop_samples(r->db, (int64_t)r->sim->now);
	}
	r->sampled_at = r->sim->now;
	sampler_sample(r);
	if (r->o.sampled)
		r->o.sampled(r->sim, r->o.arg);
}

void recorder_result(struct recorder *r, const char *task, const char *op, int64_t value,
		     bool is_ptr, bool ok)
{
	recorder_row(r, TABLE_OP_RESULT);
	row_put_i64(&r->rows, (int64_t)sim_now(r->sim));
	row_put_text(&r->rows, task);
	row_put_text(&r->rows, op);
	row_put_i64(&r->rows, value);
	row_put_i64(&r->rows, is_ptr);
	row_put_i64(&r->rows, ok);
	recorder_row_end(r);
}

void recorder_failed_call(struct recorder *r, const char *task, const char *op, int64_t nth,
			  const char *error, int64_t count, sim_time first)
{
	recorder_row(r, TABLE_FAILED_CALL);
	row_put_text(&r->rows, task);
	row_put_text(&r->rows, op);
	row_put_i64(&r->rows, nth);
	row_put_text(&r->rows, error);
	row_put_i64(&r->rows, count);
	row_put_i64(&r->rows, (int64_t)first);
	recorder_row_end(r);
}

void recorder_log(struct recorder *r, int level, const char *line)
{
	recorder_row(r, TABLE_KERNEL_LOG);
	row_put_i64(&r->rows, (int64_t)sim_now(r->sim));
	row_put_i64(&r->rows, level);
	row_put_text(&r->rows, line);
	recorder_row_end(r);
}

void recorder_latency(struct recorder *r, const char *task, const char *op, sim_time ns)
{
	latency_add(r->latency, task, op, ns);
}

bool recorder_suspend(struct recorder *r)
{
	recorder_flush(r);
	return !r->db || db_suspend(r->db);
}

bool recorder_branch(struct recorder *r, const char *path, bool force, int *exit_code)
{
	return !r->db || db_branch(r->db, path, force, exit_code);
}

void recorder_abandon(struct recorder *r)
{
	recorder_free(r);
}

int recorder_close(struct recorder *r, const char *state, uint64_t *digest)
{
	bool ok;

	latency_write(r, r->latency);
	recorder_flush(r);
	*digest = XXH64_digest(&r->digest);
	ok = !r->db ||
	     (!recorder_failed(r) && db_begin(r->db) && db_set_run(r->db, "state", state) &&
	      db_set_run_number(r->db, "t_end_ns", (int64_t)r->sim->now) &&
	      set_run_hash(r->db, "digest", *digest) && db_commit(r->db) && db_finish(r->db));
	recorder_free(r);
	return ok ? 0 : EXIT_HOST;
}

void recorder_schema(struct str *out, const struct tables *t)
{
	struct schema schema;

	schema_init(&schema, t, true);
	str_addf(out,
		 "-- Results of mmsim: PRAGMA application_id %d, user_version %d.\n"
		 "-- There is a table per tracepoint that was asked for; all are shown here.\n",
		 results_kind.application_id, results_kind.version);
	schema_print_table(out, &run_table);
	for (int i = 0; i < schema.nr; i++)
		schema_print_table(out, &schema.tables[i]);
	schema_print_views(out, &schema);
	schema_free(&schema);
}
