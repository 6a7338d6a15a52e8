/*
 * script_calls.c - the calls of a phase, in episodes
 *
 * What will be refused is not known here: a slot that got nothing is given back like any other, and
 * the module leaves that out.
 */
#include "script.h"

#include <inttypes.h>
#include <stdio.h>

#define MAX_HELD  60000
#define MAX_SLOTS (1 << 18)
#define MOST_BULK 512
#define MARKS     6
#define FOUR_GIB  ((uint64_t)1 << 20) /* pages */

enum how { BLOCK, EXACT, RANGE };

static struct held {
	int slot;
	enum how how;
	uint64_t amount, start; /* order, bytes, or pages of a range from start on */
	uint64_t pages;
	bool whole; /* can not be split */
} held[MAX_HELD];
static int nr_held;
static uint64_t pages_held;
static int next_slot; /* those before were taken, and may be taken again when all are */

static const struct machine *m;
static const struct taste *t;
static int nr_written;

void forget_all(void)
{
	nr_held = 0;
	pages_held = 0;
	next_slot = 0;
}

static uint64_t memory_pages(void)
{
	return (uint64_t)m->megabytes << 8;
}

/* --- what is asked for --- */

static int cpu(void)
{
	static int last, left;

	if (left-- <= 0) {
		last = (int)below((uint64_t)m->cpus);
		left = once_in(3) ? 0 : (int)below(200);
	}
	return last < m->cpus ? last : 0;
}

static int node(void)
{
	return t->nodes && !once_in(3) ? (int)below((uint64_t)m->nr_nodes) : -1;
}

/* A mask that sleeps in no case and complains of nothing; its zones and types fit. */
static uint32_t any_mask(void)
{
	static const uint32_t zones[] = { 0, 0, 0, 0x1, 0x4, 0x2, 0x2 };
	static const uint32_t types[] = { 0, 0x8, 0x8, 0x10 };
	static const uint32_t flags[] = { 0x20,    0x40,    0x80,     0x200,   0x800,
					  0x800,   0x1000,  0x4000,   0x10000, 0x20000,
					  0x40000, 0x80000, 0x100000, 0x200000 };
	static const int once[] = { 4, 2, 2, 4, 2, 2, 8, 8, 8, 12, 4, 4, 4, 6 };
	uint32_t mask = 0x2000 | zones[below(7)];

	mask |= types[below(4)];
	for (int i = 0; i < 14; i++)
		if (once_in((uint64_t)once[i]))
			mask |= flags[i];
	return mask;
}

static uint32_t mask(void)
{
	int n = 0;

	if (!t->masks)
		return any_mask();
	while (t->masks[n])
		n++;
	return t->masks[below((uint64_t)n)];
}

/* A frame of the machine's memory, as if it had no holes: what is there, the kernel says. */
static uint64_t frame(void)
{
	uint64_t pfn = between(0x10, memory_pages() - 0x200), low = (uint64_t)m->low_megabytes << 8;

	return low && pfn >= low ? pfn - low + FOUR_GIB : pfn;
}

/* Where the memory ends that a frame lies in; the last of it is the firmware's. */
static uint64_t frame_end(uint64_t pfn)
{
	uint64_t low = (uint64_t)m->low_megabytes << 8;

	if (low && pfn < low)
		return low - 0x100;
	return memory_pages() - 0x100 + (low ? FOUR_GIB - low : 0);
}

/* --- taking --- */

static void keep(struct held h)
{
	held[nr_held++] = h;
	pages_held += h.pages;
}

static bool can_take(uint64_t slots)
{
	return (uint64_t)nr_held + slots < MAX_HELD && (uint64_t)next_slot + slots < MAX_SLOTS;
}

static void take_block(int order, uint32_t gfp, int nid)
{
	if (!can_take(1))
		return;
	printf("A %d %d %d %" PRIx32 " %d\n", cpu(), next_slot, order, gfp, nid);
	nr_written++;
	if (order <= MAX_ORDER) /* else it fails */
		keep((struct held){ next_slot++, BLOCK, (uint64_t)order, 0, 1ULL << order,
				    (gfp & 0x40000) != 0 });
}

