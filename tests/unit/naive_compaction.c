/*
 * naive_compaction.c - the second model of compaction: both scanners, moving, and the whole
 */
#include "models/linux/alloc/internal.h"
#include "tests/unit/naive_compaction.h"

/* ---- the second model: pages to move ---- */

static uint64_t fast_found(struct naive *m, struct run *c, int o, int at)
{
	uint32_t pfn = m->list[o][MIGRATE_MOVABLE].pfn[at];

	if (at != m->list[o][MIGRATE_MOVABLE].n - 1)
		row_rotate(&m->list[o][MIGRATE_MOVABLE], at + 1);
	if (!c->fast_start_used && (!c->fast_start || pfn < c->fast_start))
		c->fast_start = pfn;
	c->fast_fail = 0;
	m->skip[pfn / 512] = true;
	return max_of(bs(pfn), m->start);
}

static uint64_t fast_source(struct naive *m, struct run *c)
{
	unsigned limit = (c->fast_fail < 32 ? 32u >> c->fast_fail : 0) + 1, scanned = 0;
	uint64_t distance = (c->free - c->migrate) / 2, high, found = 0;

	if (c->ignore_skip || (c->migrate != m->start && c->migrate % 512) || c->order <= 3 ||
	    (c->direct && c->type != MIGRATE_MOVABLE))
		return c->migrate;
	if (c->migrate != m->start)
		distance /= 4;
	high = bs(c->migrate + distance);
	for (int o = c->order - 1; o >= 3 && !found && scanned < limit; o--) {
		struct row *r = &m->list[o][MIGRATE_MOVABLE];

		for (int i = 0; i < r->n && !found; i++) {
			if (scanned++ >= limit) {
				if (i != r->n - 1)
					row_rotate(r, i + 1);
				break;
			}
			if (r->pfn[i] < high && !m->skip[r->pfn[i] / 512])
				found = fast_found(m, c, o, i);
		}
	}
	m->count_of.migrate_scanned += scanned;
	if (found)
		return found;
	c->fast_fail++;
	if (c->fast_start && !c->fast_start_used) {
		c->fast_start_used = true;
		c->migrate = c->fast_start;
	}
	return c->migrate;
}

/* Whether a page, which is in use and not of a compound one, can be taken. */
static bool can_isolate(const struct naive *m, const struct run *c, const struct frame *f)
{
	if (!f->lru || !f->refs)
		return false;
	if (!f->cache)
		return false; /* its references are none of a mapping's */
	if (!(c->gfp & __GFP_FS))
		return false;
	if ((f->state & PG_unevictable) && !m->unevictable_allowed)
		return false;
	if (c->mode == MIGRATE_SYNC)
		return true;
	/* what could move a dirty page is known only with its lock */
	return !(f->state & PG_writeback) &&
	       (f->state & (PG_dirty | PG_locked)) != (PG_dirty | PG_locked);
}

/* mark: it was seen from its first frame on, and nothing was taken: it need not be seen again */
static void end_source_block(struct naive *m, const struct run *c, uint64_t end, bool mark)
{
	if (mark)
		m->skip[end / 512 - 1] = true;
	nc_update_cached_migrate(m, c, end);
}

