/*
 * xarray_node.h - the nodes of an xarray, for xarray.c and xarray_find.c alone
 */
#ifndef MMSIM_BASE_XARRAY_NODE_H
#define MMSIM_BASE_XARRAY_NODE_H

#include "sim/base/xarray.h"

#define SLOT_VALUE 0x80000000u /* the entry stands in values[] */

/* The largest index for which the node, as a root, has a place. */
static inline uint64_t node_max(const struct xa_node *n)
{
	int bits = n->shift + XA_CHUNK_SHIFT;

	return bits >= 64 ? UINT64_MAX : (1ULL << bits) - 1;
}

/* The slot below which index lies, of a node of a level or of this one. */
static inline unsigned slot_at(unsigned shift, uint64_t index)
{
	return (unsigned)(index >> shift) & (XA_CHUNK_SIZE - 1);
}

static inline unsigned slot_of(const struct xa_node *n, uint64_t index)
{
	return slot_at(n->shift, index);
}

/* The entry of a leaf's slot; 0: none. */
static inline xa_entry leaf_get(const struct xa_node *leaf, unsigned slot)
{
	uint32_t v = leaf->slot[slot];

	return v & SLOT_VALUE ? xa_value(leaf->values[slot]) : (xa_entry)v << 1;
}

/* The leaf of index if it is the one that was stored to last: files are used in order. */
static inline struct xa_node *hinted_leaf(const struct xarray *xa, uint64_t index)
{
	return xa->hint && index - xa->hint_base < XA_CHUNK_SIZE ? xa->hint : NULL;
}

/* The leaf for index; NULL: none. */
static inline const struct xa_node *find_leaf(const struct xarray *xa, uint64_t index)
{
	const struct xa_node *n = hinted_leaf(xa, index);

	if (n)
		return n;
	n = xa->root;
	if (!n || index > node_max(n))
		return NULL;
	/* below the root no node is asked for its level: that would be one more read of memory */
	for (unsigned shift = n->shift; n && shift; shift -= XA_CHUNK_SHIFT)
		n = n->child[slot_at(shift, index)];
	return n;
}
#endif
