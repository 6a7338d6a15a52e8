/*
 * test_machine.c - what a machine may be, and the RAM that its nodes get
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/hw/machine.h"

#define GIB (1LL << 30)

/* The sections of the tests: nodes and map beside the conf that points to them. */
struct fixture {
	struct machine_conf conf;
	struct node_conf nodes[4];
	struct memory_map_conf map[4];
	struct key_ints rows[4];
	struct disk_conf disks[2];
};

static void fixture_init(struct fixture *f, int nodes, int map)
{
	memset(f, 0, sizeof(*f));
	f->conf.nodes = (struct key_list){ f->nodes, nodes };
	f->conf.memory_map = (struct key_list){ f->map, map };
	f->conf.disks.items = f->disks;
	for (int i = 0; i < nodes; i++)
		f->nodes[i] = (struct node_conf){ .cpus = 1, .memory = GIB };
}

/* How many errors the section has; the first must contain a word. */
static size_t errors_of(const struct fixture *f, const char *word)
{
	struct diag d = { 0 };
	size_t n;

	machine_check(&d, &f->conf);
	n = d.nr_errors;
	if (n && !strstr(d.errors[0].text, word))
		fail_msg("\"%s\" says nothing of \"%s\"", d.errors[0].text, word);
	diag_free(&d);
	return n;
}

static void a_sound_machine_has_no_errors(void **state)
{
	(void)state;
	struct fixture f;

	fixture_init(&f, 0, 0);
	assert_int_equal(errors_of(&f, ""), 0);
	fixture_init(&f, 4, 0);
	assert_int_equal(errors_of(&f, ""), 0);
}

static void distances_must_be_square_and_10_on_the_diagonal_only(void **state)
{
	(void)state;
	struct fixture f;
	int64_t good[2] = { 10, 21 }, other[2] = { 21, 10 }, near[2] = { 9, 10 },
		self[2] = { 20, 11 };

	fixture_init(&f, 2, 0);
	f.conf.distances = (struct key_rows){ f.rows, 2 };
	f.rows[0] = (struct key_ints){ good, 2 };
	f.rows[1] = (struct key_ints){ other, 2 };
	assert_int_equal(errors_of(&f, ""), 0);
	f.rows[1].v = near;
	assert_int_equal(errors_of(&f, "from node 1 to 0"), 1);
	f.rows[1].v = self;
	assert_int_equal(errors_of(&f, "from itself"), 1);
	f.rows[1].n = 1;
	assert_int_equal(errors_of(&f, "row 1"), 1);
	f.conf.distances.n = 1;
	assert_int_equal(errors_of(&f, "1 rows for 2 nodes"), 1);
}

static void ranges_must_lie_in_the_map_and_not_overlap(void **state)
{
	(void)state;
	struct fixture f;
	struct key_ints rows[2];
	int64_t a[2] = { 256, 524288 }, b[2] = { 524288, 786432 }, over[2] = { 500000, 786432 };

	fixture_init(&f, 2, 2);
	f.map[0] = (struct memory_map_conf){ 1 << 20, 2 * GIB - 1, MEMORY_USABLE, { .at = NULL } };
	f.map[1] = (struct memory_map_conf){ 2 * GIB, 3 * GIB - 1, MEMORY_USABLE, { .at = NULL } };
	f.nodes[0].memory = f.nodes[1].memory = 0;
	rows[0] = (struct key_ints){ a, 2 };
	rows[1] = (struct key_ints){ b, 2 };
	f.nodes[0].ranges = (struct key_rows){ &rows[0], 1 };
	f.nodes[1].ranges = (struct key_rows){ &rows[1], 1 };
	assert_int_equal(errors_of(&f, ""), 0);
	rows[1].v = over;
	assert_int_equal(errors_of(&f, "overlap"), 1);
	rows[1].v = b;
	f.map[1].type = MEMORY_RESERVED;
	assert_int_equal(errors_of(&f, "not all RAM"), 1);
	f.map[1].start = GIB;
	assert_true(errors_of(&f, "overlap") >= 1);
	f.nodes[0].memory = GIB;
	f.map[1].start = 2 * GIB;
	assert_true(errors_of(&f, "both memory and ranges") >= 1);
}

static void there_must_be_memory_and_a_cpu_within_bounds(void **state)
{
	(void)state;
	struct fixture f;

	fixture_init(&f, 1, 0);
	f.nodes[0].memory = 4 << 20;
	assert_int_equal(errors_of(&f, "less than 8 MiB"), 1);
	f.nodes[0].memory = 16384LL * GIB;
	assert_int_equal(errors_of(&f, "more memory than 8191 GiB"), 1);
	f.nodes[0].memory = GIB + 1;
	assert_int_equal(errors_of(&f, "whole pages"), 1);
	f.nodes[0] = (struct node_conf){ .cpus = 0, .memory = GIB };
	assert_int_equal(errors_of(&f, "no CPU"), 1);
	f.nodes[0].cpus = 4096;
	assert_int_equal(errors_of(&f, ""), 0);
	f.conf.nodes.n = 2;
	f.nodes[1].cpus = 1;
	assert_int_equal(errors_of(&f, "too many CPUs"), 1);
	f.conf.nodes.n = MACHINE_MAX_NODES + 1;
	assert_int_equal(errors_of(&f, "65 nodes"), 1);
}

