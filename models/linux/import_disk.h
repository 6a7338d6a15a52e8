/*
 * import_disk.h - the description of a real disk as YAML
 *
 * A folder of a disk has what /sys/block/<disk> has (queue/, device/queue_depth, size) and results
 * of fio as JSON (*.json), any of them.
 */
#ifndef MMSIM_LINUX_IMPORT_DISK_H
#define MMSIM_LINUX_IMPORT_DISK_H

#include "sim/sim.h"

bool import_is_disk(const char *dir);
/* Adds the keys of an item of machine.disks to out, a line each.  False after reporting to d. */
bool import_disk(struct diag *d, const char *dir, struct str *out);
/* Adds all disks that lie in dir/disks, by name, as "  disks:" of a machine; nothing if there are
 * none.  False after reporting to d. */
bool import_disks(struct diag *d, const char *dir, struct str *out);
/* Adds what their queues were set to as "queue:" of a scenario, if it is not the usual. */
void import_queues(const char *dir, struct str *out);
#endif
