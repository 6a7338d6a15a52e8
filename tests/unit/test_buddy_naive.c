/*
 * test_buddy_naive.c - the free lists and a CPU's lists against a second model without any
 * cleverness
 *
 * The second model keeps every list as an array that is searched and shifted, and every block's
 * order and list in flat tables.  Random operations go to both; each result is compared, and every
 * 1,000 operations the whole state.  FUZZ_OPS says how many; the first argument is the seed.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/alloc/pcp.h"
#include "tests/unit/fixture.h"

#define MACHINE "machine: { nodes: [{ cpus: 1, memory: 128 MiB }] }\n"

#define BASE          8192u /* the frames that are played with; all others stay in use */
#define PAGES         16384u
#define BLOCKS        (PAGES / 512)
#define NR_ORDERS     11
#define NR_TYPES      5
#define HIGHATOMIC    3
#define DEFAULT_OPS   200000
#define COMPARE_EVERY 1000

static uint64_t seed = 1;

/* ---- the second model ---- */

struct row {
	uint32_t pfn[PAGES];
	uint8_t type[PAGES]; /* remembered, on a CPU's list */
	int n;
};

struct naive {
	struct row list[NR_ORDERS][NR_TYPES];
	int order_at[PAGES]; /* of the free block that begins here, -1: none */
	int list_at[PAGES];
	int block_type[BLOCKS];
	bool lru[PAGES];
	long free_pages, reserved, boost;
	bool boosted;
	long managed, high_mark, boost_factor;

	struct row pcp[14];
	int count, high, batch, free_factor;
};

static void row_insert(struct row *r, int at, uint32_t pfn, int type)
{
	memmove(&r->pfn[at + 1], &r->pfn[at], sizeof(r->pfn[0]) * (size_t)(r->n - at));
	memmove(&r->type[at + 1], &r->type[at], (size_t)(r->n - at));
	r->pfn[at] = pfn;
	r->type[at] = (uint8_t)type;
	r->n++;
}

static void row_remove(struct row *r, int at)
{
	r->n--;
	memmove(&r->pfn[at], &r->pfn[at + 1], sizeof(r->pfn[0]) * (size_t)(r->n - at));
	memmove(&r->type[at], &r->type[at + 1], (size_t)(r->n - at));
}

static bool inside(uint32_t pfn)
{
	return pfn >= BASE && pfn < BASE + PAGES;
}

static int *type_of(struct naive *m, uint32_t pfn)
{
	return &m->block_type[(pfn - BASE) / 512];
}

static bool is_free(const struct naive *m, uint32_t pfn, int order)
{
	return inside(pfn) && m->order_at[pfn - BASE] == order;
}

static void put(struct naive *m, uint32_t pfn, int order, int type, bool tail)
{
	struct row *r = &m->list[order][type];

	row_insert(r, tail ? r->n : 0, pfn, type);
	m->order_at[pfn - BASE] = order;
	m->list_at[pfn - BASE] = type;
}

static void take(struct naive *m, uint32_t pfn)
{
	struct row *r = &m->list[m->order_at[pfn - BASE]][m->list_at[pfn - BASE]];
	int i = 0;

	while (r->pfn[i] != pfn)
		i++;
	row_remove(r, i);
	m->order_at[pfn - BASE] = -1;
}

static void naive_free(struct naive *m, uint32_t pfn, int order, int type, bool to_tail)
{
	bool likely = false;

	m->free_pages += 1 << order;
	for (; order < 10; order++) {
		uint32_t pair = pfn ^ (1u << order);

		if (!is_free(m, pair, order))
			break;
		if (order == 9 && *type_of(m, pair) != type &&
		    (type >= 3 || *type_of(m, pair) >= 3))
			break;
		take(m, pair);
		if (pair < pfn)
			pfn = pair;
	}
	if (order <= 8) {
		/* would the block twice as large find its pair free? */
		uint32_t parent = pfn / (2u << order) * (2u << order);

		likely = is_free(m, parent ^ (2u << order), order + 1);
	}
	put(m, pfn, order, type, to_tail || likely);
}

