/*
 * alloc_ops.c - allocating and freeing pages, as calls of scenarios
 *
 * A name given by as: stands for one reference.  The order travels with the
 * block: a compound page has it, of others the first page remembers it.
 */
#include <errno.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/cma.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/arg.h"
#include "models/linux/model_list.h"
#include "models/linux/pagecache/filemap.h"

/* ---- rules of the kernel that a call may break ---- */

#define OF_CMA "pages of cma_alloc go back by cma_release"

bool gfp_is_bug(struct sim *s, gfp_t gfp)
{
	if (gfp_zone(gfp) >= 0 && gfp_migratetype(gfp) < MIGRATE_PCPTYPES)
		return false;
	kernel_bug(s, "two zones or two kinds of mobility in one mask");
	return true;
}

static bool bug_in_request(const struct task *t, gfp_t gfp, int64_t node)
{
	if (gfp_is_bug(t->sim, gfp))
		return true;
	if (node >= task_vm(t)->nr_nodes)
		kernel_bug(t->sim, "no such node");
	else if (task_in_irq(t) && gfpflags_allow_blocking(gfp))
		kernel_bug(t->sim, "sleeping allocation in an interrupt");
	else
		return false;
	return true;
}

static bool is_free(const struct page *page)
{
	return page->refcount <= 0 || (page->flags & (PG_buddy | PG_pcp));
}

/* Whether only cma_release may drop a reference: page tables hold theirs, get_page may have more.
 */
static bool is_last_of_cma(const struct linux_vm *vm, const struct page *page)
{
	return page->refcount - folio_mapcount(page) <= 1 &&
	       cma_owned(vm, page_to_pfn(vm, page), 1);
}

/* Whether all of these are single pages in use that nothing else knows of. */
static bool are_single(const struct linux_vm *vm, pfn_t pfn, pages_t n)
{
	const uint32_t others =
	    PG_head | PG_tail | PG_lru | PG_locked | PG_writeback | PG_buddy | PG_pcp;

	if (pfn > vm->max_pfn || n > vm->max_pfn - pfn)
		return false;
	for (pages_t i = 0; i < n; i++) {
		const struct page *page = pfn_to_page(vm, pfn + i);

		if (page->refcount <= 0 || (page->flags & others) || page->mapping)
			return false;
	}
	return !cma_owned(vm, pfn, n);
}

/*
 * Pages that a call took in a row are blocks of order 0 each: so one that gives back more than was
 * taken is told from one that does not.
 */
static void take_in_row(struct page *page, pages_t n)
{
	for (pages_t i = 0; i < n; i++) {
		page[i].index = 0;
		page[i].flags |= PG_sim_block;
	}
}

static bool are_taken(const struct page *page, pages_t n)
{
	for (pages_t i = 0; i < n; i++)
		if (!(page[i].flags & PG_sim_block) || page[i].index)
			return false;
	return true;
}

static void pay_for_free(struct task *t, pages_t n)
{
	task_run(t, (sim_time)n * (sim_time)task_vm(t)->machine->cost.page_free);
}

/* ---- blocks ---- */

static int64_t op_alloc_pages(struct task *t, const struct args *a, struct result *r)
{
	gfp_t gfp = (gfp_t)a->gfp;
	struct page *page;

	if (bug_in_request(t, gfp, a->node))
		return give(r, NULL);
	page = a->node < 0 ? alloc_pages(t, gfp, (int)a->order)
			   : __alloc_pages(t, gfp, (int)a->order, (int)a->node, 0);
	if (page && !(page->flags & PG_head) && a->order) {
		page->index = (uint64_t)a->order;
		page->flags |= PG_sim_block;
	}
	return give(r, page);
}

static int64_t op_free_pages(struct task *t, const struct args *a, struct result *r)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = a->page.ptr;

	(void)r;
	if (!page)
		return 0;
	if (is_free(page)) {
		kernel_bug(vm->sim, "free_pages: the block is free already");
		return -EINVAL;
	}
	if (is_last_of_cma(vm, page)) {
		kernel_bug(vm->sim, "free_pages: " OF_CMA);
		return -EINVAL;
	}
	if (page->refcount == 1 && (page->flags & (PG_lru | PG_locked | PG_writeback))) {
		kernel_bug(vm->sim, "free_pages: the last reference of a page that is on a list of "
				    "reclaim, locked or under writeback");
		return -EINVAL;
	}

	int order = 0;

	if (page->flags & PG_head)
		order = page->order;
	else if (page->flags & PG_sim_block)
		order = (int)page->index;
	page->flags &= ~(uint32_t)PG_sim_block;
	pay_for_free(t, 1);
	free_pages(vm, t->cpu, page, order);
	return 0;
}

static int64_t op_get_page(struct task *t, const struct args *a, struct result *r)
{
	struct page *page = a->page.ptr;

	if (page && is_free(page)) {
		kernel_bug(t->sim, "get_page: the page is free");
		return give(r, NULL);
	}
	if (page)
		get_page(page);
	return give(r, page);
}

