/*
 * reclaim_run.c - what a reclaim case looks at while it runs
 */
#include "models/linux/verify/reclaim_case.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/gfp.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/verify/guest_run.h"

#define SAMPLE_NS 548500            /* read_us 553, less the interrupt of a timer that is in it */
#define FIRST_NS  (160 * NS_PER_US) /* read_us of the first sample is 715 */

const char *const reclaim_counters[NR_RECLAIM_COUNTERS] = {
	[R_FREE] = "nr_free_pages",
	[R_INACTIVE_ANON] = "nr_inactive_anon",
	[R_ACTIVE_ANON] = "nr_active_anon",
	[R_INACTIVE_FILE] = "nr_inactive_file",
	[R_ACTIVE_FILE] = "nr_active_file",
	[R_FILE_PAGES] = "nr_file_pages",
	[R_ANON_PAGES] = "nr_anon_pages",
	[R_SLAB] = "nr_slab_reclaimable",
	[R_PAGE_TABLES] = "nr_page_table_pages",
	[R_ALLOC_DMA] = "pgalloc_dma",
	[R_ALLOC_DMA32] = "pgalloc_dma32",
	[R_PGFREE] = "pgfree",
	[R_PGFAULT] = "pgfault",
	[R_SWAPCACHED] = "nr_swapcached",
	[R_SCAN_KSWAPD] = "pgscan_kswapd",
	[R_SCAN_DIRECT] = "pgscan_direct",
	[R_STEAL_KSWAPD] = "pgsteal_kswapd",
	[R_STEAL_DIRECT] = "pgsteal_direct",
	[R_REFILL] = "pgrefill",
	[R_REFAULT_ANON] = "workingset_refault_anon",
	[R_REFAULT_FILE] = "workingset_refault_file",
	[R_SWPIN] = "pswpin",
	[R_SWPOUT] = "pswpout",
	[R_MAJFAULT] = "pgmajfault",
	[R_PAGEOUTRUN] = "pageoutrun",
	[R_OOM_KILL] = "oom_kill",
	[R_COMPACT_STALL] = "compact_stall",
	[R_COMPACT_SUCCESS] = "compact_success",
	[R_HTLB_SUCCESS] = "htlb_buddy_alloc_success",
	[R_HTLB_FAIL] = "htlb_buddy_alloc_fail",
};

/* ---- what is looked at ---- */

static void add_sample(struct guest_run *r, int64_t t_us, void *arg)
{
	struct reclaim_result *res = arg;
	const struct node_stat *n = &r->vm->nodes[0].stat;
	const struct vm_stat *vm = &r->vm->stat;
	struct reclaim_sample *p;
	int64_t *v;

	sim_grow((void **)&res->sample, &res->cap_samples, res->nr_samples + 1,
		 sizeof(*res->sample));
	p = &res->sample[res->nr_samples++];
	*p = (struct reclaim_sample){ .t_us = t_us };
	v = p->v;
	FOR_EACH_ZONE (r->vm, zone)
		v[R_FREE] += zone->nr_free_global;
	/* as /proc/vmstat has them: without what CPUs keep to themselves */
	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++)
		v[R_INACTIVE_ANON + lru] =
		    (int64_t)global_node_page_state(r->vm, lru_stat_item((enum lru_list)lru));
	v[R_FILE_PAGES] = n->nr_file_pages;
	v[R_ANON_PAGES] = n->nr_anon_pages;
	v[R_SLAB] = n->nr_slab_reclaimable;
	v[R_PAGE_TABLES] = n->nr_page_table_pages;
	v[R_ALLOC_DMA] = r->vm->nodes[0].zones[ZONE_DMA].stat.pgalloc;
	v[R_ALLOC_DMA32] = r->vm->nodes[0].zones[ZONE_DMA32].stat.pgalloc;
	v[R_PGFREE] = vm->pgfree;
	v[R_PGFAULT] = vm->pgfault;
	v[R_SWAPCACHED] = n->nr_swapcached;
	v[R_SCAN_KSWAPD] = vm->pgscan_kswapd;
	v[R_SCAN_DIRECT] = vm->pgscan_direct;
	v[R_STEAL_KSWAPD] = vm->pgsteal_kswapd;
	v[R_STEAL_DIRECT] = vm->pgsteal_direct;
	v[R_REFILL] = vm->pgrefill;
	v[R_REFAULT_ANON] = n->workingset_refault_anon;
	v[R_REFAULT_FILE] = n->workingset_refault_file;
	v[R_SWPIN] = vm->pswpin;
	v[R_SWPOUT] = vm->pswpout;
	v[R_MAJFAULT] = vm->pgmajfault;
	v[R_PAGEOUTRUN] = vm->pageoutrun;
	v[R_OOM_KILL] = vm->oom_kill;
	v[R_COMPACT_STALL] = vm->compact_stall;
	v[R_COMPACT_SUCCESS] = vm->compact_success;
	v[R_HTLB_SUCCESS] = r->vm->default_hstate->stat.htlb_buddy_alloc_success;
	v[R_HTLB_FAIL] = r->vm->default_hstate->stat.htlb_buddy_alloc_fail;
}

