/*
 * test_compaction_naive.c - compaction against a second model without any cleverness
 *
 * The second model keeps every list as an array that is searched and shifted, and every frame in a
 * flat table; it was written from the rules alone.  Each round a random zone, fragmented and with
 * pages of a file in it, is made in the simulator and copied; then the same compaction runs on
 * both, and everything is compared: free lists, per-CPU lists and LRU lists in their order, types
 * and skip bits of the pageblocks, which page of the file is in which frame, positions, deferral,
 * counters, result.  FUZZ_OPS says how many compactions; the first argument is the seed.
 */
#include "tests/unit/compaction_world.h"

#define MACHINE                                                                                    \
	"linux: { slab: false }\n"                                                                 \
	"machine: { nodes: [{ cpus: 1, memory: %d KiB }], disks: [{ name: sda, preset: ssd }], "   \
	"cost: { page_cache_insert: 0, page_dirty: 0, compact_scan: 0, migrate_page: 0 } }\n"      \
	"files: [{ name: data, disk: sda, size: 4 GiB }]\n"                                        \
	"sysctl: { vm.compaction_proactiveness: 0, vm.dirty_writeback_centisecs: 0, "              \
	"vm.stat_interval: 1000000 }\n"

#define DEFAULT_OPS  6000
#define OPS_PER_ZONE 30

static uint64_t seed = 1;

/* ---- the simulator's state ---- */

static void copy_row(const struct world *w, struct row *r, uint32_t head, int order, bool on_buddy)
{
	r->n = 0;
	for (uint32_t pfn = head; pfn;) {
		r->type[r->n] = on_buddy ? 0 : page_at(w, pfn)->migratetype;
		r->pfn[r->n++] = pfn;
		pfn = on_buddy ? free_list_next(w->vm, pfn, order) : page_at(w, pfn)->next;
	}
}

static void copy_frame(const struct world *w, struct frame *f, uint32_t pfn)
{
	const struct page *page = page_at(w, pfn);

	*f = (struct frame){ .order = -1 };
	if (page->flags & (PG_head | PG_tail)) {
		f->head = pfn - (page->flags & PG_tail ? (uint32_t)page->index : 0);
		f->compound = page_at(w, f->head)->order;
	}
	f->lru = (page->flags & PG_lru) != 0;
	f->cache = page->mapping != 0;
	f->index = f->cache ? (uint32_t)page->index : 0;
	f->state = page->flags & (PAGE_STATE | PG_locked | PG_writeback);
	f->refs = page->refcount;
}

static void copy_lists(const struct world *w, struct naive *m)
{
	for (int o = 0; o < NR_ORDERS; o++) {
		for (int t = 0; t < NR_TYPES; t++) {
			struct row *r = &m->list[o][t];

			copy_row(w, r, w->z->free_area[o].free_list[t].head, o, true);
			for (int i = 0; i < r->n; i++) {
				m->frame[r->pfn[i]].order = o;
				m->frame[r->pfn[i]].list = t;
			}
		}
	}
	for (int i = 0; i < 14; i++)
		copy_row(w, &m->pcp[i], w->z->pcp[0].lists[i].head, 0, false);
	for (int i = 0; i < LRU_UNEVICTABLE; i++) {
		struct row *r = &m->lru[i];

		copy_row(w, r, w->z->node->lruvec.lists[i].head, 0, false);
		for (int k = 0; k < r->n / 2; k++) {
			uint32_t pfn = r->pfn[k];

			r->pfn[k] = r->pfn[r->n - 1 - k];
			r->pfn[r->n - 1 - k] = pfn;
		}
	}
	/* of these no order is kept */
	m->lru[LRU_UNEVICTABLE].n = 0;
	for (uint32_t pfn = m->start; pfn < m->end; pfn++)
		if (m->frame[pfn].lru && (m->frame[pfn].state & PG_unevictable))
			m->lru[LRU_UNEVICTABLE].pfn[m->lru[LRU_UNEVICTABLE].n++] = pfn;
}

static void copy_position(const struct zone *z, struct naive *m)
{
	const struct zone_compaction *zc = &z->compaction;

	m->cached_free = zc->cached_free_pfn;
	m->cached_migrate[0] = zc->cached_migrate_pfn[0];
	m->cached_migrate[1] = zc->cached_migrate_pfn[1];
	m->init_migrate = zc->init_migrate_pfn;
	m->init_free = zc->init_free_pfn;
	m->flush = zc->blockskip_flush;
	m->considered = zc->considered;
	m->shift = zc->defer_shift;
	m->failed_order = zc->order_failed;
}

