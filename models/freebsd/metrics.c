/*
 * metrics.c - the rows of metric.def and sysctl_vm.def, and what is worked out when read
 */
#include "models/freebsd/kern/vfs_bio.h"
#include "models/freebsd/model_list.h"
#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_pageout.h"

/* --- tunables --- */

static void *vm_object(struct sim *s, const char *name)
{
	(void)name;
	return s->kernel ? &freebsd_vm(s)->sysctl : NULL;
}

static const struct tunable vm_rows[] = {
#define TUNABLE(row, unit, def, min, max, meaning)                                                 \
	{ TUNABLE_FIELDS(freebsd_sysctl_vm, row, unit, def, min, max, NULL, meaning), .count = 1 },
#include "models/freebsd/sysctl_vm.def"
#undef TUNABLE
};

static const struct tunable_class vm_tunables_class = {
	.prefix = "vm",
	.where = "sysctl vm",
	.rows = vm_rows,
	.nr_rows = ARRAY_LEN(vm_rows),
	.object = vm_object,
};

static const struct tunable_class *const tunables[] = { &vm_tunables_class, NULL };

/* --- the machine --- */

static const struct metric cnt_rows[] = {
#define CNT_METRIC(n, k, u, m) { #n, METRIC_##k, UNIT_##u, offsetof(struct vmmeter, n), m },
#define FILE_METRIC(n, k, u, m)
#include "models/freebsd/metric.def"
#undef CNT_METRIC
#undef FILE_METRIC
};

static int one(struct sim *s)
{
	(void)s;
	return 1;
}

static const void *cnt_stat(struct sim *s, int i)
{
	struct freebsd_vm *vm = freebsd_vm(s);
	const struct freebsd_sysctl_vm *v = &vm->sysctl;
	struct vmmeter *cnt = &vm->cnt;

	(void)i;
	cnt->v_free_reserved = v->v_free_reserved;
	cnt->v_free_severe = v->v_free_severe;
	cnt->v_free_min = v->v_free_min;
	cnt->v_free_target = v->v_free_target;
	cnt->v_cache_min = v->v_cache_min;
	cnt->v_cache_max = v->v_cache_max;
	cnt->v_inactive_target = v->v_inactive_target;
	cnt->v_pageout_free_min = v->v_pageout_free_min;
	cnt->v_interrupt_free_min = vm->v_interrupt_free_min;
	cnt->sim_free_and_cache = vm_free_and_cache(vm);
	cnt->sim_wake_below = v->v_free_reserved + v->v_cache_min;
	cnt->sim_stop_at = v->v_free_target + v->v_cache_min;
	cnt->sim_pageout_deficit = vm->pageout->deficit;
	cnt->sim_pages_needed = vm->pageout->pages_needed;
	cnt->sim_swap_free = vm->swap->avail;
	cnt->sim_swap_total = (int64_t)vm->swap->npages;
	cnt->sim_numdirtybuffers = vm->bufs->numdirty;
	cnt->sim_lodirtybuffers = vm->bufs->limits.lodirty;
	cnt->sim_hidirtybuffers = vm->bufs->limits.hidirty;
	cnt->sim_dirty_pages = vm->bufs->numdirty * BUF_PAGES;
	cnt->sim_runningbufspace = vm->bufs->runningbufspace;
	return cnt;
}

static void no_key(struct sim *s, int i, union metric_key_value *keys)
{
	(void)s;
	(void)i;
	(void)keys;
}

static const struct metric_object cnt_metrics = {
	.name = "vmstat",
	.table = "vmstat_sample",
	.meaning = "the machine at a sample, as in sysctl vm.stats.vm",
	.rows = cnt_rows,
	.nr_rows = ARRAY_LEN(cnt_rows),
	.count = one,
	.stat = cnt_stat,
	.key = no_key,
};

/* --- files --- */

static const struct metric file_rows[] = {
#define CNT_METRIC(n, k, u, m)
#define FILE_METRIC(n, k, u, m)                                                                    \
	{ #n, METRIC_##k, UNIT_##u, offsetof(struct freebsd_file_stat, n), m },
#include "models/freebsd/metric.def"
#undef CNT_METRIC
#undef FILE_METRIC
};

static int file_count(struct sim *s)
{
	return freebsd_vm(s)->nr_vnodes;
}

static const void *file_stat(struct sim *s, int i)
{
	struct vnode *vp = freebsd_vm(s)->vnodes[i];

	vp->stat.nr_pages =
	    (int64_t)(vp->object->resident_page_count + vp->object->cached_page_count);
	vp->stat.size = (int64_t)vp->size;
	vp->stat.dirty_buffers = vp->ndirty;
	return &vp->stat;
}

static void file_key(struct sim *s, int i, union metric_key_value *keys)
{
	keys[0].text = freebsd_vm(s)->vnodes[i]->name;
}

const struct metric_object freebsd_file_metrics = {
	.name = "file",
	.table = "file_sample",
	.meaning = "a file of the scenario at a sample",
	.keys = { { "name", true, "of the file" } },
	.nr_keys = 1,
	.rows = file_rows,
	.nr_rows = ARRAY_LEN(file_rows),
	.count = file_count,
	.stat = file_stat,
	.key = file_key,
};

/* --- tasks --- */

static const struct metric task_rows[] = {
	WORKLOAD_TASK_ROWS,
	WORKLOAD_TASK_LOST("vmwait_ns", LOSS_VMWAIT, "waiting for memory"),
	WORKLOAD_TASK_LOST("flswai_ns", LOSS_FLSWAI,
			   "held back as a writer: too many dirty buffers"),
	WORKLOAD_TASK_LOST("newbuf_ns", LOSS_NEWBUF, "waiting for a buffer"),
	WORKLOAD_TASK_LOST("wdrain_ns", LOSS_WDRAIN,
			   "held back as a writer: too much is on its way to disks"),
	WORKLOAD_TASK_LOST("read_stall_ns", LOSS_READ, "waiting for blocks of files to be read"),
	WORKLOAD_TASK_LOST("swapin_stall_ns", LOSS_SWAPIN, "waiting for pages of swap"),
	WORKLOAD_TASK_LOST("write_stall_ns", LOSS_WRITE, "waiting for writes: fsync, sync, msync"),
	WORKLOAD_TASK_LOST("swapped_ns", LOSS_SWAPPED,
			   "waiting to be swapped in after it was woken"),
};

static const struct metric_object task_metrics = WORKLOAD_TASK_OBJECT(task_rows);

static const struct metric_object *const metrics[] = { &cnt_metrics, &freebsd_file_metrics,
						       &task_metrics, NULL };

const struct model freebsd_metrics_model = {
	.name = "metrics",
	.tunables = tunables,
	.metrics = metrics,
};
