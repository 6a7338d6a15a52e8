/*
 * test_vmalloc.c - kernel addresses on a machine: limits, interrupts, failures, several CPUs
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/procfs/procfs.h"
#include "models/linux/vmalloc/internal.h"
#include "tests/unit/fixture.h"

#define PAGES(n) ((bytes_t)(n) << PAGE_SHIFT)

static struct fixture f;

static int64_t free_pages_now(void)
{
	int64_t n = 0;

	FOR_EACH_ZONE (f.vm, zone) {
		if (populated_zone(zone))
			n += zone_free_pages_snapshot(f.vm, zone);
		for (int i = 0; populated_zone(zone) && i < f.vm->nr_cpu_ids; i++)
			n += zone->pcp[i].count;
	}
	return n;
}

/* ---- limits ---- */

static void the_limit_of_a_purge_grows_with_the_logarithm_of_cpus(void **state)
{
	static const struct {
		const char *machine;
		pages_t limit;
	} cases[] = {
		{ "machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }\n", 8192 },
		{ "machine: { nodes: [{ cpus: 2, memory: 64 MiB }] }\n", 16384 },
		{ "machine: { nodes: [{ cpus: 3, memory: 64 MiB }] }\n", 16384 },
		{ "machine: { nodes: [{ cpus: 8, memory: 64 MiB }] }\n", 32768 },
		{ "machine: { nodes: [{ cpus: 100, memory: 64 MiB }] }\n", 57344 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fixture_boot(&f, cases[i].machine);
		assert_int_equal(lazy_max_pages(f.vm), cases[i].limit);
		fixture_end(&f);
	}
}

static const char one_cpu[] = "machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }\n";

static void free_areas_of(struct task *t, void *arg)
{
	const pages_t *sizes = arg;

	for (; *sizes; sizes++)
		free_vm_area(t, get_vm_area(t, PAGES(*sizes - 1), VM_MAP));
	vmap_flush_work(t);
}

static void the_work_begins_above_the_limit(void **state)
{
	static pages_t at_limit[] = { 8000, 192, 0 }, one_more[] = { 2, 0 };

	(void)state;
	fixture_boot(&f, one_cpu);
	fixture_task(&f, free_areas_of, at_limit);
	assert_int_equal(f.vm->stat.vmap_lazy_nr, 8192);
	assert_int_equal(f.vm->stat.sim_kernel_tlb_flushes, 0);
	fixture_task(&f, free_areas_of, one_more);
	assert_int_equal(f.vm->stat.vmap_lazy_nr, 0);
	assert_int_equal(f.vm->stat.sim_vmap_purges, 1);
	assert_int_equal(f.vm->stat.sim_kernel_tlb_flushes, 1);
	fixture_check(&f);
	fixture_end(&f);
}

/* ---- interrupts ---- */

static uint64_t freed[4];
static int nr_freed;

static void note_freed(struct sim *s, const struct trace_record *r)
{
	(void)s;
	if (r->id == TP_sim_vmap_free && nr_freed < 4)
		freed[nr_freed++] = VMALLOC_START + (uint64_t)r->v[0];
}

static void free_in_interrupt(struct task *t, void *arg)
{
	uint64_t *addr = arg;

	for (int i = 0; i < 3; i++)
		addr[i] = vmalloc(t, PAGE_SIZE);
	for (int i = 0; i < 3; i++)
		vfree(t->cpu->irq, addr[i]);
	vfree(t->cpu->irq, 0);
	assert_int_equal(f.vm->stat.nr_vmalloc_pages, 3); /* nothing yet */
	assert_int_equal(nr_freed, 0);
	vmap_flush_work(t);
}

static void what_interrupts_free_is_freed_later_the_latest_first(void **state)
{
	uint64_t addr[3];

	(void)state;
	nr_freed = 0;
	fixture_boot(&f, one_cpu);
	f.tables.trace.sink = note_freed;
	trace_enable(&f.tables.trace, "sim_vmap_free", TRACE_RECORD);
	fixture_task(&f, free_in_interrupt, addr);
	assert_int_equal(f.vm->stat.nr_vmalloc_pages, 0);
	assert_int_equal(nr_freed, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(freed[i], addr[2 - i]);
	fixture_check(&f);
	fixture_end(&f);
}

/* ---- failures ---- */

static void ask_for_too_much(struct task *t, void *arg)
{
	const pages_t size =
	    f.vm->totalram_pages; /* some of which is in use: page tables at least */
	gfp_t gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN;
	int64_t before;

	(void)arg;
	free_vm_area(t, alloc_vm_area(t, PAGES(size + 200))); /* page tables stay */
	vm_unmap_aliases(t);
	before = free_pages_now();
	assert_int_equal(__vmalloc_node_range(t, PAGES(size), 1, VMALLOC_START, VMALLOC_END, gfp, 0,
					      NUMA_NO_NODE),
			 0);
	assert_int_equal(f.vm->stat.nr_vmalloc_pages, 0);
	assert_int_equal(free_pages_now(), before);
	/* its addresses and those of the array wait for the next purge */
	assert_int_equal(f.vm->stat.vmap_lazy_nr, size + 1 + div_round_up(size * 8, PAGE_SIZE) + 1);
}

static void a_request_without_memory_leaves_only_addresses_that_wait(void **state)
{
	(void)state;
	/* too small for the drain work to begin */
	fixture_boot(&f, "machine: { nodes: [{ cpus: 1, memory: 24 MiB }] }\n");
	fixture_task(&f, ask_for_too_much, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

/* No holes of a window are left: a purge, a second look, then an error. */
static void fill_window(struct task *t, void *arg)
{
	const uint64_t end = VMALLOC_START + PAGES(8);
	uint64_t a, b;

	(void)arg;
	a = __vmalloc_node_range(t, PAGES(3), 1, VMALLOC_START, end, GFP_KERNEL, 0, NUMA_NO_NODE);
	b = __vmalloc_node_range(t, PAGES(3), 1, VMALLOC_START, end, GFP_KERNEL, 0, NUMA_NO_NODE);
	assert_int_equal(b, VMALLOC_START + PAGES(4));
	assert_int_equal(
	    __vmalloc_node_range(t, 1, 1, VMALLOC_START, end, GFP_KERNEL, 0, NUMA_NO_NODE), 0);
	assert_int_equal(f.vm->stat.sim_vmap_failed, 1);
	assert_int_equal(f.vm->stat.sim_vmap_purges, 0);
	vfree(t, a);
	assert_int_equal(f.vm->stat.vmap_lazy_nr, 4);
	assert_int_equal(
	    __vmalloc_node_range(t, 1, 1, VMALLOC_START, end, GFP_KERNEL, 0, NUMA_NO_NODE),
	    VMALLOC_START);
	assert_int_equal(f.vm->stat.sim_vmap_purges, 1);
	assert_int_equal(f.vm->stat.vmap_lazy_nr, 0);
}

static void a_full_window_is_purged_once_before_a_request_fails(void **state)
{
	(void)state;
	fixture_boot(&f, one_cpu);
	fixture_task(&f, fill_window, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

/* ---- blocks of 2 MiB ---- */

static void take_huge(struct task *t, void *arg)
{
	const struct vm_struct *area;
	int64_t before = free_pages_now();
	uint64_t small = vmalloc(t, PAGE_SIZE), addr;
	const struct page *first;

	(void)arg;
	addr = vmalloc_huge(t, (3 << 20) + 1, GFP_KERNEL);
	assert_int_equal(addr, VMALLOC_START + (2 << 20));
	area = find_vm_area(f.vm, addr);
	assert_int_equal(area->nr_pages, 1024);
	assert_int_equal(area->size, (4 << 20) + PAGE_SIZE);
	assert_int_equal(area->page_order, 9);
	for (int i = 0; i < 2; i++) { /* two blocks, each in a row */
		first = vmalloc_to_page(f.vm, addr + ((uint64_t)i << 21));
		assert_int_equal(page_to_pfn(f.vm, first) % 512, 0);
		assert_ptr_equal(vmalloc_to_page(f.vm, addr + ((uint64_t)i << 21) + PAGES(511)),
				 first + 511);
	}
	assert_null(vmalloc_to_page(f.vm, addr + (4 << 20)));
	vfree(t, addr);
	assert_null(vmalloc_to_page(f.vm, addr));
	assert_int_equal(f.vm->stat.nr_vmalloc_pages, 1);
	vfree(t, small);
	vm_unmap_aliases(t);
	/* page tables: the PMD page, the PTE page of the small area and of the array of 2 pages */
	assert_int_equal(free_pages_now(), before - 2);
	/* where a PTE page is, the entry of 2 MiB takes its place */
	addr = vmalloc_huge(t, 2 << 20, GFP_KERNEL);
	assert_int_equal(addr, VMALLOC_START);
	assert_int_equal(free_pages_now(), before - 2 + 1 - 512);
	vfree(t, addr);
	vm_unmap_aliases(t);
	/* less than a block: single pages */
	addr = vmalloc_huge(t, (2 << 20) - 1, GFP_KERNEL);
	assert_int_equal(find_vm_area(f.vm, addr)->page_order, 0);
	vfree(t, addr);
}

/* No block is whole: an attempt in blocks leaves addresses that wait, single pages are found. */
static void take_what_is_left(struct task *t, void *arg)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN;
	uint64_t held = 0, addr;
	struct page *page;
	struct page **pages = sim_calloc(f.vm->max_pfn, sizeof(struct page *));

	(void)arg;
	while ((page = alloc_pages(t, GFP_NOWAIT | __GFP_NOWARN, 9)))
		pages[held++] = page;
	for (uint64_t i = 0; i < held; i++) { /* of each block half */
		split_page(f.vm, pages[i], 9);
		for (int k = 0; k < 256; k++)
			free_pages(f.vm, t->cpu, pages[i] + k, 0);
	}
	addr = vmalloc_huge(t, 2 << 20, gfp);
	assert_int_not_equal(addr, 0);
	assert_int_equal(find_vm_area(f.vm, addr)->page_order, 0);
	assert_int_equal(find_vm_area(f.vm, addr)->nr_pages, 512);
	assert_int_equal(f.vm->stat.vmap_lazy_nr, 513);
	vfree(t, addr);
	for (uint64_t i = 0; i < held; i++)
		for (int k = 256; k < 512; k++)
			free_pages(f.vm, t->cpu, pages[i] + k, 0);
	sim_free(pages);
}

static void blocks_are_mapped_as_such_if_they_can_be_had(void **state)
{
	(void)state;
	fixture_boot(&f, one_cpu);
	fixture_task(&f, take_huge, NULL);
	fixture_check(&f);
	fixture_end(&f);
	fixture_boot(&f, one_cpu);
	fixture_task(&f, take_what_is_left, NULL);
	assert_int_equal(f.vm->stat.nr_vmalloc_pages, 0);
	fixture_check(&f);
	fixture_end(&f);
}

/* ---- /proc ---- */

static void make_one_of_each(struct task *t, void *arg)
{
	struct page *pages[70];
	uint64_t gone;

	(void)arg;
	for (int i = 0; i < 70; i++)
		pages[i] = f.vm->mem_map + f.vm->max_pfn - 1; /* it is not used */
	vmalloc_node(t, PAGES(2), 1);
	vmap(t, pages, 3, VM_MAP);
	gone = vmalloc(t, PAGES(1));
	vmalloc_user(t, PAGES(1));
	vm_map_ram(t, pages, 70, NUMA_NO_NODE);
	alloc_vm_area(t, PAGES(4));
	vmalloc(t, PAGES(600));
	vfree(t, gone);
}

static void vmallocinfo_shows_what_is_in_use_and_what_waits(void **state)
{
	static const char want[] =
	    "0xffffc90000000000-0xffffc90000003000   12288 pages=2 vmalloc N1=2\n"
	    "0xffffc90000003000-0xffffc90000007000   16384 vmap\n"
	    "0xffffc90000009000-0xffffc9000000b000    8192 pages=1 vmalloc user N0=1\n"
	    "0xffffc9000000b000-0xffffc90000051000  286720 vm_map_ram\n"
	    "0xffffc90000051000-0xffffc90000054000   12288 pages=2 vmalloc N0=2\n"
	    "0xffffc90000054000-0xffffc90000059000   20480 ioremap\n"
	    "0xffffc90000059000-0xffffc900002b2000 2461696 pages=600 vmalloc vpages N0=600\n"
	    "0xffffc90000007000-0xffffc90000009000    8192 unpurged vm_area\n";
	struct str text = { 0 };

	(void)state;
	fixture_boot(&f, "machine: { nodes: [{ cpus: 1, memory: 64 MiB }, "
			 "{ cpus: 1, memory: 64 MiB }] }\n");
	vmallocinfo_show(f.s, &text);
	assert_string_equal(str_get(&text), "");
	fixture_task(&f, make_one_of_each, NULL);
	vmallocinfo_show(f.s, &text);
	assert_string_equal(str_get(&text), want);
	str_free(&text);
	fixture_end(&f);
}

/* ---- many at once ---- */

#define NR_TASKS 5
#define SLOTS    24
#define OPS      3000

struct user {
	uint64_t random;
	struct {
		uint64_t addr; /* 0: none */
		unsigned count;
		enum { OF_VMALLOC, OF_VMAP, OF_RAM, OF_AREA } kind;
	} slot[SLOTS];
	struct page *page;
};

static uint64_t below(struct user *u, uint64_t n)
{
	u->random = u->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u->random >> 33) % n;
}

static void release(struct task *t, struct user *u, int i)
{
	uint64_t addr = u->slot[i].addr;

	u->slot[i].addr = 0;
	if (!addr)
		return;
	switch (u->slot[i].kind) {
	case OF_VMALLOC:
		vfree(below(u, 8) ? t : t->cpu->irq, addr);
		break;
	case OF_VMAP:
		vunmap(t, addr);
		break;
	case OF_RAM:
		vm_unmap_ram(t, addr, u->slot[i].count);
		break;
	case OF_AREA:
		free_vm_area(t, find_vm_area(f.vm, addr));
		break;
	}
}

static void take(struct task *t, struct user *u, int i)
{
	unsigned count = 1 + (unsigned)below(u, below(u, 20) ? 60 : 900);
	struct page *pages[1000];
	const struct vm_struct *area;
	uint64_t addr = 0;

	for (unsigned k = 0; k < count; k++)
		pages[k] = u->page;
	u->slot[i].kind = (int)below(u, 4);
	u->slot[i].count = count;
	switch (u->slot[i].kind) {
	case OF_VMALLOC:
		addr = __vmalloc_node_range(
		    t, PAGES(count), below(u, 4) ? 1 : PAGES(16), VMALLOC_START, VMALLOC_END,
		    GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0, NUMA_NO_NODE);
		break;
	case OF_VMAP:
		addr = vmap(t, pages, count, VM_MAP);
		break;
	case OF_RAM:
		addr = vm_map_ram(t, pages, count, NUMA_NO_NODE);
		break;
	case OF_AREA:
		area = alloc_vm_area(t, PAGES(count));
		addr = area ? area->addr : 0;
		break;
	}
	u->slot[i].addr = addr;
}

static void user(struct task *t, void *arg)
{
	struct user *u = arg;

	linux_personality.task_start(t);
	u->page = alloc_pages(t, GFP_KERNEL, 0);
	assert_non_null(u->page);
	for (int n = 0; n < OPS; n++) {
		int i = (int)below(u, SLOTS);

		if (u->slot[i].addr)
			release(t, u, i);
		else
			take(t, u, i);
		if (below(u, 500) == 0)
			vm_unmap_aliases(t);
		if (below(u, 100) == 0)
			fixture_check(&f);
	}
	for (int i = 0; i < SLOTS; i++)
		release(t, u, i);
	vmap_flush_work(t);
	vm_unmap_aliases(t);
	free_pages(f.vm, t->cpu, u->page, 0);
	linux_personality.task_exit(t);
}

static void nothing_is_left_of_many_tasks_on_several_cpus(void **state)
{
	static struct user users[NR_TASKS];

	(void)state;
	fixture_boot(&f, "machine: { nodes: [{ cpus: 2, memory: 16 MiB }, "
			 "{ cpus: 1, memory: 16 MiB }] }\n");
	for (int i = 0; i < NR_TASKS; i++) {
		users[i].random = (uint64_t)i + 1;
		task_spawn(f.s, &f.s->cpus[i % f.s->nr_cpus], "user", 0, user, &users[i]);
	}
	f.s->end_with_tasks = true;
	sim_run(f.s, FOREVER);
	fixture_check(&f);
	assert_int_equal(f.vm->stat.nr_vmalloc_pages, 0);
	assert_int_equal(f.vm->stat.vmap_lazy_nr, 0);
	assert_true(list_empty(&f.vm->vmalloc->busy.list));
	assert_true(f.vm->stat.sim_vmap_purges > 10);
	for (int i = 0; i < f.s->nr_cpus; i++)
		assert_true(list_empty(&f.vm->vmalloc->cpu[i].blocks));
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limit_of_a_purge_grows_with_the_logarithm_of_cpus),
		cmocka_unit_test(the_work_begins_above_the_limit),
		cmocka_unit_test(what_interrupts_free_is_freed_later_the_latest_first),
		cmocka_unit_test(a_request_without_memory_leaves_only_addresses_that_wait),
		cmocka_unit_test(a_full_window_is_purged_once_before_a_request_fails),
		cmocka_unit_test(blocks_are_mapped_as_such_if_they_can_be_had),
		cmocka_unit_test(vmallocinfo_shows_what_is_in_use_and_what_waits),
		cmocka_unit_test(nothing_is_left_of_many_tasks_on_several_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
