/*
 * filemap.c - find, insert and remove pages of the cache
 */
#include <errno.h>

#include "models/linux/pagecache/filemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

struct address_space *page_mapping(struct linux_vm *vm, const struct page *page)
{
	return page->mapping ? &vm->files->inodes[page->mapping - 1]->mapping : NULL;
}

void get_page(struct page *page)
{
	SIM_ASSERT(page->refcount > 0);
	page->refcount++;
}

void put_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	SIM_ASSERT(page->refcount > 0);
	if (--page->refcount)
		return;
	if (page->flags & PG_lru)
		lruvec_del_page(vm, page);
	__free_pages(vm, cpu, page, page->flags & PG_head ? page->order : 0);
}

struct page *find_get_page(struct address_space *m, uint64_t index)
{
	xa_entry e = xa_load(&m->i_pages, index);

	if (!e || xa_is_value(e))
		return NULL;

	struct page *page = mapping_page(m, e);

	get_page(page);
	return page;
}

xa_entry find_get_entry(struct address_space *m, uint64_t index)
{
	xa_entry e = xa_load(&m->i_pages, index);

	if (e && !xa_is_value(e))
		get_page(mapping_page(m, e));
	return e;
}

/* Stores a locked page; *shadow is what stood there before.  0 or -EEXIST. */
static int add_to_page_cache(struct page *page, struct address_space *m, uint64_t index,
			     xa_entry *shadow)
{
	struct linux_vm *vm = m->vm;
	xa_entry old = xa_load(&m->i_pages, index);

	if (old && !xa_is_value(old))
		return -EEXIST;
	xa_store(&m->i_pages, index, xa_object(page_to_pfn(vm, page)));
	get_page(page);
	page->mapping = m->id;
	page->index = index;
	m->nrpages++;
	page_zone(vm, page)->node->stat.nr_file_pages++;
	trace_mm_filemap_add_to_page_cache(vm->sim, m->host->id, (int64_t)index,
					   page_to_pfn(vm, page), 0);
	*shadow = old;
	return 0;
}

int add_to_page_cache_lru(struct task *t, struct page *page, struct address_space *m,
			  uint64_t index, gfp_t gfp)
{
	struct linux_vm *vm = m->vm;
	xa_entry shadow = 0;

	task_run(t, (sim_time)vm->machine->cost.page_cache_insert);
	page->flags |= PG_locked;

	int r = add_to_page_cache(page, m, index, &shadow);

	if (r) {
		page->flags &= ~(uint32_t)PG_locked;
		return r;
	}
	/* a page made for writing is no refault: its old content does not matter */
	if (shadow && !(gfp & __GFP_WRITE))
		workingset_refault(vm, page, shadow);
	lru_cache_add(vm, t->cpu, page);
	return 0;
}

void __delete_from_page_cache(struct linux_vm *vm, struct page *page, xa_entry shadow)
{
	struct address_space *m = page_mapping(vm, page);

	SIM_ASSERT(m && (page->flags & PG_locked));
	trace_mm_filemap_delete_from_page_cache(vm->sim, m->host->id, (int64_t)page->index,
						page_to_pfn(vm, page), 0);
	if (page->flags & PG_dirty)
		cancel_dirty_page(vm, page);
	xa_store(&m->i_pages, page->index, shadow);
	page->mapping = 0;
	m->nrpages--;
	page_zone(vm, page)->node->stat.nr_file_pages--;
}

void delete_from_page_cache(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	__delete_from_page_cache(vm, page, 0);
	put_page(vm, cpu, page);
}

struct page *page_cache_alloc(struct task *t, struct address_space *m, gfp_t gfp)
{
	(void)m;
	return alloc_pages(t, gfp, 0);
}

/* Every page of every index says where it is; marks agree with the pages; counters are the sums. */
void filemap_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);
	int64_t file_pages = 0, dirty = 0, writeback = 0;
	int64_t node_file_pages = 0, node_dirty = 0, node_writeback = 0;

	for (int i = 0; i < vm->files->n; i++) {
		struct address_space *m = &vm->files->inodes[i]->mapping;
		uint64_t pages = 0, index = 0;
		xa_entry e;

		CHECK(c, xa_check(&m->i_pages));
		for (; (e = xa_find(&m->i_pages, &index, UINT64_MAX)) != 0; index++) {
			if (xa_is_value(e))
				continue;

			const struct page *page = mapping_page(m, e);

			pages++;
			CHECK(c, page->mapping == m->id);
			CHECK(c, page->index == index);
			CHECK(c, page->refcount > 0);
			if (page->flags & PG_dirty)
				CHECK(c, xa_get_mark(&m->i_pages, index, PAGECACHE_TAG_DIRTY));
			CHECK(c, !(page->flags & PG_writeback) ==
				     !xa_get_mark(&m->i_pages, index, PAGECACHE_TAG_WRITEBACK));
			dirty += (page->flags & PG_dirty) != 0;
			writeback += (page->flags & PG_writeback) != 0;
			if (c->failures)
				return;
		}
		CHECK(c, pages == m->nrpages);
		file_pages += (int64_t)pages;
	}
	FOR_EACH_NODE (vm, node) {
		node_file_pages += node->stat.nr_file_pages;
		node_dirty += node->stat.nr_dirty;
		node_writeback += node->stat.nr_writeback;
	}
	CHECK(c, file_pages == node_file_pages);
	CHECK(c, dirty == node_dirty);
	CHECK(c, writeback == node_writeback);
}
