/*
 * mm_init.c - nodes and zones out of the boot memory map
 *
 *   ranges of each node   ->  limits of the zones, start of ZONE_MOVABLE
 *                         ->  span and present pages of each zone
 *                         ->  first estimate of managed pages (total pages, mobility grouping)
 *                         ->  reserved ranges, types of the pageblocks
 *                         ->  zonelists, free lists, watermarks
 *
 * Nothing here touches a frame: a machine of any size boots in the time its
 * blocks of 4 MiB take to be listed.
 */
#include <string.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/cma.h"
#include "models/linux/alloc/node_stat.h"
#include "models/linux/alloc/watermark.h"
#include "models/linux/boot/boot.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/reclaim/lru_ahead.h"
#include "models/linux/tunables.h"

#define MAX_DMA_PFN   4096ULL    /* 16 MiB */
#define MAX_DMA32_PFN 1048576ULL /* 4 GiB */
#define STRUCT_PAGE   64         /* bytes of a struct page of the real kernel */
#define THP_MIN_RAM   131072     /* pages: below 512 MiB huge pages are switched off */

static const char *const zone_names[MAX_NR_ZONES] = {
	"DMA", "DMA32", "Normal", "Movable", "Device",
};

struct zone *linux_first_zone(struct linux_vm *vm)
{
	FOR_EACH_NODE (vm, node)
		return &node->zones[0];
	return NULL;
}

struct zone *linux_next_zone(struct linux_vm *vm, struct zone *zone)
{
	if (zone->idx + 1 < MAX_NR_ZONES)
		return zone + 1;
	for (int nid = zone->node->node_id + 1; nid < vm->nr_nodes; nid++)
		if (vm->nodes[nid].online)
			return &vm->nodes[nid].zones[0];
	return NULL;
}

/*
 * For pageblocks that nodes or zones share.  The lowest zone wins: only memory hotplug makes spans
 * overlap, and that in whole pageblocks, which are no matter of this function.
 */
struct zone *pfn_zone_slow(struct linux_vm *vm, pfn_t pfn)
{
	const struct mem_range *r = memblock_find(&vm->memory, pfn);

	if (!r)
		return NULL;
	for (int i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &vm->nodes[r->nid].zones[i];

		if (pfn >= zone->zone_start_pfn && pfn < zone_end_pfn(zone))
			return zone;
	}
	return NULL;
}

/* ---- nodes ---- */

static void node_init(struct linux_vm *vm, int nid)
{
	struct pglist_data *node = &vm->nodes[nid];

	node->vm = vm;
	node->node_id = nid;
	node->kswapd_highest_zoneidx = MAX_NR_ZONES;
	node_stat_init(node, vm->nr_cpu_ids);
	wait_queue_init(&node->kswapd_wait);
	wait_queue_init(&node->pfmemalloc_wait);
	for (int i = 0; i < NR_VMSCAN_THROTTLE; i++)
		wait_queue_init(&node->reclaim_wait[i]);
	for (int i = 0; i < MAX_NR_ZONES; i++) {
		node->zones[i].name = zone_names[i];
		node->zones[i].idx = i;
		node->zones[i].node = node;
	}
	node->online = memblock_pages(&vm->memory, 0, UINT64_MAX, nid) != 0;
	for (int i = 0; i < vm->nr_cpu_ids; i++)
		node->online |= vm->sim->cpus[i].node == nid;
	vm->nr_online_nodes += node->online;
}

static int max_distance(const struct linux_vm *vm)
{
	int max = LOCAL_DISTANCE;

	for (int from = 0; from < vm->nr_nodes; from++)
		for (int to = 0; to < vm->nr_nodes; to++)
			max = (int)max_s64(max, node_distance(vm, from, to));
	return max;
}

