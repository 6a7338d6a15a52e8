/*
 * alloc_dump.c - a state of the page allocator as records of text: written, and compared
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "models/linux/verify/alloc_case.h"

const char alloc_type_letters[MIGRATE_CMA + 1] = "UMEHI";
const char *const alloc_event_names[ZONE_MOVABLE + 1] = {
	"pgalloc_dma",
	"pgalloc_dma32",
	"pgalloc_normal",
	"pgalloc_movable",
};

struct zone *alloc_find_zone(struct linux_vm *vm, int64_t nid, const char *name)
{
	for (int i = 0; nid >= 0 && nid < vm->nr_nodes && i < MAX_NR_ZONES; i++)
		if (strcmp(vm->nodes[nid].zones[i].name, name) == 0)
			return &vm->nodes[nid].zones[i];
	return NULL;
}

/* ---- writing ---- */

static void print_node(const struct pglist_data *node, struct str *out)
{
	str_addf(out, "node %d start 0x%" PRIx64 " spanned %" PRIu64 " present %" PRIu64 "\n",
		 node->node_id, node->node_start_pfn, node->node_spanned_pages,
		 node->node_present_pages);
	str_addf(out, "kswapd %d order %d highest_zoneidx %d failures %d\n", node->node_id,
		 node->kswapd_order, node->kswapd_highest_zoneidx, node->kswapd_failures);
	str_addf(out,
		 "nodex %d kswapd_waiting %d kcompactd_max_order %d kcompactd_highest_zoneidx %d\n",
		 node->node_id, wait_queue_active(&node->kswapd_wait), node->kcompactd_max_order,
		 node->kcompactd_highest_zoneidx);
}

static void print_limits(const struct zone *z, struct str *out)
{
	int nid = z->node->node_id;

	str_addf(out,
		 "zone %d %s idx %d start 0x%" PRIx64 " spanned %" PRIu64 " present %" PRIu64
		 " present_early %" PRIu64 " managed %" PRIu64 " populated 1 contiguous %d\n",
		 nid, z->name, z->idx, z->zone_start_pfn, z->spanned_pages, z->present_pages,
		 z->present_early_pages, z->managed_pages, z->contiguous);
	str_addf(out,
		 "wmark %d %s min %" PRIu64 " low %" PRIu64 " high %" PRIu64 " promo %" PRIu64
		 " boost %" PRIu64 "\n",
		 nid, z->name, z->_watermark[WMARK_MIN], z->_watermark[WMARK_LOW],
		 z->_watermark[WMARK_HIGH], z->_watermark[WMARK_PROMO], z->watermark_boost);
	str_addf(out, "lowmem_reserve %d %s", nid, z->name);
	for (int i = 0; i < MAX_NR_ZONES; i++)
		str_addf(out, " %" PRId64, z->lowmem_reserve[i]);
	str_addf(out,
		 "\nzonemisc %d %s nr_reserved_highatomic %" PRIu64 " nr_isolate_pageblock %" PRIu64
		 " flags 0x%x percpu_drift_mark %" PRIu64
		 " pageset_high %d pageset_batch %d nr_free %" PRId64 "\n",
		 nid, z->name, z->nr_reserved_highatomic, z->nr_isolate_pageblock, z->flags,
		 z->percpu_drift_mark, z->pageset_high, z->pageset_batch, z->nr_free_global);
	str_addf(out,
		 "numa %d %s hit %" PRId64 " miss %" PRId64 " foreign %" PRId64
		 " interleave %" PRId64 " local %" PRId64 " other %" PRId64 "\n",
		 nid, z->name, z->stat.numa_hit, z->stat.numa_miss, z->stat.numa_foreign,
		 z->stat.numa_interleave, z->stat.numa_local, z->stat.numa_other);
}

static char pcplist_letter(int pindex)
{
	if (pindex < NR_PCP_LISTS - 2)
		return alloc_type_letters[pindex % MIGRATE_PCPTYPES];
	return pindex == NR_PCP_LISTS - 1 ? 'M' : 'N';
}

static void print_pcp(const struct linux_vm *vm, const struct zone *z, int cpu, struct str *out)
{
	const struct per_cpu_pages *pcp = &z->pcp[cpu];
	int nid = z->node->node_id;

	str_addf(out,
		 "pcp %d %s cpu %d count %d high %d batch %d free_factor %d expire %d "
		 "stat_threshold %d free_diff %d\n",
		 nid, z->name, cpu, pcp->count, pcp->high, pcp->batch, pcp->free_factor,
		 pcp->expire, pcp->stat_threshold, pcp->free_diff);
	for (int i = 0; i < NR_PCP_LISTS; i++) {
		uint32_t head = pcp->lists[i].head;

		if (!head)
			continue;
		str_addf(out, "pcplist %d %s cpu %d idx %d order %d %c :", nid, z->name, cpu, i,
			 pindex_to_order(i), pcplist_letter(i));
		for (uint32_t pfn = head; pfn; pfn = pfn_to_page(vm, pfn)->next)
			str_addf(out, " %x", pfn);
		str_addf(out, "\npcptype %d %s cpu %d idx %d : ", nid, z->name, cpu, i);
		for (uint32_t pfn = head; pfn; pfn = pfn_to_page(vm, pfn)->next)
			str_addc(out, alloc_type_letters[pfn_to_page(vm, pfn)->migratetype]);
		str_addc(out, '\n');
	}
}

