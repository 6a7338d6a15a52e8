/*
 * page_io.c - pages to and from swap
 *
 * Each page is a bio of its own; neighbours become one request in the plug of who submits them.
 * Dirty anonymous pages belong to no device: neither dirty limits nor the flusher know of them.
 *
 * Like:        Linux 6.1, mm/page_io.c
 * Left out:    swap over a network, devices that read and write at once (zram)
 */
#include <inttypes.h>

#include "models/linux/pagecache/pagemap.h"
#include "models/linux/printk.h"
#include "models/linux/storage/blk.h"
#include "models/linux/storage/file.h"
#include "models/linux/swap/internal.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

/* Where a page lies on its disk. */
static uint64_t swap_page_sector(const struct swap_info_struct *si, uint32_t offset)
{
	uint64_t sector;

	if (!si->inode)
		return si->first_sector + offset * SECTORS_PER_PAGE;
	SIM_ASSERT(file_find_block(si->inode, offset, &sector));
	return sector;
}

/* Says that a page went wrong, by the number of its disk and, as the kernel does, the sector behind
 * it. */
static void complain(struct linux_vm *vm, const struct bio *bio, const char *what,
		     struct ratelimit_state *rs)
{
	if (__ratelimit(vm, rs))
		printk_f(vm, LOGLEVEL_ALERT, "%s-error on swap-device (%d:%d:%" PRIu64 ")\n", what,
			 SD_MAJOR, SD_MINORS * (int)(bio->q->disk - vm->machine->disks),
			 (uint64_t)(bio->sector + (uint64_t)bio->nr_pages * SECTORS_PER_PAGE));
}

static struct bio *swap_bio(struct linux_vm *vm, struct page *page, enum disk_op op)
{
	swp_entry_t entry = { page_swap_entry(page) };
	const struct swap_info_struct *si = swp_swap_info(vm, entry);
	/* reads have the mark, too, by which their ends are told from those of files */
	struct bio *bio = bio_alloc(si->q, op, REQ_SWAP, swap_page_sector(si, swp_offset(entry)));

	for (uint64_t i = 0; i < folio_nr_pages(page); i++)
		bio_add_page(vm, bio, page_to_pfn(vm, page + i));
	return bio;
}

/* --- writing --- */

static void end_swap_bio_write(struct linux_vm *vm, struct bio *bio)
{
	struct page *page = pfn_to_page(vm, bio->pfn[0]);

	if (bio->error) {
		/* it must not be freed: dirty again, and not to the tail of its list */
		page->flags |= PG_error | PG_dirty;
		page->flags &= ~(uint32_t)PG_reclaim;
		complain(vm, bio, "Write", &vm->swap->write_error);
	}
	end_page_writeback(vm, page);
}

int swap_writepage(struct task *t, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	int64_t nr = (int64_t)folio_nr_pages(page);
	swp_entry_t entry = { page_swap_entry(page) };
	struct bio *bio;

	if (folio_free_swap(vm, t->cpu, page)) {
		unlock_page(vm, page);
		return 0;
	}
	bio = swap_bio(vm, page, DISK_WRITE);
	bio->end_io = end_swap_bio_write;
	if (nr > 1)
		vm->stat.thp_swpout++;
	vm->stat.pswpout += nr;
	swp_swap_info(vm, entry)->stat.pages_out += nr;
	set_page_writeback(swap_address_space(vm, entry), page, false);
	unlock_page(vm, page);
	might_sleep(t); /* the memory of a bio */
	task_run(t, (sim_time)(vm->machine->cost.swap_page + vm->machine->cost.swapout_page) +
			swap_slots_cost(vm, t->cpu));
	submit_bio(t, bio);
	return 0;
}

/* --- reading --- */

/* Somebody who waits for one read; lies on his stack. */
struct read_wait {
	struct wait_queue wait;
	bool done;
};

static void end_swap_bio_read(struct linux_vm *vm, struct bio *bio)
{
	struct read_wait *w = bio->private;

	if (bio->error)
		complain(vm, bio, "Read", &vm->swap->read_error);
	page_end_read(vm, pfn_to_page(vm, bio->pfn[0]), !bio->error);
	if (w) {
		w->done = true;
		wake_up_all(vm->sim, &w->wait);
	}
}

static void wait_for_read(struct task *t, struct read_wait *w)
{
	struct wait_entry entry;

	wait_entry_init(&entry, t);
	task_run(t, (sim_time)task_vm(t)->machine->cost.swapin_wait);
	for (;;) {
		wait_prepare(&w->wait, &entry, WAIT_SHARED);
		if (w->done)
			break;
		t->waits_for = "page of swap";
		io_schedule(t);
	}
	t->waits_for = NULL;
	wait_finish(&entry);
}

void swap_readpage(struct task *t, struct page *page, bool synchronous)
{
	struct linux_vm *vm = task_vm(t);
	swp_entry_t entry = { page_swap_entry(page) };
	struct bio *bio = swap_bio(vm, page, DISK_READ);
	struct read_wait w = { .done = false };
	enum stall_cause outer = stall_enter(t, STALL_SWAPIN);

	SIM_ASSERT((page->flags & PG_locked) && !(page->flags & PG_uptodate));
	bio->end_io = end_swap_bio_read;
	if (synchronous) {
		wait_queue_init(&w.wait);
		bio->private = &w;
	}
	vm->stat.pswpin++;
	swp_swap_info(vm, entry)->stat.pages_in++;
	if (page->flags & PG_workingset)
		task_run(t, (sim_time)vm->machine->cost.memstall);
	if (!synchronous)
		might_sleep(t); /* the memory of a bio; who waits has it on his stack */
	task_run(t, (sim_time)vm->machine->cost.swap_page + swap_slots_cost(vm, t->cpu));
	submit_bio(t, bio);
	if (synchronous)
		wait_for_read(t, &w);
	stall_leave(t, outer);
}
