/*
 * collected.h - a machine as scripts/collect-machine found it: copies of files of /proc and /sys
 */
#ifndef MMSIM_LINUX_COLLECTED_H
#define MMSIM_LINUX_COLLECTED_H

#include "models/linux/verify/machine_case.h"

#define COLLECTED_BLOCK_BITS 65536 /* memory blocks whose node is looked at */

struct collected_zone {
	int node, idx;
	pfn_t start;
	pages_t spanned, present, managed;
};

struct collected_range {
	pfn_t start, end;
	bool usable;
	uint64_t first, last; /* bytes, as the firmware has them */
};

struct collected {
	char release[129]; /* of the kernel: "6.1.0-56-amd64" */
	struct collected_zone zones[MACHINE_MAX_NODES * MAX_NR_ZONES]; /* those with pages */
	int nr_zones;
	int64_t mem_total_kib;                        /* of meminfo; 0: not known */
	struct collected_range map[MACHINE_CASE_MAP]; /* of iomem; none: not readable */
	int nr_map;
	pages_t block_pages;                /* of a memory block; 0: not known */
	uint8_t *block_node;                /* owned; node + 1 of each block; 0: none */
	bool has_blocks[MACHINE_MAX_NODES]; /* blocks of the node are known */
	bool guessed;                       /* where the holes lie is not known */
};

bool import_is_collected(const char *dir);
/* Reads a folder into the machine of a case; false after reporting to c->diag. */
bool collected_read(struct verify_case *c, struct collected *from, struct machine_case *m);
void collected_free(struct collected *from);
/* Takes over the values of proc/sys/vm and computes the limits from them. */
void collected_settle(struct verify_case *c, struct booted_case *b);
#endif
