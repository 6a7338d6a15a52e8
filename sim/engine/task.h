/*
 * task.h - a thread of control with a stack of its own
 *
 * A task reads like kernel code: it calls, waits and goes on.  What it spends
 * on its CPU it says with task_run.  It may run ahead of the clock by at most
 * the run's quantum before it goes through the event queue; blocking always
 * brings it back to the clock.
 */
#ifndef MMSIM_ENGINE_TASK_H
#define MMSIM_ENGINE_TASK_H

#include "sim/base/list.h"
#include "sim/engine/sim.h"

struct task;
struct task_context;
typedef void task_fn(struct task *t, void *arg);

#define TASK_LOSSES 20

#define MIN_NICE      (-20)
#define MAX_NICE      19
#define NICE_0_WEIGHT 1024 /* of a task with nice 0: its share of a CPU beside others */

enum task_state {
	TASK_RUNNABLE, /* in its CPU's queue */
	TASK_RUNNING,  /* has the CPU */
	TASK_BLOCKED,  /* waits to be woken */
	TASK_DEAD,
};

enum task_flag {
	TASK_KERNEL = 1,   /* a kernel thread */
	TASK_IRQ = 2,      /* stands for the interrupts of a CPU: must never sleep */
	TASK_REALTIME = 4, /* runs before all others */
	TASK_DAEMON = 8,   /* does not keep the run alive */
};

struct task {
	struct sim *sim;
	struct cpu *cpu;
	char *name; /* owned */
	int pid;
	unsigned flags; /* enum task_flag */
	enum task_state state;
	bool wake_pending;   /* woken between "will block" and blocking */
	bool killed;         /* a fatal signal is pending; see task_kill */
	bool killable;       /* the wait it is in ends then: set and cleared by who waits */
	bool in_iowait;      /* it waits for I/O: see io_schedule */
	int nice;            /* MIN_NICE..MAX_NICE: see task_set_nice */
	unsigned weight;     /* what follows from it */
	unsigned rest;       /* of a ns of vruntime, in parts of weight */
	sim_time vruntime;   /* CPU time used, ns, by weight: for the order of the queue */
	sim_time cpu_ns;     /* CPU time used */
	sim_time ahead;      /* used and not yet let pass by the clock, ns */
	sim_time slice_from; /* cpu_ns when the CPU was given, less what the change of tasks cost */
	uint64_t queue_seq;
	struct event event; /* end of a sleep, or the clock catching up */
	struct timer timeout;
	bool timed_out;
	bool idle;                    /* its program wants to sleep: see task_idle */
	struct list link;             /* in sim.tasks */
	struct task_context *context; /* owned: stack and registers; NULL for TASK_IRQ */
	task_fn *fn;
	void *arg;
	void *kernel;  /* the personality's own part, owned by it */
	void *program; /* the workload's own part, owned by it */
	int64_t
	    lost_ns[TASK_LOSSES];    /* time lost by cause; the personality's causes and its work */
	sim_time began_at;           /* when it was made */
	sim_time left_at;            /* when it left the CPU last */
	sim_time sleep_ns;           /* blocked so far, up to the last wake, not as below */
	sim_time idle_ns;            /* the same, because its program wants to sleep */
	sim_time blocked_at;         /* when it blocked last, for reports */
	const struct task *waits_on; /* who can end the wait, where that is known; else NULL */
	const char *waits_for;       /* constant text for reports: "page lock", "request tag" ... */
};

/* The task starts at the present instant, when its CPU is free.  name is copied. */
struct task *task_spawn(struct sim *s, struct cpu *cpu, const char *name, unsigned flags,
			task_fn *fn, void *arg);
void task_free_all(struct sim *s);

/*
 * How much of its CPU a task gets beside others: a level of nice is a tenth less of it.  Counts
 * from now on.  Real-time tasks have none.
 */
void task_set_nice(struct task *t, int nice);
/* The same time for the order of the queue, where the task's weight is not that of nice 0. */
void task_charge_weighted(struct task *t, sim_time ns);
static inline void task_charge(struct task *t, sim_time ns)
{
	if (__builtin_expect(t->weight == NICE_0_WEIGHT, 1))
		t->vruntime += ns;
	else
		task_charge_weighted(t, ns);
}

/* Lets the clock catch up. */
void task_sync(struct task *t);
/* The same if the clock is there already: the loop looks whether the run shall end. */
void task_pause(struct task *t);
/* Gives way if another task in the queue should run: see cond_resched. */
void task_give_way(struct task *t);

/* Gives the CPU away until task_wake; returns at once if a wake came since wait_prepare. */
void task_block(struct task *t);
/*
 * The same, at most for so many ticks (timer.h).  FOREVER: no limit.  Returns the ticks that are
 * left: 0 after a timeout.
 */
