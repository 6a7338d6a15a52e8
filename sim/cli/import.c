/*
 * import.c - mmsim import: a collected machine becomes "machine:" of a scenario
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/diag.h"
#include "sim/cli/cli.h"
#include "sim/cli/out_file.h"

enum {
	OPT_FORCE = 256,
	OPT_PERSONALITY,
};

static const struct cli_option options[] = {
	{ 'o', "output", "FILE", "where to write the YAML (standard output)" },
	{ OPT_FORCE, "force", NULL, "replace a file that mmsim did not make" },
	{ OPT_PERSONALITY, "personality", "NAME", "the kernel the folder was collected on" },
	{ 0 },
};

static int import_dir(const struct personality *p, const char *dir, const char *path, bool force)
{
	struct diag d = { 0 };
	struct str out = { 0 };
	int exit_code = EXIT_INPUT;

	str_add(&out, "# " OUT_FILE_MARK " import\n");
	if (!p->import(&d, dir, &out) || diag_failed(&d)) {
		diag_print(&d, stderr);
	} else if (path) {
		exit_code = out_file_write(path, out.s, out.len, force);
	} else {
		fputs(out.s, stdout);
		exit_code = cli_flush() ? EXIT_DONE : EXIT_HOST;
	}
	str_free(&out);
	diag_free(&d);
	return exit_code;
}

static int import_main(const struct cli *cli, int argc, char **argv)
{
	const char *path = NULL, *name = NULL;
	struct cli_args args;
	struct stat st;
	bool force = false;
	int id;

	cli_args_init(&args, &import_command, argc, argv);
	while ((id = cli_next(&args)) >= 0) {
		if (id == 'o')
			path = args.value;
		else if (id == OPT_FORCE)
			force = true;
		else
			name = args.value;
	}
	if (id != CLI_END)
		return cli_leave(id);
	if (argc - optind != 1)
		return cli_usage(&import_command, "one folder is needed");
	if (stat(argv[optind], &st) || !S_ISDIR(st.st_mode)) {
		cli_error("%s: is no folder of a collected machine", cli_escape(argv[optind]));
		return EXIT_INPUT;
	}
	for (int i = 0; cli->personalities[i]; i++) {
		const struct personality *p = cli->personalities[i];

		if (p->import && (!name || strcmp(name, p->name) == 0))
			return import_dir(p, argv[optind], path, force);
	}
	return cli_usage(&import_command, "no kernel \"%s\" that machines are collected on",
			 cli_escape(name ? name : ""));
}

const struct cli_command import_command = {
	.name = "import",
	.args = "DIR [-o FILE] [--force] [--personality NAME]",
	.summary = "turn a directory captured on a real machine into a machine, or a disk",
	.details =
	    "DIR is a captured machine; its disks lie below DIR/disks.  Or it is one disk: what\n"
	    "/sys/block/<disk> has (queue/, device/queue_depth, size) and results of\n"
	    "fio --output-format=json (*.json), any of them.\n",
	.options = options,
	.run = import_main,
};