static void copy_marks(const struct zone *z, struct naive *m)
{
	m->reserved = (long)z->nr_reserved_highatomic;
	m->boost = (long)z->watermark_boost;
	for (int i = 0; i < 3; i++)
		m->mark[i] = (long)z->_watermark[i];
	for (int i = 0; i < MAX_NR_ZONES; i++)
		m->lowmem_reserve[i] = z->lowmem_reserve[i];
}

/* Everything but what waits in the batch, which the second model must know by itself. */
static void copy_state(const struct world *w, struct naive *m)
{
	const struct zone *z = w->z;
	const struct per_cpu_pages *pcp = &z->pcp[0];

	m->start = (uint32_t)z->zone_start_pfn;
	m->end = (uint32_t)zone_end_pfn(z);
	for (uint32_t pfn = m->start; pfn < m->end; pfn++) {
		copy_frame(w, &m->frame[pfn], pfn);
		m->type[pfn / 512] = get_pageblock_migratetype(w->vm, pfn);
		m->skip[pfn / 512] = get_pfnblock_flags_mask(w->vm, pfn, 8) != 0;
	}
	copy_lists(w, m);
	copy_position(z, m);
	m->count = pcp->count;
	m->high = pcp->high;
	m->batch = pcp->batch;
	m->free_factor = pcp->free_factor;
	m->free_pages = z->nr_free_global;
	copy_marks(z, m);
	m->threshold = (int)w->vm->sysctl.extfrag_threshold;
	m->proactiveness = (int)w->vm->sysctl.compaction_proactiveness;
	m->unevictable_allowed = w->vm->sysctl.compact_unevictable_allowed;
	memset(&m->count_of, 0, sizeof(m->count_of));
}

/* ---- comparing ---- */

static int differences;

static void differ(const struct world *w, const char *what, uint64_t at, uint64_t ours,
		   uint64_t naive)
{
	if (differences++ < 25)
		printf("  %s %llu: simulator %lld, second model %lld\n", what,
		       (unsigned long long)at, (long long)ours, (long long)naive);
	(void)w;
}

static void same(const struct world *w, const char *what, uint64_t at, uint64_t ours,
		 uint64_t naive)
{
	if (ours != naive)
		differ(w, what, at, ours, naive);
}

static void same_rows(const struct world *w, const char *what, uint64_t at, const struct row *ours,
		      const struct row *naive, bool types)
{
	same(w, what, at, (uint64_t)ours->n, (uint64_t)naive->n);
	for (int i = 0; i < ours->n && i < naive->n; i++) {
		if (ours->pfn[i] != naive->pfn[i]) {
			printf("  entry %d of %s\n", i, what);
			differ(w, what, at, ours->pfn[i], naive->pfn[i]);
			return;
		}
		if (types && ours->type[i] != naive->type[i])
			differ(w, "remembered type in list", at, ours->type[i], naive->type[i]);
	}
}

static void same_frames(const struct world *w, const struct naive *ours, const struct naive *m)
{
	for (uint32_t pfn = m->start; pfn < m->end; pfn++) {
		const struct frame *a = &ours->frame[pfn], *b = &m->frame[pfn];

		same(w, "order of frame", pfn, (uint64_t)a->order, (uint64_t)b->order);
		same(w, "compound order of frame", pfn, (uint64_t)a->compound,
		     (uint64_t)b->compound);
		same(w, "page of the file in frame", pfn, a->cache ? a->index : UINT64_MAX,
		     b->cache ? b->index : UINT64_MAX);
		if (!a->cache)
			continue;
		same(w, "lru of frame", pfn, a->lru, b->lru);
		same(w, "state of frame", pfn, a->state, b->state);
		same(w, "references of frame", pfn, (uint64_t)a->refs, (uint64_t)b->refs);
		same(w, "frame of page", a->index,
		     xa_to_object(xa_load(&w->mapping->i_pages, a->index)), pfn);
	}
}

