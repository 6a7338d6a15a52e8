/*
 * result.c - what can be read of the results of calls
 */
#include "models/freebsd/model_list.h"
#include "models/freebsd/vm/vm_map.h"

/* A call that gave NULL has no object: its fields are 0. */
#define FIELD(kind, type, name, expression)                                                        \
	static int64_t kind##_##name(const struct sim *s, const struct result *r)                  \
	{                                                                                          \
		const struct type *it = r->ptr;                                                    \
                                                                                                   \
		(void)s;                                                                           \
		return it ? (int64_t)(expression) : 0;                                             \
	}
#define PAGE_FIELD(name, expression) FIELD(page, vm_page, name, expression)
#define PAGE_FLAG(name, flag)        PAGE_FIELD(name, (it->flags & (flag)) != 0)

static int64_t page_pfn(const struct sim *s, const struct result *r)
{
	return r->ptr ? (int64_t)vm_page_pfn(freebsd_vm(s), r->ptr) : 0;
}

PAGE_FIELD(pindex, it->pindex)
PAGE_FIELD(in_object, it->object != NULL && !(it->flags & PG_CACHED))
PAGE_FIELD(queue, it->queue == PQ_NONE ? 255 : it->queue - 1)
PAGE_FIELD(free, !(it->flags & (PG_IN_USE | PG_CACHED)))
PAGE_FLAG(cached, PG_CACHED)
PAGE_FIELD(busy, (it->oflags & VPO_BUSY) != 0)
PAGE_FIELD(wired, it->wire_count)
PAGE_FIELD(held, it->hold_count)
PAGE_FIELD(act_count, it->act_count)
PAGE_FLAG(referenced, PG_REFERENCED)
PAGE_FLAG(unmanaged, PG_UNMANAGED)
PAGE_FLAG(winatcfls, PG_WINATCFLS)
PAGE_FIELD(mapped, (it->flags & PG_IN_USE) && pmap_page_is_mapped(it))
PAGE_FIELD(valid, it->valid)
PAGE_FIELD(dirty, it->dirty)
PAGE_FIELD(zeroed, it->zeroed)
FIELD(object, vm_object, resident, it->resident_page_count)
FIELD(object, vm_object, cached, it->cached_page_count)
FIELD(mapping, pv_entry, present, it->page != NULL)
FIELD(mapping, pv_entry, modified, it->modified)
FIELD(mapping, pv_entry, accessed, it->accessed)

static int64_t map_mapped(const struct sim *s, const struct result *r)
{
	const struct vm_range *range = r->ptr;
	int64_t n = 0;

	(void)s;
	if (!range)
		return 0;
	FOR_EACH_MAPPED (range, i, 0, range->npages)
		n++;
	return n;
}

static int64_t map_wired(const struct sim *s, const struct result *r)
{
	const struct vm_range *range = r->ptr;
	int64_t n = 0;

	(void)s;
	if (!range)
		return 0;
	FOR_EACH_MAPPED (range, i, 0, range->npages)
		n += range->pv[i].wired;
	return n;
}

/* The longest chain of objects below an entry. */
static int64_t map_chain(const struct sim *s, const struct result *r)
{
	const struct vm_range *range = r->ptr;
	int64_t longest = 0;

	(void)s;
	if (!range)
		return 0;
	LIST_FOR_EACH (pos, &range->entries) {
		const struct vm_object *object = LIST_ENTRY(pos, struct vm_map_entry, link)->object;
		int64_t n = 0;

		for (; object; object = object->backing_object)
			n++;
		longest = max_s64(longest, n);
	}
	return longest;
}

static int64_t map_entries(const struct sim *s, const struct result *r)
{
	const struct vm_range *range = r->ptr;
	int64_t n = 0;

	(void)s;
	if (range)
		LIST_FOR_EACH (pos, &range->entries)
			n++;
	return n;
}

const struct result_field freebsd_results[NR_FREEBSD_RESULTS] = {
#define RESULT_OF(kind, name, unit, get, meaning)                                                  \
	{ #kind, #name, UNIT_##unit, get, meaning, false },
#include "models/freebsd/result.def"
};