void boot_memory_map(struct linux_vm *vm, const struct linux_conf *conf)
{
	const struct machine *m = vm->machine;
	struct boot_size limit = { 0 };

	for (int i = 0; i < m->nr_ranges; i++)
		memblock_add(&vm->memory, m->ranges[i].start, m->ranges[i].end,
			     conf->numa ? m->ranges[i].node : 0);
	memblock_remove(&vm->memory, 0, 1); /* the firmware's */
	if (conf->mem && boot_size_parse(conf->mem, &limit, NULL))
		memblock_remove(&vm->memory, limit.bytes >> PAGE_SHIFT, UINT64_MAX);
	if (vm->memory.n)
		vm->max_pfn = vm->memory.r[vm->memory.n - 1].end;
	vm->nr_cpu_ids = vm->sim->nr_cpus;
	for (int i = 0; i < vm->nr_cpu_ids && !conf->numa; i++)
		vm->sim->cpus[i].node = 0;
	vm->nr_nodes = numa_emulation(vm, conf->numa_fake, conf->numa ? m->nr_nodes : 1);
	vm->max_node_distance = max_distance(vm);
	vm->nodes = sim_calloc((size_t)vm->nr_nodes, sizeof(*vm->nodes));
	vm->zones_by_id =
	    sim_calloc((size_t)vm->nr_nodes << PAGEBLOCK_ZONE_BITS, sizeof(*vm->zones_by_id));
	for (int nid = 0; nid < vm->nr_nodes; nid++)
		node_init(vm, nid);
	for (int nid = 0; nid < vm->nr_nodes; nid++)
		for (int i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &vm->nodes[nid].zones[i];

			vm->zones_by_id[pageblock_zone_id(zone)] = zone;
		}
}

/* ---- limits of zones ---- */

void x86_max_zone_pfns(const struct linux_vm *vm, pfn_t max_zone_pfn[MAX_NR_ZONES])
{
	max_zone_pfn[ZONE_DMA] = min_u64(MAX_DMA_PFN, vm->max_pfn);
	max_zone_pfn[ZONE_DMA32] = min_u64(MAX_DMA32_PFN, vm->max_pfn);
	max_zone_pfn[ZONE_NORMAL] = vm->max_pfn;
	max_zone_pfn[ZONE_MOVABLE] = 0;
	max_zone_pfn[ZONE_DEVICE] = 0;
}

void set_dma_reserve(struct boot_mm *boot, pages_t pages)
{
	boot->dma_reserve = pages;
}

static pages_t required_pages(const char *param, pages_t total)
{
	struct boot_size size = { 0 };

	if (!param || !boot_size_parse(param, &size, NULL))
		return 0;
	return size.percent ? total * 100 * size.percent / 10000 : size.bytes >> PAGE_SHIFT;
}

/* The highest zone that is not empty: ZONE_MOVABLE takes its memory from it. */
static int find_usable_zone_for_movable(const struct boot_mm *boot)
{
	for (int i = MAX_NR_ZONES - 1; i > 0; i--)
		if (i != ZONE_MOVABLE && boot->highest_pfn[i] > boot->lowest_pfn[i])
			return i;
	return 0;
}

/*
 * Gives a node's first pages to the kernel until its share is reached, the rest is left to
 * ZONE_MOVABLE: moves the node's movable start up.  What lies below usable_start counts for the
 * kernel whatever its share.
 */
static void spread_kernelcore_node(const struct linux_vm *vm, struct boot_mm *boot, int nid,
				   pfn_t usable_start, pages_t share, pages_t *kernelcore)
{
	pfn_t *movable = &boot->zone_movable_pfn[nid];

	for (int i = 0; i < vm->memory.n; i++) {
		const struct mem_range *r = &vm->memory.r[i];
		pfn_t start = max_u64(r->start, *movable);

		if (r->nid != nid || start >= r->end)
			continue;
		if (start < usable_start) {
			pages_t n = min_u64(r->end, usable_start) - start;

			share -= min_u64(n, share);
			*kernelcore -= min_u64(n, *kernelcore);
			if (r->end <= usable_start) {
				*movable = r->end;
				continue;
			}
			start = usable_start;
		}

		pages_t n = min_u64(r->end - start, share);

		*movable = start + n;
		*kernelcore -= min_u64(*kernelcore, n);
		share -= n;
		if (!share)
			break;
	}
}

/* Gives each node's first pages to the kernel, the same share from all nodes. */
static void spread_kernelcore(const struct linux_vm *vm, struct boot_mm *boot, pages_t kernelcore,
			      int movable_zone)
{
	pages_t usable_nodes = 0;

	for (int nid = 0; nid < vm->nr_nodes; nid++)
		usable_nodes += memblock_pages(&vm->memory, 0, UINT64_MAX, nid) != 0;
	do {
		pages_t per_node = kernelcore / usable_nodes;

		for (int nid = 0; nid < vm->nr_nodes; nid++) {
			if (!memblock_pages(&vm->memory, 0, UINT64_MAX, nid))
				continue;
			if (kernelcore < per_node)
				per_node = kernelcore / usable_nodes;
			spread_kernelcore_node(vm, boot, nid, boot->lowest_pfn[movable_zone],
					       per_node, &kernelcore);
		}
		usable_nodes--;
	} while (usable_nodes && kernelcore > usable_nodes);
}

