/*
 * blk.h - inside of the block layer: requests, queues, scheduler, throttling
 *
 *	bio -> bio_part -> request -> plug -> (scheduler) -> dispatch -> disk
 */
#ifndef MMSIM_LINUX_BLK_H
#define MMSIM_LINUX_BLK_H

#include "models/linux/storage/bio.h"
#include "models/linux/task.h"

#define MAX_SCHED_RQ 2048

enum wbt_flag {
	WBT_TRACKED = 1,
	WBT_READ = 2,
	WBT_KSWAPD = 4,
};

struct request {
	struct disk_request device;
	struct request_queue *q;
	enum disk_op op;
	unsigned flags;  /* of its first bio, and REQ_NOMERGE */
	uint16_t ioprio; /* of all its bios */
	uint64_t sector;
	uint64_t sectors;
	int nr_segments;
	struct list parts;    /* struct bio_part */
	struct list link;     /* in a plug, a FIFO of the scheduler or the dispatch list */
	struct list of_queue; /* in request_queue.requests */
	sim_time start_time;  /* its tag was granted */
	sim_time io_start;    /* it was given to the device */
	uint64_t fifo_time;   /* jiffy of its deadline in the scheduler */
	bool scheduled;       /* the scheduler has it */
	bool inserted;        /* the scheduler had it: it counts there until it is done */
	unsigned wbt_flags;   /* enum wbt_flag */
};

/* queue.<disk>.*: rows in sysfs_queue.def */
struct queue_conf {
#define TUNABLE(name, unit, def, min, max, write, meaning)        int64_t name;
#define TUNABLE_WORDS(name, words, def, min, max, write, meaning) int64_t name;
#include "models/linux/sysfs_queue.def"
#undef TUNABLE
#undef TUNABLE_WORDS
};

/* Requests of one direction by sector. */
struct sort_list {
	struct request **rq; /* owned */
	size_t nr, cap;
};

/* Priorities for I/O: a class, and a level 0..7 in it. */
enum ioprio_class { IOPRIO_CLASS_NONE, IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE };
#define IOPRIO_PRIO_VALUE(class, level) ((uint16_t)((class) << 13 | (level)))
#define IOPRIO_PRIO_CLASS(ioprio)       ((ioprio) >> 13)

enum dd_prio { DD_RT_PRIO, DD_BE_PRIO, DD_IDLE_PRIO, DD_NR_PRIO };

/* The requests of one class; index 0 reads, 1 writes. */
struct dd_per_prio {
	struct sort_list sort_list[2];
	struct list fifo_list[2];
	struct request *next_rq[2]; /* behind the last one dispatched, by sector; or NULL */
	int queued;                 /* given to the scheduler and not done yet */
};

/* State of mq-deadline. */
struct deadline_data {
	struct dd_per_prio per_prio[DD_NR_PRIO];
	enum disk_op last_dir;
	int batching;
	int starved;
};

/* How many requests of one kind are in flight, and who waits for fewer. */
struct rq_wait {
	struct wait_queue wait;
	int inflight;
};

enum wbt_rq_wait {
	WBT_RWQ_BG,
	WBT_RWQ_KSWAPD,
	WBT_NUM_RWQ,
};

struct rq_depth {
	unsigned max_depth;
	int scale_step;
	bool scaled_max;
	unsigned queue_depth;
	unsigned default_depth;
};

/* Completions of one direction during a window. */
struct blk_rq_stat {
	uint64_t nr_samples;
	sim_time min, max, sum;
};

struct rq_wb {
	unsigned wb_background; /* limits of requests in flight */
	unsigned wb_normal;
	struct rq_depth rq_depth;
	sim_time min_lat; /* target; 0: off */
	sim_time cur_win;
	int unknown_cnt;
	struct timer timer; /* end of the window */
	struct blk_rq_stat stat[2];
	const struct request
	    *sync_cookie;               /* a read that is remembered while it is out; NULL: none */
	sim_time sync_issue;            /* when that was given to the device */
	uint64_t last_issue, last_comp; /* jiffies: of reads */
	struct rq_wait rq_wait[WBT_NUM_RWQ];
};

/* Tasks that wait for a tag are spread over so many queues, in turn. */
#define SBQ_WAIT_QUEUES 8

/* Numbers of disks: each has some for its partitions. */
#define SD_MAJOR  8
#define SD_MINORS 16

struct request_queue {
	struct linux_vm *vm;
	struct disk *disk; /* borrowed */
	struct queue_conf conf;
	bool write_cache; /* the disk has one; conf.write_cache: and it is told to empty it */
	int tags_used;    /* requests that hold a tag, <= nr_requests unless that was lowered */
	struct wait_queue tag_wait[SBQ_WAIT_QUEUES];
	int tag_wait_index;   /* of tag_wait: where the next task waits */
	int tag_wake_index;   /* of tag_wait: where the next one to be woken is looked for first */
	int tag_completions;  /* tags released while tasks waited, not yet turned into wakes */
	struct list dispatch; /* next for the device, before the scheduler's */
	struct deadline_data dd;
	struct request *last_merge;
	struct rq_wb wb;
	uint64_t dirty_sleep; /* jiffies */
	struct list bios;     /* all that are not done */
	struct list requests; /* all that hold a tag */
	uint64_t stat_stamp;  /* jiffies: disk.stat.io_ticks is right up to here */
	struct event run;     /* look at the queue once the completions of this instant are done */
	bool restart; /* requests wait because the device was full: look at each completion */
	int issuing;  /* requests whose data the CPU is still moving */
	struct list run_work; /* in what a worker of kblockd has to do */
};

