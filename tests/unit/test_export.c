/*
 * test_export.c - the rows of mmsim export, and the texts of tracepoints against a real kernel's
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "models/registry.h"
#include "sim/base/mem.h"
#include "sim/cli/export.h"
#include "sim/cli/protobuf.h"

#define LINUX personalities[0]

static const struct trace_def *find_trace(const struct personality *p, const char *name)
{
	for (int i = 0; i < p->nr_traces; i++)
		if (strcmp(p->traces[i].name, name) == 0)
			return &p->traces[i];
	return NULL;
}

/* ---- texts ---- */

static const char *name_of(const struct trace_scene *scene, const char *kind, int64_t id)
{
	(void)scene;
	return strcmp(kind, "bdi") == 0 && id == 1 ? "sdb" : NULL;
}

static int64_t number_of(const struct trace_scene *scene, const char *kind, const char *name)
{
	(void)scene;
	return strcmp(kind, "disk") == 0 && strcmp(name, "sdb") == 0 ? 1 : -1;
}

static const char *task_of(const struct trace_scene *scene, int64_t pid)
{
	(void)scene;
	return pid == 166 ? "a-name-that-is-longer" : NULL;
}

#define MINUS -1

/*
 * Lines of the trace file of a Linux 6.1.192 and the fields they were made from.  Where the kernel
 * hides an address (page=) it is that of a kernel without KASLR; its disks are 8:0 and 8:16 here.
 */
