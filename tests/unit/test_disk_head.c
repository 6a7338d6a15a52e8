/*
 * test_disk_head.c - the head of a hard disk: what a way costs, and who is served next
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "models/hw/machine.h"
#include "tests/unit/written_disk.h"

#define MIB (1024.0 * 1024.0)
#define N   400
#define FAR (1ULL << 30) /* half way over a disk of 1 TiB */

struct bench {
	struct written_disk on;
	/* a closed loop */
	uint64_t sectors, next_sector, lcg;
	bool random;
	int left;
};

static struct bench b;

static void make_disk(const char *text)
{
	memset(&b, 0, sizeof(b));
	written_disk_make(&b.on, text);
}

static int end_disk(void **state)
{
	(void)state;
	written_disk_free(&b.on);
	memset(&b, 0, sizeof(b));
	return 0;
}

static uint64_t chance(uint64_t below)
{
	b.lcg = b.lcg * 6364136223846793005ULL + 1442695040888963407ULL;
	return (b.lcg >> 20) % below;
}

/* ---- the way to one request ---- */

/* Time of one read when the head stands behind sector from, latency and transfer taken off. */
static sim_time way(uint64_t from, uint64_t to)
{
	sim_time begin = b.on.s->now, transfer;

	b.on.disk.head_sector = from;
	b.on.nr_done = 0;
	b.on.rq[0] = (struct disk_request){
		.op = DISK_READ, .sector = to, .sectors = 8, .done = written_disk_done
	};
	disk_issue(&b.on.disk, &b.on.rq[0]);
	sim_run(b.on.s, FOREVER);
	transfer = (4096 * NS_PER_SEC + (150ULL << 20) - 1) / (150ULL << 20);
	return b.on.s->now - begin - 100 * NS_PER_US - transfer;
}

static sim_time pass(uint64_t kib)
{
	return (kib * 1024 * NS_PER_SEC + (150ULL << 20) - 1) / (150ULL << 20);
}

static void skipping_ahead_costs_what_the_sectors_between_take_to_pass(void **state)
{
	(void)state;
	make_disk("{ name: a, preset: hdd }");
	for (uint64_t kib = 0; kib <= 768; kib += 4) /* 768 KiB pass in 5 ms */
		assert_int_equal(way(FAR, FAR + 2 * kib), pass(kib));
	/* a seek and at most a turn is the most a little more may cost */
	for (uint64_t kib = 800; kib <= 4096; kib += 4)
		assert_true(way(FAR, FAR + 2 * kib) < 10 * NS_PER_MS);
}

static void a_step_back_on_the_track_costs_the_rest_of_a_turn(void **state)
{
	const sim_time turn = 60 * NS_PER_SEC / 7200;

	(void)state;
	make_disk("{ name: a, preset: hdd }");
	for (uint64_t kib = 4; kib <= 384; kib += 4)
		assert_int_equal(way(FAR, FAR - 2 * kib), turn - pass(kib));
}

static void sectors_pass_more_slowly_at_the_inner_edge(void **state)
{
	uint64_t last = (1ULL << 40) / SECTOR_SIZE - 4096;

	(void)state;
	make_disk("{ name: a, preset: hdd, zone_ratio: 50 % }");
	b.on.disk.head_sector = last;
	b.on.rq[0] = (struct disk_request){
		.op = DISK_READ, .sector = last + 256, .sectors = 8, .done = written_disk_done
	};
	disk_issue(&b.on.disk, &b.on.rq[0]);
	sim_run(b.on.s, FOREVER);
	/* 132 KiB at 75 MiB/s */
	assert_in_range(b.on.s->now, 100000 + 2 * pass(132) - 100, 100000 + 2 * pass(132) + 100);
}

static void far_places_come_round_after_half_a_turn_on_average(void **state)
{
	const sim_time turn = 60 * NS_PER_SEC / 7200;
	sim_time sum = 0;
	int share[8] = { 0 };

	(void)state;
	make_disk("{ name: a, bandwidth: 150 MiB/s, latency: 100 us, rpm: 7200 }");
	for (uint64_t i = 0; i < 8000; i++) {
		uint64_t from = FAR + chance(FAR), to = chance(FAR - 100000);
		sim_time t = way(from, to);

		assert_true(t < turn);
		assert_int_equal(way(from, to), t); /* the same two places, the same time */
		share[t * 8 / turn]++;
		sum += t;
	}
	assert_in_range(sum / 8000, turn * 49 / 100, turn * 51 / 100);
	for (int i = 0; i < 8; i++)
		assert_in_range(share[i], 900, 1100);
}

