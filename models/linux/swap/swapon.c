/*
 * swapon.c - areas are made and switched on
 *
 *	swapon   map, clusters, mappings of the cache; its places count as free
 *
 * A name is that of an area, or of the file it lies in; the kernel opens what it is given before it
 * looks whether that is an area.
 *
 * The list of free clusters begins with every 32nd cluster, then comes the next column of them: so
 * CPUs that take one after the other work in different mappings of the cache.
 *
 * An area on a disk claims it, as a mounted file system does: a stretch of its own (a partition)
 * goes beside file systems and other stretches, all of the disk goes beside nothing.
 *
 * Like:        Linux 6.1, mm/swapfile.c; block/bdev.c (bd_may_claim)
 * Simplified:  the header of a stretch of a disk is not read, nor is any at boot; the areas are
 *              those of the scenario
 * Left out:    discard
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "models/linux/conf.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/storage/blk.h"
#include "models/linux/storage/file.h"
#include "models/linux/storage/fs.h"
#include "models/linux/swap/internal.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

/* Clusters in a mapping of the cache: more than have their rows in one cache line. */
#define SWAP_CLUSTER_COLS (SWAP_ADDRESS_SPACE_PAGES / SWAPFILE_CLUSTER)

/* --- on --- */

static void setup_clusters(struct linux_vm *vm, struct swap_info_struct *si)
{
	uint32_t nr = (uint32_t)div_round_up(si->max, SWAPFILE_CLUSTER);
	uint32_t rows = (uint32_t)div_round_up(nr, SWAP_CLUSTER_COLS);
	uint32_t first_col = si->cluster_next / SWAPFILE_CLUSTER % SWAP_CLUSTER_COLS;

	si->cluster_info = sim_calloc(nr, sizeof(*si->cluster_info));
	si->cluster_next_cpu = sim_calloc((size_t)vm->nr_cpu_ids, sizeof(*si->cluster_next_cpu));
	si->percpu_cluster = sim_calloc((size_t)vm->nr_cpu_ids, sizeof(*si->percpu_cluster));
	for (int i = 0; i < vm->nr_cpu_ids; i++) {
		si->cluster_next_cpu[i] = 1 + (uint32_t)rng_below(&si->rng, si->highest_bit);
		si->percpu_cluster[i].index = CLUSTER_NULL;
	}
	si->cluster_info[0].count++; /* the header */
	for (int i = 0; i < si->bad_pages->n; i++)
		si->cluster_info[si->bad_pages->v[i] / SWAPFILE_CLUSTER].count++;
	if (si->max % SWAPFILE_CLUSTER)
		si->cluster_info[nr - 1].count =
		    (uint16_t)(si->cluster_info[nr - 1].count + SWAPFILE_CLUSTER -
			       si->max % SWAPFILE_CLUSTER);
	for (uint32_t k = 0; k < SWAP_CLUSTER_COLS; k++) {
		for (uint32_t row = 0; row < rows; row++) {
			uint32_t idx =
			    row * SWAP_CLUSTER_COLS + (k + first_col) % SWAP_CLUSTER_COLS;

			if (idx >= nr || si->cluster_info[idx].count)
				continue;
			si->cluster_info[idx].flags = CLUSTER_FLAG_FREE;
			cluster_list_add_tail(si, idx);
		}
	}
}

static void setup_spaces(struct linux_vm *vm, struct swap_info_struct *si)
{
	si->nr_spaces = (uint32_t)div_round_up(si->max, SWAP_ADDRESS_SPACE_PAGES);
	si->spaces = sim_calloc(si->nr_spaces, sizeof(*si->spaces));
	for (uint32_t i = 0; i < si->nr_spaces; i++) {
		si->spaces[i].vm = vm;
		si->spaces[i].flags = AS_SWAP;
		xa_init(&si->spaces[i].i_pages);
		si->spaces[i].i_pages.new_node = slab_index_node;
		si->spaces[i].i_pages.free_node = slab_index_node_gone;
		list_init(&si->spaces[i].i_mmap);
	}
}

void enable_swap_info(struct linux_vm *vm, struct swap_info_struct *si)
{
	si->prio = si->conf_prio >= 0 ? (int)si->conf_prio : --vm->swap->least_priority;
	si->flags |= SWP_WRITEOK;
	vm->nr_swap_pages += si->pages;
	vm->total_swap_pages += si->pages;
	if (si->highest_bit)
		add_to_avail_list(vm, si);
}

