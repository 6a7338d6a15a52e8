/*
 * metrics.c - the rows of metric.def as tables of samples, and what is worked out when read
 */
#include "models/linux/linux.h"
#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/compaction.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/model_list.h"
#include "models/linux/stall.h"
#include "models/linux/swap/swap.h"
#include "models/linux/vmalloc/vmalloc.h"
#include "models/linux/writeback/writeback.h"

#define ROW(object, n, k, u, m) { #n, METRIC_##k, UNIT_##u, offsetof(struct object, n), m },

#define NODE_METRIC(n, k, u, m)
#define VM_METRIC(n, k, u, m)
#define BDI_METRIC(n, k, u, m)
#define FILE_METRIC(n, k, u, m)
#define ZONE_METRIC(n, k, u, m) ROW(zone_stat, n, k, u, m)
static const struct metric zone_rows[] = {
#include "models/linux/metric.def"
};

#undef NODE_METRIC
#undef ZONE_METRIC
#define ZONE_METRIC(n, k, u, m)
#define NODE_METRIC(n, k, u, m) ROW(node_stat, n, k, u, m)
static const struct metric node_rows[] = {
#include "models/linux/metric.def"
};

#undef NODE_METRIC
#undef VM_METRIC
#define NODE_METRIC(n, k, u, m)
#define VM_METRIC(n, k, u, m) ROW(vm_stat, n, k, u, m)
static const struct metric vm_rows[] = {
#include "models/linux/metric.def"
};

/* --- zones --- */

static int zone_count(struct sim *s)
{
	return linux_vm(s)->nr_nodes * MAX_NR_ZONES;
}

static struct zone *zone_at(struct sim *s, int i)
{
	return &linux_vm(s)->nodes[i / MAX_NR_ZONES].zones[i % MAX_NR_ZONES];
}

static const void *zone_stat(struct sim *s, int i)
{
	const struct linux_vm *vm = linux_vm(s);
	struct zone *z = zone_at(s, i);
	const uint64_t *lru = z->node->lruvec.lru_zone_size[z->idx];
	int64_t pcp = 0;

	if (!populated_zone(z))
		return NULL;
	for (int c = 0; z->pcp && c < vm->nr_cpu_ids; c++)
		pcp += z->pcp[c].count;
	z->stat.nr_free_pages = zone_free_pages_snapshot(vm, z);
	z->stat.min = (int64_t)wmark_pages(z, WMARK_MIN);
	z->stat.low = (int64_t)wmark_pages(z, WMARK_LOW);
	z->stat.high = (int64_t)wmark_pages(z, WMARK_HIGH);
	z->stat.boost = (int64_t)z->watermark_boost;
	z->stat.managed = (int64_t)z->managed_pages;
	z->stat.present = (int64_t)z->present_pages;
	z->stat.nr_pcp = pcp;
	z->stat.nr_zone_inactive_anon = (int64_t)lru[LRU_INACTIVE_ANON];
	z->stat.nr_zone_active_anon = (int64_t)lru[LRU_ACTIVE_ANON];
	z->stat.nr_zone_inactive_file = (int64_t)lru[LRU_INACTIVE_FILE];
	z->stat.nr_zone_active_file = (int64_t)lru[LRU_ACTIVE_FILE];
	z->stat.nr_free_cma = z->nr_free_cma;
	z->stat.nr_reserved_highatomic = (int64_t)z->nr_reserved_highatomic;
	z->stat.extfrag_9 = extfrag_for_order(z, PAGEBLOCK_ORDER);
	z->stat.unusable_9 = unusable_free_index(z, PAGEBLOCK_ORDER);
	z->stat.fragindex_9 = fragmentation_index(z, PAGEBLOCK_ORDER);
	return &z->stat;
}

static void zone_key(struct sim *s, int i, union metric_key_value *keys)
{
	keys[0].number = i / MAX_NR_ZONES;
	keys[1].text = zone_at(s, i)->name;
}

/* Only into the movable zone memory can come that was another zone's. */
static bool zone_never(struct sim *s, int i)
{
	const struct zone *z = zone_at(s, i);

	return !populated_zone(z) && z->idx != ZONE_MOVABLE;
}

