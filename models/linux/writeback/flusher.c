/*
 * flusher.c - the flusher of a device: what wakes it, and the work it is given
 *
 * It runs when it is given work, when dirty pages are over the background threshold, and every
 * dirty_writeback_centisecs to look for old inodes.
 */
#include "models/linux/alloc/node_stat.h"
#include "models/linux/stall.h"
#include "models/linux/storage/file.h"
#include "models/linux/tunables.h"
#include "models/linux/writeback/fs_writeback.h"

/* --- waking the flusher --- */

/* Now, even if a later run was planned.  True: a worker slept, and was woken. */
static bool wb_wakeup(struct bdi_writeback *wb)
{
	return requeue_work(&wb->dwork);
}

#define MAX_JIFFY_OFFSET ((uint64_t)(INT64_MAX >> 1) - 1) /* as good as never */

uint64_t jiffies_of_centisecs(int64_t centisecs)
{
	uint32_t ms = (uint32_t)centisecs * 10;

	return (int32_t)ms < 0 ? MAX_JIFFY_OFFSET : div_round_up(ms, 1000 / HZ);
}

void wb_wakeup_delayed(struct bdi_writeback *wb)
{
	int64_t period = wb->bdi->vm->sysctl.dirty_writeback_centisecs;

	queue_delayed_work(&wb->dwork, jiffies_of_centisecs(period));
}

static void wb_queue_work(struct bdi_writeback *wb, struct wb_writeback_work *work)
{
	TRACE_WORK(writeback_queue, wb, work);
	list_add_tail(&work->link, &wb->work_list);
	wb_wakeup(wb);
}

/* Queues work that lies on the caller's stack, and waits until it is done. */
static void wb_do_and_wait(struct task *t, struct bdi_writeback *wb, struct wb_writeback_work *work)
{
	struct wait_queue done_wait;
	struct wait_entry w;
	bool done = false;

	wait_queue_init(&done_wait);
	work->done = &done;
	work->done_wait = &done_wait;
	wb_queue_work(wb, work);
	wait_entry_init(&w, t);

	enum stall_cause outer = stall_enter(t, STALL_WRITEBACK);

	for (;;) {
		wait_prepare(&done_wait, &w, WAIT_SHARED);
		if (done)
			break;
		t->waits_for = "the flusher";
		task_block(t);
	}
	t->waits_for = NULL;
	stall_leave(t, outer);
	wait_finish(&w);
}

void wb_start_background_writeback(struct task *t, struct bdi_writeback *wb)
{
	const struct cost_table *cost = &task_vm(t)->machine->cost;
	sim_time ns = (sim_time)cost->flusher_start;

	trace_writeback_wake_background(t->sim, wb->bdi->id);
	if (wb_wakeup(wb))
		ns += (sim_time)cost->worker_wake;
	task_run(t, ns);
}

bool writeback_in_progress(const struct bdi_writeback *wb)
{
	return wb->state & WB_writeback_running;
}

static void wb_start_writeback(struct bdi_writeback *wb, enum wb_reason reason)
{
	if (!wb_has_dirty_io(wb) || (wb->state & WB_start_all))
		return;
	wb->state |= WB_start_all;
	wb->start_all_reason = reason;
	wb_wakeup(wb);
}

void wakeup_flusher_threads(struct linux_vm *vm, enum wb_reason reason)
{
	if (vm->sim->current)
		blk_flush_plug(vm->sim->current);
	for (int i = 0; i < vm->bdis->nr; i++)
		wb_start_writeback(&vm->bdis->bdi[i].wb, reason);
}

/* --- laptop mode --- */

static void laptop_mode_timer_fn(struct sim *s, struct timer *timer)
{
	(void)s;
	wb_start_writeback(&CONTAINER_OF(timer, struct backing_dev_info, laptop_mode_wb_timer)->wb,
			   WB_REASON_LAPTOP_TIMER);
}

void laptop_mode_init(struct backing_dev_info *bdi)
{
	timer_init(&bdi->laptop_mode_wb_timer, laptop_mode_timer_fn);
}

void laptop_io_completion(struct linux_vm *vm, int disk)
{
	int64_t seconds = vm->sysctl.laptop_mode;

	if (seconds)
		timer_mod(vm->sim, &vm->bdis->bdi[disk].laptop_mode_wb_timer,
			  jiffies(vm->sim) + (uint64_t)(seconds * HZ));
}

void laptop_sync_completion(struct linux_vm *vm)
{
	for (int i = 0; vm->sysctl.laptop_mode && i < vm->bdis->nr; i++)
		timer_del(vm->sim, &vm->bdis->bdi[i].laptop_mode_wb_timer);
}

/* --- the period --- */

int dirty_writeback_write(struct sim *s, void *object, const struct tunable *row,
			  const int64_t *values)
{
	struct linux_vm *vm = linux_vm(s);
	bool wake = values[0] && values[0] != vm->sysctl.dirty_writeback_centisecs;

	tunable_store(object, row, values);
	if (wake)
		wakeup_flusher_threads(vm, WB_REASON_PERIODIC);
	return 0;
}

/* --- the flusher --- */

/* What is to be written at most when everything is: dirty pages, and the inodes in use. */
static int64_t get_nr_dirty_pages(const struct linux_vm *vm)
{
	return (int64_t)global_node_page_state(vm, NR_FILE_DIRTY) + vm->files->n +
	       vm->wb_domain->inodes_in_use;
}

