/*
 * oom_report.c - what the kernel prints when memory is used up
 *
 *	who asked, for what; Mem-Info; the table of tasks; whom it will be
 *
 * Line by line in the kernel's form, so that what reads the logs of real
 * machines reads these; only the stack of the task is missing.
 */
#include <inttypes.h>

#include "models/linux/alloc/internal.h"
#include "models/linux/alloc/show_mem.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/procfs/procfs.h"
#include "models/linux/reclaim/oom_kill.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/task.h"

#define KERNEL "6.1.0-56-amd64 #1  Debian 6.1.192-2"

static const char *const constraint_text[] = {
	[CONSTRAINT_NONE] = "CONSTRAINT_NONE",
	[CONSTRAINT_MEMORY_POLICY] = "CONSTRAINT_MEMORY_POLICY",
};

/* "0-1,3". */
static void print_nodes(struct str *out, uint64_t nodes)
{
	const char *sep = "";

	for (int n = 0; n < 64; n++) {
		int last = n;

		if (!(nodes >> n & 1))
			continue;
		while (last < 63 && nodes >> (last + 1) & 1)
			last++;
		str_addf(out, "%s%d", sep, n);
		if (last > n)
			str_addf(out, "-%d", last);
		sep = ",";
		n = last;
	}
}

static void print_nodemask(struct str *out, uint64_t nodemask)
{
	str_add(out, "nodemask=");
	if (nodemask)
		print_nodes(out, nodemask);
	else
		str_add(out, "(null)");
}

static void print_mems_allowed(struct linux_vm *vm, struct str *out)
{
	uint64_t nodes = 0;

	FOR_EACH_NODE (vm, node)
		if (node->node_present_pages && node->node_id < 64)
			nodes |= 1ULL << node->node_id;
	str_add(out, ",cpuset=/,mems_allowed=");
	print_nodes(out, nodes);
}

static void print_gfp(struct str *out, gfp_t gfp)
{
	str_addf(out, "%#x(", gfp);
	gfp_print(out, gfp);
	str_addc(out, ')');
}

/* What dump_stack says first. */
static void print_task(const struct task *t, struct str *out)
{
	str_addf(out, "CPU: %d PID: %d Comm: %.15s Not tainted " KERNEL "\n", t->cpu->id, t->pid,
		 t->name);
	str_add(out, "Hardware name: mmsim\n");
}

/* More memory of the kernel's own than of everybody else: then that may be where it has gone. */
static bool should_dump_unreclaim_slab(const struct linux_vm *vm)
{
	static const char *const lru[] = { "nr_active_anon",   "nr_inactive_anon",
					   "nr_active_file",   "nr_inactive_file",
					   "nr_isolated_anon", "nr_isolated_file",
					   "nr_unevictable" };
	int64_t nr_lru = 0;

	for (size_t i = 0; i < ARRAY_LEN(lru); i++)
		nr_lru += proc_node_sum(vm->sim, lru[i]);
	return proc_node_sum(vm->sim, "nr_slab_unreclaimable") > nr_lru;
}

/* The caches that nobody could take from, those made last first: the larger ones. */
static void dump_unreclaimable_slab(const struct linux_vm *vm, struct str *out)
{
	str_add(out, "Unreclaimable slab info:\n"
		     "Name                      Used          Total\n");
	for (int id = NR_SLAB_CACHES - 1; id >= SLAB_KMALLOC_8; id--) {
		struct slab_count s;

		slab_count(vm, (enum slab_cache_id)id, &s);
		if (s.objects)
			str_addf(out, "%-17s %10" PRIu64 "KB %10" PRIu64 "KB\n", s.name,
				 s.inuse * s.bytes / 1024, s.objects * s.bytes / 1024);
	}
}

