/*
 * hugetlb.c - the pool of huge pages: grown, shrunk, taken from and given back to
 *
 *	persistent pages (sysctl.nr_hugepages) | surplus pages (at most nr_overcommit_hugepages,
 *	                                       | besides those left over by a smaller nr_hugepages)
 *
 * Nodes have their turns, both in growing and in shrinking.  Where a node had no page although the
 * allocator tried hard, it does not try hard there again until a page is to be had.  While memory
 * is looked for time passes and others may take pages: counts are read again afterwards.
 */
#include "models/linux/mappings/hugetlb.h"

#include <errno.h>
#include <inttypes.h>

#include "models/linux/alloc/internal.h"
#include "models/linux/task.h"

/* Movable: the kernel could migrate them.  Before there are programs nobody can wait. */
static gfp_t htlb_alloc_mask(const struct task *t)
{
	return GFP_HIGHUSER_MOVABLE & ~(task_in_irq(t) ? __GFP_DIRECT_RECLAIM : 0);
}

static struct hstate_node *page_hnode(struct hstate *h, const struct page *page)
{
	return &h->node[page_zone(h->vm, page)->node->node_id];
}

static int64_t available_huge_pages(const struct hstate *h)
{
	return h->stat.free_hugepages - h->stat.resv_hugepages;
}

static int64_t persistent_huge_pages(const struct hstate *h)
{
	return h->stat.nr_hugepages - h->stat.surplus_hugepages;
}

int64_t hugetlb_total_pages(const struct linux_vm *vm)
{
	return vm->hugetlb ? vm->hugetlb->stat.nr_hugepages * HPAGE_PMD_NR : 0;
}

/* --- nodes in turn --- */

static bool node_has_memory(const struct linux_vm *vm, int nid)
{
	return vm->nodes[nid].online && vm->nodes[nid].node_present_pages;
}

/* The node whose turn it is, of those with memory; *next becomes the one after it. */
static int next_node(const struct linux_vm *vm, int *next)
{
	int nid = *next, n = vm->nr_nodes;

	for (int i = 0; i < n && !node_has_memory(vm, nid % n); i++)
		nid++;
	nid %= n;
	*next = (nid + 1) % n;
	return nid;
}

static int nr_memory_nodes(const struct linux_vm *vm)
{
	int n = 0;

	for (int nid = 0; nid < vm->nr_nodes; nid++)
		n += node_has_memory(vm, nid);
	return n;
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

/* A page without references leaves the pool and goes to the buddy. */
static void remove_hugetlb_page(struct hstate *h, const struct cpu *cpu, struct page *page,
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
	__free_pages(h->vm, cpu, page, HPAGE_PMD_ORDER);
}

void free_huge_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	struct hstate *h = vm->hugetlb;
	uint32_t flags = *hugetlb_page_flags(page);

	SIM_ASSERT(page->refcount == 0 && !*hugetlb_mapcount(page) && !(flags & HPG_freed));
	if (flags & HPG_sim_used)
		h->in_hand++;
	page->flags &= ~(uint32_t)PG_uptodate;
	*hugetlb_page_flags(page) = 0;
	if (flags & HPG_restore_reserve)
		h->stat.resv_hugepages++;
	if (page_hnode(h, page)->stat.surplus_hugepages)
		remove_hugetlb_page(h, cpu, page, true);
	else
		enqueue_huge_page(h, page);
}

/*
 * A page from the buddy, of the pool from now on, without a reference and in hand.  noretry (NULL:
 * nobody counts): by node, whether a page was not to be had there although it was tried hard.
 */
