/*
 * test_writeback_run.c - dirty pages on their way to disks: the flusher, fsync, sync, errors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/storage/blk.h"
#include "models/linux/storage/file.h"
#include "models/linux/trace.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

#define ONE_DISK                                                                                   \
	"machine: { nodes: [{ cpus: 2, memory: 256 MiB }], disks: [{ name: sda, preset: hdd }] "   \
	"}\n"                                                                                      \
	"files: [{ name: log, disk: sda, size: 0 }, { name: raw, disk: sda, raw: true }]\n"

static struct fixture f;

static void write_file(struct task *t, const char *name, bytes_t bytes)
{
	struct file *file = file_open(t, file_by_name(f.vm, name));
	int64_t pos = 0;

	assert_int_equal(generic_file_write_iter(t, file, &pos, bytes), bytes);
	file_close(t, file);
}

static int64_t pages_left(void)
{
	return (int64_t)(fixture_nr_dirty(&f) + fixture_nr_writeback(&f));
}

static void run(const char *scenario, task_fn *body)
{
	fixture_boot(&f, scenario);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

static void body_fsync(struct task *t, void *arg)
{
	struct file *file = file_open(t, file_by_name(f.vm, "log"));
	const struct disk_stat *stat = &f.vm->machine->disks[0].stat;
	int64_t pos = 0;

	(void)arg;
	for (int i = 0; i < 64; i++)
		generic_file_write_iter(t, file, &pos, 65536);
	assert_int_equal(fixture_nr_dirty(&f), 1024);
	assert_int_equal(vfs_fsync(t, file, false), 0);
	assert_int_equal(pages_left(), 0);
	assert_int_equal(stat->write_sectors, 1024 * 8);
	assert_int_equal(wb_stat_sum(&disk_bdi(f.vm, 0)->wb, WB_WRITTEN), 1024);
	file_close(t, file);
}

static void fsync_returns_when_all_pages_of_the_file_are_on_the_disk(void **state)
{
	(void)state;
	run(ONE_DISK, body_fsync);
}

/* As fsync holds it while it waits for writes that others have started. */
static void body_held(struct task *t, void *arg)
{
	struct inode *inode = file_by_name(f.vm, "log");
	struct bdi_writeback *wb = &disk_bdi(f.vm, 0)->wb;
	const uint64_t *counts = f.tables.trace.counts;

	(void)arg;
	trace_enable(&f.tables.trace, "writeback_*", TRACE_COUNT);
	write_file(t, "log", 1 << 20);
	inode->i_state |= I_SYNC;
	wakeup_flusher_threads(f.vm, WB_REASON_SYNC);
	task_sleep(t, 50 * NS_PER_MS);
	assert_int_equal(fixture_nr_dirty(&f), 256);
	assert_int_equal(counts[TRACE_ID(writeback_sb_inodes_requeue)], 1);
	assert_int_equal(counts[TRACE_ID(writeback_wait)], 1);
	assert_ptr_equal(wb->b_more_io.next, &inode->i_io_list);
	assert_true(list_empty(&wb->b_io));
	inode->i_state &= ~(unsigned)I_SYNC;
	wake_up_all(f.s, &inode->i_sync_wait);
	task_sleep(t, NS_PER_SEC);
	assert_int_equal(pages_left(), 0);
	assert_true(list_empty(&wb->b_more_io));
	assert_int_equal(counts[TRACE_ID(writeback_wait)], 1);
}

static void the_flusher_waits_for_a_file_that_somebody_else_holds(void **state)
{
	(void)state;
	run(ONE_DISK, body_held);
}

static void body_raw(struct task *t, void *arg)
{
	struct file *file = file_open(t, file_by_name(f.vm, "raw"));
	const struct disk_stat *stat = &f.vm->machine->disks[0].stat;
	int64_t pos = 0;

	(void)arg;
	for (int i = 0; i < 64; i++)
		generic_file_write_iter(t, file, &pos, 65536);
	assert_int_equal(vfs_fsync(t, file, false), 0);
	/* a bio a page: 128 segments fill a request of 512 KiB, the rest was merged */
	assert_int_equal(stat->writes, 8);
	assert_int_equal(stat->writes_merged, 1024 - 8);
	file_close(t, file);
}

static void pages_of_a_device_are_merged_up_to_its_segments(void **state)
{
	(void)state;
	run(ONE_DISK, body_raw);
}

