/*
 * naive_vmap.c - kernel addresses as plain arrays
 */
#include "tests/unit/naive_vmap.h"

#include <string.h>

static void insert_at(struct naive_ranges *ranges, int i, uint64_t start, uint64_t end)
{
	SIM_ASSERT(ranges->n < NAIVE_MAX);
	memmove(&ranges->r[i + 1], &ranges->r[i], (size_t)(ranges->n - i) * sizeof(ranges->r[0]));
	ranges->r[i] = (struct naive_range){ start, end };
	ranges->n++;
}

static void remove_at(struct naive_ranges *ranges, int i)
{
	ranges->n--;
	memmove(&ranges->r[i], &ranges->r[i + 1], (size_t)(ranges->n - i) * sizeof(ranges->r[0]));
}

void naive_add(struct naive_ranges *ranges, uint64_t start, uint64_t end)
{
	int i = 0;

	while (i < ranges->n && ranges->r[i].start < start)
		i++;
	insert_at(ranges, i, start, end);
	for (int k = i; k >= i - 1; k--) {
		if (k < 0 || k + 1 >= ranges->n || ranges->r[k].end != ranges->r[k + 1].start)
			continue;
		ranges->r[k].end = ranges->r[k + 1].end;
		remove_at(ranges, k + 1);
	}
}

void naive_take(struct naive_ranges *ranges, uint64_t start, uint64_t end)
{
	struct naive_range old;
	int i = 0;

	while (ranges->r[i].end < end)
		i++;
	old = ranges->r[i];
	remove_at(ranges, i);
	if (end < old.end)
		insert_at(ranges, i, end, old.end);
	if (old.start < start)
		insert_at(ranges, i, old.start, start);
}

/* Where a request would begin in a hole; UINT64_MAX: it does not fit. */
static uint64_t fit(struct naive_range hole, bytes_t size, uint64_t align, uint64_t vstart)
{
	uint64_t from = hole.start > vstart ? hole.start : vstart;
	uint64_t start = (from + align - 1) / align * align;

	return start >= from && start < hole.end && hole.end - start >= size ? start : UINT64_MAX;
}

uint64_t naive_lowest(const struct naive_ranges *holes, bytes_t size, uint64_t align,
		      uint64_t vstart, uint64_t vend)
{
	for (int i = 0; i < holes->n; i++) {
		uint64_t start = fit(holes->r[i], size, align, vstart);

		if (start != UINT64_MAX)
			return start + size > vend ? vend : start;
	}
	return vend;
}

bool naive_equal(const struct naive_ranges *ranges, const struct vmap_tree *tree)
{
	int i = 0;

	LIST_FOR_EACH (pos, &tree->list) {
		const struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		if (i == ranges->n || ranges->r[i].start != va->va_start ||
		    ranges->r[i].end != va->va_end)
			return false;
		i++;
	}
	return i == ranges->n;
}

/* ---- the walk ---- */

/* The shape of a tree: entries in order, with their depths. */
struct shape {
	struct naive_range hole[NAIVE_MAX];
	int depth[NAIVE_MAX];
	int n;
};

/* Entries first..last - 1 are a subtree whose top is the one of least depth. */
struct subtree {
	int first, last;
};

static int top_of(const struct shape *s, struct subtree t)
{
	int top = t.first;

	for (int i = t.first; i < t.last; i++)
		if (s->depth[i] < s->depth[top])
			top = i;
	return top;
}

static uint64_t largest(const struct shape *s, struct subtree t)
{
	uint64_t most = 0;

	for (int i = t.first; i < t.last; i++)
		most = max_u64(most, s->hole[i].end - s->hole[i].start);
	return most;
}

/* The subtree that an entry is the top of, from those on the way down to it. */
static int walk(const struct shape *s, bytes_t size, uint64_t align, bytes_t length,
		uint64_t vstart)
{
	struct subtree path[128] = { { 0, s->n } };
	int depth = 0;

	while (s->n) {
		int top = top_of(s, path[depth]);
		struct subtree left = { path[depth].first, top };
		struct subtree right = { top + 1, path[depth].last };

		if (vstart < s->hole[top].start && largest(s, left) >= length) {
			path[++depth] = left;
			continue;
		}
		if (fit(s->hole[top], size, align, vstart) != UINT64_MAX)
			return top;
		if (largest(s, right) >= length) {
			path[++depth] = right;
			continue;
		}
		for (depth--; depth >= 0; depth--) {
			top = top_of(s, path[depth]);
			if (fit(s->hole[top], size, align, vstart) != UINT64_MAX)
				return top;
			right = (struct subtree){ top + 1, path[depth].last };
			if (largest(s, right) >= length && vstart <= s->hole[top].start) {
				vstart = s->hole[top].start + 1;
				path[++depth] = right;
				break;
			}
		}
		if (depth < 0)
			break;
	}
	return -1;
}

uint64_t naive_walk(const struct vmap_tree *tree, bytes_t size, uint64_t align, uint64_t vstart,
		    uint64_t vend)
{
	static struct shape s;
	bytes_t length = align > PAGE_SIZE && vend - vstart != size ? size + align - 1 : size;
	uint64_t start;
	int found;

	s.n = 0;
	LIST_FOR_EACH (pos, &tree->list) {
		const struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		SIM_ASSERT(s.n < NAIVE_MAX);
		s.hole[s.n] = (struct naive_range){ va->va_start, va->va_end };
		s.depth[s.n++] = rb_depth(&va->rb_node);
	}
	found = walk(&s, size, align, length, vstart);
	if (found < 0)
		return vend;
	start = fit(s.hole[found], size, align, vstart);
	return start + size > vend ? vend : start;
}