/* ---- what is heard ---- */

/* "free_dma  free_dma32  boost_dma  boost_dma32" of this moment, tabs between. */
static void add_zones(struct guest_run *r, struct str *rows)
{
	const struct zone *zones = r->vm->nodes[0].zones;

	str_addf(rows, "\t%" PRId64 "\t%" PRId64 "\t%" PRIu64 "\t%" PRIu64,
		 zones[ZONE_DMA].nr_free_global, zones[ZONE_DMA32].nr_free_global,
		 (uint64_t)zones[ZONE_DMA].watermark_boost,
		 (uint64_t)zones[ZONE_DMA32].watermark_boost);
}

static void note_kswapd(struct guest_run *r, struct reclaim_result *res,
			const struct trace_record *record)
{
	struct str *rows = &res->kswapd;

	str_addf(rows, "%" PRId64 "\t%s\t", guest_run_us(r, record->t_ns), record->task);
	if (record->id == TP_mm_vmscan_wakeup_kswapd) {
		str_addf(rows, "wakeup\t%" PRId64 "\t%" PRId64, record->v[1], record->v[2]);
		add_zones(r, rows);
		res->wakeups += !r->stopped;
	} else if (record->id == TP_mm_vmscan_kswapd_wake) {
		str_addf(rows, "run\t-\t%" PRId64 "\t-\t-\t-\t-", record->v[2]);
	} else {
		str_addf(rows, "sleep\t-\t-\t-\t-\t-\t-");
	}
	str_addf(rows, "\n");
}

/* A call of shrink_lruvec: what it begins with, and what it would look at. */
static void note_shrink(struct guest_run *r, struct reclaim_result *res,
			const struct trace_record *record)
{
	const struct pglist_data *node = &r->vm->nodes[0];
	const int64_t *v = record->v;
	struct str *rows = &res->shrinks;

	str_addf(rows, "%" PRId64 "\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRIu64,
		 guest_run_us(r, record->t_ns), record->task, v[1], v[2], v[3],
		 node->lruvec.nonresident_age);
	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++)
		str_addf(rows, "\t%" PRIu64,
			 lruvec_lru_size(node, (enum lru_list)lru, MAX_NR_ZONES - 1));
	add_zones(r, rows);
	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++)
		str_addf(rows, "\t%" PRIu64, lruvec_lru_size(node, (enum lru_list)lru, ZONE_DMA));
	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++)
		str_addf(rows, "\t%" PRId64, v[8 + lru]);
	str_addf(rows, "\n");
}

