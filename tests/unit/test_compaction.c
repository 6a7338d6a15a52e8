/*
 * test_compaction.c - measures, marks, deferral and capture of compaction, worked out by hand, and
 * ranges whose pages are moved away
 */
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "models/linux/alloc/compaction.h"
#include "models/linux/alloc/internal.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"linux: { slab: false }\n"                                                                 \
	"machine: { nodes: [{ cpus: 1, memory: 128 MiB }], "                                       \
	"disks: [{ name: sda, preset: ssd }] }\n"                                                  \
	"files: [{ name: data, disk: sda, size: 1 GiB }]\n"                                        \
	"sysctl: { vm.compaction_proactiveness: 0, vm.dirty_writeback_centisecs: 0 }\n"
#define BASE 16384u /* far from what boot took; its zone goes on to 32768 */

static struct fixture f;

static void run(task_fn *body)
{
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_end(&f);
}

static struct zone *the_zone(void)
{
	return pfn_zone(f.vm, BASE);
}

/* Leaves the machine without free pages; what was free is in use by nobody. */
static void empty_zones(const struct cpu *cpu)
{
	drain_all_pages(f.vm, &f.vm->sim->cpus[0]);
	FOR_EACH_ZONE (f.vm, zone) {
		for (int o = 0; o < MAX_ORDER; o++) {
			for (int type = 0; type < MIGRATE_TYPES; type++) {
				const struct page_list *l = &zone->free_area[o].free_list[type];

				while (l->head)
					del_page_from_free_list(f.vm, zone, l->head, o);
			}
		}
		zone->nr_free_global = 0;
		if (zone->pcp) /* from here on exact */
			zone->pcp[cpu->id].stat_threshold = zone->pcp[cpu->id].free_diff = 0;
	}
}

static void give_block(const struct cpu *cpu, uint32_t pfn, int order, int type)
{
	__free_one_page(f.vm, cpu, the_zone(), pfn, order, type, FPI_NONE);
}

/* 5 single pages and 1 block of 4 */
static void give_the_example(const struct cpu *cpu)
{
	empty_zones(cpu);
	for (uint32_t i = 0; i < 5; i++)
		give_block(cpu, BASE + 2 * i, 0, MIGRATE_MOVABLE);
	give_block(cpu, BASE + 64, 2, MIGRATE_UNMOVABLE);
}

/* ---- measures ---- */

static void body_measures(struct task *t, void *arg)
{
	struct zone *z = the_zone();

	(void)arg;
	empty_zones(t->cpu);
	/* no blocks: 0; without free pages nothing is fragmented, and nothing can be used */
	assert_int_equal(fragmentation_index(z, 3), 0);
	assert_int_equal(extfrag_for_order(z, 3), 0);
	assert_int_equal(unusable_free_index(z, 3), 1000);

	give_the_example(t->cpu);
	/* free 5 + 4 = 9, blocks 6: 1000 - (1000 + 9000 / 8) / 6 = 1000 - 2125 / 6 = 1000 - 354 */
	assert_int_equal(fragmentation_index(z, 3), 646);
	/* order 4: 1000 - (1000 + 9000 / 16) / 6 = 1000 - 1562 / 6 = 1000 - 260 */
	assert_int_equal(fragmentation_index(z, 4), 740);
	/* order 10: 1000 - (1000 + 9000 / 1024) / 6 = 1000 - 1008 / 6 = 1000 - 168 */
	assert_int_equal(fragmentation_index(z, 10), 832);
	/* a block of 4 suits orders 2 and below */
	assert_int_equal(fragmentation_index(z, 2), -1000);
	assert_int_equal(extfrag_for_order(z, 3), 100);
	/* order 2: (9 - 1 * 4) * 100 / 9 = 500 / 9, and 5000 / 9 */
	assert_int_equal(extfrag_for_order(z, 2), 55);
	assert_int_equal(unusable_free_index(z, 2), 555);
	/* order 1: the block of 4 is two of it: (9 - 2 * 2) / 9, the same */
	assert_int_equal(extfrag_for_order(z, 1), 55);
	assert_int_equal(extfrag_for_order(z, 0), 0);
	assert_int_equal(unusable_free_index(z, 3), 1000);

	give_block(t->cpu, BASE + 128, 3, MIGRATE_RECLAIMABLE);
	/* (17 - 1 * 8) * 100 / 17 = 900 / 17, and 9000 / 17 */
	assert_int_equal(fragmentation_index(z, 3), -1000);
	assert_int_equal(extfrag_for_order(z, 3), 52);
	assert_int_equal(unusable_free_index(z, 3), 529);
}

