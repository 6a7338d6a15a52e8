/*
 * overcommit.c - how much memory programs may be promised
 *
 * A private mapping that may be written might need a page for each of its own: all of them are
 * added up (vm_committed_as), but only overcommit_memory 2 holds the sum below a limit.  Programs
 * have the privileges of root: admin_reserve_kbytes is not kept from them.
 */
#include <errno.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/tunables.h"

#define MAX_USER_RESERVE_KBYTES (1 << 17)

enum { OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER };

int64_t vm_commit_limit(const struct linux_vm *vm)
{
	int64_t kbytes = vm->sysctl.overcommit_kbytes;
	int64_t allowed = kbytes
			      ? kbytes >> (PAGE_SHIFT - 10)
			      : (int64_t)((vm->totalram_pages - (uint64_t)hugetlb_total_pages(vm)) *
					  (uint64_t)vm->sysctl.overcommit_ratio / 100);

	return allowed + (int64_t)vm->total_swap_pages;
}

void vm_unacct_memory(struct linux_vm *vm, int64_t pages)
{
	vm->stat.committed_as -= pages;
}

/* Whether the sum, the new pages included, may be. */
static bool may_commit(const struct linux_vm *vm, const struct mm_struct *mm, int64_t pages)
{
	int64_t allowed, reserve;

	switch (vm->sysctl.overcommit_memory) {
	case OVERCOMMIT_ALWAYS:
		return true;
	case OVERCOMMIT_GUESS:
		return pages <= (int64_t)(vm->totalram_pages + vm->total_swap_pages);
	}
	/* a single program must leave something for a shell that could end it */
	allowed = vm_commit_limit(vm);
	reserve = vm->sysctl.user_reserve_kbytes >> (PAGE_SHIFT - 10);
	if (mm)
		allowed -= min_s64(mm->stat.total_vm / 32, reserve);
	return vm->stat.committed_as < allowed;
}

int vm_enough_memory(struct linux_vm *vm, const struct mm_struct *mm, int64_t pages)
{
	vm->stat.committed_as += pages;
	if (may_commit(vm, mm, pages))
		return 0;
	vm_unacct_memory(vm, pages);
	return -ENOMEM;
}

/* --- tunables --- */

/* As far as the CPUs have folded their counters. */
static int64_t free_kbytes(struct linux_vm *vm)
{
	int64_t kbytes = 0;

	FOR_EACH_ZONE (vm, zone)
		kbytes += zone_free_pages(zone) << (PAGE_SHIFT - 10);
	return kbytes;
}

void init_user_reserve(struct linux_vm *vm)
{
	vm->sysctl.user_reserve_kbytes = min_s64(free_kbytes(vm) / 32, MAX_USER_RESERVE_KBYTES);
}

void reserve_mem_notifier(struct linux_vm *vm, bool online)
{
	int64_t reserve = vm->sysctl.user_reserve_kbytes;

	if (online ? reserve > 0 && reserve < MAX_USER_RESERVE_KBYTES : reserve > free_kbytes(vm))
		init_user_reserve(vm);
}

/* Of the two ways to give the limit, the one written last counts. */
int overcommit_ratio_write(struct sim *s, void *object, const struct tunable *row,
			   const int64_t *values)
{
	linux_vm(s)->sysctl.overcommit_kbytes = 0;
	tunable_store(object, row, values);
	return 0;
}

int overcommit_kbytes_write(struct sim *s, void *object, const struct tunable *row,
			    const int64_t *values)
{
	linux_vm(s)->sysctl.overcommit_ratio = 0;
	tunable_store(object, row, values);
	return 0;
}