const struct metric_object zone_metrics = {
	.name = "zone",
	.table = "zone_sample",
	.meaning = "a populated zone at a sample, as in /proc/zoneinfo",
	.keys = { { "node", false, "number of the node" },
		  { "zone", true, "DMA, DMA32, Normal, Movable" } },
	.nr_keys = 2,
	.rows = zone_rows,
	.nr_rows = ARRAY_LEN(zone_rows),
	.count = zone_count,
	.stat = zone_stat,
	.key = zone_key,
	.never = zone_never,
};

/* --- types of free blocks --- */

#define PAGETYPE_ROW(order)                                                                        \
	{                                                                                          \
		"free_" #order, METRIC_GAUGE, UNIT_COUNT,                                          \
		    offsetof(struct pagetype_stat, free[order]),                                   \
		    "free blocks of order " #order " (sampled)"                                    \
	}

static const struct metric pagetype_rows[MAX_ORDER] = {
	PAGETYPE_ROW(0), PAGETYPE_ROW(1), PAGETYPE_ROW(2),  PAGETYPE_ROW(3),
	PAGETYPE_ROW(4), PAGETYPE_ROW(5), PAGETYPE_ROW(6),  PAGETYPE_ROW(7),
	PAGETYPE_ROW(8), PAGETYPE_ROW(9), PAGETYPE_ROW(10),
};

static int pagetype_count(struct sim *s)
{
	return zone_count(s) * MIGRATE_TYPES;
}

/* Most zones never have a block of the rarer types: no rows until there was one, then always. */
static const void *pagetype_stat(struct sim *s, int i)
{
	struct zone *z = zone_at(s, i / MIGRATE_TYPES);
	int type = i % MIGRATE_TYPES;
	struct pagetype_stat *stat = &z->pagetype[type];

	for (int o = 0; o < MAX_ORDER; o++) {
		stat->free[o] = z->free_area[o].nr_free_type[type];
		stat->seen |= stat->free[o] != 0;
	}
	return stat->seen ? stat : NULL;
}

static void pagetype_key(struct sim *s, int i, union metric_key_value *keys)
{
	zone_key(s, i / MIGRATE_TYPES, keys);
	keys[2].text = migratetype_names[i % MIGRATE_TYPES];
}

static bool pagetype_never(struct sim *s, int i)
{
	return zone_never(s, i / MIGRATE_TYPES);
}

const struct metric_object pagetype_metrics = {
	.name = "pagetype",
	.table = "pagetype_sample",
	.meaning =
	    "free blocks of a migratetype in a zone at a sample, as in /proc/pagetypeinfo; from "
	    "the first sample at which there was one",
	.keys = { { "node", false, "number of the node" },
		  { "zone", true, "DMA, DMA32, Normal, Movable" },
		  { "type", true, "Unmovable, Movable, Reclaimable, HighAtomic, CMA, Isolate" } },
	.nr_keys = 3,
	.rows = pagetype_rows,
	.nr_rows = ARRAY_LEN(pagetype_rows),
	.count = pagetype_count,
	.stat = pagetype_stat,
	.key = pagetype_key,
	.never = pagetype_never,
};

/* --- nodes --- */

static int node_count(struct sim *s)
{
	return linux_vm(s)->nr_nodes;
}

/* What a node has of its zones. */
static void sum_zones(const struct linux_vm *vm, struct pglist_data *node)
{
	struct node_stat *n = &node->stat;

	n->nr_free_pages = 0;
	n->numa_hit = n->numa_miss = n->numa_foreign = 0;
	n->numa_interleave = n->numa_local = n->numa_other = 0;
	for (int i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &node->zones[i];

		if (!populated_zone(zone))
			continue;
		n->nr_free_pages += zone_free_pages_snapshot(vm, zone);
		n->numa_hit += zone->stat.numa_hit;
		n->numa_miss += zone->stat.numa_miss;
		n->numa_foreign += zone->stat.numa_foreign;
		n->numa_interleave += zone->stat.numa_interleave;
		n->numa_local += zone->stat.numa_local;
		n->numa_other += zone->stat.numa_other;
	}
}