uint64_t task_block_timeout(struct task *t, uint64_t ticks);
/* What a task waits for from here to io_schedule_finish, which takes the result, is I/O. */
static inline bool io_schedule_prepare(struct task *t)
{
	bool outer = t->in_iowait;

	t->in_iowait = true;
	return outer;
}
static inline void io_schedule_finish(struct task *t, bool outer)
{
	t->in_iowait = outer;
}
/*
 * task_block and task_block_timeout for a task that waits for I/O: while it does, idle time of its
 * CPU is iowait.
 */
void io_schedule(struct task *t);
uint64_t io_schedule_timeout(struct task *t, uint64_t ticks);
/*
 * The next time that the task blocks its program does not do anything by its own choice: a sleep,
 * a barrier.  What the kernel lets it wait for is time lost, this is not.
 */
static inline void task_idle(struct task *t)
{
	t->idle = true;
}
/*
 * How a task spent its time, from when it was made up to the moment as it sees it, which may be a
 * little ahead of the clock: with the CPU (cpu_ns), blocked, or idle.  The rest of the time it was
 * runnable without the CPU: others had it, interrupts, changes of tasks.
 */
struct task_times {
	sim_time now;   /* the moment: of its death if it is dead */
	sim_time sleep; /* blocked */
	sim_time idle;  /* blocked by its own choice */
};
struct task_times task_times(const struct task *t);
/* Time without the CPU so far, without idle time: blocked, or runnable. */
sim_time task_lost_ns(const struct task *t);
/* Must be called before testing the condition one would block for; wait_prepare does. */
void task_will_block(struct task *t);
/* Makes a blocked task runnable; remembered if it is about to block.  True if it slept. */
bool task_wake(struct task *t);

/*
 * A fatal signal: the task ends where it next returns to user space.  It is woken from a wait that
 * is killable; others go on to their end.
 */
void task_kill(struct task *t);

/* Sleeps of programs, exact to the ns (a high-resolution timer); a fatal signal ends them. */
void task_sleep_until(struct task *t, sim_time at);
/* Sleeps for so many ticks as the kernel's schedule_timeout_uninterruptible. */
void task_sleep_ticks(struct task *t, uint64_t ticks);

/* Whether the caller runs on an interrupt's context. */
static inline bool task_in_irq(const struct task *t)
{
	return t->flags & TASK_IRQ;
}

/* The time as this task sees it: the clock plus what it is ahead. */
static inline sim_time task_now(const struct task *t)
{
	return t->sim->now + t->ahead;
}

static inline void task_sleep(struct task *t, sim_time ns)
{
	task_sleep_until(t, task_now(t) + ns);
}

/*
 * Spends cost ns of CPU in the middle of what must not be seen half done: nothing else happens
 * before the next task_run.
 */
static inline void task_run_on(struct task *t, sim_time cost)
{
	if (__builtin_expect(task_in_irq(t), 0)) {
		cpu_steal(t->cpu, cost);
		return;
	}
	task_charge(t, cost);
	t->cpu_ns += cost;
	t->cpu->busy_ns += cost;
	t->ahead += cost;
}

/* Spends cost ns of CPU.  Does not give the CPU away. */
static inline void task_run(struct task *t, sim_time cost)
{
	task_run_on(t, cost);
	if (__builtin_expect(t->ahead > t->sim->quantum, 0))
		task_sync(t);
}

/* Spends cost ns of CPU if that is all that comes of it.  False: task_run has more to do. */
static inline bool task_run_quietly(struct task *t, sim_time cost)
{
	if (task_in_irq(t) || t->weight != NICE_0_WEIGHT || t->ahead + cost > t->sim->quantum)
		return false;
	t->vruntime += cost;
	t->cpu_ns += cost;
	t->cpu->busy_ns += cost;
	t->ahead += cost;
	return true;
}

/* The same with interrupts off: who is woken meanwhile is in truth woken at its end. */
void task_run_irqs_off(struct task *t, sim_time cost);

/* Whether another task may have to run now. */
static inline bool task_may_give_way(const struct task *t)
{
	const struct cpu *cpu = t->cpu;

	/* before its least turn is over no tick takes the CPU away */
	return cpu->nr_queued &&
	       (cpu->need_resched || t->cpu_ns - t->slice_from >= CPU_MIN_TURN_NS);
}

/* A point where kernel work gives way if another task should run. */
static inline void cond_resched(struct task *t)
{
	if (task_may_give_way(t))
		task_give_way(t);
}

/*
 * Said by what may block later on, whether it then does or not: with voluntary preemption, as in
 * Debian's kernel, such a place gives way, too.
 */
static inline void might_sleep(struct task *t)
{
	cond_resched(t);
}
#endif
