/*
 * stall.c - time lost by cause, and the samples of tasks
 */
#include "models/linux/model_list.h"
#include "models/linux/procfs/load.h"
#include "models/linux/stall.h"
#include "models/linux/task.h"
#include "models/linux/trace.h"

_Static_assert(NR_STALL_CAUSES < TASK_LOSSES, "each cause has its place in struct task");

/* --- accounting --- */

static int64_t *machine_sum(struct linux_vm *vm, enum stall_cause cause)
{
	switch (cause) {
	case STALL_RECLAIM:
		return &vm->stat.sim_reclaim_stall_ns;
	case STALL_COMPACT:
		return &vm->stat.sim_compact_stall_ns;
	case STALL_RECLAIM_THROTTLE:
		return &vm->stat.sim_reclaim_throttle_ns;
	case STALL_DIRTY_THROTTLE:
		return &vm->stat.sim_throttle_ns;
	case STALL_REFAULT:
		return &vm->stat.sim_refault_stall_ns;
	case STALL_SWAPIN:
		return &vm->stat.sim_swapin_stall_ns;
	case STALL_READ:
		return &vm->stat.sim_read_stall_ns;
	case STALL_PAGE:
		return &vm->stat.sim_page_stall_ns;
	case STALL_WRITEBACK:
		return &vm->stat.sim_writeback_stall_ns;
	case STALL_WBT:
		return &vm->stat.sim_wbt_stall_ns;
	case STALL_TAG:
		return &vm->stat.sim_tag_stall_ns;
	case STALL_IO:
		return &vm->stat.sim_io_stall_ns;
	case STALL_LOCK:
		return &vm->stat.sim_lock_stall_ns;
	case STALL_MEMPOOL:
		return &vm->stat.sim_mempool_stall_ns;
	case STALL_OTHER:
		return &vm->stat.sim_other_stall_ns;
	case STALL_RUN_DELAY:
		return &vm->stat.sim_run_delay_ns;
	case NR_STALL_CAUSES:
		break;
	}
	return NULL;
}

static void charge(struct task *t, enum stall_cause cause, sim_time ns)
{
	*machine_sum(task_vm(t), cause) += (int64_t)ns;
	t->lost_ns[cause] += (int64_t)ns;
}

/* Books what the task lost since it was booked last; it goes on to be lost for the same reason. */
static void settle(struct task *t)
{
	struct stall *stall = &task_struct(t)->stall;
	struct task_times now = task_times(t);
	sim_time lost = now.now - stall->since.now - (now.idle - stall->since.idle);
	sim_time cpu = t->cpu_ns - stall->cpu_ns;

	if (stall->cause == STALL_NONE) {
		sim_time blocked = now.sleep - stall->since.sleep;

		charge(t, STALL_RUN_DELAY, lost - cpu - blocked);
		stall->no_cause += blocked;
	} else {
		charge(t, stall->cause, lost);
		t->lost_ns[STALL_CPU] += (int64_t)cpu;
	}
	stall->since = now;
	stall->cpu_ns = t->cpu_ns;
}

/* Kernel threads and interrupts lose no program's time. */
static bool is_counted(const struct task *t)
{
	return !(t->flags & (TASK_KERNEL | TASK_IRQ));
}

/* As a tracepoint has it: -1 is no cause. */
static int64_t traced(enum stall_cause cause)
{
	return cause == STALL_NONE ? -1 : (int64_t)cause;
}

static void change(struct task *t, enum stall_cause cause)
{
	struct stall *stall = &task_struct(t)->stall;

	if (is_counted(t)) {
		settle(t);
		psi_task_change(task_vm(t), task_now(t), stall->cause, cause);
		if (cause != stall->cause)
			trace_sim_stall(t->sim, traced(cause), traced(stall->cause));
	}
	stall->cause = cause;
}

void stall_init(struct task *t)
{
	task_struct(t)->stall = (struct stall){ .cause = STALL_NONE, .since.now = t->began_at };
}

void stall_exit(struct task *t)
{
	change(t, STALL_NONE);
}

enum stall_cause stall_enter(struct task *t, enum stall_cause cause)
{
	enum stall_cause outer;

	if (task_in_irq(t))
		return STALL_NONE;
	outer = task_struct(t)->stall.cause;
	if (cause < STALL_WRITEBACK || outer == STALL_NONE)
		change(t, cause);
	return outer;
}

void stall_leave(struct task *t, enum stall_cause outer)
{
	if (!task_in_irq(t))
		change(t, outer);
}

