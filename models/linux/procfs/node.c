/*
 * node.c - /sys/devices/system/node: which nodes there are, their CPUs and distances
 */
#include <inttypes.h>

#include "models/linux/boot/boot.h"
#include "models/linux/procfs/procfs.h"

#define TEN(tens)                                                                                  \
	"node" tens "0", "node" tens "1", "node" tens "2", "node" tens "3", "node" tens "4",       \
	    "node" tens "5", "node" tens "6", "node" tens "7", "node" tens "8", "node" tens "9"

static const char *const names[] = { TEN(""),  TEN("1"), TEN("2"), TEN("3"),
				     TEN("4"), TEN("5"), TEN("6") };

_Static_assert(ARRAY_LEN(names) >= MACHINE_MAX_NODES, "every node has its name");

int proc_node_id(struct sim *s, int i)
{
	FOR_EACH_NODE (linux_vm(s), node)
		if (i-- == 0)
			return node->node_id;
	return NUMA_NO_NODE;
}

const char *node_name(struct sim *s, int i)
{
	int nid = proc_node_id(s, i);

	return nid == NUMA_NO_NODE ? NULL : names[nid];
}

/* ---- lists of numbers as the kernel writes them: 0-3,8 ---- */

typedef bool is_in_fn(struct sim *s, int number, int arg);

static void show_list(struct sim *s, int n, is_in_fn *is_in, int arg, struct str *out)
{
	const char *between = "";

	for (int i = 0; i < n; i++) {
		int first = i;

		if (!is_in(s, i, arg))
			continue;
		while (i + 1 < n && is_in(s, i + 1, arg))
			i++;
		str_addf(out, "%s%d", between, first);
		if (i > first)
			str_addf(out, "-%d", i);
		between = ",";
	}
	str_addc(out, '\n');
}

static bool cpu_of_node(struct sim *s, int cpu, int nid)
{
	return s->cpus[cpu].online && cpu_is_of_node(linux_vm(s), &s->cpus[cpu], nid);
}

void node_cpulist_show(struct sim *s, int i, struct str *out)
{
	show_list(s, s->nr_cpus, cpu_of_node, proc_node_id(s, i), out);
}

void node_distance_show(struct sim *s, int i, struct str *out)
{
	const struct linux_vm *vm = linux_vm(s);
	int nid = proc_node_id(s, i);
	const char *between = "";

	FOR_EACH_NODE (vm, node) {
		str_addf(out, "%s%d", between, node_distance(vm, nid, node->node_id));
		between = " ";
	}
	str_addc(out, '\n');
}

/* ---- which nodes there are ---- */

enum node_question { NODE_ONLINE, NODE_POSSIBLE, NODE_HAS_MEMORY, NODE_HAS_NORMAL, NODE_HAS_CPU };

static bool node_is(struct sim *s, int nid, int question)
{
	const struct pglist_data *node = &linux_vm(s)->nodes[nid];

	switch ((enum node_question)question) {
	case NODE_ONLINE:
		return node->online;
	case NODE_POSSIBLE:
		return true;
	case NODE_HAS_MEMORY:
		return node->node_present_pages != 0;
	case NODE_HAS_NORMAL:
		for (int z = 0; z <= ZONE_NORMAL; z++)
			if (populated_zone(&node->zones[z]))
				return true;
		return false;
	case NODE_HAS_CPU:
		return node_state_has_cpu(linux_vm(s), nid);
	}
	return false;
}

static void show_nodes(struct sim *s, enum node_question question, struct str *out)
{
	show_list(s, linux_vm(s)->nr_nodes, node_is, question, out);
}

void node_online_show(struct sim *s, struct str *out)
{
	show_nodes(s, NODE_ONLINE, out);
}

void node_possible_show(struct sim *s, struct str *out)
{
	show_nodes(s, NODE_POSSIBLE, out);
}

void node_has_memory_show(struct sim *s, struct str *out)
{
	show_nodes(s, NODE_HAS_MEMORY, out);
}

void node_has_normal_memory_show(struct sim *s, struct str *out)
{
	show_nodes(s, NODE_HAS_NORMAL, out);
}

void node_has_cpu_show(struct sim *s, struct str *out)
{
	show_nodes(s, NODE_HAS_CPU, out);
}
