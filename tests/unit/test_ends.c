/*
 * test_ends.c - runs that end while tasks are in the middle of something: all memory is given back
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "sim/base/mem.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 2, memory: 24 MiB }], disks: [{ name: sda, preset: nvme }] "   \
	"}\n"                                                                                      \
	"linux: { swap: [{ disk: sda, size: 32 MiB }] }\n"                                         \
	"files: [{ name: f, disk: sda, size: 8 MiB }]\n"                                           \
	"sysctl: { transparent_hugepage.enabled: always, vm.nr_hugepages: 2 }\n"
#define MIB  (1ULL << 20)
#define ENDS 700
#define STEP (20 * NS_PER_US)

static struct fixture f;
static int forks; /* in the last run */

static void touch(struct task *t, uint64_t from, uint64_t bytes, bool write)
{
	for (uint64_t at = from; at < from + bytes && !t->killed; at += PAGE_SIZE)
		(void)user_access(t, task_mm(t), at, write);
}

static void child(struct task *t, void *arg)
{
	const uint64_t *heap = arg;

	f.sc->personality->task_start(t);
	touch(t, *heap, MIB, true);
	f.sc->personality->task_exit(t);
}

/* Maps, stores, reads, forks, unmaps and cuts files, again and again. */
static void program(struct task *t, void *arg)
{
	struct file *file;

	(void)arg;
	f.sc->personality->task_start(t);
	file = file_open(t, file_by_name(f.vm, "f"));
	while (!t->killed) {
		uint64_t heap = 0, text = 0, pool = 0;
		int64_t pos = 0;
		int error;
		void *kernel;

		(void)do_mmap(t, NULL, 0, 4 * MIB, VM_WRITE, 0, &heap);
		touch(t, heap, 4 * MIB, true);
		(void)do_mmap(t, file, 0, 2 * MIB, VM_WRITE, 0, &text);
		touch(t, text, MIB, false);
		touch(t, text, MIB, true);
		if (!mmap_hugetlb(t, f.vm->default_hstate, 0, 2 * MIB, VM_WRITE, &pool))
			touch(t, pool, PAGE_SIZE, true);
		kernel = f.sc->personality->task_fork(t, "child", &error);
		if (kernel) {
			struct task *c = task_spawn(f.s, &f.s->cpus[1], "child", 0, child, &heap);

			forks++;
			c->kernel = kernel;
			f.sc->personality->task_start(c);
		}
		(void)generic_file_read_iter(t, file, &pos, MIB);
		if (pool)
			(void)do_munmap(t, task_mm(t), pool, 2 * MIB);
		(void)do_munmap(t, task_mm(t), heap + MIB, MIB);
		(void)do_munmap(t, task_mm(t), text, 2 * MIB);
		(void)do_munmap(t, task_mm(t), heap, 4 * MIB);
	}
	file_close(t, file);
	f.sc->personality->task_exit(t);
}

static void nothing_is_lost_wherever_a_run_ends(void **state)
{
	int64_t huge = 0, major = 0, freed = 0;

	(void)state;
	for (int i = 0; i < ENDS; i++) {
		sim_time end = i * STEP;

		fixture_boot(&f, MACHINE);
		forks = 0;
		task_spawn(f.s, &f.s->cpus[0], "program", 0, program, NULL);
		sim_run(f.s, end);
		huge = f.vm->stat.thp_fault_alloc;
		major = f.vm->stat.pgmajfault;
		freed = f.vm->stat.pgfree;
		fixture_end(&f);
		if (sim_mem_in_use())
			fail_msg("%zu bytes are lost when it ends after %lld ns", sim_mem_in_use(),
				 (long long)end);
	}
	assert_true(huge > 0 && major > 0 && forks > 0 && freed > 0);
	print_message("%lld huge pages, %lld major faults, %d forks, %lld frames freed\n",
		      (long long)huge, (long long)major, forks, (long long)freed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_wherever_a_run_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
