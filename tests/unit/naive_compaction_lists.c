/*
 * naive_compaction_lists.c - the second model of compaction: blocks, pages, whether it is worth it
 */
#include "models/linux/alloc/internal.h"
#include "tests/unit/naive_compaction.h"

/* ---- the second model: free blocks ---- */

static bool is_free(const struct naive *m, uint64_t pfn, int order)
{
	return pfn >= m->start && pfn < m->end && m->frame[pfn].order == order;
}

static void put(struct naive *m, uint32_t pfn, int order, int type, bool tail)
{
	struct row *r = &m->list[order][type];

	row_insert(r, tail ? r->n : 0, pfn, 0);
	m->frame[pfn].order = order;
	m->frame[pfn].list = type;
}

void nc_take(struct naive *m, uint32_t pfn)
{
	struct row *r = &m->list[m->frame[pfn].order][m->frame[pfn].list];

	row_remove(r, row_find(r, pfn));
	m->frame[pfn].order = -1;
}

int nc_nr_free(const struct naive *m, int order)
{
	int n = 0;

	for (int t = 0; t < NR_TYPES; t++)
		n += m->list[order][t].n;
	return n;
}

/* c: the direct compaction that may keep the block, NULL: none */
static void free_block(struct naive *m, struct run *c, uint32_t pfn, int order, int type)
{
	bool likely = false;

	m->free_pages += 1 << order;
	for (; order < 10; order++) {
		uint32_t pair = pfn ^ (1u << order);

		if (c && c->direct && !c->captured && order == c->order &&
		    (order >= 9 || type != MIGRATE_MOVABLE)) {
			c->captured = pfn;
			m->free_pages -= 1 << order;
			return;
		}
		if (!is_free(m, pair, order))
			break;
		if (order == 9 && m->type[pair / 512] != type &&
		    (type >= 3 || m->type[pair / 512] >= 3))
			break;
		nc_take(m, pair);
		pfn &= pair;
	}
	if (order <= 8)
		likely = is_free(m, (pfn & ~(1u << order)) ^ (2u << order), order + 1);
	put(m, pfn, order, type, likely);
}

static int pcp_order(int index)
{
	return index >= 12 ? 9 : index / 3;
}

static void drain(struct naive *m, struct run *c, int pages, int index)
{
	if (pages > m->count)
		pages = m->count;
	for (; pages > 0; index = (index + 1) % 14) {
		struct row *r = &m->pcp[index];

		while (pages > 0 && r->n) {
			int type = r->type[r->n - 1];
			uint32_t pfn = row_remove(r, r->n - 1);

			pages -= 1 << pcp_order(index);
			m->count -= 1 << pcp_order(index);
			free_block(m, c, pfn, pcp_order(index), type);
		}
	}
}

void nc_drain_all(struct naive *m, struct run *c)
{
	while (m->count)
		drain(m, c, m->batch << 5, 0);
}

void nc_free_page(struct naive *m, struct run *c, uint32_t pfn)
{
	int type = m->type[pfn / 512], index = type >= 3 ? MIGRATE_MOVABLE : type;
	int n = 1, most = m->high - m->batch;

	m->count_of.freed++;
	row_insert(&m->pcp[index], 0, pfn, type);
	m->count++;
	if (m->count < m->high)
		return;
	if (m->high >= m->batch) {
		n = m->batch << m->free_factor;
		if (n < most && m->free_factor < 5)
			m->free_factor++;
		n = n > most ? most : n;
	}
	if (n > 0)
		drain(m, c, n, index);
}

/* ---- the second model: pages of the file ---- */

static enum lru_list lru_of(const struct frame *f)
{
	if (f->state & PG_unevictable)
		return LRU_UNEVICTABLE;
	return f->state & PG_active ? LRU_ACTIVE_FILE : LRU_INACTIVE_FILE;
}

static void lru_add(struct naive *m, uint32_t pfn)
{
	uint32_t *state = &m->frame[pfn].state;
	struct row *r;

	*state &= ~(uint32_t)PG_unevictable;
	if (*state & PG_mlocked)
		*state = (*state & ~(uint32_t)PG_active) | PG_unevictable;
	r = &m->lru[lru_of(&m->frame[pfn])];
	m->frame[pfn].lru = true;
	row_insert(r, r->n, pfn, 0);
}

void nc_lru_remove(struct naive *m, uint32_t pfn)
{
	struct row *r = &m->lru[lru_of(&m->frame[pfn])];

	row_remove(r, row_find(r, pfn));
	m->frame[pfn].lru = false;
}

void nc_batch_flush(struct naive *m)
{
	for (int i = 0; i < m->nr_add; i++) {
		lru_add(m, m->add[i]);
		m->frame[m->add[i]].refs--;
	}
	m->nr_add = 0;
}

void nc_batch_add(struct naive *m, uint32_t pfn)
{
	m->add[m->nr_add++] = pfn;
	m->frame[pfn].refs++;
	if (m->nr_add == BATCH)
		nc_batch_flush(m);
}

/* Isolated pages back to their lists. */
void nc_put_back(struct naive *m, struct run *c)
{
	for (int i = 0; i < c->sources.n; i++) {
		nc_batch_add(m, c->sources.pfn[i]);
		m->frame[c->sources.pfn[i]].refs--;
	}
	c->sources.n = 0;
}

