/*
 * watermark.c - limits of zones (watermarks, reserves, per-CPU lists, thresholds), and who passes
 * them
 *
 * A zone passes if its free pages, without what is kept from this kind of
 * request, are above a watermark.
 *
 * All arithmetic is the kernel's, in whole numbers: what it truncates is
 * truncated here.
 */
#include "models/linux/alloc/internal.h"
#include "models/linux/alloc/watermark.h"

#define KIB_PER_PAGE         4
#define MIN_FREE_KBYTES_MIN  128
#define MIN_FREE_KBYTES_MAX  262144
#define MIN_FREE_FACTOR      16  /* min_free_kbytes = sqrt(16 * KiB of buffer pages) */
#define THP_SHARE            20  /* huge pages raise it to at most 1/20 of the buffer pages */
#define PCP_BATCH_MAX_PAGES  256 /* 1 MiB, before it is divided by 4 */
#define PCP_HIGH_BATCHES     4
#define THRESHOLD_UNIT_SHIFT 15 /* 128 MiB in pages */

/* ---- whether a zone passes ---- */

bool __zone_watermark_ok(const struct zone *z, int order, uint64_t mark, int highest_zoneidx,
			 unsigned alloc_flags, int64_t free_pages)
{
	int64_t min = (int64_t)mark;

	free_pages -= __zone_watermark_unusable_free(z, order, alloc_flags);
	if (alloc_flags & ALLOC_RESERVES) {
		if (alloc_flags & ALLOC_MIN_RESERVE) {
			min -= min / 2;
			if (alloc_flags & ALLOC_NON_BLOCK)
				min -= min / 4;
		}
		if (alloc_flags & ALLOC_OOM)
			min -= min / 2;
	}
	if (free_pages <= min + z->lowmem_reserve[highest_zoneidx])
		return false;
	if (order == 0)
		return true;
	for (int o = order; o < MAX_ORDER; o++) {
		const struct free_area *area = &z->free_area[o];

		if (!area->nr_free)
			continue;
		for (int type = 0; type < MIGRATE_PCPTYPES; type++)
			if (!page_list_empty(&area->free_list[type]))
				return true;
		if ((alloc_flags & ALLOC_CMA) && !page_list_empty(&area->free_list[MIGRATE_CMA]))
			return true;
		if ((alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM)) &&
		    !page_list_empty(&area->free_list[MIGRATE_HIGHATOMIC]))
			return true;
	}
	return false;
}

bool zone_watermark_ok(const struct zone *z, int order, uint64_t mark, int highest_zoneidx,
		       unsigned alloc_flags)
{
	return __zone_watermark_ok(z, order, mark, highest_zoneidx, alloc_flags,
				   zone_free_pages(z));
}

bool zone_watermark_ok_safe(const struct linux_vm *vm, const struct zone *z, int order,
			    uint64_t mark, int highest_zoneidx)
{
	int64_t free_pages = zone_free_pages(z);

	if (z->percpu_drift_mark && free_pages < (int64_t)z->percpu_drift_mark)
		free_pages = zone_free_pages_snapshot(vm, z);
	return __zone_watermark_ok(z, order, mark, highest_zoneidx, 0, free_pages);
}

bool zone_watermark_slow(const struct zone *z, int order, uint64_t mark, int highest_zoneidx,
			 unsigned alloc_flags, gfp_t gfp)
{
	int64_t free_pages = zone_free_pages(z);

	if (__zone_watermark_ok(z, order, mark, highest_zoneidx, alloc_flags, free_pages))
		return true;
	/* an atomic request may use what only a boost has set aside */
	if (order == 0 && (gfp & __GFP_ATOMIC) && z->watermark_boost &&
	    (alloc_flags & ALLOC_WMARK_MASK) == WMARK_MIN)
		return __zone_watermark_ok(z, order, z->_watermark[WMARK_MIN], highest_zoneidx,
					   alloc_flags, free_pages);
	return false;
}

/* ---- what can be had ---- */

pages_t nr_free_zone_pages(const struct linux_vm *vm, int offset)
{
	const struct zonelist *list =
	    &vm->nodes[vm->sim->cpus[0].node].zonelists[ZONELIST_FALLBACK];
	pages_t sum = 0;

	for (int i = 0; i < list->n; i++) {
		const struct zone *zone = list->ref[i].zone;
		pages_t high = wmark_pages(zone, WMARK_HIGH);

		if (list->ref[i].zone_idx <= offset && zone->managed_pages > high)
			sum += zone->managed_pages - high;
	}
	return sum;
}

