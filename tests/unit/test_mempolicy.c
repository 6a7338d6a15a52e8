/*
 * test_mempolicy.c - memory policies of tasks, and blocks that are freed while they are held
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"
#include "models/linux/task.h"
#include "tests/unit/fixture.h"

#define THREE_NODES                                                                                \
	"machine: { nodes: [{ cpus: 1, memory: 256 MiB }, { cpus: 1, memory: 256 MiB }, "          \
	"{ cpus: 1, memory: 256 MiB }] }\n"
#define TALL  "machine: { nodes: [{ cpus: 1, memory: 5 GiB }, { cpus: 1, memory: 1 GiB }] }\n"
#define SMALL "machine: { nodes: [{ cpus: 1, memory: 256 MiB }] }\n"

static void run(const char *machine, task_fn *body)
{
	struct fixture f;

	fixture_boot(&f, machine);
	fixture_task(&f, body, &f);
	fixture_check(&f);
	fixture_end(&f);
}

static int node_of(struct fixture *f, const struct page *page)
{
	assert_non_null(page);
	return page_zone(f->vm, page)->node->node_id;
}

static void check_nodes(struct fixture *f, struct page *const *pages, const int *nodes, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(node_of(f, pages[i]), nodes[i]);
}

static int64_t interleaved(struct fixture *f, int nid)
{
	int64_t n = 0;

	for (int i = 0; i < MAX_NR_ZONES; i++)
		n += f->vm->nodes[nid].zones[i].stat.numa_interleave;
	return n;
}

/* ---- interleave ---- */

static void turns_body(struct task *t, void *arg)
{
	static const int first[] = { 0, 1, 2, 0, 1 }, second[] = { 0, 2, 0 };
	struct fixture *f = arg;
	struct page *pages[5];

	assert_int_equal(set_mempolicy(t, MPOL_INTERLEAVE, 0x7), 0);
	for (int i = 0; i < 5; i++)
		pages[i] = alloc_pages(t, GFP_KERNEL, 0);
	check_nodes(f, pages, first, 5);
	assert_int_equal(interleaved(f, 0), 2);
	assert_int_equal(interleaved(f, 2), 1);
	assert_int_equal(set_mempolicy(t, MPOL_INTERLEAVE, 0x5), 0);
	for (int i = 0; i < 3; i++)
		pages[i] = alloc_pages(t, GFP_KERNEL, 3);
	check_nodes(f, pages, second, 3);
	/* statistics that are off do not count, and the turns go on */
	f->vm->sysctl.numa_stat = 0;
	assert_int_equal(node_of(f, alloc_pages(t, GFP_KERNEL, 0)), 2);
	assert_int_equal(interleaved(f, 2), 2);
}

static void interleaved_requests_take_turns_from_the_lowest_node_on(void **state)
{
	(void)state;
	run(THREE_NODES, turns_body);
}

static struct page *mapped(struct task *t, uint64_t addr)
{
	struct pte pte = pte_get(pte_table(task_mm(t), addr), pte_index(addr));

	assert_true(pte.bits & PTE_PRESENT);
	return pfn_to_page(task_vm(t), pte.pfn);
}

/* Takes a page that was written to swap out of memory. */
static void forget(struct task *t, swp_entry_t e)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = swap_cache_get_folio(vm, e, NULL, 0);

	assert_non_null(page);
	lock_page(t, page);
	__delete_from_swap_cache(vm, page, e, 0);
	put_swap_folio(vm, t->cpu, page, e);
	page->refcount--;
	unlock_page(vm, page);
	put_page(vm, t->cpu, page);
}

/* By the place in the mapping, in whatever order pages are touched, and when they come back. */
static void memory_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	uint64_t addr = 0;

	assert_int_equal(do_mmap(t, NULL, 9ULL << 30, 6 * PAGE_SIZE, VM_READ | VM_WRITE, 0, &addr),
			 0);
	assert_int_equal(set_mempolicy(t, MPOL_INTERLEAVE, 7), 0);
	for (uint64_t i = 6; i-- > 0;) {
		assert_int_equal(user_access(t, task_mm(t), addr + i * PAGE_SIZE, true), 0);
		assert_int_equal(node_of(f, mapped(t, addr + i * PAGE_SIZE)),
				 ((addr >> PAGE_SHIFT) + i) % 3);
	}
	lru_add_drain_all(f->vm);
	assert_int_equal(do_madvise(t, task_mm(t), addr, 6 * PAGE_SIZE, MADV_PAGEOUT), 0);
	task_sleep(t, NS_PER_SEC);
	for (uint64_t i = 0; i < 6; i += 2) {
		uint64_t at = addr + (4 - i) * PAGE_SIZE;
		swp_entry_t e = { pte_get(pte_table(task_mm(t), at), pte_index(at)).pfn };

		forget(t, e);
		assert_int_equal(user_access(t, task_mm(t), at, false), 0);
		assert_int_equal(node_of(f, mapped(t, at)), (at >> PAGE_SHIFT) % 3);
	}
}

