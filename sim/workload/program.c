/*
 * program.c - reads the steps of a program
 *
 * A step is a mapping with one key that is a call or a control word; beside a
 * call may stand as:, returns: and bug:.  A bare word is a call without words.
 *
 * Recursion follows the file: at most YAML_MAX_DEPTH levels.
 */
#include "sim/workload/program.h"

#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/expression.h"

#define MAX_TIME 1000000000000000000 /* ns */

/* ---- control words ---- */

struct loop_conf {
	int64_t count, time_limit;
	const struct yaml_node *body;
};

static const struct key loop_keys[] = {
	{ .name = "count",
	  .type = KEY_INT,
	  .offset = offsetof(struct loop_conf, count),
	  .min = 1,
	  .max = INT64_MAX,
	  .meaning = "rounds; no limit if not given" },
	{ .name = "for",
	  .type = KEY_INT,
	  .unit = UNIT_NS,
	  .offset = offsetof(struct loop_conf, time_limit),
	  .min = 1,
	  .max = MAX_TIME,
	  .meaning = "no further round after this time" },
	{ .name = "do",
	  .type = KEY_NODE,
	  .offset = offsetof(struct loop_conf, body),
	  .required = true,
	  .meaning = "steps of a round" },
};

const struct key_schema workload_loop_schema = {
	.name = "loop",
	.keys = loop_keys,
	.nr_keys = ARRAY_LEN(loop_keys),
	.size = sizeof(struct loop_conf),
	.seen = SIZE_MAX,
};

struct choice_conf {
	int64_t weight;
	const struct yaml_node *body;
};

static const struct key choice_keys[] = {
	{ .name = "weight",
	  .type = KEY_INT,
	  .offset = offsetof(struct choice_conf, weight),
	  .def = "1",
	  .min = 1,
	  .max = 1000000000,
	  .meaning = "how often, beside the others" },
	{ .name = "do",
	  .type = KEY_NODE,
	  .offset = offsetof(struct choice_conf, body),
	  .required = true,
	  .meaning = "steps" },
};

const struct key_schema workload_choice_schema = {
	.name = "choice",
	.keys = choice_keys,
	.nr_keys = ARRAY_LEN(choice_keys),
	.size = sizeof(struct choice_conf),
	.seen = SIZE_MAX,
};

struct fork_conf {
	const struct yaml_node *body;
};

static const struct key fork_keys[] = {
	{ .name = "do",
	  .type = KEY_NODE,
	  .offset = offsetof(struct fork_conf, body),
	  .required = true,
	  .meaning = "steps of the child, which ends with them" },
};

const struct key_schema workload_fork_schema = {
	.name = "fork",
	.keys = fork_keys,
	.nr_keys = ARRAY_LEN(fork_keys),
	.size = sizeof(struct fork_conf),
	.seen = SIZE_MAX,
};

typedef void control_fn(struct compiler *c, struct step *step, const struct yaml_node *map,
			const struct yaml_node *value);

struct control {
	struct control_word word;
	enum step_kind kind;
	control_fn *compile;
	bool sleeps; /* not in interrupts */
	bool bare;   /* nothing stands behind it */
};

static void compile_loop(struct compiler *c, struct step *step, const struct yaml_node *map,
			 const struct yaml_node *value)
{
	struct bind b = { .d = c->d, .arena = &c->w->arena };
	struct loop_conf conf;

	(void)map;
	if (!bind_map(&b, &workload_loop_schema, value, &conf))
		return;
	step->loop.count = conf.count;
	step->loop.time_limit = (sim_time)conf.time_limit;
	if (c->program->is_irq && (!conf.count || conf.time_limit))
		diag_error(c->d, step->at, "loop: an interrupt cannot wait; accepted: count alone");
	else if (!conf.count && !conf.time_limit && c->sc->duration == FOREVER)
		diag_error(c->d, step->at,
			   "loop: without an end in a scenario without duration; "
			   "accepted: count, for, or a duration of the scenario");
	compile_block(c, conf.body, "loop", &step->loop.body);
}

static void compile_time(struct compiler *c, struct step *step, const struct yaml_node *map,
			 const struct yaml_node *value)
{
	struct bind b = { .d = c->d, .arena = &c->w->arena };
	struct key key = { .name = step->name, .type = KEY_INT, .unit = UNIT_NS, .max = MAX_TIME };
	int64_t time = 0;

	(void)map;
	bind_value(&b, &key, value, &time);
	step->time = (sim_time)time;
}

static const char *compile_name(struct compiler *c, const struct step *step,
				const struct yaml_node *value)
{
	struct bind b = { .d = c->d, .arena = &c->w->arena };
	struct key key = { .name = step->name, .type = KEY_NAME };
	const char *name = NULL;

	bind_value(&b, &key, value, &name);
	return name;
}

