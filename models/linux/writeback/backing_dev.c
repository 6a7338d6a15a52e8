/*
 * backing_dev.c - what writeback keeps of each device: its share, its tunables
 *
 * Of the dirty threshold a device gets the share it had lately in all pages
 * written, between min_ratio and max_ratio.
 */
#include <errno.h>
#include <string.h>

#include "models/linux/alloc/node_stat.h"
#include "models/linux/swap/swap.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"

#define VM_COMPLETIONS_PERIOD_LEN (3 * HZ) /* jiffies after which shares are halved */

/* --- counters --- */

uint64_t wb_stat(const struct bdi_writeback *wb, enum wb_stat_item item)
{
	return (uint64_t)max_s64(wb->counter[item].count, 0);
}

uint64_t wb_stat_sum(const struct bdi_writeback *wb, enum wb_stat_item item)
{
	return (uint64_t)max_s64(percpu_counter_sum(&wb->counter[item]), 0);
}

uint64_t wb_stat_error(const struct linux_vm *vm)
{
	return (uint64_t)(vm->nr_cpu_ids * wb_stat_batch(vm->nr_cpu_ids));
}

/* --- shares --- */

static uint64_t wp_next_time(uint64_t jiffy)
{
	jiffy += VM_COMPLETIONS_PERIOD_LEN;
	return jiffy ? jiffy : 1; /* 0 means: off */
}

/* The kernel's timer is deferrable; on a CPU that sleeps it comes later than here. */
static void writeout_period(struct sim *s, struct timer *timer)
{
	struct writeback_domain *dom = CONTAINER_OF(timer, struct writeback_domain, period_timer);
	uint64_t missed = (jiffies(s) - dom->period_time) / VM_COMPLETIONS_PERIOD_LEN;

	if (!fprop_new_period(&dom->completions, smp_processor_id(linux_vm(s)), missed + 1)) {
		dom->period_time = 0;
		return;
	}
	dom->period_time = wp_next_time(dom->period_time + missed * VM_COMPLETIONS_PERIOD_LEN);
	timer_mod(s, timer, dom->period_time);
}

void __wb_writeout_add(struct bdi_writeback *wb, int64_t nr)
{
	struct linux_vm *vm = wb->bdi->vm;
	struct writeback_domain *dom = vm->wb_domain;

	wb_stat_mod(wb, WB_WRITTEN, nr);
	fprop_add_max(&dom->completions, &wb->completions, smp_processor_id(vm),
		      wb->bdi->max_prop_frac, nr);
	if (!dom->period_time) {
		dom->period_time = wp_next_time(jiffies(vm->sim));
		timer_mod(vm->sim, &dom->period_timer, dom->period_time);
	}
}

uint64_t wb_thresh_from(uint64_t thresh, uint64_t sum_of_min_ratios, struct fprop_fraction share,
			uint64_t min_ratio, uint64_t max_ratio)
{
	uint64_t t = thresh * (100 - sum_of_min_ratios) / 100;

	t = t * share.num / share.den;
	t += thresh * min_ratio / 100;
	return min_u64(t, thresh * max_ratio / 100);
}

uint64_t wb_calc_thresh(struct bdi_writeback *wb, uint64_t thresh)
{
	const struct backing_dev_info *bdi = wb->bdi;
	struct writeback_domain *dom = bdi->vm->wb_domain;
	struct fprop_fraction share =
	    fprop_fraction(&dom->completions, &wb->completions, smp_processor_id(bdi->vm));

	return wb_thresh_from(thresh, (uint64_t)dom->bdi_min_ratio, share,
			      (uint64_t)bdi->conf.min_ratio, (uint64_t)bdi->conf.max_ratio);
}

/* --- /sys/class/bdi --- */

static struct backing_dev_info *bdi_of(void *conf)
{
	return CONTAINER_OF(conf, struct backing_dev_info, conf);
}

static int bdi_min_ratio_write(struct sim *s, void *object, const struct tunable *row,
			       const int64_t *values)
{
	struct backing_dev_info *bdi = bdi_of(object);
	struct writeback_domain *dom = linux_vm(s)->wb_domain;
	int64_t more = values[0] - bdi->conf.min_ratio;

	if (values[0] > bdi->conf.max_ratio)
		return -EINVAL;
	if (more > 0 && dom->bdi_min_ratio + more >= 100)
		return -EINVAL;
	dom->bdi_min_ratio += more;
	tunable_store(object, row, values);
	return 0;
}

