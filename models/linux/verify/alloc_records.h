/*
 * alloc_records.h - a state of the page allocator as records of text
 *
 *	free 0 DMA32 order 3 M : 4208 46b8
 *
 * A record begins with its kind and says what it belongs to; frames of lists stand head first.
 */
#ifndef MMSIM_LINUX_ALLOC_RECORDS_H
#define MMSIM_LINUX_ALLOC_RECORDS_H

#include "models/linux/verify/alloc_case.h"

/* A file of records while it is read. */
struct dump_reader {
	struct verify_case *c;
	const char *path;
	struct linux_vm *vm;          /* borrowed; that they are about */
	struct alloc_state *st;       /* of which vm is part; NULL: only lists are read */
	struct machine_case *machine; /* with st */
	int line;
	bool failed;
};

/* Reports the first thing that is wrong. */
void dump_wrong(struct dump_reader *d, const char *what);
/* A number at a word of the line, within 0..max. */
int64_t dump_number(struct dump_reader *d, char **words, int64_t max);
/* The number behind a key, 0..max; absent: wrong. */
int64_t dump_field(struct dump_reader *d, const char *line, const char *key, int64_t max);
/* A frame number as lists have them; false at the end of the line. */
bool dump_frame(struct dump_reader *d, char **words, uint64_t *pfn);
/* Moves *words behind the colon of a record. */
void dump_skip_colon(struct dump_reader *d, char **words);
/* The migratetype of a letter. */
int dump_type(struct dump_reader *d, const char *letter);
/* The zone that a record names: node, name. */
struct zone *dump_zone(struct dump_reader *d, char **words);

/* record: the whole line; words: behind its kind, cut word by word. */
typedef void dump_record_fn(struct dump_reader *d, const char *record, char *words);

struct dump_kind {
	const char *name;
	dump_record_fn *read;
};

/* Hands every record of a kind that is asked for to its function. */
bool dump_read(struct dump_reader *d, const struct dump_kind *kinds, size_t n);

/* ---- alloc_lists.c: free blocks and the lists of CPUs ---- */

dump_record_fn dump_zonemisc, dump_pcp, dump_pcplist, dump_pcptype, dump_blockbits, dump_free;
/* "blocks", with letters: where there are no blockbits. */
dump_record_fn dump_blocks;
/* The lists of the CPU that a record names, NULL: there are none. */
struct per_cpu_pages *dump_lists(struct dump_reader *d, const char *record, char **words);
/* What the allocator's own loops rely on. */
bool dump_check_lists(struct dump_reader *d);
/* Whether a frame is free: in a block, of whatever order, of a buddy list or of a CPU's list. */
bool alloc_frame_is_free(const struct linux_vm *vm, pfn_t pfn);
/*
 * A booted machine gets the free blocks, types of pageblocks and lists of CPUs of a file of the
 * case; all other frames are in use.  False after reporting to c->diag.
 */
bool alloc_lists_adopt(struct verify_case *c, const char *path, struct linux_vm *vm);
#endif
