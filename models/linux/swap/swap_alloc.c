/*
 * swap_alloc.c - which place of an area is next
 *
 *	a disk without seeks   each CPU has a cluster of 512 places of its own and fills it from
 *	                       the beginning; then it takes the first one of the free list
 *	a disk that rotates    one after the other; after 512 places the lowest stretch of 512
 *	                       free ones is looked for
 *	nothing of that free   the next free place behind the last one, then from the lowest on
 *
 * Like:        Linux 6.1, mm/swapfile.c: scan_swap_map_slots, get_swap_pages
 * Simplified:  a search runs to its end in one instant and costs no time
 * Left out:    discard
 */
#include "models/linux/storage/blk.h"
#include "models/linux/swap/internal.h"

#define LATENCY_LIMIT 256 /* places looked at before the kernel takes a break */

/* --- clusters --- */

void cluster_list_add_tail(struct swap_info_struct *si, uint32_t idx)
{
	struct swap_cluster_list *l = &si->free_clusters;

	si->cluster_info[idx].next = CLUSTER_NULL;
	if (l->head == CLUSTER_NULL)
		l->head = idx;
	else
		si->cluster_info[l->tail].next = idx;
	l->tail = idx;
}

static void alloc_cluster(struct swap_info_struct *si, uint32_t idx)
{
	struct swap_cluster_list *l = &si->free_clusters;

	SIM_ASSERT(l->head == idx);
	l->head = si->cluster_info[idx].next;
	if (l->head == CLUSTER_NULL)
		l->tail = CLUSTER_NULL;
	si->cluster_info[idx] = (struct swap_cluster_info){ .next = CLUSTER_NULL };
}

static void free_cluster(struct swap_info_struct *si, uint32_t idx)
{
	si->cluster_info[idx].flags = CLUSTER_FLAG_FREE;
	cluster_list_add_tail(si, idx);
}

void inc_cluster_info_page(struct swap_info_struct *si, uint32_t offset)
{
	uint32_t idx = offset / SWAPFILE_CLUSTER;

	if (!si->cluster_info)
		return;
	if (si->cluster_info[idx].flags & CLUSTER_FLAG_FREE)
		alloc_cluster(si, idx);
	SIM_ASSERT(si->cluster_info[idx].count < SWAPFILE_CLUSTER);
	si->cluster_info[idx].count++;
}

void dec_cluster_info_page(struct swap_info_struct *si, uint32_t offset)
{
	uint32_t idx = offset / SWAPFILE_CLUSTER;

	if (!si->cluster_info)
		return;
	SIM_ASSERT(si->cluster_info[idx].count > 0);
	if (--si->cluster_info[idx].count == 0)
		free_cluster(si, idx);
}

bool cluster_is_huge(const struct swap_info_struct *si, uint32_t offset)
{
	return si->cluster_info &&
	       (si->cluster_info[offset / SWAPFILE_CLUSTER].flags & CLUSTER_FLAG_HUGE);
}

/* A free cluster may only be taken from the head of the list: the CPU's own one is given up. */
static bool scan_swap_map_ssd_cluster_conflict(struct swap_info_struct *si, const struct cpu *cpu,
					       uint32_t offset)
{
	uint32_t idx = offset / SWAPFILE_CLUSTER;

	if (si->free_clusters.head == CLUSTER_NULL || idx == si->free_clusters.head ||
	    !(si->cluster_info[idx].flags & CLUSTER_FLAG_FREE))
		return false;
	si->percpu_cluster[cpu->id].index = CLUSTER_NULL;
	return true;
}

/* The next free place of the CPU's cluster, which may be a new one.  False: no cluster is free. */
static bool scan_swap_map_try_ssd_cluster(struct swap_info_struct *si, const struct cpu *cpu,
					  uint32_t *offset, uint32_t *scan_base)
{
	struct percpu_cluster *cluster = &si->percpu_cluster[cpu->id];

	for (;;) {
		uint32_t at, max;

		if (cluster->index == CLUSTER_NULL) {
			if (si->free_clusters.head == CLUSTER_NULL)
				return false;
			cluster->index = si->free_clusters.head;
			cluster->next = cluster->index * SWAPFILE_CLUSTER;
		}
		/* others take places here too when they find no free cluster */
		max = (uint32_t)min_u64(si->max, (cluster->index + 1ULL) * SWAPFILE_CLUSTER);
		for (at = cluster->next; at < max && si->swap_map[at]; at++)
			;
		if (at < max) {
			cluster->next = at + 1;
			*offset = *scan_base = at;
			return true;
		}
		cluster->index = CLUSTER_NULL;
	}
}

