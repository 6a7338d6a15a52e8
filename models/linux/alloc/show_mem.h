/*
 * show_mem.h - the state of memory as the kernel prints it when an allocation fails
 *
 * Like:        Linux 6.1, lib/show_mem.c, mm/page_alloc.c (show_free_areas)
 * Simplified:  counters of what is not simulated are 0
 */
#ifndef MMSIM_LINUX_SHOW_MEM_H
#define MMSIM_LINUX_SHOW_MEM_H

#include "models/linux/linux.h"

/* Adds "Mem-Info:" and what follows.  nodemask 0: all nodes; zones up to max_zone_idx. */
void show_mem(struct linux_vm *vm, const struct cpu *cpu, uint64_t nodemask, int max_zone_idx,
	      struct str *out);
#endif
