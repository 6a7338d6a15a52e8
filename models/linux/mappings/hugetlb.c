/*
 * hugetlb.c - a pool of huge pages: taken from and given back to
 *
 * While memory is looked for time passes and others may take pages: counts are read again
 * afterwards.
 */
#include "models/linux/mappings/hugetlb.h"

#include <errno.h>

#include "models/linux/alloc/internal.h"
#include "models/linux/task.h"

gfp_t htlb_alloc_mask(const struct task *t, const struct hstate *h)
{
	gfp_t gfp = hstate_is_gigantic(h) ? GFP_HIGHUSER : GFP_HIGHUSER_MOVABLE;

	return gfp & ~(task_in_irq(t) ? __GFP_DIRECT_RECLAIM : 0);
}

static struct hstate_node *page_hnode(struct hstate *h, const struct page *page)
{
	return &h->node[page_zone(h->vm, page)->node->node_id];
}

static int64_t available_huge_pages(const struct hstate *h)
{
	return h->stat.free_hugepages - h->stat.resv_hugepages;
}

int64_t hugetlb_total_pages(const struct linux_vm *vm)
{
	int64_t n = 0;

	for (int i = 0; vm->hugetlb && i < HUGE_MAX_HSTATE; i++)
		n += vm->hugetlb[i].stat.nr_hugepages << vm->hugetlb[i].order;
	return n;
}

struct hstate *size_to_hstate(const struct linux_vm *vm, bytes_t size)
{
	if (!size)
		return vm->default_hstate;
	for (int i = 0; i < HUGE_MAX_HSTATE; i++)
		if (huge_page_size(&vm->hugetlb[i]) == size)
			return &vm->hugetlb[i];
	return NULL;
}

/* --- one page --- */

void hugetlb_page_used(struct hstate *h, struct page *page)
{
	uint32_t *flags = hugetlb_page_flags(page);

	if (!(*flags & HPG_sim_used))
		h->in_hand--;
	*flags |= HPG_sim_used;
}

static void enqueue_huge_page(struct hstate *h, struct page *page)
{
	struct hstate_node *n = page_hnode(h, page);

	SIM_ASSERT(page->refcount == 0 && !*hugetlb_mapcount(page));
	page_list_add(h->vm->mem_map, &n->hugepage_freelist, page_to_pfn(h->vm, page));
	*hugetlb_page_flags(page) = HPG_freed;
	n->stat.free_hugepages++;
	h->stat.free_hugepages++;
	h->in_hand--;
}

/* The first free page of a node, with a reference.  NULL: none. */
static struct page *dequeue_huge_page_node_exact(struct hstate *h, int nid)
{
	struct hstate_node *n = &h->node[nid];
	uint32_t pfn = n->hugepage_freelist.head;
	struct page *page = pfn_to_page(h->vm, pfn);

	if (!pfn)
		return NULL;
	page_list_del(h->vm->mem_map, &n->hugepage_freelist, pfn);
	page->refcount = 1;
	*hugetlb_page_flags(page) = 0;
	n->stat.free_hugepages--;
	h->stat.free_hugepages--;
	h->in_hand++;
	return page;
}

void remove_hugetlb_page(struct hstate *h, const struct cpu *cpu, struct page *page,
			 bool adjust_surplus)
{
	struct hstate_node *n = page_hnode(h, page);
	uint32_t pfn = page_to_pfn(h->vm, page);

	if (*hugetlb_page_flags(page) & HPG_freed) {
		page_list_del(h->vm->mem_map, &n->hugepage_freelist, pfn);
		n->stat.free_hugepages--;
		h->stat.free_hugepages--;
	} else {
		h->in_hand--;
	}
	if (adjust_surplus) {
		n->stat.surplus_hugepages--;
		h->stat.surplus_hugepages--;
	}
	n->stat.nr_hugepages--;
	h->stat.nr_hugepages--;
	*hugetlb_page_flags(page) = 0;
	*hugetlb_mapcount(page) = 0;
	page->flags &= ~(uint32_t)(PG_hugetlb | PG_uptodate);
	if (hstate_is_gigantic(h))
		free_gigantic_page(h->vm, cpu, page, h->order);
	else
		__free_pages(h->vm, cpu, page, h->order);
}

