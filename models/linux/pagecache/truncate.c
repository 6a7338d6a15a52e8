/*
 * truncate.c - pages that are no longer wanted in the cache
 */
#include <errno.h>

#include "models/linux/arg.h"
#include "models/linux/pagecache/filemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/writeback/writeback.h"

/* Drops one clean page that nobody uses.  True if it went. */
static bool invalidate_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	/* the caller's reference and the cache's; a page in a batch has one more and stays */
	if ((page->flags & (PG_dirty | PG_writeback)) || page->refcount != 2)
		return false;
	delete_from_page_cache(vm, cpu, page);
	return true;
}

/* Shadows in the range are forgotten on the way. */
uint64_t invalidate_mapping_pages(struct task *t, struct address_space *m, uint64_t start,
				  uint64_t end)
{
	struct linux_vm *vm = m->vm;
	uint64_t index = start, count = 0, seen = 0;
	xa_entry e;

	for (; index <= end && (e = xa_find(&m->i_pages, &index, end)) != 0; index++) {
		if (++seen % 1024 == 0)
			cond_resched(t);
		if (xa_is_value(e)) {
			xa_store(&m->i_pages, index, 0);
			continue;
		}

		struct page *page = mapping_page(m, e);

		if (!trylock_page(page))
			continue;
		get_page(page);
		task_run(t, (sim_time)vm->machine->cost.page_free);

		bool gone = invalidate_page(vm, t->cpu, page);

		unlock_page(vm, page);
		if (gone)
			count++;
		else
			deactivate_file_page(vm, t->cpu, page);
		put_page(vm, t->cpu, page);
		if (index == UINT64_MAX)
			break;
	}
	return count;
}

void truncate_inode_pages_range(struct task *t, struct address_space *m, int64_t lstart,
				int64_t lend)
{
	struct linux_vm *vm = m->vm;
	uint64_t index = div_round_up((uint64_t)lstart, PAGE_SIZE);
	uint64_t end = lend == INT64_MAX ? UINT64_MAX : ((uint64_t)lend + 1) >> PAGE_SHIFT;
	xa_entry e;

	if (end == 0)
		return;
	end--;
	for (; index <= end && (e = xa_find(&m->i_pages, &index, end)) != 0; index++) {
		if (xa_is_value(e)) {
			xa_store(&m->i_pages, index, 0);
			continue;
		}

		struct page *page = mapping_page(m, e);

		get_page(page);
		lock_page(t, page);
		wait_on_page_writeback(t, page);
		if (page->mapping == m->id)
			delete_from_page_cache(vm, t->cpu, page);
		unlock_page(vm, page);
		put_page(vm, t->cpu, page);
		if (index == UINT64_MAX)
			break;
	}
}
