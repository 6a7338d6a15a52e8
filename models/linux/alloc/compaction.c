/*
 * compaction.c - whether to compact, how long not to, and one compaction from begin to end
 *
 *	request for a block -> suitable?  enough single pages free, and they are the problem
 *	                    -> deferred?  it failed lately: 2^shift attempts pass first
 *	                    -> take pages, move them, again ... until there is a block, or the
 *	                       scanners meet
 */
#include "models/linux/alloc/compaction.h"
#include "models/linux/alloc/internal.h"
#include "models/linux/reclaim/vmscan.h"

#define HPAGE_ORDER PAGEBLOCK_ORDER

/* --- how fragmented --- */

struct contig_page_info {
	uint64_t free_pages;
	uint64_t free_blocks;
	uint64_t suitable_blocks; /* of the order, out of the larger ones */
};

static struct contig_page_info contig_page_info(const struct zone *zone, int suitable_order)
{
	struct contig_page_info info = { 0 };

	for (int o = 0; o < MAX_ORDER; o++) {
		uint64_t blocks = zone->free_area[o].nr_free;

		info.free_blocks += blocks;
		info.free_pages += blocks << o;
		if (o >= suitable_order)
			info.suitable_blocks += blocks << (o - suitable_order);
	}
	return info;
}

int fragmentation_index(const struct zone *zone, int order)
{
	struct contig_page_info info = contig_page_info(zone, order);

	if (!info.free_blocks)
		return 0;
	if (info.suitable_blocks)
		return -1000;
	return (int)(1000 - (int64_t)((1000 + info.free_pages * 1000 / (1ULL << order)) /
				      info.free_blocks));
}

unsigned extfrag_for_order(const struct zone *zone, int order)
{
	struct contig_page_info info = contig_page_info(zone, order);

	if (!info.free_pages)
		return 0;
	return (unsigned)((info.free_pages - (info.suitable_blocks << order)) * 100 /
			  info.free_pages);
}

unsigned unusable_free_index(const struct zone *zone, int order)
{
	struct contig_page_info info = contig_page_info(zone, order);

	if (!info.free_pages)
		return 1000;
	return (unsigned)((info.free_pages - (info.suitable_blocks << order)) * 1000 /
			  info.free_pages);
}

unsigned fragmentation_score_zone(const struct zone *zone)
{
	return extfrag_for_order(zone, HPAGE_ORDER);
}

unsigned fragmentation_score_node(const struct pglist_data *node)
{
	uint64_t score = 0;

	for (int z = 0; z < MAX_NR_ZONES; z++) {
		const struct zone *zone = &node->zones[z];

		score += zone->present_pages * fragmentation_score_zone(zone) /
			 (node->node_present_pages + 1);
	}
	return (unsigned)score;
}

unsigned fragmentation_score_wmark(const struct linux_vm *vm, bool low)
{
	unsigned mark = (unsigned)max_s64(100 - vm->sysctl.compaction_proactiveness, 5);

	return low ? mark : (unsigned)min_u64(mark + 10, 100);
}

/* --- suitable --- */

enum compact_result __compaction_suitable(const struct zone *zone, int order, unsigned alloc_flags,
					  int highest_zoneidx, int64_t free_pages)
{
	uint64_t mark;

	if (order == COMPACT_WHOLE_ZONE)
		return COMPACT_CONTINUE;
	mark = wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK);
	if (zone_watermark_ok(zone, order, mark, highest_zoneidx, alloc_flags))
		return COMPACT_SUCCESS;
	/* what the request may do does not count: the targets are taken without it */
	mark = wmark_pages(zone, order > PAGE_ALLOC_COSTLY_ORDER ? WMARK_LOW : WMARK_MIN) +
	       compact_gap(order);
	if (!__zone_watermark_ok(zone, 0, mark, highest_zoneidx, ALLOC_CMA, free_pages))
		return COMPACT_SKIPPED;
	return COMPACT_CONTINUE;
}