static const struct {
	const char *name;
	int64_t fields[TRACE_MAX_FIELDS];
	const char *text;
} lines[] = {
	{ "mm_vmscan_wakeup_kswapd", { 0, 1, 0, 0 }, "nid=0 order=0 gfp_flags=none" },
	{ "mm_vmscan_kswapd_wake", { 0, 1, 0 }, "nid=0 order=0" },
	{ "mm_vmscan_kswapd_sleep", { 0 }, "nid=0" },
	{ "mm_vmscan_direct_reclaim_begin",
	  { 0, 0x112c40 },
	  "order=0 gfp_flags=GFP_NOFS|__GFP_NOWARN|__GFP_NORETRY|__GFP_HARDWALL" },
	{ "mm_vmscan_direct_reclaim_begin",
	  { 0, 0x152c40 },
	  "order=0 gfp_flags=GFP_NOFS|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_HARDWALL" },
	{ "mm_vmscan_direct_reclaim_begin",
	  { 0, 0x141cc0 },
	  "order=0 gfp_flags=GFP_USER|__GFP_COMP|__GFP_WRITE" },
	{ "mm_vmscan_direct_reclaim_begin",
	  { 9, 0x346cca },
	  "order=9 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_NOWARN|__GFP_RETRY_MAYFAIL|__GFP_COMP|"
	  "__GFP_THISNODE" },
	{ "mm_vmscan_direct_reclaim_end", { 1081 }, "nr_reclaimed=1081" },
	{ "mm_vmscan_lru_isolate",
	  { 2, 0, 22, 22, 0, 22, 0, 2 },
	  "isolate_mode=0 classzone=2 order=0 nr_requested=22 nr_scanned=22 nr_skipped=0 "
	  "nr_taken=22 lru=inactive_file" },
	{ "mm_vmscan_lru_shrink_inactive",
	  { 0, 23, 7, 1, 0, 0, 0, 0, 16, 0, 0, 12, 10 },
	  "nid=0 nr_scanned=23 nr_reclaimed=7 nr_dirty=1 nr_writeback=0 nr_congested=0 "
	  "nr_immediate=0 nr_activate_anon=0 nr_activate_file=16 nr_ref_keep=0 nr_unmap_fail=0 "
	  "priority=12 flags=RECLAIM_WB_FILE|RECLAIM_WB_ASYNC" },
	{ "mm_vmscan_lru_shrink_active",
	  { 0, 1, 0, 1, 0, 8, 10 },
	  "nid=0 nr_taken=1 nr_active=0 nr_deactivated=1 nr_referenced=0 priority=8 "
	  "flags=RECLAIM_WB_FILE|RECLAIM_WB_ASYNC" },
	{ "mm_vmscan_write_folio",
	  { 0x46fe, 9 },
	  "page=ffffea000011bf80 pfn=0x46fe flags=RECLAIM_WB_ANON|RECLAIM_WB_ASYNC" },
	{ "mm_page_alloc",
	  { 0x1bc6f, 0, 0x400dc0, 0 },
	  "page=ffffea00006f1bc0 pfn=0x1bc6f order=0 migratetype=0 "
	  "gfp_flags=GFP_KERNEL_ACCOUNT|__GFP_ZERO" },
	{ "mm_page_alloc",
	  { 0x1f33, 0, 0x140dca, 1 },
	  "page=ffffea000007ccc0 pfn=0x1f33 order=0 migratetype=1 "
	  "gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO" },
	{ "mm_page_alloc",
	  { 0x8dde, 0, 0x152c4a, 1 },
	  "page=ffffea0000237780 pfn=0x8dde order=0 migratetype=1 "
	  "gfp_flags=GFP_NOFS|__GFP_HIGHMEM|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_HARDWALL|"
	  "__GFP_MOVABLE" },
	{ "mm_page_free", { 0x19a9b, 0 }, "page=ffffea000066a6c0 pfn=0x19a9b order=0" },
	{ "mm_page_free_batched", { 0x42f7 }, "page=ffffea000010bdc0 pfn=0x42f7 order=0" },
	{ "vm_unmapped_area",
	  { 0x7ff942f07000, 0x137, 1, 0x20000, 0x1000, 0x7ff942f28000, 0, 0 },
	  "addr=0x7ff942f07000 err=0 total_vm=0x137 flags=0x1 len=0x20000 lo=0x1000 "
	  "hi=0x7ff942f28000 mask=0x0 ofs=0x0" },
	{ "wbt_timer", { 1, 3, 0, 2 }, "8:16: status=3, step=0, inflight=2" },
	{ "wbt_step",
	  { 1, 1, MINUS, 100000, 1, 2, 2 },
	  "8:16: scale up: step=-1, window=100000us, background=1, normal=2, max=2" },
	{ "mm_page_alloc_extfrag",
	  { 0x7000, 0, 10, 0, 1, 1 },
	  "page=ffffea00001c0000 pfn=0x7000 alloc_order=0 fallback_order=10 pageblock_order=9 "
	  "alloc_migratetype=0 fallback_migratetype=1 fragmenting=0 change_ownership=1" },
	{ "mm_compaction_suitable",
	  { 0, 0, MINUS, 4 },
	  "node=0 zone=DMA      order=-1 ret=continue" },
	{ "mm_compaction_begin",
	  { 0x1, 0x1, 0xe00, 0x1000, 1 },
	  "zone_start=0x1 migrate_pfn=0x1 free_pfn=0xe00 zone_end=0x1000, mode=sync" },
	{ "mm_compaction_end",
	  { 0x1, 0x1, 0xe00, 0x1000, 1, 8 },
	  "zone_start=0x1 migrate_pfn=0x1 free_pfn=0xe00 zone_end=0x1000, mode=sync "
	  "status=success" },
	{ "mm_compaction_finished",
	  { 0, 0, MINUS, 8 },
	  "node=0 zone=DMA      order=-1 ret=success" },
	{ "mm_compaction_isolate_freepages",
	  { 0x1fc00, 0x1fe00, 512, 0 },
	  "range=(0x1fc00 ~ 0x1fe00) nr_scanned=512 nr_taken=0" },
	{ "mm_compaction_migratepages", { 32, 0 }, "nr_migrated=32 nr_failed=0" },
	{ "mm_compaction_try_to_compact_pages",
	  { 9, 0x346cca, 2 },
	  "order=9 gfp_mask=GFP_HIGHUSER_MOVABLE|__GFP_NOWARN|__GFP_RETRY_MAYFAIL|__GFP_COMP|"
	  "__GFP_THISNODE priority=2" },
	{ "mm_compaction_defer_compaction",
	  { 0, 1, 9, 0, 1, 9 },
	  "node=0 zone=DMA32    order=9 order_failed=9 consider=0 limit=2" },
	{ "mm_compaction_kcompactd_wake", { 0, 9, 0 }, "nid=0 order=9 classzone_idx=DMA     " },
	{ "mm_compaction_wakeup_kcompactd", { 0, 9, 3 }, "nid=0 order=9 classzone_idx=Movable " },
	{ "reclaim_retry_zone",
	  { 0, 1, 9, 84157, 86242, 652, 1, 0 },
	  "node=0 zone=DMA32    order=9 reclaimable=84157 available=86242 min_wmark=652 "
	  "no_progress_loops=1 wmark_check=0" },
	{ "compact_retry",
	  { 9, 1, 2, 0, 16, 0 },
	  "order=9 priority=COMPACT_PRIO_SYNC_LIGHT compaction_result=withdrawn retries=0 "
	  "max_retries=16 should_retry=0" },
	{ "balance_dirty_pages",
	  { 1, 10282, 12586, 14917, 251, 13896, 102400, 50300, 64, 64, 0, 0, 4, 0 },
	  "bdi 8:16: limit=10282 setpoint=12586 dirty=14917 bdi_setpoint=251 bdi_dirty=13896 "
	  "dirty_ratelimit=102400 task_ratelimit=50300 dirtied=64 dirtied_pause=64 paused=0 "
	  "pause=0 "
	  "period=4 think=0 cgroup_ino=1" },
	{ "block_rq_issue",
	  { 1, 1, 0, 256, 131072, 0 },
	  "8,16 W 131072 () 0 + 256 [kworker/0:1H]" },
	{ "block_rq_complete", { 0, 1, 0, 256, 0 }, "8,0 W () 0 + 256 [0]" },
	/* of no real trace: an allocation that failed, and no address found, as the sources say */
	{ "mm_page_alloc",
	  { MINUS, 9, 0x400dc0, 0 },
	  "page=0000000000000000 pfn=0x0 order=9 migratetype=0 "
	  "gfp_flags=GFP_KERNEL_ACCOUNT|__GFP_ZERO" },
	{ "vm_unmapped_area",
	  { -12, 0, 1, 0x1000, 0x1000, 0x2000, 0, 0 },
	  "addr=0x0 err=-12 total_vm=0x0 flags=0x1 len=0x1000 lo=0x1000 hi=0x2000 mask=0x0 "
	  "ofs=0x0" },
	{ "cma_alloc_finish",
	  { 0x8000, 4, 0, 0 },
	  "name=reserved pfn=0x8000 page=0000000000000000 count=4 align=0" },
	{ "test_pages_isolated",
	  { 0x8000, 0x8200, 0x8001 },
	  "start_pfn=0x8000 end_pfn=0x8200 fin_pfn=0x8001 ret=fail" },
	{ "rss_stat",
	  { 3856091432, 1, 1, 10616832 },
	  "mm_id=3856091432 curr=1 type=MM_ANONPAGES size=10616832B" },
	{ "rss_stat",
	  { 3856091432, 0, 0, 0 },
	  "mm_id=3856091432 curr=0 type=MM_FILEPAGES size=0B" },
	{ "mmap_lock_acquire_returned",
	  { 166, 1, 0 },
	  "mm=00000000000000a6 memcg_path=/ write=true success=false" },
	{ "oom_score_adj_update", { 166, -17 }, "pid=166 comm=a-name-that-is- oom_score_adj=-17" },
};

