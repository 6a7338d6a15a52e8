/*
 * page_writeback.c - a page is dirty, is written, is clean; and the walk over a file
 *
 *	clean -> dirty -> chosen -> under writeback -> clean
 *
 * A page may become dirty again while it is under writeback and counts twice
 * then.  "Chosen" and "under writeback" follow each other under the page lock.
 */
#include <errno.h>

#include "models/linux/alloc/node_stat.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"

/* --- counters --- */

static struct bdi_writeback *mapping_wb(const struct address_space *m)
{
	return m->host && m->host->bdi ? &m->host->bdi->wb : NULL;
}

static void folio_account_dirtied(struct task *t, struct page *page, struct bdi_writeback *wb)
{
	struct linux_vm *vm = wb->bdi->vm;
	struct zone *zone = page_zone(vm, page);
	int64_t nr = (int64_t)folio_nr_pages(page);

	mod_node_page_state(zone->node, NR_FILE_DIRTY, nr);
	zone->stat.nr_zone_write_pending += nr;
	mod_node_page_state(zone->node, NR_DIRTIED, nr);
	wb_stat_mod(wb, WB_RECLAIMABLE, nr);
	wb_stat_mod(wb, WB_DIRTIED, nr);
	vm->wb_domain->cpu[t->cpu->id].bdp_ratelimits += (int)nr;
	if (t->kernel)
		task_struct(t)->nr_dirtied += nr;
}

/* A dirty page stops being dirty, whatever comes then. */
static void account_cleaned(struct linux_vm *vm, const struct page *page, struct bdi_writeback *wb)
{
	struct zone *zone = page_zone(vm, page);
	int64_t nr = (int64_t)folio_nr_pages(page);

	mod_node_page_state(zone->node, NR_FILE_DIRTY, -nr);
	zone->stat.nr_zone_write_pending -= nr;
	wb_stat_mod(wb, WB_RECLAIMABLE, -nr);
}

/* Marks stand at every page of a folio; the swap cache has none. */
static void folio_set_mark(struct address_space *m, const struct page *folio, enum xa_mark mark)
{
	if (m->flags & AS_SWAP)
		return;
	for (uint64_t i = 0, nr = folio_nr_pages(folio); i < nr; i++)
		xa_set_mark(&m->i_pages, folio->index + i, mark);
}

static void folio_clear_mark(struct address_space *m, const struct page *folio, enum xa_mark mark)
{
	if (m->flags & AS_SWAP)
		return;
	for (uint64_t i = 0, nr = folio_nr_pages(folio); i < nr; i++)
		xa_clear_mark(&m->i_pages, folio->index + i, mark);
}

/* --- states of a page --- */

/* A page of a program, shared or not, counts for no limit, and nobody is told. */
static bool set_anon_page_dirty(struct page *page)
{
	bool was = page->flags & PG_dirty;

	if ((page->flags & PG_swapcache) || !(page->flags & PG_anon))
		page->flags &= ~(uint32_t)PG_reclaim;
	page->flags |= PG_dirty;
	return !was;
}

bool set_page_dirty(struct task *t, struct page *page)
{
	struct linux_vm *vm = task_vm(t);

	page = page_folio(page);
	if ((page->flags & (PG_anon | PG_swapcache)) || (page->mapping & AS_SHMEM_ID))
		return set_anon_page_dirty(page);

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
	folio_set_mark(m, page, PAGECACHE_TAG_DIRTY);
	mark_inode_dirty(vm, m->host, I_DIRTY_PAGES);
	return true;
}

bool clear_page_dirty_for_io(struct task *t, struct page *page, struct address_space *m)
{
	struct bdi_writeback *wb = mapping_wb(m);
	int cleaned;

	SIM_ASSERT(page->flags & PG_locked);
	/* stores from now on must be seen: they take a fault first */
	cleaned = (m->flags & AS_SWAP) || !page_mapped(page) ? 0 : folio_mkclean(t, page);
	if (cleaned) {
		set_page_dirty(t, page);
		task_run(t, (sim_time)m->vm->machine->cost.tlb_flush * (unsigned)cleaned);
	}
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
	int64_t nr = (int64_t)folio_nr_pages(page);

	wbc->pages_skipped++;
	if (!set_page_dirty(t, page) || !wb)
		return;
	mod_node_page_state(page_zone(task_vm(t), page)->node, NR_DIRTIED, -nr);
	wb_stat_mod(wb, WB_DIRTIED, -nr);
	task_struct(t)->nr_dirtied -= nr;
}

