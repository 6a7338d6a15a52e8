/*
 * inode_io_list.c - the dirty inodes of a device, by age
 *
 *	b_dirty ---(old enough, or asked for)---> b_io -> written -> clean
 *	   ^                                        |
 *	   |                                        +-> b_more_io: slice used up
 *	   +--- dirty again, or could not be written
 *
 * New entries go to the head of a list, the tail is served next.  A device counts with its write
 * bandwidth while one of the lists has an inode.
 */
#include "models/linux/storage/file.h"
#include "models/linux/writeback/fs_writeback.h"

/* --- has dirty io --- */

bool wb_has_dirty_io(const struct bdi_writeback *wb)
{
	return wb->state & WB_has_dirty_io;
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

/* --- lists --- */

static bool inode_io_list_move(struct inode *inode, struct bdi_writeback *wb, struct list *head)
{
	list_move(&inode->i_io_list, head);
	return wb_io_lists_populated(wb);
}

void inode_io_list_del(struct inode *inode, struct bdi_writeback *wb)
{
	inode->i_state &= ~(unsigned)I_SYNC_QUEUED;
	list_del(&inode->i_io_list);
	wb_io_lists_depopulated(wb);
}

void redirty_tail(struct inode *inode, struct bdi_writeback *wb)
{
	if (!list_empty(&wb->b_dirty)) {
		const struct inode *newest = list_inode(wb->b_dirty.next);

		if ((int64_t)(inode->dirtied_when - newest->dirtied_when) < 0)
			inode->dirtied_when = jiffies(wb->bdi->vm->sim);
	}
	inode_io_list_move(inode, wb, &wb->b_dirty);
	inode->i_state &= ~(unsigned)I_SYNC_QUEUED;
}

void requeue_io(struct inode *inode, struct bdi_writeback *wb)
{
	inode_io_list_move(inode, wb, &wb->b_more_io);
}

void put_off(struct inode *inode, struct bdi_writeback *wb)
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

void queue_io(struct bdi_writeback *wb, uint64_t dirtied_before, enum wb_reason reason)
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
	if (was_dirty || (inode->i_state & (I_SYNC_QUEUED | I_FREEING)))
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