static void same_state(const struct world *w, const struct naive *ours, const struct naive *m)
{
	same_frames(w, ours, m);
	for (int o = 0; o < NR_ORDERS; o++) {
		for (int t = 0; t < NR_TYPES; t++)
			same_rows(w, "free list (order*10+type)", (uint64_t)o * 10 + (uint64_t)t,
				  &ours->list[o][t], &m->list[o][t], false);
		same(w, "nr_free", (uint64_t)o, w->z->free_area[o].nr_free,
		     (uint64_t)nc_nr_free(m, o));
	}
	for (int i = 0; i < 14; i++)
		same_rows(w, "list of the CPU", (uint64_t)i, &ours->pcp[i], &m->pcp[i], true);
	for (int i = 0; i < LRU_UNEVICTABLE; i++)
		same_rows(w, "LRU list", (uint64_t)i, &ours->lru[i], &m->lru[i], false);
	for (uint32_t b = m->start / 512; b <= (m->end - 1) / 512; b++) {
		same(w, "type of block", b, (uint64_t)ours->type[b], (uint64_t)m->type[b]);
		same(w, "skip bit of block", b, ours->skip[b], m->skip[b]);
	}
	same(w, "pcp count", 0, (uint64_t)ours->count, (uint64_t)m->count);
	same(w, "pcp free_factor", 0, (uint64_t)ours->free_factor, (uint64_t)m->free_factor);
	same(w, "nr_free_pages", 0, (uint64_t)ours->free_pages, (uint64_t)m->free_pages);
	same(w, "cached_free", 0, ours->cached_free, m->cached_free);
	same(w, "cached_migrate", 0, ours->cached_migrate[0], m->cached_migrate[0]);
	same(w, "cached_migrate", 1, ours->cached_migrate[1], m->cached_migrate[1]);
	same(w, "init_migrate", 0, ours->init_migrate, m->init_migrate);
	same(w, "init_free", 0, ours->init_free, m->init_free);
	same(w, "blockskip_flush", 0, ours->flush, m->flush);
	same(w, "considered", 0, ours->considered, m->considered);
	same(w, "defer_shift", 0, ours->shift, m->shift);
	same(w, "order_failed", 0, (uint64_t)ours->failed_order, (uint64_t)m->failed_order);
	same(w, "nr_isolated_file", 0, (uint64_t)w->z->node->stat.nr_isolated_file, 0);
	same(w, "nr_isolated_anon", 0, (uint64_t)w->z->node->stat.nr_isolated_anon, 0);
}

static void same_counts(const struct world *w, const struct vm_stat *then, const struct naive *m)
{
	const struct vm_stat *now = &w->vm->stat;

	same(w, "compact_migrate_scanned", 0,
	     (uint64_t)(now->compact_migrate_scanned - then->compact_migrate_scanned),
	     (uint64_t)m->count_of.migrate_scanned);
	same(w, "compact_free_scanned", 0,
	     (uint64_t)(now->compact_free_scanned - then->compact_free_scanned),
	     (uint64_t)m->count_of.free_scanned);
	same(w, "compact_isolated", 0, (uint64_t)(now->compact_isolated - then->compact_isolated),
	     (uint64_t)m->count_of.isolated);
	same(w, "pgmigrate_success", 0,
	     (uint64_t)(now->pgmigrate_success - then->pgmigrate_success),
	     (uint64_t)m->count_of.moved);
	same(w, "pgmigrate_fail", 0, (uint64_t)(now->pgmigrate_fail - then->pgmigrate_fail),
	     (uint64_t)m->count_of.not_moved);
	same(w, "pgfree", 0, (uint64_t)(now->pgfree - then->pgfree), (uint64_t)m->count_of.freed);
}

static void same_or_fail(const struct world *w)
{
	if (!differences)
		return;
	printf("seed %llu, compaction %ld: %s\n%d differences\n", (unsigned long long)seed, w->op,
	       w->what, differences);
	fail();
}

/* ---- the callers ---- */

static const char *const result_names[] = { "not suitable", "skipped",   "deferred",
					    "no page",      "continue",  "complete",
					    "partial",      "contended", "success" };

static long results[ARRAY_LEN(result_names)];

/* Too large for the stack of a task. */
static void new_run(struct world *w, int order, gfp_t gfp, unsigned flags, int classzone)
{
	memset(w->run, 0, sizeof(*w->run));
	w->run->order = order;
	w->run->gfp = gfp;
	w->run->flags = flags;
	w->run->classzone = classzone;
}

