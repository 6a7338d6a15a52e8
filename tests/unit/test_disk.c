/*
 * test_disk.c - the service model of disks, the scheduler's order, the depths of writeback
 * throttling
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/storage/blk.h"
#include "tests/unit/written_disk.h"

#define MIB (1024.0 * 1024.0)

/* --- a disk under a closed loop of requests --- */

struct bench {
	struct written_disk on;
	/* the load */
	enum disk_op op;
	uint64_t sectors, next_sector, lcg;
	bool random;
	int left, done;
	sim_time latency; /* sum */
	struct disk_request rq[64];
};

static struct bench bench;

static void make_disk(const char *text)
{
	memset(&bench, 0, sizeof(bench));
	written_disk_make(&bench.on, text);
}

static int end_disk(void **state)
{
	(void)state;
	written_disk_free(&bench.on);
	memset(&bench, 0, sizeof(bench));
	return 0;
}

static void issue_next(struct disk_request *rq);

static void one_done(struct disk *disk, struct disk_request *rq)
{
	(void)disk;
	bench.done++;
	bench.latency += bench.on.s->now - rq->issued_at;
	if (bench.left)
		issue_next(rq);
}

static void issue_next(struct disk_request *rq)
{
	uint64_t places = (uint64_t)bench.on.disk.conf.size / SECTOR_SIZE / bench.sectors;

	bench.left--;
	bench.lcg = bench.lcg * 6364136223846793005ULL + 1442695040888963407ULL;
	rq->op = bench.op;
	rq->sectors = bench.sectors;
	rq->sector = bench.random ? (bench.lcg >> 20) % places * bench.sectors : bench.next_sector;
	bench.next_sector += bench.sectors;
	rq->done = one_done;
	disk_issue(&bench.on.disk, rq);
}

/* Requests per second at a queue depth, from the first one issued to the last one done. */
static double rate(enum disk_op op, uint64_t kib, bool random, int depth, int n)
{
	sim_time begin = bench.on.s->now;

	bench.op = op;
	bench.sectors = kib * 1024 / SECTOR_SIZE;
	bench.random = random;
	bench.lcg = 1;
	bench.left = n;
	bench.done = 0;
	bench.latency = 0;
	for (int i = 0; i < depth; i++)
		issue_next(&bench.rq[i]);
	sim_run(bench.on.s, FOREVER);
	assert_int_equal(bench.done, n);
	return (double)n * 1e9 / (double)(bench.on.s->now - begin);
}

static void about(double is, double expected, double tolerance)
{
	if (is < expected - tolerance || is > expected + tolerance)
		fail_msg("%.3f, expected %.3f +- %.3f", is, expected, tolerance);
}

static double mib_per_sec(double requests_per_sec, uint64_t kib)
{
	return requests_per_sec * (double)kib * 1024 / MIB;
}

static void expect_preset(const char *disk, double random_qd1, double random_qd32, double read_qd1,
			  double read_qd32, double write_qd1, double write_qd24, double tolerance)
{
	make_disk(disk);
	about(rate(DISK_READ, 4, true, 1, 4000), random_qd1, random_qd1 * tolerance);
	end_disk(NULL);
	make_disk(disk);
	about(rate(DISK_READ, 4, true, 32, 4000), random_qd32, random_qd32 * tolerance);
	end_disk(NULL);
	make_disk(disk);
	about(mib_per_sec(rate(DISK_READ, 128, false, 1, 4000), 128), read_qd1, read_qd1 / 1000);
	end_disk(NULL);
	make_disk(disk);
	about(mib_per_sec(rate(DISK_READ, 128, false, 32, 4000), 128), read_qd32, read_qd32 / 1000);
	end_disk(NULL);
	make_disk(disk);
	about(mib_per_sec(rate(DISK_WRITE, 1280, false, 1, 4000), 1280), write_qd1,
	      write_qd1 / 1000);
	end_disk(NULL);
	make_disk(disk);
	about(mib_per_sec(rate(DISK_WRITE, 1280, false, 24, 4000), 1280), write_qd24,
	      write_qd24 / 1000);
}

static void a_hard_disk_without_native_queueing_has_its_textbook_rates(void **state)
{
	(void)state;
	/* random places: the mean of 4000 seeks */
	expect_preset("{ name: a, preset: hdd-7200, native_queueing: false }", 78, 78, 133.9, 133.9,
		      138.4, 138.4, 0.02);
}

