/*
 * guest_settings.c - settings of a guest: those in force at the start, and those its programs write
 */
#include <errno.h>
#include <string.h>

#include "models/linux/alloc/compaction.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/khugepaged.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/tunables.h"
#include "models/linux/verify/guest_run.h"
#include "models/linux/writeback/writeback.h"

static const struct tunable_class *const classes[] = { &vm_tunables,         &queue_tunables,
						       &bdi_tunables,        &thp_tunables,
						       &khugepaged_tunables, NULL };

/* A word of the file; a scheduler in force as "[none] mq-deadline"; else the number itself. */
static bool parse_value(const struct tunable *row, const char *text, int64_t *v)
{
	for (const struct key_word *w = row->words; w && w->name; w++) {
		if (strcmp(w->name, text) == 0) {
			*v = w->value;
			return w->value != TUNABLE_REFUSED;
		}
	}
	if (row->unit == UNIT_BOOL && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
		*v = text[0] == 't';
		return true;
	}
	if (strchr(text, '[')) {
		*v = strstr(text, "[mq-deadline]") != NULL;
		return true;
	}
	return verify_parse(text, v);
}

static int write_value(struct guest_run *r, const char *name, const char *text)
{
	struct tunable_ref ref;
	int64_t v;

	if (!tunable_find(classes, name, &ref) || !parse_value(ref.row, text, &v))
		return -ENOENT;
	return tunable_write(r->sim, &ref, &v);
}

/* Whether a row's file is the one at the path: where its class has its files, or at its own place.
 */
static bool is_file(const struct tunable_class *class, const struct tunable *row, const char *path)
{
	size_t len = strlen(class->where);

	if (row->where)
		return strcmp(path, row->where) == 0;
	return strncmp(path, class->where, len) == 0 && path[len] == '/' &&
	       strcmp(path + len + 1, row->name) == 0;
}

/* The tunable that a file is; the caller frees it.  NULL: none of those here. */
static char *tunable_of_path(const struct guest_run *r, const char *path)
{
	const char *base = strrchr(path, '/');

	for (int c = 0; classes[c]; c++)
		for (int i = 0; !classes[c]->objects && i < classes[c]->nr_rows; i++)
			if (is_file(classes[c], &classes[c]->rows[i], path))
				return str_format("%s.%s", classes[c]->prefix,
						  classes[c]->rows[i].name);
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

	return tunable_find(classes, name, &ref) && ref.row->count == 1 &&
	       parse_value(ref.row, text, &v) && tunable_read(r->sim, &ref, &old) && old == v;
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
	bool known, written;

	if (strcmp(path, "/proc/sys/vm/drop_caches") == 0)
		return !t || drop_caches(r, t, value);
	if (strcmp(path, "/proc/sys/vm/compact_memory") == 0) {
		if (t && strcmp(value, "1") == 0)
			compact_nodes(t);
		return true;
	}
	name = tunable_of_path(r, path);
	known = name && tunable_find(classes, name, &ref);
	written = known && write_value(r, name, value) != -ENOENT;
	sim_free(name);
	/* there are settings that nothing here depends on, as max_map_count */
	if (!known && path[0] == '/')
		printf("%s/%s  %s is not modelled: left as it is\n", c->family, c->name, path);
	return written || (!known && path[0] == '/');
}