static void texts_are_those_of_a_real_kernel(void **state)
{
	struct trace_scene scene = {
		.task = "kworker/0:1H", .name = name_of, .number = number_of, .task_of = task_of
	};
	struct str out = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct trace_printer *tp =
		    trace_printer_new(LINUX, find_trace(LINUX, lines[i].name));

		str_reset(&out);
		trace_printer_add(tp, &out, &scene, lines[i].fields);
		assert_string_equal(str_get(&out), lines[i].text);
		trace_printer_free(tp);
	}
	str_free(&out);
}

/* Making a printer looks up each field and each kind of value. */
static void each_text_names_fields_that_are_there(void **state)
{
	struct trace_scene scene = {
		.task = "", .name = name_of, .number = number_of, .task_of = task_of
	};
	const int64_t fields[TRACE_MAX_FIELDS] = { 0 };

	(void)state;
	for (int k = 0; personalities[k]; k++) {
		const struct personality *p = personalities[k];

		for (int i = 0; i < p->nr_trace_texts; i++) {
			const struct trace_def *def = find_trace(p, p->trace_texts[i].name);
			struct str out = { 0 };
			struct trace_printer *tp;

			assert_non_null(def);
			assert_null(strstr(def->name, "sim_"));
			tp = trace_printer_new(p, def);
			trace_printer_add(tp, &out, &scene, fields);
			assert_true(out.len > 0);
			assert_null(strchr(str_get(&out), '{'));
			trace_printer_free(tp);
			str_free(&out);
		}
	}
}

static void a_tracepoint_without_a_text_shows_its_fields(void **state)
{
	const int64_t fields[TRACE_MAX_FIELDS] = { 3, -1 };
	struct trace_printer *tp = trace_printer_new(LINUX, find_trace(LINUX, "sim_stall"));
	struct str out = { 0 };

	(void)state;
	trace_printer_add(tp, &out, &(struct trace_scene){ .task = "" }, fields);
	assert_string_equal(str_get(&out), "to=3 from=-1");
	trace_printer_free(tp);
	str_free(&out);
}

/* ---- rows ---- */

