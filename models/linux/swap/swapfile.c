/*
 * swapfile.c - swap areas, and who means their places
 *
 *	swap_map[place] = entries of programs + SWAP_HAS_CACHE
 *
 * A place is handed out as cached.  try_to_unmap adds an entry for each program that had the page;
 * a fault, an unmapping or the end of a program takes one away; the swap cache gives its own part
 * back when the page leaves it.  At 0 the place waits in a CPU's cache to be freed with others.
 *
 * Like:        Linux 6.1, mm/swapfile.c
 * Simplified:  a count has 15 bits and needs no continuation pages; areas, maps and clusters
 *              take no memory of the machine; several areas in one batch of freed places:
 *              freed area by area, in the order in which they came
 * Left out:    hibernation
 */
#include <errno.h>

#include "models/linux/swap/internal.h"
#include "models/linux/task.h"

struct address_space *swap_address_space(const struct linux_vm *vm, swp_entry_t entry)
{
	return &swp_swap_info(vm, entry)->spaces[swp_offset(entry) >> SWAP_ADDRESS_SPACE_SHIFT];
}

bool swap_is_fs_file(const struct linux_vm *vm, swp_entry_t entry)
{
	(void)vm;
	(void)entry;
	return false;
}

void si_swapinfo(const struct linux_vm *vm, int64_t *total, int64_t *free)
{
	int64_t to_be_unused = 0;

	for (int i = 0; vm->swap && i < vm->swap->nr_swapfiles; i++) {
		const struct swap_info_struct *si = &vm->swap->info[i];

		if ((si->flags & SWP_USED) && !(si->flags & SWP_WRITEOK))
			to_be_unused += si->inuse_pages;
	}
	*total = vm->total_swap_pages + to_be_unused;
	*free = vm->nr_swap_pages + to_be_unused;
}

/* The area of a place that is in use. */
static struct swap_info_struct *swap_info_get(const struct linux_vm *vm, swp_entry_t entry)
{
	struct swap_info_struct *si = swp_swap_info(vm, entry);

	SIM_ASSERT(swp_offset(entry) < si->max);
	SIM_ASSERT(si->swap_map[swp_offset(entry)]);
	return si;
}

/* --- counts --- */

/* One usage less: of the cache (SWAP_HAS_CACHE), or of a program (1).  What is left; a place that
 * nobody means stays SWAP_HAS_CACHE until it is freed. */
static uint16_t swap_entry_free_one(struct swap_info_struct *si, uint32_t offset, uint16_t usage)
{
	uint16_t ent = si->swap_map[offset];

	if (usage == SWAP_HAS_CACHE) {
		SIM_ASSERT(ent & SWAP_HAS_CACHE);
		ent &= (uint16_t)~SWAP_HAS_CACHE;
	} else {
		SIM_ASSERT(swap_count(ent) > 0 && swap_count(ent) <= SWAP_MAP_MAX);
		ent--;
	}
	si->swap_map[offset] = ent ? ent : SWAP_HAS_CACHE;
	return ent;
}

void swap_duplicate(struct linux_vm *vm, swp_entry_t entry)
{
	struct swap_info_struct *si = swap_info_get(vm, entry);

	SIM_ASSERT(swap_count(si->swap_map[swp_offset(entry)]) < SWAP_MAP_MAX);
	si->swap_map[swp_offset(entry)]++;
}

int swapcache_prepare(struct linux_vm *vm, swp_entry_t entry)
{
	uint16_t *ent = &swp_swap_info(vm, entry)->swap_map[swp_offset(entry)];

	if (swap_count(*ent) == SWAP_MAP_BAD)
		return -ENOENT;
	if (*ent & SWAP_HAS_CACHE)
		return -EEXIST;
	if (!*ent)
		return -ENOENT;
	*ent |= SWAP_HAS_CACHE;
	return 0;
}

/* As the kernel's, for a place that may be free by now. */
int swap_swapcount(const struct linux_vm *vm, swp_entry_t entry)
{
	const struct swap_info_struct *si = swp_swap_info(vm, entry);

	return swp_offset(entry) < si->max ? (int)swap_count(si->swap_map[swp_offset(entry)]) : 0;
}

/* The count of a place is 0: it is free from now on. */
static void swap_entry_free(struct linux_vm *vm, struct swap_info_struct *si, swp_entry_t entry)
{
	uint32_t offset = swp_offset(entry);

	SIM_ASSERT(si->swap_map[offset] == SWAP_HAS_CACHE);
	si->swap_map[offset] = 0;
	dec_cluster_info_page(si, offset);
	swap_range_free(vm, si, offset, 1);
}