static bool mirrored_kernelcore(const struct boot_mm *boot)
{
	const char *kernelcore = boot->conf->kernelcore;

	return kernelcore && strcmp(kernelcore, KERNELCORE_MIRROR) == 0;
}

/* No memory is mirrored: of each node what lies above 4 GiB is movable. */
static void find_not_mirrored(const struct linux_vm *vm, struct boot_mm *boot)
{
	for (int i = 0; i < vm->memory.n; i++) {
		const struct mem_range *r = &vm->memory.r[i];
		pfn_t *movable = &boot->zone_movable_pfn[r->nid];

		if (r->start >= MAX_DMA32_PFN && (!*movable || r->start < *movable))
			*movable = r->start;
	}
}

static void find_zone_movable_pfns_for_nodes(const struct linux_vm *vm, struct boot_mm *boot,
					     int movable_zone)
{
	pages_t total = memblock_pages(&vm->memory, 0, UINT64_MAX, MEMBLOCK_ANY_NODE);
	pages_t kernelcore = required_pages(boot->conf->kernelcore, total);
	pages_t movablecore = required_pages(boot->conf->movablecore, total);
	pfn_t start, end;

	if (mirrored_kernelcore(boot)) {
		find_not_mirrored(vm, boot);
	} else {
		if (movablecore) {
			movablecore =
			    div_round_up(movablecore, MAX_ORDER_NR_PAGES) * MAX_ORDER_NR_PAGES;
			kernelcore = max_u64(kernelcore, total - min_u64(movablecore, total));
		}
		if (!kernelcore || kernelcore >= total)
			return;
		spread_kernelcore(vm, boot, kernelcore, movable_zone);
	}
	for (int nid = 0; nid < vm->nr_nodes; nid++) {
		pfn_t *movable = &boot->zone_movable_pfn[nid];

		*movable = div_round_up(*movable, MAX_ORDER_NR_PAGES) * MAX_ORDER_NR_PAGES;
		get_pfn_range_for_nid(vm, nid, &start, &end);
		if (*movable >= end)
			*movable = 0;
	}
}

/* ---- spans and present pages ---- */

/*
 * Where kernelcore=mirror divides the memory, ZONE_NORMAL spans that of ZONE_MOVABLE, too, if there
 * is a hole between 4 GiB and the first memory above; it has nothing of it.
 */
static void zone_span(const struct linux_vm *vm, const struct boot_mm *boot, struct zone *zone,
		      pfn_t node_start, pfn_t node_end)
{
	int nid = zone->node->node_id, i = zone->idx;
	pfn_t start = clamp_u64(node_start, boot->lowest_pfn[i], boot->highest_pfn[i]);
	pfn_t end = clamp_u64(node_end, boot->lowest_pfn[i], boot->highest_pfn[i]);
	pfn_t movable = boot->zone_movable_pfn[nid], last = UINT64_MAX;

	if (movable && i == ZONE_MOVABLE) {
		start = movable;
		end = min_u64(node_end, boot->highest_pfn[vm->movable_zone]);
	} else if (movable && start < movable && end > movable) {
		last = movable;
		if (!mirrored_kernelcore(boot))
			end = movable;
	} else if (movable && start >= movable) {
		start = end;
	}
	if (node_end && end >= node_start && start <= node_end && start < end) {
		end = min_u64(end, node_end);
		start = max_u64(start, node_start);
		zone->spanned_pages = end - start;
		zone->present_pages = memblock_pages(&vm->memory, start, min_u64(end, last), nid);
	}
	zone->zone_start_pfn = zone->spanned_pages ? start : 0;
	zone->present_early_pages = zone->present_pages;
}

