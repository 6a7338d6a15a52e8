/*
 * test_xarray_naive.c - the index against a second model of it: a sorted array that is searched
 *
 * Every answer is compared, and after every 1,000 operations the whole state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/pagecache/pagemap.h"
#include "sim/engine/rng.h"

#define MAX_ENTRIES 4096
#define WHOLE_EVERY 1000

struct naive_entry {
	uint64_t index;
	xa_entry e;
	unsigned marks;
};

/* The second model: entries in the order of their indices. */
struct naive {
	struct naive_entry at[MAX_ENTRIES];
	int n;
};

static uint64_t seed = 1;
static int64_t leaves_of_values; /* as the index reports them */
static struct list of_values;    /* these leaves, oldest first */

/* ---- the second model ---- */

/* The first place whose index is not below. */
static int place(const struct naive *m, uint64_t index)
{
	int low = 0, high = m->n;

	while (low < high) {
		int mid = (low + high) / 2;

		if (m->at[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct naive_entry *find(struct naive *m, uint64_t index)
{
	int i = place(m, index);

	return i < m->n && m->at[i].index == index ? &m->at[i] : NULL;
}

static xa_entry naive_load(struct naive *m, uint64_t index)
{
	const struct naive_entry *e = find(m, index);

	return e ? e->e : 0;
}

static xa_entry naive_store(struct naive *m, uint64_t index, xa_entry entry)
{
	int i = place(m, index);
	bool there = i < m->n && m->at[i].index == index;
	xa_entry old = there ? m->at[i].e : 0;

	if (!entry && !there)
		return 0;
	if (!entry) {
		memmove(&m->at[i], &m->at[i + 1], (size_t)(m->n - i - 1) * sizeof(m->at[0]));
		m->n--;
		return old;
	}
	if (!there) {
		assert_true(m->n < MAX_ENTRIES);
		memmove(&m->at[i + 1], &m->at[i], (size_t)(m->n - i) * sizeof(m->at[0]));
		m->n++;
		m->at[i] = (struct naive_entry){ .index = index };
	}
	m->at[i].e = entry;
	if (xa_is_value(entry))
		m->at[i].marks = 0;
	return old;
}

/* mark -1: any entry. */
static xa_entry naive_find(const struct naive *m, uint64_t *index, uint64_t max, int mark)
{
	for (int i = place(m, *index); i < m->n && m->at[i].index <= max; i++) {
		if (mark >= 0 && !(m->at[i].marks & 1u << mark))
			continue;
		*index = m->at[i].index;
		return m->at[i].e;
	}
	return 0;
}

static bool naive_hole(struct naive *m, uint64_t index)
{
	xa_entry e = naive_load(m, index);

	return !e || xa_is_value(e);
}

/* What each search for a hole says: the hole, the end of the numbers, or none in max places. */
struct hole {
	enum { HOLE_FOUND, HOLE_WRAPPED, HOLE_NONE } what;
	uint64_t index;
};

static struct hole naive_search(struct naive *m, uint64_t index, uint64_t max, bool up)
{
	for (uint64_t k = 0; k < max; k++) {
		uint64_t i = up ? index + k : index - k;

		if (up ? i < index : i > index)
			return (struct hole){ HOLE_WRAPPED, i };
		if (naive_hole(m, i))
			return (struct hole){ HOLE_FOUND, i };
	}
	return (struct hole){ HOLE_NONE, up ? index + max : index - max };
}

/* 6.1's results: the last place looked at; the first and the last index end a search at once. */
static uint64_t naive_miss(struct naive *m, uint64_t index, uint64_t max, bool up)
{
	struct hole h = naive_search(m, index, max, up);

	if (!max || index == (up ? 0 : UINT64_MAX))
		return index;
	return h.what == HOLE_NONE ? h.index + (up ? UINT64_MAX : 1) : h.index;
}

/* ---- both ---- */

/* A few thousand indices over all levels, in clusters, the largest index among them. */
static uint64_t random_index(struct rng *r)
{
	static const uint64_t base[] = { 0,          0,          0,          1ULL << 12,
					 1ULL << 18, 1ULL << 33, 1ULL << 57, UINT64_MAX - 99 };
	uint64_t b = base[rng_below(r, ARRAY_LEN(base))];
	uint64_t width = b == UINT64_MAX - 99 ? 100 : 200;

	return b + rng_below(r, width);
}

static void count_leaf(struct xarray *xa, struct xa_node *node, bool only_values)
{
	(void)xa;
	leaves_of_values += only_values ? 1 : -1;
	if (only_values)
		list_add_tail(&node->link, &of_values);
	else
		list_del(&node->link);
}

static void compare_whole(const struct xarray *xa, const struct naive *m)
{
	int64_t leaves = 0;
	uint64_t at = 0;
	xa_entry e;

	assert_true(xa_check(xa));
	for (int i = 0; i < m->n; i++) {
		const struct naive_entry *want = &m->at[i];
		bool first = i == 0 || m->at[i - 1].index >> 6 != want->index >> 6;
		int k = i;

		e = xa_find(xa, &at, UINT64_MAX);
		assert_true(e == want->e && at == want->index);
		for (int mark = 0; mark < XA_NR_MARKS; mark++)
			assert_int_equal(xa_get_mark(xa, at, (enum xa_mark)mark),
					 want->marks >> mark & 1);
		at++;
		if (!first)
			continue;
		while (k < m->n && m->at[k].index >> 6 == want->index >> 6 &&
		       xa_is_value(m->at[k].e))
			k++;
		leaves += k == m->n || m->at[k].index >> 6 != want->index >> 6;
	}
	if (m->n && m->at[m->n - 1].index < UINT64_MAX)
		assert_true(xa_find(xa, &at, UINT64_MAX) == 0);
	for (int mark = 0; mark < XA_NR_MARKS; mark++) {
		at = 0;
		e = naive_find(m, &at, UINT64_MAX, mark);
		assert_int_equal(xa_marked(xa, (enum xa_mark)mark), e != 0);
	}
	assert_int_equal(leaves_of_values, leaves);
}

static void compare_holes(const struct address_space *as, struct naive *m, struct rng *r)
{
	uint64_t index = random_index(r), max = rng_below(r, 120);
	struct hole up = naive_search(m, index, max, true);
	struct hole down = naive_search(m, index, max, false);

	assert_true(xa_next_miss(&as->i_pages, index, max) == naive_miss(m, index, max, true));
	assert_true(xa_prev_miss(&as->i_pages, index, max) == naive_miss(m, index, max, false));
	assert_true(page_cache_next_hole(as, index, max) == up.index);
	assert_true(page_cache_prev_hole(as, index, max) == down.index);
}

static void compare_find(const struct xarray *xa, const struct naive *m, struct rng *r, int mark)
{
	uint64_t from = random_index(r), a = from, b = from;
	uint64_t max = rng_below(r, 2) ? UINT64_MAX : random_index(r);
	xa_entry e =
	    mark < 0 ? xa_find(xa, &a, max) : xa_find_marked(xa, &a, max, (enum xa_mark)mark);

	assert_true(e == naive_find(m, &b, max, mark));
	if (e)
		assert_true(a == b);
}

static void compare_cursor(const struct xarray *xa, struct naive *m, struct rng *r)
{
	struct xa_cursor c = { .xa = xa };
	uint64_t index = random_index(r);

	for (uint64_t k = rng_below(r, 80); k > 0; k--)
		assert_true(xa_cursor_load(&c, index + k) == naive_load(m, index + k));
}

/* From one entry (mark -1: any) to the next, now and then past some. */
static void compare_cursor_find(const struct xarray *xa, const struct naive *m, struct rng *r,
				int mark)
{
	struct xa_cursor c = { .xa = xa };
	uint64_t a = random_index(r), b = a;
	uint64_t max = rng_below(r, 2) ? UINT64_MAX : random_index(r);

	for (int left = 100; left > 0; left--) {
		xa_entry e = naive_find(m, &b, max, mark);

		assert_true((mark < 0
				 ? xa_cursor_find(&c, &a, max)
				 : xa_cursor_find_marked(&c, &a, max, (enum xa_mark)mark)) == e);
		assert_true(a == b || !e);
		if (!e || a > UINT64_MAX - 100)
			return;
		a += rng_below(r, 8) ? 1 : rng_below(r, 100);
		b = a;
	}
}

static void change(struct xarray *xa, struct naive *m, struct rng *r, uint64_t what, uint64_t index)
{
	enum xa_mark mark = (enum xa_mark)rng_below(r, XA_NR_MARKS);
	struct naive_entry *e;

	if (what < 10) {
		xa_entry entry = what < 5   ? xa_object((uint32_t)rng_below(r, 1u << 30) + 1)
				 : what < 7 ? xa_value(rng_next(r) >> 1)
					    : 0;

		assert_true(xa_store(xa, index, entry) == naive_store(m, index, entry));
		return;
	}
	e = find(m, index);
	if (what < 13) {
		xa_set_mark(xa, index, mark);
		if (e)
			e->marks |= 1u << mark;
	} else {
		xa_clear_mark(xa, index, mark);
		if (e)
			e->marks &= ~(1u << mark);
	}
}

/* The index of a leaf's first slot, from where it hangs. */
static uint64_t leaf_base(const struct xa_node *leaf)
{
	uint64_t base = 0;

	for (const struct xa_node *n = leaf; n->parent; n = n->parent)
		base |= (uint64_t)n->offset << n->parent->shift;
	return base;
}

/* The oldest leaf of values goes, as reclaim has shadows go: with all of them, and nothing else. */
static void drop_values(struct naive *m)
{
	struct xa_node *leaf;
	uint64_t base;
	int i, end;

	if (list_empty(&of_values))
		return;
	leaf = LIST_FIRST(&of_values, struct xa_node, link);
	base = leaf_base(leaf);
	i = end = place(m, base);
	while (end < m->n && m->at[end].index - base < XA_CHUNK_SIZE)
		assert_true(xa_is_value(m->at[end++].e));
	assert_int_equal(leaf->count, end - i);
	xa_drop_values(leaf);
	memmove(&m->at[i], &m->at[end], (size_t)(m->n - end) * sizeof(m->at[0]));
	m->n -= end - i;
}

static void random_operations_agree_with_a_sorted_array(void **state)
{
	struct address_space *as = sim_calloc(1, sizeof(*as));
	struct xarray *xa = &as->i_pages;
	struct naive *m = sim_calloc(1, sizeof(*m));
	const char *ops = getenv("FUZZ_OPS");
	long rounds = ops ? atol(ops) : 300000;
	struct rng r;

	(void)state;
	rng_init(&r, seed, "xarray");
	xa_init(xa);
	xa->shadow_node = count_leaf;
	leaves_of_values = 0;
	list_init(&of_values);
	for (long round = 1; round <= rounds; round++) {
		uint64_t what = rng_below(&r, 20), index = random_index(&r);

		if (rng_below(&r, 100) == 0)
			drop_values(m);

		/* now and then a phase that empties, down to nothing */
		if (round / 5000 % 4 == 3 && what < 7)
			what = 7;
		if (what < 14)
			change(xa, m, &r, what, index);
		else if (what < 15)
			assert_true(xa_load(xa, index) == naive_load(m, index));
		else if (what < 17)
			compare_find(xa, m, &r, (int)what - 16);
		else if (what < 18)
			compare_find(xa, m, &r, (int)rng_below(&r, XA_NR_MARKS));
		else if (what < 19)
			compare_holes(as, m, &r);
		else if (rng_below(&r, 2))
			compare_cursor(xa, m, &r);
		else
			compare_cursor_find(xa, m, &r, (int)rng_below(&r, 1 + XA_NR_MARKS) - 1);
		if (round % WHOLE_EVERY == 0)
			compare_whole(xa, m);
	}
	compare_whole(xa, m);
	while (m->n)
		assert_true(xa_store(xa, m->at[0].index, 0) == naive_store(m, m->at[0].index, 0));
	compare_whole(xa, m);
	assert_int_equal(xa->nr_nodes, 0);
	printf("%ld operations, seed %llu\n", rounds, (unsigned long long)seed);
	xa_destroy(xa);
	sim_free(m);
	sim_free(as);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations_agree_with_a_sorted_array),
	};

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
