/*
 * model.h - the workload's own tables, to be listed among the models of a personality
 */
#ifndef MMSIM_WORKLOAD_MODEL_H
#define MMSIM_WORKLOAD_MODEL_H

#include "sim/table/model.h"

/* Metrics of the kind "task": a row of samples per task of the scenario. */
extern const struct model workload_model;
#endif
