/*
 * vmalloc_ops.h - words and fields of the calls for kernel addresses: for arg.def and result.def
 */
#ifndef MMSIM_LINUX_VMALLOC_OPS_H
#define MMSIM_LINUX_VMALLOC_OPS_H

#include "sim/sim.h"

extern const struct key_word vm_area_words[];

/* Of what vmalloc, vmap and others gave; 0 once it has been given back. */
int64_t result_area_address(const struct sim *s, const struct result *r);
int64_t result_area_size(const struct sim *s, const struct result *r);
int64_t result_area_flags(const struct sim *s, const struct result *r);
int64_t result_area_nr_pages(const struct sim *s, const struct result *r);
int64_t result_area_mapped(const struct sim *s, const struct result *r);
int64_t result_area_max_pfn(const struct sim *s, const struct result *r);
#endif
