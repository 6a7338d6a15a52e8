/*
 * test_oom.c - who is killed when memory is used up
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/oom_kill.h"
#include "models/linux/task.h"
#include "models/linux/trace.h"
#include "tests/unit/fixture.h"

#define SMALL "machine: { nodes: [{ cpus: 1, memory: 256 MiB }] }\n"
#define TWO   "machine: { nodes: [{ cpus: 1, memory: 256 MiB }, { cpus: 1, memory: 256 MiB }] }\n"

#define MAX_PROCESSES 8

/* Processes that never run: only what they have counts. */
struct world {
	struct fixture f;
	struct mm_struct mm[MAX_PROCESSES];
	int n;
};

static void never_runs(struct task *t, void *arg)
{
	(void)t;
	(void)arg;
	fail();
}

static struct task *process(struct world *w, const char *name, int64_t anon_pages)
{
	struct sim *s = w->f.s;
	struct task *t = task_spawn(s, &s->cpus[0], name, 0, never_runs, NULL);

	linux_personality.task_start(t);
	w->mm[w->n] = (struct mm_struct){ .stat = { .rss_anon = anon_pages } };
	task_struct(t)->mm = &w->mm[w->n++];
	return t;
}

static void begin(struct world *w, const char *machine)
{
	memset(w, 0, sizeof(*w));
	fixture_boot(&w->f, machine);
}

static struct task *choose(struct world *w, struct oom_control *oc)
{
	*oc = (struct oom_control){ .totalpages = 100000 };
	select_bad_process(w->f.vm, oc);
	return oc->chosen;
}

static void badness_is_pages_swap_page_tables_and_the_share_by_adj(void **state)
{
	struct world w;
	struct task *t;

	(void)state;
	begin(&w, SMALL);
	t = process(&w, "p", 1000);
	task_struct(t)->mm->stat = (struct mm_stat){ .rss_anon = 1000,
						     .rss_file = 20,
						     .rss_shmem = 3,
						     .swapents = 400,
						     .pgtables_bytes = 5 * 4096 + 4095,
						     .total_vm = 77777 };
	assert_int_equal(oom_badness(t, 123456), 1000 + 20 + 3 + 400 + 5);
	assert_int_equal(set_oom_score_adj(t, -7), 0);
	assert_int_equal(oom_badness(t, 123456), 1428 - 7 * 123);
	assert_int_equal(set_oom_score_adj(t, 1000), 0);
	assert_int_equal(oom_badness(t, 123456), 1428 + 1000 * 123);
	assert_int_equal(set_oom_score_adj(t, 1001), -EINVAL);
	assert_int_equal(set_oom_score_adj(t, -1001), -EINVAL);
	assert_int_equal(task_struct(t)->oom.score_adj, 1000);
	fixture_end(&w.f);
}

static void the_largest_goes_and_of_two_alike_the_later_one(void **state)
{
	struct world w;
	struct oom_control oc;
	struct task *a, *b, *c;

	(void)state;
	begin(&w, SMALL);
	a = process(&w, "a", 500);
	assert_ptr_equal(choose(&w, &oc), a);
	b = process(&w, "b", 900);
	process(&w, "small", 100);
	assert_ptr_equal(choose(&w, &oc), b);
	assert_int_equal(oc.chosen_points, 900);
	c = process(&w, "c", 900);
	process(&w, "smaller", 899);
	assert_ptr_equal(choose(&w, &oc), c);
	fixture_end(&w.f);
}

static void oom_score_adj_moves_the_choice(void **state)
{
	struct world w;
	struct oom_control oc;
	struct task *big, *small;

	(void)state;
	begin(&w, SMALL);
	big = process(&w, "big", 5000);
	small = process(&w, "small", 50);
	assert_int_equal(set_oom_score_adj(small, 49), 0); /* 49 * 100 pages */
	assert_ptr_equal(choose(&w, &oc), big);
	assert_int_equal(set_oom_score_adj(small, 50), 0);
	assert_ptr_equal(choose(&w, &oc), small);
	/* a negative number makes one less likely, not safe */
	assert_int_equal(set_oom_score_adj(small, -1000), 0);
	assert_int_equal(set_oom_score_adj(big, -999), 0);
	assert_ptr_equal(choose(&w, &oc), big);
	assert_true(oc.chosen_points < 0);
	fixture_end(&w.f);
}