static void scan_source_block(struct naive *m, struct run *c, uint64_t low, uint64_t end)
{
	bool chunks = c->direct && c->mode == MIGRATE_ASYNC, updated = false, first = true;
	uint64_t next = chunks ? chunk_end(low, c->order) : 0, pfn, block = low / 512;
	int isolated = 0;

	for (pfn = low; pfn < end; pfn++) {
		struct frame *f = &m->frame[pfn];

		if (chunks && pfn >= next) {
			if (isolated)
				break;
			next = chunk_end(pfn, c->order);
		}
		m->count_of.migrate_scanned++;
		if (first && pfn % 512 == 0) {
			first = false;
			if (m->skip[block] && !c->ignore_skip) {
				updated = true;
				pfn = end;
				break;
			}
		}
		if (f->order >= 0) {
			pfn += (1u << f->order) - 1;
			continue;
		}
		if (!f->compound && can_isolate(m, c, f)) {
			if (!updated && !c->ignore_skip && pfn % 512 == 0) {
				updated = true;
				/* were it set by now, by another task, this would be the end */
				m->skip[block] = true;
			}
			updated = true; /* whether or not this was the first frame */
			nc_lru_remove(m, (uint32_t)pfn);
			f->refs++;
			row_insert(&c->sources, 0, (uint32_t)pfn, 0);
			isolated++;
			if (c->sources.n >= 32 && !c->rescan) {
				pfn++;
				break;
			}
			continue;
		}
		if (f->compound)
			pfn = f->head + (1u << f->compound) - 1;
		if (!chunks)
			continue;
		nc_put_back(m, c);
		isolated = 0;
		if (pfn < next) {
			pfn = next - 1;
			next += 1u << c->order;
		}
	}
	if (pfn > end)
		pfn = end;
	if (pfn == end && (!isolated || c->rescan))
		end_source_block(m, c, end, !updated && !first);
	m->count_of.isolated += isolated;
	c->migrate = pfn;
}

/* Fills c->sources from the next block that has some. */
static void isolate_sources(struct naive *m, struct run *c)
{
	uint64_t low = fast_source(m, c);
	bool found = low != c->migrate && c->fast_fail == 0;

	for (; be(low) <= c->free; found = false, c->migrate = low = be(low)) {
		uint64_t first = max_of(bs(low), m->start);

		if (low % 512 == 0 && !found && m->skip[low / 512] && !c->ignore_skip)
			continue;
		if (nc_is_huge(m, first) ||
		    (c->direct && c->mode == MIGRATE_ASYNC && m->type[low / 512] != c->type)) {
			nc_update_cached_migrate(m, c, be(low));
			continue;
		}
		scan_source_block(m, c, low, be(low));
		break;
	}
	c->pending = c->sources.n;
}

/* ---- the second model: frames to move to ---- */

/* Takes a free block off its list, if that leaves enough; raw: where it waits to be split. */
static bool isolate_free(struct naive *m, uint32_t pfn, struct row *raw)
{
	int order = m->frame[pfn].order;

	if (!nc_ok(m, 0, m->mark[WMARK_MIN] + (1L << order), 0, 0, m->free_pages))
		return false;
	m->free_pages -= 1 << order;
	nc_take(m, pfn);
	if (order >= 8)
		for (uint32_t p = pfn; p < pfn + (1u << order); p += 512)
			if (m->type[p / 512] < 3)
				m->type[p / 512] = MIGRATE_MOVABLE;
	m->count_of.isolated += 1 << order;
	row_insert(raw, raw->n, pfn, order);
	return true;
}

static int pages_of(const struct row *raw)
{
	int n = 0;

	for (int i = 0; i < raw->n; i++)
		n += 1 << raw->type[i];
	return n;
}

/* The free blocks of [from, to), every step-th frame looked at; where it ended. */
static uint64_t scan_target_block(struct naive *m, struct run *c, uint64_t from, uint64_t to,
				  unsigned step, struct row *raw)
{
	uint64_t pfn;

	for (pfn = from; pfn < to; pfn += step) {
		const struct frame *f = &m->frame[pfn];
		int order = f->order;

		m->count_of.free_scanned++;
		if (f->compound) {
			/* come upon inside, it is not known for one */
			if (pfn == f->head)
				pfn += (1u << f->compound) - 1;
			continue;
		}
		if (order < 0)
			continue;
		if (!isolate_free(m, (uint32_t)pfn, raw))
			break;
		m->count_of.free_scanned += (1 << order) - 1;
		if (pages_of(raw) >= c->pending) {
			pfn += 1u << order;
			break;
		}
		pfn += (1u << order) - 1;
	}
	return min_of(pfn, to);
}

