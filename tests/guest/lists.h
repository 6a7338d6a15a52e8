/* lists.h - lists of the running kernel: records as "mmsim verify" reads them */
#ifndef MMSIM_TESTS_GUEST_LISTS_H
#define MMSIM_TESTS_GUEST_LISTS_H

#include <stdio.h>

/* Find out where everything lies, between kernel_open() and kernel_close_types(). */
void lists_open(void);
void lru_open(void);

/* Free nodes of the index of the cache, free buffer heads, the limit of dirty pages a CPU may make
 * before it looks, then free blocks and the lists of the CPU, of each zone.  OUT has a buffer of
 * its own: nothing is allocated. */
void lists_print(FILE *out);
/* Pages of programs and files: on which list, what they are, who maps them.  Likewise. */
void lru_print(FILE *out);

#endif
