/*
 * shrinker.h - kernel objects that can be given up: dentries, inodes, index nodes
 *
 * Like:        Linux 6.1, include/linux/shrinker.h, mm/vmscan.c (do_shrink_slab), fs/super.c,
 *              fs/dcache.c, fs/inode.c
 * Simplified:  the population of a slab cache is a number, and which object of which slab page
 *              goes follows a stated rule (docs/models/slab.md)
 */
#ifndef MMSIM_LINUX_SHRINKER_H
#define MMSIM_LINUX_SHRINKER_H

#include "models/linux/linux.h"

#define SHRINK_EMPTY  UINT64_MAX       /* count: there are none */
#define SHRINK_STOP   (UINT64_MAX - 1) /* scan: not now */
#define SHRINK_BATCH  128
#define DEFAULT_SEEKS 2

struct shrink_control {
	gfp_t gfp;
	struct pglist_data *node;
	uint64_t nr_to_scan; /* objects */
	uint64_t nr_scanned; /* objects that scan really looked at; nr_to_scan if it says nothing */
};

struct shrinker {
	const char *name; /* of its count and scan functions' owner: "super_cache_scan" */
	/* Objects that could be freed on the node; 0, SHRINK_EMPTY: none. */
	uint64_t (*count_objects)(struct task *t, struct shrinker *s, struct shrink_control *sc);
	/* Frees some; objects freed, or SHRINK_STOP. */
	uint64_t (*scan_objects)(struct task *t, struct shrinker *s, struct shrink_control *sc);
	int seeks;      /* what it costs to make one again; 0: half of all go at once */
	uint64_t batch; /* objects a call; 0: SHRINK_BATCH */
	void (*free)(struct shrinker *s); /* at the end of the run; NULL: it is not to be freed */
	int id;                /* 1.. in the order of registration: how tracepoints call it */
	uint64_t *nr_deferred; /* owned; by node: work left over from earlier calls */
	struct list link;      /* in linux_vm.shrinkers, order of registration */
};

/* register_shrinker: the caller owns s. */
void register_shrinker(struct linux_vm *vm, struct shrinker *s);
/*
 * The numbers of one call: what this pass adds (delta), and how many objects it may look at.
 * freeable: objects; deferred: left over from earlier passes.
 */
void shrink_targets(uint64_t freeable, uint64_t deferred, int seeks, int priority, uint64_t *delta,
		    uint64_t *total_scan);
/* One shrinker on sc's node; objects freed. */
uint64_t do_shrink_slab(struct task *t, struct shrinker *s, struct shrink_control *sc,
			int priority);
/* All shrinkers on a node; objects freed.  What they gave back in pages is in
 * task_struct.reclaimed_slab. */
uint64_t shrink_slab(struct task *t, gfp_t gfp, struct pglist_data *node, int priority);
void shrinkers_init(struct linux_vm *vm);
void shrinkers_free(struct linux_vm *vm);
#endif
