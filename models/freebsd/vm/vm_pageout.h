/*
 * vm_pageout.h - the page daemon, and those who wait for it
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/vm_pageout.c, vm_meter.c
 * Simplified:  a scan takes time for each page it looks at, and others run meanwhile; of handlers
 *              of low memory only that of kernel stacks is there
 * Left out:    caches of the kernel's allocator, idle priority
 */
#ifndef MMSIM_FREEBSD_VM_PAGEOUT_H
#define MMSIM_FREEBSD_VM_PAGEOUT_H

#include "models/freebsd/freebsd.h"

struct pageout {
	struct task *daemon;
	bool pages_needed;         /* vm_pages_needed */
	bool pageout_pages_needed; /* the daemon itself waits for memory */
	int64_t deficit;           /* vm_pageout_deficit */
	struct wait_queue needed_chan, free_chan, pfault_chan, pageout_chan;
	struct vm_page marker;
	uint64_t fullintervalcount; /* seconds since the active queue was looked at as a whole */

	/* vm_daemon.c */
	int req_swapout; /* vm_pageout_req_swapout: enum vm_swap_action */
	struct wait_queue vmdaemon_chan;
	uint64_t vmdaemon_lastrun; /* in ticks */
	uint64_t idle_second;      /* in which VM_SWAP_IDLE was asked for last */
};

/*
 * All numbers of section "targets" at boot from the size of memory and what is free then; pages.
 */
struct pageout_targets vm_pageout_targets(int64_t page_count, int64_t free_count);

void vm_pageout_init(struct freebsd_vm *vm);
/* Starts the daemon; targets are computed now. */
void vm_pageout_start(struct freebsd_vm *vm);
void vm_pageout_free(struct freebsd_vm *vm);

/* Asks the daemon for pages; t: who asks, NULL: an interrupt. */
void pagedaemon_wakeup(struct freebsd_vm *vm, const struct task *t);
/* After a page was freed or cached. */
void vm_page_free_wakeup(struct freebsd_vm *vm);
/* Sleeps until there is memory. */
void vm_wait(struct task *t);
void vm_waitpfault(struct task *t);

/* vm_pageout_scan.c */
void vm_pageout_scan(struct task *t, struct freebsd_vm *vm, int pass);
void vm_pageout_page_stats(struct task *t, struct freebsd_vm *vm);
/* Writes a dirty page and its neighbours; pages that were started. */
int vm_pageout_clean(struct task *t, struct freebsd_vm *vm, struct vm_page *m);
/* Kills the process with most memory. */
void vm_pageout_oom(struct freebsd_vm *vm);
#endif