static void area_on(struct linux_vm *vm, struct swap_info_struct *si)
{
	bool rotational = si->q->conf.rotational;

	si->flags |= SWP_USED;
	if (si->inode)
		si->inode->swapfile = true;
	if (queue_stable_writes(si->q))
		si->flags |= SWP_STABLE_WRITES;
	si->max = (uint32_t)si->size_pages;
	si->pages = si->max - 1 - (uint32_t)si->bad_pages->n;
	si->lowest_bit = si->cluster_next = 1;
	si->highest_bit = si->max - 1;
	si->cluster_nr = 0;
	si->swap_map = sim_calloc(si->max, sizeof(*si->swap_map));
	si->swap_map[0] = SWAP_MAP_BAD;
	for (int i = 0; i < si->bad_pages->n; i++)
		si->swap_map[si->bad_pages->v[i]] = SWAP_MAP_BAD;
	si->free_clusters = (struct swap_cluster_list){ CLUSTER_NULL, CLUSTER_NULL };
	if (rotational) {
		vm->swap->nr_rotate_swap++;
	} else {
		si->flags |= SWP_SOLIDSTATE;
		setup_clusters(vm, si);
	}
	setup_spaces(vm, si);
	enable_swap_info(vm, si);
	enable_swap_slots_cache(vm);
}

/* The number of a disk; -1: there is none of that name. */
static int disk_number(const struct linux_vm *vm, const char *name)
{
	for (int i = 0; i < vm->machine->nr_disks; i++)
		if (strcmp(vm->machine->disks[i].name, name) == 0)
			return i;
	return -1;
}

/* Of several in one file it is the one that is on: the kernel compares files. */
struct swap_info_struct *swap_area_by_name(struct linux_vm *vm, const char *name)
{
	const struct inode *inode = file_by_name(vm, name);
	struct swap_info_struct *found = NULL;
	int n = vm->swap ? vm->swap->nr_swapfiles : 0;

	for (int i = 0; i < n; i++)
		if (strcmp(vm->swap->info[i].name, name) == 0)
			found = &vm->swap->info[i];
	if (found)
		inode = found->inode;
	for (int i = 0; inode && i < n; i++) {
		struct swap_info_struct *si = &vm->swap->info[i];

		if (si->inode == inode && ((si->flags & SWP_USED) || !found))
			found = si;
	}
	return found;
}

/* The disk that is meant as a whole: by its own name, or by that of a raw file.  -1: none is. */
static int whole_disk(struct linux_vm *vm, const char *name)
{
	const struct inode *inode = file_by_name(vm, name);

	return inode && inode->is_blkdev ? inode->bdi->id : disk_number(vm, name);
}

/*
 * Whether somebody has a disk for himself, so that an area cannot have it: a file system and each
 * area its stretch (whole), or an area all of it.
 */
static bool disk_is_claimed(const struct linux_vm *vm, const struct request_queue *q, bool whole)
{
	for (int i = 0; vm->swap && i < vm->swap->nr_swapfiles; i++) {
		const struct swap_info_struct *si = &vm->swap->info[i];

		if (si->q == q && (si->flags & (SWP_USED | SWP_OPENED)) &&
		    (si->flags & SWP_BLKDEV) && (whole || si->inode))
			return true;
	}
	for (int i = 0; whole && i < vm->files->n; i++) {
		const struct inode *inode = vm->files->inodes[i];

		if (inode->bdi && inode->bdi->q == q && !inode->is_blkdev)
			return true;
	}
	return false;
}

/* As opening says, and then the header. */
int swap_not_an_area(struct linux_vm *vm, const char *name)
{
	return file_by_name(vm, name) || disk_number(vm, name) >= 0 ? -EINVAL : -ENOENT;
}

/* Whether the file of an area still is what it was: not removed, made anew, cut, or with holes. */
static bool area_is_whole(const struct swap_info_struct *si)
{
	uint64_t sector, contiguous = 0;

	if (si->inode->unlinked)
		return false;
	for (uint64_t i = 0; i < si->size_pages; i += contiguous)
		if (!file_map_block(si->inode, i, &sector, &contiguous))
			return false;
	return true;
}

/* Stretches of a file that follow each other on its disk, and how many pages from the first to the
 * last, the header aside. */
static void count_extents(struct swap_info_struct *si, uint64_t *extents, uint64_t *span)
{
	uint64_t sector, contiguous = 0, end = 0, lowest = UINT64_MAX, highest = 0;

	*extents = 0;
	for (uint64_t i = 0; i < si->size_pages; i += contiguous) {
		file_map_block(si->inode, i, &sector, &contiguous);
		contiguous = min_u64(contiguous, si->size_pages - i);
		*extents += sector != end || !i;
		end = sector + contiguous * SECTORS_PER_PAGE;
		if (i || contiguous > 1)
			lowest = min_u64(lowest, i ? sector : sector + SECTORS_PER_PAGE);
		highest = max_u64(highest, end);
	}
	*span = (highest - lowest) / SECTORS_PER_PAGE;
}

