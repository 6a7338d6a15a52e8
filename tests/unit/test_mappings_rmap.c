/*
 * test_mappings_rmap.c - what goes with a mapping, and from a page to its entries
 */
#include "tests/unit/mapped_files.h"

/* --- what goes with a mapping --- */

static void body_young(struct task *t, void *arg)
{
	struct file *file = open_file(t, "odd");
	uint64_t addr;

	(void)arg;
	addr = map_file(t, file, BLOCK, VM_SHARED);
	touch(t, addr, false);
	lru_add_drain_all(f.vm);
	assert_false(cached(file, 0)->flags & PG_referenced);
	assert_int_equal(do_munmap(t, task_mm(t), addr, 37 << 10), 0);
	assert_true(cached(file, 0)->flags & PG_referenced);
	/* of a sequential reader it does not count */
	addr = map_file(t, file, BLOCK, VM_SHARED);
	assert_int_equal(do_madvise(t, task_mm(t), addr, 37 << 10, MADV_SEQUENTIAL), 0);
	touch(t, addr, false);
	assert_int_equal(do_munmap(t, task_mm(t), addr, 37 << 10), 0);
	lru_add_drain_all(f.vm);
	assert_int_equal(f.vm->stat.pgactivate, 0);
	/* the second time */
	addr = map_file(t, file, BLOCK, VM_SHARED);
	touch(t, addr, false);
	assert_int_equal(do_madvise(t, task_mm(t), addr, PAGES(1), MADV_DONTNEED), 0);
	lru_add_drain_all(f.vm);
	assert_int_equal(f.vm->stat.pgactivate, 1);
	assert_true(cached(file, 0)->flags & PG_active);
	/* ten pages, but for the one with the mark and the one given back */
	assert_int_equal(rss(t), 8);
}

static void a_used_page_is_marked_when_its_entry_goes(void **state)
{
	(void)state;
	run(body_young);
}

static void body_hole(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	struct address_space *m = &file->inode->mapping;
	uint64_t addr, second;

	(void)arg;
	read_file(t, file, 1 << 20);
	addr = map_file(t, file, BLOCK, VM_SHARED);
	assert_int_equal(do_mmap(t, file, 2 * BLOCK, PAGES(8), VM_SHARED, PAGES(2), &second), 0);
	touch(t, addr, false);
	touch(t, second, false);
	assert_int_equal(rss(t), 24);
	assert_int_equal(nr_mapped(), 16);
	unmap_mapping_range(t, m, 5000, 1, true); /* page 1 */
	assert_int_equal(rss(t), 23);
	assert_int_equal(entry(t, addr + PAGES(1)).bits, 0);
	unmap_mapping_pages(t, m, 2, 2, false); /* both mappings */
	assert_int_equal(rss(t), 19);
	assert_int_equal(cached(file, 2)->refcount, 1);
	lock_page(t, cached(file, 9));
	unmap_mapping_folio(t, cached(file, 9));
	unlock_page(f.vm, cached(file, 9));
	assert_int_equal(rss(t), 17);
	unmap_mapping_range(t, m, 0, 0, true);
	assert_int_equal(rss(t), 0);
	assert_true(m->nrpages >= 256);
}

static void a_range_of_a_file_is_unmapped_everywhere(void **state)
{
	(void)state;
	run(body_hole);
}

