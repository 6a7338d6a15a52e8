/*
 * bio.c - pages on their way to a disk
 *
 * A bio is what a file system builds: pages that lie one behind the other.
 * It is given to the queue in parts, each small enough for one request, and
 * ends when the last part is done.
 */
#include "models/linux/stall.h"
#include "models/linux/storage/blk.h"

struct bio *bio_alloc(struct request_queue *q, enum disk_op op, unsigned flags, uint64_t sector)
{
	struct bio *bio = sim_calloc(1, sizeof(*bio));

	bio->q = q;
	bio->op = op;
	bio->flags = flags;
	bio->sector = sector;
	bio->pfn = bio->first;
	bio->cap_pages = ARRAY_LEN(bio->first);
	list_init(&bio->parts);
	list_add_tail(&bio->link, &q->bios);
	return bio;
}

void bio_part_free(struct bio_part *p)
{
	list_del(&p->of_bio);
	if (p != &p->bio->first_part)
		sim_free(p);
}

void bio_free(struct bio *bio)
{
	while (!list_empty(&bio->parts))
		bio_part_free(LIST_FIRST(&bio->parts, struct bio_part, of_bio));
	list_del(&bio->link);
	if (bio->pfn != bio->first)
		sim_free(bio->pfn);
	sim_free(bio);
}

static void bio_grow(struct bio *bio)
{
	int cap = bio->cap_pages < BIO_MAX_VECS ? BIO_MAX_VECS : 2 * bio->cap_pages;
	uint32_t *pfn = sim_alloc((size_t)cap * sizeof(*pfn));

	for (int i = 0; i < bio->nr_pages; i++)
		pfn[i] = bio->pfn[i];
	if (bio->pfn != bio->first)
		sim_free(bio->pfn);
	bio->pfn = pfn;
	bio->cap_pages = cap;
}

bool bio_add_page(struct linux_vm *vm, struct bio *bio, uint32_t pfn)
{
	bool follows = bio->nr_pages && bio->pfn[bio->nr_pages - 1] + 1 == pfn;

	(void)vm;
	if (!follows) {
		if (bio->nr_segments == BIO_MAX_VECS)
			return false;
		bio->nr_segments++;
	}
	if (bio->nr_pages == bio->cap_pages)
		bio_grow(bio);
	bio->pfn[bio->nr_pages++] = pfn;
	return true;
}

static void bio_endio(struct linux_vm *vm, struct bio *bio)
{
	bio->end_io(vm, bio);
	bio_free(bio);
}

void bio_part_end(struct bio_part *p, int error)
{
	struct bio *bio = p->bio;

	if (error && !bio->error)
		bio->error = error;
	bio_part_free(p);
	if (--bio->remaining)
		return;
	trace_block_bio_complete(bio->q->vm->sim, bio->q->disk->id, bio->op, (int64_t)bio->sector,
				 (int64_t)(bio->nr_pages * PAGE_SECTORS), bio->error);
	bio_endio(bio->q->vm, bio);
}

static void trace_bio(struct linux_vm *vm, const struct bio *bio)
{
	struct page *page = bio->nr_pages ? pfn_to_page(vm, bio->pfn[0]) : NULL;

	if (page && (!page_folio(page)->mapping || (page_folio(page)->flags & PG_anon)))
		page = NULL; /* of no file */
	trace_block_bio_queue(vm->sim, bio->q->disk->id, bio->op, (int64_t)bio->sector,
			      (int64_t)(bio->nr_pages * PAGE_SECTORS),
			      (bio->flags & REQ_RAHEAD) != 0, bio->nr_segments,
			      page ? (int64_t)page_folio(page)->mapping - 1 : -1,
			      page ? (int64_t)page_index(page) : -1);
}

void submit_bio(struct task *t, struct bio *bio)
{
	struct linux_vm *vm = task_vm(t);
	int64_t kib = bio->nr_pages * (int64_t)(PAGE_SIZE >> 10);

	SIM_ASSERT(bio->end_io);
	if (!task_in_irq(t))
		might_sleep(t);
	if (bio->op == DISK_READ)
		vm->stat.pgpgin += kib;
	else if (bio->op == DISK_WRITE)
		vm->stat.pgpgout += kib;
	bio->ioprio = get_current_ioprio(t);
	if (task_struct(t)->flags & PF_KSWAPD)
		bio->flags |= REQ_KSWAPD;
	if (trace_is_on(vm->sim, TP_block_bio_queue))
		trace_bio(vm, bio);

	uint64_t from = 0;

	bio->remaining = 1; /* ours, until all parts are on their way */
	do {
		struct bio_part *p = bio_next_part(bio->q, bio, from);

		from += p->sectors;
		bio->remaining++;
		blk_mq_submit_part(t, p);
	} while (from < bio_sectors(bio));
	if (--bio->remaining == 0)
		bio_endio(vm, bio);
}

/* --- the flush of a device's cache --- */

struct flush_wait {
	struct wait_queue done_wait;
	bool done;
	int error;
};

static void flush_end_io(struct linux_vm *vm, struct bio *bio)
{
	struct flush_wait *w = bio->private;

	w->done = true;
	w->error = bio->error;
	wake_up_all(vm->sim, &w->done_wait);
}

int blkdev_issue_flush(struct task *t, struct request_queue *q)
{
	struct flush_wait w = { .done = false };
	struct wait_entry entry;

	if (!q->conf.write_cache)
		return 0;
	wait_queue_init(&w.done_wait);

	struct bio *bio = bio_alloc(q, DISK_FLUSH, REQ_SYNC | REQ_PREFLUSH, 0);

	bio->private = &w;
	bio->end_io = flush_end_io;
	submit_bio(t, bio);
	wait_entry_init(&entry, t);

	enum stall_cause outer = stall_enter(t, STALL_IO);

	for (;;) {
		wait_prepare(&w.done_wait, &entry, WAIT_SHARED);
		if (w.done)
			break;
		t->waits_for = "flush of the disk's cache";
		io_schedule(t);
	}
	t->waits_for = NULL;
	stall_leave(t, outer);
	wait_finish(&entry);
	return w.error;
}
