/*
 * charts.c - what is drawn of tasks and their calls, whatever the kernel
 */
#include "sim/base/types.h"
#include "sim/workload/model.h"

const struct chart_series workload_bytes_series[1] = {
	{ "task_sample", "bytes", "read, written or touched", CHART_RATE, 1, 1 },
};

static const struct chart_series bytes_series[] = {
	{ "task_sample", "bytes", "", CHART_RATE, 1, 1 },
};

static const struct chart_series calls_series[] = {
	{ "task_sample", "ops", "", CHART_RATE, 1, 1 },
};

static const struct chart_series cpu_series[] = {
	{ "task_sample", "cpu_ns", "", CHART_RATE, 100, NS_PER_SEC },
};

static const struct chart_series blocked_series[] = {
	{ "task_sample", "blocked_ns", "", CHART_RATE, 100, NS_PER_SEC },
};

const struct chart_panel workload_task_panels[4] = {
	{ .title = "bytes that each task read, wrote or touched",
	  .unit = UNIT_BYTES_PER_SEC,
	  .split = "name",
	  .series = bytes_series,
	  .nr_series = 1 },
	{ .title = "calls that returned to each task",
	  .unit = UNIT_COUNT,
	  .axis = "calls/s",
	  .split = "name",
	  .series = calls_series,
	  .nr_series = 1 },
	{ .title = "part of a CPU that each task had",
	  .unit = UNIT_PERCENT,
	  .split = "name",
	  .series = cpu_series,
	  .nr_series = 1 },
	{ .title = "time that each task waited, its own sleeps not counted",
	  .unit = UNIT_PERCENT,
	  .split = "name",
	  .series = blocked_series,
	  .nr_series = 1 },
};

static const struct chart_series percentile_series[] = {
	{ "latency", "bucket_ns", "", CHART_LINE, 1, 1 },
};

const struct chart_panel workload_call_panels[1] = {
	{ .title = "time a call took",
	  .unit = UNIT_NS,
	  .each = "op",
	  .split = "task",
	  .series = percentile_series,
	  .nr_series = 1 },
};
