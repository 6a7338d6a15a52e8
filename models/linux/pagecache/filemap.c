/*
 * filemap.c - find, insert and remove pages of the cache
 */
#include <errno.h>

#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/pagecache/buffer_head.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/swap/swap.h"
#include "models/linux/writeback/writeback.h"

struct address_space *swapcache_mapping(const struct linux_vm *vm, const struct page *folio)
{
	return swap_address_space(vm, (swp_entry_t){ page_swap_entry(folio) });
}

void __put_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	if (page->flags & PG_hugetlb) {
		free_huge_page(vm, cpu, page);
		return;
	}
	if (page->flags & PG_lru)
		lruvec_del_page(vm, page);
	if (page->flags & PG_mlocked)
		clear_page_mlock(vm, page);
	__free_pages(vm, cpu, page, page->flags & PG_head ? page->order : 0);
}

void release_pages(struct linux_vm *vm, const struct cpu *cpu, struct page *const *pages, int nr)
{
	uint32_t pages_to_free = 0; /* the last one first */

	for (int i = 0; i < nr; i++) {
		struct page *page = page_folio(pages[i]);

		SIM_ASSERT(page->refcount > 0);
		if (--page->refcount)
			continue;
		if (page->flags & PG_head) {
			__put_page(vm, cpu, page);
			continue;
		}
		if (page->flags & PG_lru)
			lruvec_del_page(vm, page);
		if (page->flags & PG_mlocked)
			clear_page_mlock(vm, page);
		page->next = pages_to_free;
		pages_to_free = page_to_pfn(vm, page);
	}
	free_unref_page_list(vm, cpu, pages_to_free);
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

/* Neither nothing nor a shadow. */
static bool is_page(xa_entry e)
{
	return e && !xa_is_value(e);
}

/* Stores all pages of a large folio, unless a page is met at one of their places. */
static __attribute__((noinline)) xa_entry store_large(struct address_space *m, uint64_t index,
						      uint32_t pfn, uint64_t nr)
{
	xa_entry met = 0, e;
	uint64_t at = index;

	for (; (e = xa_find(&m->i_pages, &at, index + nr - 1)) != 0; at++) {
		if (is_page(e))
			return e;
		met = e;
	}
	for (uint64_t i = 0; i < nr; i++)
		xa_store(&m->i_pages, index + i, xa_object(pfn + (uint32_t)i));
	return met;
}

static inline xa_entry store_small(struct address_space *m, uint64_t index, uint32_t pfn)
{
	xa_entry met = xa_store(&m->i_pages, index, xa_object(pfn));

	if (is_page(met)) /* seldom: it has its place again */
		xa_store(&m->i_pages, index, met);
	return met;
}

/*
 * Stores a locked folio.  Returns what stood there before: 0, a shadow (the last one of several),
 * or a page, and then the folio is not stored.  Inline: done for every page.
 */
static inline __attribute__((always_inline)) xa_entry
add_to_page_cache(struct page *page, struct address_space *m, uint64_t index)
{
	struct linux_vm *vm = m->vm;
	uint64_t nr = folio_nr_pages(page);
	uint32_t pfn = page_to_pfn(vm, page);
	xa_entry met = nr > 1 ? store_large(m, index, pfn, nr) : store_small(m, index, pfn);

	if (is_page(met))
		return met;
	SIM_ASSERT(page->refcount > 0);
	page->refcount += (int32_t)nr;
	page->mapping = m->id;
	page->index = index;
	m->nrpages += nr;
	pfn_zone(vm, pfn)->node->stat.nr_file_pages += (int64_t)nr;
	trace_mm_filemap_add_to_page_cache(vm->sim, m->host->id, (int64_t)index, pfn,
					   folio_order(page));
	return met;
}

/* How many levels of nodes beyond two the index has, once it has an entry at that place. */
static unsigned levels_beyond_two(const struct xarray *xa, uint64_t index)
{
	unsigned has = xa->root ? xa->root->shift / XA_CHUNK_SHIFT + 1U : 0, needs = 0, levels;

	for (uint64_t left = index; left; left >>= XA_CHUNK_SHIFT)
		needs++;
	levels = has > needs ? has : needs;
	return levels > 2 ? levels - 2 : 0;
}

int add_to_page_cache_lru(struct task *t, struct page *page, struct address_space *m,
			  uint64_t index, gfp_t gfp)
{
	struct linux_vm *vm = m->vm;
	xa_entry met = 0;

	task_run(t, (sim_time)vm->machine->cost.page_cache_insert);
	if (vm->machine->cost.xa_level) /* else counting them takes 2 % of a read */
		task_run(t, (sim_time)vm->machine->cost.xa_level *
				levels_beyond_two(&m->i_pages, index));
	SIM_ASSERT(!(page->flags & PG_tail));
	page->flags |= PG_locked;

	int r = slab_reserve_index(t, &m->i_pages, index, folio_nr_pages(page), gfp);

	if (!r) {
		met = add_to_page_cache(page, m, index);
		r = is_page(met) ? -EEXIST : 0;
	}
	if (r) {
		page->flags &= ~(uint32_t)PG_locked;
		return r;
	}
	/* a page made for writing is no refault: its old content does not matter */
	if (met && !(gfp & __GFP_WRITE)) {
		task_run(t, (sim_time)vm->machine->cost.page_refault);
		workingset_refault(vm, page, met);
	}
	lru_cache_add(vm, t->cpu, page);
	return 0;
}

int add_to_page_cache_locked(struct task *t, struct page *page, struct address_space *m,
			     uint64_t index, gfp_t gfp)
{
	if (!(page->flags & PG_locked) || (page->flags & (PG_swapbacked | PG_tail)) ||
	    page->mapping) {
		kernel_bug(m->vm->sim, "add_to_page_cache_locked: not a locked page of one's own");
		return -EINVAL;
	}
	task_run(t, (sim_time)m->vm->machine->cost.page_cache_insert);
	if (slab_reserve_index(t, &m->i_pages, index, folio_nr_pages(page), gfp))
		return -ENOMEM;
	return is_page(add_to_page_cache(page, m, index)) ? -EEXIST : 0;
}

void __delete_from_page_cache(struct linux_vm *vm, struct page *page, xa_entry shadow)
{
	struct address_space *m = page_mapping(vm, page);

	uint64_t nr = folio_nr_pages(page);

	SIM_ASSERT(m && (page->flags & PG_locked));
	trace_mm_filemap_delete_from_page_cache(vm->sim, m->host->id, (int64_t)page->index,
						page_to_pfn(vm, page), folio_order(page));
	if (page->flags & PG_dirty)
		cancel_dirty_page(vm, page);
	for (uint64_t i = 0; i < nr; i++) {
		xa_store(&m->i_pages, page->index + i, shadow);
		if (page[i].flags & PG_sim_unused)
			vm->stat.sim_readahead_unused_pages++;
	}
	page->mapping = 0;
	m->nrpages -= nr;
	page_zone(vm, page)->node->stat.nr_file_pages -= (int64_t)nr;
	if (m->flags & AS_SHMEM)
		page_zone(vm, page)->node->nr_shmem -= (int64_t)nr;
}

void delete_from_page_cache(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	uint64_t nr = folio_nr_pages(page);

	__delete_from_page_cache(vm, page, 0);
	SIM_ASSERT(page->refcount > (int32_t)nr - 1);
	page->refcount -= (int32_t)nr - 1;
	put_page(vm, cpu, page);
}

int replace_page_cache_page(struct linux_vm *vm, const struct cpu *cpu, struct page *old,
			    struct page *new_page, gfp_t gfp)
{
	const uint32_t busy = PG_dirty | PG_writeback | PG_private | PG_head | PG_tail;
	struct address_space *m = page_mapping(vm, old);

	(void)gfp; /* as above */
	if (!m || (m->flags & AS_SHMEM) || !(old->flags & new_page->flags & PG_locked) ||
	    new_page->mapping || ((old->flags | new_page->flags) & busy)) {
		kernel_bug(vm->sim, "replace_page_cache_page: not a clean locked page of a file "
				    "and a locked one of one's own");
		return -EINVAL;
	}
	get_page(new_page);
	new_page->mapping = m->id;
	new_page->index = old->index;
	xa_store(&m->i_pages, old->index, xa_object(page_to_pfn(vm, new_page)));
	old->mapping = 0;
	page_zone(vm, old)->node->stat.nr_file_pages--;
	page_zone(vm, new_page)->node->stat.nr_file_pages++;
	put_page(vm, cpu, old);
	return 0;
}

struct page *page_cache_alloc(struct task *t, struct address_space *m, gfp_t gfp)
{
	(void)m;
	return folio_alloc(t, gfp, 0);
}

static void check_buffers(struct check *c, const struct address_space *m, const struct page *page)
{
	uint32_t slab = page_buffers_slab(m->vm, page);

	CHECK(c, page->refcount > page_buffers_references(page));
	CHECK(c, !page_has_buffers(page) || m->host->fs->buffers);
	CHECK(c, !slab || pfn_to_page(m->vm, slab)->flags & PG_slab);
}

/* Every page of every index says where it is; marks agree with the pages; counters are the sums. */
void filemap_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);
	int64_t file_pages, shmem_pages, dirty = 0, writeback;
	int64_t node_file_pages = 0, node_dirty = 0, node_writeback = 0;

	swap_count_pages(vm, &file_pages, &writeback);
	shmem_check(c, vm, &shmem_pages);
	file_pages += shmem_pages;
	for (int i = 0; i < vm->files->n; i++) {
		struct address_space *m = &vm->files->inodes[i]->mapping;
		struct xa_cursor cursor = { .xa = &m->i_pages };
		uint64_t pages = 0, index = 0;
		xa_entry e;

		if (m->flags & AS_SHMEM)
			continue; /* shmem_check has */
		CHECK(c, xa_check(&m->i_pages));
		for (; (e = xa_cursor_find(&cursor, &index, UINT64_MAX)) != 0; index++) {
			if (xa_is_value(e))
				continue;

			struct page *tail = mapping_page(m, e);
			const struct page *page = page_folio(tail);

			pages++;
			CHECK(c, page->mapping == m->id);
			CHECK(c, page_index(tail) == index);
			CHECK(c, (page->index & (folio_nr_pages(page) - 1)) == 0);
			CHECK(c, page->refcount > 0);
			check_buffers(c, m, page);
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