static void begin_scan(struct guest_run *r, struct reclaim_result *res,
		       const struct trace_record *record)
{
	const int64_t *v = record->v;

	sim_grow((void **)&res->scan, &res->cap_scans, res->nr_scans + 1, sizeof(*res->scan));
	res->scan[res->nr_scans++] = (struct reclaim_scan){ .t_us = guest_run_us(r, record->t_ns),
							    .task = record->task,
							    .list = (int)v[7],
							    .isolate = { v[2], v[3], v[4], v[5] } };
}

/* The end of the scan that its task began. */
static void end_scan(struct reclaim_result *res, const struct trace_record *record)
{
	bool active = record->id == TP_mm_vmscan_lru_shrink_active;
	int first = active ? 9 : 0, last = active ? NR_SCAN_FATES : 9;
	struct reclaim_scan *scan = NULL;

	for (size_t i = res->nr_scans; i > 0 && !scan; i--)
		if (!res->scan[i - 1].ended && strcmp(res->scan[i - 1].task, record->task) == 0)
			scan = &res->scan[i - 1];
	if (!scan)
		return;
	scan->ended = true;
	scan->isolate[NR_SCAN_ISOLATE - 1] = record->v[active ? 5 : 11];
	for (int i = 0; i < NR_SCAN_FATES; i++)
		scan->fate[i] = i >= first && i < last ? record->v[2 + i - first] : -1;
}

static void note_victim(struct guest_run *r, struct reclaim_result *res,
			const struct trace_record *record)
{
	const struct sim *s = r->sim;
	const char *name = "";
	char *victims;

	LIST_FOR_EACH (pos, &s->tasks) {
		const struct task *t = LIST_ENTRY(pos, struct task, link);

		if (t->pid == record->v[0])
			name = t->name;
	}
	victims = str_format("%s%s ", res->victims ? res->victims : "", name);
	sim_free(res->victims);
	res->victims = victims;
	str_addf(&res->oom, "Out of memory: Killed process %" PRId64 " (%s)\n", record->v[0], name);
}

/* In the words of the kernel's own trace, so that the two can be laid side by side. */
static void add_compaction_text(struct str *rows, const struct trace_record *record)
{
	static const char *const status[] = { "not_suitable_zone", "skipped",   "deferred",
					      "no_suitable_page",  "continue",  "complete",
					      "partial_skipped",   "contended", "success" };
	const int64_t *v = record->v;

	switch (record->id) {
	case TP_mm_compaction_begin:
	case TP_mm_compaction_end:
		str_addf(rows,
			 "zone_start=0x%" PRIx64 " migrate_pfn=0x%" PRIx64 " free_pfn=0x%" PRIx64
			 " zone_end=0x%" PRIx64 ", mode=%s",
			 v[0], v[1], v[2], v[3], v[4] ? "sync" : "async");
		if (record->id == TP_mm_compaction_end)
			str_addf(rows, " status=%s", status[v[5]]);
		break;
	case TP_mm_compaction_migratepages:
		str_addf(rows, "nr_migrated=%" PRId64 " nr_failed=%" PRId64, v[0], v[1]);
		break;
	default:
		str_addf(rows,
			 "range=(0x%" PRIx64 " ~ 0x%" PRIx64 ") nr_scanned=%" PRId64
			 " nr_taken=%" PRId64,
			 v[0], v[1], v[2], v[3]);
	}
}

static void note_compaction(struct guest_run *r, struct reclaim_result *res,
			    const struct trace_record *record, const char *event)
{
	struct str *rows = &res->compaction;

	str_addf(rows, "%" PRId64 "\t%s\t%s\t", guest_run_us(r, record->t_ns), record->task, event);
	add_compaction_text(rows, record);
	str_add(rows, "\n");
}