static void body_error(struct task *t, void *arg)
{
	struct file *file = file_open(t, file_by_name(f.vm, "raw"));
	int64_t pos = 0;

	(void)arg;
	generic_file_write_iter(t, file, &pos, 1 << 20);
	assert_int_equal(vfs_fsync(t, file, false), -EIO);
	/* it is told once; the pages are clean, as the kernel has it */
	assert_int_equal(vfs_fsync(t, file, false), 0);
	assert_int_equal(pages_left(), 0);
	file_close(t, file);
}

static void an_error_of_the_disk_is_told_by_the_next_fsync_once(void **state)
{
	(void)state;
	run("machine: { nodes: [{ cpus: 1, memory: 256 MiB }], disks: [{ name: sda, preset: ssd, "
	    "errors: [{ start: 512, sectors: 8, on: write }] }] }\n"
	    "files: [{ name: raw, disk: sda, raw: true }]\n",
	    body_error);
}

static void body_first_wake(struct task *t, void *arg)
{
	(void)arg;
	write_file(t, "log", 1 << 20);
	task_sleep(t, 4990 * NS_PER_MS);
	assert_int_equal(fixture_nr_dirty(&f), 256);
	/* a device that never wrote has no share: its first flush takes everything */
	task_sleep(t, 400 * NS_PER_MS);
	assert_int_equal(pages_left(), 0);
}

static void the_first_data_of_a_device_is_written_after_five_seconds(void **state)
{
	(void)state;
	run(ONE_DISK, body_first_wake);
}

static void body_expiry(struct task *t, void *arg)
{
	(void)arg;
	/* a share: the device has written before */
	write_file(t, "raw", 16 << 20);
	ksys_sync(t);
	write_file(t, "log", 1 << 20);
	task_sleep(t, 29 * NS_PER_SEC);
	assert_int_equal(fixture_nr_dirty(&f), 256);
	task_sleep(t, 7 * NS_PER_SEC);
	assert_int_equal(pages_left(), 0);
}

static void data_below_all_thresholds_is_written_when_it_is_30_seconds_old(void **state)
{
	(void)state;
	run(ONE_DISK "sysctl: { vm.dirty_background_ratio: 20, vm.dirty_ratio: 40 }\n",
	    body_expiry);
}

static void body_no_periodic(struct task *t, void *arg)
{
	(void)arg;
	write_file(t, "log", 1 << 20);
	task_sleep(t, 100 * NS_PER_MS);
	assert_int_equal(pages_left(), 0);
}

static void without_a_period_the_first_dirty_page_wakes_the_flusher_at_once(void **state)
{
	(void)state;
	run(ONE_DISK "sysctl: { vm.dirty_writeback_centisecs: 0 }\n", body_no_periodic);
}

static void body_sync(struct task *t, void *arg)
{
	(void)arg;
	write_file(t, "a", 4 << 20);
	write_file(t, "b", 4 << 20);
	write_file(t, "raw", 4 << 20);
	ksys_sync(t);
	assert_int_equal(pages_left(), 0);
	for (int i = 0; i < 2; i++)
		assert_false(wb_has_dirty_io(&disk_bdi(f.vm, i)->wb) &&
			     wb_stat_sum(&disk_bdi(f.vm, i)->wb, WB_RECLAIMABLE));
}

static void sync_writes_the_files_of_all_devices_and_the_devices(void **state)
{
	(void)state;
	run("machine: { nodes: [{ cpus: 2, memory: 256 MiB }], disks: [{ name: sda, preset: hdd }, "
	    "{ name: sdb, preset: nvme }] }\n"
	    "files: [{ name: a, disk: sda, size: 0 }, { name: b, disk: sdb, size: 0 }, "
	    "{ name: raw, disk: sdb, raw: true }]\n",
	    body_sync);
}

static void body_flush(struct task *t, void *arg)
{
	struct file *file = file_open(t, file_by_name(f.vm, "log"));
	sim_time begin;
	int64_t pos = 0;

	(void)arg;
	generic_file_write_iter(t, file, &pos, 8 << 20);
	begin = task_now(t);
	assert_int_equal(vfs_fsync(t, file, false), 0);
	assert_int_equal(f.vm->machine->disks[0].stat.flushes, 1);
	/* 8 MiB leave the cache at 10 MiB/s */
	assert_in_range(task_now(t) - begin, 700 * NS_PER_MS, 900 * NS_PER_MS);
	file_close(t, file);
}

