/*
 * vfs_cluster.c - reading ahead, and writing behind
 *
 * A sequential reader gets up to vfs.read_max blocks ahead, in requests of up to 128 KiB.  The
 * first block of each request carries a mark (B_RAM); when it is read, the next ones are asked for.
 *
 * A sequential writer fills clusters of 128 KiB, each of which is written when its last
 * block is full:
 *
 *	| 0 1 2 3 4 5 6 7 | 8 9 ...     v_cstart = 8, v_clen = 7, v_lastw = 9
 *	  under way         dirty
 */
#include "models/freebsd/kern/buf.h"
#include "models/freebsd/vm/pmap.h"

struct buf_read {
	struct bio bio;
	struct vnode *vp;
	struct buf *bufs[CLUSTER_BUFS];
	int n;
	struct buf *wanted; /* somebody waits for it; it stays busy.  NULL: none */
};

static void read_done(struct freebsd_vm *vm, struct bio *bio)
{
	struct buf_read *r = CONTAINER_OF(bio, struct buf_read, bio);

	for (int i = 0; i < r->n; i++) {
		struct buf *bp = r->bufs[i];

		for (int k = 0; k < bp->npages; k++) {
			struct vm_page *m = bp->pages[k];

			/* what was valid before may have been stored to */
			if (!bio->error && m->valid != VM_PAGE_BITS_ALL)
				m->contents = vnode_contents(r->vp, m->pindex);
			if (!bio->error)
				vm_page_set_valid(m, 0, FREEBSD_PAGE_SIZE);
			vm_page_io_finish(vm, m);
		}
		vm->cnt.sim_file_pages_read += bp->npages;
		bp->flags &= ~(unsigned)B_IO;
		bp->error = bio->error;
		if (!bio->error)
			bp->flags |= B_CACHE;
		if (bp == r->wanted)
			wakeup(vm->sim, &bp->chan);
		else
			brelse(vm, bp);
	}
	g_destroy_bio(bio);
}

/* Where a block lies.  A file with extents may have places for a part of it only.  False: none. */
static bool block_bmap(struct vnode *vp, const struct buf *bp, uint64_t *sector, uint64_t *run)
{
	for (int i = 0; i < bp->npages; i++) {
		if (!vnode_bmap(vp, bp->lblkno * BUF_PAGES + (uint64_t)i, false, sector, run))
			continue;
		*run = i ? 0 : *run; /* no more blocks along with it */
		return true;
	}
	return false;
}

/* One request for block lblkno (busy) and those behind it, most blocks at most.  How many it has.
 */
static int start_read(struct task *t, struct buf *first, int most, bool wanted)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vnode *vp = first->vp;
	struct buf_read *r;
	uint64_t sector, run, sectors = (uint64_t)first->npages * SECTORS_PER_PAGE;

	if (!block_bmap(vp, first, &sector, &run)) { /* a hole */
		for (int k = 0; k < first->npages; k++)
			vm_page_zero_invalid(first->pages[k], true);
		first->flags |= B_CACHE;
		if (!wanted)
			brelse(vm, first);
		return 1;
	}
	r = g_new_bio(vm, sizeof(*r));
	r->vp = vp;
	r->bufs[0] = first;
	r->n = 1;
	r->wanted = wanted ? first : NULL;
	while (r->n < most && r->n < CLUSTER_BUFS && run >= (uint64_t)(r->n + 1) * BUF_PAGES) {
		uint64_t lblkno = first->lblkno + (uint64_t)r->n;
		int pages = block_pages(vp, lblkno);
		struct buf *bp;

		if (!pages || incore(vm, vp, lblkno))
			break;
		bp = getblk(t, vp, lblkno, pages, false);
		if (!bp)
			break;
		if (bp->flags & B_CACHE) { /* its pages were still there */
			brelse(vm, bp);
			break;
		}
		r->bufs[r->n++] = bp;
		sectors += (uint64_t)pages * SECTORS_PER_PAGE;
	}
	for (int i = 0; i < r->n; i++) {
		r->bufs[i]->flags |= B_IO;
		r->bufs[i]->flags &= ~(unsigned)B_WRITE;
		for (int k = 0; k < r->bufs[i]->npages; k++)
			vm_page_io_start(r->bufs[i]->pages[k]);
	}
	r->bio = (struct bio){ .sector = sector, .sectors = sectors, .done = read_done };

	int n = r->n;

	g_io_request(vm, vp->disk, &r->bio);
	task_run(t, (sim_time)vm->machine->cost.bio_submit);
	return n;
}

