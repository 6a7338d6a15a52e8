/*
 * test_slab.c - what kernel objects cost in pages
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>

#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/shrinker.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "sim/base/xarray.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 1, memory: 256 MiB }], disks: [{ name: sda, preset: ssd }] "   \
	"}\n"                                                                                      \
	"files: [{ name: raw, disk: sda, raw: true }]\n"

#define TICK (NS_PER_SEC / HZ)

static void run(const char *scenario, task_fn *body)
{
	struct fixture f;

	fixture_boot(&f, scenario);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

static void how_many_index_nodes_a_page_needs_is_known_before(void **state)
{
	struct rng r;
	int exact = 0;

	(void)state;
	rng_init(&r, 1, "nodes");
	for (int world = 0; world < 50; world++) {
		struct xarray xa;

		xa_init(&xa);
		for (int i = 0; i < 400; i++) {
			uint64_t nr = 1ULL << (rng_below(&r, 4) ? 0 : rng_below(&r, 10));
			uint64_t range = 1ULL << (1 + rng_below(&r, 30));
			uint64_t index = rng_below(&r, range) & ~(nr - 1);
			uint64_t missing = xa_nodes_missing(&xa, index, nr), before = xa.nr_nodes;
			bool lone = xa.head && !xa.root;

			for (uint64_t k = 0; k < nr; k++)
				xa_store(&xa, index + k, xa_object(1));
			if (lone)
				assert_true(xa.nr_nodes - before <= missing);
			else
				assert_int_equal(xa.nr_nodes - before, missing);
			exact += !lone && missing;
			if (rng_below(&r, 3) == 0)
				xa_store(&xa, index, rng_below(&r, 2) ? xa_value(7) : 0);
		}
		xa_destroy(&xa);
	}
	assert_true(exact > 1000);
}

static int64_t slab_pages(struct task *t)
{
	return task_vm(t)->nodes[0].stat.nr_slab_reclaimable;
}

static void fill(struct task *t, struct address_space *m, uint64_t from, uint64_t nr)
{
	struct linux_vm *vm = task_vm(t);

	for (uint64_t i = from; i < from + nr; i++) {
		struct page *page = alloc_pages(t, GFP_KERNEL, 0);

		assert_int_equal(add_to_page_cache_lru(t, page, m, i, GFP_KERNEL), 0);
		page->flags |= PG_uptodate;
		unlock_page(vm, page);
		put_page(vm, t->cpu, page);
	}
}

/* On one CPU.  A real kernel had 52 pages more for each 23,040 pages of a file. */
static void index_nodes_lie_14_to_a_block_of_two_pages(struct task *t, void *arg)
{
	struct address_space *m = &file_by_name(task_vm(t), "raw")->mapping;

	(void)arg;
	assert_int_equal(slab_pages(t), 0);
	fill(t, m, 0, 1);
	assert_int_equal(slab_pages(t), 0); /* a lone page needs no node */
	fill(t, m, 1, 1);
	assert_int_equal(slab_pages(t), 2);
	fill(t, m, 2, 13 * 64 - 2);
	assert_int_equal(slab_pages(t), 2); /* 13 leaves and the root */
	fill(t, m, 13 * 64, 1);
	assert_int_equal(slab_pages(t), 4);
	fill(t, m, 13 * 64 + 1, 23040 - 13 * 64 - 1);
	/* 360 leaves, 6 nodes above and the root: 26.2 blocks */
	assert_int_equal(slab_pages(t), 27 * 2);
	lru_add_drain_all(task_vm(t));
	truncate_inode_pages(t, m, 0);
	assert_int_equal(slab_pages(t), 27 * 2); /* somebody may be looking at them yet */
	task_sleep(t, 2 * TICK);
	assert_int_equal(slab_pages(t), 27 * 2);
	task_sleep(t, 2 * TICK);
	assert_int_equal(slab_pages(t), 14); /* empty blocks stay, but not many */
}

