/*
 * trace_text.c - tracepoints in the words of the kernel's trace file
 *
 * Each kind of value of trace_text.def is a function here: flags and names as the kernel writes
 * them.  The lists of words are in the order in which the kernel looks through them.
 */
#include <inttypes.h>

#include "models/linux/trace_text.h"
#include "models/linux/gfp.h"
#include "models/linux/page.h"
#include "models/linux/storage/errseq.h"

#define VMEMMAP          UINT64_C(0xffffea0000000000) /* four levels of page tables, no KASLR */
#define SIZE_OF_PAGE     64
#define PAGEBLOCK_ORDER  9
#define SD_MINORS        16 /* of each disk, as in /proc/diskstats */
#define TICK_NS          (NS_PER_SEC / 250)
#define TICKS_PER_SECOND 250
#define FIRST_JIFFY      ((INT64_C(1) << 32) - 300 * TICKS_PER_SECOND) /* when a run begins */
#define COMM_LEN         15

struct word {
	uint64_t value;
	const char *name;
};

/* ---- flags and names ---- */

static const struct word reclaim_words[] = {
	{ 0x1, "RECLAIM_WB_ANON" }, { 0x2, "RECLAIM_WB_FILE" },  { 0x10, "RECLAIM_WB_MIXED" },
	{ 0x4, "RECLAIM_WB_SYNC" }, { 0x8, "RECLAIM_WB_ASYNC" }, { 0, NULL },
};

static const struct word throttle_words[] = {
	{ 1, "VMSCAN_THROTTLE_WRITEBACK" },
	{ 2, "VMSCAN_THROTTLE_ISOLATED" },
	{ 4, "VMSCAN_THROTTLE_NOPROGRESS" },
	{ 8, "VMSCAN_THROTTLE_CONGESTED" },
	{ 0, NULL },
};

static const struct word inode_words[] = {
	{ 1 << 0, "I_DIRTY_SYNC" },
	{ 1 << 1, "I_DIRTY_DATASYNC" },
	{ 1 << 2, "I_DIRTY_PAGES" },
	{ 1 << 3, "I_NEW" },
	{ 1 << 4, "I_WILL_FREE" },
	{ 1 << 5, "I_FREEING" },
	{ 1 << 6, "I_CLEAR" },
	{ 1 << 7, "I_SYNC" },
	{ 1 << 11, "I_DIRTY_TIME" },
	{ 1 << 8, "I_REFERENCED" },
	{ 0, NULL },
};

static const struct word mm_counter_words[] = {
	{ 0, "MM_FILEPAGES" },  { 1, "MM_ANONPAGES" }, { 2, "MM_SWAPENTS" },
	{ 3, "MM_SHMEMPAGES" }, { 0, NULL },
};

static const struct word lru_words[] = {
	{ 0, "inactive_anon" }, { 1, "active_anon" }, { 2, "inactive_file" },
	{ 3, "active_file" },   { 4, "unevictable" }, { 0, NULL },
};

static const struct word zone_words[] = {
	{ ZONE_DMA, "DMA" },
	{ ZONE_DMA32, "DMA32" },
	{ ZONE_NORMAL, "Normal" },
	{ ZONE_MOVABLE, "Movable" },
	{ 0, NULL },
};

static const struct word compact_words[] = {
	{ 0, "not_suitable_zone" }, { 1, "skipped" },
	{ 2, "deferred" },          { 3, "no_suitable_page" },
	{ 4, "continue" },          { 5, "complete" },
	{ 6, "partial_skipped" },   { 7, "contended" },
	{ 8, "success" },           { 0, NULL },
};

static const struct word compact_prio_words[] = {
	{ 0, "COMPACT_PRIO_SYNC_FULL" },
	{ 1, "COMPACT_PRIO_SYNC_LIGHT" },
	{ 2, "COMPACT_PRIO_ASYNC" },
	{ 0, NULL },
};

