/*
 * bio.h - from pages to requests, and back at completion
 *
 * Like:        Linux 6.1, block/blk-core.c, blk-mq.c, blk-merge.c, mq-deadline.c, blk-wbt.c
 * Simplified:  one hardware queue; tags are granted first come, first served; a change of a
 *              queue's settings does not wait for the requests in flight
 * Left out:    I/O control groups, BFQ, Kyber, polling, zoned devices, discards,
 *              partial completions
 */
#ifndef MMSIM_LINUX_BIO_H
#define MMSIM_LINUX_BIO_H

#include "models/linux/linux.h"
#include "models/hw/disk.h"

#define PAGE_SECTORS    (PAGE_SIZE / SECTOR_SIZE)
#define BIO_MAX_VECS    256
#define BIO_INLINE_VECS 32 /* frames that need no array of their own: a window of readahead */

struct request_queue;
struct bio;

enum bio_flag {
	REQ_SYNC = 1,
	REQ_META = 2,
	REQ_PRIO = 4,
	REQ_IDLE = 8,
	REQ_RAHEAD = 16,
	REQ_BACKGROUND = 32,
	REQ_NOWAIT = 64,
	REQ_PREFLUSH = 128,
	REQ_KSWAPD = 256,  /* the submitter is kswapd */
	REQ_NOMERGE = 512, /* nothing is merged with it */
	REQ_SWAP = 1024,
};

/* A piece of a bio that fits one request; the whole bio unless it had to be split. */
struct bio_part {
	struct bio *bio;
	struct list of_bio; /* in bio.parts */
	struct list link;   /* in its request, by sector */
	uint64_t sector, sectors;
	int nr_segments;
	unsigned flags; /* enum bio_flag */
};

/* Pages that lie one behind the other on a disk, one direction. */
struct bio {
	struct request_queue *q; /* borrowed */
	enum disk_op op;
	unsigned flags;  /* enum bio_flag */
	uint16_t ioprio; /* of who submitted it */
	uint64_t sector; /* of 512 bytes */
	uint32_t *pfn;   /* frames in the order of their sectors; owned unless first */
	uint32_t first[BIO_INLINE_VECS];
	int nr_pages, cap_pages;
	int nr_segments; /* frames that follow each other share one */
	int error;       /* 0 or a negative errno value at completion */
	/* Called once when all of it is done, on the context of an interrupt.  Frees what it owns
	 * of private; the bio itself is freed afterwards. */
	void (*end_io)(struct linux_vm *vm, struct bio *bio);
	void *private;
	int remaining;     /* parts that are not done */
	struct list parts; /* struct bio_part; the first is first_part, the others are owned */
	struct bio_part first_part;
	struct list link; /* of all bios of the queue */
};

/* Requests a task has gathered and not yet given to the queue.  One per task, may be nested. */
struct blk_plug {
	int depth;            /* blk_start_plug calls that are open; 0: no plug */
	struct list requests; /* by link; the latest first */
	int nr;
	bool multiple_queues;
	bool has_elevator;
};

/* A new, empty bio for a queue. */
struct bio *bio_alloc(struct request_queue *q, enum disk_op op, unsigned flags, uint64_t sector);
/* Adds the next page; false (and nothing added) when the bio is full (256 segments). */
bool bio_add_page(struct linux_vm *vm, struct bio *bio, uint32_t pfn);
/* Gives a bio to its queue; may sleep for a tag or writeback throttling.  The bio is no longer the
 * caller's. */
void submit_bio(struct task *t, struct bio *bio);

void blk_start_plug(struct task *t);
void blk_finish_plug(struct task *t);
/* Submits what is plugged. */
void blk_flush_plug(struct task *t);
/* The same for a task that is about to sleep: the hook sim.before_block. */
void blk_schedule_flush_plug(struct task *t);

/* A flush of the device's cache, waited for.  0 or a negative errno value. */
int blkdev_issue_flush(struct task *t, struct request_queue *q);

/* The queue of disk number i, its tunables (sysfs_queue.def) and state. */
struct request_queue *disk_queue(struct linux_vm *vm, int i);
/* queue.<disk>.read_ahead_kb in pages, io_pages (max_sectors in pages): limits of readahead. */
uint32_t queue_ra_pages(const struct request_queue *q);
uint32_t queue_io_pages(const struct request_queue *q);
uint64_t queue_max_sectors(const struct request_queue *q); /* of a request */
bool queue_stable_writes(const struct request_queue *q);
struct disk *queue_disk(const struct request_queue *q);
/* A dirtier of this device slept at jiffy j (balance_dirty_pages): writeback throttling asks. */
void queue_note_dirty_sleep(struct request_queue *q, uint64_t j);
/* Writeback requests that throttling allows in flight now; 0: it is off. */
int queue_wbt_depth(const struct request_queue *q);

void block_init(struct linux_vm *vm);
void block_free(struct linux_vm *vm);
void block_check(struct check *c, struct sim *s);
extern const struct tunable_class queue_tunables; /* queue.<disk>.* */
extern const struct model block_model;
#endif
