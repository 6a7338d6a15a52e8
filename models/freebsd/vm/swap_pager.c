/*
 * swap_pager.c - places in swap, and pages to and from them
 */
#include <errno.h>
#include <string.h>

#include "models/freebsd/conf.h"
#include "models/freebsd/kern/geom.h"
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_pageout.h"

/* --- places --- */

static bool place_used(const struct swap_pager *sw, uint64_t blk)
{
	return sw->used[blk / 64] >> (blk % 64) & 1;
}

static void place_set(struct swap_pager *sw, uint64_t blk, bool used)
{
	if (used)
		sw->used[blk / 64] |= 1ULL << (blk % 64);
	else
		sw->used[blk / 64] &= ~(1ULL << (blk % 64));
	sw->avail += used ? -1 : 1;
	if (sw->avail >= NSWAP_HIWAT)
		sw->full = false;
}

/* A run of free places from a place on, up to end; UINT64_MAX: none. */
static uint64_t find_run(const struct swap_pager *sw, uint64_t from, uint64_t end, int n)
{
	int have = 0;

	for (uint64_t at = from; at < end; at++) {
		have = place_used(sw, at) ? 0 : have + 1;
		if (have == n)
			return at - (uint64_t)n + 1;
	}
	return UINT64_MAX;
}

static uint64_t getswapspace(struct freebsd_vm *vm, int n)
{
	struct swap_pager *sw = vm->swap;
	uint64_t blk = UINT64_MAX;

	if (sw->avail >= n) {
		blk = find_run(sw, sw->next, sw->npages, n);
		if (blk == UINT64_MAX)
			blk = find_run(sw, 0, min_u64(sw->next + (uint64_t)n, sw->npages), n);
	}
	if (blk == UINT64_MAX) {
		sw->full = true;
		return blk;
	}
	for (int i = 0; i < n; i++)
		place_set(sw, blk + (uint64_t)i, true);
	sw->next = blk + (uint64_t)n < sw->npages ? blk + (uint64_t)n : 0;
	return blk;
}

static uint64_t place_of(const struct vm_object *object, uint64_t pindex)
{
	xa_entry e = xa_load(&object->swblocks, pindex);

	return e ? xa_to_value(e) : UINT64_MAX;
}

static void meta_free(struct freebsd_vm *vm, struct vm_object *object, uint64_t pindex)
{
	uint64_t blk = place_of(object, pindex);

	if (blk == UINT64_MAX)
		return;
	place_set(vm->swap, blk, false);
	xa_store(&object->swblocks, pindex, 0);
	object->nr_swblocks--;
}

static void meta_build(struct freebsd_vm *vm, struct vm_object *object, uint64_t pindex,
		       uint64_t blk)
{
	meta_free(vm, object, pindex);
	xa_store(&object->swblocks, pindex, xa_value(blk));
	object->nr_swblocks++;
}

void swap_pager_free_object(struct freebsd_vm *vm, struct vm_object *object)
{
	uint64_t index = 0;

	while (object->nr_swblocks && xa_find(&object->swblocks, &index, UINT64_MAX - 1))
		meta_free(vm, object, index);
}

void swap_pager_unswapped(struct freebsd_vm *vm, struct vm_page *m)
{
	if (m->object->type == OBJT_SWAP)
		meta_free(vm, m->object, m->pindex);
}

bool swap_pager_haspage(const struct vm_object *object, uint64_t pindex, int *before, int *after)
{
	uint64_t blk = place_of(object, pindex);
	int max = 16;

	*before = *after = 0;
	if (blk == UINT64_MAX)
		return false;
	while (*before < max && pindex > (uint64_t)*before && blk > (uint64_t)*before &&
	       place_of(object, pindex - (uint64_t)*before - 1) == blk - (uint64_t)*before - 1)
		++*before;
	while (*after < max &&
	       place_of(object, pindex + (uint64_t)*after + 1) == blk + (uint64_t)*after + 1)
		++*after;
	return true;
}

/* --- I/O --- */

struct swap_io {
	struct bio bio;
	struct vm_object *object;
	struct vm_page *pages[16];
	int n;
	bool done;               /* reads: for who waits */
	struct wait_queue *chan; /* reads */
};

/* An object that died under its last I/O. */
static void object_is_idle(struct vm_object *object)
{
	object->paging_in_progress--;
	if (object->type == OBJT_DEAD && !object->paging_in_progress &&
	    !object->resident_page_count)
		vm_object_free_index(object);
}

static void write_done(struct freebsd_vm *vm, struct bio *bp)
{
	struct swap_io *io = CONTAINER_OF(bp, struct swap_io, bio);

	for (int i = 0; i < io->n; i++) {
		struct vm_page *m = io->pages[i];

		m->oflags &= (uint8_t)~VPO_SWAPINPROG;
		vm_page_io_finish(vm, m);
		if (io->object->type == OBJT_DEAD) {
			vm_page_free(vm, m);
			continue;
		}
		if (bp->error) {
			vm_page_dirty(vm, m);
			vm_page_activate(vm, m);
			continue;
		}
		vm_page_undirty(m);
		if (vm_page_count_severe(vm))
			vm_page_try_to_cache(vm, m);
	}
	vm->swap->async_writes--;
	wakeup(vm->sim, &vm->swap->async_chan);
	object_is_idle(io->object);
	sim_free(io);
}

