/*
 * buffer.c - buffer heads of pages in the cache
 *
 * Who writes through a file system with buffer heads gives the page one for each of its blocks, and
 * it keeps them until it leaves the cache: they are small, but the slabs they lie in are pages that
 * stay while one page of many that were written together is left.
 */
#include "models/linux/pagecache/buffer_head.h"
#include "models/linux/reclaim/slab.h"

void create_page_buffers(struct task *t, struct page *page)
{
	struct linux_vm *vm = task_vm(t);

	SIM_ASSERT(page->flags & PG_locked);
	if (page_has_buffers(page))
		return;
	task_run(t, (sim_time)vm->machine->cost.page_buffers);
	vm->buffer_slabs[page_to_pfn(vm, page)] =
	    slab_alloc(t, SLAB_BUFFER_HEAD, GFP_NOFS | __GFP_ACCOUNT | __GFP_NOFAIL);
	page->flags |= PG_private;
	page->refcount++;
}

/* The page is somebody else's as well, so it stays. */
static void free_buffers(struct linux_vm *vm, struct page *page)
{
	uint32_t *slab = &vm->buffer_slabs[page_to_pfn(vm, page)];

	SIM_ASSERT(page->refcount > 1);
	page->refcount--;
	page->flags &= ~(uint32_t)PG_private;
	slab_free(vm, this_cpu(vm), *slab);
	*slab = 0;
}

void spend_free_buffers(struct task *t, const struct page *page)
{
	if (page_has_buffers(page))
		task_run(t, (sim_time)task_vm(t)->machine->cost.free_buffers);
}

bool try_to_free_buffers(struct linux_vm *vm, struct page *page)
{
	if (page->flags & (PG_dirty | PG_writeback))
		return false;
	if (page_has_buffers(page))
		free_buffers(vm, page);
	return true;
}

void block_invalidate_folio(struct linux_vm *vm, struct page *page)
{
	SIM_ASSERT((page->flags & PG_locked) && !(page->flags & PG_writeback));
	if (page_has_buffers(page))
		free_buffers(vm, page);
}

void move_page_buffers(struct linux_vm *vm, struct page *from, struct page *to)
{
	uint32_t *slab = &vm->buffer_slabs[page_to_pfn(vm, from)];

	if (!page_has_buffers(from))
		return;
	vm->buffer_slabs[page_to_pfn(vm, to)] = *slab;
	*slab = 0;
	from->flags &= ~(uint32_t)PG_private;
	from->refcount--;
	to->flags |= PG_private;
	to->refcount++;
}

uint32_t page_buffers_slab(const struct linux_vm *vm, const struct page *page)
{
	return page_has_buffers(page) ? vm->buffer_slabs[page_to_pfn(vm, page)] : 0;
}
