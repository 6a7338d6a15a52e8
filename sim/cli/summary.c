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

#define NAME_WIDTH 28

static void print_figure(const struct run_figure *f)
{
	double divisor, v;
	const char *unit = unit_for_people(f->unit, f->values[0], &divisor);

	v = f->values[0] / divisor;
	printf("  %-*s ", NAME_WIDTH, cli_escape(f->name));
	if (divisor > 1 || divisor < 1)
		printf(v < 100 ? "%8.2f" : "%8.1f", v);
	else
		printf("%8.0f", v);
	printf("%s%s\n", *unit ? " " : "", unit);
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
		for (int i = 0; i < fs.n; i++)
			if (fs.f[i].has[0] && (fs.f[i].values[0] > 0 || fs.f[i].values[0] < 0))
				print_figure(&fs.f[i]);
		figures_free(&fs);
	}
	sim_free(state);
	db_close(db);
}
