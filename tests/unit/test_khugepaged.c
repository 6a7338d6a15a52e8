/*
 * test_khugepaged.c - 2 MiB of pages, holes and places in swap in random order become one huge
 * page, or stay
 *
 * Each round has other entries, and limits that they just meet or just miss.  What has to come of
 * it is counted from the entries beforehand, by the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/vma.h"
#include "models/linux/pagecache/filemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/task.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 2, memory: 768 MiB }], disks: [{ name: sda, preset: ssd }] "   \
	"}\n"                                                                                      \
	"linux: { transparent_hugepage: madvise, swap: [{ disk: sda, size: 64 MiB }] }\n"

#define BLOCK  0x40000000ULL
#define ROUNDS 48
#define AT(i)  (BLOCK + ((uint64_t)(i) << PAGE_SHIFT))

enum missed { NOTHING, NONE, SWAP, SHARED, NR_MISSED };

struct counts {
	int none, swapped, shared;
};

static struct fixture f;
static uint64_t seed;
static bool child_may_end;

static int below(int n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (int)((seed >> 33) % (uint64_t)n);
}

/* --- the entries --- */

static struct pte entry(struct task *t, int i)
{
	return pte_shown(pte_table(task_mm(t), AT(i)), pte_index(AT(i)));
}

static void store(struct task *t, int i)
{
	assert_int_equal(user_access(t, task_mm(t), AT(i), true), 0);
}

static void child(struct task *t, void *arg)
{
	(void)arg;
	while (!child_may_end)
		task_sleep(t, NS_PER_MS);
	f.sc->personality->task_exit(t);
}

static void fork_child(struct task *t)
{
	int error = 0;
	void *kernel = f.sc->personality->task_fork(t, "child", &error);
	struct task *new;

	assert_non_null(kernel);
	new = task_spawn(f.s, &f.s->cpus[1], "child", 0, child, NULL);
	new->kernel = kernel;
	f.sc->personality->task_start(new);
}

/* Three of four pages are there, or one more or less; holes at their places stay holes. */
static void make_entries(struct task *t)
{
	int holes = below(100), swaps = below(60), own = below(100);
	uint8_t kind[HPAGE_PMD_NR];

	for (int i = 0; i < (int)HPAGE_PMD_NR; i++) {
		int n = below(400);

		kind[i] = n < holes ? NONE : n < holes + swaps ? SWAP : SHARED;
	}
	kind[below(HPAGE_PMD_NR)] = SHARED;
	for (int i = 0; i < (int)HPAGE_PMD_NR; i++)
		if (kind[i] != NONE)
			store(t, i);
	lru_add_drain_all(f.vm);
	for (int i = 0; i < (int)HPAGE_PMD_NR; i++)
		if (kind[i] == SWAP)
			assert_int_equal(do_madvise(t, task_mm(t), AT(i), PAGE_SIZE, MADV_PAGEOUT),
					 0);
	task_sleep(t, 100 * NS_PER_MS);
	child_may_end = false;
	fork_child(t);
	for (int i = 0; i < (int)HPAGE_PMD_NR; i++)
		if (kind[i] == SHARED && below(100) < 20 + own * 4 / 5)
			store(t, i); /* a copy of its own */
	for (int i = 0; i < (int)HPAGE_PMD_NR; i++)
		if (kind[i] == SHARED) {
			store(t, i);
			break; /* one that may be stored to */
		}
	lru_add_drain_all(f.vm);
}

static struct counts count_entries(struct task *t)
{
	struct counts c = { 0 };

	for (int i = 0; i < (int)HPAGE_PMD_NR; i++) {
		struct pte pte = entry(t, i);

		if (!pte.bits)
			c.none++;
		else if (pte.bits & PTE_SWAP)
			c.swapped++;
		else if (page_mapcount(pfn_to_page(f.vm, pte.pfn)) > 1)
			c.shared++;
	}
	return c;
}

static void set_limits(const struct counts *c, enum missed missed)
{
	struct sysfs_khugepaged *k = &f.vm->thp->khugepaged.sysfs;

	k->max_ptes_none = c->none - (missed == NONE);
	k->max_ptes_swap = c->swapped - (missed == SWAP);
	k->max_ptes_shared = c->shared - (missed == SHARED);
	k->scan_sleep_millisecs = 10;
}

