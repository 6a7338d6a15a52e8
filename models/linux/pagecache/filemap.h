/*
 * filemap.h - the page cache: which page of which file is in which frame
 *
 * Like:        Linux 6.1, mm/filemap.c, include/linux/pagemap.h, fs.h
 * Simplified:  a block is a page (4096 bytes); one error memory per mapping; each page of a large
 *              folio has a slot and marks of its own in the index; large folios are neither moved
 *              to other frames nor split
 * Left out:    DAX, memory control groups, partially up-to-date pages
 */
#ifndef MMSIM_LINUX_FILEMAP_H
#define MMSIM_LINUX_FILEMAP_H

#include "models/linux/linux.h"
#include "models/linux/storage/errseq.h"

struct bio;
struct bdi_writeback;
struct backing_dev_info;
struct inode;
struct file_system;

#define PAGEVEC_SIZE 15

enum mapping_flag {
	AS_EIO = 1,
	AS_ENOSPC = 2,
	AS_UNEVICTABLE = 4,
	AS_EXITING = 8,
	AS_STABLE_WRITES = 16,
	AS_LARGE_FOLIO_SUPPORT = 64,
	AS_NO_WRITEPAGE = 32, /* the file system has no ->writepage: reclaim cannot write */
	AS_SWAP = 128,        /* part of the swap cache: no host, no marks, no dirty accounting */
	AS_SHMEM = 256,       /* shared memory or a file of tmpfs, no disk: mappings/shmem.h */
	AS_HUGETLB = 512,     /* of a mapping of huge pages: mappings/hugetlb.h */
};

/* In an address_space.id: of shared memory, whose ids are numbered apart. */
#define AS_SHMEM_ID 0x80000000U

#define PAGECACHE_TAG_DIRTY     XA_MARK_0
#define PAGECACHE_TAG_WRITEBACK XA_MARK_1
#define PAGECACHE_TAG_TOWRITE   XA_MARK_2

struct address_space {
	uint32_t id;        /* 1..; index in the file table; or AS_SHMEM_ID and a number */
	struct inode *host; /* borrowed */
	struct linux_vm *vm;
	struct xarray i_pages;
	uint64_t nrpages;
	gfp_t gfp_mask;
	uint64_t writeback_index;
	unsigned flags;     /* enum mapping_flag */
	errseq_t wb_err;    /* errors of writeback, for those who have it open */
	struct list i_mmap; /* VMAs that show it, by vm_pgoff: mappings/mm.h */
	int i_mmap_walkers; /* tasks that walk over them and may sleep */
};

/* enum inode_state: what of an inode is to be written, and who is at it */
enum inode_state {
	I_DIRTY_SYNC = 1,
	I_DIRTY_DATASYNC = 2,
	I_DIRTY_PAGES = 4,
	I_FREEING = 32, /* nobody has it, and it has no name: it goes */
	I_SYNC = 128,
	I_SYNC_QUEUED = 1 << 17,
	I_DIRTY_INODE = I_DIRTY_SYNC | I_DIRTY_DATASYNC,
	I_DIRTY = I_DIRTY_INODE | I_DIRTY_PAGES,
};

/* First come, first served. */
struct mutex {
	struct task *owner; /* has it to himself */
	int readers;        /* tasks that share it */
	struct wait_queue wait;
};

/* One file, or a block device seen as a file. */
/* What may not be done to a file in memory any more (fcntl F_ADD_SEALS): the kernel's numbers. */
enum file_seal {
	F_SEAL_SEAL = 0x01,         /* add seals */
	F_SEAL_SHRINK = 0x02,       /* make it shorter */
	F_SEAL_GROW = 0x04,         /* make it longer */
	F_SEAL_WRITE = 0x08,        /* change what is in it */
	F_SEAL_FUTURE_WRITE = 0x10, /* the same, but by mappings that there are already */
};

struct inode {
	struct address_space mapping;
	const char *name; /* borrowed: of the scenario, or of the disk */
	int id;           /* number in samples and tracepoints */
	bytes_t i_size;
	bool is_blkdev;               /* the device itself */
	bool swapfile;                /* swap is on it: neither written nor cut */
	const struct file_system *fs; /* borrowed; a row of storage/fs.def */
	struct backing_dev_info *bdi; /* borrowed; NULL: on no disk (AS_SHMEM) */
	struct file_extent *extents;  /* owned; sorted by first page; storage/file.c */
	int nr_extents;
	struct mutex i_rwsem;          /* taken exclusively by writers; not by those of a device */
	unsigned i_state;              /* enum inode_state */
	uint64_t dirtied_when;         /* jiffies */
	struct list i_io_list;         /* in b_dirty, b_io or b_more_io of its bdi */
	struct list i_wb_list;         /* inodes with pages under writeback, of its bdi */
	struct wait_queue i_sync_wait; /* for I_SYNC to clear */
	int nr_open;                   /* struct file */
	unsigned seals;                /* enum file_seal, of files in memory */
	bool unlinked;                 /* i_nlink is 0: with the last struct file it goes */
	bool evicted;                  /* unlinked, and gone: what is here is an empty place */
	char *old_name;           /* owned; its name, when another file has that by now; or NULL */
	struct inode *next_evict; /* in task_struct.evict; borrowed */
	struct file_stat stat;
};