static const struct word migrate_mode_words[] = {
	{ 0, "MIGRATE_ASYNC" },
	{ 1, "MIGRATE_SYNC_LIGHT" },
	{ 2, "MIGRATE_SYNC" },
	{ 0, NULL },
};

static const struct word migrate_reason_words[] = {
	{ 0, "compaction" },      { 1, "memory_failure" },
	{ 2, "memory_hotplug" },  { 3, "syscall_or_cpuset" },
	{ 4, "mempolicy_mbind" }, { 5, "numa_misplaced" },
	{ 6, "contig_range" },    { 7, "longterm_pin" },
	{ 8, "demotion" },        { 0, NULL },
};

static const struct word wb_reason_words[] = {
	{ 0, "background" },    { 1, "vmscan" },        { 2, "sync" },
	{ 3, "periodic" },      { 4, "laptop_timer" },  { 5, "fs_free_space" },
	{ 6, "forker_thread" }, { 7, "foreign_flush" }, { 0, NULL },
};

static const struct word scan_words[] = {
	{ 0, "failed" },
	{ 1, "succeeded" },
	{ 2, "pmd_null" },
	{ 3, "pmd_none" },
	{ 4, "page_pmd_mapped" },
	{ 5, "exceed_none_pte" },
	{ 6, "exceed_swap_pte" },
	{ 7, "exceed_shared_pte" },
	{ 8, "pte_non_present" },
	{ 9, "pte_uffd_wp" },
	{ 10, "pte_mapped_hugepage" },
	{ 11, "no_writable_page" },
	{ 12, "lack_referenced_page" },
	{ 13, "page_null" },
	{ 14, "scan_aborted" },
	{ 15, "not_suitable_page_count" },
	{ 16, "page_not_in_lru" },
	{ 17, "page_locked" },
	{ 18, "page_not_anon" },
	{ 19, "page_compound" },
	{ 20, "no_process_for_page" },
	{ 21, "vma_null" },
	{ 22, "vma_check_failed" },
	{ 23, "not_suitable_address_range" },
	{ 24, "could_not_delete_page_from_lru" },
	{ 25, "alloc_huge_page_failed" },
	{ 26, "ccgroup_charge_failed" },
	{ 27, "truncated" },
	{ 28, "page_has_private" },
	{ 29, "store_failed" },
	{ 0, NULL },
};

/* Names of the bits, joined by "|"; what has no name as a number. */
static void add_flags(struct str *out, const struct word *words, uint64_t left, const char *none)
{
	const char *sep = "";

	if (!left)
		str_add(out, none);
	for (const struct word *w = words; w->name && left; w++) {
		if ((left & w->value) != w->value)
			continue;
		str_addf(out, "%s%s", sep, w->name);
		left &= ~w->value;
		sep = "|";
	}
	if (left)
		str_addf(out, "%s0x%" PRIx64, sep, left);
}

/* The name of a value; a value without one as a number. */
static void add_symbol(struct str *out, const struct word *words, int64_t v, int width)
{
	for (const struct word *w = words; w->name; w++) {
		if (w->value == (uint64_t)v) {
			str_addf(out, "%-*s", width, w->name);
			return;
		}
	}
	str_addf(out, "0x%" PRIx64, (uint64_t)v);
}

#define PRINT_FLAGS(kind, words, none)                                                             \
	static void print_##kind(struct str *out, const struct trace_scene *scene,                 \
				 const int64_t *v)                                                 \
	{                                                                                          \
		(void)scene;                                                                       \
		add_flags(out, words, (uint64_t)v[0], none);                                       \
	}

#define PRINT_SYMBOL(kind, words, width)                                                           \
	static void print_##kind(struct str *out, const struct trace_scene *scene,                 \
				 const int64_t *v)                                                 \
	{                                                                                          \
		(void)scene;                                                                       \
		add_symbol(out, words, v[0], width);                                               \
	}

