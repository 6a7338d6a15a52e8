/*
 * vfs_vnops.c - read, write and fsync of files; the threads that write what nobody waits for
 */
#include <errno.h>

#include "models/freebsd/kern/buf.h"
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/vm_pageout.h"

#define FSYNC_PASSES 5 /* of a file that is dirty again and again: NIADDR + 2 */

/* --- reading --- */

/* How sequential a reader or writer is, in blocks; 0: it has gone elsewhere. */
static int sequential_heuristic(struct freebsd_file *f, int64_t offset, int64_t len)
{
	if ((offset == 0 && f->seqcount > 0) || offset == f->next_offset)
		return f->seqcount = (int)min_s64(f->seqcount + (len + BKVASIZE - 1) / BKVASIZE,
						  SEQCOUNT_MAX);
	f->seqcount = f->seqcount > 1 ? 1 : 0;
	return 0;
}

int64_t vn_read(struct task *t, struct freebsd_file *f, int64_t offset, int64_t len)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vnode *vp = f->vp;
	int64_t done = 0;
	int seqcount;

	vn_lock(t, vp, false);
	seqcount = sequential_heuristic(f, offset, len);
	while (done < len && (uint64_t)(offset + done) < vp->size && !t->killed) {
		uint64_t at = (uint64_t)(offset + done), lblkno = at / BKVASIZE;
		int64_t on = (int64_t)(at % BKVASIZE);
		int64_t n = min_s64(min_s64(BKVASIZE - on, len - done), (int64_t)(vp->size - at));
		struct buf *bp = cluster_read(t, vp, lblkno, seqcount);

		if (!bp) {
			vn_unlock(vp);
			return done ? done : -EIO;
		}
		brelse(vm, bp);
		task_run(t, (sim_time)(vm->machine->cost.page_copy *
				       ((n + FREEBSD_PAGE_SIZE - 1) / FREEBSD_PAGE_SIZE)));
		cond_resched(t);
		done += n;
	}
	vn_unlock(vp);
	f->next_offset = offset + done;
	vm->cnt.sim_read_bytes += done;
	return done;
}

/* --- writing --- */

/* Holds a writer back while there are too many dirty buffers. */
static void bwillwrite(struct task *t)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct buf_cache *bc = vm->bufs;

	while (bc->numdirty >= bc->limits.hidirty && !t->killed) {
		sim_time began = task_now(t);

		bd_wakeup(vm, 1);
		trace_sim_flswai(vm->sim, bc->numdirty);
		tsleep(t, &bc->flswai_chan, "flswai", 0);
		task_lost(t, LOSS_FLSWAI, began);
	}
}

/*
 * The file is to go on at block lblkno, behind its last one, which is a whole block from then on,
 * as ffs_balloc makes it.  The disk has nothing behind the old end: what a buffer gains is zero and
 * is not read, so that a dirty one needs no read of what it is about to replace.
 */
static void extend_last_block(struct task *t, struct vnode *vp, uint64_t lblkno)
{
	struct freebsd_vm *vm = task_freebsd(t);
	uint64_t last = vp->size / BKVASIZE;
	struct buf *bp;

	if (vp->size % BKVASIZE == 0 || last >= lblkno || !incore(vm, vp, last))
		return;
	bp = cluster_read(t, vp, last, 1);
	if (!bp)
		return; /* it went while we waited, and cannot be read: no buffer is left */
	allocbuf(t, bp, BUF_PAGES);
	for (int i = 0; i < bp->npages; i++)
		vm_page_zero_invalid(bp->pages[i], true);
	bp->flags |= B_CACHE;
	brelse(vm, bp);
}

/*
 * The buffer that bytes on..on+n of a block go to, with what it must keep of the file, which may
 * become longer by it.
 */
static struct buf *buf_to_write(struct task *t, struct vnode *vp, uint64_t lblkno, int64_t on,
				int64_t n)
{
	uint64_t start = lblkno * BKVASIZE, end = start + (uint64_t)(on + n), old = vp->size;
	bool keeps = start < old && (on > 0 || (uint64_t)n < min_u64(BKVASIZE, old - start));
	int pages = (int)div_round_up(max_u64(end, min_u64(old, start + BKVASIZE)) - start,
				      FREEBSD_PAGE_SIZE);
	struct buf *bp;

	extend_last_block(t, vp, lblkno);
	bp = keeps ? cluster_read(t, vp, lblkno, 1) : getblk(t, vp, lblkno, pages, true);
	if (!bp)
		return NULL;
	if (end > vp->size) {
		vp->size = end;
		vp->object->size = div_round_up(vp->size, FREEBSD_PAGE_SIZE);
	}
	allocbuf(t, bp, pages);
	return bp;
}

