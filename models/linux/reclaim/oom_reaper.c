/*
 * oom_reaper.c - takes a victim's memory that does not end by itself
 *
 *	killed -> 2 s -> still there? -> on the reaper's list -> private memory unmapped
 *
 * A victim that waits for something cannot give its memory back, and whoever it
 * waits for may need memory.  So its private pages are unmapped behind its
 * back; faults share the lock of an address space with the reaper, only
 * those who change the mappings keep it out.  Reaped or not, afterwards the
 * next victim may be chosen.
 */
#include <inttypes.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/oom_kill.h"
#include "models/linux/task.h"

#define OOM_REAPER_DELAY     (2 * HZ)
#define MAX_OOM_REAP_RETRIES 10

static void reap_mm(struct task *reaper, struct mm_struct *mm)
{
	mm->unstable = true;
	for (int i = 0; i < mm->nr_vmas; i++) {
		struct vm_area_struct *vma = mm->vma[i];

		if (vma->vm_flags & (VM_PFNMAP | VM_HUGETLB))
			continue;
		/* what is shared would not be freed by unmapping it here */
		if (!(vma->vm_flags & VM_SHARED))
			zap_page_range(reaper, vma, vma->vm_start, vma->vm_end, true);
	}
}

/* False: somebody changes the mappings. */
static bool oom_reap_task_mm(struct task *reaper, struct task *victim)
{
	struct linux_vm *vm = task_vm(reaper);
	struct mm_struct *mm = task_struct(victim)->mm;
	struct mm_stat stat;

	if (mm && !mmap_read_trylock(mm)) {
		trace_skip_task_reaping(vm->sim, victim->pid);
		return false;
	}
	/* it has unmapped everything itself */
	if (!mm || task_struct(victim)->oom.skip) {
		trace_skip_task_reaping(vm->sim, victim->pid);
		if (mm)
			mmap_read_unlock(mm);
		return true;
	}
	trace_start_task_reaping(vm->sim, victim->pid);
	reap_mm(reaper, mm);
	stat = mm_stat_seen(mm);
	printk_f(vm, LOGLEVEL_INFO,
		 "oom_reaper: reaped process %d (%.15s), now anon-rss:%" PRId64
		 "kB, file-rss:%" PRId64 "kB, "
		 "shmem-rss:%" PRId64 "kB\n",
		 victim->pid, victim->name, stat.rss_anon << (PAGE_SHIFT - 10),
		 stat.rss_file << (PAGE_SHIFT - 10), stat.rss_shmem << (PAGE_SHIFT - 10));
	trace_finish_task_reaping(vm->sim, victim->pid);
	task_struct(victim)->oom.skip = true;
	mmap_read_unlock(mm);
	return true;
}

/* The victim may end, and be gone, while the reaper sleeps between two attempts. */
static void oom_reap_task(struct task *reaper, struct task *victim)
{
	struct linux_vm *vm = task_vm(reaper);

	for (int attempts = 0; attempts < MAX_OOM_REAP_RETRIES; attempts++) {
		if (oom_reap_task_mm(reaper, victim))
			break;
		task_sleep_ticks(reaper, HZ / 10);
		if (!victim->kernel)
			return;
		if (attempts == MAX_OOM_REAP_RETRIES - 1 && !task_struct(victim)->oom.skip)
			printk_f(vm, LOGLEVEL_INFO, "oom_reaper: unable to reap pid:%d (%.15s)\n",
				 victim->pid, victim->name);
	}
	task_struct(victim)->oom.skip = true;
}

static void oom_reaper(struct task *t, void *arg)
{
	struct oom_state *oom = arg;

	for (;;) {
		while (list_empty(&oom->reap_list)) {
			t->waits_for = "a victim that does not end";
			task_wait(t, &oom->reaper_wait, FOREVER);
			t->waits_for = NULL;
		}

		struct list *first = oom->reap_list.next;
		struct task_struct *ts = CONTAINER_OF(LIST_ENTRY(first, struct oom_task, reap_link),
						      struct task_struct, oom);

		list_del(first);
		oom_reap_task(t, ts->oom.task);
	}
}

static void wake_oom_reaper(struct sim *s, struct timer *timer)
{
	struct oom_task *o = CONTAINER_OF(timer, struct oom_task, reaper_timer);
	struct linux_vm *vm = linux_vm(s);
	struct oom_state *oom = vm->oom;

	if (o->skip)
		return; /* it has unmapped everything */
	list_add(&o->reap_link, &oom->reap_list);
	trace_wake_reaper(s, o->task->pid);
	if (!oom->reaper)
		oom->reaper = linux_kthread(vm, &s->cpus[0], "oom_reaper", oom_reaper, oom);
	wake_up(s, &oom->reaper_wait);
}

void queue_oom_reaper(struct task *victim)
{
	struct oom_task *o = &task_struct(victim)->oom;

	oom_state(task_vm(victim));
	if (o->reap_queued)
		return;
	o->reap_queued = true;
	o->task = victim;
	timer_init(&o->reaper_timer, wake_oom_reaper);
	timer_mod(victim->sim, &o->reaper_timer, jiffies(victim->sim) + OOM_REAPER_DELAY);
}