static void body_tables(struct task *t, void *arg)
{
	struct file *file = open_file(t, "sparse"), *odd = open_file(t, "odd");
	const struct node_stat *stat = &f.vm->nodes[0].stat;
	uint64_t addr = map_file(t, file, BLOCK, VM_SHARED), neighbour;

	(void)arg;
	assert_int_equal(task_mm(t)->stat.pgtables_bytes, 0);
	for (uint64_t i = 0; i < 10; i++)
		touch(t, addr + (i << PMD_SHIFT), false);
	assert_int_equal(stat->nr_page_table_pages, 11);
	assert_int_equal(task_mm(t)->stat.pgtables_bytes, 12 * 4096);
	assert_int_equal(do_madvise(t, task_mm(t), addr, file->inode->i_size, MADV_DONTNEED), 0);
	assert_int_equal(rss(t), 0);
	assert_int_equal(stat->nr_page_table_pages, 11);
	/* a part: the tables that belong to it alone */
	assert_int_equal(do_munmap(t, task_mm(t), addr, (2ULL << PMD_SHIFT) + 4096), 0);
	assert_int_equal(stat->nr_page_table_pages, 9);
	assert_int_equal(do_munmap(t, task_mm(t), addr, file->inode->i_size), 0);
	assert_int_equal(stat->nr_page_table_pages, 0);
	assert_int_equal(task_mm(t)->stat.pgtables_bytes, 0);
	/* two in one PTE page */
	addr = map_file(t, odd, BLOCK, VM_SHARED);
	neighbour = map_file(t, odd, BLOCK + PAGES(100), VM_SHARED);
	touch(t, addr, false);
	touch(t, neighbour, false);
	assert_int_equal(stat->nr_page_table_pages, 2);
	assert_int_equal(do_munmap(t, task_mm(t), addr, 37 << 10), 0);
	assert_int_equal(stat->nr_page_table_pages, 2);
	assert_int_equal(do_munmap(t, task_mm(t), neighbour, 37 << 10), 0);
	assert_int_equal(stat->nr_page_table_pages, 0);
}

static void page_tables_go_with_the_last_vma_that_could_use_them(void **state)
{
	(void)state;
	run(body_tables);
}

/* --- from a page to its entries --- */

static void body_rmap(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	uint64_t a, b;
	struct page *page;
	sim_time before;
	unsigned flags;

	(void)arg;
	read_file(t, file, 1 << 20);
	a = map_file(t, file, BLOCK, VM_SHARED | VM_WRITE);
	assert_int_equal(do_mmap(t, file, 2 * BLOCK, PAGES(4), VM_EXEC, PAGES(1), &b), 0);
	touch(t, a + PAGES(1), true);
	touch(t, b, false);
	page = cached(file, 1);
	assert_int_equal(page_mapcount(page), 2);
	assert_int_equal(page->refcount, 4); /* the cache, its buffer heads, two entries */
	assert_int_equal(nr_mapped(), 4);
	assert_int_equal(rmap_areas(f.vm, page), 2);
	assert_int_equal(rmap_areas(f.vm, cached(file, 5)), 1); /* nobody maps it, but one could */
	lock_page(t, page);
	assert_int_equal(folio_referenced(f.vm, page, false, &flags), 1); /* locked by somebody */
	assert_int_equal(folio_referenced(f.vm, page, true, &flags), 2);
	assert_int_equal(flags, VM_READ | VM_WRITE | VM_SHARED | VM_EXEC | VM_MAYREAD |
				    VM_MAYWRITE | VM_MAYEXEC | VM_MAYSHARE | VM_SOFTDIRTY);
	assert_int_equal(folio_referenced(f.vm, page, true, &flags), 0);
	assert_int_equal(do_madvise(t, task_mm(t), a, PAGES(64), MADV_SEQUENTIAL), 0);
	touch(t, a + PAGES(1), false);
	assert_int_equal(folio_referenced(f.vm, page, true, &flags), 0);
	assert_int_equal(entry(t, a + PAGES(1)).bits & PTE_YOUNG, 0);
	/* only the shared mapping can be written */
	assert_int_equal(folio_mkclean(t, page), 1);
	assert_int_equal(folio_mkclean(t, page), 0);
	/* areas that are looked into cost time, and so does each entry */
	f.vm->machine->cost.rmap_unmap = 1000;
	f.vm->machine->cost.pte_unmap = 50;
	before = task_now(t);
	assert_int_equal(try_to_unmap(t, page), 2);
	assert_int_equal(task_now(t) - before, 2 * 1000 + 2 * 50);
	assert_false(page_mapped(page));
	assert_int_equal(page->refcount, 2); /* the cache, its buffer heads */
	unlock_page(f.vm, page);
	assert_int_equal(rss(t), 3);
}

