/*
 * export.h - what results of this kernel are called by exporters, and what of its events lasts
 *
 * Like:        node exporter 1.5.0 of Prometheus: the collectors meminfo, meminfo_numa, vmstat,
 *              zoneinfo, buddyinfo, diskstats; type and name of each metric
 * Left out:    what is not sampled: MemAvailable and Buffers (in Cached here), pressure, slabinfo,
 *              times of CPUs, the parts by zone of vmstat; mmsim procfs has them for a moment
 */
#ifndef MMSIM_LINUX_EXPORT_H
#define MMSIM_LINUX_EXPORT_H

#include "sim/sim.h"

enum {
	NR_LINUX_OPENMETRICS = 210,
	NR_LINUX_TIMELINE_SLICES = 16,
	NR_LINUX_TIMELINE_COUNTERS = 22,
};

extern const struct openmetric linux_openmetrics[NR_LINUX_OPENMETRICS];
extern const struct timeline_slice linux_timeline_slices[NR_LINUX_TIMELINE_SLICES];
extern const struct timeline_counter linux_timeline_counters[NR_LINUX_TIMELINE_COUNTERS];
#endif
