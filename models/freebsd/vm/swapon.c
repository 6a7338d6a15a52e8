/*
 * swapon.c - devices of swap come and go
 *
 *	swapon     behind the numbers of all others; its first two places stay free, as a label
 *	           may lie there
 *	swapoff    no more places are given out (SW_CLOSING); what lies on the device is read back,
 *	           page by page, and is dirty then, so that it may go to another device
 *
 * How many places are free (swap_pager_avail) counts those of labels as well; when a device goes
 * its two are forgotten there.  That is what the kernel does.
 */
#include <errno.h>
#include <string.h>

#include "models/freebsd/arg.h"
#include "models/freebsd/conf.h"
#include "models/freebsd/kern/geom.h"
#include "models/freebsd/model_list.h"
#include "models/freebsd/vm/swap_pager.h"

/* --- on --- */

static size_t bitmap_words(const struct swdevt *sp)
{
	return div_round_up(sp->npages, BLIST_BMAP_RADIX);
}

/* All places are free but those of the label, and what the last word has beyond the end. */
static void blist_create(struct swdevt *sp)
{
	size_t words = bitmap_words(sp);

	memset(sp->bitmap, 0, words * sizeof(*sp->bitmap));
	if (sp->npages % BLIST_BMAP_RADIX)
		sp->bitmap[words - 1] = ~((1U << sp->npages % BLIST_BMAP_RADIX) - 1);
	sp->bitmap[0] |= (1U << SWAP_LABEL_PAGES) - 1;
	sp->low = 0;
}

static void swaponsomething(struct swap_pager *sw, struct swdevt *sp)
{
	uint64_t dvbase = 0;

	LIST_FOR_EACH (pos, &sw->swtailq) {
		const struct swdevt *other = LIST_ENTRY(pos, struct swdevt, link);

		/* a gap of one, so that no run crosses from one to the next */
		dvbase = max_u64(dvbase, other->first + other->npages + 1);
	}
	SIM_ASSERT(!sp->on && !sp->used);
	blist_create(sp);
	sp->first = dvbase;
	sp->on = true;
	list_add_tail(&sp->link, &sw->swtailq);
	sw->nswapdev++;
	sw->npages += sp->npages;
	sw->avail += (int64_t)sp->npages;
	swp_sizecheck(sw);
}

/* --- off --- */

/* The first object from an id on. */
static struct vm_object *object_from(const struct freebsd_vm *vm, int id)
{
	LIST_FOR_EACH (pos, &vm->objects) {
		struct vm_object *object = LIST_ENTRY(pos, struct vm_object, link);

		if (object->id >= id)
			return object;
	}
	return NULL;
}

/* The page has its place no more; if it was only there it is read, and goes to the inactive queue.
 */
static void force_pagein(struct task *t, struct vm_object *object, uint64_t pindex)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vm_page *m;

	vm_object_pip_add(object, 1);
	m = vm_page_grab(t, object, pindex, VM_ALLOC_NORMAL | VM_ALLOC_RETRY);
	if (!swap_pager_place(object, pindex, NULL) && !m->valid) {
		vm_page_free(vm, m); /* it was given up while we waited for memory */
		vm_object_pip_wakeup(object);
		return;
	}
	if (m->valid == VM_PAGE_BITS_ALL) {
		vm_page_activate(vm, m);
	} else {
		if (swap_pager_getpages(t, object, &m, 1)) {
			vm_panic(vm, "swap_pager_force_pagein: read from swap failed");
			m->valid = VM_PAGE_BITS_ALL;
		}
		vm_page_deactivate(vm, m);
	}
	vm_object_pip_wakeup(object);
	vm_page_dirty(vm, m);
	vm_page_wakeup(vm, m);
	swap_pager_unswapped(vm, m);
}

/* The next page of an object from pindex on that lies on a device; false: none does. */
static bool next_on_device(const struct vm_object *object, const struct swdevt *sp,
			   uint64_t *pindex)
{
	uint64_t blk;

	for (; xa_find(&object->swblocks, pindex, UINT64_MAX - 1); ++*pindex)
		if (swap_pager_place(object, *pindex, &blk) && blk - sp->first < sp->npages)
			return true;
	return false;
}

/* Once over all objects; places that moved to one looked at before are found the next time. */
static void pagein_all(struct task *t, const struct swdevt *sp)
{
	const struct freebsd_vm *vm = task_freebsd(t);
	struct vm_object *object;
	uint64_t pindex = 0;
	int id = 0;

	while (sp->used && (object = object_from(vm, id)) != NULL) {
		if (object->id != id)
			pindex = 0;
		id = object->id;
		if (!(object->flags & OBJ_DEAD) && next_on_device(object, sp, &pindex)) {
			force_pagein(t, object, pindex++);
			cond_resched(t);
		} else {
			id++;
			pindex = 0;
		}
	}
}

static void swap_pager_swapoff(struct task *t, const struct swdevt *sp)
{
	struct wait_queue chan;

	wait_queue_init(&chan);
	for (;;) {
		pagein_all(t, sp);
		if (!sp->used)
			return;
		tsleep(t, &chan, "swpoff", hz / 20);
	}
}

