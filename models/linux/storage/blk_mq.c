/*
 * blk_mq.c - requests: merging, tags, plugs, the device, completion
 *
 * Order for each part of a bio: merge with what is plugged, merge with what
 * the scheduler has, writeback throttling, tag, plug.  A part that was merged
 * takes neither token nor tag.  Tags are the only congestion: without a free
 * one the submitter sleeps.
 */
#include <errno.h>

#include "models/linux/stall.h"
#include "models/linux/storage/blk.h"
#include "models/linux/writeback/writeback.h"

#define BLK_MAX_REQUEST_COUNT 32           /* requests of one queue that a plug gathers */
#define BLK_PLUG_FLUSH_SIZE   (128 * 1024) /* bytes; behind such a request nothing is gathered */
#define BIO_LIST_MERGES       8 /* requests of a queue without scheduler that a bio may join */

/* --- tags --- */

/* Tags that must be released before waiters are woken, and how many are woken then. */
static int wake_batch(const struct request_queue *q)
{
	return (int)clamp_u64((uint64_t)q->conf.nr_requests / 8, 1, 8);
}

struct wait_queue *blk_mq_tag_wait_queue(struct request_queue *q)
{
	struct wait_queue *ws = &q->tag_wait[q->tag_wait_index];

	q->tag_wait_index = (q->tag_wait_index + 1) % SBQ_WAIT_QUEUES;
	return ws;
}

void blk_mq_wake_tag_waiters(struct request_queue *q, int nr)
{
	for (int i = 0; i < SBQ_WAIT_QUEUES; i++) {
		struct wait_queue *ws = &q->tag_wait[q->tag_wake_index];

		q->tag_wake_index = (q->tag_wake_index + 1) % SBQ_WAIT_QUEUES;
		if (wait_queue_active(ws) && wake_up_key(q->vm->sim, ws, nr, NULL))
			return;
	}
}

/* Takes a tag; false if there is none and the caller must not wait. */
static bool blk_mq_get_tag(struct task *t, struct request_queue *q, unsigned flags)
{
	struct wait_entry w;
	struct wait_queue *ws;

	if (q->tags_used < q->conf.nr_requests) {
		q->tags_used++;
		return true;
	}
	if (flags & REQ_NOWAIT)
		return false;

	wait_entry_init(&w, t);
	q->disk->stat.tag_waiters++;

	enum stall_cause outer = stall_enter(t, STALL_TAG);
	const struct cost_table *cost = &q->vm->machine->cost;

	task_run(t, (sim_time)cost->tag_wait);
	for (;;) {
		ws = blk_mq_tag_wait_queue(q);
		blk_mq_run_hw_queue(q, false);
		wait_prepare(ws, &w, WAIT_EXCLUSIVE);
		if (q->tags_used < q->conf.nr_requests)
			break;
		t->waits_for = "request tag";
		io_schedule(t);
		wait_finish(&w);
		if (q->tags_used >= q->conf.nr_requests)
			task_run(t, (sim_time)cost->tag_retry);
	}
	t->waits_for = NULL;
	stall_leave(t, outer);
	wait_finish(&w);
	q->disk->stat.tag_waiters--;
	q->tags_used++;
	return true;
}

static void blk_mq_put_tag(struct request_queue *q)
{
	SIM_ASSERT(q->tags_used > 0);
	q->tags_used--;
	if (!q->disk->stat.tag_waiters)
		return;
	if (++q->tag_completions < wake_batch(q))
		return;
	q->tag_completions -= wake_batch(q);
	blk_mq_wake_tag_waiters(q, wake_batch(q));
}

void blk_mq_set_nr_requests(struct request_queue *q, int64_t n)
{
	q->conf.nr_requests = n;
	for (int i = 0; i < SBQ_WAIT_QUEUES; i++)
		wake_up_all(q->vm->sim, &q->tag_wait[i]);
}

/* --- statistics --- */

/*
 * Brings io_ticks up to date, in whole ticks: they count if a request was there since the last
 * look, or if one ends now.
 */
static void account_io_ticks(struct request_queue *q, bool end)
{
	uint64_t now = jiffies(q->vm->sim);

	if (now > q->stat_stamp && (end || !list_empty(&q->requests)))
		q->disk->stat.io_ticks += (int64_t)((now - q->stat_stamp) * 1000 / HZ);
	q->stat_stamp = now;
}

/* Somebody reads the counters. */
void update_disk_stat(struct disk *disk, void *arg)
{
	struct request_queue *q = arg;

	(void)disk;
	if (!list_empty(&q->requests))
		account_io_ticks(q, true);
}

