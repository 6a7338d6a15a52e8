/*
 * compile.c - reads "tasks:" and "interrupts:"
 *
 * First the rows of all tasks, so that each knows the names of the others; then
 * their programs; at last the names in the programs.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/scenario/bind.h"
#include "sim/workload/program.h"

#define MAX_TIME    1000000000000000000 /* ns */
#define MAX_TASKS   10000               /* each has a stack in the host's memory */
#define MAX_SOURCES 1000

/* ---- rows ---- */

struct task_conf {
	const char *name;
	int64_t cpu, node, count, start;
	int64_t nice;
	bool realtime;
	const struct yaml_node *body;
	struct key_seen seen;
};

enum { TASK_NAME, TASK_CPU, TASK_NODE, TASK_NICE };

static const struct key task_keys[] = {
	[TASK_NAME] = { .name = "name",
			.type = KEY_NAME,
			.offset = offsetof(struct task_conf, name),
			.required = true,
			.meaning = "what results and other tasks call it" },
	[TASK_CPU] = { .name = "cpu",
		       .type = KEY_INT,
		       .offset = offsetof(struct task_conf, cpu),
		       .def = "-1",
		       .min = -1,
		       .max = INT32_MAX,
		       .meaning = "the CPU it runs on; -1: they take turns" },
	[TASK_NODE] = { .name = "node",
			.type = KEY_INT,
			.offset = offsetof(struct task_conf, node),
			.def = "-1",
			.min = -1,
			.max = INT32_MAX,
			.meaning = "the node on whose CPUs tasks take turns; -1: any" },
	[TASK_NICE] = { .name = "nice",
			.type = KEY_INT,
			.offset = offsetof(struct task_conf, nice),
			.min = MIN_NICE,
			.max = MAX_NICE,
			.meaning = "its part of a CPU beside others: a tenth less with each level; "
				   "19 least, -20 most" },
	{ .name = "count",
	  .type = KEY_INT,
	  .offset = offsetof(struct task_conf, count),
	  .def = "1",
	  .min = 1,
	  .max = MAX_TASKS,
	  .meaning = "so many alike, named NAME.0, NAME.1 ..." },
	{ .name = "start",
	  .type = KEY_INT,
	  .unit = UNIT_NS,
	  .offset = offsetof(struct task_conf, start),
	  .max = MAX_TIME,
	  .meaning = "time of its first step" },
	{ .name = "realtime",
	  .type = KEY_BOOL,
	  .offset = offsetof(struct task_conf, realtime),
	  .meaning = "runs before all others on its CPU" },
	{ .name = "do",
	  .type = KEY_NODE,
	  .offset = offsetof(struct task_conf, body),
	  .required = true,
	  .meaning = "its steps" },
};

const struct key_schema workload_task_schema = {
	.name = "task",
	.keys = task_keys,
	.nr_keys = ARRAY_LEN(task_keys),
	.size = sizeof(struct task_conf),
	.seen = offsetof(struct task_conf, seen),
};

struct irq_conf {
	const char *name;
	int64_t cpu, every, poisson, burst, start;
	const struct yaml_node *body;
	struct key_seen seen;
};

enum { IRQ_NAME, IRQ_CPU, IRQ_START };

static const struct key irq_keys[] = {
	[IRQ_NAME] = { .name = "name",
		       .type = KEY_NAME,
		       .offset = offsetof(struct irq_conf, name),
		       .meaning = "what results call it; irq and its number if not given" },
	[IRQ_CPU] = { .name = "cpu",
		      .type = KEY_INT,
		      .offset = offsetof(struct irq_conf, cpu),
		      .max = INT32_MAX,
		      .meaning = "the CPU that handles it" },
	[IRQ_START] = { .name = "start",
			.type = KEY_INT,
			.unit = UNIT_NS,
			.offset = offsetof(struct irq_conf, start),
			.max = MAX_TIME,
			.meaning = "time of the first; if not given, it comes after one interval" },
	{ .name = "every",
	  .type = KEY_INT,
	  .unit = UNIT_NS,
	  .offset = offsetof(struct irq_conf, every),
	  .min = 1000,
	  .max = MAX_TIME,
	  .meaning = "time from one to the next" },
	{ .name = "poisson",
	  .type = KEY_INT,
	  .unit = UNIT_NS,
	  .offset = offsetof(struct irq_conf, poisson),
	  .min = 1000,
	  .max = MAX_TIME,
	  .meaning = "instead of every: mean of times that are distributed exponentially" },
	{ .name = "burst",
	  .type = KEY_INT,
	  .offset = offsetof(struct irq_conf, burst),
	  .def = "1",
	  .min = 1,
	  .max = 1000000,
	  .meaning = "how often the steps are done each time" },
	{ .name = "do",
	  .type = KEY_NODE,
	  .offset = offsetof(struct irq_conf, body),
	  .required = true,
	  .meaning = "steps of the handler, which must not wait" },
};

