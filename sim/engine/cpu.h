/*
 * cpu.h - who runs where
 *
 * Like:        CFS in outline (Linux 6.1, kernel/sched/fair.c): the runnable task that has used
 *              least time by its weight (nice) runs; a woken task is placed not further back than
 *              half a latency; preemption is decided when a task wakes and at ticks
 * Simplified:  a task stays on its CPU; real-time tasks first, by order of waking
 * Left out:    load balancing, groups, bandwidth control
 *
 * A CPU runs one task at a time.  Kernel work gives way only at cond_resched,
 * when it blocks, and on return to user space.  Interrupts come first: the
 * time they take is added to what runs.
 */
#ifndef MMSIM_ENGINE_CPU_H
#define MMSIM_ENGINE_CPU_H

#include "sim/engine/tick.h"

/* Who has the CPU keeps it so long, ns, unless a woken task is to have it. */
#define CPU_MIN_TURN_NS (750 * NS_PER_US)

struct task;

struct cpu {
	struct sim *sim;
	int id;
	int node;
	bool online;
	struct task *running; /* whose turn it is; it may be waiting for its time to pass */
	struct task **queue;  /* runnable tasks, a binary heap by (real-time, vruntime, order) */
	size_t nr_queued, cap_queue;
	uint64_t queue_weight; /* of those in it that are not real-time */
	uint64_t wake_seq;
	sim_time queued_since; /* somebody has been in the queue since then */
	bool need_resched;     /* a task was woken that is to have the CPU */
	bool woke_idle;        /* one was woken while it idled */
	sim_time asked_at;     /* then, the last time; of both */
	sim_time asked_ns;     /* from then on who gave way still ran: for the next one's account */
	sim_time min_vruntime; /* only grows */
	sim_time stolen;       /* taken by interrupts and not yet let pass, ns */
	sim_time free_at;      /* work of a task that gave way early still lasts until then */
	struct task *last;     /* ran last, to know a change of task; borrowed, may be dead */
	sim_time busy_ns;      /* spent by tasks and interrupts so far */
	sim_time irq_ns;       /* of this, by interrupts */
	sim_time user_ns;      /* of this, by programs outside of the kernel (compute) */
	sim_time nice_ns;      /* of user_ns, with a nice value above 0 */
	sim_time left_at;      /* the task that ran last was done then */
	uint64_t nr_switches;  /* from one task to another, idling counts as a task of its own */
	uint64_t nr_irqs;      /* interrupts it took */
	int nr_iowait;         /* its tasks that wait for I/O */
	sim_time iowait_ns;    /* idle while one did, without the present wait */
	sim_time iowait_at; /* of the present wait: its begin, and how busy the CPU was by then */
	sim_time iowait_busy;
	bool contended;          /* a task waits in its queue while another one has the CPU */
	struct task *next_buddy; /* in the queue: took the CPU from a task when it woke; or NULL */
	struct event dispatch;
	struct tick_sched tick; /* of its idle time */
	struct task *irq;       /* context of interrupts on this CPU; never sleeps */
};

/* Makes n CPUs; node[i] is the node of CPU i. */
void cpus_init(struct sim *s, int n, const int *node);
void cpus_free(struct sim *s);
/* An interrupt handler takes cost ns on this CPU. */
void cpu_steal(struct cpu *cpu, sim_time cost);
/* The same, and it is counted as an interrupt: another cpu_steal may be part of it. */
void cpu_interrupt(struct cpu *cpu, sim_time cost);
/* One of its tasks leaves the CPU to wait for I/O. */
void cpu_iowait_begin(struct cpu *cpu);
/* Idle time so far; iowait: of this, the part with a task that waited for I/O. */
sim_time cpu_idle_ns(const struct cpu *cpu, sim_time *iowait);
/* Changes of tasks so far, those to and from idling too. */
uint64_t cpu_switches(const struct cpu *cpu);
/* A new task begins behind those that are there: its first turn is charged in advance. */
void cpu_place_new(struct cpu *cpu, struct task *t);
/*
 * A new task stands for one that has slept since long ago: it is placed like that.  It has not
 * run, and waits for the CPU.
 */
void cpu_place_sleeper(struct task *t);
/*
 * Whether a task whose timer fires while the CPU is changing to the next one has it back before
 * that one has done anything: the interrupt comes as soon as the change is over, and the kernel
 * looks once more who is to run before it goes on.
 */
bool cpu_comes_back(const struct task *t);
/* Puts a runnable task into the queue and sees to it that the CPU looks. */
void cpu_enqueue(struct cpu *cpu, struct task *t);
/* The task that has the CPU is about to leave it; not yet in the queue. */
void cpu_before_leave(struct cpu *cpu, struct task *t);
/* The interrupts since off_at come only now. */
void cpu_irqs_on(struct cpu *cpu, sim_time off_at);
/* The weight of a task that may be in the queue changes. */
void cpu_reweight(struct task *t, unsigned weight);
/* Whether the task that runs ought to give way. */
bool cpu_need_resched(const struct cpu *cpu);
#endif
