/*
 * test_scan_cost.c - what scans of the lists of reclaim take
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 1, memory: 64 MiB }], disks: [{ name: sda, preset: ssd }] }\n" \
	"files: [{ name: raw, disk: sda, raw: true }]\n"
#define PAGES 4096
#define NS    100
#define LIST  10000

/* Nothing costs anything but what the test is about. */
static struct cost_table *no_costs(struct task *t)
{
	struct cost_table *cost = &task_vm(t)->machine->cost;

	*cost = (struct cost_table){ 0 };
	return cost;
}

/* Clean pages of a file, on the inactive list or the active one. */
static void fill_cache(struct task *t, bool active)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = &file_by_name(vm, "raw")->mapping;

	for (uint64_t i = 0; i < PAGES; i++) {
		struct page *page = alloc_pages(t, GFP_KERNEL, 0);

		if (active)
			page->flags |= PG_workingset | PG_active;
		assert_int_equal(add_to_page_cache_lru(t, page, m, i, GFP_KERNEL), 0);
		page->flags |= PG_uptodate;
		unlock_page(vm, page);
		put_page(vm, t->cpu, page);
	}
	lru_add_drain(vm, t->cpu);
}

/* One direct reclaim; how long it took. */
static sim_time reclaim(struct task *t)
{
	sim_time from = task_now(t);

	assert_true(try_to_free_pages(t, &task_vm(t)->nodes[0].zonelists[ZONELIST_FALLBACK], 0,
				      GFP_KERNEL, UINT64_MAX) > 0);
	return task_now(t) - from;
}

/* ---- inactive lists ---- */

static void scans_inactive_pages(struct task *t, void *arg)
{
	const struct linux_vm *vm = task_vm(t);
	int64_t before;
	sim_time took;

	(void)arg;
	no_costs(t);
	fill_cache(t, false);
	assert_int_equal(reclaim(t), 0);
	before = vm->stat.pgscan_direct;
	no_costs(t)->isolate_page = NS;
	took = reclaim(t);
	assert_int_equal(took, NS * (vm->stat.pgscan_direct - before));
	assert_true(vm->stat.pgscan_direct > before);
	/* a list of another kind is not meant */
	no_costs(t)->scan_active = LIST;
	assert_int_equal(reclaim(t), 0);
}

static void taking_a_page_off_its_list_is_paid_once(void **state)
{
	(void)state;
	fixture_run(MACHINE, scans_inactive_pages);
}

/* ---- active lists ---- */

static void scans_active_pages(struct task *t, void *arg)
{
	const struct linux_vm *vm = task_vm(t);
	int64_t refilled, deactivated;
	sim_time took;

	(void)arg;
	no_costs(t);
	fill_cache(t, true);
	deactivated = vm->stat.pgdeactivate;
	no_costs(t)->deactivate_page = NS;
	took = reclaim(t);
	assert_int_equal(took, NS * (vm->stat.pgdeactivate - deactivated));
	assert_true(vm->stat.pgdeactivate > deactivated);
	refilled = vm->stat.pgrefill;
	no_costs(t)->scan_active = LIST;
	took = reclaim(t);
	assert_true(vm->stat.pgrefill > refilled);
	assert_int_equal(took % LIST, 0);
	assert_true((int64_t)took * 32 >= LIST * (vm->stat.pgrefill - refilled));
}

static void active_lists_have_costs_of_their_own(void **state)
{
	(void)state;
	fixture_run(MACHINE, scans_active_pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taking_a_page_off_its_list_is_paid_once),
		cmocka_unit_test(active_lists_have_costs_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
