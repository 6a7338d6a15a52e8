/*
 * test_freebsd_facts.c - single facts of the memory of FreeBSD: ends of files, blocks, places in
 * swap, who is swapped out as a whole
 */
#include "tests/unit/freebsd_machine.h"

static void cut_file(struct task *t, void *arg)
{
	struct vnode *vp = vnode_by_name(vm, "f0");
	struct vm_range *range = vm_mmap(t, vp, 0, 20 * FREEBSD_PAGE_SIZE, true, true, false);
	const struct vm_page *m;

	(void)arg;
	assert_int_equal(vm_access(t, range, 10 * FREEBSD_PAGE_SIZE, true), 0);
	m = range->pv[10].page;
	assert_int_equal(m->dirty, VM_PAGE_BITS_ALL);
	vnode_pager_setsize(t, vp, 10 * FREEBSD_PAGE_SIZE + 1000);
	/* the block that ends behind the end keeps its bit */
	assert_int_equal(m->dirty, 0x03);
	assert_int_equal(m->valid, VM_PAGE_BITS_ALL);
	assert_int_equal(m->zeroed, FREEBSD_PAGE_SIZE - 1000);
	assert_int_equal(vp->object->size, 11);
	assert_ptr_equal(vm_page_lookup(vm, vp->object, 10), m);
	assert_null(vm_page_lookup(vm, vp->object, 11));
	assert_int_equal(vm_access(t, range, 11 * FREEBSD_PAGE_SIZE, false), -EFAULT);
}