static int64_t op_put_page(struct task *t, const struct args *a, struct result *r)
{
	struct page *page = a->page.ptr;

	(void)r;
	if (!page)
		return 0;
	if (is_free(page) || (page->refcount == 1 && (page->flags & (PG_locked | PG_writeback)))) {
		kernel_bug(t->sim, is_free(page) ? "put_page: the page is free already"
						 : "put_page: the last reference of a busy page");
		return -EINVAL;
	}
	if (is_last_of_cma(task_vm(t), page)) {
		kernel_bug(t->sim, "put_page: " OF_CMA);
		return -EINVAL;
	}
	pay_for_free(t, 1);
	put_page(task_vm(t), t->cpu, page);
	return 0;
}

/* ---- pages in a row ---- */

static int64_t op_alloc_pages_exact_nid(struct task *t, const struct args *a, struct result *r)
{
	gfp_t gfp = (gfp_t)a->gfp;

	if (bug_in_request(t, gfp, a->nid))
		return give(r, NULL);
	if (!a->size) {
		kernel_bug(t->sim, "alloc_pages_exact_nid: no bytes");
		return give(r, NULL);
	}

	struct page *page = alloc_pages_exact_nid(t, (int)a->nid, (bytes_t)a->size, gfp);

	if (page)
		take_in_row(page, div_round_up((uint64_t)a->size, PAGE_SIZE));
	return give(r, page);
}

static int64_t op_free_pages_exact(struct task *t, const struct args *a, struct result *r)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = a->page.ptr;
	pages_t n = div_round_up((uint64_t)a->size, PAGE_SIZE);

	(void)r;
	if (!page)
		return 0;
	if (!are_single(vm, page_to_pfn(vm, page), n)) {
		kernel_bug(vm->sim, "free_pages_exact: not all of these pages are in use");
		return -EINVAL;
	}
	/* the first is the caller's by its name, however it was taken */
	if (n && !are_taken(page + 1, n - 1)) {
		kernel_bug(vm->sim, "free_pages_exact: more pages than were taken");
		return -EINVAL;
	}
	pay_for_free(t, n);
	free_pages_exact(vm, t->cpu, page, (bytes_t)a->size);
	return 0;
}

static int64_t op_alloc_contig_range(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (a->migratetype != MIGRATE_MOVABLE) {
		kernel_bug(t->sim, "alloc_contig_range: blocks can become movable ones only");
		return -EINVAL;
	}

	int64_t error =
	    alloc_contig_range(t, (pfn_t)a->start, (pfn_t)a->end, MIGRATE_MOVABLE, GFP_KERNEL);

	if (!error)
		take_in_row(pfn_to_page(task_vm(t), (pfn_t)a->start), (pages_t)(a->end - a->start));
	return error;
}

static int64_t op_free_contig_range(struct task *t, const struct args *a, struct result *r)
{
	struct linux_vm *vm = task_vm(t);

	(void)r;
	if (!are_single(vm, (pfn_t)a->pfn, (pages_t)a->nr_pages)) {
		kernel_bug(vm->sim, "free_contig_range: not all of these pages are in use");
		return -EINVAL;
	}
	if (!are_taken(pfn_to_page(vm, (pfn_t)a->pfn), (pages_t)a->nr_pages)) {
		kernel_bug(vm->sim, "free_contig_range: more pages than were taken");
		return -EINVAL;
	}
	pay_for_free(t, (pages_t)a->nr_pages);
	free_contig_range(vm, t->cpu, (pfn_t)a->pfn, (pages_t)a->nr_pages);
	return 0;
}

/* ---- pageblocks ---- */

#define TYPE_BITS 7u
#define SKIP_BIT  8u
#define TYPE_END  2 /* index of the last bit of each field */
#define SKIP_END  3

/* What a call means by its mask. */
struct pageblock_bits {
	pfn_t pfn;
	uint32_t mask; /* counted from the first bit of the block */
	int shift;     /* of the value, which counts from the first bit of the field */
};

/* The bits of the field that ends at a bit, of all fields if none is named. */
static uint32_t field_that_ends_at(int64_t end_bitidx)
{
	if (end_bitidx < 0)
		return TYPE_BITS | SKIP_BIT;
	return end_bitidx == TYPE_END ? TYPE_BITS : end_bitidx == SKIP_END ? SKIP_BIT : 0;
}

/* A mask beside end_bitidx counts within the field, or, if it does not fit there, as one alone. */
static bool read_bits(const struct task *t, const struct args *a, struct pageblock_bits *bits)
{
	struct linux_vm *vm = task_vm(t);
	const struct page *page = a->page.ptr;
	pfn_t pfn = a->pfn < 0 && page ? page_to_pfn(vm, page) : (pfn_t)a->pfn;
	uint32_t mask = (uint32_t)a->mask, field = field_that_ends_at(a->end_bitidx);
	int shift = a->end_bitidx == SKIP_END ? SKIP_END : 0;
	bool in_field = !(mask << shift & ~field);

	if (pfn >= vm->max_pfn || !pfn_zone(vm, pfn)) {
		kernel_bug(t->sim, "the page belongs to no zone");
		return false;
	}
	if (page && (page_to_pfn(vm, page) ^ pfn) >> PAGEBLOCK_ORDER) {
		kernel_bug(t->sim, "the page lies in another pageblock");
		return false;
	}
	if (!mask || (!in_field && (mask & ~field))) {
		kernel_bug(t->sim, "the mask is no part of the field that ends there");
		return false;
	}
	*bits = in_field ? (struct pageblock_bits){ pfn, mask << shift, shift }
			 : (struct pageblock_bits){ pfn, mask, 0 };
	return true;
}