/* The line of the log; of a kernel with frontswap, as Debian's. */
static void say_added(struct linux_vm *vm, struct swap_info_struct *si)
{
	uint64_t extents = 1, span = si->pages;

	if (si->inode && !(si->flags & SWP_BLKDEV))
		count_extents(si, &extents, &span);
	printk_f(vm, LOGLEVEL_INFO,
		 "Adding %" PRIu64 "k swap on %s.  Priority:%d extents:%" PRIu64 " across:%" PRIu64
		 "k %sFS\n",
		 (uint64_t)si->pages << (PAGE_SHIFT - 10), si->name, si->prio, extents,
		 span << (PAGE_SHIFT - 10), si->flags & SWP_SOLIDSTATE ? "SS" : "");
}

/* Reads the header of a file and has everything written that is dirty in it: where a file system
 * gives blocks their places late it does so now.  0 or a negative errno value. */
static int prepare_file(struct task *t, struct swap_info_struct *si)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = &si->inode->mapping;
	struct file *f = file_open(t, si->inode);
	int error = 0;
	struct page *page = read_cache_page(t, m, f, 0, mapping_read_page, NULL, &error);

	if (page)
		put_page(vm, t->cpu, page);
	if (page && si->inode->fs->delalloc)
		error = vfs_fsync(t, f, true);
	else if (page)
		error = filemap_write_and_wait_range(t, m, 0, INT64_MAX);
	file_close(t, f);
	return error;
}

/* The area of a file goes on, unless the file is no area (any more) or another area of it is on;
 * nobody writes to it or cuts it meanwhile.  0 or a negative errno value. */
static int file_area_on(struct task *t, struct swap_info_struct *si)
{
	struct linux_vm *vm = task_vm(t);
	struct inode *inode = si->inode;
	int error = 0;

	inode_lock(t, inode);
	if (inode->swapfile)
		error = -EBUSY;
	else if (!inode->unlinked)
		error = prepare_file(t, si);
	if (!error && (!area_is_whole(si) || (!inode->is_blkdev && si->bad_pages->n)))
		error = swap_not_an_area(vm, inode->name);
	if (!error)
		area_on(vm, si);
	inode_unlock(t, inode);
	return error;
}

int swapon(struct task *t, const char *name)
{
	struct linux_vm *vm = task_vm(t);
	struct swap_info_struct *si = swap_area_by_name(vm, name);
	int error = 0;

	if (!si) {
		int disk = whole_disk(vm, name);

		/* a disk is claimed before its header is read */
		if (disk >= 0 && disk_is_claimed(vm, disk_queue(vm, disk), true))
			return -EBUSY;
		return swap_not_an_area(vm, name);
	}
	if (si->flags & (SWP_USED | SWP_OPENED))
		return -EBUSY;
	if ((si->flags & SWP_BLKDEV) && disk_is_claimed(vm, si->q, si->inode != NULL))
		return -EBUSY;
	si->flags |= SWP_OPENED;
	if (si->inode)
		error = file_area_on(t, si);
	else
		area_on(vm, si);
	si->flags &= ~(unsigned)SWP_OPENED;
	if (!error)
		say_added(vm, si);
	return error;
}

/* --- the areas of a scenario --- */

void swap_area_free(struct swap_info_struct *si)
{
	for (uint32_t i = 0; i < si->nr_spaces; i++)
		xa_destroy(&si->spaces[i].i_pages);
	sim_free(si->spaces);
	sim_free(si->swap_map);
	sim_free(si->cluster_info);
	sim_free(si->cluster_next_cpu);
	sim_free(si->percpu_cluster);
	si->spaces = NULL;
	si->swap_map = NULL;
	si->cluster_info = NULL;
	si->cluster_next_cpu = NULL;
	si->percpu_cluster = NULL;
	si->nr_spaces = si->max = si->pages = si->highest_bit = 0;
}

