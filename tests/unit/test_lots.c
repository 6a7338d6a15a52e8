/*
 * test_lots.c - work that comes in lots: when it is paid, and by whom
 *
 *	page  1 2 3 ... 15          a batch for the lists of reclaim
 *	paid            15 * lru_add
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"
#include "sim/base/mem.h"
#include "sim/engine/rng.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 2, memory: 64 MiB }], disks: [{ name: sda, preset: ssd }] }\n" \
	"files: [{ name: raw, disk: sda, raw: true }]\n"

/* Nothing costs anything but what the test is about. */
static struct cost_table *no_costs(struct task *t)
{
	struct cost_table *cost = &task_vm(t)->machine->cost;

	*cost = (struct cost_table){ 0 };
	return cost;
}

static struct address_space *raw(struct task *t)
{
	return &file_by_name(task_vm(t), "raw")->mapping;
}

/* Puts a new page into the cache; how long that took the task. */
static sim_time add_page(struct task *t, uint64_t index)
{
	sim_time from = task_now(t), used = t->cpu_ns;
	struct page *page = alloc_pages(t, GFP_KERNEL, 0);

	assert_int_equal(add_to_page_cache_lru(t, page, raw(t), index, GFP_KERNEL), 0);
	from = task_now(t) - from;
	assert_int_equal(t->cpu_ns - used, from);
	page->flags |= PG_uptodate;
	unlock_page(task_vm(t), page);
	put_page(task_vm(t), t->cpu, page);
	return from;
}

static sim_time time_to_drain(struct task *t, const struct cpu *cpu)
{
	sim_time from = task_now(t);

	lru_add_drain(task_vm(t), cpu);
	return task_now(t) - from;
}

/* ---- lru_add ---- */

static void pays_for_batches(struct task *t, void *arg)
{
	(void)arg;
	no_costs(t)->lru_add = 100;
	assert_int_equal(time_to_drain(t, t->cpu), 0);
	for (uint64_t i = 1; i <= 45; i++)
		assert_int_equal(add_page(t, i), i % 15 ? 0 : 15 * 100);
	/* who wants the lists to be complete pays for what has come so far */
	for (uint64_t i = 46; i <= 48; i++)
		assert_int_equal(add_page(t, i), 0);
	assert_int_equal(time_to_drain(t, t->cpu), 3 * 100);
	assert_int_equal(time_to_drain(t, t->cpu), 0);
}

/* Pages that wait for the active list are none that are new. */
static void pays_for_new_pages_only(struct task *t, void *arg)
{
	struct linux_vm *vm = task_vm(t);

	(void)arg;
	no_costs(t)->lru_add = 100;
	add_page(t, 1);
	assert_int_equal(time_to_drain(t, t->cpu), 100);
	for (int i = 0; i < 2; i++)
		mark_page_accessed(vm, t->cpu,
				   pfn_to_page(vm, xa_to_object(xa_load(&raw(t)->i_pages, 1))));
	assert_int_equal(time_to_drain(t, t->cpu), 0);
	assert_int_equal(vm->nodes[0].stat.nr_active_file, 1);
}

/* What another CPU has gathered, the one who asks for it pays: that CPU's worker is not simulated.
 */
static void pays_for_another_cpu(struct task *t, void *arg)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = alloc_pages(t, GFP_KERNEL, 0);
	const struct cpu *other = &vm->sim->cpus[1];
	sim_time busy = other->busy_ns;

	(void)arg;
	no_costs(t)->lru_add = 100;
	add_page(t, 1);
	lru_cache_add(vm, other, page);
	put_page(vm, t->cpu, page);
	assert_int_equal(time_to_drain(t, other), 100); /* and the page is free with it */
	assert_int_equal(other->busy_ns, busy);
	assert_int_equal(time_to_drain(t, t->cpu), 100);
}

static void pages_are_paid_when_their_batch_goes_to_the_lists(void **state)
{
	(void)state;
	fixture_run(MACHINE, pays_for_batches);
	fixture_run(MACHINE, pays_for_new_pages_only);
	fixture_run(MACHINE, pays_for_another_cpu);
}