static void account_io_done(struct request_queue *q, const struct request *rq, sim_time now)
{
	struct disk_stat *stat = &q->disk->stat;
	int64_t took = (int64_t)(now - rq->start_time);

	if (rq->op != DISK_FLUSH)
		account_io_ticks(q, true);
	switch (rq->op) {
	case DISK_READ:
		stat->read_ns += took;
		break;
	case DISK_WRITE:
		stat->write_ns += took;
		break;
	case DISK_FLUSH:
		stat->flush_ns += took;
		break;
	case NR_DISK_OPS:
		break;
	}
	stat->time_in_queue_ns += took;
}

/* --- requests --- */

static struct request *blk_mq_alloc_request(struct task *t, struct bio_part *p)
{
	struct request_queue *q = p->bio->q;
	unsigned wbt_flags = wbt_wait(t, q, p);

	if (!blk_mq_get_tag(t, q, p->flags)) {
		wbt_cleanup(q, wbt_flags);
		return NULL;
	}

	struct request *rq = sim_calloc(1, sizeof(*rq));

	rq->q = q;
	rq->op = p->bio->op;
	rq->flags = p->flags;
	rq->ioprio = p->bio->ioprio;
	rq->sector = p->sector;
	rq->sectors = p->sectors;
	rq->nr_segments = p->nr_segments;
	rq->start_time = sim_now(q->vm->sim);
	rq->wbt_flags = wbt_flags;
	account_io_ticks(q, false);
	trace_block_getrq(q->vm->sim, q->disk->id, rq->op, (int64_t)rq->sector,
			  (int64_t)rq->sectors);
	list_init(&rq->link);
	list_init(&rq->parts);
	list_add(&p->link, &rq->parts);
	list_add_tail(&rq->of_queue, &q->requests);
	q->disk->stat.queued++;
	return rq;
}

/* Lets go what a request holds; it is in no list and has no parts. */
static void release_request(struct request *rq)
{
	struct request_queue *q = rq->q;

	SIM_ASSERT(list_empty(&rq->parts));
	laptop_io_completion(q->vm, q->disk->id);
	wbt_done(q, rq);
	dd_finish_request(q, rq);
	list_del(&rq->of_queue);
	sim_free(rq);
	blk_mq_put_tag(q);
}

void blk_mq_free_request(struct request *rq)
{
	rq->q->disk->stat.queued--;
	release_request(rq);
}

/* --- completion --- */

/* Where a disk's interrupts go: the first CPU of the first node. */
static struct cpu *irq_cpu(const struct request_queue *q)
{
	return &q->vm->sim->cpus[0];
}

static void run_event(struct sim *s, struct event *e)
{
	(void)s;
	blk_mq_run_hw_queue(CONTAINER_OF(e, struct request_queue, run), false);
}

bool blk_mq_has_work(const struct request_queue *q)
{
	return !list_empty(&q->dispatch) || dd_has_work(&q->dd);
}

static int64_t end_page_cost(const struct cost_table *cost, const struct bio_part *p)
{
	if (p->bio->op == DISK_READ)
		return p->flags & REQ_SWAP ? cost->end_swapin_page : cost->end_read_page;
	return p->flags & REQ_SWAP ? cost->end_swap_page : cost->end_io_page;
}

/* Pages end one after the other, and who waits for one is woken in between. */
static void end_parts(struct request *rq, int error)
{
	const struct cost_table *cost = &rq->q->vm->machine->cost;

	while (!list_empty(&rq->parts)) {
		struct bio_part *p = LIST_FIRST(&rq->parts, struct bio_part, link);

		list_del(&p->link);
		cpu_steal(irq_cpu(rq->q),
			  (sim_time)((uint64_t)end_page_cost(cost, p) * p->sectors / PAGE_SECTORS));
		bio_part_end(p, error);
	}
}

/* The interrupt of a device: pages first, then what the request held. */
static void blk_mq_complete_request(struct disk *disk, struct disk_request *device)
{
	struct request *rq = CONTAINER_OF(device, struct request, device);
	struct request_queue *q = rq->q;
	struct sim *s = q->vm->sim;
	const struct cost_table *cost = &q->vm->machine->cost;
	struct cpu *cpu = irq_cpu(q);
	struct task *interrupted = s->current;
	sim_time now = s->now;

	s->current = cpu->irq;
	cpu_interrupt(cpu, (sim_time)cost->interrupt);
	trace_block_rq_complete(s, disk->id, rq->op, (int64_t)rq->sector, (int64_t)rq->sectors,
				device->error);
	if (device->error)
		trace_block_rq_error(s, disk->id, rq->op, (int64_t)rq->sector, (int64_t)rq->sectors,
				     device->error);
	account_io_done(q, rq, now);
	end_parts(rq, device->error);
	cpu_steal(cpu, (sim_time)cost->bio_complete);
	wbt_stat_add(q, rq, now);
	release_request(rq);
	/* what waits for a worker is not given to the device sooner because another one is done */
	if ((q->restart || queue_has_elevator(q)) && blk_mq_has_work(q) &&
	    !event_scheduled(&q->run))
		event_schedule(s, &q->run, now, EVENT_WORK, run_event);
	s->current = interrupted;
}

