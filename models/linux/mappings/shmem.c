/*
 * shmem.c - pages of memory that programs share: made, found, to swap and back
 *
 *	fault    index: page -> that; place in swap -> swapin; nothing -> a new page of zeroes
 *	reclaim  page -> place in swap, swap cache, written; the place stands in the index
 *	swapoff  every place of the area in every index -> swapin
 *
 * There are no entries of programs in swap: whoever touches the page asks the index.  So a page
 * that many programs map has one place, which counts one, however many they are.
 *
 * Like:        Linux 6.1, mm/shmem.c
 */
#include <errno.h>

#include "models/linux/alloc/mempolicy.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/mappings/adopt.h"
#include "models/linux/mappings/shmem_inode.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/internal.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

/* --- the index --- */

static void count_shmem(struct linux_vm *vm, const struct page *page, struct address_space *m,
			int n)
{
	struct pglist_data *node = page_zone(vm, page)->node;

	m->nrpages += (uint64_t)n;
	node->stat.nr_file_pages += n;
	node->nr_shmem += n;
}

void shmem_add_to_page_cache(struct page *page, struct address_space *m, uint64_t index,
			     xa_entry expected)
{
	xa_entry old = xa_store(&m->i_pages, index, xa_object(page_to_pfn(m->vm, page)));

	SIM_ASSERT(old == expected && !page->mapping && (page->flags & PG_locked));
	get_page(page);
	page->mapping = m->id;
	page->index = index;
	count_shmem(m->vm, page, m, 1);
}

void shmem_adopt_page(struct file *f, uint64_t index, struct page *page)
{
	struct shmem_inode_info *info = SHMEM_I(f->inode);
	struct address_space *m = &f->inode->mapping;

	xa_store(&m->i_pages, index, xa_object(page_to_pfn(m->vm, page)));
	page->mapping = m->id;
	page->index = index;
	count_shmem(m->vm, page, m, 1);
	info->alloced++;
	shmem_unacct_blocks(m->vm, info, -1);
}

/* The page's place in the index goes to its place in swap. */
static void shmem_delete_from_page_cache(struct page *page, struct address_space *m,
					 swp_entry_t entry)
{
	xa_store(&m->i_pages, anon_index(page), swp_to_radix_entry(entry));
	page->mapping = 0;
	count_shmem(m->vm, page, m, -1);
	SIM_ASSERT(page->refcount > 1);
	page->refcount--;
}

static bool shmem_confirm_swap(const struct address_space *m, uint64_t index, xa_entry value)
{
	return xa_load(&m->i_pages, index) == value;
}

/* --- from swap --- */

/* The page of a place cannot be read: who touches it from now on is told. */
static void shmem_set_folio_swapin_error(struct task *t, struct shmem_inode_info *info,
					 uint64_t index, struct page *page, xa_entry value)
{
	struct address_space *m = &info->vfs_inode.mapping;

	if (!shmem_confirm_swap(m, index, value))
		return;
	wait_on_page_writeback(t, page);
	if (!shmem_confirm_swap(m, index, value))
		return;
	xa_store(&m->i_pages, index, SHMEM_SWAPIN_ERROR);
	delete_from_swap_cache(m->vm, t->cpu, page);
	info->alloced--;
	info->swapped--;
	if (info->noreserve)
		shmem_unacct_blocks(m->vm, info, 1);
	shmem_recalc_inode(m->vm, info);
	swap_free(m->vm, t->cpu, radix_to_swp_entry(value));
}

/* A locked page of the swap cache that is up to date comes into the index.  All in one instant. */
static void shmem_take_back(struct task *t, struct shmem_inode_info *info, uint64_t index,
			    struct page *page, xa_entry value)
{
	struct linux_vm *vm = task_vm(t);

	delete_from_swap_cache(vm, t->cpu, page);
	shmem_add_to_page_cache(page, &info->vfs_inode.mapping, index, value);
	info->swapped--;
	shmem_recalc_inode(vm, info);
	set_page_dirty(t, page);
	swap_free(vm, t->cpu, radix_to_swp_entry(value));
}

/* Which page of all shared memory it is for interleave: files do not begin at the same node.
 * Those without a name have the number -1, and their first page is known all the same. */
static int64_t shmem_il_off(const struct inode *inode, uint64_t index)
{
	return (int64_t)index + inode->id + 1;
}

/* The page of a place with a reference, being read if it has to be.  NULL: no memory. */
static struct page *shmem_find_or_read(struct task *t, swp_entry_t entry, int64_t il_off,
				       vm_fault_t *fault_type)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = swap_cache_get_folio(vm, entry, NULL, 0);

	if (page)
		return page;
	if (fault_type) {
		*fault_type |= VM_FAULT_MAJOR;
		vm->stat.pgmajfault++;
	}
	return swap_cluster_readahead(t, entry, GFP_HIGHUSER_MOVABLE, il_off);
}

