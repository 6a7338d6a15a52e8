/*
 * filemap_sync.c - those who want their data on the disk, and wait
 *
 * Writing is started page by page by the caller itself, in competition with
 * the flusher for page locks and request tags; then every page under
 * writeback is waited for.
 */
#include <errno.h>

#include "models/linux/pagecache/pagemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

static int filemap_fdatawrite_wbc(struct task *t, struct address_space *m,
				  struct writeback_control *wbc)
{
	if (!m->host->bdi || !xa_marked(&m->i_pages, PAGECACHE_TAG_DIRTY))
		return 0;
	return do_writepages(t, m, wbc);
}

static int fdatawrite_range(struct task *t, struct address_space *m, int64_t start, int64_t end,
			    enum writeback_sync_modes mode)
{
	struct writeback_control wbc = {
		.sync_mode = mode, .nr_to_write = INT64_MAX, .range_start = start, .range_end = end
	};

	return filemap_fdatawrite_wbc(t, m, &wbc);
}

int filemap_fdatawrite_range(struct task *t, struct address_space *m, int64_t start, int64_t end)
{
	return fdatawrite_range(t, m, start, end, WB_SYNC_ALL);
}

int filemap_fdatawrite(struct task *t, struct address_space *m)
{
	return fdatawrite_range(t, m, 0, INT64_MAX, WB_SYNC_ALL);
}

int filemap_flush(struct task *t, struct address_space *m)
{
	return fdatawrite_range(t, m, 0, INT64_MAX, WB_SYNC_NONE);
}

/* Waits for every page of the range that is under writeback. */
static void wait_range(struct task *t, struct address_space *m, int64_t start, int64_t end)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t index = (uint64_t)start >> PAGE_SHIFT, last = (uint64_t)end >> PAGE_SHIFT;
	struct page *pages[PAGEVEC_SIZE];
	bool drained = false;

	if (end < start)
		return;
	while (index <= last) {
		unsigned n = find_get_pages_range_tag(m, &index, last, PAGECACHE_TAG_WRITEBACK,
						      PAGEVEC_SIZE, pages);

		if (!n)
			break;
		for (unsigned i = 0; i < n; i++) {
			wait_on_page_writeback(t, pages[i]);
			pages[i]->flags &= ~(uint32_t)PG_error;
		}
		/* once, before references go: pages in the CPU's batches would be kept by those */
		if (!drained)
			lru_add_drain(vm, t->cpu);
		drained = true;
		for (unsigned i = 0; i < n; i++)
			put_page(vm, t->cpu, pages[i]);
		cond_resched(t);
	}
}

int filemap_fdatawait_range(struct task *t, struct address_space *m, int64_t start, int64_t end)
{
	wait_range(t, m, start, end);
	return filemap_check_errors(m);
}

int filemap_fdatawait(struct task *t, struct address_space *m)
{
	return filemap_fdatawait_range(t, m, 0, INT64_MAX);
}

int filemap_fdatawait_keep_errors(struct task *t, struct address_space *m)
{
	wait_range(t, m, 0, INT64_MAX);
	return m->flags & AS_EIO ? -EIO : m->flags & AS_ENOSPC ? -ENOSPC : 0;
}

int filemap_write_and_wait_range(struct task *t, struct address_space *m, int64_t start,
				 int64_t end)
{
	int error = 0, stored;

	if (m->nrpages) {
		error = filemap_fdatawrite_range(t, m, start, end);
		if (error != -EIO)
			wait_range(t, m, start, end);
	}
	stored = filemap_check_errors(m);
	return error ? error : stored;
}

int file_fdatawait_range(struct task *t, struct file *f, int64_t start, int64_t end)
{
	wait_range(t, &f->inode->mapping, start, end);
	return file_check_and_advance_wb_err(f);
}

int file_write_and_wait_range(struct task *t, struct file *f, int64_t start, int64_t end)
{
	struct address_space *m = &f->inode->mapping;
	int error = 0, stored;

	if (m->nrpages) {
		error = filemap_fdatawrite_range(t, m, start, end);
		if (error != -EIO)
			wait_range(t, m, start, end);
	}
	stored = file_check_and_advance_wb_err(f);
	return error ? error : stored;
}

static int fsync_range(struct task *t, struct file *f, int64_t start, int64_t end, bool datasync)
{
	struct inode *inode = f->inode;
	int error;

	if (!inode->bdi)
		return 0; /* no disk: nothing can be safer than it is */
	error = file_write_and_wait_range(t, f, start, end);
	/* a device has no inode to write */
	if (!error && !inode->is_blkdev && (inode->i_state & I_DIRTY) &&
	    (!datasync || (inode->i_state & I_DIRTY_DATASYNC)))
		error = sync_inode_metadata(t, inode, true);
	if (!error)
		error = blkdev_issue_flush(t, inode->bdi->q);
	return error;
}

