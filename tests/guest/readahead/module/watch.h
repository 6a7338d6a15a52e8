/* watch.h - a reader, and what its calls make readahead do */
#ifndef MMSIM_TESTS_GUEST_READAHEAD_WATCH_H
#define MMSIM_TESTS_GUEST_READAHEAD_WATCH_H

#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/mm.h>

#define MAX_SLOTS 64
#define MAX_FILES 16

enum table {
	WINDOWS,
	TRIGGERS,
	CALLS,
	INSERTS,
	DELETES,
	CACHE,
	BIOS,
	REQUESTS,
	DEVICE,
	NR_TABLES,
};

/* Kinds of decisions; a window has the last one where readahead is off or reads are random. */
enum { SYNC, ASYNC, FORCE, AROUND, SYNC_FORCE };

#define DASH S64_MIN /* "-": there is nothing to say */

/* What the reader is doing. */
struct reader {
	struct task_struct *task; /* NULL: not yet, or no more */
	u64 call;
	int slot;                      /* that the call works on; -1: none */
	struct file *slots[MAX_SLOTS]; /* borrowed: open as long as they stand here */
};

extern struct reader reader;

/* main.c */
void *kernel_symbol(const char *name);
/* The number of the file; -1: none of ours. */
int file_number(const struct inode *inode);
struct block_device *file_device(int file);

/* tables.c */
int tables_make(void);
/* Adds a row: all columns but the call.  Folios that follow those of the row before become a part
 * of it. */
void note(enum table to, const s64 *values);
#define NOTE(to, ...) note(to, (const s64[]){ __VA_ARGS__ })
/* The table as text, until the next one is asked for. */
const char *table_text(enum table which, size_t *length);
const char *table_name(enum table which);
bool tables_full(void);

/* events.c */
int events_start(void);

#endif
