/*
 * super.c - names and files that are kept though nobody uses them
 *
 *	dentry LRU -> freed; its inode is used by nobody then -> inode LRU -> freed
 */
#include "models/linux/reclaim/internal.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/super.h"
#include "models/linux/storage/file.h"
#include "models/linux/storage/fs.h"

#define SUPER_BATCH 1024

/* An object by its slab; a dentry brings that of its inode. */
struct unused {
	uint32_t slab, inode_slab;
};

/* Objects of a node that nobody uses, oldest first. */
struct unused_list {
	struct unused *v; /* owned */
	size_t head, n, cap;
};

struct super_block {
	struct shrinker shrinker;
	struct linux_vm *vm;
	struct unused_list *dentries, *inodes; /* owned; by node */
};

static uint64_t list_len(const struct unused_list *l)
{
	return l->n - l->head;
}

static void add_unused(struct unused_list *l, struct unused u)
{
	sim_grow((void **)&l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = u;
}

/* The list of the node that the object lies on; those that cost nothing lie on the first. */
static struct unused_list *list_of(struct linux_vm *vm, struct unused_list *lists, uint32_t slab)
{
	return &lists[slab ? pfn_zone(vm, slab)->node->node_id : 0];
}

static uint64_t super_cache_count(struct task *t, struct shrinker *s, struct shrink_control *sc)
{
	const struct super_block *sb = CONTAINER_OF(s, struct super_block, shrinker);
	const int nid = sc->node->node_id;
	uint64_t total = list_len(&sb->dentries[nid]) + list_len(&sb->inodes[nid]);

	if (!total)
		return SHRINK_EMPTY;
	return total * (uint64_t)task_vm(t)->sysctl.vfs_cache_pressure / 100;
}

/* Frees the oldest names; their files are unused from now on. */
static uint64_t prune_dcache_sb(const struct cpu *cpu, struct super_block *sb, int nid, uint64_t nr)
{
	struct unused_list *l = &sb->dentries[nid];
	uint64_t freed = min_u64(nr, list_len(l));

	for (uint64_t i = 0; i < freed; i++) {
		struct unused u = l->v[l->head++];

		slab_free(sb->vm, cpu, u.slab);
		add_unused(list_of(sb->vm, sb->inodes, u.inode_slab),
			   (struct unused){ .slab = u.inode_slab });
	}
	return freed;
}

static uint64_t prune_icache_sb(const struct cpu *cpu, struct super_block *sb, int nid, uint64_t nr)
{
	struct unused_list *l = &sb->inodes[nid];
	uint64_t freed = min_u64(nr, list_len(l));

	for (uint64_t i = 0; i < freed; i++)
		slab_free(sb->vm, cpu, l->v[l->head++].slab);
	return freed;
}

static uint64_t super_cache_scan(struct task *t, struct shrinker *s, struct shrink_control *sc)
{
	struct super_block *sb = CONTAINER_OF(s, struct super_block, shrinker);
	const int nid = sc->node->node_id;
	uint64_t dentries = list_len(&sb->dentries[nid]), inodes = list_len(&sb->inodes[nid]);
	uint64_t total = dentries + inodes + 1, freed;

	if (!(sc->gfp & __GFP_FS))
		return SHRINK_STOP;
	/* in proportion, and one of each at least */
	dentries = sc->nr_to_scan * dentries / total;
	inodes = sc->nr_to_scan * inodes / total;
	freed = prune_dcache_sb(t->cpu, sb, nid, dentries + 1) +
		prune_icache_sb(t->cpu, sb, nid, inodes + 1);
	task_run(t, freed * (sim_time)task_vm(t)->machine->cost.reclaim_page);
	return freed;
}

static void super_free(struct shrinker *s)
{
	struct super_block *sb = CONTAINER_OF(s, struct super_block, shrinker);

	for (int nid = 0; nid < sb->vm->nr_nodes; nid++) {
		sim_free(sb->dentries[nid].v);
		sim_free(sb->inodes[nid].v);
	}
	sim_free(sb->dentries);
	sim_free(sb->inodes);
	sim_free(sb);
}

void super_init(struct linux_vm *vm)
{
	struct super_block *sb = sim_calloc(1, sizeof(*sb));

	sb->vm = vm;
	sb->dentries = sim_calloc((size_t)vm->nr_nodes, sizeof(*sb->dentries));
	sb->inodes = sim_calloc((size_t)vm->nr_nodes, sizeof(*sb->inodes));
	sb->shrinker = (struct shrinker){ .name = "super_cache_scan",
					  .count_objects = super_cache_count,
					  .scan_objects = super_cache_scan,
					  .free = super_free,
					  .seeks = DEFAULT_SEEKS,
					  .batch = SUPER_BATCH };
	register_shrinker(vm, &sb->shrinker);
	vm->super = sb;
}

/* One object; if there is no memory it costs nothing. */
static uint32_t new_object(struct task *t, enum slab_cache_id id)
{
	return slab_alloc(t, id, GFP_NOWAIT | __GFP_NOWARN);
}

void super_fill(struct linux_vm *vm, struct task *t, uint64_t unused_files)
{
	struct super_block *sb = vm->super;

	for (int i = 0; i < vm->files->n; i++) {
		const struct inode *inode = vm->files->inodes[i];

		if (inode->is_blkdev)
			continue;
		new_object(t, SLAB_DENTRY);
		if (!inode->bdi)
			continue; /* inodes of tmpfs have a cache that is not modelled */
		new_object(t, inode->fs->iomap ? SLAB_XFS_INODE : SLAB_EXT4_INODE);
	}
	for (uint64_t i = 0; i < unused_files; i++) {
		struct unused u = { .slab = new_object(t, SLAB_DENTRY),
				    .inode_slab = new_object(t, SLAB_EXT4_INODE) };

		add_unused(list_of(vm, sb->dentries, u.slab), u);
	}
}
