/*
 * rbtree.c - insertion and removal as textbooks have them
 *
 * No red entry has a red child, and all ways down from an entry meet as many black ones: so no way
 * is more than twice as long as another.  Insertion hangs a red leaf and mends two reds in a row;
 * removal mends a way that is one black short.  Left and right are the same but for the side, so
 * each case is written once.
 */
#include "models/linux/vmalloc/rbtree.h"

static bool is_red(const struct rb_node *node)
{
	return node && node->red;
}

static enum rb_side side_of(const struct rb_node *node)
{
	return node->parent->child[RB_RIGHT] == node ? RB_RIGHT : RB_LEFT;
}

static enum rb_side other(enum rb_side side)
{
	return side == RB_LEFT ? RB_RIGHT : RB_LEFT;
}

static void update(const struct rb_root *root, struct rb_node *node)
{
	if (root->update)
		root->update(node);
}

void rb_update(const struct rb_root *root, struct rb_node *node)
{
	if (!root->update)
		return;
	for (; node; node = node->parent)
		root->update(node);
}

/* Puts node (NULL: nothing) where old hangs. */
static void replace(struct rb_root *root, const struct rb_node *old, struct rb_node *node)
{
	if (!old->parent)
		root->node = node;
	else
		old->parent->child[side_of(old)] = node;
	if (node)
		node->parent = old->parent;
}

/*
 * The child on the other side rises, top goes down to this side:
 *
 *	   top              rises
 *	  /   \             /   \
 *	 a   rises   ->   top    c          side: left
 *	     /   \        /  \
 *	    b     c      a    b
 */
static void rotate(struct rb_root *root, struct rb_node *top, enum rb_side side)
{
	struct rb_node *rises = top->child[other(side)];
	struct rb_node *between = rises->child[side];

	replace(root, top, rises);
	rises->child[side] = top;
	top->parent = rises;
	top->child[other(side)] = between;
	if (between)
		between->parent = top;
	update(root, top);
	update(root, rises);
}

/* node is red: so must its parent not be. */
static void mend_two_reds(struct rb_root *root, struct rb_node *node)
{
	while (is_red(node->parent)) {
		struct rb_node *parent = node->parent, *top = parent->parent;
		enum rb_side side = side_of(parent);
		struct rb_node *uncle = top->child[other(side)];

		if (is_red(uncle)) {
			parent->red = uncle->red = false;
			top->red = true;
			node = top;
			continue;
		}
		if (side_of(node) != side) {
			rotate(root, parent, side);
			parent = node;
		}
		parent->red = false;
		top->red = true;
		rotate(root, top, other(side));
		break;
	}
	root->node->red = false;
}

void rb_insert(struct rb_root *root, struct rb_node *node, struct rb_node *parent,
	       enum rb_side side)
{
	SIM_ASSERT(parent ? !parent->child[side] : !root->node);
	*node = (struct rb_node){ .parent = parent, .red = true };
	if (parent)
		parent->child[side] = node;
	else
		root->node = node;
	rb_update(root, node);
	mend_two_reds(root, node);
}

/* What hangs at this side of parent (NULL: the whole tree) is one black short. */
static void mend_short_side(struct rb_root *root, struct rb_node *parent, enum rb_side side)
{
	struct rb_node *node = parent ? parent->child[side] : root->node;

	while (parent && !is_red(node)) {
		enum rb_side far = other(side);
		struct rb_node *sibling = parent->child[far];

		if (sibling->red) {
			sibling->red = false;
			parent->red = true;
			rotate(root, parent, side);
			sibling = parent->child[far];
		}
		if (!is_red(sibling->child[RB_LEFT]) && !is_red(sibling->child[RB_RIGHT])) {
			sibling->red = true; /* now both sides are short */
			node = parent;
			parent = node->parent;
			if (parent)
				side = side_of(node);
			continue;
		}
		if (!is_red(sibling->child[far])) {
			sibling->child[side]->red = false;
			sibling->red = true;
			rotate(root, sibling, far);
			sibling = parent->child[far];
		}
		sibling->red = parent->red;
		sibling->child[far]->red = false;
		parent->red = false;
		rotate(root, parent, side);
		return;
	}
	if (node)
		node->red = false;
}

/* Lets node and the first entry of its right subtree change places, colours included. */
static void swap_with_next(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *next = node->child[RB_RIGHT], old;

	while (next->child[RB_LEFT])
		next = next->child[RB_LEFT];
	old = *next;
	replace(root, node, next);
	next->red = node->red;
	next->child[RB_LEFT] = node->child[RB_LEFT];
	next->child[RB_LEFT]->parent = next;
	if (old.parent == node) {
		next->child[RB_RIGHT] = node;
		node->parent = next;
	} else {
		next->child[RB_RIGHT] = node->child[RB_RIGHT];
		next->child[RB_RIGHT]->parent = next;
		old.parent->child[RB_LEFT] = node;
		node->parent = old.parent;
	}
	node->red = old.red;
	node->child[RB_LEFT] = NULL;
	node->child[RB_RIGHT] = old.child[RB_RIGHT];
	if (node->child[RB_RIGHT])
		node->child[RB_RIGHT]->parent = node;
}

void rb_erase(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *parent, *child;
	enum rb_side side = RB_LEFT;

	if (node->child[RB_LEFT] && node->child[RB_RIGHT])
		swap_with_next(root, node);
	child = node->child[RB_LEFT] ? node->child[RB_LEFT] : node->child[RB_RIGHT];
	parent = node->parent;
	if (parent)
		side = side_of(node);
	replace(root, node, child);
	rb_update(root, parent);
	if (!node->red)
		mend_short_side(root, parent, side);
}

int rb_depth(const struct rb_node *node)
{
	int depth = 0;

	for (node = node->parent; node; node = node->parent)
		depth++;
	return depth;
}

/* Black entries on the ways down from node, itself included; -1: not the same on all, or broken. */
static int black_height(const struct rb_node *node)
{
	int left, right;

	if (!node)
		return 0;
	for (int i = 0; i < 2; i++) {
		const struct rb_node *child = node->child[i];

		if (child && (child->parent != node || (node->red && child->red)))
			return -1;
	}
	left = black_height(node->child[RB_LEFT]); /* depth: at most twice the black height */
	right = black_height(node->child[RB_RIGHT]);
	return left < 0 || left != right ? -1 : left + !node->red;
}

bool rb_check(const struct rb_root *root)
{
	return !root->node ||
	       (!root->node->parent && !root->node->red && black_height(root->node) >= 0);
}
