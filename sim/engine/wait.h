/*
 * wait.h - queues of tasks that wait for something
 *
 * Like:        Linux 6.1, kernel/sched/wait.c
 *
 *	struct wait_entry w;
 *
 *	wait_entry_init(&w, t);
 *	for (;;) {
 *		wait_prepare(&queue, &w, WAIT_EXCLUSIVE);
 *		if (condition)
 *			break;
 *		task_block(t);
 *	}
 *	wait_finish(&w);
 */
#ifndef MMSIM_ENGINE_WAIT_H
#define MMSIM_ENGINE_WAIT_H

#include "sim/base/list.h"

struct sim;
struct task;
struct wait_entry;

enum wait_kind {
	WAIT_SHARED,    /* woken with all others; goes to the head of the queue */
	WAIT_EXCLUSIVE, /* woken alone; goes to the tail */
};

/*
 * Decides what a wake means for one waiter.  Returns 1 if it was woken, 0 to pass it over, -1 to
 * stop walking the queue.
 */
typedef int wake_fn(struct sim *s, struct wait_entry *w, void *key);

struct wait_entry {
	struct list link;
	struct task *task; /* borrowed; NULL if fn does not wake a task */
	enum wait_kind kind;
	wake_fn *fn;
};

struct wait_queue {
	struct list head;
};

void wait_queue_init(struct wait_queue *q);
static inline bool wait_queue_active(const struct wait_queue *q)
{
	return !list_empty(&q->head);
}

/* An entry that wakes its task and leaves the queue. */
void wait_entry_init(struct wait_entry *w, struct task *t);
void wait_prepare(struct wait_queue *q, struct wait_entry *w, enum wait_kind kind);
void wait_finish(struct wait_entry *w);
int wake_and_remove(struct sim *s, struct wait_entry *w, void *key);

/*
 * Walks the queue from the head: all shared waiters and at most nr_exclusive exclusive ones
 * (0: no limit).  Returns how many were woken.
 */
int wake_up_key(struct sim *s, struct wait_queue *q, int nr_exclusive, void *key);
static inline int wake_up(struct sim *s, struct wait_queue *q)
{
	return wake_up_key(s, q, 1, NULL);
}
static inline int wake_up_all(struct sim *s, struct wait_queue *q)
{
	return wake_up_key(s, q, 0, NULL);
}

/*
 * Waits until woken, or until timeout_ticks have passed (FOREVER: no limit; ticks and their
 * rounding as in timer.h).  Returns the ticks that were left, 0 on timeout, 1 at least when woken.
 */
uint64_t task_wait(struct task *t, struct wait_queue *q, uint64_t timeout_ticks);
#endif
