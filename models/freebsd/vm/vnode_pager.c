/*
 * vnode_pager.c - pages of files that do not go through a buffer
 */
#include <errno.h>
#include <string.h>

#include "models/freebsd/kern/geom.h"
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/vm_pageout.h"
#include "models/freebsd/vm/vnode_pager.h"

#define CLUSTER_PAGES 16

/* --- places on disk --- */

static void add_stretch(struct vnode *vp, int at, uint64_t first, uint64_t pages, uint64_t sector)
{
	vp->extents = sim_realloc(vp->extents, (size_t)(vp->nr_extents + 1) * sizeof(*vp->extents));
	memmove(&vp->extents[at + 1], &vp->extents[at],
		(size_t)(vp->nr_extents - at) * sizeof(*vp->extents));
	vp->extents[at] = (struct vnode_extent){ first, pages, sector };
	vp->nr_extents++;
}

/* The first extent that ends behind index. */
static int find_extent(const struct vnode *vp, uint64_t index)
{
	int low = 0, high = vp->nr_extents;

	while (low < high) {
		int mid = (low + high) / 2;

		if (vp->extents[mid].first + vp->extents[mid].pages <= index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool vnode_bmap(struct vnode *vp, uint64_t index, bool alloc, uint64_t *sector, uint64_t *run)
{
	struct freebsd_vm *vm = vp->vm;
	uint64_t capacity = (uint64_t)vm->machine->disks[vp->disk].conf.size / SECTOR_SIZE;
	int i = find_extent(vp, index);
	const struct vnode_extent *e;

	if (vp->raw) {
		*sector = index * SECTORS_PER_PAGE;
		*run = UINT32_MAX;
		return *sector + SECTORS_PER_PAGE <= capacity;
	}
	if (i == vp->nr_extents || vp->extents[i].first > index) {
		uint64_t *next = &vm->disk_next[vp->disk];
		uint64_t pages = STRETCH_PAGES, left;

		if (!alloc)
			return false;
		if (i < vp->nr_extents)
			pages = min_u64(pages, vp->extents[i].first - index);
		left = capacity > *next ? (capacity - *next) / SECTORS_PER_PAGE : 0;
		pages = min_u64(pages, left);
		if (!pages)
			return false;
		add_stretch(vp, i, index, pages, *next);
		*next += pages * SECTORS_PER_PAGE;
	}
	e = &vp->extents[i];
	*sector = e->sector + (index - e->first) * SECTORS_PER_PAGE;
	*run = e->pages - (index - e->first);
	return true;
}

/* --- I/O --- */

struct vnode_io {
	struct bio bio;
	struct vnode *vp;
	struct vm_page *pages[CLUSTER_PAGES];
	int n;
	bool done;
	struct wait_queue *chan; /* NULL: nobody waits, and it frees itself */
};

static void io_done(struct freebsd_vm *vm, struct vnode_io *io)
{
	if (!io->chan) {
		sim_free(io);
		return;
	}
	io->done = true;
	wakeup(vm->sim, io->chan);
}

static void write_done(struct freebsd_vm *vm, struct bio *bp)
{
	struct vnode_io *io = CONTAINER_OF(bp, struct vnode_io, bio);
	struct vnode *vp = io->vp;

	if (bp->error)
		vp->error = bp->error;
	for (int i = 0; i < io->n; i++) {
		struct vm_page *m = io->pages[i];

		if (!bp->error)
			vm_page_undirty(m);
		else
			vm_page_activate(vm, m);
		vm_page_io_finish(vm, m);
		if (!bp->error && vm_page_count_severe(vm))
			vm_page_try_to_cache(vm, m);
	}
	vm->cnt.sim_file_pages_written += io->n;
	if (--vp->writing == 0)
		wakeup(vm->sim, &vp->write_chan);
	io_done(vm, io);
}

/* The pages of one request: in a row on the disk. */
static int run_length(struct vnode *vp, struct vm_page **ma, int n, bool alloc, uint64_t *sector)
{
	uint64_t run;

	if (!vnode_bmap(vp, ma[0]->pindex, alloc, sector, &run))
		return 0;
	return (int)min_u64((uint64_t)n, run);
}

static void wait_for(struct task *t, struct vnode_io *io, const char *wmesg)
{
	while (!io->done)
		tsleep(t, io->chan, wmesg, 0);
}

int vnode_pager_putpages(struct task *t, struct vm_object *object, struct vm_page **ma, int n,
			 bool sync)
{
	struct freebsd_vm *vm = object->vm;
	struct vnode *vp = object->vnode;
	struct wait_queue chan;
	int started = 0;

	wait_queue_init(&chan);
	while (started < n) {
		struct vnode_io *io = sim_calloc(1, sizeof(*io));
		uint64_t sector;
		int run = run_length(vp, ma + started, n - started, true, &sector);

		if (!run) {
			sim_free(io);
			break;
		}
		io->vp = vp;
		io->n = run;
		io->chan = sync ? &chan : NULL;
		memcpy(io->pages, ma + started, (size_t)run * sizeof(*ma));
		io->bio = (struct bio){ .write = true,
					.sector = sector,
					.sectors = (uint64_t)run * SECTORS_PER_PAGE,
					.done = write_done };
		started += run;
		vp->writing++;
		vm->cnt.v_vnodeout++;
		vm->cnt.v_vnodepgsout += run;
		g_io_request(vm, vp->disk, &io->bio);
		task_run(t, (sim_time)(vm->machine->cost.bio_submit +
				       run * vm->machine->cost.writeback_page));
		if (sync) {
			wait_for(t, io, "vnwrit");
			sim_free(io);
		}
	}
	return started;
}

static void read_done(struct freebsd_vm *vm, struct bio *bp)
{
	struct vnode_io *io = CONTAINER_OF(bp, struct vnode_io, bio);

	for (int i = 0; i < io->n && !bp->error; i++) {
		io->pages[i]->valid = VM_PAGE_BITS_ALL;
		io->pages[i]->dirty = 0;
	}
	io_done(vm, io);
}

int vnode_pager_getpages(struct task *t, struct vm_object *object, struct vm_page **ma, int n)
{
	struct freebsd_vm *vm = object->vm;
	struct vnode *vp = object->vnode;
	struct wait_queue chan;
	sim_time began = task_now(t);
	int done = 0, error = 0;

	wait_queue_init(&chan);
	while (done < n && !error) {
		struct vnode_io io = { .vp = vp, .chan = &chan };
		uint64_t sector;
		int run = run_length(vp, ma + done, n - done, false, &sector);

		if (!run) { /* a hole */
			vm_page_zero_invalid(ma[done++], true);
			continue;
		}
		io.n = run;
		memcpy(io.pages, ma + done, (size_t)run * sizeof(*ma));
		io.bio = (struct bio){ .sector = sector,
				       .sectors = (uint64_t)run * SECTORS_PER_PAGE,
				       .done = read_done };
		done += run;
		vm->cnt.v_vnodein++;
		vm->cnt.v_vnodepgsin += run;
		vm->cnt.sim_file_pages_read += run;
		task_run(t, (sim_time)vm->machine->cost.bio_submit);
		g_io_request(vm, vp->disk, &io.bio);
		wait_for(t, &io, "vnread");
		error = io.bio.error;
	}
	task_lost(t, LOSS_READ, began);
	return error ? -EIO : 0;
}

void vm_object_page_clean(struct task *t, struct vm_object *object, uint64_t start, uint64_t end)
{
	struct freebsd_vm *vm = object->vm;
	struct vm_page *ma[CLUSTER_PAGES];
	uint64_t index = start;
	int n = 0;

	if (!(object->flags & OBJ_MIGHTBEDIRTY))
		return;
	if (start == 0 && end >= object->size)
		object->flags &= ~(unsigned)OBJ_MIGHTBEDIRTY;
	for (;; index++) {
		struct vm_page *m = NULL;

		if (index < end && xa_find(&object->resident, &index, end - 1)) {
			m = vm_page_lookup(vm, object, index);
			vm_page_test_dirty(vm, m);
			if (!m->dirty || m->busy || (m->oflags & VPO_BUSY)) {
				if (n == 0)
					continue;
			} else if (n == 0 ||
				   (n < CLUSTER_PAGES && ma[n - 1]->pindex + 1 == index)) {
				vm_page_io_start(m);
				pmap_remove_write(vm, m);
				ma[n++] = m;
				continue;
			} else {
				index--; /* begins the next cluster */
			}
		}
		if (n == 0)
			return;

		int started = vnode_pager_putpages(t, object, ma, n, false);

		for (; started < n; started++)
			vm_page_io_finish(vm, ma[started]);
		n = 0;
	}
}
