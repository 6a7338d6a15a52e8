/*
 * list.c - mmsim list: everything there is, from the tables
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/mem.h"
#include "sim/cli/export.h"
#include "sim/cli/scenarios.h"
#include "sim/cli/text_table.h"
#include "sim/workload/workload.h"

enum {
	OPT_JSON = 256,
	OPT_PERSONALITY,
};

static const struct cli_option options[] = {
	{ OPT_JSON, "json", NULL, "as a list of objects" },
	{ OPT_PERSONALITY, "personality", "NAME", "only of this kernel" },
	{ 0 },
};

static void list_tunables(struct text_table *t, const struct personality *p)
{
	struct tables tables;

	tables_init(&tables, p);
	for (int c = 0; tables.tunables[c]; c++) {
		const struct tunable_class *class = tables.tunables[c];

		for (int i = 0; i < class->nr_rows; i++) {
			const struct tunable *row = &class->rows[i];
			struct str def = { 0 }, range = { 0 };

			if (row->count == 1 && row->def == TUNABLE_AUTO)
				str_add(&def, "auto");
			else
				tunable_print_value(&def, row,
						    row->count > 1 ? row->defs : &row->def);
			tunable_print_range(&range, row);
			text_table_text(t, "%s", p->name);
			if (class->objects)
				text_table_text(t, "%s.<%s>.%s", class->prefix, class->objects,
						row->name);
			else
				text_table_text(t, "%s.%s", class->prefix, row->name);
			text_table_text(t, "%s", unit_base(row->unit));
			text_table_text(t, "%s", def.s);
			text_table_text(t, "%s", range.s);
			text_table_text(t, "%s", row->meaning);
			str_free(&def);
			str_free(&range);
		}
	}
	tables_free(&tables);
}

static void list_kind(struct text_table *t, const struct personality *p,
		      const struct metric_object *o)
{
	for (int i = 0; i < o->nr_rows; i++) {
		text_table_text(t, "%s", p->name);
		text_table_text(t, "%s", o->rows[i].name);
		text_table_text(t, "%s", o->name);
		text_table_text(t, "%s", o->rows[i].kind == METRIC_COUNTER ? "counter" : "gauge");
		text_table_text(t, "%s", unit_base(o->rows[i].unit));
		text_table_text(t, "%s", o->table);
		text_table_text(t, "%s", o->rows[i].meaning);
	}
}

static void list_metrics(struct text_table *t, const struct personality *p)
{
	struct tables tables;

	tables_init(&tables, p);
	for (int k = 0; tables.metrics[k]; k++)
		list_kind(t, p, tables.metrics[k]);
	tables_free(&tables);
}

static void list_ops(struct text_table *t, const struct personality *p)
{
	for (int m = 0; p->models[m]; m++) {
		for (int i = 0; i < p->models[m]->nr_ops; i++) {
			const struct op *op = &p->models[m]->ops[i];

			text_table_text(t, "%s", p->name);
			text_table_text(t, "%s", op->name);
			text_table_text(t, "%s", p->models[m]->name);
			text_table_text(t, "%s", op->takes ? op->takes : "");
			text_table_text(t, "%s", op->gives ? op->gives : "number");
			text_table_text(t, "%s", op->meaning);
		}
	}
}

static void list_steps(struct text_table *t, const struct personality *p)
{
	const struct control_word *w;

	(void)p;
	for (size_t i = 0; (w = workload_control_word(i)); i++) {
		text_table_text(t, "%s", w->name);
		text_table_text(t, "%s", w->takes);
		text_table_text(t, "%s", w->meaning);
	}
}

static void list_trace(struct text_table *t, const struct personality *p)
{
	for (int i = 0; i < p->nr_traces; i++) {
		struct str fields = { 0 };

		str_add(&fields, "");
		for (int f = 0; f < p->traces[i].nr_fields; f++)
			str_addf(&fields, "%s%s", f ? " " : "", p->traces[i].fields[f]);
		text_table_text(t, "%s", p->name);
		text_table_text(t, "%s", p->traces[i].name);
		text_table_text(t, "%s", p->traces[i].meaning);
		text_table_text(t, "%s", fields.s);
		str_free(&fields);
	}
}

static void list_checks(struct text_table *t, const struct personality *p)
{
	for (int m = 0; p->models[m]; m++) {
		for (int i = 0; i < p->models[m]->nr_checks; i++) {
			text_table_text(t, "%s", p->name);
			text_table_text(t, "%s", p->models[m]->checks[i].name);
			text_table_text(t, "%s", p->models[m]->name);
			text_table_text(t, "%s", p->models[m]->checks[i].meaning);
		}
	}
}

static void list_charts(struct text_table *t, const struct personality *p)
{
	for (int i = 0; i < p->nr_charts; i++) {
		text_table_text(t, "%s", p->name);
		text_table_text(t, "%s", p->charts[i].name);
		text_table_text(t, "%s", p->charts[i].title);
		text_table_text(t, "%s", p->charts[i].question);
	}
}

static void list_procfs(struct text_table *t, const struct personality *p)
{
	for (int i = 0; i < p->nr_procfs; i++) {
		text_table_text(t, "%s", p->name);
		text_table_text(t, "%s", p->procfs[i].path);
		text_table_text(t, "%s", p->procfs[i].meaning);
	}
}

static void list_scenarios(struct text_table *t, const struct personality *p)
{
	struct shipped_scenarios all;

	(void)p;
	shipped_scenarios_read(&all);
	for (int i = 0; i < all.n; i++) {
		text_table_text(t, "%s", cli_escape(all.s[i].name));
		text_table_text(t, "%s", cli_escape(all.s[i].question));
		text_table_text(t, "%s", cli_escape(all.s[i].path));
	}
	if (all.folder)
		t->foot = str_format("in %s; mmsim explain NAME says more", cli_escape(all.folder));
	shipped_scenarios_free(&all);
}

/* A text of several lines as one. */
static void add_in_one_line(struct text_table *t, const char *text)
{
	struct str line = { 0 };

	str_add(&line, "");
	for (const char *p = text; *p; p++) {
		if (*p != '\n' && *p != ' ')
			str_addc(&line, *p);
		else if (line.len && p[1] && line.s[line.len - 1] != ' ')
			str_addc(&line, ' ');
	}
	text_table_text(t, "%s", line.s);
	str_free(&line);
}

