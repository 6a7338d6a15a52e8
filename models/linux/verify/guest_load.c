/*
 * guest_load.c - case.yaml of a guest with programs, and the state before its start
 */
#include <stdlib.h>
#include <string.h>

#include "models/hw/machine_conf.h"
#include "models/linux/verify/guest_case.h"

#define SWAP_REQUEST_KB 128
#define TIMER_NS        1900 /* from issue to completion beyond request_ns: the timer of null_blk */
#define FILES           "/files/" /* where the guest has a file system */
#define FILE_SIZE       ((int64_t)8 << 30)
#define FILE_REQUEST_NS 1000
#define TICK_US         (1000000 / HZ)
#define FIRST_TICK_US   84006                /* on the clock of that guest's boot */
#define SMALL_GUEST     ((int64_t)512 << 20) /* bytes; a larger one needs a tick longer up to there */

/* Of devices, what a scenario would take; 16 TiB. */
#define MAX_DISK_MB    (INT64_C(1) << 24)
#define MAX_REQUEST_NS (INT64_C(3600) * 1000 * 1000 * 1000 - TIMER_NS)
#define MAX_SLOTS      65536
#define MAX_REQUEST_KB 1048576
#define MAX_PRIORITY   32767

/* Of the run: a day, and times of the guest's clock that are no limit for one that is recorded. */
#define MAX_RUN_MS     (INT64_C(24) * 3600 * 1000)
#define MAX_BOOT_NS    (INT64_C(1) << 62)
#define MAX_JIFFY_0_US (INT64_C(1) << 52)

/* ---- the machine ---- */

/* 512M, 3G, 64K or a plain number; -1: none of them. */
static int64_t parse_size(const char *text)
{
	char *end;
	int64_t v = strtoll(text, &end, 10);
	int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;

	if (end == text || end[shift != 0] || v < 0 || v > INT64_MAX >> shift)
		return -1;
	return v << shift;
}

static const struct yaml_node *map_of(struct verify_case *c, const char *key)
{
	const struct yaml_node *map = yaml_get(c->yaml, key);

	if (map && map->kind == YAML_KIND_MAP)
		return map;
	verify_error(c, "case.yaml has no map \"%s\"", key);
	return NULL;
}

static const struct yaml_node *list_of(struct verify_case *c, const char *key, size_t max)
{
	const struct yaml_node *list = yaml_get(c->yaml, key);

	if (list && list->kind == YAML_KIND_LIST && list->n <= max)
		return list;
	verify_error(c, "case.yaml has no list \"%s\", or one longer than %zu", key, max);
	return NULL;
}

/* Words the guest's command line had beside those of every guest. */
static void read_command_line(struct guest_case *w, const struct yaml_node *m)
{
	const struct yaml_node *line = m ? yaml_get(m, "command_line_added") : NULL;

	w->kernel.transparent_hugepage = THP_ALWAYS;
	if (!line || line->kind != YAML_KIND_SCALAR)
		return;
	if (strstr(line->text, "transparent_hugepage=never"))
		w->kernel.transparent_hugepage = THP_NEVER;
	w->kernel.cgroup_disable = strstr(line->text, "cgroup_disable=memory") != NULL;
}

static void read_machine(struct guest_case *w)
{
	const struct yaml_node *m = map_of(w->c, "machine");
	const struct yaml_node *memory = m ? yaml_get(m, "memory") : NULL;

	w->node.memory = memory && memory->kind == YAML_KIND_SCALAR ? parse_size(memory->text) : -1;
	if (w->node.memory <= 0) {
		verify_error(w->c, "machine.memory: accepted: a size, as 512M");
		return;
	}
	w->node.cpus = verify_int(w->c, m, "cpus");
	if (verify_int(w->c, m, "hz") != HZ)
		verify_error(w->c, "machine.hz: accepted: %d", HZ);
	w->machine.nodes = (struct key_list){ &w->node, 1 };
	w->machine.cost_profile = PROFILE_emulated_guest;
	w->kernel.numa = 1;
	read_command_line(w, m);
}