/* Where the disk is memory itself, the CPU moves the data before the request's time begins. */
static void move_data(struct request_queue *q, const struct request *rq)
{
	struct task *t = q->vm->sim->current;
	int64_t pages = (int64_t)(rq->sectors / PAGE_SECTORS);

	if (!q->disk->conf.memory_backed || !t)
		return;
	q->issuing++;
	task_run(t, (sim_time)(q->vm->machine->cost.disk_copy * pages));
	if (!task_in_irq(t))
		task_sync(t);
	q->issuing--;
}

static void blk_mq_start_request(struct request *rq)
{
	struct request_queue *q = rq->q;
	struct sim *s = q->vm->sim;

	trace_block_rq_issue(s, q->disk->id, rq->op, (int64_t)rq->sector, (int64_t)rq->sectors,
			     (int64_t)(rq->sectors * SECTOR_SIZE), (rq->flags & REQ_SYNC) != 0);
	rq->io_start = sim_now(s);
	wbt_issue(q, rq);
	rq->device.op = rq->op;
	rq->device.sector = rq->sector;
	rq->device.sectors = rq->sectors;
	rq->device.done = blk_mq_complete_request;
	move_data(q, rq);
	q->disk->stat.queued--;
	disk_issue(q->disk, &rq->device);
	/* so the next request of a plug comes a little later; this one may be done by then */
	if (s->current && !task_in_irq(s->current))
		task_run(s->current, (sim_time)q->vm->machine->cost.rq_issue);
}

static bool device_has_room(const struct request_queue *q)
{
	return q->disk->stat.in_flight + q->issuing < q->disk->conf.queue_depth;
}

void blk_mq_dispatch_requests(struct request_queue *q)
{
	while (device_has_room(q)) {
		struct request *rq;

		if (!list_empty(&q->dispatch)) {
			rq = LIST_FIRST(&q->dispatch, struct request, link);
			list_del(&rq->link);
		} else {
			rq = dd_dispatch_request(q);
		}
		if (!rq) {
			q->restart = false;
			return;
		}
		blk_mq_start_request(rq);
	}
	q->restart = true;
}

static void blk_mq_insert_request(struct request *rq)
{
	if (queue_has_elevator(rq->q))
		dd_insert_request(rq->q, rq);
	else
		list_add_tail(&rq->link, &rq->q->dispatch);
}

/* The task gives the device a request itself, past those that wait for a worker. */
static void blk_mq_try_issue_directly(struct request *rq)
{
	if (device_has_room(rq->q)) {
		blk_mq_start_request(rq);
	} else {
		rq->q->restart = true;
		blk_mq_insert_request(rq);
	}
}

/* --- plugs --- */

static struct blk_plug *task_plug(const struct task *t)
{
	struct task_struct *p = t->kernel;

	return p && p->plug.depth ? &p->plug : NULL;
}

static void blk_mq_insert_requests(struct request_queue *q, struct list *requests, bool async)
{
	bool directly = !queue_has_elevator(q) && !async;

	while (!list_empty(requests)) {
		struct request *rq = LIST_FIRST(requests, struct request, link);

		list_del(&rq->link);
		if (directly)
			blk_mq_try_issue_directly(rq);
		else
			blk_mq_insert_request(rq);
	}
	if (!directly)
		blk_mq_run_hw_queue(q, async);
}

/*
 * Gives all plugged requests to their queues.  A queue without scheduler gets them latest first
 * when it is the only one and the task does not sleep: the kernel takes them from the head of its
 * list then, and sorts them by age otherwise.  If the task sleeps, a worker gives them to the
 * device.
 */
static void flush_plug_list(struct blk_plug *plug, bool from_schedule)
{
	bool latest_first = !plug->multiple_queues && !plug->has_elevator && !from_schedule;
	int nr;

	plug->nr = 0;
	plug->multiple_queues = plug->has_elevator = false;
	while (!list_empty(&plug->requests)) {
		struct request_queue *q = LIST_FIRST(&plug->requests, struct request, link)->q;
		struct list *pos = latest_first ? plug->requests.next : plug->requests.prev;

		struct list requests;

		nr = 0;
		list_init(&requests);
		/* all requests of the queue of the latest one, then those of the next queue */
		while (pos != &plug->requests) {
			struct request *rq = LIST_ENTRY(pos, struct request, link);

			pos = latest_first ? pos->next : pos->prev;
			if (rq->q != q)
				continue;
			list_move_tail(&rq->link, &requests);
			nr++;
		}
		trace_block_unplug(q->vm->sim, q->disk->id, nr);
		blk_mq_insert_requests(q, &requests, from_schedule);
	}
}