static void all_entries_of_a_page_are_found(void **state)
{
	(void)state;
	run(body_rmap);
}

static void body_migrate(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	struct page_list list = { 0 };
	uint64_t a, b;
	struct page *old, *page;

	(void)arg;
	read_file(t, file, 1 << 20);
	a = map_file(t, file, BLOCK, VM_SHARED | VM_WRITE);
	b = map_file(t, file, 2 * BLOCK, VM_SHARED);
	touch(t, a + PAGES(5), true);
	touch(t, b, false);
	old = cached(file, 5);
	lru_add_drain_all(f.vm);
	isolate_lru_page(f.vm, old);
	page_list_add(f.vm->mem_map, &list, page_to_pfn(f.vm, old));
	assert_int_equal(migrate_pages(t, &list, alloc_migration_target, NULL, NULL, MIGRATE_SYNC,
				       MR_COMPACTION, NULL),
			 0);
	page = cached(file, 5);
	assert_ptr_not_equal(page, old);
	assert_int_equal(page_mapcount(page), 2);
	assert_int_equal(old->refcount, 0);
	assert_int_equal(entry(t, a + PAGES(5)).pfn, page_to_pfn(f.vm, page));
	assert_int_equal(entry(t, b + PAGES(5)).pfn, page_to_pfn(f.vm, page));
	assert_int_equal(entry(t, a + PAGES(5)).bits,
			 PTE_PRESENT | PTE_YOUNG | PTE_DIRTY | PTE_WRITE);
	assert_int_equal(nr_mapped(), 16);
	assert_true(page->flags & PG_dirty);
}

static void a_mapped_page_moves_with_its_entries(void **state)
{
	(void)state;
	run(body_migrate);
}

static void body_drop(struct task *t, void *arg)
{
	struct file *file = open_file(t, "data");
	struct address_space *m = &file->inode->mapping;
	uint64_t addr;

	(void)arg;
	read_file(t, file, 1 << 20);
	addr = map_file(t, file, BLOCK, VM_SHARED);
	touch(t, addr, false);
	invalidate_mapping_pages(t, m, 0, UINT64_MAX);
	assert_int_equal(m->nrpages, 16);
	/* the mapping keeps the file open */
	file_close(t, file);
	touch(t, addr + PAGES(20), false);
	assert_int_equal(do_munmap(t, task_mm(t), addr, 16 << 20), 0);
	assert_int_equal(m->host->nr_open, 0);
	lru_add_drain_all(f.vm);
	invalidate_mapping_pages(t, m, 0, UINT64_MAX);
	assert_int_equal(m->nrpages, 0);
}

static void mapped_pages_outlive_drop_caches_and_close(void **state)
{
	(void)state;
	run(body_drop);
}

/* Looks at every page of the inactive list, and (cut) of the active one. */
static void reclaim_once(struct task *t, bool cut)
{
	struct scan_control sc = { .nr_to_reclaim = 1 << 20,
				   .gfp = GFP_KERNEL,
				   .reclaim_idx = MAX_NR_ZONES - 1,
				   .force_deactivate = cut,
				   .may_unmap = true };

	lru_add_drain_all(f.vm);
	shrink_node(t, &f.vm->nodes[0], &sc);
}