/* The program's bytes on..on + n of a block. */
static void fill(struct freebsd_vm *vm, struct task *t, struct buf *bp, int64_t on, int64_t n)
{
	for (int i = 0; i < bp->npages; i++)
		vm_page_zero_invalid(bp->pages[i], true);
	for (int64_t i = on / FREEBSD_PAGE_SIZE; i <= (on + n - 1) / FREEBSD_PAGE_SIZE; i++)
		bp->pages[i]->contents = ++vm->stores;
	bp->flags |= B_CACHE;
	task_run(t, (sim_time)((vm->machine->cost.page_copy + vm->machine->cost.page_dirty) *
			       ((n + FREEBSD_PAGE_SIZE - 1) / FREEBSD_PAGE_SIZE)));
}

/* A place on the disk for a block; false: it is full. */
static bool balloc(struct vnode *vp, uint64_t lblkno)
{
	return vnode_alloc_block(vp, lblkno * BUF_PAGES);
}

/*
 * Bytes written, or the error of the first block.  A file that was opened with sync: each block is
 * on the disk before the next one begins; whether that failed nobody looks at (the next fsync tries
 * again).
 */
static int64_t ffs_write(struct task *t, struct freebsd_file *f, int64_t offset, int64_t len)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vnode *vp = f->vp;
	int seqcount = sequential_heuristic(f, offset, len);
	int64_t done = 0;

	while (done < len && !t->killed) {
		uint64_t at = (uint64_t)(offset + done), lblkno = at / BKVASIZE;
		int64_t on = (int64_t)(at % BKVASIZE), n = min_s64(BKVASIZE - on, len - done);
		struct buf *bp;

		if (!balloc(vp, lblkno))
			return done ? done : -ENOSPC;
		bp = buf_to_write(t, vp, lblkno, on, n);
		if (!bp)
			return done ? done : -EIO;
		fill(vm, t, bp, on, n);
		if (f->sync)
			(void)bwrite(t, bp);
		else if (vm_page_count_severe(vm) || vm->bufs->numdirty >= vm->bufs->limits.hidirty)
			bawrite(t, bp);
		else if (on + n == BKVASIZE)
			cluster_write(t, bp, seqcount);
		else if (f->direct)
			bawrite(t, bp);
		else
			bdwrite(t, bp);
		cond_resched(t);
		done += n;
	}
	return done;
}

int64_t vn_write(struct task *t, struct freebsd_file *f, int64_t offset, int64_t len)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vnode *vp = f->vp;
	sim_time began;
	int64_t done;

	bwillwrite(t);
	vn_lock(t, vp, true);
	began = task_now(t);
	done = ffs_write(t, f, offset, len);
	if (f->sync)
		task_lost(t, LOSS_WRITE, began);
	f->next_offset = offset + max_s64(done, 0);
	if (done > 0)
		vm->cnt.sim_write_bytes += done;
	vn_unlock(vp);
	return done;
}

/* --- syncing --- */

static void drain_writes(struct task *t, struct vnode *vp)
{
	while (vp->writing)
		tsleep(t, &vp->write_chan, "bo_wwait", 0);
}

/* The first dirty buffer that this pass has not seen; busy ones are waited for, or left out. */
static struct buf *next_to_sync(struct task *t, struct vnode *vp, bool wait)
{
	for (struct list *pos = vp->dirty.next; pos != &vp->dirty; pos = pos->next) {
		struct buf *bp = LIST_ENTRY(pos, struct buf, vlink);

		while (wait && (bp->flags & B_BUSY) && (bp->flags & B_DELWRI) && bp->vp == vp)
			tsleep(t, &bp->chan, "fsync", 0);
		if (!(bp->flags & B_DELWRI) || bp->vp != vp)
			pos = &vp->dirty; /* time has passed: from the begin */
		else if (!(bp->flags & (B_BUSY | B_SCANNED)))
			return bp;
	}
	return NULL;
}

static void begin_pass(struct vnode *vp)
{
	LIST_FOR_EACH (pos, &vp->dirty)
		LIST_ENTRY(pos, struct buf, vlink)->flags &= ~(unsigned)B_SCANNED;
}

/* Starts to write all dirty pages and buffers, in clusters. */
static void async_pass(struct task *t, struct vnode *vp, bool wait)
{
	struct buf *bp;

	vm_object_page_clean(t, vp->object, 0, UINT64_MAX - 1);
	begin_pass(vp);
	while ((bp = next_to_sync(t, vp, wait)) != NULL) {
		bp->flags |= B_SCANNED;
		vfs_bio_awrite(t, bp);
	}
}

/* What an asynchronous pass left dirty, one buffer after the other; the first error ends it. */
static int sync_pass(struct task *t, struct vnode *vp)
{
	struct buf *bp;
	int error = 0;

	if (vp->error) { /* of pages that went without a buffer */
		vp->error = 0;
		vm_object_page_clean(t, vp->object, 0, UINT64_MAX - 1);
		drain_writes(t, vp);
		error = vp->error;
	}
	begin_pass(vp);
	while (!error && (bp = next_to_sync(t, vp, true)) != NULL) {
		list_del(&bp->queue);
		bp->flags |= B_BUSY | B_SCANNED;
		error = bwrite(t, bp);
	}
	return error;
}