/* All queues; by number of the disk. */
struct queue_table {
	struct request_queue *q; /* owned */
	int nr;
	struct kblockd_worker *kblockd; /* owned; by CPU; NULL: never needed so far */
};

enum elv_merge {
	ELEVATOR_NO_MERGE,
	ELEVATOR_FRONT_MERGE,
	ELEVATOR_BACK_MERGE,
};

static inline bool queue_has_elevator(const struct request_queue *q)
{
	return q->conf.scheduler == DISK_SCHEDULER_MQ_DEADLINE;
}

static inline uint64_t rq_end_sector(const struct request *rq)
{
	return rq->sector + rq->sectors;
}

static inline uint64_t bio_sectors(const struct bio *bio)
{
	return (uint64_t)bio->nr_pages * PAGE_SECTORS;
}

/* --- blk_merge.c --- */
/* The next part of a bio from its sector number from on: what fits one request.  bio_part_free. */
struct bio_part *bio_next_part(const struct request_queue *q, struct bio *bio, uint64_t from);
/* Where a part would join a request, sizes not looked at. */
enum elv_merge blk_try_merge(const struct request *rq, const struct bio_part *p);
bool blk_rq_merge_ok(const struct request *rq, const struct bio_part *p);
/* Joins a part to a request that blk_try_merge said something about; false: too large. */
bool bio_attempt_merge(struct request *rq, struct bio_part *p, enum elv_merge where);
/*
 * Moves everything of next to the end of rq if it lies right behind it; next is empty then and is
 * to be freed by the caller.
 */
bool attempt_merge(struct request *rq, struct request *next);

/* --- blk_mq.c --- */
void blk_mq_submit_part(struct task *t, struct bio_part *p);
/* Whether a request waits for the device. */
bool blk_mq_has_work(const struct request_queue *q);
/* Gives the device what it can take. */
void blk_mq_dispatch_requests(struct request_queue *q);
void blk_mq_free_request(struct request *rq);
/* Where a task waits that finds no tag: at each call the next of the queues (borrowed). */
struct wait_queue *blk_mq_tag_wait_queue(struct request_queue *q);
/* Wakes up to NR tasks of the next of these queues at which somebody waits; so a task that waits
 * again may be woken before one that has waited for longer (lib/sbitmap.c). */
void blk_mq_wake_tag_waiters(struct request_queue *q, int nr);
/* Room for n tags; wakes who may have one. */
void blk_mq_set_nr_requests(struct request_queue *q, int64_t n);

/* Brings disk->stat up to now, for who reads it; arg: the queue.  For struct disk.update_stat. */
void update_disk_stat(struct disk *disk, void *arg);

/* --- kblockd.c --- */
/* Has the device given what it can take, if anything waits; async: by a worker, a little later. */
void blk_mq_run_hw_queue(struct request_queue *q, bool async);

/* --- bio.c --- */
void bio_free(struct bio *bio);
/* Takes a part out of its bio, which keeps the first one to itself. */
void bio_part_free(struct bio_part *p);
/* A part is done; the bio ends with its last one. */
void bio_part_end(struct bio_part *p, int error);

/* --- scheduler.c: mq-deadline --- */
void dd_init(struct deadline_data *dd);
void dd_free(struct deadline_data *dd);
void dd_insert_request(struct request_queue *q, struct request *rq);
/* The request to be served next; it leaves the scheduler.  NULL: none. */
struct request *dd_dispatch_request(struct request_queue *q);
/* Whether a part could be merged into a request of the scheduler; it is then. */
bool dd_bio_merge(struct request_queue *q, struct bio_part *p);
bool dd_has_work(const struct deadline_data *dd);
/* A request is done, or was joined to another one. */
void dd_finish_request(struct request_queue *q, const struct request *rq);

/* --- ioprio.c --- */
/* The priority of what the task submits. */
uint16_t get_current_ioprio(const struct task *t);
/* 0; -EINVAL: class none has no levels. */
int ioprio_set(struct task *t, int class, int level);

/* --- wbt.c --- */
/* Sets max_depth from queue_depth and scale_step; true if it can grow no more. */
bool rq_depth_calc_max_depth(struct rq_depth *rqd);
/* Sets wb_normal and wb_background from max_depth. */
void calc_wb_limits(struct rq_wb *rwb);
void wbt_init(struct request_queue *q);
void wbt_free(struct request_queue *q);
void wbt_set_min_lat(struct request_queue *q, sim_time target);
/* Sleeps until the part may become a request; returns the flags of that request. */
unsigned wbt_wait(struct task *t, struct request_queue *q, const struct bio_part *p);
/* A part that wbt_wait let pass became no request after all. */
void wbt_cleanup(struct request_queue *q, unsigned flags);
void wbt_issue(struct request_queue *q, const struct request *rq);
void wbt_stat_add(struct request_queue *q, const struct request *rq, sim_time now);
void wbt_done(struct request_queue *q, struct request *rq);
#endif
