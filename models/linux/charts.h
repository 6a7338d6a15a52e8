/*
 * charts.h - the pictures and figures of a run of this kernel, charts.c
 */
#ifndef MMSIM_LINUX_CHARTS_H
#define MMSIM_LINUX_CHARTS_H

#include "sim/sim.h"

extern const struct chart linux_charts[];
extern const int nr_linux_charts;
extern const struct figure linux_figures[];
extern const int nr_linux_figures;
#endif
