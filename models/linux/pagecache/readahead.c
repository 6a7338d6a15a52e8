/*
 * readahead.c - how much to read before it is asked for
 *
 * The state of an open file is its last window:
 *
 *	   start            start + size - async_size   start + size
 *	     |  ... pages ...  | mark ... async_size ...  |
 *
 * The mark sits on a page of the window.  A reader that reaches it sets off
 * the next window while the rest of this one is still ahead of it, so that it
 * never waits; a reader that meets a missing page waits for a new window.
 */
#include <errno.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/pagecache/filemap.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

#define FORCED_CHUNK        512 /* pages of one piece of forced readahead: 2 MiB */
#define MAX_PAGECACHE_ORDER 9   /* of folios: 2 MiB */

void file_ra_state_init(struct file_ra_state *ra, const struct inode *inode)
{
	*ra = (struct file_ra_state){
		.ra_pages = inode->bdi ? queue_ra_pages(inode->bdi->q) : 0,
		.prev_pos = -1,
	};
}

/* The first window of a stream that asks for size pages. */
uint32_t get_init_ra_size(uint64_t size, uint64_t max)
{
	uint64_t n = roundup_pow2(size);

	if (n <= max / 32)
		n *= 4;
	else if (n <= max / 4)
		n *= 2;
	else
		n = max;
	return (uint32_t)n;
}

/* The window after one of cur pages. */
uint32_t get_next_ra_size(uint64_t cur, uint64_t max)
{
	if (cur < max / 16)
		return (uint32_t)(4 * cur);
	if (cur <= max / 2)
		return (uint32_t)(2 * cur);
	return (uint32_t)max;
}

/* --- from a window to I/O --- */

/* Pages, or folios, of a run that are in the cache, locked, and not yet being read. */
struct ra_run {
	uint32_t *pfn; /* owned unless few */
	uint64_t n;
	uint32_t few[64];
};

static void run_submit(struct task *t, struct address_space *m, struct ra_run *run)
{
	read_pages(t, m, run->pfn, run->n, REQ_RAHEAD);
	run->n = 0;
}

/* Room for the pages, or folios, of a run. */
static void run_init(struct ra_run *run, uint64_t nr)
{
	run->n = 0;
	run->pfn = nr > ARRAY_LEN(run->few) ? sim_alloc(nr * sizeof(*run->pfn)) : run->few;
}

static void run_free(struct ra_run *run)
{
	if (run->pfn != run->few)
		sim_free(run->pfn);
}

/* Between inserting pages and reading them no file system may be entered: memalloc_nofs_save. */
static gfp_t readahead_gfp_mask(const struct address_space *m)
{
	return (m->gfp_mask & ~__GFP_FS) | __GFP_NORETRY | __GFP_NOWARN;
}

static void window_submitted(struct linux_vm *vm, const struct address_space *m, uint64_t index,
			     uint64_t nr, uint64_t lookahead, uint64_t inserted)
{
	vm->stat.sim_readahead_pages += (int64_t)inserted;
	trace_sim_readahead_window(vm->sim, m->host->id, (int64_t)index, (int64_t)nr,
				   (int64_t)lookahead, (int64_t)inserted);
}

/*
 * Puts the missing pages of [index, index + nr) into the cache and starts reading them.  The page
 * lookahead pages before the end (after cutting at the end of the file) carries the mark, if it is
 * one that was missing.
 */
static void do_page_cache_ra(struct task *t, struct address_space *m, uint64_t index, uint64_t nr,
			     uint64_t lookahead)
{
	struct linux_vm *vm = m->vm;
	bytes_t size = m->host->i_size;
	gfp_t gfp = readahead_gfp_mask(m);
	struct ra_run run;
	uint64_t inserted = 0;

	if (size == 0)
		return;

	uint64_t last = (size - 1) >> PAGE_SHIFT;

	if (index > last)
		return;
	if (nr > last - index)
		nr = last - index + 1;
	run_init(&run, nr);
	for (uint64_t i = 0; i < nr; i++) {
		xa_entry e = xa_load(&m->i_pages, index + i);

		task_run(t, (sim_time)vm->machine->cost.readahead_look);
		if (e && !xa_is_value(e)) {
			run_submit(t, m, &run);
			continue;
		}

		struct page *page = page_cache_alloc(t, m, gfp);

		if (!page)
			break;
		if (add_to_page_cache_lru(t, page, m, index + i, gfp)) {
			put_page(vm, t->cpu, page);
			run_submit(t, m, &run);
			continue;
		}
		put_page(vm, t->cpu, page); /* the cache and the batch hold it */
		page->flags |= i == nr - lookahead ? PG_readahead | PG_sim_unused : PG_sim_unused;
		run.pfn[run.n++] = page_to_pfn(vm, page);
		inserted++;
	}
	run_submit(t, m, &run);
	run_free(&run);
	window_submitted(vm, m, index, nr, lookahead, inserted);
}

