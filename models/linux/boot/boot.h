/*
 * boot.h - from the firmware's map to zones with pages and limits
 *
 * Like:        Linux 6.1, mm/memblock.c, mm/page_alloc.c (free_area_init, memblock_free_all,
 *              build_all_zonelists), mm/memory_hotplug.c, arch/x86/mm/init.c
 * Simplified:  the boot map is kept in whole pages; deferred initialisation leaves its traces in
 *              the pageblock types but fills the free lists at once, in ascending order; pages
 *              freed late in boot go to the buddy lists directly; the reserved list is made up
 *              unless it is given
 * Left out:    memory that is mirrored, memory that can be unplugged (movable_node), sizes of hash
 *              tables
 */
#ifndef MMSIM_LINUX_BOOT_H
#define MMSIM_LINUX_BOOT_H

#include "models/linux/conf.h"
#include "models/linux/linux.h"

/* ---- memblock.c: lists of ranges, sorted and disjoint ---- */

#define MEMBLOCK_ANY_NODE (-1)

/* Adds what is not covered yet; neighbours that touch and belong to the same node become one. */
void memblock_add(struct range_list *l, pfn_t start, pfn_t end, int nid);
/* Takes a range out, splitting at its borders. */
void memblock_remove(struct range_list *l, pfn_t start, pfn_t end);
/* The entry that has the page, NULL if none. */
const struct mem_range *memblock_find(const struct range_list *l, pfn_t pfn);
/* Pages of the list inside [start, end); of one node, or of any. */
pages_t memblock_pages(const struct range_list *l, pfn_t start, pfn_t end, int nid);
void memblock_free_list(struct range_list *l);

/*
 * The next stretch of memory that is not reserved, beginning at or above *at; false at the end.
 * *at is moved behind it.  Stretches of different nodes are given one by one.
 */
bool memblock_next_free(const struct linux_vm *vm, pfn_t *at, struct mem_range *out);

/*
 * Reserves pages in [min, max), the highest that fit: on the node if there is room, else on any
 * unless exact.  Returns the first page, 0 if there is no room.
 */
pfn_t memblock_alloc(struct linux_vm *vm, pages_t pages, pages_t align, pfn_t min, pfn_t max,
		     int nid, bool exact);

/* Lowest start and highest end of a node's memory (MEMBLOCK_ANY_NODE: of all); 0, 0 if none. */
void get_pfn_range_for_nid(const struct linux_vm *vm, int nid, pfn_t *start, pfn_t *end);
pages_t absent_pages_in_range(const struct linux_vm *vm, pfn_t start, pfn_t end);
pfn_t find_min_pfn_with_active_regions(const struct linux_vm *vm);
/* Largest power of two, in pages, that all borders between nodes are multiples of; 0: one node. */
uint64_t node_map_pfn_alignment(const struct linux_vm *vm);
/* Gives the memory of a node below max_low_pfn to the allocator: takes it off the reserved list. */
void free_bootmem_with_active_regions(struct linux_vm *vm, int nid, pfn_t max_low_pfn);

/* ---- numa_emulation.c ---- */

/* numa=fake=: how many nodes, of each physical one if uniform, or (size) of how many pages each. */
struct numa_fake {
	int nr_nodes;
	bool uniform;
	pages_t size;
};
/* "4", "2U" or "512M"; false: it is none of these. */
bool numa_fake_parse(const char *text, struct numa_fake *fake);
/*
 * Splits the memory map, and says for each node which physical one it is of.  Returns how many
 * nodes there are; text NULL, or there is not enough memory for so many: those of the machine.
 */
int numa_emulation(struct linux_vm *vm, const char *text, int nr_physical);

/* ---- mm_init.c ---- */

/* What is known only while booting. */
struct boot_mm {
	const struct linux_conf *conf;
	pfn_t lowest_pfn[MAX_NR_ZONES]; /* what each zone may have: [lowest, highest) */
	pfn_t highest_pfn[MAX_NR_ZONES];
	pfn_t *zone_movable_pfn; /* owned; by node: where ZONE_MOVABLE starts, 0: nowhere */
	pages_t dma_reserve;
	pages_t total_pages;    /* as in "Built N zonelists ... Total pages" */
	struct range_list late; /* owned; reserved until the limits are computed */
};

/* Fills vm->memory and the nodes from vm->machine; needs no arrays. */
void boot_memory_map(struct linux_vm *vm, const struct linux_conf *conf);
/* Pages below the DMA limit that boot takes and that ZONE_DMA's first estimate leaves out. */
void set_dma_reserve(struct boot_mm *boot, pages_t pages);
/* Limits of the zones of x86-64, ZONE_MOVABLE, spans and present pages of all nodes. */
void free_area_init_nodes(struct linux_vm *vm, struct boot_mm *boot,
			  const pfn_t max_zone_pfn[MAX_NR_ZONES]);
