/*
 * mem.h - host memory
 *
 * Allocation never returns NULL: a host without memory ends the program with
 * exit code 3 and a word on standard error.  Bytes in use are counted, so that
 * a run can say what it costs.
 */
#ifndef MMSIM_BASE_MEM_H
#define MMSIM_BASE_MEM_H

#include "sim/base/types.h"

void *sim_alloc(size_t bytes);            /* not cleared; 0 bytes gives a valid pointer */
void *sim_calloc(size_t n, size_t bytes); /* cleared; the product is checked */
void *sim_realloc(void *p, size_t bytes);
char *sim_strdup(const char *s);
char *sim_strndup(const char *s, size_t len);
void sim_free(void *p); /* NULL is allowed */

/* A range of zeroes that costs host memory only where it is touched; page aligned. */
void *sim_reserve(size_t bytes);
void sim_unreserve(void *p, size_t bytes);

/* Bytes now held by sim_alloc and friends; reserved ranges are not counted. */
size_t sim_mem_in_use(void);
/* The largest resident size of this process so far, in bytes. */
size_t sim_mem_peak_rss(void);

/* Grows *array (of elements of size bytes, capacity *cap) so that it can hold n elements. */
void sim_grow(void **array, size_t *cap, size_t n, size_t bytes);
#endif
