/*
 * fs_writeback.c - the flusher of a device, and the inodes it has before it
 *
 *	b_dirty ---(old enough, or asked for)---> b_io -> written -> clean
 *	   ^                                        |
 *	   |                                        +-> b_more_io: slice used up
 *	   +--- dirty again, or could not be written
 *
 * New entries go to the head of a list, the tail is served next.  The flusher
 * runs when it is given work, when dirty pages are over the background
 * threshold, and every dirty_writeback_centisecs to look for old inodes.
 */
#include "models/linux/alloc/node_stat.h"
#include "models/linux/storage/file.h"
#include "models/linux/tunables.h"
#include "models/linux/writeback/writeback.h"

#define MIN_WRITEBACK_PAGES 1024 /* 4 MiB */

/* A round, or several, of the flusher. */
struct wb_writeback_work {
	struct list link;
	int64_t nr_pages;
	bool sb; /* only files, not the device itself */
	enum writeback_sync_modes sync_mode;
	bool tagged_writepages, for_kupdate, range_cyclic, for_background, for_sync;
	enum wb_reason reason;
	bool *done; /* NULL: nobody waits */
	struct wait_queue *done_wait;
};

/* --- has dirty io --- */

bool wb_has_dirty_io(const struct bdi_writeback *wb)
{
	return wb->state & WB_has_dirty_io;
}

static bool bdi_has_dirty_io(const struct backing_dev_info *bdi)
{
	return bdi->tot_write_bandwidth != 0;
}

/* True if this was the first inode. */
static bool wb_io_lists_populated(struct bdi_writeback *wb)
{
	if (wb_has_dirty_io(wb))
		return false;
	wb->state |= WB_has_dirty_io;
	wb->bdi->tot_write_bandwidth += wb->avg_write_bandwidth;
	return true;
}

static void wb_io_lists_depopulated(struct bdi_writeback *wb)
{
	if (wb_has_dirty_io(wb) && list_empty(&wb->b_dirty) && list_empty(&wb->b_io) &&
	    list_empty(&wb->b_more_io)) {
		wb->state &= ~(unsigned)WB_has_dirty_io;
		wb->bdi->tot_write_bandwidth -= wb->avg_write_bandwidth;
	}
}

/* --- waking the flusher --- */

static void wb_run_flusher(struct bdi_writeback *wb)
{
	wb->dwork_pending = true;
	wake_up_all(wb->bdi->vm->sim, &wb->flusher_wait);
}

static void dwork_timer_fn(struct sim *s, struct timer *timer)
{
	(void)s;
	wb_run_flusher(CONTAINER_OF(timer, struct bdi_writeback, dwork_timer));
}

/* Now, even if a later run was planned. */
static void wb_wakeup(struct bdi_writeback *wb)
{
	timer_del(wb->bdi->vm->sim, &wb->dwork_timer);
	wb_run_flusher(wb);
}

#define MAX_JIFFY_OFFSET ((uint64_t)(INT64_MAX >> 1) - 1) /* as good as never */

/* In milliseconds of 32 bits, as the kernel has them: what looks negative is never. */
static uint64_t jiffies_of_centisecs(int64_t centisecs)
{
	uint32_t ms = (uint32_t)centisecs * 10;

	return (int32_t)ms < 0 ? MAX_JIFFY_OFFSET : div_round_up(ms, 1000 / HZ);
}

/* After the period, unless a run is planned already. */
static void wb_wakeup_delayed(struct bdi_writeback *wb)
{
	struct linux_vm *vm = wb->bdi->vm;
	uint64_t delay = jiffies_of_centisecs(vm->sysctl.dirty_writeback_centisecs);

	if (wb->dwork_pending || timer_pending(&wb->dwork_timer))
		return;
	if (delay == 0)
		wb_run_flusher(wb);
	else
		timer_mod(vm->sim, &wb->dwork_timer, jiffies(vm->sim) + delay);
}

#define TRACE_WORK(event, wb, work)                                                                \
	trace_##event((wb)->bdi->vm->sim, (wb)->bdi->id, (work)->nr_pages, (work)->sync_mode,      \
		      (work)->for_kupdate, (work)->range_cyclic, (work)->for_background,           \
		      (work)->reason)

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
	for (;;) {
		wait_prepare(&done_wait, &w, WAIT_SHARED);
		if (done)
			break;
		t->waits_for = "the flusher";
		task_block(t);
	}
	t->waits_for = NULL;
	wait_finish(&w);
}

