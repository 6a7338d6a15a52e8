/*
 * filemap_lookup.c - looking pages up, one or many, and making the ones that are missing
 *
 * An entry is a page, a shadow, or nothing.  A lookup takes its reference in the
 * instant in which it reads the entry; the lock comes later, so that a page which
 * had to be waited for is looked at again: it may have left the file meanwhile.
 */
#include <errno.h>

#include "models/linux/pagecache/pagemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/writeback/writeback.h"

/* --- one page --- */

/* Locks a page that was found; false: it was not to be waited for, or is another one's now. */
static bool lock_found(struct task *t, const struct address_space *m, uint64_t index,
		       struct page *page, unsigned fgp_flags, bool *again)
{
	struct linux_vm *vm = m->vm;

	*again = false;
	if (fgp_flags & FGP_NOWAIT) {
		if (!trylock_page(page)) {
			put_page(vm, t->cpu, page);
			return false;
		}
	} else {
		lock_page(t, page);
	}
	if (page_folio(page)->mapping == m->id && page_index(page) == index)
		return true;
	unlock_page(vm, page);
	put_page(vm, t->cpu, page);
	*again = true;
	return false;
}

static gfp_t gfp_of_new_page(const struct address_space *m, unsigned fgp_flags, gfp_t gfp)
{
	if ((fgp_flags & FGP_WRITE) && m->host->bdi)
		gfp |= __GFP_WRITE;
	if (fgp_flags & FGP_NOFS)
		gfp &= ~__GFP_FS;
	if (fgp_flags & FGP_NOWAIT)
		gfp = (gfp & ~GFP_KERNEL) | GFP_NOWAIT | __GFP_NOWARN;
	return gfp;
}

/* A page of one's own in the cache, locked.  NULL: *error is -ENOMEM or -EEXIST. */
static struct page *make_page(struct task *t, struct address_space *m, uint64_t index,
			      unsigned fgp_flags, gfp_t gfp, int *error)
{
	struct page *page = page_cache_alloc(t, m, gfp);

	*error = -ENOMEM;
	if (!page)
		return NULL;
	if (fgp_flags & FGP_ACCESSED)
		page->flags |= PG_referenced;
	*error = add_to_page_cache_lru(t, page, m, index, gfp);
	if (!*error)
		return page;
	page->flags &= ~(uint32_t)PG_referenced;
	put_page(m->vm, t->cpu, page);
	return NULL;
}

/* As stored; an object is the page that the flags ask for. */
static xa_entry get_entry(struct task *t, struct address_space *m, uint64_t index,
			  unsigned fgp_flags, gfp_t gfp)
{
	struct linux_vm *vm = m->vm;
	struct page *page;
	bool again;
	int error;

	for (;;) {
		xa_entry e = find_get_entry(m, index);

		if (xa_is_value(e)) {
			if (fgp_flags & FGP_ENTRY)
				return e;
			e = 0;
		}
		if (e) {
			page = mapping_page(m, e);
			if ((fgp_flags & FGP_LOCK) &&
			    !lock_found(t, m, index, page, fgp_flags, &again)) {
				if (again)
					continue;
				return 0;
			}
			task_run(t, (sim_time)vm->machine->cost.page_cache_lookup);
			if (fgp_flags & FGP_ACCESSED)
				mark_page_accessed(vm, t->cpu, page_folio(page));
			if (fgp_flags & FGP_STABLE)
				wait_for_stable_page(t, page);
			return e;
		}
		if (!(fgp_flags & FGP_CREAT))
			return 0;
		if (!(fgp_flags & (FGP_LOCK | FGP_FOR_MMAP))) {
			kernel_bug(vm->sim, "pagecache_get_page: FGP_CREAT without FGP_LOCK");
			fgp_flags |= FGP_LOCK;
		}
		page =
		    make_page(t, m, index, fgp_flags, gfp_of_new_page(m, fgp_flags, gfp), &error);
		if (!page && error == -EEXIST)
			continue;
		if (!page)
			return 0;
		if (fgp_flags & FGP_FOR_MMAP)
			unlock_page(vm, page);
		return xa_object(page_to_pfn(vm, page));
	}
}

struct page *pagecache_get_page(struct task *t, struct address_space *m, uint64_t index,
				unsigned fgp_flags, gfp_t gfp)
{
	xa_entry e = get_entry(t, m, index, fgp_flags & ~(unsigned)FGP_ENTRY, gfp);

	return e ? mapping_page(m, e) : NULL;
}

xa_entry find_lock_entry(struct task *t, struct address_space *m, uint64_t index)
{
	return get_entry(t, m, index, FGP_LOCK | FGP_ENTRY, 0);
}

