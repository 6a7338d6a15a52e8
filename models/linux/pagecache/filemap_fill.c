/*
 * filemap_fill.c - reading single pages into the cache
 *
 * Who reads names a filler: it starts the read of a locked page and returns.  The
 * page is unlocked when the read ends, and that is what the reader waits for.
 */
#include <errno.h>

#include "models/linux/pagecache/buffer_head.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/task.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/fs.h"

int mapping_read_page(struct task *t, void *data, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	const struct address_space *m = page_mapping(vm, page);
	uint32_t pfn = page_to_pfn(vm, page);

	(void)data;
	if (m->host->fs->buffers == BUFFERS_BLKDEV)
		create_page_buffers(t, page);
	read_pages(t, page_mapping(vm, page), &pfn, 1, 0);
	return 0;
}

void page_end_read(struct linux_vm *vm, struct page *page, bool ok)
{
	if (ok)
		page->flags |= PG_uptodate;
	else
		page->flags = (page->flags & ~(uint32_t)PG_uptodate) | PG_error;
	unlock_page(vm, page);
}

int filemap_read_page(struct task *t, struct file *f, filler_t *filler, void *data,
		      struct page *page)
{
	int r;

	page->flags &= ~(uint32_t)PG_error;
	r = filler(t, data, page);
	if (!r)
		r = wait_on_page_locked(t, page);
	if (r)
		return r;
	if (page->flags & PG_uptodate)
		return 0;
	if (f)
		f->ra.ra_pages /= 4;
	return -EIO;
}

/* --- a list of pages --- */

static struct page *take_tail(struct linux_vm *vm, struct page_list *pages)
{
	struct page *page = pfn_to_page(vm, pages->tail);

	page_list_del(vm->mem_map, pages, pages->tail);
	return page;
}

int read_cache_pages(struct task *t, struct address_space *m, struct page_list *pages,
		     filler_t *filler, void *data)
{
	struct linux_vm *vm = m->vm;
	gfp_t gfp = GFP_KERNEL & m->gfp_mask;
	int r = 0;

	while (!page_list_empty(pages)) {
		struct page *page = take_tail(vm, pages);

		if (r || add_to_page_cache_lru(t, page, m, page->index, gfp)) {
			put_page(vm, t->cpu, page);
			continue;
		}
		put_page(vm, t->cpu, page); /* the cache and the batch hold it */
		r = filler(t, data, page);
	}
	return r;
}

/* --- one page --- */

static struct page *do_read_cache_page(struct task *t, struct address_space *m, struct file *f,
				       uint64_t index, filler_t *filler, void *data, gfp_t gfp,
				       int *error)
{
	struct linux_vm *vm = m->vm;
	struct page *page;

	*error = 0;
	for (;;) {
		page = find_get_page(m, index);
		if (!page) {
			page = page_cache_alloc(t, m, gfp);
			*error = page ? add_to_page_cache_lru(t, page, m, index, gfp) : -ENOMEM;
			if (!*error)
				break;
			if (page)
				put_page(vm, t->cpu, page);
			if (*error != -EEXIST)
				return NULL;
			*error = 0;
			continue;
		}
		task_run(t, (sim_time)vm->machine->cost.page_cache_lookup);
		if (page->flags & PG_uptodate)
			goto out;
		if (!trylock_page(page)) {
			folio_put_wait_locked(t, page, false);
			continue;
		}
		if (!page->mapping) {
			unlock_page(vm, page);
			put_page(vm, t->cpu, page);
			continue;
		}
		if (page->flags & PG_uptodate) {
			unlock_page(vm, page);
			goto out;
		}
		break;
	}
	*error = filemap_read_page(t, f, filler, data, page);
	if (*error) {
		put_page(vm, t->cpu, page);
		return NULL;
	}
out:
	mark_page_accessed(vm, t->cpu, page);
	return page;
}

struct page *read_cache_page(struct task *t, struct address_space *m, struct file *f,
			     uint64_t index, filler_t *filler, void *data, int *error)
{
	return do_read_cache_page(t, m, f, index, filler, data, m->gfp_mask, error);
}

struct page *read_cache_page_gfp(struct task *t, struct address_space *m, uint64_t index, gfp_t gfp,
				 int *error)
{
	return do_read_cache_page(t, m, NULL, index, mapping_read_page, NULL, gfp, error);
}