static uint32_t naive_smallest(struct naive *m, int order, int type)
{
	for (int o = order; o < NR_ORDERS; o++) {
		uint32_t pfn;

		if (!m->list[o][type].n)
			continue;
		pfn = m->list[o][type].pfn[0];
		take(m, pfn);
		while (o-- > order)
			put(m, pfn + (1u << o), o, type, false);
		return pfn;
	}
	return 0;
}

/* Free pages moved; *lru: pages of the block on an LRU list. */
static int naive_move_block(struct naive *m, uint32_t pfn, int type, int *lru)
{
	uint32_t start = pfn / 512 * 512;
	int moved = 0;

	*lru = 0;
	for (uint32_t p = start; p < start + 512;) {
		int order = m->order_at[p - BASE];

		if (order < 0) {
			*lru += m->lru[p - BASE];
			p++;
			continue;
		}
		take(m, p);
		put(m, p, order, type, true);
		p += 1u << order;
		moved += 1 << order;
	}
	return moved;
}

static const int other_types[3][2] = { { 2, 1 }, { 2, 0 }, { 0, 1 } };

static int fallback_type(const struct naive *m, int order, int type)
{
	for (int i = 0; i < 2; i++)
		if (m->list[order][other_types[type][i]].n)
			return other_types[type][i];
	return -1;
}

static void naive_boost(struct naive *m, bool kswapd)
{
	long max =
	    m->high_mark / 10000 * m->boost_factor + m->high_mark % 10000 * m->boost_factor / 10000;

	if (!m->boost_factor || m->managed < 2048 || !max)
		return;
	if (max < 512)
		max = 512;
	m->boost = m->boost + 512 < max ? m->boost + 512 : max;
	m->boosted |= kswapd;
}

static bool whole(int order, int type)
{
	return order >= 4 || type == 0 || type == 2;
}

static void naive_steal(struct naive *m, uint32_t pfn, int order, int type, bool kswapd)
{
	int old = *type_of(m, pfn), lru, moved, alike = 0;

	if (old != HIGHATOMIC && order < 9) {
		naive_boost(m, kswapd);
		if (whole(order, type)) {
			moved = naive_move_block(m, pfn, type, &lru);
			if (type == 1)
				alike = lru;
			else if (old == 1)
				alike = 512 - moved - lru;
			if (moved + alike >= 256)
				*type_of(m, pfn) = type;
			return;
		}
	} else if (old != HIGHATOMIC) {
		for (uint32_t p = pfn; p < pfn + (1u << order); p += 512)
			*type_of(m, p) = type;
	}
	take(m, pfn);
	put(m, pfn, order, type, true);
}

static bool naive_fallback(struct naive *m, int order, int type, unsigned flags)
{
	int lowest = (flags & ALLOC_NOFRAGMENT) && order < 9 ? 9 : order;
	int o = 10, from = -1;

	while (o >= lowest && (from = fallback_type(m, o, type)) < 0)
		o--;
	if (from < 0)
		return false;
	if (type == 1 && !whole(o, type) && o > order)
		for (o = order; (from = fallback_type(m, o, type)) < 0; o++)
			;
	naive_steal(m, m->list[o][from].pfn[0], o, type, flags & ALLOC_KSWAPD);
	return true;
}

static uint32_t naive_take(struct naive *m, int order, int type, unsigned flags)
{
	uint32_t pfn;

	do
		pfn = naive_smallest(m, order, type);
	while (!pfn && naive_fallback(m, order, type, flags));
	return pfn;
}

static void naive_reserve(struct naive *m, uint32_t pfn)
{
	int lru;

	if (m->reserved >= m->managed / 100 + 512 || *type_of(m, pfn) >= 3)
		return;
	m->reserved += 512;
	*type_of(m, pfn) = HIGHATOMIC;
	naive_move_block(m, pfn, HIGHATOMIC, &lru);
}

static bool naive_unreserve(struct naive *m, int type, bool force)
{
	int lru;

	if (!force && m->reserved <= 512)
		return false;
	for (int o = 0; o < NR_ORDERS; o++) {
		uint32_t pfn;

		if (!m->list[o][HIGHATOMIC].n)
			continue;
		pfn = m->list[o][HIGHATOMIC].pfn[0];
		if (*type_of(m, pfn) == HIGHATOMIC)
			m->reserved -= m->reserved < 512 ? m->reserved : 512;
		*type_of(m, pfn) = type;
		if (naive_move_block(m, pfn, type, &lru))
			return true;
	}
	return false;
}

