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

/* A heap with four children a node; the keys lie in the array, so that ordering reads no event. */
struct event_queue {
	struct event_slot *heap; /* owned */
	size_t n, cap;
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

/* The first event of the queue, NULL if there is none. */
static inline struct event *event_first(const struct event_queue *q)
{
	return q->n ? q->heap[0].event : NULL;
}

/* An event up to and including time until for which is() holds, NULL if there is none. */
typedef bool event_is_fn(const struct event *e, const void *arg);
const struct event *event_find(const struct event_queue *q, sim_time until, event_is_fn *is,
			       const void *arg);

struct event *event_pop(struct event_queue *q);
void event_queue_free(struct event_queue *q);
/* Recounts the heap: order of parents and children, places.  Returns false if broken. */
bool event_queue_check(const struct event_queue *q);
#endif
