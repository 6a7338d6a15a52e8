/*
 * arena.h - memory for many small things that are freed together
 */
#ifndef MMSIM_BASE_ARENA_H
#define MMSIM_BASE_ARENA_H

#include "sim/base/types.h"

struct arena_chunk;

/* { 0 } is an empty arena. */
struct arena {
	struct arena_chunk *chunks; /* owned; the one in use first */
	char *free;                 /* borrowed: what is left of the chunk in use */
	size_t left;                /* bytes */
};

/* Memory aligned for anything, not cleared, that lives until arena_free. */
void *arena_alloc(struct arena *a, size_t bytes);
/* As above, cleared; the product is checked. */
void *arena_calloc(struct arena *a, size_t n, size_t bytes);
/* A copy of s[0..len) followed by a zero byte. */
char *arena_strndup(struct arena *a, const char *s, size_t len);
/* Frees everything; the arena is empty afterwards and may be used again. */
void arena_free(struct arena *a);
#endif