/* One step to the next order; -1: all were looked at. */
static int next_order(struct run *c, int o)
{
	if (--o < 0)
		o = c->order - 1;
	if (o != c->search_order)
		return o;
	if (--c->search_order < 0)
		c->search_order = c->order - 1;
	return -1;
}

struct fast_search {
	uint64_t low, min, highest;
	unsigned limit, looked_at;
};

/* One order; returns the frame whose block was taken, 0: none; *stop: the search is over. */
static uint32_t fast_target_order(struct naive *m, struct run *c, struct fast_search *s, int o,
				  struct row *raw, bool *stop)
{
	struct row *r = &m->list[o][MIGRATE_MOVABLE];
	unsigned looked_at = 0;
	uint32_t best = 0, chosen = 0;
	int at = -1;

	for (int i = r->n - 1; i >= 0; i--) {
		uint32_t pfn = r->pfn[i];

		looked_at++;
		if (pfn >= s->highest)
			s->highest = max_of(bs(pfn), m->start);
		if (pfn >= s->low) {
			c->fast_fail = 0;
			c->search_order = o;
			chosen = pfn;
			at = i;
			break;
		}
		if (pfn >= s->min && pfn > best) {
			best = pfn;
			s->limit /= 2;
		}
		if (looked_at >= s->limit) {
			at = i;
			break;
		}
	}
	if (!chosen && best) {
		chosen = best;
		at = row_find(r, best);
	}
	if (at > 0)
		row_rotate(r, at);
	s->looked_at += looked_at;
	if (chosen && !isolate_free(m, chosen, raw)) {
		chosen = 0;
		*stop = true;
	} else if (chosen) {
		s->looked_at += (1u << o) - 1;
	}
	if (looked_at >= s->limit)
		s->limit = (unsigned)max_of(1, s->limit / 2);
	return chosen;
}

static void fast_targets(struct naive *m, struct run *c, struct row *raw)
{
	/* once the scanners have passed each other no frame is between the limits */
	uint64_t distance = c->free - c->migrate;
	struct fast_search s = { .low = bs(c->free - distance / 4),
				 .min = bs(c->free - distance / 2) };
	bool scan_start = c->free >= m->init_free, stop = false;
	uint64_t chosen = 0;

	s.limit = (unsigned)max_of(1, ((c->fast_fail < 32 ? 32u >> c->fast_fail : 0) + 1) / 2);
	if (scan_start)
		s.limit = 256;
	c->search_order = (int)min_of((uint64_t)c->search_order, (uint64_t)c->order - 1);
	for (int o = c->search_order; o >= 0 && !chosen;) {
		if (nc_nr_free(m, o))
			chosen = fast_target_order(m, c, &s, o, raw, &stop);
		o = next_order(c, stop ? c->search_order + 1 : o);
	}
	if (!chosen) {
		c->fast_fail++;
		if (scan_start && s.highest >= s.min)
			chosen = c->free = s.highest;
		else if (scan_start && c->direct && s.min < m->end)
			chosen = c->free = s.min;
	}
	if (s.highest && s.highest >= m->cached_free)
		m->cached_free = s.highest - 512;
	m->count_of.free_scanned += s.looked_at;
	if (!chosen || pages_of(raw) >= c->pending || (c->direct && c->mode == MIGRATE_ASYNC))
		return;
	scan_target_block(m, c, max_of(bs(chosen), m->start), min_of(be(chosen), m->end), 1, raw);
	if (pages_of(raw) < c->pending)
		m->skip[chosen / 512] = true;
}

