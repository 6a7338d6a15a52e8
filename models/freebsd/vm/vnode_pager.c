/*
 * vnode_pager.c - pages of files that do not go through a buffer
 */
#include <errno.h>
#include <string.h>

#include "models/freebsd/kern/buf.h"
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

/* So many pages in a row on the disk, or fewer; 0: it is full. */
static uint64_t take_place(struct vnode *vp, uint64_t pages, uint64_t capacity, uint64_t *sector)
{
	uint64_t *next = &vp->vm->disk_next[vp->disk];

	if (vp->nr_spare) {
		struct vnode_extent *e = &vp->spare[vp->nr_spare - 1];

		pages = min_u64(pages, e->pages);
		*sector = e->sector;
		e->sector += pages * SECTORS_PER_PAGE;
		e->pages -= pages;
		vp->nr_spare -= !e->pages;
		return pages;
	}
	pages = min_u64(pages, capacity > *next ? (capacity - *next) / SECTORS_PER_PAGE : 0);
	*sector = *next;
	*next += pages * SECTORS_PER_PAGE;
	return pages;
}

void vnode_free_blocks(struct vnode *vp, uint64_t page)
{
	while (vp->nr_extents && !vp->raw) {
		struct vnode_extent *e = &vp->extents[vp->nr_extents - 1];
		uint64_t keep = page > e->first ? min_u64(page - e->first, e->pages) : 0;

		if (keep == e->pages)
			return;
		vp->spare = sim_realloc(vp->spare, (size_t)(vp->nr_spare + 1) * sizeof(*vp->spare));
		vp->spare[vp->nr_spare++] =
		    (struct vnode_extent){ .pages = e->pages - keep,
					   .sector = e->sector + keep * SECTORS_PER_PAGE };
		e->pages = keep;
		vp->nr_extents -= !keep;
	}
}

bool vnode_alloc_block(struct vnode *vp, uint64_t index)
{
	uint64_t capacity = (uint64_t)vp->vm->machine->disks[vp->disk].conf.size / SECTOR_SIZE;
	uint64_t at = index - index % BUF_PAGES, end = at + BUF_PAGES;

	if (vp->raw)
		return (index + 1) * SECTORS_PER_PAGE <= capacity;
	while (at < end) {
		int i = find_extent(vp, at);
		uint64_t pages = STRETCH_PAGES - at % BUF_PAGES, sector;

		if (i < vp->nr_extents && vp->extents[i].first <= at) {
			at = vp->extents[i].first + vp->extents[i].pages;
			continue;
		}
		if (i < vp->nr_extents)
			pages = min_u64(pages, vp->extents[i].first - at);
		pages = take_place(vp, pages, capacity, &sector);
		if (!pages)
			return false;
		add_stretch(vp, i, at, pages, sector);
		at += pages;
	}
	return true;
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
		if (!alloc || !vnode_alloc_block(vp, index))
			return false;
		i = find_extent(vp, index);
	}
	e = &vp->extents[i];
	*sector = e->sector + (index - e->first) * SECTORS_PER_PAGE;
	*run = e->pages - (index - e->first);
	return true;
}

/* --- what files hold --- */

uint32_t vnode_contents(const struct vnode *vp, uint64_t index)
{
	xa_entry e = xa_load(&vp->contents, index);

	if (e)
		return (uint32_t)xa_to_value(e);
	if (index >= vp->as_at_boot)
		return 0;
	return FREEBSD_ON_DISK | (((uint32_t)vp->id << 24 ^ (uint32_t)index) & ~FREEBSD_ON_DISK);
}

void vnode_set_contents(struct vnode *vp, uint64_t index, uint32_t contents)
{
	if (index < vp->as_at_boot || contents)
		xa_store(&vp->contents, index, xa_value(contents));
}

static void forget_contents(struct vnode *vp, uint64_t from)
{
	vp->as_at_boot = min_u64(vp->as_at_boot, from);
	for (uint64_t i = from; xa_find(&vp->contents, &i, UINT64_MAX - 1); i++)
		xa_store(&vp->contents, i, 0);
}

/* --- length --- */

/* The page that the file ends in: what lies behind the end is zero, and nothing to be written. */
static void cut_page(struct vm_page *m, int base)
{
	pmap_zero_page_area(m, base, FREEBSD_PAGE_SIZE - base);
	vm_page_set_valid(m, base, FREEBSD_PAGE_SIZE - base);
	/* a block that is zeroed in part stays dirty */
	base = (base + DEV_BSIZE - 1) & ~(DEV_BSIZE - 1);
	vm_page_clear_dirty(m, base, FREEBSD_PAGE_SIZE - base);
}

