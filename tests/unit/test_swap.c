/*
 * test_swap.c - pages on their way to swap and back: the cache, faults, errors, swapoff
 */
#include "tests/unit/swapped_pages.h"

/* --- one page there and back --- */

static void body_there_and_back(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 4);
	const struct mm_stat *stat = &task_mm(t)->stat;
	struct page *page;
	swp_entry_t e;

	(void)arg;
	touch(t, addr, true);
	assert_int_equal(stat->rss_anon, 1);
	swap_out(t, addr, true);
	assert_int_equal(stat->rss_anon, 0);
	assert_int_equal(stat->swapents, 1);
	assert_int_equal(cached(), 0);
	assert_int_equal(f.vm->stat.pswpout, 1);
	e.val = entry(t, addr).pfn;
	assert_int_equal(entry(t, addr).bits & (PTE_SWAP | PTE_SWP_EXCLUSIVE),
			 PTE_SWAP | PTE_SWP_EXCLUSIVE);
	assert_int_equal(swap_swapcount(f.vm, e), 1);
	assert_int_equal(f.vm->swap->info[0].swap_map[swp_offset(e)], 1);
	f.vm->stat.pgfault = 0;
	touch(t, addr, false);
	assert_int_equal(stat->rss_anon, 1);
	assert_int_equal(stat->swapents, 0);
	assert_int_equal(f.vm->stat.pswpin, 1);
	assert_int_equal(f.vm->stat.pgmajfault, 1);
	assert_int_equal(stat->maj_flt, 1);
	assert_int_equal(f.vm->nodes[0].stat.workingset_refault_anon, 1);
	assert_true(f.vm->stat.sim_swapin_stall_ns > 0);
	assert_int_equal(f.vm->stat.sim_swapin_stall_ns, t->lost_ns[STALL_SWAPIN]);
	/* it stays in the cache, clean, read-only, of this program alone */
	page = mapped(t, addr);
	assert_int_equal(page_swap_entry(page), e.val);
	assert_int_equal(page->flags & (PG_swapcache | PG_dirty | PG_anon | PG_anon_exclusive),
			 PG_swapcache | PG_anon | PG_anon_exclusive);
	assert_int_equal(entry(t, addr).bits, PTE_PRESENT | PTE_YOUNG);
	assert_int_equal(f.vm->swap->info[0].swap_map[swp_offset(e)], SWAP_HAS_CACHE);
	/* unchanged it need not be written again */
	swap_out(t, addr, true);
	assert_int_equal(f.vm->stat.pswpout, 1);
	assert_int_equal(entry(t, addr).pfn, e.val);
}

static void a_page_goes_to_swap_and_comes_back(void **state)
{
	(void)state;
	run_on(SSD, body_there_and_back);
}

static void body_write(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 1);
	swp_entry_t e;

	(void)arg;
	touch(t, addr, true);
	swap_out(t, addr, true);
	e.val = entry(t, addr).pfn;
	touch(t, addr, true);
	/* the writer has it alone: its place is given back at once */
	assert_int_equal(entry(t, addr).bits, PTE_PRESENT | PTE_YOUNG | PTE_DIRTY | PTE_WRITE);
	assert_false(mapped(t, addr)->flags & PG_swapcache);
	assert_true(mapped(t, addr)->flags & PG_dirty);
	assert_int_equal(cached(), 0);
	assert_int_equal(swap_swapcount(f.vm, e), 0);
	assert_int_equal(f.vm->swap->slots[0].n_ret, 1);
}

static void a_write_to_a_page_of_swap_gives_its_place_back(void **state)
{
	(void)state;
	run_on(SSD, body_write);
}

static void body_under_writeback(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 1);
	struct page *page;

	(void)arg;
	touch(t, addr, true);
	page = mapped(t, addr);
	swap_out(t, addr, false);
	assert_true(page->flags & PG_writeback);
	assert_int_equal(f.vm->nodes[0].stat.nr_writeback, 1);
	assert_int_equal(f.vm->nodes[0].stat.nr_dirty, 0);
	f.vm->stat.pgmajfault = 0;
	touch(t, addr, false);
	/* found in the cache: nothing is read, nobody waits */
	assert_ptr_equal(mapped(t, addr), page);
	assert_true(page->flags & PG_writeback);
	assert_int_equal(f.vm->stat.pgmajfault, 0);
	assert_int_equal(f.vm->stat.pswpin, 0);
	wait_on_page_writeback(t, page);
	assert_int_equal(f.vm->nodes[0].stat.nr_writeback, 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_written, 1);
	assert_int_equal(page_zone(f.vm, page)->stat.nr_zone_write_pending, 0);
	assert_int_equal(f.vm->stat.pgrotated,
			 0); /* it is referenced again, but clean: see below */
}

