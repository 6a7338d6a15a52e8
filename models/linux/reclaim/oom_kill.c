/*
 * oom_kill.c - who is killed when memory is used up
 *
 * The task with most memory goes: its pages, those it has in swap and its page
 * tables, moved by oom_score_adj thousandths of all memory.  Of two alike the
 * later one goes.  One at a time: as long as a victim has not given its memory
 * back nobody else is chosen, and who asks for memory tries again.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "models/linux/alloc/internal.h"
#include "models/linux/arg.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/model_list.h"
#include "models/linux/reclaim/oom_kill.h"
#include "models/linux/task.h"

#define NOPAGE_INTERVAL (10 * HZ)

struct oom_state *oom_state(struct linux_vm *vm)
{
	struct oom_state *oom = vm->oom;

	if (oom)
		return oom;
	oom = sim_calloc(1, sizeof(*oom));
	wait_queue_init(&oom->reaper_wait);
	list_init(&oom->reap_list);
	oom->report =
	    (struct ratelimit_state){ DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST, 0, 0 };
	oom->nopage = (struct ratelimit_state){ NOPAGE_INTERVAL, 1, 0, 0 };
	vm->oom = oom;
	return oom;
}

void oom_free(struct linux_vm *vm)
{
	sim_free(vm->oom);
	vm->oom = NULL;
}

/* --- badness --- */

/* Processes: neither of the kernel nor of the past or the future. */
static bool oom_unkillable_task(const struct task *p)
{
	return (p->flags & (TASK_KERNEL | TASK_IRQ)) || p->state == TASK_DEAD || !p->kernel ||
	       !workload_task_has_begun(p);
}

/* It has left its address space already. */
static bool has_no_mm(const struct task *p)
{
	return (task_struct(p)->flags & PF_EXITING) && !task_struct(p)->mm;
}

bool tsk_is_oom_victim(const struct task *t)
{
	return task_struct(t)->flags & PF_OOM_VICTIM;
}

int64_t oom_badness(const struct task *t, uint64_t totalpages)
{
	const struct task_struct *ts = task_struct(t);
	int64_t points = 0;

	if (oom_unkillable_task(t) || has_no_mm(t))
		return INT64_MIN;
	if (ts->oom.score_adj == OOM_SCORE_ADJ_MIN || ts->oom.skip)
		return INT64_MIN;
	if (ts->mm) {
		const struct mm_stat stat = mm_stat_seen(ts->mm);

		points = stat.rss_file + stat.rss_anon + stat.rss_shmem + stat.swapents +
			 stat.pgtables_bytes / (int64_t)PAGE_SIZE;
	}
	return points + ts->oom.score_adj * (int64_t)(totalpages / 1000);
}

/* A task that is bound to other nodes would not help. */
static bool mempolicy_in_oom_domain(const struct task *p, uint64_t nodemask)
{
	const struct mempolicy *policy = &task_struct(p)->mempolicy;

	return !nodemask || policy->mode != MPOL_BIND || (policy->nodes & nodemask);
}

bool oom_eligible(const struct oom_control *oc, const struct task *p)
{
	return !oom_unkillable_task(p) && mempolicy_in_oom_domain(p, oc->nodemask);
}

/* --- selection --- */

static enum oom_constraint constrained_alloc(struct linux_vm *vm, struct oom_control *oc)
{
	bool all = true;

	oc->totalpages = vm->totalram_pages + vm->total_swap_pages;
	if (!oc->zonelist || (oc->gfp_mask & __GFP_THISNODE) || !oc->nodemask)
		return CONSTRAINT_NONE;
	FOR_EACH_NODE (vm, node)
		if (node->node_present_pages && !node_in_mask(oc->nodemask, node))
			all = false;
	if (all)
		return CONSTRAINT_NONE;
	oc->totalpages = vm->total_swap_pages;
	FOR_EACH_NODE (vm, node)
		if (node_in_mask(oc->nodemask, node))
			oc->totalpages += node->node_present_pages;
	return CONSTRAINT_MEMORY_POLICY;
}

void select_bad_process(struct linux_vm *vm, struct oom_control *oc)
{
	oc->chosen = NULL;
	oc->chosen_points = INT64_MIN;
	oc->aborted = false;
	LIST_FOR_EACH (pos, &vm->sim->tasks) {
		struct task *p = LIST_ENTRY(pos, struct task, link);
		int64_t points;

		if (!oom_eligible(oc, p))
			continue;
		if (tsk_is_oom_victim(p)) {
			if (task_struct(p)->oom.skip)
				continue;
			oc->chosen = NULL;
			oc->aborted = true;
			return;
		}
		points = task_struct(p)->oom.origin ? INT64_MAX : oom_badness(p, oc->totalpages);
		if (points == INT64_MIN || points < oc->chosen_points)
			continue;
		oc->chosen = p;
		oc->chosen_points = points;
	}
}

/* --- killing --- */

/* It is on its way out and will give its memory back. */
static bool task_will_free_mem(const struct task *p)
{
	if ((p->flags & (TASK_KERNEL | TASK_IRQ)) || has_no_mm(p))
		return false;
	return (p->killed || (task_struct(p)->flags & PF_EXITING)) && !task_struct(p)->oom.skip;
}

