/*
 * alloc_load.c - a state of the page allocator out of records of text
 *
 * The machine, too, comes from the records: nodes, CPUs and distances, the
 * spans of zones, and their memory from the runs of pages.
 */
#include <stdlib.h>
#include <string.h>

#include "models/linux/alloc/watermark.h"
#include "models/linux/boot/boot.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/tunables.h"
#include "models/linux/verify/alloc_records.h"
#include "models/linux/verify/machine_case.h"

/* ---- the machine ---- */

static void machine_node(struct dump_reader *d, const char *record, char *words)
{
	int64_t id = dump_number(d, &words, MACHINE_MAX_NODES - 1);
	struct machine_case *m = d->machine;

	(void)record;
	if (id >= m->machine.nodes.n)
		m->machine.nodes.n = (int)id + 1;
	m->nodes[id].ranges.rows = m->ranges[id];
}

static void machine_cpus(struct dump_reader *d, const char *record, char *words)
{
	struct machine_case *m = d->machine;
	struct node_conf *node = &m->nodes[dump_number(d, &words, MACHINE_MAX_NODES - 1)];
	int64_t *ids = &m->cpu_ids[m->nr_cpus];
	int n = 0;

	(void)record;
	while (words[strspn(words, " ")] && !d->failed && m->nr_cpus < MACHINE_MAX_CPUS) {
		ids[n++] = dump_number(d, &words, MACHINE_MAX_CPUS - 1);
		m->nr_cpus++;
	}
	node->cpus = n;
	node->cpu_ids = (struct key_ints){ ids, n };
}

static void machine_distance_row(struct dump_reader *d, const char *record, char *words)
{
	int64_t from = dump_number(d, &words, MACHINE_MAX_NODES - 1);

	(void)record;
	while (words[strspn(words, " ")] && !d->failed) {
		char *word = verify_word(&words), *end;
		int64_t to = strtoll(word, &end, 10);

		if (*end != ':' || to < 0 || to >= MACHINE_MAX_NODES)
			dump_wrong(d, "no distance; accepted: NODE:DISTANCE");
		else
			d->machine->distances[from][to] = strtoll(end + 1, NULL, 10);
	}
}

/* A node has memory where its frames are known. */
static void add_range(struct dump_reader *d, int64_t node, pfn_t start, pfn_t end)
{
	struct machine_case *m = d->machine;
	struct key_rows *rows = &m->nodes[node].ranges;
	int64_t *v = rows->n ? m->range_values[node][rows->n - 1] : NULL;

	if (v && v[1] == (int64_t)start) {
		v[1] = (int64_t)end;
		return;
	}
	if (rows->n == MACHINE_CASE_RANGES) {
		dump_wrong(d, "too many stretches of memory in a node");
		return;
	}
	v = m->range_values[node][rows->n];
	v[0] = (int64_t)start;
	v[1] = (int64_t)end;
	rows->rows[rows->n++] = (struct key_ints){ v, 2 };
}

/* The next run of equal pages, a letter and a count; false at the end. */
static bool next_run(struct dump_reader *d, char **words, char *letter, uint64_t *count)
{
	const char *word = verify_word(words);
	char *end;

	if (!*word)
		return false;
	*letter = *word;
	*count = strtoull(word + 1, &end, 10);
	if (*end || !*count || *count > MACHINE_MAX_BYTES >> PAGE_SHIFT) {
		dump_wrong(d, "no run of pages; accepted: a letter and a count");
		return false;
	}
	return true;
}

static void machine_pages(struct dump_reader *d, const char *record, char *words)
{
	int64_t node = dump_number(d, &words, MACHINE_MAX_NODES - 1);
	pfn_t pfn = (pfn_t)dump_field(d, record, "first", MACHINE_MAX_BYTES >> PAGE_SHIFT);
	uint64_t count;
	char letter;

	dump_skip_colon(d, &words);
	while (!d->failed && next_run(d, &words, &letter, &count)) {
		if (letter != ALLOC_NO_BLOCK)
			add_range(d, node, pfn, pfn + count);
		pfn += count;
		if (pfn > MACHINE_MAX_BYTES >> PAGE_SHIFT)
			dump_wrong(d, "a page beyond the highest address");
	}
}

