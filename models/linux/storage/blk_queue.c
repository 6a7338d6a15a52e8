/*
 * blk_queue.c - the request queues of the disks: made, asked, freed
 *
 * What a queue does is in blk_mq.c, what a user can set of it in blk_sysfs.c.
 */
#include "models/linux/storage/blk.h"

#define VM_READAHEAD_KB 128
#define MAX_SECTORS_KB  1280 /* of requests of file systems, unless the device takes less */

struct request_queue *disk_queue(struct linux_vm *vm, int i)
{
	SIM_ASSERT(i >= 0 && i < vm->queues->nr);
	return &vm->queues->q[i];
}

uint32_t queue_ra_pages(const struct request_queue *q)
{
	return (uint32_t)(q->conf.read_ahead_kb * 1024 / (int64_t)PAGE_SIZE);
}

uint32_t queue_io_pages(const struct request_queue *q)
{
	return (uint32_t)(q->conf.max_sectors_kb * 1024 / (int64_t)PAGE_SIZE);
}

uint64_t queue_max_sectors(const struct request_queue *q)
{
	return (uint64_t)q->conf.max_sectors_kb * 1024 / SECTOR_SIZE;
}

bool queue_stable_writes(const struct request_queue *q)
{
	return q->conf.stable_writes;
}

struct disk *queue_disk(const struct request_queue *q)
{
	return q->disk;
}

void queue_note_dirty_sleep(struct request_queue *q, uint64_t j)
{
	q->dirty_sleep = j;
}

int queue_wbt_depth(const struct request_queue *q)
{
	return q->wb.min_lat ? (int)q->wb.rq_depth.max_depth : 0;
}

static void auto_default(int64_t *field, int64_t value)
{
	if (*field == TUNABLE_AUTO)
		*field = value;
}

static void queue_init(struct linux_vm *vm, struct request_queue *q, struct disk *disk)
{
	const struct disk_conf *c = &disk->conf;

	q->vm = vm;
	q->disk = disk;
	disk->update_stat = update_disk_stat;
	disk->update_arg = q;
	q->write_cache = c->cache != 0;
	for (int w = 0; w < SBQ_WAIT_QUEUES; w++)
		wait_queue_init(&q->tag_wait[w]);
	list_init(&q->dispatch);
	list_init(&q->bios);
	list_init(&q->requests);
	list_init(&q->run_work);
	dd_init(&q->dd);
	tunable_defaults(&queue_tunables, &q->conf);
	auto_default(&q->conf.read_ahead_kb, VM_READAHEAD_KB);
	auto_default(&q->conf.max_sectors_kb, min_s64(c->max_request_kb, MAX_SECTORS_KB));
	auto_default(&q->conf.nr_requests, c->nr_requests);
	auto_default(&q->conf.scheduler, c->scheduler);
	auto_default(&q->conf.write_cache, q->write_cache);
	auto_default(&q->conf.rotational, c->rotational);
	auto_default(&q->conf.wbt_lat_usec, c->wbt_target / (int64_t)NS_PER_US);
	wbt_init(q);
}

void block_init(struct linux_vm *vm)
{
	struct machine *m = vm->machine;

	vm->queues = sim_calloc(1, sizeof(*vm->queues));
	vm->queues->nr = m->nr_disks;
	vm->queues->q = sim_calloc((size_t)m->nr_disks, sizeof(*vm->queues->q));
	for (int i = 0; i < m->nr_disks; i++)
		queue_init(vm, &vm->queues->q[i], &m->disks[i]);
}

void block_free(struct linux_vm *vm)
{
	if (!vm->queues)
		return;
	for (int i = 0; i < vm->queues->nr; i++) {
		struct request_queue *q = &vm->queues->q[i];

		event_cancel(vm->sim, &q->run);
		wbt_free(q);
		while (!list_empty(&q->bios))
			bio_free(LIST_FIRST(&q->bios, struct bio, link));
		while (!list_empty(&q->requests)) {
			struct request *rq = LIST_FIRST(&q->requests, struct request, of_queue);

			event_cancel(vm->sim, &rq->device.event);
			list_del(&rq->of_queue);
			sim_free(rq);
		}
		dd_free(&q->dd);
	}
	sim_free(vm->queues->kblockd);
	sim_free(vm->queues->q);
	sim_free(vm->queues);
	vm->queues = NULL;
}