/* Often one that there was none of at first. */
static int random_order(struct world *w)
{
	return chance(w, 40) && w->largest < 10 ? w->largest + 1 : 1 + (int)below(w, 10);
}

static void run_direct(struct world *w)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_HIGHUSER_MOVABLE, GFP_HIGHUSER_MOVABLE,
				      GFP_HIGHUSER_MOVABLE, GFP_KERNEL | __GFP_RECLAIMABLE };
	gfp_t gfp = gfps[below(w, ARRAY_LEN(gfps))];
	unsigned flags = (unsigned)below(w, 3);
	int order = random_order(w), prio = (int)below(w, 3), r, naive;
	int classzone = chance(w, 80) ? w->z->idx : ZONE_NORMAL;
	struct zoneref ref[2] = { { w->z, w->z->idx }, { NULL, 0 } };
	struct zonelist zl = { ref, 1 };
	struct alloc_context ac = { .zonelist = &zl,
				    .migratetype = gfp_migratetype(gfp),
				    .highest_zoneidx = classzone };
	uint32_t captured = 0;

	if (chance(w, 5))
		gfp = chance(w, 50) ? gfp & ~__GFP_FS : GFP_NOIO;
	if (chance(w, 20))
		flags |= (const unsigned[]){ ALLOC_HIGHATOMIC, ALLOC_MIN_RESERVE, ALLOC_OOM,
					     ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE }[below(w, 4)];
	if (prio == COMPACT_PRIO_ASYNC && chance(w, 20))
		world_set_pages(w, PG_locked, 1 + (unsigned)below(w, 30));
	copy_state(w, w->m);
	snprintf(w->what, sizeof(w->what),
		 "direct, order %d, prio %d, gfp %#x, flags %#x, classzone %d", order, prio, gfp,
		 flags, classzone);
	r = (int)try_to_compact_pages(w->t, gfp, order, flags, &ac, (enum compact_priority)prio,
				      &captured);
	new_run(w, order, gfp, flags, classzone);
	naive = nc_compact_direct(w->m, w->run, prio);
	same(w, "result", 0, (uint64_t)r, (uint64_t)naive);
	same(w, "captured", 0, captured, w->run->captured);
	results[naive]++;
	if (!captured || differences)
		return;
	/* as others see it: pages in use */
	for (uint32_t i = 0; i < 1u << order; i++)
		world_make_used(w, captured + i);
}

static int both_compact(struct world *w, struct compact_control cc)
{
	int r, naive;

	new_run(w, cc.order, cc.gfp, cc.alloc_flags, cc.highest_zoneidx);
	w->run->mode = (int)cc.mode;
	w->run->whole = cc.whole_zone;
	w->run->ignore_skip = cc.ignore_skip_hint;
	w->run->proactive = cc.proactive_compaction;
	cc.zone = w->z;
	cc.search_order = cc.order;
	r = (int)compact_zone(w->t, &cc, NULL);
	naive = nc_compact(w->m, w->run);
	same(w, "result", 0, (uint64_t)r, (uint64_t)naive);
	results[naive]++;
	return naive;
}

static void run_kcompactd(struct world *w)
{
	struct zone *z = w->z;
	int order = random_order(w), r;
	bool off;

	snprintf(w->what, sizeof(w->what), "kcompactd, order %d", order);
	copy_state(w, w->m);
	off = nc_deferred(w->m, order);
	same(w, "deferred", 0, compaction_deferred(w->vm, z, order), off);
	r = nc_suitable(w->m, order, 0, z->idx);
	same(w, "suitable", 0, (uint64_t)compaction_suitable(w->vm, z, order, 0, z->idx),
	     (uint64_t)r);
	if (off || r != COMPACT_CONTINUE)
		return;
	r = both_compact(w, (struct compact_control){ .order = order,
						      .gfp = GFP_KERNEL,
						      .highest_zoneidx = z->idx,
						      .mode = MIGRATE_SYNC_LIGHT });
	if (r == COMPACT_SUCCESS) {
		compaction_defer_reset(w->vm, z, order, false);
		nc_defer_reset(w->m, order);
	} else if (r == COMPACT_COMPLETE || r == COMPACT_PARTIAL_SKIPPED) {
		drain_all_pages_zone(w->vm, z, &w->vm->sim->cpus[0]);
		nc_drain_all(w->m, NULL);
		defer_compaction(w->vm, z, order);
		nc_defer(w->m, order);
	}
}