static int64_t wb_check_start_all(struct task *t, struct bdi_writeback *wb)
{
	struct wb_writeback_work work = { .nr_pages = get_nr_dirty_pages(task_vm(t)),
					  .range_cyclic = true,
					  .reason = wb->start_all_reason };
	int64_t wrote = 0;

	if (!(wb->state & WB_start_all))
		return 0;
	if (work.nr_pages)
		wrote = wb_writeback(t, wb, &work);
	wb->state &= ~(unsigned)WB_start_all;
	return wrote;
}

static int64_t wb_check_old_data_flush(struct task *t, struct bdi_writeback *wb)
{
	struct linux_vm *vm = task_vm(t);
	struct wb_writeback_work work = { .for_kupdate = true,
					  .range_cyclic = true,
					  .reason = WB_REASON_PERIODIC };
	uint64_t period = jiffies_of_centisecs(vm->sysctl.dirty_writeback_centisecs);

	if (!period || (int64_t)(jiffies(t->sim) - (wb->last_old_flush + period)) < 0)
		return 0;
	wb->last_old_flush = jiffies(t->sim);
	work.nr_pages = get_nr_dirty_pages(vm);
	return work.nr_pages ? wb_writeback(t, wb, &work) : 0;
}

static int64_t wb_check_background_flush(struct task *t, struct bdi_writeback *wb)
{
	struct wb_writeback_work work = { .nr_pages = INT64_MAX,
					  .for_background = true,
					  .range_cyclic = true,
					  .reason = WB_REASON_BACKGROUND };

	return wb_over_bg_thresh(wb) ? wb_writeback(t, wb, &work) : 0;
}

static int64_t wb_do_writeback(struct task *t, struct bdi_writeback *wb)
{
	int64_t wrote = 0;

	wb->state |= WB_writeback_running;
	while (!list_empty(&wb->work_list)) {
		struct wb_writeback_work *work =
		    LIST_FIRST(&wb->work_list, struct wb_writeback_work, link);

		list_del(&work->link);
		TRACE_WORK(writeback_exec, wb, work);
		wrote += wb_writeback(t, wb, work);
		*work->done = true;
		wake_up_all(t->sim, work->done_wait);
	}
	wrote += wb_check_start_all(t, wb);
	wrote += wb_check_old_data_flush(t, wb);
	wrote += wb_check_background_flush(t, wb);
	wb->state &= ~(unsigned)WB_writeback_running;
	return wrote;
}

static void wb_workfn(struct task *t, struct work *work)
{
	struct bdi_writeback *wb = CONTAINER_OF(work, struct bdi_writeback, dwork.work);

	do {
		trace_writeback_pages_written(t->sim, wb_do_writeback(t, wb));
	} while (!list_empty(&wb->work_list));
	if (wb_has_dirty_io(wb) && task_vm(t)->sysctl.dirty_writeback_centisecs)
		wb_wakeup_delayed(wb);
}

/*
 * The kernel's flushers are work of a queue that is bound to no CPU.  Ours stay on one: the first
 * on the last CPU, as writers begin at CPU 0.
 */
static struct worker_pool *flusher_pool(const struct backing_dev_info *bdi)
{
	int nr_cpus = bdi->vm->sim->nr_cpus;

	return &bdi->vm->wb_domain->pool[nr_cpus - 1 - bdi->id % nr_cpus];
}

void wb_init_flusher(struct bdi_writeback *wb)
{
	list_init(&wb->b_dirty);
	list_init(&wb->b_io);
	list_init(&wb->b_more_io);
	list_init(&wb->work_list);
	delayed_work_init(&wb->dwork, flusher_pool(wb->bdi), wb_workfn);
	wb->dwork.work.has_turn = true;
	wb->last_old_flush = jiffies(wb->bdi->vm->sim);
	wb_init_bw_work(wb);
}

void wb_start_flusher(struct bdi_writeback *wb)
{
	worker_pool_add(flusher_pool(wb->bdi));
}

/* --- all files of a device --- */

static bool bdi_has_dirty_io(const struct backing_dev_info *bdi)
{
	return bdi->tot_write_bandwidth != 0;
}

void writeback_inodes_sb(struct task *t, struct backing_dev_info *bdi, enum wb_reason reason)
{
	struct wb_writeback_work work = { .sync_mode = WB_SYNC_NONE,
					  .sb = true,
					  .tagged_writepages = true,
					  .nr_pages = get_nr_dirty_pages(task_vm(t)),
					  .reason = reason };

	if (bdi_has_dirty_io(bdi))
		wb_do_and_wait(t, &bdi->wb, &work);
}

/*
 * Waits for the pages that were under writeback when it was called.  The lock is for a second
 * caller: it would find nothing to wait for while the first one has the inodes on its list.
 */
static void wait_sb_inodes(struct task *t, struct bdi_writeback *wb)
{
	mutex_lock(t, &wb->s_sync_lock, "another sync");
	list_splice(&wb->inodes_wb, &wb->sync_list);
	while (!list_empty(&wb->sync_list)) {
		struct inode *inode = LIST_FIRST(&wb->sync_list, struct inode, i_wb_list);

		list_move_tail(&inode->i_wb_list, &wb->inodes_wb);
		if (!inode->is_blkdev)
			filemap_fdatawait_keep_errors(t, &inode->mapping);
	}
	mutex_unlock(t, &wb->s_sync_lock);
}

void sync_inodes_sb(struct task *t, struct backing_dev_info *bdi)
{
	struct wb_writeback_work work = { .sync_mode = WB_SYNC_ALL,
					  .sb = true,
					  .nr_pages = INT64_MAX,
					  .for_sync = true,
					  .reason = WB_REASON_SYNC };

	wb_do_and_wait(t, &bdi->wb, &work);
	wait_sb_inodes(t, &bdi->wb);
}
