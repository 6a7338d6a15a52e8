/*
 * machine.c - nodes, CPUs, RAM and costs as the scenario gives them
 *
 * RAM is known twice: as the firmware's map (bytes) and as the stretches of
 * each node (pages).  Either may be left out:
 *
 *   ranges and map   both as given; the ranges must lie in the map
 *   ranges alone     the map is their union
 *   map alone        only with one node: it has all of it
 *   sizes alone      the map of a usual PC, dealt out to the nodes in order:
 *
 *     0   4K      636K     1M             3 or 3.5 GiB      4 GiB
 *     |---|##########|------|####################|------------|##########...
 */
#include "models/hw/machine.h"

#include <string.h>

#define PAGE_BYTES     4096ULL
#define KIB            1024ULL
#define MIB            (1024 * KIB)
#define GIB            (1024 * MIB)
#define LOW_RAM_START  0x1000ULL  /* page 0 belongs to the firmware */
#define LOW_RAM_END    0x9f000ULL /* above it tables of the firmware, then video memory */
#define HIGH_RAM_START (4 * GIB)
#define MIN_MEMORY     (8 * MIB)
#define DEFAULT_CPUS   4
#define DEFAULT_MEMORY (4 * GIB)

#define LOCAL_NODE  10
#define REMOTE_NODE 20

/* ---- profiles of costs ---- */

enum cost_profile {
#define COST_PROFILE(name, written, meaning) PROFILE_##name,
#define COST_OF_PROFILE(profile, cost, ns)
#include "models/hw/cost_profile.def"
#undef COST_PROFILE
#undef COST_OF_PROFILE
};

static const struct key_word profile_words[] = {
#define COST_PROFILE(name, written, meaning) { written, PROFILE_##name, meaning },
#define COST_OF_PROFILE(profile, cost, ns)
#include "models/hw/cost_profile.def"
#undef COST_PROFILE
#undef COST_OF_PROFILE
	{ NULL, 0, NULL },
};