void vnode_pager_setsize(struct task *t, struct vnode *vp, uint64_t size)
{
	struct vm_object *object = vp->object;
	uint64_t pages = div_round_up(size, FREEBSD_PAGE_SIZE), last = size / FREEBSD_PAGE_SIZE;
	bool shrinks = size < vp->size;
	struct vm_page *m;

	vp->size = size; /* from here on nobody finds more */
	object->size = pages;
	if (!shrinks)
		return;
	vtruncbuf(t, vp, div_round_up(size, BKVASIZE));
	vm_object_page_remove(t, object, pages, UINT64_MAX, false);
	m = size % FREEBSD_PAGE_SIZE ? vm_page_lookup(vp->vm, object, last) : NULL;
	if (m && m->valid)
		cut_page(m, (int)(size % FREEBSD_PAGE_SIZE));
	else if (size % FREEBSD_PAGE_SIZE)
		vm_page_cache_free(vp->vm, object, last, pages);
	forget_contents(vp, pages);
}

/* --- I/O --- */

struct vnode_io {
	struct bio bio;
	struct vnode *vp;
	struct vm_page *pages[CLUSTER_PAGES];
	uint32_t before[CLUSTER_PAGES]; /* writes: what the disk had there */
	int n;
	bool done;
	struct wait_queue *chan; /* NULL: nobody waits, and it frees itself */
};

static void io_done(struct freebsd_vm *vm, struct vnode_io *io)
{
	if (!io->chan) {
		g_destroy_bio(&io->bio);
		return;
	}
	io->done = true;
	wakeup(vm->sim, io->chan);
}

/*
 * The page stays dirty after EIO, and on the active queue, where it is not in the way; with any
 * other error what was to be written is lost, as with buffers.
 */
static void write_failed(struct freebsd_vm *vm, struct vnode *vp, struct vm_page *m, int error)
{
	vm_page_activate(vm, m);
	if (error != -EIO) {
		vm_page_undirty(m);
		return;
	}
	vp->error = error;
	m->object->flags |= OBJ_MIGHTBEDIRTY;
}

static void write_done(struct freebsd_vm *vm, struct bio *bp)
{
	struct vnode_io *io = CONTAINER_OF(bp, struct vnode_io, bio);
	struct vnode *vp = io->vp;

	for (int i = 0; i < io->n; i++) {
		struct vm_page *m = io->pages[i];

		if (bp->error) {
			vnode_set_contents(vp, m->pindex, io->before[i]);
			write_failed(vm, vp, m, bp->error);
		} else {
			vm_page_undirty(m);
			vm->cnt.sim_file_pages_written++;
		}
		vm_page_io_finish(vm, m);
		if (!bp->error && vm_page_count_severe(vm))
			vm_page_try_to_cache(vm, m);
	}
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
		struct vnode_io *io = g_new_bio(vm, sizeof(*io));
		uint64_t sector;
		int run = run_length(vp, ma + started, n - started, true, &sector);

		if (!run) {
			g_destroy_bio(&io->bio);
			break;
		}
		io->vp = vp;
		io->n = run;
		io->chan = sync ? &chan : NULL;
		memcpy(io->pages, ma + started, (size_t)run * sizeof(*ma));
		for (int i = 0; i < run; i++) {
			io->before[i] = vnode_contents(vp, io->pages[i]->pindex);
			vnode_set_contents(vp, io->pages[i]->pindex, io->pages[i]->contents);
		}
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
			g_destroy_bio(&io->bio);
		}
	}
	return started;
}

static void read_done(struct freebsd_vm *vm, struct bio *bp)
{
	struct vnode_io *io = CONTAINER_OF(bp, struct vnode_io, bio);

	for (int i = 0; i < io->n && !bp->error; i++) {
		struct vm_page *m = io->pages[i];

		m->valid = VM_PAGE_BITS_ALL;
		m->dirty = 0;
		m->contents = vnode_contents(io->vp, m->pindex);
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

		for (; started < n; started++) {
			vm_page_activate(vm, ma[started]);
			vm_page_io_finish(vm, ma[started]);
		}
		n = 0;
	}
}