PRINT_FLAGS(reclaim, reclaim_words, "RECLAIM_WB_NONE")
PRINT_FLAGS(throttle, throttle_words, "VMSCAN_THROTTLE_NONE")
PRINT_FLAGS(inode, inode_words, "")
PRINT_SYMBOL(lru, lru_words, 0)
PRINT_SYMBOL(mm_counter, mm_counter_words, 0)
PRINT_SYMBOL(zone, zone_words, 8)
PRINT_SYMBOL(compact, compact_words, 0)
PRINT_SYMBOL(compact_prio, compact_prio_words, 0)
PRINT_SYMBOL(migrate_mode, migrate_mode_words, 0)
PRINT_SYMBOL(migrate_reason, migrate_reason_words, 0)
PRINT_SYMBOL(wb_reason, wb_reason_words, 0)
PRINT_SYMBOL(scan, scan_words, 0)

static void print_gfp(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	if (v[0])
		gfp_print(out, (gfp_t)v[0]);
	else
		str_add(out, "none");
}

/* What a result of compaction means for who asked for it. */
static void print_compact_feedback(struct str *out, const struct trace_scene *scene,
				   const int64_t *v)
{
	bool withdrawn = v[0] == 1 || v[0] == 2 || v[0] == 6 || v[0] == 7;

	(void)scene;
	str_add(out, v[0] == 5 ? "failed" : withdrawn ? "withdrawn" : "progress");
}

/* ---- numbers ---- */

static void print_hex(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_addf(out, "%" PRIx64, (uint64_t)v[0]);
}

static void print_pointer(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_addf(out, "%016" PRIx64, (uint64_t)v[0]);
}

/* A frame; that of an allocation that failed is 0. */
static void print_pfn(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_addf(out, "%" PRIx64, v[0] == -1 ? 0 : (uint64_t)v[0]);
}

static bool is_err_value(int64_t v)
{
	return v < 0 && v >= -(int64_t)MAX_ERRNO;
}

/* An address; 0 if it is an error. */
static void print_address(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_addf(out, "%" PRIx64, is_err_value(v[0]) ? 0 : (uint64_t)v[0]);
}

/* The error; 0 if it is an address. */
static void print_errno(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_addf(out, "%" PRId64, is_err_value(v[0]) ? v[0] : 0);
}

static void print_bool(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_add(out, v[0] ? "true" : "false");
}

/* Where the struct page of a frame lies; no frame: NULL. */
static void print_page(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_addf(out, "%016" PRIx64,
		 v[0] == -1 ? 0 : (uint64_t)(VMEMMAP + (uint64_t)v[0] * SIZE_OF_PAGE));
}

static void print_page_if(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	const int64_t none = -1;

	print_page(out, scene, v[1] ? v : &none);
}

static void print_bytes(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_addf(out, "%" PRIu64, (uint64_t)((uint64_t)v[0] * PAGE_SIZE));
}

static void print_shift(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_addf(out, "%" PRIu64, v[0] >= 0 && v[0] < 64 ? UINT64_C(1) << v[0] : 0);
}

static void print_fragmenting(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_addf(out, "%d", v[0] < PAGEBLOCK_ORDER);
}

/* Of the end of a range and where the look at it ended. */
static void print_isolated(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_add(out, v[0] <= v[1] ? "success" : "fail");
}

static void print_wbt_step(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_add(out, v[0] ? "scale up" : "scale down");
}

static void print_sync(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_add(out, v[0] ? "sync" : "async");
}

/* Seconds since a moment in ticks. */
static void print_age(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	int64_t now = FIRST_JIFFY + scene->t_ns / (int64_t)TICK_NS;

	str_addf(out, "%" PRId64, (int64_t)((uint64_t)now - (uint64_t)v[0]) / TICKS_PER_SECOND);
}

/* What a mapped page of the kernel's pagemap.h would say, as far as a list tells. */
static void print_pagemap(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_add(out, v[0] < 2 ? " a b  " : " f    ");
}