static void fragmentation_is_measured_from_the_free_lists(void **state)
{
	(void)state;
	run(body_measures);
}

static void body_score(struct task *t, void *arg)
{
	struct zone *z = the_zone(), *dma = &z->node->zones[ZONE_DMA];

	(void)arg;
	give_the_example(t->cpu);
	assert_int_equal(fragmentation_score_zone(z), 100);
	give_block(t->cpu, BASE + 512, 9, MIGRATE_MOVABLE);
	/* (521 - 512) * 100 / 521 = 900 / 521 */
	assert_int_equal(fragmentation_score_zone(z), 1);
	give_block(t->cpu, BASE + 2048, 8, MIGRATE_MOVABLE);
	/* (777 - 512) * 100 / 777 = 26500 / 777 */
	assert_int_equal(fragmentation_score_zone(z), 34);
	/* present pages as weights, each part cut off; all 3 free pages of the other zone are
	 * single */
	for (uint32_t i = 0; i < 3; i++)
		__free_one_page(f.vm, t->cpu, dma, 2048 + 2 * i, 0, MIGRATE_MOVABLE, FPI_NONE);
	assert_int_equal(fragmentation_score_node(z->node),
			 z->present_pages * 34 / (z->node->node_present_pages + 1) +
			     dma->present_pages * 100 / (z->node->node_present_pages + 1));
}

static void the_score_is_the_share_that_no_huge_page_can_have(void **state)
{
	(void)state;
	run(body_score);
}

static void body_marks(struct task *t, void *arg)
{
	/* low = max(100 - P, 5), high = min(low + 10, 100) */
	static const struct {
		int64_t proactiveness;
		unsigned low, high;
	} row[] = { { 0, 100, 100 }, { 5, 95, 100 }, { 20, 80, 90 }, { 90, 10, 20 },
		    { 94, 6, 16 },   { 95, 5, 15 },  { 96, 5, 15 },  { 100, 5, 15 } };

	(void)t;
	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		f.vm->sysctl.compaction_proactiveness = row[i].proactiveness;
		assert_int_equal(fragmentation_score_wmark(f.vm, true), row[i].low);
		assert_int_equal(fragmentation_score_wmark(f.vm, false), row[i].high);
	}
	f.vm->sysctl.compaction_proactiveness = 0;
}

static void the_marks_of_the_score_follow_the_proactiveness(void **state)
{
	(void)state;
	run(body_marks);
}

/* ---- suitability ---- */

