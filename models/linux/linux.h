/*
 * linux.h - the state of one running Linux kernel
 */
#ifndef MMSIM_LINUX_LINUX_H
#define MMSIM_LINUX_LINUX_H

#include "models/hw/machine.h"
#include "models/linux/mmzone.h"
#include "models/linux/trace.h"

#define HZ        250
#define MAX_NODES 1024

/* /proc/sys/vm; the fields come from sysctl_vm.def. */
struct sysctl_vm {
#define TUNABLE(name, unit, def, min, max, write, meaning)                    int64_t name;
#define TUNABLE_VEC(name, unit, n, min, max, write, meaning)                  int64_t name[n];
#define TUNABLE_UNUSED(name, unit, def, min, max, why, meaning)               int64_t name;
#define TUNABLE_IF(name, unit, def, min, max, write, valid, accepts, meaning) int64_t name;
#define TUNABLE_AS(name, real_name, unit, def, min, max, write, meaning)      int64_t name;
#define TUNABLE_AT(name, path, unit, def, min, max, write, meaning)           int64_t name;
#define TUNABLE_SEEN_IF_SET(name, unit, def, min, max, write, meaning)        int64_t name;
#include "models/linux/sysctl_vm.def"
#undef TUNABLE
#undef TUNABLE_VEC
#undef TUNABLE_UNUSED
#undef TUNABLE_IF
#undef TUNABLE_AS
#undef TUNABLE_AT
#undef TUNABLE_SEEN_IF_SET
};

/* A stretch of RAM [start, end) as the boot memory map has it. */
struct mem_range {
	pfn_t start, end;
	int nid; /* -1: none (reserved ranges) */
};

struct range_list {
	struct mem_range *r; /* owned; sorted by start, disjoint */
	int n;
};

/* The head of a free block of the largest order; see mmzone.h. */
struct max_block {
	uint32_t next, prev; /* frame numbers, 0 ends */
	bool free;
	uint8_t migratetype; /* list it is on */
};

/* What is known of 512 pages. */
struct pageblock {
	uint8_t bits;        /* migratetype 0..2, bit 3: skipped by compaction */
	bool valid : 1;      /* its section is online */
	bool subsection : 1; /* it had memory when that was found or added: it is no hole */
	uint16_t zone;       /* pageblock_zone_id(), PAGEBLOCK_MIXED or PAGEBLOCK_NONE */
};
#define PAGEBLOCK_MIGRATETYPE 7      /* of bits */
#define PAGEBLOCK_MIXED       0xfffe /* a zone's border lies inside: look at the zones' ranges */
#define PAGEBLOCK_NONE        0xffff
#define PAGEBLOCK_ZONE_BITS   3 /* enough for MAX_NR_ZONES */

static inline uint16_t pageblock_zone_id(const struct zone *zone)
{
	return (uint16_t)(zone->node->node_id << PAGEBLOCK_ZONE_BITS | zone->idx);
}

/* Memory of the host that only the stack of a task knows: see host_hold, mappings/mm.h. */
struct host_held {
	void **v;
	size_t n, cap;
};

struct linux_vm {
	struct sim *sim;
	struct machine *machine; /* borrowed */
	struct sysctl_vm sysctl;

	/* Frames and their places.  Sized for pfns 0..max_pfn - 1. */
	pfn_t max_pfn;
	struct page *mem_map;                      /* owned; reserved, costs only what is touched */
	uint32_t *buffer_slabs;                    /* owned, the same: pagecache/buffer.c */
	struct pageblock *pageblocks;              /* owned; by pfn >> PAGEBLOCK_ORDER */
	struct max_block *max_blocks;              /* owned; by pfn >> (MAX_ORDER - 1) */
	int8_t emu_nid_to_phys[MACHINE_MAX_NODES]; /* the machine's node that a node is a part of */
	bool numa_fake_failed;      /* numa=fake= was more than there is memory for */
	struct range_list memory;   /* RAM by node */
	struct range_list reserved; /* never given to the allocator */
	bool reserved_is_synthetic;

