/*
 * khugepaged.c - small pages of programs become huge ones, in the background
 *
 *	programs whose mappings may be huge -> their entries, 2 MiB by 2 MiB, so many a round
 *	     -> enough of them used? -> one huge page instead (collapse.c)
 *
 * A program comes to the list with its first fault that could be huge.  Each round begins behind
 * the last one; between rounds it sleeps 10 s.
 */
#include "models/linux/conf.h"
#include "models/linux/mappings/collapse.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/khugepaged.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/task.h"

static bool hugepage_flags_enabled(const struct linux_vm *vm)
{
	return vm->thp->sysfs.enabled != THP_NEVER;
}

/* --- the list of programs --- */

static void khugepaged(struct task *t, void *arg);

static void khugepaged_enter(struct linux_vm *vm, struct mm_struct *mm)
{
	struct khugepaged *k = &vm->thp->khugepaged;
	bool wakeup = list_empty(&k->mm_head);

	if (list_linked(&mm->khugepaged_node))
		return;
	list_add_tail(&mm->khugepaged_node, &k->mm_head);
	if (!k->thread)
		k->thread = linux_kthread(vm, &vm->sim->cpus[0], "khugepaged", khugepaged, vm);
	else if (wakeup)
		wake_up(vm->sim, &k->wait);
}

void khugepaged_enter_vma(struct vm_area_struct *vma)
{
	struct linux_vm *vm = vma->vm_mm->vm;

	if (!list_linked(&vma->vm_mm->khugepaged_node) && vma_may_collapse(vm, vma, true))
		khugepaged_enter(vm, vma->vm_mm);
}

void khugepaged_fork(struct mm_struct *mm, const struct mm_struct *oldmm)
{
	if (list_linked(&oldmm->khugepaged_node))
		khugepaged_enter(mm->vm, mm);
}

void khugepaged_exit(struct task *t, struct mm_struct *mm)
{
	mm->khugepaged_exit = true;
	if (!list_linked(&mm->khugepaged_node))
		return;
	if (mm->vm->thp->khugepaged.cursor != mm) {
		list_del(&mm->khugepaged_node);
		return;
	}
	/* the one it is at leaves the list when it goes on; until then it may be in the tables */
	mmap_write_lock(t, mm);
	mmap_write_unlock(mm);
}

/* --- rounds --- */

/* 2 MiB by 2 MiB from where it stopped.  Returns what it has looked at, *end: all of the program.
 */
static int64_t scan_mm(struct task *t, struct mm_struct *mm, int64_t pages,
		       enum scan_result *result, bool *end)
{
	struct linux_vm *vm = task_vm(t);
	struct khugepaged *k = &vm->thp->khugepaged;
	int64_t progress = 1;
	bool released = false;

	*end = false;
	for (int i = 0; i < mm->nr_vmas && !mm->khugepaged_exit; i++) {
		const struct vm_area_struct *vma = mm->vma[i];
		uint64_t start = (vma->vm_start + HPAGE_PMD_SIZE - 1) & HPAGE_PMD_MASK;
		uint64_t last = vma->vm_end & HPAGE_PMD_MASK;

		if (vma->vm_end <= k->address)
			continue; /* of the round before */
		if (!vma_may_collapse(vm, vma, true) || k->address > last) {
			progress++;
			continue;
		}
		if (k->address < start)
			k->address = start;
		while (k->address < last && !mm->khugepaged_exit) {
			struct collapse c = { .mm = mm,
					      .address = k->address,
					      .is_khugepaged = true };

			*result = hpage_collapse_scan_pmd(t, &c, &released);
			k->address += HPAGE_PMD_SIZE;
			progress += HPAGE_PMD_NR;
			if (released)
				return progress;
			cond_resched(t);
			if (progress >= pages) {
				mmap_read_unlock(mm);
				return progress;
			}
		}
	}
	mmap_read_unlock(mm);
	*end = true;
	return progress;
}

/* The program that it is at, or the first one. */
static int64_t khugepaged_scan_mm_slot(struct task *t, int64_t pages, enum scan_result *result)
{
	struct khugepaged *k = &task_vm(t)->thp->khugepaged;
	struct mm_struct *mm = k->cursor;
	const struct list *next;
	bool end = true;
	int64_t progress = 0;

	*result = SCAN_FAIL;
	if (!mm) {
		k->cursor = mm = LIST_ENTRY(k->mm_head.next, struct mm_struct, khugepaged_node);
		k->address = 0;
	}
	if (mmap_read_trylock(mm))
		progress = scan_mm(t, mm, pages, result, &end);
	if (!mm->khugepaged_exit && !end)
		return progress;
	next = mm->khugepaged_node.next;
	k->cursor = NULL;
	if (next != &k->mm_head)
		k->cursor = LIST_ENTRY(next, struct mm_struct, khugepaged_node);
	else
		task_vm(t)->stat.sim_khugepaged_full_scans++;
	k->address = 0;
	if (mm->khugepaged_exit)
		list_del(&mm->khugepaged_node);
	return progress;
}

