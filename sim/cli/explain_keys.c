/*
 * explain_keys.c - mmsim explain for keys of scenarios, words of calls, missing sysctls
 *
 * A key is found by its path without the items of lists ("machine.disks.queue_depth"; as
 * machine.disks[].queue_depth it stands in the reference), or by the last parts of it
 * ("queue_depth", "disks.queue_depth").
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/explain.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/scenario.h"
#include "sim/workload/workload.h"

#define MAX_DEPTH 8 /* of mappings inside each other */

/* ---- one row ---- */

/* Without "[]"; the caller frees it. */
static char *plain_path(const char *path)
{
	struct str out = { 0 };

	for (size_t len; *path; path += len + (path[len] ? 2 : 0)) {
		const char *items = strstr(path, "[]");

		len = items ? (size_t)(items - path) : strlen(path);
		str_addf(&out, "%.*s", (int)len, path);
	}
	return str_take(&out);
}

/* Whether the name looked for is the path, or its last parts. */
static bool is_path(struct search *s, const char *path)
{
	char *plain = plain_path(path), *asked = plain_path(s->name);
	size_t len = strlen(plain), tail = strlen(asked);
	const char *last = strrchr(plain, '.');
	bool is = len > tail && plain[len - tail - 1] == '.' && !strcmp(plain + len - tail, asked);

	is = search_is(s, is || !strcmp(plain, asked) ? s->name : plain);
	if (!is && last)
		(void)search_is(s, last + 1); /* for "did you mean" */
	sim_free(plain);
	sim_free(asked);
	return is;
}

static void print_words(const struct key *k)
{
	for (const struct key_word *w = k->words; w && w->name; w++)
		if (w->meaning && *w->meaning)
			printf("    %-14s %s\n", w->name, w->meaning);
}

static void print_keys(const struct key_schema *schema)
{
	for (int i = 0; schema && i < schema->nr_keys; i++)
		printf("    %-14s %s\n", schema->keys[i].name,
		       schema->keys[i].meaning ? schema->keys[i].meaning : "");
}

/* What stands below the name. */
static void print_row(const struct key *k)
{
	struct str accepted = { 0 };

	printf("  %s\n", k->meaning ? k->meaning : "");
	if (k->type != KEY_NODE)
		bind_print_accepted(&accepted, k);
	explain_line("accepted", str_get(&accepted));
	print_words(k);
	print_keys(k->sub);
	explain_line("default", k->def ? k->def : "");
	if (k->required)
		explain_line("required", "it has to be given");
	str_free(&accepted);
}

/* ---- keys ---- */

/* Of the general keys these are lists whose rows the workload has. */
static const struct key_schema *rows_of(const char *full)
{
	return !strcmp(full, "tasks")        ? &workload_task_schema
	       : !strcmp(full, "interrupts") ? &workload_irq_schema
					     : NULL;
}

/* kernel: who alone has these keys, where the path does not say it; "": nobody. */
static void explain_schema(struct search *s, const char *path, const struct key_schema *schema,
			   int depth, const char *kernel)
{
	for (int i = 0; i < schema->nr_keys && depth <= MAX_DEPTH; i++) {
		const struct key *k = &schema->keys[i];
		char *full = str_format("%s%s%s", path, *path ? "." : "", k->name);

		if (is_path(s, full)) {
			printf("%s: key of scenarios%s%s\n", full, *kernel ? ", for " : "", kernel);
			print_row(k);
			print_keys(rows_of(full));
		}
		if (k->sub) {
			char *below = str_format("%s%s", full, k->type == KEY_LIST ? "[]" : "");

			explain_schema(s, below, k->sub, depth + 1, kernel);
			sim_free(below);
		}
		sim_free(full);
	}
}

static void explain_section(struct search *s, const struct section *section)
{
	char *below = str_format("%s%s", section->name, section->list ? "[]" : "");

	if (is_path(s, section->name)) {
		printf("%s: key of scenarios\n  %s\n", section->name,
		       section->meaning ? section->meaning : "");
		explain_line("accepted", section->list ? "a list of mappings" : "a mapping");
		print_keys(section->schema);
	}
	explain_schema(s, below, section->schema, 1, "");
	sim_free(below);
}

/* "queue", "bdi": a map of tunables for each object. */
static void explain_class(struct search *s, const struct tunable_class *c)
{
	if (!c->objects || !is_path(s, c->prefix))
		return;
	printf("%s: key of scenarios, tunables of %s\n  for each %s\n", c->prefix, s->p->name,
	       c->objects);
	for (int i = 0; i < c->nr_rows; i++)
		printf("    %-18s %s\n", c->rows[i].name, c->rows[i].meaning);
}

