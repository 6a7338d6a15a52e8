/*
 * export_tasks.c - who is who in a results file
 *
 * Events name tasks, and other tools want numbers.  Tasks that map memory have theirs in
 * mm_sample, and tracepoints speak of them by it; all others get one that is free, in the order
 * in which they are asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/export.h"

#define INTERRUPT "irq/" /* begins the name of the task that stands for a CPU's interrupts */

struct object {
	char *kind, *name; /* owned */
	int64_t id;
};

struct task_name {
	char *name; /* owned */
	int64_t pid;
	bool given; /* by the results */
};

struct export_tasks {
	struct object *objects; /* owned; by kind and number */
	size_t nr_objects, cap_objects;
	struct task_name *tasks; /* owned */
	size_t n, cap;
	size_t *slots; /* owned; index + 1 of a task by the hash of its name, 0: free */
	size_t nr_slots;
	int64_t next_pid;
};

static int by_kind_and_id(const void *a, const void *b)
{
	const struct object *x = a, *y = b;
	int order = strcmp(x->kind, y->kind);

	return order ? order : (x->id > y->id) - (x->id < y->id);
}

static void read_objects(struct export_tasks *et, struct db *db)
{
	static const char *const columns[] = { "kind", "id", "name" };
	const struct db_query q = { "object", columns, 3, NULL, 0, false, 0 };
	struct db_rows *rows = db_select(db, &q);

	while (db_next(rows)) {
		void *objects = et->objects;

		sim_grow(&objects, &et->cap_objects, et->nr_objects + 1, sizeof(*et->objects));
		et->objects = objects;
		et->objects[et->nr_objects++] =
		    (struct object){ sim_strdup(db_text(rows, 0)), sim_strdup(db_text(rows, 2)),
				     db_number(rows, 1) };
	}
	db_rows_free(rows);
	if (et->nr_objects)
		qsort(et->objects, et->nr_objects, sizeof(*et->objects), by_kind_and_id);
}

/* The first object that is not before (kind, id). */
static size_t first_object(const struct export_tasks *et, const char *kind, int64_t id)
{
	size_t low = 0, high = et->nr_objects;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(et->objects[mid].kind, kind);

		if (order < 0 || (order == 0 && et->objects[mid].id < id))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- names of tasks ---- */

static size_t hash_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

/* Where a name is, or would be. */
static size_t *slot_of(const struct export_tasks *et, const char *name)
{
	size_t i = hash_of(name) % et->nr_slots;

	while (et->slots[i] && strcmp(et->tasks[et->slots[i] - 1].name, name) != 0)
		i = (i + 1) % et->nr_slots;
	return &et->slots[i];
}

static struct task_name *add_task(struct export_tasks *et, const char *name)
{
	void *tasks = et->tasks;

	sim_grow(&tasks, &et->cap, et->n + 1, sizeof(*et->tasks));
	et->tasks = tasks;
	et->tasks[et->n++] = (struct task_name){ .name = sim_strdup(name) };
	if (et->n * 2 > et->nr_slots) {
		sim_free(et->slots);
		et->nr_slots = et->n * 4 + 64;
		et->slots = sim_calloc(et->nr_slots, sizeof(*et->slots));
		for (size_t i = 0; i < et->n; i++)
			*slot_of(et, et->tasks[i].name) = i + 1;
	} else {
		*slot_of(et, name) = et->n;
	}
	return &et->tasks[et->n - 1];
}

static struct task_name *find_task(const struct export_tasks *et, const char *name)
{
	size_t slot = et->nr_slots ? *slot_of(et, name) : 0;

	return slot ? &et->tasks[slot - 1] : NULL;
}

static void read_tasks(struct export_tasks *et, struct db *db)
{
	static const char *const columns[] = { "task", "pid" };
	const struct db_query q = { "mm_sample", columns, 2, NULL, 0, true, 0 };
	struct db_rows *rows = db_select(db, &q);

	while (db_next(rows)) {
		struct task_name *task;

		if (find_task(et, db_text(rows, 0)))
			continue;
		task = add_task(et, db_text(rows, 0));
		task->pid = db_number(rows, 1);
		task->given = true;
	}
	db_rows_free(rows);
}

struct export_tasks *export_tasks_new(struct db *db)
{
	struct export_tasks *et = sim_calloc(1, sizeof(*et));

	et->next_pid = 1;
	read_objects(et, db);
	read_tasks(et, db);
	return et;
}

void export_tasks_free(struct export_tasks *et)
{
	for (size_t i = 0; i < et->nr_objects; i++) {
		sim_free(et->objects[i].kind);
		sim_free(et->objects[i].name);
	}
	for (size_t i = 0; i < et->n; i++)
		sim_free(et->tasks[i].name);
	sim_free(et->objects);
	sim_free(et->tasks);
	sim_free(et->slots);
	sim_free(et);
}

static bool is_taken(const struct export_tasks *et, int64_t pid)
{
	for (size_t i = 0; i < et->n; i++)
		if (et->tasks[i].given && et->tasks[i].pid == pid)
			return true;
	return false;
}

int64_t export_tasks_pid(struct export_tasks *et, const char *name)
{
	struct task_name *task;

	if (!*name || strncmp(name, INTERRUPT, strlen(INTERRUPT)) == 0)
		return 0;
	task = find_task(et, name);
	if (task)
		return task->pid;
	while (is_taken(et, et->next_pid))
		et->next_pid++;
	task = add_task(et, name);
	task->pid = et->next_pid++;
	return task->pid;
}

/* ---- what texts of tracepoints ask ---- */

static const char *name_of_object(const struct trace_scene *scene, const char *kind, int64_t id)
{
	const struct export_tasks *et = scene->names;
	size_t i = first_object(et, kind, id);

	return i < et->nr_objects && et->objects[i].id == id &&
		       strcmp(et->objects[i].kind, kind) == 0
		   ? et->objects[i].name
		   : NULL;
}

static int64_t number_of_object(const struct trace_scene *scene, const char *kind, const char *name)
{
	const struct export_tasks *et = scene->names;

	for (size_t i = first_object(et, kind, INT64_MIN);
	     i < et->nr_objects && strcmp(et->objects[i].kind, kind) == 0; i++)
		if (strcmp(et->objects[i].name, name) == 0)
			return et->objects[i].id;
	return -1;
}

static const char *task_of_pid(const struct trace_scene *scene, int64_t pid)
{
	const struct export_tasks *et = scene->names;

	for (size_t i = 0; i < et->n; i++)
		if (et->tasks[i].given && et->tasks[i].pid == pid)
			return et->tasks[i].name;
	return NULL;
}

struct trace_scene export_scene(const struct export_tasks *et, const char *task, int64_t t_ns)
{
	return (struct trace_scene){ .task = strncmp(task, INTERRUPT, strlen(INTERRUPT)) == 0
						 ? ""
						 : task,
				     .name = name_of_object,
				     .number = number_of_object,
				     .task_of = task_of_pid,
				     .names = et,
				     .t_ns = t_ns };
}