static bool has_column(const struct tables *t, const char *table, const char *column, size_t len)
{
	for (int k = 0; t->metrics[k]; k++) {
		const struct metric_object *o = t->metrics[k];

		if (strcmp(o->table, table) != 0)
			continue;
		for (int i = 0; i < o->nr_rows; i++)
			if (strncmp(o->rows[i].name, column, len) == 0 && !o->rows[i].name[len])
				return true;
		for (int i = 0; i < o->nr_keys; i++)
			if (strncmp(o->keys[i].name, column, len) == 0 && !o->keys[i].name[len])
				return true;
	}
	return false;
}

/* Names between any of the separators. */
static void check_columns(const struct tables *t, const char *table, const char *names,
			  const char *separators)
{
	for (const char *c = names; c && *c;) {
		size_t len = strcspn(c, separators);

		if (len && !has_column(t, table, c, len))
			fail_msg("%s has no %.*s", table, (int)len, c);
		c += len + strspn(c + len, separators);
	}
}

static void rows_of_metrics_name_columns_that_are_there(void **state)
{
	(void)state;
	for (int k = 0; personalities[k]; k++) {
		const struct personality *p = personalities[k];
		struct tables t;

		tables_init(&t, p);
		for (int i = 0; i < p->nr_openmetrics; i++) {
			const struct openmetric *m = &p->openmetrics[i];

			check_columns(&t, m->table, m->columns, "+-");
			for (int other = 0; other < i; other++)
				assert_false(strcmp(m->name, p->openmetrics[other].name) == 0 &&
					     strcmp(m->labels, p->openmetrics[other].labels) == 0);
		}
		for (int i = 0; i < p->nr_timeline_counters; i++) {
			const struct timeline_counter *c = &p->timeline_counters[i];

			check_columns(&t, c->table, c->column, "+");
			check_columns(&t, c->table, c->keys, ", ");
		}
		tables_free(&t);
	}
}

static void check_traces(const struct personality *p, const char *names)
{
	char *copy = sim_strdup(names ? names : "");

	for (char *save = NULL, *name = strtok_r(copy, " ", &save); name;
	     name = strtok_r(NULL, " ", &save))
		if (!find_trace(p, name))
			fail_msg("no tracepoint %s", name);
	sim_free(copy);
}

static void rows_of_slices_name_tracepoints_that_are_there(void **state)
{
	(void)state;
	for (int k = 0; personalities[k]; k++) {
		const struct personality *p = personalities[k];

		for (int i = 0; i < p->nr_timeline_slices; i++) {
			const struct timeline_slice *row = &p->timeline_slices[i];
			const struct trace_def *def = find_trace(p, row->begin);
			bool found = !row->field;

			check_traces(p, row->begin);
			check_traces(p, row->end);
			for (int f = 0; def && row->field && f < def->nr_fields; f++)
				found |= strcmp(def->fields[f], row->field) == 0;
			assert_true(found);
			for (int s = 0; s < row->nr_states; s++)
				assert_non_null(row->states[s]);
		}
	}
}

/* ---- bytes ---- */

static void is_bytes(struct str *s, const char *bytes, size_t len)
{
	assert_int_equal(s->len, len);
	assert_memory_equal(s->s, bytes, len);
	str_reset(s);
}

/* The examples of the description of the format, and both ends of a number. */
static void messages_have_the_bytes_of_protocol_buffers(void **state)
{
	struct str out = { 0 }, inner = { 0 };

	(void)state;
	pb_number(&out, 1, 150);
	is_bytes(&out, "\x08\x96\x01", 3);
	pb_text(&out, 2, "testing");
	is_bytes(&out, "\x12\x07testing", 9);
	pb_number(&inner, 1, 150);
	pb_message(&out, 3, &inner);
	assert_int_equal(inner.len, 0);
	is_bytes(&out, "\x1a\x03\x08\x96\x01", 5);
	pb_number(&out, 30, 0);
	is_bytes(&out, "\xf0\x01\x00", 3);
	pb_number(&out, 1, (uint64_t)-2);
	is_bytes(&out, "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
	pb_message(&out, 4, &inner);
	is_bytes(&out, "\x22\x00", 2);
	str_free(&out);
	str_free(&inner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_those_of_a_real_kernel),
		cmocka_unit_test(each_text_names_fields_that_are_there),
		cmocka_unit_test(a_tracepoint_without_a_text_shows_its_fields),
		cmocka_unit_test(rows_of_metrics_name_columns_that_are_there),
		cmocka_unit_test(rows_of_slices_name_tracepoints_that_are_there),
		cmocka_unit_test(messages_have_the_bytes_of_protocol_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
