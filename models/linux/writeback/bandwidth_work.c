/*
 * bandwidth_work.c - the estimate of a device's bandwidth, some time after an inode was written
 *
 * Writers and the flusher keep the estimate up to date while they are busy.  200 ms after the last
 * page of an inode was written a worker does, so that what was written then counts.  It is a task:
 * of it and a writer whose pause ends at the same tick either may be first.
 *
 * Like:        Linux 6.1, mm/page-writeback.c: wb_inode_writeback_end; mm/backing-dev.c: bw_dwork
 */
#include "models/linux/task.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"

static void wb_update_bandwidth_workfn(struct task *t, struct work *work)
{
	wb_update_bandwidth(CONTAINER_OF(work, struct bdi_writeback, bw_dwork.work));
	task_run(t, (sim_time)task_vm(t)->machine->cost.bandwidth_work);
}

void wb_init_bw_work(struct bdi_writeback *wb)
{
	delayed_work_init(&wb->bw_dwork, wb->dwork.work.pool, wb_update_bandwidth_workfn);
}

void wb_inode_writeback_start(struct bdi_writeback *wb)
{
	wb->writeback_inodes++;
}

void wb_inode_writeback_end(struct bdi_writeback *wb)
{
	SIM_ASSERT(wb->writeback_inodes > 0);
	wb->writeback_inodes--;
	queue_delayed_work(&wb->bw_dwork, BANDWIDTH_INTERVAL);
}
