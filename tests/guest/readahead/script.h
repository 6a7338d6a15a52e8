/* script.h - makes up scripts of calls of a reader */
#ifndef MMSIM_TESTS_GUEST_READAHEAD_SCRIPT_H
#define MMSIM_TESTS_GUEST_READAHEAD_SCRIPT_H

#include "../chance.h"

#define PAGE      4096
#define MAX_FILES 16
#define MAX_SLOTS 6
#define MAX_MAPS  4

/* Weights of what a kind of script does, one after another. */
struct taste {
	int in_order;   /* reads one behind the other, some pages left out if gaps say so */
	int gaps;       /* of a hundred steps of these, how many leave pages out */
	int strides;    /* forward or backward */
	int anywhere;   /* in the whole file or in a few pages of it */
	int streams;    /* several at once, on one descriptor or on several */
	int at_end;     /* around the end of the file */
	int advice;     /* posix_fadvise, readahead(2) */
	int evict;      /* a part of the cache, or all of it */
	int limits;     /* read_ahead_kb, max_sectors_kb */
	int faults;     /* mappings: touched, advised on, read beside it */
	int odd;        /* of a hundred arguments, how many are no multiple of a page */
	bool no_pause;  /* the next call is made while reads are in flight */
	bool errors;    /* sectors that cannot be read */
	bool in_pieces; /* files of random size, with holes */
};

struct kind {
	const char *name, *backend;
	const struct taste *taste;
};

extern const struct kind kinds[]; /* the last has no name */

/* Says what the machine is, then writes calls. */
void write_script(const struct kind *k, int calls);

#endif
