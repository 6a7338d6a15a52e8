/*
 * fs_writeback.c - writing inodes: one that somebody asks for, or those of a device in rounds
 *
 * An inode is held by I_SYNC while it is written.  A round takes what is due to b_io and writes it
 * inode by inode, a chunk of pages each; what is not done then waits on b_more_io for the next
 * round.  The lists are in inode_io_list.c, who asks for rounds is in flusher.c.
 */
#include "models/linux/stall.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/fs_writeback.h"

#define MIN_WRITEBACK_PAGES 1024 /* 4 MiB */
#define DIRTY_SCOPE         8    /* parts of the dirty limit: a chunk is one at most */

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

	enum stall_cause outer = stall_enter(t, STALL_WRITEBACK);

	t->waits_for = "an inode being written";
	task_wait(t, &inode->i_sync_wait, FOREVER);
	t->waits_for = NULL;
	stall_leave(t, outer);
}

static void inode_wait_for_writeback(struct task *t, struct inode *inode)
{
	while (inode->i_state & I_SYNC)
		inode_sleep_on_writeback(t, inode);
}

int64_t writeback_chunk_from(uint64_t avg_write_bandwidth, uint64_t dirty_limit, int64_t nr_pages)
{
	uint64_t pages = min_u64(avg_write_bandwidth / 2, dirty_limit / DIRTY_SCOPE);

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

	if (inode->i_state & I_FREEING)
		return; /* it is on no list any more */
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
	inode_wait_for_writeback(t, inode);
	if (!(inode->i_state & I_DIRTY) &&
	    !(all && xa_marked(&inode->mapping.i_pages, PAGECACHE_TAG_WRITEBACK)))
		return 0;
	inode->i_state |= I_SYNC;
	ret = __writeback_single_inode(t, inode, wbc);
	if (inode->i_state & I_FREEING)
		;
	else if (!(inode->i_state & I_DIRTY))
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

void inode_stop_writeback(struct task *t, struct inode *inode)
{
	if (list_linked(&inode->i_io_list))
		inode_io_list_del(inode, &inode->bdi->wb);
	inode_wait_for_writeback(t, inode);
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

int64_t wb_writeback(struct task *t, struct bdi_writeback *wb, struct wb_writeback_work *work)
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