pages_t nr_free_buffer_pages(const struct linux_vm *vm)
{
	return nr_free_zone_pages(vm, ZONE_NORMAL);
}

pages_t nr_free_pagecache_pages(const struct linux_vm *vm)
{
	return nr_free_zone_pages(vm, ZONE_MOVABLE);
}

/* ---- min_free_kbytes ---- */

void calculate_min_free_kbytes(struct linux_vm *vm)
{
	uint64_t lowmem_kbytes = nr_free_buffer_pages(vm) * KIB_PER_PAGE;
	int64_t wanted = (int64_t)isqrt_u64(lowmem_kbytes * MIN_FREE_FACTOR);

	if (wanted > vm->user_min_free_kbytes)
		vm->sysctl.min_free_kbytes =
		    (int64_t)clamp_u64((uint64_t)wanted, MIN_FREE_KBYTES_MIN, MIN_FREE_KBYTES_MAX);
}

void set_recommended_min_free_kbytes(struct linux_vm *vm)
{
	uint64_t nr_zones = 0, recommended;

	if (!vm->transparent_hugepage) {
		calculate_min_free_kbytes(vm);
		setup_per_zone_wmarks(vm);
		return;
	}
	FOR_EACH_ZONE (vm, zone)
		nr_zones += populated_zone(zone) && zone->idx <= ZONE_NORMAL;

	/* two pageblocks free in each zone, and two of each type for each to fall back to */
	recommended = PAGEBLOCK_NR_PAGES * nr_zones * 2;
	recommended += PAGEBLOCK_NR_PAGES * nr_zones * MIGRATE_PCPTYPES * MIGRATE_PCPTYPES;
	recommended = min_u64(recommended, nr_free_buffer_pages(vm) / THP_SHARE) * KIB_PER_PAGE;
	if ((int64_t)recommended > vm->sysctl.min_free_kbytes)
		vm->sysctl.min_free_kbytes = (int64_t)recommended;
	setup_per_zone_wmarks(vm);
}

/* ---- watermarks and reserves ---- */

/* x * n / d as the kernel computes it, rounded down part by part. */
static uint64_t mult_frac(uint64_t x, uint64_t n, uint64_t d)
{
	return x / d * n + x % d * n / d;
}

static void __setup_per_zone_wmarks(struct linux_vm *vm)
{
	uint64_t pages_min = (uint64_t)vm->sysctl.min_free_kbytes / KIB_PER_PAGE;
	pages_t lowmem_pages = 0;

	FOR_EACH_ZONE (vm, zone)
		lowmem_pages += zone->managed_pages;
	SIM_ASSERT(lowmem_pages);
	FOR_EACH_ZONE (vm, zone) {
		uint64_t min = pages_min * zone->managed_pages / lowmem_pages;
		uint64_t gap = max_u64(
		    min >> 2, mult_frac(zone->managed_pages,
					(uint64_t)vm->sysctl.watermark_scale_factor, 10000));

		zone->watermark_boost = 0;
		zone->_watermark[WMARK_MIN] = min;
		zone->_watermark[WMARK_LOW] = min + gap;
		zone->_watermark[WMARK_HIGH] = min + 2 * gap;
		zone->_watermark[WMARK_PROMO] = min + 3 * gap;
	}
	calculate_totalreserve_pages(vm);
}

void setup_per_zone_wmarks(struct linux_vm *vm)
{
	__setup_per_zone_wmarks(vm);
	FOR_EACH_ZONE (vm, zone)
		zone_pcp_update(vm, zone, 0);
}

void setup_per_zone_lowmem_reserve(struct linux_vm *vm)
{
	FOR_EACH_NODE (vm, node) {
		for (int i = 0; i < MAX_NR_ZONES - 1; i++) {
			struct zone *zone = &node->zones[i];
			int64_t ratio = vm->sysctl.lowmem_reserve_ratio[i];
			pages_t managed = 0;

			for (int j = i + 1; j < MAX_NR_ZONES; j++) {
				managed += node->zones[j].managed_pages;
				zone->lowmem_reserve[j] =
				    ratio < 1 || !zone->managed_pages
					? 0
					: (int64_t)(managed / (uint64_t)ratio);
			}
		}
	}
	calculate_totalreserve_pages(vm);
}