static void print_tasks(struct linux_vm *vm, const struct oom_control *oc, struct str *out)
{
	str_add(out, "Tasks state (memory values in pages):\n");
	str_add(out,
		"[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj "
		"name\n");
	LIST_FOR_EACH (pos, &vm->sim->tasks) {
		const struct task *p = LIST_ENTRY(pos, struct task, link);
		const struct task_struct *ts = p->kernel;
		struct mm_stat stat;

		if (!oom_eligible(oc, p) || (!ts->mm && (ts->flags & PF_EXITING)))
			continue;
		stat = mm_stat_seen(ts->mm);
		str_addf(out,
			 "[%7d] %5d %5d %8" PRId64 " %8" PRId64 " %8" PRId64 " %8" PRId64
			 "         %5d %.15s\n",
			 p->pid, 0, p->pid, stat.total_vm,
			 stat.rss_file + stat.rss_anon + stat.rss_shmem, stat.pgtables_bytes,
			 stat.swapents, ts->oom.score_adj, p->name);
	}
}

void oom_dump_header(struct task *t, const struct oom_control *oc, const struct task *p)
{
	struct linux_vm *vm = task_vm(t);
	struct str out = { 0 };

	str_addf(&out, "%.15s invoked oom-killer: gfp_mask=", t->name);
	print_gfp(&out, oc->gfp_mask);
	str_addf(&out, ", order=%d, oom_score_adj=%d\n", oc->order, task_struct(t)->oom.score_adj);
	print_task(t, &out);
	printk(vm, LOGLEVEL_WARNING, str_get(&out));
	str_free(&out);
	show_mem(vm, t->cpu, oc->nodemask, gfp_zone(oc->gfp_mask), &out);
	printk(vm, LOGLEVEL_WARNING, str_get(&out));
	str_free(&out);
	if (should_dump_unreclaim_slab(vm))
		dump_unreclaimable_slab(vm, &out);
	if (vm->sysctl.oom_dump_tasks)
		print_tasks(vm, oc, &out);
	if (p) {
		str_addf(&out, "oom-kill:constraint=%s,", constraint_text[oc->constraint]);
		print_nodemask(&out, oc->nodemask);
		print_mems_allowed(vm, &out);
		str_addf(&out, ",global_oom,task_memcg=/,task=%.15s,pid=%d,uid=0\n", p->name,
			 p->pid);
	}
	printk(vm, LOGLEVEL_INFO, str_get(&out));
	str_free(&out);
}

static bool has_managed_dma(struct linux_vm *vm)
{
	FOR_EACH_NODE (vm, node)
		if (managed_zone(&node->zones[ZONE_DMA]))
			return true;
	return false;
}

/* Which nodes the report of a failure shows: those that the request was limited to, unless who asks
 * may have memory of others, or could not wait.  0: all. */
static uint64_t nodes_to_show(const struct task *t, gfp_t gfp, uint64_t nodemask)
{
	const unsigned may_take_any = PF_OOM_VICTIM | PF_MEMALLOC | PF_EXITING;

	if (task_in_irq(t) || !(gfp & __GFP_DIRECT_RECLAIM))
		return 0;
	return !(gfp & __GFP_NOMEMALLOC) && (task_struct(t)->flags & may_take_any) ? 0 : nodemask;
}

void warn_alloc(struct task *t, gfp_t gfp, int order, uint64_t nodemask)
{
	struct linux_vm *vm = task_vm(t);
	struct str out = { 0 };

	if ((gfp & __GFP_NOWARN) || !__ratelimit(vm, &oom_state(vm)->nopage) ||
	    ((gfp & __GFP_DMA) && !has_managed_dma(vm)))
		return;
	trace_warn_alloc(vm->sim, order, gfp);
	str_addf(&out, "%.15s: page allocation failure: order:%d, mode:", t->name, order);
	print_gfp(&out, gfp);
	str_add(&out, ", ");
	print_nodemask(&out, nodemask);
	print_mems_allowed(vm, &out);
	str_addc(&out, '\n');
	print_task(t, &out);
	show_mem(vm, t->cpu, nodes_to_show(t, gfp, nodemask), gfp_zone(gfp), &out);
	printk(vm, LOGLEVEL_WARNING, str_get(&out));
	str_free(&out);
}
