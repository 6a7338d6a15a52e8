/*
 * swap_pager.c - places in swap, and pages to and from them
 */
#include <errno.h>
#include <string.h>

#include "models/freebsd/kern/geom.h"
#include "models/freebsd/vm/pmap.h"
#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_pageout.h"

/* --- places --- */

static struct swdevt *dev_of(const struct swap_pager *sw, uint64_t blk)
{
	LIST_FOR_EACH (pos, &sw->swtailq) {
		struct swdevt *sp = LIST_ENTRY(pos, struct swdevt, link);

		if (blk - sp->first < sp->npages)
			return sp;
	}
	SIM_ASSERT(false); /* no device that is on has it */
	return NULL;
}

void swp_sizecheck(struct swap_pager *sw)
{
	if (sw->avail >= NSWAP_LOWAT)
		sw->full = false;
}

static uint32_t run_bits(int n)
{
	return n == BLIST_BMAP_RADIX ? UINT32_MAX : (1U << n) - 1;
}

/* The lowest run of n places, which lies in one word; UINT64_MAX: none. */
static uint64_t blist_alloc(struct swdevt *sp, int n)
{
	uint64_t words = div_round_up(sp->npages, BLIST_BMAP_RADIX);
	uint32_t run = run_bits(n);

	if (sp->closing || sp->npages - SWAP_LABEL_PAGES - sp->used < (uint64_t)n)
		return UINT64_MAX;
	while (sp->low < words && sp->bitmap[sp->low] == UINT32_MAX)
		sp->low++;
	for (uint64_t w = sp->low; w < words; w++)
		for (int bit = 0; bit + n <= BLIST_BMAP_RADIX; bit++) {
			if (sp->bitmap[w] & run << bit)
				continue;
			sp->bitmap[w] |= run << bit;
			sp->used += (uint64_t)n;
			return w * BLIST_BMAP_RADIX + (uint64_t)bit;
		}
	return UINT64_MAX;
}

static void free_place(struct swap_pager *sw, uint64_t blk)
{
	struct swdevt *sp = dev_of(sw, blk);
	uint64_t at = blk - sp->first, w = at / BLIST_BMAP_RADIX;

	sp->used--;
	if (sp->closing) /* nobody else is to have it */
		return;
	sp->bitmap[w] &= ~(1U << at % BLIST_BMAP_RADIX);
	sp->low = min_u64(sp->low, w);
	sw->avail++;
	swp_sizecheck(sw);
}

/* A run of n places, of the device whose turn it is, or of the next one that has it. */
static uint64_t getswapspace(struct freebsd_vm *vm, int n)
{
	struct swap_pager *sw = vm->swap;

	struct swdevt *sp = sw->swdevhd;

	for (int i = 0; i < sw->nswapdev; i++) {
		uint64_t at;

		if (!sp)
			sp = LIST_FIRST(&sw->swtailq, struct swdevt, link);
		at = blist_alloc(sp, n);
		sw->swdevhd = sp->link.next == &sw->swtailq
				  ? NULL
				  : LIST_FIRST(&sp->link, struct swdevt, link);
		if (at != UINT64_MAX) {
			sw->avail -= n;
			swp_sizecheck(sw);
			return sp->first + at;
		}
		sp = sw->swdevhd;
	}
	sw->full = true;
	sw->swdevhd = NULL;
	return UINT64_MAX;
}

/* --- which page has which place --- */

static uint64_t place_of(const struct vm_object *object, uint64_t pindex)
{
	xa_entry e = xa_load(&object->swblocks, pindex);

	return e ? xa_to_value(e) : UINT64_MAX;
}

bool swap_pager_place(const struct vm_object *object, uint64_t pindex, uint64_t *blk)
{
	uint64_t at = place_of(object, pindex);

	if (blk)
		*blk = at;
	return at != UINT64_MAX;
}

/* Whether no page of the stretch around one has a place. */
static bool swblock_empty(const struct vm_object *object, uint64_t pindex)
{
	uint64_t index = pindex & ~(uint64_t)(SWAP_META_PAGES - 1);

	return !xa_find(&object->swblocks, &index, index + SWAP_META_PAGES - 1);
}

/* The page has its place no more, which is not given back. */
static uint64_t meta_pop(struct vm_object *object, uint64_t pindex)
{
	uint64_t blk = place_of(object, pindex);

	if (blk == UINT64_MAX)
		return blk;
	xa_store(&object->swblocks, pindex, 0);
	object->nr_swblocks--;
	object->swp_bcount -= swblock_empty(object, pindex);
	return blk;
}

