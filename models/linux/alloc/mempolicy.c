/*
 * mempolicy.c - the memory policy of the task decides at which node a request begins
 *
 *                begins at              may use             and then
 *   default      the CPU's node         all nodes           the next near it
 *   preferred    the node               all nodes           the next near the node
 *   bind         the CPU's node         nodes of the set    the next of the set near the CPU
 *   interleave   the next of the set    all nodes           the next near that one
 *
 * Interrupts have no policy, and requests for one node alone want none.
 */
#include "models/linux/alloc/mempolicy.h"

#include <errno.h>

#include "models/linux/alloc/page_alloc.h"

static const struct mempolicy default_policy = { .mode = MPOL_DEFAULT };

/* ---- sets ---- */

static int first_node(uint64_t set)
{
	return __builtin_ctzll(set);
}

static int nodes_weight(uint64_t set)
{
	return __builtin_popcountll(set);
}

/* The member above node, else the lowest one; node -1: the lowest. */
static int next_node_in(int node, uint64_t set)
{
	uint64_t above = node < 63 ? set >> (node + 1) << (node + 1) : 0;

	return first_node(above ? above : set);
}

/* Nodes with memory in a zone up to highest. */
static uint64_t nodes_with_memory(const struct linux_vm *vm, int highest)
{
	uint64_t set = 0;

	for (int nid = 0; nid < vm->nr_nodes; nid++)
		for (int i = 0; i <= highest; i++)
			if (populated_zone(&vm->nodes[nid].zones[i]))
				set |= 1ULL << nid;
	return set;
}

/* ---- policies ---- */

int set_mempolicy(struct task *t, enum mpol_mode mode, uint64_t nodes)
{
	struct mempolicy *policy = &task_struct(t)->mempolicy;
	uint64_t usable = nodes & nodes_with_memory(task_vm(t), ZONE_MOVABLE);

	if (mode == MPOL_PREFERRED && !nodes)
		mode = MPOL_LOCAL;
	if (mode == MPOL_DEFAULT || mode == MPOL_LOCAL) {
		if (nodes)
			return -EINVAL;
	} else if (!usable) {
		return -EINVAL;
	}
	if (mode == MPOL_PREFERRED)
		usable = 1ULL << first_node(usable);
	*policy = (struct mempolicy){ .mode = mode, .nodes = usable, .il_prev = -1 };
	return 0;
}

static const struct mempolicy *policy_of(const struct task *t, gfp_t gfp)
{
	if (task_in_irq(t) || (gfp & __GFP_THISNODE))
		return &default_policy;
	return &task_struct(t)->mempolicy;
}

static int policy_node(const struct task *t, const struct mempolicy *policy)
{
	return policy->mode == MPOL_PREFERRED ? first_node(policy->nodes) : t->cpu->node;
}

/*
 * The nodes a request may use, 0: all.  What is limited to low zones is not bound: the nodes of the
 * set may have none.
 */
static uint64_t policy_nodemask(const struct linux_vm *vm, const struct mempolicy *policy,
				gfp_t gfp)
{
	int policy_zone = vm->policy_zone;

	if (policy->mode != MPOL_BIND)
		return 0;
	if (!(policy->nodes & nodes_with_memory(vm, ZONE_NORMAL)))
		policy_zone = ZONE_MOVABLE;
	return gfp_zone(gfp) >= policy_zone ? policy->nodes : 0;
}

/* ---- interleaving ---- */

/* The node whose turn it is; it has had it then, whatever comes of the request. */
static int interleave_nodes(struct task *t)
{
	struct mempolicy *policy = &task_struct(t)->mempolicy;

	policy->il_prev = next_node_in(policy->il_prev, policy->nodes);
	return policy->il_prev;
}

static struct page *alloc_page_interleave(struct task *t, gfp_t gfp, int order, int nid)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = __alloc_pages(t, gfp, order, nid, 0);
	struct zone *zone = page ? page_zone(vm, page) : NULL;

	if (zone && zone->node->node_id == nid && vm->sysctl.numa_stat)
		zone->stat.numa_interleave++;
	return page;
}