/* ---- the second model: suitability and deferral ---- */

bool nc_ok(const struct naive *m, int order, long mark, int classzone, unsigned flags,
	   long free_pages)
{
	free_pages -= (1L << order) - 1;
	if (!(flags & ALLOC_RESERVES))
		free_pages -= m->reserved;
	if (flags & ALLOC_MIN_RESERVE) {
		mark -= mark / 2;
		if (flags & ALLOC_NON_BLOCK)
			mark -= mark / 4;
	}
	if (flags & ALLOC_OOM)
		mark -= mark / 2;
	if (free_pages <= mark + m->lowmem_reserve[classzone])
		return false;
	if (order == 0)
		return true;
	for (int o = order; o < NR_ORDERS; o++) {
		for (int t = 0; t < 3; t++)
			if (m->list[o][t].n)
				return true;
		if ((flags & (ALLOC_HIGHATOMIC | ALLOC_OOM)) && m->list[o][MIGRATE_HIGHATOMIC].n)
			return true;
	}
	return false;
}

static long nr_blocks(const struct naive *m)
{
	long n = 0;

	for (int o = 0; o < NR_ORDERS; o++)
		n += nc_nr_free(m, o);
	return n;
}

static long pages_on_lists(const struct naive *m)
{
	long n = 0;

	for (int o = 0; o < NR_ORDERS; o++)
		n += (long)nc_nr_free(m, o) << o;
	return n;
}

static long suitable_blocks(const struct naive *m, int order)
{
	long n = 0;

	for (int o = order; o < NR_ORDERS; o++)
		n += (long)nc_nr_free(m, o) << (o - order);
	return n;
}

static long fragmentation(const struct naive *m, int order)
{
	if (!nr_blocks(m))
		return 0;
	if (suitable_blocks(m, order))
		return -1000;
	return 1000 - (1000 + pages_on_lists(m) * 1000 / (1L << order)) / nr_blocks(m);
}

long nc_score(const struct naive *m)
{
	long n = pages_on_lists(m);

	return n ? (n - (suitable_blocks(m, 9) << 9)) * 100 / n : 0;
}

int nc_suitable(const struct naive *m, int order, unsigned flags, int classzone)
{
	long index;

	if (order == -1)
		return COMPACT_CONTINUE;
	if (nc_ok(m, order, m->mark[flags & 3] + m->boost, classzone, flags, m->free_pages))
		return COMPACT_SUCCESS;
	if (!nc_ok(m, 0, m->mark[order > 3 ? WMARK_LOW : WMARK_MIN] + m->boost + (2L << order),
		   classzone, 0, m->free_pages))
		return COMPACT_SKIPPED;
	index = fragmentation(m, order);
	if (order > 3 && index >= 0 && index <= m->threshold)
		return COMPACT_SKIPPED;
	return COMPACT_CONTINUE;
}

void nc_defer(struct naive *m, int order)
{
	m->considered = 0;
	if (m->shift < 6)
		m->shift++;
	if (order < m->failed_order)
		m->failed_order = order;
}

bool nc_deferred(struct naive *m, int order)
{
	if (order < m->failed_order)
		return false;
	if (++m->considered >= 1u << m->shift) {
		m->considered = 1u << m->shift;
		return false;
	}
	return true;
}

void nc_defer_reset(struct naive *m, int order)
{
	if (order >= m->failed_order)
		m->failed_order = order + 1;
}

/* ---- the second model: skip bits ---- */

bool nc_is_huge(const struct naive *m, uint64_t pfn)
{
	return m->frame[pfn].compound >= 9;
}

static bool reset_test(struct naive *m, uint64_t pfn, bool source, bool target)
{
	uint64_t from = max_of(bs(pfn), m->start), to = min_of(be(pfn), m->end);
	bool *skip = &m->skip[pfn / 512];

	if (nc_is_huge(m, pfn))
		return false;
	if (source && target && !*skip)
		return true;
	if (!source && m->type[pfn / 512] != MIGRATE_MOVABLE)
		return false;
	for (uint64_t p = from; p < to; p += 8) {
		if ((source && m->frame[p].lru) || (target && m->frame[p].order >= 0)) {
			*skip = false;
			return true;
		}
	}
	return false;
}

void nc_reset_skip_bits(struct naive *m)
{
	uint64_t up = m->start, down = m->end - 1, source = 0, target = 0;
	bool have_source = false, have_target = false;

	if (!m->flush)
		return;
	m->flush = false;
	for (; up < down; up += 512, down -= 512) {
		if (reset_test(m, up, true, have_source) && !have_source) {
			have_source = true;
			source = m->init_migrate = m->cached_migrate[0] = m->cached_migrate[1] = up;
		}
		if (reset_test(m, down, have_target, true) && !have_target) {
			have_target = true;
			target = m->init_free = m->cached_free = down;
		}
	}
	if (!have_source || !have_target || source >= target) {
		m->cached_migrate[0] = m->cached_migrate[1] = up;
		m->cached_free = down;
	}
}

void nc_update_cached_migrate(struct naive *m, const struct run *c, uint64_t pfn)
{
	uint64_t q = be(pfn);

	m->cached_migrate[0] = max_of(m->cached_migrate[0], q);
	if (c->mode != MIGRATE_ASYNC)
		m->cached_migrate[1] = max_of(m->cached_migrate[1], q);
}