/* A stretch of a disk of its own. */
static bool place_on_disk(struct linux_vm *vm, struct swap_info_struct *si,
			  const struct swap_conf *c, struct diag *d)
{
	int disk = disk_number(vm, c->disk);
	uint64_t first, size, *next;

	if (disk < 0) {
		diag_error(d, swap_conf_place(c),
			   "no disk \"%s\"; accepted: a name from machine.disks", c->disk);
		return false;
	}
	next = &vm->files->disk_next[disk];
	first = swap_conf_has_offset(c)
		    ? div_round_up((uint64_t)c->offset, PAGE_SIZE) * SECTORS_PER_PAGE
		    : *next;
	size = disk_sectors(vm, disk) > first ? (disk_sectors(vm, disk) - first) / SECTORS_PER_PAGE
					      : 0;
	if (first < *next || size < 10 || (uint64_t)c->size / PAGE_SIZE > size) {
		diag_error(d, swap_conf_place(c),
			   "linux.swap: the area does not fit on disk \"%s\" behind its files; "
			   "accepted: a smaller one, or machine.disks.size",
			   c->disk);
		return false;
	}
	si->q = disk_queue(vm, disk);
	si->flags = SWP_BLKDEV;
	si->first_sector = first;
	si->size_pages =
	    min_u64(c->size ? (uint64_t)c->size / PAGE_SIZE : size, 1ULL << SWP_OFFSET_BITS);
	*next = first + si->size_pages * SECTORS_PER_PAGE;
	return true;
}

static bool place_in_file(struct linux_vm *vm, struct swap_info_struct *si,
			  const struct swap_conf *c, struct diag *d)
{
	struct inode *inode = file_by_name(vm, c->file);
	uint64_t pages, sector, contiguous = 0;

	if (!inode) {
		diag_error(d, swap_conf_place(c), "no file \"%s\"; accepted: a name from files",
			   c->file);
		return false;
	}
	if (!inode->bdi) {
		diag_error(d, swap_conf_place(c),
			   "linux.swap: the file \"%s\" lies in memory itself; accepted: a file "
			   "on a disk",
			   c->file);
		return false;
	}
	pages = (c->size ? (uint64_t)c->size : inode->i_size) / PAGE_SIZE;
	si->q = inode->bdi->q;
	si->inode = inode;
	si->flags = inode->is_blkdev ? SWP_BLKDEV : 0;
	si->size_pages = min_u64(pages, 1ULL << SWP_OFFSET_BITS);
	for (uint64_t i = 0; i < si->size_pages; i += contiguous)
		if (!file_map_block(inode, i, &sector, &contiguous)) {
			diag_error(d, swap_conf_place(c),
				   "linux.swap: the file \"%s\" has holes; accepted: one with all "
				   "its blocks",
				   c->file);
			return false;
		}
	return true;
}

bool swap_init(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d)
{
	const struct swap_conf *c = conf->swap.items;
	struct swap_state *swap;

	if (!conf->swap.n)
		return true;
	swap = vm->swap = sim_calloc(1, sizeof(*swap));
	swap->write_error = swap->read_error =
	    (struct ratelimit_state){ DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST, 0, 0 };
	list_init(&swap->mmlist);
	list_init(&swap->in_hand);
	swap->info = sim_calloc((size_t)conf->swap.n, sizeof(*swap->info));
	swap->avail = sim_calloc((size_t)vm->nr_nodes, sizeof(*swap->avail));
	swap->slots = sim_calloc((size_t)vm->nr_cpu_ids, sizeof(*swap->slots));
	swap->least_priority = -1;
	swap->swapin_readahead_hits = 4; /* a small window to begin with */
	for (int i = 0; i < conf->swap.n; i++) {
		struct swap_info_struct *si = &swap->info[i];
		struct str stream = { 0 };

		si->name = swap_conf_name(&c[i]);
		si->type = i;
		si->conf_prio = c[i].priority;
		si->bad_pages = &c[i].bad_pages;
		swap->nr_swapfiles++;
		str_addf(&stream, "swap.%s", si->name);
		sim_rng(vm->sim, &si->rng, str_get(&stream));
		str_free(&stream);
		if (!(c[i].disk ? place_on_disk(vm, si, &c[i], d)
				: place_in_file(vm, si, &c[i], d)) ||
		    !swap_conf_check_bad_pages(d, &c[i], si->size_pages,
					       si->inode && !si->inode->is_blkdev))
			return false;
	}
	for (int i = 0; i < conf->swap.n; i++)
		if (!c[i].off)
			area_on(vm, &swap->info[i]);
	return true;
}

void swap_free_all(struct linux_vm *vm)
{
	struct swap_state *swap = vm->swap;

	if (!swap)
		return;
	for (int i = 0; i < swap->nr_swapfiles; i++)
		swap_area_free(&swap->info[i]);
	sim_free(swap->info);
	sim_free(swap->avail);
	sim_free(swap->slots);
	sim_free(swap);
	vm->swap = NULL;
}
