/*
 * run_check.c - what can be found wrong before a run: the file, programs, tracepoints, its size
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/mem.h"
#include "sim/cli/run_one.h"
#include "sim/scenario/expect.h"
#include "sim/workload/workload.h"

#define MAX_CALLS UINT64_C(10000000000) /* some hours of this computer's time */

struct scenario *run_load(const struct cli *cli, struct diag *d, const char *path,
			  const struct setting *sets, int nr_sets)
{
	struct scenario *sc = scenario_load(d, path, cli->personalities, sets, nr_sets);

	if (!sc)
		diag_print(d, stderr);
	return sc;
}

static void unknown_trace(struct diag *d, const char *glob, const char *const *names, size_t n)
{
	const char *near = cli_did_you_mean(glob, names, n);
	const char *shown = cli_escape(glob);
	size_t len = strlen(glob), begin = 0;

	for (size_t i = 0; i < n; i++)
		begin += len >= 3 && strncmp(names[i], glob, len) == 0;
	if (!*near && begin)
		diag_error(d, (struct place){ 0 },
			   "no tracepoint \"%s\"; did you mean \"%s*\"? (mmsim list trace)", shown,
			   shown);
	else
		diag_error(d, (struct place){ 0 }, "no tracepoint \"%s\"%s (mmsim list trace)",
			   shown, near);
}

/* Switches the tracepoints on that are to be recorded; a pattern must match something. */
static bool enable_traces(struct tables *t, struct diag *d, const struct scenario *sc,
			  const char *const *more, int nr_more)
{
	const char **names = sim_calloc((size_t)t->trace.nr + 1, sizeof(*names));

	for (int i = 0; i < t->trace.nr; i++)
		names[i] = t->trace.defs[i].name;
	for (int i = 0; i < sc->nr_trace + nr_more; i++) {
		const char *glob = i < sc->nr_trace ? sc->trace[i] : more[i - sc->nr_trace];

		if (!trace_enable(&t->trace, glob, TRACE_RECORD))
			unknown_trace(d, glob, names, (size_t)t->trace.nr);
	}
	sim_free(names);
	return !diag_failed(d);
}

static bool enough_memory(struct diag *d, const struct scenario *sc)
{
	uint64_t host = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t need = sc->personality->estimate ? sc->personality->estimate(sc) : 0;

	if (need <= host / 4 * 3 || sc->large)
		return true;
	diag_error(d, (struct place){ 0 },
		   "the run may need up to %" PRIu64
		   " MiB of this computer's memory, if all that can be cached is; accepted: up to "
		   "%" PRIu64
		   " MiB (three quarters of it), more with \"large: true\" in the scenario",
		   need >> 20, host / 4 * 3 >> 20);
	return false;
}

/* Somebody who waits for the end of the run must have a chance to see it. */
static void enough_time(struct diag *d, const struct scenario *sc, const struct workload *w,
			sim_time until)
{
	struct place at = { 0 };
	uint64_t calls = workload_demand(w, min_u64(until, sc->duration), &at);

	if (calls < MAX_CALLS || sc->large)
		return;
	diag_error(d, at,
		   "the run asks for %" PRIu64 " calls or more, most of them by this program; "
		   "accepted: fewer than %" PRIu64 ", more with \"large: true\" in the scenario",
		   calls, MAX_CALLS);
}

bool run_boot(struct sim *s, struct diag *d, const struct scenario *sc, struct tables *t,
	      struct workload *w)
{
	s->tables = t;
	s->scenario = sc;
	s->quantum = sc->quantum;
	if (!sc->personality->boot(s, d))
		return false;
	if (sc->expect)
		expect_start(sc->expect, s);
	return workload_find_expected(w, d, s);
}

/*
 * What only the boot can find, beside what is wrong already: names of zones and disks in
 * expectations.  Values that are wrong are not set.
 */
static void boot_in_spite(struct diag *d, const struct scenario *sc, struct workload *w)
{
	struct sim *s = sim_new((uint64_t)sc->seed);
	struct diag found = { 0 };
	struct tables t;

	tables_init(&t, sc->personality);
	run_boot(s, &found, sc, &t, w);
	sc->personality->halt(s);
	sim_free_run(s);
	tables_free(&t);
	for (size_t i = 0; i < found.nr_errors; i++)
		diag_error(d, found.errors[i].at, "%s", found.errors[i].text);
	diag_free(&found);
}

struct workload *run_compile(struct diag *d, const struct scenario *sc, struct tables *t,
			     const char *const *trace, int nr_trace, sim_time until)
{
	struct workload *w = workload_read(d, sc);
	bool small = false;

	enable_traces(t, d, sc, trace, nr_trace);
	if (sc->can_boot)
		small = enough_memory(d, sc);
	if (!diag_failed(d))
		enough_time(d, sc, w, until);
	if (!diag_failed(d))
		return w;
	if (small)
		boot_in_spite(d, sc, w);
	diag_print(d, stderr);
	workload_free(w);
	return NULL;
}

bool run_check(struct diag *d, const struct scenario *sc, const char *const *trace, int nr_trace)
{
	struct tables t;
	struct workload *w;

	tables_init(&t, sc->personality);
	w = run_compile(d, sc, &t, trace, nr_trace, FOREVER);
	tables_free(&t);
	if (w)
		workload_free(w);
	return w != NULL;
}

void run_print_notes(const char *path, const struct str *notes, struct str *said)
{
	for (const char *line = str_get(notes), *end; (end = strchr(line, '\n')); line = end + 1) {
		char *whole = sim_strndup(line, (size_t)(end - line) + 1);

		if (!said || !strstr(str_get(said), whole)) {
			whole[end - line] = '\0';
			cli_error("%s%snote: %s", path ? cli_escape(path) : "", path ? ": " : "",
				  cli_escape(whole));
			if (said)
				str_addf(said, "%s\n", whole);
		}
		sim_free(whole);
	}
}
