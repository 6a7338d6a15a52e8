/*
 * proc_number.h - how the files of /proc/sys read numbers
 *
 * Like:        Linux 6.1, kernel/sysctl.c: proc_dointvec and proc_doulongvec_minmax, and
 *              proc_get_long, by which they read
 * Left out:    values of unsigned long beyond 2^63 - 1: they are no numbers here
 *
 * So fragments of sysctl.d are read; scenarios and --set take numbers and units of their own.
 */
#ifndef MMSIM_LINUX_PROC_NUMBER_H
#define MMSIM_LINUX_PROC_NUMBER_H

#include "sim/sim.h"

/*
 * Reads at most count numbers with blanks between them: 16, 0x10 (hexadecimal), 020 (octal).
 * is_long: of 64 bits and not negative, else int.  Stops after the last number it wants, or before
 * what is none; *rest is what then follows.  Returns how many there were, or -EINVAL if the first
 * is none.
 */
int proc_read_numbers(const char *text, bool is_long, int64_t *v, int count, const char **rest);
#endif