static void fsync_empties_the_write_cache_of_the_disk(void **state)
{
	(void)state;
	run("machine: { nodes: [{ cpus: 1, memory: 256 MiB }], disks: [{ name: sda, bandwidth: "
	    "200 MiB/s, cache: 64 MiB, drain_bandwidth: 10 MiB/s }] }\n"
	    "files: [{ name: log, disk: sda, size: 0 }]\n",
	    body_flush);
}

static void set(const char *name, int64_t value)
{
	struct tunable_ref ref;

	assert_true(tunable_find(f.tables.tunables, name, &ref));
	assert_int_equal(tunable_write(f.s, &ref, &value), 0);
}

static void body_switch(struct task *t, void *arg)
{
	(void)arg;
	write_file(t, "raw", 24 << 20);
	wakeup_flusher_threads(f.vm, WB_REASON_SYNC);
	task_sleep(t, 50 * NS_PER_MS);
	assert_true(f.vm->machine->disks[0].stat.in_flight > 0);
	set("queue.sda.scheduler", 0);
	set("queue.sda.nr_requests", 4);
	set("queue.sda.wbt_lat_usec", 0);
	task_sleep(t, 50 * NS_PER_MS);
	fixture_check(&f);
	set("queue.sda.scheduler", 1);
	set("queue.sda.wbt_lat_usec", -1);
	ksys_sync(t);
	assert_int_equal(pages_left(), 0);
	assert_int_equal(disk_queue(f.vm, 0)->tags_used, 0);
}

static void a_queue_can_be_set_up_anew_while_it_works(void **state)
{
	(void)state;
	run(ONE_DISK, body_switch);
}

static void body_tags(struct task *t, void *arg)
{
	struct file *file = file_open(t, file_by_name(f.vm, "raw"));
	int64_t pos = 0;

	(void)arg;
	generic_file_write_iter(t, file, &pos, 16 << 20);
	assert_int_equal(vfs_fsync(t, file, false), 0);
	file_close(t, file);
	assert_int_equal(pages_left(), 0);
	assert_int_equal(f.vm->machine->disks[0].stat.writes, 16 * 8);
	/* each request waits for the slot only, never in the device */
	assert_int_equal(f.vm->machine->disks[0].stat.io_ticks_ns, 16 * 8 * 5 * NS_PER_MS);
}

static void a_single_tag_makes_requests_follow_each_other(void **state)
{
	(void)state;
	run("machine: { nodes: [{ cpus: 1, memory: 256 MiB }], disks: [{ name: sda, request_time: "
	    "5 ms, slots: 1, max_request_kb: 128 }] }\n"
	    "files: [{ name: raw, disk: sda, raw: true }]\n",
	    body_tags);
}

static void body_bytes(struct task *t, void *arg)
{
	struct tunable_ref ref;
	int64_t v;

	(void)t;
	(void)arg;
	set("vm.dirty_bytes", 16 << 20);
	assert_int_equal(f.vm->sysctl.dirty_ratio, 0);
	assert_int_equal(f.vm->wb_domain->dirty_limit, 4096);
	set("vm.dirty_background_bytes", 4 << 20);
	assert_int_equal(f.vm->sysctl.dirty_background_ratio, 0);
	assert_true(tunable_find(f.tables.tunables, "vm.dirty_bytes", &ref));
	v = 8191;
	assert_int_equal(tunable_write(f.s, &ref, &v), -EINVAL);
	v = INT64_MAX;
	assert_int_equal(tunable_write(f.s, &ref, &v), -ERANGE);
	assert_int_equal(f.vm->sysctl.dirty_bytes, 16 << 20);
	set("vm.dirty_ratio", 30);
	assert_int_equal(f.vm->sysctl.dirty_bytes, 0);
	assert_int_equal(f.vm->sysctl.dirty_background_bytes, 4 << 20);
}

static void a_ratio_and_its_size_replace_each_other(void **state)
{
	(void)state;
	run(ONE_DISK, body_bytes);
}

