/*
 * script.c - a script of random calls of a reader
 *
 *	script KIND SEED CALLS
 *
 * First what machine it is for, a word and its value a line; then the calls, as in
 * ops.txt of a case.  The same seed gives the same script everywhere.
 */
#include "script.h"

#include <stdio.h>

#define MOST_CALLS 20000 /* the tables of more have no room in the module */

static const struct taste seq = { .in_order = 10, .evict = 1, .odd = 30 };
static const struct taste gaps = { .in_order = 10, .gaps = 40, .evict = 1, .odd = 10 };
static const struct taste strided = { .strides = 10, .evict = 1, .odd = 20 };
static const struct taste anywhere = { .anywhere = 10, .evict = 1, .odd = 20 };
static const struct taste streams = { .streams = 10, .evict = 1, .odd = 20 };
static const struct taste advice = {
	.in_order = 4, .anywhere = 1, .advice = 10, .evict = 2, .odd = 30
};
static const struct taste tuning = {
	.in_order = 6, .anywhere = 2, .streams = 1, .advice = 1, .limits = 6, .evict = 1, .odd = 20
};
static const struct taste errors = { .in_order = 8,
				     .anywhere = 4,
				     .strides = 2,
				     .advice = 2,
				     .limits = 1,
				     .evict = 1,
				     .odd = 30,
				     .errors = true };
static const struct taste at_end = {
	.at_end = 10, .in_order = 2, .advice = 1, .evict = 1, .odd = 60
};
static const struct taste evicting = {
	.in_order = 6, .anywhere = 2, .streams = 1, .advice = 1, .evict = 6, .odd = 10
};
static const struct taste mixed = {
	.in_order = 4, .gaps = 10, .strides = 2, .anywhere = 4, .evict = 1, .odd = 50
};
static const struct taste faults = {
	.faults = 10, .in_order = 1, .evict = 1, .limits = 1, .odd = 20
};
static const struct taste in_flight = { .in_order = 6,
					.gaps = 10,
					.strides = 2,
					.anywhere = 3,
					.streams = 3,
					.advice = 2,
					.evict = 1,
					.limits = 1,
					.odd = 30,
					.no_pause = true };
static const struct taste all = { .in_order = 6,
				  .gaps = 10,
				  .strides = 2,
				  .anywhere = 3,
				  .streams = 3,
				  .at_end = 2,
				  .advice = 4,
				  .evict = 3,
				  .limits = 2,
				  .faults = 3,
				  .odd = 30 };
static const struct taste pieces = { .in_order = 6,
				     .gaps = 10,
				     .strides = 2,
				     .anywhere = 3,
				     .streams = 2,
				     .at_end = 3,
				     .advice = 3,
				     .evict = 2,
				     .limits = 2,
				     .faults = 3,
				     .odd = 30,
				     .in_pieces = true };
static const struct taste bad_all = { .in_order = 6,
				      .gaps = 10,
				      .strides = 2,
				      .anywhere = 3,
				      .streams = 3,
				      .at_end = 1,
				      .advice = 3,
				      .evict = 3,
				      .limits = 2,
				      .faults = 3,
				      .odd = 30,
				      .errors = true };

const struct kind kinds[] = {
	{ "seq-raw", "raw", &seq },
	{ "seq-ext4", "ext4", &seq },
	{ "middle-gaps-raw", "raw", &gaps },
	{ "strided-raw", "raw", &strided },
	{ "random-raw", "raw", &anywhere },
	{ "streams-raw", "raw", &streams },
	{ "advice-raw", "raw", &advice },
	{ "tuning-raw", "raw", &tuning },
	{ "error-raw", "raw", &errors },
	{ "eof-ext4", "ext4", &at_end },
	{ "holes-ext4", "ext4", &evicting },
	{ "mixed-ext4", "ext4", &mixed },
	{ "mmap-ext4", "ext4", &faults },
	{ "mmap-raw", "raw", &faults },
	{ "xfs", "xfs", &mixed },
	{ "xfs-streams", "xfs", &streams },
	{ "eof-xfs", "xfs", &at_end },
	{ "holes-xfs", "xfs", &evicting },
	{ "mmap-xfs", "xfs", &faults },
	{ "tuning-xfs", "xfs", &tuning },
	{ "inflight-raw", "raw", &in_flight },
	{ "inflight-ext4", "ext4", &in_flight },
	{ "inflight-xfs", "xfs", &in_flight },
	{ "pieces-ext4", "ext4", &pieces },
	{ "pieces-xfs", "xfs", &pieces },
	{ "error-all", "raw", &bad_all },
	{ "all-raw", "raw", &all },
	{ "all-ext4", "ext4", &all },
	{ "all-xfs", "xfs", &all },
	{ 0 },
};

int main(int argc, char **argv)
{
	const struct kind *k;

	if (argc != 4) {
		fprintf(stderr, "script KIND SEED CALLS\n");
		return 2;
	}
	k = row_named(kinds, sizeof(*kinds), argv[1]);
	chance_begin(spread(number("seed", argv[2], UINT64_MAX)));
	write_script(k, (int)number("calls", argv[3], MOST_CALLS));
	return 0;
}
