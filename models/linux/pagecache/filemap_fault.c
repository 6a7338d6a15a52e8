/*
 * filemap_fault.c - page faults on files
 *
 *	filemap_map_pages  what is in the cache and ready is mapped, nothing is read
 *	filemap_fault      finds or reads one page, and reads around it
 *
 * mmap_miss of an open file grows with each page that a fault did not find and shrinks with each
 * that it did: when misses are more than a hundred ahead, reading around stops.
 */
#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/buffer_head.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

#define MMAP_LOTSAMISS  100
#define HPAGE_PMD_ORDER 9
#define HPAGE_PMD_NR    (1u << HPAGE_PMD_ORDER)

/* Pages of a file, the last one perhaps in part. */
static uint64_t file_pages(const struct inode *inode)
{
	return div_round_up(inode->i_size, PAGE_SIZE);
}

/* --- mapping what is there --- */

/* Whether a page may be mapped by a fault on a neighbour. */
static bool may_map_along(const struct page *folio)
{
	return !(folio->flags & PG_locked) && (folio->flags & PG_uptodate) &&
	       !(folio->flags & PG_readahead);
}

/* One page that is ready.  True: it is the one of the fault, mapped. */
static bool map_along(struct vm_fault *vmf, struct page *page, uint64_t index, uint64_t *mapped)
{
	struct vm_area_struct *vma = vmf->vma;
	struct file_ra_state *ra = &vma->vm_file->ra;
	uint64_t addr = vma->vm_start + ((index - vma->vm_pgoff) << PAGE_SHIFT);
	struct page_table *table;

	if (!pte_table(vma->vm_mm, addr))
		pmd_install(vma->vm_mm, addr, vmf->pmd, &vmf->prealloc_pte);
	table = pte_table(vma->vm_mm, addr);
	if (ra->mmap_miss)
		ra->mmap_miss--;
	if (table->pte.bits[pte_index(addr)])
		return false;
	get_page(page_folio(page));
	do_set_pte(vma, table, page, addr, false);
	(*mapped)++;
	return addr == vmf->address;
}

/* All of it happens in one instant; the time is spent afterwards. */
vm_fault_t filemap_map_pages(struct task *t, struct vm_fault *vmf, uint64_t start, uint64_t end)
{
	const struct inode *inode = vmf->vma->vm_file->inode;
	const struct address_space *m = &inode->mapping;
	const struct cost_table *cost = &task_vm(t)->machine->cost;
	struct xa_cursor cursor = { .xa = &m->i_pages };
	uint64_t mapped = 0, seen = 0, pages = file_pages(inode);
	vm_fault_t ret = 0;
	xa_entry e;

	for (uint64_t index = start; index <= end && index < pages; index++) {
		e = xa_cursor_find(&cursor, &index, end);
		if (!e || index >= pages)
			break;
		if (xa_is_value(e))
			continue;

		struct page *folio = page_folio(mapping_page(m, e));

		seen++;
		if (may_map_along(folio) &&
		    map_along(vmf, folio + (index - folio->index), index, &mapped))
			ret = VM_FAULT_NOPAGE;
	}
	task_run(t, (sim_time)(seen * (uint64_t)cost->page_cache_lookup / 2 +
			       mapped * (uint64_t)cost->pte_map));
	return ret;
}

/* --- reading around --- */

/* The page is not in the cache. */
static void do_sync_mmap_readahead(struct task *t, struct vm_fault *vmf, bool *dropped)
{
	struct file *f = vmf->vma->vm_file;
	struct file_ra_state *ra = &f->ra;
	struct address_space *m = &f->inode->mapping;
	unsigned vm_flags = vmf->vma->vm_flags;

	if (vm_flags & VM_HUGEPAGE) {
		*dropped = maybe_unlock_mmap_for_io(vmf, *dropped);
		ra->size = vm_flags & VM_RAND_READ ? HPAGE_PMD_NR : 2 * HPAGE_PMD_NR;
		ra->async_size = HPAGE_PMD_NR;
		page_cache_readaround(t, m, ra, vmf->pgoff & ~(HPAGE_PMD_NR - 1ULL),
				      HPAGE_PMD_ORDER);
		return;
	}
	if ((vm_flags & VM_RAND_READ) || !ra->ra_pages)
		return;
	if (vm_flags & VM_SEQ_READ) {
		*dropped = maybe_unlock_mmap_for_io(vmf, *dropped);
		page_cache_sync_readahead(t, m, ra, f, vmf->pgoff, ra->ra_pages);
		return;
	}
	if (ra->mmap_miss < MMAP_LOTSAMISS * 10)
		ra->mmap_miss++;
	if (ra->mmap_miss > MMAP_LOTSAMISS)
		return;
	*dropped = maybe_unlock_mmap_for_io(vmf, *dropped);
	ra->start = vmf->pgoff > ra->ra_pages / 2 ? vmf->pgoff - ra->ra_pages / 2 : 0;
	ra->size = ra->ra_pages;
	ra->async_size = ra->ra_pages / 4;
	page_cache_readaround(t, m, ra, ra->start, 0);
}

