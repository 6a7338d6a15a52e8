/*
 * disk_faults.h - disks that fail and disks that stall, for disk.c
 *
 * Like:        no one device: what scenarios ask for, always at the same moment
 * Left out:    the block layer's timeouts: a request given to a disk that stalls just waits
 */
#ifndef MMSIM_HW_DISK_FAULTS_H
#define MMSIM_HW_DISK_FAULTS_H

#include "models/hw/disk.h"

/* What is counted of a row of errors[]. */
struct disk_error_state {
	int64_t fit;    /* requests that it was true of, with every: */
	int64_t failed; /* of these, those that failed */
};

/* The device's own time, ns: it stands still while the device stalls. */
sim_time disk_time(struct disk *disk, sim_time now);
/* The simulated time at which the device's own time will be done, which is not before now. */
sim_time disk_time_ends(struct disk *disk, sim_time now, sim_time done);
/* 0, or the negative errno value a request that ends now is to end with. */
int disk_injected_error(struct disk *disk, const struct disk_request *rq, sim_time now);

/* Reports what rows cannot say of errors and stalls of a disk of size bytes. */
void disk_faults_check(struct diag *d, const struct disk_conf *conf, bytes_t size,
		       struct place errors_at, struct place stalls_at);

extern const struct key_schema disk_error_schema, disk_stall_schema;
#endif
