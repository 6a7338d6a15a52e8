/*
 * tunables.h - the class "vm": /proc/sys/vm, and what a write to it sets off
 *
 * Like:        Linux 6.1, the handlers of kernel/sysctl.c and mm/page_alloc.c
 * Simplified:  writing min_unmapped_ratio, min_slab_ratio and lowmem_reserve_ratio computes what
 *              hangs on them; the kernel does so when they are read, too
 */
#ifndef MMSIM_LINUX_TUNABLES_H
#define MMSIM_LINUX_TUNABLES_H

#include "models/linux/linux.h"

extern const struct tunable_class vm_tunables;

/* The value user space writes becomes the user's own: hotplug does not lower it any more. */
tunable_write_fn min_free_kbytes_write;
tunable_write_fn wmark_write;
tunable_write_fn lowmem_reserve_write;
/* The value it has already changes nothing. */
tunable_write_fn pcp_fraction_write;
tunable_write_fn min_unmapped_write;
tunable_write_fn min_slab_write;
/* Switched off, the counters of NUMA events go back to 0. */
tunable_write_fn numa_stat_write;
/* Rounded down to a power of two. */
tunable_write_fn fault_around_write;
tunable_write_fn overcommit_ratio_write, overcommit_kbytes_write; /* mappings/overcommit.c */

/* A value above 0 has kcompactd look at every node at once. */
tunable_write_fn proactiveness_write;

/* writeback/dirty_limit.c, writeback/flusher.c */
tunable_write_fn dirty_background_ratio_write;
tunable_write_fn dirty_background_bytes_write;
tunable_write_fn dirty_ratio_write;
tunable_write_fn dirty_bytes_write;
tunable_write_fn dirty_writeback_write;
#endif
