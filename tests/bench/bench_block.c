/*
 * bench_block.c - block requests per second: queue, merge, scheduler, tags, device, completion
 */
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/storage/bio.h"
#include "models/linux/task.h"
#include "tests/bench/bench.h"
#include "tests/bench/tiny_events.h"
#include "tests/unit/fixture.h"

#define REQUESTS  400000
#define IN_FLIGHT 32

struct load {
	struct fixture f;
	struct page *page;
	struct wait_queue wait;
	int in_flight; /* bios */
	uint64_t lcg;
};

static void end_io(struct linux_vm *vm, struct bio *bio)
{
	struct load *l = bio->private;

	l->in_flight--;
	wake_up_all(vm->sim, &l->wait);
}

static void submit(struct task *t, struct load *l, uint64_t sector)
{
	struct bio *bio = bio_alloc(disk_queue(l->f.vm, 0), DISK_READ, 0, sector);

	bio_add_page(l->f.vm, bio, page_to_pfn(l->f.vm, l->page));
	bio->private = l;
	bio->end_io = end_io;
	l->in_flight++;
	submit_bio(t, bio);
}

/* Keeps 32 requests of two bios each at the disk, at random places. */
static void body(struct task *t, void *arg)
{
	struct load *l = arg;

	if (!l->page)
		l->page = alloc_pages(t, GFP_KERNEL, 0);
	for (int i = 0; i < REQUESTS; i++) {
		l->lcg = l->lcg * 6364136223846793005ULL + 1442695040888963407ULL;
		while (l->in_flight >= 2 * IN_FLIGHT)
			task_wait(t, &l->wait, FOREVER);
		blk_start_plug(t);
		submit(t, l, (l->lcg >> 38) * 16);
		submit(t, l, (l->lcg >> 38) * 16 + 8);
		blk_finish_plug(t);
	}
	while (l->in_flight)
		task_wait(t, &l->wait, FOREVER);
}

static double requests(void *arg)
{
	struct load *l = arg;
	int64_t before = l->f.vm->machine->disks[0].stat.reads;

	fixture_task(&l->f, body, l);
	return (double)(l->f.vm->machine->disks[0].stat.reads - before);
}

int main(void)
{
	struct load l = { .lcg = 1 };
	size_t pending = 8;
	int ok;

	fixture_boot(&l.f, "machine: { nodes: [{ cpus: 1, memory: 256 MiB }], disks: [{ name: sda, "
			   "preset: nvme, scheduler: mq-deadline }] }\n");
	wait_queue_init(&l.wait);
	/* 3, 5, 10 times what an outside simulator does; its sleeps are 1/37 of the yardstick, and
	 * it does four of them in the time of a disk read */
	ok = bench_pair("5 block requests", "request", requests, &l, tiny_run, &pending,
			3.0 / 37 * 0.24 / 0.95, 5.0 / 37 * 0.24 / 0.95);
	fixture_end(&l.f);
	return !ok;
}
