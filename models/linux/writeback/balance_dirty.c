/*
 * balance_dirty.c - a writer is held back so that dirty pages stay in bounds
 *
 * Each page made dirty counts for its writer.  After nr_dirtied_pause of them
 * the writer asks how the dirty pages stand, and sleeps for as long as its
 * pages would have taken at the rate it may have.  It writes nothing back
 * itself: it wakes the flusher.
 */
#include "models/linux/alloc/node_stat.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"

#define FEW_WHEN_EXCEEDED (32 >> (PAGE_SHIFT - 10)) /* pages between two looks over the limit */
#define KIB_SHIFT         (PAGE_SHIFT - 10)

static uint64_t ms_of(int64_t ticks)
{
	return (uint64_t)(ticks * 1000 / HZ);
}

/* --- estimates --- */

/* Brings the rates of a device up to date; position NULL: not the base rate. */
static void __wb_update_bandwidth(struct bdi_writeback *wb, struct dirty_position *p, uint64_t pos)
{
	struct linux_vm *vm = wb->bdi->vm;
	struct sim *s = vm->sim;
	uint64_t now = jiffies(s);
	uint64_t elapsed = max_u64(now - wb->bw_time_stamp, 1);
	uint64_t dirtied = wb_stat(wb, WB_DIRTIED), written = wb_stat(wb, WB_WRITTEN);
	struct write_bandwidth bw = { wb->write_bandwidth, wb->avg_write_bandwidth };

	if (p) {
		struct dirty_rates rates = { .dirty_ratelimit = wb->dirty_ratelimit,
					     .balanced_dirty_ratelimit =
						 wb->balanced_dirty_ratelimit };

		domain_update_dirty_limit(vm, p->thresh, p->dirty, now);
		p->dirty_limit = vm->wb_domain->dirty_limit;
		/* where folio_account_redirty took more back than was dirtied the difference wraps,
		 * and no rate is balanced against so much: the kernel's arithmetic */
		rates =
		    wb_next_dirty_ratelimit(rates, p, pos, dirtied - wb->dirtied_stamp, elapsed);
		wb->dirty_ratelimit = rates.dirty_ratelimit;
		wb->balanced_dirty_ratelimit = rates.balanced_dirty_ratelimit;
		trace_bdi_dirty_ratelimit(s, wb->bdi->id, (int64_t)wb->write_bandwidth << KIB_SHIFT,
					  (int64_t)wb->avg_write_bandwidth << KIB_SHIFT,
					  (int64_t)rates.dirty_rate << KIB_SHIFT,
					  (int64_t)rates.dirty_ratelimit << KIB_SHIFT,
					  (int64_t)rates.task_ratelimit << KIB_SHIFT,
					  (int64_t)rates.balanced_dirty_ratelimit << KIB_SHIFT);
	}
	bw = wb_next_write_bandwidth(bw, elapsed, written - min_u64(written, wb->written_stamp));
	if (wb_has_dirty_io(wb))
		wb->bdi->tot_write_bandwidth += bw.avg_write_bandwidth - wb->avg_write_bandwidth;
	wb->write_bandwidth = bw.write_bandwidth;
	wb->avg_write_bandwidth = bw.avg_write_bandwidth;
	wb->dirtied_stamp = dirtied;
	wb->written_stamp = written;
	wb->bw_time_stamp = now;
}

void wb_update_bandwidth(struct bdi_writeback *wb)
{
	__wb_update_bandwidth(wb, NULL, 0);
}

void wb_bandwidth_estimate_start(struct bdi_writeback *wb)
{
	uint64_t now = jiffies(wb->bdi->vm->sim);

	if (bandwidth_estimate_is_old(now, wb->bw_time_stamp) && wb->writeback_inodes == 0) {
		wb->dirtied_stamp = wb_stat(wb, WB_DIRTIED);
		wb->written_stamp = wb_stat(wb, WB_WRITTEN);
		wb->bw_time_stamp = now;
	}
}

/* The exact number where the parts of the CPUs would matter beside the threshold. */
static uint64_t wb_stat_near(const struct bdi_writeback *wb, enum wb_stat_item item,
			     uint64_t wb_thresh)
{
	bool small = wb_thresh < 2 * wb_stat_error(wb->bdi->vm);

	return small ? wb_stat_sum(wb, item) : wb_stat(wb, item);
}

/* --- background --- */

