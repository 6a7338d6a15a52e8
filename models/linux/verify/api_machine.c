/*
 * api_machine.c - the machine on which the calls of the family api were recorded
 *
 * What of it matters to the calls is few: memory, one CPU, and how long a request
 * takes, if there are files.
 */
#include "models/linux/verify/api_machine.h"

#include <inttypes.h>
#include <string.h>

#include "models/linux/conf.h"
#include "models/linux/storage/bio.h"
#include "models/linux/storage/file.h"

#define DISK_BYTES     (1LL << 40)            /* every file has room */
#define MAX_REQUEST_US (3600LL * 1000 * 1000) /* as request_time of a disk */
#define SLOTS          64                     /* requests that the device serves side by side */
#define ISSUE_NS       8000 /* giving one to the device, with the probes of the recording on */

/* Everything that the boot borrows. */
struct api_sections {
	struct machine_conf machine;
	struct linux_conf kernel;
	struct node_conf node;
	struct disk_conf disk;
	struct key_list files;
	struct file_conf *file; /* owned */
	char **name;            /* owned; of the files */
};

/* The memory of the case: "512M". */
static int64_t memory_of(struct verify_case *c)
{
	const struct yaml_node *machine = yaml_get(c->yaml, "machine");
	const struct yaml_node *memory = machine ? yaml_get(machine, "memory") : NULL;
	const char *why;
	int64_t v = 0;

	if (!memory || memory->kind != YAML_KIND_SCALAR ||
	    !unit_parse(UNIT_BYTES, memory->text, memory->len, &v, &why))
		verify_error(c, "case.yaml has no machine.memory");
	return v;
}

/* The device of the case: all requests take the same time. */
static void set_disk(struct verify_case *c, struct disk_conf *disk)
{
	const struct yaml_node *from = yaml_get(c->yaml, "disk");

	*disk = (struct disk_conf){
		.name = "disk",
		.preset = -1,
#define DISK_PARAM(name, unit, def, min, max, meaning) .name = def,
#define DISK_WORDS(name, words, meaning)               .name = -1,
#include "models/hw/disk.def"
#undef DISK_PARAM
#undef DISK_WORDS
	};
	if (!from) {
		verify_error(c, "case.yaml has no disk");
		return;
	}
	key_write_int(&disk_schema, disk, "request_time",
		      verify_int_in(c, from, "request_us", 0, MAX_REQUEST_US) * 1000);
	key_write_int(&disk_schema, disk, "slots", SLOTS);
	key_write_int(&disk_schema, disk, "size", DISK_BYTES);
}

static struct api_sections *sections_new(struct verify_case *c, int nr_files)
{
	struct api_sections *s = sim_calloc(1, sizeof(*s));

	s->node = (struct node_conf){ .cpus = 1, .memory = memory_of(c) };
	s->machine.nodes = (struct key_list){ &s->node, 1 };
	s->machine.disks = (struct key_list){ &s->disk, nr_files ? 1 : 0 };
	if (nr_files)
		set_disk(c, &s->disk);
	s->file = sim_calloc((size_t)nr_files + 1, sizeof(*s->file));
	s->name = sim_calloc((size_t)nr_files + 1, sizeof(*s->name));
	for (int i = 0; i < nr_files; i++) {
		s->name[i] = str_format("f%d", i);
		s->file[i] = (struct file_conf){ .name = s->name[i], .disk = "disk" };
	}
	s->files = (struct key_list){ s->file, nr_files };
	return s;
}

/* Sets an attribute of the disk's queue; a value that it refuses is one of the case, from there. */
static void set_queue(struct verify_case *c, struct sim *s, const char *name, int64_t v,
		      const struct yaml_node *from)
{
	static const struct tunable_class *const classes[] = { &queue_tunables, NULL };
	char *full = str_format("queue.disk.%s", name);
	struct tunable_ref ref;
	bool known = tunable_find(classes, full, &ref);

	SIM_ASSERT(known);
	if (tunable_write(s, &ref, &v) != 0)
		diag_error(c->diag, from->at, "%s: out of range; accepted: %" PRId64 " to %" PRId64,
			   name, ref.row->min, ref.row->max);
	sim_free(full);
}

bool api_machine_start(struct verify_case *c, struct api_machine *m, int nr_files)
{
	m->sections = sections_new(c, nr_files);
	m->nr_files = nr_files;
	if (diag_failed(c->diag))
		return false;
	m->sim = sim_new(1);
	tables_init(&m->tables, &linux_personality);
	m->sim->tables = &m->tables;
	if (!linux_boot_on(m->sim, &m->sections->machine, &m->sections->kernel, &m->sections->files,
			   c->diag))
		return false;
	m->vm = linux_vm(m->sim);
	m->vm->machine->cost.rq_issue = ISSUE_NS;
	if (nr_files) {
		const struct yaml_node *disk = yaml_get(c->yaml, "disk");
		const struct yaml_node *wbt = yaml_get(disk, "wbt_lat_usec");

		set_queue(c, m->sim, "read_ahead_kb", 0, disk);
		if (wbt)
			set_queue(c, m->sim, "wbt_lat_usec", verify_int(c, disk, "wbt_lat_usec"),
				  wbt);
	}
	return !diag_failed(c->diag);
}

struct body {
	task_fn *fn;
	void *arg;
};

static void run_body(struct task *t, void *arg)
{
	const struct body *b = arg;

	linux_personality.task_start(t);
	b->fn(t, b->arg);
	linux_personality.task_exit(t);
}

void api_machine_run(struct api_machine *m, task_fn *fn, void *arg)
{
	struct body b = { fn, arg };

	task_spawn(m->sim, &m->sim->cpus[0], "calls", 0, run_body, &b);
	m->sim->end_with_tasks = true;
	sim_run(m->sim, FOREVER);
}

void api_machine_stop(struct api_machine *m)
{
	if (m->sim) {
		linux_personality.halt(m->sim);
		tables_free(&m->tables);
		sim_free_run(m->sim);
	}
	if (!m->sections)
		return;
	for (int i = 0; i < m->nr_files; i++)
		sim_free(m->sections->name[i]);
	sim_free(m->sections->name);
	sim_free(m->sections->file);
	sim_free(m->sections);
}