static void memory_is_interleaved_by_its_place(void **state)
{
	(void)state;
	run("machine: { nodes: [{ cpus: 1, memory: 256 MiB }, { cpus: 1, memory: 256 MiB }, "
	    "{ cpus: 1, memory: 256 MiB }], disks: [{ name: sda, preset: ssd }] }\n"
	    "linux: { swap: [{ disk: sda, size: 64 MiB }] }\nsysctl: { vm.page-cluster: 0 }\n",
	    memory_body);
}

static void shared_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	uint64_t addr;

	assert_int_equal(set_mempolicy(t, MPOL_INTERLEAVE, 0x7), 0);
	assert_int_equal(
	    do_mmap(t, NULL, 0, 6 * PAGE_SIZE, VM_READ | VM_WRITE | VM_SHARED, 0, &addr), 0);
	for (uint64_t i = 6; i-- > 0;) {
		assert_int_equal(user_access(t, task_mm(t), addr + i * PAGE_SIZE, true), 0);
		assert_int_equal(node_of(f, mapped(t, addr + i * PAGE_SIZE)), i % 3);
		alloc_pages(t, GFP_KERNEL, 0); /* whose turn it is does not matter */
	}
}

static void shared_memory_is_interleaved_by_its_place_from_the_first_page_on(void **state)
{
	(void)state;
	run(THREE_NODES, shared_body);
}

static void failing_body(struct task *t, void *arg)
{
	struct fixture *f = arg;

	assert_int_equal(set_mempolicy(t, MPOL_INTERLEAVE, 0x7), 0);
	assert_null(alloc_pages(t, GFP_KERNEL, MAX_ORDER));
	assert_int_equal(node_of(f, alloc_pages(t, GFP_KERNEL, 0)), 1);
	/* not a turn: the node of the CPU was asked for */
	assert_int_equal(node_of(f, alloc_pages(t, GFP_KERNEL | __GFP_THISNODE, 0)), 0);
	assert_int_equal(node_of(f, alloc_pages(t, GFP_KERNEL, 0)), 2);
}

static void a_turn_is_over_though_the_request_fails(void **state)
{
	(void)state;
	run(THREE_NODES, failing_body);
}

static void bulk_body(struct task *t, void *arg)
{
	static const int first[] = { 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2 };
	static const int second[] = { 1, 1, 2 };
	struct fixture *f = arg;
	struct page *pages[11];

	assert_int_equal(set_mempolicy(t, MPOL_INTERLEAVE, 0x7), 0);
	assert_int_equal(alloc_pages_bulk_array_mempolicy(t, GFP_KERNEL, 11, pages), 11);
	check_nodes(f, pages, first, 11);
	assert_int_equal(set_mempolicy(t, MPOL_INTERLEAVE, 0x6), 0);
	assert_int_equal(alloc_pages_bulk_array_mempolicy(t, GFP_KERNEL, 3, pages), 3);
	check_nodes(f, pages, second, 3);
	assert_int_equal(interleaved(f, 0), 0); /* counted for single requests only */
}

static void a_bulk_request_gives_each_node_its_share_the_first_ones_one_more(void **state)
{
	(void)state;
	run(THREE_NODES, bulk_body);
}

/* ---- bind and preferred ---- */

static void bulk_bound_body(struct task *t, void *arg)
{
	static const int nodes[] = { 2, 2, 2, 2 };
	struct fixture *f = arg;
	struct page *pages[4];

	assert_int_equal(set_mempolicy(t, MPOL_BIND, 0x4), 0);
	assert_int_equal(alloc_pages_bulk_array_mempolicy(t, GFP_KERNEL, 4, pages), 4);
	check_nodes(f, pages, nodes, 4);
	assert_int_equal(node_of(f, alloc_pages_exact(t, 5 * PAGE_SIZE, GFP_KERNEL)), 2);
	assert_int_equal(set_mempolicy(t, MPOL_PREFERRED, 0x6), 0);
	assert_int_equal(node_of(f, alloc_pages(t, GFP_KERNEL, 0)), 1);
	assert_int_equal(alloc_pages_bulk_array_mempolicy(t, GFP_KERNEL, 4, pages), 4);
	assert_int_equal(node_of(f, pages[3]), 1);
}

static void all_requests_of_a_task_follow_its_policy(void **state)
{
	(void)state;
	run(THREE_NODES, bulk_bound_body);
}