static void a_page_under_writeback_is_mapped_again_without_waiting(void **state)
{
	(void)state;
	run_on(SSD, body_under_writeback);
}

static void body_store_under_writeback(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 1);
	struct page *page;

	(void)arg;
	touch(t, addr, true);
	page = mapped(t, addr);
	swap_out(t, addr, false);
	touch(t, addr, true);
	assert_true(page->flags & PG_writeback);
	/* written in place, but its place is kept until the disk is done with it */
	assert_ptr_equal(mapped(t, addr), page);
	assert_int_equal(entry(t, addr).bits, PTE_PRESENT | PTE_YOUNG | PTE_DIRTY | PTE_WRITE);
	assert_int_equal(page->flags & (PG_swapcache | PG_dirty), PG_swapcache);
	wait_on_page_writeback(t, page);
	/* what was stored since has to be written again */
	swap_out(t, addr, true);
	assert_int_equal(f.vm->stat.pswpout, 2);
}

static void a_store_to_a_page_under_writeback_is_not_lost(void **state)
{
	(void)state;
	run_on(SSD, body_store_under_writeback);
}

/* On such a device the page is not to change: the writer gets a copy. */
static void body_stable_writes(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 1);
	struct page *page;

	(void)arg;
	touch(t, addr, true);
	page = mapped(t, addr);
	swap_out(t, addr, false);
	touch(t, addr, true);
	assert_ptr_not_equal(mapped(t, addr), page);
	assert_true(entry(t, addr).bits & PTE_WRITE);
}

static void with_stable_writes_a_page_under_writeback_is_copied(void **state)
{
	(void)state;
	run_on(SSD "queue: { sda: { stable_writes: true } }\n", body_stable_writes);
}

static void body_zapped(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 8);

	(void)arg;
	for (unsigned i = 0; i < 8; i++)
		touch(t, addr + PAGES(i), true);
	for (unsigned i = 0; i < 8; i++)
		swap_out(t, addr + PAGES(i), i % 2);
	task_sleep(t, NS_PER_SEC);
	assert_int_equal(task_mm(t)->stat.swapents, 8);
	assert_int_equal(cached(), 4);
	assert_int_equal(do_munmap(t, task_mm(t), addr, PAGES(8)), 0);
	assert_int_equal(task_mm(t)->stat.swapents, 0);
	assert_int_equal(cached(), 0);
}

static void unmapping_frees_places_and_cached_pages(void **state)
{
	(void)state;
	run_on(SSD, body_zapped);
}

/* --- errors --- */

static void body_write_error(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 1);
	struct page *page;

	(void)arg;
	touch(t, addr, true);
	page = mapped(t, addr);
	swap_out(t, addr, false);
	wait_on_page_writeback(t, page);
	assert_int_equal(page->flags & (PG_dirty | PG_error | PG_reclaim | PG_swapcache),
			 PG_dirty | PG_error | PG_swapcache);
	assert_int_equal(f.vm->stat.pgrotated, 0);
	assert_non_null(strstr(str_get(&f.vm->kmsg), "] Write-error on swap-device (8:0:"));
	touch(t, addr, false);
	assert_ptr_equal(mapped(t, addr), page);
}

static void a_page_that_cannot_be_written_stays_dirty(void **state)
{
	(void)state;
	run_on(MACHINE("preset: ssd, errors: [{ start: 0, sectors: 131072, on: write }]",
		       "{ disk: sda, size: 64 MiB }"),
	       body_write_error);
}

static void body_read_error(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 1);

	(void)arg;
	touch(t, addr, true);
	swap_out(t, addr, true);
	assert_int_equal(user_access(t, task_mm(t), addr, false), -EFAULT);
	assert_int_equal(task_mm(t)->stat.swapents, 1);
	assert_true(entry(t, addr).bits & PTE_SWAP);
}

static void a_page_that_cannot_be_read_is_a_bus_error(void **state)
{
	(void)state;
	run_on(MACHINE("preset: ssd, errors: [{ start: 0, sectors: 131072, on: read }]",
		       "{ disk: sda, size: 64 MiB }"),
	       body_read_error);
}

/* --- what waiting costs --- */

