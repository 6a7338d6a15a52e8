/*
 * file.h - the files of a scenario and where they lie on disk
 *
 * Like:        a plain file system with extents (ext2 without its bitmaps)
 * Simplified:  no metadata is read or written; a growing file takes the next free stretch of its
 *              disk, EXTENT_PAGES at a time
 * Left out:    directories, journal, delayed allocation
 */
#ifndef MMSIM_LINUX_FILE_H
#define MMSIM_LINUX_FILE_H

#include "models/linux/pagecache/filemap.h"

#define EXTENT_PAGES 32768ULL /* 128 MiB */
#define SECTORS_PER_PAGE 8ULL

/* Pages [first, first + pages) of a file lie at sector and behind. */
struct file_extent {
	uint64_t first, pages, sector;
};

/* files[] of a scenario */
struct file_conf {
	const char *name;
	const char *disk;
	int64_t size;            /* bytes */
	bool raw;                /* the device itself */
	struct key_rows extents; /* [first page, pages, sector]; none: in one piece */
	struct key_seen seen;
};

struct file_table {
	struct inode **inodes; /* owned; by id; mapping id is id + 1 */
	int n;
	uint64_t *disk_next;   /* owned; by disk: first free sector */
	struct list open_files;
};

extern const struct section files_section;

/* Makes the inodes of the scenario; false after reporting to d. */
bool files_init(struct linux_vm *vm, const struct key_list *conf, struct diag *d);
void files_free(struct linux_vm *vm);
struct inode *file_by_name(struct linux_vm *vm, const char *name);
/* Opens a file; the caller closes it. */
struct file *file_open(struct task *t, struct inode *inode);
void file_close(struct task *t, struct file *f);

/*
 * Where page index lies: its sector, and how many pages from it on lie in a row.  False: a hole.
 */
bool file_map_block(const struct inode *inode, uint64_t index, uint64_t *sector,
		    uint64_t *contiguous);
/* Sees to it that page index has a place; 0 or -ENOSPC. */
int file_allocate_block(struct linux_vm *vm, struct inode *inode, uint64_t index);

extern const struct metric_object file_metrics;
extern const struct model file_model;
#endif
