/*
 * test_file_naive.c - random calls on a file, against a model that keeps four facts about each page
 *
 * One task, nothing is written unless a call asks for it, no readahead: so which page is cached,
 * which is dirty, and which has a block on the disk follows from the calls alone.  After each call
 * all pages are compared, and all checks hold.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/pagecache/direct_io.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/fixture.h"

#define PAGES  48
#define BYTES  (PAGES * 4096)
#define LENGTH 1000 /* calls on one machine */

struct naive {
	bool cached[PAGES], dirty[PAGES], block[PAGES];
	int64_t size;
	bool delalloc;
};

static struct fixture f;
static struct inode *inode;
static struct address_space *m;
static struct file *file, *direct;
static struct naive n;
static struct rng rng;
static uint64_t seed = 1;
static int operations = 3000;

static uint64_t below(uint64_t limit)
{
	return rng_below(&rng, limit);
}

/* A byte of the file: often at the border of a page, or at its end. */
static int64_t some_byte(void)
{
	int64_t at = (int64_t)below(BYTES);

	switch (below(4)) {
	case 0:
		return at & ~4095LL;
	case 1:
		return n.size < BYTES ? n.size : at;
	default:
		return at;
	}
}

static int64_t some_length(int64_t from)
{
	int64_t len = 1 + (int64_t)below(below(2) ? 10000 : BYTES);

	return from + len > BYTES ? BYTES - from : len;
}

/* --- what the model says --- */

static bool inside(int i, int64_t from, int64_t len)
{
	return len > 0 && i >= from >> 12 && i <= (from + len - 1) >> 12;
}

static bool covered(int i, int64_t from, int64_t len)
{
	return i * 4096LL >= from && (i + 1) * 4096LL <= from + len;
}

static void naive_drop(int i)
{
	n.cached[i] = n.dirty[i] = false;
}

static void naive_write_back(int64_t from, int64_t len)
{
	for (int i = 0; i < PAGES; i++) {
		if (!inside(i, from, len) || !n.dirty[i])
			continue;
		n.dirty[i] = false;
		n.block[i] = true;
	}
}

static void naive_write(int64_t from, int64_t len)
{
	for (int i = 0; i < PAGES; i++) {
		if (!inside(i, from, len))
			continue;
		n.cached[i] = n.dirty[i] = true;
		n.block[i] |= !n.delalloc;
	}
	if (from + len > n.size)
		n.size = from + len;
}

/* The part of a page that the file system clears. */
static void naive_zero(int i)
{
	n.cached[i] |= n.block[i];
	n.dirty[i] |= n.block[i];
}

static void naive_truncate(int64_t size)
{
	for (int i = 0; i < PAGES; i++) {
		if (i * 4096LL < size)
			continue;
		naive_drop(i);
		if (size <= n.size)
			n.block[i] = false;
	}
	if (size <= n.size && size % 4096)
		naive_zero((int)(size >> 12));
	n.size = size;
}

static void naive_punch(int64_t from, int64_t len)
{
	int64_t last = (n.size + 4095) & ~4095LL;

	naive_write_back(from, len);
	if (from >= n.size)
		return;
	if (from + len > last)
		len = last - from;
	for (int i = 0; i < PAGES; i++) {
		if (covered(i, from, len)) {
			naive_drop(i);
			n.block[i] = false;
		} else if (inside(i, from, len)) {
			naive_zero(i);
		}
	}
}

/* --- calls --- */

static void call_read(struct task *t)
{
	int64_t pos = some_byte(), len = some_length(pos), at = pos;
	int64_t want = pos >= n.size ? 0 : pos + len > n.size ? n.size - pos : len;

	assert_int_equal(generic_file_read_iter(t, file, &at, (bytes_t)len), want);
	for (int i = 0; i < PAGES; i++)
		n.cached[i] |= inside(i, pos, want);
}

static void call_write(struct task *t)
{
	int64_t pos = some_byte(), len = some_length(pos), at = pos;

	if (!len)
		return;
	assert_int_equal(generic_file_write_iter(t, file, &at, (bytes_t)len), len);
	naive_write(pos, len);
}

