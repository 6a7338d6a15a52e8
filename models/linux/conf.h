/*
 * conf.h - the section "linux" of a scenario: how the kernel is booted
 *
 * Boot parameters are rows of boot.def.  Facts of a boot that cannot be worked
 * out (how much memory the kernel took for itself) may be given: as a list of
 * reserved pages, or as the managed pages of each zone; else they are made up.
 */
#ifndef MMSIM_LINUX_CONF_H
#define MMSIM_LINUX_CONF_H

#include "models/hw/machine.h"
#include "sim/sim.h"

enum transparent_hugepage {
	THP_ALWAYS,
	THP_MADVISE,
	THP_NEVER,
};

/* linux.zones[]: a fact of a boot */
struct zone_fact {
	int64_t node;
	int64_t zone;    /* enum zone_type */
	int64_t managed; /* pages, after boot */
	int64_t late;    /* of these, freed only after the limits were computed */
	struct key_seen seen;
};

/* The section "linux". */
struct linux_conf {
#define BOOT_SIZE                                   const char *
#define BOOT_COUNTS                                 const char *
#define BOOT_WORD                                   int64_t
#define BOOT_PARAM(name, type, words, def, meaning) BOOT_##type name;
#include "models/linux/boot.def"
#undef BOOT_PARAM
#undef BOOT_SIZE
#undef BOOT_COUNTS
#undef BOOT_WORD
	struct key_list zones;    /* struct zone_fact; none: made up */
	struct key_rows reserved; /* [first page, last page + 1]; none: from zones, or made up */
	struct key_ints movable_blocks; /* memory blocks of 128 MiB without reserved pages */
	bool slab;                      /* kernel objects take memory */
	int64_t unused_files;           /* looked at since boot: names and inodes are kept */
	int64_t inodes_in_use; /* beside the scenario's files: see page-count of periodic work */
	struct key_list swap;  /* struct swap_conf: areas in their order */
	struct key_list tmpfs; /* struct tmpfs_conf: file systems in memory */
	struct key_list hugetlbfs; /* struct hugetlbfs_conf: those of huge pages */
	struct key_seen seen;
};

extern const struct section linux_section;
extern const struct key_word zone_words[];
/* The command line as a table of its own, for documents. */
extern const struct key linux_boot_params[];
extern const int nr_linux_boot_params;

/* Finds what the rows of the section cannot say. */
void linux_conf_check(struct diag *d, const struct linux_conf *conf);
/* Where row "name" of the section was written, or the section itself. */
struct place linux_conf_place(const struct linux_conf *conf, const char *name);

/* kernelcore: all that is not mirrored is ZONE_MOVABLE, from 4 GiB on. */
#define KERNELCORE_MIRROR "mirror"

/* A size of the command line: bytes, or percent (of a tmpfs even more than 100). */
struct boot_size {
	uint64_t bytes;
	uint64_t percent;
};
#define BOOT_SIZE_MAX_PERCENT 1000000
/* False: text is neither, and *why (constant; why NULL: nobody asks) says what is wrong with it. */
bool boot_size_parse(const char *text, struct boot_size *size, const char **why);

/* A count of the command line: in all, or by node. */
struct boot_counts {
	int64_t all; /* the sum, where it is by node */
	bool by_node;
	int64_t node[MACHINE_MAX_NODES];
};
/* "200" or "0:50,1:120"; false: neither, or a node that no machine has. */
bool boot_counts_parse(const char *text, struct boot_counts *counts);
#endif
