/*
 * blk_sysfs.c - /sys/block/<disk>/queue: what a write to it sets off
 */
#include <errno.h>
#include <string.h>

#include "models/linux/storage/blk.h"

static struct request_queue *queue_of(void *conf)
{
	return CONTAINER_OF(conf, struct request_queue, conf);
}

static int queue_max_sectors_write(struct sim *s, void *object, const struct tunable *row,
				   const int64_t *values)
{
	(void)s;
	if (values[0] > queue_of(object)->disk->conf.max_request_kb)
		return -EINVAL;
	tunable_store(object, row, values);
	return 0;
}

static int queue_nr_requests_write(struct sim *s, void *object, const struct tunable *row,
				   const int64_t *values)
{
	struct request_queue *q = queue_of(object);
	int64_t most = queue_has_elevator(q) ? MAX_SCHED_RQ : q->disk->conf.queue_depth;

	(void)s;
	(void)row;
	if (values[0] > most)
		return -EINVAL;
	blk_mq_set_nr_requests(q, values[0]);
	return 0;
}

/* The number of tags a queue has when a scheduler has just been chosen. */
static int64_t initial_nr_requests(const struct request_queue *q, int64_t scheduler)
{
	int64_t depth = q->disk->conf.queue_depth;

	if (scheduler == q->disk->conf.scheduler)
		return q->disk->conf.nr_requests;
	return scheduler == DISK_SCHEDULER_NONE ? depth : 2 * min_s64(depth, 128);
}

static int queue_scheduler_write(struct sim *s, void *object, const struct tunable *row,
				 const int64_t *values)
{
	struct request_queue *q = queue_of(object);
	struct request *rq;

	(void)s;
	if (values[0] == q->conf.scheduler)
		return 0;
	while ((rq = dd_dispatch_request(q)))
		list_add_tail(&rq->link, &q->dispatch);
	tunable_store(object, row, values);
	blk_mq_set_nr_requests(q, initial_nr_requests(q, values[0]));
	blk_mq_run_hw_queue(q, false);
	return 0;
}

static int queue_wbt_write(struct sim *s, void *object, const struct tunable *row,
			   const int64_t *values)
{
	struct request_queue *q = queue_of(object);
	int64_t usec = values[0];

	(void)s;
	if (usec == -1)
		usec = q->conf.rotational ? 75000 : 2000;
	if (usec == q->conf.wbt_lat_usec)
		return 0;
	tunable_store(object, row, &usec);
	wbt_set_min_lat(q, (sim_time)usec * NS_PER_US);
	return 0;
}

static int queue_wc_write(struct sim *s, void *object, const struct tunable *row,
			  const int64_t *values)
{
	(void)s;
	if (values[0] && !queue_of(object)->write_cache)
		return -EINVAL;
	tunable_store(object, row, values);
	return 0;
}

static void *queue_object(struct sim *s, const char *name)
{
	struct queue_table *queues = linux_vm(s)->queues;

	for (int i = 0; i < queues->nr; i++)
		if (strcmp(queues->q[i].disk->name, name) == 0)
			return &queues->q[i].conf;
	return NULL;
}

static const struct key_word queue_scheduler_words[] = {
	{ "none", DISK_SCHEDULER_NONE, "nobody: first come, first served" },
	{ "mq-deadline", DISK_SCHEDULER_MQ_DEADLINE,
	  "by sector, reads first, none waits too long" },
	{ "bfq", TUNABLE_REFUSED, "an I/O scheduler that is not simulated" },
	{ "kyber", TUNABLE_REFUSED, "an I/O scheduler that is not simulated" },
	{ NULL, 0, NULL },
};

static const struct key_word queue_cache_words[] = {
	{ "write through", 0, "nothing is done" },
	{ "write back", 1, "the disk is told to" },
	{ NULL, 0, NULL },
};

#define TUNABLE(row, unit, def, min, max, write, text)                                             \
	{ TUNABLE_FIELDS(queue_conf, row, unit, def, min, max, write, text), .count = 1 },
#define TUNABLE_WORDS(row, row_words, def, min, max, write, text)                                  \
	{ TUNABLE_FIELDS(queue_conf, row, COUNT, def, min, max, write, text), .count = 1,          \
	  .words = row_words },
#define AUTO TUNABLE_AUTO
static const struct tunable queue_rows[] = {
#include "models/linux/sysfs_queue.def"
};
#undef AUTO
#undef TUNABLE
#undef TUNABLE_WORDS

const struct tunable_class queue_tunables = {
	.prefix = "queue",
	.objects = "disk",
	.where = "/sys/block/<disk>/queue",
	.rows = queue_rows,
	.nr_rows = ARRAY_LEN(queue_rows),
	.object = queue_object,
};