void free_huge_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	struct hstate *h = page_hstate(vm, page);
	uint32_t flags = *hugetlb_page_flags(page);

	SIM_ASSERT(page->refcount == 0 && !*hugetlb_mapcount(page) && !(flags & HPG_freed));
	if (flags & HPG_sim_used)
		h->in_hand++;
	page->flags &= ~(uint32_t)PG_uptodate;
	*hugetlb_page_flags(page) = 0;
	if (*hugetlb_page_mount(page) && !(flags & HPG_restore_reserve) &&
	    !hugepage_subpool_put_pages(&vm->hugetlbfs->v[*hugetlb_page_mount(page) - 1].spool, 1))
		flags |= HPG_restore_reserve; /* what is kept for the mount has it back */
	*hugetlb_page_mount(page) = 0;
	if (flags & HPG_restore_reserve)
		h->stat.resv_hugepages++;
	if (page_hnode(h, page)->stat.surplus_hugepages)
		remove_hugetlb_page(h, cpu, page, true);
	else
		enqueue_huge_page(h, page);
}

void prep_new_huge_page(struct hstate *h, struct page *page)
{
	page->refcount = 0;
	page->flags |= PG_hugetlb;
	*hugetlb_page_flags(page) = 0;
	*hugetlb_mapcount(page) = 0;
	*hugetlb_page_mount(page) = 0;
	h->in_hand++;
	h->stat.nr_hugepages++;
	page_hnode(h, page)->stat.nr_hugepages++;
}

/* A block of the buddy, with a reference. */
static struct page *alloc_buddy_huge_page(struct task *t, const struct hstate *h, gfp_t gfp,
					  int nid, uint64_t nodemask, bool *noretry)
{
	struct hugetlb_stat *events = &h->vm->default_hstate->stat;
	bool try_hard = !noretry || !noretry[nid];
	struct page *page;

	gfp |= __GFP_COMP | __GFP_NOWARN | (try_hard ? __GFP_RETRY_MAYFAIL : 0);
	page = __alloc_pages(t, gfp, h->order, nid, nodemask);
	if (noretry && try_hard != (page != NULL))
		noretry[nid] = !page;
	if (page)
		events->htlb_buddy_alloc_success++;
	else
		events->htlb_buddy_alloc_fail++;
	return page;
}

struct page *alloc_fresh_huge_page(struct task *t, struct hstate *h, gfp_t gfp, int nid,
				   uint64_t nodemask, bool *noretry)
{
	struct linux_vm *vm = h->vm;
	struct page *page;

	h->used = true;
	page = hstate_is_gigantic(h) ? alloc_gigantic_page(t, h, gfp, nid)
				     : alloc_buddy_huge_page(t, h, gfp, nid, nodemask, noretry);
	if (!page)
		return NULL;
	/* cleared here (init_on_alloc), and once more by the fault that shows it */
	if (!task_in_irq(t))
		task_run(t, memory_cost(vm, t->cpu, page,
					(sim_time)vm->machine->cost.page_zero << h->order));
	prep_new_huge_page(h, page);
	return page;
}

/* One page more than nr_hugepages, if so many may be.  Without a reference.  NULL: none. */
static struct page *alloc_surplus_huge_page(struct task *t, struct hstate *h, int nid,
					    uint64_t nodemask)
{
	struct page *page;

	if (hstate_is_gigantic(h) || h->stat.surplus_hugepages >= h->sysfs.nr_overcommit_hugepages)
		return NULL;
	page = alloc_fresh_huge_page(t, h, htlb_alloc_mask(t, h), nid, nodemask, NULL);
	if (!page)
		return NULL;
	if (h->stat.surplus_hugepages >= h->sysfs.nr_overcommit_hugepages) {
		/* others were faster */
		remove_hugetlb_page(h, t->cpu, page, false);
		return NULL;
	}
	h->stat.surplus_hugepages++;
	page_hnode(h, page)->stat.surplus_hugepages++;
	return page;
}

/* --- reservations: the pool as a whole --- */

/* Pages of the list, linked by their heads, go: to the pool as far as wanted, then to the buddy. */
static void use_surplus_list(struct hstate *h, const struct cpu *cpu, struct page_list *list,
			     int64_t wanted)
{
	uint32_t pfn;

	while ((pfn = list->head) != 0) {
		struct page *page = pfn_to_page(h->vm, pfn);

		page_list_del(h->vm->mem_map, list, pfn);
		if (wanted-- > 0)
			enqueue_huge_page(h, page);
		else
			free_huge_page(h->vm, cpu, page);
	}
}