/* --- what comes of it --- */

static void is_one_huge_page(struct task *t)
{
	struct page_table *table = pte_table(task_mm(t), BLOCK);
	const struct vm_area_struct *vma = vma_lookup(task_mm(t), BLOCK);
	struct page *head;

	assert_true(table->pmd.bits & PTE_PRESENT);
	assert_true(table->pmd.bits & PTE_WRITE);
	head = pfn_to_page(f.vm, table->pmd.pfn);
	assert_true(head->flags & PG_head && head->flags & PG_anon);
	assert_int_equal(head->order, HPAGE_PMD_ORDER);
	assert_int_equal(head->mapping, vma->anon_vma->id);
	assert_int_equal(head->refcount, 1);
	assert_int_equal(folio_mapcount(head), 1);
	assert_int_equal(compound_mapcount(head), 1);
	assert_int_equal(page_to_pfn(f.vm, head) % HPAGE_PMD_NR, 0);
	for (int i = 0; i < (int)HPAGE_PMD_NR; i++) {
		assert_int_equal(entry(t, i).pfn, table->pmd.pfn + (pfn_t)i);
		assert_ptr_equal(page_folio(head + i), head);
		assert_int_equal(page_anon_index(head + i), vma->vm_pgoff + (uint64_t)i);
		assert_int_equal(page_mapcount(head + i), 1);
	}
	assert_int_equal(task_mm(t)->stat.rss_anon, HPAGE_PMD_NR);
	assert_int_equal(task_mm(t)->stat.swapents, 0);
}

static void is_as_it_was(struct task *t, const struct counts *before)
{
	struct counts now = count_entries(t);

	assert_int_equal(pte_table(task_mm(t), BLOCK)->pmd.bits, 0);
	assert_int_equal(now.none, before->none);
	assert_int_equal(now.swapped, before->swapped);
	assert_int_equal(now.shared, before->shared);
}

static int64_t missed_so_far(enum missed missed)
{
	const struct vm_stat *stat = &f.vm->stat;

	return missed == NONE     ? stat->thp_scan_exceed_none_pte
	       : missed == SWAP   ? stat->thp_scan_exceed_swap_pte
	       : missed == SHARED ? stat->thp_scan_exceed_share_pte
				  : stat->thp_collapse_alloc;
}

static void round_of(struct task *t, enum missed missed)
{
	uint64_t addr = 0;
	struct counts before;
	int64_t so_far;

	assert_int_equal(
	    do_mmap(t, NULL, BLOCK, (uint64_t)HPAGE_PMD_NR << PAGE_SHIFT, VM_WRITE, 0, &addr), 0);
	make_entries(t);
	before = count_entries(t);
	if ((missed == NONE && !before.none) || (missed == SWAP && !before.swapped) ||
	    (missed == SHARED && !before.shared))
		missed = NOTHING;
	set_limits(&before, missed);
	so_far = missed_so_far(missed);
	assert_int_equal(
	    do_madvise(t, task_mm(t), BLOCK, (uint64_t)HPAGE_PMD_NR << PAGE_SHIFT, MADV_HUGEPAGE),
	    0);
	task_sleep(t, 300 * NS_PER_MS);
	fixture_check(&f);
	assert_true(missed_so_far(missed) > so_far);
	if (missed == NOTHING)
		is_one_huge_page(t);
	else
		is_as_it_was(t, &before);
	child_may_end = true;
	task_sleep(t, 10 * NS_PER_MS);
	assert_int_equal(do_munmap(t, task_mm(t), BLOCK, (uint64_t)HPAGE_PMD_NR << PAGE_SHIFT), 0);
	task_sleep(t, 10 * NS_PER_MS);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_pages, 0);
}

static void body(struct task *t, void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		seed = (uint64_t)i;
		round_of(t, i % NR_MISSED);
	}
}

static void entries_in_any_order_become_one_page_if_the_limits_allow_it(void **state)
{
	(void)state;
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	assert_true(f.vm->stat.thp_collapse_alloc >= ROUNDS / NR_MISSED);
	assert_int_equal(f.vm->stat.thp_fault_alloc, 0);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_in_any_order_become_one_page_if_the_limits_allow_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