void calculate_totalreserve_pages(struct linux_vm *vm)
{
	vm->totalreserve_pages = 0;
	FOR_EACH_NODE (vm, node) {
		node->totalreserve_pages = 0;
		for (int i = 0; i < MAX_NR_ZONES; i++) {
			const struct zone *zone = &node->zones[i];
			pages_t reserve = 0;

			for (int j = i; j < MAX_NR_ZONES; j++)
				reserve = max_u64(reserve, (uint64_t)zone->lowmem_reserve[j]);
			reserve += wmark_pages(zone, WMARK_HIGH);
			node->totalreserve_pages += min_u64(reserve, zone->managed_pages);
		}
		vm->totalreserve_pages += node->totalreserve_pages;
	}
}

/* Share of each zone, rounded down one by one. */
static pages_t node_share(const struct pglist_data *node, int64_t percent)
{
	pages_t pages = 0;

	for (int i = 0; i < MAX_NR_ZONES; i++)
		pages += node->zones[i].managed_pages * (uint64_t)percent / 100;
	return pages;
}

void setup_min_unmapped_ratio(struct linux_vm *vm)
{
	FOR_EACH_NODE (vm, node)
		node->min_unmapped_pages = node_share(node, vm->sysctl.min_unmapped_ratio);
}

void setup_min_slab_ratio(struct linux_vm *vm)
{
	FOR_EACH_NODE (vm, node)
		node->min_slab_pages = node_share(node, vm->sysctl.min_slab_ratio);
}

void init_per_zone_wmark_min(struct linux_vm *vm)
{
	calculate_min_free_kbytes(vm);
	setup_per_zone_wmarks(vm);
	refresh_zone_stat_thresholds(vm);
	setup_per_zone_lowmem_reserve(vm);
	setup_min_unmapped_ratio(vm);
	setup_min_slab_ratio(vm);
	if (vm->transparent_hugepage)
		set_recommended_min_free_kbytes(vm);
}

/* ---- per-CPU lists ---- */

int zone_batchsize(const struct zone *zone)
{
	uint64_t batch = min_u64(zone->managed_pages >> 10, PCP_BATCH_MAX_PAGES) / 4;

	if (batch < 1)
		batch = 1;
	/* just below a power of two, so that batches of tasks in step do not collide in caches */
	batch = (1ULL << ilog2_u64(batch + batch / 2)) - 1;
	return batch ? (int)batch : 1;
}

static int online_cpus_of_node(const struct linux_vm *vm, int nid)
{
	int n = 0;

	for (int i = 0; i < vm->nr_cpu_ids; i++)
		n += vm->sim->cpus[i].online && cpu_is_of_node(vm, &vm->sim->cpus[i], nid);
	return vm->nr_online_cpus ? n : 0;
}

int zone_highsize(const struct linux_vm *vm, const struct zone *zone, int batch, int cpus_coming)
{
	int64_t fraction = vm->sysctl.percpu_pagelist_high_fraction;
	pages_t total =
	    fraction ? zone->managed_pages / (uint64_t)fraction : wmark_pages(zone, WMARK_LOW);
	int cpus = online_cpus_of_node(vm, zone->node->node_id) + cpus_coming;

	if (!cpus)
		cpus = vm->nr_online_cpus;
	if (!cpus)
		cpus = 1; /* the boot CPU */
	return (int)max_u64(total / (uint64_t)cpus, (uint64_t)batch * PCP_HIGH_BATCHES);
}

static void pageset_update(const struct linux_vm *vm, struct zone *zone, int high, int batch)
{
	for (int i = 0; i < vm->nr_cpu_ids && zone->pcp; i++) {
		zone->pcp[i].high = high;
		zone->pcp[i].batch = batch;
	}
}

static void zone_set_pageset_high_and_batch(struct linux_vm *vm, struct zone *zone, int cpus_coming)
{
	int batch = zone_batchsize(zone);
	int high = zone_highsize(vm, zone, batch, cpus_coming);

	if (zone->pageset_high == high && zone->pageset_batch == batch)
		return;
	zone->pageset_high = high;
	zone->pageset_batch = batch;
	pageset_update(vm, zone, high, batch);
}