/* delta more are reserved, whatever else happens while pages are looked for. */
static int gather_surplus_pages(struct task *t, struct hstate *h, int64_t delta)
{
	struct linux_vm *vm = h->vm;
	int64_t needed = h->stat.resv_hugepages + delta - h->stat.free_hugepages, allocated = 0;
	struct page_list list = { 0 };
	bool ok = true;

	while (needed > 0 && ok) {
		for (; ok && needed > 0; needed--) {
			struct page *page = alloc_surplus_huge_page(t, h, t->cpu->node, 0);

			ok = page != NULL;
			if (!ok)
				break;
			page_list_add(vm->mem_map, &list, page_to_pfn(vm, page));
			allocated++;
			cond_resched(t);
		}
		needed = h->stat.resv_hugepages + delta - h->stat.free_hugepages - allocated;
	}
	ok = needed <= 0;
	if (ok)
		h->stat.resv_hugepages += delta;
	use_surplus_list(h, t->cpu, &list, ok ? needed + allocated : 0);
	return ok ? 0 : -ENOMEM;
}

/* So many are not reserved any more: surplus pages that were there for them go. */
static void return_unused_surplus_pages(struct hstate *h, const struct cpu *cpu, int64_t unused)
{
	int64_t n = min_s64(unused, h->stat.surplus_hugepages);

	h->stat.resv_hugepages -= unused;
	SIM_ASSERT(h->stat.resv_hugepages >= 0);
	while (n-- > 0)
		if (!remove_pool_huge_page(h, cpu, true))
			break;
}

/* Free pages of the nodes that the task may use. */
static int64_t allowed_mems_nr(const struct task *t, const struct hstate *h)
{
	uint64_t nodemask;
	int64_t n = 0;

	huge_node(t, htlb_alloc_mask(t, h), 0, &nodemask);
	for (int nid = 0; nid < h->vm->nr_nodes; nid++)
		if (node_in_mask(nodemask, &h->vm->nodes[nid]))
			n += h->node[nid].stat.free_hugepages;
	return n;
}

int hugetlb_acct_memory(struct task *t, struct hstate *h, int64_t delta)
{
	if (delta < 0)
		return_unused_surplus_pages(h, t->cpu, -delta);
	if (delta <= 0)
		return 0;
	if (gather_surplus_pages(t, h, delta))
		return -ENOMEM;
	if (delta <= allowed_mems_nr(t, h))
		return 0;
	return_unused_surplus_pages(h, t->cpu, delta);
	return -ENOMEM;
}

/* --- a page for a fault --- */

/* From the nearest node to nid that has one and may be used. */
static struct page *dequeue_huge_page_nodemask(struct hstate *h, int nid, uint64_t nodemask)
{
	const struct zonelist *zl = &h->vm->nodes[nid].zonelists[ZONELIST_FALLBACK];

	for (int i = 0; i < zl->n; i++) {
		const struct pglist_data *node = zl->ref[i].zone->node;
		struct page *page;

		if ((i && zl->ref[i - 1].zone->node == node) || !node_in_mask(nodemask, node))
			continue;
		page = dequeue_huge_page_node_exact(h, node->node_id);
		if (page)
			return page;
	}
	return NULL;
}

struct page *hugetlb_take_page(struct task *t, const struct vm_area_struct *vma, uint64_t addr,
			       bool chg, bool avoid_reserve)
{
	struct hstate *h = hstate_vma(vma);
	bool reserved = vma_has_reserves(vma, chg);
	struct page *page = NULL;
	uint64_t nodemask;
	int nid = huge_node(t, htlb_alloc_mask(t, h), vma_hugecache_offset(vma, addr), &nodemask);

	h->used = true;
	/* with more reserved than free (a mount has let reservations stand) it does not refuse
	 * either: its difference has no sign */
	if (reserved || available_huge_pages(h))
		page = dequeue_huge_page_nodemask(h, nid, nodemask);
	if (!page) {
		page = alloc_surplus_huge_page(t, h, nid, nodemask);
		if (!page)
			return NULL;
		page->refcount = 1;
		reserved &= !avoid_reserve;
	}
	if (reserved) {
		*hugetlb_page_flags(page) |= HPG_restore_reserve;
		h->stat.resv_hugepages--;
	}
	return page;
}
