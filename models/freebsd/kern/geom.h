/*
 * geom.h - requests to disks
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/geom and a driver's queue, in outline
 * Simplified:  requests are served in the order in which they came; none is merged here (clusters
 *              are built above)
 * Left out:    sorting by place (disksort), flushes of write caches
 */
#ifndef MMSIM_FREEBSD_GEOM_H
#define MMSIM_FREEBSD_GEOM_H

#include "models/freebsd/freebsd.h"

#define MAXPHYS          131072
#define SECTORS_PER_PAGE (FREEBSD_PAGE_SIZE / SECTOR_SIZE)

struct bio;
typedef void bio_done_fn(struct freebsd_vm *vm, struct bio *bp);

/* A request; lies with whoever asks (who waits: on the stack; else g_new_bio) until done was
 * called. */
struct bio {
	struct disk_request device;
	struct list link; /* in geom.queue */
	bool write;
	uint64_t sector, sectors;
	int error;         /* 0, or a negative errno value when done */
	bio_done_fn *done; /* out of an interrupt */
	sim_time queued_at;
	struct geom *geom;
};

/* The queue of a disk. */
struct geom {
	struct freebsd_vm *vm;
	struct disk *disk;
	struct list queue;
};

/*
 * Zeroed memory for a request that outlives the call: size bytes, of which a struct bio is the
 * first field.  Given back by g_destroy_bio, or with the machine if the run ends before.
 */
void *g_new_bio(struct freebsd_vm *vm, size_t size);
void g_destroy_bio(struct bio *bp);

void geom_init(struct freebsd_vm *vm);
void geom_done(struct freebsd_vm *vm);
/* The caller has filled write, sector, sectors, done.  Takes no time. */
void g_io_request(struct freebsd_vm *vm, int disk, struct bio *bp);
#endif
