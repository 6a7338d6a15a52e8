/*
 * vm_glue.h - kernel stacks, and whole processes that are swapped out
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/vm_glue.c; vm_daemon of vm_pageout.c
 * Simplified:  a process is one thread; one that is woken while it is swapped out takes the CPU
 *              before it goes on to wait; stacks take memory if freebsd.kernel_memory says that
 *              the kernel does
 * Left out:    limits on resident memory (RLIMIT_RSS)
 *
 *	                       sleeps for swap_idle_threshold1 seconds, and memory is short:
 *	           swapout     its stack may be paged out, and nothing is mapped any more (vmdaemon)
 *	in memory ---------> swapped out
 *	     ^                    | it is woken
 *	     +--------------------+
 *	           faultin     the swapper has its stack read, when there is memory
 */
#ifndef MMSIM_FREEBSD_VM_GLUE_H
#define MMSIM_FREEBSD_VM_GLUE_H

#include "models/freebsd/freebsd.h"

#define KSTACK_PAGES 4  /* amd64 */
#define MAXSLP       20 /* seconds */

/* What vm_daemon is asked for. */
enum vm_swap_action {
	VM_SWAP_NORMAL = 1, /* memory is short: who sleeps for swap_idle_threshold1 goes */
	VM_SWAP_IDLE = 2,   /* who sleeps for swap_idle_threshold2 goes, short or not */
};

/* --- vm_glue.c --- */

/* A kernel stack for a thread; waits for memory.  A kernel that takes no memory has none. */
void vm_thread_new(struct task *t, struct thread *td);
/* It is kept for the next thread, if not too many are. */
void vm_thread_dispose(struct task *t, struct thread *td);
/* Gives the stacks back that nobody has. */
void vm_thread_stack_lowmem(struct task *t);
/* Swaps out those who have slept for their time; action: enum vm_swap_action, joined. */
void swapout_procs(struct freebsd_vm *vm, int action);
/* Of a task that was woken, on its own stack: waits until it is in memory. */
void thread_wait_inmem(struct task *t);
/* Starts the swapper and vmdaemon. */
void swapping_start(struct freebsd_vm *vm);
void vm_glue_check(struct check *c, const struct freebsd_vm *vm);

/* --- vm_daemon.c --- */

void vm_daemon(struct task *t, void *arg);
/* Asks vmdaemon, which is woken once a second at most. */
void vm_req_vmdaemon(struct freebsd_vm *vm, int action);
/* What a scan of the page daemon asks of it at its end. */
void vm_pageout_request_swapout(struct freebsd_vm *vm);
#endif
