/*
 * vfs_bio.c - buffers: found, made, recycled, written
 */
#include <errno.h>

#include "models/freebsd/kern/buf.h"
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/vm_pageout.h"

static int64_t round_to_maxbsize(int64_t bytes)
{
	return (int64_t)div_round_up((uint64_t)bytes, MAXBSIZE) * MAXBSIZE;
}

/* Bytes of asynchronous writes that may be under way, with so many bytes of buffers. */
static int64_t running_space(int64_t maxbufspace)
{
	int64_t hibufspace = max_s64(3 * maxbufspace / 4, maxbufspace - 10 * MAXBSIZE);

	return max_s64(min_s64(round_to_maxbsize(hibufspace / 64), 16 << 20), 1 << 20);
}

struct buf_limits vfs_bio_limits(int64_t memory_kib)
{
	struct buf_limits l = { .nbuf = 50 };

	if (memory_kib > 4096)
		l.nbuf += min_s64((memory_kib - 4096) / 64, 1024);
	if (memory_kib > 65536)
		l.nbuf += (memory_kib - 65536) * 2 / 320;
	l.hidirty = l.nbuf / 4 + 20;
	while (l.hidirty * BKVASIZE > 3 * (l.nbuf * BKVASIZE) / 4)
		l.hidirty >>= 1;
	l.lodirty = l.hidirty / 2;
	l.dirtythresh = l.hidirty * 9 / 10;
	l.hirunningspace = running_space(l.nbuf * BKVASIZE);
	l.lorunningspace = round_to_maxbsize(l.hirunningspace * 2 / 3);
	return l;
}

/* --- finding --- */

struct buf *incore(const struct freebsd_vm *vm, const struct vnode *vp, uint64_t lblkno)
{
	xa_entry e = xa_load(&vp->bufs, lblkno);

	return e ? &vm->bufs->buf[xa_to_object(e) - 1] : NULL;
}

int block_pages(const struct vnode *vp, uint64_t lblkno)
{
	uint64_t pages = div_round_up(vp->size, FREEBSD_PAGE_SIZE), first = lblkno * BUF_PAGES;

	return first >= pages ? 0 : (int)min_u64(BUF_PAGES, pages - first);
}

/* --- giving back --- */

void shrink_buf(struct freebsd_vm *vm, struct buf *bp, int npages)
{
	for (int i = npages; i < bp->npages; i++) {
		struct vm_page *m = bp->pages[i];

		vm_page_unwire(vm, m, false);
		if ((m->oflags & VPO_BUSY) || m->busy || m->wire_count)
			continue;
		if (m->valid == 0)
			vm_page_free(vm, m);
		else if (vm_page_count_severe(vm))
			vm_page_try_to_cache(vm, m);
	}
	bp->npages = (int)min_s64(bp->npages, npages);
}

/* The pages of a buffer that is to hold another block. */
static void vfs_vmio_release(struct freebsd_vm *vm, struct buf *bp)
{
	shrink_buf(vm, bp, 0);
	xa_store(&bp->vp->bufs, bp->lblkno, 0);
	bp->vp = NULL;
	bp->flags = 0;
	bp->error = 0;
	vm->cnt.sim_numbufs--;
}

/* Writers that are held back go on if at most so many buffers are dirty. */
void numdirtywakeup(struct freebsd_vm *vm, int64_t level)
{
	if (vm->bufs->numdirty <= level)
		wakeup(vm->sim, &vm->bufs->flswai_chan);
}

static void bundirty(struct freebsd_vm *vm, struct buf *bp)
{
	struct buf_cache *bc = vm->bufs;
	struct vnode *vp = bp->vp;

	bp->flags &= ~(unsigned)B_DELWRI;
	list_del(&bp->vlink);
	bc->numdirty--;
	if (--vp->ndirty == 0)
		vp->sync_at = 0;
	numdirtywakeup(vm, bc->limits.lodirty);
}

/* To be written, from now on at the latest when the syncer comes. */
static void bdirty(struct freebsd_vm *vm, struct buf *bp, sim_time now)
{
	struct vnode *vp = bp->vp;

	if (bp->flags & B_DELWRI)
		return;
	bp->flags |= B_DELWRI;
	list_add_tail(&bp->vlink, &vp->dirty);
	vm->bufs->numdirty++;
	if (vp->ndirty++ == 0)
		vp->sync_at = now + SYNC_FILE_DATA * NS_PER_SEC;
}

