/*
 * list.c - mmsim list: everything there is, from the tables
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/cli.h"
#include "sim/cli/text_table.h"

#define MAX_QUESTION 300 /* bytes */

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

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The question a scenario begins with: its leading comment up to the question mark. */
static void first_question(const char *path, struct str *question)
{
	char line[256];
	FILE *f = fopen(path, "r");

	str_add(question, "");
	while (f && question->len < MAX_QUESTION && fgets(line, sizeof(line), f) &&
	       line[0] == '#') {
		const char *text = line + strspn(line, "# ");
		size_t len = strcspn(text, "\n");
		const char *mark = memchr(text, '?', len);

		if (!len)
			break;
		str_addf(question, "%s%.*s", question->len ? " " : "",
			 mark ? (int)(mark - text) + 1 : (int)len, text);
		if (mark)
			break;
	}
	if (f)
		fclose(f);
}

/* The scenarios of a folder below that of all; prefix: "" or "tutorial/". */
static void list_folder(struct text_table *t, const char *all, const char *prefix)
{
	char *folder = str_format("%s/%s", all, prefix);
	char **names = NULL;
	size_t n = 0, cap = 0;
	DIR *dir = opendir(folder);

	for (struct dirent *e; dir && (e = readdir(dir));) {
		size_t len = strlen(e->d_name);
		void *grown = names;

		if (len < 6 || strcmp(e->d_name + len - 5, ".yaml") != 0)
			continue;
		sim_grow(&grown, &cap, n + 1, sizeof(*names));
		names = grown;
		names[n++] = str_format("%s%s", prefix, e->d_name);
	}
	if (dir)
		closedir(dir);
	if (n)
		qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; i < n; i++) {
		char *path = str_format("%s/%s", all, names[i]);
		struct str question = { 0 };

		first_question(path, &question);
		text_table_text(t, "%s", cli_escape(names[i]));
		text_table_text(t, "%s", cli_escape(question.s));
		text_table_text(t, "%s", cli_escape(path));
		str_free(&question);
		sim_free(path);
		sim_free(names[i]);
	}
	sim_free(names);
	sim_free(folder);
}

static void list_scenarios(struct text_table *t, const struct personality *p)
{
	char *folder = cli_data_folder("scenarios", "scenarios");

	(void)p;
	if (folder) {
		list_folder(t, folder, "");
		list_folder(t, folder, "tutorial/");
	}
	sim_free(folder);
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
	bool once; /* not for each personality */
};

static const struct listing listings[] = {
	{ "tunables", "kernel name unit default accepted meaning", list_tunables, false },
	{ "metrics", "kernel name object kind unit table meaning", list_metrics, false },
	{ "ops", "kernel name model takes gives meaning", list_ops, false },
	{ "trace", "kernel name meaning fields", list_trace, false },
	{ "checks", "kernel name model meaning", list_checks, false },
	{ "charts", "kernel name title question", list_charts, false },
	{ "procfs", "kernel name meaning", list_procfs, false },
	{ "scenarios", "name question path", list_scenarios, true },
	{ "personalities", "name meaning", list_personalities, false },
	{ "commands", "name arguments summary details", list_commands, true },
	{ "options", "command letter name argument meaning", list_options, true },
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
		text_table_print(&t);
	text_table_free(&t);
	return cli_flush() ? EXIT_DONE : EXIT_HOST;
}

const struct cli_command list_command = {
	.name = "list",
	.args = "tunables|metrics|ops|trace|checks|charts|procfs|scenarios|personalities|\n"
		"                  commands|options [--json] [--personality NAME]",
	.summary = "everything that can be set, counted, called or drawn",
	.options = options,
	.run = list_main,
};