enum compact_result compaction_suitable(const struct linux_vm *vm, const struct zone *zone,
					int order, unsigned alloc_flags, int highest_zoneidx)
{
	enum compact_result r =
	    __compaction_suitable(zone, order, alloc_flags, highest_zoneidx, zone_free_pages(zone));

	if (r == COMPACT_CONTINUE && order > PAGE_ALLOC_COSTLY_ORDER) {
		int index = fragmentation_index(zone, order);

		if (index >= 0 && index <= vm->sysctl.extfrag_threshold)
			r = COMPACT_NOT_SUITABLE_ZONE;
	}
	trace_mm_compaction_suitable(vm->sim, zone->node->node_id, zone->idx, order, r);
	return r == COMPACT_NOT_SUITABLE_ZONE ? COMPACT_SKIPPED : r;
}

bool compaction_zonelist_suitable(const struct linux_vm *vm, const struct alloc_context *ac,
				  int order, unsigned alloc_flags)
{
	for (int i = next_zoneref(ac, 0); i < ac->zonelist->n; i = next_zoneref(ac, i + 1)) {
		const struct zone *zone = ac->zonelist->ref[i].zone;
		int64_t available = (int64_t)zone_reclaimable_pages(vm, zone) / order +
				    zone_free_pages_snapshot(vm, zone);

		if (__compaction_suitable(zone, order, alloc_flags, ac->highest_zoneidx,
					  available) == COMPACT_CONTINUE)
			return true;
	}
	return false;
}

/* --- put off --- */

void defer_compaction(struct linux_vm *vm, struct zone *zone, int order)
{
	struct zone_compaction *z = &zone->compaction;

	z->considered = 0;
	if (z->defer_shift < COMPACT_MAX_DEFER_SHIFT)
		z->defer_shift++;
	if (order < z->order_failed)
		z->order_failed = order;
	trace_mm_compaction_defer_compaction(vm->sim, zone->node->node_id, zone->idx, order,
					     z->considered, z->defer_shift, z->order_failed);
}

bool compaction_deferred(struct linux_vm *vm, struct zone *zone, int order)
{
	struct zone_compaction *z = &zone->compaction;
	unsigned limit = 1u << z->defer_shift;

	if (order < z->order_failed)
		return false;
	if (++z->considered >= limit) {
		z->considered = limit;
		return false;
	}
	trace_mm_compaction_deferred(vm->sim, zone->node->node_id, zone->idx, order, z->considered,
				     z->defer_shift, z->order_failed);
	return true;
}

void compaction_defer_reset(struct linux_vm *vm, struct zone *zone, int order, bool success)
{
	struct zone_compaction *z = &zone->compaction;

	if (success)
		z->considered = z->defer_shift = 0;
	if (order >= z->order_failed)
		z->order_failed = order + 1;
	trace_mm_compaction_defer_reset(vm->sim, zone->node->node_id, zone->idx, order,
					z->considered, z->defer_shift, z->order_failed);
}

bool compaction_restarting(const struct zone *zone, int order)
{
	const struct zone_compaction *z = &zone->compaction;

	return order >= z->order_failed && z->defer_shift == COMPACT_MAX_DEFER_SHIFT &&
	       z->considered >= 1u << z->defer_shift;
}

void reset_isolation_suitable(struct linux_vm *vm, struct pglist_data *node)
{
	for (int z = 0; z < MAX_NR_ZONES; z++)
		if (populated_zone(&node->zones[z]))
			__reset_isolation_suitable(vm, &node->zones[z]);
}

/* --- finished --- */

static void reset_cached_positions(struct zone *zone)
{
	struct zone_compaction *z = &zone->compaction;

	z->cached_migrate_pfn[0] = z->cached_migrate_pfn[1] = zone->zone_start_pfn;
	z->cached_free_pfn = pageblock_start_pfn(zone_end_pfn(zone) - 1);
}

/* Whether the request could be served now, from its own lists or by stealing. */
static bool suitable_page_free(const struct linux_vm *vm, const struct compact_control *cc)
{
	for (int o = cc->order; o < MAX_ORDER; o++) {
		const struct free_area *area = &cc->zone->free_area[o];

		if (!page_list_empty(&area->free_list[cc->migratetype]))
			return true;
		if (cc->migratetype == MIGRATE_MOVABLE &&
		    !page_list_empty(&area->free_list[MIGRATE_CMA]))
			return true;
		if (has_stealable_block(vm, cc->zone, o, cc->migratetype))
			return true;
	}
	return false;
}

static enum compact_result __compact_finished(const struct task *t, struct compact_control *cc)
{
	const struct linux_vm *vm = task_vm(t);
	enum compact_result r;

