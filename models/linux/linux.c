/*
 * linux.c - one running Linux: the order in which it boots, and what it offers
 */
#include <string.h>

#include "models/hw/machine_conf.h"
#include "models/linux/alloc/cma.h"
#include "models/linux/alloc/compaction.h"
#include "models/linux/alloc/vmstat.h"
#include "models/linux/arg.h"
#include "models/linux/boot/boot.h"
#include "models/linux/conf.h"
#include "models/linux/export.h"
#include "models/linux/linux.h"
#include "models/linux/charts.h"
#include "models/linux/ipc/shm.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/model_list.h"
#include "models/linux/pagecache/cache_ops.h"
#include "models/linux/pools/dma_pool.h"
#include "models/linux/pools/pool_ops.h"
#include "models/linux/procfs/load.h"
#include "models/linux/procfs/procfs.h"
#include "models/linux/report.h"
#include "models/linux/reclaim/oom_kill.h"
#include "models/linux/reclaim/shrinker.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/notes.h"
#include "models/linux/real_setting.h"
#include "models/linux/result.h"
#include "models/linux/storage/file.h"
#include "models/linux/swap/swap.h"
#include "models/linux/trace_text.h"
#include "models/linux/tunables.h"
#include "models/linux/verify/verify.h"
#include "models/linux/vmalloc/vmalloc.h"
#include "models/linux/writeback/writeback.h"

/* --- tasks --- */

static void task_struct_init(struct task *t)
{
	struct task_struct *ts = sim_calloc(1, sizeof(*ts));

	ts->nr_dirtied_pause = 128 >> (PAGE_SHIFT - 10);
	list_init(&ts->plug.requests);
	t->kernel = ts;
	stall_init(t);
	oom_task_init(t);
	task_conf_init(t);
}

struct task *linux_kthread(struct linux_vm *vm, struct cpu *cpu, const char *name, task_fn *fn,
			   void *arg)
{
	struct task *t = task_spawn(vm->sim, cpu, name, TASK_KERNEL | TASK_DAEMON, fn, arg);

	task_struct_init(t);
	return t;
}

static void linux_task_start(struct task *t)
{
	struct task_struct *forked = t->kernel;

	task_struct_init(t);
	if (!forked)
		return;
	/* copy_process */
	task_struct(t)->mm = forked->mm;
	task_struct(t)->mempolicy = forked->mempolicy;
	task_struct(t)->oom.score_adj = forked->oom.score_adj;
	task_struct(t)->rlimit_memlock = forked->rlimit_memlock;
	task_struct(t)->ioprio = forked->ioprio;
	if (forked->mm)
		forked->mm->pid = t->pid;
	sim_free(forked);
}

static void *linux_task_fork(struct task *t, const char *name, int *error)
{
	const struct task_struct *parent = task_struct(t);
	struct mm_struct *mm = NULL;
	struct task_struct *child;

	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	if (parent->mm) {
		mm = dup_mm(t, name, error);
		if (!mm)
			return NULL;
	}
	child = sim_calloc(1, sizeof(*child));
	child->mm = mm;
	child->mempolicy = parent->mempolicy;
	child->oom.score_adj = parent->oom.score_adj;
	child->rlimit_memlock = parent->rlimit_memlock;
	child->ioprio = parent->ioprio;
	return child;
}

/* Addresses are those of the child's memory; open files are the same; what else there is (pages
 * that the parent holds) stays with it. */
static void *linux_inherit(void *kernel, const char *kind, void *object)
{
	const struct task_struct *child = kernel;
	const struct user_map *from = object;
	struct user_map *map;

	if (strcmp(kind, "file") == 0) {
		((struct file *)object)->f_count++;
		return object;
	}
	if (strcmp(kind, "shm") == 0)
		return object;
	if (strcmp(kind, "map") != 0)
		return NULL;
	map = sim_calloc(1, sizeof(*map));
	map->mm = child->mm;
	map->start = from->start;
	map->len = from->len;
	list_add_tail(&map->link, &child->mm->maps);
	return map;
}

static void linux_task_exit(struct task *t)
{
	task_struct(t)->flags |= PF_EXITING;
	exit_mm(t);
	exit_oom_victim(t);
	balance_dirty_task_exit(t);
	stall_exit(t);
	sim_free(t->kernel);
	t->kernel = NULL;
}

