/* script.h - makes up scripts of calls of the page allocator */
#ifndef MMSIM_TESTS_GUEST_ALLOC_SCRIPT_H
#define MMSIM_TESTS_GUEST_ALLOC_SCRIPT_H

#include "../chance.h"

#define MAX_ORDER 10
#define PAGE      4096

struct machine {
	const char *type;
	int cpus;
	const char *nodes;        /* SIZE or SIZE:CPUS each, as QEMU numbers them; "": one */
	const char *command_line; /* more of it */
	int nr_nodes, megabytes;
	int low_megabytes; /* what is more lies from 4 GiB on; 0: nothing does */
};

/* What a kind of script likes. */
struct taste {
	const uint32_t *masks;                /* ended by 0; NULL: any that does not reclaim */
	int orders[MAX_ORDER + 3];            /* weights; the last two are too large */
	bool nodes;                           /* asks for each of them */
	int exact, bulk, split, bits, contig; /* weights beside 100 of single blocks */
	int most;                             /* percent of memory that is held at most */
	/* weights of episodes */
	int wander, run, exhaust, thin, set_type;
};

struct kind {
	const char *name;
	const struct machine *machines; /* one of them is taken; the last has no type */
	const struct taste *taste;
	int phases;    /* at most */
	bool settings; /* other ones from the second phase on, or from the first */
};

extern const struct kind kinds[]; /* the last has no name */

/* Writes the calls of a phase. */
void write_calls(const struct machine *m, const struct taste *t, int calls);
/* What is held, of this phase and earlier ones, is not any more. */
void forget_all(void);

#endif