static void call_truncate(struct task *t)
{
	int64_t size = some_byte();

	assert_int_equal(do_truncate(t, inode, size), 0);
	naive_truncate(size);
}

static void call_punch(struct task *t)
{
	int64_t pos = some_byte(), len = some_length(pos);

	if (!len)
		return;
	assert_int_equal(vfs_punch_hole(t, inode, pos, len), 0);
	naive_punch(pos, len);
}

static void call_truncate_pages(struct task *t)
{
	int64_t pos = some_byte(), len = some_length(pos);

	if (!len)
		return;
	truncate_inode_pages_range(t, m, pos, pos + len - 1);
	for (int i = 0; i < PAGES; i++)
		if (covered(i, pos, len))
			naive_drop(i);
}

static void call_invalidate(struct task *t)
{
	int64_t pos = some_byte(), len = some_length(pos), gone = 0;
	uint64_t start = (uint64_t)pos >> 12, end = (uint64_t)(pos + len - 1) >> 12;

	if (!len)
		return;
	lru_add_drain_all(f.vm);
	for (int i = 0; i < PAGES; i++) {
		if (!inside(i, pos, len) || !n.cached[i] || n.dirty[i])
			continue;
		gone++;
		naive_drop(i);
	}
	assert_int_equal(invalidate_mapping_pages(t, m, start, end), gone);
}

static void call_invalidate2(struct task *t)
{
	int64_t pos = some_byte(), len = some_length(pos);
	int r = 0;

	if (!len)
		return;
	for (int i = 0; i < PAGES; i++) {
		if (!inside(i, pos, len))
			continue;
		if (n.dirty[i])
			r = -EBUSY;
		else
			n.cached[i] = false;
	}
	assert_int_equal(invalidate_inode_pages2_range(t, m, (uint64_t)pos >> 12,
						       (uint64_t)(pos + len - 1) >> 12),
			 r);
}

static void call_dontneed(struct task *t)
{
	int64_t pos = some_byte(), len = some_length(pos);
	bool was_dirty[PAGES];

	if (!len)
		return;
	assert_int_equal(generic_fadvise(t, file, pos, len, POSIX_FADV_DONTNEED), 0);
	filemap_fdatawait(t, m);
	memcpy(was_dirty, n.dirty, sizeof(was_dirty));
	naive_write_back(pos, len);
	for (int i = 0; i < PAGES; i++) {
		/* a page at the end that is meant only in part goes if the file ends there */
		bool ends = pos + len == n.size && i == (n.size - 1) >> 12 && i * 4096LL >= pos;

		if (!covered(i, pos, len) && !ends)
			continue;
		/* one that had to be written: it depends on how long the rest took */
		if (was_dirty[i])
			n.cached[i] = xa_load(&m->i_pages, (uint64_t)i) != 0;
		else
			naive_drop(i);
	}
}

static void call_direct_read(struct task *t)
{
	int64_t pos = some_byte() & ~511LL, len = some_length(pos) & ~511LL, at = pos;
	int64_t want = pos >= n.size ? 0 : pos + len > n.size ? n.size - pos : len;

	assert_int_equal(generic_file_read_iter(t, direct, &at, (bytes_t)len), want);
	if (want)
		naive_write_back(pos, len);
}

static void call_direct_write(struct task *t)
{
	int64_t pos = some_byte() & ~511LL, len = some_length(pos) & ~511LL, at = pos;

	if (!len)
		return;
	assert_int_equal(generic_file_write_iter(t, direct, &at, (bytes_t)len), len);
	for (int i = 0; i < PAGES; i++) {
		if (!inside(i, pos, len))
			continue;
		naive_drop(i);
		n.block[i] = true;
	}
	if (pos + len > n.size)
		n.size = pos + len;
}

static void call_sync(struct task *t)
{
	int64_t pos = some_byte(), len = some_length(pos);

	if (below(2) || !len) {
		assert_int_equal(vfs_fsync(t, file, false), 0);
		naive_write_back(0, BYTES);
		return;
	}
	assert_int_equal(sync_file_range(t, file, pos, len, 7), 0);
	naive_write_back(pos, len);
}