	struct pglist_data *nodes; /* owned; by node id, possible nodes */
	struct zone **zones_by_id; /* owned; by pageblock_zone_id() */
	int nr_nodes;
	int nr_online_nodes; /* nodes with memory or CPUs */
	int max_node_distance;
	pages_t totalram_pages;
	pages_t totalreserve_pages;
	int policy_zone;
	int movable_zone; /* highest zone from which ZONE_MOVABLE takes its memory */
	bool page_group_by_mobility_disabled;
	bool unusual_pageblocks;      /* without types, or some of CMA */
	bool transparent_hugepage;    /* enabled: always or madvise */
	bool memcg_disabled;          /* no control groups of memory */
	int64_t user_min_free_kbytes; /* -1: never written */
	int64_t nr_swap_pages;        /* free places of the swap areas; below 0 during swapoff */
	int64_t total_swap_pages;
	int nr_unbound_workers; /* of all pools, for their names */
	int nr_cpu_ids;
	int nr_online_cpus;

	/* direct reclaims by the highest zone their requests may use, be it there or not, as
	 * /proc/vmstat counts them */
	int64_t allocstall[MAX_NR_ZONES];
	int64_t nr_bulk_freed; /* pages that CPUs' lists have given back so far */
	int64_t nr_bulk_taken; /* blocks that they have taken from their zones */
	int nr_capturing; /* tasks that take blocks of their own compaction: task_struct.capture */
	struct cma *cma;  /* owned; NULL: none: alloc/cma.c */
	struct vm_stat stat; /* machine-wide counters and sampled values, metric.def */

	struct boot_rehearsal *rehearsal;   /* owned; NULL: not asked for yet: boot/rehearsal.c */
	struct vmstat_state *vmstat;        /* owned; NULL: not booted: alloc/vmstat.c */
	int64_t nr_pageout_pages;           /* isolated for MADV_PAGEOUT, which counts none */
	int lru_disable_count;              /* above 0: batches are emptied at once */
	struct lru_batches *lru_batches;    /* owned; by CPU: reclaim/lru.c */
	struct file_table *files;           /* owned: storage/file.c */
	struct queue_table *queues;         /* owned: storage/blk_queue.c */
	struct writeback_domain *wb_domain; /* owned: writeback/dirty_limit.c */
	struct bdi_table *bdis;             /* owned: writeback/backing_dev.c */
	struct page_wait_table *page_waits; /* owned: pagecache/filemap_wait.c */
	struct vmalloc_state *vmalloc;      /* owned; NULL: not used yet: vmalloc/vmalloc.c */
	struct cache_calls *cache_calls;    /* owned; NULL: none was made: pagecache/cache_ops.c */
	struct swap_state *swap;            /* owned; NULL: no swap area: swap/swapfile.c */
	struct anon_vma_table *anon_vmas;   /* owned; NULL: none: mappings/anon_vma.c */
	struct list shrinkers;              /* struct shrinker, order of registration */
	struct slab_caches *slab;           /* owned; NULL: objects cost nothing: reclaim/slab.c */
	struct huge_memory *thp;            /* owned: mappings/huge_memory.c */
	struct hstate *hugetlb;             /* owned; pools of huge pages, HUGE_MAX_HSTATE */
	struct hugetlbfs_mounts *hugetlbfs; /* owned; NULL: none */
	struct hstate *default_hstate;      /* the one of vm.nr_hugepages: mappings/hstate.h */
	struct super_block *super;          /* owned by its shrinker: reclaim/super.c */
	struct oom_state *oom;              /* owned; NULL: not needed yet: reclaim/oom_kill.c */
	struct load_state *load;            /* owned: procfs/load.c */
	struct str kmsg;                    /* what the kernel printed: printk.c */
	struct list mempools;               /* struct mempool: pools/mempool.c */
	struct list devices;                /* struct device, owned: pools/dma_pool.c */
	struct pool_calls *pool_calls;      /* owned; NULL: none was made: pools/pool_ops.c */
	struct shmem_table *shmem;          /* owned; NULL: not used yet: mappings/shmem_inode.c */
	struct shmem_mounts *tmpfs;         /* owned; NULL: none: mappings/shmem_super.c */
	struct ipc_namespace *ipc_ns;       /* owned: ipc/shm.c */
	struct mm_table *mms; /* owned; NULL: no task has mapped anything: mappings/vma.c */
	struct host_held held;
};

static inline struct linux_vm *linux_vm(const struct sim *s)
{
	return s->kernel;
}

static inline struct page *pfn_to_page(const struct linux_vm *vm, pfn_t pfn)
{
	return &vm->mem_map[pfn];
}