/* Blocks that become free behind all pages take those of the CPU's list with them. */
static void late_blocks_empty_the_list_of_the_cpu(struct task *t, void *arg)
{
	struct address_space *m = &file_by_name(task_vm(t), "raw")->mapping;
	const struct per_cpu_pages *pcp = &task_vm(t)->nodes[0].zones[ZONE_DMA32].pcp[0];
	int before;

	(void)arg;
	fill(t, m, 0, 23040);
	lru_add_drain_all(task_vm(t));
	truncate_inode_pages(t, m, 0);
	before = pcp->count;
	assert_true(before > pcp->high / 2);
	task_sleep(t, 4 * TICK);
	assert_true(pcp->count < pcp->batch);
}

/* Whom the tick interrupts has reclaimed what it frees, if he is at it. */
static void a_tick_reclaims_for_whom_it_interrupts(struct task *t, void *arg)
{
	struct address_space *m = &file_by_name(task_vm(t), "raw")->mapping;
	struct task_struct *ts = task_struct(t);

	(void)arg;
	fill(t, m, 0, 23040);
	lru_add_drain_all(task_vm(t));
	truncate_inode_pages(t, m, 0);
	assert_int_equal(ts->reclaimed_slab, 0);
	ts->flags |= PF_MEMALLOC;
	for (int i = 0; i < 4; i++) {
		task_run(t, TICK);
		task_sync(t);
	}
	ts->flags &= ~(unsigned)PF_MEMALLOC;
	assert_int_equal(ts->reclaimed_slab, 27 * 2 - 14);
}

/* What waits on a CPU does not wait for it when it is gone. */
static void what_waits_on_a_cpu_that_goes_is_free(struct task *t, void *arg)
{
	struct address_space *m = &file_by_name(task_vm(t), "raw")->mapping;

	(void)arg;
	fill(t, m, 0, 23040);
	lru_add_drain_all(task_vm(t));
	truncate_inode_pages(t, m, 0);
	assert_int_equal(slab_pages(t), 27 * 2);
	slab_cpu_dead(task_vm(t), 0);
	assert_int_equal(slab_pages(t), 5 * 2); /* what the node keeps */
	task_sleep(t, 4 * TICK);
	assert_int_equal(slab_pages(t), 5 * 2);
}

/* An idle CPU keeps its tick until then: the third one is the first that may be the last. */
static void who_waits_keeps_the_tick(struct task *t, void *arg)
{
	const struct cpu *cpu = t->cpu;

	(void)arg;
	task_sleep(t, 3 * TICK); /* between two ticks, and nothing waits */
	task_sleep_until(t, t->sim->now + TICK / 2);
	rcu_wait_for_other(task_vm(t));
	assert_int_equal(jiffy_at(t->sim, cpu->tick.needed_until), jiffies(t->sim) + 3);
	task_sleep(t, TICK + TICK / 4);
	rcu_wait_for_other(task_vm(t)); /* behind a grace period that goes on */
	assert_int_equal(jiffy_at(t->sim, cpu->tick.needed_until), jiffies(t->sim) + 2);
}

static void index_nodes_go_after_a_grace_period(void **state)
{
	(void)state;
	run(MACHINE, late_blocks_empty_the_list_of_the_cpu);
	run(MACHINE, a_tick_reclaims_for_whom_it_interrupts);
	run(MACHINE, what_waits_on_a_cpu_that_goes_is_free);
	run(MACHINE, who_waits_keeps_the_tick);
}

static void the_index_costs_what_it_costs(void **state)
{
	(void)state;
	run(MACHINE, index_nodes_lie_14_to_a_block_of_two_pages);
}

static void nothing(struct task *t, void *arg)
{
	(void)arg;
	fill(t, &file_by_name(task_vm(t), "raw")->mapping, 0, 1000);
	assert_int_equal(slab_pages(t), 0);
}

