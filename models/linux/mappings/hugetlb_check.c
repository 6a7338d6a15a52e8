/*
 * hugetlb_check.c - counts afresh what the pool of huge pages claims
 */
#include "models/linux/mappings/hugetlb.h"

/* First frames of pages of the pool that somebody shows or has in a file. */
struct used_pages {
	uint32_t *v; /* owned; once for each entry, and for the file */
	size_t n, cap;
	int64_t reserved; /* what mappings and files have a claim to */
	int64_t usage;    /* small pages that programs map */
};

static void add_used(struct used_pages *u, uint32_t pfn)
{
	void *array = u->v;

	sim_grow(&array, &u->cap, u->n + 1, sizeof(*u->v));
	u->v = array;
	u->v[u->n++] = pfn;
}

static void check_page(struct check *c, struct linux_vm *vm, uint32_t pfn)
{
	const struct page *page = pfn_to_page(vm, pfn);

	CHECK(c, (page->flags & (PG_hugetlb | PG_head)) == (PG_hugetlb | PG_head));
	CHECK(c, page->order == HPAGE_PMD_ORDER || page->order == HPAGE_PUD_ORDER);
	CHECK(c, !(pfn & (folio_nr_pages(page) - 1)));
	CHECK(c, !(page->flags & (PG_lru | PG_anon | PG_buddy | PG_pcp | PG_dirty)));
}

/* --- free lists --- */

static void check_node(struct check *c, struct hstate *h, int nid)
{
	const struct hstate_node *n = &h->node[nid];
	int64_t free = 0;
	uint32_t prev = 0;

	for (uint32_t pfn = n->hugepage_freelist.head; pfn && !c->failures; free++) {
		struct page *page = pfn_to_page(h->vm, pfn);

		check_page(c, h->vm, pfn);
		CHECK(c, page_hstate(h->vm, page) == h);
		CHECK(c, page->refcount == 0 && !*hugetlb_mapcount(page));
		CHECK(c, *hugetlb_page_flags(page) == HPG_freed);
		CHECK(c, page_zone(h->vm, page)->node->node_id == nid);
		CHECK(c, page->prev == prev);
		CHECK(c, free < n->stat.free_hugepages);
		prev = pfn;
		pfn = page->next;
	}
	CHECK(c, n->hugepage_freelist.tail == prev);
	CHECK(c, free == n->stat.free_hugepages);
	CHECK(c, n->stat.surplus_hugepages >= 0);
	CHECK(c, n->stat.surplus_hugepages <= n->stat.nr_hugepages);
	CHECK(c, n->stat.free_hugepages <= n->stat.nr_hugepages);
}

static void check_sums(struct check *c, const struct hstate *h)
{
	struct hugetlb_node_stat sum = { 0 };

	for (int nid = 0; nid < h->vm->nr_nodes; nid++) {
		sum.nr_hugepages += h->node[nid].stat.nr_hugepages;
		sum.free_hugepages += h->node[nid].stat.free_hugepages;
		sum.surplus_hugepages += h->node[nid].stat.surplus_hugepages;
	}
	CHECK(c, sum.nr_hugepages == h->stat.nr_hugepages);
	CHECK(c, sum.free_hugepages == h->stat.free_hugepages);
	CHECK(c, sum.surplus_hugepages == h->stat.surplus_hugepages);
	CHECK(c, h->stat.resv_hugepages >= 0 && h->in_hand >= 0 && h->copying >= 0);
}

/* --- who uses them --- */

static void gather_vma(struct check *c, const struct vm_area_struct *vma, struct used_pages *u,
		       int64_t *usage)
{
	uint64_t first = vma_hugecache_offset(vma, vma->vm_start);
	const struct hstate *h = hstate_vma(vma);
	uint64_t nr = vma_pages(vma) >> h->order, addr = vma->vm_start;
	const struct page_table *table;

	CHECK(c, !((vma->vm_start | vma->vm_end) & ~huge_page_mask(h)));
	CHECK(c, !(vma->vm_flags & (VM_LOCKED | VM_ACCOUNT)));
	CHECK(c, !vma->resv || !(vma->vm_flags & (VM_SHARED | VM_NORESERVE)));
	if (vma->resv)
		u->reserved += (int64_t)(nr - region_count(vma->resv, first, first + nr));
	for (; (table = pte_table_from(vma->vm_mm, &addr, vma->vm_end)) != NULL;
	     addr += huge_page_size(h)) {
		const struct hugetlbfs_inode_info *info = HUGETLBFS_I(vma->vm_file->inode);
		uint64_t at = vma_hugecache_offset(vma, addr);

		CHECK(c, table->level == huge_page_level(h) - 1u);
		CHECK(c, (table->pmd.bits & PTE_PRESENT) && !table->pfn && !table->nr_used);
		CHECK(c, !(table->pmd.bits & PTE_WRITE) || (vma->vm_flags & VM_WRITE));
		CHECK(c, !(vma->vm_flags & VM_SHARED) || info->pages[at] == table->pmd.pfn);
		CHECK(c, (vma->vm_flags & VM_SHARED) || info->pages[at] != table->pmd.pfn ||
			     !(table->pmd.bits & PTE_WRITE));
		if (c->failures)
			return;
		/* what only one may write nobody else shows */
		if ((table->pmd.bits & PTE_WRITE) && !(vma->vm_flags & VM_SHARED))
			CHECK(c,
			      *hugetlb_mapcount(pfn_to_page(vma->vm_mm->vm, table->pmd.pfn)) == 1);
		add_used(u, table->pmd.pfn);
		*usage += (int64_t)pages_per_huge_page(h);
	}
}

