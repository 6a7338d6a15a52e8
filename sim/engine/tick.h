/*
 * tick.h - the tick of a CPU that has nothing to do
 *
 * Like:        Linux 6.1, kernel/sched/idle.c, kernel/time/tick-sched.c: without a cpuidle driver,
 *              as in most guests, an idle CPU keeps its tick until one has come and woken nobody;
 *              then it stops the tick unless the next one has a timer to run, or RCU callbacks
 *              wait on this CPU, and lets it go on when a task gets the CPU
 * Simplified:  interrupts of devices do not delay a tick; work that a kernel thread would do in
 *              a timer's place is done by the timer
 * Left out:    cpuidle governors, which stop the tick at once where they expect a long idle time;
 *              callbacks that come to an idle CPU whose tick is stopped; nohz_full
 *
 * Nothing is asked while no model wants to know (sim.tick_stop): then idle time has no events.
 */
#ifndef MMSIM_ENGINE_TICK_H
#define MMSIM_ENGINE_TICK_H

#include "sim/base/list.h"
#include "sim/engine/event.h"

struct cpu;

struct tick_sched {
	bool stopped;
	sim_time idle_since;   /* last went idle, or was woken by an interrupt */
	sim_time interrupt_at; /* last tick at which a timer ran */
	sim_time needed_until; /* no tick before this one is the last */
	struct event look;     /* at a tick: is the CPU still idle? */
	struct event work;     /* at a tick: it takes time from the task that runs */
	uint64_t clk[2]; /* tick behind the last one at which timers ran: others, deferrable ones */
	struct list deferred; /* struct timer; deferrable, and due while the tick is stopped */
};

void tick_init(struct cpu *cpu);
/* The CPU has no task to run: from cpu->free_at on it is idle. */
void tick_idle_enter(struct cpu *cpu);
/* A task gets the CPU: from the next tick on each takes sim.tick_work_ns from who has it then. */
void tick_work_begin(struct cpu *cpu);
/* A task gets the CPU. */
void tick_idle_exit(struct cpu *cpu);
/* A worker thread had the CPU for a moment; what it did was done by a timer of this tick. */
void tick_idle_again(struct cpu *cpu);
/* What the CPU waits for needs its ticks, idle or not: the one of this jiffy may be the last. */
void tick_need(struct cpu *cpu, uint64_t jiffy);
/* A timer runs that no idle time puts off. */
void tick_interrupt(struct cpu *cpu);
/* No tick comes: neither by itself, nor by a timer of this instant. */
bool tick_is_stopped(const struct cpu *cpu);
#endif
