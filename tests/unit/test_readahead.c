/*
 * test_readahead.c - window sizes, and the windows of worked examples
 *
 * The examples were worked out from the rules by a model of their own; see
 * docs/models/readahead.md.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/pagecache/readahead.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"machine:\n"                                                                               \
	"  nodes: [{ cpus: 1, memory: 1 GiB }]\n"                                                  \
	"  disks: [{ name: sda, preset: nvme }]\n"                                                 \
	"files:\n"                                                                                 \
	"  - { name: big, disk: sda, size: 10 GiB }\n"                                             \
	"  - { name: p20, disk: sda, size: 80 KiB }\n"

static void first_windows_follow_the_table(void **state)
{
	static const struct {
		uint64_t req, max32, max128, max1024;
	} rows[] = { { 1, 4, 4, 4 },      { 2, 4, 8, 8 },     { 4, 8, 16, 16 },
		     { 8, 16, 16, 32 },   { 16, 32, 32, 64 }, { 32, 32, 64, 128 },
		     { 64, 32, 128, 128 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(get_init_ra_size(rows[i].req, 32), rows[i].max32);
		assert_int_equal(get_init_ra_size(rows[i].req, 128), rows[i].max128);
		assert_int_equal(get_init_ra_size(rows[i].req, 1024), rows[i].max1024);
	}
}

static void next_windows_follow_the_table(void **state)
{
	static const struct {
		uint64_t cur, max32, max128, max1024;
	} rows[] = { { 1, 4, 4, 4 },     { 2, 4, 8, 8 },     { 3, 6, 12, 12 },   { 4, 8, 16, 16 },
		     { 6, 12, 24, 24 },  { 8, 16, 16, 32 },  { 12, 24, 24, 48 }, { 16, 32, 32, 64 },
		     { 24, 32, 48, 96 }, { 32, 32, 64, 128 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(get_next_ra_size(rows[i].cur, 32), rows[i].max32);
		assert_int_equal(get_next_ra_size(rows[i].cur, 128), rows[i].max128);
		assert_int_equal(get_next_ra_size(rows[i].cur, 1024), rows[i].max1024);
	}
	assert_int_equal(get_next_ra_size(128, 1024), 256);
	assert_int_equal(get_next_ra_size(513, 1024), 1024);
}

/* One example: reads of bytes each, at page offsets; the state after each. */
struct step {
	int64_t page, bytes;
	uint64_t start;
	uint32_t size, async;
};

struct example {
	const char *file;
	const struct step *steps;
	int n;
	uint32_t ra_pages;
};

static void read_steps(struct task *t, void *arg)
{
	const struct example *e = arg;
	struct file *f = file_open(t, file_by_name(task_vm(t), e->file));

	if (e->ra_pages)
		f->ra.ra_pages = e->ra_pages;
	for (int i = 0; i < e->n; i++) {
		const struct step *s = &e->steps[i];
		int64_t pos = s->page * 4096;

		generic_file_read_iter(t, f, &pos, (bytes_t)s->bytes);
		task_sleep(t, 10 * NS_PER_MS);
		if (f->ra.start != s->start || f->ra.size != s->size ||
		    f->ra.async_size != s->async)
			print_error("step %d: (%d,%u,%u), expected (%d,%u,%u)\n", i,
				    (int)f->ra.start, f->ra.size, f->ra.async_size, (int)s->start,
				    s->size, s->async);
		assert_int_equal(f->ra.start, s->start);
		assert_int_equal(f->ra.size, s->size);
		assert_int_equal(f->ra.async_size, s->async);
	}
}

static void run_example(const struct example *e)
{
	struct fixture f;

	fixture_boot(&f, MACHINE);
	fixture_task(&f, read_steps, (void *)e);
	fixture_check(&f);
	fixture_end(&f);
}

#define RUN(file, ra_pages, ...)                                                                   \
	do {                                                                                       \
		static const struct step steps[] = { __VA_ARGS__ };                                \
		const struct example e = { file, steps, ARRAY_LEN(steps), ra_pages };              \
                                                                                                   \
		run_example(&e);                                                                   \
	} while (0)

