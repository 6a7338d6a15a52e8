/*
 * mempolicy.h - from which nodes a task takes its pages
 *
 * Like:        Linux 6.1, mm/mempolicy.c: policies of tasks, as set_mempolicy(2) sets them
 * Left out:    policies of mappings, preferred-many, relative and static sets, home nodes
 */
#ifndef MMSIM_LINUX_MEMPOLICY_H
#define MMSIM_LINUX_MEMPOLICY_H

#include "models/linux/gfp.h"

struct page;

enum mpol_mode {
	MPOL_DEFAULT,    /* near the CPU */
	MPOL_PREFERRED,  /* one node first, then those near it */
	MPOL_BIND,       /* only these, from the one nearest to the CPU on */
	MPOL_INTERLEAVE, /* in turns */
	MPOL_LOCAL,      /* near the CPU, said explicitly */
};

struct mempolicy {
	enum mpol_mode mode;
	uint64_t nodes; /* bit per node with memory; 0 for default and local */
	int il_prev;    /* interleave: the node that had its turn last, -1: none */
};

/*
 * 0, or -EINVAL: a set where none belongs (default, local), none where one is needed (bind,
 * interleave), or no node of it has memory.  Nodes without memory are left out of the set.
 * preferred takes the lowest node; without any it is local.
 */
int set_mempolicy(struct task *t, enum mpol_mode mode, uint64_t nodes);

/*
 * A page for a program's memory, or for what of it comes back from swap.  il_off: which page of its
 * mapping it is to be; interleave goes by that (-1: nobody knows, it is the next node's turn).
 * NULL: none.
 */
struct page *alloc_page_vma(struct task *t, gfp_t gfp, int64_t il_off);

/*
 * A large page for a program's memory: from the node of the policy alone at first, without reclaim
 * there; from others only if the mask allows direct reclaim.  il_off: which block of this order of
 * its mapping it is to be; interleave goes by that.  NULL: none.
 */
struct page *vma_alloc_folio(struct task *t, gfp_t gfp, int order, uint64_t il_off);

/*
 * Where a huge page of the pool for a program's memory is looked for first, by the policy of the
 * task; il_off as above.  *nodemask: the nodes it may come from, 0: all.
 */
int huge_node(const struct task *t, gfp_t gfp, uint64_t il_off, uint64_t *nodemask);

/*
 * Single pages at once by the policy of the task, filled into pages from its beginning; returns how
 * many.  Interleave: each node its share, the first of them one more.
 */
int alloc_pages_bulk_array_mempolicy(struct task *t, gfp_t gfp, int nr_pages, struct page **pages);
#endif