static void run_proactive(struct world *w)
{
	w->vm->sysctl.compaction_proactiveness = (int64_t)below(w, 101);
	copy_state(w, w->m);
	snprintf(w->what, sizeof(w->what), "proactive, proactiveness %d", w->m->proactiveness);
	both_compact(w, (struct compact_control){ .order = COMPACT_WHOLE_ZONE,
						  .gfp = GFP_KERNEL,
						  .highest_zoneidx = w->z->idx,
						  .mode = MIGRATE_SYNC_LIGHT,
						  .whole_zone = true,
						  .ignore_skip_hint = true,
						  .proactive_compaction = true });
	w->vm->sysctl.compaction_proactiveness = 0;
}

static void run_manual(struct world *w)
{
	copy_state(w, w->m);
	snprintf(w->what, sizeof(w->what), "manual");
	both_compact(w, (struct compact_control){ .order = COMPACT_WHOLE_ZONE,
						  .gfp = GFP_KERNEL,
						  .highest_zoneidx = w->z->idx,
						  .mode = MIGRATE_SYNC,
						  .whole_zone = true,
						  .ignore_skip_hint = true });
}

/* kswapd clears the bits before it sleeps. */
static void run_reset(struct world *w)
{
	copy_state(w, w->m);
	snprintf(w->what, sizeof(w->what), "clearing of skip bits");
	reset_isolation_suitable(w->vm, w->z->node);
	nc_reset_skip_bits(w->m);
}

static void one_compaction(struct world *w)
{
	unsigned what = (unsigned)below(w, 100);
	struct vm_stat then = w->vm->stat;
	bool manual = what >= 88 && what < 95;

	if (!manual && chance(w, 20))
		world_set_pages(w, PG_writeback, 1 + (unsigned)below(w, 20));
	if (what < 60)
		run_direct(w);
	else if (what < 80)
		run_kcompactd(w);
	else if (what < 88)
		run_proactive(w);
	else if (manual)
		run_manual(w);
	else
		run_reset(w);
	copy_state(w, w->after);
	same_state(w, w->after, w->m);
	same_counts(w, &then, w->m);
	same_or_fail(w);
	world_set_pages(w, PG_locked | PG_writeback, 0);
}

static void body(struct task *t, void *arg)
{
	struct world *w = arg;

	w->t = t;
	task_sleep(t, NS_PER_MS); /* the kernel's own tasks go to sleep first */
	world_random_zone(w);
	for (int i = 0; i < OPS_PER_ZONE && w->op < w->ops; i++, w->op++) {
		while (chance(w, 50))
			world_change(w);
		one_compaction(w);
	}
}

static void one_zone(struct world *w)
{
	char machine[1000];

	snprintf(machine, sizeof(machine), MACHINE, 4 * (int)(8192 + below(w, 22528)));
	fixture_boot(&w->f, machine);
	w->vm = w->f.vm;
	w->cpu = &w->f.s->cpus[0];
	w->z = &w->vm->nodes[0].zones[chance(w, 20) ? ZONE_DMA : ZONE_DMA32];
	w->mapping = &file_by_name(w->vm, "data")->mapping;
	w->next_index = 0;
	memset(w->usable, false, sizeof(w->usable));
	fixture_task(&w->f, body, w);
	fixture_check(&w->f);
	fixture_end(&w->f);
}

static void both_models_do_the_same(void **state)
{
	const char *wanted = getenv("FUZZ_OPS");
	struct world *w = sim_calloc(1, sizeof(*w));

	(void)state;
	w->ops = wanted ? atol(wanted) : DEFAULT_OPS;
	w->m = sim_calloc(1, sizeof(*w->m));
	w->after = sim_calloc(1, sizeof(*w->after));
	w->run = sim_calloc(1, sizeof(*w->run));
	rng_init(&w->r, seed, "compaction");
	printf("%ld operations, seed %llu\n", w->ops, (unsigned long long)seed);
	while (w->op < w->ops)
		one_zone(w);
	for (size_t i = 0; i < ARRAY_LEN(result_names); i++)
		if (results[i])
			printf("%8ld %s\n", results[i], result_names[i]);
	sim_free(w->run);
	sim_free(w->after);
	sim_free(w->m);
	sim_free(w);
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
