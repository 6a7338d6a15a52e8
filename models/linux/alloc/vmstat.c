/*
 * vmstat.c - the fold of the CPUs' counters
 *
 *      vmstat_work of a CPU   each second, while there was something to fold
 *      shepherd               each second, for CPUs whose work has lapsed
 *      quiet_vmstat           at the end of a CPU's ticks, while its work is pending
 *
 * A CPU whose work has lapsed is left alone until the shepherd comes, even if it stops its
 * tick: it has had nothing to fold for a second.
 */
#include "models/linux/alloc/vmstat.h"

#include <string.h>

#include "models/linux/alloc/node_stat.h"
#include "models/linux/alloc/pcp.h"

struct cpu_vmstat {
	struct cpu *cpu;
	struct timer work;      /* deferrable */
	sim_time worked;        /* cpu->busy_ns when it folded last */
	struct node_stat *node; /* owned; the exact counters of each node then */
};

struct vmstat_state {
	struct timer shepherd;  /* deferrable */
	struct cpu_vmstat *cpu; /* owned */
};

/* ---- what is to be folded ---- */

/* Counters only: what is worked out at samples is none. */
static bool node_changed(const struct node_stat *a, const struct node_stat *b)
{
	bool changed = false;

#define ZONE_METRIC(name, kind, unit, meaning)
#define VM_METRIC(name, kind, unit, meaning)
#define BDI_METRIC(name, kind, unit, meaning)
#define FILE_METRIC(name, kind, unit, meaning)
#define NODE_METRIC(name, kind, unit, meaning)                                                     \
	changed |= !strstr(meaning, "(sampled)") && a->name != b->name;
#include "models/linux/metric.def"
#undef ZONE_METRIC
#undef NODE_METRIC
#undef VM_METRIC
#undef BDI_METRIC
#undef FILE_METRIC
	return changed;
}

/* Of the counters that have no parts: may this CPU have changed one since it folded last? */
static bool nodes_changed(const struct linux_vm *vm, const struct cpu_vmstat *v)
{
	if (v->cpu->busy_ns == v->worked)
		return false;
	FOR_EACH_NODE (vm, node) {
		struct node_stat now = node_stat_without_parts(node);

		if (node_changed(&now, &v->node[node->node_id]))
			return true;
	}
	return false;
}

/* Whether a CPU keeps a part of a counter of a zone. */
static bool zone_needs_update(const struct per_cpu_pages *pcp)
{
	bool lists = false;

	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++)
		lists |= pcp->lru_diff[lru] != 0;
	return lists || pcp->free_diff || pcp->other_diff;
}

bool need_update(struct linux_vm *vm, const struct cpu *cpu)
{
	FOR_EACH_ZONE (vm, zone)
		if (populated_zone(zone) && zone_needs_update(&zone->pcp[cpu->id]))
			return true;
	return node_stat_need_update(vm, cpu) || nodes_changed(vm, &vm->vmstat->cpu[cpu->id]);
}

static void note_nodes(struct linux_vm *vm, struct cpu_vmstat *v)
{
	v->worked = v->cpu->busy_ns;
	FOR_EACH_NODE (vm, node)
		v->node[node->node_id] = node_stat_without_parts(node);
}

/* True if there was something. */
static bool fold(struct linux_vm *vm, struct cpu_vmstat *v, bool do_pagesets)
{
	bool changed = nodes_changed(vm, v);

	note_nodes(vm, v);
	return refresh_cpu_vm_stats(vm, v->cpu, do_pagesets) || changed;
}

/* ---- when ---- */

static uint64_t next_second(const struct linux_vm *vm, const struct cpu *cpu)
{
	const struct sim *s = vm->sim;

	return round_jiffies(s, jiffies(s) + (uint64_t)vm->sysctl.stat_interval * HZ, cpu->id);
}

bool vmstat_work_pending(const struct linux_vm *vm, const struct cpu *cpu)
{
	return timer_pending(&vm->vmstat->cpu[cpu->id].work);
}

