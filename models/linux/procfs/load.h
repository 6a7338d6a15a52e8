/*
 * load.h - how busy the machine was: load averages and pressure
 *
 * Like:        Linux 6.1, kernel/sched/loadavg.c: tasks that run or wait without being
 *              interruptible, every 5 s and one tick, smoothed over 1, 5 and 15 minutes;
 *              kernel/sched/psi.c: time in which tasks are stalled, every 2 s and one tick, by work
 *              that stops where it is all there is to do;
 *              kernel/sched/cputime.c: iowait is the time a CPU idles while a task that ran there
 *              last waits in io_schedule; changes of tasks, to idling and back too
 * Simplified:  waiting kernel threads count as interruptible; a task is stalled when it loses time
 *              for a reason of stall.h: kernel threads are none; "full" is the time
 *              in which no program of the scenario can go on, those that sleep count as if they
 *              could; pressure of the CPU is the time in which a task waits for its turn on any
 *              CPU, where the kernel weighs CPUs by the time they are not idle; times are exact,
 *              not counted at ticks, and of a CPU that is offline without its idle time; interrupts
 *              are those of disks (numbers 24 and up, disk by disk), those of "interrupts:",
 *              calls between CPUs when kernel addresses are flushed, and a tick for each 4 ms that
 *              a CPU is busy; soft interrupts: TIMER by the moments at which kernel timers fire,
 *              BLOCK by completions of disks; the averages' work looks at what other CPUs do at
 *              that moment, not since it came last
 * Left out:    other interrupts and soft interrupts
 */
#ifndef MMSIM_LINUX_LOAD_H
#define MMSIM_LINUX_LOAD_H

#include "models/linux/linux.h"
#include "models/linux/stall.h"

enum psi_res { PSI_IO, PSI_MEM, PSI_CPU, NR_PSI_RESOURCES };
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
	struct timer avgs_work;   /* some ticks after the end of each, while there are tasks */
	struct psi_total psi[NR_PSI_RESOURCES][NR_PSI_STATES];
};

void load_init(struct linux_vm *vm);
void load_free(struct linux_vm *vm);
/* A program's task loses time for another reason from now on; now: as the task sees it. */
void psi_task_change(struct linux_vm *vm, sim_time now, enum stall_cause from, enum stall_cause to);
/* Brings totals and averages up to this moment. */
void psi_update(struct linux_vm *vm, sim_time now);
/* A period of the averages ends, or ended, with this jiffy.  To be called when the clock is set. */
void psi_set_clock(struct linux_vm *vm, uint64_t jiffy);
/* As if there had been a task in each period so far: this one's work is arranged. */
void psi_clock_goes_on(struct linux_vm *vm);
#endif
