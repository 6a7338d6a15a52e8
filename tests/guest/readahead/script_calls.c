/*
 * script_calls.c - calls of a reader, in episodes
 *
 * What is read stays within areas that fit into the machine's memory together, so nothing is
 * reclaimed: what leaves the cache has been dropped by a call.
 */
#include "script.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DEVICE    (1ULL << 30)
#define AREA      (160ULL << 20) /* of a device that is read, besides its end */
#define TAIL      (48ULL << 20)
#define MOST_READ (8ULL << 20)
#define MAX_BYTES INT64_MAX

static struct {
	const struct kind *k;
	const struct taste *t;
	int calls, most;
	int nr_files;
	uint64_t size[MAX_FILES];
	int file[MAX_SLOTS];    /* -1: closed */
	uint64_t at[MAX_SLOTS]; /* where the last read of the descriptor ended */
	int map_slot[MAX_MAPS]; /* -1: none */
	uint64_t map_pages[MAX_MAPS];
} s;

/* The beginning of a call's line. */
static void call(const char *name)
{
	printf("%d %s", ++s.calls, name);
}

static bool done(void)
{
	return s.calls >= s.most;
}

/* --- arguments --- */

/* A number of bytes, or a place: often a multiple of a page. */
static uint64_t rounded(uint64_t v)
{
	return below(100) < (uint64_t)s.t->odd ? v : v / PAGE * PAGE;
}

/* A size of reads: single pages most, up to what no window holds. */
static uint64_t read_size(void)
{
	static const int weights[] = { 10, 6, 3, 1, 1 };

	switch (weighted(weights, 5)) {
	case 0:
		return below(100) < (uint64_t)s.t->odd ? between(1, 2 * PAGE) : PAGE;
	case 1:
		return rounded(between(1, 16) * PAGE + below(PAGE)) + 1;
	case 2:
		return rounded(between(16, 64) * PAGE + below(PAGE));
	case 3:
		return rounded(any_size(MOST_READ / 4)) + 1;
	default:
		return once_in(8)   ? rounded(between(MOST_READ / 4, MOST_READ))
		       : once_in(4) ? 0
				    : PAGE;
	}
}

/* A place in what is read of a file. */
static uint64_t place(int file)
{
	uint64_t size = s.size[file];

	if (!size)
		return below(3) * PAGE;
	if (size > AREA + TAIL && once_in(8))
		return rounded(size - below(TAIL));
	if (size > AREA)
		size = AREA;
	switch (below(4)) {
	case 0:
		return 0;
	case 1:
		return rounded(below(size < 64 * PAGE ? size : 64 * PAGE));
	default:
		return rounded(below(size));
	}
}

/* Somewhere, or a number that is no place at all. */
static uint64_t odd_place(int file)
{
	if (!once_in(6))
		return place(file);
	if (once_in(3))
		return MAX_BYTES - below(3 * PAGE);
	return rounded(s.size[file] + any_size(1ULL << 40));
}

static uint64_t odd_length(int file)
{
	switch (below(6)) {
	case 0:
		return 0;
	case 1:
		return MAX_BYTES - below(2 * PAGE);
	case 2:
		return s.size[file] + below(PAGE);
	default:
		return rounded(any_size(16ULL << 20)) + below(2);
	}
}

/* --- descriptors --- */

static int open_slots(void)
{
	int n = 0;

	for (int i = 0; i < MAX_SLOTS; i++)
		n += s.file[i] >= 0;
	return n;
}

static void open_one(int slot)
{
	/* the first file is the large one */
	s.file[slot] = once_in(2) ? 0 : (int)below((uint64_t)s.nr_files);
	s.at[slot] = 0;
	call("open");
	printf(" %d %d\n", slot, s.file[slot]);
}

static void close_one(int slot)
{
	call("close");
	printf(" %d\n", slot);
	s.file[slot] = -1;
}

static bool is_mapped(int slot)
{
	for (int i = 0; i < MAX_MAPS; i++)
		if (s.map_slot[i] == slot)
			return true;
	return false;
}