static struct barrier *find_barrier(struct compiler *c, const char *name)
{
	struct name *entry = names_add(&c->barrier_of, name, strlen(name));
	struct barrier *barrier;

	if (entry->node)
		return c->barriers[entry->node->n];

	struct yaml_node *node = arena_calloc(&c->w->arena, 1, sizeof(*node));
	void *list = c->barriers;

	barrier = arena_calloc(&c->w->arena, 1, sizeof(*barrier));
	wait_queue_init(&barrier->wait);
	sim_grow(&list, &c->cap_barriers, c->nr_barriers + 1, sizeof(struct barrier *));
	c->barriers = list;
	node->n = c->nr_barriers;
	c->barriers[c->nr_barriers++] = barrier;
	entry->node = node;
	return barrier;
}

static void compile_barrier(struct compiler *c, struct step *step, const struct yaml_node *map,
			    const struct yaml_node *value)
{
	const char *name = compile_name(c, step, value);
	struct program *p = c->program;
	struct barrier *barrier = name ? find_barrier(c, name) : NULL;
	void *list = p->barriers;

	(void)map;
	step->barrier = barrier;
	if (c->fork_depth)
		diag_error(c->d, step->at,
			   "barrier: a child of fork cannot come to a barrier; accepted: in tasks, "
			   "outside of fork");
	if (!barrier || barrier->named_by == p)
		return;
	barrier->named_by = p;
	barrier->parties += (int)p->count;
	sim_grow(&list, &p->cap_barriers, p->nr_barriers + 1, sizeof(struct barrier *));
	p->barriers = list;
	p->barriers[p->nr_barriers++] = barrier;
}

static void compile_choose(struct compiler *c, struct step *step, const struct yaml_node *map,
			   const struct yaml_node *value)
{
	struct bind b = { .d = c->d, .arena = &c->w->arena };

	(void)map;
	if (value->kind != YAML_KIND_LIST || !value->n) {
		diag_error(c->d, value->at,
			   "choose: found %s; accepted: a list of mappings "
			   "(weight, do)",
			   value->n ? yaml_describe(value) : "nothing to choose");
		return;
	}
	step->choose.choices = arena_calloc(&c->w->arena, value->n, sizeof(struct choice));
	step->choose.n = (int)value->n;
	for (size_t i = 0; i < value->n; i++) {
		struct choice *choice = &step->choose.choices[i];
		struct choice_conf conf;

		if (!bind_map(&b, &workload_choice_schema, value->items[i], &conf))
			continue;
		choice->weight = conf.weight;
		step->choose.total += (uint64_t)conf.weight;
		compile_block(c, conf.body, "choose", &choice->body);
	}
}

static void compile_wait_for(struct compiler *c, struct step *step, const struct yaml_node *map,
			     const struct yaml_node *value)
{
	struct words words = { 0 };
	const char *name = compile_name(c, step, value);

	(void)map;
	if (!name)
		return;
	step->wait_for.task = name;
	step->wait_for.clone = -1;
	for (int i = 0; i < c->w->nr_tasks && !step->wait_for.program; i++) {
		struct program *p = &c->w->programs[i];
		size_t len = p->name ? strlen(p->name) : 0;
		const char *why;
		int64_t clone;

		if (!len)
			continue;
		words_add(&words, p->name);
		if (strncmp(name, p->name, len))
			continue;
		if (!name[len]) {
			step->wait_for.program = p;
		} else if (name[len] == '.' && p->count > 1 &&
			   unit_parse(UNIT_COUNT, name + len + 1, strlen(name + len + 1), &clone,
				      &why) &&
			   clone >= 0 && clone < p->count) {
			step->wait_for.program = p;
			step->wait_for.clone = (int)clone;
		}
	}
	if (!step->wait_for.program)
		words_unknown(&words, c->d, value->at, "wait_for: no task", name, "");
	else if (step->wait_for.program == c->program)
		diag_error(c->d, value->at,
			   "wait_for: a task cannot wait for itself; accepted: another task, or "
			   "\"wait\" for its own children");
	words_free(&words);
}

/* Names of results that steps above gave. */
static int find_result(void *arg, const char *name, const char **kind)
{
	return find_slot(arg, name, kind);
}

static void compile_assert(struct compiler *c, struct step *step, const struct yaml_node *map,
			   const struct yaml_node *value)
{
	struct result_names names = { find_result, c->program };

	(void)map;
	step->assertion = expect_parse_assert(c->d, &c->w->tables, &c->w->arena, value, &names);
}

