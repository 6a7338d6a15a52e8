/*
 * guest_case.h - cases in which programs of a few steps run on a captured guest
 *
 * Families writeback and reclaim: a machine with disks and perhaps a swap area, its memory as it
 * was found before the start, values of /proc/sys/vm, and programs.
 */
#ifndef MMSIM_LINUX_GUEST_CASE_H
#define MMSIM_LINUX_GUEST_CASE_H

#include "models/linux/conf.h"
#include "models/linux/storage/file.h"
#include "models/linux/swap/internal.h"
#include "models/linux/verify/tsv.h"

#define GUEST_MAX_DISKS 8
#define GUEST_MAX_STEPS 256
#define GUEST_MAX_ZONES 8

#define GUEST_FIRST_JIFFY ((uint64_t)(uint32_t)(-300 * HZ))

/* A line of the workload: PROCESS OP key=value ... */
struct guest_step {
	int line;                  /* from 0 */
	char *process, *op, *args; /* owned */
	int disk;                  /* that of the last open of the process; -1: none */
};

/* What case.yaml and before/ say. */
struct guest_case {
	struct verify_case *c;
	struct machine_conf machine;
	struct linux_conf kernel;
	struct node_conf node;
	struct disk_conf disk[GUEST_MAX_DISKS];
	const char *bdi[GUEST_MAX_DISKS]; /* borrowed; 254:0 */
	const struct yaml_node *settings[GUEST_MAX_DISKS];
	struct file_conf file[GUEST_MAX_DISKS]; /* the devices themselves, or a file of one */
	char *file_name[GUEST_MAX_DISKS];       /* owned; of a file of zeros; NULL: the device */
	struct zone_fact zone_fact[GUEST_MAX_ZONES];
	int nr_disks, nr_zones;
	bool has_swap;
	struct swap_conf swap;                 /* if so */
	int64_t totalreserve, ratelimit_pages; /* pages; ratelimit 0: not said */
	int64_t active_anon, inactive_anon;    /* pages on these lists before the start */
	bool programs_there;                   /* by then programs had all that they have at t=0 */
	int64_t free_nodes;                    /* of the index of the cache by then; -1: not said */
	int64_t free_heads;                    /* buffer heads, likewise */
	int64_t shmem, mapped;                 /* pages of files in memory; those that are mapped */
	int64_t jiffy_0_us;                    /* when jiffy 0 began, from the start on */
	int64_t duration_ms, sample_ms;
	struct guest_step step[GUEST_MAX_STEPS];
	int nr_steps;
};

/* Reads case.yaml and before/; false after reporting to c->diag. */
bool guest_case_read(struct verify_case *c, struct guest_case *w);
void guest_case_free(struct guest_case *w);
/* The value of key=value in the arguments of a step, NULL if it is not there; the caller frees it.
 */
char *guest_step_value(const struct guest_step *step, const char *key);
/* A number of bytes: 64K, 3G; or a plain number.  def if it is not there. */
int64_t guest_step_size(struct guest_case *w, const struct guest_step *step, const char *key,
			int64_t def);
/* The disk of a step's path=; -1 after reporting. */
int guest_step_disk(struct guest_case *w, const struct guest_step *step);
/* The tick that runs at a time from the start on. */
uint64_t guest_case_jiffy(const struct guest_case *w, int64_t t_us);

/* ---- guest_curves.c: how far a run is from the recorded one ---- */

/* Prints a distance in 1/1000, and whether it is within its bound. */
void guest_report(struct verify_case *c, const char *name, int64_t distance, int64_t largest);
/* |a - b| in 1/1000 of b, rounded up. */
int64_t guest_relative(int64_t a, int64_t b);
/* A counter of samples.tsv; one that does not change is in case.yaml only. */
int64_t guest_sample(const struct verify_case *c, const struct tsv *t, size_t row,
		     const char *column);

/* The sample nearest in time to t_us, of nr of so many bytes: each begins with its time, int64_t
 * t_us. */
const void *guest_sample_near(const void *sample, size_t nr, size_t bytes, int64_t t_us);

/* A curve against another: sums over the samples. */
struct guest_curve {
	uint64_t squares, sum, n; /* of differences; of what was recorded */
};

void guest_curve_add(struct guest_curve *c, int64_t computed, int64_t recorded);
/* Root mean square of the difference in 1/1000 of scale. */
int64_t guest_curve_distance(const struct guest_curve *c, uint64_t scale);
#endif