/* --- boot and halt --- */

static bool object_known(const struct linux_vm *vm, const struct tunable_ref *ref)
{
	return ref->class->object(vm->sim, ref->object) != NULL;
}

/*
 * Values of the scenario are written the way sysctl(8) would write them after boot, so that all
 * that hangs on them follows.
 */
static bool apply_tunables(struct linux_vm *vm, struct diag *d)
{
	size_t n;
	const struct scenario_tunable *values = scenario_tunables(vm->sim->scenario, &n);

	for (size_t i = 0; i < n; i++) {
		const struct tunable_ref *ref = &values[i].value.ref;
		int r;

		if (!object_known(vm, ref)) {
			diag_error(
			    d, values[i].at, "no %s \"%s\"; accepted: a name from machine.disks",
			    ref->class->objects ? ref->class->objects : "object", ref->object);
			continue;
		}
		r = tunable_write(vm->sim, ref, values[i].value.v);
		if (r)
			diag_error(
			    d, values[i].at,
			    "%s.%s%s%s: the kernel refuses this value: %s; accepted: a value "
			    "that fits what it is, the %s",
			    ref->class->prefix, ref->object, *ref->object ? "." : "",
			    ref->row->name, strerror(-r), ref->row->meaning);
	}
	return !diag_failed(d);
}

bool linux_boot_on(struct sim *s, const struct machine_conf *machine, const struct linux_conf *conf,
		   const struct key_list *files, struct diag *d)
{
	struct linux_vm *vm = sim_calloc(1, sizeof(*vm));

	vm->sim = s;
	s->kernel = vm;
	s->ticks = (struct clock_ticks){ .tick_ns = NS_PER_SEC / HZ,
					 .first = (uint64_t)(uint32_t)(-300 * HZ) };
	vm->machine = machine_new(s, machine);
	s->machine = vm->machine;
	s->context_switch_ns = (sim_time)vm->machine->cost.context_switch;
	s->idle_exit_ns = (sim_time)vm->machine->cost.idle_exit;
	s->idle_switch_ns = (sim_time)vm->machine->cost.idle_switch;
	s->clock_of_wake = true;
	s->timer_interrupt_ns = (sim_time)vm->machine->cost.timer_interrupt;
	s->timer_exit_ns = (sim_time)vm->machine->cost.timer_exit;
	s->timer_idle_ns = (sim_time)vm->machine->cost.timer_idle;
	s->tick_work_ns = (sim_time)vm->machine->cost.tick;
	s->wakeup_ns = (sim_time)vm->machine->cost.wakeup;
	s->before_block = blk_schedule_flush_plug;
	tunable_defaults(&vm_tunables, &vm->sysctl);
	if (!linux_boot_memory(vm, conf, d))
		return false;
	init_user_reserve(vm);
	lru_init(vm);
	shrinkers_init(vm);
	ipc_init(vm);
	huge_memory_init(vm, (int)conf->transparent_hugepage);
	page_waits_init(vm);
	list_init(&vm->mempools);
	devices_init(vm);
	block_init(vm);
	writeback_init(vm);
	vm->wb_domain->inodes_in_use = conf->inodes_in_use;
	shmem_init_mounts(vm, conf);
	hugetlbfs_init_mounts(vm, conf);
	if (!files_init(vm, files, d))
		return false;
	if (s->scenario && !apply_tunables(vm, d))
		return false;
	if (!swap_init(vm, conf, d))
		return false;
	for (int i = 0; i < vm->files->n; i++)
		if (vm->files->inodes[i]->bdi && queue_stable_writes(vm->files->inodes[i]->bdi->q))
			vm->files->inodes[i]->mapping.flags |= AS_STABLE_WRITES;
	kswapd_start(vm);
	kcompactd_start(vm);
	writeback_start(vm);
	load_init(vm);
	vmstat_init(vm);
	hugetlb_init(vm);
	return hugetlbfs_fill_super(vm, conf, d);
}

static bool linux_boot(struct sim *s, struct diag *d)
{
	const struct linux_conf *conf = scenario_section(s->scenario, "linux");

	if (!linux_boot_on(s, scenario_section(s->scenario, "machine"), conf,
			   scenario_section(s->scenario, "files"), d))
		return false;
	if (conf->slab)
		slab_init(s->kernel, s->cpus[0].irq, (uint64_t)conf->unused_files);
	return true;
}

