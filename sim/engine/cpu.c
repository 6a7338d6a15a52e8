/*
 * cpu.c - who runs where
 *
 * The queue of a CPU is a small heap: real-time tasks by order of waking, the
 * others by the time they have used.
 */
#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/engine/sim.h"
#include "sim/engine/sched.h"
#include "sim/base/str.h"
#include "sim/engine/task_switch.h"

#define LATENCY_NS       (6 * NS_PER_MS) /* all runnable tasks have had a turn after this time */
#define WAKE_PREEMPT_NS  (1 * NS_PER_MS) /* a woken task preempts one so far ahead of it */
#define SLEEPER_BONUS_NS (3 * NS_PER_MS) /* a woken task is placed so far back at most */

static bool runs_before(const struct task *a, const struct task *b)
{
	bool a_rt = a->flags & TASK_REALTIME, b_rt = b->flags & TASK_REALTIME;

	if (a_rt != b_rt)
		return a_rt;
	if (!a_rt && a->vruntime != b->vruntime)
		return a->vruntime < b->vruntime;
	return a->queue_seq < b->queue_seq;
}

static bool is_realtime(const struct task *t)
{
	return t && (t->flags & TASK_REALTIME);
}

/* Moves a task up from a place of the heap, to where it belongs. */
static void queue_up(struct cpu *cpu, size_t i, struct task *t)
{
	while (i > 0 && runs_before(t, cpu->queue[(i - 1) / 2])) {
		cpu->queue[i] = cpu->queue[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	cpu->queue[i] = t;
}

static void queue_push(struct cpu *cpu, struct task *t)
{
	if (cpu->nr_queued == cpu->cap_queue)
		sim_grow((void **)&cpu->queue, &cpu->cap_queue, cpu->nr_queued + 1,
			 sizeof(struct task *));

	size_t i = cpu->nr_queued++;

	if (!is_realtime(t))
		cpu->queue_weight += t->weight;
	queue_up(cpu, i, t);
}

/* Takes out the task at a place of the heap. */
static struct task *queue_take(struct cpu *cpu, size_t i)
{
	struct task *taken = cpu->queue[i];
	struct task *last = cpu->queue[--cpu->nr_queued];

	if (!is_realtime(taken))
		cpu->queue_weight -= taken->weight;
	if (taken == last)
		return taken;
	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= cpu->nr_queued)
			break;
		if (c + 1 < cpu->nr_queued && runs_before(cpu->queue[c + 1], cpu->queue[c]))
			c++;
		if (!runs_before(cpu->queue[c], last))
			break;
		cpu->queue[i] = cpu->queue[c];
		i = c;
	}
	queue_up(cpu, i, last);
	return taken;
}

void cpu_reweight(struct task *t, unsigned weight)
{
	if (t->state == TASK_RUNNABLE && !is_realtime(t))
		t->cpu->queue_weight += weight - (uint64_t)t->weight;
	t->weight = weight;
	t->rest = 0;
}

/* The time of a task with nice 0 as that of one with this weight. */
static sim_time calc_delta_fair(sim_time ns, unsigned weight)
{
	return weight == NICE_0_WEIGHT ? ns : ns * NICE_0_WEIGHT / weight;
}

static sim_time tick_before(const struct sim *s, sim_time now)
{
	return now < s->ticks.phase_ns ? 0 : now - (now - s->ticks.phase_ns) % s->ticks.tick_ns;
}

/*
 * Linux reads its clock when a task wakes that is to have the CPU, and at ticks, but not once more
 * when the other one leaves it: the time in between counts for the one that comes.
 */
void cpu_before_leave(struct cpu *cpu, struct task *t)
{
	sim_time now, read;

	if (!cpu->need_resched || !cpu->sim->clock_of_wake || is_realtime(t))
		return;
	now = task_now(t) + cpu->stolen;
	read = max_u64(cpu->asked_at, tick_before(cpu->sim, now));
	if (now <= read)
		return;
	cpu->asked_ns = now - read;
	t->vruntime -= min_u64(t->vruntime, calc_delta_fair(cpu->asked_ns, t->weight));
}