static void some_are_never_chosen(void **state)
{
	struct world w;
	struct oom_control oc;
	struct task *safe, *reaped, *gone, *kernel;

	(void)state;
	begin(&w, SMALL);
	safe = process(&w, "safe", 5000);
	assert_int_equal(set_oom_score_adj(safe, OOM_SCORE_ADJ_MIN), 0);
	reaped = process(&w, "reaped", 5000);
	task_struct(reaped)->oom.skip = true;
	gone = process(&w, "gone", 5000);
	task_struct(gone)->flags |= PF_EXITING;
	task_struct(gone)->mm = NULL;
	kernel = process(&w, "kernel", 5000);
	kernel->flags |= TASK_KERNEL;
	assert_int_equal(oom_badness(safe, 100000), INT64_MIN);
	assert_int_equal(oom_badness(reaped, 100000), INT64_MIN);
	assert_int_equal(oom_badness(gone, 100000), INT64_MIN);
	assert_int_equal(oom_badness(kernel, 100000), INT64_MIN);
	assert_null(choose(&w, &oc));
	assert_false(oc.aborted);
	fixture_end(&w.f);
}

static void one_victim_at_a_time_until_it_is_reaped(void **state)
{
	struct world w;
	struct oom_control oc;
	struct task *first, *second;

	(void)state;
	begin(&w, SMALL);
	second = process(&w, "second", 5000);
	first = process(&w, "first", 9000);
	task_struct(first)->flags |= PF_OOM_VICTIM;
	assert_null(choose(&w, &oc));
	assert_true(oc.aborted);
	task_struct(first)->oom.skip = true;
	assert_ptr_equal(choose(&w, &oc), second);
	fixture_end(&w.f);
}

/* --- lack of memory on some nodes --- */

struct constraint_run {
	struct world *w;
	struct task *here, *there;
	struct oom_control oc;
};

static void asks_for_node_1(struct task *t, void *arg)
{
	struct constraint_run *c = arg;

	c->oc = (struct oom_control){ .zonelist = &c->w->f.vm->nodes[1].zonelists[0],
				      .nodemask = 2,
				      .gfp_mask = GFP_KERNEL };
	assert_true(out_of_memory(t, &c->oc));
}

static void a_policy_limits_who_may_be_killed_and_what_all_memory_is(void **state)
{
	struct world w;
	struct constraint_run c = { .w = &w };

	(void)state;
	begin(&w, TWO);
	/* on CPU 1, which does not run here */
	c.here = process(&w, "bound to node 0", 9000);
	c.there = process(&w, "bound to node 1", 50);
	task_struct(c.here)->mempolicy = (struct mempolicy){ .mode = MPOL_BIND, .nodes = 1 };
	task_struct(c.there)->mempolicy = (struct mempolicy){ .mode = MPOL_BIND, .nodes = 2 };
	assert_false(oom_eligible(&(struct oom_control){ .nodemask = 2 }, c.here));
	assert_true(oom_eligible(&(struct oom_control){ .nodemask = 2 }, c.there));
	assert_true(oom_eligible(&(struct oom_control){ .nodemask = 3 }, c.here));
	assert_true(oom_eligible(&(struct oom_control){ .nodemask = 0 }, c.here));
	/* a policy that only prefers does not bind */
	task_struct(c.here)->mempolicy.mode = MPOL_INTERLEAVE;
	assert_true(oom_eligible(&(struct oom_control){ .nodemask = 2 }, c.here));
	fixture_end(&w.f);
}

static void the_task_that_asks_dies_for_its_nodes(void **state)
{
	struct world w;
	struct constraint_run c = { .w = &w };

	(void)state;
	begin(&w, TWO);
	fixture_task(&w.f, asks_for_node_1, &c);
	assert_int_equal(c.oc.constraint, CONSTRAINT_MEMORY_POLICY);
	assert_int_equal(c.oc.totalpages, w.f.vm->nodes[1].node_present_pages);
	assert_int_equal(w.f.vm->stat.oom_kill, 1);
	assert_non_null(strstr(str_get(&w.f.vm->kmsg),
			       "oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=1,cpuset=/,"
			       "mems_allowed=0-1,global_oom,task_memcg=/,task="));
	fixture_end(&w.f);
}

/* --- what is not a reason to kill --- */

static void nofs_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	struct oom_control oc = { .gfp_mask = GFP_NOFS };

	assert_true(out_of_memory(t, &oc));
	assert_int_equal(f->vm->stat.oom_kill, 0);
	/* a task that is dying gets the reserves, nobody else is killed */
	oc.gfp_mask = GFP_KERNEL;
	task_kill(t);
	assert_true(out_of_memory(t, &oc));
	assert_int_equal(f->vm->stat.oom_kill, 0);
	assert_true(tsk_is_oom_victim(t));
}

static void reclaim_without_fs_and_dying_tasks_kill_nobody(void **state)
{
	struct world w;

	(void)state;
	begin(&w, SMALL);
	fixture_task(&w.f, nofs_body, &w.f);
	fixture_end(&w.f);
}

/* --- the reaper --- */

#define PAGES 64

struct reaper_run {
	struct fixture *f;
	sim_time locked;      /* how long the victim keeps the lock of its address space */
	int64_t left, at_2_s; /* anonymous pages */
	bool skip;
	bool unmaps; /* it has begun to end: all is unmapped while it has the lock */
};

