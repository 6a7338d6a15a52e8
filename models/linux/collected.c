/*
 * collected.c - from copies of files of /proc and /sys to the description of a machine
 *
 * Zones come from zoneinfo.  Where RAM lies says iomem, which only root can read; without it the
 * zones say how many pages of their span are missing, and holes are put where a PC has them: below
 * 1 MiB in DMA, below 4 GiB in DMA32, else at the end.  Memory blocks say which node has what.
 *
 *	zoneinfo   |--- DMA ---|------- DMA32 -------|------ Normal -----|
 *	iomem       ###   ##########################  ####################
 *	blocks     | node 0    | node 0   | node 1   | node 1   | node 0 |
 */
#include "models/linux/collected.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/linux/tunables.h"

#define FIRST_MIB     256   /* pages */
#define SECTION_PAGES 32768 /* 128 MiB: no block is smaller */

/* ---- small files ---- */

/* The first line of a file; false: there is none. */
static bool first_line(struct verify_case *c, const char *path, char *line, size_t size)
{
	struct verify_text t;
	const char *text;
	bool ok = verify_read(c, path, &t);

	if (!ok)
		return false;
	text = verify_line(&t);
	snprintf(line, size, "%s", text ? text : "");
	verify_text_free(&t);
	return true;
}

bool import_is_collected(const char *dir)
{
	char *mark = str_format("%s/collected", dir), *zones = str_format("%s/proc/zoneinfo", dir);
	bool ok = access(mark, R_OK) == 0 || access(zones, R_OK) == 0;

	sim_free(mark);
	sim_free(zones);
	return ok;
}

/* ---- zoneinfo ---- */

static int zone_type(const char *name)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable", "Device" };

	for (int i = 0; i < MAX_NR_ZONES; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

/* "Node 0, zone   Normal": the next place of the list, or NULL. */
static struct collected_zone *begin_zone(struct verify_case *c, struct collected *from,
					 const char *line, int number)
{
	struct collected_zone *z;
	char name[17];
	int node;

	if (sscanf(line, "Node %d, zone %16s", &node, name) != 2 || zone_type(name) < 0 ||
	    node < 0 || node >= MACHINE_MAX_NODES ||
	    from->nr_zones == (int)ARRAY_LEN(from->zones)) {
		verify_error(c,
			     "proc/zoneinfo:%d: no zone that is known; accepted: zones of "
			     "x86_64, nodes 0..%d",
			     number, MACHINE_MAX_NODES - 1);
		return NULL;
	}
	z = &from->zones[from->nr_zones++];
	*z = (struct collected_zone){ .node = node, .idx = zone_type(name) };
	return z;
}

static void zone_field(struct collected_zone *z, const char *name, const char *value)
{
	uint64_t n = strtoull(value, NULL, 10);

	if (strcmp(name, "spanned") == 0)
		z->spanned = n;
	else if (strcmp(name, "present") == 0)
		z->present = n;
	else if (strcmp(name, "managed") == 0)
		z->managed = n;
	else if (strcmp(name, "start_pfn:") == 0)
		z->start = n;
}

static bool zone_possible(const struct collected_zone *z)
{
	const pages_t most = MACHINE_MAX_BYTES / PAGE_SIZE;

	return z->present <= z->spanned && z->managed <= z->present && z->spanned <= most &&
	       z->start <= most - z->spanned;
}

static void read_zones(struct verify_case *c, struct collected *from)
{
	struct collected_zone *z = NULL;
	struct verify_text t;
	int kept = 0;
	char *line;

	if (!verify_read(c, "proc/zoneinfo", &t)) {
		verify_error(c, "proc/zoneinfo is needed; accepted: a folder that "
				"scripts/collect-machine made");
		return;
	}
	while ((line = verify_line(&t)) && !diag_failed(c->diag)) {
		if (strncmp(line, "Node ", 5) == 0) {
			z = begin_zone(c, from, line, t.line);
		} else if (z) {
			const char *name = verify_word(&line);

			zone_field(z, name, verify_word(&line));
		}
	}
	verify_text_free(&t);
	for (int i = 0; i < from->nr_zones; i++) {
		if (!zone_possible(&from->zones[i]))
			verify_error(c,
				     "proc/zoneinfo: node %d, zone number %d: more pages managed "
				     "than present, or present than spanned, or beyond 8 TiB",
				     from->zones[i].node, from->zones[i].idx);
		if (from->zones[i].present)
			from->zones[kept++] = from->zones[i];
	}
	from->nr_zones = kept;
	if (!kept && !diag_failed(c->diag))
		verify_error(c, "proc/zoneinfo: no zone with pages");
}

/* ---- iomem and memory blocks ---- */

static void read_iomem(struct verify_case *c, struct collected *from)
{
	struct verify_text t;
	char *line;

	if (!verify_read(c, "proc/iomem", &t))
		return;
	while ((line = verify_line(&t)) && from->nr_map < MACHINE_CASE_MAP) {
		struct collected_range *r = &from->map[from->nr_map];
		char kind[17];

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " : %16[^\n]", &r->first, &r->last, kind) !=
			3 ||
		    *line == ' ' || r->last <= r->first || r->last >= MACHINE_MAX_BYTES)
			continue;
		r->usable = strncmp(kind, "System RAM", 10) == 0;
		r->start = (r->first + PAGE_SIZE - 1) / PAGE_SIZE;
		r->end = (r->last + 1) / PAGE_SIZE;
		from->nr_map++;
	}
	verify_text_free(&t);
}

