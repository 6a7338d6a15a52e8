/*
 * timer.h - timers of a kernel that counts time in ticks
 *
 * Like:        Linux 6.1, kernel/time/timer.c: the levels of the wheel and
 *              their rounding, the order in which one tick's timers run,
 *              deferrable timers, which never wake an idle CPU
 * Simplified:  a tick costs nothing unless a timer is due
 * Left out:    migration between CPUs
 *
 * A timer for tick E, armed at tick J, runs at ((E >> s) + 1) << s, where s is
 * 0 while E - J < 63, 3 below 504, 6 below 4032, and so on by 3.  Where timers of this CPU
 * have run at tick J, as for whoever was woken by one, it is E - J - 1 that is below.
 */
#ifndef MMSIM_ENGINE_TIMER_H
#define MMSIM_ENGINE_TIMER_H

#include "sim/base/list.h"
#include "sim/engine/event.h"

struct cpu;
struct timer;
typedef void timer_fn(struct sim *s, struct timer *timer);

struct timer {
	struct event event;
	timer_fn *fn;
	uint64_t expires; /* tick asked for */
	struct cpu *cpu;  /* at whose tick it runs: where it was armed; borrowed */
	bool deferrable;  /* waits while the tick of its CPU is stopped; stays on its CPU */
	struct list link; /* among those that wait: tick_sched.deferred */
};

/* When the ticks are: tick number T begins at (T - first) * tick_ns + phase_ns. */
struct clock_ticks {
	uint64_t tick_ns; /* length of a tick; 4 ms for HZ 250 */
	uint64_t first;   /* number of the tick at phase_ns */
	uint64_t phase_ns;
	uint64_t nr_runs;  /* moments at which timers fired */
	sim_time last_run; /* the latest of them */
};

/* The number of the tick that is running now (as seen by the task that runs). */
uint64_t jiffies(const struct sim *s);
/* The number of the tick that runs at another time. */
uint64_t jiffy_at(const struct sim *s, sim_time at);
sim_time jiffy_begins(const struct sim *s, uint64_t jiffy);

void timer_init(struct timer *timer, timer_fn *fn);
/* A timer for work that can wait until this CPU has something else to do. */
void timer_init_deferrable(struct timer *timer, timer_fn *fn, struct cpu *cpu);
/* Arms or moves the timer; expires may lie in the past (then it runs at the next tick). */
void timer_mod(struct sim *s, struct timer *timer, uint64_t expires);
void timer_del(struct sim *s, struct timer *timer);
bool timer_pending(const struct timer *timer);
/* The deferrable timers that wait run at a tick: that of this instant, or the one to come. */
void timers_deferred_release(struct cpu *cpu, sim_time at);
/* Whether the tick of this CPU has a timer to run between now and until, end included. */
bool timer_due(const struct cpu *cpu, sim_time until);
/*
 * A tick (absolute) moved to a whole second of the ticks' count, down if it is less than a quarter
 * of a second behind one: timers whose moment is no matter run together.  Each CPU comes 3 ticks
 * before the one in front of it.  A tick that would be in the past stays what it was.
 */
uint64_t round_jiffies(const struct sim *s, uint64_t jiffy, int cpu);
/* The tick at which a timer for expires will run, on a wheel that counts from tick clk on. */
uint64_t timer_wheel_expiry(uint64_t clk, uint64_t expires, int *level);
/* Arms a timer as if that had been done so many ticks before it expires. */
void timer_mod_from(struct sim *s, struct timer *timer, uint64_t expires, uint64_t ticks);
#endif