static void read_start(struct guest_case *w)
{
	const struct yaml_node *start = map_of(w->c, "start");
	int64_t jiffy_0_us;

	if (!start)
		return;
	/* not said: ticks began a while after the clock */
	jiffy_0_us = -(int64_t)(GUEST_FIRST_JIFFY * TICK_US) + FIRST_TICK_US +
		     (w->node.memory > SMALL_GUEST ? TICK_US : 0) -
		     verify_int_in(w->c, start, "t0_boot_ns", 0, MAX_BOOT_NS) / 1000;
	w->jiffy_0_us =
	    verify_optional_in(w->c, start, "jiffy_0_us", jiffy_0_us, -MAX_JIFFY_0_US, 0);
	w->ratelimit_pages = verify_optional_in(w->c, start, "ratelimit_pages", 0, 0, INT32_MAX);
	w->programs_there = verify_optional_in(w->c, start, "programs_there", 0, 0, 1) != 0;
	if (w->programs_there) /* a run of tests/guest */
		w->machine.cost_profile = PROFILE_traced_guest;
	w->free_nodes = verify_optional_in(w->c, start, "free_nodes", -1, -1, INT32_MAX);
	w->free_heads = verify_optional_in(w->c, start, "free_heads", -1, -1, INT32_MAX);
	w->totalreserve = verify_int(w->c, start, "totalreserve_pages");
	w->duration_ms = verify_int_in(w->c, w->c->yaml, "duration_ms", 1, MAX_RUN_MS);
	w->sample_ms = verify_int_in(w->c, w->c->yaml, "sample_ms", 1, MAX_RUN_MS);
}

static void read_zones(struct guest_case *w)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable" };
	const struct yaml_node *list = list_of(w->c, "zones", GUEST_MAX_ZONES);

	w->kernel.zones.items = w->zone_fact;
	for (size_t i = 0; list && i < list->n; i++) {
		const struct yaml_node *name = yaml_get(list->items[i], "zone");
		struct zone_fact *z = &w->zone_fact[w->nr_zones];

		z->zone = -1;
		for (int k = 0; name && k < (int)ARRAY_LEN(names); k++)
			if (yaml_is(name, names[k]))
				z->zone = k;
		if (z->zone < 0) {
			diag_error(w->c->diag, list->items[i]->at, "zones: no name of a zone");
			return;
		}
		z->managed = verify_int(w->c, list->items[i], "managed");
		w->nr_zones++;
	}
	w->kernel.zones.n = w->nr_zones;
}

/* "nr_active_anon 418": what programs had on the lists. */
static void read_counters(struct guest_case *w)
{
	struct verify_text t;
	char *line;

	if (!verify_read(w->c, "before/vmstat.txt", &t))
		return;
	while ((line = verify_line(&t))) {
		const char *name = verify_word(&line);

		if (strcmp(name, "nr_active_anon") == 0)
			verify_parse(line, &w->active_anon);
		else if (strcmp(name, "nr_inactive_anon") == 0)
			verify_parse(line, &w->inactive_anon);
		else if (strcmp(name, "nr_shmem") == 0)
			verify_parse(line, &w->shmem);
		else if (strcmp(name, "nr_mapped") == 0)
			verify_parse(line, &w->mapped);
	}
	verify_text_free(&t);
}

/* ---- devices ---- */

