/*
 * mem.c - host memory
 *
 * Every block is preceded by 16 bytes that hold its size, so that the bytes in
 * use are the same number on every C library (malloc_usable_size is not).
 *
 *     | size | unused |  what the caller sees ...
 *     0      8       16
 */
#include "sim/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sim/base/bug.h"

#define HEADER_BYTES     16 /* keeps what malloc promises about alignment */
#define EXIT_HOST_FAILED 3

struct header {
	size_t bytes; /* what the caller asked for */
};

static size_t bytes_in_use; /* of the host, not of a run */

static void __attribute__((noreturn, cold)) out_of_memory(size_t bytes)
{
	fprintf(stderr, "mmsim: out of memory (%zu bytes asked for)\n", bytes);
	fflush(NULL);
	_exit(EXIT_HOST_FAILED);
}

static struct header *header_of(void *p)
{
	return (struct header *)(void *)((char *)p - HEADER_BYTES);
}

/* Writes down the size of a fresh block; returns the part that the caller sees. */
static void *hand_out(void *block, size_t bytes)
{
	struct header *header = block;

	header->bytes = bytes;
	bytes_in_use += bytes;
	return (char *)block + HEADER_BYTES;
}

void *sim_alloc(size_t bytes)
{
	if (bytes > SIZE_MAX - HEADER_BYTES)
		out_of_memory(bytes);

	void *block = malloc(bytes + HEADER_BYTES);

	if (!block)
		out_of_memory(bytes);
	return hand_out(block, bytes);
}

void *sim_calloc(size_t n, size_t bytes)
{
	size_t total;

	if (__builtin_mul_overflow(n, bytes, &total) || total > SIZE_MAX - HEADER_BYTES)
		out_of_memory(SIZE_MAX);

	void *block = calloc(1, total + HEADER_BYTES);

	if (!block)
		out_of_memory(total);
	return hand_out(block, total);
}

void *sim_realloc(void *p, size_t bytes)
{
	if (!p)
		return sim_alloc(bytes);
	if (bytes > SIZE_MAX - HEADER_BYTES)
		out_of_memory(bytes);

	size_t before = header_of(p)->bytes;
	void *block = realloc(header_of(p), bytes + HEADER_BYTES);

	if (!block)
		out_of_memory(bytes);
	bytes_in_use -= before;
	return hand_out(block, bytes);
}

char *sim_strdup(const char *s)
{
	return sim_strndup(s, strlen(s));
}

char *sim_strndup(const char *s, size_t len)
{
	size_t n = strnlen(s, len);
	char *copy = sim_alloc(n + 1);

	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

void sim_free(void *p)
{
	if (!p)
		return;

	struct header *header = header_of(p);

	SIM_ASSERT(header->bytes <= bytes_in_use);
	bytes_in_use -= header->bytes;
	free(header);
}

void *sim_reserve(size_t bytes)
{
	void *p = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		out_of_memory(bytes);
	return p;
}

void sim_unreserve(void *p, size_t bytes)
{
	if (p)
		SIM_ASSERT(munmap(p, bytes ? bytes : 1) == 0);
}

size_t sim_mem_in_use(void)
{
	return bytes_in_use;
}

size_t sim_mem_peak_rss(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		return 0;
	return (size_t)usage.ru_maxrss * 1024; /* Linux counts it in KiB */
}

void sim_grow(void **array, size_t *cap, size_t n, size_t bytes)
{
	if (n <= *cap)
		return;

	size_t wanted = *cap ? *cap : 8;
	size_t total;

	while (wanted < n) {
		if (wanted > SIZE_MAX / 2)
			out_of_memory(SIZE_MAX);
		wanted *= 2;
	}
	if (__builtin_mul_overflow(wanted, bytes, &total))
		out_of_memory(SIZE_MAX);
	*array = sim_realloc(*array, total);
	*cap = wanted;
}