void stall_sleep_ticks(struct task *t, uint64_t ticks)
{
	enum stall_cause outer = stall_enter(t, STALL_OTHER);

	task_sleep_ticks(t, ticks);
	stall_leave(t, outer);
}

/* One that has ended was booked then. */
static void settle_if_counted(struct task *t)
{
	if (is_counted(t) && task_struct(t))
		settle(t);
}

void stall_settle(struct linux_vm *vm)
{
	LIST_FOR_EACH (pos, &vm->sim->tasks)
		settle_if_counted(LIST_ENTRY(pos, struct task, link));
}

/* --- checks --- */

/* Whatever a program waits for in the kernel has a cause, and the causes add up. */
static void stall_check(struct check *c, struct sim *s)
{
	stall_settle(linux_vm(s));
	LIST_FOR_EACH (pos, &s->tasks) {
		const struct task *t = LIST_ENTRY(pos, struct task, link);
		int64_t lost = 0;

		if (!is_counted(t) || !task_struct(t) || !t->program)
			continue;
		for (int cause = 0; cause < NR_STALL_CAUSES; cause++)
			lost += t->lost_ns[cause];
		CHECK(c, task_struct(t)->stall.no_cause == 0);
		CHECK(c, lost == (int64_t)task_lost_ns(t) + t->lost_ns[STALL_CPU]);
	}
}

static const struct check_def checks[] = {
	{ "stall", stall_check, "each wait of a program in the kernel has a cause; they add up" },
};

/* --- samples --- */

static const struct metric task_rows[] = {
	WORKLOAD_TASK_ROWS,
	WORKLOAD_TASK_LOST("reclaim_stall_ns", STALL_RECLAIM,
			   "of its time, in direct reclaim, not held back"),
	WORKLOAD_TASK_LOST("compact_stall_ns", STALL_COMPACT, "in direct compaction"),
	WORKLOAD_TASK_LOST("reclaim_throttle_ns", STALL_RECLAIM_THROTTLE, "held back in reclaim"),
	WORKLOAD_TASK_LOST("dirty_throttle_ns", STALL_DIRTY_THROTTLE, "held back as a writer"),
	WORKLOAD_TASK_LOST("refault_stall_ns", STALL_REFAULT,
			   "waiting for pages to be read that had been evicted"),
	WORKLOAD_TASK_LOST("swapin_stall_ns", STALL_SWAPIN, "waiting for pages of swap"),
	WORKLOAD_TASK_LOST("read_stall_ns", STALL_READ, "waiting for other pages to be read"),
	WORKLOAD_TASK_LOST("page_stall_ns", STALL_PAGE,
			   "waiting for a page lock, or for a page to be written"),
	WORKLOAD_TASK_LOST("writeback_stall_ns", STALL_WRITEBACK,
			   "waiting for the flusher, or for a file that is being written"),
	WORKLOAD_TASK_LOST("wbt_stall_ns", STALL_WBT, "held back by writeback throttling"),
	WORKLOAD_TASK_LOST("tag_stall_ns", STALL_TAG, "waiting for a request tag"),
	WORKLOAD_TASK_LOST("io_stall_ns", STALL_IO,
			   "waiting for direct I/O, or for a flush of a disk's cache"),
	WORKLOAD_TASK_LOST("lock_stall_ns", STALL_LOCK,
			   "waiting for the lock of a file, of a file system, or mmap_lock"),
	WORKLOAD_TASK_LOST("mempool_stall_ns", STALL_MEMPOOL,
			   "waiting for an element of a mempool"),
	WORKLOAD_TASK_LOST("other_stall_ns", STALL_OTHER,
			   "waiting for anything else in the kernel: a tick before the next try"),
	WORKLOAD_TASK_LOST("run_delay_ns", STALL_RUN_DELAY,
			   "without the CPU though it could run and lost time for nothing else"),
	WORKLOAD_TASK_LOST("stall_cpu_ns", STALL_CPU,
			   "with the CPU within these: their sum is blocked_ns and this"),
};

static const void *task_stat(struct sim *s, int i)
{
	struct task *t = workload_task(s, i);

	if (t)
		settle_if_counted(t);
	return workload_task_stat(s, i);
}

const struct metric_object linux_task_metrics = WORKLOAD_TASK_OBJECT_STAT(task_rows, task_stat);

static const struct metric_object *const metrics[] = { &linux_task_metrics, NULL };

const struct model task_model = {
	.name = "task",
	.metrics = metrics,
	.checks = checks,
	.nr_checks = ARRAY_LEN(checks),
};