static const void *node_stat(struct sim *s, int i)
{
	const struct linux_vm *vm = linux_vm(s);
	struct pglist_data *node = &linux_vm(s)->nodes[i];

	if (!node->online)
		return NULL;
	sum_zones(vm, node);
	node->stat.kswapd_running = node->kswapd && !node->kswapd_sleeping;
	node->stat.kswapd_failures = node->kswapd_failures;
	return &node->stat;
}

static void node_key(struct sim *s, int i, union metric_key_value *keys)
{
	(void)s;
	keys[0].number = i;
}

const struct metric_object node_metrics = {
	.name = "node",
	.table = "node_sample",
	.meaning = "a node at a sample, as in /sys/devices/system/node/node*/vmstat",
	.keys = { { "node", false, "number of the node" } },
	.nr_keys = 1,
	.rows = node_rows,
	.nr_rows = ARRAY_LEN(node_rows),
	.count = node_count,
	.stat = node_stat,
	.key = node_key,
};

/* --- the machine --- */

static int vm_count(struct sim *s)
{
	(void)s;
	return 1;
}

static const void *vm_stat(struct sim *s, int i)
{
	struct linux_vm *vm = linux_vm(s);
	struct vm_stat *v = &vm->stat;

	(void)i;
	v->nr_free_pages = v->nr_inactive_anon = v->nr_active_anon = 0;
	v->nr_inactive_file = v->nr_active_file = v->nr_file_pages = 0;
	v->nr_anon_pages = v->nr_unevictable = v->nr_mlock = 0;
	v->nr_mapped = v->nr_page_table_pages = v->nr_swapcached = 0;
	v->nr_anon_transparent_hugepages = 0;
	v->nr_dirty = v->nr_writeback = v->nr_dirtied = v->nr_written = 0;
	for (int n = 0; n < vm->nr_nodes; n++) {
		const struct node_stat *node = node_stat(s, n);

		if (!node)
			continue;
		v->nr_free_pages += node->nr_free_pages;
		v->nr_inactive_anon += node->nr_inactive_anon;
		v->nr_active_anon += node->nr_active_anon;
		v->nr_inactive_file += node->nr_inactive_file;
		v->nr_active_file += node->nr_active_file;
		v->nr_file_pages += node->nr_file_pages;
		v->nr_swapcached += node->nr_swapcached;
		v->nr_anon_pages += node->nr_anon_pages;
		v->nr_anon_transparent_hugepages += node->nr_anon_transparent_hugepages;
		v->nr_unevictable += node->nr_unevictable;
		v->nr_mapped += node->nr_mapped;
		v->nr_page_table_pages += node->nr_page_table_pages;
		v->nr_dirty += node->nr_dirty;
		v->nr_writeback += node->nr_writeback;
		v->nr_dirtied += node->nr_dirtied;
		v->nr_written += node->nr_written;
	}
	FOR_EACH_ZONE (vm, zone)
		v->nr_mlock += zone->stat.nr_mlock;
	v->commit_limit = vm_commit_limit(vm);
	writeback_update_stats(vm);
	fsync_update_stats(vm);
	si_swapinfo(vm, &v->nr_total_swap, &v->nr_free_swap);
	vmalloc_update_stats(vm);
	stall_settle(vm);
	v->sim_read_amplification =
	    v->sim_read_bytes ? v->pgpgin * 1024 * 100 / v->sim_read_bytes : 0;
	return v;
}

static void vm_key(struct sim *s, int i, union metric_key_value *keys)
{
	(void)s;
	(void)i;
	(void)keys;
}

const struct metric_object vm_metrics = {
	.name = "vmstat",
	.table = "vmstat_sample",
	.meaning = "the machine at a sample, as in /proc/vmstat",
	.rows = vm_rows,
	.nr_rows = ARRAY_LEN(vm_rows),
	.count = vm_count,
	.stat = vm_stat,
	.key = vm_key,
};

static const struct metric_object *const metrics[] = { &vm_metrics, &zone_metrics,
						       &pagetype_metrics, &node_metrics, NULL };

const struct model metrics_model = {
	.name = "metrics",
	.metrics = metrics,
};