static void cpus_are_numbered_once_and_by_all_nodes(void **state)
{
	(void)state;
	struct fixture f;
	int64_t a[2] = { 0, 2 }, b[2] = { 1, 3 }, twice[2] = { 1, 2 }, high[2] = { 1, 4 };

	fixture_init(&f, 2, 0);
	f.nodes[0].cpus = f.nodes[1].cpus = 2;
	f.nodes[0].cpu_ids = (struct key_ints){ a, 2 };
	assert_int_equal(errors_of(&f, "only some nodes"), 1);
	f.nodes[1].cpu_ids = (struct key_ints){ b, 2 };
	assert_int_equal(errors_of(&f, ""), 0);
	f.nodes[1].cpu_ids.v = twice;
	assert_int_equal(errors_of(&f, "twice"), 1);
	f.nodes[1].cpu_ids.v = high;
	assert_int_equal(errors_of(&f, "0..3"), 1);
	f.nodes[1].cpu_ids.n = 1;
	assert_int_equal(errors_of(&f, "as many numbers as CPUs"), 1);
}

static void disks_have_names_of_their_own(void **state)
{
	(void)state;
	struct fixture f;

	fixture_init(&f, 1, 0);
	f.conf.disks.n = 2;
	for (int i = 0; i < 2; i++) /* row 1 of a disk: its preset */
		key_set_written(&f.disks[i].seen, 1);
	f.disks[0].name = f.disks[1].name = "sda";
	assert_int_equal(errors_of(&f, "sda"), 1);
	f.disks[1].name = "sdb";
	assert_int_equal(errors_of(&f, ""), 0);
}

/* From the completion of one read of swap to the issue of the next one: a page, and what comes
 * besides. */
static int64_t page_of_swap(const struct cost_table *c)
{
	return c->end_swapin_page + c->page_fault + c->pte_map + c->swapin_map + c->page_alloc +
	       c->page_cache_insert + c->swap_page;
}

static int64_t request_of_swap(const struct cost_table *c)
{
	return c->interrupt + c->bio_complete + c->wakeup + c->idle_switch + c->idle_exit +
	       c->swapin_retry + c->swapin_submit;
}

static void costs_come_from_the_profile_and_then_from_the_section(void **state)
{
	(void)state;
	struct fixture f;
	struct sim *s = sim_new(1);
	struct machine *m;

	fixture_init(&f, 1, 0);
	f.conf.cost_profile = 1; /* emulated-guest */
	key_set_written(&f.conf.cost.seen, 0);
	f.conf.cost.table.syscall = 77;
	m = machine_new(s, &f.conf);
	assert_int_equal(m->cost.syscall, 77);
	/* 5000 with a 16th of what a call costs beside its pages, a 64th of a look at limits, and
	 * mostly one level of the index beyond two; each page has a buffer head of a new slab */
	assert_int_equal(m->cost.page_cache_lookup + m->cost.page_alloc + m->cost.rmqueue_bulk +
			     m->cost.page_cache_insert + m->cost.lru_add + m->cost.page_buffers +
			     m->cost.page_copy + m->cost.page_write + m->cost.page_dirty +
			     m->cost.slab_object,
			 4782);
	/* 4.5 us more where a third batch of 15 pages is put on its list, 6 where a second one of
	 * 31 is taken, 12 for a slab of 14 nodes, 13.4 for one of 39
	 * buffer heads, 2.3 for a level of the index and 32 pages */
	assert_int_equal(15 * m->cost.lru_add, 4455);
	assert_int_equal(31 * m->cost.rmqueue_bulk + m->cost.alloc_walk, 5963);
	assert_int_equal(14 * (m->cost.slab_object + m->cost.slab_ctor), 10892);
	assert_int_equal(39 * m->cost.slab_object + m->cost.page_alloc, 13390);
	assert_int_equal(32 * m->cost.xa_level, 2304);
	/* 14 us for 16 pages read once more, 28 if that makes them active: 1.35 of the call's */
	assert_int_equal(16 * (m->cost.page_cache_lookup + m->cost.page_copy), 12800);
	assert_int_equal(16 * m->cost.page_activate, 14080);
	/* 49 us for a scan of 32 clean file pages, 77 if 93 pages go back to the zone with them */
	const int64_t scan = m->cost.isolate_page + m->cost.scan_page + m->cost.putback_page;
	const int64_t walk = m->cost.rmap_walk + m->cost.rmap_area;

	assert_int_equal(32 * (scan + m->cost.reclaim_page) + m->cost.scan_list, 49130);
	assert_int_equal(93 * m->cost.free_bulk, 27900);
	/* 42 us if programs use them all, 14.8 us more for each further program that might */
	assert_int_equal(32 * (scan + walk + m->cost.judge_uses) + m->cost.scan_list, 41898);
	assert_int_equal(32 * m->cost.rmap_area, 14848);
	/* an active list: 18.7 us for 32 pages of files, 40 us for those of programs */
	assert_int_equal(32 * (scan + m->cost.deactivate_page) + m->cost.scan_active, 18746);
	assert_int_equal(32 * (scan + walk + m->cost.deactivate_page) + m->cost.scan_active, 40058);
	/* 7.4 us a page that is read from swap, its fault and its listing besides; and 6.9 */
	assert_int_equal(page_of_swap(&m->cost), 7398);
	assert_int_equal(request_of_swap(&m->cost), 6930);
	/* one that is written */
	assert_int_equal(m->cost.swap_page + m->cost.swapout_page, 2900);
	machine_free(m);
	sim_free_run(s);
}

