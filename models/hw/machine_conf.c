/*
 * machine_conf.c - rows of the section "machine", and what can be wrong with it
 */
#include "models/hw/machine_conf.h"

#include <inttypes.h>
#include <string.h>

#define PAGE_BYTES     4096ULL
#define GIB            (1ULL << 30)
#define MIN_MEMORY     (8ULL << 20)
#define DEFAULT_CPUS   4
#define DEFAULT_MEMORY (4 * GIB)
#define LOCAL_NODE     10

/* ---- reading the section ---- */

static const struct node_conf *node_at(const struct machine_conf *conf, int i)
{
	return (const struct node_conf *)conf->nodes.items + i;
}

const struct memory_map_conf *machine_conf_map(const struct machine_conf *conf, int i)
{
	return (const struct memory_map_conf *)conf->memory_map.items + i;
}

/* A machine without "nodes:" has one of the default size. */
static const struct node_conf default_node = { .cpus = DEFAULT_CPUS, .memory = DEFAULT_MEMORY };

int machine_conf_nr_nodes(const struct machine_conf *conf)
{
	return conf->nodes.n ? conf->nodes.n : 1;
}

struct node_conf machine_conf_node(const struct machine_conf *conf, int i)
{
	struct node_conf node = conf->nodes.n ? *node_at(conf, i) : default_node;

	if (node.cpus < 0)
		node.cpus = node.cpu_ids.v ? node.cpu_ids.n : 1;
	if (!conf->nodes.n && conf->memory_map.n)
		node.memory = 0;
	return node;
}

/* Whether the only node owns all RAM of the map. */
bool machine_conf_owns_map(const struct machine_conf *conf, const struct node_conf *node)
{
	return conf->memory_map.n && machine_conf_nr_nodes(conf) == 1 && !node->ranges.n &&
	       !node->memory;
}

int machine_conf_nr_cpus(const struct machine_conf *conf)
{
	int64_t n = 0;

	for (int i = 0; i < machine_conf_nr_nodes(conf); i++)
		n += machine_conf_node(conf, i).cpus;
	return n > MACHINE_MAX_CPUS ? MACHINE_MAX_CPUS + 1 : (int)n;
}

/* ---- what can be wrong ---- */

/* Rows of the tables below, in their order. */
enum { NODE_CPUS, NODE_MEMORY, NODE_RANGES, NODE_CPU_IDS };
enum { MAP_START, MAP_END };
enum { MACHINE_NODES, MACHINE_DISTANCES, MACHINE_MAP, MACHINE_DISKS };
enum { DISK_NAME };

int machine_conf_cpus_of(const struct machine_conf *conf, int node)
{
	/* "nodes:" that could not be read is not one of the default size */
	if (!conf->nodes.n && key_is_written(&conf->seen, MACHINE_NODES))
		return -1;
	if (node < 0)
		return machine_conf_nr_cpus(conf);
	return node < machine_conf_nr_nodes(conf) ? (int)machine_conf_node(conf, node).cpus : -1;
}

static void check_map(struct diag *d, const struct machine_conf *conf)
{
	for (int i = 0; i < conf->memory_map.n; i++) {
		const struct memory_map_conf *a = machine_conf_map(conf, i);

		if (a->end < a->start)
			diag_error(
			    d, key_place(&a->seen, MAP_END),
			    "machine.memory_map: the end lies before the start; accepted: the "
			    "last byte of the stretch");
		else if (a->type == MEMORY_USABLE && (uint64_t)a->end >= MACHINE_MAX_BYTES)
			diag_error(
			    d, key_place(&a->seen, MAP_END),
			    "machine.memory_map: RAM above 8 TiB; accepted: addresses below");
		for (int k = 0; k < i; k++) {
			const struct memory_map_conf *b = machine_conf_map(conf, k);

			if (a->start <= b->end && b->start <= a->end && a->start <= a->end &&
			    b->start <= b->end) {
				diag_error(d, key_place(&a->seen, MAP_START),
					   "machine.memory_map: stretches %d and %d overlap", k + 1,
					   i + 1);
				break;
			}
		}
	}
}