/* ---- slab_object ---- */

static sim_time time_to_reserve(struct task *t, enum slab_cache_id id)
{
	sim_time from = task_now(t);

	assert_int_equal(slab_reserve(t, id, 1, GFP_KERNEL), 0);
	assert_int_not_equal(slab_take(task_vm(t), id), 0);
	return task_now(t) - from;
}

/* 14 nodes lie in two pages, 21 names in one: the first of each slab is paid for all. */
static void pays_for_slabs(struct task *t, void *arg)
{
	struct cost_table *cost = no_costs(t);

	(void)arg;
	cost->slab_object = 100;
	cost->slab_ctor = 10; /* of nodes; names have no constructor */
	for (int i = 0; i < 42; i++)
		assert_int_equal(time_to_reserve(t, SLAB_RADIX_TREE_NODE), i % 14 ? 0 : 14 * 110);
	for (int i = 0; i < 63; i++)
		assert_int_equal(time_to_reserve(t, SLAB_DENTRY), i % 21 ? 0 : 21 * 100);
}

/* Leaves single free pages only: all are taken, and the odd ones given back. */
static void leave_single_pages(struct task *t)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page;
	uint32_t odd = 0; /* linked by next, as nobody else does with pages of one's own */

	while ((page = alloc_pages(t, __GFP_MEMALLOC | __GFP_NOWARN, 0))) {
		if (page_to_pfn(vm, page) % 2 == 0)
			continue;
		page->next = odd;
		odd = page_to_pfn(vm, page);
	}
	while (odd) {
		page = pfn_to_page(vm, odd);
		odd = page->next;
		page->next = 0;
		put_page(vm, t->cpu, page);
	}
}

/* Of 8 KiB there are none left: a slab of one page has 7 nodes. */
static void pays_for_smaller_slabs(struct task *t, void *arg)
{
	(void)arg;
	no_costs(t)->slab_object = 100;
	leave_single_pages(t);
	for (int i = 0; i < 28; i++)
		assert_int_equal(time_to_reserve(t, SLAB_RADIX_TREE_NODE), i % 7 ? 0 : 7 * 100);
}

static void a_slab_is_paid_when_it_is_made(void **state)
{
	struct fixture f;

	(void)state;
	fixture_run(MACHINE, pays_for_slabs);
	fixture_boot(&f, MACHINE);
	fixture_task(&f, pays_for_smaller_slabs, NULL);
	fixture_end(&f);
}

/* ---- xa_level ---- */

/* How many nodes lie one above the other over a page that is there: counted on the way down. */
static int naive_levels(const struct xarray *xa, uint64_t index)
{
	const struct xa_node *node = xa->root;
	int levels = 0;

	for (; node; levels++)
		node = node->shift ? node->child[index >> node->shift & (XA_CHUNK_SIZE - 1)] : NULL;
	return levels;
}

static sim_time naive_cost(struct task *t, uint64_t index)
{
	int levels = naive_levels(&raw(t)->i_pages, index);

	return levels > 2 ? (sim_time)(levels - 2) * 72 : 0;
}

static void add_at(struct task *t, uint64_t index, sim_time expected)
{
	assert_int_equal(add_page(t, index), expected);
	assert_int_equal(naive_cost(t, index), expected);
}

static void empty(struct task *t)
{
	lru_add_drain_all(task_vm(t));
	truncate_inode_pages(t, raw(t), 0);
}

