/*
 * model_list.h - the models of this personality, in the order of documents, checks and tables
 */
#ifndef MMSIM_LINUX_MODEL_LIST_H
#define MMSIM_LINUX_MODEL_LIST_H

#include "sim/sim.h"

extern const struct model metrics_model;       /* metrics.c */
extern const struct model tunables_model;      /* linux.c */
extern const struct model page_alloc_model;    /* alloc/page_alloc.c */
extern const struct model alloc_ops_model;     /* alloc/alloc_ops.c */
extern const struct model boot_ops_model;      /* boot/boot_ops.c */
extern const struct model cma_model;           /* alloc/cma.c */
extern const struct model compaction_model;    /* alloc/compaction.c */
extern const struct model hotplug_model;       /* boot/hotplug_ops.c */
extern const struct model file_model;          /* storage/file.c */
extern const struct model cache_ops_model;     /* pagecache/cache_ops.c */
extern const struct model mappings_model;      /* mappings/mm_ops.c */
extern const struct model driver_maps_model;   /* mappings/driver_ops.c */
extern const struct model swap_model;          /* swap/swap_ops.c */
extern const struct model vmalloc_model;       /* vmalloc/vmalloc_ops.c */
extern const struct model truncate_model;      /* pagecache/truncate_ops.c */
extern const struct model reclaim_model;       /* reclaim/vmscan.c */
extern const struct model writeback_model;     /* writeback/backing_dev.c */
extern const struct model writeback_ops_model; /* writeback/writeback_ops.c */
extern const struct model pools_model;         /* pools/pool_ops.c */
extern const struct model ioprio_model;        /* storage/ioprio.c */
extern const struct model block_model;         /* storage/blk_check.c */
extern const struct model task_model;          /* stall.c: samples of the workload's tasks */
#endif