typedef void call_fn(struct task *t);

static const struct {
	const char *name;
	call_fn *fn;
} calls[] = {
	{ "read", call_read },
	{ "write", call_write },
	{ "truncate", call_truncate },
	{ "punch", call_punch },
	{ "truncate_inode_pages_range", call_truncate_pages },
	{ "invalidate_mapping_pages", call_invalidate },
	{ "invalidate_inode_pages2_range", call_invalidate2 },
	{ "dontneed", call_dontneed },
	{ "direct read", call_direct_read },
	{ "direct write", call_direct_write },
	{ "sync", call_sync },
	{ "write", call_write },
	{ "read", call_read },
};

/* --- comparing --- */

static void compare(int step, const char *call)
{
	int64_t dirty = 0, cached = 0;

	for (int i = 0; i < PAGES; i++) {
		xa_entry e = xa_load(&m->i_pages, (uint64_t)i);
		const struct page *page = e && !xa_is_value(e) ? mapping_page(m, e) : NULL;
		uint64_t sector, count, found;
		bool block = file_map_block(inode, (uint64_t)i, &sector, &count);

		assert_int_equal(file_find_block(inode, (uint64_t)i, &found), block);
		assert_true(!block || found == sector);
		if ((page != NULL) != n.cached[i] || block != n.block[i] ||
		    (page && !(page->flags & PG_dirty) != !n.dirty[i]))
			fail_msg("call %d, %s: page %d: cached %d dirty %d block %d, expected %d "
				 "%d %d",
				 step, call, i, page != NULL, page && (page->flags & PG_dirty),
				 block, n.cached[i], n.dirty[i], n.block[i]);
		cached += n.cached[i];
		dirty += n.dirty[i];
	}
	assert_int_equal(m->nrpages, cached);
	assert_int_equal(inode->i_size, n.size);
	assert_int_equal(f.vm->nodes[0].stat.nr_dirty, dirty);
	assert_int_equal(f.vm->nodes[0].stat.nr_file_pages, cached);
	assert_int_equal(f.vm->nodes[0].stat.nr_writeback, 0);
	fixture_check(&f);
}

static void body(struct task *t, void *arg)
{
	const int *length = arg;

	inode = file_by_name(f.vm, "data");
	m = &inode->mapping;
	file = file_open(t, inode);
	direct = file_open(t, inode);
	direct->direct = true;
	n = (struct naive){ .size = (int64_t)inode->i_size, .delalloc = inode->fs->delalloc };
	for (int i = 0; i < PAGES; i++)
		n.block[i] = i * 4096LL < n.size;
	for (int i = 0; i < *length; i++) {
		size_t c = below(ARRAY_LEN(calls));

		calls[c].fn(t);
		compare(i, calls[c].name);
	}
	file_close(t, direct);
	file_close(t, file);
}

static void random_calls_leave_what_the_naive_model_says(void **state)
{
	static const char *const fs[] = { "ext2", "ext4", "xfs" };
	int left = operations;

	(void)state;
	rng_init(&rng, seed, "file");
	for (int world = 0; left > 0; world++) {
		int length = left < LENGTH ? left : LENGTH;
		char text[500];

		snprintf(
		    text, sizeof(text),
		    "machine: { nodes: [{ cpus: 1, memory: 64 MiB }], disks: [{ name: sda, "
		    "preset: ssd }] }\n"
		    "sysctl: { vm.dirty_writeback_centisecs: 60 min, vm.dirty_background_bytes: "
		    "16 MiB, vm.dirty_bytes: 32 MiB }\n"
		    "queue: { sda: { read_ahead_kb: 0 } }\n"
		    "files: [{ name: data, disk: sda, size: %d, fs: %s }]\n",
		    (int)below(BYTES), fs[world % 3]);
		fixture_boot(&f, text);
		fixture_task(&f, body, &length);
		fixture_end(&f);
		left -= length;
	}
	print_message("%d operations, seed %d\n", operations, (int)seed);
}

