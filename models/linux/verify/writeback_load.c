/*
 * writeback_load.c - case.yaml of a writeback case, and the state before its start
 */
#include <stdlib.h>
#include <string.h>

#include "models/hw/machine_conf.h"
#include "models/linux/verify/writeback_case.h"

/* ---- the machine ---- */

/* Sets a key of a mapping as if it had been written in a scenario. */
static void set_key(const struct key_schema *schema, void *data, const char *name, int64_t v)
{
	struct key_seen *seen = (struct key_seen *)(void *)((char *)data + schema->seen);

	int i = 0;

	while (i < schema->nr_keys && strcmp(schema->keys[i].name, name) != 0)
		i++;
	SIM_ASSERT(i < schema->nr_keys);
	*(int64_t *)(void *)((char *)data + schema->keys[i].offset) = v;
	seen->written |= 1ULL << i;
}

/* 512M, 3G, 64K or a plain number; -1: none of them. */
static int64_t parse_size(const char *text)
{
	char *end;
	int64_t v = strtoll(text, &end, 10);
	int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;

	if (end == text || end[shift != 0] || v < 0 || v > INT64_MAX >> 32)
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

static void read_machine(struct wb_case *w)
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
}

static void read_start(struct wb_case *w)
{
	const struct yaml_node *start = map_of(w->c, "start");

	if (!start)
		return;
	w->jiffy_0_us = verify_int(w->c, start, "jiffy_0_us");
	w->ratelimit_pages = verify_int(w->c, start, "ratelimit_pages");
	w->totalreserve = verify_int(w->c, start, "totalreserve_pages");
	w->duration_ms = verify_int(w->c, w->c->yaml, "duration_ms");
	w->sample_ms = verify_int(w->c, w->c->yaml, "sample_ms");
	if (w->jiffy_0_us > 0 || w->duration_ms <= 0 || w->sample_ms <= 0)
		verify_error(w->c, "jiffy_0_us, duration_ms or sample_ms is out of range");
}

static void read_zones(struct wb_case *w)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable" };
	const struct yaml_node *list = list_of(w->c, "zones", WB_MAX_ZONES);

	w->kernel.zones.items = w->zone_fact;
	for (size_t i = 0; list && i < list->n; i++) {
		const struct yaml_node *name = yaml_get(list->items[i], "zone");
		struct wb_zone *z = &w->zone[w->nr_zones];

		z->zone = -1;
		for (int k = 0; name && k < (int)ARRAY_LEN(names); k++)
			if (yaml_is(name, names[k]))
				z->zone = k;
		if (z->zone < 0) {
			diag_error(w->c->diag, list->items[i]->at, "zones: no name of a zone");
			return;
		}
		z->nr_free = verify_int(w->c, list->items[i], "nr_free");
		w->zone_fact[w->nr_zones].zone = z->zone;
		w->zone_fact[w->nr_zones].managed = verify_int(w->c, list->items[i], "managed");
		w->nr_zones++;
	}
	w->kernel.zones.n = w->nr_zones;
}

/* How many pages lay on the CPU's lists: "pcp 0 DMA32 cpu 0 count 515 ...". */
static void read_state(struct wb_case *w)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable" };
	struct verify_text t;
	char *line;

	if (!verify_read(w->c, "before/mmprobe.txt", &t)) {
		verify_error(w->c, "before/mmprobe.txt is needed");
		return;
	}
	while ((line = verify_line(&t))) {
		int64_t count = 0;

		if (strncmp(line, "pcp ", 4) != 0 || !verify_field(line, "count", &count))
			continue;
		line += strlen("pcp ");
		verify_word(&line); /* the node */

		const char *name = verify_word(&line);

		for (int i = 0; i < w->nr_zones; i++)
			if (strcmp(names[w->zone[i].zone], name) == 0)
				w->zone[i].pcp_count += count;
	}
	verify_text_free(&t);
}

/* ---- devices ---- */

