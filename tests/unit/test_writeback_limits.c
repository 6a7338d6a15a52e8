/*
 * test_writeback_limits.c - who is held to which limit: strict_limit, min_ratio, max_ratio,
 * real-time
 *
 * What is expected is written out from the rules, step by step, with the memory as it is then.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/storage/blk.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

#define TWO_DISKS                                                                                  \
	"machine: { nodes: [{ cpus: 1, memory: 256 MiB }], disks: ["                               \
	"{ name: sda, request_time: 100 ms, slots: 1, max_request_kb: 128 }, "                     \
	"{ name: sdb, request_time: 1 ms, slots: 1, max_request_kb: 128 }] }\n"                    \
	"files: [{ name: a, disk: sda, raw: true }, { name: b, disk: sdb, raw: true }]\n"

#define BLOCK 65536

static struct fixture f;

static int set(const char *name, int64_t value)
{
	struct tunable_ref ref;

	assert_true(tunable_find(f.tables.tunables, name, &ref));
	return tunable_write(f.s, &ref, &value);
}

static void run(task_fn *body)
{
	fixture_boot(&f, TWO_DISKS);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

struct limits {
	uint64_t thresh, bg;
};

/* dirty_ratio 20 and dirty_background_ratio 10 of what may be dirty now; a quarter more and 1/32.
 */
static struct limits limits_now(bool realtime)
{
	uint64_t avail = global_dirtyable_memory(f.vm);
	struct limits l = { 20 * 4096 / 100 * avail / 4096, 10 * 4096 / 100 * avail / 4096 };

	if (realtime) {
		l.bg += l.bg / 4 + f.vm->wb_domain->dirty_limit / 32;
		l.thresh += l.thresh / 4 + f.vm->wb_domain->dirty_limit / 32;
	}
	return l;
}

static uint64_t dirty_now(void)
{
	return fixture_nr_dirty(&f) + fixture_nr_writeback(&f);
}

static uint64_t wb_dirty_now(int disk)
{
	const struct bdi_writeback *wb = &disk_bdi(f.vm, disk)->wb;

	return wb_stat_sum(wb, WB_RECLAIMABLE) + wb_stat_sum(wb, WB_WRITEBACK);
}

/* Writes until the writer was made to wait. */
static void write_until_held(struct task *t, const char *name)
{
	struct file *file = file_open(t, file_by_name(f.vm, name));
	int64_t before = f.vm->stat.sim_throttle_ns, pos = 0;

	while (f.vm->stat.sim_throttle_ns == before && pos < 128 << 20)
		assert_int_equal(generic_file_write_iter(t, file, &pos, BLOCK), BLOCK);
	assert_true(f.vm->stat.sim_throttle_ns > before);
	file_close(t, file);
}

static void write_all(struct task *t, const char *name, bytes_t bytes)
{
	struct file *file = file_open(t, file_by_name(f.vm, name));
	int64_t pos = 0;

	assert_int_equal(generic_file_write_iter(t, file, &pos, bytes), bytes);
	assert_int_equal(vfs_fsync(t, file, false), 0);
	file_close(t, file);
}

/* ---- real-time ---- */

static void body_held(struct task *t, void *arg)
{
	bool realtime = t->flags & TASK_REALTIME;
	struct limits l;
	uint64_t ceiling, other;

	(void)arg;
	write_until_held(t, "a");
	l = limits_now(realtime);
	ceiling = (l.thresh + l.bg) / 2;
	/* not below the ceiling, and not long after it: a look every so many pages, and one block
	 */
	assert_true(dirty_now() + BLOCK / PAGE_SIZE + 64 > ceiling);
	assert_true(dirty_now() < ceiling + 256 + 2 * BLOCK / PAGE_SIZE);
	l = limits_now(!realtime);
	other = (l.thresh + l.bg) / 2;
	assert_true(realtime ? dirty_now() > other + 1000 : dirty_now() + 1000 < other);
}

static void body_held_realtime(struct task *t, void *arg)
{
	t->flags |= TASK_REALTIME;
	body_held(t, arg);
	t->flags &= ~(unsigned)TASK_REALTIME;
}

static void a_real_time_writer_runs_freely_up_to_limits_a_quarter_higher(void **state)
{
	(void)state;
	run(body_held);
	run(body_held_realtime);
}

/* ---- min_ratio and max_ratio ---- */

static void body_ratios(struct task *t, void *arg)
{
	struct bdi_writeback *a = &disk_bdi(f.vm, 0)->wb, *b = &disk_bdi(f.vm, 1)->wb;

	(void)arg;
	write_all(t, "b", 16 << 20);
	/* b wrote all 4096 pages that were written, of 4097 counted (all begin with 1); a has none
	 */
	assert_int_equal(wb_calc_thresh(a, 10000), 0);
	assert_int_equal(wb_calc_thresh(b, 10000), 10000 * 4096 / 4097);
	assert_int_equal(set("bdi.sda.min_ratio", 15), 0);
	assert_int_equal(wb_calc_thresh(a, 10000), 1500);
	assert_int_equal(wb_calc_thresh(b, 10000), 8500 * 4096 / 4097);
	assert_int_equal(set("bdi.sdb.max_ratio", 40), 0);
	assert_int_equal(wb_calc_thresh(b, 10000), 4000);
	/* pages of thresh that do not divide evenly are cut off */
	assert_int_equal(wb_calc_thresh(a, 9999), 1499);
	assert_int_equal(wb_calc_thresh(b, 9999), 3999);
}

static void a_device_has_its_min_ratio_and_not_more_than_its_max_ratio(void **state)
{
	(void)state;
	run(body_ratios);
}

