/*
 * test_swap_readahead.c - what is read along from swap: by addresses and by places
 */
#include "tests/unit/swapped_pages.h"

/* --- readahead --- */

static void windows_follow_the_kernel_s_rule(void **state)
{
	(void)state;
	/* no hits: one page, two if the place is next to the last one */
	assert_int_equal(__swapin_nr_pages(100, 200, 0, 8, 0), 1);
	assert_int_equal(__swapin_nr_pages(100, 101, 0, 8, 0), 2);
	assert_int_equal(__swapin_nr_pages(100, 99, 0, 8, 0), 2);
	/* hits + 2, up to a power of two, 4 at least */
	assert_int_equal(__swapin_nr_pages(0, 500, 1, 8, 0), 4);
	assert_int_equal(__swapin_nr_pages(0, 500, 2, 8, 0), 4);
	assert_int_equal(__swapin_nr_pages(0, 500, 3, 8, 0), 8);
	assert_int_equal(__swapin_nr_pages(0, 500, 4, 8, 0), 8);
	assert_int_equal(__swapin_nr_pages(0, 500, 7, 32, 0), 16);
	assert_int_equal(__swapin_nr_pages(0, 500, 31, 32, 0), 32);
	/* it is halved at most */
	assert_int_equal(__swapin_nr_pages(0, 500, 0, 8, 8), 4);
	assert_int_equal(__swapin_nr_pages(0, 500, 0, 8, 2), 1);
	assert_int_equal(__swapin_nr_pages(0, 500, 0, 2, 16), 8);
}

static void windows_of_addresses_lie_around_or_ahead(void **state)
{
	struct vm_area_struct vma = { .vm_start = PAGES(1000), .vm_end = PAGES(3000) };
	struct swap_ra_range r;

	(void)state;
	r = swap_ra_range(&vma, 1500, 7, 8); /* 3 to the left, 4 to the right */
	assert_int_equal(r.start, 1497);
	assert_int_equal(r.end, 1505);
	r = swap_ra_range(&vma, 1500, 1499, 8);
	assert_int_equal(r.start, 1500);
	assert_int_equal(r.end, 1508);
	r = swap_ra_range(&vma, 1500, 1501, 8);
	assert_int_equal(r.start, 1493);
	assert_int_equal(r.end, 1501);
	r = swap_ra_range(&vma, 1001, 7, 8); /* not before the mapping */
	assert_int_equal(r.start, 1000);
	assert_int_equal(r.end, 1006);
	r = swap_ra_range(&vma, 1535, 7, 8); /* not over the border of 2 MiB */
	assert_int_equal(r.start, 1532);
	assert_int_equal(r.end, 1536);
	r = swap_ra_range(&vma, 1536, 1535, 8);
	assert_int_equal(r.start, 1536);
	assert_int_equal(r.end, 1544);
	r = swap_ra_range(&vma, 2999, 7, 8);
	assert_int_equal(r.end, 3000);
}

static void the_state_of_a_mapping_is_packed_as_in_the_kernel(void **state)
{
	uint64_t v = swap_ra_val(0x12345678, 8, 5);

	(void)state;
	assert_int_equal(v >> PAGE_SHIFT, 0x12345);
	assert_int_equal(swap_ra_win(v), 8);
	assert_int_equal(swap_ra_hits(v), 5);
}