/* Of one pool, and what each program uses of both. */
static void gather_programs(struct check *c, const struct hstate *h, struct used_pages *u)
{
	const struct linux_vm *vm = h->vm;

	for (int i = 0; vm->mms && i < vm->mms->n && !c->failures; i++) {
		const struct mm_struct *mm = vm->mms->mm[i];
		int64_t usage = 0;

		for (int v = 0; v < mm->nr_vmas + mm->nr_detached && !c->failures; v++)
			if (is_vm_hugetlb_page(mm_vma(mm, v)) && hstate_vma(mm_vma(mm, v)) == h)
				gather_vma(c, mm_vma(mm, v), u, &usage);
		CHECK(c, usage <= mm->hugetlb_usage);
		u->usage += usage;
	}
}

static void gather_files(struct check *c, const struct hstate *h, struct used_pages *u)
{
	LIST_FOR_EACH (pos, &h->inodes) {
		const struct hugetlbfs_inode_info *info =
		    LIST_ENTRY(pos, struct hugetlbfs_inode_info, link);
		uint64_t cached = 0;

		for (uint64_t i = 0; i < info->nr && !c->failures; i++) {
			struct page *page = pfn_to_page(h->vm, info->pages[i]);

			if (!info->pages[i])
				continue;
			cached++;
			CHECK(c, *hugetlb_page_flags(page) & HPG_sim_cached);
			CHECK(c, info->resv && region_count(info->resv, i, i + 1) == 1);
			add_used(u, info->pages[i]);
		}
		CHECK(c, cached == info->nr_cached);
		if (info->resv)
			u->reserved += (int64_t)(region_count(info->resv, 0, info->nr) - cached -
						 info->filling);
	}
}

/* Each is used as often as it says.  Returns how many there are. */
static int64_t check_used(struct check *c, struct hstate *h, struct used_pages *u)
{
	int64_t used = 0;

	sort_u32(u->v, u->n);
	for (size_t i = 0, next; i < u->n && !c->failures; i = next, used++) {
		struct page *page = pfn_to_page(h->vm, u->v[i]);
		uint32_t flags = *hugetlb_page_flags(page);
		int64_t uses;

		for (next = i; next < u->n && u->v[next] == u->v[i];)
			next++;
		uses = (int64_t)(next - i);
		check_page(c, h->vm, u->v[i]);
		CHECK(c, (flags & HPG_sim_used) && !(flags & (HPG_freed | HPG_restore_reserve)));
		CHECK(c, (int64_t)*hugetlb_mapcount(page) == uses - !!(flags & HPG_sim_cached));
		/* besides, those who copy it */
		CHECK(c, page->refcount >= uses);
		CHECK(c, page->refcount <= uses + h->copying);
	}
	return used;
}

/* Returns how many small pages of the pool programs map. */
static int64_t check_hstate(struct check *c, struct hstate *h)
{
	struct linux_vm *vm = h->vm;
	struct used_pages u = { 0 };
	int64_t used, rest;

	if (!h->used)
		return 0;
	for (int nid = 0; nid < vm->nr_nodes; nid++)
		check_node(c, h, nid);
	check_sums(c, h);
	gather_programs(c, h, &u);
	gather_files(c, h, &u);
	used = check_used(c, h, &u);
	rest = h->stat.nr_hugepages - h->stat.free_hugepages - used - h->in_hand;
	for (int i = 0; vm->hugetlbfs && i < vm->hugetlbfs->n; i++)
		if (vm->hugetlbfs->v[i].spool.h == h)
			u.reserved += vm->hugetlbfs->v[i].spool.rsv_hpages;
	if (!c->failures) {
		CHECK(c, rest >= 0 && rest <= h->copying);
		CHECK(c, u.reserved + h->strayed + h->handed == h->stat.resv_hugepages);
	}
	CHECK(c, h->resizing ||
		     h->sysfs.nr_hugepages == h->stat.nr_hugepages - h->stat.surplus_hugepages);
	sim_free(u.v);
	return u.usage;
}

void hugetlb_check(struct check *c, struct sim *s)
{
	const struct linux_vm *vm = linux_vm(s);
	int64_t usage = 0, claimed = 0;

	if (!vm->hugetlb)
		return;
	for (int i = 0; i < HUGE_MAX_HSTATE; i++)
		usage += check_hstate(c, &vm->hugetlb[i]);
	for (int i = 0; vm->mms && i < vm->mms->n; i++)
		claimed += vm->mms->mm[i]->hugetlb_usage;
	CHECK(c, c->failures || usage == claimed);
	CHECK(c, vm->sysctl.nr_hugepages == vm->default_hstate->sysfs.nr_hugepages);
}
