/*
 * blk_merge.c - what fits one request, and what can be joined
 *
 * Memory that is scattered costs segments, a request may have max_segments of
 * them.  Counts are added up when parts are joined, even where frames follow
 * each other across the joint.
 */
#include "models/linux/storage/blk.h"

/* Pages from `from` on whose frames follow each other. */
static int contiguous_frames(const struct bio *bio, int from)
{
	int n = 1;

	while (from + n < bio->nr_pages && bio->pfn[from + n] == bio->pfn[from] + (uint32_t)n)
		n++;
	return n;
}

/*
 * How many sectors from number `from` on fit one request; *segments: as how many they count.  A
 * request may end inside a page: max_sectors_kb need not be a multiple of one.
 */
static uint64_t sectors_that_fit(const struct request_queue *q, const struct bio *bio,
				 uint64_t from, int *segments)
{
	int max_segments = (int)q->disk->conf.max_segments;
	uint64_t segment_sectors = (uint64_t)q->disk->conf.max_segment_size / SECTOR_SIZE;
	uint64_t fit = 0;

	*segments = 0;
	while (from + fit < bio_sectors(bio)) {
		uint64_t page = (from + fit) / PAGE_SECTORS, inside = (from + fit) % PAGE_SECTORS;
		uint64_t run = (uint64_t)contiguous_frames(bio, (int)page) * PAGE_SECTORS - inside;
		uint64_t left = min_u64(run, queue_max_sectors(q) - fit), taken = 0;

		while (left > 0 && *segments < max_segments) {
			uint64_t piece = min_u64(left, segment_sectors);

			(*segments)++;
			taken += piece;
			left -= piece;
		}
		fit += taken;
		if (taken < run)
			break;
	}
	return fit;
}

struct bio_part *bio_next_part(const struct request_queue *q, struct bio *bio, uint64_t from)
{
	struct bio_part *p = from ? sim_alloc(sizeof(*p)) : &bio->first_part;

	*p = (struct bio_part){ .bio = bio, .sector = bio->sector + from, .flags = bio->flags };
	list_init(&p->link);
	list_add_tail(&p->of_bio, &bio->parts);
	if (bio->nr_pages)
		p->sectors = sectors_that_fit(q, bio, from, &p->nr_segments);
	/* what had to be cut off is as large as it can be */
	if (from + p->sectors < bio_sectors(bio)) {
		p->flags |= REQ_NOMERGE;
		trace_block_split(q->vm->sim, q->disk->id, bio->op, (int64_t)p->sector,
				  (int64_t)(p->sector + p->sectors));
	}
	return p;
}

enum elv_merge blk_try_merge(const struct request *rq, const struct bio_part *p)
{
	if (rq_end_sector(rq) == p->sector)
		return ELEVATOR_BACK_MERGE;
	if (rq->sector == p->sector + p->sectors)
		return ELEVATOR_FRONT_MERGE;
	return ELEVATOR_NO_MERGE;
}

static bool rq_mergeable(const struct request *rq)
{
	return !(rq->flags & REQ_NOMERGE) && rq->op != DISK_FLUSH;
}

bool blk_rq_merge_ok(const struct request *rq, const struct bio_part *p)
{
	return rq_mergeable(rq) && !(p->flags & REQ_NOMERGE) && rq->op == p->bio->op &&
	       rq->ioprio == p->bio->ioprio;
}

static bool fits(const struct request *rq, uint64_t sectors, int segments)
{
	return rq->sectors + sectors <= queue_max_sectors(rq->q) &&
	       rq->nr_segments + segments <= rq->q->disk->conf.max_segments;
}

/* Requests that were found full are not asked again. */
static void req_set_nomerge(struct request *rq)
{
	rq->flags |= REQ_NOMERGE;
	if (rq->q->last_merge == rq)
		rq->q->last_merge = NULL;
}

static void count_merge(const struct request *rq)
{
	if (rq->op == DISK_READ)
		rq->q->disk->stat.reads_merged++;
	else
		rq->q->disk->stat.writes_merged++;
}

static void trace_merge(const struct request *rq, const struct bio_part *p, enum elv_merge where)
{
	struct sim *s = rq->q->vm->sim;
	int64_t sector = (int64_t)p->sector, sectors = (int64_t)p->sectors;

	if (where == ELEVATOR_BACK_MERGE)
		trace_block_bio_backmerge(s, rq->q->disk->id, rq->op, sector, sectors);
	else
		trace_block_bio_frontmerge(s, rq->q->disk->id, rq->op, sector, sectors);
}

bool bio_attempt_merge(struct request *rq, struct bio_part *p, enum elv_merge where)
{
	if (!fits(rq, p->sectors, p->nr_segments)) {
		req_set_nomerge(rq);
		return false;
	}
	trace_merge(rq, p, where);
	if (where == ELEVATOR_BACK_MERGE) {
		list_add_tail(&p->link, &rq->parts);
	} else {
		list_add(&p->link, &rq->parts);
		rq->sector = p->sector;
	}
	rq->sectors += p->sectors;
	rq->nr_segments += p->nr_segments;
	count_merge(rq);
	return true;
}

bool attempt_merge(struct request *rq, struct request *next)
{
	if (!rq_mergeable(rq) || !rq_mergeable(next) || rq->op != next->op ||
	    rq->ioprio != next->ioprio || rq_end_sector(rq) != next->sector ||
	    !fits(rq, next->sectors, next->nr_segments))
		return false;

	trace_block_rq_merge(rq->q->vm->sim, rq->q->disk->id, next->op, (int64_t)next->sector,
			     (int64_t)next->sectors, (int64_t)(next->sectors * SECTOR_SIZE));
	rq->nr_segments += next->nr_segments;
	rq->sectors += next->sectors;
	rq->start_time = min_u64(rq->start_time, next->start_time);
	while (!list_empty(&next->parts))
		list_move_tail(next->parts.next, &rq->parts);
	count_merge(rq);
	return true;
}
