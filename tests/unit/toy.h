/*
 * toy.h - a small kernel that simulates nothing, to test sim/scenario and sim/workload alone
 *
 * It has two CPUs (or as many as the machine says), disks, files, three kinds of tunables, and
 * calls that write down what they were given.
 */
#ifndef MMSIM_TESTS_TOY_H
#define MMSIM_TESTS_TOY_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/sim.h"
#include "sim/workload/model.h"

#define TOY __attribute__((unused)) static

/* ---- sections ---- */

struct toy_disk {
	const char *name;
	int64_t size;
};

struct toy_machine {
	int64_t cpus;
	struct key_list disks;
	struct key_seen seen;
};

struct toy_file {
	const char *name, *disk;
	int64_t size;
	struct key_seen seen;
};

struct toy_conf {
	int64_t speed;
};

static const struct key toy_disk_keys[] = {
	{ .name = "name",
	  .type = KEY_NAME,
	  .offset = offsetof(struct toy_disk, name),
	  .required = true },
	{ .name = "size",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct toy_disk, size),
	  .max = INT64_MAX },
};
static const struct key_schema toy_disk_schema = {
	.name = "disk",
	.keys = toy_disk_keys,
	.nr_keys = 2,
	.size = sizeof(struct toy_disk),
	.seen = SIZE_MAX,
	.short_key = "name",
};
static const struct key toy_machine_keys[] = {
	{ .name = "cpus",
	  .type = KEY_INT,
	  .offset = offsetof(struct toy_machine, cpus),
	  .def = "2",
	  .min = 1,
	  .max = 64 },
	{ .name = "disks",
	  .type = KEY_LIST,
	  .offset = offsetof(struct toy_machine, disks),
	  .sub = &toy_disk_schema },
};
static const struct key_schema toy_machine_schema = {
	.name = "machine",
	.keys = toy_machine_keys,
	.nr_keys = 2,
	.size = sizeof(struct toy_machine),
	.seen = offsetof(struct toy_machine, seen),
};
static const struct key toy_file_keys[] = {
	{ .name = "name",
	  .type = KEY_NAME,
	  .offset = offsetof(struct toy_file, name),
	  .required = true },
	{ .name = "disk", .type = KEY_NAME, .offset = offsetof(struct toy_file, disk) },
	{ .name = "size",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct toy_file, size),
	  .max = INT64_MAX },
};
static const struct key_schema toy_file_schema = {
	.name = "file",
	.keys = toy_file_keys,
	.nr_keys = 3,
	.size = sizeof(struct toy_file),
	.seen = offsetof(struct toy_file, seen),
};
static const struct key toy_conf_keys[] = {
	{ .name = "speed",
	  .type = KEY_INT,
	  .offset = offsetof(struct toy_conf, speed),
	  .def = "7",
	  .max = 100 },
};
static const struct key_schema toy_conf_schema = {
	.name = "toy",
	.keys = toy_conf_keys,
	.nr_keys = 1,
	.size = sizeof(struct toy_conf),
	.seen = SIZE_MAX,
};

TOY void toy_check_files(struct diag *d, const struct scenario *sc, const void *data)
{
	const struct key_list *files = data;
	const struct toy_machine *machine = scenario_section(sc, "machine");

	for (int i = 0; i < files->n; i++) {
		const struct toy_file *f = (const struct toy_file *)files->items + i;
		bool found = !f->disk;

		for (int k = 0; k < machine->disks.n && !found; k++)
			found = !strcmp(((struct toy_disk *)machine->disks.items)[k].name, f->disk);
		if (!found)
			diag_error(d, f->seen.at[2], "no disk \"%s\"", f->disk);
	}
}

static const struct section toy_machine_section = { "machine", &toy_machine_schema,
						    false,     false,
						    "",        NULL };
static const struct section toy_file_section = { "files", &toy_file_schema, true, false,
						 "",      toy_check_files };
static const struct section toy_conf_section = { "toy", &toy_conf_schema, false, false, "", NULL };
static const struct section *const toy_sections[] = { &toy_machine_section, &toy_file_section,
						      &toy_conf_section };

/* ---- state ---- */

#define TOY_LOG 4096

struct toy_page {
	int64_t order;
	bool is_free;
};