static void linux_halt(struct sim *s)
{
	struct linux_vm *vm = s->kernel;

	if (!vm)
		return;
	LIST_FOR_EACH (pos, &s->tasks) {
		struct task *t = LIST_ENTRY(pos, struct task, link);

		if (t->kernel) /* of one who was to be killed and has not ended */
			timer_del(s, &task_struct(t)->oom.reaper_timer);
		sim_free(t->kernel);
		t->kernel = NULL;
	}
	vmstat_free(vm);
	load_free(vm);
	slab_free_all(vm); /* from here on objects that go cost nothing */
	vmalloc_free(vm);
	mm_free_all(vm);
	cache_calls_free(vm);
	swap_free_all(vm);
	if (vm->files)
		files_free(vm);
	shmem_free_all(vm);
	ipc_free(vm);
	if (vm->bdis)
		writeback_free(vm);
	if (vm->queues)
		block_free(vm);
	if (vm->page_waits)
		page_waits_free(vm);
	if (vm->lru_batches) {
		shrinkers_free(vm);
		lru_free(vm);
	}
	huge_memory_free(vm);
	oom_free(vm);
	str_free(&vm->kmsg);
	pool_calls_free(vm);
	devices_free(vm);
	boot_rehearsal_free(vm);
	linux_free_memory(vm);
	if (vm->machine)
		machine_free(vm->machine);
	sim_free(vm);
	s->kernel = NULL;
	s->machine = NULL;
}

/* --- objects by name --- */

static void *linux_lookup(struct task *t, const char *kind, const char *name)
{
	struct inode *inode = NULL;

	if (strcmp(kind, "file") == 0)
		inode = file_by_name(task_vm(t), name);
	if (inode)
		return file_open(t, inode);
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall); /* open(2) fails */
	return NULL;
}

/* fdget, fdput; and exit_files */
static void linux_get(const char *kind, void *object)
{
	if (strcmp(kind, "file") == 0)
		((struct file *)object)->f_count++;
}

static void linux_put(struct task *t, const char *kind, void *object)
{
	if (strcmp(kind, "file") != 0)
		return;
	file_close(t, object);
	delayed_fput(t);
}

static int64_t linux_object_size(struct task *t, const char *kind, void *object)
{
	(void)t;
	if (strcmp(kind, "file") == 0)
		return (int64_t)((struct file *)object)->inode->i_size;
	if (strcmp(kind, "map") == 0)
		return (int64_t)((struct user_map *)object)->len;
	return 0;
}

static int linux_nr_cpus(const struct scenario *sc, int node)
{
	return machine_conf_cpus_of(scenario_section(sc, "machine"), node);
}

/* Memory given out and taken back, pages read and written, tasks killed. */
static uint64_t linux_progress(struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);
	int64_t n = vm->stat.pgfree + vm->stat.pgpgin + vm->stat.pgpgout + vm->stat.oom_kill;

	FOR_EACH_ZONE (vm, zone)
		n += zone->stat.pgalloc;
	FOR_EACH_NODE (vm, node)
		n += node->stat.nr_dirtied + node->stat.nr_written;
	return (uint64_t)n;
}

/* Frames and the cache's index of all memory, if all of it should be touched. */
static uint64_t linux_estimate(const struct scenario *sc)
{
	const struct machine_conf *machine = scenario_section(sc, "machine");
	const struct node_conf *nodes = machine->nodes.items;
	uint64_t pages = 0;

	for (int i = 0; i < machine->nodes.n; i++) {
		pages += (uint64_t)nodes[i].memory / PAGE_SIZE;
		for (int r = 0; r < nodes[i].ranges.n; r++)
			pages +=
			    (uint64_t)(nodes[i].ranges.rows[r].v[1] - nodes[i].ranges.rows[r].v[0]);
	}
	/* untouched memory costs next to nothing: what is counted is what files could fill */
	const struct key_list *files = scenario_section(sc, "files");
	const struct file_conf *file = files->items;
	uint64_t file_pages = 0;
	bool grows = false;

	for (int i = 0; i < files->n; i++) {
		file_pages += (uint64_t)file[i].size / PAGE_SIZE;
		grows |= file[i].size == 0;
	}
	if (grows)
		file_pages = pages;
	return pages / 256 + min_u64(pages, file_pages) * (sizeof(struct page) + 8);
}