static void body_suitable(struct task *t, void *arg)
{
	struct zone *z = the_zone();

	(void)arg;
	empty_zones(t->cpu);
	z->_watermark[WMARK_MIN] = 1000;
	z->_watermark[WMARK_LOW] = 1200;
	z->_watermark[WMARK_HIGH] = 1400;
	z->watermark_boost = 0;
	z->lowmem_reserve[ZONE_DMA32] = 0;
	z->lowmem_reserve[ZONE_NORMAL] = 100;

	/* "nothing to do" is decided by what is free now, the rest by what it is asked to assume */
#define SUITABLE(order, flags, c, free)                                                            \
	(z->nr_free_global = (free), (int)__compaction_suitable(z, order, flags, c, free))

	assert_int_equal(SUITABLE(COMPACT_WHOLE_ZONE, 0, ZONE_DMA32, 0), COMPACT_CONTINUE);
	/* order 4, no block: there must be more than low + 2 * 16 = 1232, whatever mark is asked */
	assert_int_equal(SUITABLE(4, ALLOC_WMARK_MIN, ZONE_DMA32, 1232), COMPACT_SKIPPED);
	assert_int_equal(SUITABLE(4, ALLOC_WMARK_MIN, ZONE_DMA32, 1233), COMPACT_CONTINUE);
	assert_int_equal(SUITABLE(4, ALLOC_WMARK_HIGH, ZONE_DMA32, 1233), COMPACT_CONTINUE);
	/* order 3 and below: more than min + 2 * 8 = 1016 */
	assert_int_equal(SUITABLE(3, ALLOC_WMARK_LOW, ZONE_DMA32, 1016), COMPACT_SKIPPED);
	assert_int_equal(SUITABLE(3, ALLOC_WMARK_LOW, ZONE_DMA32, 1017), COMPACT_CONTINUE);
	assert_int_equal(SUITABLE(1, ALLOC_WMARK_LOW, ZONE_DMA32, 1004), COMPACT_SKIPPED);
	assert_int_equal(SUITABLE(1, ALLOC_WMARK_LOW, ZONE_DMA32, 1005), COMPACT_CONTINUE);
	/* order 10: 1200 + 2048 */
	assert_int_equal(SUITABLE(10, ALLOC_WMARK_LOW, ZONE_DMA32, 3248), COMPACT_SKIPPED);
	assert_int_equal(SUITABLE(10, ALLOC_WMARK_LOW, ZONE_DMA32, 3249), COMPACT_CONTINUE);
	/* what the zone keeps from requests of higher zones, and the boost, are added */
	assert_int_equal(SUITABLE(3, ALLOC_WMARK_LOW, ZONE_NORMAL, 1116), COMPACT_SKIPPED);
	assert_int_equal(SUITABLE(3, ALLOC_WMARK_LOW, ZONE_NORMAL, 1117), COMPACT_CONTINUE);
	z->watermark_boost = 50;
	assert_int_equal(SUITABLE(3, ALLOC_WMARK_LOW, ZONE_DMA32, 1066), COMPACT_SKIPPED);
	assert_int_equal(SUITABLE(3, ALLOC_WMARK_LOW, ZONE_DMA32, 1067), COMPACT_CONTINUE);
	z->watermark_boost = 0;
	/* the high-atomic reserve counts against everybody here */
	z->nr_reserved_highatomic = 512;
	assert_int_equal(SUITABLE(3, ALLOC_HIGHATOMIC, ZONE_DMA32, 1528), COMPACT_SKIPPED);
	assert_int_equal(SUITABLE(3, ALLOC_HIGHATOMIC, ZONE_DMA32, 1529), COMPACT_CONTINUE);
	z->nr_reserved_highatomic = 0;

	/* with a block of the order: nothing to do from mark + 16 on (free - 15 > mark) */
	give_block(t->cpu, BASE, 4, MIGRATE_MOVABLE);
	assert_int_equal(SUITABLE(4, ALLOC_WMARK_LOW, ZONE_DMA32, 1215), COMPACT_SKIPPED);
	assert_int_equal(SUITABLE(4, ALLOC_WMARK_LOW, ZONE_DMA32, 1216), COMPACT_SUCCESS);
	assert_int_equal(SUITABLE(4, ALLOC_WMARK_MIN, ZONE_DMA32, 1015), COMPACT_SKIPPED);
	assert_int_equal(SUITABLE(4, ALLOC_WMARK_MIN, ZONE_DMA32, 1016), COMPACT_SUCCESS);
	assert_int_equal(SUITABLE(4, ALLOC_WMARK_HIGH, ZONE_DMA32, 1415), COMPACT_CONTINUE);
	assert_int_equal(SUITABLE(4, ALLOC_WMARK_HIGH, ZONE_DMA32, 1416), COMPACT_SUCCESS);
	/* half of the mark for a request of high priority: 500 + 16 */
	assert_int_equal(SUITABLE(4, ALLOC_MIN_RESERVE, ZONE_DMA32, 515), COMPACT_SKIPPED);
	assert_int_equal(SUITABLE(4, ALLOC_MIN_RESERVE, ZONE_DMA32, 516), COMPACT_SUCCESS);
	z->nr_free_global = 1215;
	assert_int_equal(__compaction_suitable(z, 4, ALLOC_WMARK_LOW, ZONE_DMA32, 1233),
			 COMPACT_CONTINUE);
#undef SUITABLE
}

static void a_zone_is_suitable_between_two_marks(void **state)
{
	(void)state;
	run(body_suitable);
}

static void body_threshold(struct task *t, void *arg)
{
	struct zone *z = the_zone();

	(void)arg;
	give_the_example(t->cpu);
	z->nr_free_global = 1000000; /* for the marks; the index counts the blocks */

#define SUITABLE(order) (int)compaction_suitable(f.vm, z, order, 0, ZONE_DMA32)

	/* order 4 has index 740, see above */
	f.vm->sysctl.extfrag_threshold = 740;
	assert_int_equal(SUITABLE(4), COMPACT_SKIPPED);
	f.vm->sysctl.extfrag_threshold = 739;
	assert_int_equal(SUITABLE(4), COMPACT_CONTINUE);
	/* small orders are not asked */
	f.vm->sysctl.extfrag_threshold = 1000;
	assert_int_equal(SUITABLE(4), COMPACT_SKIPPED);
	assert_int_equal(SUITABLE(3), COMPACT_CONTINUE);
	assert_int_equal(SUITABLE(COMPACT_WHOLE_ZONE), COMPACT_CONTINUE);
#undef SUITABLE
}

