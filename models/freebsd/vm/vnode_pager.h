/*
 * vnode_pager.h - files: where they lie, and pages to and from them beside the buffers
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/vnode_pager.c
 * Simplified:  pages that the page daemon or msync writes go to the disk without a buffer; no
 *              metadata is read or written; a growing file takes the next free stretch of its disk
 * Left out:    directories, fragments of blocks; the page daemon and the syncer take no locks of
 *              vnodes
 */
#ifndef MMSIM_FREEBSD_VNODE_PAGER_H
#define MMSIM_FREEBSD_VNODE_PAGER_H

#include "models/freebsd/freebsd.h"

#define STRETCH_PAGES 32768ULL /* of disk that a growing file takes at a time: 128 MiB */

struct vnode_extent {
	uint64_t first, pages, sector;
};

struct freebsd_file_stat {
#define CNT_METRIC(name, kind, unit, meaning)
#define FILE_METRIC(name, kind, unit, meaning) int64_t name;
#include "models/freebsd/metric.def"
#undef CNT_METRIC
#undef FILE_METRIC
};

/* The cluster that is being written to: cluster_write. */
struct write_behind {
	uint64_t v_cstart; /* its first block */
	uint64_t v_lastw;  /* the block that was written to last */
	uint64_t v_lasta;  /* the sector of that */
	int v_clen;        /* blocks it is to have, less one; 0: none has begun */
};

struct vnode {
	struct freebsd_vm *vm;
	const char *name; /* borrowed */
	int id;
	int disk;
	uint64_t size;                /* bytes */
	bool raw;                     /* the device itself */
	struct vnode_extent *extents; /* owned; in the order of pages */
	int nr_extents;
	struct vnode_extent *spare; /* owned; places that truncation gave back: used first */
	int nr_spare;
	uint64_t as_at_boot;      /* pages that may hold what they held then */
	struct xarray contents;   /* page -> value: vm_page.contents as it was written last */
	struct vm_object *object; /* owned */

	int locked;           /* readers that have it; -1: a writer */
	int exclusive_wanted; /* writers that wait; new readers let them go first */
	struct wait_queue lock_chan;

	/* buffers: kern/vfs_bio.c */
	struct xarray bufs; /* block -> number of its buffer plus one */
	struct write_behind write_behind;
	struct list dirty; /* buf.vlink */
	int64_t ndirty;
	int writing;      /* requests under way */
	sim_time sync_at; /* when the syncer comes; 0: nothing is dirty */
	int error;        /* of pages written without a buffer, which are dirty still; fsync's */
	struct wait_queue write_chan;
	struct freebsd_file_stat stat;
};

/* An open file. */
struct freebsd_file {
	struct vnode *vp;
	int64_t next_offset; /* where a sequential read would go on */
	int seqcount;
	int64_t nr_writes;
	bool sync, direct;
	int f_count;      /* names for it: a child of fork has the same open file */
	struct list link; /* in freebsd_vm.files */
};

/* Makes the files of the scenario; false after reporting to d. */
bool vnodes_init(struct freebsd_vm *vm, const struct key_list *conf, struct diag *d);
void vnodes_free(struct freebsd_vm *vm);
struct vnode *vnode_by_name(const struct freebsd_vm *vm, const char *name);
/* Shared by those who read, exclusive for those who write, cut or sync it. */
void vn_lock(struct task *t, struct vnode *vp, bool exclusive);
bool vn_trylock_shared(struct vnode *vp);
void vn_unlock(struct vnode *vp);
/*
 * Gives all of the block around a page a place, as far as it has none: files grow by whole blocks,
 * whoever writes.  False: the disk is full.
 */
bool vnode_alloc_block(struct vnode *vp, uint64_t index);
/*
 * Where page index lies, and how many pages from it on lie in a row (1 at least); with alloc a hole
 * gets a place.  False: a hole, or the disk is full.
 */
bool vnode_bmap(struct vnode *vp, uint64_t index, bool alloc, uint64_t *sector, uint64_t *run);

/*
 * Starts to write n dirty pages in a row that are under I/O already (vm_page_io_start); sync:
 * waits. Returns pages started, from the first on.
 */
int vnode_pager_putpages(struct task *t, struct vm_object *object, struct vm_page **ma, int n,
			 bool sync);
/* Reads n busy pages in a row, waits.  0 or -EIO. */
int vnode_pager_getpages(struct task *t, struct vm_object *object, struct vm_page **ma, int n);
/* Starts to write what mappings made dirty in pages start..end (exclusive). */
void vm_object_page_clean(struct task *t, struct vm_object *object, uint64_t start, uint64_t end);
/*
 * The file has another length: buffers and pages beyond it go, and the rest of the last page is
 * zeroed and clean.  Waits for whoever uses them.
 */
void vnode_pager_setsize(struct task *t, struct vnode *vp, uint64_t size);
/* Places on the disk from a page on are given back. */
void vnode_free_blocks(struct vnode *vp, uint64_t page);
/* What the disk has of a page; and a page on its way there. */
uint32_t vnode_contents(const struct vnode *vp, uint64_t index);
void vnode_set_contents(struct vnode *vp, uint64_t index, uint32_t contents);

extern const struct section freebsd_files_section;
extern const struct metric_object freebsd_file_metrics;
#endif
