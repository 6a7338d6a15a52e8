/*
 * machine.h - the hardware of a run: nodes, CPUs, memory map, disks, costs
 *
 * Knows no kernel.  Everything comes from the section "machine" of the
 * scenario, whose rows stand in machine.c.
 */
#ifndef MMSIM_HW_MACHINE_H
#define MMSIM_HW_MACHINE_H

#include "sim/sim.h"
#include "models/hw/disk.h"

/* One kind of elementary work and what it costs; rows in cost.def. */
struct cost_table {
#define COST(name, ns, meaning) int64_t name;
#include "models/hw/cost.def"
#undef COST
};

/* The single costs of machine.cost; fields that were not written are 0. */
struct cost_conf {
	struct cost_table table;
	struct key_seen seen;
};

/* machine.nodes[] */
struct node_conf {
	int64_t cpus;            /* -1: as many as cpu_ids, else 1 */
	int64_t memory;          /* bytes; 0 with ranges */
	struct key_rows ranges;  /* [first page, last page + 1] of its RAM; none: from memory */
	struct key_ints cpu_ids; /* its CPUs by number; none: numbered in order */
	struct key_seen seen;
};

/* machine.memory_map[]: what the firmware says; bytes, end is the last byte */
struct memory_map_conf {
	int64_t start, end;
	int64_t type; /* enum memory_map_type */
	struct key_seen seen;
};

enum memory_map_type {
	MEMORY_USABLE,
	MEMORY_RESERVED,
};

/* The section "machine". */
struct machine_conf {
	struct key_list nodes;      /* struct node_conf */
	struct key_rows distances;  /* [from][to]; none: 10 and 20 */
	struct key_list memory_map; /* struct memory_map_conf; none: a usual PC's */
	struct key_list disks;      /* struct disk_conf */
	int64_t cost_profile;       /* index into cost_profiles */
	struct cost_conf cost;      /* single costs, on top of the profile */
	struct key_seen seen;
};

/* A stretch of RAM of one node, pages [start, end). */
struct node_range {
	pfn_t start, end;
	int node;
};

/* A stretch of the firmware's map that is RAM, bytes [start, end). */
struct ram_range {
	uint64_t start, end;
};

struct machine {
	struct sim *sim;
	int nr_nodes;
	int *distance;             /* owned; [from * nr_nodes + to] */
	struct node_range *ranges; /* owned; sorted by start */
	int nr_ranges;
	struct ram_range *ram; /* owned; usable ranges of the firmware's map, sorted */
	int nr_ram;
	bool synthetic_map; /* the map was made up from sizes alone */
	struct cost_table cost;
	struct disk *disks; /* owned */
	int nr_disks;
};

/* What a machine may have; a frame has a 32-bit number. */
#define MACHINE_MAX_NODES 64
#define MACHINE_MAX_CPUS  4096
#define MACHINE_MAX_BYTES (1ULL << 43) /* 8 TiB: frames have 31-bit numbers in the page cache */

extern const struct section machine_section;
extern const struct model hw_model;

/* Finds what the rows of the section cannot say; machine_new wants a section without errors. */
void machine_check(struct diag *d, const struct machine_conf *conf);

/* Builds the machine (and the CPUs of s) from the scenario's section. */
struct machine *machine_new(struct sim *s, const struct machine_conf *conf);
void machine_free(struct machine *m);

static inline int machine_distance(const struct machine *m, int from, int to)
{
	return m->distance[from * m->nr_nodes + to];
}
#endif