void wb_start_background_writeback(struct bdi_writeback *wb)
{
	trace_writeback_wake_background(wb->bdi->vm->sim, wb->bdi->id);
	wb_wakeup(wb);
}

bool writeback_in_progress(const struct bdi_writeback *wb)
{
	return wb->state & WB_writeback_running;
}

void wakeup_flusher_threads(struct linux_vm *vm, enum wb_reason reason)
{
	if (vm->sim->current)
		blk_flush_plug(vm->sim->current);
	for (int i = 0; i < vm->bdis->nr; i++) {
		struct bdi_writeback *wb = &vm->bdis->bdi[i].wb;

		if (!wb_has_dirty_io(wb) || (wb->state & WB_start_all))
			continue;
		wb->state |= WB_start_all;
		wb->start_all_reason = reason;
		wb_wakeup(wb);
	}
}

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

/* --- lists --- */

static struct inode *list_inode(struct list *entry)
{
	return LIST_ENTRY(entry, struct inode, i_io_list);
}

static bool inode_io_list_move(struct inode *inode, struct bdi_writeback *wb, struct list *head)
{
	list_move(&inode->i_io_list, head);
	return wb_io_lists_populated(wb);
}

static void inode_io_list_del(struct inode *inode, struct bdi_writeback *wb)
{
	inode->i_state &= ~(unsigned)I_SYNC_QUEUED;
	list_del(&inode->i_io_list);
	wb_io_lists_depopulated(wb);
}

/* Back to b_dirty, which stays sorted by age: an inode older than the newest loses its age. */
static void redirty_tail(struct inode *inode, struct bdi_writeback *wb)
{
	if (!list_empty(&wb->b_dirty)) {
		const struct inode *newest = list_inode(wb->b_dirty.next);

		if ((int64_t)(inode->dirtied_when - newest->dirtied_when) < 0)
			inode->dirtied_when = jiffies(wb->bdi->vm->sim);
	}
	inode_io_list_move(inode, wb, &wb->b_dirty);
	inode->i_state &= ~(unsigned)I_SYNC_QUEUED;
}

static void requeue_io(struct inode *inode, struct bdi_writeback *wb)
{
	inode_io_list_move(inode, wb, &wb->b_more_io);
}

/* Somebody else writes the inode: it has its turn later. */
static void put_off(struct inode *inode, struct bdi_writeback *wb)
{
	requeue_io(inode, wb);
	trace_writeback_sb_inodes_requeue(wb->bdi->vm->sim, wb->bdi->id, inode->id, inode->i_state,
					  (int64_t)inode->dirtied_when);
}

/* Moves inodes dirtied not later than dirtied_before to b_io, the oldest to be served first. */
static int move_expired_inodes(struct bdi_writeback *wb, uint64_t dirtied_before)
{
	struct list moved_inodes;
	int moved = 0;

	list_init(&moved_inodes);
	while (!list_empty(&wb->b_dirty)) {
		struct inode *inode = list_inode(wb->b_dirty.prev);

		if ((int64_t)(inode->dirtied_when - dirtied_before) > 0)
			break;
		list_move(&inode->i_io_list, &moved_inodes);
		inode->i_state |= I_SYNC_QUEUED;
		moved++;
	}
	list_splice(&moved_inodes, &wb->b_io);
	return moved;
}

static void queue_io(struct bdi_writeback *wb, uint64_t dirtied_before, enum wb_reason reason)
{
	struct sim *s = wb->bdi->vm->sim;
	int moved;

	list_splice(&wb->b_more_io, &wb->b_io);
	moved = move_expired_inodes(wb, dirtied_before);
	trace_writeback_queue_io(s, wb->bdi->id, (int64_t)dirtied_before,
				 (int64_t)((jiffies(s) - dirtied_before) * 1000 / HZ), moved,
				 reason);
}

void mark_inode_dirty(struct linux_vm *vm, struct inode *inode, unsigned flags)
{
	struct bdi_writeback *wb;
	bool was_dirty = inode->i_state & I_DIRTY;

	if (!inode->bdi)
		return;
	trace_writeback_mark_inode_dirty(vm->sim, inode->bdi->id, inode->id, inode->i_state, flags);
	if ((inode->i_state & flags) == flags)
		return;
	inode->i_state |= flags;
	if (was_dirty || (inode->i_state & I_SYNC_QUEUED))
		return;
	wb = &inode->bdi->wb;
	inode->dirtied_when = jiffies(vm->sim);
	if (inode_io_list_move(inode, wb, &wb->b_dirty))
		wb_wakeup_delayed(wb);
	trace_writeback_dirty_inode_enqueue(vm->sim, inode->bdi->id, inode->id, inode->i_state,
					    (int64_t)inode->dirtied_when);
}

