/*
 * naive_hugetlb.c - a pool of huge pages that knows nothing but sums
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/naive_hugetlb.h"

int naive_huge_new_frame(struct naive_pool *pool)
{
	for (int i = 1; i < NAIVE_MAX_FRAMES; i++) {
		if (!pool->uses[i]) {
			pool->uses[i] = 1;
			return i;
		}
	}
	fail_msg("too many frames");
	return 0;
}

void naive_huge_put_frame(struct naive_pool *pool, int frame)
{
	assert_true(pool->uses[frame] > 0);
	if (--pool->uses[frame])
		return;
	if (pool->surplus) {
		pool->surplus--;
		pool->nr--;
	} else {
		pool->free++;
	}
}

bool naive_huge_take(struct naive_pool *pool, bool reserved)
{
	if (reserved || pool->free > pool->resv) {
		pool->free--;
		pool->resv -= reserved;
		return true;
	}
	if (pool->surplus >= pool->overcommit)
		return false;
	pool->surplus++;
	pool->nr++;
	return true;
}

void naive_huge_unreserve(struct naive_pool *pool, int64_t n)
{
	int64_t surplus = n < pool->surplus ? n : pool->surplus;

	pool->resv -= n;
	for (; surplus > 0 && pool->free > 0; surplus--) {
		pool->free--;
		pool->nr--;
		pool->surplus--;
	}
}

bool naive_huge_reserve(struct naive_pool *pool, int64_t n)
{
	int64_t needed = pool->resv + n - pool->free;

	if (needed > 0) {
		if (pool->surplus + needed > pool->overcommit)
			return false;
		pool->nr += needed;
		pool->surplus += needed;
		pool->free += needed;
	}
	pool->resv += n;
	return true;
}

void naive_huge_set_max(struct naive_pool *pool, int64_t count)
{
	int64_t in_use;

	while (pool->surplus && count > pool->nr - pool->surplus)
		pool->surplus--;
	while (count > pool->nr - pool->surplus) {
		pool->nr++;
		pool->free++;
	}
	in_use = pool->resv + pool->nr - pool->free;
	while ((count > in_use ? count : in_use) < pool->nr - pool->surplus && pool->free) {
		pool->nr--;
		pool->free--;
	}
	while (count < pool->nr - pool->surplus && pool->surplus < pool->nr)
		pool->surplus++;
	pool->max = pool->nr - pool->surplus;
}