static int alloc_pages_bulk_array_interleave(struct task *t, gfp_t gfp, int nr_pages,
					     struct page **pages)
{
	int nodes = nodes_weight(task_struct(t)->mempolicy.nodes);
	int share = nr_pages / nodes, more = nr_pages % nodes, got = 0;

	for (int i = 0; i < nodes; i++)
		got += __alloc_pages_bulk(t, gfp, interleave_nodes(t), 0, share + (i < more),
					  pages + got);
	return got;
}

/* ---- requests by policy ---- */

static __attribute__((noinline)) struct page *alloc_pages_by_policy(struct task *t, gfp_t gfp,
								    int order)
{
	const struct mempolicy *policy = policy_of(t, gfp);

	if (policy->mode == MPOL_INTERLEAVE)
		return alloc_page_interleave(t, gfp, order, interleave_nodes(t));
	return __alloc_pages(t, gfp, order, policy_node(t, policy),
			     policy_nodemask(task_vm(t), policy, gfp));
}

struct page *alloc_pages(struct task *t, gfp_t gfp, int order)
{
	if (policy_of(t, gfp)->mode == MPOL_DEFAULT)
		return __alloc_pages(t, gfp, order, t->cpu->node, 0);
	return alloc_pages_by_policy(t, gfp, order);
}

/* The member of a set whose turn it is for a block of a mapping. */
static int offset_il_node(uint64_t nodes, uint64_t off)
{
	int nid = first_node(nodes);

	for (uint64_t n = off % (uint64_t)nodes_weight(nodes); n; n--)
		nid = next_node_in(nid, nodes);
	return nid;
}

int huge_node(const struct task *t, gfp_t gfp, uint64_t il_off, uint64_t *nodemask)
{
	const struct mempolicy *policy = policy_of(t, gfp);

	*nodemask = policy_nodemask(task_vm(t), policy, gfp);
	if (policy->mode == MPOL_INTERLEAVE)
		return offset_il_node(policy->nodes, il_off);
	return policy_node(t, policy);
}

struct page *alloc_page_vma(struct task *t, gfp_t gfp, int64_t il_off)
{
	const struct mempolicy *policy = policy_of(t, gfp);

	gfp |= __GFP_COMP; /* a folio */
	if (policy->mode == MPOL_INTERLEAVE && il_off >= 0)
		return alloc_page_interleave(t, gfp, 0,
					     offset_il_node(policy->nodes, (uint64_t)il_off));
	return alloc_pages(t, gfp, 0);
}

struct page *vma_alloc_folio(struct task *t, gfp_t gfp, int order, uint64_t il_off)
{
	struct linux_vm *vm = task_vm(t);
	const struct mempolicy *policy = policy_of(t, gfp);
	int nid = policy_node(t, policy);
	uint64_t nodemask = policy_nodemask(vm, policy, gfp);
	struct page *page;

	if (policy->mode == MPOL_INTERLEAVE)
		return alloc_page_interleave(t, gfp, order, offset_il_node(policy->nodes, il_off));
	if (nodemask && !(nodemask & 1ULL << nid))
		return __alloc_pages(t, gfp, order, nid, nodemask);
	page = __alloc_pages(t, gfp | __GFP_THISNODE | __GFP_NORETRY, order, nid, 0);
	if (!page && (gfp & __GFP_DIRECT_RECLAIM))
		page = __alloc_pages(t, gfp, order, nid, nodemask);
	return page;
}

int alloc_pages_bulk_array_mempolicy(struct task *t, gfp_t gfp, int nr_pages, struct page **pages)
{
	const struct mempolicy *policy = policy_of(t, gfp);

	if (policy->mode == MPOL_INTERLEAVE)
		return alloc_pages_bulk_array_interleave(t, gfp, nr_pages, pages);
	return __alloc_pages_bulk(t, gfp, policy_node(t, policy),
				  policy_nodemask(task_vm(t), policy, gfp), nr_pages, pages);
}