void bd_wakeup(struct freebsd_vm *vm, int64_t dirtybuflevel)
{
	struct buf_cache *bc = vm->bufs;

	if (bc->bd_request || bc->numdirty < dirtybuflevel)
		return;
	bc->bd_request = true;
	trace_sim_buf_daemon(vm->sim, bc->numdirty);
	wakeup(vm->sim, &bc->bd_chan);
}

/* What a read should have brought is not there, and neither is what was there before. */
static void scrap_pages(struct freebsd_vm *vm, struct buf *bp)
{
	for (int i = 0; i < bp->npages; i++)
		if (!(bp->pages[i]->oflags & VPO_BUSY) && !pmap_page_wired_mappings(bp->pages[i]))
			vm_page_set_invalid(vm, bp->pages[i], 0, FREEBSD_PAGE_SIZE);
}

/* The end of a request that failed, or of a buffer that is not wanted any more. */
static void brelse_error(struct freebsd_vm *vm, struct buf *bp)
{
	struct buf_cache *bc = vm->bufs;

	if (bp->error == -EIO && (bp->flags & B_WRITE) && !(bp->flags & B_INVAL)) {
		bp->error = 0;
		bdirty(vm, bp, sim_now(vm->sim));
		vm->cnt.sim_redirtied++;
		bd_wakeup(vm, (bc->limits.lodirty + bc->limits.hidirty) / 2);
		return;
	}
	if (bp->flags & B_DELWRI) /* what was to be written is lost */
		bundirty(vm, bp);
	if (bp->error && !(bp->flags & B_WRITE))
		scrap_pages(vm, bp);
	vfs_vmio_release(vm, bp);
}

void brelse(struct freebsd_vm *vm, struct buf *bp)
{
	struct buf_cache *bc = vm->bufs;

	SIM_ASSERT(bp->flags & B_BUSY);
	if (bp->error || (bp->flags & B_INVAL))
		brelse_error(vm, bp);
	else if (!(bp->flags & B_DELWRI) && bp->vp && vm_page_count_severe(vm))
		vfs_vmio_release(vm, bp); /* memory is worth more than the buffer (B_RELBUF) */
	bp->flags &= ~(unsigned)B_BUSY;
	if (!bp->vp)
		list_add_tail(&bp->queue, &bc->empty);
	else if (bp->flags & B_DELWRI)
		list_add_tail(&bp->queue, &bc->dirty);
	else
		list_add_tail(&bp->queue, &bc->clean);
	wakeup(vm->sim, &bp->chan);
	if (!(bp->flags & B_DELWRI))
		wakeup(vm->sim, &bc->newbuf_chan);
}

/* --- making --- */

static struct buf *getnewbuf(struct task *t, bool wait)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct buf_cache *bc = vm->bufs;
	struct buf *bp;

	while (list_empty(&bc->empty) && list_empty(&bc->clean)) {
		sim_time began = task_now(t);

		if (!wait)
			return NULL;
		bd_wakeup(vm, 1);
		tsleep(t, &bc->newbuf_chan, "newbuf", 0);
		task_lost(t, LOSS_NEWBUF, began);
	}
	if (!list_empty(&bc->empty)) {
		bp = LIST_FIRST(&bc->empty, struct buf, queue);
		list_del(&bp->queue);
	} else {
		bp = LIST_FIRST(&bc->clean, struct buf, queue);
		list_del(&bp->queue);
		vfs_vmio_release(vm, bp);
	}
	bp->flags = B_BUSY;
	return bp;
}

void allocbuf(struct task *t, struct buf *bp, int npages)
{
	struct freebsd_vm *vm = task_freebsd(t);
	const struct cost_table *cost = &vm->machine->cost;

	while (bp->npages < npages) {
		int req = VM_ALLOC_SYSTEM | VM_ALLOC_WIRED | VM_ALLOC_NOBUSY | VM_ALLOC_RETRY |
			  VM_ALLOC_IGN_SBUSY | VM_ALLOC_COUNT(npages - bp->npages);
		struct vm_page *m = vm_page_grab(
		    t, bp->vp->object, bp->lblkno * BUF_PAGES + (uint64_t)bp->npages, req);

		bp->pages[bp->npages++] = m;
		if (m->valid != VM_PAGE_BITS_ALL)
			bp->flags &= ~(unsigned)B_CACHE;
		task_run(t, (sim_time)(cost->page_alloc + cost->page_cache_insert));
	}
}

static struct buf *take_buf(struct task *t, struct buf *bp)
{
	struct freebsd_vm *vm = task_freebsd(t);

