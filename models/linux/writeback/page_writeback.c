/*
 * page_writeback.c - a page is dirty, is written, is clean; and the walk over a file
 *
 *	clean -> dirty -> chosen -> under writeback -> clean
 *
 * A page may become dirty again while it is under writeback and counts twice
 * then.  "Chosen" and "under writeback" follow each other under the page lock.
 */
#include <errno.h>

#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"

/* --- counters --- */

static struct bdi_writeback *mapping_wb(const struct address_space *m)
{
	return m->host && m->host->bdi ? &m->host->bdi->wb : NULL;
}

static void page_counters(struct linux_vm *vm, const struct page *page, struct node_stat **node,
			  struct zone_stat **zone)
{
	struct zone *z = page_zone(vm, page);

	*node = &z->node->stat;
	*zone = &z->stat;
}

static void folio_account_dirtied(struct task *t, struct page *page, struct bdi_writeback *wb)
{
	struct linux_vm *vm = wb->bdi->vm;
	struct node_stat *node;
	struct zone_stat *zone;

	page_counters(vm, page, &node, &zone);
	node->nr_dirty++;
	node->nr_dirtied++;
	zone->nr_zone_write_pending++;
	wb->stat.nr_reclaimable++;
	wb->stat.nr_dirtied++;
	vm->wb_domain->cpu[t->cpu->id].bdp_ratelimits++;
	if (t->kernel)
		task_struct(t)->nr_dirtied++;
}

/* A dirty page stops being dirty, whatever comes then. */
static void account_cleaned(struct linux_vm *vm, const struct page *page, struct bdi_writeback *wb)
{
	struct node_stat *node;
	struct zone_stat *zone;

	page_counters(vm, page, &node, &zone);
	node->nr_dirty--;
	zone->nr_zone_write_pending--;
	wb->stat.nr_reclaimable--;
}

/* --- states of a page --- */

bool set_page_dirty(struct task *t, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = page_mapping(vm, page);
	struct bdi_writeback *wb = m ? mapping_wb(m) : NULL;

	if (!(page->flags & PG_dirty))
		task_run(t, (sim_time)vm->machine->cost.page_dirty);
	page->flags &= ~(uint32_t)PG_reclaim;
	if (page->flags & PG_dirty)
		return false;
	page->flags |= PG_dirty;
	if (!m)
		return true;
	trace_writeback_dirty_folio(vm->sim, m->host->bdi ? m->host->bdi->id : -1, m->host->id,
				    (int64_t)page->index);
	if (wb)
		folio_account_dirtied(t, page, wb);
	xa_set_mark(&m->i_pages, page->index, PAGECACHE_TAG_DIRTY);
	mark_inode_dirty(vm, m->host, I_DIRTY_PAGES);
	return true;
}

bool clear_page_dirty_for_io(struct page *page, struct address_space *m)
{
	struct bdi_writeback *wb = mapping_wb(m);

	SIM_ASSERT(page->flags & PG_locked);
	if (!(page->flags & PG_dirty))
		return false;
	page->flags &= ~(uint32_t)PG_dirty;
	if (wb)
		account_cleaned(m->vm, page, wb);
	return true; /* the DIRTY mark stays until writeback starts */
}

void cancel_dirty_page(struct linux_vm *vm, struct page *page)
{
	struct address_space *m = page_mapping(vm, page);
	struct bdi_writeback *wb = m ? mapping_wb(m) : NULL;

	if (!(page->flags & PG_dirty))
		return;
	page->flags &= ~(uint32_t)PG_dirty;
	if (wb)
		account_cleaned(vm, page, wb);
}

void redirty_page_for_writepage(struct task *t, struct writeback_control *wbc, struct page *page)
{
	struct address_space *m = page_mapping(task_vm(t), page);
	struct bdi_writeback *wb = m ? mapping_wb(m) : NULL;
	struct node_stat *node;
	struct zone_stat *zone;

	wbc->pages_skipped++;
	if (!set_page_dirty(t, page) || !wb)
		return;
	page_counters(task_vm(t), page, &node, &zone);
	node->nr_dirtied--;
	wb->stat.nr_dirtied--;
	task_struct(t)->nr_dirtied--;
}

