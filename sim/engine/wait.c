/*
 * wait.c - queues of tasks that wait for something
 */
#include "sim/base/bug.h"
#include "sim/engine/sim.h"
#include "sim/engine/task.h"
#include "sim/engine/wait.h"

void wait_queue_init(struct wait_queue *q)
{
	list_init(&q->head);
}

int wake_and_remove(struct sim *s, struct wait_entry *w, void *key)
{
	(void)s;
	(void)key;
	list_del(&w->link);
	task_wake(w->task);
	return 1;
}

void wait_entry_init(struct wait_entry *w, struct task *t)
{
	*w = (struct wait_entry){ .task = t, .fn = wake_and_remove };
	list_init(&w->link);
}

void wait_prepare(struct wait_queue *q, struct wait_entry *w, enum wait_kind kind)
{
	w->kind = kind;
	if (!list_linked(&w->link)) {
		if (kind == WAIT_EXCLUSIVE)
			list_add_tail(&w->link, &q->head);
		else
			list_add(&w->link, &q->head);
	}
	if (w->task)
		task_will_block(w->task);
}

void wait_finish(struct wait_entry *w)
{
	if (list_linked(&w->link))
		list_del(&w->link);
}

int wake_up_key(struct sim *s, struct wait_queue *q, int nr_exclusive, void *key)
{
	int woken = 0;

	LIST_FOR_EACH_SAFE (pos, next, &q->head) {
		struct wait_entry *w = LIST_ENTRY(pos, struct wait_entry, link);
		enum wait_kind kind = w->kind;
		int r = w->fn(s, w, key);

		if (r < 0)
			break;
		if (r > 0) {
			woken++;
			if (kind == WAIT_EXCLUSIVE && nr_exclusive && --nr_exclusive == 0)
				break;
		}
	}
	return woken;
}

uint64_t task_wait(struct task *t, struct wait_queue *q, uint64_t timeout_ticks)
{
	struct wait_entry w;

	wait_entry_init(&w, t);
	wait_prepare(q, &w, WAIT_SHARED);

	uint64_t left = task_block_timeout(t, timeout_ticks);
	bool woken = !list_linked(&w.link);

	wait_finish(&w);
	return woken ? max_u64(left, 1) : left;
}