static void body_threshold_of_an_empty_zone(struct task *t, void *arg)
{
	struct zone *z = the_zone();

	(void)arg;
	empty_zones(t->cpu);
	z->nr_free_global = 1000000;
	/* an index of 0, as of a zone without blocks, is not above any threshold */
	f.vm->sysctl.extfrag_threshold = 0;
	assert_int_equal(compaction_suitable(f.vm, z, 4, 0, ZONE_DMA32), COMPACT_SKIPPED);
	assert_int_equal(compaction_suitable(f.vm, z, 3, 0, ZONE_DMA32), COMPACT_CONTINUE);
}

static void a_large_order_needs_an_index_above_the_threshold(void **state)
{
	(void)state;
	run(body_threshold);
	run(body_threshold_of_an_empty_zone);
}

/* ---- deferral ---- */

static void body_deferral(struct task *t, void *arg)
{
	static const unsigned shift[] = { 1, 2, 3, 4, 5, 6, 6 };
	struct zone *z = the_zone();
	struct zone_compaction *zc = &z->compaction;

	(void)t;
	(void)arg;
	/* at first nothing is put off: 1 attempt >= 2^0 */
	assert_int_equal(zc->order_failed, 0);
	assert_false(compaction_deferred(f.vm, z, 9));
	for (size_t i = 0; i < ARRAY_LEN(shift); i++) {
		defer_compaction(f.vm, z, 9);
		assert_int_equal(zc->defer_shift, shift[i]);
		assert_int_equal(zc->considered, 0);
		assert_int_equal(zc->order_failed, 0); /* min(0, 9) */
		assert_false(compaction_restarting(z, 9));
		/* 2^shift - 1 attempts are put off, the next one is not */
		for (unsigned k = 1; k < 1u << shift[i]; k++)
			assert_true(compaction_deferred(f.vm, z, 9));
		assert_false(compaction_deferred(f.vm, z, 9));
		assert_int_equal(zc->considered, 1u << shift[i]);
		/* nor any after it; the count stays where it is */
		assert_false(compaction_deferred(f.vm, z, 9));
		assert_int_equal(zc->considered, 1u << shift[i]);
		assert_int_equal(compaction_restarting(z, 9), shift[i] == 6);
	}
	/* an order that could be had raises the limit: 5 and below are free, 6 is not */
	compaction_defer_reset(f.vm, z, 5, false);
	assert_int_equal(zc->order_failed, 6);
	assert_int_equal(zc->defer_shift, 6);
	assert_false(compaction_restarting(z, 5));
	assert_true(compaction_restarting(z, 6));
	zc->considered = 0;
	assert_false(compaction_deferred(f.vm, z, 5));
	assert_int_equal(zc->considered, 0); /* not even counted */
	assert_true(compaction_deferred(f.vm, z, 6));
	/* a lower one leaves it, a failure of a lower one brings it down */
	compaction_defer_reset(f.vm, z, 3, false);
	assert_int_equal(zc->order_failed, 6);
	defer_compaction(f.vm, z, 4);
	assert_int_equal(zc->order_failed, 4);
	/* a page that was really allocated forgets everything */
	compaction_defer_reset(f.vm, z, 9, true);
	assert_int_equal(zc->order_failed, 10);
	assert_int_equal(zc->defer_shift, 0);
	assert_int_equal(zc->considered, 0);
}

static void failures_put_compaction_off_for_longer_and_longer(void **state)
{
	(void)state;
	run(body_deferral);
}

/* ---- capture ---- */

static const struct compact_control *capturing(struct task *t, struct capture_control *capc,
					       struct compact_control *cc, int order)
{
	*cc = (struct compact_control){ .zone = the_zone(),
					.order = order,
					.direct_compaction = true };
	*capc = (struct capture_control){ .cc = cc };
	task_struct(t)->capture = capc;
	return cc;
}

