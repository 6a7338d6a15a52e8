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

uint64_t jiffies(const struct sim *s)
{
	sim_time now = sim_now(s);

	if (now < s->ticks.phase_ns)
		return s->ticks.first - 1 - (s->ticks.phase_ns - now - 1) / s->ticks.tick_ns;
	return s->ticks.first + (now - s->ticks.phase_ns) / s->ticks.tick_ns;
}

sim_time jiffy_begins(const struct sim *s, uint64_t jiffy)
{
	int64_t d = (int64_t)(jiffy - s->ticks.first) * (int64_t)s->ticks.tick_ns +
		    (int64_t)s->ticks.phase_ns;

	return d < 0 ? 0 : (sim_time)d;
}

uint64_t timer_wheel_expiry(uint64_t now, uint64_t expires, int *level)
{
	int64_t delta = (int64_t)(expires - now);
	int lvl = 0;

	if (delta < 0) {
		/* already due: the next tick takes it */
		*level = 0;
		return now + 1;
	}
	if ((uint64_t)delta >= WHEEL_CUTOFF) {
		expires = now + WHEEL_CUTOFF - 1;
		delta = (int64_t)(WHEEL_CUTOFF - 1);
	}
	while ((uint64_t)delta >= 63ULL << (LEVEL_SHIFT * lvl))
		lvl++;
	*level = lvl;

	int shift = LEVEL_SHIFT * lvl;

	return ((expires >> shift) + 1) << shift;
}

static void timer_run(struct sim *s, struct event *e)
{
	struct timer *timer = CONTAINER_OF(e, struct timer, event);

	timer->fn(s, timer);
}

void timer_init(struct timer *timer, timer_fn *fn)
{
	*timer = (struct timer){ .fn = fn };
}

void timer_mod(struct sim *s, struct timer *timer, uint64_t expires)
{
	int level;
	uint64_t now = jiffies(s);
	uint64_t tick = timer_wheel_expiry(now, expires, &level);
	sim_time at = jiffy_begins(s, tick);

	event_cancel(s, &timer->event);
	timer->expires = expires;

	/* higher levels first, then last armed first */
	uint64_t rank = ((uint64_t)(WHEEL_LEVELS - 1 - level) << 56) |
			(((1ULL << 56) - 1) - s->queue.next_seq++);

	event_schedule_ranked(s, &timer->event, max_u64(at, s->now), EVENT_TIMER, rank, timer_run);
}

void timer_del(struct sim *s, struct timer *timer)
{
	event_cancel(s, &timer->event);
}

bool timer_pending(const struct timer *timer)
{
	return event_scheduled(&timer->event);
}
