/*
 * sort.h - numbers in their order
 */
#ifndef MMSIM_BASE_SORT_H
#define MMSIM_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Sorts digit by digit, in time that grows with n alone; digits that all have in common cost a
 * look. */
void sort_u32(uint32_t *v, size_t n);
#endif