static void body_refused(struct task *t, void *arg)
{
	(void)t;
	(void)arg;
	assert_int_equal(set("bdi.sda.max_ratio", 30), 0);
	assert_int_equal(set("bdi.sda.min_ratio", 31), -EINVAL);
	assert_int_equal(set("bdi.sda.min_ratio", 30), 0);
	assert_int_equal(set("bdi.sda.max_ratio", 29), -EINVAL);
	/* all together below 100 */
	assert_int_equal(set("bdi.sdb.min_ratio", 70), -EINVAL);
	assert_int_equal(set("bdi.sdb.min_ratio", 69), 0);
	assert_int_equal(set("bdi.sda.min_ratio", 0), 0);
	assert_int_equal(set("bdi.sdb.min_ratio", 99), 0);
	assert_int_equal(disk_bdi(f.vm, 1)->conf.min_ratio, 99);
}

static void ratios_that_do_not_fit_together_are_refused(void **state)
{
	(void)state;
	run(body_refused);
}

/* ---- strict_limit ---- */

static void body_strict(struct task *t, void *arg)
{
	struct limits l = limits_now(false);
	uint64_t wb_thresh, wb_bg;

	(void)arg;
	write_all(t, "a", 4 << 20);
	assert_int_equal(set("bdi.sda.max_ratio", 5), 0);
	write_all(t, "b", 8 << 20);
	assert_int_equal(set("bdi.sda.strict_limit", 1), 0);
	write_until_held(t, "a");
	wb_thresh = wb_calc_thresh(&disk_bdi(f.vm, 0)->wb, l.thresh);
	wb_bg = wb_thresh * l.bg / l.thresh;
	/* at most 5 % of the threshold, and held back from the middle of its own two limits on */
	assert_true(wb_thresh > 0 && wb_thresh <= l.thresh * 5 / 100);
	assert_true(wb_dirty_now(0) + BLOCK / PAGE_SIZE + 64 > (wb_thresh + wb_bg) / 2);
	assert_true(wb_dirty_now(0) < wb_thresh + 64 + 2 * BLOCK / PAGE_SIZE);
	assert_true(dirty_now() < (l.thresh + l.bg) / 8);
}

static void a_strict_limit_holds_far_below_the_ceiling_of_all(void **state)
{
	(void)state;
	run(body_strict);
}

static void body_strict_other(struct task *t, void *arg)
{
	struct file *file = file_open(t, file_by_name(f.vm, "b"));
	int64_t pos = 0;

	(void)arg;
	assert_int_equal(set("bdi.sda.strict_limit", 1), 0);
	assert_int_equal(generic_file_write_iter(t, file, &pos, 16 << 20), 16 << 20);
	assert_int_equal(f.vm->stat.sim_throttle_ns, 0);
	file_close(t, file);
}

static void a_strict_limit_of_one_device_leaves_the_others_alone(void **state)
{
	(void)state;
	run(body_strict_other);
}

static void the_base_rate_of_a_strict_device_follows_its_own_setpoint(void **state)
{
	struct dirty_position p = { .strictlimit = true,
				    .thresh = 189953,
				    .bg_thresh = 94860,
				    .dirty = 10,
				    .dirty_limit = 189953,
				    .wb_thresh = 1000,
				    .wb_bg_thresh = 500,
				    .wb_dirty = 900,
				    .avg_write_bandwidth = 400 };
	const struct dirty_rates before = { .dirty_ratelimit = 1000,
					    .balanced_dirty_ratelimit = 500 };
	struct dirty_rates r;

	(void)state;
	/*
	 * dirtied at 100 * 250 / 50 = 500; task 1000 * 512 / 1024 + 1 = 501; balanced 501 * 400 /
	 * 501; 900 is above (1000 + 500) / 2: down towards 501, (1000 - 501) >> (1000 / 999), an
	 * eighth of it
	 */
	r = wb_next_dirty_ratelimit(before, &p, 512, 100, 50);
	assert_int_equal(r.dirty_rate, 500);
	assert_int_equal(r.task_ratelimit, 501);
	assert_int_equal(r.balanced_dirty_ratelimit, 400);
	assert_int_equal(r.dirty_ratelimit, 1000 - (249 + 7) / 8);
	/* judged by the pages of all, 10, there is no reason to go down */
	p.strictlimit = false;
	r = wb_next_dirty_ratelimit(before, &p, 512, 100, 50);
	assert_int_equal(r.dirty_ratelimit, 1000);
	/*
	 * 100 pages were taken back: the difference wraps, and the rate of all pages is so high
	 * that nothing is balanced against it
	 */
	r = wb_next_dirty_ratelimit(before, &p, 512, (uint64_t)-100, 50);
	assert_int_equal(r.balanced_dirty_ratelimit, 0);
	assert_int_equal(r.dirty_ratelimit, 1000);
	/* with a few pages the setpoint is one more than those: always below it */
	p.strictlimit = true;
	p.wb_dirty = 7;
	r = wb_next_dirty_ratelimit(before, &p, 512, 100, 50);
	assert_int_equal(r.dirty_ratelimit, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_real_time_writer_runs_freely_up_to_limits_a_quarter_higher),
		cmocka_unit_test(a_device_has_its_min_ratio_and_not_more_than_its_max_ratio),
		cmocka_unit_test(ratios_that_do_not_fit_together_are_refused),
		cmocka_unit_test(a_strict_limit_holds_far_below_the_ceiling_of_all),
		cmocka_unit_test(a_strict_limit_of_one_device_leaves_the_others_alone),
		cmocka_unit_test(the_base_rate_of_a_strict_device_follows_its_own_setpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
