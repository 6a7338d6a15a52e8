/*
 * summary.c - what a run came to, in a few lines
 *
 * The same figures as "mmsim compare" has, so that two summaries can be held
 * side by side.
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/figures.h"
#include "sim/cli/sheet.h"
#include "sim/cli/summary.h"

#define NAME_WIDTH    28
#define MOST_OF_TASKS 60 /* more figures of tasks than these nobody reads */

static void print_figure(const struct run_figure *f)
{
	double divisor, v;
	const char *unit = unit_for_people(f->unit, f->values[0], &divisor);

	v = f->values[0] / divisor;
	printf("  %-*s ", NAME_WIDTH, cli_escape(f->shown));
	if (divisor > 1 || divisor < 1)
		printf(v < 100 ? "%8.2f" : "%8.1f", v);
	else
		printf("%8.0f", v);
	printf("%s%s\n", *unit ? " " : "", unit);
}

static bool is_shown(const struct run_figure *f)
{
	return f->has[0] && (f->values[0] > 0 || f->values[0] < 0);
}

/*
 * All figures of the machine; of tasks, if there are many, those of each kind (rate, calls,
 * failures) evenly, in their order.
 */
static void print_figures(const struct figures *fs, const char *path)
{
	int of_tasks = 0, left_out = 0;

	for (int i = 0; i < fs->n; i++)
		of_tasks += fs->f[i].of_task && is_shown(&fs->f[i]);
	for (int i = 0, nth = 0; i < fs->n; i++) {
		if (!is_shown(&fs->f[i]))
			continue;
		if (i && fs->f[i].is_failure != fs->f[i - 1].is_failure)
			nth = 0;
		nth = fs->f[i].of_task ? nth + 1 : 0;
		if (nth > MOST_OF_TASKS / 3 && of_tasks > MOST_OF_TASKS)
			left_out++;
		else
			print_figure(&fs->f[i]);
	}
	if (left_out)
		printf("  and %d more of tasks: mmsim report %s\n", left_out, cli_escape(path));
}

void summary_print(const struct cli *cli, const char *path)
{
	int exit_code;
	struct db *db = db_open(path, &exit_code);
	const struct personality *p = db ? cli_personality_of(cli, db) : NULL;
	char *state = db ? db_run_text(db, "state") : sim_strdup("");
	struct figures fs;

	if (p && strcmp(state, "running") != 0) { /* else it could not be written to its end */
		figures_read(&fs, &db, 1, p);
		puts("figures");
		print_figures(&fs, path);
		figures_free(&fs);
	}
	sim_free(state);
	db_close(db);
}
