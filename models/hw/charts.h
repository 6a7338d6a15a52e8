/*
 * charts.h - panels of disks, to be listed among those of a personality's charts
 */
#ifndef MMSIM_HW_CHARTS_H
#define MMSIM_HW_CHARTS_H

#include "sim/sim.h"

extern const struct chart_series hw_disk_rate_series[2]; /* read, written */

/* What goes to and from each disk. */
#define HW_THROUGHPUT_PANEL                                                                        \
	{                                                                                          \
		.title = "throughput", .unit = UNIT_BYTES_PER_SEC, .each = "name",                 \
		.series = hw_disk_rate_series, .nr_series = 2                                      \
	}

/* Of several runs: the disks that most is written to, and the one that most is read from. */
#define HW_COMPARE_WRITTEN_PANEL                                                                   \
	{                                                                                          \
		.title = "disk", .unit = UNIT_BYTES_PER_SEC, .each = "name",                       \
		.skip = "write_sectors", .most = 4, .series = &hw_disk_rate_series[1],             \
		.nr_series = 1                                                                     \
	}
#define HW_COMPARE_READ_PANEL                                                                      \
	{                                                                                          \
		.title = "disk", .unit = UNIT_BYTES_PER_SEC, .each = "name",                       \
		.skip = "read_sectors", .series = hw_disk_rate_series, .nr_series = 1              \
	}
#endif