static void check_distances(struct diag *d, const struct machine_conf *conf)
{
	struct place at = key_place(&conf->seen, MACHINE_DISTANCES);
	int n = machine_conf_nr_nodes(conf);

	if (!conf->distances.n)
		return;
	if (conf->distances.n != n) {
		diag_error(d, at,
			   "machine.distances: %d rows for %d nodes; accepted: one row per node",
			   conf->distances.n, n);
		return;
	}
	for (int i = 0; i < n; i++) {
		const struct key_ints *row = &conf->distances.rows[i];

		if (row->n != n) {
			diag_error(
			    d, at,
			    "machine.distances: row %d has %d numbers; accepted: %d, one per node",
			    i, row->n, n);
			continue;
		}
		if (row->v[i] != LOCAL_NODE)
			diag_error(d, at,
				   "machine.distances: node %d is %" PRId64
				   " from itself; accepted: 10",
				   i, row->v[i]);
		for (int k = 0; k < n; k++)
			if (k != i && (row->v[k] <= LOCAL_NODE || row->v[k] > 255))
				diag_error(d, at,
					   "machine.distances: %" PRId64
					   " from node %d to %d; accepted: "
					   "11..255",
					   row->v[k], i, k);
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
			const struct memory_map_conf *e = machine_conf_map(conf, i);

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
	struct place at = key_place(&nc->seen, NODE_RANGES);

	if (r->n != 2 || r->v[0] >= r->v[1] || (uint64_t)r->v[1] > MACHINE_MAX_BYTES / PAGE_BYTES) {
		diag_error(
		    d, at,
		    "machine.nodes: range %d of node %d is not a stretch of pages; accepted: "
		    "[first page, last page + 1], below 8 TiB",
		    row + 1, node);
		return;
	}
	if (conf->memory_map.n && !in_map(conf, (pfn_t)r->v[0], (pfn_t)r->v[1]))
		diag_error(d, at,
			   "machine.nodes: pages %" PRId64 " to %" PRId64
			   " of node %d are not all RAM in "
			   "machine.memory_map",
			   r->v[0], r->v[1] - 1, node);
	for (int i = 0; i <= node; i++) {
		const struct key_rows *other = &node_at(conf, i)->ranges;

		for (int k = 0; k < (i == node ? row : other->n); k++) {
			if (other->rows[k].n == 2 && r->v[0] < other->rows[k].v[1] &&
			    other->rows[k].v[0] < r->v[1]) {
				diag_error(d, at,
					   "machine.nodes: pages %" PRId64 " to %" PRId64
					   " of node %d overlap with "
					   "range %d of node %d",
					   r->v[0], r->v[1] - 1, node, k + 1, i);
				return;
			}
		}
	}
}

static void check_memory(struct diag *d, const struct machine_conf *conf)
{
	uint64_t total = 0, in_ranges = 0, in_the_map = 0;

	for (int i = 0; i < conf->memory_map.n; i++)
		if (machine_conf_map(conf, i)->type == MEMORY_USABLE)
			in_the_map += (uint64_t)machine_conf_map(conf, i)->end -
				      (uint64_t)machine_conf_map(conf, i)->start + 1;
	for (int i = 0; i < conf->nodes.n; i++) {
		const struct node_conf *nc = node_at(conf, i);

		if (nc->memory && nc->ranges.n)
			diag_error(
			    d, key_place(&nc->seen, NODE_MEMORY),
			    "machine.nodes: node %d has both memory and ranges; accepted: one "
			    "of them",
			    i);
		if (nc->memory % (int64_t)PAGE_BYTES)
			diag_error(
			    d, key_place(&nc->seen, NODE_MEMORY),
			    "machine.nodes: the memory of node %d is not whole pages; accepted: "
			    "multiples of 4 KiB",
			    i);
		for (int k = 0; k < nc->ranges.n; k++) {
			check_range(d, conf, i, k);
			if (nc->ranges.rows[k].n == 2)
				in_ranges +=
				    (uint64_t)(nc->ranges.rows[k].v[1] - nc->ranges.rows[k].v[0]) *
				    PAGE_BYTES;
		}
		total += (uint64_t)nc->memory;
	}
	if (!conf->nodes.n && !conf->memory_map.n)
		return;

	struct place at = key_place(&conf->seen, MACHINE_NODES);
	struct node_conf first = machine_conf_node(conf, 0);

	if (conf->nodes.n == 1 && key_is_written(&first.seen, NODE_MEMORY))
		at = key_place(&first.seen, NODE_MEMORY);

	if (total && in_ranges)
		diag_error(d, at,
			   "machine.nodes: some nodes have memory, others ranges; accepted: "
			   "one way for all nodes");
	if (machine_conf_owns_map(conf, &first))
		total = in_the_map;
	else if (total && conf->memory_map.n && total > in_the_map)
		diag_error(d, at,
			   "machine.nodes: the nodes have more memory than machine.memory_map");
	if (total + in_ranges < MIN_MEMORY)
		diag_error(d, at,
			   "machine.nodes: less than 8 MiB of memory in all; accepted: 8 MiB "
			   "to 8191 GiB");
	if (total > MACHINE_MAX_BYTES - GIB)
		diag_error(d, at,
			   "machine.nodes: more memory than 8191 GiB; accepted: 8 MiB to 8191 GiB");
}

static void check_cpus(struct diag *d, const struct machine_conf *conf)
{
	struct place at = key_place(&conf->seen, MACHINE_NODES);
	int n = machine_conf_nr_cpus(conf), listed = 0;
	uint8_t seen[MACHINE_MAX_CPUS] = { 0 };

	if (n == 0)
		diag_error(d, at, "machine.nodes: no CPU; accepted: 1..4096 in all");
	if (n > MACHINE_MAX_CPUS)
		diag_error(d, at, "machine.nodes: too many CPUs; accepted: 1..4096 in all");
	for (int i = 0; i < conf->nodes.n; i++) {
		const struct node_conf *nc = node_at(conf, i);

		listed += nc->cpu_ids.v != NULL || machine_conf_node(conf, i).cpus == 0;
		if (nc->cpu_ids.v && nc->cpus >= 0 && nc->cpu_ids.n != nc->cpus)
			diag_error(d, key_place(&nc->seen, NODE_CPU_IDS),
				   "machine.nodes: node %d has %" PRId64
				   " CPUs and %d numbers; accepted: as "
				   "many numbers as CPUs",
				   i, nc->cpus, nc->cpu_ids.n);
		for (int k = 0; k < nc->cpu_ids.n; k++) {
			int64_t id = nc->cpu_ids.v[k];

			if (id >= n || id >= MACHINE_MAX_CPUS)
				diag_error(d, key_place(&nc->seen, NODE_CPU_IDS),
					   "machine.nodes: CPU %" PRId64
					   " of node %d; accepted: 0..%d",
					   id, i, n - 1);
			else if (seen[id]++)
				diag_error(d, key_place(&nc->seen, NODE_CPU_IDS),
					   "machine.nodes: CPU %" PRId64
					   " of node %d is there twice",
					   id, i);
		}
	}
	for (int i = 0; i < conf->nodes.n && listed != conf->nodes.n; i++) {
		if (node_at(conf, i)->cpu_ids.n) {
			diag_error(
			    d, key_place(&node_at(conf, i)->seen, NODE_CPU_IDS),
			    "machine.nodes: only some nodes number their CPUs; accepted: all "
			    "nodes with CPUs or none");
			break;
		}
	}
}

static void check_disks(struct diag *d, const struct machine_conf *conf)
{
	const struct disk_conf *disks = conf->disks.items;

	for (int i = 0; i < conf->disks.n; i++) {
		disk_check(d, &disks[i], machine_conf_nr_nodes(conf));
		for (int k = 0; k < i; k++)
			if (disks[i].name && disks[k].name &&
			    strcmp(disks[i].name, disks[k].name) == 0) {
				diag_error(
				    d, key_place(&disks[i].seen, DISK_NAME),
				    "machine.disks: there is a disk \"%s\" already; accepted: a "
				    "name of its own",
				    disks[i].name);
				break;
			}
	}
}

void machine_check(struct diag *d, const struct machine_conf *conf)
{
	if (conf->nodes.n > MACHINE_MAX_NODES) {
		diag_error(d, key_place(&conf->seen, MACHINE_NODES),
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

static const struct key_word profile_words[] = {
#define COST_PROFILE(name, written, base, meaning) { written, PROFILE_##name, meaning },
#define COST_OF_PROFILE(profile, cost, ns)
#include "models/hw/cost_profile.def"
#undef COST_PROFILE
#undef COST_OF_PROFILE
	{ NULL, 0, NULL },
};

#define FIELD(type, field) offsetof(struct type, field)

static const struct key cost_keys[] = {
#define COST(row, ns, text)                                                                        \
	{ .name = #row,                                                                            \
	  .type = KEY_INT,                                                                         \
	  .unit = UNIT_COUNT,                                                                      \
	  .offset = FIELD(cost_conf, table.row),                                                   \
	  .max = 1000000000,                                                                       \
	  .meaning = text },
#include "models/hw/cost.def"
#undef COST
};

static const struct key_schema cost_schema = {
	.name = "cost",
	.keys = cost_keys,
	.nr_keys = ARRAY_LEN(cost_keys),
	.size = sizeof(struct cost_conf),
	.seen = FIELD(cost_conf, seen),
};

static const struct key node_keys[] = {
	[NODE_CPUS] = { .name = "cpus",
			.type = KEY_INT,
			.offset = FIELD(node_conf, cpus),
			.def = "-1",
			.min = -1,
			.max = MACHINE_MAX_CPUS,
			.meaning = "CPUs of the node; 1, or as many as cpu_ids, if not given" },
	[NODE_MEMORY] = { .name = "memory",
			  .type = KEY_INT,
			  .unit = UNIT_BYTES,
			  .offset = FIELD(node_conf, memory),
			  .max = INT64_MAX,
			  .meaning = "size of its RAM; 0: a node without memory" },
	[NODE_RANGES] = { .name = "ranges",
			  .type = KEY_TABLE,
			  .offset = FIELD(node_conf, ranges),
			  .meaning =
			      "its RAM page by page instead: [first page, last page + 1] each" },
	[NODE_CPU_IDS] = { .name = "cpu_ids",
			   .type = KEY_INTS,
			   .offset = FIELD(node_conf, cpu_ids),
			   .max = MACHINE_MAX_CPUS - 1,
			   .meaning = "numbers of its CPUs; numbered in order if not given" },
};

static const struct key_schema node_schema = {
	.name = "node",
	.keys = node_keys,
	.nr_keys = ARRAY_LEN(node_keys),
	.size = sizeof(struct node_conf),
	.seen = FIELD(node_conf, seen),
};

static const struct key_word map_words[] = {
	{ "usable", MEMORY_USABLE, "RAM" },
	{ "reserved", MEMORY_RESERVED, "kept by the firmware" },
	{ NULL, 0, NULL },
};

static const struct key map_keys[] = {
	[MAP_START] = { .name = "start",
			.type = KEY_INT,
			.unit = UNIT_BYTES,
			.offset = FIELD(memory_map_conf, start),
			.max = INT64_MAX,
			.required = true,
			.meaning = "first byte" },
	[MAP_END] = { .name = "end",
		      .type = KEY_INT,
		      .unit = UNIT_BYTES,
		      .offset = FIELD(memory_map_conf, end),
		      .max = INT64_MAX,
		      .required = true,
		      .meaning = "last byte" },
	{ .name = "type",
	  .type = KEY_ENUM,
	  .offset = FIELD(memory_map_conf, type),
	  .def = "usable",
	  .words = map_words,
	  .meaning = "what is there" },
};

static const struct key_schema map_schema = {
	.name = "memory_map",
	.keys = map_keys,
	.nr_keys = ARRAY_LEN(map_keys),
	.size = sizeof(struct memory_map_conf),
	.seen = FIELD(memory_map_conf, seen),
};

static const struct key machine_keys[] = {
	[MACHINE_NODES] = { .name = "nodes",
			    .type = KEY_LIST,
			    .offset = FIELD(machine_conf, nodes),
			    .sub = &node_schema,
			    .meaning =
				"groups of CPUs and RAM; one of 4 CPUs and 4 GiB if not given" },
	[MACHINE_DISTANCES] = { .name = "distances",
				.type = KEY_TABLE,
				.offset = FIELD(machine_conf, distances),
				.max = 255,
				.meaning =
				    "row by row how far each node is from the others; 10 is the "
				    "node itself, 20 if not given" },
	[MACHINE_MAP] = { .name = "memory_map",
			  .type = KEY_LIST,
			  .offset = FIELD(machine_conf, memory_map),
			  .sub = &map_schema,
			  .meaning =
			      "what the firmware says of addresses; a usual PC's if not given" },
	[MACHINE_DISKS] = { .name = "disks",
			    .type = KEY_LIST,
			    .offset = FIELD(machine_conf, disks),
			    .sub = &disk_schema,
			    .meaning = "disks, in the order of their numbers" },
	{ .name = "cost_profile",
	  .type = KEY_ENUM,
	  .offset = FIELD(machine_conf, cost_profile),
	  .def = "server",
	  .words = profile_words,
	  .meaning = "what work costs on its CPUs" },
	{ .name = "cost",
	  .type = KEY_MAP,
	  .offset = FIELD(machine_conf, cost),
	  .sub = &cost_schema,
	  .meaning = "single costs in ns, on top of the profile" },
};

static const struct key_schema machine_schema = {
	.name = "machine",
	.keys = machine_keys,
	.nr_keys = ARRAY_LEN(machine_keys),
	.size = sizeof(struct machine_conf),
	.seen = FIELD(machine_conf, seen),
};

const struct section machine_section = {
	.name = "machine",
	.schema = &machine_schema,
	.meaning = "nodes, CPUs, RAM, disks and costs",
	.check = section_check,
};