void set_page_writeback(struct address_space *m, struct page *page, bool keepwrite)
{
	struct bdi_writeback *wb = mapping_wb(m);
	struct zone *zone = page_zone(m->vm, page);
	int64_t nr = (int64_t)folio_nr_pages(page);

	SIM_ASSERT(!(page->flags & PG_writeback));
	page->flags |= PG_writeback;
	if (wb && !xa_marked(&m->i_pages, PAGECACHE_TAG_WRITEBACK)) {
		wb_inode_writeback_start(wb);
		list_add_tail(&m->host->i_wb_list, &wb->inodes_wb);
		trace_sb_mark_inode_writeback(m->vm->sim, wb->bdi->id, m->host->id,
					      m->host->i_state, (int64_t)m->host->dirtied_when);
	}
	folio_set_mark(m, page, PAGECACHE_TAG_WRITEBACK);
	if (!(page->flags & PG_dirty))
		folio_clear_mark(m, page, PAGECACHE_TAG_DIRTY);
	if (!keepwrite)
		folio_clear_mark(m, page, PAGECACHE_TAG_TOWRITE);
	if (wb)
		wb_stat_mod(wb, WB_WRITEBACK, nr);
	mod_node_page_state(zone->node, NR_WRITEBACK, nr);
	zone->stat.nr_zone_write_pending += nr;
}

void end_page_writeback(struct linux_vm *vm, struct page *page)
{
	struct address_space *m = page_mapping(vm, page);
	struct bdi_writeback *wb = m ? mapping_wb(m) : NULL;
	const struct cpu *cpu = this_cpu(vm);
	struct zone *zone = page_zone(vm, page);
	int64_t nr = (int64_t)folio_nr_pages(page);

	if (!(page->flags & PG_writeback)) {
		kernel_bug(vm->sim, "end_page_writeback: the page is not under writeback");
		return;
	}
	if (page->flags & PG_reclaim) {
		page->flags &= ~(uint32_t)PG_reclaim;
		folio_rotate_reclaimable(vm, cpu, page);
	}
	get_page(page); /* whoever waits may drop the last other reference */
	page->flags &= ~(uint32_t)PG_writeback;
	mod_node_page_state(zone->node, NR_WRITEBACK, -nr);
	zone->stat.nr_zone_write_pending -= nr;
	mod_node_page_state(zone->node, NR_WRITTEN, nr);
	if (m)
		folio_clear_mark(m, page, PAGECACHE_TAG_WRITEBACK);
	if (wb) {
		wb_stat_mod(wb, WB_WRITEBACK, -nr);
		__wb_writeout_add(wb, nr);
		if (!xa_marked(&m->i_pages, PAGECACHE_TAG_WRITEBACK)) {
			wb_inode_writeback_end(wb);
			list_del(&m->host->i_wb_list);
			trace_sb_clear_inode_writeback(vm->sim, wb->bdi->id, m->host->id,
						       m->host->i_state,
						       (int64_t)m->host->dirtied_when);
		}
	}
	if (page->flags & PG_waiters)
		wake_up_page_bit(vm, page, PG_writeback);
	acct_reclaim_writeback(vm, page);
	put_page(vm, &vm->sim->cpus[cpu->id], page);
}

void mapping_set_error(struct address_space *m, int error)
{
	errseq_set(&m->wb_err, error);
	if (error && m->host)
		trace_filemap_set_wb_err(m->vm->sim, m->host->id, m->wb_err);
	if (m->host && m->host->bdi)
		errseq_set(&m->host->bdi->s_wb_err, error);
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

int file_check_and_advance_wb_err(struct file *f)
{
	struct address_space *m = &f->inode->mapping;
	errseq_t old = f->f_wb_err;
	int error = errseq_check_and_advance(&m->wb_err, &f->f_wb_err);

	m->flags &= ~(unsigned)(AS_EIO | AS_ENOSPC);
	if (f->f_wb_err != old)
		trace_file_check_and_advance_wb_err(m->vm->sim, f->inode->id, old, f->f_wb_err);
	return error;
}

/* --- the walk --- */

void tag_pages_for_writeback(struct task *t, struct address_space *m, uint64_t first, uint64_t last)
{
	const int resched_after = 4096;
	int tagged = 0;

	for (uint64_t i = first; xa_find_marked(&m->i_pages, &i, last, PAGECACHE_TAG_DIRTY); i++) {
		xa_set_mark(&m->i_pages, i, PAGECACHE_TAG_TOWRITE);
		task_run(t, (sim_time)m->vm->machine->cost.tag_page);
		if (++tagged % resched_after == 0)
			cond_resched(t);
		if (i == last)
			break;
	}
}

struct pagevec {
	struct page *page[PAGEVEC_SIZE];
	int nr;
	bool drained; /* as of struct entry_batch, pagecache/truncate.h */
};

/* The next marked pages with a reference each; *index is moved behind them. */
static void pagevec_lookup_range_tag(struct pagevec *pvec, struct address_space *m, uint64_t *index,
				     uint64_t end, enum xa_mark mark)
{
	pvec->nr = (int)find_get_pages_range_tag(m, index, end, mark, PAGEVEC_SIZE, pvec->page);
}

static void pagevec_release(struct task *t, struct pagevec *pvec)
{
	if (pvec->nr && !pvec->drained) {
		lru_add_drain(task_vm(t), t->cpu);
		pvec->drained = true;
	}
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
		if (!(page->flags & PG_writeback) && clear_page_dirty_for_io(t, page, m))
			return true;
	}
	unlock_page(vm, page);
	return false;
}

