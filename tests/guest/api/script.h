/* script.h - makes up scripts of calls */
#ifndef MMSIM_TESTS_GUEST_API_SCRIPT_H
#define MMSIM_TESTS_GUEST_API_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

/* 0 to n - 1; low to high, both included; once in n times. */
uint64_t below(uint64_t n);
uint64_t between(uint64_t low, uint64_t high);
bool once_in(uint64_t n);
/* 1 to high, small ones more often: each power of two is as likely as the next. */
uint64_t any_size(uint64_t high);
/* One of the choices, as often as its weight says. */
int weighted(const int *weights, int n);

struct kind {
	const char *name, *group;
	int memory_mb;
	void (*write)(int calls);
};

extern const struct kind vm_kinds[];   /* each ends with a row without a name */
extern const struct kind pool_kinds[]; /* dma and mempool */
extern const struct kind file_kinds[]; /* cache and user */

#endif
