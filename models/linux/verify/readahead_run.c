/*
 * readahead_run.c - the calls of a readahead case, one after another
 *
 * A task makes them through the same functions as programs of a scenario.
 * What it sets off is heard from tracepoints; rows carry the call that is
 * running.
 */
#include <errno.h>
#include <string.h>

#include "models/linux/arg.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/bio.h"
#include "models/linux/task.h"
#include "models/linux/tunables.h"
#include "models/linux/verify/readahead_case.h"
#include "models/linux/writeback/writeback.h"

#define MAX_MAPS       16
#define EXT4_MAX_BYTES (((1ULL << 32) - 1) * PAGE_SIZE) /* a number of a block has 32 bits */

struct ra_map {
	uint64_t start; /* address; 0: none */
	bytes_t length;
	int slot;
};

struct ra_replay {
	struct ra_case *ra;
	struct sim *sim;
	struct linux_vm *vm;
	struct verify_text ops;
	struct file *slot[RA_MAX_SLOTS]; /* NULL: closed */
	struct ra_map map[MAX_MAPS];
	int64_t call;
	int at_slot;          /* the descriptor that the call works on; -1: none */
	size_t windows_known; /* rows of windows whose decision was heard */
	bool failed;
};

/* ---- what is heard ---- */

static void add(struct ra_replay *r, enum ra_table table, const int64_t *v, int n)
{
	struct ra_row row = { { 0 } };

	row.v[0] = r->call;
	memcpy(&row.v[1], v, (size_t)n * sizeof(*v));
	ra_add_row(&r->ra->tables[table], &row);
}

static int64_t file_number(const struct ra_replay *r, int64_t inode)
{
	return inode >= 0 && inode < r->ra->files.n ? r->ra->number[inode] : RA_DASH;
}

/* A decision is heard after its windows: it tells them why they are. */
static void explain_windows(struct ra_replay *r, enum ra_kind kind, int64_t index)
{
	const struct file *f = r->at_slot >= 0 ? r->slot[r->at_slot] : NULL;
	struct ra_rows *windows = &r->ra->tables[RA_WINDOWS];
	bool force = kind == RA_SYNC && f && ((f->mode & FMODE_RANDOM) || !f->ra.ra_pages);

	for (; r->windows_known < windows->n; r->windows_known++) {
		windows->row[r->windows_known].v[1] = force ? RA_SYNC_FORCE : (int64_t)kind;
		windows->row[r->windows_known].v[4] = index;
	}
}

static void note_trigger(struct ra_replay *r, const int64_t *v)
{
	enum ra_kind kind = (enum ra_kind)v[0];
	int64_t row[17] = { v[0], r->at_slot, file_number(r, v[1]) };

	memcpy(&row[3], &v[2], 14 * sizeof(*row));
	if (kind == RA_AROUND)
		row[4] = RA_DASH;
	for (int i = 6; i < 17; i++)
		if (kind == RA_FORCED || (kind == RA_AROUND && (i < 9 || i > 11)))
			row[i] = RA_DASH;
	add(r, RA_TRIGGERS, row, 17);
	explain_windows(r, kind, v[2]);
}

/* The pages inserted last are the window's. */
static void note_window(struct ra_replay *r, const int64_t *v)
{
	struct ra_rows *inserts = &r->ra->tables[RA_INSERTS];
	int64_t number = (int64_t)r->ra->tables[RA_WINDOWS].n + 1, left = v[4];

	for (size_t i = inserts->n; left > 0 && i-- > 0; left -= inserts->row[i].v[4])
		inserts->row[i].v[1] = number;
	add(r, RA_WINDOWS,
	    (int64_t[]){ RA_DASH, r->at_slot, file_number(r, v[0]), RA_DASH, v[1], v[2], v[3], v[4],
			 number },
	    9);
}

static void note_event(struct sim *s, const struct trace_record *record)
{
	struct ra_replay *r = s->tables->trace.sink_arg;
	const int64_t *v = record->v;

	switch (record->id) {
	case TP_sim_readahead:
		note_trigger(r, v);
		break;
	case TP_sim_readahead_window:
		note_window(r, v);
		break;
	case TP_mm_filemap_add_to_page_cache:
		add(r, RA_INSERTS, (int64_t[]){ 0, file_number(r, v[0]), v[1], 1LL << v[3], v[3] },
		    5);
		break;
	case TP_mm_filemap_delete_from_page_cache:
		add(r, RA_DELETES, (int64_t[]){ file_number(r, v[0]), v[1], 1LL << v[3], v[3] }, 4);
		break;
	case TP_block_bio_queue:
		add(r, RA_BIOS, (int64_t[]){ file_number(r, v[6]), v[7], v[2], v[3], v[4], v[5] },
		    6);
		break;
	case TP_block_rq_issue:
		add(r, RA_REQUESTS, (int64_t[]){ v[2], v[3] }, 2);
		break;
	default:
		break;
	}
}