/* --- areas with free places --- */

/*
 * How an area ranks for CPUs of a node.  One of the kernel's own choice whose disk belongs to the
 * node comes before those of its choice that do not, and takes turns with others of the node.
 */
static int avail_prio(const struct swap_info_struct *si, int node)
{
	return si->prio < 0 && si->q->disk->conf.node == node ? -1 : si->prio;
}

void add_to_avail_list(struct linux_vm *vm, const struct swap_info_struct *si)
{
	struct swap_state *swap = vm->swap;

	for (int node = 0; node < vm->nr_nodes; node++) {
		struct swap_avail_list *l = &swap->avail[node];
		int at = l->nr++;

		/* behind those of its priority */
		for (; at > 0 &&
		       avail_prio(&swap->info[l->type[at - 1]], node) < avail_prio(si, node);
		     at--)
			l->type[at] = l->type[at - 1];
		l->type[at] = (uint8_t)si->type;
	}
}

void del_from_avail_list(struct linux_vm *vm, const struct swap_info_struct *si)
{
	for (int node = 0; node < vm->nr_nodes; node++) {
		struct swap_avail_list *l = &vm->swap->avail[node];
		int kept = 0;

		for (int i = 0; i < l->nr; i++)
			if (l->type[i] != si->type)
				l->type[kept++] = l->type[i];
		l->nr = kept;
	}
}

/* The area at a place of the list goes behind the others of its priority. */
static void requeue(struct swap_state *swap, struct swap_avail_list *l, int at, int node)
{
	uint8_t type = l->type[at];

	for (; at + 1 < l->nr && avail_prio(&swap->info[l->type[at + 1]], node) ==
				     avail_prio(&swap->info[type], node);
	     at++)
		l->type[at] = l->type[at + 1];
	l->type[at] = type;
}

static void swap_range_alloc(struct linux_vm *vm, struct swap_info_struct *si, uint32_t offset,
			     unsigned nr)
{
	if (offset == si->lowest_bit)
		si->lowest_bit += nr;
	if (offset + nr - 1 == si->highest_bit)
		si->highest_bit -= nr;
	si->inuse_pages += nr;
	if (si->inuse_pages == si->pages) {
		si->lowest_bit = si->max;
		si->highest_bit = 0;
		del_from_avail_list(vm, si);
	}
}

void swap_range_free(struct linux_vm *vm, struct swap_info_struct *si, uint32_t offset, unsigned nr)
{
	uint32_t end = offset + nr - 1;

	if (offset < si->lowest_bit)
		si->lowest_bit = offset;
	if (end > si->highest_bit) {
		bool was_full = !si->highest_bit;

		si->highest_bit = end;
		if (was_full && (si->flags & SWP_WRITEOK))
			add_to_avail_list(vm, si);
	}
	vm->nr_swap_pages += nr;
	si->inuse_pages -= nr;
	clear_shadow_from_swap_cache(si, offset, end);
}

/* --- the search --- */

/* Where the next search begins: across a border of 64 MiB somewhere by chance. */
static void set_cluster_next(struct swap_info_struct *si, const struct cpu *cpu, uint32_t next)
{
	uint32_t prev;

	if (!(si->flags & SWP_SOLIDSTATE)) {
		si->cluster_next = next;
		return;
	}
	prev = si->cluster_next_cpu[cpu->id];
	if (prev >> SWAP_ADDRESS_SPACE_SHIFT != next >> SWAP_ADDRESS_SPACE_SHIFT) {
		if (si->highest_bit <= si->lowest_bit)
			return;
		next = si->lowest_bit +
		       (uint32_t)rng_below(&si->rng, si->highest_bit - si->lowest_bit + 1);
		next &= ~(SWAP_ADDRESS_SPACE_PAGES - 1);
		next = next > si->lowest_bit ? next : si->lowest_bit;
	}
	si->cluster_next_cpu[cpu->id] = next;
}

/* What a search knows while it runs. */
struct scan {
	struct linux_vm *vm;
	const struct cpu *cpu;
	struct swap_info_struct *si;
	uint32_t offset, scan_base;
	int latency_ration;
	bool scanned_many;
};

static bool latency_is_up(struct scan *sc)
{
	if (--sc->latency_ration >= 0)
		return false;
	sc->latency_ration = LATENCY_LIMIT;
	return true;
}

