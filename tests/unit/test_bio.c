/*
 * test_bio.c - who submits a bio gives way first, if somebody else is to have the CPU; what its end
 * takes
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/storage/blk.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 1, memory: 128 MiB }], "                                       \
	"disks: [{ name: sda, preset: ssd }] }\n"                                                  \
	"files: [{ name: data, disk: sda, size: 1 MiB }]\n"

static struct fixture f;
static struct wait_queue bell;
static const struct disk *disk;
static int64_t in_flight; /* when the other one ran; -1: it has not */
static bool ended;

static void other(struct task *t, void *arg)
{
	(void)arg;
	task_wait(t, &bell, FOREVER);
	in_flight = disk->stat.in_flight;
}

static void end_io(struct linux_vm *vm, struct bio *bio)
{
	(void)vm;
	(void)bio;
	ended = true;
}

static void body(struct task *t, void *arg)
{
	struct request_queue *q = f.vm->files->inodes[0]->bdi->q;
	struct page *page = alloc_pages(t, GFP_KERNEL, 0);
	struct bio *bio = bio_alloc(q, DISK_READ, 0, 0);

	(void)arg;
	disk = q->disk;
	in_flight = -1;
	ended = false;
	bio->end_io = end_io;
	assert_true(bio_add_page(f.vm, bio, page_to_pfn(f.vm, page)));
	wait_queue_init(&bell);
	task_spawn(t->sim, t->cpu, "other", TASK_REALTIME | TASK_DAEMON, other, NULL);
	task_sleep_until(t, task_now(t) + NS_PER_MS);
	wake_up(f.s, &bell);
	assert_int_equal(in_flight, -1);
	submit_bio(t, bio);
	assert_int_equal(in_flight, 0);
	assert_int_equal(disk->stat.in_flight, 1);
	task_sleep_until(t, task_now(t) + NS_PER_SEC);
	assert_true(ended);
	free_pages(f.vm, t->cpu, page, 0);
}

static void a_bio_is_submitted_when_others_have_run(void **state)
{
	(void)state;
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_end(&f);
}

/* ---- its end ---- */

static sim_time spent[2]; /* by interrupts, when a bio ended */
static int nr_ended;

static void note_end(struct linux_vm *vm, struct bio *bio)
{
	(void)vm;
	(void)bio;
	spent[nr_ended++] = f.s->cpus[0].irq_ns;
}

/* Two bios of one page that lie side by side become one request. */
static void two_bios(struct task *t, void *arg)
{
	struct request_queue *q = f.vm->files->inodes[0]->bdi->q;
	struct cost_table *cost = &f.vm->machine->cost;
	struct page *page[2];
	sim_time before;

	(void)arg;
	cost->interrupt = 1000;
	cost->end_read_page = 200;
	cost->bio_complete = 3000;
	nr_ended = 0;
	disk = q->disk;
	blk_start_plug(t);
	for (int i = 0; i < 2; i++) {
		struct bio *bio = bio_alloc(q, DISK_READ, 0, (uint64_t)i * PAGE_SECTORS);

		page[i] = alloc_pages(t, GFP_KERNEL, 0);
		bio->end_io = note_end;
		assert_true(bio_add_page(f.vm, bio, page_to_pfn(f.vm, page[i])));
		submit_bio(t, bio);
	}
	before = f.s->cpus[0].irq_ns;
	blk_finish_plug(t);
	task_sleep_until(t, task_now(t) + NS_PER_SEC);
	assert_int_equal(disk->stat.in_flight, 0);
	assert_int_equal(nr_ended, 2);
	assert_int_equal(spent[0] - before, 1200);
	assert_int_equal(spent[1] - before, 1400);
	assert_int_equal(f.s->cpus[0].irq_ns - before, 4400);
	for (int i = 0; i < 2; i++)
		free_pages(f.vm, t->cpu, page[i], 0);
}

static void pages_end_one_after_the_other(void **state)
{
	(void)state;
	fixture_boot(&f, MACHINE);
	fixture_task(&f, two_bios, NULL);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bio_is_submitted_when_others_have_run),
		cmocka_unit_test(pages_end_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