	if (compact_scanners_met(cc)) {
		reset_cached_positions(cc->zone);
		/* only requests have the marks cleared: kcompactd would never come to an end */
		if (cc->direct_compaction)
			cc->zone->compaction.blockskip_flush = true;
		return cc->whole_zone ? COMPACT_COMPLETE : COMPACT_PARTIAL_SKIPPED;
	}
	if (cc->proactive_compaction) {
		if (kswapd_is_running(cc->zone->node))
			return COMPACT_PARTIAL_SKIPPED;
		r = fragmentation_score_zone(cc->zone) > fragmentation_score_wmark(vm, true)
			? COMPACT_CONTINUE
			: COMPACT_SUCCESS;
	} else if (cc->order == COMPACT_WHOLE_ZONE) {
		return COMPACT_CONTINUE;
	} else if (cc->migrate_pfn != pageblock_start_pfn(cc->migrate_pfn)) {
		return COMPACT_CONTINUE; /* a pageblock begun is finished */
	} else if (suitable_page_free(vm, cc)) {
		return COMPACT_SUCCESS;
	} else {
		r = COMPACT_NO_SUITABLE_PAGE;
	}
	return cc->contended || t->killed ? COMPACT_CONTENDED : r;
}

static enum compact_result compact_finished(const struct task *t, struct compact_control *cc)
{
	enum compact_result r = __compact_finished(t, cc);

	trace_mm_compaction_finished(t->sim, cc->zone->node->node_id, cc->zone->idx, cc->order, r);
	return r == COMPACT_NO_SUITABLE_PAGE ? COMPACT_CONTINUE : r;
}

/* --- one compaction --- */

static void set_start_points(struct compact_control *cc)
{
	const struct zone *zone = cc->zone;
	struct zone_compaction *z = &cc->zone->compaction;
	pfn_t start = zone->zone_start_pfn, end = zone_end_pfn(zone);
	bool sync = cc->mode != MIGRATE_ASYNC;

	cc->fast_start_pfn = 0;
	cc->fast_search_fail = 0;
	if (cc->whole_zone) {
		cc->migrate_pfn = start;
		cc->free_pfn = pageblock_start_pfn(end - 1);
		return;
	}
	cc->migrate_pfn = z->cached_migrate_pfn[sync];
	cc->free_pfn = z->cached_free_pfn;
	if (cc->free_pfn < start || cc->free_pfn >= end)
		cc->free_pfn = z->cached_free_pfn = pageblock_start_pfn(end - 1);
	if (cc->migrate_pfn < start || cc->migrate_pfn >= end)
		cc->migrate_pfn = z->cached_migrate_pfn[0] = z->cached_migrate_pfn[1] = start;
	if (cc->migrate_pfn <= z->init_migrate_pfn)
		cc->whole_zone = true;
}

/* Moves what the source scanner took.  False: there is nowhere to move it, and never will be. */
static bool move_isolated(struct task *t, struct compact_control *cc, pfn_t *last_migrated)
{
	unsigned taken = cc->nr_migratepages, moved;
	int r = migrate_pages(t, &cc->migratepages, compaction_alloc, compaction_free, cc, cc->mode,
			      MR_COMPACTION, &moved);

	trace_mm_compaction_migratepages(t->sim, moved, taken - moved);
	cc->nr_migratepages = 0;
	if (!r)
		return true;
	putback_movable_pages(t, &cc->migratepages);
	if (r < 0 && !compact_scanners_met(cc))
		return false;
	if (cc->direct_compaction && cc->mode == MIGRATE_ASYNC) {
		/* a page of the chunk stays: the rest of it would be moved in vain */
		pfn_t chunk = 1ULL << cc->order;

		cc->migrate_pfn = ((cc->migrate_pfn - 1) | (chunk - 1)) + 1;
		*last_migrated = 0;
	}
	return true;
}

/* Pages freed behind the scanner wait on this CPU's list: a block forms only without them there. */
static void drain_behind(struct task *t, const struct compact_control *cc, pfn_t *last_migrated)
{
	pfn_t chunk;

	if (cc->order <= 0 || !*last_migrated)
		return;
	chunk = cc->migrate_pfn & ~((1ULL << cc->order) - 1);
	if (*last_migrated >= chunk)
		return;
	lru_add_drain(task_vm(t), t->cpu);
	drain_pages_zone(task_vm(t), cc->zone, t->cpu, t->cpu);
	*last_migrated = 0;
}