/* Asks for blocks from lblkno to end (exclusive) that are not there. */
static void read_ahead(struct task *t, struct vnode *vp, uint64_t lblkno, uint64_t end)
{
	struct freebsd_vm *vm = task_freebsd(t);

	while (lblkno < end) {
		int pages = block_pages(vp, lblkno);
		struct buf *bp;

		if (!pages)
			return;
		if (incore(vm, vp, lblkno)) {
			lblkno++;
			continue;
		}
		bp = getblk(t, vp, lblkno, pages, false);
		if (!bp)
			return;
		bp->flags |= B_RAM;
		if (bp->flags & B_CACHE) {
			brelse(vm, bp);
			lblkno++;
			continue;
		}
		lblkno +=
		    (uint64_t)start_read(t, bp, (int)min_u64(end - lblkno, CLUSTER_BUFS), false);
	}
}

/* A block whose mark was met: where blocks are missing. */
static uint64_t first_missing(const struct freebsd_vm *vm, const struct vnode *vp, uint64_t from,
			      uint64_t end)
{
	while (from < end && incore(vm, vp, from))
		from++;
	return from;
}

struct buf *cluster_read(struct task *t, struct vnode *vp, uint64_t lblkno, int seqcount)
{
	struct freebsd_vm *vm = task_freebsd(t);
	int64_t maxra = min_s64(min_s64(seqcount, VFS_READ_MAX), vm->bufs->limits.nbuf / 8);
	uint64_t end = lblkno + (uint64_t)max_s64(maxra, 1);
	struct buf *bp = getblk(t, vp, lblkno, block_pages(vp, lblkno), true);
	sim_time began;

	if (bp->flags & B_CACHE) {
		if (seqcount && (bp->flags & B_RAM)) {
			bp->flags &= ~(unsigned)B_RAM;
			read_ahead(t, vp, first_missing(vm, vp, lblkno + 1, end), end);
		}
		return bp;
	}

	int n = start_read(t, bp, (int)max_s64(maxra, 1), true);

	if (maxra > 1)
		read_ahead(t, vp, lblkno + (uint64_t)n, end);
	began = task_now(t);
	while (bp->flags & B_IO)
		tsleep(t, &bp->chan, "biord", 0);
	task_lost(t, LOSS_READ, began);
	if (bp->error) {
		brelse(vm, bp);
		return NULL;
	}
	return bp;
}

/* --- writing behind --- */

void cluster_wbuild(struct task *t, struct vnode *vp, uint64_t lblkno, int len)
{
	while (len > 0) {
		int n = (int)max_s64(bawrite_run(t, vp, lblkno, len), 1); /* or pass one over */

		lblkno += (uint64_t)n;
		len -= n;
	}
}

/* A block that does not go on where the last one was: what there is of that cluster is written. */
static void push_cluster(struct task *t, struct vnode *vp, uint64_t lblkno, int seqcount)
{
	struct write_behind *wb = &vp->write_behind;
	int cursize = (int)(wb->v_lastw - wb->v_cstart + 1);
	bool at_end = (lblkno + 1) * BKVASIZE == vp->size;

	/* in the file it goes on, on the disk it does not: only if really sequential */
	if (at_end && lblkno == wb->v_lastw + 1 && wb->v_clen > cursize && seqcount <= 1)
		return;
	if (seqcount > 0)
		cluster_wbuild(t, vp, wb->v_cstart, cursize);
}

void cluster_write(struct task *t, struct buf *bp, int seqcount)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vnode *vp = bp->vp;
	struct write_behind *wb = &vp->write_behind;
	uint64_t lblkno = bp->lblkno, sector, run;
	bool placed = vnode_bmap(vp, lblkno * BUF_PAGES, true, &sector, &run);

	SIM_ASSERT(placed && (bp->flags & B_BUSY));
	if (lblkno == 0)
		*wb = (struct write_behind){ 0 };
	if (wb->v_clen == 0 || lblkno != wb->v_lastw + 1 || sector != wb->v_lasta + BUF_SECTORS) {
		if (wb->v_clen)
			push_cluster(t, vp, lblkno, seqcount);
		wb->v_clen = CLUSTER_BUFS - 1;
		wb->v_cstart = lblkno;
		bdwrite(t, bp);
	} else if (lblkno == wb->v_cstart + (uint64_t)wb->v_clen) {
		bdwrite(t, bp);
		if (seqcount > 1)
			cluster_wbuild(t, vp, wb->v_cstart, wb->v_clen + 1);
		wb->v_clen = 0;
		wb->v_cstart = lblkno + 1;
	} else if (vm_page_count_severe(vm)) {
		bawrite(t, bp);
	} else {
		bdwrite(t, bp);
	}
	wb->v_lastw = lblkno;
	wb->v_lasta = sector;
}