/* A victim that does not end: its program goes on as if it waited for a disk. */
static void victim_body(struct task *t, void *arg)
{
	struct reaper_run *r = arg;
	uint64_t addr;

	assert_int_equal(do_mmap(t, NULL, 0, PAGES * PAGE_SIZE, VM_WRITE, 0, &addr), 0);
	for (int i = 0; i < PAGES; i++)
		assert_int_equal(
		    user_access(t, task_struct(t)->mm, addr + (uint64_t)i * PAGE_SIZE, true), 0);
	if (r->locked)
		mmap_write_lock(t, task_struct(t)->mm);
	queue_oom_reaper(t);
	task_sleep(t, 1900 * NS_PER_MS);
	r->at_2_s = task_struct(t)->mm->stat.rss_anon;
	if (r->unmaps) {
		task_sleep(t, 150 * NS_PER_MS);
		task_struct(t)->oom.skip = true;
	}
	if (r->locked) {
		task_sleep(t, r->locked);
		mmap_write_unlock(task_struct(t)->mm);
	}
	task_sleep(t, 3 * NS_PER_SEC);
	r->left = task_struct(t)->mm->stat.rss_anon;
	r->skip = task_struct(t)->oom.skip;
	if (r->left)
		return;
	/* what is gone does not come back as zeroes */
	assert_int_equal(user_access(t, task_struct(t)->mm, addr, false), -EFAULT);
	assert_int_equal(user_access(t, task_struct(t)->mm, addr, true), -EFAULT);
	assert_int_equal(task_struct(t)->mm->stat.rss_anon, 0);
}

static uint64_t times_skipped(const struct world *w)
{
	return w->f.tables.trace.counts[TRACE_ID(skip_task_reaping)];
}

static const char *run_reaper(struct world *w, struct reaper_run *r)
{
	begin(w, SMALL);
	r->f = &w->f;
	trace_enable(&w->f.tables.trace, "skip_task_reaping", TRACE_COUNT);
	fixture_task(&w->f, victim_body, r);
	fixture_check(&w->f);
	return str_get(&w->f.vm->kmsg);
}

static void the_reaper_takes_private_memory_after_two_seconds(void **state)
{
	struct world w;
	struct reaper_run r = { 0 };
	const char *log = run_reaper(&w, &r);

	(void)state;
	assert_int_equal(r.at_2_s, PAGES);
	assert_int_equal(r.left, 0);
	assert_true(r.skip);
	assert_int_equal(times_skipped(&w), 0);
	assert_non_null(strstr(log, "oom_reaper: reaped process "));
	assert_non_null(strstr(log, "now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n"));
	fixture_end(&w.f);
}

/* The reaper is busy with another one; what is queued ends by itself, and its task is freed. */
static void ends_while_queued(struct task *t, void *arg)
{
	struct oom_task *o = &task_struct(t)->oom;
	struct linux_vm *vm = task_vm(t);

	(void)arg;
	queue_oom_reaper(t);
	assert_true(timer_pending(&o->reaper_timer));
	list_add(&o->reap_link, &oom_state(vm)->reap_list);
	exit_oom_victim(t);
	assert_false(timer_pending(&o->reaper_timer));
	assert_true(list_empty(&oom_state(vm)->reap_list));
	assert_true(o->skip);
}

static void who_ends_is_not_on_the_reapers_list(void **state)
{
	(void)state;
	fixture_run("machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }\n", ends_while_queued);
}

static void it_tries_again_while_mappings_are_changed(void **state)
{
	struct world w;
	struct reaper_run r = { .locked = 500 * NS_PER_MS };
	const char *log = run_reaper(&w, &r);

	(void)state;
	assert_int_equal(r.left, 0);
	/* once in 100 ms: of the 500 ms 400 are behind the 2 s */
	assert_in_range(times_skipped(&w), 4, 5);
	assert_non_null(strstr(log, "oom_reaper: reaped process "));
	assert_null(strstr(log, "unable to reap"));
	fixture_end(&w.f);
}

static void after_ten_attempts_it_gives_up_and_others_may_be_chosen(void **state)
{
	struct world w;
	struct reaper_run r = { .locked = 2 * NS_PER_SEC };
	const char *log = run_reaper(&w, &r);

	(void)state;
	assert_int_equal(r.left, PAGES);
	assert_true(r.skip);
	assert_int_equal(times_skipped(&w), 10);
	assert_non_null(strstr(log, "oom_reaper: unable to reap pid:"));
	assert_null(strstr(log, "reaped process"));
	fixture_end(&w.f);
}