/* A letter or a digit for each pageblock of the zone's span. */
static void print_blocks(const struct linux_vm *vm, const struct zone *z, const char *kind,
			 const char *letters, uint32_t mask, struct str *out)
{
	pfn_t first = z->zone_start_pfn & ~(PAGEBLOCK_NR_PAGES - 1);

	str_addf(out, "%s %d %s first 0x%" PRIx64 " : ", kind, z->node->node_id, z->name, first);
	for (pfn_t pfn = first; pfn < zone_end_pfn(z); pfn += PAGEBLOCK_NR_PAGES) {
		bool valid = vm->pageblocks[pfn >> PAGEBLOCK_ORDER].valid;

		str_addc(out,
			 valid ? letters[get_pfnblock_flags_mask(vm, pfn, mask)] : ALLOC_NO_BLOCK);
	}
	str_addc(out, '\n');
}

static void print_free(const struct linux_vm *vm, const struct zone *z, struct str *out)
{
	int nid = z->node->node_id;

	for (int o = 0; o < MAX_ORDER; o++) {
		for (int type = 0; type < nr_migratetypes(vm); type++) {
			uint32_t head = z->free_area[o].free_list[type].head;

			if (!head)
				continue;
			str_addf(out, "free %d %s order %d %c :", nid, z->name, o,
				 alloc_type_letters[type]);
			for (uint32_t pfn = head; pfn; pfn = free_list_next(vm, pfn, o))
				str_addf(out, " %x", pfn);
			str_addc(out, '\n');
		}
	}
	for (int o = 0; o < MAX_ORDER; o++)
		str_addf(out, "nr_free %d %s order %d %" PRIu64 "\n", nid, z->name, o,
			 z->free_area[o].nr_free);
}

static void print_events(const struct alloc_state *st, struct str *out)
{
	struct linux_vm *vm = (struct linux_vm *)&st->vm;
	int64_t pgalloc[MAX_NR_ZONES];

	memcpy(pgalloc, st->pgalloc_before, sizeof(pgalloc));
	FOR_EACH_ZONE (vm, zone)
		pgalloc[zone->idx] += zone->stat.pgalloc;
	str_add(out, "events");
	for (int i = 0; i <= ZONE_MOVABLE; i++)
		str_addf(out, " %s %" PRId64, alloc_event_names[i], pgalloc[i]);
	str_addf(out, " pgfree %" PRId64 "\n", vm->stat.pgfree);
}

void alloc_state_print(const struct alloc_state *st, struct str *out)
{
	struct linux_vm *vm = (struct linux_vm *)&st->vm;

	print_events(st, out);
	FOR_EACH_NODE (vm, node)
		print_node(node, out);
	FOR_EACH_ZONE (vm, zone) {
		if (!populated_zone(zone))
			continue;
		print_limits(zone, out);
		for (int cpu = 0; cpu < vm->nr_cpu_ids; cpu++)
			print_pcp(vm, zone, cpu, out);
		print_blocks(vm, zone, "blocks", alloc_type_letters, 0x7, out);
		print_blocks(vm, zone, "blockbits", "0123456789abcdef", 0xf, out);
		print_free(vm, zone, out);
	}
}

/* ---- comparing ---- */

/* A kind of record that is compared: its first words say of what it is, then come fields or a list.
 */
struct compared_kind {
	const char *name;
	enum alloc_quantity q;
	int key_words;         /* 0: everything up to " :" is the key, the rest the value */
	const char *fields[8]; /* none: the rest of the line is the value */
};

static const struct compared_kind compared[] = {
	{ "zone", Q_ZONES, 3, { "populated" } },
	{ "wmark", Q_WMARK, 3, { "min", "low", "high", "boost" } },
	{ "zonemisc",
	  Q_ZONEMISC,
	  3,
	  { "nr_reserved_highatomic", "nr_isolate_pageblock", "flags", "nr_free" } },
	{ "numa", Q_NUMA, 3, { "hit", "miss", "foreign", "interleave", "local", "other" } },
	{ "pcp", Q_PCP, 5, { "count", "high", "batch", "free_factor", "expire", "free_diff" } },
	{ "pcplist", Q_PCPLIST, 0, { NULL } },
	{ "pcptype", Q_PCPLIST, 0, { NULL } },
	{ "blocks", Q_BLOCKS, 0, { NULL } },
	{ "blockbits", Q_BLOCKS, 0, { NULL } },
	{ "free", Q_FREE, 0, { NULL } },
	{ "nr_free", Q_FREE, 5, { NULL } },
	{ "events",
	  Q_EVENTS,
	  1,
	  { "pgalloc_dma", "pgalloc_dma32", "pgalloc_normal", "pgalloc_movable", "pgfree" } },
	{ "kswapd", Q_KSWAPD, 2, { "order", "highest_zoneidx" } },
	{ "nodex",
	  Q_KSWAPD,
	  2,
	  { "kswapd_waiting", "kcompactd_max_order", "kcompactd_highest_zoneidx" } },
};

