/*
 * test_freebsd_objects.c - single facts of FreeBSD's chains of objects
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "models/freebsd/vm/vm_map.h"
#include "models/freebsd/vm/vm_reserv.h"
#include "tests/unit/fixture.h"

static struct fixture f;
static struct freebsd_vm *vm;

/* A page of an object with a superpage colour, which nobody is at work on. */
static struct vm_page *page_of(struct task *t, struct vm_object *object, uint64_t pindex)
{
	struct vm_page *m;

	object->flags |= OBJ_COLORED;
	m = vm_page_alloc(t, object, pindex, VM_ALLOC_NOBUSY);
	assert_non_null(m);
	m->valid = VM_PAGE_BITS_ALL;
	vm_page_dirty(vm, m);
	return m;
}

static struct vm_reserv *reservation_of(const struct vm_page *m)
{
	return &vm->reserv->array[vm_page_pfn(vm, m) / VM_RESERV_PAGES];
}

/* front takes page 3 of the object behind as a store would do it, and then the rest of it. */
static void collapse(struct task *t, void *arg)
{
	struct vm_object *behind = vm_object_allocate(vm, OBJT_DEFAULT, 512), *front = behind;
	int64_t before = vm->cnt.sim_reservations, broken = vm->cnt.sim_reserv_broken;
	struct vm_page *m = page_of(t, behind, 3);
	const struct vm_reserv *rv = reservation_of(m);
	uint64_t offset = 0;

	(void)arg;
	vm_object_reference(behind);
	vm_object_shadow(vm, &front, &offset, 512);
	vm_page_rename(vm, m, front, 3);
	assert_int_equal(vm->cnt.sim_reservations, before + 1);
	assert_int_equal(rv->owner, behind->id + 1);
	assert_int_equal(rv->popcnt, 1);
	vm_object_deallocate(t, behind);
	/* it is no more: neither is its reservation, and the page is that of front */
	assert_null(front->backing_object);
	assert_int_equal(vm->cnt.sim_reservations, before);
	assert_int_equal(vm->cnt.sim_reserv_broken, broken);
	assert_int_equal(rv->owner, 0);
	assert_ptr_equal(vm_page_lookup(vm, front, 3), m);
	vm_object_deallocate(t, front);
}

/* A reservation of which a page is taken over goes over with it. */
static void collapse_with_pages(struct task *t, void *arg)
{
	struct vm_object *behind = vm_object_allocate(vm, OBJT_DEFAULT, 512), *front = behind;
	const struct vm_reserv *rv = reservation_of(page_of(t, behind, 3));
	uint64_t offset = 0;

	(void)arg;
	vm_object_reference(behind);
	vm_object_shadow(vm, &front, &offset, 512);
	vm_object_deallocate(t, behind);
	assert_int_equal(rv->owner, front->id + 1);
	assert_ptr_equal(reservation_of(page_of(t, front, 4)), rv);
	assert_int_equal(rv->popcnt, 2);
	vm_object_deallocate(t, front);
	assert_int_equal(rv->owner, 0);
}

/* A fault has put an empty page before one that it has not found yet; somebody else is at work. */
static void collapse_around_a_fault(struct task *t, void *arg)
{
	struct vm_object *behind = vm_object_allocate(vm, OBJT_DEFAULT, 8), *front = behind;
	struct vm_page *m = page_of(t, behind, 3), *other = page_of(t, behind, 4), *empty;
	uint64_t offset = 0;

	(void)arg;
	vm_object_reference(behind);
	vm_object_shadow(vm, &front, &offset, 8);
	behind->ref_count--; /* without waiting for who is at work */
	empty = vm_page_alloc(t, front, 3, VM_ALLOC_NORMAL);
	vm_object_pip_add(front, 1);
	vm_object_collapse(t, front);
	assert_ptr_equal(vm_page_lookup(vm, behind, 3), m);
	assert_ptr_equal(vm_page_lookup(vm, front, 4), other);
	vm_page_free(vm, empty);
	vm_object_pip_wakeup(front);
	vm_object_collapse(t, front);
	assert_null(front->backing_object);
	assert_ptr_equal(vm_page_lookup(vm, front, 3), m);
	vm_object_deallocate(t, front);
}

static const char roomy[] = "personality: freebsd\n"
			    "machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }\n";

static void run_alone(task_fn *body)
{
	fixture_boot(&f, roomy);
	vm = freebsd_vm(f.s);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

static void what_is_left_of_a_reservation_goes_with_its_object(void **state)
{
	(void)state;
	run_alone(collapse);
}

static void a_reservation_goes_over_with_its_pages(void **state)
{
	(void)state;
	run_alone(collapse_with_pages);
}

static void a_page_behind_that_of_a_fault_stays(void **state)
{
	(void)state;
	run_alone(collapse_around_a_fault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_of_a_reservation_goes_with_its_object),
		cmocka_unit_test(a_reservation_goes_over_with_its_pages),
		cmocka_unit_test(a_page_behind_that_of_a_fault_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
