/*
 * scheduler.c - mq-deadline
 *
 * Like:        Linux 6.1, block/mq-deadline.c, elevator.c
 * Left out:    async_depth, changing its settings (prio_aging_expire, read_expire, ...)
 *
 * Each direction has its requests twice: by sector, and by age in a FIFO.
 * Service goes on by sector in batches of up to 16; reads come before writes
 * unless writes were passed over twice; a request whose deadline has passed
 * begins the next batch.  All of this once for each class of priority: a class is served while
 * nothing of a better one waits or is in flight, or when its request has waited for ten seconds.
 */
#include "models/linux/storage/blk.h"

#define READ_EXPIRE    (HZ / 2) /* jiffies */
#define WRITE_EXPIRE   (5 * HZ)
#define FIFO_BATCH     16
#define WRITES_STARVED 2
#define PRIO_AGING     (10 * HZ) /* jiffies */

static int direction(enum disk_op op)
{
	return op == DISK_WRITE;
}

static struct dd_per_prio *per_prio_of(struct request_queue *q, uint16_t ioprio)
{
	static const enum dd_prio prio[] = { DD_BE_PRIO, DD_RT_PRIO, DD_BE_PRIO, DD_IDLE_PRIO };

	return &q->dd.per_prio[prio[IOPRIO_PRIO_CLASS(ioprio)]];
}

/* --- requests by sector --- */

/* The first place whose request does not begin before sector. */
static size_t sort_lower_bound(const struct sort_list *l, uint64_t sector)
{
	size_t low = 0, high = l->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->rq[mid]->sector < sector)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t sort_find(const struct sort_list *l, const struct request *rq)
{
	size_t i = sort_lower_bound(l, rq->sector);

	while (l->rq[i] != rq) {
		i++;
		SIM_ASSERT(i < l->nr);
	}
	return i;
}

static void sort_add(struct sort_list *l, struct request *rq)
{
	size_t i = sort_lower_bound(l, rq->sector + 1); /* behind those that begin there, too */

	if (l->nr == l->cap)
		sim_grow((void **)&l->rq, &l->cap, l->nr + 1, sizeof(struct request *));
	for (size_t k = l->nr; k > i; k--)
		l->rq[k] = l->rq[k - 1];
	l->rq[i] = rq;
	l->nr++;
}

static void sort_del(struct sort_list *l, const struct request *rq)
{
	size_t i = sort_find(l, rq);

	l->nr--;
	for (size_t k = i; k < l->nr; k++)
		l->rq[k] = l->rq[k + 1];
}

static struct request *latter_request(const struct sort_list *l, const struct request *rq)
{
	size_t i = sort_find(l, rq) + 1;

	return i < l->nr ? l->rq[i] : NULL;
}

static struct request *former_request(const struct sort_list *l, const struct request *rq)
{
	size_t i = sort_find(l, rq);

	return i ? l->rq[i - 1] : NULL;
}

/* The request that ends where something begins; NULL: none. */
static struct request *find_by_end(const struct sort_list *l, uint64_t sector)
{
	size_t i = sort_lower_bound(l, sector);

	return i && rq_end_sector(l->rq[i - 1]) == sector ? l->rq[i - 1] : NULL;
}

static struct request *find_by_start(const struct sort_list *l, uint64_t sector)
{
	size_t i = sort_lower_bound(l, sector);

	return i < l->nr && l->rq[i]->sector == sector ? l->rq[i] : NULL;
}

/* --- in and out --- */

static void deadline_remove_request(struct request_queue *q, struct request *rq)
{
	struct dd_per_prio *per_prio = per_prio_of(q, rq->ioprio);
	int dir = direction(rq->op);

	if (per_prio->next_rq[dir] == rq)
		per_prio->next_rq[dir] = latter_request(&per_prio->sort_list[dir], rq);
	sort_del(&per_prio->sort_list[dir], rq);
	list_del(&rq->link);
	rq->scheduled = false;
	if (q->last_merge == rq)
		q->last_merge = NULL;
}