static void linear_targets(struct naive *m, struct run *c, struct row *raw)
{
	uint64_t at = c->free, block = bs(at), lowest = be(c->migrate);
	unsigned step = c->mode == MIGRATE_ASYNC ? 32 : 1;

	for (; block >= lowest; block -= 512, at = block) {
		uint64_t end = min_of(block + 512, m->end);
		int before = raw->n;

		if (m->frame[block].order >= 9 ||
		    (!c->ignore_type && m->type[block / 512] != MIGRATE_MOVABLE) ||
		    (!c->ignore_skip && m->skip[block / 512]))
			continue;
		at = scan_target_block(m, c, at, end, step, raw);
		if (at == end) {
			m->skip[block / 512] = true;
			m->cached_free = min_of(m->cached_free, block);
		}
		if (pages_of(raw) >= c->pending) {
			if (at >= end)
				at = block - 512;
			break;
		}
		if (at < end)
			break;
		step = raw->n > before ? 1 : (unsigned)min_of(32, step * 2);
	}
	c->free = at;
}

/* The next frame to move a page to; 0: there is none. */
static uint32_t next_target(struct naive *m, struct run *c)
{
	static struct row raw;

	if (!c->targets.n) {
		raw.n = 0;
		if (c->order > 0)
			fast_targets(m, c, &raw);
		if (!raw.n)
			linear_targets(m, c, &raw);
		for (int i = 0; i < raw.n; i++)
			for (uint32_t k = 0; k < 1u << raw.type[i]; k++)
				row_insert(&c->targets, 0, raw.pfn[i] + k, 0);
	}
	return c->targets.n ? row_remove(&c->targets, 0) : 0;
}

/* ---- the second model: moving, and the whole ---- */

static void move_page(struct naive *m, struct run *c, uint32_t from, uint32_t to)
{
	m->frame[to].cache = true;
	m->frame[to].index = m->frame[from].index;
	/* no program has it mapped, so none locks the new page */
	m->frame[to].state = m->frame[from].state & ~(uint32_t)PG_mlocked;
	m->frame[to].refs = 1;
	m->frame[from].cache = false;
	m->frame[from].state = 0;
	m->frame[from].index = 0;
	m->frame[from].refs = 0;
	nc_batch_add(m, to);
	nc_free_page(m, c, from);
}

/* Moves the sources; false: there was no target. */
static bool move_pages(struct naive *m, struct run *c)
{
	struct row *s = &c->sources;
	int retry = 1;

	for (int pass = 0; pass < 10 && retry; pass++) {
		retry = 0;
		for (int i = 0; i < s->n;) {
			const struct frame *f = &m->frame[s->pfn[i]];
			uint32_t to = next_target(m, c);

			if (!to) {
				/* this one, and those that were to be tried again */
				m->count_of.not_moved += 1 + retry;
				return false;
			}
			if (!(f->state & PG_locked) && f->refs == 2) {
				move_page(m, c, row_remove(s, i), to);
				m->count_of.moved++;
			} else {
				row_insert(&c->targets, 0, to, 0);
				retry++;
				i++;
			}
		}
	}
	m->count_of.not_moved += s->n;
	return true;
}

static bool met(const struct run *c)
{
	return c->free / 512 <= c->migrate / 512;
}

static void reset_cached(struct naive *m)
{
	m->cached_migrate[0] = m->cached_migrate[1] = m->start;
	m->cached_free = bs(m->end - 1);
}

static long low_score(const struct naive *m)
{
	return m->proactiveness > 95 ? 5 : 100 - m->proactiveness;
}

static int finished(struct naive *m, struct run *c)
{
	if (met(c)) {
		reset_cached(m);
		if (c->direct)
			m->flush = true;
		return c->whole ? COMPACT_COMPLETE : COMPACT_PARTIAL_SKIPPED;
	}
	if (c->proactive) /* kswapd sleeps here */
		return nc_score(m) > low_score(m) ? COMPACT_CONTINUE : COMPACT_SUCCESS;
	if (c->order == -1 || c->migrate % 512)
		return COMPACT_CONTINUE;
	for (int o = c->order; o < NR_ORDERS; o++) {
		if (m->list[o][c->type].n)
			return COMPACT_SUCCESS;
		if (o < 4 && c->type == MIGRATE_MOVABLE)
			continue;
		for (int t = 0; t < 3; t++)
			if (m->list[o][t].n)
				return COMPACT_SUCCESS;
	}
	return COMPACT_CONTINUE;
}

