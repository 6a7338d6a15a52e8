/*
 * readahead_example.c - calls of a reader, and what they made readahead do
 */
#include <inttypes.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/filemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/tunables.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/readahead_example.h"

#define MACHINE                                                                                    \
	"machine:\n"                                                                               \
	"  nodes: [{ cpus: 1, memory: 1 GiB }]\n"                                                  \
	"  disks: [{ name: sda, preset: nvme, max_request_kb: 16384 }]\n"                          \
	"files:\n"                                                                                 \
	"  - { name: big, disk: sda, size: 10 GiB }\n"                                             \
	"  - { name: folios, disk: sda, size: 1 GiB, fs: xfs }\n"                                  \
	"  - { name: p16, disk: sda, size: 64 KiB }\n"                                             \
	"  - { name: p17, disk: sda, size: 68 KiB }\n"                                             \
	"  - { name: p20, disk: sda, size: 80 KiB }\n"

struct example {
	const char *file;
	const struct step *steps;
	struct str log;      /* since the last step */
	struct str io;       /* of the decision that is not yet told */
	int64_t first, last; /* the run of single pages that ends it */
	int64_t from, to;    /* pages put into the cache for this decision */
	struct sim *s;
	struct file *f;
	uint64_t map;
};

static void end_run(struct example *e)
{
	if (e->first >= 0)
		str_addf(&e->io, " %" PRId64 "-%" PRId64, e->first, e->last);
	e->first = -1;
}

static void add_folio(struct example *e, int64_t index, int64_t order)
{
	if (e->from < 0)
		e->from = index;
	e->to = index + (1LL << order) - 1;
	if (order || (e->first >= 0 && index != e->last + 1))
		end_run(e);
	if (order)
		str_addf(&e->io, " %" PRId64 "/%" PRId64, index, order);
	else if (e->first < 0)
		e->first = index;
	if (!order)
		e->last = index;
}

static void add_marks(struct example *e)
{
	const struct address_space *m = &e->f->inode->mapping;

	for (int64_t i = e->from; i >= 0 && i <= e->to; i++) {
		xa_entry entry = xa_load(&m->i_pages, (uint64_t)i);

		if (entry && mapping_page(m, entry)->flags & PG_readahead)
			str_addf(&e->io, " m%" PRId64, i);
	}
}

static void clear_io(struct example *e)
{
	str_free(&e->io);
	e->first = e->from = e->to = -1;
}

static void listen(struct sim *s, const struct trace_record *r)
{
	static const char *const kinds[] = { "sync", "async", "force", "around" };
	struct example *e = s->tables->trace.sink_arg;
	const int64_t *v = r->v;

	if (r->id == TP_mm_filemap_add_to_page_cache)
		add_folio(e, v[1], v[3]);
	if (r->id == TP_sim_readahead_window)
		end_run(e);
	if (r->id != TP_sim_readahead)
		return;
	add_marks(e);
	str_addf(&e->log, "%s%s %" PRId64 " (%" PRId64 ",%" PRId64 ",%" PRId64 ")%s",
		 e->log.len ? ", " : "", kinds[v[0]], v[2], v[8], v[9], v[10], str_get(&e->io));
	clear_io(e);
}

static void set_queue(struct sim *s, const char *name, int64_t v)
{
	static const struct tunable_class *const classes[] = { &queue_tunables, NULL };
	struct tunable_ref ref;

	assert_true(tunable_find(classes, name, &ref));
	assert_int_equal(tunable_write(s, &ref, &v), 0);
}

static void read_at(struct task *t, struct example *e, int64_t pos, int64_t bytes)
{
	generic_file_read_iter(t, e->f, &pos, (bytes_t)bytes);
	task_sleep(t, 10 * NS_PER_MS);
}

/* Brings pages into the cache, and nothing else: no marks, no state. */
static void cached(struct task *t, struct example *e, int64_t first, int64_t last)
{
	struct file *f = file_open(t, e->f->inode);
	int64_t pos = first * 4096;

	f->mode |= FMODE_RANDOM;
	generic_file_read_iter(t, f, &pos, (bytes_t)(last - first + 1) * 4096);
	file_close(t, f);
	str_free(&e->log);
}