const struct key_schema workload_irq_schema = {
	.name = "interrupt",
	.keys = irq_keys,
	.nr_keys = ARRAY_LEN(irq_keys),
	.size = sizeof(struct irq_conf),
	.seen = offsetof(struct irq_conf, seen),
};

/* ---- reading ---- */

/* CPUs of the machine, or of one of its nodes; -1: not known before the run, or no such node. */
static int nr_cpus(const struct compiler *c, int node)
{
	return c->p->nr_cpus ? c->p->nr_cpus(c->sc, node) : -1;
}

/* Nodes of the machine, 0: it could not be read. */
static int nr_nodes(const struct compiler *c)
{
	int n = 0;

	while (nr_cpus(c, n) >= 0)
		n++;
	return n;
}

static void check_cpu(struct compiler *c, const struct key_seen *seen, int row, int64_t cpu)
{
	int n = nr_cpus(c, -1);

	if (n > 0 && cpu >= n)
		diag_error(c->d, key_place(seen, row),
			   "cpu: there is no CPU %" PRId64 "; accepted: 0..%d", cpu, n - 1);
}

static void check_task_place(struct compiler *c, const struct task_conf *conf)
{
	int in_node;

	if (conf->cpu >= 0)
		check_cpu(c, &conf->seen, TASK_CPU, conf->cpu);
	if (conf->realtime && conf->nice)
		diag_error(c->d, key_place(&conf->seen, TASK_NICE),
			   "nice: the task is real-time; accepted: one of nice and realtime");
	if (conf->node < 0)
		return;
	if (conf->cpu >= 0)
		diag_error(c->d, key_place(&conf->seen, TASK_NODE),
			   "node: cpu is given as well; accepted: one of them");
	in_node = c->p->nr_cpus ? nr_cpus(c, (int)conf->node) : 1;
	if (in_node < 0 && nr_nodes(c) > 0) /* else the machine is wrong */
		diag_error(c->d, key_place(&conf->seen, TASK_NODE),
			   "node: there is no node %" PRId64 "; accepted: 0..%d", conf->node,
			   nr_nodes(c) - 1);
	else if (in_node == 0)
		diag_error(c->d, key_place(&conf->seen, TASK_NODE),
			   "node: node %" PRId64 " has no CPU; accepted: a node with CPUs",
			   conf->node);
}

/* The rows of every task, and behind them those of the personality: one structure after the other.
 */
static const struct key_schema *task_schema(struct compiler *c)
{
	const struct key_schema *own = &workload_task_schema, *more = c->p->task_keys;
	struct key_schema *all;
	struct key *keys;

	if (!more || c->task_schema)
		return more ? c->task_schema : own;
	all = arena_calloc(&c->w->arena, 1, sizeof(*all));
	keys = arena_calloc(&c->w->arena, (size_t)(own->nr_keys + more->nr_keys), sizeof(*keys));
	memcpy(keys, own->keys, (size_t)own->nr_keys * sizeof(*keys));
	for (int i = 0; i < more->nr_keys; i++) {
		keys[own->nr_keys + i] = more->keys[i];
		keys[own->nr_keys + i].offset += own->size;
	}
	*all = *own;
	all->keys = keys;
	all->nr_keys += more->nr_keys;
	all->size += more->size;
	c->task_schema = all;
	return all;
}

static void read_task(struct compiler *c, const struct yaml_node *node, struct program *p)
{
	struct bind b = { .d = c->d, .arena = &c->w->arena, .personality = c->p };
	const struct key_schema *schema = task_schema(c);
	struct task_conf *conf = arena_calloc(&c->w->arena, 1, schema->size);

	if (bind_map(&b, schema, node, conf))
		check_task_place(c, conf);
	p->name = conf->name;
	p->at = conf->seen.at ? key_place(&conf->seen, TASK_NAME) : node->at;
	p->cpu = conf->cpu;
	p->node = conf->node;
	p->count = conf->count;
	p->start = (sim_time)conf->start;
	p->realtime = conf->realtime;
	p->nice = (int)conf->nice;
	p->body_node = conf->body;
	p->kernel_conf = c->p->task_keys ? conf + 1 : NULL;
}

