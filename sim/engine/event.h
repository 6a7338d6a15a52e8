/*
 * event.h - the future
 *
 * Events are ordered by (time, class, order of scheduling).  They lie inside
 * the structures they belong to: scheduling allocates nothing.
 */
#ifndef MMSIM_ENGINE_EVENT_H
#define MMSIM_ENGINE_EVENT_H

#include "sim/base/types.h"

struct sim;
struct event;

/* What happens first among events of one instant. */
enum event_class {
	EVENT_IO,    /* completions of devices */
	EVENT_TIMER, /* timers of the kernel, see timer.h */
	EVENT_WORK,  /* device queues, recorder, deferred work */
	EVENT_TASK,  /* tasks go on */
	EVENT_IDLE,  /* CPUs for which there was nothing, see tick.h */
};

#define EVENT_CLASS_SHIFT 60 /* of event.key */

typedef void event_fn(struct sim *s, struct event *e);

struct event {
	sim_time at;
	uint64_t key; /* class, then order; see event_schedule */
	event_fn *fn;
	uint32_t slot; /* place in the heap plus one; 0: not scheduled */
};

struct event_slot {
	sim_time at;
	uint64_t key;
	struct event *event;
};

/*
 * A heap with four children a node; the keys lie in the array, so that ordering reads no event.
 * Most events make another one: the place of the one that was taken last stays empty until then, so
 * that the heap is put in order once for both.
 */
struct event_queue {
	struct event_slot *heap; /* owned */
	size_t n, cap;           /* n: with the empty place, if there is one */
	bool hole;               /* the first place is empty: its key is 0, its event NULL */
	uint64_t next_seq;
};

/* fn will be called at time at, which is never before now.  e must not be scheduled. */
void event_schedule(struct sim *s, struct event *e, sim_time at, enum event_class class,
		    event_fn *fn);
/*
 * The same with an order of its own inside the class: at one instant lower ranks come first.
 * Ranks are below 2^60; event_schedule uses the running number.
 */
void event_schedule_ranked(struct sim *s, struct event *e, sim_time at, enum event_class class,
			   uint64_t rank, event_fn *fn);
/* Takes an event out of the future; nothing happens if it is not scheduled. */
void event_cancel(struct sim *s, struct event *e);

static inline bool event_scheduled(const struct event *e)
{
	return e->slot != 0;
}

static inline enum event_class event_class(const struct event *e)
{
	return (enum event_class)(e->key >> EVENT_CLASS_SHIFT);
}

/* Fills the empty place; for event_first. */
void event_queue_close_hole(struct event_queue *q);
/* The first event of the queue, NULL if there is none. */
static inline struct event *event_first(struct event_queue *q)
{
	if (q->hole)
		event_queue_close_hole(q);
	return q->n ? q->heap[0].event : NULL;
}

/* When that is due; FOREVER if there is none. */
sim_time event_first_at(const struct event_queue *q);

static inline size_t event_queue_len(const struct event_queue *q)
{
	return q->n - q->hole;
}

/* An event up to and including time until for which is() holds, NULL if there is none. */
typedef bool event_is_fn(const struct event *e, const void *arg);
const struct event *event_find(const struct event_queue *q, sim_time until, event_is_fn *is,
			       const void *arg);

/* Takes out the first event, NULL if there is none. */
static inline struct event *event_pop(struct event_queue *q)
{
	struct event *e = event_first(q);

	if (!e)
		return NULL;
	e->slot = 0;
	q->heap[0] = (struct event_slot){ 0 };
	q->hole = true;
	return e;
}

void event_queue_free(struct event_queue *q);
/* Recounts the heap: order of parents and children, places.  Returns false if broken. */
bool event_queue_check(const struct event_queue *q);
#endif
