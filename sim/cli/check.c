/*
 * check.c - mmsim check: reads and validates scenarios, runs nothing
 *
 * The machine is booted and let go: what does not fit on a disk, or into memory, is found there.
 */
#include <stdio.h>

#include "sim/cli/run_one.h"

static const struct cli_option options[] = {
	{ 'q', "quiet", NULL, "print nothing but errors" },
	{ 0 },
};

static int check_one(const struct cli *cli, const char *path, bool quiet)
{
	struct str notes = { 0 };
	struct diag d = { 0 };
	struct scenario *sc = run_load(cli, &d, path, NULL, 0);
	bool ok = sc && run_check(&d, sc, NULL, 0) && run_rehearse(&d, sc, &notes);
	int exit_code = ok ? EXIT_DONE : d.host_failed ? EXIT_HOST : EXIT_INPUT;

	if (!quiet)
		run_print_notes(path, &notes, NULL);
	str_free(&notes);
	if (sc)
		scenario_free(sc);
	diag_free(&d);
	return exit_code;
}

static int check_main(const struct cli *cli, int argc, char **argv)
{
	struct cli_args args;
	bool quiet = false;
	int id, worst = EXIT_DONE;

	cli_args_init(&args, &check_command, argc, argv);
	while ((id = cli_next(&args)) == 'q')
		quiet = true;
	if (id != CLI_END)
		return cli_leave(id);
	if (optind == argc)
		return cli_usage(&check_command, "a scenario is needed");
	for (int i = optind; i < argc; i++) {
		int exit_code = check_one(cli, argv[i], quiet);

		worst = exit_code > worst ? exit_code : worst;
		if (!exit_code && !quiet)
			printf("%s: ok\n", cli_escape(argv[i]));
	}
	if (!cli_flush())
		return EXIT_HOST;
	return worst;
}

const struct cli_command check_command = {
	.name = "check",
	.args = "SCENARIO... [--quiet]",
	.summary = "read and validate scenarios, run nothing",
	.options = options,
	.run = check_main,
};
