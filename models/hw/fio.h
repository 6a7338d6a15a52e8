/*
 * fio.h - parameters of a disk, as far as measurements with fio tell them
 *
 * Like:        no one device: docs/models/disk.md says how each parameter follows
 * Left out:    distributions of latency, trims, what the page cache hides (direct=0 is passed over)
 */
#ifndef MMSIM_HW_FIO_H
#define MMSIM_HW_FIO_H

#include "sim/sim.h"

enum fio_direction {
	FIO_READ,
	FIO_WRITE,
	NR_FIO_DIRECTIONS,
};

/* What one job measured in one direction; several processes of a job are added up. */
struct fio_job {
	const char *name; /* owned */
	const char *rw;   /* owned; "randread" */
	int file;         /* of which file, from 0 */
	int64_t group;    /* fio's groupid */
	enum fio_direction direction;
	int64_t processes;  /* that it stands for */
	int64_t depth;      /* requests in flight of all of them */
	int64_t ios, bytes; /* all together */
	int64_t iops;       /* requests per second */
	int64_t bandwidth;  /* bytes per second */
	int64_t latency;    /* mean from submission to completion, ns */
};

struct fio_jobs {
	struct fio_job *job; /* owned */
	size_t n, cap;
	int files;
	int passed_over; /* jobs that went through the page cache */
};

/* What follows from them; -1: not known. */
struct fio_disk {
	int64_t bandwidth[NR_FIO_DIRECTIONS]; /* bytes per second */
	int64_t largest[NR_FIO_DIRECTIONS];   /* bytes of a request of the job with most of them */
	int64_t latency[NR_FIO_DIRECTIONS];   /* ns */
	int64_t channels;
	int64_t seek_full; /* ns; with rotating disks alone */
};

#define FIO_RPM        7200
#define FIO_SEEK_TRACK 1000000 /* ns */

/* Adds what a file of "fio --output-format=json" says; false after reporting to d. */
bool fio_read(struct diag *d, const char *path, struct fio_jobs *jobs);
void fio_work_out(const struct fio_jobs *jobs, bool rotational, struct fio_disk *disk);
void fio_free(struct fio_jobs *jobs);
#endif
