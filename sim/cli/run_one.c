/*
 * run_one.c - one run from scenario to results
 *
 *   scenario -> programs of the tasks -> tables -> boot -> results opened
 *            -> loop -> last sample -> expectations and checks -> results closed
 *
 * Everything a user can have got wrong is found before the first file is made (run_check.c).
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/cli/progress.h"
#include "sim/cli/run_again.h"
#include "sim/cli/run_one.h"
#include "sim/engine/task.h"
#include "sim/record/record.h"
#include "sim/scenario/expect.h"
#include "sim/workload/workload.h"

#define WATCH_EVERY  (10 * NS_PER_SEC)
#define STUCK_AFTER  (120 * NS_PER_SEC) /* of simulated time, as a kernel would complain */
#define LOOPS_AFTER  (20 * NS_PER_SEC)  /* the same if a task runs all the time */
#define SHOWN_EVENTS 10                 /* last tracepoints in the report of a bug */

/* One run while it goes on. */
struct run {
	const struct run_options *o;
	const struct scenario *sc;
	const struct diag *files; /* that the scenario was read from */
	struct workload *workload;
	struct tables tables;
	struct sim *sim;
	bool broken;          /* a check failed: a bug in mmsim */
	struct event watch;   /* for tasks that cannot go on */
	uint64_t watched_sum; /* of all counters when something moved last */
	sim_time watched_at;
	struct str log; /* what the simulated kernel printed that everybody should see */
	bool stuck;
};

/* What was going on when mmsim met a bug in itself. */
static void report_bug(void *arg)
{
	const struct sim *s = arg;
	const struct trace_state *ts = &s->tables->trace;
	uint64_t from = ts->nr_ring > SHOWN_EVENTS ? ts->nr_ring - SHOWN_EVENTS : 0;
	sim_time now = sim_now(s);

	fprintf(stderr, "  at %" PRIu64 ".%09" PRIu64 " s, event %" PRIu64 ", task %s\n",
		now / NS_PER_SEC, now % NS_PER_SEC, s->nr_events,
		s->current ? s->current->name : "none");
	if (!ts->nr_ring)
		fputs("  the same run with --check=sample shows the last tracepoints\n", stderr);
	for (uint64_t i = from; i < ts->nr_ring; i++) {
		const struct trace_record *r = &ts->ring[i % TRACE_RING_SIZE];

		fprintf(stderr, "  %" PRIu64 ".%09" PRIu64 " %s:", r->t_ns / NS_PER_SEC,
			r->t_ns % NS_PER_SEC, ts->defs[r->id].name);
		for (int f = 0; f < ts->defs[r->id].nr_fields; f++)
			fprintf(stderr, " %s=%" PRId64, ts->defs[r->id].fields[f], r->v[f]);
		fputc('\n', stderr);
	}
}

static void run_checks(struct run *run)
{
	if (run->broken || checks_run(run->sim))
		return;
	report_bug(run->sim);
	run->broken = true;
	run->sim->stop = true;
	run->sim->stop_reason = "a check failed";
}

static struct run *the_run; /* hooks of the loop have no argument */

static void check_after_event(struct sim *s)
{
	(void)s;
	run_checks(the_run);
}

static void sampled(struct sim *s, void *arg)
{
	struct run *run = arg;

	if (run->sc->expect)
		expect_sample(run->sc->expect, s);
	if (run->o->check_when == CHECK_SAMPLE)
		run_checks(run);
}

static void take_result(struct sim *s, const struct task *t, const char *op, int64_t value,
			bool is_ptr, bool ok)
{
	recorder_result(s->recorder, t->name, op, value, is_ptr, ok);
}

static void take_latency(struct sim *s, const struct task *t, const char *op, sim_time ns)
{
	recorder_latency(s->recorder, t->name, op, ns);
	if (s->scenario->expect && s->scenario->expect->has_latency)
		expect_latency(s->scenario->expect, s, t->name, op, ns);
}

static void take_failed_call(struct sim *s, const struct failed_call *call)
{
	recorder_failed_call(s->recorder, call->task, call->op, call->nth, call->error,
			     (int64_t)call->times, call->first);
}

#define SHOWN_LEVEL                                                                                \
	3 /* what a kernel shows on its console at the usual setting: errors and worse */

static void take_log(struct sim *s, int level, const char *line)
{
	recorder_log(s->recorder, level, line);
	if (level > SHOWN_LEVEL || !the_run)
		return;
	str_add(&the_run->log, "kernel     ");
	str_addf(&the_run->log, "%" PRIu64 ".%06" PRIu64 " s: %s\n", sim_now(s) / NS_PER_SEC,
		 sim_now(s) % NS_PER_SEC / NS_PER_US, line);
}