/* What the zone limits are on x86-64. */
void x86_max_zone_pfns(const struct linux_vm *vm, pfn_t max_zone_pfn[MAX_NR_ZONES]);
/* First estimate of managed pages: present pages without their struct pages. */
void free_area_init_core(struct linux_vm *vm, const struct boot_mm *boot);
/* Marks the sections of a node's memory (MEMBLOCK_ANY_NODE: all) present; how many are new. */
int sparse_memory_present_with_active_regions(struct linux_vm *vm, int nid);
/* Makes the tables of frames and pageblocks and gives every pageblock its first type. */
void memmap_init(struct linux_vm *vm);
/* The first frame of a node whose initialisation the kernel leaves for later: the first section in
 * its last populated zone before which more than a section's worth of pages was done. */
pfn_t first_deferred_pfn(const struct linux_vm *vm, const struct pglist_data *node);
uint64_t nr_pageblocks(const struct linux_vm *vm);
/* Works out zone->contiguous. */
void set_zone_contiguous(struct linux_vm *vm, struct zone *zone);
/* Hands everything that is not reserved to the buddy lists. */
void memblock_free_all(struct linux_vm *vm);

/*
 * The first part of the boot: memory map, spans of the zones, reserved pages, dma_reserve.  False
 * after reporting to d.
 */
bool boot_early(struct linux_vm *vm, struct boot_mm *boot, struct diag *d);
/*
 * Boots: from vm->sim and vm->machine to zones with pages and all limits.  False after reporting
 * to d what only the boot can find (facts that do not fit the machine).
 */
bool linux_boot_memory(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d);
/* Frees what linux_boot_memory made; vm may be booted again. */
void linux_free_memory(struct linux_vm *vm);

/* ---- reserve.c: what boot takes for itself ---- */

/* Fills vm->reserved and boot->late from the facts of conf, or makes a list up. */
bool boot_reserve(struct linux_vm *vm, struct boot_mm *boot, struct diag *d);

/* ---- rehearsal.c ---- */

/*
 * A boot of the same machine beside the running one, stopped before it has zones: for calls of
 * scenarios to functions that a running kernel no longer has.
 */
struct boot_rehearsal {
	struct linux_vm vm; /* memory map, reserved pages, sections; nothing is allocated from it */
	struct boot_mm boot;
};

/* Made when it is first asked for. */
struct boot_rehearsal *boot_rehearsal(struct linux_vm *vm);
void boot_rehearsal_free(struct linux_vm *vm);
/* free_area_init_nodes on it, with the first estimate of managed pages; as often as one likes. */
void boot_rehearsal_zones(struct boot_rehearsal *r, const pfn_t max_zone_pfn[MAX_NR_ZONES]);
/* Pages of a node (MEMBLOCK_ANY_NODE: all) that boot has not reserved. */
pages_t boot_rehearsal_free_pages(const struct boot_rehearsal *r, int nid);
/* Sections marked present so far. */
int boot_rehearsal_sections(const struct boot_rehearsal *r);

/* ---- zonelist.c ---- */

/*
 * The node to try after those in *used (a bit per node, the result is added); -1: none is left.
 * node_load counts how often a node came first at its distance.
 */
int find_next_best_node(const struct linux_vm *vm, int node, uint64_t *used, const int *node_load);
/* Both lists of every node, the policy zone, and whether pageblocks are grouped by mobility. */
void build_all_zonelists(struct linux_vm *vm);
bool node_has_cpus(const struct linux_vm *vm, int nid);
/*
 * N_CPU.  Of nodes that one of the machine was split into, all are marked for the CPU that boots,
 * and for others, which come later, the first.
 */
bool node_state_has_cpu(const struct linux_vm *vm, int nid);

/* ---- memory_hotplug.c ---- */

#define MEMORY_BLOCK_PAGES PAGES_PER_SECTION /* 128 MiB */

enum mmop {
	MMOP_ONLINE,        /* to the zone it lies in */
	MMOP_ONLINE_KERNEL, /* to a zone below ZONE_MOVABLE */
	MMOP_ONLINE_MOVABLE,
};

/*
 * Takes a memory block away; t moves pages of the cache to other memory (NULL: nobody does).  0;
 * -EINVAL: no such block, holes, several zones, not online; -EBUSY: a page can be neither freed nor
 * moved, the kernel would try for ever; -EINTR: killed.
 */
int memory_offline(struct linux_vm *vm, struct task *t, uint64_t block);
int memory_online(struct linux_vm *vm, uint64_t block, enum mmop mode);
/*
 * Takes a CPU away or brings it back, as writing to its file "online" does; 0, also if it was so
 * already, or -EINVAL (no such CPU, the last one).
 */
int cpu_offline(struct linux_vm *vm, int cpu);
int cpu_online(struct linux_vm *vm, int cpu);
#endif