int shmem_swapin_folio(struct task *t, struct inode *inode, uint64_t index, xa_entry value,
		       struct page **out, vm_fault_t *fault_type)
{
	struct linux_vm *vm = task_vm(t);
	struct shmem_inode_info *info = SHMEM_I(inode);
	struct address_space *m = &inode->mapping;
	swp_entry_t entry = radix_to_swp_entry(value);
	struct page *page;
	int error = -EEXIST;

	if (value == SHMEM_SWAPIN_ERROR)
		return -EIO;
	page = shmem_find_or_read(t, entry, shmem_il_off(inode, index), fault_type);
	if (!page)
		return shmem_confirm_swap(m, index, value) ? -ENOMEM : -EEXIST;
	lock_page(t, page);
	if ((page->flags & PG_swapcache) && page_swap_entry(page) == entry.val &&
	    shmem_confirm_swap(m, index, value)) {
		if (!(page->flags & PG_uptodate)) {
			shmem_set_folio_swapin_error(t, info, index, page, value);
			error = -EIO;
		} else {
			wait_on_page_writeback(t, page);
			/* what was cut meanwhile needs no page any more */
			error = shmem_confirm_swap(m, index, value) ? 0 : -EEXIST;
		}
	}
	if (error) {
		unlock_page(vm, page);
		put_page(vm, t->cpu, page);
		return error;
	}
	shmem_take_back(t, info, index, page, value);
	task_run(t, (sim_time)vm->machine->cost.page_cache_insert + swap_slots_cost(vm, t->cpu));
	*out = page;
	return 0;
}

/* --- a page of the file --- */

/* A page where nothing is, zeroed if it is for SGP_CACHE: locked, with a reference.  0, -EEXIST:
 * somebody was faster; -EINVAL: the file was cut; -ENOMEM; -ENOSPC. */
static int shmem_make_folio(struct task *t, struct inode *inode, uint64_t index, struct page **out,
			    enum sgp_type sgp)
{
	sim_time cost = 0;
	struct linux_vm *vm = task_vm(t);
	struct shmem_inode_info *info = SHMEM_I(inode);
	struct address_space *m = &inode->mapping;
	int error = shmem_acct_block(t, info);
	struct page *page;

	if (error)
		return error;
	page = alloc_page_vma(t, m->gfp_mask, shmem_il_off(inode, index));
	error = page ? slab_reserve_index(t, &m->i_pages, index, 1, m->gfp_mask) : -ENOMEM;
	if (!error && xa_load(&m->i_pages, index))
		error = -EEXIST;
	else if (!error && sgp <= SGP_CACHE && index << PAGE_SHIFT >= inode->i_size)
		error = -EINVAL;
	if (error) {
		shmem_unacct_blocks(vm, info, 1);
		if (page)
			put_page(vm, t->cpu, page);
		return error;
	}
	page->flags |= PG_locked | PG_swapbacked | (sgp == SGP_WRITE ? PG_referenced : 0);
	shmem_add_to_page_cache(page, m, index, 0);
	lru_cache_add(vm, t->cpu, page);
	info->alloced++;
	shmem_recalc_inode(vm, info);
	if (sgp == SGP_CACHE)
		cost = memory_cost(vm, t->cpu, page, (sim_time)vm->machine->cost.page_zero);
	task_run(t, (sim_time)vm->machine->cost.page_cache_insert + cost);
	if (sgp == SGP_CACHE)
		page->flags |= PG_uptodate;
	*out = page;
	return 0;
}

/* A page that was found, locked, with a reference, for who wants it for sgp. */
static void shmem_found_folio(struct task *t, enum sgp_type sgp, struct page **out)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = *out;

	if (sgp == SGP_WRITE)
		mark_page_accessed(vm, t->cpu, page);
	if (page->flags & PG_uptodate)
		return;
	/* fallocate has made it, and nobody has filled it */
	if (sgp == SGP_READ) {
		unlock_page(vm, page);
		put_page(vm, t->cpu, page);
		*out = NULL;
	} else if (sgp == SGP_CACHE) {
		task_run(t, memory_cost(vm, t->cpu, page, (sim_time)vm->machine->cost.page_zero));
		page->flags |= PG_uptodate;
	}
}