	list_del(&bp->queue);
	bp->flags |= B_BUSY;
	task_run(t, (sim_time)vm->machine->cost.page_cache_lookup);
	return bp;
}

struct buf *getblk(struct task *t, struct vnode *vp, uint64_t lblkno, int npages, bool wait)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct buf *bp;

	for (;;) {
		bp = incore(vm, vp, lblkno);
		if (bp && (bp->flags & B_BUSY)) {
			sim_time began = task_now(t);
			bool reading = (bp->flags & B_IO) && !(bp->flags & B_CACHE);

			if (!wait)
				return NULL;
			tsleep(t, &bp->chan, "getblk", 0);
			task_lost(t, reading ? LOSS_READ : LOSS_WRITE, began);
			continue;
		}
		if (bp) {
			take_buf(t, bp);
			break;
		}
		bp = getnewbuf(t, wait);
		if (!bp)
			return NULL;
		if (incore(vm, vp, lblkno)) { /* somebody made it while we waited */
			brelse(vm, bp);
			continue;
		}
		bp->vp = vp;
		bp->lblkno = lblkno;
		bp->flags |= B_CACHE; /* until a page says otherwise */
		xa_store(&vp->bufs, lblkno, xa_object((uint32_t)(bp - vm->bufs->buf) + 1));
		vm->cnt.sim_numbufs++;
		break;
	}
	allocbuf(t, bp, npages);
	return bp;
}

/* --- writing --- */

struct buf_write {
	struct bio bio;
	struct vnode *vp;
	struct buf *bufs[CLUSTER_BUFS];
	int n;
	bool waited;                               /* somebody waits, and releases it */
	uint32_t before[CLUSTER_BUFS * BUF_PAGES]; /* what the disk had there, by page */
};

static void runningbufwakeup(struct freebsd_vm *vm, int64_t bytes)
{
	struct buf_cache *bc = vm->bufs;

	bc->runningbufspace -= bytes;
	if (bc->runningbufspace <= bc->limits.lorunningspace)
		wakeup(vm->sim, &bc->wdrain_chan);
}

/* Holds who starts writes without waiting for them back, but for the syncer. */
static void waitrunningbufspace(struct task *t)
{
	struct buf_cache *bc = task_freebsd(t)->bufs;
	sim_time began = task_now(t);

	if (t == bc->syncer || bc->runningbufspace <= bc->limits.hirunningspace)
		return;
	while (bc->runningbufspace > bc->limits.hirunningspace)
		tsleep(t, &bc->wdrain_chan, "wdrain", 0);
	task_lost(t, LOSS_WDRAIN, began);
}

static void write_done(struct freebsd_vm *vm, struct bio *bio)
{
	struct buf_write *w = CONTAINER_OF(bio, struct buf_write, bio);
	struct vnode *vp = w->vp;

	for (int i = 0, page = 0; i < w->n; i++) {
		struct buf *bp = w->bufs[i];

		for (int k = 0; k < bp->npages; k++, page++) {
			vm_page_io_finish(vm, bp->pages[k]);
			if (bio->error)
				vnode_set_contents(vp, bp->pages[k]->pindex, w->before[page]);
			else
				vm->cnt.sim_file_pages_written++;
		}
		bp->flags &= ~(unsigned)B_IO;
		bp->error = bio->error;
		if (w->waited)
			wakeup(vm->sim, &bp->chan);
		else
			brelse(vm, bp);
	}
	if (--vp->writing == 0)
		wakeup(vm->sim, &vp->write_chan);
	runningbufwakeup(vm, (int64_t)bio->sectors * SECTOR_SIZE);
	g_destroy_bio(bio);
}

/* Whether block goes into one request with the one at sector: dirty, free, and in its place. */
static struct buf *joins(struct vnode *vp, uint64_t lblkno, uint64_t sector)
{
	struct buf *bp = incore(vp->vm, vp, lblkno);
	uint64_t at, run;

	if (!bp || (bp->flags & B_BUSY) || !(bp->flags & B_DELWRI) ||
	    !vnode_bmap(vp, lblkno * BUF_PAGES, true, &at, &run))
		return NULL;
	return at == sector && run >= BUF_PAGES ? bp : NULL;
}