static int bdi_max_ratio_write(struct sim *s, void *object, const struct tunable *row,
			       const int64_t *values)
{
	struct backing_dev_info *bdi = bdi_of(object);

	(void)s;
	if (values[0] < bdi->conf.min_ratio)
		return -EINVAL;
	tunable_store(object, row, values);
	bdi->max_prop_frac = (unsigned)((int64_t)FPROP_FRAC_BASE * values[0] / 100);
	return 0;
}

static int bdi_strict_limit_write(struct sim *s, void *object, const struct tunable *row,
				  const int64_t *values)
{
	(void)s;
	tunable_store(object, row, values);
	bdi_of(object)->strictlimit = values[0];
	return 0;
}

static void *bdi_object(struct sim *s, const char *name)
{
	struct bdi_table *bdis = linux_vm(s)->bdis;

	for (int i = 0; i < bdis->nr; i++)
		if (strcmp(bdis->bdi[i].name, name) == 0)
			return &bdis->bdi[i].conf;
	return NULL;
}

/* --- beginning and end --- */

struct backing_dev_info *disk_bdi(struct linux_vm *vm, int i)
{
	SIM_ASSERT(i >= 0 && i < vm->bdis->nr);
	return &vm->bdis->bdi[i];
}

int64_t wb_stat_batch(int nr_cpu_ids)
{
	return 8 * (1 + ilog2_u64((uint64_t)nr_cpu_ids));
}

int64_t wb_events_batch(int nr_online_cpus)
{
	return max_s64(32, 2 * (int64_t)nr_online_cpus);
}

static void wb_init(struct linux_vm *vm, struct bdi_writeback *wb, struct backing_dev_info *bdi)
{
	uint64_t now = jiffies(vm->sim);

	wb->bdi = bdi;
	list_init(&wb->inodes_wb);
	list_init(&wb->sync_list);
	wait_queue_init(&wb->s_sync_lock.wait);
	wb->bw_time_stamp = now;
	wb->write_bandwidth = wb->avg_write_bandwidth = INIT_BW;
	wb->dirty_ratelimit = wb->balanced_dirty_ratelimit = INIT_BW;
	fprop_local_init(&wb->completions, vm->nr_cpu_ids, wb_stat_batch(vm->nr_cpu_ids));
	for (int i = 0; i < NR_WB_STAT_ITEMS; i++)
		percpu_counter_init(&wb->counter[i], vm->nr_cpu_ids, wb_stat_batch(vm->nr_cpu_ids),
				    0);
	laptop_mode_init(wb->bdi);
	wb_init_flusher(wb);
}

static void bdi_init(struct linux_vm *vm, struct backing_dev_info *bdi, int id)
{
	bdi->vm = vm;
	bdi->id = id;
	bdi->q = disk_queue(vm, id);
	bdi->name = queue_disk(bdi->q)->name;
	tunable_defaults(&bdi_tunables, &bdi->conf);
	bdi->strictlimit = bdi->conf.strict_limit;
	bdi->max_prop_frac = (unsigned)((int64_t)FPROP_FRAC_BASE * bdi->conf.max_ratio / 100);
	wb_init(vm, &bdi->wb, bdi);
}

void writeback_init(struct linux_vm *vm)
{
	struct writeback_domain *dom = sim_calloc(1, sizeof(*dom));

	vm->wb_domain = dom;
	fprop_global_init(&dom->completions, vm->nr_cpu_ids, wb_events_batch(vm->nr_online_cpus));
	timer_init(&dom->period_timer, writeout_period);
	dom->pool = sim_calloc((size_t)vm->sim->nr_cpus, sizeof(*dom->pool));
	for (int i = 0; i < vm->sim->nr_cpus; i++)
		worker_pool_init(&dom->pool[i], vm, &vm->sim->cpus[i]);
	dom->dirty_limit_tstamp = jiffies(vm->sim);
	dom->cpu = sim_calloc((size_t)vm->nr_cpu_ids, sizeof(*dom->cpu));
	vm->bdis = sim_calloc(1, sizeof(*vm->bdis));
	vm->bdis->nr = vm->machine->nr_disks;
	vm->bdis->bdi = sim_calloc((size_t)vm->bdis->nr, sizeof(*vm->bdis->bdi));
	for (int i = 0; i < vm->bdis->nr; i++)
		bdi_init(vm, &vm->bdis->bdi[i], i);
	writeback_set_ratelimit(vm);
}

void writeback_start(struct linux_vm *vm)
{
	writeback_set_ratelimit(vm);
	for (int i = 0; i < vm->bdis->nr; i++)
		wb_start_flusher(&vm->bdis->bdi[i].wb);
}