/* For the manual page and the completion of shells. */
static void list_commands(struct text_table *t, const struct personality *p)
{
	const struct cli_command *c;

	(void)p;
	for (size_t i = 0; (c = cli_command_at(i)); i++) {
		text_table_text(t, "%s", c->name);
		add_in_one_line(t, c->args);
		text_table_text(t, "%s", c->summary);
		add_in_one_line(t, c->details ? c->details : "");
	}
}

static void list_options(struct text_table *t, const struct personality *p)
{
	const struct cli_command *c;

	(void)p;
	for (size_t i = 0; (c = cli_command_at(i)); i++) {
		for (const struct cli_option *o = c->options; o->name; o++) {
			text_table_text(t, "%s", c->name);
			if (o->id < 256)
				text_table_text(t, "-%c", o->id);
			else
				text_table_text(t, "%s", "");
			text_table_text(t, "--%s", o->name);
			text_table_text(t, "%s", o->arg ? o->arg : "");
			text_table_text(t, "%s", o->meaning);
		}
	}
}

static void list_personalities(struct text_table *t, const struct personality *p)
{
	text_table_text(t, "%s", p->name);
	text_table_text(t, "%s", p->meaning);
}

struct listing {
	const char *name;
	const char *heads;
	void (*list)(struct text_table *t, const struct personality *p);
	bool once;  /* not for each personality */
	int hidden; /* so many last columns are for programs alone: only as JSON */
};

