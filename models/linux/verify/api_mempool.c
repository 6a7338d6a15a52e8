/*
 * api_mempool.c - calls of mempool, with a backend that fails on command
 *
 *	mempool_alloc 0 3 KERNEL = 2 0 2 43912    element, curr_nr, min_nr, microseconds
 *	b 97 alloc 92880 0                        at 97 us the backend was asked, and failed
 *	g 44002 task 1 free 2                     another task gave element 2 back
 *
 * Elements are numbers, in the order in which the backend makes them.  Times are compared by the
 * tick, and only in cases that say at which tick they begin.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/pools/mempool.h"
#include "models/linux/task.h"
#include "models/linux/verify/api_case.h"
#include "models/linux/verify/api_machine.h"

#define MAX_SLOTS 65536
#define MAX_POOLS 1024
#define TICK_US   (1000000 / HZ)
#define MAX_MS    (1 << 20) /* that a task sleeps */
/* the longest sleep, and some of the seconds after which mempool_alloc looks again */
#define PATIENCE ((sim_time)(MAX_MS + 20000) * NS_PER_MS)

struct mempool_run {
	struct api_case *a;
	struct api_machine machine;
	struct mempool *pool[MAX_POOLS];
	void **slot;      /* owned; MAX_SLOTS: elements */
	int64_t succeeds; /* calls of the backend; below 0: all */
	int64_t made;
	int tasks, running; /* started so far; of these not ended */
	sim_time begin;
	uint64_t first_tick; /* at begin; 0: the case does not say, and its times mean nothing */
	const struct api_line *line;
	struct str answer, during,
	    rest;                     /* of the line; meanwhile; behind the last: nobody reads it */
	struct str *out, *events;     /* borrowed: where these are written to */
	struct other_task *others;    /* owned; all that were started */
	struct event watch;           /* for calls that never return */
	uint64_t ended, ended_before; /* calls and tasks; when it looked last */
};

static uint64_t number(struct mempool_run *run, int i, uint64_t limit)
{
	return api_number_below(run->a, run->line, i, limit);
}

static void say_event(struct mempool_run *run, const struct task *t, char kind)
{
	str_addf(run->events, "%c ", kind);
	if (run->first_tick)
		str_addf(run->events, "%" PRIu64 " ", (task_now(t) - run->begin) / NS_PER_US);
	else
		str_add(run->events, "- ");
}

/* ---- the backend ---- */

static void *backend_alloc(struct task *t, gfp_t gfp, void *pool_data)
{
	struct mempool_run *run = pool_data;
	int64_t element = 0;

	if (run->succeeds != 0)
		element = ++run->made;
	if (run->succeeds > 0)
		run->succeeds--;
	say_event(run, t, 'b');
	str_addf(run->events, "alloc %x %" PRId64 "\n", gfp, element);
	return (void *)(intptr_t)element;
}

static void backend_free(struct task *t, void *element, void *pool_data)
{
	struct mempool_run *run = pool_data;

	say_event(run, t, 'b');
	str_addf(run->events, "free - %" PRIdPTR "\n", (intptr_t)element);
}

/* ---- the calls ---- */

static struct mempool *existing_pool(struct mempool_run *run)
{
	struct mempool *pool = run->pool[number(run, 1, MAX_POOLS)];

	if (!pool)
		api_error(run->a, run->line, "no such pool");
	return pool;
}

static void say_fill(struct mempool_run *run, const struct mempool *pool)
{
	str_addf(run->out, " %d %d", pool->curr_nr, pool->min_nr);
}

static void do_backend(struct mempool_run *run, struct task *t)
{
	(void)t;
	run->succeeds = api_number(run->a, run->line, 1);
	str_add(run->out, "-");
}

static void do_mempool_create(struct mempool_run *run, struct task *t)
{
	uint64_t i = number(run, 1, MAX_POOLS);

	run->pool[i] =
	    mempool_create(t, (int)number(run, 2, 65537), backend_alloc, backend_free, run);
	if (!run->pool[i]) {
		str_add(run->out, "NULL - -");
		return;
	}
	str_add(run->out, "ok");
	say_fill(run, run->pool[i]);
}

