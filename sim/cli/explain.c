/*
 * explain.c - mmsim explain: what a name means, from the tables
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/cli/cli.h"

static const struct cli_option options[] = {
	{ 0 },
};

/* Names that were passed while looking, for "did you mean". */
struct search {
	char *name; /* owned */
	const struct personality *p;
	struct tables tables;
	int found;
	char **names; /* owned */
	size_t nr_names, cap_names;
};

static bool is_it(struct search *s, const char *name)
{
	void *names = s->names;

	sim_grow(&names, &s->cap_names, s->nr_names + 1, sizeof(*s->names));
	s->names = names;
	s->names[s->nr_names++] = sim_strdup(name);
	if (strcmp(s->name, name) != 0)
		return false;
	if (s->found++)
		putchar('\n');
	return true;
}

static void line(const char *what, const char *text)
{
	if (*text)
		printf("  %-9s %s\n", what, text);
}

static void explain_tunable(struct search *s, const struct tunable_class *c,
			    const struct tunable *t)
{
	struct str range = { 0 }, def = { 0 };
	const char *object = c->objects ? "." : "";
	char *full = str_format("%s.%s%s%s%s", c->prefix, *object ? "<" : "",
				c->objects ? c->objects : "", *object ? ">." : "", t->name);

	if (is_it(s, full) || (strcmp(full, t->name) != 0 && is_it(s, t->name))) {
		tunable_print_range(&range, t);
		if (t->count == 1 && t->def == TUNABLE_AUTO)
			str_add(&def, "worked out at boot");
		else
			tunable_print_value(&def, t, t->count > 1 ? t->defs : &t->def);
		printf("%s: tunable of %s\n  %s\n", full, s->p->name, t->meaning);
		line("unit", unit_base(t->unit));
		line("default", def.s);
		line("accepted", range.s);
		line("written", unit_written(t->unit));
		line("where", c->where ? c->where : "");
		line("scenario", c->boot_only ? "at boot only" : "at boot, in a step, or --set");
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

			if (!is_it(s, m->name))
				continue;
			printf("%s: %s of %s\n  %s\n", m->name,
			       m->kind == METRIC_COUNTER ? "counter" : "gauge", o->name,
			       m->meaning);
			line("unit", unit_base(m->unit));
			line("table", o->table);
		}
	}
}

/* What an argument word means, out of the one table of words. */
static void explain_argument(const struct personality *p, const char *word, size_t len)
{
	for (int i = 0; p->args && i < p->args->nr_keys; i++) {
		const struct key *k = &p->args->keys[i];

		if (strlen(k->name) == len && memcmp(k->name, word, len) == 0)
			printf("    %-14s %s\n", k->name, k->meaning);
	}
}

/* What assert: can read of a result. */
static void explain_fields(const struct personality *p, const char *kind)
{
	for (int i = 0; kind && i < p->nr_fields; i++)
		if (!strcmp(p->fields[i].kind, kind))
			printf("    .%-13s %s\n", p->fields[i].name, p->fields[i].meaning);
}

static void explain_ops(struct search *s)
{
	for (int m = 0; s->p->models[m]; m++) {
		for (int i = 0; i < s->p->models[m]->nr_ops; i++) {
			const struct op *op = &s->p->models[m]->ops[i];

			if (!is_it(s, op->name))
				continue;
			printf("%s: call of %s (%s)\n  %s\n", op->name, s->p->name,
			       s->p->models[m]->name, op->meaning);
			line("takes", op->takes ? op->takes : "");
			for (const char *w = op->takes; w && *w; w += strcspn(w, ",")) {
				w += strspn(w, ", ");
				explain_argument(s->p, w, strcspn(w, " =,"));
			}
			line("gives", op->gives ? op->gives : "a number");
			explain_fields(s->p, op->gives);
		}
	}
}

static void explain_rest(struct search *s)
{
	for (int i = 0; i < s->p->nr_traces; i++) {
		const struct trace_def *d = &s->p->traces[i];

		if (!is_it(s, d->name))
			continue;
		printf("%s: tracepoint of %s\n  %s\n  fields   ", d->name, s->p->name, d->meaning);
		for (int f = 0; f < d->nr_fields; f++)
			printf(" %s", d->fields[f]);
		putchar('\n');
	}
	for (int i = 0; i < s->p->nr_charts; i++) {
		const struct chart *c = &s->p->charts[i];

		if (is_it(s, c->name))
			printf("%s: chart of %s\n  %s\n  %s\n", c->name, s->p->name, c->title,
			       c->question);
	}
	for (int i = 0; i < s->p->nr_procfs; i++) {
		const struct proc_file *f = &s->p->procfs[i];

		if (is_it(s, f->path))
			printf("/proc/%s: file of %s\n  %s\n", f->path, s->p->name, f->meaning);
	}
	for (int m = 0; s->p->models[m]; m++) {
		for (int i = 0; i < s->p->models[m]->nr_checks; i++) {
			const struct check_def *c = &s->p->models[m]->checks[i];

			if (is_it(s, c->name))
				printf("%s: check of %s\n  %s\n", c->name, s->p->name, c->meaning);
		}
	}
}

/* "queue.sda.read_ahead_kb" is explained as "queue.<disk>.read_ahead_kb". */
static char *general_name(const struct tables *t, const char *name)
{
	struct tunable_ref ref;

	if (tunable_find(t->tunables, name, &ref) && ref.class->objects)
		return str_format("%s.<%s>.%s", ref.class->prefix, ref.class->objects,
				  ref.row->name);
	return sim_strdup(name);
}

static int explain_main(const struct cli *cli, int argc, char **argv)
{
	struct search s = { 0 };
	struct cli_args args;
	int id;

	cli_args_init(&args, &explain_command, argc, argv);
	id = cli_next(&args);
	if (id != CLI_END)
		return cli_leave(id);
	if (argc - optind != 1)
		return cli_usage(&explain_command, "one name is needed");
	for (int i = 0; cli->personalities[i]; i++) {
		s.p = cli->personalities[i];
		tables_init(&s.tables, s.p);
		s.name = general_name(&s.tables, argv[optind]);
		explain_tunables(&s);
		explain_metrics(&s);
		explain_ops(&s);
		explain_rest(&s);
		tables_free(&s.tables);
		sim_free(s.name);
	}
	if (!s.found) {
		cli_error("nothing is called \"%s\"%s", cli_escape(argv[optind]),
			  cli_did_you_mean(argv[optind], (const char *const *)s.names, s.nr_names));
	}
	for (size_t i = 0; i < s.nr_names; i++)
		sim_free(s.names[i]);
	sim_free(s.names);
	if (!s.found)
		return EXIT_INPUT;
	return cli_flush() ? EXIT_DONE : EXIT_HOST;
}

const struct cli_command explain_command = {
	.name = "explain",
	.args = "NAME",
	.summary = "what a tunable, metric, call, tracepoint, chart or check is",
	.options = options,
	.run = explain_main,
};
