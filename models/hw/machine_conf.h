/*
 * machine_conf.h - the section "machine" as it was written, with what was left out filled in
 */
#ifndef MMSIM_HW_MACHINE_CONF_H
#define MMSIM_HW_MACHINE_CONF_H

#include "models/hw/machine.h"

enum cost_profile {
#define COST_PROFILE(name, written, base, meaning) PROFILE_##name,
#define COST_OF_PROFILE(profile, cost, ns)
#include "models/hw/cost_profile.def"
#undef COST_PROFILE
#undef COST_OF_PROFILE
};

/* A machine without "nodes:" has one of a default size. */
int machine_conf_nr_nodes(const struct machine_conf *conf);
struct node_conf machine_conf_node(const struct machine_conf *conf, int i);
const struct memory_map_conf *machine_conf_map(const struct machine_conf *conf, int i);
/* CPUs of all nodes; more than MACHINE_MAX_CPUS count as one more. */
int machine_conf_nr_cpus(const struct machine_conf *conf);
/* Of a node (-1: of all); -1: there is no such node, or nobody knows the nodes. */
int machine_conf_cpus_of(const struct machine_conf *conf, int node);
/* Whether the only node, given, owns all RAM of the map. */
bool machine_conf_owns_map(const struct machine_conf *conf, const struct node_conf *node);
#endif
