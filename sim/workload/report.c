/*
 * report.c - what a run has to say of its tasks: failures, and tasks that were killed
 *
 * A step in a loop, or in an interrupt, fails as often as it is reached.  That is one line, with
 * how often and when first: a failure is of the kind of an earlier one if the same step fails for
 * the same reason, whatever figures are in it and whichever task of the program walks it.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/engine/sim.h"
#include "sim/workload/run.h"

#define MAX_REPORTED 50 /* lines */

/* A line of the report, or several that are one. */
struct report_line {
	const void *step;   /* where; NULL: not in a step */
	const char *reason; /* its format, constant; NULL: told by the text */
	const struct runner *runner;
	char *text; /* owned */
	struct place at;
	sim_time first;
	uint64_t times; /* 0: no failure, the text is the whole line */
	bool others;    /* other tasks met it as well */
};

void print_place(struct str *out, struct place at)
{
	if (at.file && at.line)
		str_addf(out, " (%s:%d:%d)", at.file->name, at.line, at.column);
}

static struct report_line *add_line(struct workload *w)
{
	void *lines = w->lines;

	sim_grow(&lines, &w->cap_lines, w->nr_lines + 1, sizeof(*w->lines));
	w->lines = lines;
	w->lines[w->nr_lines] = (struct report_line){ 0 };
	return &w->lines[w->nr_lines++];
}

static bool is_kind_of(const struct report_line *a, const struct report_line *b)
{
	return a->times && a->step == b->step && a->reason == b->reason &&
	       (b->step || (strcmp(a->text, b->text) == 0 && a->runner == b->runner));
}

/* Takes over the text. */
static void add_failure(struct workload *w, struct report_line failure)
{
	w->failures++;
	for (size_t i = 0; i < w->nr_lines; i++) {
		struct report_line *line = &w->lines[i];

		if (!is_kind_of(line, &failure))
			continue;
		line->times++;
		line->others |= line->runner != failure.runner;
		sim_free(failure.text);
		return;
	}
	if (w->nr_lines >= MAX_REPORTED) {
		w->not_shown = true;
		sim_free(failure.text);
		return;
	}
	failure.first = sim_now(w->sim);
	failure.times = 1;
	*add_line(w) = failure;
}

void report_failure(struct runner *r, const struct step *step, const char *fmt, ...)
{
	struct report_line failure = {
		.step = step,
		.reason = fmt,
		.runner = r,
		.at = step ? step->at : r->program->at,
	};
	struct str what = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&what, fmt, ap);
	va_end(ap);
	failure.text = what.s;
	add_failure(r->w, failure);
}

void report_kernel_failure(struct sim *s, const char *what)
{
	const char *who = s->current ? s->current->name : "kernel";

	add_failure(s->workload,
		    (struct report_line){ .text = str_format("%s: simulated BUG: %s", who, what) });
}

void print_seconds(struct str *out, sim_time at)
{
	str_addf(out, "%" PRIu64 ".%06" PRIu64 " s", at / NS_PER_SEC, at % NS_PER_SEC / NS_PER_US);
}

void report_killed(struct runner *r)
{
	struct str out = { 0 };

	str_addf(&out, "killed     task %s at ", r->name);
	print_seconds(&out, sim_now(r->w->sim));
	if (r->step)
		str_addf(&out, ", in %s", r->step->name);
	print_place(&out, r->step ? r->step->at : r->program->at);
	add_line(r->w)->text = out.s;
}

static void print_line(struct str *out, const struct report_line *line)
{
	const struct runner *r = line->runner;

	if (!line->times) {
		str_addf(out, "%s\n", line->text);
		return;
	}
	str_add(out, "FAIL: ");
	if (r)
		str_addf(out, "%s %s%s: ", r->program->is_irq ? "interrupt" : "task", r->name,
			 line->others ? " and others" : "");
	str_add(out, line->text);
	if (line->times > 1)
		str_addf(out, ", %" PRIu64 " times, first", line->times);
	str_add(out, " at ");
	if (line->first >= NS_PER_MS && line->first % NS_PER_US)
		print_seconds(out, line->first); /* as all else that is said of a run */
	else
		unit_print(out, UNIT_NS, (int64_t)line->first);
	print_place(out, line->at);
	str_addc(out, '\n');
}

const char *workload_report(struct workload *w)
{
	str_free(&w->report);
	for (size_t i = 0; i < w->nr_lines; i++)
		print_line(&w->report, &w->lines[i]);
	if (w->not_shown)
		str_add(&w->report, "FAIL: ... other failures are only counted\n");
	str_add(&w->report, str_get(&w->errors_told));
	return str_get(&w->report);
}

void free_report(struct workload *w)
{
	for (size_t i = 0; i < w->nr_lines; i++)
		sim_free(w->lines[i].text);
	sim_free(w->lines);
	str_free(&w->report);
	str_free(&w->errors_told);
}
