/*
 * verify.c - mmsim verify: cases captured from a real kernel, computed anew
 *
 * Which cases there are is known to the personalities; here they are only
 * handed over.
 */
#include <stdio.h>
#include <string.h>

#include "sim/cli/cli.h"

enum { OPT_OUT = 256, OPT_RUN };

static const struct cli_option options[] = {
	{ OPT_OUT, "out", "DIR", "write what was computed under DIR/<case>/" },
	{ OPT_RUN, "run", "DIR", "compare the run recorded in DIR instead of computing one" },
	{ 'q', "quiet", NULL, "print only what differs" },
	{ 0 },
};

/* 0, 1 or 2 as the command exits. */
static int verify_one(const struct cli *cli, const char *dir, const struct verify_options *o)
{
	if (!cli_is_folder(dir)) {
		cli_error("%s: is no folder of a captured case; accepted: a folder as "
			  "tests/truth/reclaim/stream",
			  cli_escape(dir));
		return EXIT_INPUT;
	}
	for (int i = 0; cli->personalities[i]; i++) {
		const struct personality *p = cli->personalities[i];

		if (p->verify_knows && p->verify_knows(dir))
			return p->verify(dir, o);
	}
	cli_error("%s: no case that can be verified; accepted: a folder with a case.yaml, as "
		  "tests/truth/reclaim/stream",
		  cli_escape(dir));
	return EXIT_INPUT;
}

static int verify_main(const struct cli *cli, int argc, char **argv)
{
	struct verify_options o = { 0 };
	struct cli_args args;
	int id, worst = EXIT_DONE;

	cli_args_init(&args, &verify_command, argc, argv);
	while ((id = cli_next(&args)) >= 0) {
		if (id == 'q')
			o.quiet = true;
		else if (id == OPT_RUN)
			o.run = args.value;
		else
			o.out = args.value;
	}
	if (id != CLI_END)
		return cli_leave(id);
	if (optind == argc)
		return cli_usage(&verify_command, "a case is needed");
	if (o.out && o.run)
		return cli_usage(&verify_command, "--run computes nothing that --out could write");
	if (o.run && !cli_is_folder(o.run)) {
		cli_error("%s: is no folder of a recorded run", cli_escape(o.run));
		return EXIT_INPUT;
	}
	if (o.out && !cli_make_folder(o.out))
		return EXIT_HOST;
	for (int i = optind; i < argc; i++) {
		size_t len = strlen(argv[i]);
		int r;

		while (len > 1 && argv[i][len - 1] == '/')
			argv[i][--len] = '\0';
		r = verify_one(cli, argv[i], &o);
		worst = r > worst ? r : worst;
		if (!cli_flush())
			return EXIT_HOST;
	}
	return worst;
}

const struct cli_command verify_command = {
	.name = "verify",
	.args = "CASE... [--out DIR | --run DIR] [--quiet]",
	.summary = "compute cases captured from a real kernel and compare",
	.details =
	    "CASE is a folder of a capture.  Only its inputs are used for computing.  Exits 0 if\n"
	    "every exact quantity is equal and every curve within its stated distance.\n"
	    "--run says how far two runs of the real kernel are from each other.\n",
	.options = options,
	.run = verify_main,
};