static enum compact_result compact_loop(struct task *t, struct compact_control *cc,
					const struct capture_control *capc)
{
	struct zone_compaction *z = &cc->zone->compaction;
	bool keep_in_sync =
	    cc->mode == MIGRATE_ASYNC && z->cached_migrate_pfn[0] == z->cached_migrate_pfn[1];
	pfn_t last_migrated = 0;
	enum compact_result r;

	while ((r = compact_finished(t, cc)) == COMPACT_CONTINUE) {
		pfn_t begin = cc->migrate_pfn;

		cc->rescan = pageblock_start_pfn(last_migrated) == pageblock_start_pfn(begin);
		switch (isolate_migratepages(t, cc)) {
		case ISOLATE_ABORT:
			putback_movable_pages(t, &cc->migratepages);
			cc->nr_migratepages = 0;
			return COMPACT_CONTENDED;
		case ISOLATE_NONE:
			if (keep_in_sync)
				z->cached_migrate_pfn[1] = z->cached_migrate_pfn[0];
			break;
		case ISOLATE_SUCCESS:
			keep_in_sync = false;
			last_migrated = begin;
			if (!move_isolated(t, cc, &last_migrated))
				return COMPACT_CONTENDED;
			break;
		}
		drain_behind(t, cc, &last_migrated);
		if (capc && capc->pfn)
			return COMPACT_SUCCESS;
	}
	return r;
}

enum compact_result compact_zone(struct task *t, struct compact_control *cc,
				 struct capture_control *capc)
{
	struct linux_vm *vm = task_vm(t);
	struct zone *zone = cc->zone;
	int64_t start = (int64_t)zone->zone_start_pfn, end = (int64_t)zone_end_pfn(zone);
	bool sync = cc->mode != MIGRATE_ASYNC;
	enum compact_result r;

	cc->total_migrate_scanned = cc->total_free_scanned = 0;
	cc->nr_migratepages = cc->nr_freepages = 0;
	cc->migratepages = cc->freepages = (struct page_list){ 0 };
	cc->migratetype = request_migratetype(vm, cc->gfp);
	r = compaction_suitable(vm, zone, cc->order, cc->alloc_flags, cc->highest_zoneidx);
	if (r != COMPACT_CONTINUE)
		return r;
	if (compaction_restarting(zone, cc->order))
		__reset_isolation_suitable(vm, zone);
	set_start_points(cc);
	trace_mm_compaction_begin(vm->sim, start, (int64_t)cc->migrate_pfn, (int64_t)cc->free_pfn,
				  end, sync);
	lru_add_drain(vm, t->cpu);
	r = compact_loop(t, cc, capc);
	if (cc->nr_freepages)
		/* only back: the position may have been reset meanwhile */
		zone->compaction.cached_free_pfn =
		    max_u64(zone->compaction.cached_free_pfn,
			    pageblock_start_pfn(release_freepages(t, cc)));
	vm->stat.compact_migrate_scanned += (int64_t)cc->total_migrate_scanned;
	vm->stat.compact_free_scanned += (int64_t)cc->total_free_scanned;
	trace_mm_compaction_end(vm->sim, start, (int64_t)cc->migrate_pfn, (int64_t)cc->free_pfn,
				end, sync, r);
	return r;
}

/* --- for a request --- */

static enum compact_result compact_zone_order(struct task *t, struct zone *zone, int order,
					      gfp_t gfp, enum compact_priority prio,
					      unsigned alloc_flags, int highest_zoneidx,
					      uint32_t *captured)
{
	struct linux_vm *vm = task_vm(t);
	bool full = prio == MIN_COMPACT_PRIORITY;
	struct compact_control cc = {
		.zone = zone,
		.order = order,
		.search_order = order,
		.gfp = gfp,
		.alloc_flags = alloc_flags,
		.highest_zoneidx = highest_zoneidx,
		.mode = prio == COMPACT_PRIO_ASYNC ? MIGRATE_ASYNC : MIGRATE_SYNC_LIGHT,
		.direct_compaction = true,
		.whole_zone = full,
		.ignore_skip_hint = full,
		.ignore_block_suitable = full,
	};
	struct capture_control capc = { .cc = &cc };
	enum compact_result r;

	task_struct(t)->capture = &capc;
	vm->nr_capturing++;
	r = compact_zone(t, &cc, &capc);
	vm->nr_capturing--;
	task_struct(t)->capture = NULL;
	*captured = capc.pfn;
	return capc.pfn ? COMPACT_SUCCESS : r;
}

