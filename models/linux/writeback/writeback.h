/*
 * writeback.h - dirty pages, the flusher, and who is held back
 *
 * Like:        Linux 6.1, mm/page-writeback.c, mm/backing-dev.c, fs/fs-writeback.c, fs/mpage.c
 * Simplified:  one superblock per device; no writing of inodes themselves (no metadata)
 * Left out:    memory control groups (all tasks in the root group), lazytime
 */
#ifndef MMSIM_LINUX_WRITEBACK_H
#define MMSIM_LINUX_WRITEBACK_H

#include "models/linux/pagecache/filemap.h"
#include "models/linux/task.h"
#include "models/linux/workqueue.h"
#include "models/linux/writeback/flex_proportions.h"

struct request_queue;

enum writeback_sync_modes {
	WB_SYNC_NONE,
	WB_SYNC_ALL,
};

enum wb_reason {
	WB_REASON_BACKGROUND,
	WB_REASON_VMSCAN,
	WB_REASON_SYNC,
	WB_REASON_PERIODIC,
	WB_REASON_LAPTOP_TIMER,
	WB_REASON_FS_FREE_SPACE,
	WB_REASON_FORKER_THREAD,
	WB_REASON_FOREIGN_FLUSH,
};

/* What one walk over a mapping is to do, and did. */
struct writeback_control {
	int64_t nr_to_write;
	int64_t pages_skipped;
	int64_t range_start, range_end; /* bytes, inclusive */
	enum writeback_sync_modes sync_mode;
	bool for_kupdate, for_background, tagged_writepages, for_reclaim, range_cyclic, for_sync;
	struct bdi_writeback *wb; /* NULL: not from the flusher */
};

/* bdi.<disk>.*: rows in sysfs_bdi.def */
struct bdi_conf {
#define TUNABLE(name, unit, def, min, max, write, meaning) int64_t name;
#include "models/linux/sysfs_bdi.def"
#undef TUNABLE
};

/* Counters of a device, pages; each CPU keeps a part of them to itself. */
enum wb_stat_item {
	WB_RECLAIMABLE,
	WB_WRITEBACK,
	WB_DIRTIED,
	WB_WRITTEN,
	NR_WB_STAT_ITEMS,
};

/* Everything of writeback of one device (one bdi_writeback per backing_dev_info). */
struct bdi_writeback {
	struct backing_dev_info *bdi;
	struct list b_dirty, b_io, b_more_io; /* inodes by i_io_list; head: newest */
	struct list work_list; /* struct wb_writeback_work, first come, first served */
	unsigned state;        /* enum wb_state */
	enum wb_reason start_all_reason;
	uint64_t last_old_flush; /* jiffies */
	int64_t writeback_inodes;
	struct list inodes_wb; /* inodes with pages under writeback, by i_wb_list */
	struct list sync_list; /* those of them that the owner of s_sync_lock has yet to look at */
	struct mutex s_sync_lock; /* one task at a time waits for all inodes */

	struct percpu_counter counter[NR_WB_STAT_ITEMS];

	uint64_t bw_time_stamp; /* jiffies */
	uint64_t dirtied_stamp, written_stamp;
	uint64_t write_bandwidth; /* pages per second */
	uint64_t avg_write_bandwidth;
	uint64_t dirty_ratelimit;
	uint64_t balanced_dirty_ratelimit;
	struct fprop_local completions; /* events e */
	bool dirty_exceeded;
	uint64_t dirty_sleep; /* jiffies when a dirtier last slept */

	struct delayed_work dwork; /* the flusher */
	/* the estimate of bandwidth after the last page of an inode */
	struct delayed_work bw_dwork;

	struct bdi_stat stat; /* as sampled */
};

struct backing_dev_info {
	struct linux_vm *vm;
	int id;           /* number of the disk */
	const char *name; /* borrowed */
	struct request_queue *q;
	struct bdi_conf conf;
	bool strictlimit;
	unsigned max_prop_frac; /* max_ratio in 1/1024 */
	uint64_t tot_write_bandwidth;
	struct timer laptop_mode_wb_timer; /* everything dirty is written when it ends */
	errseq_t s_wb_err;                 /* errors of writeback of any of its files, for syncfs */
	struct bdi_writeback wb;
};