void inode_detach_writeback(struct inode *inode)
{
	SIM_ASSERT(!(inode->i_state & I_SYNC));
	if (list_linked(&inode->i_io_list))
		inode_io_list_del(inode, &inode->bdi->wb);
	if (list_linked(&inode->i_wb_list))
		list_del(&inode->i_wb_list);
	inode->i_state &= ~(unsigned)(I_DIRTY | I_SYNC_QUEUED);
}

/* --- one inode --- */

static void inode_sync_complete(struct linux_vm *vm, struct inode *inode)
{
	inode->i_state &= ~(unsigned)I_SYNC;
	wake_up_all(vm->sim, &inode->i_sync_wait);
}

/* Sleeps until somebody is done with the inode, once. */
static void inode_sleep_on_writeback(struct task *t, struct inode *inode)
{
	if (!(inode->i_state & I_SYNC))
		return;
	t->waits_for = "an inode being written";
	task_wait(t, &inode->i_sync_wait, FOREVER);
	t->waits_for = NULL;
}

int64_t writeback_chunk_from(uint64_t avg_write_bandwidth, uint64_t dirty_limit, int64_t nr_pages)
{
	uint64_t pages = min_u64(avg_write_bandwidth / 2, dirty_limit / 8);

	pages = min_u64(pages, (uint64_t)max_s64(nr_pages, 0));
	return (int64_t)((pages + MIN_WRITEBACK_PAGES) / MIN_WRITEBACK_PAGES * MIN_WRITEBACK_PAGES);
}

static int64_t writeback_chunk_size(const struct bdi_writeback *wb,
				    const struct wb_writeback_work *work)
{
	/* integrity and tagged writes have their own guard against going on forever */
	if (work->sync_mode == WB_SYNC_ALL || work->tagged_writepages)
		return INT64_MAX;
	return writeback_chunk_from(wb->avg_write_bandwidth, wb->bdi->vm->wb_domain->dirty_limit,
				    work->nr_pages);
}

static int64_t inode_age(const struct sim *s, const struct inode *inode)
{
	return (int64_t)(jiffies(s) - inode->dirtied_when) / HZ;
}

/* Writes the pages of an inode that the caller holds by I_SYNC, and settles what is still dirty. */
static int __writeback_single_inode(struct task *t, struct inode *inode,
				    struct writeback_control *wbc)
{
	struct address_space *m = &inode->mapping;
	struct sim *s = t->sim;
	int64_t nr_to_write = wbc->nr_to_write;
	int ret;

	trace_writeback_single_inode_start(s, inode->bdi->id, inode->id, inode->i_state,
					   (int64_t)inode->dirtied_when, inode_age(s, inode),
					   (int64_t)m->writeback_index, nr_to_write);
	ret = do_writepages(t, m, wbc);
	if (wbc->sync_mode == WB_SYNC_ALL && !wbc->for_sync) {
		int error = filemap_fdatawait(t, m);

		if (!ret)
			ret = error;
	}
	inode->i_state &= ~(unsigned)I_DIRTY;
	if (xa_marked(&m->i_pages, PAGECACHE_TAG_DIRTY))
		inode->i_state |= I_DIRTY_PAGES;
	trace_writeback_single_inode(s, inode->bdi->id, inode->id, inode->i_state,
				     (int64_t)inode->dirtied_when, inode_age(s, inode),
				     (int64_t)m->writeback_index, nr_to_write,
				     nr_to_write - wbc->nr_to_write);
	return ret;
}

/* The list for an inode the flusher is done with. */
static void requeue_inode(struct inode *inode, struct bdi_writeback *wb,
			  const struct writeback_control *wbc)
{
	bool dirty = inode->i_state & I_DIRTY;

	/* written once by this sync: not again */
	if (dirty && (wbc->sync_mode == WB_SYNC_ALL || wbc->tagged_writepages))
		inode->dirtied_when = jiffies(wb->bdi->vm->sim);
	if (wbc->pages_skipped) {
		if (dirty)
			redirty_tail(inode, wb);
		else
			inode_io_list_del(inode, wb);
	} else if (xa_marked(&inode->mapping.i_pages, PAGECACHE_TAG_DIRTY)) {
		if (wbc->nr_to_write <= 0)
			requeue_io(inode, wb);
		else
			redirty_tail(inode, wb);
	} else if (dirty) {
		redirty_tail(inode, wb);
	} else {
		inode_io_list_del(inode, wb);
	}
}

