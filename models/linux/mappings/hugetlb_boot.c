/*
 * hugetlb_boot.c - pools of the command line
 *
 *	hugepages=, read             1 GiB: memblock gives the highest frames of each node in turn
 *	the buddy gets what is left
 *	watermarks are set           without those frames
 *	gather_bootmem_prealloc      the frames come into the pool: managed pages
 *	hugetlb_init                 2 MiB: from the buddy, each node in turn
 *
 * Counts by node are of one node each, and of 2 MiB no other node helps out.  memblock does: where
 * a node has no room for a page of 1 GiB, the page comes from any.
 */
#include <inttypes.h>

#include "models/linux/boot/boot.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/task.h"

/* --- the command line --- */

/* hugepages says how many of the default size, the others how many of theirs. */
static const char *counts_of(const struct linux_conf *conf, const struct hstate *h,
			     const char **name)
{
	const char *text = hstate_is_gigantic(h) ? conf->hugepages_1G : conf->hugepages_2M;

	*name = hstate_is_gigantic(h) ? "hugepages_1G" : "hugepages_2M";
	if (!text && h == h->vm->default_hstate) {
		*name = "hugepages";
		text = conf->hugepages;
	}
	return text;
}

static bool boot_nodes_are_there(const struct hstate *h, const struct linux_conf *conf,
				 struct diag *d)
{
	const struct linux_vm *vm = h->vm;
	bool ok = true;

	for (int nid = 0; nid < MACHINE_MAX_NODES; nid++) {
		if (!h->boot.node[nid] || (nid < vm->nr_nodes && vm->nodes[nid].online))
			continue;
		diag_error(d, linux_conf_place(conf, h->boot_name),
			   "linux.%s: the machine has no node %d; accepted: nodes that it has",
			   h->boot_name, nid);
		ok = false;
	}
	return ok;
}

/* A page of 1 GiB of a node, or of another one.  False: there is no room. */
static bool alloc_bootmem_huge_page(struct hstate *h, int nid)
{
	pages_t pages = pages_per_huge_page(h);
	pfn_t pfn = memblock_alloc(h->vm, pages, pages, 0, UINT64_MAX, nid, false);

	if (pfn)
		memblock_add(&h->boot_pages, pfn, pfn + pages, MEMBLOCK_ANY_NODE);
	return pfn != 0;
}

static void alloc_bootmem_pages(struct hstate *h)
{
	for (int nid = 0; nid < h->vm->nr_nodes && h->boot.by_node; nid++)
		while (h->boot_got.node[nid] < h->boot.node[nid] && alloc_bootmem_huge_page(h, nid))
			h->boot_got.node[nid]++;
	for (int nid = 0; nid < h->vm->nr_nodes; nid++)
		h->boot_got.all += h->boot_got.node[nid];
	while (!h->boot.by_node && h->boot_got.all < h->boot.all &&
	       alloc_bootmem_huge_page(h, hstate_next_node(h->vm, &h->next_nid_to_alloc)))
		h->boot_got.all++;
}

static void hstate_init(struct hstate *h, struct linux_vm *vm, int order)
{
	h->vm = vm;
	h->order = order;
	h->node = sim_calloc((size_t)vm->nr_nodes, sizeof(*h->node));
	h->killed = (struct ratelimit_state){ .interval = 5 * HZ, .burst = 10 };
	wait_queue_init(&h->resize_wait);
	list_init(&h->inodes);
}

bool hugetlb_state_init(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d)
{
	bool ok = true;

	vm->hugetlb = sim_calloc(HUGE_MAX_HSTATE, sizeof(*vm->hugetlb));
	vm->default_hstate = &vm->hugetlb[conf->default_hugepagesz];
	hstate_init(&vm->hugetlb[HSTATE_2M], vm, HPAGE_PMD_ORDER);
	hstate_init(&vm->hugetlb[HSTATE_1G], vm, HPAGE_PUD_ORDER);
	for (int i = 0; i < HUGE_MAX_HSTATE; i++) {
		struct hstate *h = &vm->hugetlb[i];
		const char *text = counts_of(conf, h, &h->boot_name);

		if (text)
			boot_counts_parse(text, &h->boot);
		ok &= boot_nodes_are_there(h, conf, d);
		hstate_set_max(h, h->boot.all);
		if (ok && hstate_is_gigantic(h))
			alloc_bootmem_pages(h);
	}
	return ok;
}

