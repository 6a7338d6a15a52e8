/*
 * swap_check.c - areas are recounted: from entries of programs, the cache, the CPUs' places and
 * those that tasks have in hand
 */
#include "models/linux/mappings/shmem.h"
#include "models/linux/swap/internal.h"

void swap_count_pages(const struct linux_vm *vm, int64_t *cached, int64_t *writeback)
{
	*cached = *writeback = 0;
	for (int i = 0; vm->swap && i < vm->swap->nr_swapfiles; i++) {
		const struct swap_info_struct *si = &vm->swap->info[i];

		for (uint32_t k = 0; k < si->nr_spaces; k++) {
			const struct address_space *m = &si->spaces[k];
			struct xa_cursor at = { .xa = &m->i_pages };
			uint64_t index = 0;
			xa_entry e;

			for (; (e = xa_cursor_find(&at, &index, UINT64_MAX)) != 0; index++) {
				if (xa_is_value(e))
					continue;
				*cached += 1;
				*writeback +=
				    (page_folio(mapping_page(m, e))->flags & PG_writeback) != 0;
			}
		}
	}
}

/* --- what each place of an area should count --- */

static void count_entries(const struct mm_struct *mm, unsigned type, uint16_t *map)
{
	const struct page_table *table;

	for (uint64_t addr = 0; (table = swap_next_entry(mm, type, &addr)) != NULL;
	     addr += PAGE_SIZE) {
		swp_entry_t entry = { pte_get(table, pte_index(addr)).pfn };

		map[swp_offset(entry)]++;
	}
}

struct place_count {
	unsigned type;
	uint16_t *map;
};

static void count_shmem_place(void *arg, swp_entry_t entry)
{
	const struct place_count *pc = arg;

	if (swp_type(entry) == pc->type)
		pc->map[swp_offset(entry)]++;
}

static void count_slots(const swp_entry_t *slots, int n, unsigned type, uint16_t *map)
{
	for (int i = 0; i < n; i++)
		if (swp_type(slots[i]) == type)
			map[swp_offset(slots[i])] |= SWAP_HAS_CACHE;
}

/* Pages of the cache say where they are. */
static int64_t count_cache(struct check *c, const struct swap_info_struct *si, uint16_t *map)
{
	int64_t pages = 0;

	for (uint32_t k = 0; k < si->nr_spaces; k++) {
		const struct address_space *m = &si->spaces[k];
		struct xa_cursor at = { .xa = &m->i_pages };
		uint64_t index = 0, here = 0;
		xa_entry e;

		CHECK(c, xa_check(&m->i_pages));
		for (; (e = xa_cursor_find(&at, &index, UINT64_MAX)) != 0; index++) {
			struct page *page, *head;

			CHECK(c, index >> SWAP_ADDRESS_SPACE_SHIFT == k && index < si->max);
			if (c->failures)
				return pages;
			if (xa_is_value(e)) {
				/* the shadow of a place that is not free yet */
				CHECK(c, si->swap_map[index] != 0);
				continue;
			}
			page = mapping_page(m, e);
			head = page_folio(page);
			here++;
			map[index] |= SWAP_HAS_CACHE;
			CHECK(c, (head->flags & PG_swapcache) && (head->flags & PG_swapbacked));
			CHECK(c, head->refcount > 0);
			CHECK(c, page_swap_entry(head) + (uint32_t)(page - head) ==
				     swp_entry((unsigned)si->type, (uint32_t)index).val);
		}
		CHECK(c, here == m->nrpages);
		pages += (int64_t)here;
	}
	return pages;
}

/* --- an area --- */

static void check_map(struct check *c, const struct swap_info_struct *si, const uint16_t *map)
{
	uint32_t inuse = 0;

	for (uint32_t i = 1; i < si->max; i++) {
		CHECK(c, si->swap_map[i] == map[i]);
		if (c->failures)
			return;
		inuse += map[i] != 0 && map[i] != SWAP_MAP_BAD;
		if (!map[i])
			CHECK(c, i >= si->lowest_bit && i <= si->highest_bit);
	}
	CHECK(c, si->swap_map[0] == SWAP_MAP_BAD);
	CHECK(c, inuse == si->inuse_pages);
	CHECK(c, (inuse == si->pages) == (si->highest_bit == 0));
}

