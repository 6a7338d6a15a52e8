/*
 * sim.h - what a model may do: the only header of sim/ that models include
 */
#ifndef MMSIM_SIM_H
#define MMSIM_SIM_H

#include "sim/base/types.h"
#include "sim/base/bug.h"
#include "sim/base/diag.h"
#include "sim/base/list.h"
#include "sim/base/mem.h"
#include "sim/base/sort.h"
#include "sim/base/str.h"
#include "sim/base/units.h"
#include "sim/base/xarray.h"
#include "sim/engine/sim.h"
#include "sim/engine/task.h"
#include "sim/engine/timer.h"
#include "sim/engine/wait.h"
#include "sim/table/model.h"
#include "sim/scenario/sections.h"
#include "sim/scenario/yaml.h"
#include "sim/workload/model.h"
#endif