int vfs_fsync_range(struct task *t, struct file *f, int64_t start, int64_t end, bool datasync)
{
	struct linux_vm *vm = task_vm(t);
	struct inode *inode = f->inode;
	sim_time since = sim_now(t->sim);
	int64_t took;
	int error;

	task_struct(t)->fsync_since = max_u64(since, 1);
	error = fsync_range(t, f, start, end, datasync);
	task_struct(t)->fsync_since = 0;
	took = (int64_t)(sim_now(t->sim) - since);
	vm->stat.sim_fsyncs++;
	vm->stat.sim_fsync_ns += took;
	trace_sim_fsync(vm->sim, inode->bdi ? inode->bdi->id : -1, inode->id, took, error);
	return error;
}

void fsync_update_stats(struct linux_vm *vm)
{
	sim_time now = sim_now(vm->sim);
	int64_t oldest = 0;

	LIST_FOR_EACH (pos, &vm->sim->tasks) {
		const struct task_struct *p = LIST_ENTRY(pos, struct task, link)->kernel;

		if (p && p->fsync_since && p->fsync_since < now)
			oldest = max_s64(oldest, (int64_t)(now - p->fsync_since));
	}
	vm->stat.sim_fsync_age_ns = oldest;
}

int vfs_fsync(struct task *t, struct file *f, bool datasync)
{
	return vfs_fsync_range(t, f, 0, INT64_MAX, datasync);
}

int sync_file_range(struct task *t, struct file *f, int64_t offset, int64_t nbytes, unsigned flags)
{
	const unsigned all =
	    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
	struct address_space *m = &f->inode->mapping;
	int64_t end;
	int error = 0;

	if (flags & ~all || offset < 0 || nbytes < 0 || nbytes > INT64_MAX - offset)
		return -EINVAL;
	end = nbytes ? offset + nbytes - 1 : INT64_MAX;
	if (flags & SYNC_FILE_RANGE_WAIT_BEFORE)
		error = file_fdatawait_range(t, f, offset, end);
	if (!error && (flags & SYNC_FILE_RANGE_WRITE))
		error =
		    fdatawrite_range(t, m, offset, end, flags == all ? WB_SYNC_ALL : WB_SYNC_NONE);
	if (!error && (flags & SYNC_FILE_RANGE_WAIT_AFTER))
		error = file_fdatawait_range(t, f, offset, end);
	return error;
}

/*
 * The block device itself, seen as a file; several inodes may stand for one device.  The list of
 * these inodes begins with the latest.
 */
static void each_blkdev(struct task *t, const struct backing_dev_info *bdi, bool wait)
{
	struct linux_vm *vm = task_vm(t);

	for (int i = vm->files->n - 1; i >= 0; i--) {
		struct inode *inode = vm->files->inodes[i];

		if (!inode->is_blkdev || (bdi && inode->bdi != bdi))
			continue;
		if (wait)
			filemap_fdatawait_keep_errors(t, &inode->mapping);
		else
			filemap_fdatawrite(t, &inode->mapping);
	}
}

/* Whether a file system is on the device.  Else there is no super block whose flusher is asked. */
static bool has_sb(const struct linux_vm *vm, const struct backing_dev_info *bdi)
{
	for (int i = 0; i < vm->files->n; i++)
		if (vm->files->inodes[i]->bdi == bdi && !vm->files->inodes[i]->is_blkdev)
			return true;
	return false;
}

void ksys_sync(struct task *t)
{
	struct linux_vm *vm = task_vm(t);

	wakeup_flusher_threads(vm, WB_REASON_SYNC);
	for (int i = 0; i < vm->bdis->nr; i++)
		if (has_sb(vm, &vm->bdis->bdi[i]))
			sync_inodes_sb(t, &vm->bdis->bdi[i]);
	each_blkdev(t, NULL, false);
	each_blkdev(t, NULL, true);
	laptop_sync_completion(vm);
}

int ksys_syncfs(struct task *t, struct file *f)
{
	struct backing_dev_info *bdi = f->inode->bdi;

	if (!bdi)
		return 0;
	writeback_inodes_sb(t, bdi, WB_REASON_SYNC);
	sync_inodes_sb(t, bdi);
	each_blkdev(t, bdi, false);
	each_blkdev(t, bdi, true);
	return errseq_check_and_advance(&bdi->s_wb_err, &f->f_sb_err);
}