static void compile_sysctl(struct compiler *c, struct step *step, const struct yaml_node *map,
			   const struct yaml_node *value)
{
	const struct yaml_node *returns = yaml_get(map, "returns");
	bool expects = returns && compile_expected(c, returns, &step->sysctl.expected);

	if (expects && step->sysctl.expected.what != EXPECT_NUMBER)
		diag_error(c->d, returns->at,
			   "sysctl returns a number; accepted: 0, -EINVAL or "
			   "another error");
	if (value->kind != YAML_KIND_MAP) {
		diag_error(c->d, value->at,
			   "sysctl: found %s; accepted: a mapping (names of "
			   "tunables and their values)",
			   yaml_describe(value));
		return;
	}
	step->sysctl.values =
	    arena_calloc(&c->w->arena, value->n + 1, sizeof(struct tunable_value));
	for (size_t i = 0; i < value->n; i++) {
		struct tunable_value *v = &step->sysctl.values[step->sysctl.n];
		const struct yaml_node *key = value->keys[i];

		if (!scenario_find_tunable(c->d, c->sc, key->text, key->at, &v->ref) ||
		    !scenario_read_tunable(c->d, c->sc, key->text, value->items[i], expects, v))
			continue;
		if (v->ref.class->boot_only && !expects)
			diag_error(c->d, key->at, "%s is set at boot and cannot be written later",
				   key->text);
		else
			step->sysctl.n++;
	}
}

static void compile_fork(struct compiler *c, struct step *step, const struct yaml_node *map,
			 const struct yaml_node *value)
{
	const struct yaml_node *returns = yaml_get(map, "returns");
	struct bind b = { .d = c->d, .arena = &c->w->arena };
	struct fork_conf conf;

	if (returns && compile_expected(c, returns, &step->fork.expected) &&
	    step->fork.expected.what != EXPECT_NUMBER)
		diag_error(c->d, returns->at,
			   "fork returns a number; accepted: 0, -ENOMEM or another error");
	if (!bind_map(&b, &workload_fork_schema, value, &conf))
		return;
	c->fork_depth++;
	compile_block(c, conf.body, "fork", &step->fork.body);
	c->fork_depth--;
}

/* exit, wait */
static void compile_bare(struct compiler *c, struct step *step, const struct yaml_node *map,
			 const struct yaml_node *value)
{
	(void)map;
	if (value->kind != YAML_KIND_SCALAR ||
	    (!yaml_is_empty(value) && strcmp(value->text, step->name) != 0))
		diag_error(c->d, value->at, "%s: found %s; accepted: nothing behind it", step->name,
			   yaml_describe(value));
}

static const struct control controls[] = {
	{ { "loop", "count =, for =, do",
	    "steps again and again; until the run ends if neither is given" },
	  STEP_LOOP,
	  compile_loop,
	  false,
	  false },
	{ { "sleep", "time", "do nothing for so long" }, STEP_SLEEP, compile_time, true, false },
	{ { "at", "time", "wait until this moment of the run" },
	  STEP_AT,
	  compile_time,
	  true,
	  false },
	{ { "compute", "time", "use the CPU for so long, and nothing else" },
	  STEP_COMPUTE,
	  compile_time,
	  true,
	  false },
	{ { "barrier", "name", "wait until all tasks that name it have come" },
	  STEP_BARRIER,
	  compile_barrier,
	  true,
	  false },
	{ { "choose", "weight = 1, do", "one of a list of steps, by chance" },
	  STEP_CHOOSE,
	  compile_choose,
	  false,
	  false },
	{ { "wait_for", "task", "wait until that task has ended" },
	  STEP_WAIT_FOR,
	  compile_wait_for,
	  true,
	  false },
	{ { "assert", "expression", "test this now; untrue: the run ends with exit code 1" },
	  STEP_ASSERT,
	  compile_assert,
	  false,
	  false },
	{ { "sysctl", "tunables", "write tunables now" },
	  STEP_SYSCTL,
	  compile_sysctl,
	  true,
	  false },
	{ { "fork", "do", "start a child that does these steps and ends" },
	  STEP_FORK,
	  compile_fork,
	  true,
	  false },
	{ { "exit", "", "end this task, or this child" }, STEP_EXIT, compile_bare, true, true },
	{ { "wait", "", "wait until all children of this task have ended" },
	  STEP_WAIT,
	  compile_bare,
	  true,
	  true },
};

const struct control_word *workload_control_word(size_t i)
{
	return i < ARRAY_LEN(controls) ? &controls[i].word : NULL;
}

/* ---- steps ---- */

static bool is_beside(const char *key)
{
	return !strcmp(key, "as") || !strcmp(key, "returns") || !strcmp(key, "bug");
}

/* Whether another kernel knows the call; reported. */
static bool known_elsewhere(const struct compiler *c, const struct yaml_node *key)
{
	const struct personality *const *others = c->sc->personalities;

	for (int i = 0; others && others[i]; i++) {
		if (!op_find(others[i], key->text))
			continue;
		diag_error(c->d, key->at,
			   "call \"%s\" is not in this personality (%s); accepted: personality: %s",
			   key->text, c->p->name, others[i]->name);
		return true;
	}
	return false;
}

