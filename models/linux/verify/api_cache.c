/*
 * api_cache.c - calls of the page cache on files of an ext2
 *
 * The machine: 512 MiB, one CPU, one device of 5 ms a request, readahead off.
 * A file is empty when it is opened first.  Each call is one call of the model,
 * in a task; its answer ends with the state of the file:
 *
 *	... i_size nrpages states     a letter a page: . none, u clean, d dirty ...
 *
 * What the bytes of a page are is worked out beside the model, from what it says
 * it zeroed, and from when a page became clean: then the disk got the same.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "models/linux/boot/boot.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/model_list.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/verify/api_cache.h"
#include "models/linux/verify/api_machine.h"
#include "models/linux/writeback/writeback.h"

#define MAX_FILES 64
#define MAX_PAGES 4096 /* of a file of which states are shown */

/* The module that made the calls: going from one to the next, and looking at the state of a page.
 */
#define CALL_NS       3000
#define PAGE_STATE_NS 250

/* Bytes of one page that are not zero, in the cache and on the disk. */
struct content {
	uint64_t cache[PAGE_SIZE / 64], disk[PAGE_SIZE / 64];
	bool was_cached, was_dirty;
};

struct cache_file {
	struct file *f;       /* NULL: not open */
	uint64_t shown;       /* pages whose states are written */
	struct content *page; /* owned; shown of them */
};

/* A script while it runs. */
struct cache_run {
	struct api_case *a;
	struct api_machine machine;
	struct cache_file file[MAX_FILES];
	struct cache_file *at; /* file of the call that runs */
	const struct api_line *line;
	struct str *out; /* its answer */
};

/* ---- content of pages ---- */

static void fill_bits(uint64_t *bits, uint64_t from, uint64_t n, bool set)
{
	for (uint64_t i = from; i < from + n; i++) {
		if (set)
			bits[i / 64] |= 1ULL << i % 64;
		else
			bits[i / 64] &= ~(1ULL << i % 64);
	}
}

static struct page *page_at(const struct cache_file *file, uint64_t index)
{
	const struct address_space *m = &file->f->inode->mapping;
	xa_entry e = xa_load(&m->i_pages, index);

	return e && !xa_is_value(e) ? mapping_page(m, e) : NULL;
}

/*
 * A page that is dirty no more was written; one that went is forgotten, and so is what truncation
 * zeroed in a clean one.
 */
static void settle_content(struct cache_file *file)
{
	for (uint64_t i = 0; i < file->shown; i++) {
		struct content *c = &file->page[i];
		const struct page *page = page_at(file, i);

		if (page && !c->was_cached)
			memcpy(c->cache, c->disk, sizeof(c->cache));
		if (page && c->was_dirty && !(page->flags & PG_dirty))
			memcpy(c->disk, c->cache, sizeof(c->disk));
		c->was_cached = page != NULL;
		c->was_dirty = page && (page->flags & PG_dirty);
	}
}

static void note_zero(struct sim *s, const struct trace_record *r)
{
	struct cache_run *run = CONTAINER_OF(s->tables, struct cache_run, machine.tables);
	uint64_t index = (uint64_t)r->v[1], n = (uint64_t)r->v[3];
	struct cache_file *file;

	if ((r->id != TP_sim_zero_partial && r->id != TP_sim_zero_tail) || r->v[0] < 0 ||
	    r->v[0] >= MAX_FILES)
		return;
	file = &run->file[r->v[0]];
	if (index < file->shown)
		fill_bits(file->page[index].cache, (uint64_t)r->v[2], n, false);
}

/* Bytes pos..pos + count are written; all of page i become i + 1, which is 0 for some. */
static void note_write(struct cache_file *file, int64_t pos, int64_t count)
{
	settle_content(file);
	for (int64_t at = pos; at < pos + count;) {
		uint64_t index = (uint64_t)at >> PAGE_SHIFT, offset = (uint64_t)at % PAGE_SIZE;
		uint64_t n = min_u64(PAGE_SIZE - offset, (uint64_t)(pos + count - at));

		if (index < file->shown)
			fill_bits(file->page[index].cache, offset, n, (uint8_t)(index + 1) != 0);
		at += (int64_t)n;
	}
}

/* ---- the calls ---- */

static int64_t number(struct cache_run *run, int i)
{
	return api_number(run->a, run->line, i);
}

static struct address_space *mapping(const struct cache_run *run)
{
	return &run->at->f->inode->mapping;
}

