/*
 * blk_check.c - whether requests, tags and lists of each queue agree
 */
#include "models/linux/storage/blk.h"

static int count_requests(const struct list *requests)
{
	int n = 0;

	LIST_FOR_EACH (pos, requests)
		n++;
	return n;
}

void block_check(struct check *c, struct sim *s)
{
	const struct queue_table *queues = linux_vm(s)->queues;

	for (int i = 0; i < queues->nr; i++) {
		const struct request_queue *q = &queues->q[i];
		const struct disk_stat *stat = &q->disk->stat;
		const struct deadline_data *dd = &q->dd;
		int waiting = count_requests(&q->dispatch);

		CHECK(c, stat->queued >= 0);
		CHECK(c, stat->in_flight <= q->disk->conf.queue_depth);
		CHECK(c, q->tags_used == stat->queued + stat->in_flight);
		CHECK(c, q->tags_used == count_requests(&q->requests));
		for (int dir = 0; dir < 2; dir++) {
			const struct sort_list *l = &dd->sort_list[dir];

			CHECK(c, (size_t)count_requests(&dd->fifo_list[dir]) == l->nr);
			for (size_t k = 1; k < l->nr; k++)
				CHECK(c, l->rq[k - 1]->sector <= l->rq[k]->sector);
			waiting += (int)l->nr;
		}
		CHECK(c, waiting <= stat->queued); /* the rest is plugged */
	}
}

static const struct check_def block_checks[] = {
	{ "block", block_check, "requests, tags and lists of each queue agree" },
};

const struct model block_model = {
	.name = "block",
	.checks = block_checks,
	.nr_checks = ARRAY_LEN(block_checks),
};
