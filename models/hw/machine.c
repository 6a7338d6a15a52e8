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
#include "models/hw/machine_conf.h"

#define PAGE_BYTES     4096ULL
#define KIB            1024ULL
#define MIB            (1024 * KIB)
#define GIB            (1024 * MIB)
#define LOW_RAM_START  0x1000ULL  /* page 0 belongs to the firmware */
#define LOW_RAM_END    0x9f000ULL /* above it tables of the firmware, then video memory */
#define HIGH_RAM_START (4 * GIB)

#define LOCAL_NODE  10
#define REMOTE_NODE 20

/* ---- costs ---- */

static void apply_profile(struct cost_table *t, int64_t profile)
{
#define COST_PROFILE(name, written, base, meaning)                                                 \
	if (profile == PROFILE_##name && PROFILE_##name != PROFILE_##base)                         \
		apply_profile(t, PROFILE_##base);
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
	if (key_is_written(&conf->cost.seen, row++))                                               \
		t->name = conf->cost.table.name;
#include "models/hw/cost.def"
#undef COST
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
		total += (uint64_t)machine_conf_node(conf, i).memory;

	uint64_t low = min_u64(total, low_ram_limit(total));

	add_ram(m, LOW_RAM_START, min_u64(LOW_RAM_END, low));
	add_ram(m, 1 * MIB, low);
	add_ram(m, HIGH_RAM_START, HIGH_RAM_START + total - low);
	for (int i = 0; i < m->nr_nodes; i++) {
		uint64_t end = at + (uint64_t)machine_conf_node(conf, i).memory;

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
		uint64_t left = (uint64_t)machine_conf_node(conf, i).memory;

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

static bool has_sizes(const struct machine_conf *conf)
{
	for (int i = 0; i < machine_conf_nr_nodes(conf); i++)
		if (machine_conf_node(conf, i).memory)
			return true;
	return false;
}

static void machine_ram(struct machine *m, const struct machine_conf *conf)
{
	struct node_conf first = machine_conf_node(conf, 0);

	for (int i = 0; i < conf->memory_map.n; i++)
		if (machine_conf_map(conf, i)->type == MEMORY_USABLE)
			add_ram(m, (uint64_t)machine_conf_map(conf, i)->start,
				(uint64_t)machine_conf_map(conf, i)->end + 1);
	if (machine_conf_owns_map(conf, &first)) {
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
		struct node_conf node = machine_conf_node(conf, i);

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
			m->distance[i * m->nr_nodes + k] = conf->distances.n
							       ? (int)conf->distances.rows[i].v[k]
							   : i == k ? LOCAL_NODE
								    : REMOTE_NODE;
}

static void machine_cpus(struct sim *s, const struct machine_conf *conf)
{
	int n = machine_conf_nr_cpus(conf), next = 0;
	int *node = sim_calloc((size_t)n, sizeof(*node));

	for (int i = 0; i < machine_conf_nr_nodes(conf); i++) {
		struct node_conf nc = machine_conf_node(conf, i);

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
	m->nr_nodes = machine_conf_nr_nodes(conf);
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

static const struct metric_object *const metrics[] = { &disk_metrics, NULL };

const struct model hw_model = {
	.name = "hw",
	.metrics = metrics,
};
