/*
 * compaction.h - make large free blocks by moving pages together
 *
 *	zone   |u.u..uu..|.u..u....|.........|..u......|........u|
 *	        ^ pages in use are taken here      free frames are taken here ^
 *	        migrate scanner ->                          <- free scanner
 *
 * Both scanners walk towards each other; where they meet the zone is done.  Blocks in which there
 * is nothing to get are marked to be skipped next time.
 *
 * Like:        Linux 6.1.192, mm/compaction.c: suitability and deferral, cached positions, skip
 *              bits, both fast searches with their rotation of the free lists, kcompactd, proactive
 *              compaction
 * Left out:    lock contention; large pages, movable pages outside the LRU lists
 */
#ifndef MMSIM_LINUX_COMPACTION_H
#define MMSIM_LINUX_COMPACTION_H

#include "models/linux/alloc/migrate.h"
#include "models/linux/alloc/page_alloc.h"

#define COMPACT_CLUSTER_MAX     32 /* pages moved at a time */
#define COMPACT_MAX_DEFER_SHIFT 6
#define COMPACT_WHOLE_ZONE      (-1) /* order: no block is wanted, all shall be compact */

/* How hard a direct compaction tries; lower is harder. */
enum compact_priority {
	COMPACT_PRIO_SYNC_FULL,
	COMPACT_PRIO_SYNC_LIGHT,
	COMPACT_PRIO_ASYNC,
	MIN_COMPACT_PRIORITY = COMPACT_PRIO_SYNC_FULL,
	MIN_COMPACT_COSTLY_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
	DEF_COMPACT_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
	INIT_COMPACT_PRIORITY = COMPACT_PRIO_ASYNC,
};

/* In the order in which results of several zones outweigh each other. */
enum compact_result {
	COMPACT_NOT_SUITABLE_ZONE, /* for the tracepoint: the index speaks against it */
	COMPACT_SKIPPED,           /* too few free pages, or not allowed */
	COMPACT_DEFERRED,
	COMPACT_NO_SUITABLE_PAGE, /* for the tracepoint: goes on */
	COMPACT_CONTINUE,
	COMPACT_COMPLETE,        /* the whole zone was scanned, in vain */
	COMPACT_PARTIAL_SKIPPED, /* a part of it was */
	COMPACT_CONTENDED,
	COMPACT_SUCCESS,
};

/* One compaction on its way. */
struct compact_control {
	/* asked for */
	struct zone *zone;
	int order; /* of the block wanted; COMPACT_WHOLE_ZONE: none */
	gfp_t gfp;
	unsigned alloc_flags; /* enum alloc_flag: the mark the request must pass */
	int highest_zoneidx;
	enum migrate_mode mode;
	bool whole_zone;
	bool ignore_skip_hint, no_set_skip_hint;
	bool ignore_block_suitable;
	bool direct_compaction;
	bool proactive_compaction;
	bool alloc_contig;

	/* on the way; compact_zone() sets all but search_order, which begins as order */
	int search_order; /* of the fast search for targets */
	int migratetype;  /* of the request */
	pfn_t migrate_pfn, free_pfn;
	pfn_t fast_start_pfn; /* lowest block the fast search found; 0 none, PFN_USED_UP */
	unsigned fast_search_fail;
	bool rescan; /* the block of the last round again, this time to its end */
	bool contended;
	struct page_list migratepages, freepages;
	unsigned nr_migratepages, nr_freepages;
	uint64_t total_migrate_scanned, total_free_scanned;
};

/* A block that a task's own compaction made free and that nobody else shall get. */
struct capture_control {
	const struct compact_control *cc;
	uint32_t pfn; /* 0: none yet */
};

/* ---- compaction.c: whether, how long, with what result ---- */

/* Per 1000: whether a failure of this order would be due to lack of memory (0) or to
 * fragmentation (1000); -1000: it would not fail. */
