/*
 * sim.h - one run: the clock, the loop, and everything that hangs from it
 */
#ifndef MMSIM_ENGINE_SIM_H
#define MMSIM_ENGINE_SIM_H

#include "sim/base/list.h"
#include "sim/engine/event.h"
#include "sim/engine/timer.h"
#include "sim/engine/cpu.h"
#include "sim/engine/rng.h"

struct task;
struct switcher;
struct tables;
struct recorder;
struct scenario;

struct sim {
	sim_time now;
	struct event_queue queue;
	struct task *current; /* whose code runs; an interrupt's task in completions; NULL: none */
	struct switcher *switcher; /* owned: the loop's own registers, see task_switch.c */
	struct list tasks;
	int nr_live; /* tasks that keep the run alive: not dead, no daemons */
	int next_pid;
	struct cpu *cpus; /* owned */
	int nr_cpus;
	struct clock_ticks ticks;
	sim_time quantum; /* how far a task may run ahead, ns; 0: not at all */
	uint64_t seed;
	sim_time context_switch_ns;  /* what changing from one task to another costs */
	sim_time idle_switch_ns;     /* and from an idle CPU back to the task that it had last */
	sim_time idle_exit_ns;       /* the same, more: what of it is no time of the task */
	sim_time timer_interrupt_ns; /* what the end of a sleep takes until the task wakes */
	sim_time timer_exit_ns;      /* and from then on, from the task that has the CPU */
	sim_time timer_idle_ns;      /* all of it where nobody has the CPU */
	sim_time tick_work_ns;       /* what a tick takes from the task that runs */
	sim_time wakeup_ns;  /* what an interrupt takes longer for each task that it wakes */
	bool clock_of_wake;  /* a change of tasks is booked by the clock of the wake behind it */
	bool end_with_tasks; /* leave the loop when no task keeps the run alive */
	bool stop;           /* leave the loop after this event */
	const char *stop_reason; /* constant text, or NULL */
	uint64_t nr_events;
	sim_time until; /* how far the loop goes this time */
	/* Called after each event, NULL: not; outside of all tasks. */
	void (*after_event)(struct sim *s);
	/*
	 * Called after each event and where work goes on without any, maybe in a task, NULL: not;
	 * sets stop if the run shall end.
	 */
	void (*poll)(struct sim *s);
	/* Called on a task's stack when it is about to block or ends, NULL: not. */
	void (*before_block)(struct task *t);
	/* Called on a task's stack when it goes on after it was blocked, NULL: not; may block. */
	void (*after_block)(struct task *t);
	/* The timer of a sleeping task fires: wakes all whose time has come by then, that task
	 * among them.  False: nobody else's has, and nothing was done; NULL: the same. */
	bool (*timer_fires)(const struct task *t);
	/* An idle CPU stops its tick until it has something to do again, NULL: nobody asks. */
	void (*tick_stop)(struct cpu *cpu);
	/* A task gets a CPU, NULL: nobody asks. */
	void (*task_runs)(struct task *t);
	/* Called before nr_contended changes, NULL: not; now: as the task that runs sees it. */
	void (*cpu_pressure)(struct sim *s, sim_time now);
	int nr_contended;   /* CPUs with a task that waits for its turn */
	struct task *ended; /* its stack can be reused once the loop is back on its own */

	/* What the layers above hang here; the engine does not look inside. */
	struct tables *tables;     /* sim/table */
	struct recorder *recorder; /* sim/record */
	const struct scenario *scenario;
	void *machine;                                       /* models/hw */
	void *kernel;                                        /* the personality's state */
	void *workload;                                      /* sim/workload */
	void (*kernel_bug)(struct sim *s, const char *what); /* set by sim/workload */
	void (*kernel_log)(struct sim *s, int level, const char *line); /* NULL: nobody reads it */
};

struct sim *sim_new(uint64_t seed);
void sim_free_run(struct sim *s);

/* The time now, as the task that runs sees it. */
sim_time sim_now(const struct sim *s);

/*
 * Runs events up to and including time until, but those of idle CPUs then: all is as a sample of
 * that moment found it.  The clock ends there, or earlier if s->stop was
 * set, or with end_with_tasks when no task is left that keeps the run alive.
 */
void sim_run(struct sim *s, sim_time until);

/*
 * For a task that has to wait until a time and nothing else: if no event is due before or at that
 * moment, and the loop would go on, it is that moment now, and the event that would have ended the
 * wait counts as run.  False: nothing is changed; the task has to wait.
 */
bool sim_skip_to(struct sim *s, sim_time at);

/* A random stream of this run; the caller keeps it. */
void sim_rng(const struct sim *s, struct rng *r, const char *name);

/* The scenario broke a rule of the simulated kernel (a simulated BUG or WARN). */
void kernel_bug(struct sim *s, const char *what);
/* The simulated kernel prints a line (no newline), level 0 (emergency) to 7 (debugging). */
void kernel_log(struct sim *s, int level, const char *line);
#endif
