/*
 * task_switch.h - changing from one stack to another
 *
 * The only machine-dependent piece: makecontext lays a new stack out once,
 * then _setjmp and _longjmp switch without a system call.
 */
#ifndef MMSIM_ENGINE_TASK_SWITCH_H
#define MMSIM_ENGINE_TASK_SWITCH_H

#include "sim/base/types.h"

struct task_context;
struct switcher;

struct switcher *switcher_new(void);
void switcher_free(struct switcher *sw);

/* A stack on which fn(arg) will begin; fn never returns. */
struct task_context *task_context_new(struct switcher *sw, void (*fn)(void *arg), void *arg);
/* The context must not be running.  Its stack goes back to the switcher for the next one. */
void task_context_free(struct switcher *sw, struct task_context *c);
/* What runs outside of all tasks: goes on until it has the next context to enter; NULL: the end. */
typedef struct task_context *switcher_next_fn(void *arg);
/*
 * Enters one context after the other.  next is called first, and again whenever a task has left.
 * One at a time: next and the tasks must not call it.
 */
void switcher_run(struct switcher *sw, switcher_next_fn *next, void *arg);
/* From a task back to the loop. */
void task_context_leave(struct switcher *sw, struct task_context *c);
/* From a task that has ended, for the last time. */
void task_context_exit(struct switcher *sw, struct task_context *c) __attribute__((noreturn));
#endif
