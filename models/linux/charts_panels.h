/*
 * charts_panels.h - what charts.c, charts_memory.c and charts_free.c share
 */
#ifndef MMSIM_LINUX_CHARTS_PANELS_H
#define MMSIM_LINUX_CHARTS_PANELS_H

#include "models/linux/charts.h"

#define PAGE         4096          /* bytes */
#define KIB          1024          /* bytes */
#define TASKS        1, NS_PER_SEC /* of time spent per second */
#define SERIES(rows) .series = rows, .nr_series = ARRAY_LEN(rows)
#define PANELS(rows) .panels = rows, .nr_panels = ARRAY_LEN(rows)

/* Where pages lie and who has them: charts_memory.c. */
extern const struct chart_panel lru_panels[5];
extern const struct chart_panel mapping_panels[2];
extern const struct chart_panel vmap_panels[3];
extern const struct chart_panel numa_panels[7];

/* Of which sizes free memory is: charts_free.c. */
extern const struct chart_panel fragmentation_panels[5];
extern const struct chart_panel buddy_panels[4];
#endif