static sim_time time_of_fault(struct task *t, uint64_t addr, int64_t swapin_wait)
{
	sim_time before;

	f.vm->machine->cost.swapin_wait = swapin_wait;
	swap_out(t, addr, true);
	before = t->cpu_ns;
	touch(t, addr, false);
	return t->cpu_ns - before;
}

static void body_wait(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 4);
	sim_time without;

	(void)arg;
	touch(t, addr, true);
	time_of_fault(t, addr, 0);
	/* windows of 4 and 2: they wait for the lock */
	without = time_of_fault(t, addr, 0);
	assert_int_equal(time_of_fault(t, addr, 5000) - without, 5000);
	/* windows of 1: they wait for the read */
	without = time_of_fault(t, addr, 0);
	assert_int_equal(time_of_fault(t, addr, 5000) - without, 5000);
}

static void who_waits_for_a_page_of_swap_takes_time_before(void **state)
{
	(void)state;
	run_on(SSD, body_wait);
}

/* --- swap is nearly full --- */

static void body_full(struct task *t, void *arg)
{
	unsigned pages = (unsigned)f.vm->total_swap_pages;
	uint64_t addr = map_anon(t, pages + 1);
	struct page *page;

	(void)arg;
	for (unsigned i = 0; i < pages + 1; i++)
		touch(t, addr + PAGES(i), true);
	for (unsigned i = 0; i < pages; i++) {
		assert_int_equal(vm_swap_full(f.vm), f.vm->nr_swap_pages * 2 < pages);
		swap_out(t, addr + PAGES(i), true);
	}
	assert_int_equal(f.vm->nr_swap_pages, 0);
	page = mapped(t, addr + PAGES(pages));
	assert_true(trylock_page(page));
	assert_false(add_to_swap(t, page));
	unlock_page(f.vm, page);
	/* the place of a page that is read now is given back at once */
	f.vm->sysctl.page_cluster = 0;
	touch(t, addr, false);
	touch(t, addr + PAGES(1), false);
	assert_int_equal(cached(), 0);
	assert_int_equal(f.vm->nr_swap_pages, 2);
	swap_out(t, addr + PAGES(pages), true);
	assert_int_equal(f.vm->nr_swap_pages, 1);
}

static void places_are_given_back_early_when_swap_is_nearly_full(void **state)
{
	(void)state;
	run_on(MACHINE("preset: ssd", "{ disk: sda, size: 516 KiB }"), body_full);
}

/* --- swapoff --- */

/* What asking for a place takes; whether there was one. */
static sim_time asks_for_place(struct task *t, struct page *page, bool *found)
{
	sim_time before = task_now(t);

	assert_true(trylock_page(page));
	*found = add_to_swap(t, page);
	unlock_page(f.vm, page);
	return task_now(t) - before;
}

/* No area has a place left, but this CPU has some: those who looked are not all that find none. */
static void body_places_in_hand(struct task *t, void *arg)
{
	const struct cost_table *cost = &f.vm->machine->cost;
	const int max = (int)f.vm->total_swap_pages;
	swp_entry_t *taken = sim_calloc((size_t)max, sizeof(*taken));
	uint64_t addr = map_anon(t, 2);
	struct page *page[2];
	bool found;
	int n = 0;

	(void)arg;
	for (int i = 0; i < 2; i++) {
		touch(t, addr + PAGES(i), true);
		page[i] = mapped(t, addr + PAGES(i));
	}
	assert_true(asks_for_place(t, page[0], &found) >= (sim_time)cost->page_cache_insert);
	assert_true(found);
	assert_int_equal(f.vm->swap->slots[0].nr, SWAP_SLOTS_CACHE_SIZE - 1);
	while (f.vm->nr_swap_pages)
		n += get_swap_pages(f.vm, t->cpu, 1, &taken[n], 1);
	assert_int_equal(asks_for_place(t, page[1], &found), cost->page_cache_insert);
	assert_true(found);
	/* what was in hand is handed out, or gone back and taken again: now there is none */
	while (f.vm->nr_swap_pages)
		n += get_swap_pages(f.vm, t->cpu, 1, &taken[n], 1);
	assert_int_equal(f.vm->swap->slots[0].nr, 0);
	assert_true(trylock_page(page[1]));
	delete_from_swap_cache(f.vm, t->cpu, page[1]);
	unlock_page(f.vm, page[1]);
	while (f.vm->nr_swap_pages)
		n += get_swap_pages(f.vm, t->cpu, 1, &taken[n], 1);
	assert_int_equal(asks_for_place(t, page[1], &found), cost->swap_full);
	assert_false(found);
	swapcache_free_entries(f.vm, taken, n);
	sim_free(taken);
}

