/*
 * export_ftrace.c - tracepoints as the text of the kernel's trace file
 *
 * Like:        Linux 6.1, /sys/kernel/tracing/trace of the tracer "nop": its header, the columns of
 *              a line, times rounded to microseconds
 * Simplified:  of the flags only h: what no task did is shown as that of an interrupt, in the idle
 *              task of its CPU; pids are those of tracepoints where tasks map memory, else numbers
 *              in the order in which tasks appear; CPUs are as many as events tell of
 *
 * A task's name has at most 15 characters in the kernel, and none that would end the column here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/export.h"

#define COMM_LEN 15

/* ---- what results must hold ---- */

static int check(const struct export *e)
{
	const struct personality *p = e->personality;

	if (!p->nr_trace_texts) {
		cli_error("%s: results of %s: its kernel has no ftrace", cli_escape(e->path),
			  p->name);
		return EXIT_INPUT;
	}
	for (int i = 0; i < p->nr_traces; i++)
		if (export_has_trace(e->db, p->traces[i].name))
			return 0;
	cli_error(
	    "%s: no tracepoints were recorded; run the scenario again with "
	    "record: { trace: [\"mm_vmscan_*\"] } or --trace='mm_vmscan_*' (mmsim list trace)",
	    cli_escape(e->path));
	return EXIT_INPUT;
}

/* ---- the text ---- */

static void add_text(const struct export *e, const char *text)
{
	out_file_add(e->out, text, strlen(text));
}

/* The header wants to know how many events there are, and CPUs. */
static void count(const struct export *e, int64_t *events, int64_t *cpus)
{
	static const char *const columns[] = { "cpu" };
	const struct personality *p = e->personality;

	*events = 0;
	*cpus = 1;
	for (int i = 0; i < p->nr_traces; i++) {
		const struct db_query q = { .table = p->traces[i].name,
					    .columns = columns,
					    .nr_columns = 1 };
		struct db_rows *rows = db_select(e->db, &q);

		for (; db_next(rows); ++*events)
			*cpus = max_s64(*cpus, min_s64(db_number(rows, 0), INT32_MAX) + 1);
		db_rows_free(rows);
	}
}

static void add_header(const struct export *e, bool flags)
{
	int64_t events, cpus;
	char *text;

	count(e, &events, &cpus);
	text = str_format("# tracer: nop\n#\n# %s export\n"
			  "# entries-in-buffer/entries-written: %" PRId64 "/%" PRId64
			  "   #P:%" PRId64 "\n#\n",
			  OUT_FILE_MARK, events, events, cpus);
	add_text(e, text);
	sim_free(text);
	if (flags)
		add_text(e, "#                                _-----=> irqs-off/BH-disabled\n"
			    "#                               / _----=> need-resched\n"
			    "#                              | / _---=> hardirq/softirq\n"
			    "#                              || / _--=> preempt-depth\n"
			    "#                              ||| / _-=> migrate-disable\n"
			    "#                              |||| /     delay\n");
	add_text(e, flags ? "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
			    "#              | |         |   |||||     |         |\n"
			  : "#           TASK-PID     CPU#     TIMESTAMP  FUNCTION\n"
			    "#              | |         |         |         |\n");
}

/* The name of a task in its column: what would end the column is "_". */
static void add_comm(struct str *out, const char *task)
{
	char comm[COMM_LEN + 1];
	size_t len = strnlen(task, COMM_LEN);

	while (len && ((unsigned char)task[len] & 0xc0) == 0x80)
		len--; /* in the middle of a character */
	for (size_t i = 0; i < len; i++)
		comm[i] = (unsigned char)task[i] <= ' ' ? '_' : task[i];
	comm[len] = '\0';
	str_addf(out, "%16s", comm);
}

static void add_line(struct str *out, struct export_tasks *et, const struct export_event *event,
		     const struct trace_printer *printer, bool flags)
{
	int64_t pid = export_tasks_pid(et, event->task);
	struct trace_scene scene = export_scene(et, event->task, event->t_ns);
	int64_t us = (event->t_ns + 500) / 1000;

	str_reset(out);
	add_comm(out, pid ? event->task : "<idle>");
	str_addf(out, "-%-7" PRId64 " [%03" PRId64 "] ", pid, max_s64(event->cpu, 0));
	if (flags)
		str_add(out, pid ? "....." : "d.h..");
	str_addf(out, " %5" PRId64 ".%06" PRId64 ": %s: ", us / 1000000, us % 1000000,
		 event->def->name);
	trace_printer_add(printer, out, &scene, event->v);
	for (size_t i = 0; i < out->len; i++) /* names of a file from anywhere */
		if ((unsigned char)out->s[i] < ' ')
			out->s[i] = '_';
	str_addc(out, '\n');
}

static int write_trace(const struct export *e, bool flags)
{
	const struct personality *p = e->personality;
	struct trace_printer **printers = sim_calloc((size_t)p->nr_traces, sizeof(*printers));
	struct export_tasks *et = export_tasks_new(e->db);
	struct event_stream *es = event_stream_new(e, NULL, NULL);
	struct export_event event;
	struct str line = { 0 };

	add_header(e, flags);
	for (int i = 0; i < p->nr_traces; i++)
		printers[i] = trace_printer_new(p, &p->traces[i]);
	while (!e->out->failed && event_stream_next(es, &event)) {
		add_line(&line, et, &event, printers[event.trace], flags);
		out_file_add(e->out, line.s, line.len);
	}
	for (int i = 0; i < p->nr_traces; i++)
		trace_printer_free(printers[i]);
	sim_free(printers);
	event_stream_free(es);
	export_tasks_free(et);
	str_free(&line);
	return EXIT_DONE;
}

static int write_with_flags(const struct export *e)
{
	return write_trace(e, true);
}

static int write_without_flags(const struct export *e)
{
	return write_trace(e, false);
}

const struct export_format ftrace_format = {
	.name = "ftrace",
	.extension = ".ftrace",
	.meaning = "the text of the kernel's trace file",
	.check = check,
	.write = write_with_flags,
};

const struct export_format ftrace_noirq_format = {
	.name = "ftrace-noirq",
	.extension = ".ftrace",
	.meaning = "the same without the column of flags",
	.check = check,
	.write = write_without_flags,
};
