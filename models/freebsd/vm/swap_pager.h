/*
 * swap_pager.h - anonymous memory on disks
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/swap_pager.c; sys/kern/subr_blist.c
 * Simplified:  the lowest run of places that is free is found by looking, not in a radix tree;
 *              meta-data takes no memory
 * Left out:    encryption, swap in files
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
#define SWAP_LABEL_PAGES   2   /* of a device, never given out */
#define BLIST_BMAP_RADIX   32  /* a run of places does not cross a multiple of it */
#define SWAP_PAGEOUT_LEAST 4   /* the shortest run of places a cluster is cut to */
#define SWAP_OOM_LEAST     64  /* fewer free places, and memory may be used up */
#define NSWAP_LOWAT        128 /* free places from which on swap is not full any more */

/* A stretch of a disk. */
struct swdevt {
	const char *name; /* borrowed */
	bool on;
	bool closing;     /* SW_CLOSING: swapoff is at work */
	struct list link; /* in swap_pager.swtailq while it is on */
	int disk;
	uint64_t sector;   /* where it begins */
	uint64_t first;    /* number of its first place, while it is on */
	uint64_t npages;   /* places */
	uint64_t used;     /* of these */
	uint32_t *bitmap;  /* owned; a bit for each place in use */
	uint64_t low;      /* in the words of the bitmap before this one nothing is free */
	uint32_t *written; /* owned; vm_page.contents by place */
};

struct swap_pager {
	struct swdevt *dev; /* owned; those of the scenario */
	int nr_devs;
	struct list swtailq; /* those that are on, by their numbers */
	int nswapdev;
	struct swdevt *swdevhd; /* whose turn it is; NULL: the first one's */
	uint64_t npages;        /* of all that are on: swap_total */
	int64_t avail;          /* swap_pager_avail */
	int64_t labels_left;    /* of avail: labels of devices that are off */
	bool full;              /* swap_pager_full */
	int async_writes;       /* under way; SWAP_ASYNC_MAX at most */
	uint64_t pages_written; /* whose write succeeded */
	struct wait_queue async_chan;
	bool syscall_active; /* one swapon or swapoff at a time */
	struct wait_queue syscall_chan;
};

/* --- swapon.c --- */

void swap_pager_init(struct freebsd_vm *vm);
void swap_pager_done(struct freebsd_vm *vm);
/* swapon(2), of a device by its name in freebsd.swap: 0, -ENOENT, -EBUSY (it is on). */
int sys_swapon(struct task *t, const char *name);
/*
 * swapoff(2): reads all that is on the device back.  0, -ENOENT, -EINVAL (it is off), -ENOMEM (free
 * memory and places are not as many as the device has places, used or not).
 */
int sys_swapoff(struct task *t, const char *name);

/* --- swap_pager.c --- */

/* Swap is not full any more if there are places. */
void swp_sizecheck(struct swap_pager *sw);
/* Whether a page has a place, and which (blk may be NULL). */
bool swap_pager_place(const struct vm_object *object, uint64_t pindex, uint64_t *blk);
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