static void places_in_hand_are_places(void **state)
{
	(void)state;
	run_on(MACHINE("preset: ssd", "{ disk: sda, size: 4 MiB }"), body_places_in_hand);
}

static void body_swapoff(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 100);

	(void)arg;
	for (unsigned i = 0; i < 100; i++)
		touch(t, addr + PAGES(i), true);
	for (unsigned i = 0; i < 100; i++)
		swap_out(t, addr + PAGES(i), i % 3 != 0);
	for (unsigned i = 50; i < 60; i++)
		touch(t, addr + PAGES(i), false);
	assert_int_equal(swapoff(t, "sdb"), -ENOENT);
	assert_int_equal(swapon(t, "sda"), -EBUSY);
	assert_int_equal(swapoff(t, "sda"), 0);
	assert_int_equal(task_mm(t)->stat.swapents, 0);
	assert_int_equal(task_mm(t)->stat.rss_anon, 100);
	assert_int_equal(cached(), 0);
	assert_int_equal(f.vm->nr_swap_pages, 0);
	assert_int_equal(f.vm->total_swap_pages, 0);
	assert_int_equal(swapoff(t, "sda"), -EINVAL);
	for (unsigned i = 0; i < 100; i++)
		assert_true(mapped(t, addr + PAGES(i))->flags & PG_dirty);
	fixture_check(&f);
	assert_int_equal(swapon(t, "sda"), 0);
	assert_int_equal(f.vm->nr_swap_pages, 16383);
	assert_int_equal(f.vm->swap->info[0].prio, -2);
	swap_out(t, addr, true);
}

static void swapoff_brings_everything_back(void **state)
{
	(void)state;
	run_on(SSD, body_swapoff);
	run_on(HDD, body_swapoff);
}

static void body_swapoff_unreadable(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 2);

	(void)arg;
	touch(t, addr, true);
	touch(t, addr + PAGES(1), true);
	swap_out(t, addr, true);
	swap_out(t, addr + PAGES(1), false);
	/* what cannot be read is lost, and the area goes all the same */
	assert_int_equal(swapoff(t, "sda"), 0);
	assert_int_equal(f.vm->swap->info[0].inuse_pages, 0);
	assert_int_equal(task_mm(t)->stat.swapents, 0);
	assert_int_equal(task_mm(t)->stat.rss_anon, 1);
	assert_int_equal(cached(), 0);
	assert_int_equal(entry(t, addr).bits, PTE_SWP_ERROR);
	mapped(t, addr + PAGES(1)); /* it was still in memory */
	assert_int_equal(user_access(t, task_mm(t), addr, true), -EFAULT);
	assert_int_equal(swapon(t, "sda"), 0);
	assert_int_equal(user_access(t, task_mm(t), addr, false), -EFAULT);
	/* who does not want it any more can go on */
	assert_int_equal(do_madvise(t, task_mm(t), addr, PAGE_SIZE, MADV_FREE), 0);
	assert_int_equal(user_access(t, task_mm(t), addr, true), 0);
	fixture_check(&f);
	assert_non_null(strstr(str_get(&f.vm->kmsg), "] Read-error on swap-device (8:0:"));
}

static void swapoff_gives_up_what_cannot_be_read(void **state)
{
	(void)state;
	run_on(MACHINE("preset: ssd, errors: [{ start: 0, sectors: 131072, on: read }]",
		       "{ disk: sda, size: 64 MiB }"),
	       body_swapoff_unreadable);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_goes_to_swap_and_comes_back),
		cmocka_unit_test(a_write_to_a_page_of_swap_gives_its_place_back),
		cmocka_unit_test(a_page_under_writeback_is_mapped_again_without_waiting),
		cmocka_unit_test(a_store_to_a_page_under_writeback_is_not_lost),
		cmocka_unit_test(with_stable_writes_a_page_under_writeback_is_copied),
		cmocka_unit_test(unmapping_frees_places_and_cached_pages),
		cmocka_unit_test(a_page_that_cannot_be_written_stays_dirty),
		cmocka_unit_test(a_page_that_cannot_be_read_is_a_bus_error),
		cmocka_unit_test(who_waits_for_a_page_of_swap_takes_time_before),
		cmocka_unit_test(places_are_given_back_early_when_swap_is_nearly_full),
		cmocka_unit_test(places_in_hand_are_places),
		cmocka_unit_test(swapoff_brings_everything_back),
		cmocka_unit_test(swapoff_gives_up_what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