void setup_zone_pageset(struct linux_vm *vm, struct zone *zone)
{
	SIM_ASSERT(!zone->pcp);
	zone->pcp = sim_calloc((size_t)vm->nr_cpu_ids, sizeof(*zone->pcp));
	pageset_update(vm, zone, 0, 1);
	zone->pageset_high = zone->pageset_batch = 0;
	zone_set_pageset_high_and_batch(vm, zone, 0);
}

void zone_pcp_reset(struct zone *zone)
{
	sim_free(zone->pcp);
	zone->pcp = NULL;
}

void zone_pcp_update(struct linux_vm *vm, struct zone *zone, int cpus_coming)
{
	if (zone->pcp)
		zone_set_pageset_high_and_batch(vm, zone, cpus_coming);
}

void zone_pcp_disable(struct linux_vm *vm, struct zone *zone)
{
	pageset_update(vm, zone, 0, 1);
}

void zone_pcp_enable(struct linux_vm *vm, struct zone *zone)
{
	pageset_update(vm, zone, zone->pageset_high, zone->pageset_batch);
}

/* ---- how far per-CPU counters may drift ---- */

int normal_threshold(const struct linux_vm *vm, pages_t managed)
{
	int units = fls_u64(managed >> THRESHOLD_UNIT_SHIFT);
	int threshold = 2 * fls_u64((uint64_t)vm->nr_online_cpus) * (1 + units);

	return threshold < MAX_STAT_THRESHOLD ? threshold : MAX_STAT_THRESHOLD;
}

int calculate_normal_threshold(const struct linux_vm *vm, const struct zone *zone)
{
	return normal_threshold(vm, zone->managed_pages);
}

int calculate_pressure_threshold(const struct linux_vm *vm, const struct zone *zone)
{
	uint64_t distance = wmark_pages(zone, WMARK_LOW) - wmark_pages(zone, WMARK_MIN);

	return (int)clamp_u64(distance / (uint64_t)vm->nr_online_cpus, 1, MAX_STAT_THRESHOLD);
}

static void set_stat_threshold(const struct linux_vm *vm, struct zone *zone, int threshold)
{
	for (int i = 0; i < vm->nr_cpu_ids; i++)
		if (vm->sim->cpus[i].online)
			zone->pcp[i].stat_threshold = threshold;
}

void refresh_zone_stat_thresholds(struct linux_vm *vm)
{
	FOR_EACH_NODE (vm, node)
		node->stat_threshold = 0;
	FOR_EACH_ZONE (vm, zone) {
		int threshold = calculate_normal_threshold(vm, zone);
		uint64_t drift = (uint64_t)vm->nr_online_cpus * (uint64_t)threshold;

		if (!populated_zone(zone))
			continue;
		set_stat_threshold(vm, zone, threshold);
		if (threshold > zone->node->stat_threshold)
			zone->node->stat_threshold = threshold;
		if (drift > wmark_pages(zone, WMARK_LOW) - wmark_pages(zone, WMARK_MIN))
			zone->percpu_drift_mark = wmark_pages(zone, WMARK_HIGH) + drift;
	}
}

void set_pgdat_percpu_threshold(struct pglist_data *node,
				int (*threshold)(const struct linux_vm *vm,
						 const struct zone *zone))
{
	for (int i = 0; i < node->nr_zones; i++) {
		struct zone *zone = &node->zones[i];

		if (zone->percpu_drift_mark && zone->pcp)
			set_stat_threshold(node->vm, zone, threshold(node->vm, zone));
	}
}

void watermark_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);
	pages_t reserve = 0, managed = 0;

	FOR_EACH_ZONE (vm, zone) {
		CHECK(c, zone->managed_pages <= zone->present_pages);
		CHECK(c, zone->present_pages <= zone->spanned_pages);
		CHECK(c, zone->_watermark[WMARK_MIN] <= zone->_watermark[WMARK_LOW]);
		CHECK(c, zone->_watermark[WMARK_LOW] <= zone->_watermark[WMARK_HIGH]);
		CHECK(c, populated_zone(zone) == (zone->pcp != NULL));
		managed += zone->managed_pages;
	}
	FOR_EACH_NODE (vm, node)
		reserve += node->totalreserve_pages;
	CHECK(c, reserve == vm->totalreserve_pages);
	CHECK(c, managed == vm->totalram_pages);
}
