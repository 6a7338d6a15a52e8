/*
 * xarray.h - index -> entry, with three marks per entry
 *
 * Like:        Linux 6.1, lib/xarray.c as the page cache uses it: 64 slots a node, marks
 *              propagated to the root, value entries beside objects
 * Simplified:  objects are numbers below 2^31 (frame numbers), kept in 4 bytes; values of 63 bits
 *              take room only in nodes that hold some
 *
 * An entry is 0 (none), an object (even) or a value (odd).
 */
#ifndef MMSIM_BASE_XARRAY_H
#define MMSIM_BASE_XARRAY_H

#include "sim/base/list.h"

#define XA_CHUNK_SHIFT 6
#define XA_CHUNK_SIZE  64

typedef uint64_t xa_entry;

enum xa_mark {
	XA_MARK_0,
	XA_MARK_1,
	XA_MARK_2,
	XA_NR_MARKS,
};

struct xa_node {
	uint8_t shift;  /* index bits below this node */
	uint8_t offset; /* its slot in the parent */
	uint8_t count;  /* slots in use, 0..64 */
	uint8_t nr_values;
	uint32_t place; /* the owner's: what new_node said */
	struct xa_node *parent;
	struct xarray *array;
	struct list link; /* for the owner, while a leaf holds only values */
	uint64_t marks[XA_NR_MARKS];
	uint64_t *values; /* owned; NULL, or 64 of them: of the slots that hold a value */
	union {
		uint32_t slot[XA_CHUNK_SIZE];         /* leaves (shift 0) */
		struct xa_node *child[XA_CHUNK_SIZE]; /* above; allocated longer */
	};
};

struct xarray {
	struct xa_node *root; /* owned; NULL: empty, or one entry at index 0 in head */
	xa_entry head;
	uint8_t head_marks;
	uint64_t nr_nodes;
	struct xa_node *hint;   /* borrowed: the leaf that was stored to last; NULL: it is gone */
	uint64_t hint_base;     /* index of its first slot */
	struct xa_node *marked; /* the same: the leaf in which a mark was set or cleared last */
	uint64_t marked_base;
	/* Told when a leaf begins or stops to hold values only (or goes); NULL: not. */
	void (*shadow_node)(struct xarray *xa, struct xa_node *node, bool only_values);
	/* Where the owner keeps a new node, and that one kept there is gone; NULL: nowhere. */
	uint32_t (*new_node)(struct xarray *xa);
	void (*free_node)(struct xarray *xa, uint32_t place);
};

static inline xa_entry xa_object(uint32_t id)
{
	return (xa_entry)id << 1;
}

static inline xa_entry xa_value(uint64_t v)
{
	return v << 1 | 1;
}

static inline bool xa_is_value(xa_entry e)
{
	return e & 1;
}

static inline uint32_t xa_to_object(xa_entry e)
{
	return (uint32_t)(e >> 1);
}

static inline uint64_t xa_to_value(xa_entry e)
{
	return e >> 1;
}

void xa_init(struct xarray *xa);
void xa_destroy(struct xarray *xa);
xa_entry xa_load(const struct xarray *xa, uint64_t index);
/*
 * Stores an entry and returns the one before.  Storing 0 or a value clears the marks; storing an
 * object over an object keeps them.
 */
xa_entry xa_store(struct xarray *xa, uint64_t index, xa_entry entry);
/*
 * Nodes that storing nr objects from index on would make, for a power of two nr <= 512 and an index
 * that is a multiple of it.  A lone object at index 0 may make it a little more than it will be.
 */
uint64_t xa_nodes_missing(const struct xarray *xa, uint64_t index, uint64_t nr);
void xa_set_mark(struct xarray *xa, uint64_t index, enum xa_mark mark);
void xa_clear_mark(struct xarray *xa, uint64_t index, enum xa_mark mark);
bool xa_get_mark(const struct xarray *xa, uint64_t index, enum xa_mark mark);
bool xa_marked(const struct xarray *xa, enum xa_mark mark);
/* Drops a leaf that holds only values, with all of them. */
void xa_drop_values(struct xa_node *leaf);
/* First entry (object or value) at *index or above, up to max; sets *index.  0: none. */
xa_entry xa_find(const struct xarray *xa, uint64_t *index, uint64_t max);
/* The same among entries with a mark. */
xa_entry xa_find_marked(const struct xarray *xa, uint64_t *index, uint64_t max, enum xa_mark mark);
/* First index >= index without entry or with a value, looking at max_scan slots; see 6.1's
 * page_cache_next_miss for what is returned when there is none. */
uint64_t xa_next_miss(const struct xarray *xa, uint64_t index, uint64_t max_scan);
uint64_t xa_prev_miss(const struct xarray *xa, uint64_t index, uint64_t max_scan);
/* Recounts nodes, counts and marks; false if broken. */
bool xa_check(const struct xarray *xa);

/* A place in the array that remembers its leaf: for walks over neighbouring indices. */
struct xa_cursor {
	const struct xarray *xa;
	const struct xa_node *leaf; /* NULL: not looked yet */
	uint64_t base;              /* index of the leaf's first slot */
};
xa_entry xa_cursor_load(struct xa_cursor *c, uint64_t index);
/* As xa_find and xa_find_marked.  Between two calls nothing may be stored in the array. */
xa_entry xa_cursor_find(struct xa_cursor *c, uint64_t *index, uint64_t max);
xa_entry xa_cursor_find_marked(struct xa_cursor *c, uint64_t *index, uint64_t max,
			       enum xa_mark mark);
#endif
