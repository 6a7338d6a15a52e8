/*
 * tiny_events.h - the yardstick of everything that is made of events
 *
 * Callbacks on a heap with four children and nothing else.  Not "inline": what a compiler inlines
 * is part of the measure.
 */
#ifndef MMSIM_BENCH_TINY_EVENTS_H
#define MMSIM_BENCH_TINY_EVENTS_H

#include "sim/base/mem.h"

#define TINY_EVENTS 2000000

struct tiny_event {
	uint64_t at, seq;
	uint64_t period;
};

struct tiny {
	struct tiny_event *heap;
	size_t n;
	uint64_t seq, now;
};

static int tiny_before(const struct tiny_event *a, const struct tiny_event *b)
{
	return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

static void tiny_push(struct tiny *q, struct tiny_event e)
{
	size_t i = q->n++;

	while (i && tiny_before(&e, &q->heap[(i - 1) / 4])) {
		q->heap[i] = q->heap[(i - 1) / 4];
		i = (i - 1) / 4;
	}
	q->heap[i] = e;
}

static struct tiny_event tiny_pop(struct tiny *q)
{
	struct tiny_event first = q->heap[0], last = q->heap[--q->n];
	size_t i = 0;

	for (;;) {
		size_t c = 4 * i + 1, best = c;

		if (c >= q->n)
			break;
		for (size_t k = c + 1; k < c + 4 && k < q->n; k++)
			if (tiny_before(&q->heap[k], &q->heap[best]))
				best = k;
		if (!tiny_before(&q->heap[best], &last))
			break;
		q->heap[i] = q->heap[best];
		i = best;
	}
	q->heap[i] = last;
	return first;
}

/* Arg is how many are pending, a size_t. */
static double tiny_run(void *arg)
{
	size_t n = *(size_t *)arg;
	struct tiny q = { .heap = sim_alloc((n + 1) * sizeof(struct tiny_event)) };

	for (size_t i = 0; i < n; i++)
		tiny_push(&q,
			  (struct tiny_event){ .at = i, .seq = q.seq++, .period = 1000 + i % 97 });
	for (int i = 0; i < TINY_EVENTS; i++) {
		struct tiny_event e = tiny_pop(&q);

		q.now = e.at;
		e.at += e.period;
		e.seq = q.seq++;
		tiny_push(&q, e);
	}
	sim_free(q.heap);
	return TINY_EVENTS;
}
#endif
