/*
 * test_compaction_resched.c - compaction gives the CPU away between pages and, where it passes
 * pageblocks over, every 32 of them
 *
 * Another task, a real-time one, is woken in the midst of it: it runs when compaction looks whether
 * somebody else shall.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "models/linux/alloc/compact_internal.h"
#include "models/linux/alloc/internal.h"
#include "models/linux/alloc/migrate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"linux: { slab: false }\n"                                                                 \
	"machine: { nodes: [{ cpus: 1, memory: 128 MiB }], "                                       \
	"disks: [{ name: sda, preset: ssd }] }\n"                                                  \
	"files: [{ name: data, disk: sda, size: 1 MiB }]\n"                                        \
	"sysctl: { vm.compaction_proactiveness: 0, vm.dirty_writeback_centisecs: 0 }\n"
#define BOUNDARY 16384u /* a multiple of 32 pageblocks of 512 pages */

static struct fixture f;
static struct wait_queue bell;
static bool other_ran;
static int nr_targets;

static void other(struct task *t, void *arg)
{
	(void)arg;
	task_wait(t, &bell, FOREVER);
	other_ran = true;
}

/* The other task waits for the bell. */
static void start_other(struct task *t)
{
	wait_queue_init(&bell);
	other_ran = false;
	task_spawn(t->sim, t->cpu, "other", TASK_REALTIME | TASK_DAEMON, other, NULL);
	task_sleep_until(t, task_now(t) + NS_PER_MS);
	assert_false(other_ran);
}

/* Wakes it: it has the CPU no sooner than somebody looks. */
static void ring(void)
{
	wake_up(f.s, &bell);
	assert_false(other_ran);
}

static void run(task_fn *body)
{
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_end(&f);
}

/* ---- scanners ---- */

/* All pageblocks of the zone are to be passed over; the scanners stand at these two. */
static struct compact_control passing_over(pfn_t migrate_pfn, pfn_t free_pfn)
{
	struct compact_control cc = { .zone = pfn_zone(f.vm, BOUNDARY),
				      .order = 3,
				      .search_order = 3,
				      .gfp = GFP_HIGHUSER_MOVABLE,
				      .highest_zoneidx = ZONE_DMA32,
				      .mode = MIGRATE_SYNC_LIGHT,
				      .migrate_pfn = migrate_pfn,
				      .free_pfn = free_pfn,
				      .nr_migratepages = 1 };

	for (pfn_t pfn = cc.zone->zone_start_pfn; pfn < zone_end_pfn(cc.zone);
	     pfn += PAGEBLOCK_NR_PAGES)
		set_pageblock_skip(f.vm, pfn);
	return cc;
}

static void body_source(struct task *t, void *arg)
{
	struct compact_control cc = passing_over(BOUNDARY + 512, 32256);

	(void)arg;
	cc.nr_migratepages = 0;
	start_other(t);
	ring();
	/* 30 blocks, and none that is a multiple of 32: nobody looks */
	assert_int_equal(isolate_migratepages(t, &cc), ISOLATE_NONE);
	assert_int_equal(cc.migrate_pfn, 32256);
	assert_false(other_ran);
	cc = passing_over(BOUNDARY - 512, 32256);
	cc.nr_migratepages = 0;
	assert_int_equal(isolate_migratepages(t, &cc), ISOLATE_NONE);
	assert_true(other_ran);
}

static void the_source_scanner_lets_others_run_every_32_blocks(void **state)
{
	(void)state;
	run(body_source);
}

/* Takes all free blocks, so that no list has a target. */
static void take_all(struct task *t)
{
	drain_all_pages(f.vm, t->cpu);
	FOR_EACH_ZONE (f.vm, zone)
		for (int o = 0; o < MAX_ORDER; o++)
			for (int type = 0; type < MIGRATE_TYPES; type++)
				while (zone->free_area[o].free_list[type].head)
					del_page_from_free_list(
					    f.vm, zone, zone->free_area[o].free_list[type].head, o);
}

