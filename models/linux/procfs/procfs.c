/*
 * procfs.c - which files of /proc there are
 */
#include <string.h>

#include "models/linux/pools/dma_pool.h"
#include "models/linux/printk.h"
#include "models/linux/procfs/procfs.h"

int64_t proc_counter(const struct metric_object *kind, const void *stat, const char *name)
{
	for (int i = 0; i < kind->nr_rows; i++)
		if (strcmp(kind->rows[i].name, name) == 0)
			return metric_value(stat, &kind->rows[i]);
	return 0;
}

/* Devices that have pools, in the order in which they were made. */
static const struct device *device_number(const struct sim *s, int i)
{
	LIST_FOR_EACH (pos, &linux_vm(s)->devices) {
		const struct device *dev = LIST_ENTRY(pos, struct device, link);

		if (dev->pools_file && i-- == 0)
			return dev;
	}
	return NULL;
}

static const char *pool_device(struct sim *s, int i)
{
	const struct device *dev = device_number(s, i);

	return dev ? dev->name : NULL;
}

static void pool_device_show(struct sim *s, int i, struct str *out)
{
	dma_pools_show(device_number(s, i), out);
}

#define PROC_FILE(file, text)                                                                      \
	{                                                                                          \
		.path = #file, .show = file##_show, .meaning = text                                \
	}

#define NODE "sysfs/devices/system/node/"

#define NODE_LIST(file, text)                                                                      \
	{                                                                                          \
		.path = NODE #file, .show = node_##file##_show, .meaning = text                    \
	}

#define NODE_FILE(file, text)                                                                      \
	{                                                                                          \
		.path = NODE "NAME/" #file, .meaning = text, .object = node_name,                  \
		.show_object = node_##file##_show                                                  \
	}

const struct proc_file linux_procfs[NR_LINUX_PROCFS] = {
	PROC_FILE(buddyinfo, "free blocks of each order, by zone"),
	PROC_FILE(diskstats, "requests, sectors and times of each disk"),
	PROC_FILE(kmsg, "what the kernel printed, the reports of the OOM killer above all"),
	PROC_FILE(loadavg, "tasks that run or wait, averages of 1, 5 and 15 minutes"),
	PROC_FILE(meminfo, "memory by what it is used for"),
	PROC_FILE(pagetypeinfo,
		  "free blocks of each order by migratetype, and pageblocks of each type"),
	{ .path = "pressure/cpu", .show = pressure_cpu_show, .meaning = "not simulated: always 0" },
	{ .path = "pressure/io",
	  .show = pressure_io_show,
	  .meaning = "time in which programs are stalled by reads, writes and dirty throttling" },
	{ .path = "pressure/memory",
	  .show = pressure_memory_show,
	  .meaning =
	      "time in which programs are stalled by reclaim, compaction, refaults and swap" },
	PROC_FILE(slabinfo, "caches of kernel objects that are simulated"),
	PROC_FILE(stat, "time of each CPU, changes of task, tasks that run and wait"),
	PROC_FILE(swaps, "swap areas that are on, and how full they are"),
	{ .path = "sys/vm/NAME",
	  .meaning = "the tunables",
	  .object = sys_vm_name,
	  .show_object = sys_vm_show },
	PROC_FILE(uptime, "time since boot, and of it the idle time of all CPUs"),
	PROC_FILE(vmallocinfo, "ranges of kernel addresses, and what they are used for"),
	PROC_FILE(vmstat, "counters of the machine"),
	PROC_FILE(zoneinfo, "counters, limits and per-CPU lists of each zone"),
	{ .path = "sysfs/devices/NAME/pools",
	  .meaning = "DMA pools of a device; below /sys, not /proc",
	  .object = pool_device,
	  .show_object = pool_device_show },
	NODE_FILE(cpulist, "CPUs of a node; below /sys, as all that follow"),
	NODE_FILE(distance, "distances of a node to each node"),
	NODE_FILE(meminfo, "memory of a node by what it is used for"),
	NODE_FILE(numastat, "where requests for pages were served"),
	NODE_FILE(vmstat, "counters of a node"),
	NODE_LIST(has_cpu, "nodes with CPUs"),
	NODE_LIST(has_memory, "nodes with memory"),
	NODE_LIST(has_normal_memory, "nodes with memory that the kernel itself can use"),
	NODE_LIST(online, "nodes that are there"),
	NODE_LIST(possible, "nodes that there can be"),
	{ .path = "sysfs/kernel/mm/hugepages/hugepages-1048576kB/NAME",
	  .meaning = "the pool of huge pages of 1 GiB",
	  .object = sys_hugepages_name,
	  .show_object = sys_gigantic_hugepages_show },
	{ .path = "sysfs/kernel/mm/hugepages/hugepages-2048kB/NAME",
	  .meaning = "that of 2 MiB",
	  .object = sys_hugepages_name,
	  .show_object = sys_hugepages_show },
	{ .path = "sysfs/kernel/mm/swap/vma_ra_enabled",
	  .show = vma_ra_enabled_show,
	  .meaning = "whether readahead from swap goes by addresses" },
	{ .path = "sysfs/kernel/mm/transparent_hugepage/NAME",
	  .meaning = "the tunables of huge pages",
	  .object = sys_thp_name,
	  .show_object = sys_thp_show },
	{ .path = "sysfs/kernel/mm/transparent_hugepage/khugepaged/NAME",
	  .meaning = "those of the thread that makes them",
	  .object = sys_khugepaged_name,
	  .show_object = sys_khugepaged_show },
};