static void say(struct cache_run *run, int64_t v)
{
	str_addf(run->out, "%" PRId64, v);
}

static void do_open(struct cache_run *run, struct task *t)
{
	int64_t id = number(run, 1), shown = number(run, 3);
	struct cache_file *file = &run->file[id];

	if (file->f || shown < 0 || shown > MAX_PAGES) {
		api_error(run->a, run->line, "open already, or too many pages");
		return;
	}
	file->f = file_open(t, run->machine.vm->files->inodes[id]);
	file->shown = (uint64_t)shown;
	file->page = sim_calloc(file->shown + 1, sizeof(*file->page));
	say(run, 0);
}

static void do_write(struct cache_run *run, struct task *t)
{
	int64_t pos = number(run, 2), count = number(run, 3), at = pos;
	int64_t done;

	if (pos < 0 || count < 0) {
		api_error(run->a, run->line, "out of range");
		return;
	}
	settle_content(run->at);
	done = generic_file_write_iter(t, run->at->f, &at, (bytes_t)count);
	if (done > 0)
		note_write(run->at, pos, done);
	say(run, done);
}

/* Number of zero bytes of a cached page. */
static void do_bytes(struct cache_run *run, struct task *t)
{
	uint64_t index = (uint64_t)number(run, 2);
	int64_t zero = PAGE_SIZE;

	(void)t;
	if (index >= run->at->shown || !page_at(run->at, index)) {
		str_add(run->out, "-");
		return;
	}
	for (size_t i = 0; i < PAGE_SIZE / 64; i++)
		zero -= __builtin_popcountll(run->at->page[index].cache[i]);
	say(run, zero);
}

static void do_sleep_ms(struct cache_run *run, struct task *t)
{
	task_sleep_ticks(t, div_round_up((uint64_t)number(run, 1) * HZ, 1000));
	str_add(run->out, "-");
}

static enum xa_mark tag(struct cache_run *run, int i)
{
	static const char *const names[XA_NR_MARKS] = {
		[PAGECACHE_TAG_DIRTY] = "dirty",
		[PAGECACHE_TAG_WRITEBACK] = "writeback",
		[PAGECACHE_TAG_TOWRITE] = "towrite",
	};

	for (int m = 0; m < XA_NR_MARKS; m++)
		if (i < run->line->nr_words && !strcmp(run->line->word[i], names[m]))
			return (enum xa_mark)m;
	api_error(run->a, run->line, "no such tag; accepted: dirty, writeback, towrite");
	return XA_MARK_0;
}

/* "3 next 14 6,8,10"; the references are dropped. */
static void say_pages(struct cache_run *run, const struct task *t, struct page **pages, unsigned n,
		      uint64_t next)
{
	str_addf(run->out, "%u next %" PRId64 " %s", n, (int64_t)next, n ? "" : "-");
	for (unsigned i = 0; i < n; i++) {
		str_addf(run->out, "%s%" PRIu64, i ? "," : "", pages[i]->index);
		put_page(run->machine.vm, t->cpu, pages[i]);
	}
}

static void do_get_folios(struct cache_run *run, struct task *t)
{
	uint64_t start = (uint64_t)number(run, 2);
	struct folio_batch b;

	filemap_get_folios(mapping(run), &start, (uint64_t)number(run, 3), &b);
	say_pages(run, t, b.page, b.nr, start);
}

static void do_get_folios_contig(struct cache_run *run, struct task *t)
{
	uint64_t start = (uint64_t)number(run, 2);
	struct folio_batch b;

	filemap_get_folios_contig(mapping(run), &start, (uint64_t)number(run, 3), &b);
	say_pages(run, t, b.page, b.nr, start);
}

static void do_get_folios_tag(struct cache_run *run, struct task *t)
{
	uint64_t start = (uint64_t)number(run, 2);
	struct folio_batch b;

	filemap_get_folios_tag(mapping(run), &start, (uint64_t)number(run, 3), tag(run, 4), &b);
	say_pages(run, t, b.page, b.nr, start);
}

static void do_find_get_pages_range_tag(struct cache_run *run, struct task *t)
{
	uint64_t start = (uint64_t)number(run, 2);
	unsigned max = (unsigned)clamp_u64((uint64_t)number(run, 4), 0, MAX_PAGES), n;
	struct page **pages = sim_calloc(max + 1, sizeof(struct page *));

	n = find_get_pages_range_tag(mapping(run), &start, (uint64_t)number(run, 3), tag(run, 5),
				     max, pages);
	say_pages(run, t, pages, n, start);
	sim_free(pages);
}