static void a_sequential_reader_ramps_up(void **state)
{
	(void)state;
	RUN("big", 0, { 0, 4096, 0, 4, 3 }, { 1, 4096, 4, 8, 8 }, { 2, 4096, 4, 8, 8 },
	    { 3, 4096, 4, 8, 8 }, { 4, 4096, 12, 16, 16 }, { 5, 28672, 12, 16, 16 },
	    { 12, 4096, 28, 32, 32 }, { 13, 15 * 4096, 28, 32, 32 }, { 28, 4096, 60, 32, 32 });
}

static void reads_of_64_kib_begin_with_a_full_window(void **state)
{
	(void)state;
	RUN("big", 0, { 0, 65536, 0, 32, 16 }, { 16, 65536, 32, 32, 32 },
	    { 32, 65536, 64, 32, 32 });
}

static void a_read_larger_than_the_window_goes_at_once(void **state)
{
	(void)state;
	RUN("big", 0, { 0, 1 << 20, 256, 256, 256 }, { 256, 1 << 20, 512, 256, 256 });
}

static void random_reads_leave_the_state_alone(void **state)
{
	(void)state;
	RUN("big", 0, { 5000, 4096, 0, 0, 0 }, { 123, 4096, 0, 0, 0 }, { 77777, 4096, 0, 0, 0 },
	    { 40, 4096, 0, 0, 0 });
}

static void a_stream_from_the_middle_is_found_at_its_second_page(void **state)
{
	(void)state;
	RUN("big", 0, { 5000, 4096, 0, 0, 0 }, { 5001, 4096, 5001, 4, 3 },
	    { 5002, 4096, 5005, 8, 8 }, { 5003, 4096, 5005, 8, 8 }, { 5004, 4096, 5005, 8, 8 },
	    { 5005, 4096, 5013, 16, 16 });
}

static void every_second_page_is_still_a_stream(void **state)
{
	(void)state;
	RUN("big", 0, { 5000, 4096, 0, 0, 0 }, { 5002, 4096, 5002, 4, 3 },
	    { 5004, 4096, 5002, 4, 3 }, { 5006, 4096, 5006, 24, 16 });
}

static void every_third_page_is_not(void **state)
{
	(void)state;
	RUN("big", 0, { 5000, 4096, 0, 0, 0 }, { 5003, 4096, 0, 0, 0 }, { 5006, 4096, 0, 0, 0 });
}

static void windows_are_cut_at_the_end_of_the_file(void **state)
{
	(void)state;
	RUN("p20", 0, { 0, 4096, 0, 4, 3 }, { 1, 4096, 4, 8, 8 }, { 2, 8192, 4, 8, 8 },
	    { 4, 4096, 12, 16, 16 }, { 5, 15 * 4096, 12, 16, 16 });
	RUN("p20", 0, { 0, 80 * 1024, 20, 32, 32 });
}

static void a_larger_read_ahead_kb_makes_larger_windows(void **state)
{
	(void)state;
	RUN("big", 128, { 0, 4096, 0, 4, 3 }, { 1, 4096, 4, 16, 16 }, { 2, 8192, 4, 16, 16 },
	    { 4, 4096, 20, 32, 32 }, { 5, 15 * 4096, 20, 32, 32 }, { 20, 4096, 52, 64, 64 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_windows_follow_the_table),
		cmocka_unit_test(next_windows_follow_the_table),
		cmocka_unit_test(a_sequential_reader_ramps_up),
		cmocka_unit_test(reads_of_64_kib_begin_with_a_full_window),
		cmocka_unit_test(a_read_larger_than_the_window_goes_at_once),
		cmocka_unit_test(random_reads_leave_the_state_alone),
		cmocka_unit_test(a_stream_from_the_middle_is_found_at_its_second_page),
		cmocka_unit_test(every_second_page_is_still_a_stream),
		cmocka_unit_test(every_third_page_is_not),
		cmocka_unit_test(windows_are_cut_at_the_end_of_the_file),
		cmocka_unit_test(a_larger_read_ahead_kb_makes_larger_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