static void mark_oom_victim(struct task *victim)
{
	struct task_struct *ts = task_struct(victim);
	const struct mm_stat stat = mm_stat_seen(ts->mm);

	if (ts->flags & PF_OOM_VICTIM)
		return;
	ts->flags |= PF_OOM_VICTIM;
	trace_mark_victim(victim->sim, victim->pid, stat.total_vm << (PAGE_SHIFT - 10),
			  stat.rss_anon << (PAGE_SHIFT - 10), stat.rss_file << (PAGE_SHIFT - 10),
			  stat.rss_shmem << (PAGE_SHIFT - 10), 0, stat.pgtables_bytes >> 10,
			  ts->oom.score_adj);
}

static void __oom_kill_process(struct oom_control *oc, const char *message)
{
	struct task *victim = oc->chosen;
	struct linux_vm *vm = task_vm(victim);
	const struct mm_stat stat = mm_stat_seen(task_struct(victim)->mm);

	vm->stat.oom_kill++;
	trace_oom_kill(vm->sim, victim->pid, oc->chosen_points);
	task_kill(victim);
	mark_oom_victim(victim);
	printk_f(vm, LOGLEVEL_ERR,
		 "%s: Killed process %d (%.15s) total-vm:%" PRId64 "kB, anon-rss:%" PRId64
		 "kB, file-rss:%" PRId64 "kB, "
		 "shmem-rss:%" PRId64 "kB, UID:0 pgtables:%" PRId64 "kB oom_score_adj:%d\n",
		 message, victim->pid, victim->name, stat.total_vm << (PAGE_SHIFT - 10),
		 stat.rss_anon << (PAGE_SHIFT - 10), stat.rss_file << (PAGE_SHIFT - 10),
		 stat.rss_shmem << (PAGE_SHIFT - 10), stat.pgtables_bytes >> 10,
		 task_struct(victim)->oom.score_adj);
	queue_oom_reaper(victim);
}

static void oom_kill_process(struct task *t, struct oom_control *oc, const char *message)
{
	struct task *victim = oc->chosen;

	if (task_will_free_mem(victim)) {
		mark_oom_victim(victim);
		queue_oom_reaper(victim);
		return;
	}
	if (__ratelimit(task_vm(t), &oom_state(task_vm(t))->report))
		oom_dump_header(t, oc, victim);
	__oom_kill_process(oc, message);
}

static void check_panic_on_oom(struct task *t, const struct oom_control *oc)
{
	int64_t mode = task_vm(t)->sysctl.panic_on_oom;

	if (!mode || (mode != 2 && oc->constraint != CONSTRAINT_NONE))
		return;
	oom_dump_header(t, oc, NULL);
	panic(t, mode == 2 ? "Out of memory: compulsory panic_on_oom is enabled"
			   : "Out of memory: system-wide panic_on_oom is enabled");
}

bool out_of_memory(struct task *t, struct oom_control *oc)
{
	struct linux_vm *vm = task_vm(t);

	/* one that is dying needs the memory to end */
	if (task_will_free_mem(t)) {
		mark_oom_victim(t);
		queue_oom_reaper(t);
		return true;
	}
	/* reclaim that may not enter file systems has not seen everything: others will kill */
	if (oc->gfp_mask && !(oc->gfp_mask & __GFP_FS))
		return true;
	oc->constraint = constrained_alloc(vm, oc);
	if (oc->constraint != CONSTRAINT_MEMORY_POLICY)
		oc->nodemask = 0;
	check_panic_on_oom(t, oc);
	if (vm->sysctl.oom_kill_allocating_task && oom_eligible(oc, t) && !has_no_mm(t) &&
	    task_struct(t)->oom.score_adj != OOM_SCORE_ADJ_MIN) {
		oc->chosen = t;
		oc->chosen_points = 0;
		oom_kill_process(t, oc, "Out of memory (oom_kill_allocating_task)");
		return true;
	}
	select_bad_process(vm, oc);
	if (!oc->chosen && !oc->aborted) {
		oom_dump_header(t, oc, NULL);
		printk(vm, LOGLEVEL_WARNING, "Out of memory and no killable processes...\n");
		panic(t, "System is deadlocked on memory");
	}
	if (oc->chosen)
		oom_kill_process(t, oc, "Out of memory");
	return true;
}

/* --- the end of a victim --- */

void exit_oom_victim(struct task *t)
{
	struct oom_task *o = &task_struct(t)->oom;

	o->skip = true;
	if (!o->reap_queued)
		return;
	timer_del(t->sim, &o->reaper_timer);
	if (list_linked(&o->reap_link))
		list_del(&o->reap_link);
}

/* --- what scenarios say --- */

int set_oom_score_adj(struct task *t, int64_t adj)
{
	if (adj < OOM_SCORE_ADJ_MIN || adj > OOM_SCORE_ADJ_MAX)
		return -EINVAL;
	if (t->state == TASK_DEAD || !t->kernel)
		return -ESRCH;
	task_struct(t)->oom.score_adj = (int)adj;
	trace_oom_score_adj_update(t->sim, t->pid, adj);
	return 0;
}

static int64_t op_set_oom_score_adj(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return set_oom_score_adj(t, a->oom_score_adj);
}

static const struct op oom_ops[] = {
	{ "set_oom_score_adj", "oom_score_adj", NULL, op_set_oom_score_adj, OP_NO_IRQ,
	  "make the task more or less likely to be killed when memory is used up, as a write to "
	  "/proc/self/oom_score_adj" },
};

void oom_task_init(struct task *t)
{
	list_init(&task_struct(t)->oom.reap_link);
}

const struct model oom_model = {
	.name = "oom",
	.ops = oom_ops,
	.nr_ops = ARRAY_LEN(oom_ops),
};