/* All devices, by number of the disk. */
struct bdi_table {
	struct backing_dev_info *bdi; /* owned */
	int nr;
};

/* What of dirty throttling belongs to a CPU; pages. */
struct dirty_cpu {
	int64_t bdp_ratelimits;       /* made dirty on it since its writers were last asked */
	int64_t dirty_throttle_leaks; /* left by tasks that ended unasked */
};

/* What all devices share. */
struct writeback_domain {
	struct fprop_global completions; /* events E, period P */
	struct timer period_timer;
	uint64_t period_time;        /* jiffies; 0: the shares do not age */
	uint64_t dirty_limit;        /* the tracked limit, pages */
	uint64_t dirty_limit_tstamp; /* jiffies */
	uint64_t ratelimit_pages;
	int64_t bdi_min_ratio;    /* sum over the devices, percent */
	int64_t inodes_in_use;    /* of the system beside the scenario's files */
	struct dirty_cpu *cpu;    /* owned; by CPU */
	struct worker_pool *pool; /* owned; by CPU: who does the work of devices */
};

enum wb_state {
	WB_writeback_running = 1,
	WB_has_dirty_io = 2,
	WB_start_all = 4,
};

struct backing_dev_info *disk_bdi(struct linux_vm *vm, int i);

void writeback_init(struct linux_vm *vm);
void writeback_free(struct linux_vm *vm);
/* Starts the flushers. */
void writeback_start(struct linux_vm *vm);

/* --- dirty_limit.c --- */
uint64_t global_dirtyable_memory(const struct linux_vm *vm);
/* The same from its inputs alone, pages: free ones, file pages on the lists, the reserve. */
uint64_t dirtyable_memory_from(uint64_t free, uint64_t file, uint64_t totalreserve);
/* rt: the limits of a real-time task. */
void global_dirty_limits(struct linux_vm *vm, bool rt, uint64_t *background, uint64_t *dirty);
/* The limits from their inputs alone: available pages, the tracked limit (counts if rt only). */
void dirty_limits_from(const struct linux_vm *vm, uint64_t available, bool rt, uint64_t dirty_limit,
		       uint64_t *background, uint64_t *dirty);
/* The tracked limit after a step towards the present threshold. */
uint64_t dirty_limit_step(uint64_t dirty_limit, uint64_t thresh, uint64_t dirty);
/* Whether the last step was at least 50 jiffies ago. */
bool dirty_limit_is_due(uint64_t now, uint64_t dirty_limit_tstamp);
/* Makes that step if it is due. */
void domain_update_dirty_limit(struct linux_vm *vm, uint64_t thresh, uint64_t dirty, uint64_t now);
uint64_t ratelimit_pages_from(uint64_t thresh, int online_cpus);
bool node_dirty_ok(struct linux_vm *vm, struct pglist_data *node, bool rt);
void writeback_set_ratelimit(struct linux_vm *vm);
void writeback_update_stats(struct linux_vm *vm); /* sampled values of vm->stat */
/* How long its oldest dirty file is dirty, ns; 0: none is. */
int64_t wb_oldest_dirty_ns(const struct bdi_writeback *wb);

/* --- backing_dev.c --- */
/* The device's share of a threshold. */
uint64_t wb_calc_thresh(struct bdi_writeback *wb, uint64_t thresh);
/* The same from its inputs alone; ratios in percent. */
uint64_t wb_thresh_from(uint64_t thresh, uint64_t sum_of_min_ratios, struct fprop_fraction share,
			uint64_t min_ratio, uint64_t max_ratio);