/*
 * Nor is it read when the CPU leaves idling: from the wake on, with what the interrupt still did
 * and the way out of idling, the time counts for who comes.
 */
static void before_first(struct cpu *cpu)
{
	sim_time now = cpu->sim->now, read = max_u64(cpu->asked_at, tick_before(cpu->sim, now));

	if (cpu->woke_idle && cpu->sim->clock_of_wake && now > read)
		cpu->asked_ns = now - read;
	cpu->woke_idle = false;
}

void cpu_irqs_on(struct cpu *cpu, sim_time off_at)
{
	if (cpu->need_resched && cpu->asked_at > off_at)
		cpu->asked_at = sim_now(cpu->sim);
}

static unsigned weight_of(const struct task *t)
{
	return t && !is_realtime(t) ? t->weight : 0;
}

/* How long the turn of a task is where n want to run that weigh so much in all, itself included. */
static sim_time sched_slice(unsigned weight, size_t n, uint64_t total)
{
	sim_time period = max_u64(LATENCY_NS, n * CPU_MIN_TURN_NS);

	return max_u64(period * weight / total, CPU_MIN_TURN_NS);
}

/* Who has used least time of those that wait, real-time tasks aside. */
static const struct task *first_fair(const struct cpu *cpu)
{
	const struct task *first = NULL;

	if (cpu->nr_queued && !is_realtime(cpu->queue[0]))
		return cpu->queue[0];
	for (size_t i = 0; i < cpu->nr_queued; i++) {
		const struct task *t = cpu->queue[i];

		if (!is_realtime(t) && (!first || runs_before(t, first)))
			first = t;
	}
	return first;
}

/*
 * It goes on with the tasks that share the CPU by weight.  While a real-time task runs nobody uses
 * that share: the kernel looks when such a task takes the CPU, and not again before it leaves.
 */
void cpu_update_min_vruntime(struct cpu *cpu)
{
	const struct task *first = first_fair(cpu);
	sim_time v = cpu->running ? cpu->running->vruntime : first ? first->vruntime : 0;

	if (is_realtime(cpu->running))
		return;
	if (cpu->running && first)
		v = min_u64(v, first->vruntime);
	cpu->min_vruntime = max_u64(cpu->min_vruntime, v);
}

/* ---- what it does with its time ---- */

/* What of the time that was charged is still to pass. */
static sim_time ahead_of_clock(const struct cpu *cpu)
{
	const struct task *t = cpu->running;
	sim_time now = cpu->sim->now, ahead;

	if (!t)
		return cpu->free_at > now ? cpu->free_at - now : 0;
	ahead = t->ahead + cpu->stolen;
	return event_scheduled(&t->event) ? ahead + (t->event.at - now) : ahead;
}

static sim_time busy_by_now(const struct cpu *cpu)
{
	sim_time ahead = ahead_of_clock(cpu);

	return cpu->busy_ns > ahead ? cpu->busy_ns - ahead : 0;
}

/* Of the time since a task began to wait for I/O what was left idle. */
static sim_time idle_since_iowait(const struct cpu *cpu)
{
	sim_time passed = cpu->sim->now - min_u64(cpu->iowait_at, cpu->sim->now);
	sim_time busy = busy_by_now(cpu);

	busy -= min_u64(cpu->iowait_busy, busy);
	return passed > busy ? passed - busy : 0;
}

void cpu_iowait_begin(struct cpu *cpu)
{
	if (cpu->nr_iowait++)
		return;
	cpu->iowait_at = cpu->sim->now;
	cpu->iowait_busy = busy_by_now(cpu);
}

static void end_iowait(struct cpu *cpu)
{
	if (!--cpu->nr_iowait)
		cpu->iowait_ns += idle_since_iowait(cpu);
}

