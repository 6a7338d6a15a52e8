/*
 * disk.h - when a request that is given to a disk will be done
 *
 * Like:        no one device: channels, link and positioning as parameters
 * Simplified:  presets have no volatile write cache (cache: 0), so fsync costs no flush unless a
 *              scenario gives one; where on its track a sector lies is mixed from its number and
 *              the place the head comes from, not from the time
 *
 * Our own model of a device: channels, one transfer link, positioning, write
 * cache, limits.  It knows neither merging nor tags: those belong to a kernel.
 */
#ifndef MMSIM_HW_DISK_H
#define MMSIM_HW_DISK_H

#include "sim/sim.h"

#define SECTOR_SIZE 512ULL

enum disk_op {
	DISK_READ,
	DISK_WRITE,
	DISK_FLUSH,
	NR_DISK_OPS,
};

/* What a disk asks its host's kernel to begin with. */
enum disk_scheduler {
	DISK_SCHEDULER_NONE,
	DISK_SCHEDULER_MQ_DEADLINE,
};

/* machine.disks[]: rows in disk.def */
struct disk_conf {
	const char *name;
	int64_t preset; /* enum disk_preset, -1: none */
#define DISK_PARAM(name, unit, def, min, max, meaning) int64_t name;
#define DISK_WORDS(name, words, meaning)               int64_t name;
#include "models/hw/disk.def"
#undef DISK_PARAM
#undef DISK_WORDS
	struct key_list errors; /* struct disk_error_conf: requests that fail */
	struct key_list stalls; /* struct disk_stall_conf: times in which nothing gets done */
	struct key_seen seen;
};

/* disks[].errors[]: requests of which all of this is true end with an error */
struct disk_error_conf {
	int64_t start,
	    sectors;         /* they touch [start, start + sectors), of 512 bytes; start -1: any */
	int64_t error;       /* errno, positive */
	int64_t on;          /* enum disk_op, or -1: both reads and writes */
	int64_t every;       /* each so many-th of them; 0 and 1: all */
	int64_t count;       /* so many at most; 0: no limit */
	int64_t from, until; /* they end in [from, until), ns; until 0: no end */
};

/* disks[].stalls[]: the disk does nothing in [at, at + length), ns */
struct disk_stall_conf {
	int64_t at, length;
	int64_t every; /* from one beginning to the next, ns; 0: once */
};

struct disk_request;
struct disk_error_state;

/* All times of service (channels, link, limits, cache) are of the device's own clock, which stands
 * still in a stall: disk_faults.h. */
struct disk {
	struct sim *sim;
	const char *name;      /* borrowed */
	int id;                /* index in the machine */
	struct disk_conf conf; /* preset and parameters, worked out; what has no value is -1 */
	int nr_channels;
	sim_time *channel_free; /* owned; when each channel is idle again */
	sim_time link_free[2];  /* by direction; the first one is both unless duplex */
	sim_time limit_free;    /* when iops_limit and bps_limit are paid off */
	uint64_t head_sector;   /* where the last request ended */
	uint64_t cache_used;    /* bytes in the write cache at cache_at */
	sim_time cache_at;
	struct list waiting;                  /* native queueing: taken and not yet served */
	struct disk_request *served;          /* native queueing: the one that is served */
	struct disk_request *flush;           /* the flush that runs */
	struct list flush_waiting;            /* flushes that came meanwhile */
	struct disk_error_state *error_state; /* owned; by row of conf.errors */
	sim_time stalls_seen;                 /* stat.sim_stall_ns is right up to here */
	sim_time busy_since; /* while in_flight is not 0: io_ticks_ns is right up to here */
	/* Set by the kernel, or NULL: brings what it counts of the disk in stat up to date. */
	void (*update_stat)(struct disk *disk, void *arg);
	void *update_arg;
	struct disk_stat {
#define DISK_METRIC(name, kind, unit, meaning) int64_t name;
#include "models/hw/metric.def"
#undef DISK_METRIC
	} stat;
};

extern const struct key_schema disk_schema;
extern const struct metric_object disk_metrics; /* table disk_sample */

/* --- disk_conf.c --- */
/* Reports what rows cannot say of a disk. */
void disk_check(struct diag *d, const struct disk_conf *conf, int nr_nodes);
/* The parameters of a disk: the preset's, on top of them the user's; what has no value is -1. */
void disk_work_out(struct disk_conf *out, const struct disk_conf *conf);

/* --- disk.c --- */
/* Works the parameters out from the preset and what was given; conf is one that disk_check found
 * no fault with.  Only conf->name, errors and stalls are borrowed. */
void disk_init(struct sim *s, struct disk *disk, const struct disk_conf *conf, int id);
void disk_free(struct disk *disk);

/* A request as a disk sees it; lies in whoever asks. */
struct disk_request {
	struct event event; /* of its completion */
	enum disk_op op;
	uint64_t sector; /* of 512 bytes */
	uint64_t sectors;
	sim_time issued_at;
	int error; /* 0, or a negative errno value when done */
	/* Called at completion, out of the loop. */
	void (*done)(struct disk *disk, struct disk_request *rq);
	struct disk *disk;
	struct list link; /* in disk.waiting or disk.flush_waiting */
	bool joined;      /* a flush that is done together with the one that runs */
};

/*
 * Gives a request to the disk now.  The caller has filled op, sector, sectors and done and keeps to
 * conf.queue_depth; done is called when the request ends.
 */
void disk_issue(struct disk *disk, struct disk_request *rq);
#endif