void set_page_writeback(struct address_space *m, struct page *page, bool keepwrite)
{
	struct bdi_writeback *wb = mapping_wb(m);
	struct node_stat *node;
	struct zone_stat *zone;

	SIM_ASSERT(!(page->flags & PG_writeback));
	page->flags |= PG_writeback;
	if (wb && !xa_marked(&m->i_pages, PAGECACHE_TAG_WRITEBACK)) {
		wb_inode_writeback_start(wb);
		list_add_tail(&m->host->i_wb_list, &wb->inodes_wb);
	}
	xa_set_mark(&m->i_pages, page->index, PAGECACHE_TAG_WRITEBACK);
	if (!(page->flags & PG_dirty))
		xa_clear_mark(&m->i_pages, page->index, PAGECACHE_TAG_DIRTY);
	if (!keepwrite)
		xa_clear_mark(&m->i_pages, page->index, PAGECACHE_TAG_TOWRITE);
	page_counters(m->vm, page, &node, &zone);
	node->nr_writeback++;
	zone->nr_zone_write_pending++;
	if (wb)
		wb->stat.nr_writeback++;
}

void end_page_writeback(struct linux_vm *vm, struct page *page)
{
	struct address_space *m = page_mapping(vm, page);
	struct bdi_writeback *wb = m ? mapping_wb(m) : NULL;
	const struct cpu *cpu = &vm->sim->cpus[wb_this_cpu(vm->sim)];
	struct pglist_data *pgdat = page_zone(vm, page)->node;
	struct node_stat *node;
	struct zone_stat *zone;

	if (page->flags & PG_reclaim) {
		page->flags &= ~(uint32_t)PG_reclaim;
		rotate_reclaimable_page(vm, cpu, page);
	}
	SIM_ASSERT(page->flags & PG_writeback);
	get_page(page); /* whoever waits may drop the last other reference */
	page->flags &= ~(uint32_t)PG_writeback;
	page_counters(vm, page, &node, &zone);
	node->nr_writeback--;
	node->nr_written++;
	zone->nr_zone_write_pending--;
	if (m)
		xa_clear_mark(&m->i_pages, page->index, PAGECACHE_TAG_WRITEBACK);
	if (wb) {
		wb->stat.nr_writeback--;
		wb_writeout_inc(wb);
		if (!xa_marked(&m->i_pages, PAGECACHE_TAG_WRITEBACK)) {
			wb_inode_writeback_end(wb);
			list_del(&m->host->i_wb_list);
		}
	}
	if (page->flags & PG_waiters)
		wake_up_page_bit(vm, page, PG_writeback);
	acct_writeback_throttled(vm, pgdat);
	put_page(vm, &vm->sim->cpus[cpu->id], page);
}

void mapping_set_error(struct address_space *m, int error)
{
	if (error == -ENOSPC)
		m->flags |= AS_ENOSPC;
	else if (error)
		m->flags |= AS_EIO;
}

int filemap_check_errors(struct address_space *m)
{
	int error = m->flags & AS_EIO ? -EIO : m->flags & AS_ENOSPC ? -ENOSPC : 0;

	m->flags &= ~(unsigned)(AS_EIO | AS_ENOSPC);
	return error;
}

/* --- bios of writeback --- */

static void end_bio_write(struct linux_vm *vm, struct bio *bio)
{
	for (int i = 0; i < bio->nr_pages; i++) {
		struct page *page = pfn_to_page(vm, bio->pfn[i]);

		if (bio->error) {
			page->flags |= PG_error;
			mapping_set_error(page_mapping(vm, page), bio->error);
		}
		end_page_writeback(vm, page);
	}
}

static unsigned wbc_to_write_flags(const struct writeback_control *wbc)
{
	if (wbc->sync_mode == WB_SYNC_ALL)
		return REQ_SYNC;
	return wbc->for_kupdate || wbc->for_background ? REQ_BACKGROUND : 0;
}

static struct bio *bio_for_write(const struct address_space *m, const struct writeback_control *wbc,
				 uint64_t sector)
{
	struct bio *bio = bio_alloc(m->host->bdi->q, DISK_WRITE, wbc_to_write_flags(wbc), sector);

	bio->end_io = end_bio_write;
	return bio;
}

/* A page, and nothing but it: what buffer heads make. */
static int block_write_full_page(struct task *t, struct page *page, struct writeback_control *wbc,
				 void *data)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = page_mapping(vm, page);
	uint64_t sector, contiguous;
	struct bio *bio;

	(void)data;
	if (!file_map_block(m->host, page->index, &sector, &contiguous)) {
		/* nothing on the disk belongs to it */
		set_page_writeback(m, page, false);
		unlock_page(vm, page);
		end_page_writeback(vm, page);
		return 0;
	}
	set_page_writeback(m, page, false);
	bio = bio_for_write(m, wbc, sector);
	bio_add_page(vm, bio, page_to_pfn(vm, page));
	submit_bio(t, bio);
	unlock_page(vm, page);
	return 0;
}

