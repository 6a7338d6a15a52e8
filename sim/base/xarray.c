/*
 * xarray.c - a tree of nodes of 64 slots
 *
 *	root (shift 12)  -> 64 children, each 64 leaves of 64 entries
 *
 * As in the kernel a lone entry at index 0 needs no node, and the tree is just
 * as high as the largest index asks for.  A leaf keeps objects in 4 bytes; the
 * 8-byte values (shadows) have an array of their own only in leaves that hold
 * one.  What goes along the tree and changes nothing is in xarray_find.c.
 */
#include <stddef.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/base/xarray_node.h"

static struct xa_node *node_new(struct xarray *xa, uint8_t shift, struct xa_node *parent,
				unsigned offset)
{
	size_t slots = shift ? sizeof(struct xa_node *) : sizeof(uint32_t);
	size_t bytes = offsetof(struct xa_node, slot) + slots * XA_CHUNK_SIZE;
	struct xa_node *n = sim_calloc(1, bytes);

	n->shift = shift;
	n->parent = parent;
	n->array = xa;
	list_init(&n->link);
	n->offset = (uint8_t)offset;
	if (xa->new_node)
		n->place = xa->new_node(xa);
	xa->nr_nodes++;
	return n;
}

static void node_free(struct xarray *xa, struct xa_node *n)
{
	if (xa->hint == n)
		xa->hint = NULL;
	if (xa->marked == n)
		xa->marked = NULL;
	if (xa->free_node)
		xa->free_node(xa, n->place);
	sim_free(n->values);
	sim_free(n);
	xa->nr_nodes--;
}

static unsigned slot_of_leaf(uint64_t index)
{
	return (unsigned)index & (XA_CHUNK_SIZE - 1);
}

static bool marked(const struct xa_node *n, unsigned slot)
{
	return (n->marks[XA_MARK_0] | n->marks[XA_MARK_1] | n->marks[XA_MARK_2]) & 1ULL << slot;
}

void xa_init(struct xarray *xa)
{
	*xa = (struct xarray){ 0 };
}

static void free_tree(struct xarray *xa, struct xa_node *n)
{
	/* depth: at most 11 levels of 6 bits */
	if (n->shift)
		for (unsigned i = 0; i < XA_CHUNK_SIZE; i++)
			if (n->child[i])
				free_tree(xa, n->child[i]);
	if (xa->shadow_node && !n->shift && n->count && n->count == n->nr_values)
		xa->shadow_node(xa, n, false);
	node_free(xa, n);
}

void xa_destroy(struct xarray *xa)
{
	if (xa->root)
		free_tree(xa, xa->root);
	xa->root = NULL;
	xa->head = 0;
	xa->head_marks = 0;
}

xa_entry xa_load(const struct xarray *xa, uint64_t index)
{
	if (!xa->root)
		return index == 0 ? xa->head : 0;

	const struct xa_node *leaf = find_leaf(xa, index);

	return leaf ? leaf_get(leaf, slot_of(leaf, index)) : 0;
}

static void clear_mark_up(struct xa_node *n, unsigned slot, unsigned mark)
{
	for (;;) {
		n->marks[mark] &= ~(1ULL << slot);
		if (n->marks[mark] || !n->parent)
			return;
		slot = n->offset;
		n = n->parent;
		if (!(n->marks[mark] & 1ULL << slot))
			return;
	}
}

static void set_mark_up(struct xa_node *n, unsigned slot, unsigned mark)
{
	for (; n; slot = n->offset, n = n->parent) {
		if (n->marks[mark] & 1ULL << slot)
			return;
		n->marks[mark] |= 1ULL << slot;
	}
}