/* The buffers are busy, and in no queue. */
static void start_write(struct task *t, struct buf_write *w, uint64_t sector)
{
	struct freebsd_vm *vm = task_freebsd(t);
	int pages = 0;

	for (int i = 0; i < w->n; i++) {
		struct buf *bp = w->bufs[i];

		bp->flags |= B_CACHE | B_IO | B_WRITE;
		if (bp->flags & B_DELWRI)
			bundirty(vm, bp);
		for (int k = 0; k < bp->npages; k++) {
			struct vm_page *m = bp->pages[k];

			vm_page_io_start(m);
			pmap_remove_write(vm, m);
			vm_page_undirty(m);
			w->before[pages++] = vnode_contents(w->vp, m->pindex);
			vnode_set_contents(w->vp, m->pindex, m->contents);
		}
	}
	w->vp->writing++;
	w->bio = (struct bio){ .write = true,
			       .sector = sector,
			       .sectors = (uint64_t)pages * SECTORS_PER_PAGE,
			       .done = write_done };
	vm->bufs->runningbufspace += (int64_t)w->bio.sectors * SECTOR_SIZE;
	g_io_request(vm, w->vp->disk, &w->bio);
	task_run(
	    t, (sim_time)(vm->machine->cost.bio_submit + pages * vm->machine->cost.writeback_page));
}

int bawrite_run(struct task *t, struct vnode *vp, uint64_t lblkno, int most)
{
	const struct buf *bp = incore(vp->vm, vp, lblkno);
	struct buf_write *w;
	uint64_t sector, run;
	int n = 1;

	/* the first goes whatever its place is like: else bufdaemon would find it again and again
	 */
	if (!bp || (bp->flags & B_BUSY) || !(bp->flags & B_DELWRI) ||
	    !vnode_bmap(vp, lblkno * BUF_PAGES, true, &sector, &run))
		return 0;
	while (n < min_s64(most, CLUSTER_BUFS) &&
	       joins(vp, lblkno + (uint64_t)n, sector + (uint64_t)n * BUF_SECTORS))
		n++;
	w = g_new_bio(vp->vm, sizeof(*w));
	w->vp = vp;
	w->n = n;
	for (int i = 0; i < n; i++) {
		w->bufs[i] = incore(vp->vm, vp, lblkno + (uint64_t)i);
		list_del(&w->bufs[i]->queue);
		w->bufs[i]->flags |= B_BUSY;
	}
	start_write(t, w, sector);
	waitrunningbufspace(t);
	return n;
}

void vfs_bio_awrite(struct task *t, struct buf *bp)
{
	struct vnode *vp = bp->vp;
	uint64_t first = bp->lblkno, sector, run;
	int ahead = 1, behind = 0;
	bool placed = vnode_bmap(vp, first * BUF_PAGES, true, &sector, &run);

	SIM_ASSERT(placed); /* since it was written to: ffs_write */
	while (ahead < CLUSTER_BUFS &&
	       joins(vp, first + (uint64_t)ahead, sector + (uint64_t)ahead * BUF_SECTORS))
		ahead++;
	while (
	    ahead + behind < CLUSTER_BUFS && first > (uint64_t)behind &&
	    sector >= (uint64_t)(behind + 1) * BUF_SECTORS &&
	    joins(vp, first - (uint64_t)behind - 1, sector - (uint64_t)(behind + 1) * BUF_SECTORS))
		behind++;
	cluster_wbuild(t, vp, first - (uint64_t)behind, ahead + behind);
}

/* One buffer, without neighbours. */
static void write_one(struct task *t, struct buf *bp, bool waited)
{
	struct vnode *vp = bp->vp;
	struct buf_write *w = g_new_bio(vp->vm, sizeof(*w));
	uint64_t sector, run;
	bool placed = vnode_bmap(vp, bp->lblkno * BUF_PAGES, true, &sector, &run);

	SIM_ASSERT((bp->flags & B_BUSY) && placed);
	w->vp = vp;
	w->bufs[0] = bp;
	w->n = 1;
	w->waited = waited;
	start_write(t, w, sector);
}

void bawrite(struct task *t, struct buf *bp)
{
	write_one(t, bp, false);
	waitrunningbufspace(t);
}

int bwrite(struct task *t, struct buf *bp)
{
	struct freebsd_vm *vm = task_freebsd(t);
	int error;

	write_one(t, bp, true);
	while (bp->flags & B_IO)
		tsleep(t, &bp->chan, "biowr", 0);
	error = bp->error;
	brelse(vm, bp);
	return error;
}