static const struct workload_hooks hooks = { take_result, take_latency, take_failed_call };

static bool boot(struct run *run, struct diag *d)
{
	bool ok;

	run->tables.check_when = run->o->check_when;
	if (run->o->check_when != CHECK_END)
		trace_enable(&run->tables.trace, "*", TRACE_RING);
	sim_bug_set_reporter(report_bug, run->sim);
	ok = run_boot(run->sim, d, run->sc, &run->tables, run->workload);
	if (!ok)
		diag_print(d, stderr);
	return ok;
}

static void settle(struct run *run)
{
	if (run->sc->personality->settle)
		run->sc->personality->settle(run->sim);
}

/* ---- tasks that cannot go on ---- */

/* Of everything that is counted: while devices and kernel threads work, it grows. */
static uint64_t sum_of_counters(struct sim *s)
{
	uint64_t sum = 0;

	for (int k = 0; s->tables->metrics[k]; k++) {
		const struct metric_object *o = s->tables->metrics[k];

		for (int i = 0, n = o->count(s); i < n; i++) {
			const void *stat = o->stat(s, i);

			for (int row = 0; stat && row < o->nr_rows; row++)
				if (o->rows[row].kind == METRIC_COUNTER)
					sum += (uint64_t)metric_value(stat, &o->rows[row]);
		}
	}
	return sum;
}

/* What must grow while tasks get on; never 0. */
static uint64_t sum_of_progress(struct sim *s)
{
	const struct personality *p = s->tables->personality;

	return workload_nr_ops(s) + (p->progress ? p->progress(s) : sum_of_counters(s)) + 1;
}

/* How long nobody has got on: tasks wait for what does not come, or go round in the kernel. */
static sim_time stands_still(struct run *run)
{
	struct sim *s = run->sim;
	uint64_t sum = workload_depends_on_kernel(s) ? sum_of_progress(s) : 0;

	if (!sum || sum != run->watched_sum) {
		run->watched_sum = sum;
		run->watched_at = s->now;
	}
	return s->now - run->watched_at;
}

static void watch(struct sim *s, struct event *e)
{
	struct run *run = CONTAINER_OF(e, struct run, watch);
	sim_time still = stands_still(run);

	if (still >= (workload_any_runs(s) ? LOOPS_AFTER : STUCK_AFTER)) {
		run->stuck = true;
		s->stop = true;
		s->stop_reason = "no task can go on";
		return;
	}
	event_schedule(s, e, s->now + WATCH_EVERY, EVENT_WORK, watch);
}

/* Sets the tunables of a branch; the scenario's values were tested before. */
static void set_values(struct sim *s, struct recorder *r, const struct run_split *split, int branch)
{
	int n;
	const struct tunable_value *v = split->values(split->arg, branch, &n);

	for (int i = 0; i < n; i++) {
		const struct tunable_ref *ref = &v[i].ref;
		char *name = str_format("%s.%s%s%s", ref->class->prefix, ref->object,
					*ref->object ? "." : "", ref->row->name);
		struct str value = { 0 };

		run_set_value(s, &v[i], name);
		tunable_print_value(&value, ref->row, v[i].v);
		recorder_setting(r, &(struct run_setting){ "set", name, str_get(&value) });
		str_free(&value);
		sim_free(name);
	}
}

/*
 * Splits the run.  True in a branch, which goes on; false where it has ended: in the first process
 * when all branches have, or in a branch whose results cannot be written.
 */
static bool split_run(struct run *run, struct recorder *r, struct run_result *result,
		      int *exit_code)
{
	const struct run_split *split = run->o->split;
	int branch = -1;

	*exit_code = EXIT_HOST;
	if (recorder_suspend(r))
		branch = split->fork(split->arg, exit_code);
	result->branch = branch;
	if (branch < 0)
		return false;
	*exit_code = EXIT_HOST;
	if (!recorder_branch(r, split->paths[branch], run->o->force, exit_code))
		return false;
	set_values(run->sim, r, split, branch);
	return true;
}