/* --- holes --- */

static bool is_hole(struct xa_cursor *c, uint64_t index)
{
	xa_entry e = xa_cursor_load(c, index);

	return !e || xa_is_value(e);
}

uint64_t page_cache_next_hole(const struct address_space *m, uint64_t index, uint64_t max_scan)
{
	struct xa_cursor c = { .xa = &m->i_pages };

	for (; max_scan && !is_hole(&c, index); max_scan--)
		if (++index == 0)
			break;
	return index;
}

uint64_t page_cache_prev_hole(const struct address_space *m, uint64_t index, uint64_t max_scan)
{
	struct xa_cursor c = { .xa = &m->i_pages };

	for (; max_scan && !is_hole(&c, index); max_scan--)
		if (index-- == 0)
			break;
	return index;
}

/* --- many pages --- */

/* Takes a reference to each page that follows the one before without a gap, up to end. */
static unsigned get_contig(struct address_space *m, uint64_t index, uint64_t end, unsigned nr,
			   struct page **pages)
{
	struct xa_cursor c = { .xa = &m->i_pages };
	unsigned n = 0;

	while (n < nr && index <= end) {
		xa_entry e = xa_cursor_load(&c, index);

		if (!e || xa_is_value(e))
			break;
		pages[n] = page_folio(mapping_page(m, e));
		get_page(pages[n]);
		index = pages[n]->index + folio_nr_pages(pages[n]);
		n++;
		if (!index)
			break;
	}
	return n;
}

/* Takes a reference to each page, or (mark not -1) each with a mark, in *index..end. */
static unsigned get_range(struct address_space *m, uint64_t *index, uint64_t end, int mark,
			  unsigned nr, struct page **pages)
{
	struct xa_cursor c = { .xa = &m->i_pages };
	uint64_t at = *index;
	unsigned n = 0;
	xa_entry e;

	if (!nr)
		return 0;
	while (at <= end &&
	       (e = mark < 0 ? xa_cursor_find(&c, &at, end)
			     : xa_cursor_find_marked(&c, &at, end, (enum xa_mark)mark))) {
		if (!xa_is_value(e)) {
			pages[n] = page_folio(mapping_page(m, e));
			get_page(pages[n]);
			at = pages[n]->index + folio_nr_pages(pages[n]) - 1;
			if (++n == nr) {
				*index = at + 1;
				return n;
			}
		}
		if (at++ == UINT64_MAX)
			break;
	}
	*index = end == UINT64_MAX ? UINT64_MAX : end + 1;
	return n;
}

unsigned find_get_pages_contig(struct address_space *m, uint64_t index, unsigned nr,
			       struct page **pages)
{
	return get_contig(m, index, UINT64_MAX, nr, pages);
}

unsigned find_get_pages_range_tag(struct address_space *m, uint64_t *index, uint64_t end,
				  enum xa_mark tag, unsigned nr, struct page **pages)
{
	return get_range(m, index, end, (int)tag, nr, pages);
}

unsigned find_get_pages_tag(struct address_space *m, uint64_t *index, enum xa_mark tag, unsigned nr,
			    struct page **pages)
{
	return get_range(m, index, UINT64_MAX, (int)tag, nr, pages);
}

unsigned filemap_get_folios(struct address_space *m, uint64_t *start, uint64_t end,
			    struct folio_batch *b)
{
	b->nr = get_range(m, start, end, -1, PAGEVEC_SIZE, b->page);
	return b->nr;
}

unsigned filemap_get_folios_contig(struct address_space *m, uint64_t *start, uint64_t end,
				   struct folio_batch *b)
{
	b->nr = get_contig(m, *start, end, PAGEVEC_SIZE, b->page);
	if (b->nr)
		*start = b->page[b->nr - 1]->index + folio_nr_pages(b->page[b->nr - 1]);
	return b->nr;
}

unsigned filemap_get_folios_tag(struct address_space *m, uint64_t *start, uint64_t end,
				enum xa_mark tag, struct folio_batch *b)
{
	b->nr = get_range(m, start, end, (int)tag, PAGEVEC_SIZE, b->page);
	return b->nr;
}

bool filemap_range_has_page(const struct address_space *m, int64_t start, int64_t end)
{
	uint64_t index = (uint64_t)start >> PAGE_SHIFT, last = (uint64_t)end >> PAGE_SHIFT;
	xa_entry e;

	if (end < start)
		return false;
	for (; index <= last && (e = xa_find(&m->i_pages, &index, last)); index++)
		if (!xa_is_value(e))
			return true;
	return false;
}
