/*
 * demand.c - how many calls a scenario asks for, said before the run
 *
 *	loop: { count: 1000, do: [ read: { count: 50 }, sleep: 1 ms ] }
 *	        rounds, at most until / 1 ms    calls of a round
 *
 * What follows from counts, and from how often interrupts come, until the end of the run.  Sleeps,
 * thinking and rates limit how often something is reached.  A loop without a count asks for nothing
 * certain: it ends with the run.  How often it may come round at most follows from the least that
 * its calls cost in simulated time, which the personality knows after the boot.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/engine/sim.h"
#include "sim/workload/program.h"

/* Sums stay below this: nobody waits for so much. */
#define MOST (UINT64_MAX / 4)

struct demand {
	uint64_t calls;
	uint64_t ns; /* simulated time they take at least */
};

/* How far is counted. */
struct horizon {
	sim_time until;
	struct sim *s; /* NULL: at least so many calls; else at most, as far as costs tell */
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
static struct demand repeat(uint64_t n, struct demand round, struct horizon h)
{
	uint64_t fit = MOST;

	if (round.ns && h.until != FOREVER)
		fit = h.until / round.ns + 1;
	if (!n && fit == MOST)
		return round;
	n = n ? min_u64(n, fit) : fit;
	return (struct demand){ times(n, round.calls), times(n, round.ns) };
}

/* The least simulated time that one call takes, 0: not known. */
static uint64_t least_ns(const struct call *call, struct sim *s)
{
	const struct personality *p = s ? s->tables->personality : NULL;

	return p && p->least_ns ? p->least_ns(s, call->op, call->is_stream ? call->block : 0) : 0;
}

static struct demand demand_of_call(const struct call *call, struct horizon h)
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
	one.ns = max_u64(one.ns, least_ns(call, h.s));
	if (call->time_limit)
		h.until = min_u64(h.until, call->time_limit);
	return repeat(n, one, h);
}

static struct demand demand_of_block(const struct block *block, struct horizon h);

/* What is asked for by a choice at most. */
static struct demand demand_of_choice(const struct step *step, struct horizon h)
{
	struct demand most = { 0, MOST };

	for (int i = 0; i < step->choose.n; i++) {
		struct demand d = demand_of_block(&step->choose.choices[i].body, h);

		most.calls = max_u64(most.calls, d.calls);
		most.ns = min_u64(most.ns, d.ns);
	}
	return most;
}

static struct demand demand_of_step(const struct step *step, struct horizon h)
{
	struct demand d = { 1, 0 };