static void listen(struct ra_replay *r)
{
	static const char *const names[] = {
		"sim_readahead",
		"sim_readahead_window",
		"mm_filemap_add_to_page_cache",
		"mm_filemap_delete_from_page_cache",
		"block_bio_queue",
		"block_rq_issue",
	};
	struct trace_state *ts = &r->sim->tables->trace;

	ts->sink = note_event;
	ts->sink_arg = r;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		trace_enable(ts, names[i], TRACE_RECORD);
}

/* ---- arguments of calls ---- */

static void wrong(struct ra_replay *r, const char *what)
{
	if (!r->failed)
		verify_error(r->ra->c, "ops.txt:%d: %s", r->ops.line, what);
	r->failed = true;
}

static int64_t number(struct ra_replay *r, char **words)
{
	int64_t v;

	if (verify_parse(verify_word(words), &v) && v >= 0)
		return v;
	wrong(r, "a number is missing");
	return 0;
}

/* A number below max. */
static int below(struct ra_replay *r, char **words, int max)
{
	int64_t v = number(r, words);

	if (v >= max)
		wrong(r, "a number is too large");
	return v < max ? (int)v : 0;
}

/* An open descriptor, on which the call works; NULL: none. */
static struct file *open_slot(struct ra_replay *r, char **words)
{
	int i = below(r, words, RA_MAX_SLOTS);

	if (!r->slot[i])
		wrong(r, "the descriptor is not open");
	r->at_slot = i;
	return r->slot[i];
}

static struct ra_map *mapping(struct ra_replay *r, char **words)
{
	struct ra_map *map = &r->map[below(r, words, MAX_MAPS)];

	if (!map->start)
		wrong(r, "there is no such mapping");
	r->at_slot = map->slot;
	return map->start ? map : NULL;
}

static struct inode *file_of_number(struct ra_replay *r, int64_t n)
{
	for (int i = 0; i < r->ra->files.n; i++)
		if (r->ra->number[i] == n)
			return r->vm->files->inodes[i];
	wrong(r, "no file of this number");
	return NULL;
}

static int word_of(struct ra_replay *r, char **words, const struct key_word *list)
{
	const char *word = verify_word(words);

	for (; list->name; list++)
		if (strcmp(list->name, word) == 0)
			return (int)list->value;
	wrong(r, "no advice of this name");
	return 0;
}

/* ---- calls: each returns what the program gets ---- */

static int64_t call_open(struct ra_replay *r, struct task *t, char **words)
{
	int i = below(r, words, RA_MAX_SLOTS);
	struct inode *inode = file_of_number(r, number(r, words));

	if (r->slot[i])
		wrong(r, "the descriptor is open already");
	if (r->failed)
		return 0;
	r->slot[i] = file_open(t, inode);
	r->at_slot = i;
	return 0;
}

static int64_t call_close(struct ra_replay *r, struct task *t, char **words)
{
	struct file *f = open_slot(r, words);

	if (!f)
		return 0;
	r->slot[r->at_slot] = NULL;
	r->at_slot = -1;
	file_close(t, f);
	return 0;
}

/* The largest place that a file of this kind may be read at: s_maxbytes, or where a device ends. */
static uint64_t seek_limit(const struct inode *inode)
{
	if (inode->is_blkdev)
		return inode->i_size;
	return inode->fs == &file_systems[FS_XFS] ? INT64_MAX : EXT4_MAX_BYTES;
}

static int64_t call_seek(struct ra_replay *r, struct task *t, char **words)
{
	struct file *f = open_slot(r, words);
	int64_t offset = number(r, words);

	(void)t;
	if (!f || (uint64_t)offset > seek_limit(f->inode))
		return -EINVAL;
	f->pos = offset;
	return offset;
}

/* read(2) at *pos: refused where the last byte would lie behind the largest place of any file. */
static int64_t read_at(struct task *t, struct file *f, int64_t *pos, bytes_t bytes)
{
	if (bytes > (uint64_t)(INT64_MAX - *pos))
		return -EINVAL;
	return generic_file_read_iter(t, f, pos, bytes);
}

static int64_t call_read(struct ra_replay *r, struct task *t, char **words)
{
	struct file *f = open_slot(r, words);
	int64_t bytes = number(r, words);

	return f ? read_at(t, f, &f->pos, (bytes_t)bytes) : 0;
}

static int64_t call_pread(struct ra_replay *r, struct task *t, char **words)
{
	struct file *f = open_slot(r, words);
	int64_t pos = number(r, words), bytes = number(r, words);

	return f ? read_at(t, f, &pos, (bytes_t)bytes) : 0;
}

