/*
 * events.c - decisions, windows, pages and requests, seen at kprobes and tracepoints
 *
 *	decision   page_cache_sync_ra, page_cache_async_ra, force_page_cache_ra; page_cache_ra_order
 *	           where a fault calls it
 *	window     page_cache_ra_unbounded, and page_cache_ra_order as far as large folios go
 *
 * A window is what a decision submits, so its row is written when it ends, before
 * that of the decision.
 */
#include <linux/backing-dev.h>
#include <linux/kprobes.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <trace/events/block.h>

#include "probes.h"
#include "watch.h"

/* The decision that is being made, if one is. */
static struct {
	bool on;
	int kind;
	bool forced; /* whatever the state says: random, or readahead off */
	struct file_ra_state *ra, before;
	struct inode *inode;
	unsigned long index, req;
	int order;
} decision;

/* The window that is being filled: large folios, or single pages (which may follow them). */
static struct {
	enum { NOTHING, FOLIOS, PAGES } of;
	unsigned long start, nr, look, inserted;
} window;

static int nr_windows;

static bool is_ours(void)
{
	return reader.task == current && in_task();
}

/* --- windows --- */

static void window_begins(int of, unsigned long start, unsigned long nr, unsigned long look)
{
	window.of = of;
	window.start = start;
	window.nr = nr;
	window.look = look;
	window.inserted = 0;
}

static void window_ends(void)
{
	if (window.of == PAGES || (window.of == FOLIOS && window.inserted))
		NOTE(WINDOWS, decision.forced ? SYNC_FORCE : decision.kind, reader.slot,
		     file_number(decision.inode), decision.index, window.start, window.nr,
		     window.look, window.inserted, ++nr_windows);
	window.of = NOTHING;
}

/* --- decisions --- */

/* False: it is a part of another one, or not the reader's. */
static bool decision_begins(int kind, const struct readahead_control *rac, struct file_ra_state *ra,
			    unsigned long req, int order)
{
	if (!is_ours() || decision.on)
		return false;
	decision.on = true;
	decision.kind = kind;
	decision.ra = ra;
	decision.before = *ra;
	decision.inode = rac->mapping->host;
	decision.index = rac->_index;
	decision.req = req;
	decision.order = order;
	decision.forced = false;
	return true;
}

/* A decision with the state before and after it. */
static void note_whole(void)
{
	const struct file_ra_state *a = &decision.before, *b = decision.ra;
	const struct backing_dev_info *bdi = inode_to_bdi(decision.inode);

	NOTE(TRIGGERS, decision.kind, reader.slot, file_number(decision.inode), decision.index,
	     decision.req, decision.order, a->start, a->size, a->async_size, b->start, b->size,
	     b->async_size, a->ra_pages, a->mmap_miss, a->prev_pos, bdi->ra_pages, bdi->io_pages);
}

static int decision_ends(struct kretprobe_instance *at, struct pt_regs *regs)
{
	const struct file_ra_state *ra = decision.ra;

	if (decision.kind == FORCE)
		NOTE(TRIGGERS, FORCE, reader.slot, file_number(decision.inode), decision.index,
		     decision.req, 0, DASH, DASH, DASH, DASH, DASH, DASH, DASH, DASH, DASH, DASH,
		     DASH);
	else if (decision.kind == AROUND)
		NOTE(TRIGGERS, AROUND, reader.slot, file_number(decision.inode), decision.index,
		     DASH, decision.order, DASH, DASH, DASH, ra->start, ra->size, ra->async_size,
		     DASH, DASH, DASH, DASH, DASH);
	else
		note_whole();
	decision.on = false;
	return 0;
}

/* page_cache_sync_ra(rac, req_count) */
static int on_sync(struct kretprobe_instance *at, struct pt_regs *regs)
{
	const struct readahead_control *rac = (void *)regs->di;

	if (!decision_begins(SYNC, rac, rac->ra, regs->si, 0))
		return 1;
	decision.forced = !rac->ra->ra_pages || (rac->file && rac->file->f_mode & FMODE_RANDOM);
	return 0;
}

/* page_cache_async_ra(rac, folio, req_count): nothing is decided where readahead is off */
static int on_async(struct kretprobe_instance *at, struct pt_regs *regs)
{
	const struct readahead_control *rac = (void *)regs->di;
	struct folio *folio = (void *)regs->si;

	if (!rac->ra->ra_pages || folio_test_writeback(folio))
		return 1;
	return !decision_begins(ASYNC, rac, rac->ra, regs->dx, folio_order(folio));
}

/* force_page_cache_ra(rac, nr_to_read) */
static int on_force(struct kretprobe_instance *at, struct pt_regs *regs)
{
	const struct readahead_control *rac = (void *)regs->di;

	return !decision_begins(FORCE, rac, rac->ra, regs->si, 0);
}

