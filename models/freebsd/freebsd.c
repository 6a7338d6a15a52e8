/*
 * freebsd.c - one running FreeBSD: the order in which it boots, and what it offers
 */
#include "models/freebsd/freebsd.h"

#include <string.h>

#include "models/freebsd/arg.h"
#include "models/freebsd/conf.h"
#include "models/freebsd/kern/file_ops.h"
#include "models/freebsd/kern/vfs_bio.h"
#include "models/freebsd/model_list.h"
#include "models/freebsd/personality.h"
#include "models/freebsd/report.h"
#include "models/freebsd/sysctl_text.h"
#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_glue.h"
#include "models/freebsd/vm/vm_map.h"
#include "models/freebsd/vm/vm_pageout.h"
#include "models/freebsd/vm/vm_reserv.h"
#include "models/hw/machine_conf.h"

/* --- tasks --- */

static void freebsd_task_start(struct task *t)
{
	const struct freebsd_task_conf *conf = workload_task_conf(t);
	struct thread *td = t->kernel; /* a child has one */

	if (!td) {
		td = sim_calloc(1, sizeof(*td));
		td->protected = conf && conf->oom_score_adj == -1000;
		vm_thread_new(t, td);
	}
	if (td->vmspace)
		td->vmspace->task = t;
	td->task = t;
	td->canswap = true;
	t->kernel = td;
	list_add(&td->link, &task_freebsd(t)->allproc);
}

/* A child is protected if its parent is (P_PROTECTED). */
static void *freebsd_task_fork(struct task *t, const char *name, int *error)
{
	const struct thread *parent = t->kernel;
	struct thread *child = sim_calloc(1, sizeof(*child));

	(void)name;
	(void)error;
	task_freebsd(t)->cnt.v_forks++;
	child->protected = parent->protected;
	vm_thread_new(t, child);
	child->vmspace = vmspace_fork(t);
	while (vm_page_count_severe(task_freebsd(t)))
		vm_wait(t);
	return child;
}

/* Addresses are those of the child's memory, open files are the same; all else stays the parent's.
 */
static void *freebsd_inherit(void *kernel, const char *kind, void *object)
{
	const struct thread *child = kernel;

	if (strcmp(kind, "file") == 0) {
		((struct freebsd_file *)object)->f_count++;
		return object;
	}
	if (strcmp(kind, "map") != 0 || !child->vmspace)
		return NULL;
	LIST_FOR_EACH (pos, &child->vmspace->ranges) {
		struct vm_range *range = LIST_ENTRY(pos, struct vm_range, link);

		if (range->original == object)
			return range;
	}
	return NULL;
}

static void freebsd_get(const char *kind, void *object)
{
	if (strcmp(kind, "file") == 0)
		((struct freebsd_file *)object)->f_count++;
}

static void freebsd_put(struct task *t, const char *kind, void *object)
{
	(void)t;
	if (strcmp(kind, "file") == 0)
		freebsd_file_close(object);
}

static void freebsd_task_exit(struct task *t)
{
	struct thread *td = t->kernel;

	vmspace_exit(t);
	list_del(&td->link);
	t->kernel = NULL;
	vm_thread_dispose(t, td);
	sim_free(td);
}

/* --- boot and halt --- */

/* What the kernel has taken before the page daemon starts. */
static bool wire_kernel(struct freebsd_vm *vm, struct diag *d)
{
	pages_t pages = div_round_up((uint64_t)vm->conf->kernel_memory, FREEBSD_PAGE_SIZE);
	struct task *boot = vm->sim->cpus[0].irq;

	if (pages >= (pages_t)vm->cnt.v_free_count) {
		diag_error(d, (struct place){ 0 },
			   "freebsd.kernel_memory: the machine has not so much memory");
		return false;
	}
	for (pages_t i = 0; i < pages; i++) {
		const struct vm_page *m = vm_page_alloc(
		    boot, NULL, i, VM_ALLOC_INTERRUPT | VM_ALLOC_NOOBJ | VM_ALLOC_WIRED);

		SIM_ASSERT(m); /* there are so many */
	}
	vm->kernel_wired = pages;
	vm->pageout->pages_needed = false;
	return true;
}