void swapcache_free_entries(struct linux_vm *vm, swp_entry_t *entries, int n)
{
	for (int type = 0; type < vm->swap->nr_swapfiles; type++)
		for (int i = 0; i < n; i++)
			if (swp_type(entries[i]) == (unsigned)type)
				swap_entry_free(vm, &vm->swap->info[type], entries[i]);
}

static uint16_t free_one_entry(struct linux_vm *vm, const struct cpu *cpu, swp_entry_t entry)
{
	uint16_t left = swap_entry_free_one(swap_info_get(vm, entry), swp_offset(entry), 1);

	if (!left)
		free_swap_slot(vm, cpu, entry);
	return left;
}

void swap_free(struct linux_vm *vm, const struct cpu *cpu, swp_entry_t entry)
{
	free_one_entry(vm, cpu, entry);
}

/* --- places of large pages --- */

void split_swap_cluster(struct linux_vm *vm, swp_entry_t entry)
{
	struct swap_info_struct *si = swap_info_get(vm, entry);

	if (cluster_is_huge(si, swp_offset(entry)))
		si->cluster_info[swp_offset(entry) / SWAPFILE_CLUSTER].flags &=
		    (uint8_t)~CLUSTER_FLAG_HUGE;
}

/* Whether programs mean the place, or any other of the large page it belongs to. */
static bool is_swapped(const struct swap_info_struct *si, uint32_t offset)
{
	uint32_t first = offset & ~(SWAPFILE_CLUSTER - 1U);

	if (!cluster_is_huge(si, offset))
		return swap_count(si->swap_map[offset]) != 0;
	for (uint32_t i = 0; i < SWAPFILE_CLUSTER; i++)
		if (swap_count(si->swap_map[first + i]))
			return true;
	return false;
}

/* Gives back all places of a large page if no program means any of them. */
static bool put_whole_cluster(struct linux_vm *vm, struct swap_info_struct *si, uint32_t offset)
{
	split_swap_cluster(vm, swp_entry((unsigned)si->type, offset));
	for (uint32_t i = 0; i < SWAPFILE_CLUSTER; i++)
		if (si->swap_map[offset + i] != SWAP_HAS_CACHE)
			return false;
	swap_free_cluster(vm, si, offset / SWAPFILE_CLUSTER);
	return true;
}

void put_swap_folio(struct linux_vm *vm, const struct cpu *cpu, struct page *page,
		    swp_entry_t entry)
{
	struct swap_info_struct *si = swap_info_get(vm, entry);
	uint32_t offset = swp_offset(entry), nr = (uint32_t)folio_nr_pages(page);

	if (nr == SWAPFILE_CLUSTER && put_whole_cluster(vm, si, offset))
		return;
	for (uint32_t i = 0; i < nr; i++)
		if (!swap_entry_free_one(si, offset + i, SWAP_HAS_CACHE))
			free_swap_slot(vm, cpu, swp_entry((unsigned)si->type, offset + i));
}

/* --- early return of places --- */

bool folio_free_swap(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	swp_entry_t entry = { page_swap_entry(page) };

	SIM_ASSERT(page->flags & PG_locked);
	if (!(page->flags & PG_swapcache) || (page->flags & PG_writeback) ||
	    is_swapped(swap_info_get(vm, entry), swp_offset(entry)))
		return false;
	delete_from_swap_cache(vm, cpu, page);
	page->flags |= PG_dirty;
	return true;
}

bool __try_to_reclaim_swap(struct linux_vm *vm, const struct cpu *cpu, struct swap_info_struct *si,
			   uint32_t offset, unsigned flags)
{
	swp_entry_t entry = swp_entry((unsigned)si->type, offset);
	struct page *page = find_get_page(swap_address_space(vm, entry), offset);
	bool freed = false;

	if (!page)
		return false;
	page = page_folio(page);
	if (trylock_page(page)) {
		if ((flags & TTRS_ANYWAY) || ((flags & TTRS_UNMAPPED) && !page_mapped(page)) ||
		    ((flags & TTRS_FULL) && vm_swap_full(vm)))
			freed = folio_free_swap(vm, cpu, page);
		unlock_page(vm, page);
	}
	put_page(vm, cpu, page);
	return freed;
}

void free_swap_and_cache(struct task *t, swp_entry_t entry)
{
	struct linux_vm *vm = task_vm(t);
	struct swap_info_struct *si = swap_info_get(vm, entry);

	if (free_one_entry(vm, t->cpu, entry) == SWAP_HAS_CACHE &&
	    !is_swapped(si, swp_offset(entry)))
		__try_to_reclaim_swap(vm, t->cpu, si, swp_offset(entry), TTRS_UNMAPPED | TTRS_FULL);
}