static void meta_free(struct freebsd_vm *vm, struct vm_object *object, uint64_t pindex)
{
	uint64_t blk = meta_pop(object, pindex);

	if (blk != UINT64_MAX)
		free_place(vm->swap, blk);
}

static void meta_build(struct freebsd_vm *vm, struct vm_object *object, uint64_t pindex,
		       uint64_t blk)
{
	meta_free(vm, object, pindex);
	object->type = OBJT_SWAP;
	object->swp_bcount += swblock_empty(object, pindex);
	xa_store(&object->swblocks, pindex, xa_value(blk));
	object->nr_swblocks++;
}

void swap_pager_freespace(struct freebsd_vm *vm, struct vm_object *object, uint64_t start,
			  uint64_t n)
{
	uint64_t index = start;

	while (n && object->nr_swblocks && xa_find(&object->swblocks, &index, start + n - 1))
		meta_free(vm, object, index);
}

void swap_pager_free_object(struct freebsd_vm *vm, struct vm_object *object)
{
	swap_pager_freespace(vm, object, 0, UINT64_MAX);
}

void swap_pager_copy(struct freebsd_vm *vm, struct vm_object *from, struct vm_object *to,
		     uint64_t offset, bool destroy)
{
	uint64_t index = offset;

	while (to->size && from->nr_swblocks &&
	       xa_find(&from->swblocks, &index, offset + to->size - 1)) {
		if (place_of(to, index - offset) == UINT64_MAX)
			meta_build(vm, to, index - offset, meta_pop(from, index));
		else
			meta_free(vm, from, index);
	}
	if (destroy)
		swap_pager_free_object(vm, from);
}

void swap_pager_unswapped(struct freebsd_vm *vm, struct vm_page *m)
{
	if (m->object->type == OBJT_SWAP)
		meta_free(vm, m->object, m->pindex);
}

bool swap_pager_haspage(const struct vm_object *object, uint64_t pindex, int *before, int *after)
{
	const int most = SWB_NPAGES / 2 - 1;
	uint64_t blk = place_of(object, pindex);

	*before = *after = 0;
	if (blk == UINT64_MAX)
		return false;
	while (*before < most && pindex > (uint64_t)*before && blk > (uint64_t)*before &&
	       place_of(object, pindex - (uint64_t)*before - 1) == blk - (uint64_t)*before - 1)
		++*before;
	while (*after < most &&
	       place_of(object, pindex + (uint64_t)*after + 1) == blk + (uint64_t)*after + 1)
		++*after;
	return true;
}

static uint32_t *contents_at(const struct swap_pager *sw, uint64_t blk)
{
	struct swdevt *sp = dev_of(sw, blk);

	return &sp->written[blk - sp->first];
}

uint32_t swap_pager_contents(const struct freebsd_vm *vm, const struct vm_object *object,
			     uint64_t pindex)
{
	return *contents_at(vm->swap, place_of(object, pindex));
}

/* --- I/O --- */

struct swap_io {
	struct bio bio;
	struct vm_object *object;
	struct vm_page *pages[16];
	uint32_t before[16]; /* writes: what the places held */
	int n;
	uint64_t blk;            /* place of the first page */
	bool done;               /* reads: for who waits */
	struct wait_queue *chan; /* reads */
};

static void write_done(struct freebsd_vm *vm, struct bio *bp)
{
	struct swap_io *io = CONTAINER_OF(bp, struct swap_io, bio);

	for (int i = 0; i < io->n; i++) {
		struct vm_page *m = io->pages[i];

		m->oflags &= (uint8_t)~VPO_SWAPINPROG;
		vm_page_io_finish(vm, m);
		if (bp->error) {
			*contents_at(vm->swap, io->blk + (uint64_t)i) = io->before[i];
			vm_page_dirty(vm, m);
			vm_page_activate(vm, m);
			continue;
		}
		vm->swap->pages_written++;
		vm_page_undirty(m);
		if (vm_page_count_severe(vm))
			vm_page_try_to_cache(vm, m);
	}
	vm->swap->async_writes--;
	wakeup(vm->sim, &vm->swap->async_chan);
	vm_object_pip_wakeup(io->object);
	g_destroy_bio(bp);
}