static void take_exact(void)
{
	uint64_t bytes = any_size(once_in(20) ? 5 << 20 : 256 << 10);
	uint32_t gfp = mask() & ~0x40002u;
	int nid = node(), by = cpu();

	if (!can_take(1))
		return;
	printf("X %d %d %" PRIu64 " %" PRIx32 " %d\n", by, next_slot, bytes, gfp, nid);
	keep((struct held){ next_slot++, EXACT, bytes, 0, (bytes + PAGE - 1) / PAGE, true });
	nr_written++;
}

static void take_many(void)
{
	int n = once_in(30) ? 0 : (int)any_size(MOST_BULK);
	uint32_t gfp = mask() & ~0x40000u;
	int nid = node(), by = cpu();

	if (!can_take((uint64_t)n))
		return;
	printf("B %d %d %d %" PRIx32 " %d\n", by, next_slot, n, gfp, nid);
	for (int i = 0; i < n; i++)
		keep((struct held){ next_slot++, BLOCK, 0, 0, 1, true });
	nr_written++;
}

static void take_range(void)
{
	static const int types[] = { 1, 1, 1, 1, 0, 2 };
	uint64_t n = once_in(2) ? any_size(3000) : 512 * between(1, 6), start = frame();
	int type = types[below(6)];

	if (once_in(3))
		start &= ~511ULL;
	if (start + n > frame_end(start) || !can_take(1))
		return;
	printf("C 0 %d %" PRIx64 " %" PRIu64 " %d 2cc0\n", next_slot, start, n, type);
	keep((struct held){ next_slot++, RANGE, n, start, n, true });
	nr_written++;
}

/* --- giving back --- */

static void give(int i)
{
	struct held h = held[i];

	if (h.how == BLOCK)
		printf("F %d %d %" PRIu64 "\n", cpu(), h.slot, h.amount);
	else if (h.how == EXACT)
		printf("Y %d %d %" PRIu64 "\n", cpu(), h.slot, h.amount);
	else
		printf("Z 0 %d %" PRIx64 " %" PRIu64 "\n", h.slot, h.start, h.amount);
	pages_held -= h.pages;
	held[i] = held[--nr_held];
	nr_written++;
}

static void split(void)
{
	struct held h;
	int i = (int)below((uint64_t)nr_held + 1);

	if (i == nr_held || held[i].how != BLOCK || held[i].whole || !held[i].amount ||
	    !can_take(1ULL << held[i].amount))
		return;
	h = held[i];
	printf("S %d %d %" PRIu64 " %d\n", cpu(), h.slot, h.amount, next_slot);
	held[i] = held[--nr_held];
	pages_held -= h.pages;
	for (uint64_t k = 0; k < h.pages; k++)
		keep((struct held){ next_slot++, BLOCK, 0, 0, 1, true });
	nr_written++;
}

/* Bits of a pageblock are asked for, or set: types that have lists, now and then the fourth. */
static void bits(void)
{
	static const int masks[] = { 1, 2, 4, 7, 8, 15 };
	int how = masks[below(6)];
	uint64_t type = once_in(12) ? 3 : below(3), skip = once_in(2) ? 8 : 0, pfn = frame();
	int by = cpu();

	if (once_in(3) && how >= 7)
		printf("P %d %" PRIx64 " %" PRIx64 " %x\n", by, pfn, (type | skip) & (uint64_t)how,
		       (unsigned)how);
	else
		printf("G %d %" PRIx64 " %x\n", by, pfn, (unsigned)how);
	nr_written++;
}

/* --- episodes --- */

static void take(void)
{
	const int weights[] = { 100, t->exact, t->bulk, t->split, t->bits, t->contig };
	int order, nid;

	switch (weighted(weights, 6)) {
	case 1:
		take_exact();
		break;
	case 2:
		take_many();
		break;
	case 3:
		split();
		break;
	case 4:
		bits();
		break;
	case 5:
		take_range();
		break;
	default:
		order = weighted(t->orders, MAX_ORDER + 3);
		nid = node();
		take_block(order, mask(), nid);
	}
}

static void now_and_then(void)
{
	int by = cpu();

	if (once_in(400)) {
		printf("%c %d\n", once_in(3) ? 'D' : 'V', by);
		nr_written++;
	}
}

static uint64_t limit(void)
{
	return memory_pages() * (uint64_t)t->most / 100;
}