static void read_device(struct guest_case *w, const struct yaml_node *node)
{
	struct disk_conf *disk = &w->disk[w->nr_disks];
	struct file_conf *file = &w->file[w->nr_disks];
	const struct yaml_node *name = yaml_get(node, "name"), *bdi = yaml_get(node, "bdi");

	if (!name || name->kind != YAML_KIND_SCALAR) {
		diag_error(w->c->diag, node->at, "devices: no name");
		return;
	}
	disk->name = file->name = file->disk = name->text;
	file->raw = true;
	file->fs = FS_EXT2; /* counts for files only */
	w->bdi[w->nr_disks] = bdi && bdi->kind == YAML_KIND_SCALAR ? bdi->text : name->text;
	w->settings[w->nr_disks] = yaml_get(node, "settings");
	key_write_int(&disk_schema, disk, "size",
		      verify_int_in(w->c, node, "size_mb", 1, MAX_DISK_MB) << 20);
	key_write_int(&disk_schema, disk, "request_time",
		      verify_int_in(w->c, node, "request_ns", 0, MAX_REQUEST_NS) + TIMER_NS);
	key_write_int(&disk_schema, disk, "slots",
		      verify_int_in(w->c, node, "slots", 1, MAX_SLOTS));
	key_write_int(&disk_schema, disk, "max_request_kb",
		      verify_int_in(w->c, node, "max_request_kb", 4, MAX_REQUEST_KB));
	w->nr_disks++;
}

/* A file of zeros that has no blocks: reading it is no input.  On a disk of its own. */
static void add_file(struct guest_case *w, char *name)
{
	struct disk_conf *disk = &w->disk[w->nr_disks];
	struct file_conf *file = &w->file[w->nr_disks];

	for (int i = 0; i < w->nr_disks; i++) {
		if (strcmp(w->disk[i].name, name) == 0) {
			sim_free(name);
			return;
		}
	}
	w->file_name[w->nr_disks] = name;
	disk->name = file->name = file->disk = w->bdi[w->nr_disks] = name;
	file->size = FILE_SIZE;
	file->fs = FS_EXT4;
	key_write_int(&disk_schema, disk, "size", 2 * FILE_SIZE);
	key_write_int(&disk_schema, disk, "request_time", FILE_REQUEST_NS + TIMER_NS);
	w->nr_disks++;
}

/* Those that a step opens by path=/files/NAME. */
static void read_files(struct guest_case *w)
{
	const struct yaml_node *list = list_of(w->c, "workload", GUEST_MAX_STEPS);

	for (size_t i = 0; list && i < list->n; i++) {
		const char *text = list->items[i]->text, *at;

		if (list->items[i]->kind != YAML_KIND_SCALAR ||
		    !(at = strstr(text, "open path=" FILES)))
			continue;
		at = strstr(at, FILES) + strlen(FILES);
		if (w->nr_disks < GUEST_MAX_DISKS - 1)
			add_file(w, sim_strndup(at, strcspn(at, " ")));
	}
}

/* swap: { size_mb: 192, request_ns: 200000, slots: 4, priority: -2 }, or null. */
static void read_swap(struct guest_case *w)
{
	const struct yaml_node *swap = yaml_get(w->c->yaml, "swap");
	struct disk_conf *disk = &w->disk[w->nr_disks];
	int64_t bytes, prio;

	if (!swap || swap->kind != YAML_KIND_MAP)
		return;
	bytes = verify_int_in(w->c, swap, "size_mb", 1, MAX_DISK_MB) << 20;
	prio = verify_optional_in(w->c, swap, "priority", -1, -MAX_PRIORITY, MAX_PRIORITY);
	disk->name = "swap";
	w->bdi[w->nr_disks] = "swap";
	key_write_int(&disk_schema, disk, "size", bytes);
	key_write_int(&disk_schema, disk, "request_time",
		      verify_int_in(w->c, swap, "request_ns", 0, MAX_REQUEST_NS) + TIMER_NS);
	key_write_int(&disk_schema, disk, "slots",
		      verify_int_in(w->c, swap, "slots", 1, MAX_SLOTS));
	key_write_int(&disk_schema, disk, "memory_backed", 1); /* the others keep no data */
	key_write_int(
	    &disk_schema, disk, "max_request_kb",
	    verify_optional_in(w->c, swap, "max_request_kb", SWAP_REQUEST_KB, 4, MAX_REQUEST_KB));
	w->swap = (struct swap_conf){ .disk = disk->name, .priority = prio < 0 ? -1 : prio };
	w->kernel.swap = (struct key_list){ &w->swap, 1 };
	w->machine.disks.n++;
	w->has_swap = true;
}

