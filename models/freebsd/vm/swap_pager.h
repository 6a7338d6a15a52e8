/*
 * swap_pager.h - anonymous memory on disks
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/swap_pager.c; sys/kern/subr_blist.c
 * Simplified:  the lowest run of places that is free is found by looking, not in a radix tree;
 *              meta-data takes no memory
 * Left out:    encryption, swapoff, swapping of whole processes
 *
 * Each device has its own numbers of places, one after the other with a gap of one, so that no
 * run crosses from one to the next.  A run is taken from each device in turn.
 */
#ifndef MMSIM_FREEBSD_SWAP_PAGER_H
#define MMSIM_FREEBSD_SWAP_PAGER_H

#include "models/freebsd/freebsd.h"

#define SWAP_ASYNC_MAX     4
#define SWB_NPAGES         16
#define SWAP_META_PAGES    (2 * SWB_NPAGES)
#define BLIST_BMAP_RADIX   32  /* a run of places does not cross a multiple of it */
#define SWAP_PAGEOUT_LEAST 4   /* the shortest run of places a cluster is cut to */
#define SWAP_OOM_LEAST     64  /* fewer free places, and memory may be used up */
#define NSWAP_LOWAT        128 /* free places from which on swap is not full any more */

/* A stretch of a disk. */
struct swdevt {
	int disk;
	uint64_t sector;   /* where it begins */
	uint64_t first;    /* number of its first place */
	uint64_t npages;   /* places */
	uint64_t used;     /* of these */
	uint32_t *bitmap;  /* owned; a bit for each place in use */
	uint64_t low;      /* in the words of the bitmap before this one nothing is free */
	uint32_t *written; /* owned; vm_page.contents by place */
};

struct swap_pager {
	struct swdevt *dev; /* owned; none: no swap */
	int nr_devs;
	int next;         /* the device whose turn it is */
	uint64_t npages;  /* of all */
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
void swap_pager_freespace(struct freebsd_vm *vm, struct vm_object *object, uint64_t start,
			  uint64_t n);
void swap_pager_free_object(struct freebsd_vm *vm, struct vm_object *object);
/*
 * Places of pages offset..offset + to->size go over to another object, which keeps its own where
 * it has one; destroy: all others of from are given back.
 */
void swap_pager_copy(struct freebsd_vm *vm, struct vm_object *from, struct vm_object *to,
		     uint64_t offset, bool destroy);
/* What lies in a place; for checks. */
uint32_t swap_pager_contents(const struct freebsd_vm *vm, const struct vm_object *object,
			     uint64_t pindex);
void swap_pager_check(struct check *c, const struct freebsd_vm *vm);
#endif