static void writes_into_a_cache_need_no_head(void **state)
{
	(void)state;
	make_disk("{ name: a, preset: hdd, cache: 64 MiB, write_latency: 0 ns, drain_bandwidth: "
		  "100 MiB/s, write_bandwidth: 400 MiB/s }");
	b.lcg = 1;
	for (int i = 0; i < 32; i++) {
		b.on.rq[i] = (struct disk_request){ .op = DISK_WRITE,
						    .sector = chance(FAR) * 2,
						    .sectors = 2048,
						    .done = written_disk_done };
		disk_issue(&b.on.disk, &b.on.rq[i]);
	}
	sim_run(b.on.s, FOREVER);
	/* as they came, 1 MiB in 2.5 ms */
	for (int i = 0; i < 32; i++) {
		assert_int_equal(b.on.order[i], i);
		assert_int_equal(b.on.done_at[i], (sim_time)(i + 1) * 2500 * NS_PER_US);
	}
}

/* ---- headline figures ---- */

static void issue_next(struct disk_request *rq);

static void next_done(struct disk *disk, struct disk_request *rq)
{
	(void)disk;
	b.on.nr_done++;
	if (b.left)
		issue_next(rq);
}

static void issue_next(struct disk_request *rq)
{
	b.left--;
	*rq = (struct disk_request){ .op = DISK_READ, .sectors = b.sectors, .done = next_done };
	rq->sector =
	    b.random ? chance((uint64_t)b.on.disk.conf.size / SECTOR_SIZE / b.sectors) * b.sectors
		     : b.next_sector;
	b.next_sector += b.sectors;
	disk_issue(&b.on.disk, rq);
}

static double reads_per_sec(const char *disk, uint64_t kib, bool random, int depth)
{
	const int n = 8000;
	double rate;

	make_disk(disk);
	b.sectors = kib * 2;
	b.random = random;
	b.left = n;
	for (int i = 0; i < depth; i++)
		issue_next(&b.on.rq[i]);
	sim_run(b.on.s, FOREVER);
	assert_int_equal(b.on.nr_done, n);
	rate = n * 1e9 / (double)b.on.s->now;
	end_disk(NULL);
	return rate;
}

static void expect_rate(double is, double expected)
{
	if (is < expected * 0.98 || is > expected * 1.02)
		fail_msg("%.1f a second, expected %.1f", is, expected);
}

