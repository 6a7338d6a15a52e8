/*
 * naive_request.c - a second page allocator, without any cleverness: watermarks and requests
 */
#include "tests/unit/naive.h"

/* ---- watermarks ---- */

#define RESERVES (ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM)

static long unusable(const struct naive_zone *z, int order, unsigned flags)
{
	return (1L << order) - 1 + (flags & RESERVES ? 0 : z->highatomic);
}

bool naive_ok(const struct naive_zone *z, int order, long mark, int limit, unsigned flags,
	      long free_pages)
{
	free_pages -= unusable(z, order, flags);
	if (flags & ALLOC_MIN_RESERVE)
		mark -= mark / 2;
	if ((flags & ALLOC_MIN_RESERVE) && (flags & ALLOC_NON_BLOCK))
		mark -= mark / 4;
	if (flags & ALLOC_OOM)
		mark -= mark / 2;
	if (free_pages <= mark + z->reserve[limit])
		return false;
	for (int o = order; o <= 10; o++) {
		int last = flags & (ALLOC_HIGHATOMIC | ALLOC_OOM) ? MIGRATE_HIGHATOMIC
								  : MIGRATE_RECLAIMABLE;

		for (int type = 0; type <= last; type++)
			if (z->list[o][type].n)
				return true;
	}
	return order == 0;
}

bool naive_fast(const struct naive_zone *z, int order, long mark, int limit, unsigned flags,
		gfp_t gfp)
{
	long free_pages = z->free_global < 0 ? 0 : z->free_global;
	long cannot = unusable(z, 0, flags);

	if (order == 0 &&
	    free_pages - (cannot < free_pages ? cannot : free_pages) > mark + z->reserve[limit])
		return true;
	if (naive_ok(z, order, mark, limit, flags, free_pages))
		return true;
	return order == 0 && (gfp & __GFP_ATOMIC) && z->boost && (flags & 3) == 0 &&
	       naive_ok(z, order, z->mark[0], limit, flags, free_pages);
}

/* ---- requests ---- */

/* The zones of a request, in order. */
struct request {
	struct naive_zone *zone[NAIVE_ZONES];
	int n, limit, type;
	unsigned nodemask;
};

static int zone_limit(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	if (gfp & __GFP_DMA32)
		return ZONE_DMA32;
	return (gfp & __GFP_HIGHMEM) && (gfp & __GFP_MOVABLE) ? ZONE_MOVABLE : ZONE_NORMAL;
}

/* The own node first, in each node the highest zone first. */
static struct request request(struct naive *m, gfp_t gfp, int node, unsigned nodemask)
{
	struct request q = { .limit = zone_limit(gfp), .nodemask = nodemask };
	int nodes = gfp & __GFP_THISNODE ? 1 : m->nr_nodes;

	q.type = gfp & __GFP_MOVABLE       ? MIGRATE_MOVABLE
		 : gfp & __GFP_RECLAIMABLE ? MIGRATE_RECLAIMABLE
					   : MIGRATE_UNMOVABLE;
	if (m->grouping_disabled)
		q.type = MIGRATE_UNMOVABLE;
	for (int k = 0; k < nodes; k++) {
		int nid = (node + k) % NAIVE_NODES;

		for (int idx = q.limit; idx >= 0; idx--)
			for (int i = 0; i < m->nr_zones; i++)
				if (m->zone[i].node == nid && m->zone[i].idx == idx &&
				    (!nodemask || nodemask & 1u << nid))
					q.zone[q.n++] = &m->zone[i];
	}
	return q;
}

bool naive_unreserve(struct naive *m, int node, int limit, int type, bool force)
{
	struct request q = request(m, 0, node, 0);

	for (int i = 0; i < q.n; i++)
		if (q.zone[i]->idx <= limit && (force || q.zone[i]->highatomic > 512) &&
		    naive_unreserve_zone(m, q.zone[i], type))
			return true;
	return false;
}

static void wake_kswapd(struct naive *m, int node, int order, int idx)
{
	if (m->kswapd_idx[node] == 5 || m->kswapd_idx[node] < idx)
		m->kswapd_idx[node] = idx;
	if (m->kswapd_order[node] < order)
		m->kswapd_order[node] = order;
}

/* The first zone of the request is the preferred one. */
static void count_numa(const struct naive *m, const struct request *q, struct naive_zone *z,
		       int cpu, int n)
{
	if (!m->numa_stat)
		return;
	if (z->node == q->zone[0]->node) {
		z->hit += n;
	} else {
		z->miss += n;
		q->zone[0]->foreign += n;
	}
	if (z->node == m->cpu_node[cpu])
		z->local += n;
	else
		z->other += n;
}

static uint32_t take_from_zone(struct naive *m, const struct request *q, struct naive_zone *z,
			       int cpu, int order, unsigned flags)
{
	uint32_t pfn = 0;

	if (naive_has_cpu_lists(order))
		pfn = naive_pcp_take(m, z, cpu, order, q->type, flags, true);
	if (!pfn) {
		if (flags & ALLOC_HIGHATOMIC)
			pfn = naive_smallest(m, z, order, MIGRATE_HIGHATOMIC);
		if (!pfn)
			pfn = naive_take_block(m, z, order, q->type, flags);
		if (!pfn && (flags & (ALLOC_OOM | ALLOC_NON_BLOCK)))
			pfn = naive_smallest(m, z, order, MIGRATE_HIGHATOMIC);
		if (pfn)
			naive_count_free(z, cpu, -(1L << order));
	}
	if (pfn) {
		z->pgalloc += 1L << order;
		count_numa(m, q, z, cpu, 1);
	}
	if (z->boosted) {
		z->boosted = false;
		wake_kswapd(m, z->node, 0, z->idx);
	}
	return pfn;
}