/* next has become part of rq: rq inherits the earlier deadline. */
static void dd_merged_requests(struct request_queue *q, struct request *rq, struct request *next)
{
	if ((int64_t)(next->fifo_time - rq->fifo_time) < 0) {
		list_move(&rq->link, &next->link);
		rq->fifo_time = next->fifo_time;
	}
	deadline_remove_request(q, next);
	blk_mq_free_request(next);
	q->last_merge = rq;
}

/* A request that joins one that waits already; false: none suits. */
static bool insert_merge(struct request_queue *q, struct request *rq)
{
	const struct sort_list *l = &per_prio_of(q, rq->ioprio)->sort_list[direction(rq->op)];
	struct request *former = q->last_merge;
	bool merged = false;

	if (q->conf.nomerges == 2)
		return false;
	if (former && attempt_merge(former, rq)) {
		blk_mq_free_request(rq);
		return true;
	}
	if (q->conf.nomerges == 1)
		return false;

	/* the one that has grown may fit its own predecessor, and so on */
	while ((former = find_by_end(l, rq->sector)) && attempt_merge(former, rq)) {
		if (rq->scheduled)
			dd_merged_requests(q, former, rq);
		else
			blk_mq_free_request(rq);
		q->last_merge = former;
		rq = former;
		merged = true;
	}
	return merged;
}

void dd_insert_request(struct request_queue *q, struct request *rq)
{
	struct dd_per_prio *per_prio = per_prio_of(q, rq->ioprio);
	int dir = direction(rq->op);

	rq->inserted = true;
	per_prio->queued++;
	if (insert_merge(q, rq))
		return;
	trace_block_rq_insert(q->vm->sim, q->disk->id, rq->op, (int64_t)rq->sector,
			      (int64_t)rq->sectors, (int64_t)(rq->sectors * SECTOR_SIZE));
	sort_add(&per_prio->sort_list[dir], rq);
	if (!(rq->flags & REQ_NOMERGE) && !q->last_merge)
		q->last_merge = rq;
	rq->fifo_time = jiffies(q->vm->sim) + (dir ? WRITE_EXPIRE : READ_EXPIRE);
	list_add_tail(&rq->link, &per_prio->fifo_list[dir]);
	rq->scheduled = true;
}

void dd_finish_request(struct request_queue *q, const struct request *rq)
{
	if (rq->inserted)
		per_prio_of(q, rq->ioprio)->queued--;
}

/* Where a part could join a request that waits: *rq, or none. */
static enum elv_merge elv_merge(struct request_queue *q, struct bio_part *p, struct request **rq)
{
	const struct sort_list *l =
	    &per_prio_of(q, p->bio->ioprio)->sort_list[direction(p->bio->op)];
	enum elv_merge where;

	*rq = q->last_merge;
	if (*rq && blk_rq_merge_ok(*rq, p)) {
		where = blk_try_merge(*rq, p);
		if (where != ELEVATOR_NO_MERGE)
			return where;
	}
	if (q->conf.nomerges == 1)
		return ELEVATOR_NO_MERGE;
	*rq = find_by_end(l, p->sector);
	if (*rq && blk_rq_merge_ok(*rq, p))
		return ELEVATOR_BACK_MERGE;
	*rq = find_by_start(l, p->sector + p->sectors);
	if (*rq && blk_rq_merge_ok(*rq, p))
		return ELEVATOR_FRONT_MERGE;
	return ELEVATOR_NO_MERGE;
}

bool dd_bio_merge(struct request_queue *q, struct bio_part *p)
{
	struct sort_list *l = &per_prio_of(q, p->bio->ioprio)->sort_list[direction(p->bio->op)];
	struct request *rq, *other;
	enum elv_merge where = elv_merge(q, p, &rq);

	switch (where) {
	case ELEVATOR_NO_MERGE:
		return false;
	case ELEVATOR_BACK_MERGE:
		if (!bio_attempt_merge(rq, p, where))
			return false;
		other = latter_request(l, rq);
		if (other && attempt_merge(rq, other)) {
			dd_merged_requests(q, rq, other);
			return true;
		}
		break;
	case ELEVATOR_FRONT_MERGE:
		sort_del(l, rq);
		if (!bio_attempt_merge(rq, p, where)) {
			sort_add(l, rq);
			return false;
		}
		sort_add(l, rq);
		other = former_request(l, rq);
		if (other && attempt_merge(other, rq)) {
			dd_merged_requests(q, other, rq);
			return true;
		}
		break;
	}
	q->last_merge = rq;
	return true;
}

