/*
 * naive.c - a second page allocator, without any cleverness: lists and pageblocks
 *
 * Written from the description of what the kernel does, not from the first one: where the first has
 * links, side tables and short cuts, this one searches.
 */
#include <string.h>

#include "tests/unit/naive.h"

enum {
	UNMOVABLE = MIGRATE_UNMOVABLE,
	MOVABLE = MIGRATE_MOVABLE,
	RECLAIMABLE = MIGRATE_RECLAIMABLE,
	HIGHATOMIC = MIGRATE_HIGHATOMIC,
	ISOLATE = MIGRATE_ISOLATE,
};

/* ---- rows and frames ---- */

static void row_insert(struct naive_row *r, int at, uint32_t pfn, int type)
{
	memmove(&r->at[at + 1], &r->at[at], sizeof(r->at[0]) * (size_t)(r->n - at));
	r->at[at] = (struct naive_entry){ (uint16_t)pfn, (uint8_t)type };
	r->n++;
}

static void row_remove(struct naive_row *r, int at)
{
	r->n--;
	memmove(&r->at[at], &r->at[at + 1], sizeof(r->at[0]) * (size_t)(r->n - at));
}

static bool inside(const struct naive_zone *z, uint32_t pfn)
{
	return pfn >= z->start && pfn < z->end;
}

struct naive_zone *naive_zone_of(struct naive *m, uint32_t pfn)
{
	for (int i = 0; i < m->nr_zones; i++)
		if (inside(&m->zone[i], pfn))
			return &m->zone[i];
	return NULL;
}

int naive_type(const struct naive *m, uint32_t pfn)
{
	return m->bits[pfn / 512] % 8;
}

static void set_type(struct naive *m, uint32_t pfn, int type)
{
	if (m->grouping_disabled && type < 3)
		type = UNMOVABLE;
	m->bits[pfn / 512] = (uint8_t)(m->bits[pfn / 512] / 8 * 8 + type);
}

void naive_set_bits(struct naive *m, uint32_t pfn, unsigned flags, unsigned mask)
{
	for (unsigned bit = 1; bit <= 8; bit *= 2)
		if (mask & bit)
			m->bits[pfn / 512] = (uint8_t)(flags & bit ? m->bits[pfn / 512] | bit
								   : m->bits[pfn / 512] & ~bit);
}

static bool is_free(const struct naive_zone *z, const struct naive *m, uint32_t pfn, int order)
{
	return inside(z, pfn) && m->order_at[pfn] == order;
}

/* ---- the counter of free pages ---- */

void naive_count_free(struct naive_zone *z, int cpu, long pages)
{
	long x;

	if (cpu < 0) {
		z->free_global += pages;
		return;
	}
	x = z->cpu[cpu].delta + pages;
	if (x > z->cpu[cpu].threshold || x < -z->cpu[cpu].threshold) {
		z->free_global += x;
		x = 0;
	}
	z->cpu[cpu].delta = x;
}

long naive_snapshot(const struct naive_zone *z)
{
	long sum = z->free_global;

	for (int i = 0; i < NAIVE_CPUS; i++)
		sum += z->cpu[i].delta;
	return sum < 0 ? 0 : sum;
}

/* ---- free blocks ---- */

static void put(struct naive *m, struct naive_zone *z, uint32_t pfn, int order, int type, bool tail)
{
	struct naive_row *r = &z->list[order][type];

	row_insert(r, tail ? r->n : 0, pfn, 0);
	m->order_at[pfn] = (int8_t)order;
	m->list_at[pfn] = (uint8_t)type;
}

static void take(struct naive *m, struct naive_zone *z, uint32_t pfn)
{
	struct naive_row *r = &z->list[m->order_at[pfn]][m->list_at[pfn]];
	int i = 0;

	while (r->at[i].pfn != pfn)
		i++;
	row_remove(r, i);
	m->order_at[pfn] = -1;
}

void naive_free_block(struct naive *m, int cpu, uint32_t pfn, int order, int type, bool to_tail)
{
	struct naive_zone *z = naive_zone_of(m, pfn);
	bool likely = false;

	if (type != ISOLATE)
		naive_count_free(z, cpu, 1L << order);
	for (; order < 10; order++) {
		uint32_t pair = pfn ^ (1u << order);

		if (!is_free(z, m, pair, order))
			break;
		if (order >= 9 && naive_type(m, pair) != type &&
		    (type >= 3 || naive_type(m, pair) >= 3))
			break;
		take(m, z, pair);
		if (pair < pfn)
			pfn = pair;
	}
	if (order <= 8) {
		/* would the block twice as large find its pair free? */
		uint32_t parent = pfn / (2u << order) * (2u << order);

		likely = is_free(z, m, parent ^ (2u << order), order + 1);
	}
	put(m, z, pfn, order, type, to_tail || likely);
}

