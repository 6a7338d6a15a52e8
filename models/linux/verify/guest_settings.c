/*
 * guest_settings.c - settings of a guest: those in force at the start, and those its programs write
 */
#include <errno.h>
#include <string.h>

#include "models/linux/pagecache/truncate.h"
#include "models/linux/tunables.h"
#include "models/linux/verify/guest_run.h"
#include "models/linux/writeback/writeback.h"

static const struct tunable_class *const classes[] = { &vm_tunables, &queue_tunables, &bdi_tunables,
						       NULL };

/* A scheduler by its word, or the one in force of "[none] mq-deadline"; else the number itself. */
static bool parse_value(const char *text, int64_t *v)
{
	if (strchr(text, '[')) {
		*v = strstr(text, "[mq-deadline]") != NULL;
		return true;
	}
	if (strcmp(text, "none") == 0 || strcmp(text, "mq-deadline") == 0) {
		*v = text[0] == 'm';
		return true;
	}
	return verify_parse(text, v);
}

static int write_value(struct guest_run *r, const char *name, const char *text)
{
	struct tunable_ref ref;
	int64_t v;

	if (!tunable_find(classes, name, &ref) || !parse_value(text, &v))
		return -ENOENT;
	return tunable_write(r->sim, &ref, &v);
}

/* The tunable that a file of /proc/sys/vm, /sys/class/bdi or /sys/block is; the caller frees it. */
static char *tunable_of_path(const struct guest_run *r, const char *path)
{
	const char *base = strrchr(path, '/');

	if (base && strncmp(path, "/proc/sys/vm/", 13) == 0)
		return str_format("vm.%s", base + 1);
	for (int i = 0; base && i < r->w->nr_disks; i++) {
		/* the same value under two names */
		if (strncmp(path, "/sys/class/bdi/", 15) == 0 && strstr(path, r->w->bdi[i]))
			return str_format("%s.%s.%s",
					  strcmp(base, "/read_ahead_kb") == 0 ? "queue" : "bdi",
					  r->w->disk[i].name, base + 1);
		if (strncmp(path, "/sys/block/", 11) == 0 && strstr(path, r->w->disk[i].name))
			return str_format(
			    "%s.%s.%s",
			    strstr(path, "/bdi/") && strcmp(base, "/read_ahead_kb") != 0 ? "bdi"
											 : "queue",
			    r->w->disk[i].name, base + 1);
	}
	return NULL;
}

/* Whether a setting has this value already: a scheduler brings its own nr_requests. */
static bool has_value(struct guest_run *r, const char *name, const char *text)
{
	struct tunable_ref ref;
	int64_t v, old;

	return tunable_find(classes, name, &ref) && ref.row->count == 1 && parse_value(text, &v) &&
	       tunable_read(r->sim, &ref, &old) && old == v;
}

/* What a device was set to, max_ratio first: a larger min_ratio is not accepted. */
static void device_settings(struct guest_run *r, int disk)
{
	static const char *const rows[] = {
		"bdi/max_ratio",       "bdi/min_ratio",        "bdi/strict_limit",
		"queue/scheduler",     "queue/nr_requests",    "queue/rotational",
		"queue/read_ahead_kb", "queue/max_sectors_kb", "queue/nomerges",
		"queue/wbt_lat_usec",
	};
	const struct yaml_node *settings = r->w->settings[disk];

	for (size_t i = 0; settings && i < ARRAY_LEN(rows); i++) {
		const struct yaml_node *value = yaml_get(settings, rows[i]);
		const char *slash = strchr(rows[i], '/');
		char *name;

		if (!value || value->kind != YAML_KIND_SCALAR)
			continue;
		name = str_format("%.*s.%s.%s", (int)(slash - rows[i]), rows[i],
				  r->w->disk[disk].name, slash + 1);
		if (!has_value(r, name, value->text) && write_value(r, name, value->text) != 0)
			diag_error(r->w->c->diag, value->at, "settings: %s is not accepted", name);
		sim_free(name);
	}
}

void guest_run_settings(struct guest_run *r)
{
	const struct yaml_node *map = yaml_get(r->w->c->yaml, "sysctl");

	/* as they are in force, not as they are written: one of a pair is 0 */
	for (size_t i = 0; map && map->kind == YAML_KIND_MAP && i < map->n; i++) {
		const char *text =
		    map->items[i]->kind == YAML_KIND_SCALAR ? map->items[i]->text : "";
		struct tunable_ref ref;
		int64_t v[TUNABLE_MAX_VALUES];

		if (!tunable_find(classes, map->keys[i]->text, &ref) || ref.row->count != 1 ||
		    !verify_parse(text, v))
			continue;
		tunable_store(&r->vm->sysctl, ref.row, v);
	}
	for (int i = 0; i < r->w->nr_disks; i++)
		device_settings(r, i);
}

/* What has no value: it is done when it is written. */
static bool drop_caches(struct guest_run *r, struct task *t, const char *value)
{
	int64_t v;

	if (!verify_parse(value, &v))
		return false;
	if (v & 1)
		drop_pagecache(t);
	if (v & 2)
		r->vm->stat.drop_slab++;
	return true;
}

bool guest_set(struct guest_run *r, struct task *t, const char *path, const char *value)
{
	const struct verify_case *c = r->w->c;
	struct tunable_ref ref;
	char *name;
	bool found;

	if (strcmp(path, "/proc/sys/vm/drop_caches") == 0)
		return drop_caches(r, t, value);
	name = tunable_of_path(r, path);
	found = name && write_value(r, name, value) != -ENOENT;
	/* there are settings that nothing here depends on, as laptop_mode */
	if (name && !tunable_find(classes, name, &ref)) {
		printf("%s/%s  %s is not modelled: left as it is\n", c->family, c->name, path);
		found = true;
	}
	sim_free(name);
	return found;
}
