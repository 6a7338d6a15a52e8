/*
 * sysctl_text.h - counters as programs of this system print them, for mmsim procfs
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/vm_meter.c; usr.bin/vmstat (vmstat -s),
 *              sbin/swapon (swapinfo -k)
 * Simplified:  lines of what is not simulated are missing; sysctls stand in the order of the
 *              reference, not of their numbers
 *
 * There is no /proc worth reading: what Linux shows there is a sysctl here.
 */
#ifndef MMSIM_FREEBSD_SYSCTL_TEXT_H
#define MMSIM_FREEBSD_SYSCTL_TEXT_H

#include "sim/sim.h"

enum { NR_FREEBSD_PROCFS = 3 };

extern const struct proc_file freebsd_procfs[NR_FREEBSD_PROCFS];
#endif