static void low_body(struct task *t, void *arg)
{
	struct fixture *f = arg;

	assert_int_equal(f->vm->policy_zone, ZONE_NORMAL);
	assert_int_equal(set_mempolicy(t, MPOL_BIND, 0x2), 0);
	assert_int_equal(node_of(f, alloc_pages(t, GFP_KERNEL, 0)), 1);
	assert_int_equal(node_of(f, alloc_pages(t, GFP_HIGHUSER_MOVABLE, 0)), 1);
	/* node 1 has no such zone: bound, this would have to fail */
	assert_int_equal(node_of(f, alloc_pages(t, GFP_KERNEL | GFP_DMA32, 0)), 0);
}

static void requests_below_the_policy_zone_are_not_bound(void **state)
{
	(void)state;
	run(TALL, low_body);
}

static void refused_body(struct task *t, void *arg)
{
	const struct mempolicy *policy = &task_struct(t)->mempolicy;

	(void)arg;
	assert_int_equal(set_mempolicy(t, MPOL_BIND, 0x2), 0);
	assert_int_equal(set_mempolicy(t, MPOL_BIND, 0), -EINVAL);
	assert_int_equal(set_mempolicy(t, MPOL_INTERLEAVE, 0), -EINVAL);
	assert_int_equal(set_mempolicy(t, MPOL_DEFAULT, 0x1), -EINVAL);
	assert_int_equal(set_mempolicy(t, MPOL_LOCAL, 0x1), -EINVAL);
	assert_int_equal(set_mempolicy(t, MPOL_PREFERRED, 1ULL << 63), -EINVAL);
	assert_int_equal(policy->mode, MPOL_BIND);
	assert_int_equal(policy->nodes, 0x2);
	assert_int_equal(set_mempolicy(t, MPOL_INTERLEAVE, 1ULL << 63 | 0x5), 0);
	assert_int_equal(policy->nodes, 0x5);
	assert_int_equal(set_mempolicy(t, MPOL_PREFERRED, 0), 0);
	assert_int_equal(policy->mode, MPOL_LOCAL);
}

static void what_is_refused_leaves_the_policy_as_it_was(void **state)
{
	(void)state;
	run(THREE_NODES, refused_body);
}

/* ---- blocks that are held ---- */

static void held_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	struct page *page = __alloc_pages(t, GFP_KERNEL, 5, 0, 0);
	uint32_t pfn = page_to_pfn(f->vm, page);
	int64_t freed = f->vm->stat.pgfree;

	get_page(page);
	free_pages(f->vm, t->cpu, page, 5);
	/* 16 pages to the buddy lists, 8, 4, 2 and 1 to the lists of the CPU */
	assert_int_equal(page->refcount, 1);
	assert_int_equal(free_block_order(f->vm, pfn + 16), 4);
	for (int order = 0; order < 4; order++) {
		assert_true(page[1 << order].flags & PG_pcp);
		assert_int_equal(page[1 << order].order, order);
	}
	assert_int_equal(f->vm->stat.pgfree - freed, 31);
	put_page(f->vm, t->cpu, page);
	assert_true(page->flags & PG_pcp);
	assert_int_equal(page->order, 0);
	assert_int_equal(f->vm->stat.pgfree - freed, 32);
}

static void freeing_a_held_block_leaves_its_first_page(void **state)
{
	(void)state;
	run(SMALL, held_body);
}

static void compound_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	struct page *page = __alloc_pages(t, GFP_KERNEL | __GFP_COMP, 5, 0, 0);
	int64_t freed = f->vm->stat.pgfree;

	get_page(page);
	free_pages(f->vm, t->cpu, page, 5);
	assert_int_equal(f->vm->stat.pgfree - freed, 0);
	assert_true(page->flags & PG_head);
	put_page(f->vm, t->cpu, page);
	assert_int_equal(f->vm->stat.pgfree - freed, 32);
}

static void a_held_compound_page_stays_whole(void **state)
{
	(void)state;
	run(SMALL, compound_body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_interleaved_by_its_place),
		cmocka_unit_test(shared_memory_is_interleaved_by_its_place_from_the_first_page_on),
		cmocka_unit_test(interleaved_requests_take_turns_from_the_lowest_node_on),
		cmocka_unit_test(a_turn_is_over_though_the_request_fails),
		cmocka_unit_test(a_bulk_request_gives_each_node_its_share_the_first_ones_one_more),
		cmocka_unit_test(all_requests_of_a_task_follow_its_policy),
		cmocka_unit_test(requests_below_the_policy_zone_are_not_bound),
		cmocka_unit_test(what_is_refused_leaves_the_policy_as_it_was),
		cmocka_unit_test(freeing_a_held_block_leaves_its_first_page),
		cmocka_unit_test(a_held_compound_page_stays_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
