/*
 * expect.h - what a run is expected to show
 *
 *   always(nr_dirty <= nr_dirty_threshold)      at every sample
 *   max(zone[0 Normal].nr_free_pages) < 100000  over all samples
 *   never: oom_kill                             no such event
 *   at_least 3: mm_vmscan_kswapd_wake           events counted
 *
 *   at_most 10: oom_*, exactly 2: ...           patterns count all tracepoints they match
 *
 * Functions: always, ever, never (of a comparison); end, max, min, mean, p99 (of an expression);
 * see expression.h.  A name without object is the machine's, else the first kind of object that has
 * it, summed over its objects; kind.name is the sum over another kind, kind[keys].name is one
 * object's: zone[0 DMA32].nr_free_pages, disk[sda].writes.
 * Numbers take units ("64 MiB" for pages and bytes, "2 s" for times, "20 %").
 *
 * A sample at which a comparison is undefined (division by zero, an object that is not there) is
 * passed over; an expectation that is undefined at every sample fails.
 */
#ifndef MMSIM_SCENARIO_EXPECT_H
#define MMSIM_SCENARIO_EXPECT_H

#include "sim/base/arena.h"
#include "sim/base/diag.h"
#include "sim/table/model.h"

struct expectation;
struct result_names;
struct result_values;
struct task_finder;
struct expectations {
	struct expectation *e; /* owned */
	int n;
	bool has_latency;   /* one of them is told how long calls take */
	struct arena arena; /* owned; what was read */
};

struct yaml_node;
/* Reads "expect:" (a list of texts or one-key mappings); errors to d.  Owned by the caller. */
struct expectations *expect_parse(struct diag *d, const struct personality *p,
				  const struct yaml_node *node);
/*
 * Reads one comparison without always/ever/...: for the step "assert:".  It lies in the arena. NULL
 * after an error.  names: of results that it may read, or NULL; see expression.h.
 */
struct expectation *expect_parse_assert(struct diag *d, const struct tables *tables,
					struct arena *arena, const struct yaml_node *node,
					const struct result_names *names);
void expect_free(struct expectations *ex);
/* Before the run: finds the objects and switches the tracepoints on that are counted. */
void expect_start(struct expectations *ex, struct sim *s);
/*
 * After the boot, before the run: an error to d for each object, task and call of a task that is
 * named in vain.
 */
void expect_find(const struct expectations *ex, struct diag *d, struct sim *s,
		 const struct task_finder *tasks);
/* The same of one that expect_parse_assert read. */
void expect_find_assert(const struct expectation *e, struct diag *d, struct sim *s,
			const struct task_finder *tasks);
/* A call of a task has ended, after so many ns; needed only if has_latency. */
void expect_latency(struct expectations *ex, const struct sim *s, const char *task, const char *op,
		    sim_time ns);
/* At every sample. */
void expect_sample(struct expectations *ex, struct sim *s);
/*
 * After the run: one line per expectation, "pass: TEXT" or "FAIL: TEXT: by how much, when first".
 * Returns how many failed.
 */
int expect_finish(struct expectations *ex, struct sim *s, struct str *report);
/* Evaluates a comparison now; *why says the values if it is false. */
bool expect_holds(struct expectation *e, struct sim *s, const struct result_values *values,
		  struct str *why);
#endif
