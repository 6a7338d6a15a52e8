/*
 * timer.c - ticks, and timers that fire at ticks
 *
 * The wheel is not kept as an array of buckets: its rounding says at which
 * tick a timer will run, and that is an event.  Of the timers of one tick
 * those of higher levels run first, and within a level the one armed last.
 */
#include "sim/base/bug.h"
#include "sim/engine/sim.h"
#include "sim/engine/task.h"

#define WHEEL_BITS   6
#define WHEEL_LEVELS 9
#define LEVEL_SHIFT  3
#define WHEEL_CUTOFF ((63ULL) << (LEVEL_SHIFT * (WHEEL_LEVELS - 1)))

#define ROUND_SKEW_TICKS 3 /* round_jiffies: between the CPUs */

/* Rank of a timer in its tick: deferrable or not, level, order of arming; 1 + 4 + 55 bits. */
#define RANK_SEQ_BITS   55
#define RANK_DEFERRABLE (1ULL << (RANK_SEQ_BITS + 4))

uint64_t jiffy_at(const struct sim *s, sim_time at)
{
	if (at < s->ticks.phase_ns)
		return s->ticks.first - 1 - (s->ticks.phase_ns - at - 1) / s->ticks.tick_ns;
	return s->ticks.first + (at - s->ticks.phase_ns) / s->ticks.tick_ns;
}

uint64_t jiffies(const struct sim *s)
{
	return jiffy_at(s, sim_now(s));
}

sim_time jiffy_begins(const struct sim *s, uint64_t jiffy)
{
	int64_t d = (int64_t)(jiffy - s->ticks.first) * (int64_t)s->ticks.tick_ns +
		    (int64_t)s->ticks.phase_ns;

	return d < 0 ? 0 : (sim_time)d;
}

uint64_t timer_wheel_expiry(uint64_t clk, uint64_t expires, int *level)
{
	int64_t delta = (int64_t)(expires - clk);
	int lvl = 0;

	if (delta < 0) {
		/* already due: the next tick takes it */
		*level = 0;
		return clk + 1;
	}
	if ((uint64_t)delta >= WHEEL_CUTOFF) {
		expires = clk + WHEEL_CUTOFF - 1;
		delta = (int64_t)(WHEEL_CUTOFF - 1);
	}
	while ((uint64_t)delta >= 63ULL << (LEVEL_SHIFT * lvl))
		lvl++;
	*level = lvl;

	int shift = LEVEL_SHIFT * lvl;

	return ((expires >> shift) + 1) << shift;
}

uint64_t round_jiffies(const struct sim *s, uint64_t jiffy, int cpu)
{
	uint64_t hz = NS_PER_SEC / s->ticks.tick_ns, skew = (uint64_t)cpu * ROUND_SKEW_TICKS;
	uint64_t rest = (jiffy + skew) % hz;
	uint64_t rounded = jiffy - rest + (rest < hz / 4 ? 0 : hz);

	return (int64_t)(rounded - jiffies(s)) > 0 ? rounded : jiffy;
}

static bool timer_deferred(const struct timer *timer)
{
	return timer->deferrable && list_linked(&timer->link);
}

/* A timer that may not wait makes its CPU tick, and those that waited run at that tick, too. */
static void timer_run(struct sim *s, struct event *e)
{
	struct timer *timer = CONTAINER_OF(e, struct timer, event);

	if (timer->cpu && !timer->deferrable) {
		tick_interrupt(timer->cpu);
	} else if (timer->cpu && tick_is_stopped(timer->cpu)) {
		list_add_tail(&timer->link, &timer->cpu->tick.deferred);
		return;
	}
	if (timer->cpu)
		timer->cpu->tick.clk[timer->deferrable] = jiffies(s) + 1;
	s->ticks.nr_runs += !s->ticks.nr_runs || s->now != s->ticks.last_run;
	s->ticks.last_run = s->now;
	timer->fn(s, timer);
}

void timer_init(struct timer *timer, timer_fn *fn)
{
	*timer = (struct timer){ .fn = fn };
}

void timer_init_deferrable(struct timer *timer, timer_fn *fn, struct cpu *cpu)
{
	timer_init(timer, fn);
	list_init(&timer->link);
	timer->cpu = cpu;
	timer->deferrable = true;
}

/* Higher levels first, then last armed first; deferrable ones come after the others. */
static uint64_t timer_rank(struct sim *s, const struct timer *timer, int level)
{
	return (timer->deferrable ? RANK_DEFERRABLE : 0) |
	       ((uint64_t)(WHEEL_LEVELS - 1 - level) << RANK_SEQ_BITS) |
	       (((1ULL << RANK_SEQ_BITS) - 1) - s->queue.next_seq++);
}

static void timer_place(struct sim *s, struct timer *timer)
{
	if (!timer->deferrable && s->current)
		timer->cpu = s->current->cpu;
	else if (!timer->cpu && s->nr_cpus)
		timer->cpu = &s->cpus[0];
}

/*
 * The wheel of a CPU counts from this tick on; once it has run timers at this tick, from the next
 * one.
 */
static uint64_t wheel_clk(const struct timer *timer, uint64_t now)
{
	return timer->cpu ? max_u64(now, timer->cpu->tick.clk[timer->deferrable]) : now;
}

void timer_mod(struct sim *s, struct timer *timer, uint64_t expires)
{
	int level = 0;
	uint64_t now = jiffies(s), tick = now + 1;

	timer_del(s, timer);
	timer_place(s, timer);
	if ((int64_t)(expires - now) > 0)
		tick = timer_wheel_expiry(wheel_clk(timer, now), expires, &level);

	sim_time at = jiffy_begins(s, tick);

	timer->expires = expires;
	event_schedule_ranked(s, &timer->event, max_u64(at, s->now), EVENT_TIMER,
			      timer_rank(s, timer, level), timer_run);
}

void timer_mod_from(struct sim *s, struct timer *timer, uint64_t expires, uint64_t ticks)
{
	int level;

	timer_mod(s, timer, timer_wheel_expiry(expires - ticks, expires, &level) - 1);
}

void timer_del(struct sim *s, struct timer *timer)
{
	event_cancel(s, &timer->event);
	if (timer_deferred(timer))
		list_del(&timer->link);
}

bool timer_pending(const struct timer *timer)
{
	return event_scheduled(&timer->event) || timer_deferred(timer);
}

/* They run in the order in which they came; if several CPUs let some go, those of the first. */
void timers_deferred_release(struct cpu *cpu, sim_time at)
{
	struct sim *s = cpu->sim;

	LIST_FOR_EACH_SAFE (pos, next, &cpu->tick.deferred) {
		struct timer *timer = LIST_ENTRY(pos, struct timer, link);

		list_del(&timer->link);
		event_schedule_ranked(s, &timer->event, at, EVENT_TIMER,
				      RANK_DEFERRABLE | s->queue.next_seq++, timer_run);
	}
}

static bool wakes_cpu(const struct event *e, const void *cpu)
{
	const struct timer *timer = CONTAINER_OF(e, const struct timer, event);

	return e->fn == timer_run && !timer->deferrable && timer->cpu == cpu;
}

bool timer_due(const struct cpu *cpu, sim_time until)
{
	return event_find(&cpu->sim->queue, until, wakes_cpu, cpu) != NULL;
}
