/*
 * exact.c - pages in a row whose number is no power of two
 *
 *	order 3, 5 pages wanted:   | u u u u u f f f |
 *
 * A block is taken that is large enough, made single pages, and its tail given
 * back: to the end of the lists, so that it stays free for a while and the block
 * can form again.
 */
#include "models/linux/alloc/internal.h"

void split_page(struct linux_vm *vm, struct page *page, int order)
{
	(void)vm;
	SIM_ASSERT(page->refcount == 1 && !(page->flags & (PG_head | PG_tail)));
	for (uint32_t i = 1; i < 1u << order; i++) {
		page[i].refcount = 1;
		page[i].mapcount = 0;
	}
}

static pages_t pages_of(bytes_t size)
{
	return div_round_up(size, PAGE_SIZE);
}

static int order_of(pages_t wanted)
{
	SIM_ASSERT(wanted);
	return fls_u64(wanted - 1);
}

#define NOT_EXACT (__GFP_COMP | __GFP_HIGHMEM) /* make no sense for pages in a row */

/* Makes single pages of a block and gives back those beyond what was wanted. */
static struct page *make_alloc_exact(struct task *t, struct page *page, int order, pages_t wanted)
{
	struct linux_vm *vm = task_vm(t);

	if (!page)
		return NULL;
	split_page(vm, page, order);
	for (pages_t i = wanted; i < 1ULL << order; i++) {
		page[i].refcount = 0;
		trace_mm_page_free(vm->sim, page_to_pfn(vm, &page[i]), 0);
		__free_pages_ok(vm, t->cpu, page_to_pfn(vm, &page[i]), 0, FPI_TO_TAIL);
	}
	return page;
}

struct page *alloc_pages_exact_nid(struct task *t, int nid, bytes_t size, gfp_t gfp)
{
	pages_t wanted = pages_of(size);
	int order = order_of(wanted);

	return make_alloc_exact(t, __alloc_pages(t, gfp & ~NOT_EXACT, order, nid, 0), order,
				wanted);
}

struct page *alloc_pages_exact(struct task *t, bytes_t size, gfp_t gfp)
{
	pages_t wanted = pages_of(size);
	int order = order_of(wanted);

	return make_alloc_exact(t, alloc_pages(t, gfp & ~NOT_EXACT, order), order, wanted);
}

void free_pages_exact(struct linux_vm *vm, const struct cpu *cpu, struct page *page, bytes_t size)
{
	for (pages_t i = 0; i < pages_of(size); i++) {
		SIM_ASSERT(page[i].refcount > 0);
		if (--page[i].refcount == 0)
			__free_pages(vm, cpu, &page[i], 0);
	}
}