int shmem_get_folio(struct task *t, struct inode *inode, uint64_t index, struct page **out,
		    enum sgp_type sgp, vm_fault_t *fault_type)
{
	struct linux_vm *vm = task_vm(t);
	struct shmem_inode_info *info = SHMEM_I(inode);
	bool once = false;

	for (;;) {
		xa_entry e;
		int error;

		*out = NULL;
		if (sgp <= SGP_CACHE && index << PAGE_SHIFT >= inode->i_size)
			return -EINVAL;
		e = find_lock_entry(t, &inode->mapping, index);
		if (e && !xa_is_value(e)) {
			*out = pfn_to_page(vm, xa_to_object(e));
			shmem_found_folio(t, sgp, out);
			return 0;
		}
		if (e)
			error = shmem_swapin_folio(t, inode, index, e, out, fault_type);
		else if (sgp == SGP_READ)
			return 0;
		else
			error = shmem_make_folio(t, inode, index, out, sgp);
		if (!error && e && sgp == SGP_WRITE)
			mark_page_accessed(vm, t->cpu, *out);
		if (error == -ENOSPC && !once) {
			/* what reclaim took is not promised any more */
			shmem_recalc_inode(vm, info);
			once = true;
		} else if (error != -EEXIST) {
			return error;
		}
	}
}

vm_fault_t shmem_fault(struct task *t, struct vm_fault *vmf)
{
	vm_fault_t ret = VM_FAULT_LOCKED;
	int error =
	    shmem_get_folio(t, vmf->vma->vm_file->inode, vmf->pgoff, &vmf->page, SGP_CACHE, &ret);

	if (error)
		return error == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	return ret;
}

/* --- to swap --- */

/*
 * A page that fallocate made and nobody has filled.  While that goes on reclaim leaves it: false.
 * Later it is zeroes.
 */
static bool shmem_fill_fallocated(struct task *t, const struct shmem_inode_info *info,
				  struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	struct shmem_falloc *falloc = info->falloc;

	if (page->flags & PG_uptodate)
		return true;
	if (falloc && anon_index(page) >= falloc->start && anon_index(page) < falloc->next) {
		falloc->nr_unswapped++;
		return false;
	}
	task_run(t, memory_cost(vm, t->cpu, page, (sim_time)vm->machine->cost.page_zero));
	page->flags |= PG_uptodate;
	return true;
}

int shmem_writepage(struct task *t, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = page_mapping(vm, page);
	struct shmem_inode_info *info = SHMEM_I(m->host);
	swp_entry_t entry = { 0 };
	xa_entry shadow;

	SIM_ASSERT((page->flags & PG_locked) && !page_mapped(page));
	task_run(t, (sim_time)vm->machine->cost.page_cache_insert);
	if (vm->total_swap_pages && shmem_fill_fallocated(t, info, page))
		entry = folio_alloc_swap(vm, t->cpu, page);
	if (entry.val && add_to_swap_cache(t, page, entry,
					   __GFP_HIGH | __GFP_NOMEMALLOC | __GFP_NOWARN, &shadow)) {
		put_swap_folio(vm, t->cpu, page, entry);
		entry.val = 0;
	}
	if (!entry.val) {
		set_page_dirty(t, page);
		return AOP_WRITEPAGE_ACTIVATE;
	}
	if (!list_linked(&info->swaplist))
		list_add(&info->swaplist, &vm->shmem->swaplist);
	shmem_recalc_inode(vm, info);
	info->swapped++;
	swap_duplicate(vm, entry);
	shmem_delete_from_page_cache(page, m, entry);
	return swap_writepage(t, page);
}

void shmem_swapin_range(struct task *t, struct address_space *m, uint64_t first, uint64_t last)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t index = first;
	xa_entry e;

	for (; (e = xa_find(&m->i_pages, &index, last)) != 0; index++) {
		struct page *page;

		if (!xa_is_value(e) || e == SHMEM_SWAPIN_ERROR)
			continue;
		page = read_swap_cache_async(t, radix_to_swp_entry(e), GFP_HIGHUSER_MOVABLE, -1,
					     false);
		if (page)
			put_page(vm, t->cpu, page);
	}
	lru_add_drain(vm, t->cpu);
}

/* --- swapoff --- */

/* The first value from *index on that is a place of the area; 0: none. */
static xa_entry next_place(const struct address_space *m, unsigned type, uint64_t *index)
{
	xa_entry e;

	for (; (e = xa_find(&m->i_pages, index, UINT64_MAX)) != 0; ++*index)
		if (xa_is_value(e) && e != SHMEM_SWAPIN_ERROR &&
		    swp_type(radix_to_swp_entry(e)) == type)
			return e;
	return 0;
}