/* State of readahead of one open file; see readahead.c. */
struct file_ra_state {
	uint64_t start;
	uint32_t size;
	uint32_t async_size;
	uint32_t ra_pages;
	uint32_t mmap_miss;
	int64_t prev_pos;
};

enum file_mode {
	FMODE_RANDOM = 1, /* POSIX_FADV_RANDOM */
};

/* An open file. */
struct file {
	struct inode *inode; /* borrowed */
	int f_count;         /* uses: the descriptor, and mappings of it */
	int64_t pos;
	unsigned mode;     /* enum file_mode */
	bool sync;         /* O_SYNC */
	bool direct;       /* O_DIRECT */
	errseq_t f_wb_err; /* errors of writeback it was told: the file's, the file system's */
	errseq_t f_sb_err;
	int64_t nr_writes;        /* calls so far */
	struct shmid_kernel *shm; /* borrowed; NULL: of no segment of System V shared memory */
	struct file_ra_state ra;
	/* The page that a read had to wait for, plus one, and how it was found: for the counters.
	 */
	uint64_t found_index;
	bool found_missing;
	struct list link; /* of all open files */
};

static inline struct page *mapping_page(const struct address_space *m, xa_entry e)
{
	return pfn_to_page(m->vm, xa_to_object(e));
}

/* Whether readahead makes folios of more than one page for it. */
static inline bool mapping_large_folio_support(const struct address_space *m)
{
	return m->flags & AS_LARGE_FOLIO_SUPPORT;
}

/* The inodes of a run, and who has them open; see storage/file.h. */
struct file_table {
	struct inode **inodes; /* owned; by id; mapping id is id + 1 */
	int n;
	uint64_t *disk_next; /* owned; by disk: first free sector */
	struct list open_files;
};

/* The part of the swap cache that a page of it belongs to. */
struct address_space *swapcache_mapping(const struct linux_vm *vm, const struct page *folio);

/* The mapping of shared memory with an id; mappings/shmem_inode.c. */
struct address_space *shmem_mapping_by_id(const struct linux_vm *vm, uint32_t id);

/* The mapping a page belongs to; NULL: none, or anonymous and not in the swap cache. */
static inline struct address_space *page_mapping(const struct linux_vm *vm, const struct page *page)
{
	if (page->flags & PG_tail)
		page -= page->index;
	if (page->flags & (PG_swapcache | PG_anon))
		return page->flags & PG_swapcache ? swapcache_mapping(vm, page) : NULL;
	if (page->mapping & AS_SHMEM_ID)
		return shmem_mapping_by_id(vm, page->mapping);
	return page->mapping ? &vm->files->inodes[page->mapping - 1]->mapping : NULL;
}

/* --- filemap.c: find, insert, remove --- */

/*
 * The page at index with a reference to its folio, NULL if there is none (a shadow counts as none).
 */
struct page *find_get_page(struct address_space *m, uint64_t index);
/* As stored: object, value (shadow) or 0; objects with a reference. */
xa_entry find_get_entry(struct address_space *m, uint64_t index);
/*
 * Puts a folio into the index, at a multiple of its size, locked, and on the LRU's batch; its
 * refault is judged.  The cache takes a reference for each page.  0, -EEXIST.
 */
int add_to_page_cache_lru(struct task *t, struct page *page, struct address_space *m,
			  uint64_t index, gfp_t gfp);
/*
 * Takes a locked folio out, leaving shadow (0: nothing); the cache's references, one for each
 * page, are the caller's now.
 */
void __delete_from_page_cache(struct linux_vm *vm, struct page *page, xa_entry shadow);
/* The same without shadow, dropping the cache's references; the caller holds one of its own. */
void delete_from_page_cache(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
/* Allocates a page for a mapping; may reclaim as far as gfp allows.  NULL: none. */
struct page *page_cache_alloc(struct task *t, struct address_space *m, gfp_t gfp);
/* Frees a folio whose last reference is gone. */
void __put_page(struct linux_vm *vm, const struct cpu *cpu, struct page *folio);

/* Drops a reference of each; those that nobody uses any more are freed from the last to the first,
 * large ones at once. */
void release_pages(struct linux_vm *vm, const struct cpu *cpu, struct page *const *pages, int nr);

/* References, the lock and waiting are those of the folio that the page belongs to. */
static inline void get_page(struct page *page)
{
	page = page_folio(page);
	SIM_ASSERT(page->refcount > 0);
	page->refcount++;
}

/* Drops a reference; frees the folio with the last one. */
static inline void put_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	page = page_folio(page);
	SIM_ASSERT(page->refcount > 0);
	if (!--page->refcount)
		__put_page(vm, cpu, page);
}

