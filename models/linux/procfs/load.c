/*
 * load.c - load averages, pressure, and the files that show how busy the machine was
 */
#include <inttypes.h>

#include "models/hw/machine.h"
#include "models/linux/procfs/load.h"
#include "models/linux/procfs/procfs.h"
#include "models/linux/task.h"

#define FSHIFT    11
#define FIXED_1   ((uint64_t)1 << FSHIFT)
#define USER_HZ   100
#define FIRST_MSI 24 /* interrupts of a PC before those that devices send as messages */

#define LOAD_FREQ_TICKS (5 * HZ + 1)
#define PSI_FREQ_TICKS  (2 * HZ + 1)

/* What is left of an average after one period: exp(-5 s / 1, 5, 15 min), exp(-2 s / 10, 60, 300 s).
 */
static const uint64_t load_decay[3] = { 1884, 2014, 2037 };
static const uint64_t psi_decay[NR_PSI_WINDOWS] = { 1677, 1981, 2034 };

static uint64_t calc_load(uint64_t load, uint64_t decay, uint64_t active)
{
	uint64_t next = load * decay + active * (FIXED_1 - decay);

	if (active >= load)
		next += FIXED_1 - 1;
	return next / FIXED_1;
}

/* ---- tasks ---- */

static bool is_running(const struct task *t)
{
	return t->state == TASK_RUNNABLE || t->state == TASK_RUNNING;
}

/* Waits for something that it cannot do without; sleeps and barriers of programs are none. */
static bool is_blocked(const struct task *t)
{
	return t->state == TASK_BLOCKED && !(t->flags & TASK_KERNEL) && t->waits_for != NULL;
}

typedef bool task_is_fn(const struct task *t);

static int count_tasks(const struct sim *s, task_is_fn *is)
{
	int n = 0;

	LIST_FOR_EACH (pos, &s->tasks) {
		const struct task *t = LIST_ENTRY(pos, struct task, link);

		n += !task_in_irq(t) && is(t);
	}
	return n;
}

static bool is_alive(const struct task *t)
{
	return t->state != TASK_DEAD;
}

/* ---- load averages ---- */

static sim_time load_period(const struct sim *s)
{
	return LOAD_FREQ_TICKS * s->ticks.tick_ns;
}

static void sample_load(struct sim *s, struct event *e)
{
	struct load_state *load = linux_vm(s)->load;
	uint64_t active =
	    FIXED_1 * (uint64_t)(count_tasks(s, is_running) + count_tasks(s, is_blocked));

	for (int i = 0; i < 3; i++)
		load->avenrun[i] = calc_load(load->avenrun[i], load_decay[i], active);
	event_schedule(s, e, s->now + load_period(s), EVENT_TIMER, sample_load);
}

/* "1.25": rounded to two digits. */
static void show_fixed(struct str *out, uint64_t fixed)
{
	str_addf(out, "%" PRIu64 ".%02" PRIu64, fixed >> FSHIFT,
		 (uint64_t)(((fixed & (FIXED_1 - 1)) * 100) >> FSHIFT));
}

void loadavg_show(struct sim *s, struct str *out)
{
	for (int i = 0; i < 3; i++) {
		show_fixed(out, linux_vm(s)->load->avenrun[i] + FIXED_1 / 200);
		str_addc(out, ' ');
	}
	str_addf(out, "%d/%d %d\n", count_tasks(s, is_running), count_tasks(s, is_alive),
		 s->next_pid - 1);
}

/* ---- pressure ---- */

static bool stalls(enum stall_cause cause, enum psi_res res)
{
	switch (cause) {
	case STALL_RECLAIM:
	case STALL_COMPACT:
	case STALL_RECLAIM_THROTTLE:
		return res == PSI_MEM;
	case STALL_REFAULT:
	case STALL_SWAPIN:
		return res == PSI_MEM || res == PSI_IO;
	case STALL_DIRTY_THROTTLE:
	case STALL_READ:
	case STALL_PAGE:
	case STALL_WBT:
	case STALL_TAG:
	case STALL_IO:
	case STALL_MEMPOOL:
		return res == PSI_IO;
	case STALL_WRITEBACK:
	case STALL_LOCK:
	case STALL_OTHER:
	case STALL_RUN_DELAY:
	case NR_STALL_CAUSES:
		break;
	}
	return false;
}

static void add_time(struct linux_vm *vm, sim_time until)
{
	struct load_state *load = vm->load;

	load->nr[PSI_CPU] = vm->sim->nr_contended;
	for (int res = 0; res < NR_PSI_RESOURCES && until > load->psi_at; res++) {
		if (load->nr[res])
			load->psi[res][PSI_SOME].total_ns += until - load->psi_at;
		if (res != PSI_CPU && load->nr[res] && load->nr[res] >= vm->sim->nr_live)
			load->psi[res][PSI_FULL].total_ns += until - load->psi_at;
	}
	if (until > load->psi_at)
		load->psi_at = until;
}