static void do_get_entry(struct cache_run *run, struct task *t)
{
	xa_entry e = find_get_entry(mapping(run), (uint64_t)number(run, 2));
	struct page *page;

	if (!e || xa_is_value(e)) {
		str_add(run->out, e ? "value" : "none");
		return;
	}
	page = mapping_page(mapping(run), e);
	str_addf(run->out, "page %" PRIu64, page_index(page));
	put_page(run->machine.vm, t->cpu, page);
}

static void do_tag_for_writeback(struct cache_run *run, struct task *t)
{
	tag_pages_for_writeback(t, mapping(run), (uint64_t)number(run, 2),
				(uint64_t)number(run, 3));
	str_add(run->out, "-");
}

/* A locked page becomes dirty: whether it was not, or "none". */
static void do_set_dirty(struct cache_run *run, struct task *t)
{
	struct page *page =
	    pagecache_get_page(t, mapping(run), (uint64_t)number(run, 2), FGP_LOCK, 0);

	if (!page) {
		str_add(run->out, "none");
		return;
	}
	say(run, set_page_dirty(t, page));
	unlock_page(run->machine.vm, page);
	put_page(run->machine.vm, t->cpu, page);
}

/* Calls that are one call: a number, or "-" for none. */
#define ONE_CALL(name, expression)                                                                 \
	static void do_##name(struct cache_run *run, struct task *t)                               \
	{                                                                                          \
		(void)t;                                                                           \
		say(run, (int64_t)(expression));                                                   \
	}
#define VOID_CALL(name, call)                                                                      \
	static void do_##name(struct cache_run *run, struct task *t)                               \
	{                                                                                          \
		(void)t;                                                                           \
		call;                                                                              \
		str_add(run->out, "-");                                                            \
	}
#define INDEX(i) ((uint64_t)number(run, i))
#define INODE    (run->at->f->inode)

ONE_CALL(page_cache_next_miss, page_cache_next_miss(mapping(run), INDEX(2), INDEX(3)))
ONE_CALL(page_cache_prev_miss, page_cache_prev_miss(mapping(run), INDEX(2), INDEX(3)))
ONE_CALL(range_has_page, filemap_range_has_page(mapping(run), number(run, 2), number(run, 3)))
ONE_CALL(filemap_flush, filemap_flush(t, mapping(run)))
ONE_CALL(filemap_fdatawrite, filemap_fdatawrite(t, mapping(run)))
ONE_CALL(filemap_fdatawrite_range,
	 filemap_fdatawrite_range(t, mapping(run), number(run, 2), number(run, 3)))
ONE_CALL(filemap_fdatawait_range,
	 filemap_fdatawait_range(t, mapping(run), number(run, 2), number(run, 3)))
ONE_CALL(filemap_write_and_wait_range,
	 filemap_write_and_wait_range(t, mapping(run), number(run, 2), number(run, 3)))
ONE_CALL(invalidate_mapping_pages, invalidate_mapping_pages(t, mapping(run), INDEX(2), INDEX(3)))
ONE_CALL(invalidate_inode_pages2, invalidate_inode_pages2(t, mapping(run)))
ONE_CALL(invalidate_inode_pages2_range,
	 invalidate_inode_pages2_range(t, mapping(run), INDEX(2), INDEX(3)))
VOID_CALL(set_error, mapping_set_error(mapping(run), (int)number(run, 2)))
VOID_CALL(unmap_mapping_range,
	  unmap_mapping_range(t, mapping(run), number(run, 2), number(run, 3), number(run, 4) != 0))
VOID_CALL(truncate_inode_pages, truncate_inode_pages(t, mapping(run), number(run, 2)))
VOID_CALL(truncate_inode_pages_range,
	  truncate_inode_pages_range(t, mapping(run), number(run, 2), number(run, 3)))
VOID_CALL(truncate_pagecache, truncate_pagecache(t, INODE, number(run, 2)))
VOID_CALL(truncate_pagecache_range,
	  truncate_pagecache_range(t, INODE, number(run, 2), number(run, 3)))
VOID_CALL(truncate_setsize, truncate_setsize(t, INODE, number(run, 2)))
/* the size is set first, as a write beyond the end does */
VOID_CALL(pagecache_isize_extended, INODE->i_size = (bytes_t)number(run, 3);
	  pagecache_isize_extended(t, INODE, number(run, 2), number(run, 3)))