static void without_slab_nothing_costs_anything(void **state)
{
	(void)state;
	run("linux: { slab: false }\n" MACHINE, nothing);
}

/* 2100 names of 21 a page; 2100 inodes of 13 in 4 pages. */
static void files_go_by_name_first(struct task *t, void *arg)
{
	struct linux_vm *vm = task_vm(t);
	const int64_t full = 100 + 162 * 4;

	(void)arg;
	assert_int_equal(slab_pages(t), full);
	/* at a high priority the batch of 1024 is not reached */
	shrink_slab(t, GFP_KERNEL, &vm->nodes[0], 4);
	assert_int_equal(vm->stat.slabs_scanned, 0);
	/* a file system cannot be entered */
	shrink_slab(t, GFP_NOFS, &vm->nodes[0], 0);
	assert_int_equal(vm->stat.slabs_scanned, 0);
	vm->sysctl.vfs_cache_pressure = 0;
	shrink_slab(t, GFP_KERNEL, &vm->nodes[0], 0);
	assert_int_equal(vm->stat.slabs_scanned, 0);
	assert_int_equal(slab_pages(t), full);
	vm->sysctl.vfs_cache_pressure = 100;
	drop_slab(t);
	assert_true(vm->stat.slabs_scanned >= 4200);
	/* the slab in use and a few empty ones of each kind */
	assert_true(slab_pages(t) <= 50);
	assert_int_equal(vm->stat.drop_slab, 1);
	assert_int_equal(task_struct(t)->reclaimed_slab, 0);
}

static void unused_files_are_given_up(void **state)
{
	(void)state;
	run("linux: { unused_files: 2100 }\n" MACHINE, files_go_by_name_first);
}

/* Leaves with a shadow each that are left after a pass of reclaim over 600 of them. */
static int64_t shadows_left(struct task *t, unsigned pages_on_lists)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = &file_by_name(vm, "raw")->mapping;

	fill(t, m, 0, pages_on_lists);
	lru_add_drain_all(vm);
	for (uint64_t i = 10; i < 610; i++) {
		assert_int_equal(slab_reserve_index(t, &m->i_pages, i * 64, 1, GFP_KERNEL), 0);
		xa_store(&m->i_pages, i * 64, xa_value(7));
	}
	assert_int_equal(vm->nodes[0].stat.workingset_nodes, 600);
	shrink_slab(t, GFP_KERNEL, &vm->nodes[0], 12);
	return vm->nodes[0].stat.workingset_nodes;
}

/* Half of those above the limit, in batches of 128. */
static void by_pages_on_lists(struct task *t, void *arg)
{
	(void)arg;
	assert_int_equal(shadows_left(t, 640),
			 600 - 2 * 128); /* 520 are above one for eight pages */
	shrink_slab(t, GFP_KERNEL, &task_vm(t)->nodes[0], 12);
	assert_int_equal(task_vm(t)->nodes[0].stat.workingset_nodes, 600 - 3 * 128);
}

static void by_all_pages(struct task *t, void *arg)
{
	(void)arg;
	assert_int_equal(shadows_left(t, 640), 600);
}

static void leaves_of_shadows_are_limited_by_pages_on_lists(void **state)
{
	(void)state;
	run(MACHINE, by_pages_on_lists);
	run("linux: { cgroup_disable: memory }\n" MACHINE, by_all_pages);
}

/* So many slabs, all of their objects in use; at most 32. */
static void fill_slabs(struct task *t, enum slab_cache_id id, unsigned objects, unsigned nr,
		       uint32_t *slab)
{
	for (unsigned i = 0; i < nr * objects; i++) {
		uint32_t pfn;

		assert_int_equal(slab_reserve(t, id, 1, GFP_KERNEL), 0);
		pfn = slab_take(task_vm(t), id);
		assert_true(pfn && (i % objects == 0 || pfn == slab[i / objects]));
		slab[i / objects] = pfn;
	}
}

