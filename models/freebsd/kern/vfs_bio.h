/*
 * vfs_bio.h - the buffer cache: blocks of files that are read and written by calls
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/kern/vfs_bio.c, vfs_cluster.c, vfs_subr.c
 *              (syncer)
 * Simplified:  blocks of 16 KiB; data only, no directories or metadata; the buffers take up all of
 *              the space there is for them
 * Left out:    moving blocks of a file that are not in a row (ffs_reallocblks), passing over files
 *              that others have locked (bufdaemon)
 *
 * The pages of a buffer are wired as long as it exists.  When it is needed for another block they
 * go to the inactive queue; a new buffer for the old block finds them there, without I/O.
 *
 * A write that fails with EIO leaves its buffer dirty: it is written again when its turn comes, for
 * as long as the disk fails.  After any other error the buffer goes, with what was to be written.
 */
#ifndef MMSIM_FREEBSD_VFS_BIO_H
#define MMSIM_FREEBSD_VFS_BIO_H

#include "models/freebsd/kern/geom.h"
#include "models/freebsd/vm/vnode_pager.h"

#define BKVASIZE       16384
#define BUF_PAGES      (BKVASIZE / FREEBSD_PAGE_SIZE)
#define BUF_SECTORS    (BUF_PAGES * SECTORS_PER_PAGE)
#define CLUSTER_BUFS   (MAXPHYS / BKVASIZE)
#define MAXBSIZE       65536
#define VFS_READ_MAX   32 /* vfs.read_max: blocks read ahead */
#define SEQCOUNT_MAX   127
#define SYNC_FILE_DATA 30 /* seconds */

enum buf_flag {
	B_BUSY = 1,     /* somebody has it */
	B_CACHE = 2,    /* its contents are there */
	B_DELWRI = 4,   /* written to, and not yet on its way */
	B_IO = 8,       /* a request is under way */
	B_RAM = 16,     /* whoever reads it has more read ahead */
	B_INVAL = 32,   /* its block is taken away when it is released, dirty or not */
	B_SCANNED = 64, /* BV_SCANNED: this pass of fsync has seen it */
	B_WRITE = 128,  /* what was asked of the disk last (b_iocmd); else to read */
};

struct buf {
	struct vnode *vp; /* NULL: empty */
	uint64_t lblkno;
	struct vm_page *pages[BUF_PAGES];
	int npages;
	unsigned flags;
	int error;         /* of the last request, until brelse deals with it; 0: none */
	struct list queue; /* empty, clean or dirty */
	struct list vlink; /* in vnode.dirty */
	struct wait_queue chan;
};

/* Sizes at boot. */
struct buf_limits {
	int64_t nbuf, hidirty, lodirty, dirtythresh;
	int64_t hirunningspace, lorunningspace; /* bytes */
};

struct buf_cache {
	struct buf_limits limits;
	struct buf *buf; /* owned */
	struct list empty, clean, dirty;
	int64_t numdirty;
	int64_t runningbufspace; /* bytes of buffers that are being written */
	struct wait_queue newbuf_chan, flswai_chan, bd_chan, wdrain_chan;
	bool bd_request;
	const struct task *syncer; /* borrowed; not held back by runningbufspace */
};

struct buf_limits vfs_bio_limits(int64_t memory_kib);

void bufinit(struct freebsd_vm *vm);
void bufdone_all(struct freebsd_vm *vm);
/* The threads: bufdaemon, syncer. */
void bufs_start(struct freebsd_vm *vm);
void vfs_bio_check(struct check *c, struct sim *s);

/* Bytes read or written, or a negative errno value. */
int64_t vn_read(struct task *t, struct freebsd_file *f, int64_t offset, int64_t len);
int64_t vn_write(struct task *t, struct freebsd_file *f, int64_t offset, int64_t len);
/* Gives a file another length: 0, -EINVAL, -ENOSPC, -EIO. */
int vn_truncate(struct task *t, struct vnode *vp, int64_t size);
/*
 * Starts to write all that is dirty; wait: until it is on the disk.  0, or -EIO: what failed was
 * tried a second time, and failed again.  Other errors nobody is told, as what was to be written is
 * no more.
 */
int vn_fsync(struct task *t, struct vnode *vp, bool wait);
#endif
