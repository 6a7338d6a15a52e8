/*
 * naive_compaction.h - a second model of compaction, without any cleverness
 *
 * Every list is an array that is searched and shifted, every frame an entry of a flat table; it was
 * written from the rules alone.
 */
#ifndef MMSIM_TESTS_NAIVE_COMPACTION_H
#define MMSIM_TESTS_NAIVE_COMPACTION_H

#include <string.h>

#include "models/linux/alloc/compaction.h"

#define MAX_FRAMES 32768u /* of the machine; all frames are known by their number in it */
#define MAX_BLOCKS (MAX_FRAMES / 512)
#define NR_ORDERS  11
#define NR_TYPES   MIGRATE_TYPES
#define MAX_INDEX  (1u << 20) /* pages of the file */
#define BATCH      15

/* What a page takes along when it moves. */
#define PAGE_STATE                                                                                 \
	(PG_referenced | PG_uptodate | PG_dirty | PG_active | PG_workingset | PG_unevictable |     \
	 PG_mlocked)

struct row {
	uint32_t pfn[MAX_FRAMES];
	uint8_t type[MAX_FRAMES]; /* remembered, on a CPU's list */
	int n;
};

struct frame {
	int order;     /* of the free block that begins here, -1: none */
	int list;      /* its type */
	int compound;  /* order of the compound page it is a part of, 0: none */
	uint32_t head; /* of that page */
	bool lru;      /* on an LRU list */
	bool cache;    /* a page of the file */
	uint32_t index;
	uint32_t state; /* PAGE_STATE, PG_locked, PG_writeback */
	int refs;
};

struct naive {
	uint32_t start, end; /* of the zone */
	struct frame frame[MAX_FRAMES];
	struct row list[NR_ORDERS][NR_TYPES]; /* first: head */
	struct row pcp[14];
	int count, high, batch, free_factor;
	struct row lru[NR_LRU_LISTS]; /* first: tail */
	uint32_t add[BATCH];          /* on the way to a list */
	int nr_add;
	int type[MAX_BLOCKS];
	bool skip[MAX_BLOCKS];

	long free_pages, reserved, boost;
	long mark[3], lowmem_reserve[MAX_NR_ZONES];

	uint64_t cached_free, cached_migrate[2], init_migrate, init_free;
	bool flush;
	unsigned considered, shift;
	int failed_order;

	int threshold, proactiveness;
	bool unevictable_allowed;

	struct {
		long migrate_scanned, free_scanned, isolated, moved, not_moved, freed;
	} count_of;
};

/* One compaction. */
struct run {
	/* what is wanted */
	int order;
	gfp_t gfp;
	unsigned flags;
	int classzone;
	int mode; /* enum migrate_mode */
	bool whole, ignore_skip, ignore_type, direct, proactive;
	/* on its way */
	int search_order, type;
	uint64_t migrate, free;
	uint64_t fast_start;
	bool fast_start_used;
	unsigned fast_fail;
	bool rescan;
	struct row sources, targets; /* first: head */
	int pending;                 /* sources of this round */
	uint32_t captured;
};

static inline void row_insert(struct row *r, int at, uint32_t pfn, int type)
{
	memmove(&r->pfn[at + 1], &r->pfn[at], sizeof(r->pfn[0]) * (size_t)(r->n - at));
	memmove(&r->type[at + 1], &r->type[at], (size_t)(r->n - at));
	r->pfn[at] = pfn;
	r->type[at] = (uint8_t)type;
	r->n++;
}

static inline uint32_t row_remove(struct row *r, int at)
{
	uint32_t pfn = r->pfn[at];

	r->n--;
	memmove(&r->pfn[at], &r->pfn[at + 1], sizeof(r->pfn[0]) * (size_t)(r->n - at));
	memmove(&r->type[at], &r->type[at + 1], (size_t)(r->n - at));
	return pfn;
}

static inline int row_find(const struct row *r, uint32_t pfn)
{
	int i = 0;

	while (i < r->n && r->pfn[i] != pfn)
		i++;
	SIM_ASSERT(i < r->n);
	return i;
}

/* The first n entries go to the end, in their order. */
static inline void row_rotate(struct row *r, int n)
{
	while (n--) {
		uint32_t pfn = row_remove(r, 0);

		row_insert(r, r->n, pfn, 0);
	}
}

static inline uint64_t bs(uint64_t pfn)
{
	return pfn / 512 * 512;
}

static inline uint64_t be(uint64_t pfn)
{
	return bs(pfn) + 512;
}

static inline uint64_t max_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t min_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* First frame behind the chunk of 2^order that has pfn. */
static inline uint64_t chunk_end(uint64_t pfn, int order)
{
	return ((pfn >> order) + 1) << order;
}

/* ---- naive_compaction_lists.c ---- */

void nc_take(struct naive *m, uint32_t pfn);
int nc_nr_free(const struct naive *m, int order);
void nc_drain_all(struct naive *m, struct run *c);
void nc_free_page(struct naive *m, struct run *c, uint32_t pfn);
void nc_lru_remove(struct naive *m, uint32_t pfn);
void nc_batch_flush(struct naive *m);
void nc_batch_add(struct naive *m, uint32_t pfn);
void nc_put_back(struct naive *m, struct run *c);
bool nc_ok(const struct naive *m, int order, long mark, int classzone, unsigned flags,
	   long free_pages);
long nc_score(const struct naive *m);
int nc_suitable(const struct naive *m, int order, unsigned flags, int classzone);
void nc_defer(struct naive *m, int order);
bool nc_deferred(struct naive *m, int order);
void nc_defer_reset(struct naive *m, int order);
bool nc_is_huge(const struct naive *m, uint64_t pfn);
void nc_reset_skip_bits(struct naive *m);
void nc_update_cached_migrate(struct naive *m, const struct run *c, uint64_t pfn);

/* ---- naive_compaction.c ---- */

int nc_compact(struct naive *m, struct run *c);
int nc_compact_direct(struct naive *m, struct run *c, int prio);
#endif
