/*
 * sweep_engines.c - the points of a sweep computed by Slurm or GNU parallel
 *
 * An engine starts the same command with a share of the points each; what it knows of success and
 * failure is not needed: points that are there are there.  So a script may be submitted again, and
 * runs what is missing.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/mem.h"
#include "sim/cli/out_file.h"
#include "sim/cli/sweep.h"

#define DEFAULT_CHUNK 100
#define MAX_TASKS     1000 /* Slurm takes 1001 unless it is told otherwise */
#define OWN_MIB       64   /* of the program itself */

void sweep_quote(struct str *out, const char *word)
{
	if (*word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_./,=:+-") == strlen(word)) {
		str_add(out, word);
		return;
	}
	str_addc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			str_add(out, "'\\''");
		else
			str_addc(out, *word);
	}
	str_addc(out, '\'');
}

/* "'/usr/bin/mmsim' sweep x.yaml --set ... -o DIR" */
static void add_command(const struct sweep *s, struct str *out)
{
	char program[4096];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	program[len > 0 ? len : 0] = '\0';
	sweep_quote(out, len > 0 ? program : "mmsim");
	str_add(out, " sweep ");
	sweep_quote(out, s->plan.scenario);
	str_add(out, str_get(&s->again));
	str_add(out, " -o ");
	sweep_quote(out, s->folder);
}

/* "cd FOLDER"; false (said): it was taken away meanwhile. */
static bool add_change(struct str *out)
{
	char *folder = getcwd(NULL, 0);

	if (!folder) {
		cli_error("the present folder has no name: %s", strerror(errno));
		return false;
	}
	str_add(out, "cd ");
	sweep_quote(out, folder);
	free(folder);
	return true;
}

static int tasks_of(const struct sweep *s)
{
	int chunk = s->chunk ? s->chunk : DEFAULT_CHUNK;
	int least = (s->nr_points + MAX_TASKS - 1) / MAX_TASKS;

	if (!s->chunk && chunk < least)
		chunk = least;
	return (s->nr_points + chunk - 1) / chunk;
}

static int write_text(const struct sweep *s, const char *name, const struct str *text)
{
	char *path = str_format("%s/%s", s->folder, name);
	int exit_code = out_file_write(path, text->s, text->len, s->force);

	if (!exit_code && !s->plan.quiet) {
		struct str quoted = { 0 };

		sweep_quote(&quoted, path);
		if (strcmp(name, "sweep.sbatch") == 0)
			printf("submit     sbatch %s\n", quoted.s);
		else
			printf("run        parallel --joblog %s.log -a %s\n", quoted.s, quoted.s);
		str_free(&quoted);
	}
	sim_free(path);
	return exit_code;
}

static int write_slurm(const struct sweep *s, int tasks)
{
	struct str text = { 0 };
	int exit_code = EXIT_HOST;

	str_addf(
	    &text,
	    "#!/bin/sh\n"
	    "# made by mmsim sweep: %d points as %d tasks of a job array\n"
	    "#\n"
	    "# Each computes its share; points that are there are not computed again.  So after "
	    "a failure\n"
	    "# the same script is submitted once more.  At the end: --merge in place of "
	    "--slurm.\n"
	    "#SBATCH --job-name=mmsim-%s\n"
	    "#SBATCH --array=0-%d\n"
	    "#SBATCH --ntasks=1\n"
	    "#SBATCH --cpus-per-task=1\n",
	    s->nr_points, tasks, s->name, tasks - 1);
	if (s->need)
		str_addf(&text, "#SBATCH --mem=%" PRIu64 "M\n", (s->need >> 20) + 1 + OWN_MIB);
	str_add(&text, "#SBATCH --output=/dev/null\n");
	if (add_change(&text)) {
		str_add(&text, " || exit 3\nexec ");
		add_command(s, &text);
		str_addf(&text,
			 " --quiet -j \"${SLURM_CPUS_PER_TASK:-1}\" \\\n"
			 "\t--share \"$((SLURM_ARRAY_TASK_ID + 1))/%d\" >",
			 tasks);
		sweep_quote(&text, s->folder);
		str_add(&text, "/task-\"$SLURM_ARRAY_TASK_ID\".log 2>&1\n");
		exit_code = write_text(s, "sweep.sbatch", &text);
	}
	str_free(&text);
	return exit_code;
}

static int write_parallel(const struct sweep *s, int tasks)
{
	struct str text = { 0 }, change = { 0 };
	int exit_code = EXIT_HOST;

	if (add_change(&change)) {
		for (int i = 1; i <= tasks; i++) {
			str_addf(&text, "%s && ", change.s);
			add_command(s, &text);
			str_addf(&text, " --quiet -j 1 --share %d/%d # made by mmsim\n", i, tasks);
		}
		exit_code = write_text(s, "sweep.joblist", &text);
	}
	str_free(&text);
	str_free(&change);
	return exit_code;
}

int sweep_write_scripts(struct sweep *s)
{
	int tasks = tasks_of(s), exit_code = EXIT_DONE;

	if (!cli_make_folder(s->folder))
		return EXIT_HOST;
	if (!s->plan.quiet)
		printf("tasks      %d, for %d points\n", tasks, s->nr_points);
	if (s->slurm)
		exit_code = write_slurm(s, tasks);
	if (s->parallel && !exit_code)
		exit_code = write_parallel(s, tasks);
	if (!exit_code && !s->plan.quiet) {
		struct str text = { 0 };

		add_command(s, &text);
		printf("then       %s --merge\n", text.s);
		str_free(&text);
	}
	return exit_code;
}