int vn_fsync(struct task *t, struct vnode *vp, bool wait)
{
	sim_time began = task_now(t);
	int error = 0;

	async_pass(t, vp, wait);
	if (!wait)
		return 0;
	drain_writes(t, vp);
	for (int passes = 0; (vp->ndirty || vp->error) && passes < FSYNC_PASSES; passes++) {
		if (passes)
			async_pass(t, vp, true);
		error = sync_pass(t, vp);
		if (error)
			break;
		drain_writes(t, vp);
	}
	task_lost(t, LOSS_WRITE, began);
	return error;
}

/* --- length --- */

/* The block that the file is to end in, busy; what lies behind the end is zero.  NULL: *error. */
static struct buf *last_block(struct task *t, struct vnode *vp, uint64_t size, int *error)
{
	struct freebsd_vm *vm = task_freebsd(t);
	uint64_t lblkno = (size - 1) / BKVASIZE;
	int pages = (int)div_round_up(size - lblkno * BKVASIZE, FREEBSD_PAGE_SIZE);
	struct buf *bp;

	*error = -ENOSPC;
	if (!balloc(vp, lblkno))
		return NULL;
	*error = -EIO;
	bp = lblkno * BKVASIZE < vp->size ? cluster_read(t, vp, lblkno, 1)
					  : getblk(t, vp, lblkno, pages, true);
	if (!bp)
		return NULL;
	if (bp->npages > pages)
		shrink_buf(vm, bp, pages);
	else
		allocbuf(t, bp, pages);
	for (int i = 0; i < bp->npages; i++)
		vm_page_zero_invalid(bp->pages[i], true);
	bp->flags |= B_CACHE;
	return bp;
}

static int ffs_truncate(struct task *t, struct vnode *vp, uint64_t size)
{
	uint64_t old = vp->size, lblkno;
	struct buf *bp = NULL;
	int error;

	if (size == old)
		return 0;
	if (size > old) /* what was set aside for it behind its end is a hole */
		vnode_free_blocks(vp, div_round_up(old, BKVASIZE) * BUF_PAGES);
	if (size > old || size % BKVASIZE) {
		bp = last_block(t, vp, size, &error);
		if (!bp)
			return error;
		lblkno = bp->lblkno;
		bdwrite(t, bp);
		if (!(bp->flags & B_BUSY) && (bp->flags & B_DELWRI) && bp->vp == vp &&
		    bp->lblkno == lblkno)
			vfs_bio_awrite(t, bp);
	}
	if (size > old)
		extend_last_block(t, vp, (size - 1) / BKVASIZE);
	vnode_pager_setsize(t, vp, size);
	if (size < old)
		vnode_free_blocks(vp, div_round_up(size, BKVASIZE) * BUF_PAGES);
	return 0;
}

int vn_truncate(struct task *t, struct vnode *vp, int64_t length)
{
	int error;

	if (vp->raw || length < 0)
		return -EINVAL;
	vn_lock(t, vp, true);
	error = ffs_truncate(t, vp, (uint64_t)length);
	vn_unlock(vp);
	return error;
}

/* --- threads --- */

static void buf_daemon(struct task *t, void *arg)
{
	struct freebsd_vm *vm = arg;
	struct buf_cache *bc = vm->bufs;

	for (;;) {
		while (bc->numdirty > bc->limits.lodirty && !list_empty(&bc->dirty)) {
			vfs_bio_awrite(t, LIST_FIRST(&bc->dirty, struct buf, queue));
			numdirtywakeup(vm, (bc->limits.lodirty + bc->limits.hidirty) / 2);
			cond_resched(t);
		}
		if (bc->numdirty > bc->limits.lodirty) {
			tsleep(t, &bc->bd_chan, "qsleep", hz / 10);
			continue;
		}
		bc->bd_request = false;
		tsleep(t, &bc->bd_chan, "psleep", hz);
	}
}

static void sched_sync(struct task *t, void *arg)
{
	struct freebsd_vm *vm = arg;
	struct wait_queue chan;

	wait_queue_init(&chan);
	for (uint64_t second = 1;; second++) {
		tsleep(t, &chan, "syncer", hz);
		for (int i = 0; i < vm->nr_vnodes; i++) {
			struct vnode *vp = vm->vnodes[i];

			if (vp->sync_at && vp->sync_at <= task_now(t)) {
				trace_sim_syncer(vm->sim, vp->id, vp->ndirty);
				(void)vn_fsync(t, vp, false);
			} else if (second % SYNC_FILE_DATA == 0) {
				/* what mappings made dirty */
				vm_object_page_clean(t, vp->object, 0, UINT64_MAX - 1);
			}
		}
	}
}

void bufs_start(struct freebsd_vm *vm)
{
	kproc_create(vm, "bufdaemon", buf_daemon);
	vm->bufs->syncer = kproc_create(vm, "syncer", sched_sync);
}
