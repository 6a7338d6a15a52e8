/*
 * flex_proportions.h - who has had which share of late
 *
 * Like:        Linux 6.1, lib/flex_proportions.c, lib/percpu_counter.c: counters with per-CPU
 *              parts that are read without them, halved each period
 *
 * The parts make a difference that can be seen: on a device that writes little
 * the share is far from what an exact count would give.
 */
#ifndef MMSIM_LINUX_FLEX_PROPORTIONS_H
#define MMSIM_LINUX_FLEX_PROPORTIONS_H

#include "sim/sim.h"

#define FPROP_FRAC_SHIFT 10
#define FPROP_FRAC_BASE  (1UL << FPROP_FRAC_SHIFT)

struct percpu_counter {
	int64_t count;
	int64_t *part; /* owned; by CPU: not yet in count */
	int nr;
	int64_t batch; /* a part that reaches it is folded into count */
};

void percpu_counter_init(struct percpu_counter *c, int nr_cpus, int64_t batch, int64_t value);
void percpu_counter_free(struct percpu_counter *c);
static inline void percpu_counter_add(struct percpu_counter *c, int cpu, int64_t amount)
{
	int64_t part = c->part[cpu] + amount;

	if (part >= c->batch || part <= -c->batch) {
		c->count += part;
		part = 0;
	}
	c->part[cpu] = part;
}
void percpu_counter_set(struct percpu_counter *c, int64_t value);
/* With the parts. */
int64_t percpu_counter_sum(const struct percpu_counter *c);

/* All events, and the number of the period. */
struct fprop_global {
	struct percpu_counter events;
	uint64_t period;
};

/* The events of one, as of some period. */
struct fprop_local {
	struct percpu_counter events;
	uint64_t period;
};

struct fprop_fraction {
	uint64_t num, den; /* num <= den, den > 0 */
};

void fprop_global_init(struct fprop_global *p, int nr_cpus, int64_t batch);
void fprop_local_init(struct fprop_local *pl, int nr_cpus, int64_t batch);
/* periods new ones begin; false: there was nothing to age. */
bool fprop_new_period(struct fprop_global *p, int cpu, uint64_t periods);
/* nr events of pl, not more than keep its share at max_frac (in 1/1024). */
void fprop_add_max(struct fprop_global *p, struct fprop_local *pl, int cpu, unsigned max_frac,
		   int64_t nr);
struct fprop_fraction fprop_fraction(const struct fprop_global *p, struct fprop_local *pl, int cpu);
/* The share as two plain readings of the counters give it. */
struct fprop_fraction fprop_fraction_from(int64_t local_events, int64_t global_events);
#endif
