/* lists.h - what is free in the running kernel: records as "mmsim verify" reads them */
#ifndef MMSIM_TESTS_GUEST_LISTS_H
#define MMSIM_TESTS_GUEST_LISTS_H

#include <stdio.h>

/* Finds out where everything lies.  Takes memory, and gives most of it back. */
void lists_open(void);

/* Free blocks and the lists of the CPU, of each zone.  OUT has a buffer of its own: nothing is
 * allocated. */
void lists_print(FILE *out);

/*
 * Frames of pages that belong to programs, or to files in memory that can be swapped: a line "lru
 * LIST FIRST COUNT" for frames in a row that are on the same list (active, inactive, mlocked).
 */
void lists_print_lru(FILE *out);

#endif