static struct page *alloc_fresh_huge_page(struct task *t, gfp_t gfp, int nid, uint64_t nodemask,
					  bool *noretry)
{
	struct linux_vm *vm = task_vm(t);
	struct hstate *h = vm->hugetlb;
	bool try_hard = !noretry || !noretry[nid];
	struct page *page;

	h->used = true;
	gfp |= __GFP_COMP | __GFP_NOWARN | (try_hard ? __GFP_RETRY_MAYFAIL : 0);
	page = __alloc_pages(t, gfp, HPAGE_PMD_ORDER, nid, nodemask);
	if (noretry && try_hard != (page != NULL))
		noretry[nid] = !page;
	if (!page) {
		h->stat.htlb_buddy_alloc_fail++;
		return NULL;
	}
	h->stat.htlb_buddy_alloc_success++;
	/* cleared here (init_on_alloc), and once more by the fault that shows it */
	if (!task_in_irq(t))
		task_run(t, memory_cost(vm, t->cpu, page,
					(sim_time)vm->machine->cost.page_zero << HPAGE_PMD_ORDER));
	page->refcount = 0;
	page->flags |= PG_hugetlb;
	*hugetlb_page_flags(page) = 0;
	*hugetlb_mapcount(page) = 0;
	h->in_hand++;
	h->stat.nr_hugepages++;
	page_hnode(h, page)->stat.nr_hugepages++;
	return page;
}

/* One page more than nr_hugepages, if so many may be.  Without a reference.  NULL: none. */
static struct page *alloc_surplus_huge_page(struct task *t, int nid, uint64_t nodemask)
{
	struct linux_vm *vm = task_vm(t);
	struct hstate *h = vm->hugetlb;
	struct page *page;

	if (h->stat.surplus_hugepages >= vm->sysctl.nr_overcommit_hugepages)
		return NULL;
	page = alloc_fresh_huge_page(t, htlb_alloc_mask(t), nid, nodemask, NULL);
	if (!page)
		return NULL;
	if (h->stat.surplus_hugepages >= vm->sysctl.nr_overcommit_hugepages) {
		/* others were faster */
		remove_hugetlb_page(h, t->cpu, page, false);
		return NULL;
	}
	h->stat.surplus_hugepages++;
	page_hnode(h, page)->stat.surplus_hugepages++;
	return page;
}

/* --- the size of the pool --- */

/* One page more, from the next node that has one. */
static bool alloc_pool_huge_page(struct task *t, bool *noretry)
{
	struct linux_vm *vm = task_vm(t);
	struct hstate *h = vm->hugetlb;

	for (int n = nr_memory_nodes(vm); n > 0; n--) {
		int nid = next_node(vm, &h->next_nid_to_alloc);
		struct page *page =
		    alloc_fresh_huge_page(t, htlb_alloc_mask(t) | __GFP_THISNODE, nid, 0, noretry);

		if (page) {
			free_huge_page(vm, t->cpu, page);
			return true;
		}
	}
	return false;
}

/* A free page of the next node that has one goes; surplus: only of nodes with surplus pages. */
static bool remove_pool_huge_page(struct hstate *h, const struct cpu *cpu, bool surplus)
{
	for (int n = nr_memory_nodes(h->vm); n > 0; n--) {
		struct hstate_node *node = &h->node[next_node(h->vm, &h->next_nid_to_free)];
		uint32_t pfn = node->hugepage_freelist.head;

		if (!pfn || (surplus && !node->stat.surplus_hugepages))
			continue;
		remove_hugetlb_page(h, cpu, pfn_to_page(h->vm, pfn), surplus);
		return true;
	}
	return false;
}

/* A page of the next node is called surplus (delta 1), or no more so (-1). */
static bool adjust_pool_surplus(struct hstate *h, int delta)
{
	int *next = delta < 0 ? &h->next_nid_to_alloc : &h->next_nid_to_free;

	for (int n = nr_memory_nodes(h->vm); n > 0; n--) {
		struct hugetlb_node_stat *node = &h->node[next_node(h->vm, next)].stat;

		if (delta < 0 ? !node->surplus_hugepages
			      : node->surplus_hugepages >= node->nr_hugepages)
			continue;
		node->surplus_hugepages += delta;
		h->stat.surplus_hugepages += delta;
		return true;
	}
	return false;
}

/* Surplus pages become ordinary ones, then new ones are looked for.  False: not so many. */
static bool grow_pool(struct task *t, int64_t count)
{
	struct linux_vm *vm = task_vm(t);
	struct hstate *h = vm->hugetlb;
	bool *noretry, ok = true;

	while (h->stat.surplus_hugepages && count > persistent_huge_pages(h))
		if (!adjust_pool_surplus(h, -1))
			break;
	noretry = sim_calloc((size_t)vm->nr_nodes, sizeof(*noretry));
	while (ok && count > persistent_huge_pages(h)) {
		if (!task_in_irq(t))
			cond_resched(t);
		ok = alloc_pool_huge_page(t, noretry) && !t->killed;
	}
	sim_free(noretry);
	return ok;
}

