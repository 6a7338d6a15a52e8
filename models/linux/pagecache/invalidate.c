/*
 * invalidate.c - copies of data that is on the disk, given up
 */
#include <errno.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/buffer_head.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/fs.h"
#include "models/linux/writeback/writeback.h"

int try_to_release_page(struct linux_vm *vm, struct page *page, gfp_t gfp)
{
	(void)gfp; /* says how long a journal may be waited for */
	if (!(page->flags & PG_locked)) {
		kernel_bug(vm->sim, "try_to_release_page: the page is not locked");
		return 0;
	}
	return !page_has_buffers(page) || try_to_free_buffers(vm, page);
}

/* --- what nobody uses --- */

/* Takes a locked page out if it is clean and only the cache and we hold it.  Pages dropped. */
static uint64_t mapping_evict_folio(struct task *t, struct page *folio)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t nr = folio_nr_pages(folio);

	if (folio->flags & (PG_dirty | PG_writeback))
		return 0;
	/* page tables, batches on the way to a list and readers hold references */
	if (folio->refcount > (int32_t)nr + page_buffers_references(folio) + 1)
		return 0;
	if (!try_to_release_page(vm, folio, 0))
		return 0;
	delete_from_page_cache(vm, t->cpu, folio);
	return nr;
}

uint64_t invalidate_mapping_pagevec(struct task *t, struct address_space *m, uint64_t start,
				    uint64_t end, uint64_t *nr_failed)
{
	struct linux_vm *vm = m->vm;
	struct entry_batch b = { .nr = 0 };
	uint64_t index = start, count = 0;

	while (index <= end && entry_batch_find(&b, m, index, end, true)) {
		count += (uint64_t)entry_batch_drop_values(t, &b, m);
		for (int i = 0; i < b.nr; i++) {
			struct page *folio;
			uint64_t gone;

			index = b.index[i];
			if (xa_is_value(b.entry[i]))
				continue;
			folio = mapping_page(m, b.entry[i]);
			index += folio_nr_pages(folio) - 1;
			task_run(t, (sim_time)vm->machine->cost.page_cache_lookup +
					(sim_time)vm->machine->cost.page_cache_delete);
			gone = mapping_evict_folio(t, folio);
			unlock_page(vm, folio);
			if (!gone) {
				deactivate_file_folio(vm, t->cpu, folio);
				if (nr_failed)
					(*nr_failed)++;
			}
			count += gone;
		}
		entry_batch_release(t, &b);
		cond_resched(t);
		if (index == UINT64_MAX)
			break;
		index++;
	}
	return count;
}

uint64_t invalidate_mapping_pages(struct task *t, struct address_space *m, uint64_t start,
				  uint64_t end)
{
	return invalidate_mapping_pagevec(t, m, start, end, NULL);
}

/* --- all of it --- */

/* A dirty page of a file system that writes such pages here.  Keeps it locked. */
static int folio_launder(struct task *t, struct address_space *m, struct page *folio)
{
	int r;

	if (!(folio->flags & PG_dirty) || !m->host->fs->launder)
		return 0;
	r = write_one_page(t, folio, true);
	lock_page(t, folio);
	return r;
}

/* A locked page that is not mapped; who else holds it does not matter.  False: it is dirty. */
static bool invalidate_complete_folio2(struct task *t, struct address_space *m, struct page *folio)
{
	if (folio->mapping != m->id || !try_to_release_page(m->vm, folio, GFP_KERNEL))
		return false;
	if (folio->flags & PG_dirty)
		return false;
	delete_from_page_cache(m->vm, t->cpu, folio);
	return true;
}

/* One page of a range, with a reference.  0, -EBUSY, or what laundering said. */
static int invalidate_folio2(struct task *t, struct address_space *m, struct page *folio)
{
	int r = 0;

	lock_page(t, folio);
	if (folio->mapping == m->id) {
		wait_on_page_writeback(t, folio);
		if (page_mapped(folio))
			unmap_mapping_folio(t, folio);
		task_run(t, (sim_time)m->vm->machine->cost.page_cache_delete);
		r = folio_launder(t, m, folio);
		if (r == 0 && !invalidate_complete_folio2(t, m, folio))
			r = -EBUSY;
	}
	unlock_page(m->vm, folio);
	return r;
}

int invalidate_inode_pages2_range(struct task *t, struct address_space *m, uint64_t start,
				  uint64_t end)
{
	struct entry_batch b = { .nr = 0 };
	bool did_range_unmap = false;
	uint64_t index = start;
	int ret = 0;

	while (index <= end && entry_batch_find(&b, m, index, end, false)) {
		entry_batch_drop_values(t, &b, m);
		for (int i = 0; i < b.nr; i++) {
			struct page *folio;
			int r;

			index = b.index[i];
			if (xa_is_value(b.entry[i]))
				continue;
			folio = mapping_page(m, b.entry[i]);
			/* the first one that is mapped: the rest of the range in one go */
			if (!did_range_unmap && page_mapped(folio)) {
				unmap_mapping_pages(t, m, index, end - index + 1, false);
				did_range_unmap = true;
			}
			r = invalidate_folio2(t, m, folio);
			if (r < 0)
				ret = r;
			index = folio->index + folio_nr_pages(folio) - 1;
		}
		entry_batch_release(t, &b);
		cond_resched(t);
		if (index == UINT64_MAX)
			break;
		index++;
	}
	return ret;
}

int invalidate_inode_pages2(struct task *t, struct address_space *m)
{
	return invalidate_inode_pages2_range(t, m, 0, UINT64_MAX);
}