uint32_t naive_smallest(struct naive *m, struct naive_zone *z, int order, int type)
{
	for (int o = order; o <= 10; o++) {
		uint32_t pfn;

		if (!z->list[o][type].n)
			continue;
		pfn = z->list[o][type].at[0].pfn;
		take(m, z, pfn);
		while (o-- > order)
			put(m, z, pfn + (1u << o), o, type, false);
		return pfn;
	}
	return 0;
}

/* Free pages moved; *alike: pages of the block on an LRU list or movable without one. */
static int move_block(struct naive *m, struct naive_zone *z, uint32_t pfn, int type, int *alike)
{
	uint32_t start = pfn / 512 * 512, end = start + 512;
	int moved = 0;

	*alike = 0;
	if (!inside(z, start))
		start = pfn;
	if (!inside(z, end - 1))
		return 0;
	for (uint32_t p = start; p < end;) {
		int order = m->order_at[p];

		if (order < 0) {
			*alike += m->lru[m->head[p] ? m->head[p] : p] || m->movable[p];
			p++;
			continue;
		}
		take(m, z, p);
		put(m, z, p, order, type, true);
		p += 1u << order;
		moved += 1 << order;
	}
	return moved;
}

static const int other_types[3][2] = {
	[UNMOVABLE] = { RECLAIMABLE, MOVABLE },
	[MOVABLE] = { RECLAIMABLE, UNMOVABLE },
	[RECLAIMABLE] = { UNMOVABLE, MOVABLE },
};

static int fallback_type(const struct naive_zone *z, int order, int type)
{
	for (int i = 0; i < 2; i++)
		if (z->list[order][other_types[type][i]].n)
			return other_types[type][i];
	return -1;
}

static void boost(const struct naive *m, struct naive_zone *z, bool kswapd)
{
	long most =
	    z->mark[2] / 10000 * m->boost_factor + z->mark[2] % 10000 * m->boost_factor / 10000;

	if (!m->boost_factor || z->managed < 2048 || !most)
		return;
	if (most < 512)
		most = 512;
	z->boost = z->boost + 512 < most ? z->boost + 512 : most;
	if (kswapd)
		z->boosted = true;
}

static bool whole(const struct naive *m, int order, int type)
{
	return order >= 4 || type == UNMOVABLE || type == RECLAIMABLE || m->grouping_disabled;
}

static void steal(struct naive *m, struct naive_zone *z, uint32_t pfn, int order, int type,
		  bool kswapd)
{
	int old = naive_type(m, pfn), movable, moved, alike = 0;

	if (old != HIGHATOMIC && order >= 9) {
		for (uint32_t p = pfn; p < pfn + (1u << order); p += 512)
			set_type(m, p, type);
	} else if (old != HIGHATOMIC) {
		boost(m, z, kswapd);
		moved = whole(m, order, type) ? move_block(m, z, pfn, type, &movable) : 0;
		if (moved) {
			if (type == MOVABLE)
				alike = movable;
			else if (old == MOVABLE)
				alike = 512 - (moved + movable);
			if (moved + alike >= 256 || m->grouping_disabled)
				set_type(m, pfn, type);
			return;
		}
	}
	take(m, z, pfn);
	put(m, z, pfn, order, type, true);
}

static bool fallback(struct naive *m, struct naive_zone *z, int order, int type, unsigned flags)
{
	int lowest = (flags & ALLOC_NOFRAGMENT) && order < 9 ? 9 : order;
	int o = 10, from = -1;

	while (o >= lowest && (from = fallback_type(z, o, type)) < 0)
		o--;
	if (from < 0)
		return false;
	if (!whole(m, o, type) && type == MOVABLE && o > order)
		for (o = order; (from = fallback_type(z, o, type)) < 0; o++)
			;
	steal(m, z, z->list[o][from].at[0].pfn, o, type, flags & ALLOC_KSWAPD);
	return true;
}

uint32_t naive_take_block(struct naive *m, struct naive_zone *z, int order, int type,
			  unsigned flags)
{
	uint32_t pfn;

	do
		pfn = naive_smallest(m, z, order, type);
	while (!pfn && fallback(m, z, order, type, flags));
	return pfn;
}

void naive_reserve(struct naive *m, uint32_t pfn)
{
	struct naive_zone *z = naive_zone_of(m, pfn);
	int ignored;

	if (z->highatomic >= z->managed / 100 + 512 || naive_type(m, pfn) >= 3)
		return;
	z->highatomic += 512;
	set_type(m, pfn, HIGHATOMIC);
	move_block(m, z, pfn, HIGHATOMIC, &ignored);
}

