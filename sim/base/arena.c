/*
 * arena.c - memory for many small things that are freed together
 *
 * Pieces are cut from chunks.  A piece that is large beside a chunk gets a
 * chunk of its own, and the chunk in use stays in use.
 */
#include "sim/base/arena.h"

#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"

#define CHUNK_BYTES 65536
#define ALIGN       16

struct arena_chunk {
	struct arena_chunk *next;
	size_t unused; /* keeps what follows aligned */
};

/* Puts a chunk that can hold bytes in front; returns the memory in it. */
static char *add_chunk(struct arena *a, size_t bytes)
{
	struct arena_chunk *chunk = sim_alloc(sizeof(*chunk) + bytes);

	chunk->next = a->chunks;
	a->chunks = chunk;
	return (char *)(chunk + 1);
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	SIM_ASSERT(bytes <= SIZE_MAX / 2);
	bytes = bytes ? bytes : 1;
	bytes = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (bytes > a->left) {
		if (bytes > CHUNK_BYTES / 4)
			return add_chunk(a, bytes);
		a->free = add_chunk(a, CHUNK_BYTES);
		a->left = CHUNK_BYTES;
	}

	char *p = a->free;

	a->free += bytes;
	a->left -= bytes;
	return p;
}

void *arena_calloc(struct arena *a, size_t n, size_t bytes)
{
	size_t total;

	SIM_ASSERT(!__builtin_mul_overflow(n, bytes, &total));

	void *p = arena_alloc(a, total);

	memset(p, 0, total);
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

void arena_free(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		sim_free(a->chunks);
		a->chunks = next;
	}
	*a = (struct arena){ 0 };
}
