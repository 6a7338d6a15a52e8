/*
 * check.c - mmsim check: reads and validates scenarios, runs nothing
 */
#include <stdio.h>

#include "sim/cli/run_one.h"

static const struct cli_option options[] = {
	{ 'q', "quiet", NULL, "print nothing but errors" },
	{ 0 },
};

static bool check_one(const struct cli *cli, const char *path)
{
	struct diag d = { 0 };
	struct scenario *sc = run_load(cli, &d, path, NULL, 0);
	bool ok = sc && run_check(&d, sc, NULL, 0);

	if (sc)
		scenario_free(sc);
	diag_free(&d);
	return ok;
}

static int check_main(const struct cli *cli, int argc, char **argv)
{
	struct cli_args args;
	bool quiet = false;
	int id, wrong = 0;

	cli_args_init(&args, &check_command, argc, argv);
	while ((id = cli_next(&args)) == 'q')
		quiet = true;
	if (id != CLI_END)
		return cli_leave(id);
	if (optind == argc)
		return cli_usage(&check_command, "a scenario is needed");
	for (int i = optind; i < argc; i++) {
		bool ok = check_one(cli, argv[i]);

		wrong += !ok;
		if (ok && !quiet)
			printf("%s: ok\n", cli_escape(argv[i]));
	}
	if (!cli_flush())
		return EXIT_HOST;
	return wrong ? EXIT_INPUT : EXIT_DONE;
}

const struct cli_command check_command = {
	.name = "check",
	.args = "SCENARIO... [--quiet]",
	.summary = "read and validate scenarios, run nothing",
	.options = options,
	.run = check_main,
};
