/* lists.h - what is free in the running kernel: records as "mmsim verify" reads them */
#ifndef MMSIM_TESTS_GUEST_LISTS_H
#define MMSIM_TESTS_GUEST_LISTS_H

#include <stdio.h>

/* Finds out where everything lies.  Takes memory, and gives most of it back. */
void lists_open(void);

/* Free nodes of the index of the cache, the limit of dirty pages a CPU may make before it looks,
 * then free blocks and the lists of the CPU, of each zone.  OUT has a buffer of its own: nothing is
 * allocated. */
void lists_print(FILE *out);

#endif
