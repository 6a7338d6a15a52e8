/*
 * charts.h - the pictures (charts.c) and figures (figures.c) of a run of this kernel
 */
#ifndef MMSIM_LINUX_CHARTS_H
#define MMSIM_LINUX_CHARTS_H

#include "sim/sim.h"

enum {
	NR_LINUX_CHARTS = 18,
	NR_LINUX_FIGURES = 16,
};

extern const struct chart linux_charts[NR_LINUX_CHARTS];
extern const struct figure linux_figures[NR_LINUX_FIGURES];
#endif