struct toy {
	int64_t ratio, bytes, pair[2], depth, cores; /* tunables */
	int64_t nr_free, nr_dirty, nr_limit, kills;  /* metrics */
	struct {
		int64_t free, low;
	} zones[2];
	bool zones_gone;                       /* there are none now */
	int64_t offset[TOY_LOG], len[TOY_LOG]; /* of calls of read */
	int reads;
	char text[65536]; /* what happened */
	struct toy_page pages[256];
	int nr_pages;
	int64_t file_size;
	int starts, exits, lookups, puts;
};

static struct toy the_toy;

#define toy_say(...)                                                                               \
	snprintf(the_toy.text + strlen(the_toy.text), sizeof(the_toy.text) - strlen(the_toy.text), \
		 __VA_ARGS__)

/* ---- tunables ---- */

TOY void *toy_object(struct sim *s, const char *name)
{
	(void)s;
	return !*name || !strcmp(name, "sda") ? &the_toy : NULL;
}

static const int64_t toy_pair[2] = { 256, 32 };
static const struct tunable toy_vm[] = {
	{ .name = "ratio",
	  .unit = UNIT_PERCENT,
	  .def = 20,
	  .min = 0,
	  .max = 100,
	  .offset = offsetof(struct toy, ratio),
	  .count = 1 },
	{ .name = "bytes",
	  .unit = UNIT_BYTES,
	  .min = 0,
	  .max = INT64_MAX,
	  .offset = offsetof(struct toy, bytes),
	  .count = 1 },
	{ .name = "pair",
	  .unit = UNIT_COUNT,
	  .min = 0,
	  .max = 1000,
	  .offset = offsetof(struct toy, pair),
	  .count = 2,
	  .defs = toy_pair },
};
static const struct tunable toy_queue[] = {
	{ .name = "depth",
	  .unit = UNIT_COUNT,
	  .def = 8,
	  .min = 1,
	  .max = 64,
	  .offset = offsetof(struct toy, depth),
	  .count = 1 },
};
static const struct tunable toy_boot_rows[] = {
	{ .name = "cores",
	  .unit = UNIT_COUNT,
	  .def = 1,
	  .min = 1,
	  .max = 8,
	  .offset = offsetof(struct toy, cores),
	  .count = 1 },
};
static const struct tunable_class toy_vm_class = {
	.prefix = "vm", .rows = toy_vm, .nr_rows = 3, .object = toy_object
};
static const struct tunable_class toy_queue_class = {
	.prefix = "queue", .objects = "disk", .rows = toy_queue, .nr_rows = 1, .object = toy_object
};
static const struct tunable_class toy_boot_class = { .prefix = "boot",
						     .rows = toy_boot_rows,
						     .nr_rows = 1,
						     .object = toy_object,
						     .boot_only = true };
static const struct tunable_class *const toy_classes[] = { &toy_vm_class, &toy_queue_class,
							   &toy_boot_class, NULL };

/* ---- metrics ---- */

TOY int toy_one(struct sim *s)
{
	(void)s;
	return 1;
}

TOY int toy_two(struct sim *s)
{
	(void)s;
	return 2;
}

TOY const void *toy_stat(struct sim *s, int i)
{
	(void)s;
	(void)i;
	return &the_toy;
}

TOY const void *toy_zone_stat(struct sim *s, int i)
{
	(void)s;
	return the_toy.zones_gone ? NULL : &the_toy.zones[i];
}

TOY void toy_zone_key(struct sim *s, int i, union metric_key_value *keys)
{
	(void)s;
	keys[0].number = 0;
	keys[1].text = i ? "Normal" : "DMA";
}