enum compact_result try_to_compact_pages(struct task *t, gfp_t gfp, int order, unsigned alloc_flags,
					 const struct alloc_context *ac, enum compact_priority prio,
					 uint32_t *captured)
{
	struct linux_vm *vm = task_vm(t);
	enum compact_result r = COMPACT_SKIPPED;

	*captured = 0;
	if (!(gfp & __GFP_IO))
		return COMPACT_SKIPPED;
	trace_mm_compaction_try_to_compact_pages(vm->sim, order, gfp, prio);
	for (int i = next_zoneref(ac, 0); i < ac->zonelist->n; i = next_zoneref(ac, i + 1)) {
		struct zone *zone = ac->zonelist->ref[i].zone;
		enum compact_result status;

		if (prio > MIN_COMPACT_PRIORITY && compaction_deferred(vm, zone, order)) {
			r = r > COMPACT_DEFERRED ? r : COMPACT_DEFERRED;
			continue;
		}
		status = compact_zone_order(t, zone, order, gfp, prio, alloc_flags,
					    ac->highest_zoneidx, captured);
		r = status > r ? status : r;
		if (status == COMPACT_SUCCESS) {
			compaction_defer_reset(vm, zone, order, false);
			break;
		}
		if (prio != COMPACT_PRIO_ASYNC &&
		    (status == COMPACT_COMPLETE || status == COMPACT_PARTIAL_SKIPPED))
			defer_compaction(vm, zone, order);
		if (t->killed)
			break;
	}
	return r;
}

/* --- everything --- */

static void compact_node(struct task *t, struct pglist_data *node)
{
	for (int z = 0; z < MAX_NR_ZONES; z++) {
		struct compact_control cc = {
			.zone = &node->zones[z],
			.order = COMPACT_WHOLE_ZONE,
			.mode = MIGRATE_SYNC,
			.ignore_skip_hint = true,
			.whole_zone = true,
			.gfp = GFP_KERNEL,
		};

		if (populated_zone(cc.zone))
			compact_zone(t, &cc, NULL);
	}
}

void compact_nodes(struct task *t)
{
	struct linux_vm *vm = task_vm(t);

	lru_add_drain_all(vm);
	FOR_EACH_NODE (vm, node)
		compact_node(t, node);
}

/* --- calls of scenarios, checks --- */

static int64_t op_compact_memory(struct task *t, const struct args *a, struct result *r)
{
	(void)a;
	(void)r;
	compact_nodes(t);
	return 0;
}

/* Deferral is within its bounds; as many tasks capture as are counted. */
void compaction_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);
	int capturing = 0;

	FOR_EACH_ZONE (vm, zone) {
		const struct zone_compaction *z = &zone->compaction;

		if (!populated_zone(zone))
			continue;
		CHECK(c, z->defer_shift <= COMPACT_MAX_DEFER_SHIFT);
		CHECK(c, z->considered <= 1u << z->defer_shift);
		CHECK(c, z->order_failed <= MAX_ORDER);
	}
	LIST_FOR_EACH (pos, &s->tasks) {
		const struct task *t = LIST_ENTRY(pos, struct task, link);

		capturing += t->kernel && task_struct(t)->capture;
	}
	CHECK(c, capturing == vm->nr_capturing);
}

static const struct op compaction_ops[] = {
	{ "compact_memory", "", NULL, op_compact_memory, OP_NO_IRQ,
	  "compact all zones, as writing 1 to /proc/sys/vm/compact_memory does" },
};

static const struct check_def compaction_checks[] = {
	{ "compaction", compaction_check, "deferral and capture of compaction" },
};

const struct model compaction_model = {
	.name = "compaction",
	.ops = compaction_ops,
	.nr_ops = ARRAY_LEN(compaction_ops),
	.checks = compaction_checks,
	.nr_checks = ARRAY_LEN(compaction_checks),
};