/* What mpage_writepages has gathered. */
struct mpage_data {
	struct bio *bio;
	uint64_t next_sector; /* where the next page would have to lie */
};

static void mpage_submit(struct task *t, struct mpage_data *mpd)
{
	struct bio *bio = mpd->bio;

	mpd->bio = NULL;
	if (bio)
		submit_bio(t, bio);
}

static int mpage_writepage(struct task *t, struct page *page, struct writeback_control *wbc,
			   void *data)
{
	struct mpage_data *mpd = data;
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = page_mapping(vm, page);
	uint64_t sector, contiguous;

	if (!file_map_block(m->host, page->index, &sector, &contiguous)) {
		mpage_submit(t, mpd);
		return block_write_full_page(t, page, wbc, NULL);
	}
	if (mpd->bio && sector != mpd->next_sector)
		mpage_submit(t, mpd);
	for (;;) {
		if (!mpd->bio)
			mpd->bio = bio_for_write(m, wbc, sector);
		if (bio_add_page(vm, mpd->bio, page_to_pfn(vm, page)))
			break;
		mpage_submit(t, mpd);
	}
	mpd->next_sector = sector + PAGE_SECTORS;
	set_page_writeback(m, page, false);
	unlock_page(vm, page);
	/* the last page of a stretch */
	if (contiguous == 1)
		mpage_submit(t, mpd);
	return 0;
}

/* --- the walk --- */

void tag_pages_for_writeback(struct task *t, struct address_space *m, uint64_t first, uint64_t last)
{
	const int resched_after = 4096;
	int tagged = 0;

	for (uint64_t i = first; xa_find_marked(&m->i_pages, &i, last, PAGECACHE_TAG_DIRTY); i++) {
		xa_set_mark(&m->i_pages, i, PAGECACHE_TAG_TOWRITE);
		if (++tagged % resched_after == 0)
			cond_resched(t);
		if (i == last)
			break;
	}
}

struct pagevec {
	struct page *page[PAGEVEC_SIZE];
	int nr;
};

/* The next marked pages with a reference each; *index is moved behind them. */
static void pagevec_lookup_range_tag(struct pagevec *pvec, struct address_space *m, uint64_t *index,
				     uint64_t end, enum xa_mark mark)
{
	uint64_t i = *index;
	xa_entry e;

	pvec->nr = 0;
	while (i <= end && (e = xa_find_marked(&m->i_pages, &i, end, mark))) {
		struct page *page = mapping_page(m, e);

		get_page(page);
		pvec->page[pvec->nr++] = page;
		if (pvec->nr == PAGEVEC_SIZE) {
			*index = i + 1;
			return;
		}
		if (i == UINT64_MAX)
			break;
		i++;
	}
	*index = end == UINT64_MAX ? UINT64_MAX : end + 1;
}

static void pagevec_release(struct task *t, struct pagevec *pvec)
{
	for (int i = 0; i < pvec->nr; i++)
		put_page(task_vm(t), t->cpu, pvec->page[i]);
	pvec->nr = 0;
}

/* Locks a page and takes it out of the dirty ones; false: it is unlocked again, nothing to do. */
static bool take_for_writing(struct task *t, struct address_space *m, struct page *page,
			     const struct writeback_control *wbc)
{
	struct linux_vm *vm = task_vm(t);

	task_run(t, (sim_time)vm->machine->cost.writeback_page);
	lock_page(t, page);
	if (page->mapping == m->id && (page->flags & PG_dirty)) {
		if ((page->flags & PG_writeback) && wbc->sync_mode != WB_SYNC_NONE)
			wait_on_page_writeback(t, page);
		if (!(page->flags & PG_writeback) && clear_page_dirty_for_io(page, m))
			return true;
	}
	unlock_page(vm, page);
	return false;
}