static bool read_machine(struct dump_reader *d)
{
	static const struct dump_kind kinds[] = {
		{ "node", machine_node },
		{ "cpus", machine_cpus },
		{ "distance", machine_distance_row },
		{ "pages", machine_pages },
	};
	struct machine_case *m = d->machine;

	m->machine.nodes.items = m->nodes;
	for (int i = 0; i < MACHINE_MAX_NODES; i++) {
		m->nodes[i].ranges.rows = m->ranges[i];
		for (int k = 0; k < MACHINE_MAX_NODES; k++)
			m->distances[i][k] = i == k ? LOCAL_DISTANCE : REMOTE_DISTANCE;
	}
	if (!dump_read(d, kinds, ARRAY_LEN(kinds)))
		return false;
	m->machine.distances = (struct key_rows){ m->distance_rows, m->machine.nodes.n };
	for (int i = 0; i < m->machine.nodes.n; i++)
		m->distance_rows[i] = (struct key_ints){ m->distances[i], m->machine.nodes.n };
	m->kernel.numa = 1;
	machine_check(d->c->diag, &m->machine);
	if (!m->nr_cpus || !m->machine.nodes.n)
		verify_error(d->c, "%s: no nodes or no CPUs", d->path);
	return !diag_failed(d->c->diag);
}

/* ---- spans ---- */

static void span_node(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = d->vm;
	struct pglist_data *node = &vm->nodes[dump_number(d, &words, vm->nr_nodes - 1)];

	node->node_start_pfn = (pfn_t)dump_field(d, record, "start", INT64_MAX);
	node->node_spanned_pages = (pages_t)dump_field(d, record, "spanned", INT64_MAX);
	node->node_present_pages = (pages_t)dump_field(d, record, "present", INT64_MAX);
	node->totalreserve_pages = (pages_t)dump_field(d, record, "totalreserve", INT64_MAX);
	node->nr_zones = (int)dump_field(d, record, "nr_zones", MAX_NR_ZONES);
	vm->totalreserve_pages += node->totalreserve_pages;
}

static void span_zone(struct dump_reader *d, const char *record, char *words)
{
	struct zone *zone = dump_zone(d, &words);

	if (!zone)
		return;
	zone->zone_start_pfn = (pfn_t)dump_field(d, record, "start", INT64_MAX);
	zone->spanned_pages = (pages_t)dump_field(d, record, "spanned", INT64_MAX);
	zone->present_pages = (pages_t)dump_field(d, record, "present", INT64_MAX);
	zone->present_early_pages = (pages_t)dump_field(d, record, "present_early", INT64_MAX);
	zone->managed_pages = (pages_t)dump_field(d, record, "managed", INT64_MAX);
	zone->contiguous = dump_field(d, record, "contiguous", 1);
	d->vm->totalram_pages += zone->managed_pages;
	if (populated_zone(zone) &&
	    (zone->spanned_pages > d->vm->max_pfn || zone_end_pfn(zone) > d->vm->max_pfn))
		dump_wrong(d, "the zone has more pages than are listed");
}

static bool read_spans(struct dump_reader *d)
{
	static const struct dump_kind kinds[] = {
		{ "node", span_node },
		{ "zone", span_zone },
	};

	return dump_read(d, kinds, ARRAY_LEN(kinds));
}

/* ---- what the machine holds ---- */

static void load_vars(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = d->vm;

	(void)words;
	vm->page_group_by_mobility_disabled = dump_field(d, record, "grouping_disabled", 1);
	vm->sysctl.watermark_boost_factor =
	    dump_field(d, record, "watermark_boost_factor", INT32_MAX);
	vm->sysctl.watermark_scale_factor =
	    dump_field(d, record, "watermark_scale_factor", INT32_MAX);
	vm->sysctl.min_free_kbytes = dump_field(d, record, "min_free_kbytes", INT32_MAX);
}

static void load_events(struct dump_reader *d, const char *record, char *words)
{
	(void)words;
	for (int i = 0; i <= ZONE_MOVABLE; i++)
		d->st->pgalloc_before[i] = dump_field(d, record, alloc_event_names[i], INT64_MAX);
	d->vm->stat.pgfree = dump_field(d, record, "pgfree", INT64_MAX);
}