/* The first stretch of 512 free places, wherever it begins.  False: none. */
static bool find_free_stretch(struct scan *sc)
{
	struct swap_info_struct *si = sc->si;
	uint32_t offset = si->lowest_bit, last = offset + SWAPFILE_CLUSTER - 1;

	sc->scan_base = offset;
	for (; last <= si->highest_bit; offset++) {
		if (si->swap_map[offset]) {
			last = offset + SWAPFILE_CLUSTER;
		} else if (offset == last) {
			sc->offset = offset - (SWAPFILE_CLUSTER - 1);
			si->cluster_next = sc->offset;
			return true;
		}
		latency_is_up(sc);
	}
	sc->offset = sc->scan_base;
	return false;
}

static bool swap_offset_available(const struct scan *sc, uint32_t offset)
{
	uint16_t ent = sc->si->swap_map[offset];

	return !ent || (ent == SWAP_HAS_CACHE && vm_swap_full(sc->vm));
}

/* The next place that is free, or only cached while swap is nearly full; behind the last one first,
 * then from the lowest on.  False: none. */
static bool scan_for_place(struct scan *sc)
{
	const struct swap_info_struct *si = sc->si;

	while (++sc->offset <= si->highest_bit) {
		sc->scanned_many |= latency_is_up(sc);
		if (swap_offset_available(sc, sc->offset))
			return true;
	}
	for (sc->offset = si->lowest_bit; sc->offset < sc->scan_base; sc->offset++) {
		sc->scanned_many |= latency_is_up(sc);
		if (swap_offset_available(sc, sc->offset))
			return true;
	}
	return false;
}

enum check_result {
	PLACE_FREE,   /* sc.offset is */
	PLACE_TAKEN,  /* it is not, and there may be others */
	PLACE_ENOUGH, /* it is not, and some were found before */
	PLACE_NONE,
};

/* Is the place free, or can it be made so?  May choose another one. */
static enum check_result check_place(struct scan *sc, int found)
{
	struct swap_info_struct *si = sc->si;

	for (;;) {
		while (si->cluster_info &&
		       scan_swap_map_ssd_cluster_conflict(si, sc->cpu, sc->offset)) {
			if (found)
				return PLACE_ENOUGH;
			if (!scan_swap_map_try_ssd_cluster(si, sc->cpu, &sc->offset,
							   &sc->scan_base))
				return PLACE_TAKEN;
		}
		if (!(si->flags & SWP_WRITEOK) || !si->highest_bit)
			return PLACE_NONE;
		if (sc->offset > si->highest_bit)
			sc->scan_base = sc->offset = si->lowest_bit;
		if (!vm_swap_full(sc->vm) || si->swap_map[sc->offset] != SWAP_HAS_CACHE)
			break;
		/* only the cache means it: the page gives it back unless it is busy */
		if (!__try_to_reclaim_swap(sc->vm, sc->cpu, si, sc->offset, TTRS_ANYWAY))
			return PLACE_TAKEN;
	}
	if (!si->swap_map[sc->offset])
		return PLACE_FREE;
	return found ? PLACE_ENOUGH : PLACE_TAKEN;
}

/* Chooses where to look next after a place was found.  False: it is enough. */
static bool next_place(struct scan *sc, int found)
{
	struct swap_info_struct *si = sc->si;
	uint32_t limit;

	if (--sc->latency_ration < 0) {
		if (found)
			return false;
		sc->latency_ration = LATENCY_LIMIT;
	}
	if (si->cluster_info) {
		if (scan_swap_map_try_ssd_cluster(si, sc->cpu, &sc->offset, &sc->scan_base))
			return true;
	} else if (si->cluster_nr && !si->swap_map[++sc->offset]) {
		--si->cluster_nr;
		return true;
	}
	/* no cluster is free: a little further on perhaps */
	if (sc->scanned_many)
		return false;
	limit = sc->offset < sc->scan_base ? sc->scan_base : si->highest_bit;
	for (; sc->offset <= limit && --sc->latency_ration > 0; sc->offset++)
		if (!si->swap_map[sc->offset])
			return true;
	return false;
}

