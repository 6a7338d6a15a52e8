/* chance.h - what makers of scripts leave to chance; the same seed gives the same everywhere */
#ifndef MMSIM_TESTS_GUEST_CHANCE_H
#define MMSIM_TESTS_GUEST_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void chance_begin(uint64_t seed);
/* For seeds near each other that are to part at once: the first bits that are asked for are low
 * ones. */
uint64_t spread(uint64_t seed);
/* 0 to n - 1; low to high, both included; once in n times. */
uint64_t below(uint64_t n);
uint64_t between(uint64_t low, uint64_t high);
bool once_in(uint64_t n);
/* 1 to high, small ones more often: each power of two is as likely as the next. */
uint64_t any_size(uint64_t high);
/* One of the choices, as often as its weight says. */
int weighted(const int *weights, int n);

/* A number of the command line, 0 to high; another ends the program. */
uint64_t number(const char *what, const char *text, uint64_t high);
/* The row of that name in a table of rows of so many bytes, which begin with their names; the last
 * has none.  Another name ends the program, which says what there is. */
const void *row_named(const void *rows, size_t size, const char *name);

#endif