sim_time cpu_idle_ns(const struct cpu *cpu, sim_time *iowait)
{
	sim_time busy = busy_by_now(cpu), now = cpu->sim->now;
	sim_time idle = now > busy ? now - busy : 0;

	*iowait = cpu->iowait_ns + (cpu->nr_iowait ? idle_since_iowait(cpu) : 0);
	*iowait = min_u64(*iowait, idle);
	return idle;
}

uint64_t cpu_switches(const struct cpu *cpu)
{
	return cpu->nr_switches + (cpu->last && !cpu->running && cpu->sim->now > cpu->left_at);
}

/* The sum over all CPUs changes between none and one: told before it does. */
static void set_contended(struct cpu *cpu, bool contended)
{
	struct sim *s = cpu->sim;

	if (cpu->contended == contended)
		return;
	if (s->cpu_pressure)
		s->cpu_pressure(s, sim_now(s));
	s->nr_contended += contended ? 1 : -1;
	cpu->contended = contended;
}

/* ---- turns ---- */

/* The loop goes to it as soon as the event has returned: the last thing an event does. */
static void enter_task(struct sim *s, struct task *t)
{
	SIM_ASSERT(!s->current);
	s->current = t;
}

void task_resume_event(struct sim *s, struct event *e)
{
	struct task *t = CONTAINER_OF(e, struct task, event);
	struct cpu *cpu = t->cpu;

	if (cpu->stolen) {
		sim_time stolen = cpu->stolen;

		cpu->stolen = 0;
		event_schedule(s, &t->event, s->now + stolen, EVENT_TASK, task_resume_event);
		return;
	}
	enter_task(s, t);
}

/* It is time of the task that comes, but not of its turn. */
static void charge_switch(struct cpu *cpu, struct task *t, sim_time ns)
{
	t->ahead += ns;
	t->slice_from -= ns;
	task_charge(t, ns);
	cpu->busy_ns += ns;
}

/* Gives the CPU to a task that is in no queue any more. */
static void run_task(struct cpu *cpu, struct task *t)
{
	struct sim *s = cpu->sim;

	tick_idle_exit(cpu);
	tick_work_begin(cpu);
	if (s->task_runs)
		s->task_runs(t);
	t->state = TASK_RUNNING;
	t->slice_from = t->cpu_ns;
	if (is_realtime(t)) /* for the one that it takes the CPU from */
		cpu_update_min_vruntime(cpu);
	cpu->running = t;
	cpu->need_resched = false;
	if (cpu->asked_ns && !is_realtime(t))
		task_charge_weighted(t, cpu->asked_ns);
	cpu->asked_ns = 0;
	cpu_update_min_vruntime(cpu);
	bool idled = cpu->last && s->now > cpu->left_at;

	cpu->nr_switches += idled ? 2 : cpu->last != t;
	charge_switch(cpu, t,
		      cpu->last != t ? s->context_switch_ns : (sim_time)idled * s->idle_switch_ns);
	if (idled && cpu->last == t) { /* no task's time */
		t->ahead += s->idle_exit_ns;
		cpu->busy_ns += s->idle_exit_ns;
	}
	cpu->last = t;
	enter_task(s, t);
}

/*
 * Where in the heap the task lies that is next: the first, or who asked for the CPU when it woke
 * (the kernel's next buddy), unless it is too far ahead of the first.
 */
static size_t next_place(struct cpu *cpu)
{
	const struct task *first = cpu->queue[0], *buddy = cpu->next_buddy;
	size_t i = 0;

	if (buddy && !is_realtime(first) &&
	    buddy->vruntime <= first->vruntime + calc_delta_fair(WAKE_PREEMPT_NS, first->weight))
		while (i < cpu->nr_queued && cpu->queue[i] != buddy)
			i++;
	if (i == cpu->nr_queued)
		i = 0;
	if (cpu->queue[i] == buddy)
		cpu->next_buddy = NULL;
	return i;
}