static void end_period(struct psi_total *p, sim_time period)
{
	uint64_t stalled = p->total_ns - p->avg_total;
	uint64_t percent = min_u64(stalled, period) * 100 * FIXED_1 / period;

	p->avg_total = p->total_ns;
	for (int w = 0; w < NR_PSI_WINDOWS; w++)
		p->avg[w] = calc_load(p->avg[w], psi_decay[w], percent);
}

void psi_update(struct linux_vm *vm, sim_time now)
{
	struct load_state *load = vm->load;
	sim_time period = PSI_FREQ_TICKS * vm->sim->ticks.tick_ns;

	for (; load->psi_next <= now; load->psi_next += period) {
		add_time(vm, load->psi_next);
		for (int res = 0; res < NR_PSI_RESOURCES; res++)
			for (int state = 0; state < NR_PSI_STATES; state++)
				end_period(&load->psi[res][state], period);
	}
	add_time(vm, now);
}

void psi_task_change(struct linux_vm *vm, sim_time now, enum stall_cause from, enum stall_cause to)
{
	if (!vm->load || from == to)
		return;
	psi_update(vm, now);
	for (int res = 0; res < NR_PSI_RESOURCES; res++)
		vm->load->nr[res] +=
		    stalls(to, (enum psi_res)res) - stalls(from, (enum psi_res)res);
}

/* ---- the clock of the averages ---- */

static void psi_wake_clock(struct task *t)
{
	struct sim *s = t->sim;

	s->task_runs = NULL;
	timer_mod(s, &linux_vm(s)->load->avgs_work, jiffies(s) + PSI_FREQ_TICKS);
}

static bool is_active(const struct sim *s)
{
	for (int i = 0; i < s->nr_cpus; i++)
		if (s->cpus[i].running || s->cpus[i].nr_queued || s->cpus[i].nr_iowait)
			return true;
	return false;
}

/* The clock stops where this work is all there is to do, and goes on with the next task. */
static void psi_avgs_work(struct sim *s, struct timer *timer)
{
	struct linux_vm *vm = linux_vm(s);
	uint64_t left;

	psi_update(vm, s->now);
	left = (vm->load->psi_next - s->now) / s->ticks.tick_ns;
	if (is_active(s))
		timer_mod(s, timer, jiffies(s) + left + 1);
	else
		s->task_runs = psi_wake_clock;
	tick_idle_again(timer->cpu);
}

void psi_set_clock(struct linux_vm *vm, uint64_t jiffy)
{
	while ((int64_t)(jiffy - jiffies(vm->sim)) <= 0)
		jiffy += PSI_FREQ_TICKS;
	vm->load->psi_next = jiffy_begins(vm->sim, jiffy);
}

void psi_clock_goes_on(struct linux_vm *vm)
{
	struct sim *s = vm->sim;

	psi_update(vm, s->now);
	s->task_runs = NULL;
	timer_mod_from(s, &vm->load->avgs_work, jiffy_at(s, vm->load->psi_next) + 1,
		       PSI_FREQ_TICKS);
}

/* A CPU begins or ends to have tasks that wait for their turn. */
static void cpu_pressure(struct sim *s, sim_time now)
{
	psi_update(linux_vm(s), now);
}

static void show_pressure(struct sim *s, const struct psi_total *psi, struct str *out)
{
	static const char *const states[NR_PSI_STATES] = { "some", "full" };
	static const int windows[NR_PSI_WINDOWS] = { 10, 60, 300 };

	psi_update(linux_vm(s), s->now);
	for (int state = 0; state < NR_PSI_STATES; state++) {
		str_add(out, states[state]);
		for (int w = 0; w < NR_PSI_WINDOWS; w++) {
			str_addf(out, " avg%d=", windows[w]);
			show_fixed(out, psi[state].avg[w]);
		}
		str_addf(out, " total=%" PRIu64 "\n", psi[state].total_ns / NS_PER_US);
	}
}

void pressure_cpu_show(struct sim *s, struct str *out)
{
	show_pressure(s, linux_vm(s)->load->psi[PSI_CPU], out);
}

void pressure_io_show(struct sim *s, struct str *out)
{
	show_pressure(s, linux_vm(s)->load->psi[PSI_IO], out);
}

void pressure_memory_show(struct sim *s, struct str *out)
{
	show_pressure(s, linux_vm(s)->load->psi[PSI_MEM], out);
}

void load_init(struct linux_vm *vm)
{
	struct sim *s = vm->sim;

	vm->load = sim_calloc(1, sizeof(*vm->load));
	vm->load->psi_next = s->now + PSI_FREQ_TICKS * s->ticks.tick_ns;
	vm->load->psi_at = s->now;
	timer_init(&vm->load->avgs_work, psi_avgs_work);
	s->task_runs = psi_wake_clock;
	s->cpu_pressure = cpu_pressure;
	event_schedule(s, &vm->load->sample, s->now + load_period(s), EVENT_TIMER, sample_load);
}