/* Makes the tree high enough for index, moving a lone head entry into it. */
static void grow(struct xarray *xa, uint64_t index)
{
	if (!xa->root) {
		if (!xa->head && index == 0)
			return;

		uint8_t shift = 0;

		/* the kernel builds the levels an index needs at once */
		while (shift + XA_CHUNK_SHIFT < 64 && index >> (shift + XA_CHUNK_SHIFT))
			shift = (uint8_t)(shift + XA_CHUNK_SHIFT);
		xa->root = node_new(xa, shift, NULL, 0);
		if (xa->head) {
			xa_entry e = xa->head;
			uint8_t marks = xa->head_marks;

			xa->head = 0;
			xa->head_marks = 0;
			xa_store(xa, 0, e);
			for (unsigned m = 0; m < XA_NR_MARKS; m++)
				if (marks & 1u << m)
					xa_set_mark(xa, 0, (enum xa_mark)m);
		}
		return;
	}
	while (index > node_max(xa->root)) {
		struct xa_node *old = xa->root;
		struct xa_node *n = node_new(xa, (uint8_t)(old->shift + XA_CHUNK_SHIFT), NULL, 0);

		n->child[0] = old;
		n->count = 1;
		for (unsigned m = 0; m < XA_NR_MARKS; m++)
			if (old->marks[m])
				n->marks[m] = 1;
		old->parent = n;
		old->offset = 0;
		xa->root = n;
	}
}

static void values_only_changed(struct xarray *xa, struct xa_node *leaf, bool before)
{
	bool now = leaf->count && leaf->count == leaf->nr_values;

	if (now != before && xa->shadow_node)
		xa->shadow_node(xa, leaf, now);
}

/* Frees an empty leaf and the nodes above it that become empty; lowers the tree. */
static void shrink(struct xarray *xa, struct xa_node *n)
{
	while (n && n->count == 0) {
		struct xa_node *parent = n->parent;

		if (parent) {
			parent->child[n->offset] = NULL;
			parent->count--;
		} else {
			xa->root = NULL;
		}
		node_free(xa, n);
		n = parent;
	}
	while (xa->root && xa->root->count == 1) {
		struct xa_node *root = xa->root;

		if (root->shift == 0) {
			xa_entry e = leaf_get(root, 0);

			/* only a lone object goes back into the head, as in the kernel */
			if (!e || xa_is_value(e))
				break;
			xa->head = e;
			for (unsigned m = 0; m < XA_NR_MARKS; m++)
				if (root->marks[m] & 1)
					xa->head_marks |= (uint8_t)(1u << m);
			xa->root = NULL;
			node_free(xa, root);
			break;
		}
		if (!root->child[0])
			break;
		xa->root = root->child[0];
		xa->root->parent = NULL;
		node_free(xa, root);
	}
}

/* A value goes from a slot. */
static void leaf_lost_value(struct xa_node *leaf)
{
	if (--leaf->nr_values == 0) {
		sim_free(leaf->values);
		leaf->values = NULL;
	}
}

static void leaf_put_object(struct xa_node *leaf, unsigned slot, xa_entry entry)
{
	uint32_t old = leaf->slot[slot];

	SIM_ASSERT(entry >> 1 < SLOT_VALUE);
	leaf->slot[slot] = (uint32_t)(entry >> 1);
	leaf->count = (uint8_t)(leaf->count + !old);
	if (old & SLOT_VALUE)
		leaf_lost_value(leaf);
}

static void leaf_put_value(struct xa_node *leaf, unsigned slot, uint64_t value)
{
	uint32_t old = leaf->slot[slot];

	if (!leaf->values)
		leaf->values = sim_alloc(XA_CHUNK_SIZE * sizeof(uint64_t));
	leaf->values[slot] = value;
	leaf->slot[slot] = SLOT_VALUE;
	leaf->count = (uint8_t)(leaf->count + !old);
	leaf->nr_values = (uint8_t)(leaf->nr_values + !(old & SLOT_VALUE));
}

static void leaf_clear(struct xa_node *leaf, unsigned slot)
{
	uint32_t old = leaf->slot[slot];

	leaf->slot[slot] = 0;
	leaf->count = (uint8_t)(leaf->count - (old != 0));
	if (old & SLOT_VALUE)
		leaf_lost_value(leaf);
}

/* The leaf of index, made if it is missing. */
static struct xa_node *make_leaf(struct xarray *xa, uint64_t index)
{
	struct xa_node *n;

	if (index > node_max(xa->root))
		grow(xa, index);
	n = xa->root;
	for (unsigned shift = n->shift; shift; shift -= XA_CHUNK_SHIFT) {
		unsigned slot = slot_at(shift, index);

		if (!n->child[slot]) {
			n->child[slot] = node_new(xa, (uint8_t)(shift - XA_CHUNK_SHIFT), n, slot);
			n->count++;
		}
		n = n->child[slot];
	}
	xa->hint = n;
	xa->hint_base = index & ~(uint64_t)(XA_CHUNK_SIZE - 1);
	return n;
}

