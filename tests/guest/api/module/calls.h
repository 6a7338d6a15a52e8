/*
 * calls.h - what the groups of calls share: a line of the script, its answer, what happened
 * meanwhile
 */
#ifndef MMSIM_TESTS_GUEST_API_CALLS_H
#define MMSIM_TESTS_GUEST_API_CALLS_H

#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/types.h>

#include "texts.h"

#define MAX_WORDS 8
#define MAX_SLOTS 65536

/* The call that runs: word 0 is its name. */
struct line {
	char *word[MAX_WORDS];
	int nr_words;
};

struct call {
	const char *name;
	int nr_args;
	void (*run)(const struct line *l);
};

struct group {
	const char *name;
	const struct call *calls, *more_calls; /* the last of each has no name */
	const char *const *columns; /* what stands at the head of the table, NULL-terminated */
	int (*start)(void);         /* optional, as the others; before the first call */
	void (*before)(const struct line *l);
	void (*after)(const struct line *l); /* behind each call */
	void (*state)(void);                 /* what before.txt and after.txt show */
	void (*settle)(void);                /* behind the last call */
	void (*stop)(void);
};

extern const struct group vm_group, dma_group, mempool_group, cache_group, user_group;

/* Text of the table that is written; what happened in the call goes behind its line. */
__printf(1, 2) void say(const char *format, ...);
__printf(1, 2) void say_event(const char *format, ...);

/* An argument; what is no number ends the script. */
u64 number(const struct line *l, int i);
u64 number_below(const struct line *l, int i, u64 limit);
gfp_t mask(const struct line *l, int i);

/* Time since the tick at which the script began. */
u64 time_us(void);

extern struct task_struct *caller; /* the task that makes the calls */
#endif