static void a_sata_ssd_has_its_textbook_rates(void **state)
{
	(void)state;
	expect_preset("{ name: a, preset: sata-ssd }", 11445, 91456, 395.8, 530, 471.0, 480,
		      0.0002);
}

static void an_nvme_disk_has_its_textbook_rates(void **state)
{
	(void)state;
	expect_preset("{ name: a, preset: nvme }", 12300, 392031, 1027, 2998, 1938, 2000, 0.0002);
}

static void a_throttled_virtio_disk_has_its_textbook_rates(void **state)
{
	(void)state;
	expect_preset("{ name: a, preset: virtio-throttled }", 5289, 25575, 89.3, 100, 98.8, 100,
		      0.0002);
}

static void a_parameter_beside_a_preset_counts_instead(void **state)
{
	(void)state;
	make_disk("{ name: a, preset: sata-ssd, bandwidth: 100 MiB/s, queue_depth: 16 }");
	assert_int_equal(bench.on.disk.conf.read_bandwidth, 100 << 20);
	assert_int_equal(bench.on.disk.conf.write_bandwidth, 100 << 20);
	assert_int_equal(bench.on.disk.conf.read_latency, 80000);
	assert_int_equal(bench.on.disk.conf.queue_depth, 16);
	assert_int_equal(bench.on.disk.conf.nr_requests, 32);
}

