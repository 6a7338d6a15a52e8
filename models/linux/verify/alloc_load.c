/*
 * alloc_load.c - a state of the page allocator out of records of text
 *
 *	free 0 DMA32 order 3 M : 4208 46b8
 *
 * A record begins with its kind and says what it belongs to; frames of lists
 * stand head first.  The machine, too, comes from the records: nodes, CPUs and
 * distances, the spans of zones, and their memory from the runs of pages.
 */
#include <stdlib.h>
#include <string.h>

#include "models/linux/alloc/watermark.h"
#include "models/linux/boot/boot.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/tunables.h"
#include "models/linux/verify/alloc_case.h"
#include "models/linux/verify/machine_case.h"

/* ---- records ---- */

/* A file of records while it is read. */
struct dump_reader {
	struct verify_case *c;
	const char *path;
	struct alloc_state *st;
	struct machine_case *machine;
	int line;
	bool failed;
};

static void wrong(struct dump_reader *d, const char *what)
{
	if (!d->failed)
		verify_error(d->c, "%s:%d: %s", d->path, d->line, what);
	d->failed = true;
}

/* A number at a word of the line, within 0..max. */
static int64_t word_number(struct dump_reader *d, char **words, int64_t max)
{
	int64_t v;

	if (verify_parse(verify_word(words), &v) && v >= 0 && v <= max)
		return v;
	wrong(d, "a number is missing or out of range");
	return 0;
}

/* The number behind a key, 0..max; absent: wrong. */
static int64_t field(struct dump_reader *d, const char *line, const char *key, int64_t max)
{
	int64_t v;

	if (verify_field(line, key, &v) && v >= 0 && v <= max)
		return v;
	wrong(d, "a field is missing or out of range");
	return 0;
}

/* A frame number as lists have them; false at the end of the line. */
static bool next_frame(struct dump_reader *d, char **words, uint64_t *pfn)
{
	const char *word = verify_word(words);
	char *end;

	if (!*word)
		return false;
	*pfn = strtoull(word, &end, 16);
	if (*end || !*pfn || *pfn >= d->st->vm.max_pfn) {
		wrong(d, "no frame of this machine");
		return false;
	}
	return true;
}

/* Moves *words behind the colon of a record. */
static void skip_colon(struct dump_reader *d, char **words)
{
	const char *word;

	do
		word = verify_word(words);
	while (*word && strcmp(word, ":") != 0);
	if (!*word && !**words && strcmp(word, ":") != 0)
		wrong(d, "a colon is missing");
}

static int letter_type(struct dump_reader *d, const char *letter)
{
	const char *p = *letter ? strchr(alloc_type_letters, *letter) : NULL;

	if (!p)
		wrong(d, "no migratetype; accepted: U, M, E, H, I");
	return p ? (int)(p - alloc_type_letters) : 0;
}

typedef void record_fn(struct dump_reader *d, const char *record, char *words);

struct record_kind {
	const char *name;
	record_fn *read;
};

/* Hands every record of a kind that is asked for to its function. */
static bool read_records(struct dump_reader *d, const struct record_kind *kinds, size_t n)
{
	struct verify_text t;
	char *line;

	if (!verify_read(d->c, d->path, &t)) {
		verify_error(d->c, "%s is needed", d->path);
		return false;
	}
	while ((line = verify_line(&t)) && !d->failed) {
		size_t len = strcspn(line, " ");

		d->line = t.line;
		for (size_t i = 0; i < n; i++) {
			if (strlen(kinds[i].name) != len || memcmp(kinds[i].name, line, len) != 0)
				continue;

			char *record = sim_strdup(line), *words = line;

			verify_word(&words);
			kinds[i].read(d, record, words);
			sim_free(record);
		}
	}
	verify_text_free(&t);
	return !d->failed;
}

/* ---- the machine ---- */

static void machine_node(struct dump_reader *d, const char *record, char *words)
{
	int64_t id = word_number(d, &words, MACHINE_MAX_NODES - 1);
	struct machine_case *m = d->machine;

	(void)record;
	if (id >= m->machine.nodes.n)
		m->machine.nodes.n = (int)id + 1;
	m->nodes[id].ranges.rows = m->ranges[id];
}