	switch (step->kind) {
	case STEP_CALL:
		return demand_of_call(step->call, h);
	case STEP_LOOP:
		if (step->loop.time_limit)
			h.until = min_u64(h.until, step->loop.time_limit);
		d = demand_of_block(&step->loop.body, h);
		d.calls = max_u64(d.calls, 1);
		return repeat((uint64_t)step->loop.count, d, h);
	case STEP_CHOOSE:
		return demand_of_choice(step, h);
	case STEP_FORK: /* the child takes no time of its parent's */
		d.calls = demand_of_block(&step->fork.body, h).calls;
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

static struct demand demand_of_block(const struct block *block, struct horizon h)
{
	struct demand sum = { 0, 0 };

	for (int i = 0; i < block->n; i++) {
		struct demand d = demand_of_step(&block->steps[i], h);

		sum.calls = add(sum.calls, d.calls);
		sum.ns = add(sum.ns, d.ns);
	}
	return sum;
}

/* All that comes of a program until the end of the run. */
static uint64_t demand_of_program(const struct program *p, struct horizon h)
{
	struct demand d = demand_of_block(&p->body, h);

	if (!p->is_irq)
		return times(d.calls, (uint64_t)p->count);
	d.calls = times(max_u64(d.calls, 1), (uint64_t)p->burst);
	d.ns = max_u64(p->every, 1);
	if (h.until <= p->start)
		return 0;
	if (h.until != FOREVER)
		h.until -= p->start;
	return repeat(0, d, h).calls;
}

uint64_t workload_demand(const struct workload *w, sim_time until, struct place *at)
{
	uint64_t sum = 0, most = 0;

	for (int i = 0; i < w->nr_programs; i++) {
		uint64_t calls =
		    demand_of_program(&w->programs[i], (struct horizon){ until, NULL });

		if (calls > most)
			*at = w->programs[i].at;
		most = max_u64(most, calls);
		sum = add(sum, calls);
	}
	return sum;
}

/* ---- notes ---- */

#define MANY_CALLS 300000000 /* a minute or more of this computer's time */

static void note_many_calls(const struct program *p, struct horizon h, struct str *out)
{
	uint64_t calls = demand_of_program(p, h);

	if (calls < MANY_CALLS || !p->name)
		return;
	str_addf(out, "%s %s may make up to ", p->is_irq ? "interrupt" : "task", p->name);
	if (calls < MOST / 1000)
		str_addf(out, "%" PRIu64 " calls", calls);
	else
		str_add(out, "endlessly many calls");
	str_addf(out,
		 " (line %d), which takes minutes or more; fewer with a \"think\" between them\n",
		 p->at.line);
}

/* The most bytes that a step gives a name of the program; 0: none does, or it is not known. */
static int64_t most_given(const struct block *block, int slot, size_t len_at)
{
	int64_t most = 0;

	for (int i = 0; i < block->n; i++) {
		const struct step *step = &block->steps[i];
		int64_t len = 0;

		if (step->kind == STEP_CALL && step->call->as == slot)
			memcpy(&len, (const char *)step->call->args + len_at, sizeof(len));
		for (int b = 0; step_body(step, b); b++)
			len = max_s64(len, most_given(step_body(step, b), slot, len_at));
		most = max_s64(most, len);
	}
	return most;
}

/* Streams that lead beyond the end of what the program itself has made so large. */
static void note_spans(const struct program *p, const struct block *block, struct str *out)
{
	for (int i = 0; i < block->n; i++) {
		const struct step *step = &block->steps[i];
		const struct call *call = step->kind == STEP_CALL ? step->call : NULL;
		int64_t len;

		for (int b = 0; step_body(step, b); b++)
			note_spans(p, step_body(step, b), out);
		if (!call || !call->is_stream || !call->span || !call->nr_refs ||
		    call->refs[0].from != REF_LOCAL)
			continue;
		len = most_given(&p->body, call->refs[0].slot, call->len_at);
		if (len <= 0 || call->start + call->span <= len)
			continue;
		str_addf(out, "%s in line %d leads to ", step->name, step->at.line);
		unit_print(out, UNIT_BYTES, call->start + call->span);
		str_addf(out, ", \"%s\" has only ", call->refs[0].name);
		unit_print(out, UNIT_BYTES, len);
		str_addc(out, '\n');
	}
}

/* Who would begin when all is over. */
static void note_never_begins(const struct program *p, sim_time duration, struct str *out)
{
	if (!p->name || p->start < duration)
		return;
	str_addf(out, "%s %s never begins: its start is at ", p->is_irq ? "interrupt" : "task",
		 p->name);
	unit_print(out, UNIT_NS, (int64_t)p->start);
	str_add(out, ", the run ends after ");
	unit_print(out, UNIT_NS, (int64_t)duration);
	str_addf(out, " (line %d)\n", p->at.line);
}

void workload_notes(const struct workload *w, struct sim *s, sim_time until, struct str *out)
{
	for (int i = 0; i < w->nr_programs; i++) {
		note_never_begins(&w->programs[i], w->sc->duration, out);
		note_many_calls(&w->programs[i], (struct horizon){ until, s }, out);
		note_spans(&w->programs[i], &w->programs[i].body, out);
	}
}
