/*
 * demand.c - how many calls a scenario asks for, said before the run
 *
 *	loop: { count: 1000, do: [ read: { count: 50 }, sleep: 1 ms ] }
 *	        rounds, at most until / 1 ms    calls of a round
 *
 * What follows from counts, and from how often interrupts come, until the end of the run.  What a
 * call costs in simulated time is not known here; sleeps, thinking and rates are, and limit how
 * often something is reached.  A loop without a count says nothing: it ends with the run.
 */
#include "sim/base/mem.h"
#include "sim/workload/program.h"

/* Sums stay below this: nobody waits for so much. */
#define MOST (UINT64_MAX / 4)

struct demand {
	uint64_t calls;
	uint64_t ns; /* simulated time they take at least */
};

static uint64_t add(uint64_t a, uint64_t b)
{
	return min_u64(a + b, MOST);
}

static uint64_t times(uint64_t a, uint64_t b)
{
	return a && b > MOST / a ? MOST : a * b;
}

/* So many rounds, those that there is time for until the end; n 0: no number was given. */
static struct demand repeat(uint64_t n, struct demand round, sim_time until)
{
	uint64_t fit = MOST;

	if (round.ns && until != FOREVER)
		fit = until / round.ns + 1;
	if (!n && fit == MOST)
		return round;
	n = n ? min_u64(n, fit) : fit;
	return (struct demand){ times(n, round.calls), times(n, round.ns) };
}

static struct demand demand_of_call(const struct call *call, sim_time until)
{
	struct demand one = { 1, call->think };
	uint64_t n = (uint64_t)call->count;

	if (call->is_stream && call->bytes) {
		uint64_t blocks = ((uint64_t)call->bytes - 1) / (uint64_t)call->block + 1;

		n = n ? min_u64(n, blocks) : blocks;
	}
	if (call->iops)
		one.ns = max_u64(one.ns, NS_PER_SEC / (uint64_t)call->iops);
	if (call->rate)
		one.ns = max_u64(one.ns,
				 times((uint64_t)call->block, NS_PER_SEC) / (uint64_t)call->rate);
	if (call->time_limit)
		until = min_u64(until, call->time_limit);
	return repeat(n, one, until);
}

static struct demand demand_of_block(const struct block *block, sim_time until);

/* What is asked for by a choice at most. */
static struct demand demand_of_choice(const struct step *step, sim_time until)
{
	struct demand most = { 0, MOST };

	for (int i = 0; i < step->choose.n; i++) {
		struct demand d = demand_of_block(&step->choose.choices[i].body, until);

		most.calls = max_u64(most.calls, d.calls);
		most.ns = min_u64(most.ns, d.ns);
	}
	return most;
}

static struct demand demand_of_step(const struct step *step, sim_time until)
{
	struct demand d = { 1, 0 };

	switch (step->kind) {
	case STEP_CALL:
		return demand_of_call(step->call, until);
	case STEP_LOOP:
		if (step->loop.time_limit)
			until = min_u64(until, step->loop.time_limit);
		d = demand_of_block(&step->loop.body, until);
		d.calls = max_u64(d.calls, 1);
		return repeat((uint64_t)step->loop.count, d, until);
	case STEP_CHOOSE:
		return demand_of_choice(step, until);
	case STEP_FORK: /* the child takes no time of its parent's */
		d.calls = demand_of_block(&step->fork.body, until).calls;
		break;
	case STEP_SLEEP:
	case STEP_COMPUTE:
		d.ns = step->time;
		break;
	case STEP_SYSCTL:
		d.calls = (uint64_t)step->sysctl.n;
		break;
	case STEP_AT:
	case STEP_BARRIER:
	case STEP_WAIT_FOR:
	case STEP_ASSERT:
	case STEP_EXIT:
	case STEP_WAIT:
		break;
	}
	return d;
}

static struct demand demand_of_block(const struct block *block, sim_time until)
{
	struct demand sum = { 0, 0 };

	for (int i = 0; i < block->n; i++) {
		struct demand d = demand_of_step(&block->steps[i], until);

		sum.calls = add(sum.calls, d.calls);
		sum.ns = add(sum.ns, d.ns);
	}
	return sum;
}

/* All that comes of a program until the end of the run. */
static uint64_t demand_of_program(const struct program *p, sim_time until)
{
	struct demand d = demand_of_block(&p->body, until);

	if (!p->is_irq)
		return times(d.calls, (uint64_t)p->count);
	d.calls = times(max_u64(d.calls, 1), (uint64_t)p->burst);
	d.ns = max_u64(p->every, 1);
	return until <= p->start ? 0
				 : repeat(0, d, until == FOREVER ? until : until - p->start).calls;
}

uint64_t workload_demand(const struct workload *w, sim_time until, struct place *at)
{
	uint64_t sum = 0, most = 0;

	for (int i = 0; i < w->nr_programs; i++) {
		uint64_t calls = demand_of_program(&w->programs[i], until);

		if (calls > most)
			*at = w->programs[i].at;
		most = max_u64(most, calls);
		sum = add(sum, calls);
	}
	return sum;
}