static void read_irq(struct compiler *c, const struct yaml_node *node, struct program *p,
		     int number)
{
	struct bind b = { .d = c->d, .arena = &c->w->arena, .personality = c->p };
	struct irq_conf conf;
	char *name = str_format("irq%d", number);

	p->is_irq = true;
	if (bind_map(&b, &workload_irq_schema, node, &conf)) {
		check_cpu(c, &conf.seen, IRQ_CPU, conf.cpu);
		if (!conf.every == !conf.poisson)
			diag_error(c->d, node->at,
				   "%s of \"every\" and \"poisson\" in an "
				   "interrupt; accepted: one of them",
				   conf.every ? "both" : "none");
	}
	p->name = conf.name ? conf.name : arena_strndup(&c->w->arena, name, strlen(name));
	p->at = conf.name ? key_place(&conf.seen, IRQ_NAME) : node->at;
	p->cpu = conf.cpu;
	p->node = -1;
	p->count = 1;
	p->start = (sim_time)conf.start;
	p->waits_first = !key_is_written(&conf.seen, IRQ_START);
	p->poisson = conf.poisson > 0;
	p->every = (sim_time)(conf.poisson ? conf.poisson : conf.every);
	p->burst = conf.burst;
	p->body_node = conf.body;
	sim_free(name);
}

static size_t list_length(struct compiler *c, const struct yaml_node *list, const char *name,
			  size_t max)
{
	if (!list)
		return 0;
	if (list->kind != YAML_KIND_LIST) {
		diag_error(c->d, list->at, "%s: found %s; accepted: a list of mappings", name,
			   yaml_describe(list));
		return 0;
	}
	if (list->n <= max)
		return list->n;
	diag_error(c->d, list->at, "%s: %zu are too many; accepted: at most %zu", name, list->n,
		   max);
	return 0;
}

/* Names of tasks, clones included, and of interrupts differ. */
static void check_names(struct compiler *c)
{
	struct names names = { 0 };
	static const struct yaml_node there;
	int64_t tasks = 0;

	for (int i = 0; i < c->w->nr_programs; i++) {
		struct program *p = &c->w->programs[i];

		tasks += p->is_irq ? 0 : p->count;
		for (int64_t k = 0; p->name && k < p->count && tasks <= MAX_TASKS; k++) {
			char *name = p->count > 1 ? str_format("%s.%" PRId64, p->name, k)
						  : sim_strdup(p->name);
			char *kept = arena_strndup(&c->w->arena, name, strlen(name));
			struct name *entry = names_add(&names, kept, strlen(kept));

			if (entry->node)
				diag_error(c->d, p->at,
					   "there is a task \"%s\" already; accepted: "
					   "a name of its own",
					   name);
			entry->node = &there;
			sim_free(name);
		}
	}
	if (tasks > MAX_TASKS)
		diag_error(c->d, c->sc->tasks->at,
			   "tasks: %" PRId64 " with all their copies are too "
			   "many; accepted: at most %d",
			   tasks, MAX_TASKS);
	c->w->nr_runners = (int)tasks;
	names_free(&names);
}

struct workload *workload_read(struct diag *d, const struct scenario *sc)
{
	struct workload *w = sim_calloc(1, sizeof(*w));
	struct compiler c = { .d = d, .sc = sc, .p = sc->personality, .w = w };
	size_t tasks = list_length(&c, sc->tasks, "tasks", MAX_TASKS);
	size_t sources = list_length(&c, sc->interrupts, "interrupts", MAX_SOURCES);

	w->sc = sc;
	tables_init(&w->tables, sc->personality);
	w->programs = sim_calloc(tasks + sources + 1, sizeof(*w->programs));
	w->nr_tasks = (int)tasks;
	w->nr_programs = (int)(tasks + sources);
	for (size_t i = 0; i < tasks + sources; i++) {
		struct program *p = &w->programs[i];

		p->workload = w;
		wait_queue_init(&p->ended);
		if (i < tasks)
			read_task(&c, sc->tasks->items[i], p);
		else
			read_irq(&c, sc->interrupts->items[i - tasks], p, (int)(i - tasks));
	}
	check_names(&c);
	for (int i = 0; i < w->nr_programs; i++)
		w->programs[i].is_wrong = !compile_program(&c, &w->programs[i]);
	resolve_refs(&c);
	for (int i = 0; i < w->nr_programs; i++)
		if (!w->programs[i].is_wrong)
			check_order(&c, &w->programs[i]);
	names_free(&c.barrier_of);
	sim_free(c.barriers);
	return w;
}

struct workload *workload_compile(struct diag *d, const struct scenario *sc)
{
	size_t errors = d->nr_errors;
	struct workload *w = workload_read(d, sc);

	if (d->nr_errors == errors)
		return w;
	workload_free(w);
	return NULL;
}

const char *workload_name(const struct workload *w, int i)
{
	return i < w->nr_programs ? w->programs[i].name : NULL;
}
