/*
 * metrics.h - the structures behind metric.def: one int64_t per row
 */
#ifndef MMSIM_LINUX_METRICS_H
#define MMSIM_LINUX_METRICS_H

#include "models/linux/page.h"
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

/* Free blocks of one migratetype in a zone. */
struct pagetype_stat {
	bool seen; /* there has been one at a sample */
	int64_t free[MAX_ORDER];
};

extern const struct metric_object vm_metrics, zone_metrics, pagetype_metrics,
    node_metrics; /* metrics.c */
#endif