enum call_flag {
	NO_STATE = 1, /* no state of a file behind the answer */
	LOCKS = 2,    /* its caller has the inode's lock */
};

static const struct cache_call {
	struct api_call call;
	unsigned flags; /* enum call_flag */
	void (*run)(struct cache_run *run, struct task *t);
} calls[] = {
	{ { "open", 3 }, 0, do_open },
	{ { "sleep_ms", 1 }, NO_STATE, do_sleep_ms },
	{ { "write", 3 }, 0, do_write },
	{ { "bytes", 2 }, 0, do_bytes },
	{ { "get_folios", 3 }, 0, do_get_folios },
	{ { "get_folios_contig", 3 }, 0, do_get_folios_contig },
	{ { "get_folios_tag", 4 }, 0, do_get_folios_tag },
	{ { "find_get_pages_range_tag", 5 }, 0, do_find_get_pages_range_tag },
	{ { "get_entry", 2 }, 0, do_get_entry },
	{ { "page_cache_next_miss", 3 }, 0, do_page_cache_next_miss },
	{ { "page_cache_prev_miss", 3 }, 0, do_page_cache_prev_miss },
	{ { "range_has_page", 3 }, 0, do_range_has_page },
	{ { "tag_for_writeback", 3 }, 0, do_tag_for_writeback },
	{ { "set_dirty", 2 }, 0, do_set_dirty },
	{ { "set_error", 2 }, 0, do_set_error },
	{ { "filemap_flush", 1 }, 0, do_filemap_flush },
	{ { "filemap_fdatawrite", 1 }, 0, do_filemap_fdatawrite },
	{ { "filemap_fdatawrite_range", 3 }, 0, do_filemap_fdatawrite_range },
	{ { "filemap_fdatawait_range", 3 }, 0, do_filemap_fdatawait_range },
	{ { "filemap_write_and_wait_range", 3 }, 0, do_filemap_write_and_wait_range },
	{ { "invalidate_mapping_pages", 3 }, 0, do_invalidate_mapping_pages },
	{ { "invalidate_inode_pages2", 1 }, 0, do_invalidate_inode_pages2 },
	{ { "invalidate_inode_pages2_range", 3 }, 0, do_invalidate_inode_pages2_range },
	{ { "unmap_mapping_range", 4 }, 0, do_unmap_mapping_range },
	{ { "truncate_inode_pages", 2 }, LOCKS, do_truncate_inode_pages },
	{ { "truncate_inode_pages_range", 3 }, LOCKS, do_truncate_inode_pages_range },
	{ { "truncate_pagecache", 2 }, LOCKS, do_truncate_pagecache },
	{ { "truncate_pagecache_range", 3 }, LOCKS, do_truncate_pagecache_range },
	{ { "truncate_setsize", 2 }, LOCKS, do_truncate_setsize },
	{ { "pagecache_isize_extended", 3 }, LOCKS, do_pagecache_isize_extended },
};

/* ---- the state of a file ---- */

static char state_letter(struct page *page)
{
	char c = 'u';

	if (!page)
		return '.';
	page = page_folio(page);
	if ((page->flags & PG_dirty) && (page->flags & PG_writeback))
		c = 'b';
	else if (page->flags & PG_writeback)
		c = 'w';
	else if (page->flags & PG_dirty)
		c = 'd';
	else if (!(page->flags & PG_uptodate))
		c = 'n';
	return page_mapcount(page) > 0 ? (char)(c - 'a' + 'A') : c;
}

/* States are read one after the other, while requests go on ending. */
static void say_state(struct cache_run *run, struct task *t)
{
	const struct cache_file *file = run->at;

	str_addf(run->out, " %" PRIu64 " %" PRIu64 " ", file->f->inode->i_size,
		 file->f->inode->mapping.nrpages);
	task_run(t, CALL_NS);
	for (uint64_t i = 0; i < file->shown; i++) {
		task_run(t, PAGE_STATE_NS);
		task_sync(t);
		str_addf(run->out, "%c", state_letter(page_at(file, i)));
	}
}

/* ---- all of them ---- */

/* The file of a call; open makes it, the others want it open. */
static bool choose_file(struct cache_run *run, const struct cache_call *call)
{
	int64_t id = number(run, 1);

	if (call->flags & NO_STATE)
		return true;
	if (id < 0 || id >= MAX_FILES || (!run->file[id].f && call->run != do_open)) {
		api_error(run->a, run->line, "no such file");
		return false;
	}
	run->at = &run->file[id];
	return true;
}

