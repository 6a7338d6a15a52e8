/*
 * expected_tasks.c - whether the tasks and calls that expectations name can be there
 *
 * Known before the run: the tasks of the scenario, NAME.0 and so on where there are several,
 * NAME+1 and so on where one forks, the names of interrupts; and the calls in their steps.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/expression.h"
#include "sim/workload/program.h"

#define MAX_EACH 4 /* of tasks alike, in a message */

/* What steps are asked for; recursion is as deep as the scenario. */
struct search {
	enum step_kind kind;
	const char *op;    /* of a call; NULL: any */
	unsigned flags;    /* that its row has; 0: any */
	struct words *ops; /* NULL, or the calls that were passed */
};

static bool block_has(const struct block *block, const struct search *what);

static bool step_has(const struct step *step, const struct search *what)
{
	if (step->kind == STEP_CALL && what->ops)
		words_add(what->ops, step->name);
	if (step->kind == what->kind &&
	    (step->kind != STEP_CALL || ((!what->op || strcmp(step->name, what->op) == 0) &&
					 (step->call->op->flags & what->flags) == what->flags)))
		return true;
	for (int i = 0; step_body(step, i); i++)
		if (block_has(step_body(step, i), what))
			return true;
	return false;
}

static bool block_has(const struct block *block, const struct search *what)
{
	for (int i = 0; i < block->n; i++)
		if (step_has(&block->steps[i], what))
			return true;
	return false;
}

/* The name of one of the tasks of a program; the caller frees it. */
static char *name_of(const struct program *p, int64_t k)
{
	return p->count > 1 ? str_format("%s.%d", p->name, (int)k) : sim_strdup(p->name);
}

/* How many generations of children there can be; recursion is as deep as the scenario. */
static int fork_depth(const struct block *block)
{
	int depth = 0;

	for (int i = 0; i < block->n; i++) {
		const struct step *step = &block->steps[i];

		for (int b = 0; step_body(step, b); b++) {
			int below = (step->kind == STEP_FORK) + fork_depth(step_body(step, b));

			if (below > depth)
				depth = below;
		}
	}
	return depth;
}

/* Whether it is "+2", "+2+1" ..., at most so many generations; "" is the task itself. */
static bool is_child(const char *text, int generations)
{
	for (; *text == '+' && generations; generations--) {
		size_t digits = strspn(text + 1, "0123456789");

		if (!digits || text[1] == '0')
			return false;
		text += 1 + digits;
	}
	return !*text;
}

/* What stands behind the name of a task of a program; NULL: the text does not begin with one. */
static const char *behind_name(const struct program *p, const char *text)
{
	size_t len = strlen(p->name), digits;

	if (strncmp(text, p->name, len) != 0)
		return NULL;
	text += len;
	if (p->count == 1)
		return text;
	digits = *text == '.' ? strspn(text + 1, "0123456789") : 0;
	if (!digits || digits > 9 || (digits > 1 && text[1] == '0') ||
	    strtol(text + 1, NULL, 10) >= p->count)
		return NULL;
	return text + 1 + digits;
}

/* Whether it is the name of a task of a program, or of a child of one, or a pattern of such. */
static bool matches(const struct program *p, const char *text)
{
	int generations = fork_depth(&p->body);
	bool found = false;

	if (!strpbrk(text, "*?[\\")) {
		const char *behind = behind_name(p, text);

		return behind && is_child(behind, generations);
	}
	for (int64_t k = 0; k < (p->is_irq ? 1 : p->count) && !found; k++) {
		char *name = name_of(p, k), *child = str_format("%s+1", name);

		found = fnmatch(text, name, 0) == 0 ||
			(generations && (strchr(text, '+') || fnmatch(text, child, 0) == 0));
		sim_free(child);
		sim_free(name);
	}
	return found;
}

static void unknown_task(const struct workload *w, struct diag *d, struct place at,
			 const char *written, bool with_irqs)
{
	char **there = NULL;
	size_t n = 0, cap = 0;

	for (int i = 0; i < w->nr_programs; i++) {
		const struct program *p = &w->programs[i];
		int64_t of_it = p->is_irq ? with_irqs : p->count;

		for (int64_t k = 0; k < of_it && k < MAX_EACH; k++) {
			void *grown = there;

			sim_grow(&grown, &cap, n + 1, sizeof(*there));
			there = grown;
			there[n++] = name_of(p, k);
		}
	}
	expression_unknown(d, at, "task", written, there, n);
	for (size_t i = 0; i < n; i++)
		sim_free(there[i]);
	sim_free(there);
}

static void unknown_call(struct diag *d, struct place at, const char *task, const char *op,
			 const struct words *ops)
{
	struct words each = { 0 };
	char *what = str_format("call of \"%s\" named", task);

	for (size_t i = 0; i < ops->n; i++) {
		bool again = false;

		for (size_t k = 0; k < each.n; k++)
			again = again || strcmp(each.w[k], ops->w[i]) == 0;
		if (!again)
			words_add(&each, ops->w[i]);
	}
	expression_unknown(d, at, what, op, (char *const *)each.w, each.n);
	words_free(&each);
	sim_free(what);
}

static void find_task(void *arg, struct diag *d, struct place at, const char *task, const char *op)
{
	const struct workload *w = arg;
	struct words ops = { 0 };
	bool is_there = false, calls = !op;

	for (int i = 0; i < w->nr_programs && !(is_there && calls); i++) {
		const struct program *p = &w->programs[i];

		/* its name or its number is wrong, and perhaps it is this one */
		if (!p->name || (!p->is_irq && p->count < 1)) {
			words_free(&ops);
			return;
		}
		/* interrupts have latencies and nothing else, and only latencies take patterns */
		if ((!op && (p->is_irq || strpbrk(task, "*?[\\"))) || !matches(p, task))
			continue;
		is_there = true;
		calls = calls || p->is_wrong ||
			block_has(&p->body,
				  &(struct search){ .kind = STEP_CALL, .op = op, .ops = &ops });
	}
	if (!is_there)
		unknown_task(w, d, at, task, op != NULL);
	else if (!calls)
		unknown_call(d, at, task, op, &ops);
	words_free(&ops);
}

static void find_in_asserts(const struct block *block, struct diag *d, struct sim *s,
			    const struct task_finder *tasks)
{
	for (int i = 0; i < block->n; i++) {
		const struct step *step = &block->steps[i];

		if (step->kind == STEP_ASSERT)
			expect_find_assert(step->assertion, d, s, tasks);
		for (int b = 0; step_body(step, b); b++)
			find_in_asserts(step_body(step, b), d, s, tasks);
	}
}

bool workload_find_expected(struct workload *w, struct diag *d, struct sim *s)
{
	const struct search brings = { .kind = STEP_CALL, .flags = OP_BRINGS };
	struct task_finder tasks = { .find = find_task, .arg = w };

	for (int i = 0; i < w->nr_programs; i++)
		tasks.more_come = tasks.more_come || block_has(&w->programs[i].body, &brings);
	for (int i = 0; i < w->nr_programs; i++)
		find_in_asserts(&w->programs[i].body, d, s, &tasks);
	if (w->sc->expect)
		expect_find(w->sc->expect, d, s, &tasks);
	return !diag_failed(d);
}
