/*
 * fs_writeback.h - what inode_io_list.c, fs_writeback.c and flusher.c have of each other
 *
 * Like:        Linux 6.1, fs/fs-writeback.c
 */
#ifndef MMSIM_LINUX_FS_WRITEBACK_H
#define MMSIM_LINUX_FS_WRITEBACK_H

#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

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

#define TRACE_WORK(event, wb, work)                                                                \
	trace_##event((wb)->bdi->vm->sim, (wb)->bdi->id, (work)->nr_pages, (work)->sync_mode,      \
		      (work)->for_kupdate, (work)->range_cyclic, (work)->for_background,           \
		      (work)->reason)

/* --- inode_io_list.c --- */

static inline struct inode *list_inode(struct list *entry)
{
	return LIST_ENTRY(entry, struct inode, i_io_list);
}

/* Takes a clean inode off the lists; the last one takes its device's bandwidth with it. */
void inode_io_list_del(struct inode *inode, struct bdi_writeback *wb);
/* Back to b_dirty, which stays sorted by age: an inode older than the newest loses its age. */
void redirty_tail(struct inode *inode, struct bdi_writeback *wb);
/* To b_more_io: it goes on in the next round. */
void requeue_io(struct inode *inode, struct bdi_writeback *wb);
/* The same, for somebody else writes the inode: it has its turn later. */
void put_off(struct inode *inode, struct bdi_writeback *wb);
/* Makes b_io of what was left over, and of what was dirtied not later than that (jiffies). */
void queue_io(struct bdi_writeback *wb, uint64_t dirtied_before, enum wb_reason reason);

/* --- fs_writeback.c --- */

/* Rounds until the work is done, or nothing is left of it.  Returns the pages written. */
int64_t wb_writeback(struct task *t, struct bdi_writeback *wb, struct wb_writeback_work *work);

/* --- flusher.c --- */

/* In milliseconds of 32 bits, as the kernel has them: what looks negative is never. */
uint64_t jiffies_of_centisecs(int64_t centisecs);
/* Runs the flusher after dirty_writeback_centisecs, unless a run is planned already. */
void wb_wakeup_delayed(struct bdi_writeback *wb);
#endif