/* One that is open; now and then another one is opened, or one closed. */
static int some_slot(void)
{
	int slot = (int)below(MAX_SLOTS);

	if (s.file[slot] >= 0 && once_in(6) && !is_mapped(slot))
		close_one(slot);
	if (s.file[slot] < 0 && (!open_slots() || once_in(3)))
		open_one(slot);
	while (s.file[slot] < 0)
		slot = (slot + 1) % MAX_SLOTS;
	return slot;
}

/* --- single calls --- */

static void pread_at(int slot, uint64_t place, uint64_t bytes)
{
	call("pread");
	printf(" %d %" PRIu64 " %" PRIu64 "\n", slot, place, bytes);
	if (place < s.size[s.file[slot]])
		s.at[slot] = place + bytes;
}

static void list_cache(void)
{
	for (int i = 0; i < s.nr_files; i++) {
		bool open = i == 0;

		for (int k = 0; k < MAX_SLOTS; k++)
			open |= s.file[k] == i;
		if (!open)
			continue;
		call("cache");
		printf(" %d\n", i);
	}
}

/* What is in flight cannot be dropped, and whether it is hangs on microseconds. */
static void settle(void)
{
	if (!s.t->no_pause)
		return;
	call("sleep");
	printf(" 100000\n");
}

static void advise(int slot, const char *word, uint64_t place, uint64_t bytes)
{
	call("advise");
	printf(" %d %" PRIu64 " %" PRIu64 " %s\n", slot, place, bytes, word);
}

/* --- episodes --- */

static void in_order(void)
{
	int slot = some_slot(), n = (int)any_size(80);
	uint64_t at = once_in(3) ? s.at[slot] : place(s.file[slot]), bytes = read_size();
	bool seeks = once_in(4), same = !once_in(3);

	if (bytes > MOST_READ / 8 && n > 10)
		n = 10;
	if (seeks) {
		call("seek");
		printf(" %d %" PRIu64 "\n", slot, once_in(20) ? odd_place(s.file[slot]) : at);
	}
	for (; n > 0 && !done() && at < s.size[s.file[slot]] + 4 * PAGE; n--) {
		if (seeks) {
			call("read");
			printf(" %d %" PRIu64 "\n", slot, bytes);
			s.at[slot] = at + bytes;
		} else {
			pread_at(slot, at, bytes);
		}
		at += bytes;
		if (!seeks && below(100) < (uint64_t)s.t->gaps)
			at += between(1, 4) * PAGE;
		if (!same)
			bytes = read_size();
	}
}

static void strides(void)
{
	int slot = some_slot(), n = (int)any_size(60);
	uint64_t at = place(s.file[slot]), bytes = read_size();
	uint64_t step = once_in(2) ? bytes : rounded(any_size(80 * PAGE)) + PAGE;
	bool back = once_in(2);

	if (bytes > 64 * PAGE)
		bytes = PAGE;
	for (; n > 0 && !done() && at < s.size[s.file[slot]]; n--) {
		pread_at(slot, at, bytes);
		if (back && at < step)
			break;
		at = back ? at - step : at + step;
	}
}

static void anywhere(void)
{
	int slot = some_slot(), n = (int)any_size(50), file = s.file[slot];
	uint64_t from = place(file), width = any_size(2000) * PAGE;
	bool dense = once_in(2);

	for (; n > 0 && !done(); n--)
		pread_at(slot, dense ? from + rounded(below(width)) : place(file),
			 once_in(3) ? read_size() : PAGE);
}

static void streams(void)
{
	int n = (int)between(2, 4), steps = (int)any_size(120), slot[4];
	uint64_t at[4], bytes[4];
	bool one = once_in(2), fair = once_in(2);

	for (int i = 0; i < n; i++) {
		slot[i] = one && i ? slot[0] : some_slot();
		at[i] = place(s.file[slot[i]]);
		bytes[i] = once_in(2) ? PAGE : read_size();
		if (bytes[i] > 64 * PAGE || !bytes[i])
			bytes[i] = PAGE;
	}
	for (int k = 0; k < steps && !done(); k++) {
		int i = fair ? k % n : (int)below((uint64_t)n);

		if (s.file[slot[i]] < 0) /* closed when another one was looked for */
			continue;
		pread_at(slot[i], at[i], bytes[i]);
		at[i] += bytes[i];
	}
}