static const struct metric toy_rows[] = {
	{ "nr_free", METRIC_GAUGE, UNIT_PAGES, offsetof(struct toy, nr_free), "" },
	{ "nr_dirty", METRIC_GAUGE, UNIT_PAGES, offsetof(struct toy, nr_dirty), "" },
	{ "nr_limit", METRIC_GAUGE, UNIT_PAGES, offsetof(struct toy, nr_limit), "" },
	{ "kills", METRIC_COUNTER, UNIT_COUNT, offsetof(struct toy, kills), "" },
};
static const struct metric toy_zone_rows[] = {
	{ "free", METRIC_GAUGE, UNIT_PAGES, 0, "" },
	{ "low", METRIC_GAUGE, UNIT_KIB, sizeof(int64_t), "" },
};
static const struct metric_object toy_metrics = {
	.name = "vmstat",
	.table = "vmstat_sample",
	.rows = toy_rows,
	.nr_rows = 4,
	.count = toy_one,
	.stat = toy_stat,
};
static const struct metric_object toy_zone_metrics = {
	.name = "zone",
	.table = "zone_sample",
	.rows = toy_zone_rows,
	.nr_rows = 2,
	.keys = { { "node", false, "" }, { "zone", true, "" } },
	.nr_keys = 2,
	.count = toy_two,
	.stat = toy_zone_stat,
	.key = toy_zone_key,
};
static const struct metric_object *const toy_objects[] = { &toy_metrics, &toy_zone_metrics, NULL };

static const struct trace_def toy_traces[] = {
	{ "page_wake", (const char *const[]){ "page", NULL }, 1, "" },
	{ "page_sleep", (const char *const[]){ "page", NULL }, 1, "" },
	{ "oom_kill", (const char *const[]){ "pid", NULL }, 1, "" },
};

/* ---- calls ---- */

struct args {
	struct arg_ref file, page, other;
	int64_t offset, len, order, node, value, time, flags;
};

static const struct key_word toy_words[] = { { "GFP_A", 1, "" },
					     { "GFP_B", 2, "" },
					     { NULL, 0, NULL } };
static const struct key toy_arg_keys[] = {
	{ .name = "file",
	  .type = KEY_REF,
	  .offset = offsetof(struct args, file),
	  .ref_kind = "file" },
	{ .name = "page",
	  .type = KEY_REF,
	  .offset = offsetof(struct args, page),
	  .ref_kind = "page" },
	{ .name = "other",
	  .type = KEY_REF,
	  .offset = offsetof(struct args, other),
	  .ref_kind = "page" },
	{ .name = "offset",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct args, offset),
	  .max = INT64_MAX },
	{ .name = "len",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct args, len),
	  .max = INT64_MAX },
	{ .name = "order", .type = KEY_INT, .offset = offsetof(struct args, order), .max = 10 },
	{ .name = "node",
	  .type = KEY_INT,
	  .offset = offsetof(struct args, node),
	  .min = -1,
	  .max = 7 },
	{ .name = "value",
	  .type = KEY_INT,
	  .offset = offsetof(struct args, value),
	  .min = -1000000,
	  .max = 1000000 },
	{ .name = "time",
	  .type = KEY_INT,
	  .unit = UNIT_NS,
	  .offset = offsetof(struct args, time),
	  .max = INT64_MAX },
	{ .name = "flags",
	  .type = KEY_FLAGS,
	  .offset = offsetof(struct args, flags),
	  .words = toy_words },
};
static const struct key_schema toy_args = {
	.name = "call",
	.keys = toy_arg_keys,
	.nr_keys = ARRAY_LEN(toy_arg_keys),
	.size = sizeof(struct args),
	.seen = SIZE_MAX,
};

TOY int64_t toy_read(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (the_toy.reads < TOY_LOG) {
		the_toy.offset[the_toy.reads] = a->offset;
		the_toy.len[the_toy.reads] = a->len;
	}
	the_toy.reads++;
	task_run(t, 100);
	if (the_toy.file_size && a->offset >= the_toy.file_size)
		return 0;
	return the_toy.file_size ? min_s64(a->len, the_toy.file_size - a->offset) : a->len;
}

TOY int64_t toy_alloc(struct task *t, const struct args *a, struct result *r)
{
	struct toy_page *page = &the_toy.pages[the_toy.nr_pages];

	task_run(t, 50);
	toy_say("[%s alloc %d node %d flags %d]", t->name, (int)a->order, (int)a->node,
		(int)a->flags);
	if (a->order > 9)
		return give(r, NULL);
	the_toy.nr_pages++;
	*page = (struct toy_page){ .order = a->order };
	return give(r, page);
}

TOY int64_t toy_free(struct task *t, const struct args *a, struct result *r)
{
	struct toy_page *page = a->page.ptr;

	(void)r;
	toy_say("[%s free %d]", t->name, page ? (int)(page - the_toy.pages) : -1);
	if (page && page->is_free)
		kernel_bug(t->sim, "free twice");
	if (page)
		page->is_free = true;
	return 0;
}

