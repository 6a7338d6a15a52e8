/*
 * filemap_miss.c - the first page that is not cached, ahead of or before a place
 *
 * In files of single pages the searches are what they say.  In files with
 * large folios the kernel's walk keeps two places that can come apart: the
 * index it reports, and the slot of the tree it looks at.  The first look
 * moves only the slot, back to the first one of the folio that is found there;
 * from then on both move together until a node ends.
 *
 *	looks at      [0][1][2][3] 4  5   folio of order 2 at 0, search from 1 on
 *	slot           ^- first look
 *	index             ^- what is reported: one too many from here on
 *
 * Nodes are those of the kernel: folios of order 6 and more have slots of the
 * level above the leaves.
 */
#include "models/linux/pagecache/filemap.h"

#define TOP_SHIFT 60 /* of a node above all others */

struct miss_walk {
	struct address_space *m;
	uint64_t index; /* reported */
	uint64_t base;  /* first index of the node */
	int shift;      /* index bits below a slot of the node */
	int slot;
};

enum slot_content { SLOT_HOLE, SLOT_PAGE, SLOT_NODE };

static struct page *page_at(const struct address_space *m, uint64_t index)
{
	xa_entry e = xa_load(&m->i_pages, index);

	return e && !xa_is_value(e) ? mapping_page(m, e) : NULL;
}

/* What stands at the walk's slot. */
static enum slot_content slot_content(const struct miss_walk *w)
{
	uint64_t first = w->base + ((uint64_t)w->slot << w->shift), at = first;
	struct page *page;

	if (w->shift == 0)
		return page_at(w->m, first) ? SLOT_PAGE : SLOT_HOLE;
	page = page_at(w->m, first);
	if (page && folio_order(page_folio(page)) >= w->shift)
		return SLOT_PAGE;
	return xa_find(&w->m->i_pages, &at, first + (1ULL << w->shift) - 1) ? SLOT_NODE : SLOT_HOLE;
}

static void set_slot(struct miss_walk *w)
{
	w->slot = (int)(w->index >> w->shift) & (XA_CHUNK_SIZE - 1);
}

/* The first look: true if there is a page. */
static bool walk_first(struct miss_walk *w)
{
	struct page *page = page_at(w->m, w->index), *folio;
	uint64_t first;

	if (!page)
		return false;
	folio = page_folio(page);
	first = folio->index;
	w->shift = folio_order(folio) >= XA_CHUNK_SHIFT ? XA_CHUNK_SHIFT : 0;
	w->base = first & ~((1ULL << (w->shift + XA_CHUNK_SHIFT)) - 1);
	w->slot = (int)(first >> w->shift) & (XA_CHUNK_SIZE - 1);
	return true;
}

/* Each further look, one place up (step 1) or down (-1). */
static bool walk_next(struct miss_walk *w, int step)
{
	int edge = step > 0 ? XA_CHUNK_SIZE - 1 : 0;
	enum slot_content content;

	w->index += (uint64_t)(int64_t)step;
	if (w->shift == 0 && w->slot != edge) {
		w->slot += step;
		return slot_content(w) == SLOT_PAGE;
	}
	if (w->slot != ((int)(w->index >> w->shift) & (XA_CHUNK_SIZE - 1)))
		w->slot += step;
	while (w->slot < 0 || w->slot == XA_CHUNK_SIZE) {
		if (w->shift == TOP_SHIFT)
			return false;
		w->shift += XA_CHUNK_SHIFT;
		w->slot = ((int)(w->base >> w->shift) & (XA_CHUNK_SIZE - 1)) + step;
		w->base = w->shift == TOP_SHIFT
			      ? 0
			      : w->base & ~((1ULL << (w->shift + XA_CHUNK_SHIFT)) - 1);
	}
	while ((content = slot_content(w)) == SLOT_NODE) {
		w->base += (uint64_t)w->slot << w->shift;
		w->shift -= XA_CHUNK_SHIFT;
		set_slot(w);
	}
	return content == SLOT_PAGE;
}

static uint64_t walk(struct address_space *m, uint64_t index, uint64_t max_scan, int step)
{
	struct miss_walk w = { .m = m, .index = index };

	for (uint64_t i = 0; i < max_scan; i++) {
		bool page = i ? walk_next(&w, step) : walk_first(&w);

		if (!page || (step > 0 && w.index == 0) || (step < 0 && w.index == UINT64_MAX))
			break;
	}
	return w.index;
}

uint64_t page_cache_next_miss(struct address_space *m, uint64_t index, uint64_t max_scan)
{
	if (!mapping_large_folio_support(m))
		return xa_next_miss(&m->i_pages, index, max_scan);
	return walk(m, index, max_scan, 1);
}

uint64_t page_cache_prev_miss(struct address_space *m, uint64_t index, uint64_t max_scan)
{
	if (!mapping_large_folio_support(m))
		return xa_prev_miss(&m->i_pages, index, max_scan);
	return walk(m, index, max_scan, -1);
}