void vtruncbuf(struct task *t, struct vnode *vp, uint64_t lblkno)
{
	struct freebsd_vm *vm = task_freebsd(t);
	uint64_t index = lblkno;
	xa_entry e;

	while ((e = xa_find(&vp->bufs, &index, UINT64_MAX - 1)) != 0) {
		struct buf *bp = &vm->bufs->buf[xa_to_object(e) - 1];

		if (bp->flags & B_BUSY) {
			tsleep(t, &bp->chan, "vtrunc", 0);
			index = lblkno;
			continue;
		}
		take_buf(t, bp);
		bp->flags |= B_INVAL;
		brelse(vm, bp);
	}
	while (vp->writing)
		tsleep(t, &vp->write_chan, "bo_wwait", 0);
}

/* Too much of one file is dirty, before another buffer of it is: its writer writes. */
static void bufbdflush(struct task *t, struct vnode *vp)
{
	struct freebsd_vm *vm = task_freebsd(t);
	int64_t limit = vm->bufs->limits.dirtythresh;

	if (vp->ndirty > limit + 10) {
		(void)vn_fsync(t, vp, false);
		return;
	}
	if (vp->ndirty <= limit)
		return;
	LIST_FOR_EACH (pos, &vp->dirty) {
		struct buf *bp = LIST_ENTRY(pos, struct buf, vlink);

		if (bp->flags & B_BUSY)
			continue;
		vfs_bio_awrite(t, bp);
		return;
	}
}

void bdwrite(struct task *t, struct buf *bp)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct buf_cache *bc = vm->bufs;
	struct vnode *vp = bp->vp;

	bufbdflush(t, vp);
	bdirty(vm, bp, task_now(t));
	/* that they are dirty is known to the buffer from now on */
	for (int i = 0; i < bp->npages; i++)
		vm_page_undirty(bp->pages[i]);
	brelse(vm, bp);
	bd_wakeup(vm, (bc->limits.lodirty + bc->limits.hidirty) / 2);
}

/* --- boot and check --- */

void bufinit(struct freebsd_vm *vm)
{
	struct buf_cache *bc = sim_calloc(1, sizeof(*bc));

	vm->bufs = bc;
	bc->limits = vfs_bio_limits(vm->cnt.v_page_count * (FREEBSD_PAGE_SIZE / 1024));
	bc->buf = sim_calloc((size_t)bc->limits.nbuf, sizeof(*bc->buf));
	list_init(&bc->empty);
	list_init(&bc->clean);
	list_init(&bc->dirty);
	wait_queue_init(&bc->newbuf_chan);
	wait_queue_init(&bc->flswai_chan);
	wait_queue_init(&bc->bd_chan);
	wait_queue_init(&bc->wdrain_chan);
	for (int64_t i = 0; i < bc->limits.nbuf; i++) {
		wait_queue_init(&bc->buf[i].chan);
		list_init(&bc->buf[i].vlink);
		list_add_tail(&bc->buf[i].queue, &bc->empty);
	}
}

void bufdone_all(struct freebsd_vm *vm)
{
	if (!vm->bufs)
		return;
	sim_free(vm->bufs->buf);
	sim_free(vm->bufs);
	vm->bufs = NULL;
}

void vfs_bio_check(struct check *c, struct sim *s)
{
	const struct freebsd_vm *vm = freebsd_vm(s);
	const struct buf_cache *bc = vm->bufs;
	int64_t numdirty = 0, used = 0, per_file = 0;

	for (int64_t i = 0; i < bc->limits.nbuf; i++) {
		const struct buf *bp = &bc->buf[i];

		if (!bp->vp)
			continue;
		used++;
		numdirty += (bp->flags & B_DELWRI) != 0;
		/* it is never read: that would take what was to be written */
		CHECK(c, !(bp->flags & B_DELWRI) || (bp->flags & (B_CACHE | B_BUSY)));
		CHECK(c, !(bp->flags & B_DELWRI) || !(bp->flags & B_IO));
		CHECK(c, incore(vm, bp->vp, bp->lblkno) == bp);
		for (int k = 0; k < bp->npages; k++) {
			CHECK(c, bp->pages[k]->wire_count > 0);
			CHECK(c, bp->pages[k]->object == bp->vp->object);
			CHECK(c, bp->pages[k]->pindex == bp->lblkno * BUF_PAGES + (uint64_t)k);
		}
	}
	for (int i = 0; i < vm->nr_vnodes; i++)
		per_file += vm->vnodes[i]->ndirty;
	CHECK(c, numdirty == bc->numdirty);
	CHECK(c, per_file == bc->numdirty);
	CHECK(c, used == vm->cnt.sim_numbufs);
}
