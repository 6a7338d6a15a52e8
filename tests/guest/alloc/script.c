/*
 * script.c - a script of random calls of the page allocator
 *
 *	script KIND SEED CALLS
 *
 * First what machine it is for, then its phases: "phase", settings "set NAME VALUE...", "interrupts
 * on" if they are, "keep" if what is held stays for the next one, and the calls.  The same seed
 * gives the same script everywhere.
 */
#include "script.h"

#include <inttypes.h>
#include <stdio.h>

#define MOST_CALLS 100000 /* no more have room in the module of a small machine */

/* One tunable that limits of zones or lists follow from. */
static void set_something(const struct machine *m)
{
	uint64_t dma, dma32;

	switch (below(5)) {
	case 0:
		printf("set min_free_kbytes %" PRIu64 "\n",
		       between(64, (uint64_t)m->megabytes * 1024 / (once_in(3) ? 16 : 100)));
		break;
	case 1:
		printf("set watermark_scale_factor %" PRIu64 "\n",
		       any_size(once_in(3) ? 2000 : 200));
		break;
	case 2:
		printf("set watermark_boost_factor %" PRIu64 "\n",
		       once_in(2) ? 0 : any_size(30000));
		break;
	case 3:
		printf("set percpu_pagelist_high_fraction %" PRIu64 "\n",
		       once_in(5) ? 0 : 7 + any_size(1000));
		break;
	default:
		dma = any_size(300);
		dma32 = any_size(300);
		printf("set lowmem_reserve_ratio %" PRIu64 " %" PRIu64 " %" PRIu64 " 0 0\n", dma,
		       dma32, any_size(64));
	}
}

static void write_phase(const struct kind *k, const struct machine *m, bool first, bool last,
			int calls)
{
	bool keep = !last && k->taste->most <= 50 && once_in(2);

	printf("phase\n");
	for (int n = k->settings && (!first || once_in(2)) ? (int)between(1, 3) : 0; n > 0; n--)
		set_something(m);
	if (k->taste->contig)
		printf("interrupts on\n");
	if (keep)
		printf("keep\n");
	write_calls(m, k->taste, calls);
	if (!keep)
		forget_all();
}

int main(int argc, char **argv)
{
	const struct kind *k;
	const struct machine *m;
	int calls, phases, nr_machines = 0;

	if (argc != 4) {
		fprintf(stderr, "script KIND SEED CALLS\n");
		return 2;
	}
	k = row_named(kinds, sizeof(*kinds), argv[1]);
	chance_begin(spread(number("seed", argv[2], UINT64_MAX)));
	calls = (int)number("calls", argv[3], MOST_CALLS);
	while (k->machines[nr_machines].type)
		nr_machines++;
	m = &k->machines[below((uint64_t)nr_machines)];
	printf("machine %s %d%s %d %s\n", m->type,
	       m->megabytes % 1024 ? m->megabytes : m->megabytes / 1024,
	       m->megabytes % 1024 ? "M" : "G", m->cpus, m->nodes);
	if (*m->command_line)
		printf("command_line %s\n", m->command_line);
	phases = (int)between(1, (uint64_t)k->phases);
	for (int i = 0; i < phases; i++)
		write_phase(k, m, i == 0, i + 1 == phases, calls / phases);
	return 0;
}
