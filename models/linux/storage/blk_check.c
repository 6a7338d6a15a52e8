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

	for (int n = 0; n < queues->nr; n++) {
		const struct request_queue *q = &queues->q[n];
		const struct disk_stat *stat = &q->disk->stat;
		const struct deadline_data *dd = &q->dd;
		int waiting = count_requests(&q->dispatch);

		CHECK(c, stat->queued >= 0);
		CHECK(c, stat->in_flight <= q->disk->conf.queue_depth);
		CHECK(c, q->tags_used == stat->queued + stat->in_flight);
		CHECK(c, q->tags_used == count_requests(&q->requests));
		for (int k = 0; k < 2 * DD_NR_PRIO; k++) {
			const struct dd_per_prio *per_prio = &dd->per_prio[k / 2];
			const struct sort_list *l = &per_prio->sort_list[k % 2];

			CHECK(c, (size_t)count_requests(&per_prio->fifo_list[k % 2]) == l->nr);
			CHECK(c, per_prio->queued >= (int)l->nr);
			for (size_t i = 1; i < l->nr; i++)
				CHECK(c, l->rq[i - 1]->sector <= l->rq[i]->sector);
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
