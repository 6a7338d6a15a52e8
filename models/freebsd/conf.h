/*
 * conf.h - the section "freebsd" of a scenario
 */
#ifndef MMSIM_FREEBSD_CONF_H
#define MMSIM_FREEBSD_CONF_H

#include "sim/sim.h"

/* freebsd.swap[] */
struct freebsd_swap_conf {
	const char *disk;
	int64_t size;     /* bytes */
	const char *name; /* NULL: the disk's */
	bool off;
	struct key_seen seen;
};

struct freebsd_conf {
	int64_t kernel_memory; /* bytes that the kernel has wired when the page daemon starts */
	struct key_list swap;  /* struct freebsd_swap_conf */
	bool man_page_semantics;
	bool lenient_ranges;
	struct key_seen seen;
};

/* files[] of a scenario */
struct freebsd_file_conf {
	const char *name, *disk;
	int64_t size; /* bytes */
	bool raw;
	struct key_rows extents; /* [first page, pages, sector]; none: in one piece */
	int64_t fs;
	struct key_seen seen;
};

/* What tasks[] may have beside the keys of every task. */
struct freebsd_task_conf {
	int64_t oom_score_adj; /* -1000: protected, as by madvise(MADV_PROTECT) */
};

extern const struct section freebsd_section;
extern const struct key_schema freebsd_task_keys;
#endif