/* One folio of a window, with the mark if the mark's page is in it.  0, -ENOMEM, -EEXIST. */
static int ra_alloc_folio(struct task *t, struct address_space *m, uint64_t index, uint64_t mark,
			  int order, struct ra_run *run)
{
	struct linux_vm *vm = m->vm;
	gfp_t gfp = readahead_gfp_mask(m);
	struct page *folio = folio_alloc(t, gfp, order);
	int r;

	if (!folio)
		return -ENOMEM;
	r = add_to_page_cache_lru(t, folio, m, index, gfp);
	put_page(vm, t->cpu, folio); /* the cache and the batch hold it, or nobody */
	if (r)
		return r;
	for (uint64_t i = 0; i < 1ULL << order; i++)
		folio[i].flags |= PG_sim_unused;
	if (index == (mark & ~((1ULL << order) - 1)))
		folio->flags |= PG_readahead;
	run->pfn[run->n++] = page_to_pfn(vm, folio);
	return 0;
}

/* The order of the folio at index: aligned, and not beyond limit.  There is no order 1. */
static int ra_folio_order(uint64_t index, uint64_t limit, int order)
{
	if (index & ((1ULL << order) - 1)) {
		order = __builtin_ctzll(index);
		if (order == 1)
			order = 0;
	}
	while (index + (1ULL << order) - 1 > limit)
		if (--order == 1)
			order = 0;
	return order;
}

void page_cache_ra_order(struct task *t, struct address_space *m, struct file_ra_state *ra,
			 uint64_t index, int order)
{
	uint64_t first = index, mark = index + ra->size - ra->async_size;
	struct ra_run run;
	int r = 0;

	if (!mapping_large_folio_support(m) || ra->size < 4 || !m->host->i_size) {
		do_page_cache_ra(t, m, index, ra->size, ra->async_size);
		return;
	}

	uint32_t size = ra->size, async_size = ra->async_size;
	uint64_t last = (m->host->i_size - 1) >> PAGE_SHIFT;
	uint64_t limit = min_u64(last, index + ra->size - 1);

	if (order < MAX_PAGECACHE_ORDER) {
		order = order + 2 < MAX_PAGECACHE_ORDER ? order + 2 : MAX_PAGECACHE_ORDER;
		while (1u << order > ra->size)
			order--;
	}
	run_init(&run, ra->size);
	while (index <= limit) {
		int this_order = ra_folio_order(index, limit, order);

		r = ra_alloc_folio(t, m, index, mark, this_order, &run);
		if (r)
			break;
		index += 1ULL << this_order;
	}
	if (index > limit) {
		ra->size += (uint32_t)(index - limit - 1);
		ra->async_size += (uint32_t)(index - limit - 1);
	}
	run_submit(t, m, &run);
	run_free(&run);
	if (index > first)
		window_submitted(m->vm, m, first, size, async_size, index - first);
	/* no memory, or part of it was there: the rest page by page */
	if (r)
		do_page_cache_ra(t, m, index, ra->size, ra->async_size);
}

void force_page_cache_ra(struct task *t, struct address_space *m, struct file_ra_state *ra,
			 uint64_t index, uint64_t nr)
{
	const struct request_queue *q = m->host->bdi->q;
	uint64_t max = max_u64(queue_io_pages(q), ra->ra_pages);

	nr = min_u64(nr, max);
	while (nr) {
		uint64_t chunk = min_u64(nr, FORCED_CHUNK);

		do_page_cache_ra(t, m, index, chunk, 0);
		index += chunk;
		nr -= chunk;
	}
}

/* --- the decision --- */

/* Cached pages that end just before index, as far as max pages back. */
static uint64_t count_history_pages(struct address_space *m, uint64_t index, uint64_t max)
{
	return index - 1 - page_cache_prev_miss(m, index - 1, max);
}

/* A stream that other readers' state has hidden: it has left pages in the cache. */
static bool try_context_readahead(struct address_space *m, struct file_ra_state *ra, uint64_t index,
				  uint64_t req, uint64_t max)
{
	uint64_t history = count_history_pages(m, index, max);

	if (history <= req)
		return false;
	if (history >= index)
		history *= 2; /* from the beginning of the file */
	ra->start = index;
	ra->size = (uint32_t)min_u64(history + req, max);
	ra->async_size = 1;
	return true;
}

