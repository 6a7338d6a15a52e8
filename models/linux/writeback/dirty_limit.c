/*
 * dirty_limit.c - how many pages may be dirty
 *
 *	dirtyable memory -> thresholds -> the tracked limit, which follows slowly
 *
 * Everything is worked out afresh from the counters whenever it is asked for;
 * only the tracked limit and ratelimit_pages are kept.
 */
#include <errno.h>

#include "models/linux/alloc/node_stat.h"
#include "models/linux/tunables.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"

/* --- dirtyable memory --- */

static uint64_t zone_free(const struct zone *z)
{
	return (uint64_t)max_s64(z->nr_free_global, 0);
}

static uint64_t node_free(const struct pglist_data *node)
{
	uint64_t free = 0;

	for (int i = 0; i < MAX_NR_ZONES; i++)
		free += zone_free(&node->zones[i]);
	return free;
}

static uint64_t node_file_pages(const struct pglist_data *node)
{
	return node_page_state(node, NR_INACTIVE_FILE) + node_page_state(node, NR_ACTIVE_FILE);
}

static uint64_t node_dirtyable_memory(const struct pglist_data *node)
{
	uint64_t pages = node_free(node);

	pages -= min_u64(pages, node->totalreserve_pages);
	return pages + node_file_pages(node);
}

uint64_t dirtyable_memory_from(uint64_t free, uint64_t file, uint64_t totalreserve)
{
	return free - min_u64(free, totalreserve) + file + 1; /* never 0 */
}

uint64_t global_dirtyable_memory(const struct linux_vm *vm)
{
	uint64_t free = 0, file = 0;

	FOR_EACH_NODE (vm, node) {
		free += node_free(node);
		file += node_file_pages(node);
	}
	return dirtyable_memory_from(free, file, vm->totalreserve_pages);
}

/* --- thresholds --- */

void dirty_limits_from(const struct linux_vm *vm, uint64_t available, bool rt, uint64_t dirty_limit,
		       uint64_t *background, uint64_t *dirty)
{
	const struct sysctl_vm *sysctl = &vm->sysctl;
	uint64_t ratio = (uint64_t)sysctl->dirty_ratio * PAGE_SIZE / 100;
	uint64_t bg_ratio = (uint64_t)sysctl->dirty_background_ratio * PAGE_SIZE / 100;
	uint64_t thresh = sysctl->dirty_bytes
			      ? div_round_up((uint64_t)sysctl->dirty_bytes, PAGE_SIZE)
			      : ratio * available / PAGE_SIZE;
	uint64_t bg_thresh = sysctl->dirty_background_bytes
				 ? div_round_up((uint64_t)sysctl->dirty_background_bytes, PAGE_SIZE)
				 : bg_ratio * available / PAGE_SIZE;

	if (rt) {
		bg_thresh += bg_thresh / 4 + dirty_limit / 32;
		thresh += thresh / 4 + dirty_limit / 32;
	}
	thresh = min_u64(thresh, UINT32_MAX);
	if (bg_thresh >= thresh)
		bg_thresh = thresh / 2;
	*background = bg_thresh;
	*dirty = thresh;
}

static void trace_limits(struct linux_vm *vm, uint64_t bg_thresh, uint64_t thresh)
{
	if (!trace_is_on(vm->sim, TP_global_dirty_state))
		return;
	trace_global_dirty_state(
	    vm->sim, (int64_t)global_node_page_state(vm, NR_FILE_DIRTY),
	    (int64_t)global_node_page_state(vm, NR_WRITEBACK), (int64_t)bg_thresh, (int64_t)thresh,
	    (int64_t)vm->wb_domain->dirty_limit, (int64_t)global_node_page_state(vm, NR_DIRTIED),
	    (int64_t)global_node_page_state(vm, NR_WRITTEN));
}

void global_dirty_limits(struct linux_vm *vm, bool rt, uint64_t *background, uint64_t *dirty)
{
	dirty_limits_from(vm, global_dirtyable_memory(vm), rt, vm->wb_domain->dirty_limit,
			  background, dirty);
	trace_limits(vm, *background, *dirty);
}

static uint64_t node_dirty_limit(const struct linux_vm *vm, const struct pglist_data *node, bool rt)
{
	uint64_t memory = node_dirtyable_memory(node);
	uint64_t limit;

	if (vm->sysctl.dirty_bytes)
		limit = div_round_up((uint64_t)vm->sysctl.dirty_bytes, PAGE_SIZE) * memory /
			global_dirtyable_memory(vm);
	else
		limit = (uint64_t)vm->sysctl.dirty_ratio * memory / 100;
	if (rt)
		limit += limit / 4;
	return min_u64(limit, UINT32_MAX);
}