/* The loop, from the first sample to the last.  False: the run ends here with *exit_code. */
static bool loop(struct run *run, struct recorder *r, sim_time until, struct run_result *result,
		 int *exit_code)
{
	struct sim *s = run->sim;

	workload_set_hooks(run->workload, &hooks);
	s->kernel_log = take_log;
	workload_start(run->workload, s);
	settle(run);
	the_run = run;
	s->poll = progress_event;
	if (run->o->check_when == CHECK_EVENT)
		s->after_event = check_after_event;
	recorder_start(r);
	s->end_with_tasks = run->sc->duration == FOREVER;
	event_schedule(s, &run->watch, s->now + WATCH_EVERY, EVENT_WORK, watch);
	if (run->o->split) {
		sim_run(s, run->o->split->at);
		if (!s->stop && s->now >= run->o->split->at) {
			if (!split_run(run, r, result, exit_code))
				return false;
			progress_start(until, false);
		}
	}
	if (run->o->again && !run_again_go(run->o->again, s, r, until)) {
		*exit_code = EXIT_FAILED;
		return false;
	}
	sim_run(s, until);
	event_cancel(s, &run->watch);
	settle(run);
	recorder_sample(r);
	progress_hide();
	the_run = NULL;
	return true;
}

static int exit_code_of(const struct run *run, const struct run_result *result, int written)
{
	if (run->broken)
		return EXIT_BUG;
	if (written)
		return written;
	if (progress_signal())
		return progress_signal() == SIGINT ? EXIT_SIGINT : EXIT_SIGTERM;
	return result->failures ? EXIT_FAILED : EXIT_DONE;
}

/* The folder of a path, if it may be made. */
static bool make_folder(const struct run_options *o)
{
	const char *slash = o->make_folder ? strrchr(o->out, '/') : NULL;
	char *folder;
	bool ok;

	if (!slash)
		return true;
	folder = sim_strndup(o->out, (size_t)(slash - o->out));
	ok = cli_make_folder(folder);
	sim_free(folder);
	return ok;
}

/* The state is what is wanted, not what became of the run. */
static int look(const struct run *run, struct recorder *r, sim_time until)
{
	struct sim *s = run->sim;
	const char *stopped = s->stop          ? s->stop_reason
			      : s->now < until ? "its tasks have ended"
					       : NULL;

	recorder_abandon(r);
	progress_end();
	if (run->broken)
		return EXIT_BUG;
	if (progress_signal())
		return progress_signal() == SIGINT ? EXIT_SIGINT : EXIT_SIGTERM;
	return run->o->look->at(s, stopped, run->o->look->arg);
}

/* What the run can be repeated from; the caller frees it. */
static struct run_setting *settings_of(const struct run_options *o)
{
	struct run_setting *list =
	    sim_calloc((size_t)(o->nr_sets + o->nr_trace) + 1, sizeof(*list));
	int n = 0;

	for (int i = 0; i < o->nr_sets; i++)
		list[n++] = (struct run_setting){ "set", o->sets[i].key, o->sets[i].value };
	for (int i = 0; i < o->nr_trace; i++)
		list[n++] = (struct run_setting){ "trace", o->trace[i], "" };
	return list;
}

static struct recorder *open_results(struct run *run, struct recorder_options *ro, int *exit_code)
{
	struct run_setting *settings = settings_of(run->o);
	struct recorder *r;

	ro->files = run->files;
	ro->settings = settings;
	ro->nr_settings = run->o->nr_sets + run->o->nr_trace;
	ro->check = run->o->again ? run->o->again->check : NULL;
	r = make_folder(run->o) ? recorder_open(run->sim, ro, exit_code) : NULL;
	sim_free(settings);
	return r;
}

/* Runs and judges. */
static int run_booted(struct run *run, struct run_result *result)
{
	sim_time until = min_u64(run->o->until, run->sc->duration);
	struct recorder_options ro = {
		.path = run->o->out,
		.force = run->o->force,
		.scratch = run->o->scratch,
		.scenario = run->sc->name,
		.scenario_hash = run->sc->hash,
		.version = MMSIM_VERSION,
		.interval = run->sc->interval,
		.until = until,
		.sampled = sampled,
		.arg = run,
	};
	struct sim *s = run->sim;
	double began = host_seconds();
	int exit_code = EXIT_HOST;
	struct recorder *r;

	progress_start(until, run->o->progress);
	r = open_results(run, &ro, &exit_code);
	if (!r) {
		progress_end();
		return exit_code;
	}
	if (!loop(run, r, until, result, &exit_code)) {
		event_cancel(s, &run->watch);
		recorder_abandon(r);
		progress_end();
		return exit_code;
	}
	run_checks(run);
	if (run->o->look)
		return look(run, r, until);
	str_add(&result->report, str_get(&run->log));
	result->expect_from = result->report.len;
	if (run->sc->expect && !recorder_failed(r)) /* it was the host that ended the run */
		result->failures += expect_finish(run->sc->expect, s, &result->report);
	result->expect_to = result->report.len;
	workload_settle(run->workload);
	result->failures += workload_failures(run->workload);
	str_add(&result->report, workload_report(run->workload));
	if (run->stuck) {
		result->failures++;
		str_add(&result->report, "FAIL: no task can go on:\n");
		workload_describe_stuck(s, &result->report);
	} else if (stands_still(run) >= WATCH_EVERY) {
		str_addf(&result->report, "note: no task has got on since %" PRIu64 " s:\n",
			 run->watched_at / NS_PER_SEC);
		workload_describe_stuck(s, &result->report);
	}
	result->end = s->now;
	result->reason = s->stop ? s->stop_reason : NULL;
	result->state = s->stop ? "stopped" : "finished";
	exit_code = recorder_close(r, result->state, &result->digest);
	progress_end();
	result->host_seconds = host_seconds() - began;
	return exit_code_of(run, result, exit_code);
}

