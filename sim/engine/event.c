/*
 * event.c - the heap of future events
 *
 * Four children a node: half as deep as a binary heap, and the children of one
 * node share a cache line or two.
 */
#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/engine/sim.h"

static inline bool slot_before(const struct event_slot *a, const struct event_slot *b)
{
	/* as one number: without a branch, which nobody could predict */
	return ((unsigned __int128)a->at << 64 | a->key) <
	       ((unsigned __int128)b->at << 64 | b->key);
}

static inline void slot_put(struct event_queue *q, size_t i, struct event_slot slot)
{
	q->heap[i] = slot;
	slot.event->slot = (uint32_t)i + 1;
}

static void sift_up(struct event_queue *q, size_t i, struct event_slot slot)
{
	while (i > 0) {
		size_t parent = (i - 1) / 4;

		if (!slot_before(&slot, &q->heap[parent]))
			break;
		slot_put(q, i, q->heap[parent]);
		i = parent;
	}
	slot_put(q, i, slot);
}

static void sift_down(struct event_queue *q, size_t i, struct event_slot slot)
{
	for (;;) {
		size_t first = 4 * i + 1;

		if (first >= q->n)
			break;

		size_t best = first;
		size_t end = min_u64(first + 4, q->n);

		for (size_t c = first + 1; c < end; c++)
			if (slot_before(&q->heap[c], &q->heap[best]))
				best = c;
		if (!slot_before(&q->heap[best], &slot))
			break;
		slot_put(q, i, q->heap[best]);
		i = best;
	}
	slot_put(q, i, slot);
}

static void remove_at(struct event_queue *q, size_t i)
{
	struct event_slot last = q->heap[--q->n];

	if (i == q->n)
		return;
	if (i > 0 && slot_before(&last, &q->heap[(i - 1) / 4]))
		sift_up(q, i, last);
	else
		sift_down(q, i, last);
}

void event_schedule_ranked(struct sim *s, struct event *e, sim_time at, enum event_class class,
			   uint64_t rank, event_fn *fn)
{
	struct event_queue *q = &s->queue;

	SIM_ASSERT(!event_scheduled(e));
	SIM_ASSERT(at >= s->now);
	SIM_ASSERT(rank < 1ULL << EVENT_CLASS_SHIFT);
	e->at = at;
	e->key = (uint64_t) class << EVENT_CLASS_SHIFT | rank;
	e->fn = fn;

	struct event_slot slot = { .at = at, .key = e->key, .event = e };

	if (q->hole) {
		q->hole = false;
		sift_down(q, 0, slot);
		return;
	}
	if (q->n == q->cap)
		sim_grow((void **)&q->heap, &q->cap, q->n + 1, sizeof(*q->heap));
	q->n++;
	sift_up(q, q->n - 1, slot);
}

void event_schedule(struct sim *s, struct event *e, sim_time at, enum event_class class,
		    event_fn *fn)
{
	event_schedule_ranked(s, e, at, class, s->queue.next_seq++, fn);
}

void event_cancel(struct sim *s, struct event *e)
{
	if (!event_scheduled(e))
		return;

	size_t i = e->slot - 1;

	SIM_ASSERT(i < s->queue.n && s->queue.heap[i].event == e);
	e->slot = 0;
	remove_at(&s->queue, i);
}

/* Below an event that is too late all are; as deep as the heap, at most 16 levels. */
static const struct event *find_below(const struct event_queue *q, size_t i, sim_time until,
				      event_is_fn *is, const void *arg)
{
	const struct event *found = NULL;

	if (i >= q->n || q->heap[i].at > until)
		return NULL;
	if (q->heap[i].event && is(q->heap[i].event, arg))
		return q->heap[i].event;
	for (size_t c = 4 * i + 1; c <= 4 * i + 4 && !found; c++)
		found = find_below(q, c, until, is, arg);
	return found;
}

const struct event *event_find(const struct event_queue *q, sim_time until, event_is_fn *is,
			       const void *arg)
{
	return find_below(q, 0, until, is, arg);
}

void event_queue_close_hole(struct event_queue *q)
{
	q->hole = false;
	remove_at(q, 0);
}

sim_time event_first_at(const struct event_queue *q)
{
	sim_time at = FOREVER;

	if (!q->hole)
		return q->n ? q->heap[0].at : FOREVER;
	for (size_t c = 1; c < min_u64(5, q->n); c++)
		at = min_u64(at, q->heap[c].at);
	return at;
}

void event_queue_free(struct event_queue *q)
{
	sim_free(q->heap);
	q->heap = NULL;
	q->n = q->cap = 0;
	q->hole = false;
}

bool event_queue_check(const struct event_queue *q)
{
	for (size_t i = q->hole; i < q->n; i++) {
		const struct event_slot *slot = &q->heap[i];

		if (slot->event->slot != i + 1 || slot->event->at != slot->at ||
		    slot->event->key != slot->key)
			return false;
		if (i > 0 && slot_before(slot, &q->heap[(i - 1) / 4]))
			return false;
	}
	return true;
}