static void body_reclaim(struct task *t, void *arg)
{
	const struct node_stat *stat = &f.vm->nodes[0].stat;
	struct file *text = open_file(t, "odd"), *data = open_file(t, "data");
	uint64_t x = map_file(t, text, BLOCK, VM_EXEC);
	uint64_t addr = map_file(t, data, 2 * BLOCK, VM_SHARED);

	(void)arg;
	for (uint64_t i = 0; i < 10; i++)
		touch(t, x + PAGES(i), false);
	touch(t, addr, false);
	assert_int_equal(rss(t), 26);
	assert_int_equal(data->inode->mapping.nrpages, 32);
	/* what was used once: pages of programs are activated, others make one more round */
	reclaim_once(t, false);
	assert_int_equal(stat->nr_active_file, 10);
	assert_int_equal(stat->nr_inactive_file, 16);
	assert_int_equal(data->inode->mapping.nrpages, 16);
	assert_int_equal(rss(t), 26);
	assert_true(cached(data, 0)->flags & PG_referenced);
	/* the second use activates; without it the page goes, and its entry with it */
	touch(t, addr, false);
	reclaim_once(t, false);
	assert_int_equal(stat->nr_active_file, 11);
	assert_int_equal(stat->nr_inactive_file, 0);
	assert_int_equal(rss(t), 11);
	assert_int_equal(entry(t, addr + PAGES(1)).bits, 0);
	assert_int_equal(nr_mapped(), 11);
	/* of the active list a page of a program stays if it was used */
	touch(t, x, false);
	touch(t, addr, false);
	reclaim_once(t, true);
	assert_int_equal(stat->nr_active_file, 1);
	assert_true(cached(text, 0)->flags & PG_active);
	assert_int_equal(stat->nr_inactive_file, 10);
	assert_false(cached(data, 0)->flags & PG_active);
}

static void reclaim_asks_the_entries_of_a_page(void **state)
{
	(void)state;
	run(body_reclaim);
}

static void body_large(struct task *t, void *arg)
{
	struct file *file = open_file(t, "large");
	uint64_t addr = map_file(t, file, BLOCK, VM_SHARED | VM_WRITE);
	unsigned flags;
	struct page *folio;

	(void)arg;
	assert_int_equal(do_madvise(t, task_mm(t), addr, 4 << 20, MADV_HUGEPAGE), 0);
	touch(t, addr + PAGES(20), false);
	folio = page_folio(cached(file, 20));
	assert_int_equal(folio_order(folio), 9);
	assert_int_equal(rss(t), 16);
	assert_int_equal(nr_mapped(), 16);
	assert_int_equal(folio_mapcount(folio), 16);
	assert_int_equal(page_mapcount(folio), 0);
	assert_int_equal(page_mapcount(folio + 20), 1);
	touch(t, addr, false);
	assert_int_equal(page_mapcount(folio), 1);
	assert_int_equal(folio_mapcount(folio), 32);
	assert_int_equal(folio->order, 9);
	/* one store dirties all of it; all of it is one use */
	touch(t, addr, true);
	assert_int_equal(fixture_nr_dirty(&f), 512);
	lock_page(t, folio);
	assert_int_equal(folio_referenced(f.vm, folio, true, &flags), 1);
	assert_int_equal(folio_mkclean(t, folio), 1);
	unmap_mapping_folio(t, folio);
	unlock_page(f.vm, folio);
	assert_int_equal(folio_mapcount(folio), 0);
	assert_int_equal(rss(t), 0);
	assert_int_equal(do_munmap(t, task_mm(t), addr, file->inode->i_size), 0);
}

static void pages_of_a_large_folio_are_mapped_one_by_one(void **state)
{
	(void)state;
	run(body_large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_used_page_is_marked_when_its_entry_goes),
		cmocka_unit_test(a_range_of_a_file_is_unmapped_everywhere),
		cmocka_unit_test(page_tables_go_with_the_last_vma_that_could_use_them),
		cmocka_unit_test(all_entries_of_a_page_are_found),
		cmocka_unit_test(a_mapped_page_moves_with_its_entries),
		cmocka_unit_test(mapped_pages_outlive_drop_caches_and_close),
		cmocka_unit_test(reclaim_asks_the_entries_of_a_page),
		cmocka_unit_test(pages_of_a_large_folio_are_mapped_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
