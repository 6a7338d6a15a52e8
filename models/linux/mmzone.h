/*
 * mmzone.h - zones, nodes, their lists and limits
 *
 * Like:        Linux 6.1, include/linux/mmzone.h
 * Simplified:  the heads of free blocks of the largest order lie in a side table (struct
 *              max_block), so that memory nobody touched costs 12 bytes per 4 MiB
 */
#ifndef MMSIM_LINUX_MMZONE_H
#define MMSIM_LINUX_MMZONE_H

#include "models/linux/gfp.h"
#include "models/linux/page.h"
#include "models/linux/metrics.h"

#define NUMA_NO_NODE            (-1)
#define LOCAL_DISTANCE          10
#define REMOTE_DISTANCE         20
#define RECLAIM_DISTANCE        30
#define SWAP_CLUSTER_MAX        32
#define DEF_PRIORITY            12
#define MAX_RECLAIM_RETRIES     16
#define PCP_BATCH_SCALE_MAX     5
#define PAGE_ALLOC_COSTLY_ORDER 3
#define MAX_STAT_THRESHOLD      125 /* per-CPU parts of counters are signed bytes */
#define NR_PCP_LISTS            14  /* orders 0..3 of three types, order 9: others, movable */

enum zone_watermarks {
	WMARK_MIN,
	WMARK_LOW,
	WMARK_HIGH,
	WMARK_PROMO,
	NR_WMARK,
};

enum zone_flag {
	ZONE_BOOSTED_WATERMARK = 1, /* kswapd is to be woken at the next allocation */
	ZONE_RECLAIM_ACTIVE = 2,    /* kswapd works here: per-CPU lists are kept short */
};

struct free_area {
	struct page_list free_list[MIGRATE_TYPES];
	uint64_t nr_free;                     /* blocks, over all types */
	uint32_t nr_free_type[MIGRATE_TYPES]; /* blocks on each list */
};

enum lru_list {
	LRU_INACTIVE_ANON,
	LRU_ACTIVE_ANON,
	LRU_INACTIVE_FILE,
	LRU_ACTIVE_FILE,
	LRU_UNEVICTABLE,
	NR_LRU_LISTS,
};

/*
 * A counter changes by delta on a CPU, which keeps its changes to itself, in *kept, until they are
 * more than threshold: then others see them (mm/vmstat.c, __mod_zone_page_state).
 */
static inline void cpu_stat_add(int64_t *seen, int *kept, int threshold, int64_t delta)
{
	int64_t x = *kept + delta;

	if (__builtin_expect(x > threshold || x < -threshold, 0)) {
		*seen += x;
		x = 0;
	}
	*kept = (int)x;
}

/* A CPU's own lists of one zone. */
struct per_cpu_pages {
	int count; /* pages on the lists */
	int high;
	int batch;
	int free_factor;
	int expire;
	int stat_threshold;            /* how far a counter's per-CPU part may go */
	int free_diff;                 /* NR_FREE_PAGES not yet folded into the zone */
	bool other_diff;               /* another counter of the zone has a part not yet folded */
	int lru_diff[LRU_UNEVICTABLE]; /* sizes of lists, likewise; see lru_zone_seen */
	struct page_list lists[NR_PCP_LISTS];
};

struct pglist_data;

/* Counters of a node of which CPUs keep a part to themselves: alloc/node_stat.h. */
enum node_stat_item {
	NR_INACTIVE_ANON, /* as enum lru_list */
	NR_ACTIVE_ANON,
	NR_INACTIVE_FILE,
	NR_ACTIVE_FILE,
	WORKINGSET_ACTIVATE_ANON,
	WORKINGSET_ACTIVATE_FILE,
	NR_FILE_DIRTY,
	NR_WRITEBACK,
	NR_DIRTIED,
	NR_WRITTEN,
	NR_VM_NODE_STAT_ITEMS,
};

/* What a CPU keeps of the counters of a node, pages. */
struct per_cpu_nodestat {
	int vm_node_stat_diff[NR_VM_NODE_STAT_ITEMS];
};

/* Where compaction of a zone goes on, and how long it is put off; see alloc/compaction.c. */
struct zone_compaction {
	pfn_t cached_free_pfn;       /* 0: not set yet */
	pfn_t cached_migrate_pfn[2]; /* asynchronous, synchronous; 0: not set yet */
	pfn_t init_migrate_pfn,
	    init_free_pfn;    /* first candidates when the skip bits were cleared */
	bool blockskip_flush; /* the skip bits are to be cleared */
	unsigned considered;  /* attempts since the last run */
	unsigned defer_shift; /* 2^so many attempts pass between two runs */
	int order_failed;     /* orders below are not put off */
};

struct zone {
	const char *name; /* "DMA32" */
	int idx;          /* enum zone_type */
	struct pglist_data *node;
	uint64_t _watermark[NR_WMARK];
	uint64_t watermark_boost;
	uint64_t nr_reserved_highatomic; /* pages */
	uint64_t nr_isolate_pageblock;
	int64_t lowmem_reserve[MAX_NR_ZONES]; /* pages kept from requests for zone j */
	pfn_t zone_start_pfn;                 /* 0 when nothing is spanned */
	pages_t spanned_pages;
	pages_t present_pages;
	pages_t present_early_pages; /* present at boot */
	pages_t managed_pages;
	pages_t cma_pages; /* of these, in pageblocks of the type CMA */
	bool contiguous;
	unsigned flags; /* enum zone_flag */
	int pageset_high;
	int pageset_batch;
	uint64_t percpu_drift_mark;
	struct zone_compaction compaction;
	struct free_area free_area[MAX_ORDER];
	int64_t nr_free_cma;       /* pages on the lists of the type CMA; free as well */
	int64_t nr_free_global;    /* NR_FREE_PAGES without the per-CPU parts */
	struct per_cpu_pages *pcp; /* owned; by CPU; NULL while the zone is empty */
	struct zone_stat stat;     /* counters and sampled values, metric.def */
	struct pagetype_stat pagetype[MIGRATE_TYPES]; /* as they were sampled last */
};