static void read_blocks(struct verify_case *c, struct collected *from, int node)
{
	char *path = str_format("sys/devices/system/node/node%d/blocks", node);
	struct verify_text t;
	char *line;

	if (from->block_pages && verify_read(c, path, &t)) {
		while ((line = verify_line(&t))) {
			uint64_t block = strtoull(line, NULL, 10);

			if (block < COLLECTED_BLOCK_BITS)
				from->block_node[block] = (uint8_t)(node + 1);
		}
		from->has_blocks[node] = true;
		verify_text_free(&t);
	}
	sim_free(path);
}

static void read_memory(struct verify_case *c, struct collected *from)
{
	char line[33];

	from->block_node = sim_calloc(COLLECTED_BLOCK_BITS, 1);
	if (first_line(c, "sys/devices/system/memory/block_size_bytes", line, sizeof(line)))
		from->block_pages = strtoull(line, NULL, 16) / PAGE_SIZE;
	if (from->block_pages < SECTION_PAGES)
		from->block_pages = 0;
	read_iomem(c, from);
	for (int node = 0; node < MACHINE_MAX_NODES; node++)
		read_blocks(c, from, node);
}

/* Whether a page is of a node, as far as memory blocks say. */
static bool may_be_of(const struct collected *from, pfn_t pfn, int node)
{
	uint64_t block = from->block_pages ? pfn / from->block_pages : COLLECTED_BLOCK_BITS;

	return !from->has_blocks[node] || block >= COLLECTED_BLOCK_BITS ||
	       from->block_node[block] == node + 1;
}

/* ---- ranges of nodes ---- */

static bool add_range(struct verify_case *c, struct machine_case *m, int node, pfn_t start,
		      pfn_t end)
{
	struct key_rows *rows = &m->nodes[node].ranges;
	int64_t *last = rows->n ? m->range_values[node][rows->n - 1] : NULL;

	if (start >= end)
		return true;
	if (last && last[1] == (int64_t)start) {
		last[1] = (int64_t)end;
		return true;
	}
	if (rows->n == MACHINE_CASE_RANGES) {
		verify_error(c, "memory of node %d lies in too many pieces; accepted: %d", node,
			     MACHINE_CASE_RANGES);
		return false;
	}
	last = m->range_values[node][rows->n];
	last[0] = (int64_t)start;
	last[1] = (int64_t)end;
	m->ranges[node][rows->n] = (struct key_ints){ last, 2 };
	rows->rows = m->ranges[node];
	rows->n++;
	return true;
}