/* A block was taken from another type, in the words of the kernel's own trace. */
static void note_extfrag(struct guest_run *r, struct reclaim_result *res,
			 const struct trace_record *record)
{
	const int64_t *v = record->v;

	str_addf(&res->extfrag,
		 "%" PRId64 "\t%s\tpfn=0x%" PRIx64 " alloc_order=%" PRId64
		 " fallback_order=%" PRId64 " alloc_migratetype=%" PRId64
		 " fallback_migratetype=%" PRId64 " change_ownership=%" PRId64 "\n",
		 guest_run_us(r, record->t_ns), record->task, v[0], v[1], v[2], v[3], v[4], v[5]);
}

static void note_event(struct guest_run *r, const struct trace_record *record, void *arg)
{
	struct reclaim_result *res = arg;

	switch (record->id) {
	case TP_mm_vmscan_wakeup_kswapd:
	case TP_mm_vmscan_kswapd_wake:
	case TP_mm_vmscan_kswapd_sleep:
		note_kswapd(r, res, record);
		break;
	case TP_mm_vmscan_direct_reclaim_begin:
		res->direct += !r->stopped;
		str_addf(&res->directs, "%" PRId64 "\t%s\t%" PRId64 "\t0x%" PRIx64 "\n",
			 guest_run_us(r, record->t_ns), record->task, record->v[0], record->v[1]);
		break;
	case TP_sim_shrink_lruvec:
		note_shrink(r, res, record);
		break;
	case TP_mm_vmscan_lru_isolate:
		begin_scan(r, res, record);
		break;
	case TP_mm_vmscan_lru_shrink_inactive:
	case TP_mm_vmscan_lru_shrink_active:
		end_scan(res, record);
		break;
	case TP_oom_kill:
		note_victim(r, res, record);
		break;
	case TP_mm_page_alloc_extfrag:
		note_extfrag(r, res, record);
		break;
	case TP_mm_compaction_begin:
		note_compaction(r, res, record, "begin");
		break;
	case TP_mm_compaction_end:
		note_compaction(r, res, record, "end");
		break;
	case TP_mm_compaction_isolate_migratepages:
		note_compaction(r, res, record, "isolate_migratepages");
		break;
	case TP_mm_compaction_isolate_freepages:
		note_compaction(r, res, record, "isolate_freepages");
		break;
	case TP_mm_compaction_migratepages:
		note_compaction(r, res, record, "migratepages");
		break;
	default:
		break;
	}
}

/* ---- what is written ---- */

static void write_samples(struct guest_run *r, const struct reclaim_result *res)
{
	struct str columns = { 0 }, rows = { 0 };

	str_add(&columns, "t_us");
	for (int i = 0; i < NR_RECLAIM_COUNTERS; i++)
		str_addf(&columns, "\t%s", reclaim_counters[i]);
	for (size_t k = 0; k < res->nr_samples; k++) {
		str_addf(&rows, "%" PRId64, res->sample[k].t_us);
		for (int i = 0; i < NR_RECLAIM_COUNTERS; i++)
			str_addf(&rows, "\t%" PRId64, res->sample[k].v[i]);
		str_add(&rows, "\n");
	}
	guest_write_table(r->w->c, "samples.tsv", str_get(&columns), &rows);
	str_free(&columns);
	str_free(&rows);
}

static void write_scans(struct guest_run *r, const struct reclaim_result *res)
{
	struct str rows = { 0 };

	for (size_t k = 0; k < res->nr_scans; k++) {
		const struct reclaim_scan *scan = &res->scan[k];

		if (!scan->ended)
			continue;
		str_addf(&rows, "%" PRId64 "\t%s\t%s", scan->t_us, scan->task,
			 guest_lru_names[scan->list]);
		for (int i = 0; i < NR_SCAN_ISOLATE; i++)
			str_addf(&rows, "\t%" PRId64, scan->isolate[i]);
		for (int i = 0; i < NR_SCAN_FATES; i++) {
			if (scan->fate[i] < 0)
				str_add(&rows, "\t-");
			else
				str_addf(&rows, "\t%" PRId64, scan->fate[i]);
		}
		str_add(&rows, "\n");
	}
	guest_write_table(r->w->c, "scans.tsv",
			  "t_us\ttask\tlist\trequested\tscanned\tskipped\ttaken\tpriority\t"
			  "reclaimed\tdirty\twriteback\tcongested\timmediate\tactivate_anon\t"
			  "activate_file\tref_keep\tunmap_fail\tactive\tdeactivated\trotated",
			  &rows);
	str_free(&rows);
}

