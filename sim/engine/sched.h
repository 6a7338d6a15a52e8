/*
 * sched.h - what cpu.c and task.c need of each other
 */
#ifndef MMSIM_ENGINE_SCHED_H
#define MMSIM_ENGINE_SCHED_H

#include "sim/engine/task.h"

/* The event of a task whose time has passed: it goes on, unless interrupts took more. */
event_fn task_resume_event;
/* Sees to it that the CPU looks at its queue, at once or when its present work is done. */
void cpu_kick(struct cpu *cpu);
/* Follows the least vruntime of the task that runs and of those in the queue. */
void cpu_update_min_vruntime(struct cpu *cpu);
/* A blocked task is woken: the time it was blocked is booked. */
static inline void task_end_block(struct task *t)
{
	sim_time now = t->sim->now;

	if (now > t->blocked_at)
		*(t->idle ? &t->idle_ns : &t->sleep_ns) += now - t->blocked_at;
	t->idle = false;
}
/* The end of a sleep, as an event of its own: an idle CPU takes the task at once. */
void cpu_end_of_sleep(struct task *t);
#endif