static void pays_for_levels(struct task *t, void *arg)
{
	struct rng r;

	(void)arg;
	no_costs(t)->xa_level = 72;
	add_at(t, 0, 0); /* no node at all */
	add_at(t, 64, 0);
	add_at(t, 4095, 0);
	add_at(t, 4096, 72);
	add_at(t, 1, 72); /* the tree is as high for all */
	add_at(t, 262143, 72);
	add_at(t, 262144, 144);
	add_at(t, 2, 144);
	empty(t);
	add_at(t, 3, 0); /* and not higher than its pages need */
	empty(t);
	add_at(t, (1ULL << 51) - 1, 7 * 72); /* the last one of 2^63 bytes */
	rng_init(&r, 1, "levels");
	for (int file = 0; file < 50; file++) {
		empty(t);
		for (int i = 0; i < 20; i++) {
			uint64_t index = rng_below(&r, 1ULL << (1 + rng_below(&r, 40)));
			sim_time took;

			if (xa_load(&raw(t)->i_pages, index))
				continue;
			took = add_page(t, index);
			assert_int_equal(took, naive_cost(t, index));
		}
	}
	empty(t);
}

static void a_page_pays_for_the_levels_above_it(void **state)
{
	(void)state;
	fixture_run(MACHINE, pays_for_levels);
}

/* ---- readahead_look ---- */

/* Each page of a window is looked for, also what is there; nobody else pays for his look so. */
static void looks_for_pages(struct task *t, void *arg)
{
	struct file_ra_state ra = { 0 };
	sim_time from;

	(void)arg;
	file_ra_state_init(&ra, raw(t)->host);
	no_costs(t)->readahead_look = 100;
	assert_int_equal(add_page(t, 2), 0);
	assert_int_equal(add_page(t, 5), 0);
	from = task_now(t);
	force_page_cache_readahead(t, raw(t), &ra, 0, 8);
	assert_int_equal(task_now(t) - from, 8 * 100);
}

static void readahead_pays_for_each_look(void **state)
{
	(void)state;
	fixture_run(MACHINE, looks_for_pages);
}

/* ---- kswapd_wakeup, kswapd_spared, pgdat_balanced ---- */

#define AHEAD (100 * NS_PER_MS)
#define LOOK  3000
#define SPARE 200
#define WAKE  6000
#define WOKEN 2000

/* What a wake takes: time of its own, that of the one who is woken begins where it is awake. */
static void wakes_kswapd(struct task *t, void *arg)
{
	struct linux_vm *vm = task_vm(t);
	struct pglist_data *node = &vm->nodes[0];
	struct zone *zone = &node->zones[ZONE_DMA32];
	struct cost_table *cost = no_costs(t);
	sim_time from;

	(void)arg;
	task_sleep(t, NS_PER_MS); /* kswapd has gone to sleep by then */
	t->vruntime += AHEAD;
	cost->pgdat_balanced = LOOK;
	cost->kswapd_spared = SPARE;
	cost->kswapd_wakeup = WAKE;
	cost->kswapd_woken = WOKEN;

	/* enough free pages: a look */
	from = task_now(t);
	wakeup_kswapd(t, zone, GFP_KERNEL, 0, ZONE_DMA32);
	assert_int_equal(task_now(t) - from, LOOK + SPARE);
	assert_int_equal(t->cpu->nr_queued, 0);

	/* it has given up: not even that */
	node->kswapd_failures = 16;
	wakeup_kswapd(t, zone, GFP_KERNEL, 0, ZONE_DMA32);
	assert_int_equal(task_now(t) - from, LOOK + SPARE);
	node->kswapd_failures = 0;

	/* it is to come, and does not before what its wake takes has passed, and been used */
	zone->watermark_boost = 1;
	from = task_now(t);
	wakeup_kswapd(t, zone, GFP_KERNEL, 0, ZONE_DMA32);
	assert_int_equal(task_now(t) - from, LOOK + WAKE + WOKEN);
	assert_int_equal(t->cpu->nr_queued, 1);
	assert_int_equal(t->cpu->asked_at, from + LOOK + WAKE);
	assert_int_equal(node->kswapd->vruntime, t->vruntime - WOKEN - 3 * NS_PER_MS);

	/* awake already */
	wakeup_kswapd(t, zone, GFP_KERNEL, 0, ZONE_DMA32);
	assert_int_equal(task_now(t) - from, LOOK + WAKE + WOKEN);

	/* it has used as much as who wakes it, so it has to wait, and takes as long */
	zone->watermark_boost = 0;
	task_sleep(t, NS_PER_SEC);
	t->vruntime = node->kswapd->vruntime = AHEAD;
	t->cpu->min_vruntime = AHEAD;
	zone->watermark_boost = 1;
	from = task_now(t);
	wakeup_kswapd(t, zone, GFP_KERNEL, 0, ZONE_DMA32);
	assert_int_equal(t->cpu->nr_queued, 1);
	assert_int_equal(task_now(t) - from, LOOK + WAKE + WOKEN);
	zone->watermark_boost = 0;
}