/* Adds amount pages to what is counted of the device, on the CPU that is at work. */
static inline void wb_stat_mod(struct bdi_writeback *wb, enum wb_stat_item item, int64_t amount)
{
	percpu_counter_add(&wb->counter[item], smp_processor_id(wb->bdi->vm), amount);
}
/* What a CPU keeps back, pages: of the counters of one device, and of the completions of all. */
int64_t wb_stat_batch(int nr_cpu_ids);
/* Pages without the parts of the CPUs; with them. */
uint64_t wb_stat(const struct bdi_writeback *wb, enum wb_stat_item item);
uint64_t wb_stat_sum(const struct bdi_writeback *wb, enum wb_stat_item item);
/* By how much wb_stat may be wrong, pages. */
uint64_t wb_stat_error(const struct linux_vm *vm);
int64_t wb_events_batch(int nr_online_cpus);
/* nr pages of the device, of one folio, were written: they count for its share. */
void __wb_writeout_add(struct bdi_writeback *wb, int64_t nr);

/* --- bandwidth_work.c --- */
/* Counts one more or one less inode with pages under writeback. */
void wb_inode_writeback_start(struct bdi_writeback *wb);
void wb_inode_writeback_end(struct bdi_writeback *wb);
void wb_init_bw_work(struct bdi_writeback *wb);

/* --- balance_dirty.c --- */
/* Called by a writer after each page it dirtied; may sleep. */
void balance_dirty_pages_ratelimited(struct task *t, struct address_space *m);
/* What a task that ends leaves to others of its CPU. */
void balance_dirty_task_exit(struct task *t);
/* Whether the flusher should do background work. */
bool wb_over_bg_thresh(struct bdi_writeback *wb);
/* The estimate of bandwidth begins afresh if the device was idle; it is brought up to date. */
void wb_bandwidth_estimate_start(struct bdi_writeback *wb);
void wb_update_bandwidth(struct bdi_writeback *wb);

/* --- page_writeback.c: page state, walk and write --- */
/* Writes one dirty, locked page, which is unlocked afterwards.  0, a negative errno value, or
 * AOP_WRITEPAGE_ACTIVATE: nothing was done and it is still locked. */
typedef int writepage_t(struct task *t, struct page *page, struct writeback_control *wbc,
			void *data);
#define AOP_WRITEPAGE_ACTIVATE 0x80000
/* A locked page becomes dirty; false if it was. */
bool set_page_dirty(struct task *t, struct page *page);
/*
 * A locked page is about to be written: what was stored through mappings counts, and they become
 * read-only.  False: it is not dirty.
 */
bool clear_page_dirty_for_io(struct task *t, struct page *page, struct address_space *m);
void set_page_writeback(struct address_space *m, struct page *page, bool keepwrite);
/* A page that is not under writeback is a bug. */
void end_page_writeback(struct linux_vm *vm, struct page *page);
void cancel_dirty_page(struct linux_vm *vm, struct page *page);
/* The file system cannot write the page now: it is dirty again as if nothing had happened. */
void redirty_page_for_writepage(struct task *t, struct writeback_control *wbc, struct page *page);
/* Marks the dirty pages first..last, so that pages dirtied later are not written with them. */
void tag_pages_for_writeback(struct task *t, struct address_space *m, uint64_t first,
			     uint64_t last);
int write_cache_pages(struct task *t, struct address_space *m, struct writeback_control *wbc,
		      writepage_t *writepage, void *data);
/* One bio a page, as block devices do; the same with another writepage of the file system. */
int generic_writepages(struct task *t, struct address_space *m, struct writeback_control *wbc);
int generic_writepages_by(struct task *t, struct address_space *m, struct writeback_control *wbc,
			  writepage_t *writepage, void *data);
int do_writepages(struct task *t, struct address_space *m, struct writeback_control *wbc);
/* A locked page, unlocked afterwards; wait: until it is written. */
int write_one_page(struct task *t, struct page *page, bool wait);
/* Writes one dirty, locked page of reclaim's choice; 0, or AOP_WRITEPAGE_ACTIVATE. */
int writepage_for_reclaim(struct task *t, struct address_space *m, struct page *page);
/* A write of the mapping failed; 0 does nothing.  Anything but -ENOSPC becomes -EIO in its flags.
 */
void mapping_set_error(struct address_space *m, int error);
/* The error kept in its flags, which is forgotten: 0, -ENOSPC, -EIO. */
int filemap_check_errors(struct address_space *m);
/* An error of writeback that this open file was not told yet; flags are forgotten, too. */
int file_check_and_advance_wb_err(struct file *f);

