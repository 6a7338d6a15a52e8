/*
 * xarray_find.c - going along the tree of an xarray: the next entry, the next hole, the recount
 *
 *	up to the next slot of the parent where a node has nothing more, down to the first
 *	slot that is taken, or marked: a search passes what is empty in steps of whole nodes
 */
#include <string.h>

#include "sim/base/xarray_node.h"

/* The first slot of a node, from one on, that may hold what is looked for; XA_CHUNK_SIZE: none. */
static unsigned first_candidate(const struct xa_node *n, unsigned slot, int mark)
{
	if (mark >= 0) {
		uint64_t bits = n->marks[mark] & (~0ULL << slot);

		return bits ? (unsigned)__builtin_ctzll(bits) : XA_CHUNK_SIZE;
	}
	if (n->shift)
		while (slot < XA_CHUNK_SIZE && !n->child[slot])
			slot++;
	else
		while (slot < XA_CHUNK_SIZE && !n->slot[slot])
			slot++;
	return slot;
}

/* c: told of the leaf, or NULL. */
static xa_entry find_from(const struct xarray *xa, uint64_t *index, uint64_t max, int mark,
			  struct xa_cursor *c)
{
	uint64_t at = *index;

	if (at > max)
		return 0;
	if (!xa->root) {
		if (at == 0 && xa->head && (mark < 0 || xa->head_marks & 1u << mark))
			return xa->head;
		return 0;
	}

	const struct xa_node *n = xa->root;

	if (at > node_max(n))
		return 0;
	for (;;) {
		unsigned slot = slot_of(n, at);
		unsigned found = first_candidate(n, slot, mark);

		if (found == XA_CHUNK_SIZE) {
			/* up, to the next slot of the parent */
			for (;;) {
				if (!n->parent)
					return 0;
				slot = n->offset + 1u;
				n = n->parent;
				if (slot < XA_CHUNK_SIZE)
					break;
			}
			uint64_t from = at;

			at = (at & ~node_max(n)) + ((uint64_t)slot << n->shift);
			if (at > max || at < from)
				return 0; /* the numbers end before the slots of the top node */
			continue;
		}

		if (found != slot)
			at = (at & ~node_max(n)) + ((uint64_t)found << n->shift);
		if (at > max)
			return 0;
		if (n->shift == 0) {
			*index = at;
			if (c) {
				c->leaf = n;
				c->base = at & ~(uint64_t)(XA_CHUNK_SIZE - 1);
			}
			return leaf_get(n, found);
		}
		n = n->child[found];
	}
}

xa_entry xa_find(const struct xarray *xa, uint64_t *index, uint64_t max)
{
	return find_from(xa, index, max, -1, NULL);
}

xa_entry xa_find_marked(const struct xarray *xa, uint64_t *index, uint64_t max, enum xa_mark mark)
{
	return find_from(xa, index, max, (int)mark, NULL);
}

/* mark -1: any entry. */
static inline xa_entry cursor_find(struct xa_cursor *c, uint64_t *index, uint64_t max, int mark)
{
	uint64_t at = *index, behind = c->base + XA_CHUNK_SIZE;
	xa_entry e;

	if (c->leaf && at <= max && at - c->base < XA_CHUNK_SIZE) {
		unsigned slot = first_candidate(c->leaf, (unsigned)(at - c->base), mark);

		if (slot < XA_CHUNK_SIZE) {
			if (c->base + slot > max)
				return 0;
			*index = c->base + slot;
			return leaf_get(c->leaf, slot);
		}
		if (!behind)
			return 0; /* the last leaf there can be */
		at = behind;
	}
	e = find_from(c->xa, &at, max, mark, c);
	if (e)
		*index = at;
	return e;
}

xa_entry xa_cursor_find(struct xa_cursor *c, uint64_t *index, uint64_t max)
{
	return cursor_find(c, index, max, -1);
}

xa_entry xa_cursor_find_marked(struct xa_cursor *c, uint64_t *index, uint64_t max,
			       enum xa_mark mark)
{
	return cursor_find(c, index, max, (int)mark);
}

static bool is_hole(struct xa_cursor *c, uint64_t index)
{
	xa_entry e = xa_cursor_load(c, index);

	return !e || xa_is_value(e);
}

uint64_t xa_next_miss(const struct xarray *xa, uint64_t index, uint64_t max_scan)
{
	struct xa_cursor c = { .xa = xa };
	uint64_t at = index;

	while (max_scan--) {
		if (is_hole(&c, at))
			return at;
		if (at == 0 || max_scan == 0)
			return at; /* the kernel's tests for a wrap, and its last slot */
		at++;
	}
	return at;
}

uint64_t xa_prev_miss(const struct xarray *xa, uint64_t index, uint64_t max_scan)
{
	struct xa_cursor c = { .xa = xa };
	uint64_t at = index;

	while (max_scan--) {
		if (is_hole(&c, at))
			return at;
		if (max_scan == 0 || at == UINT64_MAX)
			return at; /* its last slot, and the kernel's test for a wrap */
		if (at == 0)
			return UINT64_MAX;
		at--;
	}
	return at;
}

xa_entry xa_cursor_load(struct xa_cursor *c, uint64_t index)
{
	if (c->leaf && index - c->base < XA_CHUNK_SIZE)
		return leaf_get(c->leaf, (unsigned)(index - c->base));
	if (!c->xa->root)
		return index == 0 ? c->xa->head : 0;
	c->leaf = find_leaf(c->xa, index);
	c->base = index & ~(uint64_t)(XA_CHUNK_SIZE - 1);
	return c->leaf ? leaf_get(c->leaf, (unsigned)(index - c->base)) : 0;
}

static bool check_node(const struct xa_node *n, uint64_t *nodes)
{
	unsigned count = 0, values = 0;
	uint64_t marks[XA_NR_MARKS] = { 0 };

	(*nodes)++;
	for (unsigned i = 0; i < XA_CHUNK_SIZE; i++) {
		if (n->shift == 0) {
			count += n->slot[i] != 0;
			values += (n->slot[i] & SLOT_VALUE) != 0;
			for (unsigned m = 0; m < XA_NR_MARKS; m++)
				if (n->marks[m] & 1ULL << i && !n->slot[i])
					return false;
			continue;
		}

		const struct xa_node *c = n->child[i];

		if (!c)
			continue;
		count++;
		if (c->parent != n || c->offset != i || c->shift + XA_CHUNK_SHIFT != n->shift ||
		    c->count == 0 || !check_node(c, nodes))
			return false;
		for (unsigned m = 0; m < XA_NR_MARKS; m++)
			if (c->marks[m])
				marks[m] |= 1ULL << i;
	}
	if (count != n->count || values != n->nr_values || (values == 0) != (n->values == NULL))
		return false;
	return n->shift == 0 || memcmp(marks, n->marks, sizeof(marks)) == 0;
}

/* Whether a remembered leaf, if there is one, stands where it is said to. */
static bool check_hint(const struct xarray *xa, const struct xa_node *leaf, uint64_t base)
{
	return !leaf || find_leaf(&(struct xarray){ .root = xa->root }, base) == leaf;
}

bool xa_check(const struct xarray *xa)
{
	uint64_t nodes = 0;

	if (!check_hint(xa, xa->hint, xa->hint_base) ||
	    !check_hint(xa, xa->marked, xa->marked_base))
		return false;
	if (!xa->root)
		return xa->nr_nodes == 0 && (xa->head || !xa->head_marks);
	return !xa->head && check_node(xa->root, &nodes) && nodes == xa->nr_nodes;
}
