/*
 * memblock.c - which pages are memory and which are taken, while booting
 *
 * Two sorted lists of disjoint ranges, memory and reserved.  What is memory and
 * not reserved is free:
 *
 *   memory    |======== node 0 =======|   |=== node 1 ===|
 *   reserved  |##|      |####|                        |##|
 *   free         |------|    |--------|   |-----------|
 *
 * Allocation takes the highest free pages that fit, as the kernel does on x86.
 */
#include <string.h>

#include "models/linux/boot/boot.h"

static void insert_at(struct range_list *l, int i, struct mem_range r)
{
	l->r = sim_realloc(l->r, (size_t)(l->n + 1) * sizeof(*l->r));
	memmove(&l->r[i + 1], &l->r[i], (size_t)(l->n - i) * sizeof(*l->r));
	l->r[i] = r;
	l->n++;
}

static void delete_at(struct range_list *l, int i)
{
	l->n--;
	memmove(&l->r[i], &l->r[i + 1], (size_t)(l->n - i) * sizeof(*l->r));
}

/* Index of the first range that ends above pfn; l->n if there is none. */
static int first_above(const struct range_list *l, pfn_t pfn)
{
	int low = 0, high = l->n;

	while (low < high) {
		int mid = low + (high - low) / 2;

		if (l->r[mid].end > pfn)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* Joins ranges that touch, from index first on up to those that begin at end. */
static void merge(struct range_list *l, int first, pfn_t end)
{
	int i = first > 0 ? first - 1 : 0;

	while (i + 1 < l->n && l->r[i].end <= end) {
		if (l->r[i].end == l->r[i + 1].start && l->r[i].nid == l->r[i + 1].nid) {
			l->r[i].end = l->r[i + 1].end;
			delete_at(l, i + 1);
		} else {
			i++;
		}
	}
}

void memblock_add(struct range_list *l, pfn_t start, pfn_t end, int nid)
{
	int first = first_above(l, start);

	if (start >= end)
		return;
	for (int i = first; start < end; i++) {
		pfn_t gap_end = i < l->n ? min_u64(end, l->r[i].start) : end;

		if (start < gap_end) {
			insert_at(l, i, (struct mem_range){ start, gap_end, nid });
			i++;
		}
		if (i >= l->n)
			break;
		start = max_u64(start, l->r[i].end);
	}
	merge(l, first, end);
}

void memblock_remove(struct range_list *l, pfn_t start, pfn_t end)
{
	int i = first_above(l, start);

	while (start < end && i < l->n && l->r[i].start < end) {
		struct mem_range *r = &l->r[i];

		if (r->start < start && r->end > end) {
			struct mem_range rest = { end, r->end, r->nid };

			r->end = start;
			insert_at(l, i + 1, rest);
			return;
		}
		if (r->start < start) {
			r->end = start;
			i++;
		} else if (r->end > end) {
			r->start = end;
		} else {
			delete_at(l, i);
		}
	}
}

const struct mem_range *memblock_find(const struct range_list *l, pfn_t pfn)
{
	int i = first_above(l, pfn);

	return i < l->n && l->r[i].start <= pfn ? &l->r[i] : NULL;
}

pages_t memblock_pages(const struct range_list *l, pfn_t start, pfn_t end, int nid)
{
	pages_t n = 0;

	for (int i = first_above(l, start); i < l->n && l->r[i].start < end; i++)
		if (nid == MEMBLOCK_ANY_NODE || l->r[i].nid == nid)
			n += min_u64(end, l->r[i].end) - max_u64(start, l->r[i].start);
	return n;
}

void memblock_free_list(struct range_list *l)
{
	sim_free(l->r);
	*l = (struct range_list){ 0 };
}

bool memblock_next_free(const struct linux_vm *vm, pfn_t *at, struct mem_range *out)
{
	const struct range_list *memory = &vm->memory, *reserved = &vm->reserved;
	int m = first_above(memory, *at);

	while (m < memory->n) {
		pfn_t start = max_u64(*at, memory->r[m].start);
		int r = first_above(reserved, start);

		if (r < reserved->n && reserved->r[r].start <= start) {
			*at = reserved->r[r].end;
			while (m < memory->n && memory->r[m].end <= *at)
				m++;
			continue;
		}

		pfn_t end = memory->r[m].end;

		if (r < reserved->n)
			end = min_u64(end, reserved->r[r].start);
		*out = (struct mem_range){ start, end, memory->r[m].nid };
		*at = end;
		return true;
	}
	return false;
}

/* The highest place for pages in the free memory of a node within [min, max); 0: none. */
static pfn_t find_top_down(const struct linux_vm *vm, pages_t pages, pages_t align, pfn_t min,
			   pfn_t max, int nid)
{
	struct mem_range r;
	pfn_t at = max_u64(min, 1), best = 0;

	while (memblock_next_free(vm, &at, &r) && r.start < max) {
		pfn_t end = min_u64(r.end, max);

		if ((nid != MEMBLOCK_ANY_NODE && r.nid != nid) || end < pages)
			continue;

		pfn_t candidate = (end - pages) / align * align;

		if (candidate >= r.start)
			best = candidate;
	}
	return best;
}

pfn_t memblock_alloc(struct linux_vm *vm, pages_t pages, pages_t align, pfn_t min, pfn_t max,
		     int nid, bool exact)
{
	pfn_t found = find_top_down(vm, pages, align, min, max, nid);

	if (!found && !exact && nid != MEMBLOCK_ANY_NODE)
		found = find_top_down(vm, pages, align, min, max, MEMBLOCK_ANY_NODE);
	if (found)
		memblock_add(&vm->reserved, found, found + pages, MEMBLOCK_ANY_NODE);
	return found;
}

void get_pfn_range_for_nid(const struct linux_vm *vm, int nid, pfn_t *start, pfn_t *end)
{
	bool found = false;

	*start = *end = 0;
	for (int i = 0; i < vm->memory.n; i++) {
		const struct mem_range *r = &vm->memory.r[i];

		if (nid != MEMBLOCK_ANY_NODE && r->nid != nid)
			continue;
		if (!found)
			*start = r->start;
		*end = r->end;
		found = true;
	}
}

pages_t absent_pages_in_range(const struct linux_vm *vm, pfn_t start, pfn_t end)
{
	SIM_ASSERT(start <= end);
	return end - start - memblock_pages(&vm->memory, start, end, MEMBLOCK_ANY_NODE);
}

pfn_t find_min_pfn_with_active_regions(const struct linux_vm *vm)
{
	pfn_t start, end;

	get_pfn_range_for_nid(vm, MEMBLOCK_ANY_NODE, &start, &end);
	return start;
}

/*
 * Where memory passes from one node to another, the border must not be rounded
 * across the memory below it.  The node remembered is the last one that went
 * on without a change of node: a border does not move it.
 */
uint64_t node_map_pfn_alignment(const struct linux_vm *vm)
{
	uint64_t accumulated = 0;
	pfn_t last_end = 0;
	int last_nid = NUMA_NO_NODE;

	for (int i = 0; i < vm->memory.n; i++) {
		const struct mem_range *r = &vm->memory.r[i];

		if (!r->start || last_nid < 0 || last_nid == r->nid) {
			last_nid = r->nid;
			last_end = r->end;
			continue;
		}

		uint64_t mask = ~0ULL << __builtin_ctzll(r->start);

		while (mask && last_end <= (r->start & (mask << 1)))
			mask <<= 1;
		accumulated |= mask;
	}
	return ~accumulated + 1;
}

void free_bootmem_with_active_regions(struct linux_vm *vm, int nid, pfn_t max_low_pfn)
{
	for (int i = 0; i < vm->memory.n; i++) {
		const struct mem_range *r = &vm->memory.r[i];

		if (nid == MEMBLOCK_ANY_NODE || r->nid == nid)
			memblock_remove(&vm->reserved, r->start, min_u64(r->end, max_low_pfn));
	}
}
