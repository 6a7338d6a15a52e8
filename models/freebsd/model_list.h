/*
 * model_list.h - the models of this personality, in the order of documents, checks and tables
 */
#ifndef MMSIM_FREEBSD_MODEL_LIST_H
#define MMSIM_FREEBSD_MODEL_LIST_H

#include "sim/sim.h"

extern const struct model freebsd_metrics_model; /* metrics.c: also tunables */
extern const struct model vm_page_model;         /* vm/vm_page_ops.c */
extern const struct model freebsd_file_model;    /* kern/file_ops.c */
extern const struct model vm_map_model;          /* vm/vm_map_ops.c */
extern const struct model freebsd_swap_model;    /* vm/swapon.c */

#define NR_FREEBSD_RESULTS 26
#define NR_FREEBSD_CHARTS  10
#define NR_FREEBSD_FIGURES 14
extern const struct result_field freebsd_results[NR_FREEBSD_RESULTS]; /* result.c */
extern const struct chart freebsd_charts[NR_FREEBSD_CHARTS];          /* charts.c */
extern const struct figure freebsd_figures[NR_FREEBSD_FIGURES];
#endif
