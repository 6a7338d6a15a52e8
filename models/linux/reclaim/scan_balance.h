/*
 * scan_balance.h - how many pages of each list a pass looks at
 *
 * Like:        Linux 6.1, mm/vmscan.c: prepare_scan_count, get_scan_count, inactive_is_low, the
 *              loop of shrink_lruvec
 * Left out:    memory control groups: protection, offlined ones, swappiness of their own
 *
 * Nothing here touches a page: numbers go in and numbers come out.
 *
 *	struct scan_inputs -> prepare_scan_count -> struct scan_modes
 *	                   -> get_scan_count     -> a target for each list
 *	                   -> scan_deal_*        -> turns of at most 32 pages a list
 */
#ifndef MMSIM_LINUX_SCAN_BALANCE_H
#define MMSIM_LINUX_SCAN_BALANCE_H

#include "models/linux/mmzone.h"

enum { ANON, FILE_, NR_SCAN_TYPES }; /* kinds of pages: index of pairs */

/* All that the targets of one pass depend on.  Sizes in pages. */
struct scan_inputs {
	uint64_t size[NR_LRU_LISTS];     /* of the lists */
	uint64_t eligible[NR_LRU_LISTS]; /* of these, in zones that the reclaim is for */
	uint64_t free;                   /* of the node's zones */
	uint64_t high;                   /* sum of their high watermarks, boosts included */
	uint64_t anon_cost, file_cost;
	uint64_t swappiness;                /* 0..200 */
	bool refaults_moved[NR_SCAN_TYPES]; /* workingset_activate is not what it was */
	bool force_deactivate;
	bool may_swap;
	bool has_swap; /* a place in swap is free */
	int priority;
};

struct scan_modes {
	bool may_deactivate[NR_SCAN_TYPES];
	bool cache_trim_mode; /* file pages alone: there are plenty of unused ones */
	bool file_is_tiny;    /* anonymous pages alone: hardly any others are left */
};

enum scan_balance {
	SCAN_EQUAL,
	SCAN_FRACT,
	SCAN_ANON,
	SCAN_FILE,
};

/* Whether the inactive list of a kind is short against the active one: from sizes alone. */
bool inactive_is_low(uint64_t inactive, uint64_t active);

void prepare_scan_count(const struct scan_inputs *in, struct scan_modes *modes);

/* Pages of each list to look at in this pass; the unevictable list: 0. */
enum scan_balance get_scan_count(const struct scan_inputs *in, const struct scan_modes *modes,
				 uint64_t targets[NR_LRU_LISTS]);

/* How the targets of a pass are dealt out. */
struct scan_deal {
	uint64_t targets[NR_LRU_LISTS];
	uint64_t nr[NR_LRU_LISTS]; /* still to be looked at */
	uint64_t nr_to_reclaim;
	uint64_t nr_reclaimed; /* the caller adds what each scan gave */
	bool proportional;     /* all of it, however much is reclaimed */
};

/* A pass with these targets, of a direct reclaim or kswapd, at a priority. */
void scan_deal_init(struct scan_deal *d, const uint64_t targets[NR_LRU_LISTS],
		    uint64_t nr_to_reclaim, bool kswapd, int priority);
/* Whether there is another turn. */
static inline bool scan_deal_more(const struct scan_deal *d)
{
	return d->nr[LRU_INACTIVE_ANON] || d->nr[LRU_ACTIVE_FILE] || d->nr[LRU_INACTIVE_FILE];
}
/* In a turn each list is asked once, in the order of enum lru_list: pages to look at, 0: none. */
static inline uint64_t scan_deal_take(struct scan_deal *d, enum lru_list lru)
{
	uint64_t n = d->nr[lru] < SWAP_CLUSTER_MAX ? d->nr[lru] : SWAP_CLUSTER_MAX;

	d->nr[lru] -= n;
	return n;
}
/*
 * The end of a turn.  If enough is reclaimed the kind with less left is not looked at any more, and
 * the other only as far as the first one got, so that both are cut in proportion.  False: the pass
 * ends here.
 */
bool scan_deal_end_turn(struct scan_deal *d);
#endif