static bool apply_tunables(struct freebsd_vm *vm, struct diag *d)
{
	size_t n;
	const struct scenario_tunable *values = scenario_tunables(vm->sim->scenario, &n);

	for (size_t i = 0; i < n; i++) {
		int error = tunable_write(vm->sim, &values[i].value.ref, values[i].value.v);

		if (error)
			diag_error(d, values[i].at, "vm.%s: the kernel refuses this value: %s",
				   values[i].value.ref.row->name, strerror(-error));
	}
	return !diag_failed(d);
}

static void init_lists(struct freebsd_vm *vm)
{
	for (int q = 0; q < NR_VM_PAGE_QUEUES; q++)
		list_init(&vm->queues[q]);
	list_init(&vm->objects);
	list_init(&vm->mappings_of_tests);
	list_init(&vm->files);
	list_init(&vm->vmspaces);
	list_init(&vm->dead_ranges);
	list_init(&vm->allproc);
	list_init(&vm->kstack_cache);
	wait_queue_init(&vm->page_wait);
	wait_queue_init(&vm->pip_wait);
	wait_queue_init(&vm->proc0_chan);
}

static bool freebsd_boot(struct sim *s, struct diag *d)
{
	struct freebsd_vm *vm = sim_calloc(1, sizeof(*vm));

	vm->sim = s;
	s->kernel = vm;
	s->ticks = (struct clock_ticks){ .tick_ns = NS_PER_SEC / hz };
	vm->conf = scenario_section(s->scenario, "freebsd");
	vm->man_page_semantics = vm->conf->man_page_semantics;
	vm->lenient_bits = vm->conf->lenient_ranges;
	init_lists(vm);
	vm->machine = machine_new(s, scenario_section(s->scenario, "machine"));
	s->machine = vm->machine;
	s->context_switch_ns = (sim_time)vm->machine->cost.context_switch;
	s->timer_interrupt_ns = (sim_time)vm->machine->cost.timer_interrupt;
	s->timer_exit_ns = (sim_time)vm->machine->cost.timer_exit;
	s->timer_idle_ns = (sim_time)vm->machine->cost.timer_idle;
	tunable_defaults(freebsd_metrics_model.tunables[0], &vm->sysctl);
	vm->sysctl.v_free_reserved = vm->sysctl.v_cache_min = 0; /* AUTO until the daemon starts */
	vm->sysctl.v_free_min = 0;
	vm->dnw = sim_calloc((size_t)s->nr_cpus, sizeof(*vm->dnw));
	vm_phys_init(vm);
	vm_reserv_init(vm);
	vm_pageout_init(vm);
	geom_init(vm);
	bufinit(vm);
	if (!vnodes_init(vm, scenario_section(s->scenario, "files"), d))
		return false;
	swap_pager_init(vm);
	if (!wire_kernel(vm, d))
		return false;
	vm_pageout_start(vm);
	swapping_start(vm);
	s->after_block = thread_wait_inmem;
	bufs_start(vm);
	return apply_tunables(vm, d);
}

static void free_objects(struct freebsd_vm *vm)
{
	LIST_FOR_EACH_SAFE (pos, next, &vm->mappings_of_tests)
		sim_free(LIST_ENTRY(pos, struct test_mapping, of_vm));
	while (!list_empty(&vm->objects))
		vm_object_free_index(LIST_FIRST(&vm->objects, struct vm_object, link));
}

static void freebsd_halt(struct sim *s)
{
	struct freebsd_vm *vm = s->kernel;

	if (!vm)
		return;
	LIST_FOR_EACH (pos, &s->tasks) {
		struct task *t = LIST_ENTRY(pos, struct task, link);

		sim_free(t->kernel);
		t->kernel = NULL;
	}
	vmspaces_free(vm);
	vnodes_free(vm);
	free_objects(vm);
	bufdone_all(vm);
	swap_pager_done(vm);
	geom_done(vm);
	vm_pageout_free(vm);
	vm_reserv_done(vm);
	sim_free(vm->dnw);
	sim_free(vm->segs);
	if (vm->vm_page_array)
		sim_unreserve(vm->vm_page_array,
			      (size_t)(vm->max_pfn + 1) * sizeof(struct vm_page));
	if (vm->machine)
		machine_free(vm->machine);
	sim_free(vm);
	s->kernel = NULL;
	s->machine = NULL;
}

/* --- what the workload asks --- */