int write_cache_pages(struct task *t, struct address_space *m, struct writeback_control *wbc,
		      writepage_t *writepage, void *data)
{
	bool none = wbc->sync_mode == WB_SYNC_NONE;
	bool tagged = !none || wbc->tagged_writepages;
	bool range_whole =
	    !wbc->range_cyclic && wbc->range_start == 0 && wbc->range_end == INT64_MAX;
	uint64_t index =
	    wbc->range_cyclic ? m->writeback_index : (uint64_t)wbc->range_start >> PAGE_SHIFT;
	uint64_t end = wbc->range_cyclic ? UINT64_MAX : (uint64_t)wbc->range_end >> PAGE_SHIFT;
	uint64_t done_index = index;
	struct pagevec pvec = { .nr = 0 };
	bool done = false;
	int ret = 0;

	if (tagged)
		tag_pages_for_writeback(t, m, index, end);
	while (!done && index <= end) {
		pagevec_lookup_range_tag(&pvec, m, &index, end,
					 tagged ? PAGECACHE_TAG_TOWRITE : PAGECACHE_TAG_DIRTY);
		if (pvec.nr == 0)
			break;
		for (int i = 0; i < pvec.nr && !done; i++) {
			struct page *page = pvec.page[i];
			int error;

			done_index = page->index;
			if (!take_for_writing(t, m, page, wbc))
				continue;
			error = writepage(t, page, wbc, data);
			if (error == AOP_WRITEPAGE_ACTIVATE) {
				unlock_page(task_vm(t), page);
				error = 0;
			}
			if (error && !ret)
				ret = error;
			if (error && none) {
				done_index = page->index + 1;
				done = true;
			} else if (--wbc->nr_to_write <= 0 && none) {
				done = true;
			}
		}
		pagevec_release(t, &pvec);
		cond_resched(t);
	}
	/* the next walk begins at the start of the file, this one does not go round */
	if (wbc->range_cyclic && !done)
		done_index = 0;
	if (wbc->range_cyclic || (range_whole && wbc->nr_to_write > 0))
		m->writeback_index = done_index;
	return ret;
}

static int generic_writepage(struct task *t, struct page *page, struct writeback_control *wbc,
			     void *data)
{
	struct address_space *m = data;
	int error = block_write_full_page(t, page, wbc, NULL);

	mapping_set_error(m, error);
	return error;
}

int generic_writepages(struct task *t, struct address_space *m, struct writeback_control *wbc)
{
	int ret;

	if (m->flags & AS_NO_WRITEPAGE)
		return 0;
	blk_start_plug(t);
	ret = write_cache_pages(t, m, wbc, generic_writepage, m);
	blk_finish_plug(t);
	return ret;
}

int mpage_writepages(struct task *t, struct address_space *m, struct writeback_control *wbc)
{
	struct mpage_data mpd = { .bio = NULL };
	int ret;

	blk_start_plug(t);
	ret = write_cache_pages(t, m, wbc, mpage_writepage, &mpd);
	mpage_submit(t, &mpd);
	blk_finish_plug(t);
	return ret;
}

int do_writepages(struct task *t, struct address_space *m, struct writeback_control *wbc)
{
	struct bdi_writeback *wb = mapping_wb(m);
	int ret;

	if (wbc->nr_to_write <= 0 || !wb)
		return 0;
	wb_bandwidth_estimate_start(wb);
	if (m->host->is_blkdev)
		ret = generic_writepages(t, m, wbc);
	else
		ret = mpage_writepages(t, m, wbc);
	if ((int64_t)(jiffies(t->sim) - wb->bw_time_stamp) > BANDWIDTH_INTERVAL)
		wb_update_bandwidth(wb);
	return ret;
}

/* --- single pages --- */

int write_one_page(struct task *t, struct page *page, bool wait)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = page_mapping(vm, page);
	struct writeback_control wbc = { .sync_mode = WB_SYNC_ALL, .nr_to_write = 1 };
	int ret = 0;

	if (!(page->flags & PG_locked)) {
		kernel_bug(vm->sim, "write_one_page: the page is not locked");
		return 0;
	}
	if (wait)
		wait_on_page_writeback(t, page);
	if ((page->flags & PG_writeback) || !clear_page_dirty_for_io(page, m)) {
		unlock_page(vm, page);
	} else {
		get_page(page);
		ret = block_write_full_page(t, page, &wbc, NULL);
		if (ret == 0 && wait)
			wait_on_page_writeback(t, page);
		put_page(vm, t->cpu, page);
	}
	if (ret == 0 && wait)
		ret = filemap_check_errors(m);
	return ret;
}

int writepage_for_reclaim(struct task *t, struct address_space *m, struct page *page)
{
	struct writeback_control wbc = { .sync_mode = WB_SYNC_NONE,
					 .nr_to_write = SWAP_CLUSTER_MAX,
					 .range_end = INT64_MAX,
					 .for_reclaim = true };

	if (!clear_page_dirty_for_io(page, m))
		return AOP_WRITEPAGE_ACTIVATE;
	return block_write_full_page(t, page, &wbc, NULL);
}