/* Where a search begins.  False: nothing of the cluster's kind, look for single places. */
static bool first_place(struct scan *sc)
{
	struct swap_info_struct *si = sc->si;

	sc->scan_base =
	    si->flags & SWP_SOLIDSTATE ? si->cluster_next_cpu[sc->cpu->id] : si->cluster_next;
	sc->offset = sc->scan_base;
	if (si->cluster_info)
		return scan_swap_map_try_ssd_cluster(si, sc->cpu, &sc->offset, &sc->scan_base);
	if (!si->cluster_nr--) {
		if (si->pages - si->inuse_pages >= SWAPFILE_CLUSTER)
			find_free_stretch(sc);
		si->cluster_nr = SWAPFILE_CLUSTER - 1;
	}
	return true;
}

int scan_swap_map_slots(struct linux_vm *vm, const struct cpu *cpu, struct swap_info_struct *si,
			int nr, swp_entry_t *slots)
{
	struct scan sc = { .vm = vm, .cpu = cpu, .si = si, .latency_ration = LATENCY_LIMIT };
	bool look = first_place(&sc);
	int found = 0;

	for (;;) {
		enum check_result r = look ? check_place(&sc, found) : PLACE_TAKEN;

		if (r == PLACE_NONE)
			return found;
		if (r == PLACE_ENOUGH)
			break;
		if (r == PLACE_TAKEN) {
			look = scan_for_place(&sc);
			if (!look)
				return found;
			continue;
		}
		si->swap_map[sc.offset] = SWAP_HAS_CACHE;
		inc_cluster_info_page(si, sc.offset);
		swap_range_alloc(vm, si, sc.offset, 1);
		slots[found++] = swp_entry((unsigned)si->type, sc.offset);
		if (found == nr || sc.offset >= si->highest_bit || !next_place(&sc, found))
			break;
	}
	set_cluster_next(si, cpu, sc.offset + 1);
	return found;
}

/* --- a cluster as a whole --- */

static int swap_alloc_cluster(struct linux_vm *vm, struct swap_info_struct *si, swp_entry_t *slot)
{
	uint32_t idx, offset;

	if (!si->cluster_info || si->free_clusters.head == CLUSTER_NULL)
		return 0;
	idx = si->free_clusters.head;
	offset = idx * SWAPFILE_CLUSTER;
	alloc_cluster(si, idx);
	si->cluster_info[idx].count = SWAPFILE_CLUSTER;
	si->cluster_info[idx].flags = CLUSTER_FLAG_HUGE;
	for (uint32_t i = 0; i < SWAPFILE_CLUSTER; i++)
		si->swap_map[offset + i] = SWAP_HAS_CACHE;
	swap_range_alloc(vm, si, offset, SWAPFILE_CLUSTER);
	*slot = swp_entry((unsigned)si->type, offset);
	return 1;
}

void swap_free_cluster(struct linux_vm *vm, struct swap_info_struct *si, uint32_t idx)
{
	uint32_t offset = idx * SWAPFILE_CLUSTER;

	for (uint32_t i = 0; i < SWAPFILE_CLUSTER; i++)
		si->swap_map[offset + i] = 0;
	si->cluster_info[idx].count = 0;
	free_cluster(si, idx);
	swap_range_free(vm, si, offset, SWAPFILE_CLUSTER);
}

/* --- the area whose turn it is --- */

int get_swap_pages(struct linux_vm *vm, const struct cpu *cpu, int n_goal, swp_entry_t *entries,
		   unsigned entry_size)
{
	struct swap_state *swap = vm->swap;
	struct swap_avail_list *l = &swap->avail[cpu->node];
	int64_t avail = vm->nr_swap_pages / (int64_t)entry_size;
	int found = 0;

	if (avail <= 0)
		return 0;
	n_goal = (int)min_s64(min_s64(n_goal, SWAP_SLOTS_CACHE_SIZE), avail);
	vm->nr_swap_pages -= n_goal * (int64_t)entry_size;
	for (int tries = l->nr, at = 0; tries > 0 && at < l->nr; tries--) {
		struct swap_info_struct *si = &swap->info[l->type[at]];
		int nr = l->nr;

		requeue(swap, l, at, cpu->node);
		SIM_ASSERT(si->highest_bit && (si->flags & SWP_WRITEOK));
		if (entry_size == SWAPFILE_CLUSTER) {
			found = si->flags & SWP_BLKDEV ? swap_alloc_cluster(vm, si, entries) : 0;
			break;
		}
		found = scan_swap_map_slots(vm, cpu, si, n_goal, entries);
		if (found)
			break;
		/* an area that was requeued as the only one of its priority is still here */
		if (l->nr == nr && l->type[at] == si->type)
			at++;
	}
	vm->nr_swap_pages += (int64_t)(n_goal - found) * entry_size;
	return found;
}