TOY int64_t toy_touch(struct task *t, const struct args *a, struct result *r)
{
	struct toy_page *page = a->page.ptr, *other = a->other.ptr;

	(void)r;
	toy_say("[%s touch %d", t->name, (int)(page - the_toy.pages));
	if (other)
		toy_say(" %d", (int)(other - the_toy.pages));
	toy_say("]");
	return 0;
}

TOY int64_t toy_number(struct task *t, const struct args *a, struct result *r)
{
	(void)t;
	(void)r;
	return a->value;
}

TOY int64_t toy_spend(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	task_run(t, (sim_time)a->time);
	return 0;
}

TOY int64_t toy_wait(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	task_sleep(t, (sim_time)a->time);
	return 0;
}

TOY int64_t toy_say_op(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	toy_say("[%s %d at %d]", t->name, (int)a->value, (int)(sim_now(t->sim) / NS_PER_US));
	return 0;
}

TOY int64_t toy_bug(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	(void)a;
	kernel_bug(t->sim, "toy rule");
	return -EINVAL;
}

TOY int64_t toy_wake(struct task *t, const struct args *a, struct result *r)
{
	const int64_t v[] = { a->value };

	(void)r;
	if (t->sim->tables->trace.on[0])
		trace_emit(t->sim, 0, v);
	the_toy.nr_dirty = a->value;
	return 0;
}

static const struct op toy_ops[] = {
	{ "read", "file, offset =, len =", NULL, toy_read, OP_STREAM, "" },
	{ "alloc", "order = 0, node =, flags = GFP_A|GFP_B", "page", toy_alloc, 0, "" },
	{ "free", "page", NULL, toy_free, OP_RELEASES, "" },
	{ "touch", "page, other =", NULL, toy_touch, 0, "" },
	{ "number", "value", NULL, toy_number, 0, "" },
	{ "spend", "time", NULL, toy_spend, 0, "" },
	{ "wait", "time", NULL, toy_wait, OP_NO_IRQ, "" },
	{ "say", "value", NULL, toy_say_op, 0, "" },
	{ "rule", "", NULL, toy_bug, 0, "" },
	{ "wake", "value", NULL, toy_wake, 0, "" },
};
static const struct model toy_model = {
	.name = "toy",
	.ops = toy_ops,
	.nr_ops = ARRAY_LEN(toy_ops),
	.tunables = toy_classes,
	.metrics = toy_objects,
};
static const struct model *const toy_models[] = { &toy_model, &workload_model, NULL };

TOY void toy_task_start(struct task *t)
{
	(void)t;
	the_toy.starts++;
}

TOY void toy_task_exit(struct task *t)
{
	(void)t;
	the_toy.exits++;
}

TOY void *toy_lookup(struct task *t, const char *kind, const char *name)
{
	(void)t;
	the_toy.lookups++;
	return !strcmp(kind, "file") && strcmp(name, "ghost") ? &the_toy : NULL;
}

TOY void toy_put(struct task *t, const char *kind, void *object)
{
	(void)t;
	(void)kind;
	(void)object;
	the_toy.puts++;
}

TOY int64_t toy_size(struct task *t, const char *kind, void *object)
{
	(void)t;
	(void)kind;
	(void)object;
	return the_toy.file_size;
}

TOY int toy_cpus(const struct scenario *sc, int node)
{
	const struct toy_machine *machine = scenario_section(sc, "machine");

	return node < 1 ? (int)machine->cpus : -1;
}

static const struct personality toy_personality = {
	.name = "toy",
	.models = toy_models,
	.traces = toy_traces,
	.nr_traces = ARRAY_LEN(toy_traces),
	.args = &toy_args,
	.sections = toy_sections,
	.nr_sections = ARRAY_LEN(toy_sections),
	.task_start = toy_task_start,
	.task_exit = toy_task_exit,
	.lookup = toy_lookup,
	.put = toy_put,
	.object_size = toy_size,
	.nr_cpus = toy_cpus,
};
TOY const struct personality *const toy_personalities[] = { &toy_personality, NULL };
#endif