static void load_kswapd(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = d->vm;
	struct pglist_data *node = &vm->nodes[dump_number(d, &words, vm->nr_nodes - 1)];

	node->kswapd_order = (int)dump_field(d, record, "order", MAX_ORDER - 1);
	node->kswapd_highest_zoneidx = (int)dump_field(d, record, "highest_zoneidx", MAX_NR_ZONES);
	node->kswapd_failures = (int)dump_field(d, record, "failures", INT32_MAX);
}

/* What waits in kswapd's place: woken once, it does nothing and waits no more. */
static int wake_once(struct sim *s, struct wait_entry *w, void *key)
{
	(void)s;
	(void)key;
	list_del(&w->link);
	return 1;
}

static void load_nodex(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = d->vm;
	int64_t nid = dump_number(d, &words, vm->nr_nodes - 1);
	struct pglist_data *node = &vm->nodes[nid];

	node->kcompactd_max_order = (int)dump_field(d, record, "kcompactd_max_order", MAX_ORDER);
	node->kcompactd_highest_zoneidx =
	    (int)dump_field(d, record, "kcompactd_highest_zoneidx", MAX_NR_ZONES);
	if (dump_field(d, record, "kswapd_waiting", 1))
		wait_prepare(&node->kswapd_wait, &d->st->kswapd[nid], WAIT_SHARED);
}

static void load_zonelist(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = d->vm;
	struct pglist_data *node = &vm->nodes[dump_number(d, &words, vm->nr_nodes - 1)];
	bool fallback = strcmp(verify_word(&words), "fallback") == 0;
	struct zonelist *list =
	    &node->zonelists[fallback ? ZONELIST_FALLBACK : ZONELIST_NOFALLBACK];

	(void)record;
	list->n = 0;
	for (char *word = verify_word(&words); *word && !d->failed; word = verify_word(&words)) {
		char *end;
		int64_t nid = strtoll(word, &end, 10);
		struct zone *zone = *end == ':' ? alloc_find_zone(vm, nid, end + 1) : NULL;

		if (!zone || !populated_zone(zone) || list->n == vm->nr_nodes * MAX_NR_ZONES)
			dump_wrong(d, "no zone with pages; accepted: NODE:ZONE");
		else
			list->ref[list->n++] = (struct zoneref){ zone, zone->idx };
	}
	list->ref[list->n] = (struct zoneref){ 0 };
}

static void load_wmark(struct dump_reader *d, const char *record, char *words)
{
	static const char *const names[NR_WMARK] = { "min", "low", "high", "promo" };
	struct zone *zone = dump_zone(d, &words);

	for (int i = 0; zone && i < NR_WMARK; i++)
		zone->_watermark[i] = (uint64_t)dump_field(d, record, names[i], INT64_MAX);
	if (zone)
		zone->watermark_boost = (uint64_t)dump_field(d, record, "boost", INT64_MAX);
}

static void load_lowmem_reserve(struct dump_reader *d, const char *record, char *words)
{
	struct zone *zone = dump_zone(d, &words);

	(void)record;
	for (int i = 0; zone && i < MAX_NR_ZONES; i++)
		zone->lowmem_reserve[i] = dump_number(d, &words, INT64_MAX);
}

static void load_numa(struct dump_reader *d, const char *record, char *words)
{
	struct zone *zone = dump_zone(d, &words);

	if (!zone)
		return;
	zone->stat.numa_hit = dump_field(d, record, "hit", INT64_MAX);
	zone->stat.numa_miss = dump_field(d, record, "miss", INT64_MAX);
	zone->stat.numa_foreign = dump_field(d, record, "foreign", INT64_MAX);
	zone->stat.numa_interleave = dump_field(d, record, "interleave", INT64_MAX);
	zone->stat.numa_local = dump_field(d, record, "local", INT64_MAX);
	zone->stat.numa_other = dump_field(d, record, "other", INT64_MAX);
}