/* --- mpage.c: pages become bios --- */
/* As a file system with buffer heads writes a page: by itself, data is not used. */
int block_write_full_page(struct task *t, struct page *page, struct writeback_control *wbc,
			  void *data);
/* One bio for all pages that lie in a row on the disk. */
int mpage_writepages(struct task *t, struct address_space *m, struct writeback_control *wbc);

/* --- filemap_sync.c --- */
int filemap_fdatawrite(struct task *t, struct address_space *m);
int filemap_fdatawrite_range(struct task *t, struct address_space *m, int64_t start, int64_t end);
int filemap_flush(struct task *t, struct address_space *m);
int filemap_fdatawait(struct task *t, struct address_space *m);
int filemap_fdatawait_range(struct task *t, struct address_space *m, int64_t start, int64_t end);
/* Waits but leaves errors for others to see. */
int filemap_fdatawait_keep_errors(struct task *t, struct address_space *m);
int filemap_write_and_wait_range(struct task *t, struct address_space *m, int64_t start,
				 int64_t end);
/* The same two for an open file: each is told of an error once. */
int file_fdatawait_range(struct task *t, struct file *f, int64_t start, int64_t end);
int file_write_and_wait_range(struct task *t, struct file *f, int64_t start, int64_t end);
int vfs_fsync(struct task *t, struct file *f, bool datasync);
int vfs_fsync_range(struct task *t, struct file *f, int64_t start, int64_t end, bool datasync);
void fsync_update_stats(struct linux_vm *vm); /* sampled values of vm->stat */
enum sync_file_range_flag {
	SYNC_FILE_RANGE_WAIT_BEFORE = 1,
	SYNC_FILE_RANGE_WRITE = 2,
	SYNC_FILE_RANGE_WAIT_AFTER = 4,
};
int sync_file_range(struct task *t, struct file *f, int64_t offset, int64_t nbytes, unsigned flags);
void ksys_sync(struct task *t);
int ksys_syncfs(struct task *t, struct file *f);

/* --- inode_io_list.c, fs_writeback.c, flusher.c --- */
void mark_inode_dirty(struct linux_vm *vm, struct inode *inode, unsigned flags);
void wakeup_flusher_threads(struct linux_vm *vm, enum wb_reason reason);
void wb_start_background_writeback(struct task *t, struct bdi_writeback *wb);
/* With vm.laptop_mode: a request of a disk has ended, which works anyway; all is being written. */
void laptop_io_completion(struct linux_vm *vm, int disk);
void laptop_sync_completion(struct linux_vm *vm);
void laptop_mode_init(struct backing_dev_info *bdi);
bool writeback_in_progress(const struct bdi_writeback *wb);
bool wb_has_dirty_io(const struct bdi_writeback *wb);
/* Pages for one inode before it is the next one's turn, from its inputs alone. */
int64_t writeback_chunk_from(uint64_t avg_write_bandwidth, uint64_t dirty_limit, int64_t nr_pages);
/* Writes an inode and waits for it. */
int sync_inode_metadata(struct task *t, struct inode *inode, bool wait);
int write_inode_now(struct task *t, struct inode *inode, bool sync);
/* Starts, and (sync_) completes, the writing of all dirty files of a device. */
void writeback_inodes_sb(struct task *t, struct backing_dev_info *bdi, enum wb_reason reason);
void sync_inodes_sb(struct task *t, struct backing_dev_info *bdi);
/*
 * An inode goes (I_FREEING): nothing is written for it any more.  Waits for who writes it now;
 * pages that are under writeback stay so.
 */
void inode_stop_writeback(struct task *t, struct inode *inode);
void inode_detach_writeback(struct inode *inode); /* the file is gone */
/* Makes and runs the flusher of a device. */
void wb_init_flusher(struct bdi_writeback *wb);
void wb_start_flusher(struct bdi_writeback *wb);

void writeback_check(struct check *c, struct sim *s);

extern const struct metric_object bdi_metrics;  /* table bdi_sample */
extern const struct tunable_class bdi_tunables; /* bdi.<disk>.* */
extern const struct model writeback_model;
#endif