static int64_t call_advise(struct ra_replay *r, struct task *t, char **words)
{
	struct file *f = open_slot(r, words);
	int64_t offset = number(r, words), len = number(r, words);
	int advice = word_of(r, words, fadvise_words);

	return r->failed ? 0 : generic_fadvise(t, f, offset, len, (enum fadvise_advice)advice);
}

static int64_t call_readahead(struct ra_replay *r, struct task *t, char **words)
{
	struct file *f = open_slot(r, words);
	int64_t offset = number(r, words), len = number(r, words);

	return f ? ksys_readahead(t, f, offset, (bytes_t)len) : 0;
}

static int64_t call_mmap(struct ra_replay *r, struct task *t, char **words)
{
	int i = below(r, words, MAX_MAPS);
	struct file *f = open_slot(r, words);
	int64_t offset = number(r, words), bytes = number(r, words), addr = number(r, words);
	uint64_t start = 0;
	int result;

	if (r->failed)
		return 0;
	result = do_mmap(t, f, (uint64_t)addr, (bytes_t)bytes, VM_READ | VM_SHARED,
			 (uint64_t)offset, &start);
	r->map[i] = (struct ra_map){ start, (bytes_t)bytes, r->at_slot };
	return result;
}

static int64_t call_madvise(struct ra_replay *r, struct task *t, char **words)
{
	struct ra_map *map = mapping(r, words);
	int64_t offset = number(r, words), len = number(r, words);
	int advice = word_of(r, words, madvise_words);

	return r->failed
		   ? 0
		   : do_madvise(t, task_mm(t), map->start + (uint64_t)offset, (bytes_t)len, advice);
}

static int64_t call_touch(struct ra_replay *r, struct task *t, char **words)
{
	struct ra_map *map = mapping(r, words);
	uint64_t page = (uint64_t)number(r, words);

	return map ? user_access(t, task_mm(t), map->start + (page << PAGE_SHIFT), false) : 0;
}

static int64_t call_munmap(struct ra_replay *r, struct task *t, char **words)
{
	struct ra_map *map = mapping(r, words);
	uint64_t start;

	r->at_slot = -1;
	if (!map)
		return -EINVAL;
	start = map->start;
	map->start = 0;
	return do_munmap(t, task_mm(t), start, map->length);
}

static int64_t call_drop(struct ra_replay *r, struct task *t, char **words)
{
	(void)words;
	lru_add_drain_all(r->vm);
	drop_pagecache(t);
	return 0;
}

static void list_device(struct ra_replay *r, int64_t file)
{
	const struct request_queue *q = disk_queue(r->vm, 0);
	const struct disk_conf *conf = &queue_disk(q)->conf;

	add(r, RA_DEVICE,
	    (int64_t[]){ file, queue_ra_pages(q), queue_io_pages(q), (int64_t)queue_max_sectors(q),
			 conf->max_request_kb * 1024 / (int64_t)SECTOR_SIZE, conf->max_segments,
			 conf->max_segment_size },
	    7);
}

static int64_t write_queue(struct ra_replay *r, const char *row, int64_t value)
{
	static const struct tunable_class *const classes[] = { &queue_tunables, NULL };
	char *name = str_format("queue.%s.%s", r->ra->disk.name, row);
	struct tunable_ref ref;
	int result = -ENOENT;

	if (tunable_find(classes, name, &ref))
		result = value >= ref.row->min && value <= ref.row->max
			     ? tunable_write(r->sim, &ref, &value)
			     : -EINVAL;
	sim_free(name);
	return result;
}

/* Writes a limit of a file's device, whose limits are then listed. */
static int64_t write_limit(struct ra_replay *r, char **words, const char *row)
{
	int64_t file = number(r, words);
	int64_t result = write_queue(r, row, number(r, words));

	list_device(r, file);
	return result;
}

static int64_t call_rakb(struct ra_replay *r, struct task *t, char **words)
{
	(void)t;
	return write_limit(r, words, "read_ahead_kb");
}

static int64_t call_maxkb(struct ra_replay *r, struct task *t, char **words)
{
	(void)t;
	return write_limit(r, words, "max_sectors_kb");
}

static int64_t call_device(struct ra_replay *r, struct task *t, char **words)
{
	(void)t;
	list_device(r, number(r, words));
	return 0;
}

static int64_t call_sleep(struct ra_replay *r, struct task *t, char **words)
{
	task_sleep(t, (sim_time)number(r, words) * NS_PER_US);
	return 0;
}

