/*
 * report.c - what a report of a run of this kernel says beside its pictures
 *
 * Rows only, as in the other personality: happenings from tracepoints where they were recorded,
 * else from counters, to a sample; facts of the boot; files that say what is simplified.
 */
#include "models/freebsd/report.h"
#include "models/freebsd/freebsd.h"

/* --- what happened when --- */

const struct happening freebsd_happenings[NR_FREEBSD_HAPPENINGS] = {
	{ HAPPENING_SPAN("sim_pageout_scan", "sim_pageout_scan_end", "page daemon scans"),
	  "v_dfree+v_tcached", UNIT_PAGES, "freed or cached",
	  "an allocation left less than v_free_reserved + v_cache_min" },
	{ HAPPENING_ACTIVE("v_pdwakeups", "page daemon scans"), "v_dfree+v_tcached", UNIT_PAGES,
	  "freed or cached", "an allocation left less than v_free_reserved + v_cache_min" },
	{ HAPPENING_ACTIVE("sim_passes", "further passes"), "sim_laundered", UNIT_PAGES,
	  "laundered", "a scan was not enough: the next ones write dirty pages without limit" },
	{ HAPPENING_ACTIVE("sim_vmwait_ns", "waiting for memory"), "sim_vmwait_ns", UNIT_NS,
	  "of tasks",
	  "page faults below v_free_severe, or requests that a threshold refused, sleep until "
	  "v_free_min is reached" },
	{ HAPPENING_ACTIVE("sim_flswai_ns", "writers held back"), "sim_flswai_ns", UNIT_NS,
	  "of tasks", "hidirtybuffers is reached: writers wait for the flushing daemon" },
	{ HAPPENING_ACTIVE("sim_wdrain_ns", "writers wait for disks"), "sim_wdrain_ns", UNIT_NS,
	  "of tasks", "hirunningspace is reached: so much is on its way to disks" },
	{ HAPPENING_ACTIVE("sim_newbuf_ns", "no buffer"), "sim_newbuf_ns", UNIT_NS, "of tasks",
	  "all buffers are dirty or in use" },
	{ HAPPENING_ACTIVE("sim_file_pages_written", "writing files"), "sim_file_pages_written",
	  UNIT_PAGES, "written", "dirty buffers and mapped pages go to the disk" },
	{ HAPPENING_ACTIVE("v_swappgsout", "swapping out"), "v_swappgsout", UNIT_PAGES, "written",
	  "anonymous memory is laundered to swap" },
	{ HAPPENING_ACTIVE("v_swappgsin", "swapping in"), "v_swappgsin", UNIT_PAGES, "read",
	  "programs touch what lies in swap" },
	{ HAPPENING_ACTIVE("sim_swapped_ns", "a process waits to be swapped in"), "sim_swapped_ns",
	  UNIT_NS, "of tasks",
	  "it slept while memory was short, and was swapped out as a whole: its stack must be read "
	  "before it can run" },
	{ HAPPENING_ACTIVE("sim_redirtied", "writes of files fail"), "sim_redirtied", UNIT_COUNT,
	  "buffers dirty again",
	  "the disk answers EIO: what was to be written stays dirty and is written again" },
	{ HAPPENING_ACTIVE("sim_reserv_broken", "reservations broken"), "sim_reserv_broken",
	  UNIT_COUNT, "broken",
	  "all that is free lies in stretches of 2 MiB set aside for others" },
	{ HAPPENING_ACTIVE("object_collapses", "chains shortened"), "object_collapses", UNIT_COUNT,
	  "objects", "a process that was forked ended: its relative takes its pages over" },
	{ HAPPENING_MOMENT("sim_vm_page_alloc_fail", "free_and_cache", "allocation refused"), NULL,
	  UNIT_COUNT, NULL, "a threshold refused a request for a page" },
	{ HAPPENING_ACTIVE("sim_alloc_failed", "allocation refused"), "sim_alloc_failed",
	  UNIT_COUNT, "refused", "a threshold refused a request for a page" },
	{ HAPPENING_MOMENT("oom_kill", "pid", "a process killed"), NULL, UNIT_COUNT, NULL,
	  "out of swap space: the process with most pages in memory and in swap" },
	{ HAPPENING_ACTIVE("sim_oom_kills", "a process killed"), "sim_oom_kills", UNIT_COUNT,
	  "killed", "out of swap space: the process with most pages in memory and in swap" },
	{ HAPPENING_MOMENT("kernel_bug", "nr", "BUG"), NULL, UNIT_COUNT, NULL,
	  "the scenario broke a rule that the kernel asserts" },
};

/* --- what is simpler than the real machine --- */

static bool map_is_synthetic(struct sim *s)
{
	return freebsd_vm(s)->machine->synthetic_map;
}

static bool kernel_takes_nothing(struct sim *s)
{
	return freebsd_vm(s)->kernel_wired == 0;
}

static bool has_disks(struct sim *s)
{
	return freebsd_vm(s)->machine->nr_disks > 0;
}

static bool has_several_nodes(struct sim *s)
{
	return freebsd_vm(s)->machine->nr_nodes > 1;
}

const struct simplification freebsd_simplifications[NR_FREEBSD_SIMPLIFICATIONS] = {
	{ "synthetic memory map", map_is_synthetic,
	  "holes and ranges of memory are those of a usual PC of this size, not of a machine that "
	  "was looked at" },
	{ "kernel takes no memory", kernel_takes_nothing,
	  "all pages are free when the page daemon starts, so all targets are a little high, and "
	  "kernel stacks of programs take none; "
	  "freebsd.kernel_memory says what the kernel has wired" },
	{ "costs from a table", NULL,
	  "the CPU time of kernel work is a constant per page or call (models/hw/cost.def), "
	  "without caches, locks and other load; it was measured on Linux" },
	{ "disks from parameters", has_disks,
	  "latency, bandwidth and queue of a disk are figures of its kind; a cache inside it, wear "
	  "and temperature are not there" },
	{ "one pool of memory", has_several_nodes,
	  "this kernel knows one domain: pages of all nodes are alike" },
};

/* --- which parts of the kernel a run used --- */

#define OF(path) "models/freebsd/" path " "

const struct mechanism freebsd_mechanisms[NR_FREEBSD_MECHANISMS] = {
	{ "page allocator", "vmstat_sample", "v_page_count", OF("vm/vm_page.h") },
	{ "reservations", "vmstat_sample", "sim_reservations+sim_reserv_broken",
	  OF("vm/vm_reserv.h") },
	{ "CPUs and tasks", "task_sample", "ops", "sim/engine/cpu.h sim/engine/timer.h" },
	{ "buffers", "vmstat_sample", "sim_numbufs", OF("kern/vfs_bio.h") OF("vm/vnode_pager.h") },
	{ "requests and disks", "disk_sample", "read_sectors+write_sectors",
	  OF("kern/geom.h") "models/hw/disk.h" },
	{ "page daemon", "vmstat_sample", "v_pdwakeups", OF("vm/vm_pageout.h") },
	{ "memory of programs", "vmstat_sample", "v_vm_faults", OF("vm/vm_map.h") OF("vm/pmap.h") },
	{ "chains of objects", "vmstat_sample", "v_forks+v_cow_faults", OF("vm/vm_object.h") },
	{ "swap", "vmstat_sample", "v_swappgsout+v_swappgsin", OF("vm/swap_pager.h") },
	{ "swapping of whole processes", "vmstat_sample", "sim_swapouts", OF("vm/vm_glue.h") },
};
