/*
 * report.h - what a report of a run of this kernel says beside its pictures, report.c
 */
#ifndef MMSIM_FREEBSD_REPORT_H
#define MMSIM_FREEBSD_REPORT_H

#include "sim/sim.h"

enum {
	NR_FREEBSD_HAPPENINGS = 19,
	NR_FREEBSD_SIMPLIFICATIONS = 5,
	NR_FREEBSD_MECHANISMS = 10,
};

extern const struct happening freebsd_happenings[NR_FREEBSD_HAPPENINGS];
extern const struct simplification freebsd_simplifications[NR_FREEBSD_SIMPLIFICATIONS];
extern const struct mechanism freebsd_mechanisms[NR_FREEBSD_MECHANISMS];
#endif