static void trace_writepage(const struct address_space *m, const struct writeback_control *wbc)
{
	trace_wbc_writepage(m->vm->sim, m->host->bdi ? m->host->bdi->id : -1, wbc->nr_to_write,
			    wbc->pages_skipped, wbc->sync_mode, wbc->for_kupdate,
			    wbc->for_background, wbc->for_reclaim, wbc->range_cyclic,
			    wbc->range_start, wbc->range_end);
}

int write_cache_pages(struct task *t, struct address_space *m, struct writeback_control *wbc,
		      writepage_t *writepage, void *data)
{
	bool none = wbc->sync_mode == WB_SYNC_NONE;
	bool tagged = !none || wbc->tagged_writepages;
	sim_time untag = tagged ? (sim_time)task_vm(t)->machine->cost.tag_page : 0;
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
			task_run(t, untag);
			trace_writepage(m, wbc);
			error = writepage(t, page, wbc, data);
			if (error == AOP_WRITEPAGE_ACTIVATE) {
				unlock_page(task_vm(t), page);
				error = 0;
			}
			if (error && !ret)
				ret = error;
			if (error && none) {
				done_index = page->index + folio_nr_pages(page);
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

/* What generic_writepages writes by, and whom it tells of errors. */
struct generic_data {
	struct address_space *m;
	writepage_t *writepage;
	void *data;
};

static int generic_writepage(struct task *t, struct page *page, struct writeback_control *wbc,
			     void *data)
{
	const struct generic_data *g = data;
	int error = g->writepage(t, page, wbc, g->data);

	mapping_set_error(g->m, error);
	return error;
}

int generic_writepages_by(struct task *t, struct address_space *m, struct writeback_control *wbc,
			  writepage_t *writepage, void *data)
{
	struct generic_data g = { m, writepage, data };
	int ret;

	blk_start_plug(t);
	ret = write_cache_pages(t, m, wbc, generic_writepage, &g);
	blk_finish_plug(t);
	return ret;
}

int generic_writepages(struct task *t, struct address_space *m, struct writeback_control *wbc)
{
	if (m->flags & AS_NO_WRITEPAGE)
		return 0;
	return generic_writepages_by(t, m, wbc, block_write_full_page, NULL);
}

/* A walk that began in the middle goes on at the beginning. */
static int ext4_writepages(struct task *t, struct address_space *m, struct writeback_control *wbc)
{
	uint64_t begin = wbc->range_cyclic ? m->writeback_index : 0;
	int ret = mpage_writepages(t, m, wbc);

	if (ret || !begin || wbc->nr_to_write <= 0)
		return ret;

	struct writeback_control rest = *wbc;

	rest.range_cyclic = false;
	rest.range_start = 0;
	rest.range_end = (int64_t)(begin << PAGE_SHIFT) - 1;
	ret = mpage_writepages(t, m, &rest);
	wbc->nr_to_write = rest.nr_to_write;
	wbc->pages_skipped = rest.pages_skipped;
	return ret;
}

int do_writepages(struct task *t, struct address_space *m, struct writeback_control *wbc)
{
	struct bdi_writeback *wb = mapping_wb(m);
	int ret = 0;

	if (wbc->nr_to_write <= 0 || !wb)
		return 0;
	wb_bandwidth_estimate_start(wb);
	switch (m->host->fs->writepages) {
	case WRITEPAGES_EACH:
		ret = generic_writepages(t, m, wbc);
		break;
	case WRITEPAGES_MPAGE:
		ret = mpage_writepages(t, m, wbc);
		break;
	case WRITEPAGES_EXT4:
		ret = ext4_writepages(t, m, wbc);
		break;
	}
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
	if ((page->flags & PG_writeback) || !clear_page_dirty_for_io(t, page, m)) {
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

	uint64_t sector;

	if (!clear_page_dirty_for_io(t, page, m))
		return AOP_WRITEPAGE_ACTIVATE;
	/* blocks cannot be allocated on behalf of reclaim */
	if (m->host->fs->delalloc && !file_find_block(m->host, page->index, &sector)) {
		redirty_page_for_writepage(t, &wbc, page);
		unlock_page(task_vm(t), page);
		return 0;
	}
	return block_write_full_page(t, page, &wbc, NULL);
}
