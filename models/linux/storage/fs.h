/*
 * fs.h - what depends on the file system
 *
 * Like:        Linux 6.1, the address_space_operations of ext2 and ext4 (both by fs/ext4), xfs,
 *              tmpfs and of block devices: which of them there are, and what they do to the cache
 * Simplified:  a block is a page on all of them; where files lie is one model, storage/file.c
 * Left out:    journals, and the metadata that every file system reads and writes
 *
 * An inode points to its row (inode->fs).  To add a file system, add a row to fs.def.
 */
#ifndef MMSIM_LINUX_FS_H
#define MMSIM_LINUX_FS_H

#include "models/linux/gfp.h"
#include "sim/sim.h"

/* How the dirty pages of a file are written; writeback/page_writeback.c. */
enum fs_writepages {
	WRITEPAGES_EACH,  /* generic_writepages: a bio a page */
	WRITEPAGES_MPAGE, /* a bio for pages that lie in a row on the disk */
	WRITEPAGES_EXT4,  /* the same, but the walk goes round, and bios do not say "background" */
};

/* Which pages get buffer heads: pagecache/buffer_head.h. */
enum fs_buffers {
	BUFFERS_NONE,   /* none: there is no disk, or iomap keeps what it needs elsewhere */
	BUFFERS_BLKDEV, /* written to by a call, written back, or read alone */
	BUFFERS_FILE,   /* written to by a call or by a store of a program that maps it */
};

enum fs_type {
#define FS(name, word, writepages, gfp, large, delalloc, unwritten, writepage, launder, iomap,     \
	   buffers, meaning)                                                                       \
	FS_##name,
#define FS_RAW FS
#include "models/linux/storage/fs.def"
#undef FS
#undef FS_RAW
	NR_FS_TYPES,
};

struct file_system {
	const char *name; /* as in scenarios */
	enum fs_writepages writepages;
	gfp_t gfp_mask;    /* of the pages of its files */
	bool large_folios; /* readahead makes folios of more than one page */
	bool delalloc;     /* blocks are allocated when they are written, not when dirtied */
	bool unwritten;    /* direct writes may fill holes inside the file */
	bool writepage;    /* single pages can be written: reclaim does */
	bool launder;      /* invalidate_inode_pages2 writes dirty pages instead of failing */
	bool iomap;        /* writers are held back before each page, not behind it */
	enum fs_buffers buffers;
	const char *meaning;
};

extern const struct file_system file_systems[NR_FS_TYPES]; /* by enum fs_type */
extern const struct key_word fs_words[];                   /* files[].fs: enum fs_type */
#endif
