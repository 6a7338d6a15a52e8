/*
 * test_node_stat.c - what everybody sees of counters, and what CPUs keep to themselves
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/alloc/node_stat.h"
#include "models/linux/alloc/pcp.h"
#include "models/linux/alloc/vmstat.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

#define TWO_CPUS                                                                                   \
	"machine: { nodes: [{ cpus: 2, memory: 256 MiB }], disks: [{ name: sda, preset: hdd }] "   \
	"}\n"

static struct fixture f;

static void run(task_fn *body)
{
	fixture_boot(&f, TWO_CPUS);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

/* Takes back what a test has added: counters of pages that are not there. */
static void take_back(struct pglist_data *node, enum node_stat_item item, int64_t pages)
{
	mod_node_page_state(node, item, -pages);
	for (int i = 0; i < f.vm->nr_cpu_ids; i++)
		fold_node_page_state(f.vm, &f.s->cpus[i]);
}

static void body_threshold(struct task *t, void *arg)
{
	struct pglist_data *node = &f.vm->nodes[0];
	int threshold = node->stat_threshold;

	(void)t;
	(void)arg;
	assert_true(threshold > 1);
	for (int i = 0; i < threshold; i++) {
		mod_node_page_state(node, NR_WRITEBACK, 1);
		assert_int_equal(node_page_state(node, NR_WRITEBACK), 0);
	}
	assert_int_equal(node->stat.nr_writeback, threshold);
	/* one more, and all of it is seen */
	mod_node_page_state(node, NR_WRITEBACK, 1);
	assert_int_equal(node_page_state(node, NR_WRITEBACK), threshold + 1);
	mod_node_page_state(node, NR_WRITEBACK, -threshold);
	assert_int_equal(node_page_state(node, NR_WRITEBACK), threshold + 1);
	assert_int_equal(node->stat.nr_writeback, 1);
	take_back(node, NR_WRITEBACK, 1);
}

static void a_change_is_seen_when_it_is_more_than_the_threshold(void **state)
{
	(void)state;
	run(body_threshold);
}

static void body_fold(struct task *t, void *arg)
{
	struct pglist_data *node = &f.vm->nodes[0];

	(void)arg;
	refresh_cpu_vm_stats(f.vm, t->cpu, false);
	assert_false(node_stat_need_update(f.vm, t->cpu));
	mod_node_page_state(node, NR_WRITEBACK, 1);
	assert_true(node_stat_need_update(f.vm, t->cpu));
	/* another CPU has nothing of it */
	assert_false(fold_node_page_state(f.vm, &f.s->cpus[1]));
	assert_int_equal(node_page_state(node, NR_WRITEBACK), 0);
	refresh_cpu_vm_stats(f.vm, t->cpu, false);
	assert_int_equal(node_page_state(node, NR_WRITEBACK), 1);
	assert_int_equal(global_node_page_state(f.vm, NR_WRITEBACK), 1);
	assert_false(node_stat_need_update(f.vm, t->cpu));
	take_back(node, NR_WRITEBACK, 1);
}

static void a_fold_gives_what_the_cpu_kept(void **state)
{
	(void)state;
	run(body_fold);
}

static void body_negative(struct task *t, void *arg)
{
	struct pglist_data *node = &f.vm->nodes[0];

	(void)arg;
	mod_node_page_state(node, NR_WRITEBACK, 1);
	f.s->current = f.s->cpus[1].irq; /* ended by an interrupt of another CPU */
	mod_node_page_state(node, NR_WRITEBACK, -1);
	fold_node_page_state(f.vm, &f.s->cpus[1]);
	f.s->current = t;
	assert_int_equal(node->vm_stat[NR_WRITEBACK], -1);
	assert_int_equal(node_page_state(node, NR_WRITEBACK), 0);
	fold_node_page_state(f.vm, t->cpu);
	assert_int_equal(node->vm_stat[NR_WRITEBACK], 0);
}

static void nobody_sees_less_than_nothing(void **state)
{
	(void)state;
	run(body_negative);
}

static void body_device(struct task *t, void *arg)
{
	struct bdi_writeback *wb = &disk_bdi(f.vm, 0)->wb;
	int64_t batch = wb_stat_batch(f.vm->nr_cpu_ids);

	(void)t;
	(void)arg;
	assert_int_equal(wb_stat_error(f.vm), 2 * batch);
	wb_stat_mod(wb, WB_DIRTIED, batch - 1);
	assert_int_equal(wb_stat(wb, WB_DIRTIED), 0);
	assert_int_equal(wb_stat_sum(wb, WB_DIRTIED), batch - 1);
	wb_stat_mod(wb, WB_DIRTIED, 1);
	assert_int_equal(wb_stat(wb, WB_DIRTIED), batch);
}

static void a_device_counts_in_batches(void **state)
{
	(void)state;
	run(body_device);
}

/* Adds pages to the list of active file pages of a zone, and says what reclaim sees of it. */
static uint64_t seen_with(struct zone *zone, int64_t pages)
{
	update_lru_size(zone->node, LRU_ACTIVE_FILE, zone->idx, pages);
	return lruvec_lru_size(zone->node, LRU_ACTIVE_FILE, zone->idx);
}

static void body_lists(struct task *t, void *arg)
{
	struct zone *zone = &f.vm->nodes[0].zones[ZONE_DMA32];
	int threshold = zone->pcp[t->cpu->id].stat_threshold;
	const bool *disabled = arg;

	assert_true(threshold > 1 && f.vm->memcg_disabled == *disabled);
	assert_int_equal(seen_with(zone, threshold), *disabled ? 0 : threshold);
	assert_int_equal(seen_with(zone, 1), threshold + 1);
	assert_int_equal(seen_with(zone, -1), threshold + !!*disabled);
	fold_node_page_state(f.vm, t->cpu); /* of the node the CPU keeps nothing */
	assert_int_equal(need_update(f.vm, t->cpu), *disabled);
	refresh_cpu_vm_stats(f.vm, t->cpu, false);
	assert_int_equal(seen_with(zone, 0), threshold);
	seen_with(zone, -threshold);
	refresh_cpu_vm_stats(f.vm, t->cpu, false);
}

static void sizes_of_lists_are_seen_late_without_control_groups(void **state)
{
	bool disabled = false;

	(void)state;
	fixture_boot(&f, TWO_CPUS);
	fixture_task(&f, body_lists, &disabled);
	fixture_check(&f);
	fixture_end(&f);
	disabled = true;
	fixture_boot(&f, TWO_CPUS "linux: { cgroup_disable: memory }\n");
	fixture_task(&f, body_lists, &disabled);
	fixture_check(&f);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_seen_when_it_is_more_than_the_threshold),
		cmocka_unit_test(a_fold_gives_what_the_cpu_kept),
		cmocka_unit_test(nobody_sees_less_than_nothing),
		cmocka_unit_test(a_device_counts_in_batches),
		cmocka_unit_test(sizes_of_lists_are_seen_late_without_control_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