static struct naive_answer walk(struct naive *m, const struct request *q, int cpu, gfp_t gfp,
				int order, unsigned flags)
{
	bool keep_types = flags & ALLOC_NOFRAGMENT;
	struct naive_answer a = { 0 };

	for (int i = 0; i < q->n; i++) {
		struct naive_zone *z = q->zone[i];

		if (keep_types && m->nr_nodes > 1 && z->node != q->zone[0]->node)
			break; /* and once more, without */
		if (!naive_fast(z, order, z->mark[flags & 3] + z->boost, q->limit, flags, gfp) &&
		    !(flags & ALLOC_NO_WATERMARKS))
			continue;
		a.pfn = take_from_zone(m, q, z, cpu, order, flags);
		if (a.pfn) {
			a.pfmemalloc = flags & ALLOC_NO_WATERMARKS;
			if (flags & ALLOC_HIGHATOMIC)
				naive_reserve(m, a.pfn);
			return a;
		}
	}
	if (keep_types)
		return walk(m, q, cpu, gfp, order, flags & ~(unsigned)ALLOC_NOFRAGMENT);
	return a;
}

static bool node_has(const struct naive *m, int node, int idx)
{
	for (int i = 0; i < m->nr_zones; i++)
		if (m->zone[i].node == node && m->zone[i].idx == idx)
			return true;
	return false;
}

static void wake_all(struct naive *m, const struct request *q, gfp_t gfp, int order)
{
	for (int i = 0; i < q->n && (gfp & __GFP_KSWAPD_RECLAIM); i++)
		wake_kswapd(m, q->zone[i]->node, order, q->limit);
}

/* Requests that may not sleep, from interrupts. */
struct naive_answer naive_alloc(struct naive *m, int cpu, gfp_t gfp, int order, int node,
				unsigned nodemask)
{
	struct naive_answer a = { 0 };
	struct request q;
	unsigned kswapd = gfp & __GFP_KSWAPD_RECLAIM ? ALLOC_KSWAPD : 0, flags = 1 | kswapd;
	bool high = gfp & __GFP_HIGH;

	if (order > 10)
		return a;
	if (node == NUMA_NO_NODE)
		node = m->cpu_node[cpu];
	q = request(m, gfp, node, nodemask);
	if (q.n && q.zone[0]->idx == ZONE_NORMAL &&
	    (m->nr_nodes == 1 || node_has(m, q.zone[0]->node, ZONE_DMA32)))
		flags |= ALLOC_NOFRAGMENT;
	a = walk(m, &q, cpu, gfp, order, flags);
	if (a.pfn || !q.n)
		return a;
	flags = kswapd | (high ? ALLOC_MIN_RESERVE : ALLOC_CPUSET);
	if (!(gfp & __GFP_NOMEMALLOC)) {
		flags |= ALLOC_NON_BLOCK;
		if (order > 0 && high)
			flags |= ALLOC_HIGHATOMIC;
	}
	wake_all(m, &q, gfp, order);
	a = walk(m, &q, cpu, gfp, order, flags);
	if (a.pfn)
		return a;
	wake_all(m, &q, gfp, order);
	if ((gfp & __GFP_MEMALLOC) && !(gfp & __GFP_NOMEMALLOC))
		flags = ALLOC_NO_WATERMARKS | kswapd;
	if (!(flags & ALLOC_CPUSET))
		q = request(m, gfp, node, 0);
	return walk(m, &q, cpu, gfp, order, flags);
}

uint32_t naive_exact(struct naive *m, int cpu, gfp_t gfp, int pages, int node)
{
	gfp_t allowed = gfp & ~(__GFP_COMP | __GFP_HIGHMEM);
	int order = 0;
	uint32_t pfn;

	while (1 << order < pages)
		order++;
	pfn = naive_alloc(m, cpu, allowed, order, node, 0).pfn;
	for (int i = pages; pfn && i < 1 << order; i++) {
		m->pgfree++;
		naive_free_block(m, cpu, pfn + (uint32_t)i, 0, naive_type(m, pfn + (uint32_t)i),
				 true);
	}
	return pfn;
}

int naive_bulk(struct naive *m, int cpu, gfp_t gfp, int want, int node, uint32_t *got)
{
	struct request q = request(m, gfp, node == NUMA_NO_NODE ? m->cpu_node[cpu] : node, 0);
	struct naive_zone *z = NULL;
	int n = 0;

	for (int i = 0; want > 1 && i < q.n && !z && q.zone[i]->node == q.zone[0]->node; i++)
		if (naive_fast(q.zone[i], 0, q.zone[i]->mark[1] + q.zone[i]->boost + want,
			       q.zone[0]->idx, 1, gfp))
			z = q.zone[i];
	while (z && n < want && (got[n] = naive_pcp_take(m, z, cpu, 0, q.type, 1, false)))
		n++;
	if (n) {
		z->pgalloc += n;
		count_numa(m, &q, z, cpu, n);
		return n;
	}
	got[0] = naive_alloc(m, cpu, gfp, 0, node, 0).pfn;
	return got[0] != 0;
}
