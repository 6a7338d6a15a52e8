/*
 * export.h - mmsim export: results in the forms that other programs read
 *
 * A format is a row: its name, and the function that writes a results file in it.  What memory is
 * like is in the tables of the personality (sim/table/export.h).
 */
#ifndef MMSIM_CLI_EXPORT_H
#define MMSIM_CLI_EXPORT_H

#include "sim/cli/cli.h"
#include "sim/cli/out_file.h"

struct export
{
	const char *path; /* borrowed; of the results, for messages */
	struct db *db;    /* borrowed */
	const struct personality *personality;
	struct out_file *out; /* borrowed; ended by the caller */
};

struct export_format {
	const char *name;
	const char *extension; /* of the file, with the dot */
	const char *meaning;
	/* Whether results hold what it needs: 0, or the exit code after saying what is missing. */
	int (*check)(const struct export *e);
	/* Writes all; returns the exit code. */
	int (*write)(const struct export *e);
};

extern const struct export_format ftrace_format, ftrace_noirq_format, openmetrics_format,
    perfetto_format;

/* All formats in the order of --help; NULL: there are no more. */
const struct export_format *export_format_at(size_t i);

/* export_trace_text.c: tracepoints as their kernel prints them */
struct trace_printer;
/* The texts of a personality for a tracepoint; without a row "field=value" for all fields. */
struct trace_printer *trace_printer_new(const struct personality *p, const struct trace_def *def);
/* The text of an event with these fields, in the order of the tracepoint. */
void trace_printer_add(const struct trace_printer *tp, struct str *out,
		       const struct trace_scene *scene, const int64_t *fields);
void trace_printer_free(struct trace_printer *tp);
/* The row of a tracepoint; NULL: the real kernel has none of this name. */
const struct trace_text *trace_text_find(const struct personality *p, const char *name);

/* export_tasks.c: who is who in a results file */
struct export_tasks;
struct export_tasks *export_tasks_new(struct db *db);
void export_tasks_free(struct export_tasks *et);
/* The scene of an event; valid as long as task and et. */
struct trace_scene export_scene(const struct export_tasks *et, const char *task, int64_t t_ns);
/*
 * The number of a task: as tracepoints give it if it maps memory, else the next one that nobody
 * has; 0 outside of tasks.
 */
int64_t export_tasks_pid(struct export_tasks *et, const char *task);

/* export_events.c: the events of all recorded tracepoints, in the order of time */
struct event_stream;
struct export_event {
	const struct trace_def *def;
	int trace;        /* number of def in the personality */
	const char *task; /* valid until the next event */
	int64_t seq, t_ns, cpu;
	int64_t v[TRACE_MAX_FIELDS];
};

/* Of those tracepoints that wanted says; NULL: all. */
struct event_stream *event_stream_new(const struct export *e,
				      bool (*wanted)(const struct trace_def *def, const void *arg),
				      const void *arg);
bool event_stream_next(struct event_stream *es, struct export_event *event);
void event_stream_free(struct event_stream *es);
/* Whether events of a tracepoint were recorded, even if there was none. */
bool export_has_trace(struct db *db, const char *name);
#endif