/* Only with the lock can it see that there is nothing left to do. */
static void it_waits_for_the_lock_of_a_victim_that_ends(void **state)
{
	struct world w;
	struct reaper_run r = { .unmaps = true, .locked = 350 * NS_PER_MS };
	const char *log = run_reaper(&w, &r);

	(void)state;
	/* at 2 s, and four times more while the lock is held; then nothing is to be reaped */
	assert_in_range(times_skipped(&w), 5, 6);
	assert_null(strstr(log, "reaped process"));
	assert_null(strstr(log, "unable to reap"));
	fixture_end(&w.f);
}

/* --- the slow path --- */

/* Whether a request that cannot be served lets other work of its worker run. */
static void exhausted_body(struct task *t, void *arg)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	struct page *first = NULL;

	(void)arg;
	for (int order = MAX_ORDER - 1; order >= 0; order--)
		for (struct page *p; (p = alloc_pages(t, GFP_NOWAIT | __GFP_NOWARN, order));)
			first = p;
	assert_non_null(first);
	assert_null(alloc_pages(t, gfp, 0));
	assert_int_equal(t->lost_ns[STALL_OTHER], 0);
	task_struct(t)->flags |= PF_WQ_WORKER;
	assert_null(alloc_pages(t, gfp, 0));
	assert_true(t->lost_ns[STALL_OTHER] > 0);
	/* one that reclaims already still does so after an attempt to compact */
	task_struct(t)->flags |= PF_MEMALLOC;
	assert_null(alloc_pages(t, gfp | __GFP_NOMEMALLOC, 1));
	assert_true(task_struct(t)->flags & PF_MEMALLOC);
	task_struct(t)->flags &= ~(unsigned)(PF_MEMALLOC | PF_WQ_WORKER);
}

static void a_worker_sleeps_before_it_tries_again(void **state)
{
	struct world w;

	(void)state;
	begin(&w, SMALL);
	fixture_task(&w.f, exhausted_body, NULL);
	fixture_end(&w.f);
}

/* --- the log --- */

static void failed_request(struct task *t, void *arg)
{
	const gfp_t *gfp = arg;

	warn_alloc(t, *gfp, 0, 1ULL << 1);
}

/* Whether the report of a failure shows a node that the request was not to have memory of. */
static bool shows_node_0(gfp_t gfp)
{
	struct world w;
	bool shown;

	begin(&w, TWO);
	fixture_task(&w.f, failed_request, &gfp);
	assert_non_null(strstr(str_get(&w.f.vm->kmsg), "Node 1 active_anon:"));
	shown = strstr(str_get(&w.f.vm->kmsg), "Node 0 active_anon:") != NULL;
	fixture_end(&w.f);
	return shown;
}

static void the_report_of_a_failure_shows_what_the_request_could_have(void **state)
{
	(void)state;
	assert_false(shows_node_0(GFP_KERNEL));
	assert_true(shows_node_0(GFP_NOWAIT & ~__GFP_NOWARN));
}

static void ratelimit_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	struct ratelimit_state rs = { .interval = 10 * HZ, .burst = 2 };

	assert_true(__ratelimit(f->vm, &rs));
	assert_true(__ratelimit(f->vm, &rs));
	assert_false(__ratelimit(f->vm, &rs));
	task_sleep(t, 9 * NS_PER_SEC);
	assert_false(__ratelimit(f->vm, &rs));
	task_sleep(t, 2 * NS_PER_SEC);
	assert_true(__ratelimit(f->vm, &rs));
}

static void messages_are_limited(void **state)
{
	struct world w;

	(void)state;
	begin(&w, SMALL);
	fixture_task(&w.f, ratelimit_body, &w.f);
	fixture_end(&w.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(badness_is_pages_swap_page_tables_and_the_share_by_adj),
		cmocka_unit_test(the_largest_goes_and_of_two_alike_the_later_one),
		cmocka_unit_test(oom_score_adj_moves_the_choice),
		cmocka_unit_test(some_are_never_chosen),
		cmocka_unit_test(one_victim_at_a_time_until_it_is_reaped),
		cmocka_unit_test(a_policy_limits_who_may_be_killed_and_what_all_memory_is),
		cmocka_unit_test(the_task_that_asks_dies_for_its_nodes),
		cmocka_unit_test(reclaim_without_fs_and_dying_tasks_kill_nobody),
		cmocka_unit_test(the_reaper_takes_private_memory_after_two_seconds),
		cmocka_unit_test(who_ends_is_not_on_the_reapers_list),
		cmocka_unit_test(it_tries_again_while_mappings_are_changed),
		cmocka_unit_test(after_ten_attempts_it_gives_up_and_others_may_be_chosen),
		cmocka_unit_test(it_waits_for_the_lock_of_a_victim_that_ends),
		cmocka_unit_test(a_worker_sleeps_before_it_tries_again),
		cmocka_unit_test(the_report_of_a_failure_shows_what_the_request_could_have),
		cmocka_unit_test(messages_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