static void read_devices(struct guest_case *w)
{
	const struct yaml_node *list = list_of(w->c, "devices", GUEST_MAX_DISKS - 1);

	for (size_t i = 0; list && i < list->n; i++)
		read_device(w, list->items[i]);
	read_files(w);
	w->machine.disks = (struct key_list){ w->disk, w->nr_disks };
	read_swap(w);
}

/* ---- the workload ---- */

char *guest_step_value(const struct guest_step *step, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = step->args; (p = strstr(p, key)); p += len)
		if ((p == step->args || p[-1] == ' ') && p[len] == '=')
			return sim_strndup(p + len + 1, strcspn(p + len + 1, " "));
	return NULL;
}

int64_t guest_step_size(struct guest_case *w, const struct guest_step *step, const char *key,
			int64_t def)
{
	char *text = guest_step_value(step, key);
	int64_t v = text ? parse_size(text) : def;

	if (text && v < 0)
		verify_error(w->c, "workload line %d: %s=%s: accepted: a size, as 64K", step->line,
			     key, text);
	sim_free(text);
	return v;
}

int guest_step_disk(struct guest_case *w, const struct guest_step *step)
{
	char *path = guest_step_value(step, "path");
	const char *name = "";
	int found = -1;

	if (path && strncmp(path, "/dev/", 5) == 0)
		name = path + 5;
	else if (path && strncmp(path, FILES, strlen(FILES)) == 0)
		name = path + strlen(FILES);
	for (int i = 0; i < w->nr_disks; i++)
		if (strcmp(w->disk[i].name, name) == 0)
			found = i;
	if (found < 0)
		verify_error(w->c, "workload line %d: no device of this path", step->line);
	sim_free(path);
	return found;
}

/* The disk that a step works on was opened by an earlier one of its process. */
static void find_disk(struct guest_case *w, struct guest_step *step)
{
	step->disk = -1;
	if (strcmp(step->op, "open") == 0)
		step->disk = guest_step_disk(w, step);
	for (int i = step->line - 1; step->disk < 0 && i >= 0; i--)
		if (strcmp(w->step[i].process, step->process) == 0 &&
		    strcmp(w->step[i].op, "open") == 0)
			step->disk = w->step[i].disk;
}

static void read_workload(struct guest_case *w)
{
	const struct yaml_node *list = list_of(w->c, "workload", GUEST_MAX_STEPS);

	for (size_t i = 0; list && i < list->n; i++) {
		struct guest_step *step = &w->step[i];
		const char *text =
		    list->items[i]->kind == YAML_KIND_SCALAR ? list->items[i]->text : "";
		char *copy = sim_strdup(text), *rest = copy;

		step->line = (int)i;
		step->process = sim_strdup(verify_word(&rest));
		step->op = sim_strdup(verify_word(&rest));
		step->args = sim_strdup(rest);
		sim_free(copy);
		w->nr_steps = (int)i + 1;
		find_disk(w, step);
	}
}

/* ---- all of it ---- */

uint64_t guest_case_jiffy(const struct guest_case *w, int64_t t_us)
{
	return (uint64_t)(t_us - w->jiffy_0_us) / (NS_PER_SEC / HZ / NS_PER_US);
}

bool guest_case_read(struct verify_case *c, struct guest_case *w)
{
	memset(w, 0, sizeof(*w));
	w->c = c;
	w->free_nodes = w->free_heads = -1;
	read_machine(w);
	read_start(w);
	read_zones(w);
	read_counters(w);
	read_devices(w);
	read_workload(w);
	if (!diag_failed(c->diag)) {
		machine_check(c->diag, &w->machine);
		linux_conf_check(c->diag, &w->kernel);
	}
	return !diag_failed(c->diag);
}

void guest_case_free(struct guest_case *w)
{
	for (int i = 0; i < w->nr_steps; i++) {
		sim_free(w->step[i].process);
		sim_free(w->step[i].op);
		sim_free(w->step[i].args);
	}
	for (int i = 0; i < w->nr_disks; i++)
		sim_free(w->file_name[i]);
}
