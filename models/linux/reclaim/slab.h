/*
 * slab.h - kernel objects of one size share pages
 *
 * Like:        Linux 6.1, mm/slub.c: pages per slab, fall-back to single pages, each CPU's slab in
 *              use and its list of partly used ones, the lists of nodes, in which five stay when
 *              they are empty; sizes of
 *              objects; fs/dcache.c, fs/inode.c: unused names and files are kept
 * Simplified:  what a CPU needs for several objects it takes to itself before the first of them;
 *              a node with more than it keeps empty always helps out others (1 time in 43 it does
 *              not); dentries and inodes are freed at once, not after a grace period; those of
 *              files that are not of the scenario are a number, oldest first
 * Left out:    objects that cannot be reclaimed but those of kmalloc, bios, objects of mappings
 *
 *	object -> slab: 1, 4 or 8 pages -> active (objects are taken here) or partial, or full
 */
#ifndef MMSIM_LINUX_SLAB_H
#define MMSIM_LINUX_SLAB_H

#include "models/linux/task.h"

enum slab_cache_id {
#define SLAB(name, word, bytes, ctor, meaning) SLAB_##name,
#include "models/linux/reclaim/slab.def"
#undef SLAB
	NR_SLAB_CACHES,
};

/*
 * From here on kernel objects take memory: inodes and dentries of the scenario's files, of
 * unused_files others that were looked at since boot, and index nodes.  Without this call they
 * cost nothing.  Called once, with t able to sleep.
 */
void slab_init(struct linux_vm *vm, struct task *t, uint64_t unused_files);
void slab_free_all(struct linux_vm *vm); /* the host's memory; the machine's is not given back */

/*
 * Makes sure that nr objects can be taken on the task's CPU without sleeping; they are taken
 * there.  0 or -ENOMEM.
 */
int slab_reserve(struct task *t, enum slab_cache_id id, uint64_t nr, gfp_t gfp);
/* Takes a reserved object; its slab's frame, 0: there was none, and it costs nothing. */
uint32_t slab_take(struct linux_vm *vm, enum slab_cache_id id);
/* One object, reserved and taken; 0: no memory, or objects cost nothing. */
static inline uint32_t slab_alloc(struct task *t, enum slab_cache_id id, gfp_t gfp)
{
	return slab_reserve(t, id, 1, gfp) ? 0 : slab_take(task_vm(t), id);
}

/* An object of the slab is free, given back on a CPU: what is of use again goes to its list.  With
 * the last one the slab may go. */
void slab_free(struct linux_vm *vm, const struct cpu *cpu, uint32_t slab);
/* What a CPU that went offline had for itself goes to the lists of the nodes. */
void slab_cpu_dead(struct linux_vm *vm, int cpu);

/* --- slab_rcu.c --- */
/* An object of the slab will be free when nobody can be looking at it any more. */
void slab_free_rcu(struct linux_vm *vm, uint32_t slab);
/* The same of something that is not in this model: a file that was closed, a process. */
void rcu_wait_for_other(struct linux_vm *vm);
/* What still waits on a CPU that went offline is free, on another one. */
void slab_rcu_cpu_dead(struct linux_vm *vm, int cpu, const struct cpu *here);
struct slab_rcu *slab_rcu_new(struct linux_vm *vm);
void slab_rcu_delete(struct linux_vm *vm, struct slab_rcu *r);
/* What waits, by CPU. */
struct slab_rcu *slab_rcu_lists(const struct linux_vm *vm);

#define KMALLOC_MAX_CACHE_SIZE 8192 /* larger pieces are blocks of pages */

/* A piece of memory that nobody can take back. */
struct kmalloc_piece {
	uint32_t pfn; /* of its slab, or of its block; 0: none, or it costs nothing */
	bytes_t size;
};

/* 0 < size: bytes.  0 or -ENOMEM. */
int kmalloc(struct task *t, bytes_t size, gfp_t gfp, struct kmalloc_piece *piece);
void kfree(struct task *t, struct kmalloc_piece piece);

/* Room for the index nodes that storing nr pages from index on makes.  0 or -ENOMEM. */
int __slab_reserve_index(struct task *t, const struct xarray *xa, uint64_t index, uint64_t nr,
			 gfp_t gfp);
static inline int slab_reserve_index(struct task *t, const struct xarray *xa, uint64_t index,
				     uint64_t nr, gfp_t gfp)
{
	return task_vm(t)->slab ? __slab_reserve_index(t, xa, index, nr, gfp) : 0;
}
/* For struct xarray.new_node and free_node of every mapping. */
uint32_t slab_index_node(struct xarray *xa);
void slab_index_node_gone(struct xarray *xa, uint32_t slab);

/* A cache over all nodes, as in /proc/slabinfo. */
struct slab_count {
	const char *name;
	uint32_t bytes; /* of an object */
	unsigned objects_per_slab, pages_per_slab;
	uint64_t inuse, objects, slabs; /* objects: with the free ones */
};

void slab_count(const struct linux_vm *vm, enum slab_cache_id id, struct slab_count *count);
/* A write of 2 to /proc/sys/vm/drop_caches. */
void drop_slab(struct task *t);
void slab_check(struct check *c, struct sim *s);
#endif