static void blk_add_rq_to_plug(struct blk_plug *plug, struct request *rq)
{
	struct request *last = plug->nr ? LIST_FIRST(&plug->requests, struct request, link) : NULL;
	int most = plug->multiple_queues ? 2 * BLK_MAX_REQUEST_COUNT : BLK_MAX_REQUEST_COUNT;

	if (last && (plug->nr >= most || (rq->q->conf.nomerges != 2 &&
					  last->sectors * SECTOR_SIZE >= BLK_PLUG_FLUSH_SIZE))) {
		flush_plug_list(plug, false);
		last = NULL;
	}
	if (!last)
		trace_block_plug(rq->q->vm->sim, rq->q->disk->id);
	if (last && last->q != rq->q)
		plug->multiple_queues = true;
	if (queue_has_elevator(rq->q))
		plug->has_elevator = true;
	list_add(&rq->link, &plug->requests);
	plug->nr++;
}

/* Only the latest request of the queue is looked at. */
static bool blk_attempt_plug_merge(struct blk_plug *plug, struct bio_part *p)
{
	LIST_FOR_EACH (pos, &plug->requests) {
		struct request *rq = LIST_ENTRY(pos, struct request, link);
		enum elv_merge where;

		if (rq->q == p->bio->q) {
			if (!blk_rq_merge_ok(rq, p))
				return false;
			where = blk_try_merge(rq, p);
			return where != ELEVATOR_NO_MERGE && bio_attempt_merge(rq, p, where);
		}
		if (!plug->multiple_queues)
			return false;
	}
	return false;
}

void blk_start_plug(struct task *t)
{
	struct blk_plug *plug = &task_struct(t)->plug;

	if (plug->depth++ == 0) {
		list_init(&plug->requests);
		plug->nr = 0;
		plug->multiple_queues = plug->has_elevator = false;
	}
}

void blk_finish_plug(struct task *t)
{
	struct blk_plug *plug = &task_struct(t)->plug;

	SIM_ASSERT(plug->depth > 0);
	if (plug->depth == 1)
		flush_plug_list(plug, false);
	plug->depth--;
}

void blk_flush_plug(struct task *t)
{
	struct blk_plug *plug = task_plug(t);

	if (plug)
		flush_plug_list(plug, false);
}

void blk_schedule_flush_plug(struct task *t)
{
	struct blk_plug *plug = task_plug(t);

	if (plug)
		flush_plug_list(plug, true);
}

/* --- submission --- */

/* Only the latest few requests are looked at. */
static bool blk_bio_list_merge(struct list *requests, struct bio_part *p)
{
	int left = BIO_LIST_MERGES;

	for (struct list *pos = requests->prev; pos != requests && left--; pos = pos->prev) {
		struct request *rq = LIST_ENTRY(pos, struct request, link);
		enum elv_merge where =
		    blk_rq_merge_ok(rq, p) ? blk_try_merge(rq, p) : ELEVATOR_NO_MERGE;

		if (where != ELEVATOR_NO_MERGE)
			return bio_attempt_merge(rq, p, where);
	}
	return false;
}

static bool blk_mq_attempt_bio_merge(struct blk_plug *plug, struct bio_part *p)
{
	struct request_queue *q = p->bio->q;

	if (q->conf.nomerges == 2 || (p->flags & REQ_NOMERGE))
		return false;
	if (plug && blk_attempt_plug_merge(plug, p))
		return true;
	return queue_has_elevator(q) ? dd_bio_merge(q, p) : blk_bio_list_merge(&q->dispatch, p);
}

/* The bio of a page of swap is paid with the page. */
static sim_time submit_cost(const struct cost_table *cost, const struct bio_part *p)
{
	bool swapin = p->bio->op == DISK_READ && (p->flags & REQ_SWAP);

	return (sim_time)(swapin ? cost->swapin_submit : cost->bio_submit);
}

void blk_mq_submit_part(struct task *t, struct bio_part *p)
{
	struct request_queue *q = p->bio->q;
	bool is_flush = p->bio->op == DISK_FLUSH;

	if (!is_flush && blk_mq_attempt_bio_merge(task_plug(t), p))
		return;
	task_run(t, submit_cost(&q->vm->machine->cost, p));

	struct request *rq = blk_mq_alloc_request(t, p);
	struct blk_plug *plug = task_plug(t);

	if (!rq) {
		bio_part_end(p, -EAGAIN);
		return;
	}
	if (is_flush) {
		list_add(&rq->link, &q->dispatch);
		blk_mq_run_hw_queue(q, false);
	} else if (plug) {
		blk_add_rq_to_plug(plug, rq);
	} else {
		struct list requests;

		list_init(&requests);
		list_add(&rq->link, &requests);
		blk_mq_insert_requests(q, &requests, false);
	}
}