void free_area_init_nodes(struct linux_vm *vm, struct boot_mm *boot,
			  const pfn_t max_zone_pfn[MAX_NR_ZONES])
{
	pfn_t start = find_min_pfn_with_active_regions(vm);

	for (int i = 0; i < MAX_NR_ZONES; i++) {
		if (i == ZONE_MOVABLE)
			continue;
		boot->lowest_pfn[i] = start;
		boot->highest_pfn[i] = max_u64(max_zone_pfn[i], start);
		start = boot->highest_pfn[i];
	}
	boot->zone_movable_pfn = sim_calloc((size_t)vm->nr_nodes, sizeof(pfn_t));
	vm->movable_zone = find_usable_zone_for_movable(boot);
	find_zone_movable_pfns_for_nodes(vm, boot, vm->movable_zone);
	for (int nid = 0; nid < vm->nr_nodes; nid++) {
		struct pglist_data *node = &vm->nodes[nid];
		pfn_t node_start, node_end;

		get_pfn_range_for_nid(vm, nid, &node_start, &node_end);
		node->node_start_pfn = node_start;
		for (int i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &node->zones[i];

			zone_span(vm, boot, zone, node_start, node_end);
			node->node_spanned_pages += zone->spanned_pages;
			node->node_present_pages += zone->present_pages;
			if (zone->spanned_pages)
				node->nr_zones = i + 1;
		}
	}
}

void free_area_init_core(struct linux_vm *vm, const struct boot_mm *boot)
{
	for (int nid = 0; nid < vm->nr_nodes; nid++) {
		for (int i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &vm->nodes[nid].zones[i];
			pages_t present = zone->present_pages;
			bool sparse = zone->spanned_pages > present + present / 16;
			pages_t memmap = div_round_up(
			    (sparse ? present : zone->spanned_pages) * STRUCT_PAGE, PAGE_SIZE);

			zone->managed_pages = present;
			if (zone->managed_pages >= memmap)
				zone->managed_pages -= memmap;
			if (i == 0 && zone->managed_pages > boot->dma_reserve)
				zone->managed_pages -= boot->dma_reserve;
		}
	}
}

/* ---- the free lists ---- */

static void free_pages_memory(struct linux_vm *vm, pfn_t start, pfn_t end)
{
	while (start < end) {
		int order = start ? __builtin_ctzll(start) : MAX_ORDER - 1;

		if (order > MAX_ORDER - 1)
			order = MAX_ORDER - 1;
		while (start + (1ULL << order) > end)
			order--;
		__free_pages_core(vm, start, order);
		start += 1ULL << order;
	}
}

void memblock_free_all(struct linux_vm *vm)
{
	struct mem_range r;
	pfn_t at = 0;

	for (int nid = 0; nid < vm->nr_nodes; nid++)
		for (int i = 0; i < MAX_NR_ZONES; i++)
			vm->nodes[nid].zones[i].managed_pages = 0;
	vm->totalram_pages = 0;
	while (memblock_next_free(vm, &at, &r))
		free_pages_memory(vm, r.start, r.end);
}

/* Memory boot held until now; page by page, as the kernel frees it. */
static void free_late(struct linux_vm *vm, const struct boot_mm *boot)
{
	for (int i = 0; i < boot->late.n; i++) {
		memblock_remove(&vm->reserved, boot->late.r[i].start, boot->late.r[i].end);
		for (pfn_t pfn = boot->late.r[i].start; pfn < boot->late.r[i].end; pfn++)
			__free_pages_core(vm, pfn, 0);
	}
}

/* ---- the whole ---- */

static void boot_dma_reserve(struct linux_vm *vm, struct boot_mm *boot)
{
	pages_t free = 0;
	struct mem_range r;
	pfn_t at = 0;

	while (memblock_next_free(vm, &at, &r) && r.start < MAX_DMA_PFN)
		free += min_u64(r.end, MAX_DMA_PFN) - r.start;
	set_dma_reserve(boot,
			memblock_pages(&vm->memory, 0, MAX_DMA_PFN, MEMBLOCK_ANY_NODE) - free);
}

/* Free pages of a zone that are not left for later. */
static pages_t early_pages(const struct linux_vm *vm, const struct zone *zone)
{
	pfn_t end = zone_end_pfn(zone), at = zone->zone_start_pfn;
	struct mem_range r;
	pages_t pages = 0;

	if (zone->idx + 1 == zone->node->nr_zones)
		end = min_u64(end, first_deferred_pfn(vm, zone->node));
	while (memblock_next_free(vm, &at, &r) && r.start < end)
		if (r.nid == zone->node->node_id)
			pages += min_u64(r.end, end) - r.start;
	return pages;
}

/*
 * CPUs come up before most memory is there, and before there are watermarks: how far their counters
 * may drift then is more than the nothing between these, so that every zone gets a mark, if not at
 * its place.
 */