static void map_file(struct task *t, struct example *e, int advice)
{
	bytes_t len = 256 << 20;

	assert_int_equal(do_mmap(t, e->f, 0x10000000000, len, VM_READ | VM_SHARED, 0, &e->map), 0);
	assert_int_equal(do_madvise(t, task_mm(t), e->map, len, advice), 0);
}

static void touch(struct task *t, struct example *e, int64_t first, int64_t last)
{
	for (int64_t i = first; i <= last; i++) {
		assert_int_equal(
		    user_access(t, task_mm(t), e->map + ((uint64_t)i << PAGE_SHIFT), false), 0);
		task_sleep(t, 10 * NS_PER_MS);
	}
}

static void run_step(struct task *t, struct example *e, const struct step *s)
{
	struct inode *inode = e->f->inode;

	switch (s->what) {
	case END:
		break;
	case READ:
		read_at(t, e, s->a, s->b);
		break;
	case READS:
		for (int64_t i = s->a; i <= s->b; i++)
			read_at(t, e, i * 4096, 4096);
		break;
	case CHUNKS:
		for (int64_t pos = 0; pos < s->a; pos += s->b)
			read_at(t, e, pos, s->b);
		break;
	case CACHED:
		cached(t, e, s->a, s->b);
		break;
	case MARKED:
		mapping_page(&inode->mapping, xa_load(&inode->mapping.i_pages, (uint64_t)s->a))
		    ->flags |= PG_readahead;
		break;
	case OPEN:
		file_close(t, e->f);
		e->f = file_open(t, inode);
		break;
	case ADVICE:
		generic_fadvise(t, e->f, 0, 0, (enum fadvise_advice)s->a);
		break;
	case FORCE:
		generic_fadvise(t, e->f, s->a * 4096, s->b * 4096, POSIX_FADV_WILLNEED);
		break;
	case DROP:
		lru_add_drain_all(linux_vm(e->s));
		drop_pagecache(t);
		break;
	case RAKB:
		set_queue(e->s, "queue.sda.read_ahead_kb", s->a);
		break;
	case MAXKB:
		set_queue(e->s, "queue.sda.max_sectors_kb", s->a);
		break;
	case SET_RA:
		e->f->ra.ra_pages = (uint32_t)s->a;
		break;
	case MISSES:
		e->f->ra.mmap_miss = (uint32_t)s->a;
		break;
	case MAP:
		map_file(t, e, (int)s->a);
		break;
	case TOUCH:
		touch(t, e, s->a, s->b);
		break;
	case TWO:
		for (int64_t i = 0; i <= s->a; i++) {
			read_at(t, e, i * 4096, 4096);
			read_at(t, e, (s->b + i) * 4096, 4096);
		}
		break;
	}
}

static void run_steps(struct task *t, void *arg)
{
	struct example *e = arg;

	e->s = t->sim;
	e->f = file_open(t, file_by_name(task_vm(t), e->file));
	clear_io(e);
	for (const struct step *s = e->steps; s->what != END; s++) {
		run_step(t, e, s);
		if (e->from >= 0)
			str_addf(&e->log, "%salone %" PRId64, e->log.len ? ", " : "", e->from);
		if (s->log || s->what != CACHED)
			assert_string_equal(str_get(&e->log), s->log ? s->log : "");
		clear_io(e);
		str_free(&e->log);
	}
	if (!e->map)
		file_close(t, e->f);
}

void run_example(struct fixture *f, const char *file, const struct step *steps)
{
	struct example e = { .file = file, .steps = steps };

	fixture_boot(f, MACHINE);
	f->tables.trace.sink = listen;
	f->tables.trace.sink_arg = &e;
	trace_enable(&f->tables.trace, "sim_readahead*", TRACE_RECORD);
	trace_enable(&f->tables.trace, "mm_filemap_add_to_page_cache", TRACE_RECORD);
	fixture_task(f, run_steps, &e);
	fixture_check(f);
}