static void body_capture(struct task *t, void *arg)
{
	struct compact_control cc;
	struct capture_control capc;
	struct zone *z = the_zone();

	(void)arg;
	empty_zones(t->cpu);
	f.vm->nr_capturing++;

	/* the last of 8 single pages makes a block of order 3, which is taken away at once */
	capturing(t, &capc, &cc, 3);
	for (uint32_t i = 0; i < 7; i++)
		give_block(t->cpu, BASE + i, 0, MIGRATE_UNMOVABLE);
	assert_int_equal(z->nr_free_global, 7);
	assert_int_equal(capc.pfn, 0);
	give_block(t->cpu, BASE + 7, 0, MIGRATE_UNMOVABLE);
	assert_int_equal(capc.pfn, BASE);
	/* the 7 others went with it: 7 + 1 - 8 */
	assert_int_equal(z->nr_free_global, 0);
	for (int o = 0; o < MAX_ORDER; o++)
		assert_int_equal(z->free_area[o].nr_free, 0);

	/* one is enough */
	give_block(t->cpu, BASE + 8, 3, MIGRATE_UNMOVABLE);
	assert_int_equal(capc.pfn, BASE);
	assert_int_equal(free_block_order(f.vm, BASE + 8), 3);

	/* a smaller one merges past nothing: not the order, not taken; a larger one neither */
	capturing(t, &capc, &cc, 3);
	give_block(t->cpu, BASE + 32, 2, MIGRATE_UNMOVABLE);
	give_block(t->cpu, BASE + 64, 4, MIGRATE_UNMOVABLE);
	assert_int_equal(capc.pfn, 0);

	/* taken before the pair is looked at: 8..15 is free, 0..7 does not merge with it */
	give_block(t->cpu, BASE, 3, MIGRATE_RECLAIMABLE);
	assert_int_equal(capc.pfn, BASE);
	assert_int_equal(free_block_order(f.vm, BASE + 8), 3);

	/* movable pages below a pageblock are left; a pageblock is taken */
	capturing(t, &capc, &cc, 3);
	give_block(t->cpu, BASE + 128, 3, MIGRATE_MOVABLE);
	assert_int_equal(capc.pfn, 0);
	assert_int_equal(free_block_order(f.vm, BASE + 128), 3);
	capturing(t, &capc, &cc, 9);
	give_block(t->cpu, BASE + 1024, 9, MIGRATE_MOVABLE);
	assert_int_equal(capc.pfn, BASE + 1024);

	/* the largest order is never taken */
	capturing(t, &capc, &cc, 10);
	give_block(t->cpu, BASE + 2048, 10, MIGRATE_UNMOVABLE);
	assert_int_equal(capc.pfn, 0);
	/* nor a block of another zone */
	capturing(t, &capc, &cc, 10);
	cc.zone = &z->node->zones[ZONE_DMA];
	cc.order = 9;
	give_block(t->cpu, BASE + 4096, 9, MIGRATE_UNMOVABLE);
	assert_int_equal(capc.pfn, 0);

	task_struct(t)->capture = NULL;
	f.vm->nr_capturing--;
}

static void a_block_of_the_wanted_order_is_kept_when_it_is_freed(void **state)
{
	(void)state;
	run(body_capture);
}

/* ---- whole compactions ---- */

/* A page of the file for a frame in use by nobody else. */
static void make_cache_page(struct task *t, uint32_t pfn, uint64_t index, bool dirty)
{
	struct page *page = pfn_to_page(f.vm, pfn);
	struct address_space *m = &file_by_name(f.vm, "data")->mapping;

	page->flags = 0;
	page->refcount = 1;
	assert_int_equal(add_to_page_cache_lru(t, page, m, index, GFP_KERNEL), 0);
	page->flags |= PG_uptodate;
	if (dirty)
		set_page_dirty(t, page);
	unlock_page(f.vm, page);
	put_page(f.vm, t->cpu, page);
}

static uint32_t frame_of(uint64_t index)
{
	xa_entry e = xa_load(&file_by_name(f.vm, "data")->mapping.i_pages, index);

	return e && !xa_is_value(e) ? (uint32_t)xa_to_object(e) : 0;
}

/* From BASE on every second page is one of the file, the others, with even numbers, are free. */
static void make_chequers(struct task *t)
{
	empty_zones(t->cpu);
	for (uint32_t pfn = BASE + 1; pfn < 32768; pfn += 2)
		make_cache_page(t, pfn, pfn, false);
	lru_add_drain_all(f.vm);
	for (uint32_t pfn = BASE; pfn < 32768; pfn += 2)
		give_block(t->cpu, pfn, 0, MIGRATE_MOVABLE);
}

