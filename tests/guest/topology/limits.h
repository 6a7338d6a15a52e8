/* limits.h - limits of the running kernel's page allocator: records as "mmsim verify" reads them */
#ifndef MMSIM_TESTS_GUEST_LIMITS_H
#define MMSIM_TESTS_GUEST_LIMITS_H

#include <stdio.h>

/* Finds out where everything lies; after kernel_open(). */
void limits_open(void);
/* Nodes, their zonelists, zones with watermarks, reserves and lists of CPUs. */
void limits_print(FILE *out);

#endif
