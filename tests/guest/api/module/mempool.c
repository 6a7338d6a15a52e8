/*
 * mempool.c - calls of mempool, with a backend that fails on command
 */
#include <linux/kthread.h>
#include <linux/mempool.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "calls.h"

#define MAX_POOLS 1024

static mempool_t **pools;
static void **slots;      /* elements: numbers from 1 */
static s64 succeeds = -1; /* calls of the backend; below 0: all */
static unsigned long made;
static int tasks, running; /* started so far; of these not ended */

/* --- the backend --- */

static void *backend_alloc(gfp_t gfp, void *data)
{
	unsigned long element = succeeds ? ++made : 0;

	if (succeeds > 0)
		succeeds--;
	say_event("b %llu alloc %x %lu\n", time_us(), gfp, element);
	return (void *)element;
}

static void backend_free(void *element, void *data)
{
	say_event("b %llu free - %lu\n", time_us(), (unsigned long)element);
}

/* --- the calls --- */

static u64 began; /* the call that runs */

static void mempool_before(const struct line *l)
{
	began = time_us();
}

static mempool_t **pool(const struct line *l)
{
	return &pools[number_below(l, 1, MAX_POOLS)];
}

static void **slot(const struct line *l)
{
	return &slots[number_below(l, 2, MAX_SLOTS)];
}

static void say_fill(const struct line *l)
{
	say(" %d %d %llu", (*pool(l))->curr_nr, (*pool(l))->min_nr, time_us() - began);
}

static void do_backend(const struct line *l)
{
	succeeds = number(l, 1);
	say(" -");
}

static void do_mempool_create(const struct line *l)
{
	*pool(l) = mempool_create(number(l, 2), backend_alloc, backend_free, NULL);
	if (*pool(l)) {
		say(" ok");
		say_fill(l);
	} else {
		say(" NULL - - %llu", time_us() - began);
	}
}

static void do_mempool_alloc(const struct line *l)
{
	*slot(l) = mempool_alloc(*pool(l), mask(l, 3));
	say(" %lu", (unsigned long)*slot(l));
	say_fill(l);
}

static void do_mempool_free(const struct line *l)
{
	mempool_free(*slot(l), *pool(l));
	*slot(l) = NULL;
	say(" -");
	say_fill(l);
}

static void do_mempool_resize(const struct line *l)
{
	say(" %d", mempool_resize(*pool(l), number(l, 2)));
	say_fill(l);
}

static void do_mempool_destroy(const struct line *l)
{
	mempool_destroy(*pool(l));
	*pool(l) = NULL;
	say(" - - - %llu", time_us() - began);
}

static void do_sleep_ms(const struct line *l)
{
	schedule_timeout_uninterruptible(msecs_to_jiffies(number(l, 1)));
	say(" -");
}

static void do_join(const struct line *l)
{
	while (READ_ONCE(running))
		schedule_timeout_uninterruptible(1);
	say(" 0");
}

/* --- other tasks --- */

struct other {
	mempool_t *pool;
	void **slot;
	u64 ms;
	gfp_t gfp;
	bool allocates;
	int number;
};

static int other_task(void *data)
{
	struct other *o = data;
	u64 began_here;

	schedule_timeout_uninterruptible(msecs_to_jiffies(o->ms));
	began_here = time_us();
	if (o->allocates) {
		*o->slot = mempool_alloc(o->pool, o->gfp);
		say_event("g %llu task %d alloc %lu waited_us %llu curr %d\n", time_us(), o->number,
			  (unsigned long)*o->slot, time_us() - began_here, o->pool->curr_nr);
	} else {
		say_event("g %llu task %d free %lu\n", began_here, o->number,
			  (unsigned long)*o->slot);
		mempool_free(*o->slot, o->pool);
		*o->slot = NULL;
	}
	kfree(o);
	running--;
	return 0;
}

static void start_task(const struct line *l, bool allocates)
{
	struct other *o = kzalloc(sizeof(*o), GFP_KERNEL);

	*o = (struct other){ *pool(l),  slot(l), number(l, 3), allocates ? mask(l, 4) : 0,
			     allocates, ++tasks };
	running++;
	if (IS_ERR(kthread_run(other_task, o, "task%d", o->number)))
		script_error("no task");
	say(" %d", o->number);
}

static void do_task_alloc(const struct line *l)
{
	start_task(l, true);
}

static void do_task_free(const struct line *l)
{
	start_task(l, false);
}

static const struct call mempool_calls[] = {
	{ "backend", 1, do_backend },
	{ "mempool_create", 2, do_mempool_create },
	{ "mempool_alloc", 3, do_mempool_alloc },
	{ "mempool_free", 2, do_mempool_free },
	{ "mempool_resize", 2, do_mempool_resize },
	{ "mempool_destroy", 1, do_mempool_destroy },
	{ "task_alloc", 4, do_task_alloc },
	{ "task_free", 3, do_task_free },
	{ "sleep_ms", 1, do_sleep_ms },
	{ "join", 1, do_join },
	{},
};

static int mempool_start(void)
{
	pools = vcalloc(MAX_POOLS, sizeof(*pools));
	slots = vcalloc(MAX_SLOTS, sizeof(*slots));
	return pools && slots ? 0 : -ENOMEM;
}

static const char *const columns[] = {
	"backend N = -      from here the backend succeeds N more times (-1: always)",
	"mempool_create pool min_nr = ok|NULL curr_nr min_nr us       us: time the call took",
	"mempool_alloc pool slot gfp = element curr_nr min_nr us      element 0 = NULL",
	"mempool_free pool slot = - curr_nr min_nr us; mempool_resize pool n = result curr_nr "
	"min_nr us",
	"mempool_destroy pool = - - - us; task_alloc|task_free pool slot ms gfp = task: another "
	"task does it after ms",
	"Events: b time_us alloc|free gfp element: the backend is called; gfp hexadecimal, 0 = it "
	"failed;",
	"g time_us task N alloc|free element [waited_us US curr N]",
	NULL,
};

const struct group mempool_group = {
	.name = "mempool",
	.calls = mempool_calls,
	.columns = columns,
	.start = mempool_start,
	.before = mempool_before,
};
