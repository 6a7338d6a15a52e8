/*
 * latency.c - how long calls take: one histogram per task and call
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/histogram.h"
#include "sim/record/recorder.h"

#define CACHE_SIZE 64 /* a power of two */

struct histogram {
	char *task;      /* owned */
	char *op;        /* owned */
	uint64_t *count; /* owned; HISTOGRAM_BUCKETS */
};

/* Where the histogram of a task and call was found last: names that stand at one place are one. */
struct latency_hint {
	const char *task, *op;
	struct histogram *h;
};

struct latency_table {
	struct histogram **h; /* owned; in the order of their first call */
	size_t n, cap;
	struct latency_hint hint[CACHE_SIZE];
};

struct latency_table *latency_new(void)
{
	return sim_calloc(1, sizeof(struct latency_table));
}

static struct histogram *find(struct latency_table *t, const char *task, const char *op)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->h[i]->task, task) == 0 && strcmp(t->h[i]->op, op) == 0)
			return t->h[i];

	struct histogram *h = sim_calloc(1, sizeof(*h));
	void *grown = t->h;

	h->task = sim_strdup(task);
	h->op = sim_strdup(op);
	h->count = sim_calloc(HISTOGRAM_BUCKETS, sizeof(*h->count));
	sim_grow(&grown, &t->cap, t->n + 1, sizeof(*t->h));
	t->h = grown;
	t->h[t->n++] = h;
	return h;
}

void latency_add(struct latency_table *t, const char *task, const char *op, sim_time ns)
{
	/* Addresses choose the place of the hint only: what is found does not depend on them. */
	size_t place = (((uintptr_t)task >> 4) ^ ((uintptr_t)op >> 3) * 5) % CACHE_SIZE;
	struct latency_hint *hint = &t->hint[place];

	if (hint->task != task || hint->op != op)
		*hint = (struct latency_hint){ task, op, find(t, task, op) };
	hint->h->count[histogram_bucket(ns)]++;
}

static int by_name(const void *a, const void *b)
{
	const struct histogram *x = *(struct histogram *const *)a;
	const struct histogram *y = *(struct histogram *const *)b;
	int order = strcmp(x->task, y->task);

	return order ? order : strcmp(x->op, y->op);
}

void latency_write(struct recorder *r, struct latency_table *t)
{
	if (t->n)
		qsort(t->h, t->n, sizeof(*t->h), by_name); /* no two are alike */
	for (size_t i = 0; i < t->n; i++) {
		for (size_t b = 0; b < HISTOGRAM_BUCKETS; b++) {
			if (!t->h[i]->count[b])
				continue;
			recorder_row(r, TABLE_LATENCY);
			row_put_text(&r->rows, t->h[i]->task);
			row_put_text(&r->rows, t->h[i]->op);
			row_put_i64(&r->rows, (int64_t)histogram_begins(b));
			row_put_i64(&r->rows, (int64_t)t->h[i]->count[b]);
			recorder_row_end(r);
		}
	}
}

void latency_free(struct latency_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		sim_free(t->h[i]->task);
		sim_free(t->h[i]->op);
		sim_free(t->h[i]->count);
		sim_free(t->h[i]);
	}
	sim_free(t->h);
	sim_free(t);
}