static void clear_marks(struct xa_node *leaf, unsigned slot)
{
	for (unsigned m = 0; m < XA_NR_MARKS; m++)
		if (leaf->marks[m] & 1ULL << slot)
			clear_mark_up(leaf, slot, m);
}

static bool only_values(const struct xa_node *leaf)
{
	return leaf->count && leaf->count == leaf->nr_values;
}

static xa_entry store_in_leaf(struct xarray *xa, struct xa_node *leaf, unsigned slot,
			      xa_entry entry)
{
	bool before = only_values(leaf);
	xa_entry old = leaf_get(leaf, slot);

	if (entry && !xa_is_value(entry)) {
		leaf_put_object(leaf, slot, entry);
	} else {
		if (entry)
			leaf_put_value(leaf, slot, xa_to_value(entry));
		else
			leaf_clear(leaf, slot);
		if (marked(leaf, slot))
			clear_marks(leaf, slot);
	}
	if (before != only_values(leaf))
		values_only_changed(xa, leaf, before);
	return old;
}

/* The leaf that an entry belongs into, made if need be.  NULL: it is a lone one, in the head. */
static struct xa_node *leaf_to_store(struct xarray *xa, uint64_t index, xa_entry entry)
{
	if (!xa->root && (index || xa_is_value(entry)))
		grow(xa, index);
	/* a value at index 0 gets a node, so that shadows are counted by leaf */
	if (!xa->root && xa_is_value(entry))
		xa->root = node_new(xa, 0, NULL, 0);
	return xa->root ? make_leaf(xa, index) : NULL;
}

static xa_entry store_in_head(struct xarray *xa, xa_entry entry)
{
	xa_entry old = xa->head;

	xa->head = entry;
	if (!entry)
		xa->head_marks = 0;
	return old;
}

/*
 * Most stores touch no mark, no array of values begins or ends with them, and a leaf with other
 * entries than values stays one: they take this short way.  False: nothing was done.
 */
static inline bool store_quickly(struct xa_node *leaf, unsigned slot, xa_entry entry, xa_entry *old)
{
	uint32_t was = leaf->slot[slot];
	unsigned count = leaf->count + !was;
	unsigned nr_values = leaf->nr_values + xa_is_value(entry) - (was >> 31);

	if (!leaf->nr_values != !nr_values || leaf->count == leaf->nr_values ||
	    count == nr_values || !entry || (xa_is_value(entry) && marked(leaf, slot)))
		return false;
	*old = leaf_get(leaf, slot);
	leaf->count = (uint8_t)count;
	leaf->nr_values = (uint8_t)nr_values;
	if (xa_is_value(entry)) {
		leaf->values[slot] = xa_to_value(entry);
		leaf->slot[slot] = SLOT_VALUE;
	} else {
		SIM_ASSERT(entry >> 1 < SLOT_VALUE);
		leaf->slot[slot] = (uint32_t)(entry >> 1);
	}
	return true;
}

static __attribute__((noinline)) xa_entry store_anyhow(struct xarray *xa, uint64_t index,
						       xa_entry entry)
{
	struct xa_node *leaf = hinted_leaf(xa, index);
	xa_entry old;

	if (!entry && !xa_load(xa, index))
		return 0;
	if (!leaf)
		leaf = leaf_to_store(xa, index, entry);
	if (!leaf)
		return store_in_head(xa, entry);
	old = store_in_leaf(xa, leaf, slot_of_leaf(index), entry);
	if (!entry)
		shrink(xa, leaf);
	return old;
}

xa_entry xa_store(struct xarray *xa, uint64_t index, xa_entry entry)
{
	struct xa_node *leaf = hinted_leaf(xa, index);
	xa_entry old;

	if (leaf && store_quickly(leaf, slot_of_leaf(index), entry, &old))
		return old;
	return store_anyhow(xa, index, entry);
}

