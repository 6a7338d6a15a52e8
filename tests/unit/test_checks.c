/*
 * test_checks.c - the checks that recount everything find what is wrong
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/linux/pagecache/filemap.h"
#include "models/linux/pools/dma_pool.h"
#include "tests/unit/fixture.h"

#define SMALL "machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }\n"

static uint64_t failures_of(struct fixture *f, void (*run)(struct check *c, struct sim *s))
{
	struct check c = { .sim = f->s, .name = "defect" };

	run(&c, f->s);
	assert_true(c.conditions > 0);
	return c.failures;
}

static void page_cache_sees_a_page_counted_twice(void **state)
{
	struct fixture f;

	(void)state;
	fixture_boot(&f, SMALL);
	assert_int_equal(failures_of(&f, filemap_check), 0);
	f.vm->nodes[0].stat.nr_file_pages++;
	assert_int_equal(failures_of(&f, filemap_check), 1);
	f.vm->nodes[0].stat.nr_file_pages--;
	f.vm->nodes[0].stat.nr_dirty--;
	assert_int_equal(failures_of(&f, filemap_check), 1);
	f.vm->nodes[0].stat.nr_dirty++;
	fixture_end(&f);
}

static void dma_pools_sees_an_attribute_without_a_pool(void **state)
{
	struct device *dev;
	struct fixture f;

	(void)state;
	fixture_boot(&f, SMALL);
	dev = device_get(f.vm, "dev");
	assert_int_equal(failures_of(&f, pools_check), 0);
	dev->pools_file = true;
	assert_int_equal(failures_of(&f, pools_check), 1);
	dev->pools_file = false;
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_cache_sees_a_page_counted_twice),
		cmocka_unit_test(dma_pools_sees_an_attribute_without_a_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
