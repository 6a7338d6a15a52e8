/*
 * watermark.h - how much memory each zone keeps, and what follows from it
 *
 * Like:        Linux 6.1, mm/page_alloc.c (watermarks, reserves, per-CPU list limits),
 *              mm/vmstat.c (thresholds), mm/khugepaged.c (raise of min_free_kbytes)
 * Left out:    zones of high memory (32-bit machines)
 *
 *   min_free_kbytes -> min -> low -> high -> promo       setup_per_zone_wmarks
 *   managed pages   -> lowmem_reserve                    setup_per_zone_lowmem_reserve
 *   both            -> totalreserve_pages                calculate_totalreserve_pages
 *   low, CPUs       -> high and batch of per-CPU lists   zone_pcp_update
 *   managed, CPUs   -> stat_threshold                    refresh_zone_stat_thresholds
 *
 * Each is worked out only at its own moments: after a change of managed pages
 * alone the limits are those of before.
 */
#ifndef MMSIM_LINUX_WATERMARK_H
#define MMSIM_LINUX_WATERMARK_H

#include "models/linux/linux.h"

/* Pages above the high watermarks in the zones up to index offset that the boot CPU's node uses. */
pages_t nr_free_zone_pages(const struct linux_vm *vm, int offset);
pages_t nr_free_buffer_pages(const struct linux_vm *vm);
pages_t nr_free_pagecache_pages(const struct linux_vm *vm);

/* min_free_kbytes from the size of memory, unless the user asked for more. */
void calculate_min_free_kbytes(struct linux_vm *vm);
/* Raises it for huge pages and sets the watermarks; with them off, works it out anew. */
void set_recommended_min_free_kbytes(struct linux_vm *vm);

/* From min_free_kbytes and watermark_scale_factor; clears boosts.  Then totalreserve and pcp. */
void setup_per_zone_wmarks(struct linux_vm *vm);
void setup_per_zone_lowmem_reserve(struct linux_vm *vm);
void calculate_totalreserve_pages(struct linux_vm *vm);
void setup_min_unmapped_ratio(struct linux_vm *vm);
void setup_min_slab_ratio(struct linux_vm *vm);
/* Everything: at boot and when memory comes or goes. */
void init_per_zone_wmark_min(struct linux_vm *vm);

int zone_batchsize(const struct zone *zone);
/* cpus_coming: 1 while a CPU is being brought up, which the node does not count yet. */
int zone_highsize(const struct linux_vm *vm, const struct zone *zone, int batch, int cpus_coming);
/* Gives a zone that gets its first pages lists for every CPU. */
void setup_zone_pageset(struct linux_vm *vm, struct zone *zone);
/* Takes the lists of a zone that lost its last page away; they must be empty. */
void zone_pcp_reset(struct zone *zone);
void zone_pcp_update(struct linux_vm *vm, struct zone *zone, int cpus_coming);
/* While pages of the zone are taken away lists hold nothing back. */
void zone_pcp_disable(struct linux_vm *vm, struct zone *zone);
void zone_pcp_enable(struct linux_vm *vm, struct zone *zone);

/* What a CPU's counters of a zone with so many managed pages may be off. */
int normal_threshold(const struct linux_vm *vm, pages_t managed);
int calculate_normal_threshold(const struct linux_vm *vm, const struct zone *zone);
int calculate_pressure_threshold(const struct linux_vm *vm, const struct zone *zone);
void refresh_zone_stat_thresholds(struct linux_vm *vm);
/* kswapd: thresholds of the zones of a node whose counters may drift too far. */
void set_pgdat_percpu_threshold(struct pglist_data *node,
				int (*threshold)(const struct linux_vm *vm,
						 const struct zone *zone));

void watermark_check(struct check *c, struct sim *s);
#endif