static void read_device(struct wb_case *w, const struct yaml_node *node)
{
	struct disk_conf *disk = &w->disk[w->nr_disks];
	struct file_conf *file = &w->file[w->nr_disks];
	const struct yaml_node *name = yaml_get(node, "name"), *bdi = yaml_get(node, "bdi");

	if (!name || name->kind != YAML_KIND_SCALAR || !bdi || bdi->kind != YAML_KIND_SCALAR) {
		diag_error(w->c->diag, node->at, "devices: no name or no bdi");
		return;
	}
	disk->name = file->name = file->disk = name->text;
	file->raw = true;
	file->fs = FS_EXT2; /* counts for files only */
	w->bdi[w->nr_disks] = bdi->text;
	w->settings[w->nr_disks] = yaml_get(node, "settings");
	set_key(&disk_schema, disk, "size", verify_int(w->c, node, "size_mb") << 20);
	set_key(&disk_schema, disk, "request_time", verify_int(w->c, node, "request_ns"));
	set_key(&disk_schema, disk, "slots", verify_int(w->c, node, "slots"));
	set_key(&disk_schema, disk, "max_request_kb", verify_int(w->c, node, "max_request_kb"));
	w->nr_disks++;
}

static void read_devices(struct wb_case *w)
{
	const struct yaml_node *list = list_of(w->c, "devices", WB_MAX_DISKS);

	for (size_t i = 0; list && i < list->n; i++)
		read_device(w, list->items[i]);
	w->machine.disks = (struct key_list){ w->disk, w->nr_disks };
}

/* ---- the workload ---- */

char *wb_step_value(const struct wb_step *step, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = step->args; (p = strstr(p, key)); p += len)
		if ((p == step->args || p[-1] == ' ') && p[len] == '=')
			return sim_strndup(p + len + 1, strcspn(p + len + 1, " "));
	return NULL;
}

int64_t wb_step_size(struct wb_case *w, const struct wb_step *step, const char *key, int64_t def)
{
	char *text = wb_step_value(step, key);
	int64_t v = text ? parse_size(text) : def;

	if (text && v < 0)
		verify_error(w->c, "workload line %d: %s=%s: accepted: a size, as 64K", step->line,
			     key, text);
	sim_free(text);
	return v;
}

int wb_step_disk(struct wb_case *w, const struct wb_step *step)
{
	char *path = wb_step_value(step, "path");
	const char *name = path && strncmp(path, "/dev/", 5) == 0 ? path + 5 : "";
	int found = -1;

	for (int i = 0; i < w->nr_disks; i++)
		if (strcmp(w->disk[i].name, name) == 0)
			found = i;
	if (found < 0)
		verify_error(w->c, "workload line %d: no device of this path", step->line);
	sim_free(path);
	return found;
}

/* The disk that a step works on was opened by an earlier one of its process. */
static void find_disk(struct wb_case *w, struct wb_step *step)
{
	step->disk = -1;
	if (strcmp(step->op, "open") == 0)
		step->disk = wb_step_disk(w, step);
	for (int i = step->line - 1; step->disk < 0 && i >= 0; i--)
		if (strcmp(w->step[i].process, step->process) == 0 &&
		    strcmp(w->step[i].op, "open") == 0)
			step->disk = w->step[i].disk;
}

static void read_workload(struct wb_case *w)
{
	const struct yaml_node *list = list_of(w->c, "workload", WB_MAX_STEPS);

	for (size_t i = 0; list && i < list->n; i++) {
		struct wb_step *step = &w->step[i];
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

uint64_t wb_case_jiffy(const struct wb_case *w, int64_t t_us)
{
	return (uint64_t)(t_us - w->jiffy_0_us) / (NS_PER_SEC / HZ / NS_PER_US);
}

bool wb_case_read(struct verify_case *c, struct wb_case *w)
{
	memset(w, 0, sizeof(*w));
	w->c = c;
	read_machine(w);
	read_start(w);
	read_zones(w);
	read_state(w);
	read_devices(w);
	read_workload(w);
	if (!diag_failed(c->diag)) {
		machine_check(c->diag, &w->machine);
		linux_conf_check(c->diag, &w->kernel);
	}
	return !diag_failed(c->diag);
}

void wb_case_free(struct wb_case *w)
{
	for (int i = 0; i < w->nr_steps; i++) {
		sim_free(w->step[i].process);
		sim_free(w->step[i].op);
		sim_free(w->step[i].args);
	}
}
