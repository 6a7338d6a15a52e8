/*
 * load.h - how busy the machine was: load averages and pressure
 *
 * Like:        Linux 6.1, kernel/sched/loadavg.c: tasks that run or wait without being
 *              interruptible, every 5 s and one tick, smoothed over 1, 5 and 15 minutes;
 *              kernel/sched/psi.c: time in which tasks are stalled, every 2 s and one tick
 * Simplified:  waiting kernel threads count as interruptible; a task is stalled when it loses time
 *              for a reason of stall.h: kernel threads and direct I/O are none; "full" is the time
 *              in which no program of the scenario can go on, those that sleep count as if they
 *              could
 * Left out:    pressure of the CPU, which is shown as 0
 */
#ifndef MMSIM_LINUX_LOAD_H
#define MMSIM_LINUX_LOAD_H

#include "models/linux/linux.h"
#include "models/linux/stall.h"

enum psi_res { PSI_IO, PSI_MEM, NR_PSI_RESOURCES };
enum psi_state { PSI_SOME, PSI_FULL, NR_PSI_STATES };
#define NR_PSI_WINDOWS 3 /* 10 s, 60 s, 300 s */

struct psi_total {
	uint64_t total_ns;            /* since boot */
	uint64_t avg_total;           /* of these, already in the averages */
	uint64_t avg[NR_PSI_WINDOWS]; /* percent in fixed point, as load averages */
};

struct load_state {
	struct event sample;      /* of the load averages */
	uint64_t avenrun[3];      /* fixed point with 11 bits */
	int nr[NR_PSI_RESOURCES]; /* tasks stalled */
	sim_time psi_at;          /* totals are those of this moment */
	sim_time psi_next;        /* end of the averages' present period */
	struct psi_total psi[NR_PSI_RESOURCES][NR_PSI_STATES];
};

void load_init(struct linux_vm *vm);
void load_free(struct linux_vm *vm);
/* A program's task loses time for another reason from now on; now: as the task sees it. */
void psi_task_change(struct linux_vm *vm, sim_time now, enum stall_cause from, enum stall_cause to);
/* Brings totals and averages up to this moment. */
void psi_update(struct linux_vm *vm, sim_time now);
#endif
