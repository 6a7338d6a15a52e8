/*
 * flex_proportions.c - who has had which share of late
 */
#include "models/linux/writeback/flex_proportions.h"

void percpu_counter_init(struct percpu_counter *c, int nr_cpus, int64_t batch, int64_t value)
{
	*c = (struct percpu_counter){ .count = value, .nr = nr_cpus, .batch = batch };
	c->part = sim_calloc((size_t)nr_cpus, sizeof(*c->part));
}

void percpu_counter_free(struct percpu_counter *c)
{
	sim_free(c->part);
}

void percpu_counter_set(struct percpu_counter *c, int64_t value)
{
	for (int i = 0; i < c->nr; i++)
		c->part[i] = 0;
	c->count = value;
}

int64_t percpu_counter_sum(const struct percpu_counter *c)
{
	int64_t sum = c->count;

	for (int i = 0; i < c->nr; i++)
		sum += c->part[i];
	return sum;
}

void fprop_global_init(struct fprop_global *p, int nr_cpus, int64_t batch)
{
	percpu_counter_init(&p->events, nr_cpus, batch, 1);
	p->period = 0;
}

void fprop_local_init(struct fprop_local *pl, int nr_cpus, int64_t batch)
{
	percpu_counter_init(&pl->events, nr_cpus, batch, 0);
	pl->period = 0;
}

bool fprop_new_period(struct fprop_global *p, int cpu, uint64_t periods)
{
	int64_t events = percpu_counter_sum(&p->events);

	if (events <= 1)
		return false;
	if (periods < 64)
		events -= events >> periods;
	percpu_counter_add(&p->events, cpu, -events);
	p->period += periods;
	return true;
}

/* Ages the events of one by the periods it has missed. */
static void fprop_reflect_period(const struct fprop_global *p, struct fprop_local *pl, int cpu)
{
	uint64_t missed = p->period - pl->period;

	if (!missed)
		return;
	if (missed < 64) {
		int64_t events = pl->events.count;

		if (events < pl->events.nr * pl->events.batch)
			events = percpu_counter_sum(&pl->events);
		percpu_counter_add(&pl->events, cpu, (events >> missed) - events);
	} else {
		percpu_counter_set(&pl->events, 0);
	}
	pl->period = p->period;
}

struct fprop_fraction fprop_fraction_from(int64_t local_events, int64_t global_events)
{
	uint64_t num = (uint64_t)max_s64(local_events, 0);
	uint64_t den = (uint64_t)max_s64(global_events, 0);

	if (den <= num)
		den = num ? num : 1;
	return (struct fprop_fraction){ num, den };
}

struct fprop_fraction fprop_fraction(const struct fprop_global *p, struct fprop_local *pl, int cpu)
{
	fprop_reflect_period(p, pl, cpu);
	return fprop_fraction_from(pl->events.count, p->events.count);
}

void fprop_add_max(struct fprop_global *p, struct fprop_local *pl, int cpu, unsigned max_frac,
		   int64_t nr)
{
	if (max_frac < FPROP_FRAC_BASE) {
		struct fprop_fraction f = fprop_fraction(p, pl, cpu);
		int64_t room = (int64_t)(f.den * max_frac) - (int64_t)(f.num << FPROP_FRAC_SHIFT);
		int64_t rest = (int64_t)FPROP_FRAC_BASE - (int64_t)max_frac;

		if (room < 0)
			return;
		if (room < nr * rest)
			nr = (room + rest - 1) / rest;
	}
	fprop_reflect_period(p, pl, cpu);
	percpu_counter_add(&pl->events, cpu, nr);
	percpu_counter_add(&p->events, cpu, nr);
}