bool node_dirty_ok(struct linux_vm *vm, struct pglist_data *node, bool rt)
{
	return node_page_state(node, NR_FILE_DIRTY) + node_page_state(node, NR_WRITEBACK) <=
	       node_dirty_limit(vm, node, rt);
}

/* --- the tracked limit --- */

uint64_t dirty_limit_step(uint64_t dirty_limit, uint64_t thresh, uint64_t dirty)
{
	if (dirty_limit < thresh)
		return thresh;

	/* down slowly, and not below what is dirty now */
	uint64_t floor = max_u64(thresh, dirty);

	return dirty_limit > floor ? dirty_limit - ((dirty_limit - floor) >> 5) : dirty_limit;
}

bool dirty_limit_is_due(uint64_t now, uint64_t dirty_limit_tstamp)
{
	return (int64_t)(now - (dirty_limit_tstamp + BANDWIDTH_INTERVAL)) >= 0;
}

void domain_update_dirty_limit(struct linux_vm *vm, uint64_t thresh, uint64_t dirty, uint64_t now)
{
	struct writeback_domain *dom = vm->wb_domain;

	if (!dirty_limit_is_due(now, dom->dirty_limit_tstamp))
		return;
	dom->dirty_limit = dirty_limit_step(dom->dirty_limit, thresh, dirty);
	dom->dirty_limit_tstamp = now;
}

uint64_t ratelimit_pages_from(uint64_t thresh, int online_cpus)
{
	return max_u64(16, thresh / ((uint64_t)online_cpus * 32));
}

void writeback_set_ratelimit(struct linux_vm *vm)
{
	uint64_t background, thresh;

	global_dirty_limits(vm, false, &background, &thresh);
	vm->wb_domain->dirty_limit = thresh;
	vm->wb_domain->ratelimit_pages = ratelimit_pages_from(thresh, vm->nr_online_cpus);
}

void writeback_update_stats(struct linux_vm *vm)
{
	uint64_t background, thresh, freerun;

	dirty_limits_from(vm, global_dirtyable_memory(vm), false, vm->wb_domain->dirty_limit,
			  &background, &thresh);
	freerun = dirty_freerun_ceiling(thresh, background);
	vm->stat.sim_oldest_dirty_ns = 0;
	for (int i = 0; i < vm->bdis->nr; i++)
		vm->stat.sim_oldest_dirty_ns =
		    max_s64(vm->stat.sim_oldest_dirty_ns, wb_oldest_dirty_ns(&vm->bdis->bdi[i].wb));
	vm->stat.nr_dirty_threshold = (int64_t)thresh;
	vm->stat.nr_dirty_background_threshold = (int64_t)background;
	vm->stat.nr_dirty_freerun = (int64_t)freerun;
	vm->stat.nr_dirty_setpoint =
	    (int64_t)((freerun + hard_dirty_limit(vm->wb_domain->dirty_limit, thresh)) / 2);
}

/* --- /proc/sys/vm/dirty_* --- */

int dirty_background_ratio_write(struct sim *s, void *object, const struct tunable *row,
				 const int64_t *values)
{
	tunable_store(object, row, values);
	linux_vm(s)->sysctl.dirty_background_bytes = 0;
	return 0;
}

static bool too_many_pages(int64_t bytes)
{
	return div_round_up((uint64_t)bytes, PAGE_SIZE) > UINT32_MAX;
}

int dirty_background_bytes_write(struct sim *s, void *object, const struct tunable *row,
				 const int64_t *values)
{
	if (too_many_pages(values[0]))
		return -ERANGE;
	tunable_store(object, row, values);
	linux_vm(s)->sysctl.dirty_background_ratio = 0;
	return 0;
}

int dirty_ratio_write(struct sim *s, void *object, const struct tunable *row, const int64_t *values)
{
	struct linux_vm *vm = linux_vm(s);
	bool changes = values[0] != vm->sysctl.dirty_ratio;

	tunable_store(object, row, values);
	if (changes) {
		vm->sysctl.dirty_bytes = 0;
		writeback_set_ratelimit(vm);
	}
	return 0;
}

int dirty_bytes_write(struct sim *s, void *object, const struct tunable *row, const int64_t *values)
{
	struct linux_vm *vm = linux_vm(s);
	bool changes = values[0] != vm->sysctl.dirty_bytes;

	if (too_many_pages(values[0]))
		return -ERANGE;
	tunable_store(object, row, values);
	if (changes) {
		vm->sysctl.dirty_ratio = 0;
		writeback_set_ratelimit(vm);
	}
	return 0;
}
