/*
 * test_compaction.c - measures, marks, deferral and capture of compaction, worked out by hand
 */
#include "tests/unit/compaction_example.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