bool naive_unreserve_zone(struct naive *m, struct naive_zone *z, int type)
{
	for (int o = 0; o <= 10; o++) {
		uint32_t pfn;
		int ignored;

		if (!z->list[o][HIGHATOMIC].n)
			continue;
		pfn = z->list[o][HIGHATOMIC].at[0].pfn;
		if (naive_type(m, pfn) == HIGHATOMIC)
			z->highatomic -= z->highatomic < 512 ? z->highatomic : 512;
		set_type(m, pfn, type);
		if (move_block(m, z, pfn, type, &ignored))
			return true;
	}
	return false;
}

/* ---- a CPU's lists ---- */

bool naive_has_cpu_lists(int order)
{
	return order <= 3 || order == 9;
}

static int list_index(int order, int type)
{
	if (order == 9)
		return type == MOVABLE ? 13 : 12;
	return 3 * order + type;
}

static int list_order(int index)
{
	return index >= 12 ? 9 : index / 3;
}

uint32_t naive_pcp_take(struct naive *m, struct naive_zone *z, int cpu, int order, int type,
			unsigned flags, bool halve)
{
	struct naive_cpu *c = &z->cpu[cpu];
	struct naive_row *r = &c->list[list_index(order, type)];
	uint32_t pfn;

	if (halve)
		c->free_factor /= 2;
	if (!r->n) {
		int want = c->batch;

		if (want > 1)
			want = want >> order < 2 ? 2 : want >> order;
		while (r->n < want && (pfn = naive_take_block(m, z, order, type, flags)))
			row_insert(r, r->n, pfn, type);
		c->count += r->n << order;
		naive_count_free(z, cpu, -((long)r->n << order));
	}
	if (!r->n)
		return 0;
	pfn = r->at[0].pfn;
	row_remove(r, 0);
	c->count -= 1 << order;
	return pfn;
}

/* From list start on round and round, each list to its end; counted by the CPU by. */
static void drain(struct naive *m, struct naive_zone *z, int cpu, int by, int pages, int start)
{
	struct naive_cpu *c = &z->cpu[cpu];

	if (pages > c->count)
		pages = c->count;
	for (int i = start; pages > 0; i = (i + 1) % 14) {
		struct naive_row *r = &c->list[i];

		while (pages > 0 && r->n) {
			struct naive_entry last = r->at[r->n - 1];
			int type = z->isolated ? naive_type(m, last.pfn) : last.type;

			row_remove(r, r->n - 1);
			pages -= 1 << list_order(i);
			c->count -= 1 << list_order(i);
			naive_free_block(m, by, last.pfn, list_order(i), type, false);
		}
	}
}

void naive_drain_zone(struct naive *m, struct naive_zone *z, int cpu, int by)
{
	while (z->cpu[cpu].count)
		drain(m, z, cpu, by, z->cpu[cpu].batch << 5, 0);
}

static void pcp_give(struct naive *m, int cpu, uint32_t pfn, int order)
{
	struct naive_zone *z = naive_zone_of(m, pfn);
	struct naive_cpu *c = &z->cpu[cpu];
	int type = naive_type(m, pfn), index = list_index(order, type >= 3 ? MOVABLE : type);
	bool at_once = c->free_factor && order >= 1 && order <= 3;
	long limit = at_once ? 0 : c->high, pages;

	if (type == ISOLATE) {
		naive_free_block(m, cpu, pfn, order, type, false);
		return;
	}
	m->pgfree += 1L << order;
	row_insert(&c->list[index], 0, pfn, type);
	c->count += 1 << order;
	if (limit && z->reclaim_active && limit > 4L * c->batch)
		limit = 4L * c->batch;
	if (c->count < limit)
		return;
	pages = (long)c->batch << c->free_factor;
	if (at_once) {
		pages = c->count;
	} else if (limit < c->batch) {
		pages = 1;
	} else {
		if (pages < limit - c->batch && c->free_factor < 5)
			c->free_factor++;
		if (pages > limit - c->batch)
			pages = limit - c->batch; /* even if that is less than a batch */
	}
	drain(m, z, cpu, cpu, (int)pages, index);
}

void naive_free(struct naive *m, int cpu, uint32_t pfn, int order)
{
	if (naive_has_cpu_lists(order)) {
		pcp_give(m, cpu, pfn, order);
	} else {
		m->pgfree += 1L << order;
		naive_free_block(m, cpu, pfn, order, naive_type(m, pfn), false);
	}
}