static void dispatch(struct sim *s, struct event *e)
{
	struct cpu *cpu = CONTAINER_OF(e, struct cpu, dispatch);

	if (cpu->running || cpu->nr_queued == 0)
		return;
	if (cpu->stolen) {
		cpu->free_at = max_u64(cpu->free_at, s->now) + cpu->stolen;
		cpu->stolen = 0;
	}
	if (cpu->free_at > s->now) {
		event_schedule(s, &cpu->dispatch, cpu->free_at, EVENT_TASK, dispatch);
		return;
	}
	struct task *first = queue_take(cpu, next_place(cpu));

	set_contended(cpu, cpu->nr_queued > 0);
	before_first(cpu);
	run_task(cpu, first);
}

void cpu_kick(struct cpu *cpu)
{
	struct sim *s = cpu->sim;

	if (cpu->running || cpu->nr_queued == 0)
		return;

	sim_time at = max_u64(sim_now(s), cpu->free_at);

	if (event_scheduled(&cpu->dispatch)) {
		if (cpu->dispatch.at <= at)
			return;
		event_cancel(s, &cpu->dispatch);
	}
	event_schedule(s, &cpu->dispatch, at, EVENT_TASK, dispatch);
}

/* When a task was woken that is to have the CPU: after what the interrupt has taken so far. */
static void note_wake(struct cpu *cpu)
{
	if (cpu->need_resched) {
		cpu->asked_at = sim_now(cpu->sim) + cpu->stolen;
	} else if (!cpu->running && cpu->sim->now >= cpu->left_at) {
		cpu->asked_at = max_u64(sim_now(cpu->sim), cpu->free_at);
		cpu->woke_idle = true;
	}
}

/* A task that slept is not placed far behind the others. */
static void place_woken(const struct cpu *cpu, struct task *t)
{
	if (cpu->min_vruntime > SLEEPER_BONUS_NS)
		t->vruntime = max_u64(t->vruntime, cpu->min_vruntime - SLEEPER_BONUS_NS);
}

void cpu_end_of_sleep(struct task *t)
{
	struct cpu *cpu = t->cpu;

	if (t->state != TASK_BLOCKED || cpu->running || cpu->nr_queued ||
	    cpu->free_at > cpu->sim->now) {
		task_wake(t);
		return;
	}
	place_woken(cpu, t);
	task_end_block(t);
	if (t->in_iowait)
		end_iowait(cpu);
	run_task(cpu, t);
}

/* Asked once, when it wakes: later only a tick takes the CPU from the task that has it. */
static bool wakeup_preempts(const struct task *cur, const struct task *woken)
{
	if (woken->flags & TASK_REALTIME)
		return !(cur->flags & TASK_REALTIME);
	return !(cur->flags & TASK_REALTIME) &&
	       cur->vruntime > woken->vruntime + calc_delta_fair(WAKE_PREEMPT_NS, woken->weight);
}

bool cpu_comes_back(const struct task *t)
{
	const struct cpu *cpu = t->cpu;

	return cpu->nr_queued && wakeup_preempts(cpu->queue[0], t);
}

void cpu_place_new(struct cpu *cpu, struct task *t)
{
	size_t n = cpu->nr_queued + (cpu->running != NULL) + 1;
	uint64_t total = cpu->queue_weight + weight_of(cpu->running) + t->weight;
	sim_time slice = sched_slice(t->weight, n, total);

	cpu_update_min_vruntime(cpu);
	t->vruntime = cpu->min_vruntime + calc_delta_fair(slice, t->weight);
}

void cpu_place_sleeper(struct task *t)
{
	struct cpu *cpu = t->cpu;
	size_t i = 0;

	while (i < cpu->nr_queued && cpu->queue[i] != t)
		i++;
	SIM_ASSERT(i < cpu->nr_queued);
	queue_take(cpu, i);
	t->vruntime = 0;
	place_woken(cpu, t);
	queue_push(cpu, t);
}

