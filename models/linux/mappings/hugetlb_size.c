/*
 * hugetlb_size.c - how many pages a pool has: what a write of nr_hugepages does
 *
 *	persistent pages (nr_hugepages) | surplus pages (at most nr_overcommit_hugepages, besides
 *	                                | those left over by a smaller nr_hugepages)
 *
 * Nodes have their turns, both in growing and in shrinking.  Where a node had no page although the
 * allocator tried hard, it does not try hard there again until a page is to be had.
 */
#include <errno.h>

#include "models/linux/alloc/internal.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/task.h"

static int64_t persistent_huge_pages(const struct hstate *h)
{
	return h->stat.nr_hugepages - h->stat.surplus_hugepages;
}

/* --- nodes in turn --- */

static bool node_has_memory(const struct linux_vm *vm, int nid)
{
	return vm->nodes[nid].online && vm->nodes[nid].node_present_pages;
}

int hstate_next_node(const struct linux_vm *vm, int *next)
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

/* --- growing and shrinking --- */

/* One page more, from the next node that has one. */
static bool alloc_pool_huge_page(struct task *t, struct hstate *h, bool *noretry)
{
	struct linux_vm *vm = h->vm;

	for (int n = nr_memory_nodes(vm); n > 0; n--) {
		int nid = hstate_next_node(vm, &h->next_nid_to_alloc);
		struct page *page = alloc_fresh_huge_page(
		    t, h, htlb_alloc_mask(t, h) | __GFP_THISNODE, nid, 0, noretry);

		if (page) {
			free_huge_page(vm, t->cpu, page);
			return true;
		}
	}
	return false;
}

bool remove_pool_huge_page(struct hstate *h, const struct cpu *cpu, bool surplus)
{
	for (int n = nr_memory_nodes(h->vm); n > 0; n--) {
		struct hstate_node *node = &h->node[hstate_next_node(h->vm, &h->next_nid_to_free)];
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
		struct hugetlb_node_stat *node = &h->node[hstate_next_node(h->vm, next)].stat;

		if (delta < 0 ? !node->surplus_hugepages
			      : node->surplus_hugepages >= node->nr_hugepages)
			continue;
		node->surplus_hugepages += delta;
		h->stat.surplus_hugepages += delta;
		return true;
	}
	return false;
}

bool grow_pool(struct task *t, struct hstate *h, int64_t count)
{
	bool *noretry, ok = true;

	while (h->stat.surplus_hugepages && count > persistent_huge_pages(h))
		if (!adjust_pool_surplus(h, -1))
			break;
	noretry = sim_calloc((size_t)h->vm->nr_nodes, sizeof(*noretry));
	while (ok && count > persistent_huge_pages(h)) {
		if (!task_in_irq(t))
			cond_resched(t);
		ok = alloc_pool_huge_page(t, h, noretry) && !t->killed;
	}
	sim_free(noretry);
	return ok;
}

/* Free pages that nobody has a claim to go; the others are called surplus. */
static void shrink_pool(struct task *t, struct hstate *h, int64_t count)
{
	int64_t min_count = h->stat.resv_hugepages + h->stat.nr_hugepages - h->stat.free_hugepages;

	min_count = max_s64(count, min_count);
	while (min_count < persistent_huge_pages(h))
		if (!remove_pool_huge_page(h, t->cpu, false))
			break;
	while (count < persistent_huge_pages(h))
		if (!adjust_pool_surplus(h, 1))
			break;
}

void hstate_set_max(struct hstate *h, int64_t count)
{
	h->sysfs.nr_hugepages = count;
	if (h == h->vm->default_hstate)
		h->vm->sysctl.nr_hugepages = count;
}

void set_max_huge_pages(struct task *t, struct hstate *h, int64_t count)
{
	while (h->resizing) {
		enum stall_cause outer = stall_enter(t, STALL_LOCK);

		t->waits_for = "the lock of the pool of huge pages";
		task_wait(t, &h->resize_wait, FOREVER);
		t->waits_for = NULL;
		stall_leave(t, outer);
	}
	h->resizing = true;
	if (grow_pool(t, h, count))
		shrink_pool(t, h, count);
	hstate_set_max(h, persistent_huge_pages(h));
	h->used |= h->stat.nr_hugepages != 0;
	h->resizing = false;
	wake_up(h->vm->sim, &h->resize_wait);
}

/* --- what is written --- */

static int nr_hugepages_store(struct sim *s, struct hstate *h, int64_t count)
{
	if (h->booted)
		set_max_huge_pages(s->current ? s->current : s->cpus[0].irq, h, count);
	else
		hstate_set_max(h, count);
	return 0;
}

static int nr_overcommit_hugepages_store(struct hstate *h, int64_t count)
{
	if (hstate_is_gigantic(h))
		return -EINVAL;
	h->sysfs.nr_overcommit_hugepages = count;
	if (h == h->vm->default_hstate)
		h->vm->sysctl.nr_overcommit_hugepages = count;
	h->used = true;
	return 0;
}

int nr_hugepages_write(struct sim *s, void *object, const struct tunable *row,
		       const int64_t *values)
{
	(void)object;
	(void)row;
	return nr_hugepages_store(s, linux_vm(s)->default_hstate, values[0]);
}

int nr_overcommit_hugepages_write(struct sim *s, void *object, const struct tunable *row,
				  const int64_t *values)
{
	(void)object;
	(void)row;
	return nr_overcommit_hugepages_store(linux_vm(s)->default_hstate, values[0]);
}

int sysfs_nr_hugepages_write(struct sim *s, void *object, const struct tunable *row,
			     const int64_t *values)
{
	(void)row;
	return nr_hugepages_store(s, CONTAINER_OF(object, struct hstate, sysfs), values[0]);
}

int sysfs_nr_overcommit_hugepages_write(struct sim *s, void *object, const struct tunable *row,
					const int64_t *values)
{
	(void)s;
	(void)row;
	return nr_overcommit_hugepages_store(CONTAINER_OF(object, struct hstate, sysfs), values[0]);
}

static void *sysfs_object(struct sim *s, enum hstate_index i)
{
	const struct linux_vm *vm = s->kernel ? linux_vm(s) : NULL;

	return vm && vm->hugetlb ? &vm->hugetlb[i].sysfs : NULL;
}

static void *sysfs_2m(struct sim *s, const char *name)
{
	(void)name;
	return sysfs_object(s, HSTATE_2M);
}

static void *sysfs_1g(struct sim *s, const char *name)
{
	(void)name;
	return sysfs_object(s, HSTATE_1G);
}

#define TUNABLE_SEEN_IF_SET(row, unit, def, min, max, write, meaning)                              \
	{ TUNABLE_FIELDS(sysfs_hugepages, row, unit, def, min, max, write, meaning), .count = 1,   \
	  .seen_if_set = true },
static const struct tunable sysfs_rows[] = {
#include "models/linux/sysfs_hugepages.def"
};

const struct tunable_class hugepages_2m_tunables = {
	.prefix = "hugepages-2048kB",
	.where = "/sys/kernel/mm/hugepages/hugepages-2048kB",
	.rows = sysfs_rows,
	.nr_rows = ARRAY_LEN(sysfs_rows),
	.object = sysfs_2m,
};

const struct tunable_class hugepages_1g_tunables = {
	.prefix = "hugepages-1048576kB",
	.where = "/sys/kernel/mm/hugepages/hugepages-1048576kB",
	.rows = sysfs_rows,
	.nr_rows = ARRAY_LEN(sysfs_rows),
	.object = sysfs_1g,
};
