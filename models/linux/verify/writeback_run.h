/*
 * writeback_run.h - the run of a writeback case, for its two files
 */
#ifndef MMSIM_LINUX_WRITEBACK_RUN_H
#define MMSIM_LINUX_WRITEBACK_RUN_H

#include "models/linux/verify/writeback_case.h"

/* A process of the workload. */
struct wb_process {
	struct wb_run *run;
	const char *name; /* borrowed */
	struct task *task;
	int line;    /* step that runs, from 0 */
	int64_t ops; /* of that step so far */
	int64_t bytes;
	sim_time longest;                /* operation since the last line of progress, ns */
	struct file *file[WB_MAX_DISKS]; /* opened; NULL: not */
};

/* A request that is at its device. */
struct wb_issue {
	sim_time at;
	uint64_t sector;
	int disk;
	bool sync;
	char *task; /* owned */
};

struct wb_run {
	struct wb_case *w;
	struct wb_result *result;
	struct sim *sim;
	struct tables tables;
	struct linux_vm *vm;
	sim_time start; /* t = 0 */
	bool stopped;   /* processes are killed */
	struct wb_process process[WB_MAX_STEPS];
	int nr_processes;
	int opened[WB_MAX_DISKS]; /* by so many processes */
	struct event tick;        /* looks how far they are */
	uint32_t *slab;           /* owned; frames of what indexes the cache */
	size_t nr_slab, cap_slab;
	struct str progress, passes, requests; /* rows of what is written; owned */
	struct wb_issue *issue;                /* owned; requests at the devices */
	size_t nr_issue, cap_issue;
};

/* Microseconds since the start. */
int64_t wb_run_us(const struct wb_run *r, sim_time at);
/* Starts every process of the workload. */
void wb_run_spawn(struct wb_run *r);
/* Values of /proc/sys/vm, devices and queues at the start. */
void wb_run_settings(struct wb_run *r);
#endif