/* The page is in the cache; folio has the caller's reference. */
static void do_async_mmap_readahead(struct task *t, struct vm_fault *vmf, struct page *folio,
				    bool *dropped)
{
	struct file *f = vmf->vma->vm_file;
	struct file_ra_state *ra = &f->ra;

	if ((vmf->vma->vm_flags & VM_RAND_READ) || !ra->ra_pages)
		return;
	if (ra->mmap_miss)
		ra->mmap_miss--;
	if (!(folio->flags & PG_readahead))
		return;
	*dropped = maybe_unlock_mmap_for_io(vmf, *dropped);
	page_cache_async_readahead(t, &f->inode->mapping, ra, f, folio, vmf->pgoff, ra->ra_pages);
}

/* --- the fault --- */

/* The page of a fault, not locked, with a reference; *ret says whether it had to be read. */
static struct page *find_for_fault(struct task *t, struct vm_fault *vmf, vm_fault_t *ret,
				   bool *dropped)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = &vmf->vma->vm_file->inode->mapping;
	struct page *page = find_get_page(m, vmf->pgoff);

	task_run(t, (sim_time)vm->machine->cost.page_cache_lookup);
	if (page) {
		if (!(vmf->flags & FAULT_FLAG_TRIED))
			do_async_mmap_readahead(t, vmf, page_folio(page), dropped);
		return page;
	}
	vm->stat.pgmajfault++;
	*ret = VM_FAULT_MAJOR;
	do_sync_mmap_readahead(t, vmf, dropped);
	return pagecache_get_page(t, m, vmf->pgoff, FGP_CREAT | FGP_FOR_MMAP, m->gfp_mask);
}

/* Locks a folio; one that has to be waited for drops mmap_lock.  False: killed, and it is dropped.
 */
static bool lock_folio_maybe_drop_mmap(struct task *t, const struct vm_fault *vmf,
				       struct page *folio, bool *dropped)
{
	if (trylock_page(folio))
		return true;
	*dropped = maybe_unlock_mmap_for_io(vmf, *dropped);
	if (!lock_page_killable(t, folio))
		return true;
	if (!*dropped)
		mmap_read_unlock(vmf->vma->vm_mm);
	return false;
}

vm_fault_t filemap_fault(struct task *t, struct vm_fault *vmf)
{
	struct linux_vm *vm = task_vm(t);
	struct file *f = vmf->vma->vm_file;
	struct address_space *m = &f->inode->mapping;
	bool dropped = false;
	vm_fault_t ret = 0;
	struct page *page, *folio;

	if (vmf->pgoff >= file_pages(f->inode))
		return VM_FAULT_SIGBUS;
	page = find_for_fault(t, vmf, &ret, &dropped);
	for (;;) {
		if (!page)
			return dropped ? ret | VM_FAULT_RETRY : VM_FAULT_OOM;
		folio = page_folio(page);
		if (!lock_folio_maybe_drop_mmap(t, vmf, folio, &dropped)) {
			put_page(vm, t->cpu, folio);
			return ret | VM_FAULT_RETRY;
		}
		if (folio->mapping == m->id && (folio->flags & PG_uptodate))
			break;
		if (folio->mapping == m->id) {
			/* nobody reads it: readahead is off, or a read failed */
			dropped = maybe_unlock_mmap_for_io(vmf, dropped);

			int r = filemap_read_page(t, f, mapping_read_page, NULL, folio);

			put_page(vm, t->cpu, folio);
			if (dropped)
				return ret | VM_FAULT_RETRY;
			if (r)
				return VM_FAULT_SIGBUS;
		} else {
			unlock_page(vm, folio);
			put_page(vm, t->cpu, folio);
		}
		page = pagecache_get_page(t, m, vmf->pgoff, FGP_CREAT | FGP_FOR_MMAP, m->gfp_mask);
	}
	if (dropped || vmf->pgoff >= file_pages(f->inode)) {
		unlock_page(vm, folio);
		put_page(vm, t->cpu, folio);
		return dropped ? ret | VM_FAULT_RETRY : VM_FAULT_SIGBUS;
	}
	vmf->page = folio + (vmf->pgoff - folio->index);
	return ret | VM_FAULT_LOCKED;
}

vm_fault_t filemap_page_mkwrite(struct task *t, struct vm_fault *vmf)
{
	struct linux_vm *vm = task_vm(t);
	struct inode *inode = vmf->vma->vm_file->inode;
	struct page *folio = page_folio(vmf->page);

	/* a page of a hole gets its place on the disk */
	if (file_prepare_block(vm, inode, vmf->pgoff))
		return VM_FAULT_SIGBUS;
	lock_page(t, folio);
	if (folio->mapping != inode->mapping.id || vmf->pgoff >= file_pages(inode)) {
		unlock_page(vm, folio);
		return VM_FAULT_NOPAGE;
	}
	if (inode->fs->buffers == BUFFERS_FILE)
		create_page_buffers(t, folio);
	set_page_dirty(t, folio);
	wait_for_stable_page(t, folio);
	return VM_FAULT_LOCKED;
}