static void load_zonediff(struct dump_reader *d, const char *record, char *words)
{
	struct per_cpu_pages *pcp = dump_lists(d, record, &words);

	if (!pcp)
		return;
	dump_skip_colon(d, &words);
	verify_word(&words); /* the free pages */
	for (const char *word = verify_word(&words); *word; word = verify_word(&words))
		pcp->other_diff |= strcmp(word, "0") != 0;
}

static void load_pages(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = d->vm;
	pfn_t pfn = (pfn_t)dump_field(d, record, "first", INT64_MAX);
	uint64_t count;
	char letter;

	dump_skip_colon(d, &words);
	while (!d->failed && next_run(d, &words, &letter, &count)) {
		uint32_t flag = letter == 'L' ? PG_lru : letter == 'V' ? PG_movable : 0;

		if (letter == 'R')
			memblock_add(&vm->reserved, pfn, pfn + count, -1);
		/* free ones are marked by their lists; of compound ones the borders are not known
		 */
		for (pfn_t p = pfn; strchr("LVUC", letter) && p < pfn + count; p++) {
			pfn_to_page(vm, p)->flags = flag;
			pfn_to_page(vm, p)->refcount = 1;
		}
		pfn += count;
	}
}

static bool read_contents(struct dump_reader *d)
{
	static const struct dump_kind kinds[] = {
		{ "vars", load_vars },
		{ "events", load_events },
		{ "kswapd", load_kswapd },
		{ "nodex", load_nodex },
		{ "zonelist", load_zonelist },
		{ "wmark", load_wmark },
		{ "lowmem_reserve", load_lowmem_reserve },
		{ "zonemisc", dump_zonemisc },
		{ "numa", load_numa },
		{ "pcp", dump_pcp },
		{ "zonediff", load_zonediff },
		{ "pcplist", dump_pcplist },
		{ "pcptype", dump_pcptype },
		{ "blockbits", dump_blockbits },
		{ "pages", load_pages },
		{ "free", dump_free },
	};

	return dump_read(d, kinds, ARRAY_LEN(kinds));
}

bool alloc_state_load(struct verify_case *c, const char *path, struct alloc_state *st)
{
	struct dump_reader d = { .c = c, .path = path, .vm = &st->vm, .st = st };
	struct linux_vm *vm = &st->vm;

	memset(st, 0, sizeof(*st));
	d.machine = sim_calloc(1, sizeof(*d.machine));
	if (!read_machine(&d)) {
		sim_free(d.machine);
		return false;
	}
	st->sim = sim_new(1);
	tables_init(&st->tables, &linux_personality);
	st->sim->tables = &st->tables;
	st->sim->kernel = vm;
	vm->sim = st->sim;
	vm->machine = machine_new(st->sim, &d.machine->machine);
	memset(&vm->machine->cost, 0, sizeof(vm->machine->cost)); /* no time passes */
	tunable_defaults(&vm_tunables, &vm->sysctl);
	boot_memory_map(vm, &d.machine->kernel);
	sim_free(d.machine);
	st->kswapd = sim_calloc((size_t)vm->nr_nodes, sizeof(*st->kswapd));
	for (int i = 0; i < vm->nr_nodes; i++) {
		st->kswapd[i] = (struct wait_entry){ .fn = wake_once };
		list_init(&st->kswapd[i].link);
	}
	if (!read_spans(&d))
		return false;
	memmap_init(vm);
	FOR_EACH_NODE (vm, node)
		pgdat_init_waits(node);
	FOR_EACH_ZONE (vm, zone)
		if (populated_zone(zone))
			setup_zone_pageset(vm, zone);
	vm->nr_online_cpus = vm->nr_cpu_ids;
	lru_init(vm);
	build_all_zonelists(vm);
	return read_contents(&d) && dump_check_lists(&d);
}

void alloc_state_free(struct alloc_state *st)
{
	if (!st->sim)
		return;
	if (st->vm.lru_batches)
		lru_free(&st->vm);
	linux_free_memory(&st->vm);
	machine_free(st->vm.machine);
	sim_free(st->kswapd);
	st->sim->kernel = NULL;
	tables_free(&st->tables);
	sim_free_run(st->sim);
	st->sim = NULL;
}
