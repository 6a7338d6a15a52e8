/*
 * gen.h - what the parts of the generator of random scenarios share
 */
#ifndef MMSIM_TESTS_FUZZ_GEN_H
#define MMSIM_TESTS_FUZZ_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/engine/rng.h"

#define MAX_DISKS 3
#define MAX_FILES 6
#define MAX_NAMES 64
#define MAX_AREAS 4
#define LEN(a)    (sizeof(a) / sizeof((a)[0]))

struct gen {
	struct rng rng;
	bool small;   /* checks after every event */
	bool freebsd; /* else linux */
	char *known;  /* owned; lines "KERNEL CALL" of what there is; NULL: everything */
	int nodes, cpus, disks, files, tasks;
	int node_cpus[4];
	uint64_t memory_mib, duration_ms;
	uint64_t room[MAX_DISKS]; /* bytes of the disk that no file has */
	uint64_t disk_size[MAX_DISKS];
	uint64_t file_size[MAX_FILES];
	bool raw[MAX_FILES];
	bool in_memory[MAX_FILES]; /* on tmpfs */
	bool has_tmpfs;            /* one by the name tmp */
	char areas[MAX_AREAS][16]; /* of swap */
	int nr_areas;
	int task;                  /* whose steps are being written */
	char names[MAX_NAMES][16]; /* results of alloc_pages that were given a name */
	int nr_names;
	char opened[16]; /* the last file this task opened, "": none */
	char map[16];    /* the last mapping this task made, "": none */
	char area[16];   /* the last area of vmalloc this task has, "": none */
	char pool[16];   /* the last pool this task made, "": none */
	char object[16]; /* the last object of FreeBSD this task made, "": none */
	char shm[16];    /* the last System V segment this task has, "": none */
};

/* gen_util.c */
uint64_t below(struct gen *g, uint64_t n);
uint64_t between(struct gen *g, uint64_t low, uint64_t high);
bool chance(struct gen *g, unsigned percent);
/* Small numbers as likely as large ones: the same weight for each power of two. */
uint64_t scaled(struct gen *g, uint64_t low, uint64_t high);
const char *one_of(struct gen *g, const char *const *words, size_t n);
/* Whether the kernel of the scenario has a call. */
bool knows(const struct gen *g, const char *call);
/* A new name that begins with the letter and the task. */
void new_name(struct gen *g, char *name, char letter);

/* gen_machine.c: sections */
void write_machine(struct gen *g);
void write_files(struct gen *g);
void write_kernel(struct gen *g);

/* gen_tunables.c: "name: value" */
void write_tunable(struct gen *g, bool at_start);

/*
 * gen_memory.c: one step each, or several; the first one's "- " is written already, the end of the
 * last line is not.  indent stands before further ones; depth: 0 outside of loops and children.
 */
void write_file_name(struct gen *g, uint64_t f);
void write_alloc(struct gen *g, const char *indent, const char *gfp, bool interrupt,
		 uint64_t limit);
void write_any_alloc(struct gen *g, const char *indent, int depth);
void write_free(struct gen *g, const char *indent, int depth);
void write_mapping(struct gen *g, const char *indent, int depth);
void write_hog(struct gen *g, const char *indent, int depth);
void write_hotplug(struct gen *g, const char *indent, int depth);
void write_moving(struct gen *g, const char *indent, int depth);
void write_segment(struct gen *g, const char *indent, int depth);

/* gen_files.c: the same, one step where there is no indent */
void write_stream(struct gen *g, bool write);
void write_fadvise(struct gen *g);
/* What cuts files and throws pages out. */
void write_cut(struct gen *g);
void write_sync(struct gen *g);
void write_open(struct gen *g, const char *indent, int depth);

/* gen_kernel.c: the same, of calls that drivers make */
void write_device(struct gen *g, const char *indent);
void write_driver(struct gen *g, const char *indent);
void write_vmalloc(struct gen *g, const char *indent, int depth);
void write_pool(struct gen *g, const char *indent, int depth);
void write_vm_page(struct gen *g, const char *indent, int depth);
#endif
