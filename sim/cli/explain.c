/*
 * explain.c - mmsim explain: what a name means, from the tables
 *
 * What it is comes from the row, who draws it from the charts, where it stands in
 * the sources and which tests speak of it from the index made at build time.
 * Keys of scenarios are in explain_keys.c, calls in explain_calls.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/cli/explain.h"
#include "sim/cli/export.h"
#include "sim/cli/scenarios.h"
#include "sim/cli/source_index.h"

static const struct cli_option options[] = {
	{ 0 },
};

/* From a file: nothing of it is taken for more than text. */
static void lines_indented(const char *text)
{
	for (size_t len; *text; text += len + (text[len] ? 1 : 0)) {
		char *one = sim_strndup(text, len = strcspn(text, "\n"));

		printf(len ? "  %s\n" : "%s\n", cli_escape(one));
		sim_free(one);
	}
}

/* Whether one of the columns of a series ("a+b*2") has the name. */
static bool draws(const struct chart_series *s, const char *table, const char *name)
{
	size_t len = strlen(name);

	if (strcmp(s->table, table) != 0)
		return false;
	for (const char *c = s->column; *c;) {
		size_t n = strcspn(c, "+*");

		if (n == len && memcmp(c, name, len) == 0)
			return true;
		c += strcspn(c, "+");
		c += *c ? 1 : 0;
	}
	return false;
}

/* The charts that draw a column of a table; column NULL: anything of the table. */
static void drawn_by(const struct personality *p, const char *table, const char *column)
{
	struct str names = { 0 };

	for (int i = 0; i < p->nr_charts; i++) {
		const struct chart *c = &p->charts[i];
		bool found = false;

		for (int k = 0; k < c->nr_panels; k++) {
			for (int j = 0; j < c->panels[k].nr_series; j++) {
				const struct chart_series *series = &c->panels[k].series[j];

				found |= column ? draws(series, table, column)
						: strcmp(series->table, table) == 0 ||
						      (series->style == CHART_SPAN &&
						       strcmp(series->column, table) == 0);
			}
		}
		if (found)
			str_addf(&names, "%s%s", names.len ? ", " : "", c->name);
	}
	explain_line("charts", str_get(&names));
	str_free(&names);
}

static void explain_tunable(struct search *s, const struct tunable_class *c,
			    const struct tunable *t)
{
	struct str range = { 0 }, def = { 0 };
	const char *object = c->objects ? "." : "";
	char *full = str_format("%s.%s%s%s%s", c->prefix, *object ? "<" : "",
				c->objects ? c->objects : "", *object ? ">." : "", t->name);

	if (search_is(s, full) || (strcmp(full, t->name) != 0 && search_is(s, t->name)) ||
	    (t->alias && search_is(s, t->alias))) {
		tunable_print_range(&range, t);
		if (t->count == 1 && t->def == TUNABLE_AUTO)
			str_add(&def, "worked out at boot");
		else
			tunable_print_value(&def, t, t->count > 1 ? t->defs : &t->def);
		printf("%s: tunable of %s\n  %s\n", full, s->p->name, t->meaning);
		explain_line("unit", unit_base(t->unit));
		explain_line("default", def.s);
		explain_line("accepted", range.s);
		explain_line("written", t->words ? "one of these words" : unit_written(t->unit));
		explain_line("where", t->where ? t->where : c->where ? c->where : "");
		if (t->unused)
			printf("  %-9s taken, without effect: %s\n", "effect", t->unused);
		explain_line("scenario",
			     c->boot_only ? "at boot only" : "at boot, in a step, or --set");
		explain_places(s->p, "tunable", t->alias ? t->alias : t->name);
		str_free(&range);
		str_free(&def);
	}
	sim_free(full);
}

static void explain_tunables(struct search *s)
{
	for (int c = 0; s->tables.tunables[c]; c++)
		for (int i = 0; i < s->tables.tunables[c]->nr_rows; i++)
			explain_tunable(s, s->tables.tunables[c], &s->tables.tunables[c]->rows[i]);
}

static void explain_metrics(struct search *s)
{
	for (int k = 0; s->tables.metrics[k]; k++) {
		const struct metric_object *o = s->tables.metrics[k];

		for (int i = 0; i < o->nr_rows; i++) {
			const struct metric *m = &o->rows[i];

			if (!search_is(s, m->name))
				continue;
			printf("%s: %s of %s\n  %s\n", m->name,
			       m->kind == METRIC_COUNTER ? "counter" : "gauge", o->name,
			       m->meaning);
			explain_line("unit", unit_base(m->unit));
			explain_line("table", o->table);
			drawn_by(s->p, o->table, m->name);
			explain_places(s->p, "metric", m->name);
		}
	}
}

