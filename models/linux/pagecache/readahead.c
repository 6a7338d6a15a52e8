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
#include "models/linux/pagecache/filemap.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

#define FORCED_CHUNK 512 /* pages of one piece of forced readahead: 2 MiB */

enum ra_kind { RA_SYNC, RA_ASYNC, RA_FORCED };

void file_ra_state_init(struct file_ra_state *ra, const struct inode *inode)
{
	*ra = (struct file_ra_state){
		.ra_pages = queue_ra_pages(inode->bdi->q),
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

static void read_end_io(struct linux_vm *vm, struct bio *bio)
{
	for (int i = 0; i < bio->nr_pages; i++) {
		struct page *page = pfn_to_page(vm, bio->pfn[i]);

		if (bio->error) {
			page->flags = (page->flags & ~(uint32_t)PG_uptodate) | PG_error;
		} else {
			page->flags |= PG_uptodate;
		}
		unlock_page(vm, page);
	}
}

/* Starts reading locked pages whose indices follow each other; completion unlocks them. */
void read_pages(struct task *t, struct address_space *m, const uint32_t *pfns, uint64_t nr,
		unsigned bio_flags)
{
	struct linux_vm *vm = m->vm;
	struct bio *bio = NULL;
	uint64_t next_sector = 0, in_row = 0;

	if (!nr)
		return;
	blk_start_plug(t);
	for (uint64_t i = 0; i < nr; i++) {
		struct page *page = pfn_to_page(vm, pfns[i]);
		uint64_t sector;

		if (in_row) {
			sector = next_sector;
			in_row--;
		} else if (file_map_block(m->host, page->index, &sector, &in_row)) {
			in_row--;
		} else {
			/* a hole reads as zeroes */
			task_run(t, (sim_time)vm->machine->cost.page_zero);
			page->flags |= PG_uptodate;
			unlock_page(vm, page);
			continue;
		}
		if (bio && (sector != next_sector || !bio_add_page(vm, bio, pfns[i]))) {
			submit_bio(t, bio);
			bio = NULL;
		}
		if (!bio) {
			bio = bio_alloc(m->host->bdi->q, DISK_READ, bio_flags, sector);
			bio->end_io = read_end_io;
			bio_add_page(vm, bio, pfns[i]);
		}
		next_sector = sector + SECTORS_PER_PAGE;
	}
	if (bio)
		submit_bio(t, bio);
	blk_finish_plug(t);
}

/* Pages of a run that are in the cache, locked, and not yet being read. */
struct ra_run {
	uint32_t *pfn;
	uint64_t n;
};

static void run_submit(struct task *t, struct address_space *m, struct ra_run *run)
{
	read_pages(t, m, run->pfn, run->n, REQ_RAHEAD);
	run->n = 0;
}

/*
 * Puts the missing pages of [index, index + nr) into the cache and starts reading them.  The page
 * lookahead pages before the end (after cutting at the end of the file) carries the mark, if it is
 * one that was missing.  Returns the pages inserted.
 */
static uint64_t do_page_cache_ra(struct task *t, struct address_space *m, uint64_t index,
				 uint64_t nr, uint64_t lookahead)
{
	struct linux_vm *vm = m->vm;
	bytes_t size = m->host->i_size;
	gfp_t gfp = (m->gfp_mask & ~__GFP_FS) | __GFP_NORETRY | __GFP_NOWARN;
	uint32_t few[64];
	struct ra_run run = { .pfn = few };
	uint64_t inserted = 0;

	if (size == 0)
		return 0;

	uint64_t last = (size - 1) >> PAGE_SHIFT;

	if (index > last)
		return 0;
	if (nr > last - index)
		nr = last - index + 1;
	if (nr > ARRAY_LEN(few))
		run.pfn = sim_alloc(nr * sizeof(*run.pfn));
	blk_start_plug(t);
	for (uint64_t i = 0; i < nr; i++) {
		xa_entry e = xa_load(&m->i_pages, index + i);

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
		if (i == nr - lookahead)
			page->flags |= PG_readahead;
		run.pfn[run.n++] = page_to_pfn(vm, page);
		inserted++;
	}
	run_submit(t, m, &run);
	blk_finish_plug(t);
	if (run.pfn != few)
		sim_free(run.pfn);
	vm->stat.sim_readahead_pages += (int64_t)inserted;
	trace_sim_readahead_window(vm->sim, m->host->id, (int64_t)index, (int64_t)nr,
				   (int64_t)lookahead, (int64_t)inserted);
	return inserted;
}

void force_page_cache_ra(struct task *t, struct address_space *m, struct file *f, uint64_t index,
			 uint64_t nr)
{
	const struct request_queue *q = m->host->bdi->q;
	uint64_t max = max_u64(queue_io_pages(q), f->ra.ra_pages);

	nr = min_u64(nr, max);
	while (nr) {
		uint64_t chunk = min_u64(nr, FORCED_CHUNK);

		do_page_cache_ra(t, m, index, chunk, 0);
		index += chunk;
		nr -= chunk;
	}
}

/* --- the decision --- */

/* Cached pages that end just before index: a stream that other readers' state has hidden. */
static bool try_context_readahead(struct address_space *m, struct file_ra_state *ra, uint64_t index,
				  uint64_t req, uint64_t max)
{
	uint64_t history = index - 1 - xa_prev_miss(&m->i_pages, index - 1, max);

	if (history <= req)
		return false;
	if (history >= index)
		history *= 2; /* from the beginning of the file */
	ra->start = index;
	ra->size = (uint32_t)min_u64(history + req, max);
	ra->async_size = 1;
	return true;
}

/*
 * marked: the page at index carries the mark (else it is missing).  req: pages the reader still
 * wants.  Sets the window in ra and returns true, or says how to read without one.
 */
enum ra_decision ondemand_readahead_window(struct address_space *m, struct file_ra_state *ra,
					   uint64_t index, uint64_t req, bool marked,
					   uint64_t io_pages)
{
	uint64_t max = ra->ra_pages;

	/* a request larger than the window may be read at once, as far as the device allows */
	if (req > max && io_pages > max)
		max = min_u64(req, io_pages);
	if (index == 0)
		goto initial;
	if (index == ra->start + ra->size - ra->async_size || index == ra->start + ra->size) {
		/* where it was expected: ramp up */
		ra->start += ra->size;
		ra->size = (uint32_t)max_u64(ra->size, get_next_ra_size(ra->size, max));
		ra->async_size = ra->size;
		goto merge;
	}
	if (marked) {
		/* a mark of another stream, or of a state that was overwritten */
		uint64_t start = xa_next_miss(&m->i_pages, index + 1, max);

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

static void ondemand_readahead(struct task *t, struct address_space *m, struct file_ra_state *ra,
			       uint64_t index, uint64_t req, bool marked)
{
	struct file_ra_state before = *ra;
	enum ra_decision d =
	    ondemand_readahead_window(m, ra, index, req, marked, queue_io_pages(m->host->bdi->q));

	trace_sim_readahead(m->vm->sim, marked ? RA_ASYNC : RA_SYNC, m->host->id, (int64_t)index,
			    (int64_t)req, (int64_t)before.start, before.size, before.async_size,
			    (int64_t)ra->start, ra->size, ra->async_size, ra->ra_pages);
	if (d == RA_WINDOW)
		do_page_cache_ra(t, m, ra->start, ra->size, ra->async_size);
	else if (d == RA_RANDOM)
		do_page_cache_ra(t, m, index, req, 0);
}

void page_cache_sync_readahead(struct task *t, struct address_space *m, struct file_ra_state *ra,
			       struct file *f, uint64_t index, uint64_t req_count)
{
	bool force = f->mode & FMODE_RANDOM;

	if (!ra->ra_pages) {
		req_count = 1;
		force = true;
	}
	if (force) {
		trace_sim_readahead(m->vm->sim, RA_FORCED, m->host->id, (int64_t)index,
				    (int64_t)req_count, (int64_t)ra->start, ra->size,
				    ra->async_size, (int64_t)ra->start, ra->size, ra->async_size,
				    ra->ra_pages);
		force_page_cache_ra(t, m, f, index, req_count);
		return;
	}
	ondemand_readahead(t, m, ra, index, req_count, false);
}

void page_cache_async_readahead(struct task *t, struct address_space *m, struct file_ra_state *ra,
				struct file *f, struct page *page, uint64_t index,
				uint64_t req_count)
{
	(void)f;
	if (!ra->ra_pages || (page->flags & PG_writeback))
		return;
	page->flags &= ~(uint32_t)PG_readahead;
	ondemand_readahead(t, m, ra, index, req_count, true);
}
