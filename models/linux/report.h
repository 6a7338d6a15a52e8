/*
 * report.h - what a report of a run of this kernel says beside its pictures, report.c
 */
#ifndef MMSIM_LINUX_REPORT_H
#define MMSIM_LINUX_REPORT_H

#include "sim/sim.h"

enum {
	NR_LINUX_HAPPENINGS = 21,
	NR_LINUX_SIMPLIFICATIONS = 6,
	NR_LINUX_MECHANISMS = 17,
};

extern const struct happening linux_happenings[NR_LINUX_HAPPENINGS];
extern const struct simplification linux_simplifications[NR_LINUX_SIMPLIFICATIONS];
extern const struct mechanism linux_mechanisms[NR_LINUX_MECHANISMS];
#endif
