/*
 * driver_ops.h - words and fields of the calls of drivers: for arg.def and result.def
 */
#ifndef MMSIM_LINUX_DRIVER_OPS_H
#define MMSIM_LINUX_DRIVER_OPS_H

#include "sim/sim.h"

extern const struct key_word vma_words[];

/* Of the first VMA of a mapping. */
int64_t result_map_pfnmap(const struct sim *s, const struct result *r);
int64_t result_map_mixedmap(const struct sim *s, const struct result *r);
int64_t result_map_io(const struct sim *s, const struct result *r);
int64_t result_map_dontexpand(const struct sim *s, const struct result *r);
int64_t result_map_dontdump(const struct sim *s, const struct result *r);
int64_t result_map_pat(const struct sim *s, const struct result *r);
int64_t result_map_pgoff(const struct sim *s, const struct result *r);
#endif