void naive_fold(struct naive *m, int cpu, bool expire)
{
	for (int i = 0; i < m->nr_zones; i++) {
		struct naive_zone *z = &m->zone[i];
		struct naive_cpu *c = &z->cpu[cpu];

		if (c->delta)
			c->expire = 3;
		z->free_global += c->delta;
		c->delta = 0;
		/* lists of another node that nobody uses; empty ones wait */
		if (expire && c->expire && c->count && z->node != m->cpu_node[cpu] &&
		    --c->expire == 0)
			drain(m, z, cpu, cpu, c->batch, 0);
	}
}

/* ---- isolation of pageblocks ---- */

static bool has_unmovable(const struct naive *m, const struct naive_zone *z, uint32_t block)
{
	for (uint32_t p = block; p < block + 512; p++) {
		uint32_t head = m->head[p];

		if (m->reserved[p])
			return true;
		if (z->idx == ZONE_MOVABLE)
			continue;
		if (head && !m->lru[head] && !m->movable[head])
			return true;
		if (!head && m->refs[p] && !m->lru[p] && !m->movable[p])
			return true;
	}
	return false;
}

static bool isolate_block(struct naive *m, int cpu, struct naive_zone *z, uint32_t block)
{
	int ignored, old = naive_type(m, block);

	if (old == ISOLATE || has_unmovable(m, z, block))
		return false;
	set_type(m, block, ISOLATE);
	z->isolated++;
	naive_count_free(z, cpu, -move_block(m, z, block, ISOLATE, &ignored));
	return true;
}

static void unset_block(struct naive *m, int cpu, struct naive_zone *z, uint32_t block, int type)
{
	uint32_t pair = block ^ 512;
	int ignored;

	if (naive_type(m, block) != ISOLATE)
		return;
	if (m->order_at[block] == 9 && is_free(z, m, pair, 9) && naive_type(m, pair) != ISOLATE) {
		take(m, z, block);
		set_type(m, block, type);
		naive_free_block(m, cpu, block, 9, type, true);
	} else {
		naive_count_free(z, cpu, move_block(m, z, block, type, &ignored));
		set_type(m, block, type);
	}
	z->isolated--;
}

/* Nothing may lie across the border: free blocks are cut, others are in the way. */
static bool cut_at(struct naive *m, int cpu, struct naive_zone *z, uint32_t from, uint32_t border)
{
	for (uint32_t p = from < z->start ? z->start : from; p < border; p++) {
		int order = m->order_at[p];
		uint32_t end = p + (1u << (order < 0 ? 0 : order)), left = border - p;

		if (m->head[p] == p && p + (1u << m->head_order[p]) > border)
			return false;
		if (order < 0 || end <= border)
			continue;
		take(m, z, p);
		if (naive_type(m, p) != ISOLATE)
			naive_count_free(z, cpu, -(1L << order));
		for (uint32_t q = p; q < end;) {
			int piece = 0;

			while (q % (2u << piece) == 0 && 2u << piece <= left)
				piece++;
			naive_free_block(m, cpu, q, piece, naive_type(m, q), false);
			q += 1u << piece;
			left -= 1u << piece;
			if (q == border)
				left = end - border;
		}
	}
	return true;
}

bool naive_isolate(struct naive *m, int cpu, uint32_t start, uint32_t end, int type)
{
	struct naive_zone *z = naive_zone_of(m, start);
	uint32_t first = start / 512 * 512, last = (end - 1) / 512 * 512;

	if (!isolate_block(m, cpu, z, first))
		return false;
	if (!cut_at(m, cpu, z, first / 1024 * 1024, first)) {
		unset_block(m, cpu, z, first, type);
		return false;
	}
	if (last != first && !isolate_block(m, cpu, z, last)) {
		unset_block(m, cpu, z, first, type);
		return false;
	}
	if (!cut_at(m, cpu, z, last / 1024 * 1024, last + 512)) {
		if (last != first)
			unset_block(m, cpu, z, last, type);
		unset_block(m, cpu, z, first, type);
		return false;
	}
	for (uint32_t block = first + 512; block < last; block += 512) {
		if (isolate_block(m, cpu, z, block))
			continue;
		naive_undo(m, cpu, start, block, type);
		unset_block(m, cpu, z, last, type);
		return false;
	}
	return true;
}

void naive_undo(struct naive *m, int cpu, uint32_t start, uint32_t end, int type)
{
	for (uint32_t block = start / 512 * 512; block < end; block += 512)
		unset_block(m, cpu, naive_zone_of(m, start), block, type);
}

static bool in_free_block(const struct naive *m, uint32_t pfn)
{
	for (int o = 0; o <= 10; o++)
		if (m->order_at[pfn >> o << o] == o)
			return true;
	return false;
}

bool naive_test_isolated(const struct naive *m, uint32_t start, uint32_t end)
{
	for (uint32_t p = start; p < end; p++)
		if (naive_type(m, p) != ISOLATE || !in_free_block(m, p))
			return false;
	return true;
}