static void list_ftrace(struct text_table *t, const struct personality *p)
{
	for (int i = 0; i < p->nr_trace_texts; i++) {
		text_table_text(t, "%s", p->name);
		text_table_text(t, "%s", p->trace_texts[i].name);
		text_table_text(t, "%s", p->trace_texts[i].format);
		text_table_text(t, "%s", p->trace_texts[i].gap);
	}
}

static void list_formats(struct text_table *t, const struct personality *p)
{
	const struct export_format *f;

	(void)p;
	for (size_t i = 0; (f = export_format_at(i)) != NULL; i++) {
		text_table_text(t, "%s", f->name);
		text_table_text(t, "%s", f->extension);
		text_table_text(t, "%s", f->meaning);
	}
}

static const struct listing listings[] = {
	{ "tunables", "kernel name unit default accepted meaning", list_tunables, false, 0 },
	{ "metrics", "kernel name object kind unit table meaning", list_metrics, false, 0 },
	{ "ops", "kernel name model takes gives meaning", list_ops, false, 0 },
	{ "steps", "name takes meaning", list_steps, true, 0 },
	{ "trace", "kernel name meaning fields", list_trace, false, 0 },
	{ "checks", "kernel name model meaning", list_checks, false, 0 },
	{ "charts", "kernel name title question", list_charts, false, 0 },
	{ "procfs", "kernel name meaning", list_procfs, false, 0 },
	{ "ftrace", "kernel name text unknown", list_ftrace, false, 0 },
	{ "formats", "name extension meaning", list_formats, true, 0 },
	{ "scenarios", "name question path", list_scenarios, true, 1 },
	{ "personalities", "name meaning", list_personalities, false, 0 },
	{ "commands", "name arguments summary details", list_commands, true, 0 },
	{ "options", "command letter name argument meaning", list_options, true, 0 },
};

static const struct listing *find_listing(const char *word)
{
	const char *names[ARRAY_LEN(listings)];

	for (size_t i = 0; i < ARRAY_LEN(listings); i++) {
		names[i] = listings[i].name;
		if (strcmp(word, names[i]) == 0)
			return &listings[i];
	}
	cli_usage(&list_command, "no list \"%s\"%s", cli_escape(word),
		  cli_did_you_mean(word, names, ARRAY_LEN(names)));
	return NULL;
}

/* On a terminal lines are broken; elsewhere a row is a line, for grep, unless it is for people. */
static int width_for(const struct listing *l)
{
	return l->hidden || isatty(STDOUT_FILENO) ? text_table_terminal_width() : 0;
}

static int list_main(const struct cli *cli, int argc, char **argv)
{
	const struct listing *l;
	const char *only = NULL;
	struct cli_args args;
	struct text_table t;
	bool json = false;
	int id;

	cli_args_init(&args, &list_command, argc, argv);
	while ((id = cli_next(&args)) >= 0) {
		if (id == OPT_JSON)
			json = true;
		else
			only = args.value;
	}
	if (id != CLI_END)
		return cli_leave(id);
	if (argc - optind != 1)
		return cli_usage(&list_command, "one word says what is to be listed");
	l = find_listing(argv[optind]);
	if (!l || (only && !cli_find_personality(cli, only)))
		return EXIT_INPUT;
	text_table_init(&t, l->heads);
	for (int i = 0; cli->personalities[i]; i++)
		if ((!only || strcmp(only, cli->personalities[i]->name) == 0) && !(l->once && i))
			l->list(&t, cli->personalities[i]);
	if (json)
		text_table_print_json(&t);
	else
		text_table_print_within(&t, l->hidden, width_for(l));
	text_table_free(&t);
	return cli_flush() ? EXIT_DONE : EXIT_HOST;
}

const struct cli_command list_command = {
	.name = "list",
	.args = "tunables|metrics|ops|steps|trace|checks|charts|procfs|ftrace|formats|\n"
		"                  scenarios|personalities|commands|options [--json]\n"
		"                  [--personality NAME]",
	.summary = "everything that can be set, counted, called or drawn",
	.options = options,
	.run = list_main,
};