static int pcp_index(int order, int type)
{
	return order == 9 ? 12 + (type == 1) : 3 * order + type;
}

static int pcp_order(int index)
{
	return index >= 12 ? 9 : index / 3;
}

static uint32_t naive_pcp_take(struct naive *m, int order, int type, unsigned flags)
{
	struct row *r = &m->pcp[pcp_index(order, type)];
	uint32_t pfn;

	m->free_factor /= 2;
	if (!r->n) {
		int want = m->batch >> order;

		for (int i = 0; i < (want < 2 ? 2 : want); i++) {
			pfn = naive_take(m, order, type, flags);
			if (!pfn)
				break;
			row_insert(r, r->n, pfn, type);
			m->count += 1 << order;
			m->free_pages -= 1 << order;
		}
	}
	if (!r->n)
		return 0;
	pfn = r->pfn[0];
	row_remove(r, 0);
	m->count -= 1 << order;
	return pfn;
}

/* From list start on round and round, each list to its end. */
static void naive_drain(struct naive *m, int pages, int start)
{
	if (pages > m->count)
		pages = m->count;
	for (int i = start; pages > 0; i = (i + 1) % 14) {
		struct row *r = &m->pcp[i];

		while (pages > 0 && r->n) {
			uint32_t pfn = r->pfn[r->n - 1];
			int type = r->type[r->n - 1], order = pcp_order(i);

			row_remove(r, r->n - 1);
			pages -= 1 << order;
			m->count -= 1 << order;
			naive_free(m, pfn, order, type, false);
		}
	}
}

static void naive_pcp_give(struct naive *m, uint32_t pfn, int order)
{
	int type = *type_of(m, pfn), index = pcp_index(order, type >= 3 ? 1 : type);
	bool at_once = m->free_factor && order >= 1 && order <= 3;
	int limit = at_once ? 0 : m->high, most = limit - m->batch;
	long n;

	row_insert(&m->pcp[index], 0, pfn, type);
	m->count += 1 << order;
	if (m->count < limit)
		return;
	if (at_once) {
		naive_drain(m, m->count, index);
		return;
	}
	n = (long)m->batch << m->free_factor;
	if (n < most && m->free_factor < 5)
		m->free_factor++;
	n = n > most ? most : n;
	naive_drain(m, (int)n, index);
}

/* ---- comparing ---- */

static void compare_row(const struct linux_vm *vm, const struct row *r, uint32_t head, int order,
			bool on_cpu)
{
	uint32_t pfn = head;

	for (int i = 0; i < r->n; i++) {
		assert_int_equal(pfn, r->pfn[i]);
		if (on_cpu)
			assert_int_equal(pfn_to_page(vm, pfn)->migratetype, r->type[i]);
		pfn = on_cpu ? pfn_to_page(vm, pfn)->next : free_list_next(vm, pfn, order);
	}
	assert_int_equal(pfn, 0);
}

static void compare(const struct naive *m, const struct linux_vm *vm, const struct zone *z)
{
	const struct per_cpu_pages *pcp = &z->pcp[0];

	for (int o = 0; o < NR_ORDERS; o++) {
		uint64_t blocks = 0;

		for (int type = 0; type < NR_TYPES; type++) {
			compare_row(vm, &m->list[o][type], z->free_area[o].free_list[type].head, o,
				    false);
			blocks += (uint64_t)m->list[o][type].n;
		}
		assert_int_equal(z->free_area[o].nr_free, blocks);
	}
	for (int i = 0; i < 14; i++)
		compare_row(vm, &m->pcp[i], pcp->lists[i].head, 0, true);
	for (uint32_t b = 0; b < BLOCKS; b++)
		assert_int_equal(get_pageblock_migratetype(vm, BASE + b * 512), m->block_type[b]);
	assert_int_equal(pcp->count, m->count);
	assert_int_equal(pcp->free_factor, m->free_factor);
	assert_int_equal(z->nr_free_global, m->free_pages);
	assert_int_equal(z->nr_reserved_highatomic, m->reserved);
	assert_int_equal(z->watermark_boost, m->boost);
	assert_int_equal((z->flags & ZONE_BOOSTED_WATERMARK) != 0, m->boosted);
}