/* --- filemap_wait.c: page lock and writeback bit --- */
static inline bool trylock_page(struct page *page)
{
	page = page_folio(page);
	if (page->flags & PG_locked)
		return false;
	page->flags |= PG_locked;
	return true;
}

void lock_page(struct task *t, struct page *page);
void unlock_page(struct linux_vm *vm, struct page *page);
/* Waits until the page is unlocked, without taking the lock.  0, or -EINTR when killed. */
int wait_on_page_locked(struct task *t, struct page *page);
/* Takes the lock as lock_page does, unless the task is killed while it waits.  0, -EINTR. */
int lock_page_killable(struct task *t, struct page *page);
/* The same after dropping the caller's reference. */
int put_and_wait_on_page_locked(struct task *t, struct page *page);
void wait_on_page_writeback(struct task *t, struct page *page);
void wait_for_stable_page(struct task *t, struct page *page);
/* Wakes those who wait for a bit of a page (PG_locked or PG_writeback), by the kernel's rule. */
void wake_up_page_bit(struct linux_vm *vm, struct page *page, unsigned bit);
void page_waits_init(struct linux_vm *vm);
void page_waits_free(struct linux_vm *vm);

/* --- filemap_read.c, filemap_write.c --- */

/* what: what the task waits for, for reports. */
void mutex_lock(struct task *t, struct mutex *lock, const char *what);
void mutex_unlock(struct task *t, struct mutex *lock);
/* The inode's lock, first come first served. */
void inode_lock(struct task *t, struct inode *inode);
void inode_unlock(struct task *t, struct inode *inode);
/* The same lock, shared with others who take it so. */
void inode_lock_shared(struct task *t, struct inode *inode);
void inode_unlock_shared(struct task *t, struct inode *inode);

/* Bytes read (0 at the end of the file), or a negative errno value. */
int64_t generic_file_read_iter(struct task *t, struct file *f, int64_t *pos, bytes_t count);
int64_t generic_file_write_iter(struct task *t, struct file *f, int64_t *pos, bytes_t count);
/* The same without taking the inode's lock, which the caller has, and without O_SYNC. */
int64_t __generic_file_write_iter(struct task *t, struct file *f, int64_t *pos, bytes_t count);

/*
 * Makes length bytes from byte from on, of one page, zeroes: reads it if need be, and it is dirty
 * then; a hole stays one.  The caller holds the inode's lock.  0, -ENOMEM, -EIO.
 */
int block_zero_page_range(struct task *t, struct address_space *m, int64_t from, uint64_t length);

/* --- readahead.c --- */
void file_ra_state_init(struct file_ra_state *ra, const struct inode *inode);
void page_cache_sync_readahead(struct task *t, struct address_space *m, struct file_ra_state *ra,
			       struct file *f, uint64_t index, uint64_t req_count);
void page_cache_async_readahead(struct task *t, struct address_space *m, struct file_ra_state *ra,
				struct file *f, struct page *page, uint64_t index,
				uint64_t req_count);
/*
 * Reads the window that ra has now, from index on; folios are of the order given, or a little
 * larger, if the file system has large ones.
 */
void page_cache_ra_order(struct task *t, struct address_space *m, struct file_ra_state *ra,
			 uint64_t index, int order);
/* The same for a page fault that has put a window around its page into ra; traced. */
void page_cache_readaround(struct task *t, struct address_space *m, struct file_ra_state *ra,
			   uint64_t index, int order);
/* At most the larger of ra_pages and the device's largest request; ra is left alone. */
void force_page_cache_ra(struct task *t, struct address_space *m, struct file_ra_state *ra,
			 uint64_t index, uint64_t nr);
/* The same because a program asked for it; traced. */
void force_page_cache_readahead(struct task *t, struct address_space *m, struct file_ra_state *ra,
				uint64_t index, uint64_t nr);

/* --- filemap_miss.c: as 6.1's, what is returned when there is none included --- */
uint64_t page_cache_next_miss(struct address_space *m, uint64_t index, uint64_t max_scan);
uint64_t page_cache_prev_miss(struct address_space *m, uint64_t index, uint64_t max_scan);

/* --- fadvise.c --- */

/* The numbers of <fcntl.h>. */
enum fadvise_advice {
	POSIX_FADV_NORMAL,
	POSIX_FADV_RANDOM,     /* readahead off: only the pages asked for */
	POSIX_FADV_SEQUENTIAL, /* windows twice as large */
	POSIX_FADV_WILLNEED,   /* read the range now */
	POSIX_FADV_DONTNEED,   /* write and drop the range */
	POSIX_FADV_NOREUSE,    /* nothing */
};

/* len 0: to the end.  0 or -EINVAL. */
int generic_fadvise(struct task *t, struct file *f, int64_t offset, int64_t len,
		    enum fadvise_advice advice);
/* readahead(2). */
int64_t ksys_readahead(struct task *t, struct file *f, int64_t offset, bytes_t count);

/* --- drop_caches.c --- */

/* Drops clean pages that nobody uses, of all files. */
void drop_pagecache(struct task *t);

void filemap_check(struct check *c, struct sim *s);
#endif
