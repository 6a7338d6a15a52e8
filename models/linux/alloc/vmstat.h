/*
 * vmstat.h - when the CPUs' parts of the counters are folded into those that all see
 *
 * Like:        Linux 6.1, mm/vmstat.c: vmstat_update of each CPU, which goes on as long as it finds
 *              something; vmstat_shepherd, which wakes it again; quiet_vmstat of a CPU that stops
 *              its tick (sim/engine/tick.h); their timers are deferrable and come at whole seconds
 * Simplified:  the work is done in the timer's place, not by a worker thread; only the free pages
 *              of zones and the counters of node_stat.h have parts: of the other counters of a
 *              node, which are exact, a CPU has something to fold if it has worked and one of
 *              them has another value than when it folded last; with a vm.stat_interval that is
 *              over at once the work comes at the next tick, in the kernel again and again, and
 *              its thread keeps the CPU from being idle
 * Left out:    /proc/sys/vm/stat_refresh
 *
 * The watermarks are compared with counters that lack the CPUs' parts, so the moment of a fold
 * can decide whether an allocation has to reclaim.
 */
#ifndef MMSIM_LINUX_VMSTAT_H
#define MMSIM_LINUX_VMSTAT_H

#include "models/linux/linux.h"

/* Starts the shepherd, and hears of CPUs that stop their tick. */
void vmstat_init(struct linux_vm *vm);
void vmstat_free(struct linux_vm *vm);
/*
 * The shepherd comes once per vm.stat_interval, from the next but one to come of the whole seconds
 * of the kernel's ticks on.  To be called again if the clock is set.
 */
void start_shepherd_timer(struct linux_vm *vm);
/*
 * A CPU that goes offline, not the last one, does nothing of this any more; its counters are folded
 * by the caller.
 */
void vmstat_cpu_down_prep(struct linux_vm *vm, int cpu);
/* As if a CPU had had something to fold each second so far: its next update is arranged. */
void vmstat_work_goes_on(struct linux_vm *vm, const struct cpu *cpu);
/* Whether a CPU has something to fold. */
bool need_update(struct linux_vm *vm, const struct cpu *cpu);
/* Whether its next update is arranged. */
bool vmstat_work_pending(const struct linux_vm *vm, const struct cpu *cpu);
#endif
