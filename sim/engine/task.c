/*
 * task.c - threads of control
 */
#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/engine/sim.h"
#include "sim/engine/sched.h"
#include "sim/engine/task_switch.h"

/* Leaves the CPU; what the task is ahead still keeps it busy. */
static void release_cpu(struct task *t)
{
	struct cpu *cpu = t->cpu;

	SIM_ASSERT(cpu->running == t);
	cpu_update_min_vruntime(cpu);
	cpu->free_at = max_u64(cpu->free_at, t->sim->now + t->ahead + cpu->stolen);
	cpu->stolen = 0;
	cpu->running = NULL;
	cpu->left_at = cpu->free_at;
	t->left_at = t->sim->now + t->ahead;
	if (t->in_iowait)
		cpu_iowait_begin(cpu);
	cpu_kick(cpu);
	if (cpu->nr_queued == 0)
		tick_idle_enter(cpu);
	t->ahead = 0;
}

static void task_main(void *arg)
{
	struct task *t = arg;
	struct sim *s = t->sim;

	t->fn(t, t->arg);
	if (s->before_block)
		s->before_block(t);
	t->state = TASK_DEAD;
	if (!(t->flags & TASK_DAEMON))
		s->nr_live--;
	timer_del(s, &t->timeout);
	release_cpu(t);
	s->ended = t;
	task_context_exit(s->switcher, t->context);
}

static void wake_by_timer(struct sim *s, struct timer *timer)
{
	struct task *t = CONTAINER_OF(timer, struct task, timeout);

	(void)s;
	t->timed_out = true;
	task_wake(t);
}

/* By the level of nice, from MIN_NICE on: five levels are a third. */
static const unsigned sched_prio_to_weight[MAX_NICE - MIN_NICE + 1] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
	1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
	110,   87,    70,    56,    45,    36,    29,    23,    18,    15,
};

void task_set_nice(struct task *t, int nice)
{
	SIM_ASSERT(nice >= MIN_NICE && nice <= MAX_NICE);
	t->nice = nice;
	cpu_reweight(t, sched_prio_to_weight[nice - MIN_NICE]);
}

void task_charge_weighted(struct task *t, sim_time ns)
{
	sim_time parts = ns * NICE_0_WEIGHT + t->rest;

	t->vruntime += parts / t->weight;
	t->rest = (unsigned)(parts % t->weight);
}

struct task *task_spawn(struct sim *s, struct cpu *cpu, const char *name, unsigned flags,
			task_fn *fn, void *arg)
{
	struct task *t = sim_calloc(1, sizeof(*t));

	t->sim = s;
	t->cpu = cpu;
	t->name = sim_strdup(name);
	t->pid = s->next_pid++;
	t->flags = flags;
	t->weight = NICE_0_WEIGHT;
	t->fn = fn;
	t->arg = arg;
	t->began_at = t->left_at = s->now;
	cpu_place_new(cpu, t);
	timer_init(&t->timeout, wake_by_timer);
	t->context = task_context_new(s->switcher, task_main, t);
	list_add_tail(&t->link, &s->tasks);
	if (!(flags & TASK_DAEMON))
		s->nr_live++;
	cpu_enqueue(cpu, t);
	return t;
}

void task_free_all(struct sim *s)
{
	LIST_FOR_EACH_SAFE (pos, next, &s->tasks) {
		struct task *t = LIST_ENTRY(pos, struct task, link);

		list_del(&t->link);
		event_cancel(s, &t->event);
		timer_del(s, &t->timeout);
		if (t->context)
			task_context_free(s->switcher, t->context);
		sim_free(t->name);
		sim_free(t);
	}
}

void task_pause(struct task *t)
{
	struct sim *s = t->sim;

	SIM_ASSERT(!task_in_irq(t));
	SIM_ASSERT(s->current == t && t->cpu->running == t);

	sim_time at = s->now + t->ahead + t->cpu->stolen;

	t->cpu->stolen = 0;
	t->ahead = 0;
	if (sim_skip_to(s, at))
		return;
	event_schedule(s, &t->event, at, EVENT_TASK, task_resume_event);
	task_context_leave(s->switcher, t->context);
}

void task_sync(struct task *t)
{
	if (!task_in_irq(t) && (t->ahead || t->cpu->stolen))
		task_pause(t);
}

void task_give_way(struct task *t)
{
	struct cpu *cpu = t->cpu;

	if (task_in_irq(t) || !cpu_need_resched(cpu))
		return;
	SIM_ASSERT(t->sim->current == t);
	cpu_before_leave(cpu, t);
	cpu_enqueue(cpu, t);
	release_cpu(t);
	task_context_leave(t->sim->switcher, t->context);
}

