/*
 * fixture.h - a small machine for tests, from the text of a scenario
 *
 *	struct fixture f;
 *
 *	fixture_boot(&f, "machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }\n");
 *	fixture_task(&f, body, arg);      runs body on a task of its own to its end
 *	fixture_end(&f);
 */
#ifndef MMSIM_TESTS_FIXTURE_H
#define MMSIM_TESTS_FIXTURE_H

/* a test of FreeBSD has included its kernel before: the two know nothing of each other */
#ifdef MMSIM_FREEBSD_FREEBSD_H
struct linux_vm;
#else
#include "models/linux/linux.h"
#endif

struct fixture {
	struct diag diag;
	struct scenario *sc;
	struct sim *s;
	struct tables tables;
	struct linux_vm *vm; /* of FreeBSD: freebsd_vm(s) */
};

/*
 * Boots Linux (or the personality it names) on what the scenario says ("mmsim: 1" is added); ends
 * the test if it is wrong.
 */
void fixture_boot(struct fixture *f, const char *scenario);
/* Runs a task on CPU 0 until it is done. */
void fixture_task(struct fixture *f, task_fn *body, void *arg);
/* Boots a machine, runs a task with it (struct fixture *) as argument, checks, and ends. */
void fixture_run(const char *scenario, task_fn *body);
/* Runs all the time until then: the CPU is not idle at a tick. */
void busy_until(struct task *t, sim_time at);
/* All invariants hold. */
void fixture_check(struct fixture *f);
/* Pages that are dirty, or under writeback, whatever CPUs keep of the counters to themselves. */
uint64_t fixture_nr_dirty(const struct fixture *f);
uint64_t fixture_nr_writeback(const struct fixture *f);
void fixture_end(struct fixture *f);
#endif