static void at_end(void)
{
	int slot = some_slot(), n = (int)between(1, 12);
	uint64_t size = s.size[s.file[slot]], near = any_size(200 * PAGE);

	for (; n > 0 && !done(); n--) {
		uint64_t from = size > near ? size - near : 0;

		pread_at(slot,
			 once_in(12) ? odd_place(s.file[slot]) : from + below(near + 2 * PAGE),
			 read_size());
	}
}

static void advice(void)
{
	static const char *const words[] = { "normal",   "random",   "sequential",
					     "willneed", "dontneed", "noreuse" };
	int slot = some_slot(), file = s.file[slot];
	const char *word = words[below(6)];

	if (once_in(3)) {
		call("readahead");
		printf(" %d %" PRIu64 " %" PRIu64 "\n", slot, odd_place(file), odd_length(file));
		return;
	}
	if (strcmp(word, "dontneed") == 0)
		settle();
	advise(slot, word, odd_place(file), odd_length(file));
}

static void evict(void)
{
	int slot = some_slot(), file = s.file[slot];

	settle();
	list_cache();
	if (once_in(3)) {
		call("drop");
		printf("\n");
		return;
	}
	for (int n = (int)between(1, 6); n > 0; n--)
		advise(slot, "dontneed", place(file), rounded(any_size(400 * PAGE)) + 1);
}

static void limits(void)
{
	static const int weights[] = { 3, 2, 2, 1, 1 };
	uint64_t kb = 0;

	if (once_in(3)) {
		call("maxkb");
		printf(" 0 %" PRIu64 "\n", once_in(2) ? 1280 : any_size(1500));
		return;
	}
	switch (weighted(weights, 5)) {
	case 0:
		kb = 128;
		break;
	case 1:
		kb = 4 * any_size(1024);
		break;
	case 2:
		kb = any_size(4096);
		break;
	case 3:
		kb = below(9);
		break;
	default:
		kb = between(4096, 65536);
	}
	call("rakb");
	printf(" 0 %" PRIu64 "\n", kb);
}

/* --- mappings --- */

static void map(int m)
{
	int slot = some_slot();
	uint64_t size = s.size[s.file[slot]], offset, bytes;

	if (size > AREA)
		size = AREA;
	offset = once_in(2) ? 0 : below(size + 1) / PAGE * PAGE;
	bytes = size - offset + (once_in(4) ? any_size(20 * PAGE) : 1);
	s.map_slot[m] = slot;
	s.map_pages[m] = (bytes + PAGE - 1) / PAGE;
	call("mmap");
	printf(" %d %d %" PRIu64 " %" PRIu64 " 0x%" PRIx64 "\n", m, slot, offset, bytes,
	       0x10000000000 + (uint64_t)m * 0x1000000000 + below(1000) * PAGE);
}

static void unmap(int m)
{
	call("munmap");
	printf(" %d\n", m);
	s.map_slot[m] = -1;
}

static void advise_map(int m)
{
	static const char *const words[] = { "normal", "random", "sequential", "willneed",
					     "hugepage" };
	uint64_t first = once_in(2) ? 0 : below(s.map_pages[m]);
	uint64_t pages = once_in(2) ? s.map_pages[m] - first : between(1, s.map_pages[m] - first);
	uint64_t odd = below(100) < (uint64_t)s.t->odd / 4 ? between(1, PAGE) : 0;

	call("madvise");
	printf(" %d %" PRIu64 " %" PRIu64 " %s\n", m, first * PAGE + odd, pages * PAGE - below(2),
	       words[once_in(4) ? 4 : below(4)]);
}