static int swapoff_one(struct task *t, struct swdevt *sp)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct swap_pager *sw = vm->swap;
	int64_t nblks = (int64_t)sp->npages;

	/* whether all of it would fit elsewhere, not only what is used */
	if (vm_free_and_cache(vm) + sw->avail < nblks + NSWAP_LOWAT)
		return -ENOMEM;
	sp->closing = true;
	memset(sp->bitmap, 0xff, bitmap_words(sp) * sizeof(*sp->bitmap));
	sw->avail -= (int64_t)(sp->npages - SWAP_LABEL_PAGES - sp->used);
	sw->labels_left += SWAP_LABEL_PAGES;
	sw->npages -= sp->npages;
	swap_pager_swapoff(t, sp);
	list_del(&sp->link);
	if (sw->swdevhd == sp)
		sw->swdevhd = NULL;
	if (--sw->nswapdev == 0)
		sw->full = true;
	sp->on = sp->closing = false;
	return 0;
}

/* --- calls --- */

static struct swdevt *dev_by_name(const struct swap_pager *sw, const char *name)
{
	for (int i = 0; i < sw->nr_devs; i++)
		if (strcmp(sw->dev[i].name, name) == 0)
			return &sw->dev[i];
	return NULL;
}

/* The device of a call, and no other such call under way; NULL: there is none of that name. */
static struct swdevt *begin_call(struct task *t, const char *name)
{
	struct swap_pager *sw = task_freebsd(t)->swap;

	task_run(t, (sim_time)task_freebsd(t)->machine->cost.syscall);
	while (sw->syscall_active)
		tsleep(t, &sw->syscall_chan, "swpoff", 0);
	sw->syscall_active = true;
	return dev_by_name(sw, name);
}

static void end_call(struct task *t)
{
	struct freebsd_vm *vm = task_freebsd(t);

	vm->swap->syscall_active = false;
	wakeup(vm->sim, &vm->swap->syscall_chan);
}

int sys_swapon(struct task *t, const char *name)
{
	struct swdevt *sp = begin_call(t, name);
	int error = !sp ? -ENOENT : sp->on ? -EBUSY : 0;

	if (!error)
		swaponsomething(task_freebsd(t)->swap, sp);
	end_call(t);
	return error;
}

int sys_swapoff(struct task *t, const char *name)
{
	struct swdevt *sp = begin_call(t, name);
	int error = !sp ? -ENOENT : sp->on ? swapoff_one(t, sp) : -EINVAL;

	end_call(t);
	return error;
}

/* --- boot and halt --- */

static void dev_init(struct freebsd_vm *vm, const struct freebsd_swap_conf *conf, struct swdevt *sp)
{
	const struct machine *machine = vm->machine;

	while (strcmp(machine->disks[sp->disk].name, conf->disk) != 0)
		sp->disk++;
	sp->name = conf->name ? conf->name : conf->disk;
	sp->npages = (uint64_t)conf->size / FREEBSD_PAGE_SIZE;
	sp->sector = vm->disk_next[sp->disk];
	vm->disk_next[sp->disk] += sp->npages * SECTORS_PER_PAGE;
	sp->bitmap = sim_calloc(bitmap_words(sp), sizeof(*sp->bitmap));
	sp->written = sim_reserve(sp->npages * sizeof(*sp->written));
}

void swap_pager_init(struct freebsd_vm *vm)
{
	struct swap_pager *sw = sim_calloc(1, sizeof(*sw));
	const struct freebsd_swap_conf *conf = vm->conf->swap.items;

	vm->swap = sw;
	list_init(&sw->swtailq);
	wait_queue_init(&sw->async_chan);
	wait_queue_init(&sw->syscall_chan);
	sw->full = true; /* as long as there is none */
	sw->nr_devs = vm->conf->swap.n;
	sw->dev = sim_calloc((size_t)sw->nr_devs + 1, sizeof(*sw->dev));
	for (int i = 0; i < sw->nr_devs; i++) {
		dev_init(vm, &conf[i], &sw->dev[i]);
		if (!conf[i].off)
			swaponsomething(sw, &sw->dev[i]);
	}
}

void swap_pager_done(struct freebsd_vm *vm)
{
	struct swap_pager *sw = vm->swap;

	if (!sw)
		return;
	for (int i = 0; i < sw->nr_devs; i++) {
		sim_free(sw->dev[i].bitmap);
		sim_unreserve(sw->dev[i].written, sw->dev[i].npages * sizeof(*sw->dev[i].written));
	}
	sim_free(sw->dev);
	sim_free(sw);
	vm->swap = NULL;
}

/* --- rows --- */

static int64_t op_swapon(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return sys_swapon(t, a->swap_area);
}

static int64_t op_swapoff(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return sys_swapoff(t, a->swap_area);
}

static const struct op ops[] = {
	{ "swapon", "swap_area", NULL, op_swapon, OP_NO_IRQ,
	  "swapon(2): a device of freebsd.swap is used from now on; -EBUSY: it is already" },
	{ "swapoff", "swap_area", NULL, op_swapoff, OP_NO_IRQ,
	  "swapoff(2): bring everything back that is on a device, and use it no longer; -EINVAL: "
	  "it is not in use; -ENOMEM: free memory and free swap are not as much as all of it" },
};

const struct model freebsd_swap_model = {
	.name = "swap",
	.ops = ops,
	.nr_ops = ARRAY_LEN(ops),
};
