/*
 * slab_rcu.c - objects that others may still be looking at are freed after a grace period
 *
 * Nodes of an index are read without a lock, so one that is given back becomes free when every CPU
 * has left what it was at.  Grace periods go from tick to tick while there is anything to wait for;
 * what is given back between two ticks has to wait for one that begins after it.  Blocks of pages
 * that become free in this way, late and at a tick, empty the CPU's lists of pages.  Until then the
 * CPU keeps its tick, idle or not.
 *
 * Like:        Linux 6.1, lib/radix-tree.c: radix_tree_node_rcu_free; kernel/rcu/tree.c
 * Simplified:  a grace period always ends with the second tick, if none is going on with the third:
 *              nobody keeps the thread of grace periods or the softirq from the CPU; each CPU has
 *              grace periods of its own; what waits on one that goes offline is free at once
 */
#include <string.h>

#include "models/linux/reclaim/slab.h"
#include "sim/sim.h"

/* To the tick that frees: a grace period is going on, and the next one begins with the next tick;
 * or one is asked for at the next tick. */
#define TICKS_BEHIND_OTHERS 2
#define TICKS_ALONE         3

struct given_back {
	uint32_t slab; /* 0: something that is not in this model */
	uint64_t due;  /* jiffies */
};

/* Of a CPU, the first first. */
struct slab_rcu {
	struct linux_vm *vm;
	int cpu;
	struct timer timer;
	struct given_back *v; /* owned */
	size_t n, cap;
	size_t done; /* of them, free already */
};

static void arm(struct slab_rcu *r)
{
	timer_mod(r->vm->sim, &r->timer, r->v[r->done].due - 1); /* runs at the tick behind */
}

static void free_first(struct slab_rcu *r, const struct cpu *cpu)
{
	slab_free(r->vm, cpu, r->v[r->done++].slab);
	if (r->done == r->n)
		r->done = r->n = 0;
}

static void grace_period_ends(struct sim *s, struct timer *timer)
{
	struct slab_rcu *r = CONTAINER_OF(timer, struct slab_rcu, timer);

	while (r->n && r->v[r->done].due <= jiffies(s))
		free_first(r, &s->cpus[r->cpu]);
	if (r->n)
		arm(r);
}

struct slab_rcu *slab_rcu_new(struct linux_vm *vm)
{
	struct slab_rcu *r = sim_calloc((size_t)vm->nr_cpu_ids, sizeof(*r));

	for (int i = 0; i < vm->nr_cpu_ids; i++) {
		r[i].vm = vm;
		r[i].cpu = i;
		timer_init(&r[i].timer, grace_period_ends);
	}
	return r;
}

void slab_rcu_delete(struct linux_vm *vm, struct slab_rcu *r)
{
	for (int i = 0; i < vm->nr_cpu_ids; i++) {
		timer_del(vm->sim, &r[i].timer);
		sim_free(r[i].v);
	}
	sim_free(r);
}

static void call_rcu(struct linux_vm *vm, uint32_t slab)
{
	struct slab_rcu *r;
	void *v;

	if (!vm->slab)
		return;
	r = &slab_rcu_lists(vm)[smp_processor_id(vm)];
	if (r->n == r->cap && r->done) {
		memmove(r->v, r->v + r->done, (r->n - r->done) * sizeof(*r->v));
		r->n -= r->done;
		r->done = 0;
	}
	v = r->v;
	sim_grow(&v, &r->cap, r->n + 1, sizeof(*r->v));
	r->v = v;
	r->v[r->n] = (struct given_back){
		.slab = slab,
		.due = jiffies(vm->sim) + (uint64_t)(r->n ? TICKS_BEHIND_OTHERS : TICKS_ALONE),
	};
	if (r->n++ == 0)
		arm(r);
	else if (r->v[r->n - 1].due < r->v[r->n - 2].due) /* grace periods end in their order */
		r->v[r->n - 1].due = r->v[r->n - 2].due;
	tick_need(&vm->sim->cpus[r->cpu], r->v[r->n - 1].due);
}

void slab_free_rcu(struct linux_vm *vm, uint32_t slab)
{
	if (slab)
		call_rcu(vm, slab);
}

void rcu_wait_for_other(struct linux_vm *vm)
{
	call_rcu(vm, 0);
}

void slab_rcu_cpu_dead(struct linux_vm *vm, int cpu, const struct cpu *here)
{
	struct slab_rcu *r = &slab_rcu_lists(vm)[cpu];

	timer_del(vm->sim, &r->timer);
	while (r->n)
		free_first(r, here);
}