static void sleep_millisecs(struct task *t, int64_t ms)
{
	struct khugepaged *k = &task_vm(t)->thp->khugepaged;

	if (!ms) { /* it goes round and round, as fast as it gets the CPU */
		task_run(t, (sim_time)task_vm(t)->machine->cost.context_switch);
		cond_resched(t);
		return;
	}
	t->waits_for = "khugepaged's next round";
	task_wait(t, &k->wait, (uint64_t)div_round_up((uint64_t)ms * HZ, 1000));
	t->waits_for = NULL;
}

static void khugepaged_do_scan(struct task *t)
{
	struct linux_vm *vm = task_vm(t);
	struct khugepaged *k = &vm->thp->khugepaged;
	int64_t progress = 0, pages = k->sysfs.pages_to_scan;
	enum scan_result result = SCAN_SUCCEED;
	int pass_through_head = 0;
	bool wait = true;

	lru_add_drain_all(vm);
	while (hugepage_flags_enabled(vm)) {
		cond_resched(t);
		pass_through_head += !k->cursor;
		if (list_empty(&k->mm_head) || pass_through_head >= 2)
			return;
		progress += khugepaged_scan_mm_slot(t, pages - progress, &result);
		if (progress >= pages)
			return;
		if (result != SCAN_ALLOC_HUGE_PAGE_FAIL)
			continue;
		if (!wait)
			return;
		wait = false;
		sleep_millisecs(t, k->sysfs.alloc_sleep_millisecs);
	}
}

/* Huge pages were switched off: the next scan begins with the first program. */
static void leave_cursor(struct khugepaged *k)
{
	if (k->cursor && k->cursor->khugepaged_exit)
		list_del(&k->cursor->khugepaged_node);
	k->cursor = NULL;
}

static void khugepaged(struct task *t, void *arg)
{
	struct linux_vm *vm = arg;
	struct khugepaged *k = &vm->thp->khugepaged;

	task_set_nice(t, MAX_NICE);
	for (;;) {
		if (hugepage_flags_enabled(vm))
			khugepaged_do_scan(t);
		if (hugepage_flags_enabled(vm) && !list_empty(&k->mm_head)) {
			sleep_millisecs(t, k->sysfs.scan_sleep_millisecs);
			continue;
		}
		leave_cursor(k);
		t->waits_for = "programs with room for huge pages";
		while (!hugepage_flags_enabled(vm) || list_empty(&k->mm_head))
			task_wait(t, &k->wait, FOREVER);
		t->waits_for = NULL;
	}
}

/* --- /sys/kernel/mm/transparent_hugepage/khugepaged --- */

void khugepaged_init(struct khugepaged *k)
{
	tunable_defaults(&khugepaged_tunables, &k->sysfs);
	list_init(&k->mm_head);
	wait_queue_init(&k->wait);
}

void start_stop_khugepaged(struct linux_vm *vm)
{
	struct khugepaged *k = &vm->thp->khugepaged;

	if (!list_empty(&k->mm_head))
		wake_up(vm->sim, &k->wait);
}

/* It wakes up, and its next sleep is of the new length. */
int khugepaged_sleep_write(struct sim *s, void *object, const struct tunable *row,
			   const int64_t *values)
{
	tunable_store(object, row, values);
	wake_up(s, &linux_vm(s)->thp->khugepaged.wait);
	return 0;
}

static void *khugepaged_object(struct sim *s, const char *name)
{
	(void)name;
	return s->kernel && linux_vm(s)->thp ? &linux_vm(s)->thp->khugepaged.sysfs : NULL;
}

#define AUTO TUNABLE_AUTO
#define TUNABLE(row, unit, def, min, max, write, meaning)                                          \
	{ TUNABLE_FIELDS(sysfs_khugepaged, row, unit, def, min, max, write, meaning), .count = 1 },

static const struct tunable khugepaged_rows[] = {
#include "models/linux/sysfs_khugepaged.def"
};

const struct tunable_class khugepaged_tunables = {
	.prefix = "transparent_hugepage.khugepaged",
	.where = "/sys/kernel/mm/transparent_hugepage/khugepaged",
	.rows = khugepaged_rows,
	.nr_rows = ARRAY_LEN(khugepaged_rows),
	.object = khugepaged_object,
};