static void body_target(struct task *t, void *arg)
{
	struct compact_control cc = passing_over(BOUNDARY, 32256);

	(void)arg;
	start_other(t);
	take_all(t);
	ring();
	/* down to the block behind that of the other scanner */
	assert_null(compaction_alloc(t, pfn_to_page(f.vm, BOUNDARY), &cc));
	assert_false(other_ran);
	cc = passing_over(BOUNDARY - 1024, 32256);
	assert_null(compaction_alloc(t, pfn_to_page(f.vm, BOUNDARY), &cc));
	assert_true(other_ran);
}

static void the_target_scanner_lets_others_run_every_32_blocks(void **state)
{
	(void)state;
	run(body_target);
}

/* ---- moving ---- */

/*
 * The second page that is moved wakes the other task: it has the CPU before the third.  The targets
 * are there already, as allocating lets others run, too.
 */
static struct page *ringing_target(struct task *t, const struct page *old, void *arg)
{
	struct page **targets = arg;

	(void)t;
	(void)old;
	nr_targets++;
	if (nr_targets == 2)
		ring();
	else
		assert_int_equal(other_ran, nr_targets > 2);
	return targets[nr_targets - 1];
}

static void body_move(struct task *t, void *arg)
{
	struct file *file = file_open(t, file_by_name(f.vm, "data"));
	struct page_list list = { 0 };
	struct page *targets[4];
	unsigned moved;
	int64_t pos = 0;

	(void)arg;
	assert_int_equal(generic_file_read_iter(t, file, &pos, 8 * PAGE_SIZE), 8 * PAGE_SIZE);
	lru_add_drain_all(f.vm);
	for (uint64_t i = 0; i < 4; i++) {
		struct page *page = find_get_page(&file->inode->mapping, i);

		assert_non_null(page);
		isolate_lru_page(f.vm, page);
		put_page(f.vm, t->cpu, page);
		page_list_add_tail(f.vm->mem_map, &list, page_to_pfn(f.vm, page));
		targets[i] = alloc_pages(t, GFP_HIGHUSER_MOVABLE, 0);
		assert_non_null(targets[i]);
	}
	start_other(t);
	nr_targets = 0;
	assert_int_equal(migrate_pages(t, &list, ringing_target, NULL, targets, MIGRATE_SYNC,
				       MR_COMPACTION, &moved),
			 0);
	assert_int_equal(moved, 4);
	assert_int_equal(nr_targets, 4);
	assert_true(other_ran);
	file_close(t, file);
}

static void others_run_before_each_page_that_is_moved(void **state)
{
	(void)state;
	run(body_move);
}

/* ---- kcompactd ---- */

/* When it looks next, after a boot that found it so. */
static uint64_t looks_at(uint64_t ticks_found)
{
	uint64_t found;

	fixture_boot(&f, "machine: { nodes: [{ cpus: 1, memory: 128 MiB }] }\n");
	found = jiffies(f.s) + ticks_found;
	f.vm->nodes[0].kcompactd_looks_at = ticks_found ? found : 0;
	f.s->end_with_tasks = false;
	sim_run(f.s, NS_PER_MS);

	const struct timer *timeout = &f.vm->nodes[0].kcompactd->timeout;
	uint64_t at = jiffy_at(f.s, timeout->event.at) - jiffies(f.s);

	assert_true(timer_pending(timeout));
	fixture_end(&f);
	return at;
}

static void kcompactd_keeps_to_the_times_it_had(void **state)
{
	(void)state;
	assert_int_equal(looks_at(0), 128); /* half a second, and the rest of the bucket */
	assert_int_equal(looks_at(40), 40);
	assert_int_equal(looks_at(96), 96);
	assert_int_equal(looks_at(128 * 7 + 24), 24); /* a look a period earlier is one, too */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kcompactd_keeps_to_the_times_it_had),
		cmocka_unit_test(the_source_scanner_lets_others_run_every_32_blocks),
		cmocka_unit_test(the_target_scanner_lets_others_run_every_32_blocks),
		cmocka_unit_test(others_run_before_each_page_that_is_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