/* page_cache_ra_order(rac, ra, new_order); regs are kept: whether it is a decision of its own */
static int on_order(struct kretprobe_instance *at, struct pt_regs *regs)
{
	const struct readahead_control *rac = (void *)regs->di;
	struct file_ra_state *ra = (void *)regs->si;

	if (!is_ours())
		return 1;
	*(bool *)at->data = decision_begins(AROUND, rac, ra, 0, regs->dx);
	if (mapping_large_folio_support(rac->mapping) && ra->size >= 4)
		window_begins(FOLIOS, rac->_index, ra->size, ra->async_size);
	return 0;
}

static int order_ends(struct kretprobe_instance *at, struct pt_regs *regs)
{
	window_ends();
	if (*(bool *)at->data)
		decision_ends(at, regs);
	return 0;
}

/* page_cache_ra_unbounded(rac, nr_to_read, lookahead_size) */
static int on_unbounded(struct kretprobe_instance *at, struct pt_regs *regs)
{
	const struct readahead_control *rac = (void *)regs->di;

	if (!is_ours() || !decision.on)
		return 1;
	window_ends(); /* of large folios: these pages are what is left */
	window_begins(PAGES, rac->_index, regs->si, regs->dx);
	return 0;
}

static int unbounded_ends(struct kretprobe_instance *at, struct pt_regs *regs)
{
	window_ends();
	return 0;
}

static struct kretprobe calls[] = {
	{ .kp.symbol_name = "page_cache_sync_ra",
	  .entry_handler = on_sync,
	  .handler = decision_ends },
	{ .kp.symbol_name = "page_cache_async_ra",
	  .entry_handler = on_async,
	  .handler = decision_ends },
	{ .kp.symbol_name = "force_page_cache_ra",
	  .entry_handler = on_force,
	  .handler = decision_ends },
	{ .kp.symbol_name = "page_cache_ra_order",
	  .entry_handler = on_order,
	  .handler = order_ends,
	  .data_size = sizeof(bool) },
	{ .kp.symbol_name = "page_cache_ra_unbounded",
	  .entry_handler = on_unbounded,
	  .handler = unbounded_ends },
};

/* --- pages --- */

static void on_add(void *data, struct folio *folio)
{
	int file = reader.task ? file_number(folio->mapping->host) : -1;
	bool windowed = is_ours() && window.of != NOTHING;

	if (file < 0)
		return;
	if (windowed)
		window.inserted += folio_nr_pages(folio);
	NOTE(INSERTS, windowed ? nr_windows + 1 : 0, file, folio->index, folio_nr_pages(folio),
	     folio_order(folio), folio_pfn(folio));
}

static void on_delete(void *data, struct folio *folio)
{
	int file = reader.task ? file_number(folio->mapping->host) : -1;

	if (file >= 0)
		NOTE(DELETES, file, folio->index, folio_nr_pages(folio), folio_order(folio));
}

/* --- input --- */

static bool is_our_disk(const struct gendisk *disk)
{
	return file_device(0) && file_device(0)->bd_disk == disk;
}

/* Where in its file a bio begins; the page of its first vector may be an earlier one of the folio.
 */
static unsigned long first_index(const struct bio *bio, struct folio *folio)
{
	const struct bio_vec *v = bio_first_bvec_all((struct bio *)bio);

	return folio->index + folio_page_idx(folio, v->bv_page) + (v->bv_offset >> PAGE_SHIFT);
}

static void on_bio(void *data, struct bio *bio)
{
	struct page *page = bio->bi_vcnt ? bio_first_page_all(bio) : NULL;
	struct folio *folio = page ? page_folio(page) : NULL;
	int file = -1;

	if (!reader.task || !is_our_disk(bio->bi_bdev->bd_disk))
		return;
	if (folio && folio->mapping && !folio_test_anon(folio))
		file = file_number(folio->mapping->host);
	/* of no file: the file system's own */
	NOTE(BIOS, file < 0 ? DASH : file, file < 0 ? DASH : first_index(bio, folio),
	     bio->bi_iter.bi_sector, bio_sectors(bio), !!(bio->bi_opf & REQ_RAHEAD), bio->bi_vcnt);
}

static void on_issue(void *data, struct request *rq)
{
	if (reader.task && is_our_disk(rq->q->disk))
		NOTE(REQUESTS, blk_rq_pos(rq), blk_rq_sectors(rq));
}

static struct probe probes[] = {
	{ "mm_filemap_add_to_page_cache", on_add },
	{ "mm_filemap_delete_from_page_cache", on_delete },
	{ "block_bio_queue", on_bio },
	{ "block_rq_issue", on_issue },
};

int events_start(void)
{
	int i, error;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		error = register_kretprobe(&calls[i]);
		if (error) {
			pr_err("watch: %s: %d\n", calls[i].kp.symbol_name, error);
			return error;
		}
	}
	return probes_register(probes, ARRAY_SIZE(probes));
}
