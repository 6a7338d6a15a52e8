/*
 * file.h - the files of a scenario and where they lie on disk
 *
 * Like:        a plain file system with extents (ext2 without its bitmaps)
 * Simplified:  no metadata is read or written; a growing file takes the next free stretch of its
 *              disk, EXTENT_PAGES at a time, and keeps it when it is cut
 * Left out:    directories, links, journal; what a removed file leaves in the slab caches
 */
#ifndef MMSIM_LINUX_FILE_H
#define MMSIM_LINUX_FILE_H

#include "models/linux/pagecache/filemap.h"
#include "models/linux/storage/fs.h"

#define EXTENT_PAGES     32768ULL /* 128 MiB */
#define SECTORS_PER_PAGE 8ULL

/*
 * Pages [first, first + pages) of a file have their place at sector and behind.  A block is the
 * file's when it was allocated; the rest of the stretch is set aside for it.
 */
struct file_extent {
	uint64_t first, pages, sector;
	uint64_t *used; /* owned; a bit for each page: allocated.  NULL: all are */
};

/* files[] of a scenario */
struct file_conf {
	const char *name;
	const char *disk;        /* NULL: of tmpfs */
	const char *mount;       /* of tmpfs; NULL: the only one */
	int64_t size;            /* bytes */
	bool raw;                /* the device itself */
	struct key_rows extents; /* [first page, pages, sector]; not given: in one piece */
	int64_t fs;              /* enum fs_type */
	struct key_seen seen;
};

extern const struct section files_section;
/* Where the scenario says how large a file is, or names the file if it does not. */
struct place file_size_place(const struct file_conf *conf);

/* Makes the inodes of the scenario; false after reporting to d. */
bool files_init(struct linux_vm *vm, const struct key_list *conf, struct diag *d);
void files_free(struct linux_vm *vm);
struct inode *file_by_name(struct linux_vm *vm, const char *name);
/* What all inodes and their mappings begin with; they are zeroed.  Name, size, flags, id: the
 * caller's. */
void inode_init_always(struct linux_vm *vm, struct inode *inode, const struct file_system *fs);
/* Opens a file; the caller closes it. */
struct file *file_open(struct task *t, struct inode *inode);
/* One use less.  The last one of an inode without a name: that is noted for delayed_fput. */
void file_close(struct task *t, struct file *f);
/* A new, empty file on the disk of another, or on its tmpfs. */
struct inode *file_new_like(struct linux_vm *vm, const struct inode *old, const char *name);

/* --- unlink.c: names go and come; sleep --- */

/*
 * unlink(2) of a name of the scenario: the file goes with its last user.  0, -ENOENT; -EPERM: swap
 * is on it.
 */
int do_unlink(struct task *t, const char *name);
/* The file of a name as open(2) finds it; create: O_CREAT makes it if it is missing.  NULL:
 * -ENOENT.
 */
struct inode *do_open_name(struct task *t, const char *name, bool create);
/*
 * Frees the inodes that the task used last and that have no name, with what they have in the cache,
 * in swap and on the disk.  The caller holds no mmap_lock, as what runs on the way back to a
 * program.
 */
void delayed_fput(struct task *t);

/* --- extent.c --- */

/* Where page index lies: its sector.  False: a hole. */
bool file_find_block(const struct inode *inode, uint64_t index, uint64_t *sector);
/*
 * The same, and how many allocated pages from it on lie in a row (at least; a large number may be
 * cut): counting them costs more than finding one.
 */
bool file_map_block(const struct inode *inode, uint64_t index, uint64_t *sector,
		    uint64_t *contiguous);
/* Whether the page behind index lies elsewhere, or nowhere yet. */
bool file_stretch_ends(const struct inode *inode, uint64_t index);
/* Sees to it that page index has a place on the disk; 0 or -ENOSPC. */
int file_reserve_block(struct linux_vm *vm, struct inode *inode, uint64_t index);
/* The same, and the block is the file's from now on. */
int file_allocate_block(struct linux_vm *vm, struct inode *inode, uint64_t index);
/* What the file system does of the two when a page is made dirty. */
int file_prepare_block(struct linux_vm *vm, struct inode *inode, uint64_t index);
/* Pages first..end (exclusive) become a hole; their place stays set aside. */
void file_free_blocks(struct inode *inode, uint64_t first, uint64_t end);
/* Adds a stretch behind all others, allocated. */
void file_add_extent(struct inode *inode, uint64_t first, uint64_t pages, uint64_t sector);
void file_free_extents(struct inode *inode);
uint64_t disk_sectors(const struct linux_vm *vm, int disk);

/* --- setattr.c: take the inode's lock; sleep --- */

/* ftruncate(2).  0, -EINVAL (a device), -ETXTBSY (a swap file cannot be cut), -EIO, -ENOMEM. */
int do_truncate(struct task *t, struct inode *inode, int64_t length);
/* Bytes from offset on become a hole; the size stays.  0, -EINVAL, -EOPNOTSUPP (a device), -EFBIG,
 * -ETXTBSY (swap is on it), -EIO, -ENOMEM. */
int vfs_punch_hole(struct task *t, struct inode *inode, int64_t offset, int64_t len);

/* fallocate(2): pages for bytes from offset on; keep_size: the file does not grow.  Takes the
 * inode's lock.  0, -EINVAL, -ETXTBSY, -EFBIG, -EOPNOTSUPP (on disks), -ENOSPC, -ENOMEM, -EINTR. */
int vfs_fallocate(struct task *t, struct inode *inode, bool keep_size, int64_t offset, int64_t len);

extern const struct metric_object file_metrics;
extern const struct model file_model;
#endif
