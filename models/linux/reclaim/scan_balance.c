/*
 * scan_balance.c - how many pages of each list a pass looks at
 *
 * A pass at priority p looks at size >> p of each list.  Which kind is spared,
 * or gets less, depends on what it cost lately to give up pages of it: writes
 * to swap and pages that had to be read again.
 */
#include "models/linux/reclaim/scan_balance.h"

static bool is_file(int lru)
{
	return lru == LRU_INACTIVE_FILE || lru == LRU_ACTIVE_FILE;
}

bool inactive_is_low(uint64_t inactive, uint64_t active)
{
	uint64_t gb = (inactive + active) >> (30 - PAGE_SHIFT);
	uint64_t ratio = gb ? isqrt_u64(10 * gb) : 1;

	return inactive * ratio < active;
}

void prepare_scan_count(const struct scan_inputs *in, struct scan_modes *modes)
{
	const uint64_t *size = in->size;

	for (int type = ANON; type <= FILE_; type++) {
		int inactive = type == FILE_ ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON;

		modes->may_deactivate[type] = in->force_deactivate || in->refaults_moved[type] ||
					      inactive_is_low(size[inactive], size[inactive + 1]);
	}
	modes->cache_trim_mode =
	    size[LRU_INACTIVE_FILE] >> in->priority && !modes->may_deactivate[FILE_];
	modes->file_is_tiny =
	    size[LRU_INACTIVE_FILE] + size[LRU_ACTIVE_FILE] + in->free <= in->high &&
	    !modes->may_deactivate[ANON] && size[LRU_INACTIVE_ANON] >> in->priority;
}

static enum scan_balance choose_balance(const struct scan_inputs *in,
					const struct scan_modes *modes)
{
	if (!in->may_swap || !in->has_swap)
		return SCAN_FILE;
	if (in->priority == 0 && in->swappiness)
		return SCAN_EQUAL;
	if (modes->file_is_tiny)
		return SCAN_ANON;
	return modes->cache_trim_mode ? SCAN_FILE : SCAN_FRACT;
}

/* The share of each kind: the less it cost and the more swappiness favours it, the more. */
static void fractions(const struct scan_inputs *in, uint64_t fraction[NR_SCAN_TYPES])
{
	uint64_t total = in->anon_cost + in->file_cost;
	uint64_t anon_cost = total + in->anon_cost, file_cost = total + in->file_cost;

	total = anon_cost + file_cost;
	fraction[ANON] = in->swappiness * (total + 1) / (anon_cost + 1);
	fraction[FILE_] = (200 - in->swappiness) * (total + 1) / (file_cost + 1);
}

enum scan_balance get_scan_count(const struct scan_inputs *in, const struct scan_modes *modes,
				 uint64_t targets[NR_LRU_LISTS])
{
	enum scan_balance balance = choose_balance(in, modes);
	uint64_t fraction[NR_SCAN_TYPES];

	fractions(in, fraction);
	targets[LRU_UNEVICTABLE] = 0;
	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
		uint64_t scan = in->eligible[lru] >> in->priority;

		switch (balance) {
		case SCAN_EQUAL:
			break;
		case SCAN_FRACT:
			scan = scan * fraction[is_file(lru)] / (fraction[ANON] + fraction[FILE_]);
			break;
		case SCAN_FILE:
		case SCAN_ANON:
			if ((balance == SCAN_FILE) != is_file(lru))
				scan = 0;
			break;
		}
		targets[lru] = scan;
	}
	return balance;
}

void scan_deal_init(struct scan_deal *d, const uint64_t targets[NR_LRU_LISTS],
		    uint64_t nr_to_reclaim, bool kswapd, int priority)
{
	for (int lru = 0; lru < NR_LRU_LISTS; lru++)
		d->nr[lru] = d->targets[lru] = targets[lru];
	d->nr_to_reclaim = nr_to_reclaim;
	d->nr_reclaimed = 0;
	/* so that a task does not take all of what it needs from one kind */
	d->proportional = !kswapd && priority == DEF_PRIORITY;
}

bool scan_deal_end_turn(struct scan_deal *d)
{
	uint64_t *nr = d->nr, *targets = d->targets;
	uint64_t nr_file = nr[LRU_INACTIVE_FILE] + nr[LRU_ACTIVE_FILE];
	uint64_t nr_anon = nr[LRU_INACTIVE_ANON] + nr[LRU_ACTIVE_ANON];
	bool file_more = nr_file > nr_anon;
	int small = file_more ? LRU_INACTIVE_ANON : LRU_INACTIVE_FILE;
	int large = file_more ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON;
	uint64_t rest = file_more ? nr_anon : nr_file;
	uint64_t percentage = rest * 100 / (targets[small] + targets[small + 1] + 1);

	if (d->nr_reclaimed < d->nr_to_reclaim || d->proportional)
		return true;
	if (!nr_file || !nr_anon)
		return false;
	nr[small] = nr[small + 1] = 0;
	for (int lru = large; lru <= large + 1; lru++) {
		uint64_t done = targets[lru] - nr[lru];
		uint64_t want = targets[lru] * (100 - percentage) / 100;

		nr[lru] = want - (want < done ? want : done);
	}
	return true;
}