/* The part of start..end that is of the node, block by block.  Returns its pages. */
static pages_t add_of_node(struct verify_case *c, const struct collected *from,
			   struct machine_case *m, int node, pfn_t start, pfn_t end)
{
	pages_t step = from->block_pages ? from->block_pages : end - start;
	pages_t pages = 0;

	for (pfn_t at = start, next; at < end && step; at = next) {
		next = min_u64(end, at - at % step + step);
		if (!may_be_of(from, at, node))
			continue;
		if (!add_range(c, m, node, at, next))
			return pages;
		pages += next - at;
	}
	return pages;
}

static void zone_from_map(struct verify_case *c, struct collected *from, struct machine_case *m,
			  const struct collected_zone *z)
{
	pages_t pages = 0;

	for (int i = 0; i < from->nr_map; i++) {
		const struct collected_range *r = &from->map[i];
		pfn_t start = max_u64(r->start, z->start);
		pfn_t end = min_u64(r->end, z->start + z->spanned);

		if (r->usable && start < end)
			pages += add_of_node(c, from, m, z->node, start, end);
	}
	if (pages != z->present)
		from->guessed = true;
}

/* Without a map: what is missing from the span lies where a PC has holes. */
static void zone_from_span(struct verify_case *c, struct collected *from, struct machine_case *m,
			   const struct collected_zone *z)
{
	pages_t missing = z->spanned - z->present, left = z->present;
	pages_t step = from->block_pages ? from->block_pages : z->spanned;
	pfn_t end = z->start + z->spanned;

	from->guessed |= missing != 0;
	if (z->start < FIRST_MIB && missing < FIRST_MIB - z->start && end > FIRST_MIB) {
		add_range(c, m, z->node, z->start, FIRST_MIB - missing);
		add_range(c, m, z->node, FIRST_MIB, end);
		return;
	}
	for (pfn_t at = z->start, next; at < end && left; at = next) {
		next = min_u64(end, at - at % step + step);
		if (!may_be_of(from, at, z->node))
			continue;
		next = min_u64(next, at + left);
		left -= next - at;
		if (!add_range(c, m, z->node, at, next))
			return;
	}
	if (left)
		verify_error(c, "node %d: its memory blocks have fewer pages than zone number %d",
			     z->node, z->idx);
}