static void unknown_step(struct compiler *c, const struct yaml_node *key)
{
	char *of_task = str_format("tasks[].%s (tasks: [{ %s: ... }])", key->text, key->text);
	bool of_tasks = key_find(&workload_task_schema, key->text, strlen(key->text)) != NULL;
	struct words words = { .elsewhere = of_tasks ? of_task : NULL,
			       .shown_by = "mmsim list ops" };

	for (size_t i = 0; i < ARRAY_LEN(controls); i++)
		words_add(&words, controls[i].word.name);
	for (int m = 0; c->p->models[m]; m++)
		for (int i = 0; i < c->p->models[m]->nr_ops; i++)
			words_add(&words, c->p->models[m]->ops[i].name);
	words_add(&words, "as");
	words_add(&words, "returns");
	words_add(&words, "bug");
	if (!known_elsewhere(c, key))
		words_unknown(&words, c->d, key->at, "no call", key->text, "");
	words_free(&words);
	sim_free(of_task);
}

static const struct control *find_control(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(controls); i++)
		if (!strcmp(controls[i].word.name, name))
			return &controls[i];
	return NULL;
}

/* as:, returns: and bug: belong to calls; returns: to sysctl and fork as well. */
static void check_beside(struct compiler *c, const struct yaml_node *map,
			 const struct control *control)
{
	for (size_t i = 0; i < map->n; i++) {
		const char *key = map->keys[i]->text;

		bool returns = control->kind == STEP_SYSCTL || control->kind == STEP_FORK;

		if (is_beside(key) && !(returns && !strcmp(key, "returns")))
			diag_error(c->d, map->keys[i]->at,
				   "\"%s\" cannot stand beside %s; "
				   "accepted: beside a call",
				   key, control->word.name);
	}
}

static bool compile_step(struct compiler *c, const struct yaml_node *node, struct step *step)
{
	const struct yaml_node *key = node->kind == YAML_KIND_SCALAR ? node : NULL;
	const struct yaml_node *value = node;
	const struct control *control;
	const struct op *op;
	size_t errors = c->d->nr_errors;

	*step = (struct step){ 0 }; /* a wrong one may have left something here */
	for (size_t i = 0; node->kind == YAML_KIND_MAP && i < node->n; i++) {
		if (is_beside(node->keys[i]->text))
			continue;
		if (key) {
			diag_error(c->d, node->keys[i]->at,
				   "\"%.60s\" stands in one step with "
				   "\"%.60s\"; accepted: a \"-\" of its own for each",
				   node->keys[i]->text, key->text);
			return false;
		}
		key = node->keys[i];
		value = node->items[i];
	}
	if (!key || yaml_is_empty(key)) {
		diag_error(c->d, node->at,
			   "found %s; accepted: a step as \"- read: { file: data }\"",
			   key                           ? "nothing"
			   : node->kind == YAML_KIND_MAP ? "no call"
							 : yaml_describe(node));
		return false;
	}
	op = op_find(c->p, key->text);
	control = op ? NULL : find_control(key->text);
	if (!op && !control) {
		unknown_step(c, key);
		return false;
	}
	step->name = op ? op->name : control->word.name;
	step->at = key->at;
	if (op) {
		step->kind = STEP_CALL;
		step->call = compile_call(c, op, node, key, value);
		return c->d->nr_errors == errors;
	}
	step->kind = control->kind;
	if (value == node && !control->bare) {
		diag_error(c->d, node->at,
			   "%s: nothing stands behind it; accepted: \"%s:\" and "
			   "what it needs",
			   control->word.name, control->word.name);
		return false;
	}
	if (control->sleeps && c->program->is_irq)
		diag_error(c->d, key->at, "%s: an interrupt cannot wait", control->word.name);
	check_beside(c, node, control);
	control->compile(c, step, node, value);
	return c->d->nr_errors == errors;
}

void compile_block(struct compiler *c, const struct yaml_node *list, const char *what,
		   struct block *block)
{
	if (list->kind != YAML_KIND_LIST) {
		diag_error(c->d, list->at, "%s: found %s; accepted: a list of steps", what,
			   yaml_describe(list));
		return;
	}
	block->steps = arena_calloc(&c->w->arena, list->n + 1, sizeof(*block->steps));
	for (size_t i = 0; i < list->n; i++)
		block->n += compile_step(c, list->items[i], &block->steps[block->n]);
}

bool compile_program(struct compiler *c, struct program *p)
{
	size_t errors = c->d->nr_errors;

	c->program = p;
	if (p->body_node)
		compile_block(c, p->body_node, "do", &p->body);
	return p->body_node && c->d->nr_errors == errors;
}
