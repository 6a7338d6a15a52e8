/*
 * direct_io.c - requests of programs that do not want the cache
 *
 * The cache must not hold anything newer than the disk when a request starts,
 * nor anything older when a write has ended: so dirty pages are written first,
 * and a write throws pages out before and after.
 */
#include <errno.h>

#include "models/linux/pagecache/direct_io.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/stall.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

/* A request of a program: its bios, and who waits for them. */
struct dio {
	struct inode *inode;
	enum disk_op op;
	struct bio *bio; /* being filled; NULL: none */
	uint64_t next_sector;
	int remaining; /* bios in flight */
	int error;     /* the first one */
	struct wait_queue wait;
};

static void dio_end_io(struct linux_vm *vm, struct bio *bio)
{
	struct dio *dio = bio->private;

	if (bio->error && !dio->error)
		dio->error = bio->error;
	if (--dio->remaining == 0)
		wake_up_all(vm->sim, &dio->wait);
}

static void dio_submit(struct task *t, struct dio *dio)
{
	struct bio *bio = dio->bio;

	dio->bio = NULL;
	if (bio)
		submit_bio(t, bio);
}

static void dio_add_page(struct task *t, struct dio *dio, uint64_t sector)
{
	struct linux_vm *vm = task_vm(t);
	/* no frame: pages of the buffer never follow each other */
	const uint32_t buffer = 0;

	if (dio->bio && (sector != dio->next_sector || !bio_add_page(vm, dio->bio, buffer)))
		dio_submit(t, dio);
	if (!dio->bio) {
		/* who waits for a direct write is not held back by writeback throttling */
		dio->bio = bio_alloc(dio->inode->bdi->q, dio->op,
				     dio->op == DISK_WRITE ? REQ_SYNC | REQ_IDLE : 0, sector);
		dio->bio->private = dio;
		dio->bio->end_io = dio_end_io;
		dio->remaining++;
		bio_add_page(vm, dio->bio, buffer);
	}
	dio->next_sector = sector + SECTORS_PER_PAGE;
}

/* A place for a page that is written.  False: the cache must do it, or there is none (*error). */
static bool dio_fill_hole(struct linux_vm *vm, struct inode *inode, uint64_t index, int *error)
{
	uint64_t sector;

	if (file_find_block(inode, index, &sector))
		return true;
	if (index << PAGE_SHIFT < inode->i_size && !inode->fs->unwritten)
		return false;
	*error = file_allocate_block(vm, inode, index);
	return *error == 0;
}

/* Pages first..last, each in a bio.  Returns the page where it stopped: last + 1, or earlier. */
static uint64_t dio_submit_pages(struct task *t, struct dio *dio, uint64_t first, uint64_t last)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t index = first, sector;
	int error = 0;

	blk_start_plug(t);
	for (; index <= last; index++) {
		if (dio->op == DISK_WRITE && !dio_fill_hole(vm, dio->inode, index, &error))
			break;
		if (file_find_block(dio->inode, index, &sector))
			dio_add_page(t, dio, sector);
		else
			task_run(t, (sim_time)vm->machine->cost.page_zero);
	}
	dio_submit(t, dio);
	blk_finish_plug(t);
	if (error && index == first)
		dio->error = error;
	return index;
}

static void dio_wait(struct task *t, struct dio *dio)
{
	struct wait_entry w;

	wait_entry_init(&w, t);

	enum stall_cause outer = stall_enter(t, STALL_IO);

	for (;;) {
		wait_prepare(&dio->wait, &w, WAIT_SHARED);
		if (!dio->remaining)
			break;
		t->waits_for = "direct I/O";
		io_schedule(t);
	}
	t->waits_for = NULL;
	stall_leave(t, outer);
	wait_finish(&w);
}

/* Reads or writes count bytes at pos, as far as the disk does it.  Bytes, or an error. */
static int64_t dio_rw(struct task *t, struct inode *inode, enum disk_op op, int64_t pos,
		      bytes_t count)
{
	struct dio dio = { .inode = inode, .op = op };
	uint64_t first = (uint64_t)pos >> PAGE_SHIFT;
	uint64_t last = ((uint64_t)pos + count - 1) >> PAGE_SHIFT;
	uint64_t stop;

	wait_queue_init(&dio.wait);
	stop = dio_submit_pages(t, &dio, first, last);
	dio_wait(t, &dio);
	if (dio.error)
		return dio.error;
	if (stop == first)
		return 0;
	return (int64_t)min_u64(count, (stop << PAGE_SHIFT) - (uint64_t)pos);
}

bool dio_overwrites(const struct inode *inode, int64_t pos, bytes_t count)
{
	uint64_t end = (uint64_t)pos + count, index = (uint64_t)pos >> PAGE_SHIFT;
	uint64_t last = (end - 1) >> PAGE_SHIFT, sector, n;

	if (inode->is_blkdev)
		return true;
	if (end > inode->i_size)
		return false;
	for (; index <= last; index += n)
		if (!file_map_block(inode, index, &sector, &n))
			return false;
	return true;
}

static int64_t direct_read_locked(struct task *t, struct inode *inode, int64_t pos, bytes_t count)
{
	int r;

	if ((uint64_t)pos >= inode->i_size)
		return 0;
	r = filemap_write_and_wait_range(t, &inode->mapping, pos, pos + (int64_t)count - 1);
	if (r)
		return r;
	return dio_rw(t, inode, DISK_READ, pos, min_u64(count, inode->i_size - (uint64_t)pos));
}

int64_t generic_file_direct_read(struct task *t, struct file *f, int64_t *pos, bytes_t count)
{
	struct inode *inode = f->inode;
	int64_t n;

	if (((uint64_t)*pos | count) & (DIO_ALIGN - 1))
		return -EINVAL;
	if (!count)
		return 0;
	if (!inode->is_blkdev)
		inode_lock_shared(t, inode);
	n = direct_read_locked(t, inode, *pos, count);
	if (!inode->is_blkdev)
		inode_unlock_shared(t, inode);
	if (n > 0)
		*pos += n;
	return n;
}

int64_t generic_file_direct_write(struct task *t, struct file *f, int64_t pos, bytes_t count)
{
	struct inode *inode = f->inode;
	struct address_space *m = &inode->mapping;
	int64_t end = pos + (int64_t)count - 1, n;
	int r;

	if (((uint64_t)pos | count) & (DIO_ALIGN - 1))
		return -EINVAL;
	r = filemap_write_and_wait_range(t, m, pos, end);
	if (r)
		return r;
	r = invalidate_inode_pages2_range(t, m, (uint64_t)pos >> PAGE_SHIFT,
					  (uint64_t)end >> PAGE_SHIFT);
	if (r)
		return r == -EBUSY ? 0 : r;
	n = dio_rw(t, inode, DISK_WRITE, pos, count);
	/* what was read or mapped meanwhile is stale; if it cannot go, whoever syncs hears of it */
	if (n > 0 && m->nrpages &&
	    invalidate_inode_pages2_range(t, m, (uint64_t)pos >> PAGE_SHIFT,
					  (uint64_t)end >> PAGE_SHIFT))
		mapping_set_error(m, -EIO);
	if (n > 0 && (uint64_t)(pos + n) > inode->i_size)
		inode->i_size = (uint64_t)(pos + n);
	return n;
}