/* All pages of one file that are in the area.  0, -ENOMEM. */
static int shmem_unuse_inode(struct task *t, struct inode *inode, unsigned type)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t index = 0;
	xa_entry e;

	while (!t->killed && (e = next_place(&inode->mapping, type, &index)) != 0) {
		struct page *page;
		int error = shmem_swapin_folio(t, inode, index, e, &page, NULL);

		if (!error) {
			unlock_page(vm, page);
			put_page(vm, t->cpu, page);
		} else if (error == -ENOMEM) {
			return error;
		}
		cond_resched(t);
	}
	return 0;
}

int shmem_unuse(struct task *t, unsigned type)
{
	struct linux_vm *vm = task_vm(t);
	int error = 0;

	if (!vm->shmem)
		return 0;
	/* a file that goes to swap meanwhile stands before this place: swapoff comes again */
	for (struct list *pos = vm->shmem->swaplist.next, *next;
	     pos != &vm->shmem->swaplist && !error && !t->killed; pos = next) {
		struct shmem_inode_info *info = LIST_ENTRY(pos, struct shmem_inode_info, swaplist);

		if (!info->swapped) {
			next = pos->next;
			list_del(pos);
			continue;
		}
		info->stop_eviction++;
		error = shmem_unuse_inode(t, &info->vfs_inode, type);
		/* somebody else switches an area off, too, and was done with it: from the beginning
		 */
		next = list_linked(pos) ? pos->next : vm->shmem->swaplist.next;
		if (!info->swapped && list_linked(pos))
			list_del(pos);
		if (!--info->stop_eviction)
			wake_up_all(vm->sim, &info->eviction_wait);
	}
	return t->killed ? -EINTR : error;
}

/* --- the end of pages --- */

/* A value at index: its place in swap is given back.  False: something else is there by now. */
static bool shmem_free_swap(struct task *t, struct shmem_inode_info *info, uint64_t index,
			    xa_entry value)
{
	struct address_space *m = &info->vfs_inode.mapping;

	if (!shmem_confirm_swap(m, index, value))
		return false;
	xa_store(&m->i_pages, index, 0);
	if (value == SHMEM_SWAPIN_ERROR)
		return true;
	info->swapped--;
	free_swap_and_cache(t, radix_to_swp_entry(value));
	return true;
}

/* One entry of the index, waiting for whoever has it.  False: look at this index again. */
static bool shmem_truncate_one(struct task *t, struct shmem_inode_info *info, uint64_t index,
			       xa_entry e, bool unfalloc)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = &info->vfs_inode.mapping;
	struct page *page;
	bool here;

	if (xa_is_value(e) && unfalloc)
		return true;
	if (xa_is_value(e))
		return shmem_free_swap(t, info, index, e);
	page = mapping_page(m, e);
	get_page(page);
	lock_page(t, page);
	here = page->mapping == m->id;
	if (here &&
	    !(unfalloc && page->flags & PG_uptodate)) { /* else it is in swap by now, or gone */
		if (page_mapped(page))
			unmap_mapping_folio(t, page);
		cancel_dirty_page(vm, page);
		delete_from_page_cache(vm, t->cpu, page);
	}
	unlock_page(vm, page);
	if (!(page->flags & PG_lru))
		lru_add_drain(vm, t->cpu); /* a batch would keep it alive */
	put_page(vm, t->cpu, page);
	task_run(t, (sim_time)vm->machine->cost.page_cache_delete);
	return here;
}

static void shmem_undo_range(struct task *t, struct inode *inode, uint64_t first, uint64_t end,
			     bool unfalloc)
{
	struct linux_vm *vm = task_vm(t);
	struct shmem_inode_info *info = SHMEM_I(inode);
	uint64_t index = first;
	xa_entry e;

	if (!unfalloc && info->fallocend > first && info->fallocend <= end)
		info->fallocend = first;
	for (;;) {
		e = index < end ? xa_find(&inode->mapping.i_pages, &index, end - 1) : 0;
		if (e) {
			if (shmem_truncate_one(t, info, index, e, unfalloc))
				index++;
			cond_resched(t);
		} else if (end == UINT64_MAX && index > first) {
			index = first; /* to the end: until nothing is left, whatever came back */
		} else {
			break;
		}
	}
	shmem_recalc_inode(vm, info);
	task_run(t, swap_slots_cost(vm, t->cpu));
}

void shmem_truncate_range(struct task *t, struct inode *inode, uint64_t first, uint64_t end)
{
	shmem_undo_range(t, inode, first, end, false);
}

void shmem_undo_falloc(struct task *t, struct inode *inode, uint64_t first, uint64_t end)
{
	shmem_undo_range(t, inode, first, end, true);
}