static void machine_cpus(struct dump_reader *d, const char *record, char *words)
{
	struct machine_case *m = d->machine;
	struct node_conf *node = &m->nodes[word_number(d, &words, MACHINE_MAX_NODES - 1)];
	int64_t *ids = &m->cpu_ids[m->nr_cpus];
	int n = 0;

	(void)record;
	while (words[strspn(words, " ")] && !d->failed && m->nr_cpus < MACHINE_MAX_CPUS) {
		ids[n++] = word_number(d, &words, MACHINE_MAX_CPUS - 1);
		m->nr_cpus++;
	}
	node->cpus = n;
	node->cpu_ids = (struct key_ints){ ids, n };
}

static void machine_distance_row(struct dump_reader *d, const char *record, char *words)
{
	int64_t from = word_number(d, &words, MACHINE_MAX_NODES - 1);

	(void)record;
	while (words[strspn(words, " ")] && !d->failed) {
		char *word = verify_word(&words), *end;
		int64_t to = strtoll(word, &end, 10);

		if (*end != ':' || to < 0 || to >= MACHINE_MAX_NODES)
			wrong(d, "no distance; accepted: NODE:DISTANCE");
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
		wrong(d, "too many stretches of memory in a node");
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
		wrong(d, "no run of pages; accepted: a letter and a count");
		return false;
	}
	return true;
}

static void machine_pages(struct dump_reader *d, const char *record, char *words)
{
	int64_t node = word_number(d, &words, MACHINE_MAX_NODES - 1);
	pfn_t pfn = (pfn_t)field(d, record, "first", MACHINE_MAX_BYTES >> PAGE_SHIFT);
	uint64_t count;
	char letter;

	skip_colon(d, &words);
	while (!d->failed && next_run(d, &words, &letter, &count)) {
		if (letter != ALLOC_NO_BLOCK)
			add_range(d, node, pfn, pfn + count);
		pfn += count;
		if (pfn > MACHINE_MAX_BYTES >> PAGE_SHIFT)
			wrong(d, "a page beyond the highest address");
	}
}