int fragmentation_index(const struct zone *zone, int order);
/* Percent of the free pages that are in blocks too small for the order. */
unsigned extfrag_for_order(const struct zone *zone, int order);
/* The same per 1000; 1000 without free pages. */
unsigned unusable_free_index(const struct zone *zone, int order);
/* 0..100: how fragmented a zone is for huge pages; a node, its zones weighted by size. */
unsigned fragmentation_score_zone(const struct zone *zone);
unsigned fragmentation_score_node(const struct pglist_data *node);
/* The score at which proactive compaction stops (low) or starts. */
unsigned fragmentation_score_wmark(const struct linux_vm *vm, bool low);

/* Free pages wanted beyond the mark: sources and targets of the pages of a block. */
static inline uint64_t compact_gap(int order)
{
	return 2ULL << order;
}

/* Continue, success (nothing to do) or skipped; free pages as given, without a word on the index.
 */
enum compact_result __compaction_suitable(const struct zone *zone, int order, unsigned alloc_flags,
					  int highest_zoneidx, int64_t free_pages);
enum compact_result compaction_suitable(const struct linux_vm *vm, const struct zone *zone,
					int order, unsigned alloc_flags, int highest_zoneidx);

void defer_compaction(struct linux_vm *vm, struct zone *zone, int order);
/* Counts the attempt. */
bool compaction_deferred(struct linux_vm *vm, struct zone *zone, int order);
/* success: a page was really allocated. */
void compaction_defer_reset(struct linux_vm *vm, struct zone *zone, int order, bool success);
bool compaction_restarting(const struct zone *zone, int order);
/* kswapd, before it sleeps: clears the skip bits of zones whose scanners met. */
void reset_isolation_suitable(struct linux_vm *vm, struct pglist_data *node);

enum compact_result compact_zone(struct task *t, struct compact_control *cc,
				 struct capture_control *capc);

struct alloc_context;
/* For a request: the zones of its list.  *captured: a block it may have at once; 0: none. */
enum compact_result try_to_compact_pages(struct task *t, gfp_t gfp, int order, unsigned alloc_flags,
					 const struct alloc_context *ac, enum compact_priority prio,
					 uint32_t *captured);
/* Whether reclaim could make compaction possible in one of the zones of the request. */
bool compaction_zonelist_suitable(const struct linux_vm *vm, const struct alloc_context *ac,
				  int order, unsigned alloc_flags);
/* vm.compact_memory: everything. */
void compact_nodes(struct task *t);

/* ---- compact_source.c, compact_target.c: the two scanners; compact_block.c ---- */

#define PFN_USED_UP UINT64_MAX

enum isolate_result {
	ISOLATE_ABORT,   /* too much is isolated already */
	ISOLATE_NONE,    /* nothing here, go on */
	ISOLATE_SUCCESS, /* cc->migratepages has pages */
};

/* Takes pages to move from the next suitable block. */
enum isolate_result isolate_migratepages(struct task *t, struct compact_control *cc);
/* The same in [start, end), whatever the blocks are; moves cc->migrate_pfn.  0, -EAGAIN, -EINTR. */
int isolate_migratepages_range(struct task *t, struct compact_control *cc, pfn_t start, pfn_t end);
/* new_page_fn and free_page_fn of a compaction; arg: the compact_control. */
new_page_fn compaction_alloc;
free_page_fn compaction_free;
/* Frees the targets that were not needed; the highest of them, 0: there were none. */
pfn_t release_freepages(struct task *t, struct compact_control *cc);
bool compact_scanners_met(const struct compact_control *cc);
/* Clears the skip bits of a zone and finds the first candidates of both scanners anew. */
void __reset_isolation_suitable(struct linux_vm *vm, struct zone *zone);

/* ---- kcompactd.c ---- */

void kcompactd_start(struct linux_vm *vm);
void wakeup_kcompactd(struct linux_vm *vm, struct pglist_data *node, int order,
		      int highest_zoneidx);

void compaction_check(struct check *c, struct sim *s);
extern const struct model compaction_model;
#endif