/* Free pages that nobody has a claim to go; the others are called surplus. */
static void shrink_pool(struct task *t, int64_t count)
{
	struct hstate *h = task_vm(t)->hugetlb;
	int64_t min_count = h->stat.resv_hugepages + h->stat.nr_hugepages - h->stat.free_hugepages;

	min_count = max_s64(count, min_count);
	while (min_count < persistent_huge_pages(h))
		if (!remove_pool_huge_page(h, t->cpu, false))
			break;
	while (count < persistent_huge_pages(h))
		if (!adjust_pool_surplus(h, 1))
			break;
}

void set_max_huge_pages(struct task *t, int64_t count)
{
	struct linux_vm *vm = task_vm(t);
	struct hstate *h = vm->hugetlb;

	while (h->resizing) {
		enum stall_cause outer = stall_enter(t, STALL_LOCK);

		t->waits_for = "the lock of the pool of huge pages";
		task_wait(t, &h->resize_wait, FOREVER);
		t->waits_for = NULL;
		stall_leave(t, outer);
	}
	h->resizing = true;
	if (grow_pool(t, count))
		shrink_pool(t, count);
	vm->sysctl.nr_hugepages = persistent_huge_pages(h);
	h->used |= h->stat.nr_hugepages != 0;
	h->resizing = false;
	wake_up(vm->sim, &h->resize_wait);
}

int nr_hugepages_write(struct sim *s, void *object, const struct tunable *row,
		       const int64_t *values)
{
	struct linux_vm *vm = linux_vm(s);

	if (vm->hugetlb->booted)
		set_max_huge_pages(s->current ? s->current : s->cpus[0].irq, values[0]);
	else
		tunable_store(object, row, values);
	return 0;
}