/* --- 1 GiB: from memblock to the pool --- */

static void gather_page(struct hstate *h, pfn_t pfn)
{
	struct linux_vm *vm = h->vm;
	struct page *page = pfn_to_page(vm, pfn);
	pages_t pages = pages_per_huge_page(h);

	h->used = true;
	memblock_remove(&vm->reserved, pfn, pfn + pages);
	prep_compound_gigantic_page(page, h->order);
	prep_new_huge_page(h, page);
	free_huge_page(vm, vm->sim->cpus[0].irq->cpu, page);
	pfn_zone(vm, pfn)->managed_pages += pages;
	vm->totalram_pages += pages;
}

void gather_bootmem_prealloc(struct linux_vm *vm)
{
	for (int i = 0; i < HUGE_MAX_HSTATE; i++) {
		struct hstate *h = &vm->hugetlb[i];

		/* what was taken last, the lowest frames, first: so the highest are used first */
		for (int k = 0; k < h->boot_pages.n; k++)
			for (pfn_t pfn = h->boot_pages.r[k].start; pfn < h->boot_pages.r[k].end;
			     pfn += pages_per_huge_page(h))
				gather_page(h, pfn);
		memblock_free_list(&h->boot_pages);
	}
}

/* --- 2 MiB: from the buddy --- */

static void report_missing(const struct hstate *h, int64_t wanted, int64_t got, const char *where)
{
	printk_f(h->vm, LOGLEVEL_WARNING,
		 "HugeTLB: allocating %" PRId64 " of page size %s failed%s.  "
		 "Only allocated %" PRId64 " hugepages.\n",
		 wanted, hstate_is_gigantic(h) ? "1.00 GiB" : "2.00 MiB", where, got);
}

static void report_missing_of_node(const struct hstate *h, int nid, int64_t got)
{
	char where[24];

	snprintf(where, sizeof(where), " node%d", nid);
	if (got < h->boot.node[nid])
		report_missing(h, h->boot.node[nid], got, where);
}

/* What the boot parameter says of a node: none of it comes from another one. */
static void hugetlb_hstate_alloc_pages_onenode(struct task *t, struct hstate *h, int nid)
{
	const gfp_t gfp = htlb_alloc_mask(t, h) | __GFP_THISNODE;
	struct page *page;

	while (h->boot_got.node[nid] < h->boot.node[nid] &&
	       (page = alloc_fresh_huge_page(t, h, gfp, nid, 0, NULL)) != NULL) {
		free_huge_page(h->vm, t->cpu, page);
		h->boot_got.node[nid]++;
	}
}

/* The pages of the boot parameter: by node, or from each node in turn.  Those of 1 GiB are there
 * already. */
static void hugetlb_hstate_alloc_pages(struct task *t, struct hstate *h)
{
	for (int nid = 0; nid < h->vm->nr_nodes && h->boot.by_node; nid++) {
		if (!hstate_is_gigantic(h))
			hugetlb_hstate_alloc_pages_onenode(t, h, nid);
		report_missing_of_node(h, nid, h->boot_got.node[nid]);
	}
	if (!h->boot.by_node && !hstate_is_gigantic(h))
		grow_pool(t, h, h->boot.all);
	h->boot_missing = h->boot.all - h->stat.nr_hugepages;
	if (h->boot_missing && !h->boot.by_node)
		report_missing(h, h->boot.all, h->stat.nr_hugepages, "");
}

/* One pool: of the boot parameter, and then as a sysctl says. */
static void hstate_fill(struct task *t, struct hstate *h)
{
	int64_t count = h->sysfs.nr_hugepages;

	h->booted = true;
	if (h->boot.all)
		hugetlb_hstate_alloc_pages(t, h);
	hstate_set_max(h, h->stat.nr_hugepages);
	if (count == h->boot.all)
		return;
	set_max_huge_pages(t, h, count);
	h->missing = max_s64(count - h->sysfs.nr_hugepages, 0);
	if (h->missing)
		report_missing(h, count, h->sysfs.nr_hugepages, "");
}

void hugetlb_init(struct linux_vm *vm)
{
	struct task *t = vm->sim->cpus[0].irq;

	for (int i = 0; i < HUGE_MAX_HSTATE; i++)
		hstate_fill(t, &vm->hugetlb[i]);
}