/* The table of a kind of objects: "zone" or "zone_sample". */
static void explain_objects(struct search *s)
{
	for (int k = 0; s->tables.metrics[k]; k++) {
		const struct metric_object *o = s->tables.metrics[k];

		if (!search_is(s, o->table) &&
		    !(strcmp(o->name, o->table) != 0 && search_is(s, o->name)))
			continue;
		printf("%s: table of results of %s\n  %s\n", o->table, s->p->name, o->meaning);
		for (int i = 0; i < o->nr_keys; i++)
			printf("  %-9s %s: %s\n", i ? "" : "keys", o->keys[i].name,
			       o->keys[i].meaning);
		printf("  %-9s %d; mmsim list metrics shows them\n", "columns", o->nr_rows);
		drawn_by(s->p, o->table, NULL);
	}
}

/* How mmsim export --format ftrace prints it. */
static void explain_text(const struct personality *p, const char *name)
{
	const struct trace_text *text = trace_text_find(p, name);

	if (!p->nr_trace_texts)
		return;
	if (!text) {
		explain_line("ftrace", "not one of the kernel's: field=value for each");
		return;
	}
	explain_line("ftrace", text->format);
	if (*text->gap)
		printf("  not known to results: %s\n", text->gap);
}

static void explain_traces(struct search *s)
{
	for (int i = 0; i < s->p->nr_traces; i++) {
		const struct trace_def *d = &s->p->traces[i];

		if (!search_is(s, d->name))
			continue;
		printf("%s: tracepoint of %s\n  %s\n  fields   ", d->name, s->p->name, d->meaning);
		for (int f = 0; f < d->nr_fields; f++)
			printf(" %s", d->fields[f]);
		printf("\n  recorded  with record: { trace: [%s] } or --trace=%s, as a table\n",
		       d->name, d->name);
		explain_text(s->p, d->name);
		drawn_by(s->p, d->name, NULL);
		explain_places(s->p, "trace", d->name);
	}
}

static void explain_charts(struct search *s)
{
	for (int i = 0; i < s->p->nr_charts; i++) {
		const struct chart *c = &s->p->charts[i];

		if (!search_is(s, c->name))
			continue;
		printf("%s: chart of %s\n  %s\n  %s\n", c->name, s->p->name, c->title, c->question);
		for (int k = 0; k < c->nr_panels; k++) {
			const struct chart_panel *panel = &c->panels[k];

			printf("  %-9s %s%s%s%s%s\n", k ? "" : "panels", panel->title,
			       panel->each ? ", of each " : "", panel->each ? panel->each : "",
			       panel->split ? ", a curve for each " : "",
			       panel->split ? panel->split : "");
			for (int j = 0; j < panel->nr_series; j++)
				printf("              %s.%s%s%s\n", panel->series[j].table,
				       panel->series[j].column, *panel->series[j].label ? ": " : "",
				       panel->series[j].label);
		}
		explain_places(s->p, "chart", c->name);
	}
}

static void explain_figures(struct search *s)
{
	static const char *const how[] = {
		[FIGURE_LAST] = "at the end of the run",
		[FIGURE_MAX] = "the largest of its samples",
		[FIGURE_MIN] = "the smallest of its samples",
		[FIGURE_MEAN] = "the mean of its samples",
	};

	for (int i = 0; i < s->p->nr_figures; i++) {
		const struct figure *f = &s->p->figures[i];

		if (!search_is(s, f->name))
			continue;
		printf("%s: figure of %s, printed by run, compare and sweep\n  %s\n", f->name,
		       s->p->name, f->meaning);
		explain_line("unit", unit_base(f->unit));
		printf("  %-9s %s.%s, %s\n", "from", f->table, f->column, how[f->how]);
	}
}