/* The log as dmesg shows it: without the levels in front. */
static void write_log(FILE *f, const char *kmsg)
{
	while (*kmsg) {
		size_t len = strcspn(kmsg, "\n") + 1, level = strcspn(kmsg, ">") + 1;

		fprintf(f, "%.*s", (int)(len - level), kmsg + level);
		kmsg += len;
	}
}

static void write_tables(struct guest_run *r, void *arg)
{
	struct reclaim_result *res = arg;
	FILE *f;

	write_samples(r, res);
	guest_write_table(r->w->c, "kswapd.tsv",
			  "t_us\ttask\tevent\tzone\torder\tfree_dma\tfree_dma32\tboost_dma\t"
			  "boost_dma32",
			  &res->kswapd);
	guest_write_table(r->w->c, "shrink.tsv",
			  "t_us\ttask\treclaim_idx\tpriority\tnr_to_reclaim\tnonresident_age\t"
			  "inactive_anon\tactive_anon\tinactive_file\tactive_file\t"
			  "free_dma\tfree_dma32\tboost_dma\tboost_dma32\t"
			  "dma_inactive_anon\tdma_active_anon\tdma_inactive_file\tdma_active_file\t"
			  "req_inactive_anon\treq_active_anon\treq_inactive_file\treq_active_file",
			  &res->shrinks);
	write_scans(r, res);
	guest_write_table(r->w->c, "direct.tsv", "t_us\ttask\torder\tgfp", &res->directs);
	guest_write_table(r->w->c, "compaction.tsv", "t_us\ttask\tevent\ttext", &res->compaction);
	guest_write_table(r->w->c, "extfrag.tsv", "t_us\ttask\ttext", &res->extfrag);
	if (!res->oom.len)
		return;
	f = verify_create(r->w->c, "oom-report.txt");
	if (f)
		write_log(f, str_get(&r->vm->kmsg));
	verify_finish(r->w->c, f);
}

bool reclaim_case_run(struct guest_case *w, struct reclaim_result *res)
{
	static const char *const events[] = {
		"mm_vmscan_wakeup_kswapd",
		"mm_vmscan_kswapd_wake",
		"mm_vmscan_kswapd_sleep",
		"mm_vmscan_direct_reclaim_begin",
		"sim_shrink_lruvec",
		"mm_vmscan_lru_isolate",
		"mm_vmscan_lru_shrink_inactive",
		"mm_vmscan_lru_shrink_active",
		"oom_kill",
		"mm_page_alloc_extfrag",
		"mm_compaction_begin",
		"mm_compaction_end",
		"mm_compaction_isolate_migratepages",
		"mm_compaction_isolate_freepages",
		"mm_compaction_migratepages",
	};
	static const struct guest_family family = { .events = events,
						    .nr_events = ARRAY_LEN(events),
						    .sample = add_sample,
						    .sample_ns = SAMPLE_NS,
						    .first_ns = FIRST_NS,
						    .event = note_event,
						    .write = write_tables };

	return guest_run(w, &family, res);
}

void reclaim_result_free(struct reclaim_result *r)
{
	sim_free(r->sample);
	sim_free(r->scan);
	sim_free(r->victims);
	str_free(&r->kswapd);
	str_free(&r->directs);
	str_free(&r->shrinks);
	str_free(&r->compaction);
	str_free(&r->extfrag);
	str_free(&r->oom);
	*r = (struct reclaim_result){ 0 };
}
