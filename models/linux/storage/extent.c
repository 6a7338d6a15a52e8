/*
 * extent.c - where the pages of a file lie on its disk
 *
 *	page     0        32768      ...        65536
 *	         |-- extent --|                 |-- extent --|
 *	         ###..##......                  #............     # allocated, . set aside
 *
 * A file that grows, or whose holes are filled, gets a stretch of its disk set aside; single blocks
 * of it are the file's once they are allocated, and a hole again when they are cut off.
 */
#include <errno.h>

#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

#define WORD_BITS 64
/* contiguous pages are counted up to here: more than fit in a request */
#define COUNT_LIMIT 1024

static size_t bitmap_words(uint64_t bits)
{
	return (size_t)div_round_up(bits, WORD_BITS);
}

static bool is_used(const struct file_extent *e, uint64_t at)
{
	return !e->used || (e->used[at / WORD_BITS] >> at % WORD_BITS & 1);
}

static void set_used(struct file_extent *e, uint64_t at, bool used)
{
	uint64_t bit = 1ULL << at % WORD_BITS;

	if (used)
		e->used[at / WORD_BITS] |= bit;
	else
		e->used[at / WORD_BITS] &= ~bit;
}

/* A stretch that was allocated as a whole gets a bit for each page. */
static void make_bitmap(struct file_extent *e)
{
	size_t words = bitmap_words(e->pages);

	if (e->used)
		return;
	e->used = sim_alloc(words * sizeof(*e->used));
	for (size_t i = 0; i < words; i++)
		e->used[i] = UINT64_MAX;
	for (uint64_t i = e->pages; i < words * WORD_BITS; i++)
		set_used(e, i, false);
}

/* Makes an extent longer by pages that are only set aside. */
static void extend(struct file_extent *e, uint64_t pages)
{
	make_bitmap(e);

	size_t old = bitmap_words(e->pages), new = bitmap_words(e->pages + pages);

	e->used = sim_realloc(e->used, new * sizeof(*e->used));
	for (size_t i = old; i < new; i++)
		e->used[i] = 0;
	e->pages += pages;
}