bool wb_over_bg_thresh(struct bdi_writeback *wb)
{
	struct linux_vm *vm = wb->bdi->vm;
	uint64_t bg_thresh, thresh;

	global_dirty_limits(vm, false, &bg_thresh, &thresh);
	if (global_node_page_state(vm, NR_FILE_DIRTY) > bg_thresh)
		return true;
	thresh = wb_calc_thresh(wb, bg_thresh);
	return wb_stat_near(wb, WB_RECLAIMABLE, thresh) > thresh;
}

/* --- one pass of a writer --- */

static void wb_dirty_limits(struct bdi_writeback *wb, struct dirty_position *p)
{
	p->wb_thresh = wb_calc_thresh(wb, p->thresh);
	p->wb_bg_thresh = wb_bg_thresh_from(p->wb_thresh, p->bg_thresh, p->thresh);
	p->wb_dirty = wb_stat_near(wb, WB_RECLAIMABLE, p->wb_thresh) +
		      wb_stat_near(wb, WB_WRITEBACK, p->wb_thresh);
}

struct pass {
	struct bdi_writeback *wb;
	struct dirty_position p;
	int64_t pages_dirtied;
	uint64_t start_time; /* jiffies: the writer came in */
	uint64_t dirty_ratelimit, task_ratelimit;
	int64_t nr_dirtied_pause; /* from now on */
};

static void trace_pass(const struct task *t, const struct pass *pass, int64_t period, int64_t pause)
{
	const struct task_struct *ts = task_struct(t);
	const struct dirty_position *p = &pass->p;
	struct sim *s = t->sim;
	uint64_t limit = pass->wb->bdi->vm->wb_domain->dirty_limit;
	uint64_t setpoint = dirty_setpoint(limit, p->thresh, p->bg_thresh);
	int64_t think = ts->dirty_paused_when ? (int64_t)(jiffies(s) - ts->dirty_paused_when) : 0;

	trace_balance_dirty_pages(
	    s, pass->wb->bdi->id, (int64_t)limit, (int64_t)setpoint, (int64_t)p->dirty,
	    (int64_t)wb_setpoint(setpoint, p->wb_thresh, p->thresh), (int64_t)p->wb_dirty,
	    (int64_t)pass->dirty_ratelimit << KIB_SHIFT, (int64_t)pass->task_ratelimit << KIB_SHIFT,
	    pass->pages_dirtied, ts->nr_dirtied_pause,
	    (int64_t)ms_of((int64_t)(jiffies(s) - pass->start_time)), pause * 1000 / HZ,
	    period * 1000 / HZ, think * 1000 / HZ);
}

static void take_pause(struct task *t, const struct pass *pass, const struct dirty_pause *pause)
{
	enum stall_cause outer = stall_enter(t, STALL_DIRTY_THROTTLE);

	pass->wb->dirty_sleep = pause->now;
	queue_note_dirty_sleep(pass->wb->bdi->q, pause->now);
	t->waits_for = "dirty throttling";
	t->killable = true;
	task_will_block(t);
	io_schedule_timeout(t, t->killed ? 0 : (uint64_t)pause->pause);
	t->killable = false;
	t->waits_for = NULL;
	stall_leave(t, outer);
	dirty_pause_taken(task_struct(t), pause, pass->nr_dirtied_pause);
}

/*
 * Looks at the limits.  True: the writer runs freely, that is settled; else
 * pass->p is filled for the position of its device.
 */
static bool below_ceiling(struct task *t, struct pass *pass, uint64_t now)
{
	struct bdi_writeback *wb = pass->wb;
	struct linux_vm *vm = wb->bdi->vm;
	struct dirty_position *p = &pass->p;
	uint64_t nr_dirty = global_node_page_state(vm, NR_FILE_DIRTY);
	uint64_t dirty, thresh, bg_thresh;

	p->strictlimit = wb->bdi->strictlimit;
	p->dirty = nr_dirty + global_node_page_state(vm, NR_WRITEBACK);
	global_dirty_limits(vm, t->flags & TASK_REALTIME, &p->bg_thresh, &p->thresh);
	dirty = p->dirty;
	thresh = p->thresh;
	bg_thresh = p->bg_thresh;
	if (p->strictlimit) {
		wb_dirty_limits(wb, p);
		dirty = p->wb_dirty;
		thresh = p->wb_thresh;
		bg_thresh = p->wb_bg_thresh;
	}
	if (!vm->sysctl.laptop_mode && nr_dirty > p->bg_thresh && !writeback_in_progress(wb))
		wb_start_background_writeback(t, wb);
	if (dirty > dirty_freerun_ceiling(thresh, bg_thresh)) {
		if (!writeback_in_progress(wb))
			wb_start_background_writeback(t, wb);
		if (p->strictlimit)
			return false;
		wb_dirty_limits(wb, p);
		if (!(task_struct(t)->flags & PF_LOCAL_THROTTLE) ||
		    p->wb_dirty >= dirty_freerun_ceiling(p->wb_thresh, p->wb_bg_thresh))
			return false;
	}
	trace_sim_dirty_free_run(t->sim, wb->bdi->id, (int64_t)dirty, pass->pages_dirtied);
	dirty_free_run(task_struct(t), now, dirty, thresh);
	return true;
}