static void body_vma_readahead(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 64);

	(void)arg;
	for (unsigned i = 0; i < 64; i++)
		touch(t, addr + PAGES(i), true);
	for (unsigned i = 64; i-- > 0;) /* places in the other order than addresses */
		swap_out(t, addr + PAGES(i), true);
	/* 4 hits to begin with: 8 pages, 3 of them before the fault */
	touch(t, addr + PAGES(20), false);
	assert_int_equal(f.vm->stat.pswpin, 8);
	assert_int_equal(f.vm->stat.swap_ra, 7);
	assert_int_equal(f.vm->stat.pgmajfault, 1);
	assert_int_equal(cached(), 8);
	/* all of them are on the list, none waits in a batch */
	assert_int_equal(f.vm->nodes[0].stat.nr_inactive_anon + f.vm->nodes[0].stat.nr_active_anon,
			 8);
	task_sleep(t, NS_PER_SEC);
	for (unsigned i = 17; i < 25; i++)
		touch(t, addr + PAGES(i), false);
	assert_int_equal(f.vm->stat.swap_ra_hit, 7);
	assert_int_equal(f.vm->stat.pgmajfault, 1);
	assert_int_equal(f.vm->stat.pswpin, 8);
	/* the next one in order: all of them ahead */
	touch(t, addr + PAGES(25), false);
	assert_int_equal(f.vm->stat.pswpin, 16);
	assert_int_equal(f.vm->stat.pgmajfault, 2);
	assert_true(entry(t, addr + PAGES(33)).bits & PTE_SWAP);
	task_sleep(t, NS_PER_SEC);
	/* no hit: half of the window; and no further */
	touch(t, addr + PAGES(50), false);
	assert_int_equal(f.vm->stat.pswpin, 20);
	task_sleep(t, NS_PER_SEC);
	touch(t, addr + PAGES(40), false);
	assert_int_equal(f.vm->stat.pswpin, 22);
	task_sleep(t, NS_PER_SEC);
	touch(t, addr + PAGES(60), false);
	assert_int_equal(f.vm->stat.pswpin, 23);
}

static void readahead_by_addresses_grows_with_its_hits(void **state)
{
	(void)state;
	run_on(SSD, body_vma_readahead);
}

static void body_cluster_readahead(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 64);
	uint32_t offset;

	(void)arg;
	for (unsigned i = 0; i < 64; i++)
		touch(t, addr + PAGES(i), true);
	for (unsigned i = 64; i-- > 0;)
		swap_out(t, addr + PAGES(i), true);
	offset = swp_offset((swp_entry_t){ entry(t, addr + PAGES(20)).pfn });
	assert_int_equal(offset, 44); /* places 1..64 */
	touch(t, addr + PAGES(20), false);
	/* the aligned block of 8 around: places 40..47, pages 24 down to 17 */
	assert_int_equal(f.vm->stat.pswpin, 8);
	assert_int_equal(f.vm->stat.swap_ra, 7);
	task_sleep(t, NS_PER_SEC);
	for (unsigned i = 17; i < 25; i++)
		touch(t, addr + PAGES(i), false);
	assert_int_equal(f.vm->stat.pswpin, 8);
	assert_int_equal(f.vm->stat.swap_ra_hit, 7);
	/* the first block has no page 0 */
	touch(t, addr + PAGES(62), false);
	assert_int_equal(f.vm->stat.pswpin, 15);
}

static void readahead_by_places_reads_an_aligned_block(void **state)
{
	(void)state;
	run_on(HDD, body_cluster_readahead);
}

static void body_page_cluster_0(struct task *t, void *arg)
{
	uint64_t addr = map_anon(t, 8);

	(void)arg;
	for (unsigned i = 0; i < 8; i++)
		touch(t, addr + PAGES(i), true);
	for (unsigned i = 0; i < 8; i++)
		swap_out(t, addr + PAGES(i), true);
	f.vm->sysctl.page_cluster = 0;
	touch(t, addr + PAGES(3), false);
	/* the fault itself waits for the read: no repetition */
	assert_int_equal(f.vm->stat.pswpin, 1);
	assert_int_equal(task_mm(t)->stat.maj_flt, 1);
	assert_int_equal(f.vm->stat.pgfault, 8 + 1);
}

static void with_page_cluster_0_pages_are_read_one_by_one(void **state)
{
	(void)state;
	run_on(SSD, body_page_cluster_0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_follow_the_kernel_s_rule),
		cmocka_unit_test(windows_of_addresses_lie_around_or_ahead),
		cmocka_unit_test(the_state_of_a_mapping_is_packed_as_in_the_kernel),
		cmocka_unit_test(readahead_by_addresses_grows_with_its_hits),
		cmocka_unit_test(readahead_by_places_reads_an_aligned_block),
		cmocka_unit_test(with_page_cluster_0_pages_are_read_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
