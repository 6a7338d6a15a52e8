/*
 * rbtree.h - a red-black tree whose links lie inside the entries, with a value per subtree
 *
 * Like:        Linux 6.1, include/linux/rbtree_augmented.h: the same shape after the same
 *              operations, since the place that vmalloc finds depends on it
 *
 * The order of entries is their owner's: it finds the place and links there.
 */
#ifndef MMSIM_LINUX_RBTREE_H
#define MMSIM_LINUX_RBTREE_H

#include "sim/sim.h"

enum rb_side {
	RB_LEFT,
	RB_RIGHT,
};

struct rb_node {
	struct rb_node *parent;   /* NULL: the root */
	struct rb_node *child[2]; /* by enum rb_side; NULL: none */
	bool red;
};

struct rb_root {
	struct rb_node *node; /* NULL: empty */
	/* Computes the value of a subtree from its entry and the children's values; NULL: none. */
	void (*update)(struct rb_node *node);
};

static inline void rb_init(struct rb_root *root, void (*update)(struct rb_node *node))
{
	*root = (struct rb_root){ .update = update };
}

/* Hangs an entry below parent (NULL: the tree is empty), where no child is, and balances. */
void rb_insert(struct rb_root *root, struct rb_node *node, struct rb_node *parent,
	       enum rb_side side);
/* Takes an entry out; one with two children is replaced by the next in order. */
void rb_erase(struct rb_root *root, struct rb_node *node);
/* The entry has changed: values from there up to the root. */
void rb_update(const struct rb_root *root, struct rb_node *node);
/* Entries above it. */
int rb_depth(const struct rb_node *node);
/* Colours, parents and black heights; false if broken.  Does not know the order. */
bool rb_check(const struct rb_root *root);
#endif