/* What looks like a mistake, of the programs and of the kernel's settings. */
static void add_notes(const struct run *run, struct str *notes)
{
	const struct personality *p = run->sc->personality;

	workload_notes(run->workload, run->sim, min_u64(run->o->until, run->sc->duration), notes);
	if (p->notes)
		p->notes(run->sim, notes);
}

/* Boots a machine that nothing runs on; voids: which values have no effect is tried out on it. */
static bool rehearse(struct diag *d, const struct scenario *sc, struct str *notes,
		     struct str *voids)
{
	const struct run_options o = { .until = FOREVER, .check_when = CHECK_END };
	struct run run = { .o = &o, .sc = sc };
	bool ok;

	tables_init(&run.tables, sc->personality);
	run.workload = workload_compile(d, sc);
	run.sim = sim_new((uint64_t)sc->seed);
	ok = boot(&run, d);
	if (ok && notes)
		add_notes(&run, notes);
	if (ok && run_any_void(sc, run.sim))
		run_find_void(sc, run.sim, voids);
	sc->personality->halt(run.sim);
	sim_bug_set_reporter(NULL, NULL);
	sim_free_run(run.sim);
	workload_free(run.workload);
	tables_free(&run.tables);
	return ok;
}

bool run_rehearse(struct diag *d, const struct scenario *sc, struct str *notes)
{
	return rehearse(d, sc, notes, notes);
}

/* Before the run; another machine is booted only if there are values without effect. */
static void say_notes(struct run *run)
{
	struct diag d = { 0 };
	struct str notes = { 0 };

	if (run->o->until != FOREVER && run->o->until > run->sc->duration) {
		str_add(&notes, "--until ");
		unit_print(&notes, UNIT_NS, (int64_t)run->o->until);
		str_add(&notes, " has no effect: the scenario ends after ");
		unit_print(&notes, UNIT_NS, (int64_t)run->sc->duration);
		str_addc(&notes, '\n');
	}
	add_notes(run, &notes);
	if (run_any_void(run->sc, run->sim)) {
		rehearse(&d, run->sc, NULL, &notes);
		sim_bug_set_reporter(report_bug, run->sim);
	}
	run_print_notes(NULL, &notes, NULL);
	str_free(&notes);
	diag_free(&d);
}

static int run_compiled(struct run *run, struct diag *d, struct run_result *result)
{
	int exit_code = EXIT_INPUT;

	run->sim = sim_new((uint64_t)run->sc->seed);
	if (boot(run, d)) {
		if (run->o->notes)
			say_notes(run);
		exit_code = run_booted(run, result);
	}
	run->sc->personality->halt(run->sim); /* also what a boot left that failed */
	sim_bug_set_reporter(NULL, NULL);
	sim_free_run(run->sim);
	return exit_code;
}

int run_one(const struct cli *cli, const struct run_options *o, struct run_result *result)
{
	struct diag d = { 0 };
	struct run run = { .o = o };
	int exit_code = EXIT_INPUT;

	*result = (struct run_result){ .branch = -1 };
	d.again = o->again ? &o->again->files : NULL;
	run.files = &d;
	run.sc = run_load(cli, &d, o->scenario, o->sets, o->nr_sets);
	if (run.sc) {
		tables_init(&run.tables, run.sc->personality);
		run.workload =
		    run_compile(&d, run.sc, &run.tables, o->trace, o->nr_trace, o->until);
		if (run.workload) {
			exit_code = o->look ? o->look->ahead(run.sc, o->look->arg) : EXIT_DONE;
			if (!exit_code)
				exit_code = run_compiled(&run, &d, result);
			workload_free(run.workload);
		}
		str_free(&run.log);
		tables_free(&run.tables);
		scenario_free((struct scenario *)run.sc);
	}
	if (exit_code == EXIT_INPUT && d.host_failed)
		exit_code = EXIT_HOST;
	diag_free(&d);
	return exit_code;
}

void run_result_free(struct run_result *result)
{
	str_free(&result->report);
}