static void apply_profile(struct cost_table *t, int64_t profile)
{
#define COST_PROFILE(name, written, meaning)
#define COST_OF_PROFILE(row, cost, ns)                                                             \
	if (profile == PROFILE_##row)                                                              \
		t->cost = ns;
#include "models/hw/cost_profile.def"
#undef COST_PROFILE
#undef COST_OF_PROFILE
}

/* Defaults, then the profile, then what was given one by one. */
static void cost_init(struct cost_table *t, const struct machine_conf *conf)
{
	int row = 0;

	*t = (struct cost_table){
#define COST(name, ns, meaning) .name = ns,
#include "models/hw/cost.def"
#undef COST
	};
	apply_profile(t, conf->cost_profile);
#define COST(name, ns, meaning)                                                                    \
	if (conf->cost.seen.written >> row++ & 1)                                                  \
		t->name = conf->cost.table.name;
#include "models/hw/cost.def"
#undef COST
}

/* ---- reading the section ---- */

static const struct node_conf *node_at(const struct machine_conf *conf, int i)
{
	return (const struct node_conf *)conf->nodes.items + i;
}

static const struct memory_map_conf *map_at(const struct machine_conf *conf, int i)
{
	return (const struct memory_map_conf *)conf->memory_map.items + i;
}

/* A machine without "nodes:" has one of the default size. */
static const struct node_conf default_node = { .cpus = DEFAULT_CPUS, .memory = DEFAULT_MEMORY };

static int nr_nodes_of(const struct machine_conf *conf)
{
	return conf->nodes.n ? conf->nodes.n : 1;
}

static struct node_conf node_of(const struct machine_conf *conf, int i)
{
	struct node_conf node = conf->nodes.n ? *node_at(conf, i) : default_node;

	if (node.cpus < 0)
		node.cpus = node.cpu_ids.v ? node.cpu_ids.n : 1;
	if (!conf->nodes.n && conf->memory_map.n)
		node.memory = 0;
	return node;
}

/* Whether the only node owns all RAM of the map. */
static bool owns_whole_map(const struct machine_conf *conf, const struct node_conf *node)
{
	return conf->memory_map.n && nr_nodes_of(conf) == 1 && !node->ranges.n && !node->memory;
}

static bool has_sizes(const struct machine_conf *conf)
{
	for (int i = 0; i < nr_nodes_of(conf); i++)
		if (node_of(conf, i).memory)
			return true;
	return false;
}

static int nr_cpus_of(const struct machine_conf *conf)
{
	int64_t n = 0;

	for (int i = 0; i < nr_nodes_of(conf); i++)
		n += node_of(conf, i).cpus;
	return n > MACHINE_MAX_CPUS ? MACHINE_MAX_CPUS + 1 : (int)n;
}

/* ---- the map ---- */

static void add_ram(struct machine *m, uint64_t start, uint64_t end)
{
	if (start >= end)
		return;
	m->ram = sim_realloc(m->ram, (size_t)(m->nr_ram + 1) * sizeof(*m->ram));

	int i = m->nr_ram++;

	for (; i > 0 && m->ram[i - 1].start > start; i--)
		m->ram[i] = m->ram[i - 1];
	m->ram[i] = (struct ram_range){ start, end };
}

static void add_range(struct machine *m, int node, pfn_t start, pfn_t end)
{
	if (start >= end)
		return;
	m->ranges = sim_realloc(m->ranges, (size_t)(m->nr_ranges + 1) * sizeof(*m->ranges));

	int i = m->nr_ranges++;

	for (; i > 0 && m->ranges[i - 1].start > start; i--)
		m->ranges[i] = m->ranges[i - 1];
	m->ranges[i] = (struct node_range){ start, end, node };
}

/* Gives a node the whole pages of RAM in the bytes [start, end). */
static void add_node_ram(struct machine *m, int node, uint64_t start, uint64_t end)
{
	for (int i = 0; i < m->nr_ram; i++) {
		uint64_t from = max_u64(start, m->ram[i].start);
		uint64_t to = min_u64(end, m->ram[i].end);

		if (from < to)
			add_range(m, node, div_round_up(from, PAGE_BYTES), to / PAGE_BYTES);
	}
}

static uint64_t low_ram_limit(uint64_t total)
{
	return total <= 3 * GIB + 512 * MIB ? 3 * GIB + 512 * MIB : 3 * GIB;
}

/* The map of a PC with so much memory; each node has its size of addresses, the hole left out. */
static void usual_pc(struct machine *m, const struct machine_conf *conf)
{
	uint64_t total = 0, at = 0;

	for (int i = 0; i < m->nr_nodes; i++)
		total += (uint64_t)node_of(conf, i).memory;

	uint64_t low = min_u64(total, low_ram_limit(total));

	add_ram(m, LOW_RAM_START, min_u64(LOW_RAM_END, low));
	add_ram(m, 1 * MIB, low);
	add_ram(m, HIGH_RAM_START, HIGH_RAM_START + total - low);
	for (int i = 0; i < m->nr_nodes; i++) {
		uint64_t end = at + (uint64_t)node_of(conf, i).memory;

		if (at < low)
			add_node_ram(m, i, at, min_u64(end, low));
		if (end > low)
			add_node_ram(m, i, HIGH_RAM_START + max_u64(at, low) - low,
				     HIGH_RAM_START + end - low);
		at = end;
	}
	m->synthetic_map = true;
}

/* Deals the RAM of a given map out by size, in the order of addresses. */
static void deal_out(struct machine *m, const struct machine_conf *conf)
{
	int r = 0;
	uint64_t used = 0; /* of ram[r] */

	for (int i = 0; i < m->nr_nodes; i++) {
		uint64_t left = (uint64_t)node_of(conf, i).memory;

		while (left && r < m->nr_ram) {
			uint64_t start = m->ram[r].start + used;
			uint64_t n = min_u64(left, m->ram[r].end - start);

			add_node_ram(m, i, start, start + n);
			left -= n;
			used += n;
			if (m->ram[r].start + used == m->ram[r].end) {
				r++;
				used = 0;
			}
		}
	}
}

static void machine_ram(struct machine *m, const struct machine_conf *conf)
{
	struct node_conf first = node_of(conf, 0);

	for (int i = 0; i < conf->memory_map.n; i++)
		if (map_at(conf, i)->type == MEMORY_USABLE)
			add_ram(m, (uint64_t)map_at(conf, i)->start,
				(uint64_t)map_at(conf, i)->end + 1);
	if (owns_whole_map(conf, &first)) {
		add_node_ram(m, 0, 0, MACHINE_MAX_BYTES);
		return;
	}
	if (has_sizes(conf)) {
		if (conf->memory_map.n)
			deal_out(m, conf);
		else
			usual_pc(m, conf);
		return;
	}
	for (int i = 0; i < m->nr_nodes; i++) {
		struct node_conf node = node_of(conf, i);

		for (int k = 0; k < node.ranges.n; k++) {
			pfn_t start = (pfn_t)node.ranges.rows[k].v[0];
			pfn_t end = (pfn_t)node.ranges.rows[k].v[1];

			add_range(m, i, start, end);
			if (!conf->memory_map.n)
				add_ram(m, start * PAGE_BYTES, end * PAGE_BYTES);
		}
	}
}

static void machine_distances(struct machine *m, const struct machine_conf *conf)
{
	m->distance = sim_calloc((size_t)m->nr_nodes * (size_t)m->nr_nodes, sizeof(int));
	for (int i = 0; i < m->nr_nodes; i++)
		for (int k = 0; k < m->nr_nodes; k++)
			m->distance[i * m->nr_nodes + k] =
				conf->distances.n ? (int)conf->distances.rows[i].v[k] :
				i == k		  ? LOCAL_NODE :
						    REMOTE_NODE;
}

static void machine_cpus(struct sim *s, const struct machine_conf *conf)
{
	int n = nr_cpus_of(conf), next = 0;
	int *node = sim_calloc((size_t)n, sizeof(*node));

	for (int i = 0; i < nr_nodes_of(conf); i++) {
		struct node_conf nc = node_of(conf, i);

		for (int k = 0; k < nc.cpus; k++)
			node[nc.cpu_ids.n ? (int)nc.cpu_ids.v[k] : next++] = i;
	}
	cpus_init(s, n, node);
	sim_free(node);
}

struct machine *machine_new(struct sim *s, const struct machine_conf *conf)
{
	struct machine *m = sim_calloc(1, sizeof(*m));

	m->sim = s;
	m->nr_nodes = nr_nodes_of(conf);
	machine_distances(m, conf);
	machine_ram(m, conf);
	machine_cpus(s, conf);
	cost_init(&m->cost, conf);
	m->nr_disks = conf->disks.n;
	m->disks = sim_calloc((size_t)m->nr_disks, sizeof(*m->disks));
	for (int i = 0; i < m->nr_disks; i++)
		disk_init(s, &m->disks[i], (const struct disk_conf *)conf->disks.items + i, i);
	s->machine = m;
	return m;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	for (int i = 0; i < m->nr_disks; i++)
		disk_free(&m->disks[i]);
	sim_free(m->disks);
	sim_free(m->ranges);
	sim_free(m->ram);
	sim_free(m->distance);
	m->sim->machine = NULL;
	sim_free(m);
}

/* ---- what can be wrong ---- */

/* Rows of the tables below, in their order. */
enum { NODE_CPUS, NODE_MEMORY, NODE_RANGES, NODE_CPU_IDS };
enum { MAP_START, MAP_END };
enum { MACHINE_NODES, MACHINE_DISTANCES, MACHINE_MAP, MACHINE_DISKS };
enum { DISK_NAME };

/* Where row i of a mapping was written, or else the mapping itself. */
static struct place row_place(const struct key_seen *seen, int row)
{
	if (!seen->at)
		return (struct place){ 0 };
	return seen->written >> row & 1 ? seen->at[row + 1] : seen->at[0];
}

static void check_map(struct diag *d, const struct machine_conf *conf)
{
	for (int i = 0; i < conf->memory_map.n; i++) {
		const struct memory_map_conf *a = map_at(conf, i);

		if (a->end < a->start)
			diag_error(d, row_place(&a->seen, MAP_END),
				   "machine.memory_map: the end lies before the start; accepted: the "
				   "last byte of the stretch");
		else if (a->type == MEMORY_USABLE && (uint64_t)a->end >= MACHINE_MAX_BYTES)
			diag_error(d, row_place(&a->seen, MAP_END),
				   "machine.memory_map: RAM above 16 TiB; accepted: addresses below");
		for (int k = 0; k < i; k++) {
			const struct memory_map_conf *b = map_at(conf, k);

			if (a->start <= b->end && b->start <= a->end && a->start <= a->end &&
			    b->start <= b->end) {
				diag_error(d, row_place(&a->seen, MAP_START),
					   "machine.memory_map: stretches %d and %d overlap", k + 1,
					   i + 1);
				break;
			}
		}
	}
}

static void check_distances(struct diag *d, const struct machine_conf *conf)
{
	struct place at = row_place(&conf->seen, MACHINE_DISTANCES);
	int n = nr_nodes_of(conf);

	if (!conf->distances.n)
		return;
	if (conf->distances.n != n) {
		diag_error(d, at, "machine.distances: %d rows for %d nodes; accepted: one row per node",
			   conf->distances.n, n);
		return;
	}
	for (int i = 0; i < n; i++) {
		const struct key_ints *row = &conf->distances.rows[i];

		if (row->n != n) {
			diag_error(d, at,
				   "machine.distances: row %d has %d numbers; accepted: %d, one per node",
				   i, row->n, n);
			continue;
		}
		if (row->v[i] != LOCAL_NODE)
			diag_error(d, at,
				   "machine.distances: node %d is %lld from itself; accepted: 10", i,
				   (long long)row->v[i]);
		for (int k = 0; k < n; k++)
			if (k != i && (row->v[k] <= LOCAL_NODE || row->v[k] > 255))
				diag_error(d, at,
					   "machine.distances: %lld from node %d to %d; accepted: "
					   "11..255",
					   (long long)row->v[k], i, k);
	}
}

/* Pages [start, end) lie in RAM of the map. */
static bool in_map(const struct machine_conf *conf, pfn_t start, pfn_t end)
{
	uint64_t at = start * PAGE_BYTES, to = end * PAGE_BYTES;
	bool found = true;

	/* Stretches may touch: go on from the end of the one that has the address. */
	while (found && at < to) {
		found = false;
		for (int i = 0; i < conf->memory_map.n && !found; i++) {
			const struct memory_map_conf *e = map_at(conf, i);

			if (e->type == MEMORY_USABLE && (uint64_t)e->start <= at &&
			    at <= (uint64_t)e->end) {
				at = (uint64_t)e->end + 1;
				found = true;
			}
		}
	}
	return at >= to;
}

static void check_range(struct diag *d, const struct machine_conf *conf, int node, int row)
{
	const struct node_conf *nc = node_at(conf, node);
	const struct key_ints *r = &nc->ranges.rows[row];
	struct place at = row_place(&nc->seen, NODE_RANGES);

	if (r->n != 2 || r->v[0] >= r->v[1] ||
	    (uint64_t)r->v[1] > MACHINE_MAX_BYTES / PAGE_BYTES) {
		diag_error(d, at,
			   "machine.nodes: range %d of node %d is not a stretch of pages; accepted: "
			   "[first page, last page + 1], below 16 TiB",
			   row + 1, node);
		return;
	}
	if (conf->memory_map.n && !in_map(conf, (pfn_t)r->v[0], (pfn_t)r->v[1]))
		diag_error(d, at, "machine.nodes: pages %lld to %lld of node %d are not all RAM in "
				  "machine.memory_map",
			   (long long)r->v[0], (long long)r->v[1] - 1, node);
	for (int i = 0; i <= node; i++) {
		const struct key_rows *other = &node_at(conf, i)->ranges;

		for (int k = 0; k < (i == node ? row : other->n); k++) {
			if (other->rows[k].n == 2 && r->v[0] < other->rows[k].v[1] &&
			    other->rows[k].v[0] < r->v[1]) {
				diag_error(d, at,
					   "machine.nodes: pages %lld to %lld of node %d overlap with "
					   "range %d of node %d",
					   (long long)r->v[0], (long long)r->v[1] - 1, node, k + 1,
					   i);
				return;
			}
		}
	}
}

static void check_memory(struct diag *d, const struct machine_conf *conf)
{
	uint64_t total = 0, in_ranges = 0, in_the_map = 0;

	for (int i = 0; i < conf->memory_map.n; i++)
		if (map_at(conf, i)->type == MEMORY_USABLE)
			in_the_map += (uint64_t)map_at(conf, i)->end -
				      (uint64_t)map_at(conf, i)->start + 1;
	for (int i = 0; i < conf->nodes.n; i++) {
		const struct node_conf *nc = node_at(conf, i);

		if (nc->memory && nc->ranges.n)
			diag_error(d, row_place(&nc->seen, NODE_MEMORY),
				   "machine.nodes: node %d has both memory and ranges; accepted: one "
				   "of them",
				   i);
		if (nc->memory % (int64_t)PAGE_BYTES)
			diag_error(d, row_place(&nc->seen, NODE_MEMORY),
				   "machine.nodes: the memory of node %d is not whole pages; accepted: "
				   "multiples of 4 KiB",
				   i);
		for (int k = 0; k < nc->ranges.n; k++) {
			check_range(d, conf, i, k);
			if (nc->ranges.rows[k].n == 2)
				in_ranges += (uint64_t)(nc->ranges.rows[k].v[1] -
							nc->ranges.rows[k].v[0]) *
					     PAGE_BYTES;
		}
		total += (uint64_t)nc->memory;
	}
	if (!conf->nodes.n && !conf->memory_map.n)
		return;

	struct place at = row_place(&conf->seen, MACHINE_NODES);
	struct node_conf first = node_of(conf, 0);

	if (total && in_ranges)
		diag_error(d, at, "machine.nodes: some nodes have memory, others ranges; accepted: "
				  "one way for all nodes");
	if (owns_whole_map(conf, &first))
		total = in_the_map;
	else if (total && conf->memory_map.n && total > in_the_map)
		diag_error(d, at, "machine.nodes: the nodes have more memory than machine.memory_map");
	if (total + in_ranges < MIN_MEMORY)
		diag_error(d, at, "machine.nodes: less than 8 MiB of memory in all; accepted: 8 MiB "
				  "to 16 TiB");
	if (total > MACHINE_MAX_BYTES - GIB)
		diag_error(d, at, "machine.nodes: more memory than 16 TiB; accepted: 8 MiB to 16 TiB");
}

static void check_cpus(struct diag *d, const struct machine_conf *conf)
{
	struct place at = row_place(&conf->seen, MACHINE_NODES);
	int n = nr_cpus_of(conf), listed = 0;
	uint8_t seen[MACHINE_MAX_CPUS] = { 0 };

	if (n == 0)
		diag_error(d, at, "machine.nodes: no CPU; accepted: 1..4096 in all");
	if (n > MACHINE_MAX_CPUS)
		diag_error(d, at, "machine.nodes: too many CPUs; accepted: 1..4096 in all");
	for (int i = 0; i < conf->nodes.n; i++) {
		const struct node_conf *nc = node_at(conf, i);

		listed += nc->cpu_ids.v != NULL || node_of(conf, i).cpus == 0;
		if (nc->cpu_ids.v && nc->cpus >= 0 && nc->cpu_ids.n != nc->cpus)
			diag_error(d, row_place(&nc->seen, NODE_CPU_IDS),
				   "machine.nodes: node %d has %lld CPUs and %d numbers; accepted: as "
				   "many numbers as CPUs",
				   i, (long long)nc->cpus, nc->cpu_ids.n);
		for (int k = 0; k < nc->cpu_ids.n; k++) {
			int64_t id = nc->cpu_ids.v[k];

			if (id >= n || id >= MACHINE_MAX_CPUS)
				diag_error(d, row_place(&nc->seen, NODE_CPU_IDS),
					   "machine.nodes: CPU %lld of node %d; accepted: 0..%d",
					   (long long)id, i, n - 1);
			else if (seen[id]++)
				diag_error(d, row_place(&nc->seen, NODE_CPU_IDS),
					   "machine.nodes: CPU %lld of node %d is there twice",
					   (long long)id, i);
		}
	}
	for (int i = 0; i < conf->nodes.n && listed != conf->nodes.n; i++) {
		if (node_at(conf, i)->cpu_ids.n) {
			diag_error(d, row_place(&node_at(conf, i)->seen, NODE_CPU_IDS),
				   "machine.nodes: only some nodes number their CPUs; accepted: all "
				   "nodes with CPUs or none");
			break;
		}
	}
}

static void check_disks(struct diag *d, const struct machine_conf *conf)
{
	const struct disk_conf *disks = conf->disks.items;

	for (int i = 0; i < conf->disks.n; i++)
		for (int k = 0; k < i; k++)
			if (disks[i].name && disks[k].name &&
			    strcmp(disks[i].name, disks[k].name) == 0) {
				diag_error(d, row_place(&disks[i].seen, DISK_NAME),
					   "machine.disks: there is a disk \"%s\" already; accepted: a "
					   "name of its own",
					   disks[i].name);
				break;
			}
}

void machine_check(struct diag *d, const struct machine_conf *conf)
{
	if (conf->nodes.n > MACHINE_MAX_NODES) {
		diag_error(d, row_place(&conf->seen, MACHINE_NODES),
			   "machine.nodes: %d nodes; accepted: 1..64", conf->nodes.n);
		return;
	}
	check_map(d, conf);
	check_memory(d, conf);
	check_distances(d, conf);
	check_cpus(d, conf);
	check_disks(d, conf);
}

static void section_check(struct diag *d, const struct scenario *sc, const void *data)
{
	(void)sc;
	machine_check(d, data);
}

/* ---- the section ---- */

#define FIELD(type, field) offsetof(struct type, field)

static const struct key cost_keys[] = {
#define COST(row, ns, text)                                                                        \
	{ .name = #row, .type = KEY_INT, .unit = UNIT_COUNT, .offset = FIELD(cost_conf, table.row), \
	  .max = 1000000000, .meaning = text },
#include "models/hw/cost.def"
#undef COST
};

static const struct key_schema cost_schema = {
	.name = "cost", .keys = cost_keys, .nr_keys = ARRAY_LEN(cost_keys),
	.size = sizeof(struct cost_conf), .seen = FIELD(cost_conf, seen),
};

static const struct key node_keys[] = {
	[NODE_CPUS] = { .name = "cpus", .type = KEY_INT, .offset = FIELD(node_conf, cpus),
			.def = "-1", .min = -1, .max = MACHINE_MAX_CPUS,
			.meaning = "CPUs of the node; 1, or as many as cpu_ids, if not given" },
	[NODE_MEMORY] = { .name = "memory", .type = KEY_INT, .unit = UNIT_BYTES,
			  .offset = FIELD(node_conf, memory), .max = INT64_MAX,
			  .meaning = "size of its RAM; 0: a node without memory" },
	[NODE_RANGES] = { .name = "ranges", .type = KEY_TABLE, .offset = FIELD(node_conf, ranges),
			  .meaning = "its RAM page by page instead: [first page, last page + 1] each" },
	[NODE_CPU_IDS] = { .name = "cpu_ids", .type = KEY_INTS, .offset = FIELD(node_conf, cpu_ids),
			   .max = MACHINE_MAX_CPUS - 1,
			   .meaning = "numbers of its CPUs; numbered in order if not given" },
};

static const struct key_schema node_schema = {
	.name = "node", .keys = node_keys, .nr_keys = ARRAY_LEN(node_keys),
	.size = sizeof(struct node_conf), .seen = FIELD(node_conf, seen),
};

static const struct key_word map_words[] = {
	{ "usable", MEMORY_USABLE, "RAM" },
	{ "reserved", MEMORY_RESERVED, "kept by the firmware" },
	{ NULL, 0, NULL },
};

static const struct key map_keys[] = {
	[MAP_START] = { .name = "start", .type = KEY_INT, .unit = UNIT_BYTES,
			.offset = FIELD(memory_map_conf, start), .max = INT64_MAX,
			.required = true, .meaning = "first byte" },
	[MAP_END] = { .name = "end", .type = KEY_INT, .unit = UNIT_BYTES,
		      .offset = FIELD(memory_map_conf, end), .max = INT64_MAX, .required = true,
		      .meaning = "last byte" },
	{ .name = "type", .type = KEY_ENUM, .offset = FIELD(memory_map_conf, type),
	  .def = "usable", .words = map_words, .meaning = "what is there" },
};

static const struct key_schema map_schema = {
	.name = "memory_map", .keys = map_keys, .nr_keys = ARRAY_LEN(map_keys),
	.size = sizeof(struct memory_map_conf), .seen = FIELD(memory_map_conf, seen),
};

static const struct key machine_keys[] = {
	[MACHINE_NODES] = { .name = "nodes", .type = KEY_LIST, .offset = FIELD(machine_conf, nodes),
			    .sub = &node_schema,
			    .meaning = "groups of CPUs and RAM; one of 4 CPUs and 4 GiB if not given" },
	[MACHINE_DISTANCES] = { .name = "distances", .type = KEY_TABLE,
				.offset = FIELD(machine_conf, distances), .max = 255,
				.meaning = "row by row how far each node is from the others; 10 is the "
					   "node itself, 20 if not given" },
	[MACHINE_MAP] = { .name = "memory_map", .type = KEY_LIST,
			  .offset = FIELD(machine_conf, memory_map), .sub = &map_schema,
			  .meaning = "what the firmware says of addresses; a usual PC's if not given" },
	[MACHINE_DISKS] = { .name = "disks", .type = KEY_LIST, .offset = FIELD(machine_conf, disks),
			    .sub = &disk_schema, .meaning = "disks, in the order of their numbers" },
	{ .name = "cost_profile", .type = KEY_ENUM, .offset = FIELD(machine_conf, cost_profile),
	  .def = "server", .words = profile_words, .meaning = "what work costs on its CPUs" },
	{ .name = "cost", .type = KEY_MAP, .offset = FIELD(machine_conf, cost), .sub = &cost_schema,
	  .meaning = "single costs in ns, on top of the profile" },
};

static const struct key_schema machine_schema = {
	.name = "machine", .keys = machine_keys, .nr_keys = ARRAY_LEN(machine_keys),
	.size = sizeof(struct machine_conf), .seen = FIELD(machine_conf, seen),
};

const struct section machine_section = {
	.name = "machine",
	.schema = &machine_schema,
	.meaning = "nodes, CPUs, RAM, disks and costs",
	.check = section_check,
};
