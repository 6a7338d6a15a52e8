/*
 * naive.h - a second page allocator, without any cleverness
 *
 * Every list is an array that is searched and shifted; whatever can be looked up page by page is.
 * It knows nothing of the first one but the numbers of its flags.
 */
#ifndef MMSIM_TESTS_NAIVE_H
#define MMSIM_TESTS_NAIVE_H

#include "models/linux/alloc/page_alloc.h"

#define NAIVE_PAGES      32768u /* frames 0..NAIVE_PAGES - 1 */
#define NAIVE_BLOCKS     (NAIVE_PAGES / 512)
#define NAIVE_ZONE_PAGES 4096u /* the largest zone */
#define NAIVE_ZONES      5     /* most there are */
#define NAIVE_CPUS       2     /* CPU i is on node i, if there are two */
#define NAIVE_NODES      2

struct naive_entry {
	uint16_t pfn;
	uint8_t type; /* remembered on a CPU's list */
};

struct naive_row {
	struct naive_entry at[NAIVE_ZONE_PAGES];
	int n;
};

struct naive_cpu {
	struct naive_row list[14];
	int count, high, batch, free_factor, expire;
	long delta, threshold; /* of the free pages */
};

struct naive_zone {
	int node, idx;
	uint32_t start, end;
	long managed;
	long mark[3]; /* min, low, high */
	long boost, highatomic, isolated, drift_mark;
	long reserve[5]; /* kept from requests limited to zone j */
	bool boosted, reclaim_active;
	struct naive_row list[11][MIGRATE_TYPES];
	struct naive_cpu cpu[NAIVE_CPUS];
	long free_global; /* free pages, without the deltas */
	long pgalloc, hit, miss, foreign, local, other;
};

struct naive {
	struct naive_zone zone[NAIVE_ZONES];
	int nr_zones, nr_nodes;
	int cpu_node[NAIVE_CPUS];
	bool grouping_disabled, numa_stat;
	long boost_factor;

	/* by frame */
	int8_t order_at[NAIVE_PAGES]; /* of the free block that begins here, -1: none */
	uint8_t list_at[NAIVE_PAGES];
	bool reserved[NAIVE_PAGES], lru[NAIVE_PAGES], movable[NAIVE_PAGES];
	uint8_t refs[NAIVE_PAGES];
	uint16_t head[NAIVE_PAGES]; /* of the compound page it belongs to, 0: none */
	uint8_t head_order[NAIVE_PAGES];

	uint8_t bits[NAIVE_BLOCKS]; /* type, and 8: skip */
	long pgfree;
	int kswapd_order[NAIVE_NODES], kswapd_idx[NAIVE_NODES]; /* what it was asked for */
};

/* What one request got. */
struct naive_answer {
	uint32_t pfn; /* 0: nothing */
	bool pfmemalloc;
};

struct naive_zone *naive_zone_of(struct naive *m, uint32_t pfn); /* NULL: a hole */
int naive_type(const struct naive *m, uint32_t pfn);
long naive_snapshot(const struct naive_zone *z);
void naive_count_free(struct naive_zone *z, int cpu, long pages);

/* The buddy lists; cpu -1: no CPU's part of the counter. */
void naive_free_block(struct naive *m, int cpu, uint32_t pfn, int order, int type, bool to_tail);
uint32_t naive_take_block(struct naive *m, struct naive_zone *z, int order, int type,
			  unsigned flags);
uint32_t naive_smallest(struct naive *m, struct naive_zone *z, int order, int type);
void naive_reserve(struct naive *m, uint32_t pfn);
bool naive_unreserve_zone(struct naive *m, struct naive_zone *z, int type);
bool naive_unreserve(struct naive *m, int node, int limit, int type, bool force);

/* A CPU's lists. */
bool naive_has_cpu_lists(int order);
uint32_t naive_pcp_take(struct naive *m, struct naive_zone *z, int cpu, int order, int type,
			unsigned flags, bool halve);
/* by: the CPU that does it and counts. */
void naive_drain_zone(struct naive *m, struct naive_zone *z, int cpu, int by);
void naive_fold(struct naive *m, int cpu, bool expire);

/* Requests. */
bool naive_ok(const struct naive_zone *z, int order, long mark, int limit, unsigned flags,
	      long free_pages);
bool naive_fast(const struct naive_zone *z, int order, long mark, int limit, unsigned flags,
		gfp_t gfp);
struct naive_answer naive_alloc(struct naive *m, int cpu, gfp_t gfp, int order, int node,
				unsigned nodemask);
uint32_t naive_exact(struct naive *m, int cpu, gfp_t gfp, int pages, int node);
int naive_bulk(struct naive *m, int cpu, gfp_t gfp, int want, int node, uint32_t *got);
void naive_free(struct naive *m, int cpu, uint32_t pfn, int order);

/* Whole pageblocks. */
void naive_set_bits(struct naive *m, uint32_t pfn, unsigned flags, unsigned mask);
bool naive_isolate(struct naive *m, int cpu, uint32_t start, uint32_t end, int type);
void naive_undo(struct naive *m, int cpu, uint32_t start, uint32_t end, int type);
bool naive_test_isolated(const struct naive *m, uint32_t start, uint32_t end);
#endif
