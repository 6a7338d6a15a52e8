/*
 * swap_pager.h - anonymous memory on a disk
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/swap_pager.c
 * Simplified:  one device, places found by a first fit from where the last one was; meta-data
 *              takes no memory
 * Left out:    several devices, encryption, swapping of whole processes
 */
#ifndef MMSIM_FREEBSD_SWAP_PAGER_H
#define MMSIM_FREEBSD_SWAP_PAGER_H

#include "models/freebsd/freebsd.h"

#define SWAP_ASYNC_MAX     4
#define SWAP_PAGEOUT_LEAST 4  /* the shortest run of places a cluster is cut to */
#define NSWAP_LOWAT        64 /* fewer free places, and memory may be used up */
#define NSWAP_HIWAT        128

struct swap_pager {
	int disk;        /* -1: no swap */
	uint64_t sector; /* where it begins */
	uint64_t npages;
	uint64_t *used;   /* owned; a bit for each place */
	uint64_t next;    /* where the search begins */
	int64_t avail;    /* swap_pager_avail */
	bool full;        /* swap_pager_full */
	int async_writes; /* under way; SWAP_ASYNC_MAX at most */
	struct wait_queue async_chan;
};

void swap_pager_init(struct freebsd_vm *vm);
void swap_pager_done(struct freebsd_vm *vm);
/*
 * Assigns places and starts to write n dirty pages of an object, in a row and busy (I/O).  Waits
 * while too many writes are under way.  Returns pages started, from the first on; the others were
 * left alone.
 */
int swap_pager_putpages(struct task *t, struct vm_object *object, struct vm_page **ma, int n);
/* Whether a page has a copy in swap, and how many neighbours before and behind lie beside it. */
bool swap_pager_haspage(const struct vm_object *object, uint64_t pindex, int *before, int *after);
/* Reads n busy pages in a row, waits; 0 or -EIO. */
int swap_pager_getpages(struct task *t, struct vm_object *object, struct vm_page **ma, int n);
/* The copy of a page that was changed is worth nothing. */
void swap_pager_unswapped(struct freebsd_vm *vm, struct vm_page *m);
void swap_pager_free_object(struct freebsd_vm *vm, struct vm_object *object);
#endif