static void smp_init(struct linux_vm *vm)
{
	for (int i = 0; i < vm->nr_cpu_ids; i++)
		vm->nr_online_cpus += vm->sim->cpus[i].online;
	if (vm->nr_online_cpus == 1)
		return; /* the boot CPU does not come up */
	FOR_EACH_ZONE (vm, zone)
		if (populated_zone(zone))
			zone->percpu_drift_mark =
			    (uint64_t)(vm->nr_online_cpus *
				       normal_threshold(vm, early_pages(vm, zone)));
}

/* Limits in the order the kernel computes them; huge pages raise them a little later.  Gigantic
 * pages of the command line become managed ones in between. */
static void boot_limits(struct linux_vm *vm, const struct linux_conf *conf)
{
	vm->sysctl.min_free_kbytes = 1024;
	vm->user_min_free_kbytes = -1;
	vm->memcg_disabled = conf->cgroup_disable != 0;
	vm->transparent_hugepage = false;
	init_per_zone_wmark_min(vm);
	gather_bootmem_prealloc(vm);
	vm->transparent_hugepage =
	    conf->transparent_hugepage != THP_NEVER && vm->totalram_pages >= THP_MIN_RAM;
	if (vm->transparent_hugepage)
		set_recommended_min_free_kbytes(vm);
}

bool boot_early(struct linux_vm *vm, struct boot_mm *boot, struct diag *d)
{
	pfn_t max_zone_pfn[MAX_NR_ZONES];

	boot_memory_map(vm, boot->conf);
	x86_max_zone_pfns(vm, max_zone_pfn);
	free_area_init_nodes(vm, boot, max_zone_pfn);
	if (!boot_reserve(vm, boot, d))
		return false;
	boot_dma_reserve(vm, boot);
	return true;
}

bool linux_boot_memory(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d)
{
	struct boot_mm boot = { .conf = conf };
	bool ok;

	tunable_defaults(&vm_tunables, &vm->sysctl);
	ok = boot_early(vm, &boot, d) && hugetlb_state_init(vm, conf, d);
	if (ok) {
		free_area_init_core(vm, &boot);
		memmap_init(vm);
		build_all_zonelists(vm);
		memblock_free_all(vm);
		FOR_EACH_ZONE (vm, zone) {
			if (!populated_zone(zone))
				continue;
			setup_zone_pageset(vm, zone);
			set_zone_contiguous(vm, zone);
		}
		smp_init(vm);
		cma_init_reserved_areas(vm);
		boot_limits(vm, conf);
		free_late(vm, &boot);
	}
	memblock_free_list(&boot.late);
	sim_free(boot.zone_movable_pfn);
	return ok;
}

void linux_free_memory(struct linux_vm *vm)
{
	uint64_t nr_blocks = nr_pageblocks(vm);

	hugetlb_free_all(vm);
	for (int nid = 0; nid < vm->nr_nodes; nid++) {
		node_stat_free(&vm->nodes[nid]);
		for (int i = 0; i < MAX_NR_ZONES; i++)
			sim_free(vm->nodes[nid].zones[i].pcp);
		for (int i = 0; i < MAX_ZONELISTS; i++)
			sim_free(vm->nodes[nid].zonelists[i].ref);
		for (int i = 0; i < LRU_UNEVICTABLE; i++)
			lru_ahead_free(&vm->nodes[nid].lruvec.ahead[i]);
	}
	sim_free(vm->nodes);
	sim_free(vm->zones_by_id);
	sim_free(vm->pageblocks);
	if (vm->mem_map) {
		sim_unreserve(vm->mem_map, nr_blocks * PAGEBLOCK_NR_PAGES * sizeof(struct page));
		sim_unreserve(vm->buffer_slabs,
			      nr_blocks * PAGEBLOCK_NR_PAGES * sizeof(*vm->buffer_slabs));
		sim_unreserve(vm->max_blocks, nr_blocks / 2 * sizeof(*vm->max_blocks));
	}
	memblock_free_list(&vm->memory);
	memblock_free_list(&vm->reserved);
	vm->nodes = NULL;
	vm->zones_by_id = NULL;
	vm->pageblocks = NULL;
	vm->mem_map = NULL;
	vm->buffer_slabs = NULL;
	vm->max_blocks = NULL;
	vm->nr_nodes = vm->nr_online_nodes = vm->nr_online_cpus = 0;
	vm->max_pfn = 0;
	vm->totalram_pages = vm->totalreserve_pages = 0;
	cma_free(vm);
}