static void the_rest_of_the_last_page_is_zero_and_clean(void **state)
{
	(void)state;
	fixture_boot(&f, with_swap);
	vm = freebsd_vm(f.s);
	fixture_task(&f, cut_file, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

/* A mapped page in the middle of a block that is a hole is written, and read again by a call. */
static void store_in_a_hole(struct task *t, void *arg)
{
	struct vnode *vp = vnode_by_name(vm, "f0");
	struct freebsd_file *fp = freebsd_file_open(vm, vp);
	struct vm_range *range;
	uint64_t sector, run;

	(void)arg;
	assert_int_equal(vn_truncate(t, vp, 800 * FREEBSD_PAGE_SIZE), 0);
	range = vm_mmap(t, vp, 600 * FREEBSD_PAGE_SIZE, 8 * FREEBSD_PAGE_SIZE, true, true, false);
	assert_false(vnode_bmap(vp, 602, false, &sector, &run));
	assert_int_equal(vm_access(t, range, 2 * FREEBSD_PAGE_SIZE, true), 0);
	assert_int_equal(vn_fsync(t, vp, true), 0);
	assert_true(vnode_bmap(vp, 600, false, &sector, &run));
	assert_in_range(run, 4, UINT32_MAX);
	vm_range_free(t, range);
	vm_object_page_remove(t, vp->object, 600, 608, true);
	assert_null(vm_page_lookup(vm, vp->object, 602));
	assert_int_equal(vn_read(t, fp, 600 * FREEBSD_PAGE_SIZE, 4 * FREEBSD_PAGE_SIZE),
			 4 * FREEBSD_PAGE_SIZE);
	assert_int_equal(vm_page_lookup(vm, vp->object, 602)->contents, vm->stores);
	assert_int_equal(vm_page_lookup(vm, vp->object, 603)->contents, 0);
}

static void a_block_has_its_place_as_a_whole(void **state)
{
	(void)state;
	fixture_boot(&f, with_swap);
	vm = freebsd_vm(f.s);
	fixture_task(&f, store_in_a_hole, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

/* Writes n pages of an object from first on to swap. */
static void put(struct task *t, struct vm_object *object, uint64_t first, int n)
{
	struct vm_page *ma[16];

	for (int i = 0; i < n; i++) {
		ma[i] = vm_page_alloc(t, object, first + (uint64_t)i, VM_ALLOC_NOBUSY);
		assert_non_null(ma[i]);
		ma[i]->valid = VM_PAGE_BITS_ALL;
		vm_page_dirty(vm, ma[i]);
		vm_page_io_start(ma[i]);
	}
	assert_int_equal(swap_pager_putpages(t, object, ma, n), n);
}

static void take_places(struct task *t, void *arg)
{
	struct vm_object *object = vm_object_allocate(vm, OBJT_DEFAULT, 200);
	const struct swdevt *dev = vm->swap->dev;
	int before, after;

	(void)arg;
	put(t, object, 0, 16);
	put(t, object, 16, 16);
	assert_int_equal(dev[0].bitmap[0], 0x0003ffff); /* behind a label of two */
	assert_int_equal(dev[1].bitmap[0], 0x0003ffff);
	swap_pager_freespace(vm, object, 0, 8);
	assert_int_equal(dev[0].bitmap[0], 0x0003fc03);
	put(t, object, 40, 4); /* the first place, not the one behind the last */
	assert_int_equal(dev[0].bitmap[0], 0x0003fc3f);
	put(t, object, 50, 8);
	assert_int_equal(dev[1].bitmap[0], 0x03ffffff);
	put(t, object, 60, 12);
	assert_int_equal(dev[0].bitmap[0], 0x3ffffc3f);
	put(t, object, 80, 10); /* no run crosses a multiple of 32 */
	assert_int_equal(dev[1].bitmap[0], 0x03ffffff);
	assert_int_equal(dev[1].bitmap[1], 0x000003ff);
	/* pages 8 to 15 and 40 to 43 have their places; no further than 7 is looked */
	assert_true(swap_pager_haspage(object, 12, &before, &after));
	assert_int_equal(before, 4);
	assert_int_equal(after, 3);
	assert_true(swap_pager_haspage(object, 66, &before, &after));
	assert_int_equal(before, 6);
	assert_int_equal(after, 5);
	assert_false(swap_pager_haspage(object, 7, &before, &after));
	assert_int_equal(object->swp_bcount, 3); /* pages 0-31, 32-63, 64-95 */
	vm_object_deallocate(t, object);
	assert_int_equal(dev[0].used + dev[1].used, 0);
}

static void runs_of_places_go_to_each_device_in_turn(void **state)
{
	(void)state;
	fixture_boot(&f, with_swap);
	vm = freebsd_vm(f.s);
	fixture_task(&f, take_places, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

static struct task *sleeper;
static struct vm_page *pages[3], *stack[KSTACK_PAGES];

/* Three pages: used since anybody looked, not used and old, inactive. */
static void sleep_with_pages(struct task *t, void *arg)
{
	struct vm_range *range;
	const struct thread *td;

	(void)arg;
	f.sc->personality->task_start(t);
	td = t->kernel;
	for (uint64_t i = 0; i < KSTACK_PAGES; i++)
		stack[i] = vm_page_lookup(vm, td->kstack_obj, i);
	range = vm_mmap(t, NULL, 0, 3 * FREEBSD_PAGE_SIZE, true, false, false);
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(vm_access(t, range, i * FREEBSD_PAGE_SIZE, true), 0);
		pages[i] = range->pv[i].page;
		range->pv[i].accessed = i == 0;
	}
	pages[1]->act_count = 1;
	vm_page_deactivate(vm, pages[2]);
	task_sleep(t, 10 * (sim_time)NS_PER_SEC);
	assert_true(td->inmem && !td->swapinreq);
	for (uint64_t i = 0; i < KSTACK_PAGES; i++)
		assert_int_equal(stack[i]->wire_count, 1);
	assert_in_range(task_now(t), 10 * NS_PER_SEC, 10 * NS_PER_SEC + NS_PER_MS);
	f.sc->personality->task_exit(t);
}

static void swap_the_sleeper_out(struct task *t, void *arg)
{
	const struct thread *td;

	(void)arg;
	task_sleep(t, 1900 * (sim_time)NS_PER_MS);
	td = sleeper->kernel;
	swapout_procs(vm, VM_SWAP_NORMAL | VM_SWAP_IDLE);
	assert_true(td->inmem); /* not two seconds yet */
	task_sleep(t, 200 * (sim_time)NS_PER_MS);
	swapout_procs(vm, VM_SWAP_IDLE);
	assert_true(td->inmem); /* not ten */
	vm_req_vmdaemon(vm, VM_SWAP_NORMAL);
	assert_true(td->inmem);
	task_sleep(t, NS_PER_MS);
	assert_false(td->inmem);
	assert_int_equal(pages[0]->queue, PQ_ACTIVE);
	/* its object is looked at twice: as the biggest, and in its turn */
	assert_int_equal(pages[0]->act_count, ACT_INIT + ACT_ADVANCE - ACT_DECLINE);
	assert_int_equal(pages[1]->queue, PQ_INACTIVE);
	assert_int_equal(pages[1]->act_count, 0);
	assert_int_equal(pages[2]->queue, PQ_INACTIVE);
	for (int i = 0; i < 3; i++)
		assert_false(pmap_page_is_mapped(pages[i]));
	assert_int_equal(td->vmspace->resident, 0);
	for (int i = 0; i < KSTACK_PAGES; i++) {
		assert_int_equal(stack[i]->wire_count, 0);
		assert_int_equal(stack[i]->queue, PQ_INACTIVE);
		assert_int_equal(stack[i]->dirty, VM_PAGE_BITS_ALL);
	}
	fixture_check(&f);
}

static void who_is_swapped_out_has_nothing_mapped_and_no_wired_stack(void **state)
{
	(void)state;
	fixture_boot(&f, with_swap);
	vm = freebsd_vm(f.s);
	sleeper = task_spawn(f.s, &f.s->cpus[0], "sleeper", 0, sleep_with_pages, NULL);
	fixture_task(&f, swap_the_sleeper_out, NULL);
	sim_run(f.s, FOREVER);
	assert_int_equal(vm->cnt.sim_swapouts, 1);
	fixture_check(&f);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rest_of_the_last_page_is_zero_and_clean),
		cmocka_unit_test(a_block_has_its_place_as_a_whole),
		cmocka_unit_test(runs_of_places_go_to_each_device_in_turn),
		cmocka_unit_test(who_is_swapped_out_has_nothing_mapped_and_no_wired_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
