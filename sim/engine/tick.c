/*
 * tick.c - when an idle CPU stops its tick
 *
 *      task | idle ...            | idle, no tick                | task
 *           ^      ^ tick: stays  ^ tick: found idle, stops      ^ ticks again
 *
 * Ticks are worked out, not run, so only the first ones of an idle time are
 * events: one in all, and one more for each tick that must stay because of a timer at the next or
 * of RCU callbacks.
 * An event that finds its CPU busy is not renewed before the CPU is idle again.
 *
 * Where a tick takes time (sim.tick_work_ns) those of a busy CPU are events, too: from the turn of
 * a task on, until one finds the CPU idle.
 */
#include "sim/engine/sim.h"
#include "sim/engine/task.h"

static void tick_look(struct sim *s, struct event *e);

static sim_time tick_after(const struct sim *s, sim_time at)
{
	return jiffy_begins(s, jiffy_at(s, at) + 1);
}

static bool is_idle(const struct cpu *cpu)
{
	return !cpu->running && cpu->nr_queued == 0;
}

static void look_after(struct cpu *cpu, sim_time at)
{
	event_schedule(cpu->sim, &cpu->tick.look, tick_after(cpu->sim, at), EVENT_IDLE, tick_look);
}

static void tick_look(struct sim *s, struct event *e)
{
	struct cpu *cpu = CONTAINER_OF(e, struct cpu, tick.look);

	if (!is_idle(cpu))
		return;
	if (cpu->free_at > s->now) {
		look_after(cpu, cpu->free_at);
		return;
	}
	if (cpu->tick.idle_since == s->now || s->now < cpu->tick.needed_until ||
	    timer_due(cpu, s->now + s->ticks.tick_ns)) {
		look_after(cpu, s->now);
		return;
	}
	s->tick_stop(cpu);
	cpu->tick.stopped = true;
}

static void tick_work(struct sim *s, struct event *e)
{
	struct cpu *cpu = CONTAINER_OF(e, struct cpu, tick.work);

	if (is_idle(cpu))
		return; /* the next task to have it begins anew */
	cpu_steal(cpu, s->tick_work_ns);
	tick_work_begin(cpu);
}

void tick_work_begin(struct cpu *cpu)
{
	struct sim *s = cpu->sim;

	if (s->tick_work_ns && !event_scheduled(&cpu->tick.work))
		event_schedule(s, &cpu->tick.work, tick_after(s, s->now), EVENT_WORK, tick_work);
}

void tick_init(struct cpu *cpu)
{
	list_init(&cpu->tick.deferred);
}

void tick_idle_enter(struct cpu *cpu)
{
	cpu->tick.idle_since = cpu->free_at;
	if (cpu->sim->tick_stop && !event_scheduled(&cpu->tick.look))
		look_after(cpu, cpu->free_at);
}

void tick_idle_exit(struct cpu *cpu)
{
	struct sim *s = cpu->sim;

	if (!cpu->tick.stopped)
		return;
	cpu->tick.stopped = false;
	if (!list_empty(&cpu->tick.deferred))
		timers_deferred_release(cpu, tick_after(s, s->now));
}

void tick_idle_again(struct cpu *cpu)
{
	if (!is_idle(cpu))
		return;
	tick_idle_exit(cpu);
	cpu->tick.idle_since = cpu->sim->now;
	if (cpu->sim->tick_stop && !event_scheduled(&cpu->tick.look))
		look_after(cpu, cpu->sim->now);
}

void tick_need(struct cpu *cpu, uint64_t jiffy)
{
	cpu->tick.needed_until = max_u64(cpu->tick.needed_until, jiffy_begins(cpu->sim, jiffy));
}

void tick_interrupt(struct cpu *cpu)
{
	struct sim *s = cpu->sim;

	if (!cpu->tick.stopped)
		return;
	cpu->tick.interrupt_at = s->now;
	if (!list_empty(&cpu->tick.deferred))
		timers_deferred_release(cpu, s->now);
}

bool tick_is_stopped(const struct cpu *cpu)
{
	return cpu->tick.stopped && cpu->tick.interrupt_at != cpu->sim->now;
}
