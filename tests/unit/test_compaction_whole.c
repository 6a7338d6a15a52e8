/*
 * test_compaction_whole.c - whole compactions, and ranges whose pages are moved away
 */
#include "tests/unit/compaction_example.h"

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
		cmocka_unit_test(with_too_many_pages_isolated_it_gives_up),
		cmocka_unit_test(a_huge_page_is_made_by_moving_pages_away),
		cmocka_unit_test(pages_that_could_be_given_up_count_by_their_share),
		cmocka_unit_test(a_request_that_must_not_do_io_or_came_too_early_does_not_compact),
		cmocka_unit_test(pages_of_files_are_moved_out_of_a_range),
		cmocka_unit_test(a_busy_range_is_left_as_it_was_but_for_the_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