static void body_too_many(struct task *t, void *arg)
{
	struct zone *z = the_zone();
	struct compact_control cc = { .zone = z,
				      .order = 9,
				      .search_order = 9,
				      .gfp = GFP_HIGHUSER_MOVABLE,
				      .highest_zoneidx = ZONE_DMA32,
				      .mode = MIGRATE_ASYNC };
	struct compact_control again = cc;
	int64_t *isolated = &z->node->stat.nr_isolated_file;

	(void)arg;
	make_chequers(t);
	/* 8192 pages are on the lists: more than the half of them must not be off them */
	assert_int_equal(z->node->stat.nr_inactive_file, 8192);
	*isolated = 4097;
	assert_int_equal(compact_zone(t, &cc, NULL), COMPACT_CONTENDED);
	assert_int_equal(f.vm->stat.pgmigrate_success, 0);
	*isolated = 4096;
	/* it moves 32 pages; 2 of them wait for their list, and 4096 is more than 8190 / 2 */
	assert_int_equal(compact_zone(t, &again, NULL), COMPACT_CONTENDED);
	assert_int_equal(f.vm->stat.pgmigrate_success, 32);
	assert_int_equal(*isolated, 4096);
	*isolated = 0;
	fixture_check(&f);
}

static void with_too_many_pages_isolated_it_gives_up(void **state)
{
	(void)state;
	run(body_too_many);
}

static void body_alloc(struct task *t, void *arg)
{
	const struct vm_stat *stat = &f.vm->stat;
	struct page *page;

	(void)arg;
	make_chequers(t);
	/* without kswapd, which would help */
	page = alloc_pages(t, GFP_TRANSHUGE, 9);
	assert_non_null(page);
	assert_int_equal(stat->compact_stall, 1);
	assert_int_equal(stat->compact_success, 1);
	assert_int_equal(stat->compact_fail, 0);
	/* a pageblock had 256 pages to be moved away; nothing was given up for it */
	assert_true(stat->pgmigrate_success >= 256);
	assert_int_equal(stat->allocstall, 0);
	assert_int_equal(stat->pgsteal_direct, 0);
	/* every page of the file is where the index says */
	for (uint32_t pfn = BASE + 1; pfn < 32768; pfn += 2)
		assert_int_equal(pfn_to_page(f.vm, frame_of(pfn))->index, pfn);
	fixture_check(&f);
}

static void a_huge_page_is_made_by_moving_pages_away(void **state)
{
	(void)state;
	run(body_alloc);
}

static void body_reclaim(struct task *t, void *arg)
{
	struct zone *z = the_zone();
	struct zoneref ref[2] = { { z, ZONE_DMA32 }, { NULL, 0 } };
	struct zonelist zl = { ref, 1 };
	struct alloc_context ac = { .zonelist = &zl, .highest_zoneidx = ZONE_DMA32 };

	(void)arg;
	make_chequers(t);
	z->_watermark[WMARK_MIN] = z->_watermark[WMARK_LOW] = 10207;
	z->watermark_boost = 0;
	/* 8192 are free and 8192 could be given up, of which every 4th counts for order 4:
	 * 8192 + 8192 / 4 = 10240 pages must be more than the mark + 2 * 16 */
	assert_int_equal(z->nr_free_global, 8192);
	assert_int_equal(zone_reclaimable_pages(f.vm, z), 8192);
	assert_true(compaction_zonelist_suitable(f.vm, &ac, 4, ALLOC_WMARK_MIN));
	z->_watermark[WMARK_LOW] = 10208;
	assert_false(compaction_zonelist_suitable(f.vm, &ac, 4, ALLOC_WMARK_MIN));
	/* order 3 looks at the lower mark: 8192 + 8192 / 3 = 10922, and 10905 + 2 * 8 = 10921 */
	z->_watermark[WMARK_LOW] = 20000;
	z->_watermark[WMARK_MIN] = 10905;
	assert_true(compaction_zonelist_suitable(f.vm, &ac, 3, ALLOC_WMARK_MIN));
	z->_watermark[WMARK_MIN] = 10906;
	assert_false(compaction_zonelist_suitable(f.vm, &ac, 3, ALLOC_WMARK_MIN));
}