void writeback_free(struct linux_vm *vm)
{
	struct writeback_domain *dom = vm->wb_domain;

	for (int i = 0; i < vm->bdis->nr; i++) {
		struct bdi_writeback *wb = &vm->bdis->bdi[i].wb;

		delayed_work_free(&wb->dwork);
		delayed_work_free(&wb->bw_dwork);
		timer_del(vm->sim, &vm->bdis->bdi[i].laptop_mode_wb_timer);
		percpu_counter_free(&wb->completions.events);
		for (int k = 0; k < NR_WB_STAT_ITEMS; k++)
			percpu_counter_free(&wb->counter[k]);
	}
	sim_free(vm->bdis->bdi);
	sim_free(vm->bdis);
	timer_del(vm->sim, &dom->period_timer);
	percpu_counter_free(&dom->completions.events);
	for (int i = 0; i < vm->sim->nr_cpus; i++)
		worker_pool_free(&dom->pool[i]);
	sim_free(dom->pool);
	sim_free(dom->cpu);
	sim_free(dom);
	vm->bdis = NULL;
	vm->wb_domain = NULL;
}

/* --- checks --- */

static void check_list(struct check *c, const struct list *inodes, int64_t *reclaimable)
{
	LIST_FOR_EACH (pos, inodes) {
		const struct inode *inode = LIST_ENTRY(pos, struct inode, i_io_list);

		CHECK(c, inode->i_state & (I_DIRTY | I_SYNC));
		(*reclaimable)++;
	}
}

void writeback_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);
	int64_t dirty = 0, writeback = 0, written = 0, pending = 0;
	int64_t cached, swapping;

	for (int i = 0; i < vm->bdis->nr; i++) {
		const struct bdi_writeback *wb = &vm->bdis->bdi[i].wb;
		int64_t inodes = 0, under_writeback = 0;

		for (int k = 0; k < NR_WB_STAT_ITEMS; k++)
			CHECK(c, percpu_counter_sum(&wb->counter[k]) >= 0);
		dirty += (int64_t)wb_stat_sum(wb, WB_RECLAIMABLE);
		writeback += (int64_t)wb_stat_sum(wb, WB_WRITEBACK);
		written += (int64_t)wb_stat_sum(wb, WB_WRITTEN);
		CHECK(c, wb->avg_write_bandwidth >= 1 && wb->dirty_ratelimit >= 1);
		check_list(c, &wb->b_dirty, &inodes);
		check_list(c, &wb->b_io, &inodes);
		check_list(c, &wb->b_more_io, &inodes);
		CHECK(c, wb_has_dirty_io(wb) == (inodes > 0));
		CHECK(c, wb->bdi->tot_write_bandwidth ==
			     (wb_has_dirty_io(wb) ? wb->avg_write_bandwidth : 0));
		LIST_FOR_EACH (pos, &wb->inodes_wb)
			under_writeback++;
		LIST_FOR_EACH (pos, &wb->sync_list)
			under_writeback++;
		CHECK(c, under_writeback == wb->writeback_inodes);
	}
	/* pages of swap belong to no device's writeback */
	swap_count_pages(vm, &cached, &swapping);
	writeback += swapping;
	written += vm->stat.pswpout - swapping;
	FOR_EACH_NODE (vm, node) {
		node_stat_check(c, node);
		dirty -= node->stat.nr_dirty;
		writeback -= node->stat.nr_writeback;
		written -= node->stat.nr_written;
		pending += node->stat.nr_dirty + node->stat.nr_writeback;
	}
	FOR_EACH_ZONE (vm, zone)
		pending -= zone->stat.nr_zone_write_pending;
	CHECK(c, dirty == 0);
	CHECK(c, writeback == 0);
	CHECK(c, written == 0);
	CHECK(c, pending == 0);
}

/* --- tables --- */

#define TUNABLE(row, unit, def, min, max, write, text)                                             \
	{ TUNABLE_FIELDS(bdi_conf, row, unit, def, min, max, write, text), .count = 1 },
static const struct tunable bdi_rows[] = {
#include "models/linux/sysfs_bdi.def"
};
#undef TUNABLE

const struct tunable_class bdi_tunables = {
	.prefix = "bdi",
	.objects = "disk",
	.where = "/sys/class/bdi/<disk>",
	.rows = bdi_rows,
	.nr_rows = ARRAY_LEN(bdi_rows),
	.object = bdi_object,
};

static int64_t list_length(const struct list *head)
{
	int64_t n = 0;

	LIST_FOR_EACH (pos, head)
		n++;
	return n;
}

static int bdis_count(struct sim *s)
{
	return linux_vm(s)->bdis->nr;
}