/* --- what it offers --- */

static const struct trace_def traces[] = {
#define TRACE TRACE_DEF
#include "models/linux/trace.def"
#undef TRACE
};

static const struct tunable_class *const tunable_classes[] = {
	&vm_tunables,           &queue_tunables,      &bdi_tunables,
	&thp_tunables,          &khugepaged_tunables, &hugepages_2m_tunables,
	&hugepages_1g_tunables, &kernel_tunables,     NULL
};

const struct model tunables_model = {
	.name = "tunables",
	.tunables = tunable_classes,
};

static const struct model *const models[] = {
	&tunables_model,
	&metrics_model,
	&page_alloc_model,
	&alloc_ops_model,
	&compaction_model,
	&cma_model,
	&boot_ops_model,
	&file_model,
	&truncate_model,
	&cache_ops_model,
	&mappings_model,
	&driver_maps_model,
	&ipc_model,
	&vmalloc_model,
	&swap_model,
	&reclaim_model,
	&oom_model,
	&writeback_model,
	&writeback_ops_model,
	&block_model,
	&ioprio_model,
	&hotplug_model,
	&pools_model,
	&task_model,
	&hw_model,
	NULL,
};

static const struct section *const section_list[] = { &machine_section, &linux_section,
						      &files_section };

static bool linux_sleeps(const struct args *a, const char **word, const char **accepted)
{
	*word = "gfp";
	*accepted = "a mask without __GFP_DIRECT_RECLAIM, as GFP_ATOMIC or GFP_NOWAIT";
	return gfpflags_allow_blocking((gfp_t)a->gfp);
}

const struct personality linux_personality = {
	.name = "linux",
	.meaning = "Linux 6.1 as Debian 12 ships it (6.1.192, amd64)",
	.models = models,
	.traces = traces,
	.nr_traces = ARRAY_LEN(traces),
	.args = &linux_args,
	.fields = linux_results,
	.nr_fields = NR_LINUX_RESULTS,
	.sections = section_list,
	.nr_sections = ARRAY_LEN(section_list),
	.charts = linux_charts,
	.nr_charts = NR_LINUX_CHARTS,
	.figures = linux_figures,
	.nr_figures = NR_LINUX_FIGURES,
	.happenings = linux_happenings,
	.nr_happenings = NR_LINUX_HAPPENINGS,
	.simplifications = linux_simplifications,
	.nr_simplifications = NR_LINUX_SIMPLIFICATIONS,
	.mechanisms = linux_mechanisms,
	.nr_mechanisms = NR_LINUX_MECHANISMS,
	.procfs = linux_procfs,
	.nr_procfs = NR_LINUX_PROCFS,
	.trace_texts = linux_trace_texts,
	.nr_trace_texts = NR_LINUX_TRACE_TEXTS,
	.trace_values = linux_trace_values,
	.nr_trace_values = NR_LINUX_TRACE_VALUES,
	.openmetrics = linux_openmetrics,
	.nr_openmetrics = NR_LINUX_OPENMETRICS,
	.timeline_slices = linux_timeline_slices,
	.nr_timeline_slices = NR_LINUX_TIMELINE_SLICES,
	.timeline_counters = linux_timeline_counters,
	.nr_timeline_counters = NR_LINUX_TIMELINE_COUNTERS,
	.task_keys = &linux_task_keys,
	.boot = linux_boot,
	.halt = linux_halt,
	.task_start = linux_task_start,
	.task_fork = linux_task_fork,
	.inherit = linux_inherit,
	.task_exit = linux_task_exit,
	.trace_bug = trace_kernel_bug,
	.lookup = linux_lookup,
	.get = linux_get,
	.put = linux_put,
	.object_size = linux_object_size,
	.needed_kind = "file",
	.progress = linux_progress,
	.nr_cpus = linux_nr_cpus,
	.sleeps = linux_sleeps,
	.least_ns = linux_least_ns,
	.notes = linux_notes,
	.estimate = linux_estimate,
	.verify_knows = linux_verify_knows,
	.verify = linux_verify,
	.import = linux_import,
	.real_samples = linux_real_samples,
	.real_setting = linux_real_setting,
};
