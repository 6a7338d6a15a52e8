/*
 * naive_vmap.h - kernel addresses as plain arrays that are searched from the beginning
 */
#ifndef MMSIM_TESTS_NAIVE_VMAP_H
#define MMSIM_TESTS_NAIVE_VMAP_H

#include "models/linux/vmalloc/internal.h"

#define NAIVE_MAX 4096

struct naive_range {
	uint64_t start, end;
};

/* Ranges by address; those that touch are one. */
struct naive_ranges {
	struct naive_range r[NAIVE_MAX];
	int n;
};

void naive_add(struct naive_ranges *ranges, uint64_t start, uint64_t end);
/* Takes a part of one range out. */
void naive_take(struct naive_ranges *ranges, uint64_t start, uint64_t end);
/* The lowest place in the window; vend: none, or it ends behind the window. */
uint64_t naive_lowest(const struct naive_ranges *holes, bytes_t size, uint64_t align,
		      uint64_t vstart, uint64_t vend);
/*
 * The place that a walk through a tree of this shape comes to, where every value of a subtree is
 * found by looking at all of it.
 */
uint64_t naive_walk(const struct vmap_tree *tree, bytes_t size, uint64_t align, uint64_t vstart,
		    uint64_t vend);
bool naive_equal(const struct naive_ranges *ranges, const struct vmap_tree *tree);
#endif