void api_cache_call(struct cache_run *run, struct task *t, struct api_line *l)
{
	int c = api_find_call(run->a, l, &calls[0].call, ARRAY_LEN(calls), sizeof(calls[0]));
	const struct cache_call *call = c < 0 ? NULL : &calls[c];
	struct str answer = { 0 };

	run->line = l;
	run->out = &answer;
	run->at = NULL;
	if (call && choose_file(run, call)) {
		if (call->flags & LOCKS)
			inode_lock(t, run->at->f->inode);
		call->run(run, t);
		if (call->flags & LOCKS)
			inode_unlock(t, run->at->f->inode);
		if (run->at && run->at->f) {
			settle_content(run->at);
			say_state(run, t);
		}
	}
	l->answer = sim_strdup(str_get(&answer));
	str_free(&answer);
}

static void run_script(struct task *t, void *arg)
{
	struct cache_run *run = arg;
	struct api_case *a = run->a;

	for (size_t i = 0; i < a->n && !diag_failed(a->c->diag); i++)
		if (a->lines[i].is_call)
			api_cache_call(run, t, &a->lines[i]);
}

int api_cache_files(struct api_case *a)
{
	int64_t n = -1;

	for (size_t i = 0; i < a->n; i++)
		if (a->lines[i].is_call && !strcmp(a->lines[i].word[0], "open"))
			n = max_s64(n, api_number(a, &a->lines[i], 1));
	if (n >= MAX_FILES)
		verify_error(a->c, "calls.txt: too many files; accepted: 0 to %d", MAX_FILES - 1);
	return (int)n + 1;
}

struct cache_run *api_cache_new(struct api_case *a)
{
	struct cache_run *run = sim_calloc(1, sizeof(*run));

	run->a = a;
	return run;
}

struct api_machine *api_cache_machine(struct cache_run *run)
{
	return &run->machine;
}

struct file *api_cache_file(const struct cache_run *run, uint64_t i)
{
	return i < MAX_FILES ? run->file[i].f : NULL;
}

bool api_cache_has(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (strcmp(name, calls[i].call.name) == 0)
			return true;
	return false;
}

void api_cache_free(struct cache_run *run)
{
	api_machine_stop(&run->machine);
	for (int i = 0; i < MAX_FILES; i++)
		sim_free(run->file[i].page);
	sim_free(run);
}

static bool cache_run(struct api_case *a)
{
	struct cache_run *run = api_cache_new(a);
	int nr_files = api_cache_files(a);

	if (!diag_failed(a->c->diag) && api_machine_start(a->c, &run->machine, nr_files)) {
		run->machine.tables.trace.sink = note_zero;
		trace_enable(&run->machine.tables.trace, "sim_zero_partial", TRACE_RECORD);
		trace_enable(&run->machine.tables.trace, "sim_zero_tail", TRACE_RECORD);
		api_machine_run(&run->machine, run_script, run);
	}
	api_cache_free(run);
	return !diag_failed(a->c->diag);
}

/* ---- comparing ---- */

enum { Q_ANSWERS, Q_I_SIZE, Q_NRPAGES, Q_STATES };

static const char *const quantities[] = { "answers", "i_size", "nrpages", "states", NULL };

/* Cuts the last word off. */
static char *cut_word(char *text)
{
	char *blank = strrchr(text, ' ');

	if (!blank)
		return NULL;
	*blank = '\0';
	return blank + 1;
}

static void cache_compare(const struct api_line *l, struct verify_quantity *q)
{
	char *ours = sim_strdup(l->answer), *theirs = sim_strdup(l->recorded);
	bool state = strcmp(l->word[0], "sleep_ms") != 0;

	for (int k = Q_STATES; state && k > Q_ANSWERS; k--) {
		const char *x = cut_word(ours), *y = cut_word(theirs);

		verify_count(&q[k], x && y && !strcmp(x, y), "line %d %s: %s, recorded %s",
			     l->number, l->text, x ? x : "", y ? y : "");
	}
	verify_count(&q[Q_ANSWERS], !strcmp(ours, theirs), "line %d %s: %s, recorded %s", l->number,
		     l->text, ours, theirs);
	sim_free(ours);
	sim_free(theirs);
}

const struct api_group api_cache = {
	.name = "cache",
	.run = cache_run,
	.compare = cache_compare,
	.quantities = quantities,
};