static void pages_that_could_be_given_up_count_by_their_share(void **state)
{
	(void)state;
	run(body_reclaim);
}

static void body_no_io(struct task *t, void *arg)
{
	struct zoneref ref[2] = { { the_zone(), ZONE_DMA32 }, { NULL, 0 } };
	struct zonelist zl = { ref, 1 };
	struct alloc_context ac = { .zonelist = &zl,
				    .migratetype = MIGRATE_UNMOVABLE,
				    .highest_zoneidx = ZONE_DMA32 };
	uint32_t captured = 0;

	(void)arg;
	make_chequers(t);
	assert_int_equal(try_to_compact_pages(t, GFP_NOIO, 9, ALLOC_WMARK_MIN, &ac,
					      COMPACT_PRIO_SYNC_LIGHT, &captured),
			 COMPACT_SKIPPED);
	/* put off by an earlier failure, unless it is the last resort */
	defer_compaction(f.vm, the_zone(), 9);
	assert_int_equal(try_to_compact_pages(t, GFP_KERNEL, 9, ALLOC_WMARK_MIN, &ac,
					      COMPACT_PRIO_SYNC_LIGHT, &captured),
			 COMPACT_DEFERRED);
	assert_int_equal(f.vm->stat.compact_migrate_scanned, 0);
	assert_int_equal(try_to_compact_pages(t, GFP_KERNEL, 9, ALLOC_WMARK_MIN, &ac,
					      COMPACT_PRIO_SYNC_FULL, &captured),
			 COMPACT_SUCCESS);
	assert_true(f.vm->stat.compact_migrate_scanned > 0);
}

static void a_request_that_must_not_do_io_or_came_too_early_does_not_compact(void **state)
{
	(void)state;
	run(body_no_io);
}

/* ---- ranges ---- */

/* Block i, of 512 frames, from BASE on. */
static uint32_t block(uint32_t i)
{
	return BASE + 512 * i;
}

static int64_t count_free(void)
{
	drain_all_pages(f.vm, &f.vm->sim->cpus[0]);
	return zone_free_pages_snapshot(f.vm, the_zone());
}

static void body_contig(struct task *t, void *arg)
{
	const struct vm_stat *stat = &f.vm->stat;
	int64_t before = count_free(), isolated;

	(void)arg;
	/* block 1 was of unmovable pages; every 4th page of both is one of the file */
	assert_int_equal(alloc_contig_range(t, block(0), block(2), MIGRATE_MOVABLE, GFP_KERNEL), 0);
	for (uint32_t i = 0; i < 1024; i++) {
		if (i % 4 == 0) /* dirty: 128; clean: 128 */
			make_cache_page(t, block(0) + i, i, i % 8 == 0);
		else
			free_contig_range(f.vm, t->cpu, block(0) + i, 1);
	}
	lru_add_drain_all(f.vm);
	set_pageblock_migratetype(f.vm, block(1), MIGRATE_UNMOVABLE);
	assert_int_equal(count_free(), before - 256);
	isolated = stat->compact_isolated;

	assert_int_equal(alloc_contig_range(t, block(0), block(2), MIGRATE_MOVABLE, GFP_KERNEL), 0);
	/* the range, and the pages moved: the clean ones of the file were dropped instead */
	assert_int_equal(count_free(), before - 1024 - 128);
	assert_int_equal(stat->pgmigrate_success, 128);
	assert_int_equal(stat->pgmigrate_fail, 0);
	/* 256 pages of the file, and 1024 frames at the end */
	assert_int_equal(stat->compact_isolated - isolated, 256 + 1024);
	for (uint32_t i = 0; i < 1024; i += 8) {
		uint32_t pfn = frame_of(i);

		assert_true(pfn && (pfn < block(0) || pfn >= block(2)));
		assert_int_equal(pfn_to_page(f.vm, pfn)->index, i);
		assert_true(pfn_to_page(f.vm, pfn)->flags & PG_dirty);
		assert_int_equal(frame_of(i + 4), 0);
	}
	for (uint32_t i = 0; i < 1024; i++)
		assert_int_equal(pfn_to_page(f.vm, block(0) + i)->refcount, 1);
	assert_int_equal(get_pageblock_migratetype(f.vm, block(0)), MIGRATE_MOVABLE);
	assert_int_equal(get_pageblock_migratetype(f.vm, block(1)), MIGRATE_MOVABLE);
	assert_int_equal(the_zone()->nr_isolate_pageblock, 0);

	isolated = stat->pgfree;
	free_contig_range(f.vm, t->cpu, block(0), 1024);
	assert_int_equal(stat->pgfree - isolated, 1024);
	assert_int_equal(count_free(), before - 128);
	assert_int_equal(free_block_order(f.vm, block(0)), 10);
	fixture_check(&f);
}

