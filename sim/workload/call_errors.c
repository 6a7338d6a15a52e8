/*
 * call_errors.c - calls that failed where the scenario does not say that they may
 *
 * A kernel may refuse what a program asks for, so that is no failure of the run; but whoever reads
 * its figures should know that a step did nothing.  Said once for each step and error, with how
 * often, by all tasks that walk the program; the results keep it, too.  There a step is told by its
 * number: its line would make comments part of the digest.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/base/errname.h"
#include "sim/base/mem.h"
#include "sim/engine/sim.h"
#include "sim/workload/run.h"

/* Kinds of errors that are told; more are counted. */
#define MAX_TOLD 20

/* Counts one more, or remembers the first of its step and kind. */
static void add_error(struct workload *w, const struct call_error *what)
{
	void *array = w->errors;

	for (size_t i = 0; i < w->nr_errors; i++) {
		struct call_error *e = &w->errors[i];

		if (e->step == what->step && e->error == what->error &&
		    e->nothing == what->nothing) {
			e->times++;
			e->others |= e->runner != what->runner;
			return;
		}
	}
	sim_grow(&array, &w->cap_errors, w->nr_errors + 1, sizeof(*w->errors));
	w->errors = array;
	w->errors[w->nr_errors] = *what;
	w->errors[w->nr_errors].times = 1;
	w->errors[w->nr_errors++].first = sim_now(w->sim);
}

void note_call_error(struct runner *r, const struct step *step, int64_t value, bool is_ptr)
{
	if (is_ptr ? value != 0 : value >= 0 || value < -INT16_MAX || !error_name((int)-value))
		return;
	add_error(r->w,
		  &(struct call_error){ .runner = r, .step = step, .error = is_ptr ? 0 : value });
}

void note_nothing_read(struct runner *r, const struct step *step)
{
	add_error(r->w, &(struct call_error){ .runner = r, .step = step, .nothing = true });
}

static void print_error(struct str *out, const struct call_error *e)
{
	const struct place at = e->step->at;

	str_addf(out, "%s %s %s%s: %s %s", e->nothing ? "note      " : "error     ",
		 e->runner->program->is_irq ? "interrupt" : "task", e->runner->name,
		 e->others ? " and others" : "", e->step->name,
		 e->nothing ? "found nothing" : "returned ");
	if (!e->nothing && e->error)
		print_number_or_error(out, e->error);
	else if (!e->nothing)
		str_add(out, "NULL");
	if (e->times > 1)
		str_addf(out, " %" PRIu64 " times, first", e->times);
	str_addf(out, " at %" PRIu64 ".%06" PRIu64 " s", e->first / NS_PER_SEC,
		 e->first % NS_PER_SEC / NS_PER_US);
	if (at.file && at.line)
		str_addf(out, " (%s:%d:%d)", at.file->name, at.line, at.column);
	str_addc(out, '\n');
}

/* Steps of a step's name in a block, itself the last; false: it is not there.  Recursion is as deep
 * as the scenario. */
static bool count_to(const struct block *block, const struct step *step, int *n)
{
	bool found = false;

	for (int i = 0; i < block->n && !found; i++) {
		const struct step *at = &block->steps[i];

		*n += strcmp(at->name, step->name) == 0;
		found = at == step;
		for (int b = 0; !found && step_body(at, b); b++)
			found = count_to(step_body(at, b), step, n);
	}
	return found;
}

static void tell_error(const struct workload *w, const struct call_error *e)
{
	const struct program *p = e->runner->program;
	struct failed_call call = {
		.task = p->name,
		.op = e->step->name,
		.error = e->error ? error_name((int)-e->error) : "NULL",
		.times = e->times,
		.first = e->first,
	};

	if (!w->hooks.failed)
		return;
	count_to(&p->body, e->step, &call.nth);
	w->hooks.failed(w->sim, &call);
}

void report_call_errors(struct workload *w)
{
	for (size_t i = 0; i < w->nr_errors; i++) {
		if (i < MAX_TOLD)
			print_error(&w->errors_told, &w->errors[i]);
		if (!w->errors[i].nothing)
			tell_error(w, &w->errors[i]);
	}
	if (w->nr_errors > MAX_TOLD)
		str_addf(&w->errors_told, "error      ... and %zu more kinds of errors and notes\n",
			 w->nr_errors - MAX_TOLD);
	w->nr_errors = 0;
}