/* ---- words of steps ---- */

/* Calls that take a word, in one line. */
static void print_takers(const struct search *s, const struct key *k)
{
	struct str calls = { 0 };

	for (int m = 0; s->p->models[m]; m++) {
		for (int i = 0; i < s->p->models[m]->nr_ops; i++) {
			const struct op *op = &s->p->models[m]->ops[i];
			bool takes = false;

			for (const char *w = op->takes; w && *w; w += strcspn(w, ",")) {
				w += strspn(w, ", ");
				takes |= op_word(s->p->args, op, w, strcspn(w, " =,")) == k;
			}
			if (takes)
				str_addf(&calls, "%s%s", calls.len ? ", " : "", op->name);
		}
	}
	explain_line("calls", str_get(&calls));
	str_free(&calls);
}

static void explain_steps(struct search *s)
{
	const struct control_word *w;

	for (size_t i = 0; (w = workload_control_word(i)); i++) {
		if (!is_path(s, w->name))
			continue;
		printf("%s: step of a task, with every kernel\n  %s\n", w->name, w->meaning);
		explain_line("takes", w->takes);
	}
}

static void explain_args(struct search *s)
{
	for (int i = 0; s->p->args && i < s->p->args->nr_keys; i++) {
		const struct key *k = &s->p->args->keys[i];
		char *full = str_format("%s%s%s", k->of ? k->of : "", k->of ? "." : "", k->name);

		if (is_path(s, full)) {
			printf("%s: word of calls of %s\n", full, s->p->name);
			print_row(k);
			print_takers(s, k);
		}
		sim_free(full);
	}
}

static void explain_words(struct search *s, const char *path, const char *what,
			  const struct key_schema *schema)
{
	for (int i = 0; i < schema->nr_keys; i++) {
		char *full = str_format("%s%s%s", path, *path ? "." : "", schema->keys[i].name);

		if (is_path(s, full)) {
			printf("%s: word of %s\n", full, what);
			print_row(&schema->keys[i]);
		}
		sim_free(full);
	}
}

/* ---- sysctls that are no tunables ---- */

/* A sysctl that the real kernel has and that is no tunable here, by its full name; false: none. */
static bool explain_sysctl(const struct personality *p, const char *name)
{
	struct missing_sysctl missing = missing_sysctl_find(p, name);

	if (!missing.exists)
		return false;
	printf("%s: sysctl of %s, %s\n", cli_escape(name), p->name,
	       missing.call ? "a call here" : missing.why);
	if (missing.call)
		printf("  the call %s in the steps of a task stands for it: mmsim explain %s\n",
		       missing.call->name, missing.call->name);
	else
		puts("  the kernel has it, it has no effect here");
	explain_line("scenario", "not accepted; passed over in files of --sysctl and --tuned");
	return true;
}

bool explain_missing(const struct personality *p, const char *name)
{
	struct tables t;
	bool found = explain_sysctl(p, name);

	tables_init(&t, p);
	for (int c = 0; t.tunables[c] && !found && !strpbrk(name, "./"); c++) {
		char *full = str_format("%s.%s", t.tunables[c]->prefix, name);

		found = explain_sysctl(p, full);
		sim_free(full);
	}
	tables_free(&t);
	return found;
}

/* ---- all ---- */

/* What kernels share, machine and files, is explained once. */
void explain_keys(struct search *s, bool first)
{
	if (first) {
		explain_schema(s, "", &scenario_schema, 0, "");
		explain_schema(s, "tasks[]", &workload_task_schema, 1, "");
		explain_schema(s, "interrupts[]", &workload_irq_schema, 1, "");
	}
	if (s->p->task_keys)
		explain_schema(s, "tasks[]", s->p->task_keys, 1, s->p->name);
	for (int i = 0; i < s->p->nr_sections; i++)
		if (first || strcmp(s->p->sections[i]->name, s->p->name) == 0)
			explain_section(s, s->p->sections[i]);
	for (int c = 0; s->tables.tunables[c]; c++)
		explain_class(s, s->tables.tunables[c]);
	explain_args(s);
	if (!first)
		return;
	explain_words(s, "", "every call", &workload_repeat_schema);
	explain_words(s, "", "calls that go through a file or mapping", &workload_stream_schema);
	explain_steps(s);
	explain_words(s, "loop", "the step loop", &workload_loop_schema);
	explain_words(s, "choose", "a choice of the step choose", &workload_choice_schema);
	explain_words(s, "fork", "the step fork", &workload_fork_schema);
}