static void do_mempool_alloc(struct mempool_run *run, struct task *t)
{
	struct mempool *pool = existing_pool(run);
	uint64_t slot = number(run, 2, MAX_SLOTS);
	gfp_t gfp = api_gfp(run->a, run->line, 3);

	if (!pool)
		return;
	run->slot[slot] = mempool_alloc(t, pool, gfp);
	str_addf(run->out, "%" PRIdPTR, (intptr_t)run->slot[slot]);
	say_fill(run, pool);
}

static void do_mempool_free(struct mempool_run *run, struct task *t)
{
	struct mempool *pool = existing_pool(run);
	uint64_t slot = number(run, 2, MAX_SLOTS);

	if (!pool)
		return;
	mempool_free(t, run->slot[slot], pool);
	run->slot[slot] = NULL;
	str_add(run->out, "-");
	say_fill(run, pool);
}

static void do_mempool_resize(struct mempool_run *run, struct task *t)
{
	struct mempool *pool = existing_pool(run);
	uint64_t n = number(run, 2, 65537);

	if (!pool || !n)
		return;
	str_addf(run->out, "%d", mempool_resize(t, pool, (int)n));
	say_fill(run, pool);
}

static void do_mempool_destroy(struct mempool_run *run, struct task *t)
{
	mempool_destroy(t, existing_pool(run));
	run->pool[number(run, 1, MAX_POOLS)] = NULL;
	str_add(run->out, "- - -");
}

static void sleep_ms(struct mempool_run *run, struct task *t, uint64_t ms)
{
	(void)run;
	task_sleep_ticks(t, div_round_up(ms * HZ, 1000));
}

static void do_sleep_ms(struct mempool_run *run, struct task *t)
{
	sleep_ms(run, t, number(run, 1, MAX_MS));
	str_add(run->out, "-");
}

static void do_join(struct mempool_run *run, struct task *t)
{
	while (run->running)
		task_sleep_ticks(t, 1); /* looks again and again, as the recorded script did */
	str_add(run->out, "0");
}

/* ---- other tasks ---- */

struct other_task {
	struct other_task *next;
	struct mempool_run *run;
	struct mempool *pool;
	uint64_t slot, ms;
	gfp_t gfp;
	bool allocates;
	int id;
};

static void other_task_main(struct task *t, void *arg)
{
	struct other_task *h = arg;
	struct mempool_run *run = h->run;
	void *element;

	linux_personality.task_start(t);
	sleep_ms(run, t, h->ms);
	if (h->allocates) {
		sim_time begin = task_now(t);

		element = mempool_alloc(t, h->pool, h->gfp);
		run->slot[h->slot] = element;
		say_event(run, t, 'g');
		str_addf(run->events, "task %d alloc %" PRIdPTR " waited_us %" PRIu64 " curr %d\n",
			 h->id, (intptr_t)element, (task_now(t) - begin) / NS_PER_US,
			 h->pool->curr_nr);
	} else {
		element = run->slot[h->slot];
		say_event(run, t, 'g');
		str_addf(run->events, "task %d free %" PRIdPTR "\n", h->id, (intptr_t)element);
		mempool_free(t, element, h->pool);
		run->slot[h->slot] = NULL;
	}
	run->running--;
	run->ended++;
	linux_personality.task_exit(t);
}

static void start_task(struct mempool_run *run, struct task *t, bool allocates)
{
	struct mempool *pool = existing_pool(run);
	struct other_task *h;

	if (!pool)
		return;
	h = sim_calloc(1, sizeof(*h));
	*h = (struct other_task){ .next = run->others,
				  .run = run,
				  .pool = pool,
				  .slot = number(run, 2, MAX_SLOTS),
				  .ms = number(run, 3, MAX_MS),
				  .gfp = allocates ? api_gfp(run->a, run->line, 4) : 0,
				  .allocates = allocates,
				  .id = ++run->tasks };
	run->others = h;
	run->running++;
	task_spawn(t->sim, t->cpu, "task", 0, other_task_main, h);
	str_addf(run->out, "%d", h->id);
}