/* On demand, outside of the flusher. */
static int writeback_single_inode(struct task *t, struct inode *inode,
				  struct writeback_control *wbc)
{
	struct bdi_writeback *wb = &inode->bdi->wb;
	bool all = wbc->sync_mode == WB_SYNC_ALL;
	int ret;

	if ((inode->i_state & I_SYNC) && !all)
		return 0;
	while (inode->i_state & I_SYNC)
		inode_sleep_on_writeback(t, inode);
	if (!(inode->i_state & I_DIRTY) &&
	    !(all && xa_marked(&inode->mapping.i_pages, PAGECACHE_TAG_WRITEBACK)))
		return 0;
	inode->i_state |= I_SYNC;
	ret = __writeback_single_inode(t, inode, wbc);
	if (!(inode->i_state & I_DIRTY))
		inode_io_list_del(inode, wb);
	else if (!(inode->i_state & I_SYNC_QUEUED))
		redirty_tail(inode, wb);
	inode_sync_complete(task_vm(t), inode);
	return ret;
}

int sync_inode_metadata(struct task *t, struct inode *inode, bool wait)
{
	struct writeback_control wbc = { .sync_mode = wait ? WB_SYNC_ALL : WB_SYNC_NONE };

	return writeback_single_inode(t, inode, &wbc);
}

int write_inode_now(struct task *t, struct inode *inode, bool sync)
{
	struct writeback_control wbc = { .sync_mode = sync ? WB_SYNC_ALL : WB_SYNC_NONE,
					 .nr_to_write = INT64_MAX,
					 .range_end = INT64_MAX };

	return writeback_single_inode(t, inode, &wbc);
}

/* --- rounds --- */

static bool too_long(const struct sim *s, uint64_t start_time)
{
	return (int64_t)(jiffies(s) - start_time) > HZ / 10;
}

/* Gives the CPU away if others want it; what is plugged goes out before. */
static void yield_cpu(struct task *t)
{
	if (!cpu_need_resched(t->cpu))
		return;
	blk_flush_plug(t);
	cond_resched(t);
}

/* Writes inodes of b_io that are files, or devices.  Returns pages and clean inodes. */
static int64_t writeback_sb_inodes(struct task *t, struct bdi_writeback *wb, bool blkdev,
				   struct wb_writeback_work *work)
{
	struct linux_vm *vm = task_vm(t);
	struct writeback_control wbc = { .sync_mode = work->sync_mode,
					 .tagged_writepages = work->tagged_writepages,
					 .for_kupdate = work->for_kupdate,
					 .for_background = work->for_background,
					 .for_sync = work->for_sync,
					 .range_cyclic = work->range_cyclic,
					 .range_end = INT64_MAX,
					 .wb = wb };
	uint64_t start_time = jiffies(t->sim);
	int64_t total_wrote = 0;

	while (!list_empty(&wb->b_io)) {
		struct inode *inode = list_inode(wb->b_io.prev);
		int64_t chunk;

		if (inode->is_blkdev != blkdev) {
			if (!work->sb)
				break;
			redirty_tail(inode, wb);
			continue;
		}
		if (inode->i_state & I_SYNC) {
			if (wbc.sync_mode == WB_SYNC_ALL)
				inode_sleep_on_writeback(t, inode);
			else
				put_off(inode, wb);
			continue;
		}
		inode->i_state |= I_SYNC;
		chunk = writeback_chunk_size(wb, work);
		wbc.nr_to_write = chunk;
		wbc.pages_skipped = 0;
		__writeback_single_inode(t, inode, &wbc);
		work->nr_pages -= chunk - wbc.nr_to_write;
		total_wrote += max_s64(0, chunk - wbc.nr_to_write - wbc.pages_skipped);
		yield_cpu(t);
		if (!(inode->i_state & I_DIRTY))
			total_wrote++;
		requeue_inode(inode, wb, &wbc);
		inode_sync_complete(vm, inode);
		if (total_wrote && (too_long(t->sim, start_time) || work->nr_pages <= 0))
			break;
	}
	return total_wrote;
}