static int64_t op_get_pfnblock_flags_mask(struct task *t, const struct args *a, struct result *r)
{
	struct pageblock_bits bits;

	(void)r;
	if (!read_bits(t, a, &bits))
		return -EINVAL;
	return get_pfnblock_flags_mask(task_vm(t), bits.pfn, bits.mask) >> bits.shift;
}

static int64_t op_set_pfnblock_flags_mask(struct task *t, const struct args *a, struct result *r)
{
	struct linux_vm *vm = task_vm(t);
	struct pageblock_bits bits;
	uint32_t flags, old, type;

	(void)r;
	if (!read_bits(t, a, &bits))
		return -EINVAL;
	flags = (uint32_t)a->flags << bits.shift;
	old = get_pfnblock_flags_mask(vm, bits.pfn, TYPE_BITS);
	type = ((old & ~bits.mask) | flags) & TYPE_BITS;
	if (flags & ~bits.mask) {
		kernel_bug(vm->sim, "set_pfnblock_flags_mask: bits beyond the mask");
		return -EINVAL;
	}
	/* the others are counted, and begin and end with moving free pages */
	if (type != old && (type > MIGRATE_HIGHATOMIC || old > MIGRATE_HIGHATOMIC)) {
		kernel_bug(vm->sim, "set_pfnblock_flags_mask: no type that can be set by hand");
		return -EINVAL;
	}
	set_pfnblock_flags_mask(vm, flags, bits.pfn, bits.mask);
	return 0;
}

/* ---- policies ---- */

const struct key_word mempolicy_words[] = {
	{ "default", MPOL_DEFAULT, "near the CPU" },
	{ "preferred", MPOL_PREFERRED, "one node first, then those near it" },
	{ "bind", MPOL_BIND, "only these nodes" },
	{ "interleave", MPOL_INTERLEAVE, "these nodes in turns" },
	{ "local", MPOL_LOCAL, "near the CPU, said explicitly" },
	{ NULL, 0, NULL },
};

static int64_t op_set_mempolicy(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return set_mempolicy(t, (enum mpol_mode)a->mode, a->nodes);
}

static const struct op ops[] = {
	{ "alloc_pages", "gfp = GFP_KERNEL, order = 0, node =", "page", op_alloc_pages,
	  OP_MAY_SLEEP,
	  "take a block of 2^order pages, by the memory policy unless a node is named; waits "
	  "and reclaims as far as gfp allows" },
	{ "free_pages", "page", NULL, op_free_pages, OP_RELEASES,
	  "give a block of alloc_pages back; all but a first page that has another reference" },
	{ "get_page", "page", "page", op_get_page, 0,
	  "take another reference to a block; name it by as: to give it back" },
	{ "put_page", "page", NULL, op_put_page, OP_RELEASES,
	  "drop a reference; the last one frees the page, or the compound page" },
	{ "alloc_pages_exact_nid", "nid =, size, gfp = GFP_KERNEL", "page",
	  op_alloc_pages_exact_nid, OP_MAY_SLEEP,
	  "take as many pages in a row as the bytes need, each with a reference of its own" },
	{ "free_pages_exact", "page, size", NULL, op_free_pages_exact, OP_RELEASES,
	  "give pages of alloc_pages_exact_nid back, one by one" },
	{ "alloc_contig_range", "start, end, migratetype = MIGRATE_MOVABLE", NULL,
	  op_alloc_contig_range, OP_NO_IRQ,
	  "take exactly these pages; what is in use there is moved away if it can be" },
	{ "free_contig_range", "pfn, nr_pages", NULL, op_free_contig_range, 0,
	  "give pages of alloc_contig_range back" },
	{ "get_pfnblock_flags_mask", "pfn =, page =, end_bitidx =, mask = 7", NULL,
	  op_get_pfnblock_flags_mask, 0, "bits of the pageblock that has a page" },
	{ "set_pfnblock_flags_mask", "flags, pfn =, page =, end_bitidx =, mask = 7", NULL,
	  op_set_pfnblock_flags_mask, 0,
	  "set bits of a pageblock; free pages stay on the lists they are on" },
	{ "set_mempolicy", "mode, nodes =", NULL, op_set_mempolicy, OP_NO_IRQ,
	  "from which nodes this task takes its pages from now on" },
};

const struct model alloc_ops_model = {
	.name = "page_alloc",
	.ops = ops,
	.nr_ops = ARRAY_LEN(ops),
};