/* Up and down, around a level. */
static void wander(int calls)
{
	uint64_t wanted = below(limit());
	int end = nr_written + calls;

	for (int tries = 0; nr_written < end && tries < 3 * calls; tries++) {
		bool more = below(100) < (pages_held > wanted ? 35 : 65);

		now_and_then();
		if (nr_held && (!more || pages_held > limit() || !can_take(MOST_BULK)))
			give((int)below((uint64_t)nr_held));
		else
			take();
	}
}

/* Many of one kind, then all of them back: the last first, the first first, or as it comes. */
static void run_of_one(int calls)
{
	int order = weighted(t->orders, MAX_ORDER + 3), nid = node(), first = nr_held;
	uint32_t gfp = mask();
	uint64_t n = between(1, (uint64_t)calls / 2 + 1), how = below(4);

	for (; n > 0 && pages_held < limit(); n--)
		take_block(order, once_in(5) ? mask() : gfp, nid);
	if (how == 3)
		return; /* they stay */
	while (nr_held > first) {
		if (how == 1) { /* the first goes to the end, where it is the next */
			struct held h = held[first];

			held[first] = held[nr_held - 1];
			held[nr_held - 1] = h;
		}
		give(how == 2 ? first + (int)below((uint64_t)(nr_held - first)) : nr_held - 1);
		now_and_then();
	}
}

/* Until nothing is left: large blocks first. */
static void exhaust(int calls)
{
	static const int orders[] = { 10, 9, 7, 4, 2, 1, 0 };
	uint32_t gfp = mask();
	int nid = node(), end = nr_written + calls, first = (int)below(3);

	for (int i = first; i < 7 && nr_written < end; i++) {
		uint64_t n = i == first ? (memory_pages() >> orders[i]) + 2 : between(20, 600);

		for (; n > 0 && nr_written < end; n--) {
			take_block(orders[i], once_in(6) ? mask() : gfp, nid);
			now_and_then();
		}
	}
	for (int n = calls / 4; n > 0; n--) { /* at the edge */
		if (once_in(3) && nr_held)
			give((int)below((uint64_t)nr_held));
		else
			take();
	}
}

/* One of so many goes back. */
static void thin(int calls)
{
	uint64_t n = any_size(16);

	for (int i = nr_held - 1; i >= 0 && calls > 0; i--) {
		if ((n == 1) == !once_in(8) || (n > 1 && once_in(n))) {
			give(i);
			calls--;
			now_and_then();
		}
	}
}

/* Memory full of one type, then another one is asked for. */
static void other_type(int calls)
{
	static const uint32_t types[] = { 0x2800, 0x2808, 0x2810, 0x1828ca };
	uint32_t one = types[below(4)], other = types[below(4)];
	int first = nr_held, order = (int)below(4);

	for (int n = calls / 3; n > 0 && pages_held < memory_pages(); n--)
		take_block(once_in(4) ? (int)below(6) : order, one, -1);
	for (int n = calls / 3; n > 0 && nr_held > first; n--)
		give(first + (int)below((uint64_t)(nr_held - first)));
	for (int n = calls / 3; n > 0; n--)
		take_block((int)below(7), other, -1);
}

static void episode(int calls)
{
	const int weights[] = { t->wander, t->run, t->exhaust, t->thin, t->set_type };

	if (pages_held > limit() && once_in(2)) {
		thin(calls);
		return;
	}
	switch (weighted(weights, 5)) {
	case 0:
		wander(calls);
		break;
	case 1:
		run_of_one(calls);
		break;
	case 2:
		exhaust(calls);
		break;
	case 3:
		thin(calls);
		break;
	default:
		other_type(calls);
	}
}

void write_calls(const struct machine *machine, const struct taste *taste, int calls)
{
	int marks = 0;

	m = machine;
	t = taste;
	nr_written = 0;
	if (next_slot > MAX_SLOTS / 2)
		next_slot = MAX_SLOTS; /* slots of an earlier phase are held: no more of them */
	for (int tries = 0; nr_written < calls && tries < 100000; tries++) {
		int left = calls - nr_written;

		episode((int)between(1, (uint64_t)(left < 20 ? left : left / 2 + 10)));
		if (marks < MARKS && nr_written * (MARKS + 1) > calls * (marks + 1))
			printf("M %d %d\n", cpu(), ++marks);
	}
	if (once_in(2))
		while (nr_held)
			give((int)below((uint64_t)nr_held));
}