static void vmstat_update(struct sim *s, struct timer *timer)
{
	struct cpu_vmstat *v = CONTAINER_OF(timer, struct cpu_vmstat, work);
	struct linux_vm *vm = linux_vm(s);

	if (fold(vm, v, true))
		timer_mod(s, timer, next_second(vm, v->cpu));
	tick_idle_again(v->cpu);
}

static void quiet_vmstat(struct cpu *cpu)
{
	struct linux_vm *vm = linux_vm(cpu->sim);

	if (vmstat_work_pending(vm, cpu) && need_update(vm, cpu))
		fold(vm, &vm->vmstat->cpu[cpu->id], false);
}

static void vmstat_shepherd(struct sim *s, struct timer *timer)
{
	struct linux_vm *vm = linux_vm(s);

	for (int i = 0; i < s->nr_cpus; i++) {
		struct cpu *cpu = &s->cpus[i];

		if (cpu->online && !vmstat_work_pending(vm, cpu) && need_update(vm, cpu))
			vmstat_update(s, &vm->vmstat->cpu[i].work);
	}
	timer_mod(s, timer, next_second(vm, timer->cpu));
	tick_idle_again(timer->cpu);
}

/* ---- from boot to halt ---- */

/* The shepherd's timer goes to another CPU, as all timers of a CPU that is gone. */
static void move_shepherd(struct linux_vm *vm, int cpu)
{
	struct timer *shepherd = &vm->vmstat->shepherd;
	int i = 0;

	while (i == cpu || !vm->sim->cpus[i].online)
		i++;
	timer_del(vm->sim, shepherd);
	shepherd->cpu = &vm->sim->cpus[i];
	timer_mod(vm->sim, shepherd, shepherd->expires);
}

void vmstat_cpu_down_prep(struct linux_vm *vm, int cpu)
{
	if (!vm->vmstat)
		return;
	timer_del(vm->sim, &vm->vmstat->cpu[cpu].work);
	if (vm->vmstat->shepherd.cpu->id == cpu)
		move_shepherd(vm, cpu);
}

void start_shepherd_timer(struct linux_vm *vm)
{
	timer_mod(vm->sim, &vm->vmstat->shepherd, next_second(vm, &vm->sim->cpus[0]));
}

void vmstat_work_goes_on(struct linux_vm *vm, const struct cpu *cpu)
{
	struct timer *work = &vm->vmstat->cpu[cpu->id].work;
	uint64_t now = jiffies(vm->sim), second = now - now % HZ;

	timer_mod_from(vm->sim, work, second, HZ);
	if (work->expires < now) /* that one is over */
		timer_mod_from(vm->sim, work, second + HZ, HZ);
}

void vmstat_init(struct linux_vm *vm)
{
	struct sim *s = vm->sim;
	struct vmstat_state *state = sim_calloc(1, sizeof(*state));

	vm->vmstat = state;
	state->cpu = sim_calloc((size_t)s->nr_cpus, sizeof(*state->cpu));
	for (int i = 0; i < s->nr_cpus; i++) {
		state->cpu[i].cpu = &s->cpus[i];
		state->cpu[i].node = sim_calloc((size_t)vm->nr_nodes, sizeof(struct node_stat));
		note_nodes(vm, &state->cpu[i]);
		timer_init_deferrable(&state->cpu[i].work, vmstat_update, &s->cpus[i]);
	}
	timer_init_deferrable(&state->shepherd, vmstat_shepherd, &s->cpus[0]);
	s->tick_stop = quiet_vmstat;
	start_shepherd_timer(vm);
}

void vmstat_free(struct linux_vm *vm)
{
	struct vmstat_state *state = vm->vmstat;

	if (!state)
		return;
	timer_del(vm->sim, &state->shepherd);
	for (int i = 0; i < vm->sim->nr_cpus; i++) {
		timer_del(vm->sim, &state->cpu[i].work);
		sim_free(state->cpu[i].node);
	}
	sim_free(state->cpu);
	sim_free(state);
	vm->vmstat = NULL;
}
