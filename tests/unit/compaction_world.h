/*
 * compaction_world.h - a zone of the simulator beside its copy in the second model of compaction
 *
 * compaction_world.c fills it at random and changes it; test_compaction_naive.c compacts both.
 */
#ifndef MMSIM_TESTS_COMPACTION_WORLD_H
#define MMSIM_TESTS_COMPACTION_WORLD_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/alloc/compaction.h"
#include "models/linux/alloc/internal.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"
#include "tests/unit/naive_compaction.h"

struct world {
	struct fixture f;
	struct linux_vm *vm;
	struct zone *z;
	const struct cpu *cpu;
	struct task *t;
	struct address_space *mapping;
	struct rng r;
	struct naive *m, *after; /* the second model, and the simulator copied again */
	struct run *run;
	bool usable[MAX_FRAMES]; /* boot left it free */
	uint32_t next_index;
	int largest; /* no free block was larger than 2^largest at first */
	long ops, op;
	char what[200];
};

static inline uint64_t below(struct world *w, uint64_t n)
{
	return rng_below(&w->r, n);
}

static inline bool chance(struct world *w, unsigned percent)
{
	return rng_below(&w->r, 100) < percent;
}

static inline struct page *page_at(const struct world *w, uint64_t pfn)
{
	return pfn_to_page(w->vm, pfn);
}

/* A random zone, fragmented and with pages of a file in it, in place of what is there. */
void world_random_zone(struct world *w);
/* A frame of the zone that is in use and cannot be moved. */
void world_make_used(struct world *w, uint32_t pfn);
/* What else may happen between two compactions: pages come, go and change, as do marks. */
void world_change(struct world *w);
/* Locks pages, or has them under writeback, or neither again. */
void world_set_pages(struct world *w, uint32_t flag, unsigned percent);
#endif