/* ---- both side by side ---- */

struct held {
	uint32_t pfn;
	int order;
};

struct both {
	struct naive *m;
	struct linux_vm *vm;
	struct zone *z;
	const struct cpu *cpu;
	struct rng r;
	struct held *held;
	int n;
};

/* Both begin with the same free memory and nothing else. */
static void both_init(struct both *b, struct fixture *f)
{
	struct zone *z = &f->vm->nodes[0].zones[ZONE_DMA32];
	struct per_cpu_pages *pcp = &z->pcp[0];
	struct naive *m = sim_calloc(1, sizeof(*m));

	*b = (struct both){ .m = m, .vm = f->vm, .z = z, .cpu = &f->s->cpus[0] };
	b->held = sim_calloc(PAGES, sizeof(*b->held));
	rng_init(&b->r, seed, "naive");
	drain_all_pages(f->vm);
	for (int o = 0; o < NR_ORDERS; o++)
		for (int t = 0; t < NR_TYPES; t++)
			while (z->free_area[o].free_list[t].head)
				del_page_from_free_list(f->vm, z, z->free_area[o].free_list[t].head,
							o);
	z->nr_free_global = 0;
	z->watermark_boost = 0;
	pcp->batch = m->batch = 31;
	pcp->high = m->high = 400;
	pcp->stat_threshold = pcp->free_diff = pcp->free_factor = 0;
	m->managed = (long)z->managed_pages;
	z->_watermark[WMARK_HIGH] = rng_below(&b->r, 2000);
	m->high_mark = (long)z->_watermark[WMARK_HIGH];
	m->boost_factor = (long)f->vm->sysctl.watermark_boost_factor;
	memset(m->order_at, -1, sizeof(m->order_at));
	for (uint32_t i = 0; i < BLOCKS; i++) {
		m->block_type[i] = (int)rng_below(&b->r, 3);
		set_pageblock_migratetype(f->vm, BASE + i * 512, m->block_type[i]);
	}
	for (uint32_t pfn = BASE; pfn < BASE + PAGES; pfn += 512) {
		int type = *type_of(m, pfn);

		naive_free(m, pfn, 9, type, true);
		__free_one_page(f->vm, b->cpu, z, pfn, 9, type, FPI_TO_TAIL);
	}
}

static int random_order(struct both *b, bool for_cpu)
{
	static const int cpu_orders[] = { 0, 0, 0, 1, 2, 3, 9 };

	if (for_cpu)
		return cpu_orders[rng_below(&b->r, ARRAY_LEN(cpu_orders))];
	return rng_below(&b->r, 3) ? (int)rng_below(&b->r, 3) : (int)rng_below(&b->r, NR_ORDERS);
}

static void hold(struct both *b, uint32_t pfn, int order)
{
	if (!pfn)
		return;
	b->held[b->n++] = (struct held){ pfn, order };
	for (uint32_t i = 0; i < 1u << order; i++) {
		/* some blocks have many of them, some few */
		bool lru = rng_below(&b->r, BLOCKS) < (pfn - BASE) / 512;

		b->m->lru[pfn - BASE + i] = lru;
		pfn_to_page(b->vm, pfn + i)->flags = lru ? PG_lru : 0;
	}
}

static void step_alloc(struct both *b)
{
	static const unsigned all_flags[] = { 0, ALLOC_NOFRAGMENT, ALLOC_KSWAPD };
	unsigned flags = all_flags[rng_below(&b->r, ARRAY_LEN(all_flags))];
	bool for_cpu = rng_below(&b->r, 2);
	int order = random_order(b, for_cpu), type = (int)rng_below(&b->r, 3);
	uint32_t ours, naive;

	if (for_cpu) {
		ours = rmqueue_pcplist(b->vm, b->z, b->cpu, order, type, flags);
		naive = naive_pcp_take(b->m, order, type, flags);
	} else {
		if (rng_below(&b->r, 20) == 0) {
			ours = rmqueue_smallest(b->vm, b->z, order, MIGRATE_HIGHATOMIC);
			naive = naive_smallest(b->m, order, HIGHATOMIC);
		} else {
			ours = rmqueue_block(b->vm, b->z, order, type, flags);
			naive = naive_take(b->m, order, type, flags);
		}
		if (ours)
			mod_zone_free_pages(b->z, b->cpu, -(1LL << order));
		if (naive)
			b->m->free_pages -= 1 << order;
	}
	assert_int_equal(ours, naive);
	hold(b, ours, order);
}