void task_run_irqs_off(struct task *t, sim_time cost)
{
	sim_time off_at = task_now(t) + t->cpu->stolen;

	task_run(t, cost);
	task_sync(t);
	cpu_irqs_on(t->cpu, off_at);
}

void task_will_block(struct task *t)
{
	SIM_ASSERT(!task_in_irq(t));
	t->wake_pending = false;
}

/* What is done first may block, too, and not by the program's choice. */
static void before_block(struct task *t)
{
	bool idle = t->idle;

	t->idle = false;
	t->sim->before_block(t);
	t->idle = idle;
}

/* In who calls it: each return on another stack takes its time, see task_switch.c. */
static inline __attribute__((always_inline)) void block(struct task *t)
{
	struct sim *s = t->sim;

	SIM_ASSERT(!task_in_irq(t)); /* an interrupt never sleeps */
	SIM_ASSERT(s->current == t);
	if (s->before_block)
		before_block(t);
	if (t->wake_pending) {
		t->wake_pending = false;
		t->idle = false;
		return;
	}
	cpu_before_leave(t->cpu, t);
	t->state = TASK_BLOCKED;
	t->blocked_at = s->now + t->ahead;
	release_cpu(t);
	task_context_leave(s->switcher, t->context);
	if (s->after_block)
		s->after_block(t);
}

void task_block(struct task *t)
{
	block(t);
}

struct task_times task_times(const struct task *t)
{
	struct task_times times = { t->sim->now, t->sleep_ns, t->idle_ns };

	switch (t->state) {
	case TASK_RUNNING:
		times.now = event_scheduled(&t->event) ? t->event.at : task_now(t);
		break;
	case TASK_BLOCKED:
		times.now = max_u64(times.now, t->left_at);
		*(t->idle ? &times.idle : &times.sleep) += times.now - t->blocked_at;
		break;
	case TASK_RUNNABLE:
		times.now = max_u64(times.now, t->left_at);
		break;
	case TASK_DEAD:
		times.now = t->left_at;
		break;
	}
	return times;
}

sim_time task_lost_ns(const struct task *t)
{
	struct task_times times = task_times(t);

	return times.now - t->began_at - t->cpu_ns - times.idle;
}

uint64_t task_block_timeout(struct task *t, uint64_t ticks)
{
	struct sim *s = t->sim;

	if (ticks == FOREVER) {
		task_block(t);
		return FOREVER;
	}

	uint64_t expires = jiffies(s) + ticks;

	t->timed_out = false;
	timer_mod(s, &t->timeout, expires);
	task_block(t);
	timer_del(s, &t->timeout);

	uint64_t now = jiffies(s);

	return (int64_t)(expires - now) > 0 ? expires - now : 0;
}

void io_schedule(struct task *t)
{
	bool outer = io_schedule_prepare(t);

	task_block(t);
	io_schedule_finish(t, outer);
}

uint64_t io_schedule_timeout(struct task *t, uint64_t ticks)
{
	bool outer = io_schedule_prepare(t);
	uint64_t left = task_block_timeout(t, ticks);

	io_schedule_finish(t, outer);
	return left;
}

bool task_wake(struct task *t)
{
	struct sim *s = t->sim;

	if (t->state != TASK_BLOCKED) {
		t->wake_pending = true;
		return false;
	}
	cpu_enqueue(t->cpu, t);
	/* it has read the clock before */
	if (s->wakeup_ns && s->current && task_in_irq(s->current))
		cpu_steal(s->current->cpu, s->wakeup_ns);
	return true;
}

void task_kill(struct task *t)
{
	t->killed = true;
	if (!t->killable)
		return;
	if (t->state == TASK_BLOCKED)
		event_cancel(t->sim, &t->event); /* the end of its sleep */
	task_wake(t);
}

static void end_of_sleep(struct sim *s, struct event *e)
{
	struct task *t = CONTAINER_OF(e, struct task, event);
	struct cpu *cpu = t->cpu;
	bool interrupts = cpu->running;

	cpu_steal(cpu, interrupts ? s->timer_interrupt_ns : s->timer_idle_ns);
	if (!s->timer_fires || !s->timer_fires(t))
		cpu_end_of_sleep(t);
	if (interrupts)
		cpu_steal(cpu, s->timer_exit_ns);
}

void task_sleep_until(struct task *t, sim_time at)
{
	if (at <= task_now(t) || t->killed)
		return;
	task_will_block(t);
	event_schedule(t->sim, &t->event, at, EVENT_TASK, end_of_sleep);
	t->killable = true;
	block(t);
	t->killable = false;
	if (event_scheduled(&t->event))
		event_cancel(t->sim, &t->event);
}

void task_sleep_ticks(struct task *t, uint64_t ticks)
{
	task_will_block(t);
	task_block_timeout(t, ticks);
}
