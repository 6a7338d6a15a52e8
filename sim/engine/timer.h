/*
 * timer.h - timers of a kernel that counts time in ticks
 *
 * Like:        Linux 6.1, kernel/time/timer.c: the levels of the wheel and
 *              their rounding, the order in which one tick's timers run
 * Simplified:  one wheel for all CPUs; a tick costs nothing unless a timer is due
 * Left out:    deferrable timers, migration between CPUs
 *
 * A timer for tick E, armed at tick J, runs at ((E >> s) + 1) << s, where s is
 * 0 while E - J < 63, 3 below 504, 6 below 4032, and so on by 3.
 */
#ifndef MMSIM_ENGINE_TIMER_H
#define MMSIM_ENGINE_TIMER_H

#include "sim/engine/event.h"

struct timer;
typedef void timer_fn(struct sim *s, struct timer *timer);

struct timer {
	struct event event;
	timer_fn *fn;
	uint64_t expires; /* tick asked for */
};

/* When the ticks are: tick number T begins at (T - first) * tick_ns + phase_ns. */
struct clock_ticks {
	uint64_t tick_ns; /* length of a tick; 4 ms for HZ 250 */
	uint64_t first;   /* number of the tick at phase_ns */
	uint64_t phase_ns;
};

/* The number of the tick that is running now (as seen by the task that runs). */
uint64_t jiffies(const struct sim *s);
sim_time jiffy_begins(const struct sim *s, uint64_t jiffy);

void timer_init(struct timer *timer, timer_fn *fn);
/* Arms or moves the timer; expires may lie in the past (then it runs at the next tick). */
void timer_mod(struct sim *s, struct timer *timer, uint64_t expires);
void timer_del(struct sim *s, struct timer *timer);
bool timer_pending(const struct timer *timer);
/* The tick at which a timer armed at tick now for expires will run. */
uint64_t timer_wheel_expiry(uint64_t now, uint64_t expires, int *level);
#endif