static void touch(int m)
{
	uint64_t pages = s.map_pages[m], page = below(pages), step = 1;
	bool random = once_in(3), back = once_in(4);
	int n = (int)any_size(150);

	if (once_in(3))
		step = any_size(70);
	for (; n > 0 && !done(); n--) {
		call("touch");
		printf(" %d %" PRIu64 "\n", m, page);
		if (random)
			page = below(pages);
		else if (back ? page < step : page + step >= pages)
			break;
		else
			page = back ? page - step : page + step;
	}
}

static void faults(void)
{
	int m = (int)below(MAX_MAPS);

	if (s.map_slot[m] >= 0 && once_in(4))
		unmap(m);
	if (s.map_slot[m] < 0)
		map(m);
	if (once_in(3))
		advise_map(m);
	touch(m);
	if (once_in(4))
		pread_at(s.map_slot[m], place(s.file[s.map_slot[m]]), read_size());
}

/* --- the machine --- */

/* Parts of a file that are there, with holes between them. */
static void write_parts(uint64_t pages)
{
	uint64_t at = once_in(2) ? 0 : any_size(40);

	if (at >= pages)
		printf(" 0+0");
	while (at < pages) {
		uint64_t n = any_size(once_in(3) ? 3000 : 50);

		if (n > pages - at)
			n = pages - at;
		printf(" %" PRIu64 "+%" PRIu64, at, n);
		at += n + any_size(once_in(4) ? 600 : 20);
	}
}

static void write_files(void)
{
	static const uint64_t sizes[] = {
		67110098, 81920, 65536, 69627, 1, 3000, 409601, 0, 12288
	};

	s.nr_files = 9;
	for (int i = 0; i < s.nr_files; i++) {
		s.size[i] = sizes[i];
		if (s.t->in_pieces)
			s.size[i] = i ? rounded(any_size(4 << 20)) : between(8 << 20, 64 << 20);
		printf("file %d %" PRIu64, i, s.size[i]);
		if (s.t->in_pieces)
			write_parts((s.size[i] + PAGE - 1) / PAGE);
		printf("\n");
	}
}

/*
 * A fault maps neighbours that have been read when it wakes.  Of a window that needs several
 * requests these would be a matter of a microsecond, so where there are faults requests end at
 * once.
 */
static int request_ns(void)
{
	bool slow = once_in(4);

	if (s.t->no_pause)
		return 3000000;
	return s.t->faults ? 1000 : slow ? 1000000 : 100000;
}

static void write_machine(void)
{
	static const int around[] = { 65536, 65536, 65536, 4096, 16384, 1 << 20 };
	uint64_t bad = any_size(100000);

	printf("backend %s\n", s.k->backend);
	printf("request_ns %d\n", request_ns());
	printf("pause_us %d\n", s.t->no_pause ? 0 : 5000);
	printf("fault_around %d\n", around[below(6)]);
	if (s.t->errors)
		printf("bad_sectors %" PRIu64 " %" PRIu64 "\n", bad, bad + any_size(200) - 1);
	if (strcmp(s.k->backend, "raw") == 0) {
		s.nr_files = 1;
		s.size[0] = DEVICE;
	} else {
		write_files();
	}
}

void write_script(const struct kind *k, int calls)
{
	static void (*const episodes[])(void) = { in_order, strides, anywhere, streams, at_end,
						  advice,   evict,   limits,   faults };
	const struct taste *t = k->taste;
	const int weights[] = { t->in_order, t->strides, t->anywhere, t->streams, t->at_end,
				t->advice,   t->evict,   t->limits,   t->faults };

	s.k = k;
	s.t = t;
	s.most = calls;
	for (int i = 0; i < MAX_SLOTS; i++)
		s.file[i] = -1;
	for (int i = 0; i < MAX_MAPS; i++)
		s.map_slot[i] = -1;
	write_machine();
	call("drop");
	printf("\n");
	call("rakb");
	printf(" 0 128\n");
	call("maxkb");
	printf(" 0 1280\n");
	while (!done())
		episodes[weighted(weights, 9)]();
	settle();
	list_cache();
}
