/*
 * procfs.h - files of /proc and /sys as the simulated kernel would show them
 *
 * Like:        Linux 6.1, mm/vmstat.c: vmstat, zoneinfo, buddyinfo, pagetypeinfo, every line
 *              in its form; fs/proc: meminfo, stat, uptime; mm/slab_common.c: slabinfo;
 *              block/genhd.c: diskstats; drivers/base/node.c: the files of a node;
 *              mm/huge_memory.c, mm/khugepaged.c: theirs of /sys/kernel/mm
 * Simplified:  counters of what is not simulated are 0; counters other than free pages are
 *              exact, where the real ones lag behind by their per-CPU parts; the machine was
 *              booted when the run begins, at second 0 of 1970; times of CPUs, interrupts:
 *              load.h; memory that the boot took (kernel stacks, per-CPU areas) is missing from
 *              MemTotal, and counted nowhere else
 * Left out:    times of guests
 *
 * A file is a row of linux_procfs: its path below /proc ("sysfs/...": below /sys), the function
 * that writes its text, its meaning.
 */
#ifndef MMSIM_LINUX_PROCFS_H
#define MMSIM_LINUX_PROCFS_H

#include "models/linux/linux.h"

enum {
	NR_LINUX_PROCFS = 33,
	NR_PROC_NODE_COUNTERS = 43,
	NR_PROC_ZONE_COUNTERS = 16,
};

extern const struct proc_file linux_procfs[NR_LINUX_PROCFS];

/* The counter of this name in what stat() of its kind gave; 0 if there is none. */
int64_t proc_counter(const struct metric_object *kind, const void *stat, const char *name);

/* Names in the order in which zoneinfo and vmstat have them. */
extern const char *const proc_node_counters[NR_PROC_NODE_COUNTERS];
extern const char *const proc_zone_counters[NR_PROC_ZONE_COUNTERS];
/* Of a node, and of all of them. */
int64_t proc_node_counter(struct sim *s, int nid, const char *name);
int64_t proc_node_sum(struct sim *s, const char *name);
/* The sum over the zones of a node; NUMA_NO_NODE: of all nodes. */
int64_t proc_zone_sum(struct sim *s, int nid, const char *name);
/* Free pages as the limits are compared: without the CPUs' parts.  nid as above. */
int64_t proc_free_pages(struct sim *s, int nid);

void buddyinfo_show(struct sim *s, struct str *out);
void diskstats_show(struct sim *s, struct str *out);
void loadavg_show(struct sim *s, struct str *out);
void meminfo_show(struct sim *s, struct str *out);
void pagetypeinfo_show(struct sim *s, struct str *out);
void pressure_cpu_show(struct sim *s, struct str *out);
void pressure_io_show(struct sim *s, struct str *out);
void pressure_memory_show(struct sim *s, struct str *out);
void slabinfo_show(struct sim *s, struct str *out);
void stat_show(struct sim *s, struct str *out);
void swaps_show(struct sim *s, struct str *out);
void uptime_show(struct sim *s, struct str *out);
void vmallocinfo_show(struct sim *s, struct str *out);
void vmstat_show(struct sim *s, struct str *out);
void zoneinfo_show(struct sim *s, struct str *out);

/* File number i of /proc/sys/vm; NULL: there are no more. */
const char *sys_vm_name(struct sim *s, int i);
void sys_vm_show(struct sim *s, int i, struct str *out);
void vma_ra_enabled_show(struct sim *s, struct str *out);
/* File number i of /sys/kernel/mm/transparent_hugepage, and of khugepaged/ below it; NULL: there
 * are no more. */
const char *sys_thp_name(struct sim *s, int i);
void sys_thp_show(struct sim *s, int i, struct str *out);
const char *sys_khugepaged_name(struct sim *s, int i);
void sys_khugepaged_show(struct sim *s, int i, struct str *out);
/* File number i of a folder of /sys/kernel/mm/hugepages; NULL: there are no more. */
const char *sys_hugepages_name(struct sim *s, int i);
void sys_gigantic_hugepages_show(struct sim *s, int i, struct str *out);
void sys_hugepages_show(struct sim *s, int i, struct str *out);

/* Online node number i, as struct proc_file counts objects; NUMA_NO_NODE, NULL: there are no more.
 */
int proc_node_id(struct sim *s, int i);
const char *node_name(struct sim *s, int i);
void node_cpulist_show(struct sim *s, int i, struct str *out);
void node_distance_show(struct sim *s, int i, struct str *out);
void node_meminfo_show(struct sim *s, int i, struct str *out);
void node_numastat_show(struct sim *s, int i, struct str *out);
void node_vmstat_show(struct sim *s, int i, struct str *out);
void node_has_cpu_show(struct sim *s, struct str *out);
void node_has_memory_show(struct sim *s, struct str *out);
void node_has_normal_memory_show(struct sim *s, struct str *out);
void node_online_show(struct sim *s, struct str *out);
void node_possible_show(struct sim *s, struct str *out);
#endif
