/* script.h - makes up machines, and steps that change what the kernel made of them */
#ifndef MMSIM_TESTS_GUEST_TOPOLOGY_SCRIPT_H
#define MMSIM_TESTS_GUEST_TOPOLOGY_SCRIPT_H

#include "../chance.h"

#define MOST_NODES 8
#define MOST_CPUS  8
#define BLOCK_MB   128 /* of memory that goes offline */

struct node {
	int megabytes; /* 0: CPUs alone */
	int cpus;      /* 0: memory alone */
};

struct machine {
	const char *type; /* "pc", "q35" */
	int megabytes, cpus;
	int nr_nodes; /* 0: nothing is said of any */
	struct node nodes[MOST_NODES];
};

/* What a kind of machine and steps likes. */
struct kind {
	const char *name;
	int least_mb, most_mb;
	int least_nodes, most_nodes; /* 0: none is asked for */
	int least_cpus;
	bool distances;    /* other ones than 10 and 20 */
	bool movable;      /* ZONE_MOVABLE, by the command line */
	bool command_line; /* other words of it */
	int least_steps, most_steps;
	/* weights of steps */
	int limits, dirty, others, cpu_plug, block_plug;
};

extern const struct kind kinds[]; /* the last has no name */

/* Megabytes below 4 GiB; the rest lies from there on. */
int low_megabytes(const struct machine *m);

/* Writes a step, of those that the kind likes. */
void write_step(const struct kind *k, const struct machine *m);

#endif