static void balance_dirty_pages(struct task *t, struct bdi_writeback *wb, int64_t pages_dirtied)
{
	struct linux_vm *vm = wb->bdi->vm;
	struct task_struct *ts = task_struct(t);
	struct pass pass = { .wb = wb,
			     .pages_dirtied = pages_dirtied,
			     .start_time = jiffies(vm->sim) };
	struct dirty_position *p = &pass.p;

	do {
		uint64_t now = jiffies(vm->sim);
		struct dirty_pause pause;
		int64_t max_pause, min_pause;
		uint64_t pos;

		task_run(t, (sim_time)vm->machine->cost.dirty_limits);
		if (below_ceiling(t, &pass, now))
			return;
		wb->dirty_exceeded =
		    p->wb_dirty > p->wb_thresh && (p->dirty > p->thresh || p->strictlimit);
		p->dirty_limit = vm->wb_domain->dirty_limit;
		p->avg_write_bandwidth = wb->avg_write_bandwidth;
		pos = wb_position_ratio(p);
		if ((int64_t)(now - wb->bw_time_stamp) > BANDWIDTH_INTERVAL)
			__wb_update_bandwidth(wb, p, pos);

		pass.dirty_ratelimit = wb->dirty_ratelimit;
		pass.task_ratelimit = pass.dirty_ratelimit * pos >> RATELIMIT_CALC_SHIFT;
		max_pause = wb_max_pause(wb->avg_write_bandwidth, p->wb_dirty);
		min_pause =
		    wb_min_pause(wb->avg_write_bandwidth, wb->dirty_ratelimit, max_pause,
				 pass.task_ratelimit, pass.dirty_ratelimit, &pass.nr_dirtied_pause);
		pause = dirty_pause_from(now, ts->dirty_paused_when, pages_dirtied,
					 pass.task_ratelimit, min_pause, max_pause);
		trace_pass(t, &pass, pause.period,
			   pause.sleep ? pause.pause : min_s64(pause.pause, 0));
		task_run(t, (sim_time)vm->machine->cost.dirty_pause);
		if (!pause.sleep) {
			dirty_pause_skipped(ts, &pause, pages_dirtied);
			return;
		}
		take_pause(t, &pass, &pause);
	} while (pass.task_ratelimit == 0 && p->wb_dirty > wb_stat_error(vm) && !t->killed);
}

void balance_dirty_pages_ratelimited(struct task *t, struct address_space *m)
{
	struct backing_dev_info *bdi = m->host->bdi;
	struct task_struct *ts = task_struct(t);
	struct writeback_domain *dom = task_vm(t)->wb_domain;
	struct dirty_cpu *cpu = &dom->cpu[t->cpu->id];
	int64_t ratelimit = ts->nr_dirtied_pause;

	if (!bdi)
		return;
	if (bdi->wb.dirty_exceeded)
		ratelimit = min_s64(ratelimit, FEW_WHEN_EXCEEDED);

	/* all writers of a CPU together do not run far ahead either */
	if (ts->nr_dirtied >= ratelimit) {
		cpu->bdp_ratelimits = 0;
	} else if (cpu->bdp_ratelimits >= (int64_t)dom->ratelimit_pages) {
		cpu->bdp_ratelimits = 0;
		ratelimit = 0;
	}
	if (cpu->dirty_throttle_leaks > 0 && ts->nr_dirtied < ratelimit) {
		int64_t taken = min_s64(cpu->dirty_throttle_leaks, ratelimit - ts->nr_dirtied);

		cpu->dirty_throttle_leaks -= taken;
		ts->nr_dirtied += taken;
	}
	if (ts->nr_dirtied >= ratelimit)
		balance_dirty_pages(t, &bdi->wb, ts->nr_dirtied);
}

void balance_dirty_task_exit(struct task *t)
{
	struct task_struct *ts = task_struct(t);

	task_vm(t)->wb_domain->cpu[t->cpu->id].dirty_throttle_leaks += ts->nr_dirtied;
	ts->nr_dirtied = 0;
}
