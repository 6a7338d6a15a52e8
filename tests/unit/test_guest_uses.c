/*
 * test_guest_uses.c - which of its own pages a program of a guest uses, and when
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/verify/guest_run.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 1, memory: 64 MiB }], disks: [{ name: sda, preset: ssd }] }\n" \
	"files: [{ name: program, disk: sda, size: 64 KiB }]\n"
#define DATA  0x40000000ULL
#define STACK 0x50000000ULL

static struct fixture f;

/* An area of two pages, of which the second one is written to. */
static uint64_t own_page(struct task *t, struct file *file, uint64_t addr)
{
	uint64_t out = 0;

	assert_int_equal(do_mmap(t, file, addr, 2 * PAGE_SIZE, VM_READ | VM_WRITE, 0, &out), 0);
	assert_int_equal(user_access(t, task_mm(t), out, false), 0);
	assert_int_equal(user_access(t, task_mm(t), out + PAGE_SIZE, true), 0);
	return out + PAGE_SIZE;
}

static uint8_t *bits_of(struct task *t, uint64_t addr)
{
	return &pte_table(task_mm(t), addr)->pte.bits[pte_index(addr)];
}

static void body(struct task *t, void *arg)
{
	struct guest_process p = { 0 };
	uint64_t data = own_page(t, file_open(t, file_by_name(f.vm, "program")), DATA);
	uint64_t bss = own_page(t, NULL, DATA + 2 * PAGE_SIZE); /* right behind the data */
	uint64_t stack = own_page(t, NULL, STACK);

	(void)arg;
	guest_lru_uses(t, 0, &p.uses);
	assert_int_equal(p.uses.n, 1);
	assert_int_equal(p.uses.addr[0], stack);
	assert_int_equal(p.uses.nr_call, 1);
	assert_int_equal(p.uses.call[0], data);
	assert_int_equal(p.uses.nr_step, 1);
	assert_int_equal(p.uses.step[0], bss);

	/* behind a sleep its stack only; before the next call the data as well, which it reads */
	*bits_of(t, data) = *bits_of(t, stack) = *bits_of(t, bss) = PTE_PRESENT | PTE_WRITE;
	guest_process_use(&p, t, 0, true);
	assert_int_equal(*bits_of(t, stack), PTE_PRESENT | PTE_WRITE | PTE_YOUNG | PTE_DIRTY);
	assert_int_equal(*bits_of(t, data), PTE_PRESENT | PTE_WRITE);
	guest_process_call(&p, t);
	assert_int_equal(*bits_of(t, data), PTE_PRESENT | PTE_WRITE | PTE_YOUNG);
	assert_int_equal(*bits_of(t, bss), PTE_PRESENT | PTE_WRITE);
	guest_process_step(&p, t);
	assert_int_equal(*bits_of(t, bss), PTE_PRESENT | PTE_WRITE | PTE_YOUNG);
	*bits_of(t, data) |= PTE_DIRTY; /* as they were */
	*bits_of(t, bss) |= PTE_DIRTY;
}

static void data_of_a_program_is_used_before_it_sleeps(void **state)
{
	(void)state;
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_of_a_program_is_used_before_it_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