/* --- several tasks at once: what must hold whoever comes first --- */

static void any_call(struct task *t, struct file *buffered, struct file *past_cache)
{
	int64_t pos = (int64_t)below(BYTES), len = 1 + (int64_t)below(30000), at = pos & ~511LL;
	uint64_t first = (uint64_t)pos >> 12, last = (uint64_t)(pos + len - 1) >> 12;
	uint64_t kind = below(10);
	int64_t r = 0;

	switch (kind) {
	case 0:
	case 1:
		r = generic_file_write_iter(t, buffered, &pos, (bytes_t)len);
		assert_int_equal(r, len);
		break;
	case 2:
		r = generic_file_read_iter(t, buffered, &pos, (bytes_t)len);
		break;
	case 3:
		r = do_truncate(t, inode, pos);
		break;
	case 4:
		r = vfs_punch_hole(t, inode, pos, len);
		break;
	case 5:
		invalidate_mapping_pages(t, m, first, last);
		break;
	case 6:
		r = invalidate_inode_pages2_range(t, m, first, last);
		assert_true(r == 0 || r == -EBUSY);
		return;
	case 7:
		r = vfs_fsync(t, buffered, false);
		break;
	case 8:
		r = generic_file_read_iter(t, past_cache, &at, (bytes_t)len & ~511ULL);
		break;
	default:
		r = generic_file_write_iter(t, past_cache, &at, (bytes_t)len & ~511ULL);
		break;
	}
	if (r < 0)
		fail_msg("kind %d returned %d", (int)kind, (int)r);
}

static int workers_left;

static void worker(struct task *t, void *arg)
{
	const int *length = arg;
	struct file *buffered, *past_cache;

	f.sc->personality->task_start(t);
	buffered = file_open(t, inode);
	past_cache = file_open(t, inode);
	past_cache->direct = true;
	for (int i = 0; i < *length; i++) {
		any_call(t, buffered, past_cache);
		fixture_check(&f);
	}
	if (--workers_left == 0) {
		assert_int_equal(vfs_fsync(t, buffered, false), 0);
		assert_int_equal(f.vm->nodes[0].stat.nr_dirty, 0);
		assert_int_equal(f.vm->nodes[0].stat.nr_writeback, 0);
		assert_int_equal(inode->i_rwsem.readers, 0);
		assert_int_equal(do_truncate(t, inode, 0), 0);
		assert_int_equal(m->nrpages, 0);
	}
	file_close(t, past_cache);
	file_close(t, buffered);
	f.sc->personality->task_exit(t);
}

static void tasks_that_cut_and_write_do_not_lose_each_others_pages(void **state)
{
	static const char *const fs[] = { "ext2", "ext4", "xfs" };
	int left = operations;

	(void)state;
	rng_init(&rng, seed, "tasks");
	for (int world = 0; left > 0; world++) {
		int length = (left < LENGTH ? left : LENGTH) / 3 + 1;
		char text[500];

		snprintf(text, sizeof(text),
			 "machine: { nodes: [{ cpus: 2, memory: 64 MiB }], disks: [{ name: sda, "
			 "preset: ssd }] }\n"
			 "files: [{ name: data, disk: sda, size: %d, fs: %s }]\n",
			 (int)below(BYTES), fs[world % 3]);
		fixture_boot(&f, text);
		inode = file_by_name(f.vm, "data");
		m = &inode->mapping;
		workers_left = 3;
		for (int i = 0; i < 3; i++)
			task_spawn(f.s, &f.s->cpus[i % 2], "worker", 0, worker, &length);
		f.s->end_with_tasks = true;
		sim_run(f.s, FOREVER);
		assert_int_equal(workers_left, 0);
		fixture_end(&f);
		left -= 3 * length;
	}
}

int main(int argc, char **argv)
{
	const char *ops = getenv("FUZZ_OPS");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_calls_leave_what_the_naive_model_says),
		cmocka_unit_test(tasks_that_cut_and_write_do_not_lose_each_others_pages),
	};

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	if (ops)
		operations = atoi(ops);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