void cpu_enqueue(struct cpu *cpu, struct task *t)
{
	bool woken = t->state == TASK_BLOCKED;
	bool asked = woken && cpu_need_resched(cpu); /* before: it is about those in the queue */

	if (woken) {
		task_end_block(t);
		if (t->in_iowait)
			end_iowait(cpu);
		cpu_update_min_vruntime(cpu);
		place_woken(cpu, t);
	}
	t->state = TASK_RUNNABLE;
	t->queue_seq = cpu->wake_seq++;
	if (cpu->nr_queued == 0)
		cpu->queued_since = sim_now(cpu->sim);
	queue_push(cpu, t);
	if (cpu->running || cpu->free_at > cpu->sim->now)
		set_contended(cpu, true);
	if (woken && cpu->running && !asked && wakeup_preempts(cpu->running, t)) {
		cpu->need_resched = true;
		cpu->next_buddy = t;
	}
	if (woken)
		note_wake(cpu);
	cpu_kick(cpu);
}

/* What the latest tick found: the turn of the task that runs was over by then. */
static bool tick_preempts(const struct cpu *cpu)
{
	const struct sim *s = cpu->sim;
	const struct task *cur = cpu->running, *next = cpu->queue[0];
	sim_time now = task_now(cur), tick = tick_before(s, now);
	sim_time since = now - tick, ran = cur->cpu_ns - cur->slice_from;
	sim_time turn =
	    sched_slice(cur->weight, cpu->nr_queued + 1, cpu->queue_weight + cur->weight);
	sim_time by_weight = calc_delta_fair(since, cur->weight);

	if (now < s->ticks.phase_ns || tick < cpu->queued_since || ran < since + CPU_MIN_TURN_NS)
		return false;
	return ran - since > turn || cur->vruntime > next->vruntime + turn + by_weight;
}

bool cpu_need_resched(const struct cpu *cpu)
{
	if (cpu->nr_queued == 0 || !cpu->running)
		return false;
	if (cpu->need_resched)
		return true;
	if ((cpu->running->flags | cpu->queue[0]->flags) & TASK_REALTIME)
		return false;
	return tick_preempts(cpu);
}

/*
 * Time of interrupts counts for the task that they interrupt, as CPU time in the order of the queue
 * and of its turn (Debian's kernel has no CONFIG_IRQ_TIME_ACCOUNTING), though it did not use it.
 */
static void charge_turn(struct task *t, sim_time ns)
{
	if (is_realtime(t))
		return;
	task_charge_weighted(t, ns);
	t->slice_from -= ns;
}

void cpu_steal(struct cpu *cpu, sim_time cost)
{
	/* an idle CPU works the time off at once; a running task is held up in its turn */
	if (cpu->running) {
		cpu->stolen += cost;
		charge_turn(cpu->running, cost);
	} else {
		cpu->free_at = max_u64(cpu->free_at, cpu->sim->now) + cost;
	}
	cpu->irq_ns += cost;
	cpu->busy_ns += cost;
}

void cpu_interrupt(struct cpu *cpu, sim_time cost)
{
	cpu->nr_irqs++;
	cpu_steal(cpu, cost);
}

void cpus_init(struct sim *s, int n, const int *node)
{
	s->cpus = sim_calloc((size_t)n, sizeof(*s->cpus));
	s->nr_cpus = n;
	for (int i = 0; i < n; i++) {
		struct cpu *cpu = &s->cpus[i];

		*cpu = (struct cpu){ .sim = s, .id = i, .node = node[i], .online = true };
		tick_init(cpu);
		cpu->irq = sim_calloc(1, sizeof(*cpu->irq));
		*cpu->irq = (struct task){
			.sim = s,
			.cpu = cpu,
			.name = str_format("irq/%d", i),
			.flags = TASK_IRQ | TASK_KERNEL | TASK_DAEMON,
			.weight = NICE_0_WEIGHT,
			.state = TASK_RUNNING,
		};
	}
}

void cpus_free(struct sim *s)
{
	for (int i = 0; i < s->nr_cpus; i++) {
		sim_free(s->cpus[i].queue);
		sim_free(s->cpus[i].irq->name);
		sim_free(s->cpus[i].irq);
	}
	sim_free(s->cpus);
	s->cpus = NULL;
	s->nr_cpus = 0;
}
