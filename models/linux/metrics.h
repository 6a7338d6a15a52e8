/*
 * metrics.h - the structures behind metric.def: one int64_t per row
 */
#ifndef MMSIM_LINUX_METRICS_H
#define MMSIM_LINUX_METRICS_H

#include "sim/sim.h"

#define ZONE_METRIC(name, kind, unit, meaning) int64_t name;
#define NODE_METRIC(name, kind, unit, meaning)
#define VM_METRIC(name, kind, unit, meaning)
#define BDI_METRIC(name, kind, unit, meaning)
#define FILE_METRIC(name, kind, unit, meaning)
struct zone_stat {
#include "models/linux/metric.def"
};

#undef ZONE_METRIC
#undef NODE_METRIC
#define ZONE_METRIC(name, kind, unit, meaning)
#define NODE_METRIC(name, kind, unit, meaning) int64_t name;
struct node_stat {
#include "models/linux/metric.def"
};

#undef NODE_METRIC
#undef VM_METRIC
#define NODE_METRIC(name, kind, unit, meaning)
#define VM_METRIC(name, kind, unit, meaning) int64_t name;
struct vm_stat {
#include "models/linux/metric.def"
};

#undef VM_METRIC
#undef BDI_METRIC
#define VM_METRIC(name, kind, unit, meaning)
#define BDI_METRIC(name, kind, unit, meaning) int64_t name;
struct bdi_stat {
#include "models/linux/metric.def"
};

#undef BDI_METRIC
#undef FILE_METRIC
#define BDI_METRIC(name, kind, unit, meaning)
#define FILE_METRIC(name, kind, unit, meaning) int64_t name;
struct file_stat {
#include "models/linux/metric.def"
};
#undef ZONE_METRIC
#undef NODE_METRIC
#undef VM_METRIC
#undef BDI_METRIC
#undef FILE_METRIC
#endif