/* The first extent that ends behind a page; nr_extents: none. */
static int find_extent(const struct inode *inode, uint64_t index)
{
	int low = 0, high = inode->nr_extents;

	while (low < high) {
		int mid = (low + high) / 2;

		if (inode->extents[mid].first + inode->extents[mid].pages <= index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct file_extent *search_extent(const struct inode *inode, uint64_t index)
{
	int i = find_extent(inode, index);

	if (i == inode->nr_extents || inode->extents[i].first > index)
		return NULL;
	return &inode->extents[i];
}

/* The extent that has a page; NULL: none.  Most files are one, or grow in the last one. */
static inline struct file_extent *extent_of(const struct inode *inode, uint64_t index)
{
	struct file_extent *last =
	    inode->nr_extents ? &inode->extents[inode->nr_extents - 1] : NULL;

	if (last && index - last->first < last->pages)
		return last;
	return search_extent(inode, index);
}

/* Allocated pages in a row, from one of them on. */
static uint64_t count_used(const struct file_extent *e, uint64_t at)
{
	uint64_t left = e->pages - at, n = 0;

	if (!e->used)
		return left;
	/* a word at a time; bits behind the last page are 0 */
	while (n < left && n < COUNT_LIMIT) {
		uint64_t bits = WORD_BITS - (at + n) % WORD_BITS;
		uint64_t holes = ~(e->used[(at + n) / WORD_BITS] >> (at + n) % WORD_BITS);
		uint64_t run = holes ? min_u64((uint64_t)__builtin_ctzll(holes), bits) : bits;

		n += run;
		if (run < bits)
			break;
	}
	return min_u64(n, left);
}

/* Where page index lies: its sector, and the extent, which a device has none of.  False: a hole. */
static inline bool find_block(const struct inode *inode, uint64_t index, uint64_t *sector,
			      const struct file_extent **e)
{
	*e = NULL;
	*sector = index * SECTORS_PER_PAGE;
	if (inode->is_blkdev)
		return true;
	*e = extent_of(inode, index);
	if (!*e || !is_used(*e, index - (*e)->first))
		return false;
	*sector = (*e)->sector + (index - (*e)->first) * SECTORS_PER_PAGE;
	return true;
}

bool file_find_block(const struct inode *inode, uint64_t index, uint64_t *sector)
{
	const struct file_extent *e;

	return find_block(inode, index, sector, &e);
}

bool file_map_block(const struct inode *inode, uint64_t index, uint64_t *sector,
		    uint64_t *contiguous)
{
	const struct file_extent *e;

	if (!find_block(inode, index, sector, &e))
		return false;
	*contiguous = e ? count_used(e, index - e->first) : inode->i_size / PAGE_SIZE - index;
	return true;
}

bool file_stretch_ends(const struct inode *inode, uint64_t index)
{
	const struct file_extent *e = extent_of(inode, index);

	return e && e->first + e->pages - 1 == index;
}

void file_add_extent(struct inode *inode, uint64_t first, uint64_t pages, uint64_t sector)
{
	size_t n = (size_t)inode->nr_extents + 1;
	struct file_extent *last = n > 1 ? &inode->extents[n - 2] : NULL;

	if (last && !last->used && last->first + last->pages == first &&
	    last->sector + last->pages * SECTORS_PER_PAGE == sector) {
		last->pages += pages;
		return;
	}
	inode->extents = sim_realloc(inode->extents, n * sizeof(*inode->extents));
	inode->extents[inode->nr_extents++] =
	    (struct file_extent){ .first = first, .pages = pages, .sector = sector };
}

/* Sets a stretch aside, in the order of pages. */
static void insert_extent(struct inode *inode, uint64_t first, uint64_t pages, uint64_t sector)
{
	int at = find_extent(inode, first);
	struct file_extent *e = at ? &inode->extents[at - 1] : NULL;

	if (e && at == inode->nr_extents && e->first + e->pages == first &&
	    e->sector + e->pages * SECTORS_PER_PAGE == sector) {
		extend(e, pages);
		return;
	}
	file_add_extent(inode, 0, 0, 0);
	for (int i = inode->nr_extents - 1; i > at; i--)
		inode->extents[i] = inode->extents[i - 1];
	inode->extents[at] =
	    (struct file_extent){ .first = first, .pages = pages, .sector = sector };
	inode->extents[at].used = sim_calloc(bitmap_words(pages), sizeof(uint64_t));
}

uint64_t disk_sectors(const struct linux_vm *vm, int disk)
{
	return (uint64_t)vm->machine->disks[disk].conf.size / 512;
}

int file_reserve_block(struct linux_vm *vm, struct inode *inode, uint64_t index)
{
	int disk = inode->bdi->id, behind;
	uint64_t *next = &vm->files->disk_next[disk];
	uint64_t pages = EXTENT_PAGES;

	if (inode->is_blkdev || extent_of(inode, index))
		return 0;
	/* as much as the disk has, and not over pages that have a place */
	pages = min_u64(pages, (disk_sectors(vm, disk) - *next) / SECTORS_PER_PAGE);
	behind = find_extent(inode, index);
	if (behind < inode->nr_extents)
		pages = min_u64(pages, inode->extents[behind].first - index);
	if (!pages)
		return -ENOSPC;
	insert_extent(inode, index, pages, *next);
	*next += pages * SECTORS_PER_PAGE;
	return 0;
}

int file_allocate_block(struct linux_vm *vm, struct inode *inode, uint64_t index)
{
	struct file_extent *e = extent_of(inode, index);

	if (!e) {
		int r = file_reserve_block(vm, inode, index);

		if (r)
			return r;
		e = extent_of(inode, index);
	}
	if (e && e->used)
		set_used(e, index - e->first, true);
	return 0;
}

int file_prepare_block(struct linux_vm *vm, struct inode *inode, uint64_t index)
{
	if (inode->fs->delalloc)
		return file_reserve_block(vm, inode, index);
	return file_allocate_block(vm, inode, index);
}

void file_free_blocks(struct inode *inode, uint64_t first, uint64_t end)
{
	for (int i = find_extent(inode, first); i < inode->nr_extents; i++) {
		struct file_extent *e = &inode->extents[i];
		uint64_t from = max_u64(first, e->first), to = min_u64(end, e->first + e->pages);

		if (from >= to)
			break;
		make_bitmap(e);
		for (uint64_t p = from; p < to; p++)
			set_used(e, p - e->first, false);
	}
}

void file_free_extents(struct inode *inode)
{
	for (int i = 0; i < inode->nr_extents; i++)
		sim_free(inode->extents[i].used);
	sim_free(inode->extents);
}