static void a_profile_has_what_it_is_based_on(void **state)
{
	(void)state;
	struct fixture f;
	struct sim *s = sim_new(1);
	struct machine *m;

	fixture_init(&f, 1, 0);
	f.conf.cost_profile = 2; /* traced-guest */
	m = machine_new(s, &f.conf);
	assert_int_equal(m->cost.reclaim_pass + m->cost.reclaim_slab + m->cost.pgdat_balanced,
			 6000);
	assert_int_equal(m->cost.page_cache_insert, 863); /* of emulated-guest */
	/* a page of swap takes as long as there */
	assert_int_equal(page_of_swap(&m->cost), 7398);
	assert_int_equal(request_of_swap(&m->cost), 6950);
	/* the sum of both is that of emulated-guest */
	assert_int_equal(m->cost.page_alloc + m->cost.rmqueue_bulk, 900);
	assert_int_equal(m->cost.tlb_flush_page, 120); /* of all */
	machine_free(m);
	sim_free_run(s);
}

static void one_node_owns_a_map_that_is_given_alone(void **state)
{
	(void)state;
	struct fixture f;
	struct sim *s = sim_new(1);
	struct machine *m;

	fixture_init(&f, 0, 2);
	f.map[0] = (struct memory_map_conf){ 4096, 654335, MEMORY_USABLE, { .at = NULL } };
	f.map[1] = (struct memory_map_conf){ 1 << 20, GIB - 1, MEMORY_USABLE, { .at = NULL } };
	assert_int_equal(errors_of(&f, ""), 0);
	m = machine_new(s, &f.conf);
	assert_int_equal(m->nr_ranges, 2);
	assert_int_equal(m->ranges[0].end, 159); /* the broken page at the end is left out */
	assert_int_equal(m->ranges[1].end, 262144);
	assert_int_equal(s->nr_cpus, 4);
	assert_false(m->synthetic_map);
	machine_free(m);
	sim_free_run(s);
}

static void sizes_are_dealt_out_over_a_given_map_in_order(void **state)
{
	(void)state;
	struct fixture f;
	struct sim *s = sim_new(1);
	struct machine *m;

	fixture_init(&f, 2, 2);
	f.map[0] = (struct memory_map_conf){ 0, GIB + GIB / 2 - 1, MEMORY_USABLE, { .at = NULL } };
	f.map[1] = (struct memory_map_conf){ 4 * GIB, 5 * GIB - 1, MEMORY_USABLE, { .at = NULL } };
	assert_int_equal(errors_of(&f, ""), 0);
	m = machine_new(s, &f.conf);
	assert_int_equal(m->nr_ranges, 3);
	assert_int_equal(m->ranges[1].node, 1);
	assert_int_equal(m->ranges[1].start, 262144);
	assert_int_equal(m->ranges[1].end, 393216);
	assert_int_equal(m->ranges[2].node, 1);
	assert_int_equal(m->ranges[2].end - m->ranges[2].start, 131072);
	machine_free(m);
	sim_free_run(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_machine_has_no_errors),
		cmocka_unit_test(distances_must_be_square_and_10_on_the_diagonal_only),
		cmocka_unit_test(ranges_must_lie_in_the_map_and_not_overlap),
		cmocka_unit_test(there_must_be_memory_and_a_cpu_within_bounds),
		cmocka_unit_test(cpus_are_numbered_once_and_by_all_nodes),
		cmocka_unit_test(disks_have_names_of_their_own),
		cmocka_unit_test(costs_come_from_the_profile_and_then_from_the_section),
		cmocka_unit_test(a_profile_has_what_it_is_based_on),
		cmocka_unit_test(one_node_owns_a_map_that_is_given_alone),
		cmocka_unit_test(sizes_are_dealt_out_over_a_given_map_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