static const struct compared_kind *kind_of(const char *line)
{
	size_t len = strcspn(line, " ");

	for (size_t i = 0; i < ARRAY_LEN(compared); i++)
		if (strlen(compared[i].name) == len && memcmp(compared[i].name, line, len) == 0)
			return &compared[i];
	return NULL;
}

/* Length of the words that say what a record belongs to. */
static size_t key_length(const struct compared_kind *k, const char *line)
{
	const char *colon = strstr(line, " :"), *p = line;

	if (!k->key_words)
		return colon ? (size_t)(colon - line) : strlen(line);
	for (int i = 0; i < k->key_words; i++) {
		p += strspn(p, " ");
		p += strcspn(p, " ");
	}
	return (size_t)(p - line);
}

/* The records that are ours. */
struct printed_lines {
	char *text;  /* owned; cut into lines */
	char **line; /* owned */
	bool *met;   /* owned; the recorded state has it */
	size_t n, cap;
};

static void cut_lines(struct printed_lines *l, const char *printed)
{
	*l = (struct printed_lines){ .text = sim_strdup(printed) };
	for (char *p = l->text; *p;) {
		char *end = strchr(p, '\n');

		*end = '\0';
		if (kind_of(p)) {
			sim_grow((void **)&l->line, &l->cap, l->n + 1, sizeof(*l->line));
			l->line[l->n++] = p;
		}
		p = end + 1;
	}
	l->met = sim_calloc(l->n, sizeof(*l->met));
}

static const char *find_line(struct printed_lines *l, const struct compared_kind *k,
			     const char *recorded)
{
	size_t len = key_length(k, recorded);

	for (size_t i = 0; i < l->n; i++) {
		if (strncmp(l->line[i], recorded, len) == 0 && key_length(k, l->line[i]) == len &&
		    !l->met[i]) {
			l->met[i] = true;
			return l->line[i];
		}
	}
	return NULL;
}

/* Whether a recorded record is of a zone without pages, of which nothing is printed. */
static bool of_empty_zone(const struct alloc_state *st, const struct compared_kind *k,
			  const char *recorded)
{
	char name[16];
	int nid;

	if (k->key_words && k->key_words < 3)
		return false;
	if (sscanf(recorded, "%*s %d %15s", &nid, name) != 2)
		return false;

	const struct zone *zone = alloc_find_zone((struct linux_vm *)&st->vm, nid, name);

	return zone && !populated_zone(zone);
}

static size_t trimmed(const char *s)
{
	size_t len = strlen(s);

	while (len && s[len - 1] == ' ')
		len--;
	return len;
}

static void compare_line(const struct compared_kind *k, const char *path, const char *recorded,
			 const char *computed, struct verify_quantity *q)
{
	size_t len = key_length(k, recorded);

	for (int i = 0; k->fields[i]; i++) {
		int64_t want, have;
		char *what;

		if (!verify_field(recorded, k->fields[i], &want) ||
		    !verify_field(computed, k->fields[i], &have))
			continue;
		what = str_format("%s %.*s %s", path, (int)len, recorded, k->fields[i]);
		verify_count_number(q, have, want, what);
		sim_free(what);
	}
	if (!k->fields[0]) {
		size_t n = trimmed(recorded);
		size_t same = 0;

		while (same < n && recorded[same] == computed[same])
			same++;
		verify_count(q, n == trimmed(computed) && same == n,
			     "%s %.*s: at character %zu \"%.40s\", recorded \"%.40s\"", path,
			     (int)len, recorded, same, computed + same, recorded + same);
	}
}

void alloc_state_compare(struct verify_case *c, const struct alloc_state *st, const char *path,
			 const char *printed, struct verify_quantity *q)
{
	struct printed_lines lines;
	struct verify_text t;
	char *recorded;

	if (!verify_read(c, path, &t))
		return;
	cut_lines(&lines, printed);
	while ((recorded = verify_line(&t))) {
		const struct compared_kind *k = kind_of(recorded);
		const char *computed;

		if (!k || of_empty_zone(st, k, recorded))
			continue;
		computed = find_line(&lines, k, recorded);
		if (computed)
			compare_line(k, path, recorded, computed, &q[k->q]);
		else
			verify_count(&q[k->q], false, "%s: nothing computed for \"%.60s\"", path,
				     recorded);
	}
	for (size_t i = 0; i < lines.n; i++)
		if (!lines.met[i])
			verify_count(&q[kind_of(lines.line[i])->q], false,
				     "%s: nothing recorded for \"%.60s\"", path, lines.line[i]);
	verify_text_free(&t);
	sim_free(lines.text);
	sim_free(lines.line);
	sim_free(lines.met);
}