static int64_t __writeback_inodes_wb(struct task *t, struct bdi_writeback *wb,
				     struct wb_writeback_work *work)
{
	uint64_t start_time = jiffies(t->sim);
	int64_t wrote = 0;

	while (!list_empty(&wb->b_io)) {
		bool blkdev = list_inode(wb->b_io.prev)->is_blkdev;

		wrote += writeback_sb_inodes(t, wb, blkdev, work);
		if (wrote && (too_long(t->sim, start_time) || work->nr_pages <= 0))
			break;
	}
	return wrote;
}

static bool work_is_over(struct bdi_writeback *wb, const struct wb_writeback_work *work)
{
	if (work->nr_pages <= 0)
		return true;
	/* these two could go on forever: others first, they are started again afterwards */
	if ((work->for_background || work->for_kupdate) && !list_empty(&wb->work_list))
		return true;
	return work->for_background && !wb_over_bg_thresh(wb);
}

/* Returns the pages written. */
static int64_t wb_writeback(struct task *t, struct bdi_writeback *wb,
			    struct wb_writeback_work *work)
{
	const struct sysctl_vm *sysctl = &task_vm(t)->sysctl;
	int64_t nr_pages = work->nr_pages;
	uint64_t dirtied_before = jiffies(t->sim);

	blk_start_plug(t);
	while (!work_is_over(wb, work)) {
		int64_t progress;

		if (work->for_kupdate)
			dirtied_before =
			    jiffies(t->sim) - jiffies_of_centisecs(sysctl->dirty_expire_centisecs);
		else if (work->for_background)
			dirtied_before = jiffies(t->sim);
		TRACE_WORK(writeback_start, wb, work);
		task_run(t, (sim_time)task_vm(t)->machine->cost.writeback_round);
		if (list_empty(&wb->b_io))
			queue_io(wb, dirtied_before, work->reason);
		progress = work->sb ? writeback_sb_inodes(t, wb, false, work)
				    : __writeback_inodes_wb(t, wb, work);
		TRACE_WORK(writeback_written, wb, work);
		if (progress)
			continue;
		if (list_empty(&wb->b_more_io))
			break;
		TRACE_WORK(writeback_wait, wb, work);
		inode_sleep_on_writeback(t, list_inode(wb->b_more_io.prev));
	}
	blk_finish_plug(t);
	return nr_pages - work->nr_pages;
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

static void wb_workfn(struct task *t, struct bdi_writeback *wb)
{
	do {
		trace_writeback_pages_written(t->sim, wb_do_writeback(t, wb));
	} while (!list_empty(&wb->work_list));
	if (wb_has_dirty_io(wb) && task_vm(t)->sysctl.dirty_writeback_centisecs)
		wb_wakeup_delayed(wb);
}

static void flusher(struct task *t, void *arg)
{
	struct bdi_writeback *wb = arg;
	struct wait_entry w;

	task_struct(t)->flags |= PF_FLUSHER;
	wait_entry_init(&w, t);
	for (;;) {
		wait_prepare(&wb->flusher_wait, &w, WAIT_SHARED);
		while (!wb->dwork_pending) {
			task_block(t);
			wait_prepare(&wb->flusher_wait, &w, WAIT_SHARED);
		}
		wait_finish(&w);
		wb->dwork_pending = false; /* a wake from here on is another run */
		wb_workfn(t, wb);
	}
}

void wb_init_flusher(struct bdi_writeback *wb)
{
	list_init(&wb->b_dirty);
	list_init(&wb->b_io);
	list_init(&wb->b_more_io);
	list_init(&wb->work_list);
	wait_queue_init(&wb->flusher_wait);
	timer_init(&wb->dwork_timer, dwork_timer_fn);
	wb->last_old_flush = jiffies(wb->bdi->vm->sim);
}

/* The kernel lets its workers run where there is room: far from CPU 0, where writers begin. */
static struct cpu *flusher_cpu(const struct backing_dev_info *bdi)
{
	struct sim *s = bdi->vm->sim;

	return &s->cpus[s->nr_cpus - 1 - bdi->id % s->nr_cpus];
}

void wb_start_flusher(struct bdi_writeback *wb)
{
	struct linux_vm *vm = wb->bdi->vm;
	char *name = str_format("flush-%s", wb->bdi->name);

	wb->flusher = linux_kthread(vm, flusher_cpu(wb->bdi), name, flusher, wb);
	sim_free(name);
}

/* --- all files of a device --- */

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
