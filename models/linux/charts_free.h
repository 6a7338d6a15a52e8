/*
 * charts_free.h - the panels of the pictures of free memory, for the rows of charts.c
 */
#ifndef MMSIM_LINUX_CHARTS_FREE_H
#define MMSIM_LINUX_CHARTS_FREE_H

#include "sim/sim.h"

enum {
	NR_FRAGMENTATION_PANELS = 5,
	NR_BUDDY_PANELS = 4,
};

extern const struct chart_panel linux_fragmentation_panels[NR_FRAGMENTATION_PANELS];
extern const struct chart_panel linux_buddy_panels[NR_BUDDY_PANELS];
#endif
