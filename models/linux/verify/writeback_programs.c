/*
 * writeback_programs.c - the processes of a writeback case: a few steps each
 *
 *	w1 write block=64K total=3G rate=1M
 *
 * They call what programs of a scenario call.  When the run ends all are
 * killed; the last one to close a device writes out what is left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/pagecache/truncate.h"
#include "models/linux/task.h"
#include "models/linux/tunables.h"
#include "models/linux/verify/machine_case.h"
#include "models/linux/verify/writeback_run.h"
#include "models/linux/writeback/writeback.h"

/* ---- settings ---- */

static const struct tunable_class *const classes[] = { &vm_tunables, &queue_tunables, &bdi_tunables,
						       NULL };

/* The value that is in force of "[none] mq-deadline", as a number; else the number itself. */
static bool parse_value(const char *text, int64_t *v)
{
	if (strchr(text, '[')) {
		*v = strstr(text, "[mq-deadline]") != NULL;
		return true;
	}
	return verify_parse(text, v);
}

static int write_value(struct wb_run *r, const char *name, const char *text)
{
	struct tunable_ref ref;
	int64_t v;

	if (!tunable_find(classes, name, &ref) || !parse_value(text, &v))
		return -ENOENT;
	return tunable_write(r->sim, &ref, &v);
}

/* The tunable that a file of /proc/sys/vm, /sys/class/bdi or /sys/block is; the caller frees it. */
static char *tunable_of_path(const struct wb_run *r, const char *path)
{
	const char *base = strrchr(path, '/');

	if (base && strncmp(path, "/proc/sys/vm/", 13) == 0)
		return str_format("vm.%s", base + 1);
	for (int i = 0; base && i < r->w->nr_disks; i++) {
		if (strncmp(path, "/sys/class/bdi/", 15) == 0 && strstr(path, r->w->bdi[i]))
			return str_format("bdi.%s.%s", r->w->disk[i].name, base + 1);
		if (strncmp(path, "/sys/block/", 11) == 0 && strstr(path, r->w->disk[i].name))
			return str_format("queue.%s.%s", r->w->disk[i].name, base + 1);
	}
	return NULL;
}

/* What a device was set to; what only describes it (nr_requests: its slots) needs no writing. */
static void device_settings(struct wb_run *r, int disk)
{
	static const char *const rows[] = { "bdi/min_ratio",        "bdi/max_ratio",
					    "bdi/strict_limit",     "queue/read_ahead_kb",
					    "queue/max_sectors_kb", "queue/nomerges",
					    "queue/wbt_lat_usec",   "queue/scheduler" };
	const struct yaml_node *settings = r->w->settings[disk];

	for (size_t i = 0; settings && i < ARRAY_LEN(rows); i++) {
		const struct yaml_node *value = yaml_get(settings, rows[i]);
		const char *slash = strchr(rows[i], '/');
		char *name;

		if (!value || value->kind != YAML_KIND_SCALAR)
			continue;
		name = str_format("%.*s.%s.%s", (int)(slash - rows[i]), rows[i],
				  r->w->disk[disk].name, slash + 1);
		if (write_value(r, name, value->text) != 0)
			diag_error(r->w->c->diag, value->at, "settings: %s is not accepted", name);
		sim_free(name);
	}
}

void wb_run_settings(struct wb_run *r)
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

/* ---- steps ---- */

/* What of a write or read is the same for all its operations. */
struct transfer {
	struct file *file;
	bool write;
	int64_t block, total, start, span, rate, fsync;
	uint64_t x; /* of the random offsets; 0: in order */
};

static int64_t number(struct wb_run *r, const struct wb_step *step, const char *key, int64_t def)
{
	return wb_step_size(r->w, step, key, def);
}

static int64_t next_offset(struct transfer *tr, int64_t done)
{
	if (!tr->x)
		return tr->start + done % tr->span;
	tr->x = tr->x * 6364136223846793005u + 1442695040888963407u;
	return tr->start + (int64_t)((tr->x >> 33) % (uint64_t)(tr->span / tr->block)) * tr->block;
}

static void transfer(struct wb_process *p, struct task *t, struct transfer *tr)
{
	sim_time begin = task_now(t);

	while (p->bytes < tr->total && !p->run->stopped) {
		int64_t pos, got;
		sim_time from;

		if (tr->rate)
			task_sleep_until(t, begin + mul_div_u64((uint64_t)p->bytes, NS_PER_SEC,
								(uint64_t)tr->rate));
		if (p->run->stopped)
			break;
		pos = next_offset(tr, p->bytes);
		from = task_now(t);
		got = tr->write ? generic_file_write_iter(t, tr->file, &pos, (bytes_t)tr->block)
				: generic_file_read_iter(t, tr->file, &pos, (bytes_t)tr->block);
		if (got <= 0)
			break;
		p->bytes += got;
		p->ops++;
		if (tr->write)
			p->run->result->bytes[p->line] += p->run->stopped ? 0 : got;
		if (tr->fsync && p->ops % tr->fsync == 0)
			vfs_fsync(t, tr->file, false);
		p->longest = max_u64(p->longest, task_now(t) - from);
	}
}

