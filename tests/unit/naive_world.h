/*
 * naive_world.h - two page allocators side by side, in a world of small zones
 */
#ifndef MMSIM_TESTS_NAIVE_WORLD_H
#define MMSIM_TESTS_NAIVE_WORLD_H

#include "tests/unit/naive.h"

#define MAX_ISOLATED 4

/* What somebody holds: a block, or single pages in a row. */
struct held {
	uint16_t pfn;
	uint16_t pages; /* of a row, 0: a block */
	uint8_t order;
};

struct isolated {
	uint32_t start, end;
};

struct both {
	struct naive *m;
	struct linux_vm *vm;
	struct rng r;
	struct held *held;
	int n;
	struct isolated isolated[MAX_ISOLATED];
	int nr_isolated;
	uint64_t seed; /* of this world */
	long op;
	const char *last; /* rare operation, or empty */
};

/* Ends the test if the two differ. */
void same(const struct both *b, const char *what, int64_t ours, int64_t naive);
#define SAME(b, ours, naive) same(b, #ours, (int64_t)(ours), (int64_t)(naive))

static inline uint32_t below(struct both *b, uint64_t n)
{
	return (uint32_t)rng_below(&b->r, n);
}

static inline bool one_in(struct both *b, uint64_t n)
{
	return below(b, n) == 0;
}

static inline int any_type(struct both *b)
{
	return (int)below(b, MIGRATE_PCPTYPES);
}

static inline struct zone *zone_of(const struct both *b, const struct naive_zone *z)
{
	return &b->vm->nodes[z->node].zones[z->idx];
}

/* Settings, in both. */
void set_marks(struct both *b, struct naive_zone *z);
void set_cpu_limits(struct both *b, struct naive_zone *z);
void set_thresholds(struct both *b, struct naive_zone *z);

/* A world by the chance of b->seed, all of its memory free. */
void new_world(struct both *b);
/* A few numbers of a zone. */
void compare_counters(const struct both *b, const struct naive_zone *z);
/* The whole state of both. */
void compare(const struct both *b);
#endif