static void pages_of_files_are_moved_out_of_a_range(void **state)
{
	(void)state;
	run(body_contig);
}

static uint32_t last_of(int order, int type)
{
	return the_zone()->free_area[order].free_list[type].tail;
}

static void body_contig_busy(struct task *t, void *arg)
{
	uint32_t order0[3];
	int64_t before, success = f.vm->stat.pgmigrate_success;
	int n = 0;

	(void)arg;
	assert_int_equal(alloc_contig_range(t, block(0), block(4), MIGRATE_MOVABLE, GFP_KERNEL), 0);
	/* blocks 0, 1, 3: the first page is one of the file; block 2 has one that nobody can move
	 */
	for (uint32_t i = 0; i < 4; i++) {
		if (i != 2)
			make_cache_page(t, block(i), i, true);
		set_pageblock_migratetype(f.vm, block(i), MIGRATE_RECLAIMABLE);
		free_contig_range(f.vm, t->cpu, block(i) + 1, 511);
	}
	lru_add_drain_all(f.vm);
	before = count_free();
	/* the others' free pages are single ones to the end of the list */
	assert_int_equal(free_block_order(f.vm, block(1) + 1), 0);

	assert_int_equal(alloc_contig_range(t, block(0), block(4), MIGRATE_MOVABLE, GFP_KERNEL),
			 -EBUSY);
	/* nothing moved, nothing isolated; but those that were for a moment changed their type */
	assert_int_equal(count_free(), before);
	assert_int_equal(f.vm->stat.pgmigrate_success, success);
	assert_int_equal(the_zone()->nr_isolate_pageblock, 0);
	for (uint32_t i = 0; i < 4; i++)
		if (i != 2)
			assert_int_equal(frame_of(i), block(i));
	assert_int_equal(get_pageblock_migratetype(f.vm, block(0)), MIGRATE_MOVABLE);
	assert_int_equal(get_pageblock_migratetype(f.vm, block(1)), MIGRATE_MOVABLE);
	assert_int_equal(get_pageblock_migratetype(f.vm, block(2)), MIGRATE_RECLAIMABLE);
	assert_int_equal(get_pageblock_migratetype(f.vm, block(3)), MIGRATE_MOVABLE);
	/* their free blocks, one of each order 0..8, are the last ones of the lists */
	for (uint32_t pfn = the_zone()->free_area[0].free_list[MIGRATE_MOVABLE].head; pfn;
	     pfn = free_list_next(f.vm, pfn, 0))
		order0[n++ % 3] = pfn;
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t pfn = block(i) + 1;

		assert_int_equal(pfn == order0[0] || pfn == order0[1] || pfn == order0[2], i != 2);
	}
	assert_int_equal(last_of(8, MIGRATE_RECLAIMABLE), block(2) + 256);
	fixture_check(&f);
}

static void a_busy_range_is_left_as_it_was_but_for_the_types(void **state)
{
	(void)state;
	run(body_contig_busy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragmentation_is_measured_from_the_free_lists),
		cmocka_unit_test(the_score_is_the_share_that_no_huge_page_can_have),
		cmocka_unit_test(the_marks_of_the_score_follow_the_proactiveness),
		cmocka_unit_test(a_zone_is_suitable_between_two_marks),
		cmocka_unit_test(a_large_order_needs_an_index_above_the_threshold),
		cmocka_unit_test(failures_put_compaction_off_for_longer_and_longer),
		cmocka_unit_test(a_block_of_the_wanted_order_is_kept_when_it_is_freed),
		cmocka_unit_test(with_too_many_pages_isolated_it_gives_up),
		cmocka_unit_test(a_huge_page_is_made_by_moving_pages_away),
		cmocka_unit_test(pages_that_could_be_given_up_count_by_their_share),
		cmocka_unit_test(a_request_that_must_not_do_io_or_came_too_early_does_not_compact),
		cmocka_unit_test(pages_of_files_are_moved_out_of_a_range),
		cmocka_unit_test(a_busy_range_is_left_as_it_was_but_for_the_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