static void start_write(struct task *t, struct vm_object *object, struct vm_page **ma, int n,
			uint64_t blk)
{
	struct freebsd_vm *vm = object->vm;
	struct swap_pager *sw = vm->swap;
	struct swap_io *io = sim_calloc(1, sizeof(*io));

	object->type = OBJT_SWAP;
	object->paging_in_progress++;
	for (int i = 0; i < n; i++) {
		meta_build(vm, object, ma[i]->pindex, blk + (uint64_t)i);
		ma[i]->oflags |= VPO_SWAPINPROG;
		io->pages[i] = ma[i];
	}
	io->object = object;
	io->n = n;
	io->bio = (struct bio){ .write = true,
				.sector = sw->sector + blk * SECTORS_PER_PAGE,
				.sectors = (uint64_t)n * SECTORS_PER_PAGE,
				.done = write_done };
	vm->cnt.v_swapout++;
	vm->cnt.v_swappgsout += n;
	while (sw->async_writes >= SWAP_ASYNC_MAX)
		tsleep(t, &sw->async_chan, "swbufa", 0);
	sw->async_writes++;
	g_io_request(vm, sw->disk, &io->bio);
	task_run(t, (sim_time)(vm->machine->cost.bio_submit + n * vm->machine->cost.swap_page));
}

int swap_pager_putpages(struct task *t, struct vm_object *object, struct vm_page **ma, int n)
{
	struct freebsd_vm *vm = object->vm;
	int done = 0;

	while (done < n) {
		int run = n - done;
		uint64_t blk;

		while ((blk = getswapspace(vm, run)) == UINT64_MAX && run > SWAP_PAGEOUT_LEAST)
			run >>= 1;
		if (blk == UINT64_MAX)
			break;
		start_write(t, object, ma + done, run, blk);
		done += run;
	}
	return done;
}

static void read_done(struct freebsd_vm *vm, struct bio *bp)
{
	struct swap_io *io = CONTAINER_OF(bp, struct swap_io, bio);

	for (int i = 0; i < io->n && !bp->error; i++) {
		io->pages[i]->valid = VM_PAGE_BITS_ALL;
		io->pages[i]->dirty = 0;
	}
	io->done = true;
	wakeup(vm->sim, io->chan);
}

int swap_pager_getpages(struct task *t, struct vm_object *object, struct vm_page **ma, int n)
{
	struct freebsd_vm *vm = object->vm;
	struct swap_pager *sw = vm->swap;
	uint64_t blk = place_of(object, ma[0]->pindex);
	struct wait_queue chan;
	struct swap_io io = { .object = object, .n = n, .chan = &chan };
	sim_time began = task_now(t);

	wait_queue_init(&chan);
	memcpy(io.pages, ma, (size_t)n * sizeof(*ma));
	io.bio = (struct bio){ .sector = sw->sector + blk * SECTORS_PER_PAGE,
			       .sectors = (uint64_t)n * SECTORS_PER_PAGE,
			       .done = read_done };
	vm->cnt.v_swapin++;
	vm->cnt.v_swappgsin += n;
	task_run(t, (sim_time)(vm->machine->cost.bio_submit + n * vm->machine->cost.swap_page));
	g_io_request(vm, sw->disk, &io.bio);
	while (!io.done)
		tsleep(t, &chan, "swread", 0);
	task_lost(t, LOSS_SWAPIN, began);
	return io.bio.error ? -EIO : 0;
}

/* --- boot --- */

void swap_pager_init(struct freebsd_vm *vm)
{
	struct swap_pager *sw = sim_calloc(1, sizeof(*sw));
	const struct freebsd_swap_conf *areas = vm->conf->swap.items;

	vm->swap = sw;
	sw->disk = -1;
	sw->full = true; /* as long as there is none */
	wait_queue_init(&sw->async_chan);
	if (!vm->conf->swap.n)
		return;
	for (int i = 0; i < vm->machine->nr_disks; i++)
		if (strcmp(vm->machine->disks[i].name, areas[0].disk) == 0)
			sw->disk = i;
	SIM_ASSERT(sw->disk >= 0);
	sw->npages = (uint64_t)areas[0].size / FREEBSD_PAGE_SIZE;
	sw->sector = vm->disk_next[sw->disk];
	vm->disk_next[sw->disk] += sw->npages * SECTORS_PER_PAGE;
	sw->used = sim_calloc(sw->npages / 64 + 1, sizeof(*sw->used));
	sw->avail = (int64_t)sw->npages;
	sw->full = sw->npages < NSWAP_HIWAT;
}

void swap_pager_done(struct freebsd_vm *vm)
{
	if (!vm->swap)
		return;
	sim_free(vm->swap->used);
	sim_free(vm->swap);
	vm->swap = NULL;
}
