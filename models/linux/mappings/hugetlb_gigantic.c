/*
 * hugetlb_gigantic.c - pages of 1 GiB: more than the buddy has in one block
 *
 *	frames |h|t|t|t|...|t|   one compound page of 2^18 frames: only the head is counted
 *
 * While the machine runs, such a page is a range whose pages could all be moved away.
 */
#include "models/linux/alloc/internal.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/task.h"

void prep_compound_gigantic_page(struct page *head, int order)
{
	head->flags = PG_head;
	head->mapcount = 0;
	head->order = (uint8_t)order;
	head->refcount = 0;
	for (uint64_t i = 1; i < 1ULL << order; i++)
		head[i] = (struct page){ .flags = PG_tail, .index = i };
}

struct page *alloc_gigantic_page(struct task *t, const struct hstate *h, gfp_t gfp, int nid)
{
	struct page *page = alloc_contig_pages(t, pages_per_huge_page(h), gfp, nid);

	if (page)
		prep_compound_gigantic_page(page, h->order);
	return page;
}

/* Single pages again, freed one by one. */
void free_gigantic_page(struct linux_vm *vm, const struct cpu *cpu, struct page *head, int order)
{
	const uint64_t nr = 1ULL << order;

	for (uint64_t i = 0; i < nr; i++)
		head[i] = (struct page){ .refcount = 1 };
	free_contig_range(vm, cpu, page_to_pfn(vm, head), nr);
}
