/*
 * schema.c - mmsim schema: the tables as JSON Schema of scenarios, or as SQL of results
 */
#include <stdio.h>

#include "sim/cli/cli.h"
#include "sim/cli/schema_json.h"
#include "sim/record/record.h"
#include "sim/record/sweep_schema.h"

enum {
	OPT_SQL = 256,
	OPT_SWEEP,
	OPT_PERSONALITY,
};

static const struct cli_option options[] = {
	{ OPT_SQL, "sql", NULL, "the tables of a results file instead, each column explained" },
	{ OPT_SWEEP, "sweep", NULL, "those of a merged sweep" },
	{ OPT_PERSONALITY, "personality", "NAME", "of this kernel (the first one)" },
	{ 0 },
};

static void print_sql(const struct tables *t, bool sweep)
{
	struct str sql = { 0 };

	if (sweep)
		sweep_schema_print(&sql);
	else
		recorder_schema(&sql, t);
	fputs(sql.s, stdout);
	str_free(&sql);
}

static int schema_main(const struct cli *cli, int argc, char **argv)
{
	const struct personality *p = cli->personalities[0];
	struct cli_args args;
	struct tables t;
	bool sql = false, sweep = false;
	int id;

	cli_args_init(&args, &schema_command, argc, argv);
	while ((id = cli_next(&args)) >= 0) {
		if (id == OPT_SQL)
			sql = true;
		else if (id == OPT_SWEEP)
			sweep = true;
		else if (!(p = cli_find_personality(cli, args.value)))
			return EXIT_INPUT;
	}
	if (id != CLI_END)
		return cli_leave(id);
	if (argc != optind)
		return cli_usage(&schema_command, "no argument is needed");
	tables_init(&t, p);
	if (sql || sweep)
		print_sql(&t, sweep);
	else
		schema_json_print(&t);
	tables_free(&t);
	return cli_flush() ? EXIT_DONE : EXIT_HOST;
}

const struct cli_command schema_command = {
	.name = "schema",
	.args = "[--sql|--sweep] [--personality NAME]",
	.summary = "JSON Schema of scenarios, or SQL schema of results and sweeps",
	.options = options,
	.run = schema_main,
};