static int64_t call_cache(struct ra_replay *r, struct task *t, char **words)
{
	int64_t file = number(r, words);
	struct inode *inode = file_of_number(r, file);
	uint64_t index = 0;
	xa_entry e;

	(void)t;
	for (; inode && (e = xa_find(&inode->mapping.i_pages, &index, UINT64_MAX)); index++) {
		struct page *folio;

		if (xa_is_value(e))
			continue;
		folio = page_folio(mapping_page(&inode->mapping, e));
		if (folio->index != index)
			continue;
		add(r, RA_CACHE,
		    (int64_t[]){ file, (int64_t)index, (int64_t)folio_nr_pages(folio),
				 folio_order(folio), (folio->flags & PG_readahead) != 0 },
		    5);
	}
	return 0;
}

static const struct ra_call {
	const char *name;
	int64_t (*run)(struct ra_replay *r, struct task *t, char **words);
	bool pause; /* it may read */
} calls[] = {
	{ "open", call_open, false },          { "close", call_close, false },
	{ "seek", call_seek, false },          { "read", call_read, true },
	{ "pread", call_pread, true },         { "advise", call_advise, true },
	{ "readahead", call_readahead, true }, { "mmap", call_mmap, false },
	{ "madvise", call_madvise, true },     { "touch", call_touch, true },
	{ "munmap", call_munmap, false },      { "drop", call_drop, false },
	{ "rakb", call_rakb, false },          { "maxkb", call_maxkb, false },
	{ "device", call_device, false },      { "sleep", call_sleep, false },
	{ "cache", call_cache, false },
};

/* ---- all of them ---- */

static void note_call(struct ra_replay *r, int64_t result)
{
	const struct file *f = r->at_slot >= 0 ? r->slot[r->at_slot] : NULL;
	int64_t row[9] = { result };

	for (int i = 1; i < 9; i++)
		row[i] = RA_DASH;
	if (f) {
		const struct file_ra_state *ra = &f->ra;
		int64_t state[8] = { r->at_slot,   (int64_t)ra->start,
				     ra->size,     ra->async_size,
				     ra->ra_pages, ra->mmap_miss,
				     ra->prev_pos, (f->mode & FMODE_RANDOM) != 0 };

		memcpy(&row[1], state, sizeof(state));
	}
	add(r, RA_CALLS, row, 9);
}

static void run_line(struct ra_replay *r, struct task *t, char *line)
{
	const char *name;

	r->call = number(r, &line);
	r->at_slot = -1;
	name = verify_word(&line);
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		int64_t result;

		if (strcmp(calls[i].name, name) != 0)
			continue;
		result = calls[i].run(r, t, &line);
		note_call(r, result);
		if (calls[i].pause)
			task_sleep(t, (sim_time)r->ra->pause_ns);
		return;
	}
	wrong(r, "no call of this name");
}

static void reader(struct task *t, void *arg)
{
	struct ra_replay *r = arg;
	char *line;

	linux_personality.task_start(t);
	write_queue(r, "read_ahead_kb", r->ra->read_ahead_kb);
	write_queue(r, "max_sectors_kb", r->ra->max_sectors_kb);
	while (!r->failed && (line = verify_line(&r->ops)))
		if (*line != '#')
			run_line(r, t, line);
	r->sim->tables->trace.sink = NULL; /* what the exit does belongs to no call */
	for (int i = 0; i < RA_MAX_SLOTS; i++)
		if (r->slot[i])
			file_close(t, r->slot[i]);
	linux_personality.task_exit(t);
}

static bool boot(struct ra_replay *r)
{
	struct ra_case *ra = r->ra;

	if (!linux_boot_on(r->sim, &ra->machine, &ra->kernel, &ra->files, ra->c->diag))
		return false;
	r->vm = linux_vm(r->sim);
	r->vm->sysctl.fault_around_bytes = ra->fault_around_bytes;
	return true;
}

bool ra_case_run(struct ra_case *ra)
{
	struct ra_replay *r = sim_calloc(1, sizeof(*r));
	struct tables tables;
	bool ok;

	r->ra = ra;
	if (!verify_read(ra->c, "ops.txt", &r->ops)) {
		verify_error(ra->c, "ops.txt is needed");
		sim_free(r);
		return false;
	}
	r->sim = sim_new(1);
	tables_init(&tables, &linux_personality);
	r->sim->tables = &tables;
	ok = boot(r);
	if (ok) {
		listen(r);
		task_spawn(r->sim, &r->sim->cpus[0], "reader", 0, reader, r);
		r->sim->end_with_tasks = true;
		sim_run(r->sim, FOREVER);
		ok = !r->failed;
	}
	linux_personality.halt(r->sim);
	tables_free(&tables);
	sim_free_run(r->sim);
	verify_text_free(&r->ops);
	sim_free(r);
	return ok;
}