static void check_clusters(struct check *c, const struct swap_info_struct *si)
{
	uint32_t nr = (uint32_t)div_round_up(si->max, SWAPFILE_CLUSTER), free = 0, listed = 0;
	uint32_t last = CLUSTER_NULL;

	for (uint32_t idx = 0; idx < nr; idx++) {
		unsigned used = 0;

		for (uint32_t i = idx * SWAPFILE_CLUSTER; i < (idx + 1) * SWAPFILE_CLUSTER; i++)
			used += i >= si->max || si->swap_map[i];
		CHECK(c, si->cluster_info[idx].count == used);
		CHECK(c, !(si->cluster_info[idx].flags & CLUSTER_FLAG_FREE) == (used != 0));
		free += !used;
	}
	for (uint32_t i = si->free_clusters.head; i != CLUSTER_NULL && listed <= nr;
	     i = si->cluster_info[i].next) {
		CHECK(c, si->cluster_info[i].flags & CLUSTER_FLAG_FREE);
		last = i;
		listed++;
	}
	CHECK(c, listed == free);
	CHECK(c, si->free_clusters.tail == last);
}

static void check_area(struct check *c, const struct linux_vm *vm,
		       const struct swap_info_struct *si)
{
	const struct swap_state *swap = vm->swap;
	uint16_t *map = sim_calloc(si->max, sizeof(*map));

	for (int i = 0; vm->mms && i < vm->mms->n; i++)
		count_entries(vm->mms->mm[i], (unsigned)si->type, map);
	shmem_for_each_place(vm, count_shmem_place,
			     &(struct place_count){ (unsigned)si->type, map });
	for (int i = 0; i < vm->nr_cpu_ids; i++) {
		const struct swap_slots_cache *cache = &swap->slots[i];

		count_slots(cache->slots + cache->cur, cache->nr, (unsigned)si->type, map);
		count_slots(cache->slots_ret, cache->n_ret, (unsigned)si->type, map);
	}
	LIST_FOR_EACH (pos, &swap->in_hand) {
		const struct swap_in_hand *hand = LIST_ENTRY(pos, struct swap_in_hand, link);

		for (uint32_t i = 0; swp_type(hand->entry) == (unsigned)si->type && i < hand->nr;
		     i++)
			map[swp_offset(hand->entry) + i] |= SWAP_HAS_CACHE;
	}
	for (int i = 0; i < si->bad_pages->n; i++) {
		CHECK(c, !map[si->bad_pages->v[i]]);
		map[si->bad_pages->v[i]] = SWAP_MAP_BAD;
	}
	CHECK(c, count_cache(c, si, map) == si->stat.nr_cached);
	if (!c->failures)
		check_map(c, si, map);
	if (!c->failures && si->cluster_info)
		check_clusters(c, si);
	sim_free(map);
}

/* Whether it is in the list of areas with free places, once. */
static bool is_available(const struct swap_avail_list *l, int type)
{
	int times = 0;

	for (int i = 0; i < l->nr; i++)
		times += l->type[i] == type;
	return times == 1;
}

void swap_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);
	int64_t free = 0, total = 0, cached = 0, claimed = 0;

	for (int i = 0; vm->swap && i < vm->swap->nr_swapfiles && !c->failures; i++) {
		const struct swap_info_struct *si = &vm->swap->info[i];

		if (!(si->flags & SWP_USED))
			continue;
		check_area(c, vm, si);
		cached += si->stat.nr_cached;
		free -= si->inuse_pages;
		if (si->flags & SWP_WRITEOK) {
			free += si->pages;
			total += si->pages;
			for (int n = 0; n < vm->nr_nodes; n++)
				CHECK(c, is_available(&vm->swap->avail[n], i) ==
					     (si->highest_bit != 0));
		}
	}
	FOR_EACH_NODE (vm, node)
		claimed += node->stat.nr_swapcached;
	CHECK(c, vm->nr_swap_pages == free);
	CHECK(c, vm->total_swap_pages == total);
	CHECK(c, cached == claimed);
}