static void start_write(struct task *t, struct vm_object *object, struct vm_page **ma, int n,
			uint64_t blk)
{
	struct freebsd_vm *vm = object->vm;
	struct swap_pager *sw = vm->swap;
	const struct swdevt *sp = dev_of(sw, blk);
	struct swap_io *io = g_new_bio(vm, sizeof(*io));

	vm_object_pip_add(object, 1);
	for (int i = 0; i < n; i++) {
		meta_build(vm, object, ma[i]->pindex, blk + (uint64_t)i);
		io->before[i] = *contents_at(sw, blk + (uint64_t)i);
		*contents_at(sw, blk + (uint64_t)i) = ma[i]->contents;
		ma[i]->oflags |= VPO_SWAPINPROG;
		io->pages[i] = ma[i];
	}
	io->object = object;
	io->n = n;
	io->blk = blk;
	io->bio = (struct bio){ .write = true,
				.sector = sp->sector + (blk - sp->first) * SECTORS_PER_PAGE,
				.sectors = (uint64_t)n * SECTORS_PER_PAGE,
				.done = write_done };
	vm->cnt.v_swapout++;
	vm->cnt.v_swappgsout += n;
	while (sw->async_writes >= SWAP_ASYNC_MAX)
		tsleep(t, &sw->async_chan, "swbufa", 0);
	sw->async_writes++;
	g_io_request(vm, sp->disk, &io->bio);
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
		struct vm_page *m = io->pages[i];

		m->valid = VM_PAGE_BITS_ALL;
		m->dirty = 0;
		m->contents = *contents_at(vm->swap, io->blk + (uint64_t)i);
	}
	io->done = true;
	wakeup(vm->sim, io->chan);
}

int swap_pager_getpages(struct task *t, struct vm_object *object, struct vm_page **ma, int n)
{
	struct freebsd_vm *vm = object->vm;
	uint64_t blk = place_of(object, ma[0]->pindex);
	const struct swdevt *sp = dev_of(vm->swap, blk);
	struct wait_queue chan;
	struct swap_io io = { .object = object, .n = n, .blk = blk, .chan = &chan };
	sim_time began = task_now(t);

	wait_queue_init(&chan);
	memcpy(io.pages, ma, (size_t)n * sizeof(*ma));
	io.bio = (struct bio){ .sector = sp->sector + (blk - sp->first) * SECTORS_PER_PAGE,
			       .sectors = (uint64_t)n * SECTORS_PER_PAGE,
			       .done = read_done };
	vm->cnt.v_swapin++;
	vm->cnt.v_swappgsin += n;
	task_run(t, (sim_time)(vm->machine->cost.bio_submit + n * vm->machine->cost.swap_page));
	g_io_request(vm, sp->disk, &io.bio);
	while (!io.done)
		tsleep(t, &chan, "swread", 0);
	task_lost(t, LOSS_SWAPIN, began);
	return io.bio.error ? -EIO : 0;
}

/* --- check --- */

/* Places of all objects: each is marked, and there are no more. */
void swap_pager_check(struct check *c, const struct freebsd_vm *vm)
{
	const struct swap_pager *sw = vm->swap;
	uint64_t used = 0, npages = 0, of_objects = 0;
	int64_t avail = sw->labels_left;
	int devs = 0;

	LIST_FOR_EACH (pos, &sw->swtailq) {
		const struct swdevt *sp = LIST_ENTRY(pos, struct swdevt, link);

		CHECK(c, sp->on && sp->used <= sp->npages - SWAP_LABEL_PAGES);
		used += sp->used;
		if (!sp->closing) {
			npages += sp->npages;
			avail += (int64_t)(sp->npages - sp->used);
		}
		devs++;
	}
	CHECK(c, devs == sw->nswapdev);
	LIST_FOR_EACH (pos, &vm->objects) {
		const struct vm_object *object = LIST_ENTRY(pos, struct vm_object, link);
		uint64_t index = 0, n = 0, blocks = 0, last = UINT64_MAX;
		xa_entry e;

		for (; (e = xa_find(&object->swblocks, &index, UINT64_MAX - 1)) != 0; index++) {
			const struct swdevt *sp = dev_of(sw, xa_to_value(e));
			uint64_t at = xa_to_value(e) - sp->first;

			CHECK(c, sp->bitmap[at / BLIST_BMAP_RADIX] >> at % BLIST_BMAP_RADIX & 1);
			blocks += index / SWAP_META_PAGES != last;
			last = index / SWAP_META_PAGES;
			n++;
		}
		CHECK(c, n == object->nr_swblocks && blocks == object->swp_bcount);
		CHECK(c, n == 0 || object->type == OBJT_SWAP);
		of_objects += n;
	}
	CHECK(c, used == of_objects);
	CHECK(c, sw->npages == npages && sw->avail == avail);
}