uint64_t xa_nodes_missing(const struct xarray *xa, uint64_t index, uint64_t nr)
{
	const struct xa_node *n = xa->root;
	uint64_t last = index + nr - 1, missing = 0, leaves;
	unsigned shift = 0;

	if (xa->hint && (index & ~(uint64_t)(XA_CHUNK_SIZE - 1)) == xa->hint_base &&
	    nr <= XA_CHUNK_SIZE)
		return 0;
	if (!n && last == 0)
		return 0;
	leaves = (nr + XA_CHUNK_SIZE - 1) >> XA_CHUNK_SHIFT;
	while (shift + XA_CHUNK_SHIFT < 64 && last >> (shift + XA_CHUNK_SHIFT))
		shift += XA_CHUNK_SHIFT;
	if (!n) /* the root, the way down, and that of the lone object */
		return 1 + shift / XA_CHUNK_SHIFT * (xa->head ? 2 : 1) + leaves - 1;
	if (shift > n->shift) /* more levels above, and a way down beside the old root */
		return (shift - n->shift) / XA_CHUNK_SHIFT + shift / XA_CHUNK_SHIFT + leaves - 1;
	for (shift = n->shift; shift > XA_CHUNK_SHIFT; shift -= XA_CHUNK_SHIFT) {
		const struct xa_node *below = n->child[slot_at(shift, index)];

		if (!below)
			return shift / XA_CHUNK_SHIFT + leaves - 1;
		n = below;
	}
	if (shift == 0)
		return 0;
	for (unsigned i = 0; i < leaves; i++)
		missing += !n->child[slot_at(shift, index) + i];
	return missing;
}

void xa_drop_values(struct xa_node *leaf)
{
	struct xarray *xa = leaf->array;

	SIM_ASSERT(leaf->shift == 0 && leaf->count && leaf->count == leaf->nr_values);
	for (unsigned i = 0; i < XA_CHUNK_SIZE; i++) {
		if (!leaf->slot[i])
			continue;
		leaf_clear(leaf, i);
		clear_marks(leaf, i); /* values may have some, too */
	}
	values_only_changed(xa, leaf, true);
	shrink(xa, leaf);
}

/*
 * The leaf of index; NULL: none.  Who marks pages is elsewhere in the file than who stores them,
 * and goes in order as well, often setting one mark and clearing another.
 */
static inline struct xa_node *leaf_to_mark(struct xarray *xa, uint64_t index)
{
	struct xa_node *leaf;

	if (xa->marked && index - xa->marked_base < XA_CHUNK_SIZE)
		return xa->marked;
	leaf = (struct xa_node *)find_leaf(xa, index);
	if (leaf) {
		xa->marked = leaf;
		xa->marked_base = index & ~(uint64_t)(XA_CHUNK_SIZE - 1);
	}
	return leaf;
}

void xa_set_mark(struct xarray *xa, uint64_t index, enum xa_mark mark)
{
	if (!xa->root) {
		if (index == 0 && xa->head)
			xa->head_marks |= (uint8_t)(1u << mark);
		return;
	}

	struct xa_node *leaf = leaf_to_mark(xa, index);
	unsigned slot = slot_of_leaf(index);

	if (leaf && leaf->slot[slot])
		set_mark_up(leaf, slot, mark);
}

void xa_clear_mark(struct xarray *xa, uint64_t index, enum xa_mark mark)
{
	if (!xa->root) {
		if (index == 0)
			xa->head_marks &= (uint8_t) ~(1u << mark);
		return;
	}

	struct xa_node *leaf = leaf_to_mark(xa, index);
	unsigned slot = slot_of_leaf(index);

	if (leaf && leaf->marks[mark] & 1ULL << slot)
		clear_mark_up(leaf, slot, mark);
}

bool xa_get_mark(const struct xarray *xa, uint64_t index, enum xa_mark mark)
{
	if (!xa->root)
		return index == 0 && xa->head_marks & 1u << mark;

	const struct xa_node *leaf = find_leaf(xa, index);

	return leaf && leaf->marks[mark] & 1ULL << slot_of(leaf, index);
}

bool xa_marked(const struct xarray *xa, enum xa_mark mark)
{
	return xa->root ? xa->root->marks[mark] != 0 : (xa->head_marks & 1u << mark) != 0;
}