static void step_transfer(struct wb_process *p, struct task *t, const struct wb_step *step)
{
	struct wb_run *r = p->run;
	struct transfer tr = { .write = strcmp(step->op, "write") == 0 };

	tr.block = number(r, step, "block", 64 << 10);
	tr.total = number(r, step, "total", 0);
	tr.start = number(r, step, "start", 0);
	tr.span = number(r, step, "span", tr.total);
	tr.rate = number(r, step, "rate", 0);
	tr.fsync = number(r, step, "fsync", 0);
	tr.x = (uint64_t)number(r, step, "seed", 0);
	if (step->disk < 0 || !p->file[step->disk] || tr.block <= 0 || tr.span < tr.block) {
		verify_error(r->w->c, "workload line %d: no open device, or a size is missing",
			     step->line);
		return;
	}
	tr.file = p->file[step->disk];
	transfer(p, t, &tr);
}

static void step_open(struct wb_process *p, struct task *t, const struct wb_step *step)
{
	int disk = step->disk;

	if (p->file[disk])
		return;
	p->file[disk] = file_open(t, p->run->vm->files->inodes[disk]);
	p->run->opened[disk]++;
}

static void step_at(struct wb_process *p, struct task *t, const struct wb_step *step)
{
	task_sleep_until(t, p->run->start + strtoull(step->args, NULL, 10) * NS_PER_MS);
}

static void step_sleep(struct wb_process *p, struct task *t, const struct wb_step *step)
{
	(void)p;
	task_sleep(t, strtoull(step->args, NULL, 10) * NS_PER_MS);
}

static void step_set(struct wb_process *p, struct task *t, const struct wb_step *step)
{
	char *path = wb_step_value(step, "path"), *value = wb_step_value(step, "value");
	char *name = path ? tunable_of_path(p->run, path) : NULL;

	(void)t;
	if (!name || !value || write_value(p->run, name, value) == -ENOENT)
		verify_error(p->run->w->c, "workload line %d: no such setting", step->line);
	sim_free(path);
	sim_free(value);
	sim_free(name);
}

static void step_fsync(struct wb_process *p, struct task *t, const struct wb_step *step)
{
	if (step->disk >= 0 && p->file[step->disk])
		vfs_fsync(t, p->file[step->disk], false);
}

static void step_sync(struct wb_process *p, struct task *t, const struct wb_step *step)
{
	(void)p;
	(void)step;
	ksys_sync(t);
}

static const struct step_kind {
	const char *op;
	void (*run)(struct wb_process *p, struct task *t, const struct wb_step *step);
} kinds[] = {
	{ "open", step_open },   { "write", step_transfer }, { "read", step_transfer },
	{ "at", step_at },       { "sleep", step_sleep },    { "set", step_set },
	{ "fsync", step_fsync }, { "sync", step_sync },
};

static const struct step_kind *kind_of(const struct wb_step *step)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].op, step->op) == 0)
			return &kinds[i];
	return NULL;
}

/* ---- processes ---- */

/* The last one writes out what is left, and empties the cache of the device. */
static void close_all(struct wb_process *p, struct task *t)
{
	struct wb_run *r = p->run;

	for (int i = 0; i < r->w->nr_disks; i++) {
		if (!p->file[i])
			continue;
		if (--r->opened[i] == 0) {
			filemap_write_and_wait_range(t, &p->file[i]->inode->mapping, 0, INT64_MAX);
			truncate_inode_pages(t, &p->file[i]->inode->mapping, 0);
		}
		file_close(t, p->file[i]);
	}
}

static void process(struct task *t, void *arg)
{
	struct wb_process *p = arg;
	struct wb_run *r = p->run;

	linux_personality.task_start(t);
	for (int i = 0; i < r->w->nr_steps && !r->stopped; i++) {
		const struct wb_step *step = &r->w->step[i];
		const struct step_kind *kind = kind_of(step);

		if (strcmp(step->process, p->name) != 0)
			continue;
		p->line = i;
		p->ops = p->bytes = 0;
		kind->run(p, t, step);
	}
	close_all(p, t);
	linux_personality.task_exit(t);
	p->task = NULL;
}

void wb_run_spawn(struct wb_run *r)
{
	for (int i = 0; i < r->w->nr_steps; i++) {
		const struct wb_step *step = &r->w->step[i];
		bool known = false;

		if (!kind_of(step)) {
			verify_error(r->w->c, "workload line %d: \"%s\" is not modelled", i,
				     step->op);
			continue;
		}
		for (int k = 0; k < r->nr_processes; k++)
			known |= strcmp(r->process[k].name, step->process) == 0;
		if (known)
			continue;

		struct wb_process *p = &r->process[r->nr_processes++];

		*p = (struct wb_process){ .run = r, .name = step->process, .line = i };
		p->task = task_spawn(r->sim, &r->sim->cpus[0], p->name, 0, process, p);
	}
}