/* Sampling changes nothing: the share is read from copies of the counters, not aged in place. */
static uint64_t sampled_thresh(const struct bdi_writeback *wb, uint64_t thresh)
{
	const struct backing_dev_info *bdi = wb->bdi;
	const struct writeback_domain *dom = bdi->vm->wb_domain;
	uint64_t missed = dom->completions.period - wb->completions.period;
	int64_t events = missed < 64 ? wb->completions.events.count >> missed : 0;

	return wb_thresh_from(thresh, (uint64_t)dom->bdi_min_ratio,
			      fprop_fraction_from(events, dom->completions.events.count),
			      (uint64_t)bdi->conf.min_ratio, (uint64_t)bdi->conf.max_ratio);
}

int64_t wb_oldest_dirty_ns(const struct bdi_writeback *wb)
{
	const struct list *const lists[] = { &wb->b_dirty, &wb->b_io, &wb->b_more_io };
	uint64_t now = jiffies(wb->bdi->vm->sim), oldest = now;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		LIST_FOR_EACH (pos, lists[i])
			oldest =
			    min_u64(oldest, LIST_ENTRY(pos, struct inode, i_io_list)->dirtied_when);
	return (int64_t)((now - oldest) * NS_PER_SEC / HZ);
}

static const void *bdi_stat_now(struct sim *s, int i)
{
	struct linux_vm *vm = linux_vm(s);
	struct bdi_writeback *wb = &vm->bdis->bdi[i].wb;
	struct bdi_stat *stat = &wb->stat;
	uint64_t background, thresh;

	dirty_limits_from(vm, global_dirtyable_memory(vm), false, vm->wb_domain->dirty_limit,
			  &background, &thresh);
	stat->nr_reclaimable = (int64_t)wb_stat_sum(wb, WB_RECLAIMABLE);
	stat->nr_writeback = (int64_t)wb_stat_sum(wb, WB_WRITEBACK);
	stat->nr_dirtied = (int64_t)wb_stat_sum(wb, WB_DIRTIED);
	stat->nr_written = (int64_t)wb_stat_sum(wb, WB_WRITTEN);
	stat->write_bandwidth = (int64_t)wb->write_bandwidth;
	stat->avg_write_bandwidth = (int64_t)wb->avg_write_bandwidth;
	stat->dirty_ratelimit = (int64_t)wb->dirty_ratelimit;
	stat->balanced_dirty_ratelimit = (int64_t)wb->balanced_dirty_ratelimit;
	stat->dirty_thresh = (int64_t)sampled_thresh(wb, thresh);
	stat->bg_thresh = (int64_t)sampled_thresh(wb, background);
	stat->b_dirty = list_length(&wb->b_dirty);
	stat->b_io = list_length(&wb->b_io);
	stat->b_more_io = list_length(&wb->b_more_io);
	stat->sim_oldest_dirty_ns = wb_oldest_dirty_ns(wb);
	stat->wbt_depth = queue_wbt_depth(wb->bdi->q);
	return stat;
}

static void bdi_key(struct sim *s, int i, union metric_key_value *keys)
{
	keys[0].text = linux_vm(s)->bdis->bdi[i].name;
}

static const struct metric bdi_metric_rows[] = {
#define ZONE_METRIC(name, kind, unit, meaning)
#define NODE_METRIC(name, kind, unit, meaning)
#define VM_METRIC(name, kind, unit, meaning)
#define FILE_METRIC(name, kind, unit, meaning)
#define BDI_METRIC(row_name, row_kind, row_unit, text)                                             \
	{ #row_name, METRIC_##row_kind, UNIT_##row_unit, offsetof(struct bdi_stat, row_name),      \
	  text },
#include "models/linux/metric.def"
#undef ZONE_METRIC
#undef NODE_METRIC
#undef VM_METRIC
#undef FILE_METRIC
#undef BDI_METRIC
};

const struct metric_object bdi_metrics = {
	.name = "bdi",
	.table = "bdi_sample",
	.meaning = "what writeback knows of a device at a sample",
	.keys = { { "name", true, "of the disk" } },
	.nr_keys = 1,
	.rows = bdi_metric_rows,
	.nr_rows = ARRAY_LEN(bdi_metric_rows),
	.count = bdis_count,
	.stat = bdi_stat_now,
	.key = bdi_key,
};

static const struct metric_object *const writeback_metrics[] = { &bdi_metrics, NULL };

static const struct check_def writeback_checks[] = {
	{ "writeback", writeback_check,
	  "dirty pages and pages under writeback add up over devices, nodes and zones" },
};

const struct model writeback_model = {
	.name = "writeback",
	.checks = writeback_checks,
	.nr_checks = ARRAY_LEN(writeback_checks),
	.metrics = writeback_metrics,
};