struct zoneref {
	struct zone *zone;
	int zone_idx;
};

/* Zones in order of preference; ends with zone NULL. */
struct zonelist {
	struct zoneref *ref; /* owned */
	int n;
};

enum zonelist_index {
	ZONELIST_FALLBACK,
	ZONELIST_NOFALLBACK, /* __GFP_THISNODE */
	MAX_ZONELISTS,
};

enum pgdat_flag {
	PGDAT_DIRTY = 1,
	PGDAT_WRITEBACK = 2,
	LRUVEC_CONGESTED = 4, /* in the kernel of the lruvec: a node has one here */
};

/* Why a task is held back in reclaim. */
enum vmscan_throttle_state {
	VMSCAN_THROTTLE_WRITEBACK,
	VMSCAN_THROTTLE_ISOLATED,
	VMSCAN_THROTTLE_NOPROGRESS,
	VMSCAN_THROTTLE_CONGESTED,
	NR_VMSCAN_THROTTLE,
};

#define LRU_READERS 8

/* Where the host reads a list ahead of reclaim; a hint, see reclaim/lru_ahead.h. */
struct lru_ahead {
	uint32_t *note;    /* owned; frames of milestones: a ring; NULL: none yet */
	uint32_t nr_slots; /* of it, a power of two */
	uint32_t first;    /* position of the milestone that reclaim comes to next */
	uint32_t begun;    /* readers were sent to those before this position */
	uint32_t end;      /* behind the note made last */
	uint32_t since;    /* pages added since then */
	uint32_t lead;     /* milestones that readers were sent to and reclaim has not reached */
	uint32_t next_reader, turn;   /* who is sent next, whose step is next; modulo LRU_READERS */
	uint32_t reader[LRU_READERS]; /* frame that is read; 0: at the end */
};

/* The page lists of a node (one memory control group: the root). */
struct lruvec {
	struct page_list lists[NR_LRU_LISTS];
	struct lru_ahead ahead[LRU_UNEVICTABLE];
	uint64_t lru_zone_size[MAX_NR_ZONES][NR_LRU_LISTS]; /* pages */
	/* The same without what CPUs keep to themselves: where there are no control groups. */
	int64_t lru_zone_seen[MAX_NR_ZONES][LRU_UNEVICTABLE];
	uint64_t anon_cost, file_cost;
	uint64_t nonresident_age;
	struct list shadow_nodes; /* index leaves that hold only shadows, oldest first */
	uint64_t nr_shadow_nodes;
	uint64_t refaults[2]; /* workingset_activate, anon and file, at the last round */
};

struct pglist_data {
	struct linux_vm *vm;
	int node_id;
	bool online;
	struct zone zones[MAX_NR_ZONES];
	struct zonelist zonelists[MAX_ZONELISTS];
	int nr_zones; /* highest populated zone plus one */
	pfn_t node_start_pfn;
	pages_t node_spanned_pages;
	pages_t node_present_pages;
	pages_t totalreserve_pages;
	pages_t min_unmapped_pages;
	pages_t min_slab_pages;
	int stat_threshold;
	int64_t nr_shmem; /* pages of shared memory, a part of nr_file_pages */
	struct lruvec lruvec;
	unsigned flags; /* enum pgdat_flag */

	struct task *kswapd;
	struct wait_queue kswapd_wait;
	struct wait_queue pfmemalloc_wait;
	int kswapd_order;
	int kswapd_highest_zoneidx; /* MAX_NR_ZONES: nothing asked for */
	int kswapd_failures;
	bool kswapd_sleeping;
	struct task *kcompactd;
	struct wait_queue kcompactd_wait;
	int kcompactd_max_order;        /* what kcompactd was asked for; 0: nothing */
	int kcompactd_highest_zoneidx;  /* lowest limit asked for */
	bool proactive_compact_trigger; /* kcompactd is to look at the fragmentation now */
	uint64_t kcompactd_looks_at;    /* jiffies of one of its looks; 0: as it began */

	struct wait_queue reclaim_wait[NR_VMSCAN_THROTTLE];
	int nr_writeback_throttled;
	int64_t nr_reclaim_start; /* nr_throttled_written when the first was held back */
	bool reclaim_locked;      /* node_reclaim runs */

	struct node_stat stat;                      /* counters and sampled values, metric.def */
	int64_t vm_stat[NR_VM_NODE_STAT_ITEMS];     /* without what CPUs keep to themselves */
	struct per_cpu_nodestat *per_cpu_nodestats; /* owned; by CPU; NULL: all is seen at once */
};

static inline uint64_t wmark_pages(const struct zone *z, enum zone_watermarks w)
{
	return z->_watermark[w] + z->watermark_boost;
}

static inline bool populated_zone(const struct zone *z)
{
	return z->present_pages != 0;
}

static inline bool managed_zone(const struct zone *z)
{
	return z->managed_pages != 0;
}

static inline pfn_t zone_end_pfn(const struct zone *z)
{
	return z->zone_start_pfn + z->spanned_pages;
}
#endif