static void who_wakes_kswapd_has_paid_before(void **state)
{
	(void)state;
	fixture_run("machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }\n", wakes_kswapd);
}

/* ---- flusher_start, worker_wake ---- */

#define START 500
#define ROUSE 1800

/* A look above freerun asks twice for a flusher that is not at work; only the first has to wake a
 * worker. */
static void starts_the_flusher(struct task *t, void *arg)
{
	struct cost_table *cost = no_costs(t);
	struct bdi_writeback *wb = &raw(t)->host->bdi->wb;
	sim_time from;

	(void)arg;
	task_sleep(t, NS_PER_SEC); /* the workers have nothing to do by then */
	cost->flusher_start = START;
	cost->worker_wake = ROUSE;
	for (int i = 0; i < 2; i++) {
		from = task_now(t);
		wb_start_background_writeback(t, wb);
		assert_int_equal(task_now(t) - from, START + ROUSE);
		wb_start_background_writeback(t, wb);
		assert_int_equal(task_now(t) - from, 2 * START + ROUSE);
		task_sleep(t, NS_PER_SEC); /* it has slept again since */
	}
}

static void who_starts_the_flusher_pays_for_its_wake_once(void **state)
{
	(void)state;
	fixture_run(MACHINE, starts_the_flusher);
}

/* ---- kswapd_nap, kswapd_nap_end ---- */

#define NAP  700
#define RISE 1900

/* Wakes kswapd for next to nothing and lets it run; what it has used until it naps, ns. */
static sim_time kswapd_uses(struct task *t)
{
	struct pglist_data *node = &task_vm(t)->nodes[0];
	struct zone *zone = &node->zones[ZONE_DMA32];
	sim_time before = node->kswapd->cpu_ns;

	zone->watermark_boost = 1;
	wakeup_kswapd(t, zone, GFP_KERNEL, 0, ZONE_DMA32);
	zone->watermark_boost = 0;
	task_sleep(t, NS_PER_MS);
	return node->kswapd->cpu_ns - before;
}

static void naps(struct task *t, void *arg)
{
	const struct pglist_data *node = &task_vm(t)->nodes[0];
	struct cost_table *cost = no_costs(t);

	(void)arg;
	task_sleep(t, NS_PER_SEC); /* its nap is over, and it is asleep */
	cost->kswapd_nap = NAP;
	cost->kswapd_nap_end = RISE;
	assert_int_equal(kswapd_uses(t), NAP);
	assert_int_equal(kswapd_uses(t), RISE + NAP);
	assert_int_equal(kswapd_uses(t), RISE + NAP);
	/* 25 ticks and what is left of one */
	task_sleep(t, 98 * NS_PER_MS);
	assert_false(node->kswapd_sleeping);
	task_sleep(t, 6 * NS_PER_MS);
	assert_true(node->kswapd_sleeping);
	task_sleep(t, NS_PER_SEC);
	assert_int_equal(kswapd_uses(t), NAP);
}

static void a_nap_has_costs_of_its_own(void **state)
{
	(void)state;
	fixture_run("machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }\n", naps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_paid_when_their_batch_goes_to_the_lists),
		cmocka_unit_test(a_slab_is_paid_when_it_is_made),
		cmocka_unit_test(a_page_pays_for_the_levels_above_it),
		cmocka_unit_test(readahead_pays_for_each_look),
		cmocka_unit_test(who_wakes_kswapd_has_paid_before),
		cmocka_unit_test(who_starts_the_flusher_pays_for_its_wake_once),
		cmocka_unit_test(a_nap_has_costs_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