/* Figures that each run names after its tasks: "reader", "reader read p99". */
static void explain_task_figures(struct search *s)
{
	size_t len = strlen(s->name);
	const char *last = len > 3 ? s->name + len - 3 : s->name;
	bool percentile = strcmp(last, "p50") == 0 || strcmp(last, "p99") == 0;

	if (percentile && (last == s->name || last[-1] == ' ') && search_is(s, s->name)) {
		printf("%s: figure of a task and a call, printed by run, compare and sweep\n"
		       "  within this time %s of 100 calls ended, waiting included\n",
		       s->name, strcmp(last, "p50") == 0 ? "50" : "99");
		explain_line("unit", unit_base(UNIT_NS));
		explain_line("from", "latency, the middle of a bucket of 3 %");
	}
	if (strstr(s->name, " failed: ") && search_is(s, s->name)) {
		printf("%s: figure of a task and a call, printed by run, compare and sweep\n"
		       "  so many of its calls failed with this error (NULL: gave no object) where "
		       "the\n"
		       "  scenario expects nothing of them (returns:)\n",
		       s->name);
		explain_line("from", "failed_call, of all steps with this call");
	}
	if (!search_is(s, "figures"))
		return;
	puts("figures: what run prints at its end, compare side by side, and sweep ranks by; 0 is\n"
	     "not shown\n"
	     "  TASK             bytes per second that its calls read, wrote or touched, from the\n"
	     "                   sample before the first to that with the last\n"
	     "  TASK CALL p50    within this time half of its calls ended; p99: 99 of 100\n"
	     "  TASK CALL        how long it took, if it was called once\n"
	     "  TASK CALL failed: ERROR   calls that failed where nothing was expected of them");
}

/* All figures of a kernel, below "figures". */
static void list_figures(struct search *s)
{
	if (strcmp(s->name, "figures") != 0)
		return;
	printf("  of %s\n", s->p->name);
	for (int i = 0; i < s->p->nr_figures; i++)
		printf("    %-18s %s\n", s->p->figures[i].name, s->p->figures[i].meaning);
}

static void explain_file(const struct personality *p, const struct proc_file *f)
{
	bool is_sys = strncmp(f->path, "sysfs/", 6) == 0;

	printf("/%s/%s: file of %s\n  %s\n", is_sys ? "sys" : "proc",
	       is_sys ? f->path + 6 : f->path, p->name, f->meaning);
	if (f->object)
		printf("  %-9s NAME stands for each of the objects\n", "files");
	printf("  %-9s mmsim procfs SCENARIO|DB --at TIME -o DIR, as DIR/%s\n", "written", f->path);
	explain_places(p, "procfs", f->path);
}

static void explain_rest(struct search *s)
{
	for (int i = 0; i < s->p->nr_procfs; i++) {
		const struct proc_file *f = &s->p->procfs[i];

		if (search_is(s, f->path))
			explain_file(s->p, f);
	}
	for (int m = 0; s->p->models[m]; m++) {
		for (int i = 0; i < s->p->models[m]->nr_checks; i++) {
			const struct check_def *c = &s->p->models[m]->checks[i];

			if (!search_is(s, c->name))
				continue;
			printf("%s: check of %s\n  %s\n", c->name, s->p->name, c->meaning);
			explain_places(s->p, "check", c->name);
		}
	}
}

/* "queue.sda.read_ahead_kb" is explained as "queue.<disk>.read_ahead_kb", "vm/x" as vm.x. */
static char *general_name(const struct tables *t, const char *name)
{
	struct tunable_ref ref;

	if (!tunable_find(t->tunables, name, &ref))
		return sim_strdup(name);
	if (ref.class->objects)
		return str_format("%s.<%s>.%s", ref.class->prefix, ref.class->objects,
				  ref.row->name);
	return str_format("%s.%s", ref.class->prefix, ref.row->name);
}

/* Adds to the words of an error those known names that have the unknown one in them. */
static void add_similar(struct search *s, const char *word, struct str *out)
{
	int n = 0;

	for (size_t i = 0; i < s->nr_names && strlen(word) > 2; i++) {
		bool twice = false;

		if (!strstr(s->names[i], word))
			continue;
		for (size_t k = 0; k < i; k++)
			twice |= strcmp(s->names[k], s->names[i]) == 0;
		if (twice)
			continue;
		if (n++ == MAX_SIMILAR) {
			str_add(out, ", ...");
			break;
		}
		str_addf(out, "%s%s", n == 1 ? "\n  with it in their name: " : ", ", s->names[i]);
	}
}

