/*
 * guest_run.h - the run of a captured guest's programs, for its files and its families
 */
#ifndef MMSIM_LINUX_GUEST_RUN_H
#define MMSIM_LINUX_GUEST_RUN_H

#include "models/linux/verify/guest_case.h"
#include "models/linux/verify/guest_lru.h"
#include "models/linux/workqueue.h"

struct guest_run;

/* A sleep until a moment.  Its timer has some slack: an interrupt may end it within that. */
struct guest_sleep {
	struct task *task; /* borrowed */
	sim_time soft;     /* from here on */
	struct event tick; /* the first tick from then on */
	struct list link;  /* guest_run.sleeps */
};

/* Pages that the kernel took. */
struct guest_slab {
	uint32_t *pfn; /* owned; first frame of each */
	size_t n, cap;
};

/* A process of the workload. */
struct guest_process {
	struct guest_run *run;
	const char *name; /* borrowed */
	struct task *task;
	int line;    /* step that runs, from 0 */
	int64_t ops; /* of that step so far */
	int64_t bytes;
	sim_time longest;                   /* operation since the last line of progress, ns */
	struct file *file[GUEST_MAX_DISKS]; /* opened; NULL: not */
	struct guest_sleep sleep;
	uint64_t addr;            /* of its anonymous memory, 0: none */
	int64_t len;              /* of that, bytes */
	bytes_t buffer;           /* for all that it reads and writes */
	uint64_t own;             /* guest_process_memory */
	struct guest_uses uses;   /* if its memory was found */
	struct guest_slab kernel; /* for it, single pages */
};

/* A request that is at its device. */
struct guest_issue {
	sim_time at;
	uint64_t sector;
	int disk;
	bool sync;
	char *task; /* owned */
};

/* What a family does with a run; result is its own. */
struct guest_family {
	const char *const *events; /* tracepoints it wants to hear, besides those of requests */
	size_t nr_events;
	void (*prepare)(struct guest_run *r,
			void *result); /* right before the start; NULL: nothing */
	/* The counters are read, as a program does. */
	void (*sample)(struct guest_run *r, int64_t t_us, void *result);
	sim_time sample_ns; /* CPU time of such a reading */
	sim_time first_ns;  /* of the first one, more: it opens what it reads */
	void (*event)(struct guest_run *r, const struct trace_record *record, void *result);
	void (*write)(struct guest_run *r, void *result); /* what --out asks for */
};

struct guest_run {
	struct guest_case *w;
	const struct guest_family *family;
	void *result; /* borrowed */
	struct sim *sim;
	struct tables tables;
	struct linux_vm *vm;
	sim_time start; /* t = 0 */
	bool stopped;   /* processes are killed */
	bool lru_found; /* pages and address spaces are those that were found */
	int next_set;   /* for those who follow settings: the step to look at next */
	struct guest_process process[GUEST_MAX_STEPS];
	int nr_processes, nr_running;
	struct guest_sleep sampler;
	struct list sleeps;             /* struct guest_sleep; the earliest first */
	struct task *parent;            /* waits for them */
	uint64_t forked;                /* what they have of it: address, 0: nothing */
	int opened[GUEST_MAX_DISKS];    /* by so many processes */
	int64_t bytes[GUEST_MAX_STEPS]; /* written by each step until the end */
	struct event tick;              /* looks how far they are */
	struct timer watchdog;          /* of its clock */
	struct delayed_work memcg;      /* statistics of memory control groups are flushed */
	struct str progress, requests;  /* rows of what is written; owned */
	struct guest_issue *issue;      /* owned; requests at the devices */
	size_t nr_issue, cap_issue;
};

/* A machine of the case: made, booted with the case's settings (false after reporting), freed. */
struct guest_run *guest_new(struct guest_case *w);
bool guest_boot(struct guest_run *r);
void guest_free(struct guest_run *r);
/* Boots, runs the workload, and writes what was asked for with --out; false after reporting. */
bool guest_run(struct guest_case *w, const struct guest_family *family, void *result);
/* Microseconds since the start. */
int64_t guest_run_us(const struct guest_run *r, sim_time at);
/*
 * Sleeps as a program does: until at, and up to 50 us longer unless the tick or a device interrupts
 * meanwhile; at least for the time of least ns.
 */
void guest_sleep_until(struct guest_run *r, struct task *t, struct guest_sleep *sleep, sim_time at,
		       sim_time least);
/* The name of who hit a tracepoint, as captures have it. */
const char *guest_task_label(const struct trace_record *record);
/* The task that takes the samples; arg: the struct guest_run. */
void guest_sampler(struct task *t, void *arg);
/* A table of what was computed; columns between tabs. */
void guest_write_table(struct verify_case *c, const char *path, const char *columns,
		       const struct str *rows);

/* ---- guest_programs.c ---- */

/*
 * Names the processes of the workload, and makes them, with all that their maker has (NULL: with
 * nothing), and before them the one that takes the samples: they begin at the start.
 */
void guest_run_find(struct guest_run *r);
void guest_run_spawn(struct guest_run *r, struct task *parent);

/* ---- guest_settings.c ---- */

/* Values of /proc/sys/vm, devices and queues at the start. */
void guest_run_settings(struct guest_run *r);
/* A step writes a setting.  False: there is no such one. */
bool guest_set(struct guest_run *r, struct task *t, const char *path, const char *value);

/* ---- guest_memory.c ---- */

/*
 * Brings memory to what was found before/, and begins to take what was taken from then to the
 * start; false after reporting.
 */
bool guest_fill_memory(struct guest_run *r);
/* A program begins. */
void guest_task_start(struct guest_run *r, struct task *t);
/*
 * What a process has before its first step.  Returns where its own pages are, of which the buffer
 * is the last part; 0: there is no room for them.
 */
uint64_t guest_process_memory(struct guest_process *p, struct task *t);
/* A step begins: its words are read. */
void guest_process_step(struct guest_process *p, struct task *t);
/* A call that may sleep, before it goes to the kernel: what its library reads and writes for it. */
void guest_process_call(struct guest_process *p, struct task *t);
/* Its address space is gone: so are page tables and its stack, once the task has ended. */
void guest_process_end(struct guest_process *p, struct task *t);
/*
 * An operation: the process writes to those of its own pages that it needs each time, and reads or
 * writes so many bytes of its buffer (0: no transfer).  Pages that reclaim took fault; else it
 * costs nothing.
 */
void guest_process_use(struct guest_process *p, struct task *t, bytes_t buffer, bool write);
#endif