enum ra_decision ondemand_readahead_window(struct address_space *m, struct file_ra_state *ra,
					   uint64_t index, uint64_t req, const struct page *folio,
					   uint64_t io_pages)
{
	uint64_t max = ra->ra_pages;
	uint64_t mark = ra->start + ra->size - ra->async_size;

	if (folio)
		mark &= ~(folio_nr_pages(folio) - 1);

	/* a request larger than the window may be read at once, as far as the device allows */
	if (req > max && io_pages > max)
		max = min_u64(req, io_pages);
	if (index == 0)
		goto initial;
	if (index == mark || index == ra->start + ra->size) {
		/* where it was expected: ramp up */
		ra->start += ra->size;
		ra->size = (uint32_t)max_u64(ra->size, get_next_ra_size(ra->size, max));
		ra->async_size = ra->size;
		goto merge;
	}
	if (folio) {
		/* a mark of another stream, or of a state that was overwritten */
		uint64_t start = page_cache_next_miss(m, index + 1, max);

		if (!start || start - index > max)
			return RA_NOTHING;
		ra->start = start;
		ra->size = get_next_ra_size(start - index + req, max);
		ra->async_size = ra->size;
		goto merge;
	}
	if (req > max)
		goto initial;
	if (index - ((uint64_t)ra->prev_pos >> PAGE_SHIFT) <= 1)
		goto initial; /* follows the last read */
	if (try_context_readahead(m, ra, index, req, max))
		goto merge;
	return RA_RANDOM;

initial:
	ra->start = index;
	ra->size = get_init_ra_size(req, max);
	ra->async_size = ra->size > req ? ra->size - (uint32_t)req : ra->size;
merge:
	/* the mark would be hit at once: take the next window along */
	if (index == ra->start && ra->size == ra->async_size) {
		uint32_t add = get_next_ra_size(ra->size, max);

		if (ra->size + add <= max) {
			ra->async_size = add;
			ra->size += add;
		} else {
			ra->size = (uint32_t)max;
			ra->async_size = (uint32_t)(max >> 1);
		}
	}
	return RA_WINDOW;
}

static void trace_decision(const struct address_space *m, enum ra_kind kind, uint64_t index,
			   uint64_t req, int order, const struct file_ra_state *before,
			   const struct file_ra_state *ra)
{
	const struct request_queue *q = m->host->bdi->q;

	trace_sim_readahead(m->vm->sim, kind, m->host->id, (int64_t)index, (int64_t)req, order,
			    (int64_t)before->start, before->size, before->async_size,
			    (int64_t)ra->start, ra->size, ra->async_size, before->ra_pages,
			    before->mmap_miss, before->prev_pos, queue_ra_pages(q),
			    queue_io_pages(q));
}

static void ondemand_readahead(struct task *t, struct address_space *m, struct file_ra_state *ra,
			       uint64_t index, uint64_t req, const struct page *folio)
{
	struct file_ra_state before = *ra;
	enum ra_kind kind = folio ? RA_ASYNC : RA_SYNC;
	int order = folio ? folio_order(folio) : 0; /* it may be gone afterwards */
	enum ra_decision d =
	    ondemand_readahead_window(m, ra, index, req, folio, queue_io_pages(m->host->bdi->q));

	if (d == RA_WINDOW)
		page_cache_ra_order(t, m, ra, ra->start, order);
	else if (d == RA_RANDOM)
		do_page_cache_ra(t, m, index, req, 0);
	trace_decision(m, kind, index, req, order, &before, ra);
}

void page_cache_sync_readahead(struct task *t, struct address_space *m, struct file_ra_state *ra,
			       struct file *f, uint64_t index, uint64_t req_count)
{
	bool force = f->mode & FMODE_RANDOM;

	if (!force && ra->ra_pages) {
		ondemand_readahead(t, m, ra, index, req_count, NULL);
		return;
	}
	force_page_cache_ra(t, m, ra, index, ra->ra_pages ? req_count : 1);
	trace_decision(m, RA_SYNC, index, req_count, 0, ra, ra);
}

void page_cache_async_readahead(struct task *t, struct address_space *m, struct file_ra_state *ra,
				struct file *f, struct page *page, uint64_t index,
				uint64_t req_count)
{
	(void)f;
	if (!ra->ra_pages || (page->flags & PG_writeback))
		return;
	page->flags &= ~(uint32_t)PG_readahead;
	ondemand_readahead(t, m, ra, index, req_count, page);
}

void force_page_cache_readahead(struct task *t, struct address_space *m, struct file_ra_state *ra,
				uint64_t index, uint64_t nr)
{
	force_page_cache_ra(t, m, ra, index, nr);
	trace_decision(m, RA_FORCED, index, nr, 0, ra, ra);
}

void page_cache_readaround(struct task *t, struct address_space *m, struct file_ra_state *ra,
			   uint64_t index, int order)
{
	page_cache_ra_order(t, m, ra, index, order);
	trace_decision(m, RA_AROUND, index, 0, order, ra, ra);
}
