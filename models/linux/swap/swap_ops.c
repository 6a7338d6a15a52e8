/*
 * swap_ops.c - switching areas on and off as calls, and what is sampled of them
 */
#include "models/linux/arg.h"
#include "models/linux/model_list.h"
#include "models/linux/swap/internal.h"
#include "models/linux/task.h"

static int64_t op_swapon(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return swapon(t, a->swap_area);
}

static int64_t op_swapoff(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return swapoff(t, a->swap_area);
}

static const struct op swap_ops[] = {
	{ "swapon", "swap_area", NULL, op_swapon, OP_NO_IRQ,
	  "swapon(2): an area of linux.swap is used from now on; -EBUSY: it is already, or a file "
	  "system or another area has its disk; -ENOENT: no such file; -EINVAL: no area" },
	{ "swapoff", "swap_area", NULL, op_swapoff, OP_NO_IRQ,
	  "swapoff(2): bring everything back that is in an area, and use it no longer; "
	  "-ENOENT: no such file; -EINVAL: it is not on" },
};

/* --- samples --- */

#define SWAP_ROW(n, kind, unit, m)                                                                 \
	{                                                                                          \
#n, METRIC_##kind, UNIT_##unit, offsetof(struct swap_stat, n), m                   \
	}

static const struct metric swap_rows[] = {
	SWAP_ROW(pages, GAUGE, PAGES, "places; 0: it is off (sampled)"),
	SWAP_ROW(inuse_pages, GAUGE, PAGES, "places in use, those a CPU has in hand too (sampled)"),
	SWAP_ROW(prio, GAUGE, COUNT, "priority (sampled)"),
	SWAP_ROW(nr_cached, GAUGE, PAGES, "places whose page is in the swap cache"),
	SWAP_ROW(free_clusters, GAUGE, COUNT,
		 "stretches of 512 places with none in use; 0 on a disk that rotates (sampled)"),
	SWAP_ROW(pages_in, COUNTER, PAGES, "read from it"),
	SWAP_ROW(pages_out, COUNTER, PAGES, "written to it"),
};

static int swap_area_count(struct sim *s)
{
	return linux_vm(s)->swap ? linux_vm(s)->swap->nr_swapfiles : 0;
}

static const void *swap_area_stat(struct sim *s, int i)
{
	struct swap_info_struct *si = &linux_vm(s)->swap->info[i];

	si->stat.pages = si->pages;
	si->stat.inuse_pages = si->inuse_pages;
	si->stat.prio = si->prio;
	si->stat.free_clusters = 0;
	if (si->cluster_info)
		for (uint32_t k = si->free_clusters.head; k != CLUSTER_NULL;
		     k = si->cluster_info[k].next)
			si->stat.free_clusters++;
	return &si->stat;
}

static void swap_area_key(struct sim *s, int i, union metric_key_value *keys)
{
	keys[0].text = linux_vm(s)->swap->info[i].name;
}

static const struct metric_object swap_metrics = {
	.name = "swap",
	.table = "swap_sample",
	.meaning = "a swap area at a sample, as in /proc/swaps",
	.keys = { { "area", true, "its name in linux.swap" } },
	.nr_keys = 1,
	.rows = swap_rows,
	.nr_rows = ARRAY_LEN(swap_rows),
	.count = swap_area_count,
	.stat = swap_area_stat,
	.key = swap_area_key,
};

static const struct metric_object *const metrics[] = { &swap_metrics, NULL };

static const struct check_def swap_checks[] = {
	{ "swap", swap_check,
	  "counts of places against the entries of programs and the swap cache, free places, "
	  "clusters" },
};

const struct model swap_model = {
	.name = "swap",
	.ops = swap_ops,
	.nr_ops = ARRAY_LEN(swap_ops),
	.checks = swap_checks,
	.nr_checks = ARRAY_LEN(swap_checks),
	.metrics = metrics,
};