static void do_task_alloc(struct mempool_run *run, struct task *t)
{
	start_task(run, t, true);
}

static void do_task_free(struct mempool_run *run, struct task *t)
{
	start_task(run, t, false);
}

enum call_flag {
	TIMED = 1, /* the answer ends with the time it took */
};

static const struct mempool_call {
	struct api_call call;
	unsigned flags; /* enum call_flag */
	void (*run)(struct mempool_run *run, struct task *t);
} calls[] = {
	{ { "backend", 1 }, 0, do_backend },
	{ { "mempool_create", 2 }, TIMED, do_mempool_create },
	{ { "mempool_alloc", 3 }, TIMED, do_mempool_alloc },
	{ { "mempool_free", 2 }, TIMED, do_mempool_free },
	{ { "mempool_resize", 2 }, TIMED, do_mempool_resize },
	{ { "mempool_destroy", 1 }, TIMED, do_mempool_destroy },
	{ { "task_alloc", 4 }, 0, do_task_alloc },
	{ { "task_free", 3 }, 0, do_task_free },
	{ { "sleep_ms", 1 }, 0, do_sleep_ms },
	{ { "join", 1 }, 0, do_join },
};

static void run_call(struct mempool_run *run, struct task *t, struct api_line *l)
{
	int c = api_find_call(run->a, l, &calls[0].call, ARRAY_LEN(calls), sizeof(calls[0]));
	sim_time begin = task_now(t);

	run->line = l;
	run->out = &run->answer;
	run->events = &run->during;
	if (c >= 0)
		calls[c].run(run, t);
	if (c >= 0 && (calls[c].flags & TIMED))
		str_addf(&run->answer, " %" PRIu64, (task_now(t) - begin) / NS_PER_US);
	l->answer = sim_strdup(str_get(&run->answer));
	l->events = sim_strdup(str_get(&run->during));
	str_free(&run->answer);
	str_free(&run->during);
	run->ended++;
}

/* An element that nobody gives back is waited for without end. */
static void watch(struct sim *s, struct event *e)
{
	struct mempool_run *run = CONTAINER_OF(e, struct mempool_run, watch);

	if (run->ended == run->ended_before) {
		api_error(run->a, run->line,
			  "it, or a task, waits for an element that nobody "
			  "gives back; accepted: calls that all return");
		s->stop = true;
		return;
	}
	run->ended_before = run->ended;
	event_schedule(s, e, s->now + PATIENCE, EVENT_WORK, watch);
}

static void run_script(struct task *t, void *arg)
{
	struct mempool_run *run = arg;
	struct api_case *a = run->a;

	event_schedule(t->sim, &run->watch, t->sim->now + PATIENCE, EVENT_WORK, watch);
	t->flags |= TASK_REALTIME; /* what a call asks of others is done behind it */
	/* the script begins at a tick */
	task_sleep_ticks(t, 1);
	run->begin = task_now(t) - task_now(t) % t->sim->ticks.tick_ns;
	if (run->first_tick)
		t->sim->ticks.first = run->first_tick - run->begin / t->sim->ticks.tick_ns;
	for (size_t i = 0; i < a->n && !diag_failed(a->c->diag); i++)
		if (a->lines[i].is_call)
			run_call(run, t, &a->lines[i]);
	/* tasks that nobody joined have their calls behind the last one */
	run->events = &run->rest;
	while (run->running && !diag_failed(a->c->diag))
		task_sleep_ticks(t, 1);
	t->sim->stop = true; /* after an error the others may never end */
}

static void free_run(struct mempool_run *run)
{
	struct other_task *h;

	while ((h = run->others)) {
		run->others = h->next;
		sim_free(h);
	}
	str_free(&run->answer);
	str_free(&run->during);
	str_free(&run->rest);
	sim_free(run->slot);
	sim_free(run);
}