/* A scenario that comes with mmsim, by the name of its file. */
static void explain_scenario(struct search *s, const struct shipped_scenarios *all,
			     const char *name)
{
	const struct shipped_scenario *found = shipped_scenario_find(all, name);
	struct str text = { 0 };

	s->name = sim_strdup(found ? found->name : "");
	*strchrnul(s->name, '.') = '\0'; /* its ".yaml" */
	for (int i = 0; i < all->n; i++) {
		char *stem = sim_strndup(all->s[i].name, strcspn(all->s[i].name, "."));

		if (search_is(s, stem)) {
			shipped_scenario_comment(found, &text);
			printf("%s: scenario\n", found->name);
			lines_indented(text.s);
			printf("  %-9s mmsim run %s\n", "run it", cli_escape(found->path));
			str_free(&text);
		}
		sim_free(stem);
	}
	sim_free(s->name);
}

static void explain_the_command(struct search *s, const char *name)
{
	const struct cli_command *c;

	for (size_t i = 0; (c = cli_command_at(i)); i++) {
		if (strcmp(c->name, name) != 0)
			continue;
		printf("%s%s: command\n  %s\n  mmsim %s --help says more\n", s->found ? "\n" : "",
		       c->name, c->summary, c->name);
		s->found++;
	}
}

/* False: nothing has the name (said). */
static bool explain_name(const struct cli *cli, const struct shipped_scenarios *scenarios,
			 const char *name)
{
	struct search s = { 0 };
	struct mentions mentions = { .word = name };
	struct str similar = { 0 };

	for (int i = 0; cli->personalities[i]; i++) {
		s.p = cli->personalities[i];
		tables_init(&s.tables, s.p);
		s.name = general_name(&s.tables, name);
		explain_tunables(&s);
		explain_metrics(&s);
		explain_objects(&s);
		explain_ops(&s);
		explain_traces(&s);
		explain_charts(&s);
		explain_figures(&s);
		if (i == 0)
			explain_task_figures(&s);
		list_figures(&s);
		explain_rest(&s);
		explain_keys(&s, i == 0);
		if (!s.found)
			mentions_add(&mentions, s.p, &s.tables);
		tables_free(&s.tables);
		sim_free(s.name);
	}
	mentions_print(&mentions, &similar);
	explain_scenario(&s, scenarios, name);
	explain_the_command(&s, name);
	for (int i = 0; cli->personalities[i] && !s.found; i++)
		s.found += explain_missing(cli->personalities[i], name);
	if (!s.found)
		add_similar(&s, name, &similar);
	if (!s.found && (s.found = explain_functions(name)) > 0 && similar.len)
		printf("%s\n", str_get(&similar) + 1);
	if (!s.found) {
		cli_error(
		    "nothing is called \"%s\"%s%s\n  names of tasks among the figures of a run: "
		    "mmsim explain figures",
		    cli_escape(name),
		    cli_did_you_mean(name, (const char *const *)s.names, s.nr_names),
		    str_get(&similar));
	}
	for (size_t i = 0; i < s.nr_names; i++)
		sim_free(s.names[i]);
	sim_free(s.names);
	str_free(&similar);
	return s.found > 0;
}

static int explain_main(const struct cli *cli, int argc, char **argv)
{
	struct shipped_scenarios scenarios;
	struct cli_args args;
	bool all = true;
	int id;

	cli_args_init(&args, &explain_command, argc, argv);
	id = cli_next(&args);
	if (id != CLI_END)
		return cli_leave(id);
	if (argc == optind)
		return cli_usage(&explain_command, "a name is needed");
	shipped_scenarios_read(&scenarios);
	for (int i = optind; i < argc; i++) {
		all = explain_name(cli, &scenarios, argv[i]) && all;
		if (i + 1 < argc)
			putchar('\n');
	}
	shipped_scenarios_free(&scenarios);
	if (!all)
		return EXIT_INPUT;
	return cli_flush() ? EXIT_DONE : EXIT_HOST;
}

const struct cli_command explain_command = {
	.name = "explain",
	.args = "NAME...",
	.summary =
	    "what a tunable, metric, call, key, tracepoint, chart, figure, check or scenario is",
	.details =
	    "With its unit, default and range, the charts that draw it, where it stands in the\n"
	    "sources, and which tests speak of it.  A key of scenarios may be given by its path\n"
	    "(machine.disks.queue_depth) or the last parts of it (queue_depth), a word of one\n"
	    "call as CALL.WORD.  Of a function of the kernel (balance_pgdat) it says where it is\n"
	    "done here.\n",
	.options = options,
	.run = explain_main,
};
