/*
 * buf.h - what the parts of the buffer cache share
 */
#ifndef MMSIM_FREEBSD_BUF_H
#define MMSIM_FREEBSD_BUF_H

#include "models/freebsd/kern/vfs_bio.h"

struct buf *incore(const struct freebsd_vm *vm, const struct vnode *vp, uint64_t lblkno);
/*
 * The buffer of a block, busy, with npages pages.  wait false: NULL if it is busy or there is no
 * buffer; the caller does not want to wait for these (for memory it waits all the same).
 */
struct buf *getblk(struct task *t, struct vnode *vp, uint64_t lblkno, int npages, bool wait);
void allocbuf(struct task *t, struct buf *bp, int npages);
void brelse(struct freebsd_vm *vm, struct buf *bp);
void bdwrite(struct task *t, struct buf *bp);
/* Starts to write a busy buffer, which is released when that is done. */
void bawrite(struct task *t, struct buf *bp);
/* Writes a busy buffer, waits, releases it.  0, or the error of the write. */
int bwrite(struct task *t, struct buf *bp);
/* Its pages from npages on are the buffer's no more. */
void shrink_buf(struct freebsd_vm *vm, struct buf *bp, int npages);
/* Buffers from a block on go, dirty or not; waits for those that are in use, and for writes. */
void vtruncbuf(struct task *t, struct vnode *vp, uint64_t lblkno);
/* Writes a dirty buffer that nobody has, and its neighbours. */
void vfs_bio_awrite(struct task *t, struct buf *bp);
/*
 * Starts one request for dirty buffers that nobody has, from a block on, most at most, as far as
 * they lie in a row.  Returns how many; 0: not even the first.
 */
int bawrite_run(struct task *t, struct vnode *vp, uint64_t lblkno, int most);
/* vfs_cluster.c: starts to write what is dirty and not in use of len blocks. */
void cluster_wbuild(struct task *t, struct vnode *vp, uint64_t lblkno, int len);
/*
 * Releases a busy buffer that was written to up to its end: it is dirty; the cluster it completes
 * is written, if seqcount says that the writer is sequential.
 */
void cluster_write(struct task *t, struct buf *bp, int seqcount);
/* Wakes writers that are held back, if at most so many buffers are dirty. */
void numdirtywakeup(struct freebsd_vm *vm, int64_t level);
/* Wakes the flushing daemon if so many buffers are dirty. */
void bd_wakeup(struct freebsd_vm *vm, int64_t dirtybuflevel);
/* vfs_cluster.c: a block with its contents, busy; more is read ahead as seqcount says.  NULL: -EIO.
 */
struct buf *cluster_read(struct task *t, struct vnode *vp, uint64_t lblkno, int seqcount);
/* Pages of a block that lie in the file. */
int block_pages(const struct vnode *vp, uint64_t lblkno);
#endif
