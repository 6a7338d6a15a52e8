/*
 * pages.h - what the parts of the module share: a call of the script, its answer, what happened
 * meanwhile, what the allocator looks like
 */
#ifndef MMSIM_TESTS_GUEST_ALLOC_PAGES_H
#define MMSIM_TESTS_GUEST_ALLOC_PAGES_H

#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/types.h>

#include "texts.h"

#define MAX_SLOTS (1 << 18) /* of a script: one that is given back can be taken again */
#define MAX_BULK  4096

__printf(2, 3) void say(struct text *t, const char *format, ...);

extern struct text answers, states, pending; /* pending: events of the call that runs */

struct op {
	char kind; /* letter of the call */
	u8 cpu;
	s16 node;
	u32 slot;
	gfp_t gfp;  /* or the mask of G and P */
	u32 type;   /* C */
	u64 start;  /* a frame, or the slot of the first page of an S */
	u64 amount; /* order, bytes, pages, flags of P, number of M */
};

/* A line of the script; false: it is none. */
bool op_read(struct op *op, const char *line);
/* Makes the call and writes its line; a call of what is not held writes nothing. */
void op_run(const struct op *op);
/* Looks for what is not exported, and takes memory; 0 or -errno. */
int calls_start(void);
/* Gives everything back that the script did not. */
void calls_give_back(void);

int events_start(void);
/* From now on, by this task; or not any more. */
void events_begin(bool others_too);
void events_end(void);

int state_start(void);
void state_show(const char *name);
#endif