static void presets_bring_the_tags_scheduler_and_target_of_their_kind(void **state)
{
	static const struct {
		const char *disk;
		int depth, nr_requests, scheduler, rotational, target_ms;
	} row[] = {
		{ "{ name: a, preset: hdd }", 32, 64, 1, 1, 75 },
		{ "{ name: a, preset: ssd }", 32, 64, 1, 0, 2 },
		{ "{ name: a, preset: nvme }", 1023, 1023, 0, 0, 2 },
		{ "{ name: a, preset: virtio-throttled }", 256, 256, 0, 1, 75 },
		{ "{ name: a, request_time: 20 ms, slots: 4 }", 4, 4, 0, 0, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		make_disk(row[i].disk);
		assert_int_equal(bench.on.disk.conf.queue_depth, row[i].depth);
		assert_int_equal(bench.on.disk.conf.nr_requests, row[i].nr_requests);
		assert_int_equal(bench.on.disk.conf.scheduler, row[i].scheduler);
		assert_int_equal(bench.on.disk.conf.rotational, row[i].rotational);
		assert_int_equal(bench.on.disk.conf.wbt_target,
				 row[i].target_ms * (int64_t)NS_PER_MS);
		assert_int_equal(bench.on.disk.conf.max_request_kb, 1280);
		end_disk(NULL);
	}
}

static void a_null_block_device_takes_the_same_time_for_every_request(void **state)
{
	(void)state;
	make_disk("{ name: a, request_time: 10 ms, slots: 4 }");
	about(rate(DISK_WRITE, 4, true, 4, 400), 400, 0.001);
	about(rate(DISK_READ, 512, false, 4, 400), 400, 0.001);
}

static void a_limit_of_requests_bounds_their_rate_but_for_the_burst(void **state)
{
	(void)state;
	make_disk("{ name: a, preset: nvme, iops_limit: 1000 }");
	about(rate(DISK_READ, 4, true, 32, 1000), 1000, 1);
	end_disk(NULL);
	/* 100 ms of credit at the beginning: 100 requests more in the first second */
	make_disk("{ name: a, preset: nvme, iops_limit: 1000, burst: 100 ms }");
	about(rate(DISK_READ, 4, true, 32, 1100), 1100, 2);
}

static void a_full_write_cache_makes_writes_as_slow_as_it_drains(void **state)
{
	(void)state;
	make_disk("{ name: a, bandwidth: 400 MiB/s, cache: 64 MiB, drain_bandwidth: 100 MiB/s }");
	/* 48 MiB net fit while 64 MiB cross the link */
	about(mib_per_sec(rate(DISK_WRITE, 1024, false, 1, 64), 1024), 400, 0.1);
	about(mib_per_sec(rate(DISK_WRITE, 1024, false, 1, 400), 1024), 104, 1);
}

static void a_flush_waits_until_the_cache_is_empty(void **state)
{
	sim_time begin;

	(void)state;
	make_disk("{ name: a, bandwidth: 400 MiB/s, cache: 64 MiB, drain_bandwidth: 100 MiB/s, "
		  "flush_latency: 1 ms }");
	rate(DISK_WRITE, 1024, false, 1, 8);
	begin = bench.on.s->now;
	bench.rq[0] = (struct disk_request){ .op = DISK_FLUSH, .done = one_done };
	bench.rq[1] = bench.rq[2] = bench.rq[0];
	disk_issue(&bench.on.disk, &bench.rq[0]);
	disk_issue(&bench.on.disk, &bench.rq[1]);
	disk_issue(&bench.on.disk, &bench.rq[2]);
	sim_run(bench.on.s, FOREVER);
	/* of 8 MiB seven could drain for 2.5 ms each until the eighth was in: 1.75 MiB; the two
	 * later flushes are one */
	about((double)(bench.on.s->now - begin), 62.5e6 + 2e6, 10);
	assert_int_equal(bench.on.disk.stat.flushes, 3);
}

static void bandwidth_falls_from_the_first_to_the_last_sector(void **state)
{
	(void)state;
	make_disk("{ name: a, bandwidth: 100 MiB/s, zone_ratio: 50 %, size: 1 GiB }");
	about(mib_per_sec(rate(DISK_READ, 1024, false, 1, 10), 1024), 99.8, 0.5);
	bench.next_sector = ((1ULL << 30) - (10 << 20)) / SECTOR_SIZE;
	about(mib_per_sec(rate(DISK_READ, 1024, false, 1, 10), 1024), 50.2, 0.5);
}

static void a_request_that_touches_a_bad_sector_ends_with_its_error(void **state)
{
	(void)state;
	make_disk("{ name: a, preset: ssd, errors: [{ start: 1000, error: 28, on: write }] }");
	for (int i = 0; i < 3; i++)
		bench.rq[i] = (struct disk_request){ .op = i == 2 ? DISK_READ : DISK_WRITE,
						     .sector = i == 0 ? 992 : 1000,
						     .sectors = 8,
						     .done = one_done };
	for (int i = 0; i < 3; i++)
		disk_issue(&bench.on.disk, &bench.rq[i]);
	sim_run(bench.on.s, FOREVER);
	assert_int_equal(bench.rq[0].error, 0);
	assert_int_equal(bench.rq[1].error, -28);
	assert_int_equal(bench.rq[2].error, 0);
}

static void the_disk_counts_the_time_with_something_in_flight(void **state)
{
	(void)state;
	make_disk("{ name: a, request_time: 10 ms, slots: 4 }");
	rate(DISK_READ, 4, true, 2, 2);
	bench.on.s->now += NS_PER_SEC;
	rate(DISK_WRITE, 4, true, 1, 1);
	assert_int_equal(bench.on.disk.stat.io_ticks_ns, 20 * NS_PER_MS);
	assert_int_equal(bench.on.disk.stat.reads, 2);
	assert_int_equal(bench.on.disk.stat.read_sectors, 16);
	assert_int_equal(bench.on.disk.stat.writes, 1);
	assert_int_equal(bench.on.disk.stat.in_flight, 0);
}

/* --- mq-deadline --- */

struct scheduler {
	struct sim *s;
	struct linux_vm vm;
	struct disk disk;
	struct request_queue q;
	struct tables tables;
};

static void make_scheduler(struct scheduler *sch)
{
	memset(sch, 0, sizeof(*sch));
	sch->s = sim_new(1);
	tables_init(&sch->tables, &linux_personality);
	sch->s->tables = &sch->tables;
	sch->vm.sim = sch->s;
	sch->disk.conf.max_segments = 128;
	sch->q.vm = &sch->vm;
	sch->q.disk = &sch->disk;
	sch->q.conf.max_sectors_kb = 1280;
	sch->q.conf.nr_requests = 64;
	for (int i = 0; i < SBQ_WAIT_QUEUES; i++)
		wait_queue_init(&sch->q.tag_wait[i]);
	dd_init(&sch->q.dd);
}

static void end_scheduler(struct scheduler *sch)
{
	dd_free(&sch->q.dd);
	tables_free(&sch->tables);
	sim_free_run(sch->s);
}

static struct request *queue_request(struct scheduler *sch, enum disk_op op, uint64_t sector,
				     uint64_t sectors)
{
	struct request *rq = sim_calloc(1, sizeof(*rq));

	rq->q = &sch->q;
	rq->op = op;
	rq->sector = sector;
	rq->sectors = sectors;
	rq->nr_segments = 1;
	list_init(&rq->parts);
	list_init(&rq->link);
	list_init(&rq->of_queue);
	sch->q.tags_used++;
	sch->disk.stat.queued++;
	dd_insert_request(&sch->q, rq);
	return rq;
}

static uint64_t next_sector(struct scheduler *sch, enum disk_op *op)
{
	struct request *rq = dd_dispatch_request(&sch->q);
	uint64_t sector;

	assert_non_null(rq);
	sector = rq->sector;
	if (op)
		*op = rq->op;
	sim_free(rq);
	return sector;
}

static void two_batches_of_reads_go_before_each_batch_of_writes(void **state)
{
	static const enum disk_op batches[] = { DISK_READ, DISK_READ, DISK_WRITE,
						DISK_READ, DISK_READ, DISK_WRITE };
	struct scheduler sch;

	(void)state;
	make_scheduler(&sch);
	for (uint64_t i = 0; i < 64; i++)
		queue_request(&sch, DISK_READ, i * 1000, 8);
	for (uint64_t i = 0; i < 32; i++)
		queue_request(&sch, DISK_WRITE, i * 1000, 8);
	for (size_t b = 0; b < ARRAY_LEN(batches); b++) {
		for (int i = 0; i < 16; i++) {
			enum disk_op op;

			next_sector(&sch, &op);
			assert_int_equal(op, batches[b]);
		}
	}
	assert_null(dd_dispatch_request(&sch.q));
	end_scheduler(&sch);
}

static void a_batch_goes_by_sector_and_an_expired_request_begins_the_next_one(void **state)
{
	struct scheduler sch;

	(void)state;
	for (int late = 0; late < 2; late++) {
		make_scheduler(&sch);
		queue_request(&sch, DISK_READ, 5000, 8);
		queue_request(&sch, DISK_READ, 1000, 8);
		for (uint64_t i = 0; i < 20; i++)
			queue_request(&sch, DISK_READ, 100000 - i * 1000, 8);
		assert_int_equal(next_sector(&sch, NULL), 5000);
		for (uint64_t i = 0; i < 15; i++)
			assert_int_equal(next_sector(&sch, NULL), 81000 + i * 1000);
		/* half a second is the deadline of a read */
		if (late)
			sch.s->now += 500 * NS_PER_MS;
		assert_int_equal(next_sector(&sch, NULL), late ? 1000 : 96000);
		while (dd_has_work(&sch.q.dd))
			next_sector(&sch, NULL);
		end_scheduler(&sch);
	}
}

static void neighbours_become_one_request_up_to_the_largest_size(void **state)
{
	struct scheduler sch;
	struct request *rq;

	(void)state;
	make_scheduler(&sch);
	queue_request(&sch, DISK_WRITE, 0, 1024);
	queue_request(&sch, DISK_WRITE, 1024, 1024);
	queue_request(&sch, DISK_WRITE, 2048, 1024); /* 1.5 MiB would be too large */
	rq = dd_dispatch_request(&sch.q);
	assert_int_equal(rq->sectors, 2048);
	sim_free(rq);
	assert_int_equal(next_sector(&sch, NULL), 2048);
	assert_int_equal(sch.disk.stat.writes_merged, 1);
	assert_int_equal(sch.q.tags_used, 2); /* the one that was merged gave its tag back */
	end_scheduler(&sch);
}

static void a_request_between_two_others_joins_both(void **state)
{
	struct scheduler sch;
	struct request *rq;

	(void)state;
	make_scheduler(&sch);
	queue_request(&sch, DISK_READ, 16, 8);
	queue_request(&sch, DISK_READ, 0, 8);

	struct bio bio = { .q = &sch.q, .op = DISK_READ };
	struct bio_part part = {
		.bio = &bio, .sector = 8, .sectors = PAGE_SECTORS, .nr_segments = 1
	};

	assert_true(dd_bio_merge(&sch.q, &part));
	rq = dd_dispatch_request(&sch.q);
	assert_int_equal(rq->sector, 0);
	assert_int_equal(rq->sectors, 24);
	assert_null(dd_dispatch_request(&sch.q));
	sim_free(rq);
	end_scheduler(&sch);
}

/* --- parts of bios --- */

static void a_bio_is_cut_where_its_scattered_memory_exceeds_the_segments(void **state)
{
	struct scheduler sch;
	struct bio bio = { .q = NULL, .op = DISK_WRITE };
	uint32_t pfn[256];
	struct bio_part *p;

	(void)state;
	make_scheduler(&sch);
	sch.disk.conf.max_segments = 254;
	sch.disk.conf.max_segment_size = 65536;
	bio.q = &sch.q;
	bio.pfn = pfn;
	list_init(&bio.parts);
	bio.nr_pages = 256;
	for (uint32_t i = 0; i < 256; i++)
		pfn[i] = 2 * i + 2;
	p = bio_next_part(&sch.q, &bio, 0);
	assert_int_equal(p->sectors, 254 * PAGE_SECTORS);
	assert_true(p->flags & REQ_NOMERGE);
	bio_part_free(p);
	p = bio_next_part(&sch.q, &bio, 254 * PAGE_SECTORS);
	assert_int_equal(p->sectors, 2 * PAGE_SECTORS);
	assert_int_equal(p->sector, 254 * 8);
	assert_false(p->flags & REQ_NOMERGE);
	bio_part_free(p);

	/* in a row they are 16 pieces of 64 KiB */
	for (uint32_t i = 0; i < 256; i++)
		pfn[i] = i + 2;
	p = bio_next_part(&sch.q, &bio, 0);
	assert_int_equal(p->sectors, 256 * PAGE_SECTORS);
	assert_int_equal(p->nr_segments, 16);
	bio_part_free(p);
	end_scheduler(&sch);
}

/* --- writeback throttling --- */

static void the_depth_of_writeback_follows_the_table(void **state)
{
	static const struct {
		unsigned queue_depth;
		int step;
		unsigned depth, normal, background;
		bool largest;
	} row[] = {
		{ 32, 2, 4, 2, 1, false },         { 32, 1, 8, 4, 2, false },
		{ 32, 0, 16, 8, 4, false },        { 32, -1, 24, 12, 6, true },
		{ 64, 2, 4, 2, 1, false },         { 64, 0, 16, 8, 4, false },
		{ 64, -1, 31, 16, 8, false },      { 64, -2, 48, 24, 12, true },
		{ 128, -1, 31, 16, 8, false },     { 128, -2, 61, 31, 16, false },
		{ 128, -3, 96, 48, 24, true },     { 256, -2, 61, 31, 16, false },
		{ 256, -3, 121, 61, 31, false },   { 256, -4, 192, 96, 48, true },
		{ 1023, -4, 241, 121, 61, false }, { 1023, -6, 767, 384, 192, true },
		{ 1, 0, 2, 2, 1, true },           { 1, 1, 1, 1, 1, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct rq_wb rwb = { .min_lat = 1,
				     .rq_depth = { .queue_depth = row[i].queue_depth,
						   .scale_step = row[i].step,
						   .default_depth = 16 } };

		assert_int_equal(rq_depth_calc_max_depth(&rwb.rq_depth), row[i].largest);
		calc_wb_limits(&rwb);
		assert_int_equal(rwb.rq_depth.max_depth, row[i].depth);
		assert_int_equal(rwb.wb_normal, row[i].normal);
		assert_int_equal(rwb.wb_background, row[i].background);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define DISK_TEST(f) cmocka_unit_test_teardown(f, end_disk)
		DISK_TEST(a_hard_disk_without_native_queueing_has_its_textbook_rates),
		DISK_TEST(a_sata_ssd_has_its_textbook_rates),
		DISK_TEST(an_nvme_disk_has_its_textbook_rates),
		DISK_TEST(a_throttled_virtio_disk_has_its_textbook_rates),
		DISK_TEST(a_parameter_beside_a_preset_counts_instead),
		DISK_TEST(presets_bring_the_tags_scheduler_and_target_of_their_kind),
		DISK_TEST(a_null_block_device_takes_the_same_time_for_every_request),
		DISK_TEST(a_limit_of_requests_bounds_their_rate_but_for_the_burst),
		DISK_TEST(a_full_write_cache_makes_writes_as_slow_as_it_drains),
		DISK_TEST(a_flush_waits_until_the_cache_is_empty),
		DISK_TEST(bandwidth_falls_from_the_first_to_the_last_sector),
		DISK_TEST(a_request_that_touches_a_bad_sector_ends_with_its_error),
		DISK_TEST(the_disk_counts_the_time_with_something_in_flight),
		cmocka_unit_test(two_batches_of_reads_go_before_each_batch_of_writes),
		cmocka_unit_test(a_batch_goes_by_sector_and_an_expired_request_begins_the_next_one),
		cmocka_unit_test(neighbours_become_one_request_up_to_the_largest_size),
		cmocka_unit_test(a_request_between_two_others_joins_both),
		cmocka_unit_test(a_bio_is_cut_where_its_scattered_memory_exceeds_the_segments),
		cmocka_unit_test(the_depth_of_writeback_follows_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
