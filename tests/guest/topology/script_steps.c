/*
 * script_steps.c - random steps: settings, CPUs and memory blocks
 */
#include <inttypes.h>
#include <stdio.h>

#include "script.h"

/* A tunable, and what it takes; what lies outside is tried, too. */
struct setting {
	const char *name;
	int64_t low, high;
};

static const struct setting limits[] = {
	{ "watermark_scale_factor", 1, 3000 },
	{ "watermark_boost_factor", 0, 30000 },
	{ "percpu_pagelist_high_fraction", 8, 5000 },
	{ "min_unmapped_ratio", 0, 100 },
	{ "min_slab_ratio", 0, 100 },
};

static const struct setting dirty[] = {
	{ "dirty_ratio", 0, 100 },
	{ "dirty_background_ratio", 0, 100 },
	{ "dirty_bytes", 8192, 1LL << 32 },
	{ "dirty_background_bytes", 1, 1LL << 31 },
};

static const struct setting others[] = {
	{ "zone_reclaim_mode", 0, 7 },
	{ "numa_stat", 0, 1 },
	{ "compaction_proactiveness", 0, 100 },
	{ "compact_unevictable_allowed", 0, 1 },
	{ "extfrag_threshold", 0, 1000 },
	{ "dirty_writeback_centisecs", 0, 100000 },
	{ "dirty_expire_centisecs", 0, 100000 },
	{ "laptop_mode", 0, 100 },
	{ "swappiness", 0, 200 },
	{ "page-cluster", 0, 10 },
	{ "vfs_cache_pressure", 0, 1000 },
	{ "oom_dump_tasks", 0, 1 },
	{ "overcommit_memory", 0, 2 },
	{ "overcommit_ratio", 0, 1000 },
	{ "overcommit_kbytes", 0, 1 << 20 },
	{ "user_reserve_kbytes", 0, 1 << 20 },
	{ "page_lock_unfairness", 0, 100 },
	{ "stat_interval", 1, 100 },
};

static const struct setting min_free = { "min_free_kbytes", 0, 0 };
static const struct setting reserve = { "lowmem_reserve_ratio", 0, 0 };

#define COUNT(list) ((int)(sizeof(list) / sizeof(*(list))))

/* --- settings --- */

/* What is no number of the range: the next ones, and no number at all. */
static void write_odd(const struct setting *s)
{
	switch (below(8)) {
	case 0:
	case 1:
		printf("%" PRId64, s->high + 1);
		break;
	case 2:
	case 3:
		printf("%" PRId64, s->low - 1);
		break;
	case 4:
		printf("-%" PRIu64, any_size(1 << 20));
		break;
	case 5:
		printf("many");
		break;
	case 6:
		printf("%" PRId64 "x", s->low);
		break;
	default:
		printf("0x%" PRIx64, any_size((uint64_t)s->high));
	}
}

static void write_number(const struct setting *s)
{
	if (once_in(8))
		write_odd(s);
	else if (once_in(8))
		printf("%" PRId64, once_in(2) ? s->low : s->high);
	else if (s->low == 0 && once_in(4))
		printf("0");
	else
		printf("%" PRIu64,
		       (uint64_t)s->low - 1 + any_size((uint64_t)(s->high - s->low + 1)));
}

/* A share that leaves the guest enough to go on. */
static void write_min_free(const struct machine *m)
{
	if (once_in(10))
		printf("%s", once_in(2) ? "-1" : "1k");
	else
		printf("%" PRIu64, any_size((uint64_t)m->megabytes * 1024 / 8) - 1);
}

/* One to five numbers; those that are not written stay. */
static void write_reserve(void)
{
	for (int n = once_in(3) ? (int)between(1, 5) : 5; n > 0; n--) {
		if (once_in(4))
			printf("%d", (int)below(3) - 1);
		else
			printf("%" PRIu64, any_size(once_in(6) ? 1 << 30 : 1024));
		printf("%s", n > 1 ? " " : "");
	}
}

static void write_value(const struct setting *s, const struct machine *m)
{
	printf("vm.%s ", s->name);
	if (s == &min_free)
		write_min_free(m);
	else if (s == &reserve)
		write_reserve();
	else
		write_number(s);
}

static const struct setting *choose(const struct kind *k, int what)
{
	if (what == 1)
		return &dirty[below(COUNT(dirty))];
	if (what == 2)
		return &others[below(COUNT(others))];
	/* where there is nothing else to be liked, it is reserves */
	if (k->dirty + k->others + k->cpu_plug + k->block_plug == 0 ? !once_in(3) : once_in(6))
		return &reserve;
	return once_in(3) ? &min_free : &limits[below(COUNT(limits))];
}

/* Mostly one, now and then two or three in a row. */
static void write_settings(const struct kind *k, const struct machine *m, int what)
{
	const struct setting *done[3], *s;

	printf("set ");
	for (int n = 0; n < 3; n++) {
		bool again = false;

		s = choose(k, what);
		for (int i = 0; i < n; i++)
			again |= done[i] == s;
		if (again)
			break;
		done[n] = s;
		printf("%s", n ? "; " : "");
		write_value(s, m);
		if (!once_in(4))
			break;
	}
	printf("\n");
}

/* --- CPUs and memory blocks --- */

static void write_cpu(const struct machine *m)
{
	if (m->cpus == 1)
		return;
	printf("cpu_%s", once_in(3) ? "online" : "offline");
	printf(" %d\n", (int)between(1, (uint64_t)m->cpus - 1));
}

/* A block that is there: memory lies below the hole, and from 4 GiB on. High ones can be emptied.
 */
static int any_block(const struct machine *m)
{
	int low = low_megabytes(m) / BLOCK_MB, high = (m->megabytes - low_megabytes(m)) / BLOCK_MB;
	int nr = low + high, block;

	if (once_in(2))
		block = nr - (int)any_size((uint64_t)(nr < 6 ? nr : 6));
	else
		block = (int)below((uint64_t)nr);
	return block < low ? block : 4096 / BLOCK_MB + block - low;
}

#define MOST_TRIED 64

/* What comes back is mostly one that was to go, whether it could or not. */
static void write_block(const struct machine *m)
{
	static const char *const back[] = { "", "_movable", "_kernel" };
	static int tried[MOST_TRIED], nr_tried;
	int block;

	if (m->megabytes < BLOCK_MB)
		return;
	if (nr_tried == MOST_TRIED || (nr_tried && !once_in(2))) {
		block = once_in(8) ? any_block(m) : tried[below((uint64_t)nr_tried)];
		printf("memory_online%s %d\n", back[below(3)], block);
		return;
	}
	block = any_block(m);
	tried[nr_tried++] = block;
	printf("memory_offline %d\n", block);
}

void write_step(const struct kind *k, const struct machine *m)
{
	int weights[] = { k->limits, k->dirty, k->others, k->cpu_plug, k->block_plug };
	int what = weighted(weights, 5);

	if (what == 3)
		write_cpu(m);
	else if (what == 4)
		write_block(m);
	else
		write_settings(k, m, what);
}