static void step_free(struct both *b)
{
	uint64_t k = rng_below(&b->r, (uint64_t)b->n);
	struct held h = b->held[k];
	int type = *type_of(b->m, h.pfn);

	b->held[k] = b->held[--b->n];
	for (uint32_t i = 0; i < 1u << h.order; i++) {
		b->m->lru[h.pfn - BASE + i] = false;
		pfn_to_page(b->vm, h.pfn + i)->flags = 0;
	}
	if (pcp_allowed_order(h.order) && rng_below(&b->r, 2)) {
		free_unref_page(b->vm, b->cpu, h.pfn, h.order);
		naive_pcp_give(b->m, h.pfn, h.order);
	} else {
		bool tail = rng_below(&b->r, 4) == 0;

		__free_one_page(b->vm, b->cpu, b->z, h.pfn, h.order, type,
				tail ? FPI_TO_TAIL : FPI_NONE);
		naive_free(b->m, h.pfn, h.order, type, tail);
	}
}

/* Takes many single pages by way of the CPU's lists and gives them back the same way. */
static void step_burst(struct both *b)
{
	static uint32_t taken[2000];
	int type = (int)rng_below(&b->r, 3), n = 0;

	for (; n < (int)ARRAY_LEN(taken); n++) {
		taken[n] = rmqueue_pcplist(b->vm, b->z, b->cpu, 0, type, 0);
		assert_int_equal(taken[n], naive_pcp_take(b->m, 0, type, 0));
		if (!taken[n])
			break;
	}
	while (n--) {
		free_unref_page(b->vm, b->cpu, taken[n], 0);
		naive_pcp_give(b->m, taken[n], 0);
	}
}

static void step_rare(struct both *b)
{
	uint32_t pfn = BASE + (uint32_t)rng_below(&b->r, PAGES);
	int type = (int)rng_below(&b->r, 3);
	bool force = rng_below(&b->r, 2);

	switch (rng_below(&b->r, 6)) {
	case 0:
	case 4:
		reserve_highatomic_pageblock(b->vm, b->z, pfn);
		naive_reserve(b->m, pfn);
		break;
	case 1:
		assert_int_equal(unreserve_highatomic_pageblock(
				     b->vm, &b->vm->nodes[0].zonelists[ZONELIST_FALLBACK],
				     ZONE_NORMAL, type, force),
				 naive_unreserve(b->m, type, force));
		break;
	case 2:
		drain_local_pages(b->vm, b->cpu);
		while (b->m->count)
			naive_drain(b->m, b->m->batch << 5, 0);
		break;
	case 5:
		step_burst(b);
		break;
	case 3:
		b->z->flags = 0;
		b->z->watermark_boost = 0;
		b->m->boosted = false;
		b->m->boost = 0;
		break;
	}
}

static void both_models_do_the_same(void **state)
{
	const char *wanted = getenv("FUZZ_OPS");
	long ops = wanted ? atol(wanted) : DEFAULT_OPS;
	struct fixture f;
	struct both b;

	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	fixture_boot(&f, MACHINE);
	both_init(&b, &f);
	for (long i = 0; i < ops; i++) {
		/* fills, empties, and stays about where it is */
		uint64_t share = i / 3000 % 3 == 0 ? 85 : i / 3000 % 3 == 1 ? 5 : 50;

		if (rng_below(&b.r, 60) == 0)
			step_rare(&b);
		else if (b.n == 0 || rng_below(&b.r, 100) < share)
			step_alloc(&b);
		else
			step_free(&b);
		if (i % COMPARE_EVERY == 0)
			compare(b.m, b.vm, b.z);
	}
	compare(b.m, b.vm, b.z);
	sim_free(b.held);
	sim_free(b.m);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_models_do_the_same),
	};

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