static void *freebsd_lookup(struct task *t, const char *kind, const char *name)
{
	struct freebsd_vm *vm = task_freebsd(t);
	struct vnode *vp = strcmp(kind, "file") == 0 ? vnode_by_name(vm, name) : NULL;

	return vp ? freebsd_file_open(vm, vp) : NULL;
}

static int64_t freebsd_object_size(struct task *t, const char *kind, void *object)
{
	(void)t;
	if (strcmp(kind, "file") == 0)
		return (int64_t)((struct freebsd_file *)object)->vp->size;
	if (strcmp(kind, "map") == 0)
		return (int64_t)(((struct vm_range *)object)->npages * FREEBSD_PAGE_SIZE);
	return 0;
}

static int freebsd_nr_cpus(const struct scenario *sc, int node)
{
	return machine_conf_cpus_of(scenario_section(sc, "machine"), node);
}

/* Pages given out and taken back, I/O done, processes killed.  What fails for ever is no progress.
 */
static uint64_t freebsd_progress(struct sim *s)
{
	const struct vmmeter *cnt = &freebsd_vm(s)->cnt;

	return (uint64_t)(cnt->v_tfree + cnt->v_tcached + cnt->sim_file_pages_read +
			  cnt->sim_file_pages_written + cnt->v_swappgsin + cnt->v_vm_faults +
			  cnt->sim_oom_kills) +
	       freebsd_vm(s)->swap->pages_written;
}

static uint64_t freebsd_estimate(const struct scenario *sc)
{
	const struct machine_conf *machine = scenario_section(sc, "machine");
	const struct node_conf *nodes = machine->nodes.items;
	uint64_t pages = 0;

	for (int i = 0; i < machine->nodes.n; i++) {
		pages += (uint64_t)nodes[i].memory / FREEBSD_PAGE_SIZE;
		for (int r = 0; r < nodes[i].ranges.n; r++)
			pages +=
			    (uint64_t)(nodes[i].ranges.rows[r].v[1] - nodes[i].ranges.rows[r].v[0]);
	}
	return pages * (sizeof(struct vm_page) + 8);
}

/* --- what it offers --- */

static const struct trace_def traces[] = {
#define TRACE TRACE_DEF
#include "models/freebsd/trace.def"
#undef TRACE
};

static const struct model *const models[] = {
	&freebsd_metrics_model, &vm_page_model, &vm_map_model, &freebsd_file_model,
	&freebsd_swap_model,    &hw_model,      NULL,
};

static const struct section *const section_list[] = { &machine_section, &freebsd_section,
						      &freebsd_files_section };

const struct personality freebsd_personality = {
	.name = "freebsd",
	.meaning = "FreeBSD 9-CURRENT of February 2011 (amd64)",
	.models = models,
	.traces = traces,
	.nr_traces = ARRAY_LEN(traces),
	.args = &freebsd_args,
	.fields = freebsd_results,
	.nr_fields = NR_FREEBSD_RESULTS,
	.sections = section_list,
	.nr_sections = ARRAY_LEN(section_list),
	.charts = freebsd_charts,
	.nr_charts = NR_FREEBSD_CHARTS,
	.figures = freebsd_figures,
	.nr_figures = NR_FREEBSD_FIGURES,
	.happenings = freebsd_happenings,
	.nr_happenings = NR_FREEBSD_HAPPENINGS,
	.simplifications = freebsd_simplifications,
	.nr_simplifications = NR_FREEBSD_SIMPLIFICATIONS,
	.mechanisms = freebsd_mechanisms,
	.nr_mechanisms = NR_FREEBSD_MECHANISMS,
	.procfs = freebsd_procfs,
	.nr_procfs = NR_FREEBSD_PROCFS,
	.task_keys = &freebsd_task_keys,
	.boot = freebsd_boot,
	.halt = freebsd_halt,
	.task_start = freebsd_task_start,
	.task_fork = freebsd_task_fork,
	.inherit = freebsd_inherit,
	.get = freebsd_get,
	.put = freebsd_put,
	.task_exit = freebsd_task_exit,
	.trace_bug = trace_kernel_bug,
	.lookup = freebsd_lookup,
	.object_size = freebsd_object_size,
	.progress = freebsd_progress,
	.nr_cpus = freebsd_nr_cpus,
	.estimate = freebsd_estimate,
};