/* The table in docs/models/disk.md. */
static void a_hard_disk_gains_by_native_queueing_what_real_ones_do(void **state)
{
	static const char fifo[] = "{ name: a, preset: hdd, native_queueing: false }";
	static const char hdd[] = "{ name: a, preset: hdd }";
	static const struct {
		int depth;
		double rate;
	} row[] = { { 1, 79 }, { 2, 79 }, { 4, 92 }, { 8, 109 }, { 16, 131 }, { 32, 157 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		expect_rate(reads_per_sec(hdd, 4, true, row[i].depth), row[i].rate);
		expect_rate(reads_per_sec(fifo, 4, true, row[i].depth), 79);
	}
	expect_rate(reads_per_sec(hdd, 1024, false, 1) * 1024 * 1024 / MIB, 147.8);
	expect_rate(reads_per_sec(hdd, 1024, false, 2) * 1024 * 1024 / MIB, 147.8);
}

/* ---- who waits ---- */

static void far_done(struct disk *disk, struct disk_request *rq)
{
	written_disk_done(disk, rq);
	b.left = 0;
}

/* How long a read far away waits beside a stream that keeps depth requests of kib in flight. */
static sim_time wait_beside_a_stream(const char *disk, int depth, uint64_t kib)
{
	sim_time waited;

	make_disk(disk);
	b.sectors = kib * 2;
	b.left = 100000;
	for (int i = 0; i < depth; i++)
		issue_next(&b.on.rq[i]);
	b.on.rq[N] =
	    (struct disk_request){ .op = DISK_READ, .sector = FAR, .sectors = 8, .done = far_done };
	disk_issue(&b.on.disk, &b.on.rq[N]);
	sim_run(b.on.s, FOREVER);
	assert_int_equal(b.left, 0);
	waited = b.on.done_at[N];
	end_disk(NULL);
	return waited;
}

static void a_far_request_waits_a_few_times_its_way_beside_a_stream(void **state)
{
	static const char hdd[] = "{ name: a, preset: hdd }";
	static const char patient[] = "{ name: a, preset: hdd, age_weight: 10 }";
	/* seek and rotation of at most a turn */
	const sim_time way_ms = 11 + 9;

	(void)state;
	for (int depth = 2; depth <= 4; depth++) {
		/* the size of the stream's requests makes no difference but for the last one */
		for (uint64_t kib = 64; kib <= 1024; kib *= 4) {
			sim_time t = wait_beside_a_stream(hdd, depth, kib);

			assert_true(t > 10 * NS_PER_MS);
			assert_true(t < ((sim_time)depth + 2) * way_ms * NS_PER_MS);
		}
		assert_true(wait_beside_a_stream(patient, depth, 1024) >
			    3 * wait_beside_a_stream(hdd, depth, 1024));
	}
}

/* ---- a naive disk ---- */

struct naive {
	uint64_t rate, size, track, full, turn, weight, zone;
	uint64_t arrival[N], sector[N];
};

static uint64_t naive_rate(const struct naive *v, uint64_t sector)
{
	uint64_t lost = v->rate * (100 - v->zone) / 100;

	return v->rate - (uint64_t)((unsigned __int128)lost * sector / (v->size / 512));
}

static uint64_t naive_way(const struct naive *v, uint64_t from, uint64_t to)
{
	uint64_t far = from < to ? to - from : from - to, root = 0, mix;
	uint64_t r = naive_rate(v, from);
	uint64_t passing = (uint64_t)(((unsigned __int128)far * 512 * 1000000000 + r - 1) / r);
	uint64_t seek, half = v->turn / 2;

	while ((unsigned __int128)(root + 1) * (root + 1) * (v->size / 512) <=
	       (unsigned __int128)far << 20)
		root++;
	seek = v->track + (v->full - v->track) * root / 1024;
	if (from <= to && passing <= seek + half)
		return passing;
	if (from > to && passing + seek + half <= v->turn)
		return v->turn - passing;
	mix = (from ^ (to << 32 | to >> 32)) * 0x9e3779b97f4a7c15ULL;
	mix = (mix ^ mix >> 32) * 0xd6e8feb86659fd93ULL;
	return seek + (uint64_t)((unsigned __int128)v->turn * (mix >> 32) >> 32);
}

/* Serves all requests; fills the order and the times. */
static void naive_run(const struct naive *v, int *order, uint64_t *done_at)
{
	bool served[N] = { false };
	uint64_t now = 0, head = 0;

	for (int k = 0; k < N; k++) {
		int best = -1, n = 0;
		__int128 least = 0;

		for (int i = 0; i < N; i++)
			n += !served[i] && v->arrival[i] <= now;
		if (n == 0) { /* the next one to come */
			for (int i = 0; i < N; i++)
				if (!served[i] && (best < 0 || v->arrival[i] < v->arrival[best]))
					best = i;
			now = v->arrival[best];
		}
		for (int i = 0; n && i < N; i++) {
			__int128 cost;

			if (served[i] || v->arrival[i] > now)
				continue;
			cost = (__int128)n * naive_way(v, head, v->sector[i]) -
			       (__int128)((now - v->arrival[i]) * v->weight / 100);
			if (best < 0 || cost < least) {
				best = i;
				least = cost;
			}
		}
		served[best] = true;
		now += 100000 + naive_way(v, head, v->sector[best]);
		now += (4096 * 1000000000ULL + naive_rate(v, v->sector[best]) - 1) /
		       naive_rate(v, v->sector[best]);
		head = v->sector[best] + 8;
		order[k] = best;
		done_at[best] = now;
	}
}

/* Arrivals in bursts, half of the places close together. */
static void same_as_naive(const char *disk, struct naive *v, uint64_t seed)
{
	static uint64_t done_at[N];
	int order[N];
	uint64_t t = 0;

	make_disk(disk);
	b.lcg = seed;
	for (int i = 0; i < N; i++) {
		t += 1 + (i % 40 == 0 ? chance(400000000) : chance(12000000));
		v->arrival[i] = t;
		v->sector[i] = chance(2) ? chance(v->size / 4096) * 8 : FAR + chance(2000) * 8;
		written_disk_issue_at(&b.on, i, DISK_READ, v->sector[i], 8, t);
	}
	sim_run(b.on.s, FOREVER);
	naive_run(v, order, done_at);
	assert_int_equal(b.on.nr_done, N);
	for (int i = 0; i < N; i++) {
		assert_int_equal(b.on.order[i], order[i]);
		assert_int_equal(b.on.done_at[order[i]], done_at[order[i]]);
	}
	end_disk(NULL);
}

static void order_and_times_are_those_of_a_naive_disk(void **state)
{
	struct naive hdd = { .rate = 150 << 20,
			     .size = 1ULL << 40,
			     .track = 1000000,
			     .full = 15000000,
			     .turn = 60000000000 / 7200,
			     .weight = 100,
			     .zone = 100 };
	struct naive greedy = hdd, zones = hdd, still = hdd;

	(void)state;
	greedy.weight = 7;
	zones.zone = 45;
	still.turn = 0;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		same_as_naive("{ name: a, preset: hdd, queue_depth: 512 }", &hdd, seed);
		same_as_naive("{ name: a, preset: hdd, queue_depth: 512, age_weight: 7 % }",
			      &greedy, seed);
		same_as_naive("{ name: a, preset: hdd, queue_depth: 512, zone_ratio: 45 % }",
			      &zones, seed);
		same_as_naive("{ name: a, preset: hdd, queue_depth: 512, rpm: 0 }", &still, seed);
	}
}

