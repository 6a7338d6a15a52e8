/*
 * charts.c - what is drawn of disks, whatever the kernel
 */
#include "models/hw/charts.h"

#define SECTOR 512 /* bytes */

const struct chart_series hw_disk_rate_series[2] = {
	{ "disk_sample", "read_sectors", "read", CHART_RATE, SECTOR, 1 },
	{ "disk_sample", "write_sectors", "written", CHART_RATE, SECTOR, 1 },
};