int nr_overcommit_hugepages_write(struct sim *s, void *object, const struct tunable *row,
				  const int64_t *values)
{
	tunable_store(object, row, values);
	linux_vm(s)->hugetlb->used = true;
	return 0;
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
static int gather_surplus_pages(struct task *t, int64_t delta)
{
	struct linux_vm *vm = task_vm(t);
	struct hstate *h = vm->hugetlb;
	int64_t needed = h->stat.resv_hugepages + delta - h->stat.free_hugepages, allocated = 0;
	struct page_list list = { 0 };
	bool ok = true;

	while (needed > 0 && ok) {
		for (; ok && needed > 0; needed--) {
			struct page *page = alloc_surplus_huge_page(t, t->cpu->node, 0);

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
static int64_t allowed_mems_nr(const struct task *t)
{
	const struct hstate *h = task_vm(t)->hugetlb;
	uint64_t nodemask;
	int64_t n = 0;

	huge_node(t, htlb_alloc_mask(t), 0, &nodemask);
	for (int nid = 0; nid < h->vm->nr_nodes; nid++)
		if (node_in_mask(nodemask, &h->vm->nodes[nid]))
			n += h->node[nid].stat.free_hugepages;
	return n;
}

int hugetlb_acct_memory(struct task *t, int64_t delta)
{
	struct hstate *h = task_vm(t)->hugetlb;

	if (delta < 0)
		return_unused_surplus_pages(h, t->cpu, -delta);
	if (delta <= 0)
		return 0;
	if (gather_surplus_pages(t, delta))
		return -ENOMEM;
	if (delta <= allowed_mems_nr(t))
		return 0;
	return_unused_surplus_pages(h, t->cpu, delta);
	return -ENOMEM;
}

/* --- a page for a fault --- */

/* From the nearest node to nid that has one and may be used. */
static struct page *dequeue_huge_page_nodemask(struct task *t, int nid, uint64_t nodemask)
{
	struct hstate *h = task_vm(t)->hugetlb;
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
	struct hstate *h = task_vm(t)->hugetlb;
	bool reserved = vma_has_reserves(vma, chg);
	struct page *page = NULL;
	uint64_t nodemask;
	int nid = huge_node(t, htlb_alloc_mask(t), vma_hugecache_offset(vma, addr), &nodemask);

	h->used = true;
	if (reserved || available_huge_pages(h) > 0)
		page = dequeue_huge_page_nodemask(t, nid, nodemask);
	if (!page) {
		page = alloc_surplus_huge_page(t, nid, nodemask);
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

/* --- the beginning and the end --- */

static bool boot_nodes_are_there(const struct linux_vm *vm, const struct linux_conf *conf,
				 struct diag *d)
{
	const struct boot_counts *boot = &vm->hugetlb->boot;
	bool ok = true;

	for (int nid = 0; nid < MACHINE_MAX_NODES; nid++) {
		if (!boot->node[nid] || (nid < vm->nr_nodes && vm->nodes[nid].online))
			continue;
		diag_error(d, linux_conf_place(conf, "hugepages"),
			   "linux.hugepages: the machine has no node %d; accepted: nodes that it "
			   "has",
			   nid);
		ok = false;
	}
	return ok;
}

bool hugetlb_state_init(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d)
{
	struct hstate *h = vm->hugetlb = sim_calloc(1, sizeof(*h));

	h->vm = vm;
	h->node = sim_calloc((size_t)vm->nr_nodes, sizeof(*h->node));
	h->killed = (struct ratelimit_state){ .interval = 5 * HZ, .burst = 10 };
	wait_queue_init(&h->resize_wait);
	list_init(&h->inodes);
	if (conf->hugepages)
		boot_counts_parse(conf->hugepages, &h->boot);
	vm->sysctl.nr_hugepages = h->boot.all;
	return boot_nodes_are_there(vm, conf, d);
}

static void report_missing(struct linux_vm *vm, int64_t wanted, int64_t got, const char *where)
{
	printk_f(vm, LOGLEVEL_WARNING,
		 "HugeTLB: allocating %" PRId64 " of page size 2.00 MiB failed%s.  "
		 "Only allocated %" PRId64 " hugepages.\n",
		 wanted, where, got);
}

/* What the boot parameter says of a node: none of it comes from another one. */
static void hugetlb_hstate_alloc_pages_onenode(struct task *t, int nid)
{
	struct linux_vm *vm = task_vm(t);
	int64_t wanted = vm->hugetlb->boot.node[nid], got = 0;
	char where[16];

	for (struct page *page; got < wanted; got++) {
		page = alloc_fresh_huge_page(t, htlb_alloc_mask(t) | __GFP_THISNODE, nid, 0, NULL);
		if (!page)
			break;
		free_huge_page(vm, t->cpu, page);
	}
	snprintf(where, sizeof(where), " node%d", nid);
	if (got < wanted)
		report_missing(vm, wanted, got, where);
}

/* The pages of the boot parameter: by node, or from each node in turn. */
static void hugetlb_hstate_alloc_pages(struct task *t)
{
	struct linux_vm *vm = task_vm(t);
	struct hstate *h = vm->hugetlb;

	for (int nid = 0; nid < vm->nr_nodes && h->boot.by_node; nid++)
		hugetlb_hstate_alloc_pages_onenode(t, nid);
	if (!h->boot.by_node)
		grow_pool(t, h->boot.all);
	h->boot_missing = h->boot.all - h->stat.nr_hugepages;
	if (h->boot_missing && !h->boot.by_node)
		report_missing(vm, h->boot.all, h->stat.nr_hugepages, "");
}

void hugetlb_init(struct linux_vm *vm)
{
	struct hstate *h = vm->hugetlb;
	struct task *t = vm->sim->cpus[0].irq;
	int64_t count = vm->sysctl.nr_hugepages;

	h->booted = true;
	if (h->boot.all)
		hugetlb_hstate_alloc_pages(t);
	vm->sysctl.nr_hugepages = h->stat.nr_hugepages;
	if (count == h->boot.all)
		return;
	set_max_huge_pages(t, count);
	h->missing = max_s64(count - vm->sysctl.nr_hugepages, 0);
	if (h->missing)
		report_missing(vm, count, vm->sysctl.nr_hugepages, "");
}