/* Whether a request was given to the queue after this jiffy. */
static bool started_after(const struct request *rq, uint64_t latest_start)
{
	uint64_t start = rq->fifo_time - (direction(rq->op) ? WRITE_EXPIRE : READ_EXPIRE);

	return (int64_t)(start - latest_start) > 0;
}

/* The next one of a class; NULL: none, or it came after latest_start (a jiffy). */
static struct request *__dd_dispatch_request(struct request_queue *q, struct dd_per_prio *per_prio,
					     uint64_t latest_start)
{
	struct deadline_data *dd = &q->dd;
	int dir = direction(dd->last_dir);
	struct request *rq = per_prio->next_rq[dir];

	if (!rq || dd->batching >= FIFO_BATCH) {
		bool reads = !list_empty(&per_prio->fifo_list[0]),
		     writes = !list_empty(&per_prio->fifo_list[1]);

		if (!reads && !writes)
			return NULL;
		dir = !reads || (writes && dd->starved++ >= WRITES_STARVED);
		if (dir)
			dd->starved = 0;

		struct request *oldest =
		    LIST_FIRST(&per_prio->fifo_list[dir], struct request, link);

		rq = per_prio->next_rq[dir];
		if (!rq || (int64_t)(jiffies(q->vm->sim) - oldest->fifo_time) >= 0)
			rq = oldest;
		dd->last_dir = dir ? DISK_WRITE : DISK_READ;
		dd->batching = 0;
	}
	if (started_after(rq, latest_start))
		return NULL;
	dd->batching++;
	per_prio->next_rq[dir] = latter_request(&per_prio->sort_list[dir], rq);
	deadline_remove_request(q, rq);
	return rq;
}

/* Of classes that others keep from being served, what has waited for too long. */
static struct request *dd_dispatch_prio_aged_requests(struct request_queue *q, uint64_t now)
{
	struct dd_per_prio *per_prio = q->dd.per_prio;
	int classes = 0;

	for (int prio = 0; prio < DD_NR_PRIO; prio++)
		classes += per_prio[prio].queued > 0;
	for (int prio = DD_BE_PRIO; classes > 1 && prio < DD_NR_PRIO; prio++) {
		struct request *rq = __dd_dispatch_request(q, &per_prio[prio], now - PRIO_AGING);

		if (rq)
			return rq;
	}
	return NULL;
}

struct request *dd_dispatch_request(struct request_queue *q)
{
	uint64_t now = jiffies(q->vm->sim);
	struct request *rq = dd_dispatch_prio_aged_requests(q, now);

	for (int prio = 0; !rq && prio < DD_NR_PRIO; prio++) {
		rq = __dd_dispatch_request(q, &q->dd.per_prio[prio], now);
		if (q->dd.per_prio[prio].queued)
			break;
	}
	return rq;
}

bool dd_has_work(const struct deadline_data *dd)
{
	for (int prio = 0; prio < DD_NR_PRIO; prio++)
		if (dd->per_prio[prio].sort_list[0].nr || dd->per_prio[prio].sort_list[1].nr)
			return true;
	return false;
}

void dd_init(struct deadline_data *dd)
{
	*dd = (struct deadline_data){ .last_dir = DISK_WRITE };
	for (int prio = 0; prio < DD_NR_PRIO; prio++) {
		list_init(&dd->per_prio[prio].fifo_list[0]);
		list_init(&dd->per_prio[prio].fifo_list[1]);
	}
}

void dd_free(struct deadline_data *dd)
{
	for (int prio = 0; prio < DD_NR_PRIO; prio++) {
		sim_free(dd->per_prio[prio].sort_list[0].rq);
		sim_free(dd->per_prio[prio].sort_list[1].rq);
	}
}