static inline uint32_t page_to_pfn(const struct linux_vm *vm, const struct page *page)
{
	return (uint32_t)(page - vm->mem_map);
}

/* The zone whose span has the frame; NULL for frames in holes of the map. */
struct zone *pfn_zone_slow(struct linux_vm *vm, pfn_t pfn);

/* The zone with an id of pageblock_zone_id(). */
static inline struct zone *zone_of_id(const struct linux_vm *vm, uint16_t id)
{
	return vm->zones_by_id[id];
}

static inline struct zone *pfn_zone(struct linux_vm *vm, pfn_t pfn)
{
	uint16_t id = vm->pageblocks[pfn >> PAGEBLOCK_ORDER].zone;

	if (__builtin_expect(id >= PAGEBLOCK_MIXED, 0))
		return pfn_zone_slow(vm, pfn);
	return zone_of_id(vm, id);
}

/* Whether the frame is online, which a pageblock that is all hole is not, and in the zone. */
static inline bool frame_in_zone(struct linux_vm *vm, const struct zone *zone, pfn_t pfn)
{
	const struct pageblock *block = &vm->pageblocks[pfn >> PAGEBLOCK_ORDER];

	return block->valid && block->subsection && block->zone != PAGEBLOCK_NONE &&
	       pfn_zone(vm, pfn) == zone;
}

static inline struct zone *page_zone(struct linux_vm *vm, const struct page *page)
{
	return pfn_zone(vm, page_to_pfn(vm, page));
}

/* How far two nodes are from each other; parts of one of the machine are as near as can be. */
static inline int node_distance(const struct linux_vm *vm, int from, int to)
{
	return machine_distance(vm->machine, vm->emu_nid_to_phys[from], vm->emu_nid_to_phys[to]);
}

/* cpumask_of_node: of the nodes that one of the machine was split into all have its CPUs. */
static inline bool cpu_is_of_node(const struct linux_vm *vm, const struct cpu *cpu, int nid)
{
	return vm->emu_nid_to_phys[cpu->node] == vm->emu_nid_to_phys[nid];
}

/* What touching a page costs a CPU, if in memory of its own node it is cost: machine.cost. */
static inline sim_time memory_cost(struct linux_vm *vm, const struct cpu *cpu,
				   const struct page *page, sim_time cost)
{
	int64_t percent = vm->machine->cost.remote_access_percent;

	if (__builtin_expect(!percent, 1) ||
	    cpu_is_of_node(vm, cpu, page_zone(vm, page)->node->node_id))
		return cost;
	return cost + cost * (sim_time)percent / 100;
}

/*
 * The CPU at work: that of the task or interrupt that runs, while the machine boots the first one.
 * What a CPU keeps to itself is found by it, as in the kernel: handed down it would be an argument
 * of every function that counts a page.
 */
static inline int smp_processor_id(const struct linux_vm *vm)
{
	return vm->sim->current ? vm->sim->current->cpu->id : 0;
}

static inline struct cpu *this_cpu(const struct linux_vm *vm)
{
	return &vm->sim->cpus[smp_processor_id(vm)];
}

#define FOR_EACH_NODE(vm, node)                                                                    \
	for (struct pglist_data *node = (vm)->nodes; node < (vm)->nodes + (vm)->nr_nodes; node++)  \
		if (node->online)
/* All zones of online nodes, by node and index; skip empty ones with populated_zone(). */
#define FOR_EACH_ZONE(vm, zone)                                                                    \
	for (struct zone *zone = linux_first_zone(vm); zone; zone = linux_next_zone(vm, zone))

struct zone *linux_first_zone(struct linux_vm *vm);
struct zone *linux_next_zone(struct linux_vm *vm, struct zone *zone);

/* A kernel thread; it does not keep the run alive. */
struct task *linux_kthread(struct linux_vm *vm, struct cpu *cpu, const char *name, task_fn *fn,
			   void *arg);

/*
 * Boots on a machine and files that need not come from a scenario: what linux_personality.boot does
 * with the sections of one.  files: of struct file_conf.  All is borrowed until the end of the run;
 * linux_personality.halt frees what was built, also after false (reported to d).
 */
struct linux_conf;
bool linux_boot_on(struct sim *s, const struct machine_conf *machine, const struct linux_conf *conf,
		   const struct key_list *files, struct diag *d);

extern const struct personality linux_personality;
#endif
