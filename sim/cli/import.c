/*
 * import.c - mmsim import: a collected machine becomes "machine:" of a scenario
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/diag.h"
#include "sim/cli/cli.h"
#include "sim/cli/out_file.h"
#include "sim/scenario/yaml.h"

#define MOST_BYTES (INT64_C(8) << 30) /* that the program of --scenario writes */
#define NO_DISK    "disk0"            /* stands in where no disk was found */

enum {
	OPT_FORCE = 256,
	OPT_SCENARIO,
	OPT_PERSONALITY,
};

static const struct cli_option options[] = {
	{ 'o', "output", "FILE", "where to write the YAML (standard output)" },
	{ OPT_FORCE, "force", NULL, "replace a file that mmsim did not make" },
	{ OPT_SCENARIO, "scenario", NULL,
	  "a whole scenario: the machine, and a program that writes to its first disk" },
	{ OPT_PERSONALITY, "personality", "NAME", "the kernel the folder was collected on" },
	{ 0 },
};

/* The first disk of an imported machine; NULL: it has none. */
static const struct yaml_node *first_disk(const struct yaml_doc *doc)
{
	const struct yaml_node *machine = yaml_get(yaml_root(doc), "machine");
	const struct yaml_node *disks = machine ? yaml_get(machine, "disks") : NULL;

	return disks && disks->kind == YAML_KIND_LIST && disks->n ? disks->items[0] : NULL;
}

/* Half of the disk, or as much as says something. */
static int64_t bytes_to_write(const struct yaml_node *disk)
{
	const struct yaml_node *size = disk ? yaml_get(disk, "size") : NULL;
	int64_t bytes = size ? strtoll(size->text, NULL, 10) / 2 : MOST_BYTES;

	return bytes < MOST_BYTES ? bytes : MOST_BYTES;
}

/*
 * Puts a program that writes to the machine's own first disk before the machine, so that what comes
 * out is a whole scenario.  False: it is no machine.
 */
static bool make_scenario(struct str *out)
{
	static const char machine[] = "\nmachine:";
	struct diag d = { 0 };
	struct yaml_doc *doc = yaml_parse_text(&d, "imported", out->s, out->len);
	const char *at = strstr(out->s, machine);
	const struct yaml_node *disk = doc ? first_disk(doc) : NULL;
	const struct yaml_node *name = disk ? yaml_get(disk, "name") : NULL;
	struct str whole = { 0 };

	if (doc && at) {
		at += sizeof(machine) - 1;
		str_addf(&whole,
			 "# " OUT_FILE_MARK " import\n"
			 "# What becomes of memory while a program writes to %s?\n"
			 "mmsim: 1\nduration: 60 s\n"
			 "files: [{ name: copy, disk: %s }]\n"
			 "tasks:\n"
			 "  - name: copier\n"
			 "    do: [{ write: { file: copy, bytes: %" PRId64
			 " MiB, block: 1 MiB } }]\n",
			 name ? name->text : "a disk", name ? name->text : NO_DISK,
			 bytes_to_write(disk) >> 20);
		str_addn(&whole, out->s + strcspn(out->s, "\n") + 1,
			 (size_t)(at - out->s) - strcspn(out->s, "\n") - 1);
		if (!name)
			str_add(&whole, "\n  disks: # none was found: one that is often met\n"
					"    - { name: " NO_DISK ", preset: sata-ssd }");
		str_add(&whole, at);
		str_free(out);
		*out = whole;
	}
	yaml_doc_free(doc);
	diag_free(&d);
	return doc && at;
}

static int import_dir(const struct personality *p, const char *dir, const char *path, bool force,
		      bool scenario)
{
	struct diag d = { 0 };
	struct str out = { 0 };
	int exit_code = EXIT_INPUT;

	str_add(&out, "# " OUT_FILE_MARK " import\n");
	if (!p->import(&d, dir, &out) || diag_failed(&d)) {
		diag_print(&d, stderr);
	} else if (scenario && !make_scenario(&out)) {
		cli_error("%s: is a disk; accepted with --scenario: a machine", cli_escape(dir));
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
	bool force = false, scenario = false;
	int id;

	cli_args_init(&args, &import_command, argc, argv);
	while ((id = cli_next(&args)) >= 0) {
		if (id == 'o')
			path = args.value;
		else if (id == OPT_FORCE)
			force = true;
		else if (id == OPT_SCENARIO)
			scenario = true;
		else
			name = args.value;
	}
	if (id != CLI_END)
		return cli_leave(id);
	if (argc - optind != 1)
		return cli_usage(&import_command, "one folder is needed");
	errno = 0;
	if (!cli_is_folder(argv[optind])) {
		cli_error("%s: %s", cli_escape(argv[optind]),
			  errno ? strerror(errno) : "is no folder of a collected machine");
		return EXIT_INPUT;
	}
	for (int i = 0; cli->personalities[i]; i++) {
		const struct personality *p = cli->personalities[i];

		if (p->import && (!name || strcmp(name, p->name) == 0))
			return import_dir(p, argv[optind], path, force, scenario);
	}
	return cli_usage(&import_command, "no kernel \"%s\" that machines are collected on",
			 cli_escape(name ? name : ""));
}

const struct cli_command import_command = {
	.name = "import",
	.args = "DIR [--scenario] [-o FILE] [--force] [--personality NAME]",
	.summary = "turn a directory captured on a real machine into a machine, or a disk",
	.details =
	    "DIR is a captured machine; its disks lie below DIR/disks.  Or it is one disk: what\n"
	    "/sys/block/<disk> has (queue/, device/queue_depth, size) and results of\n"
	    "fio --output-format=json (*.json), any of them.\n",
	.options = options,
	.run = import_main,
};