/* "# time 0 is tick 4294893480": 0 if the case does not say. */
static uint64_t first_tick(const struct api_case *a)
{
	static const char head[] = "# time 0 is tick ";

	for (size_t i = 0; i < a->n; i++)
		if (strncmp(a->lines[i].text, head, sizeof(head) - 1) == 0)
			return strtoull(a->lines[i].text + sizeof(head) - 1, NULL, 10);
	return 0;
}

static bool mempool_run(struct api_case *a)
{
	struct mempool_run *run = sim_calloc(1, sizeof(*run));

	run->a = a;
	run->first_tick = first_tick(a);
	run->succeeds = -1;
	run->slot = sim_calloc(MAX_SLOTS, sizeof(*run->slot));
	if (api_machine_start(a->c, &run->machine, 0)) {
		api_machine_run(&run->machine, run_script, run);
		for (int i = 0; i < MAX_POOLS; i++) {
			if (!run->pool[i])
				continue;
			sim_free(run->pool[i]->elements);
			sim_free(run->pool[i]);
		}
	}
	api_machine_stop(&run->machine);
	free_run(run);
	return !diag_failed(a->c->diag);
}

/* ---- comparing ---- */

enum { Q_ANSWERS, Q_EVENTS, Q_TIMES };

static const char *const quantities[] = { "answers", "events", "times", NULL };

/* Takes the time out of a line: number word of it; the rest is left.  0: none. */
static uint64_t cut_time(char *text, int word)
{
	char *p = text;

	while (word-- && p)
		p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL;
	if (!p)
		return 0;

	char *end = strchr(p, ' ') ? strchr(p, ' ') : p + strlen(p);
	uint64_t v = strtoull(p, NULL, 10);

	memmove(p, end, strlen(end) + 1);
	return v;
}

static bool same_tick(uint64_t a, uint64_t b)
{
	return a / TICK_US == b / TICK_US;
}

/* A wait is a difference of two times, which begin anywhere in a tick. */
static bool same_wait(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) < TICK_US;
}

static void compare_events(const struct api_line *l, struct verify_quantity *q)
{
	char *ours = sim_strdup(l->events), *save = NULL;
	char *at = strtok_r(ours, "\n", &save);

	for (int i = 0; at || i < l->nr_events; i++) {
		char *x = sim_strdup(at ? at : "nothing");
		char *y = sim_strdup(i < l->nr_events ? l[1 + i].text : "nothing");
		uint64_t tx = cut_time(x, 1), ty = cut_time(y, 1), wx = 0, wy = 0;

		if (strstr(x, "waited_us") && strstr(y, "waited_us")) {
			wx = cut_time(x, 7);
			wy = cut_time(y, 7);
		}
		verify_count(&q[Q_EVENTS], strcmp(x, y) == 0, "line %d %s: %s, recorded %s",
			     l->number, l->text, x, y);
		if (tx)
			verify_count(&q[Q_TIMES], same_tick(tx, ty) && same_wait(wx, wy),
				     "line %d %s: %s at %" PRIu64 ", recorded at %" PRIu64,
				     l->number, l->text, x, tx, ty);
		sim_free(x);
		sim_free(y);
		at = at ? strtok_r(NULL, "\n", &save) : NULL;
	}
	sim_free(ours);
}

static void mempool_compare(const struct api_line *l, struct verify_quantity *q)
{
	char *ours = sim_strdup(l->answer), *theirs = sim_strdup(l->recorded);

	if (strncmp(l->text, "mempool_", 8) == 0) {
		uint64_t x = cut_time(ours, 3), y = cut_time(theirs, 3);

		verify_count(&q[Q_TIMES], same_wait(x, y),
			     "line %d %s: %" PRIu64 " us, recorded %" PRIu64, l->number, l->text, x,
			     y);
	}
	verify_count(&q[Q_ANSWERS], strcmp(ours, theirs) == 0, "line %d %s: %s, recorded %s",
		     l->number, l->text, ours, theirs);
	sim_free(ours);
	sim_free(theirs);
	compare_events(l, q);
}

const struct api_group api_mempool = {
	.name = "mempool",
	.run = mempool_run,
	.compare = mempool_compare,
	.quantities = quantities,
};
