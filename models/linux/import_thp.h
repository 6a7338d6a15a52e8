/*
 * import_thp.h - how a real system has set its huge pages, as "sysctl:" of a scenario
 */
#ifndef MMSIM_LINUX_IMPORT_THP_H
#define MMSIM_LINUX_IMPORT_THP_H

#include "models/linux/verify/verify.h"

/*
 * Adds a line for each file of /sys/kernel/mm/transparent_hugepage, and of khugepaged/ below it,
 * that lies in the folder of c and has not its usual value.  What cannot be a value here is
 * reported.  "enabled" is no part of it: that is linux.transparent_hugepage.
 */
void import_thp(struct verify_case *c, struct str *out);
#endif