/* ---- nobody is passed over for long ---- */

static sim_time newest, bound; /* of those that are done the one that came last */

static void loop_next(struct disk_request *rq);

static void loop_done(struct disk *disk, struct disk_request *rq)
{
	(void)disk;
	if (newest > rq->issued_at + bound)
		fail_msg("passed over by one that came %" PRIu64 " us later",
			 (newest - rq->issued_at) / NS_PER_US);
	newest = max_u64(newest, rq->issued_at);
	if (b.left-- > 0)
		loop_next(rq);
}

/* Requests from 4 on read anywhere, the others 1 MiB after the other. */
static void loop_next(struct disk_request *rq)
{
	bool far = rq - b.on.rq >= 4;
	uint64_t sector = far ? chance(FAR) * 2 / 8 * 8 : b.next_sector;

	*rq = (struct disk_request){
		.op = DISK_READ, .sector = sector, .sectors = far ? 8 : 2048, .done = loop_done
	};
	if (!far)
		b.next_sector += 2048;
	disk_issue(&b.on.disk, rq);
}

static void nobody_is_passed_over_by_one_that_came_much_later(void **state)
{
	const sim_time longest = 15 * NS_PER_MS + 60 * NS_PER_SEC / 7200;

	(void)state;
	for (int depth = 5; depth <= 32; depth += 9) {
		for (int tenth = 0; tenth < 2; tenth++) {
			make_disk(tenth ? "{ name: a, preset: hdd, age_weight: 10 }"
					: "{ name: a, preset: hdd }");
			newest = 0;
			bound = (sim_time)depth * longest * (tenth ? 10 : 1);
			b.left = 4000;
			for (int i = 0; i < depth; i++)
				loop_next(&b.on.rq[i]);
			sim_run(b.on.s, FOREVER);
			end_disk(NULL);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define DISK_TEST(f) cmocka_unit_test_teardown(f, end_disk)
		DISK_TEST(skipping_ahead_costs_what_the_sectors_between_take_to_pass),
		DISK_TEST(a_step_back_on_the_track_costs_the_rest_of_a_turn),
		DISK_TEST(sectors_pass_more_slowly_at_the_inner_edge),
		DISK_TEST(far_places_come_round_after_half_a_turn_on_average),
		DISK_TEST(writes_into_a_cache_need_no_head),
		DISK_TEST(a_hard_disk_gains_by_native_queueing_what_real_ones_do),
		DISK_TEST(a_far_request_waits_a_few_times_its_way_beside_a_stream),
		DISK_TEST(order_and_times_are_those_of_a_naive_disk),
		DISK_TEST(nobody_is_passed_over_by_one_that_came_much_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