static int by_start(const void *a, const void *b)
{
	const struct collected_zone *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

static void make_ranges(struct verify_case *c, struct collected *from, struct machine_case *m)
{
	bool has_map = false;

	for (int i = 0; i < from->nr_map; i++)
		has_map |= from->map[i].usable;
	qsort(from->zones, (size_t)from->nr_zones, sizeof(*from->zones), by_start);
	for (int i = 0; i < from->nr_zones && !diag_failed(c->diag); i++) {
		if (has_map)
			zone_from_map(c, from, m, &from->zones[i]);
		else
			zone_from_span(c, from, m, &from->zones[i]);
	}
	if (!has_map)
		from->nr_map = 0;
}

/* The firmware's map; without one the ranges themselves. */
static void make_map(const struct collected *from, struct machine_case *m)
{
	struct key_list *map = &m->machine.memory_map;

	map->items = m->map;
	for (int i = 0; i < from->nr_map; i++)
		m->map[map->n++] = (struct memory_map_conf){
			.start = (int64_t)from->map[i].first,
			.end = (int64_t)from->map[i].last,
			.type = from->map[i].usable ? MEMORY_USABLE : MEMORY_RESERVED,
		};
	for (int node = 0; !from->nr_map && node < m->machine.nodes.n; node++)
		for (int i = 0; i < m->nodes[node].ranges.n && map->n < MACHINE_CASE_MAP; i++)
			m->map[map->n++] = (struct memory_map_conf){
				.start = m->range_values[node][i][0] * (int64_t)PAGE_SIZE,
				.end = m->range_values[node][i][1] * (int64_t)PAGE_SIZE - 1,
				.type = MEMORY_USABLE,
			};
}

static int map_by_start(const void *a, const void *b)
{
	const struct memory_map_conf *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* ---- CPUs and distances ---- */

static bool add_cpu(struct verify_case *c, struct machine_case *m, struct node_conf *node,
		    int64_t id)
{
	if (m->nr_cpus == MACHINE_MAX_CPUS || id < 0 || id >= MACHINE_MAX_CPUS) {
		verify_error(c, "too many CPUs; accepted: %d", MACHINE_MAX_CPUS);
		return false;
	}
	if (!node->cpu_ids.n)
		node->cpu_ids.v = &m->cpu_ids[m->nr_cpus];
	m->cpu_ids[m->nr_cpus++] = id;
	node->cpu_ids.n++;
	node->cpus = node->cpu_ids.n;
	return true;
}

/* "0-3,8" */
static void read_cpulist(struct verify_case *c, struct machine_case *m, int nid, const char *text)
{
	while (isdigit((unsigned char)*text)) {
		char *end;
		int64_t first = strtoll(text, &end, 10), last = first;

		if (*end == '-')
			last = strtoll(end + 1, &end, 10);
		for (; first <= last; first++)
			if (!add_cpu(c, m, &m->nodes[nid], first))
				return;
		text = *end == ',' ? end + 1 : end;
	}
	if (*text)
		verify_error(c, "node %d: cpulist: accepted: numbers as 0-3,8", nid);
}

/* Without /sys: the CPUs that the first zone has lists of. */
static void cpus_of_zoneinfo(struct verify_case *c, struct machine_case *m)
{
	struct verify_text t;
	char *line;
	int64_t last = -1;

	if (!verify_read(c, "proc/zoneinfo", &t))
		return;
	while ((line = verify_line(&t))) {
		int64_t cpu;

		if (sscanf(line, " cpu: %" SCNd64, &cpu) != 1)
			continue;
		if (cpu <= last)
			break;
		last = cpu;
		if (!add_cpu(c, m, &m->nodes[0], cpu))
			break;
	}
	verify_text_free(&t);
}

static void read_nodes(struct verify_case *c, const struct collected *from, struct machine_case *m)
{
	m->machine.nodes.items = m->nodes;
	for (int i = 0; i < from->nr_zones; i++)
		if (from->zones[i].node >= m->machine.nodes.n)
			m->machine.nodes.n = from->zones[i].node + 1;
	for (int nid = 0; nid < MACHINE_MAX_NODES; nid++) {
		char *path = str_format("sys/devices/system/node/node%d/cpulist", nid);
		char line[1024];

		if (first_line(c, path, line, sizeof(line))) {
			if (nid >= m->machine.nodes.n)
				m->machine.nodes.n = nid + 1;
			read_cpulist(c, m, nid, line);
		}
		sim_free(path);
	}
	if (!m->nr_cpus)
		cpus_of_zoneinfo(c, m);
	if (!m->nr_cpus && !diag_failed(c->diag))
		verify_error(c, "no CPU is known; accepted: sys/devices/system/node/node*/cpulist");
}

static bool node_is_there(struct verify_case *c, int nid)
{
	char *path = str_format("sys/devices/system/node/node%d/distance", nid);
	bool there = verify_exists(c, path);

	sim_free(path);
	return there;
}

/* A row has a number for each node that is there, in order. */
static void read_distances(struct verify_case *c, struct machine_case *m)
{
	int n = m->machine.nodes.n;

	m->machine.distances = (struct key_rows){ m->distance_rows, n };
	for (int from = 0; from < n; from++) {
		char *path = str_format("sys/devices/system/node/node%d/distance", from);
		char line[1024], *text = line;

		m->distance_rows[from] = (struct key_ints){ m->distances[from], n };
		if (!first_line(c, path, line, sizeof(line)))
			*line = '\0';
		for (int to = 0; to < n; to++) {
			bool there = node_is_there(c, to);
			int64_t v;

			m->distances[from][to] = from == to ? LOCAL_DISTANCE : REMOTE_DISTANCE;
			if (there && *line && verify_parse(verify_word(&text), &v))
				m->distances[from][to] = v;
		}
		sim_free(path);
	}
}

/* ---- the kernel ---- */

static void read_kernel(struct verify_case *c, const struct collected *from, struct machine_case *m)
{
	char line[4096];

	m->kernel.numa = 1;
	m->kernel.zones.items = m->zones;
	for (int i = 0; i < from->nr_zones; i++) {
		struct zone_fact *f = &m->zones[m->kernel.zones.n++];

		f->node = from->zones[i].node;
		f->zone = from->zones[i].idx;
		f->managed = (int64_t)from->zones[i].managed;
	}
	if (first_line(c, "proc/cmdline", line, sizeof(line)))
		machine_case_command_line(m, line);
	m->kernel.transparent_hugepage = THP_ALWAYS;
	if (!first_line(c, "sys/kernel/mm/transparent_hugepage/enabled", line, sizeof(line)))
		return;
	if (strstr(line, "[never]"))
		m->kernel.transparent_hugepage = THP_NEVER;
	else if (strstr(line, "[madvise]"))
		m->kernel.transparent_hugepage = THP_MADVISE;
}

static void read_release(struct verify_case *c, struct collected *from)
{
	char line[257];

	if (!first_line(c, "collected", line, sizeof(line)) ||
	    sscanf(line, "mmsim collect-machine 1: Linux %128s", from->release) != 1)
		snprintf(from->release, sizeof(from->release), "?");
	for (char *p = from->release; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(".-_+~", *p))
			*p = '?';
}

static void read_mem_total(struct verify_case *c, struct collected *from)
{
	char line[257];

	if (!first_line(c, "proc/meminfo", line, sizeof(line)) ||
	    sscanf(line, "MemTotal: %" SCNd64 " kB", &from->mem_total_kib) != 1)
		from->mem_total_kib = 0;
}

bool collected_read(struct verify_case *c, struct collected *from, struct machine_case *m)
{
	memset(m, 0, sizeof(*m));
	read_release(c, from);
	read_mem_total(c, from);
	read_zones(c, from);
	if (diag_failed(c->diag))
		return false;
	read_memory(c, from);
	read_nodes(c, from, m);
	make_ranges(c, from, m);
	make_map(from, m);
	qsort(m->map, (size_t)m->machine.memory_map.n, sizeof(*m->map), map_by_start);
	read_distances(c, m);
	read_kernel(c, from, m);
	if (!diag_failed(c->diag)) {
		machine_check(c->diag, &m->machine);
		linux_conf_check(c->diag, &m->kernel);
	}
	return !diag_failed(c->diag);
}

void collected_free(struct collected *from)
{
	sim_free(from->block_node);
}

/* Files of /sys show switches as words. */
static const char *number_of_word(const char *line)
{
	return strcmp(line, "true") == 0 ? "1" : strcmp(line, "false") == 0 ? "0" : line;
}

void collected_settle(struct verify_case *c, struct booted_case *b)
{
	for (int i = 0; i < vm_tunables.nr_rows; i++) {
		const char *name = vm_tunables.rows[i].name, *where = vm_tunables.rows[i].where;
		char *path = where ? sim_strdup(where + 1) : str_format("proc/sys/vm/%s", name);
		char line[257];

		if (first_line(c, path, line, sizeof(line)))
			booted_case_store(c, b, name, number_of_word(line), path);
		sim_free(path);
	}
	booted_case_limits(b);
}