static void start_points(struct naive *m, struct run *c)
{
	bool sync = c->mode != MIGRATE_ASYNC;

	if (c->whole) {
		c->migrate = m->start;
		c->free = bs(m->end - 1);
		return;
	}
	c->migrate = m->cached_migrate[sync];
	c->free = m->cached_free;
	if (c->free < m->start || c->free >= m->end)
		c->free = m->cached_free = bs(m->end - 1);
	if (c->migrate < m->start || c->migrate >= m->end)
		c->migrate = m->cached_migrate[0] = m->cached_migrate[1] = m->start;
	if (c->migrate <= m->init_migrate)
		c->whole = true;
}

static void leave(struct naive *m, struct run *c)
{
	uint64_t highest = 0;

	for (int i = 0; i < c->targets.n; i++) {
		highest = max_of(highest, c->targets.pfn[i]);
		nc_free_page(m, c, c->targets.pfn[i]);
	}
	c->targets.n = 0;
	if (bs(highest) > m->cached_free)
		m->cached_free = bs(highest);
}

static int scan_zone(struct naive *m, struct run *c)
{
	bool in_step = c->mode == MIGRATE_ASYNC && m->cached_migrate[0] == m->cached_migrate[1];
	uint64_t last = 0;
	int r;

	while ((r = finished(m, c)) == COMPACT_CONTINUE) {
		uint64_t at = c->migrate;

		c->rescan = bs(last) == bs(at);
		isolate_sources(m, c);
		if (!c->sources.n) {
			if (in_step)
				m->cached_migrate[1] = m->cached_migrate[0];
		} else {
			in_step = false;
			last = at;
			bool had_targets = move_pages(m, c);

			if (c->sources.n) {
				nc_put_back(m, c);
				if (!had_targets && !met(c))
					return COMPACT_CONTENDED;
				if (c->direct && c->mode == MIGRATE_ASYNC) {
					c->migrate = chunk_end(c->migrate - 1, c->order);
					last = 0;
				}
			}
		}
		if (c->order > 0 && last && last < c->migrate >> c->order << c->order) {
			nc_batch_flush(m);
			nc_drain_all(m, c);
			last = 0;
		}
		if (c->captured)
			return COMPACT_SUCCESS;
	}
	return r;
}

int nc_compact(struct naive *m, struct run *c)
{
	int r = nc_suitable(m, c->order, c->flags, c->classzone);

	c->type = gfp_migratetype(c->gfp);
	c->search_order = c->order;
	if (r != COMPACT_CONTINUE)
		return r;
	if (c->order >= m->failed_order && m->shift == 6 && m->considered >= 64)
		nc_reset_skip_bits(m);
	start_points(m, c);
	nc_batch_flush(m);
	r = scan_zone(m, c);
	leave(m, c);
	return r;
}

/* A task compacts for itself; prio as in enum compact_priority. */
int nc_compact_direct(struct naive *m, struct run *c, int prio)
{
	int r;

	if (!(c->gfp & __GFP_IO))
		return COMPACT_SKIPPED;
	if (prio > COMPACT_PRIO_SYNC_FULL && nc_deferred(m, c->order))
		return COMPACT_DEFERRED;
	c->direct = true;
	c->mode = prio == COMPACT_PRIO_ASYNC ? MIGRATE_ASYNC : MIGRATE_SYNC_LIGHT;
	c->whole = c->ignore_skip = c->ignore_type = prio == COMPACT_PRIO_SYNC_FULL;
	r = nc_compact(m, c);
	if (c->captured)
		r = COMPACT_SUCCESS;
	if (r == COMPACT_SUCCESS)
		nc_defer_reset(m, c->order);
	if (prio != COMPACT_PRIO_ASYNC && (r == COMPACT_COMPLETE || r == COMPACT_PARTIAL_SKIPPED))
		nc_defer(m, c->order);
	return r > COMPACT_SKIPPED ? r : COMPACT_SKIPPED;
}