static void realtime(struct task *t, void *arg)
{
	const struct bdi_writeback *wb = &disk_bdi(f.vm, 0)->wb;
	uint64_t stamp = wb->bw_time_stamp;

	(void)arg;
	assert_true(timer_pending(&wb->bw_dwork.timer));
	while (timer_pending(&wb->bw_dwork.timer)) {
		task_run(t, NS_PER_MS);
		task_sync(t);
	}
	/* its time has come, but the worker did not get the CPU yet */
	task_run(t, 20 * NS_PER_MS);
	task_sync(t);
	assert_int_equal(wb->bw_time_stamp, stamp);
}

static void body_bandwidth(struct task *t, void *arg)
{
	const struct bdi_writeback *wb = &disk_bdi(f.vm, 0)->wb;
	uint64_t pages;

	(void)arg;
	write_file(t, "log", 1 << 20);
	wakeup_flusher_threads(f.vm, WB_REASON_SYNC);
	task_sleep(t, 50 * NS_PER_MS);
	assert_int_equal(pages_left(), 0);
	pages = wb_stat(wb, WB_WRITTEN);
	assert_int_not_equal(wb->written_stamp, pages);
	task_spawn(t->sim, t->cpu, "realtime", TASK_REALTIME | TASK_DAEMON, realtime, NULL);
	task_sleep(t, 400 * NS_PER_MS);
	assert_int_equal(wb->written_stamp, pages);
}

/* The writer whose pause ends at the same tick may thus be first, as in the kernel. */
static void the_estimate_of_bandwidth_is_brought_up_to_date_by_a_task(void **state)
{
	(void)state;
	run("machine: { nodes: [{ cpus: 1, memory: 256 MiB }], disks: [{ name: sda, preset: nvme "
	    "}] }\n"
	    "files: [{ name: log, disk: sda, size: 0 }]\n",
	    body_bandwidth);
}

/* A limit of 16 pages: each page beyond it is first looked for in nodes with fewer dirty ones. */
static sim_time cpu_time_beyond_the_limit;

static void body_beyond(struct task *t, void *arg)
{
	sim_time before;

	(void)arg;
	set("vm.dirty_bytes", 64 << 10);
	before = t->cpu_ns;
	write_file(t, "log", 1 << 20);
	cpu_time_beyond_the_limit = t->cpu_ns - before;
}

#define LOOK_COSTS(cost)                                                                           \
	"machine: { nodes: [{ cpus: 1, memory: 256 MiB }], cost: { " cost " },\n"                  \
	"  disks: [{ name: sda, request_time: 5 ms, slots: 1 }] }\n"                               \
	"files: [{ name: log, disk: sda, size: 0 }]\n"

static void a_look_whether_kswapd_is_needed_is_not_paid_as_a_wake(void **state)
{
	(void)state;
	run(LOOK_COSTS("kswapd_wakeup: 1000000"), body_beyond);
	assert_true(cpu_time_beyond_the_limit < 10 * NS_PER_MS);
	run(LOOK_COSTS("pgdat_balanced: 1000000"), body_beyond);
	assert_true(cpu_time_beyond_the_limit > 20 * NS_PER_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fsync_returns_when_all_pages_of_the_file_are_on_the_disk),
		cmocka_unit_test(the_flusher_waits_for_a_file_that_somebody_else_holds),
		cmocka_unit_test(pages_of_a_device_are_merged_up_to_its_segments),
		cmocka_unit_test(an_error_of_the_disk_is_told_by_the_next_fsync_once),
		cmocka_unit_test(the_first_data_of_a_device_is_written_after_five_seconds),
		cmocka_unit_test(data_below_all_thresholds_is_written_when_it_is_30_seconds_old),
		cmocka_unit_test(without_a_period_the_first_dirty_page_wakes_the_flusher_at_once),
		cmocka_unit_test(sync_writes_the_files_of_all_devices_and_the_devices),
		cmocka_unit_test(fsync_empties_the_write_cache_of_the_disk),
		cmocka_unit_test(a_queue_can_be_set_up_anew_while_it_works),
		cmocka_unit_test(a_single_tag_makes_requests_follow_each_other),
		cmocka_unit_test(a_ratio_and_its_size_replace_each_other),
		cmocka_unit_test(the_estimate_of_bandwidth_is_brought_up_to_date_by_a_task),
		cmocka_unit_test(a_look_whether_kswapd_is_needed_is_not_paid_as_a_wake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