static bool read_machine(struct dump_reader *d)
{
	static const struct record_kind kinds[] = {
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
	if (!read_records(d, kinds, ARRAY_LEN(kinds)))
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

static struct zone *record_zone(struct dump_reader *d, char **words)
{
	int64_t nid = word_number(d, words, MACHINE_MAX_NODES - 1);
	struct zone *zone = alloc_find_zone(&d->st->vm, nid, verify_word(words));

	if (!zone)
		wrong(d, "no zone of this machine");
	return zone;
}

static void span_node(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = &d->st->vm;
	struct pglist_data *node = &vm->nodes[word_number(d, &words, vm->nr_nodes - 1)];

	node->node_start_pfn = (pfn_t)field(d, record, "start", INT64_MAX);
	node->node_spanned_pages = (pages_t)field(d, record, "spanned", INT64_MAX);
	node->node_present_pages = (pages_t)field(d, record, "present", INT64_MAX);
	node->totalreserve_pages = (pages_t)field(d, record, "totalreserve", INT64_MAX);
	node->nr_zones = (int)field(d, record, "nr_zones", MAX_NR_ZONES);
	vm->totalreserve_pages += node->totalreserve_pages;
}

static void span_zone(struct dump_reader *d, const char *record, char *words)
{
	struct zone *zone = record_zone(d, &words);

	if (!zone)
		return;
	zone->zone_start_pfn = (pfn_t)field(d, record, "start", INT64_MAX);
	zone->spanned_pages = (pages_t)field(d, record, "spanned", INT64_MAX);
	zone->present_pages = (pages_t)field(d, record, "present", INT64_MAX);
	zone->present_early_pages = (pages_t)field(d, record, "present_early", INT64_MAX);
	zone->managed_pages = (pages_t)field(d, record, "managed", INT64_MAX);
	zone->contiguous = field(d, record, "contiguous", 1);
	d->st->vm.totalram_pages += zone->managed_pages;
	if (populated_zone(zone) &&
	    (zone->spanned_pages > d->st->vm.max_pfn || zone_end_pfn(zone) > d->st->vm.max_pfn))
		wrong(d, "the zone has more pages than are listed");
}

static bool read_spans(struct dump_reader *d)
{
	static const struct record_kind kinds[] = {
		{ "node", span_node },
		{ "zone", span_zone },
	};

	return read_records(d, kinds, ARRAY_LEN(kinds));
}

/* ---- what the machine holds ---- */

static void load_vars(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = &d->st->vm;

	(void)words;
	vm->page_group_by_mobility_disabled = field(d, record, "grouping_disabled", 1);
	vm->sysctl.watermark_boost_factor = field(d, record, "watermark_boost_factor", INT32_MAX);
	vm->sysctl.watermark_scale_factor = field(d, record, "watermark_scale_factor", INT32_MAX);
	vm->sysctl.min_free_kbytes = field(d, record, "min_free_kbytes", INT32_MAX);
}

static void load_events(struct dump_reader *d, const char *record, char *words)
{
	(void)words;
	for (int i = 0; i <= ZONE_MOVABLE; i++)
		d->st->pgalloc_before[i] = field(d, record, alloc_event_names[i], INT64_MAX);
	d->st->vm.stat.pgfree = field(d, record, "pgfree", INT64_MAX);
}

static void load_kswapd(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = &d->st->vm;
	struct pglist_data *node = &vm->nodes[word_number(d, &words, vm->nr_nodes - 1)];

	node->kswapd_order = (int)field(d, record, "order", MAX_ORDER - 1);
	node->kswapd_highest_zoneidx = (int)field(d, record, "highest_zoneidx", MAX_NR_ZONES);
	node->kswapd_failures = (int)field(d, record, "failures", INT32_MAX);
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
	struct linux_vm *vm = &d->st->vm;
	int64_t nid = word_number(d, &words, vm->nr_nodes - 1);
	struct pglist_data *node = &vm->nodes[nid];

	node->kcompactd_max_order = (int)field(d, record, "kcompactd_max_order", MAX_ORDER);
	node->kcompactd_highest_zoneidx =
	    (int)field(d, record, "kcompactd_highest_zoneidx", MAX_NR_ZONES);
	if (field(d, record, "kswapd_waiting", 1))
		wait_prepare(&node->kswapd_wait, &d->st->kswapd[nid], WAIT_SHARED);
}

static void load_zonelist(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = &d->st->vm;
	struct pglist_data *node = &vm->nodes[word_number(d, &words, vm->nr_nodes - 1)];
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
			wrong(d, "no zone with pages; accepted: NODE:ZONE");
		else
			list->ref[list->n++] = (struct zoneref){ zone, zone->idx };
	}
	list->ref[list->n] = (struct zoneref){ 0 };
}

static void load_wmark(struct dump_reader *d, const char *record, char *words)
{
	static const char *const names[NR_WMARK] = { "min", "low", "high", "promo" };
	struct zone *zone = record_zone(d, &words);

	for (int i = 0; zone && i < NR_WMARK; i++)
		zone->_watermark[i] = (uint64_t)field(d, record, names[i], INT64_MAX);
	if (zone)
		zone->watermark_boost = (uint64_t)field(d, record, "boost", INT64_MAX);
}

static void load_lowmem_reserve(struct dump_reader *d, const char *record, char *words)
{
	struct zone *zone = record_zone(d, &words);

	(void)record;
	for (int i = 0; zone && i < MAX_NR_ZONES; i++)
		zone->lowmem_reserve[i] = word_number(d, &words, INT64_MAX);
}

static void load_zonemisc(struct dump_reader *d, const char *record, char *words)
{
	struct zone *zone = record_zone(d, &words);
	int64_t free_pages = 0;

	if (!zone)
		return;
	zone->nr_reserved_highatomic =
	    (uint64_t)field(d, record, "nr_reserved_highatomic", INT64_MAX);
	zone->nr_isolate_pageblock = (uint64_t)field(d, record, "nr_isolate_pageblock", INT64_MAX);
	zone->flags = (unsigned)field(d, record, "flags", INT32_MAX) &
		      (ZONE_BOOSTED_WATERMARK | ZONE_RECLAIM_ACTIVE);
	zone->percpu_drift_mark = (uint64_t)field(d, record, "percpu_drift_mark", INT64_MAX);
	zone->pageset_high = (int)field(d, record, "pageset_high", INT32_MAX);
	zone->pageset_batch = (int)field(d, record, "pageset_batch", INT32_MAX);
	if (!verify_field(record, "nr_free", &free_pages)) /* may be below 0 */
		wrong(d, "nr_free is missing");
	zone->nr_free_global = free_pages;
}

static void load_numa(struct dump_reader *d, const char *record, char *words)
{
	struct zone *zone = record_zone(d, &words);

	if (!zone)
		return;
	zone->stat.numa_hit = field(d, record, "hit", INT64_MAX);
	zone->stat.numa_miss = field(d, record, "miss", INT64_MAX);
	zone->stat.numa_foreign = field(d, record, "foreign", INT64_MAX);
	zone->stat.numa_interleave = field(d, record, "interleave", INT64_MAX);
	zone->stat.numa_local = field(d, record, "local", INT64_MAX);
	zone->stat.numa_other = field(d, record, "other", INT64_MAX);
}

/* The lists of the CPU that a record names, NULL: there are none. */
static struct per_cpu_pages *record_pcp(struct dump_reader *d, const char *record, char **words)
{
	struct zone *zone = record_zone(d, words);
	int64_t cpu = field(d, record, "cpu", d->st->vm.nr_cpu_ids - 1);

	if (zone && !zone->pcp)
		wrong(d, "lists of a zone without pages");
	return zone && zone->pcp && !d->failed ? &zone->pcp[cpu] : NULL;
}

static void load_pcp(struct dump_reader *d, const char *record, char *words)
{
	struct per_cpu_pages *pcp = record_pcp(d, record, &words);
	int64_t diff = 0;

	if (!pcp)
		return;
	pcp->count = (int)field(d, record, "count", INT32_MAX);
	pcp->high = (int)field(d, record, "high", INT32_MAX);
	pcp->batch = (int)field(d, record, "batch", 1 << 20);
	pcp->free_factor = (int)field(d, record, "free_factor", 30);
	pcp->expire = (int)field(d, record, "expire", INT32_MAX);
	pcp->stat_threshold = (int)field(d, record, "stat_threshold", INT32_MAX);
	if (!verify_field(record, "free_diff", &diff))
		wrong(d, "free_diff is missing");
	pcp->free_diff = (int)diff;
}

static void load_zonediff(struct dump_reader *d, const char *record, char *words)
{
	struct per_cpu_pages *pcp = record_pcp(d, record, &words);

	if (!pcp)
		return;
	skip_colon(d, &words);
	verify_word(&words); /* the free pages */
	for (const char *word = verify_word(&words); *word; word = verify_word(&words))
		pcp->other_diff |= strcmp(word, "0") != 0;
}

static void load_pcplist(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = &d->st->vm;
	struct per_cpu_pages *pcp = record_pcp(d, record, &words);
	int64_t i = field(d, record, "idx", NR_PCP_LISTS - 1);
	int64_t cpu = field(d, record, "cpu", vm->nr_cpu_ids - 1);
	int order = pindex_to_order((int)i);
	uint64_t pfn;

	if (!pcp)
		return;
	skip_colon(d, &words);
	while (!d->failed && next_frame(d, &words, &pfn)) {
		struct page *page = pfn_to_page(vm, pfn);

		if ((page->flags & (PG_pcp | PG_buddy)) || (pfn & ((1ULL << order) - 1)) ||
		    !pfn_zone(vm, pfn) || pfn_zone(vm, pfn)->pcp + cpu != pcp) {
			wrong(d, "no block of this zone and order, or one on two lists");
			return;
		}
		page->flags |= PG_pcp;
		page->order = (uint8_t)order;
		page_list_add_tail(vm->mem_map, &pcp->lists[i], (uint32_t)pfn);
	}
}

/* Follows the list it belongs to. */
static void load_pcptype(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = &d->st->vm;
	struct per_cpu_pages *pcp = record_pcp(d, record, &words);
	int64_t i = field(d, record, "idx", NR_PCP_LISTS - 1);

	if (!pcp)
		return;
	skip_colon(d, &words);

	const char *letter = verify_word(&words);

	for (uint32_t pfn = pcp->lists[i].head; pfn && *letter; pfn = pfn_to_page(vm, pfn)->next)
		pfn_to_page(vm, pfn)->migratetype = (uint8_t)letter_type(d, letter++);
}

static void load_blockbits(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = &d->st->vm;
	struct zone *zone = record_zone(d, &words);
	pfn_t pfn = (pfn_t)field(d, record, "first", INT64_MAX);

	skip_colon(d, &words);
	for (const char *p = verify_word(&words); zone && *p && !d->failed;
	     p++, pfn += PAGEBLOCK_NR_PAGES) {
		char digit[2] = { *p, '\0' };
		char *end;
		uint32_t bits = (uint32_t)strtoul(digit, &end, 16);

		if (*p == ALLOC_NO_BLOCK)
			continue;
		if (*end || pfn >= vm->max_pfn || (int)(bits & 7) >= nr_migratetypes(vm))
			wrong(d, "no bits of a pageblock");
		else
			vm->pageblocks[pfn >> PAGEBLOCK_ORDER].bits = (uint8_t)bits;
	}
}

static void load_pages(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = &d->st->vm;
	pfn_t pfn = (pfn_t)field(d, record, "first", INT64_MAX);
	uint64_t count;
	char letter;

	skip_colon(d, &words);
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

static void load_free(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = &d->st->vm;
	struct zone *zone = record_zone(d, &words);

	verify_word(&words); /* order */

	int order = (int)field(d, record, "order", MAX_ORDER - 1);
	uint64_t pfn;

	verify_word(&words);

	int type = letter_type(d, verify_word(&words));

	skip_colon(d, &words);
	while (!d->failed && next_frame(d, &words, &pfn)) {
		if ((pfn & ((1ULL << order) - 1)) || pfn_zone(vm, pfn) != zone ||
		    pfn + (1ULL << order) > zone_end_pfn(zone) || free_block_order(vm, pfn) >= 0)
			wrong(d, "no free block of this zone and order, or one listed twice");
		else
			add_to_free_list(vm, zone, pfn, order, type, true);
	}
}

static bool read_contents(struct dump_reader *d)
{
	static const struct record_kind kinds[] = {
		{ "vars", load_vars },
		{ "events", load_events },
		{ "kswapd", load_kswapd },
		{ "nodex", load_nodex },
		{ "zonelist", load_zonelist },
		{ "wmark", load_wmark },
		{ "lowmem_reserve", load_lowmem_reserve },
		{ "zonemisc", load_zonemisc },
		{ "numa", load_numa },
		{ "pcp", load_pcp },
		{ "zonediff", load_zonediff },
		{ "pcplist", load_pcplist },
		{ "pcptype", load_pcptype },
		{ "blockbits", load_blockbits },
		{ "pages", load_pages },
		{ "free", load_free },
	};

	return read_records(d, kinds, ARRAY_LEN(kinds));
}

/* Pages on a CPU's lists. */
static int pages_on_lists(const struct linux_vm *vm, const struct per_cpu_pages *pcp)
{
	int n = 0;

	for (int i = 0; i < NR_PCP_LISTS; i++)
		for (uint32_t pfn = pcp->lists[i].head; pfn; pfn = pfn_to_page(vm, pfn)->next)
			n += 1 << pindex_to_order(i);
	return n;
}

/* What the allocator's own loops rely on. */
static bool check_contents(struct dump_reader *d)
{
	struct linux_vm *vm = &d->st->vm;

	FOR_EACH_ZONE (vm, zone) {
		for (int cpu = 0; zone->pcp && cpu < vm->nr_cpu_ids; cpu++) {
			const struct per_cpu_pages *pcp = &zone->pcp[cpu];

			if (pcp->count != pages_on_lists(vm, pcp) || pcp->batch < 1)
				wrong(d,
				      "the count of a CPU's lists is not what is on them, or their "
				      "batch is 0");
		}
	}
	return !d->failed;
}

bool alloc_state_load(struct verify_case *c, const char *path, struct alloc_state *st)
{
	struct dump_reader d = { .c = c, .path = path, .st = st };
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
	return read_contents(&d) && check_contents(&d);
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