static void empty_slabs(struct task *t, unsigned objects, unsigned nr, const uint32_t *slab)
{
	for (unsigned i = 0; i < nr * objects; i++)
		slab_free(task_vm(t), t->cpu, slab[i / objects]);
}

/*
 * 21 names to a page: a CPU keeps 12 slabs (240 / 21), and with one more they go to the node, where
 * five empty ones stay.
 */
static void a_cpu_keeps_what_it_freed(struct task *t, void *arg)
{
	struct linux_vm *vm = task_vm(t);
	uint32_t slab[32];

	(void)arg;
	fill_slabs(t, SLAB_DENTRY, 21, 20, slab);
	assert_int_equal(slab_pages(t), 20);
	empty_slabs(t, 21, 12, slab);
	assert_int_equal(slab_pages(t), 20);
	slab_free(vm, t->cpu, slab[12]);
	assert_int_equal(slab_pages(t), 20 - 7);
	for (int i = 0; i < 20; i++)
		slab_free(vm, t->cpu, slab[12]);
	empty_slabs(t, 21, 7, slab + 13);
	/* 7 of the list, the active one, and 5 of the node */
	assert_int_equal(slab_pages(t), 7 + 1 + 5);
	/* they are used before there are new ones */
	fill_slabs(t, SLAB_DENTRY, 21, 13, slab);
	assert_int_equal(slab_pages(t), 13);
	/* a slab of the node goes with its last object; a CPU that is gone has none */
	slab_cpu_dead(vm, 0);
	empty_slabs(t, 21, 12, slab);
	slab_cpu_dead(vm, 0);
	assert_int_equal(slab_pages(t), 5 + 1);
	empty_slabs(t, 21, 1, slab + 12);
	slab_cpu_dead(vm, 0);
	assert_int_equal(slab_pages(t), 5);
}

/* Four to a slab of 8 pages: a CPU keeps 3 slabs, and the node six. */
static void large_objects_leave_more_empty_slabs(struct task *t, void *arg)
{
	uint32_t slab[32];

	(void)arg;
	fill_slabs(t, SLAB_KMALLOC_8k, 4, 20, slab);
	empty_slabs(t, 4, 20, slab);
	assert_int_equal(task_vm(t)->nodes[0].stat.nr_slab_unreclaimable, (1 + 1 + 6) * 8);
}

/* Pages that a task gives back count as reclaimed if it reclaims, and those of others do not. */
static void only_who_reclaims_has_reclaimed(struct task *t, void *arg)
{
	struct task_struct *ts = task_struct(t);
	uint32_t slab[32];

	(void)arg;
	fill_slabs(t, SLAB_DENTRY, 21, 31, slab);
	empty_slabs(t, 21, 13, slab);
	assert_int_equal(slab_pages(t), 31 - 7);
	assert_int_equal(ts->reclaimed_slab, 0);
	ts->flags |= PF_MEMALLOC;
	empty_slabs(t, 21, 12, slab + 13);
	assert_int_equal(slab_pages(t), 31 - 7 - 12);
	assert_int_equal(ts->reclaimed_slab, 12);
	ts->flags &= ~(unsigned)PF_MEMALLOC;
}

static void slabs_stay_with_the_cpu_that_frees_their_objects(void **state)
{
	(void)state;
	run(MACHINE, a_cpu_keeps_what_it_freed);
	run(MACHINE, large_objects_leave_more_empty_slabs);
	run(MACHINE, only_who_reclaims_has_reclaimed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_many_index_nodes_a_page_needs_is_known_before),
		cmocka_unit_test(the_index_costs_what_it_costs),
		cmocka_unit_test(index_nodes_go_after_a_grace_period),
		cmocka_unit_test(without_slab_nothing_costs_anything),
		cmocka_unit_test(unused_files_are_given_up),
		cmocka_unit_test(leaves_of_shadows_are_limited_by_pages_on_lists),
		cmocka_unit_test(slabs_stay_with_the_cpu_that_frees_their_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