void load_free(struct linux_vm *vm)
{
	if (!vm->load)
		return;
	event_cancel(vm->sim, &vm->load->sample);
	timer_del(vm->sim, &vm->load->avgs_work);
	vm->sim->task_runs = NULL;
	vm->sim->cpu_pressure = NULL;
	sim_free(vm->load);
	vm->load = NULL;
}

/* ---- uptime and stat ---- */

struct cpu_times {
	sim_time user, nice, system, idle, iowait, irq;
};

/* Of a CPU that is offline: what it did before, without its idle time. */
static void add_times(struct cpu_times *sum, const struct cpu *cpu)
{
	sim_time iowait, idle = cpu_idle_ns(cpu, &iowait);

	sum->user += cpu->user_ns - cpu->nice_ns;
	sum->nice += cpu->nice_ns;
	sum->irq += cpu->irq_ns;
	sum->system += cpu->busy_ns - cpu->user_ns - cpu->irq_ns;
	if (!cpu->online)
		return;
	sum->idle += idle - iowait;
	sum->iowait += iowait;
}

static void show_seconds(struct str *out, sim_time ns)
{
	str_addf(out, "%" PRIu64 ".%02" PRIu64, ns / NS_PER_SEC,
		 ns % NS_PER_SEC / (NS_PER_SEC / 100));
}

void uptime_show(struct sim *s, struct str *out)
{
	struct cpu_times all = { 0 };

	for (int i = 0; i < s->nr_cpus; i++)
		add_times(&all, &s->cpus[i]);
	show_seconds(out, s->now);
	str_addc(out, ' ');
	show_seconds(out, all.idle);
	str_addc(out, '\n');
}

/* user nice system idle iowait irq softirq steal guest guest_nice */
static void show_times(struct str *out, const struct cpu_times *t)
{
	const sim_time tick = NS_PER_SEC / USER_HZ;

	str_addf(out,
		 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		 " 0 0 0 0\n",
		 t->user / tick, t->nice / tick, t->system / tick, t->idle / tick, t->iowait / tick,
		 t->irq / tick);
}

static uint64_t disk_interrupts(struct sim *s, int i)
{
	const struct disk_stat *d = disk_metrics.stat(s, i);

	return (uint64_t)(d->reads + d->writes + d->flushes);
}

/* The sum of all, then by number: disks have those of messages. */
static void show_interrupts(struct sim *s, struct str *out)
{
	const struct machine *m = s->machine;
	uint64_t sum = 0;

	for (int i = 0; i < s->nr_cpus; i++)
		sum += s->cpus[i].nr_irqs + s->cpus[i].busy_ns / s->ticks.tick_ns;
	str_addf(out, "intr %" PRIu64, sum);
	for (int i = 0; i < FIRST_MSI; i++)
		str_add(out, " 0");
	for (int i = 0; i < m->nr_disks; i++)
		str_addf(out, " %" PRIu64, disk_interrupts(s, i));
	str_addc(out, '\n');
}

/* HI TIMER NET_TX NET_RX BLOCK IRQ_POLL TASKLET SCHED HRTIMER RCU, after their sum. */
static void show_soft_interrupts(struct sim *s, struct str *out)
{
	const struct machine *m = s->machine;
	uint64_t timer = s->ticks.nr_runs, block = 0;

	for (int i = 0; i < m->nr_disks; i++)
		block += disk_interrupts(s, i);
	str_addf(out, "softirq %" PRIu64 " 0 %" PRIu64 " 0 0 %" PRIu64 " 0 0 0 0 0\n",
		 timer + block, timer, block);
}

void stat_show(struct sim *s, struct str *out)
{
	struct cpu_times all = { 0 };
	uint64_t switches = 0;
	int nr_iowait = 0;

	for (int i = 0; i < s->nr_cpus; i++) {
		switches += cpu_switches(&s->cpus[i]);
		nr_iowait += s->cpus[i].nr_iowait;
		add_times(&all, &s->cpus[i]);
	}
	str_add(out, "cpu ");
	show_times(out, &all);
	for (int i = 0; i < s->nr_cpus; i++) {
		struct cpu_times one = { 0 };

		if (!s->cpus[i].online)
			continue;
		add_times(&one, &s->cpus[i]);
		str_addf(out, "cpu%d", i);
		show_times(out, &one);
	}
	show_interrupts(s, out);
	str_addf(out,
		 "ctxt %" PRIu64 "\nbtime 0\nprocesses %d\nprocs_running %d\nprocs_blocked %d\n",
		 switches, s->next_pid - 1, count_tasks(s, is_running), nr_iowait);
	show_soft_interrupts(s, out);
}