/* ---- disks and tasks ---- */

static void print_disk(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	str_addf(out, "8,%" PRIu64, (uint64_t)v[0] * SD_MINORS);
}

/* A device of writeback by the numbers of its disk; without a disk it has no name. */
static void print_bdi(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	const char *name = scene->name(scene, "bdi", v[0]);
	int64_t disk = name ? scene->number(scene, "disk", name) : -1;

	if (disk < 0)
		str_add(out, name ? name : "(unknown)");
	else
		str_addf(out, "8:%" PRIu64, (uint64_t)disk * SD_MINORS);
}

/* Operation, readahead, somebody waits. */
static void add_rwbs(struct str *out, int64_t op, bool ahead, bool sync)
{
	static const char *const letters[] = { "R", "W", "FF" };

	str_add(out, op >= 0 && op < (int64_t)ARRAY_LEN(letters) ? letters[op] : "N");
	str_add(out, ahead ? "A" : "");
	str_add(out, sync ? "S" : "");
}

static void print_rwbs(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	add_rwbs(out, v[0], false, false);
}

static void print_rwbs_ahead(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	add_rwbs(out, v[0], v[1] != 0, false);
}

/* Who waits for a read needs no letter. */
static void print_rwbs_sync(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)scene;
	add_rwbs(out, v[0], false, v[0] == 1 && v[1]);
}

static void print_comm(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	(void)v;
	str_addf(out, "%.*s", COMM_LEN, *scene->task ? scene->task : "swapper/0");
}

static void print_comm_of(struct str *out, const struct trace_scene *scene, const int64_t *v)
{
	const char *name = scene->task_of(scene, v[0]);

	str_addf(out, "%.*s", COMM_LEN, name ? name : "<...>");
}

/* ---- the tables ---- */

const struct trace_value linux_trace_values[NR_LINUX_TRACE_VALUES] = {
	{ "gfp", 1, print_gfp },
	{ "reclaim", 1, print_reclaim },
	{ "throttle", 1, print_throttle },
	{ "inode", 1, print_inode },
	{ "lru", 1, print_lru },
	{ "mm_counter", 1, print_mm_counter },
	{ "zone", 1, print_zone },
	{ "compact", 1, print_compact },
	{ "compact_prio", 1, print_compact_prio },
	{ "compact_feedback", 1, print_compact_feedback },
	{ "migrate_mode", 1, print_migrate_mode },
	{ "migrate_reason", 1, print_migrate_reason },
	{ "wb_reason", 1, print_wb_reason },
	{ "scan", 1, print_scan },
	{ "hex", 1, print_hex },
	{ "pfn", 1, print_pfn },
	{ "pointer", 1, print_pointer },
	{ "address", 1, print_address },
	{ "errno", 1, print_errno },
	{ "bool", 1, print_bool },
	{ "page", 1, print_page },
	{ "page_if", 2, print_page_if },
	{ "isolated", 2, print_isolated },
	{ "wbt_step", 1, print_wbt_step },
	{ "bytes", 1, print_bytes },
	{ "shift", 1, print_shift },
	{ "fragmenting", 1, print_fragmenting },
	{ "sync", 1, print_sync },
	{ "age", 1, print_age },
	{ "pagemap", 1, print_pagemap },
	{ "disk", 1, print_disk },
	{ "bdi", 1, print_bdi },
	{ "rwbs", 1, print_rwbs },
	{ "rwbs_ahead", 2, print_rwbs_ahead },
	{ "rwbs_sync", 2, print_rwbs_sync },
	{ "comm", 0, print_comm },
	{ "comm_of", 1, print_comm_of },
};

const struct trace_text linux_trace_texts[NR_LINUX_TRACE_TEXTS] = {
#define TEXT(name, format, gap) { #name, format, gap },
#include "models/linux/trace_text.def"
#undef TEXT
};
